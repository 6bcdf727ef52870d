//! The pages that people look at, in a real Chromium: whole on a phone and on a desk, light and dark, in each language, for
//! those who do not see them and those who have no mouse and no script; and true.
//!
//! The pictures that it takes lie in `target/screenshots`.

#[path = "browser/agreement.rs"]
mod agreement;
#[path = "browser/driver.rs"]
mod driver;
mod fleet;
#[path = "fakes/provider.rs"]
mod provider;
#[path = "fleet/server.rs"]
mod server;
mod support;

use std::sync::Arc;
use std::time::Duration;

use camwatch::inventory::OfficerId;
use camwatch::notify::ack::Links;
use camwatch::snapshot::Snapshot;
use driver::{Chromium, Said};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use server::{ACK_KEY, Server};
use support::{Village, wait_for};

/// Of the page of a commune, without pictures.
const MOST_BYTES_OF_32: u64 = 60_000;
/// However many cameras there are and however much is wrong with them.
const MOST_BYTES: u64 = 150_000;

/// Each page on a phone in light and on a desk in dark, the first also the other way round; in each language.
fn looks(pages: &[(&str, &str)]) -> Value {
    let ways =
        [("phone", "light", "vi"), ("desktop", "dark", "en"), ("phone", "dark", "ko"), ("desktop", "light", "vi")];
    let mut looks = Vec::new();
    for (n, (at, name)) in pages.iter().enumerate() {
        for (size, scheme, language) in &ways[..if n == 0 { 4 } else { 2 }] {
            looks.push(json!({"at": at, "name": name, "size": size, "scheme": scheme, "language": language}));
        }
    }
    json!({"looks": looks})
}

/// A snapshot on paper, as if it were of now.
fn fresh(mut snapshot: Snapshot) -> Snapshot {
    let late = Timestamp::now() - snapshot.at;
    snapshot.at += late;
    for camera in &mut snapshot.cameras {
        for time in [&mut camera.since, &mut camera.last_probe, &mut camera.last_frame].into_iter().flatten() {
            *time += late;
        }
    }
    snapshot
}

fn incident(id: &str, scope: &str, subject: &str, cause: &str, cameras: &[usize]) -> camwatch::snapshot::Incident {
    let cameras: Vec<_> = cameras.iter().map(|n| fleet::camera_id(*n)).collect();
    let at = Timestamp::now() - SignedDuration::from_mins(40);
    let incident = json!({
        "id": id, "scope": scope, "subject": subject, "cause": cause, "cameras": cameras, "since": at, "opened_at": at,
    });
    serde_json::from_value(incident).expect("an incident")
}

/// A path that acknowledges an incident.
fn link(told_at: Timestamp) -> String {
    format!("/ack/{}", Links::new(&ACK_KEY).token("i-1", &OfficerId::new("truc-ban-1").unwrap(), told_at))
}

#[test]
fn the_page_behind_the_link_in_a_message_is_for_everybody() {
    let Some(chromium) = Chromium::find() else { return };
    let mut snapshot = fresh(fleet::snapshot(10));
    snapshot.incidents = vec![incident("i-1", "camera", "c0001", "reset", &[1])];
    let server = Server::start(snapshot);
    let (good, expired) = (link(Timestamp::now()), link(Timestamp::now() - SignedDuration::from_hours(25)));
    let look = |at: &str, name: &str, scheme: &str, status: u16| json!({"at": at, "name": name, "size": "phone", "scheme": scheme, "status": status});
    let looks = [
        look(&good, "ack", "light", 200),
        look(&good, "ack", "dark", 200),
        look(&expired, "ack-expired", "dark", 403),
        look("/ack/forged", "ack-forged", "light", 403),
    ];
    chromium.run("look", server.address, json!({"looks": looks}));
}

