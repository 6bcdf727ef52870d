//! Rendered pages, shared between the scrapes of one snapshot.
//!
//! What comes from the snapshot is rendered (and compressed) once for all who ask within a moment; the daemon's own
//! series are fresh in every page. Blocking work: call it where blocking is allowed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use jiff::Timestamp;

use super::part::Part;
use crate::snapshot::Snapshot;
use crate::telemetry::Telemetry;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
}

/// How long a rendering is shared, even where the snapshot stands still: ages go on.
const FRESH: Duration = Duration::from_secs(5);

/// Parts kept at once; whoever asks for more parts than this renders anew.
const MOST_PARTS: usize = 16;

/// The renderings of the present snapshot.
#[derive(Default)]
pub struct Pages {
    kept: Mutex<HashMap<Part, Kept>>,
}

struct Kept {
    generation: u64,
    since: Instant,
    page: Arc<Rendering>,
}

/// One part of the page, made by the first who asks while others wait for it.
#[derive(Default)]
struct Rendering {
    text: OnceLock<String>,
    deflated: OnceLock<Deflated>,
}

/// Deflate blocks that end on a byte boundary without ending the stream, and the checksum of what they hold.
struct Deflated {
    blocks: Vec<u8>,
    crc: Crc,
}

impl Pages {
    /// The whole page: the part of the snapshot, then the daemon's own series if they belong to the part.
    #[must_use]
    pub fn page(&self, snapshot: &Snapshot, telemetry: &Telemetry, part: &Part, encoding: Encoding) -> Vec<u8> {
        let begun = Instant::now();
        let rendering = self.rendering(snapshot.generation, part);
        let text = rendering.text.get_or_init(|| super::render(snapshot, part, Timestamp::now()));
        let own = if part.has_the_rest() { super::render_own(telemetry) } else { String::new() };
        let page = match encoding {
            Encoding::Identity => [text.as_bytes(), own.as_bytes()].concat(),
            Encoding::Gzip => gzip(rendering.deflated.get_or_init(|| deflate(text.as_bytes())), own.as_bytes()),
        };
        telemetry.rendered(begun.elapsed(), text.len() + own.len());
        page
    }

    fn rendering(&self, generation: u64, part: &Part) -> Arc<Rendering> {
        // What a panicking holder left behind is whole: entries are inserted in one step.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| kept.generation == generation && kept.since.elapsed() < FRESH);
        if let Some(kept) = kept.get(part) {
            return Arc::clone(&kept.page);
        }
        let page = Arc::new(Rendering::default());
        if kept.len() < MOST_PARTS {
            kept.insert(part.clone(), Kept { generation, since: Instant::now(), page: Arc::clone(&page) });
        }
        page
    }
}

/// Level 1: an eighth of level 6's time for a third more bytes, measured on pages of this kind.
const LEVEL: Compression = Compression::new(1);

fn deflate(data: &[u8]) -> Deflated {
    let mut crc = Crc::new();
    crc.update(data);
    Deflated { blocks: raw_deflate(data, FlushCompress::Sync), crc }
}

/// One gzip member (RFC 1952) out of blocks that were made before and `tail`.
///
/// Deflate blocks that end on a byte boundary may be strung together, and checksums of parts combine, so that a page of
/// ten megabytes is compressed once for all while its last lines differ. Two members would say the same, but not every
/// client reads on after the first.
fn gzip(head: &Deflated, tail: &[u8]) -> Vec<u8> {
    // Magic, deflate, no flags, no time, fastest, unknown system.
    const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
    let end = raw_deflate(tail, FlushCompress::Finish);
    let mut tail_crc = Crc::new();
    tail_crc.update(tail);
    let mut crc = Crc::new();
    crc.combine(&head.crc);
    crc.combine(&tail_crc);

    let mut page = Vec::with_capacity(HEADER.len() + head.blocks.len() + end.len() + 8);
    page.extend_from_slice(&HEADER);
    page.extend_from_slice(&head.blocks);
    page.extend_from_slice(&end);
    page.extend_from_slice(&crc.sum().to_le_bytes());
    page.extend_from_slice(&crc.amount().to_le_bytes());
    page
}

fn raw_deflate(data: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut deflate = Compress::new(LEVEL, false);
    let mut out = Vec::with_capacity(data.len() / 8 + 1024);
    loop {
        let read = usize::try_from(deflate.total_in()).unwrap_or(usize::MAX).min(data.len());
        let had_room = out.capacity() - out.len();
        let status = deflate.compress_vec(&data[read..], &mut out, flush);
        // A sync flush is complete when it left room over; a finish says so itself. An error is impossible: deflating
        // fails on wrong parameters only, and a stalled buffer is answered with more room.
        let left_room = out.capacity() > out.len() && had_room > 0;
        match status {
            Ok(Status::StreamEnd) => return out,
            Ok(_) if flush != FlushCompress::Finish && left_room => return out,
            _ => out.reserve(out.capacity().max(1024)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn a_page_in_two_parts_is_one_gzip_member_that_reads_back_whole() {
        let line = |n| format!("camwatch_camera_up{{camera=\"c{n}\"}} {}\n", n * 7919 % 13);
        let long: Vec<String> = (0..20_000).map(line).collect();
        let long = long.concat();
        for head in ["", "one line\n", long.as_str()] {
            for tail in ["", "own 1\n", long.as_str()] {
                let packed = gzip(&deflate(head.as_bytes()), tail.as_bytes());
                let mut read = flate2::read::GzDecoder::new(packed.as_slice());
                let mut text = String::new();
                read.read_to_string(&mut text).unwrap();
                assert_eq!(text.len(), head.len() + tail.len());
                assert!(text.starts_with(head) && text.ends_with(tail));
                assert!(read.into_inner().is_empty(), "nothing stands behind the member");
            }
        }
    }
}
