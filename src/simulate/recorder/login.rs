//! How a recorder asks for an HTTP login and whether one is right: Digest (RFC 7616, RFC 2069) and Basic (RFC 7617).
//!
//! Counts nothing and locks nothing: it only tells.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use sha2::{Digest as _, Sha256};

use super::options::{Login, Offer};
use crate::simulate::auth::parameter;

/// So many nonces that nobody has used are remembered.
const NONCES: usize = 256;

/// What a login comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    /// The password is right and the nonce is not, or no more: not held against the account.
    Stale,
    Wrong,
}

/// How long a nonce is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Until the device restarts: Hikvision.
    Restart,
    /// For one request: Dahua.
    Request,
}

/// Whoever makes challenges and remembers their nonces.
pub(super) struct Challenger {
    realm: String,
    life: Life,
    /// Hikvision's challenges carry more, and differently quoted, than they need.
    hikvision: bool,
    nonces: Mutex<VecDeque<String>>,
}

impl Challenger {
    pub(super) fn new(realm: String, life: Life, hikvision: bool) -> Self {
        Self { realm, life, hikvision, nonces: Mutex::default() }
    }

    /// Forgets all nonces, as after a restart.
    pub(super) fn forget(&self) {
        self.nonces().clear();
    }

    fn nonces(&self) -> std::sync::MutexGuard<'_, VecDeque<String>> {
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn nonce(&self) -> String {
        let mut nonces = self.nonces();
        if self.life == Life::Restart
            && let Some(nonce) = nonces.front()
        {
            return nonce.clone();
        }
        let fresh = format!("{:032x}", fastrand::u128(..));
        let nonce = if self.hikvision { format!("{fresh}:{}", fastrand::u64(1..1 << 44)) } else { fresh };
        if nonces.len() == NONCES {
            nonces.pop_front();
        }
        nonces.push_back(nonce.clone());
        nonce
    }

    /// The values of the `WWW-Authenticate` headers.
    pub(super) fn challenges(&self, offer: Offer, stale: bool) -> Vec<String> {
        let realm = &self.realm;
        let basic = || format!("Basic realm=\"{realm}\"");
        let digest = |algorithm: &str, qop: &str| {
            let nonce = self.nonce();
            if self.hikvision {
                let qop = if qop.is_empty() { String::new() } else { format!(" qop=\"{qop}\",") };
                let stale = if stale { "TRUE" } else { "FALSE" };
                return format!(
                    "Digest realm=\"{realm}\", domain=\"::\",{qop} nonce=\"{nonce}\", opaque=\"\", \
                     algorithm=\"{algorithm}\", stale=\"{stale}\""
                );
            }
            let qop = if qop.is_empty() { String::new() } else { format!(" qop=\"{qop}\",") };
            let algorithm = if algorithm == "MD5" { String::new() } else { format!(", algorithm={algorithm}") };
            let stale = if stale { ", stale=true" } else { "" };
            format!("Digest realm=\"{realm}\",{qop} nonce=\"{nonce}\", opaque=\"{OPAQUE}\"{algorithm}{stale}")
        };
        match offer {
            Offer::DigestMd5 => vec![digest("MD5", "auth")],
            Offer::DigestSha256 => vec![digest("SHA-256", "auth")],
            Offer::DigestBoth => vec![digest("SHA-256", "auth"), digest("MD5", "auth")],
            Offer::DigestWithoutQop => vec![digest("MD5", "")],
            Offer::DigestAuthInt => vec![digest("MD5", "auth,auth-int")],
            Offer::Basic => vec![basic()],
            Offer::BasicThenDigest => vec![basic(), digest("MD5", "auth")],
            Offer::OneHeader => vec![format!("{}, {}", basic(), digest("MD5", "auth"))],
        }
    }

