//! What became of each delivery of a closed month: `sent.json`.
//!
//! Holds no e-mail address: a hash tells whether one has its report.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The deliveries of a month. While it has not ended, who is to be sent what is as the configuration says at the time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Deliveries {
    /// From then on nothing more is sent of this month.
    pub ended: Option<Ended>,
    pub answers: Vec<Delivery>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: Timestamp,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Whoever was to have it has it, or cannot be reached.
    Delivered,
    /// No address, or no channel to send by.
    Nobody,
    /// It was over long before reports were first made here.
    Before,
}

/// One report to one address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Such as `fund-commune-2023`.
    pub edition: String,
    pub address_sha256: String,
    pub verdict: Verdict,
    /// Of the last attempt.
    pub at: Timestamp,
    pub attempts: u64,
    /// What the mail server said.
    pub answer: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Sent,
    /// Will be tried again.
    Later,
    /// Never will be taken there.
    Refused,
}

impl Verdict {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Later => "later",
            Self::Refused => "refused",
        }
    }
}

impl Deliveries {
    pub(super) fn ended(at: Timestamp, why: Why) -> Self {
        Self { ended: Some(Ended { at, why }), answers: Vec::new() }
    }

    /// Whether an address is still to be sent an edition.
    #[must_use]
    pub fn owes(&self, edition: &str, address: &str) -> bool {
        let hash = address_hash(address);
        let is_final = |one: &Delivery| one.verdict != Verdict::Later;
        self.ended.is_none() && !self.answers.iter().any(|one| one.is(edition, &hash) && is_final(one))
    }

    /// How often an address was tried.
    pub fn attempts(&self, edition: &str, address: &str) -> u64 {
        let hash = address_hash(address);
        self.answers.iter().find(|one| one.is(edition, &hash)).map_or(0, |one| one.attempts)
    }

    /// Notes what an attempt came to, in place of what the one before did.
    pub fn note(&mut self, edition: &str, address: &str, verdict: Verdict, answer: String, at: Timestamp) {
        let attempts = self.attempts(edition, address) + 1;
        let address_sha256 = address_hash(address);
        self.answers.retain(|one| !one.is(edition, &address_sha256));
        self.answers.push(Delivery { edition: edition.to_owned(), address_sha256, verdict, at, attempts, answer });
    }

    /// Nothing more is sent.
    pub fn end(&mut self, at: Timestamp, why: Why) {
        self.ended = Some(Ended { at, why });
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

impl Delivery {
    fn is(&self, edition: &str, address_sha256: &str) -> bool {
        self.edition == edition && self.address_sha256 == address_sha256
    }
}

/// The SHA-256 of an address, in hex.
#[must_use]
pub fn address_hash(address: &str) -> String {
    hex::encode(Sha256::digest(address.as_bytes()))
}
