//! A typed reader over a TOML document that finds every problem, not only the first.
//!
//! serde stops at its first error, so this walks the tree of the `toml` crate instead. What cannot be read is told to
//! the [`Log`] and read as absent; the walk goes on. Knows how to read, not what the tables are.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{At, Log, Mark};
use super::raw;

/// A value of the document and what to call it.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    /// Its key.
    pub name: &'a str,
    pub value: &'a Spanned<DeValue<'a>>,
    pub file: usize,
}

impl Node<'_> {
    pub fn mark(&self) -> Mark {
        Mark { file: self.file, offset: self.value.span().start }
    }

    /// Tells that the value has the wrong type.
    pub fn mistyped(&self, log: &mut Log, expected: &str) {
        let found = match self.value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        };
        log.problem(self.mark(), format!("{} is {found}, expected {expected}", self.name));
    }
}

/// What can be read from a value of the document.
pub(super) trait Read: Sized {
    /// `None` where it cannot be read, which then has been told.
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self>;
}

/// What is written as a string.
pub(super) trait Text: Sized {
    /// What one looks like, with an example.
    fn expected() -> String;

    /// # Errors
    /// What is wrong with the text and what is expected, to be put after the key's name.
    fn from_text(text: &str) -> Result<Self, String>;
}

impl<T: Text> Read for T {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let DeValue::String(text) = node.value.get_ref() else {
            node.mistyped(log, &T::expected());
            return None;
        };
        T::from_text(text).map_err(|fault| log.problem(node.mark(), format!("{} {fault}", node.name))).ok()
    }
}

/// What cannot be read is left out, so that one bad element hides no problem of another.
impl<T: Read> Read for Vec<At<T>> {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        match node.value.get_ref() {
            DeValue::Array(array) => Some(
                array
                    .iter()
                    .filter_map(|value| {
                        let element = Node { value, ..node };
                        Some(At { value: T::read(element, log)?, mark: element.mark() })
                    })
                    .collect(),
            ),
            DeValue::Table(_) => {
                let name = node.name;
                log.problem(node.mark(), format!("[{name}] is one table, expected a list of them: write [[{name}]]"));
                None
            }
            _ => {
                node.mistyped(log, "an array");
                None
            }
        }
    }
}

/// What was tried to be written: one that cannot be read has been told, and is not missing as well.
#[derive(Debug, Clone)]
pub(super) struct Tried<T>(pub Option<T>);

impl<T: Read> Read for Tried<T> {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        Some(Self(T::read(node, log)))
    }
}

/// A table whose keys are the operator's own.
#[derive(Debug)]
pub(super) struct Entries<T>(pub Vec<(At<String>, At<T>)>);

impl<T: Read> Read for Entries<T> {
    fn read(node: Node<'_>, log: &mut Log) -> Option<Self> {
        let table = table(node, log)?;
        let mut entries = Vec::new();
        for (key, value) in table {
            let entry = Node { name: key.get_ref(), value, file: node.file };
            if let Some(read) = T::read(entry, log) {
                let key_mark = Mark { file: node.file, offset: key.span().start };
                let key = At { value: key.get_ref().to_string(), mark: key_mark };
                entries.push((key, At { value: read, mark: entry.mark() }));
            }
        }
        Some(Self(entries))
    }
}

/// The table that a node is, told if it is none.
pub(super) fn table<'a>(node: Node<'a>, log: &mut Log) -> Option<&'a DeTable<'a>> {
    match node.value.get_ref() {
        DeValue::Table(table) => Some(table),
        DeValue::Array(array) if array.iter().all(|element| element.get_ref().is_table()) && !array.is_empty() => {
            let name = node.name;
            log.problem(node.mark(), format!("[[{name}]] is a list of tables, expected one: write [{name}]"));
            None
        }
        _ => {
            node.mistyped(log, "a table");
            None
        }
    }
}

/// Reads one key of a table.
pub(super) fn key<T: Read>(name: &str, table: &DeTable<'_>, file: usize, log: &mut Log) -> Option<At<T>> {
    let node = Node { name, value: table.get(name)?, file };
    Some(At { value: T::read(node, log)?, mark: node.mark() })
}

