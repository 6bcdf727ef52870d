//! Rules 1 to 11, one by one.

use super::*;

#[test]
fn rule_1_a_camera_begins_unknown_without_an_event_and_one_ok_makes_it_up_from_that_probe() {
    let judge = Judge::new(one());
    let standing = judge.standing(&camera_id("a")).unwrap();
    assert_eq!((standing.state, standing.since), (State::Unknown, None));
    assert_eq!(standing.cause, Some(Cause::MonitorDown));
    assert_eq!(states(one(), &[seen(5, "a", "ok")]), ["5 a unknown>up 5 -"]);
}

#[test]
fn rule_2_confirm_failures_in_a_row_make_it_dark_from_the_first() {
    let lines = [seen(0, "a", "ok"), seen(30, "a", "refused"), seen(36, "a", "refused"), seen(42, "a", "refused")];
    assert_eq!(states(one(), &lines), ["0 a unknown>up 0 -", "42 a up>dark 30 refused"]);
}

#[test]
fn rule_2_a_shorter_run_changes_nothing_and_an_ok_breaks_it() {
    let lines = [
        seen(0, "a", "ok"),
        seen(30, "a", "refused"),
        seen(36, "a", "refused"),
        seen(42, "a", "ok"),
        seen(60, "a", "refused"),
        seen(66, "a", "refused"),
    ];
    assert_eq!(states(one(), &lines), ["0 a unknown>up 0 -"]);
}

#[test]
fn rule_2_the_cause_is_the_most_frequent_the_latest_on_a_tie_and_stays() {
    let tie =
        [seen(0, "a", "refused"), seen(1, "a", "reset"), seen(2, "a", "dns"), seen(3, "a", "tls"), seen(4, "a", "tls")];
    assert_eq!(states(one(), &tie), ["2 a unknown>dark 0 dns"]);
    let most = [seen(0, "a", "refused"), seen(1, "a", "refused"), seen(2, "a", "dns")];
    assert_eq!(states(one(), &most), ["2 a unknown>dark 0 refused"]);
}

#[test]
fn rule_3_recover_oks_in_a_row_bring_it_back_from_the_first_of_them() {
    let lines = [
        seen(0, "a", "dns"),
        seen(1, "a", "dns"),
        seen(2, "a", "dns"),
        seen(10, "a", "ok"),
        seen(11, "a", "dns"),
        seen(12, "a", "ok"),
        seen(13, "a", "slow"),
    ];
    assert_eq!(states(one(), &lines), ["2 a unknown>dark 0 dns", "13 a dark>up 12 -"]);
}

#[test]
fn rule_4_blind_outcomes_neither_lengthen_nor_break_runs() {
    let lines = [
        seen(0, "a", "dns"),
        seen(1, "a", "busy"),
        seen(2, "a", "dns"),
        seen(3, "a", "busy"),
        seen(4, "a", "busy"),
        seen(5, "a", "dns"),
        seen(6, "a", "ok"),
        seen(7, "a", "busy"),
        seen(8, "a", "ok"),
    ];
    assert_eq!(states(one(), &lines), ["5 a unknown>dark 0 dns", "8 a dark>up 6 -"]);
}

#[test]
fn rule_4_confirm_of_them_in_a_row_make_it_unknown_with_the_last_ones_cause_and_runs_start_anew() {
    let lines = [
        seen(0, "a", "ok"),
        seen(1, "a", "dns"),
        seen(2, "a", "dns"),
        seen(3, "a", "busy"),
        seen(4, "a", "unauthorized"),
        seen(5, "a", "busy"),
        seen(6, "a", "dns"),
        seen(7, "a", "ok"),
    ];
    assert_eq!(states(one(), &lines), ["0 a unknown>up 0 -", "5 a up>unknown 3 busy", "7 a unknown>up 7 -"]);
}

