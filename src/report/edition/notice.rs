//! The page for the village hall, in large letters: what was given, whether it works, whom to ask.
//!
//! By village alone: no camera is named.

use std::collections::{BTreeMap, BTreeSet};

use super::parts::{
    cell, centre, finish, left, paragraph, plain_head, recordings_text, right, row, standing, strong, styled, table,
    uptime_figure, within_a_sentence, working, working_cell,
};
use super::troubles::is_of_cameras;
use super::uptime::with_coverage;
use super::view::{Sum, View};
use crate::inventory::{CameraId, CommuneId, Language};
use crate::report::document::{Block, Cell, Document, KeyFigure, Size, Style, Tone};
use crate::report::dossier::Dossier;

/// Incidents, and those of them that are over.
#[derive(Debug, Clone, Copy, Default)]
struct Incidents {
    all: u64,
    over: u64,
}

pub(super) fn document(dossier: &Dossier, language: Language, commune: &CommuneId) -> Document {
    let view = View::new(dossier, language, None, |camera| camera.commune == *commune);
    let (manner, words) = (&view.manner, view.manner.words);
    let name = dossier.communes.get(commune).map_or(commune.as_str(), |notes| &notes.name);
    let sum = view.sum();
    let (incidents, by_village) = incidents(&view);
    let mut blocks: Vec<Block> = standing(&view).into_iter().collect();
    blocks.push(Block::KeyFigures(vec![
        working(&view, &sum, words.notice.cameras),
        uptime_figure(&view, &sum.tally, None, words.notice.uptime),
        KeyFigure {
            label: words.notice.money.to_owned(),
            value: if sum.paid == 0 { "—".to_owned() } else { (words.unit.millions)(&manner.millions(sum.paid)) },
            note: (sum.unpriced > 0).then(|| (words.funder.amounts_unknown)(&manner.cameras(sum.unpriced))),
            tone: Tone::Neutral,
        },
        KeyFigure {
            label: words.notice.incidents.to_owned(),
            value: manner.count(incidents.all),
            note: Some((words.notice.incidents_note)(&manner.count(incidents.over))),
            tone: Tone::Neutral,
        },
    ]));
    let line = |sum: &Sum, name: &str, incidents: Incidents| -> Vec<Cell> {
        vec![
            cell(name),
            working_cell(&view, sum),
            cell(if sum.paid == 0 { "—".to_owned() } else { manner.millions(sum.paid) }),
            cell(with_coverage(manner, &sum.tally)),
            cell(format!("{} / {}", manner.count(incidents.over), manner.count(incidents.all))),
            cell(recordings_text(&view, sum)),
        ]
    };
    let mut rows: Vec<_> = view
        .villages()
        .iter()
        .map(|(village, sum)| {
            let of = by_village.get(village).copied().unwrap_or_default();
            row(line(sum, village.unwrap_or(words.name.no_village), of))
        })
        .collect();
    rows.push(strong(line(&sum, words.name.total, incidents)));
    let column = &words.column;
    let columns = vec![
        left(column.village, 2.2),
        centre(column.working_at_end, 1.3),
        right(column.amount_millions, 1.3),
        right(column.uptime_and_coverage, 2.1),
        centre(column.incidents, 1.2),
        centre(column.recordings_enough, 1.3),
    ];
    blocks.push(table(Some(words.notice.by_village), columns, rows));
    blocks.push(styled(words.note.how_counted, Style::Italic));
    let whom = dossier.form.issuer.clone().unwrap_or_else(|| (words.commune.issuer)(&within_a_sentence(name)));
    blocks.push(paragraph((words.notice.ask)(&whom)));
    blocks.push(paragraph(words.notice.posted));
    blocks.push(paragraph(words.notice.posted_by));
    let title = words.notice.title.to_owned();
    let subtitle = (words.notice.subtitle)(name, &view.month());
    let head = plain_head(&view, title.clone(), subtitle.clone());
    finish(&view, format!("{title} – {subtitle}"), head, Size::Poster, blocks)
}

/// Of the commune, and of each of its villages: one that is about cameras of two counts in both.
fn incidents<'a>(view: &View<'a>) -> (Incidents, BTreeMap<Option<&'a str>, Incidents>) {
    let village: BTreeMap<&CameraId, Option<&str>> =
        view.cameras.iter().map(|camera| (&camera.figures.camera, camera.village())).collect();
    let mut all = Incidents::default();
    let mut of: BTreeMap<Option<&str>, Incidents> = BTreeMap::new();
    for incident in view.dossier.incidents.iter().filter(|incident| is_of_cameras(incident)) {
        let where_: BTreeSet<Option<&str>> =
            incident.cameras.iter().filter_map(|camera| village.get(camera).copied()).collect();
        if where_.is_empty() {
            continue;
        }
        let over = u64::from(incident.closed_at.is_some());
        all = Incidents { all: all.all + 1, over: all.over + over };
        for village in where_ {
            let count = of.entry(village).or_default();
            *count = Incidents { all: count.all + 1, over: count.over + over };
        }
    }
    (all, of)
}
