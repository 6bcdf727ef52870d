//! Posts incidents to every Alertmanager: `[alert] owner = "push"`.
//!
//! As Prometheus does it: all that fires is sent again each minute and at once when something changes; what is over is sent
//! for a quarter of an hour. Each Alertmanager is served by a task of its own that always takes the newest state of
//! everything, so that one that is slow or gone holds up no other and nothing piles up for it. After a restart it goes on
//! from the record. On shutdown nothing is ended: the cameras are as dark as before.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use url::Url;

use super::alert::{Alert, Labels};
use crate::config::{Config, Owner};
use crate::snapshot::Snapshot;
use crate::store::Reader;
use crate::telemetry::Telemetry;

/// How often everything is sent again.
const AGAIN: Duration = Duration::from_secs(60);
/// How long an alert that is over is sent.
const SENT_WHEN_OVER: SignedDuration = SignedDuration::from_mins(15);
/// Alerts in one request.
const BATCH: usize = 256;
/// Alerts in all; more are too many for people, and the widest come first.
const MOST: usize = 10_000;
/// For one request.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Everything that fires or is over since a short while, in the order in which it is sent.
type Standing = Arc<Vec<Alert>>;

/// What was told, by its labels.
#[derive(Debug, Default)]
struct Told {
    alerts: BTreeMap<Labels, Alert>,
}

impl Told {
    /// Brings it up to date; `true` where something began or ended.
    fn update(&mut self, open: Vec<Alert>, now: Timestamp) -> bool {
        let mut fires: BTreeMap<Labels, Alert> = BTreeMap::new();
        for alert in open {
            // Two incidents with the same labels are one alert, and it began with the first.
            fires
                .entry(alert.labels.clone())
                .and_modify(|one| one.starts_at = one.starts_at.min(alert.starts_at))
                .or_insert(alert);
        }
        let mut changed = false;
        for (labels, alert) in &mut self.alerts {
            if alert.ended_at.is_none() && !fires.contains_key(labels) {
                alert.ended_at = Some(now);
                changed = true;
            }
        }
        for (labels, alert) in fires {
            let before = self.alerts.insert(labels, alert);
            changed |= before.is_none_or(|before| before.ended_at.is_some());
        }
        self.alerts.retain(|_, alert| alert.ended_at.is_none_or(|ended| now.duration_since(ended) < SENT_WHEN_OVER));
        changed
    }

    fn standing(&self) -> Standing {
        let mut all: Vec<Alert> = self.alerts.values().cloned().collect();
        all.sort_by_key(Alert::order);
        if all.len() > MOST {
            tracing::warn!(left_out = all.len() - MOST, "more alerts than Alertmanager is sent; the widest come first");
            all.truncate(MOST);
        }
        Arc::new(all)
    }
}

/// Runs until `stopping`; does nothing while somebody else owns the alerts.
pub async fn run(
    mut snapshot: watch::Receiver<Arc<Snapshot>>,
    telemetry: Arc<Telemetry>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut told = Told::default();
    let mut began = false;
    let (standing, _) = watch::channel(Standing::default());
    let mut servants: JoinSet<()> = JoinSet::new();
    let mut served: Vec<Url> = Vec::new();
    let mut again = tokio::time::interval(AGAIN);
    again.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let is_due = tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => return,
            changed = snapshot.changed() => match changed {
                Ok(()) => false,
                Err(_) => return,
            },
            _ = again.tick() => true,
        };
        let now = Timestamp::now();
        let shown = Arc::clone(&snapshot.borrow_and_update());
        let config = &shown.config;
        let wanted: &[Url] = if config.alert.owner == Owner::Push { &config.alert.alertmanagers } else { &[] };
        // The first snapshot is empty, and says nothing of what is open.
        if shown.generation == 0 {
            continue;
        }
        if wanted.is_empty() {
            (told, began) = (Told::default(), false);
        } else if !began {
            began = true;
            told = over_lately(Arc::clone(config), now).await;
        }
        let open = shown.incidents.iter().map(|incident| Alert::of(incident, None, config));
        let changed = !wanted.is_empty() && told.update(open.collect(), now);
        if wanted != served {
            servants.abort_all();
            served = wanted.to_vec();
            for alertmanager in &served {
                servants.spawn(serve(alertmanager.clone(), standing.subscribe(), Arc::clone(&telemetry)));
            }
            standing.send_replace(told.standing());
        } else if !served.is_empty() && (changed || is_due) {
            standing.send_replace(told.standing());
        }
    }
}

