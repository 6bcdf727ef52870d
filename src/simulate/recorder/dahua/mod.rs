//! A recorder of Dahua's kind (also `KBVision` and others that sell it): CGI over HTTP, `key=value` lines.

mod config;
mod find;

use std::fmt::Write as _;
use std::time::Duration;

use super::device::{Recorder, Refusal};
use super::fault::RecorderBehaviour;
use super::http::{Answer, Request};
use super::options::DiskState;
use super::{picture, spoil};
use crate::simulate::camera::count;

pub(super) use find::Finders;

/// The peculiarities of one firmware.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a firmware has or lacks")]
#[derive(Debug, Clone)]
pub struct DahuaManner {
    /// The number of the first channel in searches; results count from 0 whatever it is.
    pub first_channel: usize,
    /// `findFile` says `result=true` where others say `OK`.
    pub finds_with_result: bool,
    /// So long the first search takes, as its index is read from the disks.
    pub first_find: Duration,
    /// Does not close the connection behind each answer.
    pub keeps_alive: bool,
    /// Disks in the shape of the document, `list[0]`, instead of `list.info[0]`.
    pub documented_disks: bool,
    /// Knows the state of its channels.
    pub camera_state: bool,
    pub vendor: &'static str,
}

impl Default for DahuaManner {
    fn default() -> Self {
        Self {
            first_channel: 1,
            finds_with_result: false,
            first_find: Duration::ZERO,
            keeps_alive: false,
            documented_disks: false,
            camera_state: true,
            vendor: "Dahua",
        }
    }
}

impl DahuaManner {
    /// An NVR4108 of firmware 3.215: counts channels from 0 in searches too, and lacks what came later.
    #[must_use]
    pub fn old() -> Self {
        Self {
            first_channel: 0,
            finds_with_result: true,
            documented_disks: true,
            camera_state: false,
            ..Self::default()
        }
    }

    /// How long this request takes beyond its answer.
    pub(super) fn first_find_takes(&self, recorder: &Recorder, request: &Request) -> Duration {
        let finds = request.path().ends_with("/mediaFileFind.cgi")
            && request.parameter("action").as_deref() == Some("findFile")
            && request.header("Authorization").is_some();
        if finds && recorder.finders.is_first() { self.first_find } else { Duration::ZERO }
    }
}

