//! `camwatch maintenance`: planned work.
//!
//! Written into the record itself, so it works beside a running daemon (which takes it up by itself) and without one.

use std::time::Duration;

use clap::Subcommand;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::{exit, local, print};
use crate::config::{Config, duration, nearest};
use crate::inventory::{CameraId, CommuneId, Inventory, Maintenance, Scope, SiteId};
use crate::store::{AddedMaintenance, Reader, StoreError, maintenance};

/// Plan work on a camera, site or commune
///
/// What happens within a window counts as maintenance, not as dark, and pages nobody. Windows that are known long before
/// can also stand in the configuration.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Add),
    List(List),
    End(End),
}

/// Add a window; prints its id
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: camwatch maintenance add --config camwatch.toml --site yen-lenh --from 2026-11-05T08:00 --for 3h --reason \"Thay cáp quang\""
)]
struct Add {
    #[command(flatten)]
    config: super::ConfigArg,
    #[command(flatten)]
    scope: ScopeArg,
    /// When it begins: RFC 3339, or without an offset in the daemon's time zone, as in 2026-11-05T08:00. Default: now.
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,
    /// When it ends.
    #[arg(long, value_name = "TIME", required_unless_present = "length", conflicts_with = "length")]
    to: Option<Moment>,
    /// How long it lasts, such as 30m, 3h or 2d.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    length: Option<Duration>,
    /// What is done, for those who ask later.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct ScopeArg {
    #[arg(long, value_name = "ID")]
    camera: Option<CameraId>,
    #[arg(long, value_name = "ID")]
    site: Option<SiteId>,
    #[arg(long, value_name = "ID")]
    commune: Option<CommuneId>,
}

/// List the windows that run or are to come, one a line
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    config: super::ConfigArg,
    /// Also those that are over.
    #[arg(long)]
    all: bool,
}

/// End a window now, or call it off where it has not begun
#[derive(Debug, clap::Args)]
struct End {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The number that `add` printed and `list` shows.
    id: i64,
}

/// A moment as it was typed: with an offset, or in the daemon's time zone, which is not known yet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    Exact(Timestamp),
    Local(DateTime),
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self::Exact).or_else(|_| text.parse().map(Self::Local)).map_err(|_| {
            "expected a time such as 2026-11-05T08:00 (in the daemon's time zone) or 2026-11-05T08:00:00+07:00"
                .to_owned()
        })
    }
}

impl Moment {
    pub(super) fn within(self, timezone: &TimeZone) -> Result<Timestamp, String> {
        match self {
            Self::Exact(moment) => Ok(moment),
            // A local time that occurs twice or never, when the clocks change, is asked for again with its offset.
            Self::Local(local) => timezone.to_ambiguous_timestamp(local).unambiguous().map_err(|_| {
                format!(
                    "{local} is not one moment in the daemon's time zone; write it with its offset, as in {local}+07:00"
                )
            }),
        }
    }
}

pub(crate) fn run(args: &Args) -> u8 {
    let outcome = match &args.action {
        Action::Add(args) => add(args),
        Action::List(args) => list(args),
        Action::End(args) => end(args),
    };
    match outcome {
        Ok(()) => exit::OK,
        Err(Failure { code, text }) => {
            if !text.is_empty() {
                eprintln!("{text}");
            }
            code
        }
    }
}

/// What went wrong, for a person, and the exit code.
struct Failure {
    code: u8,
    text: String,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { code: exit::FAILED, text: error.to_string() }
    }
}

fn bad(text: String) -> Failure {
    Failure { code: exit::BAD_INPUT, text }
}

fn load(config: &super::ConfigArg) -> Result<Config, Failure> {
    // The problems are on standard error already.
    config.load().map_err(|code| Failure { code, text: String::new() })
}

