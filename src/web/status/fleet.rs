//! Which cameras are listed, in which order, and how they stand together. Pure: a snapshot and a wish in, a list out.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::names::Names;
use super::query::Wanted;
use super::words::Standing;
use crate::inventory::{Camera, FundKind, Inventory, Site, SiteId};
use crate::observation::State;
use crate::snapshot::{CameraStatus, Snapshot};

/// How many cameras are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub up: usize,
    pub degraded: usize,
    pub dark: usize,
    pub unknown: usize,
    pub maintenance: usize,
}

/// From the worst to the best.
pub(super) const WORST_FIRST: [State; 5] =
    [State::Dark, State::Degraded, State::Unknown, State::Maintenance, State::Up];

impl Counts {
    pub fn of<'a>(cameras: impl IntoIterator<Item = &'a CameraStatus>) -> Self {
        let mut counts = Self::default();
        for camera in cameras {
            counts.add(camera.state, 1);
        }
        counts
    }

    pub fn add(&mut self, state: State, cameras: usize) {
        *match state {
            State::Up => &mut self.up,
            State::Degraded => &mut self.degraded,
            State::Dark => &mut self.dark,
            State::Unknown => &mut self.unknown,
            State::Maintenance => &mut self.maintenance,
        } += cameras;
    }

    pub fn get(self, state: State) -> usize {
        match state {
            State::Up => self.up,
            State::Degraded => self.degraded,
            State::Dark => self.dark,
            State::Unknown => self.unknown,
            State::Maintenance => self.maintenance,
        }
    }

    pub fn all(self) -> usize {
        WORST_FIRST.iter().map(|state| self.get(*state)).sum()
    }

    /// The worst state that there is; `None` of no camera.
    pub fn worst(self) -> Option<State> {
        WORST_FIRST.into_iter().find(|state| self.get(*state) > 0)
    }

    /// How they stand in one word, and how many of them do.
    pub fn standing(self) -> (Standing, usize) {
        let all = self.all();
        match self {
            _ if all == 0 => (Standing::Nothing, 0),
            Self { dark, .. } if dark > 0 => (Standing::Dark, dark),
            Self { maintenance, .. } if maintenance == all => (Standing::AllMaintenance, all),
            Self { unknown, maintenance, .. } if unknown + maintenance == all => (Standing::AllUnknown, all),
            Self { unknown, .. } if unknown > 0 => (Standing::SomeUnknown, unknown),
            Self { degraded, .. } if degraded > 0 => (Standing::Degraded, degraded),
            Self { up, .. } => (Standing::Good, up),
        }
    }
}

/// The cameras that somebody is paged for, or all where the inventory has none of these; and which of the two.
pub(super) fn counted_on(snapshot: &Snapshot) -> (Counts, bool) {
    let funded = Counts::of(snapshot.cameras.iter().filter(|camera| camera.funded));
    if funded.all() > 0 { (funded, true) } else { (Counts::of(&snapshot.cameras), false) }
}

/// Funded and dark, dark, degraded, unknown, in maintenance, up; in each what lasts longest first.
pub(super) fn worst_first(a: &CameraStatus, b: &CameraStatus) -> Ordering {
    let rank = |camera: &CameraStatus| match camera.state {
        State::Dark if camera.funded => 0,
        State::Dark => 1,
        State::Degraded => 2,
        State::Unknown => 3,
        State::Maintenance => 4,
        State::Up => 5,
    };
    // What has no beginning is last of its kind.
    let since = |camera: &CameraStatus| (camera.since.is_none(), camera.since);
    rank(a)
        .cmp(&rank(b))
        .then_with(|| since(a).cmp(&since(b)))
        .then_with(|| (&a.site, &a.camera).cmp(&(&b.site, &b.camera)))
}

/// The cameras that are wanted, worst first.
pub(super) fn cameras<'a>(snapshot: &'a Snapshot, names: &Names<'_>, wanted: &Wanted) -> Vec<&'a CameraStatus> {
    let mut sieve = Sieve::new(&snapshot.config.inventory, names, wanted);
    let mut cameras: Vec<_> = snapshot.cameras.iter().filter(|camera| sieve.lets_through(camera)).collect();
    cameras.sort_unstable_by(|a, b| worst_first(a, b));
    cameras
}

/// What a list is cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paging {
    /// From 1 to `pages`.
    pub page: usize,
    /// At least 1.
    pub pages: usize,
    /// The first on this page, from 0, and the one after the last.
    pub from: usize,
    pub to: usize,
}

impl Paging {
    pub const A_PAGE: usize = 50;

    pub fn new(all: usize, wanted: usize) -> Self {
        let pages = all.div_ceil(Self::A_PAGE).max(1);
        let page = wanted.clamp(1, pages);
        let from = (page - 1) * Self::A_PAGE;
        Self { page, pages, from, to: (from + Self::A_PAGE).min(all) }
    }

