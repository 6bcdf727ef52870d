//! What Dahua's words mean: refusals, locks, states of disks and channels, masks of schedules. Pure.

use std::time::Duration;

use serde::Deserialize;

use crate::device::exchange::{Answer, Sign};
use crate::device::finding::Why;
use crate::device::key_value::KeyValues;
use crate::observation::{DiskStatus, RecordMode};

/// The pairs of an answer, or why there are none.
pub fn values(answer: &Answer) -> Result<KeyValues, Why> {
    match answer.status {
        200..300 => KeyValues::parse(&answer.body).map_err(|error| Why::Unreadable(error.to_string())),
        // "Bad Request!" is what firmware says to actions it does not have.
        400 | 404 | 405 | 501 => Err(Why::NotSupported),
        // An unknown name of a configuration is answered in the same way as a lack of rights.
        401 | 403 => Err(Why::NoPermission),
        status => {
            let text = answer.text();
            let line: String = text.lines().next().unwrap_or_default().chars().take(80).collect();
            Err(Why::DeviceError(format!("HTTP {status} {line}").trim_end().to_owned()))
        }
    }
}

/// The refusals of the CGI (`RmLock`, `RmLogin`) and of the remote procedure calls (`remainLockSecond`,
/// `remainLoginTimes`).
#[derive(Deserialize, Default)]
#[serde(default)]
struct Refusal {
    #[serde(rename = "RmLock")]
    lock: Option<u64>,
    #[serde(rename = "RmLogin")]
    tries: Option<u32>,
    params: Option<RefusalParams>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RefusalParams {
    #[serde(rename = "remainLockSecond")]
    lock: Option<u64>,
    #[serde(rename = "remainLoginTimes")]
    tries: Option<u32>,
}

/// What an answer says of the login. A 401 alone says nothing here: it is a wrong password, no right to this path, or no
/// connection left.
pub fn sign(answer: &Answer) -> Sign {
    if answer.is_success() && !answer.body.trim_ascii_start().starts_with(b"{") {
        return Sign::Nothing;
    }
    let start = &answer.body[..answer.body.len().min(4096)];
    if let Ok(refusal) = serde_json::from_slice::<Refusal>(start) {
        let params = refusal.params.unwrap_or_default();
        if let Some(seconds) = refusal.lock.or(params.lock).filter(|seconds| *seconds > 0) {
            return Sign::Locked(Some(Duration::from_secs(seconds)));
        }
        if let Some(left) = refusal.tries.or(params.tries) {
            return Sign::TriesLeft(left);
        }
    }
    if String::from_utf8_lossy(start).to_ascii_lowercase().contains("user locked") {
        return Sign::Locked(None);
    }
    Sign::Nothing
}

/// A disk's state; `None` for a word that is not known.
pub fn disk_status(word: &str) -> Option<DiskStatus> {
    Some(match word {
        "Success" | "Normal" | "Running" | "Active" => DiskStatus::Ok,
        "Degraded" | "Initializing" => DiskStatus::Degraded,
        "Error" | "Failure" => DiskStatus::Failed,
        _ => return None,
    })
}

/// Whether the recorder has a channel's picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    Online,
    Offline,
    /// No camera was ever set up in this slot.
    Vacant,
}

/// A channel's state; `None` for a word that is not known.
pub fn connection(word: &str) -> Option<Connection> {
    Some(match word {
        "Connected" => Connection::Online,
        "Unconnect" | "Disconnect" | "Disconnected" | "Connecting" => Connection::Offline,
        "Empty" | "Disable" => Connection::Vacant,
        _ => return None,
    })
}

/// What a channel's switch says; `None` where the schedule decides.
pub fn switch(word: &str) -> Option<Option<RecordMode>> {
    Some(match word {
        "0" => None,
        "1" => Some(RecordMode::Continuous),
        "2" => Some(RecordMode::Off),
        _ => return None,
    })
}

/// One entry of a schedule, `1 00:00:00-24:00:00`: the mask, and seconds of the day.
pub fn section(text: &str) -> Option<(u32, u32, u32)> {
    let (mask, span) = text.trim().split_once(' ')?;
    let (start, end) = span.trim().split_once('-')?;
    let seconds = |text: &str| -> Option<u32> {
        let mut parts = text.split(':').map(|part| if part.len() <= 2 { part.parse::<u32>().ok() } else { None });
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
        (hour <= 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
    };
    Some((mask.parse().ok()?, seconds(start)?, seconds(end)?))
}

pub fn truth(word: &str) -> Option<bool> {
    match word {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disk_word_means_what_the_vendor_means() {
        use DiskStatus::{Degraded, Failed, Ok};
        for (word, status) in [
            ("Success", Ok),
            ("Normal", Ok),
            ("Running", Ok),
            ("Active", Ok),
            ("Error", Failed),
            ("Failure", Failed),
            ("Initializing", Degraded),
            ("Degraded", Degraded),
        ] {
            assert_eq!(disk_status(word), Some(status), "{word}");
        }
        assert_eq!(disk_status("Dreaming"), None);
    }

    #[test]
    fn sections_are_masks_and_seconds() {
        assert_eq!(section("1 00:00:00-24:00:00"), Some((1, 0, 86_400)));
        assert_eq!(section("65 08:30:00-17:00:59"), Some((65, 30_600, 61_259)));
        for text in ["", "1", "1 00:00-24:00", "x 00:00:00-24:00:00", "1 00:00:00-25:00:00", "1 000:00:00-24:00:00"] {
            assert_eq!(section(text), None, "{text}");
        }
    }
}
