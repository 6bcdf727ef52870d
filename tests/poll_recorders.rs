//! What the devices' client finds on simulated recorders, which were written apart from it: over real HTTP, with logins.

use std::time::Duration;

use camwatch::device::exchange::Trouble;
use camwatch::device::finding::{DeviceTime, Finding, Found, Wish, WishDepth};
use camwatch::device::http::Device;
use camwatch::device::{dahua, hikvision, onvif};
use camwatch::gate::Gate;
use camwatch::inventory::{Credential, Recorder, RecorderKind, TlsPolicy};
use camwatch::observation::DiskStatus;
use camwatch::secret::Secret;
use camwatch::simulate::recorder::{DahuaManner, HikvisionManner, Login, Manner, Offer, OnvifManner};
use camwatch::simulate::{self, Fleet, FleetOptions, RecorderOptions, SimRecorder, Turn};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

const ZONE: i32 = 7 * 3600;

/// A client with its gate and memory, and the recorder that it polls.
struct Pair {
    _fleet: Fleet,
    recorder: SimRecorder,
    device: Device,
    memories: (hikvision::Memory, dahua::Memory, onvif::Memory),
}

impl Pair {
    async fn new(options: RecorderOptions, password: &str) -> Self {
        let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
        let recorder = fleet.recorder(options).await.unwrap();
        let (kind, manner) = match recorder.kind() {
            simulate::RecorderKind::Hikvision => (RecorderKind::Hikvision, hikvision::manner()),
            simulate::RecorderKind::Dahua => (RecorderKind::Dahua, dahua::manner()),
            simulate::RecorderKind::Onvif => (RecorderKind::Onvif, onvif::manner()),
        };
        let credential =
            Credential { id: "nvr".parse().unwrap(), username: "monitor".into(), password: Secret::new(password) };
        let entry = Recorder {
            id: "nvr".parse().unwrap(),
            site: "school".parse().unwrap(),
            kind,
            url: recorder.url(),
            credential: Some(credential.id.clone()),
            tls: TlsPolicy::System,
            allow_basic: false,
            requests_per_minute: 6000,
        };
        let device = Device::new(&entry, Some(&credential), &Gate::new(Vec::new(), [7; 16]), manner);
        Self { _fleet: fleet, recorder, device, memories: Default::default() }
    }

    async fn poll(&mut self, depth: WishDepth) -> Finding {
        let today = TimeZone::fixed(Offset::from_seconds(ZONE).unwrap()).to_datetime(Timestamp::now()).date();
        let days = (today.saturating_sub(30.days()), today.saturating_sub(1.day()));
        let wish = Wish { depth, channels: vec![1, 2, 3, 4], days, zone_offset_seconds: ZONE };
        let mut exchange = self.device.exchange(Duration::from_secs(60));
        match self.recorder.kind() {
            simulate::RecorderKind::Hikvision => hikvision::poll(&mut exchange, &mut self.memories.0, &wish).await,
            simulate::RecorderKind::Dahua => dahua::poll(&mut exchange, &mut self.memories.1, &wish).await,
            simulate::RecorderKind::Onvif => onvif::poll(&mut exchange, &mut self.memories.2, &wish).await,
        }
    }
}

/// True time of what a device said.
fn truth(time: DeviceTime) -> Timestamp {
    match time {
        DeviceTime::Wall(wall) => Offset::from_seconds(ZONE).unwrap().to_timestamp(wall).unwrap(),
        DeviceTime::Utc(utc) => utc,
    }
}

fn manners() -> Vec<(&'static str, Manner)> {
    vec![
        ("hikvision", HikvisionManner::default().into()),
        ("hikvision, terse searches", HikvisionManner::terse().into()),
        ("hikvision, verbose searches", HikvisionManner::verbose().into()),
        ("hikvision, first generation", HikvisionManner::first_generation().into()),
        ("hikvision, narrow windows", HikvisionManner { widest_window_days: Some(31), ..Default::default() }.into()),
        ("hikvision, 401 for what it has not", HikvisionManner { unknown_path_401: true, ..Default::default() }.into()),
        ("dahua", DahuaManner::default().into()),
        ("dahua, old", DahuaManner::old().into()),
        ("dahua, kept alive", DahuaManner { keeps_alive: true, ..Default::default() }.into()),
        ("onvif", OnvifManner::default().into()),
        ("onvif, HTTP digest", OnvifManner { http_digest: true, ..Default::default() }.into()),
        ("onvif, addresses that lead nowhere", OnvifManner { host: Some("0.0.0.0"), ..Default::default() }.into()),
    ]
}

