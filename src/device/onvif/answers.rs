//! What ONVIF answers mean. Pure: an envelope in, values out; what is missing is left out and never guessed.
//!
//! Element names are those of the ONVIF schema (`onvif.xsd`) and the Device, Media, Media2, Recording and Search service
//! specifications. Namespaces are not compared: emulators and some firmwares put elements into the wrong one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::soap::Service;
use crate::device::xml::{Node, Tree};
use crate::observation::Device;

/// Times up to the end of this year are what a clock shows that was never set: unknown.
const NEVER_SET: i16 = 2000;

/// Bounds on what one device may list.
const MAX_CHANNELS: usize = 512;
const MAX_RECORDINGS: usize = 4096;

/// Longest token that is sent back; the schema says 64.
const MAX_TOKEN: usize = 512;

/// `GetSystemDateAndTimeResponse`: the device's UTC, in whole seconds. Its `TZ` is never read: firmwares write it in ways
/// that contradict themselves.
pub(super) fn system_time(envelope: &Tree) -> Option<Timestamp> {
    let utc = envelope.at("Body/GetSystemDateAndTimeResponse/SystemDateAndTime/UTCDateTime")?;
    let number = |path: &str| utc.text_at(path)?.parse::<i16>().ok();
    let small = |path: &str| number(path).and_then(|n| i8::try_from(n).ok());
    let (year, month, day) = (number("Date/Year")?, small("Date/Month")?, small("Date/Day")?);
    // A leap second is shown as the second before it.
    let (hour, minute, second) = (small("Time/Hour")?, small("Time/Minute")?, small("Time/Second")?.min(59));
    let time = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// `GetDeviceInformationResponse`.
pub(super) fn device(envelope: &Tree) -> Option<Device> {
    let told = envelope.at("Body/GetDeviceInformationResponse")?;
    let text = |name: &str| told.text_at(name).map(shown);
    // Some firmwares pad a serial with what is no serial; hyphens are dropped so that one device has one spelling.
    let serial = text("SerialNumber").map(|serial| serial.replace('-', "")).filter(|serial| !serial.is_empty());
    Some(Device { vendor: text("Manufacturer"), model: text("Model"), firmware: text("FirmwareVersion"), serial })
}

/// `GetServicesResponse`: the path of each service's address. The host is not believed: behind address translation, and
/// where a device says `0.0.0.0`, it is wrong.
pub(super) fn services(envelope: &Tree) -> Option<BTreeMap<Service, String>> {
    let response = envelope.at("Body/GetServicesResponse")?;
    let mut services = BTreeMap::new();
    for told in response.children("Service") {
        let service = told.text_at("Namespace").and_then(Service::of_namespace);
        if let (Some(service), Some(path)) = (service, told.text_at("XAddr").and_then(path_of)) {
            services.entry(service).or_insert(path);
        }
    }
    Some(services)
}

/// `GetCapabilitiesResponse`: the same of older devices.
pub(super) fn capabilities(envelope: &Tree) -> Option<BTreeMap<Service, String>> {
    let told = envelope.at("Body/GetCapabilitiesResponse/Capabilities")?;
    let places = [
        (Service::Device, "Device/XAddr"),
        (Service::Media, "Media/XAddr"),
        (Service::Recording, "Extension/Recording/XAddr"),
        (Service::Search, "Extension/Search/XAddr"),
    ];
    let paths = places.into_iter().filter_map(|(service, place)| Some((service, path_of(told.text_at(place)?)?)));
    Some(paths.collect())
}

/// Path and query of an address; `None` where it is none.
fn path_of(address: &str) -> Option<String> {
    let url = url::Url::parse(address.split_whitespace().next()?).ok()?;
    if !matches!(url.scheme(), "http" | "https") || url.as_str().len() > 1024 {
        return None;
    }
    Some(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

/// `GetSnapshotUriResponse` of either media service: the path of the address.
pub(super) fn snapshot_path(envelope: &Tree) -> Option<String> {
    let response = envelope.at("Body/GetSnapshotUriResponse")?;
    path_of(response.text_at("MediaUri/Uri").or_else(|| response.text_at("Uri"))?)
}

/// One input of the device, as its media profiles show it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Source {
    /// Token of the video source.
    pub token: String,
    /// Tokens of the media profiles that show it, in order.
    pub profiles: Vec<String>,
    /// The largest bit rate that one of its encoders is limited to, bits a second.
    pub bits_per_second: Option<u64>,
}

/// `GetProfilesResponse` of either media service: the video sources, in the order in which profiles first name them.
pub(super) fn sources(envelope: &Tree) -> Option<Vec<Source>> {
    let response = envelope.at("Body/GetProfilesResponse")?;
    let mut sources: Vec<Source> = Vec::new();
    for profile in response.children("Profiles") {
        let (source, encoder) = match profile.child("Configurations") {
            Some(configurations) => (configurations.child("VideoSource"), configurations.child("VideoEncoder")),
            None => (profile.child("VideoSourceConfiguration"), profile.child("VideoEncoderConfiguration")),
        };
        let Some(token) = source.and_then(|source| source.text_at("SourceToken")).and_then(token) else { continue };
        let known = sources.iter().position(|source| source.token == token);
        let at = match known {
            Some(at) => at,
            None if sources.len() == MAX_CHANNELS => continue,
            None => {
                sources.push(Source { token, ..Source::default() });
                sources.len() - 1
            }
        };
        let source = &mut sources[at];
        source.profiles.extend(profile.attribute("token").and_then(self::token));
        // The schema counts kbit/s; 0 means no limit.
        let kilobits = encoder.and_then(|encoder| encoder.text_at("RateControl/BitrateLimit"));
        let bits = kilobits.and_then(|text| text.parse::<u64>().ok()).and_then(|n| n.checked_mul(1000));
        source.bits_per_second = source.bits_per_second.max(bits.filter(|bits| *bits > 0));
    }
    Some(sources)
}

/// A recording: a container that the device fills from one source.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Recording {
    pub token: String,
    /// What is recorded, in the device's words: an URI, a profile's token or a video source's.
    pub source: Option<String>,
    pub name: Option<String>,
}

/// `GetRecordingsResponse`.
pub(super) fn recordings(envelope: &Tree) -> Option<Vec<Recording>> {
    let response = envelope.at("Body/GetRecordingsResponse")?;
    let items = response.children("RecordingItem").filter_map(|item| {
        let source = item.at("Configuration/Source");
        Some(Recording {
            token: token(item.text_at("RecordingToken")?)?,
            source: source.and_then(|source| source.text_at("SourceId")).map(str::to_owned),
            name: source.and_then(|source| source.text_at("Name")).map(str::to_owned),
        })
    });
    Some(items.take(MAX_RECORDINGS).collect())
}

/// What a recording holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Extent {
    pub recording: Recording,
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    /// The device says that it holds nothing.
    pub is_empty: bool,
    /// Whether it is being written, where the device says.
    pub recording_now: Option<bool>,
    /// A status that no table knows.
    pub unknown_status: Option<String>,
}

