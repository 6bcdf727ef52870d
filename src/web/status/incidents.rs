//! Open incidents: what has happened, where, since when, what to do first, and who has it.

use maud::{Markup, html};

use super::forms;
use super::view::{View, sign};
use crate::judgement::event::IncidentScope;
use crate::observation::{Outcome, State};
use crate::snapshot::Incident;
use crate::store::ClosedIncident;

/// How many are told in full; more than these nobody reads.
const MOST: usize = 12;
/// How many cameras of one are named.
const MOST_NAMES: usize = 3;

/// Whether somebody is paged for one of its cameras, or it is the monitor's.
fn is_funded(view: &View<'_>, incident: &Incident) -> bool {
    let inventory = &view.snapshot.config.inventory;
    let mut cameras = incident.cameras.iter().filter_map(|id| inventory.cameras.get(id));
    incident.scope == IncidentScope::Monitor || cameras.any(|camera| inventory.is_funded(camera))
}

/// What it makes of cameras: dark, degraded or unknown.
fn state(incident: &Incident) -> State {
    match Outcome::parse(incident.cause.as_str()).map(Outcome::class) {
        _ if incident.scope == IncidentScope::Monitor => State::Unknown,
        Some(class) if class.is_dark() => State::Dark,
        Some(crate::observation::Class::Blind) => State::Unknown,
        _ => State::Degraded,
    }
}

/// Those that matter first: of funded cameras, dark ones, what explains the most, what lasts longest.
fn sorted<'a>(incidents: impl Iterator<Item = &'a Incident>) -> Vec<&'a Incident> {
    let mut incidents: Vec<_> = incidents.collect();
    let rank = |incident: &Incident| match state(incident) {
        State::Dark => 0,
        State::Unknown => 1,
        _ => 2,
    };
    incidents.sort_by(|a, b| {
        rank(a)
            .cmp(&rank(b))
            .then_with(|| b.cameras.len().cmp(&a.cameras.len()))
            .then_with(|| (a.since, &a.id).cmp(&(b.since, &b.id)))
    });
    incidents
}

/// All of them, for the overview: those that page somebody before the others.
pub(super) fn section(view: &View<'_>) -> Markup {
    let words = &view.words.incident;
    let (funded, others): (Vec<_>, Vec<_>) =
        view.snapshot.incidents.iter().partition(|incident| is_funded(view, incident));
    html! {
        section class="incidents" aria-labelledby="incidents" {
            h2 id="incidents" { (words.heading) }
            @if funded.is_empty() && others.is_empty() { p class="faint" { (words.none) } }
            (list(view, &sorted(funded.into_iter())))
            @if !others.is_empty() {
                details open[others.len() <= 3] {
                    summary { (words.unfunded) ": " (view.count(others.len())) }
                    (list(view, &sorted(others.into_iter())))
                }
            }
        }
    }
}

/// Those of `incidents` that concern a page.
pub(super) fn concerning(view: &View<'_>, concerns: impl Fn(&Incident) -> bool) -> Markup {
    let words = &view.words.incident;
    let incidents = sorted(view.snapshot.incidents.iter().filter(|incident| concerns(incident)));
    html! {
        section class="incidents" aria-labelledby="incidents" {
            h2 id="incidents" { (words.heading) }
            @if incidents.is_empty() { p class="faint" { (words.none) } }
            (list(view, &incidents))
        }
    }
}

fn list(view: &View<'_>, incidents: &[&Incident]) -> Markup {
    let more = incidents.len().saturating_sub(MOST);
    html! {
        @if !incidents.is_empty() {
            ul class="cards" { @for incident in &incidents[..incidents.len() - more] { (card(view, incident)) } }
        }
        @if more > 0 { p { ((view.words.incident.more)(more as u64, &view.count(more))) } }
    }
}

fn card(view: &View<'_>, incident: &Incident) -> Markup {
    let words = &view.words.incident;
    let standing = view.snapshot.paging.get(&incident.id);
    let advice = view.advice(incident.scope, incident.cause);
    let state = state(incident);
    html! {
        li class={ "card " (state) } {
            h3 {
                (sign(state)) (view.trouble(incident.scope, incident.cause)) ": " (subject(view, incident))
                @if let Some(standing) = standing {
                    " " span class="number" title=((words.number)(&standing.number.to_string())) { "[" (standing.number) "]" }
                }
            }
            p {
                @if incident.scope == IncidentScope::Camera { span class="cause" { (advice.name) } ", " }
                (view.since(incident.since))
                @let (n, of) = counted(view, incident);
                @if of > 0 { ", " ((words.cameras_of)(&view.count(n), &view.count(of))) }
                (place(view, incident))
            }
            @if of_several(incident) { p class="faint" { (names(view, incident)) } }
            @if state == State::Degraded {
                // A picture comes: what to do about it can wait until somebody opens it.
                (held_by(view, incident))
                details { summary { (words.what_to_do) } (what_to_do(view, incident)) }
            } @else {
                (what_to_do(view, incident))
                (held_by(view, incident))
            }
        }
    }
}

