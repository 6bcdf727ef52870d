//! `camwatch roster`: who would be told, and when nobody is.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::exit;
use super::maintenance::Moment;
use crate::config::Config;
use crate::duty::{Gap, OnDuty, Place, Roster, quiet_until};
use crate::inventory::{ChannelId, CommuneId, Inventory, OfficerId, Role, Scope, SiteId};

/// Gaps are looked for within this time.
const AHEAD: Duration = Duration::from_secs(7 * 86_400);

/// Show who would be told, by which channel, and when nobody would be
///
/// For each commune, and each site with a duty of its own: who is on duty now (or at TIME), first the one who is told
/// first, with their channels in the order in which they are tried; and who is told when nobody answers. Times are
/// those of the daemon's time zone. Reads the configuration alone; the daemon need not run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// At this time instead of now: 2026-11-05T08:00, or with an offset.
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
    /// One JSON object instead of text.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let zone = &config.daemon.timezone;
    let at = match args.at.map(|at| at.within(zone)).transpose() {
        Ok(at) => at.unwrap_or_else(Timestamp::now),
        Err(problem) => {
            eprintln!("--at: {problem}");
            return exit::BAD_INPUT;
        }
    };
    let sheet = Sheet::of(&config, at);
    let text = if args.json {
        serde_json::to_string_pretty(&sheet).expect("plain data is JSON") + "\n"
    } else {
        sheet.text(&config.inventory, zone)
    };
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
    exit::OK
}

/// What is printed; also its JSON shape.
#[derive(Debug, Serialize)]
struct Sheet {
    at: Timestamp,
    duties: Vec<DutyLine>,
    gaps: Vec<GapLine>,
}

