//! The widest incidents: a commune whose sites fail all at once, and what stands above and below it.

use super::*;
use crate::judgement::event::IncidentScope;
use crate::judgement::{Change, Resume};
use crate::observation::Seen;
use crate::snapshot::Incident;

/// Three failures, a second apart.
fn fails(at: i64, camera: &str) -> Vec<Observation> {
    (at..at + 3).map(|at| seen(at, camera, "connect_timeout")).collect()
}

/// Two good probes, a second apart.
fn comes_back(at: i64, camera: &str) -> Vec<Observation> {
    vec![seen(at, camera, "ok"), seen(at + 1, camera, "ok")]
}

fn unreachable(at: i64, site: &str) -> Vec<Observation> {
    (at..at + 3).map(|at| gateway(at, site, "unreachable")).collect()
}

fn sorted(parts: &[Vec<Observation>]) -> Vec<Observation> {
    let mut lines: Vec<Observation> = parts.concat();
    lines.sort_by_key(|line| line.at);
    lines
}

/// Nothing but time passing.
fn until(at: i64) -> Vec<Observation> {
    vec![reference(at, "ok")]
}

/// Three sites: one with a gateway, one of two cameras, one of one camera; no recorder behind any.
fn commune() -> Policy {
    let mut policy = policy(&[("g", true, &["g1", "g2"]), ("p", false, &["p1", "p2"]), ("q", false, &["q1"])]);
    policy.cameras.values_mut().for_each(|camera| camera.recorder = None);
    policy
}

fn all_seen(at: i64) -> Vec<Observation> {
    let mut lines: Vec<Observation> = ["g1", "g2", "p1", "p2", "q1"].map(|camera| seen(at, camera, "ok")).to_vec();
    lines.push(gateway(at, "g", "ok"));
    lines
}

/// The commune's line is cut at `at`; all of it is known two seconds later, but of g2.
fn cut(at: i64) -> Vec<Observation> {
    [unreachable(at, "g"), fails(at, "g1"), fails(at, "p1"), fails(at, "p2"), fails(at, "q1")].concat()
}

#[test]
fn a_commune_whose_sites_fail_together_is_one_incident_of_the_area() {
    let lines = sorted(&[
        all_seen(0),
        cut(10),
        fails(35, "g2"),
        vec![gateway(50, "g", "ok")],
        ["g1", "g2", "p1", "p2", "q1"].map(|camera| comes_back(51, camera)).concat(),
        until(200),
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "32 Open area:commune connect_timeout [g1, p1, p2, q1] 10",
            "37 Update area:commune connect_timeout [g1, g2, p1, p2, q1] 10",
            "52 Close area:commune connect_timeout [g1, g2, p1, p2, q1] 10"
        ]
    );
}

#[test]
fn a_camera_whose_own_incident_says_dark_by_now_is_not_told_again_with_its_area() {
    let mut policy = commune();
    policy.funded.insert(camera_id("p1"));
    policy.unknown_after = Duration::from_secs(120);
    let is_p1 = |line: &Observation| matches!(&line.seen, Seen::Camera(seen) if seen.camera == camera_id("p1"));
    let others = |at| all_seen(at).into_iter().filter(|line| !is_p1(line)).collect();
    let cut = [unreachable(155, "g"), fails(155, "g1"), fails(155, "p2"), fails(155, "q1")].concat();
    let lines = sorted(&[others(0), others(60), others(120), fails(150, "p1"), cut, until(200)]);
    assert_eq!(
        incidents(policy, &lines),
        [
            "140 Open camera:p1 monitor_down [p1] 0",
            "152 Update camera:p1 connect_timeout [p1] 0",
            "177 Open area:commune connect_timeout [g1, p2, q1] 155"
        ]
    );
}

