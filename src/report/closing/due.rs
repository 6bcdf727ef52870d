//! Which months are to be closed by now, and closing them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::deliveries::Why;
use super::{Archive, Deliveries};
use crate::config::{self, Config};
use crate::duty;
use crate::ledger::Month;
use crate::report::dossier::Amendment;
use crate::report::{Dossier, ReportError, Selection};
use crate::store::Reader;

/// What closing came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Closing {
    /// The months that were closed, oldest first, each with the hash of its figures.
    pub closed: Vec<(Month, String)>,
    /// Corrections of months that were closed before.
    pub amendments: usize,
}

/// When a month is closed: on the day and at the hour of `[report]` in the month after it. `None` without a day.
#[must_use]
pub fn closes_at(month: Month, settings: &config::Report, timezone: &TimeZone) -> Option<Timestamp> {
    let day = month.next().first_day().checked_add((i32::from(settings.day?) - 1).days()).ok()?;
    duty::moment(day, settings.at.0, timezone)
}

/// Closes every month that the record covers, that is over and due, and that is not closed; before it notes what was
/// corrected in those that are.
///
/// What was corrected in earlier months since the one before was closed stands in a month's dossier. Where reports are
/// made for the first time, only the last month's are to be sent: nobody waits for those of years ago.
///
/// # Errors
/// Where the record cannot be read or a month not be kept. What was closed until then is closed.
pub fn close_due(config: &Config, reader: &Reader, now: Timestamp) -> Result<Closing, ReportError> {
    let archive = Archive::of(config);
    let before = archive.months()?;
    let due = due(config, reader, &before, now)?;
    let mut done = Closing::default();
    let Some(newest) = due.last().copied() else { return Ok(done) };
    for month in &before {
        done.amendments += archive.amend(config, reader, *month, now)?.len();
    }
    let is_first_time = match before.last() {
        None => true,
        // It was interrupted.
        Some(last) => archive.deliveries(*last)?.ended.is_some_and(|ended| ended.why == Why::Before),
    };
    for month in due {
        let mut dossier = Dossier::make(config, reader, month, &Selection::All, now, &mut |_, _| {})?;
        dossier.amendments = amendments_before(&archive, month, now)?;
        let is_late = before.last().is_some_and(|last| month < *last) || (is_first_time && month != newest);
        let deliveries = if is_late { Deliveries::ended(now, Why::Before) } else { Deliveries::default() };
        archive.keep(month, &dossier, &deliveries)?;
        done.closed.push((month, archive.hash(month)?));
    }
    Ok(done)
}

/// Oldest first.
fn due(config: &Config, reader: &Reader, closed: &[Month], now: Timestamp) -> Result<Vec<Month>, ReportError> {
    let timezone = &config.daemon.timezone;
    let Some(record) = reader.extent()? else { return Ok(Vec::new()) };
    let mut due = Vec::new();
    let mut month = Month::of(record.from, timezone);
    while closes_at(month, &config.report, timezone).is_some_and(|at| at <= now) {
        if !closed.contains(&month) {
            due.push(month);
        }
        if month.next() == month {
            break;
        }
        month = month.next();
    }
    Ok(due)
}

/// What was corrected in earlier months since the last one before `month` was closed, by month.
fn amendments_before(archive: &Archive, month: Month, now: Timestamp) -> Result<Vec<Amendment>, ReportError> {
    let earlier: Vec<Month> = archive.months()?.into_iter().filter(|one| *one < month).collect();
    let Some(last) = earlier.last() else { return Ok(Vec::new()) };
    let since = archive.closed_at(*last)?;
    let mut found = Vec::new();
    for one in earlier {
        found.extend(archive.amendments(one)?.into_iter().filter(|made| since < made.made_at && made.made_at <= now));
    }
    Ok(found)
}
