//! Prometheus, Alertmanager and camwatch as they run together: a simulated site is cut off, and exactly one message arrives.
//!
//! The rules are ours with every minute of `for` and `keep_firing_for` made into two seconds, and Alertmanager's example with
//! shorter waits and the addresses of this test; nothing else is changed.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use support::{CAMWATCH, Process, free_port, http_get, http_post, require, wait_for, wait_until};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_secs(120);
/// Longer than every wait of this test's Alertmanager and every `for` of its rules but those of half an hour.
const NOTHING_MORE: Duration = Duration::from_secs(20);

/// Takes whatever is posted and answers 200.
struct Receiver {
    port: u16,
    posts: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let posts: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let kept = Arc::clone(&posts);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || {
                    if let Some(post) = take(stream) {
                        kept.lock().unwrap().push(post);
                    }
                });
            }
        });
        Self { port, posts }
    }

    /// What came to a path, in order.
    fn at(&self, path: &str) -> Vec<Value> {
        let posts = self.posts.lock().unwrap();
        posts.iter().filter(|(to, _)| to == path).map(|(_, body)| body.clone()).collect()
    }
}

/// One request, answered and its connection closed.
fn take(mut stream: TcpStream) -> Option<(String, Value)> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let (path, body) = loop {
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&buffer[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
        })?;
        if body.len() >= length {
            break (head.split(' ').nth(1)?.to_owned(), body.to_owned());
        }
    };
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    Some((path, serde_json::from_str(&body).unwrap_or(Value::Null)))
}

/// The alerts of a notification of Alertmanager: name, site, status.
fn alerts(notification: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let alerts = notification["alerts"].as_array().cloned().unwrap_or_default();
    alerts.iter().map(|a| (text(&a["labels"]["alertname"]), text(&a["labels"]["site"]), text(&a["status"]))).collect()
}

fn dark(status: &str) -> Vec<(String, String, String)> {
    vec![("SiteDark".to_owned(), "site-001".to_owned(), status.to_owned())]
}

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name)).unwrap()
}

/// Two simulated sites of three cameras, and the configuration of a daemon that watches them.
struct Commune {
    dir: TempDir,
    _fleet: Process,
    control: u16,
    port: u16,
    receiver: Receiver,
}

impl Commune {
    fn start() -> Self {
        let dir = TempDir::new().unwrap();
        let fleet = Process::start(
            Command::new(CAMWATCH)
                .args(["simulate", "--cameras", "6", "--per-site", "3", "--config-out"])
                .arg(dir.path())
                .env("NO_COLOR", "1")
                .env_remove("RUST_LOG"),
        );
        let control = wait_for("the simulated cameras", LIMIT, || {
            let said = fleet.stderr();
            let rest = said.split("control: curl http://127.0.0.1:").nth(1)?;
            rest.split('/').next().filter(|port| rest.len() > port.len())?.parse().ok()
        });
        Self { dir, _fleet: fleet, control, port: free_port(), receiver: Receiver::start() }
    }

