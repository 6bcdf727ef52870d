//! What one channel of a recorder holds: segments that grow with time, are overwritten by age, and have gaps.
//!
//! Pure: takes the time as an argument. All times are true ones, seconds of Unix time; what a device's clock makes of
//! them is not known here.

/// The longest file of continuous recording, seconds.
const FILE: i64 = 3600;
const DAY: i64 = 86_400;

/// When a channel is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Schedule {
    #[default]
    Continuous,
    /// On events only: a handful of clips each day.
    Motion,
    /// Never.
    Off,
}

/// One stored file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) event: bool,
    pub(super) locked: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Archive {
    pub(super) schedule: Schedule,
    /// What is older is overwritten, seconds.
    pub(super) keeps: i64,
    /// When recording began.
    pub(super) since: i64,
    /// Times without recordings; the last may be open.
    pub(super) lacks: Vec<(i64, Option<i64>)>,
    /// Segments that are never overwritten: locked evidence, or recordings of a clock that ran ahead.
    pub(super) kept: Vec<(i64, i64)>,
    /// So many seconds pass until a recording shows in the index.
    pub(super) lag: i64,
    /// Makes the clips of one channel fall otherwise than those of another.
    pub(super) seed: u64,
}

impl Archive {
    /// Whether something is written at this moment.
    pub(super) fn writes(&self, now: i64) -> bool {
        now >= self.since
            && match self.schedule {
                Schedule::Continuous => !self.lacking(now),
                Schedule::Motion => self.segments(now + 1 + self.lag, now, now + 1).iter().any(|segment| segment.event),
                Schedule::Off => false,
            }
    }

    /// Nothing is recorded from now on.
    pub(super) fn stop(&mut self, now: i64) {
        if !self.stopped() {
            self.lacks.push((now, None));
        }
    }

    /// Recording goes on.
    pub(super) fn resume(&mut self, now: i64) {
        for (_, to) in &mut self.lacks {
            to.get_or_insert(now);
        }
    }

    pub(super) fn stopped(&self) -> bool {
        self.lacks.iter().any(|(_, to)| to.is_none())
    }

    fn lacking(&self, at: i64) -> bool {
        self.lacks.iter().any(|(from, to)| *from <= at && to.is_none_or(|to| at < to))
    }

    /// What the index lists between two moments, oldest first.
    pub(super) fn segments(&self, now: i64, from: i64, to: i64) -> Vec<Segment> {
        let until = now - self.lag;
        let oldest = (now - self.keeps).max(self.since);
        let mut found: Vec<Segment> = self
            .kept
            .iter()
            .filter(|(start, end)| *end > from && *start < to)
            .map(|(start, end)| Segment { from: *start, to: *end, event: false, locked: true })
            .collect();
        let (first, last) = (from.max(oldest), to.min(until));
        if first <= last {
            match self.schedule {
                Schedule::Continuous => self.files(first, last, until, &mut found),
                Schedule::Motion => self.clips(first, last, until, &mut found),
                Schedule::Off => {}
            }
        }
        found.retain(|segment| segment.to > from && segment.from < to);
        found.sort_by_key(|segment| (segment.from, segment.to));
        found
    }

    /// Files of an hour; a file goes only when all of it is too old.
    fn files(&self, first: i64, last: i64, until: i64, found: &mut Vec<Segment>) {
        let mut hour = first.div_euclid(FILE) * FILE;
        while hour <= last {
            self.pieces(hour, hour + FILE, until, false, found);
            hour += FILE;
        }
    }

    /// Some clips of two to five minutes a day, at times that follow from channel and day.
    fn clips(&self, first: i64, last: i64, until: i64, found: &mut Vec<Segment>) {
        for day in first.div_euclid(DAY)..=last.div_euclid(DAY) {
            let mut random =
                fastrand::Rng::with_seed(self.seed.wrapping_mul(1_000_003).wrapping_add(day.unsigned_abs()));
            for part in 0..6 {
                let begin = day * DAY + part * (DAY / 6) + random.i64(0..DAY / 6 - 300);
                let end = begin + random.i64(120..300);
                if end > first {
                    self.pieces(begin, end, until, true, found);
                }
            }
        }
    }

