//! One camera's time as intervals of one state each, without gap or overlap.

use jiff::Timestamp;

use super::Tally;
use crate::judgement::Change;
use crate::observation::{Cause, State};

/// Whole seconds since 1970: `from` included, `to` excluded. Empty where `to` is not after `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub to: i64,
}

impl Span {
    #[must_use]
    pub fn new(from: i64, to: i64) -> Self {
        Self { from, to }
    }

    /// Both ends truncated to whole seconds.
    #[must_use]
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self { from: second(from), to: second(to) }
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    #[must_use]
    pub fn seconds(self) -> u64 {
        if self.is_empty() { 0 } else { self.to.abs_diff(self.from) }
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }
}

/// The second in which a moment lies.
fn second(at: Timestamp) -> i64 {
    at.as_second() - i64::from(at.subsec_nanosecond() < 0)
}

/// What is known of one camera.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// The runs of the daemon in the order in which they began. The first begins the record, the last ends it.
    pub alive: &'a [Span],
    /// The states underneath maintenance, in the order in which they hold. One holds until the next, but not beyond the
    /// run in which it began: each run begins with a camera unknown.
    pub changes: &'a [Change],
    /// Windows that cover the camera, in any order; they may overlap.
    pub maintenance: &'a [Span],
}

/// A time in which one state held, with one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    pub span: Span,
    pub state: State,
    pub cause: Option<Cause>,
}

/// A time in which a camera was dark, outside of maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    pub span: Span,
    pub cause: Option<Cause>,
}

/// A camera's states over a period: intervals in order, none empty, that meet and fill the period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    intervals: Vec<Interval>,
}

impl Timeline {
    /// The states over `period`, which is to be cut to the time in service before.
    ///
    /// Maintenance covers every state within the record, also a gap between two runs. What lies before the record begins
    /// or after its end is unknown, even under maintenance: nothing is known of it, planned or not.
    #[must_use]
    pub fn new(period: Span, history: History<'_>) -> Self {
        let mut line = Builder { period, intervals: Vec::new() };
        let record = match (history.alive.first(), history.alive.last()) {
            (Some(first), Some(_)) => {
                let end = history.alive.iter().map(|run| run.to).max().unwrap_or(first.to);
                Span::new(first.from, end)
            }
            _ => Span::new(period.from, period.from),
        };
        let mut windows: Vec<Span> =
            history.maintenance.iter().map(|window| window.and(record)).filter(|window| !window.is_empty()).collect();
        windows.sort_unstable_by_key(|window| window.from);
        let mut windows = windows.as_slice();
        for below in underneath(period, history) {
            let mut at = below.span.from;
            while let Some(window) = windows.first() {
                if window.to <= at {
                    windows = &windows[1..];
                    continue;
                }
                if window.from >= below.span.to {
                    break;
                }
                line.push(at, window.from, below.state, below.cause);
                at = at.max(window.from);
                line.push(at, window.to.min(below.span.to), State::Maintenance, None);
                at = window.to.min(below.span.to);
                if at == below.span.to {
                    break;
                }
            }
            line.push(at, below.span.to, below.state, below.cause);
        }
        Self { intervals: line.intervals }
    }

    #[must_use]
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// The seconds of each state within `span`.
    #[must_use]
    pub fn tally(&self, span: Span) -> Tally {
        let mut tally = Tally::default();
        for interval in &self.intervals {
            let seconds = interval.span.and(span).seconds();
            *match interval.state {
                State::Up => &mut tally.up,
                State::Degraded => &mut tally.degraded,
                State::Dark => &mut tally.dark,
                State::Unknown => &mut tally.unknown,
                State::Maintenance => &mut tally.maintenance,
            } += seconds;
        }
        tally
    }

    /// The times in which the camera was dark, in order.
    pub fn outages(&self) -> impl Iterator<Item = Outage> {
        self.intervals
            .iter()
            .filter(|interval| interval.state == State::Dark)
            .map(|interval| Outage { span: interval.span, cause: interval.cause })
    }
}

/// Collects intervals that meet; those that say the same become one.
struct Builder {
    period: Span,
    intervals: Vec<Interval>,
}

impl Builder {
    fn push(&mut self, from: i64, to: i64, state: State, cause: Option<Cause>) {
        let span = Span::new(from, to).and(self.period);
        if span.is_empty() {
            return;
        }
        match self.intervals.last_mut() {
            Some(last) if last.state == state && last.cause == cause && last.span.to == span.from => {
                last.span.to = span.to;
            }
            _ => self.intervals.push(Interval { span, state, cause }),
        }
    }
}

/// The states underneath maintenance over `period`.
fn underneath(period: Span, history: History<'_>) -> Vec<Interval> {
    let mut line = Builder { period, intervals: Vec::new() };
    let mut end = i64::MIN;
    let mut changes = history.changes.iter().peekable();
    for run in history.alive {
        // A clock that was set back between two runs must not count a second twice.
        let run = Span::new(run.from.max(end), run.to);
        if run.is_empty() {
            continue;
        }
        line.push(end, run.from, State::Unknown, None);
        let (mut at, mut state, mut cause) = (run.from, State::Unknown, None);
        while let Some(change) = changes.next_if(|change| second(change.since) < run.to) {
            let since = second(change.since);
            if since < run.from {
                continue;
            }
            line.push(at, since, state, cause);
            (at, state, cause) = (at.max(since), change.state, change.cause);
        }
        line.push(at, run.to, state, cause);
        end = run.to;
    }
    line.push(end, i64::MAX, State::Unknown, None);
    line.intervals
}

#[cfg(test)]
#[path = "timeline_tests.rs"]
mod tests;
