//! A message as data: for whom, about what, since when. Words are found when it is sent, in the recipient's language.
//!
//! The JSON of these types stands in the record and in the webhook channel's body.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::duty::Place;
use crate::inventory::{CameraId, ChannelId, FundId, Inventory, OfficerId, Role};
use crate::judgement::event::{IncidentScope, PageEvent, PageReason};
use crate::observation::Cause;

/// Names a message for good: what is sent again after a crash carries the same. At most 40 characters of a-z, 0-9 and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub String);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recipient {
    Officer(OfficerId),
    /// By e-mail, to the addresses that the fund names.
    Fund(FundId),
}

/// How urgent: quiet hours hold back warnings alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Warning,
    Critical,
}

/// One message to one recipient, by the first of their channels that takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub to: Recipient,
    pub reason: PageReason,
    pub severity: Severity,
    pub decided_at: Timestamp,
    /// It is held until then: quiet hours, or others that are to go with it.
    pub not_before: Timestamp,
    /// What it tells; several in a summary or a digest. Never empty.
    pub about: Vec<About>,
    /// Messages to the same recipient in whose place this one goes where they have not been sent yet.
    pub supersedes: Vec<MessageId>,
}

impl Message {
    /// One for each thing that it tells, as if the first of the officer's channels takes it.
    pub fn pages<'a>(&'a self, inventory: &'a Inventory) -> impl Iterator<Item = PageEvent> + 'a {
        let officer = match &self.to {
            Recipient::Officer(id) => inventory.officers.get(id),
            Recipient::Fund(_) => None,
        };
        let to = officer.and_then(|officer| Some((&officer.id, officer.channels.first()?)));
        to.into_iter().flat_map(|(officer, channel)| {
            self.about.iter().map(|about| PageEvent {
                at: self.decided_at,
                incident: about.incident().map(str::to_owned),
                officer: officer.clone(),
                channel: channel.clone(),
                reason: self.reason,
            })
        })
    }
}

/// One thing that a message tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    Incident(Facts),
    /// An alert that Prometheus raised and Alertmanager sent here.
    Alert(AlertFacts),
    /// Nobody is on duty.
    DutyGap {
        role: Role,
        place: String,
        from: Timestamp,
        to: Timestamp,
    },
    /// A whole channel takes nothing any more.
    ChannelFailing {
        channel: ChannelId,
        why: String,
    },
    /// Cameras of one fund that are dark and page nobody.
    Unfunded {
        fund: FundId,
        fund_name: String,
        cameras: Vec<DarkCamera>,
    },
    Test,
}

impl About {
    /// The incident or alert that it is of.
    #[must_use]
    pub fn incident(&self) -> Option<&str> {
        match self {
            Self::Incident(facts) => Some(&facts.incident),
            Self::Alert(facts) => Some(&facts.incident),
            Self::DutyGap { .. } | Self::ChannelFailing { .. } | Self::Unfunded { .. } | Self::Test => None,
        }
    }
}

/// What is known of an incident, without addresses or secrets; names are those of the inventory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub incident: String,
    /// What a reply names it by: `OK 17`.
    pub number: u16,
    pub scope: IncidentScope,
    /// The id of the camera, recorder, site or commune; `monitor`.
    pub subject: String,
    /// The name of the subject.
    pub name: String,
    pub site: Option<String>,
    pub village: Option<String>,
    pub commune: Option<String>,
    pub cause: Cause,
    pub since: Timestamp,
    /// When it was over.
    pub until: Option<Timestamp>,
    /// How many cameras it explains, of how many that the place has.
    pub cameras: u32,
    pub cameras_there: u32,
    /// The names of the first few of them.
    pub first_cameras: Vec<String>,
    /// It came and went so often that single messages are held back.
    #[serde(default)]
    pub flapping: bool,
    /// Who has said that they have it.
    pub acknowledged_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlertFacts {
    /// The incident's id here.
    pub incident: String,
    pub number: u16,
    pub title: String,
    pub text: String,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
    pub runbook: Option<String>,
    pub acknowledged_by: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DarkCamera {
    pub camera: CameraId,
    pub name: String,
    pub since: Timestamp,
    pub cause: Cause,
}

/// How a message stands in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// To be sent, now or later.
    Queued,
    /// A provider took it.
    Accepted,
    /// A later message goes in its place, or what it tells is over before anybody was to hear of it.
    Withdrawn,
    /// No channel of the recipient takes it.
    Failed,
}

