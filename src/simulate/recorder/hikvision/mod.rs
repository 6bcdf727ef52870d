//! A recorder of Hikvision's kind, as ISAPI (HTTP, XML) is documented and as it is met in the field.

mod content;
mod search;
mod system;

use super::device::{Recorder, Refusal};
use super::fault::RecorderBehaviour;
use super::http::{Answer, Request};
use super::{picture, spoil};
use crate::simulate::camera::count;

/// The peculiarities of one firmware; the default takes every request that any of them takes.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a firmware has or lacks")]
#[derive(Debug, Clone)]
pub struct HikvisionManner {
    /// What searches list their tracks in.
    pub list: TrackElement,
    pub envelope: Envelope,
    /// Larger pages draw `badParameters`.
    pub largest_page: usize,
    /// Every search begins with the first recording (ISAPI 1.0).
    pub ignores_paging: bool,
    /// Understands `searchResultPosition` beside the misspelt word of the protocol.
    pub spells_position_right: bool,
    /// Searches over more days than this are answered with an internal error.
    pub widest_window_days: Option<u32>,
    /// Has the calendar of recordings (`dailyDistribution`).
    pub calendar: bool,
    /// Unknown paths are answered 401 although the login is right.
    pub unknown_path_401: bool,
    /// `System/time/localTime` is XML.
    pub local_time_in_xml: bool,
    pub working_status: bool,
    /// The number of the first channel in the working status, 33 on hybrids.
    pub first_working_channel: usize,
    pub channel_status: bool,
    pub tracks: bool,
    /// Disks are shared out by quota.
    pub quota: bool,
    /// A camera with a card, not a recorder.
    pub camera: bool,
    pub namespace: &'static str,
}

/// The name of the list of tracks in a search; the other draws `badXmlContent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackElement {
    Either,
    TrackList,
    TrackIdList,
}

/// How a search has to be wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    Any,
    /// `version="1.0"`, braces round the UUID, no XML declaration, no namespace, no metadata.
    Terse,
    /// A plain UUID and metadata.
    Verbose,
}

impl Default for HikvisionManner {
    fn default() -> Self {
        Self {
            list: TrackElement::Either,
            envelope: Envelope::Any,
            largest_page: 50,
            ignores_paging: false,
            spells_position_right: false,
            widest_window_days: None,
            calendar: true,
            unknown_path_401: false,
            local_time_in_xml: false,
            working_status: true,
            first_working_channel: 1,
            channel_status: true,
            tracks: true,
            quota: false,
            camera: false,
            namespace: "http://www.isapi.org/ver20/XMLSchema",
        }
    }
}

impl HikvisionManner {
    /// A DS-7616NXI of firmware 4.84: particular about searches.
    #[must_use]
    pub fn terse() -> Self {
        Self { list: TrackElement::TrackList, envelope: Envelope::Terse, ..Self::default() }
    }

    /// Older units, which want the other list, a plain UUID and metadata.
    #[must_use]
    pub fn verbose() -> Self {
        Self { list: TrackElement::TrackIdList, envelope: Envelope::Verbose, ..Self::default() }
    }

    /// Units that know neither channel nor working status, and no paging.
    #[must_use]
    pub fn first_generation() -> Self {
        Self {
            ignores_paging: true,
            working_status: false,
            channel_status: false,
            namespace: "http://www.hikvision.com/ver10/XMLSchema",
            ..Self::default()
        }
    }
}

pub(super) fn answer(
    recorder: &Recorder,
    manner: &HikvisionManner,
    request: &Request,
    behaviour: RecorderBehaviour,
) -> Answer {
    recorder.counters.asked_for(request.path().to_owned());
    let answer = spoil::before_login(recorder, request, behaviour)
        .unwrap_or_else(|| asked(recorder, manner, request, behaviour));
    answer.with("Server", "DNVRS-Webs").with("Cache-Control", "no-cache").with("Keep-Alive", "timeout=60, max=99")
}

fn asked(recorder: &Recorder, manner: &HikvisionManner, request: &Request, behaviour: RecorderBehaviour) -> Answer {
    let path = request.path();
    if path == "/SDK/activateStatus" {
        count(&recorder.counters.without_login);
        return xml(manner, "ActivateStatus", "<Activated>true</Activated>");
    }
    if let Err(refusal) = recorder.admit(request, behaviour) {
        return refused(recorder, path, refusal);
    }
    let identity = path == "/ISAPI/System/deviceInfo";
    if let Some(answer) = spoil::behind_login(behaviour, identity, true) {
        return answer;
    }
    match behaviour {
        RecorderBehaviour::ServerError if !identity => return error(manner, 500, path, DEVICE_ERROR),
        RecorderBehaviour::Forbidden if !identity => return error(manner, 403, path, NOT_SUPPORTED),
        _ => {}
    }
    route(recorder, manner, request, behaviour)
}

