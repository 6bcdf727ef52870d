//! Days and months of the daemon's time zone as spans of seconds.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Span;
use crate::inventory::Camera;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first: Date,
}

/// Why a text is no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no month; a month is written YYYY-MM, as in 2026-10, from 1970-01 to 9998-12")]
pub struct BadMonth(String);

impl FromStr for Month {
    type Err = BadMonth;

    fn from_str(text: &str) -> Result<Self, BadMonth> {
        let parse = || {
            let (year, month) = text.split_once('-')?;
            let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
            if !digits(year, 4) || !digits(month, 2) {
                return None;
            }
            let year = year.parse().ok().filter(|year| (1970..=9998).contains(year))?;
            Some(Self { first: Date::new(year, month.parse().ok()?, 1).ok()? })
        };
        parse().ok_or_else(|| BadMonth(text.to_owned()))
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
    }
}

impl Month {
    /// The month in which a moment lies.
    #[must_use]
    pub fn of(at: Timestamp, timezone: &TimeZone) -> Self {
        Self { first: timezone.to_datetime(at).date().first_of_month() }
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.checked_add(1.month()).unwrap_or(self.first) }
    }

    /// The month before it.
    #[must_use]
    pub fn previous(self) -> Self {
        Self { first: self.first.checked_sub(1.month()).unwrap_or(self.first) }
    }

    #[must_use]
    pub fn first_day(self) -> Date {
        self.first
    }

    /// Its days, each from its midnight to the next.
    pub fn days(self, timezone: &TimeZone) -> impl Iterator<Item = Span> {
        let midnight = |day: Date| midnight(day, timezone);
        let days = self.first.series(1.day()).take(usize::try_from(self.first.days_in_month()).unwrap_or_default());
        days.map(move |day| Span::new(midnight(day), midnight(day.tomorrow().unwrap_or(Date::MAX))))
    }

    /// From its first midnight to that of the month after it: 23 or 25 hours of a day are counted as they are.
    #[must_use]
    pub fn span(self, timezone: &TimeZone) -> Span {
        let next = self.first.checked_add(1.month()).unwrap_or(Date::MAX);
        Span::new(midnight(self.first, timezone), midnight(next, timezone))
    }
}

/// When a day begins, in seconds since 1970: its midnight, or the first moment after it where a change of the clocks
/// leaves midnight out.
fn midnight(day: Date, timezone: &TimeZone) -> i64 {
    // Only dates at the very ends of the calendar are beyond what a timestamp can say.
    let end = if day.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    day.to_zoned(timezone.clone()).map_or(end, |zoned| zoned.timestamp()).as_second()
}

/// The time in which a camera is in service, as far as it is said: from the midnight that begins the day on which it was
/// installed to the one that begins the day on which it was retired.
#[must_use]
pub fn service(camera: &Camera, timezone: &TimeZone) -> Span {
    Span::new(
        camera.installed.map_or(i64::MIN, |day| midnight(day, timezone)),
        camera.retired.map_or(i64::MAX, |day| midnight(day, timezone)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_one_of_the_daemons_time_zone() {
        let span = |month: &str, zone: &str| month.parse::<Month>().unwrap().span(&TimeZone::get(zone).unwrap());
        let october = span("2026-10", "Asia/Ho_Chi_Minh");
        assert_eq!(october.from, "2026-09-30T17:00:00Z".parse::<Timestamp>().unwrap().as_second());
        assert_eq!(october.seconds(), 31 * 86_400);
        // Clocks go back by an hour on 25 October in Berlin, and forward on 29 March.
        assert_eq!(span("2026-10", "Europe/Berlin").seconds(), 31 * 86_400 + 3_600);
        assert_eq!(span("2026-03", "Europe/Berlin").seconds(), 31 * 86_400 - 3_600);
        assert_eq!(span("2028-02", "UTC").seconds(), 29 * 86_400);
        assert_eq!(span("2026-12", "UTC").to, span("2027-01", "UTC").from);
    }

    #[test]
    fn a_day_whose_midnight_is_left_out_begins_after_it() {
        // Clocks went from 24:00 to 01:00 on this day in Cairo.
        let cairo = TimeZone::get("Africa/Cairo").unwrap();
        let day = jiff::civil::date(2026, 4, 24);
        assert_eq!(midnight(day, &cairo), "2026-04-23T22:00:00Z".parse::<Timestamp>().unwrap().as_second());
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for bad in ["", "2026", "2026-13", "2026-00", "26-10", "2026-1", "2026-10-01", "+026-10", "9999-12", "1969-12"]
        {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
        assert_eq!("2026-01".parse::<Month>().unwrap().to_string(), "2026-01");
    }

    #[test]
    fn a_moment_lies_in_the_month_of_its_zone() {
        let at: Timestamp = "2026-10-31T17:00:00Z".parse().unwrap();
        assert_eq!(Month::of(at, &TimeZone::get("Asia/Ho_Chi_Minh").unwrap()).to_string(), "2026-11");
        assert_eq!(Month::of(at, &TimeZone::UTC).to_string(), "2026-10");
    }
}
