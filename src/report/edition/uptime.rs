//! An uptime as it may be printed: a figure, a range where too little was observed, or none; always with its coverage.

use super::manner::Manner;
use crate::ledger::Tally;
use crate::report::document::{Cell, Tone};
use crate::report::share::{expected, hundredths, is_enough};

/// In hundredths of a percent, floored: 10,000 only where nothing was dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Uptime {
    Figure(u64),
    /// What it is at least and at most, whatever happened while nobody looked.
    Range(u64, u64),
    None(Why),
}

/// Why there is no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    NotInService,
    OnlyMaintenance,
    NothingObserved,
}

impl Uptime {
    /// The signal uptime: the part of the observed time in which a picture came.
    pub fn of(tally: &Tally) -> Self {
        let (seen, expected) = (tally.up + tally.degraded, expected(tally));
        if tally.in_service() == 0 {
            return Self::None(Why::NotInService);
        }
        if expected == 0 {
            return Self::None(Why::OnlyMaintenance);
        }
        let Some(figure) = hundredths(seen, tally.observed()) else { return Self::None(Why::NothingObserved) };
        if is_enough(tally) {
            return Self::Figure(figure);
        }
        let part = |part| hundredths(part, expected).unwrap_or_default();
        Self::Range(part(seen), part(seen + tally.unknown))
    }

    pub fn text(self, manner: &Manner) -> String {
        match self {
            Self::Figure(figure) => manner.percent(figure),
            Self::Range(low, high) => manner.percents(low, high),
            Self::None(_) => "—".to_owned(),
        }
    }

    /// At least and at most, in percent.
    pub fn bounds(self) -> Option<(f64, f64)> {
        #[expect(clippy::cast_precision_loss, reason = "at most 10,000")]
        let percent = |hundredths: u64| hundredths as f64 / 100.0;
        match self {
            Self::Figure(figure) => Some((percent(figure), percent(figure))),
            Self::Range(low, high) => Some((percent(low), percent(high))),
            Self::None(_) => None,
        }
    }

    /// Whether it meets what was promised; nothing is said of one that nothing was promised for, or that may or may not.
    pub fn tone(self, tally: &Tally, target: Option<f64>) -> Tone {
        #[expect(clippy::cast_precision_loss, reason = "seconds stay far below 2^52")]
        let ratio = |part: u64, whole: u64| part as f64 / whole as f64;
        let seen = tally.up + tally.degraded;
        match (self, target) {
            (Self::Figure(_), Some(target)) if ratio(seen, tally.observed()) >= target => Tone::Good,
            (Self::Figure(_), Some(_)) => Tone::Bad,
            (Self::Range(..), Some(target)) if ratio(seen, expected(tally)) >= target => Tone::Good,
            (Self::Range(..), Some(target)) if ratio(seen + tally.unknown, expected(tally)) < target => Tone::Bad,
            (Self::None(_) | Self::Range(..), _) => Tone::Faint,
            (Self::Figure(_), None) => Tone::Neutral,
        }
    }

    pub fn cell(self, manner: &Manner, tally: &Tally, target: Option<f64>) -> Cell {
        Cell { text: self.text(manner), tone: self.tone(tally, target) }
    }
}

/// How much was observed: `97,10 %`, or a dash where nothing was to be seen.
pub(crate) fn coverage(manner: &Manner, tally: &Tally) -> String {
    hundredths(tally.observed(), expected(tally)).map_or_else(|| "—".to_owned(), |part| manner.percent(part))
}

pub(super) fn coverage_cell(manner: &Manner, tally: &Tally) -> Cell {
    let tone = if is_enough(tally) { Tone::Neutral } else { Tone::Faint };
    Cell { text: coverage(manner, tally), tone }
}

/// Uptime and coverage in one line: `99,52 % (98,10 %)`.
pub(super) fn with_coverage(manner: &Manner, tally: &Tally) -> String {
    let uptime = Uptime::of(tally);
    match uptime {
        Uptime::None(Why::NotInService | Why::OnlyMaintenance) => uptime.text(manner),
        _ => format!("{} ({})", uptime.text(manner), coverage(manner, tally)),
    }
}

/// What stands below the figure: how much was observed, and why it is a range or missing.
pub(crate) fn note(manner: &Manner, tally: &Tally, running: bool) -> String {
    let note = &manner.words.note;
    match Uptime::of(tally) {
        Uptime::Figure(_) => (note.observed)(&coverage(manner, tally)),
        Uptime::Range(..) if running => (note.range_running)(&coverage(manner, tally)),
        Uptime::Range(..) => (note.range_because)(&coverage(manner, tally)),
        Uptime::None(Why::NotInService) => note.not_in_service.to_owned(),
        Uptime::None(Why::OnlyMaintenance) => note.only_maintenance.to_owned(),
        Uptime::None(Why::NothingObserved) => note.nothing_observed.to_owned(),
    }
}
