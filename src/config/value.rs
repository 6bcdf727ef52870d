//! The kinds of values that an operator writes: durations, times, addresses, URLs, numbers in a range, closed words.
//!
//! One reader a kind, so that every key of that kind is judged and explained alike. No value that may hold a secret (a
//! URL, a hash) is repeated in a message.

use std::net::SocketAddr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use toml::de::DeValue;
use url::{Host, Url};

use super::Owner;
use super::problem::Log;
use super::read::{Node, Read, Text, nearest};
use crate::inventory::{
    BadId, CameraId, ChannelId, ChannelKind, CommuneId, CredentialId, DayTimes, Depth, FundId, FundKind, HostPort,
    Language, MAX_ID_LENGTH, Method, MinuteOfDay, OfficerId, RecorderId, RecorderKind, Role, SiteId, TlsPolicy,
    Transport,
};
use crate::secret::Secret;

// === plain values ===

impl Text for String {
    fn expected() -> String {
        "a string".to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("is empty, expected some text".to_owned());
        }
        if text.chars().any(char::is_control) {
            return Err("holds a control character, expected one line of text".to_owned());
        }
        Ok(text.to_owned())
    }
}

impl Read for bool {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let DeValue::Boolean(value) = *node.value.get_ref() else {
            node.mistyped(log, "true or false");
            return None;
        };
        Some(value)
    }
}

/// An integer of at least 0.
impl Read for u64 {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let expected = "a whole number of at least 0";
        let Some(value) = integer(node, expected, log)? else {
            log.problem(node.mark(), format!("{} is out of range, expected {expected}", node.name));
            return None;
        };
        u64::try_from(value)
            .map_err(|_| log.problem(node.mark(), format!("{} is {value}, expected {expected}", node.name)))
            .ok()
    }
}

/// An integer from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count<const MIN: u32, const MAX: u32>(pub u32);

impl<const MIN: u32, const MAX: u32> Read for Count<MIN, MAX> {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let expected = format!("a whole number from {MIN} to {MAX}");
        let value = integer(node, &expected, log)?;
        if let Some(value) = value
            && let Ok(value) = u32::try_from(value)
            && (MIN..=MAX).contains(&value)
        {
            return Some(Self(value));
        }
        let found = value.map_or("out of range".to_owned(), |value| value.to_string());
        log.problem(node.mark(), format!("{} is {found}, expected {expected}", node.name));
        None
    }
}

/// The integer that a node is, told if it is none; inside, `None` for one beyond 64 bits.
#[allow(clippy::option_option)] // Two different absences: no integer at all, which has been told, and one too large.
fn integer(node: Node<'_>, expected: &str, log: &mut Log) -> Option<Option<i64>> {
    let DeValue::Integer(value) = node.value.get_ref() else {
        node.mistyped(log, expected);
        return None;
    };
    Some(i64::from_str_radix(value.as_str(), value.radix()).ok())
}

/// A decimal number in a range, written with or without a point.
fn number(node: Node<'_>, low: f64, high: f64, log: &mut Log) -> Option<f64> {
    let text = match node.value.get_ref() {
        DeValue::Integer(value) => value.as_str(),
        DeValue::Float(value) => value.as_str(),
        _ => {
            node.mistyped(log, &format!("a number from {low} to {high}"));
            return None;
        }
    };
    if let Ok(value) = text.parse::<f64>()
        && (low..=high).contains(&value)
    {
        return Some(value);
    }
    log.problem(node.mark(), format!("{} is {text}, expected a number from {low} to {high}", node.name));
    None
}

/// Degrees from `-MAX` to `MAX`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Degrees<const MAX: u8>(pub f64);

impl<const MAX: u8> Read for Degrees<MAX> {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        number(node, -f64::from(MAX), f64::from(MAX), log).map(Self)
    }
}

/// A share of the whole, from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fraction(pub f64);

impl Read for Fraction {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        number(node, 0.0, 1.0, log).map(Self)
    }
}

