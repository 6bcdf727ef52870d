//! The real exchange: HTTP/1.1 to one device over one connection, with its login, its budget and its bounds.
//!
//! A login costs a device one of the few tries before it locks the account. So a request is sent without one first, which
//! fetches the challenge and costs nothing, then once with it; again only where the challenge says that its nonce was
//! stale. In each exchange the first to log in is the dialect's canary, which every account may ask for: devices answer
//! 401 to paths that they do not know or that the account may not see, and only the canary tells that from a wrong
//! password. A login is sent along unasked only on a connection whose challenge the device was seen to take twice.
//!
//! No redirect is followed (it is an answer like others), no proxy used, nothing compressed asked for.

mod budget;
mod line;
mod login;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use url::Position;

use super::exchange::{Answer, Exchange, Login, Manner, Method, Request, Sign, Trouble};
use crate::gate::{Closed, Door, FEW_TRIES, Gate, Permit};
use crate::inventory::{Credential, HostPort, Recorder};
use budget::Budget;
use line::{Incomings, Line, Outgoing, Target};
use login::Responder;

/// For one request and its answer, connecting included.
const REQUEST: Duration = Duration::from_secs(10);

/// How long a path that was refused is not asked for again: rights are given to an account seldom.
const DENIED_FOR: Duration = Duration::from_secs(24 * 3600);

/// Paths that are remembered as refused.
const MOST_DENIED: usize = 128;

/// Refusals in a row that are taken for missing rights where no canary can be asked, before nothing more is asked.
const DENIALS_IN_A_ROW: u32 = 3;

/// One device: its one connection kept alive, its budget, its login. Lives as long as the recorder is configured.
/// Cheap to clone; the requests of several polls take turns one by one.
#[derive(Clone)]
pub struct Device {
    inner: Arc<Inner>,
}

struct Inner {
    /// `None` for a URL without a host, which no configuration has.
    target: Option<Target>,
    door: Option<Door>,
    credential: Option<Credential>,
    allow_basic: bool,
    gate: Gate,
    manner: Manner,
    /// Polls that run.
    exchanges: AtomicUsize,
    seat: Mutex<Seat>,
}

/// What whoever's turn it is works with.
struct Seat {
    line: Line,
    budget: Budget,
    /// The challenge that the last login on this connection answered.
    responder: Option<Responder>,
    /// The device took one nonce for several requests.
    reuses: bool,
    denied: BTreeMap<String, Instant>,
}

/// What an exchange cost the device and the line, all layers above TCP (and above TLS).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub requests: u64,
    pub connections: u64,
    pub received_bytes: u64,
    pub sent_bytes: u64,
}

impl Device {
    #[must_use]
    pub fn new(recorder: &Recorder, credential: Option<&Credential>, gate: &Gate, manner: Manner) -> Self {
        let url = &recorder.url;
        let target = HostPort::of(url).map(|host| Target {
            host,
            tls: (url.scheme() == "https").then(|| recorder.tls.clone()),
            authority: url[Position::BeforeHost..Position::AfterPort].to_owned(),
        });
        let door = target.as_ref().zip(credential).map(|(target, c)| Door::new(&target.host, &c.username));
        let seat = Seat {
            line: Line::default(),
            budget: Budget::new(recorder.requests_per_minute, Instant::now()),
            responder: None,
            reuses: false,
            denied: BTreeMap::new(),
        };
        let inner = Inner {
            target,
            door,
            credential: credential.cloned(),
            allow_basic: recorder.allow_basic,
            gate: gate.clone(),
            manner,
            exchanges: AtomicUsize::new(0),
            seat: Mutex::new(seat),
        };
        Self { inner: Arc::new(inner) }
    }

    /// One poll: at most `within` long, each request at most 10 s (less where the poll ends before). The connection is
    /// closed when no poll runs any more, so that it takes no place on the device.
    #[must_use]
    pub fn exchange(&self, within: Duration) -> HttpExchange {
        self.inner.exchanges.fetch_add(1, Ordering::Relaxed);
        HttpExchange {
            device: Arc::clone(&self.inner),
            deadline: Instant::now() + within,
            cost: Cost::default(),
            canary_asked: false,
            accepted: false,
            denials: 0,
        }
    }
}

