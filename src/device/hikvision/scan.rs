//! What a Hikvision device holds of one channel: days from the calendar, oldest and newest from searches.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, date};
use jiff::{SignedDuration, ToSpan};

use super::Learnt;
use super::search::{self, Month, Page, Segment, Wording};
use super::words::{Fault, NoDocument};
use crate::device::asking::Asking;
use crate::device::exchange::{Exchange, Request};
use crate::device::finding::{DeviceTime, Found, Holding, Why};
use crate::device::wall;

const SEARCH: &str = "/ISAPI/ContentMgmt/search";
/// The calendar's path without the track, for what is remembered of it.
const CALENDAR: &str = "/ISAPI/ContentMgmt/record/tracks/dailyDistribution";
const XML: &str = "application/xml; charset=\"UTF-8\"";

/// All years that a recorder may claim.
const EVER: (DateTime, DateTime) = (date(2000, 1, 1).at(0, 0, 0, 0), date(2038, 1, 1).at(0, 0, 0, 0));
/// More on a page draws an error from some.
const PAGE: u32 = 50;
/// Pages of one day that are read: a thousand recordings.
const PAGES: u32 = 20;
/// How long it is believed that a device refuses a window of all years.
const NARROW: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Empty months after which the calendar is not walked further back, with recordings seen and without.
const EMPTY_MONTHS: (u32, u32) = (6, 36);

/// One channel's turn.
pub struct Scan<'s, 'a, E> {
    asking: &'s mut Asking<'a, E>,
    learnt: &'s mut Learnt,
    days: (Date, Date),
    device_now: DateTime,
    channel: u32,
    calendar: BTreeMap<Month, BTreeMap<Date, bool>>,
}

/// Why a search came to nothing.
enum Miss {
    /// The device failed at it: a smaller window may do.
    Window(Why),
    Why(Why),
}

impl From<Miss> for Why {
    fn from(miss: Miss) -> Self {
        let (Miss::Window(why) | Miss::Why(why)) = miss;
        why
    }
}

impl<'s, 'a, E: Exchange> Scan<'s, 'a, E> {
    pub fn new(
        asking: &'s mut Asking<'a, E>,
        learnt: &'s mut Learnt,
        days: (Date, Date),
        device_now: DateTime,
        channel: u32,
    ) -> Self {
        Self { asking, learnt, days, device_now, channel, calendar: BTreeMap::new() }
    }

    /// The main stream's track, or the second's where only that is recorded.
    fn track(&self) -> u32 {
        let stream = if self.learnt.settings.sub_stream.contains(&self.channel) { 2 } else { 1 };
        self.channel.saturating_mul(100).saturating_add(stream)
    }

    fn narrow(&self) -> bool {
        self.learnt.narrow_until.is_some_and(|until| self.asking.now() < until)
    }

    pub async fn run(mut self) -> Found<Holding> {
        let calendar = self.wished_months().await;
        if self.asking.ended() {
            return Found::No(calendar.err().unwrap_or(Why::NotTold));
        }
        let oldest = self.oldest().await;
        if self.asking.ended() {
            return Found::No(oldest.err().unwrap_or(Why::NotTold));
        }
        // Neither the one nor the other: then nothing is known of the channel.
        let (oldest, calendar) = match (oldest, calendar) {
            (Err(why), Err(_)) => return Found::No(why),
            (oldest, calendar) => (oldest.ok().flatten(), calendar),
        };
        let newest = match oldest {
            Some(oldest) => self.newest(Some(oldest.date())).await,
            None => Ok(None),
        };
        let mut holding = Holding {
            oldest: oldest.map(DeviceTime::Wall),
            newest: newest.ok().flatten().map(DeviceTime::Wall),
            ..Holding::default()
        };
        let (first, last) = self.days;
        for (day, recorded) in self.calendar.values().flatten().filter(|(day, _)| (first..=last).contains(*day)) {
            holding.looked_at.insert(*day);
            if *recorded {
                holding.present.insert(*day);
            }
        }
        if calendar.is_err() && !self.asking.ended() {
            self.last_day(&mut holding).await;
        }
        Found::Yes(holding)
    }

    /// Without a calendar the last wished day alone is looked at, by a search: night after night they add up.
    async fn last_day(&mut self, holding: &mut Holding) {
        let day = self.days.1;
        if let Ok(page) = self.search((day.at(0, 0, 0, 0), wall::end_of(day)), 1, 0, false).await {
            holding.looked_at.insert(day);
            if !page.segments.is_empty() {
                holding.present.insert(day);
            }
        }
    }

