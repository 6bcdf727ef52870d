//! What a device holds of each channel: since when, until when, and on which days.
//!
//! Recordings and their extents by the Recording and Search services (Profile G); days present by the events of a
//! recording's history, where the device keeps them. What it cannot tell stays unknown: ONVIF's silence is no gap.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::answers::{self, Extent, Page, Recording, Source, Turn};
use super::client::{Ask, Asked, Client};
use super::soap::{self, Operation, Service, escape};
use crate::device::exchange::{Exchange, Trouble};
use crate::device::finding::{DeviceTime, Finding, Found, Holding, Why, Wish, WishDepth};
use crate::device::xml::Tree;

/// So many recordings are asked for one by one; more in one search, which is some three requests for all of them.
const ASKED_ONE_BY_ONE: usize = 4;

/// Recordings of one channel that are asked for, and whose history is: a device that makes one of every minute of motion
/// is known by its search alone, and its days are not.
const MOST_OF_A_CHANNEL: usize = 16;
const MOST_HISTORIES: usize = 4;

/// Results that one answer may hold, and pages until a search is given up: a year of recording on motion is less.
const RESULTS_PER_PAGE: usize = 200;
const PAGES: usize = 60;

/// Answers without a result until a search is given up; each waits for `WAIT_TIME`.
const EMPTY_PAGES: usize = 6;
const WAIT_TIME: &str = "PT3S";

/// How long a device keeps a search that nobody asks about.
const KEEP_ALIVE: &str = "PT60S";

/// A history that ends so long before the newest recording is not the whole of it.
const CUT_OFF_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// Days that are looked at in one scan at most.
const MAX_DAYS: i32 = 400;

/// Looks at the channels that are wished for, and fills in what the finding says of them.
pub(super) async fn look<E: Exchange>(
    client: &mut Client<'_, E>,
    sources: &[Source],
    wish: &Wish,
    finding: &mut Finding,
) -> Result<(), Trouble> {
    if wish.channels.is_empty() {
        return Ok(());
    }
    let extents = if client.path(Service::Search).is_some() {
        extents(client, sources, wish).await
    } else {
        Err(Ask::No(Why::NotSupported))
    };
    let is_scan = wish.depth == WishDepth::Scan;
    let mut by_channel = match extents {
        Ok(extents) => extents,
        Err(ask) => {
            let (why, end) = match ask {
                Ask::No(why) => (why, Ok(())),
                Ask::End(trouble) => (Why::Trouble(trouble.clone()), Err(trouble)),
            };
            if is_scan {
                finding.holdings.extend(wish.channels.iter().map(|channel| (*channel, Found::No(why.clone()))));
            }
            return end;
        }
    };
    for channel in &wish.channels {
        let extents = by_channel.remove(channel).unwrap_or_default();
        finding.unknown_words.extend(extents.iter().filter_map(|extent| extent.unknown_status.clone()));
        tell_recording(finding, *channel, &extents);
        let holding = holding(&extents);
        if !is_scan {
            finding.newest.extend(holding.and_then(|holding| Some((*channel, holding.newest?))));
            continue;
        }
        let Some(mut holding) = holding else {
            finding.holdings.insert(*channel, Found::No(Why::NotTold));
            continue;
        };
        let looked = days_present(client, &extents, wish, &mut holding).await;
        finding.holdings.insert(*channel, Found::Yes(holding));
        looked?;
    }
    Ok(())
}

fn tell_recording(finding: &mut Finding, channel: u32, extents: &[Extent]) {
    let told: Vec<bool> = extents.iter().filter_map(|extent| extent.recording_now).collect();
    if told.is_empty() {
        return;
    }
    if let Found::Yes(channels) = &mut finding.channels
        && let Some(shown) = channels.iter_mut().find(|shown| shown.channel == channel)
    {
        shown.recording = Some(told.contains(&true));
    }
}

/// One holding of all recordings of a channel; `None` where the device tells no time of any, which is not the same as
/// holding nothing.
fn holding(extents: &[Extent]) -> Option<Holding> {
    let oldest = extents.iter().filter_map(|extent| extent.oldest).min();
    let newest = extents.iter().filter_map(|extent| extent.newest).max();
    if oldest.is_none() && newest.is_none() && !extents.iter().any(|extent| extent.is_empty) {
        return None;
    }
    Some(Holding { oldest: oldest.map(DeviceTime::Utc), newest: newest.map(DeviceTime::Utc), ..Holding::default() })
}

