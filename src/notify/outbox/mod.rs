//! The outbox: which message is tried where and when, and what an answer comes to.
//!
//! Pure: it is told the time and the answers, and says what to send and what to write. Knows classes of answers, not
//! providers; knows nothing of words, sockets or the record. The rules:
//!
//! - Every attempt to send a message on a channel carries the same key, after a restart too, so that a provider who had it
//!   can say so; that counts as taken.
//! - *Later* is waited out with exponential back-off, 5 s to 5 min with jitter, never before the moment that the provider
//!   names; it is never given up while the message is current. A message that was put off three times on a channel, or
//!   meets a channel that put off the last three of anybody's, is tried on the recipient's next channel as well, and the
//!   first that takes it wins. Both may have taken it, where an answer was lost: an officer who is told twice is better
//!   off than one who is not told. A message has one attempt at a time, so this needs a lost answer.
//! - A channel that refuses everything is closed for a few minutes, then one message tries it. Its messages go by the next
//!   channel. Where a recipient has no other, the desk is told that nobody took the message, so that the next officer is
//!   told; the message stays queued, and goes out late when the channel is well again.
//! - A recipient who is refused, or a message that is, goes by the next channel at once. With none left it has failed.
//! - What a message supersedes is withdrawn; what of that is in flight ends first. Messages of one matter go to one
//!   recipient in the order of their decisions, until the earlier one has been put off three times: then what follows
//!   need not wait behind it.
//! - Waits are kept by a clock that never steps. Only `not_before` is a time of day; it holds for as long as it was
//!   decided to, or until that time of day, whichever comes first.

mod channel;
mod directory;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use self::channel::{ChannelState, backoff};
pub use self::directory::{Directory, Route};
use super::Answer;
use crate::inventory::{ChannelId, OfficerId};
use crate::paging::{About, Delivery, Fate, Message, MessageId, Recipient, Row, Standing};
use crate::schedule::Moment;

/// Tries on a channel after which the next one is tried too.
const PATIENCE: u32 = 3;
/// A channel that asks for more than this is passed over meanwhile.
const SHORT_WAIT: Duration = Duration::from_secs(60);
/// The longest wait that a provider may ask for.
const LONGEST_AFTER: Duration = Duration::from_secs(3600);
/// The longest that a row may wait for its next try after a restart: something may have been set right, and the clock too.
const AFTER_RESTART: Duration = Duration::from_secs(60);
/// What was put off need not wait longer than this, once the channel has taken another message.
const AFTER_ANOTHER: Duration = Duration::from_secs(5);
/// Messages that are kept; beyond it the oldest is given up.
const MOST_QUEUED: usize = 10_000;
/// Ended messages that are remembered, so that none is put again.
const MOST_ENDED: usize = 10_000;
/// No news any more, where it could not be sent for so long.
const CURRENT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Times that an address may change for one message.
const MOST_MOVES: u32 = 2;

/// Both clocks: one that never steps, and the time of day.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub moment: Moment,
    pub at: Timestamp,
}

/// To be sent now; its end must be told with [`Outbox::finish`].
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    pub message: Message,
    pub channel: ChannelId,
    pub address: String,
    /// The same for every attempt to send this message on this channel; at most 50 characters.
    pub key: String,
    /// From 1, on this channel.
    pub attempt: u32,
    /// To be written before it is sent: after a crash, the channel that may have taken it is asked first.
    pub row: Row,
}

/// What something came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// To be written.
    pub rows: Vec<Row>,
    /// For the desk.
    pub deliveries: Vec<Delivery>,
    pub news: Vec<News>,
    /// Addresses that have changed, to be kept.
    pub moved: Vec<(OfficerId, ChannelId, String)>,
}

/// What is new of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Failing { channel: ChannelId, why: String },
    Well { channel: ChannelId },
}

/// How a channel's messages stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Messages whose time has come, those in flight included.
    pub queued: usize,
    /// When the oldest of them could have been sent.
    pub oldest: Option<Timestamp>,
    pub failing: bool,
}

/// What was tried of a message on one channel.
#[derive(Debug, Clone, Default)]
struct Tried {
    count: u32,
    not_before: Moment,
    /// As the provider wants it.
    not_sooner: Moment,
    refused: bool,
}

#[derive(Debug)]
struct Item {
    row: Row,
    /// It is held until this moment, or until its `not_before`.
    held_until: Moment,
    released: bool,
    tried: BTreeMap<ChannelId, Tried>,
    /// The channel that may have taken it before a restart: asked first.
    first: Option<ChannelId>,
    in_flight: Option<ChannelId>,
    withdrawn: bool,
    /// The desk knows that no channel takes it at present.
    told_unreachable: bool,
    moves: u32,
}

