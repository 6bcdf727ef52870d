//! From blocks to sheets: where on which page the next thing stands.
//!
//! A heading waits until what follows it has found its place, so that it is never alone at the foot of a page.

use std::collections::BTreeSet;

use super::fonts::{ASCENT, DESCENT, Face};
use super::ink::{Area, BLACK, Colour, GREY, Ink, Mark, Paint, Shape, Sheet};
use super::structure::{Bookmark, Role, Structure};
use super::text::{Line, Prose};
use super::theme::{PAGE, Theme, mm};
use crate::report::document::Align;

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub size: f32,
    /// From line to line, in points.
    pub leading: f32,
    pub colour: Colour,
}

impl Type {
    pub(super) fn new(size: f32, leading: f32) -> Self {
        Self { size, leading: size * leading, colour: BLACK }
    }

    pub(super) fn in_colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }
}

struct Waiting<'a> {
    part: usize,
    level: u8,
    prose: Prose<'a>,
    set: Type,
    align: Align,
    above: f32,
}

pub(super) struct Flow<'a> {
    pub theme: &'a Theme,
    pub structure: Structure,
    pub bookmarks: Vec<Bookmark>,
    pub missing: BTreeSet<char>,
    /// Where the next block begins.
    pub y: f32,
    /// Sheets begun.
    pub pages: usize,
    /// Sheets begun since the numbers last began anew.
    number: usize,
    footer: &'a str,
    /// How many there will be, where that is printed.
    total: Option<usize>,
    /// `None` only counts pages.
    sink: Option<&'a mut dyn FnMut(Sheet)>,
    sheet: Sheet,
    gap: f32,
    waiting: Vec<Waiting<'a>>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(
        theme: &'a Theme,
        footer: &'a str,
        total: Option<usize>,
        sink: Option<&'a mut dyn FnMut(Sheet)>,
    ) -> Self {
        Self {
            theme,
            structure: Structure::default(),
            bookmarks: Vec::new(),
            missing: BTreeSet::new(),
            y: theme.text.top,
            pages: 1,
            number: 1,
            footer,
            total,
            sink,
            sheet: Sheet::default(),
            gap: 0.0,
            waiting: Vec::new(),
        }
    }

    pub(super) fn text_area(&self) -> Area {
        self.theme.text
    }

    /// The height of a page's text area.
    pub(super) fn page_height(&self) -> f32 {
        self.theme.text.height()
    }

    pub(super) fn at_top(&self) -> bool {
        self.y <= self.theme.text.top
    }

    /// What is left of the page, for what comes next.
    pub(super) fn room(&self) -> f32 {
        let gap = if self.at_top() { 0.0 } else { self.gap };
        self.theme.text.bottom - self.y - gap - self.waiting_height()
    }

    /// At least so much between what was and what comes; nothing at the top of a page.
    pub(super) fn space(&mut self, points: f32) {
        self.gap = self.gap.max(points);
    }

    fn waiting_height(&self) -> f32 {
        self.waiting.iter().map(|heading| self.heading_height(heading)).sum()
    }

    fn heading_height(&self, heading: &Waiting) -> f32 {
        let lines = heading.prose.lines(heading.set.size, self.text_area().width(), 0.0).len();
        to_f32(lines) * heading.set.leading + heading.above + heading.set.size * 0.35
    }

    /// Makes room for `height`, on a new page where this one has too little, and puts the headings that wait above it.
    /// Says whether a new page was begun.
    pub(super) fn need(&mut self, height: f32) -> bool {
        let turned = height > self.room() + 0.01 && !self.at_top();
        if turned {
            self.turn();
        }
        self.settle();
        turned
    }

    /// Puts down the gap and the headings that wait, wherever that is.
    pub(super) fn settle(&mut self) {
        if !self.at_top() {
            self.y += self.gap;
        }
        self.gap = 0.0;
        for heading in std::mem::take(&mut self.waiting) {
            if !self.at_top() {
                self.y += heading.above;
            }
            self.bookmarks.push(Bookmark {
                level: heading.level,
                text: heading.prose.as_str().to_owned(),
                page: self.pages - 1,
                y: self.y,
            });
            let area = self.text_area();
            let lines = heading.prose.lines(heading.set.size, area.width(), 0.0);
            for line in &lines {
                if self.y + heading.set.leading > area.bottom {
                    self.turn();
                }
                self.line(Some(heading.part), &heading.prose, line, self.y, heading.set, heading.align, area);
                self.y += heading.set.leading;
            }
            self.y += heading.set.size * 0.35;
        }
    }

    pub(super) fn heading(&mut self, level: u8, text: &'a str, set: Type, face: Face, align: Align, above: f32) {
        let prose = Prose::new(text, face);
        // The document's own title is above all others.
        let part = self.structure.add(None, Role::Heading { level: level + 1, text: prose.as_str().to_owned() });
        self.waiting.push(Waiting { part, level, prose, set, align, above });
    }

    /// Ends the page.
    pub(super) fn turn(&mut self) {
        self.finish_sheet();
        self.pages += 1;
        self.number += 1;
        self.y = self.theme.text.top;
    }

    /// Ends the page, and what is on it: an annex of an administrative document has its own page numbers.
    pub(super) fn annex(&mut self) {
        self.settle();
        if self.at_top() {
            return;
        }
        self.turn();
        if self.theme.administrative {
            self.number = 1;
        }
    }

    pub(super) fn end(mut self) -> (usize, Structure, Vec<Bookmark>, BTreeSet<char>) {
        self.settle();
        self.finish_sheet();
        (self.pages, self.structure, self.bookmarks, self.missing)
    }

    fn finish_sheet(&mut self) {
        let theme = self.theme;
        if theme.administrative && self.number > 1 {
            let set = Type::new(theme.number, 1.2);
            let number = self.number.to_string();
            let prose = Prose::new(&number, Face::Regular);
            let within = Area { top: 0.0, bottom: theme.text.top, ..theme.text };
            let top = theme.text.top - mm(3.0) - set.leading;
            for line in prose.lines(set.size, within.width(), 0.0) {
                self.line(None, &prose, &line, top, set, Align::Centre, within);
            }
        }
        let set = Type::new(theme.footer, 1.2).in_colour(GREY);
        let mut within = Area { top: theme.text.bottom, bottom: PAGE.bottom, ..theme.text };
        let top = theme.text.bottom + mm(6.0);
        if let Some(total) = self.total {
            let number = format!("{} / {total}", self.pages);
            let prose = Prose::new(&number, Face::Regular);
            for line in prose.lines(set.size, within.width(), 0.0) {
                self.line(None, &prose, &line, top, set, Align::Right, within);
            }
            within.right -= prose.width(set.size) + mm(4.0);
        }
        let prose = Prose::new(self.footer, Face::Regular);
        let fitting = 3;
        for (index, line) in prose.lines(set.size, within.width(), 0.0).iter().take(fitting).enumerate() {
            self.line(None, &prose, line, top + to_f32(index) * set.leading, set, Align::Left, within);
        }
        let sheet = std::mem::take(&mut self.sheet);
        if let Some(sink) = &mut self.sink {
            sink(sheet);
        }
    }

    /// One line, its upper edge at `top`, in the box given to it.
    #[expect(
        clippy::too_many_arguments,
        reason = "what is set, where, and how: a struct of them would be made and read once"
    )]
    pub(super) fn line(
        &mut self,
        part: Option<usize>,
        prose: &Prose,
        line: &Line,
        top: f32,
        set: Type,
        align: Align,
        within: Area,
    ) {
        let x = match align {
            Align::Left => within.left,
            Align::Right => within.right - line.width,
            Align::Centre => within.left + (within.width() - line.width) / 2.0,
        };
        self.line_at(part, prose, line, (x, top), set, 0.0, within);
    }

    /// One line from `(x, top)` on, each of its spaces wider by `gap`.
    #[expect(clippy::too_many_arguments, reason = "as for `line`")]
    pub(super) fn line_at(
        &mut self,
        part: Option<usize>,
        prose: &Prose,
        line: &Line,
        (mut x, top): (f32, f32),
        set: Type,
        gap: f32,
        within: Area,
    ) {
        if self.sink.is_none() {
            return;
        }
        let baseline = top + (set.leading - (ASCENT + DESCENT) * set.size) / 2.0 + ASCENT * set.size;
        for run in prose.glyphs(line, set.size, gap, &mut self.missing) {
            let width = run.width;
            let ink = Ink::Text { x, baseline, size: set.size, colour: set.colour, run, within };
            self.sheet.marks.push(Mark { part, ink });
            x += width;
        }
    }

    /// All lines of a short text in a box, from its upper edge on. Returns their height.
    pub(super) fn text_in(&mut self, part: Option<usize>, prose: &Prose, set: Type, align: Align, within: Area) -> f32 {
        let mut top = within.top;
        let lines = match align {
            Align::Centre => prose.balanced(set.size, within.width()),
            Align::Left | Align::Right => prose.lines(set.size, within.width(), 0.0),
        };
        for line in lines {
            self.line(part, prose, &line, top, set, align, within);
            top += set.leading;
        }
        top - within.top
    }

    pub(super) fn shapes(&mut self, shapes: Vec<Shape>, paint: Paint) {
        if self.sink.is_some() && !shapes.is_empty() {
            self.sheet.marks.push(Mark { part: None, ink: Ink::Shapes(shapes, paint) });
        }
    }

    pub(super) fn fill(&mut self, area: Area, colour: Colour) {
        self.shapes(vec![Shape::Area(area)], Paint::Fill(colour));
    }

    pub(super) fn rule(&mut self, from: (f32, f32), to: (f32, f32), colour: Colour, width: f32) {
        self.shapes(vec![Shape::Line(from, to)], Paint::Stroke(colour, width));
    }
}

/// The height of a short text in so narrow a box.
pub(super) fn height(prose: &Prose, set: Type, width: f32) -> f32 {
    to_f32(prose.lines(set.size, width, 0.0).len()) * set.leading
}

/// Of a count that is small.
#[expect(clippy::cast_precision_loss, reason = "counts of lines, columns and days")]
pub(super) fn to_f32(count: usize) -> f32 {
    count as f32
}
