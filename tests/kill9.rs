//! `kill -9` at random moments: the record opens, is whole, and lacks nothing older than a second.
//!
//! Once with a process that does nothing but write, as much as 10,000 cameras probed each 10 s, so that the kill falls
//! into transactions and checkpoints; and once with the daemon over simulated cameras whose faults come and go.
//!
//! "Older than a second" is a promise of the program, not of a busy machine: while a run lasts, a thread measures how
//! late sleeping and syncing come back here, and the worst of that is allowed on top.

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use camwatch::inventory::CameraId;
use camwatch::judgement::Change;
use camwatch::ledger::{History, Span, Timeline};
use camwatch::observation::State;
use camwatch::simulate::{Behaviour, CameraOptions, Fleet, FleetOptions};
use camwatch::store::{Entry, Reader, StoreError, Writer};
use camwatch::telemetry::Telemetry;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use support::{CAMWATCH, free_port};

/// Runs at the same time: the machine's cores are shared with the cameras, so more only wait for each other.
const WORKERS: usize = 4;

/// How late things come back on this machine while it measures.
struct Lateness {
    stop: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<Duration>,
}

impl Lateness {
    fn measure(directory: &Path) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let path = directory.join("lateness");
        let thread = std::thread::spawn(move || {
            let mut worst = Duration::ZERO;
            let mut file = File::create(path).unwrap();
            while !stopped.load(Ordering::Relaxed) {
                let nap = Duration::from_millis(20);
                let began = Instant::now();
                std::thread::sleep(nap);
                // What the record does too: a small write that has to reach the disk.
                file.write_all(&[0; 4096]).and_then(|()| file.sync_data()).unwrap();
                worst = worst.max(began.elapsed().saturating_sub(nap));
            }
            worst
        });
        Self { stop, thread }
    }

    fn worst(self) -> SignedDuration {
        self.stop.store(true, Ordering::Relaxed);
        SignedDuration::try_from(self.thread.join().unwrap()).unwrap()
    }
}

/// Killed with SIGKILL after a random time. Returns when that was, and what may be missing then.
fn run_and_kill(command: &mut Command, directory: &Path, live: Duration) -> (Timestamp, SignedDuration) {
    struct Kill(Child);
    impl Drop for Kill {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
    let lateness = Lateness::measure(directory);
    let child = Kill(command.stdin(Stdio::null()).spawn().unwrap());
    std::thread::sleep(live);
    let killed = Timestamp::now();
    drop(child);
    (killed, SignedDuration::from_secs(1) + lateness.worst())
}

fn rounds(default: usize) -> usize {
    std::env::var("CAMWATCH_KILL9_ROUNDS").map_or(default, |rounds| rounds.parse().expect("a number of rounds"))
}

/// Runs `round` for each number below `rounds`, some at a time; each worker keeps one directory over its rounds.
fn in_parallel(rounds: usize, round: impl Fn(&Path, &mut fastrand::Rng) + Sync) {
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let round = &round;
            scope.spawn(move || {
                let directory = tempfile::tempdir().unwrap();
                let mut random = fastrand::Rng::with_seed(worker as u64 + 1);
                for _ in (worker..rounds).step_by(WORKERS) {
                    round(directory.path(), &mut random);
                }
            });
        }
    });
}

const WRITE_TO: &str = "CAMWATCH_KILL9_WRITE_TO";