/// Where a message goes next.
enum Choice {
    Now(Route),
    At(Moment),
    /// When something ends that is in flight.
    Event,
    /// Nowhere.
    Nowhere,
}

/// Every message that is still to be sent.
pub struct Outbox {
    directory: Directory,
    items: BTreeMap<MessageId, Item>,
    order: BTreeSet<(Timestamp, MessageId)>,
    channels: BTreeMap<ChannelId, ChannelState>,
    ended: BTreeSet<MessageId>,
    ended_in_order: VecDeque<MessageId>,
    random: fastrand::Rng,
}

impl Outbox {
    /// Takes up what was queued. `seed` is for jitter alone.
    #[must_use]
    pub fn load(rows: Vec<Row>, directory: Directory, seed: u64, now: Now) -> (Self, Outcome) {
        let mut this = Self {
            directory,
            items: BTreeMap::new(),
            order: BTreeSet::new(),
            channels: BTreeMap::new(),
            ended: BTreeSet::new(),
            ended_in_order: VecDeque::new(),
            random: fastrand::Rng::with_seed(seed),
        };
        let mut outcome = Outcome::default();
        let mut superseded = Vec::new();
        for row in rows {
            if row.standing == Standing::Queued {
                superseded.extend(row.message.supersedes.iter().cloned());
                this.insert(row, now, &mut outcome);
            }
        }
        for id in superseded {
            this.withdraw_one(&id, now, &mut outcome);
        }
        // Whoever is told of it may have been killed before that was written.
        let unreachable = this.items.values().filter(|item| item.told_unreachable);
        outcome.deliveries.extend(unreachable.map(|item| delivery(item, Fate::Unreachable, now)));
        (this, outcome)
    }

    /// From now on recipients are reached so. What was refused is tried again: somebody may have set it right.
    pub fn configure(&mut self, directory: Directory) {
        self.directory = directory;
        for state in self.channels.values_mut() {
            state.open();
        }
        for item in self.items.values_mut() {
            for tried in item.tried.values_mut() {
                *tried = Tried { count: tried.count, ..Tried::default() };
            }
        }
    }

    /// Where recipients are reached.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// A message to be sent. One that is here already, or was, changes nothing.
    pub fn put(&mut self, message: Message, now: Now) -> Outcome {
        let mut outcome = Outcome::default();
        if self.items.contains_key(&message.id) || self.ended.contains(&message.id) {
            return outcome;
        }
        for id in &message.supersedes {
            self.withdraw_one(id, now, &mut outcome);
        }
        self.insert(Row::new(message), now, &mut outcome);
        outcome
    }

    /// Not to be sent any more. What is in flight ends first, and counts if it is taken.
    pub fn withdraw(&mut self, id: &MessageId, now: Now) -> Outcome {
        let mut outcome = Outcome::default();
        self.withdraw_one(id, now, &mut outcome);
        outcome
    }

