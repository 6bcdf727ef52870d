//! What the desk remembers, row by row, and which rows have changed since they were last written.
//!
//! A row that cannot be read (of another version, or torn) is forgotten: a second message is better than none at all, and
//! than a daemon that does not start.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::Kept;
use super::case::Case;
use super::flapping::Flaps;
use super::gather::Inbox;
use crate::duty::Gap;
use crate::inventory::OfficerId;

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) cases: Table<String, Case>,
    pub(super) inboxes: Table<OfficerId, Inbox>,
    /// By the subject of incidents.
    pub(super) flaps: Table<String, Flaps>,
    /// One row.
    pub(super) book: Table<String, Book>,
}

/// What is of no matter alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Book {
    /// The last number that was given.
    pub(super) number: u16,
    /// The day of the last digest to funds.
    pub(super) digested: Option<Date>,
    /// When gaps of the roster were last looked for.
    pub(super) looked_for_gaps: Option<Timestamp>,
    /// Gaps that were told.
    pub(super) gaps: Vec<Gap>,
}

const BOOK: &str = "book";

impl Memory {
    pub(super) fn read(kept: Vec<Kept>) -> Self {
        let mut memory = Self::default();
        for Kept { key, value } in kept {
            let (Some((table, key)), Some(value)) = (key.split_once(':'), value) else { continue };
            match table {
                "case" => memory.cases.restore(key.to_owned(), &value),
                "inbox" => OfficerId::new(key).into_iter().for_each(|id| memory.inboxes.restore(id, &value)),
                "flaps" => memory.flaps.restore(key.to_owned(), &value),
                "desk" => memory.book.restore(key.to_owned(), &value),
                _ => {}
            }
        }
        memory
    }

    pub(super) fn book(&self) -> Book {
        self.book.get(BOOK).cloned().unwrap_or_default()
    }

    pub(super) fn book_mut(&mut self) -> &mut Book {
        self.book.entry(&BOOK.to_owned())
    }

    /// The rows that have changed since this was last asked.
    pub(super) fn changed(&mut self) -> Vec<Kept> {
        let mut kept = Vec::new();
        self.cases.drain("case", &mut kept);
        self.inboxes.drain("inbox", &mut kept);
        self.flaps.drain("flaps", &mut kept);
        self.book.drain("desk", &mut kept);
        kept
    }
}

/// Rows by key. Whatever is handed out for change counts as changed.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    touched: BTreeSet<K>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), touched: BTreeSet::new() }
    }
}

impl<K: Ord + Clone + std::fmt::Display, V: Serialize + DeserializeOwned> Table<K, V> {
    fn restore(&mut self, key: K, value: &str) {
        if let Ok(row) = serde_json::from_str(value) {
            self.rows.insert(key, row);
        }
    }

    fn drain(&mut self, table: &str, kept: &mut Vec<Kept>) {
        for key in std::mem::take(&mut self.touched) {
            let value = self.rows.get(&key).map(|row| serde_json::to_string(row).expect("plain data is JSON"));
            kept.push(Kept { key: format!("{table}:{key}"), value });
        }
    }

    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.rows.get(key)
    }

    pub(super) fn get_mut<Q: Ord + ToOwned<Owned = K> + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let row = self.rows.get_mut(key)?;
        self.touched.insert(key.to_owned());
        Some(row)
    }

    pub(super) fn entry(&mut self, key: &K) -> &mut V
    where
        V: Default,
    {
        self.touched.insert(key.clone());
        self.rows.entry(key.clone()).or_default()
    }

    pub(super) fn insert(&mut self, key: K, row: V) {
        self.touched.insert(key.clone());
        self.rows.insert(key, row);
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let row = self.rows.remove(key)?;
        self.touched.insert(key.clone());
        Some(row)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    /// The keys of the rows that are like this.
    pub(super) fn keys_where(&self, is_wanted: impl Fn(&K, &V) -> bool) -> Vec<K> {
        self.rows.iter().filter(|(key, row)| is_wanted(key, row)).map(|(key, _)| key.clone()).collect()
    }
}
