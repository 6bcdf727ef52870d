//! `camwatch check`: validates configuration and inventory.
//!
//! What it finds is its result, so all of it goes to standard output; the verdict on a bad file goes to standard error.

use std::collections::BTreeSet;
use std::io::{self, Write as _};

use crate::config::{Config, Problems};

/// Check configuration and inventory; print every problem with file, line and column
///
/// Reads everything that the daemon would read, secrets included, and changes nothing. Each line reads
/// `file:line:column: problem, and what is expected`; lines with `warning:` do not keep the daemon from running.
/// Exits with 0 when the daemon would take the configuration, else with 2.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// Print problems only: no warnings, no summary.
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    match Config::load(&args.config.config) {
        Ok(config) => {
            if !args.quiet {
                // A closed pipe changes nothing of the verdict.
                let _ = tell_good(&config);
            }
            super::exit::OK
        }
        Err(problems) => {
            let _ = writeln!(io::stdout(), "{problems}");
            if !args.quiet {
                eprintln!("{}", summary_of(&problems));
            }
            super::exit::BAD_INPUT
        }
    }
}

fn tell_good(config: &Config) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for warning in &config.warnings {
        writeln!(out, "{}:{}:{}: warning: {}", warning.file.display(), warning.line, warning.column, warning.text)?;
    }
    let inventory = &config.inventory;
    let funded = inventory.cameras.values().filter(|camera| inventory.is_funded(camera)).count();
    let private = inventory.cameras.len() - funded;
    writeln!(
        out,
        "{} is good: {}, {}, {} ({funded} funded, {private} private), {}",
        config.file.display(),
        counted(inventory.communes.len(), "commune"),
        counted(inventory.sites.len(), "site"),
        counted(inventory.cameras.len(), "camera"),
        counted(inventory.recorders.len(), "recorder"),
    )
}

fn summary_of(problems: &Problems) -> String {
    let files: BTreeSet<_> = problems.0.iter().map(|problem| &problem.file).collect();
    let (problems, files) = (counted(problems.0.len(), "problem"), counted(files.len(), "file"));
    format!("{problems} in {files}; the daemon would not take this configuration")
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
