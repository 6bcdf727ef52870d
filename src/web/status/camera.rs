//! One camera: how it stands and what to do first, its last probes, its month, its recordings, its incidents.

use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, PreEscaped, html};

use super::fleet::is_chosen_by_kind;
use super::frame::{self, Crumb};
use super::record::{CameraPast, Held, held};
use super::view::{View, sign};
use super::{figures, forms, incidents};
use crate::inventory::Camera;
use crate::judgement::event::IncidentScope;
use crate::observation::{CameraSeen, Outcome, Phase, State};
use crate::report::{Uptime, coverage, html::PATTERNS, uptime_note};
use crate::snapshot::CameraStatus;
use crate::web::picture;

/// Outages of the month that are listed.
const MOST_OUTAGES: usize = 30;
/// Days of recordings that are drawn, at the most and where none are required.
const MOST_DAYS: u64 = 92;
const DAYS: u64 = 30;

/// `past` is the reason where it cannot be told.
pub(super) fn render(
    view: &View<'_>,
    status: &CameraStatus,
    camera: &Camera,
    past: Result<&CameraPast, &str>,
) -> String {
    let name = view.names.camera(&status.camera);
    let main = html! {
        (standing(view, status, name))
        (forms::probe(view, status.camera.as_str()))
        (incidents::concerning(view, |incident| incident.cameras.contains(&status.camera)))
        div class="beside" {
            section aria-labelledby="facts" {
                h2 id="facts" { (view.words.camera.facts) }
                (facts(view, status, camera))
            }
            (stream(view, status))
        }
        (shot(view, camera, name))
        (last_probe(view, status))
        @match past {
            Ok(past) => {
                (probes(view, past))
                (month(view, past, name))
            }
            Err(why) => p class="notice warning" { (why) },
        }
        section aria-labelledby="uptime" {
            h2 id="uptime" { (view.words.site.uptime) }
            (figures::uptimes(view, |window| view.snapshot.windows.cameras.get(&(status.camera.clone(), window)).copied()))
        }
        (recordings(view, status, camera, past.ok()))
        (planned(view, camera, past.ok()))
        @if let Ok(past) = past { (incidents::past(view, &past.incidents)) }
    };
    let crumbs: [Crumb<'_>; 3] = [
        (format!("/?commune={}", status.commune), view.names.commune(&status.commune)),
        (format!("/sites/{}", status.site), view.names.site(&status.site)),
        (format!("/cameras/{}", status.camera), name),
    ];
    let title = format!("{name}: {}", view.state(status.state));
    frame::document(view, &title, &crumbs, &main)
}

/// The state, why, since when, what it probably is and what to do first.
fn standing(view: &View<'_>, status: &CameraStatus, name: &str) -> Markup {
    let words = &view.words.incident;
    html! {
        div class={ "glance " (status.state) } {
            h1 { (name) }
            p {
                b class="badge" { (sign(status.state)) (view.state(status.state)) }
                @if let Some(since) = status.since { " " (view.since(since)) }
                @else { " " (view.words.list.never_seen) }
            }
            @if let Some(cause) = status.cause {
                @let advice = view.advice(IncidentScope::Camera, cause);
                p { span class="cause" { (advice.name) } }
                p { b { (words.likely) ": " } (advice.likely) " " b { (words.first) ": " } (advice.first) }
            }
            p class="faint" { ((view.words.frame.as_of)(&view.manner.moment(view.snapshot.at))) }
        }
    }
}

fn facts(view: &View<'_>, status: &CameraStatus, camera: &Camera) -> Markup {
    let (words, filter) = (&view.words.camera, &view.words.filter);
    let inventory = &view.snapshot.config.inventory;
    let village = inventory.sites.get(&status.site).and_then(|site| site.village.as_deref());
    let funds: Vec<&str> = camera
        .funds
        .iter()
        .filter_map(|share| inventory.funds.get(&share.fund))
        .map(|fund| match view.names.fund(fund) {
            Some(name) => name,
            None if is_chosen_by_kind(fund.kind) => words.a_household,
            None => (view.manner.words.name.fund_kind)(fund.kind).0,
        })
        .collect();
    let device: Vec<&str> = status
        .device
        .iter()
        .flat_map(|device| [&device.vendor, &device.model, &device.firmware])
        .filter_map(|text| text.as_deref())
        .collect();
    html! {
        dl {
            dt { "ID" } dd { (status.camera) }
            dt { (filter.site) } dd { a href={ "/sites/" (status.site) } { (view.names.site(&status.site)) } }
            @if let Some(village) = village { dt { (filter.village) } dd { (village) } }
            dt { (filter.commune) } dd { (view.names.commune(&status.commune)) }
            @if !funds.is_empty() { dt { (words.paid_by) } dd { (funds.join("; ")) } }
            dt { (words.pages) } dd { @if status.funded { (words.pages_yes) } @else { (words.pages_no) } }
            @if let Some(day) = camera.installed { dt { (words.installed) } dd { (view.manner.date(day)) } }
            @if !device.is_empty() { dt { (view.words.site.device) } dd { (device.join(" · ")) } }
            @if let Some(offset) = status.clock_offset_seconds {
                dt { (view.words.site.clock) } dd { (figures::clock(view, offset)) }
            }
        }
    }
}

