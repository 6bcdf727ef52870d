//! One probe from its first lookup to its last word: a task of its own, so that whatever happens in it stays in it.

use std::pin::pin;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;
use url::Url;

use super::contain::contained;
use super::keyframe::Entry;
use super::meter::Meter;
use super::relay::{Plan, Relay};
use super::view::{self, Notes, Reached, Stop, Viewer};
use super::{KeyFrame, Report, Request, Shared, Step, judge, message};
use crate::dial::{Dialler, Limits as DialLimits};
use crate::gate::Door;
use crate::inventory::{Depth, HostPort};
use crate::observation::{CameraSeen, Outcome, Phase, Stream};

/// How long a camera may take to answer TEARDOWN.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

/// And where the stream seems slow or lossy: a second look before it is said.
const SECOND_LOOK: f64 = 2.0;

/// How long the stream is looked at behind its key frame, at most; probes for pictures wait for a second key frame.
const BUDGET: Duration = Duration::from_secs(3);
const BUDGET_OF_PICTURES: Duration = Duration::from_secs(5);

/// The deadline of a step: a part of the whole, but never less than a slow line needs.
fn share(whole: Duration, floor: u64, tenths: u32) -> Duration {
    Duration::from_secs(floor).max(whole * tenths / 10)
}

/// What a probe came to, before it is put into words.
struct Found {
    outcome: Outcome,
    details: Vec<String>,
    stream: Option<Stream>,
    received: u64,
    key_frame: Option<KeyFrame>,
    panicked: bool,
    log: Vec<Step>,
}

impl Found {
    fn new(outcome: Outcome, detail: Option<String>) -> Self {
        Self {
            outcome,
            details: detail.into_iter().collect(),
            stream: None,
            received: 0,
            key_frame: None,
            panicked: false,
            log: Vec::new(),
        }
    }
}

/// Looks once, tells `answer`, and tears the session down. Where nobody waits for the answer any more it tears down at
/// once.
pub(super) async fn run(
    shared: &Shared,
    request: &Request,
    started: Instant,
    phase: Arc<AtomicU8>,
    answer: oneshot::Sender<Report>,
) {
    let mut notes = Notes { phases: Vec::new(), phase, codec: None, size: None, declared_rate: None, errors: 0 };
    let mut answer = answer;
    let mut relay = None;
    let found = tokio::select! {
        found = look(shared, request, started, &mut notes, &mut relay) => found,
        () = answer.closed() => None,
    };
    if let Some(found) = found {
        // Nobody may wait any more; the farewell below is due all the same.
        let _ = answer.send(report(request, started, &notes, found));
    }
    if let Some(relay) = &mut relay {
        relay.tear_down(FAREWELL).await;
    }
}

/// A report for a probe whose task did not answer in time.
pub(super) fn overdue(request: &Request, started: Instant, phase: Phase) -> Report {
    let notes = Notes {
        phases: Vec::new(),
        phase: Arc::new(AtomicU8::new(phase as u8)),
        codec: None,
        size: None,
        declared_rate: None,
        errors: 0,
    };
    let outcome = match phase {
        Phase::Dns => Outcome::Dns,
        Phase::Connect => Outcome::ConnectTimeout,
        Phase::Tls => Outcome::Tls,
        Phase::Describe | Phase::Setup | Phase::Play => Outcome::RtspTimeout,
        Phase::FirstFrame => Outcome::NoMedia,
        Phase::KeyFrame => Outcome::NoKeyframe,
    };
    report(request, started, &notes, Found::new(outcome, Some("overdue".to_owned())))
}

/// A report for a camera that another probe holds.
pub(super) fn occupied(request: &Request, started: Instant) -> Report {
    let notes =
        Notes { phases: Vec::new(), phase: Arc::default(), codec: None, size: None, declared_rate: None, errors: 0 };
    let detail = "another probe of this camera is running".to_owned();
    report(request, started, &notes, Found::new(Outcome::Busy, Some(detail)))
}

