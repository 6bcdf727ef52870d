//! Corrections: what the record says now of a closed month, held against what was closed.

use std::collections::BTreeMap;
use std::fs::File;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::super::book::Book;
use super::super::dossier::Amendment;
use super::super::{ReportError, whole_file};
use super::{AMENDMENTS, Archive, FIGURES, archive};
use crate::config::Config;
use crate::inventory::CameraId;
use crate::ledger::{self, Month, Tally};
use crate::store::{Reader, StoreError};

/// Of `figures.json`, what can be corrected.
#[derive(Deserialize)]
struct Kept {
    timezone: String,
    cameras: Vec<KeptCamera>,
}

#[derive(Deserialize)]
struct KeptCamera {
    camera: CameraId,
    up_seconds: u64,
    degraded_seconds: u64,
    dark_seconds: u64,
    unknown_seconds: u64,
    maintenance_seconds: u64,
}

impl KeptCamera {
    fn tally(&self) -> Tally {
        Tally {
            up: self.up_seconds,
            degraded: self.degraded_seconds,
            dark: self.dark_seconds,
            unknown: self.unknown_seconds,
            maintenance: self.maintenance_seconds,
        }
    }
}

impl Archive {
    /// What the record says otherwise than what is known of a closed month, as corrections made at `at`. Notes nothing.
    ///
    /// A camera that the inventory has lost, or has gained since, corrects nothing; nor does a record that begins after
    /// the month.
    ///
    /// # Errors
    /// Where the month or the record cannot be read.
    pub fn corrections(
        &self,
        config: &Config,
        reader: &Reader,
        month: Month,
        at: Timestamp,
    ) -> Result<Vec<Amendment>, ReportError> {
        let kept: Kept = self.read(month, FIGURES)?;
        let mut known: BTreeMap<CameraId, Tally> =
            kept.cameras.iter().map(|camera| (camera.camera.clone(), camera.tally())).collect();
        for amendment in self.amendments(month)? {
            known.insert(amendment.camera, amendment.after);
        }
        let timezone = TimeZone::get(&kept.timezone).unwrap_or_else(|_| config.daemon.timezone.clone());
        let period = month.span(&timezone);
        let mut found = Vec::new();
        reader.at_one_moment(|reader| {
            let book = Book::open(config, reader)?;
            if book.extent().is_none_or(|record| record.from >= period.to) {
                return Ok(());
            }
            for (camera, before) in known {
                let Some(of_inventory) = config.inventory.cameras.get(&camera) else { continue };
                let span = period.and(ledger::service(of_inventory, &timezone));
                let after = book.timeline(reader, of_inventory, span)?.tally(span);
                if after != before {
                    found.push(Amendment { month: month.to_string(), made_at: at, camera, before, after });
                }
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(found)
    }

    /// Notes the corrections of a closed month that there are by now. Those that were noted stay.
    ///
    /// # Errors
    /// Where the month or the record cannot be read, or they cannot be written.
    pub fn amend(
        &self,
        config: &Config,
        reader: &Reader,
        month: Month,
        at: Timestamp,
    ) -> Result<Vec<Amendment>, ReportError> {
        let _one = self.one_at_a_time()?;
        let found = self.corrections(config, reader, month, at)?;
        if !found.is_empty() {
            let mut all = self.amendments(month)?;
            all.extend(found.iter().cloned());
            let path = self.home(month).join(AMENDMENTS);
            whole_file::write(&path, |out| {
                serde_json::to_writer_pretty(&mut *out, &all)?;
                out.write_all(b"\n")
            })
            .map_err(archive("writing", &path))?;
        }
        Ok(found)
    }

    /// Held while something is added to what was read: the daemon's job and its web may both find the same correction.
    fn one_at_a_time(&self) -> Result<File, ReportError> {
        let path = self.root.join(".lock");
        let open = || {
            let lock = File::options().create(true).truncate(false).write(true).open(&path)?;
            lock.lock()?;
            Ok(lock)
        };
        open().map_err(archive("locking", &path))
    }
}
