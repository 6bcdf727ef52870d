//! Simulated recorders, as a client sees them that we did not write: curl.

mod support;

use camwatch::simulate::recorder::{
    DahuaManner, Envelope, HikvisionManner, Login, Offer, OnvifManner, Schedule, TrackElement,
};
use camwatch::simulate::{
    Auth, CameraOptions, Fleet, FleetOptions, RecorderKind, RecorderOptions, SimClock, SimRecorder, Turn,
};
use retina::client::{Credentials, Session, SessionOptions};
use std::process::Command;
use support::require;

const RIGHT: &str = "monitor:simulated";
const WRONG: &str = "monitor:guessed";
const NOON: &str = "2026-11-15T05:00:00Z";

/// What curl got.
#[derive(Debug)]
struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// The text of the first element of this name.
    fn element(&self, name: &str) -> &str {
        self.elements(name).first().copied().unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    fn elements(&self, name: &str) -> Vec<&str> {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        self.body.split(&open).skip(1).filter_map(|rest| rest.split_once(&close)).map(|(text, _)| text).collect()
    }

    /// The value of a line `key=value`.
    fn key(&self, key: &str) -> &str {
        let value = self.body.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        value.unwrap_or_else(|| panic!("no {key} in {}", self.body))
    }
}

/// Runs curl; the last head and the last body are what counts. Exit codes are curl's own.
async fn curl(arguments: &[&str], url: &str) -> Result<Got, i32> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--include", "--globoff", "--max-time", "20", "--suppress-connect-headers"]);
    command.args(arguments).arg(url);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    if !output.status.success() {
        return Err(output.status.code().unwrap());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut rest = text.as_str();
    loop {
        let (head, body) = rest.split_once("\r\n\r\n").expect("a head");
        if body.starts_with("HTTP/1.1 ") {
            rest = body;
            continue;
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        return Ok(Got { status, head: head.to_owned(), body: body.to_owned() });
    }
}

struct Device {
    _fleet: Fleet,
    recorder: SimRecorder,
}

impl Device {
    async fn new(options: RecorderOptions) -> Self {
        let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
        let recorder = fleet.recorder(options).await.unwrap();
        Self { _fleet: fleet, recorder }
    }

    /// At noon of a day in November, by a clock that stands.
    async fn at_noon(manner: impl Into<camwatch::simulate::recorder::Manner>) -> Self {
        let clock = SimClock::stopped_at(NOON.parse().unwrap());
        let mut options = RecorderOptions::named("nvr").manner(manner).clock(&clock);
        options.keep_requests = true;
        Self::new(options).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.recorder.url().as_str().trim_end_matches('/'))
    }

    async fn ask(&self, login: &str, path: &str) -> Got {
        curl(&["--digest", "--user", login], &self.url(path)).await.unwrap()
    }

    async fn get(&self, path: &str) -> Got {
        self.ask(RIGHT, path).await
    }

    async fn post(&self, path: &str, body: &str) -> Got {
        let arguments = ["--digest", "--user", RIGHT, "--header", "Content-Type: application/xml", "--data", body];
        curl(&arguments, &self.url(path)).await.unwrap()
    }

    async fn turn(&self, words: &str) {
        self.recorder.turn(words.parse::<Turn>().unwrap()).await.unwrap();
    }

    /// A search in the words that most units take.
    async fn search(&self, track: u32, from: &str, to: &str, page: u32, position: u32) -> Got {
        self.post("/ISAPI/ContentMgmt/search", &search("trackList", TERSE, "", track, (from, to), page, position)).await
    }

    /// A SOAP request; `header` may hold a token.
    async fn soap(&self, header: &str, body: &str) -> Got {
        let envelope = format!(
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header>{header}</s:Header>\
             <s:Body>{body}</s:Body></s:Envelope>"
        );
        let arguments = ["--header", "Content-Type: application/soap+xml; charset=utf-8", "--data", &envelope];
        curl(&arguments, &self.url("/onvif/device_service")).await.unwrap()
    }
}

const CANARY: [(RecorderKind, &str); 2] = [
    (RecorderKind::Hikvision, "/ISAPI/System/deviceInfo"),
    (RecorderKind::Dahua, "/cgi-bin/magicBox.cgi?action=getSystemInfo"),
];
const TERSE: &str = "{CA77BA52-0780-0001-34B2-6120F2501D36}";
const PLAIN: &str = "CA77BA52-0780-0001-34B2-6120F2501D36";
const METADATA: &str =
    "<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList>";

fn search(list: &str, id: &str, more: &str, track: u32, span: (&str, &str), page: u32, position: u32) -> String {
    format!(
        "<CMSearchDescription version=\"1.0\"><searchID>{id}</searchID><{list}><trackID>{track}</trackID></{list}>\
         <timeSpanList><timeSpan><startTime>{}</startTime><endTime>{}</endTime></timeSpan></timeSpanList>\
         <maxResults>{page}</maxResults><searchResultPostion>{position}</searchResultPostion>{more}</CMSearchDescription>",
        span.0, span.1
    )
}

const EVER: (&str, &str) = ("2000-01-01T00:00:00Z", "2038-01-01T00:00:00Z");

