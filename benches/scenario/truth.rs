//! What truly happens in ten days: faults, nuisances, and times in which nothing can be seen. Knows nothing of the daemon.

pub const SITES: usize = 10;
pub const CAMERAS_A_SITE: usize = 8;
pub const CAMERAS: usize = SITES * CAMERAS_A_SITE;
/// Of each site's cameras, those that are reached by way of its recorder.
const BEHIND: usize = 6;
/// The commune of each site.
pub const COMMUNES: [usize; SITES] = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2];
pub const DAYS: f64 = 10.0;
/// All times are seconds from the beginning.
pub const END: f64 = DAYS * 86_400.0;
const MINUTE: f64 = 60.0;

/// `SplitMix64`, after Steele, Lea and Flood: the same on every machine.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    #[allow(clippy::cast_precision_loss)] // Fifty-three bits.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // Small counts.
    pub fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    /// The moments of something that comes about so often a day.
    fn moments(&mut self, a_day: f64) -> Vec<f64> {
        let mut at = 0.0;
        let mut all = Vec::new();
        loop {
            at -= (1.0 - self.unit()).ln() * 86_400.0 / a_day;
            // The first and the last hours are for all to be seen once, and for what is open to end.
            if at > END - 6.0 * 3600.0 {
                return all;
            }
            if at > 1800.0 {
                all.push(at);
            }
        }
    }

    /// A log-normal duration around a median, in seconds; sigma 0.65.
    fn lasts(&mut self, median: f64, least: f64, most: f64) -> f64 {
        let (a, b) = (1.0 - self.unit(), self.unit());
        let normal = (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos();
        (median * (0.65 * normal).exp()).clamp(least, most)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    Camera,
    Recorder,
    /// The line of a site.
    Line,
    /// The power of a site: its cameras come back one by one.
    Power,
    /// The line of a commune.
    Area,
}

/// One true event.
#[derive(Debug, Clone)]
pub struct Fault {
    pub what: What,
    /// Of the camera, the site (for its recorder too) or the commune.
    pub index: usize,
    pub from: f64,
    pub to: f64,
    /// From when it can be told from a wider one: a fault inside an outage only when that is over.
    pub visible: f64,
    pub effect: Effect,
    pub cameras: Vec<usize>,
}

/// What a probe of a camera comes to, and how long it takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    pub outcome: &'static str,
    pub takes: f64,
    /// How many of the probes.
    pub share: f64,
}

