//! `camwatch report` and `camwatch maintenance` over records that a test writes.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use camwatch::config::Config;
use camwatch::inventory::CameraId;
use camwatch::judgement::Change;
use camwatch::observation::{Cause, State};
use camwatch::report::dossier::Day;
use camwatch::report::{Dossier, Selection};
use camwatch::snapshot::Window;
use camwatch::store::{Entry, Reader, Writer};
use camwatch::telemetry::Telemetry;
use jiff::Timestamp;
use serde_json::{Value, json};

const CONFIG: &str = r#"
[daemon]
data_dir = "data"
timezone = "Asia/Ho_Chi_Minh"

[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[site]]
id = "yen-lenh"
commune = "moc-nam"
village = "Yên Lệnh"
name = "Cầu Yên Lệnh"
retention = "30d"

[[site]]
id = "cho"
commune = "moc-nam"
name = "Chợ"

[[fund]]
id = "commune-2023"
kind = "commune"
name = "Ngân sách xã"

[[fund]]
id = "school"
kind = "school"
name = "Trường tiểu học"

[[camera]]
id = "yl-01"
site = "yen-lenh"
name = "Chiều đi Hưng Yên"
url = "rtsp://127.0.0.1:1/1"
funds = [{ id = "commune-2023", amount_vnd = 3 }, { id = "school", amount_vnd = 1 }]

[[camera]]
id = "yl-02"
site = "yen-lenh"
name = "Chiều về"
url = "rtsp://127.0.0.1:1/2"
fund = "commune-2023"
installed = 2026-10-11

[[camera]]
id = "cho-01"
site = "cho"
name = "Cổng chợ"
url = "rtsp://127.0.0.1:1/3"
fund = "school"
retired = 2026-09-01

[[maintenance]]
scope = "camera"
id = "yl-01"
from = 2026-10-05T00:00:00+07:00
to = 2026-10-06T00:00:00+07:00
reason = "Thay cáp quang"
"#;

const DAY: u64 = 86_400;

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("camwatch.toml"), CONFIG).unwrap();
        Self { directory }
    }

    fn config_path(&self) -> PathBuf {
        self.directory.path().join("camwatch.toml")
    }

    fn config(&self) -> Config {
        Config::load(&self.config_path()).unwrap()
    }

    fn writer(&self) -> Writer {
        Writer::open(&self.config().store.path, Duration::from_secs(DAY), Arc::new(Telemetry::new())).unwrap()
    }

    fn run(&self, command: &[&str], args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_camwatch"))
            .args(command)
            .arg("--config")
            .arg(self.config_path())
            .args(args)
            .env_remove("RUST_LOG")
            .output()
            .unwrap()
    }

    fn report(&self, args: &[&str]) -> Value {
        let output = self.run(&["report"], args);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// October: up from the first second to the 21st, dark from the 4th (inside maintenance on the 5th) to the 8th.
    fn october(&self) {
        let writer = self.writer();
        for entry in [
            alive("2026-10-01T00:00:00+07:00"),
            change("yl-01", State::Up, None, "2026-10-01T00:00:00.9+07:00"),
            change("yl-02", State::Up, None, "2026-10-01T00:00:00+07:00"),
            change("yl-01", State::Dark, Some(Cause::ConnectTimeout), "2026-10-04T00:00:00.5+07:00"),
            change("yl-01", State::Degraded, Some(Cause::Black), "2026-10-08T00:00:00+07:00"),
        ] {
            writer.record(entry);
        }
        assert!(writer.flush_blocking());
        writer.record(alive("2026-10-21T00:00:00.7+07:00"));
    }
}

fn change(camera: &str, state: State, cause: Option<Cause>, since: &str) -> Entry {
    Entry::Change(Change { camera: CameraId::new(camera).unwrap(), state, cause, since: since.parse().unwrap() })
}

fn alive(at: &str) -> Entry {
    Entry::Alive(at.parse().unwrap())
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What is read of these values when they were printed: this reader of JSON is off by the last bit of some numbers.
fn as_read(value: &Value) -> Value {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn group<'a>(report: &'a Value, kind: &str, id: &str) -> Option<&'a Value> {
    report["groups"].as_array().unwrap().iter().find(|group| group["kind"] == kind && group["id"] == id)
}

