//! Tables: columns that leave room for their longest figure, rows that stay whole, a head on every page.

use super::flow::{Flow, Type, height, to_f32};
use super::fonts::Face;
use super::ink::{Area, BLACK, Colour, Paint, RULE, SHADE, Shape};
use super::structure::Role;
use super::text::{Line, Prose};
use super::{marks, theme::mm};
use crate::report::document::{Align, Row, Table, Tone};

/// A cell's text, broken for its column.
struct Set<'a> {
    prose: Prose<'a>,
    lines: Vec<Line>,
    tone: Tone,
}

struct Plan<'a> {
    table: &'a Table,
    /// Left edges of the columns, and the right edge of the last.
    edges: Vec<f32>,
    set: Type,
    pad_x: f32,
    pad_y: f32,
    head: Vec<Set<'a>>,
    head_height: f32,
    grid: bool,
}

pub(super) fn table<'a>(flow: &mut Flow<'a>, table: &'a Table) {
    if table.columns.is_empty() {
        return;
    }
    let plan = Plan::new(flow, table);
    let caption = table.caption.as_deref().map(|caption| Prose::new(caption, Face::Bold));
    let caption_set = Type::new(flow.theme.table, 1.25);
    let caption_height = caption
        .as_ref()
        .map_or(0.0, |caption| height(caption, caption_set, flow.text_area().width()) + caption_set.size * 0.35);

    let part = flow.structure.add(None, Role::Table);
    let caption_part = caption.is_some().then(|| flow.structure.add(Some(part), Role::Caption));
    let head_part = flow.structure.add(Some(part), Role::TableHead);
    let first = table.rows.first().map_or(0.0, |row| plan.row_height(&plan.cells(row)));
    // A first row that is higher than a page begins on this one all the same.
    let least = first.min(plan.set.leading * 6.0 + plan.pad_y * 2.0);
    flow.need(caption_height + plan.head_height + least);
    if let Some(caption) = caption {
        let within = Area { top: flow.y, ..flow.text_area() };
        flow.text_in(caption_part, &caption, caption_set, Align::Left, within);
        flow.y += caption_height;
    }
    plan.draw_head(flow, Some(head_part));
    if !table.rows.is_empty() {
        let body = flow.structure.add(Some(part), Role::TableBody);
        for row in &table.rows {
            let row_part = flow.structure.add(Some(body), Role::Row);
            plan.row(flow, row, row_part);
        }
    }
    flow.space(flow.theme.body * 0.9);
}

impl<'a> Plan<'a> {
    fn new(flow: &Flow<'a>, table: &'a Table) -> Self {
        let area = flow.text_area();
        let pad_x = mm(1.2);
        let mut size = flow.theme.table;
        let mut widths = widths(table, area.width(), size, pad_x);
        for smaller in [0.93, 0.86, 0.8] {
            if widths.1 {
                break;
            }
            size = flow.theme.table * smaller;
            widths = self::widths(table, area.width(), size, pad_x);
        }
        let mut edges = vec![area.left];
        let mut right = area.left;
        for width in widths.0 {
            right += width;
            edges.push(right);
        }
        let mut plan = Self {
            table,
            edges,
            set: Type::new(size, 1.2),
            pad_x,
            pad_y: size * 0.22,
            head: Vec::new(),
            head_height: 0.0,
            grid: flow.theme.administrative,
        };
        plan.head = table
            .columns
            .iter()
            .enumerate()
            .map(|(column, title)| plan.cell(column, &title.title, Tone::Neutral, Face::Bold))
            .collect();
        // A head that takes most of the page would leave no room for what it is the head of.
        let limit = (flow.page_height() * 0.4 / plan.set.leading).floor();
        for cell in &mut plan.head {
            while to_f32(cell.lines.len()) > limit {
                cell.lines.pop();
            }
        }
        plan.head_height = plan.row_height(&plan.head);
        plan
    }

