//! Paragraphs, lists, large figures, and who signs.

use super::flow::{Flow, Type, height, to_f32};
use super::fonts::Face;
use super::ink::{Area, Colour, GREY, Paint, RULE, Shape};
use super::marks;
use super::structure::Role;
use super::text::{Line, Prose};
use super::theme::mm;
use crate::report::document::{Align, KeyFigure, Signature, Text, Tone};

/// `tail` is the height of what must not stand on a page without the last lines of this.
pub(super) fn paragraph<'a>(flow: &mut Flow<'a>, text: &'a Text, tail: f32) {
    let prose = Prose::of(text);
    if prose.is_empty() {
        return;
    }
    let part = flow.structure.add(None, Role::Paragraph);
    let area = flow.text_area();
    let set = Type::new(flow.theme.body, flow.theme.leading);
    let (indent, justified) = (flow.theme.indent, flow.theme.administrative);
    let lines = prose.lines(set.size, area.width(), indent);
    put_lines(flow, &Setting { part, prose: &prose, broken: &lines, set, area, indent, justified }, tail);
    flow.space(flow.theme.paragraph_gap);
}

pub(super) fn list<'a>(flow: &mut Flow<'a>, items: &'a [Text], tail: f32) {
    let set = Type::new(flow.theme.body, flow.theme.leading);
    let dash = flow.theme.administrative;
    let whole = flow.text_area();
    let bullet_left = whole.left + if dash { flow.theme.indent } else { set.size * 0.35 };
    let area = Area { left: bullet_left + set.size * if dash { 0.7 } else { 0.85 }, ..whole };
    let part = flow.structure.add(None, Role::List);
    for (index, item) in items.iter().enumerate() {
        let prose = Prose::of(item);
        let item = flow.structure.add(Some(part), Role::Item);
        let body = flow.structure.add(Some(item), Role::ItemBody);
        let lines = prose.lines(set.size, area.width(), 0.0);
        let tail = if index + 1 == items.len() { tail } else { 0.0 };
        let setting = Setting { part: body, prose: &prose, broken: &lines, set, area, indent: 0.0, justified: dash };
        let top = put_lines(flow, &setting, tail);
        let middle = top + set.leading / 2.0 + set.size * 0.05;
        if dash {
            flow.rule((bullet_left, middle), (bullet_left + set.size * 0.3, middle), set.colour, set.size * 0.055);
        } else {
            flow.shapes(
                vec![Shape::Circle { x: bullet_left, y: middle, radius: set.size * 0.13 }],
                Paint::Fill(set.colour),
            );
        }
        flow.space(flow.theme.paragraph_gap * 0.5);
    }
    flow.space(flow.theme.paragraph_gap);
}

/// Lines of one text, and how they are set.
struct Setting<'a, 'p> {
    part: usize,
    prose: &'p Prose<'a>,
    broken: &'p [Line],
    set: Type,
    area: Area,
    indent: f32,
    justified: bool,
}

/// Puts lines down, over as many pages as they need, never one line alone. Returns where the first stands.
fn put_lines(flow: &mut Flow, text: &Setting, tail: f32) -> f32 {
    let Setting { part, prose, broken: lines, set, area, indent, justified } = *text;
    let mut first_top = None;
    let mut left = lines;
    while !left.is_empty() {
        let mut now = leading_lines(left, flow.room(), set.leading, tail).unwrap_or(0);
        if now == 0 && !flow.at_top() {
            flow.turn();
            now = leading_lines(left, flow.room(), set.leading, tail).unwrap_or(0);
        }
        let now = now.clamp(1, left.len());
        flow.need(set.leading);
        for line in &left[..now] {
            let top = flow.y;
            first_top.get_or_insert(top);
            let indent = if line.range.start == lines[0].range.start { indent } else { 0.0 };
            let free = area.width() - indent - line.width;
            let gap =
                if justified && line.wrapped && line.gaps > 0 { free.max(0.0) / f32::from(line.gaps) } else { 0.0 };
            // A line with few words would be torn apart.
            let gap = if gap > set.size * 0.8 { 0.0 } else { gap };
            flow.line_at(Some(part), prose, line, (area.left + indent, top), set, gap, area);
            flow.y += set.leading;
        }
        left = &left[now..];
        if !left.is_empty() {
            flow.turn();
        }
    }
    first_top.unwrap_or(flow.y)
}

