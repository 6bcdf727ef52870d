//! One account over the ports of one address: which of them are one box.
//!
//! An account is locked by the device, whichever of its ports was asked. So all ports of an address share one
//! [`Account`], and a refusal on one stops them all. But behind one public address forwarded ports may lead to several
//! boxes with the same account, and some devices keep users of their own for ONVIF. What tells them apart is evidence
//! alone, never a guess:
//!
//! - a port that never took the secret refuses it, while others took it before: it is a box of its own, and refused;
//! - a port takes the secret that another refuses: the one that refuses is a box of its own from then on;
//! - a box of its own that takes the secret while the others do is one with them again.
//!
//! Where no port ever took the secret a refusal stops them all: whether a second box behind the same address would have
//! taken it is found out only when an operator asks for a retry or the secret changes, since to try could cost the same
//! box a second refused login.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::account::{Account, Shut, Standing, Told};

/// One account with one secret on all ports of an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ports {
    shared: Account,
    /// Ports of `shared` that took the secret.
    accepted_on: BTreeSet<u16>,
    /// The port of `shared` that refused it last.
    refused_on: Option<u16>,
    /// Ports that are boxes of their own.
    own: BTreeMap<u16, Account>,
}

impl Ports {
    #[must_use]
    pub fn resume(
        shared: Account,
        accepted_on: BTreeSet<u16>,
        refused_on: Option<u16>,
        own: BTreeMap<u16, Account>,
    ) -> Self {
        Self { shared, accepted_on, refused_on, own }
    }

    #[must_use]
    pub fn shared(&self) -> &Account {
        &self.shared
    }

    #[must_use]
    pub fn accepted_on(&self) -> &BTreeSet<u16> {
        &self.accepted_on
    }

    #[must_use]
    pub fn refused_on(&self) -> Option<u16> {
        self.refused_on
    }

    #[must_use]
    pub fn own(&self) -> &BTreeMap<u16, Account> {
        &self.own
    }

    /// Whether a login may be sent to this port now.
    ///
    /// # Errors
    /// Why not.
    pub fn leave(&mut self, port: u16, now: Timestamp) -> Result<(), Shut> {
        self.own.get_mut(&port).unwrap_or(&mut self.shared).leave(now)
    }

    /// The lock that this very port told of, where it is not over. Some devices lock the address that asked, and with it
    /// every account that is asked for from there.
    pub fn lock(&mut self, port: u16, now: Timestamp) -> Option<Shut> {
        if !self.own.contains_key(&port) && self.refused_on != Some(port) {
            return None;
        }
        self.leave(port, now).err().filter(|shut| matches!(shut, Shut::Locked { .. }))
    }

    /// Takes the answer of one port to one login.
    pub fn told(&mut self, port: u16, told: Told, now: Timestamp) {
        match told {
            Told::Accepted => self.accepted(port, now),
            Told::Unclear => self.own.get_mut(&port).unwrap_or(&mut self.shared).told(told, now),
            Told::Refused | Told::RefusedTwice | Told::TriesLeft(_) | Told::Locked(_) | Told::FoundLocked(_) => {
                self.refused(port, told, now);
            }
        }
    }

    fn accepted(&mut self, port: u16, now: Timestamp) {
        if let Some(own) = self.own.get_mut(&port) {
            own.told(Told::Accepted, now);
            if self.shared.standing() == Standing::Open {
                self.own.remove(&port);
                self.accepted_on.insert(port);
            }
            return;
        }
        if self.shared.standing() != Standing::Open
            && let Some(refuser) = self.refused_on.filter(|refuser| *refuser != port)
        {
            self.own.insert(refuser, self.shared.clone());
            self.accepted_on.remove(&refuser);
        }
        self.refused_on = None;
        self.accepted_on.insert(port);
        self.shared.told(Told::Accepted, now);
    }

