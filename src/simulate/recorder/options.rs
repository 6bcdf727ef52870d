//! What a simulated recorder is: its kind and manners, channels, disks, login.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::archive::Schedule;
use super::clock::SimClock;
use super::dahua::DahuaManner;
use super::fault::RecorderBehaviour;
use super::hikvision::HikvisionManner;
use super::onvif::OnvifManner;

/// The languages that recorders speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecorderKind {
    Hikvision,
    Dahua,
    Onvif,
}

impl RecorderKind {
    pub const ALL: &'static [Self] = &[Self::Hikvision, Self::Dahua, Self::Onvif];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hikvision => "hikvision",
            Self::Dahua => "dahua",
            Self::Onvif => "onvif",
        }
    }
}

/// A kind and the peculiarities of one firmware.
#[derive(Debug, Clone)]
pub enum Manner {
    Hikvision(HikvisionManner),
    Dahua(DahuaManner),
    Onvif(OnvifManner),
}

impl Manner {
    #[must_use]
    pub fn kind(&self) -> RecorderKind {
        match self {
            Self::Hikvision(_) => RecorderKind::Hikvision,
            Self::Dahua(_) => RecorderKind::Dahua,
            Self::Onvif(_) => RecorderKind::Onvif,
        }
    }
}

impl From<RecorderKind> for Manner {
    fn from(kind: RecorderKind) -> Self {
        match kind {
            RecorderKind::Hikvision => Self::Hikvision(HikvisionManner::default()),
            RecorderKind::Dahua => Self::Dahua(DahuaManner::default()),
            RecorderKind::Onvif => Self::Onvif(OnvifManner::default()),
        }
    }
}

impl From<HikvisionManner> for Manner {
    fn from(manner: HikvisionManner) -> Self {
        Self::Hikvision(manner)
    }
}

impl From<DahuaManner> for Manner {
    fn from(manner: DahuaManner) -> Self {
        Self::Dahua(manner)
    }
}

impl From<OnvifManner> for Manner {
    fn from(manner: OnvifManner) -> Self {
        Self::Onvif(manner)
    }
}

/// What an HTTP login is asked for with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Offer {
    /// Digest with MD5 and qop, as nearly all devices have it.
    #[default]
    DigestMd5,
    DigestSha256,
    /// Two challenges, MD5 and SHA-256, each in a header of its own.
    DigestBoth,
    /// Without qop (RFC 2069).
    DigestWithoutQop,
    /// `qop="auth,auth-int"`; only `auth` is understood.
    DigestAuthInt,
    /// Basic alone, as devices of 2013 have it.
    Basic,
    /// Two headers, Basic first.
    BasicThenDigest,
    /// Both in one header, separated by a comma, Basic first.
    OneHeader,
}

/// The one account of a recorder.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub username: String,
    pub password: String,
    pub offer: Offer,
    /// After so many refused logins the account is locked; `None` is never.
    pub lock_after: Option<u32>,
    pub lock_lasts: Duration,
}

impl Login {
    /// Digest with MD5; locked for half an hour after five refused logins.
    #[must_use]
    pub fn new(username: &str, password: &str) -> Self {
        Self {
            username: username.into(),
            password: password.into(),
            offer: Offer::default(),
            lock_after: Some(5),
            lock_lasts: Duration::from_secs(1800),
        }
    }

    #[must_use]
    pub fn offer(mut self, offer: Offer) -> Self {
        self.offer = offer;
        self
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login").field("username", &self.username).field("offer", &self.offer).finish_non_exhaustive()
    }
}

/// How a disk stands; each kind of recorder has its own word for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DiskState {
    /// Full and overwriting the oldest: the usual state.
    #[default]
    Full,
    /// Half empty, recordings still grow.
    Filling,
    Sleeping,
    Error,
    /// Records, but its self-test (SMART) failed.
    SmartFailed,
    Unformatted,
    Formatting,
    /// A disk that was taken out and left its row behind.
    Missing,
    ReadOnly,
    /// A network store that cannot be reached.
    NasOffline,
    /// A RAID that lost a disk. Hikvision's list of disks has no word of its own for it: `abnormal`.
    Degraded,
    /// Any other word, as the device spells it.
    Word(String),
}

impl DiskState {
    /// All that have a word of their own here; the control port takes others as the device's.
    pub(super) const WORDS: &'static [(&'static str, Self)] = &[
        ("ok", Self::Full),
        ("filling", Self::Filling),
        ("sleeping", Self::Sleeping),
        ("error", Self::Error),
        ("smart-failed", Self::SmartFailed),
        ("unformatted", Self::Unformatted),
        ("formatting", Self::Formatting),
        ("missing", Self::Missing),
        ("read-only", Self::ReadOnly),
        ("nas-offline", Self::NasOffline),
        ("degraded", Self::Degraded),
    ];
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskOptions {
    pub state: DiskState,
    /// In MiB, as Hikvision tells it.
    pub capacity_mib: u64,
}