pub(super) fn answer(
    recorder: &Recorder,
    manner: &DahuaManner,
    request: &Request,
    behaviour: RecorderBehaviour,
) -> Answer {
    let what = match (request.parameter("action"), request.parameter("name")) {
        (Some(action), Some(name)) => format!("{}?action={action}&name={name}", request.path()),
        (Some(action), None) => format!("{}?action={action}", request.path()),
        (None, _) => request.path().to_owned(),
    };
    recorder.counters.asked_for(what);
    let answer = spoil::before_login(recorder, request, behaviour)
        .unwrap_or_else(|| asked(recorder, manner, request, behaviour));
    // Its wall clock, stamped as if it were Greenwich's.
    let wall = recorder.state().dial.wall(recorder.now());
    answer.with("Date", wall.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn asked(recorder: &Recorder, manner: &DahuaManner, request: &Request, behaviour: RecorderBehaviour) -> Answer {
    if let Err(refusal) = recorder.admit(request, behaviour) {
        return refused(recorder, refusal);
    }
    let action = request.parameter("action").unwrap_or_default();
    let script = request.path().strip_prefix("/cgi-bin/").unwrap_or_default();
    let identity = (script, action.as_str()) == ("magicBox.cgi", "getSystemInfo");
    if let Some(answer) = spoil::behind_login(behaviour, identity, false) {
        return answer;
    }
    match behaviour {
        RecorderBehaviour::ServerError if !identity => return Answer::new(500, PLAIN, "Error\r\n"),
        RecorderBehaviour::Forbidden if !identity => return no_authority(),
        _ => {}
    }
    match (script, action.as_str()) {
        ("magicBox.cgi", action) => magic_box(recorder, manner, action),
        ("global.cgi", "getCurrentTime") => {
            let wall = recorder.state().dial.wall(recorder.now());
            Answer::text(format!("result={}\r\n", digits(wall)))
        }
        ("configManager.cgi", "getConfig") => {
            config::answer(recorder, &request.parameter("name").unwrap_or_default()).unwrap_or_else(no_authority)
        }
        ("storageDevice.cgi", "getDeviceAllInfo") => disks(recorder, manner),
        ("LogicDeviceManager.cgi", "getCameraState") if manner.camera_state => camera_states(recorder),
        ("LogicDeviceManager.cgi", "getCameraAll") if manner.camera_state => config::cameras(recorder),
        ("eventManager.cgi", "getEventIndexes") => video_loss(recorder, request),
        ("mediaFileFind.cgi", action) => find::answer(recorder, manner, request, action, behaviour),
        ("snapshot.cgi", _) => snapshot(recorder, request),
        _ => Answer::new(501, PLAIN, "Error\r\nNot Implemented!\r\n"),
    }
}

const PLAIN: &str = "text/plain;charset=utf-8";

/// Nothing found, no such channel, no such thing: all the same.
fn bad_request() -> Answer {
    Answer::new(400, PLAIN, "Error\r\nBad Request!\r\n")
}

/// No permission, or no configuration of that name.
fn no_authority() -> Answer {
    let body = r#"{"error":{"code":403,"message":"Authority:check failure."},"result":false}"#;
    Answer::new(403, "application/json", body)
}

fn refused(recorder: &Recorder, refusal: Refusal) -> Answer {
    match refusal {
        Refusal::Locked(seconds) => {
            let body = format!(r#"{{"ErrorCode":268632081,"Result":false,"RmLock":{seconds},"RmLogin":0}}"#);
            Answer::new(403, "application/json", body)
        }
        Refusal::NoLogin => recorder.challenge(Answer::new(401, PLAIN, ""), false),
        Refusal::Stale => recorder.challenge(Answer::new(401, PLAIN, "Error\r\nInvalid Authority!\r\n"), true),
        // Nothing tells a wrong password from a want of connections.
        Refusal::Wrong | Refusal::Crowded => {
            recorder.challenge(Answer::new(401, PLAIN, "Error\r\nInvalid Authority!\r\n"), false)
        }
    }
}

/// `2026-11-01 07:00:00`.
fn digits(wall: jiff::civil::DateTime) -> String {
    wall.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn magic_box(recorder: &Recorder, manner: &DahuaManner, action: &str) -> Answer {
    let serial = recorder.state().serial.clone();
    let model = &recorder.model;
    Answer::text(match action {
        "getSystemInfo" => format!(
            "appAutoStart=true\r\ndeviceType={model}\r\nhardwareVersion=1.00\r\nprocessor=Hi3536\r\n\
             serialNumber={serial}\r\nupdateSerial={}\r\n",
            model.trim_start_matches("DHI-")
        ),
        "getDeviceType" => format!("type={model}\r\n"),
        "getSoftwareVersion" => format!("version={}\r\n", recorder.firmware),
        "getHardwareVersion" => "version=1.00\r\n".to_owned(),
        "getVendor" => format!("vendor={}\r\n", manner.vendor),
        "getMachineName" => format!("name={}\r\n", recorder.spelt(&recorder.name)),
        "getSerialNo" => format!("sn={serial}\r\n"),
        _ => return Answer::new(501, PLAIN, "Error\r\nNot Implemented!\r\n"),
    })
}

fn disks(recorder: &Recorder, manner: &DahuaManner) -> Answer {
    let state = recorder.state();
    let mut text = String::new();
    let present = state.disks.iter().filter(|disk| disk.state != DiskState::Missing);
    for (i, disk) in present.enumerate() {
        let word = match &disk.state {
            DiskState::Full | DiskState::Filling | DiskState::ReadOnly => "Success",
            DiskState::Sleeping => "Normal",
            DiskState::SmartFailed | DiskState::Error | DiskState::NasOffline => "Error",
            DiskState::Unformatted => "Failure",
            DiskState::Formatting => "Initializing",
            DiskState::Degraded => "Degraded",
            DiskState::Missing => "Removed",
            DiskState::Word(word) => word,
        };
        let broken = matches!(disk.state, DiskState::Error | DiskState::Unformatted | DiskState::NasOffline);
        let kind = match disk.state {
            DiskState::ReadOnly => "ReadOnly",
            DiskState::Degraded => "Raid5",
            _ => "ReadWrite",
        };
        let device = if disk.state == DiskState::Degraded { format!("md{i}") } else { format!("sd{}", letter(i)) };
        let row = if manner.documented_disks { format!("list[{i}]") } else { format!("list.info[{i}]") };
        // Two partitions, which only together are the disk.
        let total = disk.capacity_mib << 20;
        for (part, bytes) in [(0, total / 2), (1, total - total / 2)] {
            let used = if disk.state == DiskState::Filling { bytes / 2 } else { bytes };
            let _ = write!(text, "{row}.Detail[{part}].IsError={broken}\r\n");
            if manner.documented_disks {
                let _ = write!(text, "{row}.Detail[{part}].Pointer=2702343{part}\r\n");
                let _ = write!(text, "{row}.Detail[{part}].TotalBytes={bytes}\r\n{row}.Detail[{part}].Type={kind}\r\n");
                let _ = write!(text, "{row}.Detail[{part}].UsedBytes={used}\r\n");
            } else {
                let _ = write!(text, "{row}.Detail[{part}].Path=/dev/{device}{part}\r\n");
                let _ = write!(text, "{row}.Detail[{part}].TotalBytes={bytes}.000000\r\n");
                let _ = write!(text, "{row}.Detail[{part}].Type={kind}\r\n");
                let _ = write!(text, "{row}.Detail[{part}].UsedBytes={used}.000000\r\n");
            }
        }
        if manner.documented_disks {
            let _ = write!(text, "{row}.Pointer=22347602\r\n");
        } else {
            let health = u8::from(disk.state == DiskState::SmartFailed);
            let _ = write!(text, "{row}.HealthDataFlag={health}\r\n{row}.Name=/dev/{device}\r\n");
        }
        let _ = write!(text, "{row}.State={word}\r\n");
    }
    if text.is_empty() { bad_request() } else { Answer::text(text) }
}

fn letter(index: usize) -> char {
    u8::try_from(index).map_or('z', |index| char::from(b'a' + index.min(25)))
}

fn camera_states(recorder: &Recorder) -> Answer {
    let state = recorder.state();
    let rows = state.channels.iter().enumerate().map(|(i, channel)| {
        let word = if channel.online { "Connected" } else { "Disconnected" };
        format!("states[{i}].Channel={i}\r\nstates[{i}].ConnectionState={word}\r\n")
    });
    Answer::text(rows.collect::<String>())
}

fn video_loss(recorder: &Recorder, request: &Request) -> Answer {
    let lost = if request.parameter("code").as_deref() == Some("VideoLoss") {
        let state = recorder.state();
        state.channels.iter().enumerate().filter(|(_, channel)| !channel.online).map(|(i, _)| i).collect()
    } else {
        Vec::new()
    };
    if lost.is_empty() {
        return Answer::text("Error: No Events\r\n");
    }
    let rows = lost.iter().enumerate().map(|(i, channel)| format!("channels[{i}]={channel}\r\n"));
    Answer::text(rows.collect::<String>())
}

/// Numbered from 1 in every firmware.
fn snapshot(recorder: &Recorder, request: &Request) -> Answer {
    count(&recorder.counters.snapshots);
    let number = request.parameter("channel").map_or(Ok(1), |number| number.parse::<usize>());
    let index = number.ok().and_then(|number| number.checked_sub(1));
    let online = index.and_then(|index| recorder.state().channels.get(index).map(|channel| channel.online));
    match online {
        Some(true) => picture(),
        Some(false) => Answer::new(500, PLAIN, "Error\r\n"),
        // A slot that nothing is bound to looks like a refused login.
        None => refused(recorder, Refusal::Wrong),
    }
}
