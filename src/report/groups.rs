//! The seconds of several cameras added up: sites, villages, communes, funds, and all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::dossier::CameraNotes;
use super::model::{CameraFigures, Group, GroupKind};
use super::retention::GroupRetention;
use crate::inventory::{CameraId, CommuneId, FundId, SiteId};
use crate::ledger::Tally;

/// The groups to which a camera belongs.
pub(super) type Memberships = BTreeSet<(GroupKind, String)>;

pub(super) fn of<'a>(
    site: &SiteId,
    commune: &CommuneId,
    village: Option<&str>,
    funds: impl IntoIterator<Item = &'a FundId>,
) -> Memberships {
    let mut groups = BTreeSet::from([(GroupKind::Site, site.to_string()), (GroupKind::Commune, commune.to_string())]);
    groups.extend(village.map(|village| (GroupKind::Village, format!("{commune}/{village}"))));
    groups.extend(funds.into_iter().map(|fund| (GroupKind::Fund, fund.to_string())));
    groups
}

/// A group of which only some cameras are in the figures has no figure: a part would be taken for the whole. `everybody`
/// is every camera that there is, in the figures or not.
pub(super) fn groups<'a>(
    everybody: impl Iterator<Item = (&'a CameraId, Memberships)>,
    figures: &[CameraFigures],
    notes: &BTreeMap<CameraId, CameraNotes>,
) -> Vec<Group> {
    let figures: BTreeMap<&CameraId, &CameraFigures> = figures.iter().map(|one| (&one.camera, one)).collect();
    let mut members: BTreeMap<(GroupKind, String), Vec<&CameraFigures>> = BTreeMap::new();
    let mut partial = BTreeSet::new();
    members.insert((GroupKind::All, "all".to_owned()), figures.values().copied().collect());
    for (camera, groups) in everybody {
        match figures.get(camera) {
            Some(one) => groups.into_iter().for_each(|group| members.entry(group).or_default().push(one)),
            None => partial.extend(groups),
        }
    }
    members.retain(|group, _| !partial.contains(group));
    members
        .into_iter()
        .map(|((kind, id), members)| {
            let mut sum = Tally::default();
            for one in &members {
                sum += Tally::from(one.figures);
            }
            let compliance = |one: &CameraFigures| notes.get(&one.camera).and_then(|notes| notes.compliance);
            Group {
                kind,
                id,
                cameras: members.len() as u64,
                figures: sum.into(),
                retention: GroupRetention::of(members.iter().map(|one| (&one.camera, &one.retention, compliance(one)))),
            }
        })
        .collect()
}
