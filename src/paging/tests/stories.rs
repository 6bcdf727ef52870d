//! What people are told, story by story.

use super::*;
use crate::duty::Place;
use crate::inventory::{CommuneId, Role};

#[test]
fn the_first_on_duty_is_told_at_once_and_again_when_it_is_over() {
    let mut story = Story::new("08:00");
    story.dark("08:10", "b1").back("08:14", "b1");
    assert_eq!(story.told(), ["08:10:00 first open!: b1 connect_timeout", "08:14:00 first close!: b1 over"]);
    let About::Incident(facts) = &story.sent[1].about[0] else { panic!() };
    assert_eq!((facts.since, facts.until), (t("08:10"), Some(t("08:14"))));
    assert_eq!((facts.site.as_deref(), facts.commune.as_deref()), (Some("Cầu Yên Lệnh"), Some("Xã Mộc Nam")));
    assert!(story.desk.standing("081000-b1").is_none());
}

#[test]
fn without_an_answer_it_is_escalated_by_the_clock_and_then_repeated_to_all_who_were_told() {
    let mut story = Story::new("08:00");
    story.dark("08:10", "b1").until("12:20");
    assert_eq!(
        story.told(),
        [
            "08:10:00 first open!: b1 connect_timeout",
            "08:20:00 chief escalation!: b1 connect_timeout",
            "08:40:00 boss escalation!: b1 connect_timeout",
            "12:10:00 boss reminder!: b1 connect_timeout",
            "12:10:00 chief reminder!: b1 connect_timeout",
            "12:10:00 first reminder!: b1 connect_timeout",
        ]
    );
    story.back("12:30", "b1");
    assert_eq!(story.told().len(), 3, "and all of them hear that it is over");
}

#[test]
fn an_acknowledgement_silences_until_it_expires_and_then_everything_begins_anew() {
    let mut story = Story::new("08:00");
    story.dark("08:10", "b1");
    let acknowledged = story.ok("08:15", "first", &Which::LastTold).unwrap();
    assert_eq!((acknowledged.incident.as_str(), acknowledged.expires_at), ("081000-b1", t("16:15")));
    story.told();
    story.until("16:10");
    assert_eq!(story.told(), [""; 0]);
    assert_eq!(story.desk.standing("081000-b1").unwrap().acknowledged.as_ref().unwrap().who, "first");
    story.until("16:30");
    assert_eq!(
        story.told(),
        ["16:15:00 first reminder!: b1 connect_timeout", "16:25:00 chief escalation!: b1 connect_timeout"]
    );
}

#[test]
fn the_next_on_duty_is_told_at_once_where_nothing_reaches_the_first() {
    let mut story = Story::new("08:00");
    story.providers = Providers::Silent;
    story.dark("08:10", "b1");
    let first = story.sent[0].id.clone();
    story.until("08:10:20").deliver(&first, Fate::Failed);
    let second = story.sent[1].id.clone();
    story.until("08:10:40").deliver(&second, Fate::Failed);
    let chief = story.sent[2].id.clone();
    story.until("08:11").deliver(&chief, taken());
    story.back("08:12", "b1");
    assert_eq!(
        story.told(),
        [
            "08:10:00 first open!: b1 connect_timeout",
            "08:10:20 second open!: b1 connect_timeout",
            "08:10:40 chief open!: b1 connect_timeout",
            "08:12:00 chief close!: b1 over",
        ]
    );
    assert!(story.untold.is_empty());
}

#[test]
fn what_goes_out_late_is_heard_and_its_end_is_told() {
    let mut story = Story::new("08:00");
    story.providers = Providers::Silent;
    story.dark("08:10", "b1");
    let first = story.sent[0].id.clone();
    story.until("08:11").deliver(&first, Fate::Unreachable);
    story.deliver(&first, Fate::Unreachable);
    assert_eq!(story.told().len(), 2, "the second is told, once");
    story.until("08:15").deliver(&first, taken());
    story.back("08:20", "b1");
    let told = story.told();
    assert!(told.contains(&"08:20:00 first close!: b1 over".to_owned()), "{told:?}");
}

