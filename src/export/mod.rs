//! The metrics page: text format 0.0.4 over an immutable snapshot, and the daemon's own series.
//!
//! Camera, site and fund series are written directly from the sorted [`Snapshot`]: nothing here outlives a rendering, so
//! the series of a removed camera disappear with it, and no label set can be merged with another. The daemon's own
//! series are the `prometheus` crate's. Ages are computed when the page is rendered; everything else is as the snapshot
//! has it. Must not know HTTP, the record or how anything came to be.

mod cameras;
mod groups;
mod page;
mod part;
mod process;
mod recorders;
mod roster;
mod text;

use jiff::Timestamp;
use prometheus::{Encoder, TextEncoder};

use crate::snapshot::Snapshot;
use crate::telemetry::Telemetry;

pub use page::{Encoding, Pages};
pub use part::{BadPart, Part, Shard};

/// What the text format calls itself.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The series that come from the snapshot. `now` is what ages are counted to.
#[must_use]
pub fn render(snapshot: &Snapshot, part: &Part, now: Timestamp) -> String {
    let mut out = text::Writer::with_capacity(snapshot.cameras.len() * 2048 + 4096);
    cameras::write(&mut out, snapshot, part, now);
    groups::write_sites(&mut out, snapshot, part);
    groups::write_communes(&mut out, snapshot, part);
    recorders::write(&mut out, snapshot, part);
    if part.has_the_rest() {
        groups::write_rest(&mut out, snapshot);
        roster::write(&mut out, snapshot, now);
    }
    out.into_text()
}

/// The daemon's own series, as they are at this moment.
#[must_use]
pub fn render_own(telemetry: &Telemetry) -> String {
    let mut text = Vec::new();
    // An error is an empty or unnamed family, which the registry does not gather; writing to a vector does not fail.
    if let Err(error) = TextEncoder::new().encode(&telemetry.registry().gather(), &mut text) {
        tracing::error!(%error, "the daemon's own metrics could not be rendered");
    }
    let mut out = text::Writer::with_capacity(2048);
    process::write(&mut out);
    // The encoder writes nothing but UTF-8.
    String::from_utf8(text).unwrap_or_default() + &out.into_text()
}
