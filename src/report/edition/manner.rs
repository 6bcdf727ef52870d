//! Numbers, lengths of time, dates and amounts in a language's manner.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::inventory::Language;
use crate::report::words::{Words, words};

/// One language, at one place.
pub(crate) struct Manner {
    pub language: Language,
    pub words: &'static Words,
    zone: TimeZone,
}

impl Manner {
    /// `timezone` is an IANA name; one that is not known is read as UTC, as the ledger does.
    pub fn new(language: Language, timezone: &str) -> Self {
        Self { language, words: words(language), zone: TimeZone::get(timezone).unwrap_or(TimeZone::UTC) }
    }

    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// `1.234` or `1,234`.
    pub fn count(&self, n: u64) -> String {
        let digits = n.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(self.thousands());
            }
            text.push(digit);
        }
        text
    }

    fn thousands(&self) -> char {
        if self.language == Language::Vietnamese { '.' } else { ',' }
    }

    fn point(&self) -> char {
        if self.language == Language::Vietnamese { ',' } else { '.' }
    }

    /// Hundredths of a percent: `99,52 %` or `99.52%`.
    pub fn percent(&self, hundredths: u64) -> String {
        let sign = if self.language == Language::Vietnamese { "\u{a0}%" } else { "%" };
        format!("{}{sign}", self.hundredths(hundredths))
    }

    fn hundredths(&self, hundredths: u64) -> String {
        format!("{}{}{:02}", hundredths / 100, self.point(), hundredths % 100)
    }

    /// `98,00–99,52 %`.
    pub fn percents(&self, low: u64, high: u64) -> String {
        format!("{}–{}", self.hundredths(low), self.percent(high))
    }

    /// A part of something planned, 0 to 1, without needless decimals: `98 %`.
    pub fn aim(&self, ratio: f64) -> String {
        let text = self.percent(rounded(ratio * 10_000.0));
        let zeros = format!("{}00", self.point());
        text.replacen(&zeros, "", 1)
    }

    /// Tenths, floored; none where they are 0: `29,5`, `30`.
    pub fn tenths(&self, value: f64) -> String {
        let tenths = floored(value * 10.0);
        match tenths % 10 {
            0 => self.count(tenths / 10),
            tenth => format!("{}{}{tenth}", self.count(tenths / 10), self.point()),
        }
    }

    /// Hours and minutes, floored.
    pub fn length(&self, seconds: u64) -> String {
        let unit = &self.words.unit;
        match (seconds / 3600, seconds / 60 % 60) {
            (0, 0) if seconds == 0 => (unit.minutes)("0"),
            (0, 0) => unit.under_a_minute.to_owned(),
            (0, minutes) => (unit.minutes)(&minutes.to_string()),
            (hours, 0) => (unit.hours)(&self.count(hours)),
            (hours, minutes) => (unit.hours_minutes)(&self.count(hours), &minutes.to_string()),
        }
    }

    pub fn money(&self, vnd: u64) -> String {
        (self.words.unit.money)(&self.count(vnd))
    }

    /// Millions with one decimal, rounded: `36,6`.
    pub fn millions(&self, vnd: u64) -> String {
        let tenths = (vnd + 50_000) / 100_000;
        match tenths % 10 {
            0 => self.count(tenths / 10),
            tenth => format!("{}{}{tenth}", self.count(tenths / 10), self.point()),
        }
    }

    pub fn cameras(&self, n: u64) -> String {
        (self.words.unit.cameras)(n, &self.count(n))
    }

    /// `YYYY-MM` as people say it; as it is where it is no month.
    pub fn month(&self, month: &str) -> String {
        parts(month).map_or_else(|| month.to_owned(), |(year, month)| (self.words.unit.month)(year, month))
    }

    pub fn date(&self, date: Date) -> String {
        date.strftime(self.date_format()).to_string()
    }

    pub fn moment(&self, at: Timestamp) -> String {
        let format = format!("{} %H:%M", self.date_format());
        at.to_zoned(self.zone.clone()).strftime(&format).to_string()
    }

    pub fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.zone.clone()).date()
    }

    fn date_format(&self) -> &'static str {
        match self.language {
            Language::Vietnamese => "%d/%m/%Y",
            Language::English => "%-d %b %Y",
            Language::Korean => "%Y년 %-m월 %-d일",
        }
    }
}

/// Year and month of `YYYY-MM`.
pub(super) fn parts(month: &str) -> Option<(i16, i8)> {
    let (year, month) = month.split_once('-')?;
    Some((year.parse().ok()?, month.parse().ok().filter(|month| (1..=12).contains(month))?))
}

/// Month and year of an administrative text: months 1 and 2 with a leading zero, so that no other can be made of them.
pub(super) fn administrative(month: i8) -> String {
    if month < 3 { format!("{month:02}") } else { month.to_string() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "amounts of money and days; saturates")]
pub(super) fn rounded(value: f64) -> u64 {
    value.round() as u64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "amounts of money and days; saturates")]
pub(super) fn floored(value: f64) -> u64 {
    value.floor() as u64
}
