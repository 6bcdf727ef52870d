//! What a message says of a case: names of the inventory, never addresses.

use super::Rules;
use super::case::{Case, Matter};
use super::message::{About, AlertFacts, Facts};
use crate::duty::Place;
use crate::inventory::{Camera, CameraId, Inventory, Site};
use crate::judgement::event::{IncidentEvent, IncidentScope};

/// As many cameras are named at most.
const NAMED: usize = 5;

/// What is to be said of a case as it is now.
pub(super) fn about(id: &str, case: &Case, rules: &Rules) -> About {
    let inventory = &rules.inventory;
    let acknowledged_by = case.standing.acknowledged.as_ref().map(|acknowledged| {
        let officer = inventory.officers.get(acknowledged.who.as_str());
        officer.map_or_else(|| acknowledged.who.clone(), |officer| officer.name.clone())
    });
    match &case.matter {
        Matter::Incident { scope, subject, cause, cameras, there } => {
            let site = case.place.as_ref().and_then(|place| inventory.sites.get(place.site.as_ref()?));
            let commune = case.place.as_ref().and_then(|place| inventory.communes.get(&place.commune));
            let mut known: Vec<&Camera> = cameras.iter().filter_map(|id| inventory.cameras.get(id)).collect();
            // Those that it is told for come first.
            known.sort_by_key(|camera| !inventory.is_funded(camera));
            About::Incident(Facts {
                incident: id.to_owned(),
                number: case.standing.number,
                scope: *scope,
                subject: subject.clone(),
                name: name(*scope, subject, inventory),
                site: site.map(|site| site.name.clone()),
                village: site.and_then(|site| site.village.clone()),
                commune: commune.map(|commune| commune.name.clone()),
                cause: *cause,
                since: case.since,
                until: case.until,
                cameras: count(cameras.len()),
                cameras_there: *there,
                first_cameras: known.iter().take(NAMED).map(|camera| camera.name.clone()).collect(),
                flapping: case.flapping,
                acknowledged_by,
            })
        }
        Matter::Alert { title, text, runbook } => About::Alert(AlertFacts {
            incident: id.to_owned(),
            number: case.standing.number,
            title: title.clone(),
            text: text.clone(),
            since: case.since,
            until: case.until,
            runbook: runbook.clone(),
            acknowledged_by,
        }),
        Matter::Gap { role, place, from, to } => {
            About::DutyGap { role: *role, place: place_name(place.as_ref(), inventory), from: *from, to: *to }
        }
        Matter::Channel { channel, why } => About::ChannelFailing { channel: channel.clone(), why: why.clone() },
    }
}

/// Where an incident happens; `None` for the monitor, and for what the inventory no longer names.
pub(super) fn place_of(event: &IncidentEvent, inventory: &Inventory) -> Option<Place> {
    let of_site = |site: &Site| Place { commune: site.commune.clone(), site: Some(site.id.clone()) };
    let subject = event.subject.as_str();
    let found = match event.scope {
        IncidentScope::Camera => inventory.cameras.get(subject).and_then(|camera| inventory.sites.get(&camera.site)),
        IncidentScope::Recorder => inventory.recorders.get(subject).and_then(|one| inventory.sites.get(&one.site)),
        IncidentScope::Site => inventory.sites.get(subject),
        IncidentScope::Area => {
            return inventory.communes.get(subject).map(|one| Place { commune: one.id.clone(), site: None });
        }
        IncidentScope::Monitor => None,
    };
    found.map(of_site)
}

/// The cameras in service at the place of an incident.
pub(super) fn cameras_there(
    event: &IncidentEvent,
    inventory: &Inventory,
    is_in_service: impl Fn(&CameraId) -> bool,
) -> u32 {
    let subject = event.subject.as_str();
    let is_there = |camera: &&Camera| match event.scope {
        IncidentScope::Camera => camera.id.as_str() == subject,
        IncidentScope::Recorder => camera.recorder.as_ref().is_some_and(|id| id.as_str() == subject),
        IncidentScope::Site => camera.site.as_str() == subject,
        IncidentScope::Area => inventory.sites.get(&camera.site).is_some_and(|one| one.commune.as_str() == subject),
        IncidentScope::Monitor => true,
    };
    let there = inventory.cameras.values().filter(is_there).filter(|camera| is_in_service(&camera.id)).count();
    count(there.max(event.cameras.len()))
}

/// How a person calls a place of the roster; the communes that share it where it is none of them alone.
fn place_name(place: Option<&Place>, inventory: &Inventory) -> String {
    let Some(place) = place else {
        let names: Vec<&str> = inventory.communes.values().map(|commune| commune.name.as_str()).collect();
        return if names.len() > 3 { format!("{}, ...", names[..3].join(", ")) } else { names.join(", ") };
    };
    let commune = inventory.communes.get(&place.commune).map_or(place.commune.as_str(), |one| one.name.as_str());
    match &place.site {
        Some(site) => {
            let site = inventory.sites.get(site).map_or(site.as_str(), |one| one.name.as_str());
            format!("{site}, {commune}")
        }
        None => commune.to_owned(),
    }
}

fn name(scope: IncidentScope, subject: &str, inventory: &Inventory) -> String {
    let found = match scope {
        IncidentScope::Camera => inventory.cameras.get(subject).map(|camera| &camera.name),
        IncidentScope::Site => inventory.sites.get(subject).map(|site| &site.name),
        IncidentScope::Area => inventory.communes.get(subject).map(|commune| &commune.name),
        IncidentScope::Recorder | IncidentScope::Monitor => None,
    };
    found.cloned().unwrap_or_else(|| subject.to_owned())
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
