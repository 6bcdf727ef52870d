//! Closed months: what was reported is kept as it was, and what is found out later stands beside it.
//!
//! A closed month is a directory `data_dir/reports/YYYY-MM/`:
//!
//! ```text
//! dossier.json      the whole dossier, as closed
//! figures.json      its figures without `generated_at`, as RFC 8785 has JSON
//! figures.sha256    the SHA-256 of figures.json, as `sha256sum -c` reads it
//! amendments.json   corrections since, oldest first; only ever added to
//! sent.json         what became of each delivery
//! *.pdf             what was sent
//! ```
//!
//! It is made under another name and gets its own as the last step: a directory of that name is a whole one. Only the
//! daemon writes here. Knows no clock: whoever asks says what time it is.

mod amend;
mod canonical;
mod deliveries;
mod due;

#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use self::canonical::{figures, hash};
pub use self::deliveries::{Deliveries, Delivery, Ended, Verdict, Why, address_hash};
pub use self::due::{Closing, close_due, closes_at};
use super::dossier::Amendment;
use super::{Dossier, ReportError, whole_file};
use crate::config::Config;
use crate::ledger::Month;

const DOSSIER: &str = "dossier.json";
const FIGURES: &str = "figures.json";
const HASH: &str = "figures.sha256";
const AMENDMENTS: &str = "amendments.json";
const SENT: &str = "sent.json";

/// Where closed months are kept.
#[derive(Debug, Clone)]
pub struct Archive {
    root: PathBuf,
}

/// A closed month.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// As it was closed; of the amendments those of earlier months.
    pub dossier: Dossier,
    /// Of its figures; in hex.
    pub hash: String,
    /// Of this month, since it was closed.
    pub amendments: Vec<Amendment>,
}

impl Closed {
    /// What readers get now: what was kept, and what was corrected since.
    #[must_use]
    pub fn amended(self) -> Dossier {
        let mut dossier = self.dossier;
        dossier.amendments.extend(self.amendments);
        dossier
    }
}

