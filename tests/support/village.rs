//! A simulated village that the real daemon watches: 32 cameras of four sites, some of them broken.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::daemon::{ConfigFile, Daemon};
use super::{CAMWATCH, Process, free_port, wait_for};

const LIMIT: Duration = Duration::from_secs(60);

/// How the sites are called and where they stand.
const SITES: [(&str, &str, &str, f64, f64); 4] = [
    ("site-001", "Yên Lệnh", "Cụm camera cầu Yên Lệnh", 20.6613, 106.0330),
    ("site-002", "Lảnh Trì", "Nhà văn hóa thôn Lảnh Trì", 20.6652, 106.0241),
    ("site-003", "Hoàn Dương", "Trường THCS Mộc Nam", 20.6588, 106.0187),
    ("site-004", "Yên Ninh", "Trạm y tế xã", 20.6531, 106.0274),
];

/// `camwatch simulate` and `camwatch run`, with an officer who is told of what breaks.
pub struct Village {
    pub daemon: Daemon,
    pub config: ConfigFile,
    fleet: Process,
    control: String,
}

impl Village {
    /// Starts both and waits until every camera is up. `more` is TOML that is put after everything else.
    pub fn start(more: &str) -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let mut command = Command::new(CAMWATCH);
        command.args(["simulate", "--cameras", "32", "--per-site", "8", "--recorders", "4", "--config-out"]);
        let fleet = Process::start(command.arg(dir.path()).env_remove("RUST_LOG"));
        let control = wait_for("the control port", LIMIT, || {
            let said = fleet.stderr();
            let url = said.lines().find_map(|line| line.strip_prefix("control: curl http://"))?.to_owned();
            Some(url.strip_suffix("/faults")?.to_owned())
        });
        let config = ConfigFile::in_directory(dir, free_port());
        rewrite(&config, more);
        let daemon = Daemon::start(&config);
        let this = Self { daemon, config, fleet, control };
        this.wait_for(|camera| camera["state"] == "up" || camera["state"] == "maintenance");
        this
    }

    /// Where the daemon's web is.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.daemon.port))
    }

    /// Has the simulator do something: `/cameras/sim-0001/behaviour` with `refused`, `/sites/site-001/cut`.
    pub fn turn(&self, path: &str, body: &str) {
        let mut stream = TcpStream::connect(&self.control).expect("the control port");
        let (host, length) = (&self.control, body.len());
        write!(stream, "POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}")
            .expect("sending");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.split(' ').nth(1).is_some_and(|status| status.starts_with('2')), "{path}: {answer}");
    }

    /// Waits until all cameras are as wanted.
    pub fn wait_for(&self, is_so: impl Fn(&serde_json::Value) -> bool) {
        let begun = std::time::Instant::now();
        loop {
            let answer: serde_json::Value = serde_json::from_str(&self.daemon.get("/api/v1/cameras")).expect("JSON");
            let cameras = answer["cameras"].as_array().expect("a list of cameras");
            let others: Vec<_> = cameras.iter().filter(|camera| !is_so(camera)).collect();
            if cameras.len() == 32 && others.is_empty() {
                return;
            }
            let log = self.daemon.process.stderr();
            assert!(begun.elapsed() < LIMIT, "now {}; not as they should be: {others:#?}\n{log}", answer["at"]);
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Names and places for what the simulator only numbers; quick probes; somebody who is told.
fn rewrite(config: &ConfigFile, more: &str) {
    let file = config.dir().join("inventory/simulated.toml");
    let mut inventory = fs::read_to_string(&file).expect("the simulator's inventory");
    for (id, village, name, latitude, longitude) in SITES {
        let plain = format!("name = \"{id}\"\n");
        assert!(inventory.contains(&plain), "{inventory}");
        let place =
            format!("name = \"{name}\"\nvillage = \"{village}\"\nlatitude = {latitude}\nlongitude = {longitude}\n");
        inventory = inventory.replace(&plain, &place);
    }
    // The last four are a household's.
    for n in 29..=32 {
        let id = format!("name = \"sim-{n:04}\"\n");
        let (before, after) = inventory.split_once(&id).expect("a camera of this number");
        let after = after.replacen("fund = \"simulated\"", "fund = \"ho-dan\"", 1);
        inventory = format!("{before}name = \"Cổng nhà ông Sáu {n}\"\n{after}");
    }
    inventory = inventory.replace("name = \"Simulated commune\"", "name = \"Xã Mộc Nam\"");
    inventory = inventory.replace("name = \"Simulated fund\"", "name = \"Ngân sách xã và xã hội hóa 2023\"");
    inventory.push_str("\n[[fund]]\nid = \"ho-dan\"\nkind = \"household\"\nname = \"Hộ dân thôn Yên Ninh\"\n");
    fs::write(file, inventory).expect("writing the inventory");

    let mut text = format!(
        "[daemon]\nlisten = \"127.0.0.1:{}\"\ndata_dir = \"data\"\ninventory = [\"inventory/*.toml\"]\n\n\
         [probe]\ninterval = \"2s\"\ntimeout = \"2s\"\nrecheck = \"1s\"\nconfirm = 2\n\n[alert]\ngroup_wait = \"1s\"\n",
        config.port
    );
    write!(text, "\n{more}\n").expect("writing to a string");
    fs::write(config.path(), text).expect("writing the configuration");
}
