//! Telegram: people and groups, with a button that acknowledges; replies and taps by long polling.
//!
//! Off unless the operator says otherwise: providers in Viet Nam were told to block it (May 2025). There is no key against
//! doubles: what was sent when a connection broke may come twice.

use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{Answer, Channel, Deaf, Inbound, Incoming, Letter, at_most};
use super::http::{Http, Reply, ask, pause, said};
use super::seen::Seen;
use crate::inventory::BotApi;
use crate::paging::About;
use crate::secret::Secret;

const API: &str = "https://api.telegram.org";
/// Of a message, which is counted after its markup is taken out; ours has none but a link.
const LONGEST_TEXT: usize = 4096;
const LONGEST_REPLY: usize = 2000;
/// How long the provider holds a request for news.
const POLL_SECONDS: u32 = 30;

pub(super) struct Telegram {
    token: Secret,
    base: String,
    http: Http,
    heard: Mutex<Heard>,
}

/// What was taken already.
#[derive(Default)]
struct Heard {
    /// Updates before this one are done with; the provider forgets them when it is asked for this one.
    next: Option<i64>,
    seen: Seen,
}

impl Telegram {
    pub fn new(settings: &BotApi, http: Http) -> Self {
        let base = settings.api_base.as_ref().map_or(API, |url| url.as_str()).trim_end_matches('/').to_owned();
        Self { token: settings.token.clone(), base, http, heard: Mutex::default() }
    }

    fn url(&self, method: &str) -> String {
        format!("{}/bot{}/{method}", self.base, self.token.expose())
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn call(&self, method: &str, body: &Value, to: &str) -> Answer {
        match ask(self.http.post(&self.url(method)).json(body)).await {
            Ok(reply) => self.judge(&reply, to),
            Err(answer) => answer,
        }
    }

    fn judge(&self, reply: &Reply, to: &str) -> Answer {
        let Some(json) = reply.json.as_ref().filter(|json| json.get("ok").is_some_and(Value::is_boolean)) else {
            return reply.by_status();
        };
        if json["ok"] == true {
            return Answer::Accepted { id: json["result"]["message_id"].as_i64().map(|id| id.to_string()) };
        }
        let code = json["error_code"].as_i64().unwrap_or(i64::from(reply.status));
        let parameters = &json["parameters"];
        // A group that has grown has another id, of up to 52 bits.
        if let Some(id) = parameters["migrate_to_chat_id"].as_i64() {
            return Answer::Moved { to: id.to_string() };
        }
        let description = json["description"].as_str().unwrap_or_default();
        let why = format!("Telegram says {code}: {}", said(description, &[self.token.expose()], to));
        let after = parameters["retry_after"].as_u64().map(pause).or(reply.after);
        match code {
            401 | 404 => Answer::ChannelRefuses { why },
            403 => Answer::RecipientRefuses { why },
            400 if description.contains("chat not found") || description.contains("PEER_ID_INVALID") => {
                Answer::RecipientRefuses { why }
            }
            429 | 500.. => Answer::Later { after, why },
            _ => Answer::Never { why },
        }
    }

    async fn poll(&self) -> Result<Vec<Incoming>, Deaf> {
        let mut body = json!({ "timeout": POLL_SECONDS, "allowed_updates": ["message", "callback_query"] });
        if let Some(next) = self.heard().next {
            body["offset"] = next.into();
        }
        let request = self.http.post(&self.url("getUpdates")).json(&body);
        let reply =
            ask(request.timeout(Duration::from_secs(u64::from(POLL_SECONDS) + 15))).await.map_err(super::deaf)?;
        if reply.json.as_ref().is_some_and(|json| json["error_code"] == 409) {
            return Err(Deaf::Refused {
                why: "Telegram says 409: another program polls with this token, or a webhook is set".to_owned(),
            });
        }
        match self.judge(&reply, "") {
            Answer::Accepted { .. } => {}
            refused => return Err(super::deaf(refused)),
        }
        let updates = reply.json.as_ref().and_then(|json| json["result"].as_array()).cloned().unwrap_or_default();
        for update in &updates {
            self.end_tap(update).await;
        }
        let mut heard = self.heard();
        let newest = updates.iter().filter_map(|update| update["update_id"].as_i64()).max();
        heard.next = newest.map(|newest| newest + 1).or(heard.next);
        Ok(updates.iter().filter_map(incoming).filter(|one| heard.seen.first_time(&one.id)).collect())
    }

    /// Lets a button that was tapped stop turning. Nothing depends on it.
    async fn end_tap(&self, update: &Value) {
        if let Some(id) = update["callback_query"]["id"].as_str() {
            self.call("answerCallbackQuery", &json!({ "callback_query_id": id }), "").await;
        }
    }
}

/// A text that a person wrote, or a tap on a button of ours in the words of a text.
fn incoming(update: &Value) -> Option<Incoming> {
    let id = format!("u{}", update["update_id"].as_i64()?);
    let tap = &update["callback_query"];
    if let Some(data) = tap["data"].as_str() {
        let number = data.strip_prefix("ack:")?.split(':').next()?;
        // The button does not say when it was tapped; the message under it may be old.
        let from = tap["message"]["chat"]["id"].as_i64().or(tap["from"]["id"].as_i64())?;
        return Some(Incoming { id, from: from.to_string(), text: format!("OK {number}"), at: None });
    }
    let message = &update["message"];
    if message["from"]["is_bot"] == true {
        return None;
    }
    Some(Incoming {
        id,
        from: message["chat"]["id"].as_i64()?.to_string(),
        text: at_most(message["text"].as_str()?, LONGEST_REPLY),
        at: message["date"].as_i64().and_then(|at| Timestamp::from_second(at).ok()),
    })
}

/// As HTML has it: names hold `_` and `*`, over which the other markup breaks.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What the button below a message acknowledges: the matter, where there is one and nobody has it.
fn number(letter: &Letter) -> Option<u16> {
    match letter.message.about.as_slice() {
        [About::Incident(facts)] if facts.until.is_none() && facts.acknowledged_by.is_none() => Some(facts.number),
        [About::Alert(alert)] if alert.until.is_none() && alert.acknowledged_by.is_none() => Some(alert.number),
        _ => None,
    }
}

impl Channel for Telegram {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let text = escaped(&letter.text_with_link(LONGEST_TEXT));
            let mut body = json!({ "chat_id": letter.to, "text": text, "parse_mode": "HTML",
                                   "link_preview_options": { "is_disabled": true } });
            if let Some(number) = number(letter) {
                let button = json!({ "text": format!("✅ OK {number}"), "callback_data": format!("ack:{number}") });
                body["reply_markup"] = json!({ "inline_keyboard": [[button]] });
            }
            self.call("sendMessage", &body, &letter.to).await
        })
    }
}

impl Inbound for Telegram {
    fn hear(&self) -> BoxFuture<'_, Result<Vec<Incoming>, Deaf>> {
        Box::pin(self.poll())
    }

    fn reply<'a>(&'a self, to: &'a Incoming, text: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            let body =
                json!({ "chat_id": to.from, "text": escaped(&at_most(text, LONGEST_TEXT)), "parse_mode": "HTML" });
            self.call("sendMessage", &body, &to.from).await
        })
    }
}
