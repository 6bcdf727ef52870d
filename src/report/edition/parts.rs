//! What several editions have in common: tables, key figures, notes, amendments, the foot of a page.

use super::charts::recordings_cell;
use super::troubles::Trouble;
use super::uptime::{Uptime, coverage_cell, note, with_coverage};
use super::view::{Camera, Sum, View};
use crate::inventory::Language;
use crate::ledger::Tally;
use crate::observation::State;
use crate::report::document::{
    Align, Block, Cell, Column, Document, Head, KeyFigure, Row, Run, Size, Style, Table, Text, Tone,
};

/// What stands before a commune's name.
const LEVELS: [&str; 4] = ["xã ", "phường ", "thị trấn ", "đặc khu "];

pub(super) fn heading(level: u8, text: impl Into<String>) -> Block {
    Block::Heading { level, text: text.into() }
}

pub(super) fn paragraph(text: impl Into<String>) -> Block {
    Block::Paragraph(Text::plain(text))
}

pub(super) fn styled(text: impl Into<String>, style: Style) -> Block {
    Block::Paragraph(Text(vec![Run { text: text.into(), style }]))
}

pub(super) fn left(title: &str, share: f32) -> Column {
    Column { title: title.to_owned(), share, align: Align::Left }
}

pub(super) fn right(title: &str, share: f32) -> Column {
    Column { title: title.to_owned(), share, align: Align::Right }
}

pub(super) fn centre(title: &str, share: f32) -> Column {
    Column { title: title.to_owned(), share, align: Align::Centre }
}

pub(super) fn cell(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), tone: Tone::Neutral }
}

pub(super) fn row(cells: Vec<Cell>) -> Row {
    Row { cells, strong: false }
}

pub(super) fn strong(cells: Vec<Cell>) -> Row {
    Row { cells, strong: true }
}

pub(super) fn table(caption: Option<&str>, columns: Vec<Column>, rows: Vec<Row>) -> Block {
    Block::Table(Table { caption: caption.map(str::to_owned), columns, rows })
}

/// The whole of it: what all editions say at the foot of their pages.
pub(super) fn finish(view: &View<'_>, title: String, head: Head, size: Size, blocks: Vec<Block>) -> Document {
    let made = view.manner.moment(view.dossier.report.generated_at);
    Document {
        language: view.manner.language,
        title,
        author: view.dossier.form.issuer.clone(),
        made_at: view.dossier.report.generated_at,
        head,
        size,
        blocks,
        footer: (view.manner.words.note.footer)(&view.month(), &made),
    }
}

/// That the month is not over, or that the record ends before it does: what every reader has to know first.
pub(super) fn standing(view: &View<'_>) -> Option<Block> {
    let words = &view.manner.words.note;
    let end = view.end().map(|end| view.manner.moment(end));
    let text = match (view.dossier.running, end) {
        (true, Some(end)) => (words.running)(&end),
        (true, None) => words.running_nothing.to_owned(),
        (false, Some(end)) if !view.is_recorded_to_the_end() => (words.record_ends)(&end),
        (false, None) => words.record_nothing.to_owned(),
        (false, Some(_)) => return None,
    };
    Some(styled(text, Style::Bold))
}

/// How many of them work at the last moment that is known, and when that was.
pub(super) fn working(view: &View<'_>, sum: &Sum, label: &str) -> KeyFigure {
    let manner = &view.manner;
    let note = match view.end() {
        Some(_) if view.is_recorded_to_the_end() => manner.words.note.month_end.to_owned(),
        Some(end) => (manner.words.note.moment_of_end)(&manner.moment(end)),
        None => manner.words.note.nothing_observed.to_owned(),
    };
    let tone = match sum.at_end {
        end if end.dark > 0 => Tone::Bad,
        end if end.all() == 0 || end.unknown > 0 => Tone::Faint,
        _ => Tone::Good,
    };
    KeyFigure { label: label.to_owned(), value: working_text(view, sum), note: Some(note), tone }
}

/// `11 / 12`, or a dash where nothing is in service.
pub(super) fn working_text(view: &View<'_>, sum: &Sum) -> String {
    match sum.at_end.all() {
        0 => "—".to_owned(),
        all => format!("{} / {}", view.manner.count(sum.at_end.working), view.manner.count(all)),
    }
}

pub(super) fn working_cell(view: &View<'_>, sum: &Sum) -> Cell {
    let tone = if sum.at_end.dark > 0 { Tone::Bad } else { Tone::Neutral };
    Cell { text: working_text(view, sum), tone }
}

