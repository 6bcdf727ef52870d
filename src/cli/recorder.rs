//! `camwatch recorder`: one poll of one recorder, for a person.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::Config;
use crate::device::finding::{Found, WishDepth};
use crate::device::poller::{Memory, Poll, Poller};
use crate::device::reading::{self, Reading, Subject};
use crate::inventory::{Camera, Recorder, RecorderId};
use crate::ledger::retention::patience;
use crate::observation::{Class, DiskStatus, Observation, Outcome, RecordMode, RecorderSeen, Recording, Seen};
use crate::store::Reader;

/// Ask one recorder once for its clock, disks, channels and recordings
///
/// Asks as the daemon would, from its own connection; a login that a device has refused is not tried again. Exit code: 0
/// it answers and all is well, 1 something is wrong with its clock, its disks or its recordings, 2 it does not answer,
/// 3 unknown (refused, busy) or not polled.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The id of a [[recorder]].
    #[arg(value_name = "RECORDER_ID")]
    recorder: String,
    #[command(flatten)]
    config: super::ConfigArg,
    /// Also ask for the oldest recordings and the days present; with the budget of requests this may take minutes.
    #[arg(long)]
    scan: bool,
    /// One JSON observation instead of text.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    // Not polled is what 3 means here, as for a probe.
    let Ok(config) = args.config.load() else { return super::exit::FAILED };
    let known = RecorderId::new(&args.recorder).ok().and_then(|id| config.inventory.recorders.get(&id));
    let Some(recorder) = known else {
        let hint = super::nearest_id(&args.recorder, config.inventory.recorders.keys().map(RecorderId::as_str));
        eprintln!("no recorder {:?} in the inventory{hint}", args.recorder);
        return super::exit::FAILED;
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return super::exit::FAILED;
        }
    };
    let (poll, reading) = runtime.block_on(poll(&config, recorder, args.scan));
    // A lookup that is still under way cannot be cancelled; nobody waits for it.
    runtime.shutdown_background();
    if args.json {
        let at = Timestamp::now();
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let observation = Observation { at, seen: Seen::Recorder(reading.seen.clone()) };
        println!("{}", serde_json::to_string(&observation).expect("an observation has string keys and finite numbers"));
    } else {
        print!("{}", told(&poll, &reading, &config));
    }
    exit_code(&reading.seen, config.probe.clock_tolerance, Timestamp::now())
}

