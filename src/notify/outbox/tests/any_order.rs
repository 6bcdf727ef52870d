//! Any interleaving of messages, answers, kills and clocks that step, against a provider that counts.
//!
//! The world here is harsher than the real one: a kill loses whatever rows were written last, answers get lost, and
//! channels change between every way in which they can behave.

use std::collections::{BTreeMap, BTreeSet};

use proptest::test_runner::TestCaseError;

use super::*;

/// What happens next.
#[derive(Debug, Clone)]
enum Happens {
    /// An officer (0 to 2) is told of an incident; `supersede` also withdraws what they were told of it before.
    Put {
        officer: u8,
        incident: u8,
        supersede: bool,
        held: u16,
    },
    Withdraw {
        nth: u8,
    },
    /// The attempt that has run for longest ends. `lost`: the provider took it, and its answer never came.
    Answer {
        lost: bool,
    },
    /// From now on a channel behaves so.
    Behave {
        channel: u8,
        how: u8,
    },
    Wait {
        seconds: u16,
    },
    /// The machine's clock is set, minutes either way.
    Step {
        minutes: i8,
    },
    /// Killed: so many of the things that were written last are lost.
    Kill {
        lost: u8,
    },
    Reload,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (0..3u8, 0..3u8, any::<bool>(), prop_oneof![3 => Just(0u16), 1 => 1..900u16])
            .prop_map(|(officer, incident, supersede, held)| Happens::Put { officer, incident, supersede, held }),
        1 => any::<u8>().prop_map(|nth| Happens::Withdraw { nth }),
        8 => prop::bool::weighted(0.1).prop_map(|lost| Happens::Answer { lost }),
        2 => (0..2u8, 0..7u8).prop_map(|(channel, how)| Happens::Behave { channel, how }),
        4 => (0..400u16).prop_map(|seconds| Happens::Wait { seconds }),
        1 => (-60..=60i8).prop_map(|minutes| Happens::Step { minutes }),
        1 => (0..4u8).prop_map(|lost| Happens::Kill { lost }),
        1 => Just(Happens::Reload),
    ]
}

struct World {
    outbox: Outbox,
    moment: Moment,
    clock_off: SignedDuration,
    /// What the record holds, and what is on its way there.
    record: BTreeMap<MessageId, Row>,
    being_written: Vec<Written>,
    in_flight: Vec<Attempt>,
    behaviour: [u8; 2],
    put: BTreeMap<MessageId, Message>,
    /// Keys that the provider took.
    taken: BTreeSet<String>,
    /// Messages and keys of which the outbox knows that they were taken, and which no kill has made it forget.
    known_taken: BTreeMap<String, MessageId>,
    /// What the desk remembers of each message.
    heard: BTreeMap<MessageId, Fate>,
    number: u32,
}

/// In the order in which the daemon has it written.
enum Written {
    Row(Row),
    Heard(Delivery),
}

const CHANNELS: [&str; 2] = ["zalo", "sms"];

impl World {
    fn new() -> Self {
        Self {
            outbox: outbox(),
            moment: Duration::ZERO,
            clock_off: SignedDuration::ZERO,
            record: BTreeMap::new(),
            being_written: Vec::new(),
            in_flight: Vec::new(),
            behaviour: [0; 2],
            put: BTreeMap::new(),
            taken: BTreeSet::new(),
            known_taken: BTreeMap::new(),
            heard: BTreeMap::new(),
            number: 0,
        }
    }

    fn now(&self) -> Now {
        Now { moment: self.moment, at: start() + self.moment + self.clock_off }
    }

    fn take(&mut self, outcome: Outcome) {
        self.being_written.extend(outcome.rows.into_iter().map(Written::Row));
        self.being_written.extend(outcome.deliveries.into_iter().map(Written::Heard));
    }

    fn flush(&mut self) {
        for written in self.being_written.drain(..) {
            match written {
                Written::Row(row) => {
                    self.record.insert(row.message.id.clone(), row);
                }
                Written::Heard(Delivery { message, fate, .. }) => {
                    self.heard.insert(message, fate);
                }
            }
        }
    }

