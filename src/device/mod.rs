//! What recorders and cameras say of themselves over HTTP: identity, clock, disks, channels, recordings.
//!
//! ```text
//! poller ─► dialect (hikvision, dahua, onvif) ─► exchange (one request) ─► http (login, gate, budget, bounds) ─► device
//!    │          └► finding: what was found, and what was not and why
//!    └► reading: what that means, as an observation
//! ```
//!
//! A dialect knows paths and words and no sockets; the HTTP layer knows sockets and logins and no words. Nothing here
//! knows schedules, states or the record.

mod asking;
pub mod dahua;
pub mod discovery;
pub mod exchange;
#[cfg(test)]
mod fake;
pub mod finding;
pub mod hikvision;
pub mod http;
pub mod key_value;
pub mod onvif;
pub mod poller;
pub mod reading;
pub mod still;
mod wall;
pub mod xml;
