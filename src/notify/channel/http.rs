//! What all channels over HTTP share: one request with a deadline, a bounded answer, and words that give nothing away.
//!
//! Knows HTTP, no provider.

use std::error::Error as _;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, redirect};
use serde_json::Value;

use super::super::Answer;

/// For one whole request.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);
/// More of an answer is not read: providers' answers are short.
const LONGEST: usize = 64 * 1024;
/// However long a provider asks to be left alone, we look again after that.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// Of what a provider says, so much is kept.
const LONGEST_WORDS: usize = 200;

/// A client that goes where it is told and nowhere else.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub after: Option<Duration>,
    /// The body; `None` where it is no JSON.
    pub json: Option<Value>,
}

impl Http {
    pub fn new() -> Result<Self, String> {
        // Fails only where one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = Client::builder()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(DEADLINE)
            // Home routers forget connections that rest, and a request on one of those is lost.
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("camwatch/", env!("CARGO_PKG_VERSION")))
            .build();
        built.map(|client| Self { client }).map_err(in_words)
    }

    pub fn post(&self, url: &str) -> RequestBuilder {
        self.client.post(url)
    }

    pub fn request(&self, method: reqwest::Method, url: &str) -> RequestBuilder {
        self.client.request(method, url)
    }
}

/// Sends it and reads what comes back. What goes wrong on the way is no answer: whether it arrived is not known.
pub(super) async fn ask(request: RequestBuilder) -> Result<Reply, Answer> {
    let failed = |error: reqwest::Error| {
        if error.is_builder() {
            return Answer::Never { why: format!("the request cannot be made: {}", in_words(error)) };
        }
        Answer::Later { after: None, why: in_words(error) }
    };
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let after = retry_after(response.headers());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST {
            break;
        }
    }
    let json = if body.len() > LONGEST { None } else { serde_json::from_slice(&body).ok() };
    Ok(Reply { status, after, json })
}

impl Reply {
    /// What the status alone comes to, of an answer that says nothing in the provider's own words.
    pub fn by_status(&self) -> Answer {
        let status = self.status;
        match status {
            429 => Answer::Later { after: self.after, why: "too many requests (HTTP 429)".to_owned() },
            408 | 500.. => {
                Answer::Later { after: self.after, why: format!("the provider has a fault (HTTP {status})") }
            }
            401 | 403 => Answer::ChannelRefuses { why: format!("the token is refused (HTTP {status})") },
            200..=299 => Answer::Later { after: None, why: format!("an answer that cannot be read (HTTP {status})") },
            _ => Answer::ChannelRefuses {
                why: format!("HTTP {status} without a word of the provider's API; is api_base right?"),
            },
        }
    }
}

/// Seconds or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let pause = if let Ok(seconds) = text.parse::<u64>() {
        Duration::from_secs(seconds)
    } else {
        let then = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(then.duration_since(Timestamp::now())).unwrap_or_default()
    };
    Some(pause.min(LONGEST_PAUSE))
}

/// A pause of so many seconds, as some providers put it in the body.
pub(super) fn pause(seconds: u64) -> Duration {
    Duration::from_secs(seconds).min(LONGEST_PAUSE)
}

/// The error and what lies beneath it, without the URL, in which tokens stand.
pub(super) fn in_words(error: reqwest::Error) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(beneath) = cause {
        let _ = write!(words, ": {beneath}");
        cause = beneath.source();
    }
    words
}

/// What a provider says, fit to be shown: short, one line, without the secrets and addresses that it may repeat.
pub(super) fn said(text: &str, secrets: &[&str], address: &str) -> String {
    let mut text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "***");
    }
    if address.chars().count() > 2 {
        text = text.replace(address, &masked(address));
    }
    if text.chars().count() > LONGEST_WORDS {
        text = text.chars().take(LONGEST_WORDS).chain(['…']).collect();
    }
    text.trim().to_owned()
}

/// An address that can be shown: enough to tell two apart, not enough to call.
#[must_use]
pub fn masked(address: &str) -> String {
    if let Some((name, host)) = address.split_once('@') {
        return format!("{}…@{host}", name.chars().next().map_or_else(String::new, String::from));
    }
    let length = address.chars().count();
    let shown: String = address.chars().skip(length - length.min(length / 4).min(3)).collect();
    format!("…{shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_repeats_of_secrets_and_addresses_is_not_passed_on() {
        let told = said("bot123:abc cannot\nwrite to 84900000001", &["123:abc"], "84900000001");
        assert_eq!(told, "bot*** cannot write to …01");
        assert_eq!(masked("truc.ban@xa.example.vn"), "t…@xa.example.vn");
        assert_eq!(masked("84900000001"), "…01");
        assert_eq!(masked("7"), "…");
        assert!(said(&"x".repeat(5000), &[], "").chars().count() <= LONGEST_WORDS + 1);
    }

    #[test]
    fn a_pause_is_read_as_seconds_or_as_a_date_and_is_never_longer_than_an_hour() {
        let pause = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().expect("a header"));
            retry_after(&headers)
        };
        assert_eq!(pause("34"), Some(Duration::from_secs(34)));
        assert_eq!(pause("999999999"), Some(LONGEST_PAUSE));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(pause("soon"), None);
    }
}
