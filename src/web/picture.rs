//! `/cameras/ID/picture`: what a camera sees now, for those who may see it.

use super::visitor::Visitor;
use crate::config::Config;
use crate::inventory::{Camera, FundKind};

/// Whether this visitor may see what this camera sees: pictures are switched on, somebody with a name asks, no household
/// paid for a part of the camera, and it is no private place.
#[must_use]
pub fn may_show(config: &Config, visitor: &Visitor, camera: &Camera) -> bool {
    let mut payers = camera.funds.iter().map(|share| config.inventory.funds.get(&share.fund));
    // A fund that is not known could be anybody's.
    let is_households = payers.any(|fund| fund.is_none_or(|fund| fund.kind == FundKind::Household));
    config.web.snapshots && visitor.name.is_some() && camera.picture && !is_households
}
