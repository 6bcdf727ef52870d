//! The roster, rule by rule, and against a reading of the week minute by minute.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::inventory::{
    Camera, CameraId, ChannelId, Commune, Depth, Duty, Fund, FundId, FundKind, FundShare, Inventory, MinuteOfDay,
    Override, Scope, Shift, Site, TlsPolicy, Transport,
};

const ALL_DAYS: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ids(names: &[&str]) -> Vec<OfficerId> {
    names.iter().map(|name| OfficerId::new(name).unwrap()).collect()
}

fn times(text: &str) -> DayTimes {
    let minute = |text: &str| {
        let (hours, minutes) = text.split_once(':').unwrap();
        MinuteOfDay(hours.parse::<u16>().unwrap() * 60 + minutes.parse::<u16>().unwrap())
    };
    let (from, to) = text.split_once('-').unwrap();
    DayTimes { from: minute(from), to: minute(to) }
}

fn shift(days: &[Weekday], span: &str, officers: &[&str]) -> Shift {
    Shift { days: days.to_vec(), times: times(span), officers: ids(officers) }
}

fn commune() -> Scope {
    Scope::Commune(CommuneId::new("commune").unwrap())
}

fn site() -> Scope {
    Scope::Site(SiteId::new("site").unwrap())
}

fn duty(role: Role, scope: Scope, week: Vec<Shift>) -> Duty {
    Duty { role, scope, timezone: None, week, escalate: Vec::new(), overrides: Vec::new() }
}

/// One commune with the sites `site` and `other`, a funded camera each.
fn inventory(duties: Vec<Duty>) -> Inventory {
    let (commune, fund) = (CommuneId::new("commune").unwrap(), FundId::new("fund").unwrap());
    let mut inventory = Inventory { duties, ..Inventory::default() };
    inventory.communes.insert(commune.clone(), Commune { id: commune.clone(), name: String::new(), province: None });
    let money = Fund {
        id: fund.clone(),
        kind: FundKind::Commune,
        name: String::new(),
        amount_vnd: None,
        language: None,
        email: Vec::new(),
        target_uptime: None,
        pages: true,
        publish_name: true,
    };
    inventory.funds.insert(fund.clone(), money);
    for name in ["site", "other"] {
        let (id, camera) = (SiteId::new(name).unwrap(), CameraId::new(name).unwrap());
        let site = Site {
            id: id.clone(),
            commune: commune.clone(),
            village: None,
            name: String::new(),
            latitude: None,
            longitude: None,
            gateway: None,
        };
        inventory.sites.insert(id.clone(), site);
        let camera = Camera {
            id: camera,
            site: id,
            name: String::new(),
            url: "rtsp://192.0.2.1/".parse().unwrap(),
            substream_url: None,
            credential: None,
            tls: TlsPolicy::System,
            funds: vec![FundShare { fund: fund.clone(), amount_vnd: None }],
            recorder: None,
            channel: None,
            installed: None,
            retired: None,
            retention: None,
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            depth: Depth::Frame,
            transport: Transport::Tcp,
            picture: true,
        };
        inventory.cameras.insert(camera.id.clone(), camera);
    }
    inventory
}

fn place(site: Option<&str>) -> Place {
    Place { commune: CommuneId::new("commune").unwrap(), site: site.map(|id| SiteId::new(id).unwrap()) }
}

fn roster(duties: Vec<Duty>) -> Roster {
    Roster::new(&inventory(duties), &zone("Asia/Ho_Chi_Minh"))
}

fn who(roster: &Roster, role: Role, site: Option<&str>, moment: &str) -> Vec<String> {
    roster.on_duty(role, &place(site), at(moment)).officers.iter().map(ToString::to_string).collect()
}

