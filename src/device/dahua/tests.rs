//! A device that answers from fixtures, and what is made of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::civil::{DateTime, date, datetime};
use proptest::prelude::*;

use super::*;
use crate::device::exchange::Sign;
use crate::device::fake::{Fake, answer_of};
use crate::observation::DiskStatus;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/devices/dahua/", $name)).as_slice()
    };
}

const NOW: &str = "2026-11-22T01:00:00Z";
const BAD_REQUEST: (u16, &[u8]) = (400, b"Error\r\nBad Request!\r\n");

fn answer(status: u16, body: &[u8]) -> Answer {
    answer_of(status, body, NOW.parse().unwrap())
}

fn wish(depth: WishDepth, channels: &[u32]) -> Wish {
    let days = (date(2026, 10, 23), date(2026, 11, 21));
    Wish { depth, channels: channels.to_vec(), days, zone_offset_seconds: 7 * 3600 }
}

/// What a recorder says to all but searches; `None` for what it does not have.
fn nvr(path: &str) -> Option<&'static [u8]> {
    Some(match path {
        SYSTEM_INFO => fixture!("system_info.txt"),
        VERSION => fixture!("version.txt"),
        VENDOR => b"vendor=KBVision\r\n",
        TIME => fixture!("time.txt"),
        DISKS => fixture!("disks.txt"),
        TITLES => fixture!("titles.txt"),
        SWITCHES => fixture!("record_mode.txt"),
        SCHEDULES => fixture!("record.txt"),
        ENCODERS => fixture!("encode.txt"),
        path if path == STATES[0] => fixture!("states.txt"),
        _ => return None,
    })
}

