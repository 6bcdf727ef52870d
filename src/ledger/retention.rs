//! Retention: how far back one can look, what is missing, and what that is called.
//!
//! Pure arithmetic over what a recorder says it holds of one camera. Days are calendar days in the daemon's time zone;
//! one segment makes a day present; today is never counted.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// How old the newest recording of a camera that records continuously may be.
pub const FRESH: SignedDuration = SignedDuration::from_mins(30);

/// The states of retention, the first of this order that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetentionState {
    /// Nobody wants recordings of it.
    Off,
    /// Nothing is known.
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

/// What the recorder was last seen to hold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Holdings<'a> {
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    /// Local days without recordings; `None` where that was not looked at.
    pub gap_days: Option<&'a [Date]>,
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

/// Whether a camera whose newest recording is this one is recording at `now`.
#[must_use]
pub fn is_recording(newest: Timestamp, now: Timestamp) -> bool {
    now.duration_since(newest) <= FRESH
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

    /// Of days without recordings, those inside the window. One older than the oldest recording has aged out: it is no
    /// gap, it shows in the span.
    #[must_use]
    pub fn gaps(&self, days: &[Date], oldest: Option<Timestamp>, now: Timestamp, zone: &TimeZone) -> Vec<Date> {
        let Some((first, last)) = self.window(now, zone) else { return Vec::new() };
        let oldest = oldest.map(|oldest| zone.to_datetime(oldest).date());
        let mut gaps: Vec<Date> = days
            .iter()
            .copied()
            .filter(|day| (first..=last).contains(day) && oldest.is_none_or(|oldest| *day > oldest))
            .collect();
        gaps.sort_unstable();
        gaps.dedup();
        gaps
    }

    /// Whether recordings reach back less far than they must, of a camera that is not just filling up.
    #[must_use]
    pub fn is_short(&self, oldest: Timestamp, now: Timestamp, zone: &TimeZone) -> bool {
        !self.is_filling(oldest, now, zone) && now.duration_since(oldest) < self.capped(now, zone)
    }

    fn is_filling(&self, oldest: Timestamp, now: Timestamp, zone: &TimeZone) -> bool {
        let young = self.capped(now, zone) < self.whole();
        young && self.first_recording.is_none_or(|first| oldest <= first)
    }

    /// How the recordings stand at `now`.
    #[must_use]
    pub fn assess(&self, holdings: &Holdings<'_>, now: Timestamp, zone: &TimeZone) -> Retention {
        let required = self.capped(now, zone);
        let span = holdings.oldest.map(|oldest| now.duration_since(oldest).max(SignedDuration::ZERO));
        let gap_days = holdings.gap_days.map(|days| self.gaps(days, holdings.oldest, now, zone)).unwrap_or_default();
        let window = self.window(now, zone);
        let expected_days = window.map_or(0, |(first, last)| days_between(first, last));
        let held_days = holdings.oldest.zip(holdings.gap_days).map(|(oldest, _)| {
            let begin = zone.to_datetime(oldest).date();
            let present = window.map_or(0, |(first, last)| days_between(first.max(begin), last));
            present.saturating_sub(u32::try_from(gap_days.len()).unwrap_or(u32::MAX))
        });
        let state = match (holdings.oldest, holdings.newest) {
            (None, None) => RetentionState::Unknown,
            (_, Some(newest)) if !is_recording(newest, now) => RetentionState::NotRecording,
            _ if !gap_days.is_empty() => RetentionState::Gaps,
            (None, _) => RetentionState::Unknown,
            (Some(oldest), _) if self.is_filling(oldest, now, zone) => RetentionState::Filling,
            (Some(oldest), _) if self.is_short(oldest, now, zone) => RetentionState::Short,
            _ => RetentionState::Compliant,
        };
        let compliance = span.map(|span| {
            let depth = if required.is_zero() { 1.0 } else { span.as_secs_f64() / required.as_secs_f64() };
            let presence = match held_days {
                Some(held) if expected_days > 0 => f64::from(held) / f64::from(expected_days),
                _ => 1.0,
            };
            depth.min(presence).min(1.0)
        });
        Retention { state, required, span, expected_days, held_days, gap_days, compliance }
    }
}

