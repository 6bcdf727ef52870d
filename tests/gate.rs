//! That no account is ever locked by our asking: what logins cost devices that count them, over HTTP and RTSP.

mod fakes;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use camwatch::device::exchange::{Answer, Exchange as _, Manner, Request, Sign, Trouble};
use camwatch::device::http::{Cost, Device};
use camwatch::gate::{Gate, Kept};
use camwatch::inventory::{
    CameraId, Credential, CredentialId, Depth, Recorder, RecorderId, RecorderKind, SiteId, TlsPolicy, Transport,
};
use camwatch::observation::Outcome;
use camwatch::probe::{self, Prober};
use camwatch::secret::Secret;
use camwatch::simulate::{Auth, CameraOptions, Fleet, FleetOptions};
use fakes::{Algorithm, Counts, Fake, Offer, Options, Style, USER};
use jiff::{SignedDuration, Timestamp};
use url::Url;

const CANARY: &str = "/System/deviceInfo";
const POLL: Duration = Duration::from_secs(20);

/// Reads the lock bodies of both vendors and no more.
fn sign(answer: &Answer) -> Sign {
    let text = answer.text();
    let number = |after: &str| {
        let digits: String = text.split_once(after)?.1.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().map(Duration::from_secs)
    };
    if text.contains("<lockStatus>lock<") {
        Sign::Locked(number("<unlockTime>"))
    } else if text.contains("\"RmLock\"") {
        Sign::Locked(number("\"RmLock\":"))
    } else {
        Sign::Nothing
    }
}

fn manner() -> Manner {
    Manner { canary: Some(|| Request::get(CANARY)), sign }
}

fn recorder(url: &str) -> Recorder {
    Recorder {
        id: RecorderId::new("r").unwrap(),
        site: SiteId::new("s").unwrap(),
        kind: RecorderKind::Hikvision,
        url: Url::parse(url).unwrap(),
        credential: Some(credential("").id),
        tls: TlsPolicy::System,
        allow_basic: false,
        requests_per_minute: 1_000_000,
    }
}

fn credential(password: &str) -> Credential {
    Credential { id: CredentialId::new("nvr").unwrap(), username: USER.to_owned(), password: Secret::new(password) }
}

fn device(fake: &Fake, password: &str, gate: &Gate) -> Device {
    Device::new(&recorder(&format!("http://{}", fake.address())), Some(&credential(password)), gate, manner())
}

/// One poll of some paths, which ends as a dialect's does.
async fn poll(device: &Device, paths: &[&str]) -> (Result<u32, Trouble>, Cost) {
    let mut exchange = device.exchange(POLL);
    let mut answered = 0;
    for path in paths {
        match exchange.ask(Request::get((*path).to_owned())).await {
            Ok(answer) => answered += u32::from(answer.is_success()),
            Err(trouble) if trouble.ends_poll() => return (Err(trouble), exchange.cost()),
            Err(_) => {}
        }
    }
    (Ok(answered), exchange.cost())
}

const METADATA: [&str; 4] = [CANARY, "/System/time", "/ContentMgmt/Storage?format=json", "/ContentMgmt/channels"];

/// A gate whose clock stands still until it is set.
struct Hours {
    seconds: Arc<AtomicI64>,
}

impl Hours {
    fn new() -> Self {
        Self { seconds: Arc::new(AtomicI64::new(0)) }
    }

    fn clock(&self) -> fakes::Clock {
        let seconds = Arc::clone(&self.seconds);
        let begin: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        Arc::new(move || begin + SignedDuration::from_secs(seconds.load(Ordering::Relaxed)))
    }

    fn gate(&self, kept: Vec<Kept>) -> Gate {
        Gate::with_clock(kept, [5; 16], self.clock())
    }

    fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}

async fn fake(hours: &Hours, password: &str, options: Options) -> Fake {
    Fake::start_at([127, 0, 0, 1].into(), password, options, hours.clock()).await
}

