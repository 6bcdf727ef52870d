//! What messages say, in three languages.
//!
//! Knows messages as data; knows nothing of channels. No message holds a URL, an address, a phone number or a secret.

use jiff::tz::TimeZone;

use super::Words;
use crate::inventory::Language;
use crate::paging::{About, Message};

/// A message in words. Times are local to `zone`.
#[must_use]
pub fn words(message: &Message, language: Language, zone: &TimeZone) -> Words {
    let _ = (language, zone);
    let number = message.about.iter().find_map(|about| match about {
        About::Incident(facts) => Some((facts.number, facts.name.clone())),
        About::Alert(facts) => Some((facts.number, facts.title.clone())),
        _ => None,
    });
    let subject = match &number {
        Some((number, name)) => format!("[{number}] {name}"),
        None => "camwatch".to_owned(),
    };
    let text = format!("{subject}\n{}", number.map_or_else(String::new, |(number, _)| format!("OK {number}")));
    Words { short: subject.chars().filter(char::is_ascii).take(160).collect(), subject, text }
}
