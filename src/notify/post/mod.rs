//! The post: the one task that hands messages to providers.
//!
//! It takes steps of the desk from the watch, sends what they hold once the record has it, and tells the watch what became
//! of each message. The record is waited for, but a disk that takes nothing does not stop an alarm. Whoever gives it
//! orders never waits long: it always takes them, whatever providers and the watch do. Decides nothing: the outbox does.

mod heard;
mod letter;
mod lines;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{Id, JoinError, JoinSet};

use self::letter::letter;
use self::lines::{Heard, Lines, Open};
use super::ack::Links;
use super::outbox::{Attempt, Directory, News, Now, Outbox, Outcome};
use super::pairing::{NotPaired, Pairing, Pairings};
use super::{Answer, channel};
use crate::config::Config;
use crate::inventory::{ChannelId, OfficerId};
use crate::paging::{Acknowledgement, Delivery, Fate, MessageId, NotAcknowledged, Row, Step, Which};
use crate::store::{Entry, Reader, StoreError, Writer};
use crate::telemetry::Telemetry;

/// How long an alarm waits for a disk that takes nothing.
const RECORD_WITHIN: Duration = Duration::from_secs(10);
/// A channel ends by itself sooner; this is for one that does not.
const SEND_WITHIN: Duration = Duration::from_secs(40);
/// How long the end of the daemon waits for answers. What is not answered by then is sent again under the same key.
const STOP_WITHIN: Duration = Duration::from_secs(3);
/// While a message waits for a time of day, the clock is looked at so often: it may be set.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(20);
/// Things heard that wait to be read.
const MOST_HEARD: usize = 64;

/// What the post is told.
#[derive(Debug)]
pub enum Order {
    /// To be sent and withdrawn. The watch has given it to the record's writer before.
    Step(Box<Step>),
    /// From now on this configuration holds.
    Reconfigure(Arc<Config>),
    /// A code with which an officer enrols; the officer's first channel that can hear, where none is named.
    Pair { officer: OfficerId, channel: Option<ChannelId>, answer: oneshot::Sender<Result<Pairing, NotPaired>> },
}

/// What the post tells.
#[derive(Debug)]
pub enum Back {
    /// A message was taken by a channel, or none of the recipient's channels takes it.
    Delivered(Delivery),
    /// A channel takes nothing any more. Told once.
    ChannelFailing { channel: ChannelId, why: String, at: Timestamp },
    /// A channel that was failing takes messages again.
    ChannelWell { channel: ChannelId, at: Timestamp },
    /// An officer has answered `OK`. Whoever sent it waits for the answer.
    Acknowledge { which: Which, officer: OfficerId, answer: oneshot::Sender<Result<Acknowledgement, NotAcknowledged>> },
}

/// The sending task before it runs.
pub struct Post {
    config: Arc<Config>,
    rows: Vec<Row>,
    /// What the desk was not told before the last stop.
    owed: Vec<Delivery>,
    addresses: BTreeMap<(OfficerId, ChannelId), String>,
    ack_key: [u8; 32],
    writer: Writer,
    telemetry: Arc<Telemetry>,
    open: Open,
}

impl Post {
    /// Takes up what the record says is still to be sent, and what it knows of messages that the desk calls `unsent`: the
    /// daemon may have been killed after the one was written and before the other.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn load(
        config: Arc<Config>,
        unsent: &BTreeSet<MessageId>,
        reader: &Reader,
        writer: Writer,
        telemetry: Arc<Telemetry>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            config,
            rows: reader.queued_messages()?,
            owed: reader.messages_named(unsent)?.iter().filter_map(Row::delivery).collect(),
            addresses: reader.addresses()?,
            ack_key: reader.ack_key()?,
            writer,
            telemetry,
            open: Box::new(channel::open),
        })
    }

    /// Sends until `stop` resolves; then what is in flight is waited for, a few seconds at most.
    pub async fn run(
        self,
        mut orders: mpsc::Receiver<Order>,
        back: mpsc::Sender<Back>,
        stop: impl Future<Output = ()> + Send,
    ) {
        let (heard_in, mut heard) = mpsc::channel(MOST_HEARD);
        let mut work = Work::new(self, heard_in);
        tokio::pin!(stop);
        loop {
            let wake = work.go_on();
            tokio::select! {
                biased;
                () = &mut stop => break,
                order = orders.recv() => match order {
                    Some(order) => work.obey(order),
                    None => break,
                },
                room = back.reserve(), if !work.backs.is_empty() => match (room, work.backs.pop_front()) {
                    (Ok(room), Some(back)) => room.send(back),
                    // A watch that is gone is stopping.
                    _ => work.backs.clear(),
                },
                Some(recorded) = work.recording.join_next() => work.recorded(recorded.unwrap_or(false)),
                Some(ended) = work.sending.join_next_with_id() => work.take(ended),
                Some(one) = heard.recv() => work.hear(one),
                Some(_) = work.replying.join_next() => {}
                () = tokio::time::sleep_until(wake.into()) => {}
            }
        }
        work.stop().await;
    }
}

