//! Closing over a record that a test writes: what is kept, what a crash leaves behind, what is corrected.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::inventory::CameraId;
use crate::judgement::Change;
use crate::ledger::Tally;
use crate::observation::State;
use crate::report::{Asker, Report, Selection, Shown};
use crate::store::{Entry, Reader, Writer};
use crate::telemetry::Telemetry;

const DAY: u64 = 86_400;

const CONFIG: &str = r#"
[daemon]
data_dir = "data"

[report]
day = 2

[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[site]]
id = "yen-lenh"
commune = "moc-nam"
name = "Cầu Yên Lệnh"

[[fund]]
id = "school"
kind = "school"
name = "Trường tiểu học"

[[camera]]
id = "yl-01"
site = "yen-lenh"
name = "Chiều đi Hưng Yên"
url = "rtsp://127.0.0.1:1/1"
fund = "school"

[[camera]]
id = "yl-02"
site = "yen-lenh"
name = "Chiều về"
url = "rtsp://127.0.0.1:1/2"
"#;

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    /// A record from 21 August to the end of November, of two cameras that are up.
    fn new() -> Self {
        let this = Self { directory: tempfile::tempdir().unwrap() };
        this.record(&[
            alive("2026-08-21T00:00:00+07:00"),
            change("yl-01", State::Up, "2026-08-21T00:00:00+07:00"),
            change("yl-02", State::Up, "2026-08-21T00:00:00+07:00"),
            alive("2026-11-30T00:00:00+07:00"),
        ]);
        this
    }

    fn record(&self, entries: &[Entry]) {
        let config = self.config();
        fs::create_dir_all(&config.daemon.data_dir).unwrap();
        let telemetry = Arc::new(Telemetry::new());
        let writer = Writer::open(&config.store.path, Duration::from_hours(24), telemetry).unwrap();
        for entry in entries {
            writer.record(entry.clone());
        }
        assert!(writer.flush_blocking());
    }

    fn config(&self) -> Config {
        self.config_with("")
    }

    fn config_with(&self, more: &str) -> Config {
        Config::parse(&self.directory.path().join("camwatch.toml"), &format!("{CONFIG}{more}")).unwrap()
    }

    fn archive(&self) -> Archive {
        Archive::of(&self.config())
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.config().store.path).unwrap()
    }

    fn close(&self, now: &str) -> Vec<String> {
        let done = close_due(&self.config(), &self.reader(), at(now)).unwrap();
        done.closed.iter().map(|(month, _)| month.to_string()).collect()
    }

    fn file(&self, month: &str, name: &str) -> String {
        fs::read_to_string(self.directory.path().join("data/reports").join(month).join(name)).unwrap()
    }
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn month(month: &str) -> Month {
    month.parse().unwrap()
}

fn alive(time: &str) -> Entry {
    Entry::Alive(at(time))
}

fn change(camera: &str, state: State, since: &str) -> Entry {
    Entry::Change(Change { camera: CameraId::new(camera).unwrap(), state, cause: None, since: at(since) })
}

/// What `keep` leaves of a month, by name.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_month_is_closed_on_its_day_and_hour_and_once() {
    let place = Place::new();
    assert_eq!(place.close("2026-09-02T05:59:59+07:00"), [""; 0]);
    assert_eq!(place.close("2026-09-02T06:00:00+07:00"), ["2026-08"]);
    let kept = place.file("2026-08", "dossier.json");
    assert_eq!(place.close("2026-09-30T00:00:00+07:00"), [""; 0]);
    assert_eq!(place.file("2026-08", "dossier.json"), kept);
    assert_eq!(
        names(&place.directory.path().join("data/reports/2026-08")),
        ["amendments.json", "dossier.json", "figures.json", "figures.sha256", "sent.json"]
    );
    assert_eq!(place.close("2026-12-02T06:00:00+07:00"), ["2026-09", "2026-10", "2026-11"], "after any outage");
}

