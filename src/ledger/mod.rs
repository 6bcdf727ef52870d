//! Interval arithmetic: the seconds of a period in each state, uptime and coverage.
//!
//! Pure: no clock, no I/O. What is stored and how is the store's; how a figure is printed is the report's.

mod calendar;
pub mod retention;
mod timeline;

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

pub use calendar::{BadMonth, Month, service};
pub use timeline::{History, Interval, Outage, Span, Timeline};

/// Whole seconds in each state. Their sum is the time in service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub up: u64,
    pub degraded: u64,
    pub dark: u64,
    pub unknown: u64,
    pub maintenance: u64,
}

impl Tally {
    /// Seconds in service.
    #[must_use]
    pub fn in_service(&self) -> u64 {
        self.up + self.degraded + self.dark + self.unknown + self.maintenance
    }

    /// Seconds in which the camera was really seen: up, degraded or dark.
    #[must_use]
    pub fn observed(&self) -> u64 {
        self.up + self.degraded + self.dark
    }

    /// (up + degraded) / observed; `None` where nothing was observed.
    #[must_use]
    pub fn signal_uptime(&self) -> Option<f64> {
        ratio(self.up + self.degraded, self.observed())
    }

    /// up / observed; `None` where nothing was observed.
    #[must_use]
    pub fn service_uptime(&self) -> Option<f64> {
        ratio(self.up, self.observed())
    }

    /// observed / (in service - maintenance); `None` where that is nothing.
    #[must_use]
    pub fn coverage(&self) -> Option<f64> {
        ratio(self.observed(), self.in_service() - self.maintenance)
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.up += other.up;
        self.degraded += other.degraded;
        self.dark += other.dark;
        self.unknown += other.unknown;
        self.maintenance += other.maintenance;
    }
}

#[allow(clippy::cast_precision_loss)] // Seconds stay far below 2^52.
fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
