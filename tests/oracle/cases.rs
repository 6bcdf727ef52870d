//! Traces small enough to be judged by hand, rule by rule: what the oracle itself is held against.

use serde_json::{Value, json};

use super::life::read_moments;
use super::seconds;
use super::world::{Camera, Nanos, Recorder, SECOND, Site, Window, World, nanos, text};

/// The midnight at which the hand-written traces begin, in UTC.
const ZERO: &str = "2026-11-01T00:00:00Z";

fn at(seconds: f64) -> Nanos {
    #[allow(clippy::cast_possible_truncation)] // Quarters of seconds.
    let offset = (seconds * 4.0) as i64 * (SECOND / 4);
    nanos(ZERO) + offset
}

/// One site `s` without a gateway, and its cameras, each probed every 30 s with 10 s to answer.
fn world(cameras: &[&str]) -> World {
    World {
        timezone: "Asia/Ho_Chi_Minh",
        confirm: 3,
        recover: 2,
        picture_confirm: 2,
        timeout: 10,
        group_wait: 20,
        unknown_after: 1800,
        clock_tolerance: 300,
        communes: vec!["m".into()],
        sites: vec![Site { id: "s".into(), commune: "m".into(), village: Some("Yên".into()), gateway: false }],
        cameras: cameras
            .iter()
            .map(|id| Camera {
                id: (*id).into(),
                site: "s".into(),
                interval: 30,
                fund: None,
                recorder: None,
                installed: None,
                retired: None,
                retention_days: 30,
            })
            .collect(),
        recorders: vec![Recorder { id: "r".into(), site: "s".into() }],
        funds: vec![("f".into(), true)],
        windows: vec![],
    }
}

fn window(from: f64, to: f64) -> Window {
    Window { scope: "site", id: "s".into(), from: at(from), to: at(to) }
}

/// `SECONDS camera OUTCOME[/PICTURE]`, `SECONDS gateway OUTCOME`, `SECONDS reference OUTCOME`, `SECONDS recorder JSON`.
fn trace(lines: &str) -> Vec<Value> {
    let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    let one = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let mut word = || words.next().expect("a line has three words");
        let at = text(at(word().parse().expect("seconds")));
        match (word(), word()) {
            ("gateway", seen) => json!({"at": at, "site": "s", "gateway": seen}),
            ("reference", seen) => json!({"at": at, "reference": seen}),
            ("recorder", seen) => {
                // A word alone is an outcome.
                let outcome = if seen.starts_with('{') { "ok" } else { seen };
                let mut poll: Value = serde_json::from_str(seen).unwrap_or(json!({}));
                poll["at"] = json!(at);
                poll["recorder"] = json!("r");
                poll["outcome"] = json!(outcome);
                poll
            }
            (camera, seen) => match seen.split_once('/') {
                None => json!({"at": at, "camera": camera, "outcome": seen, "depth": "frame"}),
                Some((outcome, "connect")) => {
                    json!({"at": at, "camera": camera, "outcome": outcome, "depth": "connect"})
                }
                Some((outcome, verdict)) => {
                    json!({"at": at, "camera": camera, "outcome": outcome, "depth": "picture", "picture": {"verdict": verdict}})
                }
            },
        }
    };
    lines.map(one).collect()
}

/// `AT CAMERA FROM>TO since SINCE [CAUSE]`
fn states(world: &World, lines: &str) -> Vec<String> {
    let (states, _) = super::replay(world, &trace(lines));
    let line = |e: &Value| {
        let (from, to, cause) = (plain(&e["from"]), plain(&e["to"]), plain(&e["cause"]));
        let line =
            format!("{} {} {from}>{to} since {} {cause}", after(&e["at"]), plain(&e["camera"]), after(&e["since"]));
        line.trim_end().to_owned()
    };
    states.iter().map(line).collect()
}

/// `AT PHASE SCOPE SUBJECT CAUSE CAMERAS`
fn incidents(world: &World, lines: &str) -> Vec<String> {
    let (_, incidents) = super::replay(world, &trace(lines));
    incidents.iter().map(incident_line).collect()
}

