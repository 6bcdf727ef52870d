//! What is watched and for whom: communes, sites, cameras, recorders, funds, officers.
//!
//! Plain data, already validated and with every default and override applied; `config` makes it. Knows nothing of
//! files, clocks or networks.

mod channel;
mod id;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use serde::{Deserialize, Serialize};
use url::Url;

pub use channel::{
    BotApi, Channel, ChannelKind, Email, Gateway, MailTls, Method, Sms, Success, Template, Way, Webhook, ZaloOa,
};
pub use id::{
    BadId, CameraId, ChannelId, CommuneId, CredentialId, FundId, MAX_ID_LENGTH, OfficerId, RecorderId, SiteId,
};

use crate::secret::Secret;

/// Everything that the operator's inventory says, by id. References between entries are known to hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    pub communes: BTreeMap<CommuneId, Commune>,
    pub sites: BTreeMap<SiteId, Site>,
    pub credentials: BTreeMap<CredentialId, Credential>,
    pub recorders: BTreeMap<RecorderId, Recorder>,
    pub funds: BTreeMap<FundId, Fund>,
    pub cameras: BTreeMap<CameraId, Camera>,
    /// Windows that stand in the configuration; those added by command stand in the record.
    pub maintenance: Vec<Maintenance>,
    pub officers: BTreeMap<OfficerId, Officer>,
    pub duties: Vec<Duty>,
    pub channels: BTreeMap<ChannelId, Channel>,
}

impl Inventory {
    /// The commune of a camera. `None` only for an id that is not in the inventory.
    #[must_use]
    pub fn commune_of(&self, camera: &CameraId) -> Option<&CommuneId> {
        let camera = self.cameras.get(camera)?;
        Some(&self.sites.get(&camera.site)?.commune)
    }

    /// The credential that a device names, if it names one.
    #[must_use]
    pub fn credential(&self, id: Option<&CredentialId>) -> Option<&Credential> {
        self.credentials.get(id?)
    }

    /// Whether a camera pages an officer: one of its funds has kind `commune` or says `page = true`.
    #[must_use]
    pub fn is_funded(&self, camera: &Camera) -> bool {
        camera.funds.iter().filter_map(|share| self.funds.get(&share.fund)).any(|fund| fund.pages)
    }

    /// The fund with the largest share; the first named where none says an amount.
    #[must_use]
    pub fn main_fund<'a>(&'a self, camera: &Camera) -> Option<&'a Fund> {
        let mut best: Option<&FundShare> = None;
        for share in &camera.funds {
            if best.is_none_or(|b| share.amount_vnd.unwrap_or(0) > b.amount_vnd.unwrap_or(0)) {
                best = Some(share);
            }
        }
        self.funds.get(&best?.fund)
    }
}

/// The lower of the two administrative levels; may be a ward.
#[derive(Debug, Clone, PartialEq)]
pub struct Commune {
    pub id: CommuneId,
    pub name: String,
    pub province: Option<String>,
}

/// Cameras behind one line: what one cut cable darkens.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    pub id: SiteId,
    pub commune: CommuneId,
    pub village: Option<String>,
    pub name: String,
    /// Degrees north, -90 to 90.
    pub latitude: Option<f64>,
    /// Degrees east, -180 to 180.
    pub longitude: Option<f64>,
    /// `host:port` that tells a cut line from a dead camera.
    pub gateway: Option<HostPort>,
}

/// A host (name, IPv4 or bracketed IPv6) and a TCP port, as in `10.20.1.1:80`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// Without brackets.
    pub host: String,
    pub port: u16,
}

impl HostPort {
    /// Where a URL leads; the port of its scheme where it names none (RTSP: RFC 2326, RFC 7826). `None` without a host.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let default = match url.scheme() {
            "rtsp" => 554,
            "rtsps" => 322,
            _ => url.port_or_known_default()?,
        };
        let host = match url.host()? {
            url::Host::Domain(name) => name.to_owned(),
            url::Host::Ipv4(ip) => ip.to_string(),
            url::Host::Ipv6(ip) => ip.to_string(),
        };
        Some(Self { host, port: url.port().unwrap_or(default) }).filter(|target| !target.host.is_empty())
    }
}

impl std::fmt::Display for HostPort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A user name with its password, already read from its file or variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Credential {
    pub id: CredentialId,
    pub username: String,
    pub password: Secret,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecorderKind {
    Hikvision,
    Dahua,
    Onvif,
}

/// How far a device's certificate is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TlsPolicy {
    /// As the system's trust store says.
    #[default]
    System,
    /// Whatever this device has: an explicit choice, since certificates of cameras are self-signed as a rule.
    Any,
    /// The SHA-256 of the certificate in DER form.
    Fingerprint([u8; 32]),
}

/// The NVR, DVR or SD card that keeps recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorder {
    pub id: RecorderId,
    pub site: SiteId,
    pub kind: RecorderKind,
    pub url: Url,
    pub credential: Option<CredentialId>,
    pub tls: TlsPolicy,
    pub allow_basic: bool,
    pub requests_per_minute: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FundKind {
    Commune,
    Household,
    Company,
    School,
    Agency,
    State,
}

