//! What the packets of a stream say of it, counted without putting frames together: rate, loss, key frames.
//!
//! Reads RTP headers (RFC 3550) and the first bytes of the payloads (RFC 6184, RFC 7798, RFC 2435). Pure: time is RTP
//! time. It also bounds what one access unit may cost whoever puts it together.

/// The formats that the probe can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    H264,
    H265,
    Jpeg,
}

impl Codec {
    pub(crate) fn of(encoding_name: &str) -> Option<Self> {
        match encoding_name {
            "h264" => Some(Self::H264),
            "h265" => Some(Self::H265),
            "jpeg" => Some(Self::Jpeg),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::H264 => "h264",
            Self::H265 => "h265",
            Self::Jpeg => "jpeg",
        }
    }

    /// The type of a NAL unit, or of a payload that is made like one.
    fn nal_kind(self, unit: &[u8]) -> Option<u8> {
        let first = unit.first()?;
        match self {
            Self::H264 => Some(first & 0x1f),
            Self::H265 => Some((first >> 1) & 0x3f),
            Self::Jpeg => None,
        }
    }

    /// Whether NAL units of this type are pictures that a decoder can begin with.
    fn is_key(self, kind: u8) -> bool {
        match self {
            Self::H264 => kind == 5,
            Self::H265 => is_irap(kind),
            Self::Jpeg => false,
        }
    }

    fn piece(self, kind: u8) -> Piece {
        let slices = match self {
            // 9: an access unit delimiter.
            Self::H264 => matches!(kind, 1..=4 | 9),
            // Up to 15: pictures that are no random access points. 35: an access unit delimiter.
            Self::H265 => matches!(kind, 0..=15 | 35),
            Self::Jpeg => false,
        };
        if slices { Piece::Slices } else { Piece::Other }
    }
}

/// The most that one access unit may weigh. Whoever puts it together holds it in a ring that doubles and copies it
/// once: 4 MiB and this come to less than the 8 MiB that a probe may hold. A key frame of 4K video weighs 1 to 2 MB.
pub(crate) const MAX_UNIT_BYTES: usize = 2816 * 1024;

/// The most pieces (packets, aggregated units) that one access unit may come in; each costs some bookkeeping.
pub(crate) const MAX_UNIT_PIECES: usize = 8192;

/// A run of timestamps says nothing about the rate before it has lasted so long, in seconds...
const SHORTEST_RUN: f64 = 0.75;

/// ...and over so many steps: one alone may be a leap.
const FEWEST_STEPS: u64 = 2;

/// A step of timestamps longer than a second and so many times longer than others of its run is a leap.
const LEAP: u64 = 8;

/// And so is any of so many seconds.
const LONGEST_STEP: u32 = 12;

/// Sequence numbers that leap further than this begin anew: the sender restarted.
const LONGEST_GAP: u16 = 3000;

/// A packet that takes its access unit over the bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// What a packet brings of its access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Slices that no decoder can begin with, the mark between two units, and nothing else.
    Slices,
    /// Anything else: of a key frame, parameter sets, messages, what cannot be told.
    Other,
}

#[derive(Debug)]
pub(crate) struct Meter {
    codec: Codec,
    clock_rate: u32,
    ssrc: Option<u32>,
    received: u64,
    /// Of the run of sequence numbers at hand.
    first_sequence: u64,
    highest_sequence: u64,
    received_of_run: u64,
    lost_before: u64,
    timestamp: Option<u32>,
    unit_bytes: usize,
    unit_pieces: usize,
    unit_is_key: bool,
    units: u64,
    run: Run,
    best: Option<Run>,
    key_interval: Option<f64>,
}

/// Access units whose timestamps only went forward.
#[derive(Debug, Clone, Copy, Default)]
struct Run {
    /// Whether the run has begun with a whole access unit.
    begun: bool,
    steps: u64,
    ticks: u64,
    shortest: u64,
    bytes: u64,
    /// Ticks of the latest key frame.
    key_at: Option<u64>,
}

