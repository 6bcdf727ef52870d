//! What the pages say, in three languages: one typed catalogue a language.
//!
//! Data alone, so that a native speaker can correct it without reading code; neither a missing text nor a missing place in
//! one compiles. Numbers, moments and names come written out. What a cause means is said by the messages' words, what a
//! figure of a month is called by the reports': neither is written here again. The Korean was not reviewed by a native
//! reader.

mod en;
mod ko;
mod vi;

use std::fmt;

use crate::inventory::Language;
use crate::observation::{DiskStatus, Phase, State};
use crate::web::form::Said;

pub(super) type Fixed = &'static str;
/// A text with one place to fill in.
pub(super) type One = fn(&str) -> String;
pub(super) type Two = fn(&str, &str) -> String;
/// A count, as a number and written out: languages with a plural need both.
pub(super) type Count = fn(u64, &str) -> String;

/// The words of a language.
pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::Vietnamese => &vi::WORDS,
        Language::English => &en::WORDS,
        Language::Korean => &ko::WORDS,
    }
}

/// How the cameras stand that somebody counts on, in one word; the heading says it in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is no camera.
    Nothing,
    Dark,
    /// Nothing is known of any.
    AllUnknown,
    SomeUnknown,
    Degraded,
    /// All are in maintenance.
    AllMaintenance,
    Good,
}

/// One language.
pub(super) struct Words {
    pub frame: Frame,
    pub glance: Glance,
    pub filter: Filter,
    pub list: List,
    pub incident: Incidents,
    pub map: Map,
    pub site: Site,
    pub camera: Camera,
    pub form: Forms,
    pub month: Month,
    pub missing: Missing,
}

/// What stands around every page.
pub(super) struct Frame {
    pub skip: Fixed,
    pub language: Fixed,
    pub overview: Fixed,
    /// Of the way from the overview to this page.
    pub path: Fixed,
    /// The moment that the page shows.
    pub as_of: One,
    /// The name of who signed in.
    pub signed_in: One,
    pub reports: Fixed,
    pub for_programs: Fixed,
    pub metrics: Fixed,
    pub api: Fixed,
    pub version: One,
    /// Where the script hears nothing any more.
    pub paused: Fixed,
    /// Where no reference answers.
    pub cut_off: Fixed,
    /// Where the monitor does nothing any more; since when.
    pub stale: One,
    /// Where it has not begun.
    pub not_begun: Fixed,
}

