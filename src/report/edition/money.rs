//! What an hour of a working camera cost: what was paid, spread over its service life, by the hours that it worked.

use super::view::{Camera, View};
use crate::inventory::FundId;
use crate::ledger::Tally;
use crate::report::share::is_enough;

/// đồng; a range where too little was observed to say how long cameras worked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HourCost {
    pub least: f64,
    pub most: f64,
}

/// Added up over cameras whose every payer's amount is known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Costs {
    /// The month's part of what was paid, đồng.
    month: f64,
    /// Hours that they worked, and hours in which they may have: each camera's by the part that was paid of it.
    worked: f64,
    unknown: f64,
    tally: Tally,
}

impl Costs {
    /// Of a month that is over: one that runs has not used up its part yet.
    pub fn of<'a>(
        view: &View<'_>,
        cameras: impl IntoIterator<Item = &'a Camera<'a>>,
        pays: impl Fn(&FundId) -> bool,
    ) -> Self {
        let mut costs = Self::default();
        let Some((from, to)) = view.period() else { return costs };
        let month = to.duration_since(from).as_secs_f64();
        let life = f64::from(view.dossier.form.service_life_months);
        for camera in cameras {
            let Some(price) = camera.price().filter(|price| *price > 0 && life > 0.0) else { continue };
            let paid: u64 =
                camera.shares().iter().filter(|share| pays(&share.fund)).filter_map(|share| share.amount_vnd).sum();
            let (paid, price) = (exact(paid), exact(price));
            let tally = &camera.tally;
            costs.month += paid / life * (exact(tally.in_service()) / month);
            costs.worked += exact(tally.up + tally.degraded) / 3600.0 * (paid / price);
            costs.unknown += exact(tally.unknown) / 3600.0 * (paid / price);
            costs.tally += *tally;
        }
        costs
    }

    /// `None` where no hour of work was seen.
    pub fn of_hour(&self) -> Option<HourCost> {
        if self.worked <= 0.0 {
            return None;
        }
        let most = self.month / self.worked;
        let least = if is_enough(&self.tally) { most } else { self.month / (self.worked + self.unknown) };
        Some(HourCost { least, most })
    }

    /// Hours that they were seen to work.
    pub fn worked_hours(&self) -> f64 {
        self.worked
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds and đồng stay below 2^52")]
fn exact(n: u64) -> f64 {
    n as f64
}