/// The post at work.
struct Work {
    config: Arc<Config>,
    outbox: Outbox,
    lines: Lines,
    links: Links,
    addresses: BTreeMap<(OfficerId, ChannelId), String>,
    pairings: Pairings,
    writer: Writer,
    telemetry: Arc<Telemetry>,
    begun: Instant,
    /// Steps that the record does not have yet: those that are being waited for, and those that came since.
    recording: JoinSet<bool>,
    recorded_next: Vec<Step>,
    waiting: Vec<Step>,
    sending: JoinSet<Answer>,
    /// What each task sends, should it panic.
    sent: HashMap<Id, (MessageId, ChannelId)>,
    replying: JoinSet<()>,
    /// To be told when the watch has room.
    backs: VecDeque<Back>,
}

impl Work {
    fn new(post: Post, heard: mpsc::Sender<Heard>) -> Self {
        let Post { config, rows, owed, addresses, ack_key, writer, telemetry, open } = post;
        let begun = Instant::now();
        let now = Now { moment: Duration::ZERO, at: Timestamp::now() };
        let directory = Directory::of(&config, &addresses);
        let queued = rows.len();
        let (outbox, outcome) = Outbox::load(rows, directory, fastrand::u64(..), now);
        let mut lines = Lines::new(open, config.daemon.data_dir.clone(), heard, Arc::clone(&telemetry));
        lines.configure(&config.inventory.channels);
        if queued > 0 {
            tracing::info!(messages = queued, "messages were not sent before the last stop; sending goes on");
        }
        let mut this = Self {
            config,
            outbox,
            lines,
            links: Links::new(&ack_key),
            addresses,
            pairings: Pairings::default(),
            writer,
            telemetry,
            begun,
            recording: JoinSet::new(),
            recorded_next: Vec::new(),
            waiting: Vec::new(),
            sending: JoinSet::new(),
            sent: HashMap::new(),
            replying: JoinSet::new(),
            backs: owed.into_iter().map(Back::Delivered).collect(),
        };
        this.carry_out(outcome);
        this
    }

    fn now(&self) -> Now {
        Now { moment: self.begun.elapsed(), at: Timestamp::now() }
    }

