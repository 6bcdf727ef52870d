//! Asks one ONVIF device one operation after the other: which address, which login, what a fault means.
//!
//! Knows how ONVIF logs in and nothing of what answers are for.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::answers;
use super::soap::{self, Fault, Operation, Service};
use crate::device::exchange::{Answer, Exchange, Login, Method, Request, Sign, Trouble};
use crate::device::finding::Why;
use crate::device::xml::Tree;
use crate::inventory::Credential;

/// Where every ONVIF device has its device service (Core Specification, "Device Management service").
const DEVICE_SERVICE: &str = "/onvif/device_service";

/// How long what a device cannot do is believed, and where its services are.
const UNSUPPORTED_FOR_DAYS: i64 = 7;
const SERVICES_FOR_DAYS: i64 = 1;

/// What is remembered of one device over polls and restarts. Holds no secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    login: Way,
    /// The path of each service.
    services: BTreeMap<Service, String>,
    services_on: Option<Date>,
    /// Operations that the device said it has not, and when.
    unsupported: BTreeMap<String, Date>,
}

/// How a device wants a login.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// It never asked for one.
    #[default]
    None,
    /// WS-Security `UsernameToken`.
    Token,
    /// HTTP Digest.
    Http,
}

/// Reads what an answer says of the login: by the fault's codes, since the HTTP status of a refusal is 400, 401 or 500.
pub(super) fn sign(answer: &Answer) -> Sign {
    let fault = fault_of(answer);
    if fault.as_ref().is_some_and(Fault::is_lock) {
        return Sign::Locked(None);
    }
    match fault {
        Some(fault) if fault.is_refusal() => Sign::Refused,
        // An HTTP challenge alone does not refuse a token: it asks for another kind of login.
        None if answer.status == 401 && !answer.challenged => Sign::Refused,
        _ if answer.status == 503 => Sign::Busy,
        _ => Sign::Nothing,
    }
}

/// Whether an answer to a request without a login asks for one.
fn wants_login(answer: &Answer) -> bool {
    answer.status == 401 || sign(answer) == Sign::Refused
}

fn fault_of(answer: &Answer) -> Option<Fault> {
    // Nearly every answer has none; a search for the word is cheaper than a second tree.
    let says_fault = answer.body.windows(5).any(|window| window.eq_ignore_ascii_case(b"fault"));
    let is_wide = answer.body.contains(&0);
    if !says_fault && !is_wide {
        return None;
    }
    Fault::of(&Tree::parse(&answer.body).ok()?)
}

/// What an operation came to.
pub(super) enum Ask {
    No(Why),
    /// The poll ends here.
    End(Trouble),
}

impl From<Why> for Ask {
    fn from(why: Why) -> Self {
        Self::No(why)
    }
}

pub(super) type Asked<T> = Result<T, Ask>;

/// The device's UTC at a moment of the monotonic clock: our own wall clock may be set while we talk.
#[derive(Debug, Clone, Copy)]
pub(super) struct DeviceClock {
    pub time: Timestamp,
    pub at: Instant,
}

impl DeviceClock {
    pub(super) fn now(self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.at.elapsed()).unwrap_or_default();
        self.time.checked_add(elapsed).unwrap_or(self.time)
    }
}

pub(super) struct Client<'a, E> {
    pub exchange: &'a mut E,
    pub memory: &'a mut Memory,
    pub clock: DeviceClock,
}

impl<'a, E: Exchange> Client<'a, E> {
    pub(super) fn new(exchange: &'a mut E, memory: &'a mut Memory) -> Self {
        let clock = DeviceClock { time: exchange.now(), at: Instant::now() };
        Self { exchange, memory, clock }
    }

    /// Today, in UTC: what is remembered needs no finer date.
    fn today(&self) -> Date {
        self.exchange.now().to_zoned(jiff::tz::TimeZone::UTC).date()
    }

    /// Whether the device was seen to want logins.
    pub(super) fn logs_in(&self) -> bool {
        self.memory.login != Way::None
    }

    /// The path of a service, where the device has it.
    pub(super) fn path(&self, service: Service) -> Option<String> {
        let known = self.memory.services.get(&service).cloned();
        known.or_else(|| (service == Service::Device).then(|| DEVICE_SERVICE.to_owned()))
    }

    /// Whether the services are yet to be asked for.
    pub(super) fn wants_services(&self) -> bool {
        self.memory.services.is_empty() || is_over(self.memory.services_on, SERVICES_FOR_DAYS, self.today())
    }

    pub(super) fn remember_services(&mut self, services: BTreeMap<Service, String>) {
        self.memory.services_on = Some(self.today());
        self.memory.services = services;
    }

    /// Whether an operation is worth asking: its service is there, and the device did not decline it lately.
    pub(super) fn can(&self, operation: Operation) -> bool {
        let declined = self.memory.unsupported.get(&operation.key()).copied();
        self.path(operation.service).is_some()
            && (declined.is_none() || is_over(declined, UNSUPPORTED_FOR_DAYS, self.today()))
    }

    /// Asks what a device tells everybody, without a login: `None` where it wants one all the same.
    pub(super) async fn ask_open(&mut self, operation: Operation, inner: &str) -> Asked<Option<(Tree, Answer)>> {
        if !self.can(operation) {
            return Err(Why::NotSupported.into());
        }
        let answer = self.send(operation, inner, Way::None).await?;
        if wants_login(&answer) {
            return Ok(None);
        }
        Ok(Some((self.read(operation, &answer)?, answer)))
    }

