//! What a finding means: device time turned into true time, channels matched with cameras, days with what was known.
//!
//! Pure. Knows neither how a device was asked nor what follows from the answer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::finding::{DeviceTime, Finding, Found, Holding, Why, Wish, WishDepth};
use crate::inventory::{Camera, CameraId, Recorder, RecorderId, RecorderKind};
use crate::ledger::retention::{Presence, Requirement, forecast, is_clock_usable, missing};
use crate::observation::{Outcome, RecorderSeen, Recording};

/// How far back days are asked for, whatever is required.
const MAX_DAYS: i64 = 400;

/// A recorder with the cameras that the inventory has behind it.
#[derive(Debug, Clone)]
pub struct Subject {
    pub recorder: RecorderId,
    pub kind: RecorderKind,
    /// By channel, numbered from 1.
    pub cameras: BTreeMap<u32, Behind>,
}

/// A camera behind a recorder.
#[derive(Debug, Clone)]
pub struct Behind {
    pub camera: CameraId,
    /// `None` where nobody requires recordings of it.
    pub requirement: Option<Requirement>,
    /// What was known of its days before this poll.
    pub presence: Presence,
}

impl Subject {
    /// `cameras`: those of the inventory that are in service; of others one may have had the channel before. One that names a recorder without a channel is its first.
    #[must_use]
    pub fn new<'a>(recorder: &Recorder, cameras: impl Iterator<Item = &'a Camera>) -> Self {
        let behind = cameras.filter(|camera| camera.recorder.as_ref() == Some(&recorder.id)).map(|camera| {
            let requirement = camera.retention.map(|required| Requirement {
                required,
                installed: camera.installed,
                first_seen: None,
                first_recording: None,
            });
            let behind = Behind { camera: camera.id.clone(), requirement, presence: Presence::default() };
            (camera.channel.unwrap_or(1), behind)
        });
        Self { recorder: recorder.id.clone(), kind: recorder.kind, cameras: behind.collect() }
    }

    /// What to ask for at this moment.
    #[must_use]
    pub fn wish(&self, depth: WishDepth, now: Timestamp, zone: &TimeZone) -> Wish {
        let today = zone.to_datetime(now).date();
        let yesterday = today.yesterday().unwrap_or(today);
        let earliest = today.checked_sub(jiff::Span::new().days(MAX_DAYS)).unwrap_or(today);
        let first = self.cameras.values().filter_map(|behind| {
            let (first, last) = behind.requirement?.window(now, zone)?;
            let first = first.max(earliest);
            match self.kind {
                // A month of its calendar is one request, so that what was lost meanwhile is seen.
                RecorderKind::Hikvision => Some(first),
                // Days cost requests there: only those that nobody has looked at.
                RecorderKind::Dahua | RecorderKind::Onvif => first
                    .series(jiff::Span::new().days(1))
                    .take_while(|day| *day <= last)
                    .find(|day| !behind.presence.looked_at.contains(day)),
            }
        });
        Wish {
            depth,
            channels: self.cameras.keys().copied().collect(),
            days: (first.min().unwrap_or(yesterday).min(yesterday), yesterday),
            zone_offset_seconds: zone.to_offset(now).seconds(),
        }
    }
}

/// What a poll comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub seen: RecorderSeen,
    /// Of each camera whose days were looked at: the days with recordings, and the days looked at.
    pub presence: Vec<(CameraId, BTreeSet<Date>, BTreeSet<Date>)>,
}