#[test]
fn a_shift_over_midnight_belongs_to_the_day_on_which_it_begins() {
    let roster = roster(vec![duty(
        Role::Officer,
        commune(),
        vec![shift(&[Weekday::Friday], "19:00-07:00", &["a"]), shift(&[Weekday::Saturday], "07:00-24:00", &["b"])],
    )]);
    let cases = [
        ("2026-11-06T18:59:59+07:00", [].as_slice()),
        ("2026-11-06T19:00:00+07:00", &["a"]),
        ("2026-11-07T06:59:59+07:00", &["a"]),
        ("2026-11-07T07:00:00+07:00", &["b"]),
        ("2026-11-07T23:59:59+07:00", &["b"]),
        ("2026-11-08T00:00:00+07:00", &[]),
        ("2026-11-06T06:00:00+07:00", &[]),
    ];
    for (moment, expected) in cases {
        assert_eq!(who(&roster, Role::Officer, None, moment), expected, "{moment}");
    }
    let duty = roster.on_duty(Role::Officer, &place(None), at("2026-11-06T20:00:00+07:00"));
    assert_eq!(duty.until, at("2026-11-07T07:00:00+07:00"));
}

#[test]
fn an_override_outranks_the_week_for_its_exact_span() {
    let mut holiday = duty(Role::Officer, commune(), vec![shift(&ALL_DAYS, "00:00-24:00", &["week"])]);
    holiday.overrides.push(Override {
        from: at("2026-11-10T08:30:00+07:00"),
        to: at("2026-11-10T09:45:00+07:00"),
        officers: ids(&["holiday"]),
    });
    let roster = roster(vec![holiday]);
    assert_eq!(who(&roster, Role::Officer, None, "2026-11-10T08:29:59+07:00"), ["week"]);
    assert_eq!(who(&roster, Role::Officer, None, "2026-11-10T08:30:00+07:00"), ["holiday"]);
    assert_eq!(who(&roster, Role::Officer, None, "2026-11-10T09:45:00+07:00"), ["week"]);
    let duty = roster.on_duty(Role::Officer, &place(None), at("2026-11-10T08:00:00+07:00"));
    assert_eq!(duty.until, at("2026-11-10T08:30:00+07:00"));
}

#[test]
fn a_sites_duty_outranks_its_communes_while_it_has_somebody() {
    let mut of_site = duty(Role::Officer, site(), vec![shift(&ALL_DAYS, "08:00-17:00", &["guard"])]);
    of_site.escalate.push(Escalation { after: Duration::from_secs(60), officers: ids(&["head"]) });
    let of_commune = duty(Role::Officer, commune(), vec![shift(&ALL_DAYS, "00:00-24:00", &["police"])]);
    let roster = roster(vec![of_commune, of_site]);
    assert_eq!(who(&roster, Role::Officer, Some("site"), "2026-11-10T09:00:00+07:00"), ["guard"]);
    assert_eq!(who(&roster, Role::Officer, Some("site"), "2026-11-10T18:00:00+07:00"), ["police"]);
    assert_eq!(who(&roster, Role::Officer, Some("other"), "2026-11-10T09:00:00+07:00"), ["police"]);
    assert_eq!(who(&roster, Role::Officer, None, "2026-11-10T09:00:00+07:00"), ["police"]);
    assert!(who(&roster, Role::It, Some("site"), "2026-11-10T09:00:00+07:00").is_empty());
    let duty = roster.on_duty(Role::Officer, &place(Some("site")), at("2026-11-10T09:00:00+07:00"));
    assert_eq!(duty.escalate[0].officers, ids(&["head"]));
}

#[test]
fn duties_of_one_scope_add_up_in_the_order_of_the_files() {
    let escalation =
        |minutes: u64, who: &str| Escalation { after: Duration::from_secs(minutes * 60), officers: ids(&[who]) };
    let mut first = duty(Role::Officer, commune(), vec![shift(&ALL_DAYS, "00:00-24:00", &["b", "a"])]);
    first.escalate = vec![escalation(10, "x"), escalation(30, "y")];
    let mut second = duty(Role::Officer, commune(), vec![shift(&ALL_DAYS, "00:00-24:00", &["a", "c"])]);
    second.escalate = vec![escalation(10, "z"), escalation(20, "x")];
    let duty = roster(vec![first, second]).on_duty(Role::Officer, &place(None), at("2026-11-10T09:00:00+07:00"));
    assert_eq!(duty.officers, ids(&["b", "a", "c"]));
    let steps: Vec<(u64, Vec<OfficerId>)> =
        duty.escalate.into_iter().map(|step| (step.after.as_secs() / 60, step.officers)).collect();
    assert_eq!(steps, [(10, ids(&["x", "z"])), (20, ids(&["x"])), (30, ids(&["y"]))]);
}

