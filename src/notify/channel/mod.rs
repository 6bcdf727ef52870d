//! The channels: one file a provider, and nothing of a provider outside of its file.
//!
//! Each turns a letter into the provider's request and the provider's answer into one of our [`Answer`]s. Nothing that a
//! channel says holds a token or a whole address. Knows nothing of the outbox, of retries or of who comes next.

mod http;
mod seen;
mod webhook;
mod zalo_bot;

use std::path::Path;
use std::sync::Arc;

use super::{Channel, Inbound};
use crate::inventory::{self, ChannelId, Way};

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
    let _ = data_dir;
    let http = || http::Http::new().map_err(|why| OpenError::Client { channel: channel.id.clone(), why });
    Ok(match &channel.way {
        Way::ZaloBot(settings) => {
            let bot = Arc::new(zalo_bot::ZaloBot::new(settings, http()?));
            Line { out: bot.clone(), back: Some(bot) }
        }
        Way::Webhook(settings) => Line { out: Arc::new(webhook::Webhook::new(settings, http()?)), back: None },
        _ => return Err(OpenError::Unusable { channel: channel.id.clone(), why: "not built".to_owned() }),
    })
}
