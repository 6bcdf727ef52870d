//! Many things at once: few messages, and none of what is told is lost.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;

const COMMUNES: usize = 20;
const SITES: usize = 5;
const CAMERAS: usize = 10;

/// 1,000 cameras on 100 sites in 20 communes, all of one officer.
fn province() -> Config {
    let mut text = "[daemon]\ndata_dir = \"data\"\ninventory = []\n\
        [[fund]]\nid = \"budget\"\nkind = \"commune\"\nname = \"x\"\n\
        [[channel]]\nid = \"zalo\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\n\
        [[officer]]\nid = \"one\"\nname = \"one\"\nchannels = [\"zalo\"]\naddresses = { zalo = \"1\" }\n"
        .to_owned();
    for commune in 0..COMMUNES {
        write!(text, "[[commune]]\nid = \"c{commune}\"\nname = \"c{commune}\"\n").unwrap();
        write!(
            text,
            "[[duty]]\nrole = \"officer\"\nscope = \"commune\"\nid = \"c{commune}\"\n\
             week = [{{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", officers = [\"one\"] }}]\n"
        )
        .unwrap();
        for site in 0..SITES {
            let site = format!("c{commune}s{site}");
            write!(text, "[[site]]\nid = \"{site}\"\ncommune = \"c{commune}\"\nname = \"{site}\"\n").unwrap();
            for camera in 0..CAMERAS {
                write!(
                    text,
                    "[[camera]]\nid = \"{site}n{camera}\"\nsite = \"{site}\"\nname = \"x\"\n\
                     url = \"rtsp://192.0.2.1/\"\nfund = \"budget\"\n"
                )
                .unwrap();
            }
        }
    }
    parsed(&text)
}

fn event(story: &mut Story, phase: Phase, scope: &str, subject: &str, cameras: &[String]) {
    let cameras: Vec<&str> = cameras.iter().map(String::as_str).collect();
    story.happen(phase, scope, subject, "unreachable", &cameras);
}

/// Everything within two minutes, one thing after another, in an order that mixes communes.
fn wave(story: &mut Story, begin: &str, phase: Phase, scope: &str) {
    let begin = t(begin);
    let subjects: Vec<(String, Vec<String>)> = match scope {
        "area" => (0..COMMUNES)
            .map(|c| {
                let sites = (0..SITES).flat_map(|s| (0..CAMERAS).map(move |n| format!("c{c}s{s}n{n}")));
                (format!("c{c}"), sites.collect())
            })
            .collect(),
        "site" => (0..SITES)
            .flat_map(|s| (0..COMMUNES).map(move |c| format!("c{c}s{s}")))
            .map(|site| (site.clone(), (0..CAMERAS).map(|n| format!("{site}n{n}")).collect()))
            .collect(),
        _ => (0..CAMERAS)
            .flat_map(|n| (0..SITES).flat_map(move |s| (0..COMMUNES).map(move |c| format!("c{c}s{s}n{n}"))))
            .map(|camera| (camera.clone(), vec![camera]))
            .collect(),
    };
    let count = u32::try_from(subjects.len()).unwrap();
    for (i, (subject, cameras)) in subjects.into_iter().enumerate() {
        let at = begin + std::time::Duration::from_secs(120) * u32::try_from(i).unwrap() / count;
        story.until_moment(at);
        event(story, phase, scope, &subject, &cameras);
    }
}

fn subjects(told: &[Message], over: bool) -> BTreeSet<String> {
    let about = told.iter().flat_map(|message| &message.about);
    about
        .filter_map(|about| match about {
            About::Incident(facts) if facts.until.is_some() == over => Some(facts.subject.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_province_that_goes_dark_is_at_most_three_messages_and_three_when_it_comes_back() {
    for (scope, things) in [("area", COMMUNES), ("site", COMMUNES * SITES), ("camera", COMMUNES * SITES * CAMERAS)] {
        let mut story = Story::of(province(), t("08:00"));
        wave(&mut story, "08:00", Phase::Open, scope);
        story.until("08:20");
        let told = std::mem::take(&mut story.sent);
        assert!(told.len() <= 3, "{scope}: {} messages", told.len());
        assert_eq!(subjects(&told, false).len(), things, "{scope}: each is told");
        wave(&mut story, "08:30", Phase::Close, scope);
        story.until("08:50");
        let told = std::mem::take(&mut story.sent);
        assert!(told.len() <= 3, "{scope}: {} messages when it comes back", told.len());
        assert_eq!(subjects(&told, true).len(), things, "{scope}: the end of each is told");
    }
}

#[test]
fn a_province_that_comes_back_within_minutes_is_few_messages_and_each_end_is_told() {
    let mut story = Story::of(province(), t("08:00"));
    wave(&mut story, "08:00", Phase::Open, "site");
    wave(&mut story, "08:07", Phase::Close, "site");
    story.until("09:00");
    assert!(story.sent.len() <= 6, "{}", story.sent.len());
    assert_eq!(subjects(&story.sent, true).len(), COMMUNES * SITES);
}

#[test]
fn a_lone_critical_matter_is_never_delayed() {
    let mut story = Story::of(province(), t("08:00"));
    for (at, camera) in [("08:00:00", "c0s0n0"), ("08:01:30", "c1s0n0"), ("08:03:00", "c2s0n0"), ("08:40:00", "c3s0n0")]
    {
        story.dark(at, camera);
    }
    let at: Vec<String> = story.told().iter().map(|line| line[..8].to_owned()).collect();
    assert_eq!(at, ["08:00:00", "08:01:30", "08:03:00", "08:40:00"]);
}

#[test]
fn numbers_are_unique_among_what_is_open_also_beyond_what_fits_three_digits() {
    let mut story = Story::of(province(), t("08:00"));
    wave(&mut story, "08:00", Phase::Open, "camera");
    let numbers: BTreeSet<u16> = story.desk.memory.cases.iter().map(|(_, case)| case.standing.number).collect();
    assert_eq!(numbers.len(), 1000);
}
