//! What watching a fleet costs: a thousand simulated cameras at ten seconds, for five minutes.
//!
//! ```text
//! cargo bench --bench fleet [-- --cameras 1000 --seconds 300]
//! ```
//!
//! Starts `camwatch simulate` and `camwatch run` as processes of their own, lets them settle, then breaks one camera
//! after another and times how long the daemon takes to say `dark`. Prints the daemon's CPU, memory, lag, probes made
//! against probes due, and the detection delay. The simulator has a process (and its CPU figures) of its own.
//!
//! Then, the daemon being gone, looks at the same cameras as others would: `ffprobe`, and a bare client that reads as many
//! bytes as a probe does, once one look after another on a machine that does nothing else, and once as many a second as the
//! daemon makes, at the same moments. What a probe costs inside the daemon is held against these.

#[allow(dead_code)] // Its other half is for tests.
#[path = "../tests/support/bare_client.rs"]
mod bare_client;
#[path = "support/look.rs"]
mod look;
mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use bare_client::BareClient;
use camwatch::gate::Gate;
use camwatch::inventory::Depth;
use camwatch::probe::{Prober, WATCH};
use nix::sys::resource::UsageWho;
use support::{Process, argument, http, quantile};

/// Cameras that others look at too.
const COMPARED: usize = 20;
/// How long the bare client looks at as many cameras as the daemon does.
const LOADED: Duration = Duration::from_secs(20);
/// Looks of the daemon begin at moments this far apart.
const TOGETHER: Duration = Duration::from_millis(50);
const SETTLE: Duration = Duration::from_secs(40);
const INTERVAL: f64 = 10.0;

fn main() {
    let cameras: u32 = argument("--cameras").unwrap_or(1000);
    let seconds: u32 = argument("--seconds").unwrap_or(300);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let fleet = directory.path().join("fleet");

    let mut simulator = Process::start(
        Command::new(env!("CARGO_BIN_EXE_camwatch"))
            .args(["simulate", "--cameras", &cameras.to_string(), "--config-out"])
            .arg(&fleet),
    );
    let control = simulator
        .wait_for_line(|line| line.split_once("curl http://")?.1.split('/').next().map(str::to_owned))
        .expect("the address of the control port");
    let file = fleet.join("camwatch.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let text = text
        .replace("127.0.0.1:9765", "127.0.0.1:0")
        .replace("timeout = \"5s\"", "timeout = \"10s\"")
        .replace("recheck = \"2s\"\n", "");
    assert!(text.contains("interval = \"10s\""), "the simulator's configuration has another interval");
    std::fs::write(&file, text).expect("writing the configuration");

    let mut daemon = Process::start(
        Command::new(env!("CARGO_BIN_EXE_camwatch")).args(["--log-format", "json", "run", "--config"]).arg(&file),
    );
    let web = daemon
        .wait_for_line(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            Some(event["fields"]["address"].as_str()?.to_owned())
        })
        .expect("the daemon's address");
    println!("{cameras} cameras every {INTERVAL} s; settling for {} s", SETTLE.as_secs());
    std::thread::sleep(SETTLE);

    let before = Figures::read(&web, &daemon, &simulator);
    let began = Instant::now();
    let mut delays = Vec::new();
    let mut number = 0;
    while began.elapsed().as_secs() < u64::from(seconds) {
        // Golden steps through the fleet: each camera another phase of its interval.
        number = (number + 617) % cameras;
        let camera = format!("sim-{:04}", number + 1);
        let broken = Instant::now();
        http(&control, "POST", &format!("/cameras/{camera}/behaviour"), "refused");
        let said = daemon.wait_for_line(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            let fields = &event["fields"];
            (fields["camera"] == camera.as_str() && fields["to"] == "dark").then(Instant::now)
        });
        delays.push(said.expect("the daemon to say dark").duration_since(broken).as_secs_f64());
        http(&control, "POST", &format!("/cameras/{camera}/behaviour"), "ok");
    }
    let wall = began.elapsed().as_secs_f64();
    let after = Figures::read(&web, &daemon, &simulator);

    delays.sort_by(f64::total_cmp);
    let probes = after.probes - before.probes;
    let due = f64::from(cameras) * wall / INTERVAL;
    println!("wall time                   {wall:10.1} s");
    println!("probes                      {probes:10.0}   ({due:.0} due by the interval, rechecks on top)");
    println!("failed probes               {:10.0}", after.failures - before.failures);
    println!(
        "daemon CPU                  {:10.2} s  = {:.2} % of a core",
        after.daemon_cpu - before.daemon_cpu,
        (after.daemon_cpu - before.daemon_cpu) / wall * 100.0
    );
    let per_probe = (after.daemon_cpu - before.daemon_cpu) / probes * 1000.0;
    println!("daemon CPU per probe        {per_probe:10.3} ms");
    println!("simulator CPU               {:10.2} s", after.simulator_cpu - before.simulator_cpu);
    println!("daemon resident             {:10.1} MiB", after.resident / 1024.0 / 1024.0);
    println!("schedule lag <= 5 ms        {:10.4} of {:.0}", after.lag_5ms / after.lag_all, after.lag_all);
    println!("schedule lag <= 100 ms      {:10.4}", after.lag_100ms / after.lag_all);
    println!("schedule lag mean           {:10.3} ms", after.lag_sum / after.lag_all * 1000.0);
    println!("entries lost by the record  {:10.0}", after.dropped);
    println!(
        "detection delay (refused)   p50 {:.1} s, p99 {:.1} s, max {:.1} s, n = {}",
        quantile(&delays, 0.5),
        quantile(&delays, 0.99),
        quantile(&delays, 1.0),
        delays.len()
    );

    drop(daemon);
    compare(&fleet, per_probe, f64::from(cameras) / INTERVAL);
}

