//! What is read from the record now and then while the daemon runs: uptime over the look-back windows, how recordings
//! stand, and maintenance that was added by command. On a thread where waiting for the disk delays nobody.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{mpsc, watch};

use super::watch::Command;
use crate::config::Config;
use crate::store::{Reader, StoreError};

/// How often somebody may have added maintenance.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The windows are added up again after so many looks: about each minute.
const WINDOWS_EVERY: u32 = 30;
/// And after so many looks, for a record that was empty at the start: its first figures need not take a minute.
const WINDOWS_SOON: u32 = 5;

pub(super) async fn run(
    record: PathBuf,
    config: watch::Receiver<Arc<Config>>,
    commands: mpsc::Sender<Command>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut version = None;
    let mut turn = 0u32;
    let mut every = tokio::time::interval(LOOK_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => return,
            _ = every.tick() => {}
        }
        let windows = turn.is_multiple_of(WINDOWS_EVERY) || turn == WINDOWS_SOON;
        turn = turn.wrapping_add(1);
        let (path, config) = (record.clone(), config.borrow().clone());
        let read = tokio::task::spawn_blocking(move || look(&path, &config, version, windows)).await;
        match read {
            Ok(Ok((now_version, orders))) => {
                version = Some(now_version);
                for order in orders {
                    // A watch that is gone is stopping.
                    let _ = commands.send(order).await;
                }
            }
            Ok(Err(error)) => tracing::warn!(%error, "the record could not be read; tried again in a moment"),
            Err(error) => tracing::error!(%error, "reading the record failed by a fault of camwatch"),
        }
    }
}

fn look(record: &Path, config: &Config, known: Option<i64>, windows: bool) -> Result<(i64, Vec<Command>), StoreError> {
    let reader = Reader::open(record)?;
    let mut orders = Vec::new();
    let version = reader.maintenance_version()?;
    if known != Some(version) {
        orders.push(Command::Maintenance(reader.maintenance()?.into_iter().map(|added| added.window).collect()));
    }
    if windows {
        let now = Timestamp::now();
        let windows = Arc::new(crate::report::windows(config, &reader, now)?);
        let recordings = Arc::new(crate::report::recordings(config, &reader, now)?);
        orders.push(Command::Lookback { windows, recordings });
    }
    Ok((version, orders))
}
