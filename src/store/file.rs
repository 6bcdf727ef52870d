//! The file itself: where it lies, who may write it, which version it is.
//!
//! Knows nothing of what is in the tables.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::StoreError;

/// Each step takes the schema from the version of its index to the next. Steps are never changed once released.
const STEPS: &[&str] = &[
    include_str!("schema/0001_record.sql"),
    include_str!("schema/0002_recorders.sql"),
    include_str!("schema/0003_gate.sql"),
    include_str!("schema/0004_paging.sql"),
];

/// `PRAGMA application_id` of a record: "camw".
const APPLICATION_ID: i64 = 0x6361_6d77;

/// How long a statement waits for another connection's short write.
const BUSY: Duration = Duration::from_secs(5);

/// A record of at most so many bytes is looked through for damage when the daemon starts: about a second of reading.
const CHECKED_BYTES: u64 = 256 * 1024 * 1024;

/// Turns an error of SQLite into ours, saying what was attempted.
pub(super) fn sqlite(attempted: &'static str, path: &Path) -> impl Fn(rusqlite::Error) -> StoreError {
    let path = path.display().to_string();
    move |source| match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged { path: path.clone(), detail: source.to_string() },
        Some(ErrorCode::NotADatabase) => StoreError::Foreign { path: path.clone() },
        _ => StoreError::Sqlite { attempted, path: path.clone(), source },
    }
}

fn io(attempted: &'static str, path: &Path) -> impl Fn(std::io::Error) -> StoreError {
    let path = path.display().to_string();
    move |source| StoreError::Io { attempted, path: path.clone(), source }
}

/// Held for as long as this process may write the record; the kernel lets go of it however the process ends.
#[derive(Debug)]
pub(super) struct WriteLock {
    file: File,
}

impl Drop for WriteLock {
    /// Unlocked by name: a child that was forked meanwhile and has not become another program yet has the file open too,
    /// and would hold the lock for as long.
    fn drop(&mut self) {
        // Closing it is all that is left where this fails.
        let _ = self.file.unlock();
    }
}

impl WriteLock {
    /// Takes the lock beside `path`, whose directory exists.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let lock_path = beside(path, ".lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(io("opening the lock", &lock_path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Only for the message: a pid that cannot be read is no reason to say less than "locked".
                let _ = file.read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() { "unknown" } else { pid.trim() };
                return Err(StoreError::Locked { path: path.display().to_string(), pid: pid.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io("locking", &lock_path)(source)),
        }
        // The pid is written for people; the lock is what counts, so a full disk does not stop the daemon here.
        let _ = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        Ok(Self { file })
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Creates the directory of the record and the record's file, for their owner only, where they are missing.
pub(super) fn prepare(path: &Path) -> Result<(), StoreError> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(io("creating the directory", directory))?;
    }
    // SQLite gives the -wal and -shm files the permissions of this one.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(io("opening the record", path))?;
    Ok(())
}

/// A connection that may write, brought up to date. The caller holds the [`WriteLock`].
pub(super) fn open_to_write(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = connect_to_write(path)?;
    migrate(&mut connection, path, STEPS)?;
    if std::fs::metadata(path).is_ok_and(|m| m.len() <= CHECKED_BYTES) {
        let found: String = connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(sqlite("checking the record", path))?;
        if found != "ok" {
            return Err(StoreError::Damaged { path: path.display().to_string(), detail: found });
        }
    }
    Ok(connection)
}

