//! What people do on pages, and who may: forms as a browser sends them, roles, events and pictures over real TCP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camwatch::config::Web;
use camwatch::device::still::NoStill;
use camwatch::observation::State;
use camwatch::paging::{How, NotAcknowledged, Which};
use camwatch::secret::Secret;
use camwatch::snapshot::Snapshot;
use camwatch::store::{Reader, Writer};
use camwatch::web::{NotProbed, Who};
use server::Server;

mod fleet;
#[path = "fleet/server.rs"]
mod server;

/// Status, head and body.
fn ask(server: &Server, method: &str, path: &str, headers: &[&str], body: &str) -> (u16, String, String) {
    let host = if headers.iter().any(|header| header.starts_with("Host:")) {
        String::new()
    } else {
        format!("Host: {}\r\n", server.address)
    };
    let headers: Vec<String> = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let headers = headers.concat();
    let length = body.len();
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head =
        format!("{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n");
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head that ends");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_owned(), body.to_owned())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The token of the forms on a page.
fn token(server: &Server, path: &str, headers: &[&str]) -> Option<String> {
    let (status, _, page) = ask(server, "GET", path, headers, "");
    assert_eq!(status, 200, "{path}: {page}");
    let (_, rest) = page.split_once("name=\"csrf\" value=\"")?;
    Some(rest.split('"').next().unwrap().to_owned())
}

/// Where a form led back to.
fn send(server: &Server, action: &str, fields: &str, headers: &[&str]) -> (u16, String) {
    let kind = "Content-Type: application/x-www-form-urlencoded";
    let (status, head, body) = ask(server, "POST", action, &[headers, &[kind]].concat(), fields);
    (status, header(&head, "location").map_or(body, str::to_owned))
}

fn changed(change: impl FnOnce(&mut Web)) -> Snapshot {
    let mut snapshot = fleet::snapshot(10);
    change(&mut Arc::make_mut(&mut snapshot.config).web);
    snapshot
}

/// Lan may act; Prometheus may read.
fn with_users(web: &mut Web) {
    let hash = |password: &str| Secret::new(&bcrypt::hash(password, 4).unwrap());
    web.basic_auth_users = vec![("lan".to_owned(), hash("one")), ("prometheus".to_owned(), hash("two"))];
    web.operators = Some(vec!["lan".to_owned()]);
}

fn login(user: &str, password: &str) -> String {
    format!("Authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

fn with_record(mut snapshot: Snapshot) -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    let config = Arc::make_mut(&mut snapshot.config);
    config.store.path = directory.path().join("ledger.db");
    let telemetry = Arc::new(camwatch::telemetry::Telemetry::new());
    drop(Writer::open(&config.store.path, config.store.keep_observations, telemetry).unwrap());
    (directory, Server::start(snapshot))
}

#[test]
fn a_camera_is_looked_at_from_its_page_and_the_reader_comes_back_to_it() {
    let (_directory, server) = with_record(fleet::snapshot(10));
    let csrf = token(&server, "/cameras/c0001", &[]).expect("a form");
    let fields = format!("csrf={csrf}&back=%2Fcameras%2Fc0001%3Flang%3Den");
    let (status, to) = send(&server, "/cameras/c0001/probe", &fields, &["Sec-Fetch-Site: same-origin"]);
    assert_eq!((status, to.as_str()), (303, "/cameras/c0001?lang=en&said=probed"));
    assert_eq!(server.daemon.probes.lock().unwrap()[0].0, fleet::camera_id(1));
    *server.daemon.not_probed.lock().unwrap() = Some(NotProbed::Busy);
    assert_eq!(send(&server, "/cameras/c0001/probe", &fields, &[]).1, "/cameras/c0001?lang=en&said=busy");
    assert_eq!(send(&server, "/cameras/c9999/probe", &fields, &[]).0, 404);
    let elsewhere = format!("csrf={csrf}&back=https://evil.example/");
    assert_eq!(send(&server, "/cameras/c0001/probe", &elsewhere, &[]).1, "/cameras/c0001?said=busy");
}

#[test]
fn a_form_without_its_token_or_of_another_site_does_nothing() {
    let (_directory, server) = with_record(fleet::snapshot(10));
    let csrf = token(&server, "/cameras/c0001", &[]).expect("a form");
    for fields in ["", "csrf=", "csrf=AAAAAAAAAAAAAAAAAAAAAA", "hours=1&reason=x"] {
        for action in ["/cameras/c0001/probe", "/cameras/c0001/maintenance", "/incidents/x/ack", "/maintenance/1/end"] {
            assert_eq!(send(&server, action, fields, &[]).0, 403, "{action} {fields}");
        }
    }
    let good = format!("csrf={csrf}");
    for foreign in ["Sec-Fetch-Site: cross-site", "Origin: http://evil.example", "Origin: null"] {
        assert_eq!(send(&server, "/cameras/c0001/probe", &good, &[foreign]).0, 403, "{foreign}");
    }
    // A name that leads here (DNS rebinding): the page is of the same origin then, and still not ours.
    let rebound = ["Host: evil.example", "Origin: http://evil.example"];
    let (status, said) = send(&server, "/cameras/c0001/probe", &good, &rebound);
    assert_eq!(status, 403);
    assert!(said.contains("public_url"), "{said}");
    assert!(server.daemon.probes.lock().unwrap().is_empty());
    let too_long = format!("csrf={csrf}&reason={}", "x".repeat(100_000));
    assert_eq!(send(&server, "/cameras/c0001/maintenance", &too_long, &[]).0, 413);
}

#[test]
fn whoever_signed_in_and_is_no_operator_reads_and_does_not_act() {
    let (_directory, server) = with_record(changed(with_users));
    let (lan, prometheus) = (login("lan", "one"), login("prometheus", "two"));
    let csrf = token(&server, "/cameras/c0001", &[&lan]).expect("a form");
    assert_eq!(token(&server, "/cameras/c0001", &[&prometheus]), None, "no form is shown");
    let fields = format!("csrf={csrf}");
    assert_eq!(send(&server, "/cameras/c0001/probe", &fields, &[&lan]).0, 303);
    let (status, said) = send(&server, "/cameras/c0001/probe", &fields, &[&prometheus]);
    assert_eq!(status, 403);
    assert!(said.contains("[web] operators") && said.contains("prometheus"), "{said}");
    for path in ["/-/reload", "/api/v1/credentials/nvr/retry", "/api/v1/recorders/nvr/scan", "/api/v1/incidents/x/ack"]
    {
        assert_eq!(ask(&server, "POST", path, &[&prometheus], "").0, 403, "{path}");
        assert_ne!(ask(&server, "POST", path, &[&lan], "").0, 403, "{path}");
        assert_eq!(ask(&server, "POST", path, &[], "").0, 401, "{path}");
    }
    assert_eq!(send(&server, "/cameras/c0001/probe", &fields, &[]).0, 401);
}

#[test]
fn work_is_in_the_record_before_the_answer_with_who_declared_it_and_ends_on_request() {
    let (directory, server) = with_record(changed(with_users));
    let lan = login("lan", "one");
    let csrf = token(&server, "/sites/site-000", &[&lan]).expect("a form");
    let declare = |action: &str, hours: &str, reason: &str| {
        let fields = format!("csrf={csrf}&hours={hours}&reason={reason}&back=/sites/site-000");
        send(&server, action, &fields, &[&lan])
    };
    let (status, to) = declare("/sites/site-000/maintenance", "3", "Thay+c%C3%A1p");
    assert_eq!((status, to.as_str()), (303, "/sites/site-000?said=maintenance"));
    assert_eq!(declare("/cameras/c0001/maintenance", "168", "x").1, "/sites/site-000?said=maintenance");
    for (hours, reason) in
        [("0", "x"), ("169", "x"), ("", "x"), ("2.5", "x"), ("-1", "x"), ("2", ""), ("2", "+++"), ("2", "a%0Ab")]
    {
        assert_eq!(
            declare("/cameras/c0001/maintenance", hours, reason).1,
            "/sites/site-000?said=bad-form",
            "{hours} {reason}"
        );
    }
    let reader = Reader::open(&directory.path().join("ledger.db")).unwrap();
    let windows = reader.maintenance().unwrap();
    assert_eq!(windows.len(), 2);
    assert_eq!(windows[0].window.reason, "Thay cáp (lan)");
    assert_eq!(windows[0].window.to.duration_since(windows[0].window.from).as_hours(), 3);
    let listed: serde_json::Value =
        serde_json::from_str(&ask(&server, "GET", "/api/v1/maintenance", &[&lan], "").2).unwrap();
    assert_eq!(listed["maintenance"][0]["subject"], "site-000");
    assert_eq!(listed["maintenance"][0]["running"], true);

    let fields = format!("csrf={csrf}&back=/");
    let end = |id: &str| send(&server, &format!("/maintenance/{id}/end"), &fields, &[&lan]);
    assert_eq!(end(&windows[0].id.to_string()), (303, "/?said=maintenance-ended".to_owned()));
    assert_eq!(end("4711").1, "/?said=gone");
    assert_eq!(end("x").0, 404);
    assert!(reader.maintenance().unwrap()[0].window.to <= jiff::Timestamp::now());
}

#[test]
fn an_incident_is_acknowledged_by_whoever_signed_in_or_by_the_name_that_was_given() {
    let (_directory, server) = with_record(changed(with_users));
    let lan = login("lan", "one");
    let csrf = token(&server, "/cameras/c0001", &[&lan]).expect("a form");
    let acknowledge = |fields: &str| send(&server, "/incidents/i-1/ack", &format!("csrf={csrf}&{fields}"), &[&lan]);
    assert_eq!(acknowledge("back=/").1, "/?said=acknowledged");
    assert_eq!(acknowledge("who=Minh&back=/").1, "/?said=acknowledged");
    assert_eq!(acknowledge(&format!("who={}", "x".repeat(81))).1, "/?said=bad-form");
    *server.daemon.not_acknowledged.lock().unwrap() = Some(NotAcknowledged::Unknown("i-1".to_owned()));
    assert_eq!(acknowledge("").1, "/?said=gone");
    let heard = server.daemon.acknowledged.lock().unwrap();
    let incident = Which::Incident("i-1".to_owned());
    assert_eq!(heard[0], (incident.clone(), Who::Named("lan".to_owned()), How::Page));
    assert_eq!(heard[1], (incident, Who::Named("Minh".to_owned()), How::Page));
}

#[test]
fn a_picture_is_shown_to_those_who_signed_in_and_never_of_a_household() {
    let mut snapshot = changed(|web| {
        with_users(web);
        web.snapshots = true;
    });
    let inventory = &mut Arc::make_mut(&mut snapshot.config).inventory;
    let household =
        inventory.cameras.values().find(|camera| camera.funds[0].fund.as_str() == "ho-dan").unwrap().id.clone();
    let others: Vec<_> =
        inventory.cameras.values().filter(|camera| camera.funds[0].fund.as_str() != "ho-dan").collect();
    let (public, private, shared) = (others[0].id.clone(), others[1].id.clone(), others[2].id.clone());
    inventory.cameras.get_mut(&private).unwrap().picture = false;
    let share = inventory.cameras[&household].funds[0].clone();
    inventory.cameras.get_mut(&shared).unwrap().funds.push(share);
    let server = Server::start(snapshot.clone());
    let reader = login("prometheus", "two");
    let look = |id: &str, headers: &[&str]| ask(&server, "GET", &format!("/cameras/{id}/picture"), headers, "");
    let (status, head, _) = look(public.as_str(), &[&reader]);
    assert_eq!((status, header(&head, "content-type")), (200, Some("image/jpeg")));
    assert_eq!(header(&head, "cache-control"), Some("no-store"));
    assert!(header(&head, "content-security-policy").unwrap().contains("sandbox"));
    look(public.as_str(), &[&reader]);
    assert_eq!(server.daemon.stills.lock().unwrap().len(), 1, "held for the next reader");
    for hidden in [&household, &private, &shared] {
        assert_eq!(look(hidden.as_str(), &[&reader]).0, 403, "{hidden}");
    }
    assert_eq!(look(public.as_str(), &[]).0, 401);
    assert_eq!(look(public.as_str(), &[&reader, "Sec-Fetch-Site: cross-site"]).0, 403);
    assert_eq!(look("nowhere", &[&reader]).0, 404);
    *server.daemon.no_still.lock().unwrap() = Some(NoStill::NoDevice);
    let (status, _, said) = look(others_last(&server).as_str(), &[&reader]);
    assert!(status == 404 && said.contains("no picture is to be had"), "{status} {said}");
    assert_eq!(server.daemon.stills.lock().unwrap().len(), 2, "of hidden cameras no device was asked");

    // Nobody signs in here, so nobody sees pictures; and where they are not switched on, nobody does.
    Arc::make_mut(&mut snapshot.config).web.basic_auth_users.clear();
    let open = Server::start(snapshot);
    assert_eq!(ask(&open, "GET", &format!("/cameras/{public}/picture"), &[], "").0, 403);
    let off = Server::start(changed(with_users));
    assert_eq!(ask(&off, "GET", &format!("/cameras/{public}/picture"), &[&reader], "").0, 404);
}

/// A camera that may be shown and was not yet.
fn others_last(server: &Server) -> camwatch::inventory::CameraId {
    let snapshot = server.snapshot.borrow();
    let mut cameras = snapshot.config.inventory.cameras.values();
    cameras.rfind(|camera| camera.funds[0].fund.as_str() != "ho-dan").unwrap().id.clone()
}

/// An open stream of events.
fn listen(server: &Server) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    write!(stream, "GET /events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    let mut heard = String::new();
    hear(&mut stream, &mut heard, |heard| {
        heard.contains("\r\n\r\n") && (heard.contains("generation") || !heard.contains("200 OK"))
    });
    (stream, heard)
}

fn hear(stream: &mut TcpStream, heard: &mut String, is_enough: impl Fn(&str) -> bool) {
    let mut piece = [0; 4096];
    while !is_enough(heard) {
        let n = stream.read(&mut piece).expect("an event in time");
        assert!(n > 0, "the stream ended: {heard}");
        heard.push_str(&String::from_utf8_lossy(&piece[..n]));
    }
}

#[test]
fn open_pages_are_told_once_of_all_that_changed_and_the_stop_ends_their_stream() {
    let mut server = Server::start(fleet::snapshot(10));
    let (mut stream, mut heard) = listen(&server);
    assert!(heard.contains("content-type: text/event-stream"), "{heard}");
    assert!(heard.contains("event: state\ndata: {\"generation\":"), "{heard}");
    heard.clear();
    for n in 0..20 {
        let mut snapshot = fleet::snapshot(10);
        snapshot.cameras[0].state = if n % 2 == 0 { State::Dark } else { State::Degraded };
        server.show(snapshot);
    }
    let last = server.snapshot.borrow().generation;
    hear(&mut stream, &mut heard, |heard| heard.contains(&format!("\"generation\":{last}}}")));
    assert_eq!(heard.matches("event: state").count(), 1, "{heard}");
    server.begin_stop();
    let begun = Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(server.served().is_ok());
    assert!(begun.elapsed() < Duration::from_secs(4), "a listener held up the stop");
}

#[test]
fn listeners_are_counted_and_leave_room_for_everybody_else() {
    let server = Server::start(fleet::snapshot(10));
    let listeners: Vec<_> = (0..128).map(|_| listen(&server)).collect();
    assert!(listeners.iter().all(|(_, heard)| heard.contains("generation")));
    let (status, head, _) = ask(&server, "GET", "/events", &[], "");
    assert_eq!((status, header(&head, "retry-after")), (503, Some("60")));
    assert_eq!(ask(&server, "GET", "/metrics", &[], "").0, 200);
    drop(listeners);
    let begun = Instant::now();
    while !listen(&server).1.contains("200 OK") {
        assert!(begun.elapsed() < Duration::from_secs(30), "places are never free again");
    }
}

#[test]
fn connections_that_are_kept_for_later_give_way_when_all_places_are_taken() {
    let server = Server::start(fleet::snapshot(10));
    let kept: Vec<_> = (0..600)
        .map(|n| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            write!(stream, "GET /-/healthy HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
            let n_read = stream.read(&mut [0; 1024]).unwrap_or_else(|error| panic!("connection {n}: {error}"));
            assert!(n_read > 0, "connection {n}");
            stream
        })
        .collect();
    assert_eq!(ask(&server, "GET", "/-/healthy", &[], "").0, 200);
    drop(kept);
}

#[test]
fn pages_load_nothing_from_elsewhere_but_the_tiles_that_the_operator_chose() {
    let policy = |server: &Server, path: &str| {
        header(&ask(server, "GET", path, &[], "").1, "content-security-policy").unwrap().to_owned()
    };
    let (_directory, server) = with_record(fleet::snapshot(10));
    for path in ["/", "/cameras/c0000", "/sites/site-000", "/nothing", "/api/v1/cameras", "/reports/2026-10"] {
        let policy = policy(&server, path);
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
    }
    let document = policy(&server, "/reports/2026-10?format=html");
    assert!(document.contains("style-src 'unsafe-inline'") && !document.contains("script-src"), "a document by itself");
    let tiles = Server::start(changed(|web| {
        web.tiles = Some(camwatch::config::Tiles {
            template: "https://tiles.example/{z}/{x}/{y}.png".to_owned(),
            origin: "https://tiles.example".to_owned(),
            attribution: None,
        });
    }));
    assert!(policy(&tiles, "/nothing").contains("img-src 'self' https://tiles.example;"));
}

#[test]
fn lists_come_in_parts_that_lead_to_the_next_and_bad_questions_are_answered_as_json() {
    let server = Server::start(fleet::snapshot(40));
    let get = |path: &str| ask(&server, "GET", path, &[], "");
    let (mut path, mut seen) = ("/api/v1/cameras?limit=7&commune=comm-00".to_owned(), Vec::new());
    loop {
        let (status, head, body) = get(&path);
        assert_eq!(status, 200, "{body}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        seen.extend(
            body["cameras"].as_array().unwrap().iter().map(|camera| camera["camera"].as_str().unwrap().to_owned()),
        );
        let Some(link) = header(&head, "link") else { break };
        path = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap().to_owned();
    }
    let whole: serde_json::Value = serde_json::from_str(&get("/api/v1/cameras?commune=comm-00").2).unwrap();
    let all: Vec<_> = whole["cameras"].as_array().unwrap().iter().map(|c| c["camera"].as_str().unwrap()).collect();
    assert_eq!(seen, all);
    let long = "x".repeat(10_000);
    for (path, status) in [
        ("/api/v1/cameras?limit=0", 400),
        ("/api/v1/cameras?cursor=x", 400),
        ("/api/v1/cameras?state=dark&state=up", 400),
        (&format!("/api/v1/cameras?state={long}"), 400),
        ("/api/v1/cameras/%00", 404),
        ("/api/v1/cameras/%ff", 400),
        ("/api/v1/cameras/..%2f..%2fetc%2fpasswd", 404),
        ("/api/v1/sites/nowhere", 404),
        ("/api/v1/../../etc/passwd", 404),
        ("/api/v1/cameras/c0000/x", 404),
    ] {
        let (got, head, body) = get(path);
        assert_eq!(got, status, "{path}: {body}");
        assert_eq!(header(&head, "content-type"), Some("application/json"), "{path}");
        assert!(
            body.len() < 500 && serde_json::from_str::<serde_json::Value>(&body).unwrap()["error"].is_string(),
            "{body}"
        );
    }
    let (status, head, body) = ask(&server, "DELETE", "/api/v1/sites", &[], "");
    assert!(status == 405 && header(&head, "allow").is_some() && body.contains("error"), "{head}\n{body}");
}
