//! Every text that is common, for a native speaker to read and correct; and what holds of all texts.

use std::fmt::Write as _;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::gsm::{LONGEST, septets};
use super::*;
use crate::inventory::{CameraId, ChannelId, FundId, OfficerId};
use crate::observation::Cause;
use crate::paging::{DarkCamera, MessageId, Recipient, Severity};

const LANGUAGES: [Language; 3] = [Language::Vietnamese, Language::English, Language::Korean];

fn zone() -> TimeZone {
    TimeZone::get("Asia/Ho_Chi_Minh").expect("a zone")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// A quarter past two in the night, local time.
fn night() -> Timestamp {
    at("2026-11-22T02:14:00+07:00")
}

fn message(reason: PageReason, decided_at: Timestamp, about: Vec<About>) -> Message {
    Message {
        id: MessageId("m-1".to_owned()),
        to: Recipient::Officer(OfficerId::new("truc-ban-1").expect("an id")),
        reason,
        severity: Severity::Critical,
        decided_at,
        not_before: decided_at,
        about,
        supersedes: Vec::new(),
    }
}

fn site() -> Facts {
    Facts {
        incident: "i-1".to_owned(),
        number: 17,
        scope: IncidentScope::Site,
        subject: "yen-lenh".to_owned(),
        name: "Cụm camera cầu Yên Lệnh".to_owned(),
        site: Some("Cụm camera cầu Yên Lệnh".to_owned()),
        village: Some("Yên Lệnh".to_owned()),
        commune: Some("Xã Mộc Nam".to_owned()),
        cause: Cause::Unreachable,
        since: night(),
        until: None,
        cameras: 6,
        cameras_there: 6,
        first_cameras: vec!["Cầu Yên Lệnh, chiều đi Hưng Yên".to_owned(), "Chân cầu".to_owned(), "Bến đò".to_owned()],
        flapping: false,
        acknowledged_by: None,
    }
}

fn camera(cause: Cause) -> Facts {
    Facts {
        number: 18,
        scope: IncidentScope::Camera,
        subject: "cho-01".to_owned(),
        name: "Cổng chợ Đồng Văn".to_owned(),
        site: Some("Chợ Đồng Văn".to_owned()),
        cause,
        cameras: 1,
        cameras_there: 1,
        first_cameras: vec!["Cổng chợ Đồng Văn".to_owned()],
        ..site()
    }
}

fn alert() -> AlertFacts {
    AlertFacts {
        incident: "a-1".to_owned(),
        number: 44,
        title: "Đĩa máy chủ sắp đầy".to_owned(),
        text: "Còn 3 % trên /var".to_owned(),
        since: night(),
        until: None,
        runbook: None,
        acknowledged_by: None,
    }
}

/// The common cases, each with its name.
#[expect(clippy::too_many_lines, reason = "one entry a case")]
fn cases() -> Vec<(&'static str, Message)> {
    let soon = night() + SignedDuration::from_mins(1);
    let later = night() + SignedDuration::from_mins(17);
    let over = |facts: Facts| Facts { until: Some(later), ..facts };
    let incident = |facts: Facts| vec![About::Incident(facts)];
    let storm: Vec<About> = (1..=40)
        .map(|i| {
            let name = format!("Điểm camera số {i}, thôn Yên Lệnh");
            About::Incident(Facts { number: i, name, scope: IncidentScope::Site, ..site() })
        })
        .collect();
    let dark = |name: &str, cause| DarkCamera {
        camera: CameraId::new("ho-b-01").expect("an id"),
        name: name.to_owned(),
        since: night() - SignedDuration::from_hours(20),
        cause,
    };
    vec![
        ("a site opens", message(PageReason::Open, soon, incident(site()))),
        ("a site is restored", message(PageReason::Close, later, incident(over(site())))),
        (
            "an area opens",
            message(
                PageReason::Open,
                soon,
                incident(Facts {
                    scope: IncidentScope::Area,
                    name: "Xã Mộc Nam".to_owned(),
                    site: None,
                    village: None,
                    cameras: 58,
                    cameras_there: 60,
                    ..site()
                }),
            ),
        ),
        (
            "a recorder opens",
            message(
                PageReason::Open,
                soon,
                incident(Facts {
                    scope: IncidentScope::Recorder,
                    name: "Đầu ghi nhà văn hóa".to_owned(),
                    cause: Cause::DiskFailed,
                    cameras: 4,
                    cameras_there: 4,
                    ..site()
                }),
            ),
        ),
        ("a camera opens", message(PageReason::Open, soon, incident(camera(Cause::ConnectTimeout)))),
        ("a camera is covered", message(PageReason::Open, soon, incident(camera(Cause::Covered)))),
        ("a login is refused", message(PageReason::Open, soon, incident(camera(Cause::Unauthorized)))),
        (
            "the monitor is cut off",
            message(
                PageReason::Open,
                soon,
                incident(Facts {
                    scope: IncidentScope::Monitor,
                    subject: "monitor".to_owned(),
                    name: "monitor".to_owned(),
                    site: None,
                    village: None,
                    commune: None,
                    cause: Cause::MonitorOffline,
                    ..site()
                }),
            ),
        ),
        (
            "a reminder, taken already",
            message(
                PageReason::Reminder,
                night() + SignedDuration::from_hours(28),
                incident(Facts { acknowledged_by: Some("Trực ban 1".to_owned()), ..site() }),
            ),
        ),
        ("an escalation", message(PageReason::Escalation, night() + SignedDuration::from_mins(11), incident(site()))),
        ("flapping", message(PageReason::Open, soon, incident(Facts { flapping: true, ..camera(Cause::Reset) }))),
        ("a storm", message(PageReason::Digest, soon, storm.clone())),
        (
            "what the night held back",
            message(
                PageReason::Digest,
                at("2026-11-22T06:30:00+07:00"),
                vec![About::Incident(camera(Cause::Blurred)), About::Incident(over(site())), About::Alert(alert())],
            ),
        ),
        ("an alert of Prometheus", message(PageReason::Open, soon, vec![About::Alert(alert())])),
        (
            "a gap of the roster",
            message(
                PageReason::Open,
                soon,
                vec![About::DutyGap {
                    role: Role::Officer,
                    place: "Xã Mộc Nam".to_owned(),
                    from: at("2026-11-22T18:00:00+07:00"),
                    to: at("2026-11-23T06:00:00+07:00"),
                }],
            ),
        ),
        (
            "a channel fails",
            message(
                PageReason::Open,
                soon,
                vec![About::ChannelFailing {
                    channel: ChannelId::new("zalo").expect("an id"),
                    why: "the token is refused (HTTP 401)".to_owned(),
                }],
            ),
        ),
        (
            "the day's list of a fund",
            message(
                PageReason::Digest,
                at("2026-11-22T07:00:00+07:00"),
                vec![About::Unfunded {
                    fund: FundId::new("ho-b").expect("an id"),
                    fund_name: "Hộ ông Nguyễn Văn B".to_owned(),
                    cameras: vec![dark("Đầu ngõ", Cause::Unreachable), dark("Sân sau", Cause::Refused)],
                }],
            ),
        ),
        ("a test", message(PageReason::Open, soon, vec![About::Test])),
    ]
}

fn page() -> String {
    let mut page = String::from(
        "# What messages say. Made by the tests of src/notify/words from its catalogues: correct those, then run them with\n\
         # CAMWATCH_WRITE_WORDS=1.\n",
    );
    for (name, message) in cases() {
        for (language, tag) in LANGUAGES.into_iter().zip(["vi", "en", "ko"]) {
            let Words { subject, text, short } = words(&message, language, &zone());
            let _ = write!(page, "\n== {name} ({tag})\n{subject}\n--\n{text}\n");
            // Korean has the English one.
            if language != Language::Korean {
                let _ = writeln!(page, "-- SMS, {} of 160\n{short}", septets(&short).expect("the alphabet"));
            }
        }
    }
    page + "\n== every cause, of one camera\n" + &causes()
}

fn causes() -> String {
    let mut table = String::new();
    for cause in Cause::ALL.iter().copied() {
        for language in LANGUAGES {
            let advice =
                (catalogue(language).advice)(Matter::of(IncidentScope::Camera, cause), IncidentScope::Camera, cause);
            let _ = writeln!(table, "{cause}: {} | {} | {}", advice.name, advice.likely, advice.first);
        }
    }
    table
}

#[test]
fn the_common_texts_are_those_that_were_read_and_approved() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/words.txt");
    let page = page();
    if std::env::var_os("CAMWATCH_WRITE_WORDS").is_some() {
        std::fs::write(&file, &page).expect("the file can be written");
    }
    let approved = std::fs::read_to_string(&file).expect("tests/fixtures/words.txt");
    for (number, (approved, said)) in approved.lines().zip(page.lines()).enumerate() {
        assert_eq!(approved, said, "line {}", number + 1);
    }
    assert_eq!(approved, page);
}

