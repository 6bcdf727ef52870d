//! Which files there are, and their text as a tree.
//!
//! Patterns are plain on purpose: `*` in the last part of a path. Knows nothing of what the tables mean.

use std::io;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{At, Log, Mark};
use super::raw::Document;
use super::read::{Node, Read as _};
use super::value::FilePath;

/// The text of a file, or `None` and the problem told.
pub(super) fn text_of(path: &Path, log: &mut Log, expected: &str) -> Option<(usize, String)> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let file = log.add(path, "");
            log.torn(Mark::start(file), format!("the file {}, expected {expected}", fault(&error)));
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some((log.add(path, &text), text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
            let file = log.add(path, &text);
            log.torn(Mark { file, offset: valid }, "the text is not UTF-8, expected the file saved as UTF-8");
            None
        }
    }
}

/// What is wrong with a file, to be put after its name.
pub(super) fn fault(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        io::ErrorKind::InvalidData => "is not UTF-8".to_owned(),
        _ => format!("cannot be read ({error})"),
    }
}

/// Reads a file's text: what was written in it, every fault of form told.
pub(super) fn document(file: usize, text: &str, log: &mut Log) -> Document {
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let offset = error.span().map_or(text.len(), |span| span.start);
        // The parser's own messages hold no text of the file, so no secret; a key is none.
        let text = match (error.message().trim_end(), error.span().and_then(|span| text.get(span))) {
            ("duplicate key", Some(key)) if key.len() <= 64 => {
                format!("the key {key:?} stands here a second time, expected it once in a table")
            }
            (message, _) if message.starts_with("string values must be quoted") => {
                "the value is missing or stands without quotes, expected \"...\" around a text".to_owned()
            }
            (message, _) => format!("the file is no TOML here: {}", message.replace('\n', " ")),
        };
        log.torn(Mark { file, offset }, text);
    }
    let root = Spanned::new(tree.span(), DeValue::Table(tree.into_inner()));
    let node = Node { name: "the file", value: &root, file };
    Document::read(node, log).expect("the root of a document is a table")
}

/// The files that a pattern names, in the order of their names; `None` where the pattern itself is wrong (told).
pub(super) fn matching(pattern: &At<FilePath>, log: &mut Log) -> Option<Vec<PathBuf>> {
    let path = log.resolve(pattern.mark, &pattern.value.0);
    let (Some(name), Some(directory)) = (path.file_name().and_then(|name| name.to_str()), path.parent()) else {
        log.problem(pattern.mark, "inventory names no file, expected a path such as \"inventory/*.toml\"");
        return None;
    };
    if directory.to_str().is_some_and(|directory| directory.contains('*')) {
        log.problem(
            pattern.mark,
            "inventory has a * before the last part of the path, expected one only there, as in \"inventory/*.toml\"",
        );
        return None;
    }
    if !is_pattern(name) {
        return Some(if path.exists() { vec![path] } else { Vec::new() });
    }
    let listed = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let mut found: Vec<PathBuf> = std::fs::read_dir(listed)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        // As a shell does: a hidden file (an editor's backup) is matched only by a pattern that begins with a dot.
        .filter(|candidate| matches(name, candidate) && (name.starts_with('.') || !candidate.starts_with('.')))
        .map(|candidate| directory.join(candidate))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    Some(found)
}

pub(super) fn is_pattern(path: &str) -> bool {
    path.contains('*')
}

/// Whether a name fits a pattern, in which `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, rest)) => name.strip_prefix(head).is_some_and(|tail| {
            tail.char_indices().map(|(at, _)| at).chain([tail.len()]).any(|at| matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters_of_a_name() {
        for (pattern, name) in
            [("*.toml", "a.toml"), ("*", ""), ("a*b*c", "a-bb-c"), ("x.toml", "x.toml"), ("*ộ*", "Mộc")]
        {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("*.toml", "a.toml~"), ("a*", "b"), ("a*b", "a"), ("", "a")] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
