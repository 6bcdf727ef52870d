//! Entries as rows: what one batch writes.
//!
//! One [`Session`] lives as long as the daemon; it remembers which row a camera has and which `alive` row is its own.
//! What it remembers changes only when a batch is committed, so that a batch that failed can be tried again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Result, Transaction, params};

use super::queue::Item;
use super::{Entry, paging};
use crate::inventory::CameraId;
use crate::judgement::Change;
use crate::judgement::event::{IncidentEvent, Phase as IncidentPhase, StateEvent};
use crate::observation::{
    CameraSeen, Cause, Class, Observation, Outcome, Phase, RecordMode, RecorderSeen, Seen, Stream,
};

pub(super) const MICROSECONDS_A_DAY: i64 = 86_400_000_000;
const MICROSECONDS_AN_HOUR: i64 = 3_600_000_000;

/// Observations that one batch prunes at least: more than come in, so that pruning keeps up after a long standstill.
const PRUNE_STEP: usize = 2_000;

/// For how many days it is kept which days were held: any requirement, and a year to look back on.
const KEPT_DAYS: i32 = 400;

/// How moments stand in the record.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// An unsigned count as SQLite keeps it; nothing real is beyond 2^63.
fn count(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What is remembered of a camera between batches.
#[derive(Debug, Clone)]
struct Known {
    id: i64,
    observed: bool,
    shape: Shape,
}

/// Codec, width and height.
type Shape = (Option<String>, Option<u32>, Option<u32>);

/// The `alive` row of this run.
#[derive(Debug, Clone, Copy)]
struct Span {
    row: i64,
    last: i64,
}

#[derive(Debug, Default)]
pub(super) struct Session {
    keep: Duration,
    cameras: HashMap<CameraId, Known>,
    streams: HashMap<Shape, i64>,
    span: Option<Span>,
}

impl Session {
    pub(super) fn new(keep_observations: Duration) -> Self {
        Self { keep: keep_observations, ..Self::default() }
    }

    /// Writes a batch in one transaction.
    pub(super) fn write(&mut self, connection: &mut Connection, items: &[Item]) -> Result<()> {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut batch = Batch::new(self, &transaction);
        for item in items {
            batch.add(item)?;
        }
        batch.finish(items.len())?;
        let span = batch.span;
        let outcome = transaction.commit();
        if outcome.is_ok() {
            self.span = span;
        }
        outcome
    }

    /// Forgets the row numbers that a batch which failed may have handed out.
    pub(super) fn forget_rows(&mut self) {
        self.cameras.clear();
        self.streams.clear();
    }
}

struct Batch<'a> {
    transaction: &'a Transaction<'a>,
    cameras: &'a mut HashMap<CameraId, Known>,
    streams: &'a mut HashMap<Shape, i64>,
    keep: Duration,
    span: Option<Span>,
    /// Probes, good and failed, by hour and camera.
    hours: BTreeMap<(i64, i64), [i64; 3]>,
}

impl<'a> Batch<'a> {
    fn new(session: &'a mut Session, transaction: &'a Transaction<'a>) -> Self {
        Self {
            transaction,
            cameras: &mut session.cameras,
            streams: &mut session.streams,
            keep: session.keep,
            span: session.span,
            hours: BTreeMap::new(),
        }
    }

