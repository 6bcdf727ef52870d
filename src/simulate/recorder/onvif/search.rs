//! The recording and search services (Profile G): what is recorded, from when to when, and when it was not.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Mutex;

use jiff::Timestamp;

use super::super::archive::{Segment, runs};
use super::super::device::{Recorder, lock};
use super::super::fault::RecorderBehaviour;
use super::super::http::Answer;
use super::super::xml::{Node, escaped};
use super::{Call, fault, no_such, response};
use crate::simulate::camera::count;

/// So many nonces of tokens are remembered.
const NONCES: usize = 1024;
/// Later than anything that is recorded.
const FAR: i64 = i64::MAX / 2;

/// Searches that were begun and not ended, and the nonces that were seen.
#[derive(Default)]
pub(in super::super) struct Searches {
    open: Mutex<BTreeMap<String, VecDeque<String>>>,
    nonces: Mutex<VecDeque<Vec<u8>>>,
}

impl Searches {
    /// Whether nobody used this nonce before; somebody did now.
    pub(super) fn is_new(&self, nonce: &[u8]) -> bool {
        let mut nonces = lock(&self.nonces);
        if nonces.iter().any(|one| one == nonce) {
            return false;
        }
        if nonces.len() == NONCES {
            nonces.pop_front();
        }
        nonces.push_back(nonce.to_owned());
        true
    }
}

pub(super) fn answer(call: Call<'_>, operation: &Node) -> Option<Answer> {
    let (recorder, manner) = (call.recorder, call.manner);
    Some(match operation.name.as_str() {
        "GetRecordingSummary" if manner.summary => response("tse:GetRecordingSummary", &summary(recorder)),
        "GetRecordings" if manner.recordings => response("trc:GetRecordings", &recordings(recorder)),
        "GetRecordingInformation" if manner.recordings => {
            let Some(channel) = channel(recorder, operation.value("RecordingToken")) else {
                return Some(no_such("ter:InvalidToken"));
            };
            let content =
                format!("<tse:RecordingInformation>{}</tse:RecordingInformation>", information(recorder, channel));
            response("tse:GetRecordingInformation", &content)
        }
        "FindRecordings" if manner.recordings => {
            if operation.child("Scope").is_none() {
                return Some(fault(400, "Sender", "ter:InvalidArgs", "Scope is missing"));
            }
            let found = scope(recorder, operation).into_iter().map(|channel| {
                format!("<tt:RecordingInformation>{}</tt:RecordingInformation>", information(recorder, channel))
            });
            begin(recorder, "tse:FindRecordings", found.collect())
        }
        "GetRecordingSearchResults" if manner.recordings => results(call, operation, "tse:GetRecordingSearchResults"),
        "FindEvents" if manner.events => find_events(call, operation),
        "GetEventSearchResults" if manner.events => results(call, operation, "tse:GetEventSearchResults"),
        "EndSearch" if manner.recordings || manner.events => end(call, operation),
        _ => return None,
    })
}

/// A time as the device's clock has it.
fn utc(recorder: &Recorder, at: i64) -> Timestamp {
    recorder.state().dial.utc(at)
}

fn token(channel: usize) -> String {
    format!("Recording_{}", channel + 1)
}

/// The channel (from 0) of a token.
fn channel(recorder: &Recorder, token: Option<&str>) -> Option<usize> {
    let number: usize = token?.strip_prefix("Recording_")?.parse().ok()?;
    number.checked_sub(1).filter(|channel| *channel < recorder.state().channels.len())
}

/// The channels that a search is about. In no order that means anything.
fn scope(recorder: &Recorder, operation: &Node) -> Vec<usize> {
    let included: Vec<&str> = operation
        .child("Scope")
        .into_iter()
        .flat_map(|scope| &scope.children)
        .filter(|one| one.name == "IncludedRecordings")
        .map(|one| one.text.trim())
        .collect();
    let channels = (0..recorder.state().channels.len()).rev();
    channels.filter(|channel| included.is_empty() || included.contains(&token(*channel).as_str())).collect()
}

