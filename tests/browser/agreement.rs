//! What a person reads on the page, what `/metrics` and the API say, and what the dashboards ask Prometheus for, at the same
//! moment.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::driver::{Chromium, Said};
use crate::support::{Process, Village, free_port, http_get, require};

/// Ends a broken test; no claim about speed.
const LIMIT: Duration = Duration::from_secs(60);

/// The worst first, with the number that stands for it in `camwatch_camera_state`.
const STATES: [(&str, u64); 5] = [("dark", 0), ("degraded", 1), ("unknown", 4), ("maintenance", 3), ("up", 2)];

/// Everything of one moment, in the same words whoever told it.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    /// Of each camera: its state, and since when, in whole seconds.
    cameras: BTreeMap<String, (String, i64)>,
    counts: BTreeMap<String, u64>,
    incidents: u64,
    /// Funded cameras that are dark, and all funded ones.
    funded: (u64, u64),
}

/// # Panics
/// Where they do not agree although nothing changes.
pub fn holds(chromium: &Chromium, village: &Village) {
    let prometheus = require("prometheus").map(|program| Prometheus::start(&program, village));
    let mut script = chromium.start("figures", village.address(), json!({"paths": ["/"]}));
    let begun = Instant::now();
    let mut before = of_metrics(village);
    loop {
        let Said::Asks(page) = script.said() else { panic!("it reads on until it is told enough") };
        let page = of_page(&page);
        let api = of_api(village);
        let after = of_metrics(village);
        let asked = prometheus.as_ref().map(Prometheus::told);
        let is_still = before == after;
        let agrees = page == after && api == after && asked.as_ref().is_none_or(|asked| *asked == of_dashboard(&after));
        if is_still && agrees {
            script.answer("enough");
            return;
        }
        // Something changed meanwhile, or Prometheus has not scraped it yet.
        assert!(
            begun.elapsed() < LIMIT,
            "the page: {page:?}\nthe API: {api:?}\n/metrics: {after:?}\nthe dashboards: {asked:?}\nstill: {is_still}"
        );
        before = after;
        script.answer("again");
    }
}

fn of_page(text: &str) -> Told {
    let told: Value = serde_json::from_str(text).expect("JSON");
    let number = |value: &Value| value.as_u64().expect("a number");
    let cameras = told["cameras"].as_object().expect("cameras").iter().map(|(id, camera)| {
        let since: jiff::Timestamp = camera["since"].as_str().expect("since when").parse().expect("a moment");
        (id.clone(), (camera["state"].as_str().expect("a state").to_owned(), since.as_second()))
    });
    let heading = told["heading"].as_str().expect("a heading");
    let numbers: Vec<u64> = heading.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    let [dark, funded] = numbers[..] else { panic!("two numbers in {heading:?}") };
    Told {
        cameras: cameras.collect(),
        counts: told["counts"].as_object().expect("counts").iter().map(|(s, n)| (s.clone(), number(n))).collect(),
        incidents: number(&told["incidents"]),
        funded: (dark, funded),
    }
}

fn of_api(village: &Village) -> Told {
    let read = |path: &str| -> Value { serde_json::from_str(&village.daemon.get(path)).expect("JSON") };
    let cameras = read("/api/v1/cameras");
    let cameras = cameras["cameras"].as_array().expect("cameras");
    let incidents = read("/api/v1/incidents")["incidents"].as_array().expect("incidents").len();
    let each = cameras.iter().map(|camera| {
        let text = |key: &str| camera[key].as_str().unwrap_or_else(|| panic!("{key} of {camera}")).to_owned();
        let since: jiff::Timestamp = text("since").parse().expect("a moment");
        (text("camera"), (text("state"), since.as_second()))
    });
    let funded = || cameras.iter().filter(|camera| camera["funded"] == true);
    let dark = funded().filter(|camera| camera["state"] == "dark").count();
    told(each.collect(), incidents as u64, (dark as u64, funded().count() as u64))
}

fn told(cameras: BTreeMap<String, (String, i64)>, incidents: u64, funded: (u64, u64)) -> Told {
    let count = |state: &str| cameras.values().filter(|camera| camera.0 == state).count() as u64;
    let counts = STATES.map(|(state, _)| (state.to_owned(), count(state))).into();
    Told { cameras, counts, incidents, funded }
}