/// How many of the lines stand on this page; `None` where they had better begin on the next.
fn leading_lines(lines: &[Line], room: f32, leading: f32, tail: f32) -> Option<usize> {
    let count = lines.len();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lines on a page")]
    let fitting = ((room + 0.01) / leading).max(0.0) as usize;
    if fitting >= count && to_f32(count) * leading + tail <= room + 0.01 {
        return Some(count);
    }
    // Two lines at least at the foot of this page and at the head of the next.
    let now = fitting.min(count.saturating_sub(2));
    (now >= 2).then_some(now)
}

pub(super) fn key_figures<'a>(flow: &mut Flow<'a>, figures: &'a [KeyFigure]) {
    if figures.is_empty() {
        return;
    }
    let rows = figures.len().div_ceil(flow.theme.abreast);
    let columns = figures.len().div_ceil(rows).max(2);
    let gap = mm(3.0);
    let area = flow.text_area();
    let width = (area.width() - gap * to_f32(columns - 1)) / to_f32(columns);
    for row in figures.chunks(columns) {
        key_figure_row(flow, row, width, gap);
        flow.space(gap);
    }
    flow.space(flow.theme.body * 0.9);
}

fn key_figure_row<'a>(flow: &mut Flow<'a>, figures: &'a [KeyFigure], width: f32, gap: f32) {
    let (pad_x, pad_y) = (mm(3.0), mm(2.2));
    let inner = width - 2.0 * pad_x;
    let label_set = Type::new(flow.theme.small, 1.2).in_colour(GREY);
    let bold = |text: &'a str| Prose::new(text, Face::Bold);
    let plain = |text: &'a str| Prose::new(text, Face::Regular);
    let widest = figures.iter().map(|figure| bold(&figure.value).width(flow.theme.value)).fold(0.0, f32::max);
    let shrink = if widest > inner { (inner / widest).max(0.55) } else { 1.0 };
    let value_set = Type::new(flow.theme.value * shrink, 1.2);
    let label_width = |figure: &KeyFigure| inner - marks::room(figure.tone, label_set.size);
    // Figures stand on one line even where a label needs two.
    let tallest = |heights: &mut dyn Iterator<Item = f32>| heights.fold(0.0, f32::max);
    let labels =
        tallest(&mut figures.iter().map(|figure| height(&plain(&figure.label), label_set, label_width(figure))));
    let values = tallest(&mut figures.iter().map(|figure| height(&bold(&figure.value), value_set, inner)));
    let notes = tallest(
        &mut figures.iter().filter_map(|figure| Some(height(&plain(figure.note.as_deref()?), label_set, inner))),
    );
    let total = labels + values + notes + 2.0 * pad_y;
    flow.need(total);
    let top = flow.y;
    let mut left = flow.text_area().left;
    for figure in figures {
        let frame = Area { left, right: left + width, top, bottom: top + total };
        flow.fill(frame, Colour(0xf6, 0xf7, 0xf8));
        flow.shapes(vec![Shape::Area(frame)], Paint::Stroke(RULE, 0.5));
        if figure.tone != Tone::Neutral {
            flow.fill(Area { right: left + 2.4, ..frame }, marks::surface(figure.tone));
        }
        let mut within = frame.inset(pad_x, pad_y);
        marks::draw(flow, figure.tone, within.left, within.top + label_set.leading / 2.0, label_set.size);
        let aside = marks::room(figure.tone, label_set.size);
        let label = Area { left: within.left + aside, ..within };
        let part = flow.structure.add(None, Role::Paragraph);
        flow.text_in(Some(part), &plain(&figure.label), label_set, Align::Left, label);
        within.top += labels;
        let said = value_set.in_colour(marks::text_colour(figure.tone));
        let part = flow.structure.add(None, Role::Paragraph);
        flow.text_in(Some(part), &bold(&figure.value), said, Align::Left, within);
        within.top += values;
        if let Some(note) = &figure.note {
            let part = flow.structure.add(None, Role::Paragraph);
            flow.text_in(Some(part), &plain(note), label_set, Align::Left, within);
        }
        left += width + gap;
    }
    flow.y = top + total;
}

