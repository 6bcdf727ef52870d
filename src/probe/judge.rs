//! From what was seen to an outcome: by types and phases, never by the text of a message.
//!
//! Three witnesses, in order of rank: what our own socket saw, the phase that was reached and which deadline struck, the
//! status of the answer. Pure.

use std::io;

use super::meter::Meter;
use super::relay::{End, Facts, Seen};
use super::view::Stop;
use crate::dial::is_our_own;
use crate::observation::{Outcome, Phase};

/// A stream is slow when it has less than this part of the frames that it declares. Not a half: encoders that declare
/// fields for frames are off by two, and at night cameras halve their rate.
const SLOW: f64 = 0.45;

/// Seconds of media that must have been seen before a stream is called slow.
const SLOW_AFTER: f64 = 1.0;

/// A stream is lossy when more than this part of its packets is lost...
const LOSSY: f64 = 0.05;

/// ...of at least so many that should have come...
const LOSSY_AFTER: u64 = 20;

/// ...and at least so many were lost.
const LOSSY_FROM: u64 = 3;

type Verdict = (Outcome, Option<String>);

/// Why a probe did not reach its depth.
pub(crate) fn failure(phase: Phase, stop: &Stop, facts: &Facts, any_media: bool) -> Verdict {
    let media = if any_media { Outcome::NoKeyframe } else { Outcome::NoMedia };
    let in_media = phase >= Phase::FirstFrame;
    if let Stop::Library(Some(status)) = stop
        && !(200..300).contains(status)
    {
        return refusal(*status, facts);
    }
    match &facts.end {
        None | Some(End::Library) => {}
        Some(End::Monitor(error)) => return (Outcome::Busy, Some(format!("monitor: {error}"))),
        Some(End::NotRtsp) => return (Outcome::NotRtsp, None),
        Some(End::Oversized) if !in_media => return (Outcome::RtspError, says("oversized")),
        Some(End::Malformed) if !in_media => return (Outcome::RtspError, says("parser")),
        Some(End::Oversized | End::Malformed) => return (media, says("garbage")),
        // Some ask for a login and hang up, and want it on a new connection: they work, and we cannot see it.
        Some(End::Closed | End::Failed(_)) if facts.login == Seen::Unanswered => {
            return (Outcome::Incompatible, says("closed when the login was due"));
        }
        Some(End::Cap) => return (Outcome::NoKeyframe, says("cap")),
        Some(End::Closed) if in_media => return (media, says("closed")),
        Some(End::Closed) => return (Outcome::Reset, says("closed")),
        Some(End::Failed(error)) => return failed(error),
    }
    match stop {
        Stop::TimedOut | Stop::Library(_) if in_media => (media, None),
        Stop::TimedOut if facts.at_the_gate => (Outcome::Busy, says("another login to this device is unanswered")),
        Stop::TimedOut => (Outcome::RtspTimeout, None),
        Stop::NoVideo => (Outcome::NoMedia, says("no video")),
        Stop::Unsupported | Stop::Unreadable => (Outcome::UnsupportedCodec, None),
        Stop::Ended => (media, says("closed")),
        Stop::Library(Some(_)) if phase == Phase::Describe => description(facts),
        Stop::Library(Some(_)) if !facts.sound => (Outcome::RtspError, says("no session")),
        // Nothing was wrong with what the relay saw, and the library refused it all the same.
        Stop::Library(_) => (Outcome::Incompatible, None),
    }
}

/// The camera made the library panic.
pub(crate) fn panicked(phase: Phase) -> Verdict {
    let outcome = if phase >= Phase::FirstFrame { Outcome::NoKeyframe } else { Outcome::RtspError };
    (outcome, says("panic"))
}

/// The key frame came: how good is the rest?
pub(crate) fn success(declared_rate: Option<f64>, meter: Option<&Meter>) -> Verdict {
    let Some(meter) = meter else { return (Outcome::Ok, None) };
    let (received, lost) = (meter.received(), meter.lost());
    if received + lost >= LOSSY_AFTER && lost >= LOSSY_FROM && meter.loss() > LOSSY {
        return (Outcome::Lossy, Some(format!("{:.0} % of packets lost", meter.loss() * 100.0)));
    }
    if let (Some(declared), Some(rate)) = (declared_rate, meter.frames_per_second())
        && meter.seconds() >= SLOW_AFTER
        && rate < declared * SLOW
    {
        return (Outcome::Slow, Some(format!("{rate:.1} of {declared:.1} frames a second")));
    }
    (Outcome::Ok, None)
}

/// Whether a stream seems slow or lossy so far: reason to look longer.
pub(crate) fn looks_bad(declared_rate: Option<f64>, meter: &Meter) -> bool {
    let slow = declared_rate.zip(meter.frames_per_second()).is_some_and(|(declared, rate)| rate < declared * SLOW);
    slow || meter.loss() > LOSSY
}

#[allow(clippy::unnecessary_wraps)] // A verdict's second half, as its neighbours write it.
fn says(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn refusal(status: u16, facts: &Facts) -> Verdict {
    match status {
        401 => {
            if let Some(closed) = &facts.closed {
                let outcome = if closed.is_doubt() { Outcome::Busy } else { Outcome::Unauthorized };
                return (outcome, Some(closed.to_string()));
            }
            let detail = match facts.login {
                Seen::Refused | Seen::NotTried => "login refused",
                Seen::Suspect => "login neither taken nor refused",
                Seen::Missing | Seen::None | Seen::Unanswered => "no login for what it asks",
                Seen::Accepted => "login taken, then refused",
            };
            (Outcome::Unauthorized, says(detail))
        }
        403 => (Outcome::Unauthorized, says("forbidden: locked, or not permitted")),
        404 => (Outcome::NotFound, None),
        453 | 503 => (Outcome::Busy, Some(format!("status {status}"))),
        300..=399 => (Outcome::RtspError, says("redirect")),
        _ => (Outcome::RtspError, Some(format!("status {status}"))),
    }
}

fn description(facts: &Facts) -> Verdict {
    match &facts.glance {
        Some(glance) if glance.readable && !glance.any_media => (Outcome::NoMedia, says("no media described")),
        Some(glance) if glance.sound => (Outcome::Incompatible, None),
        _ => (Outcome::RtspError, says("description")),
    }
}

fn failed(error: &io::Error) -> Verdict {
    match error.kind() {
        // What rustls calls whatever is wrong with a peer's TLS.
        io::ErrorKind::InvalidData => (Outcome::Tls, Some(error.to_string())),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => (Outcome::Unreachable, None),
        _ if is_our_own(error) => (Outcome::Busy, Some(format!("monitor: {error}"))),
        _ => (Outcome::Reset, None),
    }
}
