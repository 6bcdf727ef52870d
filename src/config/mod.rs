//! What the operator's files mean.
//!
//! Two layers: what was written, with the position of every value, and [`Config`], what it means with every default and
//! override applied. One pass finds every problem. Knows the inventory's types; opens no sockets.

mod advice;
mod channels;
mod entries;
mod files;
mod problem;
mod raw;
mod read;
mod secrets;
mod settings;
mod value;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use self::advice::ProbePlaces;
use self::entries::Written;
use self::problem::{At, Log, Mark};
pub use self::problem::{Problem, Problems};
use self::raw::Document;
pub(crate) use self::read::nearest;
use self::secrets::Secrets;
use self::value::FilePath;
use crate::inventory::{ChannelId, Depth, HostPort, Inventory, Language, Transport};
use crate::secret::Secret;

/// The whole configuration, valid.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file that was named on the command line.
    pub file: PathBuf,
    pub daemon: Daemon,
    pub store: Store,
    pub probe: Probe,
    pub alert: Alert,
    pub metrics: Metrics,
    pub web: Web,
    pub report: Report,
    pub inventory: Inventory,
    /// What is allowed but unwise; `check` prints these, the daemon logs them.
    pub warnings: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Daemon {
    pub listen: SocketAddr,
    pub data_dir: PathBuf,
    pub timezone: TimeZone,
    pub language: Language,
    /// Addresses beyond the monitor's own line; when all are silent the monitor is cut off.
    pub references: Vec<HostPort>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// The `SQLite` file, absolute or made so under `data_dir`.
    pub path: PathBuf,
    pub keep_observations: Duration,
    /// Where a province's record is forwarded to. May hold a password.
    pub forward: Option<Secret>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    pub interval: Duration,
    pub timeout: Duration,
    pub confirm: u32,
    pub recheck: Duration,
    pub recover: u32,
    pub picture_confirm: u32,
    pub depth: Depth,
    pub picture_interval: Duration,
    pub metadata_interval: Duration,
    /// Minutes after local midnight.
    pub retention_scan: crate::inventory::MinuteOfDay,
    pub clock_tolerance: Duration,
    pub transport: Transport,
    pub max_concurrent: u32,
    pub max_concurrent_per_site: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    Embedded,
    Prometheus,
    Push,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub owner: Owner,
    pub group_wait: Duration,
    pub repeat: Duration,
    pub unknown_after: Duration,
    pub heartbeat_url: Option<Url>,
    pub alertmanagers: Vec<Url>,
    /// What Alertmanager shows as its bearer token. Without it `[web]` alone says who may send alerts.
    pub webhook_token: Option<Secret>,
    /// Where phones reach this daemon: what links in messages begin with. Without it messages carry reply codes alone.
    pub public_url: Option<Url>,
    /// How long an acknowledgement holds.
    pub ack_expires: Duration,
    /// When in the day digests go out.
    pub digest: crate::inventory::MinuteOfDay,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metrics {
    pub detail: bool,
}

/// Key names are those of Prometheus' web configuration.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Web {
    pub tls_server_config: Option<TlsServer>,
    /// User name and bcrypt hash.
    pub basic_auth_users: Vec<(String, Secret)>,
    pub insecure: bool,
    /// Users who may act, where not all who sign in may.
    pub operators: Option<Vec<String>>,
    /// Whether cameras' pages show what they see, to those who signed in.
    pub snapshots: bool,
    /// What maps are drawn on; `None`: on nothing, and no page asks anybody else for anything.
    pub tiles: Option<Tiles>,
}

/// Where the tiles of maps come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiles {
    /// A URL with `{z}`, `{x}` and `{y}` in it, as of `OpenStreetMap`'s slippy maps.
    pub template: String,
    /// `https://tiles.example`: what a page's policy allows pictures from.
    pub origin: String,
    /// Who made them, which most makers want to see beside the map.
    pub attribution: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TlsServer {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    pub client_ca_file: Option<PathBuf>,
}

/// Who makes the monthly report, when, and who is sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub issuer: Option<String>,
    /// The body above the issuer.
    pub superior: Option<String>,
    pub place: Option<String>,
    pub signer: Option<String>,
    pub signer_title: Option<String>,
    /// In whose stead it is signed.
    pub sign_mode: Option<String>,
    /// The lines of "Nơi nhận".
    pub recipients: Vec<String>,
    /// The acts that it is made under.
    pub basis: Vec<String>,
    /// Over how many months what a camera cost is spread.
    pub service_life_months: u32,
    /// Day of month, 1 to 28. Without it no month is closed and nothing is sent.
    pub day: Option<u8>,
    /// When on that day.
    pub at: crate::inventory::MinuteOfDay,
    /// Who is sent the communes' reports.
    pub email: Vec<String>,
    /// What reports go by: a channel of kind `email`.
    pub channel: Option<ChannelId>,
}

