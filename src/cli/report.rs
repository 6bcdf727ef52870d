//! `camwatch report`: the month's report, from the record or as it was closed.

use std::error::Error;
use std::fs;
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::ValueEnum;
use jiff::Timestamp;

use super::exit;
use crate::inventory::{CommuneId, FundId, Language, SiteId};
use crate::ledger::Month;
use crate::report::{self, Asker, Edition, ReportError, Shown, whole_file};

/// Progress is shown of what takes longer than this.
const SHORT: Duration = Duration::from_secs(1);
/// And so often.
const EVERY: Duration = Duration::from_millis(200);

/// Make a month's report from the record
///
/// Reads the record, beside a running daemon or without one, and changes nothing. Months are calendar months in the
/// daemon's time zone. Seconds before the record begins and after its end count as unknown, so the report of a month
/// that still runs says how little of it is known yet. A month that the daemon has closed is shown as it was closed,
/// with what was corrected since.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  camwatch report --config camwatch.toml --month 2026-10 --fund truong-hoc --format pdf --output truong-hoc.pdf
  camwatch report --config camwatch.toml --month 2026-10 --commune moc-nam --notice --format html --output cong-khai.html
  camwatch report --config camwatch.toml --month 2026-10 --format json | jq .groups")]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The calendar month, as in 2026-10.
    #[arg(long, value_name = "YYYY-MM")]
    month: Month,
    #[command(flatten)]
    about: About,
    /// The one-page notice for the village hall, in place of the commune's administrative report.
    #[arg(long, requires = "commune")]
    notice: bool,
    /// The language of the texts; json and csv have none. Default: the fund's, or the daemon's.
    #[arg(long, value_enum)]
    lang: Option<Lang>,
    /// What to make: pdf and html to read, xlsx and csv to count with, json for programs.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Where to; standard output where this is not said. Written whole or not at all.
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct About {
    /// Only the cameras of this fund: a page for who paid.
    #[arg(long, value_name = "ID")]
    fund: Option<FundId>,
    /// Only the cameras of this commune: its administrative report, a draft to be numbered and signed.
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

impl From<Lang> for Language {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Vi => Self::Vietnamese,
            Lang::En => Self::English,
            Lang::Ko => Self::Korean,
        }
    }
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
            Format::Pdf => Self::Pdf,
            Format::Html => Self::Html,
            Format::Xlsx => Self::Xlsx,
        }
    }
}

impl Args {
    fn edition(&self) -> Edition {
        match &self.about {
            About { fund: Some(id), .. } => Edition::Funder(id.clone()),
            About { commune: Some(id), .. } if self.notice => Edition::Notice(id.clone()),
            About { commune: Some(id), .. } => Edition::Commune(id.clone()),
            About { site: Some(id), .. } => Edition::Site(id.clone()),
            _ => Edition::Province,
        }
    }
}

pub(crate) fn run(args: &Args) -> u8 {
    let format = report::Format::from(args.format);
    if format.is_binary() && args.output.is_none() && io::stdout().is_terminal() {
        eprintln!("{} is nothing to read on a terminal; write --output FILE", format.as_str());
        return exit::BAD_INPUT;
    }
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let edition = args.edition();
    let mut progress = Progress::new();
    let shown =
        Shown::of(&config, args.month, &edition.selection(), Timestamp::now(), Asker::Anybody, &mut |done, of| {
            progress.show(done, of);
        });
    progress.end();
    let shown = match shown {
        Ok(shown) => shown,
        Err(error) => return failed(&error),
    };
    let language = args.lang.map_or_else(|| edition.language(&shown.dossier), Language::from);
    let draw = |out: &mut dyn Write| shown.draw(&edition, language, format, out);
    let put = match args.output.as_deref() {
        None => to_standard_output(draw),
        // A device or a pipe is written to; only a file can be replaced.
        Some(path) if fs::metadata(path).is_ok_and(|found| !found.is_file()) => to_device(path, draw),
        Some(path) => whole_file::write(path, draw),
    };
    if let Err(error) = put {
        let to = args.output.as_ref().map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
        eprintln!("writing the report to {to}: {error}");
        return exit::FAILED;
    }
    if let Some(closed) = &shown.closed {
        let amendments = match closed.amendments {
            0 => "without corrections since".to_owned(),
            1 => "with 1 correction since".to_owned(),
            more => format!("with {more} corrections since"),
        };
        eprintln!(
            "{} is closed, as of {}, {amendments}; SHA-256 of its figures {}",
            args.month, shown.dossier.report.generated_at, closed.hash
        );
    }
    exit::OK
}

fn failed(error: &ReportError) -> u8 {
    eprintln!("{error}");
    match error {
        ReportError::Unknown { .. } | ReportError::NotBegun { .. } | ReportError::BeforeRecord { .. } => {
            exit::BAD_INPUT
        }
        _ => exit::FAILED,
    }
}

fn to_standard_output(draw: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>) -> Result<(), ReportError> {
    let mut out = BufWriter::new(io::stdout().lock());
    match draw(&mut out).and_then(|()| Ok(out.flush()?)) {
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => {
            // What is left in the buffer has nowhere to go.
            let _ = out.into_parts();
            Ok(())
        }
        other => other,
    }
}

/// Of whatever format.
fn is_broken_pipe(error: &ReportError) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    if let ReportError::Write(error) = error {
        cause = Some(error);
    }
    std::iter::from_fn(|| {
        let this = cause?;
        cause = this.source();
        Some(this)
    })
    .filter_map(|cause| cause.downcast_ref::<io::Error>())
    .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn to_device(path: &Path, draw: impl FnOnce(&mut dyn Write) -> Result<(), ReportError>) -> Result<(), ReportError> {
    let mut out = BufWriter::new(fs::File::options().write(true).open(path)?);
    draw(&mut out)?;
    Ok(out.flush()?)
}

/// How far a long making has come, on one line of a terminal.
struct Progress {
    is_terminal: bool,
    begun: Instant,
    shown: Option<Instant>,
}

impl Progress {
    fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal(), begun: Instant::now(), shown: None }
    }

    fn show(&mut self, done: usize, of: usize) {
        let is_fresh = self.shown.is_some_and(|shown| shown.elapsed() < EVERY);
        if self.is_terminal && self.begun.elapsed() > SHORT && !is_fresh {
            eprint!("\rreading the record: camera {done} of {of}");
            self.shown = Some(Instant::now());
        }
    }

    /// Leaves the line as it was.
    fn end(&self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[2K");
        }
    }
}
