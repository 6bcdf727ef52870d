//! The administrative report of a commune: in Vietnamese a draft in the form of Nghị định 30/2020/NĐ-CP that the clerk
//! numbers and the chairman signs, in other languages a translation for information.
//!
//! The name and the motto of the state stand on no document in another language. Which acts it is made under, the
//! configuration says; what is proposed follows from figures alone.

mod annex;
mod form;
mod proposals;

use std::collections::BTreeSet;

use super::charts::{recordings_cell, uptime_bar, uptime_bars};
use super::funder::hour_cost;
use super::money::Costs;
use super::order::key;
use super::parts::{
    causes_table, cell, centre, finish, heading, is_vietnamese, left, paragraph, plain_head, ranges_note,
    recordings_figure, recordings_text, right, row, standing, strong, styled, table, uptime_figure, within_a_sentence,
    working, working_cell,
};
use super::uptime::{Uptime, coverage, coverage_cell};
use super::view::{Camera, FundName, Sum, View};
use crate::inventory::{CommuneId, FundId, Language};
use crate::report::document::{Block, Cell, Document, KeyFigure, Row, Size, Style, Tone};
use crate::report::dossier::Dossier;

/// How many cameras are called the worst.
const WORST: usize = 5;
/// How many names stand in one sentence.
pub(super) const NAMES: usize = 10;

pub(super) fn document(dossier: &Dossier, language: Language, commune: &CommuneId) -> Document {
    let view = View::new(dossier, language, None, |camera| camera.commune == *commune);
    let words = &view.manner.words.commune;
    let name = dossier.communes.get(commune).map_or(commune.as_str(), |notes| &notes.name);
    let mut blocks: Vec<Block> = Vec::new();
    let title = (words.title)(&view.month());
    let head = if is_vietnamese(&view) {
        blocks.extend(dossier.form.basis.iter().map(|act| styled(act.clone(), Style::Italic)));
        form::letterhead(&view, name)
    } else {
        blocks.push(styled(words.translation, Style::Italic));
        plain_head(&view, title.clone(), name.to_owned())
    };
    blocks.extend(standing(&view));
    blocks.extend(situation(&view, name));
    blocks.extend(results(&view));
    blocks.extend(troubles(&view));
    blocks.extend(proposals::proposals(&view));
    let month = form::month(&view);
    blocks.push(paragraph((words.closing)(&month)));
    if is_vietnamese(&view) {
        blocks.push(form::signature(&view));
    }
    blocks.extend(annex::annex(&view, &month));
    finish(&view, format!("{title} – {name}"), head, Size::Body, blocks)
}

