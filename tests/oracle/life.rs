//! Rules 1 to 7 and the record causes: one camera's life under any maintenance, read off the whole trace.
//!
//! There are no counters here: what came "in a row" is found each time by walking back through what was seen.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::world::{Camera, Nanos, SECOND, World, nanos};

pub const UP: &str = "up";
pub const DEGRADED: &str = "degraded";
pub const DARK: &str = "dark";
pub const UNKNOWN: &str = "unknown";
pub const MAINTENANCE: &str = "maintenance";

/// A place in the trace. Time alone (`line` is none) comes before the observations of the same `at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct When {
    pub at: Nanos,
    pub line: Option<usize>,
}

/// How a camera stands from one place of the trace on.
#[derive(Debug, Clone)]
pub struct Turn {
    pub when: When,
    pub state: &'static str,
    pub cause: Option<String>,
    /// Of a degraded camera: the cause decided first that is no recorder's.
    pub own_cause: Option<String>,
    /// From when the cause holds; of a degraded camera, its own.
    pub cause_date: Nanos,
    /// From when the state holds, where this turn changed it.
    pub date: Nanos,
    /// Its last failure was by a path cause, and no `ok` and no new beginning came since.
    pub fails_by_path: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Ok,
    /// `slow` and `lossy`: an `ok` for rules 1 to 4.
    Stream,
    Path,
    /// Session and media causes that make a camera dark.
    OtherDark,
    /// `unauthorized`, `busy`, `incompatible`.
    Blind,
}

pub fn class(outcome: &str) -> Class {
    match outcome {
        "ok" => Class::Ok,
        "slow" | "lossy" => Class::Stream,
        "dns" | "unreachable" | "refused" | "connect_timeout" | "reset" => Class::Path,
        "not_rtsp" | "rtsp_timeout" | "rtsp_error" | "not_found" | "tls" | "no_media" | "no_keyframe"
        | "unsupported_codec" => Class::OtherDark,
        "unauthorized" | "busy" | "incompatible" => Class::Blind,
        other => panic!("no outcome: {other}"),
    }
}

impl Class {
    pub fn is_ok(self) -> bool {
        matches!(self, Class::Ok | Class::Stream)
    }

    pub fn is_failure(self) -> bool {
        matches!(self, Class::Path | Class::OtherDark)
    }
}

/// One probe that counted.
#[derive(Debug, Clone)]
struct Probe {
    at: Nanos,
    outcome: String,
    class: Class,
    /// Depth `frame` or `picture`.
    deep: bool,
    verdict: Option<String>,
}

/// What makes a camera degraded.
#[derive(Debug, Clone)]
struct Condition {
    kind: &'static str,
    cause: String,
    date: Nanos,
    /// Where in the trace it was decided.
    decided: When,
}

#[derive(Debug, Clone, PartialEq)]
enum Core {
    Unknown(String),
    Seen,
    Dark(String),
}

struct Walk<'a> {
    world: &'a World,
    camera: &'a Camera,
    probes: Vec<Probe>,
    /// Index of the first probe of the present runs of rules 1 to 4.
    runs_from: usize,
    /// Index of the first probe of the present picture and stream runs.
    looks_from: usize,
    core: Core,
    core_date: Nanos,
    /// From when the cause of the core holds.
    cause_date: Nanos,
    /// In the order in which they were decided.
    conditions: Vec<Condition>,
    /// The dates at which conditions ended.
    cleared: Vec<Nanos>,
    first_observation: Option<Nanos>,
    /// What the last poll that spoke of it said.
    recording: BTreeMap<&'static str, bool>,
    turns: Vec<Turn>,
}

