//! The daemon over simulated cameras: what an operator sees of outages, reloads, restarts and its own blindness.

mod support;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use camwatch::simulate::{Auth, Behaviour, CameraOptions, Fleet, FleetOptions, SimCamera};
use rustix::process::Signal;
use serde_json::Value;
use support::{CAMWATCH, Camera, ConfigFile, Daemon, http_get, http_post, metric_in, wait_for, wait_until};
use tokio::runtime::Runtime;

const PROBE: &str = "interval = \"2s\"\ntimeout = \"1s\"\nrecheck = \"1s\"\nconfirm = 2\nrecover = 2";
const LIMIT: Duration = Duration::from_secs(40);

/// A simulated fleet with a runtime of its own, so that tests stay plain functions.
struct Cameras {
    runtime: Runtime,
    fleet: Fleet,
}

impl Cameras {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let fleet = runtime.block_on(Fleet::start(FleetOptions::default())).expect("a fleet");
        Self { runtime, fleet }
    }

    fn add(&self, options: CameraOptions) -> SimCamera {
        self.runtime.block_on(self.fleet.add(options)).expect("a camera")
    }

    fn set(&self, camera: &SimCamera, behaviour: Behaviour) {
        self.runtime.block_on(camera.set(behaviour)).expect("a behaviour");
    }
}

fn incidents(daemon: &Daemon) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&daemon.get("/api/v1/incidents")).expect("JSON");
    answer["incidents"].as_array().expect("a list").clone()
}

/// An address at which nothing answers: a listener whose queue is full.
fn silent_address() -> (SocketAddr, impl Sized) {
    let camera = Cameras::new();
    let dropped = camera.add(CameraOptions::named("silent").behaviour(Behaviour::Dropped));
    (dropped.address(), camera)
}

#[test]
fn a_camera_goes_dark_and_comes_back_while_its_neighbour_stays_up() {
    let cameras = Cameras::new();
    let (a, b) = (cameras.add(CameraOptions::named("a")), cameras.add(CameraOptions::named("b")));
    let entries = [Camera::new("a", a.url().to_string()), Camera::new("b", b.url().to_string())];
    let config = ConfigFile::new(PROBE, &entries, "");
    let daemon = Daemon::start(&config);
    daemon.wait_for_state("a", "up");
    let neighbour = daemon.wait_for_state("b", "up");
    assert_eq!(neighbour["stream"]["codec"], "h264");

    cameras.set(&a, Behaviour::Refused);
    let dark = daemon.wait_for_state("a", "dark");
    assert_eq!(dark["cause"], "refused");
    wait_until("an incident", LIMIT, || {
        incidents(&daemon).iter().any(|i| i["subject"] == "a" && i["scope"] == "camera")
    });
    let labels = "{camera=\"a\",site=\"site-a\",commune=\"moc-nam\"}";
    wait_until("the metric", LIMIT, || daemon.metric(&format!("camwatch_camera_up{labels}")) == Some(0.0));

    cameras.set(&a, Behaviour::Ok);
    daemon.wait_for_state("a", "up");
    wait_until("the incident to close", LIMIT, || incidents(&daemon).is_empty());
    assert_eq!(daemon.camera("b")["since"], neighbour["since"], "the neighbour never changed");
    assert_eq!((a.stats().connections_max, b.stats().connections_max), (1, 1), "one connection at a time");
}

#[test]
fn a_reload_keeps_the_state_of_unchanged_cameras_and_a_bad_file_changes_nothing() {
    let cameras = Cameras::new();
    let (a, b) = (cameras.add(CameraOptions::named("a")), cameras.add(CameraOptions::named("b")));
    let a = || Camera::new("a", a.url().to_string());
    let config = ConfigFile::new(PROBE, &[a()], "");
    let daemon = Daemon::start(&config);
    let before = daemon.wait_for_state("a", "up");

    config.write(PROBE, &[a(), Camera::new("b", b.url().to_string())], "");
    daemon.process.signal(Signal::HUP);
    wait_until("camera b", LIMIT, || daemon.get("/api/v1/cameras").contains("\"b\""));
    daemon.wait_for_state("b", "up");
    assert_eq!(daemon.camera("a")["since"], before["since"]);

    config.write("interval = \"soon\"", &[a()], "");
    let (status, body) = http_post(config.port, "/-/reload").expect("an answer");
    assert_eq!(status, 500);
    assert!(body.contains("interval"), "{body}");
    assert_eq!(daemon.metric("camwatch_config_last_reload_successful"), Some(0.0));
    assert_eq!(daemon.camera("b")["state"], "up", "the old configuration stays in force");

    config.write(PROBE, &[a()], "");
    let (status, body) = http_post(config.port, "/-/reload").expect("an answer");
    assert_eq!(status, 200, "{body}");
    assert_eq!(daemon.metric("camwatch_config_last_reload_successful"), Some(1.0));
    wait_until("camera b to go", LIMIT, || !daemon.get("/metrics").contains("camera=\"b\""));
    assert_eq!(daemon.camera("a")["since"], before["since"]);
}

