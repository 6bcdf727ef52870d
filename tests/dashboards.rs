//! The Grafana dashboards: made from their source, linted, typed, and every query answered by a real Prometheus that
//! scrapes the demo.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use camwatch::observation::{Cause, State};
use serde_json::Value;
use support::{CAMWATCH, Process, free_port, http_get, npm_modules, require, wait_until};

const NAMES: [&str; 6] = ["camera", "commune", "fleet", "monitor", "retention", "site"];
const LANGUAGES: [&str; 3] = ["vi", "en", "ko"];
const RULES: &str = "config/prometheus/camwatch.dashboards.rules.yml";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: impl AsRef<Path>) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// One dashboard in one language.
struct Dashboard {
    language: &'static str,
    name: &'static str,
    model: Value,
}

impl Dashboard {
    fn panels(&self) -> &Vec<Value> {
        self.model["panels"].as_array().unwrap()
    }

    fn variables(&self) -> BTreeMap<&str, &Value> {
        let list = self.model["templating"]["list"].as_array().unwrap();
        list.iter().map(|one| (string(&one["name"]), one)).collect()
    }

    /// Where an expression stands, and the expression: of panels and annotations.
    fn expressions(&self) -> Vec<(String, &str)> {
        let mut found = Vec::new();
        for panel in self.panels() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                found.push((format!("{self} {} {}", panel["title"], target["refId"]), string(&target["expr"])));
            }
        }
        for one in self.model["annotations"]["list"].as_array().unwrap() {
            found.push((format!("{self} {}", one["name"]), string(&one["expr"])));
        }
        found
    }
}

impl std::fmt::Display for Dashboard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}.json:", self.language, self.name)
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text"))
}

fn dashboards() -> Vec<Dashboard> {
    let mut all = Vec::new();
    for language in LANGUAGES {
        let mut there: Vec<String> = fs::read_dir(file("dashboards").join(language))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        assert_eq!(there, NAMES.map(|name| format!("{name}.json")), "the dashboards in {language}");
        for name in NAMES {
            let model = serde_json::from_str(&text(format!("dashboards/{language}/{name}.json"))).unwrap();
            all.push(Dashboard { language, name, model });
        }
    }
    all
}

/// Every text in a value that is under one of these keys.
fn texts_under<'a>(value: &'a Value, keys: &[&str], found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if let (true, Some(text)) = (keys.contains(&key.as_str()), value.as_str()) {
                    found.push(text);
                }
                texts_under(value, keys, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| texts_under(value, keys, found)),
        _ => {}
    }
}

/// The series that an expression reads, each with the matchers in its braces.
fn series(expr: &str) -> Vec<(&str, &str)> {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    for (brace, _) in expr.match_indices('{') {
        let begin = expr[..brace].rfind(|c| !of_name(c)).map_or(0, |at| at + 1);
        let end = brace + expr[brace..].find('}').unwrap_or_else(|| panic!("{expr} closes its braces"));
        found.push((&expr[begin..brace], &expr[brace + 1..end]));
    }
    found
}

#[test]
fn what_is_committed_is_what_the_source_makes() {
    let Some(_) = require("jsonnet") else { return };
    let made = tempfile::tempdir().unwrap();
    let output = run(Command::new(file("dashboards/make")).arg(made.path()));
    assert!(output.status.success(), "{}", said(&output));
    for language in LANGUAGES {
        for name in NAMES {
            let name = format!("{language}/{name}.json");
            let same = fs::read(made.path().join(&name)).unwrap() == fs::read(file("dashboards").join(&name)).unwrap();
            assert!(same, "dashboards/{name} is not what its source makes; run dashboards/make");
        }
    }
}

#[test]
fn each_has_a_stable_uid_and_is_changed_in_its_source_alone() {
    let mut uids = BTreeSet::new();
    for dashboard in dashboards() {
        let model = &dashboard.model;
        let expected = match dashboard.language {
            "vi" => format!("camwatch-{}", dashboard.name),
            other => format!("camwatch-{}-{other}", dashboard.name),
        };
        assert_eq!(string(&model["uid"]), expected);
        assert!(expected.len() <= 40 && uids.insert(expected), "{dashboard}");
        assert!(model["id"].is_null() && model["editable"] == false, "{dashboard}");
        assert!(!string(&model["description"]).is_empty() && !string(&model["title"]).is_empty(), "{dashboard}");
        assert_eq!((&model["schemaVersion"], &model["timezone"]), (&39.into(), &"browser".into()), "{dashboard}");
        assert!(model.get("__inputs").is_none(), "{dashboard} is for provisioning, not for import");
    }
}