/// Reads a finding. `known_offset`: the clock's offset as an earlier poll had it, for a poll that did not learn it.
#[must_use]
pub fn read(
    subject: &Subject,
    finding: &Finding,
    known_offset: Option<f64>,
    now: Timestamp,
    zone: &TimeZone,
) -> Reading {
    let offset = finding.clock.yes().map(|clock| clock.offset_seconds);
    let clock = Clock { offset: offset.or(known_offset).unwrap_or(0.0), zone };
    let mut seen = RecorderSeen::bare(subject.recorder.clone(), outcome(finding));
    seen.clock_offset_seconds = offset.map(|offset| (offset * 10.0).round() / 10.0);
    seen.disks = finding.disks.yes().cloned();
    seen.device = finding.device.yes().cloned();
    seen.channels = finding.channels.yes().cloned();
    seen.forecast_days = finding
        .disks
        .yes()
        .and_then(|disks| forecast(disks, &finding.bits_per_second, finding.quota))
        .map(|days| (days * 10.0).floor() / 10.0);
    seen.detail = detail(finding);

    let mut recordings = Vec::new();
    let mut presence = Vec::new();
    for (channel, behind) in &subject.cameras {
        let mut recording = Recording::bare(behind.camera.clone());
        recording.mode = finding.modes.get(channel).copied();
        recording.recording =
            finding.channels.yes().and_then(|all| all.iter().find(|one| one.channel == *channel)?.recording);
        recording.newest = finding.newest.get(channel).and_then(|time| clock.true_time(*time));
        if let Some(Found::Yes(holding)) = finding.holdings.get(channel) {
            recording.oldest = holding.oldest.and_then(|time| clock.true_time(time));
            recording.newest = holding.newest.and_then(|time| clock.true_time(time));
            if clock.is_usable() && !holding.looked_at.is_empty() {
                let look = look(holding, zone, now);
                add_days(&mut recording, behind, &look, now, zone);
                presence.push((behind.camera.clone(), look.0, look.1));
            }
        }
        if recording != Recording::bare(behind.camera.clone()) {
            recordings.push(recording);
        }
    }
    seen.recordings = (!recordings.is_empty()).then_some(recordings);
    Reading { seen, presence }
}

/// The days with recordings and those looked at. Today is not over and says nothing.
fn look(holding: &Holding, zone: &TimeZone, now: Timestamp) -> (BTreeSet<Date>, BTreeSet<Date>) {
    let today = zone.to_datetime(now).date();
    let looked_at: BTreeSet<Date> = holding.looked_at.iter().copied().filter(|day| *day < today).collect();
    (holding.present.intersection(&looked_at).copied().collect(), looked_at)
}

fn add_days(
    recording: &mut Recording,
    behind: &Behind,
    (days, looked_at): &(BTreeSet<Date>, BTreeSet<Date>),
    now: Timestamp,
    zone: &TimeZone,
) {
    let Some(requirement) = &behind.requirement else { return };
    let mut presence = behind.presence.clone();
    presence.look(days, looked_at);
    if let Some(missing) = missing(&presence, requirement, recording.oldest, now, zone) {
        recording.gap_days = Some(missing.gap_days);
        recording.unknown_days = Some(missing.unknown_days).filter(|days| !days.is_empty());
        recording.held_from = missing.held_from;
    }
}

/// A device that said what it is, or what time it has, was reached and takes our login; what it lacks beside that is
/// told in words.
fn outcome(finding: &Finding) -> Outcome {
    match &finding.ended_by {
        Some(trouble) if finding.device.yes().is_none() => trouble.outcome(),
        _ if finding.device.yes().is_some() || finding.clock.yes().is_some() => Outcome::Ok,
        _ => match &finding.device {
            Found::No(why) => why.outcome(),
            _ => Outcome::Incompatible,
        },
    }
}

/// What was asked for and not found, for a person.
fn detail(finding: &Finding) -> Option<String> {
    let mut lacks = Vec::new();
    let mut lack = |what: &str, why: Option<String>| lacks.extend(why.map(|why| format!("{what}: {why}")));
    lack("identity", finding.device.no());
    lack("clock", finding.clock.no());
    lack("disks", finding.disks.no());
    lack("channels", finding.channels.no());
    for (channel, holding) in &finding.holdings {
        lack(&format!("recordings of channel {channel}"), holding.no());
    }
    if let Some(trouble) = &finding.ended_by {
        lacks = vec![trouble.to_string()];
    }
    let more = lacks.len().saturating_sub(4);
    lacks.truncate(4);
    if more > 0 {
        lacks.push(format!("{more} more"));
    }
    (!lacks.is_empty()).then(|| lacks.join("; "))
}