#[test]
fn rule_4_of_a_camera_that_is_unknown_they_only_set_the_cause() {
    let mut judge = Judge::new(one());
    let output = run(&mut judge, &[seen(0, "a", "busy"), seen(1, "a", "busy"), seen(2, "a", "incompatible")]);
    assert!(output.events.is_empty() && output.record.is_empty());
    assert_eq!(judge.standing(&camera_id("a")).unwrap().cause, Some(Cause::Incompatible));
}

#[test]
fn rule_5_bad_pictures_in_a_row_degrade_and_good_ones_clear_from_the_first() {
    let lines = [
        seen(0, "a", "ok"),
        picture(10, "a", "black"),
        seen(20, "a", "ok"),
        picture(30, "a", "frozen"),
        picture(40, "a", "ok"),
        seen(50, "a", "ok"),
        picture(60, "a", "ok"),
    ];
    assert_eq!(states(one(), &lines), ["0 a unknown>up 0 -", "30 a up>degraded 10 frozen", "60 a degraded>up 40 -"]);
}

#[test]
fn rule_5_slow_and_lossy_are_oks_that_degrade_and_only_frames_clear_them() {
    let shallow = |at| line(t(at), r#""camera":"a","outcome":"ok","depth":"connect""#);
    let lines = [
        seen(0, "a", "slow"),
        seen(1, "a", "lossy"),
        shallow(2),
        seen(3, "a", "dns"),
        seen(4, "a", "lossy"),
        seen(5, "a", "ok"),
        shallow(6),
        shallow(7),
        seen(8, "a", "ok"),
        seen(9, "a", "ok"),
    ];
    assert_eq!(states(one(), &lines), ["0 a unknown>up 0 -", "4 a up>degraded 0 lossy", "9 a degraded>up 5 -"]);
}

#[test]
fn rule_5_what_runs_came_to_holds_on_through_dark_and_shows_when_it_is_back() {
    let lines = [
        picture(0, "a", "black"),
        picture(1, "a", "black"),
        seen(2, "a", "dns"),
        seen(3, "a", "dns"),
        seen(4, "a", "dns"),
        seen(10, "a", "ok"),
        seen(11, "a", "ok"),
    ];
    assert_eq!(
        states(one(), &lines),
        ["0 a unknown>up 0 -", "1 a up>degraded 0 black", "4 a degraded>dark 2 dns", "11 a dark>degraded 10 black"]
    );
}

#[test]
fn rule_5_the_observation_that_makes_a_change_is_the_first_of_the_new_runs() {
    let lines = [
        seen(0, "a", "dns"),
        seen(1, "a", "dns"),
        seen(2, "a", "dns"),
        picture(10, "a", "black"),
        picture(11, "a", "black"),
        picture(12, "a", "black"),
    ];
    assert_eq!(states(one(), &lines), ["2 a unknown>dark 0 dns", "11 a dark>up 10 -", "12 a up>degraded 11 black"]);
}

#[test]
fn rule_5_the_cause_is_that_of_the_condition_decided_first_and_its_change_is_no_event() {
    let mut judge = Judge::new(one());
    let disk = |at, status: &str| poll(at, &format!(r#""disks":[{{"id":"1","status":"{status}"}}]"#));
    let output = run(
        &mut judge,
        &[seen(0, "a", "ok"), disk(1, "failed"), picture(2, "a", "covered"), picture(3, "a", "covered"), disk(4, "ok")],
    );
    let states: Vec<String> = output.events.iter().map(show).collect();
    assert_eq!(states, ["0 a unknown>up 0 -", "1 a up>degraded 1 disk_failed"]);
    assert_eq!(judge.standing(&camera_id("a")).unwrap().cause, Some(Cause::Covered));
}

#[test]
fn rule_6_silence_for_two_intervals_and_a_timeout_makes_it_unknown_at_that_moment() {
    let lines = [seen(0, "a", "ok"), seen(60, "a", "ok"), reference(500, "ok")];
    assert_eq!(states(one(), &lines), ["0 a unknown>up 0 -", "130 a up>unknown 130 monitor_down"]);
}

#[test]
fn rule_6_comes_before_an_observation_of_the_same_moment() {
    let lines = [seen(0, "a", "ok"), seen(70, "a", "ok")];
    assert_eq!(
        states(one(), &lines),
        ["0 a unknown>up 0 -", "70 a up>unknown 70 monitor_down", "70 a unknown>up 70 -"]
    );
}

#[test]
fn rule_7_silent_references_make_every_camera_unknown_and_probes_do_not_count_meanwhile() {
    let policy = policy(&[("s", false, &["a", "b", "c"])]);
    let lines = [
        seen(0, "b", "ok"),
        seen(0, "a", "ok"),
        reference(10, "unreachable"),
        seen(11, "a", "ok"),
        reference(200, "ok"),
        seen(201, "a", "ok"),
        reference(300, "ok"),
    ];
    assert_eq!(
        states(policy, &lines),
        [
            "0 b unknown>up 0 -",
            "0 a unknown>up 0 -",
            "10 a up>unknown 10 monitor_offline",
            "10 b up>unknown 10 monitor_offline",
            "201 a unknown>up 201 -",
            "271 a up>unknown 271 monitor_down",
        ]
    );
}

#[test]
fn rule_7_the_time_of_rule_6_starts_anew_when_the_references_answer() {
    let mut judge = Judge::new(one());
    run(&mut judge, &[seen(0, "a", "ok"), reference(10, "unreachable")]);
    assert_eq!(judge.incidents(), []);
    judge.advance(t(199));
    run(&mut judge, &[reference(200, "ok")]);
    assert_eq!(judge.standing(&camera_id("a")).unwrap().cause, Some(Cause::MonitorOffline));
    judge.advance(t(269));
    assert_eq!(judge.standing(&camera_id("a")).unwrap().cause, Some(Cause::MonitorOffline));
    judge.advance(t(270));
    assert_eq!(judge.standing(&camera_id("a")).unwrap().cause, Some(Cause::MonitorDown));
}

#[test]
fn rule_8_maintenance_covers_its_exact_span_and_what_went_on_underneath_shows_when_it_ends() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 10, 50)];
    let lines = [
        seen(0, "a", "ok"),
        seen(20, "a", "dns"),
        seen(25, "a", "dns"),
        seen(30, "a", "dns"),
        seen(60, "a", "ok"),
        seen(61, "a", "ok"),
    ];
    let output = run(&mut Judge::new(policy), &lines);
    let events: Vec<String> = output.events.iter().map(show).collect();
    assert_eq!(
        events,
        ["0 a unknown>up 0 -", "10 a up>maintenance 10 -", "50 a maintenance>dark 50 dns", "61 a dark>up 60 -"]
    );
    let record: Vec<(State, Timestamp)> = output.record.iter().map(|change| (change.state, change.since)).collect();
    assert_eq!(record, [(State::Up, t(0)), (State::Dark, t(20)), (State::Up, t(60))]);
}