    /// The calendar of every month with a wished day, newest first.
    async fn wished_months(&mut self) -> Result<(), Why> {
        let (first, mut month) = (Month::of(self.days.0), Month::of(self.days.1));
        while month >= first {
            self.month(month).await?;
            month = month.before();
        }
        Ok(())
    }

    /// The days of a month and whether there are recordings; asked for once.
    async fn month(&mut self, month: Month) -> Result<&BTreeMap<Date, bool>, Why> {
        if !self.calendar.contains_key(&month) {
            let path = format!("/ISAPI/ContentMgmt/record/tracks/{}/dailyDistribution", self.track());
            let answer = self.asking.ask(CALENDAR, Request::post(path, XML, month.body())).await?;
            let days = search::calendar(&answer, month).inspect_err(|why| self.asking.remember(CALENDAR, why))?;
            // A day that has not come is no day without recordings.
            let today = self.device_now.date();
            let days = days.into_iter().filter(|(day, recorded)| *recorded || *day <= today).collect();
            self.calendar.insert(month, days);
        }
        Ok(&self.calendar[&month])
    }

    /// The start of the oldest recording. Results come oldest first, so that one is enough.
    async fn oldest(&mut self) -> Result<Option<DateTime>, Why> {
        let expected = self.calendar.values().flatten().any(|(_, recorded)| *recorded);
        let mut refused = None;
        if !self.narrow() {
            match self.search(EVER, 1, 0, expected).await {
                Ok(page) => match page.segments.iter().map(|segment| segment.start).min() {
                    Some(start) => return Ok(Some(start)),
                    None if !expected => return Ok(None),
                    None => {}
                },
                Err(Miss::Window(why)) => {
                    self.learnt.narrow_until = self.asking.now().checked_add(NARROW).ok();
                    refused = Some(why);
                }
                Err(Miss::Why(why)) => refused = Some(why),
            }
            if self.asking.ended() {
                return Err(refused.unwrap_or(Why::NotTold));
            }
        }
        self.oldest_by_calendar().await.map_err(|why| refused.unwrap_or(why))
    }

    /// For devices that refuse a window of years: the calendar's first day, and the first recording of that.
    async fn oldest_by_calendar(&mut self) -> Result<Option<DateTime>, Why> {
        let known = self.learnt.earliest.get(&self.channel).copied();
        let mut month = Month::of(self.device_now.date());
        let mut earliest: Option<Date> = None;
        let mut empty = 0;
        loop {
            let first = self.month(month).await?.iter().find(|(_, recorded)| **recorded).map(|(day, _)| *day);
            empty = if first.is_some() { 0 } else { empty + 1 };
            earliest = first.or(earliest);
            let enough = if earliest.is_some() { EMPTY_MONTHS.0 } else { EMPTY_MONTHS.1 };
            if known.is_some_and(|known| month <= known) || empty >= enough {
                break;
            }
            month = month.before();
        }
        // Recorders overwrite from the front: what is empty before this month stays so.
        let from = Month::of(earliest.unwrap_or(self.device_now.date()));
        self.learnt.earliest.insert(self.channel, from);
        let Some(day) = earliest else { return Ok(None) };
        let midnight = day.at(0, 0, 0, 0);
        for _ in 0..2 {
            match self.search((midnight, wall::end_of(day)), 1, 0, true).await {
                Ok(page) => return Ok(Some(page.segments.iter().map(|s| s.start).min().unwrap_or(midnight))),
                Err(Miss::Window(_)) => {}
                Err(Miss::Why(_)) => break,
            }
        }
        Ok(Some(midnight))
    }

    /// The end of the newest recording: what the last hour has, or else the last day with any, which is looked for as far
    /// back as the day of the oldest where that is known. `None` where it could not be learnt.
    pub async fn newest(&mut self, oldest: Option<Date>) -> Result<Option<DateTime>, Why> {
        let hour_ago = self.device_now.saturating_sub(1.hour());
        // As far ahead as the device bears, to see recordings of a clock that ran wrong.
        let until = if self.narrow() { wall::end_of(self.device_now.date()) } else { EVER.1 };
        let mut newest = self.last_of((hour_ago, until)).await?;
        if newest.is_none()
            && let Some(day) = self.last_recorded_day(oldest).await?
        {
            newest = self.last_of((day.at(0, 0, 0, 0), wall::end_of(day))).await?;
        }
        Ok(newest)
    }

