//! A month that was never recorded, of as many cameras as a test wants: every figure agrees with every other.
//!
//! For tests of what is drawn from a dossier. The same number of cameras gives the same month.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::dossier::{
    Amendment, CameraNotes, CommuneNotes, DarkBy, Day, Dossier, Form, FundNotes, IncidentNotes, Share, SiteNotes,
};
use super::{CameraFigures, CameraRetention, Group, GroupKind, GroupRetention, OutageFigures, Report};
use crate::inventory::{CameraId, CommuneId, FundId, FundKind, Language, SiteId};
use crate::judgement::event::IncidentScope;
use crate::ledger::Tally;
use crate::ledger::retention::RetentionState;
use crate::observation::{Cause, State};

pub(crate) const ZONE: &str = "Asia/Ho_Chi_Minh";
/// Cameras of one site, and of one commune.
const AT_A_SITE: usize = 8;
const IN_A_COMMUNE: usize = 250;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// What no report may say: it stands where a careless edition would take it from.
pub(crate) const HOUSEHOLD_WITHOUT_CONSENT: &str = "Hộ ông Trần Kín Đáo";
pub(crate) const AIM_OF_A_PRIVATE_CAMERA: &str = "nhìn vào sân sau";

/// A dark, bad, unseen or planned time: seconds since the month began.
#[derive(Clone, Copy)]
struct Spell {
    from: i64,
    to: i64,
    state: State,
    cause: Option<Cause>,
}

/// October 2026 of so many cameras, over and recorded to its end.
pub(crate) fn dossier(cameras: usize) -> Dossier {
    let begin = TimeZone::get(ZONE).unwrap().to_timestamp(date(2026, 10, 1).at(0, 0, 0, 0)).unwrap();
    let mut month = Month { begin, figures: Vec::new(), notes: BTreeMap::new(), incidents: BTreeMap::new() };
    for index in 0..cameras {
        month.add(index);
    }
    let sites = (0..cameras.div_ceil(AT_A_SITE)).map(|site| (site_id(site * AT_A_SITE), site_notes(site)));
    let communes = (0..cameras.div_ceil(IN_A_COMMUNE)).map(|commune| {
        let name = if commune == 0 { "Xã Mộc Nam".to_owned() } else { format!("Phường Đồng Văn {commune}") };
        (commune_id(commune * IN_A_COMMUNE), CommuneNotes { name, province: Some("Ninh Bình".to_owned()) })
    });
    let mut incidents: Vec<_> = month.incidents.into_values().collect();
    incidents.sort_by_key(|incident| incident.since);
    let mut dossier = Dossier {
        report: Report {
            month: "2026-10".to_owned(),
            timezone: ZONE.to_owned(),
            generated_at: begin.checked_add((32 * 24 + 2).hours()).unwrap(),
            cameras: month.figures,
            groups: Vec::new(),
        },
        language: Language::Vietnamese,
        recorded_to: Some(begin.checked_add((31 * 24).hours()).unwrap()),
        running: false,
        form: form(),
        cameras: month.notes,
        sites: sites.collect(),
        communes: communes.collect(),
        funds: funds(),
        incidents,
        amendments: Vec::new(),
    };
    dossier.amendments.extend(amendment(&dossier));
    let all = dossier.report.cameras.iter().fold(Tally::default(), |mut sum, camera| {
        sum += Tally::from(camera.figures);
        sum
    });
    dossier.report.groups.push(Group {
        kind: GroupKind::All,
        id: "all".to_owned(),
        cameras: cameras as u64,
        figures: all.into(),
        retention: GroupRetention {
            compliant_cameras: 0,
            judged_cameras: 0,
            worst_camera: None,
            worst_span_days: None,
        },
    });
    dossier
}

