//! What a playing session sends and when: RTP (RFC 3550) at the pace of the clip, with the faults that lie in the media.
//!
//! Pure but for the clock that it is handed: it fills a buffer with interleaved packets (RFC 2326, 10.12); `session`
//! writes them to the socket or takes them apart for UDP.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::behaviour::Behaviour;
use super::clip::{Clip, Codec, FRAMES_PER_SECOND, Show, TICKS_PER_FRAME, clip};

/// How often a sender report goes out, in frames.
const REPORT_EVERY: u64 = 50;
const FRAME: Duration = Duration::from_millis(1000 / FRAMES_PER_SECOND as u64);
/// How much slower than declared a `slow` camera is.
const SLOWER: u32 = 10;

/// What the session does after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// Writes what was filled and comes back when the next is due.
    GoOn,
    /// Writes what was filled; nothing more will come while the behaviour stays.
    Rest,
    /// Writes what was filled and closes.
    Close,
    /// Resets the connection.
    Reset,
}

/// What a behaviour shows.
pub(crate) fn show(behaviour: Behaviour) -> Show {
    match behaviour {
        Behaviour::Frozen => Show::Frozen,
        Behaviour::Black => Show::Black,
        Behaviour::IntraRefresh => Show::IntraRefresh,
        _ => Show::Moving,
    }
}

/// One session's stream of packets.
pub(crate) struct Player {
    codec: Codec,
    clip: &'static Arc<Clip>,
    /// Interleaved channel of RTP; RTCP has the next.
    channel: u8,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    /// Index of the next frame of the clip.
    next: usize,
    frames: u64,
    packets: u64,
    octets: u64,
    key_sent: bool,
    due: Instant,
    /// A packet kept back to arrive out of order.
    held: Vec<u8>,
    /// Whether requests may stand between packets: not over UDP.
    interleaved: bool,
}

