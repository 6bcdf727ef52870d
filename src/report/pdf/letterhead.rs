//! What stands above the first block: the form of an administrative document, or a plain heading.

use super::flow::{Flow, Type, height};
use super::fonts::Face;
use super::ink::{Area, BLACK, Colour, GREY, Paint, Shape};
use super::structure::Role;
use super::text::Prose;
use super::theme::mm;
use crate::report::document::{Align, Letterhead};

/// Of the rule under a plain heading.
const ACCENT: Colour = Colour(0x1f, 0x3a, 0x52);

pub(super) fn plain<'a>(flow: &mut Flow<'a>, organisation: Option<&'a str>, title: &'a str, subtitle: &'a str) {
    let body = flow.theme.body;
    if let Some(organisation) = organisation {
        let part = flow.structure.add(None, Role::Paragraph);
        let set = Type::new(body * 0.95, 1.3).in_colour(GREY);
        put(flow, part, organisation, Face::Bold, set, Align::Left);
        flow.y += body * 0.3;
    }
    let part = flow.structure.add(None, Role::Heading { level: 1, text: title.to_owned() });
    let set = Type::new(flow.theme.title, 1.15).in_colour(ACCENT);
    put(flow, part, title, Face::Bold, set, Align::Left);
    if !subtitle.trim().is_empty() {
        let part = flow.structure.add(None, Role::Paragraph);
        put(flow, part, subtitle, Face::Regular, Type::new(body * 1.12, 1.3), Align::Left);
    }
    flow.y += body * 0.5;
    let area = flow.text_area();
    flow.rule((area.left, flow.y), (area.right, flow.y), ACCENT, 1.4);
    flow.y += body;
}

/// All lines of a text over the page's width.
fn put(flow: &mut Flow, part: usize, text: &str, face: Face, set: Type, align: Align) {
    let within = Area { top: flow.y, ..flow.text_area() };
    flow.y += flow.text_in(Some(part), &Prose::new(text, face), set, align, within);
}

/// The upper part of Nghị định 30/2020/NĐ-CP, Phụ lục I: who reports on the left, the nation on the right.
pub(super) fn administrative<'a>(flow: &mut Flow<'a>, head: &'a Letterhead) {
    let area = Area { top: flow.y, ..flow.text_area() };
    let scale = flow.theme.body / 13.0;
    let left = Area { right: area.left + area.width() * 0.39, ..area };
    let right = Area { left: area.left + area.width() * 0.41, ..area };
    let of = |size: f32| Type::new(size * scale, 1.2);

    // Who reports.
    let mut within = left;
    if let Some(superior) = &head.superior {
        let part = flow.structure.add(None, Role::Paragraph);
        within.top += flow.text_in(Some(part), &Prose::new(superior, Face::Regular), of(12.0), Align::Centre, within);
    }
    let part = flow.structure.add(None, Role::Paragraph);
    let issuer = Prose::new(&head.issuer, Face::Bold);
    let set = fitting(&issuer, of(13.0), of(12.0), within.width());
    within.top += flow.text_in(Some(part), &issuer, set, Align::Centre, within);
    let width = last_line(&issuer, set, within.width()) * 0.4;
    within.top += short_rule(flow, within, width.max(mm(12.0)));
    let left_foot = within.top;

    // The nation, on one line where that can be had.
    let part = flow.structure.add(None, Role::Paragraph);
    let mut within = right;
    let nation = Prose::new(&head.nation, Face::Bold);
    let set = fitting(&nation, of(13.0), of(12.0), within.width());
    within.top += flow.text_in(Some(part), &nation, set, Align::Centre, within);
    let part = flow.structure.add(None, Role::Paragraph);
    let motto = Prose::new(&head.motto, Face::Bold);
    let set = fitting(&motto, of(14.0), of(13.0), within.width());
    within.top += flow.text_in(Some(part), &motto, set, Align::Centre, within);
    let width = last_line(&motto, set, within.width());
    within.top += short_rule(flow, within, width);
    let right_foot = within.top;

    // Number, and place and date: at one height.
    let row = left_foot.max(right_foot) + 2.0 * scale;
    let mut within = Area { top: row, ..left };
    let part = flow.structure.add(None, Role::Paragraph);
    within.top += flow.text_in(Some(part), &Prose::new(&head.number, Face::Regular), of(13.0), Align::Centre, within);
    if let Some(draft) = &head.draft {
        within.top += 4.0 * scale;
        within.top += framed(flow, draft, of(12.0), within);
    }
    let part = flow.structure.add(None, Role::Paragraph);
    let place = Prose::new(&head.place_and_date, Face::Italic);
    let set = fitting(&place, of(14.0), of(13.0), right.width());
    let place_foot = row + flow.text_in(Some(part), &place, set, Align::Centre, Area { top: row, ..right });

    // What it is.
    flow.y = within.top.max(place_foot) + 14.0 * scale;
    let text = format!("{} {}", head.kind, head.subject);
    let part = flow.structure.add(None, Role::Heading { level: 1, text });
    put(flow, part, &head.kind, Face::Bold, of(14.0), Align::Centre);
    let part = flow.structure.add(None, Role::Paragraph);
    let subject = Prose::new(&head.subject, Face::Bold);
    let within = Area { top: flow.y, ..area.inset(mm(12.0), 0.0) };
    flow.y += flow.text_in(Some(part), &subject, of(14.0), Align::Centre, within);
    let width = last_line(&subject, of(14.0), within.width()) * 0.4;
    flow.y += short_rule(flow, Area { top: flow.y, ..area }, width.clamp(mm(20.0), mm(50.0)));
    flow.y += 8.0 * scale;
    if let Some(addressee) = &head.addressee {
        let part = flow.structure.add(None, Role::Paragraph);
        put(flow, part, addressee, Face::Regular, of(14.0), Align::Centre);
        flow.y += 8.0 * scale;
    }
}

/// The larger manner if the text stands on one line in it, else the smaller.
fn fitting(prose: &Prose, larger: Type, smaller: Type, width: f32) -> Type {
    if prose.width(larger.size) <= width { larger } else { smaller }
}

fn last_line(prose: &Prose, set: Type, width: f32) -> f32 {
    prose.balanced(set.size, width).last().map_or(0.0, |line| line.width)
}

/// A rule in the middle under a text. Returns the height it takes.
fn short_rule(flow: &mut Flow, within: Area, width: f32) -> f32 {
    let middle = f32::midpoint(within.left, within.right);
    let y = within.top + 2.5;
    flow.rule((middle - width / 2.0, y), (middle + width / 2.0, y), BLACK, 0.7);
    6.0
}

/// A word in a frame. Returns the height it takes.
fn framed(flow: &mut Flow, text: &str, set: Type, within: Area) -> f32 {
    let prose = Prose::new(text, Face::Bold);
    let inner = height(&prose, set, within.width() - 16.0);
    let half = prose.width(set.size).min(within.width() - 16.0) / 2.0 + 8.0;
    let middle = f32::midpoint(within.left, within.right);
    let frame = Area { left: middle - half, right: middle + half, top: within.top, bottom: within.top + inner + 5.0 };
    flow.shapes(vec![Shape::Area(frame)], Paint::Stroke(BLACK, 0.7));
    let part = flow.structure.add(None, Role::Paragraph);
    flow.text_in(Some(part), &prose, set, Align::Centre, frame.inset(6.0, 2.5));
    frame.height()
}
