//! `camwatch demo`: a simulated commune, watched.

/// Watch a simulated commune on this machine: nothing else to install or start
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
