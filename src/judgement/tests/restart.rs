//! Restarts and new configurations: what is kept.

use super::*;
use crate::judgement::event::IncidentScope;
use crate::judgement::{Change, Resume};
use crate::snapshot::Incident;

fn change(camera: &str, state: State, cause: Option<Cause>, since: i64) -> Change {
    Change { camera: camera_id(camera), state, cause, since: t(since) }
}

#[test]
fn after_a_restart_known_cameras_are_unknown_since_the_last_moment_alive() {
    let resume = Resume {
        last_alive: Some(t(100)),
        cameras: vec![change("a", State::Up, None, 5), change("b", State::Unknown, Some(Cause::Busy), 7)],
        incidents: Vec::new(),
    };
    let (judge, output) = Judge::resume(policy(&[("s", false, &["a", "b", "c"])]), resume, t(150));
    assert_eq!(output.events.iter().map(show).collect::<Vec<_>>(), ["150 a up>unknown 100 monitor_down"]);
    assert_eq!(output.record, [change("a", State::Unknown, Some(Cause::MonitorDown), 100)]);
    assert_eq!(judge.standing(&camera_id("b")).unwrap().since, Some(t(7)));
    assert_eq!(judge.standing(&camera_id("b")).unwrap().cause, Some(Cause::MonitorDown));
    assert_eq!(judge.standing(&camera_id("c")).unwrap().since, None);
}

#[test]
fn a_window_that_is_open_before_and_after_a_restart_shows_without_an_event() {
    let mut policy = one();
    policy.maintenance = vec![window("a", 50, 200)];
    let resume =
        Resume { last_alive: Some(t(100)), cameras: vec![change("a", State::Up, None, 5)], incidents: Vec::new() };
    let (mut judge, output) = Judge::resume(policy, resume, t(150));
    assert!(output.events.is_empty());
    assert_eq!(output.record, [change("a", State::Unknown, Some(Cause::MonitorDown), 100)]);
    let output = judge.advance(t(300));
    assert_eq!(output.events.iter().map(show).collect::<Vec<_>>(), ["200 a maintenance>unknown 200 monitor_down"]);
}

#[test]
fn a_window_that_began_or_ended_during_a_restart_is_dated_by_its_own_clock() {
    let resume = |cameras| Resume { last_alive: Some(t(100)), cameras, incidents: Vec::new() };
    let mut begun = one();
    begun.maintenance = vec![window("a", 120, 200)];
    let (_, output) = Judge::resume(begun, resume(vec![change("a", State::Up, None, 5)]), t(150));
    assert_eq!(output.events.iter().map(show).collect::<Vec<_>>(), ["150 a up>maintenance 120 -"]);
    let mut ended = one();
    ended.maintenance = vec![window("a", 50, 120)];
    let (_, output) = Judge::resume(ended, resume(vec![change("a", State::Up, None, 5)]), t(150));
    assert_eq!(output.events.iter().map(show).collect::<Vec<_>>(), ["150 a maintenance>unknown 120 monitor_down"]);
}

