//! What the operator's files mean.
//!
//! Two layers: what was written, with the position of every value, and [`Config`], what it means with every default and
//! override applied. One pass finds every problem. Knows the inventory's types; opens no sockets.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use crate::inventory::{Depth, HostPort, Inventory, Language, Transport};
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
    /// The SQLite file, absolute or made so under `data_dir`.
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
}

#[derive(Debug, Clone, PartialEq)]
pub struct TlsServer {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    pub client_ca_file: Option<PathBuf>,
}

/// Who makes the monthly report and when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    pub issuer: Option<String>,
    pub place: Option<String>,
    pub signer: Option<String>,
    pub recipients: Vec<String>,
    /// Day of month, 1 to 28.
    pub day: Option<u8>,
}

/// Something wrong (or unwise) in a file, and what is expected instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// `problem, and what is expected`.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.text)
    }
}

/// Every problem of a configuration, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl Config {
    /// Reads the file, the inventory that it names, and every secret that they point to.
    ///
    /// # Errors
    /// Every problem of every file at once.
    pub fn load(file: &Path) -> Result<Self, Problems> {
        let _ = file;
        todo!()
    }
}