impl FundKind {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commune => "commune",
            Self::Household => "household",
            Self::Company => "company",
            Self::School => "school",
            Self::Agency => "agency",
            Self::State => "state",
        }
    }
}

/// The languages of reports and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Vietnamese,
    English,
    Korean,
}

/// Who paid.
#[derive(Debug, Clone, PartialEq)]
pub struct Fund {
    pub id: FundId,
    pub kind: FundKind,
    pub name: String,
    pub amount_vnd: Option<u64>,
    pub language: Option<Language>,
    pub email: Vec<String>,
    /// 0 to 1.
    pub target_uptime: Option<f64>,
    /// Whether its cameras page an officer: `page`, or kind `commune` where that is not said.
    pub pages: bool,
    /// Whether its name may stand in public; `publish_name`, by default not for households.
    pub publish_name: bool,
}

/// What one fund paid of one camera.
#[derive(Debug, Clone, PartialEq)]
pub struct FundShare {
    pub fund: FundId,
    pub amount_vnd: Option<u64>,
}

/// How deep a probe looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Depth {
    /// A TCP (and TLS) connection.
    Connect,
    /// An SDP with a video stream that we can read.
    Describe,
    /// A key frame, without looking into it.
    Frame,
    /// A key frame, decoded and judged.
    Picture,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    Tcp,
    Udp,
}

/// One camera with every default and override applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Camera {
    pub id: CameraId,
    pub site: SiteId,
    pub name: String,
    /// `rtsp://` or `rtsps://`, never with user information.
    pub url: Url,
    /// Probed at every interval in `url`'s place; `url` itself at `picture_interval`.
    pub substream_url: Option<Url>,
    pub credential: Option<CredentialId>,
    pub tls: TlsPolicy,
    pub funds: Vec<FundShare>,
    pub recorder: Option<RecorderId>,
    pub channel: Option<u32>,
    /// In service from the midnight that begins this day, in the daemon's time zone.
    pub installed: Option<Date>,
    /// Out of service from the midnight that begins this day.
    pub retired: Option<Date>,
    /// Required recordings; `None` where nobody requires any.
    pub retention: Option<Duration>,
    pub interval: Duration,
    pub timeout: Duration,
    pub depth: Depth,
    pub transport: Transport,
    /// `false`: never looked at as a picture (a private place).
    pub picture: bool,
}

/// What a maintenance window covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Camera(CameraId),
    Site(SiteId),
    Commune(CommuneId),
}

impl Scope {
    /// Whether it takes in a camera of a site in a commune; without a camera, whether all of the site.
    #[must_use]
    pub fn covers(&self, commune: Option<&CommuneId>, site: &SiteId, camera: Option<&CameraId>) -> bool {
        match self {
            Self::Camera(id) => Some(id) == camera,
            Self::Site(id) => id == site,
            Self::Commune(id) => Some(id) == commune,
        }
    }

    /// What it is of, and of which, as the record and the API have it: `("site", "yen-lenh")`.
    #[must_use]
    pub fn named(&self) -> (&'static str, &str) {
        match self {
            Self::Camera(id) => ("camera", id.as_str()),
            Self::Site(id) => ("site", id.as_str()),
            Self::Commune(id) => ("commune", id.as_str()),
        }
    }
}

/// Planned work: `from` included, `to` excluded.
#[derive(Debug, Clone, PartialEq)]
pub struct Maintenance {
    pub scope: Scope,
    pub from: Timestamp,
    pub to: Timestamp,
    pub reason: String,
}

/// A person who can be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Officer {
    pub id: OfficerId,
    pub name: String,
    pub language: Option<Language>,
    pub channels: Vec<ChannelId>,
    pub quiet: Option<DayTimes>,
    pub addresses: BTreeMap<ChannelId, String>,
}

/// A time of day in whole minutes since midnight, 0 to 1440 (`24:00`, as an end).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteOfDay(pub u16);

impl From<Time> for MinuteOfDay {
    fn from(time: Time) -> Self {
        Self(u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs()))
    }
}

/// A span of a day; one whose end is not after its begin runs over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTimes {
    pub from: MinuteOfDay,
    pub to: MinuteOfDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Dark cameras.
    Officer,
    /// The monitor itself, refused credentials, gaps of the roster.
    It,
}

impl Role {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::It => "it",
        }
    }
}

/// Who is on duty for a site or commune.
#[derive(Debug, Clone, PartialEq)]
pub struct Duty {
    pub role: Role,
    pub scope: Scope,
    /// An IANA name.
    pub timezone: Option<String>,
    pub week: Vec<Shift>,
    pub escalate: Vec<Escalation>,
    pub overrides: Vec<Override>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Shift {
    pub days: Vec<Weekday>,
    pub times: DayTimes,
    pub officers: Vec<OfficerId>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    pub after: Duration,
    pub officers: Vec<OfficerId>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    pub from: Timestamp,
    pub to: Timestamp,
    pub officers: Vec<OfficerId>,
}
