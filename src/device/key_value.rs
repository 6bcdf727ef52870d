//! The `table.Record[0].Enable=true` lines of Dahua's CGI as a lookup.
//!
//! Lines come in any order, end in CR LF or LF, and are in whatever encoding the device has; there are bounds on bytes
//! and lines. Knows no device's words.

use std::collections::BTreeSet;
use std::ops::Range;

/// The largest body that is read: the encoder settings of 128 channels are about as much.
const MAX_BYTES: usize = 2 << 20;
const MAX_LINES: usize = 1 << 16;

/// Why a body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyValueError {
    #[error("{0} bytes of key=value lines, more than the {MAX_BYTES} that are read")]
    TooLarge(usize),
    #[error("more than {0} key=value lines")]
    TooMany(usize),
    #[error("no key=value lines, but {0:?}")]
    NoPairs(String),
}

/// Pairs by key. Of a key that comes twice the first counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeyValues {
    text: String,
    /// Where keys and values lie in the text, by key.
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl KeyValues {
    /// Reads a body; an empty one has no pairs.
    ///
    /// # Errors
    /// Where it is beyond the bounds, or not empty and without any pair.
    pub fn parse(body: &[u8]) -> Result<Self, KeyValueError> {
        if body.len() > MAX_BYTES {
            return Err(KeyValueError::TooLarge(body.len()));
        }
        let text = String::from_utf8_lossy(body).into_owned();
        let mut pairs = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive(['\n', '\r']) {
            let start = at;
            at += line.len();
            let Some(equals) = line.find('=') else { continue };
            if pairs.len() == MAX_LINES {
                return Err(KeyValueError::TooMany(MAX_LINES));
            }
            let key = trimmed(&text, start..start + equals);
            if !key.is_empty() {
                pairs.push((key, trimmed(&text, start + equals + 1..at)));
            }
        }
        if pairs.is_empty() && !text.trim().is_empty() {
            let line = text.trim().lines().next().unwrap_or_default();
            return Err(KeyValueError::NoPairs(line.chars().take(60).collect()));
        }
        pairs.sort_by(|(a, _), (b, _)| text[a.clone()].cmp(&text[b.clone()]));
        Ok(Self { text, pairs })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The value of a key, trimmed; `None` where the key is not there.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        let (found, value) = self.pairs.get(self.from(key))?;
        (&self.text[found.clone()] == key).then(|| &self.text[value.clone()])
    }

    /// Every key that begins so, with its value, in the order of keys.
    pub fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pairs[self.from(prefix)..]
            .iter()
            .map(|(key, value)| (&self.text[key.clone()], &self.text[value.clone()]))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// The numbers of `prefix[0]`, `prefix[1]`, …
    #[must_use]
    pub fn indexes(&self, prefix: &str) -> BTreeSet<u32> {
        let open = format!("{prefix}[");
        let index = |key: &str| key.strip_prefix(&open)?.split_once(']')?.0.parse().ok();
        self.under(&open).filter_map(|(key, _)| index(key)).collect()
    }

    /// Where keys from this one on begin.
    fn from(&self, key: &str) -> usize {
        self.pairs.partition_point(|(other, _)| &self.text[other.clone()] < key)
    }
}

/// The part of a range that is not white space.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_found_by_key_whatever_their_order_and_ends() {
        let body = "table.X[1].Y=b = c\r\ntable.X[0].Y= a \ntable.X[10].Y=\r\n\r\nOK\r\ntable.X[0].Y=again";
        let values = KeyValues::parse(body.as_bytes()).unwrap();
        assert_eq!(values.get("table.X[0].Y"), Some("a"));
        assert_eq!(values.get("table.X[1].Y"), Some("b = c"));
        assert_eq!(values.get("table.X[10].Y"), Some(""));
        assert_eq!(values.get("table.X[2].Y"), None);
        assert_eq!(values.get("table"), None);
        assert_eq!(values.indexes("table.X").into_iter().collect::<Vec<_>>(), [0, 1, 10]);
        assert_eq!(values.under("table.X[1].").collect::<Vec<_>>(), [("table.X[1].Y", "b = c")]);
    }

    #[test]
    fn an_empty_body_has_no_pairs_and_another_without_is_told() {
        assert!(KeyValues::parse(b" \r\n").unwrap().is_empty());
        let error = KeyValues::parse(b"Error\r\nBad Request!").unwrap_err();
        assert_eq!(error, KeyValueError::NoPairs("Error".into()));
        assert!(KeyValues::parse(b"<html>\n<a href=x>").is_ok(), "keys of which nobody asks");
    }

    #[test]
    fn bounds_hold() {
        assert_eq!(KeyValues::parse(&vec![b'='; MAX_BYTES + 1]), Err(KeyValueError::TooLarge(MAX_BYTES + 1)));
        let many = "a=\n".repeat(MAX_LINES + 1);
        assert_eq!(KeyValues::parse(many.as_bytes()), Err(KeyValueError::TooMany(MAX_LINES)));
    }

    #[test]
    fn an_index_that_is_no_number_is_no_index() {
        let values = KeyValues::parse(b"a[x].b=1\na[].b=1\na[-1]=1\na[99999999999]=1\na[7=1\na[3]=1").unwrap();
        assert_eq!(values.indexes("a").into_iter().collect::<Vec<_>>(), [3]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_pairs_or_an_error(body in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(values) = KeyValues::parse(&body) {
                let keys: Vec<_> = values.under("").map(|(key, _)| key.to_owned()).collect();
                for key in keys {
                    prop_assert!(values.get(&key).is_some());
                }
            }
        }
    }
}