fn what_to_do(view: &View<'_>, incident: &Incident) -> Markup {
    let words = &view.words.incident;
    let advice = view.advice(incident.scope, incident.cause);
    let is_free = view.snapshot.paging.get(&incident.id).is_some_and(|standing| standing.acknowledged.is_none());
    html! {
        p { b { (words.likely) ": " } (advice.likely) " " b { (words.first) ": " } (advice.first) }
        @if is_free { (forms::acknowledge(view, &incident.id)) }
    }
}

fn of_several(incident: &Incident) -> bool {
    !matches!(incident.scope, IncidentScope::Camera | IncidentScope::Monitor)
}

/// What it is about, with the way to its page.
fn subject(view: &View<'_>, incident: &Incident) -> Markup {
    let id = &incident.subject;
    let Some(name) = view.names.subject(incident.scope, id) else {
        return html! { (view.words.incident.the_monitor) };
    };
    let site = view.names.site_of(incident.scope, id);
    html! {
        @match (incident.scope, site) {
            (IncidentScope::Camera, _) => a href={ "/cameras/" (id) } { (name) },
            (IncidentScope::Area, _) => a href={ "/?commune=" (id) } { (name) },
            (IncidentScope::Recorder, Some(site)) => {
                a href={ "/sites/" (site) } { (view.words.site.recorder) " " (name) }
            }
            (_, Some(site)) => a href={ "/sites/" (site) } { (name) },
            _ => (name),
        }
    }
}

/// The cameras that it explains, of those that are there; nothing where that says nothing.
fn counted(view: &View<'_>, incident: &Incident) -> (usize, usize) {
    if !of_several(incident) {
        return (0, 0);
    }
    let sites = view.snapshot.sites.iter().filter(|site| match incident.scope {
        IncidentScope::Site => site.site.as_str() == incident.subject,
        IncidentScope::Area => site.commune.as_str() == incident.subject,
        _ => false,
    });
    let there: u32 = sites.flat_map(|site| site.cameras.values()).sum();
    let there = usize::try_from(there).unwrap_or(usize::MAX);
    (incident.cameras.len(), there.max(incident.cameras.len()))
}

/// Where that is, as far as the name does not say it.
fn place(view: &View<'_>, incident: &Incident) -> Markup {
    let inventory = &view.snapshot.config.inventory;
    let site = view.names.site_of(incident.scope, &incident.subject);
    html! {
        @if let Some(site) = site.and_then(|id| inventory.sites.get(id)) {
            ". "
            @if incident.scope != IncidentScope::Site { a href={ "/sites/" (site.id) } { (view.names.site(&site.id)) } ", " }
            @if let Some(village) = &site.village { (village) ", " }
            (view.names.commune(&site.commune))
        }
    }
}

fn names(view: &View<'_>, incident: &Incident) -> Markup {
    let more = incident.cameras.len().saturating_sub(MOST_NAMES);
    html! {
        @for (index, camera) in incident.cameras.iter().take(MOST_NAMES).enumerate() {
            @if index > 0 { "; " }
            a href={ "/cameras/" (camera) } { (view.names.camera(camera)) }
        }
        @if more > 0 { " +" (view.count(more)) }
    }
}

/// Who has it, or who was told.
fn held_by(view: &View<'_>, incident: &Incident) -> Markup {
    let words = &view.words.incident;
    let Some(standing) = view.snapshot.paging.get(&incident.id) else { return html! {} };
    let text = match (&standing.acknowledged, standing.told.last()) {
        (Some(taken), _) => match view.names.person(&taken.who) {
            Some(who) => (words.taken_by)(who, &view.moment(taken.until)),
            None => words.taken.to_owned(),
        },
        (None, Some(told)) => match view.names.person(told.officer.as_str()) {
            Some(who) => (words.told)(who, &view.moment(told.at)),
            None => words.nobody_told.to_owned(),
        },
        (None, None) => words.nobody_told.to_owned(),
    };
    html! { p class="taken" { (text) } }
}

/// Those of the past, newest first.
pub(super) fn past(view: &View<'_>, incidents: &[ClosedIncident]) -> Markup {
    let words = &view.words.incident;
    html! {
        section aria-labelledby="past" {
            h2 id="past" { (words.past) }
            @if incidents.is_empty() { p class="faint" { (words.past_none) } } @else {
                table {
                    caption class="unseen" { (words.past) }
                    thead { tr { th scope="col" { (words.what) } th scope="col" { (words.from) } th scope="col" { (words.to) } } }
                    tbody {
                        @for one in incidents {
                            tr {
                                td {
                                    (view.trouble(one.incident.scope, one.incident.cause)) ": " (subject(view, &one.incident))
                                    " " small { (view.advice(one.incident.scope, one.incident.cause).name) }
                                }
                                td { (view.time(one.incident.since)) }
                                td { @match one.closed_at { Some(at) => (view.time(at)), None => (words.still_open) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
