//! Random traces: a world, and what was seen in it. The same seed gives the same trace.

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::oracle::world::{Camera, Nanos, Recorder, SECOND, Site, Window, World, nanos, text};

/// A world, what was seen in it, and the month that a report of it is made of.
#[derive(Debug, Clone)]
pub struct Trace {
    pub world: World,
    pub lines: Vec<Value>,
    pub month: (i16, i8),
}

/// Xorshift64*, after Vigna; enough for traces, and the same on every machine.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..8 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33
    }

    /// From `low` up to and including `high`.
    fn roll(&mut self, low: i64, high: i64) -> i64 {
        low + i64::try_from(self.next() % u64::try_from(high - low + 1).unwrap()).unwrap()
    }

    fn count(&mut self, low: usize, high: usize) -> usize {
        low + usize::try_from(self.next()).unwrap() % (high - low + 1)
    }

    /// True so many times in a hundred.
    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.next()).unwrap() % of.len()]
    }
}

const PATH: &[&str] = &["dns", "unreachable", "refused", "connect_timeout", "reset"];
const OTHER: &[&str] =
    &["not_rtsp", "rtsp_timeout", "rtsp_error", "not_found", "tls", "no_media", "no_keyframe", "unsupported_codec"];
const BLIND: &[&str] = &["unauthorized", "busy", "incompatible"];
const STREAM: &[&str] = &["slow", "lossy"];
const BAD_PICTURES: &[&str] = &["black", "frozen", "covered", "blurred", "moved", "overexposed"];
const DAY: Nanos = 86_400 * SECOND;

/// A trace for the judgement.
pub fn generate(seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    let start = nanos("2026-11-04T16:59:00Z") + dice.roll(0, 300) * SECOND;
    let mut world = world(&mut dice);
    let lines = observations(&mut dice, &world, start, 1);
    windows(&mut dice, &mut world, &lines);
    Trace { world, lines, month: (2026, 11) }
}

/// A trace for a report: now and then over the end of a month, and with cameras that begin or end within the month.
pub fn generate_for_report(seed: u64) -> Trace {
    let mut dice = Dice::new(seed ^ 0x5EED);
    let starts = ["2026-11-04T16:59:00Z", "2026-10-31T16:50:00Z", "2026-10-24T23:40:00Z", "2026-10-06T03:00:00Z"];
    let start = nanos(dice.pick::<&str>(&starts)) + dice.roll(0, 900) * SECOND + dice.roll(0, 3) * SECOND / 4;
    let mut world = world(&mut dice);
    world.timezone = *dice.pick::<&str>(&["Asia/Ho_Chi_Minh", "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York"]);
    for camera in &mut world.cameras {
        if dice.chance(30) {
            camera.installed = Some(date(2026, 10, i8::try_from(dice.roll(3, 20)).unwrap()));
        }
        if dice.chance(20) {
            camera.retired = Some(date(2026, 11, i8::try_from(dice.roll(8, 29)).unwrap()));
        }
    }
    // Some in slow motion: hours between two looks, so that a trace fills weeks.
    let pace = *dice.pick(&[1, 60, 500]);
    for camera in &mut world.cameras {
        camera.interval *= pace;
    }
    let lines = observations(&mut dice, &world, start, pace);
    windows(&mut dice, &mut world, &lines);
    // A month before the record is refused.
    let first: jiff::Timestamp = lines[0]["at"].as_str().and_then(|at| at.parse().ok()).expect("a moment");
    let first = first.in_tz(world.timezone).expect("a time zone").month();
    Trace { world, lines, month: (2026, if first == 10 { *dice.pick(&[10, 10, 11]) } else { 11 }) }
}

