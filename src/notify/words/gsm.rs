//! The alphabet of SMS (GSM 03.38) and how other letters are written in it.
//!
//! Knows letters, no messages.

/// A text that takes one SMS.
pub(super) const LONGEST: usize = 160;

/// Base letters and what stands on them, in Vietnamese and its neighbours.
const WITHOUT_MARKS: [(char, &str); 22] = [
    ('a', "àáảãạăằắẳẵặâầấẩẫậäåā"),
    ('A', "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÄÅĀ"),
    ('c', "çć"),
    ('C', "ÇĆ"),
    ('d', "đð₫"),
    ('D', "ĐÐ"),
    ('e', "èéẻẽẹêềếểễệëē"),
    ('E', "ÈÉẺẼẸÊỀẾỂỄỆËĒ"),
    ('i', "ìíỉĩịïîī"),
    ('I', "ÌÍỈĨỊÏÎĪ"),
    ('n', "ñ"),
    ('N', "Ñ"),
    ('o', "òóỏõọôồốổỗộơờớởỡợöøō"),
    ('O', "ÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÖØŌ"),
    ('u', "ùúủũụưừứửữựüûū"),
    ('U', "ÙÚỦŨỤƯỪỨỬỮỰÜÛŪ"),
    ('y', "ỳýỷỹỵÿ"),
    ('Y', "ỲÝỶỸỴ"),
    ('-', "–—‐‑−·•"),
    ('"', "“”„«»"),
    ('\'', "‘’`´"),
    (' ', "\u{a0}\u{202f}\u{2009}\t\n\r"),
];

/// The text in letters that every phone shows: without diacritics, Hangul romanised, what is left as `?`.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            // Marks that stand alone, as some systems write Vietnamese; and what is not seen at all.
            '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            '`' => plain.push('\''),
            ' '..='~' => plain.push(letter),
            '…' => plain.push_str("..."),
            '가'..='힣' => romanise(letter, &mut plain),
            _ => match WITHOUT_MARKS.iter().find(|(_, marked)| marked.contains(letter)) {
                Some((base, _)) => plain.push(*base),
                // One for a whole foreign word.
                None if plain.ends_with('?') => {}
                None => plain.push('?'),
            },
        }
    }
    plain
}

/// A syllable in the Revised Romanisation, letter by letter.
fn romanise(syllable: char, into: &mut String) {
    const FIRST: [&str; 19] =
        ["g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h"];
    const MIDDLE: [&str; 21] = [
        "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu",
        "eu", "ui", "i",
    ];
    const LAST: [&str; 28] = [
        "", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng",
        "t", "t", "k", "t", "p", "t",
    ];
    let index = syllable as usize - '가' as usize;
    into.push_str(FIRST[index / 588]);
    into.push_str(MIDDLE[index % 588 / 28]);
    into.push_str(LAST[index % 28]);
}

/// How much of an SMS a text takes, in septets; `None` where it holds what the alphabet has not.
pub(super) fn septets(text: &str) -> Option<usize> {
    text.chars().try_fold(0, |sum, letter| {
        Some(match letter {
            '^' | '{' | '}' | '\\' | '[' | '~' | ']' | '|' => sum + 2,
            '`' => return None,
            ' '..='~' => sum + 1,
            _ => return None,
        })
    })
}

/// As much of a plain text as fits into so many septets, cut between words where that leaves more than half.
pub(super) fn fitted(text: &str, room: usize) -> &str {
    let mut used = 0;
    let mut end = text.len();
    for (at, letter) in text.char_indices() {
        let mut one = [0; 4];
        used += septets(letter.encode_utf8(&mut one)).unwrap_or(2);
        if used > room {
            end = at;
            break;
        }
    }
    if end == text.len() {
        return text;
    }
    let cut = &text[..end];
    let whole_words = if text[end..].starts_with(' ') { end } else { cut.rfind(' ').unwrap_or(0) };
    let end = if whole_words * 2 > end { whole_words } else { end };
    text[..end].trim_end_matches([' ', ',', ';', '-', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_loses_its_marks_and_nothing_else() {
        assert_eq!(plain("Đồng Văn – chợ, cổng chính"), "Dong Van - cho, cong chinh");
        let all = "ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬĐÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ";
        for text in [all.to_owned(), all.to_lowercase()] {
            assert!(plain(&text).chars().all(|c| c.is_ascii_alphabetic()), "{}", plain(&text));
            assert_eq!(plain(&text).chars().count(), text.chars().count());
        }
        // The same, decomposed.
        assert_eq!(plain("Co\u{302}\u{309}ng"), "Cong");
    }

    #[test]
    fn hangul_is_romanised_and_other_scripts_are_marked() {
        assert_eq!(plain("한국 카메라"), "hanguk kamera");
        assert_eq!(plain("北京 1"), "? 1");
    }

    #[test]
    fn brackets_count_twice() {
        assert_eq!(septets("[CAM]"), Some(7));
        assert_eq!(septets("ă"), None);
        assert_eq!(septets("`"), None);
    }

    #[test]
    fn what_does_not_fit_is_cut_between_words() {
        assert_eq!(fitted("Cau Yen Lenh, chieu di", 14), "Cau Yen Lenh");
        assert_eq!(fitted("Cau Yen Lenh", 12), "Cau Yen Lenh");
        assert_eq!(fitted("Cau Yen Lenh", 7), "Cau Yen");
        assert_eq!(fitted("[[[[", 5), "[[");
        assert_eq!(fitted("abcdefghij k", 11), "abcdefghij");
        assert_eq!(fitted("a", 0), "");
    }
}
