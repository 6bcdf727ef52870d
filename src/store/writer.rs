//! The writing end: a thread that takes batches from the queue and writes each in one transaction.
//!
//! A disk that is full or broken stops nothing but the record: the batch is kept and tried again, and what the queue
//! cannot hold meanwhile is counted as lost.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::file::{self, WriteLock};
use super::queue::{CAPACITY, Item, Queue};
use super::rows::Session;
use super::{Entry, StoreError};
use crate::telemetry::Telemetry;

/// The first pause after a batch that could not be written; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The writing end: one a process, enforced by a lock beside the file. Cheap to clone.
///
/// When the last clone is dropped, what is queued is written (or, where the disk refuses, given up) and the lock let go.
#[derive(Clone)]
pub struct Writer {
    handle: Arc<Handle>,
}

struct Handle {
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
    thread: Option<JoinHandle<()>>,
    _lock: WriteLock,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the record panicked");
        }
    }
}

impl Writer {
    /// Opens or creates the record, migrates it, takes the lock and starts the writing thread.
    ///
    /// # Errors
    /// Where the file cannot be opened, is locked by another process, is newer than this program, damaged, or not a
    /// record at all.
    pub fn open(path: &Path, keep_observations: Duration, telemetry: Arc<Telemetry>) -> Result<Self, StoreError> {
        file::prepare(path)?;
        let lock = WriteLock::take(path)?;
        let connection = file::open_to_write(path)?;
        Self::start(path, connection, lock, keep_observations, telemetry)
    }

    fn start(
        path: &Path,
        connection: Connection,
        lock: WriteLock,
        keep_observations: Duration,
        telemetry: Arc<Telemetry>,
    ) -> Result<Self, StoreError> {
        let queue = Arc::new(Queue::default());
        telemetry.store_queue(0, CAPACITY);
        let mut thread = Thread {
            path: path.to_owned(),
            connection: Some(connection),
            session: Session::new(keep_observations),
            queue: Arc::clone(&queue),
            telemetry: Arc::clone(&telemetry),
        };
        let thread =
            std::thread::Builder::new().name("record".to_owned()).spawn(move || thread.run()).map_err(|source| {
                StoreError::Io {
                    attempted: "starting the thread that writes",
                    path: path.display().to_string(),
                    source,
                }
            })?;
        Ok(Self { handle: Arc::new(Handle { queue, telemetry, thread: Some(thread), _lock: lock }) })
    }

    /// Queues an entry and returns at once. Where the queue is full the entry is dropped and counted, observations first.
    pub fn record(&self, entry: Entry) {
        let length = self.handle.queue.push(entry);
        self.handle.telemetry.store_queue(length, CAPACITY);
    }

    /// As [`Writer::record`], but waits for room, so that nothing is lost. For `replay`; never in async code.
    pub fn record_blocking(&self, entry: Entry) {
        let length = self.handle.queue.push_waiting(entry);
        self.handle.telemetry.store_queue(length, CAPACITY);
    }

    /// Waits until everything queued so far is on disk. `false` where writing failed meanwhile; it is tried again.
    pub async fn flush(&self) -> bool {
        let (waiter, done) = tokio::sync::oneshot::channel();
        self.handle.queue.wait_for_flush(waiter);
        done.await.unwrap_or(false)
    }

    /// As [`Writer::flush`], for code that is not async. Must not be called in async code.
    pub fn flush_blocking(&self) -> bool {
        let (waiter, done) = tokio::sync::oneshot::channel();
        self.handle.queue.wait_for_flush(waiter);
        done.blocking_recv().unwrap_or(false)
    }
}

struct Thread {
    path: PathBuf,
    /// `None` after a failure, until it is opened anew.
    connection: Option<Connection>,
    session: Session,
    queue: Arc<Queue>,
    telemetry: Arc<Telemetry>,
}

impl Thread {
    fn run(&mut self) {
        while let Some(batch) = self.queue.take() {
            self.write_until_done(&batch);
            let length = self.queue.wrote();
            self.telemetry.store_queue(length, CAPACITY);
            self.report_dropped();
        }
    }

    fn report_dropped(&self) {
        let dropped = self.queue.take_dropped();
        if dropped > 0 {
            self.telemetry.store_dropped(dropped);
        }
    }

