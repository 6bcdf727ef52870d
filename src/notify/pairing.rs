//! Enrolment: a code that an officer sends on a channel, so that the daemon learns where that officer is reached there.
//!
//! A code is six digits, so few tries are allowed: with five wrong ones in a code's life from one sender, and fifty from
//! everybody, guessing one is a chance of one in ten thousand at most. Pure: codes and times come from outside.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::inventory::{ChannelId, OfficerId};
use crate::schedule::Moment;

/// How long a code is good.
pub const VALID: Duration = Duration::from_mins(15);
/// Codes that wait at once; more would make guessing easier.
const MOST_WAITING: usize = 20;
/// Wrong codes within [`VALID`] after which a sender is not heard any more.
const MOST_WRONG: u32 = 5;
/// Wrong codes of all senders within [`VALID`] after which every code is void.
const MOST_WRONG_OF_ALL: u32 = 50;
/// Senders of wrong codes that are remembered.
const MOST_SENDERS: usize = 1000;

/// Why no code was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPaired {
    #[error("no officer {0:?} in the inventory")]
    Officer(String),
    #[error("no channel {0:?} in the inventory")]
    Channel(String),
    #[error("channel {0:?} is not among the channels of this officer; add it to channels = [...] of the [[officer]]")]
    NotTheirs(String),
    #[error(
        "channel {0:?} takes no messages from people, so nobody can enrol on it; write the address into the inventory"
    )]
    Deaf(String),
    #[error("too many codes wait to be used; wait until some have expired, {} minutes at most", VALID.as_secs() / 60)]
    TooMany,
    #[error("the daemon is stopping")]
    Stopping,
}

/// Why a code enrolled nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRedeemed {
    /// Wrong, of another channel, used or expired: which of these is nobody's business.
    Wrong,
    /// This sender has tried too often, and is not answered any more.
    TooOften,
}

/// A code that was given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pairing {
    pub officer: OfficerId,
    pub channel: ChannelId,
    /// Six digits.
    pub code: String,
    pub expires_at: jiff::Timestamp,
}

struct Waiting {
    officer: OfficerId,
    channel: ChannelId,
    until: Moment,
}

#[derive(Default)]
struct Wrong {
    count: u32,
    until: Moment,
}

/// The codes that wait to be used. They are not kept over a restart: asking for another is easy.
#[derive(Default)]
pub struct Pairings {
    waiting: BTreeMap<String, Waiting>,
    wrong: BTreeMap<(ChannelId, String), Wrong>,
    wrong_of_all: Wrong,
}

impl Pairings {
    /// Gives a code, which replaces any that this officer has on this channel. `random` is called until it gives one that
    /// is free.
    ///
    /// # Errors
    /// Where too many wait.
    pub fn give(
        &mut self,
        officer: OfficerId,
        channel: ChannelId,
        now: Moment,
        mut random: impl FnMut() -> u32,
    ) -> Result<String, NotPaired> {
        self.waiting.retain(|_, w| w.until > now && (w.officer != officer || w.channel != channel));
        if self.waiting.len() >= MOST_WAITING {
            return Err(NotPaired::TooMany);
        }
        let code = loop {
            let code = format!("{:06}", random() % 1_000_000);
            if !self.waiting.contains_key(&code) {
                break code;
            }
        };
        self.waiting.insert(code.clone(), Waiting { officer, channel, until: now + VALID });
        Ok(code)
    }