impl Meter {
    pub(crate) fn new(codec: Codec, clock_rate: u32) -> Self {
        Self {
            codec,
            clock_rate: clock_rate.max(1),
            ssrc: None,
            received: 0,
            first_sequence: 0,
            highest_sequence: 0,
            received_of_run: 0,
            lost_before: 0,
            timestamp: None,
            unit_bytes: 0,
            unit_pieces: 0,
            unit_is_key: false,
            units: 0,
            run: Run::default(),
            best: None,
            key_interval: None,
        }
    }

    /// Takes one RTP packet. What is none, or belongs to another source, is passed over.
    ///
    /// # Errors
    /// Where the access unit at hand has become too large.
    pub(crate) fn push(&mut self, packet: &[u8]) -> Result<Piece, TooLarge> {
        let Some(rtp) = Rtp::parse(packet) else { return Ok(Piece::Other) };
        if *self.ssrc.get_or_insert(rtp.ssrc) != rtp.ssrc {
            return Ok(Piece::Other);
        }
        self.received += 1;
        self.count(rtp.sequence);
        match self.timestamp {
            Some(timestamp) if timestamp != rtp.timestamp => self.step(timestamp, rtp.timestamp),
            _ => {}
        }
        self.timestamp = Some(rtp.timestamp);
        self.unit_bytes += rtp.payload.len();
        let (pieces, piece) = self.look(rtp.payload);
        self.unit_pieces += pieces;
        if self.unit_bytes > MAX_UNIT_BYTES || self.unit_pieces > MAX_UNIT_PIECES { Err(TooLarge) } else { Ok(piece) }
    }

    /// RTP time of the access unit at hand, in ticks of [`Self::clock_rate`].
    pub(crate) fn timestamp(&self) -> Option<u32> {
        self.timestamp
    }

    /// Ticks in a second.
    pub(crate) fn clock_rate(&self) -> u32 {
        self.clock_rate
    }

    /// Packets of the stream that came.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// Packets that did not come, by the gaps in their numbers.
    pub(crate) fn lost(&self) -> u64 {
        self.lost_before + self.lost_of_run()
    }

    /// The part of the packets that did not come.
    pub(crate) fn loss(&self) -> f64 {
        precise(self.lost()) / precise((self.received + self.lost()).max(1))
    }

    /// Seconds of media in the longest run.
    pub(crate) fn seconds(&self) -> f64 {
        self.longest().map_or(0.0, |(_, seconds)| seconds)
    }

    /// From the timestamps of the longest run in which they only went forward.
    pub(crate) fn frames_per_second(&self) -> Option<f64> {
        let (run, seconds) = self.long_run()?;
        Some(precise(run.steps) / seconds)
    }

    /// Of the media itself, without headers.
    pub(crate) fn bytes_per_second(&self) -> Option<u64> {
        let (run, seconds) = self.long_run()?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and far below 2^53")]
        Some((precise(run.bytes) / seconds).round() as u64)
    }

    /// Seconds between the last two key frames, where two were seen.
    pub(crate) fn key_frame_interval(&self) -> Option<f64> {
        // The latter may be just arriving: who watches for a second sees it where they come a second apart.
        let arriving = self.run.key_at.filter(|_| self.unit_is_key);
        arriving.map(|before| precise(self.run.ticks - before) / f64::from(self.clock_rate)).or(self.key_interval)
    }

    fn long_run(&self) -> Option<(Run, f64)> {
        self.longest().filter(|(_, seconds)| *seconds >= SHORTEST_RUN)
    }

    fn longest(&self) -> Option<(Run, f64)> {
        let now = Some(self.run).filter(|run| run.steps >= FEWEST_STEPS);
        let longest = now.into_iter().chain(self.best).max_by_key(|run| run.ticks)?;
        Some((longest, self.run_seconds(&longest)))
    }

    fn run_seconds(&self, run: &Run) -> f64 {
        precise(run.ticks) / f64::from(self.clock_rate)
    }

    fn lost_of_run(&self) -> u64 {
        match self.received_of_run {
            0 => 0,
            n => (self.highest_sequence - self.first_sequence + 1).saturating_sub(n),
        }
    }

