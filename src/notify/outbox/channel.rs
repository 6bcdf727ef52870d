//! How a channel behaves lately, and so how soon it is asked again. Knows nothing of messages.

use std::time::Duration;

use super::PATIENCE;
use crate::schedule::Moment;

const SHORTEST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_mins(5);
/// How long a channel that refuses everything is left alone.
const REFUSED_FOR: Duration = Duration::from_mins(3);

/// Lately.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ChannelState {
    pub(super) in_flight: usize,
    /// Answers in a row that put off.
    put_off: u32,
    closed_until: Moment,
    refuses: bool,
}

impl ChannelState {
    /// It has put off a message.
    pub(super) fn put_off(&mut self, after: Option<Duration>, now: Moment, random: &mut fastrand::Rng) {
        self.put_off = self.put_off.saturating_add(1);
        if let Some(after) = after {
            self.closed_until = self.closed_until.max(now + after);
        }
        if self.put_off >= PATIENCE {
            // Not each message for itself any more: one asks for all.
            self.closed_until = self.closed_until.max(now + backoff(self.put_off + 1 - PATIENCE, random));
        }
    }

    /// It takes nothing; `true` where that is news.
    pub(super) fn refuse(&mut self, now: Moment, random: &mut fastrand::Rng) -> bool {
        self.closed_until = now + jittered(REFUSED_FOR, random);
        !std::mem::replace(&mut self.refuses, true)
    }

    /// It has answered as one that takes messages: whether it struggled before, and whether it refused.
    pub(super) fn is_well(&mut self) -> (bool, bool) {
        let before = (self.struggles() || !self.closed_until.is_zero(), self.refuses);
        *self = Self { in_flight: self.in_flight, ..Self::default() };
        before
    }

    /// Somebody may have set it right: it is asked at once.
    pub(super) fn open(&mut self) {
        self.closed_until = Moment::ZERO;
    }

    pub(super) fn refuses(&self) -> bool {
        self.refuses
    }

    pub(super) fn struggles(&self) -> bool {
        self.refuses || self.put_off >= PATIENCE
    }

    pub(super) fn closed_until(&self) -> Moment {
        self.closed_until
    }

    pub(super) fn has_room(&self, at_once: usize) -> bool {
        self.in_flight < if self.struggles() { 1 } else { at_once }
    }
}

/// After so many tries.
pub(super) fn backoff(tries: u32, random: &mut fastrand::Rng) -> Duration {
    let doubled = SHORTEST * 2u32.pow(tries.saturating_sub(1).min(10));
    jittered(doubled.min(LONGEST), random).min(LONGEST)
}

/// Between three quarters and five quarters of it, so that what failed together is not tried together.
fn jittered(wait: Duration, random: &mut fastrand::Rng) -> Duration {
    wait.mul_f64(0.75 + random.f64() / 2.0)
}
