//! English.

use super::catalogue::{Advice, Catalogue, Count, Matter, Sentences};
use crate::judgement::event::IncidentScope;
use crate::observation::Cause;

pub(super) const CATALOGUE: Catalogue = Catalogue { sentences: SENTENCES, advice };

const SENTENCES: Sentences = Sentences {
    dark: "Signal lost",
    picture: "Bad picture",
    recording: "Recording fault",
    clock: "Clock wrong",
    access: "Login refused",
    unseen: "Cannot be checked",
    monitor: "The monitor has a fault",
    flapping: "Comes and goes",
    restored: "Restored",
    reminder: "Reminder, {heading}",
    escalation: "Nobody has confirmed, {heading}",
    a_camera: "camera {name}",
    a_recorder: "recorder {name}",
    a_site: "{name}",
    an_area: "all of {name}",
    the_monitor: "the monitoring server",
    on_day: "{time} on {day}",
    since: "since {time}",
    since_for: "since {time}, for {length}",
    span: "from {from} to {to}, {length}",
    short_span: "{from}-{to}",
    minutes: Count { one: "{n} minute", many: "{n} minutes" },
    hours: Count { one: "{n} hour", many: "{n} hours" },
    hours_minutes: "{hours} {minutes}",
    days: Count { one: "{n} day", many: "{n} days" },
    under_a_minute: "less than a minute",
    cameras: Count { one: "{n} camera", many: "{n} cameras" },
    cameras_of: "{n} of {of} cameras",
    more_cameras: Count { one: "and {n} more camera", many: "and {n} more cameras" },
    more_matters: Count { one: "and {n} more incident", many: "and {n} more incidents" },
    matters: Count { one: "{n} incident", many: "{n} incidents" },
    place: "Where: {place}",
    likely: "Probably: {likely}",
    first: "First: {first}",
    names: "Cameras: {names}",
    flapping_held: "It has come and gone several times; single messages are held back until it settles.",
    taken_by: "Taken by: {who}",
    confirm: "To confirm: OK {number}",
    confirm_each: "To confirm each: OK and the number in brackets, such as OK {number}",
    storm: "Many at once: {what}",
    storm_over: "Restored: {what}",
    digest: "Summary: {what}",
    open_now: "Still open:",
    over: "Over:",
    each_numbered: "[{number}] {line}",
    gap: "Nobody on duty ({role}): {place}",
    gap_span: "The roster is empty from {from} to {to}; nobody will be told of what happens then.",
    gap_first: "put somebody on the roster.",
    role_officer: "officer",
    role_it: "IT",
    channel: "Channel {channel} takes no messages",
    channel_why: "Why: {why}",
    channel_first: "repair it; until then messages go by the next channel of each person.",
    unfunded: "{fund}: {what} without signal",
    unfunded_note: "Nobody is paged for these cameras; this message comes once a day.",
    test: "Test message of camwatch",
    test_text: "Sent at {time}. If you can read this, the channel works; there is nothing to do.",
    short_confirm: "Confirm: OK {number}",
    short_confirm_each: "Confirm: OK + number",
    short_cameras_of: "{n}/{of} cams",
    short_cameras: "{n} cams",
};

const fn say(name: &'static str, likely: &'static str, first: &'static str) -> Advice {
    Advice { name, likely, first }
}

fn advice(matter: Matter, scope: IncidentScope, cause: Cause) -> Advice {
    match (matter, scope) {
        (Matter::Dark, IncidentScope::Site) => {
            return say(
                "signal lost",
                "no power, a cut cable or no internet at this site.",
                "ask somebody nearby whether the power is out; look at the power and network lights in the cabinet.",
            );
        }
        (Matter::Dark, IncidentScope::Area) => {
            return say(
                "signal lost",
                "a power cut over a wide area, or the line that the whole commune shares.",
                "ask the power company and the internet provider; look at the network equipment of the office.",
            );
        }
        (Matter::Dark, IncidentScope::Recorder) => {
            return say(
                "signal lost",
                "the recorder has no power, hangs, or has lost its network.",
                "look at its power light and network cable; restart it if it hangs.",
            );
        }
        _ => {}
    }
    of_cause(cause, matter == Matter::Monitor)
}