#[test]
fn a_months_seconds_add_up_and_a_groups_are_its_cameras() {
    let place = Place::new();
    place.october();
    let report = place.report(&["--month", "2026-10"]);
    assert_eq!(report["month"], "2026-10");
    assert_eq!(report["timezone"], "Asia/Ho_Chi_Minh");
    let cameras = report["cameras"].as_array().unwrap();
    assert_eq!(cameras.iter().map(|c| c["camera"].as_str().unwrap()).collect::<Vec<_>>(), ["cho-01", "yl-01", "yl-02"]);
    let up = 3 * DAY;
    let degraded = 13 * DAY;
    let dark = 3 * DAY;
    assert_eq!(
        cameras[1],
        as_read(&json!({
            "camera": "yl-01", "site": "yen-lenh", "commune": "moc-nam", "funds": ["commune-2023", "school"],
            "in_service_seconds": 31 * DAY, "up_seconds": up, "degraded_seconds": degraded, "dark_seconds": dark,
            "unknown_seconds": 11 * DAY, "maintenance_seconds": DAY,
            "signal_uptime_ratio": 16.0 / 19.0, "service_uptime_ratio": 3.0 / 19.0, "coverage_ratio": 19.0 / 30.0,
            "outages": [
                {"from": "2026-10-03T17:00:00Z", "to": "2026-10-04T17:00:00Z", "seconds": DAY, "cause": "connect_timeout"},
                {"from": "2026-10-05T17:00:00Z", "to": "2026-10-07T17:00:00Z", "seconds": 2 * DAY, "cause": "connect_timeout"},
            ],
            "retention": {"state": "unknown", "required_days": 30, "span_days": null, "held_days": null, "gap_days": []},
        }))
    );
    assert_eq!(cameras[2]["in_service_seconds"], 21 * DAY);
    assert_eq!(cameras[2]["up_seconds"], 10 * DAY);
    assert_eq!(cameras[0]["in_service_seconds"], 0, "retired before the month");
    assert_eq!(cameras[0]["signal_uptime_ratio"], Value::Null);
    let site = group(&report, "site", "yen-lenh").unwrap();
    assert_eq!(site["cameras"], 2);
    assert_eq!(site["up_seconds"], 13 * DAY);
    assert_eq!(site["unknown_seconds"], 22 * DAY);
    assert_eq!(
        site["signal_uptime_ratio"],
        as_read(&json!(26.0 / 29.0)),
        "seconds over seconds, no average of averages"
    );
    assert_eq!(site["retention"]["judged_cameras"], 0);
    assert_eq!(group(&report, "village", "moc-nam/Yên Lệnh").unwrap()["up_seconds"], 13 * DAY);
    assert_eq!(group(&report, "fund", "school").unwrap()["dark_seconds"], dark);
    assert_eq!(group(&report, "commune", "moc-nam").unwrap()["dark_seconds"], dark);
    assert_eq!(group(&report, "all", "all").unwrap()["in_service_seconds"], 52 * DAY);
}

#[test]
fn a_months_days_its_causes_and_what_was_paid_add_up_and_a_part_is_what_would_be_made_of_it() {
    let place = Place::new();
    place.october();
    let config = place.config();
    let reader = Reader::open(&config.store.path).unwrap();
    let at = "2026-11-02T00:00:00Z".parse().unwrap();
    let month = "2026-10".parse().unwrap();
    let make = |selection: &Selection| {
        let mut steps = Vec::new();
        let made =
            Dossier::make(&config, &reader, month, selection, at, &mut |done, of| steps.push((done, of))).unwrap();
        assert_eq!(steps.last(), Some(&(made.cameras.len(), made.cameras.len())));
        made
    };
    let whole = make(&Selection::All);
    assert!(!whole.running);
    for camera in &whole.report.cameras {
        let notes = &whole.cameras[&camera.camera];
        assert_eq!(notes.days.len(), 31);
        let sum = |of: fn(&Day) -> u32| notes.days.iter().map(|day| u64::from(of(day))).sum::<u64>();
        assert_eq!(sum(|day| day.up), camera.figures.up_seconds);
        assert_eq!(sum(|day| day.degraded), camera.figures.degraded_seconds);
        assert_eq!(sum(|day| day.dark), camera.figures.dark_seconds);
        assert_eq!(sum(|day| day.unknown), camera.figures.unknown_seconds);
        assert_eq!(sum(|day| day.maintenance), camera.figures.maintenance_seconds);
        let by = notes.dark_by;
        assert_eq!(by.camera + by.line + by.recorder + by.unknown, camera.figures.dark_seconds);
    }
    let shares = &whole.cameras[&CameraId::new("yl-01").unwrap()].shares;
    assert_eq!(shares.iter().map(|share| share.amount_vnd).collect::<Vec<_>>(), [Some(3), Some(1)]);
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<Dossier>(&text).unwrap(), whole, "what is kept is what was made");
    for selection in [
        Selection::All,
        Selection::Fund("school".parse().unwrap()),
        Selection::Commune("moc-nam".parse().unwrap()),
        Selection::Site("cho".parse().unwrap()),
    ] {
        assert_eq!(whole.only(&selection).unwrap(), make(&selection), "{selection:?}");
    }
    assert!(whole.only(&Selection::Site("nowhere".parse().unwrap())).is_err());
}