macro_rules! ids {
    ($($id:ident: $example:literal),* $(,)?) => {$(
        impl Text for $id {
            fn expected() -> String {
                concat!("an id such as \"", $example, "\"").to_owned()
            }

            fn from_text(text: &str) -> Result<Self, String> {
                Self::new(text).map_err(|BadId| {
                    format!(
                        "{text:?} is no id, expected 1 to {MAX_ID_LENGTH} of the characters a-z, A-Z, 0-9, '-', '_' and '.', \
                         beginning with a letter or digit"
                    )
                })
            }
        }
    )*};
}

ids! {
    CameraId: "yl-01", SiteId: "yen-lenh", CommuneId: "moc-nam", RecorderId: "yl-nvr", FundId: "commune-2023",
    CredentialId: "nvr-yen-lenh", OfficerId: "truc-ban-1", ChannelId: "zalo",
}

// === closed words ===

macro_rules! words {
    ($($type:ty: $($word:literal => $value:expr),+;)*) => {$(
        impl Text for $type {
            fn expected() -> String {
                format!("one of {}", [$($word),+].join(", "))
            }

            fn from_text(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok($value),)+
                    _ => Err(format!("{text:?} is unknown, {}", nearest(text, [$($word),+].into_iter()))),
                }
            }
        }
    )*};
}

/// `scope`, before the id beside it says of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeWord {
    Camera,
    Site,
    Commune,
}

/// Whose gateway sends SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provider {
    Esms,
    SpeedSms,
    Http,
}

words! {
    Provider: "esms" => Self::Esms, "speedsms" => Self::SpeedSms, "http" => Self::Http;
    Method: "GET" => Self::Get, "POST" => Self::Post, "PUT" => Self::Put;
    Language: "vi" => Self::Vietnamese, "en" => Self::English, "ko" => Self::Korean;
    Depth: "connect" => Self::Connect, "describe" => Self::Describe, "frame" => Self::Frame, "picture" => Self::Picture;
    Transport: "tcp" => Self::Tcp, "udp" => Self::Udp;
    RecorderKind: "hikvision" => Self::Hikvision, "dahua" => Self::Dahua, "onvif" => Self::Onvif;
    FundKind: "commune" => Self::Commune, "household" => Self::Household, "company" => Self::Company,
        "school" => Self::School, "agency" => Self::Agency, "state" => Self::State;
    Owner: "embedded" => Self::Embedded, "prometheus" => Self::Prometheus, "push" => Self::Push;
    Role: "officer" => Self::Officer, "it" => Self::It;
    ScopeWord: "camera" => Self::Camera, "site" => Self::Site, "commune" => Self::Commune;
    ChannelKind: "zalo_bot" => Self::ZaloBot, "zalo_oa" => Self::ZaloOa, "sms" => Self::Sms,
        "telegram" => Self::Telegram, "email" => Self::Email, "webhook" => Self::Webhook;
}

impl Text for TlsPolicy {
    fn expected() -> String {
        r#""system", "any" or "sha256:" with the 64 hex digits of the certificate's fingerprint"#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        match text {
            "system" => return Ok(Self::System),
            "any" => return Ok(Self::Any),
            _ => {}
        }
        // `openssl x509 -fingerprint` prints colons between the bytes.
        let digits: Option<String> =
            text.strip_prefix("sha256:").map(|hex| hex.chars().filter(|c| *c != ':').collect());
        let fingerprint = digits.and_then(|digits| {
            let digits: Option<Vec<u8>> =
                digits.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
            let bytes: Vec<u8> =
                digits?.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit)).collect();
            <[u8; 32]>::try_from(bytes).ok()
        });
        fingerprint
            .map(Self::Fingerprint)
            .ok_or_else(|| format!("{text:?} is no trust in a certificate, expected {}", Self::expected()))
    }
}

// === times ===

/// Longer ones are slips, and would overflow what is added to them.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

impl Text for Duration {
    fn expected() -> String {
        r#"a duration such as "30s", "5m", "2h" or "30d""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (count, unit) = text.split_at(digits);
        let unit = match unit {
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            "d" => Some(86_400),
            "ms" | "us" | "ns" if !count.is_empty() => return Err(format!("is {text:?}, expected at least \"1s\"")),
            _ => None,
        };
        let (Some(unit), false) = (unit, count.is_empty()) else {
            return Err(format!(
                "{text:?} is no duration, expected a whole number and a unit, such as \"30s\", \"5m\", \"2h\" or \"30d\""
            ));
        };
        let length = count.parse::<u64>().ok().and_then(|count| count.checked_mul(unit)).map(Duration::from_secs);
        match length {
            Some(Duration::ZERO) => Err(format!("is {text:?}, expected at least \"1s\"")),
            Some(length) if length <= LONGEST => Ok(length),
            _ => Err(format!("is {text:?}, expected at most \"36500d\"")),
        }
    }
}

