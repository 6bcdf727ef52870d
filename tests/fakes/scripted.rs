//! A provider on loopback that answers what it is told to, in order, and remembers what it was asked.
#![allow(dead_code)]

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: Method,
    /// With its query.
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Asked {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header in ASCII"))
    }
}

/// What it answers.
#[derive(Debug, Clone)]
pub enum Says {
    Json(u16, Value),
    Text(u16, &'static str),
    /// Status and `Retry-After`.
    Wait(u16, &'static str),
    /// More than anybody should read.
    Endless,
    /// Nothing, ever.
    Nothing,
}

type Look = Box<dyn Fn(&Asked) + Send>;

#[derive(Default)]
struct Inside {
    says: VecDeque<Says>,
    asked: Vec<Asked>,
    look: Option<Look>,
}

pub struct Provider {
    pub url: String,
    inside: Arc<Mutex<Inside>>,
    task: tokio::task::JoinHandle<()>,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let inside = Arc::<Mutex<Inside>>::default();
        let app = Router::new().fallback(answer).with_state(inside.clone());
        let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, inside, task }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no test panicked with it")
    }

    /// The next answers, in order. What is asked beyond them is answered 418.
    pub fn say(&self, says: impl IntoIterator<Item = Says>) {
        self.inside().says.extend(says);
    }

    /// Everything asked since the last time.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.inside().asked)
    }

    /// Called with each request before it is answered.
    pub fn look(&self, look: impl Fn(&Asked) + Send + 'static) {
        self.inside().look = Some(Box::new(look));
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(inside): State<Arc<Mutex<Inside>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8(body.to_vec()).expect("UTF-8");
    let asked = Asked { method, path: uri.to_string(), headers, body };
    let says = {
        let mut inside = inside.lock().expect("no test panicked with it");
        if let Some(look) = &inside.look {
            look(&asked);
        }
        inside.asked.push(asked);
        inside.says.pop_front().unwrap_or(Says::Text(418, "not expected"))
    };
    let status = |status| StatusCode::from_u16(status).expect("a status");
    match says {
        Says::Json(code, json) => (status(code), axum::Json(json)).into_response(),
        Says::Text(code, text) => (status(code), text).into_response(),
        Says::Wait(code, after) => (status(code), [("Retry-After", after)]).into_response(),
        Says::Endless => "[".repeat(10 << 20).into_response(),
        Says::Nothing => std::future::pending().await,
    }
}
