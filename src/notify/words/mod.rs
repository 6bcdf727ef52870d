//! What messages say, in three languages.
//!
//! Which camera, where, since when, what it probably is, what to do first, and the number that a reply names it by. Knows
//! messages as data; knows nothing of channels. No sentence of ours holds a URL, an address, a phone number or a secret.

mod catalogue;
mod en;
mod gsm;
mod ko;
mod several;
mod short;
mod time;
mod vi;

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use self::catalogue::{Catalogue, Matter, Sentences, fill};
use self::time::Clock;
use super::{Words, at_most};
use crate::inventory::{Language, Role};
use crate::judgement::event::{IncidentScope, PageReason};
use crate::observation::Cause;
use crate::paging::{About, AlertFacts, Facts, Message};

pub use self::catalogue::Advice;

/// Of a chat message.
const LONGEST_TEXT: usize = 2000;
/// Of a line that mail programs show whole.
const LONGEST_SUBJECT: usize = 120;

/// A message in words. Times are local to `zone`, with the day where that is not the day of the decision.
#[must_use]
pub fn words(message: &Message, language: Language, zone: &TimeZone) -> Words {
    let speaker = Speaker::new(catalogue(language), language, zone, message);
    // No phone shows Hangul in the alphabet of SMS.
    let short_language = if language == Language::Korean { Language::English } else { language };
    let in_short = Speaker::new(catalogue(short_language), short_language, zone, message);
    let (subject, text) = match message.about.as_slice() {
        [one] => speaker.one(one),
        several => speaker.several(several),
    };
    Words {
        subject: at_most(&one_line(&subject), LONGEST_SUBJECT),
        text: at_most(&text, LONGEST_TEXT),
        short: in_short.short(&message.about),
    }
}

/// What a cause is called, in two or three words as they stand in a list.
#[must_use]
pub fn cause_name(cause: Cause, language: Language) -> &'static str {
    (catalogue(language).advice)(Matter::of(IncidentScope::Camera, cause), IncidentScope::Camera, cause).name
}

/// What a cause means where it explains a place of this kind, and what to do first.
#[must_use]
pub fn advice(scope: IncidentScope, cause: Cause, language: Language) -> Advice {
    (catalogue(language).advice)(Matter::of(scope, cause), scope, cause)
}

/// What has happened, in two or three words: the heading of a message about it.
#[must_use]
pub fn trouble(scope: IncidentScope, cause: Cause, language: Language) -> &'static str {
    catalogue(language).sentences.trouble(Matter::of(scope, cause))
}

/// A moment as messages write it: the time, with the day where that is not `now`'s.
#[must_use]
pub fn moment(at: Timestamp, now: Timestamp, language: Language, zone: &TimeZone) -> String {
    Clock::new(zone, language, now).moment(at, &catalogue(language).sentences)
}

/// A length of time as messages write it: hours and minutes, or whole days.
#[must_use]
pub fn length(from: Timestamp, to: Timestamp, language: Language) -> String {
    time::length(from, to, &catalogue(language).sentences)
}

fn catalogue(language: Language) -> &'static Catalogue {
    match language {
        Language::Vietnamese => &vi::CATALOGUE,
        Language::English => &en::CATALOGUE,
        Language::Korean => &ko::CATALOGUE,
    }
}

/// One language at one moment, for one message.
struct Speaker<'a> {
    said: &'static Sentences,
    advice: fn(Matter, IncidentScope, crate::observation::Cause) -> Advice,
    clock: Clock<'a>,
    reason: PageReason,
    now: Timestamp,
}

impl<'a> Speaker<'a> {
    fn new(catalogue: &'static Catalogue, language: Language, zone: &'a TimeZone, message: &Message) -> Self {
        Self {
            said: &catalogue.sentences,
            advice: catalogue.advice,
            clock: Clock::new(zone, language, message.decided_at),
            reason: message.reason,
            now: message.decided_at,
        }
    }

    fn at(&self, moment: Timestamp) -> String {
        self.clock.moment(moment, self.said)
    }

