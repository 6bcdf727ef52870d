//! How a simulated camera asks for a login: Basic (RFC 7617) and Digest (RFC 2617, RFC 7616) with MD5 or SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use sha2::{Digest as _, Sha256};

/// What a camera offers in its `WWW-Authenticate` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    Basic,
    /// What cameras have.
    #[default]
    DigestMd5,
    DigestSha256,
    /// Basic first, then Digest with SHA-256: a client must not take the worse one.
    BasicAndDigestSha256,
}

/// The account that a simulated camera knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Auth {
    pub username: String,
    pub password: String,
    pub scheme: Scheme,
    /// After so many refused logins in a row the account is locked and answers 403, until [`crate::simulate::SimCamera::unlock`].
    pub lock_after: Option<u32>,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Auth").field("username", &self.username).field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

impl Auth {
    /// Digest with MD5, never locked.
    #[must_use]
    pub fn new(username: &str, password: &str) -> Self {
        Self { username: username.into(), password: password.into(), scheme: Scheme::default(), lock_after: None }
    }

    /// The values of the `WWW-Authenticate` headers.
    pub(crate) fn challenges(&self, nonce: &str, stale: bool) -> Vec<String> {
        let basic = || format!("Basic realm=\"{REALM}\"");
        let digest = |algorithm: &str| {
            let stale = if stale { ", stale=true" } else { "" };
            format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\"{algorithm}{stale}")
        };
        match self.scheme {
            Scheme::Basic => vec![basic()],
            // Without `algorithm`, which means MD5: as cameras have it.
            Scheme::DigestMd5 => vec![digest("")],
            Scheme::DigestSha256 => vec![digest(", algorithm=SHA-256")],
            Scheme::BasicAndDigestSha256 => vec![basic(), digest(", algorithm=SHA-256, qop=\"auth\"")],
        }
    }

    /// Whether an `Authorization` header proves the password for this request.
    pub(crate) fn accepts(&self, authorization: &str, method: &str, uri: &str, nonce: &str) -> bool {
        let Some((scheme, rest)) = authorization.trim().split_once(' ') else { return false };
        if scheme.eq_ignore_ascii_case("Basic") {
            let offered = matches!(self.scheme, Scheme::Basic | Scheme::BasicAndDigestSha256);
            let right = format!("{}:{}", self.username, self.password);
            return offered && BASE64.decode(rest.trim()).is_ok_and(|given| given == right.as_bytes());
        }
        if !scheme.eq_ignore_ascii_case("Digest") || self.scheme == Scheme::Basic {
            return false;
        }
        let field = |name: &str| parameter(rest, name).unwrap_or_default();
        if field("username") != self.username || field("realm") != REALM || field("nonce") != nonce {
            return false;
        }
        // The uri of a digest is the request's, whole, or without scheme and host as some clients have it.
        if field("uri") != uri && !uri.ends_with(&field("uri")) {
            return false;
        }
        let hash = match self.scheme {
            Scheme::DigestMd5 => |text: &str| hex::encode(Md5::digest(text)),
            _ => |text: &str| hex::encode(Sha256::digest(text)),
        };
        let secret = hash(&format!("{}:{REALM}:{}", self.username, self.password));
        let request = hash(&format!("{method}:{}", field("uri")));
        let expected = match parameter(rest, "qop") {
            Some(qop) => hash(&format!("{secret}:{nonce}:{}:{}:{qop}:{request}", field("nc"), field("cnonce"))),
            None => hash(&format!("{secret}:{nonce}:{request}")),
        };
        field("response").eq_ignore_ascii_case(&expected)
    }
}

const REALM: &str = "Simulated camera";

/// One parameter of a comma-separated list, unquoted.
pub(super) fn parameter(list: &str, name: &str) -> Option<String> {
    let mut rest = list;
    loop {
        let (key, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, tail) = if let Some(quoted) = after.strip_prefix('"') {
            let mut value = String::new();
            let mut chars = quoted.char_indices();
            let end = loop {
                match chars.next()? {
                    (at, '"') => break at + 1,
                    (_, '\\') => value.push(chars.next()?.1),
                    (_, other) => value.push(other),
                }
            };
            (value, &quoted[end..])
        } else {
            let end = after.find(',').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
        };
        if key.trim().trim_start_matches(',').trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::{Auth, Scheme, parameter};

    #[test]
    fn parameters_are_read_with_and_without_quotes() {
        let list = r#"username="a \"b\", c", realm="x", nc=00000001, uri="rtsp://h/p?x=1,y=2""#;
        assert_eq!(parameter(list, "username").as_deref(), Some("a \"b\", c"));
        assert_eq!(parameter(list, "nc").as_deref(), Some("00000001"));
        assert_eq!(parameter(list, "uri").as_deref(), Some("rtsp://h/p?x=1,y=2"));
        assert_eq!(parameter(list, "cnonce"), None);
    }

    #[test]
    fn a_camera_that_offers_no_basic_takes_none() {
        let basic = "Basic bW9uaXRvcjpzZWNyZXQ=";
        let mut auth = Auth::new("monitor", "secret");
        assert!(!auth.accepts(basic, "DESCRIBE", "rtsp://h/p", "n"));
        auth.scheme = Scheme::Basic;
        assert!(auth.accepts(basic, "DESCRIBE", "rtsp://h/p", "n"));
        assert!(!auth.accepts("Basic bW9uaXRvcjp3cm9uZw==", "DESCRIBE", "rtsp://h/p", "n"));
    }
}
