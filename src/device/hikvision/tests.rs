//! A device that answers from fixtures, and what is made of it.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use jiff::civil::{date, datetime};
use proptest::prelude::*;

use super::*;
use crate::device::exchange::Sign;
use crate::device::fake::{Fake, answer_of};
use crate::device::finding::Clock;
use crate::observation::DiskStatus;

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/fixtures/devices/hikvision/", $name)).as_slice()
    };
}
pub(super) use fixture;

pub const NOW: &str = "2026-11-22T01:00:00Z";

fn answer(status: u16, body: &[u8]) -> Answer {
    answer_of(status, body, NOW.parse().unwrap())
}

pub fn wish(depth: WishDepth, channels: &[u32]) -> Wish {
    Wish {
        depth,
        channels: channels.to_vec(),
        days: (date(2026, 10, 23), date(2026, 11, 21)),
        zone_offset_seconds: 7 * 3600,
    }
}

/// A recorder with everything; `None` for what it is asked beyond.
pub fn nvr(asked: &str) -> Option<(u16, Vec<u8>)> {
    let body = match asked {
        "GET /ISAPI/System/deviceInfo" => fixture!("deviceInfo_nvr.xml"),
        "GET /ISAPI/System/time/localTime" => fixture!("localTime.txt"),
        "GET /ISAPI/ContentMgmt/Storage" => fixture!("storage.xml"),
        "GET /ISAPI/System/workingstatus?format=json" => fixture!("workingstatus.json"),
        "GET /ISAPI/ContentMgmt/InputProxy/channels" => fixture!("proxies.xml"),
        "GET /ISAPI/ContentMgmt/InputProxy/channels/status" => fixture!("proxy_states.xml"),
        "GET /ISAPI/ContentMgmt/record/tracks" => fixture!("tracks.xml"),
        "GET /ISAPI/Streaming/channels" => fixture!("streams.xml"),
        _ => return None,
    };
    Some((200, body.to_vec()))
}

pub const NOT_FOUND: (u16, Vec<u8>) = (404, Vec::new());

pub fn result(track: u32, spans: &[(&str, &str)], word: &str) -> Vec<u8> {
    let mut items = String::new();
    for (start, end) in spans {
        write!(
            items,
            "<searchMatchItem><trackID>{track}</trackID><timeSpan><startTime>{start}Z</startTime>\
             <endTime>{end}Z</endTime></timeSpan></searchMatchItem>"
        )
        .unwrap();
    }
    format!(
        "<CMSearchResult><responseStatusStrg>{word}</responseStatusStrg><matchList>{items}</matchList></CMSearchResult>"
    )
    .into_bytes()
}

#[tokio::test]
async fn a_metadata_poll_of_a_recorder_costs_eight_requests_and_five_after() {
    let mut fake = Fake::new(NOW, |asked, _| Ok(nvr(asked).unwrap_or(NOT_FOUND)));
    let mut memory = Memory::default();
    let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Metadata, &[1, 2, 3])).await;
    assert_eq!(finding.ended_by, None);
    assert_eq!(fake.asked.len(), 8, "{:?}", fake.asked);
    assert_eq!(fake.asked[0], "GET /ISAPI/System/deviceInfo");

    let device = finding.device.yes().unwrap();
    assert_eq!(device.vendor.as_deref(), Some("hikvision"));
    assert_eq!(device.model.as_deref(), Some("DS-7608NI-Q2"));
    assert_eq!(device.firmware.as_deref(), Some("V4.31.102 build 211123"));
    assert_eq!(device.serial.as_deref(), Some("DS7608NIQ20820190417CCRRD11223344WCVU"));
    // The device claims to be an hour further east; its digits are a minute and a half ahead of the site's.
    assert_eq!(finding.clock, Found::Yes(Clock { offset_seconds: 90.5, uncertainty_seconds: 0.5 }));

    let channels = finding.channels.yes().unwrap();
    let told: Vec<_> = channels.iter().map(|c| (c.channel, c.name.as_deref(), c.online, c.recording)).collect();
    assert_eq!(
        told,
        [
            (1, Some("Cầu Yên Lệnh"), Some(true), Some(true)),
            (2, Some("Chợ"), Some(false), Some(false)),
            (3, None, Some(true), Some(true)),
            (4, None, None, None),
        ]
    );
    assert_eq!(channels[0].bits_per_second, Some(4_194_304));
    assert_eq!(channels[2].bits_per_second, None, "too little to be bits a second");
    assert_eq!(finding.bits_per_second, BTreeMap::from([(1, 4_096_000), (2, 2_048_000)]));
    assert!(finding.quota);

    fake.asked.clear();
    let again = poll(&mut fake, &mut memory, &wish(WishDepth::Metadata, &[1, 2, 3])).await;
    assert_eq!(fake.asked.len(), 5, "{:?}", fake.asked);
    assert_eq!(again, finding, "what is not read again is told as it was read");
}