impl Default for Report {
    /// As an empty `[report]` has it.
    fn default() -> Self {
        settings::report(None, &[], &mut Log::default())
    }
}

/// A duration as the files have it, such as `30s`, `5m`, `2h` or `30d`; otherwise what is expected.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    read::Text::from_text(text)
}

impl Config {
    /// Reads the file, the inventory that it names, and every secret that they point to.
    ///
    /// # Errors
    /// Every problem of every file at once.
    pub fn load(file: &Path) -> Result<Self, Problems> {
        let mut log = Log::default();
        let remedy = "the path of a configuration: an empty file is one, since every setting has a default";
        let main =
            files::text_of(file, &mut log, remedy).map(|(number, text)| files::document(number, &text, &mut log));
        let Some(mut main) = main else { return Err(log.verdict().expect_err("an unreadable file is a problem")) };
        let mut written = Written::default();
        written.take(&mut main);
        for mut document in inventory_files(&main, file, written.is_empty(), &mut log) {
            written.take(&mut document);
        }
        Self::of(file, main, &written, &mut log)
    }

    /// Reads a configuration that stands in one text, as if it were this file. Of other files only the secrets and
    /// certificates that it points to are read: `inventory` is not followed.
    ///
    /// # Errors
    /// Every problem of the text at once.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Problems> {
        let mut log = Log::default();
        let number = log.add(file, text);
        let mut main = files::document(number, text, &mut log);
        let mut written = Written::default();
        written.take(&mut main);
        Self::of(file, main, &written, &mut log)
    }

    fn of(file: &Path, main: Document, written: &Written, log: &mut Log) -> Result<Self, Problems> {
        let places = ProbePlaces::of(main.probe.as_ref().map(|at| &at.value));
        let probe = settings::probe(main.probe.map(|at| at.value), log);
        let secrets = Secrets::of_process();
        let inventory = entries::inventory(written, &probe, &secrets, log);
        let raw_daemon = main.daemon.map(|at| at.value);
        let web = settings::web(main.web.map(|at| at.value), raw_daemon.as_ref(), log);
        let daemon = settings::daemon(raw_daemon, log);
        let store = settings::store(main.store.map(|at| at.value), &daemon.data_dir);
        let alert = settings::alert(main.alert.map(|at| at.value), &secrets, log);
        advice::advise(&inventory, &probe, places, written, log);
        Ok(Self {
            file: file.to_owned(),
            daemon,
            store,
            probe,
            alert,
            metrics: settings::metrics(main.metrics.map(|at| at.value)),
            web,
            report: settings::report(main.report.map(|at| at.value), &written.channels, log),
            inventory,
            warnings: log.verdict()?,
        })
    }
}

/// Where the inventory is looked for when nothing is said; there need be none.
const INVENTORY: &str = "inventory/*.toml";

/// Every file that `[daemon] inventory` names, read.
fn inventory_files(main: &Document, main_path: &Path, main_has_none: bool, log: &mut Log) -> Vec<Document> {
    let patterns = main.daemon.as_ref().and_then(|daemon| daemon.value.inventory.as_ref());
    let default = At { value: FilePath(INVENTORY.to_owned()), mark: Mark::start(0) };
    let (patterns, written) = match patterns {
        Some(patterns) => (patterns.value.as_slice(), true),
        None => (std::slice::from_ref(&default), false),
    };
    let itself = main_path.canonicalize().ok();
    let mut read: Vec<PathBuf> = Vec::new();
    let mut documents = Vec::new();
    for pattern in patterns {
        let Some(paths) = files::matching(pattern, log) else { continue };
        if paths.is_empty() && written {
            let text = format!("inventory {:?} matches no file, expected at least one", pattern.value.0);
            // A * that matches nothing may be meant where this very file holds an inventory.
            if main_has_none || !files::is_pattern(&pattern.value.0) {
                log.problem(pattern.mark, text);
            } else {
                log.warning(pattern.mark, text);
            }
        }
        for path in paths {
            let canonical = path.canonicalize().ok();
            if canonical.is_some() && canonical == itself || read.contains(&path) {
                continue;
            }
            if let Some((number, text)) = files::text_of(&path, log, "a file of inventory") {
                let document = files::document(number, &text, log);
                refuse_settings(&document, log);
                documents.push(document);
            }
            read.push(path);
        }
    }
    documents
}

/// Settings stand in one file, so that nobody has to look for them in many.
fn refuse_settings(document: &Document, log: &mut Log) {
    macro_rules! refuse {
        ($($table:ident),*) => {$(
            if let Some(table) = &document.$table {
                log.problem(
                    table.mark,
                    concat!("[", stringify!($table), "] is no inventory, expected it in the file that names this one"),
                );
            }
        )*};
    }
    refuse!(daemon, store, probe, alert, metrics, web, report);
}