#[tokio::test]
async fn curl_logs_in_whatever_is_offered_and_what_it_costs_is_counted() {
    if require("curl").is_none() {
        return;
    }
    for (kind, path) in CANARY {
        for offer in [
            Offer::DigestMd5,
            Offer::DigestSha256,
            Offer::DigestBoth,
            Offer::DigestWithoutQop,
            Offer::Basic,
            Offer::BasicThenDigest,
            Offer::OneHeader,
        ] {
            let login = Login::new("monitor", "simulated").offer(offer);
            let device = Device::new(RecorderOptions::named("nvr").manner(kind).login(login)).await;
            // Of several challenges curl takes the safest that it knows, with --anyauth.
            let got = curl(&["--anyauth", "--user", RIGHT], &device.url(path)).await.unwrap();
            assert_eq!(got.status, 200, "{kind:?} {offer:?}: {got:?}");
            let stats = device.recorder.stats();
            assert_eq!((stats.requests, stats.without_login), (2, 1), "{kind:?} {offer:?}");
            assert_eq!((stats.logins_accepted, stats.logins_refused, stats.logins_stale), (1, 0, 0), "{offer:?}");
            assert_eq!(stats.logins_basic, u64::from(offer == Offer::Basic), "{offer:?}");
            assert_eq!(stats.paths.values().sum::<u64>(), 2);
        }
    }
}

#[tokio::test]
async fn hikvision_keeps_connection_and_nonce_and_dahua_neither_and_a_restart_makes_nonces_stale() {
    if require("curl").is_none() {
        return;
    }
    for (kind, path) in CANARY {
        let device = Device::at_noon(kind).await;
        // Two requests in one run, on one connection where that stays open; curl asks for a challenge before each.
        let url = device.url(path);
        let got = curl(&["--digest", "--user", RIGHT, &url], &url).await.unwrap();
        assert_eq!(got.status, 200, "{got:?}");
        let stats = device.recorder.stats();
        assert_eq!((stats.requests, stats.logins_accepted, stats.logins_stale), (4, 2, 0));
        assert_eq!(stats.connections_total, if kind == RecorderKind::Hikvision { 1 } else { 4 });
        // The same login once more: good for as long as the nonce is.
        let sent = device.recorder.requests();
        let authorization = sent.last().unwrap().lines().find(|line| line.starts_with("Authorization:")).unwrap();
        let again = curl(&["--header", authorization], &url).await.unwrap();
        assert_eq!(again.status, if kind == RecorderKind::Hikvision { 200 } else { 401 });
        device.turn("restarted").await;
        let stale = curl(&["--header", authorization], &url).await.unwrap();
        assert!(
            stale.header("www-authenticate")[0].to_lowercase().replace('"', "").contains("stale=true"),
            "{stale:?}"
        );
        let stats = device.recorder.stats();
        assert_eq!(stats.logins_stale, if kind == RecorderKind::Hikvision { 1 } else { 2 });
        assert_eq!((stats.logins_refused, stats.connections_max), (0, 1));
    }
}

#[tokio::test]
async fn challenges_look_as_the_vendors_make_them() {
    if require("curl").is_none() {
        return;
    }
    let device = Device::at_noon(RecorderKind::Hikvision).await;
    let got = curl(&[], &device.url("/ISAPI/System/deviceInfo")).await.unwrap();
    let challenge = got.header("www-authenticate")[0];
    assert_eq!((got.status, got.header("server")[0], got.element("statusValue")), (401, "DNVRS-Webs", "401"));
    for part in ["domain=\"::\"", "qop=\"auth\"", "opaque=\"\"", "algorithm=\"MD5\"", "stale=\"FALSE\""] {
        assert!(challenge.contains(part), "{challenge}");
    }
    assert_eq!(curl(&[], &device.url("/SDK/activateStatus")).await.unwrap().status, 200);

    let device = Device::at_noon(RecorderKind::Dahua).await;
    let url = device.url("/cgi-bin/magicBox.cgi?action=getSystemInfo");
    let (one, other) = (curl(&[], &url).await.unwrap(), curl(&[], &url).await.unwrap());
    let realm = format!("realm=\"Login to {}\"", device.recorder.serial());
    assert!(one.header("www-authenticate")[0].contains(&realm));
    assert_ne!(one.header("www-authenticate"), other.header("www-authenticate"));
    assert_eq!(one.header("connection"), ["close"]);
    // Its wall clock, stamped as Greenwich's.
    assert_eq!(one.header("date"), ["Sun, 15 Nov 2026 12:00:00 GMT"]);
}