    /// What the value of an `Authorization` header proves for this request.
    pub(super) fn judge(&self, login: &Login, authorization: &str, method: &str, target: &str) -> Verdict {
        let Some((scheme, rest)) = authorization.trim().split_once(' ') else { return Verdict::Wrong };
        if scheme.eq_ignore_ascii_case("Basic") {
            let offered = matches!(login.offer, Offer::Basic | Offer::BasicThenDigest | Offer::OneHeader);
            let expected = format!("{}:{}", login.username, login.password);
            let right = offered && BASE64.decode(rest.trim()).is_ok_and(|given| given == expected.as_bytes());
            return if right { Verdict::Right } else { Verdict::Wrong };
        }
        if !scheme.eq_ignore_ascii_case("Digest") {
            return Verdict::Wrong;
        }
        let field = |name: &str| parameter(rest, name).unwrap_or_default();
        let (md5, sha256) = match login.offer {
            Offer::Basic => (false, false),
            Offer::DigestSha256 => (false, true),
            Offer::DigestBoth => (true, true),
            _ => (true, false),
        };
        let hash = match field("algorithm").to_ascii_uppercase().as_str() {
            "" | "MD5" if md5 => |text: &str| hex::encode(Md5::digest(text)),
            "SHA-256" if sha256 => |text: &str| hex::encode(Sha256::digest(text)),
            _ => return Verdict::Wrong,
        };
        if field("username") != login.username || field("realm") != self.realm || field("uri") != target {
            return Verdict::Wrong;
        }
        let nonce = field("nonce");
        let secret = hash(&format!("{}:{}:{}", login.username, self.realm, login.password));
        let request = hash(&format!("{method}:{target}"));
        let expected = match (parameter(rest, "qop"), login.offer) {
            (None, Offer::DigestWithoutQop) => hash(&format!("{secret}:{nonce}:{request}")),
            (Some(qop), offer) if offer != Offer::DigestWithoutQop && qop == "auth" => {
                hash(&format!("{secret}:{nonce}:{}:{}:auth:{request}", field("nc"), field("cnonce")))
            }
            _ => return Verdict::Wrong,
        };
        if !field("response").eq_ignore_ascii_case(&expected) {
            return Verdict::Wrong;
        }
        let mut nonces = self.nonces();
        match nonces.iter().position(|one| *one == nonce) {
            Some(at) if self.life == Life::Request => {
                nonces.remove(at);
                Verdict::Right
            }
            Some(_) => Verdict::Right,
            None => Verdict::Stale,
        }
    }
}

const OPAQUE: &str = "6e5d4c3b2a190807f6e5d4c3b2a19080";

#[cfg(test)]
mod tests {
    use http_auth::{PasswordClient, PasswordParams};

    use super::{Challenger, Life, Login, Offer, Verdict};

    /// A login as a client that we did not write makes it.
    fn client(challenges: &[String]) -> PasswordClient {
        let builder = challenges.iter().fold(PasswordClient::builder(), |builder, one| builder.challenges(one));
        builder.build().unwrap()
    }

    fn answer(client: &mut PasswordClient, password: &str) -> String {
        let params = PasswordParams { username: "monitor", password, uri: "/x?y=1", method: "GET", body: Some(&[]) };
        client.respond(&params).unwrap()
    }

    #[test]
    fn an_independent_client_passes_with_the_right_password_only_whatever_is_offered() {
        use Offer::*;
        for hikvision in [true, false] {
            for offer in [DigestMd5, DigestSha256, DigestBoth, DigestWithoutQop, Basic, BasicThenDigest, OneHeader] {
                let challenger = Challenger::new("Login to 4F0A12".into(), Life::Restart, hikvision);
                let login = Login::new("monitor", "secret").offer(offer);
                let mut client = client(&challenger.challenges(offer, false));
                let judge = |authorization: &str| challenger.judge(&login, authorization, "GET", "/x?y=1");
                assert_eq!(judge(&answer(&mut client, "secret")), Verdict::Right, "{offer:?}");
                assert_eq!(judge(&answer(&mut client, "secret")), Verdict::Right, "{offer:?}");
                assert_eq!(judge(&answer(&mut client, "wrong")), Verdict::Wrong, "{offer:?}");
                let right = answer(&mut client, "secret");
                let elsewhere = challenger.judge(&login, &right, "GET", "/other");
                let basic = right.starts_with("Basic");
                assert_eq!(elsewhere, if basic { Verdict::Right } else { Verdict::Wrong }, "{offer:?}");
                challenger.forget();
                assert_eq!(judge(&right), if basic { Verdict::Right } else { Verdict::Stale }, "{offer:?}");
            }
        }
    }

    #[test]
    fn a_nonce_for_one_request_is_stale_in_the_second() {
        let challenger = Challenger::new("Login to 4F0A12".into(), Life::Request, false);
        let login = Login::new("monitor", "secret");
        let mut client = client(&challenger.challenges(login.offer, false));
        for expected in [Verdict::Right, Verdict::Stale, Verdict::Stale] {
            let authorization = answer(&mut client, "secret");
            assert_eq!(challenger.judge(&login, &authorization, "GET", "/x?y=1"), expected);
        }
        assert!(challenger.challenges(login.offer, true)[0].ends_with(", stale=true"));
    }
}
