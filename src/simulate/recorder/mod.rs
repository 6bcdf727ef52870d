//! Simulated recorders: HTTP servers on loopback that answer as Hikvision's, Dahua's and ONVIF devices do.
//!
//! Written from the vendors' documents and from what devices were seen to answer, for training and for tests of whoever
//! polls them: they ask for logins and lock accounts, their clocks are wrong, their disks fail, their firmwares disagree
//! about the words of a search, and they count what is asked of them. They hold no video, only what an index says of it.
//!
//! ```text
//! serve (a connection) ─► device (login, lock-out, what is held now) ─► hikvision | dahua | onvif (words)
//! ```
//!
//! Shares nothing with whoever asks: neither code nor types.

mod archive;
mod clock;
mod dahua;
mod device;
mod fault;
mod hikvision;
mod http;
mod lockout;
mod login;
mod onvif;
mod options;
mod serve;
mod spoil;
mod stats;
mod turn;
mod xml;

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use tokio::sync::watch;
use url::Url;

use super::door::Door;
use super::{SimCamera, SimulateError};

pub use archive::Schedule;
pub use clock::SimClock;
pub use dahua::DahuaManner;
pub use fault::RecorderBehaviour;
pub use hikvision::{Envelope, HikvisionManner, TrackElement};
pub use onvif::OnvifManner;
pub use options::{ChannelOptions, DiskOptions, DiskState, Login, Manner, Offer, RecorderKind, RecorderOptions};
pub use stats::RecorderStats;
pub use turn::{Turn, UnknownTurn};

pub(super) use device::Recorder;
pub(super) use lockout::Lockout;
pub(super) use serve::serve;

/// A handle to one recorder of a fleet; cheap to clone.
#[derive(Clone)]
pub struct SimRecorder {
    pub(super) recorder: Arc<Recorder>,
    pub(super) door: Arc<Door>,
    /// Whether the line of its site is cut.
    pub(super) line: watch::Receiver<bool>,
}

impl SimRecorder {
    #[must_use]
    pub fn name(&self) -> &str {
        &self.recorder.name
    }

    #[must_use]
    pub fn site(&self) -> Option<&str> {
        self.recorder.site.as_deref()
    }

    #[must_use]
    pub fn kind(&self) -> RecorderKind {
        self.recorder.kind()
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.door.address()
    }

    /// Without user information.
    ///
    /// # Panics
    /// Never: an address makes a URL.
    #[must_use]
    pub fn url(&self) -> Url {
        let scheme = if self.recorder.options.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address()).parse().expect("an address makes a URL")
    }

    /// True time for it.
    #[must_use]
    pub fn clock(&self) -> &SimClock {
        &self.recorder.clock
    }

    #[must_use]
    pub fn serial(&self) -> String {
        self.recorder.state().serial.clone()
    }

    /// How many channels it has.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.recorder.state().channels.len()
    }

    /// How it was told to behave; a cut line overrides it.
    #[must_use]
    pub fn behaviour(&self) -> RecorderBehaviour {
        *device::lock(&self.recorder.chosen)
    }

    /// Whether its site's line is cut.
    #[must_use]
    pub fn is_cut_off(&self) -> bool {
        *self.line.borrow()
    }

    /// Switches how it behaves, at once and for open connections too.
    ///
    /// # Errors
    /// Where its port cannot be listened on again.
    pub async fn set(&self, behaviour: RecorderBehaviour) -> Result<(), SimulateError> {
        *device::lock(&self.recorder.chosen) = behaviour;
        self.apply().await
    }

    /// Lets what was chosen, or the cut line, take hold.
    pub(super) async fn apply(&self) -> Result<(), SimulateError> {
        let effective = if self.is_cut_off() { RecorderBehaviour::Dropped } else { self.behaviour() };
        self.recorder.behaviour.send_if_modified(|now| std::mem::replace(now, effective) != effective);
        self.door.set(effective.door()).await
    }

    /// Changes something; whatever there is no disk or channel for is left.
    ///
    /// # Errors
    /// Where there is no such disk or channel, or its port cannot be listened on again.
    pub async fn turn(&self, turn: impl Into<Turn>) -> Result<(), SimulateError> {
        let turn = turn.into();
        if let Turn::Behave(behaviour) = turn {
            return self.set(behaviour).await;
        }
        if self.recorder.turn(&turn) { Ok(()) } else { Err(SimulateError::NoSuchPart(turn.to_string())) }
    }

    /// What mends this fault when it is over; nothing where what it would break is not whole.
    pub(super) fn mends(&self, fault: &Turn) -> Option<Turn> {
        let state = self.recorder.state();
        Some(match fault {
            Turn::Behave(_) if self.behaviour() == RecorderBehaviour::Ok => Turn::Behave(RecorderBehaviour::Ok),
            Turn::Disk(number, _) => {
                let disk = state.disks.get(number - 1)?;
                Turn::Disk(*number, (disk.state == DiskState::Full).then_some(DiskState::Full)?)
            }
            Turn::Clock(_) if state.dial.skew_seconds == 0 => Turn::Clock(0),
            Turn::Stopped(number, _) if !state.channels.get(number - 1)?.stopped => Turn::Recording(*number),
            Turn::Online(number, false) if state.channels.get(number - 1)?.online => Turn::Online(*number, true),
            _ => return None,
        })
    }

    /// Lets a camera of this recorder share the account: what is refused at either door counts for both, and both are
    /// locked together, as a recorder's RTSP server and its web server are.
    pub fn shares_account_with(&self, camera: &SimCamera) {
        camera.camera.share(Arc::clone(&self.recorder.lockout));
    }

    /// For how many seconds the account is locked still.
    #[must_use]
    pub fn locked_for(&self) -> Option<u64> {
        self.recorder.lockout.seconds_left()
    }

    /// Refused logins since the last accepted one, cameras that share the account included.
    #[must_use]
    pub fn refused_in_a_row(&self) -> u32 {
        self.recorder.lockout.refused_in_a_row()
    }

    /// What it has counted since it was added.
    #[must_use]
    pub fn stats(&self) -> RecorderStats {
        self.recorder.counters.read(self.recorder.lockout.times_locked())
    }

    /// The last request heads, oldest first; empty unless [`RecorderOptions::keep_requests`].
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.recorder.kept_requests()
    }

    /// Accepts nobody any more.
    pub(super) fn close(&self) {
        self.door.close();
    }
}

/// A small picture.
fn picture() -> http::Answer {
    static PICTURE: OnceLock<Vec<u8>> = OnceLock::new();
    let picture = PICTURE.get_or_init(|| {
        let clip = include_bytes!("../clips/moving.mjpeg");
        let end = clip.windows(2).position(|pair| pair == [0xff, 0xd9]).map_or(0, |at| at + 2);
        clip[..end].to_vec()
    });
    http::Answer::new(200, "image/jpeg", picture.clone())
}