#[test]
fn the_languages_differ_in_words_alone() {
    let all = dashboards();
    // Expressions, places and kinds of the panels.
    let shape = |dashboard: &Dashboard| -> Vec<Value> {
        dashboard
            .panels()
            .iter()
            .map(|panel| {
                let exprs: Vec<&Value> =
                    panel["targets"].as_array().into_iter().flatten().map(|target| &target["expr"]).collect();
                serde_json::json!([panel["type"], panel["gridPos"], exprs, panel["fieldConfig"]["defaults"]["unit"]])
            })
            .collect()
    };
    for name in NAMES {
        let shapes: Vec<_> = all.iter().filter(|one| one.name == name).map(shape).collect();
        assert!(shapes.windows(2).all(|pair| pair[0] == pair[1]), "{name}");
    }
}

#[test]
fn every_source_of_data_is_the_variable() {
    for dashboard in dashboards() {
        let mut uids = Vec::new();
        texts_under(&dashboard.model["panels"], &["uid"], &mut uids);
        texts_under(&dashboard.model["annotations"], &["uid"], &mut uids);
        texts_under(&dashboard.model["templating"], &["uid"], &mut uids);
        assert!(uids.len() > 20 && uids.iter().all(|uid| *uid == "${datasource}"), "{dashboard} {uids:?}");
        for panel in dashboard.panels() {
            assert_eq!(panel["datasource"]["type"], "prometheus", "{dashboard} {}", panel["title"]);
        }
        let source = dashboard.variables()["datasource"];
        assert_eq!((&source["type"], &source["query"]), (&"datasource".into(), &"prometheus".into()), "{dashboard}");
    }
}

#[test]
fn variables_are_looked_up_anew_used_and_chained() {
    for dashboard in dashboards() {
        let whole = dashboard.model.to_string();
        let variables = dashboard.variables();
        let mut known = vec!["datasource"];
        for one in dashboard.model["templating"]["list"].as_array().unwrap() {
            let name = string(&one["name"]);
            let used = [format!("${name}"), format!("${{{name}")].iter().any(|use_| whole.contains(use_.as_str()));
            assert!(used, "{dashboard} ${name} is used");
            if one["type"] == "query" {
                assert_eq!(one["refresh"], 2, "{dashboard} ${name} is looked up when the time changes");
                let query = string(&one["query"]["query"]);
                for before in ["job", "commune", "site"].iter().filter(|before| known.contains(before)) {
                    let chained = ["instance", "commune"].contains(&name) && *before != "job"
                        || query.contains(&format!("{before}=~\"${before}\""))
                        || query.contains(&format!("{before}=\"${before}\""));
                    assert!(chained, "{dashboard} ${name} hangs on ${before}");
                }
                if one["multi"] == true {
                    let all = string(&one["allValue"]);
                    assert!(one["includeAll"] == true && [".+", ".*"].contains(&all), "{dashboard} ${name}");
                }
            }
            known.push(name);
        }
        for job in ["job", "instance"].iter().filter_map(|name| variables.get(name)) {
            assert_eq!((&job["allValue"], &job["multi"]), (&".+".into(), &true.into()), "{dashboard}");
        }
        assert_eq!(variables.contains_key("instance"), dashboard.name == "monitor", "{dashboard}");
    }
}

/// Of Grafana's list of units, those in use.
const UNITS: [&str; 11] =
    ["none", "s", "dtdurations", "dateTimeFromNow", "percentunit", "Bps", "bytes", "decbytes", "pps", "cps", "reqps"];
const KINDS: [&str; 6] = ["stat", "timeseries", "table", "state-timeline", "bargauge", "geomap"];

