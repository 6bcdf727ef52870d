//! True time in a simulation, and a device's own clock, which may differ from it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What is true time for simulated devices: the real one, shifted, or one that stands still. Clones are the same clock.
#[derive(Clone, Default)]
pub struct SimClock(Arc<Mutex<Time>>);

#[derive(Clone, Copy)]
enum Time {
    /// The real time and so much more.
    Flows(SignedDuration),
    Stands(Timestamp),
}

impl Default for Time {
    fn default() -> Self {
        Self::Flows(SignedDuration::ZERO)
    }
}

impl std::fmt::Debug for SimClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SimClock({})", self.now())
    }
}

impl SimClock {
    /// A clock that stands still until it is set or advanced.
    #[must_use]
    pub fn stopped_at(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Time::Stands(at))))
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        match *self.time() {
            // Nobody simulates the year 9999.
            Time::Flows(more) => Timestamp::now().saturating_add(more).unwrap_or(Timestamp::MAX),
            Time::Stands(at) => at,
        }
    }

    /// Leaps forward; a flowing clock flows on from there.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        match &mut *self.time() {
            Time::Flows(more) => *more = more.saturating_add(by),
            Time::Stands(at) => *at = at.saturating_add(by).unwrap_or(Timestamp::MAX),
        }
    }

    /// Leaps to a moment; a flowing clock flows on from there.
    pub fn set(&self, to: Timestamp) {
        match &mut *self.time() {
            Time::Flows(more) => *more = to.duration_since(Timestamp::now()),
            Time::Stands(at) => *at = to,
        }
    }

    fn time(&self) -> std::sync::MutexGuard<'_, Time> {
        // What is guarded is valid at every moment, also behind a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a device's clock stands against true time, and which zone it believes to be in. It counts as having always
/// stood so: the times of its recordings are off by the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dial {
    pub(super) skew_seconds: i64,
    pub(super) zone_seconds: i32,
}

impl Dial {
    /// A true moment (seconds of Unix time) as the device's UTC.
    pub(super) fn utc(self, at: i64) -> Timestamp {
        Timestamp::from_second(at.saturating_add(self.skew_seconds)).unwrap_or(Timestamp::MAX)
    }

    /// A true moment as the digits of the device's wall clock.
    pub(super) fn wall(self, at: i64) -> DateTime {
        let shifted = at.saturating_add(self.skew_seconds).saturating_add(i64::from(self.zone_seconds));
        TimeZone::UTC.to_datetime(Timestamp::from_second(shifted).unwrap_or(Timestamp::MAX))
    }

    /// The true moment of such digits.
    pub(super) fn of_wall(self, wall: DateTime) -> i64 {
        let utc = TimeZone::UTC.to_timestamp(wall).map_or(i64::MAX / 2, Timestamp::as_second);
        utc.saturating_sub(self.skew_seconds).saturating_sub(i64::from(self.zone_seconds))
    }

    /// The true moment of the device's UTC.
    pub(super) fn of_utc(self, utc: Timestamp) -> i64 {
        utc.as_second().saturating_sub(self.skew_seconds)
    }
}

/// `+07:00`.
pub(super) fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use jiff::civil::date;

    use super::{Dial, SimClock, offset};

    #[test]
    fn a_stopped_clock_moves_only_when_told_and_a_flowing_one_flows_on() {
        let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let clock = SimClock::stopped_at(at);
        let same = clock.clone();
        clock.advance(Duration::from_secs(86_400));
        assert_eq!(same.now().to_string(), "2026-11-02T00:00:00Z");

        let flowing = SimClock::default();
        flowing.set(at);
        let first = flowing.now();
        assert!(first >= at && flowing.now() >= first);
    }

    #[test]
    fn wall_digits_go_and_come_back_whatever_the_skew_and_the_zone() {
        let noon = date(2026, 11, 1).at(12, 0, 0, 0);
        let right = Dial { skew_seconds: 0, zone_seconds: 7 * 3600 };
        let at = right.of_wall(noon);
        assert_eq!(Timestamp::from_second(at).unwrap().to_string(), "2026-11-01T05:00:00Z");
        for dial in [right, Dial { skew_seconds: -86_400, ..right }, Dial { zone_seconds: 8 * 3600, ..right }] {
            assert_eq!(dial.of_wall(dial.wall(at)), at);
            assert_eq!(dial.of_utc(dial.utc(at)), at);
        }
        assert_eq!(Dial { zone_seconds: 8 * 3600, ..right }.wall(at), date(2026, 11, 1).at(13, 0, 0, 0));
        assert_eq!(Dial { skew_seconds: -60, ..right }.wall(at), date(2026, 11, 1).at(11, 59, 0, 0));
        assert_eq!([offset(25_200), offset(-19_800), offset(0)], ["+07:00", "-05:30", "+00:00"]);
    }
}