    /// Subject and text of a message that tells one thing.
    fn one(&self, about: &About) -> (String, String) {
        match about {
            About::Incident(facts) => self.incident(facts),
            About::Alert(alert) => self.alert(alert),
            _ => self.notice(about),
        }
    }

    fn incident(&self, facts: &Facts) -> (String, String) {
        let said = self.said;
        let head = format!("{}: {}", self.heading(facts), self.name(facts));
        let subject = format!("[{}] {head}", facts.number);
        let mut lines = vec![head];
        let when = self.when(facts.since, facts.until);
        // Who hears of it only now that it is over reads here what it was.
        let when = if facts.until.is_some() { format!("{} {when}", self.trouble(facts)) } else { capitalised(&when) };
        let count = self.count(facts);
        lines.push(if count.is_empty() { when } else { format!("{when}, {count}") });
        let place = place(facts);
        if !place.is_empty() {
            lines.push(fill(said.place, &[("place", &place)]));
        }
        if facts.flapping && facts.until.is_none() {
            lines.push(said.flapping_held.to_owned());
        }
        if facts.until.is_none() {
            let advice = self.advice_of(facts);
            lines.push(fill(said.likely, &[("likely", advice.likely)]));
            lines.push(fill(said.first, &[("first", advice.first)]));
            let names = self.first_cameras(facts);
            if !names.is_empty() {
                lines.push(fill(said.names, &[("names", &names)]));
            }
        }
        lines.extend(self.standing(facts.number, facts.until, facts.acknowledged_by.as_deref()));
        (subject, lines.join("\n"))
    }

    /// Who has it, or how to say so.
    fn standing(&self, number: u16, until: Option<Timestamp>, by: Option<&str>) -> Vec<String> {
        let said = self.said;
        match (until, by) {
            (Some(_), None) => Vec::new(),
            (_, Some(who)) => vec![fill(said.taken_by, &[("who", &one_line(who))])],
            (None, None) => vec![fill(said.confirm, &[("number", &number.to_string())])],
        }
    }

    fn alert(&self, alert: &AlertFacts) -> (String, String) {
        let said = self.said;
        let title = one_line(&alert.title);
        let head = match alert.until {
            Some(_) => format!("{}: {title}", said.restored),
            None => self.with_reason(&title, false),
        };
        let subject = format!("[{}] {head}", alert.number);
        let mut lines = vec![head, capitalised(&self.when(alert.since, alert.until))];
        lines.extend(Some(at_most(alert.text.trim(), 1200)).filter(|text| !text.is_empty()));
        // The operator's own page on what to do; nothing of it is ours.
        lines.extend(alert.runbook.iter().filter(|_| alert.until.is_none()).map(|page| one_line(page)));
        lines.extend(self.standing(alert.number, alert.until, alert.acknowledged_by.as_deref()));
        (subject, lines.join("\n"))
    }

    /// What is about no incident.
    fn notice(&self, about: &About) -> (String, String) {
        let said = self.said;
        match about {
            About::DutyGap { role, place, from, to } => {
                let head = self.gap(*role, place);
                let span = fill(said.gap_span, &[("from", &self.at(*from)), ("to", &self.at(*to))]);
                let first = fill(said.first, &[("first", said.gap_first)]);
                (head.clone(), [head, span, first].join("\n"))
            }
            About::ChannelFailing { channel, why } => {
                let head = fill(said.channel, &[("channel", channel.as_str())]);
                let why = fill(said.channel_why, &[("why", &one_line(why))]);
                let first = fill(said.first, &[("first", said.channel_first)]);
                (head.clone(), [head, why, first].join("\n"))
            }
            About::Unfunded { fund_name, cameras, .. } => self.unfunded(fund_name, cameras),
            About::Test => {
                let text = fill(said.test_text, &[("time", &self.at(self.now))]);
                (said.test.to_owned(), format!("{}\n{text}", said.test))
            }
            About::Incident(facts) => self.incident(facts),
            About::Alert(alert) => self.alert(alert),
        }
    }

    fn gap(&self, role: Role, place: &str) -> String {
        let role = match role {
            Role::Officer => self.said.role_officer,
            Role::It => self.said.role_it,
        };
        fill(self.said.gap, &[("role", role), ("place", &one_line(place))])
    }

