//! The judgement and the record against the oracle, on random traces: event for event, and second for second.
//!
//! `CAMWATCH_TRACES`, `CAMWATCH_REPLAYS` and `CAMWATCH_CAMERA_MONTHS` set how many, `CAMWATCH_SEED` where the seeds begin.

mod generate;
mod oracle;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use camwatch::judgement::Judge;
use camwatch::observation::Observation;
use serde_json::Value;

use generate::{Trace, generate, generate_for_report};
use oracle::world::{World, nanos};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

/// The events of the judgement itself, as it would print them.
fn judged(world: &World, lines: &[Value]) -> Vec<Value> {
    let mut judge = Judge::new(world.to_policy());
    let mut events = Vec::new();
    for line in lines {
        let observation: Observation = serde_json::from_value(line.clone()).expect("a line of the generator");
        events.extend(judge.observe(&observation).events);
    }
    events.iter().map(|event| serde_json::to_value(event).expect("an event")).collect()
}

/// What is arbitrary about events taken out: the texts of ids, and the order of incidents' events within one moment.
fn canonical(events: &[Value]) -> Result<(Vec<Value>, Vec<Value>), String> {
    let mut states = Vec::new();
    let mut incidents = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut open: BTreeSet<usize> = BTreeSet::new();
    for event in events {
        let mut event = event.clone();
        // One moment has one text.
        for key in ["at", "since"] {
            event[key] = Value::from(nanos(event[key].as_str().ok_or_else(|| format!("no {key} in {event}"))?));
        }
        if event["event"] == "state" {
            states.push(event);
            continue;
        }
        let next = names.len();
        let id = *names.entry(event["id"].as_str().unwrap_or_default().to_owned()).or_insert(next);
        let is_new = id == next;
        let fits = match event["phase"].as_str() {
            Some("open") => is_new && open.insert(id),
            Some("update") => open.contains(&id),
            _ => open.remove(&id),
        };
        if !fits {
            return Err(format!("an id must open once, and close once: {event}"));
        }
        event["id"] = Value::Null;
        incidents.push(event);
    }
    incidents.sort_by_key(|e| (e["at"].as_i64(), e.to_string()));
    Ok((states, incidents))
}

/// What is wrong, if anything.
fn difference(trace: &Trace, theirs: impl FnOnce(&World, &[Value]) -> Vec<Value>) -> Option<String> {
    let (states, incidents) = oracle::replay(&trace.world, &trace.lines);
    let expected = [states, incidents].concat();
    let Ok(found) = catch_unwind(AssertUnwindSafe(|| theirs(&trace.world, &trace.lines))) else {
        return Some("a panic".into());
    };
    let (found_states, found_incidents) = match canonical(&found) {
        Ok(found) => found,
        Err(problem) => return Some(problem),
    };
    let (states, incidents) = canonical(&expected).expect("the oracle keeps its own rules");
    let all =
        |states: &[Value], incidents: &[Value]| states.iter().chain(incidents).map(plain).collect::<Vec<String>>();
    let expected = all(&states, &incidents);
    let found = all(&found_states, &found_incidents);
    if expected == found {
        return None;
    }
    let mut text = String::new();
    for line in expected.iter().filter(|line| !found.contains(line)) {
        writeln!(text, "  only the oracle: {line}").unwrap();
    }
    for line in found.iter().filter(|line| !expected.contains(line)) {
        writeln!(text, "  only camwatch:   {line}").unwrap();
    }
    if text.is_empty() {
        text.push_str("  the same events in another order\n");
    }
    writeln!(text, "the oracle:\n  {}\ncamwatch:\n  {}", expected.join("\n  "), found.join("\n  ")).unwrap();
    Some(text)
}

/// An event with moments that a person can read.
fn plain(event: &Value) -> String {
    let mut event = event.clone();
    for key in ["at", "since"] {
        event[key] = Value::from(oracle::world::text(event[key].as_i64().expect("a moment")));
    }
    event.to_string()
}