fn stream(view: &View<'_>, status: &CameraStatus) -> Markup {
    let words = &view.words.camera;
    html! {
        section aria-labelledby="stream" {
            h2 id="stream" { (words.stream) }
            @match &status.stream {
                None => p class="faint" { (words.no_stream) },
                Some(stream) => dl {
                    @if let Some(codec) = &stream.codec { dt { (words.codec) } dd { (codec) } }
                    @if let (Some(width), Some(height)) = (stream.width, stream.height) {
                        dt { (words.resolution) } dd { (width) "×" (height) }
                    }
                    @if let Some(rate) = stream.frames_per_second { dt { (words.frame_rate) } dd { (view.manner.tenths(rate)) } }
                    @if let Some(rate) = stream.bytes_per_second {
                        dt { (words.bit_rate) } dd { (view.manner.count(rate.saturating_mul(8) / 1000)) " kbit/s" }
                    }
                    @if let Some(seconds) = stream.keyframe_interval_seconds {
                        dt { (words.key_frames) } dd { (view.manner.tenths(seconds)) " s" }
                    }
                    dt { (words.lost) } dd { (view.manner.count(status.lost_packets_total)) }
                    dt { (words.last_frame) } dd { (view.time_or_dash(status.last_frame)) }
                },
            }
        }
    }
}

/// What the camera sees now, for who may see it.
fn shot(view: &View<'_>, camera: &Camera, name: &str) -> Markup {
    let words = &view.words.camera;
    html! {
        @if picture::may_show(&view.snapshot.config, view.visitor, camera) {
            section class="picture" aria-labelledby="picture" {
                h2 id="picture" { (words.picture) }
                img src={ "/cameras/" (camera.id) "/picture" } alt=((words.picture_of)(name)) loading="lazy" width="640" height="360";
            }
        }
    }
}

/// Whole milliseconds, or tenths of few.
fn milliseconds(view: &View<'_>, value: f64) -> String {
    if value < 10.0 { view.manner.tenths(value) } else { view.manner.tenths(value.floor()) }
}

