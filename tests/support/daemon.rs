//! The daemon as an operator runs it: a configuration file, the process, its HTTP interface.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::{CAMWATCH, Process, free_port, wait_for, wait_until};

/// How long the daemon may take to come up on a busy machine.
const START: Duration = Duration::from_secs(60);

/// One camera of a test's inventory. `extra` is TOML that is added to its entry.
pub struct Camera<'a> {
    pub id: &'a str,
    pub url: String,
    pub extra: &'a str,
}

impl<'a> Camera<'a> {
    pub fn new(id: &'a str, url: String) -> Self {
        Self { id, url, extra: "" }
    }
}

/// A configuration in a temporary directory of its own, with one commune, one fund and a site for each camera.
pub struct ConfigFile {
    dir: TempDir,
    pub port: u16,
}

impl ConfigFile {
    /// `probe` is the body of the table `[probe]`; `more` is TOML that is put after everything else.
    pub fn new(probe: &str, cameras: &[Camera], more: &str) -> Self {
        let this = Self { dir: TempDir::new().expect("a temporary directory"), port: free_port() };
        this.write(probe, cameras, more);
        this
    }

    /// Of a directory that holds `camwatch.toml` already, or will.
    pub fn in_directory(dir: TempDir, port: u16) -> Self {
        Self { dir, port }
    }

    /// Writes it anew; the daemon is not told.
    pub fn write(&self, probe: &str, cameras: &[Camera], more: &str) {
        let mut text = format!(
            "[daemon]\nlisten = \"127.0.0.1:{}\"\ndata_dir = \"data\"\ninventory = []\n\n[probe]\n{probe}\n\n[alert]\n\
             group_wait = \"1s\"\n\n[[commune]]\nid = \"moc-nam\"\nname = \"Xã Mộc Nam\"\n\n[[fund]]\nid = \"commune-2023\"\n\
             kind = \"commune\"\nname = \"Ngân sách xã\"\n",
            self.port
        );
        for Camera { id, url, extra } in cameras {
            write!(
                text,
                "\n[[site]]\nid = \"site-{id}\"\ncommune = \"moc-nam\"\nname = \"Site {id}\"\n\n[[camera]]\nid = \"{id}\"\n\
                 site = \"site-{id}\"\nname = \"Camera {id}\"\nurl = \"{url}\"\nfund = \"commune-2023\"\n{extra}\n"
            )
            .expect("writing to a string");
        }
        text.push('\n');
        text.push_str(more);
        fs::write(self.path(), text).expect("writing the configuration");
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("camwatch.toml")
    }

    /// The directory that holds the configuration and, in `data`, the record.
    pub fn dir(&self) -> &std::path::Path {
        self.dir.path()
    }
}

/// `camwatch run`.
pub struct Daemon {
    pub process: Process,
    pub port: u16,
}

impl Daemon {
    /// Starts it and waits until it is ready.
    pub fn start(config: &ConfigFile) -> Self {
        Self::start_with(config, |_| {})
    }

    /// As [`Daemon::start`], with changes to the command.
    pub fn start_with(config: &ConfigFile, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(CAMWATCH);
        command.arg("run").arg("--config").arg(config.path()).env("NO_COLOR", "1").env_remove("RUST_LOG");
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC").env_remove("CREDENTIALS_DIRECTORY");
        change(&mut command);
        let mut this = Self { process: Process::start(&mut command), port: config.port };
        wait_until("the daemon to be ready", START, || {
            assert!(this.process.is_running(), "the daemon ended: {}", this.process.stderr());
            http_get(this.port, "/-/ready").is_some_and(|(status, _)| status == 200)
        });
        this
    }

    /// The body of a page that must be there.
    pub fn get(&self, path: &str) -> String {
        let (status, body) = http_get(self.port, path).unwrap_or_else(|| panic!("no answer to GET {path}"));
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// What `/api/v1/cameras` says of one camera.
    pub fn camera(&self, id: &str) -> Value {
        let answer: Value = serde_json::from_str(&self.get("/api/v1/cameras")).expect("JSON");
        let cameras = answer["cameras"].as_array().expect("a list of cameras");
        cameras.iter().find(|c| c["camera"] == id).unwrap_or_else(|| panic!("no camera {id} in {answer}")).clone()
    }

    /// Waits until a camera is in a state, and gives what is said of it then.
    pub fn wait_for_state(&self, id: &str, state: &str) -> Value {
        let mut last = Value::Null;
        let ask = || {
            last = self.camera(id);
            (last["state"] == state).then(|| last.clone())
        };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_for(&format!("camera {id} to be {state}"), Duration::from_secs(60), ask)
        }));
        result.unwrap_or_else(|_| panic!("camera {id} never was {state}; it is {last}\n{}", self.process.stderr()))
    }

    /// The value of a series on `/metrics`, named as it stands there, labels and all.
    pub fn metric(&self, series: &str) -> Option<f64> {
        metric_in(&self.get("/metrics"), series)
    }
}

/// The value of a series on a page of metrics, named as it stands there, labels and all.
pub fn metric_in(page: &str, series: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(line.trim().parse().expect("a number"))
}

/// GET on loopback: status and body, or `None` while nobody answers.
pub fn http_get(port: u16, path: &str) -> Option<(u16, String)> {
    request(port, &format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n"))
}

/// POST with an empty body.
pub fn http_post(port: u16, path: &str) -> Option<(u16, String)> {
    request(port, &format!("POST {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n"))
}

fn request(port: u16, request: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(START)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, body.to_owned()))
}