#[test]
fn rule_8_a_window_that_is_open_at_the_first_line_shows_at_that_moment() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 0, 50)];
    let lines = [seen(10, "a", "ok"), seen(50, "a", "ok")];
    assert_eq!(states(policy, &lines), ["10 a unknown>maintenance 10 -", "50 a maintenance>up 50 -"]);
}

#[test]
fn rule_8_overlapping_and_touching_windows_are_one_whichever_their_order() {
    let lines = [seen(0, "a", "ok"), seen(60, "a", "ok"), seen(99, "a", "ok")];
    let mut policy = one();
    policy.maintenance = vec![window("a", 40, 60), window("a", 10, 30), window("a", 20, 40), window("a", 5, 5)];
    assert_eq!(states(policy, &lines), ["0 a unknown>up 0 -", "10 a up>maintenance 10 -", "60 a maintenance>up 60 -"]);
}

#[test]
fn rule_9_maintenance_covers_unknown_and_unknown_takes_the_last_cause() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 10, 100)];
    let lines = [seen(0, "a", "ok"), reference(20, "unreachable"), reference(25, "ok"), reference(100, "ok")];
    assert_eq!(
        states(policy, &lines),
        ["0 a unknown>up 0 -", "10 a up>maintenance 10 -", "100 a maintenance>unknown 100 monitor_down"]
    );
}