/// The finders of a recorder and the files that they find.
#[derive(Clone)]
struct Finders {
    /// Whether questions count channels from 0.
    from_zero: bool,
    /// Channel from 0, start, end, kind.
    files: Vec<(u32, DateTime, DateTime, &'static str)>,
    /// By finder: the files that it has yet to hand out.
    open: Arc<Mutex<BTreeMap<u32, Vec<usize>>>>,
    /// The most handed out at once.
    most: usize,
}

impl Finders {
    fn new(files: Vec<(u32, DateTime, DateTime, &'static str)>) -> Self {
        Self { from_zero: false, files, open: Arc::default(), most: 100 }
    }

    fn left_open(&self) -> usize {
        self.open.lock().unwrap().len()
    }

    fn answer(&self, query: &str) -> (u16, Vec<u8>) {
        let text = |name: &str| -> Option<String> {
            let (_, rest) = query.split_once(&format!("{name}="))?;
            Some(rest.split('&').next()?.replace("%20", " "))
        };
        let number = |name: &str| -> u32 { text(name).unwrap().parse().unwrap() };
        let time = |name: &str| wall::digits(&text(name).unwrap()).unwrap();
        let mut open = self.open.lock().unwrap();
        match text("action").unwrap().as_str() {
            "factory.create" => {
                let id = open.keys().last().map_or(1_073_741_824, |id| id + 1);
                open.insert(id, Vec::new());
                (200, format!("result={id}\r\n").into_bytes())
            }
            "findFile" => {
                let Some(channel) = number("condition.Channel").checked_sub(u32::from(!self.from_zero)) else {
                    return (BAD_REQUEST.0, BAD_REQUEST.1.to_vec());
                };
                let (start, end) = (time("condition.StartTime"), time("condition.EndTime"));
                let dav_only = query.contains("Types[0]=dav");
                let found: Vec<usize> = (0..self.files.len())
                    .filter(|n| {
                        let (c, s, e, kind) = self.files[*n];
                        c == channel && e > start && s < end && (!dav_only || kind != "jpg")
                    })
                    .collect();
                if found.is_empty() {
                    return (BAD_REQUEST.0, BAD_REQUEST.1.to_vec());
                }
                open.insert(number("object"), found);
                (200, b"OK\r\n".to_vec())
            }
            "findNextFile" => {
                let rest = open.get_mut(&number("object")).expect("an open finder");
                let count = (number("count") as usize).min(self.most).min(rest.len());
                let mut body = format!("found={count}\r\n");
                for (n, file) in rest.drain(..count).enumerate() {
                    let (channel, start, end, kind) = self.files[file];
                    let text = |time: DateTime| time.strftime("%Y-%m-%d %H:%M:%S").to_string();
                    let item = format!("items[{n}]");
                    write!(body, "{item}.Channel={channel}\r\n{item}.StartTime={}\r\n", text(start)).unwrap();
                    write!(body, "{item}.EndTime={}\r\n{item}.Type={kind}\r\n", text(end)).unwrap();
                }
                (200, body.into_bytes())
            }
            "close" => (200, b"OK\r\n".to_vec()),
            "destroy" => {
                open.remove(&number("object"));
                (200, b"OK\r\n".to_vec())
            }
            action => panic!("{action}"),
        }
    }

    fn fake(&self) -> Fake {
        let finders = self.clone();
        Fake::new(NOW, move |asked, _| {
            let path = asked.strip_prefix("GET ").expect("nothing but GET");
            if path.starts_with("/cgi-bin/mediaFileFind.cgi") {
                return Ok(finders.answer(path));
            }
            Ok(nvr(path).map_or_else(|| (BAD_REQUEST.0, BAD_REQUEST.1.to_vec()), |body| (200, body.to_vec())))
        })
    }
}

/// A file for each hour from one moment to another.
fn hourly(channel: u32, from: DateTime, until: DateTime) -> Vec<(u32, DateTime, DateTime, &'static str)> {
    let hours = from.series(jiff::Span::new().hours(1)).take_while(|start| *start < until);
    hours.map(|start| (channel, start, start.saturating_add(jiff::Span::new().hours(1)).min(until), "dav")).collect()
}

#[tokio::test]
async fn a_metadata_poll_costs_five_requests_and_some_more_for_settings_and_an_hourly_look() {
    let finders = Finders::new(hourly(0, datetime(2026, 11, 1, 0, 0, 0, 0), datetime(2026, 11, 22, 7, 57, 0, 0)));
    let mut fake = finders.fake();
    let mut memory = Memory::default();
    let wish = wish(WishDepth::Metadata, &[1]);
    let mut finding = Finding::default();
    for (minutes, requests) in [
        (0, 8),
        (15, 7),
        (30, 10),
        (45, 5),
        (60, 5),
        (90, 10),
        (105, 5),
        (24 * 60, 8),
        (24 * 60 + 15, 7),
        (24 * 60 + 30, 10),
    ] {
        fake.asked.clear();
        fake.now = NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
        finding = poll(&mut fake, &mut memory, &wish).await;
        assert_eq!(finding.ended_by, None);
        assert_eq!(fake.asked.len(), requests, "after {minutes} minutes: {:#?}", fake.asked);
        assert_eq!(fake.asked[0], "GET /cgi-bin/magicBox.cgi?action=getSystemInfo");
    }
    assert_eq!(finders.left_open(), 0);

    let device = finding.device.yes().unwrap();
    assert_eq!(device.vendor.as_deref(), Some("KBVision"));
    assert_eq!(device.model.as_deref(), Some("NVR4216-16P-4KS2"));
    assert_eq!(device.firmware.as_deref(), Some("4.001.0000001.3,build:2023-09-11"));
    assert_eq!(device.serial.as_deref(), Some("6F0A1B2PAZ11223"));
    assert!(finding.clock.yes().is_some());
    let channels: Vec<_> =
        finding.channels.yes().unwrap().iter().map(|c| (c.channel, c.name.as_deref(), c.online)).collect();
    assert_eq!(channels, [(1, Some("Cầu Yên Lệnh"), Some(true)), (2, Some("Chợ"), Some(false)), (4, None, None)]);
    let modes =
        [(1, RecordMode::Continuous), (2, RecordMode::Off), (3, RecordMode::Continuous), (4, RecordMode::Event)];
    assert_eq!(finding.modes, BTreeMap::from(modes));
    assert_eq!(finding.bits_per_second, BTreeMap::from([(1, 6_144_000), (2, 2_048_000)]));
    assert_eq!(finding.newest, BTreeMap::from([(1, DeviceTime::Wall(datetime(2026, 11, 22, 7, 57, 0, 0)))]));
    assert_eq!(
        finding.unknown_words,
        BTreeSet::from(["connection state \"Pondering\"".to_owned(), "disk state \"Dreaming\"".to_owned()])
    );
}

#[tokio::test]
async fn a_scan_reads_every_setting_and_the_clock() {
    let finders = Finders::new(Vec::new());
    let mut fake = finders.fake();
    let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[])).await;
    assert_eq!(fake.asked.len(), 10, "{:#?}", fake.asked);
    assert_eq!(finding.clock, Found::Yes(Clock { offset_seconds: -59.5, uncertainty_seconds: 0.5 }));
    assert_eq!(finding.modes.len(), 4);
}

