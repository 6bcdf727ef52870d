//! The gate that keeps accounts from being locked: one for each (device address, account).
//!
//! A refused login is not repeated until the secret changes. Logins of one account on one device go one at a time until
//! one was accepted, so that sixteen channels with a wrong password cost one refused login and not sixteen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::inventory::CredentialId;

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

/// Shared by every probe of the process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Gate {
    // the helper's
}

impl Gate {
    /// Begins with the refusals that the record kept; `salt` makes fingerprints of secrets comparable within one record.
    #[must_use]
    pub fn new(refusals: Vec<Refusal>, salt: [u8; 16]) -> Self {
        let _ = (refusals, salt);
        todo!()
    }
}
