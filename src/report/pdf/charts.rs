//! What people look at rather than read: the days of a month, and bars beside what they are held against.
//!
//! Every state differs in lightness or in its hatching, not in colour alone.

use super::flow::{Flow, Type, height, to_f32};
use super::fonts::Face;
use super::ink::{Area, BLACK, Colour, GREY, Paint, RULE, Shape};
use super::marks;
use super::structure::Role;
use super::text::Prose;
use super::theme::mm;
use crate::report::document::{Align, Bars, Strip, Strips};
use crate::report::dossier::Day;

const SECONDS_A_DAY: f32 = 86_400.0;

/// From the foot of a day's column upwards. What is bad stands where the eye begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Dark,
    Degraded,
    Unknown,
    Maintenance,
    Up,
}

const STATES: [State; 5] = [State::Dark, State::Degraded, State::Unknown, State::Maintenance, State::Up];

impl State {
    const fn seconds(self, day: &Day) -> u32 {
        match self {
            Self::Dark => day.dark,
            Self::Degraded => day.degraded,
            Self::Unknown => day.unknown,
            Self::Maintenance => day.maintenance,
            Self::Up => day.up,
        }
    }

    const fn colour(self) -> Colour {
        match self {
            Self::Dark => Colour(0x6b, 0x05, 0x14),
            Self::Degraded => Colour(0xe3, 0x9a, 0x1f),
            Self::Unknown => Colour(0xe4, 0xe4, 0xe4),
            Self::Maintenance => Colour(0x9d, 0xc0, 0xe6),
            Self::Up => Colour(0xc9, 0xe7, 0xcd),
        }
    }
}

/// How a chart's width is shared out.
struct Columns {
    label: f32,
    chart_left: f32,
    chart_right: f32,
    value: f32,
}

impl Columns {
    /// `rows`: what stands before and behind each; `most`: the part of the width that the former may take.
    fn new<'t>(area: Area, rows: impl Iterator<Item = (&'t str, &'t str)>, size: f32, most: f32) -> Self {
        let width = |text: &str| Prose::new(text, Face::Regular).width(size);
        let (label, value) = rows.fold((0.0_f32, 0.0_f32), |(label, value), row| {
            (label.max(width(row.0) + 0.5), value.max(width(row.1) + 0.5))
        });
        let value = value.clamp(area.width() * 0.06, area.width() * 0.24);
        let label = label.clamp(area.width() * 0.12, area.width() * most);
        let gap = mm(2.5);
        Self { label, chart_left: area.left + label + gap, chart_right: area.right - value - gap, value }
    }
}

pub(super) fn strips<'a>(flow: &mut Flow<'a>, strips: &'a Strips) {
    let days = strips.rows.iter().map(|row| row.days.len()).max().unwrap_or(0);
    if days == 0 {
        return;
    }
    let set = Type::new(flow.theme.table, 1.2);
    let area = flow.text_area();
    let columns = Columns::new(area, strips.rows.iter().map(|row| (&*row.label, &*row.value)), set.size, 0.3);
    let heads = Type::new(flow.theme.table * 0.72, 1.2).in_colour(GREY);
    let row_height = |row: &Strip| {
        let label = height(&Prose::new(&row.label, Face::Regular), set, columns.label);
        let value = height(&Prose::new(&row.value, Face::Regular), set, columns.value);
        label.max(value) + set.size * 0.3
    };
    let caption = Prose::new(&strips.caption, Face::Bold);
    let caption_set = Type::new(flow.theme.table, 1.25);
    let caption_height = height(&caption, caption_set, area.width()) + caption_set.size * 0.35;
    let legend = Legend::new(flow, strips);
    let part = {
        let caption_part = flow.structure.add(None, Role::Paragraph);
        let first = strips.rows.first().map_or(0.0, row_height);
        flow.need(caption_height + legend.height + heads.leading + first);
        let within = Area { top: flow.y, ..area };
        flow.text_in(Some(caption_part), &caption, caption_set, Align::Left, within);
        flow.y += caption_height;
        legend.draw(flow);
        flow.structure.add(None, Role::List)
    };
    day_numbers(flow, days, &columns, heads);
    for row in &strips.rows {
        let height = row_height(row);
        if flow.need(height) {
            day_numbers(flow, days, &columns, heads);
        }
        let item = flow.structure.add(Some(part), Role::Item);
        let name = flow.structure.add(Some(item), Role::Label);
        let body = flow.structure.add(Some(item), Role::ItemBody);
        let cell = Area { top: flow.y, bottom: flow.y + height, ..area }.inset(0.0, set.size * 0.15);
        let label = Area { right: area.left + columns.label, ..cell };
        flow.text_in(Some(name), &Prose::new(&row.label, Face::Regular), set, Align::Left, label);
        let value = Area { left: area.right - columns.value, ..cell };
        flow.text_in(Some(body), &Prose::new(&row.value, Face::Regular), set, Align::Right, value);
        let chart = Area {
            left: columns.chart_left,
            right: columns.chart_right,
            top: cell.top + set.size * 0.06,
            bottom: cell.top + set.leading,
        };
        draw_days(flow, &row.days, days, chart);
        flow.y += height;
    }
    flow.space(flow.theme.body * 0.9);
}

