//! The desk: what is told to whom and when, of incidents, alerts and the roster.
//!
//! One fault is one message to the officer on duty, then escalation until somebody has said that they have it. Pure: no
//! clock, no I/O, no async; the same calls give the same messages. Knows the roster and the inventory; must not know
//! channels' providers, the outbox or the record.

mod case;
mod daily;
mod desk;
mod facts;
mod flapping;
mod gather;
mod memory;
mod message;
mod rules;
mod tell;
#[cfg(test)]
mod tests;

pub use case::{Acknowledged, CaseStanding, Told};
pub use desk::{Desk, Scene};
pub use message::{
    About, Acknowledgement, AlertFacts, DarkCamera, Delivery, Facts, How, Message, MessageId, NotAcknowledged,
    RaisedAlert, Recipient, Row, Severity, Standing, Which,
};
pub use rules::Rules;

use std::time::Duration;

use jiff::Timestamp;

use crate::inventory::Inventory;
use crate::judgement::event::PageEvent;

/// What one step of the desk came to; written to the record in one transaction with the incident that it belongs to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// To be sent.
    pub messages: Vec<Message>,
    /// Not to be sent any more, where they have not been.
    pub withdrawn: Vec<MessageId>,
    /// What the desk must find again after a restart.
    pub kept: Vec<Kept>,
    /// Incidents that somebody should have been told of, where there is nobody to tell.
    pub untold: Vec<String>,
}

impl Step {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.withdrawn.is_empty() && self.kept.is_empty() && self.untold.is_empty()
    }

    /// One for each thing that each message to an officer tells, as if the first of their channels takes it.
    pub fn pages<'a>(&'a self, inventory: &'a Inventory) -> impl Iterator<Item = PageEvent> + 'a {
        self.messages.iter().flat_map(move |message| message.pages(inventory))
    }
}

/// One row of what the desk remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The incident's id, or another name that is the desk's own.
    pub key: String,
    /// JSON; `None`: it can be forgotten.
    pub value: Option<String>,
}

/// So much later, or the end of time.
fn after(at: Timestamp, wait: Duration) -> Timestamp {
    at.checked_add(wait).unwrap_or(Timestamp::MAX)
}