#[test]
fn disks_are_told_in_bytes_without_ghosts_and_unknown_words_are_told_once() {
    let storage = storage::storage(&answer(200, fixture!("storage.xml"))).unwrap();
    let disks: Vec<_> = storage.disks.iter().map(|disk| (disk.id.as_str(), disk.status)).collect();
    assert_eq!(
        disks,
        [
            ("1", DiskStatus::Ok),
            ("3", DiskStatus::Failed),
            ("4", DiskStatus::Failed),
            ("5", DiskStatus::Unknown),
            ("9", DiskStatus::Missing),
        ]
    );
    assert_eq!(storage.disks[0].capacity_bytes, Some(1_907_729 * 1_048_576));
    assert_eq!(storage.disks[0].free_bytes, Some(0));
    assert_eq!(storage.unknown_words, BTreeSet::from(["disk state \"dreaming\"".to_owned()]));
    assert!(storage.quota);
}

#[test]
fn a_working_status_is_read_however_its_numbers_are_spelt() {
    let working = system::working(&answer(200, fixture!("workingstatus.json"))).unwrap();
    let disks: Vec<_> = working.disks.iter().map(|disk| (disk.id.as_str(), disk.status)).collect();
    assert_eq!(disks, [("1", DiskStatus::Ok), ("2", DiskStatus::Degraded), ("3", DiskStatus::Unknown)]);
    assert_eq!(working.unknown_words.len(), 1);
    assert_eq!(working.channels[&2].online, Some(false));
    assert_eq!(working.channels[&4].recording, None, "a flag of 9 says nothing");
    let refused = br#"{"statusCode":4,"statusString":"Invalid Operation","subStatusCode":"notSupport"}"#;
    assert_eq!(system::working(&answer(403, refused)), Err(Why::NotSupported));
    let large = format!("{{\"WorkingStatus\":{{\"ChanStatus\":[{}]}}}}", "{},".repeat(200_000));
    assert!(matches!(system::working(&answer(200, large.as_bytes())), Err(Why::Unreadable(_))));
}

#[test]
fn schedules_say_what_is_recorded_whatever_the_track_claims() {
    let schedules = channels::schedules(&answer(200, fixture!("tracks.xml"))).unwrap();
    let modes = BTreeMap::from([
        (1, RecordMode::Continuous),
        (2, RecordMode::Event),
        (3, RecordMode::Off),
        (4, RecordMode::Continuous),
        (5, RecordMode::Event),
        (6, RecordMode::Off),
    ]);
    assert_eq!(schedules.modes, modes);
    assert_eq!(schedules.sub_stream, BTreeSet::from([4]));
    assert!(schedules.unknown_words.is_empty());
}

#[test]
fn analog_inputs_without_a_signal_are_offline() {
    let inputs = channels::inputs(&answer(200, fixture!("inputs_dvr.xml"))).unwrap();
    let online: Vec<_> = inputs.iter().map(|(number, listed)| (*number, listed.online)).collect();
    assert_eq!(online, [(1, Some(true)), (2, Some(false)), (3, None)]);
}

#[test]
fn the_two_ways_to_tell_the_time_agree() {
    let expected = Ok(datetime(2026, 11, 22, 8, 1, 30, 0));
    for body in [fixture!("localTime.txt"), fixture!("time.xml"), b"<localTime>2026-11-22T08:01:30+07:00</localTime>"] {
        assert_eq!(system::time(&answer(200, body), 7 * 3600), expected);
    }
    let utc = b"<Time><localTime>2026-11-22T01:01:30Z</localTime><timeType>UTC</timeType></Time>";
    assert_eq!(system::time(&answer(200, utc), 7 * 3600), expected);
    assert!(system::time(&answer(200, b"<Time/>"), 0).is_err());
}

#[test]
fn errors_are_told_apart_whatever_the_status() {
    let read = |status, body: &[u8]| storage::storage(&answer(status, body)).unwrap_err();
    assert_eq!(read(403, fixture!("not_supported.xml")), Why::NotSupported);
    assert_eq!(read(200, fixture!("not_supported.xml")), Why::NotSupported);
    assert_eq!(read(403, b""), Why::NoPermission);
    assert_eq!(read(404, b"<html>"), Why::NotSupported);
    let Why::DeviceError(text) = read(500, fixture!("device_error.xml")) else { panic!("a device error") };
    assert_eq!(text, "HTTP 500, Device Error, deviceError, Tag 13 is invalid (two root tags)");
    assert!(matches!(read(200, b"<html></html>"), Why::Unreadable(_)));
}

