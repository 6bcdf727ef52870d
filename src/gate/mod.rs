//! The gate that keeps accounts from being locked: whoever logs in anywhere asks it first.
//!
//! Devices lock an account after a few refused logins, whatever protocol they came by. So there is one gate for each
//! device address and account, shared by RTSP, ISAPI, CGI, ONVIF and snapshots, kept over restarts: logins go one at a
//! time, and a refused one shuts it as [`account`] has it. [`ports`] says which ports of an address are one device. What
//! was refused is one secret: another text for it is tried at once, since somebody wrote it.
//!
//! Knows nothing of RTSP and HTTP, and nothing of how the record is kept.

mod account;
mod ports;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Notify, OwnedMutexGuard};

use account::Told;
pub use account::{Account, FEW_TRIES, Shut, Standing};
use ports::Ports;

use crate::inventory::{CredentialId, HostPort};
use crate::secret::Secret;

/// Where a login goes: one port of a device, and the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    account: AccountKey,
    port: u16,
}

impl Door {
    #[must_use]
    pub fn new(target: &HostPort, username: &str) -> Self {
        let account = AccountKey { host: target.host.to_ascii_lowercase(), username: username.to_owned() };
        Self { account, port: target.port }
    }
}

/// What a device counts refused logins by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountKey {
    /// A name or address, without brackets, in lower case.
    pub host: String,
    pub username: String,
}

/// What must survive a restart of one account with one secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub account: AccountKey,
    /// Salted; equal for equal secrets within one record.
    pub fingerprint: String,
    /// Whose secret it is; none for logins that no configuration names.
    pub credentials: BTreeSet<CredentialId>,
    /// One for all ports that have none of their own, and one for each that has.
    pub boxes: Vec<KeptBox>,
}

/// One box behind an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBox {
    /// `None`: every port that is no box of its own.
    pub port: Option<u16>,
    pub standing: Standing,
    /// The secret was accepted once.
    pub proven: bool,
    /// Refused logins of the last day.
    pub refused: Vec<Timestamp>,
    /// Ports that took the secret, and the one that refused it last; of the box without a port.
    pub accepted_on: BTreeSet<u16>,
    pub refused_on: Option<u16>,
}

/// What changed at the gate and belongs into the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GateChange {
    Keep(Kept),
    Forget { account: AccountKey, fingerprint: String },
}

/// Why a login may not be sent, in words for the staff who see to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Closed {
    pub credential: Option<CredentialId>,
    pub host: String,
    pub shut: Shut,
}

impl Closed {
    /// Whether the login is doubted only: it says nothing yet.
    #[must_use]
    pub fn is_doubt(&self) -> bool {
        matches!(self.shut, Shut::Suspect { .. })
    }
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        let login =
            self.credential.as_ref().map_or_else(|| "the login".to_owned(), |id| format!("credential \"{id}\""));
        let minute = |at: &Timestamp| at.strftime("%Y-%m-%dT%H:%MZ").to_string();
        match &self.shut {
            Shut::Suspect { until, .. } => {
                write!(f, "{host} refused {login}, which worked before; one more try at {}", minute(until))
            }
            Shut::Rejected { since } => {
                write!(
                    f,
                    "{host} refused {login} at {}: polling paused so that the account is not locked",
                    minute(since)
                )
            }
            Shut::Locked { until, .. } => {
                write!(f, "{host} locked the account of {login} or this address; one more try at {}", minute(until))
            }
        }
    }
}

type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Shared by everybody who logs in anywhere. Cheap to clone.
#[derive(Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(Vec::new(), [0; 16])
    }
}

struct Inner {
    salt: [u8; 16],
    clock: Clock,
    state: Mutex<State>,
    changed: Notify,
}

/// An account and the fingerprint of a secret: cameras behind one address may have different secrets.
type Id = (AccountKey, String);

#[derive(Default)]
struct State {
    entries: BTreeMap<Id, Entry>,
    /// Of which something changed that nobody fetched yet.
    changes: BTreeSet<Id>,
}