/// The duration as an operator would write it, in the largest unit that is exact.
pub(super) fn written(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(86_400) => format!("{}d", seconds / 86_400),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

const A_TIME: &str = "a time with its offset, such as 2026-11-05T08:00:00+07:00";

/// RFC 3339, as TOML has it or in a string.
impl Read for Timestamp {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let text = match node.value.get_ref() {
            DeValue::Datetime(time) => time.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                node.mistyped(log, A_TIME);
                return None;
            }
        };
        text.parse().map_err(|_| log.problem(node.mark(), format!("{} is {text:?}, expected {A_TIME}", node.name))).ok()
    }
}

const A_DATE: &str = "a date such as 2023-08-17";

impl Read for Date {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let text = match node.value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => {
                node.mistyped(log, A_DATE);
                return None;
            }
        };
        // jiff would also take the date out of a time, and silently drop the rest.
        let date = if text.len() == "2023-08-17".len() { text.parse().ok() } else { None };
        if date.is_none() {
            log.problem(node.mark(), format!("{} is {text:?}, expected {A_DATE}", node.name));
        }
        date
    }
}

impl Text for MinuteOfDay {
    fn expected() -> String {
        r#"a time of day such as "07:30""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        minute_of_day(text).ok_or_else(|| {
            format!("{text:?} is no time of day, expected one from \"00:00\" to \"23:59\", or \"24:00\" as an end")
        })
    }
}

fn minute_of_day(text: &str) -> Option<MinuteOfDay> {
    let (hour, minute) = text.split_once(':')?;
    let two = |digits: &str| {
        let plain = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| plain)
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= 24 * 60).then_some(MinuteOfDay(minutes))
}

impl Text for DayTimes {
    fn expected() -> String {
        r#"a span of the day such as "22:00-06:00""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let span = text.split_once('-').and_then(|(from, to)| {
            let (from, to) = (minute_of_day(from.trim())?, minute_of_day(to.trim())?);
            (from.0 < 24 * 60 && from != to).then_some(Self { from, to })
        });
        span.ok_or_else(|| format!("{text:?} is no span of the day, expected one such as \"22:00-06:00\""))
    }
}

impl Text for TimeZone {
    fn expected() -> String {
        r#"a time zone's name such as "Asia/Ho_Chi_Minh""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        TimeZone::get(text).map_err(|_| {
            let database = jiff::tz::db();
            let known: Vec<_> = database.available().collect();
            let remedy = nearest(text, known.iter().map(jiff::tz::TimeZoneName::as_str));
            let remedy = if remedy.starts_with("did") {
                remedy
            } else {
                "expected a name of the IANA database such as \"Asia/Ho_Chi_Minh\"".to_owned()
            };
            format!("{text:?} is no time zone, {remedy}")
        })
    }
}

/// Days of the week, in their order from Monday.
#[derive(Debug, Clone)]
pub(super) struct Weekdays(pub Vec<Weekday>);

impl Text for Weekdays {
    fn expected() -> String {
        r#"days of the week such as "mon-fri" or "sat,sun""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        weekdays(text).map(Self).ok_or_else(|| {
            format!("{text:?} is no days of the week, expected mon, tue, wed, thu, fri, sat or sun, as \"mon-fri\" or \"sat,sun\"")
        })
    }
}

fn weekdays(text: &str) -> Option<Vec<Weekday>> {
    const WEEK: [(&str, Weekday); 7] = [
        ("mon", Weekday::Monday),
        ("tue", Weekday::Tuesday),
        ("wed", Weekday::Wednesday),
        ("thu", Weekday::Thursday),
        ("fri", Weekday::Friday),
        ("sat", Weekday::Saturday),
        ("sun", Weekday::Sunday),
    ];
    let index = |word: &str| WEEK.iter().position(|(name, _)| *name == word.trim());
    let mut chosen = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (index(first)?, index(last)?);
        chosen[day] = true;
        while day != last {
            // "fri-mon" runs over the week's end.
            day = (day + 1) % 7;
            chosen[day] = true;
        }
    }
    Some(WEEK.iter().zip(chosen).filter(|(_, chosen)| *chosen).map(|((_, day), _)| *day).collect())
}

