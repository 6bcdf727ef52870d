//! A month's dossier as an Office Open XML workbook: sheets to count with.
//!
//! Numbers, dates and percentages are cells of their kind, never text; text is never a formula. Rows go to temporary files
//! in the system's directory for those (`TMPDIR`) as they come, so that memory does not grow with them. The same dossier
//! in the same language makes the same bytes.

mod contain;
mod figures;
mod names;
mod sheet;
mod sheets;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;

use jiff::tz::TimeZone;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use self::names::Names;
use self::sheet::Manner;
use self::words::Words;
use super::dossier::Dossier;
use crate::inventory::Language;
use crate::report::words::words as report_words;

#[derive(Debug, thiserror::Error)]
pub enum XlsxError {
    #[error("{0}")]
    Write(#[from] io::Error),
    #[error(
        "keeping the rows of the workbook in {} until it is whole: {reason}; make room there, or name another directory \
         in TMPDIR", directory.display()
    )]
    Temporary { directory: PathBuf, reason: String },
    #[error("making the workbook: {0}")]
    Make(rust_xlsxwriter::XlsxError),
}

impl From<rust_xlsxwriter::XlsxError> for XlsxError {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        match error {
            rust_xlsxwriter::XlsxError::TempFileError(directory, error) => {
                Self::Temporary { directory, reason: error.to_string() }
            }
            other => Self::Make(other),
        }
    }
}

/// The workbook in a language, with all of the dossier's cameras. It is in memory as it is on disk, compressed, before
/// the first byte of it is written.
///
/// # Errors
/// Those of `out`, and where the workbook cannot be made, such as for want of room for its temporary files.
pub fn write(dossier: &Dossier, language: Language, out: &mut dyn Write) -> Result<(), XlsxError> {
    let made = contain::contained(|| make(dossier, language))
        .map_err(|reason| XlsxError::Temporary { directory: std::env::temp_dir(), reason })?;
    out.write_all(&made?)?;
    Ok(out.flush()?)
}

/// What every sheet is drawn from.
struct Book<'a> {
    dossier: &'a Dossier,
    names: Names<'a>,
    said: &'static crate::report::words::Words,
    words: &'static Words,
    language: Language,
    manner: Manner,
}

fn make(dossier: &Dossier, language: Language) -> Result<Vec<u8>, XlsxError> {
    let words = words::words(language);
    let said = report_words(language);
    let timezone = TimeZone::get(&dossier.report.timezone).unwrap_or(TimeZone::UTC);
    let book = Book {
        dossier,
        names: Names { dossier, words: said },
        said,
        words,
        language,
        manner: Manner::new(words, timezone),
    };
    let mut workbook = Workbook::new();
    // Rows repeat each other so much that little effort packs them nearly as well, in a fraction of the time.
    workbook.set_zip_compression_level(2);
    let mut properties = DocProperties::new()
        .set_title(format!("{} {}", words.title, dossier.report.month))
        .set_creation_datetime(&ExcelDateTime::from_timestamp(dossier.report.generated_at.as_second())?);
    if let Some(issuer) = &dossier.form.issuer {
        properties = properties.set_author(issuer);
    }
    workbook.set_properties(&properties);
    sheets::summary(&mut workbook, &book)?;
    sheets::groups(&mut workbook, &book)?;
    sheets::cameras(&mut workbook, &book)?;
    sheets::outages(&mut workbook, &book)?;
    sheets::retention(&mut workbook, &book)?;
    sheets::days(&mut workbook, &book)?;
    sheets::amendments(&mut workbook, &book)?;
    sheets::method(&mut workbook, &book)?;
    Ok(workbook.save_to_buffer()?)
}
