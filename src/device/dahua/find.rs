//! Finding the recordings of a Dahua device: one finder after the other, each given back.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, date};
use jiff::{SignedDuration, ToSpan};

use super::Learnt;
use super::answers::{self, Item};
use crate::device::asking::Asking;
use crate::device::exchange::{Exchange, Request};
use crate::device::finding::{DeviceTime, Found, Holding, Why};
use crate::device::wall;

const FIND: &str = "/cgi-bin/mediaFileFind.cgi";
const EVER: (DateTime, DateTime) = (date(2000, 1, 1).at(0, 0, 0, 0), date(2038, 1, 1).at(0, 0, 0, 0));
/// What a device hands out at once, at most.
const PAGE: u32 = 100;
/// Pages of one window: a month in files of ten minutes.
const PAGES: u32 = 45;
/// A file that ended this long before now may be the last: the running one is not listed everywhere.
const LATEST: SignedDuration = SignedDuration::from_mins(10);

/// What a window has.
struct Walk {
    items: Vec<Item>,
    /// To its end.
    complete: bool,
}

pub struct Find<'s, 'a, E> {
    pub asking: &'s mut Asking<'a, E>,
    pub learnt: &'s mut Learnt,
    pub days: (Date, Date),
    pub device_now: DateTime,
}

impl<E: Exchange> Find<'_, '_, E> {
    /// All wished channels, one after the other.
    pub async fn scan(&mut self, channels: &[u32]) -> Vec<(u32, Found<Holding>)> {
        let mut holdings = self.each(channels).await;
        let nothing = |(_, holding): &(u32, Found<Holding>)| holding.yes().is_some_and(|h| h.oldest.is_none());
        // Nothing in any channel: perhaps this firmware counts channels from 0 in questions.
        if let Some(&first) = channels.first()
            && self.learnt.from_zero.is_none()
            && !self.asking.ended()
            && holdings.iter().all(nothing)
        {
            self.learnt.from_zero = Some(true);
            let again = self.each(&[first]).await;
            if again.iter().any(|(_, holding)| holding.yes().is_some_and(|holding| holding.oldest.is_some())) {
                holdings = again;
                holdings.extend(self.each(&channels[1..]).await);
            } else {
                self.learnt.from_zero = None;
            }
        }
        holdings
    }

    async fn each(&mut self, channels: &[u32]) -> Vec<(u32, Found<Holding>)> {
        let mut holdings = Vec::new();
        for &channel in channels {
            holdings.push((channel, self.channel(channel).await.into()));
            if self.asking.ended() {
                break;
            }
        }
        holdings
    }

    async fn channel(&mut self, channel: u32) -> Result<Holding, Why> {
        let (first, last) = self.days;
        let Some(oldest) = self.walk(channel, EVER, 1, 1).await?.items.first().map(|item| item.start) else {
            return Ok(Holding { looked_at: wall::days(first, last).collect(), ..Holding::default() });
        };
        let mut holding = Holding { oldest: Some(DeviceTime::Wall(oldest)), ..Holding::default() };
        let found = self.walk(channel, (first.at(0, 0, 0, 0), EVER.1), PAGE, PAGES).await;
        let Ok(walk) = found else { return Ok(holding) };
        let mut present = BTreeSet::new();
        for item in &walk.items {
            // A file that ends at midnight is none of the next day.
            let end = if item.end > item.start { item.end.saturating_sub(1.second()) } else { item.end };
            present.extend(wall::days(item.start.date().max(first), end.date().min(last)));
        }
        // Where the walk was given up, the day it had reached is not known to its end.
        let reached = walk.items.last().map(|item| item.start.date());
        let known =
            |day: &Date| walk.complete || reached.is_some_and(|reached| *day < reached) || present.contains(day);
        holding.looked_at = wall::days(first, last).filter(known).collect();
        holding.present = present;
        let newest = match walk.items.iter().map(|item| item.end).max() {
            Some(newest) if walk.complete => Some(newest),
            Some(_) => self.newest(channel).await.unwrap_or(None),
            None => self.last_before(channel, oldest.date(), first).await.unwrap_or(None),
        };
        holding.newest = newest.map(DeviceTime::Wall);
        Ok(holding)
    }

    /// The end of the last recording between a day that has one and a later one from which on there is none. Files come
    /// oldest first, so that the last day is closed in on by halves.
    async fn last_before(&mut self, channel: u32, mut has: Date, mut none: Date) -> Result<Option<DateTime>, Why> {
        let midnight = |day: Date| day.at(0, 0, 0, 0);
        while let days = has.until(none).map_or(0, |span| span.get_days())
            && days > 1
        {
            let middle = has.saturating_add((days / 2).days());
            if self.walk(channel, (midnight(middle), midnight(none)), 1, 1).await?.items.is_empty() {
                none = middle;
            } else {
                has = middle;
            }
        }
        let walk = self.walk(channel, (midnight(has), midnight(none)), PAGE, PAGES).await?;
        Ok(walk.items.iter().map(|item| item.end).max())
    }