/// The trace with everything left out that the failure does not need.
fn shrink(mut trace: Trace, fails: impl Fn(&Trace) -> bool) -> Trace {
    let mut size = trace.lines.len() / 2;
    while size >= 1 {
        let mut start = 0;
        while start < trace.lines.len() {
            let mut smaller = trace.clone();
            smaller.lines.drain(start..(start + size).min(smaller.lines.len()));
            if fails(&smaller) {
                trace = smaller;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    for i in (0..trace.world.windows.len()).rev() {
        let mut smaller = trace.clone();
        smaller.world.windows.remove(i);
        if fails(&smaller) {
            trace = smaller;
        }
    }
    trace
}

fn report_failure(seed: u64, trace: Trace, differs: impl Fn(&Trace) -> Option<String>) -> ! {
    let trace = shrink(trace, |trace| differs(trace).is_some());
    let what = differs(&trace).expect("a shrunk trace still fails");
    let lines: Vec<String> = trace.lines.iter().map(Value::to_string).collect();
    panic!("seed {seed}:\n{what}\n{}\n{}\n", trace.world.to_toml(), lines.join("\n"))
}

#[test]
fn the_judgement_says_event_for_event_what_the_oracle_says() {
    let first = number("CAMWATCH_SEED", 1);
    let last = first + number("CAMWATCH_TRACES", 10_000);
    let differs = |trace: &Trace| difference(trace, judged);
    let is_wrong = |seed: u64| differs(&generate(seed)).is_some();
    // Each of two threads takes every other seed.
    let mut differing: Vec<u64> = std::thread::scope(|scope| {
        let halves = [first, first + 1].map(|from| {
            let half = (from..last).step_by(2);
            scope.spawn(move || half.filter(|seed| is_wrong(*seed)).collect::<Vec<u64>>())
        });
        halves.into_iter().flat_map(|half| half.join().expect("a comparison does not panic")).collect()
    });
    differing.sort_unstable();
    if let Some(seed) = differing.first() {
        println!("{} traces differ, of the seeds {differing:?}", differing.len());
        report_failure(*seed, generate(*seed), differs);
    }
}

/// A directory with the configuration and the observations of a trace.
fn written(trace: &Trace) -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory for a trace");
    let lines: Vec<String> = trace.lines.iter().map(Value::to_string).collect();
    std::fs::write(directory.path().join("camwatch.toml"), trace.world.to_toml()).expect("the configuration");
    std::fs::write(directory.path().join("observations.jsonl"), lines.join("\n") + "\n").expect("the observations");
    directory
}

/// Standard output of a command in `directory`, with its configuration.
fn camwatch(directory: &Path, command: &str, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_camwatch"))
        .current_dir(directory)
        .args([command, "--config", "camwatch.toml"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    assert!(
        output.status.success(),
        "{command} {arguments:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_command_says_what_the_oracle_says() {
    let first = number("CAMWATCH_SEED", 1);
    for seed in first..first + number("CAMWATCH_REPLAYS", 50) {
        let trace = generate(seed);
        let differs = |trace: &Trace| {
            difference(trace, |_, _| {
                let directory = written(trace);
                let out = camwatch(directory.path(), "replay", &["--observations", "observations.jsonl"]);
                out.lines().map(|line| serde_json::from_str(line).expect("an event a line")).collect()
            })
        };
        if differs(&trace).is_some() {
            report_failure(seed, trace, differs);
        }
    }
}

/// What the report of a trace's month says otherwise than the oracle.
fn report_difference(trace: &Trace) -> Option<String> {
    let directory = written(trace);
    camwatch(directory.path(), "replay", &["--observations", "observations.jsonl", "--record"]);
    let (year, month) = trace.month;
    let month_text = format!("{year}-{month:02}");
    let report = camwatch(directory.path(), "report", &["--month", &month_text, "--format", "json"]);
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    let (cameras, groups) = oracle::seconds::report(&trace.world, &trace.lines, year, month);

    let mut text = String::new();
    let mut compare = |what: String, expected: &Value, found: &Value| {
        for (key, expected) in expected.as_object().expect("the figures") {
            let same = match (expected.as_f64(), found[key].as_f64()) {
                // Printed decimals may end before the last bit does.
                (Some(a), Some(b)) => (a - b).abs() < 1e-9,
                _ if key == "outages" => same_outages(expected, &found[key]),
                _ => *expected == found[key],
            };
            if !same {
                writeln!(text, "  {what} {key}: the oracle {expected}, camwatch {}", found[key]).unwrap();
            }
        }
    };
    let find = |list: &str, is: &dyn Fn(&Value) -> bool| {
        report[list].as_array().into_iter().flatten().find(|entry| is(entry)).cloned().unwrap_or(Value::Null)
    };
    for (id, expected) in &cameras {
        compare(format!("camera {id}"), expected, &find("cameras", &|entry| entry["camera"] == id.as_str()));
    }
    for ((kind, id), expected) in &groups {
        let is = |entry: &Value| entry["kind"] == kind.as_str() && (kind == "all" || entry["id"] == id.as_str());
        compare(format!("{kind} {id}"), expected, &find("groups", &is));
    }
    (!text.is_empty()).then_some(text)
}

fn same_outages(expected: &Value, found: &Value) -> bool {
    let key = |outage: &Value| {
        let time = |key: &str| outage[key].as_str().map(nanos);
        (time("from"), time("to"), outage["seconds"].as_i64(), outage["cause"].clone())
    };
    let all = |outages: &Value| outages.as_array().into_iter().flatten().map(key).collect::<Vec<_>>();
    all(expected) == all(found)
}

#[test]
fn the_report_counts_the_seconds_that_the_oracle_counts_in_a_thousand_months_of_cameras() {
    let mut camera_months = 0;
    let mut seed = number("CAMWATCH_SEED", 1);
    while camera_months < number("CAMWATCH_CAMERA_MONTHS", 1000) {
        let trace = generate_for_report(seed);
        if report_difference(&trace).is_some() {
            report_failure(seed, trace, report_difference);
        }
        camera_months += trace.world.cameras.len() as u64;
        seed += 1;
    }
}

#[test]
fn the_traces_hold_every_change_of_state_and_every_phase_of_an_incident() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 1..=1000 {
        let trace = generate(seed);
        let (states, incidents) = oracle::replay(&trace.world, &trace.lines);
        let word = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
        for event in &states {
            *seen.entry(format!("{} to {}", word(event, "from"), word(event, "to"))).or_default() += 1;
            *seen.entry(format!("{} by {}", word(event, "to"), word(event, "cause"))).or_default() += 1;
        }
        for event in &incidents {
            let what = format!("{} {}", word(event, "scope"), word(event, "phase"));
            *seen.entry(format!("{what} {}", word(event, "cause"))).or_default() += 1;
            *seen.entry(what).or_default() += 1;
        }
    }
    let states = ["up", "degraded", "dark", "unknown", "maintenance"];
    let changes =
        states.iter().flat_map(|from| states.iter().map(move |to| (from, to))).filter(|(from, to)| from != to);
    let mut wanted: Vec<String> = changes.map(|(from, to)| format!("{from} to {to}")).collect();
    for scope in ["camera", "recorder", "site", "area", "monitor"] {
        wanted.extend(["open", "update", "close"].map(|phase| format!("{scope} {phase}")));
    }
    // Of a recorder that is silent or refuses us, of its clock and its disks, of its cameras; of the monitor's clock.
    for cause in ["reset", "unauthorized", "clock_wrong", "disk_failed"] {
        wanted.push(format!("recorder open {cause}"));
    }
    wanted.push("monitor open clock_wrong".into());
    for cause in ["clock_wrong", "not_recording", "recording_gap", "retention_short", "disk_failed"] {
        wanted.push(format!("degraded by {cause}"));
    }
    for what in wanted {
        assert!(seen.get(&what).copied().unwrap_or(0) >= 10, "too few of {what}: {seen:#?}");
    }
}

#[test]
fn the_configuration_of_a_trace_means_the_policy_that_its_judgement_is_made_with() {
    for seed in 1..=40 {
        let trace = if seed % 2 == 0 { generate(seed) } else { generate_for_report(seed) };
        let directory = written(&trace);
        let config = camwatch::config::Config::load(&directory.path().join("camwatch.toml"))
            .unwrap_or_else(|problems| panic!("{problems}\n{}", trace.world.to_toml()));
        let mut read = camwatch::judgement::Policy::new(&config, &[]);
        let mut made = trace.world.to_policy();
        assert_eq!(read.maintenance.len(), made.maintenance.len());
        for window in std::mem::take(&mut read.maintenance) {
            assert!(made.maintenance.contains(&window), "{window:?}");
        }
        made.maintenance.clear();
        // What the judgement has no use for.
        for (id, camera) in &mut made.cameras {
            camera.url = read.cameras[id].url.clone();
            camera.channel = read.cameras[id].channel;
        }
        for (id, site) in &mut made.sites {
            assert_eq!(site.gateway.is_some(), read.sites[id].gateway.is_some());
            site.gateway.clone_from(&read.sites[id].gateway);
        }
        for (id, recorder) in &mut made.recorders {
            recorder.url = read.recorders[id].url.clone();
        }
        assert_eq!(read, made, "seed {seed}");
    }
}
