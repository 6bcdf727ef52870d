//! Shares of time as the workbook holds them: in hundredths of a percent, floored, and only where enough was observed.

use super::sheet::Cell;
use crate::ledger::Tally;
use crate::report::share::{expected, hundredths, is_enough};

/// Signal uptime, what it is at least and at most, service uptime, coverage. A figure or its range, never both.
pub(super) fn shares(tally: &Tally) -> [Cell<'static>; 5] {
    let seen = tally.up + tally.degraded;
    let expected = expected(tally);
    let (figure, range) = if is_enough(tally) { (tally.observed(), 0) } else { (0, expected) };
    [
        hundredths(seen, figure),
        hundredths(seen, range),
        hundredths(seen + tally.unknown, range),
        hundredths(tally.up, figure),
        hundredths(tally.observed(), expected),
    ]
    .map(Cell::Percent)
}

/// Signal uptime, where enough was observed.
pub(super) fn uptime(tally: &Tally) -> Option<u64> {
    hundredths(tally.up + tally.degraded, if is_enough(tally) { tally.observed() } else { 0 })
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
