//! What may be sent with one account: a pure state machine, which takes the time as an argument.
//!
//! ```text
//!             refused, never accepted before
//!   Untested ────────────────────────────────► Rejected ◄── refused ──┐
//!      │ accepted                                 ▲                   │
//!      ▼              refused                     │ two or fewer      │
//!     Ok ──────────────────────────► Suspect ─────┤ tries left        │
//!      ▲                                │ an hour later, one login ───┘
//!      └────────────── accepted ────────┘
//!   any ── the device says that it locked ──► Locked until then, then one login
//! ```
//!
//! Devices lock an account after some five refused logins within half an hour, and some answer 401 when they have only
//! run out of connections. So a refusal that follows logins which worked is doubted once, and one that follows none is
//! final. Whatever the answers, a login is given leave only where its refusal would be the first within an hour and at
//! most the second within a day; the quarter of an hour that a device needs to free its connections lies within that.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Refused logins that one day may see.
const REFUSALS_A_DAY: usize = 2;

/// How much longer than it says a lock is left alone: devices begin anew when they are asked too early.
const LOCK_MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// How long a lock is left alone that says no end; common devices lock for half an hour.
const LOCK_UNTOLD: SignedDuration = SignedDuration::from_mins(45);

/// With so few tries left before the device locks, nothing more is tried: somebody else may need them.
pub const FEW_TRIES: u32 = 2;

/// Logins that end neither accepted nor refused (a stale nonce every time, 403), in a row and without an accepted one, until they count as refused.
const UNCLEAR_UNTIL_REFUSED: u32 = 3;

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// Never tried, or the last login was accepted.
    #[default]
    Open,
    /// Refused after logins that were accepted.
    Suspect {
        since: Timestamp,
    },
    /// Refused for good.
    Rejected {
        since: Timestamp,
    },
    Locked {
        since: Timestamp,
        until: Timestamp,
    },
}

/// Why nothing may be sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// One login is tried at `until`.
    Suspect { since: Timestamp, until: Timestamp },
    /// Until the secret changes or an operator asks for a retry.
    Rejected { since: Timestamp },
    /// One login is tried at `until`.
    Locked { since: Timestamp, until: Timestamp },
}

/// What a device answered to one login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Accepted,
    Refused,
    /// Refused, and so was the login that was sent at once to confirm it.
    RefusedTwice,
    /// Refused, and so many tries are left.
    TriesLeft(u32),
    /// Locked, for so long where that is told.
    Locked(Option<Duration>),
    /// The same, to a request without a login.
    FoundLocked(Option<Duration>),
    /// Neither taken nor plainly refused.
    Unclear,
}

/// One account on one device, with one secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    standing: Standing,
    /// This secret was accepted once.
    proven: bool,
    /// Logins that were refused within the last day, in order.
    refused: Vec<Timestamp>,
    unclear: u32,
}

