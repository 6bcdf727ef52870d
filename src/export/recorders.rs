//! The series of recorders: whether each answers, its clock and its disks.

use super::part::Part;
use super::text::{Kind, Writer, push_label, rounded};
use crate::observation::{Disk, DiskStatus};
use crate::snapshot::{RecorderStatus, Snapshot};

#[allow(clippy::cast_precision_loss)] // Bytes of disks stay far below 2^52.
pub fn write(out: &mut Writer, snapshot: &Snapshot, part: &Part) {
    let rows: Vec<(&RecorderStatus, String)> = snapshot
        .recorders
        .iter()
        .filter(|status| part.has_site(&status.site, &status.commune))
        .map(|status| {
            let mut labels = String::new();
            push_label(&mut labels, "recorder", status.recorder.as_str());
            labels.push(',');
            push_label(&mut labels, "site", status.site.as_str());
            labels.push(',');
            push_label(&mut labels, "commune", status.commune.as_str());
            (status, labels)
        })
        .collect();

    let mut family = out.family(
        "camwatch_recorder_up",
        Kind::Gauge,
        "1: the recorder answered its last poll; 0: confirmed that it does not; absent while unknown.",
    );
    for (status, labels) in &rows {
        if let Some(up) = status.up {
            family.sample(labels, f64::from(u8::from(up)));
        }
    }
    let mut family = out.family(
        "camwatch_recorder_clock_offset_seconds",
        Kind::Gauge,
        "The recorder's clock less ours, as it was last read.",
    );
    for (status, labels) in &rows {
        if let Some(offset) = status.clock_offset_seconds {
            family.sample(labels, rounded(offset, 3));
        }
    }
    let mut family = out.family(
        "camwatch_recorder_last_poll_timestamp_seconds",
        Kind::Gauge,
        "When the recorder last answered a poll.",
    );
    for (status, labels) in &rows {
        if let Some(at) = status.last_ok {
            family.sample(labels, at.as_second() as f64);
        }
    }
    let mut family = out.family(
        "camwatch_recorder_forecast_seconds",
        Kind::Gauge,
        "What the sound disks hold of every enabled channel at its largest bit rate: a worst case. Absent where sizes or \
         rates are not told.",
    );
    for (status, labels) in &rows {
        if let Some(days) = status.forecast_days {
            family.sample(labels, (days * 86_400.0).floor());
        }
    }
    let mut disks = |name, help, value: fn(&Disk) -> Option<f64>| {
        let mut family = out.family(name, Kind::Gauge, help);
        for (status, labels) in &rows {
            for disk in &status.disks {
                if let Some(value) = value(disk) {
                    family.sample_with(labels, &[("disk", &disk.id)], value);
                }
            }
        }
    };
    disks(
        "camwatch_recorder_disk_healthy",
        "1: the disk records; 0: it is degraded, failed or missing; absent where the device's word for it is not known.",
        |disk| match disk.status {
            DiskStatus::Ok => Some(1.0),
            DiskStatus::Degraded | DiskStatus::Failed | DiskStatus::Missing => Some(0.0),
            DiskStatus::Unknown => None,
        },
    );
    disks("camwatch_recorder_disk_capacity_bytes", "Capacity of the disk.", |disk| Some(disk.capacity_bytes? as f64));
    disks(
        "camwatch_recorder_disk_free_bytes",
        "Bytes of the disk that were never written or are given back; 0 is the healthy state of one that overwrites.",
        |disk| Some(disk.free_bytes? as f64),
    );
}
