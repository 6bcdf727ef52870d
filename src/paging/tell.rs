//! Who is told of a case: the first on duty, the next where nobody can be reached, escalation, reminders, and at the end
//! everybody who was told.

use std::time::Duration;

use jiff::Timestamp;

use super::case::{Case, Matter, Pending, Person, Round};
use super::desk::{Desk, Scene};
use super::message::Severity;
use super::{Step, after};
use crate::duty::{self, OnDuty};
use crate::inventory::{OfficerId, Role};
use crate::judgement::event::PageReason;
use crate::observation::State;

/// What lies under planned work is looked at again so often.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// What is over is forgotten after so long, although it is not known whether all of it was sent.
const FORGET: Duration = Duration::from_secs(24 * 3600);
/// An alert's id is known for so long after it was over: several Alertmanagers tell the same.
const SETTLED: Duration = Duration::from_secs(3600);

impl Desk {
    /// What is due for single cases: whoever is on duty, escalation, reminders, acknowledgements that expire. All of it
    /// waits where every funded camera of the case lies under planned work.
    pub(super) fn follow(&mut self, at: Timestamp, scene: &Scene, step: &mut Step) {
        for id in self.memory.cases.keys_where(|_, case| case.due().is_some_and(|due| due <= at)) {
            let Some(case) = self.memory.cases.get(&id) else { continue };
            if self.lies_under_work(case, scene) {
                self.postponed.insert(id, after(at, LOOK_AGAIN));
                continue;
            }
            self.postponed.remove(&id);
            if case.standing.acknowledged.is_some() {
                self.begin_anew(&id, at);
            }
            self.reach_if_due(&id, at, step);
            self.escalate(&id, at);
            self.remind(&id, at);
        }
    }

    fn lies_under_work(&self, case: &Case, scene: &Scene) -> bool {
        let Matter::Incident { cameras, .. } = &case.matter else { return false };
        let inventory = &self.rules.inventory;
        let is_funded = |id| inventory.cameras.get(id).is_some_and(|camera| inventory.is_funded(camera));
        let mut states = cameras.iter().filter(|id| is_funded(*id)).filter_map(|id| (scene.state)(id)).peekable();
        states.peek().is_some() && states.all(|state| state == State::Maintenance)
    }

    /// The duties that a case concerns: one of its place, or each where it has none.
    fn lines(&self, role: Role, case: &Case, at: Timestamp) -> Vec<OnDuty> {
        let roster = &self.rules.roster;
        match &case.place {
            None => roster.everywhere(role, at),
            Some(place) => {
                let duty = roster.on_duty(role, place, at);
                // Those who look after the machines stand in for one another.
                vec![if role == Role::It && duty.officers.is_empty() { roster.anywhere(role, at) } else { duty }]
            }
        }
    }

    fn can_be_told(&self, case: &Case, officer: &OfficerId) -> bool {
        let has_channels = self.rules.inventory.officers.get(officer).is_some_and(|one| !one.channels.is_empty());
        has_channels && !case.failed(officer)
    }

    pub(super) fn reach_if_due(&mut self, id: &str, at: Timestamp, step: &mut Step) {
        if self.memory.cases.get(id).is_some_and(|case| case.reach_at.is_some_and(|due| due <= at)) {
            self.reach(id, at, step);
        }
    }

    /// Sees to it that of each duty that the case concerns somebody is told: the first who can be; where nobody is on duty,
    /// those who are escalated to; else role it.
    pub(super) fn reach(&mut self, id: &str, at: Timestamp, step: &mut Step) {
        let Some(case) = self.memory.cases.get(id) else { return };
        if !case.pages {
            return;
        }
        let reason = if case.round.number == 0 { PageReason::Open } else { PageReason::Reminder };
        let lines = self.lines(case.role, case, at);
        let mut wanted: Vec<(OfficerId, bool)> = Vec::new();
        for duty in lines.iter().filter(|duty| !duty.officers.iter().any(|officer| case.reaches(officer))) {
            let next = duty.officers.iter().find(|officer| self.can_be_told(case, officer));
            wanted.extend(next.map(|officer| (officer.clone(), true)));
        }
        if wanted.is_empty() && !case.reaches_anybody() {
            let steps = lines.iter().flat_map(|duty| &duty.escalate);
            let mut told_instead = steps.map(|step| {
                let officers = step.officers.iter().filter(|officer| self.can_be_told(case, officer));
                officers.map(|officer| (officer.clone(), false)).collect::<Vec<_>>()
            });
            wanted = told_instead.find(|officers| !officers.is_empty()).unwrap_or_default();
        }
        if wanted.is_empty() && !case.reaches_anybody() && case.role != Role::It {
            let it = self.lines(Role::It, case, at);
            let mut first = it.iter().filter_map(|d| d.officers.iter().find(|officer| self.can_be_told(case, officer)));
            wanted.extend(first.next().map(|officer| (officer.clone(), false)));
        }
        let nobody = wanted.is_empty() && !case.reaches_anybody();
        let was_due = case.reach_at;
        let again = lines.iter().map(|duty| duty.until).min().filter(|until| nobody && *until < Timestamp::MAX);
        // Said once: when it opened, or when the last who knew of it could not be reached.
        if nobody && case.repeats() && was_due.is_none_or(|due| due == case.opened) {
            step.untold.push(id.to_owned());
        }
        if was_due != again
            && let Some(case) = self.memory.cases.get_mut(id)
        {
            case.reach_at = again;
        }
        for (officer, is_first_line) in wanted {
            self.want(id, &officer, reason, is_first_line, at);
        }
    }

