//! The listener: connections, their limits and their end.
//!
//! Nobody can hold the daemon's web by being slow: heads, handshakes and whole connections have deadlines, and their
//! number is bounded. Where all places are taken, those who have one make room.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::tls::Tls;
use super::visitor::Peer;
use super::{App, WebError, router};

/// Connections at once; more wait. A browser keeps one or two for as long as its page is open.
const MOST_CONNECTIONS: usize = 1024;
/// For the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// For a request's head, from the end of the request before. Longer than usual scrape intervals, so that a scraper keeps
/// its connection.
const HEAD: Duration = Duration::from_secs(45);
/// A request's head: line and headers.
const MOST_HEAD_BYTES: usize = 16 * 1024;
/// After it a connection gets its last answer. A client that reads that answer too slowly is cut off.
const CONNECTION: Duration = Duration::from_secs(180);
/// For the last answer of a connection where others wait for its place, and to ask for it.
const IN_A_CROWD: Duration = Duration::from_secs(10);
/// For the last answer of a connection, at the end of its time or of the daemon's.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// Serves until `shutdown`, then lets running requests end within five seconds.
///
/// # Errors
/// Where the files of `[web] tls_server_config` cannot be used at the start. Afterwards nothing ends it: what goes
/// wrong with a connection is that connection's.
pub async fn serve(listener: TcpListener, app: App, shutdown: impl Future<Output = ()> + Send) -> Result<(), WebError> {
    let mut snapshot = app.snapshot.clone();
    let mut tls = Tls::new(Arc::clone(&snapshot.borrow().config))?;
    let (stop, stopping) = watch::channel(false);
    let router = router(app, stopping.clone());
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let crowd = watch::Sender::new(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    // Accepted, and without a place yet.
    let mut waiting = None;
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => continue,
            permit = Arc::clone(&free).acquire_owned(), if waiting.is_some() => {
                crowd.send_replace(false);
                let Some((stream, peer)) = waiting.take() else { continue };
                let permit = permit.expect("the semaphore is never closed");
                tls.follow(&Arc::clone(&snapshot.borrow_and_update().config));
                let service = OfPeer::new(router.clone(), &stream, peer);
                let ends = Ends { stopping: stopping.clone(), crowd: crowd.subscribe() };
                connections.spawn(connection(stream, tls.acceptor().cloned(), service, ends, permit));
                continue;
            }
            accepted = listener.accept(), if waiting.is_none() => accepted,
        };
        match accepted {
            Ok(accepted) => {
                waiting = Some(accepted);
                if free.available_permits() == 0 {
                    crowd.send_replace(true);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of descriptors, most likely: trying again at once would only burn a core.
                if !is_the_clients_business(&error) {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
    drop(listener);
    // Each connection has a deadline of its own from here on.
    let _ = stop.send(true);
    while connections.join_next().await.is_some() {}
    Ok(())
}

/// What ends a connection that does not end by itself.
struct Ends {
    stopping: watch::Receiver<bool>,
    /// `true` while somebody waits for a place.
    crowd: watch::Receiver<bool>,
}

impl Ends {
    /// Waits for the first; the time the connection has from then on, and until when it may still ask.
    async fn come(&mut self) -> (Instant, Instant) {
        // That these are gone is the end of the listener, which is a stop.
        let in_a_crowd = tokio::select! {
            _ = self.stopping.wait_for(|stopping| *stopping) => false,
            () = tokio::time::sleep(CONNECTION) => false,
            Ok(_) = self.crowd.wait_for(|crowded| *crowded) => true,
        };
        let now = Instant::now();
        if in_a_crowd { (now + IN_A_CROWD, now + IN_A_CROWD) } else { (now + LAST_ANSWER, now) }
    }
}

/// The routes, for requests of one peer.
struct OfPeer {
    router: TowerToHyperService<axum::Router>,
    peer: Peer,
    /// It has asked for something.
    asked: Arc<Notify>,
}

impl OfPeer {
    fn new(router: axum::Router, stream: &TcpStream, peer: SocketAddr) -> Self {
        // Of a connection that has no end here nobody knows where it comes from.
        let local = stream.local_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |address| address.ip());
        Self {
            router: TowerToHyperService::new(router),
            peer: Peer { remote: peer.ip(), local },
            asked: Arc::default(),
        }
    }
}

impl hyper::service::Service<hyper::Request<hyper::body::Incoming>> for OfPeer {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future =
        <TowerToHyperService<axum::Router> as hyper::service::Service<hyper::Request<hyper::body::Incoming>>>::Future;

    fn call(&self, mut request: hyper::Request<hyper::body::Incoming>) -> Self::Future {
        self.asked.notify_one();
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

fn is_the_clients_business(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    service: OfPeer,
    ends: Ends,
    permit: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    match tls {
        None => answer(stream, service, ends).await,
        Some(tls) => match timeout(HANDSHAKE, tls.accept(stream)).await {
            Ok(Ok(stream)) => answer(stream, service, ends).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        },
    }
    drop(permit);
}

async fn answer<S>(stream: S, service: OfPeer, mut ends: Ends)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = Arc::clone(&service.asked);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(MOST_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let (end, asks_until) = tokio::select! {
        ended = connection.as_mut() => return note(ended),
        ends = ends.come() => ends,
    };
    // One that was only just taken in would be closed with its question unread.
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = asked.notified() => {}
        () = sleep_until(asks_until) => {}
    }
    // An idle one is closed at once; one that is being answered, after that answer.
    connection.as_mut().graceful_shutdown();
    let _ = timeout_at(end, connection).await;
}

fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
