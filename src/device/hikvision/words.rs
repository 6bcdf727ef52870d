//! What Hikvision's words mean: error documents, states of disks, schedules. Pure.

use std::time::Duration;

use serde::Deserialize;

use crate::device::exchange::{Answer, Sign};
use crate::device::finding::Why;
use crate::device::xml::{Node, Tree};
use crate::observation::DiskStatus;

/// A `ResponseStatus` document (ISAPI core, section "error codes") or a bare HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub status: u16,
    pub code: Option<u32>,
    pub sub: String,
    pub text: String,
}

/// The same as JSON, where JSON was asked for.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct JsonFault {
    status_code: u32,
    status_string: String,
    sub_status_code: String,
}

impl Fault {
    fn of(status: u16, tree: &Tree) -> Self {
        Self::said(status, |name| tree.text_at(name).unwrap_or_default())
    }

    /// What a body that is no XML document says.
    fn plain(status: u16, body: &[u8]) -> Self {
        let json: JsonFault = serde_json::from_slice(&body[..body.len().min(4096)]).unwrap_or_default();
        let code = if json.status_code == 0 { String::new() } else { json.status_code.to_string() };
        Self::said(status, |name| match name {
            "statusCode" => &code,
            "statusString" => &json.status_string,
            "subStatusCode" => &json.sub_status_code,
            _ => "",
        })
    }

    fn said<'a>(status: u16, said: impl Fn(&str) -> &'a str) -> Self {
        let words: Vec<String> = ["statusString", "subStatusCode", "subStatusString", "description"]
            .into_iter()
            .map(|name| said(name).chars().take(80).collect::<String>())
            .filter(|text| !text.is_empty())
            .collect();
        let text =
            if words.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}, {}", words.join(", ")) };
        Self { status, code: said("statusCode").parse().ok(), sub: said("subStatusCode").to_ascii_lowercase(), text }
    }

    /// The body of the request was not understood: another wording may be.
    pub fn is_wording(&self) -> bool {
        matches!(self.sub.as_str(), "badxmlcontent" | "badxmlformat" | "badparameters")
            || matches!(self.code, Some(5 | 6))
    }

    /// The device failed at what it understood: a smaller question may succeed.
    pub fn is_failure(&self) -> bool {
        self.sub == "deviceerror" || self.code == Some(3) || (500..600).contains(&self.status) && self.status != 501
    }

    pub fn why(&self) -> Why {
        match self.sub.as_str() {
            "notsupport" | "notsupported" | "methodnotallowed" => Why::NotSupported,
            "lowprivilege" | "nopermission" => Why::NoPermission,
            _ => match self.status {
                404 | 405 | 501 => Why::NotSupported,
                401 | 403 => Why::NoPermission,
                _ => Why::DeviceError(self.text.clone()),
            },
        }
    }
}

/// Why an answer carries no document of use.
#[derive(Debug, Clone, PartialEq)]
pub enum NoDocument {
    Fault(Fault),
    Unreadable(String),
}

impl From<NoDocument> for Why {
    fn from(no: NoDocument) -> Self {
        match no {
            NoDocument::Fault(fault) => fault.why(),
            NoDocument::Unreadable(problem) => Self::Unreadable(problem),
        }
    }
}

/// The document of an answer whose root has this name. Error documents come with any status, 200 too, and so are looked
/// for first.
pub fn document(answer: &Answer, root: &str) -> Result<Tree, NoDocument> {
    let tree = Tree::parse(&answer.body);
    if let Ok(tree) = &tree
        && tree.root().name() == "ResponseStatus"
    {
        return Err(NoDocument::Fault(Fault::of(answer.status, tree)));
    }
    if !answer.is_success() {
        return Err(NoDocument::Fault(Fault::plain(answer.status, &answer.body)));
    }
    let tree = tree.map_err(|error| NoDocument::Unreadable(error.to_string()))?;
    if tree.root().name() == root {
        Ok(tree)
    } else {
        let name: String = tree.root().name().chars().take(60).collect();
        Err(NoDocument::Unreadable(format!("<{name}> where <{root}> was expected")))
    }
}

