//! The desk's memory, the outbox and acknowledgements as rows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Connection, Result, Row as SqlRow, params};

use super::rows::micros;
use super::{Reader, StoreError};
use crate::inventory::{ChannelId, OfficerId};
use crate::paging::{Acknowledgement, How, Kept, Message, MessageId, Recipient, Row, Standing, Step};

/// How long messages are kept that have ended: a year of reports, and what lies before it.
const KEPT_DAYS: i64 = 400;

pub(super) fn write_step(connection: &Connection, step: &Step) -> Result<()> {
    for message in &step.messages {
        insert(connection, &Row::new(message.clone()))?;
    }
    let mut keep = connection.prepare_cached("INSERT OR REPLACE INTO desk (key, value) VALUES (?1, ?2)")?;
    let mut forget = connection.prepare_cached("DELETE FROM desk WHERE key = ?1")?;
    for Kept { key, value } in &step.kept {
        match value {
            Some(value) => keep.execute([key, value])?,
            None => forget.execute([key])?,
        };
    }
    let mut withdraw = connection.prepare_cached(
        "UPDATE outbox SET standing = 'withdrawn', ended_at = next_try_at WHERE id = ?1 AND standing = 'queued'",
    )?;
    for id in &step.withdrawn {
        withdraw.execute([&id.0])?;
    }
    Ok(())
}

/// A message that stands there already is left as it is: the same decision may be written twice, never sent twice.
fn insert(connection: &Connection, row: &Row) -> Result<()> {
    let message = &row.message;
    let recipient = match &message.to {
        Recipient::Officer(id) => format!("officer:{id}"),
        Recipient::Fund(id) => format!("fund:{id}"),
    };
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO outbox (id, recipient, reason, decided_at, message, standing, attempts, next_try_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)",
        )?
        .execute(params![
            message.id.0,
            recipient,
            message.reason.as_str(),
            micros(message.decided_at),
            serde_json::to_string(message).expect("plain data is JSON"),
            row.standing.as_str(),
            micros(row.next_try),
        ])?;
    let oldest = micros(message.decided_at).saturating_sub(KEPT_DAYS * super::rows::MICROSECONDS_A_DAY);
    connection
        .prepare_cached("DELETE FROM outbox WHERE decided_at < ?1 AND standing <> 'queued'")?
        .execute([oldest])?;
    Ok(())
}

/// How a message stands now. One that was withdrawn meanwhile, and is taken all the same, was accepted.
pub(super) fn write_row(connection: &Connection, row: &Row) -> Result<()> {
    insert(connection, row)?;
    connection
        .prepare_cached(
            "UPDATE outbox SET standing = ?2, channel = ?3, attempts = ?4, next_try_at = ?5, provider_id = ?6, why = ?7, \
             ended_at = ?8 WHERE id = ?1",
        )?
        .execute(params![
            row.message.id.0,
            row.standing.as_str(),
            row.channel.as_ref().map(ChannelId::as_str),
            row.attempts,
            micros(row.next_try),
            row.provider_id,
            row.why,
            row.ended_at.map(micros),
        ])?;
    Ok(())
}

pub(super) fn write_acknowledgement(connection: &Connection, one: &Acknowledgement) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO acknowledgement (incident, at, who, how, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![one.incident, micros(one.at), one.who, one.how.as_str(), micros(one.expires_at)])?;
    Ok(())
}

pub(super) fn write_address(
    connection: &Connection,
    officer: &OfficerId,
    channel: &ChannelId,
    address: &str,
    at: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO address (officer, channel, address, bound_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![officer.as_str(), channel.as_str(), address, micros(at)])?;
    Ok(())
}

fn desk(connection: &Connection) -> Result<Vec<Kept>> {
    let mut kept = connection.prepare_cached("SELECT key, value FROM desk ORDER BY key")?;
    kept.query_map([], |row| Ok(Kept { key: row.get(0)?, value: Some(row.get(1)?) }))?.collect()
}

/// What is still to be sent, in the order in which it was decided. What this version cannot read is left out.
fn queued(connection: &Connection) -> Result<Vec<Row>> {
    rows(connection, "WHERE standing = 'queued' ORDER BY decided_at, id", [])
}

