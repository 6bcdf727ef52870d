//! `camwatch simulate`: a fleet of simulated cameras.

/// Run a fleet of simulated cameras, for load tests and training
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