impl Archive {
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Self { root: config.daemon.data_dir.join("reports") }
    }

    /// Whether a month is closed.
    #[must_use]
    pub fn holds(&self, month: Month) -> bool {
        let home = self.home(month);
        [DOSSIER, FIGURES, HASH].iter().all(|name| home.join(name).is_file())
    }

    /// The closed months, oldest first.
    ///
    /// # Errors
    /// Where the directory cannot be read.
    pub fn months(&self) -> Result<Vec<Month>, ReportError> {
        let entries = match fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(archive("reading the closed months in", &self.root)(source)),
        };
        let mut months: Vec<Month> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|month| self.holds(*month))
            .collect();
        months.sort_unstable();
        Ok(months)
    }

    /// A month as it was closed.
    ///
    /// # Errors
    /// Where it is not closed, cannot be read, or is not what was closed.
    pub fn open(&self, month: Month) -> Result<Closed, ReportError> {
        let dossier: Dossier = self.read(month, DOSSIER)?;
        let hash = self.hash(month)?;
        if canonical::hash(&dossier.report) != hash || dossier.report.month != month.to_string() {
            let path = self.home(month).join(DOSSIER);
            return Err(damaged(&path, "its figures are not those that were closed".to_owned()));
        }
        Ok(Closed { dossier, hash, amendments: self.amendments(month)? })
    }

    /// Keeps a month for good. One that is closed already stays as it is.
    fn keep(&self, month: Month, dossier: &Dossier, deliveries: &Deliveries) -> Result<(), ReportError> {
        if self.holds(month) {
            return Ok(());
        }
        let home = self.home(month);
        let part = self.root.join(format!(".{month}.part"));
        let failed = |source| archive("closing a month in", &home)(source);
        self.begin()?;
        match fs::remove_dir_all(&part) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => fs::create_dir(&part).map_err(failed)?,
        }
        let put = |name: &str, write: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
            let mut file = BufWriter::new(File::create(part.join(name))?);
            write(&mut file)?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
        };
        let hash = canonical::hash(&dossier.report);
        put(DOSSIER, &|out| Ok(serde_json::to_writer(out, dossier)?))
            .and_then(|()| put(FIGURES, &|out| canonical::figures(&dossier.report, out)))
            .and_then(|()| put(HASH, &|out| writeln!(out, "{hash}  {FIGURES}")))
            .and_then(|()| put(AMENDMENTS, &|out| out.write_all(b"[]\n")))
            .and_then(|()| put(SENT, &|out| deliveries.write(out)))
            .and_then(|()| whole_file::on_disk(&part))
            .and_then(|()| make_way(&home))
            .and_then(|()| fs::rename(&part, &home))
            .and_then(|()| whole_file::on_disk(&self.root))
            .map_err(failed)
    }

    /// The SHA-256 under which a month's figures were closed, in hex.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn hash(&self, month: Month) -> Result<String, ReportError> {
        let path = self.home(month).join(HASH);
        let text = fs::read_to_string(&path).map_err(archive("reading", &path))?;
        let hash = text.split_whitespace().next().unwrap_or_default();
        if hash.len() != 64 {
            return Err(damaged(&path, "it holds no SHA-256".to_owned()));
        }
        Ok(hash.to_owned())
    }

    /// When a month was closed.
    fn closed_at(&self, month: Month) -> Result<Timestamp, ReportError> {
        #[derive(Deserialize)]
        struct Head {
            report: Made,
        }
        #[derive(Deserialize)]
        struct Made {
            generated_at: Timestamp,
        }
        Ok(self.read::<Head>(month, DOSSIER)?.report.generated_at)
    }

    /// Corrections of a closed month that were noted, oldest first.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn amendments(&self, month: Month) -> Result<Vec<Amendment>, ReportError> {
        self.read_or_default(month, AMENDMENTS)
    }

    /// What became of the deliveries of a closed month.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn deliveries(&self, month: Month) -> Result<Deliveries, ReportError> {
        self.read_or_default(month, SENT)
    }

    /// Keeps what became of the deliveries of a closed month.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn keep_deliveries(&self, month: Month, deliveries: &Deliveries) -> Result<(), ReportError> {
        let path = self.home(month).join(SENT);
        whole_file::write(&path, |out| deliveries.write(out)).map_err(archive("writing", &path))
    }

    /// A file that was drawn of a closed month, or what `draw` makes, which is kept.
    ///
    /// # Errors
    /// Those of `draw`, and where it cannot be kept.
    pub fn drawn(
        &self,
        month: Month,
        name: &str,
        draw: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>,
    ) -> Result<Vec<u8>, ReportError> {
        let path = self.home(month).join(name);
        if !path.is_file() {
            whole_file::write(&path, draw)?;
        }
        fs::read(&path).map_err(archive("reading", &path))
    }

    fn home(&self, month: Month) -> PathBuf {
        self.root.join(month.to_string())
    }

    /// There is a directory to write to, for the daemon's user only.
    fn begin(&self) -> Result<(), ReportError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.root);
        made.map_err(archive("creating", &self.root))
    }

    fn read<T: DeserializeOwned>(&self, month: Month, name: &str) -> Result<T, ReportError> {
        let path = self.home(month).join(name);
        let file = File::open(&path).map_err(archive("reading", &path))?;
        serde_json::from_reader(BufReader::with_capacity(1 << 16, file)).map_err(|error| match error.io_error_kind() {
            Some(kind) => archive("reading", &path)(kind.into()),
            None => damaged(&path, error.to_string()),
        })
    }

    /// As [`Self::read`], of a file that a restored backup may lack.
    fn read_or_default<T: DeserializeOwned + Default>(&self, month: Month, name: &str) -> Result<T, ReportError> {
        if self.home(month).join(name).is_file() { self.read(month, name) } else { Ok(T::default()) }
    }
}

/// Moves aside what has a month's name and is none: whoever put it there may want it back.
fn make_way(home: &Path) -> io::Result<()> {
    let mut aside = home.to_owned();
    for n in 1.. {
        if fs::symlink_metadata(home).is_err() {
            break;
        }
        aside.set_extension(format!("incomplete-{n}"));
        if fs::symlink_metadata(&aside).is_err() {
            fs::rename(home, &aside)?;
        }
    }
    Ok(())
}

fn archive(attempted: &'static str, path: &Path) -> impl Fn(io::Error) -> ReportError {
    let path = path.display().to_string();
    move |source| ReportError::Archive { attempted, path: path.clone(), source }
}

fn damaged(path: &Path, detail: String) -> ReportError {
    ReportError::Damaged { path: path.display().to_string(), detail }
}