/// The extents of the recordings of each channel that is wished for.
async fn extents<E: Exchange>(
    client: &mut Client<'_, E>,
    sources: &[Source],
    wish: &Wish,
) -> Asked<BTreeMap<u32, Vec<Extent>>> {
    match listed(client, sources, wish).await {
        Err(Ask::No(_)) => {}
        done => return done,
    }
    match found(client).await {
        Ok(extents) if !extents.is_empty() => {
            let recordings: Vec<Recording> = extents.iter().map(|extent| extent.recording.clone()).collect();
            let channels = answers::by_channel(sources, &recordings);
            return Ok(channels
                .into_iter()
                .map(|(channel, indices)| (channel, indices.into_iter().map(|index| extents[index].clone()).collect()))
                .collect());
        }
        Ok(_) | Err(Ask::No(_)) => {}
        Err(end) => return Err(end),
    }
    summarised(client, sources, wish).await
}

/// By the list of recordings, and then the information on those of the wished channels.
async fn listed<E: Exchange>(
    client: &mut Client<'_, E>,
    sources: &[Source],
    wish: &Wish,
) -> Asked<BTreeMap<u32, Vec<Extent>>> {
    let envelope = client.ask(soap::GET_RECORDINGS, "").await?;
    let recordings =
        answers::recordings(&envelope).ok_or_else(|| Why::Unreadable("no list of recordings in it".to_owned()))?;
    if recordings.is_empty() {
        // Some list none until one was made through ONVIF, whatever they record by themselves.
        return Err(Why::NotTold.into());
    }
    let mut channels = answers::by_channel(sources, &recordings);
    channels.retain(|channel, _| wish.channels.contains(channel));
    let wanted = channels.values().map(Vec::len).sum::<usize>();
    let mut known: BTreeMap<String, Extent> = BTreeMap::new();
    if wanted > ASKED_ONE_BY_ONE {
        match found(client).await {
            Ok(extents) => known = extents.into_iter().map(|e| (e.recording.token.clone(), e)).collect(),
            Err(Ask::No(_)) => {}
            Err(end) => return Err(end),
        }
    }
    let mut by_channel = BTreeMap::new();
    let mut refused = None;
    for (channel, indices) in channels {
        let mut extents = Vec::new();
        for (asked, index) in indices.into_iter().enumerate() {
            let token = &recordings[index].token;
            if let Some(extent) = known.remove(token) {
                extents.push(extent);
                continue;
            }
            if asked >= MOST_OF_A_CHANNEL {
                continue;
            }
            match information(client, token).await {
                Ok(extent) => extents.push(extent),
                Err(Ask::No(why)) => refused = Some(why),
                Err(end) => return Err(end),
            }
        }
        if !extents.is_empty() {
            by_channel.insert(channel, extents);
        }
    }
    match refused {
        Some(why) if by_channel.is_empty() => Err(why.into()),
        _ => Ok(by_channel),
    }
}

async fn information<E: Exchange>(client: &mut Client<'_, E>, token: &str) -> Asked<Extent> {
    let inner = format!("<RecordingToken>{}</RecordingToken>", escape(token));
    let envelope = client.ask(soap::GET_RECORDING_INFORMATION, &inner).await?;
    Ok(answers::recording_information(&envelope)
        .ok_or_else(|| Why::Unreadable("no recording information in it".to_owned()))?)
}

/// Every recording by one search.
async fn found<E: Exchange>(client: &mut Client<'_, E>) -> Asked<Vec<Extent>> {
    // The scope is required, even an empty one.
    let inner = format!("<Scope/><KeepAliveTime>{KEEP_ALIVE}</KeepAliveTime>");
    let search = Search { find: soap::FIND_RECORDINGS, results: soap::GET_RECORDING_SEARCH_RESULTS };
    Ok(search.run(client, &inner, answers::recording_results).await?.items)
}

