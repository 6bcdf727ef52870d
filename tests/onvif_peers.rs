//! ONVIF and WS-Discovery against what others wrote: the mock device of the oxvif crate, the Python client
//! onvif-zeep-async, the Python responder `WSDiscovery`. `tests/peers/onvif/install` puts them into `target/peers`.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use camwatch::device::exchange::Trouble;
use camwatch::device::finding::{DeviceTime, Finding, Holding, Wish, WishDepth};
use camwatch::device::http::Device;
use camwatch::device::onvif::{self, Memory};
use camwatch::gate::Gate;
use camwatch::inventory::{Credential, CredentialId, Recorder, RecorderId, RecorderKind, SiteId, TlsPolicy};
use camwatch::secret::Secret;
use camwatch::simulate::{Fleet, FleetOptions, RecorderKind as SimKind, RecorderOptions, SimRecorder};
use jiff::{Timestamp, ToSpan as _, Zoned};
use support::{CAMWATCH, Process, require, skip};

/// How long a peer may take to come up, or to do its work, on a busy machine.
const LIMIT: Duration = Duration::from_secs(90);

/// A peer under `target/peers`, or `None` after saying that this test is skipped.
fn peer(path: &str) -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let file = target.join("peers").join(path);
    if file.is_file() {
        return Some(file);
    }
    skip(&format!("{path}, which tests/peers/onvif/install makes"));
    None
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The mock device of the oxvif crate, and the URL of its device service.
fn mock() -> Option<(Process, String)> {
    let process = Process::start(&mut Command::new(peer("mock/debug/onvif-mock")?));
    let url = process.line(LIMIT);
    Some((process, url))
}

fn credential(username: &str, password: &str) -> Credential {
    let id = CredentialId::new("peer").expect("a literal id");
    Credential { id, username: username.to_owned(), password: Secret::new(password) }
}

fn recorder(url: &str) -> Recorder {
    let mut url: url::Url = url.parse().expect("a URL");
    url.set_path("");
    Recorder {
        id: RecorderId::new("peer").expect("a literal id"),
        site: SiteId::new("site").expect("a literal id"),
        kind: RecorderKind::Onvif,
        url,
        credential: None,
        tls: TlsPolicy::default(),
        allow_basic: false,
        requests_per_minute: 6000,
    }
}

/// One scan of the first two channels, over the last ten days.
async fn scan(url: &str, credential: &Credential) -> Finding {
    let today = Zoned::now().date();
    let days = (today.saturating_sub(10.days()), today.saturating_sub(1.day()));
    let wish = Wish { depth: WishDepth::Scan, channels: vec![1, 2], days, zone_offset_seconds: 7 * 3600 };
    let device = Device::new(&recorder(url), Some(credential), &Gate::default(), onvif::manner());
    onvif::poll(&mut device.exchange(LIMIT), &mut Memory::default(), &wish).await
}

fn utc(time: Option<DeviceTime>) -> Timestamp {
    match time {
        Some(DeviceTime::Utc(time)) => time,
        other => panic!("a time in UTC, not {other:?}"),
    }
}

#[tokio::test]
async fn a_device_that_others_wrote_is_read_as_it_is() {
    let Some((_mock, url)) = mock() else { return };
    let finding = scan(&url, &credential("admin", "admin")).await;
    assert_eq!(finding.ended_by, None, "{finding:?}");
    let identity = finding.device.yes().unwrap_or_else(|| panic!("{finding:?}"));
    assert_eq!((identity.model.as_deref(), identity.serial.as_deref()), (Some("MockCam-1080p"), Some("MOCK0001")));
    let clock = finding.clock.yes().unwrap_or_else(|| panic!("{finding:?}"));
    assert!(clock.offset_seconds.abs() <= clock.uncertainty_seconds + 1.0, "it has this machine's time: {clock:?}");
    let channels = finding.channels.yes().unwrap_or_else(|| panic!("{finding:?}"));
    let told: Vec<_> = channels.iter().map(|channel| (channel.recording, channel.bits_per_second)).collect();
    assert_eq!(told, [(Some(false), Some(4_096_000)), (Some(true), Some(2_048_000))]);
    // Its recordings are its crate's own, with dates of their own; it keeps no history of them.
    for channel in 1..=2 {
        let holding = finding.holdings[&channel].yes().unwrap_or_else(|| panic!("{finding:?}"));
        assert!(utc(holding.oldest) < utc(holding.newest), "{holding:?}");
        assert!(holding.looked_at.is_empty(), "no history is no gap: {holding:?}");
    }
}

