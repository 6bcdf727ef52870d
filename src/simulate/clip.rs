//! The clips that simulated cameras send, cut into RTP payloads once and shared by every session.
//!
//! Knows the payload formats: H.264 (RFC 6184), H.265 (RFC 7798), JPEG (RFC 2435). Knows nothing of sessions, sockets or
//! faults. The clips are our own, made by `clips/make.sh`; one that does not parse is a bug, found by the tests.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Largest RTP payload, bytes: fits an Ethernet frame with room for a tunnel.
const MAX_PAYLOAD: usize = 1400;
/// RTP ticks between two frames: 10 frames a second at 90 kHz.
pub(crate) const TICKS_PER_FRAME: u32 = 9000;
/// What the SDP declares, and what a camera that behaves sends.
pub(crate) const FRAMES_PER_SECOND: u32 = 10;

/// What a simulated camera's video is encoded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Codec {
    /// High profile, an IDR picture each second.
    #[default]
    H264,
    /// Main profile, an IDR picture each second.
    H265,
    /// Main profile, open groups of pictures: key frames are CRA pictures, never IDR.
    H265OpenGop,
    /// JPEG over RTP.
    Mjpeg,
}

/// What the pictures show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Show {
    Moving,
    Frozen,
    Black,
    /// H.264 with periodic intra refresh, whatever the camera's codec is otherwise.
    IntraRefresh,
}

/// One access unit as RTP payloads; the marker bit belongs to the last.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) key: bool,
    pub(crate) payloads: Vec<Vec<u8>>,
}

#[derive(Debug)]
pub(crate) struct Clip {
    pub(crate) payload_type: u8,
    /// Begins with a key frame; played round and round.
    pub(crate) frames: Vec<Frame>,
    /// The lines of the SDP's media section from `m=` on, without `a=control`.
    pub(crate) sdp_media: String,
}

/// The clip for a codec and what it shows; cut at its first use.
pub(crate) fn clip(codec: Codec, show: Show) -> &'static Arc<Clip> {
    static CLIPS: [OnceLock<Arc<Clip>>; 10] = [const { OnceLock::new() }; 10];
    let (slot, make): (usize, fn() -> Clip) = match (codec, show) {
        (_, Show::IntraRefresh) => (0, || h264(include_bytes!("clips/refresh.h264"), true)),
        (Codec::H264, Show::Moving) => (1, || h264(include_bytes!("clips/moving.h264"), false)),
        (Codec::H264, Show::Frozen) => (2, || h264(include_bytes!("clips/frozen.h264"), false)),
        (Codec::H264, Show::Black) => (3, || h264(include_bytes!("clips/black.h264"), false)),
        (Codec::H265OpenGop, Show::Moving) => (4, || h265(include_bytes!("clips/open-gop.h265"), true)),
        (Codec::H265, Show::Moving) => (5, || h265(include_bytes!("clips/moving.h265"), false)),
        (Codec::H265 | Codec::H265OpenGop, Show::Frozen) => (6, || h265(include_bytes!("clips/frozen.h265"), false)),
        (Codec::H265 | Codec::H265OpenGop, Show::Black) => (7, || h265(include_bytes!("clips/black.h265"), false)),
        (Codec::Mjpeg, Show::Moving | Show::Frozen) => (8, || mjpeg(include_bytes!("clips/moving.mjpeg"))),
        (Codec::Mjpeg, Show::Black) => (9, || mjpeg(include_bytes!("clips/black.mjpeg"))),
    };
    CLIPS[slot].get_or_init(|| Arc::new(make()))
}

/// The NAL units of an Annex B byte stream.
fn nal_units(stream: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at + 3 <= stream.len() {
        if stream[at..at + 3] == [0, 0, 1] {
            starts.push(at + 3);
            at += 3;
        } else {
            at += 1;
        }
    }
    let mut units = Vec::with_capacity(starts.len());
    for (i, &start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).map_or(stream.len(), |next| next - 3);
        let unit = &stream[start..end];
        // A four-byte start code's first zero is no part of the unit before it; a unit never ends in a zero.
        let length = unit.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
        units.push(&unit[..length]);
    }
    units
}

/// What H.264 and H.265 differ in.
struct Format {
    /// Bytes of a NAL unit's header.
    header: usize,
    kind: fn(&[u8]) -> u8,
    is_slice: fn(u8) -> bool,
    /// An aggregation packet's header.
    aggregate: &'static [u8],
    /// A fragmentation unit's headers but the last, made of the NAL unit's.
    fragment: fn(&[u8]) -> Vec<u8>,
}

