//! Alertmanager, both ways: what it sends to us, and what we post to it.
//!
//! With `[alert] owner = "prometheus"` our rules fire in Prometheus, Alertmanager groups and mutes, and its webhook comes
//! back here so that the roster and the channels still serve ([`webhook`]). With `owner = "push"` the daemon posts its own
//! incidents to Alertmanager ([`alert`] says how an incident looks there, [`push`] sends it). Knows incidents and the
//! inventory; must not know the desk, the outbox or channels.

pub mod alert;
pub mod push;
pub mod webhook;
