//! The gate's rows: written with the batches, read at the start, and opened by command where no daemon runs.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::reader::{moment, optional_moment, unreadable};
use super::rows::micros;
use super::{Reader, StoreError, file};
use crate::gate::{AccountKey, GateChange, Kept, KeptBox, Standing};
use crate::inventory::CredentialId;

const COLUMNS: &str = "host, username, fingerprint, port, credentials, standing, since, until, proven, refused, \
                       accepted_on, refused_on";

/// Writes what changed.
pub(super) fn write(transaction: &Transaction<'_>, change: &GateChange) -> rusqlite::Result<()> {
    let (account, fingerprint) = match change {
        GateChange::Keep(kept) => (&kept.account, &kept.fingerprint),
        GateChange::Forget { account, fingerprint } => (account, fingerprint),
    };
    transaction
        .prepare_cached("DELETE FROM gate WHERE host = ?1 AND username = ?2 AND fingerprint = ?3")?
        .execute([&account.host, &account.username, fingerprint])?;
    let GateChange::Keep(kept) = change else { return Ok(()) };
    let mut insert = transaction.prepare_cached(&format!(
        "INSERT INTO gate ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
    ))?;
    let credentials = json(&kept.credentials)?;
    for one in &kept.boxes {
        let (standing, since, until) = match one.standing {
            Standing::Open => ("open", None, None),
            Standing::Suspect { since } => ("suspect", Some(since), None),
            Standing::Rejected { since } => ("rejected", Some(since), None),
            Standing::Locked { since, until } => ("locked", Some(since), Some(until)),
        };
        insert.execute(params![
            kept.account.host,
            kept.account.username,
            kept.fingerprint,
            one.port.unwrap_or(0),
            credentials,
            standing,
            since.map(micros),
            until.map(micros),
            one.proven,
            json(&one.refused.iter().copied().map(micros).collect::<Vec<_>>())?,
            json(&one.accepted_on)?,
            one.refused_on,
        ])?;
    }
    Ok(())
}

fn json(value: &impl serde::Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

impl Reader {
    /// What the gate knew of each account.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn gate(&self) -> Result<Vec<Kept>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM gate ORDER BY host, username, fingerprint, port");
        let rows = self.all(&sql, [], from_row)?;
        let mut accounts: BTreeMap<(AccountKey, String), Kept> = BTreeMap::new();
        for mut kept in rows {
            let account = accounts.entry((kept.account.clone(), kept.fingerprint.clone()));
            account.and_modify(|known| known.boxes.append(&mut kept.boxes)).or_insert(kept);
        }
        Ok(accounts.into_values().collect())
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Kept> {
    fn parsed<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
        serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
    }
    let since = || moment(row, 6);
    let standing = match row.get_ref(5)?.as_str()? {
        "open" => Standing::Open,
        "suspect" => Standing::Suspect { since: since()? },
        "rejected" => Standing::Rejected { since: since()? },
        "locked" => {
            let since = since()?;
            Standing::Locked { since, until: optional_moment(row, 7)?.unwrap_or(since) }
        }
        other => return Err(unreadable(5, format!("{other:?} is no word of this version"))),
    };
    let refused = parsed::<Vec<i64>>(row, 9)?
        .into_iter()
        .map(|at| Timestamp::from_microsecond(at).map_err(|error| unreadable(9, error)))
        .collect::<rusqlite::Result<_>>()?;
    Ok(Kept {
        account: AccountKey { host: row.get(0)?, username: row.get(1)? },
        fingerprint: row.get(2)?,
        credentials: parsed(row, 4)?,
        boxes: vec![KeptBox {
            port: Some(row.get(3)?).filter(|port| *port != 0),
            standing,
            proven: row.get(8)?,
            refused,
            accepted_on: parsed(row, 10)?,
            refused_on: row.get(11)?,
        }],
    })
}

/// Keeps what a command learnt of logins, so that the next one knows it. A daemon that runs is left to learn it by itself,
/// and a record that is not there is not begun for it.
///
/// # Errors
/// Where the record cannot be written.
pub fn keep(path: &Path, changes: &[GateChange]) -> Result<(), StoreError> {
    if changes.is_empty() || !path.exists() {
        return Ok(());
    }
    let _lock = match file::WriteLock::take(path) {
        Err(StoreError::Locked { .. }) => return Ok(()),
        lock => lock?,
    };
    let mut connection = file::open_to_write(path)?;
    let keep = |connection: &mut Connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        changes.iter().try_for_each(|change| write(&transaction, change))?;
        transaction.commit()
    };
    keep(&mut connection).map_err(file::sqlite("keeping refused logins in", path))
}

/// Opens the gate for a credential where no daemon runs: its logins are as if never tried. Returns the hosts.
///
/// # Errors
/// Where the record cannot be written; [`StoreError::Locked`] where a daemon runs, which would know nothing of it.
pub fn retry(path: &Path, credential: &CredentialId) -> Result<Vec<String>, StoreError> {
    file::prepare(path)?;
    let _lock = file::WriteLock::take(path)?;
    let mut connection = file::open_to_write(path)?;
    let retry = |connection: &mut Connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let accounts = {
            let mut shut = transaction.prepare(
                "SELECT DISTINCT host, username, fingerprint FROM gate \
                 WHERE standing <> 'open' AND EXISTS (SELECT 1 FROM json_each(credentials) WHERE value = ?1)",
            )?;
            let account = |row: &Row<'_>| Ok([row.get::<_, String>(0)?, row.get(1)?, row.get(2)?]);
            shut.query_map([credential.as_str()], account)?.collect::<rusqlite::Result<Vec<_>>>()?
        };
        for account in &accounts {
            transaction.execute(
                "DELETE FROM gate WHERE host = ?1 AND username = ?2 AND fingerprint = ?3",
                account.each_ref(),
            )?;
        }
        transaction.commit()?;
        Ok(accounts.into_iter().map(|[host, _, _]| host).collect())
    };
    retry(&mut connection).map_err(file::sqlite("opening the gate in", path))
}
