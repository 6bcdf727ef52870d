//! The one connection to a device: opened when it is needed, counted, bounded, closed when something is wrong with it.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::{HeaderMap, Request, Response, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::Cost;
use crate::device::exchange::{Answer, Method, Trouble};
use crate::dial::{self, Dialler, Failure, Limits, Wire, is_our_own};
use crate::inventory::{HostPort, TlsPolicy};
use crate::observation::Outcome;

/// The longest body of an answer. The largest that devices are known to send is some 375 KB.
pub(super) const MAX_BODY: usize = 4 << 20;

/// The longest head of an answer, and the most fields in it.
const MAX_HEAD: usize = 64 * 1024;
const MAX_FIELDS: usize = 128;

const CONNECT: Duration = Duration::from_secs(5);

const USER_AGENT: &str = concat!("camwatch/", env!("CARGO_PKG_VERSION"));

/// Where the line leads.
pub(super) struct Target {
    pub(super) host: HostPort,
    /// `None`: plain HTTP.
    pub(super) tls: Option<TlsPolicy>,
    /// As the `Host` field says it.
    pub(super) authority: String,
}

/// One request, ready to be sent.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    pub(super) path: &'a str,
    pub(super) content_type: &'a str,
    pub(super) body: Bytes,
    pub(super) authorization: Option<String>,
}

/// A whole answer, with its challenges.
pub(super) struct Incomings {
    pub(super) answer: Answer,
    /// Each field `WWW-Authenticate`.
    pub(super) challenges: Vec<String>,
}

#[derive(Default)]
pub(super) struct Line {
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Once>,
    driver: Driver,
    /// An answer came over it already.
    used: bool,
}

/// Moves the bytes of a connection; ends with its owner.
struct Driver {
    task: JoinHandle<()>,
    counts: Arc<Counts>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Default)]
struct Counts {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Line {
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Whether there is a connection that the device has not closed.
    pub(super) fn is_open(&self) -> bool {
        self.open.as_ref().is_some_and(|open| !open.sender.is_closed())
    }