/// What an answer says of the login: the `userCheck` document of a refusal tells a lock and its seconds.
pub fn sign(answer: &Answer) -> Sign {
    if answer.is_success() {
        return Sign::Nothing;
    }
    if let Ok(tree) = Tree::parse(&answer.body) {
        if tree.text_at("lockStatus").is_some_and(|status| status.eq_ignore_ascii_case("lock")) {
            let seconds = tree.text_at("unlockTime").and_then(|seconds| seconds.parse().ok());
            return Sign::Locked(seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs));
        }
        if let Some(left) = tree.text_at("retryLoginTime").and_then(|left| left.parse().ok()) {
            return Sign::TriesLeft(left);
        }
    }
    if says_locked(answer) { Sign::Locked(None) } else { Sign::Nothing }
}

/// "User Locked", as some firmware says in plain text.
fn says_locked(answer: &Answer) -> bool {
    let start = &answer.body[..answer.body.len().min(4096)];
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    text.contains("user locked") || text.contains("userlocked")
}

/// A disk's state in words; `None` for a word that is not known.
pub fn disk_status(word: &str) -> Option<DiskStatus> {
    Some(match word.to_ascii_lowercase().as_str() {
        "ok" | "idle" | "sleeping" => DiskStatus::Ok,
        "formating" | "formatting" => DiskStatus::Degraded,
        // The ghost of a removed disk is left out before; a network store that is away should be there.
        "offline" => DiskStatus::Missing,
        "error" | "unformatted" | "uninitialized" | "smartfailed" | "mismatch" | "abnormal" | "locked"
        | "exception" => DiskStatus::Failed,
        _ => return None,
    })
}

/// A disk's state as a number of the device network SDK, which the working status uses.
pub fn disk_number(number: u64) -> Option<DiskStatus> {
    Some(match number {
        // Normal; asleep; a virtual disk that can be expanded.
        0 | 5 | 7 => DiskStatus::Ok,
        // Being restored or rebuilt.
        8 => DiskStatus::Degraded,
        // A network disk that is not connected.
        6 => DiskStatus::Missing,
        // Unformatted, error, S.M.A.R.T., mismatch.
        1..=4 => DiskStatus::Failed,
        _ => return None,
    })
}

/// Whether the recorder sees the camera, from what it detected.
pub fn detected(word: &str) -> Option<bool> {
    match word {
        "" => None,
        "connect" => Some(true),
        _ => Some(false),
    }
}

pub fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// A number of at most nine digits: what devices number is small, and `4294967295` means none.
pub fn number(text: &str) -> Option<u32> {
    (text.len() <= 9).then(|| text.parse().ok())?
}

/// The number at a path.
pub fn number_at(node: Node<'_>, path: &str) -> Option<u32> {
    number(node.text_at(path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disk_word_means_what_the_vendor_means() {
        use DiskStatus::{Degraded, Failed, Missing, Ok};
        for (word, status) in [
            ("ok", Ok),
            ("idle", Ok),
            ("sleeping", Ok),
            ("formating", Degraded),
            ("formatting", Degraded),
            ("offline", Missing),
            ("error", Failed),
            ("unformatted", Failed),
            ("uninitialized", Failed),
            ("smartFailed", Failed),
            ("mismatch", Failed),
            ("abnormal", Failed),
            ("locked", Failed),
            ("exception", Failed),
            ("OK", Ok),
        ] {
            assert_eq!(disk_status(word), Some(status), "{word}");
        }
        assert_eq!(disk_status("dreaming"), None);
        let numbers = [Ok, Failed, Failed, Failed, Failed, Ok, Missing, Ok, Degraded];
        for (number, status) in (0..).zip(numbers) {
            assert_eq!(disk_number(number), Some(status), "{number}");
        }
        assert_eq!(disk_number(9), None);
    }
}
