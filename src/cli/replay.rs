//! `camwatch replay`: recorded observations through the daemon's own judgement.

/// Judge recorded observations again, in virtual time
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
