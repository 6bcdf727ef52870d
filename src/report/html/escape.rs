//! Texts of people as HTML and as CSS: the only ways in which a text gets into the file.

use std::fmt::{self, Write as _};

/// A text as element content or as a quoted attribute's value. Nothing in it is markup any more.
pub(super) struct Html<'a>(pub(super) &'a str);

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut plain = 0;
        for (at, letter) in self.0.char_indices() {
            let entity = match letter {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                '"' => "&quot;",
                '\'' => "&#39;",
                // Whitespace stays; no HTML document may hold other control characters.
                '\n' | '\t' => continue,
                _ if letter.is_control() => "\u{fffd}",
                _ => continue,
            };
            f.write_str(&self.0[plain..at])?;
            f.write_str(entity)?;
            plain = at + letter.len_utf8();
        }
        f.write_str(&self.0[plain..])
    }
}

/// A text as a quoted CSS string within `<style>`: every character that is not a plain letter or digit by its number.
pub(super) struct CssString<'a>(pub(super) &'a str);

impl fmt::Display for CssString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for letter in self.0.chars() {
            match letter {
                ' ' => f.write_char(' ')?,
                _ if letter.is_ascii_alphanumeric() => f.write_char(letter)?,
                _ if letter.is_control() => f.write_char(' ')?,
                // Always six digits: nothing that follows can be taken for another.
                _ => write!(f, "\\{:06x}", u32::from(letter))?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_what_it_stands_in() {
        let hostile = "<script>alert(1)</script> \"&' \u{0}\u{1b} Ặ뷁 \u{85}";
        let safe = "&lt;script&gt;alert(1)&lt;/script&gt; &quot;&amp;&#39; \u{fffd}\u{fffd} Ặ뷁 \u{fffd}";
        assert_eq!(Html(hostile).to_string(), safe);
        assert_eq!(Html("a\nb\tc").to_string(), "a\nb\tc");
        assert_eq!(
            CssString("a\"; } </style>\n\\9").to_string(),
            r#""a\000022\00003b \00007d \00003c\00002fstyle\00003e \00005c9""#
        );
    }
}