/// One poll's turn at a device.
pub struct HttpExchange {
    device: Arc<Inner>,
    deadline: Instant,
    cost: Cost,
    /// The canary was answered in this exchange, and not with a refusal.
    canary_asked: bool,
    /// A login of this exchange was accepted.
    accepted: bool,
    /// Requests that were refused since then without a canary to ask.
    denials: u32,
}

impl HttpExchange {
    /// What was spent so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }
}

impl Drop for HttpExchange {
    fn drop(&mut self) {
        if self.device.exchanges.fetch_sub(1, Ordering::Relaxed) == 1
            && let Ok(mut seat) = self.device.seat.try_lock()
        {
            seat.line.close();
        }
    }
}

impl Exchange for HttpExchange {
    async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
        let device = Arc::clone(&self.device);
        let Ok(mut seat) = timeout_at(self.deadline, device.seat.lock()).await else {
            return Err(Trouble::Busy("another poll of this device is running".to_owned()));
        };
        let mut turn = Turn { device: &device, seat: &mut seat, poll: self };
        let result = turn.ask(&request).await;
        if result.as_ref().is_err_and(Trouble::ends_poll) {
            seat.line.close();
        }
        result
    }
}

/// What a request with a login came to.
enum Verdict {
    /// The device did not ask for one.
    Open,
    Accepted,
    /// Says nothing of the login.
    Neutral,
    Refused {
        /// It was sent along unasked, with a nonce of before.
        unasked: bool,
    },
    TriesLeft(u32),
    Locked(Option<Duration>),
    /// The same, before a login was sent.
    FoundLocked(Option<Duration>),
    /// Out of connections.
    Busy,
    /// The nonce is stale every time.
    Stale,
}

/// One request's turn: the device, the seat at it, and the poll that it belongs to.
struct Turn<'a> {
    device: &'a Inner,
    seat: &'a mut Seat,
    poll: &'a mut HttpExchange,
}

