//! Retention: how far back one can look, what is missing, and what that is called.
//!
//! Pure arithmetic over what a recorder says it holds of one camera. Days are calendar days in the daemon's time zone;
//! one segment makes a day present; today is never counted. Which days were ever seen is [`Presence`]'s, how much disks
//! can hold is [`forecast`]'s.

mod forecast;
mod presence;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::Span;
use crate::observation::{RecordMode, Recording};

pub use forecast::{forecast, is_falling, is_too_little};
pub use presence::{Missing, Presence, missing};

/// How old the newest recording of a camera that records continuously may be; recorders index with a delay of some
/// minutes.
pub const FRESH: SignedDuration = SignedDuration::from_mins(30);
/// How old it may be where recordings are made on events only.
pub const FRESH_ON_EVENTS: SignedDuration = SignedDuration::from_hours(72);
/// A clock that is off by so much makes the device's days unusable.
const UNTRUSTED_CLOCK: f64 = 12.0 * 3600.0;
/// Recordings that end further in the future than this were dated by a clock that was wrong.
const FUTURE: SignedDuration = SignedDuration::from_hours(1);
/// Recordings of an earlier year were dated by a clock that had forgotten the date.
const FIRST_YEAR: i16 = 2010;
/// For how long it counts what a poll said of the newest recording, as it was then.
const SAID_LATELY: SignedDuration = SignedDuration::from_hours(1);

/// The states of retention, the first of this order that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionState {
    /// The recorder is set to record nothing of it.
    Off,
    /// Nothing is known, or nothing that can be trusted.
    Unknown,
    NotRecording,
    Gaps,
    /// Younger than the requirement, and nothing lost since its first recording: counts as compliant.
    Filling,
    Short,
    Compliant,
}

impl RetentionState {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Unknown => "unknown",
            Self::NotRecording => "not_recording",
            Self::Gaps => "gaps",
            Self::Filling => "filling",
            Self::Short => "short",
            Self::Compliant => "compliant",
        }
    }

    #[must_use]
    pub fn is_compliant(self) -> bool {
        matches!(self, Self::Filling | Self::Compliant)
    }
}

/// What is required of a camera, and how old it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Requirement {
    pub required: Duration,
    pub installed: Option<Date>,
    /// Stands in for `installed` where that is missing.
    pub first_seen: Option<Timestamp>,
    /// The earliest start of recordings that was ever seen: an oldest recording after it means that something was lost.
    pub first_recording: Option<Timestamp>,
}

/// What was last said of whether a camera is being recorded, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Freshness {
    /// When it was said, and the end of the newest recording.
    pub newest: Option<(Timestamp, Timestamp)>,
    /// When it was said, and whether the device records it.
    pub flag: Option<(Timestamp, bool)>,
}

/// What the recorder was last seen to hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holdings<'a> {
    pub recording: &'a Recording,
    pub freshness: Freshness,
    /// The recorder's clock less ours, as it was last seen.
    pub clock_offset_seconds: Option<f64>,
    /// Planned work: a day that it touches is not expected.
    pub planned: &'a [Span],
}

/// How a camera's recordings stand.
#[derive(Debug, Clone, PartialEq)]
pub struct Retention {
    pub state: RetentionState,
    /// The requirement, capped by the camera's age.
    pub required: SignedDuration,
    /// From the start of the oldest recording to now.
    pub span: Option<SignedDuration>,
    /// Full days of the window on which recordings are expected.
    pub expected_days: u32,
    /// Those of them that are present; `None` where days were not looked at.
    pub held_days: Option<u32>,
    /// Those of them that are missing though younger than the oldest recording.
    pub gap_days: Vec<Date>,
    /// The lower of held / expected and span / required, at most 1; `None` where nothing is known.
    pub compliance: Option<f64>,
}

/// Whether a device whose clock is off by so much dates recordings well enough to speak of days.
#[must_use]
pub fn is_clock_usable(offset_seconds: f64) -> bool {
    offset_seconds.abs() < UNTRUSTED_CLOCK
}

/// Recordings from before this moment were dated by a clock that had forgotten the date.
#[must_use]
pub fn earliest(zone: &TimeZone) -> Timestamp {
    midnight(jiff::civil::date(FIRST_YEAR, 1, 1), zone).unwrap_or(Timestamp::MIN)
}

/// Whether recordings are dated as if the clock had always been right: none of the future, none of before such recorders
/// were made.
#[must_use]
pub fn is_dated_well(recording: &Recording, now: Timestamp, zone: &TimeZone) -> bool {
    recording.newest.is_none_or(|newest| newest.duration_since(now) <= FUTURE)
        && recording.oldest.is_none_or(|oldest| oldest >= earliest(zone))
}

