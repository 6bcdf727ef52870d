//! One look at one camera: RTSP with retina, behind a guarded relay.
//!
//! Touches the network and decides nothing: it says what it saw. Knows observations and the inventory's words; must not
//! know schedules, states or the record.

use std::time::Duration;

use url::Url;

use crate::inventory::{CameraId, Depth, TlsPolicy, Transport};
use crate::observation::CameraSeen;
use crate::secret::Secret;

pub mod gate;

pub use gate::Gate;

/// What to look at and how deep.
#[derive(Debug, Clone)]
pub struct Request {
    pub camera: CameraId,
    /// `rtsp://` or `rtsps://` without user information.
    pub url: Url,
    pub login: Option<Login>,
    pub tls: TlsPolicy,
    pub transport: Transport,
    pub depth: Depth,
    /// For the whole probe; it never takes 200 ms longer.
    pub timeout: Duration,
}

/// A user name and password for a camera. `Debug` does not show the password.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    pub credential: Option<crate::inventory::CredentialId>,
    pub username: String,
    pub password: Secret,
}

/// What a probe saw, and what of it is nobody's business but ours.
#[derive(Debug, Clone)]
pub struct Report {
    pub seen: CameraSeen,
    pub took: Duration,
    /// From the camera, all layers above TCP.
    pub received_bytes: u64,
    /// At depth `picture`: the key frame, for whoever looks into it.
    pub key_frame: Option<KeyFrame>,
    /// Whether the camera made the library panic.
    pub panicked: bool,
    /// What happened, step by step, for `probe` on a terminal and `/probe?debug=true`. No secret stands in it.
    pub log: Vec<String>,
}

/// One access unit that a decoder can begin with.
#[derive(Debug, Clone)]
pub struct KeyFrame {
    /// `h264`, `h265` or `jpeg`.
    pub codec: &'static str,
    /// Annex B with parameter sets (H.26x), or a whole JPEG file.
    pub data: Vec<u8>,
    pub width: u32,
    pub height: u32,
}

/// What probes share: resolver cache, the gate for logins, TLS settings, what was learnt of each camera's transport.
pub struct Prober {
    // the helper's
}

impl Prober {
    #[must_use]
    pub fn new(gate: Gate) -> Self {
        let _ = gate;
        todo!()
    }

    /// Looks once. Never fails: whatever happens is an outcome. Ends within `timeout` + 200 ms. Dropping the future
    /// is safe and still tears the session down.
    pub async fn probe(&self, request: &Request) -> Report {
        let _ = request;
        todo!()
    }

    /// Resolves once no session runs and all are torn down.
    pub async fn idle(&self) {
        todo!()
    }

    #[must_use]
    pub fn gate(&self) -> &Gate {
        todo!()
    }
}

/// Whether a TCP connection to an address can be made within `timeout`: for gateways and references. A refusal is an
/// answer: the host is there.
pub async fn reachable(target: &crate::inventory::HostPort, timeout: Duration) -> bool {
    let _ = (target, timeout);
    todo!()
}