#[test]
fn every_panel_says_what_it_shows_in_which_unit_and_stands_free() {
    for dashboard in dashboards() {
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        assert!(dashboard.panels().len() <= 20, "{dashboard} {} panels", dashboard.panels().len());
        for panel in dashboard.panels() {
            let at = format!("{dashboard} {}", panel["title"]);
            assert!(!string(&panel["title"]).is_empty() && string(&panel["description"]).len() > 10, "{at}");
            assert!(KINDS.contains(&string(&panel["type"])), "{at}");
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{at} has an id of its own");
            let mut units = vec![string(&panel["fieldConfig"]["defaults"]["unit"])];
            for property in panel["fieldConfig"]["overrides"]
                .as_array()
                .unwrap()
                .iter()
                .flat_map(|o| o["properties"].as_array().unwrap())
            {
                if property["id"] == "unit" {
                    units.push(string(&property["value"]));
                }
            }
            assert!(units.iter().all(|unit| UNITS.contains(unit)), "{at} {units:?}");
            let steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"].as_array().unwrap();
            assert!(steps[0]["value"].is_null() && steps[1..].iter().all(|s| s["value"].is_number()), "{at}");
            let refs: BTreeSet<&str> =
                panel["targets"].as_array().unwrap().iter().map(|target| string(&target["refId"])).collect();
            assert!(!refs.is_empty() && refs.len() == panel["targets"].as_array().unwrap().len(), "{at}");
            let place = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(place("x") + place("w") <= 24 && place("w") >= 4 && place("h") >= 4, "{at}");
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(taken.insert((x, y)), "{at} lies over another");
                }
            }
        }
    }
}

#[test]
fn colour_is_never_the_only_carrier_of_a_state() {
    for dashboard in dashboards() {
        let mut coloured = 0;
        for panel in dashboard.panels() {
            let config = &panel["fieldConfig"];
            let expr = panel["targets"].to_string();
            let shows_state = panel["type"] == "state-timeline" && expr.contains("camera_state");
            if shows_state {
                coloured += 1;
                let words = &config["defaults"]["mappings"][0]["options"];
                for (code, state) in ["dark", "degraded", "up", "maintenance", "unknown"].iter().enumerate() {
                    let word = &words[code.to_string()];
                    assert!(!string(&word["text"]).is_empty() && !string(&word["color"]).is_empty(), "{state}");
                }
            }
        }
        assert_eq!(coloured > 0, ["site", "camera"].contains(&dashboard.name), "{dashboard}");
    }
}

#[test]
fn states_and_causes_have_the_words_that_messages_have() {
    for dashboard in dashboards().iter().filter(|one| one.name == "commune") {
        let words = text(format!("src/notify/words/{}.rs", dashboard.language));
        let states = text(format!("src/report/words/{}.rs", dashboard.language));
        let mut mappings = BTreeMap::new();
        for property in
            dashboard.panels().iter().flat_map(|panel| panel["fieldConfig"]["overrides"].as_array().unwrap())
        {
            for one in property["properties"].as_array().unwrap().iter().filter(|one| one["id"] == "mappings") {
                for (code, shown) in one["value"][0]["options"].as_object().unwrap() {
                    mappings.insert(code.as_str(), string(&shown["text"]));
                }
            }
        }
        for cause in Cause::ALL {
            let word = mappings.get(cause.as_str()).unwrap_or_else(|| panic!("{cause:?} has a word"));
            assert!(words.contains(&format!("\"{word}\"")), "{dashboard} {cause:?} is not {word} in messages");
        }
        for code in 0..State::ALL.len() {
            let word = mappings[code.to_string().as_str()];
            assert!(states.contains(&format!("\"{word}\"")), "{dashboard} {code} is not {word} in reports");
        }
    }
}

#[test]
fn every_series_is_exported_or_recorded_and_asked_for_by_job() {
    let mut exported = String::new();
    let mut directories = vec![file("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                directories.push(entry);
            } else if entry.extension().is_some_and(|e| e == "rs") {
                exported += &fs::read_to_string(entry).unwrap();
            }
        }
    }
    let rules = text(RULES);
    for dashboard in dashboards() {
        for (at, expr) in dashboard.expressions() {
            for (name, matchers) in series(expr) {
                let family = name.strip_suffix("_bucket").unwrap_or(name);
                let known = match name {
                    "up" | "ALERTS" => true,
                    name if name.contains(':') => rules.contains(&format!("- record: {name}\n")),
                    _ => exported.contains(&format!("\"{family}\"")),
                };
                assert!(known, "{at}: nothing exports or records {name}");
                let by_job = matchers.contains("job=~\"$job\"") || name == "ALERTS";
                assert!(by_job, "{at}: {name}{{{matchers}}} is of every job");
                let by_instance = matchers.contains("instance=~\"$instance\"") || name == "ALERTS";
                assert!(dashboard.name != "monitor" || by_instance, "{at}: {name} is of every instance");
            }
            // What has no braces is no series: a name outside them would be one that is not asked for by job.
            let bare = expr.replace(|c: char| !(c.is_ascii_alphanumeric() || "_:{".contains(c)), " ");
            let bare = bare.split(' ').find(|word| word.contains("camwatch_") && !word.contains('{'));
            assert_eq!(bare, None, "{at}");
        }
    }
}

