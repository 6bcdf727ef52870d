//! Messages that tell several things: a storm, what quiet hours held back, the day's list of a fund.

use jiff::Timestamp;

use super::catalogue::fill;
use super::{Speaker, one_line};
use crate::judgement::event::PageReason;
use crate::notify::at_most;
use crate::paging::{About, DarkCamera};

/// Room for the list, so that what stands below it is never cut off.
const ROOM: usize = 1600;

/// One thing of several.
struct Line {
    text: String,
    over: bool,
    number: Option<u16>,
    taken: bool,
}

impl Speaker<'_> {
    /// Subject and text of a message that tells several things.
    pub(super) fn several(&self, about: &[About]) -> (String, String) {
        let said = self.said;
        let head = self.headline(about);
        let lines: Vec<Line> = about.iter().map(|one| self.line(one)).collect();
        let mut text = head.clone();
        let mut room = ROOM.saturating_sub(text.chars().count());
        for (over, title) in [(false, said.open_now), (true, said.over)] {
            let these: Vec<&Line> = lines.iter().filter(|line| line.over == over).collect();
            if these.is_empty() {
                continue;
            }
            // With one list alone the headline says it.
            if these.len() < lines.len() {
                text = text + "\n" + title;
            }
            text.push_str(&self.list(these.iter().map(|line| line.text.as_str()), &mut room));
        }
        let waiting = lines.iter().filter(|line| !line.over && !line.taken).find_map(|line| line.number);
        if let Some(number) = waiting {
            text = text + "\n" + &fill(said.confirm_each, &[("number", &number.to_string())]);
        }
        (head, text)
    }

    /// As many lines as there is room for, and how many more there are.
    fn list<'l>(&self, lines: impl ExactSizeIterator<Item = &'l str>, room: &mut usize) -> String {
        let mut text = String::new();
        let all = lines.len();
        for (index, line) in lines.enumerate() {
            let length = line.chars().count() + 1;
            if length > *room {
                return text + "\n" + &self.said.more_matters.of((all - index) as u64);
            }
            *room -= length;
            text = text + "\n" + line;
        }
        text
    }

    /// What it all comes to.
    pub(super) fn headline(&self, about: &[About]) -> String {
        let said = self.said;
        let incidents = || {
            about.iter().filter_map(|one| match one {
                About::Incident(facts) => Some(facts),
                _ => None,
            })
        };
        let mut what = said.matters.of(about.len() as u64);
        let cameras: u64 = incidents().map(|facts| u64::from(facts.cameras)).sum();
        if cameras > 0 {
            what = what + ", " + &said.cameras.of(cameras);
        }
        let all = incidents().count() == about.len();
        let template = if all && incidents().all(|facts| facts.until.is_some()) {
            said.storm_over
        } else if all && self.is_storm(incidents().map(|facts| (facts.since, facts.until))) {
            said.storm
        } else {
            said.digest
        };
        fill(template, &[("what", &what)])
    }

    /// Whether all of it began within a quarter of an hour and goes on.
    fn is_storm(&self, spans: impl Iterator<Item = (Timestamp, Option<Timestamp>)>) -> bool {
        self.reason == PageReason::Digest
            && spans.fold(true, |storm, (since, until)| {
                storm && until.is_none() && self.now.duration_since(since).as_mins() < 15
            })
    }

    fn line(&self, about: &About) -> Line {
        let (text, until, number, taken) = match about {
            About::Incident(facts) => {
                let count = self.count(facts);
                let name = at_most(&self.name(facts), 80);
                let name = if count.is_empty() { name } else { format!("{name} ({count})") };
                let text = format!("{name}: {}, {}", self.advice_of(facts).name, self.brief(facts.since, facts.until));
                (text, facts.until, Some(facts.number), facts.acknowledged_by.is_some())
            }
            About::Alert(alert) => {
                let title = at_most(&one_line(&alert.title), 120);
                let text = format!("{title}: {}", self.brief(alert.since, alert.until));
                (text, alert.until, Some(alert.number), alert.acknowledged_by.is_some())
            }
            other => (self.notice(other).0, None, None, true),
        };
        let text = match number {
            Some(number) => fill(self.said.each_numbered, &[("number", &number.to_string()), ("line", &text)]),
            None => format!("- {text}"),
        };
        Line { text, over: until.is_some(), number, taken }
    }

    fn brief(&self, since: Timestamp, until: Option<Timestamp>) -> String {
        match until {
            Some(until) => fill(self.said.short_span, &[("from", &self.at(since)), ("to", &self.at(until))]),
            None => fill(self.said.since, &[("time", &self.at(since))]),
        }
    }

    /// The day's list of what pages nobody.
    pub(super) fn unfunded(&self, fund: &str, cameras: &[DarkCamera]) -> (String, String) {
        let said = self.said;
        let what = said.cameras.of(cameras.len() as u64);
        let head = fill(said.unfunded, &[("fund", &one_line(fund)), ("what", &what)]);
        let lines: Vec<String> = cameras
            .iter()
            .map(|camera| {
                let scope = crate::judgement::event::IncidentScope::Camera;
                let advice = (self.advice)(super::Matter::of(scope, camera.cause), scope, camera.cause);
                let since = fill(said.since, &[("time", &self.at(camera.since))]);
                format!("- {}: {}, {since}", at_most(&one_line(&camera.name), 80), advice.name)
            })
            .collect();
        let mut room = ROOM.saturating_sub(head.chars().count());
        let list = self.list(lines.iter().map(String::as_str), &mut room);
        (head.clone(), format!("{head}{list}\n{}", said.unfunded_note))
    }
}