impl<T> Found<T> {
    fn no(&self) -> Option<String> {
        match self {
            // What a device cannot do is no finding.
            Self::NotAsked | Self::Yes(_) | Self::No(Why::NotSupported) => None,
            Self::No(why) => Some(why.to_string()),
        }
    }
}

/// How a device's time becomes true time.
struct Clock<'a> {
    /// The device's clock less ours, seconds.
    offset: f64,
    zone: &'a TimeZone,
}

impl Clock<'_> {
    fn is_usable(&self) -> bool {
        is_clock_usable(self.offset)
    }

    /// `None` where the clock is so far off that nothing it dated can be used.
    fn true_time(&self, time: DeviceTime) -> Option<Timestamp> {
        let as_told = match time {
            DeviceTime::Wall(digits) => digits.to_zoned(self.zone.clone()).ok()?.timestamp(),
            DeviceTime::Utc(time) => time,
        };
        let offset = SignedDuration::try_from_secs_f64(self.offset).ok().filter(|_| self.is_usable())?;
        as_told.checked_sub(offset).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::civil::DateTime;

    use super::*;
    use crate::device::exchange::Trouble;
    use crate::device::finding;
    use crate::observation::{Channel, Device, Disk, DiskStatus, RecordMode};

    fn zone() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(7))
    }

    /// 10:00 of 1 November 2026 in Việt Nam.
    fn now() -> Timestamp {
        "2026-11-01T03:00:00Z".parse().unwrap()
    }

    fn wall(text: &str) -> DeviceTime {
        DeviceTime::Wall(text.parse::<DateTime>().unwrap())
    }

    fn days(first: &str, count: i32) -> BTreeSet<Date> {
        first.parse::<Date>().unwrap().series(jiff::Span::new().days(1)).take(usize::try_from(count).unwrap()).collect()
    }

    fn subject() -> Subject {
        let requirement = Requirement {
            required: Duration::from_secs(30 * 86_400),
            installed: None,
            first_seen: None,
            first_recording: None,
        };
        let behind = Behind {
            camera: CameraId::new("yl-01").unwrap(),
            requirement: Some(requirement),
            presence: Presence::default(),
        };
        Subject {
            recorder: RecorderId::new("nvr").unwrap(),
            kind: RecorderKind::Hikvision,
            cameras: BTreeMap::from([(1, behind)]),
        }
    }

    fn finding(offset: f64, holding: Holding) -> Finding {
        Finding {
            device: Found::Yes(Device { vendor: Some("Hikvision".into()), ..Device::default() }),
            clock: Found::Yes(finding::Clock { offset_seconds: offset, uncertainty_seconds: 0.5 }),
            holdings: BTreeMap::from([(1, Found::Yes(holding))]),
            ..Finding::default()
        }
    }

    #[test]
    fn times_are_the_devices_wall_clock_less_its_error_in_the_sites_zone() {
        let holding = Holding {
            oldest: Some(wall("2026-10-01T00:10:00")),
            newest: Some(wall("2026-11-01T10:09:00")),
            ..Holding::default()
        };
        let reading = read(&subject(), &finding(600.0, holding), None, now(), &zone());
        let recording = &reading.seen.recordings.unwrap()[0];
        assert_eq!(recording.oldest, Some("2026-09-30T17:00:00Z".parse().unwrap()));
        assert_eq!(recording.newest, Some("2026-11-01T02:59:00Z".parse().unwrap()));
        assert_eq!(reading.seen.outcome, Outcome::Ok);
    }

    #[test]
    fn a_clock_that_is_off_by_half_a_day_dates_nothing_and_adds_no_day() {
        let holding = Holding {
            oldest: Some(wall("2000-01-01T00:00:00")),
            newest: Some(wall("2000-01-02T00:00:00")),
            present: days("2000-01-01", 2),
            looked_at: days("2000-01-01", 2),
        };
        let reading = read(&subject(), &finding(-846_000_000.0, holding), None, now(), &zone());
        assert_eq!(reading.seen.recordings, None);
        assert_eq!(reading.seen.clock_offset_seconds, Some(-846_000_000.0));
        assert!(reading.presence.is_empty());
    }

    #[test]
    fn days_without_recordings_are_told_once_they_are_over_and_those_before_the_oldest_have_aged_out() {
        let mut present = days("2026-10-10", 23);
        present.remove(&"2026-10-17".parse().unwrap());
        let holding = Holding {
            oldest: Some(wall("2026-10-10T08:00:00")),
            newest: Some(wall("2026-11-01T09:59:00")),
            present,
            looked_at: days("2026-10-02", 31),
        };
        let reading = read(&subject(), &finding(0.0, holding), None, now(), &zone());
        let recording = &reading.seen.recordings.unwrap()[0];
        assert_eq!(recording.gap_days, Some(vec!["2026-10-17".parse().unwrap()]));
        assert_eq!(recording.unknown_days, None);
        let (_, held, looked_at) = &reading.presence[0];
        assert_eq!((held.len(), looked_at.len()), (21, 30), "today is not over");
    }

    #[test]
    fn a_poll_without_a_scan_tells_modes_and_channels_and_a_forecast() {
        let mut finding = finding(0.0, Holding::default());
        finding.holdings.clear();
        finding.modes.insert(1, RecordMode::Event);
        finding.channels = Found::Yes(vec![Channel { channel: 1, recording: Some(false), ..Channel::default() }]);
        let disk = |id: &str, status| Disk {
            id: id.into(),
            status,
            capacity_bytes: Some(7_630_885 << 20),
            free_bytes: Some(0),
        };
        finding.disks = Found::Yes(vec![disk("1", DiskStatus::Ok), disk("2", DiskStatus::Failed)]);
        finding.bits_per_second = (1..=8).map(|channel| (channel, 4_096_000)).collect();
        let seen = read(&subject(), &finding, None, now(), &zone()).seen;
        assert_eq!(seen.forecast_days, Some(22.6));
        let recording = &seen.recordings.unwrap()[0];
        assert_eq!((recording.mode, recording.recording), (Some(RecordMode::Event), Some(false)));
    }

    #[test]
    fn what_ended_a_poll_is_its_outcome_unless_the_device_had_answered_for_itself() {
        let silent = Trouble::Path(Outcome::ConnectTimeout, "no answer to SYN".into());
        let ended = Finding { ended_by: Some(silent.clone()), ..Finding::default() };
        assert_eq!(read(&subject(), &ended, None, now(), &zone()).seen.outcome, Outcome::ConnectTimeout);
        let midway = Finding { ended_by: Some(Trouble::Silent), ..finding(0.0, Holding::default()) };
        let seen = read(&subject(), &midway, None, now(), &zone()).seen;
        assert_eq!((seen.outcome, seen.detail.as_deref()), (Outcome::Ok, Some("no answer in time")));
        let refused = Finding { device: Found::No(Why::NoPermission), ..Finding::default() };
        assert_eq!(read(&subject(), &refused, None, now(), &zone()).seen.outcome, Outcome::Unauthorized);
    }

    #[test]
    fn a_hikvision_is_asked_for_the_whole_window_and_a_dahua_only_for_what_nobody_looked_at() {
        let mut subject = subject();
        let first = |subject: &Subject| subject.wish(WishDepth::Scan, now(), &zone()).days.0.to_string();
        assert_eq!(first(&subject), "2026-10-02");
        subject.kind = RecorderKind::Dahua;
        assert_eq!(first(&subject), "2026-10-02");
        subject.cameras.get_mut(&1).unwrap().presence.looked_at = days("2026-10-01", 30);
        assert_eq!(first(&subject), "2026-10-31");
        subject.cameras.get_mut(&1).unwrap().presence.looked_at = days("2026-10-01", 31);
        assert_eq!(first(&subject), "2026-10-31", "yesterday at least");
    }
}
