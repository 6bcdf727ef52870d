//! The desk's front: what happens comes in here, and each time a step comes out.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::case::{Acknowledged, Case, CaseStanding, Matter, Round};
use super::flapping::Opening;
use super::memory::Memory;
use super::{
    Acknowledgement, Delivery, Fate, How, Kept, MessageId, NotAcknowledged, RaisedAlert, Rules, Severity, Step, Which,
    after, facts,
};
use crate::inventory::{CameraId, OfficerId, Role};
use crate::judgement::event::{IncidentEvent, IncidentScope, PageReason, Phase};
use crate::observation::{Cause, Outcome, State};

/// What is shown at the moment.
pub struct Scene<'a> {
    /// The state of a camera as it is shown; `None` for one that is not in service.
    pub state: &'a dyn Fn(&CameraId) -> Option<State>,
}

/// Decides who is told of what, when.
#[derive(Debug)]
pub struct Desk {
    pub(super) rules: Rules,
    pub(super) memory: Memory,
    /// What is due lies under planned work, and is looked at again then. Not kept: a restart looks at once.
    pub(super) postponed: BTreeMap<String, Timestamp>,
    due: Option<Timestamp>,
}

/// What an incident means for people.
#[derive(Clone, Copy)]
struct Meaning {
    pages: bool,
    role: Role,
    severity: Severity,
}

impl Desk {
    /// Goes on from what was kept: what was told is not told again, and what was to come comes at its time.
    #[must_use]
    pub fn new(rules: Rules, kept: Vec<Kept>) -> Self {
        let memory = Memory::read(kept);
        // Nothing is known of the time yet: the first call of `advance` finds out what is due.
        Self { rules, memory, postponed: BTreeMap::new(), due: Some(Timestamp::MIN) }
    }

    /// From now on these rules hold. Who was told stays told.
    pub fn reconfigure(&mut self, rules: Rules) {
        self.rules = rules;
        for id in self.memory.cases.keys_where(|_, case| case.is_open() && case.round.since.is_some()) {
            let Some(case) = self.memory.cases.get(&id) else { continue };
            let escalate_at = self.next_escalation(case, &case.round);
            if let Some(case) = self.memory.cases.get_mut(&id) {
                case.round.escalate_at = escalate_at;
            }
        }
        // What nobody could be told of may have somebody now.
        let unreached = |case: &Case| case.is_open() && case.pages && !case.reaches_anybody();
        for id in self.memory.cases.keys_where(|_, case| unreached(case) && case.standing.acknowledged.is_none()) {
            if let Some(case) = self.memory.cases.get_mut(&id) {
                case.reach_at = Some(case.opened);
            }
        }
        self.due = Some(Timestamp::MIN);
    }

    /// An incident was opened, has changed, or is over.
    pub fn take(&mut self, event: &IncidentEvent, scene: &Scene) -> Step {
        let mut step = Step::default();
        let known = self.memory.cases.get(&event.id).is_some();
        match event.phase {
            // An update of what was never taken opens it: its opening was of a version or a record that is gone.
            Phase::Open | Phase::Update if known => self.update(event, scene),
            Phase::Open | Phase::Update => self.open(event, scene),
            Phase::Close => {
                let is_flapping = self.memory.cases.get(&event.id).is_some_and(|case| case.flapping);
                let flaps = self.memory.flaps.get_mut(&subject_of(event));
                let is_held = flaps.is_some_and(|flaps| flaps.close(event.at)) && is_flapping;
                self.close(&event.id, event.at, event.at, is_held);
            }
        }
        self.settle(event.at, Some(scene), &mut step);
        step
    }

    /// Alertmanager says that an alert fires, or is over. The same again changes nothing.
    pub fn take_alert(&mut self, alert: &RaisedAlert, at: Timestamp) -> Step {
        let mut step = Step::default();
        let id = self.told_as(&alert.id);
        let matter =
            || Matter::Alert { title: alert.title.clone(), text: alert.text.clone(), runbook: alert.runbook.clone() };
        match self.memory.cases.get(&id).map(|case| (case.is_open(), case.severity)) {
            None if alert.until.is_none() => {
                let meaning = Meaning { pages: true, role: alert.role, severity: alert.severity };
                let mut case = self.new_case(matter(), meaning, at);
                case.place.clone_from(&alert.place);
                case.since = alert.since;
                self.memory.cases.insert(id.clone(), case);
            }
            Some((true, _)) if alert.until.is_some() => self.close(&id, alert.until.unwrap_or(at), at, false),
            Some((true, known)) if alert.severity > known => {
                if let Some(case) = self.memory.cases.get_mut(&id) {
                    case.matter = matter();
                    case.severity = alert.severity;
                }
                self.worsen(&id, at);
            }
            _ => return step,
        }
        self.reach_if_due(&id, at, &mut step);
        self.settle(at, None, &mut step);
        step
    }

