//! `/events`: tells open pages that they are old (server-sent events, WHATWG HTML 9.2).
//!
//! An event says that there is something new and not what: the page fetches itself again. Whoever reads slowly is told once
//! of all that happened meanwhile, so nothing is kept for them. Listeners are counted; a page without one goes on without.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};

use super::{Shared, text};
use crate::observation::Cause;
use crate::snapshot::Snapshot;

/// Pages that listen at once: each holds a connection.
const MOST_LISTENERS: usize = 128;
/// Less than a connection may last, so that its end is ours and the browser comes again.
const LIFETIME: Duration = Duration::from_secs(170);
/// A comment so often keeps what stands between from closing the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// From one event to the next at the least, and so much more for each thousand cameras, whose pages cost as much more.
const APART: Duration = Duration::from_secs(1);
/// Where no camera changed its state, pages are told so often that a probe's age did.
const AGES: Duration = Duration::from_secs(30);

/// What listeners share.
pub struct Events {
    listeners: Arc<Semaphore>,
    seen: Mutex<Seen>,
    /// `true` when the daemon stops.
    stopping: watch::Receiver<bool>,
}

/// What the last snapshot came to, computed once for all listeners.
#[derive(Default)]
struct Seen {
    generation: Option<u64>,
    digest: u64,
}

impl Events {
    pub fn new(stopping: watch::Receiver<bool>) -> Self {
        Self { listeners: Arc::new(Semaphore::new(MOST_LISTENERS)), seen: Mutex::default(), stopping }
    }

    /// Equal for snapshots that a page tells alike, but for ages and rates.
    fn digest(&self, snapshot: &Snapshot) -> u64 {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.generation != Some(snapshot.generation) {
            *seen = Seen { generation: Some(snapshot.generation), digest: digest(snapshot) };
        }
        seen.digest
    }
}

fn digest(snapshot: &Snapshot) -> u64 {
    let mut hash = DefaultHasher::new();
    // Another configuration may call everything by another name.
    std::ptr::hash(Arc::as_ptr(&snapshot.config), &mut hash);
    snapshot.monitor_online.hash(&mut hash);
    for camera in &snapshot.cameras {
        let cause = camera.cause.map(Cause::as_str);
        (camera.camera.as_str(), camera.state.as_str(), cause, camera.since).hash(&mut hash);
        let retention = camera.recording.as_ref().map(|recording| recording.state.as_str());
        retention.hash(&mut hash);
    }
    for recorder in &snapshot.recorders {
        (recorder.recorder.as_str(), recorder.up, recorder.cause.map(Cause::as_str)).hash(&mut hash);
    }
    for incident in &snapshot.incidents {
        (incident.id.as_str(), incident.cameras.len()).hash(&mut hash);
        if let Some(standing) = snapshot.paging.get(&incident.id) {
            format!("{standing:?}").hash(&mut hash);
        }
    }
    for credential in &snapshot.refused {
        credential.as_str().hash(&mut hash);
    }
    hash.finish()
}

pub async fn listen(State(shared): State<Shared>) -> Response {
    let events = Arc::clone(&shared.events);
    let Ok(permit) = Arc::clone(&events.listeners).try_acquire_owned() else {
        let mut response =
            text(StatusCode::SERVICE_UNAVAILABLE, "too many pages listen already; this one is not told of changes\n");
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        return response;
    };
    let now = Instant::now();
    let listener = Listener {
        snapshot: shared.app.snapshot.clone(),
        stopping: events.stopping.clone(),
        events,
        told: None,
        end: now + LIFETIME,
        keep_alive: now + KEEP_ALIVE,
        _permit: permit,
    };
    let body = Body::from_stream(stream::unfold(listener, |mut listener| async {
        let chunk = listener.next().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), listener))
    }));
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx would keep events until it has a buffer full of them.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    ([kind, unbuffered], body).into_response()
}

/// Why a listener stirs.
enum Woken {
    End,
    Due,
    KeepAlive,
    Changed,
}

struct Listener {
    events: Arc<Events>,
    snapshot: watch::Receiver<Arc<Snapshot>>,
    stopping: watch::Receiver<bool>,
    /// What the reader knows, and since when.
    told: Option<(u64, Instant)>,
    end: Instant,
    keep_alive: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Listener {
    /// The next piece of the stream; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        let Some((known, since)) = self.told else {
            // Something may have happened between the page and this.
            let event = self.tell();
            return Some(Bytes::from(format!("retry: 5000\n{event}")));
        };
        let snapshot = Arc::clone(&self.snapshot.borrow());
        let apart = APART * u32::try_from(snapshot.cameras.len() / 1000).unwrap_or(u32::MAX).clamp(1, 30);
        loop {
            let is_news = {
                let present = self.snapshot.borrow_and_update();
                self.events.digest(&present) != known
            };
            let due = since + if is_news { apart } else { AGES.max(apart) };
            let woken = tokio::select! {
                biased;
                _ = self.stopping.wait_for(|stopping| *stopping) => Woken::End,
                () = sleep_until(self.end) => Woken::End,
                () = sleep_until(due) => Woken::Due,
                () = sleep_until(self.keep_alive) => Woken::KeepAlive,
                changed = self.snapshot.changed(), if !is_news => if changed.is_ok() { Woken::Changed } else { Woken::End },
            };
            match woken {
                Woken::End => return None,
                Woken::Due => return Some(Bytes::from(self.tell())),
                Woken::KeepAlive => {
                    self.keep_alive = Instant::now() + KEEP_ALIVE;
                    return Some(Bytes::from_static(b": still here\n\n"));
                }
                Woken::Changed => {}
            }
        }
    }

    fn tell(&mut self) -> String {
        let snapshot = Arc::clone(&self.snapshot.borrow_and_update());
        let now = Instant::now();
        self.told = Some((self.events.digest(&snapshot), now));
        self.keep_alive = now + KEEP_ALIVE;
        format!("event: state\ndata: {{\"generation\":{}}}\n\n", snapshot.generation)
    }
}