// === addresses ===

impl Text for SocketAddr {
    fn expected() -> String {
        r#"an address and port such as "127.0.0.1:9765" or "[::1]:9765""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| format!("{text:?} is no address to listen on, expected {}", Self::expected()))
    }
}

impl Text for HostPort {
    fn expected() -> String {
        r#"a host and port such as "10.20.1.1:80""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        host_port(text).ok_or_else(|| {
            format!("{text:?} is no host and port, expected some such as \"10.20.1.1:80\" or \"[fd00::1]:80\"")
        })
    }
}

fn host_port(text: &str) -> Option<HostPort> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|p| *p > 0 && port.bytes().all(|b| b.is_ascii_digit()))?;
    let host = match Host::parse(host).ok()? {
        Host::Domain(name) if plain_name(&name) => name,
        Host::Domain(_) => return None,
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    Some(HostPort { host, port })
}

/// Letters, digits, dots and hyphens: what a resolver may be asked.
fn plain_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// A path as it was written, relative to the file that it stands in.
#[derive(Debug, Clone)]
pub(super) struct FilePath(pub String);

impl Text for FilePath {
    fn expected() -> String {
        "a path".to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        String::from_text(text).map(Self)
    }
}

/// `rtsp://` or `rtsps://` with a host and without user information.
#[derive(Debug, Clone)]
pub(super) struct RtspUrl(pub Url);

impl Text for RtspUrl {
    fn expected() -> String {
        r#"an RTSP URL such as "rtsp://10.20.1.11:554/Streaming/Channels/101""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        open_url(text, &["rtsp", "rtsps"], &Self::expected()).map(Self)
    }
}

/// `http://` or `https://` with a host and without user information.
#[derive(Debug, Clone)]
pub(super) struct HttpUrl(pub Url);

impl Text for HttpUrl {
    fn expected() -> String {
        r#"a URL such as "http://10.20.1.10""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        open_url(text, &["http", "https"], &Self::expected()).map(Self)
    }
}

/// Where the tiles of a map come from: a URL with places for zoom, column and row.
#[derive(Debug, Clone)]
pub(super) struct TilesUrl {
    /// As it stands there.
    pub template: String,
    /// Scheme, host and port.
    pub origin: String,
}