    /// What is to be sent now.
    pub fn next(&mut self, now: Now) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        // Matters of which a message is in flight, or which an earlier one is to tell first.
        let in_flight = self.items.values().filter(|item| item.in_flight.is_some());
        let mut ahead: BTreeSet<(Recipient, String)> = in_flight.flat_map(Item::matters).collect();
        let ids: Vec<MessageId> = self.order.iter().map(|(_, id)| id.clone()).collect();
        for id in ids {
            let Some(item) = self.items.get_mut(&id) else { continue };
            if !item.release(now) {
                continue;
            }
            let item = &self.items[&id];
            let waits = item.in_flight.is_some()
                || item.matters().any(|matter| ahead.contains(&matter))
                || item.row.message.supersedes.iter().any(|before| self.items.contains_key(before));
            if !waits && let Choice::Now(route) = self.choose(item, now) {
                attempts.push(self.begin(&id, route));
            }
            let item = &self.items[&id];
            if item.in_flight.is_some() || item.tried.values().all(|tried| tried.count < PATIENCE) {
                ahead.extend(item.matters());
            }
        }
        attempts
    }

    /// What an attempt came to.
    pub fn finish(&mut self, id: &MessageId, answer: Answer, now: Now) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(item) = self.items.get_mut(id) else { return outcome };
        let Some(channel) = item.in_flight.take() else { return outcome };
        let state = self.channels.entry(channel.clone()).or_default();
        state.in_flight = state.in_flight.saturating_sub(1);
        let tried = item.tried.entry(channel.clone()).or_default();
        item.first = None;
        let mut well = true;
        match answer {
            Answer::Accepted { .. } | Answer::Duplicate => {
                if let Answer::Accepted { id: Some(called) } = answer {
                    item.row.provider_id = Some(called);
                }
                self.channel_is_well(&channel, now, &mut outcome);
                self.end(id, Standing::Accepted, now, &mut outcome);
                return outcome;
            }
            Answer::Later { after, why } => {
                well = false;
                let after = after.map(|after| after.min(LONGEST_AFTER));
                let wait = backoff(tried.count, &mut self.random).max(after.unwrap_or_default());
                tried.not_before = now.moment + wait;
                tried.not_sooner = now.moment + after.unwrap_or_default();
                item.row.next_try = later(now.at, wait);
                item.row.why = Some(short(&why));
                state.put_off(after, now.moment, &mut self.random);
            }
            Answer::ChannelRefuses { why } => {
                well = false;
                let why = short(&why);
                item.row.why = Some(why.clone());
                if item.told_unreachable {
                    item.row.channel = None;
                }
                if state.refuse(now.moment, &mut self.random) {
                    outcome.news.push(News::Failing { channel: channel.clone(), why });
                }
            }
            Answer::Moved { to } if item.moves < MOST_MOVES => {
                item.moves += 1;
                item.row.next_try = now.at;
                self.directory.moved(&item.row.message.to, &channel, &to);
                if let Recipient::Officer(officer) = &item.row.message.to {
                    outcome.moved.push((officer.clone(), channel.clone(), to));
                }
            }
            Answer::Moved { .. } => {
                tried.refused = true;
                item.row.why = Some("the address changes with every try".to_owned());
            }
            Answer::RecipientRefuses { why } | Answer::Never { why } => {
                tried.refused = true;
                item.row.next_try = now.at;
                item.row.why = Some(short(&why));
            }
        }
        let withdrawn = item.withdrawn;
        if well {
            self.channel_is_well(&channel, now, &mut outcome);
        }
        if withdrawn {
            self.end(id, Standing::Withdrawn, now, &mut outcome);
        } else {
            outcome.rows.push(self.items[id].row.clone());
        }
        outcome
    }

    /// Ends what no channel takes, and tells of what none takes at present. To be called after everything else, and
    /// whenever time has passed.
    pub fn settle(&mut self, now: Now) -> Outcome {
        let mut outcome = Outcome::default();
        let ids: Vec<MessageId> = self.items.keys().cloned().collect();
        for id in ids {
            let Some(item) = self.items.get_mut(&id) else { continue };
            if item.in_flight.is_some() || !item.release(now) {
                continue;
            }
            let stale = now.at.duration_since(item.row.message.decided_at) > CURRENT
                && item.tried.values().any(|tried| tried.count >= PATIENCE);
            let item = &self.items[&id];
            if stale || matches!(self.choose(item, now), Choice::Nowhere) {
                self.end(&id, Standing::Failed, now, &mut outcome);
                continue;
            }
            let refused_now = self.routes(item).all(|route| {
                let refused = item.tried.get(&route.channel).is_some_and(|tried| tried.refused);
                refused || self.channels.get(&route.channel).is_some_and(ChannelState::refuses)
            });
            if refused_now
                && !item.told_unreachable
                && let Some(item) = self.items.get_mut(&id)
            {
                item.tell_unreachable();
                outcome.deliveries.push(delivery(item, Fate::Unreachable, now));
                outcome.rows.push(item.row.clone());
            }
        }
        outcome
    }

    /// When something is to be done at the latest, if nothing else happens.
    #[must_use]
    pub fn next_due(&self, now: Now) -> Option<Moment> {
        let due = |item: &Item| match item.in_flight {
            Some(_) => None,
            None if !item.is_released(now) => Some(item.release_at(now)),
            None => match self.choose(item, now) {
                Choice::At(moment) => Some(moment),
                Choice::Now(_) | Choice::Event | Choice::Nowhere => None,
            },
        };
        self.items.values().filter_map(due).min()
    }

    /// Whether a message waits for a time of day.
    #[must_use]
    pub fn holds_any(&self) -> bool {
        self.items.values().any(|item| !item.released)
    }

    /// How many messages are here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How the messages of each channel stand; every channel of the directory is there.
    #[must_use]
    pub fn figures(&self, now: Now) -> BTreeMap<ChannelId, Figures> {
        let failing = |channel: &ChannelId| self.channels.get(channel).is_some_and(ChannelState::refuses);
        let mut figures: BTreeMap<ChannelId, Figures> = self
            .directory
            .channels()
            .map(|channel| (channel.clone(), Figures { failing: failing(channel), ..Figures::default() }))
            .collect();
        for item in self.items.values().filter(|item| item.is_released(now)) {
            let channel = item.in_flight.clone().or_else(|| item.row.channel.clone());
            let Some(channel) = channel.or_else(|| self.routes(item).next().map(|route| route.channel.clone())) else {
                continue;
            };
            let Some(figures) = figures.get_mut(&channel) else { continue };
            figures.queued += 1;
            let since = item.row.message.decided_at.max(item.row.message.not_before);
            figures.oldest = Some(figures.oldest.map_or(since, |oldest| oldest.min(since)));
        }
        figures
    }

    fn insert(&mut self, row: Row, now: Now, outcome: &mut Outcome) {
        while self.items.len() >= MOST_QUEUED {
            let idle = self.order.iter().find(|(_, id)| self.items[id].in_flight.is_none());
            let Some((_, oldest)) = idle.cloned() else { break };
            if let Some(item) = self.items.get_mut(&oldest) {
                item.row.why = Some("too many messages wait".to_owned());
            }
            self.end(&oldest, Standing::Failed, now, outcome);
        }
        let id = row.message.id.clone();
        self.order.insert((row.message.decided_at, id.clone()));
        self.items.insert(id, Item::new(row, now));
    }

    fn withdraw_one(&mut self, id: &MessageId, now: Now, outcome: &mut Outcome) {
        match self.items.get_mut(id) {
            Some(item) if item.in_flight.is_some() => {
                item.withdrawn = true;
                // Should it be killed before the answer: then it is not sent again.
                let ended_at = Some(now.at.max(item.row.message.decided_at));
                outcome.rows.push(Row { standing: Standing::Withdrawn, ended_at, ..item.row.clone() });
            }
            Some(_) => self.end(id, Standing::Withdrawn, now, outcome),
            None => {}
        }
    }

    fn routes<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = &'a Route> {
        let routes = self.directory.routes(&item.row.message.to);
        let from = item.first.as_ref().and_then(|first| routes.iter().position(|route| route.channel == *first));
        let (before, after) = routes.split_at(from.unwrap_or(0));
        after.iter().chain(before)
    }

    fn choose(&self, item: &Item, now: Now) -> Choice {
        let mut found = Choice::Nowhere;
        for route in self.routes(item) {
            let nothing = Tried::default();
            let tried = item.tried.get(&route.channel).unwrap_or(&nothing);
            if tried.refused {
                continue;
            }
            let state = self.channels.get(&route.channel).copied().unwrap_or_default();
            let wait = tried.not_before.max(state.closed_until());
            if wait <= now.moment {
                if state.has_room(self.directory.at_once(&route.channel)) {
                    return Choice::Now(route.clone());
                }
                found = found.sooner(Choice::Event);
            } else {
                found = found.sooner(Choice::At(wait));
            }
            let may_pass = state.struggles() || tried.count >= PATIENCE || wait > now.moment + SHORT_WAIT;
            if !may_pass {
                break;
            }
        }
        found
    }

    fn begin(&mut self, id: &MessageId, route: Route) -> Attempt {
        let item = self.items.get_mut(id).expect("whoever begins has seen it");
        let tried = item.tried.entry(route.channel.clone()).or_default();
        tried.count += 1;
        let attempt = tried.count;
        item.in_flight = Some(route.channel.clone());
        item.row.channel = Some(route.channel.clone());
        item.row.attempts = attempt;
        self.channels.entry(route.channel.clone()).or_default().in_flight += 1;
        Attempt {
            message: item.row.message.clone(),
            key: key(id, &route.channel),
            channel: route.channel,
            address: route.address,
            attempt,
            row: item.row.clone(),
        }
    }

    /// It has answered as one that takes messages does. What waited for it need not wait long any more.
    fn channel_is_well(&mut self, channel: &ChannelId, now: Now, outcome: &mut Outcome) {
        let state = self.channels.entry(channel.clone()).or_default();
        let (struggled, refused) = state.is_well();
        if refused {
            outcome.news.push(News::Well { channel: channel.clone() });
        }
        let soon = if struggled { now.moment } else { now.moment + AFTER_ANOTHER };
        for tried in self.items.values_mut().filter_map(|item| item.tried.get_mut(channel)) {
            tried.not_before = tried.not_before.min(soon).max(tried.not_sooner);
        }
    }

    fn end(&mut self, id: &MessageId, standing: Standing, now: Now, outcome: &mut Outcome) {
        let Some(mut item) = self.items.remove(id) else { return };
        self.order.remove(&(item.row.message.decided_at, id.clone()));
        item.row.standing = standing;
        item.row.ended_at = Some(now.at.max(item.row.message.decided_at));
        match standing {
            Standing::Queued | Standing::Withdrawn => {}
            Standing::Accepted | Standing::Failed => outcome.deliveries.extend(item.row.delivery()),
        }
        outcome.rows.push(item.row);
        if self.ended.insert(id.clone()) {
            self.ended_in_order.push_back(id.clone());
        }
        if self.ended_in_order.len() > MOST_ENDED
            && let Some(oldest) = self.ended_in_order.pop_front()
        {
            self.ended.remove(&oldest);
        }
    }
}

