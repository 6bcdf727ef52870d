//! Uptime over the last 1, 7 and 30 days, for the metrics of the running daemon.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::book::Book;
use crate::config::Config;
use crate::inventory::FundId;
use crate::ledger::{self, Span, Tally};
use crate::snapshot::{Window, Windows};
use crate::store::{Reader, StoreError};

/// The seconds of the windows that end at `now`, for the daemon that is alive at `now` and asks: the last run of the
/// record, which is its own, is taken to reach to `now`. Reads some rows a camera: about a fifth of a second for 10,000.
///
/// # Errors
/// Where the record cannot be read.
pub fn windows(config: &Config, reader: &Reader, now: Timestamp) -> Result<Windows, StoreError> {
    let inventory = &config.inventory;
    let now = now.as_second();
    let span_of = |window: Window| Span::new(now - i64::from(window.days()) * 86_400, now);
    reader.at_one_moment(|reader| {
        let mut book = Book::open(config, reader)?;
        if let Some(run) = book.alive.last_mut() {
            run.to = run.to.max(now);
        }
        let mut windows = Windows::default();
        let (mut sites, mut funds) = (BTreeMap::new(), BTreeMap::new());
        for camera in inventory.cameras.values() {
            let service = ledger::service(camera, &config.daemon.timezone);
            let timeline = book.timeline(reader, camera, span_of(Window::Month).and(service))?;
            let paid_by: BTreeSet<&FundId> = camera.funds.iter().map(|share| &share.fund).collect();
            for window in Window::ALL {
                let tally = timeline.tally(span_of(window));
                if tally.in_service() == 0 {
                    continue;
                }
                windows.cameras.insert((camera.id.clone(), window), tally);
                *sites.entry((camera.site.clone(), window)).or_insert_with(Tally::default) += tally;
                for fund in &paid_by {
                    *funds.entry(((*fund).clone(), window)).or_insert_with(Tally::default) += tally;
                }
            }
        }
        windows.sites = sites;
        windows.funds = funds;
        Ok(windows)
    })
}