    /// The id under which an alert is open already. An id is the labels' fingerprint, `-`, and the begin; and the begin moves
    /// to an earlier moment when the second Prometheus of a pair had seen it before the first. The labels are the alert.
    fn told_as(&self, id: &str) -> String {
        const FINGERPRINT: usize = 17;
        let of_alertmanager = |id: &str| id.rsplit_once('-').is_some_and(|(labels, _)| labels.len() == FINGERPRINT);
        if self.memory.cases.get(id).is_some() || !of_alertmanager(id) {
            return id.to_owned();
        }
        let same = |known: &str| of_alertmanager(known) && known.get(..=FINGERPRINT) == id.get(..=FINGERPRINT);
        let known = self.memory.cases.iter().find(|(known, case)| case.is_open() && same(known));
        known.map_or_else(|| id.to_owned(), |(known, _)| known.clone())
    }

    /// Somebody says that they have it: nobody is told again until that expires or it gets worse.
    ///
    /// # Errors
    /// Where no such matter is open, or this officer was told of none.
    pub fn acknowledge(
        &mut self,
        which: &Which,
        who: &str,
        officer: Option<&OfficerId>,
        how: How,
        at: Timestamp,
    ) -> Result<(Acknowledgement, Step), NotAcknowledged> {
        let incident = self.find(which, officer)?;
        let until = after(at, self.rules.ack_expires);
        if let Some(case) = self.memory.cases.get_mut(&incident) {
            case.standing.acknowledged = Some(Acknowledged { who: who.to_owned(), at, until });
            case.reach_at = None;
            case.people.retain_mut(|person| {
                person.pending = None;
                person.told.is_some()
            });
        }
        let mut step = Step::default();
        self.settle(at, None, &mut step);
        Ok((Acknowledgement { incident, at, who: who.to_owned(), how, expires_at: until }, step))
    }

    fn find(&self, which: &Which, officer: Option<&OfficerId>) -> Result<String, NotAcknowledged> {
        let open = || self.memory.cases.iter().filter(|(_, case)| case.is_open() && case.repeats());
        let told = |case: &Case| officer.and_then(|officer| case.person(officer)?.told).map(|(_, last)| last);
        match which {
            Which::Incident(name) => {
                let found = open().find(|(id, case)| case.goes_by(id, name)).map(|(id, _)| id.clone());
                found.ok_or_else(|| NotAcknowledged::Unknown(name.clone()))
            }
            Which::Number(number) => {
                let found = open()
                    .filter(|(_, case)| officer.is_none() || told(case).is_some())
                    .find(|(_, case)| case.standing.number == *number);
                found.map(|(id, _)| id.clone()).ok_or_else(|| NotAcknowledged::Unknown(number.to_string()))
            }
            Which::LastTold => {
                let last = open().filter_map(|(id, case)| Some((told(case)?, case.standing.number, id))).max();
                last.map(|(.., id)| id.clone()).ok_or(NotAcknowledged::NothingTold)
            }
        }
    }

    /// A message was taken, or no channel of its recipient takes it: then the next officer is told at once. The same again
    /// changes nothing.
    pub fn delivered(&mut self, delivery: &Delivery) -> Step {
        let mut step = Step::default();
        let message = &delivery.message;
        let tells = |case: &Case| case.people.iter().any(|person| person.unsent.contains(message));
        let cases = self.memory.cases.keys_where(|_, case| tells(case));
        if cases.is_empty() {
            return step;
        }
        let is_taken = matches!(delivery.fate, Fate::Taken(_));
        for id in cases {
            let Some(case) = self.memory.cases.get_mut(&id) else { continue };
            let mut is_new = false;
            for person in case.people.iter_mut().filter(|person| person.unsent.contains(message)) {
                // What is queued may still be sent: what is told later goes in its place.
                if delivery.fate != Fate::Unreachable {
                    person.unsent.retain(|unsent| unsent != message);
                }
                is_new |= !is_taken && !person.failed;
                person.heard |= is_taken;
                person.failed = !is_taken;
            }
            if is_new && case.is_open() && case.standing.acknowledged.is_none() {
                self.reach(&id, delivery.at, &mut step);
            }
        }
        self.settle(delivery.at, None, &mut step);
        step
    }