    /// The pages that are linked: the first, the last, and those around this one. `None` stands for what lies between.
    pub fn linked(self) -> Vec<Option<usize>> {
        let mut linked = Vec::new();
        let mut last = 0;
        for page in (1..=self.pages).filter(|page| {
            *page == 1 || *page == self.pages || (self.page.saturating_sub(2)..=self.page + 2).contains(page)
        }) {
            if page > last + 1 {
                linked.push(None);
            }
            linked.push(Some(page));
            last = page;
        }
        linked
    }
}

/// A text as it is compared: without case and diacritics, so that nobody needs a Vietnamese keyboard.
pub(super) fn folded(text: &str) -> String {
    DecomposingNormalizerBorrowed::new_nfd()
        .normalize_iter(text.chars())
        .filter(|letter| !matches!(letter, '\u{300}'..='\u{36f}'))
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == 'đ' { 'd' } else { letter })
        .collect()
}

/// The filters, prepared once for all cameras. Looks at nothing that the reader may not know.
struct Sieve<'a> {
    inventory: &'a Inventory,
    names: &'a Names<'a>,
    wanted: &'a Wanted,
    search: String,
    village: String,
    site: String,
    fund: String,
    /// What of a site is searched in, and whether it is one that is wanted.
    sites: BTreeMap<&'a SiteId, (String, bool)>,
}

impl<'a> Sieve<'a> {
    fn new(inventory: &'a Inventory, names: &'a Names<'a>, wanted: &'a Wanted) -> Self {
        Self {
            inventory,
            names,
            wanted,
            search: folded(&wanted.search),
            village: folded(&wanted.village),
            site: folded(&wanted.site),
            fund: folded(&wanted.fund),
            sites: BTreeMap::new(),
        }
    }

    fn lets_through(&mut self, camera: &'a CameraStatus) -> bool {
        if !self.wanted.allows(camera.state) {
            return false;
        }
        let (inventory, names) = (self.inventory, self.names);
        if !self.sites.contains_key(&camera.site) {
            let site = inventory.sites.get(&camera.site);
            let text = site.map(|site| self.text(site)).unwrap_or_default();
            let wanted = site.is_none_or(|site| self.is_wanted(site));
            self.sites.insert(&camera.site, (text, wanted));
        }
        let (text, wanted) = &self.sites[&camera.site];
        *wanted
            && (self.fund.is_empty()
                || inventory.cameras.get(&camera.camera).is_some_and(|camera| self.is_paid_by(camera)))
            && (self.search.is_empty()
                || text.contains(&self.search)
                || folded(camera.camera.as_str()).contains(&self.search)
                || folded(names.camera(&camera.camera)).contains(&self.search))
    }

    /// What of a site is searched in.
    fn text(&self, site: &'a Site) -> String {
        let village = site.village.as_deref().unwrap_or_default();
        folded(&format!("{}\n{}\n{village}", site.id, self.names.site(&site.id)))
    }

    fn is_wanted(&self, site: &'a Site) -> bool {
        let commune = &self.wanted.commune;
        let is_of_commune =
            || site.commune.as_str() == commune || folded(self.names.commune(&site.commune)).contains(&folded(commune));
        let is_of_village = || {
            let Some(name) = &site.village else { return false };
            let id = format!("{}/{name}", site.commune);
            id == self.wanted.village || folded(name) == self.village
        };
        let is_site = || {
            // An id that is one names that site alone.
            if self.inventory.sites.contains_key(self.wanted.site.as_str()) {
                return site.id.as_str() == self.wanted.site;
            }
            folded(self.names.site(&site.id)).contains(&self.site) || folded(site.id.as_str()).contains(&self.site)
        };
        (commune.is_empty() || is_of_commune())
            && (self.village.is_empty() || is_of_village())
            && (self.site.is_empty() || is_site())
    }

    fn is_paid_by(&self, camera: &Camera) -> bool {
        let mut funds = camera.funds.iter().filter_map(|share| self.inventory.funds.get(&share.fund));
        if let Some(kind) = self.wanted.fund.strip_prefix("kind:") {
            return funds.any(|fund| fund.kind.as_str() == kind);
        }
        if self.inventory.funds.contains_key(self.wanted.fund.as_str()) {
            return funds.any(|fund| fund.id.as_str() == self.wanted.fund);
        }
        funds.any(|fund| {
            let name = self.names.fund(fund).unwrap_or_default();
            folded(name).contains(&self.fund) || folded(fund.id.as_str()).contains(&self.fund)
        })
    }
}

/// The kinds of funds that are chosen by kind: there are as many households as there are.
pub(super) fn is_chosen_by_kind(kind: FundKind) -> bool {
    kind == FundKind::Household
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;