/// The same month while it runs: nothing is known after the 12th, 09:30.
pub(crate) fn running(cameras: usize) -> Dossier {
    let mut dossier = dossier(cameras);
    let end = dossier.recorded_to.unwrap().checked_sub((31 * 24 - 11 * 24 - 9).hours()).unwrap();
    let end = end.checked_add(30.minutes()).unwrap();
    dossier.running = true;
    dossier.recorded_to = Some(end);
    dossier.report.generated_at = end;
    dossier.incidents.retain(|incident| incident.since < end);
    for camera in &mut dossier.report.cameras {
        camera.outages.retain(|outage| outage.to <= end);
        let notes = dossier.cameras.get_mut(&camera.camera).unwrap();
        for (index, day) in notes.days.iter_mut().enumerate() {
            let all = day.up + day.degraded + day.dark + day.unknown + day.maintenance;
            if index == 11 {
                *day = Day { up: 34_200.min(all), unknown: all.saturating_sub(34_200), ..Day::default() };
            } else if index > 11 {
                *day = Day { unknown: all, ..Day::default() };
            }
        }
        let dark: u64 = camera.outages.iter().map(|outage| outage.seconds).sum();
        let mut tally = notes.days.iter().fold(Tally::default(), |mut sum, day| {
            sum += tally(*day);
            sum
        });
        tally.up += tally.dark - dark.min(tally.dark);
        tally.dark = dark.min(tally.dark);
        notes.dark_by = DarkBy { unknown: tally.dark, ..DarkBy::default() };
        notes.at_end = (tally.in_service() > 0).then_some(State::Up);
        camera.figures = tally.into();
    }
    dossier
}

fn tally(day: Day) -> Tally {
    let [up, degraded, dark, unknown, maintenance] = <[u32; 5]>::from(day).map(u64::from);
    Tally { up, degraded, dark, unknown, maintenance }
}

struct Month {
    begin: Timestamp,
    figures: Vec<CameraFigures>,
    notes: BTreeMap<CameraId, CameraNotes>,
    incidents: BTreeMap<String, IncidentNotes>,
}

impl Month {
    fn at(&self, second: i64) -> Timestamp {
        self.begin.checked_add(second.seconds()).unwrap()
    }

    fn add(&mut self, index: usize) {
        let id: CameraId = format!("cam-{index:05}").parse().unwrap();
        let spells = spells(index);
        let mut by = DarkBy::default();
        for (number, spell) in spells.iter().enumerate() {
            let Some(cause) = spell.cause else { continue };
            let seconds = u64::try_from(spell.to - spell.from).unwrap();
            let site = index / AT_A_SITE;
            let (scope, subject) = match (spell.state, number) {
                (State::Dark, 1) => (IncidentScope::Site, site_id(index).to_string()),
                (State::Dark, 2) => (IncidentScope::Recorder, format!("nvr-{site:04}")),
                _ => (IncidentScope::Camera, id.to_string()),
            };
            if spell.state == State::Dark {
                *match scope {
                    IncidentScope::Site => &mut by.line,
                    IncidentScope::Recorder => &mut by.recorder,
                    _ if seconds < 600 => &mut by.unknown,
                    _ => &mut by.camera,
                } += seconds;
            }
            if seconds < 600 {
                continue;
            }
            let (since, closed_at) = (self.at(spell.from), Some(self.at(spell.to)).filter(|_| spell.to < 31 * DAY));
            let incident = self.incidents.entry(format!("{subject}-{number}")).or_insert_with(|| IncidentNotes {
                scope,
                subject: subject.as_str().into(),
                cause,
                cameras: Box::default(),
                since,
                closed_at,
                acknowledged_at: (index % 3 != 1).then(|| since.checked_add(17.minutes()).unwrap()),
            });
            let known = std::mem::take(&mut incident.cameras).into_vec();
            incident.cameras = known.into_iter().chain([id.clone()]).collect();
        }
        let installed = if index % 17 == 16 { date(2026, 10, 12) } else { date(2023, 8, 17) };
        let days: Vec<Day> = (0..31).map(|day| day_of(day, installed, &spells)).collect();
        let figures = days.iter().fold(Tally::default(), |mut sum, day| {
            sum += tally(*day);
            sum
        });
        let outages = spells.iter().filter(|spell| spell.state == State::Dark).map(|spell| OutageFigures {
            from: self.at(spell.from),
            to: self.at(spell.to),
            seconds: u64::try_from(spell.to - spell.from).unwrap(),
            cause: spell.cause,
        });
        let shares = shares(index);
        self.figures.push(CameraFigures {
            camera: id.clone(),
            site: site_id(index),
            commune: commune_id(index),
            funds: shares.iter().map(|share| share.fund.clone()).collect(),
            figures: figures.into(),
            outages: outages.collect(),
            retention: retention(index),
        });
        let at_end = spells.iter().find(|spell| spell.to == 31 * DAY).map_or(State::Up, |spell| spell.state);
        let name = name(index);
        self.notes.insert(
            id,
            CameraNotes {
                private: name.contains(AIM_OF_A_PRIVATE_CAMERA),
                name,
                installed: Some(installed),
                retired: None,
                shares,
                at_end: Some(at_end),
                days,
                dark_by: by,
                compliance: None,
            },
        );
    }
}

