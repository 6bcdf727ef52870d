//! The unit file by systemd's own tools, and the notify protocol with the real daemon, without an init system.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::{CAMWATCH, Camera, ConfigFile, Daemon, camwatch, http_post, require};
use tempfile::TempDir;

/// Ends a broken test; no claim about speed.
const LIMIT: Duration = Duration::from_secs(60);

fn shipped(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd").join(name);
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// The shipped unit in a directory of its own, starting the binary under test.
fn unit(dir: &TempDir) -> PathBuf {
    let file = dir.path().join("camwatch.service");
    let text = shipped("camwatch.service");
    assert!(text.contains("ExecStart=/usr/bin/camwatch run"), "the unit starts the daemon");
    fs::write(&file, text.replace("/usr/bin/camwatch", CAMWATCH)).expect("writing the unit");
    file
}

#[test]
fn systemd_accepts_the_unit_and_says_nothing_about_it() {
    let Some(analyze) = require("systemd-analyze") else { return };
    let dir = TempDir::new().expect("a temporary directory");
    let output = Command::new(analyze).args(["verify", "--man=no"]).arg(unit(&dir)).output().expect("systemd-analyze");
    let said = String::from_utf8_lossy(&output.stderr);
    // It also checks what the unit orders itself after; what it says of those is the machine's business.
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("camwatch")).collect();
    assert!(output.status.success() && ours.is_empty(), "{said}");
}

#[test]
fn systemd_accepts_the_unit_with_its_drop_ins() {
    let Some(analyze) = require("systemd-analyze") else { return };
    let version =
        String::from_utf8(Command::new(&analyze).arg("--version").output().expect("running it").stdout).unwrap();
    let version: u32 = version.split([' ', '.']).nth(1).and_then(|v| v.parse().ok()).expect("a version");
    let dir = TempDir::new().expect("a temporary directory");
    let unit = unit(&dir);
    let drop_ins = dir.path().join("camwatch.service.d");
    fs::create_dir(&drop_ins).expect("making the drop-in directory");
    for (name, since) in [("10-network-allow.conf", 252), ("20-notify-reload.conf", 253)] {
        if version >= since {
            fs::write(drop_ins.join(name), shipped(&format!("{name}.example"))).expect("writing a drop-in");
        }
    }
    let output = Command::new(analyze)
        .args(["verify", "--man=no"])
        .arg(&unit)
        .env("SYSTEMD_UNIT_PATH", format!("{}:", dir.path().display()))
        .output()
        .expect("systemd-analyze");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("camwatch"), "{said}");
}

#[test]
fn the_unit_exposes_at_most_one_and_a_half() {
    let Some(analyze) = require("systemd-analyze") else { return };
    let dir = TempDir::new().expect("a temporary directory");
    let output = Command::new(analyze)
        .args(["security", "--no-pager", "--offline=true", "--threshold=15"])
        .arg(unit(&dir))
        .output()
        .expect("systemd-analyze");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What a service manager gives a service of `Type=notify`.
struct Manager {
    dir: TempDir,
    socket: UnixDatagram,
}

impl Manager {
    fn new() -> Self {
        let dir = TempDir::new().expect("a temporary directory");
        let socket = UnixDatagram::bind(dir.path().join("notify")).expect("binding the notify socket");
        Self { dir, socket }
    }

    fn start(&self, config: &ConfigFile, watchdog: Option<Duration>) -> Daemon {
        Daemon::start_with(config, |command| {
            command.env("NOTIFY_SOCKET", self.dir.path().join("notify"));
            if let Some(watchdog) = watchdog {
                command.env("WATCHDOG_USEC", watchdog.as_micros().to_string()).env_remove("WATCHDOG_PID");
            }
        })
    }

    /// The first message that holds the line `key` or a line `key=...`; what comes before it is passed over.
    fn message(&self, key: &str) -> String {
        let begin = Instant::now();
        let mut seen = Vec::new();
        while let Some(left) = LIMIT.checked_sub(begin.elapsed()).filter(|l| !l.is_zero()) {
            self.socket.set_read_timeout(Some(left)).expect("a read timeout");
            let mut buffer = [0; 4096];
            let Ok(n) = self.socket.recv(&mut buffer) else { break };
            let message = String::from_utf8(buffer[..n].to_vec()).expect("UTF-8");
            if message.lines().any(|line| line == key || line.split_once('=').is_some_and(|(k, _)| k == key)) {
                return message;
            }
            seen.push(message);
        }
        panic!("no {key} within {LIMIT:?}; there were {seen:?}");
    }
}

/// One camera that refuses, so that the schedule has something to do.
fn config() -> ConfigFile {
    let camera = Camera::new("c1", format!("rtsp://127.0.0.1:{}/", support::free_port()));
    ConfigFile::new("interval = \"2s\"\ntimeout = \"1s\"", &[camera], "")
}

fn monotonic_usec() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    u64::try_from(now.tv_sec).expect("after boot") * 1_000_000 + u64::try_from(now.tv_nsec).expect("after boot") / 1000
}

fn reloading_since(message: &str) -> u64 {
    let value = message.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    value.unwrap_or_else(|| panic!("no MONOTONIC_USEC in {message:?}")).parse().expect("microseconds")
}

