//! The desk at work: what it decides is recorded together with what it decided it of, then handed to the post.
//!
//! Decides nothing itself.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

use crate::config::Config;
use crate::inventory::CameraId;
use crate::judgement::Judge;
use crate::judgement::event::{IncidentEvent, PageEvent};
use crate::notify::post::{Back, Order};
use crate::observation::State;
use crate::paging::{
    Acknowledgement, CaseStanding, Desk, How, Kept, MessageId, NotAcknowledged, RaisedAlert, Rules, Scene, Step, Which,
};
use crate::store::{Entry, Writer};
use crate::telemetry::Telemetry;
use crate::web::Who;

/// The desk, and where what it decides goes.
pub(super) struct Paging {
    desk: Desk,
    config: Arc<Config>,
    orders: mpsc::Sender<Order>,
    /// Orders for which the post had no room yet.
    waiting: VecDeque<Order>,
    writer: Writer,
    telemetry: Arc<Telemetry>,
}

impl Paging {
    pub(super) fn new(
        config: &Arc<Config>,
        kept: Vec<Kept>,
        orders: mpsc::Sender<Order>,
        writer: Writer,
        telemetry: Arc<Telemetry>,
    ) -> Self {
        let desk = Desk::new(Rules::new(config), kept);
        Self { desk, config: Arc::clone(config), orders, waiting: VecDeque::new(), writer, telemetry }
    }

    /// Messages of which the desk has not heard the last.
    pub(super) fn unsent(&self) -> BTreeSet<MessageId> {
        self.desk.unsent()
    }

    pub(super) fn reconfigure(&mut self, config: &Arc<Config>) {
        self.config = Arc::clone(config);
        self.desk.reconfigure(Rules::new(config));
        self.order(Order::Reconfigure(Arc::clone(config)));
    }

    /// Records an incident with all that is told of it, and has it told.
    pub(super) fn incident(&mut self, event: &IncidentEvent, judge: &Judge) -> Vec<PageEvent> {
        let step = with_scene(judge, |scene| self.desk.take(event, scene));
        self.carry_out(Some(event.clone()), step)
    }

    /// Whatever time has brought about.
    pub(super) fn advance(&mut self, now: Timestamp, judge: &Judge) -> Vec<PageEvent> {
        self.hand_over();
        let step = with_scene(judge, |scene| self.desk.advance(now, scene));
        self.carry_out(None, step)
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.desk.next_due()
    }

    /// Alerts that Alertmanager sent.
    pub(super) fn alerts(&mut self, alerts: &[RaisedAlert], now: Timestamp) -> Vec<PageEvent> {
        let mut pages = Vec::new();
        for alert in alerts {
            let step = self.desk.take_alert(alert, now);
            pages.extend(self.carry_out(None, step));
        }
        pages
    }

    pub(super) fn acknowledge(
        &mut self,
        which: &Which,
        who: &Who,
        how: How,
        now: Timestamp,
    ) -> Result<Acknowledgement, NotAcknowledged> {
        let (name, officer) = match who {
            Who::Officer(officer) => (officer.as_str(), Some(officer)),
            Who::Named(name) => (name.as_str(), None),
        };
        let (acknowledgement, step) = self.desk.acknowledge(which, name, officer, how, now)?;
        self.telemetry.acknowledged(&acknowledgement);
        self.writer.record(Entry::Acknowledged(acknowledgement.clone()));
        self.carry_out(None, step);
        Ok(acknowledgement)
    }

    /// What the post tells; `Back::Acknowledge` is answered on its own channel.
    pub(super) fn back(&mut self, back: Back, now: Timestamp) -> Vec<PageEvent> {
        let step = match back {
            Back::Delivered(delivery) => self.desk.delivered(&delivery),
            Back::ChannelFailing { channel, why, at } => self.desk.channel_failing(&channel, Some(&why), at),
            Back::ChannelWell { channel, at } => self.desk.channel_failing(&channel, None, at),
            Back::Acknowledge { which, officer, answer } => {
                // Whoever asked may have gone away.
                let _ = answer.send(self.acknowledge(&which, &Who::Officer(officer), How::Reply, now));
                return Vec::new();
            }
        };
        self.carry_out(None, step)
    }

    pub(super) fn standing(&self, incident: &str) -> Option<&CaseStanding> {
        self.desk.standing(incident)
    }

    fn carry_out(&mut self, incident: Option<IncidentEvent>, step: Step) -> Vec<PageEvent> {
        let pages: Vec<PageEvent> = step.pages(&self.config.inventory).collect();
        for incident in &step.untold {
            self.telemetry.nobody_to_tell(incident);
        }
        if step.is_empty() {
            self.writer.record(match incident {
                Some(incident) => Entry::Incident(incident),
                None => return pages,
            });
            return pages;
        }
        let step = Box::new(step);
        self.writer.record(Entry::Paging { incident, step: step.clone() });
        self.order(Order::Step(step));
        pages
    }

    fn order(&mut self, order: Order) {
        self.waiting.push_back(order);
        self.hand_over();
    }

    /// Hands the post what it has room for.
    pub(super) fn hand_over(&mut self) {
        while let Some(order) = self.waiting.pop_front() {
            match self.orders.try_send(order) {
                Ok(()) => {}
                Err(TrySendError::Full(order)) => return self.waiting.push_front(order),
                // A post that is gone is stopping; what it did not send stands in the record for the next start.
                Err(TrySendError::Closed(_)) => self.waiting.clear(),
            }
        }
    }
}

fn with_scene<T>(judge: &Judge, decide: impl FnOnce(&Scene<'_>) -> T) -> T {
    let state = |camera: &CameraId| -> Option<State> { judge.standing(camera).map(|standing| standing.state) };
    decide(&Scene { state: &state })
}
