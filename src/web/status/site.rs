//! One site: its line, its cameras, its recorders with their disks and clocks, its recordings, its incidents.

use maud::{Markup, html};

use super::fleet::{Counts, WORST_FIRST, worst_first};
use super::frame::{self, Crumb};
use super::record::SitePast;
use super::view::{View, sign};
use super::{cameras, figures, incidents};
use crate::inventory::Site;
use crate::judgement::event::IncidentScope;
use crate::observation::State;
use crate::snapshot::{CameraStatus, Incident, RecorderStatus};

/// Cameras that are listed; a site is what hangs on one line and has far fewer.
const MOST_CAMERAS: usize = 300;

/// `past` is the reason where it cannot be told.
pub(super) fn render(view: &View<'_>, site: &Site, past: Result<&SitePast, &str>) -> String {
    let snapshot = view.snapshot;
    let words = &view.words.site;
    let name = view.names.site(&site.id);
    // The cameras of a snapshot are in the order of their sites.
    let begin = snapshot.cameras.partition_point(|camera| camera.site < site.id);
    let end = snapshot.cameras.partition_point(|camera| camera.site <= site.id);
    let mut cameras: Vec<&CameraStatus> = snapshot.cameras[begin..end].iter().collect();
    cameras.sort_unstable_by(|a, b| worst_first(a, b));
    cameras.truncate(MOST_CAMERAS);
    let recorders: Vec<_> = snapshot.recorders.iter().filter(|recorder| recorder.site == site.id).collect();
    let concerns = |incident: &Incident| match incident.scope {
        IncidentScope::Site => incident.subject == site.id.as_str(),
        IncidentScope::Recorder => recorders.iter().any(|recorder| recorder.recorder.as_str() == incident.subject),
        _ => cameras.iter().any(|camera| incident.cameras.contains(&camera.camera)),
    };
    let main = html! {
        (glance(view, &cameras, name))
        (facts(view, site))
        (incidents::concerning(view, concerns))
        section aria-labelledby="cameras" {
            h2 id="cameras" { (words.cameras) }
            @if cameras.is_empty() { p class="faint" { (view.words.list.no_site) } } @else {
                (cameras::table(view, &cameras, words.cameras, false))
            }
        }
        section aria-labelledby="uptime" {
            h2 id="uptime" { (words.uptime) }
            (figures::uptimes(view, |window| snapshot.windows.sites.get(&(site.id.clone(), window)).copied()))
        }
        (retention(view, &cameras))
        section aria-labelledby="recorders" {
            h2 id="recorders" { (words.recorders) }
            @if recorders.is_empty() { p class="faint" { (words.no_recorders) } }
            @for recorder in &recorders { (recorder_of(view, recorder)) }
        }
        (planned(view, site, past))
        @match past {
            Ok(past) => (incidents::past(view, &past.incidents)),
            Err(why) => p class="notice warning" { (why) },
        }
    };
    let crumbs: [Crumb<'_>; 2] = [
        (format!("/?commune={}", site.commune), view.names.commune(&site.commune)),
        (format!("/sites/{}", site.id), name),
    ];
    frame::document(view, name, &crumbs, &main)
}

/// The worst that there is, and how many cameras are in each state.
fn glance(view: &View<'_>, cameras: &[&CameraStatus], name: &str) -> Markup {
    let counts = Counts::of(cameras.iter().copied());
    html! {
        div class={ "glance " (counts.worst().unwrap_or(State::Unknown)) } {
            h1 { (name) }
            ul class="tally" {
                @for state in WORST_FIRST.into_iter().filter(|state| counts.get(*state) > 0) {
                    li class={ "badge " (state) } { (sign(state)) (view.count(counts.get(state))) " " (view.state(state)) }
                }
            }
            p class="faint" { ((view.words.frame.as_of)(&view.manner.moment(view.snapshot.at))) }
        }
    }
}

fn facts(view: &View<'_>, site: &Site) -> Markup {
    let words = &view.words.site;
    let status = view.snapshot.sites.binary_search_by(|status| status.site.cmp(&site.id));
    let line = match status.ok().and_then(|index| view.snapshot.sites[index].up) {
        Some(true) => words.line_up,
        Some(false) => words.line_down,
        None => words.line_unknown,
    };
    html! {
        dl {
            dt { (view.words.filter.commune) } dd { (view.names.commune(&site.commune)) }
            @if let Some(village) = &site.village { dt { (view.words.filter.village) } dd { (village) } }
            dt { (words.line) } dd { (line) }
        }
    }
}