async fn poll(config: &Config, recorder: &Recorder, scan: bool) -> (Poll, Reading) {
    // The record of a daemon beside us: what it has learnt and seen is of use, and what was refused stays refused.
    let record = Reader::open(&config.store.path).ok();
    let gate = super::probe::known_refusals(config);
    let memory = record.as_ref().and_then(|record| record.recorder(&recorder.id).ok().flatten());
    let memory = Memory::parse(memory.as_ref().and_then(|row| row.memory.as_deref()));
    let credential = config.inventory.credential(recorder.credential.as_ref());
    let today = Timestamp::now().to_zoned(config.daemon.timezone.clone()).date();
    let in_service = |camera: &&Camera| crate::daemon::in_service(camera, today);
    let mut subject = Subject::new(recorder, config.inventory.cameras.values().filter(in_service));
    for behind in subject.cameras.values_mut() {
        let presence = record.as_ref().and_then(|record| record.presence(&behind.camera).ok());
        behind.presence = presence.unwrap_or_default();
    }
    if scan {
        let minutes =
            (12 + 4 * subject.cameras.len()) / usize::try_from(recorder.requests_per_minute).unwrap_or(1).max(1);
        eprintln!(
            "asking for {} channels at {} requests a minute: about {} min, more the first time",
            subject.cameras.len(),
            recorder.requests_per_minute,
            minutes.max(1)
        );
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let poller = Poller::new(recorder, credential, &gate, memory);
    let depth = if scan { WishDepth::Scan } else { WishDepth::Metadata };
    let zone = &config.daemon.timezone;
    let poll = poller.poll(&subject.wish(depth, Timestamp::now(), zone)).await;
    let reading = reading::read(&subject, &poll.finding, poll.known_offset, Timestamp::now(), zone);
    if let Err(error) = crate::store::gate::keep(&config.store.path, &gate.drain_changes()) {
        eprintln!("what was learnt of the login is not kept: {error}");
    }
    (poll, reading)
}

fn exit_code(seen: &RecorderSeen, clock_tolerance: Duration, now: Timestamp) -> u8 {
    match seen.outcome.class() {
        Class::Path | Class::Session | Class::Media => return 2,
        Class::Blind => return 3,
        Class::Good | Class::Stream => {}
    }
    let clock = seen.clock_offset_seconds.is_some_and(|offset| offset.abs() > clock_tolerance.as_secs_f64());
    let disks = seen
        .disks
        .iter()
        .flatten()
        .any(|disk| matches!(disk.status, DiskStatus::Degraded | DiskStatus::Failed | DiskStatus::Missing));
    let gaps = |recording: &Recording| recording.gap_days.as_ref().is_some_and(|days| !days.is_empty());
    let stopped = |recording: &Recording| {
        recording.recording == Some(false) && recording.mode.is_none_or(|mode| mode == RecordMode::Continuous)
            || recording.newest.is_some_and(|newest| {
                now.duration_since(newest) > patience(recording.mode.unwrap_or(RecordMode::Continuous))
            })
    };
    let recordings = seen.recordings.iter().flatten().any(|recording| gaps(recording) || stopped(recording));
    u8::from(clock || disks || recordings)
}

/// What was found, a line each, and what was not and why.
fn told(poll: &Poll, reading: &Reading, config: &Config) -> String {
    let seen = &reading.seen;
    let finding = &poll.finding;
    let mut text = String::new();
    let mut line = |label: &str, value: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{label:<11} {value}");
    };
    let answers = match (&seen.outcome, &finding.ended_by) {
        (Outcome::Ok, None) => "ok".to_owned(),
        (outcome, Some(trouble)) => format!("{outcome}: {trouble}"),
        (outcome, None) => format!("{outcome}: {}", seen.detail.as_deref().unwrap_or("no more is known")),
    };
    line(
        "answer",
        format!(
            "{answers} ({} requests in {:.1} s, {} bytes)",
            poll.cost.requests,
            poll.took.as_secs_f64(),
            poll.cost.received_bytes
        ),
    );
    line(
        "device",
        said(&finding.device, |device| {
            let parts = [&device.vendor, &device.model, &device.firmware];
            let serial = device.serial.as_ref().map(|serial| format!("serial {serial}"));
            let parts: Vec<_> = parts.into_iter().flatten().cloned().chain(serial).collect();
            parts.join(", ")
        }),
    );
    line(
        "clock",
        said(&finding.clock, |clock| format!("{:+.1} s (± {:.1} s)", clock.offset_seconds, clock.uncertainty_seconds)),
    );
    line(
        "disks",
        said(&finding.disks, |disks| match disks.len() {
            0 => "none".to_owned(),
            count => count.to_string(),
        }),
    );
    for disk in seen.disks.iter().flatten() {
        let size = |bytes: Option<u64>| bytes.map_or("?".to_owned(), bytes_told);
        let status = serde_json::to_string(&disk.status).unwrap_or_default();
        line(
            "",
            format!(
                "{}: {}, {}, {} free",
                disk.id,
                status.trim_matches('"'),
                size(disk.capacity_bytes),
                size(disk.free_bytes)
            ),
        );
    }
    if let Some(days) = seen.forecast_days {
        line("forecast", format!("at least {days} days at the largest bit rates (a worst case)"));
    }
    line("channels", said(&finding.channels, |channels| channels.len().to_string()));
    for channel in seen.channels.iter().flatten() {
        let flag = |flag: Option<bool>, yes: &str, no: &str| flag.map(|is| if is { yes } else { no }.to_owned());
        let words: Vec<_> = [
            channel.name.clone(),
            flag(channel.online, "online", "offline"),
            flag(channel.recording, "recording", "not recording"),
            channel.bits_per_second.map(|rate| format!("{} kbit/s", rate / 1000)),
        ]
        .into_iter()
        .flatten()
        .collect();
        line("", format!("{}: {}", channel.channel, words.join(", ")));
    }
    for recording in seen.recordings.iter().flatten() {
        line("recordings", format!("{}: {}", recording.camera, recording_told(recording, &config.daemon.timezone)));
    }
    for (channel, holding) in &finding.holdings {
        if let Found::No(why) = holding {
            line("recordings", format!("channel {channel}: {why}"));
        }
    }
    for word in &finding.unknown_words {
        line("unknown", format!("{word:?} is a word that camwatch does not know; please report it"));
    }
    text
}

fn said<T>(found: &Found<T>, tell: impl FnOnce(&T) -> String) -> String {
    match found {
        Found::Yes(value) => tell(value),
        Found::No(why) => why.to_string(),
        Found::NotAsked => "not asked".to_owned(),
    }
}

fn recording_told(recording: &Recording, zone: &TimeZone) -> String {
    let local = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut words = Vec::new();
    words.extend(recording.mode.map(|mode| mode.to_string()));
    words.extend(recording.recording.map(|is| if is { "recording now" } else { "not recording now" }.to_owned()));
    words.extend(recording.oldest.map(|at| format!("from {}", local(at))));
    words.extend(recording.newest.map(|at| format!("to {}", local(at))));
    if let Some(days) = &recording.gap_days {
        let named: Vec<_> = days.iter().take(5).map(ToString::to_string).collect();
        let more = if days.len() > 5 { ", ..." } else { "" };
        words.push(match days.len() {
            0 => "no day missing".to_owned(),
            count => format!("{count} days missing: {}{more}", named.join(", ")),
        });
    }
    words.extend(recording.unknown_days.as_ref().map(|days| format!("{} days not known", days.len())));
    words.join(", ")
}

/// As people in shops count: 4.0 TB.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn bytes_told(bytes: u64) -> String {
    match bytes {
        0 => "0 B".to_owned(),
        1..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        1_000_000_000..1_000_000_000_000 => format!("{:.0} GB", bytes as f64 / 1e9),
        _ => format!("{:.1} TB", bytes as f64 / 1e12),
    }
}
