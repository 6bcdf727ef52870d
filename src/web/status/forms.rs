//! What an operator does from a page, as plain forms: they work without a script.

use maud::{Markup, html};

use super::view::View;
use crate::web::actions::{MOST_HOURS, MOST_REASON};
use crate::web::paging::MOST_NAME;

/// What every form carries.
fn hidden(view: &View<'_>) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(view.csrf);
        input type="hidden" name="back" value=(view.address);
    }
}

/// Says that somebody has an incident. Whoever signed in need not write their name.
pub(super) fn acknowledge(view: &View<'_>, incident: &str) -> Markup {
    let words = &view.words.form;
    html! {
        @if view.visitor.operates() {
            form class="inline" method="post" action={ "/incidents/" (incident) "/ack" } {
                (hidden(view))
                label {
                    span class="unseen" { (words.who) }
                    input name="who" maxlength=(MOST_NAME) autocomplete="name" placeholder=(words.who)
                        value=[view.visitor.name.as_deref()] required;
                }
                button { (words.acknowledge) }
            }
        }
    }
}

/// Has a camera looked at.
pub(super) fn probe(view: &View<'_>, camera: &str) -> Markup {
    html! {
        @if view.visitor.operates() {
            form class="inline" method="post" action={ "/cameras/" (camera) "/probe" } {
                (hidden(view))
                button { (view.words.form.probe) }
            }
        }
    }
}

/// Declares planned work; `action` is of a camera or a site.
pub(super) fn maintenance(view: &View<'_>, action: &str) -> Markup {
    let words = &view.words.form;
    html! {
        @if view.visitor.operates() {
            form class="stacked" method="post" action=(action) {
                (hidden(view))
                label { (words.hours) input type="number" name="hours" min="1" max=(MOST_HOURS) value="2" required; }
                label { (words.reason) input name="reason" maxlength=(MOST_REASON) required; }
                button { (words.declare) }
            }
        }
    }
}

/// Ends a window now.
pub(super) fn end_maintenance(view: &View<'_>, id: i64) -> Markup {
    html! {
        @if view.visitor.operates() {
            form class="inline" method="post" action={ "/maintenance/" (id) "/end" } {
                (hidden(view))
                button { (view.words.form.end) }
            }
        }
    }
}