impl Text for TilesUrl {
    fn expected() -> String {
        r#"a URL such as "https://tiles.example.vn/{z}/{x}/{y}.png""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        // Every browser that opens a page learns it, so it holds no secret and may be repeated.
        let url = open_url(text, &["http", "https"], &Self::expected())?;
        let lacks: Vec<_> = ["{z}", "{x}", "{y}"].into_iter().filter(|place| !text.contains(place)).collect();
        if !lacks.is_empty() {
            return Err(format!("lacks {}, expected {}", lacks.join(", "), Self::expected()));
        }
        let rest = ["{z}", "{x}", "{y}"].iter().fold(text.to_owned(), |rest, place| rest.replace(place, ""));
        if rest.contains(['{', '}', '"', '\'', '<', '>', ' ']) || rest.chars().any(char::is_control) {
            return Err(format!(
                "holds more places than {{z}}, {{x}} and {{y}}, or a sign that no URL has, expected {}",
                Self::expected()
            ));
        }
        Ok(Self { template: text.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

/// Where a channel sends: `http(s)://`, or `smtp(s)://` for mail.
#[derive(Debug, Clone)]
pub(super) struct ChannelUrl {
    pub url: Url,
    /// As it stands there, with places such as `{{phone}}`.
    pub written: String,
}

impl Text for ChannelUrl {
    fn expected() -> String {
        r#"a URL such as "https://example.vn/hook" or "smtp://mail.example.vn:587""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let url = open_url(text, &["http", "https", "smtp", "smtps"], &Self::expected())?;
        Ok(Self { url, written: text.to_owned() })
    }
}

/// A URL that holds no secret. Messages never repeat it, since what was written may hold one.
fn open_url(text: &str, schemes: &[&str], expected: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|fault| format!("is no URL ({fault}), expected {expected}"))?;
    if !schemes.contains(&url.scheme()) {
        return Err(format!("has the scheme {:?}, expected {expected}", url.scheme()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("holds a user name or password, expected them in a [[credential]] that the entry names".to_owned());
    }
    match url.host() {
        None | Some(Host::Domain("")) => return Err(format!("has no host, expected {expected}")),
        // Of schemes that browsers do not know the url crate takes any text for a host.
        Some(Host::Domain(name)) if !plain_name(name) => {
            return Err("has a host that is neither a name nor an address, expected one of them".to_owned());
        }
        Some(Host::Domain(name)) if name.bytes().all(|b| b.is_ascii_digit() || b == b'.') => {
            if name.parse::<std::net::Ipv4Addr>().is_err() {
                return Err(format!("has the host {name}, expected four numbers up to 255 in an address"));
            }
        }
        Some(_) => {}
    }
    if url.port() == Some(0) {
        return Err(format!("has port 0, expected {expected}"));
    }
    if url.fragment().is_some() {
        return Err("has a fragment (#), which no server would see, expected %23 where a # is meant".to_owned());
    }
    Ok(url)
}

/// A sender of mail, with or without a name: `Camwatch <camwatch@xa.example.vn>`.
#[derive(Debug, Clone)]
pub(super) struct Mailbox(pub String);

impl Text for Mailbox {
    fn expected() -> String {
        r#"a mail address such as "camwatch@xa.example.vn" or "Camwatch <camwatch@xa.example.vn>""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        match text.parse::<lettre::message::Mailbox>() {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(_) => Err(format!("{text:?} is no mail address, expected {}", Self::expected())),
        }
    }
}

/// The path of `sqlite:PATH`.
#[derive(Debug, Clone)]
pub(super) struct SqliteUrl(pub String);

impl Text for SqliteUrl {
    fn expected() -> String {
        r#""sqlite:" and a file, such as "sqlite:ledger.db""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix("sqlite:") else {
            return Err(format!(
                "is no local record, expected {}; a central database belongs in forward",
                Self::expected()
            ));
        };
        // `sqlite:///var/lib/x.db` is the same as `sqlite:/var/lib/x.db`.
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') || path.contains('?') || path.ends_with('/') {
            return Err(format!("names no file, expected {}", Self::expected()));
        }
        Ok(Self(path.to_owned()))
    }
}

/// `postgres://...`, which may hold a password.
#[derive(Debug, Clone)]
pub(super) struct PostgresUrl(pub Secret);

impl Text for PostgresUrl {
    fn expected() -> String {
        r#"a URL such as "postgres://camwatch@10.0.0.5/camwatch""#.to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        match Url::parse(text) {
            Ok(url)
                if matches!(url.scheme(), "postgres" | "postgresql")
                    && url.host_str().is_some_and(|h| !h.is_empty()) =>
            {
                Ok(Self(Secret::new(text)))
            }
            _ => Err(format!("is no PostgreSQL address, expected {}", Self::expected())),
        }
    }
}

/// A secret where none may stand: told, never read.
#[derive(Debug, Clone, Copy)]
pub(super) struct InTheOpen;

impl Read for InTheOpen {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let name = node.name;
        log.problem(
            node.mark(),
            format!("{name} stands in the open, expected {name}_file or {name}_env to name where it is found"),
        );
        Some(Self)
    }
}

/// A password's bcrypt hash, as `htpasswd -nB` prints it.
#[derive(Debug, Clone)]
pub(super) struct BcryptHash(pub Secret);

impl Text for BcryptHash {
    fn expected() -> String {
        "the password's bcrypt hash, as `htpasswd -nBC 10 USER` prints it".to_owned()
    }

    fn from_text(text: &str) -> Result<Self, String> {
        // A hash has 60 characters; the parser alone takes others too.
        match text.parse::<bcrypt::HashParts>() {
            Ok(_) if text.len() == 60 => Ok(Self(Secret::new(text))),
            _ => Err(format!("is no bcrypt hash, expected {}", Self::expected())),
        }
    }
}
