//! `camwatch status`: the present state of every camera.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};

use jiff::{Timestamp, Unit};
use reqwest::Method;

use super::ask::{NoAnswer, ask};
use crate::config::Config;
use crate::inventory::CameraId;
use crate::observation::{Cause, State};
use crate::snapshot::{CameraStatus, RecorderStatus};
use crate::store::Reader;

/// Show the present state of every camera, worst first
///
/// Asks the running daemon; where none answers, shows what the record last knew, as unknown. Recorders that need a look
/// stand below, with channels that have no camera in the inventory and cameras that no channel shows.
/// Exit code: that of the worst state: 0 up, 1 degraded, 2 dark, 3 unknown.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// One JSON array of the cameras instead of tables.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    // Not known is what 3 means here, as for a probe.
    let Ok(config) = args.config.load() else { return 3 };
    let Answer { mut cameras, recorders } = match ask(&config, Method::GET, "/api/v1/cameras") {
        Ok(answer) => answer,
        Err(why) => {
            eprintln!("camwatch: {why}; showing what the record holds");
            Answer { cameras: from_record(&config, matches!(why, NoAnswer::WantsLogin { .. })), recorders: Vec::new() }
        }
    };
    cameras.sort_by(|a, b| (rank(a.state), &a.site, &a.camera).cmp(&(rank(b.state), &b.site, &b.camera)));
    let text = if args.json {
        match serde_json::to_string(&cameras) {
            Ok(json) => json + "\n",
            Err(error) => {
                eprintln!("camwatch: cannot write the states as JSON: {error}");
                return 3;
            }
        }
    } else {
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        table(&cameras, colour, Timestamp::now())
            + &falling_lines(&cameras)
            + &recorder_lines(&recorders, Timestamp::now())
    };
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    exit_code(&cameras)
}

/// That of the worst state; planned work is nothing bad.
fn exit_code(cameras: &[CameraStatus]) -> u8 {
    match cameras.iter().map(|camera| camera.state).min_by_key(|state| rank(*state)) {
        Some(State::Dark) => 2,
        Some(State::Unknown) => 3,
        Some(State::Degraded) => 1,
        Some(State::Up | State::Maintenance) | None => 0,
    }
}

/// Worst first.
fn rank(state: State) -> u8 {
    match state {
        State::Dark => 0,
        State::Unknown => 1,
        State::Degraded => 2,
        State::Maintenance => 3,
        State::Up => 4,
    }
}

/// The body of `/api/v1/cameras`, as far as it is needed here.
#[derive(serde::Deserialize)]
struct Answer {
    cameras: Vec<CameraStatus>,
    recorders: Vec<RecorderStatus>,
}

/// What the record last knew. Where no daemon runs nobody has looked since, and each camera is unknown.
fn from_record(config: &Config, may_run: bool) -> Vec<CameraStatus> {
    let last = Reader::open(&config.store.path).and_then(|reader| reader.resume());
    let (alive, changes) = match last {
        Ok(resume) => (resume.last_alive, resume.cameras),
        Err(error) => {
            eprintln!("camwatch: {error}");
            (None, Vec::new())
        }
    };
    if let Some(alive) = alive {
        eprintln!("camwatch: the record ends at {alive}");
    }
    let today = Timestamp::now().to_zoned(config.daemon.timezone.clone()).date();
    let inventory = &config.inventory;
    // A daemon that runs writes into the record at least each second.
    let fresh = may_run && alive.is_some_and(|alive| Timestamp::now().duration_since(alive).as_secs() < 5);
    inventory
        .cameras
        .values()
        .filter(|camera| crate::daemon::in_service(camera, today))
        .filter_map(|camera| {
            let known = changes.iter().find(|change| change.camera == camera.id);
            let (state, cause, since) = match known {
                Some(change) if fresh => (change.state, change.cause, Some(change.since)),
                _ => (State::Unknown, Some(Cause::MonitorDown), alive),
            };
            Some(CameraStatus {
                name: camera.name.clone(),
                funded: inventory.is_funded(camera),
                state,
                cause,
                since,
                detail: known.filter(|_| !fresh).map(|change| format!("was {}", change.state)),
                ..CameraStatus::unseen(&camera.id, &camera.site, inventory.commune_of(&camera.id)?)
            })
        })
        .collect()
}

fn table(cameras: &[CameraStatus], colour: bool, now: Timestamp) -> String {
    let width = |of: fn(&CameraStatus) -> &str, head: &str| {
        cameras.iter().map(|camera| of(camera).chars().count()).chain([head.len()]).max().unwrap_or(0)
    };
    let (id, site) = (width(|c| c.camera.as_str(), "CAMERA"), width(|c| c.site.as_str(), "SITE"));
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ =
        writeln!(text, "{:<11}  {:<id$}  {:<site$}  {:>7}  {:<18}  NAME", "STATE", "CAMERA", "SITE", "FOR", "CAUSE");
    for camera in cameras {
        let state = format!("{:<11}", camera.state.as_str());
        let state = match (colour, camera.state) {
            (false, _) => state,
            (true, State::Dark) => format!("\x1b[1;31m{state}\x1b[0m"),
            (true, State::Unknown) => format!("\x1b[35m{state}\x1b[0m"),
            (true, State::Degraded) => format!("\x1b[33m{state}\x1b[0m"),
            (true, State::Maintenance) => format!("\x1b[36m{state}\x1b[0m"),
            (true, State::Up) => format!("\x1b[32m{state}\x1b[0m"),
        };
        let since = camera.since.map_or_else(|| "-".to_owned(), |since| how_long(since, now));
        let cause = camera.cause.map_or("", Cause::as_str);
        let funded = if camera.funded { "" } else { " (private)" };
        let _ = writeln!(
            text,
            "{state}  {:<id$}  {:<site$}  {since:>7}  {cause:<18}  {}{funded}",
            camera.camera.as_str(),
            camera.site.as_str(),
            camera.name
        );
    }
    let count = |state| cameras.iter().filter(|camera| camera.state == state).count();
    let mut parts = Vec::new();
    for state in [State::Dark, State::Unknown, State::Degraded, State::Maintenance, State::Up] {
        if count(state) > 0 {
            parts.push(format!("{} {state}", count(state)));
        }
    }
    let cameras = cameras.len();
    let _ = writeln!(text, "{cameras} camera{}: {}", if cameras == 1 { "" } else { "s" }, parts.join(", "));
    text
}

