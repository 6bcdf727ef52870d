//! One simulated recorder: what it is and holds now, and who may ask.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::archive::{Archive, Segment};
use super::clock::{Dial, SimClock};
use super::dahua::Finders;
use super::fault::RecorderBehaviour;
use super::http::{Answer, Request};
use super::lockout::Lockout;
use super::login::{Challenger, Life, Verdict};
use super::onvif::Searches;
use super::options::{DiskOptions, Login, Manner, RecorderKind, RecorderOptions};
use super::stats::Counters;
use super::turn::Turn;
use super::{dahua, hikvision, onvif};
use crate::simulate::camera::count;

const DAY: f64 = 86_400.0;
/// How many request heads are kept where that was asked for.
const KEPT_REQUESTS: usize = 256;
/// Stands before names while they are to be spelt in GB 2312; a character of nobody's.
const MISSPELT: char = '\u{e000}';

/// The part that connections share.
pub(in crate::simulate) struct Recorder {
    pub(super) name: String,
    pub(super) site: Option<String>,
    pub(super) manner: Manner,
    pub(super) clock: SimClock,
    pub(super) model: String,
    pub(super) firmware: String,
    pub(in crate::simulate) options: RecorderOptions,
    pub(super) challenger: Challenger,
    pub(super) lockout: Arc<Lockout>,
    pub(super) counters: Counters,
    pub(super) finders: Finders,
    pub(super) searches: Searches,
    state: Mutex<State>,
    requests: Option<Mutex<Vec<String>>>,
    pub(super) chosen: Mutex<RecorderBehaviour>,
    /// What holds: the chosen one, or that of a cut line.
    pub(super) behaviour: watch::Sender<RecorderBehaviour>,
}

/// What changes while it runs.
pub(super) struct State {
    pub(super) dial: Dial,
    pub(super) disks: Vec<DiskOptions>,
    pub(super) channels: Vec<Channel>,
    pub(super) serial: String,
    pub(super) login: Option<Login>,
}

pub(super) struct Channel {
    pub(super) name: String,
    pub(super) online: bool,
    /// Whether somebody told it to stop.
    pub(super) stopped: bool,
    pub(super) kilobits_per_second: u32,
    pub(super) archive: Archive,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is valid at every moment, also behind a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Channel {
    /// Recording stops or goes on, as switch and camera have it.
    fn follow(&mut self, now: i64) {
        if self.stopped || !self.online { self.archive.stop(now) } else { self.archive.resume(now) }
    }
}

/// Days as whole seconds.
#[expect(clippy::cast_possible_truncation, reason = "saturates, and a simulation of 10^14 days is nobody's")]
pub(super) fn seconds(days: f64) -> i64 {
    (days * DAY).round() as i64
}

impl Recorder {
    pub(in crate::simulate) fn new(options: RecorderOptions) -> Self {
        let kind = options.manner.kind();
        let now = options.clock.now().as_second();
        let dial = Dial { skew_seconds: options.skew_seconds, zone_seconds: options.zone_seconds };
        let serial = options.serial.clone().unwrap_or_else(|| serial(kind, &options.name));
        let (model, firmware) = match kind {
            RecorderKind::Hikvision => ("DS-7616NI-Q2", "V4.31.005"),
            RecorderKind::Dahua => ("DHI-NVR4216-16P-4KS2", "4.003.0000001.7,build:2023-02-14"),
            RecorderKind::Onvif => ("NVR-308E", "NVR-B3207.6.17.220624"),
        };
        let channels = (0..).zip(&options.channels).map(|(i, channel)| new_channel(i, channel, &options, dial, now));
        let login = options.login.as_ref();
        let (lock_after, lock_lasts) =
            login.map_or((None, std::time::Duration::ZERO), |login| (login.lock_after, login.lock_lasts));
        let challenger = match kind {
            RecorderKind::Hikvision => Challenger::new(model.to_owned(), Life::Restart, true),
            RecorderKind::Dahua => Challenger::new(format!("Login to {serial}"), Life::Request, false),
            RecorderKind::Onvif => Challenger::new("ONVIF".to_owned(), Life::Restart, false),
        };
        Self {
            name: options.name.clone(),
            site: options.site.clone(),
            manner: options.manner.clone(),
            clock: options.clock.clone(),
            model: options.model.clone().unwrap_or_else(|| model.to_owned()),
            firmware: options.firmware.clone().unwrap_or_else(|| firmware.to_owned()),
            challenger,
            lockout: Arc::new(Lockout::new(options.clock.clone(), lock_after, lock_lasts)),
            counters: Counters::default(),
            finders: Finders::default(),
            searches: Searches::default(),
            state: Mutex::new(State {
                dial,
                disks: options.disks.clone(),
                channels: channels.collect(),
                serial,
                login: options.login.clone(),
            }),
            requests: options.keep_requests.then(Mutex::default),
            chosen: Mutex::new(options.behaviour),
            behaviour: watch::Sender::new(options.behaviour),
            options,
        }
    }

