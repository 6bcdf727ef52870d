//! What the relay saw: the first of the witnesses of an outcome.

use std::io;

use crate::gate::Closed;
use crate::probe::Step;
use crate::probe::message::Repairs;
use crate::probe::sdp::Glance;

/// What ended the relay.
#[derive(Debug)]
pub(crate) enum End {
    /// The library hung up.
    Library,
    /// The camera closed the connection.
    Closed,
    /// The connection failed.
    Failed(io::Error),
    /// The first bytes are none of RTSP/1.x.
    NotRtsp,
    /// A message longer than [`MAX_MESSAGE`], or too much before PLAY.
    Oversized,
    /// Not RTSP after RTSP.
    Malformed,
    /// Too much media: an access unit without end, or more than a probe is worth.
    Cap,
    /// Something of our own failed: sockets.
    Monitor(io::Error),
}

/// What became of the login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Seen {
    /// Nobody asked for one.
    #[default]
    None,
    /// Asked for, and there is none, or none of a kind that we have.
    Missing,
    Accepted,
    Refused,
    /// Refused before; nothing was sent.
    NotTried,
    /// Neither taken nor plainly refused.
    Suspect,
    /// Sent, or about to be, and there is no answer yet.
    Unanswered,
}

/// What the relay saw.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // Each is a sighting of its own; they are no states of one thing.
pub(crate) struct Facts {
    pub(crate) end: Option<End>,
    pub(crate) received: u64,
    pub(crate) any_rtsp: bool,
    /// Of the last answer that reached the library.
    pub(crate) status: Option<u16>,
    pub(crate) glance: Option<Glance>,
    /// The answers to SETUP and PLAY were right.
    pub(crate) sound: bool,
    pub(crate) login: Seen,
    /// Why the gate is shut, where it is.
    pub(crate) closed: Option<Closed>,
    /// A login of another probe kept this one waiting, and it waits still.
    pub(crate) at_the_gate: bool,
    pub(crate) repairs: Repairs,
    /// The camera refused TCP and took UDP.
    pub(crate) turned_to_udp: bool,
    pub(crate) log: Vec<Step>,
}
