//! The ways to tell people, as they are configured: one variant a kind, with what that kind needs and nothing else.
//!
//! Secrets have been read already. Knows nothing of providers' protocols.

use std::fmt;

use url::Url;

use super::ChannelId;
use crate::secret::Secret;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelKind {
    ZaloBot,
    ZaloOa,
    Sms,
    Telegram,
    Email,
    Webhook,
}

impl ChannelKind {
    /// As the configuration has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZaloBot => "zalo_bot",
            Self::ZaloOa => "zalo_oa",
            Self::Sms => "sms",
            Self::Telegram => "telegram",
            Self::Email => "email",
            Self::Webhook => "webhook",
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A way to tell people.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    pub id: ChannelId,
    pub way: Way,
}

impl Channel {
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        match self.way {
            Way::ZaloBot(_) => ChannelKind::ZaloBot,
            Way::ZaloOa(_) => ChannelKind::ZaloOa,
            Way::Sms(_) => ChannelKind::Sms,
            Way::Telegram(_) => ChannelKind::Telegram,
            Way::Email(_) => ChannelKind::Email,
            Way::Webhook(_) => ChannelKind::Webhook,
        }
    }

    /// Whether officers need an address on this channel. A webhook tells its receiver, whoever that is.
    #[must_use]
    pub fn needs_address(&self) -> bool {
        !matches!(self.way, Way::Webhook(_))
    }
}

/// What a channel needs to work.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    ZaloBot(BotApi),
    ZaloOa(ZaloOa),
    Sms(Sms),
    Telegram(BotApi),
    Email(Email),
    Webhook(Webhook),
}

/// A bot with one token that stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct BotApi {
    pub token: Secret,
    /// In place of the provider's own address.
    pub api_base: Option<Url>,
}

/// A Zalo Official Account.
#[derive(Debug, Clone, PartialEq)]
pub struct ZaloOa {
    pub app_id: String,
    /// The app's secret.
    pub secret: Secret,
    /// What consent gave: the token endpoint's answer as JSON, or the refresh token alone. Only where a chain begins.
    pub token: Secret,
    pub api_base: Option<Url>,
    pub oauth_base: Option<Url>,
}

/// SMS through a gateway.
#[derive(Debug, Clone, PartialEq)]
pub struct Sms {
    pub gateway: Gateway,
    pub api_base: Option<Url>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Gateway {
    Esms {
        api_key: Secret,
        secret_key: Secret,
        /// The sender's name, registered with the carriers together with the text.
        brand: String,
        /// The gateway answers and sends nothing.
        sandbox: bool,
    },
    SpeedSms {
        token: Secret,
        /// `None`: a number of the gateway's.
        brand: Option<String>,
        sms_type: u32,
    },
    Http(Template),
}

/// A request that an operator wrote, in whose parts `{{phone}}`, `{{text}}`, `{{request_id}}` and `{{token}}` are filled in.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub token: Option<Secret>,
    pub success: Option<Success>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
}

/// What the answer's body must say. An answer of status 2xx that says otherwise is none that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Success {
    /// A JSON pointer (RFC 6901).
    pub pointer: String,
    /// As text; a number or `true` is compared by how JSON writes it.
    pub value: String,
}

/// A mail account.
#[derive(Debug, Clone, PartialEq)]
pub struct Email {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    /// `camwatch@xa.example.vn` or `Camwatch <camwatch@xa.example.vn>`.
    pub from: String,
    pub login: Option<(String, Secret)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte (`smtps://`).
    Implicit,
    /// By STARTTLS, or not at all.
    StartTls,
    /// Never: a relay on a trusted network.
    None,
}

/// An HTTP receiver of the operator's.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub url: Url,
    /// What requests are signed with.
    pub token: Option<Secret>,
}
