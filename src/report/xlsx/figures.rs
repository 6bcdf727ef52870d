//! Shares of time as the workbook holds them: in hundredths of a percent, floored, and only where enough was observed.

use super::sheet::Cell;
use crate::ledger::Tally;
use crate::report::Figures;

/// The coverage from which on a figure stands by itself, in percent.
const ENOUGH: u64 = 95;

pub(super) fn tally(figures: &Figures) -> Tally {
    Tally {
        up: figures.up_seconds,
        degraded: figures.degraded_seconds,
        dark: figures.dark_seconds,
        unknown: figures.unknown_seconds,
        maintenance: figures.maintenance_seconds,
    }
}

/// Signal uptime, what it is at least and at most, service uptime, coverage. A figure or its range, never both.
pub(super) fn shares(tally: &Tally) -> [Cell<'static>; 5] {
    let seen = tally.up + tally.degraded;
    let expected = tally.in_service() - tally.maintenance;
    let (figure, range) = if is_enough(tally) { (tally.observed(), 0) } else { (0, expected) };
    [
        share(seen, figure),
        share(seen, range),
        share(seen + tally.unknown, range),
        share(tally.up, figure),
        share(tally.observed(), expected),
    ]
    .map(Cell::Percent)
}

/// Signal uptime, where enough was observed.
pub(super) fn uptime(tally: &Tally) -> Option<u64> {
    share(tally.up + tally.degraded, if is_enough(tally) { tally.observed() } else { 0 })
}

fn is_enough(tally: &Tally) -> bool {
    tally.observed() * 100 >= (tally.in_service() - tally.maintenance) * ENOUGH
}

/// Floored: 10,000 only where it is all of it. `None` of nothing.
pub(super) fn share(part: u64, whole: u64) -> Option<u64> {
    (whole > 0).then(|| part * 10_000 / whole)
}

/// A ratio from 0 to 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 10,000")]
pub(super) fn of_ratio(ratio: f64) -> u64 {
    // What was written as 0.98 is 98 %, not what lies a hair below it.
    (ratio.clamp(0.0, 1.0) * 10_000.0 + 1e-6).floor() as u64
}

/// In service and in each state.
pub(super) fn seconds(tally: &Tally) -> [u64; 6] {
    [tally.in_service(), tally.up, tally.degraded, tally.dark, tally.unknown, tally.maintenance]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_alone_from_95_percent_on_and_is_floored() {
        let of = |up, dark, unknown| shares(&Tally { up, dark, unknown, ..Tally::default() });
        let cells = |values: [Option<u64>; 5]| values.map(Cell::Percent);
        assert_eq!(of(94_999, 1, 5_000), cells([Some(9_999), None, None, Some(9_999), Some(9_500)]));
        assert_eq!(of(94_998, 1, 5_001), cells([None, Some(9_499), Some(9_999), None, Some(9_499)]));
        assert_eq!(of(0, 0, 10), cells([None, Some(0), Some(10_000), None, Some(0)]));
        assert_eq!(of(0, 0, 0), cells([None; 5]));
        assert_eq!(of(10, 0, 0)[0], Cell::Percent(Some(10_000)));
        assert_eq!([0.98, 0.29, 1.0, 0.999_99].map(of_ratio), [9_800, 2_900, 10_000, 9_999]);
    }
}
