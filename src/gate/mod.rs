//! The gate that keeps accounts from being locked: one for each (device address, account).
//!
//! A refused login is not repeated until the secret changes. Logins of one account on one device go one at a time until
//! one was accepted, so that sixteen channels with a wrong password cost one refused login and not sixteen. Knows
//! nothing of RTSP: whoever logs in anywhere asks it first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use crate::inventory::CredentialId;
use crate::secret::Secret;

/// Logins of one account that may be unanswered at once, once one was accepted: should the secret have been changed on
/// the device meanwhile, so many are refused and not sixteen.
const IN_FLIGHT_ONCE_ACCEPTED: u32 = 2;

/// Logins that end neither accepted nor refused (a stale nonce every time, 403, a connection cut in mid login), in a row
/// and without an accepted one, until they count as refused: five refusals lock an account on common devices.
const SUSPECTS_UNTIL_REFUSED: u32 = 3;

/// A login that was refused, so that it is not tried again until the secret changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// `host:port` and account name: what a device counts by.
    pub key: String,
    pub credential: Option<CredentialId>,
    /// Salted; equal for equal secrets within one record.
    pub fingerprint: String,
    pub at: Timestamp,
}

/// What changed at the gate and belongs into the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateChange {
    Refused(Refusal),
    /// The refusal of this key no longer holds.
    Accepted {
        key: String,
    },
}

/// The key of an account on a device, as in [`Refusal::key`].
#[must_use]
pub fn key(host_port: &crate::inventory::HostPort, username: &str) -> String {
    format!("{} {username}", host_port.to_string().to_ascii_lowercase())
}

/// Shared by every probe of the process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    salt: [u8; 16],
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// By key and fingerprint: cameras behind one address may have different secrets.
    accounts: BTreeMap<(String, String), Account>,
    /// The latest change of each key that nobody fetched yet.
    changes: BTreeMap<String, GateChange>,
}

struct Account {
    login: Login,
    credentials: BTreeSet<CredentialId>,
    in_flight: u32,
    suspects: u32,
    /// Wakes whoever waits for a turn.
    turn: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Login {
    Untested,
    Accepted,
    Refused { at: Timestamp },
}

impl Default for Account {
    fn default() -> Self {
        Self {
            login: Login::Untested,
            credentials: BTreeSet::new(),
            in_flight: 0,
            suspects: 0,
            turn: Arc::new(Notify::new()),
        }
    }
}

/// This secret was refused before; asking again could lock the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the device refused this login before; it is not tried again until the secret changes")]
pub struct AlreadyRefused;

impl Gate {
    /// Begins with the refusals that the record kept; `salt` makes fingerprints of secrets comparable within one record.
    #[must_use]
    pub fn new(refusals: Vec<Refusal>, salt: [u8; 16]) -> Self {
        let mut state = State::default();
        for refusal in refusals {
            let account = Account {
                login: Login::Refused { at: refusal.at },
                credentials: refusal.credential.into_iter().collect(),
                ..Account::default()
            };
            state.accounts.insert((refusal.key, refusal.fingerprint), account);
        }
        Self { inner: Arc::new(Inner { salt, state: Mutex::new(state), changed: Notify::new() }) }
    }