impl Default for DiskOptions {
    /// What is sold as 6 TB.
    fn default() -> Self {
        Self { state: DiskState::Full, capacity_mib: 5_723_166 }
    }
}

/// One input of a recorder.
#[derive(Debug, Clone)]
pub struct ChannelOptions {
    pub name: String,
    pub online: bool,
    pub schedule: Schedule,
    /// So many days back it records; what is older is overwritten.
    pub held_days: f64,
    /// So many days ago it was put into service; `None` is long ago.
    pub since_days: Option<f64>,
    /// Days before today, by the recorder's calendar, of which nothing was recorded.
    pub gap_days_ago: Vec<u32>,
    /// Recordings that are never overwritten, from so many hours before now to so many, the larger first; negative ones
    /// lie in the future.
    pub kept_hours_ago: Vec<(f64, f64)>,
    pub kilobits_per_second: u32,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        Self {
            name: String::new(),
            online: true,
            schedule: Schedule::Continuous,
            held_days: 30.0,
            since_days: None,
            gap_days_ago: Vec::new(),
            kept_hours_ago: Vec::new(),
            kilobits_per_second: 2048,
        }
    }
}

/// What a simulated recorder is. `RecorderOptions::named("x")` is a Hikvision-like one of four channels, each with 30
/// days of recordings, one disk, and the login `monitor` with the password `simulated`.
#[derive(Debug, Clone)]
pub struct RecorderOptions {
    /// Unique among the recorders of its fleet.
    pub name: String,
    /// The site behind whose line it is; made when it is named for the first time.
    pub site: Option<String>,
    pub manner: Manner,
    /// Numbered from 1, in this order.
    pub channels: Vec<ChannelOptions>,
    pub disks: Vec<DiskOptions>,
    /// Without one everything is told to everybody.
    pub login: Option<Login>,
    /// True time for it; share one between devices that live in the same time.
    pub clock: SimClock,
    /// So far its own clock is ahead of true time.
    pub skew_seconds: i64,
    /// The zone that it believes to be in, seconds east of UTC: its wall clock is its UTC and so much.
    pub zone_seconds: i32,
    /// Another zone that it declares beside those digits, as Hikvision does in summer time.
    pub declared_zone_seconds: Option<i32>,
    /// From a recording to the moment at which searches find it.
    pub index_lag: Duration,
    pub model: Option<String>,
    pub firmware: Option<String>,
    /// Made from the name where none is given.
    pub serial: Option<String>,
    pub behaviour: RecorderBehaviour,
    /// Exactly this address instead of the next free one.
    pub address: Option<SocketAddr>,
    /// Serves `https://` with this certificate.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// More connections than this at once are turned away in the vendor's manner.
    pub max_connections: Option<usize>,
    /// Where `redirect-elsewhere` points; a closed port where none is given.
    pub other_host: Option<SocketAddr>,
    /// Keep the last request heads, with their `Authorization`, for [`super::SimRecorder::requests`].
    pub keep_requests: bool,
}

impl RecorderOptions {
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            site: None,
            manner: RecorderKind::Hikvision.into(),
            channels: vec![ChannelOptions::default(); 4],
            disks: vec![DiskOptions::default()],
            login: Some(Login::new("monitor", "simulated")),
            clock: SimClock::default(),
            skew_seconds: 0,
            zone_seconds: 7 * 3600,
            declared_zone_seconds: None,
            index_lag: Duration::ZERO,
            model: None,
            firmware: None,
            serial: None,
            behaviour: RecorderBehaviour::Ok,
            address: None,
            tls: None,
            max_connections: None,
            other_host: None,
            keep_requests: false,
        }
    }

    #[must_use]
    pub fn site(mut self, site: &str) -> Self {
        self.site = Some(site.into());
        self
    }

    /// A [`RecorderKind`], or the manner of one firmware.
    #[must_use]
    pub fn manner(mut self, manner: impl Into<Manner>) -> Self {
        self.manner = manner.into();
        self
    }

    /// So many equal channels.
    #[must_use]
    pub fn channels(mut self, count: usize) -> Self {
        self.channels = vec![self.channels.first().cloned().unwrap_or_default(); count];
        self
    }

    /// Changes one channel, numbered from 1.
    ///
    /// # Panics
    /// Where there is no such channel.
    #[must_use]
    pub fn channel(mut self, number: usize, change: impl FnOnce(&mut ChannelOptions)) -> Self {
        change(&mut self.channels[number - 1]);
        self
    }

    /// So many days are held of every channel.
    #[must_use]
    pub fn held_days(mut self, days: f64) -> Self {
        for channel in &mut self.channels {
            channel.held_days = days;
        }
        self
    }

    #[must_use]
    pub fn login(mut self, login: Login) -> Self {
        self.login = Some(login);
        self
    }

    #[must_use]
    pub fn clock(mut self, clock: &SimClock) -> Self {
        self.clock = clock.clone();
        self
    }

    #[must_use]
    pub fn behaviour(mut self, behaviour: RecorderBehaviour) -> Self {
        self.behaviour = behaviour;
        self
    }
}
