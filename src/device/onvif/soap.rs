//! SOAP 1.2 envelopes, the `UsernameToken` of WS-Security, and faults.
//!
//! Writes what the ONVIF Core Specification wants of a client and nothing more. Knows no operation's answer.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use sha1::{Digest as _, Sha1};

use crate::device::xml::Tree;
use crate::inventory::Credential;

/// One operation of one service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Operation {
    pub service: Service,
    pub name: &'static str,
    /// SOAP 1.2 carries the action as a parameter of the content type.
    pub content_type: &'static str,
}

/// Declares operations: their names and, from those, their actions.
macro_rules! operations {
    ($($constant:ident = $service:ident $namespace:literal $name:literal;)*) => {
        $(pub(super) const $constant: Operation = Operation {
            service: Service::$service,
            name: $name,
            content_type: concat!("application/soap+xml; charset=utf-8; action=\"", $namespace, "/", $name, "\""),
        };)*
    };
}

operations! {
    GET_SYSTEM_DATE_AND_TIME = Device "http://www.onvif.org/ver10/device/wsdl" "GetSystemDateAndTime";
    GET_DEVICE_INFORMATION = Device "http://www.onvif.org/ver10/device/wsdl" "GetDeviceInformation";
    GET_SERVICES = Device "http://www.onvif.org/ver10/device/wsdl" "GetServices";
    GET_CAPABILITIES = Device "http://www.onvif.org/ver10/device/wsdl" "GetCapabilities";
    GET_PROFILES = Media "http://www.onvif.org/ver10/media/wsdl" "GetProfiles";
    GET_PROFILES_2 = Media2 "http://www.onvif.org/ver20/media/wsdl" "GetProfiles";
    GET_SNAPSHOT_URI = Media "http://www.onvif.org/ver10/media/wsdl" "GetSnapshotUri";
    GET_SNAPSHOT_URI_2 = Media2 "http://www.onvif.org/ver20/media/wsdl" "GetSnapshotUri";
    GET_RECORDINGS = Recording "http://www.onvif.org/ver10/recording/wsdl" "GetRecordings";
    GET_RECORDING_SUMMARY = Search "http://www.onvif.org/ver10/search/wsdl" "GetRecordingSummary";
    GET_RECORDING_INFORMATION = Search "http://www.onvif.org/ver10/search/wsdl" "GetRecordingInformation";
    FIND_RECORDINGS = Search "http://www.onvif.org/ver10/search/wsdl" "FindRecordings";
    GET_RECORDING_SEARCH_RESULTS = Search "http://www.onvif.org/ver10/search/wsdl" "GetRecordingSearchResults";
    FIND_EVENTS = Search "http://www.onvif.org/ver10/search/wsdl" "FindEvents";
    GET_EVENT_SEARCH_RESULTS = Search "http://www.onvif.org/ver10/search/wsdl" "GetEventSearchResults";
    END_SEARCH = Search "http://www.onvif.org/ver10/search/wsdl" "EndSearch";
}

/// The services that are asked, each at an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Service {
    Device,
    Media,
    Media2,
    Recording,
    Search,
}

impl Service {
    const ALL: [Self; 5] = [Self::Device, Self::Media, Self::Media2, Self::Recording, Self::Search];

    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Device => "http://www.onvif.org/ver10/device/wsdl",
            Self::Media => "http://www.onvif.org/ver10/media/wsdl",
            Self::Media2 => "http://www.onvif.org/ver20/media/wsdl",
            Self::Recording => "http://www.onvif.org/ver10/recording/wsdl",
            Self::Search => "http://www.onvif.org/ver10/search/wsdl",
        }
    }

    pub(super) fn of_namespace(namespace: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.namespace() == namespace.trim().trim_end_matches('/'))
    }
}

impl Operation {
    /// What it is remembered by: `GetProfiles` is an operation of two services.
    pub(super) fn key(self) -> String {
        match self.service {
            Service::Media2 => format!("{}2", self.name),
            _ => self.name.to_owned(),
        }
    }

    /// The envelope around this operation's element with `inner` in it, and with a token where one is wanted.
    pub(super) fn envelope(self, inner: &str, token: Option<&str>) -> Vec<u8> {
        let (name, namespace) = (self.name, self.service.namespace());
        let header = token.map(|token| format!("<s:Header>{token}</s:Header>")).unwrap_or_default();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\">{header}\
             <s:Body><{name} xmlns=\"{namespace}\">{inner}</{name}></s:Body></s:Envelope>"
        )
        .into_bytes()
    }
}