#[test]
fn a_restart_keeps_incidents_open_and_accounts_the_gap_as_unknown() {
    let cameras = Cameras::new();
    let (a, b) =
        (cameras.add(CameraOptions::named("a").behaviour(Behaviour::NotFound)), cameras.add(CameraOptions::named("b")));
    let entries = [Camera::new("a", a.url().to_string()), Camera::new("b", b.url().to_string())];
    let config = ConfigFile::new(PROBE, &entries, "");
    let mut daemon = Daemon::start(&config);
    daemon.wait_for_state("a", "dark");
    daemon.wait_for_state("b", "up");
    let open = wait_for("an incident", LIMIT, || incidents(&daemon).first().cloned());

    daemon.process.signal(Signal::TERM);
    let status = daemon.process.wait(LIMIT);
    assert_eq!(status.code(), Some(0));
    std::thread::sleep(Duration::from_secs(3));

    let daemon = Daemon::start(&config);
    assert_eq!(incidents(&daemon).first().map(|i| i["id"].clone()), Some(open["id"].clone()), "the same incident");
    daemon.wait_for_state("b", "up");
    daemon.wait_for_state("a", "dark");
    assert_eq!(incidents(&daemon).len(), 1, "an upgrade pages nobody twice");

    let log = daemon.process.stderr();
    let unknown = log.lines().find(|l| l.contains("camera=b") && l.contains("to=unknown")).expect("b became unknown");
    assert!(unknown.contains("monitor_down"), "{unknown}");
}

#[test]
fn when_the_references_are_silent_no_camera_is_called_dark() {
    let cameras = Cameras::new();
    let a = cameras.add(CameraOptions::named("a"));
    let (silent, _guard) = silent_address();
    let config = ConfigFile::new(PROBE, &[Camera::new("a", a.url().to_string())], "");
    let text = std::fs::read_to_string(config.path()).unwrap();
    std::fs::write(config.path(), text.replace("[daemon]\n", &format!("[daemon]\nreferences = [\"{silent}\"]\n")))
        .unwrap();
    let daemon = Daemon::start(&config);
    daemon.wait_for_state("a", "up");
    cameras.set(&a, Behaviour::Refused);
    let unknown = daemon.wait_for_state("a", "unknown");
    assert_eq!(unknown["cause"], "monitor_offline");
    assert_eq!(daemon.metric("camwatch_monitor_online"), Some(0.0));
    wait_until("an incident of the monitor", LIMIT, || incidents(&daemon).iter().any(|i| i["scope"] == "monitor"));
    assert!(!daemon.process.stderr().contains("to=dark"), "{}", daemon.process.stderr());
}

#[test]
fn a_cut_line_is_one_incident_of_the_site() {
    let cameras = Cameras::new();
    let all: Vec<SimCamera> =
        ["a", "b", "c"].iter().map(|name| cameras.add(CameraOptions::named(name).site("bridge"))).collect();
    let gateway = cameras.fleet.gateway("bridge").expect("a gateway");
    let config = ConfigFile::new(PROBE, &[], "");
    let mut text =
        format!("\n[[site]]\nid = \"bridge\"\ncommune = \"moc-nam\"\nname = \"Cầu\"\ngateway = \"{gateway}\"\n");
    for camera in &all {
        let (id, url) = (camera.name(), camera.url());
        writeln!(
            text,
            "[[camera]]\nid = \"{id}\"\nsite = \"bridge\"\nname = \"{id}\"\nurl = \"{url}\"\nfund = \"commune-2023\""
        )
        .unwrap();
    }
    config.write(PROBE, &[], &text);
    let daemon = Daemon::start(&config);
    for camera in &all {
        daemon.wait_for_state(camera.name(), "up");
    }
    cameras.runtime.block_on(cameras.fleet.cut_site("bridge")).unwrap();
    for camera in &all {
        daemon.wait_for_state(camera.name(), "dark");
    }
    let open = wait_for("an incident of all three", LIMIT, || {
        incidents(&daemon).into_iter().find(|i| i["cameras"].as_array().is_some_and(|c| c.len() == 3))
    });
    assert_eq!((open["scope"].as_str(), open["subject"].as_str()), (Some("site"), Some("bridge")));
    assert_eq!(incidents(&daemon).len(), 1, "{:?}", incidents(&daemon));
    cameras.runtime.block_on(cameras.fleet.restore_site("bridge")).unwrap();
    wait_until("the incident to close", LIMIT, || incidents(&daemon).is_empty());
    assert!(!daemon.process.stderr().contains("scope=\"camera\""), "one cut line, one page");
}

