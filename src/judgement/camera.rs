//! One camera's machine: rules 1 to 7 of the judgement, without maintenance and without the clock.
//!
//! Beneath the states that show lie three: not seen, live, dark. What degrades a live camera is counted beside them.

use jiff::Timestamp;

use super::Change;
use super::conditions::{Conditions, Kind};
use super::runs::{Contest, FailureRun, Run};
use crate::inventory::Depth;
use crate::observation::{CameraSeen, Cause, Class, Outcome, State};

/// How many in a row it takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thresholds {
    pub(super) confirm: u32,
    pub(super) recover: u32,
    pub(super) picture_confirm: u32,
}

/// What a machine has come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    pub(super) state: State,
    pub(super) cause: Option<Cause>,
    /// `None` only for the unknown of the beginning.
    pub(super) since: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Base {
    Unknown(Cause),
    Live,
    Dark(Cause),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Machine {
    base: Base,
    since: Option<Timestamp>,
    /// From when the cause of a camera that is unknown holds; the state may be older.
    blind_since: Option<Timestamp>,
    failures: FailureRun,
    oks: Run,
    blind: Run,
    picture: Contest,
    stream: Contest,
    pub(super) conditions: Conditions,
}

impl Machine {
    /// Rule 1: a camera begins as unknown, without an event.
    pub(super) fn new() -> Self {
        Self {
            base: Base::Unknown(Cause::MonitorDown),
            since: None,
            blind_since: None,
            failures: FailureRun::default(),
            oks: Run::default(),
            blind: Run::default(),
            picture: Contest::default(),
            stream: Contest::default(),
            conditions: Conditions::default(),
        }
    }

    /// As the record left it.
    pub(super) fn restored(change: &Change) -> Self {
        let mut machine = Self::new();
        machine.since = Some(change.since);
        machine.base = match (change.state, change.cause) {
            (State::Dark, Some(cause)) => Base::Dark(cause),
            (State::Up | State::Degraded, _) => Base::Live,
            (_, cause) => Base::Unknown(cause.unwrap_or(Cause::MonitorDown)),
        };
        if change.state == State::Degraded {
            machine.restore_condition(change.cause, change.since);
        }
        machine
    }

    /// What the runs before a restart had come to holds on.
    pub(super) fn restore_condition(&mut self, cause: Option<Cause>, since: Timestamp) {
        if let Some(cause) = cause
            && let Some(kind) = Kind::of(cause)
        {
            self.conditions.decide(kind, cause, since);
        }
    }

    /// Rules 1 to 5.
    pub(super) fn observe(&mut self, at: Timestamp, seen: &CameraSeen, thresholds: Thresholds) {
        self.conditions.next_observation();
        let class = seen.outcome.class();
        let turned = match (class, seen.outcome.cause()) {
            (Class::Good | Class::Stream, _) | (_, None) => self.ok(at, thresholds.recover),
            (Class::Path | Class::Session | Class::Media, Some(cause)) => self.failure(at, cause, thresholds.confirm),
            (Class::Blind, Some(cause)) => self.blind(at, cause, thresholds.confirm),
        };
        if turned {
            // This observation is the first of the new runs: it is counted below.
            self.picture.clear();
            self.stream.clear();
        }
        if matches!(class, Class::Good | Class::Stream) {
            self.picture(at, seen, thresholds.picture_confirm);
            self.stream(at, seen, thresholds.confirm);
        }
    }

    /// Rules 1 and 3; whether the camera has turned live.
    fn ok(&mut self, at: Timestamp, recover: u32) -> bool {
        self.failures.clear();
        self.blind.clear();
        self.oks.push(at);
        let since = match self.base {
            Base::Live => None,
            Base::Unknown(_) => Some(at),
            Base::Dark(_) => self.oks.reached(recover),
        };
        if since.is_some() {
            self.base = Base::Live;
            self.since = since;
        }
        since.is_some()
    }

    /// Rule 2; whether the camera has turned dark.
    fn failure(&mut self, at: Timestamp, cause: Cause, confirm: u32) -> bool {
        self.oks.clear();
        self.blind.clear();
        self.failures.push(at, cause);
        if matches!(self.base, Base::Dark(_)) {
            return false;
        }
        let Some((since, cause)) = self.failures.reached(confirm) else { return false };
        self.base = Base::Dark(cause);
        self.since = Some(since);
        true
    }

    /// Rule 4; whether the camera has turned unknown.
    fn blind(&mut self, at: Timestamp, cause: Cause, confirm: u32) -> bool {
        self.blind.push(at);
        let Some(since) = self.blind.reached(confirm) else { return false };
        if matches!(self.base, Base::Unknown(_)) {
            if self.base != Base::Unknown(cause) {
                self.blind_since = Some(since);
            }
            self.base = Base::Unknown(cause);
            return false;
        }
        self.turn_unknown(since, cause);
        true
    }

    /// Rule 5, the picture.
    fn picture(&mut self, at: Timestamp, seen: &CameraSeen, confirm: u32) {
        let Some(picture) = &seen.picture else { return };
        match picture.verdict.cause() {
            Some(cause) => {
                if let Some(since) = self.picture.bad(at, confirm) {
                    self.conditions.decide(Kind::Picture, cause, since);
                }
            }
            None => {
                if let Some(since) = self.picture.good(at, confirm) {
                    self.conditions.clear(Kind::Picture, since);
                }
            }
        }
    }

    /// Rule 5, the stream.
    fn stream(&mut self, at: Timestamp, seen: &CameraSeen, confirm: u32) {
        match seen.outcome {
            Outcome::Ok if seen.depth >= Depth::Frame => {
                if let Some(since) = self.stream.good(at, confirm) {
                    self.conditions.clear(Kind::Stream, since);
                }
            }
            Outcome::Slow | Outcome::Lossy => {
                if let (Some(since), Some(cause)) = (self.stream.bad(at, confirm), seen.outcome.cause()) {
                    self.conditions.decide(Kind::Stream, cause, since);
                }
            }
            _ => {}
        }
    }

    /// Rules 6 and 7: nobody looks at the camera from this moment; one that is unknown already takes the cause.
    pub(super) fn lose_sight(&mut self, from: Timestamp, cause: Cause) {
        if matches!(self.base, Base::Unknown(_)) {
            if self.base != Base::Unknown(cause) {
                self.blind_since = Some(from);
            }
            self.base = Base::Unknown(cause);
            self.start_runs_anew();
        } else {
            self.turn_unknown(from, cause);
        }
    }

    fn turn_unknown(&mut self, since: Timestamp, cause: Cause) {
        self.base = Base::Unknown(cause);
        self.since = Some(since);
        self.blind_since = Some(since);
        self.start_runs_anew();
    }

    pub(super) fn start_runs_anew(&mut self) {
        self.failures.clear();
        self.oks.clear();
        self.blind.clear();
        self.picture.clear();
        self.stream.clear();
    }

    /// The state with its cause, and the later of the dates that made it so.
    pub(super) fn verdict(&self) -> Verdict {
        match self.base {
            Base::Unknown(cause) => Verdict { state: State::Unknown, cause: Some(cause), since: self.since },
            Base::Dark(cause) => Verdict { state: State::Dark, cause: Some(cause), since: self.since },
            Base::Live => match self.conditions.first() {
                None => Verdict { state: State::Up, cause: None, since: self.since.max(self.conditions.cleared()) },
                Some(condition) => Verdict {
                    state: State::Degraded,
                    cause: Some(condition.cause),
                    since: self.since.max(self.conditions.since()),
                },
            },
        }
    }

    /// From when the cause of an unknown camera holds.
    pub(super) fn blind_since(&self) -> Option<Timestamp> {
        self.blind_since
    }

    pub(super) fn is_about_to_darken(&self, confirm: u32) -> bool {
        !matches!(self.base, Base::Dark(_)) && self.failures.length().saturating_add(1) >= confirm
    }

    /// Whether it fails, and the way to it may have caused that the last time: one that answered wrongly was reached.
    pub(super) fn is_failing_by_path(&self) -> bool {
        self.failures.last().is_some_and(is_path)
    }
}

/// Whether a cause is of the way to the camera, which others may share.
pub(super) fn is_path(cause: Cause) -> bool {
    matches!(cause, Cause::Dns | Cause::Unreachable | Cause::Refused | Cause::ConnectTimeout | Cause::Reset)
}
