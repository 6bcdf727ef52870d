//! The dead man's switch outwards: a GET each minute, for as long as the watch goes round and the record is written.
//!
//! Whoever waits at `[alert] heartbeat_url` raises the alarm when it stops. A timer alone would beat for ever: a daemon that
//! stands still, or whose disk takes nothing, must be missed.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use url::Url;

use crate::config::Config;
use crate::store::Writer;
use crate::telemetry::Telemetry;

const EVERY: Duration = Duration::from_secs(60);
/// The watch goes round each second; one that has not for so long stands still.
const STANDS_STILL: Duration = Duration::from_secs(30);
/// For the record to take what is queued.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
/// For the whole request.
const ANSWERED_WITHIN: Duration = Duration::from_secs(15);

/// Why a heartbeat was not sent, or not heard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Missed {
    #[error("the watch stands still")]
    StandsStill,
    #[error("the record cannot be written")]
    NotWritten,
    #[error("heartbeat_url answered {0}, expected 2xx")]
    Status(u16),
    #[error("heartbeat_url does not answer: {0}")]
    Silent(String),
}

pub(super) async fn run(
    mut config: watch::Receiver<Arc<Config>>,
    progress: watch::Receiver<Instant>,
    writer: Writer,
    telemetry: Arc<Telemetry>,
    mut stopping: watch::Receiver<bool>,
) {
    let client = match reqwest::Client::builder().timeout(ANSWERED_WITHIN).build() {
        Ok(client) => client,
        Err(error) => return tracing::error!(%error, "no heartbeat is sent: the HTTP client cannot be made"),
    };
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Told once, not each minute.
    let mut told: Option<Missed> = None;
    loop {
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => return,
            changed = config.changed() => {
                if changed.is_err() {
                    return;
                }
                every.reset_immediately();
                continue;
            }
            _ = every.tick() => {}
        }
        let url = config.borrow_and_update().alert.heartbeat_url.clone();
        telemetry.heartbeat_expected(url.is_some());
        let Some(url) = url else { continue };
        let missed = tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => return,
            beat = beat(&client, &url, &progress, &writer) => beat.err(),
        };
        let now = jiff::Timestamp::now().as_second();
        telemetry.heartbeat(now, missed.as_ref().map(|m| m as _), told.as_ref().map(|m| m as _));
        told = missed;
    }
}

async fn beat(
    client: &reqwest::Client,
    url: &Url,
    progress: &watch::Receiver<Instant>,
    writer: &Writer,
) -> Result<(), Missed> {
    if progress.borrow().elapsed() > STANDS_STILL {
        return Err(Missed::StandsStill);
    }
    if !matches!(tokio::time::timeout(WRITTEN_WITHIN, writer.flush()).await, Ok(true)) {
        return Err(Missed::NotWritten);
    }
    // The path of such a URL is its password: it is told nowhere.
    let answer = client.get(url.clone()).send().await.map_err(|error| Missed::Silent(why(&error.without_url())))?;
    if answer.status().is_success() { Ok(()) } else { Err(Missed::Status(answer.status().as_u16())) }
}

/// The innermost reason, which is the one that says something.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", ANSWERED_WITHIN.as_secs());
    }
    let mut cause = error.source();
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    cause.map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    async fn listener(answer: &'static str) -> (Url, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/ping/secret", listener.local_addr().unwrap()).parse().unwrap();
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let n = stream.read(&mut head).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&head[..n]).into_owned()
        });
        (url, asked)
    }

    fn writer(directory: &std::path::Path) -> Writer {
        let telemetry = Arc::new(Telemetry::new());
        Writer::open(&directory.join("ledger.db"), Duration::from_secs(60), telemetry).unwrap()
    }

    fn client() -> reqwest::Client {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().timeout(ANSWERED_WITHIN).build().unwrap()
    }

    #[tokio::test]
    async fn it_beats_while_the_watch_goes_round_and_the_record_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let (url, asked) = listener("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let (_watch, progress) = watch::channel(Instant::now());
        assert_eq!(beat(&client(), &url, &progress, &writer(directory.path())).await, Ok(()));
        assert!(asked.await.unwrap().starts_with("GET /ping/secret HTTP/1.1\r\n"));
    }

    #[tokio::test]
    async fn a_watch_that_stands_still_does_not_even_ask() {
        let directory = tempfile::tempdir().unwrap();
        let (url, asked) = listener("").await;
        let (_watch, progress) = watch::channel(Instant::now().checked_sub(Duration::from_secs(31)).unwrap());
        let missed = beat(&client(), &url, &progress, &writer(directory.path())).await;
        assert_eq!(missed, Err(Missed::StandsStill));
        assert!(!asked.is_finished());
    }

    #[tokio::test]
    async fn a_refusal_and_a_silence_are_told_without_the_url() {
        let directory = tempfile::tempdir().unwrap();
        let writer = writer(directory.path());
        let (_watch, progress) = watch::channel(Instant::now());
        let (url, _asked) = listener("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(beat(&client(), &url, &progress, &writer).await, Err(Missed::Status(503)));
        let closed = "http://127.0.0.1:1/ping/secret".parse().unwrap();
        let told = beat(&client(), &closed, &progress, &writer).await.unwrap_err().to_string();
        assert!(told.contains("refused") && !told.contains("secret"), "{told}");
    }
}