const H264: Format = Format {
    header: 1,
    kind: |unit| unit[0] & 0x1f,
    is_slice: |kind| (1..=5).contains(&kind),
    aggregate: &[0x78],                           // STAP-A (24), NRI 3
    fragment: |unit| vec![unit[0] & 0xe0 | 0x1c], // FU-A (28)
};

const H265: Format = Format {
    header: 2,
    kind: |unit| unit[0] >> 1 & 0x3f,
    is_slice: |kind| kind < 32,
    aggregate: &[48 << 1, 1], // AP, layer 0, TID 1
    fragment: |unit| vec![unit[0] & 0x81 | 49 << 1, unit[1]],
};

impl Format {
    /// Access units of one slice each, as our encoder makes them: what is not a slice belongs to the slice after it.
    fn access_units<'a>(&self, units: &[&'a [u8]]) -> Vec<Vec<&'a [u8]>> {
        let mut all = Vec::new();
        let mut current = Vec::new();
        for unit in units {
            current.push(*unit);
            if (self.is_slice)((self.kind)(unit)) {
                all.push(std::mem::take(&mut current));
            }
        }
        all
    }

    fn packetise(&self, access_unit: &[&[u8]]) -> Vec<Vec<u8>> {
        let (small, slice) = access_unit.split_at(access_unit.len() - 1);
        let mut payloads = Vec::new();
        if small.len() > 1 {
            let mut aggregate = self.aggregate.to_vec();
            for unit in small {
                let length = u16::try_from(unit.len()).expect("parameter sets of our own clips are short");
                aggregate.extend_from_slice(&length.to_be_bytes());
                aggregate.extend_from_slice(unit);
            }
            assert!(aggregate.len() <= MAX_PAYLOAD, "parameter sets of our own clips fit one packet");
            payloads.push(aggregate);
        } else {
            payloads.extend(small.iter().map(|unit| unit.to_vec()));
        }
        let slice = slice[0];
        if slice.len() <= MAX_PAYLOAD {
            payloads.push(slice.to_vec());
            return payloads;
        }
        let head = (self.fragment)(slice);
        let mut pieces = slice[self.header..].chunks(MAX_PAYLOAD - head.len() - 1).peekable();
        let mut flags = 0x80; // start
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_none() {
                flags |= 0x40; // end
            }
            let mut payload = head.clone();
            payload.push(flags | (self.kind)(slice));
            payload.extend_from_slice(piece);
            payloads.push(payload);
            flags = 0;
        }
        payloads
    }

    /// `skip_first_group`: cut away all before the second set of parameter sets.
    fn frames(&self, stream: &[u8], parameter_set: u8, skip_first_group: bool) -> Vec<Frame> {
        let units = nal_units(stream);
        let mut frames: Vec<Frame> = self
            .access_units(&units)
            .iter()
            .map(|access_unit| Frame {
                key: access_unit.iter().any(|unit| (self.kind)(unit) == parameter_set),
                payloads: self.packetise(access_unit),
            })
            .collect();
        if skip_first_group {
            let second = frames.iter().skip(1).position(|frame| frame.key).map_or(0, |at| at + 1);
            frames.drain(..second);
        }
        frames
    }
}

fn first<'a>(format: &Format, units: &[&'a [u8]], kind: u8) -> &'a [u8] {
    units.iter().find(|unit| (format.kind)(unit) == kind).expect("our own clips carry their parameter sets")
}

fn h264(stream: &[u8], skip_first_group: bool) -> Clip {
    let units = nal_units(stream);
    let (sps, pps) = (first(&H264, &units, 7), first(&H264, &units, 8));
    let mut profile = String::new();
    for byte in &sps[1..4] {
        let _ = write!(profile, "{byte:02X}");
    }
    Clip {
        payload_type: 96,
        frames: H264.frames(stream, 7, skip_first_group),
        sdp_media: format!(
            "m=video 0 RTP/AVP 96\r\nb=AS:64\r\na=rtpmap:96 H264/90000\r\n\
             a=fmtp:96 packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={},{}\r\n\
             a=framerate:{FRAMES_PER_SECOND}\r\n",
            BASE64.encode(sps),
            BASE64.encode(pps)
        ),
    }
}

fn h265(stream: &[u8], skip_first_group: bool) -> Clip {
    let units = nal_units(stream);
    let set = |kind| BASE64.encode(first(&H265, &units, kind));
    Clip {
        payload_type: 96,
        frames: H265.frames(stream, 33, skip_first_group),
        sdp_media: format!(
            "m=video 0 RTP/AVP 96\r\nb=AS:64\r\na=rtpmap:96 H265/90000\r\n\
             a=fmtp:96 sprop-vps={};sprop-sps={};sprop-pps={}\r\na=framerate:{FRAMES_PER_SECOND}\r\n",
            set(32),
            set(33),
            set(34)
        ),
    }
}