#[test]
fn counters_are_read_as_rates_over_the_interval_that_grafana_chooses() {
    for dashboard in dashboards() {
        for (at, expr) in dashboard.expressions() {
            for (name, _) in series(expr) {
                let place = expr.find(name).unwrap();
                let inside = ["rate(", "increase("].iter().any(|function| expr[..place].ends_with(function));
                let counts = name.ends_with("_total") || name.ends_with("_bucket");
                assert_eq!(counts, inside, "{at}: {name} is a counter or it is not");
            }
            for rest in expr.split("rate(").skip(1) {
                let range = rest.split('[').nth(1).and_then(|rest| rest.split(']').next());
                assert_eq!(range, Some("$__rate_interval"), "{at}");
            }
        }
    }
}

#[test]
fn a_code_is_compared_and_never_averaged_and_an_uptime_stands_beside_its_coverage() {
    for dashboard in dashboards() {
        for (at, expr) in dashboard.expressions() {
            assert!(!expr.contains("avg"), "{at}: averages of averages, or of codes");
            for rest in expr.split("camwatch_camera_state{").skip(1) {
                let after = rest.split_once('}').unwrap().1.trim_start();
                let compared = after.starts_with("==") || after.starts_with("!=");
                let alone = after.starts_with(')') && expr.contains("(camwatch_camera_state{") && expr.contains("max");
                assert!(compared || alone, "{at}: {expr}");
            }
        }
        for panel in dashboard.panels() {
            let has = |what: &str, panel: &Value| panel["targets"].to_string().contains(what);
            if has("_uptime_ratio", panel) {
                let beside = dashboard
                    .panels()
                    .iter()
                    .any(|other| other["gridPos"]["y"] == panel["gridPos"]["y"] && has("_coverage_ratio", other));
                assert!(beside, "{dashboard} {}", panel["title"]);
            }
        }
    }
}

#[test]
fn links_lead_down_to_dashboards_that_are_there_and_to_the_status_page() {
    let all = dashboards();
    for dashboard in &all {
        let mut urls = Vec::new();
        texts_under(&dashboard.model, &["url"], &mut urls);
        let mut to = BTreeSet::new();
        for url in urls.iter().filter(|url| !url.is_empty() && !url.starts_with("data:")) {
            if let Some(path) = url.strip_prefix("/d/") {
                let (uid, query) = path.split_once('?').unwrap();
                let target =
                    all.iter().find(|one| one.model["uid"] == uid).unwrap_or_else(|| panic!("{dashboard} {url}"));
                assert_eq!(target.language, dashboard.language, "{url}");
                to.insert(target.name);
                for variable in query.split('&').filter_map(|part| part.strip_prefix("var-")) {
                    let name = variable.split('=').next().unwrap();
                    assert!(target.variables().contains_key(name), "{dashboard} {url}");
                }
                assert!(query.contains("${__url_time_range}") && query.contains("${datasource:queryparam}"), "{url}");
            } else {
                assert!(url.starts_with("${status_url:raw}/"), "{dashboard} leads to {url}");
            }
        }
        let down: &[&str] = match dashboard.name {
            "fleet" => &["commune", "site", "monitor"],
            "commune" => &["site", "camera", "fleet"],
            "site" => &["camera", "commune", "retention"],
            "camera" => &["site"],
            "retention" => &["camera", "site"],
            _ => &[],
        };
        assert!(down.iter().all(|name| to.contains(name)), "{dashboard} leads to {to:?}");
        assert!(!dashboard.model.to_string().replace("http://127.0.0.1:9765", "").contains("://"), "{dashboard}");
        // A field that a link takes its value from is one that the table or the map has.
        for panel in dashboard.panels() {
            let exprs = panel["targets"].to_string();
            for rest in panel.to_string().split("${__data.fields.").skip(1) {
                let field = rest.split('}').next().unwrap();
                assert!(exprs.contains(field), "{dashboard} {} has no field {field}", panel["title"]);
                let excluded = panel["transformations"].to_string().contains(&format!("\"{field}\":true"));
                assert!(!excluded, "{dashboard} {} has thrown {field} away", panel["title"]);
            }
        }
    }
}

