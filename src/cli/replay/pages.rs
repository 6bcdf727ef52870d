//! The judgement and the desk together, in virtual time: who would have been told, as if the first channel of each officer
//! took every message at once.

use jiff::Timestamp;

use crate::config::Config;
use crate::inventory::CameraId;
use crate::judgement::{Event, Judge, Output};
use crate::observation::Observation;
use crate::paging::{Delivery, Desk, Fate, Rules, Scene, Step};

pub(super) struct Told<'a> {
    judge: Judge,
    /// Where the roster names nobody, nobody is told.
    desk: Option<Desk>,
    config: &'a Config,
    clock: Option<Timestamp>,
}

impl<'a> Told<'a> {
    pub(super) fn new(judge: Judge, config: &'a Config) -> Self {
        let desk = (!config.inventory.duties.is_empty()).then(|| Desk::new(Rules::new(config), Vec::new()));
        Self { judge, desk, config, clock: None }
    }

    /// What an observation comes to, and whatever time has brought about before it. A page stands after the incident that
    /// it is of.
    pub(super) fn observe(&mut self, observation: &Observation) -> Output {
        if self.desk.is_none() {
            return self.judge.observe(observation);
        }
        let mut all = Output::default();
        while let Some(due) = self.due().filter(|due| *due <= observation.at) {
            let output = self.judge.advance(due);
            self.hand_on(output, due, &mut all);
        }
        let output = self.judge.observe(observation);
        self.hand_on(output, observation.at, &mut all);
        all
    }

    /// Time begins with the first line.
    fn due(&self) -> Option<Timestamp> {
        let clock = self.clock?;
        let desk = self.desk.as_ref().and_then(Desk::next_due).map(|due| due.max(clock));
        [self.judge.next_deadline(), desk].into_iter().flatten().min()
    }

    fn hand_on(&mut self, output: Output, at: Timestamp, all: &mut Output) {
        self.clock = Some(at);
        all.record.extend(output.record);
        let Some(desk) = &mut self.desk else { return };
        let judge = &self.judge;
        let state = |camera: &CameraId| judge.standing(camera).map(|standing| standing.state);
        let scene = Scene { state: &state };
        for event in output.events {
            let step = match &event {
                Event::Incident(incident) => desk.take(incident, &scene),
                Event::State(_) | Event::Page(_) => Step::default(),
            };
            all.events.push(event);
            deliver(desk, step, self.config, all);
        }
        let step = desk.advance(at, &scene);
        deliver(desk, step, self.config, all);
    }
}

fn deliver(desk: &mut Desk, step: Step, config: &Config, all: &mut Output) {
    let mut messages = std::collections::VecDeque::from(step.messages);
    while let Some(message) = messages.pop_front() {
        all.events.extend(message.pages(&config.inventory).map(Event::Page));
        let page = message.pages(&config.inventory).next();
        let fate = page.map_or(Fate::Failed, |page| Fate::Taken(page.channel));
        let delivery = Delivery { message: message.id, at: message.decided_at, fate };
        messages.extend(desk.delivered(&delivery).messages);
    }
}
