//! A secret that cannot be printed by accident.
//!
//! Knows nothing of where secrets come from; `config` reads them.

use std::fmt;

/// A password or token. `Debug` shows `***`, there is no `Display` and no `Serialize`.
///
/// A trailing newline, as editors leave it in a file, is no part of a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.strip_suffix('\n').unwrap_or(text);
        Self(text.strip_suffix('\r').unwrap_or(text).to_owned())
    }

    /// The secret itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Whether two secrets are the same, in a time that says nothing of where they differ.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_trailing_newline_is_no_part_of_a_secret_and_nothing_prints_it() {
        assert_eq!(Secret::new("pa ss\r\n").expose(), "pa ss");
        assert_eq!(Secret::new("pa\n\n").expose(), "pa\n");
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }
}
