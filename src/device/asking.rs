//! Asking gently: what a device does not have is not asked for again and again, and a 401 is not provoked twice.
//!
//! Knows no device's words; a dialect says what an answer means.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::exchange::{Answer, Exchange, Request, Trouble};
use super::finding::Why;

/// How long an answer of "not supported", or a 401 with a login that works, is believed.
const UNSUPPORTED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long a plain "no permission" is believed: it costs no login, and somebody may have set it right.
const NOT_PERMITTED: SignedDuration = SignedDuration::from_hours(24);
/// After one 401 nothing that never worked is asked for so long, and after two within a day for the rest of that day.
const AFTER_ONE: SignedDuration = SignedDuration::from_hours(1);
const AFTER_TWO: SignedDuration = SignedDuration::from_hours(24);

/// What a device refused, kept over polls and restarts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusals {
    refused: BTreeMap<String, Refusal>,
    worked: BTreeSet<String>,
    /// When the last 401s came; at most two.
    denied: Vec<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Refusal {
    until: Timestamp,
    permission: bool,
}

impl Refusals {
    /// Why this is not asked for now.
    fn standing(&self, what: &str, now: Timestamp) -> Option<Why> {
        if let Some(refusal) = self.refused.get(what)
            && now < refusal.until
        {
            return Some(if refusal.permission { Why::NoPermission } else { Why::NotSupported });
        }
        let within = |at: Timestamp, term: SignedDuration| now.duration_since(at) < term;
        let held_back = match self.denied.as_slice() {
            [] => false,
            [one] => within(*one, AFTER_ONE),
            [.., before, last] => within(*last, AFTER_ONE) || within(*before, AFTER_TWO),
        };
        (held_back && !self.worked.contains(what)).then_some(Why::HeldBack)
    }

    fn refuse(&mut self, what: &str, now: Timestamp, term: SignedDuration, permission: bool) {
        let until = now.saturating_add(term).unwrap_or(now);
        self.refused.insert(what.to_owned(), Refusal { until, permission });
    }

    fn deny(&mut self, what: &str, now: Timestamp) {
        self.refuse(what, now, UNSUPPORTED, true);
        self.worked.remove(what);
        if self.denied.len() >= 2 {
            self.denied.remove(0);
        }
        self.denied.push(now);
    }
}

/// One poll's conversation.
pub struct Asking<'a, E> {
    exchange: &'a mut E,
    refusals: &'a mut Refusals,
    /// What ended the poll: nothing is sent after it.
    pub ended_by: Option<Trouble>,
}

impl<'a, E: Exchange> Asking<'a, E> {
    pub fn new(exchange: &'a mut E, refusals: &'a mut Refusals) -> Self {
        Self { exchange, refusals, ended_by: None }
    }

    pub fn now(&self) -> Timestamp {
        self.exchange.now()
    }

    pub fn ended(&self) -> bool {
        self.ended_by.is_some()
    }

    /// Another device stands at this address, or another firmware: what the old one refused says nothing.
    pub fn forget(&mut self) {
        *self.refusals = Refusals::default();
    }

    /// Sends what tells whether the device can be talked to at all; never held back.
    pub async fn canary(&mut self, request: Request<'_>) -> Result<Answer, Why> {
        self.exchange.ask(request).await.map_err(|trouble| {
            self.ended_by = Some(trouble.clone());
            trouble.into()
        })
    }

    /// Sends a request unless the poll has ended or the device refused the like. `what` names the request without
    /// what varies in it.
    pub async fn ask(&mut self, what: &str, request: Request<'_>) -> Result<Answer, Why> {
        if let Some(trouble) = &self.ended_by {
            return Err(trouble.clone().into());
        }
        let now = self.exchange.now();
        if let Some(why) = self.refusals.standing(what, now) {
            return Err(why);
        }
        match self.exchange.ask(request).await {
            Ok(answer) => {
                if answer.is_success() && !self.refusals.worked.contains(what) {
                    self.refusals.worked.insert(what.to_owned());
                }
                Ok(answer)
            }
            Err(Trouble::Denied) => {
                self.refusals.deny(what, now);
                Err(Trouble::Denied.into())
            }
            Err(trouble) => {
                if trouble.ends_poll() {
                    self.ended_by = Some(trouble.clone());
                }
                Err(trouble.into())
            }
        }
    }

    /// Remembers that a request is not worth repeating, where that is what the answer came to.
    pub fn remember(&mut self, what: &str, why: &Why) {
        let now = self.exchange.now();
        match why {
            Why::NotSupported => self.refusals.refuse(what, now, UNSUPPORTED, false),
            Why::NoPermission => self.refusals.refuse(what, now, NOT_PERMITTED, true),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    #[test]
    fn after_a_401_only_what_worked_before_is_asked_for_an_hour_and_after_two_for_a_day() {
        let mut refusals = Refusals::default();
        refusals.worked.insert("known".into());
        refusals.deny("a", at(0));
        assert_eq!(refusals.standing("known", at(0)), None);
        assert_eq!(refusals.standing("new", at(0)), Some(Why::HeldBack));
        assert_eq!(refusals.standing("new", at(1)), None);
        refusals.deny("b", at(1));
        assert_eq!(refusals.standing("new", at(23)), Some(Why::HeldBack));
        assert_eq!(refusals.standing("new", at(24)), None);
        refusals.deny("c", at(24));
        assert_eq!(refusals.standing("new", at(24)), Some(Why::HeldBack));
        assert_eq!(refusals.standing("new", at(25)), None, "the first of the day before is a day past");
        assert_eq!(refusals.standing("a", at(7 * 24 - 1)), Some(Why::NoPermission));
        assert_eq!(refusals.standing("a", at(7 * 24)), None);
    }
}