    fn sql(&self, text: &str) -> Result<CachedStatement<'a>> {
        self.transaction.prepare_cached(text)
    }

    fn add(&mut self, item: &Item) -> Result<()> {
        match item {
            Item::Entry(Entry::Observation(observation)) => {
                self.begin_span(observation.at)?;
                self.observation(observation)
            }
            Item::Entry(Entry::Change(change)) => self.change(change),
            Item::Entry(Entry::State(event)) => {
                self.begin_span(event.at)?;
                self.state_event(event)
            }
            Item::Entry(Entry::Incident(event)) => self.incident(event),
            Item::Entry(Entry::Alive(at)) => self.alive(*at),
            Item::Entry(Entry::Gate(change)) => super::gate::write(self.transaction, change),
            Item::Entry(Entry::Paging { incident, step }) => {
                if let Some(incident) = incident {
                    self.incident(incident)?;
                }
                paging::write_step(self.transaction, step)
            }
            Item::Entry(Entry::Outbox(row)) => paging::write_row(self.transaction, row),
            Item::Entry(Entry::Acknowledged(one)) => paging::write_acknowledgement(self.transaction, one),
            Item::Entry(Entry::Address { officer, channel, address, at }) => {
                paging::write_address(self.transaction, officer, channel, address, *at)
            }
            Item::Entry(Entry::Presence { camera, days, looked_at }) => self.presence(camera, days, looked_at),
            Item::Entry(Entry::Recorder { recorder, memory }) => {
                self.sql(
                    "INSERT INTO recorder (name, memory) VALUES (?1, ?2) \
                     ON CONFLICT (name) DO UPDATE SET memory = excluded.memory",
                )?
                .execute([recorder.as_str(), memory])?;
                Ok(())
            }
            Item::Break => {
                self.span = None;
                Ok(())
            }
        }
    }

    /// The first dated entry of a run, or after a break, begins a span.
    fn begin_span(&mut self, at: Timestamp) -> Result<Span> {
        if let Some(span) = self.span {
            return Ok(span);
        }
        let last = micros(at);
        self.sql("INSERT INTO alive (begin_at, last_at) VALUES (?1, ?1)")?.execute([last])?;
        let span = Span { row: self.transaction.last_insert_rowid(), last };
        self.span = Some(span);
        Ok(span)
    }

    fn alive(&mut self, at: Timestamp) -> Result<()> {
        let mut span = self.begin_span(at)?;
        // A clock that was set back does not take back that the daemon was alive.
        if micros(at) > span.last {
            span.last = micros(at);
            self.sql("UPDATE alive SET last_at = ?2 WHERE id = ?1")?.execute([span.row, span.last])?;
            self.span = Some(span);
        }
        Ok(())
    }

    /// The row of a camera; makes one for a camera that is new.
    fn known(&mut self, camera: &CameraId) -> Result<&mut Known> {
        if !self.cameras.contains_key(camera) {
            let found = self
                .sql("SELECT id, first_observed_at IS NOT NULL, codec, width, height FROM camera WHERE name = ?1")?
                .query_row([camera.as_str()], |row| {
                    Ok(Known { id: row.get(0)?, observed: row.get(1)?, shape: (row.get(2)?, row.get(3)?, row.get(4)?) })
                })
                .optional()?;
            let known = if let Some(known) = found {
                known
            } else {
                self.sql("INSERT INTO camera (name) VALUES (?1)")?.execute([camera.as_str()])?;
                Known { id: self.transaction.last_insert_rowid(), observed: false, shape: (None, None, None) }
            };
            self.cameras.insert(camera.clone(), known);
        }
        Ok(self.cameras.get_mut(camera).expect("it was inserted above"))
    }

    fn change(&mut self, change: &Change) -> Result<()> {
        let camera = self.known(&change.camera)?.id;
        self.sql(
            "INSERT INTO change (camera, since, n, state, cause) \
             SELECT ?1, ?2, count(*), ?3, ?4 FROM change WHERE camera = ?1 AND since = ?2",
        )?
        .execute(params![
            camera,
            micros(change.since),
            change.state.as_str(),
            change.cause.map(Cause::as_str)
        ])?;
        Ok(())
    }

    fn state_event(&mut self, event: &StateEvent) -> Result<()> {
        let camera = self.known(&event.camera)?.id;
        self.sql(
            "INSERT INTO state_event (camera, at, n, from_state, to_state, since, cause) \
             SELECT ?1, ?2, count(*), ?3, ?4, ?5, ?6 FROM state_event WHERE camera = ?1 AND at = ?2",
        )?
        .execute(params![
            camera,
            micros(event.at),
            event.from.as_str(),
            event.to.as_str(),
            micros(event.since),
            event.cause.map(Cause::as_str)
        ])?;
        Ok(())
    }

    fn incident(&mut self, event: &IncidentEvent) -> Result<()> {
        let cameras = serde_json::to_string(&event.cameras).expect("a list of ids is JSON");
        let closed_at = (event.phase == IncidentPhase::Close).then(|| micros(event.at));
        self.sql(
            "INSERT INTO incident (id, scope, subject, cause, cameras, since, opened_at, closed_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO UPDATE SET \
             cause = excluded.cause, cameras = excluded.cameras, since = excluded.since, closed_at = excluded.closed_at",
        )?
        .execute(params![
            event.id,
            event.scope.as_str(),
            event.subject,
            event.cause.as_str(),
            cameras,
            micros(event.since),
            micros(event.at),
            closed_at
        ])?;
        Ok(())
    }

    fn observation(&mut self, observation: &Observation) -> Result<()> {
        match &observation.seen {
            Seen::Camera(seen) => return self.probe(observation.at, seen),
            Seen::Recorder(seen) => {
                self.recorder(observation.at, seen)?;
                self.recordings(observation.at, seen)?;
            }
            Seen::Gateway { .. } | Seen::Reference { .. } => {}
        }
        let line = serde_json::to_string(observation).expect("an observation is JSON");
        self.sql("INSERT INTO look (at, n, line) SELECT ?1, count(*), ?2 FROM look WHERE at = ?1")?
            .execute(params![micros(observation.at), line])?;
        Ok(())
    }

    fn probe(&mut self, at: Timestamp, seen: &CameraSeen) -> Result<()> {
        let at = micros(at);
        let known = self.known(&seen.camera)?;
        let camera = known.id;
        let first = !std::mem::replace(&mut known.observed, true);
        if first {
            self.sql("UPDATE camera SET first_observed_at = ?2 WHERE id = ?1")?.execute([camera, at])?;
        }
        let hour = self.hours.entry((at.div_euclid(MICROSECONDS_AN_HOUR), camera)).or_default();
        hour[0] += 1;
        match seen.outcome.class() {
            Class::Good | Class::Stream => hour[1] += 1,
            class if class.is_dark() => hour[2] += 1,
            _ => {}
        }
        let stream_row = match &seen.stream {
            Some(stream) => Some(self.stream(&seen.camera, stream)?),
            None => None,
        };
        // Nearly always the first at its moment; only where it is not, the number is looked for.
        if self.insert_probe(at, camera, 0, seen, stream_row)? == 0 {
            let next: i64 = self
                .sql("SELECT count(*) FROM observation WHERE at = ?1 AND camera = ?2")?
                .query_row([at, camera], |row| row.get(0))?;
            self.insert_probe(at, camera, next, seen, stream_row)?;
        }
        Ok(())
    }

    fn insert_probe(&self, at: i64, camera: i64, n: i64, seen: &CameraSeen, stream_row: Option<i64>) -> Result<usize> {
        #[allow(clippy::cast_possible_truncation)] // A float that is too large saturates; a phase is minutes at most.
        let phase = |phase| seen.phases_ms.get(&phase).map(|ms| (ms * 1e3).round() as i64);
        let depth = serde_json::to_value(seen.depth).expect("a word is JSON");
        let picture = seen.picture.as_ref().map(|p| serde_json::to_string(p).expect("plain data is JSON"));
        let stream = seen.stream.as_ref();
        self.sql(
            "INSERT OR IGNORE INTO observation (at, camera, n, outcome, depth, dns_us, connect_us, tls_us, describe_us, \
             setup_us, play_us, first_frame_us, key_frame_us, stream, frames_per_second, bytes_per_second, \
             keyframe_interval_seconds, lost_packets, picture, detail) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
        )?
        .execute(params![
            at,
            camera,
            n,
            seen.outcome.as_str(),
            depth.as_str(),
            phase(Phase::Dns),
            phase(Phase::Connect),
            phase(Phase::Tls),
            phase(Phase::Describe),
            phase(Phase::Setup),
            phase(Phase::Play),
            phase(Phase::FirstFrame),
            phase(Phase::KeyFrame),
            stream_row,
            stream.and_then(|s| s.frames_per_second),
            stream.and_then(|s| s.bytes_per_second).map(count),
            stream.and_then(|s| s.keyframe_interval_seconds),
            stream.and_then(|s| s.lost_packets).map(count),
            picture,
            seen.detail,
        ])
    }

    /// The row of a stream's shape; and the camera's shape, where it has changed.
    fn stream(&mut self, camera: &CameraId, stream: &Stream) -> Result<i64> {
        let shape: Shape = (stream.codec.clone(), stream.width, stream.height);
        let known = self.known(camera)?;
        if known.shape != shape && shape != (None, None, None) {
            known.shape = shape.clone();
            let id = known.id;
            self.sql("UPDATE camera SET codec = ?2, width = ?3, height = ?4 WHERE id = ?1")?
                .execute(params![id, shape.0, shape.1, shape.2])?;
        }
        if let Some(row) = self.streams.get(&shape) {
            return Ok(*row);
        }
        let found: Option<i64> = self
            .sql("SELECT id FROM stream WHERE codec IS ?1 AND width IS ?2 AND height IS ?3")?
            .query_row(params![shape.0, shape.1, shape.2], |row| row.get(0))
            .optional()?;
        let row = if let Some(row) = found {
            row
        } else {
            self.sql("INSERT INTO stream (codec, width, height) VALUES (?1, ?2, ?3)")?
                .execute(params![shape.0, shape.1, shape.2])?;
            self.transaction.last_insert_rowid()
        };
        self.streams.insert(shape, row);
        Ok(row)
    }

    /// Each thing that a recorder says it is stands until it says another.
    fn recorder(&mut self, at: Timestamp, seen: &RecorderSeen) -> Result<()> {
        let device = seen.device.clone().unwrap_or_default();
        let ok = (seen.outcome == Outcome::Ok).then(|| micros(at));
        self.sql(
            "INSERT INTO recorder (name, vendor, model, firmware, serial, last_poll_at, last_ok_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO UPDATE SET \
             vendor = coalesce(excluded.vendor, vendor), model = coalesce(excluded.model, model), \
             firmware = coalesce(excluded.firmware, firmware), serial = coalesce(excluded.serial, serial), \
             last_poll_at = excluded.last_poll_at, last_ok_at = coalesce(excluded.last_ok_at, last_ok_at)",
        )?
        .execute(params![
            seen.recorder.as_str(),
            device.vendor,
            device.model,
            device.firmware,
            device.serial,
            micros(at),
            ok
        ])?;
        if let Some(offset) = seen.clock_offset_seconds {
            self.sql(
                "INSERT OR REPLACE INTO recorder_clock (recorder, day, at, offset_seconds) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![
                seen.recorder.as_str(),
                micros(at).div_euclid(MICROSECONDS_A_DAY),
                micros(at),
                offset
            ])?;
        }
        Ok(())
    }

    /// What a poll did not look at says nothing: the finding before it holds on (as `Recording::over` has it).
    fn recordings(&mut self, at: Timestamp, seen: &RecorderSeen) -> Result<()> {
        let dates = |days: &Option<Vec<Date>>| {
            days.as_ref().map(|d| serde_json::to_string(d).expect("a list of dates is JSON"))
        };
        for recording in seen.recordings.iter().flatten() {
            let camera = self.known(&recording.camera)?.id;
            self.sql(
                "INSERT INTO recording (camera, day, at, oldest_at, newest_at, gap_days, unknown_days, held_from, mode, \
                 recording, newest_said_at, recording_said_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, iif(?5 IS NULL, NULL, ?3), iif(?10 IS NULL, NULL, ?3)) \
                 ON CONFLICT (camera, day) DO UPDATE SET at = excluded.at, \
                 oldest_at = coalesce(excluded.oldest_at, oldest_at), \
                 newest_at = coalesce(excluded.newest_at, newest_at), \
                 gap_days = coalesce(excluded.gap_days, gap_days), \
                 unknown_days = coalesce(excluded.unknown_days, iif(excluded.gap_days IS NULL, unknown_days, NULL)), \
                 held_from = iif(excluded.gap_days IS NULL, held_from, excluded.held_from), \
                 mode = coalesce(excluded.mode, mode), recording = coalesce(excluded.recording, recording), \
                 newest_said_at = coalesce(excluded.newest_said_at, newest_said_at), \
                 recording_said_at = coalesce(excluded.recording_said_at, recording_said_at)",
            )?
            .execute(params![
                camera,
                micros(at).div_euclid(MICROSECONDS_A_DAY),
                micros(at),
                recording.oldest.map(micros),
                recording.newest.map(micros),
                dates(&recording.gap_days),
                dates(&recording.unknown_days),
                recording.held_from.map(|day| day.to_string()),
                recording.mode.map(RecordMode::as_str),
                recording.recording
            ])?;
        }
        Ok(())
    }

    fn presence(&mut self, camera: &CameraId, days: &BTreeSet<Date>, looked_at: &BTreeSet<Date>) -> Result<()> {
        let camera = self.known(camera)?.id;
        let mut look = self.sql(
            "INSERT INTO held_day (camera, day, present, lost) VALUES (?1, ?2, ?3, 0) ON CONFLICT (camera, day) \
             DO UPDATE SET present = max(present, excluded.present), lost = present AND NOT excluded.present",
        )?;
        for day in looked_at.union(days) {
            look.execute(params![camera, day.to_string(), days.contains(day)])?;
        }
        // Time is that of the record itself, since a device may take any year for the present.
        let today = self.span.and_then(|span| Timestamp::from_microsecond(span.last).ok());
        let oldest =
            today.and_then(|at| jiff::tz::TimeZone::UTC.to_datetime(at).date().checked_sub(KEPT_DAYS.days()).ok());
        if let Some(oldest) = oldest {
            self.sql("DELETE FROM held_day WHERE camera = ?1 AND day < ?2")?
                .execute(params![camera, oldest.to_string()])?;
        }
        Ok(())
    }

    fn finish(&mut self, entries: usize) -> Result<()> {
        let mut add = self.sql(
            "INSERT INTO hour (hour, camera, probes, ok, failures) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (hour, camera) DO UPDATE SET \
             probes = probes + excluded.probes, ok = ok + excluded.ok, failures = failures + excluded.failures",
        )?;
        for ((hour, camera), [probes, ok, failures]) in &self.hours {
            add.execute([hour, camera, probes, ok, failures])?;
        }
        self.prune(entries)
    }

    /// Cuts raw observations that are older than what is kept, a step a batch. Time is that of the record itself.
    fn prune(&self, entries: usize) -> Result<()> {
        let Some(span) = self.span else { return Ok(()) };
        let keep = i64::try_from(self.keep.as_micros()).unwrap_or(i64::MAX);
        let cutoff = span.last.saturating_sub(keep);
        let step = count((PRUNE_STEP + 2 * entries) as u64);
        for (oldest, up_to) in [
            ("SELECT at FROM observation ORDER BY at LIMIT 1 OFFSET ?1", "DELETE FROM observation WHERE at < ?1"),
            ("SELECT at FROM look ORDER BY at LIMIT 1 OFFSET ?1", "DELETE FROM look WHERE at < ?1"),
        ] {
            let first: Option<i64> = self.sql(oldest)?.query_row([0], |row| row.get(0)).optional()?;
            if first.is_none_or(|first| first >= cutoff) {
                continue;
            }
            let after_step: Option<i64> = self.sql(oldest)?.query_row([step], |row| row.get(0)).optional()?;
            // Where more than a step share the oldest moment they go together.
            let bound = after_step.map_or(cutoff, |at| at.max(first.unwrap_or(at) + 1).min(cutoff));
            self.sql(up_to)?.execute([bound])?;
        }
        Ok(())
    }
}