#[test]
fn disks_are_the_sum_of_their_partitions_and_all_used_is_healthy() {
    let found = answers::disks(&answer(200, fixture!("disks.txt"))).unwrap();
    let disks: Vec<_> = found.disks.iter().map(|disk| (disk.id.as_str(), disk.status)).collect();
    assert_eq!(
        disks,
        [
            ("/dev/sda", DiskStatus::Ok),
            ("/dev/sdb", DiskStatus::Failed),
            ("/dev/md0", DiskStatus::Degraded),
            ("/dev/sdc", DiskStatus::Unknown),
            ("/dev/sdd", DiskStatus::Failed),
            ("/dev/sde", DiskStatus::Failed),
        ]
    );
    assert_eq!(found.disks[0].capacity_bytes, Some(3_900_000_000_000));
    assert_eq!(found.disks[0].free_bytes, Some(100_000_000_000));
    assert_eq!(found.disks[2].free_bytes, None, "used is not told");
    assert_eq!(found.unknown_words.len(), 1);

    let documented = answers::disks(&answer(200, fixture!("disks_documented.txt"))).unwrap();
    assert_eq!(documented.disks.len(), 1);
    assert_eq!(documented.disks[0].id, "1");
    assert_eq!(documented.disks[0].status, DiskStatus::Ok);
    assert_eq!(documented.disks[0].capacity_bytes, Some(1_000_204_886_016));
    assert_eq!(documented.disks[0].free_bytes, Some(0));

    for (status, body) in [BAD_REQUEST, (404, b"".as_slice()), (200, b"\r\n")] {
        assert_eq!(answers::disks(&answer(status, body)), Ok(answers::Disks::default()), "no disk is no error");
    }
}

#[test]
fn schedules_are_masks_over_the_week() {
    let modes = answers::schedules(&answer(200, fixture!("record.txt"))).unwrap();
    let expected =
        [(1, RecordMode::Continuous), (2, RecordMode::Continuous), (3, RecordMode::Off), (4, RecordMode::Event)];
    assert_eq!(modes, BTreeMap::from(expected));
}

#[test]
fn found_files_are_read_by_their_digits() {
    let items = answers::items(&answer(200, fixture!("items.txt"))).unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0].start, datetime(2026, 10, 23, 4, 11, 9, 0));
    assert_eq!((items[0].channel, items[0].picture), (Some(0), false));
    assert_eq!(items[1].end, items[1].start, "an end before the start is none");
    assert!(items[1].picture);
    assert_eq!(answers::items(&answer(BAD_REQUEST.0, BAD_REQUEST.1)), Ok(Vec::new()));
}

#[test]
fn a_lock_and_tries_left_are_seen_in_refusals() {
    let sign = manner().sign;
    assert_eq!(sign(&answer(403, fixture!("locked.json"))), Sign::Locked(Some(Duration::from_secs(1742))));
    assert_eq!(sign(&answer(200, fixture!("login_refused.json"))), Sign::TriesLeft(3));
    assert_eq!(sign(&answer(403, fixture!("no_authority.json"))), Sign::Nothing);
    assert_eq!(sign(&answer(401, b"Invalid Authority!")), Sign::Nothing);
    assert_eq!(sign(&answer(401, b"Error: User Locked")), Sign::Locked(None));
    assert_eq!(sign(&answer(200, fixture!("system_info.txt"))), Sign::Nothing);
    assert_eq!(answers::titles(&answer(403, fixture!("no_authority.json"))), Err(Why::NoPermission));
}

