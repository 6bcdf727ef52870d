//! Planned work, added and ended by command beside a running daemon.
//!
//! These are the only writes that are not the [`Writer`](super::Writer)'s: one short transaction each, on a connection
//! of its own. SQLite lets one wait for the other; the lock beside the file is the daemon's and is not needed here.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::reader::{moment, unreadable};
use super::rows::micros;
use super::{AddedMaintenance, StoreError, file};
use crate::inventory::{CameraId, CommuneId, Maintenance, Scope, SiteId};

/// Adds a window; begins the record where there is none yet. Returns the window's id.
///
/// # Errors
/// Where the record cannot be written.
pub fn add(path: &Path, window: &Maintenance, now: Timestamp) -> Result<i64, StoreError> {
    let mut connection = open(path)?;
    let (scope, subject) = window.scope.named();
    let add = |connection: &mut Connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO maintenance (scope, subject, from_at, to_at, reason, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![scope, subject, micros(window.from), micros(window.to), window.reason, micros(now)],
        )?;
        let id = transaction.last_insert_rowid();
        bump(&transaction)?;
        transaction.commit()?;
        Ok(id)
    };
    add(&mut connection).map_err(file::sqlite("adding maintenance to", path))
}

/// Ends a window now, or calls it off where it has not begun. Returns it as it stands afterwards (its `to` is its `from`
/// where it was called off); `None` where there is no such window. One that is over already is left as it is.
///
/// # Errors
/// Where the record cannot be written.
pub fn end(path: &Path, id: i64, now: Timestamp) -> Result<Option<AddedMaintenance>, StoreError> {
    let mut connection = open(path)?;
    let end = |connection: &mut Connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "UPDATE maintenance SET to_at = max(from_at, ?2), ended_at = ?2 WHERE id = ?1 AND to_at > ?2",
            [id, micros(now)],
        )?;
        let window = transaction
            .query_row(
                "SELECT id, scope, subject, from_at, to_at, reason, added_at FROM maintenance WHERE id = ?1",
                [id],
                from_row,
            )
            .optional()?;
        bump(&transaction)?;
        transaction.commit()?;
        Ok(window)
    };
    end(&mut connection).map_err(file::sqlite("ending maintenance in", path))
}

fn bump(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'maintenance_version'", [])
}

/// A record that is missing or older is brought up to date first, which only one process may do.
fn open(path: &Path) -> Result<Connection, StoreError> {
    match file::open_to_read(path) {
        Ok(_) => file::connect_to_write(path),
        Err(StoreError::Missing { .. } | StoreError::TooOld { .. }) => {
            file::prepare(path)?;
            let _lock = file::WriteLock::take(path)?;
            file::open_to_write(path)
        }
        Err(error) => Err(error),
    }
}

/// Columns: id, scope, subject, from, to, reason, added.
pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<AddedMaintenance> {
    let subject = row.get_ref(2)?.as_str()?;
    let scope = match row.get_ref(1)?.as_str()? {
        "camera" => CameraId::new(subject).map(Scope::Camera),
        "site" => SiteId::new(subject).map(Scope::Site),
        "commune" => CommuneId::new(subject).map(Scope::Commune),
        other => return Err(unreadable(1, format!("{other:?} is no scope of maintenance"))),
    };
    Ok(AddedMaintenance {
        id: row.get(0)?,
        window: Maintenance {
            scope: scope.map_err(|e| unreadable(2, e))?,
            from: moment(row, 3)?,
            to: moment(row, 4)?,
            reason: row.get(5)?,
        },
        added_at: moment(row, 6)?,
    })
}
