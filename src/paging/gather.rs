//! How many messages one officer gets: the first at once, what follows soon after it in one.
//!
//! - Nothing was sent in the last quarter of an hour, or warnings alone and this is critical: at once.
//! - One thing, a minute after the last message, which told one thing too: at once. Until then it waits for what belongs
//!   to it.
//! - Otherwise what comes is gathered, for a minute after the first message and five minutes after the next, and there
//!   are at most three messages in a quarter of an hour. Where something critical has just begun a fourth may go, five
//!   minutes after the last one: a person has to know.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::after;
use super::case::{Case, Pending};
use super::desk::Desk;
use super::message::{About, Message, MessageId, Recipient, Severity};
use super::{Step, facts};
use crate::inventory::OfficerId;
use crate::judgement::event::PageReason;

const WINDOW: Duration = Duration::from_secs(15 * 60);
const SOON: Duration = Duration::from_secs(60);
const LATER: Duration = Duration::from_secs(5 * 60);
const AT_MOST: usize = 3;

/// What was sent to one officer of late.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Inbox {
    /// All messages ever: what tells their ids apart.
    messages: u64,
    /// Those of the last quarter of an hour.
    recent: Vec<Sent>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Sent {
    at: Timestamp,
    /// It told several things.
    several: bool,
    /// One of them was critical.
    critical: bool,
}

/// What waits for an officer.
#[derive(Debug, Clone, Copy, Default)]
struct Waiting {
    ready: usize,
    /// Something critical has begun.
    critical: bool,
}

impl Inbox {
    /// When what is ready may go; [`Timestamp::MIN`] where nothing holds it.
    fn release(&self, waiting: Waiting, at: Timestamp) -> Timestamp {
        // What lies ahead was sent before the clock was put back.
        let recent: Vec<&Sent> =
            self.recent.iter().filter(|sent| sent.at <= at && at < after(sent.at, WINDOW)).collect();
        let Some(last) = recent.last() else { return Timestamp::MIN };
        // A dark camera does not wait because something less was told before.
        if waiting.critical && recent.iter().all(|sent| !sent.critical) {
            return Timestamp::MIN;
        }
        let (soon, later) = (after(last.at, SOON), after(last.at, LATER));
        match recent.len() {
            1 => soon,
            n if n < AT_MOST => {
                if waiting.ready == 1 && !last.several {
                    soon
                } else {
                    later
                }
            }
            _ if waiting.critical => later,
            n => later.max(after(recent[n - AT_MOST].at, WINDOW)),
        }
    }

    /// When to look again at what waits: at its release, or when a message is so old that it counts no more, since that may
    /// bring the release forward.
    fn next_look(&self, waiting: Waiting, at: Timestamp) -> Timestamp {
        let forgotten = self.recent.iter().map(|sent| after(sent.at, WINDOW)).filter(|forgotten| *forgotten > at).min();
        let release = self.release(waiting, at);
        forgotten.map_or(release, |forgotten| release.min(forgotten))
    }

    fn note(&mut self, at: Timestamp, several: bool, critical: bool) -> u64 {
        self.recent.retain(|sent| sent.at <= at && at < after(sent.at, WINDOW));
        self.recent.push(Sent { at, several, critical });
        self.messages += 1;
        self.messages
    }
}

impl Desk {
    /// Makes messages of what is ready to be told.
    pub(super) fn flush(&mut self, at: Timestamp, step: &mut Step) {
        for (officer, waiting) in self.waiting(at) {
            let release = self.memory.inboxes.get(&officer).map_or(Timestamp::MIN, |inbox| inbox.release(waiting, at));
            if waiting.ready > 0 && release <= at {
                let message = self.compose(&officer, at);
                step.messages.push(message);
            }
        }
    }

    /// When something next becomes ready or may go.
    pub(super) fn next_message(&self, at: Timestamp) -> Option<Timestamp> {
        let quiet = self.memory.cases.iter().flat_map(|(_, case)| &case.people);
        let quiet = quiet.filter_map(|person| person.pending.as_ref()?.quiet_until).filter(|until| *until > at).min();
        let waiting = self.waiting(at).into_iter().filter(|(_, waiting)| waiting.ready > 0);
        let release = waiting.map(|(officer, waiting)| {
            self.memory.inboxes.get(&officer).map_or(at, |inbox| inbox.next_look(waiting, at))
        });
        quiet.into_iter().chain(release).min()
    }

