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