    /// The end of the newest recording of the last day, if there is one.
    pub async fn newest(&mut self, channel: u32) -> Result<Option<DateTime>, Why> {
        let walk = self.walk(channel, (self.device_now.saturating_sub(1.day()), EVER.1), PAGE, PAGES).await?;
        Ok(walk.items.iter().map(|item| item.end).max())
    }

    /// The recordings of a channel in a window, oldest first, by one finder that is given back whatever happens.
    async fn walk(&mut self, channel: u32, window: (DateTime, DateTime), count: u32, pages: u32) -> Result<Walk, Why> {
        let first = self.attempt(channel, window, count, pages).await?;
        let index = channel.saturating_sub(1);
        let foreign = |item: &Item| item.channel.is_some_and(|told| told != index);
        if first.items.iter().any(|item| item.channel == Some(index)) {
            self.learnt.from_zero.get_or_insert(false);
        }
        let mut walk = first;
        // Asked for channel N it told of its index N: it counts from 0 in questions as well.
        if self.learnt.from_zero.is_none() && walk.items.iter().any(|item| item.channel == Some(channel)) {
            self.learnt.from_zero = Some(true);
            walk = self.attempt(channel, window, count, pages).await?;
        }
        // Snapshots lie among the recordings: from now on only recordings are asked for.
        if !self.learnt.pictures && walk.items.iter().any(|item| item.picture) {
            self.learnt.pictures = true;
            walk = self.attempt(channel, window, count, pages).await?;
        }
        walk.items.retain(|item| !foreign(item) && !item.picture);
        Ok(walk)
    }

    async fn attempt(
        &mut self,
        channel: u32,
        (start, end): (DateTime, DateTime),
        count: u32,
        pages: u32,
    ) -> Result<Walk, Why> {
        self.give_back().await;
        let created = self.ask("action=factory.create").await?;
        let finder = answers::one(&created, "result").inspect_err(|why| self.asking.remember(FIND, why))?;
        // It goes into paths, and is a number wherever it was seen.
        if finder.len() > 20 || !finder.bytes().all(|c| c.is_ascii_alphanumeric()) {
            return Err(Why::Unreadable("a finder that is no number".to_owned()));
        }
        self.learnt.open_finder = Some(finder.clone());
        let number = if self.learnt.from_zero == Some(true) { channel.saturating_sub(1) } else { channel };
        let text = |time: DateTime| time.strftime("%Y-%m-%d%%20%H:%M:%S").to_string();
        let kinds = if self.learnt.pictures { "&condition.Types[0]=dav&condition.Types[1]=mp4" } else { "" };
        let condition = format!(
            "action=findFile&object={finder}&condition.Channel={number}&condition.StartTime={}&condition.EndTime={}{kinds}",
            text(start),
            text(end)
        );
        let walk = self.pages(&finder, &condition, count, pages).await;
        if !matches!(walk, Err(Why::Trouble(_))) {
            let closed = self.ask(&format!("action=close&object={finder}")).await;
            if closed.is_ok() {
                self.give_back().await;
            }
        }
        walk
    }

    async fn pages(&mut self, finder: &str, condition: &str, count: u32, pages: u32) -> Result<Walk, Why> {
        let started = self.ask(condition).await?;
        let mut walk = Walk { items: Vec::new(), complete: true };
        // A 400 means that there is nothing, or no such channel.
        if started.status == 400 {
            return Ok(walk);
        }
        if !started.is_success() {
            let why = super::words::values(&started).err().unwrap_or(Why::NotTold);
            self.asking.remember(FIND, &why);
            return Err(why);
        }
        let next = format!("action=findNextFile&object={finder}&count={count}");
        for _ in 0..pages {
            let items = answers::items(&self.ask(&next).await?)?;
            // Some hand out less than they are asked for: only nothing is the end, or what has just been recorded.
            let full = items.len() >= count as usize;
            let last = items.iter().map(|item| item.end).max();
            walk.items.extend(items);
            let latest = self.device_now.saturating_sub(LATEST);
            if last.is_none_or(|last| !full && last >= latest) {
                return Ok(walk);
            }
        }
        walk.complete = false;
        Ok(walk)
    }

    async fn ask(&mut self, action: &str) -> Result<crate::device::exchange::Answer, Why> {
        self.asking.ask(FIND, Request::get(format!("{FIND}?{action}"))).await
    }

    /// Destroys what is open, now or by the next poll: devices have few finders.
    pub async fn give_back(&mut self) {
        if let Some(finder) = self.learnt.open_finder.clone()
            && self.ask(&format!("action=destroy&object={finder}")).await.is_ok()
        {
            self.learnt.open_finder = None;
        }
    }
}
