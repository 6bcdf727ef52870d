//! `camwatch report`: the month's report from the record.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use jiff::Timestamp;

use super::exit;
use crate::inventory::{CommuneId, FundId, SiteId};
use crate::ledger::Month;
use crate::report::{Dossier, Report, ReportError, Selection};
use crate::store::Reader;

/// Make a month's report from the record
///
/// Reads the record, beside a running daemon or without one, and changes nothing. Months are calendar months in the
/// daemon's time zone. Seconds before the record begins and after its end count as unknown, so the report of a month
/// that still runs says how little of it is known yet.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: camwatch report --config camwatch.toml --month 2026-10 --format csv --output october.csv"
)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The calendar month, as in 2026-10.
    #[arg(long, value_name = "YYYY-MM")]
    month: Month,
    #[command(flatten)]
    about: About,
    /// The language of the texts; json and csv have none. Default: the fund's, or the daemon's.
    #[arg(long, value_enum)]
    lang: Option<Lang>,
    /// What to make. pdf, html and xlsx are not there yet.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Where to; standard output where this is not said. Written whole or not at all.
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct About {
    /// Only the cameras of this fund.
    #[arg(long, value_name = "ID")]
    fund: Option<FundId>,
    /// Only the cameras of this commune.
    #[arg(long, value_name = "ID")]
    commune: Option<CommuneId>,
    /// Only the cameras of this site.
    #[arg(long, value_name = "ID")]
    site: Option<SiteId>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Lang {
    Vi,
    En,
    Ko,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Csv,
    Pdf,
    Html,
    Xlsx,
}

pub(crate) fn run(args: &Args) -> u8 {
    let write: fn(&Report, &mut dyn io::Write) -> io::Result<()> = match args.format {
        Format::Json => Report::write_json,
        Format::Csv => Report::write_csv,
        Format::Pdf | Format::Html | Format::Xlsx => {
            let name = args.format.to_possible_value().expect("every format has a name");
            eprintln!("--format {} is not there yet; json and csv are", name.get_name());
            return exit::BAD_INPUT;
        }
    };
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let selection = match &args.about {
        About { fund: Some(id), .. } => Selection::Fund(id.clone()),
        About { commune: Some(id), .. } => Selection::Commune(id.clone()),
        About { site: Some(id), .. } => Selection::Site(id.clone()),
        _ => Selection::All,
    };
    let made = Reader::open(&config.store.path)
        .map_err(ReportError::from)
        .and_then(|reader| Dossier::make(&config, &reader, args.month, &selection, Timestamp::now(), &mut |_, _| {}))
        .map(|dossier| dossier.report);
    let report = match made {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{error}");
            return match error {
                ReportError::Store(_) => exit::FAILED,
                _ => exit::BAD_INPUT,
            };
        }
    };
    let mut bytes = Vec::new();
    write(&report, &mut bytes).expect("memory takes every byte");
    match put(args.output.as_deref(), &bytes) {
        Ok(()) => exit::OK,
        Err(problem) => {
            eprintln!("{problem}");
            exit::FAILED
        }
    }
}

/// To standard output, or to a file that is there whole or not at all.
fn put(output: Option<&Path>, bytes: &[u8]) -> Result<(), String> {
    let Some(path) = output else {
        return match io::stdout().lock().write_all(bytes).and_then(|()| io::stdout().flush()) {
            // Whoever reads has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|error| format!("writing the report to standard output: {error}")),
        };
    };
    let failed = |error: io::Error| format!("writing the report to {}: {error}", path.display());
    // A device or a pipe is written to; only a file can be replaced.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return fs::write(path, bytes).map_err(failed);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path)).map_err(|error| {
        // What could not be put in its place is of no use where it is.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
