//! What is told by day: to funds which of their cameras are dark that page nobody, to role it where the roster has gaps.
//! And to role it, at once, that a whole channel takes nothing.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::case::{Case, Matter};
use super::desk::{Desk, Scene};
use super::gather::hash;
use super::message::{About, DarkCamera, Message, MessageId, Recipient, Severity};
use super::{Step, after};
use crate::duty::{self, Gap};
use crate::inventory::{ChannelId, Fund, MinuteOfDay, OfficerId, Role};
use crate::judgement::event::{IncidentScope, PageReason};
use crate::observation::State;

/// Gaps that begin within this time are told.
const AHEAD: Duration = Duration::from_secs(24 * 3600);
/// As far is looked for the end of a gap.
const HORIZON: Duration = Duration::from_secs(8 * 24 * 3600);
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// Nobody is told of the roster after this time of day: 18:00.
const EVENING: MinuteOfDay = MinuteOfDay(18 * 60);

impl Desk {
    /// A whole channel takes nothing any more, and why; `None`: it is well again.
    pub fn channel_failing(&mut self, channel: &ChannelId, why: Option<&str>, at: Timestamp) -> Step {
        let mut step = Step::default();
        let id = format!("channel-{channel}");
        let known = self.memory.cases.get(&id).map(Case::is_open);
        match (why, known) {
            (Some(why), None) if self.rules.pages => {
                self.new_note(id.clone(), Matter::Channel { channel: channel.clone(), why: why.to_owned() }, at);
                self.reach(&id, at, &mut step);
            }
            (Some(_), Some(false)) => {
                // It was well for a short time only: who was told of it is not told again.
                if let Some(case) = self.memory.cases.get_mut(&id) {
                    case.until = None;
                    if case.people.is_empty() {
                        self.reach(&id, at, &mut step);
                    }
                }
            }
            (None, Some(true)) => {
                let case = self.memory.cases.get(&id);
                let unsent = case.into_iter().flat_map(|case| &case.people).flat_map(|person| &person.unsent);
                let withdrawn: Vec<MessageId> = unsent.filter(|one| self.tells_one_thing(one)).cloned().collect();
                if let Some(case) = self.memory.cases.get_mut(&id) {
                    case.people.retain(|person| !person.unsent.iter().any(|unsent| withdrawn.contains(unsent)));
                }
                step.withdrawn.extend(withdrawn);
                self.close(&id, at, at, false);
            }
            _ => {}
        }
        if why.is_none() {
            self.try_again(channel, at);
        }
        self.settle(at, None, &mut step);
        step
    }

    fn tells_one_thing(&self, message: &MessageId) -> bool {
        let tells = |case: &Case| case.people.iter().any(|person| person.unsent.contains(message));
        self.memory.cases.keys_where(|_, case| tells(case)).len() == 1
    }

    /// Whoever could not be reached while a channel took nothing is told now, where nobody else has been.
    fn try_again(&mut self, channel: &ChannelId, at: Timestamp) {
        let unreached = self.memory.cases.keys_where(|_, case| {
            case.is_open() && case.pages && case.standing.acknowledged.is_none() && !case.reaches_anybody()
        });
        for id in unreached {
            let Some(case) = self.memory.cases.get(&id) else { continue };
            let by_channel = |officer: &OfficerId| {
                self.rules.inventory.officers.get(officer).is_some_and(|one| one.channels.contains(channel))
            };
            let failed = case.people.iter().filter(|person| person.failed && by_channel(&person.officer));
            for officer in failed.map(|person| person.officer.clone()).collect::<Vec<_>>() {
                self.want(&id, &officer, PageReason::Open, false, at);
            }
        }
    }

    /// By day, once an hour: role it is told once of each gap of the roster that begins within a day.
    pub(super) fn look_for_gaps(&mut self, at: Timestamp) {
        self.forget_gaps(at);
        if self.next_look(at).is_none_or(|due| due > at) {
            return;
        }
        let gaps = self.rules.roster.gaps(at, after(at, HORIZON));
        let book = self.memory.book_mut();
        book.looked_for_gaps = Some(at);
        book.gaps.retain(|known| known.to > at);
        let mut new = Vec::new();
        for gap in gaps.into_iter().filter(|gap| gap.from < after(at, AHEAD)) {
            // One that has begun is cut off at this moment, and one whose end lies far ahead at the horizon.
            let is_same = |known: &&mut Gap| {
                (known.role, &known.place) == (gap.role, &gap.place) && gap.from <= known.to && known.from <= gap.to
            };
            if let Some(known) = book.gaps.iter_mut().find(is_same) {
                (known.from, known.to) = (known.from.min(gap.from), known.to.max(gap.to));
            } else {
                book.gaps.push(gap.clone());
                new.push(gap);
            }
        }
        for gap in new {
            let place = gap.place.as_ref().map_or_else(String::new, |place| {
                let site = place.site.as_ref().map_or_else(String::new, |site| format!("-{site}"));
                format!("-{}{site}", place.commune)
            });
            let id = format!("gap-{}{place}-{}", gap.role.as_str(), gap.from);
            let matter = Matter::Gap { role: gap.role, place: gap.place, from: gap.from, to: gap.to };
            self.new_note(id, matter, at);
        }
    }

