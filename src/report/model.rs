//! The report as data: one set of figures a camera, and their sums.
//!
//! The JSON shape of these types is a public format; fields keep their order.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ReportError;
use super::retention::{self, CameraRetention, GroupRetention};
use crate::config::{Config, nearest};
use crate::inventory::{Camera, CameraId, CommuneId, FundId, Inventory, Scope, SiteId};
use crate::ledger::retention::Retention;
use crate::ledger::{self, History, Month, Span, Tally, Timeline};
use crate::observation::Cause;
use crate::store::{Reader, StoreError};

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    All,
    Fund(FundId),
    Commune(CommuneId),
    Site(SiteId),
}

/// A month's report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `YYYY-MM`.
    pub month: String,
    /// An IANA name.
    pub timezone: String,
    /// The only field in which two makings of one report differ.
    pub generated_at: Timestamp,
    /// In the order of their ids; also those that were not in service.
    pub cameras: Vec<CameraFigures>,
    /// Sites, villages, communes and funds all of whose cameras are in this report, and all of it: by kind and id.
    pub groups: Vec<Group>,
}

/// Whole seconds in each state, and what they come to. Ratios are `None` where nothing was observed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub in_service_seconds: u64,
    pub up_seconds: u64,
    pub degraded_seconds: u64,
    pub dark_seconds: u64,
    pub unknown_seconds: u64,
    pub maintenance_seconds: u64,
    pub signal_uptime_ratio: Option<f64>,
    pub service_uptime_ratio: Option<f64>,
    pub coverage_ratio: Option<f64>,
}

