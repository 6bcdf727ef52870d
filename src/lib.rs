//! camwatch: health of networks of security cameras that a community paid for.
//!
//! An observation goes through the house once, from top to bottom, and never turns back:
//!
//! ```text
//! config ─► inventory ─► schedule ─► probe, device ─► observation ─► judgement ─► event ─► store, snapshot ─► export, web, report
//!                                                                             └─► paging (duty) ─► notify
//! ```
//!
//! Whatever decides (`judgement`, `ledger`, `duty`, `paging`, `schedule::plan`) is pure and takes the time as an argument; whatever
//! touches the world (sockets, disks, clocks) decides nothing.
#![forbid(unsafe_code)]

pub mod alertmanager;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod device;
mod dial;
pub mod duty;
pub mod export;
pub mod gate;
pub mod inventory;
pub mod judgement;
pub mod ledger;
pub mod notify;
pub mod observation;
pub mod paging;
pub mod probe;
pub mod report;
pub mod schedule;
pub mod secret;
pub mod simulate;
pub mod snapshot;
pub mod store;
pub mod telemetry;
pub mod web;
