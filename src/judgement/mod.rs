//! The judgement: what the observations come to, as camera states and incidents.
//!
//! Pure: no clock, no I/O, no async; the same observations and policy give the same output. Knows the inventory's ids
//! and observations; must not know who listens.

pub mod event;
mod policy;

use jiff::Timestamp;

use crate::inventory::CameraId;
use crate::observation::{Cause, Observation, State};
use crate::snapshot::Incident;

pub use event::Event;
pub use policy::Policy;

/// What one step came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    /// What is shown and told, in order.
    pub events: Vec<Event>,
    /// Changes of the states underneath maintenance, for the record: dated as if there were no maintenance.
    pub record: Vec<Change>,
}

/// A camera's state underneath maintenance has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub camera: CameraId,
    /// Never `maintenance`.
    pub state: State,
    pub cause: Option<Cause>,
    /// Not before the `since` of this camera's change before it.
    pub since: Timestamp,
}

/// What is known of the time before a restart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resume {
    /// The last moment at which the daemon is known to have been alive; `None` on the very first start.
    pub last_alive: Option<Timestamp>,
    pub cameras: Vec<Change>,
    pub incidents: Vec<Incident>,
}

/// How a camera stands, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub cause: Option<Cause>,
    /// `None` where nothing was decided yet.
    pub since: Option<Timestamp>,
}

/// The state of every camera and every open incident.
pub struct Judge {
    // the helper's
}

impl Judge {
    /// Everything unknown, nothing open: the state before the first line.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        let _ = policy;
        todo!()
    }

    /// Takes up after a restart at `now`: every camera that was known is unknown since `last_alive`, incidents that
    /// were open stay open.
    #[must_use]
    pub fn resume(policy: Policy, resume: Resume, now: Timestamp) -> (Self, Output) {
        let _ = (policy, resume, now);
        todo!()
    }

    /// Takes one observation, and first whatever time alone brought about before it. `observation.at` must not be
    /// before any earlier `at` or `advance`. Observations of cameras, sites or recorders that the policy does not name
    /// change nothing but the time.
    pub fn observe(&mut self, observation: &Observation) -> Output {
        let _ = observation;
        todo!()
    }

    /// Lets time pass up to and including `to`.
    pub fn advance(&mut self, to: Timestamp) -> Output {
        let _ = to;
        todo!()
    }

    /// A new configuration at `at`: cameras that are in both keep their state and runs, new ones begin as unknown,
    /// incidents of removed ones close.
    pub fn reconfigure(&mut self, policy: Policy, at: Timestamp) -> Output {
        let _ = (policy, at);
        todo!()
    }

    /// When time alone would next bring something about, if at all.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        todo!()
    }

    #[must_use]
    pub fn standing(&self, camera: &CameraId) -> Option<Standing> {
        let _ = camera;
        todo!()
    }

    /// Whether a camera's present run of failures is one short of making it dark (the moment to look at the references).
    #[must_use]
    pub fn is_about_to_darken(&self, camera: &CameraId) -> bool {
        let _ = camera;
        todo!()
    }

    /// Open incidents, oldest first.
    #[must_use]
    pub fn incidents(&self) -> Vec<Incident> {
        todo!()
    }

    /// `false` from an observation that the references are unreachable to one that they are reachable.
    #[must_use]
    pub fn monitor_online(&self) -> bool {
        todo!()
    }
}
