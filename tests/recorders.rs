//! Recorders from the first request to what an operator sees, against simulated ones that share no code with us.

mod support;

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::Duration;

use camwatch::device::finding::{Found, WishDepth};
use camwatch::device::poller::{Memory, Poll, Poller};
use camwatch::device::reading::{self, Behind, Reading, Subject};
use camwatch::gate::Gate;
use camwatch::inventory::{CameraId, Credential, CredentialId, Recorder, RecorderId, RecorderKind, SiteId, TlsPolicy};
use camwatch::ledger::retention::{Presence, Requirement};
use camwatch::observation::{DiskStatus, Outcome, RecordMode};
use camwatch::secret::Secret;
use camwatch::simulate::recorder::{DiskState, Schedule};
use camwatch::simulate::{CameraOptions, Fleet, FleetOptions, RecorderBehaviour, RecorderOptions, SimRecorder, Turn};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::process::Signal;
use serde_json::Value;
use support::{CAMWATCH, Camera, ConfigFile, Daemon, http_post, wait_until};
use tokio::runtime::Runtime;

const KINDS: [(camwatch::simulate::RecorderKind, RecorderKind); 3] = [
    (camwatch::simulate::RecorderKind::Hikvision, RecorderKind::Hikvision),
    (camwatch::simulate::RecorderKind::Dahua, RecorderKind::Dahua),
    (camwatch::simulate::RecorderKind::Onvif, RecorderKind::Onvif),
];

fn zone() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(7))
}

async fn fleet() -> Fleet {
    Fleet::start(FleetOptions::default()).await.unwrap()
}

struct Watched {
    poller: Poller,
    subject: Subject,
}

/// A recorder of the inventory with a camera behind each of `channels`, of which 30 days are required.
fn watched(sim: &SimRecorder, kind: RecorderKind, channels: u32, password: &str) -> Watched {
    let credential = Credential {
        id: CredentialId::new("nvr").unwrap(),
        username: "monitor".to_owned(),
        password: Secret::new(password),
    };
    let recorder = Recorder {
        id: RecorderId::new("nvr").unwrap(),
        site: SiteId::new("site").unwrap(),
        kind,
        url: sim.url(),
        credential: Some(credential.id.clone()),
        tls: TlsPolicy::System,
        allow_basic: false,
        requests_per_minute: 6000,
    };
    let behind = |channel: u32| Behind {
        camera: CameraId::new(&format!("cam-{channel:02}")).unwrap(),
        requirement: Some(Requirement {
            required: Duration::from_secs(30 * 86_400),
            installed: None,
            first_seen: None,
            first_recording: None,
        }),
        presence: Presence::default(),
    };
    let cameras: BTreeMap<_, _> = (1..=channels).map(|channel| (channel, behind(channel))).collect();
    let subject = Subject { recorder: recorder.id.clone(), kind, cameras };
    Watched { poller: Poller::new(&recorder, Some(&credential), &Gate::default(), Memory::default()), subject }
}

impl Watched {
    async fn poll(&self, depth: WishDepth) -> (Poll, Reading) {
        let poll = self.poller.poll(&self.subject.wish(depth, Timestamp::now(), &zone())).await;
        let reading = reading::read(&self.subject, &poll.finding, poll.known_offset, Timestamp::now(), &zone());
        (poll, reading)
    }
}

/// Days between two moments.
fn days(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 86_400.0
}

#[tokio::test]
async fn every_kind_tells_what_it_is_its_clock_its_channels_and_what_it_holds() {
    let fleet = fleet().await;
    for (sim_kind, kind) in KINDS {
        let options = RecorderOptions::named(sim_kind.as_str())
            .manner(sim_kind)
            .channels(4)
            .channel(2, |channel| channel.gap_days_ago = vec![3, 4])
            .channel(3, |channel| channel.held_days = 9.0)
            .channel(4, |channel| channel.schedule = Schedule::Off);
        let sim = fleet.recorder(RecorderOptions { skew_seconds: 90, ..options }).await.unwrap();
        let nvr = watched(&sim, kind, 3, "simulated");
        let (poll, reading) = nvr.poll(WishDepth::Scan).await;
        let seen = &reading.seen;
        let what = format!("{kind:?}: {:?}", poll.finding);
        assert_eq!(seen.outcome, Outcome::Ok, "{what}");
        assert_eq!(poll.finding.ended_by, None, "{what}");
        let device = seen.device.as_ref().unwrap();
        assert!(device.vendor.is_some() && device.model.is_some() && device.firmware.is_some(), "{what}");
        assert_eq!(device.serial.as_deref(), Some(sim.serial().replace('-', "").as_str()), "{what}");
        assert!((seen.clock_offset_seconds.unwrap() - 90.0).abs() < 3.0, "{what}");
        assert_eq!(seen.channels.as_ref().map(Vec::len), Some(4), "{what}");
        if kind == RecorderKind::Onvif {
            assert_eq!(seen.disks, None, "ONVIF does not tell: {what}");
        } else {
            let disk = &seen.disks.as_ref().unwrap()[0];
            assert_eq!((disk.status, disk.capacity_bytes), (DiskStatus::Ok, Some(5_723_166 << 20)), "{what}");
            assert!(seen.forecast_days.is_some_and(|days| days > 1.0), "{what}");
        }
        let now = Timestamp::now();
        let recordings = seen.recordings.as_ref().unwrap();
        let held = |camera: usize| days(recordings[camera].oldest.unwrap(), now);
        assert!((held(0) - 30.0).abs() < 1.1 && (held(2) - 9.0).abs() < 1.1, "{what}");
        assert!(now.duration_since(recordings[0].newest.unwrap()).as_secs().abs() < 3700, "{what}");
        let gaps = |camera: usize| recordings[camera].gap_days.as_ref().map(Vec::len);
        assert_eq!((gaps(0), gaps(1), gaps(2)), (Some(0), Some(2), Some(0)), "{what}");
        let stats = sim.stats();
        assert_eq!(stats.requests_at_once.max(stats.connections_max), 1, "one at a time: {stats:?}");
        assert_eq!((stats.logins_refused, stats.handles_now), (0, 0), "{stats:?}");
    }
}

