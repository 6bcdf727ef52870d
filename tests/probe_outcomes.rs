//! What a probe calls each way in which a camera or the line to it can fail, against cameras that fail so.

mod support;

use std::time::{Duration, Instant};

use camwatch::gate::Gate;
use camwatch::inventory::{CameraId, Depth, TlsPolicy, Transport};
use camwatch::observation::{Outcome, Phase};
use camwatch::probe::{Login, Prober, Report, Request, WATCH};
use camwatch::secret::Secret;
use camwatch::simulate::{Auth, Behaviour, CameraOptions, Codec, Fleet, FleetOptions, Scheme, SimCamera};
use futures_util::StreamExt as _;
use support::withheld;
use tokio::net::TcpListener;
use url::Url;

/// What a probe may take beyond its timeout.
const GRACE: Duration = Duration::from_millis(200);

fn request(url: Url, depth: Depth, timeout: Duration) -> Request {
    Request {
        camera: CameraId::new("c").unwrap(),
        url,
        login: None,
        tls: TlsPolicy::System,
        transport: Transport::Tcp,
        depth,
        timeout,
        watch: WATCH,
    }
}

fn login(password: &str) -> Login {
    Login { credential: None, username: "admin".into(), password: Secret::new(password) }
}

async fn probe(prober: &Prober, request: &Request) -> Report {
    let (start, before) = (Instant::now(), withheld());
    let report = prober.probe(request).await;
    let (took, stalled) = (start.elapsed(), withheld().saturating_sub(before));
    let most = request.timeout + GRACE + stalled;
    assert!(took <= most, "{}: {took:?}, of which {stalled:?} withheld: {report:?}", request.url);
    report
}

async fn fleet() -> Fleet {
    Fleet::start(FleetOptions::default()).await.unwrap()
}

struct Row {
    behaviour: Behaviour,
    outcome: Outcome,
    /// The phase that was reached last, where one was.
    reached: Option<Phase>,
    /// What the detail says, in part.
    detail: &'static str,
}

fn row(behaviour: Behaviour, outcome: Outcome, reached: impl Into<Option<Phase>>, detail: &'static str) -> Row {
    Row { behaviour, outcome, reached: reached.into(), detail }
}