#[expect(clippy::too_many_lines, reason = "one entry a cause")]
fn of_cause(cause: Cause, of_monitor: bool) -> Advice {
    match cause {
        Cause::Dns => say(
            "address not found",
            "the camera's host name cannot be resolved: DNS, or the configuration.",
            "have IT check DNS and the camera's address.",
        ),
        Cause::Unreachable => say(
            "no route",
            "no power, a cut cable or a broken network device on the way to the camera.",
            "look at power and network lights on site.",
        ),
        Cause::Refused => say(
            "refuses connections",
            "the camera has power and network but takes no connection: it restarts or hangs.",
            "wait 5 minutes; then switch the camera's power off and on.",
        ),
        Cause::ConnectTimeout => say(
            "does not answer",
            "the camera has no power, or its cable is loose or cut.",
            "look at the camera's power and network cable.",
        ),
        Cause::Reset => {
            say("breaks off", "the camera hangs or is overloaded.", "switch the camera's power off and on.")
        }
        Cause::NotRtsp => say(
            "another device answers",
            "two devices with one IP address, or the camera's port has changed.",
            "have IT check the camera's address and port.",
        ),
        Cause::RtspTimeout => {
            say("hangs", "the camera takes the connection and then says nothing.", "switch its power off and on.")
        }
        Cause::RtspError => say(
            "reports an error",
            "the camera answers with an error when asked for its picture.",
            "switch its power off and on; if it comes again, call the technician.",
        ),
        Cause::NotFound => say(
            "no such stream",
            "the stream's path is no longer right: the camera or recorder was reconfigured.",
            "have IT compare the RTSP path.",
        ),
        Cause::Tls => say(
            "certificate does not fit",
            "the camera's certificate has changed or run out.",
            "ask whether a device was replaced; if not, tell IT at once.",
        ),
        Cause::NoMedia => say(
            "sends no picture",
            "the camera answers and sends no picture.",
            "switch its power off and on; look at the cable to the recorder.",
        ),
        Cause::NoKeyframe => say(
            "incomplete picture",
            "a weak line, or wrong settings of the camera's encoder.",
            "look at the line; if it is good, call the technician.",
        ),
        Cause::UnsupportedCodec => say(
            "unknown codec",
            "the camera's picture is coded in a way that cannot be used.",
            "have it set to H.264 or H.265.",
        ),
        Cause::Unauthorized => say(
            "login refused",
            "the camera's password was changed, or the account is locked.",
            "have IT set the new password; do not try many times, which locks the account.",
        ),
        Cause::Busy => say(
            "too many viewers",
            "as many as it allows are watching already.",
            "close programs that show this camera.",
        ),
        Cause::Incompatible => say(
            "cannot be read",
            "the camera answers, and the monitor cannot read its stream.",
            "send IT the camera's make, model and firmware.",
        ),
        Cause::Slow => {
            say("stuttering", "a slow line or an overloaded camera.", "look at the line and at who is watching.")
        }
        Cause::Lossy => say("broken picture", "packets get lost on the line.", "look at cable, plugs and radio link."),
        Cause::Black => {
            say("black picture", "no infrared light at night, or a broken sensor.", "look at infrared light and lens.")
        }
        Cause::Frozen => {
            say("frozen picture", "the camera or recorder hangs.", "switch the camera's power off and on.")
        }
        Cause::Covered => say("covered", "something covers the lens, or it is dirty.", "go there and clean the lens."),
        Cause::Blurred => say("blurred", "a dirty or wet lens, or one out of focus.", "clean and adjust the lens."),
        Cause::Moved => say(
            "moved",
            "the camera was turned or pushed.",
            "go there and turn it back; ask whether anybody touched it.",
        ),
        Cause::Overexposed => {
            say("too bright", "a lamp or the sun shines into the lens.", "look at light and settings.")
        }
        Cause::ClockWrong if of_monitor => say(
            "clock wrong",
            "the clock of the monitoring server is not synchronised.",
            "check its time synchronisation (NTP); figures from now on may carry wrong times.",
        ),
        Cause::ClockWrong => say(
            "clock wrong",
            "a weak clock battery, or no time synchronisation; recordings carry a wrong time.",
            "set the time and switch on time synchronisation (NTP).",
        ),
        Cause::NotRecording => say(
            "not recording",
            "the recorder has stopped: its disk is full or broken, or the schedule is off.",
            "look at its disks and its recording schedule.",
        ),
        Cause::RetentionShort => say(
            "too few days kept",
            "the disks have no room for the days that must be kept.",
            "look at disk size, resolution and bit rate.",
        ),
        Cause::RecordingGap => {
            say("recordings missing", "at times nothing was recorded.", "look at the missing days on the recorder.")
        }
        Cause::DiskFailed => say(
            "disk failed",
            "a disk of the recorder has failed, is about to, or was taken out.",
            "have it replaced; copy what must be kept.",
        ),
        Cause::MonitorOffline => say(
            "no internet",
            "the monitoring server is cut off; how the cameras are is not known.",
            "look at the network where the server stands.",
        ),
        Cause::MonitorDown if of_monitor => say(
            "stopped",
            "the monitoring server was stopped for a while; how the cameras were then is not known.",
            "see whether the server was switched off or is overloaded.",
        ),
        Cause::MonitorDown => say(
            "no figures",
            "this camera was not looked at for a while.",
            "have IT see whether the monitoring server is overloaded.",
        ),
    }
}