#[tokio::test]
async fn a_scan_pages_every_wished_day_and_gives_every_finder_back() {
    let mut files = hourly(0, datetime(2026, 10, 10, 0, 0, 0, 0), datetime(2026, 11, 5, 0, 0, 0, 0));
    files.extend(hourly(0, datetime(2026, 11, 7, 0, 0, 0, 0), datetime(2026, 11, 22, 7, 57, 0, 0)));
    files.extend(hourly(1, datetime(2026, 11, 20, 22, 30, 0, 0), datetime(2026, 11, 21, 1, 0, 0, 0)));
    for most in [100, 64] {
        let mut finders = Finders::new(files.clone());
        finders.most = most;
        let mut fake = finders.fake();
        let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1, 2, 3])).await;
        assert_eq!(finders.left_open(), 0);
        let one = finding.holdings[&1].yes().unwrap();
        assert_eq!(one.oldest, Some(DeviceTime::Wall(datetime(2026, 10, 10, 0, 0, 0, 0))));
        assert_eq!(one.newest, Some(DeviceTime::Wall(datetime(2026, 11, 22, 7, 57, 0, 0))));
        assert_eq!(one.looked_at.len(), 30);
        let absent: Vec<_> = one.looked_at.difference(&one.present).copied().collect();
        assert_eq!(
            absent,
            [date(2026, 11, 5), date(2026, 11, 6)],
            "a file that ends at midnight is none of the next day"
        );
        let two = finding.holdings[&2].yes().unwrap();
        assert_eq!(two.present, BTreeSet::from([date(2026, 11, 20), date(2026, 11, 21)]));
        let three = finding.holdings[&3].yes().unwrap();
        assert_eq!((three.oldest, three.newest, three.present.len(), three.looked_at.len()), (None, None, 0, 30));
    }
}

#[tokio::test]
async fn a_later_scan_of_yesterday_alone_costs_eleven_requests_a_channel() {
    let finders = Finders::new(hourly(0, datetime(2026, 10, 10, 0, 0, 0, 0), datetime(2026, 11, 22, 7, 57, 0, 0)));
    let mut fake = finders.fake();
    let mut wish = wish(WishDepth::Scan, &[1]);
    wish.days.0 = wish.days.1;
    let finding = poll(&mut fake, &mut Memory::default(), &wish).await;
    assert!(fake.count("mediaFileFind") <= 11, "{:#?}", fake.asked);
    assert_eq!(finding.holdings[&1].yes().unwrap().present, BTreeSet::from([date(2026, 11, 21)]));
}

#[tokio::test]
async fn a_channel_that_stopped_weeks_ago_tells_when() {
    let stopped = datetime(2026, 11, 1, 13, 20, 0, 0);
    for oldest in
        [datetime(2026, 10, 10, 0, 0, 0, 0), datetime(2026, 11, 1, 8, 0, 0, 0), datetime(2021, 1, 1, 0, 0, 0, 0)]
    {
        let mut files = hourly(0, oldest, oldest.saturating_add(jiff::Span::new().hours(2)));
        files.extend(hourly(0, datetime(2026, 11, 1, 10, 20, 0, 0), stopped));
        let finders = Finders::new(files);
        let mut wish = wish(WishDepth::Scan, &[1]);
        wish.days.0 = wish.days.1;
        let finding = poll(&mut finders.fake(), &mut Memory::default(), &wish).await;
        let holding = finding.holdings[&1].yes().unwrap();
        assert_eq!(holding.newest, Some(DeviceTime::Wall(stopped)), "{oldest}");
        assert_eq!(finders.left_open(), 0);
    }
}

#[tokio::test]
async fn whether_questions_count_from_zero_is_found_out_and_remembered() {
    let from = datetime(2026, 11, 20, 0, 0, 0, 0);
    let until = datetime(2026, 11, 22, 7, 57, 0, 0);
    let two = [hourly(0, from, until), hourly(1, from, until)].concat();
    let cases = [
        (false, two.clone(), vec![1, 2], Some(false)),
        // Asked for 1 it tells of its second channel.
        (true, two, vec![1, 2], Some(true)),
        // A camera has one channel only, and says nothing to 1.
        (true, hourly(0, from, until), vec![1], Some(true)),
        (false, hourly(0, from, until), vec![1], Some(false)),
        // Nothing at all leaves it open.
        (true, Vec::new(), vec![1, 2], None),
    ];
    for (from_zero, files, channels, learnt) in cases {
        let mut finders = Finders::new(files.clone());
        finders.from_zero = from_zero;
        let mut fake = finders.fake();
        let mut memory = Memory::default();
        let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &channels)).await;
        assert_eq!(memory.learnt.from_zero, learnt);
        for channel in &channels {
            let oldest = finding.holdings[channel].yes().unwrap().oldest;
            assert_eq!(oldest, (!files.is_empty()).then_some(DeviceTime::Wall(from)), "from zero: {from_zero}");
        }
        let kept = serde_json::to_string(&memory).unwrap();
        assert_eq!(serde_json::from_str::<Memory>(&kept).unwrap(), memory);
        assert_eq!(finders.left_open(), 0);
    }
}