#[tokio::test]
async fn a_wrong_password_that_never_worked_costs_one_refused_login_for_ever() {
    for style in [Style::Hikvision, Style::Dahua] {
        let hours = Hours::new();
        let fake = fake(&hours, "right", Options { style, ..Options::default() }).await;
        let gate = hours.gate(Vec::new());
        let device = device(&fake, "wrong", &gate);
        for _ in 0..10 {
            let (result, cost) = poll(&device, &METADATA).await;
            assert!(cost.connections >= 1, "it is seen that the device is there");
            let trouble = result.unwrap_err();
            assert_eq!(trouble.outcome(), Outcome::Unauthorized);
            assert!(trouble.to_string().contains("127.0.0.1 refused credential \"nvr\""), "{trouble}");
            hours.pass(3 * 3600);
        }
        let counts = fake.counts();
        assert_eq!((counts.bad, counts.bare, counts.requests), (1, 1, 2), "{style:?}: later polls only connect");
        assert_eq!(gate.refused_credentials(), [credential("").id]);

        // Over a restart, and until somebody writes another secret.
        let restarted = hours.gate(gate.kept());
        let again = self::device(&fake, "wrong", &restarted);
        assert_eq!(poll(&again, &METADATA).await.0.unwrap_err().outcome(), Outcome::Unauthorized);
        assert_eq!(fake.counts().bad, 1);
        let right = self::device(&fake, "right", &restarted);
        assert_eq!(poll(&right, &METADATA).await.0, Ok(4));
        assert_eq!(fake.counts().bad, 1);
        assert!(restarted.refused_credentials().is_empty());
    }
}

#[tokio::test]
async fn a_right_password_costs_no_refused_login_whatever_the_device_does_with_nonces() {
    let kept_alive = Options::default();
    let one_shot = Options { style: Style::Dahua, ..Options::default() };
    for (options, requests, connections) in [
        // Each poll fetches one challenge for its connection; the first two, to learn that a nonce may be used again.
        (kept_alive.clone(), 6 + 5 * 4, 5),
        (Options { algorithm: Algorithm::Sha256, ..kept_alive.clone() }, 6 + 5 * 4, 5),
        (Options { algorithm: Algorithm::Rfc2069, ..kept_alive.clone() }, 6 + 5 * 4, 5),
        (Options { offer: Offer::BasicThenDigest, ..kept_alive.clone() }, 6 + 5 * 4, 5),
        (Options { offer: Offer::List, ..kept_alive.clone() }, 6 + 5 * 4, 5),
        (Options { offer: Offer::AuthInt, ..kept_alive.clone() }, 6 + 5 * 4, 5),
        // A challenge before each login, and a connection for each request.
        (one_shot, 5 * 4 * 2, 5 * 4 * 2),
    ] {
        let fake = Fake::start("right", options.clone()).await;
        let device = device(&fake, "right", &Gate::default());
        let mut spent = 0;
        for _ in 0..5 {
            let (result, cost) = poll(&device, &METADATA).await;
            assert_eq!(result, Ok(4), "{options:?}");
            assert!(cost.received_bytes > 500 && cost.sent_bytes > 500, "{cost:?}");
            spent += cost.requests;
        }
        let counts = fake.counts();
        let expected = Counts { requests, connections, good: 20, bare: requests - 20, ..Counts::default() };
        assert_eq!(counts, expected, "{options:?}");
        assert_eq!(spent, u64::from(requests), "what it says that it cost is what the device saw");
    }
}

#[tokio::test]
async fn basic_is_sent_only_where_nothing_else_is_offered_and_it_is_allowed() {
    let fake = Fake::start("right", Options { offer: Offer::Basic, ..Options::default() }).await;
    let gate = Gate::default();
    let trouble = poll(&device(&fake, "right", &gate), &METADATA).await.0.unwrap_err();
    assert_eq!(trouble.outcome(), Outcome::Unauthorized);
    assert!(trouble.to_string().contains("allow_basic"), "{trouble}");
    assert_eq!(fake.counts().basic, 0, "the password did not leave the house");

    let allowed = Recorder { allow_basic: true, ..recorder(&format!("http://{}", fake.address())) };
    let device = Device::new(&allowed, Some(&credential("right")), &gate, manner());
    assert_eq!(poll(&device, &METADATA).await.0, Ok(4));
    assert_eq!((fake.counts().good, fake.counts().bad), (4, 0));
}

#[tokio::test]
async fn a_stale_nonce_is_renewed_once_and_no_more() {
    let fake = Fake::start("right", Options { style: Style::Stale, ..Options::default() }).await;
    assert_eq!(poll(&device(&fake, "right", &Gate::default()), &METADATA).await.0, Ok(4));
    assert_eq!((fake.counts().stale, fake.counts().bad), (1, 0));

    let fake = Fake::start("right", Options { style: Style::AlwaysStale, ..Options::default() }).await;
    let trouble = poll(&device(&fake, "right", &Gate::default()), &METADATA).await.0.unwrap_err();
    assert_eq!(trouble.outcome(), Outcome::Busy);
    assert_eq!(fake.counts().stale, 2);
}