impl Account {
    /// As it was kept.
    #[must_use]
    pub fn resume(standing: Standing, proven: bool, mut refused: Vec<Timestamp>) -> Self {
        refused.sort_unstable();
        Self { standing, proven, refused, unclear: 0 }
    }

    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }

    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.proven
    }

    #[must_use]
    pub fn refused(&self) -> &[Timestamp] {
        &self.refused
    }

    /// Whether one login may be sent now.
    ///
    /// # Errors
    /// Why none may.
    pub fn leave(&mut self, now: Timestamp) -> Result<(), Shut> {
        self.straighten(now);
        let next = self.budget_from();
        let shut = match self.standing {
            Standing::Rejected { since } => return Err(Shut::Rejected { since }),
            // The last login was accepted, so that nothing was refused since the budget was last asked.
            Standing::Open => return Ok(()),
            Standing::Suspect { since } => Shut::Suspect { since, until: next },
            Standing::Locked { since, until } => Shut::Locked { since, until: until.max(next) },
        };
        match shut {
            Shut::Suspect { until, .. } | Shut::Locked { until, .. } if now >= until => Ok(()),
            shut => Err(shut),
        }
    }

    /// Takes the answer to one login.
    pub fn told(&mut self, told: Told, now: Timestamp) {
        self.straighten(now);
        match told {
            Told::Accepted => {
                self.proven = true;
                self.unclear = 0;
                self.standing = Standing::Open;
            }
            Told::Refused => self.refuse(1, now),
            Told::RefusedTwice => self.refuse(2, now),
            Told::TriesLeft(tries) => {
                self.refuse(1, now);
                if tries <= FEW_TRIES {
                    self.standing = Standing::Rejected { since: now };
                }
            }
            Told::Locked(length) => {
                self.refused.push(now);
                self.told(Told::FoundLocked(length), now);
            }
            Told::FoundLocked(length) => {
                let length = length.map_or(LOCK_UNTOLD, |told| {
                    SignedDuration::try_from(told).map_or(DAY, |told| told.min(DAY)) + LOCK_MARGIN
                });
                self.standing = Standing::Locked { since: now, until: later(now, length) };
            }
            Told::Unclear => {
                self.unclear += 1;
                if self.unclear >= UNCLEAR_UNTIL_REFUSED {
                    self.refuse(1, now);
                }
            }
        }
    }

    fn refuse(&mut self, times: usize, now: Timestamp) {
        self.unclear = 0;
        self.refused.extend(std::iter::repeat_n(now, times));
        self.standing = match self.standing {
            Standing::Open | Standing::Locked { .. } if self.proven => Standing::Suspect { since: now },
            Standing::Rejected { since } => Standing::Rejected { since },
            _ => Standing::Rejected { since: now },
        };
    }

    /// From when on the hour and the day bear one more refused login.
    fn budget_from(&self) -> Timestamp {
        let hour = self.refused.last().map(|last| later(*last, HOUR));
        let day = self.refused.iter().rev().nth(REFUSALS_A_DAY - 1).map(|first| later(*first, DAY));
        hour.max(day).unwrap_or(Timestamp::MIN)
    }

    /// Forgets what is over; and where the clock was set back meanwhile, nothing lies further ahead than it could have.
    fn straighten(&mut self, now: Timestamp) {
        for at in &mut self.refused {
            *at = (*at).min(now);
        }
        self.refused.retain(|at| later(*at, DAY) > now);
        if let Standing::Locked { since, until } = &mut self.standing {
            *since = (*since).min(now);
            *until = (*until).min(later(now, DAY + LOCK_MARGIN));
        }
    }
}