#[test]
fn the_daemon_tells_systemd_that_it_is_ready_reloads_and_stops() {
    let manager = Manager::new();
    let config = config();
    let mut daemon = manager.start(&config, None);
    manager.message("READY=1");

    let before = monotonic_usec();
    daemon.process.signal(Signal::HUP);
    let since = reloading_since(&manager.message("RELOADING=1"));
    assert!((before..=monotonic_usec()).contains(&since), "{since} is the clock's time of the reload");
    manager.message("READY=1");

    daemon.process.signal(Signal::TERM);
    manager.message("STOPPING=1");
    assert_eq!(daemon.process.wait(LIMIT).code(), Some(0));
}

#[test]
fn a_reload_of_a_bad_file_ends_with_ready_and_changes_nothing() {
    let manager = Manager::new();
    let config = config();
    let daemon = manager.start(&config, None);
    manager.message("READY=1");
    assert_eq!(daemon.metric("camwatch_config_last_reload_successful"), Some(1.0));

    fs::write(config.path(), "[daemon]\nlisten = 7\n").expect("breaking the configuration");
    daemon.process.signal(Signal::HUP);
    manager.message("RELOADING=1");
    manager.message("READY=1");
    assert_eq!(daemon.metric("camwatch_config_last_reload_successful"), Some(0.0));
    daemon.camera("c1");
    assert!(daemon.process.stderr().contains("camwatch.toml:2:"), "the log says where: {}", daemon.process.stderr());
}

#[test]
fn a_reload_by_http_is_announced_as_well() {
    let manager = Manager::new();
    let config = config();
    let _daemon = manager.start(&config, None);
    manager.message("READY=1");
    let (status, body) = http_post(config.port, "/-/reload").expect("an answer");
    assert_eq!(status, 200, "{body}");
    manager.message("RELOADING=1");
    manager.message("READY=1");
}

#[test]
fn the_watchdog_is_fed_while_the_schedule_goes_on_and_not_without_being_asked() {
    let manager = Manager::new();
    let config = config();
    let _daemon = manager.start(&config, Some(Duration::from_secs(2)));
    for _ in 0..3 {
        manager.message("WATCHDOG=1");
    }

    let silent = Manager::new();
    let other = self::config();
    let mut daemon = silent.start(&other, None);
    silent.message("READY=1");
    daemon.process.signal(Signal::TERM);
    let mut buffer = [0; 4096];
    silent.socket.set_read_timeout(Some(LIMIT)).expect("a read timeout");
    loop {
        let n = silent.socket.recv(&mut buffer).expect("STOPPING=1 comes");
        let message = std::str::from_utf8(&buffer[..n]).expect("UTF-8");
        assert!(!message.contains("WATCHDOG"), "nobody asked for {message:?}");
        if message.contains("STOPPING=1") {
            break;
        }
    }
    assert_eq!(daemon.process.wait(LIMIT).code(), Some(0));
}

#[test]
fn an_interrupt_ends_the_daemon_as_a_termination_does() {
    let config = config();
    let mut daemon = Daemon::start(&config);
    daemon.process.signal(Signal::INT);
    assert_eq!(daemon.process.wait(LIMIT).code(), Some(0));
}

#[test]
fn secrets_are_looked_up_among_systemds_credentials_first() {
    let camera = Camera { id: "c1", url: "rtsp://127.0.0.1:9/".to_owned(), extra: "credential = \"nvr\"" };
    let credential = "[[credential]]\nid = \"nvr\"\nusername = \"monitor\"\npassword_file = \"secrets/nvr-yen-lenh\"\n";
    let config = ConfigFile::new("", &[camera], credential);
    let check = |directory: Option<&Path>| {
        let mut command = Command::new(CAMWATCH);
        command.arg("check").arg("--config").arg(config.path()).env_remove("CREDENTIALS_DIRECTORY");
        if let Some(directory) = directory {
            command.env("CREDENTIALS_DIRECTORY", directory);
        }
        command.output().expect("running camwatch").status.code()
    };
    assert_eq!(check(None), Some(2), "there is no such file");

    // As LoadCredential= names them: of a file, and of a directory `secrets:/etc/camwatch/secrets`.
    for name in ["nvr-yen-lenh", "secrets_nvr-yen-lenh"] {
        let credentials = TempDir::new().expect("a temporary directory");
        let file = credentials.path().join(name);
        fs::write(&file, "sesame\n").expect("writing a credential");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).expect("as systemd has them");
        assert_eq!(check(Some(credentials.path())), Some(0), "found as {name}");
    }
}

#[test]
fn a_second_daemon_says_what_is_in_its_way_and_ends_with_3() {
    let config = config();
    let daemon = Daemon::start(&config);
    let run = |file: &Path| {
        let output = camwatch(["run".as_ref(), "--config".as_ref(), file.as_os_str()]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{said}");
        said
    };
    // Whichever it meets first, the record or the address.
    run(&config.path());

    let other = config.dir().join("other.toml");
    let text = fs::read_to_string(config.path()).expect("the configuration");
    let port = support::free_port().to_string();
    fs::write(&other, text.replace(&config.port.to_string(), &port)).expect("writing another configuration");
    let said = run(&other);
    let pid = daemon.process.pid().as_raw_nonzero().to_string();
    assert!(said.contains("ledger.db") && said.contains(&pid), "it names the record and who holds it: {said}");

    fs::write(&other, text.replace("data_dir = \"data\"", "data_dir = \"other\""))
        .expect("writing another configuration");
    let said = run(&other);
    assert!(said.contains(&format!("127.0.0.1:{}", config.port)), "it names the address: {said}");
}
