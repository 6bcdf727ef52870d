//! From a device's challenges to an answer: HTTP Digest (RFC 7616, RFC 2617, RFC 2069), and Basic (RFC 7617) where
//! nothing else is offered and it is allowed.

use http_auth::{PasswordClient, PasswordParams};

use crate::device::exchange::Trouble;
use crate::inventory::Credential;

/// Answers one challenge, as often as the device takes its nonce.
#[derive(Debug)]
pub(super) struct Responder {
    client: PasswordClient,
    answers: u32,
}

impl Responder {
    /// Chooses among all challenges of an answer: the first Digest that is understood, before any Basic.
    ///
    /// # Errors
    /// Where there is none that may be answered.
    pub(super) fn choose(challenges: &[String], allow_basic: bool) -> Result<Self, Trouble> {
        let builder = challenges.iter().fold(PasswordClient::builder(), |builder, field| builder.challenges(field));
        match builder.build() {
            Ok(PasswordClient::Basic(_)) if !allow_basic => Err(Trouble::Unauthorized(
                "the device offers Basic authentication alone, which shows the password to whoever listens; \
                 allow_basic = true allows it for this recorder"
                    .to_owned(),
            )),
            Ok(client) => Ok(Self { client, answers: 0 }),
            Err(why) => {
                let why: String = why.chars().filter(|c| !c.is_control()).take(80).collect();
                Err(Trouble::Unauthorized(format!("the device asks for a login of no known kind ({why})")))
            }
        }
    }

    /// The field `Authorization` for one request.
    ///
    /// # Errors
    /// Where the challenge cannot be answered after all.
    pub(super) fn respond(&mut self, credential: &Credential, method: &str, path: &str) -> Result<String, Trouble> {
        let params = PasswordParams {
            username: &credential.username,
            password: credential.password.expose(),
            uri: path,
            method,
            // Without it `auth-int`, which few devices get right, is not chosen where `auth` is offered beside it.
            body: None,
        };
        self.answers += 1;
        self.client.respond(&params).map_err(|why| {
            let why: String = why.chars().filter(|c| !c.is_control()).take(80).collect();
            Trouble::Unauthorized(format!("the device's challenge cannot be answered ({why})"))
        })
    }

    /// Whether the challenge says that only the nonce of the login before it was old.
    pub(super) fn is_stale(&self) -> bool {
        matches!(&self.client, PasswordClient::Digest(digest) if digest.stale())
    }

    /// Whether this is the same challenge again, so that the device takes its nonce more than once.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (&self.client, &other.client) {
            (PasswordClient::Digest(one), PasswordClient::Digest(other)) => {
                one.nonce() == other.nonce() && one.realm() == other.realm()
            }
            (PasswordClient::Basic(_), PasswordClient::Basic(_)) => true,
            _ => false,
        }
    }

    /// How many requests were answered with it.
    pub(super) fn answers(&self) -> u32 {
        self.answers
    }
}
