//! From the record and the inventory to a month's dossier, in one pass over the cameras.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::book::Book;
use super::causes::Blame;
use super::dossier::{CameraNotes, CommuneNotes, Day, Dossier, Form, FundNotes, IncidentNotes, Share, SiteNotes};
use super::groups::groups;
use super::model::{CameraFigures, OutageFigures, Report};
use super::retention::{self, CameraRetention, Recorded};
use super::{ReportError, Selection};
use crate::config::Config;
use crate::inventory::{Camera, CameraId, CommuneId, FundId, Inventory, SiteId};
use crate::judgement::event::IncidentScope;
use crate::ledger::{self, Month, Span, Tally, Timeline};
use crate::store::{Reader, StoreError};

/// How far a long making has come: cameras done, of so many.
pub type Progress<'a> = &'a mut dyn FnMut(usize, usize);

impl Dossier {
    /// The month from the record as it stands.
    ///
    /// # Errors
    /// Where the selection names nothing in the inventory, the month has not begun or ended before the record begins, or
    /// the record cannot be read.
    pub fn make(
        config: &Config,
        reader: &Reader,
        month: Month,
        selection: &Selection,
        generated_at: Timestamp,
        progress: Progress<'_>,
    ) -> Result<Self, ReportError> {
        let inventory = &config.inventory;
        selection.check(inventory)?;
        let chosen: Vec<&Camera> =
            inventory.cameras.values().filter(|camera| selection.holds_camera(inventory, camera)).collect();
        let view = View {
            inventory,
            timezone: &config.daemon.timezone,
            period: month.span(&config.daemon.timezone),
            days: month.days(&config.daemon.timezone).collect(),
            shares: shares(inventory),
        };
        let (cameras, recorded_to, incidents) = reader.at_one_moment(|reader| {
            let book = Book::open(config, reader)?;
            let record = book.extent();
            check_month(month, view.period, record, generated_at, view.timezone)?;
            let incidents = incidents(reader, inventory, view.period)?;
            let blame = Blame::new(&incidents);
            let mut cameras = Vec::with_capacity(chosen.len());
            for (done, camera) in chosen.iter().enumerate() {
                cameras.push(view.camera(reader, &book, &blame, camera)?);
                progress(done + 1, chosen.len());
            }
            let recorded_to = record.map(|record| moment(record.to.min(view.period.to)));
            Ok::<_, ReportError>((cameras, recorded_to, incidents))
        })?;
        let (figures, notes): (Vec<_>, Vec<_>) = cameras.into_iter().unzip();
        let cameras: BTreeMap<_, _> = figures.iter().map(|one| one.camera.clone()).zip(notes).collect();
        let everybody = inventory.cameras.values().map(|camera| (&camera.id, member_of(inventory, camera)));
        let whole = Self {
            report: Report {
                month: month.to_string(),
                timezone: config.daemon.timezone.iana_name().unwrap_or("UTC").to_owned(),
                generated_at,
                groups: groups(everybody, &figures, &cameras),
                cameras: figures,
            },
            language: config.daemon.language,
            recorded_to,
            running: generated_at.as_second() < view.period.to,
            form: Form::from(&config.report),
            cameras,
            sites: inventory.sites.values().map(|site| (site.id.clone(), SiteNotes::from(site))).collect(),
            communes: inventory.communes.values().map(|one| (one.id.clone(), CommuneNotes::from(one))).collect(),
            funds: inventory.funds.values().map(|fund| (fund.id.clone(), FundNotes::from(fund))).collect(),
            incidents,
            amendments: Vec::new(),
        };
        Ok(whole.without_strangers())
    }

    /// The part of a whole month's dossier that is about some cameras: what [`Self::make`] makes of that selection.
    ///
    /// # Errors
    /// Where the selection names nothing that this month knows.
    pub fn only(&self, selection: &Selection) -> Result<Self, ReportError> {
        selection.check_among(&self.sites, &self.communes, &self.funds)?;
        let figures: Vec<_> = self.report.cameras.iter().filter(|one| selection.holds(one)).cloned().collect();
        let everybody = self.report.cameras.iter().map(|one| {
            let village = self.sites.get(&one.site).and_then(|site| site.village.as_deref());
            (&one.camera, super::groups::of(&one.site, &one.commune, village, &one.funds))
        });
        let groups = groups(everybody, &figures, &self.cameras);
        // Cameras and incidents are nearly all of it: what would be dropped again is not copied.
        let cameras: BTreeMap<_, _> = figures
            .iter()
            .filter_map(|one| self.cameras.get_key_value(&one.camera))
            .map(|(id, notes)| (id.clone(), notes.clone()))
            .collect();
        let concerns = |incident: &&IncidentNotes| incident.cameras.iter().any(|camera| cameras.contains_key(camera));
        let part = Self {
            report: Report {
                month: self.report.month.clone(),
                timezone: self.report.timezone.clone(),
                generated_at: self.report.generated_at,
                cameras: figures,
                groups,
            },
            language: self.language,
            recorded_to: self.recorded_to,
            running: self.running,
            form: self.form.clone(),
            incidents: self.incidents.iter().filter(concerns).cloned().collect(),
            cameras,
            sites: self.sites.clone(),
            communes: self.communes.clone(),
            funds: self.funds.clone(),
            amendments: self.amendments.clone(),
        };
        Ok(part.without_strangers())
    }

