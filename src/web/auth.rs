//! Basic authentication (RFC 7617) against the bcrypt hashes of `[web] basic_auth_users`.
//!
//! bcrypt is slow on purpose, and a scraper logs in with every scrape: what was verified is remembered, as
//! Prometheus' exporter-toolkit does. Every path is protected, liveness too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::visitor::Visitor;
use super::{Shared, alertmanager, text};
use crate::secret::Secret;

/// A hash of cost 10 that no password is for: an unknown user takes as long as a wrong password.
const NOBODY: &str = "$2b$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

/// Answers that are remembered; beyond it all are forgotten and asked anew.
const MOST_KNOWN: usize = 128;

/// Verifications that run at once: guessing passwords costs the guesser time, not the daemon its cores.
const MOST_VERIFICATIONS: usize = 1;

/// What was verified before. A new hash in the configuration is a new key, so that a reload forgets old passwords.
pub struct Logins {
    known: Mutex<HashMap<[u8; 32], bool>>,
    verifications: Semaphore,
}

impl Default for Logins {
    fn default() -> Self {
        Self { known: Mutex::default(), verifications: Semaphore::new(MOST_VERIFICATIONS) }
    }
}

impl Logins {
    async fn verify(&self, users: &[(String, Secret)], name: &str, password: String) -> bool {
        let found = users.iter().find(|(user, _)| user == name).map(|(_, hash)| hash.expose().to_owned());
        let is_user = found.is_some();
        let hash = found.unwrap_or_else(|| NOBODY.to_owned());
        let key = key(&[name, &hash, &password]);
        if let Some(known) = self.recall(&key) {
            return known;
        }
        let Ok(_permit) = self.verifications.acquire().await else { return false };
        // Whoever waited may find that another has asked the same.
        if let Some(known) = self.recall(&key) {
            return known;
        }
        let matches = tokio::task::spawn_blocking(move || bcrypt::verify(password, &hash)).await;
        let good = is_user && matches!(matches, Ok(Ok(true)));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(key, good);
        good
    }

    fn recall(&self, key: &[u8; 32]) -> Option<bool> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }
}

/// A digest, so that no password is kept in memory.
fn key(parts: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_le_bytes());
        digest.update(part.as_bytes());
    }
    digest.finalize().into()
}

pub async fn require(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let config = Arc::clone(&shared.snapshot().config);
    // Alertmanager has a token of its own, where one is configured, and needs no password then.
    if request.uri().path() == alertmanager::PATH
        && let Some(token) = &config.alert.webhook_token
    {
        let good = alertmanager::shows_token(request.headers(), token);
        return if good { next.run(request).await } else { alertmanager::no_token() };
    }
    let users = &config.web.basic_auth_users;
    if users.is_empty() {
        let peer = request.extensions().get().copied();
        let visitor = Visitor::unknown(&config, peer, request.method(), request.headers());
        request.extensions_mut().insert(visitor);
        return next.run(request).await;
    }
    if let Some((name, password)) = login(request.headers())
        && shared.logins.verify(users, &name, password).await
    {
        request.extensions_mut().insert(Visitor::signed_in(name, &config.web));
        return next.run(request).await;
    }
    let mut response =
        text(StatusCode::UNAUTHORIZED, "Unauthorized: this camwatch asks for a user name and password.\n");
    let challenge = HeaderValue::from_static("Basic realm=\"camwatch\", charset=\"UTF-8\"");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    response
}

fn login(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(token.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_user_is_good_the_first_time_and_the_second() {
        let hash = Secret::new(&bcrypt::hash("right", 4).unwrap());
        let users = [("prometheus".to_owned(), hash)];
        let logins = Logins::default();
        for _ in 0..2 {
            assert!(logins.verify(&users, "prometheus", "right".to_owned()).await);
            assert!(!logins.verify(&users, "prometheus", "wrong".to_owned()).await);
            assert!(!logins.verify(&users, "nobody", "right".to_owned()).await);
        }
        let changed = [("prometheus".to_owned(), Secret::new(&bcrypt::hash("new", 4).unwrap()))];
        assert!(!logins.verify(&changed, "prometheus", "right".to_owned()).await, "a reload forgets the old password");
    }

    #[test]
    fn an_unknown_user_costs_as_much_as_a_wrong_password() {
        assert_eq!(NOBODY.parse::<bcrypt::HashParts>().unwrap().get_cost(), 10);
        assert!(!bcrypt::verify("", NOBODY).unwrap());
    }

    #[test]
    fn a_password_may_hold_colons_and_what_is_no_basic_login_is_none() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            login(&headers)
        };
        let token = STANDARD.encode("a:b:c");
        assert_eq!(read(&format!("basic {token}")), Some(("a".to_owned(), "b:c".to_owned())));
        for bad in ["", "Basic", "Basic !!!", "Bearer abc", "Basic YQ=="] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
