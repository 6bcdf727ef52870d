//! What asking recorders costs, them and us: one of 64 channels of each kind, and a province in one night.
//!
//! ```text
//! cargo bench --bench recorders [-- --no-province]
//! ```
//!
//! `camwatch simulate` runs as a process of its own. The province's night is compressed sixty times: a minute's budget of
//! requests is spent in a second, and the plan's clock runs as fast.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use camwatch::config::Config;
use camwatch::device::finding::WishDepth;
use camwatch::device::http::Cost;
use camwatch::device::poller::{Memory, Poll, Poller};
use camwatch::device::reading::{self, Subject};
use camwatch::gate::Gate;
use camwatch::inventory::{MinuteOfDay, Recorder, RecorderId};
use camwatch::observation::Outcome;
use camwatch::schedule::{Answered, Recorders};
use jiff::{SignedDuration, Timestamp};
use nix::sys::resource::{UsageWho, getrusage};
use tokio::task::JoinSet;

/// A night's hour passes in a minute.
const COMPRESSION: u32 = 60;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let _ = rustls::crypto::ring::default_provider().install_default();
    println!(
        "| recorder of 64 channels | poll | requests | connections | KiB received | KiB sent | CPU ms | wall ms |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for kind in ["hikvision", "dahua", "onvif"] {
        runtime.block_on(one(kind));
    }
    if !std::env::args().any(|arg| arg == "--no-province") {
        runtime.block_on(province());
    }
}

/// `camwatch simulate`, and the configuration that it wrote.
struct Simulated {
    process: Child,
    config: Config,
    _directory: tempfile::TempDir,
}

impl Simulated {
    fn start(cameras: u32, a_site: u32, recorders: u32, kind: &str, requests_per_minute: u32) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let fleet = directory.path().join("fleet");
        let mut process = Command::new(env!("CARGO_BIN_EXE_camwatch"))
            .args(["simulate", "--cameras", &cameras.to_string(), "--per-site", &a_site.to_string()])
            .args(["--recorders", &recorders.to_string(), "--recorder-kind", kind, "--config-out"])
            .arg(&fleet)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("camwatch simulate");
        let mut lines = BufReader::new(process.stderr.take().expect("piped")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("curl http://")), "the simulator is ready");
        // The budget is the configuration's; here the night is shorter.
        let inventory = fleet.join("inventory/simulated.toml");
        let text = std::fs::read_to_string(&inventory).expect("the inventory");
        let budget = format!("requests_per_minute = {requests_per_minute}\n");
        let text = text.replace("[[recorder]]\n", &format!("[[recorder]]\n{budget}"));
        std::fs::write(&inventory, text).expect("writing the inventory");
        let config = load(&fleet.join("camwatch.toml"));
        Self { process, config, _directory: directory }
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        // Gone already, or gone now.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn load(file: &Path) -> Config {
    Config::load(file).unwrap_or_else(|problems| panic!("{problems}"))
}

fn poller(config: &Config, recorder: &Recorder, gate: &Gate) -> Poller {
    let credential = config.inventory.credential(recorder.credential.as_ref());
    Poller::new(recorder, credential, gate, Memory::default())
}

fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the kernel's account");
    let micros: i64 =
        [usage.user_time(), usage.system_time()].iter().map(|t| t.tv_sec() * 1_000_000 + t.tv_usec()).sum();
    Duration::from_micros(u64::try_from(micros).expect("time spent is not negative"))
}

async fn one(kind: &str) {
    let simulated = Simulated::start(64, 64, 1, kind, 6000);
    let config = &simulated.config;
    let recorder = config.inventory.recorders.values().next().expect("a recorder");
    let poller = poller(config, recorder, &Gate::default());
    let mut subject = Subject::new(recorder, config.inventory.cameras.values());
    let zone = &config.daemon.timezone;
    let mut ask = async |depth: WishDepth, name: &str, times: u32| {
        let (mut cost, mut spent, mut took) = (Cost::default(), Duration::ZERO, Duration::ZERO);
        for _ in 0..times {
            let before = cpu();
            let poll: Poll = poller.poll(&subject.wish(depth, Timestamp::now(), zone)).await;
            spent += cpu().saturating_sub(before);
            took += poll.took;
            cost = poll.cost;
            let reading = reading::read(&subject, &poll.finding, poll.known_offset, Timestamp::now(), zone);
            assert_eq!(reading.seen.outcome, Outcome::Ok, "{:?}", poll.finding.ended_by);
            for (camera, days, looked_at) in reading.presence {
                let behind = subject.cameras.values_mut().find(|behind| behind.camera == camera).expect("its camera");
                behind.presence.look(&days, &looked_at);
            }
        }
        println!(
            "| {kind} | {name} | {} | {} | {:.1} | {:.1} | {:.1} | {:.0} |",
            cost.requests,
            cost.connections,
            kibibytes(cost.received_bytes),
            kibibytes(cost.sent_bytes),
            spent.as_secs_f64() * 1000.0 / f64::from(times),
            took.as_secs_f64() * 1000.0 / f64::from(times),
        );
    };
    ask(WishDepth::Metadata, "metadata, the first", 1).await;
    ask(WishDepth::Metadata, "metadata, later", 20).await;
    ask(WishDepth::Scan, "scan, the first", 1).await;
    ask(WishDepth::Scan, "scan, a later night", 3).await;
}

