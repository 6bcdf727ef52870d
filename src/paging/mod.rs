//! The desk: what is told to whom and when, of incidents, alerts and the roster.
//!
//! One fault is one message to the officer on duty, then escalation until somebody has said that they have it. Pure: no
//! clock, no I/O, no async; the same calls give the same messages, also where a restart lies between them. Knows the
//! roster and the inventory; must not know channels' providers, the outbox or the record.
//!
//! # Whose it is
//!
//! - Only what explains a funded camera pages. Dark (a camera, what is behind a recorder, a site, an area) is critical,
//!   degraded is a warning, and so is a recorder that does not answer while its cameras are seen: role officer. The monitor
//!   itself (critical), refused credentials, what cannot be read, and what is unknown for too long: role it, whose duties
//!   stand in for one another. Where the role changes with the cause, it is a new matter for the other role.
//! - The first officer of the shift is told, the next of them where no channel of the first takes it. Where nobody is on
//!   duty, or nobody of the shift can be reached, those who are escalated to are told at once, else role it; where that is
//!   nobody either, the step says so, and whoever comes on duty next is told then. A matter of no place (the monitor) is
//!   told to the first of every duty of its role.
//! - Cameras that are not funded stand in a daily digest to each of their funds that has an e-mail address.
//!
//! # Again, and no more
//!
//! - Escalation steps count from the first message, by the clock; each officer is told once. Everybody who was told is
//!   reminded every `repeat`.
//! - An acknowledgement stops both, for everybody, until it expires. Then those who had the duty, whoever has it now and
//!   whoever had said that they have it are reminded, and escalation begins anew. What gets worse (a warning becomes
//!   critical, the area of a site fails) is told to whoever has it, too.
//! - The end is told to exactly those who were told, or were about to be.
//! - Under planned work nothing is told: openings, escalation and reminders wait until a funded camera is out of it.
//!
//! # Less
//!
//! - Warnings wait for the end of an officer's quiet hours, in one digest; what is over by then is not told at all.
//! - What follows soon after a message is gathered: see [`gather`]. What comes and goes is held: see [`flapping`].
//! - A message may wait in the outbox. Whatever is told of the same matter later goes in its place and says all of it, so
//!   that somebody who was offline reads once how it stands.

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
    About, Acknowledgement, AlertFacts, DarkCamera, Delivery, Facts, Fate, How, Message, MessageId, NotAcknowledged,
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
