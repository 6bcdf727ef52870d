//! One camera's running month as it stands now, for the page of that camera: counted as the month's report counts it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::book::Book;
use super::compile::{day_of, outages};
use super::document::{Legend, Strip};
use super::dossier::Day;
use super::edition::Manner;
use super::html;
use super::model::OutageFigures;
use crate::config::Config;
use crate::inventory::Camera;
use crate::ledger::{self, Month, Span, Tally};
use crate::store::{Reader, StoreError};

/// From the first of the month to now.
#[derive(Debug, Clone, PartialEq)]
pub struct CameraMonth {
    pub month: Month,
    /// Up to today.
    pub days: Vec<(Date, Day)>,
    pub tally: Tally,
    /// In the order in which they began.
    pub outages: Vec<OutageFigures>,
}

impl CameraMonth {
    /// For the daemon that is alive at `now` and asks: the last run of the record, which is its own, is taken to reach to
    /// `now`.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn read(config: &Config, reader: &Reader, camera: &Camera, now: Timestamp) -> Result<Self, StoreError> {
        let timezone = &config.daemon.timezone;
        let month = Month::of(now, timezone);
        let now = now.as_second();
        let mut book = Book::open(config, reader)?;
        if let Some(run) = book.alive.last_mut() {
            run.to = run.to.max(now);
        }
        let so_far = Span::new(i64::MIN, now).and(month.span(timezone)).and(ledger::service(camera, timezone));
        let timeline = book.timeline(reader, camera, so_far)?;
        let days = month.days(timezone).take_while(|day| day.from < now);
        let dates = month.first_day().series(jiff::ToSpan::day(1));
        Ok(Self {
            month,
            days: dates.zip(days).map(|(date, day)| (date, day_of(timeline.tally(day.and(so_far))))).collect(),
            tally: timeline.tally(so_far),
            outages: outages(&timeline),
        })
    }

    /// The days as a report draws them; `value` is the figure that they come to.
    pub(crate) fn strip(&self, manner: &Manner, label: &str, value: &str) -> String {
        let legend = Legend::of(manner.words);
        let days = self.days.iter().map(|(_, day)| *day).collect();
        html::picture(&Strip { label: label.to_owned(), days, value: value.to_owned() }, &legend)
    }
}
