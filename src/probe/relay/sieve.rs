//! Spares the library what it can do nothing with: while it has had a frame and waits for one to begin with, each packet
//! that it is handed wakes it, and that is what the waiting would cost. Pure.

use crate::probe::meter::{Meter, Piece};

/// So many packets are held back in a row at most: the library takes a longer gap in their numbers for another stream.
const MOST_HELD: u32 = 4096;

/// What of a stream the library is to have while it waits for a key frame.
///
/// Access units of nothing but slices are held back, others let through whole; from the first of these on everything is.
/// One unit a second is let through all the same: the library takes a leap of ten for a fault.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    /// Something came that may be a key frame: nothing more is held back.
    open: bool,
    unit: Option<Unit>,
    held: u32,
}

#[derive(Debug, Clone, Copy)]
struct Unit {
    timestamp: u32,
    /// Of the latest unit that the library was handed, or the first of all.
    handed: u32,
    passes: bool,
}

impl Sieve {
    /// Whether packets are held back, so that nobody waits for the next.
    pub(super) fn holds_back(&self) -> bool {
        self.held > 0 && !self.open
    }

    /// Whether the packet that `meter` took last is for the library.
    pub(super) fn lets_through(&mut self, meter: &Meter, piece: Piece) -> bool {
        self.open |= piece == Piece::Other;
        let Some(timestamp) = meter.timestamp().filter(|_| !self.open) else { return true };
        let unit = match self.unit {
            Some(unit) if unit.timestamp == timestamp => unit,
            Some(Unit { handed, .. }) => {
                let passes = timestamp.wrapping_sub(handed) >= meter.clock_rate() || self.held >= MOST_HELD;
                Unit { timestamp, handed: if passes { timestamp } else { handed }, passes }
            }
            // The unit of which the library was handed the beginning.
            None => Unit { timestamp, handed: timestamp, passes: true },
        };
        self.unit = Some(unit);
        self.held = if unit.passes { 0 } else { self.held + 1 };
        unit.passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::meter::Codec;

    const CLOCK: u32 = 90_000;

    /// Numbers, timestamps and first bytes of H.264 payloads; those that come through.
    fn through(packets: &[(u16, u32, u8)]) -> Vec<u16> {
        let (mut meter, mut sieve) = (Meter::new(Codec::H264, CLOCK), Sieve::default());
        let passes = |&&(sequence, timestamp, first): &&(u16, u32, u8)| {
            let mut packet = vec![0x80, 96];
            packet.extend_from_slice(&sequence.to_be_bytes());
            packet.extend_from_slice(&timestamp.to_be_bytes());
            packet.extend_from_slice(&[0, 0, 0, 9, first, 1]);
            let piece = meter.push(&packet).unwrap();
            sieve.lets_through(&meter, piece)
        };
        packets.iter().filter(passes).map(|packet| packet.0).collect()
    }

    #[test]
    fn pictures_between_are_held_back_until_one_may_be_a_key_frame_and_everything_follows_it() {
        let stream = [
            // The rest of the first frame, two between, parameter sets and the key frame, and on.
            (1, 0, 0x41),
            (2, 0, 0x41),
            (3, 6000, 0x41),
            (4, 6000, 0x41),
            (5, 12_000, 0x41),
            (6, 18_000, 0x67),
            (7, 18_000, 0x68),
            (8, 18_000, 0x65),
            (9, 24_000, 0x41),
        ];
        assert_eq!(through(&stream), [1, 2, 6, 7, 8, 9]);
    }

    #[test]
    fn a_key_frame_is_found_where_every_picture_has_one_timestamp() {
        assert_eq!(through(&[(1, 0, 0x41), (2, 5, 0x41), (3, 5, 0x41), (4, 5, 0x65), (5, 5, 0x41)]), [1, 4, 5]);
    }

    #[test]
    fn a_unit_a_second_comes_through_whole() {
        let stream: Vec<_> = (0..40_u16).map(|i| (i, u32::from(i / 2) * CLOCK / 8, 0x41)).collect();
        assert_eq!(through(&stream), [0, 1, 16, 17, 32, 33]);
    }

    #[test]
    fn no_more_are_held_back_than_numbers_can_leap() {
        let stream: Vec<_> = (0..10_000_u16).map(|i| (i, u32::from(i), 0x41)).collect();
        let came = through(&stream);
        assert!(came.windows(2).all(|pair| u32::from(pair[1] - pair[0]) <= MOST_HELD + 1), "{came:?}");
        assert!(came.len() < 10);
    }
}