    fn line(&self, site: &str, action: &str) {
        let answer = http_post(self.control, &format!("/sites/{site}/{action}"));
        assert!(answer.as_ref().is_some_and(|(status, _)| *status < 300), "{answer:?}");
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.dir.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&file, mode).unwrap();
        file.display().to_string()
    }

    /// A daemon whose officers are reached at this test's receiver, waiting until every camera is up.
    fn camwatch(&self, alert: &str) -> Process {
        let mut text = format!(
            "[daemon]\nlisten = \"127.0.0.1:{}\"\ndata_dir = \"data\"\n\n[probe]\ninterval = \"1s\"\ntimeout = \"1s\"\n\
             recheck = \"1s\"\nconfirm = 2\n\n[alert]\ngroup_wait = \"1s\"\n{alert}\n\n[[channel]]\nid = \"hook\"\n\
             kind = \"webhook\"\nurl = \"http://127.0.0.1:{}/officer\"\n",
            self.port, self.receiver.port
        );
        for role in ["officer", "it"] {
            let _ = write!(
                text,
                "\n[[officer]]\nid = \"{role}-1\"\nname = \"{role}\"\nchannels = [\"hook\"]\naddresses = {{ hook = \"{role}\" }}\n\
                 \n[[duty]]\nrole = \"{role}\"\nscope = \"commune\"\nid = \"simulated\"\n\
                 week = [{{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", officers = [\"{role}-1\"] }}]\n"
            );
        }
        let file = self.write("camwatch.toml", &text);
        let mut command = Command::new(CAMWATCH);
        command.args(["run", "--config", &file]).env("NO_COLOR", "1").env_remove("RUST_LOG");
        command.env_remove("NOTIFY_SOCKET").env_remove("WATCHDOG_USEC").env_remove("CREDENTIALS_DIRECTORY");
        let mut daemon = Process::start(&mut command);
        wait_until("every camera to be up", LIMIT, || {
            assert!(daemon.is_running(), "the daemon ended: {}", daemon.stderr());
            let page = http_get(self.port, "/metrics").map(|(_, page)| page).unwrap_or_default();
            page.lines().filter(|line| line.starts_with("camwatch_camera_up{") && line.ends_with(" 1")).count() == 6
        });
        daemon
    }

    /// Alertmanager with our example; its receiver is this test, and camwatch besides where `back` says so.
    fn alertmanager(&self, program: &Path, back: bool) -> (Process, u16) {
        let ours = format!("http://127.0.0.1:{}", self.receiver.port);
        self.write("secrets/alertmanager-token", "a long token\n");
        let mut text = example("alertmanager/alertmanager.yml");
        let webhook = "      - url: http://127.0.0.1:9765/api/v1/alertmanager\n";
        assert!(text.contains(webhook));
        let mut urls = format!("      - url: {ours}/alertmanager\n        send_resolved: true\n");
        if back {
            urls += &webhook.replace("9765", &self.port.to_string());
        } else {
            urls += &webhook.replace("http://127.0.0.1:9765/api/v1/alertmanager", &format!("{ours}/also"));
        }
        text = text.replace(webhook, &urls);
        text = text.replace("https://heartbeat.example", &ours);
        for (long, short) in [("group_wait: 30s", "group_wait: 2s"), ("group_interval: 5m", "group_interval: 3s")] {
            assert!(text.contains(long));
            text = text.replace(long, short);
        }
        let file = self.write("alertmanager.yml", &text);
        let port = free_port();
        let process = Process::start(
            Command::new(program)
                .arg(format!("--config.file={file}"))
                .arg(format!("--storage.path={}", self.dir.path().join("alertmanager").display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg("--cluster.listen-address="),
        );
        wait_until("Alertmanager", LIMIT, || http_get(port, "/-/ready").is_some_and(|(status, _)| status == 200));
        (process, port)
    }

    fn prometheus(&self, program: &Path, alertmanager: u16) -> Process {
        let mut rules = String::new();
        for line in example("prometheus/camwatch.rules.yml").lines() {
            let indent = line.len() - line.trim_start().len();
            let short = line.trim().split_once(": ").filter(|(key, _)| matches!(*key, "for" | "keep_firing_for"));
            let minutes = short.and_then(|(key, value)| Some((key, minutes(value)?)));
            match minutes {
                Some((key, minutes)) => {
                    let _ = writeln!(rules, "{:indent$}{key}: {}s", "", minutes * 2);
                }
                None => rules = rules + line + "\n",
            }
        }
        assert!(rules.contains("for: 4s") && !rules.contains("for: 2m"));
        self.write("camwatch.rules.yml", &rules);
        let port = free_port();
        let text = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: [camwatch.rules.yml]\n\
             alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]}}\n\
             scrape_configs:\n- job_name: camwatch\n  static_configs: [{{targets: ['127.0.0.1:{}']}}]\n",
            self.port
        );
        let file = self.write("prometheus.yml", &text);
        let process = Process::start(
            Command::new(program)
                .arg(format!("--config.file={file}"))
                .arg(format!("--storage.tsdb.path={}", self.dir.path().join("prometheus").display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .args(["--rules.alert.resend-delay=2s", "--log.level=warn"]),
        );
        wait_until("Prometheus to see the cameras", LIMIT, || {
            http_get(port, "/api/v1/query?query=sum(camwatch_camera_up)")
                .is_some_and(|(_, body)| body.contains("\"6\""))
        });
        process
    }

    /// What Alertmanager told, cut and mended: exactly one notification each, of exactly one alert.
    fn cut_and_mended(&self) {
        let told = || -> Vec<_> { self.receiver.at("/alertmanager").iter().map(alerts).collect() };
        assert!(told().is_empty(), "nothing is wrong yet: {:?}", told());
        self.line("site-001", "cut");
        wait_until("the site to be told", LIMIT, || !told().is_empty());
        std::thread::sleep(NOTHING_MORE);
        assert_eq!(told(), [dark("firing")], "one message for one cut line, and nothing more");
        self.line("site-001", "restore");
        wait_until("its end to be told", LIMIT, || told().len() > 1);
        std::thread::sleep(NOTHING_MORE);
        assert_eq!(told(), [dark("firing"), dark("resolved")]);
    }
}