/// `GetRecordingInformationResponse`.
pub(super) fn recording_information(envelope: &Tree) -> Option<Extent> {
    extent(envelope.at("Body/GetRecordingInformationResponse/RecordingInformation")?)
}

/// `tt:RecordingInformation`. Video tracks are believed before the recording as a whole, which counts metadata in.
fn extent(information: Node<'_>) -> Option<Extent> {
    let token = token(information.text_at("RecordingToken")?)?;
    let mut oldest: Option<Timestamp> = None;
    let mut newest: Option<Timestamp> = None;
    let is_video = |track: &Node<'_>| track.text_at("TrackType").is_some_and(|kind| kind.eq_ignore_ascii_case("video"));
    for track in information.children("Track").filter(is_video) {
        if let Some(from) = track.text_at("DataFrom").and_then(time) {
            oldest = Some(oldest.map_or(from, |oldest| oldest.min(from)));
        }
        newest = newest.max(track.text_at("DataTo").and_then(time));
    }
    let (recording_now, unknown_status) = match information.text_at("RecordingStatus") {
        Some("Recording") => (Some(true), None),
        Some("Stopped" | "Removing" | "Removed") => (Some(false), None),
        // Set up, and nothing written so far; or the device does not know.
        Some("Initiated" | "Unknown") | None => (None, None),
        Some(other) => (None, Some(shown(other))),
    };
    Some(Extent {
        recording: Recording {
            token,
            source: information.text_at("Source/SourceId").map(str::to_owned),
            name: information.text_at("Source/Name").map(str::to_owned),
        },
        oldest: oldest.or_else(|| information.text_at("EarliestRecording").and_then(time)),
        newest: newest.or_else(|| information.text_at("LatestRecording").and_then(time)),
        is_empty: false,
        recording_now,
        unknown_status,
    })
}

