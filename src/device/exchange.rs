//! The seam between a dialect and the network: one request, one answer, or why there is none.
//!
//! A dialect is written against [`Exchange`] and tested against a table; `http` is the real one.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

use crate::inventory::Credential;
use crate::observation::Outcome;

/// Sends one request after the other to one device. Never two at a time.
pub trait Exchange: Send {
    /// Sends one request, waits for the whole answer within the bounds of size and time, and logs in where that is
    /// asked for and the gate allows it.
    fn ask(&mut self, request: Request<'_>) -> impl Future<Output = Result<Answer, Trouble>> + Send;

    /// The clock that answers are compared with.
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// One request in a device's own words.
pub struct Request<'a> {
    pub method: Method,
    /// Path and query, beginning with a slash; the host is the device's.
    pub path: Cow<'a, str>,
    /// Empty where there is no body.
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub login: Login<'a>,
}

/// How a request says who asks.
pub enum Login<'a> {
    /// Not at all: what a device tells everybody. What the answer says of a login counts for nothing.
    None,
    /// HTTP Digest, or Basic where the device offers nothing else and the configuration allows it.
    Http,
    /// In the body, as ONVIF has it: makes the body from the credential (WS-Security `UsernameToken`). `body` is ignored.
    Token(&'a (dyn Fn(&Credential) -> Vec<u8> + Sync)),
}

impl<'a> Request<'a> {
    #[must_use]
    pub fn get(path: impl Into<Cow<'a, str>>) -> Self {
        Self { method: Method::Get, path: path.into(), content_type: "", body: Vec::new(), login: Login::Http }
    }

    #[must_use]
    pub fn post(path: impl Into<Cow<'a, str>>, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { method: Method::Post, path: path.into(), content_type, body: body.into(), login: Login::Http }
    }

    #[must_use]
    pub fn login(mut self, login: Login<'a>) -> Self {
        self.login = login;
        self
    }
}

/// A whole answer. A status of 400 and more is an answer too: what it means depends on the dialect.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// As the device spelt it; empty where it said none.
    pub content_type: String,
    pub body: Vec<u8>,
    /// Whether it carries an HTTP challenge (`WWW-Authenticate`) that a login of [`Login::Http`] could answer.
    pub challenged: bool,
    /// When the request was sent, and how long the answer took: what a clock is compared with lies between.
    pub sent: Timestamp,
    pub took: Duration,
}

impl Answer {
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as text, whatever its bytes are.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The middle of the round trip.
    #[must_use]
    pub fn midpoint(&self) -> Timestamp {
        self.sent.checked_add(self.took / 2).unwrap_or(self.sent)
    }
}

/// Why a request has no answer. All but `Denied` and `TooLarge` end the poll: asking on would only repeat them.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Trouble {
    /// The way to the device, or TLS: `dns`, `unreachable`, `refused`, `connect_timeout`, `reset`, `tls`.
    #[error("{0}: {1}")]
    Path(Outcome, String),
    /// Connected, but no whole answer in time.
    #[error("no answer in time")]
    Silent,
    /// What came is no HTTP.
    #[error("the answer is no HTTP: {0}")]
    NotHttp(String),
    /// It speaks HTTP, but not this dialect: another make, or no device at all.
    #[error("not a device of this kind: {0}")]
    Foreign(String),
    /// The device refused the login just now, or the gate is shut: nothing more is asked with this account.
    #[error("{0}")]
    Unauthorized(String),
    /// A login is needed and the recorder has no credential.
    #[error("the device wants a login, and the recorder has no credential")]
    NoCredential,
    /// Out of connections, or a 401 after logins that worked: nothing more is asked for now.
    #[error("{0}")]
    Busy(String),
    /// The account works, but this path was refused (401): never tried in another spelling, since each is a login.
    #[error("not permitted, or not there")]
    Denied,
    /// More than the bound of bytes.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The requests of this minute are used up and waiting would outlast the poll.
    #[error("the budget of requests is used up")]
    Budget,
}

impl Trouble {
    /// Whether the poll ends here.
    #[must_use]
    pub fn ends_poll(&self) -> bool {
        !matches!(self, Self::Denied | Self::TooLarge(_))
    }

    /// What a poll that ended so came to.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Path(outcome, _) => *outcome,
            Self::Silent => Outcome::RtspTimeout,
            Self::NotHttp(_) | Self::Foreign(_) | Self::TooLarge(_) => Outcome::Incompatible,
            Self::Unauthorized(_) | Self::NoCredential | Self::Denied => Outcome::Unauthorized,
            Self::Busy(_) | Self::Budget => Outcome::Busy,
        }
    }
}

/// What the body of an answer says of the login, beyond its status; each dialect reads its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Nothing,
    /// The login was refused, whatever the status.
    Refused,
    /// Refused, and so many tries are left.
    TriesLeft(u32),
    /// The account or our address is locked, for so long where that is told.
    Locked(Option<Duration>),
    /// Out of connections or sessions.
    Busy,
}

/// What the HTTP layer must know of a dialect.
pub struct Manner {
    /// The one request that decides whether a login works; every account has the right to it. `None` where only the
    /// dialect can write it, since its tokens carry the device's own time (ONVIF): then the first request of an exchange
    /// that logs in is the canary, and once a login of the exchange was accepted a refusal is [`Trouble::Denied`].
    pub canary: Option<fn() -> Request<'static>>,
    /// Reads what an answer says of the login.
    pub sign: fn(&Answer) -> Sign,
}
