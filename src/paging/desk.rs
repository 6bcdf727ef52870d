//! The desk's front: what happens comes in here, and each time a step comes out.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    About, Acknowledgement, Delivery, Facts, How, Kept, Message, MessageId, NotAcknowledged, RaisedAlert, Recipient,
    Rules, Severity, Step, Which,
};
use crate::duty::Place;
use crate::inventory::{CameraId, ChannelId, CommuneId, OfficerId, Role};
use crate::judgement::event::{IncidentEvent, IncidentScope, PageReason, Phase};
use crate::observation::State;

/// What is shown at the moment.
pub struct Scene<'a> {
    /// The state of a camera as it is shown; `None` for one that is not in service.
    pub state: &'a dyn Fn(&CameraId) -> Option<State>,
}

/// How an open matter stands with people.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct CaseStanding {
    /// What a reply names it by.
    pub number: u16,
    /// In the order in which they were told.
    pub told: Vec<Told>,
    /// Who has it; `None` where nobody has said so, or it was too long ago.
    pub acknowledged: Option<Acknowledged>,
}

/// Somebody was told, for the first time at this moment.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Told {
    pub officer: OfficerId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Acknowledged {
    /// An officer's id, or the name that was given.
    pub who: String,
    pub at: Timestamp,
    /// From then on it pages again.
    pub until: Timestamp,
}

struct Case {
    facts: Facts,
    standing: CaseStanding,
}

/// Decides who is told of what, when.
pub struct Desk {
    rules: Rules,
    cases: BTreeMap<String, Case>,
    number: u16,
}

impl Desk {
    /// Goes on from what was kept.
    #[must_use]
    pub fn new(rules: Rules, _kept: Vec<Kept>) -> Self {
        Self { rules, cases: BTreeMap::new(), number: 0 }
    }

    pub fn reconfigure(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// An incident was opened, has changed, or is over.
    pub fn take(&mut self, event: &IncidentEvent, _scene: &Scene) -> Step {
        let mut step = Step::default();
        match event.phase {
            Phase::Open => {
                self.number = self.number % 999 + 1;
                let facts = self.facts(event);
                let mut standing = CaseStanding { number: self.number, ..CaseStanding::default() };
                let place = facts
                    .commune
                    .clone()
                    .and_then(|commune| Some(Place { commune: CommuneId::new(&commune).ok()?, site: None }));
                let on_duty = place.map(|place| self.rules.roster.on_duty(Role::Officer, &place, event.at));
                if let Some(officer) = on_duty.and_then(|duty| duty.officers.first().cloned()) {
                    step.messages.push(message(&facts, &officer, PageReason::Open, event.at));
                    standing.told.push(Told { officer, at: event.at });
                }
                self.cases.insert(event.id.clone(), Case { facts, standing });
            }
            Phase::Update => {}
            Phase::Close => {
                if let Some(mut case) = self.cases.remove(&event.id) {
                    case.facts.until = Some(event.at);
                    for told in &case.standing.told {
                        step.messages.push(message(&case.facts, &told.officer, PageReason::Close, event.at));
                    }
                }
            }
        }
        step
    }

    /// Alertmanager says that an alert fires, or is over. The same again changes nothing.
    pub fn take_alert(&mut self, _alert: &RaisedAlert, _at: Timestamp) -> Step {
        Step::default()
    }

    /// Somebody says that they have it: nobody is told again until that expires or it gets worse.
    ///
    /// # Errors
    /// Where no such matter is open, or this officer was told of none.
    pub fn acknowledge(
        &mut self,
        which: &Which,
        who: &str,
        _officer: Option<&OfficerId>,
        how: How,
        at: Timestamp,
    ) -> Result<(Acknowledgement, Step), NotAcknowledged> {
        let Which::Incident(id) = which else { return Err(NotAcknowledged::NothingTold) };
        let case = self.cases.get_mut(id).ok_or_else(|| NotAcknowledged::Unknown(id.clone()))?;
        let until = at.checked_add(self.rules.ack_expires).unwrap_or(Timestamp::MAX);
        case.standing.acknowledged = Some(Acknowledged { who: who.to_owned(), at, until });
        let acknowledgement = Acknowledgement { incident: id.clone(), at, who: who.to_owned(), how, expires_at: until };
        Ok((acknowledgement, Step::default()))
    }

    /// A message was taken, or no channel of its recipient takes it: then the next officer is told at once.
    pub fn delivered(&mut self, _delivery: &Delivery) -> Step {
        Step::default()
    }

    /// A whole channel takes nothing any more, and why; `None`: it is well again.
    pub fn channel_failing(&mut self, _channel: &ChannelId, _why: Option<&str>, _at: Timestamp) -> Step {
        Step::default()
    }

    /// What time alone brings about: escalation, reminders, digests, messages that were gathered.
    pub fn advance(&mut self, _at: Timestamp, _scene: &Scene) -> Step {
        Step::default()
    }

    /// When time alone would next bring something about.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        None
    }

    /// How an open incident stands with people; `None` for one that is over or was never taken.
    #[must_use]
    pub fn standing(&self, incident: &str) -> Option<&CaseStanding> {
        self.cases.get(incident).map(|case| &case.standing)
    }

    fn facts(&self, event: &IncidentEvent) -> Facts {
        let inventory = &self.rules.inventory;
        let site = event.cameras.first().and_then(|id| inventory.sites.get(&inventory.cameras.get(id)?.site));
        Facts {
            incident: event.id.clone(),
            number: self.number,
            scope: event.scope,
            subject: event.subject.clone(),
            name: event.subject.clone(),
            site: site.filter(|_| event.scope != IncidentScope::Area).map(|site| site.id.to_string()),
            village: site.and_then(|site| site.village.clone()),
            commune: site.map(|site| site.commune.to_string()),
            cause: event.cause,
            since: event.since,
            until: None,
            cameras: u32::try_from(event.cameras.len()).unwrap_or(u32::MAX),
            cameras_there: u32::try_from(event.cameras.len()).unwrap_or(u32::MAX),
            first_cameras: event.cameras.iter().take(3).map(ToString::to_string).collect(),
            flapping: false,
            acknowledged_by: None,
        }
    }
}

fn message(facts: &Facts, officer: &OfficerId, reason: PageReason, at: Timestamp) -> Message {
    Message {
        id: MessageId(format!("{:x}-{}-{}", at.as_microsecond(), facts.number, reason.as_str())),
        to: Recipient::Officer(officer.clone()),
        reason,
        severity: Severity::Critical,
        decided_at: at,
        not_before: at,
        about: vec![About::Incident(facts.clone())],
        supersedes: Vec::new(),
    }
}
