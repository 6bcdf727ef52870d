//! Wall clocks: devices tell digits, and what zone they claim is not to be trusted.
//!
//! A recorder's clock is compared by its digits with the site's, whatever offset or `Z` stands behind them.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::exchange::Answer;
use super::finding::Clock;

/// The first 19 characters of `2026-11-22T08:00:00+07:00` or `2026-11-22 08:00:00`; what follows is ignored.
pub fn digits(text: &str) -> Option<DateTime> {
    let text = text.trim().as_bytes().get(..19)?;
    let separated =
        text[4] == b'-' && text[7] == b'-' && matches!(text[10], b'T' | b' ') && text[13] == b':' && text[16] == b':';
    let number = |from: usize, to: usize| -> Option<i16> {
        text[from..to].iter().try_fold(0, |sum, c| c.is_ascii_digit().then(|| sum * 10 + i16::from(c - b'0')))
    };
    let small = |from: usize| i8::try_from(number(from, from + 2)?).ok();
    if !separated {
        return None;
    }
    DateTime::new(number(0, 4)?, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, 0).ok()
}

/// The wall clock that is so many seconds ahead of UTC.
fn wall(at: Timestamp, ahead_seconds: f64) -> DateTime {
    let ahead = SignedDuration::try_from_secs_f64(ahead_seconds).unwrap_or_default();
    Offset::UTC.to_datetime(at.saturating_add(ahead).unwrap_or(at))
}

/// What a device's clock shows now, in the whole seconds that devices speak in: the site's clock and how far the device
/// is ahead of it.
pub fn device_now(at: Timestamp, zone_offset_seconds: i32, clock: Option<&Clock>) -> DateTime {
    let now = wall(at, f64::from(zone_offset_seconds) + clock.map_or(0.0, |clock| clock.offset_seconds));
    now.date().at(now.hour(), now.minute(), now.second(), 0)
}

/// How far a device's wall clock, told in whole seconds by this answer, is ahead of the site's.
pub fn clock(device: DateTime, answer: &Answer, zone_offset_seconds: i32) -> Option<Clock> {
    let site = wall(answer.midpoint(), f64::from(zone_offset_seconds));
    let utc = |digits| Offset::UTC.to_timestamp(digits).ok();
    // Cut off digits are half a second behind on average.
    let offset = utc(device)?.duration_since(utc(site)?).as_secs_f64() + 0.5;
    Some(Clock {
        offset_seconds: (offset * 1e3).round() / 1e3,
        uncertainty_seconds: answer.took.as_secs_f64() / 2.0 + 0.5,
    })
}

/// The last second of a day.
pub fn end_of(day: Date) -> DateTime {
    day.to_datetime(Time::constant(23, 59, 59, 0))
}

/// The days from one to another, both included; none where the second is before the first.
pub fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    let mut next = Some(first);
    std::iter::from_fn(move || {
        let day = next.filter(|day| *day <= last)?;
        next = day.tomorrow().ok();
        Some(day)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::{date, datetime};

    use super::*;

    #[test]
    fn digits_are_read_and_zones_are_not() {
        let expected = Some(datetime(2026, 11, 22, 8, 0, 5, 0));
        for text in
            ["2026-11-22T08:00:05", "2026-11-22T08:00:05Z", " 2026-11-22T08:00:05.500-05:00\n", "2026-11-22 08:00:05"]
        {
            assert_eq!(digits(text), expected, "{text}");
        }
        for text in
            ["", "2026-11-22", "2026-11-22T08:00", "2026-13-22T08:00:05", "2026-11-22T08:00:60x", "đđđđđđđđđđđđ"]
        {
            assert_eq!(digits(text), None, "{text}");
        }
    }

    #[test]
    fn an_offset_is_told_against_the_middle_of_the_round_trip() {
        let answer = Answer {
            status: 200,
            content_type: String::new(),
            body: Vec::new(),
            challenged: false,
            sent: "2026-11-22T01:00:00Z".parse().unwrap(),
            took: Duration::from_secs(2),
        };
        let clock = clock(datetime(2026, 11, 22, 8, 1, 0, 0), &answer, 7 * 3600).unwrap();
        assert_eq!(clock, Clock { offset_seconds: 59.5, uncertainty_seconds: 1.5 });
    }

    #[test]
    fn days_count_both_ends() {
        let all: Vec<_> = days(date(2026, 2, 27), date(2026, 3, 1)).collect();
        assert_eq!(all, [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]);
        assert_eq!(days(date(2026, 3, 1), date(2026, 2, 27)).count(), 0);
    }
}