pub(super) fn uptime_figure(view: &View<'_>, tally: &Tally, target: Option<f64>, label: &str) -> KeyFigure {
    let manner = &view.manner;
    let mut below = note(manner, tally, view.dossier.running);
    if let Some(target) = target {
        below = format!("{below}; {}", (manner.words.note.target)(&manner.aim(target)));
    }
    let uptime = Uptime::of(tally);
    KeyFigure {
        label: label.to_owned(),
        value: uptime.text(manner),
        note: Some(below),
        tone: uptime.tone(tally, target),
    }
}

/// `10 / 12` cameras with enough recordings, of those whose recordings are known.
pub(super) fn recordings_text(view: &View<'_>, sum: &Sum) -> String {
    match sum.judged {
        0 => "—".to_owned(),
        judged => format!("{} / {}", view.manner.count(sum.compliant), view.manner.count(judged)),
    }
}

pub(super) fn recordings_figure(view: &View<'_>, sum: &Sum) -> KeyFigure {
    let words = &view.manner.words.funder;
    let tone = match sum.judged {
        0 => Tone::Faint,
        judged if judged == sum.compliant => Tone::Good,
        _ => Tone::Warning,
    };
    KeyFigure {
        label: words.recordings.to_owned(),
        value: recordings_text(view, sum),
        note: Some(words.recordings_note.to_owned()),
        tone,
    }
}

/// A sum of money of which parts may not be known.
pub(super) fn paid_text(view: &View<'_>, sum: &Sum) -> String {
    match sum.paid {
        0 => "—".to_owned(),
        paid => view.manner.count(paid),
    }
}

pub(super) fn state_cell(view: &View<'_>, camera: &Camera<'_>) -> Cell {
    let name = &view.manner.words.name;
    let (text, tone) = match camera.at_end() {
        Some(state) => {
            let tone = match state {
                State::Up => Tone::Good,
                State::Degraded => Tone::Warning,
                State::Dark => Tone::Bad,
                State::Unknown => Tone::Faint,
                State::Maintenance => Tone::Neutral,
            };
            ((name.state)(state), tone)
        }
        None => (name.out_of_service, Tone::Faint),
    };
    Cell { text: text.to_owned(), tone }
}

/// Columns and cells for each camera: name, uptime, coverage, dark, how it ended, recordings.
pub(super) fn camera_columns(view: &View<'_>) -> Vec<Column> {
    let column = &view.manner.words.column;
    vec![
        left(column.camera, 2.9),
        right(column.uptime, 1.9),
        right(column.coverage, 1.3),
        right(column.dark, 1.8),
        left(column.at_end, 1.8),
        left(column.recordings, 2.3),
    ]
}

pub(super) fn camera_cells(view: &View<'_>, camera: &Camera<'_>, name: String) -> Vec<Cell> {
    let manner = &view.manner;
    let tally = &camera.tally;
    vec![
        cell(name),
        Uptime::of(tally).cell(manner, tally, None),
        coverage_cell(manner, tally),
        cell(manner.length(tally.dark)),
        state_cell(view, camera),
        recordings_cell(view, camera),
    ]
}

/// The same columns for several of them.
pub(super) fn sum_cells(view: &View<'_>, sum: &Sum, name: String) -> Vec<Cell> {
    let manner = &view.manner;
    let tally = &sum.tally;
    vec![
        cell(name),
        Uptime::of(tally).cell(manner, tally, None),
        coverage_cell(manner, tally),
        cell(manner.length(tally.dark)),
        working_cell(view, sum),
        cell(recordings_text(view, sum)),
    ]
}

/// Whether one of these is printed as a range, which then has to be explained.
pub(super) fn ranges_note<'t>(view: &View<'_>, tallies: impl IntoIterator<Item = &'t Tally>) -> Option<Block> {
    let is_range = |tally: &Tally| matches!(Uptime::of(tally), Uptime::Range(..));
    tallies.into_iter().any(is_range).then(|| styled(view.manner.words.note.ranges, Style::Italic))
}

