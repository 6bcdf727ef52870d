//! `camwatch completions`: shell completions.

use clap::CommandFactory as _;
use clap_complete::Shell;

/// Print completions for a shell
///
/// For bash: `camwatch completions bash > /etc/bash_completion.d/camwatch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> u8 {
    clap_complete::generate(args.shell, &mut super::Cli::command(), "camwatch", &mut std::io::stdout());
    super::exit::OK
}