#[tokio::test]
async fn a_device_that_others_wrote_refuses_a_wrong_password_once() {
    let Some((_mock, url)) = mock() else { return };
    let finding = scan(&url, &credential("admin", "wrong")).await;
    assert!(matches!(finding.ended_by, Some(Trouble::Unauthorized(_))), "{finding:?}");
    assert!(finding.clock.yes().is_some(), "the time is told to everybody");
}

/// A simulated recorder of three channels, with 12 days of recordings of the first, and a clock that is a minute fast.
async fn simulated(fleet: &Fleet) -> SimRecorder {
    let mut options = RecorderOptions::named("nvr");
    options.manner = SimKind::Onvif.into();
    options.channels.truncate(3);
    options.channels[0].held_days = 12.0;
    options.channels[1].gap_days_ago = vec![4];
    options.skew_seconds = 60;
    fleet.recorder(options).await.expect("a simulated recorder")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_others_wrote_and_our_own_read_the_same_of_a_simulated_recorder() {
    let Some(python) = peer("python/bin/python3") else { return };
    let fleet = Fleet::start(FleetOptions::default()).await.expect("a fleet");
    let recorder = simulated(&fleet).await;
    let finding = scan(recorder.url().as_str(), &credential("monitor", "simulated")).await;
    let address = recorder.address();
    let mut client = Command::new(python);
    client.arg(root().join("tests/peers/onvif/client.py"));
    client.args([&address.ip().to_string(), &address.port().to_string(), "monitor", "simulated"]);
    let output = tokio::task::spawn_blocking(move || client.output()).await.expect("a thread").expect("the client");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON of the client");

    assert_eq!(finding.ended_by, None, "{finding:?}");
    assert_eq!(finding.device.yes().expect("an identity").serial.as_deref(), theirs["serial"].as_str());
    assert_eq!(finding.channels.yes().expect("channels").len(), theirs["sources"].as_array().expect("sources").len());
    let clock = finding.clock.yes().expect("a clock");
    assert!((clock.offset_seconds - 60.0).abs() <= clock.uncertainty_seconds, "{clock:?}");
    for channel in 1..=2 {
        let ours = finding.holdings[&channel].yes().unwrap_or_else(|| panic!("{finding:?}"));
        let theirs = &theirs["held"][format!("Recording_{channel}")];
        for (time, name) in [(ours.oldest, "oldest"), (ours.newest, "newest")] {
            let theirs: Timestamp = theirs[name].as_str().and_then(|text| text.parse().ok()).expect("a time");
            // Between the two questions recordings grow, and the oldest are overwritten.
            let apart = theirs.duration_since(utc(time)).as_secs();
            assert!((0..=LIMIT.as_secs()).contains(&apart.unsigned_abs()), "{channel} {name}: {apart} s");
        }
    }
    let missing = |holding: &Holding| holding.looked_at.difference(&holding.present).count();
    assert_eq!(finding.holdings[&1].yes().map(missing), Some(0));
    assert_eq!(finding.holdings[&2].yes().map(missing), Some(1), "the day that was not recorded");
    let stats = recorder.stats();
    assert_eq!(stats.logins_refused, 0, "{stats:?}");
}

/// What `camwatch discover` prints in a network of its own with one device on it.
fn discovered(device: &[&str], config: Option<&Path>) -> Option<String> {
    require("ip")?;
    let mut command = Command::new(require("unshare")?);
    command.args(["--map-root-user", "--net"]).arg(root().join("tests/peers/onvif/network")).args(device);
    command.args(["--", CAMWATCH, "discover", "--timeout", "3s"]);
    command.args(config.into_iter().flat_map(|file| ["--config".as_ref(), file.as_os_str()]));
    let output = command.output().expect("unshare");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    Some(String::from_utf8(output.stdout).unwrap_or_else(|e| panic!("{e}; {errors}")))
}

const RESPONDER: [&str; 4] = [
    "http://10.20.1.12:8000/onvif/device_service",
    "onvif://www.onvif.org/type/NetworkVideoTransmitter",
    "onvif://www.onvif.org/name/S%C3%A2n",
    "onvif://www.onvif.org/hardware/NVR-8",
];

#[test]
fn a_camera_that_others_wrote_is_discovered_by_multicast() {
    let Some(mock) = peer("mock/debug/onvif-mock") else { return };
    let mock = mock.to_str().expect("a path in UTF-8");
    let Some(page) = discovered(&[mock, "--ip=10.20.1.11", "--discoverable"], None) else { return };
    let table: toml::Table = page.parse().unwrap_or_else(|e| panic!("{e}: {page}"));
    let cameras = table["camera"].as_array().unwrap_or_else(|| panic!("{page}"));
    assert_eq!(cameras.len(), 1, "{page}");
    assert_eq!(cameras[0]["name"].as_str(), Some("Mock camera"));
    assert_eq!(cameras[0]["url"].as_str(), Some("rtsp://10.20.1.11:554/"));
}

#[test]
fn a_recorder_that_others_wrote_is_discovered_and_held_against_the_inventory() {
    let Some(python) = peer("python/bin/python3") else { return };
    let responder = root().join("tests/peers/onvif/responder.py");
    let mut device = vec![python.to_str().expect("a path in UTF-8"), responder.to_str().expect("a path in UTF-8")];
    device.extend(RESPONDER);
    let Some(page) = discovered(&device, None) else { return };
    let table: toml::Table = page.parse().unwrap_or_else(|e| panic!("{e}: {page}"));
    assert_eq!(table["recorder"][0]["url"].as_str(), Some("http://10.20.1.12:8000"), "{page}");
    assert!(page.contains("# Sân, NVR-8; urn:uuid:"), "{page}");

    let dir = tempfile::TempDir::new().expect("a temporary directory");
    let file = dir.path().join("camwatch.toml");
    let recorder = |id: &str, host: &str| {
        format!("[[recorder]]\nid = \"{id}\"\nsite = \"s\"\nkind = \"onvif\"\nurl = \"http://{host}\"\n")
    };
    let place = "[[commune]]\nid = \"c\"\nname = \"C\"\n[[site]]\nid = \"s\"\ncommune = \"c\"\nname = \"S\"\n";
    let config = [place, &recorder("there", "10.20.1.12:8000"), &recorder("silent", "10.20.1.99")].concat();
    std::fs::write(&file, config).expect("writing the configuration");
    let Some(page) = discovered(&device, Some(&file)) else { return };
    assert!(page.starts_with("# 1 ONVIF device answered, 0 of them not in the inventory."), "{page}");
    assert!(page.contains("and answering:\n#   10.20.1.12: recorder there\n"), "{page}");
    assert!(page.contains("#   10.20.1.99: recorder silent\n"), "{page}");
}

#[test]
fn where_nobody_can_be_asked_that_is_said() {
    let Some(unshare) = require("unshare") else { return };
    // A network without any interface that is up.
    let output = Command::new(unshare)
        .args(["--map-root-user", "--net", CAMWATCH, "discover", "--timeout", "1s"])
        .output()
        .expect("unshare");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains("is a network interface up?"), "{errors}");
}