const TIMEOUT: Effect = Effect { outcome: "connect_timeout", takes: 10.0, share: 1.0 };
const UNREACHABLE: Effect = Effect { outcome: "unreachable", takes: 3.0, share: 1.0 };
/// What is wrong with a camera itself.
const BROKEN: [Effect; 8] = [
    TIMEOUT,
    UNREACHABLE,
    UNREACHABLE,
    Effect { outcome: "refused", takes: 0.1, share: 1.0 },
    Effect { outcome: "rtsp_timeout", takes: 10.0, share: 1.0 },
    Effect { outcome: "not_found", takes: 0.3, share: 1.0 },
    Effect { outcome: "no_media", takes: 10.0, share: 1.0 },
    // A camera that is on its way out answers now and then.
    Effect { outcome: "connect_timeout", takes: 10.0, share: 0.95 },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NuisanceKind {
    Lost,
    Loss,
    Flap,
    Restart,
    Slow,
    Busy,
}

#[derive(Debug, Clone)]
pub struct Nuisance {
    pub kind: NuisanceKind,
    pub camera: usize,
    pub from: f64,
    pub to: f64,
}

/// Ten days.
pub struct Truth {
    pub faults: Vec<Fault>,
    pub nuisances: Vec<Nuisance>,
    /// The daemon is not running.
    pub down: Vec<(f64, f64)>,
    /// The monitor's own line is cut.
    pub offline: Vec<(f64, f64)>,
    /// By camera: what its probes come to, the strongest first.
    cameras: Vec<Vec<(f64, f64, Effect)>>,
    gateways: Vec<Vec<(f64, f64)>>,
    recorders: Vec<Vec<(f64, f64)>>,
}

fn cameras_of(site: usize) -> std::ops::Range<usize> {
    site * CAMERAS_A_SITE..(site + 1) * CAMERAS_A_SITE
}

pub fn is_behind_recorder(camera: usize) -> bool {
    camera % CAMERAS_A_SITE < BEHIND
}

impl Truth {
    pub fn new(seed: u64) -> Self {
        let mut truth = Self {
            faults: Vec::new(),
            nuisances: Vec::new(),
            down: Vec::new(),
            offline: Vec::new(),
            cameras: vec![Vec::new(); CAMERAS],
            gateways: vec![Vec::new(); SITES],
            recorders: vec![Vec::new(); SITES],
        };
        let mut dice = Dice(seed);
        let dice = &mut dice;
        for commune in 0..3 {
            for from in dice.moments(0.15) {
                let to = from + dice.lasts(45.0 * MINUTE, 5.0 * MINUTE, 240.0 * MINUTE);
                truth.upstream(dice, What::Area, commune, from, to);
            }
        }
        for site in 0..SITES {
            for (what, a_day, median) in
                [(What::Line, 0.12, 25.0), (What::Power, 0.08, 50.0), (What::Recorder, 0.06, 40.0)]
            {
                for from in dice.moments(a_day) {
                    let to = from + dice.lasts(median * MINUTE, 4.0 * MINUTE, 240.0 * MINUTE);
                    truth.upstream(dice, what, site, from, to);
                }
            }
        }
        for camera in 0..CAMERAS {
            truth.faults_of(dice, camera);
            truth.nuisances_of(dice, camera);
        }
        for (spans, longest) in [(0, 30.0), (1, 20.0)] {
            for from in dice.moments(0.3) {
                let span = (from, from + dice.between(3.0, longest) * MINUTE);
                if spans == 0 { truth.down.push(span) } else { truth.offline.push(span) }
            }
        }
        truth
    }

    /// A failure of more than a camera; none where something of the same site already fails, or has just done.
    fn upstream(&mut self, dice: &mut Dice, what: What, index: usize, from: f64, to: f64) {
        let sites: Vec<usize> =
            if what == What::Area { (0..SITES).filter(|s| COMMUNES[*s] == index).collect() } else { vec![index] };
        let mut cameras: Vec<usize> = sites.iter().flat_map(|s| cameras_of(*s)).collect();
        cameras.retain(|c| what != What::Recorder || is_behind_recorder(*c));
        let apart = 15.0 * MINUTE;
        let clashes =
            |f: &Fault| f.from < to + apart && from < f.to + apart && f.cameras.iter().any(|c| cameras.contains(c));
        if self.faults.iter().any(clashes) {
            return;
        }
        let effect = if what != What::Recorder && dice.chance(0.6) { TIMEOUT } else { UNREACHABLE };
        let mut last = to;
        for &site in &sites {
            let is_power = what == What::Power;
            let recorder = to + if is_power { dice.between(90.0, 200.0) } else { 0.0 };
            if what != What::Recorder {
                self.gateways[site].push((from, to + if is_power { dice.between(30.0, 60.0) } else { 0.0 }));
            }
            self.recorders[site].push((from, recorder));
            for camera in cameras_of(site).filter(|c| cameras.contains(c)) {
                let mut back = to + if is_power { dice.between(60.0, 150.0) } else { 0.0 };
                if is_behind_recorder(camera) {
                    back = back.max(recorder);
                }
                last = last.max(back);
                self.cameras[camera].push((from, back, effect));
            }
        }
        self.faults.push(Fault { what, index, from, to: last, visible: from, effect, cameras });
    }

    fn faults_of(&mut self, dice: &mut Dice, camera: usize) {
        let apart = 10.0 * MINUTE;
        let mut free = 0.0;
        let mut moments = dice.moments(0.38);
        // Some begin while something wider fails, and last.
        let wider: Vec<(f64, f64)> = self.cameras[camera].iter().map(|(from, to, _)| (*from, *to)).collect();
        let inside: Vec<f64> = wider.iter().filter(|_| dice.chance(0.05)).map(|(from, to)| (from + to) / 2.0).collect();
        moments.extend(&inside);
        moments.sort_by(f64::total_cmp);
        for from in moments {
            let mut to = from + dice.lasts(35.0 * MINUTE, 3.0 * MINUTE, 300.0 * MINUTE);
            let mut visible = from;
            if let Some((_, end)) = wider.iter().find(|(begin, end)| *begin <= from && from < *end) {
                if !inside.contains(&from) {
                    continue;
                }
                visible = *end;
                to = to.max(end + 20.0 * MINUTE);
            }
            // Where a wider one comes or goes meanwhile, nobody could say what is what.
            let clashes = |(begin, end): &(f64, f64)| {
                *begin < to + apart && visible < *end + apart && (*end - visible).abs() > f64::EPSILON
            };
            if from < free || wider.iter().any(clashes) {
                continue;
            }
            free = to + apart;
            let effect = BROKEN[dice.below(BROKEN.len())];
            self.cameras[camera].push((from, to, effect));
            self.faults.push(Fault {
                what: What::Camera,
                index: camera,
                from,
                to,
                visible,
                effect,
                cameras: vec![camera],
            });
        }
    }

    /// 1.4 a camera and day.
    fn nuisances_of(&mut self, dice: &mut Dice, camera: usize) {
        use NuisanceKind::{Busy, Flap, Loss, Lost, Restart, Slow};
        let slow = Effect { outcome: "slow", takes: 4.0, share: 1.0 };
        let busy = Effect { outcome: "busy", takes: 0.3, share: 1.0 };
        for (kind, a_day, least, most, effect) in [
            // Of one probe.
            (Lost, 0.60, 0.0, 0.0, TIMEOUT),
            // A third of all packets' worth of probes, for some minutes.
            (Loss, 0.21, 60.0, 180.0, Effect { share: 0.3, ..TIMEOUT }),
            (Flap, 0.25, 5.0, 25.0, UNREACHABLE),
            (Restart, 0.04, 30.0, 55.0, UNREACHABLE),
            (Slow, 0.20, 30.0, 75.0, slow),
            (Busy, 0.10, 60.0, 600.0, busy),
        ] {
            for from in dice.moments(a_day) {
                let to = from + dice.between(least, most);
                self.nuisances.push(Nuisance { kind, camera, from, to });
                if kind == Restart {
                    // The network is there some seconds before the stream is.
                    let refused = Effect { outcome: "refused", takes: 0.1, share: 1.0 };
                    self.cameras[camera].push((to - 8.0, to, refused));
                }
                // A single probe: whichever comes next within an interval.
                let to = if kind == Lost { from + 30.0 } else { to };
                self.cameras[camera].push((from, to, effect));
            }
        }
    }

    /// What comes of a probe of a camera that begins now. `first`: it is no repetition of one that failed.
    pub fn probe(&self, camera: usize, at: f64, first: bool, dice: &mut Dice) -> Effect {
        if within(&self.offline, at) {
            return TIMEOUT;
        }
        for (from, to, effect) in &self.cameras[camera] {
            // A lost probe is one: its repetition is none.
            let is_lost = *effect == TIMEOUT && (to - from - 30.0).abs() < 1e-6;
            if *from <= at && at < *to && (first || !is_lost) && dice.chance(effect.share) {
                return *effect;
            }
        }
        Effect { outcome: "ok", takes: dice.between(0.4, 2.5), share: 1.0 }
    }

    pub fn gateway_answers(&self, site: usize, at: f64) -> bool {
        !within(&self.offline, at) && !within(&self.gateways[site], at)
    }

    pub fn recorder_answers(&self, site: usize, at: f64) -> bool {
        !within(&self.offline, at) && !within(&self.recorders[site], at)
    }

    pub fn is_down(&self, at: f64) -> bool {
        within(&self.down, at)
    }

    pub fn is_offline(&self, at: f64) -> bool {
        within(&self.offline, at)
    }
}

fn within(spans: &[(f64, f64)], at: f64) -> bool {
    spans.iter().any(|(from, to)| *from <= at && at < *to)
}
