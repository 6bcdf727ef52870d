//! What stands on a sheet of paper: glyphs and shapes at their places, in points from the upper left corner.
//!
//! Made by the layout, drawn by [`super::draw`]; tests look at it.

use super::text::GlyphRun;

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub u8, pub u8, pub u8);

pub(super) const BLACK: Colour = Colour(0, 0, 0);
pub(super) const WHITE: Colour = Colour(255, 255, 255);
/// Of secondary text: dark enough for a bad printer.
pub(super) const GREY: Colour = Colour(0x55, 0x55, 0x55);
/// Of thin rules.
pub(super) const RULE: Colour = Colour(0x9a, 0x9a, 0x9a);
/// Behind a table's head and its sums.
pub(super) const SHADE: Colour = Colour(0xef, 0xf1, 0xf3);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Area {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Area(Area),
    /// Corners of a filled polygon.
    Polygon(Vec<(f32, f32)>),
    Circle {
        x: f32,
        y: f32,
        radius: f32,
    },
    /// From, to.
    Line((f32, f32), (f32, f32)),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Paint {
    Fill(Colour),
    /// With this width.
    Stroke(Colour, f32),
}

#[derive(Debug, Clone)]
pub(super) enum Ink {
    Text {
        x: f32,
        baseline: f32,
        size: f32,
        colour: Colour,
        run: GlyphRun,
        /// The box that the layout gave to it: a cell, or the page's text area.
        #[cfg_attr(
            not(test),
            expect(dead_code, reason = "what is drawn stands where it stands; tests see that it stays inside")
        )]
        within: Area,
    },
    /// Drawn as one.
    Shapes(Vec<Shape>, Paint),
}

/// Something drawn, and the part of the document that it belongs to; `None` is decoration that nobody has read to them.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub part: Option<usize>,
    pub ink: Ink,
}

/// One page.
#[derive(Debug, Clone, Default)]
pub(super) struct Sheet {
    pub marks: Vec<Mark>,
}

impl Area {
    pub(super) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    pub(super) fn inset(&self, x: f32, y: f32) -> Self {
        Self { left: self.left + x, top: self.top + y, right: self.right - x, bottom: self.bottom - y }
    }
}