fn situation(view: &View<'_>, name: &str) -> Vec<Block> {
    let (manner, words) = (&view.manner, &view.manner.words.commune);
    let sum = view.sum();
    let sites: BTreeSet<_> = view.cameras.iter().map(|camera| &camera.figures.site).collect();
    let funds: BTreeSet<_> = view.cameras.iter().flat_map(|camera| &camera.figures.funds).collect();
    let month = form::month(view);
    let unit = &manner.words.unit;
    let counted = |count: usize, text: fn(u64, &str) -> String| text(count as u64, &manner.count(count as u64));
    let sites = counted(sites.len(), unit.sites);
    let commune = within_a_sentence(name);
    let mut text = vec![(words.situation_text)(&month, &commune, &manner.cameras(sum.cameras), &sites)];
    if sum.paid > 0 {
        text.push((words.situation_money)(&counted(funds.len(), unit.sources), &manner.money(sum.paid)));
    }
    // Of a month that runs, what is planned for its end has not happened.
    let today = view.end().map(|end| manner.day_of(end));
    let within = |day: Option<jiff::civil::Date>| {
        day.is_some_and(|day| {
            day.strftime("%Y-%m").to_string() == view.dossier.report.month && today.is_some_and(|today| day <= today)
        })
    };
    let count = |is: &dyn Fn(&Camera<'_>) -> bool| view.cameras.iter().filter(|camera| is(camera)).count() as u64;
    let added = count(&|camera| within(camera.notes.and_then(|notes| notes.installed)));
    let removed = count(&|camera| within(camera.notes.and_then(|notes| notes.retired)));
    if added > 0 {
        text.push((words.situation_added)(&manner.cameras(added)));
    }
    if removed > 0 {
        text.push((words.situation_removed)(&manner.cameras(removed)));
    }
    text.push((words.situation_observed)(&coverage(manner, &sum.tally)));
    vec![heading(1, words.situation), paragraph(text.join(" "))]
}

fn results(view: &View<'_>) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let sum = view.sum();
    let mut blocks = vec![
        heading(1, words.commune.results),
        Block::KeyFigures(vec![
            working(view, &sum, words.funder.working),
            uptime_figure(view, &sum.tally, None, words.funder.uptime),
            KeyFigure {
                label: words.funder.dark.to_owned(),
                value: manner.length(sum.tally.dark),
                note: Some((words.funder.dark_note)(&manner.cameras(sum.cameras))),
                tone: Tone::Neutral,
            },
            recordings_figure(view, &sum),
        ]),
        heading(2, words.commune.by_village),
    ];
    let villages = view.villages();
    let mut rows: Vec<Row> = villages
        .iter()
        .map(|(village, sum)| row(village_cells(view, sum, village.unwrap_or(words.name.no_village))))
        .collect();
    rows.push(strong(village_cells(view, &sum, words.name.total)));
    let column = &words.column;
    let columns = vec![
        left(column.village, 2.4),
        right(column.cameras, 1.0),
        right(column.uptime, 1.6),
        right(column.coverage, 1.3),
        right(column.dark, 1.6),
        centre(column.working_at_end, 1.3),
        centre(column.recordings_enough, 1.2),
    ];
    blocks.push(table(None, columns, rows));
    blocks.extend(ranges_note(view, villages.iter().map(|(_, sum)| &sum.tally).chain([&sum.tally])));
    blocks.extend(by_fund(view));
    blocks
}

fn village_cells(view: &View<'_>, sum: &Sum, name: &str) -> Vec<Cell> {
    let manner = &view.manner;
    vec![
        cell(name),
        cell(manner.count(sum.cameras)),
        Uptime::of(&sum.tally).cell(manner, &sum.tally, None),
        coverage_cell(manner, &sum.tally),
        cell(manner.length(sum.tally.dark)),
        working_cell(view, sum),
        cell(recordings_text(view, sum)),
    ]
}

/// What funds of one name come to: those whose names are not public stand together under their kind.
#[derive(Default)]
struct Payer<'v, 'a> {
    funds: BTreeSet<&'a FundId>,
    cameras: Vec<&'v Camera<'a>>,
    paid: u64,
    target: Option<f64>,
}

fn by_fund(view: &View<'_>) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let mut payers: std::collections::BTreeMap<FundName<'_>, Payer<'_, '_>> = std::collections::BTreeMap::new();
    for camera in &view.cameras {
        let mut seen = BTreeSet::new();
        for share in camera.shares() {
            let Some(name) = view.fund_name(&share.fund) else { continue };
            let is_first = seen.insert(name.clone());
            let payer = payers.entry(name).or_default();
            payer.funds.insert(&share.fund);
            payer.paid = payer.paid.saturating_add(share.amount_vnd.unwrap_or(0));
            payer.target = view.dossier.funds.get(&share.fund).and_then(|fund| fund.target_uptime);
            if is_first {
                payer.cameras.push(camera);
            }
        }
    }
    if payers.is_empty() {
        return Vec::new();
    }
    let mut bars = Vec::new();
    let mut tallies = Vec::new();
    let mut rows = Vec::new();
    let mut payers: Vec<_> = payers.iter().collect();
    payers.sort_by_key(|(name, _)| (matches!(name, FundName::Kind(..)), key(name.one())));
    for (name, payer) in payers {
        let sum: Sum = payer.cameras.iter().copied().collect();
        let label = match payer.funds.len() {
            1 => name.one().to_owned(),
            several => (words.name.several)(name.several(), &manner.count(several as u64)),
        };
        // Several that stand together promised each its own.
        let target = payer.target.filter(|_| payer.funds.len() == 1);
        if target.is_some() {
            bars.push(uptime_bar(view, label.clone(), &sum.tally, target));
        }
        let costs = Costs::of(view, payer.cameras.iter().copied(), |fund| payer.funds.contains(fund));
        let cost = costs.of_hour().filter(|_| !view.dossier.running);
        rows.push(row(vec![
            cell(label),
            cell(manner.count(sum.cameras)),
            cell(if payer.paid == 0 { "—".to_owned() } else { manner.count(payer.paid) }),
            Uptime::of(&sum.tally).cell(manner, &sum.tally, target),
            coverage_cell(manner, &sum.tally),
            cell(cost.map_or_else(|| "—".to_owned(), |cost| hour_cost(view, cost))),
        ]));
        tallies.push(sum.tally);
    }
    let column = &words.column;
    let columns = vec![
        left(column.fund, 3.0),
        right(column.cameras, 1.0),
        right(column.amount, 1.8),
        right(column.uptime, 1.6),
        right(column.coverage, 1.3),
        right(column.cost_of_hour, 1.7),
    ];
    let mut blocks = vec![heading(2, words.commune.by_fund), table(None, columns, rows)];
    blocks.extend(ranges_note(view, &tallies));
    blocks.push(styled(words.commune.shared_note, Style::Italic));
    blocks.extend(uptime_bars(view, bars));
    blocks
}

fn troubles(view: &View<'_>) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let sum = view.sum();
    let mut blocks = vec![heading(1, words.commune.troubles)];
    if sum.tally.dark == 0 {
        blocks.push(paragraph(words.commune.nothing_dark));
    } else {
        blocks.push(paragraph((words.commune.dark_total)(&manner.length(sum.tally.dark))));
        blocks.push(causes_table(view, &sum, Some(words.commune.by_cause)));
        blocks.push(worst(view));
    }
    blocks.extend(short_recordings(view, &sum));
    let unknown = view.cameras.iter().filter(|camera| {
        camera.figures.retention.required_days.is_some()
            && camera.is_in_service()
            && camera.has_enough_recordings().is_none()
    });
    match unknown.count() as u64 {
        0 => {}
        n => blocks.push(paragraph((words.commune.short_recordings_unknown)(&manner.cameras(n)))),
    }
    blocks
}

/// Cameras whose recordings are missing or too short.
fn short_recordings(view: &View<'_>, sum: &Sum) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let short: Vec<&Camera<'_>> =
        view.cameras.iter().filter(|camera| camera.has_enough_recordings() == Some(false)).collect();
    if short.is_empty() {
        let all = (sum.judged > 0).then(|| paragraph(words.commune.short_recordings_none));
        return all.into_iter().collect();
    }
    let rows = short
        .iter()
        .take(NAMES)
        .map(|camera| row(vec![cell(view.name(camera)), cell(view.site_name(camera)), recordings_cell(view, camera)]));
    let column = &words.column;
    let columns = vec![left(column.camera, 3.0), left(column.site, 2.2), left(column.recordings, 2.2)];
    let mut blocks = vec![table(Some(words.commune.short_recordings), columns, rows.collect())];
    let more = short.len().saturating_sub(NAMES) as u64;
    if more > 0 {
        blocks.push(paragraph((words.commune.short_recordings_more)(&manner.cameras(more))));
    }
    blocks
}

/// The cameras that were dark longest.
fn worst(view: &View<'_>) -> Block {
    let (manner, words) = (&view.manner, view.manner.words);
    let mut dark: Vec<&Camera<'_>> = view.cameras.iter().filter(|camera| camera.tally.dark > 0).collect();
    dark.sort_by_key(|camera| std::cmp::Reverse(camera.tally.dark));
    let rows = dark.into_iter().take(WORST).map(|camera| {
        row(vec![
            cell(view.full_name(camera)),
            cell(manner.length(camera.tally.dark)),
            Uptime::of(&camera.tally).cell(manner, &camera.tally, None),
            coverage_cell(manner, &camera.tally),
            cell(main_cause(view, camera)),
        ])
    });
    let column = &words.column;
    let columns = vec![
        left(column.camera, 3.0),
        right(column.dark, 1.6),
        right(column.uptime, 1.6),
        right(column.coverage, 1.3),
        left(column.cause, 1.8),
    ];
    table(Some(words.commune.worst), columns, rows.collect())
}

/// What made a camera dark for the longest.
fn main_cause(view: &View<'_>, camera: &Camera<'_>) -> &'static str {
    let name = &view.manner.words.name;
    let by = camera.notes.map(|notes| notes.dark_by).unwrap_or_default();
    // Of two that weigh the same the one named last.
    let causes = [
        (by.unknown, name.by_unknown),
        (by.camera, name.by_camera),
        (by.recorder, name.by_recorder),
        (by.line, name.by_line),
    ];
    causes.into_iter().max_by_key(|(seconds, _)| *seconds).map_or(name.by_unknown, |(_, cause)| cause)
}
