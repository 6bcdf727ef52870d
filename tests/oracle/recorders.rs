//! What is wrong with recorders themselves, and whose clock is wrong, read off the whole trace.

use serde_json::Value;

use super::life::{Class, When, class, moment};
use super::world::{Nanos, SECOND, World, nanos};

/// What the lines say that concerns every camera: worked out once, looked up often.
pub struct Facts {
    at: Vec<Nanos>,
    /// After each line, whether the references answer.
    online: Vec<bool>,
    /// After each line, whether the monitor's own clock is what is wrong.
    ours: Vec<bool>,
}

impl Facts {
    pub fn new(world: &World, lines: &[Value]) -> Self {
        let mut facts = Self { at: lines.iter().map(moment).collect(), online: vec![], ours: vec![] };
        let mut online = true;
        for (i, line) in lines.iter().enumerate() {
            if let Some(answer) = line["reference"].as_str() {
                online = answer == "ok";
            }
            facts.online.push(online);
            // Only a recorder's line can turn it.
            let before = facts.ours.last().copied().unwrap_or(false);
            facts.ours.push(if line["recorder"].is_string() { is_ours(world, &lines[..=i]) } else { before });
        }
        facts
    }

    /// The last line that is not after a place of the trace.
    fn last(&self, when: When) -> Option<usize> {
        match when.line {
            Some(i) => Some(i.min(self.at.len() - 1)),
            None => self.at.partition_point(|at| *at < when.at).checked_sub(1),
        }
    }

    pub fn online(&self, when: When) -> bool {
        self.last(when).is_none_or(|i| self.online[i])
    }

    pub fn ours(&self, when: When) -> bool {
        self.last(when).is_some_and(|i| self.ours[i])
    }
}

/// Of the recorders that told their clock, three at least and more than half differ from ours by the same amount.
fn is_ours(world: &World, lines: &[Value]) -> bool {
    let last = |id: &str| {
        let mut told = lines.iter().rev().filter(|line| line["recorder"] == id);
        told.find_map(|line| line["clock_offset_seconds"].as_f64())
    };
    let told: Vec<f64> = world.recorders.iter().filter_map(|r| last(&r.id)).collect();
    #[allow(clippy::cast_precision_loss)] // A tolerance of some seconds.
    let tolerance = world.clock_tolerance as f64;
    told.iter().filter(|a| a.abs() > tolerance).any(|a| {
        let agree = told.iter().filter(|b| b.abs() > tolerance && (*b - a).abs() <= tolerance).count();
        agree >= 3 && agree * 2 > told.len()
    })
}

/// Recordings of the future, or of before there were such recorders; none where the entry has no dates.
pub fn misdated(world: &World, at: Nanos, entry: &Value) -> Option<bool> {
    let (oldest, newest) = (entry["oldest"].as_str().map(nanos), entry["newest"].as_str().map(nanos));
    if oldest.is_none() && newest.is_none() {
        return None;
    }
    let first = world.midnight(jiff::civil::date(2010, 1, 1));
    Some(newest.is_some_and(|newest| newest > at + 3600 * SECOND) || oldest.is_some_and(|oldest| oldest < first))
}

/// One thing that is wrong with a recorder.
#[derive(Debug, Clone)]
pub struct Fault {
    pub kind: &'static str,
    pub cause: String,
    pub since: Nanos,
    pub decided: Nanos,
}

/// What is wrong with one recorder, in the order in which it was decided.
#[derive(Debug, Clone, Default)]
pub struct Health {
    pub faults: Vec<Fault>,
    /// Lines before this one are of no run.
    anew: usize,
    /// And before this one, of none of failures.
    failures_anew: usize,
}

impl Health {
    fn set(&mut self, kind: &'static str, cause: &str, since: Nanos, decided: Nanos) {
        match self.faults.iter_mut().find(|f| f.kind == kind) {
            Some(fault) => cause.clone_into(&mut fault.cause),
            None => self.faults.push(Fault { kind, cause: cause.into(), since, decided }),
        }
    }

    fn says(&mut self, kind: &'static str, cause: &str, holds: bool, at: Nanos) {
        if holds {
            self.set(kind, cause, at, at);
        } else {
            self.faults.retain(|f| f.kind != kind);
        }
    }

