//! When to ask recorders what: pure.
//!
//! Metadata at its interval, spread over it; after a failed poll again soon, until that is confirmed or cleared. What each
//! holds is scanned once a day from the configured time on, staggered over the recorders so that a province is through by
//! morning, and once soon after a recorder was first answered by.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::plan::Moment;
use crate::device::finding::WishDepth;
use crate::inventory::{MinuteOfDay, RecorderId};

/// The scans of a night begin within this time.
const NIGHT: SignedDuration = SignedDuration::from_hours(4);
/// The first polls after a start: so many seconds apart, and within the interval in any case.
const FIRST_APART: Duration = Duration::from_secs(1);
/// How soon a failed poll is repeated. A recorder is not a stream: what a reboot takes may pass.
const RECHECK: Duration = Duration::from_secs(60);
/// Scans that run at once.
const MAX_SCANS: usize = 16;

/// How a poll ended, as far as its schedule goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    Yes,
    /// Silent or broken.
    No,
    /// Refused, busy: asking sooner would make it worse.
    Blind,
}

#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own; no two exclude each other")]
struct Entry {
    due: Moment,
    polling: bool,
    scanning: bool,
    failures: u32,
    /// The last poll was answered.
    answering: bool,
    /// `None`: never, so that the first answer is followed by a scan.
    last_scan: Option<Timestamp>,
    /// Asked for by somebody, or owed since the start.
    scan_now: bool,
    /// Share of the night at which its scan begins, 0 to 1.
    turn: f64,
}

/// The moments of every recorder.
#[derive(Debug)]
pub struct Recorders {
    interval: Duration,
    confirm: u32,
    scan_at: MinuteOfDay,
    zone: TimeZone,
    entries: BTreeMap<RecorderId, Entry>,
    /// The second of the clock in which no scan's turn had come: asked far oftener than one does.
    no_scan_at: Option<i64>,
}

impl Recorders {
    #[must_use]
    pub fn new() -> Self {
        let (interval, scan_at) = (Duration::MAX, MinuteOfDay(0));
        let zone = TimeZone::UTC;
        Self { interval, confirm: 1, scan_at, zone, entries: BTreeMap::new(), no_scan_at: None }
    }

    /// From now on exactly these recorders are asked; each with the moment of its last complete scan.
    pub fn set_recorders(
        &mut self,
        interval: Duration,
        confirm: u32,
        scan_at: MinuteOfDay,
        zone: &TimeZone,
        recorders: impl ExactSizeIterator<Item = (RecorderId, Option<Timestamp>)>,
        now: Moment,
    ) {
        (self.interval, self.confirm, self.scan_at, self.zone) = (interval, confirm, scan_at, zone.clone());
        let count = u32::try_from(recorders.len()).unwrap_or(u32::MAX).max(1);
        let apart = FIRST_APART.min(interval / count);
        let mut kept = BTreeMap::new();
        for ((recorder, last_scan), i) in recorders.zip(0u32..) {
            let turn = f64::from(i) / f64::from(count);
            let entry = match self.entries.remove(&recorder) {
                Some(entry) => Entry { turn, due: entry.due.min(now + interval), ..entry },
                None => Entry {
                    due: now + apart * i,
                    polling: false,
                    scanning: false,
                    failures: 0,
                    answering: false,
                    last_scan,
                    scan_now: last_scan.is_none(),
                    turn,
                },
            };
            kept.insert(recorder, entry);
        }
        self.entries = kept;
        self.no_scan_at = None;
    }

