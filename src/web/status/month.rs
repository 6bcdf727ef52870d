//! The index of a month's reports: whether it is closed, and the way to each report in the reader's language.

use jiff::Timestamp;
use maud::{Markup, html};

use super::frame;
use super::view::View;
use crate::config::Config;
use crate::inventory::FundKind;
use crate::ledger::Month;
use crate::report::closing::{self, Archive, Verdict, Why};
use crate::report::{Format, ReportError};

/// Lines of a list; of more, an id is written.
const MOST_LISTED: usize = 60;

/// Whether a month is closed, and what came of sending it.
pub(super) enum Standing {
    /// When it will be; `None` where nothing closes months.
    Open(Option<Timestamp>),
    Closed {
        /// SHA-256 of its figures, in hexadecimal.
        hash: String,
        /// Cameras whose figures were corrected since.
        corrections: u64,
        sending: Sending,
    },
}

/// What came of sending a month's reports.
pub(super) struct Sending {
    /// `None` while it goes on.
    ended: Option<Why>,
    sent: u64,
    refused: u64,
    later: u64,
}

/// # Errors
/// Where the archive cannot be read.
pub(super) fn standing(config: &Config, month: Month) -> Result<Standing, ReportError> {
    let archive = Archive::of(config);
    if !archive.holds(month) {
        return Ok(Standing::Open(closing::closes_at(month, &config.report, &config.daemon.timezone)));
    }
    let deliveries = archive.deliveries(month)?;
    let count = |verdict| deliveries.answers.iter().filter(|one| one.verdict == verdict).count() as u64;
    Ok(Standing::Closed {
        hash: archive.hash(month)?,
        corrections: archive.amendments(month)?.len() as u64,
        sending: Sending {
            ended: deliveries.ended.as_ref().map(|ended| ended.why),
            sent: count(Verdict::Sent),
            refused: count(Verdict::Refused),
            later: count(Verdict::Later),
        },
    })
}

pub(super) fn render(view: &View<'_>, month: Month, standing: Result<&Standing, &'static str>) -> String {
    let words = &view.words.month;
    let name = |month: Month| view.manner.month(&month.to_string());
    let title = (words.title)(&name(month));
    let inventory = &view.snapshot.config.inventory;
    let all = [Line { asks: String::new(), name: words.by_commune.to_owned() }];
    let funds: Vec<Line> = inventory
        .funds
        .values()
        .filter_map(|fund| Some((fund, view.names.fund(fund)?)))
        .map(|(fund, name)| Line { asks: format!("fund={}", fund.id), name: name.to_owned() })
        .collect();
    let households = inventory.funds.values().any(|fund| fund.kind == FundKind::Household);
    let communes = |ask: &str| -> Vec<Line> {
        let line = |id, name: &String| Line { asks: format!("commune={id}{ask}"), name: name.clone() };
        inventory.communes.values().map(|commune| line(&commune.id, &commune.name)).collect()
    };
    let sites: Vec<Line> = inventory
        .sites
        .keys()
        .map(|id| Line { asks: format!("site={id}"), name: view.names.site(id).to_owned() })
        .collect();
    let main = html! {
        h1 { (title) }
        nav aria-label=(words.other_months) {
            p {
                @for other in [month.previous(), month.next()] {
                    a href={ "/reports/" (other) } { (name(other)) } " "
                }
            }
        }
        (closed(view, standing))
        (section(view, month, words.all_cameras, &all, None))
        (section(view, month, words.who_paid, &funds, Some("fund")))
        @if households && !view.visitor.sees_private_names() { p class="faint" { (words.households) } }
        (section(view, month, words.to_be_signed, &communes(""), Some("commune")))
        (section(view, month, words.notices, &communes("&notice"), None))
        (section(view, month, words.sites, &sites, Some("site")))
    };
    frame::document(view, &title, &[(view.address.to_owned(), words.crumb)], &main)
}

fn closed(view: &View<'_>, standing: Result<&Standing, &'static str>) -> Markup {
    let words = &view.words.month;
    let count = |n: u64| view.manner.count(n);
    match standing {
        Err(why) => html! { p class="notice bad" { (why) } },
        Ok(Standing::Open(None)) => html! { p { (words.never_closed) } },
        Ok(Standing::Open(Some(at))) if *at <= view.now => html! { p { (words.due) } },
        Ok(Standing::Open(Some(at))) => html! { p { ((words.closes_at)(&view.manner.moment(*at))) } },
        Ok(Standing::Closed { hash, corrections, sending }) => html! {
            p { (words.closed) " SHA-256: " code { (hash) } }
            @if *corrections > 0 { p { ((words.corrections)(*corrections, &count(*corrections))) } }
            p {
                @match sending.ended {
                    Some(Why::Nobody) => (words.sent_to_nobody),
                    Some(Why::Before) => (words.sent_too_late),
                    ended => {
                        ((words.sent)(&count(sending.sent), &count(sending.refused), &count(sending.later)))
                        @if ended.is_none() { " " (words.sending) }
                    }
                }
            }
        },
    }
}

/// One report: what asks for it in an address, and of whom it is.
struct Line {
    asks: String,
    name: String,
}

/// `by_id`: what asks for one by its id, where there are too many to list.
fn section(view: &View<'_>, month: Month, heading: &str, lines: &[Line], by_id: Option<&str>) -> Markup {
    let words = &view.words.month;
    html! {
        @if !lines.is_empty() {
            section {
                h2 { (heading) }
                @if let Some(name) = by_id.filter(|_| lines.len() > MOST_LISTED) {
                    form class="filters" method="get" action={ "/reports/" (month) } {
                        input type="hidden" name="format" value="html";
                        input type="hidden" name="lang" value=(view.lang());
                        label { (words.id) input name=(name) required maxlength="64"; }
                        p class="buttons" { button { (words.open) } }
                    }
                }
                table {
                    caption class="unseen" { (heading) }
                    tbody {
                        @for line in lines.iter().take(MOST_LISTED) { (row(view, month, line)) }
                    }
                }
                @if lines.len() > MOST_LISTED {
                    p class="faint" { ((words.more)((lines.len() - MOST_LISTED) as u64, &view.count(lines.len() - MOST_LISTED))) }
                }
            }
        }
    }
}

fn row(view: &View<'_>, month: Month, line: &Line) -> Markup {
    let and = if line.asks.is_empty() { "" } else { "&" };
    // Figures for programs have no language.
    let address = |format: Format| match format {
        Format::Csv | Format::Json => format!("/reports/{month}?{}{and}format={}", line.asks, format.as_str()),
        Format::Html | Format::Pdf | Format::Xlsx => {
            format!("/reports/{month}?{}{and}lang={}&format={}", line.asks, view.lang(), format.as_str())
        }
    };
    html! {
        tr {
            th scope="row" { (line.name) }
            td {
                @for format in [Format::Html, Format::Pdf, Format::Xlsx, Format::Csv, Format::Json] {
                    a href=(address(format)) aria-label={ (line.name) ", " (format.as_str()) } { (format.as_str()) } " "
                }
            }
        }
    }
}