    /// That it is silent is a wider failure's.
    pub fn excuse(&mut self, next_line: usize) {
        self.failures_anew = next_line;
        self.faults.retain(|f| f.kind != "silent" || is_refusal(&f.cause));
    }

    /// The monitor was cut off, or sees again.
    pub fn start_anew(&mut self, next_line: usize, is_told: bool) {
        self.anew = next_line;
        if !is_told {
            self.faults.retain(|f| f.kind != "silent");
        }
    }

    /// Takes a line of this recorder, or one that turned whose clock is wrong.
    pub fn hear(&mut self, world: &World, facts: &Facts, id: &str, lines: &[Value], i: usize) {
        let line = &lines[i];
        let at = moment(line);
        if line["recorder"] == id {
            self.silence(world, facts, id, lines, i);
            // `disk_failed` when a disk is `degraded`, `failed` or `missing`.
            if let Some(disks) = line["disks"].as_array() {
                let bad = ["degraded", "failed", "missing"];
                let bad = disks.iter().any(|d| bad.contains(&d["status"].as_str().unwrap()));
                self.says("disk", "disk_failed", bad, at);
            }
        }
        // `clock_wrong` when its clock is off by more than `clock_tolerance`, or it dates recordings as only a wrong
        // clock does.
        let ours = lines[..=i].iter().rev().filter(|line| line["recorder"] == id);
        let offset = ours.clone().find_map(|line| line["clock_offset_seconds"].as_f64());
        #[allow(clippy::cast_precision_loss)] // A tolerance of some seconds.
        let off = offset.is_some_and(|o| o.abs() > world.clock_tolerance as f64);
        let off = off && !facts.ours(When { at, line: Some(i) });
        let dated_ill = |camera: &str| {
            ours.clone().find_map(|line| {
                let entry = line["recordings"].as_array()?.iter().find(|e| e["camera"] == camera)?;
                misdated(world, moment(line), entry)
            })
        };
        let ill = world.cameras.iter().any(|c| dated_ill(&c.id) == Some(true));
        self.says("clock", "clock_wrong", off || ill, at);
    }

    /// A recorder that failed `confirm` polls in a row; as with cameras, those that cannot see neither lengthen nor break
    /// a run of the others, and in a row of their own are a fault where they are no `busy`.
    fn silence(&mut self, world: &World, facts: &Facts, id: &str, lines: &[Value], i: usize) {
        let place = |i: usize| When { at: moment(&lines[i]), line: Some(i) };
        let outcome = |i: usize| lines[i]["outcome"].as_str().expect("an outcome");
        if class(outcome(i)).is_ok() {
            self.faults.retain(|f| f.kind != "silent");
            self.anew = i + 1;
            return;
        }
        // While the monitor is cut off, a poll that failed says nothing.
        let polls = (self.anew..=i).filter(|i| lines[*i]["recorder"] == id && facts.online(place(*i)));
        let polls: Vec<usize> = polls.collect();
        if !facts.online(place(i)) {
            return;
        }
        let is_blind = |i: &usize| class(outcome(*i)) == Class::Blind;
        if is_blind(&i) {
            let run = polls.iter().rev().take_while(|i| is_blind(i)).count();
            if run >= world.confirm {
                let first = polls[polls.len() - run];
                self.failures_anew = i + 1;
                // Out of connections is no fault.
                if outcome(i) != "busy" {
                    self.set("silent", outcome(i), moment(&lines[first]), moment(&lines[i]));
                }
            }
            return;
        }
        let run: Vec<usize> = polls.into_iter().filter(|i| !is_blind(i) && *i >= self.failures_anew).collect();
        let is_told = self.faults.iter().any(|f| f.kind == "silent" && !is_refusal(&f.cause));
        if run.len() >= world.confirm && !is_told {
            let seen = |o: &str| run.iter().filter(|i| outcome(**i) == o).count();
            let most = run.iter().map(|i| seen(outcome(*i))).max().expect("a run is not empty");
            let cause = run.iter().rev().map(|i| outcome(*i)).find(|o| seen(o) == most).expect("one of them");
            self.set("silent", cause, moment(&lines[run[0]]), moment(&lines[i]));
        }
    }
}

fn is_refusal(cause: &str) -> bool {
    cause == "unauthorized" || cause == "incompatible"
}
