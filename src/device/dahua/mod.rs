//! Dahua's HTTP API (CGI), as its recorders and cameras speak it, and those of KBVision, Intelbras and other brands.
//!
//! Knows the vendor's paths and words, and what a device learnt to refuse. Knows no sockets and no logins, and judges
//! nothing. Every request leaves two entries in the device's log of about a thousand, which is the owner's: so polls are
//! short, and what changes seldom is read once a day.

pub mod answers;
mod find;
pub mod words;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::find::Find;
use self::words::Connection;
use super::asking::{Asking, Refusals};
use super::exchange::{Answer, Exchange, Manner, Request, Trouble};
use super::finding::{Clock, DeviceTime, Finding, Found, Why, Wish, WishDepth};
use super::wall;
use crate::observation::{self, Channel, RecordMode};

const SYSTEM_INFO: &str = "/cgi-bin/magicBox.cgi?action=getSystemInfo";
const VERSION: &str = "/cgi-bin/magicBox.cgi?action=getSoftwareVersion";
const VENDOR: &str = "/cgi-bin/magicBox.cgi?action=getVendor";
const TIME: &str = "/cgi-bin/global.cgi?action=getCurrentTime";
const DISKS: &str = "/cgi-bin/storageDevice.cgi?action=getDeviceAllInfo";
/// Both spellings of the question for all channels.
const STATES: [&str; 2] = [
    "/cgi-bin/LogicDeviceManager.cgi?action=getCameraState&uniqueChannels[0]=-1",
    "/cgi-bin/LogicDeviceManager.cgi?action=getCameraState&uuid=Default",
];
const VIDEO_LOSS: &str = "/cgi-bin/eventManager.cgi?action=getEventIndexes&code=VideoLoss";
const TITLES: &str = "/cgi-bin/configManager.cgi?action=getConfig&name=ChannelTitle";
const SWITCHES: &str = "/cgi-bin/configManager.cgi?action=getConfig&name=RecordMode";
const SCHEDULES: &str = "/cgi-bin/configManager.cgi?action=getConfig&name=Record";
const ENCODERS: &str = "/cgi-bin/configManager.cgi?action=getConfig&name=Encode";

/// Firmware, names, schedules and bit rates are read again after so long, and by each scan.
const SETTINGS_HOLD: SignedDuration = SignedDuration::from_hours(24);
/// In the order in which they matter.
const SETTINGS: [&str; 5] = [VERSION, SCHEDULES, TITLES, ENCODERS, VENDOR];
const SETTINGS_IN_A_POLL: usize = 3;
/// No flag tells that a channel is being recorded, and looking for its newest recording takes five requests: one channel
/// is looked at so often, in turn.
const NEWEST_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// What the HTTP layer must know: every account may read the device's type and serial number.
#[must_use]
pub fn manner() -> Manner {
    Manner { canary: Some(|| Request::get(SYSTEM_INFO)), sign: words::sign }
}

/// Where a channel's picture is.
pub(super) fn still_path(channel: u32) -> String {
    format!("/cgi-bin/snapshot.cgi?channel={channel}")
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
    /// Model and serial number; another one makes everything else void.
    device: Option<observation::Device>,
    settings: Settings,
    /// Whether questions for recordings count channels from 0; answers always do.
    from_zero: Option<bool>,
    /// Snapshots lie among the recordings.
    pictures: bool,
    /// A finder that could not be given back.
    open_finder: Option<String>,
    /// Whose newest recording is looked for next, and when one was last.
    turn: usize,
    newest_at: Option<Timestamp>,
}

/// What changes seldom.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    /// By path.
    read_at: BTreeMap<String, Timestamp>,
    vendor: Option<String>,
    firmware: Option<String>,
    titles: BTreeMap<u32, String>,
    schedules: BTreeMap<u32, RecordMode>,
    bits_per_second: BTreeMap<u32, u64>,
}

