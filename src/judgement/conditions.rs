//! What degrades a camera that is there: its picture, its stream, its recordings.
//!
//! Conditions are decided and cleared here in every state; whether they show is the camera's matter.

use jiff::Timestamp;

use crate::observation::Cause;

/// What a condition is about. One of each may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Picture,
    Stream,
    /// Each record cause by itself.
    Record(Cause),
}

impl Kind {
    /// The kind of condition that a cause of degradation belongs to; `None` for causes that do not degrade.
    pub(super) fn of(cause: Cause) -> Option<Self> {
        match cause {
            Cause::Black | Cause::Frozen | Cause::Covered | Cause::Blurred | Cause::Moved | Cause::Overexposed => {
                Some(Self::Picture)
            }
            Cause::Slow | Cause::Lossy => Some(Self::Stream),
            Cause::ClockWrong
            | Cause::NotRecording
            | Cause::RetentionShort
            | Cause::RecordingGap
            | Cause::DiskFailed => Some(Self::Record(cause)),
            _ => None,
        }
    }

    /// Whether it is the camera's own, not its recorder's.
    fn is_own(self) -> bool {
        !matches!(self, Self::Record(Cause::ClockWrong | Cause::DiskFailed))
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Condition {
    kind: Kind,
    pub(super) cause: Cause,
    pub(super) since: Timestamp,
    /// Of the observation that decided it.
    step: u64,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Conditions {
    /// In the order in which they were decided.
    held: Vec<Condition>,
    /// The latest date from which one was cleared.
    cleared: Option<Timestamp>,
    /// Grows with each observation.
    step: u64,
}

impl Conditions {
    /// What follows is of another observation.
    pub(super) fn next_observation(&mut self) {
        self.step += 1;
    }

    /// Takes hold, where nothing of its kind holds already.
    pub(super) fn decide(&mut self, kind: Kind, cause: Cause, since: Timestamp) {
        if !self.holds(kind) {
            self.held.push(Condition { kind, cause, since, step: self.step });
        }
    }

    pub(super) fn clear(&mut self, kind: Kind, since: Timestamp) {
        let before = self.held.len();
        self.held.retain(|condition| condition.kind != kind);
        if self.held.len() < before {
            self.cleared = self.cleared.max(Some(since));
        }
    }

    /// What a poll says of a record cause.
    pub(super) fn find(&mut self, cause: Cause, wrong: bool, at: Timestamp) {
        if wrong {
            self.decide(Kind::Record(cause), cause, at);
        } else {
            self.clear(Kind::Record(cause), at);
        }
    }

    pub(super) fn holds(&self, kind: Kind) -> bool {
        self.held.iter().any(|condition| condition.kind == kind)
    }

    /// The one decided first: its cause is the camera's.
    pub(super) fn first(&self) -> Option<Condition> {
        self.held.first().copied()
    }

    /// The one decided first of those that are the camera's own.
    pub(super) fn first_own(&self) -> Option<Condition> {
        self.held.iter().find(|condition| condition.kind.is_own()).copied()
    }

    /// From when any of those that hold did. Those that one observation decided are one, of the later of their dates
    /// (rule 11).
    pub(super) fn since(&self) -> Option<Timestamp> {
        let together = |step| self.held.iter().filter(move |condition| condition.step == step);
        let dates = self.held.iter().filter_map(|one| together(one.step).map(|condition| condition.since).max());
        dates.min()
    }

    pub(super) fn cleared(&self) -> Option<Timestamp> {
        self.cleared
    }
}
