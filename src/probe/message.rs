//! RTSP messages as cameras write them (RFC 2326, loosely) and as the RTSP library wants them (strictly).
//!
//! Pure text: reads a head leniently, says which of its faults had to be repaired, writes heads anew. Knows no sockets.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// What had to be repaired in a response before a strict reader would take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repair {
    /// Lines that end in a bare line feed.
    LineFeed,
    /// A header without a value.
    EmptyHeader,
    /// A header line without a colon, or with a name that is none.
    BadHeader,
    /// A status line without a reason phrase.
    NoReason,
    /// No `CSeq`, or one of another request.
    CSeq,
    /// `Content-Type` with parameters, in capitals, or missing the truth.
    ContentType,
    /// Parameters of `Session` that are not exactly `timeout=N`.
    Session,
    /// A `Transport` that does not say which channels.
    Transport,
    /// Bytes between messages that belong to none.
    Garbage,
}

impl Repair {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::LineFeed => "lf",
            Self::EmptyHeader => "empty header",
            Self::BadHeader => "bad header",
            Self::NoReason => "no reason",
            Self::CSeq => "cseq",
            Self::ContentType => "content type",
            Self::Session => "session",
            Self::Transport => "transport",
            Self::Garbage => "garbage",
        }
    }
}

/// Repairs in the order of their first need, each once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repairs(Vec<(Repair, u32)>);

impl Repairs {
    pub(crate) fn note(&mut self, repair: Repair) {
        match self.0.iter_mut().find(|(r, _)| *r == repair) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.0.push((repair, 1)),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (repair, _) in &other.0 {
            self.note(*repair);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Repairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("repaired: ")?;
        for (i, (repair, _)) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(repair.as_str())?;
        }
        Ok(())
    }
}

/// The first line of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Start {
    /// A status code.
    Response(u16),
    Request {
        method: String,
        uri: String,
    },
}

/// A head: its first line and its headers, names as written.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) start: Start,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) repairs: Repairs,
}

/// Why bytes are no RTSP head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAHead {
    /// The first line is none of RTSP/1.x.
    FirstLine,
    /// `Content-Length` is no number, or stands there twice with different values.
    Length,
}

impl Head {
    /// The first value of a header, names compared without case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// All values of a header, joined as RFC 2616 section 4.2 joins them.
    pub(crate) fn all(&self, name: &str) -> Option<String> {
        let mut joined: Option<String> = None;
        for (_, value) in self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)) {
            match &mut joined {
                None => joined = Some(value.clone()),
                Some(text) => {
                    text.push_str(", ");
                    text.push_str(value);
                }
            }
        }
        joined
    }

    pub(crate) fn cseq(&self) -> Option<u32> {
        self.get("CSeq")?.parse().ok()
    }

    /// The length of the body that follows.
    pub(crate) fn content_length(&self) -> Result<u64, NotAHead> {
        let mut found = None;
        for (_, value) in self.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case("Content-Length")) {
            let length: u64 = value.parse().map_err(|_| NotAHead::Length)?;
            if found.is_some_and(|f| f != length) {
                return Err(NotAHead::Length);
            }
            found = Some(length);
        }
        Ok(found.unwrap_or(0))
    }
}

/// Where a head ends: the offset just behind its empty line. Lines may end in CRLF or a bare LF.
///
/// `from` is where an earlier call without success may begin anew, so that endless heads are not scanned again and again.
pub(crate) fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from.saturating_sub(3);
    while let Some(found) = bytes[at..].iter().position(|&b| b == b'\n') {
        let lf = at + found;
        match (bytes.get(lf + 1), bytes.get(lf + 2)) {
            (Some(b'\n'), _) => return Some(lf + 2),
            (Some(b'\r'), Some(b'\n')) => return Some(lf + 3),
            _ => at = lf + 1,
        }
    }
    None
}

/// Whether these first bytes of a message can still become RTSP: a status line, or a request of the peer.
pub(crate) fn may_be_rtsp(bytes: &[u8]) -> bool {
    /// Longer than any method of RFC 2326 or an extension seen in the wild.
    const LONGEST_METHOD: usize = 24;
    const STATUS: &[u8] = b"RTSP/";
    let known = bytes.len().min(STATUS.len());
    if bytes[..known] == STATUS[..known] {
        return true;
    }
    if let Some(lf) = bytes.iter().position(|&b| b == b'\n') {
        let line = bytes[..lf].strip_suffix(b"\r").unwrap_or(&bytes[..lf]);
        return std::str::from_utf8(line).is_ok_and(|line| request_line(line).is_some());
    }
    let method = bytes.iter().take_while(|b| b.is_ascii_uppercase() || **b == b'_').count();
    method > 0 && method <= LONGEST_METHOD && matches!(bytes.get(method), None | Some(b' '))
}

fn request_line(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_ascii_whitespace();
    let (method, uri, version) = (words.next()?, words.next()?, words.next()?);
    let token = method.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    (token && version.starts_with("RTSP/1.") && words.next().is_none()).then_some((method, uri))
}