    /// What has happened, in two or three words.
    fn heading(&self, facts: &Facts) -> String {
        let said = self.said;
        if facts.until.is_some() {
            return said.restored.to_owned();
        }
        self.with_reason(if facts.flapping { said.flapping } else { self.trouble(facts) }, true)
    }

    fn trouble(&self, facts: &Facts) -> &'static str {
        self.said.trouble(Matter::of(facts.scope, facts.cause))
    }

    /// A heading of ours goes on in a sentence; a name of the operator's keeps its first letter.
    fn with_reason(&self, heading: &str, ours: bool) -> String {
        let template = match self.reason {
            PageReason::Reminder => self.said.reminder,
            PageReason::Escalation => self.said.escalation,
            PageReason::Open | PageReason::Close | PageReason::Digest => return heading.to_owned(),
        };
        let heading = if ours { uncapitalised(heading) } else { heading.to_owned() };
        fill(template, &[("heading", &heading)])
    }

    fn advice_of(&self, facts: &Facts) -> Advice {
        (self.advice)(Matter::of(facts.scope, facts.cause), facts.scope, facts.cause)
    }

    /// What it is about.
    fn name(&self, facts: &Facts) -> String {
        let template = match facts.scope {
            // The heading says that it is the monitor.
            IncidentScope::Monitor => return self.advice_of(facts).name.to_owned(),
            IncidentScope::Camera => self.said.a_camera,
            IncidentScope::Recorder => self.said.a_recorder,
            IncidentScope::Site => self.said.a_site,
            IncidentScope::Area => self.said.an_area,
        };
        let name = one_line(&facts.name);
        // Many are called "Camera ..." already.
        let noun = fill(template, &[("name", "")]).trim().to_lowercase();
        if !noun.is_empty() && name.to_lowercase().starts_with(&noun) {
            return name;
        }
        fill(template, &[("name", &name)])
    }

    /// How many cameras; nothing where it is one by itself, or the monitor.
    fn count(&self, facts: &Facts) -> String {
        if matches!(facts.scope, IncidentScope::Camera | IncidentScope::Monitor) || facts.cameras == 0 {
            return String::new();
        }
        if facts.cameras_there >= facts.cameras {
            let (n, of) = (facts.cameras.to_string(), facts.cameras_there.to_string());
            return fill(self.said.cameras_of, &[("n", &n), ("of", &of)]);
        }
        self.said.cameras.of(u64::from(facts.cameras))
    }

    fn when(&self, since: Timestamp, until: Option<Timestamp>) -> String {
        let said = self.said;
        if let Some(until) = until {
            let length = time::length(since, until, said);
            return fill(said.span, &[("from", &self.at(since)), ("to", &self.at(until)), ("length", &length)]);
        }
        if matches!(self.reason, PageReason::Reminder | PageReason::Escalation) {
            let length = time::length(since, self.now, said);
            return fill(said.since_for, &[("time", &self.at(since)), ("length", &length)]);
        }
        fill(said.since, &[("time", &self.at(since))])
    }

    fn first_cameras(&self, facts: &Facts) -> String {
        if matches!(facts.scope, IncidentScope::Camera | IncidentScope::Monitor) || facts.first_cameras.is_empty() {
            return String::new();
        }
        let names: Vec<String> = facts.first_cameras.iter().map(|name| at_most(&one_line(name), 80)).collect();
        let more = u64::from(facts.cameras).saturating_sub(names.len() as u64);
        // Names hold commas.
        let names = names.join("; ");
        if more == 0 { names } else { format!("{names} {}", self.said.more_cameras.of(more)) }
    }
}

/// Site, village and commune, as far as they say something that the name does not.
fn place(facts: &Facts) -> String {
    let parts = [&facts.site, &facts.village, &facts.commune];
    let mut names: Vec<String> = Vec::new();
    for name in parts.into_iter().flatten().map(|name| one_line(name)) {
        if !name.is_empty() && name != one_line(&facts.name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

/// Names are the operator's; a line stays one.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn uncapitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