/// In New York clocks are put forward on 8 March 2026 at 02:00 and back on 1 November 2026 at 02:00.
#[test]
fn a_shift_is_by_its_own_clock_where_clocks_change() {
    let mut abroad = duty(
        Role::Officer,
        commune(),
        vec![
            shift(&[Weekday::Saturday], "22:00-06:00", &["night"]),
            shift(&[Weekday::Sunday], "02:30-03:00", &["gone"]),
        ],
    );
    abroad.timezone = Some("America/New_York".to_owned());
    let roster = roster(vec![abroad]);
    assert_eq!(
        who(&roster, Role::Officer, None, "2026-03-08T09:59:59Z"),
        ["night"],
        "five hours later than UTC, then four"
    );
    assert!(who(&roster, Role::Officer, None, "2026-03-08T10:00:00Z").is_empty());
    assert_eq!(who(&roster, Role::Officer, None, "2026-11-01T10:59:59Z"), ["night"], "an hour longer");
    assert!(who(&roster, Role::Officer, None, "2026-11-01T11:00:00Z").is_empty());
    assert_eq!(who(&roster, Role::Officer, None, "2026-03-08T07:15:00Z"), ["night"], "half past two is not there");
    assert_eq!(who(&roster, Role::Officer, None, "2026-03-15T06:45:00Z"), ["night", "gone"]);
}

#[test]
fn quiet_hours_run_over_midnight_in_the_dutys_zone() {
    let mut officer = Officer {
        id: OfficerId::new("a").unwrap(),
        name: String::new(),
        language: None,
        channels: vec![ChannelId::new("zalo").unwrap()],
        quiet: Some(times("22:00-06:00")),
        addresses: BTreeMap::new(),
    };
    let zone = zone("Asia/Ho_Chi_Minh");
    let quiet = |officer: &Officer, moment: &str| quiet_until(officer, &zone, at(moment));
    let end = Some(at("2026-11-11T06:00:00+07:00"));
    assert_eq!(quiet(&officer, "2026-11-10T21:59:59+07:00"), None);
    assert_eq!(quiet(&officer, "2026-11-10T22:00:00+07:00"), end);
    assert_eq!(quiet(&officer, "2026-11-11T05:59:59+07:00"), end);
    assert_eq!(quiet(&officer, "2026-11-11T06:00:00+07:00"), None);
    officer.quiet = None;
    assert_eq!(quiet(&officer, "2026-11-11T02:00:00+07:00"), None);
}

#[test]
fn gaps_are_of_communes_and_of_sites_with_a_duty_of_their_own_and_merged() {
    let roster = roster(vec![
        duty(Role::Officer, commune(), vec![shift(&ALL_DAYS, "07:00-19:00", &["day"])]),
        duty(Role::Officer, site(), vec![shift(&ALL_DAYS, "19:00-23:00", &["evening"])]),
    ]);
    let gaps = roster.gaps(at("2026-11-10T12:00:00+07:00"), at("2026-11-11T12:00:00+07:00"));
    let shown: Vec<String> = gaps
        .iter()
        .map(|gap| {
            let site = gap.place.as_ref().unwrap().site.as_ref().map_or("commune", SiteId::as_str);
            let time = |at: Timestamp| at.to_zoned(zone("Asia/Ho_Chi_Minh")).strftime("%d %H:%M").to_string();
            format!("{} {site} {} to {}", gap.role.as_str(), time(gap.from), time(gap.to))
        })
        .collect();
    assert_eq!(shown, ["officer commune 10 19:00 to 11 07:00", "officer site 10 23:00 to 11 07:00"]);
}