/// Of `30s`, `2m` or `1h`, rounded up.
fn minutes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: u64 = number.parse().ok()?;
    match unit {
        "s" => Some(number.div_ceil(60)),
        "m" => Some(number),
        "h" => Some(number * 60),
        _ => None,
    }
}

fn programs() -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    let prometheus = require("prometheus")?;
    // Debian's name for it; elsewhere it is called `alertmanager`.
    Some((prometheus, require("prometheus-alertmanager")?))
}

/// The whole way: camwatch's page, Prometheus, our rules, Alertmanager, its webhook back to camwatch, the roster, the channel.
#[test]
fn one_cut_line_is_one_notification_of_prometheus_and_alertmanager_and_one_message_to_the_officer_on_duty() {
    let Some((prometheus, alertmanager)) = programs() else { return };
    let commune = Commune::start();
    commune.write("secrets/alertmanager-token", "a long token\n");
    let daemon = commune.camwatch("owner = \"prometheus\"\nwebhook_token_file = \"secrets/alertmanager-token\"");
    let (_alertmanager, port) = commune.alertmanager(&alertmanager, true);
    let _prometheus = commune.prometheus(&prometheus, port);
    commune.cut_and_mended();

    // Whoever was told a moment ago hears the next thing within a minute, with what else there is by then.
    wait_until("the officer to hear that it is back", LIMIT, || commune.receiver.at("/officer").len() > 1);
    let told = commune.receiver.at("/officer");
    let reasons: Vec<&str> = told.iter().filter_map(|message| message["message"]["reason"].as_str()).collect();
    assert_eq!(reasons, ["open", "close"]);
    assert_eq!(told.len(), 2, "one message that it is dark, one that it is back: {told:#?}\n{}", daemon.stderr());
    assert!(!commune.receiver.at("/deadman").is_empty() || !commune.receiver.at("/camwatch").is_empty(), "the pulse");
}

#[test]
fn one_cut_line_is_one_notification_of_alertmanager_where_camwatch_pushes() {
    let Some(alertmanager) = require("prometheus-alertmanager") else { return };
    let commune = Commune::start();
    let (_alertmanager, port) = commune.alertmanager(&alertmanager, false);
    let daemon = commune
        .camwatch(&format!("owner = \"push\"\nalertmanagers = [\"http://127.0.0.1:{port}\", \"http://127.0.0.1:1\"]"));
    commune.cut_and_mended();
    assert!(commune.receiver.at("/officer").is_empty(), "exactly one system pages");
    let told = daemon.stderr();
    assert_eq!(told.matches("Alertmanager takes no alerts").count(), 1, "the one that is gone is told once: {told}");

    let first = &commune.receiver.at("/alertmanager")[0]["alerts"][0];
    let (told, began) =
        (first["startsAt"].as_str().unwrap(), first["annotations"]["outage_started_at"].as_str().unwrap());
    let time = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    assert!(time(began) <= time(told), "{began} is when it began, {told} when it was told");
}