/// Polls one device. Five requests, up to three more in two polls a day for its settings and five once an hour for one
/// channel's newest recording; and about eleven for each channel of a scan.
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
        let Some(device) = self.identity().await else { return };
        self.tell(&device);
        self.finding.clock = self.clock().await.into();
        if self.asking.ended() {
            return;
        }
        let disks = self.get(DISKS, answers::disks).await.map(|disks| {
            self.finding.unknown_words.extend(disks.unknown_words);
            disks.disks
        });
        self.finding.disks = disks.into();
        if self.asking.ended() {
            return;
        }
        let settings_due = self.settings().await;
        self.tell(&device);
        self.channels().await;
        self.modes().await;
        if self.asking.ended() {
            return;
        }
        let device_now = wall::device_now(self.asking.now(), self.wish.zone_offset_seconds, self.finding.clock.yes());
        let mut find = Find { asking: &mut self.asking, learnt: self.learnt, days: self.wish.days, device_now };
        find.give_back().await;
        match self.wish.depth {
            WishDepth::Scan => self.finding.holdings.extend(find.scan(&self.wish.channels).await),
            WishDepth::Metadata if settings_due => {}
            WishDepth::Metadata => self.newest(device_now).await,
        }
    }

    /// What the device is, with what is read of it once a day.
    fn tell(&mut self, device: &observation::Device) {
        let settings = &self.learnt.settings;
        self.finding.device = Found::Yes(observation::Device {
            vendor: settings.vendor.clone().or_else(|| Some("Dahua".to_owned())),
            firmware: settings.firmware.clone(),
            ..device.clone()
        });
    }

    /// Asks for pairs, and remembers where the device has none.
    async fn get<T>(&mut self, path: &'static str, read: impl Fn(&Answer) -> Result<T, Why>) -> Result<T, Why> {
        let answer = self.asking.ask(path, Request::get(path)).await?;
        read(&answer).inspect_err(|why| self.asking.remember(path, why))
    }

    /// The canary. What does not answer it as Dahua's devices do is not asked for anything else.
    async fn identity(&mut self) -> Option<observation::Device> {
        let found = match self.asking.canary(Request::get(SYSTEM_INFO)).await {
            Ok(answer) => answers::device(&answer).inspect_err(|why| {
                self.asking.ended_by = Some(match why {
                    Why::DeviceError(text) => Trouble::Busy(text.clone()),
                    Why::NoPermission => Trouble::Unauthorized("the account may not read the device's identity".into()),
                    why => Trouble::Foreign(why.to_string()),
                });
            }),
            Err(why) => Err(why),
        };
        let device = match found {
            Ok(device) => device,
            Err(why) => {
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
        Some(device)
    }

    /// Firmware, names, schedules and bit rates, where they are due: all for a scan, and some a poll otherwise, since a
    /// device that takes each nonce once is asked twice for everything. Whether any was due.
    async fn settings(&mut self) -> bool {
        let now = self.asking.now();
        let scan = self.wish.depth == WishDepth::Scan;
        let read_at = &self.learnt.settings.read_at;
        let fresh = |path: &str| read_at.get(path).is_some_and(|read| now.duration_since(*read) < SETTINGS_HOLD);
        let due: Vec<&'static str> = SETTINGS.into_iter().filter(|path| scan || !fresh(path)).collect();
        let most = if scan { SETTINGS.len() } else { SETTINGS_IN_A_POLL };
        for &path in due.iter().take(most) {
            self.setting(path).await;
            if self.asking.ended() {
                break;
            }
            self.learnt.settings.read_at.insert(path.to_owned(), now);
        }
        !due.is_empty()
    }

    /// Reads one of them; what cannot be read stays as it was.
    async fn setting(&mut self, path: &'static str) {
        match path {
            VERSION => {
                if let Ok(firmware) = self.get(path, |answer| answers::one(answer, "version")).await {
                    // Another firmware may have what the old one had not.
                    if self.learnt.settings.firmware.as_ref().is_some_and(|old| *old != firmware) {
                        self.asking.forget();
                        self.learnt.from_zero = None;
                    }
                    self.learnt.settings.firmware = Some(firmware);
                }
            }
            TITLES => {
                if let Ok(titles) = self.get(path, answers::titles).await {
                    self.learnt.settings.titles = titles;
                }
            }
            SCHEDULES => {
                if let Ok(schedules) = self.get(path, answers::schedules).await {
                    self.learnt.settings.schedules = schedules;
                }
            }
            ENCODERS => {
                if let Ok(rates) = self.get(path, answers::bit_rates).await {
                    self.learnt.settings.bits_per_second = rates;
                }
            }
            _ => {
                if let Ok(vendor) = self.get(VENDOR, |answer| answers::one(answer, "vendor")).await {
                    self.learnt.settings.vendor = Some(vendor);
                }
            }
        }
    }

    async fn clock(&mut self) -> Result<Clock, Why> {
        let answer = self.asking.ask(TIME, Request::get(TIME)).await?;
        let time = answers::time(&answer).inspect_err(|why| self.asking.remember(TIME, why))?;
        wall::clock(time, &answer, self.wish.zone_offset_seconds)
            .ok_or_else(|| Why::Unreadable("a time beyond all years".to_owned()))
    }

    /// Slots with a camera, and whether the recorder has its picture. Where states are not told, every slot with a
    /// name, and those that lost their signal.
    async fn channels(&mut self) {
        let mut states = self.get(STATES[0], answers::states).await;
        if states == Err(Why::NotSupported) && !self.asking.ended() {
            states = self.get(STATES[1], answers::states).await;
        }
        let channel = |learnt: &Learnt, number: u32, online| Channel {
            channel: number,
            name: learnt.settings.titles.get(&number).filter(|name| !name.is_empty()).cloned(),
            online,
            ..Channel::default()
        };
        self.finding.channels = match states {
            Ok(states) => {
                self.finding.unknown_words.extend(states.unknown_words);
                let taken = states.channels.into_iter().filter(|(_, state)| *state != Some(Connection::Vacant));
                let online = |state: Option<Connection>| state.map(|state| state == Connection::Online);
                Found::Yes(taken.map(|(number, state)| channel(self.learnt, number, online(state))).collect())
            }
            Err(why) if self.asking.ended() || self.learnt.settings.titles.is_empty() => Found::No(why),
            Err(_) => {
                let lost = self.get(VIDEO_LOSS, answers::video_loss).await.unwrap_or_default();
                let online = |number| lost.contains(&number).then_some(false);
                let numbers = self.learnt.settings.titles.keys();
                Found::Yes(numbers.map(|&number| channel(self.learnt, number, online(number))).collect())
            }
        };
    }

    /// The switch of each channel, and the schedule where the switch leaves it to that; and bit rates of the channels
    /// that have a camera.
    async fn modes(&mut self) {
        let switches = if self.asking.ended() {
            BTreeMap::new()
        } else {
            self.get(SWITCHES, answers::switches).await.unwrap_or_default()
        };
        let settings = &self.learnt.settings;
        self.finding.modes = settings.schedules.clone();
        self.finding.modes.extend(switches.into_iter().filter_map(|(channel, mode)| Some((channel, mode?))));
        self.finding.bits_per_second = settings.bits_per_second.clone();
        if let Some(channels) = self.finding.channels.yes() {
            let has = |number: &u32| channels.iter().any(|channel| channel.channel == *number);
            self.finding.bits_per_second.retain(|number, _| has(number));
        }
    }

    async fn newest(&mut self, device_now: jiff::civil::DateTime) {
        let now = self.asking.now();
        let recent = self.learnt.newest_at.is_some_and(|at| now.duration_since(at) < NEWEST_EVERY);
        let channels = &self.wish.channels;
        if channels.is_empty() || recent || self.asking.ended() {
            return;
        }
        let channel = channels[self.learnt.turn % channels.len()];
        self.learnt.turn = (self.learnt.turn + 1) % channels.len();
        self.learnt.newest_at = Some(now);
        let mut find = Find { asking: &mut self.asking, learnt: self.learnt, days: self.wish.days, device_now };
        if let Ok(Some(end)) = find.newest(channel).await {
            self.finding.newest.insert(channel, DeviceTime::Wall(end));
        }
    }
}

#[cfg(test)]
mod tests;
