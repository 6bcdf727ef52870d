//! The page of who paid: what they paid for, whether it works, what went wrong and what was done.

use std::collections::BTreeSet;

use super::charts::{recordings_bars, strips};
use super::money::{Costs, HourCost};
use super::parts::{
    amendments, cell, finish, heading, left, named, paragraph, plain_head, recordings_figure, right, row, standing,
    styled, table, troubles_table, uptime_figure, working,
};
use super::troubles::troubles;
use super::view::{Camera, FundName, Sum, View};
use crate::inventory::{FundId, Language};
use crate::report::document::{Block, Document, KeyFigure, Size, Style, Tone};
use crate::report::dossier::Dossier;

/// How many troubles are told.
const TROUBLES: usize = 5;
/// On one page with many cameras.
const TROUBLES_OF_MANY: usize = 3;
/// From how many cameras on a page is full.
const MANY: usize = 6;
/// How many cameras' recordings are drawn on a full page.
const LEAST_RECORDED: usize = 3;

pub(super) fn document(dossier: &Dossier, language: Language, fund: &FundId) -> Document {
    let view = View::new(dossier, language, Some(fund), |camera| camera.funds.contains(fund));
    let words = &view.manner.words.funder;
    let title = (words.title)(&view.month());
    let name = dossier.funds.get(fund).map_or(fund.as_str(), |notes| &notes.name);
    let subtitle = (words.subtitle)(name);
    let mut blocks: Vec<Block> = standing(&view).into_iter().collect();
    if view.cameras.is_empty() {
        blocks.push(paragraph(words.no_cameras));
    } else {
        blocks.extend(body(&view, fund));
    }
    let head = plain_head(&view, title.clone(), subtitle);
    finish(&view, format!("{title} – {name}"), head, Size::Body, blocks)
}

fn body(view: &View<'_>, fund: &FundId) -> Vec<Block> {
    let (manner, words) = (&view.manner, &view.manner.words.funder);
    let sum = view.sum();
    let target = view.dossier.funds.get(fund).and_then(|notes| notes.target_uptime);
    let mut blocks = vec![
        paragraph(paid_for(view, fund)),
        Block::KeyFigures(vec![
            working(view, &sum, words.working),
            uptime_figure(view, &sum.tally, target, words.uptime),
            KeyFigure {
                label: words.dark.to_owned(),
                value: manner.length(sum.tally.dark),
                note: Some((words.dark_note)(&manner.cameras(sum.cameras))),
                tone: if sum.tally.dark == 0 { Tone::Good } else { Tone::Neutral },
            },
            recordings_figure(view, &sum),
        ]),
    ];
    blocks.extend(strips(view, &view.cameras));
    blocks.extend(what_went_wrong(view));
    blocks.extend(recordings(view));
    blocks.extend(money(view, fund, &sum));
    blocks.extend(amendments(view, 2));
    blocks.push(styled(view.manner.words.note.how_counted, Style::Italic));
    blocks
}

/// "You paid 200,000,000 VND for 14 cameras, in service since 17 Aug 2023."
fn paid_for(view: &View<'_>, fund: &FundId) -> String {
    let (manner, words) = (&view.manner, &view.manner.words.funder);
    let cameras = manner.cameras(view.cameras.len() as u64);
    let mut text = match contribution(view, fund) {
        Some(amount) => (words.paid_amount)(&manner.money(amount), &cameras),
        None => (words.paid)(&cameras),
    };
    let in_service = view.sum().cameras;
    if in_service < view.cameras.len() as u64 {
        text = format!("{text} {}", (words.in_service)(&manner.cameras(in_service)));
    }
    match view.installed() {
        Some((first, last)) if first == last => text = format!("{text} {}", (words.since)(&manner.date(first))),
        Some((first, last)) => {
            text = format!("{text} {}", (words.since_between)(&manner.date(first), &manner.date(last)));
        }
        None => {}
    }
    text
}

/// What the fund gave: as it says, or what its cameras' shares come to where all are known.
fn contribution(view: &View<'_>, fund: &FundId) -> Option<u64> {
    let said = view.dossier.funds.get(fund).and_then(|notes| notes.amount_vnd);
    said.or_else(|| view.cameras.iter().map(|camera| share_of(camera, fund)).sum())
}

fn share_of(camera: &Camera<'_>, fund: &FundId) -> Option<u64> {
    camera.shares().iter().find(|share| share.fund == *fund)?.amount_vnd
}

fn what_went_wrong(view: &View<'_>) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let all = troubles(view);
    let room = if view.cameras.len() > MANY { TROUBLES_OF_MANY } else { TROUBLES };
    let mut blocks = vec![heading(2, words.funder.what_went_wrong)];
    if all.is_empty() {
        blocks.push(paragraph(words.funder.nothing_went_wrong));
    } else {
        blocks.push(troubles_table(view, &all[..all.len().min(room)]));
    }
    let mut below = Vec::new();
    if all.len() > room {
        let (more, rest) = ((all.len() - room) as u64, all.iter().skip(room));
        let length = manner.length(rest.map(|one| one.dark_seconds).sum());
        below.push((words.note.outages_left_out)(&manner.count(more), &length));
    }
    below.extend(planned(view));
    if !below.is_empty() {
        blocks.push(paragraph(below.join(" ")));
    }
    blocks
}

