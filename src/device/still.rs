//! One picture of what a camera sees now, as its device makes it for whoever asks.
//!
//! Says what of an answer is a picture. Keeps none and looks into none.

use super::exchange::{Answer, Trouble};
use super::finding::Why;

/// The largest picture that is taken: a camera of 12 megapixels makes one of some 1.5 MB.
pub const MOST_BYTES: usize = 2 << 20;

/// A picture.
#[derive(Clone, PartialEq, Eq)]
pub struct Still {
    pub bytes: Vec<u8>,
    /// By its first bytes, whatever the device calls it: `image/jpeg` or `image/png`.
    pub content_type: &'static str,
}

impl std::fmt::Debug for Still {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Still({}, {} bytes)", self.content_type, self.bytes.len())
    }
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoStill {
    /// Neither a recorder nor an ONVIF device is configured to be asked for pictures of this camera.
    #[error("no device of this camera is known that gives pictures")]
    NoDevice,
    #[error(transparent)]
    Why(#[from] Why),
    #[error("what the device gave is no picture")]
    NotAPicture,
    #[error("the picture is larger than {MOST_BYTES} bytes")]
    TooLarge,
}

impl From<Trouble> for NoStill {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::TooLarge(_) => Self::TooLarge,
            other => Self::Why(other.into()),
        }
    }
}

/// The picture in an answer.
///
/// # Errors
/// Where there is none in it.
pub(super) fn read(answer: Answer) -> Result<Still, NoStill> {
    match answer.status {
        200 => {}
        401 | 403 => return Err(Why::NoPermission.into()),
        400 | 404 | 405 | 501 => return Err(Why::NotSupported.into()),
        status => return Err(Why::DeviceError(format!("HTTP {status}")).into()),
    }
    if answer.body.len() > MOST_BYTES {
        return Err(NoStill::TooLarge);
    }
    // Whoever shows it must never take it for anything that can do something, as SVG can.
    let content_type = match answer.body.as_slice() {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        _ => return Err(NoStill::NotAPicture),
    };
    Ok(Still { bytes: answer.body, content_type })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::fake::answer_of;

    fn said(status: u16, body: &[u8]) -> Result<Still, NoStill> {
        read(answer_of(status, body, jiff::Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn what_is_no_picture_by_its_first_bytes_is_none_whatever_it_is_called() {
        assert_eq!(said(200, &[0xff, 0xd8, 0xff, 0xe0]).unwrap().content_type, "image/jpeg");
        assert_eq!(said(200, b"\x89PNG\r\n\x1a\n...").unwrap().content_type, "image/png");
        for none in [&b""[..], b"<svg onload=alert(1)>", b"GIF89a", b"<html>", b"\xff\xd8"] {
            assert_eq!(said(200, none), Err(NoStill::NotAPicture));
        }
        let mut large = vec![0xff; MOST_BYTES + 1];
        large[1] = 0xd8;
        assert_eq!(said(200, &large), Err(NoStill::TooLarge));
        assert_eq!(said(404, b""), Err(NoStill::Why(Why::NotSupported)));
        assert_eq!(said(403, b""), Err(NoStill::Why(Why::NoPermission)));
        assert!(matches!(said(500, b""), Err(NoStill::Why(Why::DeviceError(_)))));
    }
}
