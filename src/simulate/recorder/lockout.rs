//! How an account is locked: so many refused logins, then so long nothing, whichever door they came in by.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::clock::SimClock;

/// The refused logins of one account.
pub(crate) struct Lockout {
    clock: SimClock,
    rule: Mutex<Rule>,
}

struct Rule {
    after: Option<u32>,
    lasts: SignedDuration,
    refused: u32,
    until: Option<Timestamp>,
    /// How often it was locked.
    times: u64,
}

impl Lockout {
    pub(super) fn new(clock: SimClock, after: Option<u32>, lasts: Duration) -> Self {
        let lasts = SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX);
        Self { clock, rule: Mutex::new(Rule { after, lasts, refused: 0, until: None, times: 0 }) }
    }

    fn rule(&self) -> std::sync::MutexGuard<'_, Rule> {
        let mut rule = self.rule.lock().unwrap_or_else(PoisonError::into_inner);
        if rule.until.is_some_and(|until| until <= self.clock.now()) {
            (rule.refused, rule.until) = (0, None);
        }
        rule
    }

    /// For how many seconds the account is locked still.
    pub(crate) fn seconds_left(&self) -> Option<u64> {
        let until = self.rule().until?;
        let left = until.duration_since(self.clock.now());
        // Part of a second is a second: never "locked for 0 s".
        Some(left.as_secs().unsigned_abs() + u64::from(left.subsec_nanos() > 0))
    }

    /// How many refused logins are left until it is locked.
    pub(super) fn tries_left(&self) -> Option<u32> {
        let rule = self.rule();
        rule.after.map(|after| if rule.until.is_some() { 0 } else { after.saturating_sub(rule.refused) })
    }

    /// Refused logins since the last accepted one.
    pub(super) fn refused_in_a_row(&self) -> u32 {
        self.rule().refused
    }

    pub(super) fn times_locked(&self) -> u64 {
        self.rule().times
    }

    /// After how many refused logins, and for how many seconds.
    pub(super) fn policy(&self) -> (Option<u32>, i64) {
        let rule = self.rule();
        (rule.after, rule.lasts.as_secs())
    }

    pub(crate) fn refused(&self) {
        let until = self.clock.now().saturating_add(self.rule().lasts).unwrap_or(Timestamp::MAX);
        let mut rule = self.rule();
        rule.refused = rule.refused.saturating_add(1);
        if rule.after.is_some_and(|after| rule.refused >= after) {
            rule.times += u64::from(rule.until.is_none());
            // A try while it is locked locks it anew.
            rule.until = Some(until);
        }
    }

    pub(crate) fn accepted(&self) {
        let mut rule = self.rule();
        if rule.until.is_none() {
            rule.refused = 0;
        }
    }

    /// As an administrator unlocks it.
    pub(crate) fn unlock(&self) {
        let mut rule = self.rule();
        (rule.refused, rule.until) = (0, None);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Lockout, SimClock};

    #[test]
    fn the_fifth_refusal_locks_for_half_an_hour_and_a_try_meanwhile_begins_it_anew() {
        let clock = SimClock::stopped_at("2026-11-01T00:00:00Z".parse().unwrap());
        let lockout = Lockout::new(clock.clone(), Some(5), Duration::from_secs(1800));
        for left in (1..=4).rev() {
            lockout.refused();
            assert_eq!((lockout.tries_left(), lockout.seconds_left()), (Some(left), None));
        }
        lockout.refused();
        assert_eq!((lockout.tries_left(), lockout.seconds_left()), (Some(0), Some(1800)));
        clock.advance(Duration::from_secs(1700));
        lockout.accepted();
        assert_eq!(lockout.seconds_left(), Some(100), "a right password does not open it");
        lockout.refused();
        assert_eq!((lockout.seconds_left(), lockout.times_locked()), (Some(1800), 1));
        clock.advance(Duration::from_secs(1800));
        assert_eq!((lockout.tries_left(), lockout.seconds_left()), (Some(5), None));
        lockout.refused();
        lockout.accepted();
        assert_eq!(lockout.refused_in_a_row(), 0);
    }
}