fn incident_line(e: &Value) -> String {
    let cameras: Vec<String> = e["cameras"].as_array().unwrap().iter().map(plain).collect();
    let (phase, scope, subject) = (plain(&e["phase"]), plain(&e["scope"]), plain(&e["subject"]));
    format!("{} {phase} {scope} {subject} {} {}", after(&e["at"]), plain(&e["cause"]), cameras.join(","))
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn after(moment: &Value) -> String {
    #[allow(clippy::cast_precision_loss)] // Seconds of a small trace.
    let seconds = (nanos(moment.as_str().unwrap()) - nanos(ZERO)) as f64 / SECOND as f64;
    seconds.to_string()
}

#[test]
fn one_ok_makes_an_unknown_camera_up_and_three_failures_make_it_dark_since_the_first() {
    let lines = "0 c ok\n 30 c refused\n 35 c connect_timeout\n 40 c connect_timeout\n 45 c refused";
    assert_eq!(states(&world(&["c"]), lines), ["0 c unknown>up since 0", "40 c up>dark since 30 connect_timeout"]);
}

#[test]
fn the_cause_of_a_tie_is_the_latest() {
    let lines = "0 c ok\n 30 c refused\n 35 c dns\n 40 c reset";
    assert_eq!(states(&world(&["c"]), lines)[1], "40 c up>dark since 30 reset");
    let mut four = world(&["c"]);
    four.confirm = 4;
    let lines = "0 c ok\n 30 c refused\n 35 c dns\n 40 c dns\n 45 c refused";
    assert_eq!(states(&four, lines)[1], "45 c up>dark since 30 refused");
}

#[test]
fn an_ok_breaks_a_run_of_failures_and_busy_does_not() {
    let broken = "0 c ok\n 30 c dns\n 35 c dns\n 40 c ok\n 70 c dns\n 75 c dns";
    assert_eq!(states(&world(&["c"]), broken).len(), 1);
    let bridged = "0 c ok\n 30 c dns\n 35 c busy\n 40 c dns\n 45 c busy\n 50 c busy\n 55 c dns";
    assert_eq!(states(&world(&["c"]), bridged)[1], "55 c up>dark since 30 dns");
}

#[test]
fn two_oks_in_a_row_bring_a_dark_camera_back_since_the_first() {
    let lines = "0 c dns\n 5 c dns\n 10 c dns\n 40 c ok\n 45 c dns\n 50 c ok\n 55 c busy\n 60 c slow";
    assert_eq!(states(&world(&["c"]), lines), ["10 c unknown>dark since 0 dns", "60 c dark>up since 50"]);
}

#[test]
fn three_that_cannot_see_make_it_unknown_and_then_one_ok_suffices() {
    let lines = "0 c ok\n 30 c busy\n 35 c unauthorized\n 40 c busy\n 70 c dns\n 75 c ok";
    assert_eq!(
        states(&world(&["c"]), lines),
        ["0 c unknown>up since 0", "40 c up>unknown since 30 busy", "75 c unknown>up since 75"]
    );
}

#[test]
fn bad_pictures_degrade_and_good_ones_clear_and_those_without_do_neither() {
    let lines = "0 c ok\n 30 c ok/black\n 60 c ok\n 90 c ok/frozen\n 120 c ok/ok\n 150 c ok\n 180 c ok/ok";
    assert_eq!(
        states(&world(&["c"]), lines),
        ["0 c unknown>up since 0", "90 c up>degraded since 30 frozen", "180 c degraded>up since 120"]
    );
}

#[test]
fn the_observation_that_makes_a_change_is_the_first_of_the_new_picture_runs() {
    let lines = "0 c dns\n 5 c dns\n 10 c dns\n 40 c ok/black\n 45 c ok/black\n 75 c ok/black";
    assert_eq!(
        states(&world(&["c"]), lines),
        ["10 c unknown>dark since 0 dns", "45 c dark>up since 40", "75 c up>degraded since 45 black"],
        "the black picture of 40 belongs to the old runs"
    );
}

#[test]
fn slow_ones_degrade_and_a_shallow_ok_neither_lengthens_nor_breaks_their_run() {
    let lines =
        "0 c slow\n 30 c ok/connect\n 60 c lossy\n 90 c slow\n 120 c ok\n 150 c ok/connect\n 180 c ok\n 210 c ok";
    assert_eq!(
        states(&world(&["c"]), lines),
        ["0 c unknown>up since 0", "90 c up>degraded since 0 slow", "210 c degraded>up since 120"]
    );
}

#[test]
fn silence_makes_it_unknown_at_its_exact_moment_before_what_is_seen_then() {
    let lines = "0 c ok\n 70 c ok\n 140.25 c ok";
    assert_eq!(
        states(&world(&["c"]), lines),
        [
            "0 c unknown>up since 0",
            "70 c up>unknown since 70 monitor_down",
            "70 c unknown>up since 70",
            "140 c up>unknown since 140 monitor_down",
            "140.25 c unknown>up since 140.25"
        ]
    );
}

#[test]
fn while_the_references_are_silent_nothing_counts_and_no_silence_is_too_long() {
    let lines =
        "0 c ok\n 10 reference unreachable\n 30 c dns\n 35 c dns\n 40 c dns\n 45 c ok\n 500 reference ok\n 560 c ok";
    assert_eq!(
        states(&world(&["c"]), lines),
        ["0 c unknown>up since 0", "10 c up>unknown since 10 monitor_offline", "560 c unknown>up since 560"]
    );
}

#[test]
fn maintenance_shows_for_its_exact_span_and_then_what_it_has_come_to() {
    let mut planned = world(&["c"]);
    planned.windows = vec![window(-10.0, 20.0), window(20.0, 40.5), window(41.0, 42.0)];
    let lines = "0 c ok\n 25 c dns\n 30 c dns\n 35 c dns\n 60 c ok\n 65 c ok";
    assert_eq!(
        states(&planned, lines),
        [
            "0 c unknown>maintenance since 0",
            "40.5 c maintenance>dark since 40.5 dns",
            "41 c dark>maintenance since 41",
            "42 c maintenance>dark since 42 dns",
            "65 c dark>up since 60"
        ]
    );
}

#[test]
fn what_began_in_a_window_is_dated_from_its_end() {
    let mut planned = world(&["c"]);
    planned.windows = vec![window(20.0, 33.0)];
    let lines = "0 c ok\n 30 c dns\n 35 c dns\n 40 c dns";
    assert_eq!(
        states(&planned, lines)[1..],
        ["20 c up>maintenance since 20", "33 c maintenance>up since 33", "40 c up>dark since 33 dns"]
    );
}

#[test]
fn what_a_recorder_says_holds_until_it_says_otherwise() {
    let mut recorded = world(&["c"]);
    recorded.cameras[0].recorder = Some("r".into());
    let lines = r#"0 c ok
        10 recorder {"clock_offset_seconds": -301.0, "disks": [{"id": "1", "status": "ok"}]}
        20 recorder {"disks": [{"id": "1", "status": "missing"}]}
        30 recorder {"clock_offset_seconds": 300.0}
        40 recorder {"disks": [{"id": "1", "status": "ok"}]}
        50 recorder {"recordings": [{"camera": "c", "newest": "2026-10-31T23:30:49Z"}]}
        60 recorder {"recordings": [{"camera": "c", "newest": "2026-10-31T23:31:00Z"}]}"#;
    assert_eq!(
        states(&recorded, lines)[1..],
        [
            "10 c up>degraded since 10 clock_wrong",
            "40 c degraded>up since 40",
            "50 c up>degraded since 50 not_recording",
            "60 c degraded>up since 60"
        ]
    );
}

#[test]
fn a_dark_camera_is_an_incident_when_group_wait_has_passed_and_until_it_is_back() {
    let lines = "0 c ok\n 30 c dns\n 35 c dns\n 40 c dns\n 70 c dns\n 100 c ok\n 105 c ok";
    assert_eq!(incidents(&world(&["c"]), lines), ["60 open camera c dns c", "105 close camera c dns c"]);
    let short = "0 c ok\n 30 c dns\n 35 c dns\n 40 c dns\n 45 c ok\n 50 c ok\n 80 c ok";
    assert!(incidents(&world(&["c"]), short).is_empty());
}

#[test]
fn cameras_that_go_dark_together_are_one_incident_of_their_site() {
    let lines = "0 a ok\n 0 b ok\n 30 a dns\n 31 b reset\n 35 a dns\n 36 b reset\n 40 a dns\n 41 b reset
        70 a ok\n 71 b reset\n 75 a ok\n 76 b reset\n 80 a ok\n 81 b reset\n 110 a ok\n 111 b reset\n 140 b reset";
    assert_eq!(
        incidents(&world(&["a", "b"]), lines),
        ["60 open site s reset a,b", "111 close site s reset a,b", "131 open camera b reset b"],
        "the one with a fault of its own is found when the outage ends"
    );
}

#[test]
fn a_gateway_that_is_silent_explains_its_cameras() {
    let mut with_gateway = world(&["a", "b"]);
    with_gateway.sites[0].gateway = true;
    let lines = "0 a ok\n 0 b ok\n 30 a dns\n 30 gateway unreachable\n 35 a dns\n 35 gateway unreachable\n 40 a dns
        40 gateway unreachable\n 50 b not_found\n 55 b not_found\n 58 b not_found\n 75 a dns\n 80 b not_found";
    assert_eq!(
        incidents(&with_gateway, lines),
        ["60 open site s unreachable a", "78 open camera b not_found b"],
        "a camera that is dark by another cause is no matter of the line"
    );
}

#[test]
fn the_monitor_has_an_incident_while_it_is_cut_off() {
    let lines = "0 c ok\n 10 reference unreachable\n 40 reference unreachable\n 50 reference ok\n 60 c ok";
    let expected = ["30 open monitor monitor monitor_offline c", "50 close monitor monitor monitor_offline c"];
    assert_eq!(incidents(&world(&["c"]), lines), expected);
}

#[test]
fn what_is_wrong_with_a_recorder_is_one_incident_until_nothing_is() {
    let mut two = world(&["a", "b"]);
    two.cameras[0].recorder = Some("r".into());
    two.cameras[1].recorder = Some("r".into());
    let lines = r#"0 a ok
        0 b ok
        10 recorder {"clock_offset_seconds": 301.0}
        40 recorder {"disks": [{"id": "1", "status": "failed"}]}
        45 recorder {"clock_offset_seconds": 0.0}
        50 recorder {"disks": [{"id": "1", "status": "ok"}]}"#;
    assert_eq!(
        incidents(&two, lines),
        [
            "30 open recorder r clock_wrong a,b",
            "45 update recorder r disk_failed a,b",
            "50 close recorder r disk_failed a,b"
        ]
    );
    let silent =
        "0 a ok\n 1 recorder reset\n 2 recorder busy\n 3 recorder dns\n 4 recorder dns\n 30 a ok\n 31 recorder {}";
    assert_eq!(incidents(&two, silent), ["24 open recorder r dns a,b", "31 close recorder r dns a,b"]);
    assert_eq!(states(&two, silent).len(), 1, "no camera is made anything by it");
}

#[test]
fn recordings_under_a_clock_that_is_half_a_day_off_say_nothing() {
    let mut recorded = world(&["c"]);
    recorded.cameras[0].recorder = Some("r".into());
    recorded.cameras[0].installed = Some("2025-01-01".parse().unwrap());
    let lines = r#"0 c ok
        10 recorder {"recordings": [{"camera": "c", "oldest": "2026-10-20T00:00:00Z", "newest": "2026-11-01T00:00:00Z"}]}
        20 recorder {"clock_offset_seconds": 43200.0}
        30 recorder {"clock_offset_seconds": 0.0}
        40 recorder {"recordings": [{"camera": "c", "oldest": "2026-09-20T00:00:00Z", "gap_days": ["2026-10-20"]}]}
        50 recorder {"recordings": [{"camera": "c", "mode": "event"}]}
        55 c ok
        60 recorder {"recordings": [{"camera": "c", "mode": "continuous", "newest": "2026-11-01T02:00:00Z"}]}
        70 recorder {"recordings": [{"camera": "c", "newest": "2026-11-01T00:01:00Z"}]}"#;
    assert_eq!(
        states(&recorded, lines)[1..],
        [
            "10 c up>degraded since 10 retention_short",
            "30 c degraded>up since 30",
            "40 c up>degraded since 40 recording_gap",
            "50 c degraded>up since 50",
            "60 c up>degraded since 60 clock_wrong",
            "70 c degraded>up since 70"
        ]
    );
}

#[test]
fn cameras_that_go_dark_with_their_recorder_while_the_site_is_there_are_the_recorders() {
    let mut three = world(&["a", "b", "c"]);
    three.cameras[0].recorder = Some("r".into());
    three.cameras[1].recorder = Some("r".into());
    let lines = "0 a ok\n 0 b ok\n 0 c ok\n 10 a dns\n 11 b dns\n 12 a dns\n 13 b dns\n 14 a dns\n 15 b dns\n 40 c ok
        41 a ok\n 42 a ok\n 43 b ok\n 44 b ok";
    assert_eq!(incidents(&three, lines), ["34 open recorder r dns a,b", "44 close recorder r dns a,b"]);
}

/// Two sites of one commune, `s` without a gateway and `g` with one, each of one camera: `a` at `s` and `b` at `g`.
fn commune() -> World {
    let mut commune = world(&["a", "b"]);
    commune.sites.push(Site { id: "g".into(), commune: "m".into(), village: None, gateway: true });
    commune.cameras[1].site = "g".into();
    commune
}

fn incidents_of_commune(lines: &str) -> Vec<String> {
    // The only gateway is that of `g`.
    let lines = lines.replace(" gateway ", " g-gateway ");
    let lines: Vec<Value> = trace(&lines)
        .into_iter()
        .map(|line| {
            if line["camera"] == "g-gateway" {
                json!({"at": line["at"], "site": "g", "gateway": line["outcome"]})
            } else {
                line
            }
        })
        .collect();
    let (_, incidents) = super::replay(&commune(), &lines);
    incidents.iter().map(incident_line).collect()
}

const CUT: &str = "0 a ok\n 0 b ok\n 0 gateway ok\n 10 a dns\n 10 b dns\n 10 gateway unreachable\n 11 a dns\n 11 b dns
    11 gateway unreachable\n 12 a dns\n 12 b dns\n 12 gateway unreachable\n";

#[test]
fn sites_of_a_commune_that_fail_together_are_one_incident_of_their_area() {
    let lines = format!("{CUT} 40 gateway ok\n 41 a ok\n 41 b ok\n 42 a ok\n 42 b ok");
    assert_eq!(incidents_of_commune(&lines), ["32 open area m dns a,b", "42 close area m dns a,b"]);
}

#[test]
fn a_site_that_stays_down_when_the_area_is_back_is_found() {
    let lines = format!("{CUT} 40 a ok\n 41 a ok\n 42 gateway unreachable\n 43 b dns\n 44 b dns\n 45 b dns\n 66 b dns");
    assert_eq!(
        incidents_of_commune(&lines),
        ["32 open area m dns a,b", "45 close area m dns a,b", "65 open site g unreachable b"]
    );
}

#[test]
fn what_was_told_before_its_area_failed_stays_told() {
    let lines = "0 a ok\n 0 b ok\n 0 gateway ok\n 10 a dns\n 11 a dns\n 12 a dns\n 35 b dns\n 35 gateway unreachable
        36 b dns\n 36 gateway unreachable\n 37 b dns\n 37 gateway unreachable\n 60 b dns";
    assert_eq!(incidents_of_commune(lines), ["32 open camera a dns a", "57 open area m dns b"]);
}

#[test]
fn the_seconds_of_a_month_are_each_in_one_state() {
    let mut planned = world(&["c"]);
    planned.windows = vec![window(-100.0, 5.0), window(20.0, 33.0), window(90.0, 500.0)];
    let lines = "0.5 c ok\n 30 c dns\n 35 c dns\n 40 c dns\n 60.75 c ok\n 65 c ok\n 100.75 c ok";
    let (from, to) = seconds::month(&planned, 2026, 11);
    let (sums, outages) = seconds::camera(&planned, &planned.cameras[0], &read_moments(&trace(lines)), from, to);
    assert_eq!(sums.in_service(), 30 * 86_400);
    // Up 5..20 and 60..90, dark 33..60, maintenance 0..5, 20..33 and 90..100, the last line's moment; else unknown.
    assert_eq!((sums.up, sums.dark, sums.maintenance), (45, 27, 28));
    let outage = json!({"from": text(at(33.0)), "to": text(at(60.0)), "seconds": 27, "cause": "dns"});
    assert_eq!(outages, [outage]);
}