#[test]
fn a_lock_is_seen_in_the_body_of_a_refusal() {
    let sign = manner().sign;
    assert_eq!(
        sign(&answer(401, fixture!("userCheck_locked.xml"))),
        Sign::Locked(Some(std::time::Duration::from_secs(1742)))
    );
    let tries = b"<userCheck><statusValue>401</statusValue><lockStatus>unlock</lockStatus><retryLoginTime>3</retryLoginTime></userCheck>";
    assert_eq!(sign(&answer(401, tries)), Sign::TriesLeft(3));
    assert_eq!(sign(&answer(401, b"<h1>User Locked</h1>")), Sign::Locked(None));
    assert_eq!(sign(&answer(401, b"<userCheck><statusValue>401</statusValue></userCheck>")), Sign::Nothing);
    assert_eq!(sign(&answer(200, fixture!("userCheck_locked.xml"))), Sign::Nothing);
}

#[tokio::test]
async fn without_a_record_flag_two_channels_a_poll_are_searched_in_turn() {
    let mut fake = Fake::new(NOW, |asked, body| {
        Ok(match asked {
            "GET /ISAPI/System/workingstatus?format=json" => NOT_FOUND,
            "POST /ISAPI/ContentMgmt/search" => {
                let (_, rest) = body.split_once("<trackID>").unwrap();
                let track = rest.split('<').next().unwrap().parse().unwrap();
                (200, result(track, &[("2026-11-22T07:30:00", "2026-11-22T08:00:10")], "OK"))
            }
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let mut memory = Memory::default();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let finding = poll(&mut fake, &mut memory, &wish(WishDepth::Metadata, &[1, 2, 4])).await;
        seen.push(finding.newest.keys().copied().collect::<Vec<_>>());
    }
    assert_eq!(seen, [vec![1, 2], vec![1, 4], vec![2, 4]]);
    assert!(fake.bodies.iter().any(|body| body.contains("<trackID>402</trackID>")), "only its sub stream is recorded");
}

#[tokio::test]
async fn what_a_device_does_not_have_is_not_asked_for_again_for_a_week() {
    let mut fake = Fake::new(NOW, |asked, _| {
        Ok(match asked {
            "GET /ISAPI/System/time/localTime" => (403, fixture!("not_supported.xml").to_vec()),
            "GET /ISAPI/System/time" => (200, fixture!("time.xml").to_vec()),
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let mut memory = Memory::default();
    let wish = wish(WishDepth::Metadata, &[]);
    for _ in 0..3 {
        let finding = poll(&mut fake, &mut memory, &wish).await;
        assert!(finding.clock.yes().is_some());
    }
    assert_eq!(fake.count("localTime"), 1);
    fake.now += SignedDuration::from_hours(24 * 7);
    poll(&mut fake, &mut memory, &wish).await;
    assert_eq!(fake.count("localTime"), 2);
}

#[tokio::test]
async fn another_firmware_is_another_device() {
    let firmware = Arc::new(Mutex::new("V4.31.102"));
    let now = Arc::clone(&firmware);
    let mut fake = Fake::new(NOW, move |asked, _| {
        Ok(match asked {
            "GET /ISAPI/System/deviceInfo" => {
                let body = String::from_utf8(fixture!("deviceInfo_nvr.xml").to_vec()).unwrap();
                (200, body.replace("V4.31.102", *now.lock().unwrap()).into_bytes())
            }
            "GET /ISAPI/System/workingstatus?format=json" => NOT_FOUND,
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let mut memory = Memory::default();
    for expected in [1, 1, 2] {
        if expected == 2 {
            *firmware.lock().unwrap() = "V4.84.000";
        }
        poll(&mut fake, &mut memory, &wish(WishDepth::Metadata, &[])).await;
        assert_eq!(fake.count("workingstatus"), expected);
    }
}

#[tokio::test]
async fn a_camera_is_not_asked_for_what_only_recorders_have() {
    let mut fake = Fake::new(NOW, |asked, _| {
        Ok(match asked {
            "GET /ISAPI/System/deviceInfo" => (200, fixture!("deviceInfo_camera.xml").to_vec()),
            "GET /ISAPI/System/Video/inputs/channels" => {
                (200, b"<VideoInputChannelList><VideoInputChannel><id>1</id><name>Camera 01</name></VideoInputChannel></VideoInputChannelList>".to_vec())
            }
            asked => nvr(asked).unwrap_or(NOT_FOUND),
        })
    });
    let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Metadata, &[1])).await;
    assert_eq!(fake.count("InputProxy"), 0);
    let channels = finding.channels.yes().unwrap();
    assert_eq!(
        (channels.len(), channels[0].name.as_deref(), channels[0].recording),
        (1, Some("Camera 01"), Some(true))
    );
}

#[tokio::test]
async fn trouble_ends_the_poll_with_what_was_found_and_nothing_is_sent_after() {
    let troubles = [
        Trouble::Silent,
        Trouble::Busy("out of connections".into()),
        Trouble::Unauthorized("refused".into()),
        Trouble::Budget,
    ];
    for trouble in troubles {
        for last in 0..12 {
            let trouble = trouble.clone();
            let expected = trouble.clone();
            let mut n = 0;
            let mut fake = Fake::new(NOW, move |asked, _| {
                n += 1;
                if n > last { Err(trouble.clone()) } else { Ok(nvr(asked).unwrap_or(NOT_FOUND)) }
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
    for (status, body, foreign) in [
        (200, b"<html><body>router</body></html>".as_slice(), true),
        (404, b"", true),
        (200, b"\x00\xff\x00", true),
        (503, b"", false),
    ] {
        let mut fake = Fake::new(NOW, move |_, _| Ok((status, body.to_vec())));
        let finding = poll(&mut fake, &mut Memory::default(), &wish(WishDepth::Scan, &[1])).await;
        assert_eq!(fake.asked.len(), 1);
        assert_eq!(matches!(finding.ended_by, Some(Trouble::Foreign(_))), foreign);
        assert_eq!(matches!(finding.ended_by, Some(Trouble::Busy(_))), !foreign);
    }
}

/// Every reader on one body.
fn read_all(body: &[u8]) {
    for status in [200, 403] {
        let answer = answer(status, body);
        let _ = (manner().sign)(&answer);
        let _ = system::device(&answer);
        let _ = system::time(&answer, 25_200);
        let _ = system::working(&answer);
        let _ = storage::storage(&answer);
        let _ = channels::proxies(&answer);
        let _ = channels::proxy_states(&answer);
        let _ = channels::inputs(&answer);
        let _ = channels::schedules(&answer);
        let _ = channels::bit_rates(&answer);
        let _ = search::page(&answer, 101);
        let _ = search::calendar(&answer, Month { year: 2026, month: 11 });
    }
}

#[test]
fn answers_cut_off_at_any_byte_are_told_and_never_taken_for_whole() {
    type Reader = fn(&Answer) -> bool;
    let readers: [(&[u8], Reader); 7] = [
        (fixture!("deviceInfo_nvr.xml"), |a| system::device(a).is_ok()),
        (fixture!("time.xml"), |a| system::time(a, 0).is_ok()),
        (fixture!("storage.xml"), |a| storage::storage(a).is_ok()),
        (fixture!("workingstatus.json"), |a| system::working(a).is_ok()),
        (fixture!("proxy_states.xml"), |a| channels::proxy_states(a).is_ok()),
        (fixture!("search_oldest.xml"), |a| search::page(a, 101).is_ok()),
        (fixture!("calendar_november.xml"), |a| search::calendar(a, Month { year: 2026, month: 11 }).is_ok()),
    ];
    for (body, read) in readers {
        let body = body.trim_ascii_end();
        for end in 0..body.len() {
            assert!(!read(&answer(200, &body[..end])), "{}", String::from_utf8_lossy(&body[..end]));
            let _ = (manner().sign)(&answer(401, &body[..end]));
        }
        assert!(read(&answer(200, body)));
    }
}

#[test]
fn the_calendar_tells_only_of_days_that_exist() {
    let month = Month { year: 2026, month: 11 };
    let days = search::calendar(&answer(200, fixture!("calendar_november.xml")), month).unwrap();
    let expected =
        [(1, true), (2, false), (3, true), (30, false)].map(|(day, recorded)| (date(2026, 11, day), recorded));
    assert_eq!(days.into_iter().collect::<Vec<_>>(), expected);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_told(body in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&body);
    }

    #[test]
    fn any_text_in_the_place_of_any_other_is_read_or_told(
        which in 0usize..4, at in any::<prop::sample::Index>(), text in r#"[<>&"0-9a-zA-Z:{}\[\]-]{0,12}"#
    ) {
        let bodies = [fixture!("storage.xml"), fixture!("tracks.xml"), fixture!("workingstatus.json"), fixture!("search_oldest.xml")];
        let mut body = bodies[which].to_vec();
        let at = at.index(body.len());
        let end = (at + text.len()).min(body.len());
        body.splice(at..end, text.bytes());
        read_all(&body);
    }
}