/// Reads one head, up to and with its empty line.
pub(crate) fn parse_head(bytes: &[u8]) -> Result<Head, NotAHead> {
    let mut repairs = Repairs::default();
    let text = lossy(bytes);
    let mut lines = text.split('\n').map(|line| {
        line.strip_suffix('\r').unwrap_or_else(|| {
            if !line.is_empty() {
                repairs.note(Repair::LineFeed);
            }
            line
        })
    });
    let first = lines.next().unwrap_or_default().trim_end();
    let mut no_reason = false;
    let start = if let Some(rest) = first.strip_prefix("RTSP/1.") {
        let (_, rest) = rest.split_once(' ').ok_or(NotAHead::FirstLine)?;
        let (code, reason) = rest.trim_start().split_once(' ').unwrap_or((rest.trim(), ""));
        let digits = code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit());
        let code = code.parse().ok().filter(|c| digits && (100..600).contains(c)).ok_or(NotAHead::FirstLine)?;
        no_reason = reason.trim().is_empty();
        Start::Response(code)
    } else {
        let (method, uri) = request_line(first).ok_or(NotAHead::FirstLine)?;
        Start::Request { method: method.to_owned(), uri: uri.to_owned() }
    };
    let mut headers = Vec::new();
    let mut faults = Vec::new();
    for line in lines {
        if line.is_empty() {
            continue;
        }
        match line.split_once(':') {
            Some((name, value)) if is_token(name.trim_end()) => {
                let value = value.trim();
                if value.is_empty() {
                    faults.push(Repair::EmptyHeader);
                } else {
                    if name.ends_with([' ', '\t']) {
                        faults.push(Repair::BadHeader);
                    }
                    headers.push((name.trim_end().to_owned(), value.to_owned()));
                }
            }
            _ => faults.push(Repair::BadHeader),
        }
    }
    if no_reason {
        repairs.note(Repair::NoReason);
    }
    for fault in faults {
        repairs.note(fault);
    }
    Ok(Head { start, headers, repairs })
}

/// As text; what is none of it is replaced. Nearly all is ASCII, which the strict reader passes over words at a time.
pub(crate) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && !br#"()<>@,;:\"/[]?={}"#.contains(&b))
}

/// A `Session` header: the identifier, and the seconds until it expires, at most [`MAX_SESSION_TIMEOUT`].
pub(crate) fn parse_session(value: &str) -> Option<(String, u32, bool)> {
    let (id, rest) = match value.split_once(';') {
        None => (value.trim(), None),
        Some((id, rest)) => (id.trim(), Some(rest)),
    };
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let mut timeout = MAX_SESSION_TIMEOUT;
    let mut clean = true;
    for (i, part) in rest.into_iter().flat_map(|r| r.split(';')).enumerate() {
        let Some((name, seconds)) = part.split_once('=') else {
            clean = false;
            continue;
        };
        if !name.trim().eq_ignore_ascii_case("timeout") {
            clean = false;
            continue;
        }
        clean &= i == 0 && name.trim_start() == "timeout" && seconds == seconds.trim_start();
        match seconds.trim().parse::<u64>() {
            Ok(0) | Err(_) => clean = false,
            Ok(n) => timeout = u32::try_from(n).unwrap_or(u32::MAX).min(MAX_SESSION_TIMEOUT),
        }
    }
    Some((id.to_owned(), timeout, clean))
}

/// The longest session timeout that is believed: it bounds how long anything waits for a session to expire.
pub(crate) const MAX_SESSION_TIMEOUT: u32 = 60;

/// The channels of `interleaved=A-B` in a `Transport` header: that of RTP; RTCP has the next.
pub(crate) fn parse_interleaved(transport: &str) -> Option<u8> {
    let value = parameter(transport, "interleaved")?;
    let first = value.split('-').next().unwrap_or(value);
    first.trim().parse().ok().filter(|n| *n < u8::MAX)
}

/// The RTP port of `server_port=A-B` in a `Transport` header.
pub(crate) fn parse_server_port(transport: &str) -> Option<u16> {
    let value = parameter(transport, "server_port")?;
    value.split('-').next()?.trim().parse().ok().filter(|port| *port != 0)
}

fn parameter<'a>(transport: &'a str, name: &str) -> Option<&'a str> {
    // Several transports may be listed; the first is the one that was chosen.
    transport.split(',').next()?.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// The part of an RTSP URL behind its authority: path and query. `None` for a URL without scheme.
pub(crate) fn path_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if scheme.is_empty() || !scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) {
        return None;
    }
    Some(rest.find(['/', '?']).map_or("", |at| &rest[at..]))
}

/// A base or control URL of the camera with `authority` (`rtsp://host:port`) in place of whatever host it names.
pub(crate) fn rebase(url: &str, authority: &str) -> String {
    if let Some(path) = path_of(url) {
        return format!("{authority}{path}");
    }
    // Some cameras leave out the scheme: `10.0.0.1:554/stream/`.
    let path = url.trim_start_matches('/');
    let path = if url.starts_with('/') && !url.starts_with("//") {
        path
    } else {
        path.split_once('/').map_or("", |(_, path)| path)
    };
    format!("{authority}/{path}")
}

