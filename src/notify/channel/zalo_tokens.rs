//! The tokens of a Zalo Official Account: a chain in which each refresh token works once and gives the next.
//!
//! A pair is on disk before it is used for the first time, and the pair before it is kept. One refresh at a time, in this
//! process and beside others (a test message sent by hand): whoever holds the lock file. A chain that is broken all the
//! same, by a crash between Zalo's answer and our disk, needs the owner's consent again, and says so.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;

use super::super::Answer;
use super::http::{Http, ask, said};
use super::zalo_oa::code_of;
use crate::inventory::{self, ChannelId};
use crate::secret::Secret;

const OAUTH: &str = "https://oauth.zaloapp.com";
/// What the documentation gives as an access token's life; its answer says it too, and counts.
const USUAL_LIFE: u64 = 90_000;
/// Of its life, after which an access token is renewed.
const RENEWED_AT: f64 = 0.6;
/// How long another process is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// The file: the pair in use.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Chain {
    /// SHA-256 of the configured token that the chain began with: another one begins another chain.
    seed: String,
    access_token: String,
    refresh_token: String,
    renew_at: Timestamp,
    expires_at: Timestamp,
    /// The refresh token before, which is used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
}

pub(super) struct Tokens {
    app_id: String,
    secret: Secret,
    /// What was configured.
    first: Secret,
    seed: String,
    oauth: String,
    http: Http,
    file: PathBuf,
    /// A pair that the disk did not take: Zalo knows no other any more.
    unsaved: Mutex<Option<Chain>>,
}

impl Tokens {
    /// # Errors
    /// What is wrong with the configured token, in words.
    pub fn new(id: &ChannelId, settings: &inventory::ZaloOa, http: Http, data_dir: &Path) -> Result<Self, String> {
        let oauth = settings.oauth_base.as_ref().map_or(OAUTH, |url| url.as_str()).trim_end_matches('/').to_owned();
        let seed = hex::encode(Sha256::digest(settings.token.expose()));
        if refresh_token(&settings.token).is_none() {
            return Err(
                "the token holds no refresh_token; expected that token alone, or the JSON that consent gave".to_owned()
            );
        }
        Ok(Self {
            app_id: settings.app_id.clone(),
            secret: settings.secret.clone(),
            first: settings.token.clone(),
            seed,
            oauth,
            http,
            file: data_dir.join(format!("zalo-oa-{id}.json")),
            unsaved: Mutex::default(),
        })
    }

    /// An access token that works; another than `refused`, where Zalo has refused that one.
    pub async fn access(&self, refused: Option<&str>) -> Result<String, Answer> {
        let mut unsaved = self.unsaved.lock().await;
        if let Some(chain) = unsaved.as_ref() {
            self.write(chain)?;
            *unsaved = None;
        }
        let now = Timestamp::now();
        let fresh = |chain: &Chain| chain.renew_at > now && refused != Some(&chain.access_token);
        if let Some(chain) = self.read()?.filter(fresh) {
            return Ok(chain.access_token);
        }
        let _held = self.lock().await?;
        // Another process may have renewed it while this one waited.
        let known = self.read()?;
        if let Some(chain) = known.clone().filter(fresh) {
            return Ok(chain.access_token);
        }
        match self.refresh(known.as_ref(), now).await {
            Ok(chain) => {
                if let Err(answer) = self.write(&chain) {
                    *unsaved = Some(chain);
                    return Err(answer);
                }
                Ok(chain.access_token)
            }
            // The old one is good for a while yet.
            Err(answer) => match known {
                Some(chain) if chain.expires_at > now && refused != Some(&chain.access_token) => Ok(chain.access_token),
                _ => Err(answer),
            },
        }
    }