    /// Sends whatever is to be sent; when to look again at the latest.
    fn go_on(&mut self) -> Instant {
        let now = self.now();
        let settled = self.outbox.settle(now);
        self.carry_out(settled);
        for attempt in self.outbox.next(now) {
            self.send(attempt);
        }
        self.telemetry.notifications(&self.outbox.figures(now));
        let mut wake = self.outbox.next_due(now).unwrap_or(Duration::MAX);
        if self.outbox.holds_any() {
            wake = wake.min(now.moment + LOOK_AT_CLOCK);
        }
        let far = now.moment + Duration::from_secs(3600);
        // Never at once: whatever is due now was done above.
        self.begun + wake.min(far).max(now.moment + Duration::from_millis(5))
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Step(step) if step.messages.is_empty() && step.withdrawn.is_empty() => {}
            Order::Step(step) => {
                self.waiting.push(*step);
                self.have_recorded();
            }
            Order::Reconfigure(config) => {
                let before = self.config.inventory.channels.keys();
                for gone in before.filter(|id| !config.inventory.channels.contains_key(id.as_str())) {
                    self.telemetry.channel_gone(gone);
                }
                self.lines.configure(&config.inventory.channels);
                self.config = config;
                self.outbox.configure(Directory::of(&self.config, &self.addresses));
            }
            Order::Pair { officer, channel, answer } => {
                // Whoever asked may have gone away.
                let _ = answer.send(self.pair(officer, channel));
            }
        }
    }

    /// Waits for the record, for all steps that have come by now.
    fn have_recorded(&mut self) {
        if !self.recording.is_empty() || self.waiting.is_empty() {
            return;
        }
        self.recorded_next = std::mem::take(&mut self.waiting);
        let writer = self.writer.clone();
        self.recording.spawn(async move {
            let written = async {
                while !writer.flush().await {
                    tokio::time::sleep(Duration::from_millis(250)).await;
                }
            };
            tokio::time::timeout(RECORD_WITHIN, written).await.is_ok()
        });
    }

    /// The record has the steps that were waited for, or the disk has had its time.
    fn recorded(&mut self, on_disk: bool) {
        let steps = std::mem::take(&mut self.recorded_next);
        if !on_disk {
            self.telemetry.sent_unrecorded(steps.iter().map(|step| step.messages.len()).sum());
        }
        let now = self.now();
        for step in steps {
            for id in &step.withdrawn {
                let outcome = self.outbox.withdraw(id, now);
                self.carry_out(outcome);
            }
            for message in step.messages {
                let outcome = self.outbox.put(message, now);
                self.carry_out(outcome);
            }
        }
        self.have_recorded();
    }

    fn send(&mut self, attempt: Attempt) {
        let (id, channel) = (attempt.message.id.clone(), attempt.channel.clone());
        tracing::debug!(message = %id, %channel, attempt = attempt.attempt, "sending");
        let letter = letter(&attempt, &self.config, &self.links);
        self.writer.record(Entry::Outbox(Box::new(attempt.row)));
        let out = self.lines.out(&channel);
        let task = self.sending.spawn(async move {
            let out = match out {
                Ok(out) => out,
                Err(answer) => return answer,
            };
            let silence = || Answer::Later { after: None, why: "no answer".to_owned() };
            tokio::time::timeout(SEND_WITHIN, out.send(&letter)).await.unwrap_or_else(|_| silence())
        });
        self.sent.insert(task.id(), (id, channel));
    }

    fn take(&mut self, ended: Result<(Id, Answer), JoinError>) {
        let (task, answer) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "sending a message failed by a fault of camwatch");
                (error.id(), Answer::Later { after: None, why: "a fault of camwatch".to_owned() })
            }
        };
        let Some((id, channel)) = self.sent.remove(&task) else { return };
        self.telemetry.notification_answered(&id, &channel, &answer);
        let outcome = self.outbox.finish(&id, answer, self.now());
        self.carry_out(outcome);
    }

    fn carry_out(&mut self, outcome: Outcome) {
        let at = Timestamp::now();
        for row in outcome.rows {
            self.writer.record(Entry::Outbox(Box::new(row)));
        }
        for (officer, channel, address) in outcome.moved {
            self.bind(officer, channel, address);
        }
        for delivery in outcome.deliveries {
            match &delivery.fate {
                Fate::Taken(_) => {}
                Fate::Unreachable => self.telemetry.notification_waits(&delivery.message),
                Fate::Failed => self.telemetry.notification_undeliverable(&delivery.message),
            }
            self.backs.push_back(Back::Delivered(delivery));
        }
        for news in outcome.news {
            self.backs.push_back(match news {
                News::Failing { channel, why } => {
                    self.telemetry.channel_failing(&channel, &why);
                    Back::ChannelFailing { channel, why, at }
                }
                News::Well { channel } => {
                    self.telemetry.channel_well(&channel);
                    Back::ChannelWell { channel, at }
                }
            });
        }
    }

    /// From now on an officer is reached there.
    fn bind(&mut self, officer: OfficerId, channel: ChannelId, address: String) {
        let entry = Entry::Address {
            officer: officer.clone(),
            channel: channel.clone(),
            address: address.clone(),
            at: Timestamp::now(),
        };
        self.writer.record(entry);
        self.addresses.insert((officer, channel), address);
    }

    /// Lets what is in flight end, and writes what it came to.
    async fn stop(mut self) {
        let deadline = tokio::time::Instant::now() + STOP_WITHIN;
        while let Ok(Some(ended)) = tokio::time::timeout_at(deadline, self.sending.join_next_with_id()).await {
            self.take(ended);
        }
        let unanswered = self.sending.len();
        if unanswered > 0 {
            tracing::warn!(messages = unanswered, "not answered before the stop; sent again under the same key");
        }
    }
}
