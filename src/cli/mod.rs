//! The command line: one file a command. Prints, never decides.
//!
//! Standard output carries results, standard error logs and progress.

mod ask;
mod check;
mod completions;
mod credential;
mod demo;
mod discover;
mod enrol;
mod incident;
mod maintenance;
mod notify_test;
mod probe;
mod recorder;
mod replay;
mod report;
mod roster;
mod run;
mod simulate;
mod status;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Exit codes that several commands share.
pub(crate) mod exit {
    pub(crate) const OK: u8 = 0;
    pub(crate) const BAD_INPUT: u8 = 2;
    pub(crate) const FAILED: u8 = 3;
}

/// Watches the cameras that a community paid for: which are dark, since when and why.
#[derive(Debug, Parser)]
#[command(name = "camwatch", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// How log lines on standard error look. `RUST_LOG` chooses which there are (default: info).
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Args),
    Demo(demo::Args),
    Check(check::Args),
    Probe(probe::Args),
    Discover(discover::Args),
    Recorder(recorder::Args),
    Status(status::Args),
    Report(report::Args),
    Replay(replay::Args),
    Roster(roster::Args),
    Maintenance(maintenance::Args),
    NotifyTest(notify_test::Args),
    Incident(incident::Args),
    Enrol(enrol::Args),
    Credential(credential::Args),
    Simulate(simulate::Args),
    Completions(completions::Args),
}

/// `--config`, as every command takes it.
#[derive(Debug, Args)]
pub(crate) struct ConfigArg {
    /// The configuration file (TOML).
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: PathBuf,
}

impl ConfigArg {
    /// The configuration, or every problem of it on standard error and the exit code for that.
    pub(crate) fn load(&self) -> Result<crate::config::Config, u8> {
        crate::config::Config::load(&self.config).map_err(|problems| {
            eprintln!("{problems}");
            exit::BAD_INPUT
        })
    }
}

/// A result on standard output. A reader that has seen enough is no failure.
fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A moment to the second, in the daemon's time zone.
fn local(at: Timestamp, timezone: &TimeZone) -> String {
    at.to_zoned(timezone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// What follows "no such id": the one of those known that is spelt most like it.
fn nearest_id<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> String {
    let nearest = known.max_by(|a, b| strsim::jaro(a, word).total_cmp(&strsim::jaro(b, word)));
    nearest.map_or_else(String::new, |id| format!("; the nearest id is {id:?}"))
}

/// Runs the command that was asked for.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    // The demo tells its story itself; log lines of the same events would drown it.
    let level = if matches!(cli.command, Command::Demo(_)) { "error" } else { "info" };
    start_logging(cli.log_format, level);
    ExitCode::from(match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Discover(args) => discover::run(&args),
        Command::Recorder(args) => recorder::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Roster(args) => roster::run(&args),
        Command::Maintenance(args) => maintenance::run(&args),
        Command::NotifyTest(args) => notify_test::run(&args),
        Command::Incident(args) => incident::run(&args),
        Command::Enrol(args) => enrol::run(&args),
        Command::Credential(args) => credential::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Completions(args) => completions::run(&args),
    })
}

/// `RUST_LOG` is a list of `TARGET=LEVEL` and `LEVEL`. retina writes whole SDP bodies at `warn`: one odd camera would
/// fill the journal.
fn start_logging(format: LogFormat, level: &str) {
    use std::io::IsTerminal as _;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
    use tracing_subscriber::util::SubscriberInitExt as _;

    let default = || format!("{level},retina=off").parse::<Targets>().expect("a level and a target");
    let asked = std::env::var("RUST_LOG").ok().filter(|asked| !asked.is_empty());
    let (filter, wrong) = match asked.as_deref().map(str::parse::<Targets>) {
        None => (default(), None),
        Some(Ok(filter)) => (filter, None),
        Some(Err(error)) => (default(), Some(error)),
    };
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(colour);
    let lines = match format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    tracing_subscriber::registry().with(lines).init();
    if let Some(error) = wrong {
        tracing::warn!(%error, "RUST_LOG cannot be read and is ignored; it is written like warn,camwatch::probe=debug");
    }
}