fn retention(view: &View<'_>, cameras: &[&CameraStatus]) -> Markup {
    let words = &view.words.site;
    let mut rows: Vec<_> = cameras.iter().filter_map(|camera| Some((*camera, camera.recording.as_ref()?))).collect();
    if rows.is_empty() {
        return html! {};
    }
    // The worst first: what is least of what it should be.
    rows.sort_by(|(_, a), (_, b)| {
        let key = |recording: &crate::snapshot::RecordingStatus| {
            (recording.state.is_compliant(), recording.compliance_ratio.unwrap_or(0.0))
        };
        key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal)
    });
    let compliant = rows.iter().filter(|(_, recording)| recording.state.is_compliant()).count();
    html! {
        section aria-labelledby="retention" {
            h2 id="retention" { (words.retention) }
            p { ((words.compliant)(&view.count(compliant), &view.count(rows.len()))) }
            div class="sideways" tabindex="0" role="group" aria-labelledby="retention" {
                table {
                    caption class="unseen" { (words.retention) }
                    thead {
                        tr {
                            th scope="col" { (view.words.list.camera) }
                            th scope="col" { (words.retention_state) }
                            th scope="col" class="figure" { (words.reach) }
                            th scope="col" class="figure" { (words.gaps) }
                            th scope="col" { (words.newest) }
                        }
                    }
                    tbody {
                        @for (camera, recording) in &rows {
                            tr {
                                th scope="row" { a href={ "/cameras/" (camera.camera) } { (view.names.camera(&camera.camera)) } }
                                td {
                                    @if recording.state.is_compliant() { "✓ " } @else { "! " }
                                    ((view.manner.words.name.retention)(recording.state))
                                    @if recording.falling { ", " (words.falling) }
                                }
                                td class="figure" { (figures::reach(view, recording)) }
                                td class="figure" {
                                    @match recording.gap_days { Some(days) => (view.manner.count(days.into())), None => "—" }
                                }
                                td { (view.time_or_dash(recording.newest)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn recorder_of(view: &View<'_>, recorder: &RecorderStatus) -> Markup {
    let words = &view.words.site;
    let up = match recorder.up {
        Some(true) => words.answers,
        Some(false) => words.silent,
        None => words.not_asked,
    };
    let device = recorder.device.as_ref();
    let device: Vec<&str> = device
        .iter()
        .flat_map(|device| [&device.vendor, &device.model, &device.firmware])
        .filter_map(|text| text.as_deref())
        .collect();
    html! {
        h3 { (words.recorder) " " (recorder.recorder) ": " (up) }
        dl {
            @if let Some(cause) = recorder.cause {
                dt { (view.words.list.why) }
                dd {
                    span class="cause" { (view.advice(IncidentScope::Recorder, cause).name) } " "
                    @if let Some(since) = recorder.since { (view.since(since)) }
                }
            }
            dt { (words.last_answer) } dd { (view.time_or_dash(recorder.last_ok)) }
            @if let Some(offset) = recorder.clock_offset_seconds { dt { (words.clock) } dd { (figures::clock(view, offset)) } }
            @if let Some(days) = recorder.forecast_days {
                dt { (words.forecast) }
                dd {
                    ((words.days_held)(&view.manner.tenths(days)))
                    @if recorder.forecast_short { ": " b { (words.too_little) } }
                }
            }
            @if !device.is_empty() { dt { (words.device) } dd { (device.join(" · ")) } }
            @if !recorder.channels_without_camera.is_empty() {
                dt { (words.without_camera) }
                dd { (recorder.channels_without_camera.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")) }
            }
        }
        (disks(view, recorder))
    }
}

fn disks(view: &View<'_>, recorder: &RecorderStatus) -> Markup {
    let words = &view.words.site;
    html! {
        @if !recorder.disks.is_empty() {
            table {
                caption { (words.disks) }
                thead {
                    tr {
                        th scope="col" { (words.disk) }
                        th scope="col" { (view.words.list.state) }
                        th scope="col" class="figure" { (words.capacity) }
                        th scope="col" class="figure" { (words.free) }
                    }
                }
                tbody {
                    @for disk in &recorder.disks {
                        tr {
                            th scope="row" { (disk.id) }
                            td {
                                @if disk.status != crate::observation::DiskStatus::Ok { "! " }
                                ((words.disk_status)(disk.status))
                            }
                            td class="figure" { (size(view, disk.capacity_bytes)) }
                            td class="figure" { (size(view, disk.free_bytes)) }
                        }
                    }
                }
            }
        }
    }
}

/// In gigabytes as makers of disks count them.
fn size(view: &View<'_>, bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "—".to_owned(), |bytes| format!("{} GB", view.manner.count(bytes / 1_000_000_000)))
}

fn planned(view: &View<'_>, site: &Site, past: Result<&SitePast, &str>) -> Markup {
    let configured: Vec<_> = view
        .snapshot
        .config
        .inventory
        .maintenance
        .iter()
        .filter(|window| window.to > view.now && window.scope.covers(Some(&site.commune), &site.id, None))
        .collect();
    let added = past.map_or([].as_slice(), |past| past.windows.as_slice());
    figures::maintenance(view, &configured, added, &format!("/sites/{}/maintenance", site.id))
}
