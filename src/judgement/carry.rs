//! Incidents across a restart and across a new configuration: what was open stays open.
//!
//! Only carries over; what the incidents come to is settled where it always is.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::Event;
use super::event::{IncidentEvent, IncidentScope, Phase as EventPhase};
use super::incidents::{CameraCase, Due, Incidents, MonitorCase, Opened, kind_of};
use super::outage::Outage;
use super::watched::Watched;
use crate::inventory::{CameraId, SiteId};
use crate::snapshot::Incident;

impl Incidents {
    /// Open incidents of before a restart stay open.
    pub(super) fn restore(
        &mut self,
        open: &[Incident],
        index: &HashMap<CameraId, usize>,
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
                    match site.filter(|_| !opened.cameras.is_empty()) {
                        Some(s) => {
                            let mut outage = Outage::new(incident.opened_at, opened.cameras.iter().copied());
                            outage.opened = Some(opened);
                            self.sites[s].outage = Some(outage);
                            true
                        }
                        None => false,
                    }
                }
                IncidentScope::Monitor => {
                    self.monitor = Some(MonitorCase { decided: incident.opened_at, opened: Some(opened) });
                    true
                }
                IncidentScope::Recorder | IncidentScope::Area => false,
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

    /// Carries over what runs under an earlier configuration; `moved` says where each camera of it is now.
    pub(super) fn take_over(
        &mut self,
        old: Self,
        moved: &[Option<usize>],
        names: &[CameraId],
        cameras: &[Watched],
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
                    self.cameras[new] = CameraCase { complains: case.complains, opened, due: None };
                    self.reset_due(Due::Camera(new), case.due);
                }
                (None, Some((opened, _))) => {
                    closed.push(close(&opened, IncidentScope::Camera, names[i].as_str()));
                }
                (None, None) => {}
            }
        }
        for site in old.sites {
            let Some(&s) = self.site_index.get(&site.id) else {
                if let Some(opened) = site.outage.and_then(|outage| outage.opened) {
                    closed.push(close(&opened, IncidentScope::Site, site.id.as_str()));
                }
                continue;
            };
            self.sites[s].unreachable = site.unreachable;
            self.sites[s].outage = site.outage.map(|outage| Outage {
                members: outage
                    .members
                    .into_iter()
                    .filter_map(|(i, member)| Some((moved[i].filter(|&new| cameras[new].site == s)?, member)))
                    .collect(),
                opened: outage.opened.map(|opened| Opened { cameras: map(opened.cameras), ..opened }),
                ..outage
            });
            self.reset_due(Due::Site(s), site.due);
        }
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
