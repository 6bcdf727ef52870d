//! A message in words, as it goes to a provider.

use super::super::Letter;
use super::super::ack::Links;
use super::super::outbox::Attempt;
use super::super::words::words;
use crate::config::Config;
use crate::inventory::{Language, OfficerId};
use crate::judgement::event::PageReason;
use crate::paging::{About, Message, Recipient};

/// In the language of the recipient.
pub(super) fn letter(attempt: &Attempt, config: &Config, links: &Links) -> Letter {
    let message = &attempt.message;
    Letter {
        key: attempt.key.clone(),
        to: attempt.address.clone(),
        words: words(message, language(&message.to, config), &config.daemon.timezone),
        thread: thread(message),
        ack_url: ack_url(message, config, links),
        message: message.clone(),
    }
}

fn language(to: &Recipient, config: &Config) -> Language {
    let theirs = match to {
        Recipient::Officer(id) => config.inventory.officers.get(id).and_then(|officer| officer.language),
        Recipient::Fund(id) => config.inventory.funds.get(id).and_then(|fund| fund.language),
    };
    theirs.unwrap_or(config.daemon.language)
}

/// As [`language`], of an officer.
pub(super) fn language_of(officer: &OfficerId, config: &Config) -> Language {
    config.inventory.officers.get(officer).and_then(|officer| officer.language).unwrap_or(config.daemon.language)
}

fn thread(message: &Message) -> String {
    let first = message.about.iter().find_map(|about| match about {
        About::Incident(facts) => Some(facts.incident.clone()),
        About::Alert(facts) => Some(facts.incident.clone()),
        _ => None,
    });
    first.unwrap_or_else(|| message.id.0.clone())
}

/// A tap acknowledges one matter that is still open. A summary of several is answered by number: one link for all of them
/// would say more than the officer means.
fn ack_url(message: &Message, config: &Config, links: &Links) -> Option<String> {
    let (public, Recipient::Officer(officer)) = (config.alert.public_url.as_ref()?, &message.to) else { return None };
    let incident = match &message.about[..] {
        [About::Incident(facts)] if facts.until.is_none() => &facts.incident,
        [About::Alert(facts)] if facts.until.is_none() => &facts.incident,
        _ => return None,
    };
    // The same with every try: a message that is sent again must not differ from the one that may have arrived.
    (message.reason != PageReason::Close).then(|| links.url(public, incident, officer, message.decided_at))
}