#[tokio::test]
async fn a_poll_of_metadata_is_a_handful_of_requests_and_a_scan_a_few_a_channel() {
    let fleet = fleet().await;
    for (sim_kind, kind) in KINDS {
        let options = RecorderOptions::named(sim_kind.as_str()).manner(sim_kind).channels(16);
        let sim = fleet.recorder(options).await.unwrap();
        let nvr = watched(&sim, kind, 16, "simulated");
        // The first poll learns what the device supports.
        nvr.poll(WishDepth::Metadata).await;
        let (metadata, _) = nvr.poll(WishDepth::Metadata).await;
        let (scan, _) = nvr.poll(WishDepth::Scan).await;
        // A device that forgets its challenge with every answer is asked everything twice.
        let twice = if kind == RecorderKind::Dahua { 2 } else { 1 };
        assert!(metadata.cost.requests <= 10 * twice, "{kind:?}: {:?}", metadata.cost);
        assert!(scan.cost.requests <= (12 + 16 * 18) * twice, "{kind:?}: {:?}", scan.cost);
    }
}

#[tokio::test]
async fn a_failed_disk_a_stopped_channel_and_a_replaced_device_are_seen() {
    let fleet = fleet().await;
    let sim = fleet.recorder(RecorderOptions::named("a").channels(2)).await.unwrap();
    let nvr = watched(&sim, RecorderKind::Hikvision, 2, "simulated");
    let (_, before) = nvr.poll(WishDepth::Metadata).await;
    sim.turn(Turn::Disk(1, DiskState::Error)).await.unwrap();
    sim.turn(Turn::Replaced).await.unwrap();
    let (_, reading) = nvr.poll(WishDepth::Metadata).await;
    assert_eq!(reading.seen.disks.as_ref().unwrap()[0].status, DiskStatus::Failed);
    assert_ne!(reading.seen.device.unwrap().serial, before.seen.device.unwrap().serial);
    let recordings = reading.seen.recordings.unwrap();
    assert!(recordings.iter().all(|recording| recording.recording == Some(true)), "{recordings:?}");
}

#[tokio::test]
async fn a_channel_that_records_on_events_is_told_so() {
    let fleet = fleet().await;
    let options = RecorderOptions::named("a").channels(2).channel(2, |channel| channel.schedule = Schedule::Motion);
    let sim = fleet.recorder(options).await.unwrap();
    let nvr = watched(&sim, RecorderKind::Hikvision, 2, "simulated");
    let (poll, reading) = nvr.poll(WishDepth::Scan).await;
    let modes: Vec<_> = reading.seen.recordings.unwrap().iter().map(|recording| recording.mode).collect();
    assert_eq!(modes, [Some(RecordMode::Continuous), Some(RecordMode::Event)], "{:?}", poll.finding);
    assert!(matches!(poll.finding.clock, Found::Yes(_)));
}

/// A daemon that watches one camera behind one recorder.
struct Site {
    runtime: Runtime,
    recorder: SimRecorder,
    config: ConfigFile,
    /// Closes its doors when it is dropped.
    _fleet: Fleet,
}

impl Site {
    fn new(options: RecorderOptions, password: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let fleet = runtime.block_on(fleet());
        let camera = runtime.block_on(fleet.add(CameraOptions::named("a"))).expect("a camera");
        let recorder = runtime.block_on(fleet.recorder(options)).expect("a recorder");
        let cameras = [Camera {
            id: "a",
            url: camera.url().to_string(),
            extra: "recorder = \"nvr\"\nchannel = 1\nretention = \"30d\"",
        }];
        let more = format!(
            "[[credential]]\nid = \"nvr\"\nusername = \"monitor\"\npassword_file = \"secret\"\n\n[[recorder]]\nid = \"nvr\"\n\
             site = \"site-a\"\nkind = \"hikvision\"\nurl = \"{}\"\ncredential = \"nvr\"\nrequests_per_minute = 6000\n",
            recorder.url()
        );
        let probe = "interval = \"2s\"\ntimeout = \"1s\"\nrecheck = \"1s\"\nconfirm = 2\nmetadata_interval = \"2s\"";
        let config = ConfigFile::new(probe, &cameras, &more);
        let secret = config.dir().join("secret");
        std::fs::write(&secret, password).expect("writing the secret");
        std::fs::set_permissions(&secret, Permissions::from_mode(0o600)).expect("closing the secret");
        Self { runtime, recorder, config, _fleet: fleet }
    }

