//! The record: what is written is read again, beside a writer and after one, and what is wrong is said.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use camwatch::gate::{AccountKey, GateChange, Kept, KeptBox, Standing};
use camwatch::inventory::{CameraId, CredentialId, Maintenance, RecorderId, Scope, SiteId};
use camwatch::judgement::Change;
use camwatch::judgement::event::{IncidentEvent, IncidentScope, Phase, StateEvent};
use camwatch::ledger::retention::Presence;
use camwatch::observation::{Cause, Observation, State};
use camwatch::store::{AliveSpan, Entry, Reader, StoreError, Writer, maintenance};
use camwatch::telemetry::Telemetry;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

const DAY: Duration = Duration::from_secs(86_400);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn camera(id: &str) -> CameraId {
    CameraId::new(id).unwrap()
}

fn change(id: &str, state: State, cause: Option<Cause>, since: &str) -> Change {
    Change { camera: camera(id), state, cause, since: at(since) }
}

fn observation(line: &str) -> Observation {
    serde_json::from_str(line).unwrap()
}

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("data/ledger.db")
    }

    fn write(&self) -> Writer {
        Writer::open(&self.path(), 7 * DAY, Arc::new(Telemetry::new())).unwrap()
    }

    fn read(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }
}

fn incident(moment: &str, phase: Phase, cameras: &[&str]) -> IncidentEvent {
    IncidentEvent {
        at: at(moment),
        id: "i1".to_owned(),
        phase,
        scope: IncidentScope::Site,
        subject: "yen-lenh".to_owned(),
        cause: Cause::Unreachable,
        cameras: cameras.iter().map(|id| camera(id)).collect(),
        since: at("2026-11-01T00:01:00Z"),
    }
}

