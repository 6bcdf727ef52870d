//! The text of an SMS: 160 characters that every phone shows, and never without the number.

use super::catalogue::{Matter, fill};
use super::gsm::{LONGEST, fitted, plain, septets};
use super::{Speaker, one_line, uncapitalised};
use crate::judgement::event::IncidentScope;
use crate::paging::{About, Facts};

/// Who writes, for those who have many such messages.
const FROM: &str = "[CAM] ";
/// Of each of several names.
const SHORT_NAME: usize = 24;

impl Speaker<'_> {
    pub(super) fn short(&self, about: &[About]) -> String {
        match about {
            [About::Incident(facts)] => self.short_incident(facts),
            [About::Alert(alert)] => {
                let restored = alert.until.map_or_else(String::new, |_| format!(" - {}", self.said.restored));
                let done = alert.until.is_some() || alert.acknowledged_by.is_some();
                put(&one_line(&alert.title), &format!("{restored}.{}", self.short_standing(alert.number, done)))
            }
            [other] => {
                // As many whole lines as fit.
                let (_, text) = self.notice(other);
                let mut short = String::new();
                for line in text.lines().map(plain) {
                    let line = line.trim_end_matches(['.', ':']).to_owned();
                    let longer = if short.is_empty() { line } else { format!("{short}. {line}") };
                    let fits = septets(&longer).is_some_and(|length| length + FROM.len() + 2 <= LONGEST);
                    if !fits && !short.is_empty() {
                        break;
                    }
                    short = longer;
                }
                put(&short, "")
            }
            several => self.short_several(several),
        }
    }

    fn short_incident(&self, facts: &Facts) -> String {
        let said = self.said;
        let name = match facts.scope {
            IncidentScope::Monitor => said.the_monitor.to_owned(),
            IncidentScope::Area => self.name(facts),
            _ => one_line(&facts.name),
        };
        let what = match Matter::of(facts.scope, facts.cause) {
            _ if facts.flapping && facts.until.is_none() => uncapitalised(said.flapping),
            Matter::Dark => uncapitalised(said.dark),
            _ => self.advice_of(facts).name.to_owned(),
        };
        let when = match facts.until {
            Some(until) => format!("{}-{}, {}", self.at(facts.since), self.at(until), uncapitalised(said.restored)),
            None => fill(said.since, &[("time", &self.at(facts.since))]),
        };
        let done = facts.until.is_some() || facts.acknowledged_by.is_some();
        let tail = format!(": {}{what} {when}.{}", self.short_count(facts), self.short_standing(facts.number, done));
        put(&name, &tail)
    }

    fn short_count(&self, facts: &Facts) -> String {
        if matches!(facts.scope, IncidentScope::Camera | IncidentScope::Monitor) || facts.cameras == 0 {
            return String::new();
        }
        let (n, of) = (facts.cameras.to_string(), facts.cameras_there.to_string());
        if facts.cameras_there >= facts.cameras {
            return fill(self.said.short_cameras_of, &[("n", &n), ("of", &of)]) + " ";
        }
        fill(self.said.short_cameras, &[("n", &n)]) + " "
    }

    /// What is over, or taken, needs no answer; its number says which it is.
    fn short_standing(&self, number: u16, done: bool) -> String {
        if done {
            return format!(" (#{number})");
        }
        format!(" {}", fill(self.said.short_confirm, &[("number", &number.to_string())]))
    }

    /// The headline, and as many names with their numbers as there is room for.
    fn short_several(&self, about: &[About]) -> String {
        let mut open = 0;
        let names: Vec<String> = about
            .iter()
            .filter_map(|one| {
                let (number, name, until) = match one {
                    About::Incident(facts) => (facts.number, &facts.name, facts.until),
                    About::Alert(alert) => (alert.number, &alert.title, alert.until),
                    _ => return None,
                };
                open += u32::from(until.is_none());
                Some(format!("{number} {}", fitted(&plain(&one_line(name)), SHORT_NAME)))
            })
            .collect();
        let tail = if open > 0 { format!(". {}", self.said.short_confirm_each) } else { String::new() };
        let head = plain(&self.headline(about));
        let fixed = FROM.to_owned() + &head + &plain(&tail);
        let mut room = LONGEST.saturating_sub(septets(&fixed).unwrap_or(LONGEST) + ": ".len());
        let mut list = String::new();
        for (index, name) in names.iter().enumerate() {
            let more = format!(" +{}", names.len() - index);
            let reserve = if index + 1 == names.len() { 0 } else { more.len() };
            let item = if list.is_empty() { name.clone() } else { format!(", {name}") };
            let takes = septets(&item).unwrap_or(LONGEST);
            if takes + reserve > room {
                if room >= more.len() {
                    list.push_str(&more);
                }
                break;
            }
            room -= takes;
            list.push_str(&item);
        }
        let list = if list.is_empty() { list } else { format!(": {}", list.trim_start()) };
        put(&format!("{head}{list}"), &tail)
    }
}

/// A name cut to the room that is left, and what must stand whole.
fn put(name: &str, tail: &str) -> String {
    let (name, tail) = (plain(name), plain(tail));
    let used = septets(FROM).unwrap_or(0) + septets(&tail).unwrap_or(0);
    let text = format!("{FROM}{}{tail}", fitted(&name, LONGEST.saturating_sub(used)));
    debug_assert!(septets(&text).is_some_and(|length| length <= LONGEST), "{text:?} is no SMS");
    text
}
