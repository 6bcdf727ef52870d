//! The fonts that a report is set in, and which of them has a character.
//!
//! Tinos has the measures of Times New Roman and every Vietnamese letter, Nanum Myeongjo has Hangul. Both are part of
//! the program. Knows nothing of lines and pages.

use std::sync::{LazyLock, OnceLock};

use krilla::text::{Font, GlyphId};
use skrifa::MetadataProvider as _;
use skrifa::instance::{LocationRef, Size};

/// The manner that a text is set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Bold,
    Italic,
    BoldItalic,
}

/// Tinos' own, in parts of the size: how far letters reach above and below the line they stand on, accents included.
pub(super) const ASCENT: f32 = 0.891;
pub(super) const DESCENT: f32 = 0.216;

/// A question mark in a black square, for what no font has.
const UNKNOWN: char = '\u{fffd}';

/// What is drawn for a character.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Glyph {
    /// Index into the fonts.
    pub font: u8,
    pub id: u16,
    /// In parts of the size.
    pub advance: f32,
    /// What it is: another character than was asked for where one stands in for it.
    pub shows: char,
    /// Whether no font has the character: what is drawn says so.
    pub missing: bool,
}

const FILES: [&[u8]; 6] = [
    include_bytes!("../../../assets/fonts/Tinos-Regular.ttf"),
    include_bytes!("../../../assets/fonts/Tinos-Bold.ttf"),
    include_bytes!("../../../assets/fonts/Tinos-Italic.ttf"),
    include_bytes!("../../../assets/fonts/Tinos-BoldItalic.ttf"),
    include_bytes!("../../../assets/fonts/NanumMyeongjo.ttf"),
    include_bytes!("../../../assets/fonts/NanumMyeongjoBold.ttf"),
];

impl Face {
    /// The fonts to ask, in this order. Hangul has no italics.
    const fn fonts(self) -> [u8; 2] {
        match self {
            Self::Regular => [0, 4],
            Self::Bold => [1, 5],
            Self::Italic => [2, 4],
            Self::BoldItalic => [3, 5],
        }
    }
}

/// The glyphs of 256 neighbouring characters.
type Block = Box<[Glyph]>;

pub(super) struct Fonts {
    fonts: [Font; 6],
    /// For each face, by the upper byte of a character of the basic plane: looked up when first asked for.
    blocks: [[OnceLock<Block>; 256]; 4],
}

/// The program's only ones: parsed once, since a font of Hangul is large.
pub(super) static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts {
    fonts: FILES.map(|file| Font::new(file.into(), 0).expect("the fonts in the program are sound")),
    blocks: std::array::from_fn(|_| std::array::from_fn(|_| OnceLock::new())),
});

impl Fonts {
    pub(super) fn font(&self, index: u8) -> &Font {
        &self.fonts[usize::from(index)]
    }

    pub(super) fn glyph(&self, face: Face, character: char) -> Glyph {
        let code = u32::from(character);
        match u8::try_from(code >> 8) {
            Ok(block) => {
                let glyphs = self.blocks[face as usize][usize::from(block)].get_or_init(|| look_up(face, block));
                glyphs[(code & 0xff) as usize]
            }
            // Neither font goes beyond the basic plane.
            Err(_) => Glyph { missing: true, shows: character, ..self.glyph(face, UNKNOWN) },
        }
    }

    pub(super) fn width(&self, face: Face, text: &str) -> f32 {
        text.chars().map(|character| self.glyph(face, character).advance).sum()
    }
}

impl Glyph {
    pub(super) fn id(&self) -> GlyphId {
        GlyphId::new(u32::from(self.id))
    }
}

/// What is drawn as another character: spaces of all widths, and hyphens that hold words together.
fn stand_in(character: char) -> Option<char> {
    match character {
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\t' => Some(' '),
        '\u{2010}' | '\u{2011}' => Some('-'),
        _ => None,
    }
}

fn look_up(face: Face, block: u8) -> Block {
    let fonts = face.fonts().map(|index| {
        let font = skrifa::FontRef::new(FILES[usize::from(index)]).expect("the fonts in the program are sound");
        let units = f32::from(font.metrics(Size::unscaled(), LocationRef::default()).units_per_em);
        (index, font.charmap(), font.glyph_metrics(Size::unscaled(), LocationRef::default()), units)
    });
    let find = |character: char| {
        fonts.iter().find_map(|(font, characters, metrics, units)| {
            let glyph = characters.map(character).filter(|glyph| glyph.to_u32() != 0)?;
            let id = u16::try_from(glyph.to_u32()).ok()?;
            let advance = metrics.advance_width(glyph)? / units;
            Some(Glyph { font: *font, id, advance, shows: character, missing: false })
        })
    };
    let unknown = find(UNKNOWN).expect("the fonts in the program have a sign for what they lack");
    (0..=u8::MAX)
        .map(|low| {
            // Halves of surrogate pairs are no characters, and nobody can ask for them.
            let character = char::from_u32(u32::from(block) << 8 | u32::from(low)).unwrap_or('?');
            // What a private character means is known to nobody who copies it from the paper.
            let shows = if matches!(character, '\u{e000}'..='\u{f8ff}') { UNKNOWN } else { character };
            find(stand_in(character).unwrap_or(character)).unwrap_or(Glyph { shows, missing: true, ..unknown })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACES: [Face; 4] = [Face::Regular, Face::Bold, Face::Italic, Face::BoldItalic];

    /// Every letter of Vietnamese that is not in ASCII, in both cases: 67 each.
    pub(super) fn vietnamese() -> String {
        const LOWER: &str = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ";
        format!("{LOWER}{}", LOWER.to_uppercase())
    }

    #[test]
    fn all_vietnamese_letters_are_there_in_every_face() {
        let letters = vietnamese();
        assert_eq!(letters.chars().count(), 134);
        for face in FACES {
            for letter in letters.chars().chain(['₫', '–', '—', '…', '≥', '≤', '“', '”', '·', '•']) {
                let glyph = FONTS.glyph(face, letter);
                assert!(!glyph.missing && glyph.font < 4 && glyph.advance > 0.0, "{letter} in {face:?}");
                assert_eq!(glyph.shows, letter);
            }
        }
    }

    #[test]
    fn all_syllables_of_hangul_are_there_in_every_face() {
        for face in FACES {
            let missing = ('가'..='힣').filter(|syllable| FONTS.glyph(face, *syllable).missing).count();
            assert_eq!((missing, ('가'..='힣').count()), (0, 11_172), "{face:?}");
        }
    }

    #[test]
    fn what_no_font_has_is_shown_as_a_question_and_said() {
        let question = FONTS.glyph(Face::Regular, UNKNOWN);
        for (absent, shows) in [('\u{1f600}', '\u{1f600}'), ('\u{0e01}', '\u{0e01}'), ('\u{e000}', UNKNOWN)] {
            let glyph = FONTS.glyph(Face::Regular, absent);
            assert!(glyph.missing && !question.missing);
            assert_eq!((glyph.font, glyph.id, glyph.shows), (question.font, question.id, shows));
        }
    }

    #[test]
    fn spaces_that_do_not_break_are_drawn_as_spaces() {
        for space in ['\u{a0}', '\u{202f}', '\u{2009}'] {
            assert_eq!(FONTS.glyph(Face::Bold, space), FONTS.glyph(Face::Bold, ' '));
        }
    }
}