    /// What is to be asked now. Metadata goes on while a scan runs: requests take turns at the device.
    pub fn start(&mut self, now: Moment, clock: Timestamp) -> Vec<(RecorderId, WishDepth)> {
        let mut starts = Vec::new();
        let second = clock.as_second();
        if self.no_scan_at == Some(second) && self.next_wake().is_none_or(|due| now < due) {
            return starts;
        }
        let mut scans = self.entries.values().filter(|entry| entry.scanning).count();
        for (recorder, entry) in &mut self.entries {
            if !entry.polling && entry.due <= now {
                entry.polling = true;
                entry.due = now + self.interval;
                starts.push((recorder.clone(), WishDepth::Metadata));
            }
            // A recorder that does not answer is not scanned; its turn comes when it does.
            let may_scan = !entry.scanning && !entry.polling && entry.answering && scans < MAX_SCANS;
            if may_scan && (entry.scan_now || is_due(entry, self.scan_at, &self.zone, clock)) {
                entry.scanning = true;
                entry.scan_now = false;
                scans += 1;
                starts.push((recorder.clone(), WishDepth::Scan));
            }
        }
        self.no_scan_at = Some(second);
        starts
    }

    /// A poll ended.
    pub fn finish(
        &mut self,
        recorder: &RecorderId,
        asking: WishDepth,
        answered: Answered,
        now: Moment,
        clock: Timestamp,
    ) {
        let (interval, confirm) = (self.interval, self.confirm);
        self.no_scan_at = None;
        let Some(entry) = self.entries.get_mut(recorder) else { return };
        match asking {
            WishDepth::Metadata => entry.polling = false,
            WishDepth::Scan => {
                entry.scanning = false;
                // One that failed is not repeated before the next night, unless somebody asks: it may be what the
                // device cannot bear.
                entry.last_scan = Some(clock);
            }
        }
        entry.answering = answered == Answered::Yes;
        match answered {
            Answered::Yes => entry.failures = 0,
            Answered::Blind => {}
            Answered::No => {
                entry.failures = entry.failures.saturating_add(1);
                if entry.failures < confirm {
                    entry.due = entry.due.min(now + RECHECK.min(interval));
                }
            }
        }
    }

    /// A poll came to nothing by a fault of ours.
    pub fn lost(&mut self, recorder: &RecorderId, asking: WishDepth) {
        self.no_scan_at = None;
        if let Some(entry) = self.entries.get_mut(recorder) {
            match asking {
                WishDepth::Metadata => entry.polling = false,
                WishDepth::Scan => entry.scanning = false,
            }
        }
    }

    /// Somebody wants to know now what it holds. `false` for a recorder that is not watched.
    pub fn scan_now(&mut self, recorder: &RecorderId, now: Moment) -> bool {
        self.no_scan_at = None;
        let Some(entry) = self.entries.get_mut(recorder) else { return false };
        entry.scan_now = true;
        entry.due = entry.due.min(now);
        true
    }

    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        self.entries.values().filter(|entry| !entry.polling).map(|entry| entry.due).min()
    }
}

