//! A month's dossier of as many cameras as one likes, and a document with one of everything: figures add up as a record's
//! would, names are what people type, and the same numbers make the same bytes.
// Every test binary compiles this module and uses a part of it.
#![allow(dead_code)]

mod document;

pub use document::document;

use std::collections::BTreeMap;

use camwatch::inventory::{CameraId, CommuneId, FundId, FundKind, Language, SiteId};
use camwatch::judgement::event::IncidentScope;
use camwatch::ledger::Tally;
use camwatch::ledger::retention::RetentionState;
use camwatch::observation::Cause;
use camwatch::report::dossier::{
    Amendment, CameraNotes, CommuneNotes, DarkBy, Day, Dossier, Form, FundNotes, IncidentNotes, Share, SiteNotes,
};
use camwatch::report::{
    CameraFigures, CameraRetention, Figures, Group, GroupKind, GroupRetention, OutageFigures, Report,
};
use jiff::Timestamp;
use jiff::civil::date;

const DAY: i64 = 86_400;
const DAYS: i64 = 31;

/// What people type into a field for names.
const NAMES: [&str; 8] = [
    "Cầu Yên Lệnh, chiều đi Hưng Yên",
    "=cmd|' /C calc'!A0",
    "+84 912 345 678",
    "@SUM(A1:A9)",
    "-2+3",
    "<script>alert(\"1\")</script> & 'Ngõ 5'",
    "Ngã ba Ỷ Lan, Ặ Ễ Ợ Ữ Ỵ ₫",
    "남향 주차장 뷁",
];

/// October 2026 in Vietnam: four cameras a site, twelve sites a commune, `outages` a day and camera.
pub fn dossier(cameras: usize, outages: usize) -> Dossier {
    let start: Timestamp = "2026-10-01T00:00:00+07:00".parse().unwrap();
    let mut dossier = Dossier {
        report: Report {
            month: "2026-10".to_owned(),
            timezone: "Asia/Ho_Chi_Minh".to_owned(),
            generated_at: "2026-11-02T01:00:00Z".parse().unwrap(),
            cameras: Vec::new(),
            groups: Vec::new(),
        },
        language: Language::Vietnamese,
        recorded_to: Some("2026-10-31T17:00:00Z".parse().unwrap()),
        running: false,
        form: Form {
            issuer: Some("ỦY BAN NHÂN DÂN XÃ MỘC NAM".to_owned()),
            service_life_months: 60,
            ..Form::default()
        },
        cameras: BTreeMap::new(),
        sites: BTreeMap::new(),
        communes: BTreeMap::new(),
        funds: funds(),
        incidents: Vec::new(),
        amendments: Vec::new(),
    };
    for index in 0..cameras {
        let timeline = Timeline::of(index, outages);
        place(&mut dossier, index, &timeline, start);
    }
    groups(&mut dossier);
    if let Some(first) = dossier.report.cameras.first() {
        let camera = first.camera.clone();
        let tally = |dark| Tally { up: 2_592_000 - dark, dark, ..Tally::default() };
        dossier.amendments.push(Amendment {
            month: "2026-09".to_owned(),
            made_at: "2026-10-07T02:00:00Z".parse().unwrap(),
            camera: camera.clone(),
            before: tally(90_000),
            after: tally(3_600),
        });
        dossier.incidents.push(IncidentNotes {
            scope: IncidentScope::Camera,
            subject: camera.shared(),
            cause: Cause::ConnectTimeout,
            cameras: Box::new([camera]),
            since: "2026-10-03T19:14:00Z".parse().unwrap(),
            closed_at: Some("2026-10-03T21:00:00Z".parse().unwrap()),
            acknowledged_at: None,
        });
    }
    dossier
}

fn funds() -> BTreeMap<FundId, FundNotes> {
    let fund = |id: &str, kind, name: &str, amount_vnd, publish_name| {
        let language = Some(Language::Vietnamese);
        let notes =
            FundNotes { name: name.to_owned(), kind, amount_vnd, language, target_uptime: Some(0.98), publish_name };
        (FundId::new(id).unwrap(), notes)
    };
    BTreeMap::from([
        fund("commune-2023", FundKind::Commune, "Ngân sách xã và xã hội hóa 2023", Some(200_000_000), true),
        fund("ho-a", FundKind::Household, "Ông Nguyễn Văn A", Some(5_000_000), false),
        fund("ho-b", FundKind::Household, "=HYPERLINK(\"http://x\")", None, true),
    ])
}

