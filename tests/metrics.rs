//! The metrics page: what stands in it, how big it is, and what Prometheus' own tools say of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::Duration;

use camwatch::export::{Part, Shard, render, render_own};
use camwatch::judgement::event::IncidentScope;
use camwatch::observation::{Cause, State};
use camwatch::snapshot::{Incident, Snapshot, Windows};
use camwatch::telemetry::Telemetry;
use support::{Process, free_port, http_get, require, wait_for, wait_until};

mod fleet;
#[path = "fleet/server.rs"]
mod server;
mod support;

/// A page taken apart by the rules of the format.
struct Page {
    /// Family to its samples: series (name and labels as written) and value.
    families: BTreeMap<String, Vec<(String, f64)>>,
}

impl Page {
    /// Reads a page and holds it against the format: a HELP and a TYPE before each family's samples, each family in one
    /// piece, no series twice.
    fn read(text: &str) -> Self {
        let mut families: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
        let mut series = BTreeSet::new();
        let (mut helped, mut family) = (String::new(), String::new());
        assert!(text.is_empty() || text.ends_with('\n'), "the last line ends");
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(!help.is_empty(), "{name} has a help text");
                name.clone_into(&mut helped);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, _) = rest.split_once(' ').unwrap();
                assert_eq!(name, helped, "TYPE follows HELP");
                assert!(families.insert(name.to_owned(), Vec::new()).is_none(), "{name} is in one piece");
                name.clone_into(&mut family);
            } else {
                let (one, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
                let name = one.split('{').next().unwrap();
                let base = ["_bucket", "_sum", "_count"].iter().find_map(|s| name.strip_suffix(s)).unwrap_or(name);
                assert!(name == family || base == family, "{line} stands under {family}");
                assert!(series.insert(one.to_owned()), "{one} stands once");
                let value = value.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
                families.get_mut(&family).unwrap().push((one.to_owned(), value));
            }
        }
        Self { families }
    }

    fn series(&self) -> impl Iterator<Item = &str> {
        self.families.values().flatten().map(|(series, _)| series.as_str())
    }

    /// The value of a series, written as on the page.
    fn get(&self, series: &str) -> Option<f64> {
        self.families.values().flatten().find(|(one, _)| one == series).map(|(_, value)| *value)
    }

    fn camera(&self, name: &str, n: usize) -> Option<f64> {
        self.get(&format!("{name}{{{}}}", labels(n)))
    }
}

fn labels(n: usize) -> String {
    let site = n / fleet::CAMERAS_A_SITE;
    format!(
        "camera=\"{}\",site=\"{}\",commune=\"{}\"",
        fleet::camera_id(n),
        fleet::site_id(site),
        fleet::commune_id(site / 16)
    )
}

fn now() -> jiff::Timestamp {
    fleet::at(fleet::NOW)
}

fn whole(snapshot: &Snapshot) -> Page {
    Page::read(&render(snapshot, &Part::Whole, now()))
}

#[test]
fn states_are_exported_as_the_table_in_help_says_and_up_is_absent_where_nobody_knows() {
    let page = whole(&fleet::snapshot(10));
    // Up, dark, degraded, unknown, maintenance.
    for (n, state, up) in
        [(0, 2.0, Some(1.0)), (1, 0.0, Some(0.0)), (2, 1.0, Some(1.0)), (3, 4.0, None), (4, 3.0, None)]
    {
        assert_eq!(page.camera("camwatch_camera_state", n), Some(state), "camera {n}");
        assert_eq!(page.camera("camwatch_camera_up", n), up, "camera {n}");
    }
    let causes = &page.families["camwatch_camera_cause"];
    assert_eq!(causes.len(), 3, "only while not up, and none in maintenance: {causes:?}");
    let dark = format!("camwatch_camera_cause{{{},cause=\"connect_timeout\"}}", labels(1));
    assert_eq!(page.get(&dark), Some(1.0));
}

#[test]
fn what_is_not_known_is_absent_and_never_zero() {
    let mut snapshot = fleet::snapshot(1);
    let camera = &mut snapshot.cameras[0];
    (camera.since, camera.last_probe, camera.last_frame, camera.probe_seconds) = (None, None, None, None);
    (camera.stream, camera.picture, camera.device, camera.recording) = (None, None, None, None);
    camera.clock_offset_seconds = None;
    (camera.state, camera.cause) = (State::Unknown, Some(Cause::MonitorDown));
    snapshot.windows = Windows::default().into();
    let page = whole(&snapshot);
    let of_camera: BTreeSet<&str> =
        page.families.keys().map(String::as_str).filter(|n| n.contains("_camera_") || n.contains("_stream_")).collect();
    assert_eq!(
        of_camera,
        BTreeSet::from([
            "camwatch_camera_cause",
            "camwatch_camera_info",
            "camwatch_camera_retention_required_seconds",
            "camwatch_camera_state",
        ])
    );
    assert!(!page.families.contains_key("camwatch_site_uptime_ratio"), "no observed second, no figure");
}

