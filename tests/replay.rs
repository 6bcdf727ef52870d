//! `camwatch replay` as an operator types it.

mod support;

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use support::CAMWATCH;
use tempfile::TempDir;

const CONFIG: &str = r#"
[daemon]
data_dir = "data"
timezone = "UTC"
inventory = []

[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[site]]
id = "yen-lenh"
commune = "moc-nam"
name = "Cầu Yên Lệnh"

[[camera]]
id = "yl-01"
site = "yen-lenh"
name = "Cầu Yên Lệnh, chiều đi Hưng Yên"
url = "rtsp://192.0.2.11/"
installed = 2026-01-01
"#;

const TRACE: &str = r#"{"at":"2026-11-01T00:00:00Z","camera":"yl-01","outcome":"ok","depth":"frame"}
{"at":"2026-11-01T00:00:30Z","camera":"yl-01","outcome":"connect_timeout","depth":"frame"}
{"at":"2026-11-01T00:00:45Z","camera":"yl-01","outcome":"connect_timeout","depth":"frame"}

{"at":"2026-11-01T00:01:00Z","camera":"yl-01","outcome":"reset","depth":"frame"}
{"at":"2026-11-01T00:01:30Z","camera":"yl-01","outcome":"ok","depth":"frame"}
{"at":"2026-11-01T00:02:00Z","camera":"yl-01","outcome":"ok","depth":"frame"}
"#;

const EVENTS: &str = r#"{"at":"2026-11-01T00:00:00Z","event":"state","camera":"yl-01","from":"unknown","to":"up","since":"2026-11-01T00:00:00Z","cause":null}
{"at":"2026-11-01T00:01:00Z","event":"state","camera":"yl-01","from":"up","to":"dark","since":"2026-11-01T00:00:30Z","cause":"connect_timeout"}
{"at":"2026-11-01T00:01:20Z","event":"incident","id":"20261101T000120Z-camera-yl-01","phase":"open","scope":"camera","subject":"yl-01","cause":"connect_timeout","cameras":["yl-01"],"since":"2026-11-01T00:00:30Z"}
{"at":"2026-11-01T00:02:00Z","event":"state","camera":"yl-01","from":"dark","to":"up","since":"2026-11-01T00:01:30Z","cause":null}
{"at":"2026-11-01T00:02:00Z","event":"incident","id":"20261101T000120Z-camera-yl-01","phase":"close","scope":"camera","subject":"yl-01","cause":"connect_timeout","cameras":["yl-01"],"since":"2026-11-01T00:00:30Z"}
"#;

struct Bench {
    dir: TempDir,
}

impl Bench {
    fn new(trace: &str) -> Self {
        let dir = TempDir::new().unwrap();
        std::fs::write(dir.path().join("camwatch.toml"), CONFIG).unwrap();
        std::fs::write(dir.path().join("trace.jsonl"), trace).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, observations: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(CAMWATCH);
        command.arg("replay").arg("--config").arg(self.path("camwatch.toml"));
        command.arg("--observations").arg(observations).args(more);
        command
    }