    /// A gap is over when its time is.
    fn forget_gaps(&mut self, at: Timestamp) {
        let over = |case: &Case| matches!(case.matter, Matter::Gap { to, .. } if to <= at) && case.is_open();
        for id in self.memory.cases.keys_where(|_, case| over(case)) {
            self.close(&id, at, at, false);
        }
    }

    fn next_look(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.rules.pages || !self.rules.roster.has(Role::It) {
            return None;
        }
        let begins = self.rules.digest.min(MinuteOfDay(EVENING.0 - 60));
        // What lies ahead was before the clock was put back.
        let looked = self.memory.book().looked_for_gaps.filter(|looked| *looked <= at);
        let due = looked.map_or(at, |looked| after(looked, LOOK_EVERY).max(at));
        let day = due.to_zoned(self.rules.zone.clone()).date();
        let (from, to) = (self.moment(day, begins)?, self.moment(day, EVENING)?);
        match due {
            due if due < from => Some(from),
            due if due < to => Some(due),
            _ => self.moment(day.tomorrow().ok()?, begins),
        }
    }

    /// Once a day, to each fund that has an e-mail address: which of its cameras are dark that page nobody.
    pub(super) fn tell_funds(&mut self, at: Timestamp, scene: &Scene, step: &mut Step) {
        let today = at.to_zoned(self.rules.zone.clone()).date();
        let Some(digest) = self.moment(today, self.rules.digest) else { return };
        let Some(last) = self.memory.book().digested else {
            // Begun in the middle of a day: the next morning is the first.
            let before = today.yesterday().unwrap_or(today);
            self.memory.book_mut().digested = Some(if digest <= at { today } else { before });
            return;
        };
        if last >= today || at < digest {
            return;
        }
        self.memory.book_mut().digested = Some(today);
        let funds = self.rules.inventory.funds.values().filter(|fund| !fund.email.is_empty());
        step.messages.extend(funds.filter_map(|fund| self.digest(fund, at, scene)));
    }

    fn digest(&self, fund: &Fund, at: Timestamp, scene: &Scene) -> Option<Message> {
        let inventory = &self.rules.inventory;
        let of_fund = inventory
            .cameras
            .values()
            .filter(|camera| camera.funds.iter().any(|share| share.fund == fund.id) && !inventory.is_funded(camera));
        let dark = of_fund.filter(|camera| (scene.state)(&camera.id) == Some(State::Dark));
        let cameras: Vec<DarkCamera> = dark
            .filter_map(|camera| {
                // The narrowest incident that explains it.
                let explains = self.memory.cases.iter().filter(|(_, case)| case.is_open()).filter_map(|(_, case)| {
                    match &case.matter {
                        Matter::Incident { scope, cause, cameras, .. } if cameras.contains(&camera.id) => {
                            Some((*scope != IncidentScope::Camera, case.since, *cause))
                        }
                        _ => None,
                    }
                });
                let (_, since, cause) = explains.min()?;
                Some(DarkCamera { camera: camera.id.clone(), name: camera.name.clone(), since, cause })
            })
            .collect();
        (!cameras.is_empty()).then(|| Message {
            id: MessageId(format!("{:x}-{:016x}-0", at.as_microsecond(), hash(&format!("fund:{}", fund.id)))),
            to: Recipient::Fund(fund.id.clone()),
            reason: PageReason::Digest,
            severity: Severity::Warning,
            decided_at: at,
            not_before: at,
            about: vec![About::Unfunded { fund: fund.id.clone(), fund_name: fund.name.clone(), cameras }],
            supersedes: Vec::new(),
        })
    }

    /// When the day next brings something about.
    pub(super) fn next_daily(&self, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(self.rules.zone.clone()).date();
        let is_done = self.memory.book().digested.is_none_or(|day| day >= today);
        let day = if is_done { today.tomorrow().ok()? } else { today };
        let gap_ends = self.memory.cases.iter().filter_map(|(_, case)| match case.matter {
            Matter::Gap { to, .. } if case.is_open() => Some(to),
            _ => None,
        });
        self.moment(day, self.rules.digest).into_iter().chain(self.next_look(at)).chain(gap_ends).min()
    }

    fn moment(&self, day: Date, time: MinuteOfDay) -> Option<Timestamp> {
        duty::moment(day, time.0, &self.rules.zone)
    }
}
