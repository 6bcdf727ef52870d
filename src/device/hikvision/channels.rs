//! Channels of a Hikvision device: who is behind each, what it is set to record, at which bit rate. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{self, document, number_at};
use crate::device::exchange::Answer;
use crate::device::finding::Why;
use crate::device::xml::Node;
use crate::observation::RecordMode;

/// What one list says of a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    pub name: Option<String>,
    pub online: Option<bool>,
}

pub type Listing = BTreeMap<u32, Listed>;

/// Network channels, from `/ISAPI/ContentMgmt/InputProxy/channels`.
pub fn proxies(answer: &Answer) -> Result<Listing, Why> {
    let tree = document(answer, "InputProxyChannelList")?;
    let rows = tree.children("InputProxyChannel");
    Ok(rows.filter_map(|row| Some((number_at(row, "id")?, Listed { name: name(row), online: None }))).collect())
}

/// Whether the recorder has each network channel's camera, from `/ISAPI/ContentMgmt/InputProxy/channels/status`.
pub fn proxy_states(answer: &Answer) -> Result<Listing, Why> {
    let tree = document(answer, "InputProxyChannelStatusList")?;
    let online = |row: Node<'_>| {
        let told = row.text_at("online").and_then(words::truth);
        told.or_else(|| words::detected(row.text_at("chanDetectResult").unwrap_or_default()))
    };
    let rows = tree.children("InputProxyChannelStatus");
    Ok(rows.filter_map(|row| Some((number_at(row, "id")?, Listed { name: None, online: online(row) }))).collect())
}

/// Analog inputs of a recorder, or a camera's own, from `/ISAPI/System/Video/inputs/channels`.
pub fn inputs(answer: &Answer) -> Result<Listing, Why> {
    let tree = document(answer, "VideoInputChannelList")?;
    // "NO VIDEO", or the size and rate of the picture, such as "1280*720P25".
    let online = |row: Node<'_>| row.text_at("resDesc").map(|picture| !picture.eq_ignore_ascii_case("NO VIDEO"));
    let rows = tree.children("VideoInputChannel");
    Ok(rows.filter_map(|row| Some((number_at(row, "id")?, Listed { name: name(row), online: online(row) }))).collect())
}

fn name(row: Node<'_>) -> Option<String> {
    row.text_at("name").map(|name| name.chars().take(200).collect())
}

/// What is recorded of each channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedules {
    pub modes: BTreeMap<u32, RecordMode>,
    /// Channels of which the second stream is recorded and the first is not.
    pub sub_stream: BTreeSet<u32>,
    pub unknown_words: BTreeSet<String>,
}

/// Reads `/ISAPI/ContentMgmt/record/tracks`. `Enable` and `DefaultRecordingMode` mean nothing: `enableSchedule` is the
/// switch, and the schedule's actions say when.
pub fn schedules(answer: &Answer) -> Result<Schedules, Why> {
    let tree = document(answer, "TrackList")?;
    let mut schedules = Schedules::default();
    let mut tracks: BTreeMap<(u32, u32), RecordMode> = BTreeMap::new();
    for track in tree.children("Track") {
        let Some(id) = number_at(track, "id") else { continue };
        if let Some(mode) = mode(track, &mut schedules.unknown_words) {
            tracks.insert((id / 100, id % 100), mode);
        }
    }
    for (&(channel, stream), &mode) in &tracks {
        match (stream, schedules.modes.get(&channel)) {
            (1, _) => {
                schedules.modes.insert(channel, mode);
            }
            (2, Some(RecordMode::Off)) if mode != RecordMode::Off => {
                schedules.modes.insert(channel, mode);
                schedules.sub_stream.insert(channel);
            }
            _ => {}
        }
    }
    Ok(schedules)
}

/// Recording modes that wait for something to happen.
const ON_EVENTS: [&str; 9] =
    ["MOTION", "ALARM", "EDR", "ALARMORMOTION", "ALARMANDMOTION", "AllEvent", "FieldDetection", "LineDetection", "CMD"];

