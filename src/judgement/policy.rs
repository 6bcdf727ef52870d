//! What of the configuration the judgement needs.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::config::Config;
use crate::inventory::{Camera, CameraId, CommuneId, Maintenance, Recorder, RecorderId, Site, SiteId};

/// The thresholds, and who stands where.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub confirm: u32,
    pub recover: u32,
    pub picture_confirm: u32,
    pub group_wait: Duration,
    pub unknown_after: Duration,
    pub clock_tolerance: Duration,
    /// How often recorders are polled.
    pub metadata_interval: Duration,
    pub timezone: TimeZone,
    pub sites: BTreeMap<SiteId, Site>,
    pub cameras: BTreeMap<CameraId, Camera>,
    pub recorders: BTreeMap<RecorderId, Recorder>,
    /// Those that page an officer.
    pub funded: std::collections::BTreeSet<CameraId>,
    pub communes: std::collections::BTreeSet<CommuneId>,
    /// From the configuration and from the record, in any order; they may overlap.
    pub maintenance: Vec<Maintenance>,
}

impl Policy {
    /// `added` are the windows that were added by command.
    #[must_use]
    pub fn new(config: &Config, added: &[Maintenance]) -> Self {
        let inventory = &config.inventory;
        Self {
            confirm: config.probe.confirm,
            recover: config.probe.recover,
            picture_confirm: config.probe.picture_confirm,
            group_wait: config.alert.group_wait,
            unknown_after: config.alert.unknown_after,
            clock_tolerance: config.probe.clock_tolerance,
            metadata_interval: config.probe.metadata_interval,
            timezone: config.daemon.timezone.clone(),
            sites: inventory.sites.clone(),
            cameras: inventory.cameras.clone(),
            recorders: inventory.recorders.clone(),
            funded: inventory.cameras.values().filter(|c| inventory.is_funded(c)).map(|c| c.id.clone()).collect(),
            communes: inventory.communes.keys().cloned().collect(),
            maintenance: inventory.maintenance.iter().chain(added).cloned().collect(),
        }
    }
}
