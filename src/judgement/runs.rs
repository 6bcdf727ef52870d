//! Counting in a row: what every threshold of the judgement rests on.
//!
//! Knows observations by their moment and cause only, not what a run of them leads to.

use jiff::Timestamp;

use crate::observation::Cause;

/// Observations of one kind in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Run {
    first: Option<Timestamp>,
    length: u32,
}

impl Run {
    pub(super) fn push(&mut self, at: Timestamp) {
        self.first.get_or_insert(at);
        self.length = self.length.saturating_add(1);
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn length(&self) -> u32 {
        self.length
    }

    /// When the run began, where it is at least so long.
    pub(super) fn reached(&self, threshold: u32) -> Option<Timestamp> {
        self.first.filter(|_| self.length >= threshold)
    }
}

/// Failures in a row, and how often each cause was seen among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FailureRun {
    run: Run,
    /// In the order in which each was last seen.
    causes: Vec<(Cause, u32)>,
}

impl FailureRun {
    pub(super) fn push(&mut self, at: Timestamp, cause: Cause) {
        self.run.push(at);
        let seen = match self.causes.iter().position(|(c, _)| *c == cause) {
            Some(i) => self.causes.remove(i).1,
            None => 0,
        };
        self.causes.push((cause, seen.saturating_add(1)));
    }

    pub(super) fn clear(&mut self) {
        self.run.clear();
        self.causes.clear();
    }

    pub(super) fn length(&self) -> u32 {
        self.run.length()
    }

    /// When the run began and the cause seen most often in it (the latest such on a tie), where it is at least so long.
    pub(super) fn reached(&self, threshold: u32) -> Option<(Timestamp, Cause)> {
        let first = self.run.reached(threshold)?;
        // `max_by_key` gives the last of equals, which is the one seen latest.
        let (cause, _) = self.causes.iter().max_by_key(|(_, seen)| *seen)?;
        Some((first, *cause))
    }

    /// The cause of the last of them.
    pub(super) fn last(&self) -> Option<Cause> {
        self.causes.last().map(|(cause, _)| *cause)
    }
}

/// Two runs that break each other: what makes a condition and what clears it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Contest {
    bad: Run,
    good: Run,
}

impl Contest {
    /// When the run of bad ones began, where this one makes it long enough.
    pub(super) fn bad(&mut self, at: Timestamp, threshold: u32) -> Option<Timestamp> {
        self.good.clear();
        self.bad.push(at);
        self.bad.reached(threshold)
    }

    /// When the run of good ones began, where this one makes it long enough.
    pub(super) fn good(&mut self, at: Timestamp, threshold: u32) -> Option<Timestamp> {
        self.bad.clear();
        self.good.push(at);
        self.good.reached(threshold)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