#[test]
fn an_incident_that_was_open_stays_open_and_is_told_once() {
    let open = |scope, subject: &str, cause, cameras: &[&str]| Incident {
        id: format!("old-{subject}"),
        scope,
        subject: subject.to_owned(),
        cause,
        cameras: cameras.iter().map(|id| camera_id(id)).collect(),
        since: t(1),
        opened_at: t(50),
    };
    let resume = Resume {
        last_alive: Some(t(100)),
        cameras: vec![
            change("a", State::Dark, Some(Cause::Dns), 1),
            change("b", State::Dark, Some(Cause::Reset), 1),
            change("c", State::Degraded, Some(Cause::Black), 1),
        ],
        incidents: vec![
            open(IncidentScope::Camera, "a", Cause::Dns, &["a"]),
            open(IncidentScope::Site, "s", Cause::Unreachable, &["b"]),
            open(IncidentScope::Camera, "c", Cause::Black, &["c"]),
            open(IncidentScope::Camera, "gone", Cause::Dns, &["gone"]),
        ],
    };
    let (mut judge, output) = Judge::resume(policy(&[("s", true, &["a", "b", "c"])]), resume, t(110));
    let closed: Vec<String> =
        output.events.iter().filter(|event| matches!(event, Event::Incident(_))).map(show).collect();
    assert_eq!(closed, ["110 Close camera:gone dns [gone] 1"]);
    assert_eq!(judge.incidents().len(), 3);
    let mut lines = Vec::new();
    for at in 0..3 {
        lines.push(seen(120 + at, "a", "dns"));
        lines.push(seen(120 + at, "b", "ok"));
        lines.push(seen(120 + at, "c", "ok"));
    }
    lines.push(seen(150, "a", "dns"));
    lines.push(seen(151, "a", "ok"));
    lines.push(seen(152, "a", "ok"));
    let told: Vec<String> = run(&mut judge, &lines).events.iter().map(show).collect();
    assert_eq!(
        told,
        [
            "120 b unknown>up 120 -",
            "120 Close site:s unreachable [b] 1",
            "120 c unknown>degraded 120 black",
            "122 a unknown>dark 120 dns",
            "152 a dark>up 151 -",
            "152 Close camera:a dns [a] 1",
        ]
    );
}

#[test]
fn a_restart_of_an_hour_does_not_report_every_funded_camera_as_unseen() {
    let mut policy = one();
    policy.funded.insert(camera_id("a"));
    let resume =
        Resume { last_alive: Some(t(0)), cameras: vec![change("a", State::Up, None, 0)], incidents: Vec::new() };
    let (mut judge, _) = Judge::resume(policy, resume, t(4000));
    assert_eq!(judge.advance(t(5819)).events, []);
    assert_eq!(
        judge.advance(t(5820)).events.iter().map(show).collect::<Vec<_>>(),
        // Dated from when its time counts.
        ["5820 Open camera:a monitor_down [a] 4000"]
    );
}

#[test]
fn a_new_configuration_keeps_runs_and_states_and_closes_what_was_removed() {
    let mut judge = Judge::new(policy(&[("s", true, &["a", "b", "x"])]));
    let mut lines = vec![seen(0, "b", "ok")];
    lines.extend((0..3).map(|at| seen(at, "a", "refused")));
    lines.extend((0..3).map(|at| seen(at, "x", "refused")));
    lines.extend([seen(25, "b", "refused"), seen(26, "b", "refused")]);
    run(&mut judge, &lines);
    assert_eq!(judge.incidents().len(), 2);
    let mut next = policy(&[("s", true, &["0", "a", "b"])]);
    next.maintenance = vec![window("a", 10, 100)];
    let output = judge.reconfigure(next, t(30));
    assert_eq!(
        output.events.iter().map(show).collect::<Vec<_>>(),
        ["30 Close camera:x refused [x] 0", "30 a dark>maintenance 30 -"]
    );
    let output = run(&mut judge, &[seen(31, "b", "refused"), seen(32, "0", "ok")]);
    assert_eq!(output.events.iter().map(show).collect::<Vec<_>>(), ["31 b up>dark 25 refused", "32 0 unknown>up 32 -"]);
    assert_eq!(judge.incidents()[0].subject, "a");
}

#[test]
fn a_camera_that_a_new_configuration_removes_is_unknown_in_the_record_until_it_comes_back() {
    let both = policy(&[("s", false, &["a", "x", "y"])]);
    let mut judge = Judge::new(both.clone());
    run(&mut judge, &[seen(0, "a", "ok"), seen(0, "x", "ok")]);
    let output = judge.reconfigure(one(), t(10));
    assert_eq!(output.record, [change("x", State::Unknown, Some(Cause::MonitorDown), 10)]);
    assert_eq!(judge.reconfigure(both, t(20)).record, []);
    assert_eq!(judge.observe(&seen(25, "x", "ok")).record, [change("x", State::Up, None, 25)]);
}