impl Choice {
    /// Of two that are not yet, the one that is known to come first.
    fn sooner(self, other: Self) -> Self {
        match (self, other) {
            (Self::At(a), Self::At(b)) => Self::At(a.min(b)),
            (Self::At(moment), _) | (_, Self::At(moment)) => Self::At(moment),
            (Self::Nowhere, other) => other,
            (this, _) => this,
        }
    }
}

impl Item {
    fn new(row: Row, now: Now) -> Self {
        let message = &row.message;
        // However long it was to be held, less what is over; a clock that was set back does not lengthen it.
        let held = message.not_before.duration_since(message.decided_at.max(now.at));
        let held = Duration::try_from(held).unwrap_or_default();
        let mut tried = BTreeMap::new();
        let mut first = None;
        if let Some(channel) = row.channel.clone()
            && row.attempts > 0
        {
            let wait = Duration::try_from(row.next_try.duration_since(now.at)).unwrap_or_default();
            let not_before = now.moment + wait.min(AFTER_RESTART);
            tried.insert(channel.clone(), Tried { count: row.attempts, not_before, ..Tried::default() });
            first = Some(channel);
        }
        Self {
            held_until: now.moment + held,
            released: false,
            tried,
            first,
            in_flight: None,
            withdrawn: false,
            told_unreachable: row.channel.is_none() && row.why.is_some(),
            moves: 0,
            row,
        }
    }