#[test]
fn role_it_has_gaps_only_where_somebody_has_it_and_once_for_all_who_have_none_of_their_own() {
    let none = roster(Vec::new());
    let (from, to) = (at("2026-11-10T12:00:00+07:00"), at("2026-11-11T12:00:00+07:00"));
    assert!(none.gaps(from, to).iter().all(|gap| gap.role == Role::Officer));
    assert_eq!(none.gaps(from, to).len(), 1);
    let elsewhere = duty(
        Role::It,
        Scope::Commune(CommuneId::new("elsewhere").unwrap()),
        vec![shift(&ALL_DAYS, "08:00-24:00", &["it"])],
    );
    let gaps = roster(vec![elsewhere]).gaps(from, to);
    let it: Vec<&Gap> = gaps.iter().filter(|gap| gap.role == Role::It).collect();
    assert_eq!(it.len(), 1);
    assert_eq!((it[0].place.as_ref(), it[0].from), (None, at("2026-11-11T00:00:00+07:00")));
}

fn any_shift() -> impl Strategy<Value = Shift> {
    (proptest::sample::subsequence(ALL_DAYS.to_vec(), 1..=7), 0..24 * 4u16, 1..=24 * 4u16, 0..3usize).prop_filter_map(
        "an empty shift",
        |(days, from, to, who)| {
            let times = DayTimes { from: MinuteOfDay(from * 15), to: MinuteOfDay(to * 15) };
            (from != to).then(|| Shift { days, times, officers: ids(&[["a", "b", "c"][who]]) })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever is on duty, by a table of the minutes of a week, in a zone without changes of clocks.
    #[test]
    fn a_week_is_as_a_table_of_its_minutes_says(week in prop::collection::vec(any_shift(), 0..5)) {
        const WEEK: usize = 7 * 24 * 60;
        let mut table: Vec<Vec<OfficerId>> = vec![Vec::new(); WEEK];
        for shift in &week {
            for day in &shift.days {
                let begin = usize::try_from(day.to_monday_zero_offset()).unwrap() * 1440 + usize::from(shift.times.from.0);
                let length = (i32::from(shift.times.to.0) - i32::from(shift.times.from.0)).rem_euclid(1440);
                let length = if length == 0 { 1440 } else { length };
                for minute in begin..begin + usize::try_from(length).unwrap() {
                    let cell = &mut table[minute % WEEK];
                    if !cell.contains(&shift.officers[0]) {
                        cell.push(shift.officers[0].clone());
                    }
                }
            }
        }
        let roster = roster(vec![duty(Role::Officer, commune(), week)]);
        let monday = at("2026-11-09T00:00:00+07:00");
        let next = monday + Duration::from_secs(7 * 86_400);
        let gaps = roster.gaps(monday, next);
        for minute in (0..WEEK).step_by(15) {
            let moment = monday + Duration::from_secs(60 * u64::try_from(minute).unwrap() + 59);
            let mut answer = roster.on_duty(Role::Officer, &place(None), moment).officers;
            answer.sort();
            let mut expected = table[minute].clone();
            expected.sort();
            prop_assert_eq!(&answer, &expected, "minute {}", minute);
            let inside = gaps.iter().filter(|gap| gap.from <= moment && moment < gap.to).count();
            prop_assert_eq!(inside, usize::from(answer.is_empty()), "covered, or in exactly one gap");
        }
        for pair in gaps.windows(2) {
            prop_assert!(pair[0].to < pair[1].from, "merged");
        }
    }

    /// Nothing changes before `until`, whatever the zone.
    #[test]
    fn until_is_no_later_than_the_next_change(
        week in prop::collection::vec(any_shift(), 1..4),
        hour in 0..24 * 400u64,
        abroad in any::<bool>(),
    ) {
        let mut duty = duty(Role::Officer, commune(), week);
        duty.timezone = abroad.then(|| "America/New_York".to_owned());
        let roster = roster(vec![duty]);
        let moment = at("2026-01-01T00:00:00Z") + Duration::from_secs(hour * 3600);
        let now = roster.on_duty(Role::Officer, &place(None), moment);
        prop_assert!(now.until > moment);
        let mut later = moment;
        while later < now.until && later < moment + Duration::from_secs(8 * 86_400) {
            prop_assert_eq!(&roster.on_duty(Role::Officer, &place(None), later).officers, &now.officers);
            later += Duration::from_secs(900);
        }
    }
}
