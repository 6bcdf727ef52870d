//! Text that is measured and broken into lines, and the glyphs of a line.
//!
//! Lines end at spaces, and after a hyphen or a stroke between letters; a word that is longer than a line is broken
//! anywhere. Knows nothing of pages.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use icu_normalizer::ComposingNormalizerBorrowed;
use krilla::text::KrillaGlyph;

use super::fonts::{FONTS, Face};
use crate::report::document::{Style, Text};

/// A text in NFC, in parts of one face each.
#[derive(Debug, Clone)]
pub(super) struct Prose<'a> {
    text: Cow<'a, str>,
    /// Where each part ends.
    parts: Vec<(usize, Face)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub range: Range<usize>,
    /// Without the spaces at its end, in points.
    pub width: f32,
    /// Spaces within it that may be widened.
    pub gaps: u16,
    /// Whether the text goes on in the next line: nothing else is set flush at both sides.
    pub wrapped: bool,
}

/// Glyphs of one font that stand one after the other.
#[derive(Debug, Clone)]
pub(super) struct GlyphRun {
    pub font: u8,
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    /// In points.
    pub width: f32,
}

/// In NFC, without characters that take no room, a line break or a tab as it is.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t')) {
        return Cow::Borrowed(text);
    }
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(text);
    if composed.chars().any(no_room) {
        return Cow::Owned(composed.chars().filter(|character| !no_room(*character)).collect());
    }
    composed
}

fn no_room(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

fn combines(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}')
}

impl<'a> Prose<'a> {
    pub(super) fn new(text: &'a str, face: Face) -> Self {
        let text = clean(text);
        let parts = vec![(text.len(), face)];
        Self { text, parts }
    }

