//! What made cameras dark: by the incidents that explain them.

use std::collections::BTreeMap;

use super::dossier::{DarkBy, IncidentNotes};
use crate::inventory::CameraId;
use crate::judgement::event::IncidentScope;
use crate::ledger::{Span, Timeline};
use crate::observation::Outcome;

/// By camera, when incidents explained that it was dark, and their scope.
pub(super) struct Blame<'a> {
    incidents: BTreeMap<&'a CameraId, Vec<(Span, IncidentScope)>>,
}

impl<'a> Blame<'a> {
    pub(super) fn new(incidents: &'a [IncidentNotes]) -> Self {
        let mut of: BTreeMap<&CameraId, Vec<(Span, IncidentScope)>> = BTreeMap::new();
        for incident in incidents {
            // One of a wrong clock explains no darkness.
            if !Outcome::parse(incident.cause.as_str()).is_some_and(|outcome| outcome.class().is_dark()) {
                continue;
            }
            let to = incident.closed_at.map_or(i64::MAX, |at| at.as_second().saturating_add(1));
            let span = Span::new(incident.since.as_second(), to);
            for camera in &incident.cameras {
                of.entry(camera).or_default().push((span, incident.scope));
            }
        }
        Self { incidents: of }
    }

    /// A camera's dark seconds by what made it dark. What failed further up outranks what failed below it: while a line
    /// is cut nobody can say that the camera itself works.
    pub(super) fn of(&self, camera: &CameraId, timeline: &Timeline) -> DarkBy {
        let mut by = DarkBy::default();
        let explained = self.incidents.get(camera).map(Vec::as_slice).unwrap_or_default();
        for outage in timeline.outages() {
            // Between two such moments the same incidents hold.
            let mut cuts = vec![outage.span.from, outage.span.to];
            cuts.extend(explained.iter().flat_map(|(span, _)| [span.from, span.to]));
            cuts.retain(|at| (outage.span.from..=outage.span.to).contains(at));
            cuts.sort_unstable();
            for pair in cuts.windows(2) {
                let part = Span::new(pair[0], pair[1]);
                let highest = explained
                    .iter()
                    .filter(|(span, _)| !span.and(part).is_empty())
                    .map(|(_, scope)| match scope {
                        IncidentScope::Site | IncidentScope::Area => 2,
                        IncidentScope::Recorder => 1,
                        IncidentScope::Camera | IncidentScope::Monitor => 0,
                    })
                    .max();
                *match highest {
                    Some(2) => &mut by.line,
                    Some(1) => &mut by.recorder,
                    Some(_) => &mut by.camera,
                    None => &mut by.unknown,
                } += part.seconds();
            }
        }
        by
    }
}
