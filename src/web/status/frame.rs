//! What stands around every page: the head, the way back, the languages, what is amiss with the monitor, and the foot.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets;
use super::language::ALL;
use super::view::View;
use crate::ledger::Month;

/// The signs of the five states, each of a shape of its own, drawn once and referred to.
const SIGNS: &str = concat!(
    r#"<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>"#,
    r#"<symbol id="s-up" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7"/><path class="ink" d="M4.5 8.2 7 10.7l4.6-5"/></symbol>"#,
    r#"<symbol id="s-degraded" viewBox="0 0 16 16"><path d="M8 .8 15.6 14.6H.4z"/><path class="ink" d="M8 5.4v4.2M8 11.6v1"/></symbol>"#,
    r#"<symbol id="s-dark" viewBox="0 0 16 16"><path d="M1 1h14v14H1z"/><path class="ink" d="M4.6 4.6l6.8 6.8M11.4 4.6l-6.8 6.8"/></symbol>"#,
    r#"<symbol id="s-unknown" viewBox="0 0 16 16"><path d="M8 .3 14.8 4.1v7.8L8 15.7 1.2 11.9V4.1z"/><path class="ink" d="M6 6.1a2 2 0 1 1 2.8 1.9c-.6.3-.8.6-.8 1.2M8 11.2v.9"/></symbol>"#,
    r#"<symbol id="s-maintenance" viewBox="0 0 16 16"><rect x="1" y="2.5" width="14" height="11" rx="4"/><path class="ink" d="M6 5.6v4.8M10 5.6v4.8"/></symbol>"#,
    "</defs></svg>"
);

/// A step on the way from the overview: its address and name.
pub(super) type Crumb<'a> = (String, &'a str);

/// The whole page. `main` begins with its heading.
pub(super) fn document(view: &View<'_>, title: &str, crumbs: &[Crumb<'_>], main: &Markup) -> String {
    let words = &view.words.frame;
    let page = html! {
        (DOCTYPE)
        html lang=(view.lang()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " – camwatch" }
                link rel="stylesheet" href=(assets::STYLE.path());
                link rel="icon" type="image/svg+xml" href=(assets::ICON.path());
                script src=(assets::SCRIPT.path()) defer {}
            }
            body data-events="/events" {
                a class="skip" href="#content" { (words.skip) }
                (PreEscaped(SIGNS))
                header {
                    (trail(view, crumbs))
                    (languages(view))
                }
                p id="live" class="notice warning" role="status" hidden data-paused=(words.paused) {}
                p id="news" class="unseen" role="status" {}
                main id="content" tabindex="-1" {
                    (notices(view))
                    (main)
                }
                (foot(view))
            }
        }
    };
    page.into_string()
}

fn trail(view: &View<'_>, crumbs: &[Crumb<'_>]) -> Markup {
    html! {
        nav class="trail" aria-label=(view.words.frame.path) {
            ol {
                li { a href="/" { strong { "camwatch" } @if !crumbs.is_empty() { " · " (view.words.frame.overview) } } }
                @for (address, name) in crumbs {
                    @if address == view.address { li aria-current="page" { (name) } } @else { li { a href=(address) { (name) } } }
                }
            }
        }
    }
}

/// Each in its own words, so that whoever reads no other finds it.
fn languages(view: &View<'_>) -> Markup {
    let joint = if view.address.contains('?') { '&' } else { '?' };
    html! {
        nav class="languages" aria-label=(view.words.frame.language) {
            @for (language, code, name) in ALL {
                @if language == view.language {
                    span lang=(code) aria-current="true" { (name) }
                } @else {
                    a href={ (view.address) (joint) "lang=" (code) } lang=(code) hreflang=(code) { (name) }
                }
            }
        }
    }
}

/// What comes first: what came of a form, and whether what is shown can be believed.
fn notices(view: &View<'_>) -> Markup {
    let words = &view.words.frame;
    html! {
        @if let Some(said) = view.said {
            p class={ "notice " @if said.is_done() { "done" } @else { "warning" } } role="status" {
                ((view.words.form.said)(said))
            }
        }
        @if let Some(since) = view.stands_still_since() {
            p class="notice bad" role="alert" { ((words.stale)(&view.moment(since))) }
        } @else if !view.snapshot.monitor_online {
            p class="notice bad" role="alert" { (words.cut_off) }
        } @else if view.has_not_begun() {
            p class="notice warning" { (words.not_begun) }
        }
    }
}

fn foot(view: &View<'_>) -> Markup {
    let words = &view.words.frame;
    let month = Month::of(view.now, &view.snapshot.config.daemon.timezone);
    html! {
        footer {
            p {
                (words.reports) ": "
                @for month in [month.previous(), month] {
                    a href={ "/reports/" (month) } { (view.manner.month(&month.to_string())) } " "
                }
            }
            p {
                (words.for_programs) ": "
                a href="/metrics" { (words.metrics) } " · "
                a href="/api/v1/cameras" { "/api/v1/cameras" } " · "
                a href="/api/v1/incidents" { "/api/v1/incidents" } " · "
                a href="/api/v1/openapi.json" { (words.api) } " · "
                a href="/-/healthy" { "/-/healthy" } " · "
                a href="/-/ready" { "/-/ready" }
            }
            p {
                @if let Some(name) = &view.visitor.name { ((words.signed_in)(name)) " · " }
                ((words.version)(env!("CARGO_PKG_VERSION")))
            }
        }
    }
}

/// A page that says that there is none, and the way back.
pub(super) fn missing(view: &View<'_>, why: &str) -> String {
    let words = &view.words.missing;
    let main = html! {
        h1 { (words.title) }
        p { (why) }
        p { a href="/" { (words.back) } }
    };
    document(view, words.title, &[], &main)
}
