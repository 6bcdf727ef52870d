//! The annex: every camera, the outages one by one, corrections of earlier months, and how figures are counted.

use crate::report::OutageFigures;
use crate::report::document::{Block, Row};
use crate::report::edition::parts::{
    amendments, camera_cells, camera_columns, cell, heading, left, paragraph, right, row, strong, sum_cells, table,
};
use crate::report::edition::troubles::{Incidents, cause};
use crate::report::edition::view::{Camera, View};
use crate::report::words::cause_name;

/// How many outages a hand can leaf through; the workbook has all.
const OUTAGES: usize = 300;

pub(super) fn annex(view: &View<'_>, month: &str) -> Vec<Block> {
    let words = &view.manner.words.commune;
    let mut blocks = vec![
        Block::PageBreak,
        heading(1, words.annex),
        paragraph((words.annex_of)(month)),
        heading(2, words.annex_cameras),
        cameras(view),
        heading(2, words.annex_outages),
    ];
    blocks.extend(outages(view));
    let corrected = amendments(view, 2);
    if corrected.is_empty() {
        blocks.push(heading(2, view.manner.words.note.amendments));
        blocks.push(paragraph(view.manner.words.note.no_amendments));
    }
    blocks.extend(corrected);
    blocks.push(heading(2, words.annex_method));
    blocks.extend(view.manner.words.note.how_counted_long.iter().map(|text| paragraph(*text)));
    blocks
}

/// By site, each site's cameras below its sum.
fn cameras(view: &View<'_>) -> Block {
    let mut of_site: Vec<&Camera<'_>> = view.cameras.iter().collect();
    of_site.sort_by(|a, b| a.figures.site.cmp(&b.figures.site));
    let sums = view.sums(|camera| [&camera.figures.site]);
    let mut rows: Vec<Row> = Vec::with_capacity(of_site.len() + sums.len());
    let mut last = None;
    for camera in of_site {
        if last.replace(&camera.figures.site) != Some(&camera.figures.site)
            && let Some(sum) = sums.get(&camera.figures.site)
        {
            rows.push(strong(sum_cells(view, sum, camera.site_name().to_owned())));
        }
        rows.push(row(camera_cells(view, camera, view.name(camera).to_owned())));
    }
    table(None, camera_columns(view), rows)
}

/// In the order of time; where there are too many, the longest.
fn outages(view: &View<'_>) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let mut all: Vec<(&Camera<'_>, &OutageFigures)> = view
        .cameras
        .iter()
        .flat_map(|camera| camera.figures.outages.iter().map(move |outage| (camera, outage)))
        .collect();
    if all.is_empty() {
        return vec![paragraph(words.note.no_outages)];
    }
    all.sort_by(|a, b| b.1.seconds.cmp(&a.1.seconds).then_with(|| a.1.from.cmp(&b.1.from)));
    let left_out = all.split_off(all.len().min(OUTAGES));
    all.sort_by_key(|(camera, outage)| (outage.from, &camera.figures.camera));
    let incidents = Incidents::new(view);
    let rows = all
        .into_iter()
        .map(|(camera, outage)| {
            let incident = incidents.explaining(&camera.figures.camera, outage);
            let why = incident.map(|incident| cause(view, incident));
            let why = why.or_else(|| Some(cause_name(outage.cause?, manner.language).to_owned()));
            let taken_on = incident.and_then(|incident| incident.acknowledged_at);
            row(vec![
                cell(view.full_name(camera)),
                cell(manner.moment(outage.from)),
                cell(manner.moment(outage.to)),
                cell(manner.length(outage.seconds)),
                cell(why.unwrap_or_else(|| words.name.by_unknown.to_owned())),
                cell(taken_on.map_or_else(|| words.name.nobody_said.to_owned(), |at| manner.moment(at))),
            ])
        })
        .collect();
    let column = &words.column;
    let columns = vec![
        left(column.camera, 2.8),
        left(column.from, 1.6),
        left(column.to, 1.6),
        right(column.length, 1.5),
        left(column.cause, 1.8),
        left(column.taken_on, 1.6),
    ];
    let mut blocks = vec![table(None, columns, rows)];
    if !left_out.is_empty() {
        let length = manner.length(left_out.iter().map(|(_, outage)| outage.seconds).sum());
        let count = manner.count(left_out.len() as u64);
        blocks.push(paragraph((words.note.outages_left_out)(&count, &length)));
    }
    blocks
}