fn world(dice: &mut Dice) -> World {
    // In some, one commune of several sites, each with its cameras, whose line may be cut.
    let is_area = dice.chance(40);
    let communes: Vec<String> =
        (0..if is_area { 1 } else { dice.count(1, 2) }).map(|i| format!("commune-{i}")).collect();
    let sites: Vec<Site> = (0..dice.count(if is_area { 2 } else { 1 }, 4))
        .map(|i| Site {
            id: format!("site-{i}"),
            commune: dice.pick(&communes).clone(),
            village: dice.chance(60).then(|| (*dice.pick(&["Yên Lệnh", "Đô Quan"])).to_owned()),
            gateway: dice.chance(50),
        })
        .collect();
    let recorders: Vec<Recorder> = (0..*dice.pick(&[0, 1, 2, 4, 4]))
        .map(|i| Recorder { id: format!("recorder-{i}"), site: dice.pick(&sites).id.clone() })
        .collect();
    let funds = vec![("fund-a".to_owned(), true), ("fund-b".to_owned(), false)];
    let least_interval = if is_area { 40 } else { 10 };
    let same_interval = dice.chance(50).then(|| dice.roll(least_interval, 90));
    let least = if is_area { sites.len() } else { 1 };
    let cameras = (0..dice.count(least, if is_area { least + 2 } else { 6 }))
        .map(|i| {
            let site = if i < least { &sites[i] } else { dice.pick(&sites) }.id.clone();
            let ours: Vec<&Recorder> = recorders.iter().filter(|r| r.site == site).collect();
            Camera {
                id: format!("camera-{i}"),
                interval: same_interval.unwrap_or_else(|| dice.roll(least_interval, 90)),
                fund: dice.chance(60).then(|| dice.pick(&funds).0.clone()),
                recorder: if ours.is_empty() { None } else { Some(dice.pick(&ours).id.clone()) },
                // In service over the whole trace, or not at all.
                installed: dice.chance(40).then(|| *dice.pick(&[date(2025, 1, 1), date(2026, 10, 20)])),
                retired: dice.chance(5).then(|| *dice.pick(&[date(2026, 10, 22), date(2026, 11, 1)])),
                retention_days: *dice.pick(&[7, 30]),
                site,
            }
        })
        .collect();
    World {
        timezone: "Asia/Ho_Chi_Minh",
        confirm: dice.count(1, 4),
        recover: dice.count(1, 4),
        picture_confirm: dice.count(1, 3),
        timeout: dice.roll(1, 10),
        group_wait: *dice.pick(&[1, 5, 20, 60]),
        unknown_after: *dice.pick(&[10, 120, 600]),
        clock_tolerance: 60,
        communes,
        sites,
        cameras,
        recorders,
        funds,
        windows: vec![],
    }
}

/// How things stand: it stays so for a while, or nothing would ever be confirmed.
#[derive(Clone, Copy)]
enum Mood {
    Ok,
    Stream,
    Path,
    Other,
    Blind,
    BadPicture,
}

fn mood(dice: &mut Dice) -> Mood {
    *dice.pick(&[
        Mood::Ok,
        Mood::Ok,
        Mood::Ok,
        Mood::Stream,
        Mood::Path,
        Mood::Path,
        Mood::Other,
        Mood::Blind,
        Mood::BadPicture,
        Mood::BadPicture,
    ])
}

