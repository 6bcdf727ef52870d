//! The bounded queue between those who record and the thread that writes.
//!
//! Never waits for the disk: where it is full, entries are lost and counted, observations first. Knows nothing of SQLite.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Entry;

/// Entries that may wait, those in the writer's hands included.
pub(super) const CAPACITY: usize = 65_536;
/// Places that observations may not take: for changes, incidents, and the moments at which the daemon was alive.
const RESERVE: usize = 8_192;
/// Entries that one transaction takes.
const BATCH: usize = 8_192;
/// How long an entry may wait for others to share its transaction. Together with writing it stays under a second.
const LINGER: Duration = Duration::from_millis(250);

/// What the writer takes from the queue.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::large_enum_variant)] // Nearly all are entries; a box for each would cost more than it saves.
pub(super) enum Item {
    Entry(Entry),
    /// Changes were lost here: what is known of the cameras' states ends at the last moment before it.
    Break,
}

/// Tells one who waits for a flush whether everything is on disk.
pub(super) type Waiter = tokio::sync::oneshot::Sender<bool>;

#[derive(Default)]
struct Inner {
    items: VecDeque<Item>,
    /// When the oldest of `items` came.
    oldest: Option<Instant>,
    /// Items that the writer has taken and not yet written.
    in_hand: usize,
    pushed: u64,
    written: u64,
    /// Entries lost since the writer last asked.
    dropped: u64,
    /// A change was lost and the break in the record is not queued yet.
    broken: bool,
    waiters: Vec<(u64, Waiter)>,
    closed: bool,
}

#[derive(Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    /// There is something to write, somebody waits, or it is over.
    work: Condvar,
    /// There is room again.
    room: Condvar,
}

impl Queue {
    /// A panic of another thread leaves the queue as it was: each change of it is complete before anything can panic.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many entries wait now.
    pub(super) fn push(&self, entry: Entry) -> usize {
        let mut inner = self.lock();
        inner.push(entry);
        self.wake(&inner);
        inner.length()
    }

    /// As [`Queue::push`], but waits for room, so that nothing is lost.
    pub(super) fn push_waiting(&self, entry: Entry) -> usize {
        let mut inner = self.lock();
        while !inner.has_room_for(&entry) && !inner.closed {
            inner = self.room.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
        inner.push(entry);
        self.wake(&inner);
        inner.length()
    }

    fn wake(&self, inner: &Inner) {
        // The first item starts the writer's clock, a full batch ends its waiting; those between need not wake it.
        if inner.items.len() == 1 || inner.items.len() >= BATCH {
            self.work.notify_one();
        }
    }

    /// Calls `waiter` when everything pushed so far is written, or when writing has failed meanwhile.
    pub(super) fn wait_for_flush(&self, waiter: Waiter) {
        let mut inner = self.lock();
        if inner.written == inner.pushed {
            let _ = waiter.send(true);
        } else {
            let target = inner.pushed;
            inner.waiters.push((target, waiter));
            self.work.notify_one();
        }
    }

    /// No more is coming: the writer writes what there is and ends.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.work.notify_all();
        self.room.notify_all();
    }

    /// The next batch, in order; waits for one. `None` when closed and empty. What it holds must be given back with
    /// [`Queue::wrote`].
    pub(super) fn take(&self) -> Option<Vec<Item>> {
        let mut inner = self.lock();
        loop {
            let wait = match inner.oldest {
                Some(_) if inner.closed || !inner.waiters.is_empty() || inner.items.len() >= BATCH => break,
                Some(oldest) => match LINGER.checked_sub(oldest.elapsed()) {
                    Some(left) if !left.is_zero() => Some(left),
                    _ => break,
                },
                None if inner.closed => return None,
                None => None,
            };
            inner = match wait {
                Some(left) => self.work.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.work.wait(inner).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let count = inner.items.len().min(BATCH);
        let batch: Vec<Item> = inner.items.drain(..count).collect();
        inner.in_hand = count;
        if inner.items.is_empty() {
            inner.oldest = None;
        }
        Some(batch)
    }

    /// The batch that was taken is on disk. Returns how many entries wait now.
    pub(super) fn wrote(&self) -> usize {
        let mut inner = self.lock();
        inner.written += std::mem::take(&mut inner.in_hand) as u64;
        let written = inner.written;
        for (_, waiter) in inner.waiters.extract_if(.., |(target, _)| *target <= written) {
            // One who no longer waits does not mind.
            let _ = waiter.send(true);
        }
        self.room.notify_all();
        inner.length()
    }

    /// The batch that was taken could not be written and will be tried again: those who wait are told.
    pub(super) fn failed(&self) {
        for (_, waiter) in self.lock().waiters.drain(..) {
            let _ = waiter.send(false);
        }
    }

    /// Sleeps for `pause`, less when the queue is closed. Returns whether it is closed.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let end = Instant::now() + pause;
        let mut inner = self.lock();
        while !inner.closed {
            let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else { break };
            inner = self.work.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.closed
    }

    /// Entries lost since this was last asked.
    pub(super) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }
}

impl Inner {
    fn length(&self) -> usize {
        self.items.len() + self.in_hand
    }

