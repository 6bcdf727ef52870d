use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::query::Query;
use super::view::{Reader, View};
use super::{camera, fleet, overview, site};
use crate::config::Config;
use crate::inventory::{CameraId, Language};
use crate::observation::{Cause, State};
use crate::snapshot::{CameraStatus, Snapshot};
use crate::web::visitor::{Role, Visitor};

/// Two sites of the commune's, one of a household; names that a hostile hand wrote.
const INVENTORY: &str = r#"
[daemon]
inventory = []

[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[commune]]
id = "duy-hai"
name = "Xã Duy Hải"

[[site]]
id = "yen-lenh"
commune = "moc-nam"
village = "Yên Lệnh"
name = "Cụm cầu <img src=x onerror=alert(1)>"
latitude = 20.6613
longitude = 106.0330

[[site]]
id = "cho"
commune = "duy-hai"
village = "Nha Xá"
name = "Chợ"
latitude = 20.6574
longitude = 106.0246

[[site]]
id = "ho-01"
commune = "moc-nam"
village = "Nha Xá"
name = "Hộ ông Nguyễn Văn Hùng"
latitude = 20.6600
longitude = 106.0200

[[fund]]
id = "commune-2023"
kind = "commune"
name = "Ngân sách xã"

[[fund]]
id = "hung"
kind = "household"
name = "Gia đình ông Hùng"

[[camera]]
id = "yl-01"
site = "yen-lenh"
name = "</title><script>alert(1)</script>"
url = "rtsp://10.0.0.1/secret-path"
fund = "commune-2023"

[[camera]]
id = "cho-01"
site = "cho"
name = "Cổng chính chợ"
url = "rtsp://10.0.0.2/"
fund = "commune-2023"

[[camera]]
id = "ho-01-01"
site = "ho-01"
name = "Ngõ nhà ông Hùng"
url = "rtsp://10.0.0.3/"
fund = "hung"
picture = false
"#;

const NOW: &str = "2026-11-22T02:14:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn snapshot(states: &[(&str, State)]) -> Snapshot {
    let config = Config::parse(Path::new("camwatch.toml"), INVENTORY).expect("an inventory");
    let inventory = &config.inventory;
    let mut cameras: Vec<CameraStatus> = inventory
        .cameras
        .values()
        .map(|camera| {
            let commune = inventory.commune_of(&camera.id).unwrap();
            let state = states.iter().find(|(id, _)| *id == camera.id.as_str()).map_or(State::Up, |(_, state)| *state);
            CameraStatus {
                name: camera.name.clone(),
                funded: inventory.is_funded(camera),
                state,
                cause: (state == State::Dark).then_some(Cause::ConnectTimeout),
                since: Some(now() - SignedDuration::from_hours(3)),
                last_probe: Some(now()),
                detail: Some("no answer from 10.0.0.1:554".to_owned()),
                ..CameraStatus::unseen(&camera.id, &camera.site, commune)
            }
        })
        .collect();
    cameras.sort_by(|a, b| (&a.site, &a.camera).cmp(&(&b.site, &b.camera)));
    Snapshot {
        at: now(),
        generation: 1,
        config: Arc::new(config),
        cameras,
        sites: Vec::new(),
        recorders: Vec::new(),
        incidents: Vec::new(),
        paging: std::collections::BTreeMap::new(),
        monitor_online: true,
        refused: Vec::new(),
        windows: Arc::default(),
    }
}

fn anybody() -> Visitor {
    Visitor { name: None, role: Role::Viewer }
}

fn operator() -> Visitor {
    Visitor { name: Some("admin".to_owned()), role: Role::Operator }
}