fn observations(dice: &mut Dice, world: &World, start: Nanos, pace: i64) -> Vec<Value> {
    let mut lines = Vec::new();
    let mut at = start;
    let mut moods: Vec<Mood> = world.cameras.iter().map(|_| mood(dice)).collect();
    let mut line_is_cut: Vec<bool> = world.sites.iter().map(|_| false).collect();
    let mut commune_is_cut: Vec<bool> = world.communes.iter().map(|_| false).collect();
    let mut recorder_moods: Vec<Mood> = world.recorders.iter().map(|_| Mood::Ok).collect();
    // What our own clock adds to each offset.
    let mut our_clock = *dice.pick(&[0.0, 0.0, 0.0, 300.0]);
    let restless = *dice.pick(&[3, 8, 20]);
    let longest_step = *dice.pick(&[3, 8, 20]);
    let mut online = true;
    for _ in 0..dice.count(3, if world.sites.len() > 1 && world.communes.len() == 1 { 200 } else { 130 }) {
        at += match dice.next() % 100 {
            0..25 => 0,
            25..40 => dice.roll(1, 7) * SECOND / 4,
            40..97 => dice.roll(1, longest_step) * SECOND * pace,
            _ => dice.roll(60, 400) * SECOND * pace,
        };
        let time = text(at);
        if dice.chance(restless) && dice.chance(40) {
            let commune = dice.count(0, world.communes.len() - 1);
            commune_is_cut[commune] = !commune_is_cut[commune];
        }
        let is_area_cut = |site: usize| {
            let commune = world.communes.iter().position(|c| *c == world.sites[site].commune);
            commune.is_some_and(|commune| commune_is_cut[commune])
        };
        match dice.next() % 100 {
            0..70 => {
                let i = dice.count(0, world.cameras.len() - 1);
                let camera = &world.cameras[i];
                if dice.chance(restless) {
                    moods[i] = mood(dice);
                }
                let site = world.sites.iter().position(|s| s.id == camera.site).unwrap();
                let recorder = world.recorders.iter().position(|r| camera.recorder.as_ref() == Some(&r.id));
                let is_cut = line_is_cut[site]
                    || is_area_cut(site)
                    || recorder.is_some_and(|r| matches!(recorder_moods[r], Mood::Path));
                let now = if is_cut && dice.chance(90) { Mood::Path } else { moods[i] };
                lines.push(probe(dice, &camera.id, &time, now));
            }
            70..83 => {
                let i = dice.count(0, world.sites.len() - 1);
                if dice.chance(restless * 2) {
                    line_is_cut[i] = !line_is_cut[i];
                }
                let cut = (line_is_cut[i] || is_area_cut(i)) != dice.chance(5);
                if world.sites[i].gateway {
                    let seen = if cut { "unreachable" } else { "ok" };
                    lines.push(json!({"at": time, "site": world.sites[i].id, "gateway": seen}));
                }
            }
            83..87 => {
                let flips = if online { 20 } else { 60 };
                if dice.chance(flips) {
                    online = !online;
                }
                lines.push(json!({"at": time, "reference": if online { "ok" } else { "unreachable" }}));
            }
            _ if !world.recorders.is_empty() => {
                let i = dice.count(0, world.recorders.len() - 1);
                if dice.chance(restless * 2) {
                    recorder_moods[i] =
                        *dice.pick(&[Mood::Ok, Mood::Ok, Mood::Path, Mood::Other, Mood::Blind, Mood::Blind]);
                }
                if dice.chance(restless) {
                    our_clock = *dice.pick(&[0.0, 0.0, 300.0, -90_000.0]);
                }
                let cut = line_is_cut.iter().zip(&world.sites).any(|(cut, s)| *cut && s.id == world.recorders[i].site);
                let now = if cut && dice.chance(80) { Mood::Path } else { recorder_moods[i] };
                let recorder = world.recorders[i].clone();
                lines.push(poll(dice, world, &recorder, at, start, now, our_clock));
            }
            _ => {}
        }
    }
    if lines.is_empty() {
        lines.push(json!({"at": text(at), "reference": "ok"}));
    }
    lines
}

fn probe(dice: &mut Dice, camera: &str, at: &str, mood: Mood) -> Value {
    // Now and then something else than the mood.
    let mood = if dice.chance(6) { self::mood(dice) } else { mood };
    let outcome = match mood {
        Mood::Ok | Mood::BadPicture => "ok",
        Mood::Stream => dice.pick(STREAM),
        Mood::Path => dice.pick(PATH),
        Mood::Other => dice.pick(OTHER),
        Mood::Blind => dice.pick(BLIND),
    };
    let depth = *dice.pick(&["connect", "describe", "frame", "frame", "picture", "picture"]);
    let mut line = json!({"at": at, "camera": camera, "outcome": outcome, "depth": depth});
    if depth == "picture" && (outcome == "ok" || STREAM.contains(&outcome)) {
        let bad = matches!(mood, Mood::BadPicture) != dice.chance(5);
        let verdict = if bad { dice.pick(BAD_PICTURES) } else { "ok" };
        line["picture"] = json!({"verdict": verdict, "luma_mean": 0.5});
    }
    line
}

fn poll(
    dice: &mut Dice,
    world: &World,
    recorder: &Recorder,
    at: Nanos,
    start: Nanos,
    mood: Mood,
    our_clock: f64,
) -> Value {
    let mut line = json!({"at": text(at), "recorder": recorder.id, "outcome": "ok"});
    let mood = if dice.chance(6) { Mood::Path } else { mood };
    let failure = match mood {
        Mood::Path => Some(dice.pick(PATH)),
        Mood::Other => Some(dice.pick(OTHER)),
        Mood::Blind => Some(dice.pick(BLIND)),
        _ => None,
    };
    if let Some(outcome) = failure {
        line["outcome"] = json!(outcome);
        // A poll may break off when it has seen something already.
        if dice.chance(90) {
            return line;
        }
    }
    // Where there are enough to bear witness of our clock, they tell theirs more often.
    if dice.chance(if world.recorders.len() > 2 { 85 } else { 50 }) {
        let offset = *dice.pick(&[0.4, 0.4, 0.4, -60.0, 60.0, 60.5, -61.0, 300.0, 43_199.0, -43_200.0]);
        line["clock_offset_seconds"] = json!(offset + our_clock);
    }
    if dice.chance(50) {
        let disks = (1..=dice.count(1, 2)).map(|id| {
            let status = dice.pick(&["ok", "ok", "ok", "unknown", "degraded", "failed", "missing"]);
            json!({"id": id.to_string(), "status": status})
        });
        line["disks"] = disks.collect();
    }
    if dice.chance(60) {
        let mut recordings = Vec::new();
        for camera in world.cameras.iter().filter(|c| c.recorder.as_deref() == Some(&recorder.id)) {
            if dice.chance(80) {
                recordings.push(recording(dice, camera, at, start));
            }
        }
        line["recordings"] = Value::Array(recordings);
    }
    line
}

