//! The roll-up of a province: by commune, and every camera in an annex.

use std::collections::{BTreeMap, BTreeSet};

use super::charts::{uptime_bar, uptime_bars};
use super::order::key;
use super::parts::{
    amendments, camera_cells, camera_columns, causes_table, cell, centre, finish, heading, left, paid_text, paragraph,
    plain_head, ranges_note, recordings_figure, recordings_text, right, row, standing, strong, styled, sum_cells,
    table, uptime_figure, working,
};
use super::uptime::{Uptime, coverage_cell};
use super::view::{Camera, Sum, View};
use crate::inventory::{CommuneId, Language};
use crate::report::document::{Block, Cell, Document, KeyFigure, Row, Size, Style, Tone};
use crate::report::dossier::Dossier;

/// How many communes are called the worst.
const WORST: usize = 5;

pub(super) fn document(dossier: &Dossier, language: Language) -> Document {
    let view = View::new(dossier, language, None, |_| true);
    let (manner, words) = (&view.manner, view.manner.words);
    let sum = view.sum();
    let communes = view.sums(|camera| [&camera.figures.commune]);
    let mut blocks: Vec<Block> = standing(&view).into_iter().collect();
    blocks.push(Block::KeyFigures(vec![
        KeyFigure {
            label: words.province.communes.to_owned(),
            value: manner.count(communes.len() as u64),
            note: Some(manner.cameras(sum.cameras)),
            tone: Tone::Neutral,
        },
        working(&view, &sum, words.funder.working),
        uptime_figure(&view, &sum.tally, None, words.funder.uptime),
        recordings_figure(&view, &sum),
    ]));
    blocks.push(heading(1, words.province.by_commune));
    blocks.extend(by_commune(&view, &communes, &sum));
    blocks.push(heading(1, words.province.worst));
    blocks.extend(worst(&view, &communes));
    blocks.push(heading(1, words.province.causes));
    blocks.push(causes_table(&view, &sum, None));
    blocks.extend(amendments(&view, 1));
    blocks.push(styled(words.note.how_counted, Style::Italic));
    blocks.push(Block::PageBreak);
    blocks.push(heading(1, words.province.annex));
    blocks.push(every_camera(&view, &communes));
    let title = (words.province.title)(&view.month());
    let provinces: BTreeSet<&str> =
        dossier.communes.values().filter_map(|commune| commune.province.as_deref()).collect();
    let place = provinces.into_iter().collect::<Vec<_>>().join(", ");
    let head = plain_head(&view, title.clone(), if place.is_empty() { manner.cameras(sum.cameras) } else { place });
    finish(&view, title, head, Size::Body, blocks)
}

fn name<'a>(view: &View<'a>, commune: &'a CommuneId) -> &'a str {
    view.dossier.communes.get(commune).map_or(commune.as_str(), |notes| &notes.name)
}

/// In the order of their names.
fn by_commune(view: &View<'_>, communes: &BTreeMap<&CommuneId, Sum>, all: &Sum) -> Vec<Block> {
    let words = view.manner.words;
    let funded = view.sums(|camera| (!camera.shares().is_empty()).then_some(&camera.figures.commune));
    let mut named: Vec<(&str, &CommuneId, &Sum)> =
        communes.iter().map(|(id, sum)| (name(view, id), *id, sum)).collect();
    named.sort_by_cached_key(|(name, id, _)| (key(name), *id));
    let of = |id: &CommuneId| funded.get(id).map_or(0, |sum| sum.cameras);
    let mut rows: Vec<Row> = named.iter().map(|(name, id, sum)| row(commune_cells(view, name, sum, of(id)))).collect();
    let paid = funded.values().map(|sum| sum.cameras).sum();
    rows.push(strong(commune_cells(view, words.name.total, all, paid)));
    let column = &words.column;
    let columns = vec![
        left(column.commune, 2.4),
        right(column.cameras, 1.1),
        right(words.province.funded, 1.1),
        right(column.uptime, 1.7),
        right(column.coverage, 1.4),
        right(column.dark, 1.7),
        right(column.dark_at_end, 1.2),
        centre(column.recordings_enough, 1.4),
        right(column.amount, 2.0),
    ];
    let mut blocks = vec![table(None, columns, rows)];
    blocks.extend(ranges_note(view, communes.values().map(|sum| &sum.tally).chain([&all.tally])));
    blocks
}

fn commune_cells(view: &View<'_>, name: &str, sum: &Sum, funded: u64) -> Vec<Cell> {
    let manner = &view.manner;
    vec![
        cell(name),
        cell(manner.count(sum.cameras)),
        cell(manner.count(funded)),
        Uptime::of(&sum.tally).cell(manner, &sum.tally, None),
        coverage_cell(manner, &sum.tally),
        cell(manner.length(sum.tally.dark)),
        Cell { text: manner.count(sum.at_end.dark), tone: if sum.at_end.dark > 0 { Tone::Bad } else { Tone::Neutral } },
        cell(recordings_text(view, sum)),
        cell(paid_text(view, sum)),
    ]
}

/// Those that were dark for the largest part of what was observed of them.
fn worst(view: &View<'_>, communes: &BTreeMap<&CommuneId, Sum>) -> Vec<Block> {
    let mut dark: Vec<(&CommuneId, &Sum)> =
        communes.iter().filter(|(_, sum)| sum.tally.dark > 0).map(|(id, sum)| (*id, sum)).collect();
    // a / b > c / d where a * d > c * b: no rounding decides who is worst.
    let product = |a: &Sum, b: &Sum| u128::from(a.tally.dark) * u128::from(b.tally.observed());
    dark.sort_by(|(a, one), (b, other)| product(other, one).cmp(&product(one, other)).then_with(|| a.cmp(b)));
    if dark.is_empty() {
        return vec![paragraph(view.manner.words.province.nothing_dark)];
    }
    let bar = |(id, sum): (&CommuneId, &Sum)| uptime_bar(view, name(view, id).to_owned(), &sum.tally, None);
    uptime_bars(view, dark.into_iter().take(WORST).map(bar).collect()).into_iter().collect()
}

/// Each commune's sum above its cameras.
fn every_camera(view: &View<'_>, communes: &BTreeMap<&CommuneId, Sum>) -> Block {
    let mut of: BTreeMap<&CommuneId, Vec<&Camera<'_>>> = BTreeMap::new();
    for camera in &view.cameras {
        of.entry(&camera.figures.commune).or_default().push(camera);
    }
    let mut rows = Vec::with_capacity(view.cameras.len() + of.len());
    for (commune, cameras) in of {
        if let Some(sum) = communes.get(commune) {
            rows.push(strong(sum_cells(view, sum, name(view, commune).to_owned())));
        }
        rows.extend(cameras.into_iter().map(|camera| row(camera_cells(view, camera, view.full_name(camera)))));
    }
    table(None, camera_columns(view), rows)
}
