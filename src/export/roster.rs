//! The series of the roster: whether somebody is always on duty.

use std::time::Duration;

use jiff::Timestamp;

use super::text::{Kind, Writer};
use crate::duty::Roster;
use crate::snapshot::Snapshot;

/// Gaps that begin within this time count.
const AHEAD: Duration = Duration::from_secs(86_400);

/// Absent where no duty is configured: nobody is expected to be told then.
#[allow(clippy::cast_precision_loss)] // There are far fewer than 2^52 gaps.
pub fn write(out: &mut Writer, snapshot: &Snapshot, now: Timestamp) {
    let config = &snapshot.config;
    let mut family = out.family(
        "camwatch_duty_gaps",
        Kind::Gauge,
        "Times within the coming 24 hours in which nobody is on duty; `camwatch roster` shows them. Absent without duties.",
    );
    if !config.inventory.duties.is_empty() {
        let roster = Roster::new(&config.inventory, &config.daemon.timezone);
        let gaps = roster.gaps(now, now.checked_add(AHEAD).unwrap_or(Timestamp::MAX));
        family.sample("", gaps.len() as f64);
    }
}
