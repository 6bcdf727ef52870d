//! What holds of every trace.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::inventory::Maintenance;
use crate::judgement::event::{IncidentScope, Phase};
use crate::observation::Outcome;

const CAMERAS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// Two sites of one commune, one with a gateway.
fn scene(windows: Vec<Maintenance>) -> Policy {
    let mut policy = policy(&[("g", true, &["a", "b", "c"]), ("s", false, &["d", "e"])]);
    policy.maintenance = windows;
    policy.funded.extend(["a", "d"].map(camera_id));
    policy.unknown_after = Duration::from_secs(120);
    policy
}

fn a_line() -> impl Strategy<Value = (u64, String)> {
    let camera = || (0..CAMERAS.len()).prop_map(|i| CAMERAS[i]);
    // Few outcomes, so that runs come about.
    let outcome = prop_oneof![
        6 => Just(Outcome::Ok),
        6 => Just(Outcome::ConnectTimeout),
        2 => Just(Outcome::NotFound),
        2 => Just(Outcome::Busy),
        2 => Just(Outcome::Unauthorized),
        2 => Just(Outcome::Slow),
    ];
    let verdict = prop_oneof![Just("ok"), Just("black"), Just("frozen")];
    let rest = prop_oneof![
        12 => (camera(), outcome).prop_map(|(camera, outcome)| {
            format!(r#""camera":"{camera}","outcome":"{outcome}","depth":"frame""#)
        }),
        4 => (camera(), verdict).prop_map(|(camera, verdict)| {
            format!(r#""camera":"{camera}","outcome":"ok","depth":"picture","picture":{{"verdict":"{verdict}"}}"#)
        }),
        4 => any::<bool>().prop_map(|ok| {
            format!(r#""site":"g","gateway":"{}""#, if ok { "ok" } else { "unreachable" })
        }),
        1 => any::<bool>().prop_map(|ok| format!(r#""reference":"{}""#, if ok { "ok" } else { "unreachable" })),
        1 => any::<bool>().prop_map(|ok| {
            let status = if ok { "ok" } else { "failed" };
            format!(r#""recorder":"nvr","outcome":"ok","disks":[{{"id":"1","status":"{status}"}}]"#)
        }),
    ];
    (prop_oneof![4 => 0..4000_u64, 1 => 0..100_000_u64], rest)
}

fn a_trace() -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec(a_line(), 1..120).prop_map(|steps| {
        let mut millis = 0;
        steps
            .into_iter()
            .map(|(step, rest)| {
                millis += step;
                line(t(0) + Duration::from_millis(millis), &rest)
            })
            .collect()
    })
}

fn some_windows() -> impl Strategy<Value = Vec<Maintenance>> {
    prop::collection::vec((0..CAMERAS.len(), 0..200_i64, 0..90_i64), 0..5).prop_map(|windows| {
        windows.into_iter().map(|(i, from, length)| window(CAMERAS[i], from, from + length)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_event_begins_where_the_one_before_ended_and_dates_never_go_back(
        trace in a_trace(), windows in some_windows()
    ) {
        let mut judge = Judge::new(scene(windows));
        let mut last: BTreeMap<CameraId, (State, Option<Timestamp>)> = BTreeMap::new();
        let mut before = None;
        for event in run(&mut judge, &trace).events {
            prop_assert!(before.is_none_or(|before| before <= event.at()));
            before = Some(event.at());
            let Event::State(event) = event else { continue };
            let (state, since) = last.get(&event.camera).copied().unwrap_or((State::Unknown, None));
            prop_assert_eq!(event.from, state);
            prop_assert_ne!(event.from, event.to);
            prop_assert!(event.since <= event.at);
            prop_assert!(since.is_none_or(|since| since <= event.since));
            prop_assert_eq!(event.cause.is_none(), matches!(event.to, State::Up | State::Maintenance));
            last.insert(event.camera, (event.to, Some(event.since)));
        }
        for id in CAMERAS.map(camera_id) {
            let standing = judge.standing(&id).unwrap();
            let expected = last.get(&id).copied().unwrap_or((State::Unknown, None));
            prop_assert_eq!((standing.state, standing.since), expected);
        }
    }

    #[test]
    fn the_record_goes_on_underneath_maintenance_as_if_there_were_none(
        trace in a_trace(), windows in some_windows()
    ) {
        let with = run(&mut Judge::new(scene(windows)), &trace);
        let without = run(&mut Judge::new(scene(Vec::new())), &trace);
        let by_camera = |output: &Output| -> BTreeMap<CameraId, Vec<super::super::Change>> {
            let mut map: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for change in &output.record {
                map.entry(change.camera.clone()).or_default().push(change.clone());
            }
            map
        };
        prop_assert_eq!(by_camera(&with), by_camera(&without));
        for changes in by_camera(&with).values() {
            prop_assert!(changes.windows(2).all(|two| two[0].since <= two[1].since && two[0].state != two[1].state));
        }
    }

    #[test]
    fn maintenance_laid_over_twice_or_in_another_order_is_its_union(
        trace in a_trace(), windows in some_windows()
    ) {
        let mut doubled: Vec<Maintenance> = windows.iter().rev().cloned().collect();
        doubled.extend(windows.iter().cloned());
        prop_assert_eq!(
            run(&mut Judge::new(scene(windows)), &trace),
            run(&mut Judge::new(scene(doubled)), &trace)
        );
    }

    #[test]
    fn small_steps_of_time_give_what_one_big_step_gives(
        trace in a_trace(), windows in some_windows(), step in 1..40_u64
    ) {
        let policy = scene(windows);
        let plain = run(&mut Judge::new(policy.clone()), &trace);
        let mut judge = Judge::new(policy);
        let mut stepped = Output::default();
        let mut now = trace[0].at;
        for line in &trace {
            while now < line.at {
                let deadline = judge.next_deadline();
                let output = judge.advance(now);
                // Nothing comes about before it was announced.
                prop_assert!(output == Output::default() || deadline.is_some_and(|deadline| deadline <= now));
                stepped.events.extend(output.events);
                stepped.record.extend(output.record);
                now += Duration::from_secs(step);
            }
            now = line.at;
            let output = judge.observe(line);
            stepped.events.extend(output.events);
            stepped.record.extend(output.record);
        }
        prop_assert_eq!(plain, stepped);
    }

    #[test]
    fn cameras_of_other_communes_do_not_matter(trace in a_trace()) {
        let mut scene = scene(Vec::new());
        scene.sites.get_mut("s").unwrap().commune = CommuneId::new("another").unwrap();
        let whole = run(&mut Judge::new(scene.clone()), &trace);
        let alone: Vec<Observation> = trace
            .iter()
            .map(|line| match &line.seen {
                crate::observation::Seen::Camera(seen) if ["a", "b", "c"].contains(&seen.camera.as_str()) => {
                    reference_of(line.at)
                }
                crate::observation::Seen::Gateway { .. } => reference_of(line.at),
                _ => line.clone(),
            })
            .collect();
        let part = run(&mut Judge::new(scene), &alone);
        let of_s = |output: Output| -> Vec<String> {
            output
                .events
                .iter()
                .filter(|event| match event {
                    Event::State(event) => ["d", "e"].contains(&event.camera.as_str()),
                    Event::Incident(event) => ["d", "e", "s"].contains(&event.subject.as_str()),
                    Event::Page(_) => false,
                })
                .map(show)
                .collect()
        };
        prop_assert_eq!(of_s(whole), of_s(part));
    }

    #[test]
    fn an_area_opens_where_nothing_is_seen_and_tells_of_no_camera_that_was_told_as_dark(
        trace in a_trace(), windows in some_windows(), cuts in prop::collection::vec((0..200_u64, 0..120_u64), 1..3)
    ) {
        // A commune that is cut off now and then, or the two sites would seldom fail together.
        let is_cut = |at: Timestamp| {
            let at = u64::try_from(at.duration_since(t(0)).as_secs()).unwrap();
            cuts.iter().any(|(from, length)| (*from..from + length).contains(&at))
        };
        let trace: Vec<Observation> = trace.into_iter().map(|mut line| {
            match &mut line.seen {
                crate::observation::Seen::Camera(seen) if is_cut(line.at) => {
                    seen.outcome = Outcome::ConnectTimeout;
                    seen.picture = None;
                }
                crate::observation::Seen::Gateway { reachable, .. } if is_cut(line.at) => *reachable = false,
                _ => {}
            }
            line
        }).collect();
        let mut shown: BTreeMap<CameraId, (State, Option<Cause>)> = BTreeMap::new();
        let mut open: BTreeMap<String, crate::judgement::event::IncidentEvent> = BTreeMap::new();
        for event in run(&mut Judge::new(scene(windows)), &trace).events {
            match event {
                Event::State(event) => drop(shown.insert(event.camera, (event.to, event.cause))),
                Event::Incident(event) => {
                    if event.phase == Phase::Open && event.scope == IncidentScope::Area {
                        let is_live = |id: &str| {
                            let state = shown.get(&camera_id(id)).map(|(state, _)| *state);
                            matches!(state, Some(State::Up | State::Degraded))
                        };
                        prop_assert!(!is_live("d") && !is_live("e"), "the site without a gateway is not seen");
                        for camera in &event.cameras {
                            prop_assert_eq!(shown[camera].0, State::Dark);
                            let told = open.values().filter(|one| one.cameras.contains(camera));
                            let dark = |cause| matches!(cause, Cause::ConnectTimeout | Cause::Unreachable);
                            prop_assert_eq!(told.filter(|one| dark(one.cause)).count(), 0, "told twice of {}", camera);
                        }
                    }
                    if event.phase == Phase::Close { open.remove(&event.id); } else { open.insert(event.id.clone(), event); }
                }
                Event::Page(_) => {}
            }
        }
    }

    #[test]
    fn an_incident_opens_once_closes_once_and_is_listed_while_open(
        trace in a_trace(), windows in some_windows()
    ) {
        let mut judge = Judge::new(scene(windows));
        let mut open: BTreeMap<String, Vec<CameraId>> = BTreeMap::new();
        let mut used = BTreeSet::new();
        for event in run(&mut judge, &trace).events {
            let Event::Incident(event) = event else { continue };
            prop_assert!(event.since <= event.at);
            prop_assert!(event.cameras.is_sorted());
            match event.phase {
                Phase::Open => {
                    prop_assert!(used.insert(event.id.clone()), "an id is used once");
                    open.insert(event.id, event.cameras);
                }
                Phase::Update => {
                    prop_assert!(open.insert(event.id, event.cameras).is_some());
                }
                Phase::Close => {
                    prop_assert!(open.remove(&event.id).is_some());
                }
            }
        }
        let listed: BTreeMap<String, Vec<CameraId>> =
            judge.incidents().into_iter().map(|incident| (incident.id, incident.cameras)).collect();
        prop_assert_eq!(listed, open);
    }

    #[test]
    fn a_reload_of_the_same_configuration_changes_nothing(
        trace in a_trace(), windows in some_windows(), at in 0..120_usize
    ) {
        let policy = scene(windows);
        let plain = run(&mut Judge::new(policy.clone()), &trace);
        let mut judge = Judge::new(policy.clone());
        let mut reloaded = Output::default();
        for (i, line) in trace.iter().enumerate() {
            if i == at {
                let output = judge.reconfigure(policy.clone(), trace[i - 1.min(i)].at);
                reloaded.events.extend(output.events);
                reloaded.record.extend(output.record);
            }
            let output = judge.observe(line);
            reloaded.events.extend(output.events);
            reloaded.record.extend(output.record);
        }
        prop_assert_eq!(plain, reloaded);
    }
}

fn reference_of(at: Timestamp) -> Observation {
    // A line that lets time pass and says nothing.
    line(at, r#""site":"elsewhere","gateway":"ok""#)
}