/// The seconds of a month: `(from, to, state)`, back to back.
struct Timeline(Vec<(i64, i64, State)>);

#[derive(Clone, Copy, PartialEq)]
enum State {
    Up,
    Degraded,
    Dark,
    Unknown,
    Maintenance,
    Out,
}

impl Timeline {
    fn at_end(&self) -> Option<camwatch::observation::State> {
        use camwatch::observation::State as Seen;
        match self.0.last()?.2 {
            State::Up => Some(Seen::Up),
            State::Degraded => Some(Seen::Degraded),
            State::Dark => Some(Seen::Dark),
            State::Unknown => Some(Seen::Unknown),
            State::Maintenance => Some(Seen::Maintenance),
            State::Out => None,
        }
    }

    fn of(index: usize, outages: usize) -> Self {
        let mut parts: Vec<(i64, i64, State)> = Vec::new();
        let seed = i64::try_from(index).unwrap();
        for day in 0..DAYS {
            let from = day * DAY;
            match (index % 10, day) {
                (7, 0..12) => parts.push((from, from + DAY, State::Out)),
                (4, 20..27) | (9, _) => parts.push((from, from + DAY, State::Unknown)),
                (2, 14) => parts.push((from, from + DAY, State::Maintenance)),
                (3, 5..9) => parts.push((from, from + DAY, State::Degraded)),
                (5, 17..19) => parts.push((from, from + DAY, State::Dark)),
                _ => {
                    // As many outages as asked for, of minutes each, at hours that differ.
                    let slot = DAY / i64::try_from(outages.max(1)).unwrap();
                    for outage in 0..i64::try_from(outages).unwrap() {
                        let length = 60 + (seed * 37 + day * 101 + outage * 53) % 1_800;
                        let begin = from + outage * slot + 600;
                        parts.push((from + outage * slot, begin, State::Up));
                        parts.push((begin, begin + length, State::Dark));
                        parts.push((begin + length, from + (outage + 1) * slot, State::Up));
                    }
                    let end = parts.last().map_or(0, |last| last.1);
                    parts.push((end.max(from), from + DAY, State::Up));
                }
            }
        }
        parts.retain(|(from, to, _)| from < to);
        parts.dedup_by(|next, last| {
            let same = next.2 == last.2;
            if same {
                last.1 = next.1;
            }
            same
        });
        Self(parts)
    }

    fn seconds(&self, state: State, from: i64, to: i64) -> u64 {
        let overlap = |part: &(i64, i64, State)| (part.1.min(to) - part.0.max(from)).max(0);
        self.0.iter().filter(|part| part.2 == state).map(overlap).sum::<i64>().unsigned_abs()
    }

    fn tally(&self, from: i64, to: i64) -> Tally {
        Tally {
            up: self.seconds(State::Up, from, to),
            degraded: self.seconds(State::Degraded, from, to),
            dark: self.seconds(State::Dark, from, to),
            unknown: self.seconds(State::Unknown, from, to),
            maintenance: self.seconds(State::Maintenance, from, to),
        }
    }
}

