//! `camwatch run`: the daemon.

/// Watch the cameras: probe, judge, record, export
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