impl Default for Recorders {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the latest night's turn has come since the last scan.
fn is_due(entry: &Entry, scan_at: MinuteOfDay, zone: &TimeZone, clock: Timestamp) -> bool {
    let Some(last) = entry.last_scan else { return false };
    let local = zone.to_datetime(clock);
    #[expect(clippy::cast_possible_truncation, reason = "a share of four hours in seconds")]
    let offset = SignedDuration::from_mins(i64::from(scan_at.0))
        + SignedDuration::from_secs((NIGHT.as_secs_f64() * entry.turn) as i64);
    let turn_of = |day: jiff::civil::Date| {
        let midnight = day.to_zoned(zone.clone()).ok()?.timestamp();
        midnight.checked_add(offset).ok()
    };
    let today = turn_of(local.date()).filter(|turn| *turn <= clock);
    let latest = today.or_else(|| turn_of(local.date().yesterday().ok()?));
    latest.is_some_and(|turn| turn <= clock && last < turn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn id(name: &str) -> RecorderId {
        RecorderId::new(name).unwrap()
    }

    fn plan(recorders: &[(&str, Option<&str>)]) -> Recorders {
        let mut plan = Recorders::new();
        let recorders: Vec<_> = recorders.iter().map(|(name, last)| (id(name), last.map(at))).collect();
        plan.set_recorders(secs(900), 3, MinuteOfDay(120), &TimeZone::UTC, recorders.into_iter(), secs(0));
        plan
    }

    #[test]
    fn metadata_is_asked_at_the_interval_and_soon_again_after_a_failure_until_that_is_confirmed() {
        let night = at("2026-11-01T12:00:00Z");
        let mut plan = plan(&[("a", Some("2026-11-01T02:00:00Z"))]);
        let mut polls = Vec::new();
        for second in 0..2000 {
            for (recorder, asking) in plan.start(secs(second), night) {
                assert_eq!(asking, WishDepth::Metadata);
                polls.push(second);
                plan.finish(&recorder, asking, Answered::No, secs(second), night);
            }
        }
        assert_eq!(polls, [0, 60, 120, 1020, 1920]);
        plan.finish(&id("a"), WishDepth::Metadata, Answered::Blind, secs(2000), night);
        assert_eq!(plan.next_wake(), Some(secs(2820)), "what refuses us is not asked sooner");
    }

    #[test]
    fn a_scan_follows_the_first_answer_and_then_comes_once_a_night_in_turn() {
        let mut plan = plan(&[("a", None), ("b", Some("2026-11-01T04:10:00Z"))]);
        let day = at("2026-11-01T12:00:00Z");
        assert_eq!(plan.start(secs(0), day), [(id("a"), WishDepth::Metadata)]);
        plan.finish(&id("a"), WishDepth::Metadata, Answered::Yes, secs(1), day);
        assert_eq!(plan.start(secs(1), day), [(id("a"), WishDepth::Scan), (id("b"), WishDepth::Metadata)]);
        plan.finish(&id("a"), WishDepth::Scan, Answered::Yes, secs(60), day);
        plan.finish(&id("b"), WishDepth::Metadata, Answered::Yes, secs(60), day);
        let scans = |plan: &mut Recorders, clock: &str| -> Vec<String> {
            let starts = plan.start(secs(100), at(clock));
            starts.into_iter().filter(|(_, asking)| *asking == WishDepth::Scan).map(|(id, _)| id.to_string()).collect()
        };
        assert!(scans(&mut plan, "2026-11-02T01:59:59Z").is_empty());
        assert_eq!(scans(&mut plan, "2026-11-02T02:00:00Z"), ["a"]);
        assert!(scans(&mut plan, "2026-11-02T03:59:59Z").is_empty(), "the second has the later turn");
        assert_eq!(scans(&mut plan, "2026-11-02T04:00:00Z"), ["b"]);
        plan.finish(&id("a"), WishDepth::Scan, Answered::Yes, secs(200), at("2026-11-02T02:10:00Z"));
        assert!(scans(&mut plan, "2026-11-02T12:00:00Z").is_empty(), "once a night");
    }

    #[test]
    fn a_monitor_that_was_off_at_night_scans_when_it_is_back() {
        let mut plan = plan(&[("a", Some("2026-10-20T02:00:00Z"))]);
        let day = at("2026-11-01T12:00:00Z");
        plan.start(secs(0), day);
        plan.finish(&id("a"), WishDepth::Metadata, Answered::Yes, secs(1), day);
        assert_eq!(plan.start(secs(1), day), [(id("a"), WishDepth::Scan)]);
    }

    #[test]
    fn a_recorder_that_is_silent_is_not_scanned_and_one_may_be_scanned_on_demand() {
        let mut plan = plan(&[("a", None)]);
        let day = at("2026-11-01T12:00:00Z");
        plan.start(secs(0), day);
        plan.finish(&id("a"), WishDepth::Metadata, Answered::No, secs(1), day);
        assert!(plan.start(secs(1), day).is_empty());
        assert_eq!(plan.start(secs(61), day), [(id("a"), WishDepth::Metadata)]);
        plan.finish(&id("a"), WishDepth::Metadata, Answered::Yes, secs(61), day);
        assert_eq!(plan.start(secs(61), day), [(id("a"), WishDepth::Scan)]);
        plan.finish(&id("a"), WishDepth::Scan, Answered::Yes, secs(70), day);
        assert!(plan.scan_now(&id("a"), secs(80)));
        assert!(!plan.scan_now(&id("b"), secs(80)));
        assert_eq!(plan.start(secs(80), day), [(id("a"), WishDepth::Metadata)], "first whether it answers");
    }
}
