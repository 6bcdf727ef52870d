//! What a form of ours carries, so that a form of somebody else's is worth nothing.
//!
//! A token is a truncated HMAC-SHA256 (RFC 2104; 128 bits) over who it was made for and the day, under a key that is made at
//! the start and never leaves the process: a page of another site can neither read nor guess one. Knows no route.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use ring::rand::SystemRandom;

use super::visitor::Visitor;
use crate::secret;

/// What is signed begins with this.
const PURPOSE: &[u8] = b"camwatch form 1\0";
const TOKEN_BYTES: usize = 16;
const SECONDS_A_DAY: i64 = 86_400;

/// Makes tokens and knows its own again.
pub struct Csrf {
    key: hmac::Key,
}

impl Csrf {
    /// With a key that nobody else has.
    #[must_use]
    pub fn new() -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Self { key: key.expect("the system has randomness, or TLS would not have come up either") }
    }

    /// The value of the hidden field `csrf` of a form that is shown to this visitor now: 22 characters that need no
    /// escaping. Good today and tomorrow (UTC), and until the daemon stops.
    #[must_use]
    pub fn token(&self, visitor: &Visitor) -> String {
        self.token_of(visitor, today(Timestamp::now()))
    }

    /// Whether a token was made for this visitor, today or yesterday.
    #[must_use]
    pub fn is_good(&self, visitor: &Visitor, token: &str) -> bool {
        self.is_good_at(visitor, token, Timestamp::now())
    }

    fn is_good_at(&self, visitor: &Visitor, token: &str, now: Timestamp) -> bool {
        let today = today(now);
        // Both are computed whatever the first comes to.
        let [same_day, next_day] =
            [today, today - 1].map(|day| secret::equal(self.token_of(visitor, day).as_bytes(), token.as_bytes()));
        same_day | next_day
    }

    fn token_of(&self, visitor: &Visitor, day: i64) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(PURPOSE);
        context.update(&day.to_be_bytes());
        // Somebody without a name is another than somebody with an empty one.
        context.update(&[u8::from(visitor.name.is_some())]);
        context.update(visitor.name.as_deref().unwrap_or_default().as_bytes());
        URL_SAFE_NO_PAD.encode(&context.sign().as_ref()[..TOKEN_BYTES])
    }
}

fn today(now: Timestamp) -> i64 {
    now.as_second().div_euclid(SECONDS_A_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::visitor::Role;

    fn visitor(name: Option<&str>) -> Visitor {
        Visitor { name: name.map(str::to_owned), role: Role::Operator }
    }

    #[test]
    fn a_token_is_good_for_whom_it_was_made_that_day_and_the_next() {
        let csrf = Csrf::new();
        let noon: Timestamp = "2026-11-01T12:00:00Z".parse().unwrap();
        let at = |hours: i64| noon + jiff::SignedDuration::from_hours(hours);
        let lan = visitor(Some("lan"));
        let token = csrf.token_of(&lan, today(noon));
        assert!(csrf.is_good_at(&lan, &token, noon) && csrf.is_good_at(&lan, &token, at(24)));
        assert!(!csrf.is_good_at(&lan, &token, at(48)) && !csrf.is_good_at(&lan, &token, at(-24)));
        for other in [visitor(Some("minh")), visitor(Some("")), visitor(None)] {
            assert!(!csrf.is_good_at(&other, &token, noon), "{other:?}");
        }
        assert_ne!(csrf.token(&visitor(Some(""))), csrf.token(&visitor(None)));
    }

    #[test]
    fn what_another_process_made_and_what_is_no_token_are_refused() {
        let csrf = Csrf::new();
        let nobody = visitor(None);
        let token = csrf.token(&nobody);
        assert!(csrf.is_good(&nobody, &token));
        assert!(!csrf.is_good(&nobody, &Csrf::new().token(&nobody)));
        for bad in ["", &token[1..], &format!("{token}x"), &token.to_uppercase().to_lowercase(), "\u{0}"] {
            assert!(!csrf.is_good(&nobody, bad), "{bad:?}");
        }
    }
}