/// 1, 5, 10 and so on, above the columns of those days.
fn day_numbers(flow: &mut Flow, days: usize, columns: &Columns, set: Type) {
    let width = (columns.chart_right - columns.chart_left) / to_f32(days);
    for day in (1..=days).filter(|day| *day == 1 || day % 5 == 0) {
        let number = day.to_string();
        let prose = Prose::new(&number, Face::Regular);
        let middle = columns.chart_left + (to_f32(day) - 0.5) * width;
        let half = prose.width(set.size) / 2.0;
        let within = Area { left: middle - half, right: middle + half, top: flow.y, bottom: flow.y + set.leading };
        flow.text_in(None, &prose, set, Align::Centre, within);
    }
    flow.y += set.leading;
}

fn draw_days(flow: &mut Flow, days: &[Day], of: usize, chart: Area) {
    let width = chart.width() / to_f32(of);
    let gap = (width * 0.12).min(0.8);
    let mut filled: [Vec<Shape>; 5] = Default::default();
    let mut hatching = Vec::new();
    let mut frames = Vec::new();
    for (index, day) in days.iter().enumerate() {
        let left = chart.left + to_f32(index) * width + gap / 2.0;
        let column = Area { left, right: left + width - gap, ..chart };
        let mut bottom = column.bottom;
        for (state, shapes) in STATES.iter().zip(&mut filled) {
            let seconds = state.seconds(day);
            if seconds == 0 {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "a day has 86,400 seconds")]
            let share = (seconds as f32 / SECONDS_A_DAY).min(1.0) * chart.height();
            // A short outage is seen too.
            let share = if *state == State::Dark { share.max(1.3) } else { share };
            let area = Area { top: (bottom - share).max(chart.top), bottom, ..column };
            if area.height() > 0.05 {
                shapes.push(Shape::Area(area));
                hatch(*state, area, &mut hatching);
            }
            bottom = area.top;
        }
        if bottom > chart.top + 0.3 {
            // Not in service all day: an empty frame.
            frames.push(Shape::Area(Area { bottom, ..column }.inset(0.15, 0.15)));
        }
    }
    for (state, shapes) in STATES.iter().zip(filled) {
        flow.shapes(shapes, Paint::Fill(state.colour()));
    }
    flow.shapes(hatching, Paint::Stroke(GREY, 0.35));
    flow.shapes(frames, Paint::Stroke(RULE, 0.3));
}

/// What tells the light states apart without colour: slanting lines where nothing is known, level ones for planned work.
fn hatch(state: State, area: Area, lines: &mut Vec<Shape>) {
    const STEP: f32 = 2.4;
    match state {
        State::Unknown => {
            // Lines that rise to the right, cut off at the area's edges.
            let mut start = area.left - area.height();
            while start < area.right {
                let from = (start.max(area.left), area.bottom - (start.max(area.left) - start));
                let end = (start + area.height()).min(area.right);
                let to = (end, area.bottom - (end - start));
                if to.0 > from.0 {
                    lines.push(Shape::Line(from, to));
                }
                start += STEP;
            }
        }
        State::Maintenance => {
            let mut y = area.top + STEP / 2.0;
            while y < area.bottom {
                lines.push(Shape::Line((area.left, y), (area.right, y)));
                y += STEP;
            }
        }
        State::Dark | State::Degraded | State::Up => {}
    }
}

