//! The dialects over real HTTP against simulated recorders of many firmwares: what is found is what is there, and no
//! login is ever refused for it.

use std::collections::BTreeSet;
use std::time::Duration;

use camwatch::device::exchange::Manner as HttpManner;
use camwatch::device::finding::{DeviceTime, Finding, Found, Holding, Why, Wish, WishDepth};
use camwatch::device::http::{Cost, Device};
use camwatch::device::{dahua, hikvision};
use camwatch::gate::Gate;
use camwatch::inventory::{Credential, CredentialId, Recorder, RecorderId, RecorderKind, SiteId, TlsPolicy};
use camwatch::observation::{DiskStatus, RecordMode};
use camwatch::secret::Secret;
use camwatch::simulate::recorder::{
    DahuaManner, DiskOptions, DiskState, Envelope, HikvisionManner, RecorderKind as Kind, Schedule, TrackElement,
};
use camwatch::simulate::{Fleet, FleetOptions, RecorderOptions, SimRecorder};
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

const ZONE: i32 = 7 * 3600;

/// What both dialects remember.
#[derive(Default)]
struct Memory {
    hikvision: hikvision::Memory,
    dahua: dahua::Memory,
}

struct Seat {
    simulated: SimRecorder,
    device: Device,
    memory: Memory,
    _fleet: Fleet,
}

impl Seat {
    async fn new(options: RecorderOptions) -> Self {
        let fleet = Fleet::start(FleetOptions::default()).await.expect("a fleet");
        let simulated = fleet.recorder(options).await.expect("a recorder");
        let (kind, manner): (_, HttpManner) = match simulated.kind() {
            Kind::Dahua => (RecorderKind::Dahua, dahua::manner()),
            _ => (RecorderKind::Hikvision, hikvision::manner()),
        };
        let id = CredentialId::new("monitor").unwrap();
        let recorder = Recorder {
            id: RecorderId::new("r").unwrap(),
            site: SiteId::new("s").unwrap(),
            kind,
            url: simulated.url(),
            credential: Some(id.clone()),
            tls: TlsPolicy::System,
            allow_basic: false,
            requests_per_minute: 1_000_000,
        };
        let credential = Credential { id, username: "monitor".to_owned(), password: Secret::new("simulated") };
        let device = Device::new(&recorder, Some(&credential), &Gate::default(), manner);
        Self { simulated, device, memory: Memory::default(), _fleet: fleet }
    }

    async fn poll(&mut self, depth: WishDepth) -> (Finding, Cost) {
        let yesterday = wall_now().date().yesterday().unwrap();
        let days = (yesterday.saturating_sub(29.days()), yesterday);
        self.poll_days(depth, days).await
    }

    async fn poll_days(&mut self, depth: WishDepth, days: (jiff::civil::Date, jiff::civil::Date)) -> (Finding, Cost) {
        let channels = (1..=self.simulated.channels()).map(|n| u32::try_from(n).unwrap()).collect();
        let wish = Wish { depth, channels, days, zone_offset_seconds: ZONE };
        let mut exchange = self.device.exchange(Duration::from_secs(120));
        let finding = match self.simulated.kind() {
            Kind::Dahua => dahua::poll(&mut exchange, &mut self.memory.dahua, &wish).await,
            _ => hikvision::poll(&mut exchange, &mut self.memory.hikvision, &wish).await,
        };
        let stats = self.simulated.stats();
        assert_eq!(stats.logins_refused, 0, "{stats:?}");
        assert_eq!(stats.handles_now, 0, "{stats:?}");
        assert!(stats.requests_at_once <= 1, "{stats:?}");
        assert_eq!(finding.ended_by, None, "{finding:?}");
        (finding, exchange.cost())
    }
}

fn wall_now() -> DateTime {
    Offset::from_seconds(ZONE).unwrap().to_datetime(Timestamp::now())
}

fn hours_ago(time: Option<DeviceTime>) -> f64 {
    let Some(DeviceTime::Wall(time)) = time else { panic!("a wall clock's time, not {time:?}") };
    wall_now().duration_since(time).as_secs_f64() / 3600.0
}

#[track_caller]
fn holds_days(holding: &Found<Holding>, days: f64, what: &str) {
    let holding = holding.yes().unwrap_or_else(|| panic!("{what}: {holding:?}"));
    let oldest = hours_ago(holding.oldest) / 24.0;
    // The oldest file may have begun up to an hour before, and a calendar tells midnight alone.
    assert!((days - 0.1..days + 1.05).contains(&oldest), "{what}: the oldest is {oldest} days old, not {days}");
    let newest = hours_ago(holding.newest);
    assert!((-0.01..1.1).contains(&newest), "{what}: the newest ended {newest} hours ago");
}