/// Looks at cameras of the fleet as others would, and holds what a probe costs inside the daemon against that; `rate` is
/// how many probes a second it makes.
fn compare(fleet: &Path, per_probe: f64, rate: f64) {
    let inventory = std::fs::read_to_string(fleet.join("inventory/simulated.toml")).expect("the inventory");
    let urls = inventory.lines().filter_map(|line| line.strip_prefix("url = \"rtsp://")?.strip_suffix('"'));
    let urls: Vec<String> = urls.map(|rest| format!("rtsp://{rest}")).collect();
    let some: Vec<&String> = urls.iter().step_by(7).take(COMPARED).collect();
    let bytes = bytes_of_a_probe(&urls[0]);
    let ffprobe = one_by_one(&some, UsageWho::RUSAGE_CHILDREN, |url| {
        let status = Command::new("ffprobe")
            .args(["-v", "error", "-rtsp_transport", "tcp", "-show_streams", url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "ffprobe sees {url}");
    });
    println!("ffprobe CPU                 {ffprobe:10.3} ms = {:.1} times a probe's", ffprobe / per_probe);
    let bare = |url: &str| {
        let mut client = BareClient::play(url).expect("a stream");
        client.read_until(bytes).expect("media");
        client.end().expect("a TEARDOWN");
    };
    println!("bare client, {bytes} bytes:");
    for (how, cost) in [
        ("one after another", one_by_one(&some, UsageWho::RUSAGE_SELF, bare)),
        ("as many a second", at_the_rate(&urls, rate, bare)),
    ] {
        println!("  {how:26}{cost:10.3} ms; a probe takes {:.2} times that", per_probe / cost);
    }
}

/// What comes over the line in one probe of the daemon's.
fn bytes_of_a_probe(url: &str) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let prober = std::sync::Arc::new(Prober::new(Gate::default()));
    let report = runtime.block_on(async { prober.probe(&look::request(url, Depth::Frame, WATCH)).await });
    usize::try_from(report.received_bytes).expect("kilobytes")
}

/// CPU milliseconds of one look, user and system, the mean over all of `urls`.
fn one_by_one(urls: &[&String], who: UsageWho, look_once: impl Fn(&str)) -> f64 {
    let before = look::cpu(who);
    for url in urls {
        look_once(url);
    }
    mean_since(before, who, urls.len())
}

/// CPU milliseconds of one look, user and system, where `rate` of them begin each second, on threads that are there before.
fn at_the_rate(urls: &[String], rate: f64, look_once: impl Fn(&str) + Sync) -> f64 {
    let looks = count(rate * LOADED.as_secs_f64());
    let (hand_out, work) = mpsc::sync_channel::<&String>(urls.len());
    let work = Mutex::new(work);
    let next = || work.lock().expect("no look panics here").recv();
    let look = || {
        while let Ok(url) = next() {
            look_once(url);
        }
    };
    std::thread::scope(|scope| {
        // A look takes its second of watching, and whatever its way there takes.
        let threads: Vec<_> = (0..count(rate * 2.0).max(8)).map(|_| scope.spawn(look)).collect();
        let before = look::cpu(UsageWho::RUSAGE_SELF);
        let begun = Instant::now();
        for (n, url) in (0..looks).zip(urls.iter().cycle()) {
            // At the moments at which the daemon's looks begin too.
            let due = begun + TOGETHER.mul_f64((f64::from(n) / rate / TOGETHER.as_secs_f64()).floor());
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            hand_out.send(url).expect("somebody who looks");
        }
        drop(hand_out);
        for thread in threads {
            thread.join().expect("looks");
        }
        mean_since(before, UsageWho::RUSAGE_SELF, looks as usize)
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
fn count(number: f64) -> u32 {
    number as u32
}

fn mean_since(before: Duration, who: UsageWho, looks: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let looks = looks as f64;
    look::cpu(who).saturating_sub(before).as_secs_f64() * 1000.0 / looks
}

/// User and system time of a process so far, seconds.
fn cpu(process: &Process) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.id())).expect("a running process");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name in parentheses").1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime");
    ticks / 100.0
}

struct Figures {
    daemon_cpu: f64,
    simulator_cpu: f64,
    resident: f64,
    probes: f64,
    failures: f64,
    lag_5ms: f64,
    lag_100ms: f64,
    lag_all: f64,
    lag_sum: f64,
    dropped: f64,
}

impl Figures {
    fn read(web: &str, daemon: &Process, simulator: &Process) -> Self {
        let page = http(web, "GET", "/metrics", "");
        let sum = |name: &str| -> f64 {
            page.lines()
                .filter(|line| line.starts_with(name))
                .filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok())
                .sum()
        };
        Self {
            daemon_cpu: cpu(daemon),
            simulator_cpu: cpu(simulator),
            resident: sum("process_resident_memory_bytes"),
            probes: sum("camwatch_probes_total"),
            failures: sum("camwatch_probe_failures_total"),
            lag_5ms: sum("camwatch_schedule_lag_seconds_bucket{le=\"0.005\"}"),
            lag_100ms: sum("camwatch_schedule_lag_seconds_bucket{le=\"0.1\"}"),
            lag_all: sum("camwatch_schedule_lag_seconds_count"),
            lag_sum: sum("camwatch_schedule_lag_seconds_sum"),
            dropped: sum("camwatch_store_dropped_total"),
        }
    }
}