#[test]
fn ten_thousand_cameras_are_a_page_as_small_and_as_whole_as_any() {
    let Some(chromium) = Chromium::find() else { return };
    let mut snapshot = fresh(fleet::snapshot(10_000));
    let inventory = &mut Arc::make_mut(&mut snapshot.config).inventory;
    // Spread over a province, in rows of 25.
    for (n, site) in (0u32..).zip(inventory.sites.values_mut()) {
        site.latitude = Some(20.4 + f64::from(n / 25) * 0.012);
        site.longitude = Some(105.8 + f64::from(n % 25) * 0.015);
        site.village = Some(format!("Thôn {}", n / 3));
    }
    let everywhere: Vec<usize> = (0..40).map(|n| n * 160 + 1).collect();
    snapshot.incidents =
        (0..60).map(|n| incident(&format!("i-{n}"), "camera", "c0001", "reset", &everywhere)).collect();
    let server = Server::start(snapshot);
    let pages = [("/", "province"), ("/?state=dark&page=3", "province-dark")];
    chromium.run("look", server.address, looks(&pages));
    let costs = chromium.run(
        "budget",
        server.address,
        json!({"paths": ["/", "/?page=200", "/?q=no%20such", "/sites/site-100"], "throttled": false}),
    );
    for cost in costs.as_array().expect("what each page costs") {
        assert!(cost["bytes"].as_u64().expect("bytes") <= MOST_BYTES, "{cost}");
    }
}

#[test]
fn what_a_camera_is_called_or_an_address_asks_for_is_never_run() {
    let Some(chromium) = Chromium::find() else { return };
    let names = [
        "<script data-made>ran(1)</script>",
        "\"><img data-made src=x onerror=ran(2)>",
        "'-ran(3)-'</title></style></svg><svg data-made onload=ran(3)>",
        "javascript:ran(4)//{{7*7}}${7*7}&lt;b data-made&gt;",
    ];
    let mut snapshot = fresh(fleet::snapshot(32));
    let config = Arc::make_mut(&mut snapshot.config);
    config.daemon.language = camwatch::inventory::Language::English;
    let inventory = &mut config.inventory;
    for camera in inventory.cameras.values_mut() {
        names[0].clone_into(&mut camera.name);
    }
    for site in inventory.sites.values_mut() {
        names[1].clone_into(&mut site.name);
        site.village = Some(names[2].to_owned());
    }
    for fund in inventory.funds.values_mut() {
        names[3].clone_into(&mut fund.name);
    }
    for commune in inventory.communes.values_mut() {
        names[1].clone_into(&mut commune.name);
    }
    for camera in &mut snapshot.cameras {
        names[0].clone_into(&mut camera.name);
        camera.detail = Some(names[1].to_owned());
        if let Some(device) = &mut camera.device {
            device.model = Some(names[2].to_owned());
            device.firmware = Some(names[0].to_owned());
        }
    }
    for recorder in &mut snapshot.recorders {
        recorder.detail = Some(names[1].to_owned());
        recorder.replaced_serial = Some(names[0].to_owned());
    }
    snapshot.incidents = vec![incident("i-1", "site", "site-000", "connect_timeout", &[1, 2, 3])];
    let server = Server::start(snapshot);
    let script = "%22%3E%3Cscript%20data-made%3Eran(5)%3C/script%3E%3Cimg%20data-made%20src=x%20onerror=ran(6)%3E";
    let mut paths: Vec<String> =
        ["/", "/sites/site-000", "/cameras/c0001", "/cameras/c0003"].map(str::to_owned).to_vec();
    for key in ["q", "state", "commune", "village", "site", "fund", "page", "lang", "said"] {
        paths.push(format!("/?{key}={script}"));
    }
    for path in ["/cameras/", "/sites/", "/", "/assets/", "/reports/", "/ack/"] {
        paths.push(format!("{path}{script}"));
    }
    paths.push(link(Timestamp::now()));
    chromium.run("hostile", server.address, json!({"paths": paths, "names": names}));
}