/// Of a legend's name beside its swatch, in parts of the size.
const NAME_AT: f32 = 1.2;

/// The states that occur, and their names, in as many lines as they need.
struct Legend<'a> {
    /// The state, `None` for out of service; its name; where it stands from the left and from above.
    entries: Vec<(Option<State>, Prose<'a>, f32, f32)>,
    set: Type,
    height: f32,
}

impl<'a> Legend<'a> {
    fn new(flow: &Flow, strips: &'a Strips) -> Self {
        let set = Type::new(flow.theme.small, 1.3).in_colour(GREY);
        let names = &strips.legend;
        let days = || strips.rows.iter().flat_map(|row| &row.days);
        let mut shown: Vec<(Option<State>, &str)> = [
            (State::Up, &names.up),
            (State::Degraded, &names.degraded),
            (State::Dark, &names.dark),
            (State::Unknown, &names.unknown),
            (State::Maintenance, &names.maintenance),
        ]
        .into_iter()
        .filter(|(state, _)| *state == State::Up || days().any(|day| state.seconds(day) > 0))
        .map(|(state, name)| (Some(state), name.as_str()))
        .collect();
        if days().any(|day| STATES.iter().map(|state| state.seconds(day)).sum::<u32>() < 86_400) {
            shown.push((None, &names.out_of_service));
        }
        let width = flow.text_area().width();
        let (mut x, mut y) = (0.0, 0.0);
        let mut foot = set.leading;
        let entries = shown
            .into_iter()
            .map(|(state, name)| {
                let prose = Prose::new(name, Face::Regular);
                let wide = prose.width(set.size) + set.size * NAME_AT;
                if x > 0.0 && x + wide > width {
                    (x, y) = (0.0, foot);
                }
                let entry = (state, prose, x, y);
                foot = foot.max(y + height(&entry.1, set, width - set.size * NAME_AT));
                x += wide + set.size * 1.3;
                entry
            })
            .collect();
        Self { entries, set, height: foot + set.size * 0.3 }
    }

    fn draw(&self, flow: &mut Flow<'a>) {
        let area = flow.text_area();
        for (state, name, x, y) in &self.entries {
            let part = flow.structure.add(None, Role::Paragraph);
            let top = flow.y + y;
            let left = area.left + x;
            let middle = top + self.set.leading / 2.0;
            let side = self.set.size * 0.42;
            let swatch = Area { left, right: left + side * 2.0, top: middle - side, bottom: middle + side };
            match state {
                Some(state) => {
                    flow.fill(swatch, state.colour());
                    let mut lines = Vec::new();
                    hatch(*state, swatch, &mut lines);
                    flow.shapes(lines, Paint::Stroke(GREY, 0.35));
                }
                None => flow.shapes(vec![Shape::Area(swatch)], Paint::Stroke(RULE, 0.4)),
            }
            let bottom = flow.y + self.height;
            let within = Area { left: left + self.set.size * NAME_AT, right: area.right, top, bottom };
            flow.text_in(Some(part), name, self.set, Align::Left, within);
        }
        flow.y += self.height;
    }
}

