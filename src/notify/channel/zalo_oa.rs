//! Zalo Official Account: messages to followers within their interaction window, and to groups (`group:ID`).
//!
//! After third-party copies of Zalo's documentation; never tried against the real service. There is no key against
//! doubles: what was sent when a connection broke may come twice. Replies come by webhook only and are not heard here.

use std::path::Path;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::super::{Answer, Channel, Letter};
use super::http::{Http, Reply, ask, said};
use super::zalo_tokens::Tokens;
use crate::inventory;

const API: &str = "https://openapi.zalo.me";
const LONGEST_TEXT: usize = 2000;
/// What an address begins with that is a group's.
const GROUP: &str = "group:";

pub(super) struct ZaloOa {
    base: String,
    http: Http,
    tokens: Tokens,
}

/// What one try came to.
enum Tried {
    Done(Answer),
    /// The access token is refused.
    Refresh(String),
}

impl ZaloOa {
    pub fn new(
        id: &inventory::ChannelId,
        settings: &inventory::ZaloOa,
        http: Http,
        data_dir: &Path,
    ) -> Result<Self, String> {
        let base = settings.api_base.as_ref().map_or(API, |url| url.as_str()).trim_end_matches('/').to_owned();
        Ok(Self { base, http: http.clone(), tokens: Tokens::new(id, settings, http, data_dir)? })
    }

    async fn say(&self, to: &str, text: &str) -> Answer {
        let mut token = match self.tokens.access(None).await {
            Ok(token) => token,
            Err(answer) => return answer,
        };
        let refused = match self.once(to, text, &token).await {
            Tried::Done(answer) => return answer,
            Tried::Refresh(_) => token,
        };
        token = match self.tokens.access(Some(&refused)).await {
            Ok(token) => token,
            Err(answer) => return answer,
        };
        match self.once(to, text, &token).await {
            Tried::Done(answer) => answer,
            Tried::Refresh(why) => Answer::ChannelRefuses { why },
        }
    }

    async fn once(&self, to: &str, text: &str, token: &str) -> Tried {
        let (path, recipient) = match to.strip_prefix(GROUP) {
            Some(group) => ("group/message", json!({ "group_id": group })),
            None => ("message/cs", json!({ "user_id": to })),
        };
        let body = json!({ "recipient": recipient, "message": { "text": text } });
        let request = self.http.post(&format!("{}/v3.0/oa/{path}", self.base)).header("access_token", token);
        match ask(request.json(&body)).await {
            Ok(reply) => judge(&reply, &[token], to),
            Err(answer) => Tried::Done(answer),
        }
    }
}

/// What Zalo answers, with HTTP 200 whatever it is.
fn judge(reply: &Reply, secrets: &[&str], to: &str) -> Tried {
    let json = reply.json.as_ref().filter(|_| reply.status < 500);
    let Some((json, code)) = json.and_then(|json| Some((json, code_of(&json["error"])?))) else {
        return Tried::Done(reply.by_status());
    };
    if code == 0 {
        return Tried::Done(Answer::Accepted { id: json["data"]["message_id"].as_str().map(str::to_owned) });
    }
    let words = said(json["message"].as_str().unwrap_or_default(), secrets, to.trim_start_matches(GROUP));
    let why = format!("Zalo says {code}: {words}");
    Tried::Done(match code {
        -216 | -220 | -124 => return Tried::Refresh(why),
        -32 => Answer::Later { after: reply.after, why },
        // Quota and money; a paid tier, an approved template, a newer API, a linked account, which somebody has to set up.
        -211 | -321 | -137 | -144 | -147 | -224 | -131 | -135 | -240 | -320 => Answer::ChannelRefuses { why },
        // Does not follow, is not active, has not written within the window, wants no such messages; a number or a group
        // that is none, or not ours.
        -213 | -217 | -227 | -230 | -232 | -244 | -118 | -119 | -139 | -141 | -108 | -237 | -403 => {
            Answer::RecipientRefuses { why }
        }
        _ => Answer::Never { why },
    })
}

/// Some answers have it as text.
pub(super) fn code_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

impl Channel for ZaloOa {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(async move { self.say(&letter.to, &letter.text_with_link(LONGEST_TEXT)).await })
    }
}
