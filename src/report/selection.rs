//! Which cameras a report is about.

use std::collections::BTreeMap;

use super::ReportError;
use super::model::CameraFigures;
use crate::config::nearest;
use crate::inventory::{Camera, CommuneId, FundId, Inventory, SiteId};

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    All,
    Fund(FundId),
    Commune(CommuneId),
    Site(SiteId),
}

impl Selection {
    pub(super) fn check(&self, inventory: &Inventory) -> Result<(), ReportError> {
        self.check_among(&inventory.sites, &inventory.communes, &inventory.funds)
    }

    fn unknown<'a>(what: &'static str, id: &str, there_is: impl Iterator<Item = &'a str> + Clone) -> ReportError {
        ReportError::Unknown { what, id: id.to_owned(), hint: nearest(id, there_is) }
    }

    pub(super) fn check_among<S, C, F>(
        &self,
        sites: &BTreeMap<SiteId, S>,
        communes: &BTreeMap<CommuneId, C>,
        funds: &BTreeMap<FundId, F>,
    ) -> Result<(), ReportError> {
        match self {
            Self::Fund(id) if !funds.contains_key(id) => {
                Err(Self::unknown("fund", id.as_str(), funds.keys().map(FundId::as_str)))
            }
            Self::Commune(id) if !communes.contains_key(id) => {
                Err(Self::unknown("commune", id.as_str(), communes.keys().map(CommuneId::as_str)))
            }
            Self::Site(id) if !sites.contains_key(id) => {
                Err(Self::unknown("site", id.as_str(), sites.keys().map(SiteId::as_str)))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn holds_camera(&self, inventory: &Inventory, camera: &Camera) -> bool {
        match self {
            Self::All => true,
            Self::Fund(id) => camera.funds.iter().any(|share| share.fund == *id),
            Self::Commune(id) => inventory.commune_of(&camera.id) == Some(id),
            Self::Site(id) => camera.site == *id,
        }
    }

    pub(super) fn holds(&self, camera: &CameraFigures) -> bool {
        match self {
            Self::All => true,
            Self::Fund(id) => camera.funds.contains(id),
            Self::Commune(id) => camera.commune == *id,
            Self::Site(id) => camera.site == *id,
        }
    }
}