impl Standing {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Accepted => "accepted",
            Self::Withdrawn => "withdrawn",
            Self::Failed => "failed",
        }
    }
}

/// A message in the outbox, as the record keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub message: Message,
    pub standing: Standing,
    /// The channel that is tried, or that took it; `None` before the first try.
    pub channel: Option<ChannelId>,
    /// Tries on that channel.
    pub attempts: u32,
    /// Of a queued one: not tried before then.
    pub next_try: Timestamp,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    /// What the last refusal said, without secrets and addresses.
    pub why: Option<String>,
    /// When it was accepted, withdrawn or given up.
    pub ended_at: Option<Timestamp>,
}

impl Row {
    /// A message that was never tried.
    #[must_use]
    pub fn new(message: Message) -> Self {
        Self {
            standing: Standing::Queued,
            channel: None,
            attempts: 0,
            next_try: message.not_before,
            provider_id: None,
            why: None,
            ended_at: None,
            message,
        }
    }

    /// What the desk is told of one that was taken or given up; `None` of every other.
    #[must_use]
    pub fn delivery(&self) -> Option<Delivery> {
        let fate = match (self.standing, &self.channel) {
            (Standing::Accepted, Some(channel)) => Fate::Taken(channel.clone()),
            (Standing::Failed, _) => Fate::Failed,
            (Standing::Accepted | Standing::Queued | Standing::Withdrawn, _) => return None,
        };
        let at = self.ended_at.unwrap_or(self.next_try);
        Some(Delivery { message: self.message.id.clone(), at, fate })
    }
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub message: MessageId,
    pub at: Timestamp,
    pub fate: Fate,
}

/// How far a message came. `Unreachable` may be followed by either of the others, which are the last that is heard of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Taken(ChannelId),
    /// None of the recipient's channels takes anything at present. It stays queued, and goes out late when one does.
    Unreachable,
    /// Nobody takes it any more.
    Failed,
}

/// Somebody has said that they have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub incident: String,
    pub at: Timestamp,
    /// An officer's id, or the name that was given.
    pub who: String,
    pub how: How,
    /// From then on it pages again.
    pub expires_at: Timestamp,
}

/// How an acknowledgement came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// `OK 17` on a channel.
    Reply,
    /// The signed link of a message.
    Link,
    Command,
    /// The status page or the API.
    Page,
}

impl How {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Link => "link",
            Self::Command => "command",
            Self::Page => "page",
        }
    }

    /// The way that a word names; [`How::Page`] for one that is unknown.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word {
            "reply" => Self::Reply,
            "link" => Self::Link,
            "command" => Self::Command,
            _ => Self::Page,
        }
    }
}

/// An alert that Prometheus raised, as Alertmanager sent it: fires until it says when it was over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RaisedAlert {
    /// The same from firing to resolved, and never used again.
    pub id: String,
    pub role: Role,
    pub severity: Severity,
    /// `None`: of no place, so that every officer on duty in the role is meant.
    pub place: Option<Place>,
    pub title: String,
    pub text: String,
    pub since: Timestamp,
    pub until: Option<Timestamp>,
    pub runbook: Option<String>,
}

/// Which matter somebody has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    Incident(String),
    /// The short number in the message.
    Number(u16),
    /// The last that this officer was told of.
    LastTold,
}

/// Why nothing was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAcknowledged {
    #[error("no open incident {0}; it may be over already")]
    Unknown(String),
    #[error("nothing is open that you were told of")]
    NothingTold,
}