#[tokio::test]
async fn snapshots_are_no_recordings() {
    let mut files = vec![(0, datetime(2026, 11, 1, 0, 0, 0, 0), datetime(2026, 11, 1, 0, 0, 1, 0), "jpg")];
    files.extend(hourly(0, datetime(2026, 11, 20, 0, 0, 0, 0), datetime(2026, 11, 22, 7, 57, 0, 0)));
    let finders = Finders::new(files);
    let finding = poll(&mut finders.fake(), &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
    let holding = finding.holdings[&1].yes().unwrap();
    assert_eq!(holding.oldest, Some(DeviceTime::Wall(datetime(2026, 11, 20, 0, 0, 0, 0))));
    assert_eq!(holding.present, BTreeSet::from([date(2026, 11, 20), date(2026, 11, 21)]));
}

#[tokio::test]
async fn a_finder_that_a_poll_could_not_give_back_is_destroyed_by_the_next() {
    let finders = Finders::new(hourly(0, datetime(2026, 11, 20, 0, 0, 0, 0), datetime(2026, 11, 22, 7, 57, 0, 0)));
    let inner = finders.clone();
    let silent = Arc::new(Mutex::new(true));
    let fails = Arc::clone(&silent);
    let mut fake = Fake::new(NOW, move |asked, _| {
        let path = asked.strip_prefix("GET ").unwrap();
        if path.contains("findNextFile") && *fails.lock().unwrap() {
            return Err(Trouble::Silent);
        }
        if path.starts_with("/cgi-bin/mediaFileFind.cgi") {
            return Ok(inner.answer(path));
        }
        Ok(nvr(path).map_or((501, Vec::new()), |body| (200, body.to_vec())))
    });
    let mut memory = Memory::default();
    let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Scan, &[1])).await;
    assert_eq!(finding.ended_by, Some(Trouble::Silent));
    assert_eq!(finders.left_open(), 1);
    *silent.lock().unwrap() = false;
    let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Metadata, &[])).await;
    assert_eq!(finding.ended_by, None);
    assert_eq!(finders.left_open(), 0);
}

#[tokio::test]
async fn after_a_401_no_other_spelling_base_or_channel_is_tried() {
    let mut fake = Fake::new(NOW, |asked, _| {
        let path = asked.strip_prefix("GET ").unwrap();
        if path.contains("mediaFileFind") {
            return Err(Trouble::Denied);
        }
        Ok(nvr(path).map_or((501, Vec::new()), |body| (200, body.to_vec())))
    });
    let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1, 2, 3])).await;
    assert_eq!(fake.count("mediaFileFind"), 1);
    assert_eq!(finding.holdings.len(), 3);
    assert!(finding.holdings.values().all(|holding| matches!(holding, Found::No(_))));

    let mut denied = Fake::new(NOW, |asked, _| {
        let path = asked.strip_prefix("GET ").unwrap();
        if path == STATES[0] {
            return Err(Trouble::Denied);
        }
        Ok(nvr(path).map_or((501, Vec::new()), |body| (200, body.to_vec())))
    });
    let finding = poll(&mut denied, &mut Memory::default(), &wish(WishDepth::Metadata, &[1])).await;
    assert_eq!(denied.count("getCameraState"), 1);
    assert!(finding.channels.yes().is_some(), "names are still told");
}

#[tokio::test]
async fn without_states_the_other_spelling_is_tried_and_then_names_and_lost_signals_are_told() {
    for other in [true, false] {
        let mut fake = Fake::new(NOW, move |asked, _| {
            let path = asked.strip_prefix("GET ").unwrap();
            let body = match path {
                path if path == STATES[0] => None,
                path if path == STATES[1] => other.then_some(fixture!("states.txt")),
                VIDEO_LOSS => Some(b"channels[0]=1\r\n".as_slice()),
                path => nvr(path),
            };
            Ok(body.map_or((501, b"Not Implemented".to_vec()), |body| (200, body.to_vec())))
        });
        let mut memory = Memory::default();
        for _ in 0..2 {
            let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Metadata, &[])).await;
            let online: Vec<_> = finding.channels.yes().unwrap().iter().map(|c| (c.channel, c.online)).collect();
            if other {
                assert_eq!(online, [(1, Some(true)), (2, Some(false)), (4, None)]);
            } else {
                assert_eq!(online, [(1, None), (2, Some(false)), (3, None), (4, None)]);
            }
        }
        assert_eq!(fake.count("uniqueChannels"), 1, "what is not there is not asked for again");
    }
    assert_eq!(answers::video_loss(&answer(200, b"Error: No Events\r\n")), Ok(BTreeSet::new()));
}