    fn happen(&mut self, what: &Happens) {
        match what {
            Happens::Put { officer, incident, supersede, held } => {
                let to = ["a", "b", "c"][usize::from(*officer)];
                let incident = format!("i{incident}");
                let decided_at = self.now().at;
                self.number += 1;
                let mut message = message(&format!("m{:04}", self.number), to, &incident, 0);
                message.decided_at = decided_at;
                message.not_before = decided_at + Duration::from_secs((*held).into());
                if *supersede {
                    let same = |one: &&Message| one.to == message.to && threads(one).eq([incident.as_str()]);
                    message.supersedes = self.put.values().filter(same).map(|one| one.id.clone()).collect();
                }
                // The desk's step is in the record before it is put.
                self.flush();
                self.record.insert(message.id.clone(), Row::new(message.clone()));
                self.put.insert(message.id.clone(), message.clone());
                let outcome = self.outbox.put(message, self.now());
                self.take(outcome);
            }
            Happens::Withdraw { nth } => {
                let Some(id) = self.put.keys().nth(usize::from(*nth) % self.put.len().max(1)).cloned() else { return };
                let outcome = self.outbox.withdraw(&id, self.now());
                self.take(outcome);
            }
            Happens::Answer { lost } => {
                if self.in_flight.is_empty() {
                    return;
                }
                let attempt = self.in_flight.remove(0);
                let mut answer = self.provider(&attempt);
                if *lost {
                    answer = later(None);
                }
                if matches!(answer, Answer::Accepted { .. } | Answer::Duplicate) {
                    self.known_taken.insert(attempt.key.clone(), attempt.message.id.clone());
                }
                let outcome = self.outbox.finish(&attempt.message.id, answer, self.now());
                self.take(outcome);
            }
            Happens::Behave { channel, how } => self.behaviour[usize::from(*channel)] = *how,
            Happens::Wait { seconds } => self.moment += Duration::from_secs((*seconds).into()),
            Happens::Step { minutes } => {
                let to = self.clock_off + SignedDuration::from_mins((*minutes).into());
                let hour = SignedDuration::from_hours(1);
                self.clock_off = to.clamp(-hour, hour);
            }
            Happens::Kill { lost } => {
                let kept = self.being_written.len().saturating_sub((*lost).into());
                for written in self.being_written.drain(kept..) {
                    if let Written::Row(row) = written {
                        self.known_taken.retain(|_, id| *id != row.message.id);
                    }
                }
                self.flush();
                // What was being sent may have been taken; nobody hears of it.
                for attempt in std::mem::take(&mut self.in_flight) {
                    self.provider(&attempt);
                }
                let mut queued: Vec<Row> =
                    self.record.values().filter(|row| row.standing == Standing::Queued).cloned().collect();
                queued.sort_by_key(|row| (row.message.decided_at, row.message.id.clone()));
                let (outbox, outcome) = Outbox::load(queued, directory(), 3, self.now());
                self.outbox = outbox;
                // The desk is told what the record knows and it does not.
                let unsent = self
                    .record
                    .values()
                    .filter(|row| !matches!(self.heard.get(&row.message.id), Some(Fate::Taken(_) | Fate::Failed)));
                self.being_written.extend(unsent.filter_map(Row::delivery).map(Written::Heard).collect::<Vec<_>>());
                self.take(outcome);
            }
            Happens::Reload => self.outbox.configure(directory()),
        }
    }

    /// What the provider does with an attempt, and says.
    fn provider(&mut self, attempt: &Attempt) -> Answer {
        let place = usize::from(attempt.channel.as_str() == CHANNELS[1]);
        match self.behaviour[place] {
            0 | 1 if !self.taken.insert(attempt.key.clone()) => Answer::Duplicate,
            0 | 1 => accepted(),
            2 => later(Some(34)),
            3 => later(None),
            4 => refused("channel"),
            5 => refused("recipient"),
            _ => refused("message"),
        }
    }

    /// Settles and starts what is to be started, and holds it against what must never be.
    fn go_on(&mut self) -> Result<(), TestCaseError> {
        let outcome = self.outbox.settle(self.now());
        self.take(outcome);
        for attempt in self.outbox.next(self.now()) {
            prop_assert!(!self.known_taken.contains_key(&attempt.key), "{} was taken before", attempt.message.id);
            prop_assert!(attempt.key.len() <= 50);
            prop_assert!(self.in_flight.iter().all(|other| other.message.id != attempt.message.id), "twice at once");
            let threads: Vec<_> = threads(&attempt.message).collect();
            for other in &self.in_flight {
                let same = other.message.to == attempt.message.to
                    && super::threads(&other.message).eq(threads.iter().copied());
                prop_assert!(!same, "{} and {} at once", other.message.id, attempt.message.id);
            }
            for later in self.put.values().filter(|later| later.supersedes.contains(&attempt.message.id)) {
                prop_assert!(false, "{} was superseded by {}", attempt.message.id, later.id);
            }
            self.being_written.push(Written::Row(attempt.row.clone()));
            self.in_flight.push(attempt);
        }
        for (channel, at_once) in [("zalo", 1), ("sms", 2)] {
            let count = self.in_flight.iter().filter(|attempt| attempt.channel.as_str() == channel).count();
            prop_assert!(count <= at_once, "{count} at once on {channel}");
        }
        Ok(())
    }

    /// Providers are well and time passes: everything must come to its end.
    fn come_to_rest(&mut self) -> Result<(), TestCaseError> {
        self.behaviour = [0; 2];
        for _ in 0..10_000 {
            self.go_on()?;
            if !self.in_flight.is_empty() {
                self.happen(&Happens::Answer { lost: false });
            } else if let Some(due) = self.outbox.next_due(self.now()) {
                prop_assert!(due > self.moment, "something is due and nothing is done");
                self.moment = due;
            } else {
                break;
            }
        }
        prop_assert!(self.outbox.is_empty(), "{} are left", self.outbox.len());
        self.flush();
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_and_nothing_is_sent_again_that_was_taken(story in prop::collection::vec(happens(), 1..120)) {
        let mut world = World::new();
        for what in &story {
            world.happen(what);
            world.go_on()?;
        }
        world.come_to_rest()?;
        let superseded: BTreeSet<_> = world.put.values().flat_map(|message| message.supersedes.clone()).collect();
        for (id, message) in &world.put {
            let row = &world.record[id];
            match row.standing {
                Standing::Queued => prop_assert!(false, "{id} is queued for ever"),
                Standing::Accepted => {
                    let channel = row.channel.clone().unwrap();
                    prop_assert!(world.taken.contains(&key(id, &channel)), "{id} was not taken by {channel}");
                    prop_assert_eq!(world.heard.get(id), Some(&Fate::Taken(channel)));
                }
                Standing::Withdrawn => {
                    let asked = story.iter().any(|what| matches!(what, Happens::Withdraw { .. }));
                    prop_assert!(superseded.contains(id) || asked, "{id} was withdrawn by nobody");
                }
                Standing::Failed => {
                    prop_assert_eq!(world.heard.get(id), Some(&Fate::Failed), "the desk knows of {}", id);
                    let refused = story.iter().any(|what| matches!(what, Happens::Behave { how: 5.., .. }));
                    prop_assert!(refused || message.to == officer("c"), "{id} failed although nobody refused it");
                }
            }
        }
    }
}