/// Both included; 0 where they are in the wrong order.
fn days_between(first: Date, last: Date) -> u32 {
    let days = last.since(first).map_or(-1, |span| span.get_days());
    u32::try_from(days.saturating_add(1)).unwrap_or(0)
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    Some(day.to_zoned(zone.clone()).ok()?.start_of_day().ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    /// Noon of 1 November 2026, UTC.
    fn now() -> Timestamp {
        "2026-11-01T12:00:00Z".parse().unwrap()
    }

    fn days_ago(days: i64) -> Timestamp {
        now() - SignedDuration::from_secs(days * DAY)
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn requirement(installed: &str) -> Requirement {
        Requirement {
            required: Duration::from_secs(30 * 86_400),
            installed: Some(day(installed)),
            first_seen: None,
            first_recording: None,
        }
    }

    fn assess(requirement: Requirement, oldest: i64, gap_days: &[Date]) -> Retention {
        let holdings = Holdings { oldest: Some(days_ago(oldest)), newest: Some(now()), gap_days: Some(gap_days) };
        requirement.assess(&holdings, now(), &TimeZone::UTC)
    }

    #[test]
    fn a_camera_that_reaches_back_far_enough_without_a_gap_is_compliant() {
        let whole = assess(requirement("2026-01-01"), 31, &[]);
        assert_eq!((whole.state, whole.expected_days, whole.held_days), (RetentionState::Compliant, 30, Some(30)));
        assert_eq!(whole.compliance, Some(1.0));
    }

    #[test]
    fn one_that_reaches_back_too_little_is_short_and_days_that_aged_out_are_no_gaps() {
        let short = assess(requirement("2026-01-01"), 15, &[day("2026-10-05")]);
        assert_eq!((short.state, short.gap_days.len(), short.held_days), (RetentionState::Short, 0, Some(15)));
        assert_eq!(short.compliance, Some(0.5));
    }

    #[test]
    fn a_missing_day_inside_the_window_is_a_gap_today_and_older_ones_are_not() {
        let gap = assess(requirement("2026-01-01"), 40, &[day("2026-09-30"), day("2026-10-20"), day("2026-11-01")]);
        assert_eq!((gap.state, gap.gap_days, gap.held_days), (RetentionState::Gaps, vec![day("2026-10-20")], Some(29)));
        assert_eq!(gap.compliance, Some(29.0 / 30.0));
    }

    #[test]
    fn a_young_camera_is_filling_until_something_is_lost() {
        let mut young = requirement("2026-10-20");
        assert_eq!(assess(young, 12, &[]).state, RetentionState::Filling);
        young.first_recording = Some(days_ago(12));
        assert_eq!(assess(young, 12, &[]).state, RetentionState::Filling);
        let lost = assess(young, 5, &[]);
        assert_eq!((lost.state, lost.expected_days), (RetentionState::Short, 11));
        assert_eq!(lost.required, SignedDuration::from_secs(12 * DAY + DAY / 2));
    }

    #[test]
    fn what_stopped_recording_is_called_that_before_anything_else() {
        let holdings = Holdings {
            oldest: Some(days_ago(5)),
            newest: Some(now() - SignedDuration::from_secs(1801)),
            gap_days: Some(&[day("2026-10-30")]),
        };
        let stopped = requirement("2026-01-01").assess(&holdings, now(), &TimeZone::UTC);
        assert_eq!(stopped.state, RetentionState::NotRecording);
        let nothing = requirement("2026-01-01").assess(&Holdings::default(), now(), &TimeZone::UTC);
        assert_eq!((nothing.state, nothing.compliance), (RetentionState::Unknown, None));
    }
}