    pub(super) fn of(text: &'a Text) -> Self {
        if let [run] = text.0.as_slice() {
            return Self::new(&run.text, face(run.style));
        }
        let mut whole = String::new();
        let mut parts = Vec::with_capacity(text.0.len());
        for run in &text.0 {
            whole.push_str(&clean(&run.text));
            parts.push((whole.len(), face(run.style)));
        }
        Self { text: whole.into(), parts }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The width of the whole text on one line.
    pub(super) fn width(&self, size: f32) -> f32 {
        let mut start = 0;
        let mut width = 0.0;
        for &(end, face) in &self.parts {
            width += FONTS.width(face, &self.text[start..end]);
            start = end;
        }
        width * size
    }

    /// The width of the longest piece that a line is not broken in.
    pub(super) fn longest_word(&self, size: f32) -> f32 {
        // Breaking at every chance leaves each piece on a line of its own.
        self.lines_of(size, 0.0, 0.0, false).iter().map(|line| line.width).fold(0.0, f32::max)
    }

    /// Lines of at most `width` points, the first shorter by `indent`. At least one, which may be empty.
    pub(super) fn lines(&self, size: f32, width: f32, indent: f32) -> Vec<Line> {
        self.lines_of(size, width, indent, true)
    }

    /// As few lines as [`Self::lines`], of about the same width: for what stands in the middle.
    pub(super) fn balanced(&self, size: f32, width: f32) -> Vec<Line> {
        let mut best = self.lines(size, width, 0.0);
        if best.len() < 2 {
            return best;
        }
        let (mut narrow, mut wide) = (width / 2.0, width);
        for _ in 0..8 {
            let middle = f32::midpoint(narrow, wide);
            let lines = self.lines(size, middle, 0.0);
            // The last line is the shorter one, as in "ỦY BAN NHÂN DÂN / XÃ MỘC NAM".
            let falls = lines.last().zip(lines.first()).is_some_and(|(last, first)| last.width <= first.width);
            if lines.len() == best.len() && falls {
                (best, wide) = (lines, middle);
            } else {
                narrow = middle;
            }
        }
        best
    }

    fn lines_of(&self, size: f32, width: f32, indent: f32, break_words: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        // The measures of lines are compared in parts of the size, with room for what adding up loses.
        let limit = |first: bool| (width - if first { indent } else { 0.0 }) / size + 0.001;
        let mut room = limit(true);
        let mut start = 0;
        let (mut x, mut gaps) = (0.0_f32, 0_u16);
        // The last place to break at: what is drawn ends here, with this width and so many gaps; the next line begins
        // there, and so much of what was measured is behind it.
        let mut chance: Option<(usize, f32, u16, usize, f32)> = None;
        let mut previous = ' ';
        let mut part = 0;
        let text = &*self.text;
        for (at, character) in text.char_indices() {
            while part + 1 < self.parts.len() && at >= self.parts[part].0 {
                part += 1;
            }
            if character == '\n' {
                let (end, width, gaps) = trimmed(text, start, at, (x, gaps), chance);
                lines.push(Line { range: start..end, width: width * size, gaps, wrapped: false });
                (start, x, room, chance, previous) = (at + 1, 0.0, limit(false), None, ' ');
                continue;
            }
            let advance = FONTS.glyph(self.parts[part].1, character).advance;
            if character == ' ' {
                if at == start && !lines.is_empty() {
                    // A line that was broken begins with a word.
                    start = at + 1;
                    continue;
                }
                chance = match chance {
                    // Several spaces are one place to break at.
                    Some((end, width, gaps, next, _)) if next == at && previous == ' ' => {
                        Some((end, width, gaps, at + 1, x + advance))
                    }
                    _ => Some((at, x, gaps, at + 1, x + advance)),
                };
                gaps += 1;
                x += advance;
                previous = ' ';
                continue;
            }
            if matches!(previous, '-' | '–' | '—' | '/') && character.is_alphabetic() && at > start + 2 {
                chance = Some((at, x, gaps, at, x));
            }
            if x + advance > room {
                if let Some((end, width, gaps_before, next, behind)) = chance.take() {
                    if end > start {
                        lines.push(Line { range: start..end, width: width * size, gaps: gaps_before, wrapped: true });
                        room = limit(false);
                    }
                    x -= behind;
                    gaps = u16::try_from(text[next..at].matches(' ').count()).unwrap_or(u16::MAX);
                    start = next;
                }
                if break_words && x + advance > room && at > start && !combines(character) {
                    lines.push(Line { range: start..at, width: x * size, gaps, wrapped: true });
                    (start, x, gaps, room) = (at, 0.0, 0, limit(false));
                }
            }
            x += advance;
            previous = character;
        }
        let (end, width, gaps) = trimmed(text, start, text.len(), (x, gaps), chance);
        lines.push(Line { range: start..end, width: width * size, gaps, wrapped: false });
        lines
    }

    /// The glyphs of a line, `gap` points added to each space. Characters that no font has go into `missing`.
    pub(super) fn glyphs(&self, line: &Line, size: f32, gap: f32, missing: &mut BTreeSet<char>) -> Vec<GlyphRun> {
        let mut runs: Vec<GlyphRun> = Vec::new();
        let mut part = self.parts.partition_point(|(end, _)| *end <= line.range.start).min(self.parts.len() - 1);
        // The space that a line ends at is in the file, though not on the paper: whoever copies or hears the text gets
        // words that are apart.
        let behind = self.text[line.range.end..].starts_with([' ', '\n']).then_some((line.range.len(), ' '));
        for (offset, character) in self.text[line.range.clone()].char_indices().chain(behind) {
            while part + 1 < self.parts.len() && line.range.start + offset >= self.parts[part].0 {
                part += 1;
            }
            let glyph = FONTS.glyph(self.parts[part].1, character);
            if glyph.missing {
                missing.insert(character);
            }
            let advance = glyph.advance * size + if character == ' ' { gap } else { 0.0 };
            if runs.last().is_none_or(|run| run.font != glyph.font) {
                runs.push(GlyphRun { font: glyph.font, text: String::new(), glyphs: Vec::new(), width: 0.0 });
            }
            let Some(run) = runs.last_mut() else { continue };
            let from = run.text.len();
            run.text.push(glyph.shows);
            run.glyphs.push(KrillaGlyph::new(glyph.id(), advance / size, 0.0, 0.0, 0.0, from..run.text.len(), None));
            if offset < line.range.len() {
                run.width += advance;
            }
        }
        runs
    }
}

/// A line's end without the spaces there.
fn trimmed(
    text: &str,
    start: usize,
    end: usize,
    (width, gaps): (f32, u16),
    chance: Option<(usize, f32, u16, usize, f32)>,
) -> (usize, f32, u16) {
    match chance {
        Some((before, width, gaps, next, _)) if next == end && before >= start && text[..end].ends_with(' ') => {
            (before, width, gaps)
        }
        _ => (end, width, gaps),
    }
}

fn face(style: Style) -> Face {
    match style {
        Style::Regular => Face::Regular,
        Style::Bold => Face::Bold,
        Style::Italic => Face::Italic,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn broken(text: &str, width: f32) -> Vec<String> {
        let prose = Prose::new(text, Face::Regular);
        prose.lines(10.0, width, 0.0).into_iter().map(|line| prose.text[line.range].to_owned()).collect()
    }

    #[test]
    fn lines_end_at_spaces_and_after_hyphens_and_strokes() {
        assert_eq!(broken("one two three", 40.0), ["one two", "three"]);
        assert_eq!(broken("camera-giờ/tháng", 45.0), ["camera-", "giờ/tháng"]);
        assert_eq!(broken("camera-giờ/tháng", 33.0), ["camera-", "giờ/", "tháng"]);
        assert_eq!(broken("first\nsecond", 400.0), ["first", "second"]);
    }

    #[test]
    fn figures_and_what_is_held_together_are_not_broken() {
        assert_eq!(broken("up 12/14", 30.0), ["up", "12/14"]);
        assert_eq!(broken("to 99,52\u{a0}% of", 40.0), ["to", "99,52\u{a0}%", "of"]);
        assert_eq!(broken("in 2026-10", 40.0), ["in", "2026-10"]);
    }

    #[test]
    fn hangul_is_broken_at_spaces_where_it_fits() {
        assert_eq!(broken("카메라가 정상적으로 가동", 60.0), ["카메라가", "정상적으로", "가동"]);
    }

    #[test]
    fn a_word_that_is_longer_than_a_line_is_broken_anywhere() {
        let lines = broken("Llanfairpwllgwyngyll", 30.0);
        assert!(lines.len() > 2 && lines.concat() == "Llanfairpwllgwyngyll", "{lines:?}");
    }

    #[test]
    fn what_stands_in_the_middle_is_of_even_width_and_the_last_line_the_shorter() {
        let prose = Prose::new("ỦY BAN NHÂN DÂN XÃ MỘC NAM", Face::Bold);
        let width = prose.width(13.0) * 0.95;
        let lines: Vec<&str> = prose.balanced(13.0, width).into_iter().map(|line| &prose.text[line.range]).collect();
        assert_eq!(lines, ["ỦY BAN NHÂN DÂN", "XÃ MỘC NAM"]);
    }

    #[test]
    fn runs_of_two_fonts_keep_their_order_and_their_text() {
        let prose = Prose::new("Tỷ lệ 가동률 99,5 %", Face::Regular);
        let mut missing = BTreeSet::new();
        let lines = prose.lines(10.0, 500.0, 0.0);
        let runs = prose.glyphs(&lines[0], 10.0, 0.0, &mut missing);
        assert_eq!(runs.iter().map(|run| run.text.as_str()).collect::<Vec<_>>(), ["Tỷ lệ ", "가동률", " 99,5 %"]);
        let width: f32 = runs.iter().map(|run| run.width).sum();
        assert!((width - lines[0].width).abs() < 0.01 && missing.is_empty());
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_character_is_lost(
            text in "[a-zàớữ 가힣0-9/\\-]{0,80}", width in 20.0_f32..200.0, indent in 0.0_f32..8.0,
        ) {
            let prose = Prose::new(&text, Face::Regular);
            let lines = prose.lines(10.0, width, indent);
            let mut shown = String::new();
            for (index, line) in lines.iter().enumerate() {
                let limit = width - if index == 0 { indent } else { 0.0 };
                prop_assert!(line.width <= limit + 0.1, "{line:?} in {limit}");
                let drawn: f32 = prose.glyphs(line, 10.0, 0.0, &mut BTreeSet::new()).iter().map(|run| run.width).sum();
                prop_assert!((drawn - line.width).abs() < 0.1, "{line:?} is {drawn} wide");
                shown.push_str(&prose.text[line.range.clone()]);
            }
            let solid = |text: &str| text.replace(' ', "");
            prop_assert_eq!(solid(&shown), solid(&text));
        }
    }
}
