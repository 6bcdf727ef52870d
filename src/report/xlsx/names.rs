//! Under which names things stand in a workbook that is handed to others.

use std::borrow::Cow;

use crate::inventory::{CameraId, FundId};
use crate::report::dossier::Dossier;
use crate::report::words::Words;

pub(super) struct Names<'a> {
    pub dossier: &'a Dossier,
    pub words: &'static Words,
}

impl<'a> Names<'a> {
    /// A camera's name, or its id where the name may not be told.
    pub fn camera(&self, id: &'a CameraId) -> &'a str {
        match self.dossier.cameras.get(id) {
            Some(notes) if self.dossier.may_name(notes, None) => &notes.name,
            _ => id.as_str(),
        }
    }

    /// A fund's name, or what kind of fund it is where its name is not for everybody.
    pub fn fund(&self, id: &FundId) -> &'a str {
        match self.dossier.funds.get(id) {
            Some(fund) if fund.publish_name => &fund.name,
            Some(fund) => (self.words.name.fund_kind)(fund.kind).0,
            // Nothing says that it may be told.
            None => "",
        }
    }

    /// As [`Self::fund`]: the id of one whose name is not told may tell it.
    pub fn fund_id(&self, id: &'a str) -> &'a str {
        let published = self.dossier.funds.iter().any(|(fund, notes)| fund.as_str() == id && notes.publish_name);
        if published { id } else { "" }
    }

    /// Everybody who paid, in the inventory's order.
    pub fn funds(&self, funds: &[FundId]) -> Cow<'a, str> {
        match funds {
            [one] => Cow::Borrowed(self.fund(one)),
            several => Cow::Owned(several.iter().map(|fund| self.fund(fund)).collect::<Vec<_>>().join("; ")),
        }
    }
}
