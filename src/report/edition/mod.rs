//! The kinds of report, each for its readers: from a month's dossier to a document.
//!
//! Pure. Says what stands in a report and in which words; how it is drawn is the formats'. No report holds an address, a
//! URL or where a private camera looks; a household is named only where it agreed. The Korean and the English words were
//! not reviewed by native readers, the Vietnamese not by a clerk.

mod charts;
mod commune;
mod funder;
mod manner;
mod money;
mod notice;
mod order;
mod parts;
mod province;
mod site;
#[cfg(test)]
mod tests;
mod tidy;
mod troubles;
mod uptime;
mod view;

pub(crate) use self::manner::Manner;
pub(crate) use self::uptime::{Uptime, coverage, note as uptime_note};

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
        let document = match self {
            Self::Funder(id) => funder::document(dossier, language, id),
            Self::Commune(id) => commune::document(dossier, language, id),
            Self::Notice(id) => notice::document(dossier, language, id),
            Self::Province => province::document(dossier, language),
            Self::Site(id) => site::document(dossier, language, id),
        };
        tidy::tidy(document)
    }
}