/// Writes a head whose values are known to hold no line ends.
pub(crate) fn write_head(out: &mut Vec<u8>, first: &str, headers: &[(&str, &str)]) {
    let mut text = String::with_capacity(256);
    text.push_str(first);
    text.push_str("\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").expect("writing to a String cannot fail");
    }
    text.push_str("\r\n");
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        assert_eq!(head_end(text.as_bytes(), 0), Some(text.len()), "{text:?}");
        parse_head(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_proper_head_needs_no_repair() {
        let head = head("RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 5\r\n\r\n");
        assert_eq!(head.start, Start::Response(200));
        assert_eq!((head.cseq(), head.content_length()), (Some(3), Ok(5)));
        assert!(head.repairs.is_empty());
    }

    #[test]
    fn each_fault_of_honest_cameras_is_read_and_named() {
        let cases = [
            ("RTSP/1.0 200 OK\nCSeq: 1\n\n", "repaired: lf"),
            ("RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer:\r\n\r\n", "repaired: empty header"),
            ("RTSP/1.0 200\r\nCSeq: 1\r\n\r\n", "repaired: no reason"),
            ("RTSP/1.0 200 \r\nCSeq: 1\r\n\r\n", "repaired: no reason"),
            ("RTSP/1.0 200 OK\r\nCSeq: 1\r\nnonsense\r\n\r\n", "repaired: bad header"),
        ];
        for (text, expected) in cases {
            let head = head(text);
            assert_eq!(head.repairs.to_string(), expected, "{text:?}");
            assert_eq!(head.cseq(), Some(1), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_rtsp_is_known_by_its_first_bytes() {
        for good in ["", "R", "RTSP/1.0 2", "OPTIONS", "OPTIONS rtsp://x RTSP/1.0\r\n"] {
            assert!(may_be_rtsp(good.as_bytes()), "{good:?}");
        }
        for bad in ["HTTP/1.1 400", "SSH-2.0-OpenSSH", "\u{7f}ELF", "220 ftp", "GET / HTTP/1.0\r\n", "\0"] {
            assert!(!may_be_rtsp(bad.as_bytes()), "{bad:?}");
        }
    }

    #[test]
    fn a_session_keeps_its_id_and_a_timeout_of_a_minute_at_most() {
        assert_eq!(parse_session("ab12"), Some(("ab12".into(), 60, true)));
        assert_eq!(parse_session("ab12;timeout=30"), Some(("ab12".into(), 30, true)));
        assert_eq!(parse_session("ab12;timeout = 30").map(|s| (s.1, s.2)), Some((30, false)));
        assert_eq!(parse_session("ab12;foo=1;timeout=30").map(|s| (s.1, s.2)), Some((30, false)));
        assert_eq!(parse_session("ab12;timeout=4294967295").map(|s| s.1), Some(60));
        assert_eq!(parse_session("ab12;timeout=0").map(|s| (s.1, s.2)), Some((60, false)));
        assert_eq!(parse_session(";timeout=3"), None);
    }

    #[test]
    fn another_host_in_a_base_url_is_replaced_and_its_path_kept() {
        let relay = "rtsp://127.0.0.1:4";
        for (url, expected) in [
            ("rtsp://10.0.0.1:554/a/b?c", "rtsp://127.0.0.1:4/a/b?c"),
            ("rtsps://user:pw@evil/a/", "rtsp://127.0.0.1:4/a/"),
            ("rtsp://evil", "rtsp://127.0.0.1:4"),
            ("rtsp://evil?x=/y", "rtsp://127.0.0.1:4?x=/y"),
            ("10.0.0.1:554/a/", "rtsp://127.0.0.1:4/a/"),
            ("/a/b", "rtsp://127.0.0.1:4/a/b"),
            ("//evil/a", "rtsp://127.0.0.1:4/a"),
        ] {
            assert_eq!(rebase(url, relay), expected, "{url}");
        }
    }

    #[test]
    fn transports_are_read_whatever_their_spaces() {
        assert_eq!(parse_interleaved("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1"), Some(2));
        assert_eq!(parse_interleaved("RTP/AVP/TCP; Interleaved=0-1"), Some(0));
        assert_eq!(parse_interleaved("RTP/AVP/TCP;unicast"), None);
        assert_eq!(parse_server_port("RTP/AVP;unicast;server_port=5000-5001"), Some(5000));
    }

    #[test]
    fn a_long_head_is_searched_from_where_the_last_search_ended() {
        let text = b"RTSP/1.0 200 OK\r\nA: b\r\n\r\nrest";
        for split in 0..text.len() {
            let found = head_end(&text[..split], 0);
            let again = head_end(text, split);
            assert!(found == Some(25) || again == Some(25), "{split}");
        }
    }
}
