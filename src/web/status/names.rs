//! Whose names a reader may know: what metrics and reports withhold of households and private places, pages withhold too.
//!
//! Whoever signed in, or sits at this machine where nobody signs in, knows them all.

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::{Camera, CameraId, CommuneId, Fund, FundKind, Inventory, RecorderId, SiteId};
use crate::judgement::event::IncidentScope;
use crate::web::visitor::Visitor;

/// What things are called to one reader.
pub(in crate::web) struct Names<'a> {
    inventory: &'a Inventory,
    sees_all: bool,
    /// Sites of nothing but hidden cameras: their names say whose they are.
    hidden_sites: BTreeSet<&'a SiteId>,
}

impl<'a> Names<'a> {
    pub fn new(inventory: &'a Inventory, visitor: &Visitor) -> Self {
        let sees_all = visitor.sees_private_names();
        let mut this = Self { inventory, sees_all, hidden_sites: BTreeSet::new() };
        if !sees_all {
            let mut sites: BTreeMap<&SiteId, bool> = BTreeMap::new();
            for camera in inventory.cameras.values() {
                *sites.entry(&camera.site).or_insert(true) &= is_private(inventory, camera);
            }
            this.hidden_sites = sites.into_iter().filter(|(_, hidden)| *hidden).map(|(site, _)| site).collect();
        }
        this
    }

    /// Its name, or its id where the name is not for this reader.
    pub fn camera(&self, id: &'a CameraId) -> &'a str {
        match self.inventory.cameras.get(id) {
            Some(camera) if self.sees_all || !is_private(self.inventory, camera) => &camera.name,
            _ => id.as_str(),
        }
    }

    pub fn site(&self, id: &'a SiteId) -> &'a str {
        match self.inventory.sites.get(id) {
            Some(site) if !self.hides_site(id) => &site.name,
            _ => id.as_str(),
        }
    }

    /// Whether neither its name nor where it is may be told.
    pub fn hides_site(&self, id: &SiteId) -> bool {
        self.hidden_sites.contains(id)
    }

    pub fn commune(&self, id: &'a CommuneId) -> &'a str {
        self.inventory.communes.get(id).map_or(id.as_str(), |commune| &commune.name)
    }

    /// `None` where who paid is not for this reader.
    pub fn fund(&self, fund: &'a Fund) -> Option<&'a str> {
        (self.sees_all || fund.publish_name).then_some(&fund.name)
    }

    /// `None` for the monitor itself.
    pub fn subject(&self, scope: IncidentScope, subject: &'a str) -> Option<&'a str> {
        Some(match scope {
            IncidentScope::Monitor => return None,
            IncidentScope::Camera => {
                self.inventory.cameras.get_key_value(subject).map_or(subject, |(id, _)| self.camera(id))
            }
            IncidentScope::Site => self.inventory.sites.get_key_value(subject).map_or(subject, |(id, _)| self.site(id)),
            IncidentScope::Area => self.inventory.communes.get(subject).map_or(subject, |one| &one.name),
            IncidentScope::Recorder => subject,
        })
    }

    /// The site of what an incident is about.
    pub fn site_of(&self, scope: IncidentScope, subject: &str) -> Option<&'a SiteId> {
        let inventory = self.inventory;
        match scope {
            IncidentScope::Camera => inventory.cameras.get(subject).map(|camera| &camera.site),
            IncidentScope::Site => inventory.sites.get_key_value(subject).map(|(id, _)| id),
            IncidentScope::Recorder => {
                inventory.recorders.get(&RecorderId::new(subject).ok()?).map(|recorder| &recorder.site)
            }
            IncidentScope::Area | IncidentScope::Monitor => None,
        }
    }

    /// Who has said that they have something; `None` where the reader may not know.
    pub fn person(&self, who: &'a str) -> Option<&'a str> {
        self.sees_all.then(|| self.inventory.officers.get(who).map_or(who, |officer| &officer.name))
    }
}

/// A household's, or one in a private place: its name may say where it looks or whose it is.
pub(in crate::web) fn is_private(inventory: &Inventory, camera: &Camera) -> bool {
    let is_households = |fund: Option<&Fund>| fund.is_some_and(|fund| fund.kind == FundKind::Household);
    // Metrics withhold what a household paid the most of, reports what a household paid any of and did not agree to.
    let mut funds = camera.funds.iter().map(|share| inventory.funds.get(&share.fund));
    !camera.picture
        || is_households(inventory.main_fund(camera))
        || funds.any(|fund| is_households(fund) && fund.is_some_and(|fund| !fund.publish_name))
}