    /// Asks with the login that this device wants. A device that never wanted one is asked without; where it wants one
    /// now, the way to log in is learnt from that, which costs no login.
    pub(super) async fn ask(&mut self, operation: Operation, inner: &str) -> Asked<Tree> {
        Ok(self.ask_answer(operation, inner).await?.0)
    }

    /// As [`Self::ask`], with the answer that it was read from.
    pub(super) async fn ask_answer(&mut self, operation: Operation, inner: &str) -> Asked<(Tree, Answer)> {
        if !self.can(operation) {
            return Err(Why::NotSupported.into());
        }
        if self.memory.login == Way::None {
            let answer = self.send(operation, inner, Way::None).await?;
            if !wants_login(&answer) {
                return Ok((self.read(operation, &answer)?, answer));
            }
            // A device that answers HTTP's own challenge may not know the token at all (Profile T); one that says no
            // more than a fault knows the token only.
            self.memory.login = if answer.challenged { Way::Http } else { Way::Token };
        }
        let mut answer = self.send(operation, inner, self.memory.login).await?;
        if self.memory.login == Way::Token && answer.status == 401 && answer.challenged {
            // It was taught another kind of login since.
            self.memory.login = Way::Http;
            answer = self.send(operation, inner, Way::Http).await?;
        }
        Ok((self.read(operation, &answer)?, answer))
    }

    async fn send(&mut self, operation: Operation, inner: &str, way: Way) -> Asked<Answer> {
        let Some(path) = self.path(operation.service) else { return Err(Why::NotSupported.into()) };
        let clock = self.clock;
        let token = move |credential: &Credential| {
            let nonce = fastrand::u128(..).to_ne_bytes();
            operation.envelope(inner, Some(&soap::username_token(credential, nonce, clock.now())))
        };
        let (login, body) = match way {
            Way::None => (Login::None, operation.envelope(inner, None)),
            Way::Http => (Login::Http, operation.envelope(inner, None)),
            Way::Token => (Login::Token(&token), Vec::new()),
        };
        let request =
            Request { method: Method::Post, path: path.into(), content_type: operation.content_type, body, login };
        match self.exchange.ask(request).await {
            Ok(answer) => Ok(answer),
            Err(Trouble::Denied) => Err(Why::NoPermission.into()),
            Err(trouble) if trouble.ends_poll() => {
                if matches!(trouble, Trouble::Unauthorized(_)) {
                    // It may want another way to log in by now, which the next poll finds out without a login.
                    self.memory.login = Way::None;
                }
                Err(Ask::End(trouble))
            }
            Err(trouble) => Err(Why::Trouble(trouble).into()),
        }
    }

    /// The envelope of an answer, or why it is none: faults first, whatever the status.
    fn read(&mut self, operation: Operation, answer: &Answer) -> Result<Tree, Why> {
        let tree = match Tree::parse(&answer.body) {
            Ok(tree) if tree.root().name() == "Envelope" => tree,
            _ if matches!(answer.status, 404 | 405 | 501) => return Err(self.decline(operation)),
            _ if matches!(answer.status, 401 | 403) => return Err(Why::NoPermission),
            _ if !answer.is_success() => return Err(Why::DeviceError(format!("HTTP {}", answer.status))),
            Ok(tree) => {
                let name: String = tree.root().name().chars().take(40).collect();
                return Err(Why::Unreadable(format!("no SOAP envelope but <{name}>")));
            }
            Err(problem) => return Err(Why::Unreadable(problem.to_string())),
        };
        let Some(fault) = Fault::of(&tree) else {
            return if answer.is_success() {
                Ok(tree)
            } else {
                Err(Why::DeviceError(format!("HTTP {}", answer.status)))
            };
        };
        if fault.is_refusal() || fault.is_prohibition() {
            Err(Why::NoPermission)
        } else if fault.is_unsupported() {
            Err(self.decline(operation))
        } else {
            Err(Why::DeviceError(fault.to_string()))
        }
    }

    fn decline(&mut self, operation: Operation) -> Why {
        // ONVIF may be switched off and on again: who a device is and what time it has is asked in every poll.
        if ![soap::GET_SYSTEM_DATE_AND_TIME, soap::GET_DEVICE_INFORMATION].contains(&operation) {
            let today = self.today();
            self.memory.unsupported.insert(operation.key(), today);
        }
        Why::NotSupported
    }

    /// Reads the device's time off an answer to `GetSystemDateAndTime` and keeps it against the monotonic clock.
    pub(super) fn set_clock(&mut self, envelope: &Tree, answer: &Answer) -> Option<Timestamp> {
        let time = answers::system_time(envelope)?;
        let since = answer.took / 2;
        let at = Instant::now();
        self.clock = DeviceClock { time, at: at.checked_sub(since).unwrap_or(at) };
        Some(time)
    }
}

/// Whether something of that day is no longer believed; a day that lies ahead is a clock that was wrong.
fn is_over(day: Option<Date>, days: i64, today: Date) -> bool {
    day.is_none_or(|day| day > today || day.checked_add(days.days()).is_ok_and(|end| end <= today))
}