/// First and last moment of what is held.
fn ends(segments: &[Segment]) -> Option<(i64, i64)> {
    Some((segments.first()?.from, segments.iter().map(|one| one.to).max()?))
}

fn summary(recorder: &Recorder) -> String {
    let channels = recorder.state().channels.len();
    let held: Vec<_> = (0..channels).filter_map(|channel| ends(&recorder.segments(channel, 0, FAR))).collect();
    // Where nothing is held the elements are there all the same, and say 1970.
    let at = |at: Option<i64>| at.map_or(Timestamp::UNIX_EPOCH, |at| utc(recorder, at));
    format!(
        "<tse:Summary><tt:DataFrom>{}</tt:DataFrom><tt:DataUntil>{}</tt:DataUntil>\
         <tt:NumberRecordings>{}</tt:NumberRecordings></tse:Summary>",
        at(held.iter().map(|(from, _)| *from).min()),
        at(held.iter().map(|(_, to)| *to).max()),
        held.len()
    )
}

fn source(recorder: &Recorder, channel: usize) -> String {
    let state = recorder.state();
    let name = state.channels.get(channel).map(|one| escaped(&recorder.spelt(&one.name))).unwrap_or_default();
    format!(
        "<tt:Source><tt:SourceId>VideoSource_{0}</tt:SourceId><tt:Name>{name}</tt:Name><tt:Location></tt:Location>\
         <tt:Description>Channel {0}</tt:Description><tt:Address></tt:Address></tt:Source>",
        channel + 1
    )
}

fn recordings(recorder: &Recorder) -> String {
    let channels = recorder.state().channels.len();
    let rows = (0..channels).map(|channel| {
        format!(
            "<trc:RecordingItem><tt:RecordingToken>{}</tt:RecordingToken><tt:Configuration>{}<tt:Content></tt:Content>\
             <tt:MaximumRetentionTime>PT0S</tt:MaximumRetentionTime></tt:Configuration><tt:Tracks><tt:Track>\
             <tt:TrackToken>VIDEO001</tt:TrackToken><tt:Configuration><tt:TrackType>Video</tt:TrackType>\
             <tt:Description></tt:Description></tt:Configuration></tt:Track></tt:Tracks></trc:RecordingItem>",
            token(channel),
            source(recorder, channel)
        )
    });
    rows.collect()
}

/// The content of a `RecordingInformation`.
fn information(recorder: &Recorder, channel: usize) -> String {
    let held = ends(&recorder.segments(channel, 0, FAR));
    let now = recorder.now();
    let writes = recorder.state().channels.get(channel).is_some_and(|one| one.archive.writes(now));
    let (mut times, mut track) = (String::new(), String::new());
    if let Some((from, to)) = held.map(|(from, to)| (utc(recorder, from), utc(recorder, to))) {
        times =
            format!("<tt:EarliestRecording>{from}</tt:EarliestRecording><tt:LatestRecording>{to}</tt:LatestRecording>");
        track = format!(
            "<tt:Track><tt:TrackToken>VIDEO001</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description>\
             </tt:Description><tt:DataFrom>{from}</tt:DataFrom><tt:DataTo>{to}</tt:DataTo></tt:Track>"
        );
    }
    format!(
        "<tt:RecordingToken>{}</tt:RecordingToken>{}{times}<tt:Content></tt:Content>{track}\
         <tt:RecordingStatus>{}</tt:RecordingStatus>",
        token(channel),
        source(recorder, channel),
        if writes { "Recording" } else { "Stopped" }
    )
}

fn begin(recorder: &Recorder, operation: &str, found: VecDeque<String>) -> Answer {
    count(&recorder.counters.searches);
    recorder.counters.handles.enter();
    let token = format!("SearchToken_{:08x}", fastrand::u32(..));
    lock(&recorder.searches.open).insert(token.clone(), found);
    response(operation, &format!("<tse:SearchToken>{token}</tse:SearchToken>"))
}