#[test]
fn rule_10_a_date_is_never_earlier_than_that_of_the_event_before() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 10, 45)];
    let lines = [seen(0, "a", "ok"), seen(40, "a", "dns"), seen(44, "a", "dns"), seen(48, "a", "dns")];
    assert_eq!(
        states(policy, &lines),
        ["0 a unknown>up 0 -", "10 a up>maintenance 10 -", "45 a maintenance>up 45 -", "48 a up>dark 45 dns"]
    );
}

#[test]
fn rule_10_silence_and_the_end_of_a_window_at_one_moment_give_one_event() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 10, 70)];
    let lines = [seen(0, "a", "ok"), reference(70, "ok")];
    assert_eq!(
        states(policy, &lines),
        ["0 a unknown>up 0 -", "10 a up>maintenance 10 -", "70 a maintenance>unknown 70 monitor_down"]
    );
}

#[test]
fn rule_11_time_begins_with_the_first_line_and_ends_with_the_last() {
    let mut judge = Judge::new(one());
    assert_eq!(judge.advance(t(1000)), Output::default());
    assert_eq!(judge.next_deadline(), None);
    let output = run(&mut judge, &[reference(2000, "ok")]);
    assert_eq!(output, Output::default());
    assert_eq!(judge.next_deadline(), Some(t(2070)));
}

#[test]
fn rule_11_several_on_one_observation_are_one_event_of_the_later_date() {
    let mut policy = one();
    policy.picture_confirm = 1;
    policy.recover = 1;
    let lines = [seen(0, "a", "dns"), seen(1, "a", "dns"), seen(2, "a", "dns"), picture(10, "a", "moved")];
    assert_eq!(states(policy, &lines), ["2 a unknown>dark 0 dns", "10 a dark>degraded 10 moved"]);
}

#[test]
fn a_camera_is_judged_from_its_installation_to_its_retirement_only() {
    let mut policy = one();
    let entry = policy.cameras.get_mut("a").unwrap();
    entry.installed = Some("2026-11-02".parse().unwrap());
    entry.retired = Some("2026-11-03".parse().unwrap());
    let day = 86_400;
    let lines = [
        seen(0, "a", "ok"),
        seen(day - 1, "a", "ok"),
        seen(day + 10, "a", "ok"),
        seen(2 * day - 10, "a", "ok"),
        seen(2 * day, "a", "dns"),
        seen(3 * day, "a", "ok"),
    ];
    assert_eq!(
        states(policy, &lines),
        [
            format!("{0} a unknown>up {0} -", day + 10),
            format!("{0} a up>unknown {0} monitor_down", day + 80),
            format!("{0} a unknown>up {0} -", 2 * day - 10)
        ]
    );
}