#[test]
fn a_text_that_closes_says_the_whole_story() {
    let message = message(
        PageReason::Close,
        night() + SignedDuration::from_mins(17),
        vec![About::Incident(Facts { until: Some(night() + SignedDuration::from_mins(17)), ..site() })],
    );
    let said = words(&message, Language::Vietnamese, &zone());
    for part in ["Đã khôi phục", "Yên Lệnh", "Mất tín hiệu", "02:14", "02:31"] {
        assert!(said.text.contains(part), "{part} in {}", said.text);
    }
    assert!(!said.text.contains("OK 17"), "what is over needs no answer");
}

#[test]
fn a_time_of_another_day_says_which() {
    let decided = at("2026-11-23T09:00:00+07:00");
    let open = |facts| message(PageReason::Reminder, decided, vec![About::Incident(facts)]);
    let said = |language| words(&open(site()), language, &zone()).text;
    assert!(said(Language::Vietnamese).contains("02:14 ngày 22/11"), "{}", said(Language::Vietnamese));
    assert!(said(Language::English).contains("02:14 on 22 Nov"), "{}", said(Language::English));
    assert!(said(Language::Korean).contains("11월 22일 02:14"), "{}", said(Language::Korean));
    let old = open(Facts { since: at("2025-12-31T23:00:00+07:00"), ..site() });
    assert!(words(&old, Language::Vietnamese, &zone()).text.contains("23:00 ngày 31/12/2025"));
}