fn place(dossier: &mut Dossier, index: usize, timeline: &Timeline, start: Timestamp) {
    let at = |second| start + jiff::SignedDuration::from_secs(second);
    let site = SiteId::new(&format!("site-{:04}", index / 4)).unwrap();
    let commune = CommuneId::new(&format!("xa-{:03}", index / 48)).unwrap();
    let id = CameraId::new(&format!("cam-{index:05}")).unwrap();
    dossier.communes.entry(commune.clone()).or_insert_with(|| CommuneNotes {
        name: format!("Xã số {}", index / 48 + 1),
        province: Some("Tỉnh Ninh Bình".to_owned()),
    });
    dossier.sites.entry(site.clone()).or_insert_with(|| SiteNotes {
        name: format!("Nhà văn hóa thôn {}", index / 4 + 1),
        commune: commune.clone(),
        village: (index / 4 % 3 != 2).then(|| format!("Thôn {}", index / 4 % 3 + 1)),
    });
    let funds: Vec<FundId> = match index % 4 {
        0 => vec!["commune-2023", "ho-a"],
        1 => vec!["ho-b"],
        2 => vec![],
        _ => vec!["commune-2023"],
    }
    .into_iter()
    .map(|fund| FundId::new(fund).unwrap())
    .collect();
    let tally = timeline.tally(0, DAYS * DAY);
    let outages = timeline.0.iter().filter(|part| part.2 == State::Dark).enumerate();
    let cause = |nth| [Some(Cause::ConnectTimeout), Some(Cause::NoMedia), None][nth % 3];
    dossier.report.cameras.push(CameraFigures {
        camera: id.clone(),
        site,
        commune,
        funds: funds.clone(),
        figures: Figures::from(tally),
        outages: outages
            .map(|(nth, (from, to, _))| OutageFigures {
                from: at(*from),
                to: at(*to),
                seconds: to.abs_diff(*from),
                cause: cause(nth),
            })
            .collect(),
        retention: match index % 3 {
            0 => CameraRetention {
                state: RetentionState::Gaps,
                required_days: Some(30),
                span_days: Some(32.5),
                held_days: Some(28),
                gap_days: vec![date(2026, 10, 2), date(2026, 10, 11)],
            },
            1 => CameraRetention {
                state: RetentionState::Compliant,
                required_days: Some(30),
                span_days: Some(31.0),
                held_days: Some(30),
                gap_days: vec![],
            },
            _ => CameraRetention {
                state: RetentionState::Unknown,
                required_days: None,
                span_days: None,
                held_days: None,
                gap_days: vec![],
            },
        },
    });
    let day = |day: i64| {
        let tally = timeline.tally(day * DAY, (day + 1) * DAY);
        Day::from(
            [tally.up, tally.degraded, tally.dark, tally.unknown, tally.maintenance].map(|s| u32::try_from(s).unwrap()),
        )
    };
    dossier.cameras.insert(
        id,
        CameraNotes {
            name: NAMES[index % NAMES.len()].to_owned(),
            private: index % 8 == 6,
            installed: Some(if index % 10 == 7 { date(2026, 10, 13) } else { date(2023, 8, 17) }),
            retired: None,
            shares: funds
                .into_iter()
                .enumerate()
                .map(|(nth, fund)| Share { fund, amount_vnd: (nth == 0).then_some(6_250_000) })
                .collect(),
            days: (0..DAYS).map(day).collect(),
            at_end: timeline.at_end(),
            compliance: index.is_multiple_of(3).then_some(28.0 / 30.0),
            dark_by: DarkBy { camera: tally.dark / 2, line: tally.dark - tally.dark / 2, recorder: 0, unknown: 0 },
        },
    );
}

fn groups(dossier: &mut Dossier) {
    let mut sums: BTreeMap<(GroupKind, String), (u64, Tally)> = BTreeMap::new();
    for camera in &dossier.report.cameras {
        let figures = &camera.figures;
        let tally = Tally {
            up: figures.up_seconds,
            degraded: figures.degraded_seconds,
            dark: figures.dark_seconds,
            unknown: figures.unknown_seconds,
            maintenance: figures.maintenance_seconds,
        };
        let mut add = |kind, id: String| {
            let sum = sums.entry((kind, id)).or_default();
            sum.0 += 1;
            sum.1 += tally;
        };
        add(GroupKind::Site, camera.site.to_string());
        add(GroupKind::Commune, camera.commune.to_string());
        if let Some(village) = &dossier.sites[&camera.site].village {
            add(GroupKind::Village, format!("{}/{village}", camera.commune));
        }
        camera.funds.iter().for_each(|fund| add(GroupKind::Fund, fund.to_string()));
        add(GroupKind::All, "all".to_owned());
    }
    dossier.report.groups = sums
        .into_iter()
        .map(|((kind, id), (cameras, tally))| Group {
            kind,
            id,
            cameras,
            figures: tally.into(),
            retention: GroupRetention {
                compliant_cameras: cameras / 3,
                judged_cameras: cameras / 2,
                worst_camera: dossier.report.cameras.first().map(|camera| camera.camera.clone()),
                worst_span_days: Some(32.5),
            },
        })
        .collect();
}
