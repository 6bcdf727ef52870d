//! What a language has to say: every sentence with its places to fill in, and what each cause means to an officer.
//!
//! Data alone, so that a native speaker can correct it without reading code. `{name}` is a place.

use crate::judgement::event::IncidentScope;
use crate::observation::Cause;

/// One language.
pub(super) struct Catalogue {
    pub sentences: Sentences,
    /// What a cause means where it explains a place of this kind.
    pub advice: fn(Matter, IncidentScope, Cause) -> Advice,
}

/// For one and for several; the same in languages without plural.
#[derive(Clone, Copy)]
pub(super) struct Count {
    pub one: &'static str,
    pub many: &'static str,
}

/// What a cause means to somebody who has to do something about it.
#[derive(Debug, Clone, Copy)]
pub struct Advice {
    /// Two or three words, as they stand in a list.
    pub name: &'static str,
    /// What it probably is.
    pub likely: &'static str,
    /// What to do first.
    pub first: &'static str,
}

/// What kind of trouble it is, which decides the heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matter {
    /// No picture from the camera.
    Dark,
    /// A picture that is no use, or a stream.
    Picture,
    /// Recordings or the recorder's disks.
    Recording,
    /// A clock.
    Clock,
    /// The monitor is not let in.
    Access,
    /// The monitor cannot see the camera for another reason.
    Unseen,
    /// The monitor itself.
    Monitor,
}

impl Matter {
    pub fn of(scope: IncidentScope, cause: Cause) -> Self {
        if scope == IncidentScope::Monitor {
            return Self::Monitor;
        }
        match cause {
            Cause::Dns
            | Cause::Unreachable
            | Cause::Refused
            | Cause::ConnectTimeout
            | Cause::Reset
            | Cause::NotRtsp
            | Cause::RtspTimeout
            | Cause::RtspError
            | Cause::NotFound
            | Cause::Tls
            | Cause::NoMedia
            | Cause::NoKeyframe
            | Cause::UnsupportedCodec => Self::Dark,
            Cause::Slow
            | Cause::Lossy
            | Cause::Black
            | Cause::Frozen
            | Cause::Covered
            | Cause::Blurred
            | Cause::Moved
            | Cause::Overexposed => Self::Picture,
            Cause::NotRecording | Cause::RetentionShort | Cause::RecordingGap | Cause::DiskFailed => Self::Recording,
            Cause::ClockWrong => Self::Clock,
            Cause::Unauthorized => Self::Access,
            Cause::Busy | Cause::Incompatible | Cause::MonitorOffline | Cause::MonitorDown => Self::Unseen,
        }
    }
}

/// Every sentence.
pub(super) struct Sentences {
    // Headings, by what kind of trouble it is; `restored` for all of them.
    pub dark: &'static str,
    pub picture: &'static str,
    pub recording: &'static str,
    pub clock: &'static str,
    pub access: &'static str,
    pub unseen: &'static str,
    pub monitor: &'static str,
    pub flapping: &'static str,
    pub restored: &'static str,
    /// `{heading}`
    pub reminder: &'static str,
    /// `{heading}`
    pub escalation: &'static str,
    // What it is about. `{name}`
    pub a_camera: &'static str,
    pub a_recorder: &'static str,
    pub a_site: &'static str,
    pub an_area: &'static str,
    pub the_monitor: &'static str,
    // Times. `{time}` or `{day}` and `{time}`; `{from}`, `{to}`, `{length}`.
    pub on_day: &'static str,
    pub since: &'static str,
    pub since_for: &'static str,
    pub span: &'static str,
    /// Without a length, for lists.
    pub short_span: &'static str,
    pub minutes: Count,
    pub hours: Count,
    /// `{hours}` and `{minutes}`
    pub hours_minutes: &'static str,
    pub days: Count,
    pub under_a_minute: &'static str,
    // Counts. `{n}` and `{of}`
    pub cameras: Count,
    pub cameras_of: &'static str,
    pub more_cameras: Count,
    pub more_matters: Count,
    pub matters: Count,
    // Lines.
    /// `{place}`
    pub place: &'static str,
    /// `{likely}`
    pub likely: &'static str,
    /// `{first}`
    pub first: &'static str,
    /// `{names}`
    pub names: &'static str,
    pub flapping_held: &'static str,
    /// `{who}`
    pub taken_by: &'static str,
    /// `{number}`
    pub confirm: &'static str,
    /// `{number}`, of one of several.
    pub confirm_each: &'static str,
    // Several in one message. `{what}` is a count, or several.
    pub storm: &'static str,
    pub storm_over: &'static str,
    pub digest: &'static str,
    pub open_now: &'static str,
    pub over: &'static str,
    pub each_numbered: &'static str,
    // What is about no incident.
    /// `{role}`, `{place}`
    pub gap: &'static str,
    /// `{from}`, `{to}`
    pub gap_span: &'static str,
    pub gap_first: &'static str,
    pub role_officer: &'static str,
    pub role_it: &'static str,
    /// `{channel}`
    pub channel: &'static str,
    /// `{why}`
    pub channel_why: &'static str,
    pub channel_first: &'static str,
    /// `{fund}`, `{what}`
    pub unfunded: &'static str,
    pub unfunded_note: &'static str,
    pub test: &'static str,
    /// `{time}`
    pub test_text: &'static str,
    // Of short texts alone, which have no room for sentences.
    /// `{number}`
    pub short_confirm: &'static str,
    pub short_confirm_each: &'static str,
    pub short_cameras_of: &'static str,
    pub short_cameras: &'static str,
}

impl Sentences {
    /// The heading of what kind of trouble it is.
    pub fn trouble(&self, matter: Matter) -> &'static str {
        match matter {
            Matter::Dark => self.dark,
            Matter::Picture => self.picture,
            Matter::Recording => self.recording,
            Matter::Clock => self.clock,
            Matter::Access => self.access,
            Matter::Unseen => self.unseen,
            Matter::Monitor => self.monitor,
        }
    }
}

impl Count {
    pub const fn same(text: &'static str) -> Self {
        Self { one: text, many: text }
    }

    /// The text for so many, with `{n}` filled in.
    pub fn of(&self, n: u64) -> String {
        fill(if n == 1 { self.one } else { self.many }, &[("n", &n.to_string())])
    }
}

/// The template with its places filled in. What is put in is not looked into again.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let close = inside.find('}').unwrap_or(inside.len());
        let value = values.iter().find(|(name, _)| *name == &inside[..close]).map(|(_, value)| *value);
        debug_assert!(value.is_some(), "nothing to fill in for {:?} of {template:?}", &inside[..close]);
        text.push_str(value.unwrap_or_default());
        rest = inside.get(close + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}