    /// Tells equal secrets of one record apart from others, and as little more as possible: with 32 bits a change of
    /// secret goes unnoticed once in four thousand million times, and nobody can tell a guessed secret from a right one.
    #[must_use]
    pub fn fingerprint(&self, key: &str, secret: &Secret) -> String {
        let mut hash = Sha256::new();
        hash.update(self.inner.salt);
        hash.update(key.as_bytes());
        hash.update([0]);
        hash.update(secret.expose().as_bytes());
        let [a, b, c, d, ..] = hash.finalize().0;
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    /// Waits for leave to send one login. The answer is told to the [`Permit`]; one that is dropped without is a login
    /// of which nothing is known.
    ///
    /// # Errors
    /// Where this secret was refused: nothing may be sent.
    pub async fn permit(
        &self,
        key: &str,
        credential: Option<&CredentialId>,
        secret: &Secret,
    ) -> Result<Permit, AlreadyRefused> {
        let id = (key.to_owned(), self.fingerprint(key, secret));
        loop {
            let turn = {
                let mut state = self.lock();
                if let Some(credential) = credential {
                    self.forget_old_secrets(&mut state, &id, credential);
                }
                let account = state.accounts.entry(id.clone()).or_default();
                if let Some(credential) = credential
                    && !account.credentials.contains(credential)
                {
                    account.credentials.insert(credential.clone());
                }
                let limit = match account.login {
                    Login::Refused { .. } => return Err(AlreadyRefused),
                    Login::Accepted => IN_FLIGHT_ONCE_ACCEPTED,
                    Login::Untested => 1,
                };
                if account.in_flight < limit {
                    account.in_flight += 1;
                    return Ok(Permit { gate: self.clone(), id, answered: false });
                }
                // Registered under the lock, so that no turn is missed between here and the wait.
                let mut turn = Box::pin(Arc::clone(&account.turn).notified_owned());
                turn.as_mut().enable();
                turn
            };
            turn.await;
        }
    }

    /// Takes back refusals of secrets that are no longer configured, or differ now. For a reload.
    pub fn configured<'a>(&self, credentials: impl IntoIterator<Item = (&'a CredentialId, &'a Secret)>) {
        let current: BTreeMap<_, _> = credentials.into_iter().collect();
        let mut state = self.lock();
        let gone: Vec<_> = state
            .accounts
            .iter()
            .filter(|(id, account)| {
                !account.credentials.is_empty()
                    && !account
                        .credentials
                        .iter()
                        .any(|c| current.get(c).is_some_and(|s| self.fingerprint(&id.0, s) == id.1))
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in gone {
            self.remove(&mut state, &id);
        }
    }

    /// The credentials of which at least one device refuses the present secret, sorted.
    #[must_use]
    pub fn refused_credentials(&self) -> Vec<CredentialId> {
        let state = self.lock();
        let refused: BTreeSet<_> = state
            .accounts
            .values()
            .filter(|account| matches!(account.login, Login::Refused { .. }))
            .flat_map(|account| account.credentials.iter().cloned())
            .collect();
        refused.into_iter().collect()
    }

    /// What is refused now, for the record.
    #[must_use]
    pub fn refusals(&self) -> Vec<Refusal> {
        let state = self.lock();
        state.accounts.iter().filter_map(|(id, account)| refusal(id, account)).collect()
    }

    /// The latest change of each key since this was last called. Bounded by the number of accounts.
    #[must_use]
    pub fn drain_changes(&self) -> Vec<GateChange> {
        std::mem::take(&mut self.lock().changes).into_values().collect()
    }

    /// Ends when [`Self::drain_changes`] has something to tell. For one listener.
    pub async fn changed(&self) {
        loop {
            let changed = self.inner.changed.notified();
            if !self.lock().changes.is_empty() {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change below leaves the state whole at each step, so that a panic elsewhere is no reason to stop.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same credential with another secret on the same device: the old secret's fate is history.
    fn forget_old_secrets(&self, state: &mut State, id: &(String, String), credential: &CredentialId) {
        let old: Vec<_> = state
            .accounts
            .range((id.0.clone(), String::new())..)
            .take_while(|((key, _), _)| *key == id.0)
            .filter(|(other, account)| {
                other.1 != id.1 && account.in_flight == 0 && account.credentials.iter().eq([credential])
            })
            .map(|(other, _)| other.clone())
            .collect();
        for other in old {
            self.remove(state, &other);
        }
    }

    fn remove(&self, state: &mut State, id: &(String, String)) {
        if let Some(account) = state.accounts.remove(id)
            && matches!(account.login, Login::Refused { .. })
        {
            self.announce(state, GateChange::Accepted { key: id.0.clone() });
        }
    }

    fn announce(&self, state: &mut State, change: GateChange) {
        let key = match &change {
            GateChange::Refused(refusal) => refusal.key.clone(),
            GateChange::Accepted { key } => key.clone(),
        };
        state.changes.insert(key, change);
        self.inner.changed.notify_waiters();
        self.inner.changed.notify_one();
    }

    fn answer(&self, id: &(String, String), answer: Answer) {
        let mut state = self.lock();
        let Some(account) = state.accounts.get_mut(id) else { return };
        account.in_flight = account.in_flight.saturating_sub(1);
        let before = account.login;
        match answer {
            Answer::Accepted => {
                account.login = Login::Accepted;
                account.suspects = 0;
            }
            Answer::Refused => account.login = Login::Refused { at: Timestamp::now() },
            Answer::Suspect => {
                account.suspects += 1;
                if account.suspects >= SUSPECTS_UNTIL_REFUSED {
                    account.login = Login::Refused { at: Timestamp::now() };
                }
            }
            Answer::Unknown => {}
        }
        account.turn.notify_waiters();
        let change = match (before, account.login) {
            (Login::Refused { .. }, Login::Accepted) => Some(GateChange::Accepted { key: id.0.clone() }),
            (Login::Untested | Login::Accepted, Login::Refused { .. }) => refusal(id, account).map(GateChange::Refused),
            _ => None,
        };
        if let Some(change) = change {
            self.announce(&mut state, change);
        }
    }
}

fn refusal(id: &(String, String), account: &Account) -> Option<Refusal> {
    let Login::Refused { at } = account.login else { return None };
    let credential = account.credentials.first().cloned();
    Some(Refusal { key: id.0.clone(), credential, fingerprint: id.1.clone(), at })
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Accepted,
    Refused,
    Suspect,
    Unknown,
}

/// Leave to send one login.
pub struct Permit {
    gate: Gate,
    id: (String, String),
    answered: bool,
}

impl Permit {
    /// The device took the login.
    pub fn accepted(mut self) {
        self.answer(Answer::Accepted);
    }

    /// The device refused it: nobody tries this secret again.
    pub fn refused(mut self) {
        self.answer(Answer::Refused);
    }

    /// The device neither took nor plainly refused it; too many of these in a row count as refused.
    pub fn suspect(mut self) {
        self.answer(Answer::Suspect);
    }

    fn answer(&mut self, answer: Answer) {
        self.answered = true;
        self.gate.answer(&self.id, answer);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.answered {
            self.gate.answer(&self.id, Answer::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use super::*;

    const KEY: &str = "10.0.0.1:554 admin";

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[tokio::test]
    async fn sixteen_channels_with_a_wrong_password_cost_one_refused_login() {
        let gate = Gate::default();
        let sent = Arc::new(AtomicU32::new(0));
        let mut channels = Vec::new();
        for _ in 0..16 {
            let (gate, sent) = (gate.clone(), Arc::clone(&sent));
            channels.push(tokio::spawn(async move {
                if let Ok(permit) = gate.permit(KEY, None, &secret("wrong")).await {
                    sent.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    permit.refused();
                }
            }));
        }
        for channel in channels {
            channel.await.unwrap();
        }
        assert_eq!(sent.load(Ordering::Relaxed), 1);
        assert!(gate.permit(KEY, None, &secret("right")).await.is_ok(), "another secret may be tried");
    }

    #[tokio::test]
    async fn once_accepted_at_most_two_logins_are_unanswered_so_that_a_change_on_the_device_costs_two() {
        let gate = Gate::default();
        gate.permit(KEY, None, &secret("right")).await.unwrap().accepted();
        let first = gate.permit(KEY, None, &secret("right")).await.unwrap();
        let second = gate.permit(KEY, None, &secret("right")).await.unwrap();
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.permit(KEY, None, &secret("right")).await.is_err() }
        });
        tokio::task::yield_now().await;
        first.refused();
        assert!(waiting.await.unwrap(), "who waits is told and sends nothing");
        second.refused();
        assert_eq!(gate.refusals().len(), 1);
    }

    #[tokio::test]
    async fn a_refusal_is_kept_over_a_restart_and_ends_with_the_secret() {
        let id = CredentialId::new("nvr").unwrap();
        let gate = Gate::new(Vec::new(), [7; 16]);
        gate.permit(KEY, Some(&id), &secret("wrong")).await.unwrap().refused();
        let kept = gate.refusals();
        assert_eq!(gate.drain_changes(), vec![GateChange::Refused(kept[0].clone())]);

        let gate = Gate::new(kept, [7; 16]);
        assert_eq!(gate.refused_credentials(), vec![id.clone()]);
        assert!(gate.permit(KEY, Some(&id), &secret("wrong")).await.is_err());
        let permit = gate.permit(KEY, Some(&id), &secret("new")).await.unwrap();
        assert_eq!(gate.drain_changes(), vec![GateChange::Accepted { key: KEY.into() }]);
        permit.accepted();
        assert!(gate.refused_credentials().is_empty());
    }

    #[tokio::test]
    async fn a_reload_takes_back_refusals_of_secrets_that_changed_and_keeps_the_others() {
        let (a, b) = (CredentialId::new("a").unwrap(), CredentialId::new("b").unwrap());
        let gate = Gate::default();
        gate.permit("h:1 u", Some(&a), &secret("x")).await.unwrap().refused();
        gate.permit("h:2 u", Some(&b), &secret("y")).await.unwrap().refused();
        gate.configured([(&a, &secret("x2")), (&b, &secret("y"))]);
        assert_eq!(gate.refused_credentials(), vec![b]);
    }

    #[tokio::test]
    async fn logins_without_a_plain_answer_are_not_tried_for_ever() {
        let gate = Gate::default();
        for _ in 0..SUSPECTS_UNTIL_REFUSED {
            gate.permit(KEY, None, &secret("s")).await.unwrap().suspect();
        }
        assert!(gate.permit(KEY, None, &secret("s")).await.is_err());
    }

    #[tokio::test]
    async fn a_login_whose_probe_dies_frees_its_turn() {
        let gate = Gate::default();
        drop(gate.permit(KEY, None, &secret("s")).await.unwrap());
        assert!(gate.permit(KEY, None, &secret("s")).await.is_ok());
    }

    #[test]
    fn equal_secrets_of_one_record_have_equal_fingerprints_and_no_others() {
        let (one, other) = (Gate::new(Vec::new(), [1; 16]), Gate::new(Vec::new(), [2; 16]));
        assert_eq!(one.fingerprint(KEY, &secret("a")), one.fingerprint(KEY, &secret("a")));
        assert_ne!(one.fingerprint(KEY, &secret("a")), one.fingerprint(KEY, &secret("b")));
        assert_ne!(one.fingerprint(KEY, &secret("a")), other.fingerprint(KEY, &secret("a")));
    }
}