#[test]
fn record_causes_hold_from_the_poll_that_says_so_to_the_one_that_says_otherwise() {
    let clock = |at, offset: &str| poll(at, &format!(r#""clock_offset_seconds":{offset}"#));
    let lines = [
        seen(0, "a", "ok"),
        clock(1, "-301.0"),
        poll(2, r#""disks":[]"#),
        clock(3, "300.0"),
        poll(4, r#""disks":[{"id":"1","status":"ok"},{"id":"2","status":"missing"}]"#),
        poll(5, r#""disks":[{"id":"1","status":"unknown"}]"#),
    ];
    assert_eq!(
        states(one(), &lines),
        [
            "0 a unknown>up 0 -",
            "1 a up>degraded 1 clock_wrong",
            "3 a degraded>up 3 -",
            "4 a up>degraded 4 disk_failed",
            "5 a degraded>up 5 -"
        ]
    );
}

#[test]
fn recordings_that_stopped_miss_days_or_are_too_short_degrade_their_camera() {
    let mut policy = one();
    policy.cameras.get_mut("a").unwrap().installed = Some("2026-01-01".parse().unwrap());
    let recording = |at, fields: &str| poll(at, &format!(r#""recordings":[{{"camera":"a",{fields}}}]"#));
    let lines = [
        seen(0, "a", "ok"),
        recording(1, r#""newest":"2026-10-31T23:29:59Z""#),
        recording(2, r#""newest":"2026-10-31T23:30:02Z""#),
        recording(3, r#""oldest":"2026-10-02T00:00:04Z""#),
        recording(4, r#""oldest":"2026-10-02T00:00:04Z""#),
        recording(5, r#""oldest":"2026-10-01T10:00:00Z","gap_days":["2026-09-01","2026-10-31"]"#),
        recording(6, r#""gap_days":[]"#),
    ];
    assert_eq!(
        states(policy, &lines),
        [
            "0 a unknown>up 0 -",
            "1 a up>degraded 1 not_recording",
            "2 a degraded>up 2 -",
            "3 a up>degraded 3 retention_short",
            "4 a degraded>up 4 -",
            "5 a up>degraded 5 recording_gap",
            "6 a degraded>up 6 -",
        ]
    );
}

#[test]
fn a_young_camera_is_filling_not_short_until_something_is_lost() {
    let mut policy = one();
    policy.cameras.get_mut("a").unwrap().installed = Some("2026-10-20".parse().unwrap());
    let oldest = |at, oldest: &str| poll(at, &format!(r#""recordings":[{{"camera":"a","oldest":"{oldest}"}}]"#));
    let lines = [seen(0, "a", "ok"), oldest(1, "2026-10-20T09:00:00Z"), oldest(2, "2026-10-25T09:00:00Z")];
    assert_eq!(states(policy, &lines), ["0 a unknown>up 0 -", "2 a up>degraded 2 retention_short"]);
}

#[test]
fn one_short_of_dark_is_the_moment_to_look_at_the_references() {
    let mut judge = Judge::new(one());
    let a = camera_id("a");
    run(&mut judge, &[seen(0, "a", "ok"), seen(1, "a", "dns")]);
    assert!(!judge.is_about_to_darken(&a));
    run(&mut judge, &[seen(2, "a", "dns")]);
    assert!(judge.is_about_to_darken(&a));
    run(&mut judge, &[seen(3, "a", "dns")]);
    assert!(!judge.is_about_to_darken(&a));
}

#[test]
fn events_keep_the_order_of_their_keys() {
    let mut judge = Judge::new(one());
    let output = run(&mut judge, &[seen(0, "a", "dns"), seen(1, "a", "dns"), seen(2, "a", "dns"), reference(22, "ok")]);
    let lines: Vec<String> = output.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert_eq!(
        lines,
        [
            r#"{"at":"2026-11-01T00:00:02Z","event":"state","camera":"a","from":"unknown","to":"dark","since":"2026-11-01T00:00:00Z","cause":"dns"}"#,
            r#"{"at":"2026-11-01T00:00:22Z","event":"incident","id":"20261101T000022Z-camera-a","phase":"open","scope":"camera","subject":"a","cause":"dns","cameras":["a"],"since":"2026-11-01T00:00:00Z"}"#,
        ]
    );
    let up = run(&mut judge, &[seen(30, "a", "ok"), seen(31, "a", "ok")]);
    assert!(serde_json::to_string(&up.events[0]).unwrap().ends_with(r#""cause":null}"#));
}