    fn cell(&self, column: usize, text: &'a str, tone: Tone, face: Face) -> Set<'a> {
        let prose = Prose::new(text, face);
        let width = self.edges[column + 1] - self.edges[column] - 2.0 * self.pad_x - marks::room(tone, self.set.size);
        let lines = prose.lines(self.set.size, width, 0.0);
        Set { prose, lines, tone }
    }

    fn cells(&self, row: &'a Row) -> Vec<Set<'a>> {
        let face = if row.strong { Face::Bold } else { Face::Regular };
        row.cells
            .iter()
            .take(self.table.columns.len())
            .enumerate()
            .map(|(column, cell)| self.cell(column, &cell.text, cell.tone, face))
            .collect()
    }

    fn row_height(&self, cells: &[Set]) -> f32 {
        let lines = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(1);
        to_f32(lines) * self.set.leading + 2.0 * self.pad_y
    }

    fn row(&self, flow: &mut Flow<'a>, row: &'a Row, part: usize) {
        let cells = self.cells(row);
        let parts: Vec<Option<usize>> =
            cells.iter().map(|_| Some(flow.structure.add(Some(part), Role::Cell))).collect();
        let shade = row.strong.then_some(SHADE);
        let whole = self.row_height(&cells);
        if whole + self.head_height <= flow.page_height() {
            if flow.need(whole) {
                self.draw_head(flow, None);
            }
            self.draw(flow, &cells, &parts, 0..usize::MAX, shade);
            return;
        }
        let count = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let mut from = 0;
        while from < count {
            let mut fitting = lines_in(flow.room() - 2.0 * self.pad_y, self.set.leading);
            if fitting < 2.min(count - from) {
                flow.turn();
                self.draw_head(flow, None);
                fitting = lines_in(flow.room() - 2.0 * self.pad_y, self.set.leading).max(1);
            }
            self.draw(flow, &cells, &parts, from..from.saturating_add(fitting), shade);
            from += fitting;
        }
    }

    /// `part` is the head's; `None` where it is repeated.
    fn draw_head(&self, flow: &mut Flow<'a>, part: Option<usize>) {
        let row = part.map(|part| flow.structure.add(Some(part), Role::Row));
        let parts: Vec<Option<usize>> =
            self.head.iter().map(|_| row.map(|row| flow.structure.add(Some(row), Role::HeadCell))).collect();
        if !self.grid {
            let (left, right) = (self.edges[0], self.edges[self.edges.len() - 1]);
            flow.rule((left, flow.y), (right, flow.y), BLACK, 0.9);
        }
        self.draw(flow, &self.head, &parts, 0..usize::MAX, Some(SHADE));
        if !self.grid {
            let (left, right) = (self.edges[0], self.edges[self.edges.len() - 1]);
            flow.rule((left, flow.y), (right, flow.y), BLACK, 0.5);
        }
    }

    /// These lines of a row's cells, with its rules, at the flow's place.
    fn draw(
        &self,
        flow: &mut Flow,
        cells: &[Set],
        parts: &[Option<usize>],
        lines: std::ops::Range<usize>,
        shade: Option<Colour>,
    ) {
        let set = self.set;
        let shown = |cell: &Set| lines.start.min(cell.lines.len())..lines.end.min(cell.lines.len());
        let most = cells.iter().map(|cell| shown(cell).len()).max().unwrap_or(0).max(1);
        let top = flow.y;
        let bottom = top + to_f32(most) * set.leading + 2.0 * self.pad_y;
        let (left, right) = (self.edges[0], self.edges[self.edges.len() - 1]);
        if let Some(shade) = shade {
            flow.fill(Area { left, top, right, bottom }, shade);
        }
        let is_head = std::ptr::eq(cells.as_ptr(), self.head.as_ptr());
        for (column, cell) in cells.iter().enumerate() {
            let lines = &cell.lines[shown(cell)];
            let area = Area { left: self.edges[column], top, right: self.edges[column + 1], bottom };
            let mut within = area.inset(self.pad_x, self.pad_y);
            if is_head {
                // Titles stand on the line below them; in a grid, in the middle.
                let free = within.height() - to_f32(lines.len()) * set.leading;
                within.top += if self.grid { free / 2.0 } else { free };
            }
            let align = match self.table.columns[column].align {
                Align::Left if is_head && self.grid => Align::Centre,
                align => align,
            };
            let aside = marks::room(cell.tone, set.size);
            let widest = lines.iter().map(|line| line.width).fold(0.0, f32::max);
            let mark_at = match align {
                Align::Left => within.left,
                Align::Right => within.right - widest - aside,
                Align::Centre => within.left + (within.width() - widest - aside) / 2.0,
            };
            if !lines.is_empty() {
                marks::draw(flow, cell.tone, mark_at, within.top + set.leading / 2.0, set.size);
            }
            within.left += aside;
            let set = set.in_colour(marks::text_colour(cell.tone));
            for line in lines {
                flow.line(parts.get(column).copied().flatten(), &cell.prose, line, within.top, set, align, within);
                within.top += set.leading;
            }
        }
        flow.shapes(
            self.rules(top, bottom),
            if self.grid { Paint::Stroke(BLACK, 0.4) } else { Paint::Stroke(RULE, 0.4) },
        );
        flow.y = bottom;
    }

    fn rules(&self, top: f32, bottom: f32) -> Vec<Shape> {
        let (left, right) = (self.edges[0], self.edges[self.edges.len() - 1]);
        let mut rules = vec![Shape::Line((left, bottom), (right, bottom))];
        if self.grid {
            rules.push(Shape::Line((left, top), (right, top)));
            rules.extend(self.edges.iter().map(|x| Shape::Line((*x, top), (*x, bottom))));
        }
        rules
    }
}

fn lines_in(height: f32, leading: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lines on a page")]
    let lines = ((height + 0.01) / leading).max(0.0) as usize;
    lines
}

/// Widths of the columns as their shares say, a column that is too narrow for its longest word or figure made wider at
/// the others' expense; and whether that succeeded.
fn widths(table: &Table, total: f32, size: f32, pad: f32) -> (Vec<f32>, bool) {
    let shares: f32 = table.columns.iter().map(|column| column.share.max(0.01)).sum();
    let mut widths: Vec<f32> = table.columns.iter().map(|column| column.share.max(0.01) / shares * total).collect();
    let wanted: Vec<f32> = (0..widths.len())
        .map(|column| {
            // Whoever writes a word as long as that has it broken.
            let limit = total * 0.34;
            let least = least_width(table, column, size).min(limit - 2.0 * pad);
            least + 2.0 * pad
        })
        .collect();
    let missing: f32 = wanted.iter().zip(&widths).map(|(wanted, width)| (wanted - width).max(0.0)).sum();
    let spare: f32 = wanted.iter().zip(&widths).map(|(wanted, width)| (width - wanted).max(0.0)).sum();
    let enough = spare >= missing - 0.01;
    let (given, taken) = if enough {
        (1.0, if spare > 0.0 { missing / spare } else { 0.0 })
    } else {
        (if missing > 0.0 { spare / missing } else { 0.0 }, 1.0)
    };
    for (width, wanted) in widths.iter_mut().zip(&wanted) {
        let change = wanted - *width;
        *width += if change > 0.0 { change * given } else { change * taken };
    }
    (widths, enough)
}

/// What the texts of a column need so that no word of them is broken; a figure is not broken at all.
fn least_width(table: &Table, column: usize, size: f32) -> f32 {
    let title = Prose::new(&table.columns[column].title, Face::Bold).longest_word(size);
    let figures = table.columns[column].align == Align::Right;
    table.rows.iter().filter_map(|row| Some((row.cells.get(column)?, row.strong))).fold(
        title,
        |least, (cell, strong)| {
            let prose = Prose::new(&cell.text, if strong { Face::Bold } else { Face::Regular });
            let aside = marks::room(cell.tone, size);
            let whole = prose.width(size) + aside;
            // Most cells fit, and need no closer look. What the others take away is asked of what they really need.
            if whole <= least {
                least
            } else if figures && prose.as_str().chars().count() <= 24 {
                whole
            } else {
                least.max(prose.longest_word(size) + aside)
            }
        },
    )
}