    /// Opens a connection where there is none.
    pub(super) async fn connect(&mut self, target: &Target, deadline: Instant, cost: &mut Cost) -> Result<(), Trouble> {
        if self.is_open() {
            return Ok(());
        }
        self.open = None;
        let shared = dial::shared();
        let dialler = Dialler {
            resolver: &shared.resolver,
            trust: &shared.trust,
            target: &target.host,
            tls: target.tls.as_ref(),
        };
        let limits = Limits { connect: CONNECT, tls: CONNECT, whole: deadline };
        cost.connections += 1;
        let wire = dialler.dial(&limits, |_| {}, |_, _| {}).await.map_err(not_connected)?;
        let counts = Arc::<Counts>::default();
        let counted = Counted { wire, counts: Arc::clone(&counts) };
        let (sender, connection) = Builder::new()
            .max_buf_size(MAX_HEAD)
            .max_headers(MAX_FIELDS)
            // Field names as devices of twenty years expect them, and answers as they send them.
            .title_case_headers(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .handshake(TokioIo::new(counted))
            .await
            .map_err(|error| trouble(&error, target.tls.is_some()))?;
        let task = tokio::spawn(async move {
            // What goes wrong here is told to whoever waits for the answer.
            let _ = connection.await;
        });
        self.open = Some(Open { sender, driver: Driver { task, counts }, used: false });
        Ok(())
    }

    /// Sends one request and takes in the whole answer. A connection that was kept from an earlier request may be gone
    /// by now: then it is sent once more, over a new one.
    pub(super) async fn send(
        &mut self,
        target: &Target,
        outgoing: &Outgoing<'_>,
        deadline: Instant,
        cost: &mut Cost,
    ) -> Result<Incomings, Trouble> {
        let request = || request(target, outgoing);
        // Built once before anything is opened: a path that is none is nobody's trouble but ours.
        request()?;
        loop {
            let kept = self.is_open() && self.open.as_ref().is_some_and(|open| open.used);
            self.connect(target, deadline, cost).await?;
            let Some(open) = &mut self.open else { return Err(Trouble::Silent) };
            let (sent, began) = (jiff::Timestamp::now(), Instant::now());
            cost.requests += 1;
            let exchanged = timeout_at(deadline, exchange(&mut open.sender, request()?)).await;
            let counts = &open.driver.counts;
            let received = counts.received.swap(0, Ordering::Relaxed);
            cost.received_bytes += received;
            cost.sent_bytes += counts.sent.swap(0, Ordering::Relaxed);
            open.used = true;
            let failed = match exchanged {
                Ok(Ok((head, body))) => {
                    let challenges = challenges(&head);
                    let text = |name| head.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
                    let answer = Answer {
                        status: head.status,
                        content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
                        body,
                        challenged: !challenges.is_empty(),
                        sent,
                        took: began.elapsed(),
                    };
                    return Ok(Incomings { answer, challenges });
                }
                Ok(Err(failed)) => failed,
                Err(_) => Failed::Trouble(Trouble::Silent),
            };
            self.close();
            match failed {
                // Cancelled: never sent, whatever the device said before it was asked (a farewell, on a kept line).
                Failed::Hyper(error) if kept && (error.is_canceled() || received == 0 && is_gone(&error)) => {}
                Failed::Hyper(error) if received > 0 && (error.is_canceled() || error.is_closed()) => {
                    return Err(Trouble::NotHttp("it speaks before it is asked".to_owned()));
                }
                Failed::Hyper(error) => return Err(trouble(&error, target.tls.is_some())),
                Failed::Trouble(trouble) => return Err(trouble),
            }
        }
    }
}

enum Failed {
    Hyper(hyper::Error),
    Trouble(Trouble),
}

struct Head {
    status: u16,
    fields: HeaderMap,
}

impl Head {
    fn get(&self, name: header::HeaderName) -> Option<&header::HeaderValue> {
        self.fields.get(name)
    }
}

async fn exchange(sender: &mut SendRequest<Once>, request: Request<Once>) -> Result<(Head, Vec<u8>), Failed> {
    sender.ready().await.map_err(Failed::Hyper)?;
    let (head, body) = sender.send_request(request).await.map(Response::into_parts).map_err(Failed::Hyper)?;
    let body = whole(body).await?;
    Ok((Head { status: head.status.as_u16(), fields: head.headers }, body))
}

async fn whole(mut body: Incoming) -> Result<Vec<u8>, Failed> {
    let too_large = || Failed::Trouble(Trouble::TooLarge(MAX_BODY));
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > MAX_BODY {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(announced.min(64 * 1024));
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        // Trailers say nothing that anybody asks for.
        let Ok(data) = frame.map_err(Failed::Hyper)?.into_data() else { continue };
        if bytes.len() + data.len() > MAX_BODY {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

fn request(target: &Target, outgoing: &Outgoing<'_>) -> Result<Request<Once>, Trouble> {
    let method = match outgoing.method {
        Method::Get => hyper::Method::GET,
        Method::Post => hyper::Method::POST,
    };
    let mut request = Request::builder()
        .method(method)
        .uri(outgoing.path)
        .header(header::HOST, &target.authority)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "*/*");
    if let Some(authorization) = &outgoing.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    if !outgoing.content_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, outgoing.content_type);
    }
    request
        .body(Once(Some(outgoing.body.clone()).filter(|body| !body.is_empty())))
        .map_err(|error| Trouble::NotHttp(format!("{:?} cannot be asked for: {error}", outgoing.path)))
}

fn challenges(head: &Head) -> Vec<String> {
    let fields = head.fields.get_all(header::WWW_AUTHENTICATE).iter();
    fields.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

fn not_connected(failure: Failure) -> Trouble {
    match failure.outcome {
        Outcome::Busy => Trouble::Busy(failure.detail.unwrap_or_default()),
        outcome => Trouble::Path(outcome, failure.detail.unwrap_or_else(|| "no connection".to_owned())),
    }
}

/// Whether a connection ended before it answered at all.
fn is_gone(error: &hyper::Error) -> bool {
    error.is_canceled() || error.is_closed() || error.is_incomplete_message() || source(error).is_some()
}

fn source(error: &hyper::Error) -> Option<&io::Error> {
    error.source()?.downcast_ref::<io::Error>()
}

/// By type, never by text; the text is for people.
fn trouble(error: &hyper::Error, tls: bool) -> Trouble {
    let Some(io) = source(error) else {
        return if error.is_parse() {
            Trouble::NotHttp(error.to_string())
        } else {
            Trouble::Path(Outcome::Reset, error.to_string())
        };
    };
    match io.kind() {
        // What rustls calls whatever is wrong with a peer's TLS, and hyper a body whose parts have no proper length.
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput if tls => Trouble::Path(Outcome::Tls, io.to_string()),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Trouble::NotHttp(io.to_string()),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Trouble::Path(Outcome::Unreachable, io.to_string())
        }
        _ if is_our_own(io) => Trouble::Busy(format!("monitor: {io}")),
        _ => Trouble::Path(Outcome::Reset, io.to_string()),
    }
}

/// A body in one piece, or none.
struct Once(Option<Bytes>);

impl Body for Once {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

/// A connection whose bytes are counted.
struct Counted {
    wire: Wire,
    counts: Arc<Counts>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.wire).poll_read(cx, buf);
        self.counts.received.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.wire).poll_write(cx, buf);
        if let Poll::Ready(Ok(written)) = written {
            self.counts.sent.fetch_add(written as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}