#[derive(Debug, Serialize)]
struct DutyLine {
    role: Role,
    commune: CommuneId,
    site: Option<SiteId>,
    /// In the order in which they are told; empty where nobody is on duty.
    officers: Vec<OfficerLine>,
    escalate: Vec<StepLine>,
    /// When this may next be different; `null` where nothing ever changes.
    until: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct OfficerLine {
    officer: OfficerId,
    name: String,
    /// In the order in which they are tried.
    channels: Vec<ChannelId>,
    /// Warnings wait until then.
    quiet_until: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct StepLine {
    after_seconds: u64,
    officers: Vec<OfficerLine>,
}

#[derive(Debug, Serialize)]
struct GapLine {
    role: Role,
    /// `null`: all communes that have no duty of this role for themselves.
    commune: Option<CommuneId>,
    site: Option<SiteId>,
    from: Timestamp,
    to: Timestamp,
}

impl Sheet {
    fn of(config: &Config, at: Timestamp) -> Self {
        let inventory = &config.inventory;
        let roster = Roster::new(inventory, &config.daemon.timezone);
        let duties = places(inventory).into_iter().map(|(place, role)| {
            let duty = roster.on_duty(role, &place, at);
            let line = |officers: &[OfficerId]| {
                let known = officers.iter().filter_map(|id| inventory.officers.get(id));
                let line = |officer: &crate::inventory::Officer| OfficerLine {
                    officer: officer.id.clone(),
                    name: officer.name.clone(),
                    channels: officer.channels.clone(),
                    quiet_until: quiet_until(officer, &duty.zone, at),
                };
                known.map(line).collect()
            };
            let step = |step: &crate::inventory::Escalation| StepLine {
                after_seconds: step.after.as_secs(),
                officers: line(&step.officers),
            };
            let OnDuty { officers, escalate, until, .. } = &duty;
            DutyLine {
                role,
                commune: place.commune,
                site: place.site,
                officers: line(officers),
                escalate: escalate.iter().map(step).collect(),
                until: Some(*until).filter(|until| *until < Timestamp::MAX),
            }
        });
        let to = at.checked_add(AHEAD).unwrap_or(Timestamp::MAX);
        let gap = |Gap { role, place, from, to }| {
            let (commune, site) = place.map_or((None, None), |place| (Some(place.commune), place.site));
            GapLine { role, commune, site, from, to }
        };
        Self { at, duties: duties.collect(), gaps: roster.gaps(at, to).into_iter().map(gap).collect() }
    }

    fn text(&self, inventory: &Inventory, zone: &TimeZone) -> String {
        let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string();
        let commune = |id: &CommuneId| match inventory.communes.get(id) {
            Some(commune) => format!("{} ({id})", commune.name),
            None => id.to_string(),
        };
        let place = |id: &CommuneId, site: Option<&SiteId>| match site.map(|site| (site, inventory.sites.get(site))) {
            Some((id, Some(site))) => format!("{} ({id}), a site of {}", site.name, commune(&site.commune)),
            _ => commune(id),
        };
        let mut text = format!("On duty at {}\n", time(self.at));
        if self.duties.is_empty() {
            text += "\nNo [[duty]] names anybody: nobody is told of anything.\n";
        }
        let mut last = String::new();
        for duty in &self.duties {
            let head = place(&duty.commune, duty.site.as_ref());
            // Writing to a String cannot fail.
            if head != last {
                let _ = writeln!(text, "\n{head}");
            }
            last = head;
            let until = duty.until.map_or_else(String::new, |until| format!(", until {}", time(until)));
            let _ = writeln!(text, "  {}{until}", duty.role.as_str());
            for (i, officer) in duty.officers.iter().enumerate() {
                let _ = writeln!(text, "    {}. {}", i + 1, officer.text(time));
            }
            if duty.officers.is_empty() {
                let _ = writeln!(text, "    {}", nobody(duty));
            }
            for step in &duty.escalate {
                let after = waited(step.after_seconds);
                for officer in &step.officers {
                    let _ = writeln!(text, "    after {after} without an answer: {}", officer.text(time));
                }
            }
        }
        let _ = writeln!(text, "\nGaps of the coming 7 days{}", if self.gaps.is_empty() { ": none" } else { "" });
        for gap in &self.gaps {
            let place = gap.commune.as_ref().map_or_else(
                || "every commune without a duty of its own".to_owned(),
                |commune| place(commune, gap.site.as_ref()),
            );
            let _ = writeln!(text, "  {:<7}  {} to {}  {place}", gap.role.as_str(), time(gap.from), time(gap.to));
        }
        text
    }
}

impl OfficerLine {
    fn text(&self, time: impl Fn(Timestamp) -> String) -> String {
        let channels: Vec<&str> = self.channels.iter().map(ChannelId::as_str).collect();
        let by = if channels.is_empty() { "no channel: cannot be told".to_owned() } else { channels.join(", then ") };
        let quiet = self.quiet_until.map_or_else(String::new, |until| format!("; warnings wait until {}", time(until)));
        format!("{} ({}) by {by}{quiet}", self.name, self.officer)
    }
}

fn nobody(duty: &DutyLine) -> &'static str {
    match (duty.role, duty.escalate.is_empty()) {
        (_, false) => "nobody: those who follow are told at once",
        (Role::Officer, true) => "nobody: role it is told instead",
        (Role::It, true) => "nobody: whoever has role it elsewhere is told instead",
    }
}

fn waited(seconds: u64) -> String {
    match seconds {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// Communes with funded cameras or a duty of their own, and sites with one; each by role.
fn places(inventory: &Inventory) -> BTreeSet<(Place, Role)> {
    let of_duties = inventory.duties.iter().filter_map(|duty| {
        let place = match &duty.scope {
            Scope::Commune(id) => Place { commune: id.clone(), site: None },
            Scope::Site(id) => Place { commune: inventory.sites.get(id)?.commune.clone(), site: Some(id.clone()) },
            Scope::Camera(_) => return None,
        };
        Some((place, duty.role))
    });
    let funded = inventory.cameras.values().filter(|camera| inventory.is_funded(camera));
    let of_cameras = funded.filter_map(|camera| {
        let commune = inventory.sites.get(&camera.site)?.commune.clone();
        Some((Place { commune, site: None }, Role::Officer))
    });
    let any = !inventory.duties.is_empty();
    of_duties.chain(of_cameras.filter(|_| any)).collect()
}