/// Recipients on the left, who signs on the right, at one height.
pub(super) fn signature<'a>(flow: &mut Flow<'a>, signature: &'a Signature) {
    let total = signature_height(flow, signature);
    flow.space(flow.theme.body);
    flow.need(total);
    let area = flow.text_area();
    let top = flow.y;
    let (left, right) = halves(area, top);
    let (heading, list, authority, room) = types(flow);

    let part = flow.structure.add(None, Role::Paragraph);
    let mut within = left;
    if !signature.recipients.is_empty() {
        let text = Prose::new(&signature.recipients_heading, Face::BoldItalic);
        within.top += flow.text_in(Some(part), &text, heading, Align::Left, within);
        for recipient in &signature.recipients {
            let part = flow.structure.add(None, Role::Paragraph);
            let text = Prose::new(recipient, Face::Regular);
            within.top += flow.text_in(Some(part), &text, list, Align::Left, within);
        }
    }
    let mut within = right;
    for line in &signature.authority {
        let part = flow.structure.add(None, Role::Paragraph);
        let text = Prose::new(line, Face::Bold);
        within.top += flow.text_in(Some(part), &text, authority, Align::Centre, within);
    }
    let part = flow.structure.add(None, Role::Paragraph);
    let text = Prose::new(&signature.room, Face::Italic);
    within.top += flow.text_in(Some(part), &text, room, Align::Centre, within);
    within.top += ROOM_TO_SIGN;
    let part = flow.structure.add(None, Role::Paragraph);
    let text = Prose::new(&signature.name, Face::Bold);
    flow.text_in(Some(part), &text, authority, Align::Centre, within);
    flow.y = top + total;
}

/// For a hand and a seal.
const ROOM_TO_SIGN: f32 = mm(24.0);

fn types(flow: &Flow) -> (Type, Type, Type, Type) {
    let body = flow.theme.body;
    (
        Type::new(body * 12.0 / 13.0, 1.2),
        Type::new(body * 11.0 / 13.0, 1.2),
        Type::new(body, 1.2),
        Type::new(body * 11.0 / 13.0, 1.2).in_colour(GREY),
    )
}

fn halves(area: Area, top: f32) -> (Area, Area) {
    let left = Area { right: area.left + area.width() * 0.46, top, ..area };
    let right = Area { left: area.left + area.width() * 0.5, top, ..area };
    (left, right)
}

/// With the lines of both halves.
pub(super) fn signature_height(flow: &Flow, signature: &Signature) -> f32 {
    let (left, right) = halves(flow.text_area(), 0.0);
    let (heading, list, authority, room) = types(flow);
    let of = |text: &str, face: Face, set: Type, width: f32| height(&Prose::new(text, face), set, width);
    let recipients: f32 = if signature.recipients.is_empty() {
        0.0
    } else {
        let lines = signature.recipients.iter().map(|text| of(text, Face::Regular, list, left.width()));
        of(&signature.recipients_heading, Face::BoldItalic, heading, left.width()) + lines.sum::<f32>()
    };
    let signer = signature.authority.iter().map(|text| of(text, Face::Bold, authority, right.width())).sum::<f32>()
        + of(&signature.room, Face::Italic, room, right.width())
        + ROOM_TO_SIGN
        + of(&signature.name, Face::Bold, authority, right.width());
    recipients.max(signer)
}