impl Player {
    pub(crate) fn new(codec: Codec, channel: u8, interleaved: bool, now: Instant) -> Self {
        Self {
            codec,
            clip: clip(codec, Show::Moving),
            channel,
            sequence: fastrand::u16(2..),
            timestamp: fastrand::u32(..),
            ssrc: fastrand::u32(1..),
            next: 0,
            frames: 0,
            packets: 0,
            octets: 0,
            key_sent: false,
            due: now,
            held: Vec::new(),
            interleaved,
        }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The first frame is due now.
    pub(crate) fn start(&mut self, now: Instant) {
        self.due = now;
    }

    pub(crate) fn due(&self) -> Instant {
        self.due
    }

    /// For the `RTP-Info` header: sequence number and timestamp of the first packet.
    pub(crate) fn rtp_info(&self) -> (u16, u32) {
        (self.sequence, self.timestamp)
    }

    /// Fills in what is due now.
    pub(crate) fn step(&mut self, behaviour: Behaviour, now: Instant, out: &mut Vec<u8>) -> After {
        let showing = clip(self.codec, show(behaviour));
        if !Arc::ptr_eq(showing, self.clip) {
            self.clip = showing;
            self.next = 0;
        }
        if self.frames == 0 {
            match behaviour {
                Behaviour::ResetPlaying => return After::Reset,
                Behaviour::NoMedia => return After::Rest,
                // As one who joins a running stream: what is lost is lost before the first key frame, too.
                Behaviour::Lossy => self.next = self.clip.frames.len() / 4,
                _ => {}
            }
        }
        if behaviour == Behaviour::NoKeyframe && self.codec != Codec::Mjpeg {
            while self.clip.frames[self.next].key {
                self.advance();
            }
        }
        if self.frames.is_multiple_of(REPORT_EVERY) {
            self.report(out);
        }
        let after = self.frame(behaviour, out);
        let pace = if behaviour == Behaviour::Slow { SLOWER } else { 1 };
        self.frames += 1;
        self.timestamp = self.timestamp.wrapping_add(TICKS_PER_FRAME * pace);
        // Frozen in JPEG is the same picture again; H.26x has a clip of its own for it.
        if !(self.codec == Codec::Mjpeg && behaviour == Behaviour::Frozen) {
            self.advance();
        }
        // One who was kept from running (a stopped process, a reader that does not read) does not catch up in a burst.
        self.due = (self.due + FRAME * pace).max(now.checked_sub(FRAME * 2).unwrap_or(now));
        if behaviour == Behaviour::EndlessFrame {
            self.due = now;
        }
        after
    }

    fn advance(&mut self) {
        self.next = (self.next + 1) % self.clip.frames.len();
    }

    /// One frame with the faults of its behaviour.
    fn frame(&mut self, behaviour: Behaviour, out: &mut Vec<u8>) -> After {
        let clip = Arc::clone(self.clip);
        let frame = &clip.frames[self.next];
        let last = frame.payloads.len() - 1;
        let half = frame.payloads.len().div_ceil(2).min(last);
        let first = self.frames == 0;
        match behaviour {
            Behaviour::Stall | Behaviour::EndMedia if first => {
                for payload in &frame.payloads[..half] {
                    self.packet(payload, false, out);
                }
                return if behaviour == Behaviour::Stall { After::Rest } else { After::Close };
            }
            Behaviour::Stall | Behaviour::EndMedia | Behaviour::StallLater if !first => return After::Rest,
            Behaviour::Garbage if self.interleaved => {
                out.extend_from_slice(b"the moon is made of green cheese and so is this stream\r\n");
                return After::Rest;
            }
            Behaviour::NoKeyframe if self.codec == Codec::Mjpeg => {
                for payload in &frame.payloads[..last] {
                    self.packet(payload, false, out);
                }
            }
            Behaviour::PanicPush => {
                let slice = clip.frames.iter().find(|frame| !frame.key).unwrap_or(frame).payloads[0].clone();
                self.packet(&slice, false, out);
                self.timestamp = self.timestamp.wrapping_add(TICKS_PER_FRAME);
                let mut damaged = slice;
                damaged[0] |= 0x80; // forbidden_zero_bit
                self.packet(&damaged, false, out);
            }
            Behaviour::EndlessFrame => self.endless(&frame.payloads, out),
            Behaviour::MidFragment if first => {
                for (i, payload) in frame.payloads.iter().enumerate().skip(2) {
                    self.packet(payload, i == last, out);
                }
            }
            Behaviour::ServerRequest if self.interleaved && frame.key => {
                for (i, payload) in frame.payloads.iter().enumerate() {
                    if i == half {
                        out.extend_from_slice(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: camera\r\n\r\n");
                    }
                    self.packet(payload, i == last, out);
                }
            }
            Behaviour::ForeignSsrc if first => {
                for (i, payload) in frame.payloads.iter().enumerate() {
                    self.packet(payload, i == last, out);
                    if i == 0 {
                        self.foreign(payload, out);
                    }
                }
            }
            Behaviour::BadTimestamps => {
                let right = self.timestamp;
                self.timestamp = match self.frames % 6 {
                    2 => right.wrapping_add(900_000),
                    4 => right.wrapping_sub(450_000),
                    _ => right,
                };
                self.whole(frame, out);
                self.timestamp = right;
            }
            Behaviour::OutOfOrder if self.frames % 4 == 2 => {
                for payload in &frame.payloads[..last] {
                    self.packet(payload, false, out);
                }
                let mut held = std::mem::take(&mut self.held);
                self.packet(&frame.payloads[last], true, &mut held);
                self.held = held;
                return After::GoOn;
            }
            Behaviour::Lossy => {
                for (i, payload) in frame.payloads.iter().enumerate() {
                    let whole = frame.key && !self.key_sent;
                    if !whole && self.packets % 4 == 3 {
                        self.lose();
                    } else {
                        self.packet(payload, i == last, out);
                    }
                }
            }
            Behaviour::WrongPayloadType => {
                let begin = out.len();
                self.whole(frame, out);
                for_each_packet(&mut out[begin..], |packet| packet[1] ^= 1);
            }
            _ => self.whole(frame, out),
        }
        self.key_sent |= frame.key;
        out.append(&mut self.held);
        After::GoOn
    }

    fn whole(&mut self, frame: &super::clip::Frame, out: &mut Vec<u8>) {
        let last = frame.payloads.len() - 1;
        for (i, payload) in frame.payloads.iter().enumerate() {
            self.packet(payload, i == last, out);
        }
    }

    /// Some 90 kB of a picture whose last packet never comes.
    fn endless(&mut self, payloads: &[Vec<u8>], out: &mut Vec<u8>) {
        self.timestamp = self.timestamp.wrapping_sub(if self.frames == 0 { 0 } else { TICKS_PER_FRAME });
        // The first fragment of the picture, once; then one more, flagged as neither first nor last, for ever.
        let largest = payloads.iter().max_by_key(|payload| payload.len()).expect("a frame has packets");
        if self.frames == 0 {
            self.packet(largest, false, out);
        }
        let mut middle = largest.clone();
        let flags = if self.codec == Codec::H264 { 1 } else { 2 };
        middle[flags] &= 0x3f;
        for _ in 0..64 {
            self.packet(&middle, false, out);
        }
    }

    fn header(&self, length: usize) -> [u8; 4] {
        let length = u16::try_from(length).expect("packets are shorter than 64 KiB").to_be_bytes();
        [b'$', self.channel, length[0], length[1]]
    }

    fn packet(&mut self, payload: &[u8], marker: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header(12 + payload.len()));
        out.extend_from_slice(&[0x80, self.clip.payload_type | u8::from(marker) << 7]);
        out.extend_from_slice(&self.sequence.to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        out.extend_from_slice(payload);
        self.octets += payload.len() as u64;
        self.lose();
    }

    /// Counts a packet without sending it.
    fn lose(&mut self) {
        self.sequence = self.sequence.wrapping_add(1);
        self.packets += 1;
    }

    fn foreign(&self, payload: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.header(12 + payload.len()));
        out.extend_from_slice(&[0x80, self.clip.payload_type]);
        out.extend_from_slice(&self.sequence.wrapping_add(1000).to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&(self.ssrc ^ 0x5555).to_be_bytes());
        out.extend_from_slice(payload);
    }

    /// A sender report (RFC 3550, 6.4.1) without report blocks.
    #[allow(clippy::cast_possible_truncation)] // Both fields wrap around by definition.
    fn report(&self, out: &mut Vec<u8>) {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let since_1900 = since_1970.as_secs() + 2_208_988_800;
        let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
        let mut header = self.header(28);
        header[1] = self.channel + 1;
        out.extend_from_slice(&header);
        out.extend_from_slice(&[0x80, 200, 0, 6]);
        out.extend_from_slice(&self.ssrc.to_be_bytes());
        out.extend_from_slice(&(since_1900 as u32).to_be_bytes());
        out.extend_from_slice(&(fraction as u32).to_be_bytes());
        out.extend_from_slice(&self.timestamp.to_be_bytes());
        out.extend_from_slice(&(self.packets as u32).to_be_bytes());
        out.extend_from_slice(&(self.octets as u32).to_be_bytes());
    }
}

/// Each packet of a buffer of interleaved packets, behind its four-byte header.
pub(crate) fn for_each_packet(mut buffer: &mut [u8], mut f: impl FnMut(&mut [u8])) {
    while let [b'$', _, high, low, ..] = *buffer {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (packet, rest) = buffer[4..].split_at_mut(length);
        f(packet);
        buffer = rest;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::{After, Behaviour, Codec, FRAME, Player, for_each_packet};

    /// (sequence, timestamp, marker) of each RTP packet of so many steps.
    fn play(behaviour: Behaviour, steps: usize) -> Vec<(u16, u32, bool)> {
        let now = Instant::now();
        let mut player = Player::new(Codec::H264, 0, true, now);
        let mut all = Vec::new();
        for _ in 0..steps {
            let mut out = Vec::new();
            assert_eq!(player.step(behaviour, now, &mut out), After::GoOn);
            for_each_packet(&mut out, |packet| {
                if packet[1] != 200 {
                    let sequence = u16::from_be_bytes([packet[2], packet[3]]);
                    let timestamp = u32::from_be_bytes(packet[4..8].try_into().unwrap());
                    all.push((sequence, timestamp, packet[1] & 0x80 != 0));
                }
            });
        }
        all
    }

    #[test]
    fn a_camera_that_behaves_sends_every_packet_in_order_and_ends_each_frame_with_a_marker() {
        let packets = play(Behaviour::Ok, 40);
        assert!(packets.windows(2).all(|pair| pair[1].0 == pair[0].0.wrapping_add(1)));
        assert!(packets.windows(2).all(|pair| pair[0].2 == (pair[1].1 != pair[0].1)));
        assert_eq!(packets.iter().filter(|packet| packet.2).count(), 40);
    }

    #[test]
    fn a_lossy_line_leaves_gaps_and_a_disorderly_one_none() {
        let mut lossy = play(Behaviour::Lossy, 40);
        assert!(lossy.windows(2).any(|pair| pair[1].0 == pair[0].0.wrapping_add(2)));
        lossy.dedup();
        let sent = play(Behaviour::OutOfOrder, 41);
        let mut sorted = sent.clone();
        let first = sorted[0].0;
        sorted.sort_by_key(|packet| packet.0.wrapping_sub(first));
        assert_ne!(sent, sorted);
        assert!(sorted.windows(2).all(|pair| pair[1].0 == pair[0].0.wrapping_add(1)));
    }

    #[test]
    fn slow_is_a_tenth_of_the_frames_by_clock_and_by_timestamp() {
        let now = Instant::now();
        let mut player = Player::new(Codec::H264, 0, true, now);
        player.step(Behaviour::Slow, now, &mut Vec::new());
        assert_eq!(player.due(), now + FRAME * 10);
        let packets = play(Behaviour::Slow, 3);
        assert_eq!(packets.last().unwrap().1.wrapping_sub(packets[0].1), 2 * 90_000);
    }
}