    fn count(&mut self, sequence: u16) {
        if self.received_of_run > 0 {
            #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
            let forward = sequence.wrapping_sub(self.highest_sequence as u16);
            if forward < LONGEST_GAP {
                self.highest_sequence += u64::from(forward);
                self.received_of_run += 1;
                return;
            }
            if forward > u16::MAX - LONGEST_GAP {
                // Late, or twice.
                self.received_of_run += 1;
                return;
            }
            self.lost_before += self.lost_of_run();
        }
        self.first_sequence = u64::from(sequence);
        self.highest_sequence = u64::from(sequence);
        self.received_of_run = 1;
    }

    fn step(&mut self, from: u32, to: u32) {
        self.units += 1;
        let ticks = to.wrapping_sub(from);
        let second = u64::from(self.clock_rate);
        let leap_of = |long: u64, short: u64| long > second && long > LEAP * short;
        let (step, shortest) = (u64::from(ticks), self.run.shortest);
        let leaps = self.run.steps > 0 && (leap_of(step, shortest) || leap_of(shortest, step));
        let forward = ticks <= self.clock_rate.saturating_mul(LONGEST_STEP).min(u32::MAX / 2) && !leaps;
        if forward && self.run.begun {
            if self.unit_is_key || self.codec == Codec::Jpeg {
                if let Some(before) = self.run.key_at {
                    self.key_interval = Some(precise(self.run.ticks - before) / f64::from(self.clock_rate));
                }
                self.run.key_at = Some(self.run.ticks);
            }
            self.run.shortest = if self.run.steps == 0 { step } else { shortest.min(step) };
            self.run.steps += 1;
            self.run.ticks += step;
            self.run.bytes += u64::try_from(self.unit_bytes).unwrap_or(u64::MAX);
        } else {
            let said = self.run.steps >= FEWEST_STEPS;
            if said && self.best.is_none_or(|best| self.run.ticks > best.ticks) {
                self.best = Some(self.run);
            }
            // What was joined in its middle says nothing about its size: the run begins with the next unit. A first unit
            // that is a key frame was there from its first packet.
            let whole = forward && self.units == 1 && (self.unit_is_key || self.codec == Codec::Jpeg);
            self.run = Run { begun: true, ..Run::default() };
            if whole {
                self.run.key_at = Some(0);
                self.run.steps = 1;
                self.run.ticks = step;
                self.run.shortest = step;
                self.run.bytes = u64::try_from(self.unit_bytes).unwrap_or(u64::MAX);
            }
        }
        self.unit_bytes = 0;
        self.unit_pieces = 0;
        self.unit_is_key = false;
    }

    /// Notes what kind of unit a payload begins, and says of how many pieces it is and what they are.
    fn look(&mut self, payload: &[u8]) -> (usize, Piece) {
        let (aggregate, fragment, header) = match self.codec {
            Codec::Jpeg => return (1, Piece::Other),
            Codec::H264 => (24, 28, 1),
            Codec::H265 => (48, 49, 2),
        };
        match self.codec.nal_kind(payload) {
            Some(kind) if kind == aggregate => self.look_into(payload.get(header..).unwrap_or_default()),
            // Behind the payload's header, the fragment's: whether it is the first, and the kind of the whole.
            Some(kind) if kind == fragment => match payload.get(header) {
                Some(b) => {
                    let kind = if self.codec == Codec::H264 { b & 0x1f } else { b & 0x3f };
                    self.unit_is_key |= b & 0x80 != 0 && self.codec.is_key(kind);
                    (1, self.codec.piece(kind))
                }
                None => (1, Piece::Other),
            },
            Some(kind) => {
                self.unit_is_key |= self.codec.is_key(kind);
                (1, self.codec.piece(kind))
            }
            None => (1, Piece::Other),
        }
    }

    /// An aggregate: each unit behind its length.
    fn look_into(&mut self, mut units: &[u8]) -> (usize, Piece) {
        let (mut pieces, mut of) = (1, Piece::Slices);
        while let [high, low, rest @ ..] = units {
            let length = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
            let (unit, next) = rest.split_at(length);
            match self.codec.nal_kind(unit) {
                Some(kind) => {
                    self.unit_is_key |= self.codec.is_key(kind);
                    if self.codec.piece(kind) == Piece::Other {
                        of = Piece::Other;
                    }
                }
                None => of = Piece::Other,
            }
            pieces += 1;
            units = next;
        }
        (pieces, if pieces == 1 { Piece::Other } else { of })
    }
}