fn later(at: Timestamp, length: SignedDuration) -> Timestamp {
    at.checked_add(length).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    /// A login where there is leave for one; whether there was.
    fn login(account: &mut Account, seconds: i64, told: Told) -> bool {
        let leave = account.leave(at(seconds)).is_ok();
        if leave {
            account.told(told, at(seconds));
        }
        leave
    }

    #[test]
    fn a_secret_that_never_worked_is_refused_once_and_never_tried_again() {
        let mut account = Account::default();
        assert!(login(&mut account, 0, Told::Refused));
        for days in 1..400 {
            assert_eq!(account.leave(at(days * 86_400)), Err(Shut::Rejected { since: at(0) }));
        }
    }

    #[test]
    fn a_secret_that_worked_is_doubted_for_an_hour_and_tried_once_more() {
        let mut account = Account::default();
        assert!(login(&mut account, 0, Told::Accepted));
        assert!(login(&mut account, 30, Told::Refused));
        assert_eq!(account.leave(at(31)), Err(Shut::Suspect { since: at(30), until: at(3630) }));
        let mut recovers = account.clone();
        assert!(login(&mut recovers, 3630, Told::Accepted), "it was only out of connections");
        assert_eq!(recovers.standing(), Standing::Open);
        assert!(login(&mut account, 3630, Told::Refused));
        assert_eq!(account.leave(at(10_000_000)), Err(Shut::Rejected { since: at(3630) }));
    }

    #[test]
    fn a_lock_is_left_alone_until_it_is_over_and_a_little_longer() {
        let mut account = Account::default();
        assert!(login(&mut account, 0, Told::Accepted));
        assert!(login(&mut account, 1, Told::Locked(Some(Duration::from_secs(7200)))));
        assert_eq!(account.leave(at(7500)), Err(Shut::Locked { since: at(1), until: at(7501) }));
        assert!(login(&mut account, 7501, Told::Accepted));
        // Where no end is told, and where the hour's budget is longer than the lock.
        assert!(login(&mut account, 100_000, Told::Locked(None)));
        assert_eq!(account.leave(at(100_001)), Err(Shut::Locked { since: at(100_000), until: at(103_600) }));
        assert!(login(&mut account, 103_600, Told::Accepted));
        assert!(login(&mut account, 200_000, Told::Locked(Some(Duration::MAX))));
        assert!(login(&mut account, 200_000 + 86_400 + 300, Told::Accepted), "no device's word shuts us out for ever");
    }

    #[test]
    fn the_last_tries_are_left_to_people() {
        for (left, last) in [(1, true), (2, true), (3, false)] {
            let mut account = Account::default();
            assert!(login(&mut account, 0, Told::Accepted));
            assert!(login(&mut account, 1, Told::TriesLeft(left)));
            assert_eq!(matches!(account.standing(), Standing::Rejected { .. }), last, "{left} left");
        }
    }

    #[test]
    fn logins_without_a_plain_answer_are_not_tried_for_ever() {
        let mut account = Account::default();
        for seconds in 0..i64::from(UNCLEAR_UNTIL_REFUSED) {
            assert!(login(&mut account, seconds, Told::Unclear));
        }
        assert!(account.leave(at(100)).is_err());
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out_for_years() {
        let mut account = Account::default();
        assert!(login(&mut account, 0, Told::Accepted));
        assert!(login(&mut account, 300_000_000, Told::Refused));
        assert_eq!(account.leave(at(10)), Err(Shut::Suspect { since: at(300_000_000), until: at(3610) }));
        assert!(account.leave(at(3610)).is_ok());
    }

    fn told() -> impl Strategy<Value = Told> {
        prop_oneof![
            3 => Just(Told::Accepted),
            3 => Just(Told::Refused),
            1 => Just(Told::Unclear),
            1 => (0u32..6).prop_map(Told::TriesLeft),
            1 => (0u64..10_000).prop_map(|s| Told::Locked(Some(Duration::from_secs(s)))),
            1 => Just(Told::Locked(None)),
            1 => Just(Told::FoundLocked(None)),
        ]
    }

    proptest! {
        /// Asked every few seconds to hours for days, whatever a device answers, over restarts too.
        #[test]
        fn no_sequence_of_answers_gets_more_than_one_refused_login_an_hour_and_two_a_day(
            steps in prop::collection::vec((0i64..7000, told(), prop::bool::weighted(0.1)), 1..400)
        ) {
            let mut account = Account::default();
            let mut now = 0;
            let mut refused: Vec<i64> = Vec::new();
            for (wait, told, restarted) in steps {
                now += wait;
                if restarted {
                    account = Account::resume(account.standing(), account.is_proven(), account.refused().to_vec());
                }
                if login(&mut account, now, told) && !matches!(told, Told::Accepted | Told::Unclear | Told::FoundLocked(_)) {
                    refused.push(now);
                }
            }
            for pair in refused.windows(2) {
                prop_assert!(pair[1] - pair[0] >= 3600, "{refused:?}");
            }
            for three in refused.windows(3) {
                prop_assert!(three[2] - three[0] >= 86_400, "{refused:?}");
            }
        }

        /// The confirmation of a doubtful 401 is the one case in which two follow each other; then there is none for a day.
        #[test]
        fn a_refusal_that_was_confirmed_at_once_is_the_last_for_a_day(after in 0i64..86_400) {
            let mut account = Account::default();
            prop_assert!(login(&mut account, 0, Told::Accepted));
            prop_assert!(login(&mut account, 1, Told::RefusedTwice));
            prop_assert!(account.leave(at(1 + after)).is_err());
            prop_assert!(account.leave(at(1 + 86_400)).is_ok());
        }
    }
}
