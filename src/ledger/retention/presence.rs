//! Which days were ever seen to be recorded, and what of the required window is missing.
//!
//! Remembered by us and not asked anew each night: a day that was there and was overwritten in its turn has aged out and
//! is no gap. Knows nothing of how it is kept.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Requirement;

/// Where of the days from the oldest recording to some day fewer than one in so many are held, the oldest is a lone clip
/// that was kept (locked as evidence), and not how far back recordings reach.
const LONE: usize = 20;

/// What looks at a recorder's calendar came to; local days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// Ever seen with recordings; a day never leaves.
    pub present: BTreeSet<Date>,
    /// Ever looked at.
    pub looked_at: BTreeSet<Date>,
    /// Of those present, the ones on which the last look found nothing any more.
    pub lost: BTreeSet<Date>,
}

/// What is missing of the required window, as `Recording` has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Days without recordings. Facts: whether one is a gap depends on the mode and on planned work.
    pub gap_days: Vec<Date>,
    /// Days that were never looked at.
    pub unknown_days: Vec<Date>,
    /// See `Recording::held_from`.
    pub held_from: Option<Date>,
}

impl Presence {
    /// Takes one look: of the days `looked_at`, those with recordings.
    pub fn look(&mut self, days: &BTreeSet<Date>, looked_at: &BTreeSet<Date>) {
        self.looked_at.extend(looked_at.iter().chain(days));
        self.present.extend(days);
        self.lost.extend(looked_at.difference(days).filter(|day| self.present.contains(*day)));
        self.lost.retain(|day| !days.contains(day));
    }

    /// As far as is known.
    fn holds(&self, day: Date) -> bool {
        self.present.contains(&day) && !self.lost.contains(&day)
    }

    /// The first day held after the lone clip of the day `oldest`, where that is all there is: what the window that begins
    /// with `first` begins with was seen and is gone, or next to nothing since the clip is held. (Days before the window
    /// are not looked at again, so that nobody knows when they go.)
    fn held_after(&self, oldest: Date, first: Date, today: Date) -> Option<Date> {
        let next = oldest.tomorrow().ok().filter(|next| *next < today)?;
        let begin = next.max(first);
        let held = self.looked_at.range(begin..today).copied().find(|day| self.holds(*day)).unwrap_or(today);
        let overwritten = self.lost.range(begin..held).next().is_some().then_some(held);
        // The oldest recording's own day counts as looked at and held.
        let (mut looked_at, mut held, mut lone, mut goes_on) = (1, 1, None, true);
        for day in self.looked_at.range(next..today).copied() {
            let holds = self.holds(day);
            if holds && !goes_on && held * LONE < looked_at {
                lone = Some(day);
            }
            goes_on = holds;
            looked_at += 1;
            held += usize::from(holds);
        }
        overwritten.max(lone)
    }
}

/// What of the window that ends with yesterday is missing, `oldest` being the start of the oldest recording. What lies
/// before it has aged out. `None` where no day of the window was ever looked at: then nothing is said of days.
#[must_use]
pub fn missing(
    presence: &Presence,
    requirement: &Requirement,
    oldest: Option<Timestamp>,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Missing> {
    let (first, last) = requirement.window(now, zone)?;
    presence.looked_at.range(first..=last).next()?;
    let today = zone.to_datetime(now).date();
    let oldest_day = oldest.map(|oldest| zone.to_datetime(oldest).date());
    let held_from = match oldest_day {
        Some(oldest) => presence.held_after(oldest, first, today),
        // How far recordings reach back was not told: not further than the first day on which there are any.
        None => presence.present.iter().copied().find(|day| presence.holds(*day)),
    };
    let mut missing = Missing { held_from, ..Missing::default() };
    let begin = oldest_day.max(held_from);
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        if begin.is_some_and(|begin| day < begin) || oldest_day == Some(day) || presence.holds(day) {
            continue;
        }
        if presence.looked_at.contains(&day) {
            missing.gap_days.push(day);
        } else {
            missing.unknown_days.push(day);
        }
    }
    Some(missing)
}
