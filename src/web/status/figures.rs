//! Figures as site and camera pages show them alike: uptime with its coverage, recordings against their requirement,
//! planned work.

use jiff::SignedDuration;
use maud::{Markup, html};

use super::forms;
use super::view::View;
use crate::inventory::Maintenance;
use crate::ledger::Tally;
use crate::notify::words as messages;
use crate::report::{Uptime, coverage};
use crate::snapshot::{RecordingStatus, Window};
use crate::store::AddedMaintenance;

/// Uptime over the last days, as the metrics count it; never without how much was observed.
pub(super) fn uptimes(view: &View<'_>, tally: impl Fn(Window) -> Option<Tally>) -> Markup {
    let words = &view.words.site;
    let rows: Vec<(Window, Tally)> =
        Window::ALL.into_iter().filter_map(|window| Some((window, tally(window)?))).collect();
    html! {
        @if rows.is_empty() { p class="faint" { (words.no_figures) } } @else {
            table {
                caption class="unseen" { (words.uptime) }
                thead {
                    tr {
                        th scope="col" { (words.window) }
                        th scope="col" class="figure" { (words.uptime) }
                        th scope="col" class="figure" { (words.observed) }
                    }
                }
                tbody {
                    @for (window, tally) in &rows {
                        @let days = u64::from(window.days());
                        tr {
                            th scope="row" { ((words.days)(days, &view.manner.count(days))) }
                            td class="figure" { (Uptime::of(tally).text(&view.manner)) }
                            td class="figure" { (coverage(&view.manner, tally)) }
                        }
                    }
                }
            }
        }
    }
}

/// `29,5/30 ngày`: how far recordings reach back, of how far they must.
pub(super) fn reach(view: &View<'_>, recording: &RecordingStatus) -> String {
    let days = |seconds: u64| {
        #[expect(clippy::cast_precision_loss, reason = "seconds of some years")]
        let days = seconds as f64 / 86_400.0;
        view.manner.tenths(days)
    };
    match (recording.span_seconds, recording.required_seconds) {
        (Some(span), Some(required)) => (view.manner.words.unit.days_of)(&days(span), &days(required)),
        _ => "—".to_owned(),
    }
}

/// By how much a clock is off, in words.
pub(super) fn clock(view: &View<'_>, offset_seconds: f64) -> String {
    let words = &view.words.site;
    let off = SignedDuration::try_from_secs_f64(offset_seconds.abs()).unwrap_or(SignedDuration::MAX);
    if off < SignedDuration::from_mins(1) {
        // Devices tell whole seconds, and the answer took its time.
        return if off < SignedDuration::from_secs(2) {
            words.right.to_owned()
        } else {
            let seconds = format!("{} s", off.as_secs());
            if offset_seconds > 0.0 { (words.fast)(&seconds) } else { (words.slow)(&seconds) }
        };
    }
    let length = view
        .now
        .checked_sub(off)
        .map_or_else(|_| "—".to_owned(), |from| messages::length(from, view.now, view.language));
    if offset_seconds > 0.0 { (words.fast)(&length) } else { (words.slow)(&length) }
}

/// Planned work that is not over, with the way to end what was added; then the form for more.
pub(super) fn maintenance(
    view: &View<'_>,
    configured: &[&Maintenance],
    added: &[AddedMaintenance],
    action: &str,
) -> Markup {
    let words = &view.words.form;
    html! {
        @if !configured.is_empty() || !added.is_empty() || view.visitor.operates() {
            section aria-labelledby="maintenance" {
                h2 id="maintenance" { (words.maintenance) }
                ul {
                    @for window in configured { li { (span(view, window)) } }
                    @for one in added { li { (span(view, &one.window)) (forms::end_maintenance(view, one.id)) } }
                }
                (forms::maintenance(view, action))
            }
        }
    }
}

fn span(view: &View<'_>, window: &Maintenance) -> Markup {
    html! {
        ((view.words.form.window)(&view.moment(window.from), &view.moment(window.to)))
        // A reason may name a person or a place: it is for those who work here.
        @if view.visitor.operates() { ": " (window.reason) }
    }
}
