//! What a simulated recorder counts: what tests of a gentle client assert.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::simulate::camera::Gauge;

/// What a recorder has counted since it was added.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct RecorderStats {
    pub connections_now: u64,
    /// The most at once.
    pub connections_max: u64,
    pub connections_total: u64,
    pub requests: u64,
    /// The most requests that were being answered at once.
    pub requests_at_once: u64,
    /// Requests without any login, also those that need none.
    pub without_login: u64,
    pub logins_accepted: u64,
    /// Logins with a wrong password: what locks an account. Those of cameras that share the account count at the camera.
    pub logins_refused: u64,
    /// Logins with the right password and a nonce, or a time, that is not good any more.
    pub logins_stale: u64,
    /// Logins while the account was locked, right or wrong.
    pub logins_while_locked: u64,
    /// Logins that were not looked at: for want of connections, by a server that is busy or points elsewhere.
    pub logins_turned_away: u64,
    /// Logins by Basic, right or wrong; they are among the others too.
    pub logins_basic: u64,
    /// How often the account was locked, whoever's logins did it.
    pub times_locked: u64,
    /// Searches for recordings that were begun.
    pub searches: u64,
    /// Finders (Dahua) and searches (ONVIF) that were opened and not given back.
    pub handles_now: u64,
    pub handles_max: u64,
    pub snapshots: u64,
    pub bytes_received: u64,
    pub bytes_sent: u64,
    /// Requests by what they asked for: the path, with Dahua its action too, with ONVIF the operation.
    pub paths: BTreeMap<String, u64>,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) connections: Gauge,
    pub(super) requests: Gauge,
    pub(super) handles: Gauge,
    pub(super) without_login: AtomicU64,
    pub(super) logins_accepted: AtomicU64,
    pub(super) logins_refused: AtomicU64,
    pub(super) logins_stale: AtomicU64,
    pub(super) logins_while_locked: AtomicU64,
    pub(super) logins_turned_away: AtomicU64,
    pub(super) logins_basic: AtomicU64,
    pub(super) searches: AtomicU64,
    pub(super) snapshots: AtomicU64,
    pub(super) bytes_received: AtomicU64,
    pub(super) bytes_sent: AtomicU64,
    paths: Mutex<BTreeMap<String, u64>>,
}

/// As many paths are told apart; what a fuzzer asks for beyond them counts as one.
const PATHS: usize = 1000;

impl Counters {
    pub(super) fn asked_for(&self, what: String) {
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        let what = if paths.len() < PATHS || paths.contains_key(&what) { what } else { "others".to_owned() };
        *paths.entry(what).or_default() += 1;
    }

    pub(super) fn read(&self, times_locked: u64) -> RecorderStats {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        RecorderStats {
            connections_now: self.connections.now(),
            connections_max: self.connections.max(),
            connections_total: self.connections.total(),
            requests: self.requests.total(),
            requests_at_once: self.requests.max(),
            without_login: get(&self.without_login),
            logins_accepted: get(&self.logins_accepted),
            logins_refused: get(&self.logins_refused),
            logins_stale: get(&self.logins_stale),
            logins_while_locked: get(&self.logins_while_locked),
            logins_turned_away: get(&self.logins_turned_away),
            logins_basic: get(&self.logins_basic),
            times_locked,
            searches: get(&self.searches),
            handles_now: self.handles.now(),
            handles_max: self.handles.max(),
            snapshots: get(&self.snapshots),
            bytes_received: get(&self.bytes_received),
            bytes_sent: get(&self.bytes_sent),
            paths: self.paths.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