impl Turn<'_> {
    async fn ask(&mut self, request: &Request<'_>) -> Result<Answer, Trouble> {
        if matches!(request.login, Login::None) {
            return Ok(self.send(request, body_of(request), None).await?.answer);
        }
        let (Some(credential), Some(door)) = (&self.device.credential, &self.device.door) else {
            let answer = self.send(request, body_of(request), None).await?.answer;
            let refused = answer.status == 401 || (self.device.manner.sign)(&answer) == Sign::Refused;
            return if refused { Err(Trouble::NoCredential) } else { Ok(answer) };
        };
        let key = key(request);
        self.seat.denied.retain(|_, since| since.elapsed() < DENIED_FOR);
        if self.seat.denied.contains_key(&key) || self.poll.denials >= DENIALS_IN_A_ROW {
            return Err(Trouble::Denied);
        }
        if let Err(closed) = self.device.gate.look(door, Some(&credential.id), &credential.password) {
            // Whether the device is there at all is found without a login.
            self.connect().await?;
            return Err(shut(&closed));
        }
        let canary = self.device.manner.canary.map(|canary| canary());
        let is_canary = canary.as_ref().is_some_and(|canary| self::key(canary) == key);
        if let Some(canary) = canary.as_ref().filter(|_| !is_canary && !self.poll.canary_asked) {
            self.log_in(canary, None).await?;
        }
        self.log_in(request, canary.as_ref().filter(|_| !is_canary)).await
    }

    /// Asks with the login. A refusal decides, unless there is a canary to ask first whether the account is to blame.
    async fn log_in(&mut self, request: &Request<'_>, canary: Option<&Request<'_>>) -> Result<Answer, Trouble> {
        let mut permit = None;
        let (answer, verdict) = self.authenticate(request, canary.is_some(), &mut permit).await?;
        let unasked = match verdict {
            Verdict::Refused { unasked } => unasked,
            other => {
                let decided = self.decide(other, permit).await?;
                self.poll.canary_asked |= canary.is_none() && decided;
                return Ok(answer);
            }
        };
        let Some(canary) = canary else {
            let worked = self.poll.accepted && self.device.manner.canary.is_none();
            let Some(permit) = permit.filter(|_| !worked) else {
                self.poll.denials += 1;
                return Err(Trouble::Denied);
            };
            return Err(shut(&permit.refused()));
        };
        // With the same permit: nobody else logs in until it is known whether the account still works.
        let confirmed = self.authenticate(canary, false, &mut permit).await;
        match confirmed {
            Ok((_, Verdict::Refused { .. } | Verdict::Stale)) => Err(twice(permit)),
            Ok((_, Verdict::Neutral | Verdict::Busy)) | Err(_) => Err(once(permit)),
            Ok((_, verdict)) => {
                self.decide(verdict, permit).await?;
                if unasked {
                    // Its nonce may have been what was refused.
                    let mut permit = None;
                    let (answer, verdict) = self.authenticate(request, false, &mut permit).await?;
                    if !matches!(verdict, Verdict::Refused { .. }) {
                        self.decide(verdict, permit).await?;
                        return Ok(answer);
                    }
                }
                self.deny(key(request));
                Err(Trouble::Denied)
            }
        }
    }

    /// Tells the gate. Whether the answer counts as one to a login that may go on.
    async fn decide(&mut self, verdict: Verdict, permit: Option<Permit>) -> Result<bool, Trouble> {
        let permit = match permit {
            Some(permit) => permit,
            // A device that is locked says so before it is asked.
            None => match verdict {
                Verdict::FoundLocked(_) => self.permit().await?,
                Verdict::Busy => return Err(busy()),
                _ => return Ok(true),
            },
        };
        match verdict {
            Verdict::Accepted => {
                permit.accepted();
                self.poll.accepted = true;
                self.poll.denials = 0;
                Ok(true)
            }
            Verdict::Open | Verdict::Neutral => Ok(true),
            Verdict::Refused { .. } => Err(shut(&permit.refused())),
            Verdict::TriesLeft(tries) => Err(shut(&permit.tries_left(tries))),
            Verdict::Locked(length) => Err(shut(&permit.locked(length))),
            Verdict::FoundLocked(length) => Err(shut(&permit.found_locked(length))),
            Verdict::Busy => Err(busy()),
            Verdict::Stale => {
                permit.unclear();
                Err(Trouble::Busy("the device calls every nonce stale".to_owned()))
            }
        }
    }

    /// Sends a request so that the device knows who asks. Takes a permit for it where there is none yet.
    async fn authenticate(
        &mut self,
        request: &Request<'_>,
        may_go_unasked: bool,
        permit: &mut Option<Permit>,
    ) -> Result<(Answer, Verdict), Trouble> {
        let Some(credential) = &self.device.credential else { return Err(Trouble::NoCredential) };
        if let Login::Token(token) = request.login {
            self.ensure(permit).await?;
            let incoming = self.send(request, Bytes::from(token(credential)), None).await?;
            let verdict = match self.sign(&incoming.answer) {
                // Not the token was refused: another kind of login is asked for, which the dialect may choose.
                Sign::Nothing if incoming.answer.status == 401 && incoming.answer.challenged => Verdict::Neutral,
                sign => verdict(sign, incoming.answer.status, false),
            };
            return Ok((incoming.answer, verdict));
        }
        let mut unasked = may_go_unasked && self.seat.reuses && self.seat.line.is_open();
        let mut responder = self.seat.responder.take().filter(|_| self.seat.line.is_open());
        if !unasked || responder.is_none() {
            unasked = false;
            let incoming = self.send(request, body_of(request), None).await?;
            match self.sign(&incoming.answer) {
                Sign::Locked(length) => return Ok((incoming.answer, Verdict::FoundLocked(length))),
                Sign::Busy => return Ok((incoming.answer, Verdict::Busy)),
                Sign::TriesLeft(tries) if tries <= FEW_TRIES => {
                    let why = format!("{tries} tries are left before the device locks; none of them is used");
                    return Err(Trouble::Unauthorized(why));
                }
                _ if incoming.answer.status != 401 => return Ok((incoming.answer, Verdict::Open)),
                _ => {}
            }
            let fresh = Responder::choose(&incoming.challenges, self.device.allow_basic)?;
            responder = Some(responder.filter(|known| known.is_same(&fresh)).unwrap_or(fresh));
        }
        self.ensure(permit).await?;
        let Some(mut responder) = responder else { return Err(Trouble::Denied) };
        let mut renewed = false;
        loop {
            let authorization = responder.respond(credential, method(request), &request.path)?;
            let incoming = self.send(request, body_of(request), Some(authorization)).await?;
            let sign = self.sign(&incoming.answer);
            let is_challenge = incoming.answer.status == 401 && matches!(sign, Sign::Nothing | Sign::Refused);
            if !is_challenge {
                let verdict = verdict(sign, incoming.answer.status, unasked);
                if matches!(verdict, Verdict::Accepted) {
                    self.seat.reuses |= responder.answers() > 1;
                    self.seat.responder = Some(responder);
                }
                return Ok((incoming.answer, verdict));
            }
            self.seat.reuses &= !unasked;
            match Responder::choose(&incoming.challenges, self.device.allow_basic) {
                Ok(fresh) if fresh.is_stale() && renewed => return Ok((incoming.answer, Verdict::Stale)),
                Ok(fresh) if fresh.is_stale() => responder = fresh,
                _ => return Ok((incoming.answer, Verdict::Refused { unasked })),
            }
            (renewed, unasked) = (true, false);
        }
    }

    fn sign(&self, answer: &Answer) -> Sign {
        (self.device.manner.sign)(answer)
    }

    async fn ensure(&self, permit: &mut Option<Permit>) -> Result<(), Trouble> {
        if permit.is_none() {
            *permit = Some(self.permit().await?);
        }
        Ok(())
    }

    async fn permit(&self) -> Result<Permit, Trouble> {
        let (Some(credential), Some(door)) = (&self.device.credential, &self.device.door) else {
            return Err(Trouble::NoCredential);
        };
        let permit = self.device.gate.permit(door, Some(&credential.id), &credential.password);
        match timeout_at(self.until(), permit).await {
            Ok(permit) => permit.map_err(|closed| shut(&closed)),
            Err(_) => Err(Trouble::Busy("another login to this device is unanswered".to_owned())),
        }
    }

    fn deny(&mut self, key: String) {
        if self.seat.denied.len() < MOST_DENIED {
            self.seat.denied.insert(key, Instant::now());
        }
    }

    fn until(&self) -> Instant {
        self.poll.deadline.min(Instant::now() + REQUEST)
    }

    async fn connect(&mut self) -> Result<(), Trouble> {
        let until = self.until();
        self.seat.line.connect(target(self.device)?, until, &mut self.poll.cost).await
    }

    /// Sends one request when the budget has room for it.
    async fn send(
        &mut self,
        request: &Request<'_>,
        body: Bytes,
        authorization: Option<String>,
    ) -> Result<Incomings, Trouble> {
        while let Err(wait) = self.seat.budget.take(Instant::now()) {
            if Instant::now() + wait >= self.poll.deadline {
                return Err(Trouble::Budget);
            }
            tokio::time::sleep(wait).await;
        }
        let (path, content_type) = (request.path.as_ref(), request.content_type);
        let outgoing = Outgoing { method: request.method, path, content_type, body, authorization };
        let until = self.until();
        self.seat.line.send(target(self.device)?, &outgoing, until, &mut self.poll.cost).await
    }
}

