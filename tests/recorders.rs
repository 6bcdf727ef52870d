//! Polls of recorders, against simulated ones that share no code with whoever asks.

use std::collections::BTreeMap;
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
use camwatch::simulate::{Fleet, FleetOptions, RecorderBehaviour, RecorderOptions, SimRecorder, Turn};
use jiff::Timestamp;
use jiff::tz::TimeZone;

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
        assert!(metadata.cost.requests <= 20, "{kind:?}: {:?}", metadata.cost);
        assert!(scan.cost.requests <= 20 + 16 * 20, "{kind:?}: {:?}", scan.cost);
        println!("{kind:?}: metadata {:?}, scan {:?}", metadata.cost, scan.cost);
    }
}

#[tokio::test]
async fn a_wrong_password_costs_one_refused_login_however_often_it_is_polled() {
    let fleet = fleet().await;
    for (sim_kind, kind) in KINDS {
        let options = RecorderOptions::named(sim_kind.as_str()).manner(sim_kind);
        let sim = fleet.recorder(options).await.unwrap();
        let nvr = watched(&sim, kind, 1, "wrong");
        for round in 0..4 {
            let (poll, reading) = nvr.poll(WishDepth::Scan).await;
            assert_eq!(reading.seen.outcome, Outcome::Unauthorized, "{kind:?} {round}: {:?}", poll.finding);
        }
        assert_eq!(sim.stats().logins_refused, 1, "{kind:?}: {:?}", sim.stats());
        assert_eq!(sim.locked_for(), None);
    }
}

#[tokio::test]
async fn what_is_broken_is_told_as_an_outcome_and_never_hangs() {
    let fleet = fleet().await;
    for (sim_kind, kind) in KINDS {
        let sim = fleet.recorder(RecorderOptions::named(sim_kind.as_str()).manner(sim_kind)).await.unwrap();
        for (behaviour, expected) in [
            (RecorderBehaviour::Refused, vec![Outcome::Refused]),
            (RecorderBehaviour::NotHttp, vec![Outcome::Incompatible, Outcome::NotRtsp]),
            (RecorderBehaviour::Garbage, vec![Outcome::Incompatible]),
            (RecorderBehaviour::HtmlLoginPage, vec![Outcome::Incompatible, Outcome::Unauthorized]),
            (RecorderBehaviour::Truncated, vec![Outcome::Incompatible, Outcome::Reset, Outcome::Ok]),
            (RecorderBehaviour::Deep, vec![Outcome::Incompatible, Outcome::Ok]),
            (RecorderBehaviour::Huge, vec![Outcome::Incompatible, Outcome::Ok]),
        ] {
            sim.set(behaviour).await.unwrap();
            let nvr = watched(&sim, kind, 1, "simulated");
            let poll = tokio::time::timeout(Duration::from_secs(90), nvr.poll(WishDepth::Scan)).await;
            let (poll, reading) = poll.unwrap_or_else(|_| panic!("{kind:?} {behaviour:?} hangs"));
            assert!(
                expected.contains(&reading.seen.outcome),
                "{kind:?} {behaviour:?}: {:?}, {:?}",
                reading.seen.outcome,
                poll.finding
            );
        }
        sim.set(RecorderBehaviour::Ok).await.unwrap();
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
