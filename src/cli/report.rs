//! `camwatch report`: the month's report from the record.

/// Make a month's report from the record
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
