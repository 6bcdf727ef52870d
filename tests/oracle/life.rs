//! Rules 1 to 7 and the record causes: one camera's life under any maintenance, read off the whole trace.
//!
//! There are no counters here: what came "in a row" is found each time by walking back through what was seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use super::recorders::{Facts, misdated};
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

const PATH: [&str; 5] = ["dns", "unreachable", "refused", "connect_timeout", "reset"];
const OTHER_DARK: [&str; 8] =
    ["not_rtsp", "rtsp_timeout", "rtsp_error", "not_found", "tls", "no_media", "no_keyframe", "unsupported_codec"];

/// Whether a camera is dark that has this cause.
pub fn darkens(cause: &str) -> bool {
    PATH.contains(&cause) || OTHER_DARK.contains(&cause)
}

pub fn class(outcome: &str) -> Class {
    match outcome {
        "ok" => Class::Ok,
        "slow" | "lossy" => Class::Stream,
        path if PATH.contains(&path) => Class::Path,
        other if OTHER_DARK.contains(&other) => Class::OtherDark,
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

/// What polls have said of a camera, each as it was last said.
#[derive(Debug, Clone, Default)]
struct Said {
    offset: Option<f64>,
    misdated: bool,
    /// When it was said, and what.
    newest: Option<(Nanos, Nanos)>,
    flag: Option<(Nanos, bool)>,
    oldest: Option<Nanos>,
    /// The earliest `oldest` that was ever said.
    first: Option<Nanos>,
    mode: Option<String>,
    gaps: Option<BTreeSet<Date>>,
    unknown: BTreeSet<Date>,
    held_from: Option<Date>,
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
    said: Said,
    turns: Vec<Turn>,
}

/// The life of a camera while it is in service. The first turn is its beginning; lines are in order of time.
pub fn life(world: &World, camera: &Camera, lines: &[Value], facts: &Facts) -> Vec<Turn> {
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
        said: Said::default(),
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
            walk.poll(when, line, facts.ours(when));
        } else if line["recorder"].is_string() && camera.recorder.is_some() && at >= begin {
            // The poll of another recorder may tell that it is our own clock that is wrong, or not.
            walk.clock(when, facts.ours(when));
            walk.turn(when);
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
    fn poll(&mut self, when: When, line: &Value, ours: bool) {
        self.said.offset = line["clock_offset_seconds"].as_f64().or(self.said.offset);
        let mut entries = line["recordings"].as_array().into_iter().flatten();
        let entry = entries.find(|e| e["camera"] == *self.camera.id);
        self.said.misdated = entry.and_then(|e| misdated(self.world, when.at, e)).unwrap_or(self.said.misdated);
        self.clock(when, ours);
        // Where dates cannot be trusted there is no state of retention.
        let untrusted = self.said.misdated || self.said.offset.is_some_and(|o| o.abs() >= 43_200.0);
        if untrusted {
            self.recording.clear();
        } else if let Some(entry) = entry {
            self.recordings(when, entry);
        }
        // The first of `not_recording`, `gaps`, `short` that holds.
        let kinds = ["not_recording", "recording_gap", "retention_short"];
        let holds = kinds.into_iter().find(|kind| self.recording.get(kind).copied().unwrap_or(false));
        for kind in kinds {
            self.says(kind, holds == Some(kind), when);
        }
        // `disk_failed` when a disk is `degraded`, `failed` or `missing`.
        if let Some(disks) = line["disks"].as_array() {
            let bad = disks.iter().any(|d| ["degraded", "failed", "missing"].contains(&d["status"].as_str().unwrap()));
            self.says("disk_failed", bad, when);
        }
        self.turn(when);
    }

    /// `clock_wrong` when a recorder's clock is off by more than `clock_tolerance` and ours is right.
    fn clock(&mut self, when: When, ours: bool) {
        #[allow(clippy::cast_precision_loss)] // A tolerance of some seconds.
        let off = self.said.offset.is_some_and(|offset| offset.abs() > self.world.clock_tolerance as f64);
        self.says("clock_wrong", (off && !ours) || self.said.misdated, when);
    }

    fn says(&mut self, kind: &'static str, holds: bool, when: When) {
        if holds {
            self.set(kind, kind, when.at, when);
        } else {
            self.clear(kind, when.at);
        }
    }

    /// The states of retention, as far as they are record causes, each by itself. What is missing says nothing.
    fn recordings(&mut self, when: When, entry: &Value) {
        let time = |key: &str| entry[key].as_str().map(nanos);
        let dates = |key: &str| -> Option<BTreeSet<Date>> {
            entry[key].as_array().map(|days| days.iter().map(|d| d.as_str().unwrap().parse().unwrap()).collect())
        };
        let said = &mut self.said;
        said.newest = time("newest").map(|newest| (when.at, newest)).or(said.newest);
        said.flag = entry["recording"].as_bool().map(|flag| (when.at, flag)).or(said.flag);
        said.oldest = time("oldest").or(said.oldest);
        said.first = [said.first, time("oldest")].into_iter().flatten().min();
        said.mode = entry["mode"].as_str().map(str::to_owned).or(said.mode.take());
        if let Some(gaps) = dates("gap_days") {
            // What could not be looked at, and from when recordings are held, is told together with the gaps.
            said.gaps = Some(gaps);
            said.unknown = BTreeSet::new();
            said.held_from = entry["held_from"].as_str().map(|day| day.parse().unwrap());
        }
        said.unknown = dates("unknown_days").unwrap_or(std::mem::take(&mut said.unknown));
        let mode = said.mode.clone().unwrap_or("continuous".into());

        // `not_recording` when the newest recording is older than 30 minutes (72 hours where it records on events only);
        // where that was not told, what the recorder says of recording now.
        if !entry["newest"].is_null() || !entry["recording"].is_null() || !entry["mode"].is_null() {
            let patience = if mode == "event" { 72 * 3600 * SECOND } else { 30 * 60 * SECOND };
            let verdict = match (self.said.newest, self.said.flag) {
                (Some((said, newest)), None) => Some(said - newest > patience),
                (Some((said, newest)), Some((flagged, _))) if flagged <= said => Some(said - newest > patience),
                (_, Some((_, true))) => Some(false),
                (Some((_, newest)), Some((flagged, false))) => Some(flagged - newest > patience),
                (None, Some((_, false))) if mode != "event" => Some(true),
                _ => None,
            };
            self.recording.extend(verdict.map(|verdict| ("not_recording", verdict)));
        }
        if entry["gap_days"].is_array() || (!entry["mode"].is_null() && self.said.gaps.is_some()) {
            let gaps = self.said.gaps.clone().unwrap_or_default();
            let is_gap = |day: &Date| mode != "event" && self.is_expected(*day, when.at) && !self.has_aged_out(*day);
            self.recording.insert("recording_gap", gaps.iter().any(is_gap));
        }
        // span = now - start of its oldest recording; required capped by the camera's age since `installed` (where that
        // is missing, since it was first seen); younger than the requirement, and nothing lost, is `filling`.
        if entry["oldest"].is_string() || entry["held_from"].is_string() {
            let required = self.camera.retention_days * 86_400 * SECOND;
            let age = self.born().map_or(required, |born| when.at - born).max(0);
            if let Some(oldest) = self.said.oldest {
                let from = self.said.held_from.map_or(oldest, |day| oldest.max(self.world.midnight(day)));
                let lost = self.said.first.is_some_and(|first| oldest > first) || self.said.held_from.is_some();
                let filling = age < required && !lost;
                self.recording.insert("retention_short", !filling && when.at - from < required.min(age));
            }
        }
        // A channel that is set to record nothing is a matter of configuration.
        if mode == "off" {
            self.recording.clear();
        }
    }

    fn born(&self) -> Option<Nanos> {
        let installed = self.camera.installed.map(|day: Date| self.world.midnight(day));
        installed.or([self.first_observation, self.said.first].into_iter().flatten().min())
    }

    fn day_of(&self, at: Nanos) -> Date {
        let at = Timestamp::from_nanosecond(i128::from(at)).expect("within the years of a trace");
        at.to_zoned(self.world.zone()).date()
    }

    /// A full local day inside the required window ending yesterday, after the camera began, that could be looked at and
    /// that no planned work touches.
    fn is_expected(&self, day: Date, now: Nanos) -> bool {
        let today = self.day_of(now);
        let first = today - self.camera.retention_days.days();
        let (from, to) = (self.world.midnight(day), self.world.midnight(day.tomorrow().unwrap()));
        let planned = self.world.windows_of(self.camera).into_iter().any(|(begin, end)| {
            // In whole seconds.
            begin / SECOND * SECOND < to && end / SECOND * SECOND > from
        });
        let born = self.born().map(|born| self.day_of(born));
        first <= day && day < today && born.is_none_or(|b| day > b) && !self.said.unknown.contains(&day) && !planned
    }

    /// Not younger than the oldest recording, or than the first that is more than a lone clip.
    fn has_aged_out(&self, day: Date) -> bool {
        self.said.oldest.is_some_and(|oldest| day <= self.day_of(oldest))
            || self.said.held_from.is_some_and(|from| day < from)
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