#[test]
fn what_was_written_is_read_again_beside_the_writer() {
    let place = Place::new();
    let writer = place.write();
    let lines = [
        r#"{"at":"2026-11-01T00:00:30.25Z","camera":"yl-01","outcome":"ok","depth":"frame","phases_ms":{"dns":0.1,"connect":1.2,"describe":3.0,"setup":2.1,"play":1.9,"first_frame":40.5},"stream":{"codec":"h264","width":1920,"height":1080,"frames_per_second":15.0,"bytes_per_second":250000,"lost_packets":0}}"#,
        r#"{"at":"2026-11-01T00:00:30.25Z","camera":"yl-01","outcome":"ok","depth":"picture","picture":{"verdict":"black","luma_mean":0.01,"sharpness":0.0,"change":0.0}}"#,
        r#"{"at":"2026-11-01T00:00:31Z","camera":"yl-01","outcome":"connect_timeout","depth":"connect","detail":"no answer"}"#,
        r#"{"at":"2026-11-01T00:00:31Z","camera":"yl-01","outcome":"ok","depth":"describe","stream":{}}"#,
    ];
    for line in lines {
        writer.record(Entry::Observation(observation(line)));
    }
    let up = change("yl-01", State::Up, None, "2026-11-01T00:00:30.25Z");
    let dark = change("yl-01", State::Dark, Some(Cause::ConnectTimeout), "2026-11-01T00:00:31Z");
    let again = change("yl-01", State::Up, None, "2026-11-01T00:00:31Z");
    for change in [&up, &dark, &again] {
        writer.record(Entry::Change(change.clone()));
    }
    let event = StateEvent {
        at: at("2026-11-01T00:00:31Z"),
        camera: camera("yl-01"),
        from: State::Unknown,
        to: State::Up,
        since: at("2026-11-01T00:00:30.25Z"),
        cause: None,
    };
    writer.record(Entry::State(event.clone()));
    writer.record(Entry::Incident(incident("2026-11-01T00:02:00Z", Phase::Open, &["yl-01"])));
    writer.record(Entry::Incident(incident("2026-11-01T00:03:00Z", Phase::Update, &["yl-01", "yl-02"])));
    let since = at("2026-11-01T00:00:31Z");
    let shared = KeptBox {
        port: None,
        standing: Standing::Rejected { since },
        proven: true,
        refused: vec![since],
        accepted_on: [80, 554].into(),
        refused_on: Some(554),
    };
    let own = KeptBox {
        port: Some(8000),
        standing: Standing::Locked { since, until: at("2026-11-01T00:40:00Z") },
        accepted_on: [].into(),
        refused_on: None,
        ..shared.clone()
    };
    let kept = Kept {
        account: AccountKey { host: "10.0.0.1".to_owned(), username: "monitor".to_owned() },
        fingerprint: "abc".to_owned(),
        credentials: [CredentialId::new("nvr").unwrap()].into(),
        boxes: vec![shared, own],
    };
    writer.record(Entry::Gate(GateChange::Keep(kept.clone())));
    writer.record(Entry::Alive(at("2026-11-01T00:03:00Z")));
    assert!(writer.flush_blocking());

    let reader = place.read();
    let month = (at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"));
    let read = reader.observations(&camera("yl-01"), month.0, month.1).unwrap();
    assert_eq!(read, lines.map(observation));
    assert_eq!(reader.changes(&camera("yl-01"), month.0, month.1).unwrap(), [up, dark, again.clone()]);
    assert_eq!(reader.changes(&camera("yl-02"), month.0, month.1).unwrap(), []);
    assert_eq!(reader.state_events(&camera("yl-01"), month.0, month.1).unwrap(), [event]);
    assert_eq!(reader.gate().unwrap(), std::slice::from_ref(&kept));
    assert_eq!(reader.first_observation(&camera("yl-01")).unwrap(), Some(at("2026-11-01T00:00:30.25Z")));
    let hours = reader.hours(&camera("yl-01"), month.0, month.1).unwrap();
    assert_eq!(hours.iter().map(|h| (h.from, h.probes, h.ok, h.failures)).collect::<Vec<_>>(), [(month.0, 4, 3, 1)]);
    let stream = reader.metadata().unwrap()[&camera("yl-01")].stream.clone().unwrap();
    assert_eq!((stream.codec.as_deref(), stream.width), (Some("h264"), Some(1920)));
    let resume = reader.resume().unwrap();
    assert_eq!(resume.last_alive, Some(at("2026-11-01T00:03:00Z")));
    assert_eq!(resume.cameras, [again]);
    assert_eq!(resume.incidents.len(), 1);
    assert_eq!(resume.incidents[0].opened_at, at("2026-11-01T00:02:00Z"));
    assert_eq!(resume.incidents[0].cameras, [camera("yl-01"), camera("yl-02")]);

    writer.record(Entry::Incident(incident("2026-11-01T00:05:00Z", Phase::Close, &["yl-01"])));
    writer.record(Entry::Gate(GateChange::Forget { account: kept.account, fingerprint: kept.fingerprint }));
    assert!(writer.flush_blocking());
    assert_eq!(reader.open_incidents().unwrap(), []);
    assert_eq!(reader.incidents(month.0, month.1).unwrap()[0].closed_at, Some(at("2026-11-01T00:05:00Z")));
    assert_eq!(reader.gate().unwrap(), []);
    reader.check_integrity().unwrap();
}

#[test]
fn only_the_last_change_before_a_span_and_those_within_it_bear_on_it() {
    let place = Place::new();
    let writer = place.write();
    let all: Vec<Change> = (1..=6)
        .map(|minute| change("a", State::Up, None, &format!("2026-11-01T00:0{minute}:00Z")))
        .chain([change("b", State::Dark, Some(Cause::Refused), "2026-11-01T00:03:30Z")])
        .collect();
    for change in &all {
        writer.record(Entry::Change(change.clone()));
    }
    drop(writer);
    let reader = place.read();
    let read = |from, to| reader.changes(&camera("a"), at(from), at(to)).unwrap();
    assert_eq!(read("2026-11-01T00:02:30Z", "2026-11-01T00:04:00Z"), all[1..3]);
    assert_eq!(read("2026-11-01T00:03:00Z", "2026-11-01T00:04:00Z"), all[2..3]);
    assert_eq!(read("2026-11-01T00:00:00Z", "2026-11-01T00:02:00Z"), all[..1]);
    assert_eq!(read("2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"), all[5..6]);
    assert_eq!(read("2026-10-02T00:00:00Z", "2026-10-03T00:00:00Z"), []);
}

#[test]
fn each_run_is_a_span_so_that_the_gap_between_two_is_provable() {
    let place = Place::new();
    let writer = place.write();
    writer.record(Entry::Observation(observation(r#"{"at":"2026-11-01T00:00:00Z","reference":"ok"}"#)));
    writer.record(Entry::Alive(at("2026-11-01T00:00:10Z")));
    assert!(writer.flush_blocking());
    writer.record(Entry::Alive(at("2026-11-01T00:00:09Z")));
    drop(writer);
    let writer = place.write();
    // What a restart says of the time before it begins nothing.
    writer.record(Entry::Change(change("a", State::Unknown, Some(Cause::MonitorDown), "2026-11-01T00:00:10Z")));
    writer.record(Entry::Alive(at("2026-11-01T01:00:00Z")));
    assert!(writer.flush_blocking());
    writer.record(Entry::Alive(at("2026-11-01T01:00:01Z")));
    drop(writer);
    let reader = place.read();
    let spans = [
        AliveSpan { from: at("2026-11-01T00:00:00Z"), to: at("2026-11-01T00:00:10Z") },
        AliveSpan { from: at("2026-11-01T01:00:00Z"), to: at("2026-11-01T01:00:01Z") },
    ];
    assert_eq!(reader.alive_spans(at("2026-11-01T00:00:00Z"), at("2026-11-02T00:00:00Z")).unwrap(), spans);
    assert_eq!(reader.alive_spans(at("2026-11-01T00:30:00Z"), at("2026-11-02T00:00:00Z")).unwrap(), spans[1..]);
    let extent = AliveSpan { from: spans[0].from, to: spans[1].to };
    assert_eq!(reader.extent().unwrap(), Some(extent));
}

#[test]
fn a_second_writer_is_told_who_has_the_record() {
    let place = Place::new();
    let writer = place.write();
    let second = Writer::open(&place.path(), DAY, Arc::new(Telemetry::new()));
    let Err(error @ StoreError::Locked { .. }) = second else { panic!("two writers") };
    assert!(error.to_string().contains(&format!("(process {})", std::process::id())), "{error}");
    drop(writer);
    place.write();
}

#[test]
fn the_record_is_for_its_owner_only() {
    let place = Place::new();
    let writer = place.write();
    writer.record(Entry::Alive(at("2026-11-01T00:00:00Z")));
    assert!(writer.flush_blocking());
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place.path().parent().unwrap()), 0o700);
    for file in std::fs::read_dir(place.path().parent().unwrap()).unwrap() {
        let file = file.unwrap().path();
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn a_missing_foreign_newer_or_damaged_record_is_said_and_left_as_it_is() {
    let place = Place::new();
    assert!(matches!(Reader::open(&place.path()), Err(StoreError::Missing { .. })));
    let open = |path: &Path| Writer::open(path, DAY, Arc::new(Telemetry::new())).map(drop).unwrap_err();

    std::fs::create_dir(place.path().parent().unwrap()).unwrap();
    let foreign = place.directory.path().join("data/foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert!(matches!(open(&foreign), StoreError::Foreign { .. }));
    let text = place.directory.path().join("data/text.db");
    std::fs::write(&text, "not a database, but text long enough to be looked at as the header of one. ".repeat(9))
        .unwrap();
    assert!(matches!(open(&text), StoreError::Foreign { .. }));
    assert!(matches!(Reader::open(&text), Err(StoreError::Foreign { .. })));

    let newer = place.directory.path().join("data/newer.db");
    drop(Writer::open(&newer, DAY, Arc::new(Telemetry::new())).unwrap());
    rusqlite::Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let StoreError::TooNew { found: 99, .. } = open(&newer) else { panic!("a newer record was opened") };
    assert!(matches!(Reader::open(&newer), Err(StoreError::TooNew { .. })));

    let writer = place.write();
    for n in 0..2_000 {
        let state = if n % 2 == 0 { State::Up } else { State::Dark };
        let since = format!("2026-11-01T{:02}:{:02}:00Z", n / 60 % 24, n % 60);
        writer.record(Entry::Change(change(&format!("camera-{n}"), state, None, &since)));
    }
    drop(writer);
    let mut bytes = std::fs::read(place.path()).unwrap();
    let half = bytes.len() / 2;
    bytes[4096..half].fill(0x55);
    std::fs::write(place.path(), &bytes).unwrap();
    let error = open(&place.path());
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("move it away"), "{error}");
    assert_eq!(std::fs::read(place.path()).unwrap(), bytes, "it was left as it is");
}

#[test]
fn raw_observations_are_pruned_and_what_was_counted_of_them_is_kept() {
    let place = Place::new();
    let writer = Writer::open(&place.path(), 2 * DAY, Arc::new(Telemetry::new())).unwrap();
    let begin = at("2026-11-01T00:00:00Z");
    for hour in 0..24 * 10 {
        let moment = begin + jiff::SignedDuration::from_hours(hour);
        let line = format!(r#"{{"at":"{moment}","camera":"a","outcome":"ok","depth":"frame"}}"#);
        writer.record(Entry::Observation(observation(&line)));
        writer.record(Entry::Observation(observation(&format!(r#"{{"at":"{moment}","reference":"ok"}}"#))));
        writer.record(Entry::Alive(moment));
    }
    assert!(writer.flush_blocking());
    writer.record(Entry::Alive(begin + jiff::SignedDuration::from_hours(24 * 10)));
    drop(writer);
    let reader = place.read();
    let end = begin + jiff::SignedDuration::from_hours(24 * 20);
    assert_eq!(reader.observations(&camera("a"), begin, end).unwrap().len(), 48);
    assert_eq!(reader.hours(&camera("a"), begin, end).unwrap().len(), 240);
    assert_eq!(reader.first_observation(&camera("a")).unwrap(), Some(begin));
    let looks: i64 = rusqlite::Connection::open(place.path())
        .unwrap()
        .query_row("SELECT count(*) FROM look", [], |row| row.get(0))
        .unwrap();
    assert_eq!(looks, 48);
}

#[test]
fn maintenance_is_added_and_ended_beside_a_running_writer() {
    let place = Place::new();
    let writer = place.write();
    let reader = place.read();
    let before = reader.maintenance_version().unwrap();
    let window = |from, to| Maintenance {
        scope: Scope::Site(SiteId::new("yen-lenh").unwrap()),
        from: at(from),
        to: at(to),
        reason: "Thay cáp quang".to_owned(),
    };
    let now = at("2026-11-05T02:00:00Z");
    let running = window("2026-11-05T01:00:00Z", "2026-11-05T04:00:00Z");
    let first = maintenance::add(&place.path(), &running, now).unwrap();
    let planned = window("2026-11-06T01:00:00Z", "2026-11-06T04:00:00Z");
    let second = maintenance::add(&place.path(), &planned, now).unwrap();
    assert!(reader.maintenance_version().unwrap() > before);
    let listed = reader.maintenance().unwrap();
    assert_eq!(listed.iter().map(|m| m.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(listed[0].window, running);
    writer.record(Entry::Alive(now));
    assert!(writer.flush_blocking(), "the daemon writes on");

    assert_eq!(maintenance::end(&place.path(), first, now).unwrap().unwrap().window.to, now);
    let called_off = maintenance::end(&place.path(), second, now).unwrap().unwrap();
    assert_eq!(called_off.window.to, called_off.window.from);
    assert_eq!(maintenance::end(&place.path(), 99, now).unwrap(), None);
    let ended = Maintenance { to: now, ..running };
    assert_eq!(reader.maintenance().unwrap().into_iter().map(|m| m.window).collect::<Vec<_>>(), [ended]);
    let later = at("2026-11-05T03:00:00Z");
    assert_eq!(maintenance::end(&place.path(), first, later).unwrap().unwrap().window.to, now, "over is over");
}

#[test]
fn the_salt_is_the_same_as_long_as_the_record_lives() {
    let (one, other) = (Place::new(), Place::new());
    drop(one.write());
    drop(other.write());
    let salt = one.read().salt().unwrap();
    drop(one.write());
    assert_eq!(one.read().salt().unwrap(), salt);
    assert_ne!(other.read().salt().unwrap(), salt);
}

#[test]
fn what_recorders_said_of_a_camera_outlives_the_raw_observation() {
    let place = Place::new();
    let writer = Writer::open(&place.path(), DAY, Arc::new(Telemetry::new())).unwrap();
    for line in [
        r#"{"at":"2026-11-01T02:00:00Z","recorder":"r","outcome":"ok","recordings":[{"camera":"a","oldest":"2026-10-02T00:00:00Z","newest":"2026-11-01T01:59:00Z","gap_days":["2026-10-17"]}]}"#,
        r#"{"at":"2026-11-02T02:00:00Z","recorder":"r","outcome":"ok","recordings":[{"camera":"a","newest":"2026-11-02T01:59:00Z"}]}"#,
        r#"{"at":"2026-11-20T02:00:00Z","reference":"ok"}"#,
    ] {
        writer.record(Entry::Observation(observation(line)));
    }
    writer.record(Entry::Alive(at("2026-11-20T02:00:00Z")));
    drop(writer);
    let seen = place
        .read()
        .last_recording(&camera("a"), at("2026-10-01T00:00:00Z"), at("2026-12-01T00:00:00Z"))
        .unwrap()
        .unwrap();
    assert_eq!(seen.at, at("2026-11-02T02:00:00Z"));
    let said = seen.recording;
    assert_eq!(said.oldest, Some(at("2026-10-02T00:00:00Z")), "a poll that did not look says nothing");
    assert_eq!(said.newest, Some(at("2026-11-02T01:59:00Z")));
    assert_eq!(said.gap_days, Some(vec!["2026-10-17".parse().unwrap()]));
}

#[test]
fn a_recording_is_kept_whole_each_field_as_it_was_last_said_within_a_day_and_over_days() {
    let place = Place::new();
    let writer = place.write();
    for line in [
        r#"{"at":"2026-11-01T02:00:00Z","recorder":"r","outcome":"ok","clock_offset_seconds":1.5,"recordings":[{"camera":"a","oldest":"2026-10-02T00:00:00Z","newest":"2026-11-01T01:59:00Z","gap_days":["2026-10-17"],"unknown_days":["2026-10-18"],"held_from":"2026-10-10","mode":"event","recording":true}]}"#,
        r#"{"at":"2026-11-01T02:15:00Z","recorder":"r","outcome":"ok","recordings":[{"camera":"a","recording":false}]}"#,
        r#"{"at":"2026-11-02T02:00:00Z","recorder":"r","outcome":"ok","clock_offset_seconds":-3.0,"recordings":[{"camera":"a","gap_days":[]}]}"#,
        r#"{"at":"2026-11-03T02:00:00Z","recorder":"r","outcome":"reset"}"#,
    ] {
        writer.record(Entry::Observation(observation(line)));
    }
    drop(writer);
    let reader = place.read();
    let (from, first_day) = (at("2026-10-01T00:00:00Z"), at("2026-11-02T00:00:00Z"));
    let seen = reader.last_recording(&camera("a"), from, first_day).unwrap().unwrap();
    assert_eq!(
        serde_json::to_string(&seen.recording).unwrap(),
        r#"{"camera":"a","oldest":"2026-10-02T00:00:00Z","newest":"2026-11-01T01:59:00Z","gap_days":["2026-10-17"],"unknown_days":["2026-10-18"],"held_from":"2026-10-10","mode":"event","recording":false}"#
    );
    assert_eq!(seen.freshness.newest, Some((at("2026-11-01T02:00:00Z"), at("2026-11-01T01:59:00Z"))));
    assert_eq!(seen.freshness.flag, Some((at("2026-11-01T02:15:00Z"), false)));
    let later = reader.last_recording(&camera("a"), from, at("2026-12-01T00:00:00Z")).unwrap().unwrap();
    assert_eq!(
        serde_json::to_string(&later.recording).unwrap(),
        r#"{"camera":"a","oldest":"2026-10-02T00:00:00Z","newest":"2026-11-01T01:59:00Z","gap_days":[],"mode":"event","recording":false}"#,
        "what is unknown of the days is told together with the gaps"
    );
    let recorder = RecorderId::new("r").unwrap();
    assert_eq!(reader.last_clock_offset(&recorder, from, first_day).unwrap(), Some(1.5));
    assert_eq!(reader.last_clock_offset(&recorder, from, at("2026-12-01T00:00:00Z")).unwrap(), Some(-3.0));
    let spans = reader.spans(&camera("a"), from, at("2026-12-01T00:00:00Z")).unwrap();
    assert_eq!(spans, [(at("2026-11-01T02:15:00Z"), SignedDuration::from_mins(30 * 24 * 60 + 135))]);
}

#[test]
fn a_recorder_is_known_again_after_a_restart_by_what_it_last_said_it_is() {
    let place = Place::new();
    let recorder = RecorderId::new("r").unwrap();
    let writer = place.write();
    assert_eq!(place.read().recorder(&recorder).unwrap(), None);
    for line in [
        r#"{"at":"2026-11-01T02:00:00Z","recorder":"r","outcome":"ok","device":{"vendor":"Hikvision","model":"DS-7608","serial":"A1"}}"#,
        r#"{"at":"2026-11-01T02:15:00Z","recorder":"r","outcome":"ok","device":{"serial":"B2","firmware":"V4.62"}}"#,
        r#"{"at":"2026-11-01T02:30:00Z","recorder":"r","outcome":"connect_timeout"}"#,
    ] {
        writer.record(Entry::Observation(observation(line)));
    }
    writer.record(Entry::Recorder { recorder: recorder.clone(), memory: r#"{"search":2}"#.to_owned() });
    drop(writer);
    let row = place.read().recorder(&recorder).unwrap().unwrap();
    assert_eq!(
        serde_json::to_string(&row.device).unwrap(),
        r#"{"vendor":"Hikvision","model":"DS-7608","firmware":"V4.62","serial":"B2"}"#
    );
    assert_eq!(row.memory.as_deref(), Some(r#"{"search":2}"#));
    assert_eq!(row.last_poll, Some(at("2026-11-01T02:30:00Z")));
    assert_eq!(row.last_ok, Some(at("2026-11-01T02:15:00Z")));
}

#[test]
fn a_day_that_was_held_is_never_forgotten_for_having_been_overwritten() {
    let days = |days: &[&str]| -> BTreeSet<Date> { days.iter().map(|day| day.parse().unwrap()).collect() };
    let look = |held: &[&str], looked_at: &[&str]| Entry::Presence {
        camera: camera("a"),
        days: days(held),
        looked_at: days(looked_at),
    };
    let place = Place::new();
    let writer = place.write();
    writer.record(Entry::Alive(at("2026-11-05T02:00:00Z")));
    writer.record(look(
        &["2024-01-01", "2026-11-01", "2026-11-03"],
        &["2024-01-01", "2026-11-01", "2026-11-02", "2026-11-03"],
    ));
    writer.record(look(&["2026-11-04"], &["2026-11-03", "2026-11-04"]));
    drop(writer);
    let presence = place.read().presence(&camera("a")).unwrap();
    assert_eq!(presence.present, days(&["2026-11-01", "2026-11-03", "2026-11-04"]), "and nothing of years ago");
    assert_eq!(presence.looked_at, days(&["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"]));
    assert_eq!(presence.lost, days(&["2026-11-03"]));
    let mut same = Presence::default();
    same.look(&days(&["2026-11-01", "2026-11-03"]), &days(&["2026-11-01", "2026-11-02", "2026-11-03"]));
    same.look(&days(&["2026-11-04"]), &days(&["2026-11-03", "2026-11-04"]));
    assert_eq!(presence, same, "the record and the arithmetic remember alike");
    assert_eq!(place.read().presence(&camera("b")).unwrap(), Presence::default());
}

#[tokio::test]
async fn a_flush_of_nothing_returns_at_once_and_async_code_may_wait() {
    let place = Place::new();
    let writer = place.write();
    assert!(writer.flush().await);
    writer.record(Entry::Alive(at("2026-11-01T00:00:00Z")));
    assert!(writer.flush().await);
    assert!(place.read().resume().unwrap().last_alive.is_some());
}