#[tokio::test]
async fn every_firmware_is_read_to_the_same_truth_without_one_refused_login() {
    for (name, manner) in manners() {
        let options = RecorderOptions::named("nvr").manner(manner).held_days(20.0);
        let options = options.channel(1, |channel| channel.gap_days_ago = vec![3, 4]);
        let mut pair = Pair::new(options, "simulated").await;
        for _ in 0..2 {
            let found = pair.poll(WishDepth::Scan).await;
            assert_eq!(found.ended_by, None, "{name}");
            let device = found.device.yes().unwrap_or_else(|| panic!("{name}: {:?}", found.device));
            assert_eq!(device.serial.as_deref(), Some(&*pair.recorder.serial().replace('-', "")), "{name}");
            let clock = found.clock.yes().unwrap_or_else(|| panic!("{name}: {:?}", found.clock));
            assert!(clock.offset_seconds.abs() <= 1.0 + clock.uncertainty_seconds, "{name}: {clock:?}");
            if pair.recorder.kind() != simulate::RecorderKind::Onvif {
                let disks = found.disks.yes().unwrap_or_else(|| panic!("{name}: {:?}", found.disks));
                let capacity = 5_723_166_u64 << 20;
                assert_eq!(
                    (disks.len(), disks[0].status, disks[0].capacity_bytes),
                    (1, DiskStatus::Ok, Some(capacity))
                );
            }
            assert_eq!(found.channels.yes().map(Vec::len), Some(4), "{name}: {:?}", found.channels);
            assert_eq!(found.holdings.len(), 4, "{name}");
            for (channel, held) in &found.holdings {
                let Found::Yes(held) = held else { panic!("{name}, channel {channel}: {held:?}") };
                let age = Timestamp::now().duration_since(truth(held.oldest.unwrap()));
                let expected = SignedDuration::from_hours(20 * 24);
                assert!(age >= expected && age < expected + SignedDuration::from_hours(1), "{name}, {channel}: {age}");
                let newest = Timestamp::now().duration_since(truth(held.newest.unwrap()));
                assert!(newest < SignedDuration::from_mins(2), "{name}, channel {channel}: {newest}");
                let looked_at = held.looked_at.len();
                assert!(looked_at >= 30, "{name}, channel {channel}: looked at {looked_at} days");
                let missing: Vec<i32> = held
                    .looked_at
                    .difference(&held.present)
                    .map(|day| {
                        let today = TimeZone::fixed(Offset::from_seconds(ZONE).unwrap()).to_datetime(Timestamp::now());
                        today.date().since(*day).unwrap().get_days()
                    })
                    .filter(|ago| (1..20).contains(ago))
                    .collect();
                assert_eq!(missing, if *channel == 1 { vec![4, 3] } else { vec![] }, "{name}, channel {channel}");
            }
            assert!(found.unknown_words.is_empty(), "{name}: {:?}", found.unknown_words);
        }
        let stats = pair.recorder.stats();
        assert_eq!((stats.logins_refused, stats.connections_max, stats.requests_at_once), (0, 1, 1), "{name}");
        assert_eq!(stats.handles_now, 0, "{name}");
        println!(
            "{name}: two scans of four channels: {} requests, {} logins accepted, {} stale, {} connections",
            stats.requests, stats.logins_accepted, stats.logins_stale, stats.connections_total
        );
    }
}

#[tokio::test]
async fn a_wrong_password_costs_one_refused_login_however_often_it_is_polled() {
    for (name, manner) in manners() {
        let mut pair = Pair::new(RecorderOptions::named("nvr").manner(manner), "guessed").await;
        for _ in 0..20 {
            let found = pair.poll(WishDepth::Scan).await;
            assert!(matches!(found.ended_by, Some(Trouble::Unauthorized(_))), "{name}: {:?}", found.ended_by);
        }
        let stats = pair.recorder.stats();
        assert_eq!((stats.logins_refused, stats.logins_accepted, stats.times_locked), (1, 0, 0), "{name}: {stats:?}");
    }
}

#[tokio::test]
async fn what_is_broken_is_found_and_whole_again() {
    for (kind, worn) in [(simulate::RecorderKind::Hikvision, "formatting"), (simulate::RecorderKind::Dahua, "degraded")]
    {
        let mut pair = Pair::new(RecorderOptions::named("nvr").manner(kind), "simulated").await;
        let turn = async |recorder: &SimRecorder, words: &str| {
            recorder.turn(words.parse::<Turn>().unwrap()).await.unwrap();
        };
        for (words, status) in [
            ("error", DiskStatus::Failed),
            ("read-only", DiskStatus::Failed),
            (worn, DiskStatus::Degraded),
            ("ok", DiskStatus::Ok),
        ] {
            turn(&pair.recorder, &format!("disk 1 {words}")).await;
            let found = pair.poll(WishDepth::Metadata).await;
            assert_eq!(
                found.disks.yes().map(|disks| disks[0].status),
                Some(status),
                "{kind:?} {words}: {:?}",
                found.disks
            );
        }
        for seconds in [7200, -90, 0] {
            turn(&pair.recorder, &format!("clock {seconds}")).await;
            let found = pair.poll(WishDepth::Metadata).await;
            let off = found.clock.yes().unwrap().offset_seconds - f64::from(seconds);
            assert!(off.abs() < 2.0, "{kind:?} {seconds}: {off}");
        }
        turn(&pair.recorder, "channel 2 offline").await;
        let found = pair.poll(WishDepth::Metadata).await;
        let online: Vec<_> = found.channels.yes().unwrap().iter().map(|channel| channel.online).collect();
        assert_eq!(online, [Some(true), Some(false), Some(true), Some(true)], "{kind:?}");
        assert_eq!(pair.recorder.stats().logins_refused, 0);
    }
}

#[tokio::test]
async fn a_login_is_made_by_whatever_is_offered_but_never_by_basic() {
    for kind in [simulate::RecorderKind::Hikvision, simulate::RecorderKind::Dahua] {
        use Offer::{Basic, BasicThenDigest, DigestAuthInt, DigestBoth, DigestSha256, DigestWithoutQop, OneHeader};
        for offer in [DigestSha256, DigestBoth, DigestWithoutQop, DigestAuthInt, BasicThenDigest, OneHeader, Basic] {
            let login = Login::new("monitor", "simulated").offer(offer);
            let mut pair = Pair::new(RecorderOptions::named("nvr").manner(kind).login(login), "simulated").await;
            let found = pair.poll(WishDepth::Metadata).await;
            assert_eq!(found.device.yes().is_some(), offer != Basic, "{kind:?} {offer:?}: {:?}", found.ended_by);
            let stats = pair.recorder.stats();
            assert_eq!((stats.logins_refused, stats.logins_basic), (0, 0), "{kind:?} {offer:?}");
        }
    }
}