async fn look(
    shared: &Shared,
    request: &Request,
    started: Instant,
    notes: &mut Notes,
    relay: &mut Option<Relay>,
) -> Option<Found> {
    let whole = started + request.timeout;
    let Some(target) = HostPort::of(&request.url) else {
        return Some(Found::new(Outcome::Dns, Some("no host in the URL".to_owned())));
    };
    let dialler = Dialler {
        resolver: &shared.resolver,
        trust: &shared.trust,
        target: &target,
        tls: (request.url.scheme() == "rtsps").then_some(&request.tls),
    };
    let limits = DialLimits { connect: share(request.timeout, 3, 3), tls: share(request.timeout, 3, 3), whole };
    let (begun, mut done) = (Arc::clone(&notes.phase), Vec::new());
    let connected = dialler
        .dial(&limits, |phase| begun.store(phase as u8, std::sync::atomic::Ordering::Relaxed), &mut |phase, took| {
            done.push((phase, took));
        })
        .await;
    notes.phases.append(&mut done);
    let wire = match connected {
        Ok(wire) => wire,
        Err(failure) => return Some(Found::new(failure.outcome, failure.detail)),
    };
    if request.depth == Depth::Connect {
        return Some(Found::new(Outcome::Ok, None));
    }
    let choice = Arc::new(OnceLock::new());
    let key = shared.key_of(&request.url);
    let transport = shared.transport(&key, request.transport);
    let plan = Plan {
        authority: format!("{}://{target}", request.url.scheme()),
        door: request.login.as_ref().map(|login| Door::new(&target, &login.username)),
        login: request.login.clone(),
        gate: shared.gate.clone(),
        transport,
        timeout: request.timeout,
        choice: Arc::clone(&choice),
        phase: Arc::clone(&notes.phase),
    };
    let made = match Relay::new(plan, wire).await {
        Ok(made) => relay.insert(made),
        Err(error) => return Some(Found::new(Outcome::Busy, Some(format!("monitor: {error}")))),
    };
    let own_url = format!("{}{}", made.own_authority(), message::path_of(request.url.as_str()).unwrap_or("/"));
    let Ok(own_url) = Url::parse(own_url.split('#').next().unwrap_or(&own_url)) else {
        return Some(Found::new(Outcome::Incompatible, Some("url".to_owned())));
    };
    let token = made.token().to_owned();
    let limits = view::Limits {
        describe: share(request.timeout, 5, 5),
        setup: share(request.timeout, 3, 3),
        play: share(request.timeout, 5, 5),
        whole,
    };
    let viewer =
        Viewer { url: own_url, token: &token, depth: request.depth, limits, choice: &choice, notes: &mut *notes };
    let end = serve(viewer, made).await;
    if made.facts.turned_to_udp && made.facts.status.is_some_and(|status| status < 300) {
        shared.learn_udp(&key);
    }
    Some(conclude(end, request, notes, made, whole).await)
}

/// From how the look ended to what it found; measures the stream where there is one.
async fn conclude(
    end: std::thread::Result<Result<Reached, Stop>>,
    request: &Request,
    notes: &Notes,
    made: &mut Relay,
    whole: Instant,
) -> Found {
    let mut found = match end {
        Ok(Ok(Reached::Description)) => Found::new(Outcome::Ok, None),
        Ok(Ok(Reached::KeyFrame { entry, frame })) => {
            if !request.watch.is_zero() {
                measure(request, notes, made, whole).await;
            }
            let (outcome, detail) = judge::success(notes.declared_rate, made.meter());
            let mut found = Found::new(outcome, detail);
            if matches!(entry, Entry::RecoveryPoint(_)) {
                found.details.push("recovery point, no IDR".to_owned());
            }
            found.key_frame = frame;
            found
        }
        Ok(Err(stop)) => {
            let phase = notes.now();
            let not_rtsp = matches!(stop, Stop::TimedOut) && phase == Phase::Describe && made.holds_something_else();
            let (outcome, detail) = if not_rtsp {
                (Outcome::NotRtsp, None)
            } else {
                judge::failure(phase, &stop, &made.facts, made.meter().is_some())
            };
            let mut found = Found::new(outcome, detail);
            if notes.errors > 0 {
                found.details.push(format!("{} damaged packets", notes.errors));
            }
            found
        }
        Err(_) => {
            let (outcome, detail) = judge::panicked(notes.now());
            Found { panicked: true, ..Found::new(outcome, detail) }
        }
    };
    if made.facts.turned_to_udp {
        found.details.push("over udp".to_owned());
    }
    if !made.facts.repairs.is_empty() {
        found.details.push(made.facts.repairs.to_string());
    }
    found.received = made.facts.received;
    found.log = std::mem::take(&mut made.facts.log);
    found.stream = stream(notes, made.meter());
    found
}