fn target(device: &Inner) -> Result<&Target, Trouble> {
    let no_host = || Trouble::Path(crate::observation::Outcome::Dns, "no host in the URL".to_owned());
    device.target.as_ref().ok_or_else(no_host)
}

fn verdict(sign: Sign, status: u16, unasked: bool) -> Verdict {
    match sign {
        Sign::Refused => Verdict::Refused { unasked },
        Sign::TriesLeft(tries) => Verdict::TriesLeft(tries),
        Sign::Locked(length) => Verdict::Locked(length),
        Sign::Busy => Verdict::Busy,
        Sign::Nothing if status == 401 => Verdict::Refused { unasked },
        Sign::Nothing if (200..300).contains(&status) => Verdict::Accepted,
        Sign::Nothing => Verdict::Neutral,
    }
}

fn shut(closed: &Closed) -> Trouble {
    if closed.is_doubt() { Trouble::Busy(closed.to_string()) } else { Trouble::Unauthorized(closed.to_string()) }
}

/// The canary was refused too.
fn twice(permit: Option<Permit>) -> Trouble {
    permit.map_or(Trouble::Denied, |permit| shut(&permit.refused_twice()))
}

/// The canary said nothing, so that the refusal stands.
fn once(permit: Option<Permit>) -> Trouble {
    permit.map_or(Trouble::Denied, |permit| shut(&permit.refused()))
}

fn busy() -> Trouble {
    Trouble::Busy("the device has no free connection".to_owned())
}

fn body_of(request: &Request<'_>) -> Bytes {
    Bytes::copy_from_slice(&request.body)
}

fn method(request: &Request<'_>) -> &'static str {
    match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
    }
}

/// What is refused or not as one: services of ONVIF share a path and differ in their content type's action.
fn key(request: &Request<'_>) -> String {
    format!("{} {} {}", method(request), request.path, request.content_type)
}