fn hikvision(manner: HikvisionManner) -> RecorderOptions {
    RecorderOptions::named("r").manner(manner).channels(2).held_days(20.0)
}

#[tokio::test]
async fn every_firmware_of_hikvisions_tells_how_far_back_it_holds() {
    let base = HikvisionManner::default;
    let firmwares: Vec<(&str, HikvisionManner)> = vec![
        ("any", base()),
        ("terse", HikvisionManner { list: TrackElement::TrackList, envelope: Envelope::Terse, ..base() }),
        ("verbose list", HikvisionManner { list: TrackElement::TrackList, envelope: Envelope::Verbose, ..base() }),
        ("verbose ids", HikvisionManner { list: TrackElement::TrackIdList, envelope: Envelope::Verbose, ..base() }),
        ("no paging", HikvisionManner { ignores_paging: true, ..base() }),
        ("small pages", HikvisionManner { largest_page: 50, ..base() }),
        ("narrow", HikvisionManner { widest_window_days: Some(31), ..base() }),
        ("no calendar", HikvisionManner { calendar: false, ..base() }),
        ("401 for what is not there", HikvisionManner { unknown_path_401: true, working_status: false, ..base() }),
        ("time in XML", HikvisionManner { local_time_in_xml: true, ..base() }),
        ("no working status", HikvisionManner { working_status: false, ..base() }),
        ("hybrid", HikvisionManner { first_working_channel: 33, ..base() }),
        ("no channel status", HikvisionManner { channel_status: false, ..base() }),
        ("no tracks", HikvisionManner { tracks: false, ..base() }),
        ("std-cgi", HikvisionManner { namespace: "http://www.std-cgi.com/ver20/XMLSchema", ..base() }),
    ];
    for (what, manner) in firmwares {
        let mut seat = Seat::new(hikvision(manner)).await;
        let (finding, cost) = seat.poll(WishDepth::Scan).await;
        eprintln!("{what}: {cost:?}");
        if what.starts_with("401") {
            // What was refused holds back what never worked: the rest comes an hour later.
            assert_eq!(finding.holdings[&1], Found::No(Why::HeldBack), "{what}");
            continue;
        }
        for channel in [1, 2] {
            holds_days(&finding.holdings[&channel], 20.0, what);
        }
        let present = &finding.holdings[&1].yes().unwrap().present;
        assert!(if what == "no calendar" { present.len() == 1 } else { (20..=21).contains(&present.len()) }, "{what}");
        let offset = finding.clock.yes().unwrap().offset_seconds;
        assert!(offset.abs() < 2.0, "{what}: {offset}");
        assert_eq!(finding.disks.yes().unwrap()[0].status, DiskStatus::Ok);
        let channels = finding.channels.yes().unwrap_or_else(|| panic!("{what}: {:?}", finding.channels));
        assert_eq!(channels.len(), 2, "{what}");
        let flags = !matches!(what, "no working status" | "hybrid");
        assert_eq!(channels[0].recording, flags.then_some(true), "{what}");
        assert!(finding.unknown_words.is_empty(), "{:?}", finding.unknown_words);
    }
}

#[tokio::test]
async fn a_camera_with_a_card_is_its_own_recorder() {
    let manner = HikvisionManner { camera: true, ..HikvisionManner::default() };
    let mut seat = Seat::new(RecorderOptions::named("r").manner(manner).channels(1).held_days(5.0)).await;
    let (finding, _) = seat.poll(WishDepth::Scan).await;
    holds_days(&finding.holdings[&1], 5.0, "a camera");
}