/// At most one of each kind, in the order of time, none meeting another.
fn spells(index: usize) -> Vec<Spell> {
    let part = i64::try_from(index * 7919 % 23).unwrap();
    let dark = |from, length, cause| Spell { from, to: from + length, state: State::Dark, cause: Some(cause) };
    let never = |from| Spell { from, to: from, state: State::Up, cause: None };
    // Those of the 12th and later came into service.
    if index % 17 == 16 {
        return vec![dark(20 * DAY, 1000 + part, Cause::NoMedia)];
    }
    let spells = [
        // The first camera and some others were never dark.
        if index.is_multiple_of(5) { never(0) } else { dark(2 * DAY + part * 600, 300 + part * 4000, Cause::Refused) },
        if index / AT_A_SITE % 3 == 1 {
            dark(9 * DAY + 8 * HOUR, 13 * HOUR + 240, Cause::Unreachable)
        } else {
            never(0)
        },
        if index / AT_A_SITE % 4 == 2 { dark(16 * DAY, 5 * HOUR, Cause::RtspTimeout) } else { never(0) },
        Spell { from: 18 * DAY + HOUR, to: 18 * DAY + 3 * HOUR, state: State::Maintenance, cause: None },
        if index % 9 == 4 {
            Spell { from: 19 * DAY, to: 22 * DAY + part * HOUR, state: State::Degraded, cause: Some(Cause::Blurred) }
        } else {
            never(0)
        },
        // One in thirteen was hardly watched.
        Spell {
            from: 24 * DAY,
            to: 24 * DAY + if index % 13 == 7 { 5 * DAY } else { 1800 },
            state: State::Unknown,
            cause: None,
        },
        if index % 11 == 6 { dark(30 * DAY + 6 * HOUR, 18 * HOUR, Cause::ConnectTimeout) } else { never(0) },
    ];
    spells.to_vec()
}

fn day_of(day: i64, installed: Date, spells: &[Spell]) -> Day {
    let (from, to) = (day * DAY, (day + 1) * DAY);
    if date(2026, 10, 1).checked_add(day.days()).unwrap() < installed {
        return Day::default();
    }
    let mut this = Day { up: 86_400, ..Day::default() };
    for spell in spells {
        let seconds = u32::try_from((spell.to.min(to) - spell.from.max(from)).max(0)).unwrap();
        this.up -= seconds;
        *match spell.state {
            State::Up => &mut this.up,
            State::Degraded => &mut this.degraded,
            State::Dark => &mut this.dark,
            State::Unknown => &mut this.unknown,
            State::Maintenance => &mut this.maintenance,
        } += seconds;
    }
    this
}

fn name(index: usize) -> String {
    match index % 10 {
        3 => format!("Nhà số {index}, {AIM_OF_A_PRIVATE_CAMERA}"),
        5 => format!("Ngã tư đường Nguyễn Hữu Tiến giao đường vào Khu công nghiệp Đồng Văn IV, hướng chợ {index}"),
        7 => format!("Cổng trường THCS {index}"),
        _ => format!("Cầu Yên Lệnh {index}, chiều đi Hưng Yên"),
    }
}