fn mjpeg(stream: &[u8]) -> Clip {
    let mut frames = Vec::new();
    let mut rest = stream;
    while let Some(end) = rest.windows(2).position(|pair| pair == [0xff, 0xd9]) {
        let (picture, tail) = rest.split_at(end + 2);
        frames.push(Frame { key: true, payloads: packetise_jpeg(picture) });
        rest = tail;
    }
    Clip {
        payload_type: 26,
        frames,
        sdp_media: format!("m=video 0 RTP/AVP 26\r\nb=AS:320\r\na=framerate:{FRAMES_PER_SECOND}\r\n"),
    }
}

/// A baseline JPEG as RFC 2435 payloads, quantisation tables in the first (Q = 255).
fn packetise_jpeg(picture: &[u8]) -> Vec<Vec<u8>> {
    let mut tables: [&[u8]; 2] = [&[]; 2];
    let (mut width, mut height, mut kind) = (0u16, 0u16, 0u8);
    let mut at = 2; // behind SOI
    let scan = loop {
        let marker = picture[at + 1];
        let length = usize::from(u16::from_be_bytes([picture[at + 2], picture[at + 3]]));
        let body = &picture[at + 4..at + 2 + length];
        at += 2 + length;
        match marker {
            0xdb => {
                for table in body.chunks_exact(65) {
                    tables[usize::from(table[0] & 1)] = &table[1..];
                }
            }
            0xc0 => {
                height = u16::from_be_bytes([body[1], body[2]]);
                width = u16::from_be_bytes([body[3], body[4]]);
                // The luma component's sampling: 2x2 is 4:2:0 (type 1), 2x1 is 4:2:2 (type 0).
                kind = u8::from(body[7] == 0x22);
            }
            0xda => break &picture[at..picture.len() - 2],
            _ => {}
        }
    };
    if tables[1].is_empty() {
        tables[1] = tables[0];
    }
    let side = |pixels: u16| u8::try_from(pixels / 8).expect("our own clips are small");
    let mut payloads = Vec::new();
    let mut offset = 0;
    while offset < scan.len() {
        let place = u32::try_from(offset).expect("our own clips are small").to_be_bytes();
        let mut payload = vec![0, place[1], place[2], place[3], kind, 255, side(width), side(height)];
        if offset == 0 {
            payload.extend_from_slice(&[0, 0, 0, 128]); // 8-bit precision, 128 bytes of tables
            payload.extend_from_slice(tables[0]);
            payload.extend_from_slice(tables[1]);
        }
        let end = scan.len().min(offset + MAX_PAYLOAD - payload.len());
        payload.extend_from_slice(&scan[offset..end]);
        payloads.push(payload);
        offset = end;
    }
    payloads
}

#[cfg(test)]
mod tests {
    use super::{Codec, MAX_PAYLOAD, Show, clip};

    #[test]
    fn every_clip_begins_with_a_key_frame_and_fits_its_packets() {
        for codec in [Codec::H264, Codec::H265, Codec::H265OpenGop, Codec::Mjpeg] {
            for show in [Show::Moving, Show::Frozen, Show::Black, Show::IntraRefresh] {
                let clip = clip(codec, show);
                assert!(clip.frames[0].key, "{codec:?} {show:?}");
                for frame in &clip.frames {
                    assert!(!frame.payloads.is_empty());
                    assert!(frame.payloads.iter().all(|payload| payload.len() <= MAX_PAYLOAD && payload.len() > 2));
                }
            }
        }
        assert_eq!(clip(Codec::H264, Show::Moving).frames.len(), 20);
        assert_eq!(clip(Codec::H265OpenGop, Show::Moving).frames.len(), 20);
        assert_eq!(clip(Codec::Mjpeg, Show::Moving).frames.len(), 5);
    }

    #[test]
    fn open_groups_and_intra_refresh_hold_no_idr_picture() {
        // A packet's NAL unit type, or that inside a fragmentation unit.
        for frame in &clip(Codec::H265OpenGop, Show::Moving).frames {
            for payload in &frame.payloads {
                let kind = payload[0] >> 1 & 0x3f;
                let kind = if kind == 49 { payload[2] & 0x3f } else { kind };
                assert!(!matches!(kind, 19 | 20), "an IDR picture in an open-GOP clip");
            }
        }
        for frame in &clip(Codec::H264, Show::IntraRefresh).frames {
            for payload in &frame.payloads {
                let kind = payload[0] & 0x1f;
                let kind = if kind == 28 { payload[1] & 0x1f } else { kind };
                assert_ne!(kind, 5, "an IDR picture in an intra-refresh clip");
            }
        }
    }
}
