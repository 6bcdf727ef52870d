//! `camwatch run`: the daemon.

/// Watch the cameras: probe, judge, record, export
///
/// Runs until SIGTERM or SIGINT. SIGHUP reads the configuration again; a bad one changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
}

pub(crate) fn run(args: &Args) -> u8 {
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    match crate::daemon::run(config) {
        Ok(()) => super::exit::OK,
        Err(error) => {
            eprintln!("camwatch: {error}");
            super::exit::FAILED
        }
    }
}
