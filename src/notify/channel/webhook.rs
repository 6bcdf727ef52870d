//! Webhook: every message as JSON to a receiver of the operator's, signed where a token is set.
//!
//! The receiver knows a message that comes twice by its `Idempotency-Key`. The signature is that of other webhooks:
//! HMAC-SHA256 (RFC 2104) over the time, a dot and the body, so that an old request cannot be sent again.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use ring::hmac;
use serde::Serialize;

use super::super::{Answer, Channel, Letter};
use super::http::{Http, ask};
use crate::inventory;
use crate::paging::Message;

pub(super) struct Webhook {
    url: String,
    key: Option<hmac::Key>,
    http: Http,
}

/// The body.
#[derive(Serialize)]
struct Body<'a> {
    version: &'static str,
    /// As the header `Idempotency-Key`.
    key: &'a str,
    /// The officer's address on this channel, if there is one.
    #[serde(skip_serializing_if = "str::is_empty")]
    to: &'a str,
    subject: &'a str,
    text: &'a str,
    short: &'a str,
    thread: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ack_url: Option<&'a str>,
    message: &'a Message,
}

impl Webhook {
    pub fn new(settings: &inventory::Webhook, http: Http) -> Self {
        let key = settings.token.as_ref().map(|token| hmac::Key::new(hmac::HMAC_SHA256, token.expose().as_bytes()));
        Self { url: settings.url.to_string(), key, http }
    }

    async fn post(&self, letter: &Letter) -> Answer {
        let body = Body {
            version: "1",
            key: &letter.key,
            to: &letter.to,
            subject: &letter.words.subject,
            text: &letter.words.text,
            short: &letter.words.short,
            thread: &letter.thread,
            ack_url: letter.ack_url.as_deref(),
            message: &letter.message,
        };
        let body = serde_json::to_string(&body).expect("plain data is JSON");
        let mut request =
            self.http.post(&self.url).header(CONTENT_TYPE, "application/json").header("Idempotency-Key", &letter.key);
        if let Some(key) = &self.key {
            request = request.header("X-Camwatch-Signature", signature(key, Timestamp::now(), &body));
        }
        let reply = match ask(request.body(body)).await {
            Ok(reply) => reply,
            Err(answer) => return answer,
        };
        let why = format!("the receiver answers HTTP {}", reply.status);
        match reply.status {
            200..=299 => Answer::Accepted { id: None },
            409 => Answer::Duplicate,
            408 | 429 | 500.. => Answer::Later { after: reply.after, why },
            401 | 403 | 404 | 410 => Answer::ChannelRefuses { why },
            _ => Answer::Never { why },
        }
    }
}

/// `t=SECONDS,v1=HEX`.
fn signature(key: &hmac::Key, at: Timestamp, body: &str) -> String {
    let at = at.as_second();
    let tag = hmac::sign(key, format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(tag))
}

impl Channel for Webhook {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(self.post(letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_that_openssl_makes() {
        // printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
        let at = Timestamp::from_second(1_700_000_000).expect("a time");
        assert_eq!(
            signature(&key, at, "{}"),
            "t=1700000000,v1=b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163"
        );
    }
}
