//! The text exposition format 0.0.4: families, escaping, numbers.
//!
//! Knows nothing of cameras.

use std::fmt::Write as _;

use jiff::Timestamp;

/// One page in the making. A family's `HELP` and `TYPE` are written with its first sample: no family is empty.
pub struct Writer {
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
}

impl Writer {
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes) }
    }

    /// Begins a family; every sample of it is written before the next family begins. `help` is one line without
    /// backslashes, as all of ours are.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &'static str) -> Family<'_> {
        debug_assert!(!help.contains(['\n', '\\']), "HELP of {name} needs no escaping");
        Family { text: &mut self.text, name, kind, help, begun: false }
    }

    pub fn into_text(self) -> String {
        self.text
    }
}

pub struct Family<'a> {
    text: &'a mut String,
    name: &'static str,
    kind: Kind,
    help: &'static str,
    begun: bool,
}

impl Family<'_> {
    /// One sample. `labels` is a rendered block without braces, empty for none.
    pub fn sample(&mut self, labels: &str, value: f64) {
        self.begin(labels, &[]);
        push_number(self.text, value);
        self.text.push('\n');
    }

    /// One sample with further labels behind a rendered block.
    pub fn sample_with(&mut self, labels: &str, more: &[(&str, &str)], value: f64) {
        self.begin(labels, more);
        push_number(self.text, value);
        self.text.push('\n');
    }

    fn begin(&mut self, labels: &str, more: &[(&str, &str)]) {
        if !self.begun {
            self.begun = true;
            let kind = match self.kind {
                Kind::Counter => "counter",
                Kind::Gauge => "gauge",
            };
            for part in ["# HELP ", self.name, " ", self.help, "\n# TYPE ", self.name, " ", kind, "\n"] {
                self.text.push_str(part);
            }
        }
        self.text.push_str(self.name);
        if !labels.is_empty() || !more.is_empty() {
            self.text.push('{');
            self.text.push_str(labels);
            for (i, (name, value)) in more.iter().enumerate() {
                if i > 0 || !labels.is_empty() {
                    self.text.push(',');
                }
                push_label(self.text, name, value);
            }
            self.text.push('}');
        }
        self.text.push(' ');
    }
}

/// `name="value"` with backslash, quote and newline escaped; any other UTF-8 stands as it is.
pub fn push_label(text: &mut String, name: &str, value: &str) {
    text.push_str(name);
    text.push_str("=\"");
    let mut rest = value;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        text.push_str(&rest[..at]);
        text.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => "\\n",
        });
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
    text.push('"');
}

/// The shortest decimal that reads back as `value`; `NaN`, `+Inf` and `-Inf` as the format spells them.
fn push_number(text: &mut String, value: f64) {
    if value.is_finite() {
        // Writing to a String does not fail.
        let _ = write!(text, "{value}");
    } else if value.is_nan() {
        text.push_str("NaN");
    } else {
        text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    }
}

/// Seconds since 1970 to the millisecond.
#[allow(clippy::cast_precision_loss)] // Milliseconds stay below 2^53 for 285,000 years.
pub fn unix_seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

/// `value` with no more decimals than are known: fewer bytes on a page of a hundred thousand lines.
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    let scaled = (value * scale).round() / scale;
    if scaled.is_finite() { scaled } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_escape_what_the_format_says_and_leave_vietnamese_alone() {
        let mut text = String::new();
        push_label(&mut text, "name", "Cầu \"Yên\\Lệnh\"\nđi Hưng Yên");
        assert_eq!(text, r#"name="Cầu \"Yên\\Lệnh\"\nđi Hưng Yên""#);
    }

    #[test]
    fn numbers_are_spelt_as_the_format_spells_them() {
        let spelt = |value| {
            let mut text = String::new();
            push_number(&mut text, value);
            text
        };
        assert_eq!(spelt(0.0), "0");
        assert_eq!(spelt(-0.25), "-0.25");
        assert_eq!(spelt(1_793_491_200.123), "1793491200.123");
        assert_eq!(spelt(4_000_000_000_000.0), "4000000000000");
        assert_eq!(spelt(f64::NAN), "NaN");
        assert_eq!(spelt(f64::INFINITY), "+Inf");
        assert_eq!(spelt(f64::NEG_INFINITY), "-Inf");
    }

    #[test]
    fn a_family_without_samples_leaves_no_trace_and_its_head_stands_once() {
        let mut out = Writer::with_capacity(0);
        let _ = out.family("empty", Kind::Gauge, "Nothing.");
        let mut family = out.family("x_total", Kind::Counter, "Things.");
        family.sample("", 1.0);
        family.sample_with(r#"a="1""#, &[("b", "2")], 2.0);
        family.sample_with("", &[("b", "2")], 3.0);
        assert_eq!(
            out.into_text(),
            "# HELP x_total Things.\n# TYPE x_total counter\nx_total 1\nx_total{a=\"1\",b=\"2\"} 2\nx_total{b=\"2\"} 3\n"
        );
    }
}
