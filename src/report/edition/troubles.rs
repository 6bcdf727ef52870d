//! What went wrong: outages of cameras, brought together by the incidents that explain them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::view::{Camera, View};
use crate::inventory::CameraId;
use crate::judgement::event::IncidentScope;
use crate::observation::{Cause, Outcome};
use crate::report::OutageFigures;
use crate::report::dossier::IncidentNotes;
use crate::report::words::cause_name;

/// One thing that went wrong.
pub(super) struct Trouble {
    /// The camera, recorder, site or commune.
    pub subject: String,
    pub cause: String,
    /// Of those that the edition is about.
    pub cameras: u64,
    /// The longest that one of them was dark in this month, or bad where none was dark.
    pub seconds: u64,
    /// Added up over the cameras; 0 where none was dark.
    pub dark_seconds: u64,
    pub from: Timestamp,
    /// `None` where it goes on.
    pub over: Option<Timestamp>,
    pub taken_on: Option<Timestamp>,
}

/// Whether this is why a camera would be dark.
pub(super) fn makes_dark(cause: Cause) -> bool {
    Outcome::parse(cause.as_str()).is_some_and(|outcome| outcome.class().is_dark())
}

/// Whether an incident says something of cameras, and not only of whether the monitor sees them.
pub(super) fn is_of_cameras(incident: &IncidentNotes) -> bool {
    incident.scope != IncidentScope::Monitor
        && !matches!(
            incident.cause,
            Cause::Unauthorized | Cause::Busy | Cause::Incompatible | Cause::MonitorOffline | Cause::MonitorDown
        )
}

/// The month's incidents by camera; a camera's in the order in which they began.
pub(super) struct Incidents<'a> {
    of: BTreeMap<&'a CameraId, Vec<&'a IncidentNotes>>,
}

impl<'a> Incidents<'a> {
    pub fn new(view: &View<'a>) -> Self {
        let mut of: BTreeMap<&CameraId, Vec<&IncidentNotes>> = BTreeMap::new();
        for incident in view.dossier.incidents.iter().filter(|incident| makes_dark(incident.cause)) {
            for camera in &incident.cameras {
                of.entry(camera).or_default().push(incident);
            }
        }
        Self { of }
    }

    /// The one that explains most of an outage; of two that explain as much, the wider.
    pub fn explaining(&self, camera: &CameraId, outage: &OutageFigures) -> Option<&'a IncidentNotes> {
        let overlap = |incident: &IncidentNotes| {
            let to = incident.closed_at.unwrap_or(Timestamp::MAX).min(outage.to);
            to.as_second() - incident.since.max(outage.from).as_second()
        };
        let of = self.of.get(camera)?.iter().filter(|incident| overlap(incident) > 0);
        of.max_by_key(|incident| (overlap(incident), incident.scope)).copied()
    }
}

/// All of the month's troubles of the edition's cameras: dark ones first, the worst first.
pub(super) fn troubles(view: &View<'_>) -> Vec<Trouble> {
    let incidents = Incidents::new(view);
    let mut explained: BTreeMap<_, (&IncidentNotes, Gathered)> = BTreeMap::new();
    let mut all = Vec::new();
    for camera in &view.cameras {
        for outage in &camera.figures.outages {
            let incident = incidents.explaining(&camera.figures.camera, outage);
            match incident {
                Some(incident) => {
                    let key = (incident.since, incident.scope, &incident.subject, incident.cause);
                    explained.entry(key).or_insert((incident, Gathered::default())).1.add(camera, outage);
                }
                None => all.push(alone(view, camera, outage)),
            }
        }
    }
    all.extend(explained.into_values().map(|(incident, gathered)| together(view, incident, &gathered)));
    all.extend(lesser(view));
    all.sort_by(|a, b| {
        let key = |one: &Trouble| (one.dark_seconds, one.seconds);
        key(b).cmp(&key(a)).then_with(|| a.from.cmp(&b.from)).then_with(|| a.subject.cmp(&b.subject))
    });
    all
}

/// The outages that one incident explains.
#[derive(Default)]
struct Gathered {
    by_camera: BTreeMap<CameraId, u64>,
    span: Option<(Timestamp, Timestamp)>,
}

