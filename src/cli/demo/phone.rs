//! The phone of those on duty in the demo: takes what the webhook channel sends, and hands it on to be shown.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// Texts that wait to be shown; a terminal that blocks must not make the sender wait.
const WAITING: usize = 64;

/// A message that arrived.
#[derive(Debug, Deserialize)]
pub(super) struct Received {
    pub(super) text: String,
    message: Message,
}

#[derive(Debug, Deserialize)]
struct Message {
    to: To,
}

#[derive(Debug, Deserialize)]
struct To {
    #[serde(default)]
    officer: String,
}

impl Received {
    /// The id of the officer whose phone it is.
    pub(super) fn officer(&self) -> &str {
        &self.message.to.officer
    }
}

/// One phone for all of them.
pub(super) struct Phone {
    listener: TcpListener,
    texts: mpsc::Sender<Received>,
}

impl Phone {
    /// The phone, its address, and what arrives on it.
    pub(super) async fn start() -> io::Result<(Self, SocketAddr, mpsc::Receiver<Received>)> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener.local_addr()?;
        let (texts, received) = mpsc::channel(WAITING);
        Ok((Self { listener, texts }, address, received))
    }

    /// Serves until it is dropped.
    pub(super) async fn serve(self) -> io::Result<()> {
        let router = Router::new().route("/", post(take)).with_state(self.texts);
        axum::serve(self.listener, router).await
    }
}

async fn take(State(texts): State<mpsc::Sender<Received>>, Json(received): Json<Received>) -> StatusCode {
    // What finds no place was delivered all the same: the record has it.
    let _ = texts.try_send(received);
    StatusCode::NO_CONTENT
}