/// Not a test by itself: what [`a_killed_writer_leaves_a_prefix_of_what_it_wrote`] starts as a child and kills.
#[test]
fn child_that_writes() {
    let Some(path) = std::env::var_os(WRITE_TO) else { return };
    let path = PathBuf::from(path);
    let begin = match Reader::open(&path) {
        Ok(reader) => reader.resume().unwrap().cameras.len(),
        Err(_) => 0,
    };
    let writer = Writer::open(&path, Duration::from_secs(60), Arc::new(Telemetry::new())).unwrap();
    let mut told = File::options().append(true).create(true).open(path.with_file_name("told")).unwrap();
    for n in begin.. {
        let now = Timestamp::now();
        let camera = CameraId::new(&format!("c{n:08}")).unwrap();
        let line = format!(r#"{{"at":"{now}","camera":"{camera}","outcome":"ok","depth":"frame"}}"#);
        writer.record(Entry::Observation(serde_json::from_str(&line).unwrap()));
        writer.record(Entry::Change(Change { camera, state: State::Up, cause: None, since: now }));
        writer.record(Entry::Alive(now));
        writeln!(told, "{n} {now}").unwrap();
        // About 1,000 a second, each a new camera that goes up: more work than a probe of a known one.
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_killed_writer_leaves_a_prefix_of_what_it_wrote() {
    in_parallel(rounds(60), |directory, random| {
        let path = directory.join("ledger.db");
        let told_path = directory.join("told");
        let _ = fs::remove_file(&told_path);
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child_that_writes", "--nocapture"]).env(WRITE_TO, &path);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let live = Duration::from_millis(random.u64(50..2_500));
        let (killed, allowed) = run_and_kill(&mut command, directory, live);
        let reader = match Reader::open(&path) {
            Err(StoreError::Missing { .. }) => return,
            opened => opened.unwrap(),
        };
        reader.check_integrity().unwrap();
        let resume = reader.resume().unwrap();
        let kept: Vec<usize> = resume.cameras.iter().map(|c| c.camera.as_str()[1..].parse().unwrap()).collect();
        assert_eq!(kept, (0..kept.len()).collect::<Vec<_>>(), "a prefix, without holes");
        for line in fs::read_to_string(&told_path).unwrap_or_default().lines() {
            let Some((n, at)) = line.split_once(' ') else { continue };
            let (Ok(n), Ok(at)) = (n.parse::<usize>(), at.parse::<Timestamp>()) else { continue };
            let age = killed.duration_since(at);
            assert!(n < kept.len() || age <= allowed, "{n} of {} is missing, {age} old; {allowed} allowed", kept.len());
        }
    });
}

/// One worker's fleet and the configuration of its daemon.
struct Watched {
    runtime: tokio::runtime::Runtime,
    fleet: Fleet,
}

const CAMERAS: usize = 8;

impl Watched {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let fleet = runtime.block_on(Fleet::start(FleetOptions::default())).unwrap();
        for n in 0..CAMERAS {
            runtime.block_on(fleet.add(CameraOptions::named(&format!("c{n}")).site("site"))).unwrap();
        }
        Self { runtime, fleet }
    }

    fn configure(&self, directory: &Path) -> PathBuf {
        let mut text = format!(
            "[daemon]\nlisten = \"127.0.0.1:{}\"\ndata_dir = \"data\"\ninventory = []\n[probe]\ninterval = \"1s\"\n\
             timeout = \"1s\"\nrecheck = \"1s\"\nconfirm = 1\nrecover = 1\ndepth = \"describe\"\n[alert]\n\
             group_wait = \"1s\"\n[[commune]]\nid = \"commune\"\nname = \"Commune\"\n[[site]]\nid = \"site\"\n\
             commune = \"commune\"\nname = \"Site\"\n",
            free_port()
        );
        for camera in self.fleet.cameras() {
            let (name, url) = (camera.name().to_owned(), camera.url());
            write!(text, "[[camera]]\nid = \"{name}\"\nsite = \"site\"\nname = \"{name}\"\nurl = \"{url}\"\n").unwrap();
        }
        let path = directory.join("camwatch.toml");
        fs::write(&path, text).unwrap();
        path
    }

    /// Lets faults come and go until the value is dropped.
    fn faults(&self, seed: u64) -> tokio::task::JoinHandle<()> {
        let cameras = self.fleet.cameras();
        self.runtime.spawn(async move {
            let mut random = fastrand::Rng::with_seed(seed);
            loop {
                let behaviour =
                    *random.choice([Behaviour::Ok, Behaviour::Refused, Behaviour::NotFound].iter()).unwrap();
                cameras[random.usize(..cameras.len())].set(behaviour).await.unwrap();
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
    }
}

/// A state event as the daemon's log told it: when, of which camera, what, and since when.
struct Told {
    at: Timestamp,
    camera: String,
    to: String,
    since: Timestamp,
}

fn told(log: &str) -> Vec<Told> {
    // The kill may have torn the last line.
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["fields"]["message"] == "state")
        .map(|line| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            Told {
                at: text(&line["timestamp"]).parse().unwrap(),
                camera: text(&line["fields"]["camera"]),
                to: text(&line["fields"]["to"]),
                since: text(&line["fields"]["since"]).parse().unwrap(),
            }
        })
        .collect()
}

#[test]
fn a_killed_daemon_has_recorded_what_it_told_and_its_gaps_are_unknown() {
    let events = std::sync::atomic::AtomicUsize::new(0);
    in_parallel(rounds(200), |directory, random| {
        // A fleet of its own for each round: every camera begins without a fault. Only the record is carried on.
        let watched = Watched::new();
        let config = watched.configure(directory);
        let faults = watched.faults(random.u64(..));
        let log = directory.join("log");
        let mut command = Command::new(CAMWATCH);
        command.args(["--log-format", "json", "run", "--config"]).arg(&config).env("RUST_LOG", "info,retina=off");
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC");
        command.stdout(Stdio::null()).stderr(File::create(&log).unwrap());
        let live = Duration::from_millis(random.u64(100..4_000));
        let (killed, allowed) = run_and_kill(&mut command, directory, live);
        faults.abort();

        let log = fs::read_to_string(&log).unwrap();
        let path = directory.join("data/ledger.db");
        let reader = match Reader::open(&path) {
            Err(StoreError::Missing { .. }) => {
                assert!(told(&log).is_empty(), "nothing is told before there is a record");
                return;
            }
            opened => opened.unwrap(),
        };
        reader.check_integrity().unwrap();
        let mut recorded = BTreeSet::new();
        for n in 0..CAMERAS {
            let camera = CameraId::new(&format!("c{n}")).unwrap();
            for event in reader.state_events(&camera, Timestamp::MIN, Timestamp::MAX).unwrap() {
                recorded.insert((event.camera.to_string(), event.to.as_str(), event.since.as_microsecond()));
            }
        }
        let told = told(&log);
        events.fetch_add(told.len(), Ordering::Relaxed);
        let last_alive = reader.resume().unwrap().last_alive;
        for one in &told {
            let age = killed.duration_since(one.at);
            let kept = recorded.contains(&(one.camera.clone(), &one.to, one.since.as_microsecond()));
            assert!(kept || age <= allowed, "{} to {} is missing, {age} old; {allowed} allowed", one.camera, one.to);
        }
        // It was alive when it told something, and until it was killed.
        if told.first().is_some_and(|first| killed.duration_since(first.at) > allowed) {
            let stale = killed.duration_since(last_alive.unwrap());
            assert!(stale <= allowed, "the last moment alive is {stale} old; {allowed} allowed");
        }
        gaps_are_unknown(&reader);
    });
    let events = events.into_inner();
    assert!(events > rounds(200), "only {events} events: the faults did not come and go");
}

fn gaps_are_unknown(reader: &Reader) {
    let runs = reader.alive_spans(Timestamp::MIN, Timestamp::MAX).unwrap();
    let alive: Vec<Span> = runs.iter().map(|run| Span::between(run.from, run.to)).collect();
    for pair in runs.windows(2) {
        let (end, begin) = (pair[0].to, pair[1].from);
        assert!(end <= begin, "one run at a time");
        for n in 0..CAMERAS {
            let camera = CameraId::new(&format!("c{n}")).unwrap();
            let changes = reader.changes(&camera, end, begin).unwrap();
            // What the next run noted on its start, dated from the last moment of the one before.
            let last = changes.iter().rfind(|change| change.since < begin);
            assert!(last.is_none_or(|last| last.state == State::Unknown), "{camera} in the gap: {last:?}");
            let gap = Span::between(end, begin);
            let line = Timeline::new(gap, History { alive: &alive, changes: &changes, maintenance: &[] });
            assert_eq!(line.tally(gap).unknown, gap.seconds());
        }
    }
}
