//! Everything that people are shown of a month: the figures, and what stands beside them.
//!
//! Built once from the record and the inventory, kept whole when a month is closed, and the only thing that formats for
//! people are drawn from: whoever renames a camera later changes no closed month.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Report;
use crate::config;
use crate::inventory::{CameraId, Commune, CommuneId, Fund, FundId, FundKind, Language, Site, SiteId};
use crate::judgement::event::IncidentScope;
use crate::ledger::Tally;
use crate::observation::{Cause, State};

/// A month: what it came to, of what, and what happened in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dossier {
    /// The figures, as `--format json` prints them.
    pub report: Report,
    /// The daemon's.
    pub language: Language,
    /// The last moment of the month of which the record knows anything.
    pub recorded_to: Option<Timestamp>,
    /// Whether the month was not over when this was made.
    pub running: bool,
    pub form: Form,
    /// Of each camera in the figures.
    pub cameras: BTreeMap<CameraId, CameraNotes>,
    pub sites: BTreeMap<SiteId, SiteNotes>,
    pub communes: BTreeMap<CommuneId, CommuneNotes>,
    pub funds: BTreeMap<FundId, FundNotes>,
    /// Those that lasted into the month and explain cameras of it, by `since`.
    pub incidents: Vec<IncidentNotes>,
    /// What was corrected in earlier months since the last report, and in this one since it was closed.
    pub amendments: Vec<Amendment>,
}

/// Who reports: `[report]` of the configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Form {
    /// Such as "ỦY BAN NHÂN DÂN XÃ MỘC NAM".
    pub issuer: Option<String>,
    /// The body above the issuer.
    pub superior: Option<String>,
    /// Where it is signed, such as "Mộc Nam".
    pub place: Option<String>,
    /// The signer's name.
    pub signer: Option<String>,
    /// Such as "CHỦ TỊCH".
    pub signer_title: Option<String>,
    /// In whose stead, such as "TM. ỦY BAN NHÂN DÂN".
    pub sign_mode: Option<String>,
    /// The lines of "Nơi nhận".
    pub recipients: Vec<String>,
    /// The acts that the report is made under ("Căn cứ ..."), one a paragraph: they change, and a lawyer says which hold.
    pub basis: Vec<String>,
    /// Over how many months what a camera cost is spread.
    pub service_life_months: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraNotes {
    pub name: String,
    /// A private place: never looked at as a picture, and where it looks is nobody's business.
    pub private: bool,
    pub installed: Option<Date>,
    pub retired: Option<Date>,
    /// Who paid, and how much of it. Amounts are as the inventory says, or the even share of what its fund has left.
    pub shares: Vec<Share>,
    /// What it was at the last moment of the month of which the record knows anything; `None` where it was not in service
    /// then.
    pub at_end: Option<State>,
    /// The days of the month, the first at index 0.
    pub days: Vec<Day>,
    /// What made it dark.
    pub dark_by: DarkBy,
    /// How much of the required recordings is there, 0 to 1; `None` where that is not known or nothing is required.
    pub compliance: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub fund: FundId,
    pub amount_vnd: Option<u64>,
}

/// Whole seconds of one local day in each state; together less than a day where a camera was not in service all day.
///
/// As JSON an array in the order of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "[u32; 5]", into = "[u32; 5]")]
pub struct Day {
    pub up: u32,
    pub degraded: u32,
    pub dark: u32,
    pub unknown: u32,
    pub maintenance: u32,
}

/// The dark seconds of a camera by what made it dark. Together its `dark_seconds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DarkBy {
    /// The camera itself: an incident of its own.
    pub camera: u64,
    /// Line or power: an incident of its site or commune.
    pub line: u64,
    pub recorder: u64,
    /// No incident explains it.
    pub unknown: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteNotes {
    pub name: String,
    pub commune: CommuneId,
    pub village: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommuneNotes {
    pub name: String,
    pub province: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FundNotes {
    pub name: String,
    pub kind: FundKind,
    pub amount_vnd: Option<u64>,
    pub language: Option<Language>,
    /// 0 to 1.
    pub target_uptime: Option<f64>,
    /// Whether its name may stand where others than the fund read it.
    pub publish_name: bool,
}

/// Kept small: where everything fails daily they are most of a dossier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentNotes {
    pub scope: IncidentScope,
    /// The id of the camera, recorder, site or commune.
    pub subject: Arc<str>,
    pub cause: Cause,
    pub cameras: Box<[CameraId]>,
    pub since: Timestamp,
    /// `None` while it is open.
    pub closed_at: Option<Timestamp>,
    /// When somebody first said that they have it.
    pub acknowledged_at: Option<Timestamp>,
}

/// A correction of a closed month: beside the original, never instead of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amendment {
    /// `YYYY-MM`: the month that is corrected.
    pub month: String,
    pub made_at: Timestamp,
    pub camera: CameraId,
    pub before: Tally,
    pub after: Tally,
}

impl From<&config::Report> for Form {
    fn from(settings: &config::Report) -> Self {
        Self {
            issuer: settings.issuer.clone(),
            superior: settings.superior.clone(),
            place: settings.place.clone(),
            signer: settings.signer.clone(),
            signer_title: settings.signer_title.clone(),
            sign_mode: settings.sign_mode.clone(),
            recipients: settings.recipients.clone(),
            basis: settings.basis.clone(),
            service_life_months: settings.service_life_months,
        }
    }
}

impl From<&Site> for SiteNotes {
    fn from(site: &Site) -> Self {
        Self { name: site.name.clone(), commune: site.commune.clone(), village: site.village.clone() }
    }
}

impl From<&Commune> for CommuneNotes {
    fn from(commune: &Commune) -> Self {
        Self { name: commune.name.clone(), province: commune.province.clone() }
    }
}

impl From<&Fund> for FundNotes {
    fn from(fund: &Fund) -> Self {
        Self {
            name: fund.name.clone(),
            kind: fund.kind,
            amount_vnd: fund.amount_vnd,
            language: fund.language,
            target_uptime: fund.target_uptime,
            publish_name: fund.publish_name,
        }
    }
}

impl From<[u32; 5]> for Day {
    fn from([up, degraded, dark, unknown, maintenance]: [u32; 5]) -> Self {
        Self { up, degraded, dark, unknown, maintenance }
    }
}

impl From<Day> for [u32; 5] {
    fn from(day: Day) -> Self {
        [day.up, day.degraded, day.dark, day.unknown, day.maintenance]
    }
}
