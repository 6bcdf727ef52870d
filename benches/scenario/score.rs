//! What was told, held against what truly happened.
//!
//! An incident may count for a fault where it opened between the moment from which the fault can be told and two minutes
//! after its end, and shares a camera with it. One counts for one: of all pairs those with the most common camera-seconds
//! first. What then is left of the incidents is a false alarm, a second one about a true fault no less; what is left of
//! the faults was missed. Incidents of the monitor are counted apart. Nothing is dated back: a delay ends when the
//! incident was opened.

use std::collections::{BTreeMap, BTreeSet};

use camwatch::judgement::event::{IncidentEvent, IncidentScope, Phase};
use camwatch::observation::Class;

use crate::prober::{camera_id, outcome_of, recorder_id, site_id, start};
use crate::truth::{CAMERAS, DAYS, END, Fault, Nuisance, NuisanceKind, Truth, What};

const SLACK: f64 = 120.0;

struct Told {
    scope: IncidentScope,
    subject: String,
    cause: String,
    cameras: BTreeSet<usize>,
    opened: f64,
    closed: f64,
}

/// Sums over runs.
#[derive(Default)]
pub struct Score {
    pub faults: usize,
    pub told: usize,
    pub matched: usize,
    pub right: usize,
    delays: Vec<f64>,
    pub camera_days: f64,
    /// True events of more than one camera, and the incidents that opened because of them.
    upstream: BTreeMap<What, (usize, usize)>,
    missed: BTreeMap<What, usize>,
    /// What was told as something else: truth, and what was told.
    wrong: BTreeMap<(What, String), usize>,
    nuisances: BTreeMap<NuisanceKind, (usize, usize)>,
    /// False alarms that are a second one about a true fault, and that no single nuisance explains.
    seconds: usize,
    others: usize,
    pub offline: usize,
    pub monitor: usize,
    pub observations: u64,
}

fn told(events: &[IncidentEvent]) -> Vec<Told> {
    let mut open: BTreeMap<&str, Told> = BTreeMap::new();
    let mut all = Vec::new();
    let at = |event: &IncidentEvent| event.at.duration_since(start()).as_secs_f64();
    for event in events {
        let cameras = event.cameras.iter().map(|id| id.as_str()[1..].parse().expect("a number")).collect();
        match event.phase {
            Phase::Open => {
                let one = Told {
                    scope: event.scope,
                    subject: event.subject.clone(),
                    cause: event.cause.to_string(),
                    cameras,
                    opened: at(event),
                    closed: END,
                };
                open.insert(&event.id, one);
            }
            Phase::Update => drop(open.get_mut(event.id.as_str()).map(|one| one.cameras.extend(cameras))),
            Phase::Close => {
                let mut one = open.remove(event.id.as_str()).expect("it was opened");
                one.closed = at(event);
                all.push(one);
            }
        }
    }
    all.extend(open.into_values());
    all.sort_by(|a, b| a.opened.total_cmp(&b.opened));
    all
}

fn may_count(fault: &Fault, one: &Told) -> bool {
    one.opened >= fault.visible
        && one.opened <= fault.to + SLACK
        && fault.cameras.iter().any(|camera| one.cameras.contains(camera))
}

#[allow(clippy::cast_precision_loss)] // Some cameras.
fn common(fault: &Fault, one: &Told) -> f64 {
    let cameras = fault.cameras.iter().filter(|camera| one.cameras.contains(camera)).count();
    cameras as f64 * (one.closed.min(fault.to) - one.opened).max(1.0)
}

/// Scope, subject and the class of the cause.
fn is_right(fault: &Fault, one: &Told) -> bool {
    let (scope, subject) = match fault.what {
        What::Camera => (IncidentScope::Camera, camera_id(fault.index).to_string()),
        What::Recorder => (IncidentScope::Recorder, recorder_id(fault.index).to_string()),
        What::Line | What::Power => (IncidentScope::Site, site_id(fault.index).to_string()),
        What::Area => (IncidentScope::Area, format!("m{}", fault.index)),
    };
    let class = |outcome: &str| match outcome {
        // A picture or a stream that is bad, and what is not an outcome.
        "slow" | "lossy" => Class::Stream,
        "monitor_down" | "monitor_offline" => Class::Blind,
        outcome => outcome_of(outcome).class(),
    };
    one.scope == scope && one.subject == subject && class(&one.cause) == class(fault.effect.outcome)
}

