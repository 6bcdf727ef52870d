//! The judgement in observations a second: a province of 10,000 cameras, quiet and in a storm.
//!
//! `cargo bench --bench judgement`

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Duration;

use camwatch::inventory::{Camera, CameraId, Depth, HostPort, Site, SiteId, TlsPolicy, Transport};
use camwatch::judgement::{Judge, Policy};
use camwatch::observation::{CameraSeen, Observation, Outcome, Seen};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const CAMERAS: usize = 10_000;
const CAMERAS_A_SITE: usize = 10;
const ROUNDS: usize = 10;
const INTERVAL: Duration = Duration::from_secs(30);

fn site_id(i: usize) -> SiteId {
    SiteId::new(&format!("site-{:04}", i / CAMERAS_A_SITE)).expect("a valid id")
}

fn camera_id(i: usize) -> CameraId {
    CameraId::new(&format!("camera-{i:05}")).expect("a valid id")
}

fn policy() -> Policy {
    let camera = |i| Camera {
        id: camera_id(i),
        site: site_id(i),
        name: String::new(),
        url: "rtsp://192.0.2.1/".parse().expect("a valid URL"),
        substream_url: None,
        credential: None,
        tls: TlsPolicy::System,
        funds: Vec::new(),
        recorder: None,
        channel: None,
        installed: None,
        retired: None,
        retention: None,
        interval: INTERVAL,
        timeout: Duration::from_secs(10),
        depth: Depth::Frame,
        transport: Transport::Tcp,
        picture: true,
    };
    let site = |i| Site {
        id: site_id(i),
        commune: "commune".parse().expect("a valid id"),
        village: None,
        name: String::new(),
        latitude: None,
        longitude: None,
        // Every second site tells a cut line by its gateway.
        gateway: (i / CAMERAS_A_SITE).is_multiple_of(2).then(|| HostPort { host: "192.0.2.254".to_owned(), port: 80 }),
    };
    Policy {
        confirm: 3,
        recover: 2,
        picture_confirm: 2,
        group_wait: Duration::from_secs(20),
        unknown_after: Duration::from_secs(1800),
        clock_tolerance: Duration::from_secs(300),
        metadata_interval: Duration::from_secs(900),
        timezone: TimeZone::UTC,
        sites: (0..CAMERAS).step_by(CAMERAS_A_SITE).map(|i| (site_id(i), site(i))).collect(),
        cameras: (0..CAMERAS).map(|i| (camera_id(i), camera(i))).collect(),
        recorders: BTreeMap::new(),
        funded: (0..CAMERAS).map(camera_id).collect(),
        communes: ["commune".parse().expect("a valid id")].into(),
        maintenance: Vec::new(),
    }
}

/// Each camera once an interval, evenly spread.
fn trace(outcome: impl Fn(usize, usize) -> Outcome) -> Vec<Observation> {
    let start: Timestamp = "2026-11-01T00:00:00Z".parse().expect("a moment");
    let step = INTERVAL / u32::try_from(CAMERAS).expect("a small number");
    let mut at = start;
    let mut lines = Vec::with_capacity(ROUNDS * CAMERAS);
    for round in 0..ROUNDS {
        for i in 0..CAMERAS {
            at += step;
            let seen = Seen::Camera(CameraSeen {
                camera: camera_id(i),
                outcome: outcome(round, i),
                depth: Depth::Frame,
                phases_ms: BTreeMap::new(),
                stream: None,
                picture: None,
                detail: None,
            });
            lines.push(Observation { at, seen });
        }
    }
    lines
}

fn judge(c: &mut Criterion) {
    let quiet = trace(|_, _| Outcome::Ok);
    // A third of the cameras fails for three rounds, comes back for two, and so on.
    let storm =
        trace(|round, i| if i % 3 == 0 && (round + i / 3) % 5 < 3 { Outcome::ConnectTimeout } else { Outcome::Ok });
    let mut group = c.benchmark_group("judgement");
    group.sample_size(10);
    group.throughput(Throughput::Elements(quiet.len() as u64));
    for (name, lines) in [("quiet", &quiet), ("storm", &storm)] {
        group.bench_function(name, |b| {
            b.iter_batched(
                || Judge::new(policy()),
                |mut judge| {
                    for line in lines {
                        black_box(judge.observe(line));
                    }
                    judge
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, judge);
criterion_main!(benches);