impl Gathered {
    fn add(&mut self, camera: &Camera<'_>, outage: &OutageFigures) {
        *self.by_camera.entry(camera.figures.camera.clone()).or_default() += outage.seconds;
        let (from, to) = self.span.unwrap_or((outage.from, outage.to));
        self.span = Some((from.min(outage.from), to.max(outage.to)));
    }
}

fn alone(view: &View<'_>, camera: &Camera<'_>, outage: &OutageFigures) -> Trouble {
    let language = view.manner.language;
    Trouble {
        subject: view.full_name(camera),
        cause: outage.cause.map_or(view.manner.words.name.by_unknown, |cause| cause_name(cause, language)).to_owned(),
        cameras: 1,
        seconds: outage.seconds,
        dark_seconds: outage.seconds,
        from: outage.from,
        over: Some(outage.to).filter(|_| !is_dark_at_end(view, camera, outage)),
        taken_on: None,
    }
}

/// Whether this outage is one that the month, or the record, ends with.
fn is_dark_at_end(view: &View<'_>, camera: &Camera<'_>, outage: &OutageFigures) -> bool {
    camera.at_end() == Some(crate::observation::State::Dark)
        && view.end().is_some_and(|end| outage.to.as_second() >= end.as_second())
}

fn together(view: &View<'_>, incident: &IncidentNotes, gathered: &Gathered) -> Trouble {
    let (first, last) = gathered.span.unwrap_or((incident.since, incident.since));
    let begins_before = view.period().is_some_and(|(from, _)| first <= from);
    let goes_on = view.end().is_none_or(|end| last.as_second() >= end.as_second());
    Trouble {
        subject: subject(view, incident),
        cause: cause(view, incident),
        cameras: gathered.by_camera.len() as u64,
        seconds: gathered.by_camera.values().copied().max().unwrap_or_default(),
        dark_seconds: gathered.by_camera.values().sum(),
        from: if begins_before { first.min(incident.since) } else { first },
        over: if goes_on { incident.closed_at } else { Some(last) },
        taken_on: incident.acknowledged_at,
    }
}

/// What made no camera dark: pictures, recordings, clocks.
fn lesser(view: &View<'_>) -> Vec<Trouble> {
    let Some((from, to)) = view.period() else { return Vec::new() };
    let here: BTreeSet<&CameraId> = view.cameras.iter().map(|camera| &camera.figures.camera).collect();
    let of = view.dossier.incidents.iter().filter(|one| is_of_cameras(one) && !makes_dark(one.cause));
    of.filter_map(|incident| {
        let cameras = incident.cameras.iter().filter(|camera| here.contains(camera)).count() as u64;
        let end = incident.closed_at.unwrap_or(Timestamp::MAX).min(view.end().unwrap_or(to)).min(to);
        let seconds = end.as_second() - incident.since.max(from).as_second();
        let seconds = u64::try_from(seconds).ok().filter(|_| cameras > 0)?;
        Some(Trouble {
            subject: subject(view, incident),
            cause: cause(view, incident),
            cameras,
            seconds,
            dark_seconds: 0,
            from: incident.since,
            over: incident.closed_at,
            taken_on: incident.acknowledged_at,
        })
    })
    .collect()
}

/// What an incident is about, under the name that these readers may read.
fn subject(view: &View<'_>, incident: &IncidentNotes) -> String {
    let id = &*incident.subject;
    match incident.scope {
        IncidentScope::Camera => {
            let at = view.cameras.binary_search_by(|camera| camera.figures.camera.as_str().cmp(id));
            at.map_or_else(|_| id.to_owned(), |at| view.full_name(&view.cameras[at]))
        }
        IncidentScope::Recorder => (view.manner.words.name.recorder)(id),
        IncidentScope::Site => view.dossier.sites.get(id).map_or(id, |site| &site.name).to_owned(),
        IncidentScope::Area => view.dossier.communes.get(id).map_or(id, |commune| &commune.name).to_owned(),
        IncidentScope::Monitor => id.to_owned(),
    }
}

pub(super) fn cause(view: &View<'_>, incident: &IncidentNotes) -> String {
    let name = &view.manner.words.name;
    match incident.scope {
        IncidentScope::Site | IncidentScope::Area if makes_dark(incident.cause) => name.by_line.to_owned(),
        IncidentScope::Recorder if makes_dark(incident.cause) => name.by_recorder.to_owned(),
        _ => cause_name(incident.cause, view.manner.language).to_owned(),
    }
}