#[test]
fn the_hash_is_that_of_the_file_beside_it_and_knows_no_time() {
    let (one, other) = (Place::new(), Place::new());
    one.close("2026-09-02T06:00:00+07:00");
    other.close("2026-09-17T11:22:33+07:00");
    let figures = one.file("2026-08", "figures.json");
    assert_eq!(figures, other.file("2026-08", "figures.json"));
    assert!(figures.starts_with(r#"{"cameras":[{"camera":"yl-01","commune":"moc-nam","#), "{figures}");
    assert!(!figures.contains("generated_at") && !figures.contains(' ') && !figures.ends_with('\n'), "{figures}");
    let mut hash = canonical::Hash::default();
    hash.write_all(figures.as_bytes()).unwrap();
    assert_eq!(one.file("2026-08", "figures.sha256"), format!("{}  figures.json\n", hash.hex()));
    assert_ne!(one.file("2026-08", "dossier.json"), other.file("2026-08", "dossier.json"));

    // Written in parts, it is what the tree as a whole would be.
    let closed = one.archive().open(month("2026-08")).unwrap();
    let mut whole = serde_json::to_value(&closed.dossier.report).unwrap();
    whole.as_object_mut().unwrap().remove("generated_at");
    let mut at_once = Vec::new();
    canonical::write(&whole, &mut at_once).unwrap();
    assert_eq!(String::from_utf8(at_once).unwrap(), figures);
    // And reads back as the same figures.
    let mut read = whole;
    read["generated_at"] = serde_json::to_value(closed.dossier.report.generated_at).unwrap();
    assert_eq!(serde_json::from_value::<Report>(read).unwrap(), closed.dossier.report);
}

#[test]
fn what_a_crash_left_half_written_is_no_closed_month_and_is_done_again() {
    let place = Place::new();
    place.close("2026-09-02T06:00:00+07:00");
    let (root, whole) = (place.directory.path().join("data/reports"), place.file("2026-08", "figures.json"));
    let home = root.join("2026-08");
    let all = names(&home);
    for written in 0..all.len() {
        // It ended after so many files: under the name that is not a month's yet.
        fs::remove_dir_all(&home).unwrap();
        let part = root.join(".2026-08.part");
        fs::create_dir(&part).unwrap();
        for name in &all[..written] {
            fs::write(part.join(name), "{\"torn\":").unwrap();
        }
        assert!(!place.archive().holds(month("2026-08")));
        assert_eq!(place.archive().months().unwrap(), []);
        assert_eq!(place.close("2026-09-02T06:00:00+07:00"), ["2026-08"], "after {written} files");
        assert_eq!((names(&home), place.file("2026-08", "figures.json")), (all.clone(), whole.clone()));
        assert_eq!(names(&root), ["2026-08"]);
    }
    // Nor is one whose files somebody took away; what is left of it is not thrown away.
    fs::remove_file(home.join("dossier.json")).unwrap();
    assert_eq!(place.close("2026-09-02T06:00:00+07:00"), ["2026-08"]);
    assert_eq!(names(&root), ["2026-08", "2026-08.incomplete-1"]);
    assert_eq!(place.archive().months().unwrap(), [month("2026-08")]);
}

#[test]
fn a_closed_month_that_somebody_changed_is_told_and_not_shown() {
    let place = Place::new();
    place.close("2026-09-02T06:00:00+07:00");
    let path = place.directory.path().join("data/reports/2026-08/dossier.json");
    let text = fs::read_to_string(&path).unwrap().replace("\"unknown_seconds\":1728000", "\"unknown_seconds\":0");
    fs::write(&path, text).unwrap();
    let error = place.archive().open(month("2026-08")).unwrap_err();
    assert!(matches!(error, ReportError::Damaged { .. }), "{error}");
    fs::write(&path, "{").unwrap();
    assert!(matches!(place.archive().open(month("2026-08")).unwrap_err(), ReportError::Damaged { .. }));
}

#[test]
fn maintenance_that_is_declared_late_becomes_an_amendment_and_the_figures_stay() {
    let place = Place::new();
    place.close("2026-11-02T06:00:00+07:00");
    let (figures, hash) = (place.file("2026-10", "figures.json"), place.file("2026-10", "figures.sha256"));
    let late = place.config_with(
        "[[maintenance]]\nscope = \"camera\"\nid = \"yl-01\"\nfrom = 2026-10-05T00:00:00+07:00\n\
         to = 2026-10-06T00:00:00+07:00\nreason = \"Thay nguồn\"\n",
    );
    let shown =
        |asker, now| Shown::of(&late, month("2026-10"), &Selection::All, at(now), asker, &mut |_, _| {}).unwrap();
    let seen = shown(Asker::Anybody, "2026-11-09T00:00:00Z");
    assert_eq!(seen.closed.as_ref().unwrap().amendments, 1);
    assert_eq!(place.file("2026-10", "amendments.json"), "[]\n", "whoever looks changes nothing");

    let noted = shown(Asker::Daemon, "2026-11-10T00:00:00Z");
    let up = Tally { up: 31 * DAY, ..Tally::default() };
    let after = Tally { up: 30 * DAY, maintenance: DAY, ..Tally::default() };
    let amendment = Amendment {
        month: "2026-10".to_owned(),
        made_at: at("2026-11-10T00:00:00Z"),
        camera: CameraId::new("yl-01").unwrap(),
        before: up,
        after,
    };
    assert_eq!(noted.dossier.amendments, std::slice::from_ref(&amendment));
    assert_eq!(noted.dossier.report, seen.dossier.report);
    assert_eq!(shown(Asker::Daemon, "2026-11-11T00:00:00Z"), noted, "noted once");
    assert_eq!((place.file("2026-10", "figures.json"), place.file("2026-10", "figures.sha256")), (figures, hash));

    // Called off again: beside the first, not instead of it.
    let reader = place.reader();
    place.archive().amend(&place.config(), &reader, month("2026-10"), at("2026-11-12T00:00:00Z")).unwrap();
    let both = place.archive().open(month("2026-10")).unwrap().amendments;
    assert_eq!(both.len(), 2);
    assert_eq!((&both[0], both[1].before, both[1].after), (&amendment, after, up));

    // The next month's report tells both, and the one after that neither.
    let done = close_due(&place.config(), &reader, at("2026-12-02T06:00:00+07:00")).unwrap();
    assert_eq!((done.closed.len(), done.amendments), (1, 0));
    assert_eq!(place.archive().open(month("2026-11")).unwrap().dossier.amendments, both);
    close_due(&place.config(), &reader, at("2027-01-02T06:00:00+07:00")).unwrap();
    assert_eq!(place.archive().open(month("2026-12")).unwrap().dossier.amendments, []);
}

#[test]
fn a_retirement_that_is_set_right_is_an_amendment_and_a_camera_that_is_gone_is_none() {
    let place = Place::new();
    place.close("2026-11-02T06:00:00+07:00");
    let text = CONFIG.replace("name = \"Chiều về\"", "name = \"Chiều về\"\nretired = 2026-10-11").replace(
        "id = \"yl-01\"\nsite",
        "id = \"yl-09\"\nsite", // Another camera has come in the place of the first.
    );
    let config = Config::parse(&place.directory.path().join("camwatch.toml"), &text).unwrap();
    let found =
        place.archive().corrections(&config, &place.reader(), month("2026-10"), at("2026-11-10T00:00:00Z")).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].camera.as_str(), found[0].after.in_service()), ("yl-02", 10 * DAY));
}

