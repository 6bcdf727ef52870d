//! What of the record bears on every camera of a report.

use jiff::Timestamp;

use crate::config::Config;
use crate::inventory::{Camera, Inventory, Scope};
use crate::ledger::{History, Span, Timeline};
use crate::store::{Reader, StoreError};

/// When the daemon ran, and what work was planned.
pub(super) struct Book<'a> {
    inventory: &'a Inventory,
    pub(super) alive: Vec<Span>,
    maintenance: Vec<(Scope, Span)>,
}

impl<'a> Book<'a> {
    pub(super) fn open(config: &'a Config, reader: &Reader) -> Result<Self, StoreError> {
        let alive = reader.alive_spans(Timestamp::MIN, Timestamp::MAX)?;
        let added = reader.maintenance()?;
        let windows = config.inventory.maintenance.iter().chain(added.iter().map(|added| &added.window));
        Ok(Self {
            inventory: &config.inventory,
            alive: alive.iter().map(|run| Span::between(run.from, run.to)).collect(),
            maintenance: windows.map(|w| (w.scope.clone(), Span::between(w.from, w.to))).collect(),
        })
    }

    /// From the first second of the record to its last. `None` where there is none.
    pub(super) fn extent(&self) -> Option<Span> {
        let from = self.alive.first()?.from;
        let to = self.alive.iter().map(|run| run.to).max()?;
        Some(Span::new(from, to))
    }

    /// A camera's states over `span`, which is cut to its time in service.
    pub(super) fn timeline(&self, reader: &Reader, camera: &Camera, span: Span) -> Result<Timeline, StoreError> {
        if span.is_empty() {
            return Ok(Timeline::default());
        }
        let moment = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        let changes = reader.changes(&camera.id, moment(span.from), moment(span.to))?;
        let maintenance = self.maintenance_of(camera);
        Ok(Timeline::new(span, History { alive: &self.alive, changes: &changes, maintenance: &maintenance }))
    }

    /// The planned work that covers a camera.
    pub(super) fn maintenance_of(&self, camera: &Camera) -> Vec<Span> {
        let commune = self.inventory.commune_of(&camera.id);
        self.maintenance
            .iter()
            .filter(|(scope, _)| scope.covers(commune, &camera.site, Some(&camera.id)))
            .map(|(_, window)| *window)
            .collect()
    }
}