    /// What remains of a span when the gaps are cut out of it.
    fn pieces(&self, from: i64, to: i64, until: i64, event: bool, found: &mut Vec<Segment>) {
        let mut begin = from.max(self.since);
        let end = to.min(until);
        let mut lacks: Vec<_> = self.lacks.iter().map(|(from, to)| (*from, to.unwrap_or(i64::MAX))).collect();
        lacks.sort_unstable();
        for (lack, over) in lacks {
            if lack > begin && begin < end {
                found.push(Segment { from: begin, to: lack.min(end), event, locked: false });
            }
            begin = begin.max(over.max(lack));
        }
        if begin < end {
            found.push(Segment { from: begin, to: end, event, locked: false });
        }
    }
}

/// Runs of segments that follow each other without a gap, as (from, to).
pub(super) fn runs(segments: &[Segment]) -> Vec<(i64, i64)> {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for segment in segments {
        match runs.last_mut() {
            Some((_, to)) if segment.from <= *to => *to = segment.to.max(*to),
            _ => runs.push((segment.from, segment.to)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Archive, DAY, FILE, Schedule, runs};

    const NOW: i64 = 1_790_000_000;

    fn archive(schedule: Schedule) -> Archive {
        Archive { schedule, keeps: 30 * DAY, since: 0, lacks: Vec::new(), kept: Vec::new(), lag: 0, seed: 7 }
    }

    #[test]
    fn a_full_recorder_holds_its_days_and_moves_on_with_time() {
        let archive = archive(Schedule::Continuous);
        for now in [NOW, NOW + 5 * DAY + 1234] {
            let all = archive.segments(now, 0, i64::MAX);
            let span = now - all[0].from;
            assert!((30 * DAY..30 * DAY + FILE).contains(&span), "{span}");
            assert_eq!(all.last().unwrap().to, now);
            assert_eq!(runs(&all).len(), 1);
        }
        assert!(archive.writes(NOW));
    }

    #[test]
    fn what_stops_leaves_a_gap_and_what_is_locked_stays() {
        let mut archive = archive(Schedule::Continuous);
        archive.kept.push((NOW - 400 * DAY, NOW - 400 * DAY + 600));
        archive.stop(NOW);
        archive.stop(NOW + 60);
        let later = NOW + 3 * DAY;
        assert!(!archive.writes(later) && archive.stopped());
        archive.resume(later);
        let all = archive.segments(later + DAY, 0, i64::MAX);
        let runs = runs(&all);
        assert_eq!(runs[0], (NOW - 400 * DAY, NOW - 400 * DAY + 600));
        assert_eq!((runs[1].1, runs[2].0, runs.len()), (NOW, later, 3));
        assert!(all[0].locked && !all[1].locked);
    }

    #[test]
    fn motion_gives_short_clips_each_day_and_off_gives_none() {
        let clips = archive(Schedule::Motion).segments(NOW, 0, i64::MAX);
        assert!(clips.len() > 150, "{}", clips.len());
        assert!(clips.iter().all(|clip| clip.event && (1..300).contains(&(clip.to - clip.from))));
        assert!(archive(Schedule::Off).segments(NOW, 0, i64::MAX).is_empty());
    }

    proptest! {
        #[test]
        fn segments_are_sorted_apart_within_the_window_and_the_same_in_every_window(
            gaps in prop::collection::vec((0..40 * DAY, 1..3 * DAY), 0..6),
            motion: bool,
            from in 0..40 * DAY,
            length in 1..40 * DAY,
        ) {
            let mut archive = archive(if motion { Schedule::Motion } else { Schedule::Continuous });
            archive.lacks = gaps.iter().map(|(ago, length)| (NOW - ago, Some(NOW - ago + length))).collect();
            let all = archive.segments(NOW, 0, i64::MAX);
            prop_assert!(all.windows(2).all(|pair| pair[0].to <= pair[1].from));
            prop_assert!(all.iter().all(|one| one.from < one.to && one.to <= NOW));
            for (gap, over) in &archive.lacks {
                prop_assert!(all.iter().all(|one| one.to <= *gap || one.from >= over.unwrap()));
            }
            let (from, to) = (NOW - from, NOW - from + length);
            let window = archive.segments(NOW, from, to);
            let same: Vec<_> = all.into_iter().filter(|one| one.to > from && one.from < to).collect();
            prop_assert_eq!(window, same);
        }
    }
}
