//! A month's report in each format: seconds, peak memory, bytes.
//!
//! ```text
//! cargo bench --bench reports [-- --cameras 10000]
//! ```
//!
//! Writes a record of a whole month in which every camera goes dark and comes back twice a day, half of the times with an
//! incident, and runs `camwatch report` on it as a process of its own for each format.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camwatch::config::Config;
use camwatch::inventory::CameraId;
use camwatch::judgement::Change;
use camwatch::judgement::event::{IncidentEvent, IncidentScope, Phase};
use camwatch::observation::{Cause, State};
use camwatch::store::{Entry, Writer};
use camwatch::telemetry::Telemetry;
use jiff::{Timestamp, ToSpan as _};

/// Local midnight of 1 October 2026 in Viet Nam.
const MONTH_BEGINS: &str = "2026-09-30T17:00:00Z";
const DAYS: i64 = 31;
const CAMERAS_OF_A_SITE: usize = 8;
const SITES_OF_A_COMMUNE: usize = 10;

fn main() {
    let sizes = argument("--cameras").map_or_else(|| vec![32, 1000, 10_000], |cameras| vec![cameras]);
    println!("| cameras | record | format | seconds | peak RSS | bytes |");
    println!("|---|---|---|---|---|---|");
    for cameras in sizes {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let began = Instant::now();
        write_record(directory.path(), cameras);
        eprintln!("the record of {cameras} cameras was written in {:.1} s", began.elapsed().as_secs_f64());
        let record = std::fs::metadata(directory.path().join("data/ledger.db")).map_or(0, |file| file.len());
        for format in ["json", "csv", "html", "xlsx", "pdf"] {
            let output = directory.path().join(format!("report.{format}"));
            let (seconds, peak) = report(directory.path(), format, &output);
            let bytes = std::fs::metadata(&output).expect("the report").len();
            println!("| {cameras} | {} MB | {format} | {seconds:.2} | {peak} MB | {bytes} |", record / 1_000_000);
        }
    }
}

/// Seconds and the peak of memory (MB) of one making.
fn report(directory: &Path, format: &str, output: &Path) -> (f64, u64) {
    let began = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_camwatch"))
        .args(["report", "--month", "2026-10", "--lang", "vi", "--format", format, "--config"])
        .arg(directory.join("camwatch.toml"))
        .arg("--output")
        .arg(output)
        .spawn()
        .expect("camwatch");
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait().expect("waiting for camwatch") {
            assert!(status.success(), "{format}: {status}");
            return (began.elapsed().as_secs_f64(), peak / 1000);
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let high =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(high.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn write_record(directory: &Path, cameras: usize) {
    let mut text = String::from("[daemon]\ndata_dir = \"data\"\ntimezone = \"Asia/Ho_Chi_Minh\"\n");
    let sites = cameras.div_ceil(CAMERAS_OF_A_SITE);
    for commune in 0..sites.div_ceil(SITES_OF_A_COMMUNE) {
        let funds = format!(
            "[[fund]]\nid = \"f-{commune}\"\nkind = \"commune\"\nname = \"Ngân sách xã {commune}\"\namount_vnd = 500000000\n"
        );
        write!(text, "[[commune]]\nid = \"c-{commune}\"\nname = \"Xã số {commune}\"\nprovince = \"Hà Nam\"\n{funds}")
            .expect("memory");
    }
    for site in 0..sites {
        let commune = site / SITES_OF_A_COMMUNE;
        writeln!(
            text,
            "[[site]]\nid = \"s-{site}\"\ncommune = \"c-{commune}\"\nvillage = \"Thôn {}\"\nname = \"Cụm camera số {site}\"",
            site % SITES_OF_A_COMMUNE
        )
        .expect("memory");
    }
    for camera in 0..cameras {
        let site = camera / CAMERAS_OF_A_SITE;
        writeln!(
            text,
            "[[camera]]\nid = \"cam-{camera:05}\"\nsite = \"s-{site}\"\nname = \"Ngã tư đường số {camera}\"\n\
             url = \"rtsp://127.0.0.1:1/{camera}\"\nfund = \"f-{}\"",
            site / SITES_OF_A_COMMUNE
        )
        .expect("memory");
    }
    std::fs::write(directory.join("camwatch.toml"), text).expect("writing the configuration");
    let config = Config::load(&directory.join("camwatch.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    let keep = Duration::from_secs(86_400);
    let writer = Writer::open(&config.store.path, keep, Arc::new(Telemetry::new())).expect("a record");
    let begin: Timestamp = MONTH_BEGINS.parse().expect("a moment");
    writer.record(Entry::Alive(begin));
    let ids: Vec<CameraId> = config.inventory.cameras.keys().cloned().collect();
    for camera in &ids {
        change(&writer, camera, State::Up, begin);
    }
    for half_day in 0..2 * DAYS {
        for (i, camera) in ids.iter().enumerate() {
            let at = begin + (half_day * 12).hours() + i64::try_from(i % 600).unwrap_or(0).minutes();
            change(&writer, camera, State::Dark, at);
            if i % 2 == 0 {
                incident(&writer, camera, half_day, at);
            }
            change(&writer, camera, State::Up, at + 20.minutes());
        }
        assert!(writer.flush_blocking(), "the record takes everything");
    }
    writer.record(Entry::Alive(begin + (24 * DAYS).hours()));
    assert!(writer.flush_blocking(), "the record takes everything");
}

fn change(writer: &Writer, camera: &CameraId, state: State, since: Timestamp) {
    let cause = (state == State::Dark).then_some(Cause::ConnectTimeout);
    writer.record(Entry::Change(Change { camera: camera.clone(), state, cause, since }));
}

fn incident(writer: &Writer, camera: &CameraId, n: i64, since: Timestamp) {
    for (phase, at) in [(Phase::Open, since + 1.minutes()), (Phase::Close, since + 21.minutes())] {
        writer.record(Entry::Incident(IncidentEvent {
            at,
            id: format!("{camera}-{n}"),
            phase,
            scope: IncidentScope::Camera,
            subject: camera.to_string(),
            cause: Cause::ConnectTimeout,
            cameras: vec![camera.clone()],
            since,
        }));
    }
}

fn argument<T: std::str::FromStr>(name: &str) -> Option<T> {
    let arguments: Vec<String> = std::env::args().collect();
    let place = arguments.iter().position(|argument| argument == name)?;
    arguments.get(place + 1)?.parse().ok()
}
