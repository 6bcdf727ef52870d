//! Who asks, and what they may do.

use std::net::IpAddr;

use crate::config::Config;

/// What a visitor may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also acknowledges, declares maintenance and has cameras looked at.
    Operator,
}

/// Whoever sent a request; every request that was let in has one among its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// As they signed in; `None` where nobody has to.
    pub name: Option<String>,
    pub role: Role,
}

impl Visitor {
    /// Whoever signed in with this name and the right password.
    #[must_use]
    pub fn signed_in(name: String) -> Self {
        Self { name: Some(name), role: Role::Operator }
    }

    /// Where nobody has to sign in: this machine's own people operate, all others read.
    #[must_use]
    pub fn unknown(config: &Config) -> Self {
        let is_local = IpAddr::is_loopback(&config.daemon.listen.ip());
        Self { name: None, role: if is_local { Role::Operator } else { Role::Viewer } }
    }

    #[must_use]
    pub fn operates(&self) -> bool {
        self.role >= Role::Operator
    }
}
