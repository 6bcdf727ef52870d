//! The kinds of report, each for its readers: from a month's dossier to a document.
//!
//! Pure. Says what stands in a report and in which words; how it is drawn is the formats'.

use super::document::Document;
use super::dossier::Dossier;
use crate::inventory::{CommuneId, FundId, Language, SiteId};

/// Whom a report is for, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edition {
    /// One page for who paid: their cameras, and nobody else's.
    Funder(FundId),
    /// The administrative report of a commune: a draft that the clerk numbers and the chairman signs.
    Commune(CommuneId),
    /// One page in large letters for the village hall.
    Notice(CommuneId),
    /// All cameras by commune.
    Province,
    /// One site's cameras, for who looks after them.
    Site(SiteId),
}

impl Edition {
    /// The document that readers of this edition get. `dossier` holds at least the cameras that it is about.
    #[must_use]
    pub fn document(&self, dossier: &Dossier, language: Language) -> Document {
        todo!("{self:?} {language:?} {}", dossier.report.month)
    }
}
