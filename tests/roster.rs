//! `camwatch roster` as an operator types it.

mod support;

use std::process::{Command, Output};

use support::CAMWATCH;
use tempfile::TempDir;

const CONFIG: &str = r#"
[daemon]
inventory = []

[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[site]]
id = "yen-lenh"
commune = "moc-nam"
name = "Cầu Yên Lệnh"

[[fund]]
id = "budget"
kind = "commune"
name = "Ngân sách"

[[camera]]
id = "yl-01"
site = "yen-lenh"
name = "Cầu Yên Lệnh"
url = "rtsp://192.0.2.11/"
fund = "budget"

[[channel]]
id = "hook"
kind = "webhook"
url = "http://127.0.0.1:9/"

[[channel]]
id = "second"
kind = "webhook"
url = "http://127.0.0.1:9/"

[[officer]]
id = "truc-ban-1"
name = "Trực ban 1"
channels = ["hook", "second"]
addresses = { hook = "1", second = "84900000001" }
quiet = "22:00-06:00"

[[officer]]
id = "truong"
name = "Trưởng công an xã"
channels = ["second"]
addresses = { second = "84900000002" }

[[duty]]
role = "officer"
scope = "commune"
id = "moc-nam"
week = [{ days = "mon-fri", from = "07:00", to = "24:00", officers = ["truc-ban-1", "truong"] }]
escalate = [{ after = "10m", officers = ["truong"] }]
"#;

fn roster(more: &[&str]) -> Output {
    let dir = TempDir::new().unwrap();
    let config = dir.path().join("camwatch.toml");
    std::fs::write(&config, CONFIG).unwrap();
    Command::new(CAMWATCH).arg("roster").arg("--config").arg(config).args(more).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn it_shows_who_is_told_in_what_order_by_which_channel_and_the_gaps_of_the_week() {
    let output = roster(&["--at", "2026-11-20T23:00"]);
    let expected = "\
On duty at Fri 2026-11-20 23:00

Xã Mộc Nam (moc-nam)
  officer, until Sat 2026-11-21 00:00
    1. Trực ban 1 (truc-ban-1) by hook, then second; warnings wait until Sat 2026-11-21 06:00
    2. Trưởng công an xã (truong) by second
    after 10m without an answer: Trưởng công an xã (truong) by second

Gaps of the coming 7 days
  officer  Sat 2026-11-21 00:00 to Mon 2026-11-23 07:00  Xã Mộc Nam (moc-nam)
  officer  Tue 2026-11-24 00:00 to Tue 2026-11-24 07:00  Xã Mộc Nam (moc-nam)
  officer  Wed 2026-11-25 00:00 to Wed 2026-11-25 07:00  Xã Mộc Nam (moc-nam)
  officer  Thu 2026-11-26 00:00 to Thu 2026-11-26 07:00  Xã Mộc Nam (moc-nam)
  officer  Fri 2026-11-27 00:00 to Fri 2026-11-27 07:00  Xã Mộc Nam (moc-nam)
";
    assert_eq!(out(&output), expected);
    assert_eq!(output.status.code(), Some(0));
    assert!(!out(&output).contains("8490"), "no phone number is printed");
}

#[test]
fn in_a_gap_it_says_who_is_told_instead() {
    let text = out(&roster(&["--at", "2026-11-21T12:00:00+07:00"]));
    assert!(text.contains("    nobody: those who follow are told at once\n"), "{text}");
}

#[test]
fn the_same_as_json() {
    let output = roster(&["--at", "2026-11-20T23:00", "--json"]);
    let sheet: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(sheet["at"], "2026-11-20T16:00:00Z");
    assert_eq!(sheet["duties"][0]["role"], "officer");
    assert_eq!(sheet["duties"][0]["officers"][0]["channels"], serde_json::json!(["hook", "second"]));
    assert_eq!(sheet["duties"][0]["escalate"][0]["after_seconds"], 600);
    assert_eq!(sheet["gaps"].as_array().unwrap().len(), 5);
    assert_eq!(sheet["gaps"][0]["commune"], "moc-nam");
}

#[test]
fn what_is_no_time_is_told() {
    let output = roster(&["--at", "tomorrow"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("expected a time such as"));
}
