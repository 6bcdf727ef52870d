//! The reading end: its own read-only connection, usable beside a running daemon and without one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};

use super::file;
use super::rows::{MICROSECONDS_A_DAY, micros};
use super::{AddedMaintenance, AliveSpan, StoreError};
use crate::inventory::{CameraId, Depth, RecorderId};
use crate::judgement::event::{IncidentScope, StateEvent};
use crate::judgement::{Change, Resume};
use crate::ledger::retention::{Freshness, Presence};
use crate::observation::{
    CameraSeen, Cause, Device, Observation, Outcome, Phase, RecordMode, Recording, Seen, State, Stream,
};
use crate::snapshot::Incident;

type Sql<T> = rusqlite::Result<T>;

/// What is known of a camera beyond its states.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Metadata {
    /// Of any observation, also of one that is no longer kept.
    pub first_observed: Option<Timestamp>,
    /// Codec, width and height of the last probe that received media.
    pub stream: Option<Stream>,
}

/// The probes of one camera in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// When it began.
    pub from: Timestamp,
    pub probes: u64,
    /// The camera was seen to work: `ok`, `slow`, `lossy`.
    pub ok: u64,
    /// Outcomes of the dark classes. The rest are `busy`, `unauthorized` and `incompatible`.
    pub failures: u64,
}

/// An incident of the past or present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedIncident {
    pub incident: Incident,
    /// `None` while it is open.
    pub closed_at: Option<Timestamp>,
}

/// What recorders had said of a camera's recordings by some moment.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordingSeen {
    /// When they last said anything of it.
    pub at: Timestamp,
    /// Each field as it was last said.
    pub recording: Recording,
    /// And when of it was said what tells whether it goes on.
    pub freshness: Freshness,
}

/// A recorder as it last stood.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecorderRow {
    /// What it says it is; each as it was last said.
    pub device: Device,
    /// What was learnt about talking with it, as JSON.
    pub memory: Option<String>,
    pub last_poll: Option<Timestamp>,
    pub last_ok: Option<Timestamp>,
}