/// A number, and how the language writes it.
pub(super) struct Counted {
    pub n: u64,
    pub text: String,
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How things stand, at a glance.
pub(super) struct Glance {
    /// How they stand, so many, of so many; whether these are the funded cameras alone.
    pub heading: fn(Standing, &Counted, &Counted, bool) -> String,
    /// A word or two, as they stand in a badge.
    pub state: fn(State) -> Fixed,
    pub by_state: Fixed,
    pub all: Fixed,
}

pub(super) struct Filter {
    pub heading: Fixed,
    pub search: Fixed,
    pub search_hint: Fixed,
    pub state: Fixed,
    pub commune: Fixed,
    pub village: Fixed,
    pub site: Fixed,
    pub fund: Fixed,
    pub any: Fixed,
    pub more: Fixed,
    pub apply: Fixed,
    pub clear: Fixed,
    /// Where there are too many to list.
    pub id_or_name: Fixed,
}

pub(super) struct List {
    pub heading: Fixed,
    pub state: Fixed,
    pub camera: Fixed,
    pub why: Fixed,
    /// The first, the last, of so many.
    pub shown: fn(&str, &str, &str) -> String,
    pub none: Fixed,
    pub pages: Fixed,
    pub page: One,
    pub previous: Fixed,
    pub next: Fixed,
    /// A moment, and how long ago.
    pub since: Two,
    pub never_seen: Fixed,
    pub no_site: Fixed,
}

pub(super) struct Incidents {
    pub heading: Fixed,
    pub none: Fixed,
    pub more: Count,
    pub unfunded: Fixed,
    pub number: One,
    /// How many, of so many that are there.
    pub cameras_of: Two,
    pub likely: Fixed,
    pub first: Fixed,
    pub what_to_do: Fixed,
    /// Who has it, until when that holds.
    pub taken_by: Two,
    /// The same where the reader may not know who.
    pub taken: Fixed,
    /// Who was told last, when.
    pub told: Two,
    pub nobody_told: Fixed,
    pub the_monitor: Fixed,
    pub past: Fixed,
    pub past_none: Fixed,
    pub what: Fixed,
    pub from: Fixed,
    pub to: Fixed,
    pub still_open: Fixed,
}

pub(super) struct Map {
    pub heading: Fixed,
    /// A site, its cameras.
    pub site: Two,
    /// So many sites drawn as one, their cameras.
    pub cluster: Two,
    /// How many cameras are in a state, which state.
    pub count: Two,
    /// Sites that are on no map.
    pub unplaced: Count,
    pub key: Fixed,
    pub north: Fixed,
}

pub(super) struct Site {
    pub cameras: Fixed,
    pub line: Fixed,
    pub line_up: Fixed,
    pub line_down: Fixed,
    pub line_unknown: Fixed,
    pub recorders: Fixed,
    pub recorder: Fixed,
    pub no_recorders: Fixed,
    pub answers: Fixed,
    pub silent: Fixed,
    pub not_asked: Fixed,
    pub last_answer: Fixed,
    pub clock: Fixed,
    /// By how much it is fast, or slow.
    pub fast: One,
    pub slow: One,
    pub right: Fixed,
    pub disk: Fixed,
    pub disks: Fixed,
    pub disk_status: fn(DiskStatus) -> Fixed,
    pub capacity: Fixed,
    pub free: Fixed,
    /// Days that the disks hold at the least.
    pub forecast: Fixed,
    pub days_held: One,
    pub too_little: Fixed,
    pub without_camera: Fixed,
    pub device: Fixed,
    pub retention: Fixed,
    pub retention_state: Fixed,
    pub reach: Fixed,
    pub held: Fixed,
    pub gaps: Fixed,
    pub newest: Fixed,
    /// So many of so many.
    pub compliant: Two,
    pub falling: Fixed,
    pub uptime: Fixed,
    pub window: Fixed,
    pub days: Count,
    pub observed: Fixed,
    pub no_figures: Fixed,
}

pub(super) struct Camera {
    pub facts: Fixed,
    pub installed: Fixed,
    pub paid_by: Fixed,
    pub a_household: Fixed,
    pub pages: Fixed,
    pub pages_yes: Fixed,
    pub pages_no: Fixed,
    pub last_probe: Fixed,
    pub never: Fixed,
    pub took: Fixed,
    pub phases: Fixed,
    pub phase: Fixed,
    pub phase_name: fn(Phase) -> Fixed,
    pub milliseconds: Fixed,
    pub probes: Fixed,
    pub at: Fixed,
    pub outcome: Fixed,
    pub fine: Fixed,
    pub detail: Fixed,
    pub stream: Fixed,
    pub no_stream: Fixed,
    pub codec: Fixed,
    pub resolution: Fixed,
    pub frame_rate: Fixed,
    pub bit_rate: Fixed,
    pub key_frames: Fixed,
    pub lost: Fixed,
    pub last_frame: Fixed,
    pub picture: Fixed,
    /// What the picture shows, for who does not see it.
    pub picture_of: One,
    pub month: One,
    pub day_by_day: Fixed,
    pub day: Fixed,
    pub outages: Fixed,
    pub no_outages: Fixed,
    pub length: Fixed,
    pub more_outages: Count,
    pub calendar: Fixed,
    pub calendar_none: Fixed,
    pub day_held: Fixed,
    pub day_missing: Fixed,
    pub day_lost: Fixed,
    pub day_unknown: Fixed,
    pub record_unreadable: Fixed,
    pub debug: Fixed,
}

pub(super) struct Forms {
    pub acknowledge: Fixed,
    pub who: Fixed,
    pub probe: Fixed,
    pub maintenance: Fixed,
    pub hours: Fixed,
    pub reason: Fixed,
    pub declare: Fixed,
    pub end: Fixed,
    /// From, to.
    pub window: Two,
    pub said: fn(Said) -> Fixed,
}

/// A month's reports.
pub(super) struct Month {
    /// Of which month.
    pub title: One,
    pub crumb: Fixed,
    pub other_months: Fixed,
    pub all_cameras: Fixed,
    pub by_commune: Fixed,
    pub who_paid: Fixed,
    /// Where households' names are withheld from this reader.
    pub households: Fixed,
    pub to_be_signed: Fixed,
    pub notices: Fixed,
    pub sites: Fixed,
    pub never_closed: Fixed,
    pub due: Fixed,
    pub closes_at: One,
    pub closed: Fixed,
    pub corrections: Count,
    pub sent_to_nobody: Fixed,
    pub sent_too_late: Fixed,
    /// Sent, refused, to be tried again.
    pub sent: fn(&str, &str, &str) -> String,
    pub sending: Fixed,
    pub unreadable: Fixed,
    pub id: Fixed,
    pub open: Fixed,
    pub more: Count,
}

pub(super) struct Missing {
    pub title: Fixed,
    pub camera: Fixed,
    pub site: Fixed,
    pub page: Fixed,
    pub back: Fixed,
}
