//! ONVIF against devices made of tables: what each kind of device says, and what is asked of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::device::exchange::{Answer, Login, Request, Sign};
use crate::device::finding::{DeviceTime, WishDepth};
use crate::inventory::{Credential, CredentialId};
use crate::secret::Secret;

/// A file of `tests/fixtures/devices/onvif`.
fn fixture(name: &str) -> Vec<u8> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/devices/onvif/");
    std::fs::read(format!("{file}{name}.xml")).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// What a device wants before it answers what is not open to everybody.
#[derive(Clone, Copy, PartialEq)]
enum Wants {
    Nothing,
    Token,
    HttpDigest,
}

/// A device made of a table: operation to status and body.
struct Device {
    answers: BTreeMap<&'static str, (u16, Vec<u8>)>,
    wants: Wants,
    /// The password that it takes.
    password: &'static str,
    refusal: (u16, &'static str),
    now: Timestamp,
    asked: Vec<String>,
    paths: Vec<String>,
    bodies: Vec<String>,
    accepted: u32,
    refused: u32,
}

const OPEN: [&str; 3] = ["GetSystemDateAndTime", "GetServices", "GetCapabilities"];

impl Device {
    fn nvr() -> Self {
        let mut device = Self {
            answers: BTreeMap::new(),
            wants: Wants::Token,
            password: "s3cret",
            refusal: (400, "fault.not-authorized.400"),
            now: "2026-11-20T02:00:00Z".parse().unwrap(),
            asked: Vec::new(),
            paths: Vec::new(),
            bodies: Vec::new(),
            accepted: 0,
            refused: 0,
        };
        for (operation, name) in [
            ("GetSystemDateAndTime", "GetSystemDateAndTime"),
            ("GetDeviceInformation", "GetDeviceInformation"),
            ("GetServices", "GetServices"),
            ("GetCapabilities", "GetCapabilities"),
            ("GetProfiles", "GetProfiles"),
            ("GetRecordings", "GetRecordings"),
            ("FindRecordings", "FindRecordings"),
            ("GetRecordingSearchResults", "GetRecordingSearchResults"),
            ("FindEvents", "FindEvents"),
            ("GetEventSearchResults", "GetEventSearchResults"),
            ("EndSearch", "EndSearch"),
            ("GetRecordingSummary", "GetRecordingSummary"),
        ] {
            device.answers.insert(operation, (200, fixture(name)));
        }
        device
    }

    fn with(mut self, operation: &'static str, status: u16, name: &str) -> Self {
        self.answers.insert(operation, (status, fixture(name)));
        self
    }

    fn with_body(mut self, operation: &'static str, status: u16, body: &[u8]) -> Self {
        self.answers.insert(operation, (status, body.to_vec()));
        self
    }

    fn count(&self, operation: &str) -> usize {
        self.asked.iter().filter(|asked| asked.split(' ').next() == Some(operation)).count()
    }

