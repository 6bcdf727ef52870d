//! What the record knows of one camera or site beyond the present: read for its page, on a thread where the disk delays
//! nobody.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::inventory::{Camera, CameraId, Scope, Site};
use crate::judgement::event::IncidentScope;
use crate::ledger::retention::Presence;
use crate::observation::{CameraSeen, Seen};
use crate::report::CameraMonth;
use crate::snapshot::Incident;
use crate::store::{AddedMaintenance, ClosedIncident, Reader, StoreError};

/// How many probes are shown.
const PROBES: usize = 20;
/// How many incidents of the past.
const INCIDENTS: usize = 20;
/// How far back these reach.
const PAST: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A camera's past.
pub(super) struct CameraPast {
    pub month: CameraMonth,
    /// Newest first.
    pub probes: Vec<(Timestamp, CameraSeen)>,
    pub presence: Presence,
    /// Newest first.
    pub incidents: Vec<ClosedIncident>,
    pub windows: Vec<AddedMaintenance>,
}

/// A site's.
pub(super) struct SitePast {
    /// Newest first.
    pub incidents: Vec<ClosedIncident>,
    pub windows: Vec<AddedMaintenance>,
}

/// # Errors
/// Where the record cannot be read.
pub(super) fn of_camera(config: &Config, camera: &Camera, now: Timestamp) -> Result<CameraPast, StoreError> {
    let reader = Reader::open(&config.store.path)?;
    reader.at_one_moment(|reader| {
        let commune = config.inventory.commune_of(&camera.id);
        let covers = |scope: &Scope| scope.covers(commune, &camera.site, Some(&camera.id));
        Ok(CameraPast {
            month: CameraMonth::read(config, reader, camera, now)?,
            probes: probes(reader, camera, now)?,
            presence: reader.presence(&camera.id)?,
            incidents: incidents(reader, now, |incident| incident.cameras.contains(&camera.id))?,
            windows: windows(reader, now, covers)?,
        })
    })
}

/// # Errors
/// Where the record cannot be read.
pub(super) fn of_site(config: &Config, site: &Site, now: Timestamp) -> Result<SitePast, StoreError> {
    let reader = Reader::open(&config.store.path)?;
    reader.at_one_moment(|reader| {
        let is_here = |id: &CameraId| config.inventory.cameras.get(id).is_some_and(|camera| camera.site == site.id);
        // One that explains some cameras of a commune explains this site only where its cameras are among them.
        let concerns = |incident: &Incident| match incident.scope {
            IncidentScope::Site => incident.subject == site.id.as_str(),
            _ => incident.cameras.iter().any(is_here),
        };
        // Work on one camera stands on that camera's page.
        let covers = |scope: &Scope| scope.covers(Some(&site.commune), &site.id, None);
        Ok(SitePast { incidents: incidents(reader, now, concerns)?, windows: windows(reader, now, covers)? })
    })
}

/// The last probes: looked for within the time that they take at the camera's interval, since all of it is read.
fn probes(reader: &Reader, camera: &Camera, now: Timestamp) -> Result<Vec<(Timestamp, CameraSeen)>, StoreError> {
    let reach = camera.interval.saturating_mul(u32::try_from(PROBES + 4).unwrap_or(u32::MAX));
    let from = SignedDuration::try_from(reach).ok().and_then(|reach| now.checked_sub(reach).ok());
    let soon = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
    let observations = reader.observations(&camera.id, from.unwrap_or(Timestamp::MIN), soon)?;
    let seen = observations.into_iter().rev().filter_map(|observation| match observation.seen {
        Seen::Camera(seen) => Some((observation.at, seen)),
        _ => None,
    });
    Ok(seen.take(PROBES).collect())
}

fn incidents(
    reader: &Reader,
    now: Timestamp,
    concerns: impl Fn(&Incident) -> bool,
) -> Result<Vec<ClosedIncident>, StoreError> {
    let from = now.checked_sub(PAST).unwrap_or(Timestamp::MIN);
    let incidents = reader.incidents(from, now)?.into_iter().rev();
    Ok(incidents.filter(|one| one.closed_at.is_some() && concerns(&one.incident)).take(INCIDENTS).collect())
}

/// Planned work that was added and is not over, by when it begins.
fn windows(
    reader: &Reader,
    now: Timestamp,
    covers: impl Fn(&Scope) -> bool,
) -> Result<Vec<AddedMaintenance>, StoreError> {
    let mut windows = reader.maintenance()?;
    windows.retain(|added| added.window.to > now && covers(&added.window.scope));
    windows.sort_by_key(|added| (added.window.from, added.id));
    Ok(windows)
}

/// What is known of one day's recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Present,
    Missing,
    /// It was there once.
    Lost,
    /// Nobody looked.
    Unknown,
}

pub(super) fn held(presence: &Presence, day: Date) -> Held {
    match (presence.present.contains(&day), presence.lost.contains(&day), presence.looked_at.contains(&day)) {
        (true, false, _) => Held::Present,
        (true, true, _) => Held::Lost,
        (false, _, true) => Held::Missing,
        (false, _, false) => Held::Unknown,
    }
}