fn results(call: Call<'_>, operation: &Node, name: &str) -> Answer {
    let mut open = lock(&call.recorder.searches.open);
    let Some(found) = operation.value("SearchToken").and_then(|token| open.get_mut(token)) else {
        return no_such("ter:InvalidToken");
    };
    let asked = operation.value("MaxResults").and_then(|most| most.parse::<usize>().ok());
    let page = asked.unwrap_or(call.manner.largest_page).min(call.manner.largest_page).min(found.len());
    let content: String = found.drain(..page).collect();
    let state = if found.is_empty() { "Completed" } else { "Searching" };
    response(name, &format!("<tse:ResultList><tt:SearchState>{state}</tt:SearchState>{content}</tse:ResultList>"))
}

fn end(call: Call<'_>, operation: &Node) -> Answer {
    let recorder = call.recorder;
    let ended = operation.value("SearchToken").and_then(|token| lock(&recorder.searches.open).remove(token));
    if ended.is_none() {
        return no_such("ter:InvalidToken");
    }
    recorder.counters.handles.leave();
    response("tse:EndSearch", &format!("<tse:Endpoint>{}</tse:Endpoint>", utc(recorder, recorder.now())))
}

/// When recording began and ended between two moments, as events.
fn find_events(call: Call<'_>, operation: &Node) -> Answer {
    let recorder = call.recorder;
    let dial = recorder.state().dial;
    let time =
        |name: &str| operation.value(name).and_then(|text| text.parse::<Timestamp>().ok()).map(|t| dial.of_utc(t));
    let Some(start) = time("StartPoint") else {
        return fault(400, "Sender", "ter:InvalidArgs", "StartPoint is missing");
    };
    let end = time("EndPoint").unwrap_or_else(|| recorder.now());
    let (from, to) = (start.min(end), start.max(end));
    if call.behaviour == RecorderBehaviour::WideWindow500 && to - from > 31 * 86_400 {
        return fault(500, "Receiver", "ter:Action", "Device Error");
    }
    let start_state = operation.value("IncludeStartState") == Some("true");
    let mut found = VecDeque::new();
    for channel in scope(recorder, operation) {
        let runs = runs(&recorder.segments(channel, from, to));
        if start_state {
            let is_recording = runs.iter().any(|(begin, over)| *begin <= from && from < *over);
            found.push_back(event(recorder, channel, from, is_recording, true));
        }
        // What reaches to here goes on.
        let still = recorder.now() - i64::try_from(recorder.options.index_lag.as_secs()).unwrap_or(0);
        for (begin, over) in runs {
            if begin > from {
                found.push_back(event(recorder, channel, begin, true, false));
            }
            if over < to && over < still {
                found.push_back(event(recorder, channel, over, false, false));
            }
        }
    }
    begin(recorder, "tse:FindEvents", found)
}

fn event(recorder: &Recorder, channel: usize, at: i64, is_recording: bool, start_state: bool) -> String {
    let (token, time) = (token(channel), utc(recorder, at));
    let mut text = String::new();
    let _ = write!(
        text,
        "<tt:Result><tt:RecordingToken>{token}</tt:RecordingToken><tt:TrackToken>VIDEO001</tt:TrackToken>\
         <tt:Time>{time}</tt:Time><tt:Event><wsnt:Topic \
         Dialect=\"http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet\">tns1:RecordingHistory/Recording/State\
         </wsnt:Topic><wsnt:Message><tt:Message UtcTime=\"{time}\" PropertyOperation=\"Changed\"><tt:Source>\
         <tt:SimpleItem Name=\"RecordingToken\" Value=\"{token}\"/></tt:Source><tt:Data>\
         <tt:SimpleItem Name=\"IsRecording\" Value=\"{is_recording}\"/></tt:Data></tt:Message></wsnt:Message></tt:Event>\
         <tt:StartStateEvent>{start_state}</tt:StartStateEvent></tt:Result>"
    );
    text
}
