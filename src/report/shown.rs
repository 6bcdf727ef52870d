//! A month as it is shown to whoever asks: as it was closed, or else from the record as it stands.

use std::fmt::Write as _;
use std::io::Write;

use jiff::Timestamp;

use super::closing::{Archive, Closed};
use super::compile::{Progress, check_month};
use super::document::Document;
use super::dossier::Dossier;
use super::{Edition, Format, ReportError, Selection, html, pdf, xlsx};
use crate::config::Config;
use crate::inventory::Language;
use crate::ledger::{Month, Span};
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

impl Standing {
    fn of(closed: &Closed) -> Self {
        Self { hash: closed.hash.clone(), amendments: closed.amendments.len() }
    }
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
        if *selection != Selection::All {
            return Self::part(&closed, selection);
        }
        let standing = Standing::of(&closed);
        Ok(Self { dossier: closed.amended(), closed: Some(standing) })
    }

    /// Whether there is anything to show of a month, without making it.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn exists(config: &Config, month: Month, now: Timestamp) -> Result<(), ReportError> {
        if Archive::of(config).holds(month) {
            return Ok(());
        }
        let record = Reader::open(&config.store.path)?.extent()?;
        let record = record.map(|record| Span::between(record.from, record.to));
        let timezone = &config.daemon.timezone;
        check_month(month, month.span(timezone), record, now, timezone)
    }

    /// A part of a closed month, with what was corrected since.
    ///
    /// # Errors
    /// Where the selection names nothing that this month knows.
    pub fn part(closed: &Closed, selection: &Selection) -> Result<Self, ReportError> {
        let mut dossier = closed.dossier.only(selection)?;
        let ours = closed.amendments.iter().filter(|made| dossier.cameras.contains_key(&made.camera));
        dossier.amendments.extend(ours.cloned());
        Ok(Self { dossier, closed: Some(Standing::of(closed)) })
    }

    /// Whether it tells corrections, of this month or of those before it.
    #[must_use]
    pub fn is_amended(&self) -> bool {
        !self.dossier.amendments.is_empty()
    }

    /// Draws an edition of this month.
    ///
    /// # Errors
    /// Those of `out`, and where a format cannot say it.
    pub fn draw(
        &self,
        edition: &Edition,
        language: Language,
        format: Format,
        out: &mut dyn Write,
    ) -> Result<(), ReportError> {
        let dossier = &self.dossier;
        match format {
            Format::Json => dossier.report.write_json(out)?,
            Format::Csv => dossier.report.write_csv(out)?,
            Format::Pdf => {
                let written = pdf::write(&self.document(edition, language), out)?;
                if !written.missing.is_empty() {
                    let characters = written.missing.iter().collect::<String>();
                    let report = edition.file_name(dossier, language, format);
                    tracing::warn!(
                        report,
                        characters,
                        "no font of the PDF has these characters: a sign for it stands there"
                    );
                }
            }
            Format::Html => html::write(&self.document(edition, language), out)?,
            Format::Xlsx => xlsx::write(dossier, language, out)?,
        }
        Ok(())
    }

    /// With the hash of the closed figures at the foot of every page: its beginning, which is enough to tell two apart.
    fn document(&self, edition: &Edition, language: Language) -> Document {
        let mut document = edition.document(&self.dossier, language);
        if let Some(closed) = &self.closed {
            let _ = write!(document.footer, " · SHA-256 {}…", closed.hash.get(..16).unwrap_or_default());
        }
        document
    }
}