fn of_metrics(village: &Village) -> Told {
    let page = village.daemon.get("/metrics");
    let series = |name: &str| -> Vec<(String, f64)> {
        let of_it = page.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('{')?.rsplit_once("} "));
        of_it.map(|(labels, value)| (labels.to_owned(), value.parse().expect("a number"))).collect()
    };
    let label = |labels: &str, name: &str| {
        let (_, rest) = labels.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("{name} of {labels}"));
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let by_camera = |name: &str| -> BTreeMap<String, f64> {
        series(name).iter().map(|(labels, value)| (label(labels, "camera"), *value)).collect()
    };
    let since = by_camera("camwatch_camera_state_since_timestamp_seconds");
    let cameras: BTreeMap<_, _> = by_camera("camwatch_camera_state")
        .into_iter()
        .map(|(camera, code)| {
            let state = STATES.iter().find(|(_, number)| number.to_string() == code.to_string()).expect("a state");
            #[expect(clippy::cast_possible_truncation, reason = "seconds of this century")]
            let since = since[&camera].floor() as i64;
            (camera, (state.0.to_owned(), since))
        })
        .collect();
    let infos = series("camwatch_camera_info");
    let funded: Vec<String> = infos
        .iter()
        .filter(|(labels, _)| label(labels, "funded") == "true")
        .map(|(labels, _)| label(labels, "camera"))
        .collect();
    let dark = funded.iter().filter(|camera| cameras[*camera].0 == "dark").count();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let incidents = series("camwatch_incidents_open").iter().map(|(_, value)| *value).sum::<f64>() as u64;
    told(cameras, incidents, (dark as u64, funded.len() as u64))
}

/// What the fleet's dashboard would show then, by the panels' titles.
fn of_dashboard(told: &Told) -> BTreeMap<String, u64> {
    let mut shown = BTreeMap::from([
        ("Funded cameras without signal".to_owned(), told.funded.0),
        ("Open incidents".to_owned(), told.incidents),
    ]);
    shown.extend(told.counts.iter().map(|(state, count)| (format!("Cameras by state: {state}"), *count)));
    shown
}

/// A real one, that scrapes the village each second with the dashboards' own rules.
struct Prometheus {
    port: u16,
    /// Title and expression, without variables.
    queries: Vec<(String, String)>,
    _process: Process,
    _dir: tempfile::TempDir,
}

impl Prometheus {
    fn start(program: &Path, village: &Village) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let dir = tempfile::TempDir::new().expect("a temporary directory");
        let rules = root.join("config/prometheus/camwatch.dashboards.rules.yml");
        let text = format!(
            "global:\n  scrape_interval: 1s\n  evaluation_interval: 1s\nrule_files: [\"{}\"]\nscrape_configs:\n  - job_name: camwatch\n    \
             static_configs:\n      - targets: [\"{}\"]\n",
            rules.display(),
            village.address()
        );
        let file = dir.path().join("prometheus.yml");
        fs::write(&file, text).expect("writing Prometheus' configuration");
        let port = free_port();
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let process = Process::start(&mut command);
        let model = fs::read_to_string(root.join("dashboards/en/fleet.json")).expect("the fleet's dashboard");
        let model: Value = serde_json::from_str(&model).expect("JSON");
        let queries = ["Funded cameras without signal", "Open incidents", "Cameras by state"].map(|title| {
            let panels = model["panels"].as_array().expect("panels");
            let panel =
                panels.iter().find(|panel| panel["title"] == title).unwrap_or_else(|| panic!("a panel {title:?}"));
            let expression = panel["targets"][0]["expr"].as_str().expect("an expression");
            (title.to_owned(), expression.replace("$job", ".+").replace("$commune", ".*"))
        });
        Self { port, queries: queries.into(), _process: process, _dir: dir }
    }

    /// What the panels show now; nothing before the first scrape.
    fn told(&self) -> BTreeMap<String, u64> {
        let mut shown = BTreeMap::new();
        for (title, expression) in &self.queries {
            let query: String = url::form_urlencoded::byte_serialize(expression.as_bytes()).collect();
            let Some((200, answer)) = http_get(self.port, &format!("/api/v1/query?query={query}")) else { continue };
            let answer: Value = serde_json::from_str(&answer).expect("JSON");
            for one in answer["data"]["result"].as_array().into_iter().flatten() {
                let value: f64 = one["value"][1].as_str().and_then(|value| value.parse().ok()).expect("a value");
                let name = match one["metric"]["state"].as_str() {
                    Some(state) => format!("{title}: {state}"),
                    None => title.clone(),
                };
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
                let count = value as u64;
                *shown.entry(name).or_default() += count;
            }
        }
        shown
    }
}
