//! What reports say, in three languages: one typed catalogue a language.
//!
//! Data alone, so that a native speaker can correct it without reading code. A text with places to fill in is a function,
//! so that neither a missing text nor a missing place compiles. Knows nothing of months, cameras or documents; numbers,
//! dates and amounts come written out. What a cause is called, the messages' words say.

mod en;
mod ko;
mod vi;

use crate::inventory::{FundKind, Language};
use crate::ledger::retention::RetentionState;
use crate::observation::State;

pub use crate::notify::words::cause_name;

type Fixed = &'static str;
/// A text with one place to fill in.
type One = fn(&str) -> String;
type Two = fn(&str, &str) -> String;
type Three = fn(&str, &str, &str) -> String;
type Four = fn(&str, &str, &str, &str) -> String;

/// The words of a language.
#[must_use]
pub fn words(language: Language) -> &'static Words {
    match language {
        Language::Vietnamese => &vi::WORDS,
        Language::English => &en::WORDS,
        Language::Korean => &ko::WORDS,
    }
}

/// One language.
pub struct Words {
    pub unit: Units,
    pub name: Names,
    pub column: Columns,
    pub note: Notes,
    pub legend: Legend,
    pub funder: Funder,
    pub commune: Commune,
    pub notice: Notice,
    pub province: Province,
    pub site: Site,
}

/// Amounts with what they are of. Each place takes a number that is written out.
pub struct Units {
    /// Hours and minutes.
    pub hours_minutes: Two,
    pub minutes: One,
    pub under_a_minute: Fixed,
    /// Of camera-hours, without minutes.
    pub hours: One,
    /// What is held, of what is required.
    pub days_of: Two,
    /// Whole days without recordings.
    pub missing_days: fn(u64, &str) -> String,
    pub cameras: fn(u64, &str) -> String,
    pub sites: fn(u64, &str) -> String,
    pub sources: fn(u64, &str) -> String,
    pub money: One,
    pub millions: One,
    /// From, to.
    pub range: Two,
    pub month: fn(i16, i8) -> String,
}

/// What things are called where they stand alone.
pub struct Names {
    pub state: fn(State) -> Fixed,
    pub out_of_service: Fixed,
    pub retention: fn(RetentionState) -> Fixed,
    pub not_required: Fixed,
    /// A fund whose name is not for everybody.
    /// What one is called, and several.
    pub fund_kind: fn(FundKind) -> (Fixed, Fixed),
    /// So many of them.
    pub several: Two,
    pub no_village: Fixed,
    pub recorder: One,
    pub camera_of_site: Two,
    pub by_camera: Fixed,
    pub by_line: Fixed,
    pub by_recorder: Fixed,
    pub by_unknown: Fixed,
    pub total: Fixed,
    pub nobody_said: Fixed,
    pub not_over: Fixed,
}

/// Heads of columns.
pub struct Columns {
    pub camera: Fixed,
    pub cameras: Fixed,
    pub site: Fixed,
    pub village: Fixed,
    pub commune: Fixed,
    pub fund: Fixed,
    pub amount: Fixed,
    pub amount_millions: Fixed,
    pub your_part: Fixed,
    pub uptime: Fixed,
    pub coverage: Fixed,
    pub uptime_and_coverage: Fixed,
    pub dark: Fixed,
    pub dark_at_end: Fixed,
    pub working_at_end: Fixed,
    pub at_end: Fixed,
    pub recordings: Fixed,
    pub recordings_enough: Fixed,
    pub cost_of_hour: Fixed,
    pub cause: Fixed,
    pub share: Fixed,
    pub others: Fixed,
    pub what: Fixed,
    pub from: Fixed,
    pub to: Fixed,
    pub length: Fixed,
    pub taken_on: Fixed,
    pub over: Fixed,
    pub incidents: Fixed,
    pub month: Fixed,
    pub before: Fixed,
    pub after: Fixed,
    pub made: Fixed,
}

/// What stands beside figures.
pub struct Notes {
    /// The coverage.
    pub observed: One,
    /// The coverage, where it is too little.
    pub range_because: One,
    /// The same while the month runs.
    pub range_running: One,
    pub nothing_observed: Fixed,
    pub only_maintenance: Fixed,
    pub not_in_service: Fixed,
    pub target: One,
    pub target_mark: Fixed,
    pub required_mark: Fixed,
    /// The last moment that is known.
    pub running: One,
    pub running_nothing: Fixed,
    /// The last moment that is known, of a month that is over.
    pub record_ends: One,
    pub record_nothing: Fixed,
    /// Beneath tables.
    pub ranges: Fixed,
    pub how_counted: Fixed,
    pub how_counted_long: &'static [Fixed],
    /// The month, when it was made.
    pub footer: Two,
    pub amendments: Fixed,
    pub amendments_lead: Fixed,
    pub no_amendments: Fixed,
    pub no_outages: Fixed,
    /// How many are not listed, and their length.
    pub outages_left_out: Two,
    pub and_more: fn(u64, &str) -> String,
    pub strips: Fixed,
    pub recordings_bars: Fixed,
    pub uptime_bars: Fixed,
    pub planned: Two,
    pub moment_of_end: One,
    pub month_end: Fixed,
}