fn retention(index: usize) -> CameraRetention {
    let (state, span_days, gap_days) = match index % 12 {
        2 => (RetentionState::Short, Some(12.4), vec![]),
        4 => (RetentionState::Gaps, Some(30.6), vec![date(2026, 10, 17), date(2026, 10, 18)]),
        6 => (RetentionState::Unknown, None, vec![]),
        8 => (RetentionState::NotRecording, Some(21.0), vec![]),
        9 => (RetentionState::Filling, Some(10.2), vec![]),
        10 => (RetentionState::Off, None, vec![]),
        _ => (RetentionState::Compliant, Some(33.7), vec![]),
    };
    CameraRetention {
        state,
        required_days: (index % 12 != 11).then_some(30),
        span_days,
        held_days: span_days.map(|_| 12),
        gap_days,
    }
}

fn shares(index: usize) -> Vec<Share> {
    let share = |fund: &str, amount_vnd| Share { fund: fund.parse().unwrap(), amount_vnd };
    match index % 10 {
        2 => vec![share("hidden", Some(4_000_000)), share("commune-2023", Some(2_250_000))],
        3 => vec![share("hidden", Some(6_250_000))],
        4 => vec![share("agreed", Some(6_250_000))],
        5 => vec![share("hidden-too", Some(6_250_000))],
        6 => vec![share("company", None)],
        9 => vec![],
        _ => vec![share("commune-2023", Some(6_250_000))],
    }
}

fn funds() -> BTreeMap<FundId, FundNotes> {
    let fund = |id: &str, name: &str, kind, publish_name, target| {
        let notes = FundNotes {
            name: name.to_owned(),
            kind,
            amount_vnd: None,
            language: None,
            target_uptime: target,
            publish_name,
        };
        (id.parse().unwrap(), notes)
    };
    BTreeMap::from([
        fund("commune-2023", "Ngân sách xã và xã hội hóa 2023", FundKind::Commune, true, Some(0.98)),
        fund("hidden", HOUSEHOLD_WITHOUT_CONSENT, FundKind::Household, false, None),
        fund("hidden-too", "Hộ bà Lê Thị Lặng", FundKind::Household, false, Some(0.9)),
        fund("agreed", "Hộ ông Nguyễn Văn Vui", FundKind::Household, true, None),
        fund("company", "한국산업단지(주) Hanam", FundKind::Company, true, Some(0.95)),
    ])
}

fn site_id(index: usize) -> SiteId {
    format!("site-{:04}", index / AT_A_SITE).parse().unwrap()
}

fn site_notes(site: usize) -> SiteNotes {
    let villages = ["Yên Lệnh", "Lảnh Trì", "Đô Quan", "Hoàn Dương"];
    SiteNotes {
        name: format!("Cụm camera số {}", site + 1),
        commune: commune_id(site * AT_A_SITE),
        village: villages.get(site % 5).map(|village| (*village).to_owned()),
    }
}

fn commune_id(index: usize) -> CommuneId {
    // A site is never cut in two.
    format!("xa-{:03}", index / AT_A_SITE * AT_A_SITE / IN_A_COMMUNE).parse().unwrap()
}

fn form() -> Form {
    Form {
        issuer: None,
        superior: Some("Ủy ban nhân dân tỉnh Ninh Bình".to_owned()),
        place: None,
        signer: Some("Phạm Văn Ký".to_owned()),
        signer_title: Some("Chủ tịch".to_owned()),
        sign_mode: Some("TM. Ủy ban nhân dân".to_owned()),
        recipients: vec!["Thường trực Đảng ủy xã;".to_owned(), "- Công an xã".to_owned()],
        basis: vec!["Căn cứ Luật Thực hiện dân chủ ở cơ sở ngày 10 tháng 11 năm 2022;".to_owned()],
        service_life_months: 60,
    }
}

/// One camera's work of September was declared late.
fn amendment(dossier: &Dossier) -> Option<Amendment> {
    let before = Tally { up: 2_500_000, degraded: 0, dark: 92_000, unknown: 0, maintenance: 0 };
    let after = Tally { dark: 12_000, maintenance: 80_000, ..before };
    Some(Amendment {
        month: "2026-09".to_owned(),
        made_at: dossier.report.generated_at.checked_sub((20 * 24).hours()).unwrap(),
        camera: dossier.report.cameras.first()?.camera.clone(),
        before,
        after,
    })
}
