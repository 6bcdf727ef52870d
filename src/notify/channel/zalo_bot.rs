//! Zalo Bot: direct messages to people who wrote to the bot first, and their replies by long polling.
//!
//! After third-party copies of the documentation of bot.zaloplatforms.com; never tried against the real service. There
//! is no key against doubles: what was sent when a connection broke may come twice.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{Answer, Channel, Deaf, Inbound, Incoming, Letter, at_most};
use super::http::{Http, Reply, ask, said};
use super::seen::Seen;
use crate::inventory::BotApi;
use crate::secret::Secret;

const API: &str = "https://bot-api.zaloplatforms.com";
/// As the documentation has it.
const LONGEST_TEXT: usize = 2000;
/// How long the provider holds a request for news.
const POLL_SECONDS: u32 = 30;

pub(super) struct ZaloBot {
    token: Secret,
    base: String,
    http: Http,
    /// There is no offset: what is given out again is known by its id.
    seen: Mutex<Seen>,
}

impl ZaloBot {
    pub fn new(settings: &BotApi, http: Http) -> Self {
        let base = settings.api_base.as_ref().map_or(API, |url| url.as_str()).trim_end_matches('/').to_owned();
        Self { token: settings.token.clone(), base, http, seen: Mutex::default() }
    }

    /// Method names are case-sensitive.
    fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.base, self.token.expose())
    }

    async fn say(&self, to: &str, text: &str) -> Answer {
        let body = json!({ "chat_id": to, "text": at_most(text, LONGEST_TEXT) });
        match ask(self.http.post(&self.url("sendMessage")).json(&body)).await {
            Ok(reply) => self.judge(&reply, to),
            Err(answer) => answer,
        }
    }

    fn judge(&self, reply: &Reply, to: &str) -> Answer {
        let Some(json) = reply.json.as_ref().filter(|json| json.get("ok").is_some_and(Value::is_boolean)) else {
            return reply.by_status();
        };
        if json["ok"] == true {
            return Answer::Accepted { id: json["result"]["message_id"].as_str().map(str::to_owned) };
        }
        let code = json["error_code"].as_i64().unwrap_or(i64::from(reply.status));
        let description = said(json["description"].as_str().unwrap_or_default(), &[self.token.expose()], to);
        let why = format!("Zalo says {code}: {description}");
        match code {
            401 => Answer::ChannelRefuses { why },
            // 403 is documented as "internal server error"; what it means has not been established.
            403 | 408 | 429 | 500.. => Answer::Later { after: reply.after, why },
            _ => Answer::Never { why },
        }
    }

    async fn poll(&self) -> Result<Vec<Incoming>, Deaf> {
        let request = self.http.post(&self.url("getUpdates")).json(&json!({ "timeout": POLL_SECONDS.to_string() }));
        let reply =
            ask(request.timeout(Duration::from_secs(u64::from(POLL_SECONDS) + 15))).await.map_err(super::deaf)?;
        let code = reply.json.as_ref().and_then(|json| json["error_code"].as_i64());
        if reply.status == 408 || code == Some(408) {
            return Ok(Vec::new());
        }
        match self.judge(&reply, "") {
            Answer::Accepted { .. } => Ok(self.read(reply.json.as_ref().map_or(&Value::Null, |json| &json["result"]))),
            Answer::Never { why } => Err(Deaf::Refused {
                why: format!("{why}; a bot that has a webhook cannot be polled: delete its webhook"),
            }),
            refused => Err(super::deaf(refused)),
        }
    }

    /// One update; a list is read too, since other bots' APIs have one.
    fn read(&self, result: &Value) -> Vec<Incoming> {
        let updates = result.as_array().map_or_else(|| std::slice::from_ref(result), Vec::as_slice);
        let mut seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        updates.iter().filter_map(incoming).filter(|one| seen.first_time(&one.id)).collect()
    }
}

/// A text that a person wrote.
fn incoming(update: &Value) -> Option<Incoming> {
    let message = &update["message"];
    if update["event_name"] != "message.text.received" || message["from"]["is_bot"] == true {
        return None;
    }
    Some(Incoming {
        id: message["message_id"].as_str()?.to_owned(),
        from: message["chat"]["id"].as_str().or(message["from"]["id"].as_str())?.to_owned(),
        text: at_most(message["text"].as_str()?, LONGEST_TEXT),
        at: message["date"].as_i64().and_then(|at| Timestamp::from_millisecond(at).ok()),
    })
}

impl Channel for ZaloBot {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(async move { self.say(&letter.to, &letter.text_with_link(LONGEST_TEXT)).await })
    }
}

impl Inbound for ZaloBot {
    fn hear(&self) -> BoxFuture<'_, Result<Vec<Incoming>, Deaf>> {
        Box::pin(self.poll())
    }

    fn reply<'a>(&'a self, to: &'a Incoming, text: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(self.say(&to.from, text))
    }
}
