//! The rules for Prometheus and the example for Alertmanager, held against their own tools, their runbooks and the page.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::require;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The lines of each alert of the rules, by its name. YAML is read as simply as ours is written.
fn alerts() -> BTreeMap<String, String> {
    let rules = text("config/prometheus/camwatch.rules.yml");
    let mut alerts = BTreeMap::new();
    for part in rules.split("\n      - ").skip(1) {
        if let Some((name, body)) = part.strip_prefix("alert: ").and_then(|part| part.split_once('\n')) {
            let body = body.split("\n  - name: ").next().unwrap().to_owned() + "\n";
            assert!(alerts.insert(name.to_owned(), body).is_none(), "{name} stands twice");
        }
    }
    assert!(alerts.len() >= 30, "{} alerts", alerts.len());
    alerts
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn promtool_finds_nothing_wrong_with_the_rules_and_the_example() {
    let Some(promtool) = require("promtool") else { return };
    for (what, name) in [("rules", "camwatch.rules.yml"), ("config", "prometheus.yml")] {
        let output = run(Command::new(&promtool)
            .args(["check", what, "--lint=all", "--lint-fatal", name])
            .current_dir(file("config/prometheus")));
        assert!(output.status.success(), "{name}: {}", said(&output));
    }
}

#[test]
fn every_alert_fires_when_it_should_and_not_on_its_nuisance() {
    let Some(promtool) = require("promtool") else { return };
    let mut command = Command::new(promtool);
    let output = run(command.args(["test", "rules", "camwatch.rules.test.yml"]).current_dir(file("config/prometheus")));
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn every_alert_has_a_test_that_it_fires_one_that_it_is_silent_and_one_of_a_nuisance() {
    let tests = text("config/prometheus/camwatch.rules.test.yml");
    let names: Vec<&str> = tests.lines().filter_map(|line| line.trim().strip_prefix("- name: '")).collect();
    for alert in alerts().keys() {
        for kind in ["fires: ", "is silent: ", "nuisance: "] {
            let begin = format!("{alert} {kind}");
            assert!(names.iter().any(|name| name.starts_with(&begin)), "no test is named {begin}...");
        }
    }
}

#[test]
fn every_alert_says_for_whom_how_urgent_what_it_is_and_what_to_do() {
    let index = text("docs/runbooks/README.md");
    for (alert, body) in alerts() {
        let runbook = format!("docs/runbooks/{alert}.md");
        assert!(body.contains(&format!("runbook_url: {runbook}\n")), "{alert}");
        let page = text(&runbook);
        assert!(page.starts_with(&format!("# {alert}\n")), "{runbook}");
        for chapter in ["## What it means", "## What to look at first", "## What to tell the technician"] {
            assert!(page.contains(chapter), "{runbook} lacks {chapter}");
        }
        assert!(index.contains(&format!("({alert}.md)")), "docs/runbooks/README.md does not name {alert}");
        for annotation in ["summary: ", "description: ", "summary_vi: ", "description_vi: "] {
            assert!(body.contains(&format!("\n          {annotation}")), "{alert} lacks {annotation}");
        }
        let labels = body.lines().find_map(|line| line.trim().strip_prefix("labels: ")).unwrap_or_default();
        let known = ["critical", "warning", "none"]
            .iter()
            .flat_map(|severity| ["officer", "it"].map(|role| format!("{{severity: {severity}, role: {role}}}")));
        assert!(known.into_iter().any(|one| one == labels), "{alert}: {labels}, and no label that may change");
    }
    let pages = fs::read_dir(file("docs/runbooks")).unwrap().map(|page| page.unwrap().file_name());
    for page in pages.map(|page| page.into_string().unwrap()).filter(|page| page != "README.md") {
        assert!(alerts().contains_key(page.trim_end_matches(".md")), "{page} is of no alert");
    }
}

/// Series that every scrape brings, or that Prometheus makes of alerts.
const OF_PROMETHEUS: [&str; 2] = ["up", "ALERTS"];

#[test]
fn every_series_that_a_rule_reads_is_one_that_camwatch_exports() {
    let mut exported = String::new();
    let mut directories = vec![file("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                exported += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let rules = text("config/prometheus/camwatch.rules.yml");
    let read = rules.lines().filter(|line| !line.trim_start().starts_with('#')).flat_map(|line| {
        line.split(|c: char| !(c.is_ascii_alphanumeric() || "_:".contains(c)))
            .filter(|word| word.starts_with("camwatch_"))
    });
    let read: BTreeSet<&str> = read.collect();
    assert!(read.len() > 25, "{read:?}");
    for name in read {
        let family = name.strip_suffix("_bucket").unwrap_or(name);
        assert!(exported.contains(&format!("\"{family}\"")), "no code exports {family}, which a rule reads");
    }
    assert!(OF_PROMETHEUS.iter().all(|name| rules.contains(name)));
}

fn alertmanager_yml() -> PathBuf {
    file("config/alertmanager/alertmanager.yml")
}

#[test]
fn amtool_finds_nothing_wrong_with_the_example() {
    let Some(amtool) = require("amtool") else { return };
    let output = run(Command::new(amtool).arg("check-config").arg(alertmanager_yml()));
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn every_alert_goes_to_the_receiver_that_it_is_meant_for() {
    let Some(amtool) = require("amtool") else { return };
    let of_camera = "commune=moc-nam site=yen-lenh camera=yl-01 severity=critical role=officer";
    for (receiver, labels) in [
        ("camwatch", format!("alertname=CameraDark {of_camera}")),
        ("camwatch", format!("alertname=CameraDark {of_camera} funded=true")),
        ("camwatch", "alertname=AreaDark commune=moc-nam severity=critical role=officer".to_owned()),
        ("camwatch", "alertname=CamwatchStoreWritesFailing severity=critical role=it".to_owned()),
        ("camwatch", "alertname=SomethingElse".to_owned()),
        ("without-camwatch", "alertname=CamwatchDown severity=critical role=it job=camwatch".to_owned()),
        ("without-camwatch", "alertname=CamwatchStandsStill severity=critical role=it".to_owned()),
        ("deadman", "alertname=CamwatchWatchdog severity=none role=it".to_owned()),
        ("nobody", format!("alertname=CameraDark {of_camera} funded=false")),
    ] {
        let output = run(Command::new(&amtool)
            .args(["config", "routes", "test"])
            .arg(format!("--config.file={}", alertmanager_yml().display()))
            .arg(format!("--verify.receivers={receiver}"))
            .args(labels.split(' ')));
        assert!(output.status.success(), "{labels}: {}", said(&output));
    }
}

#[test]
fn no_inhibition_has_an_alert_for_source_and_target_and_each_names_alerts_that_there_are() {
    let yml = text("config/alertmanager/alertmanager.yml");
    let matcher = |line: &str, key: &str| -> Option<String> {
        let inside = line.trim().trim_start_matches("- ").strip_prefix(key)?.strip_prefix(": [alertname")?;
        Some(inside.trim_start_matches(['=', '~']).trim_end_matches(']').trim_matches('"').to_owned())
    };
    let alerts = alerts();
    // Alternatives of names, some of which end in `.+`.
    let caught = |pattern: &str| -> BTreeSet<&String> {
        let mut all = BTreeSet::new();
        for one in pattern.split('|') {
            let of: Vec<_> = alerts
                .keys()
                .filter(|name| match one.strip_suffix(".+") {
                    Some(prefix) => name.len() > prefix.len() && name.starts_with(prefix),
                    None => *name == one,
                })
                .collect();
            assert!(!of.is_empty(), "{one} is no alert");
            all.extend(of);
        }
        all
    };
    let sources: Vec<String> = yml.lines().filter_map(|line| matcher(line, "source_matchers")).collect();
    let targets: Vec<String> = yml.lines().filter_map(|line| matcher(line, "target_matchers")).collect();
    assert!(sources.len() >= 5 && sources.len() == targets.len());
    for (source, target) in sources.iter().zip(&targets) {
        let (source, target) = (caught(source), caught(target));
        assert!(source.is_disjoint(&target), "{source:?} and {target:?}");
    }
}