#[rustfmt::skip]
fn rows() -> Vec<Row> {
    use {Behaviour as B, Outcome as O, Phase as P};
    vec![
        row(B::Ok, O::Ok, P::KeyFrame, ""),
        row(B::Refused, O::Refused, P::Dns, ""),
        row(B::Dropped, O::ConnectTimeout, P::Dns, ""),
        row(B::HalfOpen, O::RtspTimeout, P::Connect, ""),
        row(B::Silent, O::RtspTimeout, P::Connect, ""),
        row(B::Close, O::Reset, P::Connect, ""),
        row(B::Reset, O::Reset, P::Connect, ""),
        row(B::ResetPlaying, O::Reset, P::Play, ""),
        row(B::Http, O::NotRtsp, P::Connect, ""),
        row(B::Ssh, O::NotRtsp, P::Connect, ""),
        row(B::Garbage, O::NoMedia, P::Play, ""),
        row(B::HalfHead, O::RtspTimeout, P::Connect, ""),
        row(B::Drip, O::RtspTimeout, P::Connect, ""),
        row(B::EndlessAnswer, O::RtspError, P::Connect, "oversized"),
        row(B::HugeHead, O::RtspError, P::Connect, "oversized"),
        row(B::LongLine, O::RtspError, P::Connect, "oversized"),
        row(B::Forbidden, O::Unauthorized, P::Connect, "forbidden"),
        row(B::NotFound, O::NotFound, P::Connect, ""),
        row(B::Busy, O::Busy, P::Connect, "453"),
        row(B::Unavailable, O::Busy, P::Connect, "503"),
        row(B::ServerError, O::RtspError, P::Connect, "500"),
        row(B::Redirect, O::RtspError, P::Connect, "redirect"),
        row(B::UdpOnly, O::Ok, P::KeyFrame, "over udp"),
        row(B::ContentTypeCharset, O::Ok, P::KeyFrame, "repaired: content type"),
        row(B::BareLf, O::Ok, P::KeyFrame, "repaired: lf"),
        row(B::SpacedTimeout, O::Ok, P::KeyFrame, "repaired: session"),
        row(B::SessionExtra, O::Ok, P::KeyFrame, "repaired: session"),
        row(B::EmptyHeader, O::Ok, P::KeyFrame, "repaired: empty header"),
        row(B::NoReason, O::Ok, P::KeyFrame, "repaired: no reason"),
        row(B::NoCseq, O::Ok, P::KeyFrame, "repaired: cseq"),
        row(B::BadSdp, O::RtspError, P::Connect, "description"),
        row(B::EmptyFormat, O::RtspError, P::Connect, "panic"),
        row(B::EmptyFormat2, O::RtspError, P::Connect, "description"),
        row(B::NoMediaSection, O::NoMedia, P::Connect, ""),
        row(B::AudioOnly, O::NoMedia, P::Describe, ""),
        row(B::Vp8, O::UnsupportedCodec, P::Describe, ""),
        row(B::OtherHostBase, O::Ok, P::KeyFrame, ""),
        row(B::OtherHostTool, O::Ok, P::KeyFrame, ""),
        row(B::HugeTimeout, O::Ok, P::KeyFrame, ""),
        row(B::Timeout65, O::Ok, P::KeyFrame, ""),
        row(B::OneSecond, O::Ok, P::KeyFrame, ""),
        row(B::TeardownHang, O::Ok, P::KeyFrame, ""),
        row(B::ServerRequest, O::Ok, P::KeyFrame, ""),
        row(B::NoMedia, O::NoMedia, P::Play, ""),
        row(B::NoKeyframe, O::NoKeyframe, P::FirstFrame, ""),
        row(B::IntraRefresh, O::Ok, P::KeyFrame, "recovery point"),
        row(B::Stall, O::NoKeyframe, P::Play, ""),
        row(B::StallLater, O::Ok, P::KeyFrame, ""),
        row(B::EndMedia, O::NoKeyframe, P::Play, ""),
        row(B::PanicPush, O::NoKeyframe, None, "panic"),
        row(B::EndlessFrame, O::NoKeyframe, P::Play, "cap"),
        row(B::MidFragment, O::Ok, P::KeyFrame, ""),
        row(B::ForeignSsrc, O::Ok, P::KeyFrame, ""),
        row(B::BadTimestamps, O::Ok, P::KeyFrame, ""),
        row(B::OutOfOrder, O::Ok, P::KeyFrame, ""),
        row(B::WrongPayloadType, O::Ok, P::KeyFrame, ""),
        row(B::Lossy, O::Lossy, P::KeyFrame, "packets lost"),
        row(B::Slow, O::Slow, P::KeyFrame, "frames a second"),
        row(B::Frozen, O::Ok, P::KeyFrame, ""),
        row(B::Black, O::Ok, P::KeyFrame, ""),
    ]
}

/// Whatever goes wrong is called by its name, in time, by one connection that leaves no session behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_way_to_fail_has_its_outcome_and_ends_in_time() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    let stranger = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let other_host = stranger.local_addr().unwrap();
    let (fleet, prober) = (&fleet, &prober);
    let wrong: Vec<String> = futures_util::stream::iter(rows())
        .map(|row| async move {
            let mut options = CameraOptions::named(row.behaviour.as_str()).behaviour(row.behaviour);
            options.other_host = Some(other_host);
            options.keep_requests = true;
            if row.behaviour == Behaviour::OtherHostTool {
                let scheme = Scheme::Basic;
                options.auth = Some(Auth { scheme, ..Auth::new("admin", "pw") });
            }
            let camera = fleet.add(options).await.unwrap();
            let mut request = request(camera.url(), Depth::Frame, Duration::from_secs(4));
            request.login = (row.behaviour == Behaviour::OtherHostTool).then(|| login("pw"));
            let report = probe(prober, &request).await;
            verdict(&row, &report, &camera)
        })
        .buffer_unordered(6)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    prober.idle().await;
    for camera in fleet.cameras() {
        let stats = camera.stats();
        assert!(stats.connections_total <= 1, "{}: one connection a probe: {stats:?}", camera.name());
        // Where the camera itself hangs up there is nobody left to say farewell to.
        let hangs_up =
            matches!(camera.behaviour(), Behaviour::EndMedia | Behaviour::ResetPlaying | Behaviour::OtherHostTool);
        let farewells = camera.requests().iter().filter(|request| request.starts_with("TEARDOWN ")).count();
        assert!(hangs_up || farewells as u64 == stats.sessions_total, "{}: {stats:?}", camera.name());
    }
    let knocked = tokio::time::timeout(Duration::from_millis(100), stranger.accept()).await;
    assert!(knocked.is_err(), "a camera made the probe connect to another host");
}

