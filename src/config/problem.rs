//! Where something stands in the operator's files, and what is wrong there.
//!
//! Positions are kept as offsets and become line and column only when a problem is told. Knows nothing of what the
//! files mean.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// Something wrong (or unwise) in a file, and what is expected instead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub file: PathBuf,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// `problem, and what is expected`.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file.display(), self.line, self.column, self.text)
    }
}

/// Every problem of a configuration, in the order of files and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A place in one of the files: which, and the byte in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub file: usize,
    pub offset: usize,
}

impl Mark {
    /// Where a file begins: the place of what has no other.
    pub fn start(file: usize) -> Self {
        Self { file, offset: 0 }
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<T> {
    pub value: T,
    pub mark: Mark,
}

/// A file that was read.
#[derive(Debug)]
struct Source {
    path: PathBuf,
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// The lines that are no TOML: what seems missing from the file may stand there.
    torn: BTreeSet<usize>,
}

/// The files that were read and what was found in them.
#[derive(Debug, Default)]
pub(super) struct Log {
    sources: Vec<Source>,
    problems: Vec<(Mark, String)>,
    warnings: Vec<(Mark, String)>,
}

impl Log {
    /// Adds a file, and gives the number that stands for it in marks.
    pub fn add(&mut self, path: &Path, text: &str) -> usize {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        self.sources.push(Source { path: path.to_owned(), text: text.to_owned(), lines, torn: BTreeSet::new() });
        self.sources.len() - 1
    }

    /// Tells a problem; not where the text itself is torn, since what was read there is a guess.
    pub fn problem(&mut self, mark: Mark, text: impl Into<String>) {
        let torn = &self.sources[mark.file].torn;
        if torn.is_empty() || !torn.contains(&self.line_and_column(mark).0) {
            self.problems.push((mark, text.into()));
        }
    }

    pub fn warning(&mut self, mark: Mark, text: impl Into<String>) {
        self.warnings.push((mark, text.into()));
    }

    /// Tells that part of a file was not understood: nothing is called missing from it any more.
    pub fn torn(&mut self, mark: Mark, text: impl Into<String>) {
        let (line, _) = self.line_and_column(mark);
        self.sources[mark.file].torn.insert(line);
        self.problems.push((mark, text.into()));
    }

    pub fn is_torn(&self, file: usize) -> bool {
        !self.sources[file].torn.is_empty()
    }

    pub fn any_torn(&self) -> bool {
        self.sources.iter().any(|source| !source.torn.is_empty())
    }

    /// The path, relative to the file that names it.
    pub fn resolve(&self, mark: Mark, path: &str) -> PathBuf {
        self.sources[mark.file].path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// `file:line`, to point from one place to another.
    pub fn place(&self, mark: Mark) -> String {
        let (line, _) = self.line_and_column(mark);
        format!("{}:{line}", self.sources[mark.file].path.display())
    }

    fn line_and_column(&self, mark: Mark) -> (usize, usize) {
        let Source { text, lines, .. } = &self.sources[mark.file];
        let mut end = mark.offset.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let line = lines.partition_point(|start| *start <= end);
        let before = &text[lines[line - 1]..end];
        // The byte order mark that some editors leave is no column.
        (line, before.trim_start_matches('\u{feff}').chars().count() + 1)
    }

    fn told(&self, found: &[(Mark, String)]) -> Vec<Problem> {
        let mut told: Vec<Problem> = found
            .iter()
            .map(|(mark, text)| {
                let (line, column) = self.line_and_column(*mark);
                Problem { file: self.sources[mark.file].path.clone(), line, column, text: text.clone() }
            })
            .collect();
        told.sort();
        told.dedup();
        told
    }

    /// The problems, or the warnings where there are none.
    pub fn verdict(&self) -> Result<Vec<Problem>, Problems> {
        if self.problems.is_empty() { Ok(self.told(&self.warnings)) } else { Err(Problems(self.told(&self.problems))) }
    }
}