/// Intra random access point (H.265 7.4.2.2): BLA, IDR and CRA pictures.
pub(crate) fn is_irap(kind: u8) -> bool {
    (16..=21).contains(&kind)
}

/// Counts here are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "counts of one probe are far below 2^53")]
fn precise(count: u64) -> f64 {
    count as f64
}

/// The parts of an RTP packet that are used here.
pub(crate) struct Rtp<'a> {
    pub(crate) sequence: u16,
    timestamp: u32,
    ssrc: u32,
    payload: &'a [u8],
}

impl<'a> Rtp<'a> {
    pub(crate) fn parse(packet: &'a [u8]) -> Option<Self> {
        let fixed: &[u8; 12] = packet.first_chunk()?;
        if fixed[0] >> 6 != 2 {
            return None;
        }
        let mut begin = 12 + 4 * usize::from(fixed[0] & 0x0f);
        if fixed[0] & 0x10 != 0 {
            let extension = packet.get(begin..begin + 4)?;
            begin += 4 + 4 * usize::from(u16::from_be_bytes([extension[2], extension[3]]));
        }
        let padding = if fixed[0] & 0x20 == 0 { 0 } else { usize::from(*packet.last()?) };
        let payload = packet.get(begin..packet.len().checked_sub(padding)?)?;
        Some(Self {
            sequence: u16::from_be_bytes([fixed[2], fixed[3]]),
            timestamp: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ssrc: u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]),
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![0x80, 96];
        out.extend_from_slice(&sequence.to_be_bytes());
        out.extend_from_slice(&timestamp.to_be_bytes());
        out.extend_from_slice(&[0, 0, 0, 9]);
        out.extend_from_slice(payload);
        out
    }

    /// 25 frames a second, a key frame each 25, 1,000 bytes a frame.
    fn steady(meter: &mut Meter, frames: std::ops::Range<u32>, skip: impl Fn(u32) -> bool) {
        for i in frames {
            let mut payload = vec![0; 1000];
            payload[0] = if i % 25 == 0 { 0x65 } else { 0x41 };
            #[expect(clippy::cast_possible_truncation, reason = "sequence numbers wrap")]
            let sequence = (65_500 + i) as u16;
            if !skip(i) {
                meter.push(&packet(sequence, (u32::MAX - 9000).wrapping_add(i * 3600), &payload)).unwrap();
            }
        }
    }

    #[test]
    fn rate_and_key_frames_come_from_timestamps_over_their_wrap() {
        let mut meter = Meter::new(Codec::H264, 90_000);
        steady(&mut meter, 0..60, |_| false);
        assert!((meter.frames_per_second().unwrap() - 25.0).abs() < 0.01);
        assert_eq!(meter.bytes_per_second(), Some(25_000));
        assert_eq!(meter.key_frame_interval(), Some(1.0));
        assert_eq!((meter.received(), meter.lost()), (60, 0));
    }

    #[test]
    fn a_second_key_frame_tells_the_interval_as_it_arrives() {
        let mut meter = Meter::new(Codec::H264, 90_000);
        steady(&mut meter, 0..25, |_| false);
        assert_eq!(meter.key_frame_interval(), None);
        steady(&mut meter, 25..26, |_| false);
        assert_eq!((meter.key_frame_interval(), meter.seconds()), (Some(1.0), 1.0));
    }

    #[test]
    fn lost_packets_are_counted_over_the_wrap_and_late_ones_are_not_lost() {
        let mut meter = Meter::new(Codec::H264, 90_000);
        steady(&mut meter, 0..60, |i| i % 10 == 5);
        assert_eq!(meter.lost(), 6);
        let mut meter = Meter::new(Codec::H264, 90_000);
        for sequence in [1, 2, 4, 3, 5] {
            meter.push(&packet(sequence, 0, &[0x41])).unwrap();
        }
        assert_eq!(meter.lost(), 0);
    }

    #[test]
    fn timestamps_that_leap_give_no_rate() {
        let mut meter = Meter::new(Codec::H264, 90_000);
        for i in 0..50_u32 {
            let timestamp = if i % 5 == 0 { i * 90_000_000 } else { (1000 - i) * 90_000 };
            #[expect(clippy::cast_possible_truncation, reason = "small")]
            meter.push(&packet(i as u16, timestamp, &[0x41])).unwrap();
        }
        assert_eq!(meter.frames_per_second(), None);
    }

