//! The real exchange: HTTP/1.1 to one device over one connection, with its login, its budget and its bounds.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::exchange::{Answer, Exchange, Manner, Request, Trouble};
use crate::gate::Gate;
use crate::inventory::{Credential, Recorder};

/// One device: its one connection kept alive, its budget, its login. Lives as long as the recorder is configured.
/// Cheap to clone; the requests of several polls take turns one by one.
#[derive(Clone)]
pub struct Device {
    inner: Arc<Inner>,
}

struct Inner {
    url: url::Url,
    credential: Option<Credential>,
    gate: Gate,
    manner: Manner,
}

/// What an exchange cost the device and the line, all layers above TCP (and above TLS).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    pub requests: u64,
    pub connections: u64,
    pub received_bytes: u64,
    pub sent_bytes: u64,
}

impl Device {
    #[must_use]
    pub fn new(recorder: &Recorder, credential: Option<&Credential>, gate: &Gate, manner: Manner) -> Self {
        let inner = Inner { url: recorder.url.clone(), credential: credential.cloned(), gate: gate.clone(), manner };
        Self { inner: Arc::new(inner) }
    }

    /// One poll: at most `within` long, each request at most 10 s (less where the poll ends before).
    #[must_use]
    pub fn exchange(&self, within: Duration) -> HttpExchange {
        HttpExchange { device: Arc::clone(&self.inner), deadline: Instant::now() + within, cost: Cost::default() }
    }
}

/// One poll's turn at a device.
pub struct HttpExchange {
    device: Arc<Inner>,
    deadline: Instant,
    cost: Cost,
}

impl HttpExchange {
    /// What was spent so far.
    #[must_use]
    pub fn cost(&self) -> Cost {
        self.cost
    }
}

impl Exchange for HttpExchange {
    async fn ask(&mut self, request: Request<'_>) -> Result<Answer, Trouble> {
        let _ = (&self.device.credential, &self.device.gate, &self.device.manner, request, self.deadline);
        Err(Trouble::Busy(format!("{} cannot be asked yet", self.device.url)))
    }
}