#[test]
fn two_makings_of_a_report_differ_only_in_when_they_were_made() {
    let place = Place::new();
    place.october();
    let [mut one, mut other] = [place.report(&["--month", "2026-10"]), place.report(&["--month", "2026-10"])];
    assert!(one["generated_at"].is_string());
    one["generated_at"] = Value::Null;
    other["generated_at"] = Value::Null;
    assert_eq!(one, other);
}

#[test]
fn a_part_of_a_group_is_not_given_as_the_groups_figure() {
    let place = Place::new();
    place.october();
    let school = place.report(&["--month", "2026-10", "--fund", "school"]);
    let cameras: Vec<_> = school["cameras"].as_array().unwrap().iter().map(|c| c["camera"].clone()).collect();
    assert_eq!(cameras, ["cho-01", "yl-01"]);
    assert!(group(&school, "fund", "school").is_some());
    assert!(group(&school, "site", "cho").is_some());
    assert!(group(&school, "site", "yen-lenh").is_none(), "yl-02 is not in this report");
    assert!(group(&school, "fund", "commune-2023").is_none());
    assert_eq!(group(&school, "all", "all").unwrap()["cameras"], 2);
    let site = place.report(&["--month", "2026-10", "--site", "yen-lenh"]);
    assert!(group(&site, "village", "moc-nam/Yên Lệnh").is_some());
    assert!(group(&site, "commune", "moc-nam").is_none());
}

#[test]
fn a_month_of_which_nothing_was_observed_has_no_figures_rather_than_0_or_100_percent() {
    let place = Place::new();
    place.october();
    place.writer().record(alive("2026-12-05T00:00:00Z"));
    let report = place.report(&["--month", "2026-11"]);
    let camera = &report["cameras"][1];
    assert_eq!(camera["in_service_seconds"], 30 * DAY);
    assert_eq!(camera["signal_uptime_ratio"], Value::Null);
}

#[test]
fn a_month_that_has_not_begun_and_one_before_the_record_are_refused_and_it_is_said_what_there_is() {
    let place = Place::new();
    place.october();
    for (month, told) in [
        ("2025-01", "the record begins in 2026-10; nothing is known of 2025-01"),
        ("9000-01", "the month 9000-01 has not begun; it is 20"),
    ] {
        let output = place.run(&["report"], &["--month", month]);
        assert_eq!(output.status.code(), Some(2), "{month}: {}", stderr(&output));
        assert!(stderr(&output).contains(told), "{month}: {}", stderr(&output));
    }
}