#[allow(clippy::cast_precision_loss)] // a few megabytes
fn kibibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}

async fn province() {
    const RECORDERS: u32 = 151;
    const CHANNELS: u32 = 32;
    let simulated = Simulated::start(RECORDERS * CHANNELS, CHANNELS, RECORDERS, "mixed", 10 * COMPRESSION);
    let config = Arc::new(&simulated.config);
    let zone = config.daemon.timezone.clone();
    let gate = Gate::default();
    let recorders = &config.inventory.recorders;
    let pollers: BTreeMap<RecorderId, Arc<Poller>> =
        recorders.values().map(|recorder| (recorder.id.clone(), Arc::new(poller(&config, recorder, &gate)))).collect();
    let subjects: BTreeMap<RecorderId, Subject> = recorders
        .values()
        .map(|recorder| (recorder.id.clone(), Subject::new(recorder, config.inventory.cameras.values())))
        .collect();

    let begin = Instant::now();
    let evening: Timestamp = "2026-11-22T18:58:00Z".parse().expect("a moment");
    let mut plan = Recorders::new();
    let last_night = evening - SignedDuration::from_hours(17);
    let all = pollers.keys().map(|id| (id.clone(), Some(last_night)));
    plan.set_recorders(Duration::from_secs(900), 3, MinuteOfDay(120), &zone, all, Duration::ZERO);

    let mut polls = JoinSet::new();
    let (mut scanned, mut scanning, mut most, mut failed, mut metadata) = (0, 0, 0, 0, 0);
    let (mut requests, mut bytes, mut last) = (0, 0, Duration::ZERO);
    let spent = cpu();
    while scanned < RECORDERS && begin.elapsed() < Duration::from_secs(20 * 60) {
        let moment = begin.elapsed() * COMPRESSION;
        let clock = evening + SignedDuration::try_from(moment).expect("some hours");
        for (id, asking) in plan.start(moment, clock) {
            let (poller, subject) = (Arc::clone(&pollers[&id]), subjects[&id].clone());
            let depth = match asking {
                WishDepth::Metadata => WishDepth::Metadata,
                WishDepth::Scan => {
                    scanning += 1;
                    most = most.max(scanning);
                    WishDepth::Scan
                }
            };
            let zone = zone.clone();
            polls.spawn(async move {
                let poll = poller.poll(&subject.wish(depth, Timestamp::now(), &zone)).await;
                (id, asking, poll)
            });
        }
        let ended = tokio::time::timeout(Duration::from_millis(10), polls.join_next()).await;
        let Ok(Some(Ok((id, asking, poll)))) = ended else { continue };
        let moment = begin.elapsed() * COMPRESSION;
        let clock = evening + SignedDuration::try_from(moment).expect("some hours");
        let whole = poll.finding.ended_by.is_none();
        plan.finish(&id, asking, if whole { Answered::Yes } else { Answered::No }, moment, clock);
        requests += poll.cost.requests;
        bytes += poll.cost.received_bytes;
        match asking {
            WishDepth::Metadata => metadata += 1,
            WishDepth::Scan => {
                scanning -= 1;
                scanned += 1;
                failed += u32::from(!whole);
                last = moment;
            }
        }
    }
    println!(
        "\n{RECORDERS} recorders x {CHANNELS} channels from 02:00 on, at 10 requests a minute each: {scanned} scanned \
         ({failed} not whole), the last after {:.2} h; at most {most} scans at once; beside them {metadata} polls of metadata; {requests} \
         requests, {:.1} MiB received; {:.1} s of CPU in all",
        last.as_secs_f64() / 3600.0,
        kibibytes(bytes) / 1024.0,
        cpu().saturating_sub(spent).as_secs_f64(),
    );
}