impl Freshness {
    /// Takes what a poll said at `at`.
    pub fn hear(&mut self, recording: &Recording, at: Timestamp) {
        self.newest = recording.newest.map(|newest| (at, newest)).or(self.newest);
        self.flag = recording.recording.map(|flag| (at, flag)).or(self.flag);
    }

    /// Whether a camera of this mode was being recorded when it was last said; `None` where nothing tells. Where the
    /// newest recording was told, it decides: a device's word for "recording" may lag, or mean the schedule. A device
    /// that denies it is believed no sooner than the newest recording allows.
    #[must_use]
    pub fn is_recording(&self, mode: RecordMode) -> Option<bool> {
        let fresh = |at: Timestamp, newest: Timestamp| at.duration_since(newest) <= patience(mode);
        match (self.newest, self.flag) {
            (Some((said, newest)), flag) if flag.is_none_or(|(at, _)| at <= said) => Some(fresh(said, newest)),
            (_, Some((_, true))) => Some(true),
            (Some((_, newest)), Some((said, false))) => Some(fresh(said, newest)),
            (None, Some((_, false))) if mode == RecordMode::Continuous => Some(false),
            _ => None,
        }
    }

    /// The same at `now`: what was said long ago is not taken for the present, and the newest recording of then has aged.
    fn is_recording_at(&self, mode: RecordMode, now: Timestamp) -> Option<bool> {
        let said = self.newest.map(|(said, _)| said).max(self.flag.map(|(said, _)| said))?;
        if now.duration_since(said) <= SAID_LATELY {
            return self.is_recording(mode);
        }
        self.newest.map(|(_, newest)| now.duration_since(newest) <= patience(mode))
    }
}

/// How old the newest recording may be.
#[must_use]
pub fn patience(mode: RecordMode) -> SignedDuration {
    if mode == RecordMode::Event { FRESH_ON_EVENTS } else { FRESH }
}

/// The mode that holds where a device does not say.
fn mode(recording: &Recording) -> RecordMode {
    recording.mode.unwrap_or(RecordMode::Continuous)
}

/// The days of the window, counted.
struct Days {
    /// Those without planned work.
    free: u32,
    /// Of these, the ones that could not be looked at.
    unknown: u32,
    expected: u32,
    held: u32,
    gaps: Vec<Date>,
}

impl Requirement {
    /// When the camera's age begins.
    fn born(&self, zone: &TimeZone) -> Option<Timestamp> {
        let installed = self.installed.and_then(|day| midnight(day, zone));
        installed.or_else(|| [self.first_seen, self.first_recording].into_iter().flatten().min())
    }

    /// The requirement, capped by the camera's age.
    #[must_use]
    pub fn capped(&self, now: Timestamp, zone: &TimeZone) -> SignedDuration {
        let required = self.whole();
        match self.born(zone) {
            Some(born) => required.min(now.duration_since(born).max(SignedDuration::ZERO)),
            None => required,
        }
    }

    fn whole(&self) -> SignedDuration {
        SignedDuration::try_from(self.required).unwrap_or(SignedDuration::MAX)
    }

    /// The full local days on which recordings are expected: those of the requirement that end with yesterday, from the
    /// day after the camera began.
    #[must_use]
    pub fn window(&self, now: Timestamp, zone: &TimeZone) -> Option<(Date, Date)> {
        let today = zone.to_datetime(now).date();
        let last = today.yesterday().ok()?;
        let days = i64::try_from(self.required.as_secs().div_ceil(86_400)).unwrap_or(i64::MAX);
        let first = today.checked_sub(days.min(36_500).days()).ok()?;
        let first = match self.born(zone) {
            Some(born) => first.max(zone.to_datetime(born).date().tomorrow().ok()?),
            None => first,
        };
        (first <= last).then_some((first, last))
    }

    /// Counts the days of the window. One before the oldest recording has aged out: it is no gap, it shows in the span. A
    /// day without recordings is no gap where recordings are made on events: it is not expected. One that could not be
    /// looked at is neither held nor expected, nor is one that planned work touches.
    fn days(&self, recording: &Recording, planned: &[Span], now: Timestamp, zone: &TimeZone) -> Days {
        let mut days = Days { free: 0, unknown: 0, expected: 0, held: 0, gaps: Vec::new() };
        let Some((first, last)) = self.window(now, zone) else { return days };
        let listed = |list: &Option<Vec<Date>>, day| list.as_ref().is_some_and(|list| list.contains(&day));
        let oldest = recording.oldest.map(|oldest| zone.to_datetime(oldest).date());
        let begin = oldest.max(recording.held_from);
        for day in first.series(1.day()).take_while(|day| *day <= last) {
            if is_touched(day, planned, zone) {
                continue;
            }
            days.free += 1;
            let aged_out = begin.is_some_and(|begin| day < begin);
            // On the day of the oldest recording there is one, whatever a calendar says.
            let missing = !aged_out && oldest != Some(day) && listed(&recording.gap_days, day);
            if listed(&recording.unknown_days, day) {
                days.unknown += 1;
            } else if missing && mode(recording) == RecordMode::Event {
                // Nothing happened.
            } else {
                days.expected += 1;
                days.held += u32::from(!aged_out && !missing);
                days.gaps.extend(missing.then_some(day));
            }
        }
        days
    }