    fn turn(&self, turn: impl Into<Turn>) {
        self.runtime.block_on(self.recorder.turn(turn)).expect("a recorder that can be turned so");
    }
}

fn incidents(daemon: &Daemon) -> Vec<(String, String, String)> {
    let answer: Value = serde_json::from_str(&daemon.get("/api/v1/incidents")).expect("JSON");
    let word = |incident: &Value, key: &str| incident[key].as_str().unwrap_or_default().to_owned();
    let all = answer["incidents"].as_array().expect("a list").iter();
    all.map(|incident| (word(incident, "scope"), word(incident, "subject"), word(incident, "cause"))).collect()
}

fn camwatch(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(CAMWATCH).args(args).output().expect("camwatch");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
}

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn the_daemon_tells_a_failed_disk_once_and_how_far_back_recordings_go_and_knows_both_after_a_restart() {
    let options = RecorderOptions::named("nvr").channels(2).channel(1, |channel| {
        channel.held_days = 9.0;
        channel.gap_days_ago = vec![3];
    });
    let site = Site::new(options, "simulated");
    let mut daemon = Daemon::start(&site.config);
    let recorder = "{recorder=\"nvr\",site=\"site-a\",commune=\"moc-nam\"}";
    wait_until("the recorder", LIMIT, || daemon.metric(&format!("camwatch_recorder_up{recorder}")) == Some(1.0));
    // Short and with a gap, which is worse: the first state that holds.
    let degraded = daemon.wait_for_state("a", "degraded");
    assert_eq!(degraded["cause"], "recording_gap");
    wait_until("its incident", LIMIT, || incidents(&daemon).iter().any(|(scope, ..)| scope == "camera"));

    site.turn(Turn::Disk(1, DiskState::Error));
    let failed = ("recorder".to_owned(), "nvr".to_owned(), "disk_failed".to_owned());
    wait_until("the recorder's incident", LIMIT, || incidents(&daemon).contains(&failed));
    let path = site.config.path();
    let path = path.to_str().expect("UTF-8");
    let (_, status) = camwatch(&["status", "--config", path]);
    assert!(status.contains("recorder nvr (site-a): disk_failed"), "{status}");
    assert!(status.contains("no camera in the inventory for channel 2"), "{status}");
    let (code, told) = camwatch(&["recorder", "nvr", "--config", path]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("failed") && told.contains("serial"), "{told}");

    let before = incidents(&daemon);
    daemon.process.signal(Signal::TERM);
    assert_eq!(daemon.process.wait(LIMIT).code(), Some(0));
    let daemon = Daemon::start(&site.config);
    assert_eq!(incidents(&daemon), before, "an upgrade opens nothing anew");
    let labels = "{camera=\"a\",site=\"site-a\",commune=\"moc-nam\"}";
    let span = format!("camwatch_camera_retention_seconds{labels}");
    wait_until("the span", LIMIT, || {
        daemon.metric(&span).is_some_and(|seconds| (8.0..=10.2).contains(&(seconds / 86_400.0)))
    });
    assert_eq!(daemon.metric(&format!("camwatch_camera_recording_gap_days{labels}")), Some(1.0));
    let (status, _) = http_post(site.config.port, "/api/v1/recorders/nvr/scan").expect("an answer");
    assert_eq!(status, 202);
    assert_eq!(http_post(site.config.port, "/api/v1/recorders/nvx/scan").expect("an answer").0, 404);
}

#[test]
fn a_recorder_that_is_gone_makes_no_camera_dark_and_its_wrong_password_is_a_ticket() {
    let site = Site::new(RecorderOptions::named("nvr"), "wrong");
    let daemon = Daemon::start(&site.config);
    daemon.wait_for_state("a", "up");
    let refused = "camwatch_credential_refused{credential=\"nvr\"}";
    wait_until("the refusal", LIMIT, || daemon.metric(refused) == Some(1.0));
    wait_until("some polls", LIMIT, || daemon.metric("camwatch_recorder_polls_total").is_some_and(|polls| polls > 3.0));
    assert_eq!(site.recorder.stats().logins_refused, 1, "{:?}", site.recorder.stats());
    assert_eq!(daemon.camera("a")["state"], "up", "it is seen by itself");

    site.turn(Turn::Behave(RecorderBehaviour::Refused));
    let recorder = "{recorder=\"nvr\",site=\"site-a\",commune=\"moc-nam\"}";
    wait_until("the recorder to be down", LIMIT, || {
        daemon.metric(&format!("camwatch_recorder_up{recorder}")) == Some(0.0)
    });
    assert_eq!(daemon.camera("a")["state"], "up");
    let (code, _) = camwatch(&["recorder", "nvr", "--config", site.config.path().to_str().expect("UTF-8")]);
    assert_eq!(code, Some(2));
}