#[tokio::test]
async fn every_firmware_of_dahuas_tells_how_far_back_it_holds() {
    let base = DahuaManner::default;
    let firmwares = [
        ("any", base()),
        ("old", DahuaManner::old()),
        ("keeps alive", DahuaManner { keeps_alive: true, ..base() }),
        ("no states", DahuaManner { camera_state: false, vendor: "KBVision", ..base() }),
    ];
    for (what, manner) in firmwares {
        for channels in [1, 2] {
            let options = RecorderOptions::named("r").manner(manner.clone()).channels(channels).held_days(20.0);
            let mut seat = Seat::new(options).await;
            let (finding, cost) = seat.poll(WishDepth::Scan).await;
            eprintln!("{what}: {cost:?}");
            for holding in finding.holdings.values() {
                holds_days(holding, 20.0, what);
                assert!((20..=21).contains(&holding.yes().unwrap().present.len()), "{what}");
                assert_eq!(holding.yes().unwrap().looked_at.len(), 30, "{what}");
            }
            assert_eq!(finding.holdings.len(), channels);
            let offset = finding.clock.yes().unwrap().offset_seconds;
            assert!(offset.abs() < 2.0, "{what}: {offset}");
            assert_eq!(finding.disks.yes().unwrap()[0].status, DiskStatus::Ok);
            // Where states are not told every slot is, with a camera or without.
            let told = finding.channels.yes().unwrap().len();
            assert!(if what == "old" || what == "no states" { told >= channels } else { told == channels }, "{what}");
            assert!(finding.unknown_words.is_empty(), "{:?}", finding.unknown_words);
            let (again, _) = seat.poll(WishDepth::Metadata).await;
            assert_eq!(again.device, finding.device);
        }
    }
}

#[tokio::test]
async fn gaps_schedules_skew_and_sick_disks_are_seen_by_both() {
    use DiskStatus::{Degraded, Failed, Ok, Unknown};

    for kind in [Kind::Hikvision, Kind::Dahua] {
        let mut options = RecorderOptions::named("r").manner(kind).channels(4).held_days(20.0);
        options.skew_seconds = -3600;
        options.channels[0].gap_days_ago = vec![3, 7];
        options.channels[1].schedule = Schedule::Motion;
        options.channels[2].schedule = Schedule::Off;
        options.channels[3].online = false;
        options.disks = vec![
            DiskOptions::default(),
            DiskOptions { state: DiskState::Error, ..DiskOptions::default() },
            DiskOptions { state: DiskState::Formatting, ..DiskOptions::default() },
            DiskOptions { state: DiskState::ReadOnly, ..DiskOptions::default() },
            DiskOptions { state: DiskState::Word("Dreaming".to_owned()), ..DiskOptions::default() },
        ];
        let mut seat = Seat::new(options).await;
        let (finding, _) = seat.poll(WishDepth::Scan).await;
        let offset = finding.clock.yes().unwrap().offset_seconds;
        assert!((offset + 3600.0).abs() < 2.0, "{kind:?}: {offset}");
        let device_today = wall_now().saturating_sub(1.hour()).date();
        let first = finding.holdings[&1].yes().unwrap();
        let absent: BTreeSet<_> = first
            .looked_at
            .iter()
            .filter(|day| !first.present.contains(day) && **day > device_today.saturating_sub(19.days()))
            .copied()
            .collect();
        let gaps = [7, 3].map(|ago| device_today.saturating_sub(ago.days()));
        assert_eq!(absent, BTreeSet::from(gaps), "{kind:?}");
        assert_eq!(finding.modes.get(&1), Some(&RecordMode::Continuous), "{kind:?}");
        assert_eq!(finding.modes.get(&2), Some(&RecordMode::Event), "{kind:?}");
        assert_eq!(finding.modes.get(&3), Some(&RecordMode::Off), "{kind:?}");
        let online: Vec<_> = finding.channels.yes().unwrap().iter().map(|channel| channel.online).collect();
        assert_eq!(online, [Some(true), Some(true), Some(true), Some(false)], "{kind:?}");
        let disks: Vec<_> = finding.disks.yes().unwrap().iter().map(|disk| disk.status).collect();
        assert_eq!(disks, [Ok, Failed, Degraded, Failed, Unknown], "{kind:?}");
        assert_eq!(finding.unknown_words.len(), 1, "{kind:?}: {:?}", finding.unknown_words);
        assert_eq!(finding.bits_per_second.get(&1), Some(&2_048_000), "{kind:?}");
    }
}

#[tokio::test]
async fn a_poll_of_sixty_four_channels_is_a_handful_of_requests_and_a_scan_four_a_channel() {
    let mut seat = Seat::new(RecorderOptions::named("r").channels(64).held_days(30.0)).await;
    let (_, first) = seat.poll(WishDepth::Metadata).await;
    let (_, then) = seat.poll(WishDepth::Metadata).await;
    let (finding, scan) = seat.poll(WishDepth::Scan).await;
    eprintln!("first {first:?}\nthen {then:?}\nscan {scan:?}");
    // The login of a new connection costs up to two more than the eight and five that are asked.
    assert!(first.requests <= 10, "{first:?}");
    assert!(then.requests <= 7, "{then:?}");
    assert!(scan.requests <= 10 + 64 * 4, "{scan:?}");
    assert_eq!(finding.holdings.values().filter(|holding| holding.yes().is_some()).count(), 64);
}
