//! The overview: whether something that was paid for is dark, where, since when and why; then every camera, worst first.
//!
//! Drawn from the snapshot alone.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::fleet::{self, Counts, Paging, WORST_FIRST};
use super::query::Wanted;
use super::view::{View, sign};
use super::words::{Counted, Standing};
use super::{cameras, frame, incidents, map};
use crate::observation::State;

/// Choices that a list may hold; beyond it a name is written.
const MOST_CHOICES: usize = 60;

pub(super) fn render(view: &View<'_>, wanted: &Wanted) -> String {
    let listed = fleet::cameras(view.snapshot, &view.names, wanted);
    let paging = Paging::new(listed.len(), wanted.page);
    let words = &view.words.list;
    let shown =
        (words.shown)(&view.count((paging.from + 1).min(paging.to)), &view.count(paging.to), &view.count(listed.len()));
    let heading = heading(view);
    let main = html! {
        (glance(view, wanted, &heading))
        div class="beside" {
            (incidents::section(view))
            (map::section(view, &listed))
        }
        section aria-labelledby="list" {
            h2 id="list" { (words.heading) }
            (filters(view, wanted))
            @if listed.is_empty() {
                p { (words.none) " " a href="/" { (view.words.filter.clear) } }
            } @else {
                p class="faint" { (shown) }
                (cameras::table(view, &listed[paging.from..paging.to], &shown, true))
                (cameras::pager(view, wanted, paging))
            }
        }
    };
    frame::document(view, &heading.text, &[], &main)
}

struct Heading {
    text: String,
    standing: Standing,
}

fn heading(view: &View<'_>) -> Heading {
    let (counts, funded) = fleet::counted_on(view.snapshot);
    let (standing, n) = counts.standing();
    let counted = |n: usize| Counted { n: n as u64, text: view.count(n) };
    let text = (view.words.glance.heading)(standing, &counted(n), &counted(counts.all()), funded);
    Heading { text, standing }
}

/// Readable from across the room.
fn glance(view: &View<'_>, wanted: &Wanted, heading: &Heading) -> Markup {
    let words = &view.words.glance;
    let state = match heading.standing {
        Standing::Dark => State::Dark,
        Standing::Nothing | Standing::AllUnknown | Standing::SomeUnknown => State::Unknown,
        Standing::Degraded => State::Degraded,
        Standing::AllMaintenance => State::Maintenance,
        Standing::Good => State::Up,
    };
    let all = Counts::of(&view.snapshot.cameras);
    html! {
        div class={ "glance " (state) } {
            h1 { (sign(state)) (heading.text) }
            p class="faint" { ((view.words.frame.as_of)(&view.manner.moment(view.snapshot.at))) }
        }
        nav aria-label=(words.by_state) {
            ul class="counts" {
                @for state in WORST_FIRST {
                    li {
                        a class=(state) href={ (wanted.link_to_state(Some(state))) "#list" }
                            aria-current=[wanted.asks_for(state).then_some("true")] {
                            (sign(state)) b { (view.count(all.get(state))) } " " (view.state(state))
                        }
                    }
                }
                li { a href={ (wanted.link_to_state(None)) "#list" } { b { (view.count(all.all())) } " " (words.all) } }
            }
        }
    }
}

/// A value as it stands in an address, and what it is called.
type Choice = (String, String);

fn filters(view: &View<'_>, wanted: &Wanted) -> Markup {
    let words = &view.words.filter;
    let states: Vec<Choice> =
        WORST_FIRST.into_iter().map(|state| (state.as_str().to_owned(), view.state(state).to_owned())).collect();
    html! {
        form class="filters" method="get" action="/#list" role="search" aria-label=(words.heading) {
            label class="wide" { (words.search) input type="search" name="q" value=(wanted.search) placeholder=(words.search_hint) maxlength="100"; }
            (choice(view, "state", words.state, &wanted.state, &states))
            details open[wanted.is_filtered_more()] {
                summary { (words.more) }
                div class="fields" {
                    (choice(view, "commune", words.commune, &wanted.commune, &communes(view)))
                    (choice(view, "village", words.village, &wanted.village, &villages(view)))
                    (choice(view, "site", words.site, &wanted.site, &sites(view)))
                    (choice(view, "fund", words.fund, &wanted.fund, &funds(view)))
                }
            }
            p class="buttons" {
                button { (words.apply) }
                @if wanted.is_filtered() { " " a href="/#list" { (words.clear) } }
            }
        }
    }
}

/// A list to choose from, or, of too many, a field to write into. Nothing where there is no choice.
fn choice(view: &View<'_>, name: &str, label: &str, chosen: &str, choices: &[Choice]) -> Markup {
    let words = &view.words.filter;
    let is_known = chosen.is_empty() || choices.iter().any(|(value, _)| value == chosen);
    html! {
        @if choices.len() > MOST_CHOICES || !is_known {
            label { (label) input name=(name) value=(chosen) placeholder=(words.id_or_name) maxlength="100"; }
        } @else if choices.len() > 1 || !chosen.is_empty() {
            label {
                (label)
                select name=(name) {
                    option value="" { (words.any) }
                    @for (value, text) in choices { option value=(value) selected[value == chosen] { (text) } }
                }
            }
        }
    }
}

fn communes(view: &View<'_>) -> Vec<Choice> {
    let communes = view.snapshot.config.inventory.communes.values();
    communes.map(|commune| (commune.id.to_string(), commune.name.clone())).collect()
}

fn villages(view: &View<'_>) -> Vec<Choice> {
    let inventory = &view.snapshot.config.inventory;
    let villages: BTreeSet<_> =
        inventory.sites.values().filter_map(|site| Some((site.village.as_deref()?, &site.commune))).collect();
    let of_several = inventory.communes.len() > 1;
    villages
        .into_iter()
        .map(|(name, commune)| {
            let text = if of_several { format!("{name}, {}", view.names.commune(commune)) } else { name.to_owned() };
            (format!("{commune}/{name}"), text)
        })
        .collect()
}

fn sites(view: &View<'_>) -> Vec<Choice> {
    let sites = view.snapshot.config.inventory.sites.keys();
    sites.map(|id| (id.to_string(), view.names.site(id).to_owned())).collect()
}

/// Funds by name, but households as one: there are many, and most have not agreed to be named.
fn funds(view: &View<'_>) -> Vec<Choice> {
    let mut choices: BTreeMap<String, String> = BTreeMap::new();
    for fund in view.snapshot.config.inventory.funds.values() {
        let of_kind = (view.manner.words.name.fund_kind)(fund.kind).1;
        if fleet::is_chosen_by_kind(fund.kind) {
            choices.insert(format!("kind:{}", fund.kind.as_str()), of_kind.to_owned());
        } else {
            let name = view.names.fund(fund).unwrap_or(of_kind);
            choices.insert(fund.id.to_string(), name.to_owned());
        }
    }
    choices.into_iter().collect()
}