impl From<Tally> for Figures {
    fn from(tally: Tally) -> Self {
        Self {
            in_service_seconds: tally.in_service(),
            up_seconds: tally.up,
            degraded_seconds: tally.degraded,
            dark_seconds: tally.dark,
            unknown_seconds: tally.unknown,
            maintenance_seconds: tally.maintenance,
            signal_uptime_ratio: tally.signal_uptime(),
            service_uptime_ratio: tally.service_uptime(),
            coverage_ratio: tally.coverage(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraFigures {
    pub camera: CameraId,
    pub site: SiteId,
    pub commune: CommuneId,
    pub funds: Vec<FundId>,
    #[serde(flatten)]
    pub figures: Figures,
    pub outages: Vec<OutageFigures>,
    pub retention: CameraRetention,
}

/// A time of the month in which a camera was dark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutageFigures {
    pub from: Timestamp,
    pub to: Timestamp,
    pub seconds: u64,
    pub cause: Option<Cause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    Site,
    Village,
    Commune,
    Fund,
    All,
}

/// The seconds of several cameras added up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub kind: GroupKind,
    /// That of the site, commune or fund; `COMMUNE/VILLAGE` for a village; `all` for all.
    pub id: String,
    pub cameras: u64,
    #[serde(flatten)]
    pub figures: Figures,
    pub retention: GroupRetention,
}

impl Report {
    /// The report of a month from the record as it stands.
    ///
    /// # Errors
    /// Where the selection names nothing in the inventory, or the record cannot be read.
    pub fn make(
        config: &Config,
        reader: &Reader,
        month: Month,
        selection: &Selection,
        generated_at: Timestamp,
    ) -> Result<Self, ReportError> {
        let inventory = &config.inventory;
        selection.check(inventory)?;
        let period = month.span(&config.daemon.timezone);
        let timezone = &config.daemon.timezone;
        let mut cameras = Vec::new();
        let mut tallies = BTreeMap::new();
        let mut retentions = BTreeMap::new();
        reader.at_one_moment(|reader| {
            let book = Book::open(config, reader)?;
            // For the recordings, now is the end of the month or of the record.
            let now = book.alive.iter().map(|run| run.to).max().unwrap_or(period.from).min(period.to);
            let month = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
            let recorded = retention::Recorded {
                from: month(period.from),
                // What was said within the last second of the record counts.
                to: month(period.to.min(now.saturating_add(1))),
                now: month(now),
                timezone,
            };
            for camera in inventory.cameras.values().filter(|camera| selection.holds(inventory, camera)) {
                let span = period.and(ledger::service(camera, timezone));
                let timeline = book.timeline(reader, camera, span)?;
                let tally = timeline.tally(span);
                let retention = retention::assess(reader, camera, &recorded, &book.maintenance_of(camera))?;
                let shown = CameraRetention::new(camera, retention.as_ref());
                cameras.push(camera_figures(inventory, camera, tally, &timeline, shown));
                tallies.insert(camera.id.clone(), tally);
                retentions.extend(retention.map(|retention| (camera.id.clone(), retention)));
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(Self {
            month: month.to_string(),
            timezone: timezone.iana_name().unwrap_or("UTC").to_owned(),
            generated_at,
            groups: groups(inventory, &tallies, &retentions),
            cameras,
        })
    }
}

impl Selection {
    fn check(&self, inventory: &Inventory) -> Result<(), ReportError> {
        let (what, id, hint) = match self {
            Self::All => return Ok(()),
            Self::Fund(id) if inventory.funds.contains_key(id) => return Ok(()),
            Self::Commune(id) if inventory.communes.contains_key(id) => return Ok(()),
            Self::Site(id) if inventory.sites.contains_key(id) => return Ok(()),
            Self::Fund(id) => ("fund", id.as_str(), nearest(id.as_str(), inventory.funds.keys().map(FundId::as_str))),
            Self::Commune(id) => {
                ("commune", id.as_str(), nearest(id.as_str(), inventory.communes.keys().map(CommuneId::as_str)))
            }
            Self::Site(id) => ("site", id.as_str(), nearest(id.as_str(), inventory.sites.keys().map(SiteId::as_str))),
        };
        Err(ReportError::Unknown { what, id: id.to_owned(), hint })
    }

    fn holds(&self, inventory: &Inventory, camera: &Camera) -> bool {
        match self {
            Self::All => true,
            Self::Fund(id) => camera.funds.iter().any(|share| share.fund == *id),
            Self::Commune(id) => inventory.commune_of(&camera.id) == Some(id),
            Self::Site(id) => camera.site == *id,
        }
    }
}

/// What of the record bears on every camera.
pub(super) struct Book<'a> {
    inventory: &'a Inventory,
    pub(super) alive: Vec<Span>,
    maintenance: Vec<(Scope, Span)>,
}

impl<'a> Book<'a> {
    pub(super) fn open(config: &'a Config, reader: &Reader) -> Result<Self, StoreError> {
        let alive = reader.alive_spans(Timestamp::MIN, Timestamp::MAX)?;
        let added = reader.maintenance()?;
        let windows = config.inventory.maintenance.iter().chain(added.iter().map(|added| &added.window));
        Ok(Self {
            inventory: &config.inventory,
            alive: alive.iter().map(|run| Span::between(run.from, run.to)).collect(),
            maintenance: windows.map(|w| (w.scope.clone(), Span::between(w.from, w.to))).collect(),
        })
    }

    /// A camera's states over `span`, which is cut to its time in service.
    pub(super) fn timeline(&self, reader: &Reader, camera: &Camera, span: Span) -> Result<Timeline, StoreError> {
        if span.is_empty() {
            return Ok(Timeline::default());
        }
        let moment = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        let changes = reader.changes(&camera.id, moment(span.from), moment(span.to))?;
        let maintenance = self.maintenance_of(camera);
        Ok(Timeline::new(span, History { alive: &self.alive, changes: &changes, maintenance: &maintenance }))
    }

    /// The planned work that covers a camera.
    pub(super) fn maintenance_of(&self, camera: &Camera) -> Vec<Span> {
        let commune = self.inventory.commune_of(&camera.id);
        self.maintenance
            .iter()
            .filter(|(scope, _)| match scope {
                Scope::Camera(id) => *id == camera.id,
                Scope::Site(id) => *id == camera.site,
                Scope::Commune(id) => Some(id) == commune,
            })
            .map(|(_, window)| *window)
            .collect()
    }
}

fn camera_figures(
    inventory: &Inventory,
    camera: &Camera,
    tally: Tally,
    timeline: &Timeline,
    retention: CameraRetention,
) -> CameraFigures {
    let moment = |second| Timestamp::from_second(second).expect("the ends of a month are moments");
    CameraFigures {
        camera: camera.id.clone(),
        site: camera.site.clone(),
        commune: inventory.commune_of(&camera.id).expect("references of the inventory hold").clone(),
        funds: camera.funds.iter().map(|share| share.fund.clone()).collect(),
        figures: tally.into(),
        outages: timeline
            .outages()
            .map(|outage| OutageFigures {
                from: moment(outage.span.from),
                to: moment(outage.span.to),
                seconds: outage.span.seconds(),
                cause: outage.cause,
            })
            .collect(),
        retention,
    }
}

/// The groups to which a camera belongs.
fn groups_of(inventory: &Inventory, camera: &Camera) -> BTreeSet<(GroupKind, String)> {
    let mut groups = BTreeSet::from([(GroupKind::Site, camera.site.to_string())]);
    if let Some(site) = inventory.sites.get(&camera.site) {
        groups.insert((GroupKind::Commune, site.commune.to_string()));
        if let Some(village) = &site.village {
            groups.insert((GroupKind::Village, format!("{}/{village}", site.commune)));
        }
    }
    groups.extend(camera.funds.iter().map(|share| (GroupKind::Fund, share.fund.to_string())));
    groups
}

/// A group of which only some cameras are in the report has no figure in it: a part would be taken for the whole.
fn groups(
    inventory: &Inventory,
    tallies: &BTreeMap<CameraId, Tally>,
    retentions: &BTreeMap<CameraId, Retention>,
) -> Vec<Group> {
    let mut members: BTreeMap<(GroupKind, String), Vec<&CameraId>> = BTreeMap::new();
    let mut partial = BTreeSet::new();
    members.insert((GroupKind::All, "all".to_owned()), tallies.keys().collect());
    for camera in inventory.cameras.values() {
        let groups = groups_of(inventory, camera);
        if tallies.contains_key(&camera.id) {
            for group in groups {
                members.entry(group).or_default().push(&camera.id);
            }
        } else {
            partial.extend(groups);
        }
    }
    members.retain(|group, _| !partial.contains(group));
    members
        .into_iter()
        .map(|((kind, id), members)| {
            let mut sum = Tally::default();
            for tally in members.iter().filter_map(|camera| tallies.get(*camera)) {
                sum += *tally;
            }
            let judged = members.iter().filter_map(|camera| retentions.get_key_value(*camera));
            Group {
                kind,
                id,
                cameras: members.len() as u64,
                figures: sum.into(),
                retention: GroupRetention::of(judged),
            }
        })
        .collect()
}