/// A line for each camera whose recordings reach back less and less: a warning before that breaks a requirement.
fn falling_lines(cameras: &[CameraStatus]) -> String {
    let mut text = String::new();
    for camera in cameras {
        let Some(recording) = camera.recording.as_ref().filter(|recording| recording.falling) else { continue };
        let days = |seconds: Option<u64>| seconds.map_or(0, |seconds| seconds / 86_400);
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "recordings of {} reach back less than a week ago: {} days, of {} required",
            camera.camera,
            days(recording.span_seconds),
            days(recording.required_seconds)
        );
    }
    text
}

/// A line for each recorder that needs a look, and how many need none.
fn recorder_lines(recorders: &[RecorderStatus], now: Timestamp) -> String {
    let mut text = String::new();
    let mut sound = 0;
    for recorder in recorders {
        let mut wrong = Vec::new();
        match (recorder.up, recorder.cause) {
            (Some(true), Some(cause)) => wrong.push(cause.to_string()),
            (Some(true), None) => {}
            (Some(false), cause) => wrong.push(format!("does not answer ({})", cause.map_or("?", Cause::as_str))),
            (None, Some(cause)) => wrong.push(format!("unknown ({cause})")),
            (None, None) => wrong.push("not known yet".to_owned()),
        }
        if let (false, Some(since)) = (wrong.is_empty(), recorder.since) {
            wrong[0] += " for ";
            wrong[0] += &how_long(since, now);
        }
        if let Some(serial) = &recorder.replaced_serial {
            wrong.push(format!("device replaced, was {serial}"));
        }
        if !recorder.channels_without_camera.is_empty() {
            let channels: Vec<_> = recorder.channels_without_camera.iter().map(u32::to_string).collect();
            wrong.push(format!("no camera in the inventory for channel {}", channels.join(", ")));
        }
        if !recorder.cameras_without_channel.is_empty() {
            let cameras: Vec<_> = recorder.cameras_without_channel.iter().map(CameraId::as_str).collect();
            wrong.push(format!("shows no channel for {}", cameras.join(", ")));
        }
        if let Some(days) = recorder.forecast_days.filter(|_| recorder.forecast_short) {
            wrong.push(format!("its disks may hold only {days} days, less than required"));
        }
        wrong.extend(recorder.detail.clone());
        if wrong.is_empty() {
            sound += 1;
        } else {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "recorder {} ({}): {}", recorder.recorder, recorder.site, wrong.join("; "));
        }
    }
    if !recorders.is_empty() {
        let s = if recorders.len() == 1 { "" } else { "s" };
        let _ = writeln!(text, "{} recorder{s}: {sound} without a finding", recorders.len());
    }
    text
}

/// Two units at most: `3d 4h`, `12m 5s`.
fn how_long(since: Timestamp, now: Timestamp) -> String {
    let seconds = now.since((Unit::Second, since)).map_or(0, |span| span.get_seconds()).max(0);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m {}s", seconds % 60),
        (0, ..) => format!("{hours}h {minutes}m"),
        _ => format!("{days}d {hours}h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{CommuneId, SiteId};

    fn status(id: &str, state: State) -> CameraStatus {
        let unseen = CameraStatus::unseen(
            &CameraId::new(id).unwrap(),
            &SiteId::new("s").unwrap(),
            &CommuneId::new("c").unwrap(),
        );
        CameraStatus { state, ..unseen }
    }

    #[test]
    fn the_exit_code_is_that_of_the_worst_state_and_dark_is_worse_than_unknown() {
        let code = |states: &[State]| exit_code(&states.iter().map(|state| status("a", *state)).collect::<Vec<_>>());
        assert_eq!(code(&[]), 0);
        assert_eq!(code(&[State::Up, State::Maintenance]), 0);
        assert_eq!(code(&[State::Up, State::Degraded]), 1);
        assert_eq!(code(&[State::Unknown, State::Degraded]), 3);
        assert_eq!(code(&[State::Unknown, State::Dark]), 2);
    }

    #[test]
    fn a_time_is_told_in_two_units_at_most() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let told = |seconds: i64| how_long(now - jiff::SignedDuration::from_secs(seconds), now);
        assert_eq!([told(5), told(65), told(3700), told(100_000)], ["5s", "1m 5s", "1h 1m", "1d 3h"]);
    }
}
