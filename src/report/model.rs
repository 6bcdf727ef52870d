//! The report as data: one set of figures a camera, and their sums.
//!
//! The JSON shape of these types is a public format; fields keep their order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::retention::{CameraRetention, GroupRetention};
use crate::inventory::{CameraId, CommuneId, FundId, SiteId};
use crate::ledger::Tally;
use crate::observation::Cause;

/// A month's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `YYYY-MM`.
    pub month: String,
    /// An IANA name.
    pub timezone: String,
    /// The only field in which two makings of one report differ.
    pub generated_at: Timestamp,
    /// In the order of their ids; also those that were not in service.
    pub cameras: Vec<CameraFigures>,
    /// Sites, villages, communes and funds all of whose cameras are in this report, and all of it: by kind and id.
    pub groups: Vec<Group>,
}

/// Whole seconds in each state, and what they come to. Ratios are `None` where nothing was observed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub in_service_seconds: u64,
    pub up_seconds: u64,
    pub degraded_seconds: u64,
    pub dark_seconds: u64,
    pub unknown_seconds: u64,
    pub maintenance_seconds: u64,
    pub signal_uptime_ratio: Option<f64>,
    pub service_uptime_ratio: Option<f64>,
    pub coverage_ratio: Option<f64>,
}

impl From<Tally> for Figures {
    fn from(tally: Tally) -> Self {
        Self {
            in_service_seconds: tally.in_service(),
            up_seconds: tally.up,
            degraded_seconds: tally.degraded,
            dark_seconds: tally.dark,
            unknown_seconds: tally.unknown,
            maintenance_seconds: tally.maintenance,
            signal_uptime_ratio: tally.signal_uptime(),
            service_uptime_ratio: tally.service_uptime(),
            coverage_ratio: tally.coverage(),
        }
    }
}

impl From<Figures> for Tally {
    fn from(figures: Figures) -> Self {
        Self {
            up: figures.up_seconds,
            degraded: figures.degraded_seconds,
            dark: figures.dark_seconds,
            unknown: figures.unknown_seconds,
            maintenance: figures.maintenance_seconds,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraFigures {
    pub camera: CameraId,
    pub site: SiteId,
    pub commune: CommuneId,
    pub funds: Vec<FundId>,
    #[serde(flatten)]
    pub figures: Figures,
    pub outages: Vec<OutageFigures>,
    pub retention: CameraRetention,
}

/// A time of the month in which a camera was dark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutageFigures {
    pub from: Timestamp,
    pub to: Timestamp,
    pub seconds: u64,
    pub cause: Option<Cause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    Site,
    Village,
    Commune,
    Fund,
    All,
}

/// The seconds of several cameras added up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub kind: GroupKind,
    /// That of the site, commune or fund; `COMMUNE/VILLAGE` for a village; `all` for all.
    pub id: String,
    pub cameras: u64,
    #[serde(flatten)]
    pub figures: Figures,
    pub retention: GroupRetention,
}