/// Those of these messages that are kept; one that this version cannot read is left out.
fn named(connection: &Connection, ids: &BTreeSet<MessageId>) -> Result<Vec<Row>> {
    let found = ids.iter().map(|id| rows(connection, "WHERE id = ?1", [&id.0]));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// Messages that were decided in `from..to`, in that order.
fn decided(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Row>> {
    rows(connection, "WHERE decided_at >= ?1 AND decided_at < ?2 ORDER BY decided_at, id", [micros(from), micros(to)])
}

fn rows<P: rusqlite::Params>(connection: &Connection, which: &str, parameters: P) -> Result<Vec<Row>> {
    let mut found = connection.prepare(&format!(
        "SELECT message, standing, channel, attempts, next_try_at, provider_id, why, ended_at FROM outbox {which}"
    ))?;
    let rows = found.query_map(parameters, read_row)?;
    rows.filter_map(Result::transpose).collect()
}

fn read_row(row: &SqlRow<'_>) -> Result<Option<Row>> {
    let Ok(message) = serde_json::from_str::<Message>(row.get_ref(0)?.as_str()?) else { return Ok(None) };
    let standing = match row.get_ref(1)?.as_str()? {
        "queued" => Standing::Queued,
        "accepted" => Standing::Accepted,
        "withdrawn" => Standing::Withdrawn,
        _ => Standing::Failed,
    };
    let channel: Option<String> = row.get(2)?;
    let ended: Option<i64> = row.get(7)?;
    Ok(Some(Row {
        message,
        standing,
        channel: channel.and_then(|id| ChannelId::new(&id).ok()),
        attempts: row.get(3)?,
        next_try: moment(row.get(4)?),
        provider_id: row.get(5)?,
        why: row.get(6)?,
        ended_at: ended.map(moment),
    }))
}

fn moment(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}

/// Of incidents that were acknowledged in `from..to`, in that order.
fn acknowledgements(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<Acknowledgement>> {
    let mut found = connection.prepare_cached(
        "SELECT incident, at, who, how, expires_at FROM acknowledgement WHERE at >= ?1 AND at < ?2 ORDER BY at, incident",
    )?;
    let rows = found.query_map([micros(from), micros(to)], |row| {
        Ok(Acknowledgement {
            incident: row.get(0)?,
            at: moment(row.get(1)?),
            who: row.get(2)?,
            how: How::parse(row.get_ref(3)?.as_str()?),
            expires_at: moment(row.get(4)?),
        })
    })?;
    rows.collect()
}

/// Where officers enrolled themselves.
fn addresses(connection: &Connection) -> Result<BTreeMap<(OfficerId, ChannelId), String>> {
    let mut found = connection.prepare_cached("SELECT officer, channel, address FROM address")?;
    let rows = found.query_map([], |row| {
        let (officer, channel): (String, String) = (row.get(0)?, row.get(1)?);
        Ok((OfficerId::new(&officer), ChannelId::new(&channel), row.get(2)?))
    })?;
    let mut addresses = BTreeMap::new();
    for row in rows {
        if let (Ok(officer), Ok(channel), address) = row? {
            addresses.insert((officer, channel), address);
        }
    }
    Ok(addresses)
}

impl Reader {
    /// What the desk remembers.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn desk(&self) -> Result<Vec<Kept>, StoreError> {
        self.read(desk)
    }

    /// Messages that are still to be sent, in the order in which they were decided.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn queued_messages(&self) -> Result<Vec<Row>, StoreError> {
        self.read(queued)
    }

    /// Those of these messages that are kept.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn messages_named(&self, ids: &BTreeSet<MessageId>) -> Result<Vec<Row>, StoreError> {
        self.read(|connection| named(connection, ids))
    }

    /// Messages that were decided in `from..to`, in that order.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn messages(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Row>, StoreError> {
        self.read(|connection| decided(connection, from, to))
    }

    /// What was acknowledged in `from..to`, in that order.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn acknowledgements(&self, from: Timestamp, to: Timestamp) -> Result<Vec<Acknowledgement>, StoreError> {
        self.read(|connection| acknowledgements(connection, from, to))
    }

    /// Where officers enrolled themselves; stands above the addresses of the inventory.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn addresses(&self) -> Result<BTreeMap<(OfficerId, ChannelId), String>, StoreError> {
        self.read(addresses)
    }

    /// 32 random bytes that links in messages are signed with.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn ack_key(&self) -> Result<[u8; 32], StoreError> {
        self.read(|connection| {
            connection.query_row("SELECT value FROM meta WHERE key = 'ack_key'", [], |row| row.get(0))
        })
    }
}