/// The life of a camera while it is in service. The first turn is its beginning; lines are in order of time.
pub fn life(world: &World, camera: &Camera, lines: &[Value]) -> Vec<Turn> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Vec::new() };
    let (first, last) = (moment(first), moment(last));
    let (installed, retired) = world.service(camera);
    if installed > last || retired <= first {
        return Vec::new();
    }
    let begin = first.max(installed);

    // 1. A camera begins as `unknown`, without an event, its cause `monitor_down`.
    let mut walk = Walk {
        world,
        camera,
        probes: Vec::new(),
        runs_from: 0,
        looks_from: 0,
        core: Core::Unknown("monitor_down".into()),
        core_date: begin,
        cause_date: begin,
        conditions: Vec::new(),
        cleared: Vec::new(),
        first_observation: None,
        recording: BTreeMap::new(),
        turns: Vec::new(),
    };
    walk.turn(When { at: begin, line: None });

    // 6. A camera without any observation of its own for 2 x its interval + timeout becomes `unknown` at that moment.
    let patience = (2 * camera.interval + world.timeout) * SECOND;
    let mut silent_since = Some(begin);
    let mut cut_off = false;
    for (i, line) in lines.iter().enumerate() {
        let at = moment(line);
        if let Some(since) = silent_since
            && !cut_off
            && since + patience <= at
            && since + patience < retired
        {
            walk.becomes_unknown(When { at: since + patience, line: None }, "monitor_down");
            silent_since = None;
        }
        if at >= retired {
            break;
        }
        let when = When { at, line: Some(i) };
        if line["reference"] == "unreachable" {
            // 7. An observation that says the references are unreachable makes every camera `unknown` from that
            // moment, with cause `monitor_offline`; until one says they are reachable, probes do not count and rule 6
            // rests.
            cut_off = true;
            if at >= begin {
                walk.becomes_unknown(when, "monitor_offline");
            }
        } else if line["reference"] == "ok" && cut_off {
            // Then all runs and the time of rule 6 start anew and rule 1 applies.
            cut_off = false;
            silent_since = Some(at.max(begin));
            walk.all_runs_start_anew();
        } else if line["camera"] == camera.id.as_str() && at >= begin && !cut_off {
            silent_since = Some(at);
            walk.probe(when, line);
        } else if line["recorder"].is_string() && camera.recorder.as_deref() == line["recorder"].as_str() && at >= begin
        {
            walk.poll(when, line);
        }
    }
    walk.turns
}

/// The same lines, with `at` as nanoseconds: a moment is read once, and compared ten thousand times.
pub fn read_moments(lines: &[Value]) -> Vec<Value> {
    let read = |line: &Value| {
        let mut line = line.clone();
        line["at"] = Value::from(nanos(line["at"].as_str().expect("every line has its moment")));
        line
    };
    lines.iter().map(read).collect()
}

pub fn moment(line: &Value) -> Nanos {
    line["at"].as_i64().expect("moments have been read")
}