/// As the scripts fill the variables in: what is chosen does not matter to the syntax.
fn filled(expr: &str) -> String {
    let mut expr = expr.replace("$__rate_interval", "1m").replace("$__range", "6h");
    for name in ["job", "instance", "commune", "site", "camera"] {
        expr = expr.replace(&format!("${name}"), "x");
    }
    expr
}

#[test]
fn promtool_reads_every_expression_and_the_recording_rules_do_what_they_say() {
    let Some(promtool) = require("promtool") else { return };
    let directory = tempfile::tempdir().unwrap();
    let rules: Vec<String> = dashboards()
        .iter()
        .flat_map(Dashboard::expressions)
        .enumerate()
        .map(|(n, (_, expr))| {
            let expr = serde_json::to_string(&filled(expr)).unwrap();
            format!("      - {{record: 'panel:{n}', expr: {expr}}}\n")
        })
        .collect();
    let rules = "groups:\n  - name: dashboards\n    rules:\n".to_owned() + &rules.concat();
    let path = directory.path().join("panels.yml");
    fs::write(&path, rules).unwrap();
    let output = run(Command::new(&promtool).args(["check", "rules", "--lint=none"]).arg(path));
    assert!(output.status.success(), "{}", said(&output));

    let here = file("config/prometheus");
    let checked = run(Command::new(&promtool)
        .args(["check", "rules", "--lint=all", "--lint-fatal", "camwatch.dashboards.rules.yml"])
        .current_dir(&here));
    assert!(checked.status.success(), "{}", said(&checked));
    let tested =
        run(Command::new(promtool).args(["test", "rules", "camwatch.dashboards.rules.test.yml"]).current_dir(here));
    assert!(tested.status.success(), "{}", said(&tested));
}

#[test]
fn what_grafana_is_provisioned_with_fits_together() {
    let source = text("dashboards/provisioning/datasources/camwatch.yml");
    assert!(source.contains("type: prometheus") && source.contains("timeInterval: 15s"));
    assert!(text("config/prometheus/prometheus.yml").contains("scrape_interval: 15s"));
    let provider = text("dashboards/provisioning/dashboards/camwatch.yml");
    let path = provider.lines().find_map(|line| line.trim().strip_prefix("path: ")).unwrap();
    assert!(text("docs/grafana.md").contains(path), "the documents say where the files go");
    assert!(text("config/prometheus/prometheus.yml").contains("- camwatch.dashboards.rules.yml"));
}

#[test]
fn every_query_of_every_panel_is_answered_by_a_prometheus_that_scrapes_the_demo() {
    let (Some(prometheus), Some(node)) = (require("prometheus"), require("node")) else { return };
    let directory = tempfile::tempdir().unwrap();
    let (port, of_prometheus) = (free_port(), free_port());
    let demo = Process::start(
        Command::new(CAMWATCH)
            .args(["demo", "--quiet", "--port", &port.to_string(), "--data-dir"])
            .arg(directory.path().join("demo")),
    );
    let config = directory.path().join("prometheus.yml");
    let rules = file("config/prometheus");
    fs::write(
        &config,
        format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
             rule_files: ['{0}/camwatch.rules.yml', '{0}/camwatch.dashboards.rules.yml']\n\
             scrape_configs:\n  - job_name: camwatch\n    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n",
            rules.display()
        ),
    )
    .unwrap();
    let process = Process::start(
        Command::new(prometheus)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("tsdb").display()))
            .args([format!("--web.listen-address=127.0.0.1:{of_prometheus}"), "--log.level=warn".to_owned()]),
    );
    wait_until("Prometheus", Duration::from_secs(30), || {
        http_get(of_prometheus, "/-/ready").is_some_and(|(status, _)| status == 200)
    });
    let output = run(Command::new(node).arg(file("tests/dashboards/live.mjs")).arg(file("dashboards")).args([
        "vi",
        &format!("http://127.0.0.1:{of_prometheus}"),
        "75",
    ]));
    assert!(output.status.success(), "{}\n{}{}", said(&output), demo.stderr(), process.stderr());
}

#[test]
fn their_types_are_those_of_grafanas_own_schema() {
    let (Some(_), Some(_)) = (require("node"), npm_modules()) else { return };
    let output = run(&mut Command::new(file("tests/dashboards/types")));
    assert!(output.status.success(), "{}", said(&output));
}
