//! Telling people: the outbox that loses nothing, the channels that carry its messages, and what comes back on them.
//!
//! Knows messages and the record's writing end. Decides nothing about who is told: the desk does.

pub mod ack;
pub mod pairing;
pub mod post;

use std::time::Duration;

use futures_util::future::BoxFuture;

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