pub struct Legend {
    pub up: Fixed,
    pub degraded: Fixed,
    pub dark: Fixed,
    pub unknown: Fixed,
    pub maintenance: Fixed,
    pub out_of_service: Fixed,
}

/// The page of who paid.
pub struct Funder {
    /// The month.
    pub title: One,
    /// The fund.
    pub subtitle: One,
    /// Cameras.
    pub paid: One,
    /// Amount, cameras.
    pub paid_amount: Two,
    /// Cameras, where not all of them were in service.
    pub in_service: One,
    /// The first day in service.
    pub since: One,
    /// The first and the last.
    pub since_between: Two,
    pub no_cameras: Fixed,
    pub working: Fixed,
    pub uptime: Fixed,
    pub dark: Fixed,
    pub dark_note: One,
    pub recordings: Fixed,
    pub recordings_note: Fixed,
    pub what_went_wrong: Fixed,
    pub nothing_went_wrong: Fixed,
    pub money_heading: Fixed,
    /// The average of a camera.
    pub average: One,
    /// The cost of an hour, months of service life, hours worked.
    pub hour: Three,
    pub hour_running: Fixed,
    pub hour_unknown: Fixed,
    pub shared: Fixed,
    /// How many cameras' amounts are not known.
    pub amounts_unknown: One,
}

/// The administrative report.
pub struct Commune {
    /// Of the document, outside of Viet Nam's form. The month.
    pub title: One,
    pub translation: Fixed,
    pub draft: Fixed,
    pub number: One,
    /// Place, month, year.
    pub place_and_date: Three,
    pub kind: Fixed,
    /// The month.
    pub subject: One,
    pub addressee: One,
    /// The commune in capitals.
    pub issuer: One,
    pub situation: Fixed,
    /// Month, commune, cameras, sites.
    pub situation_text: Four,
    /// How many sources, amount.
    pub situation_money: Two,
    /// How many cameras were added, how many removed.
    pub situation_added: One,
    pub situation_removed: One,
    /// The coverage.
    pub situation_observed: One,
    pub results: Fixed,
    pub by_village: Fixed,
    pub by_fund: Fixed,
    pub shared_note: Fixed,
    pub troubles: Fixed,
    /// Dark camera-hours.
    pub dark_total: One,
    pub by_cause: Fixed,
    pub worst: Fixed,
    pub nothing_dark: Fixed,
    pub short_recordings: Fixed,
    pub short_recordings_more: One,
    pub short_recordings_none: Fixed,
    pub short_recordings_unknown: One,
    pub proposals: Fixed,
    pub proposals_lead: Fixed,
    pub repair: One,
    pub repair_dark: Two,
    pub lines: One,
    pub recorders: One,
    pub disks: One,
    pub monitor: One,
    pub nothing_to_do: Fixed,
    pub closing: One,
    pub annex: Fixed,
    pub annex_of: One,
    pub annex_cameras: Fixed,
    pub annex_outages: Fixed,
    pub annex_method: Fixed,
    pub authority: Fixed,
    pub room: Fixed,
    pub signer: Fixed,
    pub recipients: Fixed,
    pub as_above: Fixed,
    pub archive: Fixed,
}

/// The page for the village hall.
pub struct Notice {
    pub title: Fixed,
    /// Commune, month.
    pub subtitle: Two,
    pub cameras: Fixed,
    pub money: Fixed,
    pub uptime: Fixed,
    pub incidents: Fixed,
    pub incidents_note: One,
    pub by_village: Fixed,
    pub ask: One,
    pub posted: Fixed,
    pub posted_by: Fixed,
}

/// The roll-up.
pub struct Province {
    /// The month.
    pub title: One,
    pub by_commune: Fixed,
    pub worst: Fixed,
    pub nothing_dark: Fixed,
    pub causes: Fixed,
    pub annex: Fixed,
    pub communes: Fixed,
    pub funded: Fixed,
}

/// One site.
pub struct Site {
    /// The month.
    pub title: One,
    pub outages: Fixed,
    pub cameras: Fixed,
}