/// The reading end.
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// # Errors
    /// Where there is no record, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { connection: file::open_to_read(path)?, path: path.to_owned() })
    }

    /// Lets `read` see the record as it stands now, whatever is written meanwhile. Keep it short: for as long as it
    /// lasts, the log of the record cannot be cut back.
    ///
    /// # Errors
    /// Those of `read`, or where the record cannot be read.
    pub fn at_one_moment<T, E: From<StoreError>>(&self, read: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let transaction = self.connection.unchecked_transaction().map_err(file::sqlite("reading", &self.path))?;
        let outcome = read(self);
        drop(transaction);
        outcome
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        read(&self.connection).map_err(file::sqlite("reading", &self.path))
    }

    /// What the judgement needs to take up after a restart.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn resume(&self) -> Result<Resume, StoreError> {
        self.at_one_moment(|this| {
            let last_alive =
                this.one("SELECT max(last_at) FROM alive WHERE last_at IS NOT NULL", [], |row| optional_moment(row, 0))?;
            let cameras = this.all(
                "SELECT camera.name, change.state, change.cause, change.since FROM camera JOIN change \
                 ON change.camera = camera.id AND (change.since, change.n) = \
                 (SELECT since, n FROM change AS last WHERE last.camera = camera.id ORDER BY since DESC, n DESC LIMIT 1) \
                 ORDER BY camera.name",
                [],
                change,
            )?;
            Ok(Resume { last_alive: last_alive.flatten(), cameras, incidents: this.open_incidents()? })
        })
    }

    /// 16 random bytes that make fingerprints of secrets comparable within this record only.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn salt(&self) -> Result<[u8; 16], StoreError> {
        let salt = self.one("SELECT value FROM meta WHERE key = 'salt'", [], |row| row.get(0))?;
        salt.ok_or_else(|| self.damaged("it has no salt"))
    }

    /// Every window that was ever added by command and not called off before it began, in the order of their ids.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn maintenance(&self) -> Result<Vec<AddedMaintenance>, StoreError> {
        self.all(
            "SELECT id, scope, subject, from_at, to_at, reason, added_at FROM maintenance WHERE to_at > from_at ORDER BY id",
            [],
            super::maintenance::from_row,
        )
    }

    /// A number that is another one as soon as a window is added or ended: cheap to ask for each second.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn maintenance_version(&self) -> Result<i64, StoreError> {
        let version =
            self.one("SELECT value FROM meta WHERE key = 'maintenance_version'", [], |row| row.get::<_, i64>(0))?;
        Ok(version.unwrap_or(0))
    }

    /// The changes of a camera's state underneath maintenance that bear on [`from`, `to`), in order: those in it, and
    /// the last one before it.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn changes(&self, camera: &CameraId, from: Timestamp, to: Timestamp) -> Result<Vec<Change>, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(Vec::new()) };
        self.all(
            "SELECT ?4, state, cause, since FROM change WHERE camera = ?1 AND since < ?3 AND since >= \
             coalesce((SELECT max(since) FROM change WHERE camera = ?1 AND since <= ?2), ?2) ORDER BY since, n",
            params![row, micros(from), micros(to), camera.as_str()],
            change,
        )
    }

    /// The runs of the daemon that touch [`from`, `to`], in the order in which they began.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn alive_spans(&self, from: Timestamp, to: Timestamp) -> Result<Vec<AliveSpan>, StoreError> {
        self.all(
            "SELECT begin_at, last_at FROM alive WHERE last_at >= ?1 AND begin_at <= ?2 ORDER BY begin_at, id",
            [micros(from), micros(to)],
            |row| Ok(AliveSpan { from: moment(row, 0)?, to: moment(row, 1)? }),
        )
    }

    /// From the first moment of the record to the last at which the daemon is known to have been alive.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn extent(&self) -> Result<Option<AliveSpan>, StoreError> {
        let ends = self.one("SELECT min(begin_at), max(last_at) FROM alive", [], |row| {
            Ok((optional_moment(row, 0)?, optional_moment(row, 1)?))
        })?;
        Ok(ends.and_then(|(from, to)| Some(AliveSpan { from: from?, to: to? })))
    }

    /// Open incidents, oldest first.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn open_incidents(&self) -> Result<Vec<Incident>, StoreError> {
        let open = self.all(
            "SELECT id, scope, subject, cause, cameras, since, opened_at, closed_at FROM incident \
             WHERE closed_at IS NULL ORDER BY opened_at, id",
            [],
            incident,
        )?;
        Ok(open.into_iter().map(|one| one.incident).collect())
    }

    /// Incidents that were open at some moment of [`from`, `to`), oldest first.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn incidents(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ClosedIncident>, StoreError> {
        self.incidents_as(from, to, |one| one)
    }

    /// [`Reader::incidents`], each made into something smaller as it is read: a month may have hundreds of thousands.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn incidents_as<T>(
        &self,
        from: Timestamp,
        to: Timestamp,
        mut make: impl FnMut(ClosedIncident) -> T,
    ) -> Result<Vec<T>, StoreError> {
        self.all(
            "SELECT id, scope, subject, cause, cameras, since, opened_at, closed_at FROM incident \
             WHERE opened_at < ?2 AND (closed_at IS NULL OR closed_at > ?1) ORDER BY opened_at, id",
            [micros(from), micros(to)],
            |row| incident(row).map(&mut make),
        )
    }

    /// State events of a camera that were decided in [`from`, `to`), in order.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn state_events(
        &self,
        camera: &CameraId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<StateEvent>, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(Vec::new()) };
        self.all(
            "SELECT at, from_state, to_state, since, cause FROM state_event \
             WHERE camera = ?1 AND at >= ?2 AND at < ?3 ORDER BY at, n",
            [row, micros(from), micros(to)],
            |row| {
                Ok(StateEvent {
                    at: moment(row, 0)?,
                    camera: camera.clone(),
                    from: word(row, 1, State::parse)?,
                    to: word(row, 2, State::parse)?,
                    since: moment(row, 3)?,
                    cause: optional_word(row, 4, Cause::parse)?,
                })
            },
        )
    }

    /// The raw observations of a camera in [`from`, `to`) that are still kept, in order.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn observations(
        &self,
        camera: &CameraId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Observation>, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(Vec::new()) };
        self.all(
            "SELECT at, outcome, depth, dns_us, connect_us, tls_us, describe_us, setup_us, play_us, first_frame_us, \
             key_frame_us, stream, codec, width, height, frames_per_second, bytes_per_second, \
             keyframe_interval_seconds, lost_packets, picture, detail \
             FROM observation LEFT JOIN stream ON stream.id = stream \
             WHERE at >= ?2 AND at < ?3 AND camera = ?1 ORDER BY at, n",
            [row, micros(from), micros(to)],
            |row| observation(row, camera),
        )
    }

    /// When a camera was observed first, also where that observation is no longer kept.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn first_observation(&self, camera: &CameraId) -> Result<Option<Timestamp>, StoreError> {
        let first = self.one("SELECT first_observed_at FROM camera WHERE name = ?1", [camera.as_str()], |row| {
            optional_moment(row, 0)
        })?;
        Ok(first.flatten())
    }

    /// What is known of every camera that was ever seen.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn metadata(&self) -> Result<BTreeMap<CameraId, Metadata>, StoreError> {
        let rows = self.all("SELECT name, first_observed_at, codec, width, height FROM camera", [], |row| {
            let stream = Stream { codec: row.get(2)?, width: row.get(3)?, height: row.get(4)?, ..Stream::default() };
            let stream = (stream != Stream::default()).then_some(stream);
            Ok((camera_id(row, 0)?, Metadata { first_observed: optional_moment(row, 1)?, stream }))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// The hours of a camera that begin in [`from`, `to`) and hold a probe, in order.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn hours(&self, camera: &CameraId, from: Timestamp, to: Timestamp) -> Result<Vec<Hour>, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(Vec::new()) };
        let ceil = |at: Timestamp| -(-at.as_second()).div_euclid(3600);
        self.all(
            "SELECT hour, probes, ok, failures FROM hour WHERE hour >= ?2 AND hour < ?3 AND camera = ?1 ORDER BY hour",
            [row, ceil(from), ceil(to)],
            |row| {
                let from = Timestamp::from_second(row.get::<_, i64>(0)? * 3600).map_err(|e| unreadable(0, e))?;
                let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.unsigned_abs());
                Ok(Hour { from, probes: count(1)?, ok: count(2)?, failures: count(3)? })
            },
        )
    }

    /// The last that recorders said of a camera's recordings in [`from`, `to`); each field is the last that was said of
    /// it, since a poll that did not look at something says nothing of it.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn last_recording(
        &self,
        camera: &CameraId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<RecordingSeen>, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(None) };
        let days = self.all(
            "SELECT at, oldest_at, newest_at, gap_days, unknown_days, held_from, mode, recording, newest_said_at, \
             recording_said_at FROM recording \
             WHERE camera = ?1 AND day >= ?4 AND at >= ?2 AND at < ?3 ORDER BY day DESC",
            [row, micros(from), micros(to), micros(from).div_euclid(MICROSECONDS_A_DAY)],
            |row| {
                let dates = |column| {
                    let text = row.get::<_, Option<String>>(column)?;
                    text.map(|text| serde_json::from_str(&text).map_err(|e| unreadable(column, e))).transpose()
                };
                let recording = Recording {
                    camera: camera.clone(),
                    oldest: optional_moment(row, 1)?,
                    newest: optional_moment(row, 2)?,
                    gap_days: dates(3)?,
                    unknown_days: dates(4)?,
                    held_from: row.get_ref(5)?.as_str_or_null()?.map(|text| date(5, text)).transpose()?,
                    mode: optional_word(row, 6, RecordMode::parse)?,
                    recording: row.get(7)?,
                };
                let freshness = Freshness {
                    newest: optional_moment(row, 8)?.zip(recording.newest),
                    flag: optional_moment(row, 9)?.zip(recording.recording),
                };
                Ok(RecordingSeen { at: moment(row, 0)?, recording, freshness })
            },
        )?;
        Ok(days.into_iter().reduce(|last, earlier| RecordingSeen {
            at: last.at,
            recording: last.recording.over(earlier.recording),
            freshness: Freshness {
                newest: last.freshness.newest.or(earlier.freshness.newest),
                flag: last.freshness.flag.or(earlier.freshness.flag),
            },
        }))
    }

    /// Of each day (UTC) in [`from`, `to`) the last moment at which a recorder told the oldest recording of a camera, and
    /// how far that lay back then: how the span went, in order.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn spans(
        &self,
        camera: &CameraId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Timestamp, SignedDuration)>, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(Vec::new()) };
        self.all(
            "SELECT at, oldest_at FROM recording WHERE camera = ?1 AND day >= ?4 AND at >= ?2 AND at < ?3 \
             AND oldest_at IS NOT NULL ORDER BY day",
            [row, micros(from), micros(to), micros(from).div_euclid(MICROSECONDS_A_DAY)],
            |row| {
                let at = moment(row, 0)?;
                Ok((at, at.duration_since(moment(row, 1)?)))
            },
        )
    }

    /// Which days recorders were ever seen to hold of a camera, within the 400 that are kept.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn presence(&self, camera: &CameraId) -> Result<Presence, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(Presence::default()) };
        let days =
            self.all("SELECT day, present, lost FROM held_day WHERE camera = ?1 ORDER BY day", [row], |row| {
                Ok((date(0, row.get_ref(0)?.as_str()?)?, row.get::<_, bool>(1)?, row.get::<_, bool>(2)?))
            })?;
        let mut presence = Presence::default();
        for (day, present, lost) in days {
            presence.looked_at.insert(day);
            presence.present.extend(present.then_some(day));
            presence.lost.extend(lost.then_some(day));
        }
        Ok(presence)
    }

    /// # Errors
    /// Where the record cannot be read.
    pub fn recorder(&self, recorder: &RecorderId) -> Result<Option<RecorderRow>, StoreError> {
        self.one(
            "SELECT vendor, model, firmware, serial, memory, last_poll_at, last_ok_at FROM recorder WHERE name = ?1",
            [recorder.as_str()],
            |row| {
                Ok(RecorderRow {
                    device: Device {
                        vendor: row.get(0)?,
                        model: row.get(1)?,
                        firmware: row.get(2)?,
                        serial: row.get(3)?,
                    },
                    memory: row.get(4)?,
                    last_poll: optional_moment(row, 5)?,
                    last_ok: optional_moment(row, 6)?,
                })
            },
        )
    }

    /// The last that was seen of a recorder's clock in [`from`, `to`): its time less ours, seconds.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn last_clock_offset(
        &self,
        recorder: &RecorderId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<f64>, StoreError> {
        self.one(
            "SELECT offset_seconds FROM recorder_clock WHERE recorder = ?1 AND at >= ?2 AND at < ?3 \
             ORDER BY day DESC LIMIT 1",
            params![recorder.as_str(), micros(from), micros(to)],
            |row| row.get(0),
        )
    }

    /// The earliest start of recordings that any recorder ever told of a camera, of those not before `earliest`.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn first_recording(&self, camera: &CameraId, earliest: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let Some(row) = self.camera_row(camera)? else { return Ok(None) };
        let first = self.one(
            "SELECT min(oldest_at) FROM recording WHERE camera = ?1 AND oldest_at >= ?2",
            [row, micros(earliest)],
            |row| optional_moment(row, 0),
        )?;
        Ok(first.flatten())
    }

    /// Looks through the whole record for damage; takes a second for each few hundred megabytes.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what was found first.
    pub fn check_integrity(&self) -> Result<(), StoreError> {
        let found: Option<String> = self.one("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        match found {
            Some(ok) if ok == "ok" => Ok(()),
            other => Err(self.damaged(&other.unwrap_or_default())),
        }
    }

    fn camera_row(&self, camera: &CameraId) -> Result<Option<i64>, StoreError> {
        self.one("SELECT id FROM camera WHERE name = ?1", [camera.as_str()], |row| row.get(0))
    }

    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Sql<T>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = || -> Sql<Vec<T>> { self.connection.prepare_cached(sql)?.query_map(params, read)?.collect() };
        rows().map_err(file::sqlite("reading", &self.path))
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Sql<T>,
    ) -> Result<Option<T>, StoreError> {
        let row = || self.connection.prepare_cached(sql)?.query_row(params, read).optional();
        row().map_err(file::sqlite("reading", &self.path))
    }

    fn damaged(&self, detail: &str) -> StoreError {
        StoreError::Damaged { path: self.path.display().to_string(), detail: detail.to_owned() }
    }
}