#[test]
fn a_camera_that_hangs_delays_no_other() {
    let withheld = support::withheld();
    let cameras = Cameras::new();
    let names: Vec<String> = (0..6).map(|i| format!("hangs{i}")).collect();
    let hanging: Vec<SimCamera> = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let how = [
                Behaviour::Silent,
                Behaviour::Drip,
                Behaviour::EndlessAnswer,
                Behaviour::Garbage,
                Behaviour::EndlessFrame,
                Behaviour::HalfOpen,
            ][i];
            cameras.add(CameraOptions::named(name).behaviour(how))
        })
        .collect();
    let good = cameras.add(CameraOptions::named("good"));
    let mut entries: Vec<Camera> =
        names.iter().zip(&hanging).map(|(n, c)| Camera::new(n, c.url().to_string())).collect();
    entries.push(Camera::new("good", good.url().to_string()));
    let config = ConfigFile::new(PROBE, &entries, "");
    let daemon = Daemon::start(&config);
    let up = daemon.wait_for_state("good", "up");
    for name in &names {
        daemon.wait_for_state(name, "dark");
    }
    assert_eq!(daemon.camera("good")["since"], up["since"]);
    assert_eq!(daemon.camera("good")["state"], "up");
    // Of one page: between two of them a look may begin. A whole second that the machine withheld is no look's fault.
    let page = daemon.get("/metrics");
    let withheld = u32::try_from(support::withheld().saturating_sub(withheld).as_secs()).unwrap_or(u32::MAX);
    let late = (1.0 + f64::from(withheld)).min(30.0);
    let bound = [1.0, 2.5, 5.0, 10.0, 30.0].into_iter().find(|bound| *bound >= late).expect("a bound");
    let within = metric_in(&page, &format!("camwatch_schedule_lag_seconds_bucket{{le=\"{bound}\"}}"));
    let all = metric_in(&page, "camwatch_schedule_lag_seconds_count");
    assert!(all.is_some_and(|all| all > 0.0));
    assert_eq!(within, all, "every look began within {bound} s of its moment");
}

#[test]
fn a_wrong_password_costs_one_refused_login_across_restarts_until_it_changes() {
    let cameras = Cameras::new();
    let locked = cameras.add(CameraOptions::named("a").auth(Auth::new("monitor", "right")));
    let extra =
        "credential = \"nvr\"\n\n[[credential]]\nid = \"nvr\"\nusername = \"monitor\"\npassword_file = \"password\"";
    let config = ConfigFile::new(PROBE, &[Camera { id: "a", url: locked.url().to_string(), extra }], "");
    std::fs::write(config.dir().join("password"), "wrong\n").unwrap();
    let mut daemon = Daemon::start(&config);
    wait_until("the refusal", LIMIT, || daemon.metric("camwatch_credential_refused{credential=\"nvr\"}") == Some(1.0));
    let describes = locked.stats().describes;
    wait_until("more looks without a login", LIMIT, || locked.stats().describes >= describes + 3);
    assert_eq!(daemon.camera("a")["cause"], "unauthorized");
    assert_eq!(daemon.camera("a")["state"], "unknown");
    assert_eq!(locked.stats().logins_refused, 1);

    daemon.process.signal(Signal::TERM);
    daemon.process.wait(LIMIT);
    let daemon = Daemon::start(&config);
    let describes = locked.stats().describes;
    wait_until("looks after the restart", LIMIT, || locked.stats().describes >= describes + 2);
    assert_eq!(locked.stats().logins_refused, 1, "a restart asks no second time");

    std::fs::write(config.dir().join("password"), "right\n").unwrap();
    daemon.process.signal(Signal::HUP);
    daemon.wait_for_state("a", "up");
    assert_eq!(locked.stats().logins_refused, 1);
    wait_until("the metric", LIMIT, || daemon.metric("camwatch_credential_refused{credential=\"nvr\"}") == Some(0.0));
    for secret in ["wrong", "right"] {
        assert!(!daemon.process.stderr().contains(secret), "a secret was logged");
    }
}

#[test]
fn a_refused_login_does_not_hide_a_dead_camera() {
    let cameras = Cameras::new();
    let camera = cameras.add(CameraOptions::named("a").auth(Auth::new("monitor", "right")));
    let config = ConfigFile::new(PROBE, &[Camera::new("a", camera.url().to_string())], "");
    let daemon = Daemon::start(&config);
    wait_until("the camera to be looked at", LIMIT, || daemon.camera("a")["cause"] == "unauthorized");
    cameras.set(&camera, Behaviour::Refused);
    let dark = daemon.wait_for_state("a", "dark");
    assert_eq!(dark["cause"], "refused");
}

