//! What the configuration says of who is told: the roster, the names, the waits.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::config::{Config, Owner};
use crate::duty::Roster;
use crate::inventory::{Inventory, MinuteOfDay};

/// The desk's part of a configuration.
#[derive(Debug, Clone)]
pub struct Rules {
    pub(super) roster: Roster,
    /// Without credentials and channels: their secrets are none of the desk's business.
    pub(super) inventory: Inventory,
    pub(super) zone: TimeZone,
    /// Whether incidents page from here. Where another system pages, they are numbered and can be acknowledged.
    pub(super) pages: bool,
    /// How often an open matter is told again.
    pub(super) repeat: Duration,
    pub(super) ack_expires: Duration,
    /// When in the day digests go out.
    pub(super) digest: MinuteOfDay,
}

impl Rules {
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let inventory = Inventory {
            credentials: std::collections::BTreeMap::new(),
            channels: std::collections::BTreeMap::new(),
            ..config.inventory.clone()
        };
        Self {
            roster: Roster::new(&config.inventory, &config.daemon.timezone),
            inventory,
            zone: config.daemon.timezone.clone(),
            pages: config.alert.owner == Owner::Embedded,
            repeat: config.alert.repeat,
            ack_expires: config.alert.ack_expires,
            digest: config.alert.digest,
        }
    }
}