    fn answer(&self, status: u16, body: Vec<u8>, challenged: bool) -> Answer {
        Answer {
            status,
            content_type: "application/soap+xml".to_owned(),
            body,
            challenged,
            sent: self.now,
            took: Duration::from_millis(200),
        }
    }
}

impl Exchange for Device {
    async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
        let credential = Credential {
            id: CredentialId::new("c").unwrap(),
            username: "monitor".to_owned(),
            password: Secret::new("s3cret"),
        };
        let (body, way) = match request.login {
            Login::None => (request.body.clone(), "open"),
            Login::Http => (request.body.clone(), "http"),
            Login::Token(token) => (token(&credential), "token"),
        };
        let body = String::from_utf8(body).unwrap();
        crate::device::xml::Tree::parse(body.as_bytes()).expect("what we send is XML");
        let content_type = request.content_type;
        let operation = content_type.rsplit('/').next().unwrap().trim_end_matches('"').to_owned();
        assert!(body.contains(&format!("<{operation} ")), "{content_type}: {body}");
        self.asked.push(format!("{operation} {way}"));
        self.paths.push(request.path.to_string());
        self.bodies.push(body.clone());
        let has_login = match self.wants {
            Wants::Nothing => true,
            Wants::Token => way == "token",
            Wants::HttpDigest => way == "http",
        };
        if !has_login && !OPEN.contains(&operation.as_str()) {
            let body = if self.refusal.1 == "not-soap" { b"<html/>".to_vec() } else { fixture(self.refusal.1) };
            return Ok(self.answer(self.refusal.0, body, self.wants == Wants::HttpDigest));
        }
        if way != "open" && self.password != "s3cret" {
            self.refused += 1;
            return Err(Trouble::Unauthorized("refused".to_owned()));
        }
        self.accepted += u32::from(way != "open");
        if operation == "GetRecordingInformation" && !self.answers.contains_key("GetRecordingInformation") {
            let which = if body.contains("Recording_1") { "1" } else { "2" };
            return Ok(self.answer(200, fixture(&format!("GetRecordingInformation.{which}")), false));
        }
        let Some((status, body)) = self.answers.get(operation.as_str()).cloned() else {
            return Ok(self.answer(500, fixture("fault.unsupported.500"), false));
        };
        Ok(self.answer(status, body, false))
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}

fn wish(depth: WishDepth, channels: &[u32]) -> Wish {
    let days = (date(2026, 11, 10), date(2026, 11, 19));
    Wish { depth, channels: channels.to_vec(), days, zone_offset_seconds: 7 * 3600 }
}

fn run<E: Exchange>(device: &mut E, memory: &mut Memory, wish: &Wish) -> Finding {
    fn can_be_spawned<T: Send>(future: T) -> T {
        future
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(can_be_spawned(poll(device, memory, wish)))
}

fn scan(device: &mut Device) -> Finding {
    run(device, &mut Memory::default(), &wish(WishDepth::Scan, &[1, 2]))
}

fn utc(text: &str) -> DeviceTime {
    DeviceTime::Utc(text.parse().unwrap())
}

fn days(numbers: &[i8]) -> Vec<Date> {
    numbers.iter().map(|day| date(2026, 11, *day)).collect()
}

#[test]
fn a_recorder_tells_who_it_is_its_clock_its_channels_and_what_it_holds() {
    let mut device = Device::nvr();
    let finding = scan(&mut device);
    let identity = finding.device.yes().unwrap();
    assert_eq!(identity.vendor.as_deref(), Some("Example"));
    assert_eq!(identity.serial.as_deref(), Some("EX041277A0"), "without hyphens");
    let clock = finding.clock.yes().unwrap();
    assert!((clock.offset_seconds - 40.4).abs() < 1e-6, "{clock:?}");
    assert!((clock.uncertainty_seconds - 0.6).abs() < 1e-6, "{clock:?}");
    assert_eq!(finding.disks, Found::No(Why::NotSupported));
    let channels = finding.channels.yes().unwrap();
    let told: Vec<_> = channels.iter().map(|c| (c.channel, c.recording, c.bits_per_second)).collect();
    assert_eq!(told, [(1, Some(true), Some(4_096_000)), (2, Some(false), Some(2_048_000))]);
    assert_eq!(finding.bits_per_second, BTreeMap::from([(1, 4_096_000), (2, 2_048_000)]));
    let first = finding.holdings[&1].yes().unwrap();
    assert_eq!(first.oldest, Some(utc("2026-10-21T04:11:09Z")), "the video track's, not that of its metadata");
    assert_eq!(first.newest, Some(utc("2026-11-20T02:00:30Z")));
    let second = finding.holdings[&2].yes().unwrap();
    assert_eq!(second.oldest, Some(utc("2026-11-11T17:30:00Z")));
    assert_eq!(second.newest, Some(utc("2026-11-18T10:15:00.25Z")));
    assert_eq!(finding.ended_by, None);
    assert_eq!(device.refused, 0);
}

#[test]
fn days_present_are_those_of_the_sites_calendar_that_the_history_touches() {
    let finding = scan(&mut Device::nvr());
    let first = finding.holdings[&1].yes().unwrap();
    // Recording from before the window to the 13th 10:00 of the site, and again from the 17th 01:30.
    assert_eq!(first.present.iter().copied().collect::<Vec<_>>(), days(&[10, 11, 12, 13, 17, 18, 19]));
    assert_eq!(first.looked_at.iter().copied().collect::<Vec<_>>(), days(&[10, 11, 12, 13, 14, 15, 16, 17, 18, 19]));
    let second = finding.holdings[&2].yes().unwrap();
    assert!(second.looked_at.is_empty(), "no event of its own: no history is kept, which is no gap");
}

#[test]
fn a_history_that_is_cut_off_says_nothing_of_the_days_after_it() {
    // The last turn is lost: what remains says that nothing is recorded since the 13th, and the newest recording is of
    // this minute.
    let whole = String::from_utf8(fixture("GetEventSearchResults")).unwrap();
    let last = whole.rfind("<tt:Result>").unwrap();
    let cut = format!("{}{}", &whole[..last], &whole[whole.find("</tse:ResultList>").unwrap()..]);
    let finding = scan(&mut Device::nvr().with_body("GetEventSearchResults", 200, cut.as_bytes()));
    let first = finding.holdings[&1].yes().unwrap();
    assert_eq!(first.looked_at.iter().copied().collect::<Vec<_>>(), days(&[10, 11, 12, 13]));
}

#[test]
fn what_everybody_is_told_is_asked_without_a_login_and_the_first_login_is_the_canary() {
    let mut device = Device::nvr();
    let mut memory = Memory::default();
    run(&mut device, &mut memory, &wish(WishDepth::Metadata, &[1]));
    assert_eq!(
        device.asked,
        [
            "GetSystemDateAndTime open",
            "GetDeviceInformation open",
            "GetDeviceInformation token",
            "GetServices open",
            "GetProfiles token",
            "GetRecordings token",
            "GetRecordingInformation token",
        ]
    );
    assert_eq!(device.paths[4..], ["/onvif/Media", "/onvif/Recording", "/onvif/SearchRecording?ch=0"]);
    let kept: Memory = serde_json::from_str(&serde_json::to_string(&memory).unwrap()).unwrap();
    assert_eq!(kept, memory);
    let mut memory = kept;
    device.asked.clear();
    let finding = run(&mut device, &mut memory, &wish(WishDepth::Metadata, &[1]));
    assert_eq!(finding.newest, BTreeMap::from([(1, utc("2026-11-20T02:00:30Z"))]));
    assert!(finding.holdings.is_empty(), "nothing was scanned");
    assert_eq!(
        device.asked,
        [
            "GetSystemDateAndTime open",
            "GetDeviceInformation token",
            "GetProfiles token",
            "GetRecordings token",
            "GetRecordingInformation token",
        ],
        "a poll of a known device is five requests"
    );
}

#[test]
fn a_token_carries_the_devices_time_and_the_digest_of_the_standard() {
    // The device says 02:00:40 while we have 02:00:00.
    let mut device = Device::nvr();
    scan(&mut device);
    let at = device.asked.iter().position(|asked| asked == "GetDeviceInformation token").unwrap();
    let tree = crate::device::xml::Tree::parse(device.bodies[at].as_bytes()).unwrap();
    let token = tree.at("Header/Security/UsernameToken").unwrap();
    let created: Timestamp = token.text_at("Created").unwrap().parse().unwrap();
    let device_time: Timestamp = "2026-11-20T02:00:40Z".parse().unwrap();
    assert!(created >= device_time && created.duration_since(device_time).as_secs() < 60, "{created}");
    assert_eq!(token.text_at("Username"), Some("monitor"));
    let secret = Credential {
        id: CredentialId::new("c").unwrap(),
        username: "a&<b".to_owned(),
        password: Secret::new("userpassword"),
    };
    // The example of the ONVIF Application Programmer's Guide.
    let nonce = [44, 170, 136, 232, 111, 192, 138, 66, 130, 66, 179, 116, 206, 166, 69, 150];
    let token = soap::username_token(&secret, nonce, "2010-09-16T07:50:45Z".parse().unwrap());
    assert!(token.contains(">tuOSpGlFlIXsozq4HFNeeGeFLEI=</wsse:Password>"), "{token}");
    assert!(token.contains(">LKqI6G/AikKCQrN0zqZFlg==</wsse:Nonce>"), "{token}");
    assert!(token.contains("<wsse:Username>a&amp;&lt;b</wsse:Username>"), "{token}");
    assert!(!token.contains("userpassword"), "{token}");
}

#[test]
fn a_device_that_challenges_is_answered_by_http_digest_and_one_that_is_open_by_nothing() {
    let mut device = Device { wants: Wants::HttpDigest, refusal: (401, "fault.not-authorized.400"), ..Device::nvr() };
    let finding = scan(&mut device);
    assert!(finding.holdings[&1].yes().is_some());
    assert!(device.asked.iter().all(|asked| !asked.ends_with("token")), "{:?}", device.asked);
    // One that was set from tokens to HTTP's own login meanwhile, and says no more than 401.
    let mut memory = Memory::default();
    run(&mut Device::nvr(), &mut memory, &wish(WishDepth::Scan, &[1]));
    device = Device { refusal: (401, "not-soap"), ..device };
    assert!(run(&mut device, &mut memory, &wish(WishDepth::Scan, &[1])).holdings[&1].yes().is_some());
    let mut device = Device { wants: Wants::Nothing, ..Device::nvr() };
    assert!(scan(&mut device).holdings[&1].yes().is_some());
    assert!(device.asked.iter().all(|asked| asked.ends_with("open")), "{:?}", device.asked);
}

#[test]
fn a_refused_login_ends_the_poll_at_the_first_one_whatever_the_status() {
    for refusal in [(400, "fault.not-authorized.400"), (500, "fault.failed-authentication.500")] {
        let mut device = Device { password: "another", refusal, ..Device::nvr() };
        let finding = scan(&mut device);
        assert_eq!(device.refused, 1);
        assert!(matches!(finding.ended_by, Some(Trouble::Unauthorized(_))));
        assert!(finding.clock.yes().is_some(), "the clock needs no login");
        assert!(matches!(finding.device, Found::No(Why::Trouble(_))));
    }
}

#[test]
fn the_sign_of_a_refusal_is_the_faults_code_and_never_the_status_alone() {
    let sign = |status: u16, body: Vec<u8>| client::sign(&Device::nvr().answer(status, body, false));
    for (name, expected) in [
        ("fault.not-authorized.400", Sign::Refused),
        ("fault.failed-authentication.500", Sign::Refused),
        ("fault.locked.400", Sign::Locked(None)),
        ("fault.soap11.500", Sign::Locked(None)),
        ("fault.prohibited.400", Sign::Nothing),
        ("fault.unsupported.500", Sign::Nothing),
        ("fault.unsupported-in-words.500", Sign::Nothing),
        ("fault.device.500", Sign::Nothing),
        ("GetProfiles", Sign::Nothing),
    ] {
        let status = name.rsplit('.').next().and_then(|s| s.parse().ok()).unwrap_or(200);
        assert_eq!(sign(status, fixture(name)), expected, "{name}");
        assert_eq!(sign(200, fixture(name)), expected, "{name} with status 200");
    }
    assert_eq!(sign(401, b"<html>401</html>".to_vec()), Sign::Refused);
    let challenge = Device::nvr().answer(401, b"<html>401</html>".to_vec(), true);
    assert_eq!(client::sign(&challenge), Sign::Nothing, "another kind of login is wanted");
    assert_eq!(sign(400, b"<html>a default page</html>".to_vec()), Sign::Nothing);
    assert_eq!(sign(503, Vec::new()), Sign::Busy);
}

#[test]
fn a_clock_that_is_not_told_is_unknown_and_never_right() {
    let mut device = Device::nvr().with("GetSystemDateAndTime", 200, "GetSystemDateAndTime.local-only");
    let finding = scan(&mut device);
    assert_eq!(finding.clock, Found::No(Why::NotTold));
    assert!(finding.holdings[&1].yes().is_some());
}

#[test]
fn a_device_that_wants_a_login_even_for_its_time_and_services_is_asked_again_with_one() {
    struct Closed(Device);
    impl Exchange for Closed {
        async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
            if matches!(request.login, Login::None) {
                let operation = request.content_type.rsplit('/').next().unwrap().trim_end_matches('"');
                self.0.asked.push(format!("{operation} open"));
                return Ok(self.0.answer(401, fixture("fault.not-authorized.400"), false));
            }
            self.0.ask(request).await
        }
        fn now(&self) -> Timestamp {
            self.0.now
        }
    }
    let mut device = Closed(Device::nvr());
    let finding = run(&mut device, &mut Memory::default(), &wish(WishDepth::Scan, &[1]));
    assert!(finding.clock.yes().is_some());
    assert!(finding.holdings[&1].yes().is_some());
    assert_eq!(
        device.0.asked[0..4],
        [
            "GetSystemDateAndTime open",
            "GetDeviceInformation open",
            "GetDeviceInformation token",
            "GetSystemDateAndTime token"
        ]
    );
}

#[test]
fn what_is_not_supported_is_asked_again_after_a_week_only() {
    let mut memory = Memory::default();
    let mut device = Device::nvr();
    device.answers.remove("FindEvents");
    let wish = wish(WishDepth::Scan, &[1, 2]);
    for (now, asked) in [
        ("2026-11-20T02:00:00Z", 1),
        ("2026-11-21T02:00:00Z", 1),
        ("2026-11-26T02:00:00Z", 1),
        ("2026-11-27T02:00:00Z", 2),
    ] {
        device.now = now.parse().unwrap();
        let finding = run(&mut device, &mut memory, &wish);
        assert!(finding.holdings[&1].yes().unwrap().looked_at.is_empty());
        assert_eq!(device.count("FindEvents"), asked, "{now}");
    }
}

#[test]
fn a_device_without_profile_g_says_so_and_its_channels_are_told_all_the_same() {
    let services = String::from_utf8(fixture("GetServices")).unwrap().replace("/search/", "/other/");
    let mut device = Device::nvr().with_body("GetServices", 200, services.as_bytes());
    let finding = scan(&mut device);
    assert_eq!(finding.holdings[&1], Found::No(Why::NotSupported));
    assert_eq!(finding.channels.yes().unwrap().len(), 2);
    assert_eq!(device.count("GetRecordings"), 0);
}

#[test]
fn old_devices_tell_their_services_as_capabilities() {
    let mut device = Device::nvr().with("GetServices", 500, "fault.unsupported-in-words.500");
    let finding = scan(&mut device);
    assert!(finding.holdings[&1].yes().is_some());
    assert!(device.paths.contains(&"/onvif/Search".to_owned()), "{:?}", device.paths);
}

#[test]
fn the_second_media_service_is_asked_where_the_first_is_not_there() {
    let services = String::from_utf8(fixture("GetServices")).unwrap().replace("ver10/media", "ver10/none");
    let mut device =
        Device::nvr().with_body("GetServices", 200, services.as_bytes()).with("GetProfiles", 200, "GetProfiles.media2");
    let finding = scan(&mut device);
    assert_eq!(finding.bits_per_second, BTreeMap::from([(1, 8_192_000)]));
    assert!(device.paths.contains(&"/onvif/Media2".to_owned()));
}

#[test]
fn without_a_list_of_recordings_they_are_searched_for() {
    let mut device = Device::nvr().with("GetRecordings", 500, "fault.unsupported.500");
    let finding = scan(&mut device);
    assert_eq!(finding.holdings[&1].yes().unwrap().oldest, Some(utc("2026-10-21T04:11:09Z")));
    assert_eq!(finding.holdings[&2].yes().unwrap().oldest, Some(utc("2026-11-11T17:30:00Z")));
    assert_eq!(device.count("GetRecordingInformation"), 0);
    assert_eq!(device.count("EndSearch"), 3, "every search is ended: that of recordings and two of events");
}

#[test]
fn the_summary_of_the_device_is_the_last_resort_and_only_of_a_single_channel() {
    let none = |device: Device| {
        device.with("GetRecordings", 500, "fault.unsupported.500").with("FindRecordings", 500, "fault.unsupported.500")
    };
    // One source alone: the SD card of a camera.
    let one = String::from_utf8(fixture("GetProfiles")).unwrap().replace("VideoSource_2", "VideoSource_1");
    let mut camera = none(Device::nvr()).with_body("GetProfiles", 200, one.as_bytes());
    let finding = run(&mut camera, &mut Memory::default(), &wish(WishDepth::Scan, &[1]));
    assert_eq!(finding.holdings[&1].yes().unwrap().oldest, Some(utc("2026-11-01T19:52:54Z")));
    let mut recorder = none(Device::nvr());
    assert_eq!(scan(&mut recorder).holdings[&1], Found::No(Why::NotSupported));
    assert_eq!(recorder.count("GetRecordingSummary"), 0);
}

#[test]
fn times_of_a_clock_that_was_never_set_are_unknown() {
    let mut device = Device::nvr().with("GetRecordingInformation", 200, "GetRecordingInformation.never-set");
    assert_eq!(scan(&mut device).holdings[&1], Found::No(Why::NotTold));
}

#[test]
fn a_device_that_lists_no_recordings_is_not_taken_for_an_empty_one() {
    let empty = r#"<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><GetRecordingsResponse/></e:Body></e:Envelope>"#;
    let mut device = Device::nvr().with_body("GetRecordings", 200, empty.as_bytes());
    device.answers.remove("FindRecordings");
    assert_eq!(scan(&mut device).holdings[&2], Found::No(Why::NotSupported));
}

#[test]
fn a_search_that_never_completes_or_repeats_itself_is_given_up() {
    let searching = String::from_utf8(fixture("GetRecordingSearchResults")).unwrap().replace("Completed", "Searching");
    let mut device = Device::nvr().with("GetRecordings", 500, "fault.unsupported.500").with_body(
        "GetRecordingSearchResults",
        200,
        searching.as_bytes(),
    );
    let finding = run(&mut device, &mut Memory::default(), &wish(WishDepth::Metadata, &[1, 2]));
    assert_eq!(finding.newest.len(), 2);
    assert_eq!(device.count("GetRecordingSearchResults"), 2, "the second page was the first");
    let start = searching.find("<tt:RecordingInformation>").unwrap();
    let end = searching.rfind("</tse:ResultList>").unwrap();
    let nothing = format!("{}{}", &searching[..start], &searching[end..]);
    let mut device = Device::nvr()
        .with("GetRecordings", 500, "fault.unsupported.500")
        .with("GetRecordingSummary", 500, "fault.unsupported.500")
        .with_body("GetRecordingSearchResults", 200, nothing.as_bytes());
    run(&mut device, &mut Memory::default(), &wish(WishDepth::Metadata, &[1, 2]));
    assert_eq!(device.count("GetRecordingSearchResults"), 6);
    assert_eq!(device.count("EndSearch"), 1);
}

#[test]
fn what_is_not_onvif_at_all_is_unreadable_or_not_there() {
    for (status, body, why) in [
        (404, "<html>not found</html>", Why::NotSupported),
        (200, "<html><body>login</body></html>", Why::Unreadable("no SOAP envelope but <html>".to_owned())),
        (502, "", Why::DeviceError("HTTP 502".to_owned())),
    ] {
        let mut device = Device { wants: Wants::Nothing, ..Device::nvr() };
        let operations: Vec<_> = device.answers.keys().copied().collect();
        for operation in operations {
            device = device.with_body(operation, status, body.as_bytes());
        }
        let mut memory = Memory::default();
        let finding = run(&mut device, &mut memory, &wish(WishDepth::Scan, &[1]));
        assert_eq!(finding.device, Found::No(why.clone()));
        assert_eq!(finding.clock, Found::No(why));
        assert_eq!(device.refused, 0);
        let before = device.count("GetDeviceInformation");
        run(&mut device, &mut memory, &wish(WishDepth::Scan, &[1]));
        assert!(device.count("GetDeviceInformation") > before, "it may be ONVIF tomorrow");
    }
}

#[test]
fn trouble_on_the_way_ends_the_poll_with_what_was_found() {
    struct Cut(Device, usize);
    impl Exchange for Cut {
        async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
            if self.1 == 0 {
                return Err(Trouble::Silent);
            }
            self.1 -= 1;
            self.0.ask(request).await
        }
        fn now(&self) -> Timestamp {
            self.0.now
        }
    }
    for left in 0..14 {
        let mut device = Cut(Device::nvr(), left);
        let finding = run(&mut device, &mut Memory::default(), &wish(WishDepth::Scan, &[1, 2]));
        if left < 12 {
            assert_eq!(finding.ended_by, Some(Trouble::Silent), "after {left} requests");
        }
        assert_eq!(finding.clock.yes().is_some(), left > 0);
        assert_eq!(finding.device.yes().is_some(), left > 2);
    }
}