#[test]
fn the_info_series_names_no_household_and_escapes_what_it_names() {
    let mut snapshot = fleet::snapshot(4);
    snapshot.cameras[0].name = "Cầu \"A\\B\"\n2".to_owned();
    let page = whole(&snapshot);
    let infos: Vec<&str> = page.families["camwatch_camera_info"].iter().map(|(series, _)| series.as_str()).collect();
    assert!(infos[0].contains(r#"name="Cầu \"A\\B\"\n2""#), "{}", infos[0]);
    assert!(
        infos[1].ends_with(
            r#",name="Cầu Yên Lệnh, chiều đi Hưng Yên",village="Yên Lệnh",fund="commune-2023",fund_kind="commune",funded="true",vendor="HIKVISION",model="DS-2CD2T47G2-L",firmware="V5.7.13 build 230524",codec="h264",resolution="1920x1080"}"#
        ),
        "{}",
        infos[1]
    );
    assert!(infos[3].contains(r#"name="",village="Yên Lệnh",fund="ho-dan",fund_kind="household",funded="false""#));
}

#[test]
fn ages_are_counted_to_the_moment_of_rendering() {
    let snapshot = fleet::snapshot(1);
    let retention = |now| {
        let page = Page::read(&render(&snapshot, &Part::Whole, fleet::at(now)));
        page.camera("camwatch_camera_retention_seconds", 0).unwrap()
    };
    assert!((retention(fleet::NOW + 60) - retention(fleet::NOW) - 60.0).abs() < 1e-6);
    assert_eq!(whole(&snapshot).camera("camwatch_camera_retention_required_seconds", 0), Some(2_592_000.0));
}

#[test]
fn sites_and_incidents_have_a_series_for_every_state_and_scope_from_the_start() {
    let mut snapshot = fleet::snapshot(20);
    let page = whole(&snapshot);
    assert_eq!(page.families["camwatch_site_cameras"].len(), 2 * State::ALL.len());
    assert_eq!(page.get(r#"camwatch_site_cameras{site="site-000",commune="comm-00",state="dark"}"#), Some(2.0));
    assert_eq!(page.get(r#"camwatch_site_up{site="site-000",commune="comm-00"}"#), Some(1.0));
    assert_eq!(page.families["camwatch_incidents_open"].len(), IncidentScope::ALL.len());
    assert_eq!(page.get(r#"camwatch_credential_refused{credential="nvr-yen-lenh"}"#), Some(0.0));
    assert_eq!(page.get("camwatch_monitor_online"), Some(1.0));
    assert_eq!(page.get(r#"camwatch_fund_target_ratio{fund="commune-2023"}"#), Some(0.98));

    snapshot.monitor_online = false;
    snapshot.sites.iter_mut().for_each(|site| site.up = None);
    snapshot.refused = vec![camwatch::inventory::CredentialId::new("nvr-yen-lenh").unwrap()];
    snapshot.incidents.push(Incident {
        id: "i".to_owned(),
        scope: IncidentScope::Monitor,
        subject: "monitor".to_owned(),
        cause: Cause::MonitorOffline,
        cameras: Vec::new(),
        since: now(),
        opened_at: now(),
    });
    let page = whole(&snapshot);
    assert!(!page.families.contains_key("camwatch_site_up"), "absent while the monitor is cut off");
    assert_eq!(page.get("camwatch_monitor_online"), Some(0.0));
    assert_eq!(page.get(r#"camwatch_incidents_open{scope="monitor"}"#), Some(1.0));
    assert_eq!(page.get(r#"camwatch_credential_refused{credential="nvr-yen-lenh"}"#), Some(1.0));
}

#[test]
fn a_camera_has_at_most_15_series_and_31_with_detail() {
    let mut snapshot = fleet::snapshot(10_000);
    let most = |snapshot: &Snapshot| {
        let page = whole(snapshot);
        let mut of_cameras: BTreeMap<String, usize> = BTreeMap::new();
        for series in page.series().filter(|series| series.contains("{camera=\"")) {
            let camera = series.split('"').nth(1).unwrap();
            *of_cameras.entry(camera.to_owned()).or_default() += 1;
        }
        assert_eq!(of_cameras.len(), 10_000);
        of_cameras.into_values().max().unwrap()
    };
    assert_eq!(most(&snapshot), 15);
    let config = std::sync::Arc::make_mut(&mut snapshot.config);
    config.metrics.detail = true;
    assert_eq!(most(&snapshot), 31);
}

#[test]
fn ten_thousand_cameras_with_short_ids_stay_under_what_scrapers_accept() {
    let page = render(&fleet::snapshot(10_000), &Part::Whole, now());
    let own = render_own(&Telemetry::new());
    let bytes = page.len() + own.len();
    assert!(bytes < 16 * 1024 * 1024, "{bytes} bytes, {} a camera", bytes / 10_000);
}

#[test]
fn places_have_names_but_for_sites_that_are_somebodys_home() {
    let mut inventory = fleet::inventory(32);
    let (public, home) = (fleet::site_id(0), fleet::site_id(1));
    let household = inventory.funds.keys().find(|fund| fund.as_str() == "ho-dan").unwrap().clone();
    for camera in inventory.cameras.values_mut().filter(|camera| camera.site == home) {
        camera.funds[0].fund = household.clone();
    }
    let page = whole(&fleet::snapshot_of(fleet::config(inventory)));
    let info = |site, name| {
        let labels = format!("site=\"{site}\",commune=\"comm-00\",name=\"{name}\",village=\"Yên Lệnh\"");
        page.get(&format!("camwatch_site_info{{{labels}}}"))
    };
    assert_eq!(info(&public, "Cụm camera 0"), Some(1.0), "a household among others does not hide a place");
    assert_eq!(info(&home, ""), Some(1.0));
    let commune = r#"camwatch_commune_info{commune="comm-00",name="Xã 0",province="Hà Nam"}"#;
    assert_eq!(page.get(commune), Some(1.0));
}

#[test]
fn every_uptime_has_its_coverage_and_a_communes_is_that_of_all_its_cameras() {
    let mut snapshot = fleet::snapshot(32);
    let windows = std::sync::Arc::make_mut(&mut snapshot.windows);
    let tally = windows.sites.get_mut(&(fleet::site_id(1), camwatch::snapshot::Window::Day)).unwrap();
    (tally.up, tally.dark, tally.unknown) = (0, 81_000, 0);
    std::sync::Arc::make_mut(&mut snapshot.config).metrics.detail = true;
    let page = whole(&snapshot);
    for series in page.series().filter(|series| series.contains("_uptime_ratio")) {
        let coverage = series.replace("_uptime_ratio", "_coverage_ratio");
        assert!(page.get(&coverage).is_some(), "{series} stands alone");
    }
    // 81,000 s of 81,400 s working at one site, 1,000 s of 82,000 s at the other: their seconds, not their shares.
    let day = |name: &str| page.get(&format!("camwatch_commune_{name}{{commune=\"comm-00\",window=\"1d\"}}")).unwrap();
    assert!((day("uptime_ratio") - 82_000.0 / 163_400.0).abs() < 1e-7, "{}", day("uptime_ratio"));
    assert!((day("coverage_ratio") - 163_400.0 / 167_400.0).abs() < 1e-7, "{}", day("coverage_ratio"));
}

#[test]
fn the_parts_together_are_the_whole_page_and_a_site_is_never_cut_in_two() {
    let snapshot = fleet::snapshot(2_000);
    let all: BTreeSet<String> = whole(&snapshot).series().map(str::to_owned).collect();
    let mut union = BTreeSet::new();
    let mut site_in = BTreeMap::new();
    for index in 1..=4 {
        let part = Part::Shard(Shard::parse(&format!("{index}/4")).unwrap());
        let page = Page::read(&render(&snapshot, &part, now()));
        for series in page.series() {
            assert!(union.insert(series.to_owned()), "{series} is in one part only");
            if let Some(site) = series.split_once("site=\"").map(|(_, rest)| rest.split('"').next().unwrap()) {
                assert_eq!(*site_in.entry(site.to_owned()).or_insert(index), index, "{site} is whole");
            } else {
                // A commune may have sites in several parts: what is said of it as a whole is in the first.
                assert_eq!(index, 1, "{series} belongs to no site");
            }
        }
        assert!(page.series().count() > all.len() / 8, "part {index} carries its share");
    }
    assert_eq!(union, all);
}

#[test]
fn a_commune_is_its_cameras_and_sites_and_nothing_else() {
    let snapshot = fleet::snapshot(600);
    let page = Page::read(&render(&snapshot, &Part::Commune(fleet::commune_id(1)), now()));
    assert!(page.series().count() > 0);
    assert!(page.series().all(|series| series.contains("commune=\"comm-01\"")));
    let part = Part::parse(None, Some("comm-01"), &snapshot);
    assert_eq!(part, Ok(Part::Commune(fleet::commune_id(1))));
    assert!(Part::parse(None, Some("comm-99"), &snapshot).is_err());
    assert!(Part::parse(Some("1/2"), Some("comm-01"), &snapshot).is_err());
}

#[test]
fn the_daemons_own_series_are_well_formed_and_say_every_cause_from_the_start() {
    let page = Page::read(&render_own(&Telemetry::new()));
    assert_eq!(page.get(r#"camwatch_probe_failures_total{cause="busy"}"#), Some(0.0));
    assert_eq!(page.get(r#"camwatch_probe_failures_total{cause="slow"}"#), None);
    for name in ["camwatch_build_info", "process_resident_memory_bytes", "camwatch_probe_duration_seconds"] {
        assert!(page.families.contains_key(name), "{name}");
    }
}

/// Why camera series are not in a `GaugeVec`: the crate keys children by a hash over the label values strung together
/// without a separator. The day this fails it has been repaired, and camera series may become vectors.
#[test]
#[allow(clippy::disallowed_types)] // It is what the prohibition is about.
fn the_crates_vectors_still_merge_label_sets_that_read_the_same_when_strung_together() {
    use prometheus::core::Collector as _;
    let vec = prometheus::IntGaugeVec::new(prometheus::Opts::new("x", "x"), &["site", "camera"]).unwrap();
    vec.with_label_values(&["site1", "11"]).set(1);
    vec.with_label_values(&["site11", "1"]).set(2);
    assert_eq!(vec.collect()[0].get_metric().len(), 1, "two series, repaired");

    // Ours keeps them apart.
    let mut inventory = fleet::inventory(1);
    let (camera, site) = (fleet::camera_id(0), fleet::site_id(0));
    let (camera, site) = (inventory.cameras[&camera].clone(), inventory.sites[&site].clone());
    (inventory.cameras, inventory.sites) = Default::default();
    for (site_name, camera_name) in [("site1", "11"), ("site11", "1")] {
        let id = camwatch::inventory::SiteId::new(site_name).unwrap();
        inventory.sites.insert(id.clone(), camwatch::inventory::Site { id: id.clone(), ..site.clone() });
        let camera_id = camwatch::inventory::CameraId::new(camera_name).unwrap();
        let camera = camwatch::inventory::Camera { id: camera_id.clone(), site: id, ..camera.clone() };
        inventory.cameras.insert(camera_id, camera);
    }
    let page = whole(&fleet::snapshot_of(fleet::config(inventory)));
    assert_eq!(page.families["camwatch_camera_state"].len(), 2);
}

#[test]
fn promtool_has_nothing_to_say_of_the_page_but_that_days_are_no_base_unit() {
    let Some(promtool) = require("promtool") else { return };
    let mut snapshot = fleet::snapshot(3);
    std::sync::Arc::make_mut(&mut snapshot.config).metrics.detail = true;
    let telemetry = Telemetry::new();
    telemetry.http_answered("GET", "/metrics", 200, Duration::from_millis(1));
    let page = render(&snapshot, &Part::Whole, now()) + &render_own(&telemetry);
    let mut child = Command::new(promtool)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), page.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    // The linter takes calendar days, which are counted, for a duration. That name is fixed; nothing else may be said.
    let said: Vec<&str> = said.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(said, ["camwatch_camera_recording_gap_days use base unit \"seconds\" instead of \"days\""]);
}

#[test]
fn a_real_prometheus_scrapes_the_page_and_forgets_a_removed_camera() {
    let Some(prometheus) = require("prometheus") else { return };
    let server = server::Server::start(fleet::snapshot(200));
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let config = directory.path().join("prometheus.yml");
    std::fs::write(
        &config,
        format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\nscrape_configs:\n\
             - job_name: camwatch\n  static_configs: [{{targets: ['{}']}}]\n",
            server.address
        ),
    )
    .unwrap();
    let process = Process::start(
        Command::new(prometheus)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=warn"),
    );
    let query = |query: &str| -> Vec<serde_json::Value> {
        let Some((200, body)) = http_get(port, &format!("/api/v1/query?query={query}")) else { return Vec::new() };
        let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    };
    let number = |expression: &str| {
        let result = query(expression);
        result.first().and_then(|one| one["value"][1].as_str()?.parse::<f64>().ok())
    };
    let limit = Duration::from_secs(60);
    wait_until("the first scrape", limit, || number("up") == Some(1.0));
    assert_eq!(number("count(camwatch_camera_state)"), Some(200.0));
    assert_eq!(number("sum(camwatch_camera_up)"), Some(120.0 + 20.0));
    let info = wait_for("the info series", limit, || query("camwatch_camera_info%7Bcamera=%22c0000%22%7D").pop());
    assert_eq!(info["metric"]["name"], "Cầu Yên Lệnh, chiều đi Hưng Yên");
    assert_eq!(info["metric"]["village"], "Yên Lệnh");

    server.show(fleet::snapshot(199));
    wait_until("the removed camera's series to end", limit, || number("count(camwatch_camera_state)") == Some(199.0));
    assert_eq!(number("count(camwatch_camera_state%7Bcamera=%22c0199%22%7D)"), None);
    assert_eq!(number("up"), Some(1.0));
    assert_eq!(process.stderr(), "", "Prometheus has nothing to complain of");
}
