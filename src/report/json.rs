//! The report as JSON: the model itself, indented, with a newline at its end.

use std::io::{self, Write};

use super::Report;

impl Report {
    /// # Errors
    /// Those of `out`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }
}