    /// This officer is to be told; warnings wait until their quiet hours are over.
    pub(super) fn want(&mut self, id: &str, officer: &OfficerId, reason: PageReason, first_line: bool, at: Timestamp) {
        let Some(case) = self.memory.cases.get(id) else { return };
        let quiet_until = if case.severity == Severity::Critical { None } else { self.quiet_until(case, officer, at) };
        let Some(case) = self.memory.cases.get_mut(id) else { return };
        let round = case.round.number;
        let person = case.person_or_new(officer);
        person.first_line |= first_line;
        person.round = round;
        person.failed = false;
        let reason = match (&person.pending, reason) {
            // What they do not know of yet is no reminder to them.
            (Some(pending), PageReason::Open | PageReason::Reminder) if person.told.is_none() => pending.reason,
            (None, PageReason::Reminder) if person.told.is_none() => PageReason::Open,
            _ => reason,
        };
        person.pending = Some(Pending { reason, since: at, quiet_until });
    }

    fn quiet_until(&self, case: &Case, officer: &OfficerId, at: Timestamp) -> Option<Timestamp> {
        let officer = self.rules.inventory.officers.get(officer)?;
        officer.quiet?;
        let zone = self.lines(case.role, case, at).into_iter().next().map(|duty| duty.zone);
        duty::quiet_until(officer, zone.as_ref().unwrap_or(&self.rules.zone), at)
    }

    /// The first message of a round starts the clock of escalation and reminders.
    pub(super) fn begun_round(&self, case: &Case, at: Timestamp) -> Round {
        let mut round = case.round.clone();
        if round.since.is_none() && case.is_open() && case.repeats() && case.standing.acknowledged.is_none() {
            round.since = Some(at);
            round.remind_at = Some(after(at, self.rules.repeat));
            round.escalate_at = self.next_escalation(case, &round);
        }
        round
    }

    /// When the next step of escalation is due, by the clock.
    pub(super) fn next_escalation(&self, case: &Case, round: &Round) -> Option<Timestamp> {
        let since = round.since?;
        let lines = self.lines(case.role, case, since);
        let steps = lines.iter().flat_map(|duty| &duty.escalate).map(|step| step.after);
        steps.filter(|wait| wait.as_secs() > round.escalated_seconds).min().map(|wait| after(since, wait))
    }

    fn escalate(&mut self, id: &str, at: Timestamp) {
        while let Some(case) = self.memory.cases.get(id)
            && let (Some(since), Some(due)) = (case.round.since, case.round.escalate_at)
            && due <= at
        {
            let done = u64::try_from(due.duration_since(since).as_secs()).unwrap_or_default();
            let mut wanted: Vec<OfficerId> = Vec::new();
            for step in self.lines(case.role, case, at).iter().flat_map(|duty| &duty.escalate) {
                let is_due = (case.round.escalated_seconds + 1..=done).contains(&step.after.as_secs());
                let told = |officer: &OfficerId| case.person(officer).is_some_and(|one| one.round == case.round.number);
                wanted.extend(step.officers.iter().filter(|officer| is_due && !told(officer)).cloned());
            }
            let round = Round { escalated_seconds: done, ..case.round.clone() };
            let escalate_at = self.next_escalation(case, &round);
            if let Some(case) = self.memory.cases.get_mut(id) {
                case.round = Round { escalate_at, ..round };
            }
            for officer in wanted {
                self.want(id, &officer, PageReason::Escalation, false, at);
            }
        }
    }