#[tokio::test]
async fn a_password_that_is_changed_on_the_device_costs_two_refused_logins() {
    let hours = Hours::new();
    let fake = fake(&hours, "right", Options::default()).await;
    let gate = hours.gate(Vec::new());
    let device = device(&fake, "right", &gate);
    assert_eq!(poll(&device, &METADATA).await.0, Ok(4));
    fake.set_password("new");
    hours.pass(900);
    let trouble = poll(&device, &METADATA).await.0.unwrap_err();
    assert_eq!(trouble.outcome(), Outcome::Busy, "doubted first: {trouble}");
    assert!(gate.refused_credentials().is_empty());
    for _ in 0..200 {
        hours.pass(900);
        poll(&device, &METADATA).await.0.unwrap_err();
    }
    assert_eq!(fake.counts().bad, 2);
    assert_eq!(gate.refused_credentials(), [credential("").id]);
}

#[tokio::test]
async fn a_401_for_want_of_connections_is_waited_out_and_forgotten() {
    let hours = Hours::new();
    let fake = fake(&hours, "right", Options { style: Style::Dahua, ..Options::default() }).await;
    let gate = hours.gate(Vec::new());
    let device = device(&fake, "right", &gate);
    assert_eq!(poll(&device, &METADATA).await.0, Ok(4));
    fake.run_out_of_connections(true);
    for _ in 0..3 {
        assert_eq!(poll(&device, &METADATA).await.0.unwrap_err().outcome(), Outcome::Busy);
        hours.pass(900);
    }
    assert_eq!(fake.counts().turned_away, 1, "left in peace meanwhile");
    fake.run_out_of_connections(false);
    hours.pass(900);
    assert_eq!(poll(&device, &METADATA).await.0, Ok(4));
    assert!(gate.refused_credentials().is_empty());
}

#[tokio::test]
async fn a_path_without_rights_is_denied_once_and_the_account_goes_on() {
    for style in [Style::Hikvision, Style::Dahua] {
        let fake = Fake::start("right", Options { style, ..Options::default() }).await;
        fake.close_path("/Security/users");
        let gate = Gate::default();
        let device = device(&fake, "right", &gate);
        for _ in 0..3 {
            let mut exchange = device.exchange(POLL);
            // Not the canary first, as a dialect would: it is asked all the same.
            assert_eq!(exchange.ask(Request::get("/Security/users?all=1")).await, Err(Trouble::Denied), "{style:?}");
            assert!(exchange.ask(Request::get("/System/time")).await.unwrap().is_success());
        }
        let counts = fake.counts();
        // In each poll the canary and the path after; in the first also the denied path, and the canary to confirm it.
        assert_eq!((counts.bad, counts.good), (0, 3 * 2 + 2), "{style:?}: {counts:?}");
        assert!(gate.refused_credentials().is_empty());
    }
}

#[tokio::test]
async fn a_lock_is_left_alone_until_it_is_over() {
    for style in [Style::Hikvision, Style::Dahua] {
        let hours = Hours::new();
        let fake = fake(&hours, "right", Options { style, ..Options::default() }).await;
        let gate = hours.gate(Vec::new());
        let device = device(&fake, "right", &gate);
        assert_eq!(poll(&device, &METADATA).await.0, Ok(4));
        fake.lock();
        let trouble = poll(&device, &METADATA).await.0.unwrap_err();
        assert_eq!(trouble.outcome(), Outcome::Unauthorized);
        assert!(trouble.to_string().contains("locked"), "{trouble}");
        assert_eq!(gate.refused_credentials(), [credential("").id]);
        let asked = fake.counts();
        while fake.is_locked() {
            hours.pass(300);
            assert_eq!(poll(&device, &METADATA).await.0.unwrap_err().outcome(), Outcome::Unauthorized);
        }
        assert_eq!(fake.counts().requests, asked.requests, "nothing was asked meanwhile");
        hours.pass(3600);
        assert_eq!(poll(&device, &METADATA).await.0, Ok(4));
        assert!(gate.refused_credentials().is_empty());
    }
}

#[tokio::test]
async fn without_a_credential_nothing_is_guessed() {
    let fake = Fake::start("", Options::default()).await;
    let bare = Recorder { credential: None, ..recorder(&format!("http://{}", fake.address())) };
    let device = Device::new(&bare, None, &Gate::default(), manner());
    assert_eq!(poll(&device, &METADATA).await.0, Err(Trouble::NoCredential));
    assert_eq!((fake.counts().requests, fake.counts().bare), (1, 1));
}

