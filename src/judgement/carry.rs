//! Incidents across a restart and across a new configuration: what was open stays open.
//!
//! Only carries over; what the incidents come to is settled where it always is.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::Event;
use super::camera::is_path;
use super::event::{IncidentEvent, IncidentScope, Phase as EventPhase};
use super::groups::Place;
use super::incidents::{CameraCase, Due, Incidents, MonitorCase, Opened, kind_of};
use super::outage::Outage;
use super::watched::Watched;
use crate::inventory::{CameraId, CommuneId, RecorderId, SiteId};
use crate::observation::{Cause, State};
use crate::snapshot::Incident;

impl Incidents {
    /// Open incidents of before a restart stay open.
    pub(super) fn restore(
        &mut self,
        open: &[Incident],
        index: &HashMap<CameraId, usize>,
        cameras: &[Watched],
        now: Timestamp,
        events: &mut Vec<Event>,
    ) {
        for incident in open {
            let opened = Opened {
                id: incident.id.clone(),
                cause: incident.cause,
                cameras: incident.cameras.iter().filter_map(|id| index.get(id).copied()).collect(),
                since: incident.since,
                at: incident.opened_at,
            };
            let kept = match incident.scope {
                IncidentScope::Camera => match index.get(incident.subject.as_str()) {
                    Some(&i) => {
                        self.cameras[i].opened = Some((opened, kind_of(incident.cause)));
                        true
                    }
                    None => false,
                },
                IncidentScope::Site => {
                    let site = SiteId::new(&incident.subject).ok().and_then(|id| self.site_index.get(&id).copied());
                    self.restore_outage(site, opened)
                }
                IncidentScope::Recorder => self.restore_recorder(&incident.subject, opened, cameras),
                IncidentScope::Monitor if incident.cause == Cause::ClockWrong => {
                    self.clock = Some(MonitorCase { decided: incident.opened_at, opened: Some(opened) });
                    self.is_our_clock_wrong = true;
                    true
                }
                IncidentScope::Monitor => {
                    self.monitor = Some(MonitorCase { decided: incident.opened_at, opened: Some(opened) });
                    true
                }
                IncidentScope::Area => {
                    let area = CommuneId::new(&incident.subject).ok().and_then(|id| self.area_index.get(&id).copied());
                    self.restore_outage(area, opened)
                }
            };
            if !kept {
                events.push(Event::Incident(IncidentEvent {
                    at: now,
                    id: incident.id.clone(),
                    phase: EventPhase::Close,
                    scope: incident.scope,
                    subject: incident.subject.clone(),
                    cause: incident.cause,
                    cameras: incident.cameras.clone(),
                    since: incident.since,
                }));
            }
        }
    }

    fn restore_outage(&mut self, group: Option<usize>, opened: Opened) -> bool {
        let Some(g) = group.filter(|_| !opened.cameras.is_empty()) else { return false };
        let mut outage = Outage::new(opened.at, opened.cameras.iter().copied());
        outage.opened = Some(opened);
        self.groups[g].outage = Some(outage);
        true
    }

    /// A recorder's incident is of its cameras, where those were dark, or of what is wrong with itself.
    fn restore_recorder(&mut self, subject: &str, opened: Opened, cameras: &[Watched]) -> bool {
        let Ok(id) = RecorderId::new(subject) else { return false };
        let were_dark = !opened.cameras.is_empty()
            && is_path(opened.cause)
            && opened.cameras.iter().all(|&i| cameras[i].recorded.state == State::Dark);
        if were_dark {
            return self.restore_outage(self.behind_index.get(&id).copied(), opened);
        }
        let Some(&r) = self.recorder_index.get(&id) else { return false };
        self.recorders[r].restore(opened);
        true
    }

    /// Carries over what runs under an earlier configuration; `moved` says where each camera of it is now.
    pub(super) fn take_over(
        &mut self,
        old: Self,
        moved: &[Option<usize>],
        names: &[CameraId],
        now: Timestamp,
        events: &mut Vec<Event>,
    ) {
        let map = |set: BTreeSet<usize>| -> BTreeSet<usize> { set.into_iter().filter_map(|i| moved[i]).collect() };
        let mut closed = Vec::new();
        let close = |opened: &Opened, scope, subject: &str| IncidentEvent {
            at: now,
            id: opened.id.clone(),
            phase: EventPhase::Close,
            scope,
            subject: subject.to_owned(),
            cause: opened.cause,
            cameras: opened.cameras.iter().map(|&i| names[i].clone()).collect(),
            since: opened.since,
        };
        for (i, case) in old.cameras.into_iter().enumerate() {
            match (moved[i], case.opened) {
                (Some(new), opened) => {
                    let opened = opened.map(|(opened, by)| (Opened { cameras: [new].into(), ..opened }, by));
                    self.cameras[new] = CameraCase { alone: case.alone, complains: case.complains, opened, due: None };
                    self.reset_due(Due::Camera(new), case.due);
                }
                (None, Some((opened, _))) => {
                    closed.push(close(&opened, IncidentScope::Camera, names[i].as_str()));
                }
                (None, None) => {}
            }
        }
        for group in old.groups {
            let new = match &group.place {
                Place::Area(id) => self.area_index.get(id),
                Place::Site(id) => self.site_index.get(id),
                Place::Recorder(id) => self.behind_index.get(id),
            };
            let Some(&g) = new else {
                if let Some(opened) = group.outage.and_then(|outage| outage.opened) {
                    closed.push(close(&opened, group.place.scope(), group.place.as_str()));
                }
                continue;
            };
            let ours: BTreeSet<usize> = self.groups[g].cameras.iter().copied().collect();
            self.groups[g].unreachable = group.unreachable;
            self.groups[g].answers = group.answers;
            self.groups[g].fails_from = group.fails_from;
            self.groups[g].outage = group.outage.map(|outage| Outage {
                members: outage
                    .members
                    .into_iter()
                    .filter_map(|(i, member)| Some((moved[i].filter(|new| ours.contains(new))?, member)))
                    .collect(),
                opened: outage.opened.map(|opened| Opened { cameras: map(opened.cameras), ..opened }),
                ..outage
            });
            self.reset_due(Due::Group(g), group.due);
        }
        for mut old in old.recorders {
            let opened = old.opened.take();
            let Some(&r) = self.recorder_index.get(&old.id) else {
                closed.extend(opened.map(|opened| close(&opened, IncidentScope::Recorder, old.id.as_str())));
                continue;
            };
            self.recorders[r].take_over(old);
            self.recorders[r].opened = opened.map(|opened| Opened { cameras: map(opened.cameras), ..opened });
            self.stirred_recorders.insert(r);
        }
        self.is_our_clock_wrong = old.is_our_clock_wrong;
        self.clock = old.clock;
        self.monitor = old.monitor.map(|case| MonitorCase {
            opened: case.opened.map(|opened| Opened { cameras: map(opened.cameras), ..opened }),
            ..case
        });
        if let Some(case) = &self.monitor
            && case.opened.is_none()
        {
            // Settled again at once: its wait is set there.
            self.due.insert((now, Due::Monitor));
        }
        events.extend(closed.into_iter().map(Event::Incident));
    }
}
