//! `camwatch credential`: what staff see of refused logins, and how they have one tried again.

mod support;

use std::time::Duration;

use camwatch::simulate::{Auth, CameraOptions, Fleet, FleetOptions, SimCamera};
use support::{CAMWATCH, Camera, ConfigFile, Daemon, camwatch, http_post, probe, wait_until};

const LIMIT: Duration = Duration::from_secs(60);

struct Place {
    runtime: tokio::runtime::Runtime,
    camera: SimCamera,
    config: ConfigFile,
    _fleet: Fleet,
}

/// A camera whose password the configuration does not have right.
fn place() -> Place {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (fleet, camera) = runtime.block_on(async {
        let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
        let mut options = CameraOptions::named("gate");
        options.auth = Some(Auth::new("monitor", "right"));
        let camera = fleet.add(options).await.unwrap();
        (fleet, camera)
    });
    let mut watched = Camera::new("gate", camera.url().to_string());
    watched.extra = "credential = \"nvr\"";
    let credential = "[[credential]]\nid = \"nvr\"\nusername = \"monitor\"\npassword_file = \"secret\"\n";
    let config = ConfigFile::new("interval = \"1s\"\ntimeout = \"1s\"\nrecheck = \"1s\"", &[watched], credential);
    std::fs::write(config.dir().join("secret"), "wrong\n").unwrap();
    Place { runtime, camera, config, _fleet: fleet }
}

fn credential(place: &Place, args: &[&str]) -> (i32, String, String) {
    let config = place.config.path();
    let output = camwatch(["credential"].iter().chain(args).chain(&["--config", config.to_str().unwrap()]));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_refused_login_is_listed_and_tried_once_more_when_somebody_asks() {
    let place = place();
    let refused = || place.camera.stats().logins_refused;
    assert_eq!(credential(&place, &["list"]).1, "", "nothing was ever refused");
    let daemon = Daemon::start(&place.config);
    wait_until("the refusal", LIMIT, || daemon.metric("camwatch_credential_refused{credential=\"nvr\"}") == Some(1.0));
    let seen = daemon.camera("gate");
    let detail = seen["detail"].as_str().unwrap();
    assert!(detail.contains("credential \"nvr\"") && detail.contains("so that the account is not locked"), "{detail}");
    wait_until("the record", LIMIT, || !credential(&place, &["list"]).1.is_empty());
    let (code, list, _) = credential(&place, &["list"]);
    assert_eq!((code, list.matches('\n').count()), (0, 1));
    let host = place.camera.address().ip().to_string();
    assert!(list.starts_with(&format!("nvr\t{host}\trefused\t20")), "{list}");
    assert!(!list.contains("wrong"), "no secret is shown");
    assert_eq!(refused(), 1);

    // Once more through the daemon, and only once.
    assert_eq!(credential(&place, &["retry", "nvr"]), (0, format!("{host}\n"), String::new()));
    wait_until("the second refusal", LIMIT, || refused() == 2);
    wait_until("the gate", LIMIT, || daemon.metric("camwatch_credential_refused{credential=\"nvr\"}") == Some(1.0));
    let (code, _, stderr) = credential(&place, &["retry", "nvx"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("no credential \"nvx\"") && stderr.contains("\"nvr\""), "{stderr}");
    assert_eq!(http_post(place.config.port, "/api/v1/credentials/nvx/retry").unwrap().0, 404);
    wait_until("the record", LIMIT, || !credential(&place, &["list"]).1.is_empty());
    drop(daemon);

    // Without a daemon the record is opened, and the next look tries, whoever looks; a second one knows of it.
    let retry = || {
        let (code, hosts, stderr) = credential(&place, &["retry", "nvr"]);
        assert_eq!((code, hosts), (0, format!("{host}\n")), "{stderr}");
        assert_eq!(credential(&place, &["list"]).1, "");
    };
    retry();
    let config = place.config.path();
    for _ in 0..2 {
        assert_eq!(probe("gate", &["--config", config.to_str().unwrap()]).outcome(), "unauthorized");
        assert_eq!(refused(), 3);
    }
    retry();
    place.camera.set_auth(Some(Auth::new("monitor", "wrong")));
    let daemon = Daemon::start(&place.config);
    daemon.wait_for_state("gate", "up");
    assert_eq!(refused(), 3);
    drop(daemon);
    place.runtime.shutdown_background();
}

/// A daemon that holds the record but listens elsewhere would know nothing of what is written behind its back.
#[test]
fn a_retry_is_not_written_behind_the_back_of_a_running_daemon() {
    let place = place();
    let daemon = Daemon::start(&place.config);
    let text = std::fs::read_to_string(place.config.path()).unwrap();
    let other = place.config.dir().join("other.toml");
    let elsewhere = format!("127.0.0.1:{}", support::free_port());
    std::fs::write(&other, text.replace(&format!("127.0.0.1:{}", place.config.port), &elsewhere)).unwrap();
    let mut command = std::process::Command::new(CAMWATCH);
    let output = command.args(["credential", "retry", "nvr", "--config"]).arg(&other).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("a daemon writes the record") && stderr.contains(&elsewhere), "{stderr}");
    drop(daemon);
}