    /// Of the days without recordings, those that are gaps.
    #[must_use]
    pub fn gaps(&self, recording: &Recording, planned: &[Span], now: Timestamp, zone: &TimeZone) -> Vec<Date> {
        self.days(recording, planned, now, zone).gaps
    }

    /// Whether recordings reach back less far than they must, of a camera that is not just filling up; `None` where
    /// nobody said how far. A lone clip that was kept does not make them reach back further.
    #[must_use]
    pub fn is_short(&self, recording: &Recording, now: Timestamp, zone: &TimeZone) -> Option<bool> {
        let oldest = recording.oldest?;
        let begin = recording.held_from.and_then(|day| midnight(day, zone)).map_or(oldest, |from| from.max(oldest));
        Some(!self.is_filling(recording, now, zone) && now.duration_since(begin) < self.capped(now, zone))
    }

    fn is_filling(&self, recording: &Recording, now: Timestamp, zone: &TimeZone) -> bool {
        let young = self.capped(now, zone) < self.whole();
        let whole = self.first_recording.is_none_or(|first| recording.oldest.is_some_and(|oldest| oldest <= first));
        young && whole && recording.held_from.is_none()
    }

    /// How the recordings stand at `now`.
    #[must_use]
    pub fn assess(&self, holdings: &Holdings<'_>, now: Timestamp, zone: &TimeZone) -> Retention {
        let recording = holdings.recording;
        let days = self.days(recording, holdings.planned, now, zone);
        let state = self.state(holdings, &days, now, zone);
        let required = self.capped(now, zone);
        if state == RetentionState::Unknown {
            return Retention {
                state,
                required,
                span: None,
                expected_days: days.expected,
                held_days: None,
                gap_days: Vec::new(),
                compliance: None,
            };
        }
        let span = recording.oldest.map(|oldest| now.duration_since(oldest).max(SignedDuration::ZERO));
        let held_days = recording.gap_days.as_ref().map(|_| days.held);
        let depth = span.map(|span| if required.is_zero() { 1.0 } else { span.as_secs_f64() / required.as_secs_f64() });
        let presence = held_days.filter(|_| days.expected > 0).map(|held| f64::from(held) / f64::from(days.expected));
        let compliance = [depth, presence].into_iter().flatten().reduce(f64::min).map(|ratio| ratio.min(1.0));
        Retention { state, required, span, expected_days: days.expected, held_days, gap_days: days.gaps, compliance }
    }

    fn state(&self, holdings: &Holdings<'_>, days: &Days, now: Timestamp, zone: &TimeZone) -> RetentionState {
        let recording = holdings.recording;
        let is_trusted =
            holdings.clock_offset_seconds.is_none_or(is_clock_usable) && is_dated_well(recording, now, zone);
        let is_recording = holdings.freshness.is_recording_at(mode(recording), now);
        if mode(recording) == RecordMode::Off {
            RetentionState::Off
        } else if !is_trusted || (days.unknown > 0 && days.unknown == days.free) {
            RetentionState::Unknown
        } else if is_recording == Some(false) {
            RetentionState::NotRecording
        } else if !days.gaps.is_empty() {
            RetentionState::Gaps
        } else {
            match self.is_short(recording, now, zone) {
                None => RetentionState::Unknown,
                _ if self.is_filling(recording, now, zone) => RetentionState::Filling,
                Some(true) => RetentionState::Short,
                Some(false) => RetentionState::Compliant,
            }
        }
    }
}

fn is_touched(day: Date, planned: &[Span], zone: &TimeZone) -> bool {
    let edge = |day: Date| midnight(day, zone).map(Timestamp::as_second);
    !planned.is_empty()
        && edge(day)
            .zip(day.tomorrow().ok().and_then(edge))
            .is_some_and(|(from, to)| planned.iter().any(|span| span.from < to && span.to > from))
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned(zone.clone()).ok()?.start_of_day().ok()?.timestamp())
}