#[test]
fn csv_has_one_row_a_camera_with_the_same_figures() {
    let place = Place::new();
    place.october();
    let output = place.run(&["report"], &["--month", "2026-10", "--format", "csv"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("the mark by which Excel knows UTF-8");
    assert!(text.starts_with("month,camera,site,"), "{text}");
    assert!(text.lines().count() == 4 && text.ends_with("\r\n"), "{text}");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let field = |row: usize, name: &str| rows[row][header.iter().position(|h| h == name).unwrap()].to_owned();
    assert_eq!(field(1, "camera"), "yl-01");
    assert_eq!(field(1, "funds"), "commune-2023 school");
    assert_eq!(field(1, "dark_seconds"), (3 * DAY).to_string());
    assert_eq!(field(1, "signal_uptime_ratio"), (16.0_f64 / 19.0).to_string());
    assert_eq!(
        field(1, "outages"),
        "2026-10-03T17:00:00Z/2026-10-04T17:00:00Z=connect_timeout 2026-10-05T17:00:00Z/2026-10-07T17:00:00Z=connect_timeout"
    );
    assert_eq!(field(0, "signal_uptime_ratio"), "");
}

#[test]
fn a_report_may_go_to_a_file_and_a_bad_question_says_what_is_expected() {
    let place = Place::new();
    let none = place.run(&["report"], &["--month", "2026-10"]);
    assert_eq!(none.status.code(), Some(3));
    assert!(stderr(&none).contains("there is no record at"), "{}", stderr(&none));
    place.october();
    let path = place.directory.path().join("october.json");
    let output = place.run(&["report"], &["--month", "2026-10", "--output", path.to_str().unwrap()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&path).unwrap()).unwrap()["month"], "2026-10");

    for (args, expected) in [
        (&["--month", "2026-13"][..], "YYYY-MM"),
        (&["--month", "2026-10", "--fund", "scool"], r#"no fund "scool" in the inventory, did you mean "school"?"#),
        (&["--month", "2026-10", "--site", "ch"], r#"no site "ch" in the inventory, did you mean "cho"?"#),
        (&["--month", "2026-10", "--commune", "zzz"], r#"expected "moc-nam""#),
        (&["--month", "2026-10", "--notice"], "--commune <ID>"),
        (&["--month", "2026-10", "--lang", "fr"], "possible values"),
        (&["--month", "2026-10", "--format", "word"], "possible values"),
        (&["--month", "2026-10", "--fund", "school", "--site", "cho"], "cannot be used with"),
        (&[], "--month"),
    ] {
        let output = place.run(&["report"], args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
    let elsewhere = place.run(&["report"], &["--month", "2026-10", "--output", "/nowhere/october.json"]);
    assert_eq!(elsewhere.status.code(), Some(3));
}

#[test]
fn recordings_are_judged_at_the_end_of_the_record_by_what_recorders_said() {
    let place = Place::new();
    let writer = place.writer();
    for line in [
        r#"{"at":"2026-10-20T02:00:00+07:00","recorder":"r","outcome":"ok","recordings":[{"camera":"yl-01","oldest":"2026-09-18T00:00:00+07:00","newest":"2026-10-20T01:59:00+07:00","gap_days":["2026-10-02","2026-09-01"]}]}"#,
        r#"{"at":"2026-10-20T23:55:00+07:00","recorder":"r","outcome":"ok","recordings":[{"camera":"yl-01","oldest":"2026-09-18T12:00:00+07:00","newest":"2026-10-20T23:54:00+07:00"},{"camera":"yl-02","oldest":"2026-10-12T00:00:00+07:00","newest":"2026-10-20T23:54:00+07:00","gap_days":[]}]}"#,
    ] {
        writer.record(Entry::Observation(serde_json::from_str(line).unwrap()));
    }
    writer.record(alive("2026-10-21T00:00:00+07:00"));
    drop(writer);
    let report = place.report(&["--month", "2026-10"]);
    // Of the 30 days, work was planned on the 5th: it is not expected.
    assert_eq!(
        report["cameras"][1]["retention"],
        json!({"state": "gaps", "required_days": 30, "span_days": 32.5, "held_days": 28, "gap_days": ["2026-10-02"]})
    );
    assert_eq!(
        report["cameras"][2]["retention"],
        json!({"state": "filling", "required_days": 30, "span_days": 9.0, "held_days": 9, "gap_days": []})
    );
    assert_eq!(
        group(&report, "site", "yen-lenh").unwrap()["retention"],
        json!({"compliant_cameras": 1, "judged_cameras": 2, "worst_camera": "yl-01", "worst_span_days": 32.5})
    );
    assert_eq!(place.report(&["--month", "2026-11"])["cameras"][1]["retention"]["state"], "unknown");
}

#[test]
fn maintenance_that_is_declared_late_counts_from_when_it_was() {
    let place = Place::new();
    place.october();
    let add = place.run(
        &["maintenance", "add"],
        &["--site", "yen-lenh", "--from", "2026-10-06T00:00", "--for", "1d", "--reason", "Thay nguồn"],
    );
    assert_eq!(add.status.code(), Some(0), "{}", stderr(&add));
    assert_eq!(String::from_utf8_lossy(&add.stdout), "1\n");
    let report = place.report(&["--month", "2026-10"]);
    assert_eq!(report["cameras"][1]["maintenance_seconds"], 2 * DAY);
    assert_eq!(report["cameras"][1]["dark_seconds"], 2 * DAY);
    let list = place.run(&["maintenance", "list"], &["--all"]);
    let text = String::from_utf8(list.stdout).unwrap();
    assert!(
        text.contains("1\tsite yen-lenh\t2026-10-06T00:00:00+07:00\t2026-10-07T00:00:00+07:00\tThay nguồn"),
        "{text}"
    );
    assert!(text.contains("configured\tcamera yl-01"), "{text}");
}

#[test]
fn maintenance_may_be_ended_and_a_bad_one_is_refused() {
    let place = Place::new();
    for (args, expected) in [
        (&["--camera", "yl-1", "--for", "1h", "--reason", "x"][..], r#"did you mean "yl-01"?"#),
        (&["--camera", "yl-01", "--for", "1 hour", "--reason", "x"], "is no duration"),
        (&["--camera", "yl-01", "--reason", "x"], "--to"),
        (&["--for", "1h", "--reason", "x"], "--camera"),
        (&["--camera", "yl-01", "--from", "tomorrow", "--for", "1h", "--reason", "x"], "2026-11-05T08:00"),
        (
            &["--camera", "yl-01", "--from", "2026-11-05T08:00", "--to", "2026-11-05T07:00", "--reason", "x"],
            "is not after",
        ),
    ] {
        let output = place.run(&["maintenance", "add"], args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(stderr(&output).contains(expected), "{args:?}: {}", stderr(&output));
    }
    assert!(!place.config().store.path.exists(), "a bad one begins no record");
    assert_eq!(place.run(&["maintenance", "end"], &["1"]).status.code(), Some(2));
    let add = place.run(&["maintenance", "add"], &["--camera", "yl-01", "--for", "1h", "--reason", "x"]);
    assert_eq!(String::from_utf8_lossy(&add.stdout), "1\n", "a record is begun where there is none: {}", stderr(&add));
    let writer = place.writer();
    let listed = |args| String::from_utf8(place.run(&["maintenance", "list"], args).stdout).unwrap();
    assert_eq!(listed(&[]).lines().count(), 1);
    assert_eq!(place.run(&["maintenance", "end"], &["1"]).status.code(), Some(0), "beside a running writer");
    assert_eq!(listed(&[]), "");
    assert_eq!(place.run(&["maintenance", "end"], &["7"]).status.code(), Some(2));
    drop(writer);
}

#[test]
fn the_last_day_week_and_month_are_told_for_cameras_sites_and_funds() {
    let place = Place::new();
    place.october();
    let config = place.config();
    let reader = Reader::open(&config.store.path).unwrap();
    let now: Timestamp = "2026-10-21T00:00:01+07:00".parse().unwrap();
    let windows = camwatch::report::windows(&config, &reader, now).unwrap();
    let camera = |id: &str, window| windows.cameras.get(&(CameraId::new(id).unwrap(), window)).copied();
    let day = camera("yl-01", Window::Day).unwrap();
    assert_eq!((day.degraded, day.in_service()), (DAY, DAY), "alive to now");
    let month = camera("yl-01", Window::Month).unwrap();
    assert_eq!(month.in_service(), 30 * DAY);
    assert_eq!((month.dark, month.maintenance), (3 * DAY, DAY));
    assert_eq!(month.unknown, 10 * DAY - 1);
    assert_eq!(camera("cho-01", Window::Day), None, "retired");
    assert!(camera("cho-01", Window::Month).is_none());
    let site = windows.sites.iter().find(|((site, window), _)| site.as_str() == "yen-lenh" && *window == Window::Day);
    assert_eq!(site.unwrap().1.in_service(), 2 * DAY);
    let fund = windows.funds.iter().find(|((fund, window), _)| fund.as_str() == "school" && *window == Window::Week);
    assert_eq!(fund.unwrap().1.degraded, 7 * DAY);
}
