//! Whose names may be told to whom.

use super::dossier::{CameraNotes, Dossier, FundNotes};
use crate::inventory::{FundId, FundKind};

impl Dossier {
    /// Whether a camera's name may be told, and not its id alone: a name may say where a private one looks or whose
    /// household it is. `reader`: the fund that reads, to which it itself is no secret.
    pub(super) fn may_name(&self, camera: &CameraNotes, reader: Option<&FundId>) -> bool {
        let is_hidden = |fund: &FundNotes| fund.kind == FundKind::Household && !fund.publish_name;
        let mut others = camera.shares.iter().map(|share| &share.fund).filter(|fund| Some(*fund) != reader);
        !camera.private && !others.any(|fund| self.funds.get(fund).is_some_and(is_hidden))
    }
}