#[test]
fn maintenance_added_by_command_shows_in_the_running_daemon_and_ends_when_told() {
    let cameras = Cameras::new();
    let a = cameras.add(CameraOptions::named("a"));
    let config = ConfigFile::new(PROBE, &[Camera::new("a", a.url().to_string())], "");
    let daemon = Daemon::start(&config);
    daemon.wait_for_state("a", "up");
    let camwatch = |args: &[&str]| {
        let output =
            std::process::Command::new(CAMWATCH).args(args).arg("--config").arg(config.path()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    camwatch(&["maintenance", "add", "--camera", "a", "--for", "1h", "--reason", "Thay cáp"]);
    daemon.wait_for_state("a", "maintenance");
    assert!(camwatch(&["maintenance", "list"]).contains("Thay cáp"));
    camwatch(&["maintenance", "end", "1"]);
    daemon.wait_for_state("a", "up");
}

#[test]
fn a_probe_on_request_shares_the_session_that_runs() {
    let cameras = Cameras::new();
    let a = cameras.add(CameraOptions::named("a"));
    let config = ConfigFile::new(PROBE, &[Camera::new("a", a.url().to_string())], "");
    let daemon = Daemon::start(&config);
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let port = config.port;
            std::thread::spawn(move || http_get(port, "/probe?camera=a").expect("an answer"))
        })
        .collect();
    for one in asked {
        let (status, body) = one.join().unwrap();
        assert_eq!(status, 200);
        assert!(body.contains("probe_success 1"), "{body}");
    }
    assert_eq!(a.stats().connections_max, 1);
    assert_eq!(http_get(config.port, "/probe?camera=nobody").unwrap().0, 404);
    drop(daemon);
}

#[test]
fn a_stop_tears_down_every_session_and_a_second_daemon_is_turned_away() {
    let cameras = Cameras::new();
    let all: Vec<SimCamera> = (0..8).map(|i| cameras.add(CameraOptions::named(&format!("c{i}")))).collect();
    let names: Vec<String> = all.iter().map(|c| c.name().to_owned()).collect();
    let entries: Vec<Camera> = names.iter().zip(&all).map(|(n, c)| Camera::new(n, c.url().to_string())).collect();
    let config = ConfigFile::new(PROBE, &entries, "");
    let mut daemon = Daemon::start(&config);
    wait_until("sessions", LIMIT, || all.iter().any(|c| c.stats().sessions_now > 0));

    let second = config.dir().join("second.toml");
    let text = std::fs::read_to_string(config.path()).unwrap();
    std::fs::write(&second, text.replace(&config.port.to_string(), &support::free_port().to_string())).unwrap();
    let output = std::process::Command::new(CAMWATCH).arg("run").arg("--config").arg(&second).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("another camwatch"), "{said}");
    let output = std::process::Command::new(CAMWATCH).arg("run").arg("--config").arg(config.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("cannot listen on"), "{said}");

    daemon.process.signal(Signal::TERM);
    assert_eq!(daemon.process.wait(LIMIT).code(), Some(0));
    wait_until("every session to be over", LIMIT, || all.iter().all(|c| c.stats().sessions_now == 0));
    assert!(all.iter().all(|c| c.stats().abandoned == 0), "every session got its TEARDOWN");
}

#[test]
fn status_shows_the_worst_first_and_its_exit_code_is_that_of_the_worst() {
    let cameras = Cameras::new();
    let (a, b) =
        (cameras.add(CameraOptions::named("a")), cameras.add(CameraOptions::named("b").behaviour(Behaviour::NotFound)));
    let entries = [Camera::new("a", a.url().to_string()), Camera::new("b", b.url().to_string())];
    let config = ConfigFile::new(PROBE, &entries, "");
    let status =
        || std::process::Command::new(CAMWATCH).arg("status").arg("--config").arg(config.path()).output().unwrap();
    let mut daemon = Daemon::start(&config);
    daemon.wait_for_state("a", "up");
    daemon.wait_for_state("b", "dark");
    let shown = status();
    assert_eq!(shown.status.code(), Some(2));
    let text = String::from_utf8(shown.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].starts_with("dark") && lines[1].contains("not_found"), "{text}");
    assert!(lines[2].starts_with("up"), "{text}");

    daemon.process.signal(Signal::TERM);
    daemon.process.wait(LIMIT);
    let shown = status();
    assert_eq!(shown.status.code(), Some(3), "nobody looks, so nothing is known");
    assert!(String::from_utf8_lossy(&shown.stderr).contains("no daemon answers"));
}
