//! `camwatch replay`: recorded observations through the daemon's own judgement.
//!
//! Everything is read and checked before anything is judged: a bad line changes nothing and prints nothing but itself.

mod pages;

use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use self::pages::Told;
use super::exit;
use crate::config::Config;
use crate::judgement::{Event, Judge, Output, Policy};
use crate::observation::{Observation, Seen};
use crate::store::{Entry, Reader, StoreError, Writer};
use crate::telemetry::Telemetry;

/// Judge recorded observations again, in virtual time
///
/// Reads observations as JSON lines, in the order of their time (what `camwatch probe --json` prints), and prints what
/// the daemon would have decided: changes of state, incidents, and who would have been told of them as if the first channel
/// of each officer took every message at once; one JSON line each. The same input gives the same bytes. Nothing is sent
/// to anybody.
///
/// With --record it also writes the configured record, as the daemon would have, for `report` and `status` to read. It
/// begins a record and never adds to one.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The observations, one JSON object a line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    observations: PathBuf,
    /// Also write the configured record, which must be a new one.
    #[arg(long)]
    record: bool,
}

#[derive(Debug, thiserror::Error)]
enum ReplayError {
    #[error("{name}: {source}; name a file of observations as JSON lines, or - for standard input")]
    Read { name: String, source: io::Error },
    #[error("{0}")]
    BadLines(Problems),
    #[error("writing the events: {0}")]
    Write(io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "the record {path} already holds what was judged up to {until}, and replay begins a new one; \
         name another data_dir in [daemon], or move this record away"
    )]
    Taken { path: String, until: Timestamp },
    #[error("the record {path} could not be written; what went wrong stands in the log")]
    NotWritten { path: String },
}

/// Every line that is no observation, or out of order, as `file:line: problem`.
#[derive(Debug)]
struct Problems(Vec<String>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

pub(crate) fn run(args: &Args) -> u8 {
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    match replay(&config, args) {
        Ok(()) => exit::OK,
        Err(error) => {
            eprintln!("{error}");
            exit::BAD_INPUT
        }
    }
}

fn replay(config: &Config, args: &Args) -> Result<(), ReplayError> {
    let source = Source::open(&args.observations)?;
    check(&source, config)?;
    let mut tape = if args.record { Some(Tape::begin(config)?) } else { None };
    let added = tape.as_ref().map(Tape::maintenance).transpose()?.unwrap_or_default();
    let mut told = Told::new(Judge::new(Policy::new(config, &added)), config);
    let mut out = Printer::new(BufWriter::with_capacity(1 << 16, io::stdout().lock()));
    let mut last = None;
    source.each(|_, line| {
        // Checked already: only a file that was changed meanwhile can have gone bad.
        let observation = line.map_err(|problem| ReplayError::BadLines(Problems(vec![problem])))?;
        last = Some(observation.at);
        let output = told.observe(&observation);
        out.print(&output.events)?;
        if let Some(tape) = &mut tape {
            tape.keep(observation, output);
        } else if out.closed {
            // Nobody reads on, as with `| head`.
            return Ok(false);
        }
        Ok(true)
    })?;
    out.flush()?;
    match (tape, last) {
        (Some(tape), Some(last)) => tape.end(last),
        _ => Ok(()),
    }
}

/// The first of two passes: whether every line is an observation, and none is before the one above it.
fn check(source: &Source, config: &Config) -> Result<(), ReplayError> {
    let mut problems = Vec::new();
    let mut before: Option<(Timestamp, usize)> = None;
    let mut strangers = BTreeSet::new();
    source.each(|number, line| {
        match line {
            Err(problem) => problems.push(problem),
            Ok(observation) => {
                if let Some((at, line)) = before.filter(|(at, _)| *at > observation.at) {
                    problems.push(format!(
                        "{}:{number}: {} is before {at} of line {line}, and observations stand in the order of their time",
                        source.name, observation.at
                    ));
                } else {
                    before = Some((observation.at, number));
                }
                strangers.extend(stranger(&observation.seen, config));
            }
        }
        Ok(true)
    })?;
    if !problems.is_empty() {
        return Err(ReplayError::BadLines(Problems(problems)));
    }
    if !strangers.is_empty() {
        let names: Vec<&str> = strangers.iter().map(String::as_str).collect();
        tracing::warn!(
            "observations of what the configuration does not name change nothing: {}{}",
            names[..names.len().min(10)].join(", "),
            if names.len() > 10 { ", ..." } else { "" }
        );
    }
    Ok(())
}

/// What an observation is of, where the inventory has no such thing.
fn stranger(seen: &Seen, config: &Config) -> Option<String> {
    let inventory = &config.inventory;
    match seen {
        Seen::Camera(seen) if !inventory.cameras.contains_key(&seen.camera) => Some(format!("camera {}", seen.camera)),
        Seen::Gateway { site, .. } if !inventory.sites.contains_key(site) => Some(format!("site {site}")),
        Seen::Recorder(seen) if !inventory.recorders.contains_key(&seen.recorder) => {
            Some(format!("recorder {}", seen.recorder))
        }
        _ => None,
    }
}

/// Lines that can be gone through twice.
struct Source {
    name: String,
    bytes: Bytes,
}

enum Bytes {
    /// Read twice: a month of a province does not fit into memory.
    File(PathBuf),
    /// What can be read but once is kept as it came.
    Memory(Vec<u8>),
}

impl Source {
    fn open(path: &Path) -> Result<Self, ReplayError> {
        let (name, bytes) = if path == Path::new("-") {
            ("<stdin>".to_owned(), Self::slurp(io::stdin().lock()))
        } else {
            let regular = path.metadata().map(|metadata| metadata.is_file());
            let bytes = match regular {
                Ok(true) => Ok(Bytes::File(path.to_owned())),
                Ok(false) => File::open(path).and_then(Self::slurp),
                Err(error) => Err(error),
            };
            (path.display().to_string(), bytes)
        };
        match bytes {
            Ok(bytes) => Ok(Self { name, bytes }),
            Err(source) => Err(ReplayError::Read { name, source }),
        }
    }

    fn slurp(mut from: impl io::Read) -> io::Result<Bytes> {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes)?;
        Ok(Bytes::Memory(bytes))
    }

    /// Gives each line that is not blank, with its number, until told to stop.
    fn each(
        &self,
        mut take: impl FnMut(usize, Result<Observation, String>) -> Result<bool, ReplayError>,
    ) -> Result<(), ReplayError> {
        let unreadable = |source| ReplayError::Read { name: self.name.clone(), source };
        let mut reader: Box<dyn BufRead> = match &self.bytes {
            Bytes::File(path) => Box::new(BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?)),
            Bytes::Memory(bytes) => Box::new(Cursor::new(bytes)),
        };
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            if reader.read_until(b'\n', &mut line).map_err(unreadable)? == 0 {
                break;
            }
            let text = line.trim_ascii();
            if !text.is_empty() && !take(number, self.parse(number, text))? {
                break;
            }
        }
        Ok(())
    }

    fn parse(&self, number: usize, text: &[u8]) -> Result<Observation, String> {
        serde_json::from_slice(text).map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let whole = error.to_string();
            let problem = whole.strip_suffix(&place).unwrap_or(&whole);
            format!("{}:{number}: {problem}", self.name)
        })
    }
}