    #[test]
    fn an_endless_access_unit_is_stopped_by_its_weight_or_by_its_pieces() {
        let mut meter = Meter::new(Codec::H264, 90_000);
        let fragment = vec![0x7c; 60_000];
        let taken = (0..100).take_while(|i| meter.push(&packet(*i, 0, &fragment)).is_ok()).count();
        assert_eq!(taken, MAX_UNIT_BYTES / 60_000);
        let mut meter = Meter::new(Codec::H264, 90_000);
        let mut tiny = vec![24];
        tiny.extend([0, 1, 0x41].repeat(1000));
        let taken = (0..100).take_while(|i| meter.push(&packet(*i, 0, &tiny)).is_ok()).count();
        assert_eq!(taken, MAX_UNIT_PIECES / 1001);
    }

    #[test]
    fn key_frames_are_found_in_fragments_and_aggregates() {
        let key = |codec, payload: &[u8]| {
            let mut meter = Meter::new(codec, 90_000);
            meter.push(&packet(0, 0, payload)).unwrap();
            meter.unit_is_key
        };
        assert!(
            key(Codec::H264, &[0x7c, 0x85]) && !key(Codec::H264, &[0x7c, 0x05]) && !key(Codec::H264, &[0x7c, 0x81])
        );
        assert!(key(Codec::H264, &[24, 0, 1, 0x67, 0, 1, 0x65]) && !key(Codec::H264, &[24, 0, 1, 0x67, 0, 9, 0x41]));
        // CRA (21) as a single unit, as the start of a fragment, in an aggregate.
        assert!(key(Codec::H265, &[42, 1]) && key(Codec::H265, &[98, 1, 0x80 | 0x15]));
        assert!(key(Codec::H265, &[96, 1, 0, 2, 42, 1]) && !key(Codec::H265, &[2, 1]) && !key(Codec::H265, &[]));
    }

    #[test]
    fn slices_are_told_from_what_a_decoder_may_begin_with() {
        let slices =
            |codec, payload: &[u8]| Meter::new(codec, 90_000).push(&packet(0, 0, payload)).unwrap() == Piece::Slices;
        // A slice, the middle of its fragments, an aggregate of two, and what delimits units.
        for payload in [&[0x41, 9][..], &[0x7c, 0x01, 9], &[24, 0, 1, 0x41, 0, 1, 0x01], &[0x09, 0xf0]] {
            assert!(slices(Codec::H264, payload), "{payload:?}");
        }
        // An IDR slice, the middle of its fragments, parameter sets, a message, an aggregate with one, none, nothing.
        let others = [
            &[0x65, 9][..],
            &[0x7c, 0x05, 9],
            &[0x67],
            &[0x68],
            &[0x06, 6],
            &[24, 0, 1, 0x06, 0, 1, 0x41],
            &[24],
            &[0x7c],
            &[],
        ];
        for payload in others {
            assert!(!slices(Codec::H264, payload), "{payload:?}");
        }
        assert!(
            slices(Codec::H265, &[2, 1, 9]) && slices(Codec::H265, &[98, 1, 0x01]) && slices(Codec::H265, &[70, 1])
        );
        assert!(
            !slices(Codec::H265, &[42, 1]) && !slices(Codec::H265, &[98, 1, 0x15]) && !slices(Codec::H265, &[64, 1])
        );
        assert!(!slices(Codec::Jpeg, &[0, 0, 0, 0]));
    }

    #[test]
    fn packets_cut_short_are_passed_over() {
        let whole = packet(1, 2, &[1, 2, 3]);
        for length in 0..12 {
            assert!(Rtp::parse(&whole[..length]).is_none());
        }
        let mut padded = whole.clone();
        padded[0] |= 0x20;
        *padded.last_mut().unwrap() = 200;
        assert!(Rtp::parse(&padded).is_none());
        let mut extended = whole;
        extended[0] |= 0x10;
        assert!(Rtp::parse(&extended).is_none());
    }
}
