//! A month as it is shown to whoever asks: as it was closed, or else from the record as it stands.

use jiff::Timestamp;

use super::closing::Archive;
use super::compile::Progress;
use super::dossier::Dossier;
use super::{ReportError, Selection};
use crate::config::Config;
use crate::ledger::Month;
use crate::store::Reader;

/// A month, and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    pub dossier: Dossier,
    /// `None` while it is open.
    pub closed: Option<Standing>,
}

/// How a closed month stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The SHA-256 of its figures, in hex.
    pub hash: String,
    /// Corrections of this month by now.
    pub amendments: usize,
}

/// Who asks: only the daemon writes down what was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    Daemon,
    Anybody,
}

impl Shown {
    /// A closed month can be shown without the record; what was corrected since it was closed is looked for where there
    /// is one.
    ///
    /// # Errors
    /// As [`Dossier::make`], and where a closed month cannot be read.
    pub fn of(
        config: &Config,
        month: Month,
        selection: &Selection,
        now: Timestamp,
        asker: Asker,
        progress: Progress<'_>,
    ) -> Result<Self, ReportError> {
        let archive = Archive::of(config);
        if !archive.holds(month) {
            let reader = Reader::open(&config.store.path)?;
            let dossier = Dossier::make(config, &reader, month, selection, now, progress)?;
            return Ok(Self { dossier, closed: None });
        }
        let found = match (Reader::open(&config.store.path), asker) {
            (Err(_), _) => Vec::new(),
            (Ok(reader), Asker::Anybody) => archive.corrections(config, &reader, month, now)?,
            (Ok(reader), Asker::Daemon) => {
                archive.amend(config, &reader, month, now)?;
                Vec::new()
            }
        };
        let mut closed = archive.open(month)?;
        closed.amendments.extend(found);
        let standing = Standing { hash: closed.hash.clone(), amendments: closed.amendments.len() };
        let whole = closed.amended();
        let dossier = if *selection == Selection::All { whole } else { whole.only(selection)? };
        Ok(Self { dossier, closed: Some(standing) })
    }
}
