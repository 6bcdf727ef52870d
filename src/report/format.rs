//! The formats of a report, and what its file is called: the same for the command line, the web and the post.

use super::dossier::Dossier;
use super::{Edition, Selection};
use crate::inventory::Language;

/// What a report is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Json,
    Csv,
    Pdf,
    Html,
    Xlsx,
}

impl Format {
    pub const ALL: [Self; 5] = [Self::Pdf, Self::Html, Self::Xlsx, Self::Csv, Self::Json];

    /// As `--format` has it, and as a file's name ends.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Html => "html",
            Self::Xlsx => "xlsx",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == word)
    }

    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Pdf => "application/pdf",
            Self::Html => "text/html; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// Whether it is no text.
    #[must_use]
    pub fn is_binary(self) -> bool {
        matches!(self, Self::Pdf | Self::Xlsx)
    }
}

impl Edition {
    /// The cameras that it is about.
    #[must_use]
    pub fn selection(&self) -> Selection {
        match self {
            Self::Funder(id) => Selection::Fund(id.clone()),
            Self::Commune(id) | Self::Notice(id) => Selection::Commune(id.clone()),
            Self::Site(id) => Selection::Site(id.clone()),
            Self::Province => Selection::All,
        }
    }

    /// A word for it that can stand in the name of a file.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Funder(id) => format!("fund-{id}"),
            Self::Commune(id) => format!("commune-{id}"),
            Self::Notice(id) => format!("notice-{id}"),
            Self::Site(id) => format!("site-{id}"),
            Self::Province => "province".to_owned(),
        }
    }

    /// The language of its readers: the fund's, or the daemon's.
    #[must_use]
    pub fn language(&self, dossier: &Dossier) -> Language {
        let fund = match self {
            Self::Funder(id) => dossier.funds.get(id),
            _ => None,
        };
        fund.and_then(|fund| fund.language).unwrap_or(dossier.language)
    }

    /// What the file of this report is called.
    #[must_use]
    pub fn file_name(&self, dossier: &Dossier, language: Language, format: Format) -> String {
        let month = &dossier.report.month;
        let language = match format {
            Format::Json | Format::Csv => "",
            _ => match language {
                Language::Vietnamese => ".vi",
                Language::English => ".en",
                Language::Korean => ".ko",
            },
        };
        format!("camwatch-{month}-{}{language}.{}", self.name(), format.as_str())
    }
}