    async fn refresh(&self, known: Option<&Chain>, now: Timestamp) -> Result<Chain, Answer> {
        let used = known.map(|chain| chain.refresh_token.clone()).or_else(|| refresh_token(&self.first));
        let used = used.ok_or_else(|| self.broken("there is no refresh token"))?;
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("refresh_token", &used)
            .append_pair("app_id", &self.app_id)
            .append_pair("grant_type", "refresh_token")
            .finish();
        let request = self
            .http
            .post(&format!("{}/v4/oa/access_token", self.oauth))
            .header("secret_key", self.secret.expose())
            .header("content-type", "application/x-www-form-urlencoded");
        let reply = ask(request.body(body)).await?;
        let Some(json) = reply.json.as_ref().filter(|json| reply.status < 500 && json.is_object()) else {
            return Err(reply.by_status());
        };
        if let (Some(access), Some(refresh)) = (json["access_token"].as_str(), json["refresh_token"].as_str()) {
            // It is a text, and a number in some answers.
            let life = code_of(&json["expires_in"]).and_then(|life| u64::try_from(life).ok()).unwrap_or(USUAL_LIFE);
            let life = Duration::from_secs(life.clamp(60, 400 * 86_400));
            let after = |length: Duration| now.checked_add(length).unwrap_or(Timestamp::MAX);
            return Ok(Chain {
                seed: self.seed.clone(),
                access_token: access.to_owned(),
                refresh_token: refresh.to_owned(),
                renew_at: after(life.mul_f64(RENEWED_AT)),
                expires_at: after(life),
                previous: Some(used),
            });
        }
        let code = code_of(&json["error"]).unwrap_or_default();
        let words = json["error_name"].as_str().or(json["error_description"].as_str()).or(json["message"].as_str());
        let words = said(words.unwrap_or("no tokens in the answer"), &[&used, self.secret.expose()], "");
        if code == -32 || reply.status == 429 {
            return Err(Answer::Later { after: reply.after, why: format!("Zalo says {code}: {words}") });
        }
        Err(self.broken(&format!("Zalo says {code}: {words}")))
    }

    /// Nothing but the owner's consent helps.
    fn broken(&self, why: &str) -> Answer {
        Answer::ChannelRefuses {
            why: format!(
                "the Official Account's tokens are refused ({why}): give consent again at {}/v4/oa/permission?app_id={} and \
                 put the new refresh token where token_file points",
                self.oauth, self.app_id
            ),
        }
    }

    fn cannot(&self, what: &str, error: &std::io::Error) -> Answer {
        Answer::Later { after: None, why: format!("cannot {what} {}: {error}", self.file.display()) }
    }

    /// The chain on disk, if it began with the configured token.
    fn read(&self) -> Result<Option<Chain>, Answer> {
        match std::fs::read(&self.file) {
            Ok(bytes) => Ok(serde_json::from_slice::<Chain>(&bytes).ok().filter(|chain| chain.seed == self.seed)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.cannot("read", &error)),
        }
    }

    /// Whole or not at all, and on the disk itself when this returns.
    fn write(&self, chain: &Chain) -> Result<(), Answer> {
        let write = || {
            let directory = self.file.parent().unwrap_or(Path::new("."));
            let next = self.file.with_extension("json.new");
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&next)?;
            file.write_all(serde_json::to_string_pretty(chain)?.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&next, &self.file)?;
            File::open(directory)?.sync_all()
        };
        write().map_err(|error| self.cannot("write", &error))
    }

    async fn lock(&self) -> Result<File, Answer> {
        let path = self.file.with_extension("lock");
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = open.map_err(|error| self.cannot("lock", &error))?;
        let begun = tokio::time::Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::WouldBlock) if begun.elapsed() < LOCK_PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    let why = "another process renews the tokens of this Official Account".to_owned();
                    return Err(Answer::Later { after: None, why });
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(self.cannot("lock", &error)),
            }
        }
    }
}

/// The refresh token in what was configured: alone, or in the token endpoint's answer.
fn refresh_token(configured: &Secret) -> Option<String> {
    let text = configured.expose().trim();
    if text.starts_with('{') {
        let json: Value = serde_json::from_str(text).ok()?;
        return Some(json["refresh_token"].as_str()?.to_owned());
    }
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}
