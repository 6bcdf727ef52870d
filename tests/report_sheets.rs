//! Workbooks and HTML pages as programs that are not ours read them.

mod samples;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use camwatch::inventory::Language;
use camwatch::report::document::Size;
use camwatch::report::{CameraFigures, Dossier, html, xlsx};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

const LANGUAGES: [(Language, &str); 3] =
    [(Language::Vietnamese, "vi"), (Language::English, "en"), (Language::Korean, "ko")];

const COUNT: &str = "#,##0";
const HOURS: &str = "#,##0.00";
const PERCENT: &str = "0.00%";

fn workbook(dossier: &Dossier, language: Language) -> Vec<u8> {
    let mut bytes = Vec::new();
    xlsx::write(dossier, language, &mut bytes).unwrap();
    bytes
}

/// Debian's Python with openpyxl, or `None` after saying that the test is skipped.
fn python_with_openpyxl() -> Option<PathBuf> {
    let python = support::require("/usr/bin/python3")?;
    let found = Command::new(&python).args(["-c", "import openpyxl"]).output().unwrap().status.success();
    if !found {
        support::skip("python3-openpyxl");
    }
    found.then_some(python)
}

fn read_back(python: &Path, bytes: &[u8]) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("month.xlsx");
    fs::write(&file, bytes).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/read_workbook.py");
    let output = Command::new(python).arg("-W").arg("error").arg(script).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn rows(book: &Value, sheet: usize) -> &Vec<Value> {
    book["sheets"][sheet]["rows"].as_array().unwrap()
}

fn count(n: u64) -> Value {
    json!(["n", n, COUNT])
}

#[expect(clippy::cast_precision_loss)]
fn percent(part: u64, whole: u64) -> Value {
    (part * 10_000).checked_div(whole).map_or(Value::Null, |floored| json!(["n", floored as f64 / 10_000.0, PERCENT]))
}

/// A text, or nothing where it is empty.
fn text(cell: &Value) -> Option<&str> {
    cell.as_array().map(|cell| {
        assert_eq!(cell[0], "s", "{cell:?}");
        cell[1].as_str().unwrap()
    })
}

