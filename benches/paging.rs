//! From a fault to the message in the provider's hands: a thousand simulated cameras at thirty seconds.
//!
//! ```text
//! cargo bench --bench paging [-- --cameras 1000 --faults 100]
//! ```
//!
//! Starts `camwatch simulate` and `camwatch run` as processes of their own, gives each site an officer, and breaks one
//! camera of one site after another; a receiver of webhooks in this process notes when each message comes. Every setting
//! is the default: the time is that of probing, confirming, and `group_wait`, and what the outbox adds is shown by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use provider::Provider;
use support::{Process, argument, http, quantile};

#[path = "../tests/fakes/provider.rs"]
mod provider;
mod support;

const SETTLE: Duration = Duration::from_secs(60);
const BETWEEN_FAULTS: Duration = Duration::from_secs(2);
/// For the last faults to be told.
const PATIENCE: Duration = Duration::from_secs(180);

fn main() {
    let cameras: u32 = argument("--cameras").unwrap_or(1000);
    let faults: usize = argument("--faults").unwrap_or(100);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let fleet = directory.path().join("fleet");
    let provider = Provider::start();

    let mut simulator = Process::start(
        Command::new(env!("CARGO_BIN_EXE_camwatch"))
            .args(["simulate", "--cameras", &cameras.to_string(), "--config-out"])
            .arg(&fleet),
    );
    let control = simulator
        .wait_for_line(|line| line.split_once("curl http://")?.1.split('/').next().map(str::to_owned))
        .expect("the address of the control port");
    let file = fleet.join("camwatch.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let text = text
        .replace("127.0.0.1:9765", "127.0.0.1:0")
        .replace("interval = \"10s\"", "interval = \"30s\"")
        .replace("timeout = \"5s\"\nrecheck = \"2s\"\n", "");
    assert!(
        text.contains("interval = \"30s\"") && !text.contains("recheck"),
        "the simulator's configuration has changed"
    );
    let inventory = std::fs::read_to_string(fleet.join("inventory/simulated.toml")).expect("the inventory");
    let of_sites = first_cameras(&inventory);
    std::fs::write(&file, text + &people(of_sites.keys(), &provider)).expect("writing the configuration");

    let mut daemon = Process::start(
        Command::new(env!("CARGO_BIN_EXE_camwatch")).args(["--log-format", "json", "run", "--config"]).arg(&file),
    );
    daemon
        .wait_for_line(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(event["fields"]["address"].as_str()?.to_owned())
        })
        .expect("the daemon's address");
    println!("{cameras} cameras on {} sites every 30 s; settling for {} s", of_sites.len(), SETTLE.as_secs());
    std::thread::sleep(SETTLE);
    assert_eq!(provider.taken().len(), 0, "nothing is told while nothing is broken");

    let mut broken = BTreeMap::new();
    for camera in of_sites.values().take(faults) {
        broken.insert(camera.clone(), Instant::now());
        http(&control, "POST", &format!("/cameras/{camera}/behaviour"), "refused");
        std::thread::sleep(BETWEEN_FAULTS);
    }
    let limit = Instant::now() + PATIENCE;
    while provider.taken().len() < broken.len() && Instant::now() < limit {
        std::thread::sleep(Duration::from_millis(200));
    }

    let (moment, at) = (Instant::now(), Timestamp::now());
    let mut whole = Vec::new();
    let mut own = Vec::new();
    for one in provider.taken().values() {
        let message = &one.body["message"];
        let subject = message["about"][0]["subject"].as_str().unwrap_or_default();
        let Some(began) = broken.remove(subject) else {
            println!("not about a camera that was broken: {message}");
            continue;
        };
        whole.push(one.taken_at.saturating_duration_since(began).as_secs_f64());
        let decided: Timestamp = message["decided_at"].as_str().and_then(|at| at.parse().ok()).expect("a time");
        let taken = at - moment.saturating_duration_since(one.taken_at);
        own.push(taken.duration_since(decided).as_secs_f64());
    }
    println!("faults never told           {:10}   {:?}", broken.len(), broken.keys().take(5).collect::<Vec<_>>());
    tell("fault to provider", "s", 1.0, whole);
    tell("decision to provider", "ms", 1000.0, own);
}

/// The first camera of each site.
fn first_cameras(inventory: &str) -> BTreeMap<String, String> {
    let inventory: toml::Table = inventory.parse().expect("TOML");
    let mut first = BTreeMap::new();
    for camera in inventory["camera"].as_array().expect("cameras") {
        let text = |key: &str| camera[key].as_str().expect("a text").to_owned();
        first.entry(text("site")).or_insert_with(|| text("id"));
    }
    first
}

/// An officer for each site, always on duty: nobody's messages are gathered because of another site's.
fn people<'s>(sites: impl Iterator<Item = &'s String>, provider: &Provider) -> String {
    let mut text =
        format!("\n[[channel]]\nid = \"hook\"\nkind = \"webhook\"\nurl = \"http://{}/\"\n", provider.address);
    for site in sites {
        write!(
            text,
            "\n[[officer]]\nid = \"of-{site}\"\nname = \"Officer of {site}\"\nchannels = [\"hook\"]\n\n[[duty]]\n\
             role = \"officer\"\nscope = \"site\"\nid = \"{site}\"\n\
             week = [{{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", officers = [\"of-{site}\"] }}]\n"
        )
        .expect("writing to a string");
    }
    text
}

fn tell(what: &str, unit: &str, scale: f64, mut figures: Vec<f64>) {
    if figures.is_empty() {
        return println!("{what:<28}no messages");
    }
    figures.sort_by(f64::total_cmp);
    let quantile = |q| quantile(&figures, q) * scale;
    println!(
        "{what:<28}p50 {:.1} {unit}, p95 {:.1} {unit}, p99 {:.1} {unit}, max {:.1} {unit}, n = {}",
        quantile(0.5),
        quantile(0.95),
        quantile(0.99),
        quantile(1.0),
        figures.len()
    );
}
