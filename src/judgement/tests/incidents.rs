//! Incidents: what opens, what explains what, what closes.

use super::*;

fn dark(at: i64, camera: &str, cause: &str) -> Vec<Observation> {
    (0..3).map(|i| seen(at + i, camera, cause)).collect()
}

/// Lines in the order of their moments; those of one moment keep their order.
fn sorted(parts: &[Vec<Observation>]) -> Vec<Observation> {
    let mut lines: Vec<Observation> = parts.concat();
    lines.sort_by_key(|line| line.at);
    lines
}

#[test]
fn a_dark_camera_opens_an_incident_after_the_wait_and_closes_it_when_up() {
    let lines = sorted(&[dark(0, "a", "refused"), vec![seen(30, "a", "ok"), seen(40, "a", "ok")]]);
    assert_eq!(incidents(one(), &lines), ["22 Open camera:a refused [a] 0", "40 Close camera:a refused [a] 0"]);
}

#[test]
fn what_is_over_before_the_wait_is_opens_nothing() {
    let lines = sorted(&[dark(0, "a", "refused"), vec![seen(10, "a", "ok"), seen(20, "a", "ok"), seen(60, "a", "ok")]]);
    assert_eq!(incidents(one(), &lines), [] as [String; 0]);
}

#[test]
fn an_incident_stays_open_through_unknown_and_maintenance_and_takes_the_present_cause() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 40, 60)];
    let lines = sorted(&[
        dark(0, "a", "refused"),
        (70..73).map(|at| seen(at, "a", "busy")).collect(),
        (80..83).map(|at| seen(at, "a", "not_found")).collect(),
        vec![seen(90, "a", "ok"), seen(91, "a", "ok"), seen(120, "a", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        ["22 Open camera:a refused [a] 0", "82 Update camera:a not_found [a] 0", "91 Close camera:a not_found [a] 0"]
    );
}

#[test]
fn an_incident_opened_by_dark_closes_on_degraded_and_the_picture_opens_its_own() {
    let lines = sorted(&[
        vec![picture(0, "a", "black"), picture(1, "a", "black")],
        dark(2, "a", "dns"),
        vec![seen(30, "a", "ok"), seen(31, "a", "ok"), seen(51, "a", "ok")],
    ]);
    assert_eq!(
        incidents(one(), &lines),
        [
            // Dark waits its own time, whatever the picture waited already.
            "24 Open camera:a dns [a] 2",
            "31 Close camera:a dns [a] 2",
            "51 Open camera:a black [a] 30"
        ]
    );
}

#[test]
fn a_wrong_clock_or_a_failed_disk_is_the_recorders_and_opens_nothing_of_the_camera() {
    let failed = |status| format!(r#""disks":[{{"id":"1","status":"{status}"}}]"#);
    let lines = [
        seen(0, "a", "ok"),
        seen(0, "b", "ok"),
        poll(1, r#""clock_offset_seconds":900.0"#),
        seen(50, "a", "ok"),
        poll(60, &failed("failed")),
        poll(70, r#""clock_offset_seconds":0.0"#),
        poll(80, &failed("ok")),
    ];
    assert_eq!(
        incidents(policy(&[("s", false, &["a", "b"])]), &lines),
        [
            "21 Open recorder:nvr clock_wrong [a, b] 1",
            "70 Update recorder:nvr disk_failed [a, b] 1",
            "80 Close recorder:nvr disk_failed [a, b] 1"
        ]
    );
}

#[test]
fn what_is_wrong_with_a_recorder_and_the_failure_of_its_cameras_are_two_incidents_though_they_open_together() {
    let mut policy = policy(&[("s", false, &["a", "b", "c"])]);
    policy.cameras.get_mut(&camera_id("c")).unwrap().recorder = None;
    let lines = sorted(&[
        vec![seen(0, "a", "ok"), seen(0, "b", "ok"), seen(0, "c", "ok")],
        dark(10, "a", "connect_timeout"),
        dark(10, "b", "connect_timeout"),
        vec![poll(12, r#""disks":[{"id":"1","status":"failed"}]"#), seen(32, "c", "ok")],
    ]);
    let output = run(&mut Judge::new(policy), &lines);
    let told = output.events.iter().filter(|event| matches!(event, Event::Incident(_)));
    assert_eq!(
        told.clone().map(show).collect::<Vec<_>>(),
        ["32 Open recorder:nvr connect_timeout [a, b] 10", "32 Open recorder:nvr disk_failed [a, b] 12"]
    );
    let ids: std::collections::BTreeSet<_> =
        told.map(|event| serde_json::to_value(event).unwrap()["id"].to_string()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
}

#[test]
fn a_recorder_that_does_not_answer_is_one_incident_and_its_cameras_stay_what_they_are() {
    let silent = |at, outcome: &str| line(t(at), &format!(r#""recorder":"nvr","outcome":"{outcome}""#));
    let lines = [
        seen(0, "a", "ok"),
        silent(1, "connect_timeout"),
        silent(2, "busy"),
        silent(3, "reset"),
        silent(4, "connect_timeout"),
        seen(30, "a", "ok"),
        silent(31, "ok"),
    ];
    let mut judge = Judge::new(one());
    let told: Vec<String> = run(&mut judge, &lines).events.iter().map(show).collect();
    assert_eq!(
        told,
        [
            "0 a unknown>up 0 -",
            "24 Open recorder:nvr connect_timeout [a] 1",
            "31 Close recorder:nvr connect_timeout [a] 1"
        ]
    );
    assert_eq!(judge.recorder(&RecorderId::new("nvr").unwrap()).unwrap().up, Some(true));
}

#[test]
fn a_recorder_is_up_confirmed_not_or_unknown() {
    let mut judge = Judge::new(one());
    let nvr = RecorderId::new("nvr").unwrap();
    let mut up_after = |line: Observation| {
        judge.observe(&line);
        judge.recorder(&nvr).unwrap().up
    };
    let silent = |at, outcome: &str| line(t(at), &format!(r#""recorder":"nvr","outcome":"{outcome}""#));
    assert_eq!(up_after(seen(0, "a", "ok")), None);
    assert_eq!(up_after(silent(1, "ok")), Some(true));
    assert_eq!(up_after(silent(2, "reset")), None, "not confirmed");
    assert_eq!(up_after(silent(3, "reset")), None);
    assert_eq!(up_after(silent(4, "reset")), Some(false));
    assert_eq!(up_after(silent(5, "unauthorized")), Some(false));
    assert_eq!(up_after(silent(6, "busy")), Some(false));
    assert_eq!(up_after(silent(7, "unauthorized")), None, "we cannot see it, which says nothing about it");
    assert_eq!(up_after(silent(8, "ok")), Some(true));
    assert_eq!(up_after(reference(9, "unreachable")), None);
    assert_eq!(up_after(silent(10, "ok")), None, "while the monitor is cut off nobody knows");
    assert_eq!(up_after(reference(11, "ok")), None);
    assert_eq!(up_after(silent(12, "ok")), Some(true));
    assert_eq!(up_after(seen(12 + 2 * 900 + 60, "a", "ok")), Some(true));
    assert_eq!(up_after(seen(13 + 2 * 900 + 60, "a", "ok")), None, "two polls are missing");
}

#[test]
fn a_recorder_behind_a_cut_line_is_no_incident_of_its_own() {
    let policy = policy(&[("s", true, &["a", "b"])]);
    let silent = |at| line(t(at), r#""recorder":"nvr","outcome":"connect_timeout""#);
    let lines = sorted(&[
        dark(10, "a", "connect_timeout"),
        (10..13).map(|at| gateway(at, "s", "unreachable")).collect(),
        (20..24).map(silent).collect(),
        vec![gateway(50, "s", "ok"), seen(51, "a", "ok"), seen(52, "a", "ok")],
        // Silent still, but not often enough since the line is there again.
        vec![silent(60), silent(61), seen(90, "a", "ok"), silent(91), seen(112, "a", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        [
            "32 Open site:s unreachable [a] 10",
            "52 Close site:s unreachable [a] 10",
            "111 Open recorder:nvr connect_timeout [a, b] 60"
        ]
    );
}

#[test]
fn cameras_that_go_dark_with_their_recorder_are_its_incident_where_the_site_is_there() {
    let mut policy = policy(&[("s", false, &["a", "b", "c"])]);
    policy.cameras.get_mut(&camera_id("c")).unwrap().recorder = None;
    let lines = sorted(&[
        vec![seen(0, "a", "ok"), seen(0, "b", "ok"), seen(0, "c", "ok")],
        dark(10, "a", "reset"),
        dark(11, "b", "reset"),
        vec![seen(40, "c", "ok")],
        vec![seen(50, "a", "ok"), seen(51, "a", "ok"), seen(52, "b", "ok"), seen(53, "b", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        ["32 Open recorder:nvr reset [a, b] 10", "53 Close recorder:nvr reset [a, b] 10"]
    );
}

#[test]
fn where_most_devices_differ_by_the_same_amount_it_is_the_monitors_clock() {
    let mut policy = policy(&[("s", false, &["a", "b"])]);
    let nvr = policy.recorders.values().next().unwrap().clone();
    for id in ["n2", "n3", "n4"] {
        let id = RecorderId::new(id).unwrap();
        policy.recorders.insert(id.clone(), Recorder { id, ..nvr.clone() });
    }
    let clock = |at, recorder: &str, offset: f64| {
        line(t(at), &format!(r#""recorder":"{recorder}","outcome":"ok","clock_offset_seconds":{offset}"#))
    };
    let lines = [
        seen(0, "a", "ok"),
        seen(0, "b", "ok"),
        clock(1, "nvr", 600.0),
        clock(2, "n2", 580.0),
        clock(3, "n3", 650.0),
        clock(4, "n4", 0.2),
        seen(40, "a", "ok"),
        clock(41, "n3", 1.0),
        seen(62, "a", "ok"),
    ];
    let told: Vec<String> = run(&mut Judge::new(policy), &lines).events.iter().map(show).collect();
    assert_eq!(
        told,
        [
            "0 a unknown>up 0 -",
            "0 b unknown>up 0 -",
            "1 a up>degraded 1 clock_wrong",
            "1 b up>degraded 1 clock_wrong",
            "3 a degraded>up 3 -",
            "3 b degraded>up 3 -",
            "23 Open monitor:monitor clock_wrong [] 3",
            "41 a up>degraded 41 clock_wrong",
            "41 b up>degraded 41 clock_wrong",
            "41 Close monitor:monitor clock_wrong [] 3",
            "61 Open recorder:n2 clock_wrong [] 41",
            "61 Open recorder:nvr clock_wrong [a, b] 41",
        ]
    );
}

#[test]
fn what_is_wrong_with_a_recorder_waits_for_the_end_of_planned_work_at_its_site() {
    let mut policy = one();
    let site = SiteId::new("s").unwrap();
    policy.maintenance = vec![Maintenance { scope: Scope::Site(site), from: t(5), to: t(60), reason: String::new() }];
    let lines = [
        seen(0, "a", "ok"),
        poll(10, r#""disks":[{"id":"1","status":"failed"}]"#),
        seen(50, "a", "ok"),
        seen(70, "a", "ok"),
    ];
    assert_eq!(incidents(policy, &lines), ["60 Open recorder:nvr disk_failed [a] 10"]);
}

#[test]
fn unauthorized_opens_and_busy_does_not() {
    let two = policy(&[("s", false, &["a", "b"])]);
    let lines: Vec<Observation> =
        (0..6).flat_map(|i| [seen(i * 10, "a", "unauthorized"), seen(i * 10, "b", "busy")]).collect();
    assert_eq!(incidents(two, &lines), ["40 Open camera:a unauthorized [a] 0"]);
}

#[test]
fn a_funded_camera_that_is_unknown_for_too_long_opens_an_incident() {
    let mut two = policy(&[("s", false, &["a", "b"])]);
    two.funded.insert(camera_id("a"));
    let lines = [reference(0, "ok"), reference(4000, "ok")];
    assert_eq!(incidents(two, &lines), ["1820 Open camera:a monitor_down [a] 0"]);
}

#[test]
fn a_cut_line_is_one_incident_of_the_site_and_none_of_its_cameras() {
    let policy = policy(&[("s", true, &["a", "b", "c"])]);
    let lines = sorted(&[
        vec![seen(0, "c", "ok"), seen(0, "a", "ok"), seen(0, "b", "ok")],
        dark(10, "a", "connect_timeout"),
        (10..13).map(|at| gateway(at, "s", "unreachable")).collect(),
        dark(35, "b", "connect_timeout"),
        vec![gateway(50, "s", "ok")],
        vec![seen(51, "a", "ok"), seen(51, "b", "ok"), seen(52, "a", "ok"), seen(53, "b", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        [
            "32 Open site:s unreachable [a] 10",
            "37 Update site:s unreachable [a, b] 10",
            "53 Close site:s unreachable [a, b] 10"
        ]
    );
}

#[test]
fn a_camera_with_a_fault_of_its_own_inside_an_outage_is_told_when_the_outage_ends() {
    let policy = policy(&[("s", true, &["a", "b"])]);
    let lines = sorted(&[
        dark(10, "a", "connect_timeout"),
        dark(10, "b", "connect_timeout"),
        (10..13).map(|at| gateway(at, "s", "unreachable")).collect(),
        vec![gateway(50, "s", "ok"), seen(51, "a", "ok"), seen(52, "a", "ok")],
        (60..63).map(|at| seen(at, "b", "refused")).collect(),
        vec![seen(90, "a", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        [
            "32 Open site:s unreachable [a, b] 10",
            "62 Close site:s unreachable [a, b] 10",
            "82 Open camera:b connect_timeout [b] 10"
        ]
    );
}

#[test]
fn an_outage_that_ends_before_the_wait_is_over_tells_nobody_of_each_camera() {
    let policy = policy(&[("s", true, &["a", "b"])]);
    let lines = sorted(&[
        dark(10, "a", "connect_timeout"),
        dark(10, "b", "connect_timeout"),
        (10..13).map(|at| gateway(at, "s", "unreachable")).collect(),
        vec![gateway(25, "s", "ok"), seen(40, "a", "ok"), seen(40, "b", "ok"), seen(45, "a", "ok")],
        vec![seen(45, "b", "ok"), seen(90, "a", "ok")],
    ]);
    assert_eq!(incidents(policy, &lines), [] as [String; 0]);
}

#[test]
fn a_gateway_that_does_not_answer_while_its_cameras_do_is_no_incident() {
    let policy = policy(&[("s", true, &["a"])]);
    let lines = sorted(&[
        vec![seen(0, "a", "ok")],
        (10..13).map(|at| gateway(at, "s", "unreachable")).collect(),
        (20..23).map(|at| seen(at, "a", "not_rtsp")).collect(),
        vec![seen(60, "a", "ok")],
    ]);
    assert_eq!(incidents(policy, &lines), ["42 Open camera:a not_rtsp [a] 20"]);
}

#[test]
fn without_a_gateway_all_cameras_gone_together_are_the_site() {
    let policy = policy(&[("s", false, &["a", "b", "c", "d"])]);
    let lines = sorted(&[
        // Dark long before: explained by nothing else.
        dark(0, "d", "refused"),
        vec![seen(60, "a", "ok"), seen(60, "b", "ok"), seen(60, "c", "ok"), seen(65, "d", "refused")],
        dark(70, "a", "reset"),
        dark(72, "b", "reset"),
        dark(75, "c", "dns"),
        vec![seen(100, "a", "ok"), seen(101, "a", "ok"), seen(102, "b", "ok"), seen(103, "b", "ok")],
        (104..107).map(|at| seen(at, "c", "dns")).collect(),
        vec![seen(130, "a", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        [
            "22 Open camera:d refused [d] 0",
            "92 Open site:s reset [a, b, c] 70",
            "106 Close site:s reset [a, b, c] 70",
            "126 Open camera:c dns [c] 75"
        ]
    );
}

#[test]
fn without_a_gateway_one_camera_that_is_seen_makes_them_separate() {
    let policy = policy(&[("s", false, &["a", "b", "c"])]);
    let lines = sorted(&[
        vec![seen(0, "a", "ok"), seen(0, "b", "ok"), seen(0, "c", "ok")],
        dark(10, "a", "reset"),
        dark(10, "b", "reset"),
        vec![seen(40, "c", "ok")],
    ]);
    assert_eq!(incidents(policy, &lines), ["32 Open camera:a reset [a] 10", "32 Open camera:b reset [b] 10"]);
}

#[test]
fn silent_references_are_one_incident_of_the_monitor() {
    let policy = policy(&[("s", true, &["a", "b"])]);
    let lines = [
        seen(0, "a", "ok"),
        reference(10, "unreachable"),
        reference(20, "unreachable"),
        reference(40, "unreachable"),
        reference(50, "ok"),
        reference(60, "ok"),
    ];
    assert_eq!(
        incidents(policy, &lines),
        ["30 Open monitor:monitor monitor_offline [a, b] 10", "50 Close monitor:monitor monitor_offline [a, b] 10"]
    );
}

#[test]
fn nobody_is_told_of_what_lies_under_maintenance() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 0, 100)];
    let lines = sorted(&[
        dark(10, "a", "dns"),
        vec![seen(60, "a", "dns"), seen(99, "a", "dns"), seen(119, "a", "dns"), seen(120, "a", "dns")],
    ]);
    assert_eq!(incidents(policy, &lines), ["120 Open camera:a dns [a] 100"]);
}

#[test]
fn an_open_incident_stays_as_it_is_however_long_its_camera_is_unknown() {
    let mut policy = one();
    policy.funded.insert(camera_id("a"));
    let lines = sorted(&[dark(0, "a", "refused"), vec![reference(4000, "ok")]]);
    assert_eq!(incidents(policy, &lines), ["22 Open camera:a refused [a] 0"]);
}

#[test]
fn two_conditions_that_one_observation_decides_are_dated_from_the_later() {
    let mut policy = one();
    policy.confirm = 2;
    policy.picture_confirm = 1;
    let black = r#""camera":"a","outcome":"lossy","depth":"picture","picture":{"verdict":"black"}"#;
    let lines = [seen(0, "a", "slow"), line(t(10), black)];
    assert_eq!(states(policy, &lines), ["0 a unknown>up 0 -", "10 a up>degraded 10 black"]);
}

#[test]
fn a_camera_that_an_outage_covers_is_not_told_as_dark_although_its_picture_was() {
    let policy = policy(&[("s", true, &["a", "b"])]);
    let lines = sorted(&[
        vec![picture(0, "a", "black"), picture(1, "a", "black"), seen(30, "a", "ok")],
        dark(40, "a", "dns"),
        (38..41).map(|at| gateway(at, "s", "unreachable")).collect(),
        vec![gateway(70, "s", "ok"), seen(71, "a", "ok"), seen(72, "a", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        ["21 Open camera:a black [a] 0", "60 Open site:s unreachable [a] 40", "72 Close site:s unreachable [a] 40"]
    );
}

/// Lines that find the gateway of `s` so.
fn gateways(at: std::ops::Range<i64>, answer: &str) -> Vec<Observation> {
    at.map(|at| gateway(at, "s", answer)).collect()
}

#[test]
fn an_incident_of_a_site_stays_open_while_its_camera_is_unknown_although_it_was_told_as_unseen() {
    let mut policy = policy(&[("s", true, &["a"])]);
    policy.funded.insert(camera_id("a"));
    policy.unknown_after = Duration::from_secs(10);
    let lines = sorted(&[
        vec![reference(0, "ok")],
        dark(40, "a", "dns"),
        gateways(38..41, "unreachable"),
        vec![gateway(200, "s", "ok"), seen(300, "a", "ok")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        [
            "30 Open camera:a monitor_down [a] 0",
            "60 Open site:s unreachable [a] 40",
            "300 Close site:s unreachable [a] 40",
            "300 Close camera:a monitor_down [a] 0"
        ]
    );
}

#[test]
fn what_follows_darkness_under_a_cut_that_was_not_told_is_told_by_itself() {
    let policy = policy(&[("s", true, &["a"])]);
    let lines = sorted(&[
        dark(10, "a", "dns"),
        gateways(10..13, "unreachable"),
        (20..23).map(|at| seen(at, "a", "unauthorized")).collect(),
        vec![seen(60, "a", "unauthorized")],
    ]);
    assert_eq!(incidents(policy, &lines), ["42 Open camera:a unauthorized [a] 20"]);
}

#[test]
fn without_a_gateway_a_camera_told_as_dark_is_not_listed_and_the_next_waits_its_own_time() {
    let policy = policy(&[("s", false, &["a", "b"])]);
    let lines = sorted(&[
        vec![seen(0, "a", "ok"), seen(0, "b", "ok"), seen(20, "b", "ok")],
        dark(10, "a", "reset"),
        dark(40, "b", "dns"),
        vec![seen(63, "b", "dns")],
    ]);
    assert_eq!(incidents(policy, &lines), ["32 Open camera:a reset [a] 10", "62 Open site:s dns [b] 40"]);
}

#[test]
fn a_cut_is_told_only_while_a_camera_fails_by_path() {
    let policy = policy(&[("s", true, &["a"])]);
    let lines = sorted(&[
        dark(10, "a", "dns"),
        gateways(10..13, "unreachable"),
        (20..23).map(|at| seen(at, "a", "busy")).collect(),
        gateways(30..60, "unreachable"),
    ]);
    assert_eq!(incidents(policy, &lines), [] as [String; 0]);
}

#[test]
fn a_camera_that_fails_by_itself_under_maintenance_keeps_its_sites_incident_open() {
    let mut policy = policy(&[("s", true, &["a"])]);
    policy.maintenance = vec![window("a", 40, 100)];
    let lines = sorted(&[
        dark(10, "a", "dns"),
        gateways(10..13, "unreachable"),
        vec![gateway(45, "s", "ok")],
        dark(50, "a", "dns"),
        vec![seen(80, "a", "dns"), seen(119, "a", "dns"), seen(120, "a", "dns")],
    ]);
    assert_eq!(
        incidents(policy, &lines),
        ["32 Open site:s unreachable [a] 10", "100 Close site:s unreachable [a] 10", "120 Open camera:a dns [a] 100"]
    );
}

#[test]
fn an_incident_of_a_camera_unseen_for_too_long_is_dated_from_the_return_of_the_references() {
    let mut policy = one();
    policy.funded.insert(camera_id("a"));
    policy.unknown_after = Duration::from_secs(100);
    let lines = [seen(0, "a", "ok"), reference(10, "unreachable"), reference(15, "ok"), reference(300, "ok")];
    assert_eq!(incidents(policy, &lines), ["135 Open camera:a monitor_down [a] 15"]);
}

#[test]
fn a_cut_that_comes_again_before_it_was_told_waits_anew() {
    let policy = policy(&[("s", true, &["a"])]);
    let lines = sorted(&[
        dark(10, "a", "dns"),
        gateways(10..13, "unreachable"),
        vec![gateway(20, "s", "ok")],
        gateways(25..28, "unreachable"),
        vec![seen(50, "a", "dns")],
    ]);
    assert_eq!(incidents(policy, &lines), ["47 Open site:s unreachable [a] 10"]);
}
