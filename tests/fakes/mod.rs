//! A recorder's HTTP face, as far as logins go: challenges, nonces, strikes and locks in the manner of two vendors, with
//! a count of everything that the tests of the gate are about.
//!
//! Written from RFC 2069, 2617 and 7616 and from what devices were seen to do; shares nothing with the client.
#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};

/// How digests are reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha256,
    /// No `qop`, no counts.
    Rfc2069,
}

/// Which challenges an answer without a login carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    Digest,
    Basic,
    /// Two fields, Basic first.
    BasicThenDigest,
    /// One field that lists both, Basic first.
    List,
    /// `qop="auth,auth-int"`; what comes with `auth-int` is refused, as devices do that offer it and cannot do it.
    AuthInt,
}

/// What becomes of nonces and connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One nonce for a long time, connections kept alive.
    Hikvision,
    /// A nonce for one login, the connection closed after each answer.
    Dahua,
    /// As Hikvision, but each login is told once that its nonce is stale.
    Stale,
    /// As Hikvision, but every nonce is called stale.
    AlwaysStale,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub algorithm: Algorithm,
    pub offer: Offer,
    pub style: Style,
    /// Refused logins until the account is locked.
    pub lock_after: u32,
    pub lock_for: SignedDuration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Md5,
            offer: Offer::Digest,
            style: Style::Hikvision,
            lock_after: 5,
            lock_for: SignedDuration::from_secs(1800),
        }
    }
}

/// What a fake was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub connections: u32,
    pub requests: u32,
    /// Without a login.
    pub bare: u32,
    pub good: u32,
    /// With a wrong password, or while the account is locked.
    pub bad: u32,
    /// With a nonce that is no longer good.
    pub stale: u32,
    pub basic: u32,
    /// Right logins that were answered 401 for want of connections.
    pub turned_away: u32,
}

pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[derive(Clone)]
pub struct Fake {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    options: Options,
    password: String,
    clock: Clock,
    counts: Counts,
    nonces: u32,
    /// Logins that were told that their nonce is stale.
    told_stale: BTreeSet<String>,
    strikes: u32,
    locked_until: Option<Timestamp>,
    out_of_connections: bool,
    /// Paths that are answered 401 whatever the login.
    closed_paths: BTreeSet<String>,
}

pub const USER: &str = "monitor";
const REALM: &str = "Login to 4C0B2D3PAG00017";

impl Fake {
    pub async fn start(password: &str, options: Options) -> Self {
        Self::start_at(Ipv4Addr::LOCALHOST.into(), password, options, Arc::new(Timestamp::now)).await
    }