    fn write_until_done(&mut self, batch: &[Item]) {
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            match self.write(batch) {
                Ok(()) => return self.telemetry.store_wrote(began.elapsed()),
                Err(error) => self.telemetry.store_write_failed(&error),
            }
            self.report_dropped();
            self.queue.failed();
            if self.queue.pause(pause) {
                // The daemon ends: one last try, then what the disk refuses is lost.
                if let Err(error) = self.write(batch) {
                    self.telemetry.store_write_failed(&error);
                    self.telemetry.store_dropped(batch.len() as u64);
                }
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// After a failure the connection is made anew: an error of the disk can leave it unusable for good.
    fn write(&mut self, batch: &[Item]) -> Result<(), StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(file::connect_to_write(&self.path)?),
        };
        self.session.write(connection, batch).map_err(|source| {
            self.connection = None;
            self.session.forget_rows();
            file::sqlite("writing", &self.path)(source)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::CameraId;
    use crate::judgement::Change;
    use crate::observation::State;
    use crate::store::Reader;
    use jiff::{SignedDuration, Timestamp};

    fn count(telemetry: &Telemetry, name: &str) -> String {
        let families = telemetry.registry().gather();
        let family = families.iter().find(|family| family.name() == name).expect("a counter of the daemon");
        family.get_metric()[0].get_counter().get_value().to_string()
    }

    fn entries(n: i64) -> impl Iterator<Item = Entry> {
        (0..n).flat_map(|n| {
            let at = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(n);
            let line = format!(r#"{{"at":"{at}","camera":"a","outcome":"ok","depth":"frame","detail":"{n:0100}"}}"#);
            let observation = serde_json::from_str(&line).unwrap();
            let state = if n % 2 == 0 { State::Up } else { State::Dark };
            let camera = CameraId::new(&format!("camera-{n}")).unwrap();
            [
                Entry::Observation(observation),
                Entry::Change(Change { camera, state, cause: None, since: at }),
                Entry::Alive(at),
            ]
        })
    }

    #[test]
    fn a_full_disk_is_reported_and_the_batch_is_written_once_when_there_is_room_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        file::prepare(&path).unwrap();
        let lock = WriteLock::take(&path).unwrap();
        let connection = file::open_to_write(&path).unwrap();
        // This connection finds no room for more than a few pages; the one that is made after the failure does.
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        connection.pragma_update_and_check(None, "max_page_count", pages + 4, |_| Ok(())).unwrap();
        let telemetry = Arc::new(Telemetry::new());
        let day = Duration::from_secs(86_400);
        let writer = Writer::start(&path, connection, lock, day, Arc::clone(&telemetry)).unwrap();
        for entry in entries(500) {
            writer.record(entry);
        }
        assert!(!writer.flush_blocking(), "those who wait are told");
        assert_eq!(count(&telemetry, "camwatch_store_write_failures_total"), "1");
        assert!(writer.flush_blocking());
        let reader = Reader::open(&path).unwrap();
        let (from, to) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1));
        let camera = CameraId::new("a").unwrap();
        assert_eq!(reader.observations(&camera, from, to).unwrap().len(), 500);
        assert_eq!(reader.hours(&camera, from, to).unwrap()[0].probes, 500, "nothing was counted twice");
        assert_eq!(reader.resume().unwrap().cameras.len(), 500);
        assert_eq!(reader.alive_spans(from, to).unwrap().len(), 1, "one run, whatever the disk did");
        assert_eq!(count(&telemetry, "camwatch_store_dropped_total"), "0");
        reader.check_integrity().unwrap();
    }

    #[test]
    fn what_is_on_disk_when_the_power_goes_is_the_record_up_to_some_batch() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let writer = Writer::open(&path, Duration::from_secs(86_400), Arc::new(Telemetry::new())).unwrap();
        for (n, entry) in entries(60).enumerate() {
            writer.record(entry);
            if n % 9 == 0 {
                assert!(writer.flush_blocking());
            }
        }
        assert!(writer.flush_blocking());
        let wal = std::fs::read(directory.path().join("ledger.db-wal")).unwrap();
        let database = std::fs::read(&path).unwrap();
        let mut before = 0;
        for step in 0..=40 {
            // As if only this much of the log had reached the disk, and rubbish after it.
            let cut = wal.len() * step / 40;
            let other = directory.path().join(format!("cut-{step}"));
            std::fs::create_dir(&other).unwrap();
            let other = other.join("ledger.db");
            std::fs::write(&other, &database).unwrap();
            let mut torn = wal[..cut].to_vec();
            torn.resize((cut + 5_000).min(wal.len()), 0xA5);
            std::fs::write(other.with_file_name("ledger.db-wal"), torn).unwrap();
            let reader = match Reader::open(&other) {
                // Not even every step of the schema is on disk.
                Err(StoreError::Missing { .. } | StoreError::TooOld { .. }) if step < 40 => continue,
                opened => opened.unwrap(),
            };
            reader.check_integrity().unwrap();
            let resume = reader.resume().unwrap();
            let kept = resume.cameras.len();
            assert!(kept >= before, "{kept} of {before} at {cut}");
            before = kept;
            // What is claimed is there: of a run that was alive until `last`, every change up to then. (A run that has
            // only begun claims nothing.)
            let last = resume.last_alive.map_or(0, Timestamp::as_second);
            assert!(last == 0 || usize::try_from(last + 1).unwrap() <= kept, "alive at {last} with {kept} changes");
            drop(reader);
            let reopened = Writer::open(&other, Duration::from_secs(86_400), Arc::new(Telemetry::new())).unwrap();
            reopened.record(Entry::Alive(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1)));
            assert!(reopened.flush_blocking(), "it is written on");
        }
        assert_eq!(before, 60);
    }
}
