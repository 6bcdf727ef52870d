//! The bytes of RTSP (RFC 2326): a connection with or without TLS, requests read, responses written, also written wrong.
//!
//! Knows messages, not what they mean.

use std::fmt::Write as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::behaviour::Behaviour;

/// The longest request that is taken.
const MAX_REQUEST: usize = 64 << 10;

pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    /// Closes so that the peer sees a reset.
    pub(crate) fn reset(self) {
        // Best effort: where the option cannot be set the peer sees a plain close.
        let _ = self.socket().set_zero_linger();
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A request's head; bodies are read and dropped.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) uri: String,
    headers: Vec<(String, String)>,
    /// As it was received.
    pub(crate) head: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let (method, uri, version) = (first.next()?, first.next()?, first.next()?);
        if !version.starts_with("RTSP/1.") {
            return None;
        }
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Some(Self { method: method.to_owned(), uri: uri.to_owned(), headers, head: head.to_owned() })
    }
}

/// What came in.
pub(crate) enum Incoming {
    Request(Request),
    /// A response to a request of ours, or a packet of the client's (a receiver report).
    Other,
    /// The peer closed, or sent what is no RTSP.
    End,
}

/// Received bytes that are not used up yet. Reading can be cancelled without loss.
#[derive(Default)]
pub(crate) struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    pub(crate) async fn next(&mut self, wire: &mut Wire) -> Incoming {
        loop {
            match self.take() {
                Some(incoming) => return incoming,
                None if self.bytes.len() > MAX_REQUEST => return Incoming::End,
                None => {}
            }
            self.bytes.reserve(2048);
            match wire.read_buf(&mut self.bytes).await {
                Ok(0) | Err(_) => return Incoming::End,
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self) -> Option<Incoming> {
        if let [b'$', _, high, low, ..] = *self.bytes {
            let whole = 4 + usize::from(u16::from_be_bytes([high, low]));
            return (self.bytes.len() >= whole).then(|| {
                self.bytes.drain(..whole);
                Incoming::Other
            });
        }
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let Ok(head) = std::str::from_utf8(&self.bytes[..end]) else { return Some(Incoming::End) };
        let request = Request::parse(head);
        let is_response = head.starts_with("RTSP/1.");
        let body = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim().eq_ignore_ascii_case("Content-Length"))
            .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap_or(usize::MAX));
        let whole = end.checked_add(body).filter(|whole| *whole <= MAX_REQUEST);
        let Some(whole) = whole else { return Some(Incoming::End) };
        if self.bytes.len() < whole {
            return None;
        }
        self.bytes.drain(..whole);
        Some(match request {
            Some(request) => Incoming::Request(request),
            None if is_response => Incoming::Other,
            None => Incoming::End,
        })
    }
}

/// A response, before it is written rightly or wrongly.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The message's bytes, with the behaviour's oddities.
    pub(crate) fn bytes(&self, cseq: &str, behaviour: Behaviour) -> Vec<u8> {
        let reason = if behaviour == Behaviour::NoReason { "" } else { reason(self.status) };
        let mut head = if reason.is_empty() {
            format!("RTSP/1.0 {}\r\n", self.status)
        } else {
            format!("RTSP/1.0 {} {reason}\r\n", self.status)
        };
        if behaviour != Behaviour::NoCseq {
            let _ = write!(head, "CSeq: {cseq}\r\n");
        }
        if behaviour == Behaviour::EmptyHeader {
            head.push_str("Cache-Control:\r\n");
        }
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.body.is_empty() {
            let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        }
        head.push_str("\r\n");
        if behaviour == Behaviour::BareLf {
            head = head.replace("\r\n", "\n");
        }
        head.push_str(&self.body);
        head.into_bytes()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Moved Temporarily",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        453 => "Not Enough Bandwidth",
        454 => "Session Not Found",
        455 => "Method Not Valid in This State",
        459 => "Aggregate Operation Not Allowed",
        461 => "Unsupported Transport",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}