#[tokio::test]
async fn trouble_ends_the_poll_with_what_was_found_and_nothing_is_sent_after() {
    let finders = Finders::new(hourly(0, datetime(2026, 11, 20, 0, 0, 0, 0), datetime(2026, 11, 22, 7, 57, 0, 0)));
    for trouble in [Trouble::Silent, Trouble::Busy("out of connections".into()), Trouble::Budget] {
        for last in 0..24 {
            let (finders, trouble, expected) = (finders.clone(), trouble.clone(), trouble.clone());
            let mut n = 0;
            let mut fake = Fake::new(NOW, move |asked, _| {
                n += 1;
                if n > last {
                    return Err(trouble.clone());
                }
                let path = asked.strip_prefix("GET ").unwrap();
                if path.contains("mediaFileFind") {
                    return Ok(finders.answer(path));
                }
                Ok(nvr(path).map_or((501, Vec::new()), |body| (200, body.to_vec())))
            });
            let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
            if fake.asked.len() > last {
                assert_eq!(fake.asked.len(), last + 1);
                assert_eq!(finding.ended_by, Some(expected));
            }
            assert_eq!(finding.device.yes().is_some(), last > 0);
        }
    }
}

#[tokio::test]
async fn what_is_no_such_device_is_asked_nothing_else() {
    let foreign: [(u16, &[u8]); 4] = [(200, b"<html>router</html>"), (404, b""), (200, b""), BAD_REQUEST];
    for (status, body) in foreign {
        let mut fake = Fake::new(NOW, move |_, _| Ok((status, body.to_vec())));
        let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
        assert_eq!(fake.asked.len(), 1);
        assert!(matches!(finding.ended_by, Some(Trouble::Foreign(_))), "{:?}", finding.ended_by);
    }
}

#[tokio::test]
async fn a_finder_with_a_name_made_to_hurt_goes_into_no_request() {
    let mut fake = Fake::new(NOW, |asked, _| {
        let path = asked.strip_prefix("GET ").unwrap();
        if path.contains("factory.create") {
            return Ok((200, b"result=1&action=reboot\r\n".to_vec()));
        }
        Ok(nvr(path).map_or((501, Vec::new()), |body| (200, body.to_vec())))
    });
    let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
    assert_eq!(fake.count("reboot"), 0);
    assert!(matches!(finding.holdings[&1], Found::No(Why::Unreadable(_))));
}

/// Every reader on one body.
fn read_all(body: &[u8]) {
    for status in [200, 403] {
        let answer = answer(status, body);
        let _ = (manner().sign)(&answer);
        let _ = answers::device(&answer);
        let _ = answers::time(&answer);
        let _ = answers::disks(&answer);
        let _ = answers::titles(&answer);
        let _ = answers::states(&answer);
        let _ = answers::video_loss(&answer);
        let _ = answers::switches(&answer);
        let _ = answers::schedules(&answer);
        let _ = answers::bit_rates(&answer);
        let _ = answers::items(&answer);
    }
}

#[test]
fn answers_cut_off_at_any_byte_are_read_or_told() {
    for body in [
        fixture!("system_info.txt"),
        fixture!("time.txt"),
        fixture!("disks_documented.txt"),
        fixture!("states.txt"),
        fixture!("items.txt"),
        fixture!("locked.json"),
    ] {
        for end in 0..body.len() {
            read_all(&body[..end]);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_told(body in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&body);
    }

    #[test]
    fn any_lines_are_read_or_told(body in r"((list|list\.info|states|items|table\.Record|table\.Encode)\[[0-9]{1,11}\](\.Detail\[[0-9]\]|\.TimeSection\[[0-9]\]\[[0-9]\])?(\.Channel|\.TotalBytes|\.State)?=[0-9a-zA-Z: .-]{0,24}\r\n){0,8}") {
        read_all(body.as_bytes());
    }
}
