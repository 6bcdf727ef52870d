//! The duties of an inventory, ready to be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::spans::{Span, overrides, shifts, uncovered};
use super::{Gap, OnDuty, Place};
use crate::inventory::{CommuneId, Duty, Escalation, Inventory, OfficerId, Role, Scope, SiteId};

/// A week, and the longest shift: what is on duty changes within it or never.
const AHEAD: Duration = Duration::from_secs(9 * 86_400);

/// Who is on duty where and when.
#[derive(Debug, Clone)]
pub struct Roster {
    /// In the order of the files, with their time zones.
    duties: Vec<(Duty, TimeZone)>,
    /// Sites with funded cameras, by commune.
    funded: BTreeMap<CommuneId, BTreeSet<SiteId>>,
    zone: TimeZone,
}

impl Roster {
    #[must_use]
    pub fn new(inventory: &Inventory, default_zone: &TimeZone) -> Self {
        let zone = |duty: &Duty| {
            // Known to be a name of the time zone database: it was read as one.
            duty.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| default_zone.clone())
        };
        let mut funded: BTreeMap<CommuneId, BTreeSet<SiteId>> = BTreeMap::new();
        for camera in inventory.cameras.values().filter(|camera| inventory.is_funded(camera)) {
            if let Some(site) = inventory.sites.get(&camera.site) {
                funded.entry(site.commune.clone()).or_default().insert(site.id.clone());
            }
        }
        Self {
            duties: inventory.duties.iter().map(|duty| (duty.clone(), zone(duty))).collect(),
            funded,
            zone: default_zone.clone(),
        }
    }

    /// Whether anybody has a duty of this role anywhere.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.duties.iter().any(|(duty, _)| duty.role == role)
    }

    /// Who is on duty for a place, and who is told next. Nobody, where the duties of the place leave a gap or there are none.
    #[must_use]
    pub fn on_duty(&self, role: Role, place: &Place, at: Timestamp) -> OnDuty {
        let of_site: Vec<_> =
            self.of(role, |scope| matches!((scope, &place.site), (Scope::Site(a), Some(b)) if a == b)).collect();
        let of_commune: Vec<_> =
            self.of(role, |scope| matches!(scope, Scope::Commune(id) if *id == place.commune)).collect();
        let site = self.answer(&of_site, at);
        let commune = self.answer(&of_commune, at);
        let until = site.until.min(commune.until);
        // Where nobody is on duty at either, what is said of the site still says who is told instead.
        let site_has_it = !site.officers.is_empty() || (commune.officers.is_empty() && !site.escalate.is_empty());
        OnDuty { until, ..if site_has_it { site } else { commune } }
    }

    /// Who is on duty in this role anywhere, each once, in the order of the files: who stands in for a commune that
    /// has nobody.
    #[must_use]
    pub fn anywhere(&self, role: Role, at: Timestamp) -> OnDuty {
        self.answer(&self.of(role, |_| true).collect::<Vec<_>>(), at)
    }

    /// Of each scope that has a duty of this role, who is on duty there: whom a matter of no place concerns.
    #[must_use]
    pub fn everywhere(&self, role: Role, at: Timestamp) -> Vec<OnDuty> {
        let mut scopes: Vec<&Scope> = Vec::new();
        for (duty, _) in self.of(role, |_| true) {
            if !scopes.contains(&&duty.scope) {
                scopes.push(&duty.scope);
            }
        }
        let of_scope = |scope: &&Scope| self.of(role, |one| one == *scope).collect::<Vec<_>>();
        scopes.iter().map(|scope| self.answer(&of_scope(scope), at)).collect()
    }

    /// When nobody is on duty in `from..to`, in the order of role, place and time.
    ///
    /// Of role officer: for each commune with funded cameras, and each of its sites that has a duty of its own. Of role it,
    /// where anybody has one: for each such commune that has one for itself, and once for all others together, for whom
    /// whoever has it anywhere stands in.
    #[must_use]
    pub fn gaps(&self, from: Timestamp, to: Timestamp) -> Vec<Gap> {
        let mut gaps = Vec::new();
        for role in [Role::Officer, Role::It] {
            if role == Role::It && !self.has(role) {
                continue;
            }
            let mut left_to_others = false;
            for (commune, sites) in &self.funded {
                let of_commune =
                    self.covered(role, |scope| matches!(scope, Scope::Commune(id) if id == commune), from, to);
                let mut is_whole = false;
                for site in sites {
                    let is_site = |scope: &Scope| matches!(scope, Scope::Site(id) if id == site);
                    if self.of(role, is_site).next().is_none() {
                        is_whole = true;
                        continue;
                    }
                    let mut covered = self.covered(role, is_site, from, to);
                    covered.extend_from_slice(&of_commune);
                    let place = Place { commune: commune.clone(), site: Some(site.clone()) };
                    gaps.extend(made(role, Some(&place), covered, from, to));
                }
                let has_own =
                    self.of(role, |scope| matches!(scope, Scope::Commune(id) if id == commune)).next().is_some();
                if is_whole && role == Role::It && !has_own {
                    left_to_others = true;
                } else if is_whole {
                    let place = Place { commune: commune.clone(), site: None };
                    gaps.extend(made(role, Some(&place), of_commune, from, to));
                }
            }
            if left_to_others {
                gaps.extend(made(role, None, self.covered(role, |_| true, from, to), from, to));
            }
        }
        gaps.sort();
        gaps
    }

    fn of(&self, role: Role, wanted: impl Fn(&Scope) -> bool) -> impl Iterator<Item = &(Duty, TimeZone)> {
        self.duties.iter().filter(move |(duty, _)| duty.role == role && wanted(&duty.scope))
    }

    fn answer(&self, duties: &[&(Duty, TimeZone)], at: Timestamp) -> OnDuty {
        let ahead = at.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
        let mut answer = OnDuty {
            officers: Vec::new(),
            escalate: Vec::new(),
            zone: duties.first().map_or_else(|| self.zone.clone(), |(_, zone)| zone.clone()),
            until: Timestamp::MAX,
        };
        for (duty, zone) in duties {
            let (shifts, overrides) = (shifts(duty, zone, at, ahead), overrides(duty, at, Timestamp::MAX));
            let overridden = overrides.iter().any(|span| span.covers(at));
            let holding = if overridden { &overrides } else { &shifts };
            for officer in holding.iter().filter(|span| span.covers(at)).flat_map(|span| span.officers) {
                push_once(&mut answer.officers, officer);
            }
            let edges = shifts.iter().chain(&overrides).flat_map(|span: &Span<'_>| [span.from, span.to]);
            answer.until = edges.filter(|edge| *edge > at).min().map_or(answer.until, |edge| answer.until.min(edge));
            answer.escalate.extend(duty.escalate.iter().cloned());
        }
        answer.escalate.sort_by_key(|step| step.after);
        answer.escalate.dedup_by(|next: &mut Escalation, step| {
            let same = next.after == step.after;
            if same {
                next.officers.iter().for_each(|officer| push_once(&mut step.officers, officer));
            }
            same
        });
        answer
    }

    /// When somebody is on duty by one of these duties. An override never leaves a gap: it names at least one officer.
    fn covered(
        &self,
        role: Role,
        wanted: impl Fn(&Scope) -> bool,
        from: Timestamp,
        to: Timestamp,
    ) -> Vec<(Timestamp, Timestamp)> {
        let mut covered = Vec::new();
        for (duty, zone) in self.of(role, wanted) {
            let spans = shifts(duty, zone, from, to).into_iter().chain(overrides(duty, from, to));
            covered.extend(spans.filter(|span| !span.officers.is_empty()).map(|span| (span.from, span.to)));
        }
        covered
    }
}

fn made(
    role: Role,
    place: Option<&Place>,
    covered: Vec<(Timestamp, Timestamp)>,
    from: Timestamp,
    to: Timestamp,
) -> impl Iterator<Item = Gap> {
    let left = uncovered(covered, from, to);
    left.into_iter().map(move |(from, to)| Gap { role, place: place.cloned(), from, to })
}

fn push_once(officers: &mut Vec<OfficerId>, officer: &OfficerId) {
    if !officers.contains(officer) {
        officers.push(officer.clone());
    }
}