fn add(args: &Add) -> Result<(), Failure> {
    let config = load(&args.config)?;
    let scope = args.scope.within(&config.inventory).map_err(bad)?;
    let timezone = &config.daemon.timezone;
    let now = Timestamp::now();
    let from = args.from.map_or(Ok(now), |moment| moment.within(timezone)).map_err(bad)?;
    let to = match (args.to, args.length) {
        (Some(moment), _) => moment.within(timezone).map_err(bad)?,
        (None, Some(length)) => {
            from.checked_add(length).map_err(|_| bad("--for ends beyond the calendar".to_owned()))?
        }
        (None, None) => unreachable!("the command line asks for --to or --for"),
    };
    if to <= from {
        return Err(bad(format!("--to {} is not after --from {}", local(to, timezone), local(from, timezone))));
    }
    let window = Maintenance { scope, from, to, reason: args.reason.clone() };
    let id = maintenance::add(&config.store.path, &window, now)?;
    eprintln!("{}", line(&AddedMaintenance { id, window, added_at: now }, timezone));
    print(&format!("{id}\n"));
    Ok(())
}

fn list(args: &List) -> Result<(), Failure> {
    let config = load(&args.config)?;
    let now = Timestamp::now();
    let added = match Reader::open(&config.store.path) {
        Ok(reader) => reader.maintenance()?,
        // Nothing was ever added; that is no failure.
        Err(StoreError::Missing { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let timezone = &config.daemon.timezone;
    let mut text = String::new();
    for one in added.iter().filter(|one| args.all || one.window.to > now) {
        text.push_str(&line(one, timezone));
        text.push('\n');
    }
    for window in config.inventory.maintenance.iter().filter(|window| args.all || window.to > now) {
        text.push_str(&described("configured", window, timezone));
        text.push('\n');
    }
    if text.is_empty() {
        eprintln!("no maintenance runs or is planned");
    }
    print(&text);
    Ok(())
}

fn end(args: &End) -> Result<(), Failure> {
    let config = load(&args.config)?;
    if let Err(error @ StoreError::Missing { .. }) = Reader::open(&config.store.path) {
        return Err(bad(format!("there is no maintenance {}: {error}", args.id)));
    }
    let now = Timestamp::now();
    let Some(ended) = maintenance::end(&config.store.path, args.id, now)? else {
        return Err(bad(format!(
            "there is no maintenance {}; `camwatch maintenance list` shows those that run or are to come (those of the \
             configuration end there)",
            args.id
        )));
    };
    if ended.window.to == ended.window.from {
        eprintln!("maintenance {} was called off", ended.id);
    } else {
        eprintln!("{}", line(&ended, &config.daemon.timezone));
    }
    Ok(())
}

impl ScopeArg {
    fn within(&self, inventory: &Inventory) -> Result<Scope, String> {
        let unknown = |what, id: &str, hint: String| Err(format!("there is no {what} {id:?} in the inventory, {hint}"));
        match self {
            Self { camera: Some(id), .. } if inventory.cameras.contains_key(id) => Ok(Scope::Camera(id.clone())),
            Self { site: Some(id), .. } if inventory.sites.contains_key(id) => Ok(Scope::Site(id.clone())),
            Self { commune: Some(id), .. } if inventory.communes.contains_key(id) => Ok(Scope::Commune(id.clone())),
            Self { camera: Some(id), .. } => {
                unknown("camera", id.as_str(), nearest(id.as_str(), inventory.cameras.keys().map(CameraId::as_str)))
            }
            Self { site: Some(id), .. } => {
                unknown("site", id.as_str(), nearest(id.as_str(), inventory.sites.keys().map(SiteId::as_str)))
            }
            Self { commune: Some(id), .. } => {
                unknown("commune", id.as_str(), nearest(id.as_str(), inventory.communes.keys().map(CommuneId::as_str)))
            }
            _ => unreachable!("the command line asks for one of the three"),
        }
    }
}

fn line(added: &AddedMaintenance, timezone: &TimeZone) -> String {
    described(&added.id.to_string(), &added.window, timezone)
}

fn described(id: &str, window: &Maintenance, timezone: &TimeZone) -> String {
    let (scope, subject) = window.scope.named();
    let (from, to) = (local(window.from, timezone), local(window.to, timezone));
    format!("{id}\t{scope} {subject}\t{from}\t{to}\t{}", window.reason.replace(['\t', '\n', '\r'], " "))
}