impl Score {
    pub fn add(&mut self, truth: &Truth, events: &[IncidentEvent], observations: u64) {
        let (monitor, told): (Vec<Told>, Vec<Told>) =
            told(events).into_iter().partition(|one| one.scope == IncidentScope::Monitor);
        self.monitor += monitor.len();
        self.offline += truth.offline.len();
        self.observations += observations;
        #[allow(clippy::cast_precision_loss)] // Some cameras.
        let cameras = CAMERAS as f64;
        self.camera_days += cameras * DAYS;
        self.faults += truth.faults.len();
        self.told += told.len();

        let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
        for (f, fault) in truth.faults.iter().enumerate() {
            let counts = told.iter().enumerate().filter(|(_, one)| may_count(fault, one));
            pairs.extend(counts.map(|(t, one)| (common(fault, one), f, t)));
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut by_fault: BTreeMap<usize, usize> = BTreeMap::new();
        let mut by_told: BTreeMap<usize, usize> = BTreeMap::new();
        for (_, f, t) in pairs {
            if !by_fault.contains_key(&f) && !by_told.contains_key(&t) {
                by_fault.insert(f, t);
                by_told.insert(t, f);
            }
        }
        for (f, fault) in truth.faults.iter().enumerate() {
            let Some(&t) = by_fault.get(&f) else {
                *self.missed.entry(fault.what).or_default() += 1;
                continue;
            };
            self.matched += 1;
            self.delays.push(told[t].opened - fault.visible);
            if is_right(fault, &told[t]) {
                self.right += 1;
            } else {
                let what = format!("{} {}", told[t].scope.as_str(), told[t].cause);
                *self.wrong.entry((fault.what, what)).or_default() += 1;
            }
        }
        for fault in truth.faults.iter().filter(|fault| fault.what != What::Camera) {
            // Not those that are about another fault.
            let is_own = |t: usize| by_told.get(&t).is_none_or(|f| std::ptr::eq(&raw const truth.faults[*f], fault));
            let count = told.iter().enumerate().filter(|(t, one)| may_count(fault, one) && is_own(*t)).count();
            let sums = self.upstream.entry(fault.what).or_default();
            *sums = (sums.0 + 1, sums.1 + count);
        }
        for nuisance in &truth.nuisances {
            self.nuisances.entry(nuisance.kind).or_default().0 += 1;
        }
        for (t, one) in told.iter().enumerate().filter(|(t, _)| !by_told.contains_key(t)) {
            debug_assert!(!by_told.contains_key(&t));
            if truth.faults.iter().any(|fault| may_count(fault, one)) {
                self.seconds += 1;
                continue;
            }
            let explains = |n: &&Nuisance| {
                one.cameras.contains(&n.camera) && n.from - 1.0 <= one.opened && one.opened <= n.to + SLACK
            };
            match truth.nuisances.iter().filter(explains).max_by_key(|n| n.kind) {
                Some(nuisance) => self.nuisances.entry(nuisance.kind).or_default().1 += 1,
                None => self.others += 1,
            }
        }
    }

    #[allow(clippy::cast_precision_loss)] // Some thousands.
    pub fn f1(&self) -> f64 {
        2.0 * self.matched as f64 / (self.told + self.faults) as f64
    }

    #[allow(clippy::cast_precision_loss)] // Some thousands.
    pub fn print(&mut self, name: &str) {
        let share = |a: usize, b: usize| a as f64 / b.max(1) as f64;
        self.delays.sort_by(f64::total_cmp);
        let quantile = |q: usize| self.delays.get(self.delays.len() * q / 100).copied().unwrap_or(0.0);
        let false_alarms = self.told - self.matched;
        let upstream = self.upstream.values().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        println!(
            "| {name} | {} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} | {:.0} / {:.0} s | {:.2} | {:.2} |",
            self.faults,
            share(self.matched, self.told),
            share(self.matched, self.faults),
            self.f1(),
            share(self.right, self.matched),
            100.0 * false_alarms as f64 / self.camera_days,
            quantile(50),
            quantile(95),
            share(self.told, self.faults),
            share(upstream.1, upstream.0),
        );
    }

    pub fn print_details(&self, name: &str) {
        println!("\n{name}: {} observations judged, {:.0} camera-days", self.observations, self.camera_days);
        println!("  true faults of several cameras, and incidents that opened because of them: {:?}", self.upstream);
        println!("  missed: {:?}", self.missed);
        println!("  told as something else: {:?}", self.wrong);
        println!("  nuisances, and false alarms by them: {:?}", self.nuisances);
        println!(
            "  second incidents about a true fault: {}; false alarms by nothing of these: {}",
            self.seconds, self.others
        );
        println!(
            "  times that the monitor was cut off, and incidents of the monitor: {}, {}",
            self.offline, self.monitor
        );
    }
}
