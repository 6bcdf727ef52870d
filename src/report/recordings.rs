//! How recordings stand now, for the running daemon: judged as a report of this moment would judge them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::book::Book;
use super::retention::{self, Recorded};
use crate::config::Config;
use crate::inventory::CameraId;
use crate::ledger::retention::{RetentionState, is_falling};
use crate::snapshot::RecordingStatus;
use crate::store::{Reader, StoreError};

/// What recorders said counts for so long: a scan may be missed for a night or two.
const REACH: SignedDuration = SignedDuration::from_hours(3 * 24);
/// The span is compared with that of so long ago.
const HISTORY: SignedDuration = SignedDuration::from_hours(8 * 24);

/// Of each camera behind a recorder that has said anything of it lately. Reads some rows a camera.
///
/// # Errors
/// Where the record cannot be read.
pub fn recordings(
    config: &Config,
    reader: &Reader,
    now: Timestamp,
) -> Result<BTreeMap<CameraId, RecordingStatus>, StoreError> {
    let timezone = &config.daemon.timezone;
    let from = now.checked_sub(REACH).unwrap_or(now);
    // What was said within this second counts.
    let to = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    reader.at_one_moment(|reader| {
        let book = Book::open(config, reader)?;
        let mut recordings = BTreeMap::new();
        for camera in config.inventory.cameras.values().filter(|camera| camera.recorder.is_some()) {
            let Some(seen) = reader.last_recording(&camera.id, from, to)? else { continue };
            let recorded = Recorded { from, to, now, timezone };
            let retention = retention::assess(reader, camera, &recorded, &book.maintenance_of(camera))?;
            let spans = reader.spans(&camera.id, now.checked_sub(HISTORY).unwrap_or(now), to)?;
            let seconds = |duration: SignedDuration| u64::try_from(duration.as_secs()).unwrap_or(0);
            let state = retention.as_ref().map_or(RetentionState::Unknown, |retention| retention.state);
            let known = state != RetentionState::Unknown || camera.retention.is_none();
            let status = RecordingStatus {
                state,
                oldest: seen.recording.oldest.filter(|_| known),
                newest: seen.recording.newest.filter(|_| known),
                span_seconds: retention.as_ref().and_then(|retention| retention.span).map(seconds),
                required_seconds: retention.as_ref().map(|retention| seconds(retention.required)),
                held_days: retention.as_ref().and_then(|retention| retention.held_days),
                gap_days: seen
                    .recording
                    .gap_days
                    .as_ref()
                    .and(retention.as_ref())
                    .map(|retention| u32::try_from(retention.gap_days.len()).unwrap_or(u32::MAX)),
                compliance_ratio: retention.as_ref().and_then(|retention| retention.compliance),
                falling: is_falling(&spans),
            };
            recordings.insert(camera.id.clone(), status);
        }
        Ok(recordings)
    })
}
