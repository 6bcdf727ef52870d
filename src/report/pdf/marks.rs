//! Colours and shapes that say what a word says beside it: every meaning has a shape of its own, so that a black and
//! white copy says the same.

use super::flow::Flow;
use super::ink::{Area, BLACK, Colour, GREY, Paint, Shape};
use crate::report::document::Tone;

const GOOD: Colour = Colour(0x1b, 0x6e, 0x3a);
const WARNING: Colour = Colour(0x8a, 0x5a, 0x00);
const BAD: Colour = Colour(0x8b, 0x10, 0x10);

/// Dark enough to be read.
pub(super) const fn text_colour(tone: Tone) -> Colour {
    match tone {
        Tone::Neutral => BLACK,
        Tone::Good => GOOD,
        Tone::Warning => WARNING,
        Tone::Bad => BAD,
        Tone::Faint => GREY,
    }
}

/// Of surfaces.
pub(super) const fn surface(tone: Tone) -> Colour {
    match tone {
        Tone::Neutral => Colour(0x4a, 0x6a, 0x86),
        Tone::Good => Colour(0x5f, 0xa8, 0x73),
        Tone::Warning => Colour(0xe0, 0xa0, 0x30),
        Tone::Bad => Colour(0x9b, 0x1c, 0x1c),
        Tone::Faint => Colour(0xa8, 0xa8, 0xa8),
    }
}

/// How much a text moves aside for its mark, for a size of type.
pub(super) fn room(tone: Tone, size: f32) -> f32 {
    if tone == Tone::Neutral { 0.0 } else { size * 0.85 }
}

/// A disc, a triangle, a square or a ring; nothing where there is nothing to say. `left` and `middle` in points.
pub(super) fn draw(flow: &mut Flow, tone: Tone, left: f32, middle: f32, size: f32) {
    let radius = size * 0.26;
    let x = left + size * 0.3;
    let colour = surface(tone);
    let (shape, paint) = match tone {
        Tone::Neutral => return,
        Tone::Good => (Shape::Circle { x, y: middle, radius }, Paint::Fill(colour)),
        Tone::Warning => {
            let corners = vec![
                (x, middle - radius * 1.15),
                (x + radius * 1.25, middle + radius),
                (x - radius * 1.25, middle + radius),
            ];
            (Shape::Polygon(corners), Paint::Fill(colour))
        }
        Tone::Bad => {
            let area = Area { left: x - radius, top: middle - radius, right: x + radius, bottom: middle + radius };
            (Shape::Area(area), Paint::Fill(colour))
        }
        Tone::Faint => (Shape::Circle { x, y: middle, radius: radius * 0.85 }, Paint::Stroke(GREY, size * 0.09)),
    };
    flow.shapes(vec![shape], paint);
}