    fn remind(&mut self, id: &str, at: Timestamp) {
        let Some(case) = self.memory.cases.get(id) else { return };
        if case.round.remind_at.is_none_or(|due| due > at) {
            return;
        }
        // Where nobody could be reached, all are tried again.
        let reached = case.reaches_anybody();
        let of_round = case.people.iter().filter(|person| person.round == case.round.number && person.told.is_some());
        let again = of_round.filter(|person| !reached || !person.failed);
        let again: Vec<OfficerId> = again.map(|person| person.officer.clone()).collect();
        let remind_at = Some(after(at, self.rules.repeat));
        if let Some(case) = self.memory.cases.get_mut(id) {
            case.round.remind_at = remind_at;
        }
        for officer in again {
            self.want(id, &officer, PageReason::Reminder, false, at);
        }
    }

    /// An acknowledgement has expired: those who had the duty, and whoever has it now, are told again.
    fn begin_anew(&mut self, id: &str, at: Timestamp) {
        let Some(case) = self.memory.cases.get_mut(id) else { return };
        let who = case.standing.acknowledged.take().map(|acknowledged| acknowledged.who);
        case.round = Round { number: case.round.number + 1, ..Round::default() };
        case.reach_at = Some(at);
        let had_it = |person: &&Person| person.first_line || who.as_deref() == Some(person.officer.as_str());
        let again: Vec<OfficerId> = case.people.iter().filter(had_it).map(|person| person.officer.clone()).collect();
        for officer in again {
            self.want(id, &officer, PageReason::Reminder, false, at);
        }
    }

    /// It has become critical: everybody who was told hears of it, whoever has it too, and no quiet hours hold it back.
    pub(super) fn worsen(&mut self, id: &str, at: Timestamp) {
        let Some(case) = self.memory.cases.get_mut(id) else { return };
        if !case.pages {
            return;
        }
        for pending in case.people.iter_mut().filter_map(|person| person.pending.as_mut()) {
            pending.quiet_until = None;
        }
        let told: Vec<OfficerId> = case.people.iter().map(|person| person.officer.clone()).collect();
        for officer in told {
            self.want(id, &officer, PageReason::Open, false, at);
        }
    }

    /// It is over: those who were told, or are about to be, hear of it. A warning that quiet hours still hold is not told
    /// at all, and what comes and goes is held.
    pub(super) fn close(&mut self, id: &str, until: Timestamp, at: Timestamp, is_held: bool) {
        let Some(case) = self.memory.cases.get_mut(id) else { return };
        if !case.is_open() {
            return;
        }
        case.until = Some(until.max(case.since));
        case.reach_at = None;
        if !is_held {
            self.tell_end(id, at);
        }
    }

    fn tell_end(&mut self, id: &str, at: Timestamp) {
        let Some(case) = self.memory.cases.get_mut(id) else { return };
        let is_told_the_end = case.repeats();
        case.people.retain(|person| match &person.pending {
            Some(pending) if person.told.is_none() => is_told_the_end && pending.is_ready(at),
            _ => true,
        });
        let told: Vec<OfficerId> = case
            .people
            .iter()
            .filter(|person| is_told_the_end && (person.heard || !person.failed || !person.unsent.is_empty()))
            .map(|person| person.officer.clone())
            .collect();
        for person in &mut case.people {
            person.pending = None;
        }
        for officer in told {
            self.want(id, &officer, PageReason::Close, false, at);
        }
    }

    /// What came and went is calm, or has been held for long enough: how it stands is told.
    pub(super) fn calm_down(&mut self, at: Timestamp) {
        for subject in self.memory.flaps.keys_where(|_, flaps| flaps.due().is_none_or(|due| due <= at)) {
            let Some(flaps) = self.memory.flaps.remove(&subject).filter(super::flapping::Flaps::is_holding) else {
                continue;
            };
            let Some(case) = self.memory.cases.get_mut(&flaps.case).filter(|case| case.flapping) else { continue };
            case.flapping = false;
            if !case.is_open() {
                self.tell_end(&flaps.case, at);
            } else if case.standing.acknowledged.is_none() {
                let told = case.people.iter().filter(|person| person.told.is_some() && !person.failed);
                for officer in told.map(|person| person.officer.clone()).collect::<Vec<_>>() {
                    self.want(&flaps.case, &officer, PageReason::Open, false, at);
                }
            }
        }
    }

    /// Forgets what is over and told.
    pub(super) fn retire(&mut self, at: Timestamp) {
        let over = self.memory.cases.keys_where(|_, case| {
            let Some(until) = case.until.filter(|_| !case.flapping) else { return false };
            let is_told = case.people.iter().all(|person| person.pending.is_none());
            let is_sent = case.people.iter().all(|person| person.unsent.is_empty());
            let settles = matches!(case.matter, Matter::Alert { .. } | Matter::Channel { .. });
            let is_settled = !settles || after(until, SETTLED) <= at;
            is_told && is_settled && (is_sent || after(until, FORGET) <= at)
        });
        for id in over {
            self.memory.cases.remove(&id);
            self.postponed.remove(&id);
        }
    }
}