    /// Drops what is about none of the cameras in the figures.
    fn without_strangers(mut self) -> Self {
        let figures = &self.report.cameras;
        let cameras: BTreeSet<&CameraId> = figures.iter().map(|one| &one.camera).collect();
        let sites: BTreeSet<&SiteId> = figures.iter().map(|one| &one.site).collect();
        let communes: BTreeSet<&CommuneId> = figures.iter().map(|one| &one.commune).collect();
        let funds: BTreeSet<&FundId> = figures.iter().flat_map(|one| &one.funds).collect();
        self.cameras.retain(|id, _| cameras.contains(id));
        self.sites.retain(|id, _| sites.contains(id));
        self.communes.retain(|id, _| communes.contains(id));
        self.funds.retain(|id, _| funds.contains(id));
        for incident in &mut self.incidents {
            if !incident.cameras.iter().all(|camera| cameras.contains(camera)) {
                incident.cameras = incident.cameras.iter().filter(|camera| cameras.contains(camera)).cloned().collect();
            }
        }
        self.incidents.retain(|incident| !incident.cameras.is_empty());
        self.amendments.retain(|amendment| cameras.contains(&amendment.camera));
        self
    }
}

/// What bears on every camera of one making.
struct View<'a> {
    inventory: &'a Inventory,
    timezone: &'a TimeZone,
    period: Span,
    days: Vec<Span>,
    shares: BTreeMap<CameraId, Vec<Share>>,
}

impl View<'_> {
    fn camera(
        &self,
        reader: &Reader,
        book: &Book<'_>,
        blame: &Blame<'_>,
        camera: &Camera,
    ) -> Result<(CameraFigures, CameraNotes), StoreError> {
        // For the recordings, now is the end of the month or of the record.
        let now = book.extent().map_or(self.period.from, |record| record.to).min(self.period.to);
        let recorded = Recorded {
            from: moment(self.period.from),
            // What was said within the last second of the record counts.
            to: moment(self.period.to.min(now.saturating_add(1))),
            now: moment(now),
            timezone: self.timezone,
        };
        let span = self.period.and(ledger::service(camera, self.timezone));
        let timeline = book.timeline(reader, camera, span)?;
        let retention = retention::assess(reader, camera, &recorded, &book.maintenance_of(camera))?;
        let figures = CameraFigures {
            camera: camera.id.clone(),
            site: camera.site.clone(),
            commune: self.inventory.commune_of(&camera.id).expect("references of the inventory hold").clone(),
            funds: camera.funds.iter().map(|share| share.fund.clone()).collect(),
            figures: timeline.tally(span).into(),
            outages: outages(&timeline),
            retention: CameraRetention::new(camera, retention.as_ref()),
        };
        let notes = CameraNotes {
            name: camera.name.clone(),
            private: !camera.picture,
            installed: camera.installed,
            retired: camera.retired,
            shares: self.shares.get(&camera.id).cloned().unwrap_or_default(),
            at_end: timeline
                .intervals()
                .iter()
                .find(|interval| (interval.span.from..interval.span.to).contains(&now.saturating_sub(1)))
                .map(|interval| interval.state),
            days: self.days.iter().map(|day| day_of(timeline.tally(day.and(span)))).collect(),
            dark_by: blame.of(&camera.id, &timeline),
            compliance: retention.and_then(|retention| retention.compliance),
        };
        Ok((figures, notes))
    }
}