#[test]
fn every_answer_cut_off_anywhere_is_an_observation() {
    for operation in
        ["GetSystemDateAndTime", "GetDeviceInformation", "GetServices", "GetRecordings", "GetEventSearchResults"]
    {
        let whole = fixture(operation);
        for end in (0..whole.len()).step_by(37) {
            let mut device = Device::nvr().with_body(operation, 200, &whole[..end]);
            let finding = scan(&mut device);
            assert_eq!(finding.ended_by, None, "{operation} cut at {end}");
        }
    }
}

#[test]
fn recordings_belong_to_channels_by_token_before_order_and_never_by_guess() {
    let source = |token: &str| answers::Source { token: token.to_owned(), ..answers::Source::default() };
    let recording =
        |source: &str| answers::Recording { source: Some(source.to_owned()), ..answers::Recording::default() };
    let sources = [source("A"), source("B")];
    let of = |recordings: &[answers::Recording]| answers::by_channel(&sources, recordings);
    assert_eq!(of(&[recording("B"), recording("A")]), BTreeMap::from([(1, vec![1]), (2, vec![0])]));
    assert_eq!(of(&[recording("B"), recording("x")]), BTreeMap::from([(2, vec![0])]), "no guess beside what is known");
    assert_eq!(
        of(&[recording("y"), recording("x")]),
        BTreeMap::from([(1, vec![0]), (2, vec![1])]),
        "as many: by order"
    );
    assert_eq!(of(&[recording("z"), recording("y"), recording("x")]), BTreeMap::new(), "more than channels: no guess");
    assert_eq!(of(&[recording("onvif://h/A"), recording("A")]), BTreeMap::from([(1, vec![0, 1])]), "two of one source");
}

proptest! {
    #[test]
    fn any_body_is_an_observation(body in prop::collection::vec(any::<u8>(), 0..300), status in 100u16..600) {
        let mut device = Device { wants: Wants::Nothing, ..Device::nvr() };
        let operations: Vec<_> = device.answers.keys().copied().collect();
        for operation in operations {
            device = device.with_body(operation, status, &body);
        }
        let finding = scan(&mut device);
        prop_assert_eq!(finding.ended_by, None);
    }

    #[test]
    fn damaged_answers_are_observations(at in 0usize..4000, byte in any::<u8>(), which in 0usize..8) {
        let operation = ["GetSystemDateAndTime", "GetDeviceInformation", "GetServices", "GetProfiles", "GetRecordings",
            "FindEvents", "GetEventSearchResults", "EndSearch"][which];
        let mut body = fixture(operation);
        let at = at % body.len();
        body[at] = byte;
        let mut device = Device::nvr().with_body(operation, 200, &body);
        prop_assert_eq!(scan(&mut device).ended_by, None);
    }
}