/// What ended shortly before this daemon began: its end may not have been sent often enough.
async fn over_lately(config: Arc<Config>, now: Timestamp) -> Told {
    let path: PathBuf = config.store.path.clone();
    let read = tokio::task::spawn_blocking(move || Reader::open(&path)?.incidents(now - SENT_WHEN_OVER, now)).await;
    let mut told = Told::default();
    match read {
        Ok(Ok(incidents)) => {
            for closed in incidents.iter().filter(|one| one.closed_at.is_some()) {
                let alert = Alert::of(&closed.incident, closed.closed_at, &config);
                told.alerts.insert(alert.labels.clone(), alert);
            }
        }
        Ok(Err(error)) => tracing::warn!(%error, "what ended lately cannot be read; Alertmanager ends it by itself"),
        Err(error) => tracing::warn!(%error, "reading what ended lately was lost"),
    }
    told
}

/// What one request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    Taken,
    /// One or more of the batch are bad; the others were stored.
    Bad(String),
    Later(String),
}

/// Serves one Alertmanager for ever.
async fn serve(alertmanager: Url, mut standing: watch::Receiver<Standing>, telemetry: Arc<Telemetry>) {
    let client =
        reqwest::Client::builder().timeout(ANSWERED_WITHIN).redirect(reqwest::redirect::Policy::none()).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "no alerts are posted: the HTTP client cannot be made"),
    };
    let url = endpoint(&alertmanager);
    let mut pause = FIRST_PAUSE;
    let mut silent = false;
    // What this one does not take, so that it is told once and not sent for ever.
    let mut refused: Vec<Labels> = Vec::new();
    standing.mark_changed();
    loop {
        if standing.changed().await.is_err() {
            return;
        }
        loop {
            let all = Arc::clone(&standing.borrow_and_update());
            let wanted: Vec<&Alert> = all.iter().filter(|alert| !refused.contains(&alert.labels)).collect();
            let mut bad = Vec::new();
            let sent = send(&client, &url, &wanted, &mut bad).await;
            for (alert, why) in bad {
                tracing::error!(labels = ?alert.labels, why, "Alertmanager refuses this alert; it is not sent again");
                refused.push(alert.labels.clone());
            }
            match sent {
                Ok(()) => {
                    telemetry.alerts_pushed(wanted.len());
                    if silent {
                        tracing::info!(alertmanager = url.host_str(), "Alertmanager takes alerts again");
                    }
                    (silent, pause) = (false, FIRST_PAUSE);
                    break;
                }
                Err(why) => {
                    telemetry.push_failed();
                    if !silent {
                        tracing::error!(
                            alertmanager = url.host_str(),
                            why,
                            "Alertmanager takes no alerts; tried again"
                        );
                    }
                    silent = true;
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}

/// Sends all in batches. Whoever is refused by itself ends up in `bad`.
///
/// # Errors
/// Why nothing more is sent now.
async fn send<'a>(
    client: &reqwest::Client,
    url: &Url,
    alerts: &[&'a Alert],
    bad: &mut Vec<(&'a Alert, String)>,
) -> Result<(), String> {
    // The last is the next.
    let mut batches: Vec<&[&'a Alert]> = alerts.chunks(BATCH).rev().collect();
    while let Some(batch) = batches.pop() {
        match post(client, url, batch).await {
            Answer::Taken => {}
            Answer::Later(why) => return Err(why),
            Answer::Bad(why) => {
                if let [one] = batch {
                    bad.push((*one, why));
                } else {
                    // Halves find the one that is bad. What was stored already is stored again, which changes nothing.
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.extend([second, first]);
                }
            }
        }
    }
    Ok(())
}

async fn post(client: &reqwest::Client, url: &Url, batch: &[&Alert]) -> Answer {
    let now = Timestamp::now();
    let body: Vec<_> = batch.iter().map(|alert| alert.posted(now)).collect();
    match client.post(url.clone()).json(&body).send().await {
        Err(error) => Answer::Later(error.without_url().to_string()),
        Ok(answer) if answer.status().is_success() => Answer::Taken,
        Ok(answer) if answer.status() == StatusCode::BAD_REQUEST => {
            let why = answer.text().await.unwrap_or_default();
            Answer::Bad(why.chars().filter(|c| !c.is_control()).take(300).collect())
        }
        Ok(answer) => Answer::Later(format!("it answered {}", answer.status())),
    }
}

/// `/api/v2/alerts` under whatever prefix Alertmanager is served.
fn endpoint(alertmanager: &Url) -> Url {
    let mut url = alertmanager.clone();
    url.set_path(&format!("{}/api/v2/alerts", alertmanager.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
