//! The channels: one file a provider, and nothing of a provider outside of its file.
//!
//! Each turns a letter into the provider's request and the provider's answer into one of our [`Answer`]s. Nothing that a
//! channel says holds a token or a whole address. Knows nothing of the outbox, of retries or of who comes next.

mod email;
mod http;
mod seen;
mod sms;
mod telegram;
mod webhook;
mod zalo_bot;
mod zalo_oa;
mod zalo_tokens;

use std::path::Path;
use std::sync::Arc;

use super::{Answer, Channel, Deaf, Inbound};
use crate::inventory::{self, ChannelId, Way};

pub use self::email::{File, Mail, Mailer};
pub use self::http::masked;

/// A channel that is ready: its way out and, where it has one, its way back.
#[derive(Clone)]
pub struct Line {
    pub out: Arc<dyn Channel>,
    pub back: Option<Arc<dyn Inbound>>,
}

/// Why a channel cannot be opened; it takes nothing until the configuration changes.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("channel {channel}: cannot make an HTTP client ({why}); is there a trust store (package ca-certificates)?")]
    Client { channel: ChannelId, why: String },
    #[error("channel {channel}: {why}")]
    Unusable { channel: ChannelId, why: String },
}

/// Makes a channel ready. Opens no connection. `data_dir` is where a channel keeps what it must find again.
///
/// # Errors
/// [`OpenError`] where it could never send anything.
pub fn open(channel: &inventory::Channel, data_dir: &Path) -> Result<Line, OpenError> {
    let http = || http::Http::new().map_err(|why| OpenError::Client { channel: channel.id.clone(), why });
    let unusable = |why| OpenError::Unusable { channel: channel.id.clone(), why };
    let one_way = |out: Arc<dyn Channel>| Line { out, back: None };
    Ok(match &channel.way {
        Way::ZaloBot(settings) => {
            let bot = Arc::new(zalo_bot::ZaloBot::new(settings, http()?));
            Line { out: bot.clone(), back: Some(bot) }
        }
        Way::Telegram(settings) => {
            let bot = Arc::new(telegram::Telegram::new(settings, http()?));
            Line { out: bot.clone(), back: Some(bot) }
        }
        Way::ZaloOa(settings) => {
            let account = zalo_oa::ZaloOa::new(&channel.id, settings, http()?, data_dir);
            one_way(Arc::new(account.map_err(unusable)?))
        }
        Way::Sms(settings) => one_way(Arc::new(sms::Sms::new(settings, http()?))),
        Way::Email(settings) => one_way(Arc::new(email::Email::new(settings).map_err(unusable)?)),
        Way::Webhook(settings) => one_way(Arc::new(webhook::Webhook::new(settings, http()?))),
    })
}

/// The mailer of a channel of kind `email`. Opens no connection.
///
/// # Errors
/// [`OpenError`] where it could never send anything.
pub fn mailer(channel: &inventory::Channel) -> Result<Mailer, OpenError> {
    let unusable = |why| OpenError::Unusable { channel: channel.id.clone(), why };
    match &channel.way {
        Way::Email(settings) => Mailer::new(settings).map_err(unusable),
        _ => Err(unusable(format!("mail cannot go by a channel of kind {}", channel.kind()))),
    }
}

/// What a failed request for news comes to.
fn deaf(answer: Answer) -> Deaf {
    match answer {
        Answer::Later { after, why } => Deaf::Later { after, why },
        Answer::ChannelRefuses { why } | Answer::RecipientRefuses { why } | Answer::Never { why } => {
            Deaf::Refused { why }
        }
        Answer::Accepted { .. } | Answer::Duplicate | Answer::Moved { .. } => {
            Deaf::Later { after: None, why: "an answer that means nothing here".to_owned() }
        }
    }
}
