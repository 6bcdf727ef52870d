//! The least that can read a camera: one blocking TCP connection, four requests, and no look into what comes back.
//!
//! What any probe must cost at least, for benchmarks to be held against; and a viewer that keeps a stream running.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use url::Url;

/// A session that plays the first video stream over the connection itself (interleaved, RFC 2326, 10.12).
pub struct BareClient {
    stream: TcpStream,
    url: Url,
    session: String,
    cseq: u32,
    buffer: Vec<u8>,
    /// Everything that came until now.
    pub received: usize,
}

impl BareClient {
    /// DESCRIBE, SETUP, PLAY.
    pub fn play(url: &str) -> io::Result<Self> {
        let url = Url::parse(url).map_err(io::Error::other)?;
        let host = url.host_str().ok_or_else(|| io::Error::other("a URL with a host"))?;
        let stream = TcpStream::connect((host, url.port().unwrap_or(554)))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut this = Self { stream, url, session: String::new(), cseq: 0, buffer: vec![0; 65536], received: 0 };

        let (head, body) = this.request("DESCRIBE", this.url.to_string().as_str(), "Accept: application/sdp\r\n")?;
        let base = header(&head, "Content-Base").unwrap_or_else(|| this.url.as_str());
        let video = body.split("\nm=").find(|media| media.starts_with("video"));
        let control = video.and_then(|m| m.lines().find_map(|line| line.strip_prefix("a=control:")));
        let control = control.ok_or_else(|| io::Error::other("a video stream with a control URL"))?;
        let control = if control.contains("://") {
            control.to_owned()
        } else {
            format!("{}/{control}", base.trim_end_matches('/'))
        };
        let (head, _) = this.request("SETUP", &control, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")?;
        let session = header(&head, "Session").ok_or_else(|| io::Error::other("a session"))?;
        session.split(';').next().unwrap_or_default().clone_into(&mut this.session);
        this.send("PLAY", this.url.to_string().as_str(), "Range: npt=0.000-\r\n")?;
        Ok(this)
    }

    /// Reads until this many bytes came in all, PLAY's answer and everything before it included.
    pub fn read_until(&mut self, bytes: usize) -> io::Result<()> {
        while self.received < bytes {
            match self.stream.read(&mut self.buffer)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => self.received += n,
            }
        }
        Ok(())
    }

    /// TEARDOWN, and waits for the server to close or answer.
    pub fn end(mut self) -> io::Result<()> {
        self.send("TEARDOWN", self.url.to_string().as_str(), "")?;
        self.stream.shutdown(std::net::Shutdown::Write)?;
        while self.stream.read(&mut self.buffer).is_ok_and(|n| n > 0) {}
        Ok(())
    }

    fn send(&mut self, method: &str, target: &str, headers: &str) -> io::Result<()> {
        self.cseq += 1;
        let session = if self.session.is_empty() { String::new() } else { format!("Session: {}\r\n", self.session) };
        let cseq = self.cseq;
        let text = format!("{method} {target} RTSP/1.0\r\n{headers}{session}CSeq: {cseq}\r\nUser-Agent: bare\r\n\r\n");
        self.stream.write_all(text.as_bytes())
    }

    fn request(&mut self, method: &str, target: &str, headers: &str) -> io::Result<(String, String)> {
        self.send(method, target, headers)?;
        let mut have = Vec::new();
        loop {
            let n = self.stream.read(&mut self.buffer)?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.received += n;
            have.extend_from_slice(&self.buffer[..n]);
            let text = String::from_utf8_lossy(&have);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            if !head.starts_with("RTSP/1.0 200") {
                return Err(io::Error::other(format!("{method}: {head}")));
            }
            let length = header(head, "Content-Length").and_then(|v| v.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Ok((head.to_owned(), body.to_owned()));
            }
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Watches a stream on a thread of its own until it is dropped, as a recorder would.
pub struct Viewer {
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Viewer {
    /// Begins, and returns when media flows.
    pub fn of(url: &str) -> Self {
        let mut client = BareClient::play(url).expect("a stream to watch");
        let first = client.received + 4096;
        client.read_until(first).expect("media");
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopped = std::sync::Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            while !stopped.load(std::sync::atomic::Ordering::Relaxed) {
                let next = client.received + 1;
                if client.read_until(next).is_err() {
                    return;
                }
            }
            let _ = client.end();
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