fn last_probe(view: &View<'_>, status: &CameraStatus) -> Markup {
    let words = &view.words.camera;
    let total: f64 = status.phases_ms.values().sum();
    let mut begun = 0.0;
    let bars: Vec<(Phase, f64, f64)> = Phase::ALL
        .into_iter()
        .filter_map(|phase| {
            let took = *status.phases_ms.get(&phase)?;
            let from = begun;
            begun += took;
            Some((phase, from, took))
        })
        .collect();
    html! {
        section aria-labelledby="probe" {
            h2 id="probe" { (words.last_probe) }
            @match status.last_probe {
                None => p class="faint" { (words.never) },
                Some(at) => p {
                    (view.time(at)) " (" (view.ago(at)) ")"
                    @if let Some(seconds) = status.probe_seconds {
                        ". " (words.took) ": " (milliseconds(view, seconds * 1000.0)) " ms"
                    }
                    @if view.visitor.operates() {
                        ". " a href={ "/probe?camera=" (status.camera) "&debug=true" } { (words.debug) }
                    }
                },
            }
            @if let Some(detail) = detail(view, status.detail.as_deref()) { p { (words.detail) ": " (detail) } }
            @if !bars.is_empty() {
                table {
                    caption { (words.phases) }
                    thead {
                        tr {
                            th scope="col" { (words.phase) }
                            th scope="col" class="figure" { (words.milliseconds) }
                            td {}
                        }
                    }
                    tbody {
                        @for (phase, from, took) in bars {
                            tr {
                                th scope="row" { ((words.phase_name)(phase)) }
                                td class="figure" { (milliseconds(view, took)) }
                                td { (bar(from, took, total)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Where in the whole a phase lies; its figure stands beside it.
fn bar(from: f64, took: f64, total: f64) -> Markup {
    let part = |value: f64| if total > 0.0 { value / total * 1000.0 } else { 0.0 };
    let (x, width) = (format!("{:.0}", part(from).min(994.0)), format!("{:.0}", part(took).max(6.0)));
    html! {
        svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect x=(x) width=(width) height="20" {}
        }
    }
}

/// What a probe said for a person, to those who work here. What looks like an address is no business of a page's.
fn detail<'d>(view: &View<'_>, detail: Option<&'d str>) -> Option<&'d str> {
    let is_address = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        word.parse::<std::net::IpAddr>().is_ok() || word.parse::<std::net::SocketAddr>().is_ok()
    };
    let shows = |text: &&str| !text.contains("://") && !text.contains('@') && !text.split_whitespace().any(is_address);
    detail.filter(|_| view.visitor.operates()).filter(shows)
}

fn probes(view: &View<'_>, past: &CameraPast) -> Markup {
    let words = &view.words.camera;
    html! {
        @if !past.probes.is_empty() {
            details {
                summary { (words.probes) ": " (view.count(past.probes.len())) }
                table {
                    caption class="unseen" { (words.probes) }
                    thead {
                        tr {
                            th scope="col" { (words.at) }
                            th scope="col" { (words.outcome) }
                            th scope="col" class="figure" { (words.milliseconds) }
                        }
                    }
                    tbody { @for (at, seen) in &past.probes { (probe(view, *at, seen)) } }
                }
            }
        }
    }
}

fn probe(view: &View<'_>, at: Timestamp, seen: &CameraSeen) -> Markup {
    let local = at.to_zoned(view.snapshot.config.daemon.timezone.clone());
    let state = match seen.outcome {
        Outcome::Ok => State::Up,
        outcome if outcome.class().is_dark() => State::Dark,
        Outcome::Slow | Outcome::Lossy => State::Degraded,
        _ => State::Unknown,
    };
    let verdict = seen.picture.as_ref().and_then(|picture| picture.verdict.cause());
    let total: f64 = seen.phases_ms.values().sum();
    html! {
        tr {
            td { time datetime=(at.strftime("%FT%TZ")) { (local.strftime("%H:%M:%S")) } }
            td {
                span class=(state) { (sign(state)) }
                (seen.outcome.cause().map_or(view.words.camera.fine, |cause| view.cause(cause)))
                @if let Some(verdict) = verdict { ", " (view.cause(verdict)) }
                @if let Some(detail) = detail(view, seen.detail.as_deref()) { " " small { (detail) } }
            }
            td class="figure" { @if total > 0.0 { (milliseconds(view, total)) } @else { "—" } }
        }
    }
}

/// The running month, as its report will have it.
fn month(view: &View<'_>, past: &CameraPast, name: &str) -> Markup {
    let words = &view.words.camera;
    let (month, manner) = (&past.month, &view.manner);
    let uptime = Uptime::of(&month.tally).text(manner);
    let value = format!("{uptime} ({})", coverage(manner, &month.tally));
    html! {
        section aria-labelledby="month" {
            h2 id="month" { ((words.month)(&manner.month(&month.month.to_string()))) }
            p {
                span class="figure-big" { (uptime) } " "
                (view.words.site.uptime) ", " (uptime_note(manner, &month.tally, false))
            }
            @if !month.days.is_empty() {
                (PreEscaped(PATTERNS))
                div class="strip" { (PreEscaped(month.strip(manner, name, &value))) (key(view)) }
                (day_by_day(view, past))
            }
            h3 { (words.outages) }
            (outages(view, past))
        }
    }
}

/// What the fills of the strip mean.
fn key(view: &View<'_>) -> Markup {
    let legend = &view.manner.words.legend;
    let entries = [
        (State::Up, legend.up),
        (State::Degraded, legend.degraded),
        (State::Dark, legend.dark),
        (State::Unknown, legend.unknown),
        (State::Maintenance, legend.maintenance),
    ];
    html! {
        ul class="key" aria-hidden="true" {
            @for (state, name) in entries {
                li { svg viewBox="0 0 100 64" { rect class=(state) width="100" height="64" {} } (name) }
            }
        }
    }
}

fn day_by_day(view: &View<'_>, past: &CameraPast) -> Markup {
    let words = &view.words.camera;
    let manner = &view.manner;
    let columns = [State::Up, State::Degraded, State::Dark, State::Unknown, State::Maintenance];
    let days: Vec<_> =
        past.month.days.iter().filter(|(_, day)| day.degraded + day.dark + day.unknown + day.maintenance > 0).collect();
    html! {
        @if !days.is_empty() {
            details {
                summary { (words.day_by_day) ": " (view.count(days.len())) }
                div class="sideways" tabindex="0" role="group" aria-label=(words.day_by_day) {
                    table {
                        caption class="unseen" { (words.day_by_day) }
                        thead {
                            tr {
                                th scope="col" { (words.day) }
                                @for state in columns { th scope="col" class="figure" { (view.state(state)) } }
                            }
                        }
                        tbody {
                            @for (date, day) in days {
                                tr {
                                    th scope="row" { (manner.date(*date)) }
                                    @for seconds in [day.up, day.degraded, day.dark, day.unknown, day.maintenance] {
                                        td class="figure" { @if seconds > 0 { (manner.length(seconds.into())) } @else { "—" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn outages(view: &View<'_>, past: &CameraPast) -> Markup {
    let words = &view.words.camera;
    let incident = &view.words.incident;
    let outages = &past.month.outages;
    let more = outages.len().saturating_sub(MOST_OUTAGES);
    // The last one goes on where its end is this moment's.
    let is_open = |to: Timestamp| view.now.duration_since(to).as_secs() < 2;
    html! {
        @if outages.is_empty() { p class="faint" { (words.no_outages) } } @else {
            table {
                caption class="unseen" { (words.outages) }
                thead {
                    tr {
                        th scope="col" { (incident.from) }
                        th scope="col" { (incident.to) }
                        th scope="col" class="figure" { (words.length) }
                        th scope="col" { (view.manner.words.column.cause) }
                    }
                }
                tbody {
                    @for outage in outages.iter().rev().take(MOST_OUTAGES) {
                        tr {
                            td { (view.time(outage.from)) }
                            td { @if is_open(outage.to) { (incident.still_open) } @else { (view.time(outage.to)) } }
                            td class="figure" { (view.manner.length(outage.seconds)) }
                            td { @match outage.cause { Some(cause) => (view.cause(cause)), None => "—" } }
                        }
                    }
                }
            }
            @if more > 0 { p { ((words.more_outages)(more as u64, &view.count(more))) } }
        }
    }
}

/// How far back recordings reach, and which days are there.
fn recordings(view: &View<'_>, status: &CameraStatus, camera: &Camera, past: Option<&CameraPast>) -> Markup {
    let words = &view.words.site;
    if status.recording.is_none() && camera.retention.is_none() && camera.recorder.is_none() {
        return html! {};
    }
    html! {
        section aria-labelledby="recordings" {
            h2 id="recordings" { (words.retention) }
            @match &status.recording {
                None => p class="faint" { (view.words.camera.calendar_none) },
                Some(recording) => dl {
                    dt { (words.retention_state) }
                    dd {
                        b { ((view.manner.words.name.retention)(recording.state)) }
                        @if recording.falling { ", " (words.falling) }
                    }
                    dt { (words.reach) } dd { (figures::reach(view, recording)) }
                    @if let Some(days) = recording.held_days { dt { (words.held) } dd { (view.manner.count(days.into())) } }
                    @if let Some(days) = recording.gap_days { dt { (words.gaps) } dd { (view.manner.count(days.into())) } }
                    dt { (words.newest) } dd { (view.time_or_dash(recording.newest)) }
                },
            }
            @if let Some(past) = past { (calendar(view, camera, past)) }
        }
    }
}

/// The days of the required window, the last being yesterday.
fn calendar(view: &View<'_>, camera: &Camera, past: &CameraPast) -> Markup {
    let words = &view.words.camera;
    if past.presence.looked_at.is_empty() {
        return html! {};
    }
    let required = camera.retention.map_or(DAYS, |required| required.as_secs().div_ceil(86_400)).clamp(1, MOST_DAYS);
    let today = view.manner.day_of(view.now);
    let first = today.checked_sub(i64::try_from(required).unwrap_or(30).days()).unwrap_or(today);
    html! {
        h3 { (words.calendar) }
        ol class="calendar" {
            @for day in first.series(1.day()).take_while(|day| *day < today) {
                @let (class, mark, text) = match held(&past.presence, day) {
                    Held::Present => ("held up", "✓", words.day_held),
                    Held::Missing => ("missing dark", "✗", words.day_missing),
                    Held::Lost => ("lost degraded", "–", words.day_lost),
                    Held::Unknown => ("unseen-day unknown", "?", words.day_unknown),
                };
                li class=(class) title=(text) {
                    time datetime=(day) { (day.strftime("%-d/%-m")) } " "
                    span class="mark" aria-hidden="true" { (mark) }
                    span class="unseen" { (text) }
                }
            }
        }
        ul class="key" aria-hidden="true" {
            li { "✓ " (words.day_held) } li { "✗ " (words.day_missing) } li { "– " (words.day_lost) } li { "? " (words.day_unknown) }
        }
    }
}

fn planned(view: &View<'_>, camera: &Camera, past: Option<&CameraPast>) -> Markup {
    let inventory = &view.snapshot.config.inventory;
    let commune = inventory.commune_of(&camera.id);
    let configured: Vec<_> = inventory
        .maintenance
        .iter()
        .filter(|window| window.to > view.now && window.scope.covers(commune, &camera.site, Some(&camera.id)))
        .collect();
    let added = past.map_or([].as_slice(), |past| past.windows.as_slice());
    figures::maintenance(view, &configured, added, &format!("/cameras/{}/maintenance", camera.id))
}