#[derive(Default)]
struct Entry {
    ports: Ports,
    credentials: BTreeSet<CredentialId>,
    /// Whoever holds it may log in.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Gate {
    /// Begins with what the record kept; `salt` makes fingerprints of secrets comparable within one record.
    #[must_use]
    pub fn new(kept: Vec<Kept>, salt: [u8; 16]) -> Self {
        Self::with_clock(kept, salt, Arc::new(Timestamp::now))
    }

    /// With another clock than the system's.
    #[must_use]
    pub fn with_clock(kept: Vec<Kept>, salt: [u8; 16], clock: Clock) -> Self {
        let mut state = State::default();
        for kept in kept {
            let (id, entry) = resume(kept);
            state.entries.insert(id, entry);
        }
        Self { inner: Arc::new(Inner { salt, clock, state: Mutex::new(state), changed: Notify::new() }) }
    }

    /// Tells equal secrets of one record apart from others, and as little more as possible: with 32 bits a change of
    /// secret goes unnoticed once in four thousand million times, and nobody can tell a guessed secret from a right one.
    #[must_use]
    pub fn fingerprint(&self, account: &AccountKey, secret: &Secret) -> String {
        let mut hash = Sha256::new();
        hash.update(self.inner.salt);
        hash.update(account.host.as_bytes());
        hash.update([0]);
        hash.update(account.username.as_bytes());
        hash.update([0]);
        hash.update(secret.expose().as_bytes());
        let [a, b, c, d, ..] = hash.finalize().0;
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    /// Waits for leave to send one login. The answer is told to the [`Permit`]; one that is dropped without is a login
    /// of which nothing is known.
    ///
    /// # Errors
    /// Where nothing may be sent.
    pub async fn permit(
        &self,
        door: &Door,
        credential: Option<&CredentialId>,
        secret: &Secret,
    ) -> Result<Permit, Closed> {
        let id = (door.account.clone(), self.fingerprint(&door.account, secret));
        let turn = {
            let mut state = self.lock();
            if let Some(credential) = credential {
                self.forget_old_secrets(&mut state, &id, credential);
            }
            let entry = state.entries.entry(id.clone()).or_default();
            if let Some(credential) = credential
                && !entry.credentials.contains(credential)
            {
                entry.credentials.insert(credential.clone());
            }
            Arc::clone(&entry.turn)
        };
        let turn = turn.lock_owned().await;
        self.leave(&id, door.port).map_err(|shut| closed(&id, credential, shut))?;
        Ok(Permit { gate: self.clone(), id, port: door.port, credential: credential.cloned(), _turn: turn })
    }

    /// Whether a login would be given leave now, without asking for it.
    ///
    /// # Errors
    /// Where it would not.
    pub fn look(&self, door: &Door, credential: Option<&CredentialId>, secret: &Secret) -> Result<(), Closed> {
        let id = (door.account.clone(), self.fingerprint(&door.account, secret));
        self.leave(&id, door.port).map_err(|shut| closed(&id, credential, shut))
    }

    /// What is configured now: each credential, its secret, and a host that it is for. Whatever else is known is
    /// forgotten, but for logins that no configuration names. For a reload.
    pub fn configured<'a>(&self, doors: impl IntoIterator<Item = (&'a CredentialId, &'a Secret, &'a str)>) {
        let mut current: BTreeMap<(String, &CredentialId), &Secret> = BTreeMap::new();
        for (credential, secret, host) in doors {
            current.insert((host.to_ascii_lowercase(), credential), secret);
        }
        let mut state = self.lock();
        let is_current = |id: &Id, credential: &CredentialId| {
            let secret = current.get(&(id.0.host.clone(), credential));
            secret.is_some_and(|secret| self.fingerprint(&id.0, secret) == id.1)
        };
        let mut gone = Vec::new();
        for (id, entry) in &mut state.entries {
            let any = !entry.credentials.is_empty();
            entry.credentials.retain(|credential| is_current(id, credential));
            if any && entry.credentials.is_empty() {
                gone.push(id.clone());
            }
        }
        for id in gone {
            self.forget(&mut state, &id);
        }
    }

    /// An operator asks for one more login of this credential wherever it is shut, at once. Returns the hosts.
    pub fn retry(&self, credential: &CredentialId) -> Vec<String> {
        let mut state = self.lock();
        let shut: Vec<Id> = state
            .entries
            .iter()
            .filter(|(_, entry)| entry.credentials.contains(credential) && !is_open(&entry.ports))
            .map(|(id, _)| id.clone())
            .collect();
        for id in &shut {
            if let Some(entry) = state.entries.get_mut(id) {
                entry.ports = Ports::default();
                self.announce(&mut state, id);
            }
        }
        shut.into_iter().map(|id| id.0.host).collect()
    }

    /// The credentials of which at least one device refuses the present secret for good, or has locked the account.
    #[must_use]
    pub fn refused_credentials(&self) -> Vec<CredentialId> {
        let refused = self.closed().into_iter().filter(|(_, closed)| !closed.is_doubt());
        refused.filter_map(|(_, closed)| closed.credential).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Every credential that may not be sent now, and where: to one port, or to all that are no box of their own.
    #[must_use]
    pub fn closed(&self) -> Vec<(Option<u16>, Closed)> {
        let now = (self.inner.clock)();
        let mut all = Vec::new();
        for (id, entry) in &self.lock().entries {
            let own = entry.ports.own().iter().map(|(port, account)| (Some(*port), account));
            for (port, account) in [(None, entry.ports.shared())].into_iter().chain(own) {
                let Err(shut) = account.clone().leave(now) else { continue };
                let named = entry.credentials.iter().map(Some);
                let nobody = entry.credentials.is_empty().then_some(None);
                all.extend(named.chain(nobody).map(|credential| (port, closed(id, credential, shut))));
            }
        }
        all
    }

    /// All that the record keeps.
    #[must_use]
    pub fn kept(&self) -> Vec<Kept> {
        self.lock().entries.iter().map(|(id, entry)| kept(id, entry)).collect()
    }

    /// The latest change of each account since this was last called. Bounded by the number of accounts.
    #[must_use]
    pub fn drain_changes(&self) -> Vec<GateChange> {
        let mut state = self.lock();
        let changes = std::mem::take(&mut state.changes);
        let change = |id: Id| match state.entries.get(&id) {
            Some(entry) => GateChange::Keep(kept(&id, entry)),
            None => GateChange::Forget { account: id.0, fingerprint: id.1 },
        };
        changes.into_iter().map(change).collect()
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

    fn leave(&self, id: &Id, port: u16) -> Result<(), Shut> {
        let now = (self.inner.clock)();
        let mut state = self.lock();
        let first = (AccountKey { host: id.0.host.clone(), username: String::new() }, String::new());
        for (other, entry) in state.entries.range_mut(first..).take_while(|(other, _)| other.0.host == id.0.host) {
            if other == id {
                entry.ports.leave(port, now)?;
            } else if let Some(lock) = entry.ports.lock(port, now) {
                return Err(lock);
            }
        }
        Ok(())
    }

    /// The same credential with another secret on the same device: the old secret's fate is history.
    fn forget_old_secrets(&self, state: &mut State, id: &Id, credential: &CredentialId) {
        let old: Vec<Id> = state
            .entries
            .range((id.0.clone(), String::new())..)
            .take_while(|(other, _)| other.0 == id.0)
            .filter(|(other, entry)| {
                other.1 != id.1 && entry.turn.try_lock().is_ok() && entry.credentials.iter().eq([credential])
            })
            .map(|(other, _)| other.clone())
            .collect();
        for other in old {
            self.forget(state, &other);
        }
    }

    fn forget(&self, state: &mut State, id: &Id) {
        if state.entries.remove(id).is_some() {
            self.announce(state, id);
        }
    }

    fn announce(&self, state: &mut State, id: &Id) {
        state.changes.insert(id.clone());
        self.inner.changed.notify_waiters();
        self.inner.changed.notify_one();
    }

    fn told(&self, id: &Id, port: u16, told: Told) -> Option<Shut> {
        let now = (self.inner.clock)();
        let mut state = self.lock();
        let entry = state.entries.get_mut(id)?;
        let before = kept(id, entry);
        entry.ports.told(port, told, now);
        let shut = entry.ports.leave(port, now).err();
        if kept(id, entry) != before {
            self.announce(&mut state, id);
        }
        shut
    }
}

fn closed(id: &Id, credential: Option<&CredentialId>, shut: Shut) -> Closed {
    Closed { credential: credential.cloned(), host: id.0.host.clone(), shut }
}

fn is_open(ports: &Ports) -> bool {
    ports.own().values().chain([ports.shared()]).all(|account| account.standing() == Standing::Open)
}

fn kept(id: &Id, entry: &Entry) -> Kept {
    let of = |account: &Account, port| KeptBox {
        port,
        standing: account.standing(),
        proven: account.is_proven(),
        refused: account.refused().to_vec(),
        accepted_on: BTreeSet::new(),
        refused_on: None,
    };
    let ports = &entry.ports;
    let shared = KeptBox {
        accepted_on: ports.accepted_on().clone(),
        refused_on: ports.refused_on(),
        ..of(ports.shared(), None)
    };
    let own = ports.own().iter().map(|(port, account)| of(account, Some(*port)));
    Kept {
        account: id.0.clone(),
        fingerprint: id.1.clone(),
        credentials: entry.credentials.clone(),
        boxes: [shared].into_iter().chain(own).collect(),
    }
}

fn resume(kept: Kept) -> (Id, Entry) {
    let (mut shared, mut own) = (Ports::default(), BTreeMap::new());
    for kept in kept.boxes {
        let account = Account::resume(kept.standing, kept.proven, kept.refused);
        match kept.port {
            None => shared = Ports::resume(account, kept.accepted_on, kept.refused_on, BTreeMap::new()),
            Some(port) => drop(own.insert(port, account)),
        }
    }
    let ports = Ports::resume(shared.shared().clone(), shared.accepted_on().clone(), shared.refused_on(), own);
    let entry = Entry { ports, credentials: kept.credentials, turn: Arc::default() };
    ((kept.account, kept.fingerprint), entry)
}

/// Leave to send one login. While it lives nobody else logs in with this account.
pub struct Permit {
    gate: Gate,
    id: Id,
    port: u16,
    credential: Option<CredentialId>,
    _turn: OwnedMutexGuard<()>,
}

impl Permit {
    /// The device took the login.
    pub fn accepted(self) {
        self.gate.told(&self.id, self.port, Told::Accepted);
    }

    /// The device refused it. Returns how the gate stands now.
    #[must_use]
    pub fn refused(self) -> Closed {
        self.shut(Told::Refused)
    }

    /// The device refused it, and also the one that was sent with the same permit to confirm it.
    #[must_use]
    pub fn refused_twice(self) -> Closed {
        self.shut(Told::RefusedTwice)
    }

    /// The device refused it and says how many tries are left until it locks.
    #[must_use]
    pub fn tries_left(self, tries: u32) -> Closed {
        self.shut(Told::TriesLeft(tries))
    }

    /// The device says that the account or our address is locked, for so long where that is told.
    #[must_use]
    pub fn locked(self, length: Option<Duration>) -> Closed {
        self.shut(Told::Locked(length))
    }

    /// The same, said before any login was sent.
    #[must_use]
    pub fn found_locked(self, length: Option<Duration>) -> Closed {
        self.shut(Told::FoundLocked(length))
    }

    /// The device neither took nor plainly refused it; too many of these in a row count as refused.
    pub fn unclear(self) {
        self.gate.told(&self.id, self.port, Told::Unclear);
    }

    fn shut(self, told: Told) -> Closed {
        let now = (self.gate.inner.clock)();
        // An account that was forgotten meanwhile, by a reload, is as good as refused to whoever asks here.
        let shut = self.gate.told(&self.id, self.port, told).unwrap_or(Shut::Rejected { since: now });
        let closed = closed(&self.id, self.credential.as_ref(), shut);
        tracing::warn!(port = self.port, "{closed}");
        closed
    }
}

#[cfg(test)]
mod tests;
