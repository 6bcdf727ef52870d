//! One matter that people are told of, and what each of them knows: the desk's unit of memory.
//!
//! It is kept as JSON and read again after a restart, perhaps by another version: what is new gets a default, what cannot
//! be read is forgotten. Decides nothing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::message::{MessageId, Severity};
use crate::duty::Place;
use crate::inventory::{CameraId, ChannelId, OfficerId, Role};
use crate::judgement::event::{IncidentScope, PageReason};
use crate::observation::Cause;

/// How an open matter stands with people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaseStanding {
    /// What a reply names it by.
    pub number: u16,
    /// In the order in which they were told.
    pub told: Vec<Told>,
    /// Who has it; `None` where nobody has said so, or it was too long ago.
    pub acknowledged: Option<Acknowledged>,
}

/// Somebody was told, for the first time at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub officer: OfficerId,
    pub at: Timestamp,
}

/// Somebody has said that they have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// An officer's id, or the name that was given.
    pub who: String,
    pub at: Timestamp,
    /// From then on it pages again.
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) matter: Matter,
    /// Whether people are told at all.
    pub(super) pages: bool,
    pub(super) role: Role,
    pub(super) severity: Severity,
    /// `None`: of no place, and everybody on duty in the role is meant.
    pub(super) place: Option<Place>,
    pub(super) opened: Timestamp,
    pub(super) since: Timestamp,
    /// When it was over.
    pub(super) until: Option<Timestamp>,
    pub(super) standing: CaseStanding,
    pub(super) people: Vec<Person>,
    pub(super) round: Round,
    /// When whoever is on duty is looked for: nobody was yet, or nobody could be reached.
    pub(super) reach_at: Option<Timestamp>,
    /// It comes and goes, and single messages are held back.
    #[serde(default)]
    pub(super) flapping: bool,
    /// Incidents of the same subject in whose place it stands.
    #[serde(default)]
    pub(super) earlier: Vec<String>,
}

/// What people are told of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Matter {
    Incident {
        scope: IncidentScope,
        subject: String,
        cause: Cause,
        cameras: Vec<CameraId>,
        /// Cameras in service at the place.
        there: u32,
    },
    Alert {
        title: String,
        text: String,
        runbook: Option<String>,
    },
    Gap {
        role: Role,
        place: Option<Place>,
        from: Timestamp,
        to: Timestamp,
    },
    Channel {
        channel: ChannelId,
        why: String,
    },
}

/// What one officer knows of a case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Person {
    pub(super) officer: OfficerId,
    /// They had the duty; otherwise they were escalated to.
    pub(super) first_line: bool,
    /// The last round in which they were to be told.
    pub(super) round: u32,
    /// What they are to be told, where no message says it yet.
    pub(super) pending: Option<Pending>,
    /// The first and the last message.
    pub(super) told: Option<(Timestamp, Timestamp)>,
    /// Messages that tell it and may not have been sent.
    pub(super) unsent: Vec<MessageId>,
    /// A channel took a message that tells it.
    pub(super) heard: bool,
    /// No channel took the last one.
    pub(super) failed: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) reason: PageReason,
    pub(super) since: Timestamp,
    /// The end of quiet hours.
    pub(super) quiet_until: Option<Timestamp>,
}

impl Pending {
    pub(super) fn is_ready(&self, at: Timestamp) -> bool {
        self.quiet_until.is_none_or(|until| until <= at)
    }
}

/// From the first message to an acknowledgement: begins anew when that expires.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Round {
    pub(super) number: u32,
    /// When the first was told: escalation counts from here.
    pub(super) since: Option<Timestamp>,
    /// Escalation steps up to this long after are done.
    pub(super) escalated_seconds: u64,
    /// When the next step is due.
    pub(super) escalate_at: Option<Timestamp>,
    /// When everybody told is told again.
    pub(super) remind_at: Option<Timestamp>,
}

impl Case {
    pub(super) fn is_open(&self) -> bool {
        self.until.is_none()
    }

    /// Whether it is told again until somebody has it, and can be acknowledged.
    pub(super) fn repeats(&self) -> bool {
        matches!(self.matter, Matter::Incident { .. } | Matter::Alert { .. })
    }

    pub(super) fn person(&self, officer: &OfficerId) -> Option<&Person> {
        self.people.iter().find(|person| person.officer == *officer)
    }

    pub(super) fn person_mut(&mut self, officer: &OfficerId) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.officer == *officer)
    }

    pub(super) fn person_or_new(&mut self, officer: &OfficerId) -> &mut Person {
        let known = self.people.iter().position(|person| person.officer == *officer).unwrap_or_else(|| {
            self.people.push(Person {
                officer: officer.clone(),
                first_line: false,
                round: self.round.number,
                pending: None,
                told: None,
                unsent: Vec::new(),
                heard: false,
                failed: false,
            });
            self.people.len() - 1
        });
        &mut self.people[known]
    }

    /// Whether this officer was told, or is about to be, and can be reached as far as is known.
    pub(super) fn reaches(&self, officer: &OfficerId) -> bool {
        self.person(officer).is_some_and(|person| self.is_reached(person))
    }

    pub(super) fn reaches_anybody(&self) -> bool {
        self.people.iter().any(|person| self.is_reached(person))
    }

    pub(super) fn is_reached(&self, person: &Person) -> bool {
        person.round == self.round.number && !person.failed
    }

    pub(super) fn failed(&self, officer: &OfficerId) -> bool {
        self.person(officer).is_some_and(|person| person.round == self.round.number && person.failed)
    }

    /// When time alone next brings something about for it.
    pub(super) fn due(&self) -> Option<Timestamp> {
        if !self.is_open() || !self.pages {
            return None;
        }
        if let Some(acknowledged) = &self.standing.acknowledged {
            return Some(acknowledged.until);
        }
        [self.reach_at, self.round.escalate_at, self.round.remind_at].into_iter().flatten().min()
    }

    pub(super) fn goes_by(&self, id: &str, name: &str) -> bool {
        id == name || self.earlier.iter().any(|earlier| earlier == name)
    }
}
