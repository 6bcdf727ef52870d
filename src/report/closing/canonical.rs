//! JSON in the one form that can be hashed: that of RFC 8785 (JCS).
//!
//! Keys in the order of their UTF-16 code units, no space between anything, numbers as ECMAScript prints them (the
//! fewest digits that read back as the same double), strings with the fewest escapes.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

use super::super::Report;

/// What a month came to, without when that was made: what is hashed of it.
///
/// # Errors
/// Those of `out`.
pub fn figures(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    // By hand, in the order of the keys: a province's figures as one tree would take many times their size.
    out.write_all(b"{\"cameras\":")?;
    list(&report.cameras, out)?;
    out.write_all(b",\"groups\":")?;
    list(&report.groups, out)?;
    out.write_all(b",\"month\":")?;
    write(&report.month, out)?;
    out.write_all(b",\"timezone\":")?;
    write(&report.timezone, out)?;
    out.write_all(b"}")
}

/// The SHA-256 of a report's [`figures`], in hex.
#[must_use]
pub fn hash(report: &Report) -> String {
    let mut hash = Hash::default();
    figures(report, &mut hash).expect("a hash takes every byte");
    hash.hex()
}

/// Takes bytes and keeps their SHA-256.
#[derive(Default)]
pub(super) struct Hash(Sha256);

impl Hash {
    pub fn hex(self) -> String {
        hex::encode(self.0.finalize())
    }
}

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn list<T: Serialize>(items: &[T], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"[")?;
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            out.write_all(b",")?;
        }
        write(item, out)?;
    }
    out.write_all(b"]")
}

/// Anything that is JSON, in this form.
///
/// # Errors
/// Those of `out`, and where it cannot be said in JSON.
pub(super) fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    tree(&serde_json::to_value(value)?, out)
}

fn tree(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    match value {
        Value::Number(number) => out.write_all(written(number).as_bytes()),
        Value::Array(items) => {
            out.write_all(b"[")?;
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.write_all(b",")?;
                }
                tree(item, out)?;
            }
            out.write_all(b"]")
        }
        Value::Object(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.write_all(b"{")?;
            for (n, (key, value)) in entries.into_iter().enumerate() {
                if n > 0 {
                    out.write_all(b",")?;
                }
                serde_json::to_writer(&mut *out, key)?;
                out.write_all(b":")?;
                tree(value, out)?;
            }
            out.write_all(b"}")
        }
        // This library's strings are those of the RFC.
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(serde_json::to_writer(out, value)?),
    }
}

/// A number as ECMAScript prints it. Whole numbers beyond 2^53 are doubles there, and so here.
fn written(number: &Number) -> String {
    const EXACT: u64 = 1 << 53;
    if let Some(whole) = number.as_u64().filter(|whole| *whole <= EXACT) {
        return whole.to_string();
    }
    if let Some(whole) = number.as_i64().filter(|whole| whole.unsigned_abs() <= EXACT) {
        return whole.to_string();
    }
    double(number.as_f64().unwrap_or_default())
}

/// ECMA-262, `Number::toString`.
fn double(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    // The JSON library's digits are the fewest that read back, of those the nearest, and of two as near the even ones,
    // as here. The standard library's are not the even ones.
    let shortest = serde_json::to_string(&x.abs()).unwrap_or_default();
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let length = |text: &str| i32::try_from(text.len()).unwrap_or(i32::MAX);
    let all = format!("{whole}{part}");
    let digits = all.trim_start_matches('0');
    // The value is 0.DIGITS times ten to the power of `point`.
    let point = exponent.parse::<i32>().unwrap_or_default() + length(whole) - (length(&all) - length(digits));
    let digits = digits.trim_end_matches('0').to_owned();
    let count = length(&digits);
    let zeros = |n: i32| "0".repeat(usize::try_from(n).unwrap_or_default());
    let text = match point {
        1..=21 if count <= point => digits + &zeros(point - count),
        1..=21 => {
            let (whole, part) = digits.split_at(usize::try_from(point).unwrap_or_default());
            format!("{whole}.{part}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{}{}", if point > 0 { "+" } else { "-" }, (point - 1).abs())
        }
    };
    if x < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn canonical(value: &Value) -> String {
        let mut out = Vec::new();
        tree(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_rfcs_appendix_b() {
        for (bits, expected) in [
            (0x0000_0000_0000_0000_u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(double(f64::from_bits(bits)), expected, "{bits:x}");
        }
        assert_eq!(canonical(&json!([1.0, 0.5, 86_400_u64, -3, u64::MAX])), "[1,0.5,86400,-3,18446744073709552000]");
    }

    #[test]
    fn keys_are_in_the_order_of_utf_16_and_strings_have_the_fewest_escapes() {
        // The RFC's own examples, 3.2.2 and 3.2.3.
        let value = json!({"\u{20ac}": "Euro Sign", "\r": "Carriage Return", "\u{fb33}": "Hebrew Letter Dalet With Dagesh",
            "1": "One", "\u{1f600}": "Emoji: Grinning Face", "\u{80}": "Control", "\u{f6}": "Latin Small Letter O With Diaeresis"});
        let text = canonical(&value);
        let order: Vec<_> = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
            .iter()
            .map(|word| text.find(word).unwrap())
            .collect();
        assert!(order.is_sorted(), "{text}");
        let text = canonical(&json!({"string": "\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}", "literals": [null, true, false]}));
        assert_eq!(
            text,
            "{\"literals\":[null,true,false],\"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\"}"
        );
    }
}
