//! Messages through a real daemon while providers fail in every way and the daemon is killed: nothing is lost, and
//! nothing is sent again under a key of which the daemon was told that it was taken.
//!
//! The cameras are bare TCP listeners, one a site, each site with an officer of its own: storms, throttles and other
//! decisions of the desk then stay out of the way.

mod support;

#[path = "fakes/provider.rs"]
mod provider;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camwatch::paging::{About, Row, Standing};
use camwatch::store::{Reader, StoreError};
use jiff::Timestamp;
use provider::{Mood, Provider};
use support::{CAMWATCH, free_port, http_get, wait_until};

/// Listeners that a thread empties; a camera is dark while its listener is gone.
struct Cameras {
    addresses: Vec<SocketAddr>,
    listeners: Arc<Mutex<Vec<Option<TcpListener>>>>,
}

impl Cameras {
    /// Each on a loopback address of its own, so that nothing else can take its port while it is dark.
    fn start(net: u8, count: u8) -> Self {
        let bind = |address: SocketAddr| {
            let listener = TcpListener::bind(address).expect("a loopback address");
            listener.set_nonblocking(true).expect("a socket's option");
            listener
        };
        let listeners: Vec<_> =
            (1..=count).map(|n| bind(SocketAddr::from((Ipv4Addr::new(127, 77, net, n), 0)))).collect();
        let addresses = listeners.iter().map(|listener| listener.local_addr().expect("an address")).collect();
        let listeners: Arc<Mutex<Vec<_>>> = Arc::new(Mutex::new(listeners.into_iter().map(Some).collect()));
        let shared = Arc::downgrade(&listeners);
        std::thread::spawn(move || {
            while let Some(listeners) = shared.upgrade() {
                for listener in listeners.lock().unwrap().iter().flatten() {
                    while listener.accept().is_ok() {}
                }
                drop(listeners);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        Self { addresses, listeners }
    }

    /// Dark where it was up, and up where it was dark.
    fn toggle(&self, n: usize) {
        let mut listeners = self.listeners.lock().unwrap();
        if listeners[n].take().is_none() {
            let listener = TcpListener::bind(self.addresses[n]).expect("the address is nobody else's");
            listener.set_nonblocking(true).expect("a socket's option");
            listeners[n] = Some(listener);
        }
    }
}

struct World {
    directory: tempfile::TempDir,
    port: u16,
    cameras: Cameras,
    provider: Provider,
}

impl World {
    fn new(net: u8, cameras: u8) -> Self {
        let this = Self {
            directory: tempfile::tempdir().unwrap(),
            port: free_port(),
            cameras: Cameras::start(net, cameras),
            provider: Provider::start(),
        };
        this.configure();
        this
    }

    fn configure(&self) {
        let mut text = format!(
            "[daemon]\nlisten = \"127.0.0.1:{}\"\ndata_dir = \"data\"\ninventory = []\n[probe]\ninterval = \"1s\"\n\
             timeout = \"1s\"\nrecheck = \"1s\"\nconfirm = 1\nrecover = 1\ndepth = \"connect\"\n[alert]\n\
             group_wait = \"1s\"\npublic_url = \"http://127.0.0.1:{}\"\n[[commune]]\nid = \"commune\"\nname = \"Commune\"\n\
             [[fund]]\nid = \"fund\"\nkind = \"commune\"\nname = \"Fund\"\n[[channel]]\nid = \"hook\"\nkind = \"webhook\"\n\
             url = \"http://{}/\"\n",
            self.port, self.port, self.provider.address
        );
        for (n, address) in self.cameras.addresses.iter().enumerate() {
            write!(
                text,
                "[[site]]\nid = \"s{n}\"\ncommune = \"commune\"\nname = \"Site {n}\"\n[[camera]]\nid = \"c{n}\"\n\
                 site = \"s{n}\"\nname = \"Camera {n}\"\nurl = \"rtsp://{address}/\"\nfund = \"fund\"\n[[officer]]\n\
                 id = \"o{n}\"\nname = \"Officer {n}\"\nchannels = [\"hook\"]\n[[duty]]\nrole = \"officer\"\n\
                 scope = \"site\"\nid = \"s{n}\"\n\
                 week = [{{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", officers = [\"o{n}\"] }}]\n"
            )
            .unwrap();
        }
        fs::write(self.config(), text).unwrap();
    }

    fn config(&self) -> PathBuf {
        self.directory.path().join("camwatch.toml")
    }

    fn start(&self) -> Running {
        let log = File::options().create(true).append(true).open(self.directory.path().join("log")).unwrap();
        let mut command = Command::new(CAMWATCH);
        command.args(["run", "--config"]).arg(self.config()).env("RUST_LOG", "info,retina=off").env("NO_COLOR", "1");
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Running(command.spawn().unwrap())
    }

    /// Starts it and waits until it is ready.
    fn start_ready(&self) -> Running {
        let running = self.start();
        wait_until("the daemon to be ready", Duration::from_secs(60), || {
            http_get(self.port, "/-/ready").is_some_and(|(status, _)| status == 200)
        });
        running
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(CAMWATCH);
        command.args(arguments).arg("--config").arg(self.config());
        command.output().unwrap()
    }

    fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.directory.path().join("data/ledger.db"))
    }

    fn rows(&self) -> Vec<Row> {
        match self.reader() {
            Err(StoreError::Missing { .. }) => Vec::new(),
            reader => reader.unwrap().messages(Timestamp::MIN, Timestamp::MAX).unwrap(),
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    /// Waits until nothing is queued whose time has come.
    fn wait_for_all(&self) {
        let mut left = Vec::new();
        for _ in 0..900 {
            left = self.rows();
            left.retain(|row| row.standing == Standing::Queued && row.message.not_before <= Timestamp::now());
            if left.is_empty() {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("{} messages are still queued, such as {:?}\n{}", left.len(), left[0], self.log());
    }

    /// What must hold whatever has happened; `kills` are the moments at which the daemon was killed, and `late` how long
    /// before one it may have been told something that the record does not have yet.
    fn check(&self, kills: &[Instant], late: Duration) -> usize {
        let rows: BTreeMap<String, Row> = self.rows().into_iter().map(|row| (row.message.id.0.clone(), row)).collect();
        let taken = self.provider.taken();
        let mut keys: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        for (key, one) in &taken {
            let id = one.body["message"]["id"].as_str().expect("a message's id").to_owned();
            assert!(rows.contains_key(&id), "{id} was sent and the record does not know it");
            keys.entry(id).or_default().push(key);
            let told = one.told_at;
            for again in &one.again_at {
                let told = told.expect("asked again after it was told");
                let excused = kills.iter().any(|kill| *kill <= *again && kill.saturating_duration_since(told) <= late);
                assert!(
                    excused,
                    "{key} was sent again {:?} after it was taken, and no kill explains it",
                    *again - told
                );
            }
        }
        let mut opened = BTreeSet::new();
        for (id, row) in &rows {
            let of_it = keys.get(id).map_or(0, Vec::len);
            assert!(of_it <= 1, "{id} was taken under {of_it} keys");
            match row.standing {
                Standing::Accepted => assert_eq!(of_it, 1, "{id} counts as taken and was not"),
                Standing::Queued => assert!(row.message.not_before > Timestamp::now(), "{id} is still queued"),
                Standing::Withdrawn => {}
                Standing::Failed => panic!("{id} was given up: {row:?}"),
            }
            if row.message.reason.as_str() == "open" {
                for about in &row.message.about {
                    let About::Incident(facts) = about else { continue };
                    let new = opened.insert((facts.incident.clone(), format!("{:?}", row.message.to)));
                    assert!(new, "the opening of {} was decided twice", facts.incident);
                }
            }
        }
        // The first trouble of each camera was told to its officer: later ones may be held back as flapping.
        let mut subjects = BTreeSet::new();
        let incidents = self.reader().unwrap().incidents(Timestamp::MIN, Timestamp::MAX).unwrap();
        let told: BTreeSet<&str> = rows.values().flat_map(|row| &row.message.about).filter_map(incident_of).collect();
        for closed in &incidents {
            let incident = &closed.incident;
            if subjects.insert(incident.subject.clone()) && incident.subject.starts_with('c') {
                assert!(told.contains(incident.id.as_str()), "nobody was told of {}", incident.id);
            }
        }
        taken.len()
    }
}

fn incident_of(about: &About) -> Option<&str> {
    match about {
        About::Incident(facts) => Some(&facts.incident),
        _ => None,
    }
}

/// Killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How late things come back on this machine while it is measured.
fn lateness(directory: &Path, during: Duration) -> Duration {
    use std::io::Write as _;
    let began = Instant::now();
    let mut worst = Duration::ZERO;
    let mut file = File::create(directory.join("lateness")).unwrap();
    while began.elapsed() < during {
        let nap = Duration::from_millis(20).min(during.saturating_sub(began.elapsed()));
        let before = Instant::now();
        std::thread::sleep(nap);
        file.write_all(&[0; 4096]).and_then(|()| file.sync_data()).unwrap();
        worst = worst.max(before.elapsed().saturating_sub(nap));
    }
    worst
}

#[test]
fn each_message_is_taken_once_from_a_provider_that_fails_in_every_way() {
    let world = World::new(1, 12);
    let _running = world.start_ready();
    for (round, mood) in Mood::ALL.iter().cycle().take(12).enumerate() {
        world.provider.set(*mood);
        world.cameras.toggle(round % 12);
        std::thread::sleep(Duration::from_millis(2_500));
    }
    world.provider.set(Mood::Well);
    // One more trouble: the first message that is taken frees those that wait.
    world.cameras.toggle(0);
    wait_until("every camera's message", Duration::from_secs(120), || {
        let told: BTreeSet<String> = world
            .rows()
            .iter()
            .flat_map(|row| row.message.about.iter().filter_map(incident_of).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        told.len() >= 12
    });
    world.wait_for_all();
    let taken = world.check(&[], Duration::ZERO);
    assert!(taken >= 12, "{taken} messages");
}

#[test]
fn a_daemon_that_is_killed_again_and_again_loses_no_message_and_doubles_none() {
    let rounds = std::env::var("CAMWATCH_KILL9_ROUNDS").map_or(200, |rounds| rounds.parse().expect("a number"));
    std::thread::scope(|scope| {
        for worker in 0..2u8 {
            scope.spawn(move || {
                let world = World::new(10 + worker, 48);
                let mut random = fastrand::Rng::with_seed(u64::from(worker) + 7);
                let mut kills = Vec::new();
                let mut late = Duration::ZERO;
                for _ in 0..rounds / 2 {
                    // As often well as not.
                    let mood = if random.bool() { Mood::Well } else { Mood::ALL[random.usize(..Mood::ALL.len())] };
                    world.provider.set(mood);
                    world.cameras.toggle(random.usize(..47));
                    world.cameras.toggle(random.usize(..47));
                    let running = world.start();
                    late = late.max(lateness(world.directory.path(), Duration::from_millis(random.u64(200..4_000))));
                    kills.push(Instant::now());
                    drop(running);
                }
                world.provider.set(Mood::Well);
                let _running = world.start_ready();
                // Never touched before: its message is taken, and frees those that wait.
                world.cameras.toggle(47);
                wait_until("the last camera's message", Duration::from_secs(120), || {
                    let about =
                        |row: &Row| row.message.about.iter().filter_map(incident_of).any(|id| id.contains("c47"));
                    world.rows().iter().any(|row| about(row) && row.standing == Standing::Accepted)
                });
                world.wait_for_all();
                let taken = world.check(&kills, Duration::from_secs(1) + late);
                let expected = rounds / 8;
                assert!(taken > expected, "only {taken} messages in {rounds} rounds: the faults did not come and go");
            });
        }
    });
}

#[test]
fn an_officer_acknowledges_by_the_link_and_an_operator_by_command() {
    let world = World::new(3, 2);
    let _running = world.start_ready();
    world.cameras.toggle(0);
    let mut link = None;
    wait_until("a message with a link", Duration::from_secs(60), || {
        link = world.provider.taken().values().find_map(|one| one.body["ack_url"].as_str().map(str::to_owned));
        link.is_some()
    });
    let link = link.unwrap();
    let path = link.strip_prefix(&format!("http://127.0.0.1:{}", world.port)).expect("our own address");
    let (status, page) = http_get(world.port, path).unwrap();
    assert_eq!((status, page.contains("Camera 0")), (200, true), "{page}");
    let acknowledged = || world.reader().unwrap().acknowledgements(Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(acknowledged(), [], "looking at it is not acknowledging");
    let (status, page) = support::http_post(world.port, path).unwrap();
    assert_eq!(status, 200, "{page}");
    let [noted] = &acknowledged()[..] else { panic!("{:?}", acknowledged()) };
    assert_eq!((noted.who.as_str(), noted.how.as_str()), ("o0", "link"));

    let list = world.run(&["incident", "list"]);
    let list = String::from_utf8(list.stdout).unwrap();
    let mut columns = list.split('\t').map(str::to_owned);
    let (number, id) = (columns.next().unwrap(), columns.next().unwrap());
    assert_eq!((number.parse::<u16>().is_ok(), &id), (true, &noted.incident), "{list}");
    let show = world.run(&["incident", "show", &id]);
    assert!(String::from_utf8(show.stdout).unwrap().contains("\"subject\": \"c0\""));
    let ack = world.run(&["incident", "ack", &id, "--who", "Trưởng thôn"]);
    assert_eq!(ack.status.code(), Some(0), "{ack:?}");
    assert!(acknowledged().iter().any(|one| one.who == "Trưởng thôn" && one.how.as_str() == "command"));
    for (arguments, code, words) in [
        (vec!["incident", "ack", "nothing", "--who", "x"], 2, "no open incident"),
        (vec!["incident", "show", "nothing"], 2, "no open incident"),
        (vec!["enrol", "nobody"], 2, "no officer"),
        (vec!["enrol", "o0"], 3, "enrol"),
    ] {
        let output = world.run(&arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}