#[test]
fn a_storm_has_counts_and_fits() {
    let (_, storm) = cases().into_iter().find(|(name, _)| *name == "a storm").expect("a storm");
    for language in LANGUAGES {
        let said = words(&storm, language, &zone());
        assert!(said.subject.contains("40") && said.subject.contains("240"), "{}", said.subject);
        assert!(said.text.chars().count() <= 2000 && said.text.contains("OK 1"), "{}", said.text);
    }
}

/// Names as operators write them, and as nobody should.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(Camera |)[A-Za-zÀ-ỹ ,.0-9-]{0,120}",
        "[가-힣 ]{1,60}",
        "\\PC{0,200}",
        Just("Camera\ncổng\u{200b} [số 1] {name} ~^|\\".to_owned()),
    ]
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let scope = proptest::sample::select(IncidentScope::ALL.to_vec());
    let cause = proptest::sample::select(Cause::ALL.to_vec());
    let more = (
        name(),
        proptest::option::of(name()),
        any::<bool>(),
        0u32..2000,
        0u32..2000,
        proptest::option::of(0i64..900_000),
    );
    (scope, cause, 1u16..1000, more).prop_map(
        |(scope, cause, number, (name, who, flapping, cameras, there, lasted))| Facts {
            scope,
            cause,
            number,
            first_cameras: vec![name.clone(); 3],
            site: Some(name.clone()),
            name,
            acknowledged_by: who,
            flapping,
            cameras,
            cameras_there: there,
            until: lasted.map(|seconds| night() + SignedDuration::from_secs(seconds)),
            ..site()
        },
    )
}

proptest! {
    #[test]
    fn a_short_text_is_one_sms_and_says_which(
        facts in any_facts(),
        reason in proptest::sample::select(vec![PageReason::Open, PageReason::Reminder, PageReason::Escalation, PageReason::Close]),
    ) {
        let (number, open) = (facts.number, facts.until.is_none() && facts.acknowledged_by.is_none());
        let message = message(reason, night() + SignedDuration::from_hours(30), vec![About::Incident(facts)]);
        for language in LANGUAGES {
            let said = words(&message, language, &zone());
            let length = septets(&said.short);
            prop_assert!(length.is_some_and(|length| length <= LONGEST), "{:?}", said.short);
            let id = if open { format!("OK {number}") } else { format!("#{number}") };
            prop_assert!(said.short.contains(&id), "{:?}", said.short);
            prop_assert!(said.text.chars().count() <= 2000);
            let bracketed = format!("[{number}]");
            prop_assert!(said.subject.contains(&bracketed) && !said.subject.contains('\n'));
        }
    }

    #[test]
    fn several_things_fit_too(all in proptest::collection::vec(any_facts(), 2..60)) {
        let open = all.iter().any(|facts| facts.until.is_none() && facts.acknowledged_by.is_none());
        let message = message(PageReason::Digest, night(), all.into_iter().map(About::Incident).collect());
        for language in LANGUAGES {
            let said = words(&message, language, &zone());
            prop_assert!(septets(&said.short).is_some_and(|length| length <= LONGEST), "{:?}", said.short);
            prop_assert!(said.text.chars().count() <= 2000);
            prop_assert!(!open || said.text.contains("OK "), "{}", said.text);
        }
    }

    #[test]
    fn what_stands_in_names_is_not_taken_for_a_place_to_fill_in(name in name()) {
        let said = fill("{a}-{b}", &[("a", &name), ("b", "x")]);
        prop_assert_eq!(said, format!("{name}-x"));
    }
}

#[test]
fn no_sentence_of_ours_holds_an_address() {
    let page = page().lines().filter(|line| !line.starts_with('#')).collect::<String>();
    for sign in ["://", "@", "84900", "10.20"] {
        assert!(!page.contains(sign), "{sign}");
    }
}
