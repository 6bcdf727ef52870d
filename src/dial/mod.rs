//! Connections to devices: names into addresses, TCP, and TLS with the trust that each device is given.
//!
//! Shared by whoever speaks with cameras and recorders, over RTSP or HTTP. Knows no protocol above TLS, no logins and no
//! states.

mod connect;
mod resolve;
mod tls;

use std::sync::OnceLock;

pub(crate) use connect::{Dialler, Failure, Limits, is_our_own};
pub(crate) use resolve::Resolver;
pub(crate) use tls::{Trust, Wire};

/// What all connections of the process share: names that are known, and the system's trust store, read once.
pub(crate) struct Shared {
    pub(crate) resolver: Resolver,
    pub(crate) trust: Trust,
}

pub(crate) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| Shared { resolver: Resolver::new(), trust: Trust::new() })
}
