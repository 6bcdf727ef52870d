//! Uptime: every second of a month, one by one.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::life::{DARK, DEGRADED, MAINTENANCE, UNKNOWN, UP, moment, read_moments};
use super::recorded;
use super::world::{Camera, Nanos, SECOND, World, text};

/// Seconds in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    pub up: u64,
    pub degraded: u64,
    pub dark: u64,
    pub unknown: u64,
    pub maintenance: u64,
}

/// What a report says of a camera, or of a group of them.
impl Sums {
    pub fn add(&mut self, other: Sums) {
        self.up += other.up;
        self.degraded += other.degraded;
        self.dark += other.dark;
        self.unknown += other.unknown;
        self.maintenance += other.maintenance;
    }

    pub fn in_service(self) -> u64 {
        self.up + self.degraded + self.dark + self.unknown + self.maintenance
    }

    pub fn to_json(self) -> Value {
        let Sums { up, degraded, dark, unknown, maintenance } = self;
        // No observed second: no figure.
        #[allow(clippy::cast_precision_loss)] // Seconds of some months.
        let ratio = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        let observed = up + degraded + dark;
        json!({
            "in_service_seconds": self.in_service(), "up_seconds": up, "degraded_seconds": degraded,
            "dark_seconds": dark, "unknown_seconds": unknown, "maintenance_seconds": maintenance,
            "signal_uptime_ratio": ratio(up + degraded, observed),
            "service_uptime_ratio": ratio(up, observed),
            "coverage_ratio": ratio(observed, self.in_service() - maintenance),
        })
    }
}

/// The seconds of a month: the first, and the one after the last.
pub fn month(world: &World, year: i16, month: i8) -> (i64, i64) {
    let first: Date = date(year, month, 1);
    let next = if month == 12 { date(year + 1, 1, 1) } else { date(year, month + 1, 1) };
    (second(world.midnight(first)), second(world.midnight(next)))
}

fn second(at: Nanos) -> i64 {
    at.div_euclid(SECOND)
}

/// A camera's seconds in [from, to), and its outages; the lines' moments have been read.
pub fn camera(world: &World, camera: &Camera, lines: &[Value], from: i64, to: i64) -> (Sums, Vec<Value>) {
    let record = recorded(world, camera, lines);
    let windows = world.windows_of(camera);
    let (installed, retired) = world.service(camera);
    // Before the record begins, and after the last line, it is unknown, even under maintenance.
    let begins = lines.first().map_or(to, |line| second(moment(line)));
    let ends = lines.last().map_or(to, |line| second(moment(line)));

    let mut sums = Sums::default();
    let mut outages: Vec<(i64, i64, Option<String>)> = Vec::new();
    let mut next = 0;
    let (installed, retired) = (second(installed), second(retired));
    let windows: Vec<(i64, i64)> = windows.iter().map(|(from, to)| (second(*from), second(*to))).collect();
    let sinces: Vec<i64> = record.iter().map(|recorded| second(recorded.since)).collect();
    // Nothing is known of what lies beyond the record: it is counted without looking.
    let in_service = |from: i64, to: i64| (to.min(retired) - from.max(installed)).max(0).unsigned_abs();
    let (first, last) = (begins.clamp(from, to), ends.clamp(from, to));
    sums.unknown = in_service(from, first) + in_service(last, to);
    for s in first..last {
        while next < sinces.len() && sinces[next] <= s {
            next += 1;
        }
        if s < installed || s >= retired {
            continue;
        }
        let under = next.checked_sub(1).map(|i| &record[i]);
        let is_covered = windows.iter().any(|(from, to)| (*from..*to).contains(&s));
        let state = if is_covered { MAINTENANCE } else { under.map_or(UNKNOWN, |recorded| recorded.state) };
        match state {
            UP => sums.up += 1,
            DEGRADED => sums.degraded += 1,
            DARK => sums.dark += 1,
            MAINTENANCE => sums.maintenance += 1,
            _ => sums.unknown += 1,
        }
        if state == DARK {
            let cause = under.and_then(|recorded| recorded.cause.clone());
            match outages.last_mut() {
                Some((_, end, of)) if *end == s && *of == cause => *end = s + 1,
                _ => outages.push((s, s + 1, cause)),
            }
        }
    }
    let outages = outages.into_iter().map(|(from, to, cause)| {
        json!({"from": text(from * SECOND), "to": text(to * SECOND), "seconds": to - from, "cause": cause})
    });
    (sums, outages.collect())
}

/// What a month's report says: by camera, and by (kind, id) of its groups. A group's figure is its cameras' seconds
/// added up.
pub fn report(
    world: &World,
    lines: &[Value],
    year: i16,
    of: i8,
) -> (BTreeMap<String, Value>, BTreeMap<(String, String), Value>) {
    let (from, to) = month(world, year, of);
    let lines = &read_moments(lines);
    let mut cameras = BTreeMap::new();
    let mut groups: BTreeMap<(String, String), Sums> = BTreeMap::new();
    for c in &world.cameras {
        let (sums, outages) = camera(world, c, lines, from, to);
        let mut entry = sums.to_json();
        entry["outages"] = Value::Array(outages);
        cameras.insert(c.id.clone(), entry);

        let site = world.site(&c.site);
        let mut add = |kind: &str, id: String| groups.entry((kind.to_owned(), id)).or_default().add(sums);
        add("site", site.id.clone());
        add("commune", site.commune.clone());
        if let Some(village) = &site.village {
            // A village's id in groups is `COMMUNE/VILLAGE`.
            add("village", format!("{}/{village}", site.commune));
        }
        if let Some(fund) = &c.fund {
            add("fund", fund.clone());
        }
        add("all", String::new());
    }
    (cameras, groups.into_iter().map(|(key, sums)| (key, sums.to_json())).collect())
}