    /// What keeps an order: an incident as one recipient is told of it.
    fn matters(&self) -> impl Iterator<Item = (Recipient, String)> {
        threads(&self.row.message).map(|thread| (self.row.message.to.clone(), thread.to_owned()))
    }

    fn is_released(&self, now: Now) -> bool {
        self.released || self.held_until <= now.moment || self.row.message.not_before <= now.at
    }

    /// Once its time has come it does not wait again, whatever the clock does.
    fn release(&mut self, now: Now) -> bool {
        self.released = self.is_released(now);
        self.released
    }

    fn release_at(&self, now: Now) -> Moment {
        let by_day = Duration::try_from(self.row.message.not_before.duration_since(now.at)).unwrap_or_default();
        self.held_until.min(now.moment + by_day)
    }

    /// Stands in the row as well, which then names a reason and no channel.
    fn tell_unreachable(&mut self) {
        self.told_unreachable = true;
        self.row.channel = None;
        self.row.why.get_or_insert_with(|| "no channel takes messages".to_owned());
    }
}

fn delivery(item: &Item, fate: Fate, now: Now) -> Delivery {
    let message = &item.row.message;
    Delivery { message: message.id.clone(), at: now.at.max(message.decided_at), fate }
}

/// The incidents that a message tells of: what keeps an order among messages.
fn threads(message: &Message) -> impl Iterator<Item = &str> {
    message.about.iter().filter_map(|about| match about {
        About::Incident(facts) => Some(facts.incident.as_str()),
        About::Alert(facts) => Some(facts.incident.as_str()),
        About::DutyGap { .. } | About::ChannelFailing { .. } | About::Unfunded { .. } | About::Test => None,
    })
}

/// Names a message on a channel for good: 40 characters and 9 at most.
fn key(id: &MessageId, channel: &ChannelId) -> String {
    let digest = Sha256::digest(channel.as_str().as_bytes());
    format!("{id}-{}", hex::encode(&digest[..4]))
}

fn later(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// What a provider says may be long.
fn short(why: &str) -> String {
    why.chars().take(300).collect()
}