    async fn last_recorded_day(&mut self, oldest: Option<Date>) -> Result<Option<Date>, Why> {
        let mut month = Month::of(self.device_now.date());
        let first = oldest.map_or(Month::of(self.days.0).min(month.before()), Month::of);
        for _ in 0..EMPTY_MONTHS.1 {
            let recorded = |days: &BTreeMap<Date, bool>| days.iter().rev().find(|(_, has)| **has).map(|(day, _)| *day);
            let last = match (self.month(month).await.map(recorded), oldest) {
                (Ok(last), _) => last,
                (Err(_), Some(oldest)) if !self.asking.ended() => return self.last_day_by_halves(oldest).await,
                (Err(why), _) => return Err(why),
            };
            if last.is_some() || month <= first {
                return Ok(last);
            }
            month = month.before();
        }
        Ok(None)
    }

    /// Without a calendar: between the day of the oldest recording and tomorrow, by halves.
    async fn last_day_by_halves(&mut self, mut has: Date) -> Result<Option<Date>, Why> {
        let mut none = self.device_now.date().saturating_add(1.day());
        while let days = has.until(none).map_or(0, |span| span.get_days())
            && days > 1
        {
            let middle = has.saturating_add((days / 2).days());
            let window = (middle.at(0, 0, 0, 0), none.at(0, 0, 0, 0));
            if self.search(window, 1, 0, false).await?.segments.is_empty() {
                none = middle;
            } else {
                has = middle;
            }
        }
        Ok(Some(has))
    }

    /// Pages through a window to its end.
    async fn last_of(&mut self, (mut start, end): (DateTime, DateTime)) -> Result<Option<DateTime>, Why> {
        let mut newest: Option<DateTime> = None;
        let mut position = 0;
        let mut first: Option<Segment> = None;
        for _ in 0..PAGES {
            let page = self.search((start, end), PAGE, position, false).await?;
            let Some(&head) = page.segments.first() else { break };
            if position > 0 && first == Some(head) {
                // This firmware does not page: go on from where the page ended.
                match newest.filter(|newest| *newest > start) {
                    Some(reached) => (start, position, first) = (reached, 0, None),
                    None => break,
                }
                continue;
            }
            newest = newest.max(page.segments.iter().map(|segment| segment.end).max());
            first = first.or(Some(head));
            let count = u32::try_from(page.segments.len()).unwrap_or(PAGE);
            if count < PAGE && !page.more {
                break;
            }
            position += count;
        }
        Ok(newest)
    }

    /// One search, in the wording that this device is known to understand, or in each until one is. `expected`: there
    /// is something, so that an empty answer to a wording that never found anything is a misunderstanding.
    async fn search(
        &mut self,
        window: (DateTime, DateTime),
        max: u32,
        position: u32,
        expected: bool,
    ) -> Result<Page, Miss> {
        let track = self.track();
        let known = self.learnt.wording;
        let others = Wording::ALL.into_iter().filter(|wording| Some(*wording) != known);
        let mut empty = None;
        let mut refused: Option<Fault> = None;
        for wording in known.into_iter().chain(others) {
            let body = wording.body(fastrand::u128(..), track, window, max, position);
            let answer = self.asking.ask(SEARCH, Request::post(SEARCH, XML, body)).await.map_err(Miss::Why)?;
            match search::page(&answer, track) {
                Ok(page) if !page.segments.is_empty() => {
                    self.learnt.wording = Some(wording);
                    return Ok(page);
                }
                Ok(page) if page.foreign || expected && known != Some(wording) => empty = Some(page),
                Ok(page) => return Ok(page),
                Err(NoDocument::Fault(fault)) if fault.is_wording() => refused = Some(fault),
                Err(NoDocument::Fault(fault)) if fault.is_failure() => return Err(Miss::Window(fault.why())),
                Err(no) => {
                    let why = Why::from(no);
                    self.asking.remember(SEARCH, &why);
                    return Err(Miss::Why(why));
                }
            }
        }
        if let Some(page) = empty {
            return Ok(page);
        }
        // No wording is understood: not worth four requests for each channel each night.
        self.asking.remember(SEARCH, &Why::NotSupported);
        Err(Miss::Why(refused.map_or(Why::NotSupported, |fault| fault.why())))
    }
}
