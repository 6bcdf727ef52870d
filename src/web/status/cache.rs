//! Renderings, shared by all who read the same page of the same snapshot; and how many are made at once.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use super::Subject;
use super::query::Query;
use crate::inventory::Language;
use crate::snapshot::Snapshot;
use crate::web::metrics::accepts_gzip;
use crate::web::visitor::Visitor;

/// Renderings that run at once. Each keeps a core busy; some wait for the disk.
const MOST_RENDERINGS: usize = 2;
/// How long a request waits for its turn.
const TURN_WITHIN: Duration = Duration::from_secs(20);
/// How long a rendering is shared, even where the snapshot stands still: lengths of time go on.
const FRESH: Duration = Duration::from_secs(5);
/// Renderings that are kept; whoever asks for more different ones renders anew.
const MOST_KEPT: usize = 64;

/// What a page depends on beside the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub subject: Subject,
    pub query: Query,
    pub language: Language,
    pub visitor: Visitor,
}

impl std::hash::Hash for Key {
    /// What most keys differ in.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.subject.hash(state);
        self.query.hash(state);
        self.visitor.name.hash(state);
    }
}

/// A page, ready to be sent.
#[derive(Debug)]
pub(super) struct Rendered {
    status: StatusCode,
    page: Bytes,
    packed: Option<Bytes>,
    etag: HeaderValue,
}

/// The pages of the present snapshot.
pub struct Cache {
    kept: Mutex<HashMap<Key, Kept>>,
    turns: Arc<Semaphore>,
}

struct Kept {
    generation: u64,
    since: Instant,
    page: Arc<Rendered>,
}

impl Default for Cache {
    fn default() -> Self {
        Self { kept: Mutex::default(), turns: Arc::new(Semaphore::new(MOST_RENDERINGS)) }
    }
}

impl Cache {
    /// The page, made by `render` on a thread where waiting delays nobody unless it is there already. `None` where too
    /// many wait, or it cannot be made.
    pub(super) async fn get(
        self: Arc<Self>,
        snapshot: &Arc<Snapshot>,
        key: Key,
        render: impl FnOnce(&Snapshot, &Key) -> Rendered + Send + 'static,
    ) -> Option<Arc<Rendered>> {
        if let Some(page) = self.kept(snapshot.generation, &key) {
            return Some(page);
        }
        let turn = tokio::time::timeout(TURN_WITHIN, Arc::clone(&self.turns).acquire_owned()).await.ok()?.ok()?;
        // Whoever waited may find that another has asked for the same.
        if let Some(page) = self.kept(snapshot.generation, &key) {
            return Some(page);
        }
        let snapshot = Arc::clone(snapshot);
        let made = tokio::task::spawn_blocking(move || {
            let page = Arc::new(render(&snapshot, &key));
            self.keep(snapshot.generation, key, &page);
            drop(turn);
            page
        });
        made.await.ok()
    }

    fn kept(&self, generation: u64, key: &Key) -> Option<Arc<Rendered>> {
        // What a panicking holder left behind is whole: entries are inserted in one step.
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // One of a later snapshot than the reader's is only better.
        let page = kept.get(key).filter(|kept| kept.generation >= generation && kept.since.elapsed() < FRESH)?;
        Some(Arc::clone(&page.page))
    }

    fn keep(&self, generation: u64, key: Key, page: &Arc<Rendered>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, kept| kept.generation >= generation && kept.since.elapsed() < FRESH);
        if kept.len() < MOST_KEPT {
            kept.insert(key, Kept { generation, since: Instant::now(), page: Arc::clone(page) });
        }
    }
}

impl Rendered {
    /// `pack`: whether it may be compressed.
    pub fn new(status: StatusCode, page: String, pack: bool) -> Self {
        let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&page)[..12]));
        let packed = pack.then(|| gzip(page.as_bytes())).flatten();
        let etag = HeaderValue::from_str(&etag).unwrap_or_else(|_| HeaderValue::from_static("\"\""));
        Self { status, page: page.into(), packed, etag }
    }

    /// The page as this client takes it; only that it has not changed where the client has it already.
    pub fn response(&self, headers: &HeaderMap) -> Response {
        let common = [
            (header::ETAG, self.etag.clone()),
            (header::VARY, HeaderValue::from_static("Accept-Encoding, Cookie, Accept-Language")),
        ];
        if headers.get(header::IF_NONE_MATCH) == Some(&self.etag) {
            return (StatusCode::NOT_MODIFIED, common).into_response();
        }
        let html = [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))];
        match &self.packed {
            Some(packed) if accepts_gzip(headers) => {
                let encoding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
                (self.status, common, html, encoding, packed.clone()).into_response()
            }
            _ => (self.status, common, html, self.page.clone()).into_response(),
        }
    }
}

fn gzip(page: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(page.len() / 4), Compression::new(5));
    encoder.write_all(page).ok()?;
    Some(encoder.finish().ok()?.into())
}