fn local(at: Timestamp) -> String {
    TimeZone::get("Asia/Ho_Chi_Minh").unwrap().to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Numbers that are the same to the last digit that a person could care for.
#[track_caller]
fn same(cell: &Value, expected: &Value, of: &str) {
    match (cell[1].as_f64(), expected[1].as_f64()) {
        (Some(found), Some(wanted)) => {
            assert_eq!((&cell[0], &cell[2]), (&expected[0], &expected[2]), "{of}");
            assert!((found - wanted).abs() < 1e-9, "{of}: {found} is not {wanted}");
        }
        _ => assert_eq!(cell, expected, "{of}"),
    }
}

#[expect(clippy::cast_precision_loss)]
fn expected_figures(camera: &CameraFigures) -> Vec<Value> {
    let f = &camera.figures;
    let seen = f.up_seconds + f.degraded_seconds;
    let observed = seen + f.dark_seconds;
    let expected = f.in_service_seconds - f.maintenance_seconds;
    let mut cells = if observed * 100 >= expected * 95 {
        vec![percent(seen, observed), Value::Null, Value::Null, percent(f.up_seconds, observed)]
    } else {
        vec![Value::Null, percent(seen, expected), percent(seen + f.unknown_seconds, expected), Value::Null]
    };
    cells.push(percent(observed, expected));
    let seconds = [
        f.in_service_seconds,
        f.up_seconds,
        f.degraded_seconds,
        f.dark_seconds,
        f.unknown_seconds,
        f.maintenance_seconds,
    ];
    cells.extend(seconds.map(count));
    cells.extend(seconds.map(|seconds| json!(["n", seconds as f64 / 3600.0, HOURS])));
    cells
}

#[test]
fn the_workbook_says_cell_for_cell_what_the_dossier_says() {
    let Some(python) = python_with_openpyxl() else { return };
    let dossier = samples::dossier(60, 2);
    for (language, _) in LANGUAGES {
        let book = read_back(&python, &workbook(&dossier, language));
        assert_eq!(book["created"], "2026-11-02T01:00:00");
        let date = if language == Language::Vietnamese { "dd/mm/yyyy" } else { "yyyy-mm-dd" };
        let moment = format!("{date} hh:mm:ss");

        let cameras = &rows(&book, 2)[1..];
        assert_eq!(cameras.len(), dossier.report.cameras.len());
        for (row, camera) in cameras.iter().zip(&dossier.report.cameras) {
            let of = camera.camera.as_str();
            let notes = &dossier.cameras[&camera.camera];
            assert_eq!(text(&row[0]), Some(of));
            assert_eq!(row[7], json!(["d", format!("{}T00:00:00", notes.installed.unwrap()), date]), "{of}");
            for (column, expected) in (10..).zip(expected_figures(camera)) {
                same(&row[column], &expected, &format!("{of}, column {column}"));
            }
            let dark = (27..31).map(|column| row[column][1].as_u64().unwrap()).sum::<u64>();
            assert_eq!(dark, camera.figures.dark_seconds, "{of}");
            assert_eq!(row[31], count(camera.outages.len() as u64), "{of}");
            match camera.retention.span_days {
                Some(days) => same(&row[34], &json!(["n", days, "0.0"]), of),
                None => assert_eq!(row[34], Value::Null),
            }
        }

        let outages = &rows(&book, 3)[1..];
        let all: Vec<_> =
            dossier.report.cameras.iter().flat_map(|camera| camera.outages.iter().map(move |o| (camera, o))).collect();
        assert_eq!(outages.len(), all.len());
        for (row, (camera, outage)) in outages.iter().zip(all) {
            assert_eq!(text(&row[0]), Some(camera.camera.as_str()));
            assert_eq!(row[3], json!(["d", local(outage.from), moment]));
            assert_eq!(row[4], json!(["d", local(outage.to), moment]));
            assert_eq!(row[5], count(outage.seconds));
            assert_eq!(text(&row[7]).is_some(), outage.cause.is_some());
        }

        let groups = &rows(&book, 1)[1..];
        assert_eq!(groups.len(), dossier.report.groups.len());
        let whole = dossier.report.groups.iter().find(|group| group.id == "all").unwrap();
        assert_eq!(groups[0][3], count(whole.cameras), "the whole comes first");
        assert_eq!(groups[0][14], count(whole.figures.dark_seconds));

        let days = rows(&book, 5);
        assert_eq!(days[0][2], json!(["d", "2026-10-01T00:00:00", "dd"]));
        assert_eq!(days[0].as_array().unwrap().len(), 2 + 31);
        for (row, camera) in days[1..].iter().zip(&dossier.report.cameras) {
            for (cell, day) in row.as_array().unwrap()[2..].iter().zip(&dossier.cameras[&camera.camera].days) {
                let [up, degraded, dark, unknown, _] = <[u32; 5]>::from(*day).map(u64::from);
                let observed = up + degraded + dark;
                let enough = observed * 100 >= (observed + unknown) * 95;
                same(cell, &if enough { percent(up + degraded, observed) } else { Value::Null }, "a day");
            }
        }
        let amended = &rows(&book, 6)[1];
        assert_eq!(amended[0][1], "2026-09-01T00:00:00");
        assert_eq!([&amended[9], &amended[17]], [&count(90_000), &count(3_600)]);
    }
}

#[test]
fn sheets_have_a_head_that_stays_and_can_be_filtered() {
    let Some(python) = python_with_openpyxl() else { return };
    let book = read_back(&python, &workbook(&samples::dossier(5, 1), Language::English));
    let sheets = book["sheets"].as_array().unwrap();
    let names: Vec<_> = sheets.iter().map(|sheet| sheet["title"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["Summary", "Groups", "Cameras", "Outages", "Recordings", "Days", "Corrections", "How it is counted"]
    );
    for sheet in &sheets[1..7] {
        assert!(sheet["frozen"].as_str().is_some_and(|corner| corner.ends_with('2')), "{}", sheet["title"]);
        assert!(sheet["filter"].as_str().is_some_and(|range| range.starts_with("A1:")), "{}", sheet["title"]);
    }
}

#[test]
fn names_never_become_formulas_and_no_name_is_told_that_is_not_for_everybody() {
    let Some(python) = python_with_openpyxl() else { return };
    let dossier = samples::dossier(48, 1);
    for (language, _) in LANGUAGES {
        let book = read_back(&python, &workbook(&dossier, language));
        let mut texts = Vec::new();
        for sheet in book["sheets"].as_array().unwrap() {
            for cell in sheet["rows"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap()) {
                assert_ne!(cell[0], "f", "{cell} on {}", sheet["title"]);
                texts.extend(cell[1].as_str().filter(|_| cell[0] == "s").map(str::to_owned));
            }
        }
        for hostile in ["=cmd|' /C calc'!A0", "+84 912 345 678", "@SUM(A1:A9)", "=HYPERLINK(\"http://x\")"] {
            assert!(texts.iter().any(|text| text == hostile), "{hostile}");
        }
        assert!(
            !texts.iter().any(|text| text.contains("Nguyễn Văn A") || text.contains("ho-a")),
            "an unnamed household"
        );
        let kind = match language {
            Language::Vietnamese => "Hộ gia đình",
            Language::English => "A household",
            Language::Korean => "가구",
        };
        assert!(texts.iter().any(|text| text == kind));
        for (id, notes) in &dossier.cameras {
            let hidden = notes.private || notes.shares.iter().any(|share| share.fund.as_str() == "ho-a");
            let named = rows(&book, 2).iter().find(|row| row[0][1] == id.as_str()).unwrap()[1][1].as_str().unwrap();
            assert_eq!(named, if hidden { id.as_str() } else { &notes.name });
        }
    }
}

#[test]
fn the_same_dossier_makes_the_same_bytes() {
    let dossier = samples::dossier(20, 3);
    for (language, _) in LANGUAGES {
        assert!(workbook(&dossier, language) == workbook(&dossier, language));
        let page = |size| {
            let mut bytes = Vec::new();
            html::write(&samples::document(language, size, true, 20), &mut bytes).unwrap();
            bytes
        };
        assert!(page(Size::Body) == page(Size::Body));
    }
}

#[test]
fn a_month_without_cameras_is_a_workbook_too() {
    let Some(python) = python_with_openpyxl() else { return };
    let book = read_back(&python, &workbook(&samples::dossier(0, 0), Language::Korean));
    assert_eq!(book["sheets"].as_array().unwrap().len(), 8);
    assert_eq!(rows(&book, 2).len(), 1);
}

const INSIDE: &str = "CAMWATCH_TEST_INSIDE";

#[test]
fn no_room_for_temporary_files_is_an_error_that_says_where() {
    if std::env::var_os(INSIDE).is_some() {
        let mut bytes = Vec::new();
        let error = xlsx::write(&samples::dossier(200, 4), Language::English, &mut bytes).unwrap_err();
        assert!(bytes.is_empty());
        println!("refused: {error}");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    // A file may grow to 16 blocks of 512 bytes in there; what is more is refused, as on a full disk.
    let inside = |limit: &str| {
        let output = Command::new("sh")
            .args(["-c", &format!("trap '' XFSZ; {limit} exec \"$@\""), "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "no_room_for_temporary_files_is_an_error_that_says_where", "--nocapture"])
            .env(INSIDE, "1")
            .env("TMPDIR", directory.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"));
        said
    };
    let said = inside("ulimit -f 16;");
    let place = directory.path().display().to_string();
    assert!(said.contains(&place) && said.contains("File too large") && said.contains("TMPDIR"), "{said}");
    drop(fs::remove_dir_all(directory.path()));
    assert!(inside("").contains(&place), "a directory that is not there");
}

#[test]
fn pages_are_whole_fetch_nothing_and_tell_every_text() {
    let Some(python) = support::require("/usr/bin/python3") else { return };
    let directory = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/read_page.py");
    for (language, code) in LANGUAGES {
        for (size, administrative) in [(Size::Body, false), (Size::Body, true), (Size::Poster, false)] {
            let document = samples::document(language, size, administrative, 12);
            let file = directory.path().join("page.html");
            html::write(&document, &mut fs::File::create(&file).unwrap()).unwrap();
            let source = fs::read_to_string(&file).unwrap();
            assert!(!source.contains("http://") && !source.contains("https://"));
            let output = Command::new(&python).arg(&script).arg(&file).arg(code).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(said.starts_with("0\n"), "{said}");
            for told in [
                "<script>alert('x')</script> & \"x\"",
                "<script>alert(\"1\")</script> & 'Ngõ 5'",
                "Ngã ba Ỷ Lan, Ặ Ễ Ợ Ữ Ỵ ₫",
                "남향 주차장 뷁",
                &document.footer,
            ] {
                assert!(said.contains(told), "{told}");
            }
        }
    }
}
