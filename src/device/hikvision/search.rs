//! Asking a Hikvision device for recordings: the wordings of a search, its answer, the calendar. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::words::{self, NoDocument, document, number_at};
use crate::device::exchange::Answer;
use crate::device::finding::Why;
use crate::device::wall;

/// How a search is worded. Firmware conflicts: some want what others refuse, and none says what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// `trackList`, the identifier in braces, no XML declaration, and what kind of records are meant.
    Common,
    /// The same without `metadataList` (DS-7616NXI, V4.84).
    Bare,
    /// As ISAPI's documents have it: `trackIDList`, a plain identifier, a declaration.
    Documented,
    /// `trackList` with a plain identifier and a declaration.
    Mixed,
}

impl Wording {
    pub const ALL: [Self; 4] = [Self::Common, Self::Bare, Self::Documented, Self::Mixed];

    /// The body of a search for up to `max` recordings of a track between two moments of the device's wall clock,
    /// oldest first, beginning with the `position`th. `id` makes the identifier, which must be a UUID.
    pub fn body(self, id: u128, track: u32, (start, end): (DateTime, DateTime), max: u32, position: u32) -> String {
        let documented = matches!(self, Self::Documented | Self::Mixed);
        let mut body = String::new();
        if documented {
            body.push_str(r#"<?xml version="1.0" encoding="utf-8"?>"#);
        }
        body.push_str(match self {
            Self::Documented => r#"<CMSearchDescription version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema">"#,
            Self::Mixed => "<CMSearchDescription>",
            Self::Common | Self::Bare => r#"<CMSearchDescription version="1.0">"#,
        });
        let id = uuid(id);
        let id = if documented { id } else { format!("{{{id}}}") };
        let list = if self == Self::Documented { "trackIDList" } else { "trackList" };
        // `searchResultPostion` is the device's own spelling, and `Z` its own idea of wall clock time.
        let _ = write!(
            body,
            "<searchID>{id}</searchID><{list}><trackID>{track}</trackID></{list}><timeSpanList><timeSpan>\
             <startTime>{start}Z</startTime><endTime>{end}Z</endTime></timeSpan></timeSpanList>\
             <maxResults>{max}</maxResults><searchResultPostion>{position}</searchResultPostion>"
        );
        if self != Self::Bare {
            body.push_str(
                "<metadataList><metadataDescriptor>//recordType.meta.std-cgi.com</metadataDescriptor></metadataList>",
            );
        }
        body.push_str("</CMSearchDescription>");
        body
    }
}

/// A version 4 UUID (RFC 9562) of random bits.
fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{bits:032X}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A stretch of recording by the device's wall clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub start: DateTime,
    pub end: DateTime,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Of the track that was asked for, as they came.
    pub segments: Vec<Segment>,
    /// There was something, but of other tracks only: the wording was not understood.
    pub foreign: bool,
    /// The device says that there is more.
    pub more: bool,
}

/// Reads the answer to a search. Counts in it (`numOfMatches`, `totalMatches`) cannot be trusted and are not read.
pub fn page(answer: &Answer, track: u32) -> Result<Page, NoDocument> {
    let tree = document(answer, "CMSearchResult")?;
    let word = tree.text_at("responseStatusStrg").or_else(|| tree.text_at("responseStatusStrip"));
    let mut page = Page { more: word == Some("MORE"), ..Page::default() };
    let mut items = 0;
    for item in tree.children("matchList").flat_map(|list| list.children("searchMatchItem")) {
        items += 1;
        if number_at(item, "trackID").is_some_and(|id| id != track) {
            continue;
        }
        let time = |path| wall::digits(item.text_at(path)?);
        if let Some(start) = time("timeSpan/startTime") {
            let end = time("timeSpan/endTime").filter(|end| *end >= start).unwrap_or(start);
            page.segments.push(Segment { start, end });
        }
    }
    page.foreign = items > 0 && page.segments.is_empty();
    Ok(page)
}

/// A month of the calendar; year first, so that months sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Month {
    pub year: i16,
    pub month: i8,
}

impl Month {
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    #[must_use]
    pub fn before(self) -> Self {
        match self.month {
            1 => Self { year: self.year - 1, month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }

    /// The body of a question for the days of this month with recordings.
    pub fn body(self) -> String {
        format!(
            r#"<?xml version="1.0" encoding="utf-8"?><trackDailyParam><year>{}</year><monthOfYear>{}</monthOfYear></trackDailyParam>"#,
            self.year, self.month
        )
    }
}

/// Reads a month of the calendar: each day that it tells of, and whether there is a recording.
pub fn calendar(answer: &Answer, month: Month) -> Result<BTreeMap<Date, bool>, Why> {
    let tree = document(answer, "trackDailyDistribution")?;
    let day = |number: u32| Date::new(month.year, month.month, i8::try_from(number).ok()?).ok();
    let days = tree.children("dayList").flat_map(|list| list.children("day"));
    Ok(days
        .filter_map(|row| {
            let number = number_at(row, "dayOfMonth").or_else(|| number_at(row, "id"))?;
            Some((day(number)?, words::truth(row.text_at("record")?)?))
        })
        .collect())
}