/// Dark time by what made it dark, the most first; with the part of it that each is.
pub(super) fn causes_table(view: &View<'_>, sum: &Sum, caption: Option<&str>) -> Block {
    let (manner, words) = (&view.manner, view.manner.words);
    let by = &sum.dark_by;
    let mut causes = [
        (words.name.by_camera, by.camera),
        (words.name.by_line, by.line),
        (words.name.by_recorder, by.recorder),
        (words.name.by_unknown, by.unknown),
    ];
    causes.sort_by_key(|(_, seconds)| std::cmp::Reverse(*seconds));
    let all = sum.tally.dark;
    let share =
        |seconds| crate::report::share::hundredths(seconds, all).map_or_else(|| "—".to_owned(), |s| manner.percent(s));
    let line = |name: &str, seconds| vec![cell(name), cell(manner.length(seconds)), cell(share(seconds))];
    let mut rows: Vec<Row> = causes.into_iter().map(|(name, seconds)| row(line(name, seconds))).collect();
    rows.push(strong(line(words.name.total, all)));
    let column = &words.column;
    table(caption, vec![left(column.cause, 4.0), right(column.dark, 2.0), right(column.share, 1.5)], rows)
}

/// What went wrong, one a row.
pub(super) fn troubles_table(view: &View<'_>, troubles: &[Trouble]) -> Block {
    let (manner, words) = (&view.manner, view.manner.words);
    let column = &words.column;
    let rows = troubles
        .iter()
        .map(|one| {
            let subject = match one.cameras {
                0 | 1 => one.subject.clone(),
                several => format!("{} ({})", one.subject, manner.cameras(several)),
            };
            let over = one.over.map(|over| manner.moment(over));
            row(vec![
                cell(subject),
                cell(one.cause.clone()),
                cell(manner.moment(one.from)),
                cell(manner.length(one.seconds)),
                cell(one.taken_on.map_or_else(|| words.name.nobody_said.to_owned(), |at| manner.moment(at))),
                Cell {
                    tone: if over.is_some() { Tone::Neutral } else { Tone::Bad },
                    text: over.unwrap_or_else(|| words.name.not_over.to_owned()),
                },
            ])
        })
        .collect();
    let columns = vec![
        left(column.what, 2.6),
        left(column.cause, 2.0),
        left(column.from, 1.7),
        right(column.length, 1.5),
        left(column.taken_on, 1.7),
        left(column.over, 1.7),
    ];
    table(None, columns, rows)
}

/// Corrections of closed months that are about the edition's cameras.
pub(super) fn amendments(view: &View<'_>, level: u8) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let rows: Vec<Row> = view
        .dossier
        .amendments
        .iter()
        .filter_map(|amendment| {
            let at = view.cameras.binary_search_by(|camera| camera.figures.camera.cmp(&amendment.camera)).ok()?;
            let figures = |tally: &Tally| format!("{}; {}", with_coverage(manner, tally), manner.length(tally.dark));
            Some(row(vec![
                cell(manner.month(&amendment.month)),
                cell(view.full_name(&view.cameras[at])),
                cell(figures(&amendment.before)),
                cell(figures(&amendment.after)),
                cell(manner.moment(amendment.made_at)),
            ]))
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let column = &words.column;
    let columns = vec![
        left(column.month, 1.4),
        left(column.camera, 2.6),
        left(column.before, 2.4),
        left(column.after, 2.4),
        left(column.made, 1.7),
    ];
    vec![heading(level, words.note.amendments), paragraph(words.note.amendments_lead), table(None, columns, rows)]
}

/// Names in a row, as many as there is room for.
pub(super) fn named(view: &View<'_>, names: &[String], room: usize) -> String {
    let shown = names.iter().take(room).cloned().collect::<Vec<_>>().join("; ");
    match names.len().saturating_sub(room) as u64 {
        0 => shown,
        more => format!("{shown} {}", (view.manner.words.note.and_more)(more, &view.manner.count(more))),
    }
}

/// A commune's name within a sentence: "trên địa bàn xã Mộc Nam", in Vietnamese.
pub(super) fn within_a_sentence(commune: &str) -> String {
    let lower = commune.to_lowercase();
    let Some(level) = LEVELS.iter().find(|level| lower.starts_with(**level)) else { return commune.to_owned() };
    format!("{level}{}", commune.get(level.len()..).unwrap_or_default())
}

/// "Xã Mộc Nam" without its level: where a document of it is signed.
pub(super) fn without_level(commune: &str) -> &str {
    let lower = commune.to_lowercase();
    let level = LEVELS.iter().find(|level| lower.starts_with(**level));
    level.and_then(|level| commune.get(level.len()..)).unwrap_or(commune)
}

/// Who reports, above a heading for whoever is no Vietnamese authority.
pub(super) fn plain_head(view: &View<'_>, title: String, subtitle: String) -> Head {
    Head::Plain { organisation: view.dossier.form.issuer.clone(), title, subtitle }
}

pub(super) fn is_vietnamese(view: &View<'_>) -> bool {
    view.manner.language == Language::Vietnamese
}
