//! `camwatch probe`: one look at one camera.

/// Look at one camera once
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
