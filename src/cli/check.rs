//! `camwatch check`: validates configuration and inventory.

/// Check configuration and inventory; print every problem with file, line and column
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
}

pub(crate) fn run(args: &Args) -> u8 {
    let _ = args;
    todo!()
}
