//! `camwatch status`: the present state of every camera.

/// Show the present state of every camera, worst first
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