/// What a track records, where it says whether its schedule is on. Recording all the time that does not fill the week
/// is taken for recording on events: otherwise every night outside of it would be a fault.
fn mode(track: Node<'_>, unknown_words: &mut BTreeSet<String>) -> Option<RecordMode> {
    let mut extensions = track.children("CustomExtensionList").flat_map(|list| list.children("CustomExtension"));
    if !extensions.find_map(|extension| words::truth(extension.text_at("enableSchedule")?))? {
        return Some(RecordMode::Off);
    }
    let blocks = track
        .children("TrackSchedule")
        .flat_map(|schedule| schedule.children("ScheduleBlockList"))
        .flat_map(|list| list.children("ScheduleBlock"));
    let mut continuous = Week::default();
    let mut any = false;
    for action in blocks.flat_map(|block| block.children("ScheduleAction")) {
        if action.text_at("Actions/Record").and_then(words::truth) == Some(false) {
            continue;
        }
        any = true;
        match action.text_at("Actions/ActionRecordingMode") {
            Some("CMR") => {
                continuous.add(moment(action, "ScheduleActionStartTime"), moment(action, "ScheduleActionEndTime"));
            }
            Some(word) if ON_EVENTS.contains(&word) => {}
            Some(word) => {
                let word: String = word.chars().take(40).collect();
                unknown_words.insert(format!("recording mode {word:?}"));
            }
            None => {}
        }
    }
    Some(match (any, continuous.filled()) {
        (false, _) => RecordMode::Off,
        (true, true) => RecordMode::Continuous,
        (true, false) => RecordMode::Event,
    })
}

const WEEK: u32 = 7 * 24 * 3600;

/// Seconds since Monday 00:00.
fn moment(action: Node<'_>, name: &str) -> Option<u32> {
    let node = action.child(name)?;
    let day = match node.text_at("DayOfWeek")? {
        "Monday" => 0,
        "Tuesday" => 1,
        "Wednesday" => 2,
        "Thursday" => 3,
        "Friday" => 4,
        "Saturday" => 5,
        "Sunday" => 6,
        _ => return None,
    };
    let mut parts = node.text_at("TimeOfDay")?.split(':').map(words::number);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0));
    (hour <= 24 && minute < 60 && second < 60).then(|| day * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Spans of a week.
#[derive(Default)]
struct Week(Vec<(u32, u32)>);

impl Week {
    /// Sunday ends at Monday 00:00:00, the week's beginning.
    fn add(&mut self, start: Option<u32>, end: Option<u32>) {
        if let (Some(start), Some(end)) = (start, end) {
            self.0.push((start, if end <= start { WEEK } else { end }));
            if end < start {
                self.0.push((0, end));
            }
        }
    }

    /// Whether no more than a minute is missing anywhere: some firmware ends a day at 23:59:59.
    fn filled(mut self) -> bool {
        self.0.sort_unstable();
        let mut reached = 0;
        for (start, end) in self.0 {
            if start > reached + 60 {
                return false;
            }
            reached = reached.max(end);
        }
        reached + 60 >= WEEK
    }
}

/// The bit rate in bits a second that each enabled channel's main stream is set to at most, from
/// `/ISAPI/Streaming/channels`.
pub fn bit_rates(answer: &Answer) -> Result<BTreeMap<u32, u64>, Why> {
    let tree = document(answer, "StreamingChannelList")?;
    let mut rates = BTreeMap::new();
    for stream in tree.children("StreamingChannel") {
        let Some(id) = number_at(stream, "id").filter(|id| id % 100 == 1) else { continue };
        if stream.text_at("enabled").and_then(words::truth) == Some(false) {
            continue;
        }
        let constant = number_at(stream, "Video/constantBitRate");
        let variable = number_at(stream, "Video/vbrUpperCap");
        let kilobits = match stream.text_at("Video/videoQualityControlType") {
            Some("CBR" | "cbr") => constant.or(variable),
            _ => variable.or(constant),
        };
        if let Some(kilobits) = kilobits {
            rates.insert(id / 100, u64::from(kilobits) * 1000);
        }
    }
    Ok(rates)
}
