//! What one probe costs to its first key frame, beside other ways to learn the same.
//!
//! Each round lets every contestant look at the same running streams of gst-rtsp-server, in an order that turns from round
//! to round, so that the machine's moods meet all of them alike. CPU time (user and system) is the operating system's
//! account: of this process for what runs in it, of its children for programs. Ratios are taken round by round; their
//! median is what counts, and milliseconds are of the machine at hand.
//!
//! `cargo bench --bench probe_cost [-- --rounds N] [--in-process]`; see `README.md`. `--in-process` leaves the programs out.

#[path = "support/look.rs"]
mod look;
#[path = "../tests/support/mod.rs"]
mod support;

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use camwatch::gate::Gate;
use camwatch::inventory::Depth;
use camwatch::observation::Outcome;
use camwatch::probe::{Prober, Report, WATCH};
use look::{cpu, request};
use nix::sys::resource::UsageWho;
use support::{BareClient, GstServer, Process, Viewer};

/// As many cameras as are probed at once.
const CAMERAS: usize = 8;
const ROUNDS: usize = 25;

/// Of one probe, in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Cost {
    cpu: f64,
    wall: f64,
}

/// Looks at one URL, or at all of them, and says what each look cost.
type Look<'a> = Box<dyn FnMut(&str) -> Vec<Cost> + 'a>;

struct Contestant<'a> {
    name: &'static str,
    run: Look<'a>,
    costs: Vec<Cost>,
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Lets `look` look `times` times and shares the CPU time out among them; it returns the wall time of each.
fn measure(who: UsageWho, look: impl FnOnce() -> Vec<Duration>) -> Vec<Cost> {
    let before = cpu(who);
    let walls = look();
    let spent = milliseconds(cpu(who).saturating_sub(before));
    #[allow(clippy::cast_precision_loss)] // a handful
    let share = spent / walls.len() as f64;
    walls.into_iter().map(|wall| Cost { cpu: share, wall: milliseconds(wall) }).collect()
}

fn program(command: &mut Command) -> Vec<Cost> {
    measure(UsageWho::RUSAGE_CHILDREN, || {
        let begin = Instant::now();
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()), "{command:?} sees the camera");
        vec![begin.elapsed()]
    })
}

/// Probes all of them at once; each report with the time until it was there.
async fn probe_all(prober: &Arc<Prober>, urls: Vec<String>, depth: Depth, watch: Duration) -> Vec<(Report, Duration)> {
    let tasks: Vec<_> = urls
        .into_iter()
        .map(|url| {
            let prober = Arc::clone(prober);
            tokio::spawn(async move {
                let begin = Instant::now();
                let report = prober.probe(&request(&url, depth, watch)).await;
                assert_eq!(report.seen.outcome, Outcome::Ok, "{:?}", report.log);
                (report, begin.elapsed())
            })
        })
        .collect();
    let mut reports = Vec::new();
    for task in tasks {
        reports.push(task.await.expect("a probe does not panic"));
    }
    // The session's end is a part of its cost.
    prober.idle().await;
    reports
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let Some(urls) = args.strip_prefix(&["--watch".to_owned()]) {
        return watch(urls);
    }
    let rounds =
        args.iter().position(|arg| arg == "--rounds").and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(ROUNDS);
    let each = |mount: &str| (1..=CAMERAS).map(|n| format!("{mount}{n}")).collect::<Vec<_>>();
    for (title, mounts) in [
        ("640x360, 15 frames a second, an encoder for each viewer: the key frame comes at once", each("single-")),
        ("640x360, 15 frames a second, one encoder for all viewers", each("camera-")),
        ("1920x1080, 25 frames a second, one encoder for all viewers", vec!["camera-1080p".to_owned()]),
    ] {
        compare(title, &mounts, rounds, !args.iter().any(|arg| arg == "--in-process"));
    }
}

/// The other viewer of each stream, in a process of its own: with it the encoders run on between probes, as a camera's do.
fn watch(urls: &[String]) {
    let _viewers: Vec<Viewer> = urls.iter().map(|url| Viewer::of(url)).collect();
    println!("watching");
    let _ = std::io::stdin().read_line(&mut String::new());
}