    /// Messages of which the desk has not heard the last. After a kill the record may know more of them.
    #[must_use]
    pub fn unsent(&self) -> BTreeSet<MessageId> {
        let people = self.memory.cases.iter().flat_map(|(_, case)| &case.people);
        people.flat_map(|person| person.unsent.iter().cloned()).collect()
    }

    /// What time alone brings about: escalation, reminders, digests, messages that were gathered.
    pub fn advance(&mut self, at: Timestamp, scene: &Scene) -> Step {
        let mut step = Step::default();
        // Asked far more often than anything is due.
        if self.due.is_some_and(|due| due <= at) {
            self.settle(at, Some(scene), &mut step);
        }
        step
    }

    /// When time alone would next bring something about.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.due
    }

    /// How an open incident stands with people; `None` for one that is over or was never taken.
    #[must_use]
    pub fn standing(&self, incident: &str) -> Option<&CaseStanding> {
        self.memory.cases.get(incident).filter(|case| case.is_open()).map(|case| &case.standing)
    }

    fn open(&mut self, event: &IncidentEvent, scene: &Scene) {
        let at = event.at;
        let meaning = self.meaning(event, scene);
        let pages = meaning.pages;
        let mut case = self.new_case(self.matter(event, scene), meaning, at);
        case.since = event.since;
        case.place = facts::place_of(event, &self.rules.inventory);
        let opening =
            if pages { self.memory.flaps.entry(&subject_of(event)).open(&event.id, at) } else { Opening::Single };
        match opening {
            Opening::Single => {}
            Opening::BeginsToFlap => case.flapping = true,
            Opening::Held { earlier } => {
                // A recorder may have two incidents at a time: one that is open stays by itself.
                if self.memory.cases.get(&earlier).is_some_and(|before| !before.is_open())
                    && let Some(before) = self.memory.cases.remove(&earlier)
                {
                    case.flapping = true;
                    case.standing = before.standing;
                    case.round = before.round;
                    case.reach_at = before.reach_at.or(if before.people.is_empty() { Some(at) } else { None });
                    case.people = before.people;
                    case.earlier = before.earlier;
                    case.earlier.push(earlier);
                } else {
                    self.memory.flaps.entry(&subject_of(event)).case = earlier;
                }
            }
        }
        let commune = case.place.as_ref().map(|place| place.commune.clone());
        self.memory.cases.insert(event.id.clone(), case);
        if event.scope == IncidentScope::Area && pages {
            // Whoever has one of its sites, or was told of it, hears that it is the whole area.
            let of_its_sites = self.memory.cases.iter().filter(|(_, one)| {
                let is_site = matches!(one.matter, Matter::Incident { scope: IncidentScope::Site, .. });
                is_site && one.is_open() && one.place.as_ref().map(|place| &place.commune) == commune.as_ref()
            });
            let told = of_its_sites.flat_map(|(_, one)| &one.people).filter(|person| person.told.is_some());
            let told: Vec<OfficerId> = told.map(|person| person.officer.clone()).collect();
            for officer in told {
                self.want(&event.id, &officer, PageReason::Open, false, at);
            }
        }
    }

    fn update(&mut self, event: &IncidentEvent, scene: &Scene) {
        let meaning = self.meaning(event, scene);
        let matter = self.matter(event, scene);
        let Some(case) = self.memory.cases.get_mut(&event.id) else { return };
        if !case.is_open() {
            return;
        }
        case.matter = matter;
        let is_worse = case.pages && meaning.severity > case.severity;
        if meaning.role != case.role {
            // Others have to see to it now: that somebody has it says nothing of them.
            case.standing.acknowledged = None;
            case.round = Round { number: case.round.number + 1, ..Round::default() };
            case.reach_at = Some(event.at);
        } else if meaning.pages && !case.pages {
            case.reach_at = Some(event.at);
        }
        case.pages |= meaning.pages;
        case.role = meaning.role;
        case.severity = case.severity.max(meaning.severity);
        if is_worse {
            self.worsen(&event.id, event.at);
        }
    }

    fn new_case(&mut self, matter: Matter, meaning: Meaning, at: Timestamp) -> Case {
        Case {
            matter,
            pages: meaning.pages,
            role: meaning.role,
            severity: meaning.severity,
            place: None,
            opened: at,
            since: at,
            until: None,
            standing: CaseStanding { number: self.next_number(), ..CaseStanding::default() },
            people: Vec::new(),
            round: Round::default(),
            reach_at: Some(at),
            flapping: false,
            earlier: Vec::new(),
        }
    }

    /// A matter that is told once, to role it, and needs no number.
    pub(super) fn new_note(&mut self, id: String, matter: Matter, at: Timestamp) {
        let meaning = Meaning { pages: true, role: Role::It, severity: Severity::Warning };
        let mut case = self.new_case(matter, meaning, at);
        case.standing.number = 0;
        self.memory.cases.insert(id, case);
    }

    /// The next of 1 to 999 that no open matter has; beyond them where all are taken.
    fn next_number(&mut self) -> u16 {
        let taken: std::collections::BTreeSet<u16> =
            self.memory.cases.iter().map(|(_, case)| case.standing.number).collect();
        let last = self.memory.book().number;
        let next = (1..=999u16).map(|step| (last + step - 1) % 999 + 1).chain(1000..=u16::MAX);
        let number = next.into_iter().find(|number| !taken.contains(number)).unwrap_or_default();
        self.memory.book_mut().number = if number > 999 { last } else { number };
        number
    }

    fn matter(&self, event: &IncidentEvent, scene: &Scene) -> Matter {
        let is_in_service = |id: &CameraId| (scene.state)(id).is_some();
        Matter::Incident {
            scope: event.scope,
            subject: event.subject.clone(),
            cause: event.cause,
            cameras: event.cameras.clone(),
            there: facts::cameras_there(event, &self.rules.inventory, is_in_service),
        }
    }

    fn meaning(&self, event: &IncidentEvent, scene: &Scene) -> Meaning {
        let inventory = &self.rules.inventory;
        let is_funded = |id: &CameraId| inventory.cameras.get(id).is_some_and(|camera| inventory.is_funded(camera));
        let mut funded = event.cameras.iter().filter(|id| is_funded(id)).peekable();
        let concerns = event.scope == IncidentScope::Monitor || funded.peek().is_some();
        let is_dark = Outcome::parse(event.cause.as_str()).is_some_and(|outcome| outcome.class().is_dark());
        let blind = matches!(
            event.cause,
            Cause::Unauthorized | Cause::Incompatible | Cause::Busy | Cause::MonitorOffline | Cause::MonitorDown
        );
        let (role, severity) = match event.scope {
            IncidentScope::Monitor if event.cause == Cause::ClockWrong => (Role::It, Severity::Warning),
            IncidentScope::Monitor => (Role::It, Severity::Critical),
            _ if blind => (Role::It, Severity::Warning),
            // One that does not answer darkens no camera.
            IncidentScope::Recorder if is_dark && !funded.any(|id| (scene.state)(id) == Some(State::Dark)) => {
                (Role::Officer, Severity::Warning)
            }
            _ if is_dark => (Role::Officer, Severity::Critical),
            _ => (Role::Officer, Severity::Warning),
        };
        Meaning { pages: self.rules.pages && concerns, role, severity }
    }

    /// Whatever is due, in an order that is always the same; then what is ready goes out.
    pub(super) fn settle(&mut self, at: Timestamp, scene: Option<&Scene>, step: &mut Step) {
        if let Some(scene) = scene {
            self.look_for_gaps(at);
            self.follow(at, scene, step);
            self.tell_funds(at, scene, step);
        }
        self.calm_down(at);
        self.flush(at, step);
        self.retire(at);
        step.kept = self.memory.changed();
        let cases = self
            .memory
            .cases
            .iter()
            .filter_map(|(id, case)| Some(case.due()?.max(*self.postponed.get(id).unwrap_or(&Timestamp::MIN))));
        let flaps = self.memory.flaps.iter().filter_map(|(_, flaps)| flaps.due());
        let daily = self.next_daily(at);
        self.due = cases.chain(flaps).chain(daily).chain(self.next_message(at)).min();
    }
}

fn subject_of(event: &IncidentEvent) -> String {
    format!("{}:{}", event.scope.as_str(), event.subject)
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scene")
    }
}
