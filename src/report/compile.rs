//! From the record and the inventory to a month's dossier, in one pass over the cameras.

use jiff::Timestamp;

use super::dossier::Dossier;
use super::{ReportError, Selection};
use crate::config::Config;
use crate::ledger::Month;
use crate::store::Reader;

/// How far a long making has come: cameras done, of so many.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

impl Dossier {
    /// The month from the record as it stands.
    ///
    /// # Errors
    /// Where the selection names nothing in the inventory, the month has not begun or ended before the record begins, or
    /// the record cannot be read.
    pub fn make(
        config: &Config,
        reader: &Reader,
        month: Month,
        selection: &Selection,
        generated_at: Timestamp,
        progress: Progress<'_>,
    ) -> Result<Self, ReportError> {
        let _ = (config, reader, month, selection, generated_at, progress);
        todo!()
    }

    /// The part of a whole month's dossier that is about some cameras: what [`Self::make`] makes of that selection.
    ///
    /// # Errors
    /// Where the selection names nothing that this month knows.
    pub fn only(&self, selection: &Selection) -> Result<Self, ReportError> {
        let _ = selection;
        todo!()
    }
}