    fn refused(&mut self, port: u16, told: Told, now: Timestamp) {
        let others_took_it = !self.accepted_on.is_empty() && !self.accepted_on.contains(&port);
        let is_lock = matches!(told, Told::Locked(_) | Told::FoundLocked(_));
        if let Some(own) = self.own.get_mut(&port) {
            own.told(told, now);
        } else if others_took_it && !is_lock {
            let mut own = Account::default();
            own.told(told, now);
            self.own.insert(port, own);
        } else {
            self.refused_on = Some(port);
            self.shared.told(told, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RTSP: u16 = 554;
    const HTTP: u16 = 80;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + seconds).unwrap()
    }

    fn login(ports: &mut Ports, port: u16, seconds: i64, told: Told) -> bool {
        let leave = ports.leave(port, at(seconds)).is_ok();
        if leave {
            ports.told(port, told, at(seconds));
        }
        leave
    }

    #[test]
    fn a_refusal_on_one_port_stops_them_all() {
        let mut never = Ports::default();
        assert!(login(&mut never, RTSP, 0, Told::Refused));
        assert!(!login(&mut never, HTTP, 100_000, Told::Refused));

        let mut worked = Ports::default();
        assert!(login(&mut worked, RTSP, 0, Told::Accepted));
        assert!(login(&mut worked, HTTP, 1, Told::Accepted));
        assert!(login(&mut worked, RTSP, 2, Told::Refused));
        assert!(!login(&mut worked, HTTP, 3, Told::Refused), "the other port waits too");
        assert!(login(&mut worked, HTTP, 3602, Told::Refused));
        assert!(!login(&mut worked, RTSP, 100_000, Told::Refused), "and is refused for good with it");
    }

    #[test]
    fn a_port_that_never_took_what_others_took_is_refused_alone() {
        let mut ports = Ports::default();
        assert!(login(&mut ports, RTSP, 0, Told::Accepted));
        assert!(login(&mut ports, HTTP, 1, Told::Refused), "a user list of its own, or another box");
        assert!(!login(&mut ports, HTTP, 100_000, Told::Refused));
        assert!(login(&mut ports, RTSP, 2, Told::Accepted), "who took it before goes on");
    }

    #[test]
    fn a_port_that_takes_what_another_refuses_is_another_box() {
        let (one, other) = (8001, 8002);
        let mut ports = Ports::default();
        assert!(login(&mut ports, one, 0, Told::Accepted));
        assert!(login(&mut ports, other, 1, Told::Accepted));
        assert!(login(&mut ports, one, 2, Told::Refused));
        assert!(login(&mut ports, other, 3602, Told::Accepted));
        assert!(login(&mut ports, one, 3700, Told::Refused), "its second try");
        assert!(!login(&mut ports, one, 100_000, Told::Refused));
        assert!(login(&mut ports, other, 3701, Told::Accepted), "goes on");
    }

    #[test]
    fn a_box_that_was_only_out_of_connections_is_one_with_the_others_again() {
        let mut ports = Ports::default();
        assert!(login(&mut ports, RTSP, 0, Told::Accepted));
        assert!(login(&mut ports, HTTP, 1, Told::Accepted));
        assert!(login(&mut ports, RTSP, 2, Told::Refused));
        assert!(login(&mut ports, HTTP, 3602, Told::Accepted));
        assert!(login(&mut ports, RTSP, 3603, Told::Accepted));
        assert_eq!(ports.own().len(), 0);
        assert!(login(&mut ports, HTTP, 200_000, Told::Refused));
        assert!(!login(&mut ports, RTSP, 200_001, Told::Refused));
    }

    #[test]
    fn a_lock_stops_every_port_and_is_told_apart_by_the_port_that_told_of_it() {
        let mut ports = Ports::default();
        assert!(login(&mut ports, RTSP, 0, Told::Accepted));
        assert!(login(&mut ports, HTTP, 1, Told::Locked(None)));
        assert!(!login(&mut ports, RTSP, 2, Told::Accepted));
        assert!(ports.lock(HTTP, at(3)).is_some());
        assert!(ports.lock(RTSP, at(3)).is_none());
    }
}