    pub(super) fn kind(&self) -> RecorderKind {
        self.manner.kind()
    }

    /// True time, seconds of Unix time.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_second()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn behaviour(&self) -> RecorderBehaviour {
        *self.behaviour.borrow()
    }

    /// What the index of a channel (counted from 0) lists between two true moments.
    pub(super) fn segments(&self, channel: usize, from: i64, to: i64) -> Vec<Segment> {
        let now = self.now();
        self.state().channels.get(channel).map(|one| one.archive.segments(now, from, to)).unwrap_or_default()
    }

    /// A name as it goes out.
    pub(super) fn spelt(&self, name: &str) -> String {
        if self.behaviour() == RecorderBehaviour::WrongEncoding { format!("{MISSPELT}{name}") } else { name.to_owned() }
    }

    pub(super) fn requested(&self, request: &Request) {
        self.counters.bytes_received.fetch_add(request.bytes as u64, std::sync::atomic::Ordering::Relaxed);
        if let Some(requests) = &self.requests {
            let mut requests = lock(requests);
            if requests.len() == KEPT_REQUESTS {
                requests.remove(0);
            }
            requests.push(request.head.clone());
        }
    }

    pub(super) fn kept_requests(&self) -> Vec<String> {
        self.requests.as_ref().map(|requests| lock(requests).clone()).unwrap_or_default()
    }

    /// Answers one request. `crowded` says that it came over a connection too many.
    pub(super) fn answer(&self, request: &Request, crowded: bool) -> Answer {
        let behaviour = match (crowded, self.kind()) {
            (false, _) => self.behaviour(),
            (true, RecorderKind::Dahua) => RecorderBehaviour::OutOfConnections,
            (true, _) => RecorderBehaviour::Busy503,
        };
        let mut answer = match &self.manner {
            Manner::Hikvision(manner) => hikvision::answer(self, manner, request, behaviour),
            Manner::Dahua(manner) => dahua::answer(self, manner, request, behaviour),
            Manner::Onvif(manner) => onvif::answer(self, manner, request, behaviour),
        };
        if behaviour == RecorderBehaviour::WrongEncoding {
            answer.body = misspell(&answer.body);
        }
        answer
    }

    /// Asks for a login; gives back how it was refused, where it was.
    pub(super) fn admit(&self, request: &Request, behaviour: RecorderBehaviour) -> Result<(), Refusal> {
        let authorization = request.header("Authorization");
        let login = self.state().login.clone();
        if authorization.is_none() {
            count(&self.counters.without_login);
        }
        if authorization.is_some_and(|value| value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic ")))
        {
            count(&self.counters.logins_basic);
        }
        let verdict = match (authorization, &login) {
            (Some(value), Some(login)) => Some(self.challenger.judge(login, value, &request.method, &request.target)),
            // Without a login of its own every one is right.
            (Some(_), None) => Some(Verdict::Right),
            (None, _) => None,
        };
        self.judge(verdict, login.is_some(), behaviour)
    }

    /// Counts a login, wherever in the request it stood, and decides.
    pub(super) fn judge(
        &self,
        verdict: Option<Verdict>,
        asks: bool,
        behaviour: RecorderBehaviour,
    ) -> Result<(), Refusal> {
        let counters = &self.counters;
        if let Some(seconds) = self.locked(behaviour) {
            if verdict.is_some() {
                count(&counters.logins_while_locked);
                self.lockout.refused();
            }
            return Err(Refusal::Locked(seconds));
        }
        if behaviour == RecorderBehaviour::OutOfConnections {
            match verdict {
                Some(Verdict::Right | Verdict::Stale) => count(&counters.logins_turned_away),
                Some(Verdict::Wrong) => self.refuse(),
                None => {}
            }
            return Err(Refusal::Crowded);
        }
        match verdict {
            None if asks || behaviour == RecorderBehaviour::Unauthorized => Err(Refusal::NoLogin),
            None => Ok(()),
            Some(Verdict::Right) if behaviour != RecorderBehaviour::Unauthorized => {
                count(&counters.logins_accepted);
                self.lockout.accepted();
                Ok(())
            }
            Some(Verdict::Stale) => {
                count(&counters.logins_stale);
                Err(Refusal::Stale)
            }
            Some(Verdict::Wrong | Verdict::Right) => {
                self.refuse();
                // The try that locks the account is the first to be told so.
                Err(self.locked(behaviour).map_or(Refusal::Wrong, Refusal::Locked))
            }
        }
    }

    fn refuse(&self) {
        count(&self.counters.logins_refused);
        self.lockout.refused();
    }

    /// For how many seconds the account is locked, or is to look so.
    fn locked(&self, behaviour: RecorderBehaviour) -> Option<u64> {
        let seconds = self.lockout.seconds_left();
        if behaviour == RecorderBehaviour::Locked { seconds.or(Some(1800)) } else { seconds }
    }

    /// Changes something; false where there is no such disk or channel.
    pub(super) fn turn(&self, turn: &Turn) -> bool {
        let now = self.now();
        let mut state = self.state();
        match turn {
            // A matter of the line, which the handle has.
            Turn::Behave(_) => {}
            Turn::Disk(number, disk) => {
                let Some(one) = state.disks.get_mut(number - 1) else { return false };
                one.state = disk.clone();
            }
            Turn::Clock(seconds) => state.dial.skew_seconds = *seconds,
            Turn::Zone(seconds) => state.dial.zone_seconds = *seconds,
            Turn::Recording(number) => {
                let Some(channel) = state.channels.get_mut(number - 1) else { return false };
                channel.stopped = false;
                channel.follow(now);
            }
            Turn::Stopped(number, before) => {
                let Some(channel) = state.channels.get_mut(number - 1) else { return false };
                channel.stopped = true;
                channel.follow(now - i64::from(*before));
            }
            Turn::Online(number, on) => {
                let Some(channel) = state.channels.get_mut(number - 1) else { return false };
                channel.online = *on;
                channel.follow(now);
            }
            Turn::Held(None, days) => {
                for channel in &mut state.channels {
                    channel.archive.keeps = seconds(*days);
                }
            }
            Turn::Held(Some(number), days) => {
                let Some(channel) = state.channels.get_mut(number - 1) else { return false };
                channel.archive.keeps = seconds(*days);
            }
            Turn::Password(password) => {
                if let Some(login) = &mut state.login {
                    login.password.clone_from(password);
                }
            }
            Turn::Replaced => state.serial = serial(self.kind(), &format!("{} replaced", state.serial)),
            Turn::Restarted => self.challenger.forget(),
            Turn::Unlocked => self.lockout.unlock(),
            Turn::Advanced(by) => self.clock.advance(*by),
        }
        true
    }

    /// Adds the challenges of this recorder to an answer.
    pub(super) fn challenge(&self, answer: Answer, stale: bool) -> Answer {
        let offer = self.state().login.as_ref().map(|login| login.offer).unwrap_or_default();
        self.challenger
            .challenges(offer, stale)
            .into_iter()
            .fold(answer, |answer, challenge| answer.with("WWW-Authenticate", challenge))
    }
}

/// Why a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    NoLogin,
    Wrong,
    Stale,
    /// For so many seconds still.
    Locked(u64),
    /// Out of connections.
    Crowded,
}

