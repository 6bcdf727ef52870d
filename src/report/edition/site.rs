//! One site's cameras, for who looks after them.

use super::charts::{recordings_bars, strips};
use super::parts::{
    amendments, camera_cells, camera_columns, causes_table, finish, heading, paragraph, plain_head, ranges_note,
    recordings_figure, row, standing, strong, styled, sum_cells, table, troubles_table, uptime_figure, working,
};
use super::troubles::troubles;
use super::view::View;
use crate::inventory::{Language, SiteId};
use crate::report::document::{Block, Document, KeyFigure, Size, Style, Tone};
use crate::report::dossier::Dossier;

/// How many troubles are told.
const TROUBLES: usize = 40;

pub(super) fn document(dossier: &Dossier, language: Language, site: &SiteId) -> Document {
    let view = View::new(dossier, language, None, |camera| camera.site == *site);
    let (manner, words) = (&view.manner, view.manner.words);
    let title = (words.site.title)(&view.month());
    let notes = dossier.sites.get(site);
    let mut place = vec![notes.map_or(site.as_str(), |notes| &notes.name)];
    place.extend(notes.and_then(|notes| notes.village.as_deref()));
    place.extend(notes.and_then(|notes| Some(dossier.communes.get(&notes.commune)?.name.as_str())));
    let place = place.join(", ");
    let sum = view.sum();
    let mut blocks: Vec<Block> = standing(&view).into_iter().collect();
    blocks.push(Block::KeyFigures(vec![
        working(&view, &sum, words.funder.working),
        uptime_figure(&view, &sum.tally, None, words.funder.uptime),
        KeyFigure {
            label: words.funder.dark.to_owned(),
            value: manner.length(sum.tally.dark),
            note: Some((words.funder.dark_note)(&manner.cameras(sum.cameras))),
            tone: Tone::Neutral,
        },
        recordings_figure(&view, &sum),
    ]));
    blocks.push(heading(2, words.site.cameras));
    let mut rows: Vec<_> =
        view.cameras.iter().map(|camera| row(camera_cells(&view, camera, view.name(camera).to_owned()))).collect();
    rows.push(strong(sum_cells(&view, &sum, words.name.total.to_owned())));
    blocks.push(table(None, camera_columns(&view), rows));
    blocks.extend(ranges_note(&view, view.cameras.iter().map(|camera| &camera.tally)));
    blocks.extend(strips(&view, &view.cameras));
    blocks.push(heading(2, words.site.outages));
    let all = troubles(&view);
    if all.is_empty() {
        blocks.push(paragraph(words.funder.nothing_went_wrong));
    } else {
        blocks.push(troubles_table(&view, &all[..all.len().min(TROUBLES)]));
        let more = all.len().saturating_sub(TROUBLES) as u64;
        if more > 0 {
            let length = manner.length(all.iter().skip(TROUBLES).map(|one| one.dark_seconds).sum());
            blocks.push(paragraph((words.note.outages_left_out)(&manner.count(more), &length)));
        }
        blocks.push(causes_table(&view, &sum, Some(words.commune.by_cause)));
    }
    blocks.extend(recordings_bars(&view, &view.cameras, None));
    blocks.extend(amendments(&view, 2));
    blocks.push(styled(words.note.how_counted, Style::Italic));
    let head = plain_head(&view, title.clone(), place.clone());
    finish(&view, format!("{title} – {place}"), head, Size::Body, blocks)
}
