//! One recorder over time: its connection, and what was learnt about talking with it.
//!
//! Chooses the dialect and nothing else. Knows neither when to poll nor what follows.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::asking::{Asking, Refusals};
use super::exchange::{Login, Request};
use super::finding::{Finding, Wish, WishDepth};
use super::http::{self, Cost};
use super::still::{self, NoStill, Still};
use super::{dahua, hikvision, onvif};
use crate::gate::Gate;
use crate::inventory::{Credential, Recorder, RecorderKind};

/// A poll of metadata is some ten requests, each of them two where a device takes every nonce once (Dahua), at 10 a minute.
const METADATA_WITHIN: Duration = Duration::from_secs(120);
/// A scan waits for its budget most of the time: 64 channels at 10 requests a minute take half an hour.
const SCAN_WITHIN: Duration = Duration::from_secs(4 * 3600);

/// Somebody is waiting for a picture.
const STILL_WITHIN: Duration = Duration::from_secs(15);

/// What is worth keeping between polls and over restarts; as JSON in the record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    hikvision: hikvision::Memory,
    dahua: dahua::Memory,
    onvif: onvif::Memory,
    /// The clock's offset as it was last learnt, seconds.
    pub clock_offset_seconds: Option<f64>,
    /// When the last scan ended.
    pub last_scan: Option<Timestamp>,
}

impl Memory {
    /// What the record kept; anything unreadable (of another version) is forgotten, and learnt again.
    #[must_use]
    pub fn parse(json: Option<&str>) -> Self {
        json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default()
    }
}

/// What a poll came to and cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    pub finding: Finding,
    pub cost: Cost,
    pub took: Duration,
    /// The clock's offset that holds for this poll where it did not learn one itself.
    pub known_offset: Option<f64>,
    /// To be kept, as JSON, where it changed.
    pub memory: Option<String>,
}

/// Polls one recorder. Polls may overlap: their requests take turns.
pub struct Poller {
    recorder: Recorder,
    credential: Option<Credential>,
    device: http::Device,
    memory: Mutex<Memory>,
    /// What came of asking for pictures: a refusal costs a login, and is not provoked twice.
    stills: Mutex<Refusals>,
}

impl Poller {
    #[must_use]
    pub fn new(recorder: &Recorder, credential: Option<&Credential>, gate: &Gate, memory: Memory) -> Self {
        let manner = match recorder.kind {
            RecorderKind::Hikvision => hikvision::manner(),
            RecorderKind::Dahua => dahua::manner(),
            RecorderKind::Onvif => onvif::manner(),
        };
        Self {
            device: http::Device::new(recorder, credential, gate, manner),
            recorder: recorder.clone(),
            credential: credential.cloned(),
            memory: Mutex::new(memory),
            stills: Mutex::default(),
        }
    }

    /// Whether this is how the recorder is configured now.
    #[must_use]
    pub fn is_of(&self, recorder: &Recorder, credential: Option<&Credential>) -> bool {
        self.recorder == *recorder && self.credential.as_ref() == credential
    }

    #[must_use]
    pub fn last_scan(&self) -> Option<Timestamp> {
        self.memory().last_scan
    }

    /// What was learnt, to be handed to a successor with another configuration of the same device.
    #[must_use]
    pub fn remembered(&self) -> Memory {
        self.memory().clone()
    }

    /// Polls once. Never fails: what happened stands in the finding.
    pub async fn poll(&self, wish: &Wish) -> Poll {
        let begin = Instant::now();
        let before = self.memory().clone();
        let mut memory = before.clone();
        let within = match wish.depth {
            WishDepth::Metadata => METADATA_WITHIN,
            WishDepth::Scan => SCAN_WITHIN,
        };
        let mut exchange = self.device.exchange(within);
        let finding = match self.recorder.kind {
            RecorderKind::Hikvision => hikvision::poll(&mut exchange, &mut memory.hikvision, wish).await,
            RecorderKind::Dahua => dahua::poll(&mut exchange, &mut memory.dahua, wish).await,
            RecorderKind::Onvif => onvif::poll(&mut exchange, &mut memory.onvif, wish).await,
        };
        if let Some(clock) = finding.clock.yes() {
            memory.clock_offset_seconds = Some(clock.offset_seconds);
        }
        if wish.depth == WishDepth::Scan {
            memory.last_scan = Some(Timestamp::now());
        }
        // Noise of the clock is not worth a row in the record; it goes along with the next change.
        let worth_keeping = Memory { clock_offset_seconds: before.clock_offset_seconds, ..memory.clone() } != before;
        let json = worth_keeping.then(|| serde_json::to_string(&memory).ok()).flatten();
        *self.memory() = memory;
        Poll {
            finding,
            cost: exchange.cost(),
            took: begin.elapsed(),
            known_offset: before.clock_offset_seconds,
            memory: json,
        }
    }

    /// Asks for a picture of what a channel shows now. A handful of requests at most, which take turns with those of
    /// polls and are of the same budget.
    ///
    /// # Errors
    /// Where none is to be had, or not now.
    pub async fn still(&self, channel: u32) -> Result<Still, NoStill> {
        let mut exchange = self.device.exchange(STILL_WITHIN);
        let (path, logs_in) = match self.recorder.kind {
            RecorderKind::Hikvision => (hikvision::still_path(channel), true),
            RecorderKind::Dahua => (dahua::still_path(channel), true),
            RecorderKind::Onvif => {
                // A poll that runs meanwhile learns the same.
                let mut memory = self.memory().onvif.clone();
                onvif::still_path(&mut exchange, &mut memory, channel).await?
            }
        };
        let request = Request::get(path).login(if logs_in { Login::Http } else { Login::None });
        let mut refusals = self.stills().clone();
        let answer = Asking::new(&mut exchange, &mut refusals).ask("picture", request).await;
        *self.stills() = refusals;
        still::read(answer?)
    }

    fn stills(&self) -> MutexGuard<'_, Refusals> {
        self.stills.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Replaced as a whole, so that a panic elsewhere leaves it whole.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
