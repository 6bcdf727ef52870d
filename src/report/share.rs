//! Shares of time as any format may tell them: floored, and only where enough was observed.

use crate::ledger::Tally;

/// The coverage from which on a figure stands by itself, in percent.
const ENOUGH: u64 = 95;

/// `part` of `whole` in hundredths of a percent, floored: 10,000 only where it is all of it. `None` of nothing.
pub(super) fn hundredths(part: u64, whole: u64) -> Option<u64> {
    (whole > 0).then(|| u64::try_from(u128::from(part) * 10_000 / u128::from(whole)).unwrap_or(u64::MAX))
}

/// Seconds in which a camera should have been seen: those in service but for planned work.
pub(super) fn expected(tally: &Tally) -> u64 {
    tally.in_service() - tally.maintenance
}

/// Whether so much was observed that an uptime is a figure and no range.
pub(super) fn is_enough(tally: &Tally) -> bool {
    u128::from(tally.observed()) * 100 >= u128::from(expected(tally)) * u128::from(ENOUGH)
}