    fn replay(&self, more: &[&str]) -> Output {
        self.command(&self.path("trace.jsonl"), more).output().unwrap()
    }
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_events_of_a_trace_are_json_lines_the_same_each_time() {
    let bench = Bench::new(TRACE);
    for _ in 0..2 {
        let output = bench.replay(&[]);
        assert_eq!(out(&output), EVENTS, "{}", err(&output));
        assert_eq!(output.status.code(), Some(0));
    }
    assert!(!bench.path("data").exists(), "nothing is recorded unasked");
}

#[test]
fn a_dash_is_standard_input() {
    let bench = Bench::new("");
    let mut child = bench
        .command(Path::new("-"), &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(TRACE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(out(&output), EVENTS, "{}", err(&output));
}

#[test]
fn every_bad_line_is_named_and_nothing_is_judged() {
    let trace = concat!(
        r#"{"at":"2026-11-01T00:01:00Z","camera":"yl-01","outcome":"ok","depth":"frame"}"#,
        "\n",
        r#"{"at":"2026-11-01T00:01:01Z","camera":"yl-01","outcome":"fine","depth":"frame"}"#,
        "\n",
        r#"{"at":"2026-11-01T00:00:59Z","camera":"yl-01","outcome":"ok","depth":"frame"}"#,
        "\n",
        "not json\n",
    );
    let bench = Bench::new(trace);
    let output = bench.replay(&["--record"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(out(&output), "");
    let file = bench.path("trace.jsonl").display().to_string();
    let problems = err(&output);
    let lines: Vec<&str> = problems.lines().collect();
    assert_eq!(lines.len(), 3, "{problems}");
    assert!(lines[0].starts_with(&format!("{file}:2: unknown variant `fine`, expected one of `ok`")), "{problems}");
    assert_eq!(
        lines[1],
        format!(
            "{file}:3: 2026-11-01T00:00:59Z is before 2026-11-01T00:01:00Z of line 1, and observations stand in the order \
             of their time"
        )
    );
    assert!(lines[2].starts_with(&format!("{file}:4: ")), "{problems}");
    assert!(!bench.path("data").exists());
}

#[test]
fn a_missing_file_is_said_with_what_to_do() {
    let bench = Bench::new(TRACE);
    let output = bench.command(Path::new("/nonexistent/trace.jsonl"), &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).starts_with("/nonexistent/trace.jsonl: "), "{}", err(&output));
}

#[test]
fn what_the_inventory_lacks_is_passed_over_with_a_warning() {
    let bench = Bench::new(&TRACE.replace("yl-01", "yl-99"));
    let output = bench.replay(&[]);
    assert_eq!((out(&output).as_str(), output.status.code()), ("", Some(0)));
    assert!(err(&output).contains("camera yl-99"), "{}", err(&output));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::fmt::Write as _;
    let mut trace = String::new();
    for i in 0..20_000 {
        let (minute, second) = (i / 60 % 60, i % 60);
        let outcome = if i % 6 < 3 { "refused" } else { "ok" };
        writeln!(
            trace,
            r#"{{"at":"2026-11-01T{:02}:{minute:02}:{second:02}Z","camera":"yl-01","outcome":"{outcome}","depth":"frame"}}"#,
            i / 3600
        )
        .unwrap();
    }
    let bench = Bench::new(&trace);
    let mut child =
        bench.command(&bench.path("trace.jsonl"), &[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
}

#[test]
fn a_recorded_replay_begins_a_record_and_never_adds_to_one() {
    let bench = Bench::new(TRACE);
    let output = bench.replay(&["--record"]);
    assert_eq!(out(&output), EVENTS, "{}", err(&output));
    assert_eq!(output.status.code(), Some(0));

    let reader = camwatch::store::Reader::open(&bench.path("data/ledger.db")).unwrap();
    let moment = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
    let (from, to) = (moment("2026-11-01T00:00:00Z"), moment("2026-11-01T00:02:00Z"));
    let extent = reader.extent().unwrap().unwrap();
    assert_eq!((extent.from, extent.to), (from, to));
    let changes = reader.changes(&camwatch::inventory::CameraId::new("yl-01").unwrap(), from, to).unwrap();
    let states: Vec<(&str, String)> =
        changes.iter().map(|change| (change.state.as_str(), change.since.to_string())).collect();
    assert_eq!(
        states,
        [
            ("up", "2026-11-01T00:00:00Z".to_owned()),
            ("dark", "2026-11-01T00:00:30Z".to_owned()),
            ("up", "2026-11-01T00:01:30Z".to_owned()),
        ]
    );
    assert!(reader.open_incidents().unwrap().is_empty());
    drop(reader);

    let again = bench.replay(&["--record"]);
    assert_eq!((out(&again).as_str(), again.status.code()), ("", Some(2)));
    assert!(err(&again).contains("already holds what was judged up to 2026-11-01T00:02:00Z"), "{}", err(&again));
}

const ROSTER: &str = r#"
[[fund]]
id = "budget"
kind = "commune"
name = "Ngân sách"

[[channel]]
id = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/"

[[officer]]
id = "first"
name = "Trực ban"
channels = ["hook"]
addresses = { hook = "1" }

[[officer]]
id = "chief"
name = "Trưởng công an"
channels = ["hook"]
addresses = { hook = "2" }

[[duty]]
role = "officer"
scope = "commune"
id = "moc-nam"
week = [{ days = "mon-sun", from = "00:00", to = "24:00", officers = ["first"] }]
escalate = [{ after = "10m", officers = ["chief"] }]
"#;

#[test]
fn who_would_have_been_told_stands_after_the_incident_in_virtual_time() {
    let mut trace = String::new();
    for (time, outcome) in [
        ("00:00:00", "ok"),
        ("00:00:30", "connect_timeout"),
        ("00:00:45", "connect_timeout"),
        ("00:01:00", "connect_timeout"),
        ("00:02:00", "connect_timeout"),
    ] {
        write!(trace, r#"{{"at":"2026-11-01T{time}Z","camera":"yl-01","outcome":"{outcome}","depth":"frame"}}"#)
            .unwrap();
        trace += "\n";
    }
    for half_minute in 6..26 {
        let (minute, second) = (half_minute / 2, half_minute % 2 * 30);
        let outcome = if half_minute < 24 { "connect_timeout" } else { "ok" };
        write!(trace, r#"{{"at":"2026-11-01T00:{minute:02}:{second:02}Z","camera":"yl-01","outcome":"{outcome}","depth":"frame"}}"#).unwrap();
        trace += "\n";
    }
    let bench = Bench::new(&trace);
    let config = CONFIG.replace("installed", "fund = \"budget\"\ninstalled") + ROSTER;
    std::fs::write(bench.path("camwatch.toml"), config).unwrap();
    let output = bench.replay(&[]);
    let lines: Vec<String> = out(&output)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|line| line["event"] != "state")
        .map(|line| match line["event"].as_str().unwrap() {
            "page" => format!("{} {} {} {}", line["at"], line["officer"], line["channel"], line["reason"]),
            _ => format!("{} {}", line["at"], line["phase"]),
        })
        .map(|line| line.replace("2026-11-01T", "").replace('"', ""))
        .collect();
    assert_eq!(
        lines,
        [
            "00:01:20Z open",
            "00:01:20Z first hook open",
            "00:11:20Z chief hook escalation",
            "00:12:30Z close",
            "00:12:30Z chief hook close",
            "00:12:30Z first hook close",
        ],
        "{}",
        err(&output)
    );
}