/// One village for all of it: it takes longer to start than to be read.
#[test]
fn a_village_is_read_as_it_is_while_it_changes_with_and_without_a_mouse_or_a_script() {
    let Some(chromium) = Chromium::find() else { return };
    let provider = provider::Provider::start();
    let now = Timestamp::now();
    let village = Village::start(&format!(
        "[[channel]]\nid = \"hook\"\nkind = \"webhook\"\nurl = \"http://{}/\"\n\n[[officer]]\nid = \"truc-ban-1\"\n\
         name = \"Nguyễn Văn An\"\nlanguage = \"vi\"\nchannels = [\"hook\"]\naddresses = {{ hook = \"1\" }}\n\n[[duty]]\n\
         role = \"officer\"\nscope = \"commune\"\nid = \"simulated\"\n\
         week = [{{ days = \"mon-sun\", from = \"00:00\", to = \"24:00\", officers = [\"truc-ban-1\"] }}]\n\n\
         [[maintenance]]\nscope = \"camera\"\nid = \"sim-0020\"\nfrom = {}\nto = {}\nreason = \"Thay cáp quang\"\n",
        provider.address,
        now - SignedDuration::from_hours(1),
        now + SignedDuration::from_hours(3),
    ));
    it_stays_fresh(&chromium, &village);

    village.turn("/cameras/sim-0003/behaviour", "refused");
    village.turn("/cameras/sim-0030/behaviour", "silent");
    village.turn("/sites/site-002/cut", "");
    let incidents = wait_for("what is broken to be known", Duration::from_secs(60), || {
        let answer: Value = serde_json::from_str(&village.daemon.get("/api/v1/incidents")).ok()?;
        let of = |scope: &str, subject: &str| {
            let open = answer["incidents"].as_array()?;
            let found = open.iter().find(|one| one["scope"] == scope && one["subject"] == subject)?;
            Some(found["id"].as_str()?.to_owned())
        };
        of("camera", "sim-0030")?;
        Some([of("site", "site-002")?, of("camera", "sim-0003")?])
    });
    agreement::holds(&chromium, &village);
    chromium.run("use", village.address(), json!({"camera": "sim-0003", "incidents": incidents}));

    let pages = [
        ("/", "village"),
        ("/sites/site-002", "site-cut"),
        ("/cameras/sim-0003", "camera-dark"),
        ("/cameras/sim-0020", "camera-maintenance"),
        ("/cameras/sim-0030", "camera-household"),
    ];
    chromium.run("look", village.address(), looks(&pages));
    let month = now.strftime("%Y-%m").to_string();
    let others = json!({"looks": [
        {"at": "/cameras/nowhere", "name": "missing", "size": "phone", "scheme": "dark", "status": 404},
        {"at": "/nowhere", "name": "missing", "language": "ko", "status": 404},
        {"at": format!("/reports/{month}"), "name": "reports", "size": "phone", "speaks": false},
        {"at": format!("/reports/{month}"), "name": "reports", "scheme": "dark", "speaks": false},
    ]});
    chromium.run("look", village.address(), others);

    let paths = json!({"paths": ["/", "/cameras/sim-0003", "/sites/site-002"], "throttled": false});
    for cost in chromium.run("budget", village.address(), paths).as_array().expect("what each page costs") {
        assert!(cost["bytes"].as_u64().expect("bytes") <= MOST_BYTES_OF_32, "{cost}");
    }
}

fn it_stays_fresh(chromium: &Chromium, village: &Village) {
    let mut script = chromium.start("live", village.address(), json!({"camera": "sim-0009"}));
    loop {
        match script.said() {
            Said::Asks(what) if what == "dark" => village.turn("/cameras/sim-0009/behaviour", "refused"),
            Said::Asks(_) => village.turn("/cameras/sim-0009/behaviour", "ok"),
            Said::Result(_) => return,
        }
        script.answer("done");
    }
}