/// On which days planned work was done, and how long it kept cameras away.
fn planned(view: &View<'_>) -> Option<String> {
    let manner = &view.manner;
    let sum: u64 = view.cameras.iter().map(|camera| camera.tally.maintenance).sum();
    let first = manner.day_of(view.period()?.0);
    let days: BTreeSet<usize> = view
        .cameras
        .iter()
        .filter_map(|camera| camera.notes)
        .flat_map(|notes| notes.days.iter().enumerate().filter(|(_, day)| day.maintenance > 0).map(|(day, _)| day))
        .collect();
    let names: Vec<String> = days
        .iter()
        .filter_map(|day| first.checked_add(jiff::Span::new().try_days(i64::try_from(*day).ok()?).ok()?).ok())
        .map(|day| manner.date(day))
        .collect();
    (sum > 0).then(|| (manner.words.note.planned)(&named(view, &names, 4), &manner.length(sum)))
}

/// Of many cameras, those with the least; how many have enough stands above.
fn recordings(view: &View<'_>) -> Option<Block> {
    if view.cameras.len() <= MANY {
        return recordings_bars(view, &view.cameras, None);
    }
    let mut least: Vec<&Camera<'_>> =
        view.cameras.iter().filter(|camera| camera.is_in_service() && camera.is_recorded()).collect();
    least.sort_by(|a, b| {
        let days = |camera: &Camera<'_>| camera.figures.retention.span_days.unwrap_or(0.0);
        a.has_enough_recordings().cmp(&b.has_enough_recordings()).then_with(|| days(a).total_cmp(&days(b)))
    });
    let all = least.len();
    least.truncate(LEAST_RECORDED);
    let caption = (least.len() < all).then(|| {
        let cameras = view.manner.cameras(least.len() as u64);
        (view.manner.words.note.recordings_bars_least)(&cameras)
    });
    recordings_bars(view, least, caption)
}

fn money(view: &View<'_>, fund: &FundId, sum: &Sum) -> Vec<Block> {
    let (manner, words) = (&view.manner, view.manner.words);
    let priced: Vec<u64> = view.cameras.iter().filter_map(Camera::price).collect();
    let mut said = Vec::new();
    if !priced.is_empty() {
        let average = priced.iter().sum::<u64>() / priced.len() as u64;
        said.push((words.funder.average)(&manner.money(average)));
        said.push(hour(view, fund));
    }
    if sum.unpriced > 0 {
        said.push((words.funder.amounts_unknown)(&manner.cameras(sum.unpriced)));
    }
    let mut blocks = vec![heading(2, words.funder.money_heading), paragraph(said.join(" "))];
    blocks.extend(shared(view, fund));
    blocks
}

fn hour(view: &View<'_>, fund: &FundId) -> String {
    let (manner, words) = (&view.manner, view.manner.words);
    if view.dossier.running {
        return words.funder.hour_running.to_owned();
    }
    let costs = Costs::of(view, &view.cameras, |payer| payer == fund);
    let Some(cost) = costs.of_hour() else { return words.funder.hour_unknown.to_owned() };
    let life = manner.count(u64::from(view.dossier.form.service_life_months));
    let hours = (words.unit.hours)(&manner.count(super::manner::floored(costs.worked_hours())));
    (words.funder.hour)(&hour_cost(view, cost), &life, &hours)
}

/// `125 đồng`, or from and to where too little was observed.
pub(super) fn hour_cost(view: &View<'_>, cost: HourCost) -> String {
    let manner = &view.manner;
    let [least, most] = [cost.least, cost.most].map(super::manner::rounded);
    if least == most {
        return manner.money(most);
    }
    (manner.words.unit.range)(&manner.count(least), &manner.money(most))
}

/// Cameras that others paid for too.
fn shared(view: &View<'_>, fund: &FundId) -> Option<Block> {
    let (manner, column) = (&view.manner, &view.manner.words.column);
    let shared: Vec<&Camera<'_>> = view.cameras.iter().filter(|camera| camera.shares().len() > 1).collect();
    if shared.len() > 1 && view.cameras.len() > MANY {
        let cameras = manner.cameras(shared.len() as u64);
        let mine = shared.iter().filter_map(|camera| share_of(camera, fund)).sum();
        let all = shared.iter().filter_map(|camera| camera.price()).sum();
        let others = named(view, &others(view, &shared, fund), 3);
        let text = (view.manner.words.funder.shared_sum)(&cameras, &manner.count(mine), &manner.money(all), &others);
        return Some(paragraph(text));
    }
    let rows: Vec<_> = shared
        .into_iter()
        .map(|camera| {
            let amount = |vnd: Option<u64>| vnd.map_or_else(|| "—".to_owned(), |vnd| manner.count(vnd));
            let mine = share_of(camera, fund);
            let part = mine.zip(camera.price()).and_then(|(mine, all)| crate::report::share::hundredths(mine, all));
            let others = others(view, &[camera], fund);
            row(vec![
                cell(view.name(camera)),
                cell(amount(camera.price())),
                cell(amount(mine)),
                cell(part.map_or_else(|| "—".to_owned(), |part| manner.percent(part))),
                cell(if others.is_empty() { "—".to_owned() } else { named(view, &others, 3) }),
            ])
        })
        .collect();
    let columns = vec![
        left(column.camera, 2.6),
        right(column.amount, 1.6),
        right(column.your_part, 1.6),
        right(column.share, 1.2),
        left(column.others, 2.4),
    ];
    (!rows.is_empty()).then(|| table(Some(view.manner.words.funder.shared), columns, rows))
}

/// Who else paid for them.
fn others(view: &View<'_>, cameras: &[&Camera<'_>], fund: &FundId) -> Vec<String> {
    let shares = cameras.iter().flat_map(|camera| camera.shares()).filter(|share| share.fund != *fund);
    let names: BTreeSet<FundName<'_>> = shares.filter_map(|share| view.fund_name(&share.fund)).collect();
    names.iter().map(|name| name.one().to_owned()).collect()
}
