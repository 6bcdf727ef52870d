//! When to look at what: pure plans, run by the daemon's watch.

pub mod gateways;
pub mod plan;
pub mod recorders;

pub use gateways::Gateways;
pub use plan::{Finish, Limits, Look, Moment, Plan, Start};
pub use recorders::{Answered, Recorders};
