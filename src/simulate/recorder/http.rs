//! HTTP/1.1 as the small servers in recorders speak it (RFC 9112): requests read, answers made.
//!
//! Knows messages, not what they mean, and is its own server because a recorder's is wrong in ways that a good one does
//! not allow. Bodies come with a length or in chunks.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest head and the longest body that are taken.
const MAX_HEAD: usize = 64 << 10;
const MAX_BODY: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query as they came.
    pub(super) target: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// As it was received.
    pub(super) head: String,
    /// How many bytes it took in all.
    pub(super) bytes: usize,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A parameter of the query, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        // Dahua's names hold brackets, which clients may or may not encode.
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub(super) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    fn parse(head: &str) -> Option<Self> {
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let (method, target, version) = (first.next()?, first.next()?, first.next()?);
        if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return None;
        }
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
            .collect();
        Some(Self {
            method: method.into(),
            target: target.into(),
            headers,
            body: Vec::new(),
            head: head.into(),
            bytes: head.len(),
        })
    }
}

/// Received bytes that are not used up yet.
#[derive(Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
}

impl Inbox {
    /// The next request; nothing where the client closed or sends what is no HTTP.
    pub(super) async fn next(&mut self, wire: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
        let end = self.until(wire, b"\r\n\r\n", MAX_HEAD).await.ok()?;
        let head = self.bytes.drain(..end).collect::<Vec<_>>();
        let mut request = Request::parse(&String::from_utf8_lossy(&head))?;
        if request.header("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            request.body = self.chunks(wire).await.ok()?;
        } else if let Some(length) = request.header("Content-Length") {
            let length = length.parse::<usize>().ok().filter(|length| *length <= MAX_BODY)?;
            self.fill(wire, length).await.ok()?;
            request.body = self.bytes.drain(..length).collect();
        }
        request.bytes += request.body.len();
        Some(request)
    }

    async fn chunks(&mut self, wire: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = self.until(wire, b"\r\n", 100).await?;
            let line: Vec<u8> = self.bytes.drain(..end).collect();
            let size = String::from_utf8_lossy(&line);
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
            if body.len() + size > MAX_BODY {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill(wire, size + 2).await?;
            body.extend(self.bytes.drain(..size));
            self.bytes.drain(..2);
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// Reads until a mark is there; gives back where it ends.
    async fn until(&mut self, wire: &mut (impl AsyncRead + Unpin), mark: &[u8], most: usize) -> io::Result<usize> {
        loop {
            if let Some(at) = self.bytes.windows(mark.len()).position(|bytes| bytes == mark) {
                return Ok(at + mark.len());
            }
            if self.bytes.len() > most {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill(wire, self.bytes.len() + 1).await?;
        }
    }

    async fn fill(&mut self, wire: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<()> {
        while self.bytes.len() < length {
            self.bytes.reserve(2048);
            if wire.read_buf(&mut self.bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), content_type, body: body.into() }
    }

    pub(super) fn text(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, "text/plain;charset=utf-8", body)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Head and body; `close` says that the connection ends behind it.
    pub(super) fn bytes(&self, close: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if !self.content_type.is_empty() {
            let _ = write!(head, "Content-Type: {}\r\n", self.content_type);
        }
        let _ = write!(head, "Content-Length: {}\r\n", self.body.len());
        head.push_str(if close { "Connection: close\r\n\r\n" } else { "Connection: keep-alive\r\n\r\n" });
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Inbox};

    #[tokio::test]
    async fn requests_are_read_one_after_the_other_with_a_length_in_chunks_and_without_a_body() {
        let mut bytes: &[u8] = b"POST /a?x=1%202&y[0]=-1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
            POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n0\r\n\r\nGET /c HTTP/1.1\r\n\r\n";
        let mut inbox = Inbox::default();
        let first = inbox.next(&mut bytes).await.unwrap();
        assert_eq!((first.path(), &*first.text()), ("/a", "abc"));
        assert_eq!(first.parameter("x").as_deref(), Some("1 2"));
        assert_eq!(first.parameter("y[0]").as_deref(), Some("-1"));
        let second = inbox.next(&mut bytes).await.unwrap();
        assert_eq!((second.path(), &*second.text()), ("/b", "def"));
        assert_eq!(inbox.next(&mut bytes).await.unwrap().target, "/c");
        assert!(inbox.next(&mut bytes).await.is_none());
        assert!(Inbox::default().next(&mut &b"OPTIONS rtsp://h/ RTSP/1.0\r\n\r\n"[..]).await.is_none());
    }

    #[test]
    fn an_answer_says_how_long_its_body_is_and_whether_the_connection_ends() {
        let bytes = Answer::text("ok").with("X-A", "b").bytes(true);
        let expected = "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Type: text/plain;charset=utf-8\r\nContent-Length: 2\r\n\
             Connection: close\r\n\r\nok";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
}
