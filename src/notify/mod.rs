//! Telling people: the outbox that loses nothing, the channels that carry its messages, and what comes back on them.
//!
//! Knows messages and the record's writing end. Decides nothing about who is told: the desk does.

pub mod ack;
pub mod channel;
pub mod outbox;
pub mod pairing;
pub mod post;
mod replies;
pub mod words;

use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

/// One way to tell people; each kind of channel is one file.
pub trait Channel: Send + Sync {
    /// Hands one message to the provider and says what it answered. Ends by itself within half a minute.
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer>;
}

/// A message in words, to one address.
#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    /// The same for every attempt to send this message on this channel; at most 50 characters.
    pub key: String,
    /// As the officer's `addresses` have it. Never logged whole.
    pub to: String,
    pub words: Words,
    /// What belongs together for a person who reads: the incident's id.
    pub thread: String,
    /// Where a tap acknowledges, if the daemon can be reached from outside.
    pub ack_url: Option<String>,
    /// The message as data.
    pub message: crate::paging::Message,
}

impl Letter {
    /// The text and, on a line of its own, where a tap acknowledges; at most so many characters.
    fn text_with_link(&self, longest: usize) -> String {
        let Some(url) = &self.ack_url else { return at_most(&self.words.text, longest) };
        let room = longest.saturating_sub(url.chars().count() + 1);
        format!("{}\n{url}", at_most(&self.words.text, room))
    }
}

/// A message in the recipient's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// One line, for a mail's subject.
    pub subject: String,
    /// At most 2,000 characters.
    pub text: String,
    /// At most 160 characters of GSM 03.38, without diacritics.
    pub short: String,
}

/// What a provider's answer comes to. The outbox knows these, not the providers' codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The provider has it; a phone may not have it yet.
    Accepted { id: Option<String> },
    /// The provider had it already under this key.
    Duplicate,
    /// Too many requests, a fault of the provider's, silence: later, and not before `after` where it says so.
    Later { after: Option<Duration>, why: String },
    /// The whole channel takes nothing: its token, balance or quota.
    ChannelRefuses { why: String },
    /// This recipient cannot be reached here.
    RecipientRefuses { why: String },
    /// The recipient's address has changed.
    Moved { to: String },
    /// This message will never be taken here.
    Never { why: String },
}

/// What people write back on a channel; of channels that can be read without being reachable from outside.
pub trait Inbound: Send + Sync {
    /// Waits for what is written; empty where nothing was. Ends by itself within a minute; one call at a time.
    ///
    /// # Errors
    /// [`Deaf`] where the provider does not say.
    fn hear(&self) -> BoxFuture<'_, Result<Vec<Incoming>, Deaf>>;

    /// Answers who wrote, in plain text. Not kept: one that fails is not sent again.
    fn reply<'a>(&'a self, to: &'a Incoming, text: &'a str) -> BoxFuture<'a, Answer>;
}

/// Something that a person wrote to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The provider's name for it; each is given out once.
    pub id: String,
    /// The sender, as an officer's `addresses` would have it. Proven by the provider.
    pub from: String,
    /// At most 2,000 characters.
    pub text: String,
    /// When it was written, by the provider's clock.
    pub at: Option<Timestamp>,
}

/// Why nothing was heard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Deaf {
    /// Ask again in a while.
    #[error("{why}")]
    Later { after: Option<Duration>, why: String },
    /// It will not work until somebody changes something.
    #[error("{why}")]
    Refused { why: String },
}

/// At most `longest` characters, cut at the end of a line or word where there is one.
fn at_most(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let cut: String = text.chars().take(longest.saturating_sub(1)).collect();
    let end = cut.rfind(['\n', ' ']).filter(|end| *end > cut.len() / 2).unwrap_or(cut.len());
    format!("{}…", cut[..end].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_words() {
        assert_eq!(at_most("mot hai ba bon nam", 12), "mot hai ba…");
        assert_eq!(at_most("ngắn", 4), "ngắn");
        assert_eq!(at_most(&"ư".repeat(30), 10).chars().count(), 10);
    }
}
