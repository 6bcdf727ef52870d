//! Alertmanager's webhook payload, version "4", read into alerts that the desk understands. Pure.
//!
//! Fields come and go between versions of Alertmanager (`notification_reason` since 0.33, `routeLabels` since 0.34), so
//! what is unknown is ignored and what is not needed may be missing. What is needed is checked, and told with its place.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::duty::Place;
use crate::inventory::{CommuneId, Inventory, Language, Role, SiteId};
use crate::paging::{RaisedAlert, Severity};

/// Characters of a title that are kept.
const LONGEST_TITLE: usize = 200;
/// Characters of a text that are kept: a channel takes 2,000 at most, and says more than this.
const LONGEST_TEXT: usize = 1_200;
/// Of a link.
const LONGEST_LINK: usize = 500;

/// What a payload came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// In the order in which they stand.
    pub alerts: Vec<RaisedAlert>,
    /// Alerts that are for machines: severity `none` or `info`.
    pub for_machines: usize,
    /// Alerts that Alertmanager left out because of its `max_alerts`.
    pub truncated: u64,
}

/// Why a payload was not taken. Alertmanager does not send it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("this is no JSON object of an Alertmanager webhook: {0}")]
    NotJson(String),
    #[error("version is {0}, expected \"4\": the webhook of Alertmanager 0.22 or newer")]
    Version(String),
    #[error("{place}: {what}")]
    Field { place: String, what: String },
}

fn field(place: String, what: impl Into<String>) -> Malformed {
    Malformed::Field { place, what: what.into() }
}

/// Reads a payload. `language` is the daemon's: annotations `summary_vi` and `description_vi` stand in for `summary` and
/// `description` where it is Vietnamese, `_ko` where it is Korean. `at` is when it came.
///
/// Labels say whom it is for: `role` (`officer`; anything else is `it`), `severity` (`critical`, `page` or `emergency` do
/// not wait; `none` and `info` tell nobody; the rest are warnings), `commune` and `site` by the ids of the inventory.
///
/// # Errors
/// Where it is not such a payload, with the place of the first thing that is wrong.
pub fn read(body: &[u8], inventory: &Inventory, language: Language, at: Timestamp) -> Result<Received, Malformed> {
    let payload: Value = serde_json::from_slice(body).map_err(|error| Malformed::NotJson(error.to_string()))?;
    if !payload.is_object() {
        return Err(Malformed::NotJson("expected an object".to_owned()));
    }
    if payload["version"] != "4" {
        return Err(Malformed::Version(payload["version"].to_string()));
    }
    let alerts = match &payload["alerts"] {
        Value::Array(alerts) => alerts,
        Value::Null => return Err(field("alerts".to_owned(), "is missing, expected a list of alerts")),
        _ => return Err(field("alerts".to_owned(), "is no list, expected a list of alerts")),
    };
    let truncated = payload["truncatedAlerts"].as_u64().unwrap_or(0);
    let mut received = Received { alerts: Vec::with_capacity(alerts.len()), for_machines: 0, truncated };
    for (n, alert) in alerts.iter().enumerate() {
        match one(alert, n, inventory, language, at)? {
            Some(alert) => received.alerts.push(alert),
            None => received.for_machines += 1,
        }
    }
    Ok(received)
}