#[test]
fn what_waits_for_a_channel_is_never_told_after_it_is_over() {
    let mut story = Story::new("08:00");
    story.providers = Providers::Silent;
    story.dark("08:10", "b1");
    let first = story.sent[0].id.clone();
    story.until("08:11").deliver(&first, Fate::Unreachable);
    story.back("08:20", "b1");
    let end = story.sent.iter().find(|message| message.supersedes.contains(&first)).expect("one in its place");
    assert_eq!(show(end), "08:20:00 first close!: b1 over");
}

#[test]
fn where_nothing_reaches_anybody_it_is_said_and_all_are_tried_again() {
    let mut story = Story::new("08:00");
    story.providers = Providers::Refuse;
    story.dark("08:10", "b1");
    let who: Vec<String> = story.told().iter().map(|line| line[9..].split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(who, ["first", "second", "chief", "boss", "it"]);
    assert_eq!(story.untold, ["081000-b1"]);
    story.providers = Providers::Accept;
    let step = story.desk.channel_failing(&ChannelId::new("sms").unwrap(), None, story.now);
    story.absorb(step);
    story.until("08:30");
    assert!(!story.told().is_empty(), "a channel is well again");
}

#[test]
fn with_nobody_on_duty_those_escalated_to_are_told_at_once() {
    let mut story = Story::new("sat 08:00");
    assert_eq!(story.told(), ["sat 08:00:00 it open: no officer of Xã Tiên Nội sat 08:00-mon 00:00"]);
    story.dark("sat 08:10", "d1");
    assert_eq!(story.told(), ["sat 08:10:00 chief open!: d1 connect_timeout"]);
}

#[test]
fn a_dark_camera_is_told_at_once_although_a_warning_went_just_before() {
    let mut story = Story::new("08:00");
    story.black("08:10", "b1").dark("08:10:10", "b2").until("08:10:20");
    assert_eq!(story.told(), ["08:10:00 first open: b1 black", "08:10:10 first open!: b2 connect_timeout"]);
}

#[test]
fn a_warning_waits_for_the_end_of_quiet_hours_and_what_is_over_by_then_is_not_told() {
    let mut story = Story::new("21:00");
    story.black("23:00", "b1").black("23:30", "b2").black("tue 01:00", "m1").dark("tue 02:00", "d1");
    story.incident("tue 03:00", Phase::Close, "camera", "b2", "black", &["b2"]);
    story.until("tue 06:05");
    assert_eq!(
        story.told(),
        [
            "tue 02:00:00 second open!: d1 connect_timeout",
            "tue 02:10:00 chief escalation!: d1 connect_timeout",
            "tue 06:00:00 chief reminder!: d1 connect_timeout",
            "tue 06:00:00 night digest: b1 black, m1 black",
            "tue 06:00:00 second reminder!: d1 connect_timeout",
        ]
    );
    story.incident("tue 06:05", Phase::Close, "camera", "b1", "black", &["b1"]);
    assert_eq!(story.told(), ["tue 06:05:00 night close: b1 over"]);
}

#[test]
fn a_dark_funded_camera_does_not_wait_for_the_morning() {
    let mut story = Story::new("21:00");
    story.dark("23:00", "b1");
    assert_eq!(story.told(), ["23:00:00 night open!: b1 connect_timeout"]);
}

#[test]
fn what_gets_worse_is_told_to_whoever_has_it() {
    let mut story = Story::new("08:00");
    story.black("08:10", "b1");
    story.ok("08:11", "first", &Which::LastTold).unwrap();
    story.incident("08:30", Phase::Update, "camera", "b1", "connect_timeout", &["b1"]);
    story.until("09:30");
    assert_eq!(
        story.told(),
        ["08:10:00 first open: b1 black", "08:30:00 first open!: b1 connect_timeout (first has it)"]
    );
}

#[test]
fn a_site_that_turns_out_to_be_an_area_is_told_to_whoever_has_the_site() {
    let mut story = Story::new("18:50");
    story.incident("18:55", Phase::Open, "site", "bridge", "unreachable", &["b1", "b2", "b3"]);
    story.ok("18:56", "first", &Which::LastTold).unwrap();
    story.incident("19:00", Phase::Open, "area", "moc-nam", "unreachable", &["m1"]);
    story.until("19:05");
    assert_eq!(
        story.told(),
        [
            "18:55:00 first open!: bridge unreachable",
            "19:00:00 first open!: moc-nam unreachable",
            "19:00:00 night open!: moc-nam unreachable",
        ]
    );
}

#[test]
fn cameras_that_are_not_funded_page_nobody_and_stand_in_the_digest_of_their_fund() {
    let mut story = Story::new("06:00");
    story.dark("06:10", "b3").until("tue 08:00");
    assert_eq!(
        story.told(),
        ["07:00:00 fund household digest: Hộ ông B: b3", "tue 07:00:00 fund household digest: Hộ ông B: b3"]
    );
    story.back("tue 09:00", "b3").until("wed 08:00");
    assert_eq!(story.told(), [""; 0]);
}

#[test]
fn role_it_is_told_of_the_monitor_and_of_refused_credentials_and_officers_are_not() {
    let mut story = Story::new("08:00");
    story.incident("08:10", Phase::Open, "monitor", "monitor", "monitor_offline", &["b1", "b2", "d1"]);
    story.incident("08:12", Phase::Open, "camera", "d1", "unauthorized", &["d1"]);
    story.incident("08:14", Phase::Open, "camera", "b3", "unauthorized", &["b3"]);
    story.until("09:00");
    assert_eq!(story.told(), ["08:10:00 it open!: monitor monitor_offline", "08:12:00 it open: d1 unauthorized"]);
}

#[test]
fn what_was_its_business_and_goes_dark_is_an_officers_although_somebody_has_it() {
    let mut story = Story::new("08:00");
    story.incident("08:10", Phase::Open, "camera", "b1", "unauthorized", &["b1"]);
    story.ok("08:11", "it", &Which::LastTold).unwrap();
    story.incident("08:30", Phase::Update, "camera", "b1", "connect_timeout", &["b1"]);
    assert_eq!(
        story.told(),
        [
            "08:10:00 it open: b1 unauthorized",
            "08:30:00 first open!: b1 connect_timeout",
            "08:30:00 it open!: b1 connect_timeout"
        ]
    );
}

#[test]
fn nothing_is_sent_for_what_lies_under_planned_work() {
    let mut story = Story::new("08:00");
    story.dark("08:05", "b1");
    story.set("b1", State::Maintenance);
    story.until("14:30");
    assert_eq!(story.told(), ["08:05:00 first open!: b1 connect_timeout"]);
    story.set("b1", State::Dark);
    story.until("14:32");
    let told = story.told();
    assert_eq!(told.len(), 3, "first, chief and boss, once each: {told:?}");
}

#[test]
fn what_comes_and_goes_is_said_once_then_held_and_its_end_is_told() {
    let mut story = Story::new("08:00");
    for (dark, back) in
        [("08:01", "08:03"), ("08:06", "08:08"), ("08:11", "08:13"), ("08:16", "08:18"), ("08:30", "08:32")]
    {
        story.dark(dark, "b1").back(back, "b1");
    }
    story.until("09:30");
    assert_eq!(
        story.told(),
        [
            "08:01:00 first open!: b1 connect_timeout",
            "08:03:00 first close!: b1 over",
            "08:06:00 first open!: b1 connect_timeout",
            "08:11:00 first digest!: b1~ connect_timeout, b1 over",
            "08:30:00 chief escalation!: b1~ connect_timeout",
            "09:02:00 chief close!: b1 over",
            "09:02:00 first close!: b1 over",
        ]
    );
}

#[test]
fn what_stays_dark_after_it_came_and_went_is_told_as_it_is_and_can_be_acknowledged_by_its_number() {
    let mut story = Story::new("08:00");
    for (dark, back) in [("08:01", "08:02"), ("08:10", "08:11"), ("08:20", "08:22")] {
        story.dark(dark, "b1").back(back, "b1");
    }
    let number = story.desk.memory.cases.get("082000-b1").unwrap().standing.number;
    story.dark("08:25", "b1").until("08:56");
    assert_eq!(
        story.told().last().unwrap(),
        "08:55:00 first digest!: b1 connect_timeout".replace("digest", "open").as_str()
    );
    assert_eq!(story.ok("08:57", "first", &Which::Number(number)).unwrap().incident, "082500-b1");
    let link = Which::Incident("082000-b1".to_owned());
    assert_eq!(story.ok("08:58", "first", &link).unwrap().incident, "082500-b1", "an earlier link leads there too");
}

#[test]
fn only_what_an_officer_was_told_of_is_acknowledged_by_a_number() {
    let mut story = Story::new("08:00");
    story.dark("08:10", "b1");
    assert_eq!(story.ok("08:11", "boss", &Which::Number(1)), Err(NotAcknowledged::Unknown("1".to_owned())));
    assert_eq!(story.ok("08:11", "boss", &Which::LastTold), Err(NotAcknowledged::NothingTold));
    assert!(story.ok("08:11", "first", &Which::Number(1)).is_ok());
    let (_, step) = story.desk.acknowledge(&Which::Number(1), "Văn phòng", None, How::Command, story.now).unwrap();
    story.absorb(step);
    assert_eq!(story.desk.standing("081000-b1").unwrap().acknowledged.as_ref().unwrap().who, "Văn phòng");
}

#[test]
fn what_was_not_sent_yet_is_told_again_as_it_is_in_the_message_that_goes_in_its_place() {
    let mut story = Story::new("08:00");
    story.providers = Providers::Silent;
    story.dark("08:00", "m1").dark("08:00:10", "b1").dark("08:00:20", "b2").back("08:05", "b1");
    story.until("08:06");
    let told = story.told();
    assert_eq!(told[1], "08:01:00 first digest!: b1 connect_timeout, b2 connect_timeout");
    assert_eq!(told[2], "08:06:00 first digest!: b2 connect_timeout, b1 over");
    assert_eq!(story.sent[2].supersedes, [story.sent[1].id.clone()]);
}

#[test]
fn a_gap_of_the_roster_is_told_once_by_day() {
    let mut story = Story::new("thu 20:00");
    story.until("sun 23:00");
    assert_eq!(story.told(), ["fri 07:00:00 it open: no officer of Xã Tiên Nội sat 00:00-mon 00:00"]);
}

#[test]
fn a_channel_that_takes_nothing_is_told_once() {
    let mut story = Story::new("08:00");
    let zalo = ChannelId::new("zalo").unwrap();
    for (time, why) in [("08:10", Some("token")), ("08:11", Some("token")), ("08:20", None), ("08:25", Some("token"))] {
        story.until(time);
        let step = story.desk.channel_failing(&zalo, why, story.now);
        story.absorb(step);
    }
    story.until("12:00");
    assert_eq!(story.told(), ["08:10:00 it open: zalo takes nothing: token"]);
}

#[test]
fn that_a_channel_takes_nothing_is_withdrawn_unsent_when_it_is_well_and_told_when_it_fails_again() {
    let mut story = Story::new("08:00");
    story.providers = Providers::Silent;
    let zalo = ChannelId::new("zalo").unwrap();
    for (time, why) in [("08:10", Some("token")), ("08:11", None), ("08:15", Some("token"))] {
        story.until(time);
        let step = story.desk.channel_failing(&zalo, why, story.now);
        story.absorb(step);
    }
    assert_eq!(
        story.told(),
        ["08:10:00 it open: zalo takes nothing: token", "08:15:00 it open: zalo takes nothing: token"]
    );
    assert_eq!(story.withdrawn, [story.sent[0].id.clone()]);
}

#[test]
fn an_alert_of_alertmanager_is_told_escalated_and_over_like_an_incident() {
    let mut story = Story::new("08:00");
    let mut alert = RaisedAlert {
        id: "am-1".to_owned(),
        role: Role::Officer,
        severity: Severity::Critical,
        place: Some(Place { commune: CommuneId::new("moc-nam").unwrap(), site: None }),
        title: "SiteDark".to_owned(),
        text: String::new(),
        since: t("08:05"),
        until: None,
        runbook: None,
    };
    for _ in 0..3 {
        let step = story.desk.take_alert(&alert, story.now);
        story.absorb(step);
    }
    story.until("08:15");
    alert.until = Some(t("08:16"));
    for _ in 0..3 {
        let step = story.desk.take_alert(&alert, story.now);
        story.absorb(step);
    }
    alert.until = None;
    let step = story.desk.take_alert(&alert, story.now);
    story.absorb(step);
    story.until("09:00");
    assert_eq!(
        story.told(),
        [
            "08:00:00 first open!: SiteDark fires",
            "08:10:00 chief escalation!: SiteDark fires",
            "08:15:00 chief close!: SiteDark over",
            "08:15:00 first close!: SiteDark over",
        ]
    );
}

/// Two Prometheus see the same outage a moment apart; Alertmanager then knows an earlier begin than the one that it told first.
#[test]
fn an_alert_whose_begin_moves_to_an_earlier_moment_is_the_same_alert() {
    let mut story = Story::new("08:00");
    let mut alert = RaisedAlert {
        id: "ac1b7443d88a5e7a4-6a2b3c20".to_owned(),
        role: Role::Officer,
        severity: Severity::Critical,
        place: Some(Place { commune: CommuneId::new("moc-nam").unwrap(), site: None }),
        title: "SiteDark".to_owned(),
        text: String::new(),
        since: t("08:00"),
        until: None,
        runbook: None,
    };
    for (time, id, until) in [
        ("08:00", "ac1b7443d88a5e7a4-6a2b3c20", None),
        ("08:01", "ac1b7443d88a5e7a4-6a2b3c11", None),
        ("08:02", "ac1b7443d88a5e7a4-6a2b3c11", Some("08:02")),
        ("08:03", "ac1b7443d88a5e7a4-6a2b3c20", Some("08:02")),
    ] {
        story.until(time);
        (alert.id, alert.until) = (id.to_owned(), until.map(t));
        let step = story.desk.take_alert(&alert, story.now);
        story.absorb(step);
    }
    story.until("09:00");
    assert_eq!(story.told(), ["08:00:00 first open!: SiteDark fires", "08:02:00 first close!: SiteDark over"]);
}

#[test]
fn what_nobody_could_be_told_of_is_told_when_a_new_roster_names_somebody_or_a_shift_begins() {
    let mut empty = config();
    let duties = std::mem::take(&mut empty.inventory.duties);
    let mut story = Story::of(empty, t("08:00"));
    story.dark("08:10", "b1").until("09:00");
    assert_eq!((story.told(), story.untold.clone()), (Vec::new(), vec!["081000-b1".to_owned()]));
    let mut later = config();
    later.inventory.duties = duties;
    later.inventory.duties.retain(|duty| duty.role == Role::Officer);
    later.inventory.duties[0].week.truncate(1);
    later.inventory.duties[0].escalate.clear();
    story.desk.reconfigure(Rules::new(&later));
    story.until("09:01").back("09:02", "b1").dark("20:00", "b1");
    assert_eq!(story.told(), ["09:00:00 first open!: b1 connect_timeout", "09:02:00 first close!: b1 over"]);
    assert_eq!(story.untold.len(), 2, "by night there is nobody");
    story.until("tue 07:05");
    assert_eq!(story.told(), ["tue 07:00:00 first open!: b1 connect_timeout"]);
}

#[test]
fn rows_that_cannot_be_read_are_forgotten() {
    let kept = |key: &str, value: &str| Kept { key: key.to_owned(), value: Some(value.to_owned()) };
    let rows = vec![
        kept("case:x", "{}"),
        kept("case:y", "not json"),
        kept("inbox:-bad id-", "{}"),
        kept("other", "1"),
        kept("desk:book", r#"{"number":41,"later":"field"}"#),
        Kept { key: "case:z".to_owned(), value: None },
    ];
    let mut story = Story::new("08:00");
    story.desk = Desk::new(story.rules.clone(), rows);
    story.dark("08:10", "b1");
    assert_eq!(story.desk.standing("081000-b1").unwrap().number, 42);
}

#[test]
fn where_another_system_pages_incidents_are_numbered_and_nobody_is_told() {
    let mut config = config();
    config.alert.owner = crate::config::Owner::Prometheus;
    let mut story = Story::of(config, t("08:00"));
    story.dark("08:10", "b1").until("sat 12:00");
    assert_eq!(story.told(), [""; 0]);
    assert_eq!(story.desk.standing("081000-b1").unwrap().number, 1);
    assert_eq!(story.config.inventory.officers.len(), 6);
}
