//! A month's dossier as an Office Open XML workbook: sheets to count with.

use std::io::Write;

use super::dossier::Dossier;
use crate::inventory::Language;

#[derive(Debug, thiserror::Error)]
pub enum XlsxError {
    #[error("{0}")]
    Write(#[from] std::io::Error),
}

/// # Errors
/// Those of `out`, and where the workbook cannot be made.
pub fn write(dossier: &Dossier, language: Language, out: &mut dyn Write) -> Result<(), XlsxError> {
    let _ = (dossier, language, out);
    todo!()
}
