//! The series of sites and funds, and what of the snapshot belongs to no site.

use std::collections::{BTreeMap, BTreeSet};

use super::part::Part;
use super::text::{Family, Kind, Writer, push_label, rounded};
use crate::inventory::{CommuneId, FundKind, SiteId};
use crate::judgement::event::IncidentScope;
use crate::ledger::Tally;
use crate::observation::State;
use crate::snapshot::{SiteStatus, Snapshot, Window};

#[allow(clippy::cast_precision_loss, clippy::too_many_lines)] // Spans stay below 2^52; one list of series.
pub fn write_sites(out: &mut Writer, snapshot: &Snapshot, part: &Part) {
    let rows: Vec<(&SiteStatus, String)> = snapshot
        .sites
        .iter()
        .filter(|status| part.has_site(&status.site, &status.commune))
        .map(|status| {
            let mut labels = String::new();
            push_label(&mut labels, "site", status.site.as_str());
            labels.push(',');
            push_label(&mut labels, "commune", status.commune.as_str());
            (status, labels)
        })
        .collect();

    let mut family = out.family("camwatch_site_cameras", Kind::Gauge, "Cameras of the site in each state.");
    for (status, labels) in &rows {
        for state in State::ALL {
            let count = status.cameras.get(state).copied().unwrap_or(0);
            family.sample_with(labels, &[("state", state.as_str())], count.into());
        }
    }
    let mut family = out.family(
        "camwatch_site_up",
        Kind::Gauge,
        "0 while an incident of the site or of its area explains it, 1 otherwise; absent while the monitor is cut off.",
    );
    for (status, labels) in &rows {
        if let Some(up) = status.up {
            family.sample(labels, f64::from(u8::from(up)));
        }
    }
    let place = |status: &SiteStatus| snapshot.config.inventory.sites.get(&status.site);
    let mut family = out.family("camwatch_site_latitude_degrees", Kind::Gauge, "Where the site is, degrees north.");
    for (status, labels) in &rows {
        if let Some(degrees) = place(status).and_then(|site| site.latitude) {
            family.sample(labels, degrees);
        }
    }
    let mut family = out.family("camwatch_site_longitude_degrees", Kind::Gauge, "Where the site is, degrees east.");
    for (status, labels) in &rows {
        if let Some(degrees) = place(status).and_then(|site| site.longitude) {
            family.sample(labels, degrees);
        }
    }
    let mut worst: BTreeMap<&SiteId, (u64, u32)> = BTreeMap::new();
    for camera in &snapshot.cameras {
        let Some(recording) = &camera.recording else { continue };
        let Some(span) = recording.span_seconds else { continue };
        let (least, compliant) = worst.entry(&camera.site).or_insert((u64::MAX, 0));
        *least = span.min(*least);
        *compliant += u32::from(recording.state.is_compliant());
    }
    let mut family = out.family(
        "camwatch_site_retention_seconds",
        Kind::Gauge,
        "How far back recordings of the site's worst camera reach. Absent where no recorder said anything of any.",
    );
    for (status, labels) in &rows {
        if let Some((least, _)) = worst.get(&status.site) {
            family.sample(labels, *least as f64);
        }
    }
    let mut family = out.family(
        "camwatch_site_retention_compliant_cameras",
        Kind::Gauge,
        "Cameras of the site whose recordings reach back as far as they must, without a gap, or are on their way to it.",
    );
    for (status, labels) in &rows {
        if let Some((_, compliant)) = worst.get(&status.site) {
            family.sample(labels, f64::from(*compliant));
        }
    }
    let tallies = |status: &SiteStatus| {
        Window::ALL.map(|window| Some((window, *snapshot.windows.sites.get(&(status.site.clone(), window))?)))
    };
    let mut family = out.family("camwatch_site_uptime_ratio", Kind::Gauge, UPTIME_HELP);
    for (status, labels) in &rows {
        ratios(&mut family, labels, &[], tallies(status), Tally::signal_uptime);
    }
    // Of every site it would take the page of 10,000 cameras over the 16 MiB that common scrapers accept.
    if snapshot.config.metrics.detail {
        let mut family = out.family("camwatch_site_coverage_ratio", Kind::Gauge, COVERAGE_HELP);
        for (status, labels) in &rows {
            ratios(&mut family, labels, &[], tallies(status), Tally::coverage);
        }
    }
    write_site_info(out, snapshot, &rows);
}

const UPTIME_HELP: &str =
    "Signal uptime of the cameras there over the window, their seconds added up. Absent where nothing was observed.";
const COVERAGE_HELP: &str =
    "Share of the window, less maintenance, in which the cameras there were observed. Read it beside every uptime.";

/// One ratio for each look-back window of which there is one.
fn ratios(
    family: &mut Family<'_>,
    labels: &str,
    more: &[(&str, &str)],
    tallies: impl IntoIterator<Item = Option<(Window, Tally)>>,
    ratio: fn(&Tally) -> Option<f64>,
) {
    for (window, tally) in tallies.into_iter().flatten() {
        if let Some(ratio) = ratio(&tally) {
            let mut all = more.to_vec();
            all.push(("window", window.as_str()));
            family.sample_with(labels, &all, rounded(ratio, 8));
        }
    }
}

