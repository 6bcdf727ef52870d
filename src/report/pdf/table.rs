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
    let begun = first.min(plan.set.leading * 6.0 + plan.pad_y * 2.0);
    flow.need(caption_height + plan.head_height + begun);
    if let Some(caption) = caption {
        let within = Area { top: flow.y, ..flow.text_area() };
        flow.text_in(caption_part, &caption, caption_set, Align::Left, within);
        flow.y += caption_height;
    }
    plan.draw_head(flow, Some(head_part));
    if !table.rows.is_empty() {
        let body = flow.structure.add(Some(part), Role::TableBody);
        let mut rows = table.rows.iter();
        let mut next = rows.next().map(|row| (row, plan.cells(row)));
        while let Some((row, cells)) = next {
            next = rows.next().map(|row| (row, plan.cells(row)));
            // The head of a group stays with its first row, and a sum with the last row above it.
            let last = rows.len() == 0;
            let together = next.as_ref().filter(|(next, _)| row.strong != next.strong && (row.strong || last));
            let tail = together.map_or(0.0, |(_, cells)| plan.row_height(cells));
            let row_part = flow.structure.add(Some(body), Role::Row);
            plan.row(flow, row.strong, &cells, row_part, tail);
        }
    }
    flow.space(flow.theme.body * 0.9);
}

impl<'a> Plan<'a> {
    fn new(flow: &Flow<'a>, table: &'a Table) -> Self {
        let area = flow.text_area();
        let pad_x = if flow.theme.administrative { mm(1.2) } else { mm(1.6) };
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

    /// `tail`: the height of what had better stand on the same page.
    fn row(&self, flow: &mut Flow<'a>, strong: bool, cells: &[Set], part: usize, tail: f32) {
        let parts: Vec<Option<usize>> =
            cells.iter().map(|_| Some(flow.structure.add(Some(part), Role::Cell))).collect();
        let shade = strong.then_some(SHADE);
        let whole = self.row_height(cells);
        if whole + self.head_height <= flow.page_height() {
            let tail = if whole + tail + self.head_height <= flow.page_height() { tail } else { 0.0 };
            if flow.need(whole + tail) {
                self.draw_head(flow, None);
            }
            self.draw(flow, cells, &parts, 0..usize::MAX, shade);
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
            self.draw(flow, cells, &parts, from..from.saturating_add(fitting), shade);
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
                _ if is_head && self.grid => Align::Centre,
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

/// What the texts of a column ask for, in points, without the space at both sides.
#[derive(Debug, Clone, Copy, Default)]
struct Wish {
    /// So that no word is broken, and no figure at all.
    least: f32,
    /// So that every cell stands on one line.
    whole: f32,
}

/// Widths of the columns as their shares say, but what a column does not need goes to those that do: first so that no
/// figure is broken, then so that cells stand on one line, the smallest wish first. And whether no figure is broken.
fn widths(table: &Table, total: f32, size: f32, pad: f32) -> (Vec<f32>, bool) {
    let shares: f32 = table.columns.iter().map(|column| column.share.max(0.01)).sum();
    let mut widths: Vec<f32> = table.columns.iter().map(|column| column.share.max(0.01) / shares * total).collect();
    let wishes: Vec<Wish> = (0..widths.len()).map(|column| wish(table, column, size)).collect();
    // Whoever writes a word as long as that has it broken.
    let least: Vec<f32> = wishes.iter().map(|wish| (wish.least + 2.0 * pad).min(total * 0.34)).collect();
    let whole: Vec<f32> = wishes.iter().zip(&least).map(|(wish, least)| (wish.whole + 2.0 * pad).max(*least)).collect();
    let enough = level(&mut widths, &least);
    if enough {
        level(&mut widths, &whole);
    }
    (widths, enough)
}

/// Gives columns that are narrower than they want what others have beyond what they want, the smallest wish first;
/// columns of about one width, such as two dates, get it together or not at all. What is left then is the largest
/// wish's. Whether there was enough for all.
fn level(widths: &mut [f32], wanted: &[f32]) -> bool {
    let spare: f32 = widths.iter().zip(wanted).map(|(width, wanted)| (width - wanted).max(0.0)).sum();
    let rich: Vec<usize> = (0..widths.len()).filter(|column| widths[*column] > wanted[*column]).collect();
    let mut poor: Vec<usize> = (0..widths.len()).filter(|column| widths[*column] < wanted[*column]).collect();
    poor.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
    let mut left = spare;
    let mut enough = true;
    for alike in poor.chunk_by(|one, other| wanted[*other] < wanted[*one] * 1.05) {
        let missing: f32 = alike.iter().map(|column| wanted[*column] - widths[*column]).sum();
        enough = missing <= left + 0.01;
        if !enough {
            break;
        }
        for column in alike {
            widths[*column] = wanted[*column];
        }
        left -= missing;
    }
    if let Some(largest) = poor.last().filter(|_| !enough) {
        widths[*largest] += left.max(0.0);
        left = 0.0;
    }
    if spare > 0.0 {
        let taken = (spare - left) / spare;
        for column in rich {
            widths[column] -= (widths[column] - wanted[column]) * taken;
        }
    }
    enough
}

fn wish(table: &Table, column: usize, size: f32) -> Wish {
    let least = Prose::new(&table.columns[column].title, Face::Bold).longest_word(size);
    let figures = table.columns[column].align == Align::Right;
    let cells = table.rows.iter().filter_map(|row| Some((row.cells.get(column)?, row.strong)));
    cells.fold(Wish { least, whole: 0.0 }, |wish, (cell, strong)| {
        let prose = Prose::new(&cell.text, if strong { Face::Bold } else { Face::Regular });
        let aside = marks::room(cell.tone, size);
        // A hair more, so that what just fits is not broken by what adding up loses.
        let whole = prose.width(size) + aside + 0.1;
        let least = if whole <= wish.least {
            wish.least
        } else if figures && prose.as_str().chars().count() <= 24 {
            whole
        } else {
            wish.least.max(prose.longest_word(size) + aside + 0.1)
        };
        Wish { least, whole: wish.whole.max(whole) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_column_does_not_need_goes_to_the_smallest_wish_first() {
        let mut widths = vec![100.0, 50.0, 50.0];
        assert!(!level(&mut widths, &[40.0, 70.0, 500.0]));
        assert_eq!(widths, [40.0, 70.0, 90.0]);
        let mut widths = vec![100.0, 50.0, 50.0];
        assert!(level(&mut widths, &[40.0, 60.0, 50.0]));
        assert_eq!(widths, [90.0, 60.0, 50.0]);
    }

    #[test]
    fn columns_alike_stay_alike() {
        let mut widths = vec![30.0, 50.0, 50.0, 90.0];
        assert!(!level(&mut widths, &[20.0, 58.0, 59.0, 300.0]));
        assert_eq!(widths, [20.0, 50.0, 50.0, 100.0]);
    }

    #[test]
    fn columns_that_need_nothing_keep_their_shares() {
        let mut widths = vec![120.0, 60.0];
        assert!(level(&mut widths, &[50.0, 40.0]));
        assert_eq!(widths, [120.0, 60.0]);
    }
}
