//! An oracle for the judgement and the ledger: a plain, slow reading of the rules over a whole trace at once. It shares
//! no code with what it judges; of camwatch it knows only the types that a judgement is made with.

#[cfg(test)]
mod cases;
pub mod incidents;
pub mod life;
pub mod recorders;
pub mod seconds;
pub mod world;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use incidents::incidents;
use life::{MAINTENANCE, Turn, UNKNOWN, When, life, moment, read_moments};
use recorders::Facts;
use world::{Camera, Nanos, World, text};

/// How a camera stands as it is shown, from one place of the trace on.
#[derive(Debug, Clone)]
pub struct Shown {
    pub when: When,
    pub state: &'static str,
    pub cause: Option<String>,
    pub own_cause: Option<String>,
    /// From when the cause holds; of a degraded camera, its own.
    pub cause_date: Nanos,
    pub fails_by_path: bool,
    /// From when the state holds.
    pub since: Nanos,
    /// Whether the state changed here: an event.
    pub event: bool,
}

/// A state underneath any maintenance, as the record keeps it.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub since: Nanos,
    pub state: &'static str,
    pub cause: Option<String>,
}

/// The events of a trace: those of states first, then those of incidents, each in order of time.
pub fn replay(world: &World, lines: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let lines = &read_moments(lines);
    let facts = Facts::new(world, lines);
    let mut cameras: Vec<&Camera> = world.cameras.iter().collect();
    cameras.sort_by(|a, b| a.id.cmp(&b.id));
    let shown: Vec<(&Camera, Vec<Shown>)> = cameras.iter().map(|c| (*c, shown(world, c, lines, &facts))).collect();

    let mut states: Vec<(When, &str, Value)> = Vec::new();
    for (camera, shown) in &shown {
        for (before, after) in shown.iter().zip(shown.iter().skip(1)).filter(|(_, after)| after.event) {
            let event = json!({
                "at": text(after.when.at), "event": "state", "camera": camera.id,
                "from": before.state, "to": after.state, "since": text(after.since), "cause": after.cause,
            });
            states.push((after.when, &camera.id, event));
        }
    }
    // At one moment cameras come in order of id.
    states.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let states = states.into_iter().map(|(_, _, event)| event).collect();
    (states, incidents(world, &shown, lines, &facts))
}

/// A camera's life with maintenance laid over it.
pub fn shown(world: &World, camera: &Camera, lines: &[Value], facts: &Facts) -> Vec<Shown> {
    let under = life(world, camera, lines, facts);
    let (Some(beginning), Some(last)) = (under.first(), lines.last()) else { return Vec::new() };
    let beginning = beginning.when;
    let windows = world.windows_of(camera);
    let covered = |at: Nanos| windows.iter().any(|(from, to)| *from <= at && at < *to);

    // 8. Maintenance covers every other state for its exact span, by its own clock and not by probes. A window that is
    // open at the first line shows at that moment. 11. Time begins with the first line and ends with the last.
    let end = moment(last).min(world.service(camera).1.saturating_sub(1));
    let edges = windows.iter().flat_map(|(from, to)| [*from, *to]).filter(|at| beginning.at <= *at && *at <= end);
    let mut whens: BTreeSet<When> = edges.map(|at| When { at, line: None }).collect();
    whens.extend(under.iter().map(|turn| turn.when));

    let mut shown: Vec<Shown> = vec![Shown {
        when: beginning,
        state: UNKNOWN,
        cause: Some("monitor_down".into()),
        own_cause: None,
        cause_date: beginning.at,
        fails_by_path: false,
        since: beginning.at,
        event: false,
    }];
    for when in whens {
        let turn = under.iter().rev().find(|turn| turn.when <= when).expect("a life has a beginning");
        let before = shown.last().expect("there is a beginning").clone();
        let under_maintenance = covered(when.at);
        let state = if under_maintenance { MAINTENANCE } else { turn.state };
        let event = state != before.state;
        // 10. A moment reached by time alone has `at` = `since` = that moment. Else the date of the change, and never
        // earlier than the `since` of the camera's event before it.
        let since = match when.line {
            _ if !event => before.since,
            None => when.at,
            Some(_) => turn.date.max(before.since),
        };
        shown.push(Shown {
            when,
            state,
            // `null` where the camera is up or in maintenance.
            cause: if under_maintenance { None } else { turn.cause.clone() },
            own_cause: if under_maintenance { None } else { turn.own_cause.clone() },
            cause_date: turn.cause_date,
            fails_by_path: turn.fails_by_path,
            since,
            event,
        });
    }
    shown
}

/// What the record keeps of a camera: the states underneath, dated as rule 10 would date them without any maintenance.
pub fn recorded(world: &World, camera: &Camera, lines: &[Value]) -> Vec<Recorded> {
    let mut record: Vec<Recorded> = Vec::new();
    let mut state = UNKNOWN;
    for Turn { state: next, cause, date, .. } in life(world, camera, lines, &Facts::new(world, lines)) {
        if next != state {
            let since = record.last().map_or(date, |before| date.max(before.since));
            record.push(Recorded { since, state: next, cause });
            state = next;
        }
    }
    record
}
