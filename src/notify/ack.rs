//! Links that acknowledge: `/ack/TOKEN`, signed, for one incident and one officer, valid for a day.
//!
//! A token is its own authority, so it says everything: which incident, which officer, until when, and a truncated
//! HMAC-SHA256 (RFC 2104; 128 bits) over that under a key that never leaves the record. It is good for this one purpose:
//! the signature covers its name. Pure: the time is an argument. Knows nothing of the web, and of whether the incident is
//! still open.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use url::Url;

use crate::inventory::OfficerId;
use crate::secret;

/// From the moment at which the message was decided.
const VALID: SignedDuration = SignedDuration::from_hours(24);
/// What is signed begins with this, so that no other signature under the same key is a link.
const PURPOSE: &[u8] = b"camwatch acknowledgement 1\0";
const SIGNATURE_BYTES: usize = 16;
/// Incidents' ids are far shorter; what is longer is nobody's token.
const MOST_TOKEN_BYTES: usize = 1024;

/// Makes and reads tokens.
pub struct Links {
    key: hmac::Key,
}

/// What a good token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub incident: String,
    pub officer: OfficerId,
    /// Whole seconds.
    pub expires_at: Timestamp,
}

/// Why a token is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLink {
    #[error("this link was not made by this camwatch, or a character of it was lost")]
    Forged,
    /// It was good once; what it says is told so that the page can speak the officer's language.
    #[error("this link expired at {at}", at = .0.expires_at)]
    Expired(Claim),
}

impl Links {
    /// The key is the record's: 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// The token for an officer who was told of an incident at a moment. The same each time.
    #[must_use]
    pub fn token(&self, incident: &str, officer: &OfficerId, told_at: Timestamp) -> String {
        let expires = told_at.checked_add(VALID).unwrap_or(Timestamp::MAX).as_second();
        let mut said = Vec::with_capacity(128);
        said.extend_from_slice(&expires.to_be_bytes());
        // Neither can hold a zero byte: an officer's id is ASCII letters and signs.
        said.extend_from_slice(officer.as_str().as_bytes());
        said.push(0);
        said.extend_from_slice(incident.as_bytes());
        let signature = self.sign(&said);
        said.extend_from_slice(&signature);
        URL_SAFE_NO_PAD.encode(said)
    }

    /// The link itself, under the address at which phones reach the daemon.
    #[must_use]
    pub fn url(&self, public: &Url, incident: &str, officer: &OfficerId, told_at: Timestamp) -> String {
        format!("{}/ack/{}", public.as_str().trim_end_matches('/'), self.token(incident, officer, told_at))
    }

    /// What a token says.
    ///
    /// # Errors
    /// Where it is not ours, or too old.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Claim, BadLink> {
        if token.len() > MOST_TOKEN_BYTES {
            return Err(BadLink::Forged);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| BadLink::Forged)?;
        let end = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or(BadLink::Forged)?;
        let (said, signature) = bytes.split_at(end);
        if !secret::equal(&self.sign(said), signature) {
            return Err(BadLink::Forged);
        }
        let claim = claim(said).ok_or(BadLink::Forged)?;
        if now >= claim.expires_at { Err(BadLink::Expired(claim)) } else { Ok(claim) }
    }

    fn sign(&self, said: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(PURPOSE);
        context.update(said);
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&context.sign().as_ref()[..SIGNATURE_BYTES]);
        signature
    }
}

fn claim(said: &[u8]) -> Option<Claim> {
    let (expires, rest) = said.split_first_chunk::<8>()?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    let officer = std::str::from_utf8(&rest[..end]).ok()?;
    Some(Claim {
        incident: std::str::from_utf8(&rest[end + 1..]).ok()?.to_owned(),
        officer: OfficerId::new(officer).ok()?,
        expires_at: Timestamp::from_second(i64::from_be_bytes(*expires)).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn officer(id: &str) -> OfficerId {
        OfficerId::new(id).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    const INCIDENT: &str = "20261122T021400Z-site-yen-lenh";
    const DAY: i64 = 24 * 3600;

    #[test]
    fn a_token_says_who_and_what_for_a_day_and_then_that_it_is_over() {
        let links = Links::new(&[7; 32]);
        let token = links.token(INCIDENT, &officer("truc-ban-1"), at(0));
        let claim = Claim { incident: INCIDENT.to_owned(), officer: officer("truc-ban-1"), expires_at: at(DAY) };
        assert_eq!(links.read(&token, at(0)), Ok(claim.clone()));
        assert_eq!(links.read(&token, at(DAY - 1)), Ok(claim.clone()));
        assert_eq!(links.read(&token, at(DAY)), Err(BadLink::Expired(claim)));
        assert_eq!(
            token,
            links.token(INCIDENT, &officer("truc-ban-1"), at(0)),
            "a message sent again has the same link"
        );
    }

    #[test]
    fn a_link_needs_no_escaping_and_stands_under_the_public_address() {
        let links = Links::new(&[7; 32]);
        for public in ["https://camwatch.example", "https://camwatch.example/"] {
            let url = links.url(&public.parse().unwrap(), INCIDENT, &officer("a"), at(0));
            let token = url.strip_prefix("https://camwatch.example/ack/").unwrap();
            assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{token}");
            assert!(url.len() < 160, "{url}");
        }
        let url = links.url(&"https://x.example/cam/".parse().unwrap(), INCIDENT, &officer("a"), at(0));
        assert!(url.starts_with("https://x.example/cam/ack/"), "{url}");
    }

    #[test]
    fn another_machines_token_is_forged() {
        let token = Links::new(&[1; 32]).token(INCIDENT, &officer("a"), at(0));
        assert_eq!(Links::new(&[2; 32]).read(&token, at(0)), Err(BadLink::Forged));
    }

    #[test]
    fn what_is_no_token_is_forged() {
        let links = Links::new(&[7; 32]);
        let long = "A".repeat(100_000);
        for token in ["", "A", "AAAA", "../../etc", "%00", "ệ", &long] {
            assert_eq!(links.read(token, at(0)), Err(BadLink::Forged), "{token:.20}");
        }
    }

    proptest! {
        #[test]
        fn no_bit_of_a_token_can_be_changed(byte in 0usize..200, bit in 0u8..8) {
            let links = Links::new(&[7; 32]);
            let token = links.token(INCIDENT, &officer("truc-ban-1"), at(0));
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
            let place = byte % bytes.len();
            bytes[place] ^= 1 << bit;
            prop_assert_eq!(links.read(&URL_SAFE_NO_PAD.encode(bytes), at(0)), Err(BadLink::Forged));
        }

        #[test]
        fn any_incident_and_officer_come_back_as_they_were(incident in "[^\0]{1,80}", id in "[a-z0-9][a-z0-9._-]{0,40}") {
            let links = Links::new(&[7; 32]);
            let token = links.token(&incident, &officer(&id), at(0));
            let claim = links.read(&token, at(5)).unwrap();
            prop_assert_eq!((claim.incident, claim.officer), (incident, officer(&id)));
        }
    }
}