/// A connection that may write to a record that is up to date already.
pub(super) fn connect_to_write(path: &Path) -> Result<Connection, StoreError> {
    let failed = sqlite("opening the record", path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&failed)?;
    connection.busy_timeout(BUSY).map_err(&failed)?;
    connection.pragma_update(None, "journal_mode", "wal").map_err(&failed)?;
    // FULL: each commit is on the disk when it returns, so that a power cut takes nothing that was committed. It costs
    // one fsync a batch, and there are at most a few batches a second.
    connection.pragma_update(None, "synchronous", "full").map_err(&failed)?;
    connection.pragma_update(None, "foreign_keys", true).map_err(&failed)?;
    // After a checkpoint the log is cut back to this, should a long read have let it grow.
    connection.pragma_update(None, "journal_size_limit", 16 * 1024 * 1024).map_err(&failed)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A connection that only reads a record that is up to date.
pub(super) fn open_to_read(path: &Path) -> Result<Connection, StoreError> {
    let failed = sqlite("opening the record", path);
    if std::fs::metadata(path).is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
        return Err(StoreError::Missing { path: path.display().to_string() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(&failed)?;
    connection.busy_timeout(BUSY).map_err(&failed)?;
    connection.set_prepared_statement_cache_capacity(32);
    match state_of(&connection, path, STEPS)? {
        0 => Err(StoreError::Missing { path: path.display().to_string() }),
        found if (found as usize) < STEPS.len() => {
            Err(StoreError::TooOld { path: path.display().to_string(), found, known: version_of(STEPS) })
        }
        _ => Ok(connection),
    }
}

fn version_of(steps: &[&str]) -> u32 {
    u32::try_from(steps.len()).expect("a handful of steps")
}

/// The version of the schema: 0 for an empty file.
fn state_of(connection: &Connection, path: &Path, steps: &[&str]) -> Result<u32, StoreError> {
    let failed = sqlite("reading the version of", path);
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(&failed);
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(&failed)?;
    if application == 0 && version == 0 && tables == 0 {
        return Ok(0);
    }
    if application != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.display().to_string() });
    }
    let found = u32::try_from(version).unwrap_or(u32::MAX);
    let known = version_of(steps);
    if found > known {
        return Err(StoreError::TooNew { path: path.display().to_string(), found, known });
    }
    Ok(found)
}

/// Takes the steps that the file has not taken yet, each in a transaction of its own: one that fails leaves the file
/// at the version before it.
fn migrate(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), StoreError> {
    let failed = sqlite("migrating", path);
    let found = state_of(connection, path, steps)?;
    for (step, version) in steps.iter().zip(1u32..).skip(found as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        transaction.execute_batch(step).map_err(&failed)?;
        transaction.pragma_update(None, "user_version", version).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        if found > 0 {
            tracing::info!(path = %path.display(), version, "the record was brought up to date");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn an_older_file_takes_the_steps_it_lacks_and_keeps_what_it_holds() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let mut connection = Connection::open(&path).unwrap();
        migrate(&mut connection, &path, STEPS).unwrap();
        connection.execute("INSERT INTO camera (name) VALUES ('yl-01')", []).unwrap();
        let more: Vec<&str> = STEPS
            .iter()
            .copied()
            .chain(["ALTER TABLE camera ADD COLUMN later TEXT", "CREATE TABLE later (a)"])
            .collect();
        migrate(&mut connection, &path, &more).unwrap();
        assert_eq!(version(&connection), i64::from(version_of(&more)));
        let kept: (String, Option<String>) =
            connection.query_row("SELECT name, later FROM camera", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(kept, ("yl-01".to_owned(), None));
        migrate(&mut connection, &path, &more).expect("a file that is up to date is left alone");
    }

    #[test]
    fn what_is_committed_is_on_the_disk() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        prepare(&path).unwrap();
        let connection = open_to_write(&path).unwrap();
        let pragma =
            |name| connection.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
        assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
        assert_eq!(pragma("synchronous"), 2.into(), "FULL: each commit is followed by an fsync");
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_at_the_version_before_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let mut connection = Connection::open(&path).unwrap();
        let broken: Vec<&str> =
            STEPS.iter().copied().chain(["CREATE TABLE later (a); INSERT INTO nowhere VALUES (1)"]).collect();
        assert!(migrate(&mut connection, &path, &broken).is_err());
        assert_eq!(version(&connection), i64::from(version_of(STEPS)));
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'later'", [], |r| r.get(0)).unwrap();
        assert_eq!(tables, 0);
    }
}