    /// Whose code this is, if it is good on this channel; it is used up.
    ///
    /// # Errors
    /// [`NotRedeemed`] where it is not.
    pub fn redeem(
        &mut self,
        code: &str,
        channel: &ChannelId,
        sender: &str,
        now: Moment,
    ) -> Result<OfficerId, NotRedeemed> {
        self.waiting.retain(|_, waiting| waiting.until > now);
        self.wrong.retain(|_, wrong| wrong.until > now);
        let by = (channel.clone(), sender.to_owned());
        if self.wrong.get(&by).is_some_and(|wrong| wrong.count >= MOST_WRONG) {
            return Err(NotRedeemed::TooOften);
        }
        if self.waiting.get(code).is_some_and(|waiting| waiting.channel == *channel)
            && let Some(waiting) = self.waiting.remove(code)
        {
            return Ok(waiting.officer);
        }
        if self.wrong.len() < MOST_SENDERS || self.wrong.contains_key(&by) {
            let wrong = self.wrong.entry(by).or_default();
            *wrong = Wrong { count: wrong.count + 1, until: now + VALID };
        }
        let all = &mut self.wrong_of_all;
        if all.until <= now {
            *all = Wrong { count: 0, until: now + VALID };
        }
        all.count += 1;
        if all.count >= MOST_WRONG_OF_ALL {
            self.waiting.clear();
        }
        Err(NotRedeemed::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn officer(id: &str) -> OfficerId {
        OfficerId::new(id).unwrap()
    }

    fn channel(id: &str) -> ChannelId {
        ChannelId::new(id).unwrap()
    }

    const NOW: Moment = Duration::from_secs(1000);

    fn with_code() -> Pairings {
        let mut pairings = Pairings::default();
        assert_eq!(pairings.give(officer("a"), channel("zalo"), NOW, || 482_133).as_deref(), Ok("482133"));
        pairings
    }

    /// Whose code `code` is, sent by `sender`.
    fn redeemed(pairings: &mut Pairings, code: &str, on: &str, sender: &str, now: Moment) -> Option<OfficerId> {
        pairings.redeem(code, &channel(on), sender, now).ok()
    }

    #[test]
    fn a_code_is_good_once_on_its_channel_and_for_fifteen_minutes() {
        let mut pairings = with_code();
        assert_eq!(redeemed(&mut pairings, "482133", "telegram", "x", NOW), None, "another channel");
        assert_eq!(redeemed(&mut pairings, "482133", "zalo", "x", NOW), Some(officer("a")));
        assert_eq!(redeemed(&mut pairings, "482133", "zalo", "x", NOW), None, "used up");
        let mut pairings = with_code();
        assert_eq!(redeemed(&mut pairings, "482133", "zalo", "x", NOW + VALID), None, "too late");
    }

    #[test]
    fn a_new_code_replaces_the_one_before_and_codes_are_never_the_same() {
        let mut pairings = with_code();
        let mut random = [482_133, 7].into_iter();
        assert_eq!(
            pairings.give(officer("b"), channel("zalo"), NOW, || random.next().unwrap()).as_deref(),
            Ok("000007")
        );
        pairings.give(officer("a"), channel("zalo"), NOW, || 1).unwrap();
        assert_eq!(redeemed(&mut pairings, "482133", "zalo", "x", NOW), None);
        assert_eq!(redeemed(&mut pairings, "000001", "zalo", "x", NOW), Some(officer("a")));
    }

    #[test]
    fn who_guesses_is_not_heard_any_more_and_many_who_guess_void_every_code() {
        let mut pairings = with_code();
        for n in 0..MOST_WRONG {
            let answer = pairings.redeem(&format!("{n:06}"), &channel("zalo"), "guesser", NOW);
            assert_eq!(answer, Err(NotRedeemed::Wrong));
        }
        let answer = pairings.redeem("482133", &channel("zalo"), "guesser", NOW);
        assert_eq!(answer, Err(NotRedeemed::TooOften), "the right one, too late");
        assert_eq!(redeemed(&mut pairings, "482133", "zalo", "officer", NOW), Some(officer("a")), "others are heard");

        let mut pairings = with_code();
        for n in 0..MOST_WRONG_OF_ALL {
            redeemed(&mut pairings, "000000", "zalo", &format!("guesser {n}"), NOW);
        }
        assert_eq!(redeemed(&mut pairings, "482133", "zalo", "officer", NOW), None);
    }

    #[test]
    fn only_so_many_codes_wait() {
        let mut pairings = Pairings::default();
        for n in 0..20u32 {
            pairings.give(officer(&format!("o{n}")), channel("zalo"), NOW, || n).unwrap();
        }
        assert_eq!(pairings.give(officer("x"), channel("zalo"), NOW, || 99), Err(NotPaired::TooMany));
        assert!(pairings.give(officer("o3"), channel("zalo"), NOW, || 99).is_ok(), "in place of their own");
        assert!(pairings.give(officer("x"), channel("zalo"), NOW + VALID, || 100).is_ok());
    }
}