#[test]
fn a_site_whose_only_camera_was_told_by_itself_fails_no_longer_and_its_area_neither() {
    let mut policy = policy(&[("g", true, &["g1"]), ("h", true, &["h1"])]);
    policy.cameras.values_mut().for_each(|camera| camera.recorder = None);
    let lines = sorted(&[
        vec![seen(0, "g1", "ok"), seen(0, "h1", "ok"), gateway(0, "g", "ok"), gateway(0, "h", "ok")],
        (10..13).map(|at| seen(at, "g1", "rtsp_timeout")).collect(),
        unreachable(20, "h"),
        fails(22, "h1"),
        unreachable(25, "g"),
        vec![seen(26, "g1", "connect_timeout")],
        until(33),
        // What its area explained until then has to fail anew.
        fails(50, "h1"),
        until(100),
    ]);
    assert_eq!(
        incidents(policy, &lines),
        ["32 Open camera:g1 rtsp_timeout [g1] 10", "72 Open site:h unreachable [h1] 22"]
    );
}

#[test]
fn one_site_that_is_seen_keeps_the_others_apart() {
    let lines = sorted(&[
        all_seen(0),
        unreachable(10, "g"),
        fails(10, "g1"),
        fails(10, "p1"),
        fails(10, "p2"),
        vec![seen(40, "q1", "ok")],
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        ["32 Open site:g unreachable [g1] 10", "32 Open site:p connect_timeout [p1, p2] 10"]
    );
}

#[test]
fn a_gateway_that_answers_keeps_the_others_apart_though_its_cameras_are_dark() {
    let lines = sorted(&[
        all_seen(0),
        fails(1, "g1"),
        fails(1, "g2"),
        fails(10, "p1"),
        fails(10, "p2"),
        fails(10, "q1"),
        vec![gateway(30, "g", "ok")],
        until(40),
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "23 Open camera:g1 connect_timeout [g1] 1",
            "23 Open camera:g2 connect_timeout [g2] 1",
            "32 Open site:p connect_timeout [p1, p2] 10",
            "32 Open camera:q1 connect_timeout [q1] 10"
        ]
    );
}

#[test]
fn sites_that_were_dark_unknown_or_in_maintenance_before_neither_fail_nor_keep_the_others_apart() {
    let mut policy =
        policy(&[("m", false, &["m1"]), ("o", false, &["o1"]), ("p", false, &["p1"]), ("q", false, &["q1"])]);
    policy.maintenance = vec![window("m1", 0, 1000)];
    policy.cameras.values_mut().for_each(|camera| camera.recorder = None);
    let lines = sorted(&[
        ["m1", "o1", "p1", "q1"].map(|camera| seen(0, camera, "ok")).to_vec(),
        fails(1, "o1"),
        ["p1", "q1"].map(|camera| seen(60, camera, "ok")).to_vec(),
        vec![seen(65, "o1", "connect_timeout")],
        // Within the interval and the wait of each other: 30 s and 20 s.
        fails(70, "p1"),
        fails(80, "q1"),
        until(110),
    ]);
    assert_eq!(
        incidents(policy, &lines),
        ["23 Open camera:o1 connect_timeout [o1] 1", "92 Open area:commune connect_timeout [p1, q1] 70"]
    );
}

#[test]
fn what_was_told_before_the_area_was_known_stays_told_and_the_area_is_of_the_rest() {
    let lines = sorted(&[
        all_seen(0),
        // The first site is told at 32, and goes on by itself.
        unreachable(10, "g"),
        fails(10, "g1"),
        ["p1", "p2", "q1"].map(|camera| seen(30, camera, "ok")).to_vec(),
        ["p1", "p2", "q1"].map(|camera| fails(40, camera)).concat(),
        fails(70, "g2"),
        vec![gateway(80, "g", "ok")],
        ["g1", "g2", "p1", "p2", "q1"].map(|camera| comes_back(81, camera)).concat(),
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "32 Open site:g unreachable [g1] 10",
            "62 Open area:commune connect_timeout [p1, p2, q1] 40",
            "72 Update site:g unreachable [g1, g2] 10",
            "82 Close site:g unreachable [g1, g2] 10",
            "82 Close area:commune connect_timeout [p1, p2, q1] 40"
        ]
    );
}

#[test]
fn a_site_that_stays_down_when_the_others_come_back_is_one_incident_of_its_own() {
    let lines = sorted(&[
        all_seen(0),
        cut(10),
        fails(20, "g2"),
        vec![gateway(50, "g", "ok")],
        ["g1", "g2", "q1"].map(|camera| comes_back(51, camera)).concat(),
        fails(60, "p1"),
        fails(65, "p2"),
        until(100),
        ["p1", "p2"].map(|camera| comes_back(110, camera)).concat(),
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "32 Open area:commune connect_timeout [g1, g2, p1, p2, q1] 10",
            "67 Close area:commune connect_timeout [g1, g2, p1, p2, q1] 10",
            "82 Open site:p connect_timeout [p1, p2] 10",
            "111 Close site:p connect_timeout [p1, p2] 10"
        ]
    );
}

#[test]
fn a_site_whose_gateway_stays_silent_when_the_others_come_back_is_one_incident_of_its_own() {
    let lines = sorted(&[
        all_seen(0),
        cut(10),
        fails(20, "g2"),
        ["p1", "p2", "q1"].map(|camera| comes_back(50, camera)).concat(),
        unreachable(55, "g"),
        fails(60, "g1"),
        fails(61, "g2"),
        until(100),
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "32 Open area:commune connect_timeout [g1, g2, p1, p2, q1] 10",
            "63 Close area:commune connect_timeout [g1, g2, p1, p2, q1] 10",
            "82 Open site:g unreachable [g1, g2] 10"
        ]
    );
}

#[test]
fn a_camera_with_a_fault_of_its_own_inside_the_outage_is_told_when_the_outage_ends() {
    let lines = sorted(&[
        all_seen(0),
        cut(10),
        vec![gateway(50, "g", "ok")],
        ["g1", "g2", "p1", "q1"].map(|camera| comes_back(51, camera)).concat(),
        fails(60, "p2"),
        vec![seen(75, "p1", "ok"), seen(90, "p1", "ok")],
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "32 Open area:commune connect_timeout [g1, p1, p2, q1] 10",
            "62 Close area:commune connect_timeout [g1, p1, p2, q1] 10",
            "82 Open camera:p2 connect_timeout [p2] 10"
        ]
    );
}

#[test]
fn a_line_that_fails_again_before_all_have_come_back_is_the_same_outage() {
    let lines = sorted(&[
        all_seen(0),
        cut(10),
        vec![gateway(50, "g", "ok")],
        ["g1", "p1", "p2"].map(|camera| comes_back(51, camera)).concat(),
        cut(70),
        until(130),
        vec![gateway(140, "g", "ok")],
        ["g1", "g2", "p1", "p2", "q1"].map(|camera| comes_back(141, camera)).concat(),
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "32 Open area:commune connect_timeout [g1, p1, p2, q1] 10",
            "142 Close area:commune connect_timeout [g1, p1, p2, q1] 10"
        ]
    );
}

#[test]
fn an_outage_of_the_area_that_ends_before_the_wait_is_over_tells_nobody() {
    let lines = sorted(&[
        all_seen(0),
        cut(10),
        vec![gateway(20, "g", "ok")],
        ["g1", "g2", "p1", "p2", "q1"].map(|camera| comes_back(40, camera)).concat(),
        until(90),
    ]);
    assert_eq!(incidents(commune(), &lines), [] as [String; 0]);
}

#[test]
fn recorders_of_a_commune_that_is_cut_off_are_no_incidents_of_their_own() {
    let mut policy = policy(&[("p", false, &["p1"]), ("q", false, &["q1"])]);
    policy.cameras.get_mut(&camera_id("q1")).unwrap().recorder = None;
    let silent = |at| line(t(at), r#""recorder":"nvr","outcome":"connect_timeout""#);
    let lines = sorted(&[
        ["p1", "q1"].map(|camera| seen(0, camera, "ok")).to_vec(),
        ["p1", "q1"].map(|camera| fails(10, camera)).concat(),
        (20..25).map(silent).collect(),
        until(50),
        ["p1", "q1"].map(|camera| comes_back(60, camera)).concat(),
        (65..68).map(silent).collect(),
        vec![seen(80, "p1", "ok"), seen(95, "q1", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        [
            "32 Open area:commune connect_timeout [p1, q1] 10",
            "61 Close area:commune connect_timeout [p1, q1] 10",
            "87 Open recorder:nvr connect_timeout [p1] 65"
        ]
    );
}

#[test]
fn while_the_monitor_is_cut_off_it_alone_is_told() {
    let lines = sorted(&[
        all_seen(0),
        cut(10),
        vec![reference(13, "unreachable")],
        // Nothing of this counts.
        cut(20),
        fails(30, "g2"),
        vec![reference(60, "unreachable"), reference(70, "ok")],
        all_seen(75),
        until(120),
    ]);
    assert_eq!(
        incidents(commune(), &lines),
        [
            "33 Open monitor:monitor monitor_offline [g1, g2, p1, p2, q1] 13",
            "70 Close monitor:monitor monitor_offline [g1, g2, p1, p2, q1] 13"
        ]
    );
}

#[test]
fn communes_that_are_cut_off_at_once_are_an_incident_each() {
    let mut policy =
        policy(&[("n", false, &["n1"]), ("o", false, &["o1"]), ("p", false, &["p1"]), ("q", false, &["q1"])]);
    policy.cameras.values_mut().for_each(|camera| camera.recorder = None);
    for (id, site) in &mut policy.sites {
        let is_first = ["n", "o"].contains(&id.as_str());
        site.commune = CommuneId::new(if is_first { "first" } else { "second" }).unwrap();
    }
    let cameras = ["n1", "o1", "p1", "q1"];
    let lines = sorted(&[
        cameras.map(|camera| seen(0, camera, "ok")).to_vec(),
        cameras.map(|camera| fails(10, camera)).concat(),
        until(40),
    ]);
    assert_eq!(
        incidents(policy, &lines),
        ["32 Open area:first connect_timeout [n1, o1] 10", "32 Open area:second connect_timeout [p1, q1] 10"]
    );
}

#[test]
fn an_incident_of_an_area_stays_open_through_a_restart_and_a_new_configuration() {
    let dark = |camera| Change { camera: camera_id(camera), state: State::Dark, cause: Some(Cause::Dns), since: t(1) };
    let cameras = ["g1", "g2", "p1", "p2", "q1"];
    let open = |scope: IncidentScope, subject: &str| Incident {
        id: format!("old-{subject}"),
        scope,
        subject: subject.to_owned(),
        cause: Cause::Dns,
        cameras: cameras.map(camera_id).to_vec(),
        since: t(1),
        opened_at: t(50),
    };
    let resume = Resume {
        last_alive: Some(t(100)),
        cameras: cameras.map(dark).to_vec(),
        incidents: vec![open(IncidentScope::Area, "commune"), open(IncidentScope::Area, "elsewhere")],
    };
    let (mut judge, output) = Judge::resume(commune(), resume, t(110));
    let of_incidents = |output: Output| -> Vec<String> {
        output.events.iter().filter(|event| matches!(event, Event::Incident(_))).map(show).collect()
    };
    assert_eq!(of_incidents(output), ["110 Close area:elsewhere dns [g1, g2, p1, p2, q1] 1"]);
    // Dark still: nothing new is told.
    assert_eq!(of_incidents(run(&mut judge, &sorted(&[cut(120), fails(120, "g2"), until(160)]))), [] as [String; 0]);
    assert_eq!(of_incidents(judge.reconfigure(commune(), t(161))), [] as [String; 0]);
    assert_eq!(judge.incidents().len(), 1);
    let back = sorted(&[vec![gateway(170, "g", "ok")], cameras.map(|camera| comes_back(171, camera)).concat()]);
    assert_eq!(of_incidents(run(&mut judge, &back)), ["172 Close area:commune dns [g1, g2, p1, p2, q1] 1"]);
}

#[test]
fn an_area_that_a_new_configuration_leaves_with_one_site_is_closed() {
    let mut judge = Judge::new(commune());
    run(&mut judge, &sorted(&[all_seen(0), cut(10), until(40)]));
    let mut smaller = policy(&[("p", false, &["p1", "p2"])]);
    smaller.cameras.values_mut().for_each(|camera| camera.recorder = None);
    let told: Vec<String> = judge.reconfigure(smaller, t(50)).events.iter().map(show).collect();
    assert_eq!(told, ["50 Close area:commune connect_timeout [g1, p1, p2, q1] 10"]);
    // What is still dark is told anew, as what it is now.
    let told: Vec<String> = judge.advance(t(75)).events.iter().map(show).collect();
    assert_eq!(told, ["70 Open site:p connect_timeout [p1, p2] 10"]);
}
