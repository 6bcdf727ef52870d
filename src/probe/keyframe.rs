//! Whether an access unit is one that a decoder can begin with: our own look at its NAL units.
//!
//! The RTSP library takes fewer for such: not the CRA and BLA pictures of H.265 with open groups of pictures, and not the
//! recovery points of H.264 streams without IDR pictures. Pure.

use super::meter::{Codec, is_irap};

/// How well a decoder can begin with an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// An IDR, CRA or BLA picture, or a JPEG: whole by itself.
    KeyFrame,
    /// A recovery point (H.264 annex D.2.8): whole after so many frames more.
    RecoveryPoint(u32),
}

/// Looks at an access unit in Annex B form (a JPEG file for MJPEG).
pub(crate) fn entry(codec: Codec, unit: &[u8]) -> Option<Entry> {
    match codec {
        Codec::Jpeg => Some(Entry::KeyFrame),
        Codec::H264 => h264(unit),
        Codec::H265 => nal_units(unit)
            .filter_map(|nal| nal.first().map(|b| (b >> 1) & 0x3f))
            .find(|kind| *kind < 32)
            .and_then(|kind| is_irap(kind).then_some(Entry::KeyFrame)),
    }
}

fn h264(unit: &[u8]) -> Option<Entry> {
    let mut recovery = None;
    for nal in nal_units(unit) {
        match nal.first().map(|b| b & 0x1f) {
            Some(5) => return Some(Entry::KeyFrame),
            Some(6) => recovery = recovery.or_else(|| recovery_point(&nal[1..until_next(nal)])),
            // The first slice decides; pictures do not mix IDR slices with others.
            Some(1..=4) => return recovery.map(Entry::RecoveryPoint),
            _ => {}
        }
    }
    None
}

/// `recovery_frame_cnt` of the recovery point message among SEI messages, if there is one.
fn recovery_point(mut sei: &[u8]) -> Option<u32> {
    const RECOVERY_POINT: usize = 6;
    while sei.len() > 2 {
        let kind = sei_number(&mut sei)?;
        let size = sei_number(&mut sei)?;
        let body = sei.get(..size)?;
        if kind == RECOVERY_POINT {
            return exp_golomb(body);
        }
        sei = &sei[size..];
    }
    None
}

fn sei_number(sei: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    loop {
        let (first, rest) = sei.split_first()?;
        *sei = rest;
        number += usize::from(*first);
        if *first != 0xff {
            return Some(number);
        }
    }
}

/// The first number in Exp-Golomb code (H.264 9.1), up to 16 bits.
fn exp_golomb(bytes: &[u8]) -> Option<u32> {
    let bit = |i: usize| bytes.get(i / 8).map(|b| u32::from(b >> (7 - i % 8)) & 1);
    let mut zeros = 0;
    while bit(zeros)? == 0 {
        zeros += 1;
        if zeros > 16 {
            return None;
        }
    }
    let mut value = 0;
    for i in zeros..=2 * zeros {
        value = value << 1 | bit(i)?;
    }
    Some(value - 1)
}

/// Where each NAL unit of an Annex B byte stream begins, behind its start code: what kind it is stands there, and the
/// slice that decides, by far the longest, is never searched for its end.
fn nal_units(stream: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut last = Some(stream);
    std::iter::from_fn(move || {
        let before = last?;
        last = start_code(before).map(|at| &before[at + 3..]);
        last
    })
}

/// The length of the NAL unit that begins here: to the next start code, which may have a zero before it.
fn until_next(nal: &[u8]) -> usize {
    start_code(nal).map_or(nal.len(), |end| end - usize::from(nal[..end].ends_with(&[0])))
}

fn start_code(bytes: &[u8]) -> Option<usize> {
    bytes.windows(3).position(|w| w == [0, 0, 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frames_are_what_decoders_begin_with() {
        let sps_pps_idr = [0, 0, 0, 1, 0x67, 1, 2, 0, 0, 0, 1, 0x68, 1, 0, 0, 1, 0x65, 9];
        assert_eq!(entry(Codec::H264, &sps_pps_idr), Some(Entry::KeyFrame));
        assert_eq!(entry(Codec::H264, &[0, 0, 0, 1, 0x41, 9]), None);
        assert_eq!(entry(Codec::H264, &[0, 0, 0, 1, 0x06, 5, 1, 0x80, 0x80]), None, "SEI alone is no picture");
        for kind in 16..=21_u8 {
            assert_eq!(entry(Codec::H265, &[0, 0, 0, 1, kind << 1, 1, 5]), Some(Entry::KeyFrame), "{kind}");
        }
        assert_eq!(entry(Codec::H265, &[0, 0, 0, 1, 32 << 1, 1, 0, 0, 0, 1, 1 << 1, 1]), None);
        assert_eq!(entry(Codec::H265, &[]), None);
    }

    #[test]
    fn recovery_points_say_how_many_frames_they_need() {
        // recovery_frame_cnt 0 is "1", 1 is "010", 24 is "000011001".
        let with = |body: &[u8]| {
            let mut unit = vec![0, 0, 0, 1, 0x06, 0xff, 0x01, 0x01, 0x00, 6, u8::try_from(body.len()).unwrap()];
            unit.extend_from_slice(body);
            unit.extend_from_slice(&[0x80, 0, 0, 1, 0x41, 1]);
            entry(Codec::H264, &unit)
        };
        assert_eq!(with(&[0b1000_0000]), Some(Entry::RecoveryPoint(0)));
        assert_eq!(with(&[0b0100_0000]), Some(Entry::RecoveryPoint(1)));
        assert_eq!(with(&[0b0000_1100, 0b1100_0000]), Some(Entry::RecoveryPoint(24)));
        assert_eq!(with(&[0]), None);
    }
}
