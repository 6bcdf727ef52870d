//! Moments and lengths of time as a language writes them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::catalogue::{Sentences, fill};
use crate::inventory::Language;

/// What a moment is written with: in which zone, and which day needs no saying.
pub(super) struct Clock<'a> {
    pub zone: &'a TimeZone,
    pub language: Language,
    pub today: Date,
}

impl<'a> Clock<'a> {
    pub fn new(zone: &'a TimeZone, language: Language, now: Timestamp) -> Self {
        Self { zone, language, today: now.to_zoned(zone.clone()).date() }
    }

    /// `02:14`, with the day where it is not today.
    pub fn moment(&self, at: Timestamp, sentences: &Sentences) -> String {
        let local = at.to_zoned(self.zone.clone());
        let time = local.strftime("%H:%M").to_string();
        if local.date() == self.today {
            return time;
        }
        let same_year = local.year() == self.today.year();
        let format = match (self.language, same_year) {
            (Language::Vietnamese, true) => "%-d/%-m",
            (Language::Vietnamese, false) => "%-d/%-m/%Y",
            (Language::English, true) => "%-d %b",
            (Language::English, false) => "%-d %b %Y",
            (Language::Korean, true) => "%-m월 %-d일",
            (Language::Korean, false) => "%Y년 %-m월 %-d일",
        };
        fill(sentences.on_day, &[("day", &local.strftime(format).to_string()), ("time", &time)])
    }
}

/// A length in the two largest units that matter.
pub(super) fn length(from: Timestamp, to: Timestamp, sentences: &Sentences) -> String {
    let minutes = u64::try_from(to.duration_since(from).as_secs() / 60).unwrap_or(0);
    match (minutes / 60, minutes % 60) {
        (0, 0) => sentences.under_a_minute.to_owned(),
        (0, minutes) => sentences.minutes.of(minutes),
        (hours @ ..48, 0) => sentences.hours.of(hours),
        (hours @ ..48, minutes) => fill(
            sentences.hours_minutes,
            &[("hours", &sentences.hours.of(hours)), ("minutes", &sentences.minutes.of(minutes))],
        ),
        (hours, _) => sentences.days.of(hours / 24),
    }
}