    fn has_room_for(&self, entry: &Entry) -> bool {
        let limit = if matches!(entry, Entry::Observation(_)) { CAPACITY - RESERVE } else { CAPACITY };
        // One place more for the break that may have to go before it.
        self.length() + 1 < limit
    }

    fn push(&mut self, entry: Entry) {
        // Only the latest of several moments in a row says anything. (`oldest` stands, so that it is not put off.)
        if let (Entry::Alive(_), Some(Item::Entry(Entry::Alive(last)))) = (&entry, self.items.back_mut()) {
            let Entry::Alive(moment) = entry else { unreachable!("matched above") };
            *last = moment;
            return;
        }
        if !self.has_room_for(&entry) {
            self.dropped += 1;
            self.broken |= matches!(entry, Entry::Change(_));
            return;
        }
        if std::mem::take(&mut self.broken) {
            self.append(Item::Break);
        }
        self.append(Item::Entry(entry));
    }

    fn append(&mut self, item: Item) {
        self.oldest.get_or_insert_with(Instant::now);
        self.items.push_back(item);
        self.pushed += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::CameraId;
    use crate::judgement::Change;
    use crate::observation::{Observation, Seen, State};
    use jiff::Timestamp;

    fn observation() -> Entry {
        Entry::Observation(Observation { at: Timestamp::UNIX_EPOCH, seen: Seen::Reference { reachable: true } })
    }

    fn change() -> Entry {
        let camera = CameraId::new("a").unwrap();
        Entry::Change(Change { camera, state: State::Up, cause: None, since: Timestamp::UNIX_EPOCH })
    }

    #[test]
    fn observations_are_lost_first_and_a_lost_change_leaves_a_break() {
        let queue = Queue::default();
        for _ in 0..CAPACITY {
            queue.push(observation());
        }
        assert!(queue.take_dropped() >= RESERVE as u64, "observations leave the reserve alone");
        for _ in 0..RESERVE {
            queue.push(change());
        }
        assert_eq!(queue.take_dropped(), 0, "changes have places of their own");
        queue.push(change());
        assert_eq!(queue.take_dropped(), 1);
        assert_eq!(queue.take().unwrap().len(), BATCH);
        queue.wrote();
        queue.push(change());
        let mut all = Vec::new();
        queue.close();
        while let Some(batch) = queue.take() {
            all.extend(batch);
            queue.wrote();
        }
        assert_eq!(all[all.len() - 2], Item::Break);
        assert_eq!(all.iter().filter(|item| **item == Item::Break).count(), 1);
    }

    #[test]
    fn what_the_writer_holds_counts_as_waiting_so_that_memory_is_bounded() {
        let queue = Queue::default();
        let mut length = 0;
        for _ in 0..CAPACITY {
            length = queue.push(observation());
        }
        let held = queue.take().unwrap();
        assert_eq!(queue.push(observation()), length, "{} in hand leave no room", held.len());
        assert_eq!(queue.wrote(), length - held.len());
    }

    #[test]
    fn moments_in_a_row_become_one() {
        let queue = Queue::default();
        for second in 0..100 {
            queue.push(Entry::Alive(Timestamp::from_second(second).unwrap()));
        }
        queue.close();
        assert_eq!(queue.take().unwrap(), [Item::Entry(Entry::Alive(Timestamp::from_second(99).unwrap()))]);
    }
}