/// The library's side and the relay, in one task: a packet wakes it once, and neither outlives the other's use.
///
/// # Errors
/// Where the library panicked over what a camera sent; its state is thrown away with it.
async fn serve(viewer: Viewer<'_>, relay: &mut Relay) -> std::thread::Result<Result<Reached, Stop>> {
    let looking = pin!(viewer.look());
    let mut looking = contained(looking);
    let mut serving = pin!(relay.run());
    let mut served = false;
    loop {
        tokio::select! {
            biased;
            () = &mut serving, if !served => served = true,
            end = &mut looking => return end,
        }
    }
}

/// Looks at the stream behind its key frame until its rates are known. The library is no longer needed for that.
async fn measure(request: &Request, notes: &Notes, relay: &mut Relay, whole: Instant) {
    let since = Instant::now();
    let wants_second_key_frame = request.depth == Depth::Picture;
    let budget = if wants_second_key_frame { BUDGET_OF_PICTURES } else { BUDGET };
    // What is left of the probe is for measuring, but for a moment to say so in.
    let deadline = (since + budget).min(whole.checked_sub(Duration::from_millis(50)).unwrap_or(whole));
    relay
        .measure(deadline, |meter: &Meter| {
            let window =
                if judge::looks_bad(notes.declared_rate, meter) { SECOND_LOOK } else { request.watch.as_secs_f64() };
            meter.seconds() >= window && (!wants_second_key_frame || meter.key_frame_interval().is_some())
        })
        .await;
}

fn stream(notes: &Notes, meter: Option<&Meter>) -> Option<Stream> {
    let codec = notes.codec.clone()?;
    let size = notes.size;
    let tenths = |value: f64, of: f64| (value * of).round() / of;
    Some(Stream {
        codec: Some(codec),
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        frames_per_second: meter.and_then(Meter::frames_per_second).map(|rate| tenths(rate, 100.0)),
        bytes_per_second: meter.and_then(Meter::bytes_per_second),
        keyframe_interval_seconds: meter.and_then(Meter::key_frame_interval).map(|s| tenths(s, 1000.0)),
        lost_packets: meter.map(Meter::lost),
    })
}

fn report(request: &Request, started: Instant, notes: &Notes, found: Found) -> Report {
    let milliseconds = |took: Duration| (took.as_secs_f64() * 1e5).round() / 100.0;
    let detail = found.details.join("; ");
    let mut log: Vec<_> = notes.phases.iter().map(|(phase, took)| Step::Phase(*phase, milliseconds(*took))).collect();
    log.extend(found.log);
    Report {
        seen: CameraSeen {
            camera: request.camera.clone(),
            outcome: found.outcome,
            depth: request.depth,
            phases_ms: notes.phases.iter().map(|(phase, took)| (*phase, milliseconds(*took))).collect(),
            stream: found.stream,
            picture: None,
            detail: Some(plain(&detail)).filter(|d| !d.is_empty()),
        },
        took: started.elapsed(),
        received_bytes: found.received,
        key_frame: found.key_frame,
        panicked: found.panicked,
        log,
    }
}

/// What a camera may have put into an error goes into one line of bounded length.
fn plain(text: &str) -> String {
    const LONGEST: usize = 200;
    text.chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}