#[tokio::test]
async fn requests_beyond_the_budget_are_not_sent() {
    let fake = Fake::start("right", Options::default()).await;
    let slow = Recorder { requests_per_minute: 4, ..recorder(&format!("http://{}", fake.address())) };
    let device = Device::new(&slow, Some(&credential("right")), &Gate::default(), manner());
    let mut exchange = device.exchange(Duration::from_secs(2));
    let mut results = Vec::new();
    for path in METADATA {
        results.push(exchange.ask(Request::get(path)).await.map(|answer| answer.status));
    }
    // A challenge and a login each.
    assert_eq!(results, [Ok(200), Ok(200), Err(Trouble::Budget), Err(Trouble::Budget)]);
    assert_eq!(fake.counts().requests, 4);
}

#[tokio::test]
async fn polls_of_one_device_take_turns_on_one_connection() {
    let fake = Fake::start("right", Options::default()).await;
    let device = device(&fake, "right", &Gate::default());
    let (metadata, scan) =
        tokio::join!(poll(&device, &METADATA), poll(&device, &["/record/1", "/record/2", "/record/3"]));
    assert_eq!((metadata.0, scan.0), (Ok(4), Ok(3)));
    assert_eq!((fake.counts().connections, fake.counts().bad), (1, 0));
}

/// A camera and a recorder that are one device: RTSP on one port, HTTP on another.
struct Box {
    camera: camwatch::simulate::SimCamera,
    http: Fake,
    _fleet: Fleet,
}

impl Box {
    async fn start(hours: &Hours, style: Style) -> Self {
        let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
        let mut options = CameraOptions::named("channel-1");
        options.auth = Some(Auth { lock_after: Some(5), ..Auth::new(USER, "right") });
        let camera = fleet.add(options).await.unwrap();
        let http = Options { style, ..Options::default() };
        let http = Fake::start_at(camera.address().ip(), "right", http, hours.clock()).await;
        Self { camera, http, _fleet: fleet }
    }

    fn change_password(&self) {
        self.camera.set_auth(Some(Auth { lock_after: Some(5), ..Auth::new(USER, "new") }));
        self.http.set_password("new");
    }

    fn refused(&self) -> u64 {
        self.camera.stats().logins_refused + u64::from(self.http.counts().bad + self.http.counts().stale)
    }
}

/// RTSP every 30 s, metadata every 15 min, a snapshot every 15 min in between.
async fn a_day(hours: &Hours, box_: &Box, gate: &Gate, password: &str) {
    let device = device(&box_.http, password, gate);
    let prober = Prober::new(gate.clone());
    let request = probe::Request {
        camera: CameraId::new("c").unwrap(),
        url: box_.camera.url(),
        login: Some(probe::Login {
            credential: Some(credential("").id),
            username: USER.to_owned(),
            password: Secret::new(password),
        }),
        tls: TlsPolicy::System,
        transport: Transport::Tcp,
        depth: Depth::Describe,
        timeout: Duration::from_secs(5),
        watch: probe::WATCH,
    };
    for tick in 0..2880 {
        prober.probe(&request).await;
        // Errors are what some of these days are about.
        if tick % 30 == 10 {
            let _ = poll(&device, &METADATA).await;
        }
        if tick % 30 == 25 {
            let _ = poll(&device, &["/Streaming/channels/101/picture"]).await;
        }
        hours.pass(30);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_a_day_of_all_protocols_a_wrong_password_costs_one_refused_login_and_a_right_one_none() {
    for style in [Style::Hikvision, Style::Dahua] {
        let hours = Hours::new();
        let box_ = Box::start(&hours, style).await;
        a_day(&hours, &box_, &hours.gate(Vec::new()), "wrong").await;
        assert_eq!(box_.refused(), 1, "{style:?}: {:?}", box_.http.counts());

        let box_ = Box::start(&hours, style).await;
        a_day(&hours, &box_, &hours.gate(Vec::new()), "right").await;
        assert_eq!(box_.refused(), 0, "{style:?}: {:?}", box_.http.counts());
        assert_eq!(box_.http.counts().good, 96 * 4 + 96 * 2, "metadata, and a canary before each snapshot");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_a_day_of_all_protocols_a_password_that_was_changed_costs_two_refused_logins() {
    for style in [Style::Hikvision, Style::Dahua] {
        let hours = Hours::new();
        let box_ = Box::start(&hours, style).await;
        let gate = hours.gate(Vec::new());
        a_day(&hours, &box_, &gate, "right").await;
        box_.change_password();
        a_day(&hours, &box_, &gate, "right").await;
        assert_eq!(box_.refused(), 2, "{style:?}: {:?}", box_.http.counts());
        assert_eq!(gate.refused_credentials(), [credential("").id]);
    }
}