/// Prints events; whoever stops reading them ends that quietly.
struct Printer<W: Write> {
    out: W,
    closed: bool,
}

impl<W: Write> Printer<W> {
    fn new(out: W) -> Self {
        Self { out, closed: false }
    }

    fn print(&mut self, events: &[Event]) -> Result<(), ReplayError> {
        for event in events {
            if !self.closed {
                let written = serde_json::to_writer(&mut self.out, event)
                    .map_err(io::Error::from)
                    .and_then(|()| self.out.write_all(b"\n"));
                self.outcome(written)?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), ReplayError> {
        let flushed = if self.closed { Ok(()) } else { self.out.flush() };
        self.outcome(flushed)
    }

    fn outcome(&mut self, written: io::Result<()>) -> Result<(), ReplayError> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.map_err(ReplayError::Write),
        }
    }
}

/// The record of a replay: begun by it, and whole only at its end.
struct Tape {
    path: PathBuf,
    writer: Writer,
    begun: bool,
}

impl Tape {
    fn begin(config: &Config) -> Result<Self, ReplayError> {
        let path = config.store.path.clone();
        let writer = Writer::open(&path, config.store.keep_observations, Arc::new(Telemetry::new()))?;
        // Asked only with the lock held, so that no daemon begins one in between.
        if let Some(extent) = Reader::open(&path)?.extent()? {
            return Err(ReplayError::Taken { path: path.display().to_string(), until: extent.to });
        }
        Ok(Self { path, writer, begun: false })
    }

    /// The windows that were added by command: the daemon would have known them.
    fn maintenance(&self) -> Result<Vec<crate::inventory::Maintenance>, ReplayError> {
        let added = Reader::open(&self.path)?.maintenance()?;
        Ok(added.into_iter().map(|added| added.window).collect())
    }

    fn keep(&mut self, observation: Observation, output: Output) {
        if !self.begun {
            self.begun = true;
            self.writer.record_blocking(Entry::Alive(observation.at));
        }
        self.writer.record_blocking(Entry::Observation(observation));
        for change in output.record {
            self.writer.record_blocking(Entry::Change(change));
        }
        for event in output.events {
            self.writer.record_blocking(match event {
                Event::State(event) => Entry::State(event),
                Event::Incident(event) => Entry::Incident(event),
                // Nothing was sent to anybody.
                Event::Page(_) => continue,
            });
        }
    }

    fn end(self, last: Timestamp) -> Result<(), ReplayError> {
        self.writer.record_blocking(Entry::Alive(last));
        if self.writer.flush_blocking() {
            Ok(())
        } else {
            Err(ReplayError::NotWritten { path: self.path.display().to_string() })
        }
    }
}
