//! A recorder that speaks ONVIF (SOAP 1.2): device, media, recording and search services.

mod device;
mod media;
mod search;
mod token;

use std::time::Duration;

use super::device::{Recorder, Refusal};
use super::fault::RecorderBehaviour;
use super::http::{Answer, Request};
use super::login::Verdict;
use super::xml::{Node, escaped};
use super::{picture, spoil};
use crate::simulate::camera::count;

pub(super) use search::Searches;

/// The peculiarities of one firmware.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a firmware has or lacks")]
#[derive(Debug, Clone)]
pub struct OnvifManner {
    /// Asks for HTTP Digest instead of a WS-Security token.
    pub http_digest: bool,
    /// The HTTP status of the fault that refuses a login: 400, 401 or 500.
    pub refusal_status: u16,
    /// Its subcode: `ter:NotAuthorized` or `wsse:FailedAuthentication`.
    pub refusal_subcode: &'static str,
    /// So far a token's time may be from the device's own.
    pub replay_window: Duration,
    /// Has `GetServices`; older devices have `GetCapabilities` only.
    pub services: bool,
    /// Asks for a login for `GetServices`, against the specification.
    pub services_need_login: bool,
    /// The host that addresses of services name; the one that was asked where there is none.
    pub host: Option<&'static str>,
    pub media2: bool,
    /// Tells its time in UTC; some tell local time only.
    pub utc: bool,
    pub summary: bool,
    /// `GetRecordings`, `GetRecordingInformation` and `FindRecordings` (Profile G).
    pub recordings: bool,
    /// `FindEvents`.
    pub events: bool,
    pub storage_configurations: bool,
    /// A search gives so many results at once at most.
    pub largest_page: usize,
}

impl Default for OnvifManner {
    fn default() -> Self {
        Self {
            http_digest: false,
            refusal_status: 400,
            refusal_subcode: "ter:NotAuthorized",
            replay_window: Duration::from_secs(10),
            services: true,
            services_need_login: false,
            host: None,
            media2: true,
            utc: true,
            summary: true,
            recordings: true,
            events: true,
            storage_configurations: false,
            largest_page: 20,
        }
    }
}

impl OnvifManner {
    /// Profile S with a summary of its card and nothing more, and addresses that lead nowhere.
    #[must_use]
    pub fn camera() -> Self {
        Self {
            services: false,
            host: Some("0.0.0.0"),
            media2: false,
            recordings: false,
            events: false,
            ..Self::default()
        }
    }
}

/// What the specification lets everybody ask (access class `PRE_AUTH`).
const FOR_EVERYBODY: &[&str] =
    &["GetSystemDateAndTime", "GetServices", "GetServiceCapabilities", "GetCapabilities", "GetWsdlUrl", "GetHostname"];

pub(super) fn answer(
    recorder: &Recorder,
    manner: &OnvifManner,
    request: &Request,
    behaviour: RecorderBehaviour,
) -> Answer {
    let envelope = Node::parse(&request.text()).filter(|root| root.name == "Envelope");
    let operation = envelope.as_ref().and_then(|root| root.child("Body")?.children.first());
    let what = operation.map_or_else(|| request.path().to_owned(), |operation| operation.name.clone());
    recorder.counters.asked_for(what);
    let answer = spoil::before_login(recorder, request, behaviour).unwrap_or_else(|| match (&envelope, operation) {
        (Some(envelope), Some(operation)) => Call { recorder, manner, request, behaviour }.answer(envelope, operation),
        _ if request.method == "GET" && request.path() == "/onvif/snapshot" => snapshot(recorder, request, behaviour),
        _ => fault(400, "Sender", "ter:WellFormed", "Well-formed Error"),
    });
    answer.with("Server", "gSOAP/2.8")
}

/// One operation that was asked for.
#[derive(Clone, Copy)]
struct Call<'a> {
    recorder: &'a Recorder,
    manner: &'a OnvifManner,
    request: &'a Request,
    behaviour: RecorderBehaviour,
}