/// Tells every key of a table that the schema does not know.
pub(super) fn refuse_unknown(label: &str, known: &[&str], table: &DeTable<'_>, file: usize, log: &mut Log) {
    let place = if label.is_empty() { String::new() } else { format!(" in {label}") };
    for key in table.keys() {
        let name: &str = key.get_ref();
        // The parser puts an empty key where it found none, and has told so.
        if known.contains(&name) || (name.is_empty() && log.is_torn(file)) {
            continue;
        }
        let mark = Mark { file, offset: key.span().start };
        // Of keys that are there only to be refused none is proposed.
        let known = known.iter().copied().filter(|key| !known.contains(&format!("{key}_file").as_str()));
        let elsewhere: Vec<_> =
            raw::SCHEMA.iter().filter(|(_, keys)| keys.contains(&name)).map(|(label, _)| *label).collect();
        let remedy = match (slip(name, known.clone()), elsewhere.as_slice()) {
            (None, [only]) if !only.is_empty() => format!("expected it in {only}"),
            _ => nearest(name, known),
        };
        // Never with its value.
        log.problem(mark, format!("unknown key {name:?}{place}, {remedy}"));
    }
}

/// Tells every key of a table that must be there and is not.
pub(super) fn require(label: &str, required: &[&str], table: &DeTable<'_>, at: Mark, log: &mut Log) {
    if log.is_torn(at.file) {
        return;
    }
    let missing: Vec<_> = required.iter().filter(|name| !table.contains_key(**name)).copied().collect();
    if !missing.is_empty() {
        let verb = if missing.len() == 1 { "is" } else { "are" };
        log.problem(at, format!("{label} lacks {}, which {verb} required", listed(&missing, "and")));
    }
}

/// What was probably meant: up to a third of the letters wrong is a slip, more is another word.
fn slip<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let length = word.chars().count();
    let tolerance = (length / 3).max(1);
    let lower = word.to_lowercase();
    known
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= tolerance)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean "..."?` with the nearest of what is known, or else all of it.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str> + Clone) -> String {
    if let Some(candidate) = slip(word, known.clone()) {
        return format!("did you mean {candidate:?}?");
    }
    let known: Vec<_> = known.collect();
    match known.as_slice() {
        [] => "there is none".to_owned(),
        [only] => format!("expected {only:?}"),
        // A long list helps nobody.
        known if known.len() > 24 => format!("expected one of the {} known ones", known.len()),
        known => format!("expected one of {}", listed(known, "or")),
    }
}

/// `a, b and c`.
fn listed(words: &[&str], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} {conjunction} {last}", most.join(", ")),
    }
}

/// Declares tables of the schema: their label in messages, their keys, the type of each, and which are required.
///
/// Each becomes a struct of optional fields with the place of every value (what was written, no more), and a [`Read`]
/// that also tells unknown and missing keys.
macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident in $label:literal {
        $($(#[$key_doc:meta])* $key:ident: $type:ty $(= $required:ident)?,)*
    })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Default)]
            #[allow(clippy::struct_field_names)] // They are the operator's words.
            pub(in crate::config) struct $name {
                $($(#[$key_doc])* pub $key: Option<$crate::config::problem::At<$type>>,)*
            }

            impl $name {
                pub const KEYS: &[&str] = &[$($crate::config::read::key_name(stringify!($key))),*];
                const REQUIRED: &[&str] = &[$($($crate::config::read::required_key(stringify!($key), stringify!($required)),)?)*];
            }

            impl $crate::config::read::Read for $name {
                fn read(node: $crate::config::read::Node<'_>, log: &mut $crate::config::problem::Log) -> Option<Self> {
                    use $crate::config::read;
                    let table = read::table(node, log)?;
                    read::refuse_unknown($label, Self::KEYS, table, node.file, log);
                    read::require($label, Self::REQUIRED, table, node.mark(), log);
                    Some(Self {
                        $($key: read::key(read::key_name(stringify!($key)), table, node.file, log),)*
                    })
                }
            }
        )*

        /// Every table of the schema, with its keys.
        pub(in crate::config) const SCHEMA: &[(&str, &[&str])] = &[$(($label, $name::KEYS)),*];
    };
}
pub(super) use tables;

/// The key of a field, which may be named `r#...` where Rust has a use of its own for the word.
pub(super) const fn key_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// Only `required` says so, which the compiler checks here.
pub(super) const fn required_key(field: &'static str, word: &str) -> &'static str {
    assert!(matches!(word.as_bytes(), b"required"), "a key is required or nothing is said");
    key_name(field)
}
