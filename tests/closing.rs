//! Closing a month and sending its reports, as an operator sees it: the daemon, a mail server that we did not write, the
//! command line and the web.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use camwatch::config::Config;
use camwatch::inventory::CameraId;
use camwatch::judgement::Change;
use camwatch::ledger::Month;
use camwatch::observation::{Cause, State};
use camwatch::report::Report;
use camwatch::store::{Entry, Writer};
use camwatch::telemetry::Telemetry;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use support::{CAMWATCH, ConfigFile, Daemon, Process, camwatch, free_port, http_get, require, wait_until};

const DAY: i64 = 86_400;
const PATIENCE: Duration = Duration::from_secs(90);

/// A fund with two addresses, one of a commune's clerk, and two cameras that nobody answers for.
const INVENTORY: &str = r#"
[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[site]]
id = "yen-lenh"
commune = "moc-nam"
village = "Yên Lệnh"
name = "Cầu Yên Lệnh"

[[fund]]
id = "school"
kind = "school"
name = "Trường tiểu học Mộc Nam"
amount_vnd = 20000000
language = "en"
email = ["hieu-truong@school.example.vn", "ke-toan@school.example.vn"]

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
fund = "school"
"#;

/// The month before this one, in the daemon's time zone.
fn last_month() -> Month {
    Month::of(Timestamp::now(), &zone()).previous()
}

fn zone() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").expect("a time zone")
}

/// So many days into last month.
fn day(n: i64) -> Timestamp {
    Timestamp::from_second(last_month().span(&zone()).from + n * DAY).expect("a moment")
}

/// A record of last month: both cameras up, the first dark on its third day.
fn record(config: &ConfigFile, more: &[Entry]) {
    let store = Config::load(&config.path()).expect("a configuration").store.path;
    fs::create_dir_all(store.parent().expect("a directory")).expect("the data directory");
    let writer = Writer::open(&store, Duration::from_mins(1), Arc::new(Telemetry::new())).expect("a record");
    let entries = [
        Entry::Alive(day(0)),
        change("yl-01", State::Up, None, day(0)),
        change("yl-02", State::Up, None, day(0)),
        change("yl-01", State::Dark, Some(Cause::ConnectTimeout), day(2)),
        change("yl-01", State::Up, None, day(3)),
    ];
    for entry in entries.iter().chain(more) {
        writer.record(entry.clone());
    }
    assert!(writer.flush_blocking());
    writer.record(Entry::Alive(Timestamp::from_second(last_month().span(&zone()).to).expect("a moment")));
    assert!(writer.flush_blocking());
}

fn change(camera: &str, state: State, cause: Option<Cause>, since: Timestamp) -> Entry {
    Entry::Change(Change { camera: CameraId::new(camera).expect("an id"), state, cause, since })
}

/// `more` goes before the inventory; the month is due as soon as it is over.
fn config(more: &str) -> ConfigFile {
    let text = format!("[report]\nday = 1\nat = \"00:00\"\n{more}\n{INVENTORY}");
    let file = ConfigFile::new("interval = \"30s\"", &[], "");
    let bare = fs::read_to_string(file.path()).expect("the configuration");
    let head = bare.split("[[commune]]").next().expect("settings");
    fs::write(file.path(), format!("{head}{text}")).expect("writing the configuration");
    file
}

fn mail_channel(port: u16) -> String {
    format!(
        "email = [\"van-thu@mocnam.example.vn\"]\n[[channel]]\nid = \"mail\"\nkind = \"email\"\n\
         url = \"smtp://127.0.0.1:{port}\"\nstarttls = false\nfrom = \"camwatch@mocnam.example.vn\"\n"
    )
}

fn month_dir(config: &ConfigFile) -> PathBuf {
    config.dir().join("data/reports").join(last_month().to_string())
}