impl Call<'_> {
    fn answer(self, envelope: &Node, operation: &Node) -> Answer {
        let name = operation.name.as_str();
        if let Err(refusal) = self.admit(envelope, name) {
            return self.refused(refusal);
        }
        let open = FOR_EVERYBODY.contains(&name);
        let identity = open || name == "GetDeviceInformation";
        if let Some(answer) = spoil::behind_login(self.behaviour, identity, true).filter(|_| !open) {
            return answer;
        }
        match self.behaviour {
            RecorderBehaviour::ServerError if !identity => return fault(500, "Receiver", "ter:Action", "Device Error"),
            RecorderBehaviour::Forbidden if !identity => return not_implemented(),
            _ => {}
        }
        device::answer(self, operation)
            .or_else(|| media::answer(self, operation))
            .or_else(|| search::answer(self, operation))
            .unwrap_or_else(not_implemented)
    }

    /// Whether this operation may be asked by whom it is asked by.
    fn admit(self, envelope: &Node, operation: &str) -> Result<(), Refusal> {
        let open =
            FOR_EVERYBODY.contains(&operation) && !(operation == "GetServices" && self.manner.services_need_login);
        let token = envelope.child("Header").and_then(|header| header.find("UsernameToken"));
        if self.manner.http_digest {
            if open && self.request.header("Authorization").is_none() {
                count(&self.recorder.counters.without_login);
                return Ok(());
            }
            return self.recorder.admit(self.request, self.behaviour);
        }
        let Some(token) = token else {
            count(&self.recorder.counters.without_login);
            return if open { Ok(()) } else { self.judge(None) };
        };
        let login = self.recorder.state().login.clone();
        // Without a login of its own every one is right. A token is looked at even where none is needed.
        let verdict = login.map_or(Verdict::Right, |login| token::judge(self.recorder, self.manner, &login, token));
        self.judge(Some(verdict))
    }

    fn judge(self, verdict: Option<Verdict>) -> Result<(), Refusal> {
        let asks = self.recorder.state().login.is_some();
        self.recorder.judge(verdict, asks, self.behaviour)
    }

    fn refused(self, refusal: Refusal) -> Answer {
        if refusal == Refusal::Crowded {
            return Answer::new(503, "text/html", "");
        }
        let why = if matches!(refusal, Refusal::Locked(_)) { "User Locked" } else { "Sender not authorized" };
        if self.manner.http_digest {
            let answer = fault(401, "Sender", self.manner.refusal_subcode, why);
            return self.recorder.challenge(answer, refusal == Refusal::Stale);
        }
        fault(self.manner.refusal_status, "Sender", self.manner.refusal_subcode, why)
    }

    /// The address of a service.
    fn address(self, service: &str) -> String {
        let scheme = if self.recorder.options.tls.is_some() { "https" } else { "http" };
        let host = self.manner.host.unwrap_or_else(|| self.request.header("Host").unwrap_or("0.0.0.0"));
        format!("{scheme}://{host}/onvif/{service}")
    }
}

fn snapshot(recorder: &Recorder, request: &Request, behaviour: RecorderBehaviour) -> Answer {
    count(&recorder.counters.snapshots);
    if let Err(refusal) = recorder.admit(request, behaviour) {
        return recorder.challenge(Answer::new(401, "", ""), refusal == Refusal::Stale);
    }
    let number = request.parameter("channel").and_then(|number| number.parse::<usize>().ok()).unwrap_or(1);
    let state = recorder.state();
    match number.checked_sub(1).and_then(|index| state.channels.get(index)) {
        Some(channel) if channel.online => picture(),
        _ => Answer::new(404, "", ""),
    }
}

const CONTENT_TYPE: &str = "application/soap+xml; charset=utf-8";

fn envelope(status: u16, body: &str) -> Answer {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" \
         xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" xmlns:tr2=\"http://www.onvif.org/ver20/media/wsdl\" \
         xmlns:trc=\"http://www.onvif.org/ver10/recording/wsdl\" xmlns:tse=\"http://www.onvif.org/ver10/search/wsdl\" \
         xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" xmlns:tns1=\"http://www.onvif.org/ver10/topics\" \
         xmlns:ter=\"http://www.onvif.org/ver10/error\" \
         xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\">\
         <SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>\n"
    );
    Answer::new(status, CONTENT_TYPE, text)
}

/// The response to an operation, `tse:GetRecordingSummary` for example.
fn response(operation: &str, content: &str) -> Answer {
    envelope(200, &format!("<{operation}Response>{content}</{operation}Response>"))
}

fn fault(status: u16, code: &str, subcode: &str, reason: &str) -> Answer {
    let body = format!(
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:{code}</SOAP-ENV:Value><SOAP-ENV:Subcode>\
         <SOAP-ENV:Value>{subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>\
         <SOAP-ENV:Text xml:lang=\"en\">{}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>",
        escaped(reason)
    );
    envelope(status, &body)
}

fn not_implemented() -> Answer {
    fault(500, "Receiver", "ter:ActionNotSupported", "Optional Action Not Implemented")
}

fn no_such(what: &str) -> Answer {
    fault(400, "Sender", what, "No such token")
}