impl Walk<'_> {
    fn all_runs_start_anew(&mut self) {
        self.runs_from = self.probes.len();
        self.looks_from = self.probes.len();
    }

    fn becomes_unknown(&mut self, when: When, cause: &str) {
        self.core = Core::Unknown(cause.into());
        self.core_date = when.at;
        self.cause_date = when.at;
        self.all_runs_start_anew();
        self.turn(when);
    }

    fn state(&self) -> &'static str {
        // 9. Precedence: (maintenance,) unknown, dark, degraded, up.
        match self.core {
            Core::Unknown(_) => UNKNOWN,
            Core::Dark(_) => DARK,
            Core::Seen if !self.conditions.is_empty() => DEGRADED,
            Core::Seen => UP,
        }
    }

    /// From when the present state holds.
    fn date(&self) -> Nanos {
        // 11. Where several of these fall on one observation, the state after it is what counts: one event, whose
        // `since` is the later of the dates that made it so.
        match self.state() {
            // It is seen again, and every condition has ended.
            UP => self.cleared.iter().copied().fold(self.core_date, Nanos::max),
            // It is seen again, and some condition holds: of two decided at once the later, of others the earliest.
            DEGRADED => {
                let at_once = |decided: When| self.conditions.iter().filter(move |c| c.decided == decided);
                let dates = self.conditions.iter().filter_map(|c| at_once(c.decided).map(|c| c.date).max());
                dates.min().expect("a condition holds").max(self.core_date)
            }
            _ => self.core_date,
        }
    }

    fn turn(&mut self, when: When) {
        let state = self.state();
        let date = self.date();
        // 5. Several conditions may hold; the cause is that of the one decided first.
        let cause = match &self.core {
            Core::Unknown(cause) | Core::Dark(cause) => Some(cause.clone()),
            Core::Seen => self.conditions.first().map(|c| c.cause.clone()),
        };
        let own = |c: &&Condition| c.kind != "clock_wrong" && c.kind != "disk_failed";
        let own = self.conditions.iter().find(own).filter(|_| state == DEGRADED);
        let own_cause = own.map(|c| c.cause.clone());
        let cause_date = own.map_or(self.cause_date, |c| c.date);
        let last = self.probes[self.runs_from..].iter().rev().find(|p| p.class != Class::Blind);
        let fails_by_path = last.is_some_and(|p| p.class == Class::Path);
        self.turns.push(Turn { when, state, cause, own_cause, cause_date, date, fails_by_path });
    }

    fn probe(&mut self, when: When, line: &Value) {
        let outcome = line["outcome"].as_str().expect("an outcome").to_owned();
        let class = class(&outcome);
        self.first_observation.get_or_insert(when.at);
        self.probes.push(Probe {
            at: when.at,
            outcome: outcome.clone(),
            class,
            deep: line["depth"] == "frame" || line["depth"] == "picture",
            verdict: line["picture"]["verdict"].as_str().filter(|_| class.is_ok()).map(str::to_owned),
        });
        let before = self.core.clone();

        // Rules 1 to 4.
        if class.is_failure() {
            // 2. `confirm` failures in a row of the dark classes make it `dark`, dated from the first of them.
            let run = self.failures_in_a_row();
            if !matches!(self.core, Core::Dark(_)) && run.len() >= self.world.confirm {
                self.core_date = run[0].at;
                self.cause_date = run[0].at;
                self.core = Core::Dark(most_often(&run));
            }
        } else if class.is_ok() {
            match self.core {
                // 1. From `unknown`, one `ok` makes it `up`, dated from that probe.
                Core::Unknown(_) => {
                    self.core_date = when.at;
                    self.core = Core::Seen;
                }
                // 3. From `dark`, `recover` `ok`s in a row bring it back to `up`, dated from the first of them.
                Core::Dark(_) => {
                    let run = self.oks_in_a_row();
                    if run.len() >= self.world.recover {
                        self.core_date = run[0].at;
                        self.cause_date = run[0].at;
                        self.core = Core::Seen;
                    }
                }
                Core::Seen => {}
            }
        } else {
            // 4. `confirm` of them in a row (they may mix; the cause is the last one's; a failure or an `ok` breaks
            // them) make a camera that is not `unknown` so, dated from the first; all runs start anew and rule 1
            // applies. Of one that is `unknown` already they only set the cause.
            let run = self.blind_in_a_row();
            if run.len() >= self.world.confirm {
                if let Core::Unknown(cause) = &mut self.core {
                    if *cause != outcome {
                        self.cause_date = run[0].at;
                    }
                    *cause = outcome;
                } else {
                    self.core_date = run[0].at;
                    self.cause_date = run[0].at;
                    self.core = Core::Unknown(outcome);
                    self.all_runs_start_anew();
                }
            }
        }

        // 5. A change into or out of `dark` or `unknown` starts the picture and stream runs anew, the observation that
        // makes the change being the first of the new runs; what runs had come to before holds on.
        if std::mem::discriminant(&before) != std::mem::discriminant(&self.core) && class != Class::Blind {
            self.looks_from = self.probes.len() - 1;
        }
        self.look(when);
        self.turn(when);
    }

    /// The picture and stream runs after the newest probe.
    fn look(&mut self, when: When) {
        let newest = self.probes.last().expect("there is one").clone();
        let looks = self.probes[self.looks_from.min(self.probes.len())..].to_vec();

        // 5. `picture_confirm` in a row, of whatever kinds, make the camera `degraded`, dated from the first, with the
        // last one's cause; `picture_confirm` `ok` pictures in a row clear it, dated from the first of those.
        // Observations without a picture neither lengthen nor break these runs.
        if let Some(verdict) = &newest.verdict {
            let good = |p: &Probe| p.verdict.as_deref() == Some("ok");
            let run = last_in_a_row(&looks, |p| p.verdict.is_some(), |p| good(p) == good(&newest));
            if run.len() >= self.world.picture_confirm {
                let date = run[0].at;
                if good(&newest) {
                    self.clear("picture", date);
                } else {
                    self.set("picture", verdict, date, when);
                }
            }
        }

        // `confirm` of `slow` and `lossy` in a row (they may mix; the cause is the last one's) make it `degraded`,
        // dated from the first, and `confirm` `ok`s of depth `frame` or deeper in a row clear it, dated from the first;
        // an `ok` of lesser depth, failures and the outcomes of rule 4 neither lengthen nor break those runs.
        let counts = |p: &Probe| p.class == Class::Stream || (p.class == Class::Ok && p.deep);
        if counts(&newest) {
            let run = last_in_a_row(&looks, counts, |p| p.class == newest.class);
            if run.len() >= self.world.confirm {
                let date = run[0].at;
                if newest.class == Class::Ok {
                    self.clear("stream", date);
                } else {
                    self.set("stream", &newest.outcome, date, when);
                }
            }
        }
    }

    /// What holds already goes on as it is.
    fn set(&mut self, kind: &'static str, cause: &str, date: Nanos, decided: When) {
        if !self.conditions.iter().any(|c| c.kind == kind) {
            self.conditions.push(Condition { kind, cause: cause.into(), date, decided });
        }
    }

    fn clear(&mut self, kind: &'static str, date: Nanos) {
        if self.conditions.iter().any(|c| c.kind == kind) {
            self.conditions.retain(|c| c.kind != kind);
            self.cleared.push(date);
        }
    }

    /// A poll of the camera's recorder. Record causes hold from the poll that says so to the one that says otherwise.
    fn poll(&mut self, when: When, line: &Value) {
        // `clock_wrong` when a recorder's clock is off by more than `clock_tolerance`.
        if let Some(offset) = line["clock_offset_seconds"].as_f64() {
            #[allow(clippy::cast_precision_loss)] // A tolerance of some seconds.
            let wrong = offset.abs() > self.world.clock_tolerance as f64;
            self.says("clock_wrong", wrong, when);
        }
        for entry in line["recordings"].as_array().into_iter().flatten().filter(|e| e["camera"] == *self.camera.id) {
            self.recordings(when, entry);
        }
        // `disk_failed` when a disk is `degraded`, `failed` or `missing`.
        if let Some(disks) = line["disks"].as_array() {
            let bad = disks.iter().any(|d| ["degraded", "failed", "missing"].contains(&d["status"].as_str().unwrap()));
            self.says("disk_failed", bad, when);
        }
        self.turn(when);
    }

    fn says(&mut self, kind: &'static str, holds: bool, when: When) {
        if holds {
            self.set(kind, kind, when.at, when);
        } else {
            self.clear(kind, when.at);
        }
    }

    /// The states of retention, as far as they are record causes: the first of `not_recording`, `gaps`, `filling`,
    /// `short` that holds. What is missing says nothing.
    fn recordings(&mut self, when: When, entry: &Value) {
        let time = |key: &str| entry[key].as_str().map(nanos);
        // `not_recording` when the newest recording is older than 30 minutes.
        if let Some(newest) = time("newest") {
            self.recording.insert("not_recording", when.at - newest > 30 * 60 * SECOND);
        }
        // Days inside the required window without recordings.
        if let Some(days) = entry["gap_days"].as_array() {
            self.recording.insert("recording_gap", !days.is_empty());
        }
        // span = now - start of its oldest recording; required capped by the camera's age since `installed` (where that
        // is missing, since the first observation); younger than the requirement is `filling`, not `short`.
        if let Some(oldest) = time("oldest") {
            let required = self.camera.retention_days * 86_400 * SECOND;
            let born = self.camera.installed.map(|day: Date| self.world.midnight(day)).or(self.first_observation);
            let filling = when.at - born.unwrap_or(when.at) < required;
            self.recording.insert("retention_short", !filling && when.at - oldest < required);
        }
        let kinds = ["not_recording", "recording_gap", "retention_short"];
        let holds = kinds.into_iter().find(|kind| self.recording.get(kind).copied().unwrap_or(false));
        for kind in kinds {
            self.says(kind, holds == Some(kind), when);
        }
    }

    fn runs(&self) -> &[Probe] {
        &self.probes[self.runs_from..]
    }

    /// `busy`, `unauthorized` and `incompatible` neither lengthen nor break a run of failures...
    fn failures_in_a_row(&self) -> Vec<Probe> {
        last_in_a_row(self.runs(), |p| p.class != Class::Blind, |p| p.class.is_failure())
    }

    /// ... or of `ok`s.
    fn oks_in_a_row(&self) -> Vec<Probe> {
        last_in_a_row(self.runs(), |p| p.class != Class::Blind, |p| p.class.is_ok())
    }

    fn blind_in_a_row(&self) -> Vec<Probe> {
        last_in_a_row(self.runs(), |_| true, |p| p.class == Class::Blind)
    }
}

/// Of those that count, the last ones that belong, up to one that does not; in order of time.
fn last_in_a_row(probes: &[Probe], counts: impl Fn(&Probe) -> bool, belongs: impl Fn(&Probe) -> bool) -> Vec<Probe> {
    let mut run: Vec<Probe> = probes.iter().rev().filter(|p| counts(p)).take_while(|p| belongs(p)).cloned().collect();
    run.reverse();
    run
}

/// 2. Its cause is the one seen most often in that run, the latest such on a tie.
fn most_often(run: &[Probe]) -> String {
    let seen = |outcome: &str| run.iter().filter(|p| p.outcome == outcome).count();
    let most = run.iter().map(|p| seen(&p.outcome)).max().expect("a run is not empty");
    run.iter().rev().find(|p| seen(&p.outcome) == most).expect("one of them was seen so often").outcome.clone()
}
