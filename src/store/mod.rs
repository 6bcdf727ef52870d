//! The record: SQLite on its own thread, never awaited by a probe.
//!
//! Knows the ledger's types. Must not know probes, schedules or the web.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use crate::inventory::{CameraId, Maintenance};
use crate::judgement::event::{IncidentEvent, StateEvent};
use crate::judgement::{Change, Resume};
use crate::observation::Observation;
use crate::probe::gate::Refusal;
use crate::telemetry::Telemetry;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("another camwatch writes {path} (process {pid}); stop it first, or give this one its own data_dir")]
    Locked { path: String, pid: String },
    #[error("{attempted} {path}: {source}")]
    Io { attempted: &'static str, path: String, source: std::io::Error },
    #[error("{attempted} {path}: {source}")]
    Sqlite { attempted: &'static str, path: String, source: rusqlite::Error },
    #[error(
        "{path} was written by a newer camwatch (schema {found}, this one knows {known}); run that version or restore a backup"
    )]
    TooNew { path: String, found: u32, known: u32 },
}

/// One thing to be kept. Never awaited: see [`Writer::record`].
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    Observation(Observation),
    Change(Change),
    State(StateEvent),
    Incident(IncidentEvent),
    /// The daemon was alive at this moment and had judged everything up to it.
    Alive(Timestamp),
    /// A device refused a login; `key` names device and account, `fingerprint` the secret (not the secret itself).
    Refused(Refusal),
    /// The refusal of this key no longer holds.
    Accepted {
        key: String,
    },
}

/// A maintenance window that was added by command.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedMaintenance {
    pub id: i64,
    pub window: Maintenance,
    pub added_at: Timestamp,
}

/// The writing end: one a process, enforced by a lock beside the file. Cheap to clone.
#[derive(Clone)]
pub struct Writer {
    // the helper's
}

impl Writer {
    /// Opens or creates the record, migrates it, takes the lock and starts the writing thread.
    ///
    /// # Errors
    /// Where the file cannot be opened, is locked by another process, or is newer than this program.
    pub fn open(
        path: &Path,
        keep_observations: std::time::Duration,
        telemetry: Arc<Telemetry>,
    ) -> Result<Self, StoreError> {
        let _ = (path, keep_observations, telemetry);
        todo!()
    }

    /// Queues an entry and returns at once. Where the queue is full the entry is dropped and counted, observations first.
    pub fn record(&self, entry: Entry) {
        let _ = entry;
        todo!()
    }

    /// Waits until everything queued so far is on disk (for shutdown and `replay --record`).
    pub async fn flush(&self) {
        todo!()
    }
}

/// The reading end: its own read-only connection, usable beside a running daemon.
pub struct Reader {
    // the helper's
}

impl Reader {
    /// # Errors
    /// Where there is no record, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let _ = path;
        todo!()
    }

    /// What the judgement needs to take up after a restart.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn resume(&self) -> Result<Resume, StoreError> {
        todo!()
    }

    /// # Errors
    /// Where the record cannot be read.
    pub fn refusals(&self) -> Result<Vec<Refusal>, StoreError> {
        todo!()
    }

    /// # Errors
    /// Where the record cannot be read.
    pub fn maintenance(&self) -> Result<Vec<AddedMaintenance>, StoreError> {
        todo!()
    }

    /// The intervals of a camera's states underneath maintenance that touch [`from`, `to`), in order.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn changes(&self, camera: &CameraId, from: Timestamp, to: Timestamp) -> Result<Vec<Change>, StoreError> {
        let _ = (camera, from, to);
        todo!()
    }
}