/// By the summary of the whole device, which says something of a channel only where there is one.
async fn summarised<E: Exchange>(
    client: &mut Client<'_, E>,
    sources: &[Source],
    wish: &Wish,
) -> Asked<BTreeMap<u32, Vec<Extent>>> {
    let channel = match (sources, wish.channels.as_slice()) {
        ([_], _) => 1,
        ([], [only]) => *only,
        _ => return Err(Why::NotSupported.into()),
    };
    let envelope = client.ask(soap::GET_RECORDING_SUMMARY, "").await?;
    let summary =
        answers::summary(&envelope).ok_or_else(|| Why::Unreadable("no recording summary in it".to_owned()))?;
    let is_empty = summary.recordings == Some(0);
    let extent = Extent {
        oldest: summary.oldest.filter(|_| !is_empty),
        newest: summary.newest.filter(|_| !is_empty),
        is_empty,
        ..Extent::default()
    };
    Ok(BTreeMap::from([(channel, vec![extent])]))
}

/// A search session: begun, asked for pages, ended.
#[derive(Clone, Copy)]
struct Search {
    find: Operation,
    results: Operation,
}

impl Search {
    async fn run<E: Exchange, T: PartialEq>(
        self,
        client: &mut Client<'_, E>,
        inner: &str,
        read: impl Fn(&Tree) -> Option<Page<T>>,
    ) -> Asked<Page<T>> {
        let envelope = client.ask(self.find, inner).await?;
        let token =
            answers::search_token(&envelope).ok_or_else(|| Why::Unreadable("no search token in it".to_owned()))?;
        let result = self.pages(client, &token, read).await;
        if !matches!(result, Err(Ask::End(_))) {
            let inner = format!("<SearchToken>{}</SearchToken>", escape(&token));
            // A device that ended it itself says that the token is unknown: as good.
            if let Err(end @ Ask::End(_)) = client.ask(soap::END_SEARCH, &inner).await {
                return Err(end);
            }
        }
        result
    }

    async fn pages<E: Exchange, T: PartialEq>(
        self,
        client: &mut Client<'_, E>,
        token: &str,
        read: impl Fn(&Tree) -> Option<Page<T>>,
    ) -> Asked<Page<T>> {
        let inner = format!(
            "<SearchToken>{}</SearchToken><MaxResults>{RESULTS_PER_PAGE}</MaxResults><WaitTime>{WAIT_TIME}</WaitTime>",
            escape(token)
        );
        let mut all = Page { items: Vec::new(), completed: false };
        let mut last_size = 0;
        let mut empty = 0;
        for _ in 0..PAGES {
            let envelope = match client.ask(self.results, &inner).await {
                Ok(envelope) => envelope,
                // The session ended with its last full page.
                Err(Ask::No(_)) if all.completed => return Ok(all),
                Err(other) => return Err(other),
            };
            let page = read(&envelope).ok_or_else(|| Why::Unreadable("no results in it".to_owned()))?;
            let repeats = last_size > 0 && all.items[all.items.len() - last_size..] == page.items;
            all.completed = page.completed;
            if repeats {
                // It gives the same page for ever, whatever state it claims.
                return Ok(all);
            }
            last_size = page.items.len();
            empty = if last_size == 0 { empty + 1 } else { 0 };
            all.items.extend(page.items);
            // "Completed" says that nothing new will be found, not that a full page was the last.
            if (page.completed && last_size < RESULTS_PER_PAGE) || empty == EMPTY_PAGES {
                return Ok(all);
            }
        }
        all.completed = false;
        Ok(all)
    }
}

/// On which of the wished days the recordings of a channel have data, where the device keeps their history.
async fn days_present<E: Exchange>(
    client: &mut Client<'_, E>,
    extents: &[Extent],
    wish: &Wish,
    holding: &mut Holding,
) -> Result<(), Trouble> {
    let Some(window) = Window::of(wish, client.clock.now()) else { return Ok(()) };
    if extents.len() > MOST_HISTORIES {
        return Ok(());
    }
    let mut looked_at: Option<BTreeSet<Date>> = None;
    for extent in extents.iter().filter(|extent| !extent.recording.token.is_empty()) {
        let token = extent.recording.token.as_str();
        let inner = format!(
            "<StartPoint>{}</StartPoint><EndPoint>{}</EndPoint>\
             <Scope><IncludedRecordings xmlns=\"http://www.onvif.org/ver10/schema\">{}</IncludedRecordings></Scope>\
             <SearchFilter><TopicExpression xmlns=\"http://docs.oasis-open.org/wsn/b-2\" \
             xmlns:tns1=\"http://www.onvif.org/ver10/topics\" \
             Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\">\
             tns1:RecordingHistory/Recording/State</TopicExpression></SearchFilter>\
             <IncludeStartState>true</IncludeStartState><KeepAliveTime>{KEEP_ALIVE}</KeepAliveTime>",
            second(window.from),
            second(window.to),
            escape(token)
        );
        let search = Search { find: soap::FIND_EVENTS, results: soap::GET_EVENT_SEARCH_RESULTS };
        let page = match search.run(client, &inner, |tree| answers::history(tree, token)).await {
            Ok(page) => page,
            // Without the history of one recording nothing is known of the days that it may have held.
            Err(Ask::No(_)) => return Ok(()),
            Err(Ask::End(trouble)) => return Err(trouble),
        };
        let (present, seen) = window.presence(page, extent);
        holding.present.extend(present);
        looked_at = Some(match looked_at {
            None => seen,
            Some(before) => before.intersection(&seen).copied().collect(),
        });
    }
    holding.looked_at = looked_at.unwrap_or_default();
    // A day that one recording has data of is present, whatever is unknown of the others.
    holding.looked_at.extend(holding.present.iter().copied());
    Ok(())
}

fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The days that are wished, as moments of the device's UTC.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    zone: TimeZone,
    first: Date,
    last: Date,
    from: Timestamp,
    to: Timestamp,
}

impl Window {
    /// `None` where no wished day has begun by the device's clock, or the wish makes no sense.
    fn of(wish: &Wish, now: Timestamp) -> Option<Self> {
        let zone = TimeZone::fixed(Offset::from_seconds(wish.zone_offset_seconds).ok()?);
        let (first, last) = wish.days;
        let first = first.max(last.checked_sub(MAX_DAYS.days()).ok()?);
        let from = first.to_zoned(zone.clone()).ok()?.timestamp();
        let to = last.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp().min(now);
        let last = last.min(to.to_zoned(zone.clone()).date());
        (from < to).then_some(Self { zone, first, last, from, to })
    }

    /// The days with data, and the days of which that is known.
    fn presence(&self, page: Page<Turn>, extent: &Extent) -> (BTreeSet<Date>, BTreeSet<Date>) {
        let mut turns = page.items;
        turns.sort_unstable();
        let mut present = BTreeSet::new();
        // No event at all, where the state at the start was asked for, means that no history is kept.
        let (Some(first), Some(last)) = (turns.first().copied(), turns.last().copied()) else {
            return (present, BTreeSet::new());
        };
        // A history that ends while the recording goes on was cut off, whatever the device calls it.
        let is_cut = !last.data && extent.newest.is_some_and(|newest| newest > last.at + CUT_OFF_AFTER);
        let is_whole = page.completed && !is_cut;
        let known_until = if is_whole { self.to } else { last.at };
        // Before the first turn it was the other way round.
        let mut since = (!first.data).then_some(self.from);
        for turn in &turns {
            match (turn.data, since) {
                (true, None) => since = Some(turn.at),
                (false, Some(start)) => {
                    self.mark(&mut present, start, turn.at, extent);
                    since = None;
                }
                _ => {}
            }
        }
        if let Some(start) = since {
            self.mark(&mut present, start, known_until, extent);
        }
        let is_known =
            |day: &Date| day.tomorrow().is_ok_and(|next| self.moment(next).is_some_and(|end| end <= known_until));
        let whole = self.first.series(1.day()).take_while(|day| *day <= self.last);
        let looked_at = whole.filter(|day| is_whole || is_known(day)).collect();
        (present, looked_at)
    }

    /// Marks the days that an interval touches, without what was overwritten since.
    fn mark(&self, present: &mut BTreeSet<Date>, start: Timestamp, end: Timestamp, extent: &Extent) {
        let start = start.max(self.from).max(extent.oldest.unwrap_or(self.from));
        let end = end.min(self.to).min(extent.newest.unwrap_or(self.to));
        if start >= end {
            return;
        }
        let (Ok(last), zone) = (end.checked_sub(1.nanosecond()), &self.zone) else { return };
        let last = last.to_zoned(zone.clone()).date();
        let first = start.to_zoned(zone.clone()).date();
        present.extend(first.series(1.day()).take_while(|day| *day <= last));
    }

    fn moment(&self, day: Date) -> Option<Timestamp> {
        Some(day.to_zoned(self.zone.clone()).ok()?.timestamp())
    }
}