fn verdict(row: &Row, report: &Report, camera: &SimCamera) -> Option<String> {
    let seen = &report.seen;
    let reached = seen.phases_ms.keys().next_back().copied();
    let detail = seen.detail.as_deref().unwrap_or_default();
    let right = seen.outcome == row.outcome
        && row.reached.is_none_or(|expected| reached == Some(expected))
        && detail.contains(row.detail)
        && report.panicked == (row.detail == "panic");
    (!right).then(|| format!("{}: {} after {reached:?} ({detail}), {:?}", camera.name(), seen.outcome, report.log))
}

/// Every format, over either transport, at every depth, with a picture where one was asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_format_is_read_over_tcp_and_udp() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    for (codec, name, begins) in [
        (Codec::H264, "h264", &[0, 0, 0, 1, 0x67][..]),
        (Codec::H265, "h265", &[0, 0, 0, 1, 0x40]),
        (Codec::H265OpenGop, "h265", &[0, 0, 0, 1, 0x40]),
        (Codec::Mjpeg, "jpeg", &[0xff, 0xd8]),
    ] {
        let camera = fleet.add(CameraOptions::named(&format!("{codec:?}")).codec(codec)).await.unwrap();
        for transport in [Transport::Tcp, Transport::Udp] {
            let request = Request { transport, ..request(camera.url(), Depth::Picture, Duration::from_secs(8)) };
            let report = probe(&prober, &request).await;
            assert_eq!(report.seen.outcome, Outcome::Ok, "{codec:?} over {transport:?}: {report:?}");
            let stream = report.seen.stream.as_ref().unwrap();
            assert_eq!(stream.codec.as_deref(), Some(name));
            assert!(stream.width > Some(0) && stream.height > Some(0), "{stream:?}");
            assert!(
                (5.0..60.0).contains(&stream.frames_per_second.unwrap()),
                "{codec:?} over {transport:?}: {stream:?}"
            );
            assert!(stream.bytes_per_second > Some(100), "{stream:?}");
            assert_eq!(stream.lost_packets, Some(0), "{codec:?} over {transport:?}");
            let interval = stream.keyframe_interval_seconds.unwrap();
            assert!((0.01..2.0).contains(&interval), "{codec:?}: {interval}");
            let frame = report.key_frame.unwrap();
            assert_eq!((frame.codec, Some(frame.width)), (name, stream.width));
            assert!(frame.data.starts_with(begins), "{codec:?}: {:x?}", &frame.data[..8]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_goes_as_deep_as_it_was_told_and_no_deeper() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    let camera = fleet.add(CameraOptions::named("deep")).await.unwrap();
    for (depth, last) in
        [(Depth::Connect, Phase::Connect), (Depth::Describe, Phase::Describe), (Depth::Frame, Phase::KeyFrame)]
    {
        let report = probe(&prober, &request(camera.url(), depth, Duration::from_secs(5))).await;
        let reached = report.seen.phases_ms.keys().next_back().copied();
        assert_eq!((report.seen.outcome, reached), (Outcome::Ok, Some(last)), "{report:?}");
        assert!(report.key_frame.is_none());
    }
    let stats = camera.stats();
    assert_eq!((stats.connections_total, stats.plays), (3, 1));
}

/// A wrong password costs one refused login for the whole device, also over a restart; a path that dies is still seen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_costs_one_refused_login_and_the_camera_is_still_looked_at() {
    let fleet = fleet().await;
    let gate = Gate::new(Vec::new(), [3; 16]);
    let prober = Prober::new(gate.clone());
    let mut options = CameraOptions::named("guarded");
    options.auth = Some(Auth { lock_after: Some(5), ..Auth::new("admin", "right") });
    let camera = fleet.add(options).await.unwrap();
    let request =
        Request { login: Some(login("wrong")), ..request(camera.url(), Depth::Frame, Duration::from_secs(3)) };
    for _ in 0..4 {
        assert_eq!(probe(&prober, &request).await.seen.outcome, Outcome::Unauthorized);
    }
    assert_eq!((camera.stats().logins_refused, camera.stats().connections_total), (1, 4));

    let after_restart = Prober::new(Gate::new(gate.kept(), [3; 16]));
    assert_eq!(probe(&after_restart, &request).await.seen.outcome, Outcome::Unauthorized);
    assert_eq!(camera.stats().logins_refused, 1);

    camera.set(Behaviour::Refused).await.unwrap();
    assert_eq!(probe(&prober, &request).await.seen.outcome, Outcome::Refused);
    camera.set(Behaviour::Ok).await.unwrap();
    let request = Request { login: Some(login("right")), ..request };
    assert_eq!(probe(&prober, &request).await.seen.outcome, Outcome::Ok);
    assert_eq!(camera.stats().logins_refused, 1);
}

/// Sixteen channels of one recorder, all at once, with a wrong password: one refused login.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_channels_share_one_refused_login() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    let mut channels = Vec::new();
    for i in 0..16 {
        let mut options = CameraOptions::named(&format!("channel-{i}"));
        options.shared_address = true;
        options.auth = Some(Auth::new("admin", "right"));
        channels.push(fleet.add(options).await.unwrap());
    }
    let requests: Vec<_> = channels
        .iter()
        .map(|c| Request { login: Some(login("wrong")), ..request(c.url(), Depth::Frame, Duration::from_secs(3)) })
        .collect();
    let outcomes = futures_util::future::join_all(requests.iter().map(|r| probe(&prober, r))).await;
    assert!(outcomes.iter().all(|r| r.seen.outcome == Outcome::Unauthorized), "{outcomes:?}");
    assert_eq!(channels.iter().map(|c| c.stats().logins_refused).sum::<u64>(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_scheme_logs_in_and_the_best_is_taken() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    for scheme in [Scheme::Basic, Scheme::DigestMd5, Scheme::DigestSha256, Scheme::BasicAndDigestSha256] {
        let mut options = CameraOptions::named(&format!("{scheme:?}"));
        options.auth = Some(Auth { scheme, ..Auth::new("admin", "p w:%") });
        options.keep_requests = true;
        let camera = fleet.add(options).await.unwrap();
        let request =
            Request { login: Some(login("p w:%")), ..request(camera.url(), Depth::Frame, Duration::from_secs(5)) };
        let report = probe(&prober, &request).await;
        assert_eq!(report.seen.outcome, Outcome::Ok, "{scheme:?}: {report:?}");
        prober.idle().await;
        let requests = camera.requests();
        let basic = requests.iter().any(|r| r.contains("Authorization: Basic"));
        assert_eq!(basic, scheme == Scheme::Basic, "{requests:?}");
        // The camera sees itself and us, not the relay and the library.
        assert!(requests.iter().all(|r| r.contains(camera.url().as_str()) && r.contains("camwatch/")), "{requests:?}");
        assert!(!report.log.iter().any(|line| line.to_string().contains("p w")), "{report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_that_wants_a_login_that_nobody_has_is_unauthorized_and_a_stale_one_is_only_suspect() {
    let fleet = fleet().await;
    let gate = Gate::default();
    let prober = Prober::new(gate.clone());
    let mut options = CameraOptions::named("wants");
    options.auth = Some(Auth::new("admin", "right"));
    let camera = fleet.add(options).await.unwrap();
    let bare = request(camera.url(), Depth::Frame, Duration::from_secs(3));
    assert_eq!(probe(&prober, &bare).await.seen.outcome, Outcome::Unauthorized);
    assert_eq!(camera.stats().logins_refused, 0);

    let request = Request { login: Some(login("right")), ..bare };
    camera.set(Behaviour::HangUp).await.unwrap();
    let seen = probe(&prober, &request).await.seen;
    assert_eq!(seen.outcome, Outcome::Incompatible, "it works, and we cannot see it: {:?}", seen.detail);

    camera.set(Behaviour::StaleNonce).await.unwrap();
    assert_eq!(probe(&prober, &request).await.seen.outcome, Outcome::Unauthorized);
    assert!(gate.refused_credentials().is_empty(), "a stale nonce says nothing about the password");
    camera.set(Behaviour::Ok).await.unwrap();
    assert_eq!(probe(&prober, &request).await.seen.outcome, Outcome::Ok);
}

/// The turn of a camera passes on when its session is torn down, and a probe that nobody waits for is torn down too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_camera_sees_one_connection_at_a_time_and_always_a_farewell() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    let camera = fleet.add(CameraOptions::named("one")).await.unwrap();
    let frame = request(camera.url(), Depth::Frame, Duration::from_secs(10));
    futures_util::future::join_all((0..3).map(|_| prober.probe(&frame))).await;
    let dropped = tokio::time::timeout(Duration::from_millis(300), prober.probe(&frame)).await;
    assert!(dropped.is_err(), "it measures for a second");
    prober.idle().await;
    // The camera learns of our end of the connection a moment after us.
    for _ in 0..100 {
        if camera.stats().connections_now == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let stats = camera.stats();
    assert_eq!((stats.connections_max, stats.connections_now, stats.abandoned), (1, 0, 0), "{stats:?}");
    assert_eq!((stats.sessions_total, stats.teardowns), (4, 4), "{stats:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_refuses_tcp_is_asked_over_udp_at_once_the_next_time() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    let mut options = CameraOptions::named("udp").behaviour(Behaviour::UdpOnly);
    options.keep_requests = true;
    let camera = fleet.add(options).await.unwrap();
    let request = request(camera.url(), Depth::Frame, Duration::from_secs(5));
    for setups in [2, 3] {
        let report = probe(&prober, &request).await;
        assert_eq!(report.seen.outcome, Outcome::Ok, "{report:?}");
        prober.idle().await;
        assert_eq!(camera.requests().iter().filter(|r| r.starts_with("SETUP")).count(), setups);
    }
    assert_eq!(camera.stats().abandoned, 0);
}

/// Names and addresses that lead nowhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_that_leads_nowhere_is_called_by_what_is_wrong_with_it() {
    let prober = Prober::new(Gate::default());
    for (url, outcome) in [
        ("rtsp://no-such-host.invalid/x", Outcome::Dns),
        ("rtsp://255.255.255.255/x", Outcome::Unreachable),
        ("rtsp://127.0.0.1:1/x", Outcome::Refused),
    ] {
        let report = probe(&prober, &request(url.parse().unwrap(), Depth::Connect, Duration::from_secs(3))).await;
        assert_eq!(report.seen.outcome, outcome, "{url}: {report:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn literal_ipv6_addresses_are_probed() {
    let Ok(probe_of_host) = TcpListener::bind("[::1]:0").await else { return };
    let address = probe_of_host.local_addr().unwrap();
    drop(probe_of_host);
    let fleet = fleet().await;
    let mut options = CameraOptions::named("six");
    options.address = Some(address);
    let camera = fleet.add(options).await.unwrap();
    for transport in [Transport::Tcp, Transport::Udp] {
        let request = Request { transport, ..request(camera.url(), Depth::Frame, Duration::from_secs(5)) };
        let report = probe(&Prober::new(Gate::default()), &request).await;
        assert_eq!(report.seen.outcome, Outcome::Ok, "{transport:?}: {report:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_an_answer_and_silence_is_none() {
    let host_port = |port| camwatch::inventory::HostPort { host: "127.0.0.1".into(), port };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    assert!(camwatch::probe::reachable(&host_port(port), Duration::from_secs(1)).await);
    assert!(camwatch::probe::reachable(&host_port(1), Duration::from_secs(1)).await, "refused");
    let fleet = fleet().await;
    let camera = fleet.add(CameraOptions::named("cut").behaviour(Behaviour::Dropped)).await.unwrap();
    let cut = camwatch::inventory::HostPort { host: camera.address().ip().to_string(), port: camera.address().port() };
    assert!(!camwatch::probe::reachable(&cut, Duration::from_millis(300)).await);
}

fn certificate() -> (rcgen::CertifiedKey<rcgen::KeyPair>, std::sync::Arc<rustls::ServerConfig>) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    (made, std::sync::Arc::new(config))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rtsps_is_trusted_by_system_by_fingerprint_or_as_it_is() {
    use sha2::Digest as _;
    let (made, tls) = certificate();
    let right: [u8; 32] = sha2::Sha256::digest(made.cert.der()).into();
    let fleet = Fleet::start(FleetOptions { tls: Some(tls), ..FleetOptions::default() }).await.unwrap();
    let camera = fleet.add(CameraOptions::named("tls")).await.unwrap();
    let prober = Prober::new(Gate::default());
    for (policy, outcome) in [
        (TlsPolicy::System, Outcome::Tls),
        (TlsPolicy::Any, Outcome::Ok),
        (TlsPolicy::Fingerprint(right), Outcome::Ok),
        (TlsPolicy::Fingerprint([1; 32]), Outcome::Tls),
    ] {
        let request = Request { tls: policy.clone(), ..request(camera.url(), Depth::Frame, Duration::from_secs(5)) };
        let report = probe(&prober, &request).await;
        assert_eq!(report.seen.outcome, outcome, "{policy:?}: {report:?}");
        assert_eq!(report.seen.phases_ms.contains_key(&Phase::Tls), outcome == Outcome::Ok);
    }
    assert_eq!(camera.stats().abandoned, 0);
}

/// A certificate for the first camera of a fleet (127.64.1.1) by a private authority, good until a year, with the authority's certificate as PEM.
fn signed_certificate(good_until: i32) -> (String, std::sync::Arc<rustls::ServerConfig>) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.distinguished_name.push(rcgen::DnType::CommonName, "the commune's own authority");
    let root = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);

    let key = rcgen::KeyPair::generate().unwrap();
    let mut camera = rcgen::CertificateParams::new(vec!["127.64.1.1".to_owned()]).unwrap();
    camera.not_before = rcgen::date_time_ymd(2020, 1, 1);
    camera.not_after = rcgen::date_time_ymd(good_until, 1, 1);
    let certificate = camera.signed_by(&key, &issuer).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config =
        rustls::ServerConfig::builder_with_provider(std::sync::Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
    (root.pem(), std::sync::Arc::new(config))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_has_expired_is_refused_where_the_system_is_asked_and_taken_where_it_is_pinned() {
    for (good_until, outcome) in [(2021, "tls"), (2090, "ok")] {
        let (authority, tls) = signed_certificate(good_until);
        let fleet = Fleet::start(FleetOptions { tls: Some(tls), ..FleetOptions::default() }).await.unwrap();
        let camera = fleet.add(CameraOptions::named("tls")).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("authority.pem");
        std::fs::write(&file, authority).unwrap();
        // The system's trust is read once a process, so that this one is a process of its own.
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_camwatch"));
        command.args(["probe", "--json", camera.url().as_str()]).env("SSL_CERT_FILE", &file).env_remove("SSL_CERT_DIR");
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let line: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(line["outcome"], outcome, "{good_until}: {line}");
        if outcome == "tls" {
            assert!(line["detail"].as_str().unwrap().contains("expired"), "{line}");
        }
        let request = Request { tls: TlsPolicy::Any, ..request(camera.url(), Depth::Frame, Duration::from_secs(5)) };
        assert_eq!(probe(&Prober::new(Gate::default()), &request).await.seen.outcome, Outcome::Ok);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_without_tls_fails_the_handshake() {
    let fleet = fleet().await;
    let prober = Prober::new(Gate::default());
    for behaviour in [Behaviour::Ok, Behaviour::Silent, Behaviour::Http] {
        let camera = fleet.add(CameraOptions::named(behaviour.as_str()).behaviour(behaviour)).await.unwrap();
        let url = camera.url().as_str().replace("rtsp://", "rtsps://").parse().unwrap();
        let request = Request { tls: TlsPolicy::Any, ..request(url, Depth::Frame, Duration::from_secs(2)) };
        assert_eq!(probe(&prober, &request).await.seen.outcome, Outcome::Tls, "{behaviour}");
    }
}