fn file(config: &ConfigFile, name: &str) -> String {
    let path = month_dir(config).join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn report(config: &ConfigFile, args: &[&str]) -> Output {
    let (path, month) = (config.path(), last_month().to_string());
    let all = ["report", "--config", path.to_str().expect("UTF-8"), "--month", &month];
    camwatch(all.iter().chain(args))
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A mail server that prints what it gets.
struct MailServer {
    _process: Process,
    out: PathBuf,
}

impl MailServer {
    fn start(program: &Path, port: u16, dir: &Path) -> Self {
        let out = dir.join("mails");
        let file = fs::File::options().create(true).append(true).open(&out).expect("a file");
        let mut command = Command::new("sh");
        // Its output goes to a file: a pipe that nobody reads would hold it up.
        command.arg("-c").arg("exec \"$0\" \"$@\" >> \"$OUT\" 2>&1").arg(program);
        command.args(["-n", "-l", &format!("127.0.0.1:{port}"), "-c", "aiosmtpd.handlers.Debugging", "stdout"]);
        command.env("PYTHONUNBUFFERED", "1").env("OUT", &out);
        drop(file);
        let process = Process::start(&mut command);
        wait_until("the mail server", PATIENCE, || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        Self { _process: process, out }
    }

    fn got(&self) -> String {
        fs::read_to_string(&self.out).expect("what it got")
    }
}

#[test]
fn a_month_is_closed_and_its_reports_reach_everybody_through_an_outage_of_the_mail_server_and_a_kill() {
    let Some(aiosmtpd) = require("aiosmtpd") else { return };
    let port = free_port();
    let config = config(&mail_channel(port));
    record(&config, &[]);

    // Nobody takes mail: the month is closed all the same, and everybody is still owed theirs.
    let mut daemon = Daemon::start(&config);
    wait_until("an attempt to send", PATIENCE, || {
        daemon.metric("camwatch_report_deliveries_total{result=\"later\"}").is_some_and(|n| n > 0.0)
    });
    assert_eq!(daemon.metric("camwatch_report_months_closed_total"), Some(1.0));
    wait_until("the count of who waits", PATIENCE, || daemon.metric("camwatch_report_deliveries_pending") == Some(3.0));
    daemon.process.signal(rustix::process::Signal::KILL);
    daemon.process.wait(PATIENCE);
    let log = daemon.process.stderr();
    assert!(log.contains("month closed") && log.contains("report not sent"), "{log}");
    assert!(!log.contains("hieu-truong@") && log.contains("h…@school.example.vn"), "{log}");
    let hash = file(&config, "figures.sha256");
    let checked = Command::new("sha256sum").arg("-c").arg("figures.sha256").current_dir(month_dir(&config)).output();
    if let Ok(checked) = checked {
        assert!(checked.status.success(), "{checked:?}");
    }

    // Killed between closing and sending, it sends when it runs again: once to each.
    let server = MailServer::start(&aiosmtpd, port, config.dir());
    let daemon = Daemon::start(&config);
    wait_until("all reports to be sent", PATIENCE, || {
        daemon.metric("camwatch_report_deliveries_total{result=\"sent\"}") == Some(3.0)
    });
    wait_until("the end of it", PATIENCE, || file(&config, "sent.json").contains("\"delivered\""));
    assert_eq!(daemon.metric("camwatch_report_deliveries_pending"), Some(0.0));
    assert_eq!(daemon.metric("camwatch_report_months_closed_total"), Some(0.0), "it was closed already");
    let got = server.got();
    let count = |text: &str| got.matches(text).count();
    for to in ["hieu-truong@school.example.vn", "ke-toan@school.example.vn", "van-thu@mocnam.example.vn"] {
        assert_eq!(count(&format!("To: {to}")), 1, "{to} in {got}");
    }
    assert_eq!(count("Content-Type: application/pdf"), 3, "{got}");
    // "%PDF-" as base64 begins.
    assert_eq!(count("\nJVBERi0"), 3, "{got}");
    let month = last_month();
    assert_eq!(count(&format!("filename=\"camwatch-{month}.pdf\"")), 3, "{got}");
    for name in ["fund-school.en.pdf", "commune-moc-nam.vi.pdf"] {
        let sent =
            fs::read(month_dir(&config).join(format!("camwatch-{month}-{name}"))).expect("what was sent is kept");
        assert!(sent.starts_with(b"%PDF-"), "{name}");
    }
    assert!(!file(&config, "sent.json").contains('@'));
    assert_eq!(file(&config, "figures.sha256"), hash);
}

#[test]
fn without_a_way_to_send_the_month_is_kept_and_work_declared_late_becomes_an_amendment() {
    let config = config("");
    record(&config, &[]);
    let open = report(&config, &["--format", "json"]);
    assert_eq!(open.status.code(), Some(0), "{}", stderr(&open));
    assert_eq!(stderr(&open), "", "an open month has nothing to be told");

    let daemon = Daemon::start(&config);
    wait_until("the month to be closed", PATIENCE, || month_dir(&config).join("sent.json").is_file());
    wait_until("the log to tell it", PATIENCE, || daemon.process.stderr().contains("no [[channel]] of kind email"));
    let (figures, hash) = (file(&config, "figures.json"), file(&config, "figures.sha256"));
    let closed = report(&config, &["--format", "json"]);
    let hex = hash.split(' ').next().expect("a hash");
    assert!(stderr(&closed).contains("is closed") && stderr(&closed).contains(hex), "{}", stderr(&closed));
    assert!(stderr(&closed).contains("without corrections since"), "{}", stderr(&closed));
    // When it was made is no part of it.
    let of_any_time = |json: &[u8]| {
        let mut value: Value = serde_json::from_slice(json).expect("JSON");
        value["generated_at"] = "1970-01-01T00:00:00Z".into();
        serde_json::from_value::<Report>(value).expect("a report")
    };
    assert_eq!(of_any_time(&closed.stdout), of_any_time(&open.stdout));
    assert_eq!(of_any_time(&closed.stdout), of_any_time(figures.as_bytes()));

    let local = |at: Timestamp| at.to_zoned(zone()).strftime("%Y-%m-%dT%H:%M").to_string();
    let path = config.path();
    let add = camwatch([
        "maintenance",
        "add",
        "--config",
        path.to_str().expect("UTF-8"),
        "--camera",
        "yl-01",
        "--from",
        &local(day(2)),
        "--to",
        &local(day(3)),
        "--reason",
        "Thay nguồn",
    ]);
    assert_eq!(add.status.code(), Some(0), "{}", stderr(&add));
    let again = report(&config, &["--format", "json"]);
    assert_eq!(again.stdout, closed.stdout, "a closed month never changes");
    assert!(stderr(&again).contains("with 1 correction since"), "{}", stderr(&again));
    assert_eq!(file(&config, "amendments.json"), "[]\n", "the command only shows");

    // The daemon writes it down when it is asked.
    let month = last_month();
    let asked: Value = serde_json::from_str(&daemon.get(&format!("/api/v1/reports/{month}"))).expect("JSON");
    assert_eq!(asked, serde_json::from_slice::<Value>(&closed.stdout).expect("JSON"));
    let amendments: Value = serde_json::from_str(&file(&config, "amendments.json")).expect("JSON");
    let one = &amendments.as_array().expect("a list")[0];
    assert_eq!(
        (&one["camera"], &one["before"]["dark"], &one["after"]["maintenance"]),
        (&"yl-01".into(), &DAY.into(), &DAY.into())
    );
    assert_eq!((file(&config, "figures.json"), file(&config, "figures.sha256")), (figures, hash.clone()));
    let index = daemon.get(&format!("/reports/{month}?lang=en"));
    assert!(index.contains(hex) && index.contains("Corrections since, one for each camera: 1."), "{index}");
}

#[test]
fn a_months_page_leads_to_every_report_and_what_is_not_there_says_why() {
    let config = config("");
    record(&config, &[]);
    let daemon = Daemon::start(&config);
    let month = last_month();
    let mut links = BTreeSet::new();
    for language in ["vi", "en", "ko"] {
        let index = daemon.get(&format!("/reports/{month}?lang={language}"));
        let here = index.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        links.extend(here.filter(|link| link.contains("format=")).map(|link| link.replace("&amp;", "&")));
    }
    // All, a fund, a commune twice, a site: in three languages three formats, and two without one.
    assert_eq!(links.len(), 5 * (3 * 3 + 2), "{links:?}");
    for link in links.iter().filter(|link| link.contains("html") || link.contains("json") || link.contains("csv")) {
        assert!(!daemon.get(link).is_empty(), "{link}");
    }
    for (link, begins) in [("format=pdf&fund=school", "%PDF-"), ("format=xlsx", "PK")] {
        let answer = raw_get(config.port, &format!("/reports/{month}?{link}"));
        let head = String::from_utf8_lossy(&answer).into_owned();
        assert!(
            head.contains("content-disposition: ") && head.contains(&format!("filename=\"camwatch-{month}-")),
            "{head}"
        );
        assert!(answer.windows(begins.len()).any(|window| window == begins.as_bytes()), "{link}");
    }
    for (path, status, why) in [
        ("october".to_owned(), 404, "YYYY-MM"),
        ("2199-01".to_owned(), 404, "has not begun"),
        ("2001-01".to_owned(), 404, "the record begins in"),
        (format!("{month}?format=word"), 400, "write one of pdf"),
        (format!("{month}?format=pdf&lang=fr"), 400, "write one of vi"),
        (format!("{month}?format=pdf&fund=scool"), 404, "school"),
        (format!("{month}?format=pdf&notice"), 400, "commune=ID"),
        (format!("{month}?format=pdf&fund=school&site=yen-lenh"), 400, "cannot be combined"),
    ] {
        let (got, body) = http_get(config.port, &format!("/reports/{path}")).expect("an answer");
        assert!(got == status && body.contains(why), "{path}: {got} {body}");
    }
    assert!(daemon.get("/").contains(&format!("/reports/{month}")));
}

fn raw_get(port: u16, path: &str) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the daemon");
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n").expect("asking");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    answer
}

#[test]
fn a_disk_that_is_full_leaves_the_old_report_and_no_half_of_a_new_one() {
    let config = config("");
    // Enough outages that the report is longer than the limit, and the record's own small files are not.
    let many: Vec<Entry> = (0..2000)
        .map(|n| {
            let since = Timestamp::from_second(day(5).as_second() + n * 60).expect("a moment");
            let (state, cause) = if n % 2 == 0 { (State::Dark, Some(Cause::Refused)) } else { (State::Up, None) };
            change("yl-02", state, cause, since)
        })
        .collect();
    record(&config, &many);
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("last.json");
    fs::write(&path, "the old one").expect("a file");
    let (month, config_path) = (last_month().to_string(), config.path());
    // The shell's limit is in blocks of 512 bytes or of 1,024.
    let full = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh", CAMWATCH, "report", "--config"])
        .arg(&config_path)
        .args(["--month", &month, "--output"])
        .arg(&path)
        .output()
        .expect("a shell");
    assert_eq!(full.status.code(), Some(3), "{}", stderr(&full));
    assert!(stderr(&full).contains(&format!("writing the report to {}", path.display())), "{}", stderr(&full));
    assert_eq!(fs::read_to_string(&path).expect("the old one"), "the old one");
    assert_eq!(fs::read_dir(directory.path()).expect("the directory").count(), 1, "no half of a file is left");

    let whole = report(&config, &["--output", path.to_str().expect("UTF-8")]);
    assert_eq!(whole.status.code(), Some(0), "{}", stderr(&whole));
    assert!(fs::metadata(&path).expect("the report").len() > 64 * 1024);
    for (format, device) in [("json", "/dev/full"), ("pdf", "/dev/full"), ("xlsx", "/dev/full")] {
        let full = report(&config, &["--format", format, "--output", device]);
        assert_eq!(full.status.code(), Some(3), "{format}: {}", stderr(&full));
        assert!(stderr(&full).contains("No space left"), "{format}: {}", stderr(&full));
    }
    let nowhere = report(&config, &["--output", "/nowhere/last.json"]);
    assert!(
        nowhere.status.code() == Some(3) && stderr(&nowhere).contains("/nowhere/last.json"),
        "{}",
        stderr(&nowhere)
    );
}

#[test]
fn each_edition_is_made_in_its_readers_language_and_a_file_of_no_text_is_not_for_a_terminal() {
    let config = config("");
    record(&config, &[]);
    let made = |args: &[&str]| {
        let output = report(&config, args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr(&output));
        output.stdout
    };
    let html = |args: &[&str]| String::from_utf8(made(&[args, &["--format", "html"]].concat())).expect("UTF-8");
    assert!(html(&["--fund", "school"]).contains("<html lang=\"en\""), "the fund's language");
    assert!(html(&["--commune", "moc-nam"]).contains("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"));
    assert!(!html(&["--commune", "moc-nam", "--notice"]).contains("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"));
    assert!(html(&["--site", "yen-lenh", "--lang", "ko"]).contains("<html lang=\"ko\""));
    assert!(made(&["--format", "pdf"]).starts_with(b"%PDF-"));
    assert!(made(&["--format", "xlsx"]).starts_with(b"PK"));
    let Some(script) = require("script") else { return };
    let month = last_month();
    let command = format!("{CAMWATCH} report --config {} --month {month} --format pdf", config.path().display());
    let on_terminal = Command::new(script).args(["-qec", &command, "/dev/null"]).output().expect("a terminal");
    let said = String::from_utf8_lossy(&on_terminal.stdout).into_owned();
    assert!(said.contains("write --output FILE"), "{said}");
}