    pub async fn start_at(ip: IpAddr, password: &str, options: Options, clock: Clock) -> Self {
        let listener = tokio::net::TcpListener::bind((ip, 0)).await.expect("a port on loopback");
        let address = listener.local_addr().expect("its address");
        let shared = Arc::new(Mutex::new(Shared {
            options,
            password: password.to_owned(),
            clock,
            counts: Counts::default(),
            nonces: 0,
            told_stale: BTreeSet::new(),
            strikes: 0,
            locked_until: None,
            out_of_connections: false,
            closed_paths: BTreeSet::new(),
        }));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let counted = Arc::clone(&shared);
        let listener =
            axum::serve::ListenerExt::tap_io(listener, move |_| counted.lock().unwrap().counts.connections += 1);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn counts(&self) -> Counts {
        self.shared.lock().unwrap().counts
    }

    pub fn set_password(&self, password: &str) {
        password.clone_into(&mut self.shared.lock().unwrap().password);
    }

    pub fn run_out_of_connections(&self, out: bool) {
        self.shared.lock().unwrap().out_of_connections = out;
    }

    pub fn close_path(&self, path: &str) {
        self.shared.lock().unwrap().closed_paths.insert(path.to_owned());
    }

    /// As if somebody else had locked the account.
    pub fn lock(&self) {
        let mut shared = self.shared.lock().unwrap();
        shared.locked_until = Some((shared.clock)() + shared.options.lock_for);
    }

    pub fn is_locked(&self) -> bool {
        let shared = self.shared.lock().unwrap();
        shared.locked_until.is_some_and(|until| (shared.clock)() < until)
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let _: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let uri = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let mut shared = shared.lock().unwrap();
    let mut response = shared.judge(head.method.as_str(), &uri, &head.headers);
    if shared.options.style == Style::Dahua {
        response.headers_mut().insert(header::CONNECTION, "close".parse().unwrap());
    }
    response
}

enum Login {
    Good,
    Bad,
    Stale,
}

impl Shared {
    fn judge(&mut self, method: &str, uri: &str, headers: &HeaderMap) -> Response {
        self.counts.requests += 1;
        let now = (self.clock)();
        if self.locked_until.is_some_and(|until| now >= until) {
            self.locked_until = None;
            self.strikes = 0;
        }
        let Some(authorization) = headers.get(header::AUTHORIZATION) else {
            self.counts.bare += 1;
            return self.challenge(false);
        };
        let authorization = authorization.to_str().expect("ASCII");
        if self.locked_until.is_some() {
            self.counts.bad += 1;
            return self.locked(now);
        }
        match self.check(method, uri, authorization) {
            Login::Stale => {
                self.counts.stale += 1;
                self.challenge(true)
            }
            Login::Bad => {
                self.counts.bad += 1;
                self.strikes += 1;
                if self.strikes >= self.options.lock_after {
                    self.locked_until = Some(now + self.options.lock_for);
                    return self.locked(now);
                }
                self.challenge(false)
            }
            Login::Good if self.out_of_connections => {
                self.counts.turned_away += 1;
                self.challenge(false)
            }
            Login::Good => {
                self.counts.good += 1;
                self.strikes = 0;
                let path = uri.split('?').next().unwrap_or(uri);
                if self.closed_paths.contains(path) { self.challenge(false) } else { "here you are".into_response() }
            }
        }
    }

    fn check(&mut self, method: &str, uri: &str, authorization: &str) -> Login {
        if let Some(token) = authorization.strip_prefix("Basic ") {
            self.counts.basic += 1;
            let expected = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{}", self.password));
            let offered = matches!(self.options.offer, Offer::Basic | Offer::BasicThenDigest | Offer::List);
            return if offered && token == expected { Login::Good } else { Login::Bad };
        }
        let said = parameters(authorization.strip_prefix("Digest ").unwrap_or_default());
        let get = |name: &str| said.get(name).map(String::as_str).unwrap_or_default();
        let good = get("username") == USER
            && get("realm") == REALM
            && get("uri") == uri
            && get("response") == self.expected(method, uri, &said)
            && get("qop") != "auth-int";
        if !good {
            return Login::Bad;
        }
        let current = get("nonce") == self.nonce();
        match self.options.style {
            Style::Hikvision if current => Login::Good,
            Style::Dahua if current => {
                self.nonces += 1;
                Login::Good
            }
            Style::Stale if current => {
                if self.told_stale.insert(get("nonce").to_owned()) && self.told_stale.len() == 1 {
                    self.nonces += 1;
                    Login::Stale
                } else {
                    Login::Good
                }
            }
            _ => Login::Stale,
        }
    }

    fn expected(&self, method: &str, uri: &str, said: &BTreeMap<String, String>) -> String {
        let get = |name: &str| said.get(name).map(String::as_str).unwrap_or_default();
        let a1 = self.hash(&format!("{USER}:{REALM}:{}", self.password));
        let a2 = self.hash(&format!("{method}:{uri}"));
        if self.options.algorithm == Algorithm::Rfc2069 {
            return self.hash(&format!("{a1}:{}:{a2}", get("nonce")));
        }
        self.hash(&format!("{a1}:{}:{}:{}:{}:{a2}", get("nonce"), get("nc"), get("cnonce"), get("qop")))
    }

    fn hash(&self, text: &str) -> String {
        if self.options.algorithm == Algorithm::Sha256 {
            return hex(&<sha2::Sha256 as sha2::Digest>::digest(text.as_bytes()));
        }
        hex(&<md5::Md5 as md5::Digest>::digest(text.as_bytes()))
    }

    fn nonce(&self) -> String {
        format!("5f1a{:08x}:17900{:05}", self.nonces, self.nonces)
    }

    fn challenge(&mut self, stale: bool) -> Response {
        if self.options.style == Style::Dahua {
            self.nonces += 1;
        }
        let stale = stale || self.options.style == Style::AlwaysStale;
        let (nonce, stale) = (self.nonce(), if stale { "TRUE" } else { "FALSE" });
        let digest = match (self.options.algorithm, self.options.offer) {
            (Algorithm::Rfc2069, _) => format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", stale={stale}"),
            (Algorithm::Sha256, _) => {
                format!(
                    "Digest realm=\"{REALM}\", qop=\"auth\", nonce=\"{nonce}\", algorithm=SHA-256, stale=\"{stale}\""
                )
            }
            (Algorithm::Md5, Offer::AuthInt) => {
                format!("Digest realm=\"{REALM}\", qop=\"auth,auth-int\", nonce=\"{nonce}\", stale=\"{stale}\"")
            }
            // As a recorder was seen to write it: quotes where none belong, an empty opaque.
            (Algorithm::Md5, _) => format!(
                "Digest realm=\"{REALM}\", domain=\"::\", qop=\"auth\", nonce=\"{nonce}\", opaque=\"\", \
                 algorithm=\"MD5\", stale=\"{stale}\""
            ),
        };
        let basic = format!("Basic realm=\"{REALM}\"");
        let fields = match self.options.offer {
            Offer::Digest | Offer::AuthInt => vec![digest],
            Offer::Basic => vec![basic],
            Offer::BasicThenDigest => vec![basic, digest],
            Offer::List => vec![format!("{basic}, {digest}")],
        };
        let body = if self.options.style == Style::Dahua { "Error\nInvalid Authority!\n" } else { "<userCheck/>" };
        let mut response = (StatusCode::UNAUTHORIZED, body).into_response();
        for field in fields {
            response.headers_mut().append(header::WWW_AUTHENTICATE, field.parse().unwrap());
        }
        response
    }

    fn locked(&mut self, now: Timestamp) -> Response {
        let seconds = self.locked_until.map_or(0, |until| until.duration_since(now).as_secs());
        if self.options.style == Style::Dahua {
            let body = format!("{{\"ErrorCode\":268632081,\"Result\":false,\"RmLock\":{seconds},\"RmLogin\":0}}");
            return (StatusCode::FORBIDDEN, body).into_response();
        }
        let body = format!(
            "<userCheck><statusValue>401</statusValue><lockStatus>lock</lockStatus><unlockTime>{seconds}</unlockTime>\
             <retryLoginTime>0</retryLoginTime></userCheck>"
        );
        (StatusCode::UNAUTHORIZED, body).into_response()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// `a="b", c=d`: what is quoted may hold commas, and nothing here holds an escape.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let (mut found, mut rest) = (BTreeMap::new(), text);
    while let Some((name, tail)) = rest.split_once('=') {
        let (value, tail) = match tail.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => tail.split_at(tail.find(',').unwrap_or(tail.len())),
        };
        found.insert(name.trim_start_matches([',', ' ']).to_owned(), value.to_owned());
        rest = tail;
    }
    found
}