fn route(recorder: &Recorder, manner: &HikvisionManner, request: &Request, behaviour: RecorderBehaviour) -> Answer {
    let path = request.path();
    let steps: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (request.method.as_str(), steps.as_slice()) {
        ("GET", ["ISAPI", "System", what @ ..]) => system::answer(recorder, manner, what),
        ("GET", ["ISAPI", "Security", what]) => system::security(recorder, manner, what),
        ("GET", ["ISAPI", "ContentMgmt", "Storage", what @ ..]) => content::storage(recorder, manner, what),
        ("GET", ["ISAPI", "ContentMgmt", "InputProxy", "channels"]) if !manner.camera => {
            Some(content::inputs(recorder, manner))
        }
        ("GET", ["ISAPI", "ContentMgmt", "InputProxy", "channels", "status"]) if !manner.camera => {
            let missing = || error(manner, 404, path, NOT_SUPPORTED);
            Some(if manner.channel_status { content::input_states(recorder, manner) } else { missing() })
        }
        ("GET", ["ISAPI", "ContentMgmt", "record", "tracks"]) => {
            let refused = || error(manner, 403, path, METHOD_NOT_ALLOWED);
            Some(if manner.tracks { content::tracks(recorder, manner) } else { refused() })
        }
        ("POST", ["ISAPI", "ContentMgmt", "record", "tracks", track, "dailyDistribution"]) if manner.calendar => {
            Some(search::calendar(recorder, manner, request, track))
        }
        ("POST", ["ISAPI", "ContentMgmt", "search"]) => Some(search::search(recorder, manner, request, behaviour)),
        ("GET", ["ISAPI", "Streaming", "channels"]) => Some(content::streams(recorder, manner)),
        (
            "GET",
            ["ISAPI", "Streaming", "channels", stream, "picture"]
            | ["ISAPI", "ContentMgmt", "StreamingProxy", "channels", stream, "picture"],
        ) => Some(snapshot(recorder, manner, path, stream)),
        // What looks like a device that is busy means that there is no such trigger.
        ("GET", ["ISAPI", "Event", "triggers", _]) => Some(error(manner, 503, path, BUSY)),
        _ => None,
    }
    .unwrap_or_else(|| {
        // An old firmware's way to say that there is nothing: the login was right.
        if manner.unknown_path_401 {
            refused(recorder, path, Refusal::NoLogin)
        } else {
            error(manner, 403, path, NOT_SUPPORTED)
        }
    })
}

fn snapshot(recorder: &Recorder, manner: &HikvisionManner, path: &str, stream: &str) -> Answer {
    count(&recorder.counters.snapshots);
    let online = track(stream).and_then(|(channel, _)| Some(recorder.state().channels.get(channel)?.online));
    match online {
        Some(true) => picture(),
        Some(false) => error(manner, 503, path, BUSY),
        None => error(manner, 400, path, BAD_XML),
    }
}

/// Channel (from 0) and stream of a number such as 101.
fn track(number: &str) -> Option<(usize, usize)> {
    let number: usize = number.parse().ok()?;
    Some(((number / 100).checked_sub(1)?, number % 100))
}

fn refused(recorder: &Recorder, path: &str, refusal: Refusal) -> Answer {
    let more = match refusal {
        Refusal::Locked(seconds) => {
            format!(
                "<lockStatus>lock</lockStatus>\n<unlockTime>{seconds}</unlockTime>\n<retryLoginTime>0</retryLoginTime>\n"
            )
        }
        Refusal::Wrong if path == "/ISAPI/Security/userCheck" => match recorder.lockout.tries_left() {
            Some(left) => format!("<lockStatus>unlock</lockStatus>\n<retryLoginTime>{left}</retryLoginTime>\n"),
            None => String::new(),
        },
        _ => String::new(),
    };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<userCheck>\n<statusValue>401</statusValue>\n\
         <statusString>Unauthorized</statusString>\n{more}</userCheck>\n"
    );
    recorder.challenge(Answer::new(401, CONTENT_TYPE, body), refusal == Refusal::Stale)
}

const CONTENT_TYPE: &str = "application/xml; charset=\"UTF-8\"";

/// A document with this root.
fn xml(manner: &HikvisionManner, root: &str, content: &str) -> Answer {
    let namespace =
        if manner.namespace.is_empty() { String::new() } else { format!(" xmlns=\"{}\"", manner.namespace) };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} version=\"2.0\"{namespace}>\n{content}\n</{root}>\n"
    );
    Answer::new(200, CONTENT_TYPE, body)
}

/// Code, its words, and the word below it, of a `ResponseStatus`.
type Fault = (u32, &'static str, &'static str);
const BUSY: Fault = (2, "Device Busy", "deviceBusy");
const DEVICE_ERROR: Fault = (3, "Device Error", "deviceError");
const NOT_SUPPORTED: Fault = (4, "Invalid Operation", "notSupport");
const METHOD_NOT_ALLOWED: Fault = (4, "Invalid Operation", "methodNotAllowed");
const BAD_XML: Fault = (6, "Invalid XML Content", "badXmlContent");
const BAD_PARAMETERS: Fault = (6, "Invalid XML Content", "badParameters");

fn error(manner: &HikvisionManner, status: u16, path: &str, fault: Fault) -> Answer {
    explained(manner, status, path, fault, "")
}

/// With a sentence below the word.
fn explained(manner: &HikvisionManner, status: u16, path: &str, (code, words, word): Fault, why: &str) -> Answer {
    let why = if why.is_empty() { String::new() } else { format!("\n<subStatusString>{why}</subStatusString>") };
    let content = format!(
        "<requestURL>{}</requestURL>\n<statusCode>{code}</statusCode>\n<statusString>{words}</statusString>\n\
         <subStatusCode>{word}</subStatusCode>{why}",
        super::xml::escaped(path)
    );
    Answer { status, ..xml(manner, "ResponseStatus", &content) }
}