fn with_view<T>(
    snapshot: &Snapshot,
    visitor: &Visitor,
    language: Language,
    query: &Query,
    look: impl FnOnce(&View<'_>) -> T,
) -> T {
    let address = query.wanted.link(1);
    let reader = Reader { visitor, csrf: "token", language, address: &address, said: query.said() };
    look(&View::new(snapshot, &reader, now(), Some(now().as_second())))
}

fn overview_of(snapshot: &Snapshot, visitor: &Visitor, query: &str) -> String {
    let query = Query::parse(query);
    with_view(snapshot, visitor, Language::English, &query, |view| overview::render(view, &query.wanted))
}

/// The ids of the cameras that are listed, in the order in which they are.
fn listed(snapshot: &Snapshot, visitor: &Visitor, query: &str) -> Vec<String> {
    let query = Query::parse(query);
    with_view(snapshot, visitor, Language::English, &query, |view| {
        fleet::cameras(snapshot, &view.names, &query.wanted).iter().map(|one| one.camera.to_string()).collect()
    })
}

#[test]
fn a_household_is_named_to_those_who_signed_in_and_to_nobody_else() {
    let snapshot = snapshot(&[("ho-01-01", State::Dark)]);
    let told = overview_of(&snapshot, &operator(), "");
    assert!(told.contains("Ngõ nhà ông Hùng") && told.contains("Hộ ông Nguyễn Văn Hùng"));
    let told = overview_of(&snapshot, &anybody(), "");
    assert!(told.contains("ho-01-01") && !told.contains("Hùng"), "{told}");
    assert!(!told.contains("href=\"/sites/ho-01\" aria-label"), "nor is it on the map");
    let camera = |visitor: &Visitor| {
        let id = CameraId::new("ho-01-01").unwrap();
        let status = snapshot.cameras.iter().find(|one| one.camera == id).unwrap();
        with_view(&snapshot, visitor, Language::English, &Query::default(), |view| {
            camera::render(view, status, &snapshot.config.inventory.cameras[&id], Err("not read"))
        })
    };
    assert!(camera(&operator()).contains("Gia đình ông Hùng"));
    assert!(!camera(&anybody()).contains("Hùng") && camera(&anybody()).contains("A household"));
}

#[test]
fn a_search_finds_no_name_that_it_may_not_show() {
    let snapshot = snapshot(&[]);
    assert_eq!(listed(&snapshot, &operator(), "q=hung"), ["ho-01-01"]);
    assert_eq!(listed(&snapshot, &anybody(), "q=hung"), [""; 0]);
    assert_eq!(listed(&snapshot, &anybody(), "fund=gia+dinh"), [""; 0]);
    assert_eq!(listed(&snapshot, &anybody(), "site=nguyen"), [""; 0]);
}

#[test]
fn cameras_are_found_by_every_filter() {
    let snapshot = snapshot(&[("cho-01", State::Dark)]);
    let found = |query: &str| listed(&snapshot, &operator(), query);
    assert_eq!(found(""), ["cho-01", "ho-01-01", "yl-01"]);
    assert_eq!(found("state=dark"), ["cho-01"]);
    assert_eq!(found("state=nonsense"), [""; 0]);
    assert_eq!(found("commune=moc-nam"), ["ho-01-01", "yl-01"]);
    assert_eq!(found("village=moc-nam%2FNha+X%C3%A1"), ["ho-01-01"]);
    assert_eq!(found("village=nha+xa"), ["cho-01", "ho-01-01"]);
    assert_eq!(found("site=cho"), ["cho-01"]);
    assert_eq!(found("fund=commune-2023"), ["cho-01", "yl-01"]);
    assert_eq!(found("fund=kind:household"), ["ho-01-01"]);
    assert_eq!(found("q=cong+CHINH"), ["cho-01"]);
    assert_eq!(found("q=yl-0&commune=moc-nam&state=up"), ["yl-01"]);
}

#[test]
fn what_a_hostile_hand_wrote_is_text_and_no_page_holds_an_address_or_a_style_of_its_own() {
    let snapshot = snapshot(&[("yl-01", State::Dark)]);
    let hostile = "q=%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E&site=%3Cb%3E&said=%3Cb%3E&lang=%22%3E";
    let mut pages = vec![overview_of(&snapshot, &operator(), ""), overview_of(&snapshot, &operator(), hostile)];
    let yl = CameraId::new("yl-01").unwrap();
    let status = snapshot.cameras.iter().find(|one| one.camera == yl).unwrap();
    pages.push(with_view(&snapshot, &operator(), Language::English, &Query::default(), |view| {
        camera::render(view, status, &snapshot.config.inventory.cameras[&yl], Err("not read"))
    }));
    let place = &snapshot.config.inventory.sites["yen-lenh"];
    pages.push(with_view(&snapshot, &operator(), Language::English, &Query::default(), |view| {
        site::render(view, place, Err("not read"))
    }));
    for page in pages {
        let lower = page.to_lowercase();
        assert_eq!(lower.matches("<script").count(), 1, "the page's own: {page}");
        for bad in [
            "<img",
            "<b>\"",
            " style=",
            " onclick",
            " onerror=alert(1)>",
            "<style",
            "rtsp:",
            "10.0.0.",
            "secret-path",
            "http:",
        ] {
            assert!(!lower.contains(bad), "{bad} in {page}");
        }
    }
}

#[test]
fn every_language_says_every_page() {
    let snapshot = snapshot(&[("cho-01", State::Dark)]);
    for (language, heading) in [
        (Language::Vietnamese, "1/2 camera của xã mất tín hiệu"),
        (Language::English, "1 of 2 funded cameras is dark"),
        (Language::Korean, "사(xã) 재원 카메라 2대 중 1대 신호 끊김"),
    ] {
        let query = Query::parse("said=probed");
        let page = with_view(&snapshot, &operator(), language, &query, |view| overview::render(view, &query.wanted));
        assert!(page.contains(&format!("{heading}</h1>")), "{page}");
        assert!(page.contains("class=\"notice done\""));
    }
}

#[test]
fn a_monitor_that_stands_still_says_so_first() {
    let snapshot = snapshot(&[]);
    let page = |progress| {
        let reader = Reader { visitor: &anybody(), csrf: "", language: Language::English, address: "/", said: None };
        let view = View::new(&snapshot, &reader, now(), progress);
        overview::render(&view, &Query::parse("").wanted)
    };
    assert!(page(Some(now().as_second() - 3600)).contains("role=\"alert\">The monitor has stood still since 08:14"));
    assert!(!page(Some(now().as_second() - 3)).contains("role=\"alert\""));
}

#[test]
fn only_who_may_act_is_shown_a_form_that_acts() {
    let snapshot = snapshot(&[]);
    let id = CameraId::new("cho-01").unwrap();
    let status = snapshot.cameras.iter().find(|one| one.camera == id).unwrap();
    let page = |visitor: &Visitor| {
        with_view(&snapshot, visitor, Language::English, &Query::default(), |view| {
            camera::render(view, status, &snapshot.config.inventory.cameras[&id], Err("not read"))
        })
    };
    let shown = page(&operator());
    assert!(shown.contains("action=\"/cameras/cho-01/probe\"") && shown.contains("name=\"csrf\" value=\"token\""));
    assert!(!page(&anybody()).contains("method=\"post\""));
}