pub(super) fn outages(timeline: &Timeline) -> Vec<OutageFigures> {
    let mut outages: Vec<_> = timeline
        .outages()
        .map(|outage| OutageFigures {
            from: moment(outage.span.from),
            to: moment(outage.span.to),
            seconds: outage.span.seconds(),
            cause: outage.cause,
        })
        .collect();
    outages.shrink_to_fit();
    outages
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(if second < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// A month that the record cannot know is refused. While the record is empty every month may still be asked for.
pub(super) fn check_month(
    month: Month,
    period: Span,
    record: Option<Span>,
    now: Timestamp,
    timezone: &TimeZone,
) -> Result<(), ReportError> {
    // A record may run ahead of the clock that asks: one that was made by a replay.
    if period.from > record.map_or(i64::MIN, |record| record.to).max(now.as_second()) {
        return Err(ReportError::NotBegun { month: month.to_string(), now: Month::of(now, timezone).to_string() });
    }
    if let Some(record) = record.filter(|record| period.to <= record.from) {
        let first = Month::of(moment(record.from), timezone).to_string();
        return Err(ReportError::BeforeRecord { month: month.to_string(), first });
    }
    Ok(())
}

/// What lasted into the month, by when it began.
fn incidents(reader: &Reader, inventory: &Inventory, period: Span) -> Result<Vec<IncidentNotes>, StoreError> {
    let mut acknowledged = BTreeMap::new();
    // What lasted into the month may have been taken on long before it.
    for one in reader.acknowledgements(Timestamp::MIN, Timestamp::MAX)? {
        acknowledged.entry(one.incident).or_insert(one.at);
    }
    // The inventory's own ids stand for those that were read: one text for all of them.
    let known = |id: CameraId| inventory.cameras.get_key_value(&id).map_or(id, |(known, _)| known.clone());
    let mut incidents = reader.incidents_as(moment(period.from), moment(period.to), |one| {
        let cameras: Box<[CameraId]> = one.incident.cameras.into_iter().map(known).collect();
        let is_of_itself = cameras.first().filter(|camera| camera.as_str() == one.incident.subject);
        IncidentNotes {
            acknowledged_at: acknowledged.get(&one.incident.id).copied(),
            scope: one.incident.scope,
            subject: is_of_itself.map_or_else(|| Arc::from(one.incident.subject.as_str()), CameraId::shared),
            cause: one.incident.cause,
            cameras,
            since: one.incident.since,
            closed_at: one.closed_at,
        }
    })?;
    incidents.retain(|one| one.scope != IncidentScope::Monitor);
    incidents.sort_by_key(|one| one.since);
    incidents.shrink_to_fit();
    Ok(incidents)
}

/// What each fund paid of each camera: as the inventory says, or an even share of what is left of the fund. Whole đồng;
/// where it does not divide, the first cameras by id bear one more.
fn shares(inventory: &Inventory) -> BTreeMap<CameraId, Vec<Share>> {
    // By fund: what is said of single cameras, and how many cameras nothing is said of.
    let mut said: BTreeMap<&FundId, (u64, u64)> = BTreeMap::new();
    for share in inventory.cameras.values().flat_map(|camera| &camera.funds) {
        let (sum, open) = said.entry(&share.fund).or_default();
        match share.amount_vnd {
            Some(amount) => *sum = sum.saturating_add(amount),
            None => *open += 1,
        }
    }
    let mut left: BTreeMap<&FundId, (u64, u64)> = said
        .into_iter()
        .filter(|(_, (_, open))| *open > 0)
        .filter_map(|(fund, (sum, open))| {
            let amount = inventory.funds.get(fund)?.amount_vnd?;
            Some((fund, (amount.saturating_sub(sum), open)))
        })
        .collect();
    let mut share_of = |fund: &FundId| {
        let (amount, cameras) = left.get_mut(fund)?;
        let share = amount.div_ceil((*cameras).max(1));
        *amount -= share;
        *cameras = cameras.saturating_sub(1);
        Some(share)
    };
    let of = |camera: &Camera, share_of: &mut dyn FnMut(&FundId) -> Option<u64>| {
        camera
            .funds
            .iter()
            .map(|share| Share {
                fund: share.fund.clone(),
                amount_vnd: share.amount_vnd.or_else(|| share_of(&share.fund)),
            })
            .collect()
    };
    inventory.cameras.values().map(|camera| (camera.id.clone(), of(camera, &mut share_of))).collect()
}

fn member_of(inventory: &Inventory, camera: &Camera) -> super::groups::Memberships {
    let commune = inventory.commune_of(&camera.id).expect("references of the inventory hold");
    let village = inventory.sites.get(&camera.site).and_then(|site| site.village.as_deref());
    super::groups::of(&camera.site, commune, village, camera.funds.iter().map(|share| &share.fund))
}

/// A day has some 86,400 seconds.
pub(super) fn day_of(tally: Tally) -> Day {
    let whole = |seconds: u64| u32::try_from(seconds).unwrap_or(u32::MAX);
    Day {
        up: whole(tally.up),
        degraded: whole(tally.degraded),
        dark: whole(tally.dark),
        unknown: whole(tally.unknown),
        maintenance: whole(tally.maintenance),
    }
}
