//! What to do next, as far as the figures say it: which cameras, lines and recorders to look at. Promises nothing.

use std::collections::BTreeSet;

use super::NAMES;
use crate::inventory::SiteId;
use crate::judgement::event::IncidentScope;
use crate::observation::State;
use crate::report::document::{Block, Text};
use crate::report::edition::parts::{heading, named, paragraph};
use crate::report::edition::troubles::{is_of_cameras, makes_dark};
use crate::report::edition::uptime::coverage;
use crate::report::edition::view::{Camera, View};
use crate::report::share::is_enough;

/// So long by its own fault, and a camera is worth a visit though it works again.
const OWN_FAULT: u64 = 24 * 3600;
/// So long without line or power, added up over its cameras, and a site is worth a talk with who provides them.
const LINE_FAULT: u64 = 24 * 3600;

pub(super) fn proposals(view: &View<'_>) -> Vec<Block> {
    let words = &view.manner.words.commune;
    let items: Vec<Text> = [dark_now(view), repair(view), lines(view), recorders(view), disks(view), monitor(view)]
        .into_iter()
        .flatten()
        .map(Text::plain)
        .collect();
    let mut blocks = vec![heading(1, words.proposals)];
    if items.is_empty() {
        blocks.push(paragraph(words.nothing_to_do));
    } else {
        blocks.push(paragraph(words.proposals_lead));
        blocks.push(Block::List(items));
    }
    blocks
}

/// Those that were dark when the month, or what is known of it, ended.
fn dark_now(view: &View<'_>) -> Option<String> {
    let end = view.end()?;
    let names = names(view, |camera| camera.at_end() == Some(State::Dark));
    let end = if view.is_recorded_to_the_end() {
        view.manner.words.note.month_end.to_owned()
    } else {
        (view.manner.words.note.moment_of_end)(&view.manner.moment(end))
    };
    (!names.is_empty()).then(|| (view.manner.words.commune.repair_dark)(&end, &named(view, &names, NAMES)))
}

/// Those that were dark for long by a fault of their own, and work again.
fn repair(view: &View<'_>) -> Option<String> {
    let names = names(view, |camera| {
        camera.at_end() != Some(State::Dark) && camera.notes.is_some_and(|notes| notes.dark_by.camera >= OWN_FAULT)
    });
    (!names.is_empty()).then(|| (view.manner.words.commune.repair)(&named(view, &names, NAMES)))
}

fn lines(view: &View<'_>) -> Option<String> {
    let sites = view.sums(|camera| [&camera.figures.site]);
    let mut worst: Vec<(u64, &SiteId)> =
        sites.into_iter().map(|(site, sum)| (sum.dark_by.line, site)).filter(|(line, _)| *line >= LINE_FAULT).collect();
    worst.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let name = |site: &SiteId| view.dossier.sites.get(site).map_or(site.as_str(), |notes| &notes.name).to_owned();
    let names: Vec<String> =
        worst.into_iter().map(|(line, site)| format!("{} ({})", name(site), view.manner.length(line))).collect();
    (!names.is_empty()).then(|| (view.manner.words.commune.lines)(&named(view, &names, NAMES)))
}

/// Recorders that something was wrong with.
fn recorders(view: &View<'_>) -> Option<String> {
    let here: BTreeSet<_> = view.cameras.iter().map(|camera| &camera.figures.camera).collect();
    let names: BTreeSet<&str> = view
        .dossier
        .incidents
        .iter()
        .filter(|one| one.scope == IncidentScope::Recorder && (is_of_cameras(one) || makes_dark(one.cause)))
        .filter(|one| one.cameras.iter().any(|camera| here.contains(camera)))
        .map(|one| &*one.subject)
        .collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    (!names.is_empty()).then(|| (view.manner.words.commune.recorders)(&named(view, &names, NAMES)))
}

/// Sites with cameras whose recordings are missing or too short.
fn disks(view: &View<'_>) -> Option<String> {
    let manner = &view.manner;
    let sites = view.sums(|camera| (camera.has_enough_recordings() == Some(false)).then_some(&camera.figures.site));
    let names: Vec<String> = sites
        .into_iter()
        .map(|(site, sum)| {
            let name = view.dossier.sites.get(site).map_or(site.as_str(), |notes| &notes.name);
            format!("{name} ({})", manner.cameras(sum.cameras))
        })
        .collect();
    (!names.is_empty()).then(|| (view.manner.words.commune.disks)(&named(view, &names, NAMES)))
}

/// Too little was observed: the monitor itself, or who lets it in.
fn monitor(view: &View<'_>) -> Option<String> {
    let sum = view.sum();
    let is_worth_it = !view.dossier.running && sum.tally.in_service() > 0 && !is_enough(&sum.tally);
    is_worth_it.then(|| (view.manner.words.commune.monitor)(&coverage(&view.manner, &sum.tally)))
}

fn names(view: &View<'_>, is: impl Fn(&Camera<'_>) -> bool) -> Vec<String> {
    view.cameras.iter().filter(|camera| is(camera)).map(|camera| view.full_name(camera)).collect()
}