#[tokio::test]
async fn the_fifth_wrong_password_locks_the_account_for_half_an_hour_also_for_the_right_one() {
    if require("curl").is_none() {
        return;
    }
    for (kind, path) in CANARY {
        let device = Device::at_noon(kind).await;
        for _ in 0..4 {
            assert_eq!(device.ask(WRONG, path).await.status, 401);
        }
        assert_eq!(device.recorder.locked_for(), None);
        let fifth = device.ask(WRONG, path).await;
        assert_eq!(device.recorder.locked_for(), Some(1800));
        device.turn("advanced 15").await;
        let locked = device.get(path).await;
        if kind == RecorderKind::Hikvision {
            assert_eq!((fifth.status, fifth.element("unlockTime")), (401, "1800"));
            assert_eq!((locked.element("lockStatus"), locked.element("retryLoginTime")), ("lock", "0"));
        } else {
            assert_eq!(fifth.body, r#"{"ErrorCode":268632081,"Result":false,"RmLock":1800,"RmLogin":0}"#);
            assert_eq!(locked.status, 403);
        }
        let stats = device.recorder.stats();
        assert_eq!((stats.logins_refused, stats.logins_accepted, stats.times_locked), (5, 0, 1));
        // curl sends no login where no challenge comes: to a Dahua that is locked it has sent none.
        assert_eq!(stats.logins_while_locked, u64::from(kind == RecorderKind::Hikvision));

        device.turn("advanced 1800").await;
        assert_eq!(device.get(path).await.status, 200);
        assert_eq!(device.recorder.refused_in_a_row(), 0);
    }
}

#[tokio::test]
async fn a_camera_of_the_recorder_counts_against_the_same_account() {
    if require("curl").is_none() {
        return;
    }
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let recorder = fleet.recorder(RecorderOptions::named("nvr").site("school")).await.unwrap();
    let camera = CameraOptions::named("gate").site("school").auth(Auth::new("monitor", "simulated"));
    let camera = fleet.add(camera).await.unwrap();
    recorder.shares_account_with(&camera);
    assert_eq!(camera.address().ip(), recorder.address().ip());
    let describe = async |password: &str| {
        let login = Credentials { username: "monitor".into(), password: password.into() };
        Session::describe(camera.url(), SessionOptions::default().creds(Some(login))).await.is_ok()
    };
    for _ in 0..3 {
        assert!(!describe("guessed").await);
    }
    assert_eq!((camera.stats().logins_refused, recorder.refused_in_a_row()), (3, 3));
    let url = format!("{}ISAPI/System/deviceInfo", recorder.url());
    for _ in 0..2 {
        assert_eq!(curl(&["--digest", "--user", WRONG], &url).await.unwrap().status, 401);
    }
    assert_eq!((recorder.locked_for().is_some(), recorder.stats().times_locked), (true, 1));
    assert!(!describe("simulated").await, "the camera is locked with its recorder");
    recorder.turn(Turn::Unlocked).await.unwrap();
    assert!(describe("simulated").await);
    assert_eq!((camera.stats().logins_accepted, recorder.refused_in_a_row()), (1, 0));
}

#[tokio::test]
async fn hikvision_tells_what_it_is_what_it_holds_and_what_is_wrong() {
    if require("curl").is_none() {
        return;
    }
    let device = Device::at_noon(RecorderKind::Hikvision).await;
    let info = device.get("/ISAPI/System/deviceInfo").await;
    assert_eq!((info.element("deviceType"), info.element("serialNumber")), ("NVR", &*device.recorder.serial()));
    device.turn("replaced").await;
    assert_ne!(device.get("/ISAPI/System/deviceInfo").await.element("serialNumber"), info.element("serialNumber"));

    assert_eq!(device.get("/ISAPI/System/time/localTime").await.body, "2026-11-15T12:00:00+07:00");
    assert_eq!(device.get("/ISAPI/System/time").await.element("timeZone"), "CST-7:00:00");
    device.turn("clock -90").await;
    device.turn("zone +08:00").await;
    assert_eq!(device.get("/ISAPI/System/time/localTime").await.body, "2026-11-15T12:58:30+08:00");
    device.turn("clock 0").await;
    device.turn("zone +07:00").await;

    for (turn, status, property) in [
        ("disk 1 ok", "ok", "RW"),
        ("disk 1 error", "error", "RW"),
        ("disk 1 smart-failed", "smartFailed", "RW"),
        ("disk 1 missing", "notexist", "RW"),
        ("disk 1 read-only", "ok", "RO"),
        ("disk 1 mismatch", "mismatch", "RW"),
    ] {
        device.turn(turn).await;
        let storage = device.get("/ISAPI/ContentMgmt/Storage").await;
        assert_eq!((storage.element("status"), storage.element("property")), (status, property), "{turn}");
    }
    device.turn("disk 1 nas-offline").await;
    let storage = device.get("/ISAPI/ContentMgmt/Storage").await;
    assert_eq!((storage.elements("hdd").len(), storage.element("status")), (0, "offline"));

    device.turn("channel 2 offline").await;
    device.turn("channel 3 stopped").await;
    let states = device.get("/ISAPI/ContentMgmt/InputProxy/channels/status").await;
    assert_eq!(states.elements("online"), ["true", "false", "true", "true"]);
    assert_eq!(states.elements("chanDetectResult"), ["connect", "netUnreachable", "connect", "connect"]);
    let working: serde_json::Value =
        serde_json::from_str(&device.get("/ISAPI/System/workingstatus?format=json").await.body).unwrap();
    let channels = working["WorkingStatus"]["ChanStatus"].as_array().unwrap();
    assert_eq!(channels.iter().map(|one| one["record"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 0, 0, 1]);
    assert_eq!(channels[0]["bitRate"], 2_097_152);
    let tracks = device.get("/ISAPI/ContentMgmt/record/tracks").await;
    assert_eq!(tracks.elements("ActionRecordingMode"), ["CMR"; 28]);
    assert_eq!((tracks.elements("enableSchedule"), tracks.elements("Enable")), (vec!["true"; 4], vec!["false"; 4]));
    let streams = device.get("/ISAPI/Streaming/channels").await;
    assert_eq!((streams.element("vbrUpperCap"), streams.element("constantBitRate")), ("2048", "2048"));
    assert_eq!(device.get("/ISAPI/ContentMgmt/InputProxy/channels").await.elements("id"), ["1", "2", "3", "4"]);
    assert_eq!(device.get("/ISAPI/Security/illegalLoginLock").await.element("maxIllegalLoginLockTime"), "1800");

    let picture = device.get("/ISAPI/Streaming/channels/101/picture").await;
    assert_eq!(picture.header("content-type"), ["image/jpeg"]);
    assert_eq!(device.get("/ISAPI/Streaming/channels/201/picture").await.status, 503);
    let unknown = device.get("/ISAPI/System/nonsense").await;
    assert_eq!((unknown.status, unknown.element("subStatusCode")), (403, "notSupport"));
}

#[tokio::test]
async fn hikvision_searches_oldest_first_in_pages_and_its_calendar_knows_the_missing_days() {
    if require("curl").is_none() {
        return;
    }
    let clock = SimClock::stopped_at(NOON.parse().unwrap());
    let options = RecorderOptions::named("nvr").clock(&clock).held_days(20.0);
    let options = options
        .channel(1, |channel| channel.gap_days_ago = vec![3, 4])
        .channel(2, |channel| channel.schedule = Schedule::Motion)
        .channel(3, |channel| channel.schedule = Schedule::Off)
        .channel(4, |channel| channel.kept_hours_ago = vec![(10_000.0, 9_999.0)]);
    let device = Device::new(options).await;

    let first = device.search(101, EVER.0, EVER.1, 1, 0).await;
    // Twenty days back, by the wall clock with a false Z; the number of matches is the total.
    assert_eq!(first.elements("startTime"), ["2026-10-26T12:00:00Z"]);
    assert_eq!((first.element("responseStatusStrg"), first.element("numOfMatches")), ("MORE", "432"));
    let (mut seen, mut position) = (Vec::new(), 0);
    loop {
        let page = device.search(101, EVER.0, EVER.1, 50, position).await;
        let starts = page.elements("startTime");
        position += u32::try_from(starts.len()).unwrap();
        seen.extend(starts.into_iter().map(str::to_owned));
        if page.element("responseStatusStrg") != "MORE" {
            break;
        }
    }
    assert_eq!(seen.len(), 432);
    assert!(seen.is_sorted() && !seen.iter().any(|one| one.starts_with("2026-11-12") || one.starts_with("2026-11-11")));
    let newest = device.search(101, "2026-11-15T11:30:00Z", EVER.1, 50, 0).await;
    assert_eq!(newest.elements("endTime"), ["2026-11-15T12:00:00Z"]);
    assert_eq!(device.search(301, EVER.0, EVER.1, 1, 0).await.element("responseStatusStrg"), "NO MATCHES");
    assert_eq!(device.search(102, EVER.0, EVER.1, 1, 0).await.element("numOfMatches"), "0");
    let locked = device.search(401, EVER.0, EVER.1, 1, 0).await;
    assert_eq!((locked.element("startTime"), locked.element("lockStatus")), ("2025-09-24T20:00:00Z", "lock"));

    let month = "<?xml version=\"1.0\" encoding=\"utf-8\"?><trackDailyParam><year>2026</year>\
                 <monthOfYear>11</monthOfYear></trackDailyParam>";
    let days = async |track: u32| {
        let got = device.post(&format!("/ISAPI/ContentMgmt/record/tracks/{track}/dailyDistribution"), month).await;
        assert_eq!(got.elements("dayOfMonth").len(), 30);
        let days = (1..).zip(got.elements("record")).filter(|(_, record)| *record == "true").map(|(day, _)| day);
        (days.collect::<Vec<u32>>(), got.elements("recordType").first().map(|kind| (*kind).to_owned()))
    };
    let expected: Vec<u32> = (1..=15).filter(|day| ![11, 12].contains(day)).collect();
    assert_eq!(days(101).await, (expected, Some("time".to_owned())));
    assert_eq!(days(201).await.1.as_deref(), Some("event"));
    assert_eq!(days(301).await, (Vec::new(), None));

    // Two days later the oldest two are overwritten.
    device.turn("advanced 172800").await;
    assert_eq!(device.search(101, EVER.0, EVER.1, 1, 0).await.elements("startTime"), ["2026-10-28T12:00:00Z"]);
    device.turn("held 9").await;
    assert_eq!(device.search(101, EVER.0, EVER.1, 1, 0).await.elements("startTime"), ["2026-11-08T12:00:00Z"]);
    assert_eq!(device.recorder.stats().searches, 1 + 9 + 1 + 3 + 2);
}

#[tokio::test]
async fn firmwares_of_hikvision_disagree_about_the_words_of_a_search() {
    if require("curl").is_none() {
        return;
    }
    let ask = async |manner: &HikvisionManner, body: &str| {
        let device = Device::at_noon(manner.clone()).await;
        let got = device.post("/ISAPI/ContentMgmt/search", body).await;
        assert_eq!(device.recorder.stats().logins_refused, 0);
        (got.status, got.elements("subStatusCode").first().map(|word| (*word).to_owned()))
    };
    let good = (200, None);
    let bad = |word: &str| (400, Some(word.to_owned()));
    let short = search("trackList", TERSE, "", 101, EVER, 1, 0);
    let long = search("trackIDList", PLAIN, METADATA, 101, EVER, 1, 0);
    let any = HikvisionManner::default();
    assert_eq!((ask(&any, &short).await, ask(&any, &long).await), (good.clone(), good.clone()));
    let terse = HikvisionManner::terse();
    assert_eq!((ask(&terse, &short).await, ask(&terse, &long).await), (good.clone(), bad("badXmlContent")));
    let declared = format!("<?xml version=\"1.0\"?>{short}");
    assert_eq!(ask(&terse, &declared).await, bad("badXmlContent"));
    let verbose = HikvisionManner::verbose();
    assert_eq!((ask(&verbose, &short).await, ask(&verbose, &long).await), (bad("badXmlContent"), good.clone()));
    let id_list = HikvisionManner { list: TrackElement::TrackIdList, envelope: Envelope::Any, ..any.clone() };
    assert_eq!(ask(&id_list, &short).await, bad("badXmlContent"));

    assert_eq!(ask(&any, &search("trackList", "1", "", 101, EVER, 1, 0)).await, bad("badXmlContent"));
    assert_eq!(ask(&any, &search("trackList", TERSE, "", 101, EVER, 51, 0)).await, bad("badParameters"));
    let narrow = HikvisionManner { widest_window_days: Some(31), ..any.clone() };
    assert_eq!(ask(&narrow, &short).await, (500, Some("deviceError".to_owned())));
    let month = ("2026-11-01T00:00:00Z", "2026-11-30T23:59:59Z");
    assert_eq!(ask(&narrow, &search("trackList", TERSE, "", 101, month, 1, 0)).await, good);

    // The rightly spelt word for the position is not understood, and ISAPI 1.0 understands neither.
    let first = Device::at_noon(HikvisionManner::first_generation()).await;
    let (one, two) = (first.search(101, EVER.0, EVER.1, 5, 0).await, first.search(101, EVER.0, EVER.1, 5, 5).await);
    assert_eq!(one.element("startTime"), two.element("startTime"));
    assert_eq!(first.get("/ISAPI/ContentMgmt/InputProxy/channels/status").await.status, 404);
    let device = Device::at_noon(any).await;
    let spelt = search("trackList", TERSE, "", 101, EVER, 5, 5).replace("Postion", "Position");
    assert_eq!(device.post("/ISAPI/ContentMgmt/search", &spelt).await.element("startTime"), one.element("startTime"));
    assert_ne!(device.search(101, EVER.0, EVER.1, 5, 5).await.element("startTime"), one.element("startTime"));
}

#[tokio::test]
async fn dahua_tells_what_it_is_what_it_holds_and_what_is_wrong() {
    if require("curl").is_none() {
        return;
    }
    let device = Device::at_noon(RecorderKind::Dahua).await;
    let cgi = async |rest: &str| device.get(&format!("/cgi-bin/{rest}")).await;
    let config = async |name: &str| cgi(&format!("configManager.cgi?action=getConfig&name={name}")).await;
    let info = cgi("magicBox.cgi?action=getSystemInfo").await;
    assert_eq!(info.key("serialNumber"), device.recorder.serial());
    assert!(cgi("magicBox.cgi?action=getSoftwareVersion").await.key("version").contains(",build:"));
    assert_eq!(cgi("magicBox.cgi?action=getVendor").await.key("vendor"), "Dahua");
    assert_eq!(cgi("global.cgi?action=getCurrentTime").await.key("result"), "2026-11-15 12:00:00");
    assert_eq!(config("General").await.key("table.General.LoginFailLockTime"), "1800");
    assert_eq!(config("NTP").await.key("table.NTP.TimeZoneDesc"), "Bangkok");
    assert_eq!(config("ChannelTitle").await.key("table.ChannelTitle[3].Name"), "Camera 04");
    assert_eq!(config("RecordMode").await.key("table.RecordMode[0].Mode"), "0");
    assert_eq!(config("Record").await.key("table.Record[0].TimeSection[0][0]"), "1 00:00:00-24:00:00");
    assert_eq!(config("Encode").await.key("table.Encode[0].MainFormat[0].Video.BitRate"), "2048");
    let unknown = config("Nonsense").await;
    assert!(unknown.status == 403 && unknown.body.contains("Authority:check failure."), "{unknown:?}");

    let disks = cgi("storageDevice.cgi?action=getDeviceAllInfo").await;
    let bytes = |part: &str| disks.key(&format!("list.info[0].Detail[{part}].TotalBytes")).parse::<f64>().unwrap();
    assert!((bytes("0") + bytes("1") - 5_723_166.0 * 1_048_576.0).abs() < 1.0);
    assert_eq!(disks.key("list.info[0].Detail[0].UsedBytes"), disks.key("list.info[0].Detail[0].TotalBytes"));
    for (turn, state) in [("disk 1 error", "Error"), ("disk 1 ok", "Success"), ("disk 1 degraded", "Degraded")] {
        device.turn(turn).await;
        assert_eq!(cgi("storageDevice.cgi?action=getDeviceAllInfo").await.key("list.info[0].State"), state);
    }
    device.turn("disk 1 missing").await;
    assert_eq!(cgi("storageDevice.cgi?action=getDeviceAllInfo").await.status, 400);

    let loss = "eventManager.cgi?action=getEventIndexes&code=VideoLoss";
    assert_eq!(cgi(loss).await.body.trim(), "Error: No Events");
    device.turn("channel 3 offline").await;
    assert_eq!(cgi(loss).await.key("channels[0]"), "2");
    let states = cgi("LogicDeviceManager.cgi?action=getCameraState&uniqueChannels[0]=-1").await;
    assert_eq!(states.key("states[2].ConnectionState"), "Disconnected");
    assert_eq!(cgi("snapshot.cgi?channel=1").await.header("content-type"), ["image/jpeg"]);
    let refused = device.recorder.stats().logins_refused;
    assert_eq!(cgi("snapshot.cgi?channel=9").await.status, 401);
    assert_eq!(device.recorder.stats().logins_refused, refused, "no login was wrong");
    assert_eq!(cgi("nonsense.cgi?action=x").await.status, 501);

    let old = Device::at_noon(DahuaManner::old()).await;
    let disks = old.get("/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo").await;
    assert_eq!(disks.key("list[0].State"), "Success");
    assert!(!disks.body.contains("TotalBytes=3000587321344."), "no fraction: {}", disks.body);
    let states = old.get("/cgi-bin/LogicDeviceManager.cgi?action=getCameraState&uniqueChannels[0]=-1").await;
    assert_eq!(states.status, 501);
}

#[tokio::test]
async fn dahua_finds_oldest_first_on_handles_that_are_counted_until_they_are_given_back() {
    if require("curl").is_none() {
        return;
    }
    for (manner, first, yes) in [(DahuaManner::default(), 1, "OK"), (DahuaManner::old(), 0, "result=true")] {
        let device = Device::at_noon(manner).await;
        let find = async |rest: &str| device.get(&format!("/cgi-bin/mediaFileFind.cgi?action={rest}")).await;
        let window = "condition.StartTime=2000-01-01%2000:00:00&condition.EndTime=2038-01-01%2000:00:00";
        let handle = find("factory.create").await.key("result").to_owned();
        let none = find(&format!("findFile&object={handle}&condition.Channel={}&{window}", first + 4)).await;
        assert_eq!((none.status, none.body.trim()), (400, "Error\r\nBad Request!"));
        let found = find(&format!("findFile&object={handle}&condition.Channel={}&{window}", first + 1)).await;
        assert_eq!((found.status, found.body.trim()), (200, yes));
        let page = find(&format!("findNextFile&object={handle}&count=100")).await;
        assert_eq!((page.key("found"), page.key("items[0].Channel")), ("100", "1"));
        assert_eq!(page.key("items[0].StartTime"), "2026-10-16 12:00:00");
        assert_eq!((page.key("items[0].Flags[0]"), page.key("items[0].Type")), ("Timing", "dav"));
        let mut files = 100;
        loop {
            let page = find(&format!("findNextFile&object={handle}&count=100")).await;
            match page.key("found").parse::<u32>().unwrap() {
                0 => break,
                more => files += more,
            }
        }
        assert_eq!(files, 30 * 24);
        assert_eq!((device.recorder.stats().handles_now, device.recorder.stats().handles_max), (1, 1));
        find(&format!("close&object={handle}")).await;
        assert_eq!(device.recorder.stats().handles_now, 1, "closed is not destroyed");
        find(&format!("destroy&object={handle}")).await;
        assert_eq!(device.recorder.stats().handles_now, 0);
        assert_eq!(find(&format!("findNextFile&object={handle}&count=1")).await.status, 400);
    }
}

const INFORMATION: &str = "<tds:GetDeviceInformation xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\"/>";
const TIME: &str = "<tds:GetSystemDateAndTime xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\"/>";

/// A token as the profile has it: Base64(SHA-1(nonce, time, password)).
fn token(password: &str, created: &str) -> String {
    use base64::Engine as _;
    use sha1::Digest as _;
    let base64 = base64::engine::general_purpose::STANDARD;
    let nonce: Vec<u8> = (0..16).map(|_| fastrand::u8(..)).collect();
    let digest = sha1::Sha1::new().chain_update(&nonce).chain_update(created).chain_update(password).finalize();
    format!(
        "<w:Security xmlns:w=\"urn:w\" xmlns:u=\"urn:u\"><w:UsernameToken><w:Username>monitor</w:Username><w:Password \
         Type=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest\">{}\
         </w:Password><w:Nonce>{}</w:Nonce><u:Created>{created}</u:Created></w:UsernameToken></w:Security>",
        base64.encode(digest),
        base64.encode(nonce)
    )
}

#[tokio::test]
async fn onvif_takes_a_token_of_its_own_time_once_and_tells_the_time_to_everybody() {
    if require("curl").is_none() {
        return;
    }
    let device = Device::at_noon(RecorderKind::Onvif).await;
    let time = device.soap("", TIME).await;
    assert_eq!((time.status, time.element("tt:Hour"), time.element("tt:Day")), (200, "5", "15"));
    let refused = device.soap("", INFORMATION).await;
    assert!(refused.status == 400 && refused.body.contains("ter:NotAuthorized"), "{refused:?}");

    let right = token("simulated", NOON);
    assert_eq!(device.soap(&right, INFORMATION).await.element("tds:SerialNumber"), device.recorder.serial());
    assert_eq!(device.soap(&right, INFORMATION).await.status, 400, "a nonce twice");
    assert_eq!(device.soap(&token("simulated", "2026-11-15T05:00:10Z"), INFORMATION).await.status, 200);
    assert_eq!(device.soap(&token("simulated", "2026-11-15T05:00:11Z"), INFORMATION).await.status, 400);
    device.turn("clock 3600").await;
    assert_eq!(device.soap(&token("simulated", "2026-11-15T06:00:00Z"), INFORMATION).await.status, 200);
    let stats = device.recorder.stats();
    assert_eq!((stats.logins_accepted, stats.logins_stale, stats.logins_refused), (3, 2, 0));
    assert_eq!((stats.without_login, stats.paths["GetDeviceInformation"]), (2, 6));

    for _ in 0..5 {
        device.soap(&token("guessed", "2026-11-15T06:00:00Z"), TIME).await;
    }
    assert!(device.recorder.locked_for().is_some(), "a token is looked at also where none is needed");
    let locked = device.soap(&token("simulated", "2026-11-15T06:00:00Z"), INFORMATION).await;
    assert!(locked.body.contains("User Locked"), "{locked:?}");
    assert_eq!(device.soap("", TIME).await.status, 200, "the time is everybody's");

    for status in [401, 500] {
        let subcode = "wsse:FailedAuthentication";
        let manner = OnvifManner { refusal_status: status, refusal_subcode: subcode, ..OnvifManner::default() };
        let refused = Device::at_noon(manner).await.soap("", INFORMATION).await;
        assert!(refused.status == status && refused.body.contains(subcode), "{refused:?}");
    }
}

#[tokio::test]
async fn onvif_tells_recordings_and_when_there_were_none() {
    if require("curl").is_none() {
        return;
    }
    let clock = SimClock::stopped_at(NOON.parse().unwrap());
    let options = RecorderOptions::named("nvr").manner(RecorderKind::Onvif).clock(&clock);
    let device = Device::new(options.channel(2, |channel| channel.gap_days_ago = vec![3])).await;
    let ask = async |body: &str| device.soap(&token("simulated", NOON), body).await;
    let services = ask("<GetServices/>").await;
    assert!(services.elements("tds:XAddr").contains(&&*device.url("/onvif/search_service")), "{services:?}");
    let summary = ask("<GetRecordingSummary/>").await;
    assert_eq!((summary.element("tt:DataFrom"), summary.element("tt:NumberRecordings")), ("2026-10-16T05:00:00Z", "4"));
    assert_eq!(summary.element("tt:DataUntil"), NOON);
    let recordings = ask("<GetRecordings/>").await;
    assert_eq!(recordings.elements("tt:SourceId").len(), 4);
    let one =
        ask("<GetRecordingInformation><RecordingToken>Recording_2</RecordingToken></GetRecordingInformation>").await;
    assert_eq!(
        (one.element("tt:EarliestRecording"), one.element("tt:RecordingStatus")),
        ("2026-10-16T05:00:00Z", "Recording")
    );

    assert_eq!(ask("<FindRecordings><KeepAliveTime>PT60S</KeepAliveTime></FindRecordings>").await.status, 400);
    let search = ask("<FindRecordings><Scope/><KeepAliveTime>PT60S</KeepAliveTime></FindRecordings>").await;
    let handle = search.element("tse:SearchToken").to_owned();
    let results = format!(
        "<GetRecordingSearchResults><SearchToken>{handle}</SearchToken><MaxResults>3</MaxResults></GetRecordingSearchResults>"
    );
    let (first, second) = (ask(&results).await, ask(&results).await);
    assert_eq!((first.element("tt:SearchState"), first.elements("tt:EarliestRecording").len()), ("Searching", 3));
    assert_eq!((second.element("tt:SearchState"), second.elements("tt:EarliestRecording").len()), ("Completed", 1));
    assert_eq!(ask(&format!("<EndSearch><SearchToken>{handle}</SearchToken></EndSearch>")).await.status, 200);

    let events =
        ask("<FindEvents><StartPoint>2026-11-10T00:00:00Z</StartPoint><EndPoint>2026-11-15T05:00:00Z</EndPoint>\
         <Scope><IncludedRecordings>Recording_2</IncludedRecordings></Scope><IncludeStartState>true</IncludeStartState>\
         </FindEvents>")
        .await;
    let handle = events.element("tse:SearchToken").to_owned();
    let got = ask(&format!("<GetEventSearchResults><SearchToken>{handle}</SearchToken></GetEventSearchResults>")).await;
    // The gap is a day of the device's own calendar, 17:00 to 17:00 by UTC.
    assert_eq!(got.elements("tt:Time"), ["2026-11-10T00:00:00Z", "2026-11-11T17:00:00Z", "2026-11-12T17:00:00Z"]);
    let states: Vec<&str> = got.body.split("Name=\"IsRecording\" Value=\"").skip(1).map(|rest| &rest[..4]).collect();
    assert_eq!(states, ["true", "fals", "true"]);
    assert_eq!(device.recorder.stats().handles_now, 1);

    let small = Device::at_noon(OnvifManner::camera()).await;
    let ask = async |body: &str| small.soap(&token("simulated", NOON), body).await;
    assert!(ask("<GetServices/>").await.body.contains("ter:ActionNotSupported"));
    assert!(ask("<GetCapabilities/>").await.body.contains("http://0.0.0.0/onvif/media_service"));
    assert!(ask("<FindRecordings><Scope/></FindRecordings>").await.body.contains("ter:ActionNotSupported"));
    assert_eq!(ask("<GetRecordingSummary/>").await.element("tt:NumberRecordings"), "4");
    let profiles = ask("<GetProfiles/>").await;
    assert_eq!(
        (profiles.elements("tt:BitrateLimit").len(), profiles.elements("tt:SourceToken")[0]),
        (8, "VideoSource_1")
    );
}

#[tokio::test]
async fn a_recorder_misbehaves_as_it_is_told_and_rightly_again() {
    // curl's exit codes.
    const REFUSED: i32 = 7;
    const TIMEOUT: i32 = 28;
    if require("curl").is_none() {
        return;
    }
    for (kind, path) in CANARY {
        let device = Device::at_noon(kind).await;
        let other = match kind {
            RecorderKind::Hikvision => "/ISAPI/ContentMgmt/Storage",
            _ => "/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo",
        };
        let short = async || {
            curl(&["--digest", "--user", RIGHT, "--max-time", "1"], &device.url(path)).await.map(|got| got.status)
        };
        for (word, expected) in [
            ("refused", Err(vec![REFUSED])),
            ("dropped", Err(vec![TIMEOUT])),
            ("silent", Err(vec![TIMEOUT])),
            ("drip", Err(vec![TIMEOUT])),
            // An empty reply, a connection reset, no HTTP/1, a file cut short, headers without end.
            ("close", Err(vec![52])),
            ("reset", Err(vec![56])),
            ("not-http", Err(vec![1, 8, 52, 56])),
            ("truncated", Err(vec![18])),
            ("huge", Err(vec![TIMEOUT])),
            ("huge-head", Err(vec![27, 56, 100])),
            ("busy-503", Ok(503)),
            ("redirect-elsewhere", Ok(302)),
            ("html-login-page", Ok(200)),
            ("out-of-connections", Ok(401)),
            ("garbage", Ok(200)),
            ("ok", Ok(200)),
        ] {
            device.turn(word).await;
            match (short().await, expected) {
                (Ok(status), Ok(expected)) => assert_eq!(status, expected, "{kind:?} {word}"),
                (Err(code), Err(codes)) => assert!(codes.contains(&code), "{kind:?} {word}: {code}"),
                (got, expected) => panic!("{kind:?} {word}: {got:?}, not {expected:?}"),
            }
        }
        let stats = device.recorder.stats();
        assert_eq!((stats.logins_refused, stats.times_locked), (0, 0));
        assert!(stats.logins_turned_away >= 1);

        for (word, status, body) in [
            ("deep", 200, if kind == RecorderKind::Hikvision { "<a><a><a>" } else { ".a.a.a" }),
            ("empty", 200, ""),
            ("server-error", 500, if kind == RecorderKind::Hikvision { "deviceError" } else { "Error" }),
            ("forbidden", 403, if kind == RecorderKind::Hikvision { "notSupport" } else { "Authority" }),
        ] {
            device.turn(word).await;
            let got = device.get(other).await;
            assert!(got.status == status && got.body.contains(body), "{kind:?} {word}: {got:.300?}");
            assert!(word == "deep" || device.get(path).await.body.contains("erial"), "{kind:?} {word}");
        }
        device.turn("unauthorized").await;
        assert_eq!(device.get(path).await.status, 401);
        assert_eq!(device.recorder.stats().logins_refused, 1);
        device.turn("locked").await;
        let locked = device.get(path).await;
        assert!(locked.body.contains("1800"), "{locked:?}");
    }
}

#[tokio::test]
async fn the_control_port_shows_recorders_and_switches_them_by_their_words() {
    if require("curl").is_none() {
        return;
    }
    let fleet = std::sync::Arc::new(Fleet::start(FleetOptions::default()).await.unwrap());
    let recorder = fleet.recorder(RecorderOptions::named("nvr").site("school")).await.unwrap();
    let listener = camwatch::simulate::control::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = format!("http://{}", listener.local_addr().unwrap());
    let router = camwatch::simulate::control::router(std::sync::Arc::clone(&fleet));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let switch = async |id: &str, words: &str| {
        curl(&["--data", words], &format!("{at}/recorders/{id}/behaviour")).await.unwrap()
    };

    assert_eq!(switch("nvr", "disk 1 error").await.status, 200);
    assert_eq!(switch("nvr", "out_of_connections").await.status, 200);
    for (words, says) in [("sulking", "/faults/recorders"), ("disk 2 error", "numbered from 1")] {
        let refused = switch("nvr", words).await;
        assert!(refused.status == 400 && refused.body.contains(says), "{refused:?}");
    }
    assert_eq!(switch("nobody", "ok").await.status, 404);
    let shown: serde_json::Value =
        serde_json::from_str(&curl(&[], &format!("{at}/recorders")).await.unwrap().body).unwrap();
    assert_eq!(shown[0]["id"], "nvr");
    assert_eq!(shown[0]["kind"], "hikvision");
    assert_eq!(shown[0]["behaviour"], "out-of-connections");
    assert_eq!(shown[0]["url"], recorder.url().as_str());
    assert_eq!(shown[0]["stats"]["requests"], 0);
    let faults = curl(&[], &format!("{at}/faults/recorders")).await.unwrap();
    assert!(faults.body.contains("out-of-connections") && faults.body.contains("channel N stopped"), "{faults:?}");
    serving.abort();
}

#[tokio::test]
async fn a_crowd_is_turned_away_and_a_cut_line_cuts_the_recorder_off() {
    if require("curl").is_none() {
        return;
    }
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let mut options = RecorderOptions::named("nvr").site("school").manner(RecorderKind::Dahua);
    options.max_connections = Some(1);
    let recorder = fleet.recorder(options).await.unwrap();
    let url = format!("{}cgi-bin/magicBox.cgi?action=getSystemInfo", recorder.url());
    let login = ["--digest", "--user", RIGHT, "--max-time", "1"];
    assert_eq!(curl(&login, &url).await.unwrap().status, 200);
    let held = tokio::net::TcpStream::connect(recorder.address()).await.unwrap();
    while recorder.stats().connections_now == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let crowded = curl(&login, &url).await.unwrap();
    assert_eq!((crowded.status, crowded.body.contains("Invalid Authority!")), (401, true));
    drop(held);
    let stats = recorder.stats();
    assert_eq!((stats.logins_refused, stats.logins_turned_away, stats.connections_max), (0, 1, 2));

    fleet.cut_site("school").await.unwrap();
    assert_eq!(curl(&login, &url).await.unwrap_err(), 28);
    fleet.restore_site("school").await.unwrap();
    assert_eq!(curl(&login, &url).await.unwrap().status, 200);
}