    fn waiting(&self, at: Timestamp) -> Vec<(OfficerId, Waiting)> {
        let mut waiting: std::collections::BTreeMap<&OfficerId, Waiting> = std::collections::BTreeMap::new();
        for (_, case) in self.memory.cases.iter() {
            for person in &case.people {
                if let Some(pending) = person.pending.as_ref().filter(|pending| pending.is_ready(at)) {
                    let one = waiting.entry(&person.officer).or_default();
                    one.ready += 1;
                    one.critical |= case.severity == Severity::Critical && case.is_open() && begins(pending);
                }
            }
        }
        waiting.into_iter().map(|(officer, waiting)| (officer.clone(), waiting)).collect()
    }

    /// One message of all that is ready for an officer. What stands in one that may not have been sent yet is told again,
    /// as it is now, and this one goes in its place.
    fn compose(&mut self, officer: &OfficerId, at: Timestamp) -> Message {
        let is_ready = |case: &Case| {
            case.person(officer).and_then(|person| person.pending.as_ref()).is_some_and(|pending| pending.is_ready(at))
        };
        let mut tells: BTreeSet<String> = self.memory.cases.keys_where(|_, case| is_ready(case)).into_iter().collect();
        let mut supersedes: BTreeSet<MessageId> = BTreeSet::new();
        loop {
            let before = tells.len();
            let unsent = |id: &String| Some(&self.memory.cases.get(id)?.person(officer)?.unsent);
            supersedes.extend(tells.iter().filter_map(unsent).flatten().cloned());
            tells.extend(self.memory.cases.keys_where(|_, case| {
                case.person(officer).is_some_and(|person| person.unsent.iter().any(|id| supersedes.contains(id)))
            }));
            if tells.len() == before {
                break;
            }
        }
        let is_critical =
            |id: &String| self.memory.cases.get(id).is_some_and(|case| case.severity == Severity::Critical);
        let critical = tells.iter().any(is_critical);
        let number = self.memory.inboxes.entry(officer).note(at, tells.len() > 1, critical);
        let id = MessageId(format!("{:x}-{:016x}-{number}", at.as_microsecond(), hash(officer.as_str())));
        let mut told: Vec<(Severity, bool, Timestamp, About)> = Vec::new();
        let mut reason = PageReason::Digest;
        for key in &tells {
            let Some(case) = self.memory.cases.get(key) else { continue };
            let round = self.begun_round(case, at);
            told.push((case.severity, case.is_open(), case.opened, facts::about(key, case, &self.rules)));
            let Some(case) = self.memory.cases.get_mut(key) else { continue };
            case.round = round;
            let Some(person) = case.person_mut(officer) else { continue };
            if let Some(pending) = person.pending.take().filter(|pending| pending.quiet_until.is_none()) {
                reason = pending.reason;
            }
            person.unsent = vec![id.clone()];
            let first = person.told.map_or(at, |(first, _)| first);
            if person.told.replace((first, at)).is_none() {
                case.standing.told.push(super::Told { officer: officer.clone(), at });
            }
        }
        if told.len() > 1 {
            reason = PageReason::Digest;
        }
        told.sort_by(|a, b| (b.0, b.1, a.2).cmp(&(a.0, a.1, b.2)));
        Message {
            id,
            to: Recipient::Officer(officer.clone()),
            reason,
            severity: told.first().map_or(Severity::Warning, |(severity, ..)| *severity),
            decided_at: at,
            not_before: at,
            about: told.into_iter().map(|(.., about)| about).collect(),
            supersedes: supersedes.into_iter().collect(),
        }
    }
}

/// Whether this tells a person of something that they do not know of yet.
fn begins(pending: &Pending) -> bool {
    matches!(pending.reason, PageReason::Open | PageReason::Escalation)
}

/// FNV-1a: names a recipient in the id of a message in few characters, for good.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
