//! A document as one self-contained HTML file.

use std::io::{self, Write};

use super::document::Document;

/// # Errors
/// Those of `out`.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let _ = (document, out);
    todo!()
}
