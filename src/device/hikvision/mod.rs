//! Hikvision's ISAPI, as recorders and cameras of that maker and of its many brands speak it.
//!
//! Knows the vendor's paths and words, and what a device learnt to refuse. Knows no sockets and no logins, and judges
//! nothing. Times are digits of the device's wall clock: the `Z` behind them is not UTC.

pub mod channels;
mod scan;
pub mod search;
pub mod storage;
pub mod system;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::channels::Listing;
use self::scan::Scan;
use self::search::{Month, Wording};
use self::system::{Kind, Working};
use super::asking::{Asking, Refusals};
use super::exchange::{Answer, Exchange, Manner, Request, Trouble};
use super::finding::{DeviceTime, Finding, Found, Why, Wish, WishDepth};
use super::wall;
use crate::observation::{self, Channel, RecordMode};

const DEVICE_INFO: &str = "/ISAPI/System/deviceInfo";
const LOCAL_TIME: &str = "/ISAPI/System/time/localTime";
const TIME: &str = "/ISAPI/System/time";
const STORAGE: &str = "/ISAPI/ContentMgmt/Storage";
const WORKING: &str = "/ISAPI/System/workingstatus?format=json";
const PROXIES: &str = "/ISAPI/ContentMgmt/InputProxy/channels";
const PROXY_STATES: &str = "/ISAPI/ContentMgmt/InputProxy/channels/status";
const INPUTS: &str = "/ISAPI/System/Video/inputs/channels";
const TRACKS: &str = "/ISAPI/ContentMgmt/record/tracks";
const STREAMS: &str = "/ISAPI/Streaming/channels";

/// Names, schedules and bit rates change seldom, and are long: they are read again after so long, and by each scan.
const SETTINGS_HOLD: SignedDuration = SignedDuration::from_hours(6);
/// Channels whose newest recording is looked for in one poll where no record flag is told.
const NEWEST_IN_A_POLL: usize = 2;

/// What the HTTP layer must know: every account may read the device's identity.
#[must_use]
pub fn manner() -> Manner {
    Manner { canary: Some(|| Request::get(DEVICE_INFO)), sign: words::sign }
}

/// Where a channel's picture is, of its main stream.
pub(super) fn still_path(channel: u32) -> String {
    format!("{STREAMS}/{channel}01/picture")
}

/// What was learnt of one device, kept over polls and restarts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    refusals: Refusals,
    learnt: Learnt,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Learnt {
    /// Another one makes everything else void.
    device: Option<observation::Device>,
    /// The wording of searches that found something.
    wording: Option<Wording>,
    /// Until then it is not tried again whether a search over all years succeeds.
    narrow_until: Option<Timestamp>,
    settings: Settings,
    /// By channel: before this month there is nothing.
    earliest: BTreeMap<u32, Month>,
    /// Whose newest recording is looked for next.
    turn: usize,
}

/// What changes seldom.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    read_at: Option<Timestamp>,
    names: BTreeMap<u32, String>,
    modes: BTreeMap<u32, RecordMode>,
    sub_stream: BTreeSet<u32>,
    bits_per_second: BTreeMap<u32, u64>,
}

/// Polls one device. About five requests, three more where its settings are read as well, and about four for each
/// channel of a scan.
pub async fn poll(exchange: &mut impl Exchange, memory: &mut Memory, wish: &Wish) -> Finding {
    let mut poll = Poll {
        asking: Asking::new(exchange, &mut memory.refusals),
        learnt: &mut memory.learnt,
        wish,
        finding: Finding::default(),
    };
    poll.run().await;
    let Poll { asking, mut finding, .. } = poll;
    finding.ended_by = asking.ended_by;
    finding
}

struct Poll<'a, E> {
    asking: Asking<'a, E>,
    learnt: &'a mut Learnt,
    wish: &'a Wish,
    finding: Finding,
}

