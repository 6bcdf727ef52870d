//! A document as PDF.

use std::io::Write;

use super::document::Document;

#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error("{0}")]
    Write(#[from] std::io::Error),
}

/// # Errors
/// Those of `out`, and where the document cannot be set.
pub fn write(document: &Document, out: &mut dyn Write) -> Result<(), PdfError> {
    let _ = (document, out);
    todo!()
}
