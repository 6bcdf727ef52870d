//! What a probe calls each way in which a camera or the line to it can fail, against cameras that fail so.

use std::io;
use std::time::{Duration, Instant};

use camwatch::inventory::{CameraId, Depth, TlsPolicy, Transport};
use camwatch::observation::{Outcome, Phase};
use camwatch::probe::{Gate, Login, Prober, Report, Request};
use camwatch::secret::Secret;
use camwatch::simulate::{Auth, Behaviour, CameraOptions, Codec, Fleet, FleetOptions, Scheme, SimCamera};
use futures_util::StreamExt as _;
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
    }
}

fn login(password: &str) -> Login {
    Login { credential: None, username: "admin".into(), password: Secret::new(password) }
}

async fn probe(prober: &Prober, request: &Request) -> Report {
    let start = Instant::now();
    let report = prober.probe(request).await;
    let took = start.elapsed();
    assert!(took <= request.timeout + GRACE, "{}: {took:?}: {report:?}", request.url);
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
        let hangs = camera.behaviour() == Behaviour::TeardownHang;
        assert!(stats.connections_total <= 1, "{}: {stats:?}", camera.name());
        assert!(hangs || stats.abandoned == 0 || stats.teardowns > 0, "{}: {stats:?}", camera.name());
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

fn _unused(_: Codec, _: io::Error) {}