#[test]
fn a_record_that_was_lost_corrects_nothing_and_the_month_is_still_shown() {
    let place = Place::new();
    place.close("2026-11-02T06:00:00+07:00");
    let store = place.config().store.path;
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(store.with_file_name(name));
    }
    let show = || {
        let now = at("2026-12-20T00:00:00Z");
        Shown::of(&place.config(), month("2026-10"), &Selection::All, now, Asker::Anybody, &mut |_, _| {}).unwrap()
    };
    assert_eq!(show().closed.unwrap().amendments, 0);
    place.record(&[alive("2026-12-01T00:00:00+07:00"), alive("2026-12-19T00:00:00+07:00")]);
    assert_eq!(show().closed.unwrap().amendments, 0, "a new record knows nothing of that month");
}

#[test]
fn of_months_long_past_only_the_last_is_to_be_sent_where_none_was_before() {
    let ended = |place: &Place, of: &str| place.archive().deliveries(month(of)).unwrap().ended.map(|ended| ended.why);
    let place = Place::new();
    place.close("2026-11-02T06:00:00+07:00");
    assert_eq!(ended(&place, "2026-08"), Some(Why::Before));
    assert_eq!((ended(&place, "2026-09"), ended(&place, "2026-10")), (Some(Why::Before), None));
    // From then on all are.
    place.close("2027-01-02T06:00:00+07:00");
    assert_eq!((ended(&place, "2026-11"), ended(&place, "2026-12")), (None, None));

    // Interrupted after the first, it goes on as it began.
    let place = Place::new();
    place.close("2026-11-02T06:00:00+07:00");
    for later in ["2026-09", "2026-10"] {
        fs::remove_dir_all(place.directory.path().join("data/reports").join(later)).unwrap();
    }
    assert_eq!(place.close("2026-11-02T06:00:00+07:00"), ["2026-09", "2026-10"]);
    assert_eq!((ended(&place, "2026-09"), ended(&place, "2026-10")), (Some(Why::Before), None));
}

#[test]
fn an_address_is_sent_a_report_until_that_came_to_an_end() {
    let mut deliveries = Deliveries::default();
    let (fund, now) = ("fund-school", at("2026-11-02T06:00:00+07:00"));
    assert!(deliveries.owes(fund, "a@x.vn"));
    deliveries.note(fund, "a@x.vn", Verdict::Later, "451".to_owned(), now);
    assert!(deliveries.owes(fund, "a@x.vn"));
    deliveries.note(fund, "a@x.vn", Verdict::Sent, "250".to_owned(), now);
    deliveries.note(fund, "b@x.vn", Verdict::Refused, "550".to_owned(), now);
    assert_eq!(deliveries.attempts(fund, "a@x.vn"), 2);
    assert!(!deliveries.owes(fund, "a@x.vn") && !deliveries.owes(fund, "b@x.vn"));
    assert!(deliveries.owes("commune-moc-nam", "a@x.vn") && deliveries.owes(fund, "c@x.vn"));
    deliveries.end(now, Why::Delivered);
    assert!(!deliveries.owes(fund, "c@x.vn"));
    let mut text = Vec::new();
    deliveries.write(&mut text).unwrap();
    assert!(!String::from_utf8(text.clone()).unwrap().contains('@'));
    assert_eq!(serde_json::from_slice::<Deliveries>(&text).unwrap(), deliveries);
}