fn new_channel(
    index: u64,
    options: &super::ChannelOptions,
    recorder: &RecorderOptions,
    dial: Dial,
    now: i64,
) -> Channel {
    // Midnight of today by the recorder's calendar.
    let midnight = dial.of_wall(dial.wall(now).date().at(0, 0, 0, 0));
    let ago = |days: u32| midnight - i64::from(days) * 86_400;
    let gaps = options.gap_days_ago.iter().map(|days| (ago(*days), Some(ago(*days) + 86_400)));
    let kept = options.kept_hours_ago.iter().map(|(from, to)| (now - seconds(from / 24.0), now - seconds(to / 24.0)));
    let name = if options.name.is_empty() { format!("Camera {:02}", index + 1) } else { options.name.clone() };
    let mut archive = Archive {
        schedule: options.schedule,
        keeps: seconds(options.held_days),
        since: options.since_days.map_or(0, |days| now - seconds(days)),
        lacks: gaps.collect(),
        kept: kept.collect(),
        lag: i64::try_from(recorder.index_lag.as_secs()).unwrap_or(0),
        seed: index,
    };
    if !options.online {
        archive.stop(now);
    }
    Channel { name, online: options.online, stopped: false, kilobits_per_second: options.kilobits_per_second, archive }
}

/// A serial number in the shape of the vendor's that follows from a name.
pub(super) fn serial(kind: RecorderKind, name: &str) -> String {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    match kind {
        RecorderKind::Hikvision => {
            format!("DS-7616NI-Q21620230817CCRR{:09}WCVU", hash % 1_000_000_000)
        }
        RecorderKind::Dahua => format!("9C{:07X}PAZ{:05X}", hash & 0x0fff_ffff, (hash >> 28) & 0xf_ffff),
        RecorderKind::Onvif => format!("210235T{:013}", hash % 10_000_000_000_000),
    }
}

/// Replaces the mark before each name by two characters of GB 2312, which are no UTF-8.
fn misspell(body: &[u8]) -> Vec<u8> {
    let mut mark = [0; 4];
    let mark = MISSPELT.encode_utf8(&mut mark).as_bytes();
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.windows(mark.len()).position(|bytes| bytes == mark) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(b"\xc9\xe3\xcf\xf1");
        rest = &rest[at + mark.len()..];
    }
    out.extend_from_slice(rest);
    out
}
