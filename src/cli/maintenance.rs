//! `camwatch maintenance`: planned work.

/// Plan work on a camera, site or commune
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
