//! The record: SQLite on its own thread, never awaited by a probe.
//!
//! Who may write: one [`Writer`] a record, the daemon's, enforced by a lock beside the file. The one thing that others
//! write beside a running daemon is planned work ([`maintenance`]), in short transactions of their own; SQLite keeps
//! these apart. The gate is opened by command ([`gate`]) only where none runs. Anybody may read, through a [`Reader`], whether a daemon runs or not.
//!
//! Knows the ledger's types. Must not know probes, schedules or the web.

mod file;
pub mod gate;
pub mod maintenance;
mod paging;
mod queue;
mod reader;
mod rows;
mod writer;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::gate::GateChange;
use crate::inventory::{CameraId, ChannelId, Maintenance, OfficerId, RecorderId};
use crate::judgement::Change;
use crate::judgement::event::{IncidentEvent, StateEvent};
use crate::observation::Observation;
use crate::paging::{Acknowledgement, Row, Step};

pub use reader::{ClosedIncident, Hour, Metadata, Reader, RecorderRow, RecordingSeen};
pub use writer::Writer;

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
    #[error(
        "{path} was written by an older camwatch (schema {found}, this one knows {known}); \
         start `camwatch run` of this version once, which brings it up to date"
    )]
    TooOld { path: String, found: u32, known: u32 },
    #[error("there is no record at {path} yet; `camwatch run` begins one (or `camwatch replay --record`)")]
    Missing { path: String },
    #[error("{path} is not a record of camwatch; name another file in [store] url, or move this one away")]
    Foreign { path: String },
    #[error(
        "the record {path} is damaged ({detail}); it was left as it is. Stop camwatch, move it away with its -wal file, \
         and restore a backup or try `sqlite3 {path} .recover`"
    )]
    Damaged { path: String, detail: String },
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
    /// What devices answered to a login, as far as it must survive a restart.
    Gate(GateChange),
    /// What a recorder was seen to hold of a camera: of the local days that were looked at, those with recordings.
    Presence {
        camera: CameraId,
        days: BTreeSet<Date>,
        looked_at: BTreeSet<Date>,
    },
    /// What the desk came to, in one transaction with the incident that it tells.
    Paging {
        incident: Option<IncidentEvent>,
        step: Box<Step>,
    },
    /// How a message stands now.
    Outbox(Box<Row>),
    Acknowledged(Acknowledgement),
    /// Where an officer who enrolled is reached on a channel.
    Address {
        officer: OfficerId,
        channel: ChannelId,
        address: String,
        at: Timestamp,
    },
    /// What was learnt about talking with a recorder, as JSON. What it says it is comes with its observations.
    Recorder {
        recorder: RecorderId,
        memory: String,
    },
}

/// A maintenance window that was added by command.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedMaintenance {
    pub id: i64,
    pub window: Maintenance,
    pub added_at: Timestamp,
}

/// A run of the daemon: it was alive, and had judged everything, from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AliveSpan {
    pub from: Timestamp,
    pub to: Timestamp,
}
