//! The roster: who is told of what happens at a place, at a moment, and who next.
//!
//! Pure: no clock, no I/O. Knows the inventory; must not know incidents, channels or who was told already.
//!
//! - A site's duty outranks its commune's at every moment at which it has somebody on duty.
//! - Several duties for one scope and role add up, in the order of the files. Within one duty an override outranks the
//!   week for its exact span.
//! - A shift belongs to the day on which it begins: Friday's `19:00` to `07:00` ends on Saturday. Times of day are those
//!   of the duty's time zone, also where its clocks are put forward or back.
//! - The officers of a shift are an order: the first is told, the next where the first cannot be reached.

mod roster;
mod spans;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::inventory::{CommuneId, DayTimes, Escalation, Officer, OfficerId, Role, SiteId};

pub use roster::Roster;

/// Where something happens, as duties have it: a site's duty outranks its commune's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Place {
    pub commune: CommuneId,
    /// `None` for what concerns a whole commune.
    pub site: Option<SiteId>,
}

/// Who has the duty of a place at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct OnDuty {
    /// In the order in which they are told; empty where nobody is on duty.
    pub officers: Vec<OfficerId>,
    /// Who is told when nobody has said that they have it, soonest first.
    pub escalate: Vec<Escalation>,
    /// The time zone of that duty.
    pub zone: TimeZone,
    /// When this may next be different; [`Timestamp::MAX`] where nothing ever changes.
    pub until: Timestamp,
}

/// A time in which nobody is on duty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Gap {
    pub role: Role,
    /// `None`: all communes that have no duty of this role for themselves.
    pub place: Option<Place>,
    pub from: Timestamp,
    /// Not included.
    pub to: Timestamp,
}

/// Until when an officer is not to be woken by warnings, if they have quiet hours at this moment.
#[must_use]
pub fn quiet_until(officer: &Officer, zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    let quiet = officer.quiet?;
    let today = at.to_zoned(zone.clone()).date();
    [today.yesterday().ok(), Some(today)]
        .into_iter()
        .flatten()
        .filter_map(|day| span_of(day, quiet, zone))
        .filter(|(from, to)| *from <= at && at < *to)
        .map(|(_, to)| to)
        .max()
}

/// The span of these times that begins on a day; `None` at the end of the calendar, or where the change of clocks leaves
/// nothing of it.
fn span_of(day: Date, times: DayTimes, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let ends_on = if times.to <= times.from { day.tomorrow().ok()? } else { day };
    let from = moment(day, times.from.0, zone)?;
    let to = moment(ends_on, times.to.0, zone)?;
    (from < to).then_some((from, to))
}

/// A time of day, `24:00` being the next day's midnight. One that the clocks skip is as much later; of one that comes
/// twice, the first.
pub(crate) fn moment(day: Date, minutes: u16, zone: &TimeZone) -> Option<Timestamp> {
    let day = if minutes >= 24 * 60 { day.tomorrow().ok()? } else { day };
    let minutes = minutes % (24 * 60);
    let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
    Some(day.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?.timestamp())
}