/// `GetRecordingSummaryResponse`: of the whole device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    pub oldest: Option<Timestamp>,
    pub newest: Option<Timestamp>,
    pub recordings: Option<u64>,
}

pub(super) fn summary(envelope: &Tree) -> Option<Summary> {
    let told = envelope.at("Body/GetRecordingSummaryResponse/Summary")?;
    Some(Summary {
        oldest: told.text_at("DataFrom").and_then(time),
        newest: told.text_at("DataUntil").and_then(time),
        recordings: told.text_at("NumberRecordings").and_then(|text| text.parse().ok()),
    })
}

/// The token of a search that was begun: `FindRecordingsResponse`, `FindEventsResponse`.
pub(super) fn search_token(envelope: &Tree) -> Option<String> {
    envelope.child("Body")?.elements().find_map(|response| response.text_at("SearchToken")).and_then(token)
}

/// A page of a search's results.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page<T> {
    pub items: Vec<T>,
    /// Nothing comes after this page.
    pub completed: bool,
}

/// `GetRecordingSearchResultsResponse`.
pub(super) fn recording_results(envelope: &Tree) -> Option<Page<Extent>> {
    let list = envelope.at("Body/GetRecordingSearchResultsResponse/ResultList")?;
    let items = list.children("RecordingInformation").filter_map(extent).take(MAX_RECORDINGS).collect();
    Some(Page { items, completed: completed(list) })
}

/// From this moment on there is data of this recording, or there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    pub at: Timestamp,
    pub data: bool,
}

/// `GetEventSearchResultsResponse` of the topic `tns1:RecordingHistory/Recording/State`, of one recording.
pub(super) fn history(envelope: &Tree, recording: &str) -> Option<Page<Turn>> {
    let list = envelope.at("Body/GetEventSearchResultsResponse/ResultList")?;
    let turns = list.children("Result").filter_map(|result| {
        if result.text_at("RecordingToken").is_some_and(|token| token != recording) {
            return None;
        }
        let message = result.child("Event")?.descendants().find(|node| node.name() == "Data")?;
        let value = message
            .children("SimpleItem")
            .find(|item| item.attribute("Name") == Some("IsRecording"))?
            .attribute("Value")?;
        let data = match value.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => return None,
        };
        Some(Turn { at: time(result.text_at("Time")?)?, data })
    });
    Some(Page { items: turns.collect(), completed: completed(list) })
}

fn completed(list: Node<'_>) -> bool {
    list.text_at("SearchState").is_some_and(|state| state.eq_ignore_ascii_case("completed"))
}

/// `xs:dateTime`; one without a zone is UTC, as ONVIF has all its times. A time that was never set is none.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))?;
    (time.to_zoned(TimeZone::UTC).year() > NEVER_SET).then_some(time)
}

/// A token as it is sent back; one that is too long to be one is none.
fn token(text: &str) -> Option<String> {
    (!text.is_empty() && text.len() <= MAX_TOKEN).then(|| text.to_owned())
}

/// A device's word as people may be shown it.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(128).collect()
}

/// Which recordings belong to which channel, numbered from 1 in the order of the sources.
///
/// By what a recording says that it records: the token of a source or of one of its profiles, alone or at the end of an
/// URI; else by order, where there are as many recordings as channels, or no channel is known. A recording that belongs
/// to nothing known is left out rather than guessed.
pub(super) fn by_channel(sources: &[Source], recordings: &[Recording]) -> BTreeMap<u32, Vec<usize>> {
    let mut channels: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let number = |index: usize| u32::try_from(index).ok().and_then(|index| index.checked_add(1));
    for (index, recording) in recordings.iter().enumerate() {
        let of = sources.iter().position(|source| names(recording, source)).and_then(number);
        if let Some(channel) = of {
            channels.entry(channel).or_default().push(index);
        }
    }
    if channels.is_empty() && (sources.is_empty() || sources.len() == recordings.len() || sources.len() == 1) {
        for index in 0..recordings.len() {
            let channel = if sources.len() == 1 { Some(1) } else { number(index) };
            channels.entry(channel.unwrap_or(u32::MAX)).or_default().push(index);
        }
    }
    channels
}

fn names(recording: &Recording, source: &Source) -> bool {
    let said: BTreeSet<&str> = [&recording.source, &recording.name].into_iter().flatten().map(String::as_str).collect();
    let tokens = std::iter::once(&source.token).chain(&source.profiles);
    tokens.into_iter().any(|token| {
        said.iter().any(|said| *said == token || said.rsplit(['/', '=', ':']).next() == Some(token.as_str()))
    })
}
