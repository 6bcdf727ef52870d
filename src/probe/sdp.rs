//! The little that the relay must know of a session description (RFC 8866): whether it is one, and which URLs it names.
//!
//! The RTSP library reads it in earnest. Knows no sockets.

use super::message;

/// What a glance at a session description shows.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Glance {
    /// It has a line `m=`.
    pub(crate) any_media: bool,
    /// Every line is written as a session description's, and the first is its version.
    pub(crate) readable: bool,
    /// It is written as RFC 8866 demands, with a video stream that names its format: a reader that refuses it is wrong.
    pub(crate) sound: bool,
    /// `b=AS:` of the session or its video, bits per second.
    pub(crate) declared_bits_per_second: Option<u64>,
}

/// Looks at a description and rewrites it: absolute control URLs get `authority` for their host, and the session's tool
/// is left out (the library takes some tools for a reason to tear down over new connections).
pub(crate) fn rewrite(body: &[u8], authority: &str) -> (Vec<u8>, Glance) {
    let mut out = Vec::with_capacity(body.len() + 64);
    let mut glance = Glance::default();
    let mut readable = !body.is_empty();
    let mut sound = true;
    let mut video = None::<Video>;
    let (mut in_session, mut in_video) = (true, false);
    for (i, line) in body.split(|&b| b == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.iter().all(|b| matches!(b, b' ' | b'\t' | 0)) {
            continue;
        }
        let text = message::lossy(line);
        readable &= line.len() > 1 && line[0].is_ascii_lowercase() && line[1] == b'=';
        readable &= (i == 0) == text.starts_with("v=0");
        if let Some(origin) = text.strip_prefix("o=") {
            sound &= origin.split_ascii_whitespace().count() >= 6;
        } else if let Some(media) = text.strip_prefix("m=") {
            glance.any_media = true;
            in_session = false;
            in_video = media.starts_with("video ");
            if in_video && video.is_none() {
                video = Some(Video::of(media));
            }
        } else if let Some(bandwidth) = text.strip_prefix("b=AS:")
            && (in_video || in_session)
        {
            let kilobits: Option<u64> = bandwidth.trim().parse().ok();
            glance.declared_bits_per_second = kilobits.and_then(|k| k.checked_mul(1000)).filter(|b| *b > 0);
        } else if in_video
            && let Some(map) = text.strip_prefix("a=rtpmap:")
            && let Some(video) = &mut video
        {
            video.mapped |=
                video.format.is_some() && map.split(' ').next().and_then(|f| f.parse().ok()) == video.format;
        }
        if in_session && text.starts_with("a=tool:") {
            continue;
        }
        match text.strip_prefix("a=control:").map(str::trim) {
            Some(control) if message::path_of(control).is_some() => {
                out.extend_from_slice(b"a=control:");
                out.extend_from_slice(message::rebase(control, authority).as_bytes());
            }
            _ => out.extend_from_slice(line),
        }
        out.extend_from_slice(b"\r\n");
    }
    glance.readable = readable;
    glance.sound = readable && sound && video.is_some_and(|v| v.is_sound());
    (out, glance)
}

struct Video {
    format: Option<u8>,
    mapped: bool,
}

impl Video {
    /// Of `video PORT PROTO FORMAT...`.
    fn of(media: &str) -> Self {
        let mut words = media.split_ascii_whitespace().skip(1);
        let port = words.next().and_then(|p| p.split('/').next()?.parse::<u16>().ok());
        let protocol = words.next().is_some_and(|p| p.contains("RTP/"));
        let format = words.next().and_then(|f| f.parse().ok()).filter(|f| *f < 128);
        Self { format: format.filter(|_| port.is_some() && protocol), mapped: false }
    }

    fn is_sound(&self) -> bool {
        // The static payload types of RFC 3551 need no map; those above are dynamic.
        self.format.is_some_and(|f| f < 35 || self.mapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=x\r\nb=AS:2048\r\na=tool:LIVE555 Streaming Media v2013.04.08\r\n\
        t=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:rtsp://evil:8554/s/track1\r\n";

    #[test]
    fn control_urls_stay_on_the_relay_and_the_tool_is_left_out() {
        let (out, glance) = rewrite(GOOD.as_bytes(), "rtsp://127.0.0.1:9");
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("a=control:rtsp://127.0.0.1:9/s/track1\r\n"), "{text}");
        assert!(!text.contains("LIVE555") && !text.contains("evil"), "{text}");
        assert_eq!(
            glance,
            Glance { any_media: true, readable: true, sound: true, declared_bits_per_second: Some(2_048_000) }
        );
    }

    #[test]
    fn a_description_that_breaks_the_rules_is_not_sound() {
        for bad in [
            "hello",
            "",
            "v=0\r\no=-\r\ns=x\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
            "v=0\r\no=- 1 1 IN IP4 1\r\ns=x\r\nm=video 0 RTP/AVP\r\n",
            "v=0\r\no=- 1 1 IN IP4 1\r\ns=x\r\nm=video 0 RTP/AVP    \r\n",
            "v=0\r\no=- 1 1 IN IP4 1\r\ns=x\r\nm=video 0 RTP/AVP 96\r\n",
            "v=0\r\no=- 1 1 IN IP4 1\r\ns=x\r\nnonsense\r\nm=video 0 RTP/AVP 26\r\n",
        ] {
            assert!(!rewrite(bad.as_bytes(), "rtsp://h").1.sound, "{bad:?}");
        }
    }

    #[test]
    fn relative_controls_and_trailing_blanks_pass_unchanged() {
        let text = "v=0\r\nm=video 0 RTP/AVP   \r\na=control:trackID=1\r\na=control:*\r\n";
        assert_eq!(rewrite(text.as_bytes(), "rtsp://h").0, text.as_bytes());
    }
}
