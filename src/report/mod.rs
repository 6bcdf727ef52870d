//! The month's report: what the record comes to, for those who paid.
//!
//! Knows the record, the ledger and the inventory. Decides nothing of its own: every figure is the ledger's.

mod book;
mod causes;
pub mod closing;
mod compile;
mod cover;
mod csv;
mod disclosure;
pub mod document;
pub mod dossier;
pub mod edition;
mod format;
mod groups;
pub mod html;
mod json;
mod model;
pub mod pdf;
mod present;
mod recordings;
mod retention;
#[cfg(test)]
mod sample;
mod selection;
mod share;
mod shown;
pub mod whole_file;
mod windows;
mod words;
pub mod xlsx;

pub use compile::Progress;
pub use cover::Cover;
pub use dossier::Dossier;
pub use edition::Edition;
pub(crate) use edition::{Manner, Uptime, coverage, uptime_note};
pub use format::Format;
pub use model::{CameraFigures, Figures, Group, GroupKind, OutageFigures, Report};
pub use present::CameraMonth;
pub use recordings::recordings;
pub use retention::{CameraRetention, GroupRetention};
pub use selection::Selection;
pub use shown::{Asker, Shown, Standing};
pub use windows::windows;

use crate::store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `what` is `fund`, `commune` or `site`; `hint` says what there is.
    #[error("there is no {what} {id:?} in the inventory, {hint}")]
    Unknown { what: &'static str, id: String, hint: String },
    #[error("the month {month} has not begun; it is {now} now")]
    NotBegun { month: String, now: String },
    #[error("the record begins in {first}; nothing is known of {month}")]
    BeforeRecord { month: String, first: String },
    #[error("{attempted} {path}: {source}")]
    Archive { attempted: &'static str, path: String, source: std::io::Error },
    #[error("{path} is not what was closed ({detail}); restore this month's directory from a backup")]
    Damaged { path: String, detail: String },
    #[error(transparent)]
    Pdf(#[from] pdf::PdfError),
    #[error(transparent)]
    Xlsx(#[from] xlsx::XlsxError),
    #[error(transparent)]
    Write(#[from] std::io::Error),
}
