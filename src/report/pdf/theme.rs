//! Sizes and margins: of an administrative document as Nghị định 30/2020/NĐ-CP has them, of other papers, and of a
//! notice that is read standing.

use super::ink::Area;
use crate::report::document::{Document, Head, Size};

/// A4.
pub(super) const PAGE: Area = Area { left: 0.0, top: 0.0, right: 595.276, bottom: 841.89 };

pub(super) const fn mm(millimetres: f32) -> f32 {
    millimetres * 72.0 / 25.4
}

/// All in points.
#[derive(Debug, Clone)]
pub(super) struct Theme {
    pub administrative: bool,
    /// Where blocks stand.
    pub text: Area,
    pub body: f32,
    /// From line to line, in parts of the size.
    pub leading: f32,
    /// Of a paragraph's first line.
    pub indent: f32,
    pub paragraph_gap: f32,
    pub title: f32,
    pub headings: [f32; 3],
    pub table: f32,
    /// Captions, notes, legends.
    pub small: f32,
    /// The large figures.
    pub value: f32,
    /// Page numbers of an administrative document, in the upper margin.
    pub number: f32,
    pub footer: f32,
    /// How many large figures stand side by side at most.
    pub abreast: usize,
}

impl Theme {
    /// `scale` makes everything smaller, for what should fit on one page and nearly does.
    pub(super) fn of(document: &Document, scale: f32) -> Self {
        let administrative = matches!(document.head, Head::Administrative(_));
        let poster = document.size == Size::Poster;
        let (top, right, bottom, left) = match (administrative, poster) {
            (true, _) => (20.0, 15.0, 20.0, 30.0),
            (false, false) => (18.0, 18.0, 20.0, 18.0),
            (false, true) => (16.0, 16.0, 18.0, 16.0),
        };
        let text =
            Area { left: mm(left), top: mm(top), right: PAGE.right - mm(right), bottom: PAGE.bottom - mm(bottom) };
        let base = match (administrative, poster) {
            (_, true) => 16.0,
            (true, false) => 13.0,
            (false, false) => 11.0,
        } * scale;
        let headings = if administrative { [base, base, base] } else { [base * 1.36, base * 1.14, base] };
        Self {
            administrative,
            text,
            body: base,
            leading: if administrative { 1.25 } else { 1.32 },
            indent: if administrative { mm(10.0) } else { 0.0 },
            paragraph_gap: if administrative { 6.0 } else { base * 0.5 },
            title: if poster { base * 1.75 } else { base * 2.0 },
            headings,
            table: if poster { base * 0.875 } else { (base * 0.87).max(9.0 * scale) },
            small: if poster { base * 0.75 } else { base * 0.82 },
            value: if administrative { base * 1.6 } else { base * 1.9 },
            number: 13.0,
            footer: 7.5,
            abreast: if poster { 3 } else { 4 },
        }
    }
}