fn compare(title: &str, mounts: &[String], rounds: usize, programs: bool) {
    let server = GstServer::start().expect("gst-rtsp-server through python3-gi");
    let urls: Vec<String> = mounts.iter().map(|mount| server.url(mount)).collect();
    let this = std::env::current_exe().expect("the path of this program");
    let _viewers = mounts[0].starts_with("camera").then(|| {
        let viewers = Process::start(Command::new(this).arg("--watch").args(&urls));
        viewers.line(Duration::from_secs(60));
        viewers
    });

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let prober = Arc::new(Prober::new(Gate::default()));
    // Warm, and what a bare client has to read to have read as much.
    let read = |watch| {
        let looks = (0..3).flat_map(|_| runtime.block_on(probe_all(&prober, urls.clone(), Depth::Frame, watch)));
        #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // kilobytes
        let bytes = median(looks.map(|(report, _)| report.received_bytes as f64).collect()) as usize;
        bytes
    };
    let (bytes, bytes_to_key_frame) = (read(WATCH), read(Duration::ZERO));

    let together = urls.clone();
    let (runtime, prober) = (&runtime, &prober);
    let in_process = move |urls: Vec<String>, depth, watch| {
        measure(UsageWho::RUSAGE_SELF, || {
            runtime.block_on(probe_all(prober, urls, depth, watch)).into_iter().map(|(_, wall)| wall).collect()
        })
    };
    let mut contestants = vec![
        Contestant {
            name: "in the daemon, one at a time",
            run: Box::new(|url| in_process(vec![url.to_owned()], Depth::Frame, WATCH)),
            costs: vec![],
        },
        Contestant {
            name: "in the daemon, to the first key frame",
            run: Box::new(|url| in_process(vec![url.to_owned()], Depth::Frame, Duration::ZERO)),
            costs: vec![],
        },
        Contestant {
            name: "stock retina, to the first key frame",
            run: Box::new(|url| {
                measure(UsageWho::RUSAGE_SELF, || {
                    let begin = Instant::now();
                    runtime.block_on(stock(url));
                    vec![begin.elapsed()]
                })
            }),
            costs: vec![],
        },
        Contestant { name: "bare client, as many bytes", run: Box::new(move |url| bare(url, bytes)), costs: vec![] },
        Contestant {
            name: "bare client, as many bytes as to the first key frame",
            run: Box::new(move |url| bare(url, bytes_to_key_frame)),
            costs: vec![],
        },
    ];
    for (name, depth) in
        [("the same, depth `describe`", Depth::Describe), ("the same, depth `connect`", Depth::Connect)]
    {
        let run: Look = Box::new(move |url| in_process(vec![url.to_owned()], depth, WATCH));
        contestants.push(Contestant { name, run, costs: vec![] });
    }
    if programs {
        contestants.extend([
            Contestant {
                name: "`camwatch probe`",
                run: Box::new(|url| program(Command::new(support::CAMWATCH).args(["probe", url]))),
                costs: vec![],
            },
            Contestant {
                name: "`ffprobe`",
                run: Box::new(|url| {
                    program(Command::new("ffprobe").args(["-rtsp_transport", "tcp", "-show_streams", url]))
                }),
                costs: vec![],
            },
            Contestant {
                name: "`ffmpeg -frames:v 1`",
                run: Box::new(|url| {
                    let args = ["-rtsp_transport", "tcp", "-i", url, "-frames:v", "1", "-f", "null", "-"];
                    program(Command::new("ffmpeg").args(args))
                }),
                costs: vec![],
            },
        ]);
    }
    if urls.len() > 1 {
        let all = Contestant {
            name: "in the daemon, 8 at once",
            run: Box::new(|_| in_process(together.clone(), Depth::Frame, WATCH)),
            costs: vec![],
        };
        contestants.push(all);
    }
    for round in 0..rounds {
        let count = contestants.len();
        for turn in 0..count {
            let contestant = &mut contestants[(round + turn) % count];
            let costs = (contestant.run)(&urls[round % urls.len()]);
            contestant.costs.extend(costs);
        }
    }
    print(title, rounds, bytes, &contestants);
}

/// The library without the relay: what containing it costs is the difference.
async fn stock(url: &str) {
    use futures_util::StreamExt as _;
    use retina::client::{
        PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions, TcpTransportOptions, Transport,
    };
    let group = Arc::new(SessionGroup::default());
    let options = SessionOptions::default().session_group(Arc::clone(&group));
    let mut session = Session::describe(url.parse().expect("a URL"), options).await.expect("DESCRIBE");
    let video = session.streams().iter().position(|stream| stream.media() == "video").expect("video");
    let setup = SetupOptions::default().transport(Transport::Tcp(TcpTransportOptions::default()));
    session.setup(video, setup).await.expect("SETUP");
    let playing = session.play(PlayOptions::default()).await.expect("PLAY");
    let mut frames = playing.demuxed().expect("a codec that is known");
    loop {
        let item = frames.next().await.expect("media").expect("a frame");
        if matches!(&item, retina::codec::CodecItem::VideoFrame(frame) if frame.is_random_access_point()) {
            break;
        }
    }
    drop(frames);
    group.await_teardown().await.expect("a TEARDOWN");
}

fn bare(url: &str, bytes: usize) -> Vec<Cost> {
    measure(UsageWho::RUSAGE_SELF, || {
        let begin = Instant::now();
        let mut client = BareClient::play(url).expect("a stream");
        client.read_until(bytes).expect("media");
        client.end().expect("a TEARDOWN");
        vec![begin.elapsed()]
    })
}

fn print(title: &str, rounds: usize, bytes: usize, contestants: &[Contestant]) {
    println!("\n{title}; {rounds} rounds; {bytes} bytes a probe\n");
    println!(
        "| client | probes | CPU ms, median | CPU ms, mean | wall ms, median | CPU, median of the rounds' ratios |"
    );
    println!("|---|---|---|---|---|---|");
    // Of each round, its mean: one value a round to pair.
    let per_round = |contestant: &Contestant| -> Vec<f64> {
        let size = contestant.costs.len() / rounds;
        #[allow(clippy::cast_precision_loss)] // a handful
        contestant.costs.chunks(size).map(|costs| costs.iter().map(|c| c.cpu).sum::<f64>() / size as f64).collect()
    };
    let reference = per_round(&contestants[0]);
    for contestant in contestants {
        let cpu = per_round(contestant);
        #[allow(clippy::cast_precision_loss)] // a handful
        let mean = cpu.iter().sum::<f64>() / cpu.len() as f64;
        let ratio = median(cpu.iter().zip(&reference).map(|(own, reference)| own / reference).collect());
        let wall = median(contestant.costs.iter().map(|cost| cost.wall).collect());
        let (name, probes, cpu) = (contestant.name, contestant.costs.len(), median(cpu));
        println!("| {name} | {probes} | {cpu:.2} | {mean:.2} | {wall:.0} | {ratio:.2} |");
    }
}