/// A column that does not hold what it should.
pub(super) fn unreadable(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

pub(super) fn moment(row: &Row<'_>, column: usize) -> Sql<Timestamp> {
    Timestamp::from_microsecond(row.get(column)?).map_err(|e| unreadable(column, e))
}

pub(super) fn optional_moment(row: &Row<'_>, column: usize) -> Sql<Option<Timestamp>> {
    row.get::<_, Option<i64>>(column)?
        .map(|at| Timestamp::from_microsecond(at).map_err(|e| unreadable(column, e)))
        .transpose()
}

fn date(column: usize, text: &str) -> Sql<Date> {
    text.parse().map_err(|e: jiff::Error| unreadable(column, e))
}

fn camera_id(row: &Row<'_>, column: usize) -> Sql<CameraId> {
    CameraId::new(row.get_ref(column)?.as_str()?).map_err(|e| unreadable(column, e))
}

fn word<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Sql<T> {
    optional_word(row, column, parse)?.ok_or_else(|| unreadable(column, "a word is missing"))
}

fn optional_word<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Sql<Option<T>> {
    row.get_ref(column)?
        .as_str_or_null()?
        .map(|text| parse(text).ok_or_else(|| unreadable(column, format!("{text:?} is no word of this version"))))
        .transpose()
}

/// Columns: camera, state, cause, since.
fn change(row: &Row<'_>) -> Sql<Change> {
    Ok(Change {
        camera: camera_id(row, 0)?,
        state: word(row, 1, State::parse)?,
        cause: optional_word(row, 2, Cause::parse)?,
        since: moment(row, 3)?,
    })
}

fn incident(row: &Row<'_>) -> Sql<ClosedIncident> {
    let scope = |text: &str| IncidentScope::ALL.into_iter().find(|scope| scope.as_str() == text);
    Ok(ClosedIncident {
        incident: Incident {
            id: row.get(0)?,
            scope: word(row, 1, scope)?,
            subject: row.get(2)?,
            cause: word(row, 3, Cause::parse)?,
            cameras: serde_json::from_str(row.get_ref(4)?.as_str()?).map_err(|e| unreadable(4, e))?,
            since: moment(row, 5)?,
            opened_at: moment(row, 6)?,
        },
        closed_at: optional_moment(row, 7)?,
    })
}

fn observation(row: &Row<'_>, camera: &CameraId) -> Sql<Observation> {
    let mut phases_ms = BTreeMap::new();
    for (phase, column) in Phase::ALL.into_iter().zip(3..) {
        #[allow(clippy::cast_precision_loss)] // A phase lasts minutes at most.
        if let Some(us) = row.get::<_, Option<i64>>(column)? {
            phases_ms.insert(phase, us as f64 / 1e3);
        }
    }
    let stream = if row.get_ref(11)? == rusqlite::types::ValueRef::Null {
        None
    } else {
        Some(Stream {
            codec: row.get(12)?,
            width: row.get(13)?,
            height: row.get(14)?,
            frames_per_second: row.get(15)?,
            bytes_per_second: row.get::<_, Option<i64>>(16)?.map(i64::unsigned_abs),
            keyframe_interval_seconds: row.get(17)?,
            lost_packets: row.get::<_, Option<i64>>(18)?.map(i64::unsigned_abs),
        })
    };
    let picture =
        row.get_ref(19)?.as_str_or_null()?.map(|text| serde_json::from_str(text).map_err(|e| unreadable(19, e)));
    let depth: Depth = serde_json::from_value(row.get::<_, String>(2)?.into()).map_err(|e| unreadable(2, e))?;
    Ok(Observation {
        at: moment(row, 0)?,
        seen: Seen::Camera(CameraSeen {
            camera: camera.clone(),
            outcome: word(row, 1, Outcome::parse)?,
            depth,
            phases_ms,
            stream,
            picture: picture.transpose()?,
            detail: row.get(20)?,
        }),
    })
}
