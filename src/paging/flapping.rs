//! What comes and goes: said once, then held until it is calm, then told as it truly is.
//!
//! The third opening of one subject within an hour is told as flapping. From then on single openings and closings are
//! held; each incident stands in the place of the one before it, with its number, whoever was told and whoever has it, so
//! that escalation goes on by the clock. When half an hour has passed without a change, or two hours in any case, those
//! who were told hear how it stands.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::after;

const WITHIN: Duration = Duration::from_secs(3600);
const OPENINGS: usize = 3;
const CALM: Duration = Duration::from_secs(30 * 60);
const AT_MOST: Duration = Duration::from_secs(2 * 3600);

/// The openings of one subject.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Flaps {
    openings: Vec<Timestamp>,
    /// From when single messages are held.
    held_since: Option<Timestamp>,
    changed: Option<Timestamp>,
    /// The last incident.
    pub(super) case: String,
}

/// What an opening is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Single,
    /// To be told as flapping; what follows is held.
    BeginsToFlap,
    /// Held, in the place of this incident.
    Held {
        earlier: String,
    },
}

impl Flaps {
    pub(super) fn open(&mut self, case: &str, at: Timestamp) -> Opening {
        let earlier = std::mem::replace(&mut self.case, case.to_owned());
        self.openings.retain(|opening| at < after(*opening, WITHIN));
        self.openings.push(at);
        self.changed = Some(at);
        if self.held_since.is_some() {
            return Opening::Held { earlier };
        }
        if self.openings.len() < OPENINGS {
            return Opening::Single;
        }
        self.held_since = Some(at);
        Opening::BeginsToFlap
    }

    /// Whether a closing is held.
    pub(super) fn close(&mut self, at: Timestamp) -> bool {
        self.changed = Some(at);
        self.held_since.is_some()
    }

    /// When what is held is told, or the openings no longer count.
    pub(super) fn due(&self) -> Option<Timestamp> {
        match (self.held_since, self.changed) {
            (Some(since), Some(changed)) => Some(after(changed, CALM).min(after(since, AT_MOST))),
            _ => self.openings.last().map(|last| after(*last, WITHIN)),
        }
    }

    pub(super) fn is_holding(&self) -> bool {
        self.held_since.is_some()
    }
}