/// One alert; `None` for one that is for machines.
fn one(
    alert: &Value,
    n: usize,
    inventory: &Inventory,
    language: Language,
    at: Timestamp,
) -> Result<Option<RaisedAlert>, Malformed> {
    let place = |name: &str| format!("alerts[{n}].{name}");
    if !alert.is_object() {
        return Err(field(format!("alerts[{n}]"), "is no object, expected an alert"));
    }
    let labels = texts(&alert["labels"], &place("labels"))?;
    let annotations = texts(&alert["annotations"], &place("annotations"))?;
    if labels.is_empty() {
        return Err(field(place("labels"), "is empty, expected alertname at least: labels are what an alert is"));
    }
    let since = moment(&alert["startsAt"], &place("startsAt"))?
        .ok_or_else(|| field(place("startsAt"), "is missing, expected an RFC 3339 time"))?;
    let until = match alert["status"].as_str() {
        Some("firing") => None,
        // Whoever leaves the end out means now; a clock that disagrees must not end it before it began.
        Some("resolved") => Some(moment(&alert["endsAt"], &place("endsAt"))?.unwrap_or(at).max(since)),
        _ => return Err(field(place("status"), format!("is {}, expected firing or resolved", alert["status"]))),
    };
    let label = |name: &str| labels.get(name).copied().unwrap_or("");
    let severity = match label("severity") {
        "none" | "info" => return Ok(None),
        "critical" | "page" | "emergency" => Severity::Critical,
        _ => Severity::Warning,
    };
    let annotation = |name: &str| {
        let suffix = match language {
            Language::Vietnamese => "_vi",
            Language::Korean => "_ko",
            Language::English => "",
        };
        [format!("{name}{suffix}"), name.to_owned()]
            .iter()
            .find_map(|name| annotations.get(name.as_str()).filter(|text| !text.trim().is_empty()).copied())
    };
    let title = annotation("summary").map_or_else(|| name_of(&labels), str::to_owned);
    let runbook = annotations.get("runbook_url").map(|link| one_line(link, LONGEST_LINK));
    Ok(Some(RaisedAlert {
        id: id(alert["fingerprint"].as_str(), &labels, since),
        role: if label("role") == "officer" { Role::Officer } else { Role::It },
        severity,
        place: place_of(label("commune"), label("site"), inventory),
        title: one_line(&title, LONGEST_TITLE),
        text: cut(annotation("description").unwrap_or("").trim(), LONGEST_TEXT),
        since,
        until,
        runbook: runbook.filter(|link| !link.is_empty()),
    }))
}

/// A map of text to text; what is missing is empty.
fn texts<'a>(value: &'a Value, place: &str) -> Result<BTreeMap<&'a str, &'a str>, Malformed> {
    match value {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let text = value.as_str().ok_or_else(|| field(format!("{place}.{name}"), "is no text"))?;
                Ok((name.as_str(), text))
            })
            .collect(),
        _ => Err(field(place.to_owned(), "is no object, expected names with their texts")),
    }
}

/// `None` where it is missing, or the zero time of Go, which stands for that.
fn moment(value: &Value, place: &str) -> Result<Option<Timestamp>, Malformed> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        _ => return Err(field(place.to_owned(), "is no text, expected an RFC 3339 time")),
    };
    if text.starts_with("0001-01-01T") {
        return Ok(None);
    }
    let time = text.parse().map_err(|_| field(place.to_owned(), "is no time, expected one of RFC 3339"))?;
    Ok(Some(time))
}

/// The fingerprint of the labels, and when it began: the same from firing to resolved, and from every Alertmanager of a
/// cluster. What stands before the last `-` is the labels' alone. Of a-z, 0-9 and `-`, at most 26 characters.
fn id(fingerprint: Option<&str>, labels: &BTreeMap<&str, &str>, since: Timestamp) -> String {
    let given = fingerprint.filter(|text| text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()));
    let labels = given.map_or_else(|| digest(labels), str::to_ascii_lowercase);
    format!("a{labels}-{:x}", since.as_second())
}

/// For an Alertmanager that sends no fingerprint.
fn digest(labels: &BTreeMap<&str, &str>) -> String {
    let mut digest = Sha256::new();
    for part in labels.iter().flat_map(|(name, value)| [name, value]) {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    hex::encode(&digest.finalize()[..8])
}

/// Where it is, as far as the inventory knows the place.
fn place_of(commune: &str, site: &str, inventory: &Inventory) -> Option<Place> {
    let site = SiteId::new(site).ok().and_then(|id| inventory.sites.get(&id));
    if let Some(site) = site {
        return Some(Place { commune: site.commune.clone(), site: Some(site.id.clone()) });
    }
    let commune = CommuneId::new(commune).ok().filter(|id| inventory.communes.contains_key(id))?;
    Some(Place { commune, site: None })
}

/// For an alert without a summary: its name and where.
fn name_of(labels: &BTreeMap<&str, &str>) -> String {
    let mut text = labels.get("alertname").copied().unwrap_or("alert").to_owned();
    for name in ["commune", "site", "recorder", "camera", "instance"] {
        if let Some(value) = labels.get(name).filter(|value| !value.is_empty()) {
            let _ = write!(text, " {value}");
        }
    }
    text
}

fn one_line(text: &str, longest: usize) -> String {
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), longest)
}

/// At most so many characters, and none that steers a terminal or a phone.
fn cut(text: &str, longest: usize) -> String {
    let text: String = text.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text,
    }
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
