//! Spans of time in which somebody is on duty, and what they leave uncovered.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::span_of;
use crate::inventory::{Duty, OfficerId};

/// `from` included, `to` excluded.
#[derive(Debug, Clone)]
pub(super) struct Span<'a> {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) officers: &'a [OfficerId],
}

impl Span<'_> {
    pub(super) fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// The shifts of a duty's week that touch `from..=to`, in the order of the file.
pub(super) fn shifts<'a>(duty: &'a Duty, zone: &TimeZone, from: Timestamp, to: Timestamp) -> Vec<Span<'a>> {
    let first = from.to_zoned(zone.clone()).date();
    let first = first.yesterday().unwrap_or(first);
    let last = to.to_zoned(zone.clone()).date();
    let mut spans = Vec::new();
    for shift in &duty.week {
        for day in first.series(jiff::Span::new().days(1)).take_while(|day| *day <= last) {
            if shift.days.contains(&day.weekday())
                && let Some((begin, end)) = span_of(day, shift.times, zone)
                && begin <= to
                && from < end
            {
                spans.push(Span { from: begin, to: end, officers: &shift.officers });
            }
        }
    }
    spans
}

/// The overrides of a duty that touch `from..=to`, in the order of the file.
pub(super) fn overrides(duty: &Duty, from: Timestamp, to: Timestamp) -> Vec<Span<'_>> {
    let spans = duty.overrides.iter().map(|one| Span { from: one.from, to: one.to, officers: &one.officers });
    spans.filter(|span| span.from <= to && from < span.to).collect()
}

/// What of `from..to` none of these covers, in order and merged.
pub(super) fn uncovered(
    mut covered: Vec<(Timestamp, Timestamp)>,
    from: Timestamp,
    to: Timestamp,
) -> Vec<(Timestamp, Timestamp)> {
    covered.sort_unstable();
    let mut left = Vec::new();
    let mut reached = from;
    for (begin, end) in covered {
        if begin > reached && reached < to {
            left.push((reached, begin.min(to)));
        }
        reached = reached.max(end);
    }
    if reached < to {
        left.push((reached, to));
    }
    left
}