pub(super) fn bars<'a>(flow: &mut Flow<'a>, bars: &'a Bars) {
    if bars.rows.is_empty() {
        return;
    }
    let set = Type::new(flow.theme.table, 1.2);
    let area = flow.text_area();
    let columns = Columns::new(area, bars.rows.iter().map(|row| (&*row.label, &*row.text)), set.size, 0.4);
    let label = |text: &'a str| Prose::new(text, Face::Regular);
    let row_height = |row: &'a crate::report::document::Bar| {
        let label = height(&label(&row.label), set, columns.label);
        let text = height(&self::prose(&row.text), set, columns.value);
        label.max(text).max(set.leading) + set.size * 0.4
    };
    let caption = Prose::new(&bars.caption, Face::Bold);
    let caption_set = Type::new(flow.theme.table, 1.25);
    let caption_height = height(&caption, caption_set, area.width()) + caption_set.size * 0.35;
    let note = Type::new(flow.theme.small, 1.3).in_colour(GREY);
    let target = bars.target_label.as_deref().map(prose).filter(|target| !target.is_empty());
    let target_height = target.as_ref().map_or(0.0, |_| note.leading + note.size * 0.3);
    let caption_part = flow.structure.add(None, Role::Paragraph);
    flow.need(caption_height + target_height + bars.rows.first().map_or(0.0, row_height));
    let within = Area { top: flow.y, ..area };
    flow.text_in(Some(caption_part), &caption, caption_set, Align::Left, within);
    flow.y += caption_height;
    if let Some(target) = target {
        let middle = flow.y + note.leading / 2.0;
        tick(flow, area.left + 2.0, middle - note.size * 0.5, middle + note.size * 0.5);
        let within = Area { left: area.left + note.size * 0.8, top: flow.y, ..area };
        let part = flow.structure.add(None, Role::Paragraph);
        for line in target.lines(note.size, within.width(), 0.0).iter().take(1) {
            flow.line(Some(part), &target, line, flow.y, note, Align::Left, within);
        }
        flow.y += target_height;
    }
    let list = flow.structure.add(None, Role::List);
    for row in &bars.rows {
        let height = row_height(row);
        flow.need(height);
        let item = flow.structure.add(Some(list), Role::Item);
        let name = flow.structure.add(Some(item), Role::Label);
        let body = flow.structure.add(Some(item), Role::ItemBody);
        let cell = Area { top: flow.y, bottom: flow.y + height, ..area }.inset(0.0, set.size * 0.2);
        let within = Area { right: area.left + columns.label, ..cell };
        flow.text_in(Some(name), &label(&row.label), set, Align::Left, within);
        let within = Area { left: area.right - columns.value, ..cell };
        let said = set.in_colour(marks::text_colour(row.tone));
        flow.text_in(Some(body), &prose(&row.text), said, Align::Right, within);

        let middle = cell.top + set.leading / 2.0;
        let half = set.size * 0.36;
        let track =
            Area { left: columns.chart_left, right: columns.chart_right, top: middle - half, bottom: middle + half };
        let at = |value: f64| {
            let share = if bars.scale > 0.0 { (value / bars.scale).clamp(0.0, 1.0) } else { 0.0 };
            #[expect(clippy::cast_possible_truncation, reason = "a place on paper")]
            let share = share as f32;
            track.left + track.width() * share
        };
        flow.shapes(vec![Shape::Area(track)], Paint::Stroke(RULE, 0.4));
        let reached = row.value.map_or(track.left, at);
        if let Some(most) = row.at_most.map(at).filter(|most| *most > reached) {
            let rest = Area { left: reached, right: most, ..track };
            flow.fill(rest, State::Unknown.colour());
            let mut lines = Vec::new();
            hatch(State::Unknown, rest, &mut lines);
            flow.shapes(lines, Paint::Stroke(GREY, 0.35));
        }
        if reached > track.left {
            flow.fill(Area { right: reached, ..track }, marks::surface(row.tone));
        }
        if let Some(target) = row.target {
            tick(flow, at(target), track.top - set.size * 0.16, track.bottom + set.size * 0.16);
        }
        flow.y += height;
    }
    flow.space(flow.theme.body * 0.9);
}

fn prose(text: &str) -> Prose<'_> {
    Prose::new(text, Face::Regular)
}

/// The mark across a bar, with a white edge so that it is seen on any ground.
fn tick(flow: &mut Flow, x: f32, top: f32, bottom: f32) {
    flow.rule((x, top), (x, bottom), super::ink::WHITE, 2.6);
    flow.rule((x, top), (x, bottom), BLACK, 1.3);
}