/// What a recorder holds of a camera. A camera that is younger than what is required of it has lost nothing.
fn recording(dice: &mut Dice, camera: &Camera, at: Nanos, start: Nanos) -> Value {
    let is_old = camera.installed == Some(date(2025, 1, 1));
    let half_hour = 30 * 60 * SECOND;
    let newest = at - dice.pick(&[60 * SECOND, 60 * SECOND, half_hour, half_hour + SECOND, 2 * DAY]);
    let required = camera.retention_days * DAY;
    let oldest = match camera.installed {
        // 20 October at noon: filling, where 30 days are required.
        Some(_) if !is_old => nanos("2026-10-20T05:00:00Z"),
        Some(_) => at - required + *dice.pick(&[0, 0, -DAY, SECOND, 2 * DAY]),
        None => start - 3 * DAY,
    };
    let back = |days: i64| text(at - days * DAY)[..10].to_owned();
    let mut entry = json!({"camera": camera.id});
    if dice.chance(80) {
        let oldest = if dice.chance(4) { nanos("2009-06-01T00:00:00Z") } else { oldest };
        entry["oldest"] = json!(text(oldest));
    }
    if dice.chance(80) {
        // Three days are what recording on events may be quiet for.
        let other = [3 * DAY, 3 * DAY + SECOND, -3600 * SECOND, -3601 * SECOND];
        let newest = if dice.chance(15) { at - dice.pick(&other) } else { newest };
        entry["newest"] = json!(text(newest));
    }
    if dice.chance(30) {
        entry["recording"] = json!(dice.chance(60));
    }
    if dice.chance(20) {
        entry["mode"] = json!(dice.pick(&["continuous", "continuous", "event", "event", "off"]));
    }
    if dice.chance(70) {
        let mut gap_days: Vec<String> = Vec::new();
        if is_old && dice.chance(60) {
            gap_days.push(three_days_ago(start).to_string());
        }
        if dice.chance(15) {
            gap_days.extend((0..dice.count(1, 3)).map(|_| back(dice.roll(-1, 32))));
        }
        entry["gap_days"] = json!(gap_days);
        if dice.chance(15) {
            entry["held_from"] = json!(back(*dice.pick(&[1, 4, 7, 29])));
        }
    }
    if dice.chance(20) {
        entry["unknown_days"] = (0..dice.count(0, 3)).map(|_| json!(back(dice.roll(0, 8)))).collect();
    }
    entry
}

/// Planned work before, inside, at the edges of and over the trace; some of it overlapping, some with no gap between.
fn windows(dice: &mut Dice, world: &mut World, lines: &[Value]) {
    let moment = |line: &Value| nanos(line["at"].as_str().unwrap());
    let (first, last) = (moment(&lines[0]), moment(lines.last().unwrap()));
    if dice.chance(40) {
        return;
    }
    for _ in 0..dice.count(1, 4) {
        let whole = |at: Nanos| at.div_euclid(SECOND) * SECOND;
        let place = |dice: &mut Dice| match dice.next() % 6 {
            0 => whole(first),
            1 => whole(last),
            2 => whole(first) - dice.roll(1, 600) * SECOND,
            3 => whole(moment(dice.pick(lines))),
            _ => whole(first) + dice.roll(0, (last - first) / SECOND + 60) * SECOND,
        };
        let (a, b) = (place(dice), place(dice));
        let (from, to) = (a.min(b), a.max(b));
        if from == to {
            continue;
        }
        let camera = dice.pick(&world.cameras).clone();
        let site = world.site(&camera.site).clone();
        let (scope, id) = dice.pick(&[("camera", camera.id), ("site", site.id), ("commune", site.commune)]).clone();
        world.windows.push(Window { scope, id: id.clone(), from, to });
        if dice.chance(25) {
            // The next one begins where this one ends.
            world.windows.push(Window { scope, id, from: to, to: to + dice.roll(1, 60) * SECOND });
        }
    }
}

fn three_days_ago(at: Nanos) -> Date {
    text(at - 3 * DAY)[..10].parse().expect("a moment begins with its day")
}
