//! What is to be expected: how many days disks can hold, and whether the span is falling.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::observation::{Disk, DiskStatus};

const DAY_SECONDS: f64 = 86_400.0;
/// Within how long a falling span is looked for, and how much of it must be left.
const FALL_TIME: SignedDuration = SignedDuration::from_hours(7 * 24);
const FALL_RATIO: f64 = 0.9;

/// How many days the disks that record hold when every channel takes its largest bit rate all day: a worst case, which
/// variable rates and recording on events outlast. `bits_per_second` by enabled channel. `None` where it cannot be told:
/// sizes or rates are missing, or channels share the disks by `quota`.
#[must_use]
pub fn forecast(disks: &[Disk], bits_per_second: &BTreeMap<u32, u64>, quota: bool) -> Option<f64> {
    let sound = disks.iter().filter(|disk| matches!(disk.status, DiskStatus::Ok | DiskStatus::Degraded));
    let bytes = sound.map(|disk| disk.capacity_bytes).sum::<Option<u64>>()?;
    let rate: u64 = bits_per_second.values().sum();
    if quota || bytes == 0 || rate == 0 {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure of three digits is wanted")]
    Some(bytes as f64 * 8.0 / rate as f64 / DAY_SECONDS)
}

/// Whether a forecast is under the requirement: too large bit rates, too many cameras, a disk too few.
#[must_use]
pub fn is_too_little(forecast_days: f64, required: Duration) -> bool {
    forecast_days * DAY_SECONDS < required.as_secs_f64()
}

/// Whether the last span is at least a tenth under the longest of the seven days before it: a warning before it breaks
/// the requirement. Moments in order, each with the span as it was then.
#[must_use]
pub fn is_falling(history: &[(Timestamp, SignedDuration)]) -> bool {
    let Some((now, last)) = history.last() else { return false };
    let longest = history.iter().filter(|(at, _)| now.duration_since(*at) <= FALL_TIME).map(|(_, span)| *span).max();
    longest.is_some_and(|longest| last.as_secs_f64() <= longest.as_secs_f64() * FALL_RATIO && longest > *last)
}