impl<E: Exchange> Poll<'_, E> {
    async fn run(&mut self) {
        let Some(kind) = self.identity().await else { return };
        self.finding.clock = self.clock().await.into();
        if self.asking.ended() {
            return;
        }
        let storage = self.get(STORAGE, storage::storage).await;
        if self.asking.ended() {
            self.finding.disks = storage.map(|storage| storage.disks).into();
            return;
        }
        let working = self.get(WORKING, system::working).await;
        self.disks(storage, working.as_ref().ok());
        self.channels(kind, working).await;
        self.settings().await;
        if self.asking.ended() {
            return;
        }
        let device_now = wall::device_now(self.asking.now(), self.wish.zone_offset_seconds, self.finding.clock.yes());
        match self.wish.depth {
            WishDepth::Scan => {
                for &channel in &self.wish.channels {
                    let holding =
                        Scan::new(&mut self.asking, self.learnt, self.wish.days, device_now, channel).run().await;
                    self.finding.holdings.insert(channel, holding);
                    if self.asking.ended() {
                        return;
                    }
                }
            }
            WishDepth::Metadata => self.newest(device_now).await,
        }
    }

    /// Asks for a document, and remembers where the device has none.
    async fn get<T>(&mut self, path: &'static str, read: impl Fn(&Answer) -> Result<T, Why>) -> Result<T, Why> {
        let answer = self.asking.ask(path, Request::get(path)).await?;
        read(&answer).inspect_err(|why| self.asking.remember(path, why))
    }

    /// The canary. What does not answer it as Hikvision's devices do is not asked for anything else.
    async fn identity(&mut self) -> Option<Kind> {
        let answer = match self.asking.canary(Request::get(DEVICE_INFO)).await {
            Ok(answer) => answer,
            Err(why) => {
                self.finding.device = Found::No(why);
                return None;
            }
        };
        let (device, kind) = match system::device(&answer) {
            Ok(found) => found,
            Err(why) => {
                self.asking.ended_by = Some(match &why {
                    Why::DeviceError(text) => Trouble::Busy(text.clone()),
                    Why::NoPermission => Trouble::Unauthorized("the account may not read the device's identity".into()),
                    why => Trouble::Foreign(why.to_string()),
                });
                self.finding.device = Found::No(why);
                return None;
            }
        };
        if self.learnt.device.as_ref() != Some(&device) {
            if self.learnt.device.is_some() {
                self.asking.forget();
            }
            *self.learnt = Learnt { device: Some(device.clone()), ..Learnt::default() };
        }
        self.finding.device = Found::Yes(device);
        Some(kind)
    }

    async fn clock(&mut self) -> Result<super::finding::Clock, Why> {
        let mut path = LOCAL_TIME;
        let mut answer = self.asking.ask(path, Request::get(path)).await;
        let mut time = answer.clone().and_then(|answer| system::time(&answer, self.wish.zone_offset_seconds));
        if let Err(why @ (Why::NotSupported | Why::Unreadable(_))) = &time {
            self.asking.remember(path, why);
            path = TIME;
            answer = self.asking.ask(path, Request::get(path)).await;
            time = answer.clone().and_then(|answer| system::time(&answer, self.wish.zone_offset_seconds));
        }
        if let Err(why) = &time {
            self.asking.remember(path, why);
        }
        wall::clock(time?, &answer?, self.wish.zone_offset_seconds)
            .ok_or_else(|| Why::Unreadable("a time beyond all years".to_owned()))
    }

    /// The storage document, or the disks of the working status where an account may read only that.
    fn disks(&mut self, storage: Result<storage::Storage, Why>, working: Option<&Working>) {
        match (storage, working) {
            (Ok(storage), _) => {
                self.finding.quota = storage.quota;
                self.finding.unknown_words.extend(storage.unknown_words);
                self.finding.disks = Found::Yes(storage.disks);
            }
            (Err(_), Some(working)) if !working.disks.is_empty() => {
                self.finding.unknown_words.extend(working.unknown_words.iter().cloned());
                self.finding.disks = Found::Yes(working.disks.clone());
            }
            (Err(why), _) => self.finding.disks = Found::No(why),
        }
    }

    /// Network channels and analog inputs in one list, by number.
    async fn channels(&mut self, kind: Kind, working: Result<Working, Why>) {
        let mut listing = Listing::new();
        let mut refused = None;
        if kind != Kind::Camera && !self.asking.ended() {
            match self.get(PROXY_STATES, channels::proxy_states).await {
                Ok(states) => listing = states,
                Err(why) => refused = Some(why),
            }
        }
        let due = self.settings_due();
        if kind != Kind::Camera && !self.asking.ended() && (due || refused.is_some()) {
            match self.get(PROXIES, channels::proxies).await {
                Ok(proxies) => {
                    for (number, listed) in proxies {
                        let entry = listing.entry(number).or_default();
                        entry.name.clone_from(&listed.name);
                    }
                    refused = None;
                }
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        let networked: BTreeSet<u32> = listing.keys().copied().collect();
        if kind != Kind::Nvr && !self.asking.ended() {
            match self.get(INPUTS, channels::inputs).await {
                Ok(inputs) => {
                    for (number, listed) in inputs {
                        listing.entry(number).or_insert(listed);
                    }
                }
                Err(why) => refused = refused.or(Some(why)),
            }
        }
        for (number, listed) in &listing {
            if let Some(name) = &listed.name {
                self.learnt.settings.names.insert(*number, name.clone());
            }
        }
        // Some hybrids count from 33 here: numbers that do not cover the network channels are another count.
        let mut told = working.as_ref().map(|working| working.channels.clone()).unwrap_or_default();
        if !networked.iter().all(|number| told.contains_key(number)) {
            told.clear();
        }
        if listing.is_empty() {
            if told.is_empty() {
                let why = refused.or(working.err()).unwrap_or(Why::NotTold);
                self.finding.channels = Found::No(why);
                return;
            }
            listing = told.keys().map(|number| (*number, channels::Listed::default())).collect();
        }
        let names = &self.learnt.settings.names;
        let channels = listing.into_iter().map(|(number, listed)| {
            let told = told.get(&number).copied().unwrap_or_default();
            Channel {
                channel: number,
                name: listed.name.or_else(|| names.get(&number).cloned()),
                online: listed.online.or(told.online),
                recording: told.recording,
                bits_per_second: told.bits_per_second,
            }
        });
        self.finding.channels = Found::Yes(channels.collect());
    }

    fn settings_due(&self) -> bool {
        let now = self.asking.now();
        let read = self.learnt.settings.read_at;
        self.wish.depth == WishDepth::Scan || read.is_none_or(|read| now.duration_since(read) >= SETTINGS_HOLD)
    }

    /// Schedules and bit rates: read where they are due, and told as they were read last.
    async fn settings(&mut self) {
        if self.settings_due() && !self.asking.ended() {
            let schedules = self.get(TRACKS, channels::schedules).await;
            if let Ok(schedules) = schedules {
                self.finding.unknown_words.extend(schedules.unknown_words);
                self.learnt.settings.modes = schedules.modes;
                self.learnt.settings.sub_stream = schedules.sub_stream;
            }
            let rates = self.get(STREAMS, channels::bit_rates).await;
            if let Ok(rates) = rates {
                self.learnt.settings.bits_per_second = rates;
            }
            if !self.asking.ended() {
                self.learnt.settings.read_at = Some(self.asking.now());
            }
        }
        let settings = &self.learnt.settings;
        self.finding.modes = settings.modes.clone();
        self.finding.bits_per_second = settings.bits_per_second.clone();
    }

    /// Where no flag tells that a channel is being recorded, its newest recording does: some channels each poll.
    async fn newest(&mut self, device_now: jiff::civil::DateTime) {
        let channels = self.finding.channels.yes().map(Vec::as_slice).unwrap_or_default();
        let flagged: BTreeSet<u32> =
            channels.iter().filter(|channel| channel.recording.is_some()).map(|channel| channel.channel).collect();
        let blind: Vec<u32> = self.wish.channels.iter().copied().filter(|channel| !flagged.contains(channel)).collect();
        for _ in 0..blind.len().min(NEWEST_IN_A_POLL) {
            let channel = blind[self.learnt.turn % blind.len()];
            self.learnt.turn = (self.learnt.turn + 1) % blind.len();
            let mut scan = Scan::new(&mut self.asking, self.learnt, self.wish.days, device_now, channel);
            if let Ok(Some(end)) = scan.newest(None).await {
                self.finding.newest.insert(channel, DeviceTime::Wall(end));
            }
            if self.asking.ended() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod scan_tests;
#[cfg(test)]
mod tests;