/// What the site is called. A site where all cameras are households' is somebody's home: it has no name here.
fn write_site_info(out: &mut Writer, snapshot: &Snapshot, rows: &[(&SiteStatus, String)]) {
    let inventory = &snapshot.config.inventory;
    let public: BTreeSet<&SiteId> = inventory
        .cameras
        .values()
        .filter(|camera| inventory.main_fund(camera).is_none_or(|fund| fund.kind != FundKind::Household))
        .map(|camera| &camera.site)
        .collect();
    let mut family = out.family(
        "camwatch_site_info",
        Kind::Gauge,
        "What the site is called and where it is; always 1. Sites that have households' cameras only have no name here.",
    );
    for (status, labels) in rows {
        let Some(site) = inventory.sites.get(&status.site) else { continue };
        let name = if public.contains(&status.site) { site.name.as_str() } else { "" };
        family.sample_with(labels, &[("name", name), ("village", site.village.as_deref().unwrap_or(""))], 1.0);
    }
}

/// Communes: what they are called, and their cameras' uptime.
pub fn write_communes(out: &mut Writer, snapshot: &Snapshot, part: &Part) {
    let inventory = &snapshot.config.inventory;
    let communes: Vec<_> = inventory.communes.values().filter(|commune| part.has_commune(&commune.id)).collect();
    let mut sums: BTreeMap<(&CommuneId, Window), Tally> = BTreeMap::new();
    for ((site, window), tally) in &snapshot.windows.sites {
        if let Some(site) = inventory.sites.get(site) {
            *sums.entry((&site.commune, *window)).or_default() += *tally;
        }
    }
    let mut family = out.family("camwatch_commune_info", Kind::Gauge, "What the commune is called; always 1.");
    for commune in &communes {
        let province = commune.province.as_deref().unwrap_or("");
        let labels = [("commune", commune.id.as_str()), ("name", commune.name.as_str()), ("province", province)];
        family.sample_with("", &labels, 1.0);
    }
    for (name, help, ratio) in [
        ("camwatch_commune_uptime_ratio", UPTIME_HELP, Tally::signal_uptime as fn(&Tally) -> Option<f64>),
        ("camwatch_commune_coverage_ratio", COVERAGE_HELP, Tally::coverage),
    ] {
        let mut family = out.family(name, Kind::Gauge, help);
        for commune in &communes {
            let tallies = Window::ALL.map(|window| Some((window, *sums.get(&(&commune.id, window))?)));
            ratios(&mut family, "", &[("commune", commune.id.as_str())], tallies, ratio);
        }
    }
}

/// What belongs to no site: funds, credentials, incidents, the monitor's own line.
#[allow(clippy::cast_precision_loss)] // Incidents stay far below 2^52.
pub fn write_rest(out: &mut Writer, snapshot: &Snapshot) {
    let inventory = &snapshot.config.inventory;
    for (name, help, ratio) in [
        (
            "camwatch_fund_uptime_ratio",
            "Signal uptime of the fund's cameras over the window, their seconds added up. Absent where nothing was observed.",
            Tally::signal_uptime as fn(&Tally) -> Option<f64>,
        ),
        (
            "camwatch_fund_coverage_ratio",
            "Share of the window, less maintenance, in which the fund's cameras were observed. Read it beside every uptime.",
            Tally::coverage,
        ),
    ] {
        let mut family = out.family(name, Kind::Gauge, help);
        for fund in inventory.funds.keys() {
            let tallies =
                Window::ALL.map(|window| Some((window, *snapshot.windows.funds.get(&(fund.clone(), window))?)));
            ratios(&mut family, "", &[("fund", fund.as_str())], tallies, ratio);
        }
    }
    let mut family =
        out.family("camwatch_fund_target_ratio", Kind::Gauge, "The uptime that was agreed for the fund's cameras.");
    for fund in inventory.funds.values() {
        if let Some(target) = fund.target_uptime {
            family.sample_with("", &[("fund", fund.id.as_str())], target);
        }
    }
    let mut family = out.family(
        "camwatch_credential_refused",
        Kind::Gauge,
        "1 while a device refuses the credential or has locked its account, and polling is paused so that it is not locked.",
    );
    for credential in inventory.credentials.keys() {
        let refused = snapshot.refused.contains(credential);
        family.sample_with("", &[("credential", credential.as_str())], f64::from(u8::from(refused)));
    }
    let mut family = out.family("camwatch_incidents_open", Kind::Gauge, "Incidents that are open, by scope.");
    for scope in IncidentScope::ALL {
        let open = snapshot.incidents.iter().filter(|incident| incident.scope == scope).count();
        family.sample_with("", &[("scope", scope.as_str())], open as f64);
    }
    out.family(
        "camwatch_monitor_online",
        Kind::Gauge,
        "0 while every reference is silent: the monitor itself is cut off. 1 where no references are configured.",
    )
    .sample("", f64::from(u8::from(snapshot.monitor_online)));
}
