//! The roster: who is told of what happens at a place, at a moment, and who next.
//!
//! Pure: no clock, no I/O. Knows the inventory; must not know incidents, channels or who was told already.

use crate::inventory::{CommuneId, SiteId};

/// Where something happens, as duties have it: a site's duty outranks its commune's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Place {
    pub commune: CommuneId,
    /// `None` for what concerns a whole commune.
    pub site: Option<SiteId>,
}