/// The `wsse:Security` header of a credential: Web Services Security, Username Token Profile 1.0, with a password digest.
///
/// `created` is the device's own time: devices refuse a token that is seconds off it.
pub(super) fn username_token(credential: &Credential, nonce: [u8; 16], created: Timestamp) -> String {
    let created = created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut digest = Sha1::new();
    digest.update(nonce);
    digest.update(created.as_bytes());
    digest.update(credential.password.expose().as_bytes());
    let (nonce, digest) = (BASE64.encode(nonce), BASE64.encode(digest.finalize()));
    let username = escape(&credential.username);
    format!(
        "<wsse:Security s:mustUnderstand=\"1\" \
         xmlns:wsse=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd\" \
         xmlns:wsu=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd\">\
         <wsse:UsernameToken><wsse:Username>{username}</wsse:Username>\
         <wsse:Password Type=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest\">{digest}</wsse:Password>\
         <wsse:Nonce EncodingType=\"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary\">{nonce}</wsse:Nonce>\
         <wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )
}

/// Text as it may stand between tags. What XML 1.0 cannot hold at all is left out.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => out.push(other),
        }
    }
    out
}

/// What a device says instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// Code and subcodes without their prefixes, outermost first, as in `Sender`, `NotAuthorized`.
    pub codes: Vec<String>,
    /// Reason and detail, for people; cut.
    pub text: String,
}

/// Characters of a fault's text that are worth showing.
const TEXT_SHOWN: usize = 160;

/// Subcodes below subcodes that are looked at; real ones are two.
const SUBCODES: usize = 6;

impl Fault {
    /// The fault in an envelope, in the shape of SOAP 1.2 or, as some devices have it, 1.1.
    pub(super) fn of(envelope: &Tree) -> Option<Self> {
        let fault = envelope.at("Body/Fault")?;
        let mut codes = Vec::new();
        let mut code = fault.child("Code");
        for _ in 0..SUBCODES {
            let Some(level) = code else { break };
            codes.extend(level.child("Value").map(|value| local_name(value.text())));
            code = level.child("Subcode");
        }
        codes.extend(fault.child("faultcode").map(|value| local_name(value.text())));
        let mut words = Vec::new();
        words.extend(fault.at("Reason/Text").map(|text| text.text().to_owned()));
        words.extend(fault.child("faultstring").map(|text| text.text().to_owned()));
        words.extend(fault.at("Detail/Text").map(|text| text.text().to_owned()));
        words.retain(|word| !word.is_empty());
        let text: String = words.join("; ").chars().filter(|c| !c.is_control()).take(TEXT_SHOWN).collect();
        Some(Self { codes, text })
    }

    /// Whether the login was refused, or one is wanted: ONVIF says the same in both cases.
    pub(super) fn is_refusal(&self) -> bool {
        self.has(&["NotAuthorized", "FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken", "FailedCheck"])
    }

    /// Whether the account or our address is locked.
    pub(super) fn is_lock(&self) -> bool {
        let text = self.text.to_ascii_lowercase();
        ["user locked", "account locked", "user is locked", "account is locked", "has been locked"]
            .iter()
            .any(|words| text.contains(words))
            || self.has(&["UserLocked", "AccountLocked"])
    }

    /// Whether the login is good and the account may not do this.
    pub(super) fn is_prohibition(&self) -> bool {
        self.has(&["OperationProhibited", "AccessDenied"])
    }

    /// Whether the device does not have this operation. Some say so in a subcode, some in words alone.
    pub(super) fn is_unsupported(&self) -> bool {
        let text: String = self.text.chars().filter(char::is_ascii_alphabetic).collect();
        let text = text.to_ascii_lowercase();
        self.has(&["ActionNotSupported", "OptionalActionNotImplemented", "NoSuchService", "UnknownAction"])
            || ["notimplemented", "notsupported", "unsupported", "unknownmethod", "nosuchservice"]
                .iter()
                .any(|words| text.contains(words))
    }

    fn has(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.iter().any(|known| code.eq_ignore_ascii_case(known)))
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.codes.last().map_or("fault", String::as_str);
        if self.text.is_empty() { f.write_str(code) } else { write!(f, "{code}: {}", self.text) }
    }
}

/// `ter:NotAuthorized` without its prefix, which every vendor may choose, and the last part of SOAP 1.1's
/// `Client.NotAuthorized`; bounded.
fn local_name(name: &str) -> String {
    let name = name.trim();
    name.rsplit([':', '.']).next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(64).collect()
}
