//! What one poll of a device found, and what it did not find and why.
//!
//! In the device's own terms: times of recordings are its wall clock where it knows no better. Turning them into true
//! time, and matching channels with cameras, is done by whoever reads this.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use super::exchange::Trouble;
use crate::observation::{Channel, Device, Disk, Outcome, RecordMode};

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Found<T> {
    #[default]
    NotAsked,
    Yes(T),
    No(Why),
}

impl<T> Found<T> {
    #[must_use]
    pub fn yes(&self) -> Option<&T> {
        match self {
            Self::Yes(value) => Some(value),
            Self::NotAsked | Self::No(_) => None,
        }
    }
}

/// Yes, or why not.
impl<T> From<Result<T, Why>> for Found<T> {
    fn from(result: Result<T, Why>) -> Self {
        result.map_or_else(Self::No, Self::Yes)
    }
}

/// Why something was not found.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Why {
    #[error("not supported by this device")]
    NotSupported,
    #[error("the account has no permission for it")]
    NoPermission,
    /// It answered, and the answer leaves this out.
    #[error("the device does not tell")]
    NotTold,
    /// Another request was refused with a 401 of late, and each such costs a login: asked when an hour, or after two
    /// a day, has gone by.
    #[error("held back, since the device refused another request")]
    HeldBack,
    /// The device said that it cannot just now.
    #[error("the device answered with an error: {0}")]
    DeviceError(String),
    /// What part of the answer could not be read.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl Why {
    /// What a poll came to that failed so at its very first question.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::NoPermission => Outcome::Unauthorized,
            Self::DeviceError(_) | Self::HeldBack => Outcome::Busy,
            Self::NotSupported | Self::NotTold | Self::Unreadable(_) => Outcome::Incompatible,
            Self::Trouble(trouble) => trouble.outcome(),
        }
    }
}

/// What one poll found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finding {
    pub device: Found<Device>,
    pub clock: Found<Clock>,
    pub disks: Found<Vec<Disk>>,
    pub channels: Found<Vec<Channel>>,
    /// By channel.
    pub modes: BTreeMap<u32, RecordMode>,
    /// Of each channel that was scanned.
    pub holdings: BTreeMap<u32, Found<Holding>>,
    /// End of the newest recording of channels that were looked at without a scan.
    pub newest: BTreeMap<u32, DeviceTime>,
    /// The largest bit rate that each enabled channel is set to, bits a second; for the forecast.
    pub bits_per_second: BTreeMap<u32, u64>,
    /// Several channels share the disks by quota: the forecast says nothing of one channel.
    pub quota: bool,
    /// Words that no table knows, each once: for the log, so that somebody teaches us.
    pub unknown_words: BTreeSet<String>,
    /// What ended the poll before its end.
    pub ended_by: Option<Trouble>,
}

/// The device's clock less ours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    pub offset_seconds: f64,
    /// Half the round trip, and half a second more where the device tells whole seconds.
    pub uncertainty_seconds: f64,
}

/// A time as a device tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceTime {
    /// Digits of its wall clock, whatever zone it claims.
    Wall(DateTime),
    /// True UTC by the device's own clock (ONVIF).
    Utc(Timestamp),
}

/// What is held of one channel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Holding {
    /// Start of the oldest recording; `None` where there is none.
    pub oldest: Option<DeviceTime>,
    /// End of the newest.
    pub newest: Option<DeviceTime>,
    /// Days of the device's calendar with at least one segment; only those that were looked at mean anything.
    pub present: BTreeSet<Date>,
    /// Days that were looked at.
    pub looked_at: BTreeSet<Date>,
}

/// What to ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    pub depth: WishDepth,
    /// Channels with a camera in the inventory, numbered from 1; a scan looks at these only.
    pub channels: Vec<u32>,
    /// The first and the last day, in the device's calendar, whose presence is wanted.
    pub days: (Date, Date),
    /// The site's wall clock less UTC at this moment, seconds: what a device's wall clock is compared with.
    pub zone_offset_seconds: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WishDepth {
    /// Identity, clock, disks, channels, and the newest recording where that is cheap: a handful of requests.
    Metadata,
    /// And the oldest recordings and days present of each channel.
    Scan,
}
