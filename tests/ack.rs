//! The links in messages, and acknowledging and enrolling over HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use camwatch::inventory::OfficerId;
use camwatch::notify::ack::Links;
use camwatch::paging::{How, NotAcknowledged, Which};
use camwatch::secret::Secret;
use camwatch::web::Who;
use jiff::{SignedDuration, Timestamp};
use server::{ACK_KEY, Server};

mod fleet;
#[path = "fleet/server.rs"]
mod server;

fn ask(server: &Server, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

fn get(server: &Server, path: &str) -> (u16, String) {
    let (status, _, body) = ask(server, "GET", path, "", "");
    (status, body)
}

fn post(server: &Server, path: &str, body: &str) -> (u16, String) {
    let (status, _, body) = ask(server, "POST", path, "", body);
    (status, body)
}

fn officer() -> OfficerId {
    OfficerId::new("truc-ban-1").unwrap()
}

fn token(incident: &str, told_at: Timestamp) -> String {
    Links::new(&ACK_KEY).token(incident, &officer(), told_at)
}

fn acknowledged(server: &Server) -> Vec<(Which, Who, How)> {
    server.daemon.acknowledged.lock().unwrap().clone()
}

#[test]
fn getting_a_link_shows_and_posting_it_acknowledges() {
    let server = Server::start(fleet::snapshot(10));
    let path = format!("/ack/{}", token("i-1", Timestamp::now()));
    for _ in 0..3 {
        let (status, head, page) = ask(&server, "GET", &path, "", "");
        assert_eq!(status, 200);
        assert!(page.contains("<form method=\"post\">") && page.contains("lang=\"vi\""), "{page}");
        assert!(!page.contains("<script") && !page.contains("http"), "nothing from elsewhere: {page}");
        assert!(head.contains("cache-control: no-store") && head.contains("referrer-policy: no-referrer"), "{head}");
    }
    assert_eq!(ask(&server, "HEAD", &path, "", "").0, 200);
    assert_eq!(acknowledged(&server), [], "looking is not acknowledging");
    let (status, page) = post(&server, &path, "");
    assert_eq!(status, 200);
    assert!(page.contains("Đã ghi nhận"), "{page}");
    assert_eq!(acknowledged(&server), [(Which::Incident("i-1".to_owned()), Who::Officer(officer()), How::Link)]);
}

#[test]
fn a_link_says_what_it_is_about_and_escapes_what_it_shows() {
    let mut snapshot = fleet::snapshot(10);
    let camera = fleet::camera_id(0);
    Arc::make_mut(&mut snapshot.config).inventory.cameras.get_mut(&camera).unwrap().name = "<b>Cổng</b>".to_owned();
    let incident = serde_json::json!({
        "id": "i-1", "scope": "camera", "subject": camera, "cause": "reset", "cameras": [camera],
        "since": "2026-11-22T02:14:00Z", "opened_at": "2026-11-22T02:14:20Z",
    });
    snapshot.incidents = vec![serde_json::from_value(incident).unwrap()];
    let server = Server::start(snapshot);
    let (_, page) = get(&server, &format!("/ack/{}", token("i-1", Timestamp::now())));
    assert!(page.contains("&lt;b&gt;Cổng&lt;/b&gt;") && page.contains(":14 22/11/2026"), "{page}");
}

#[test]
fn a_forged_or_expired_link_is_refused_and_says_which() {
    let server = Server::start(fleet::snapshot(10));
    let good = token("i-1", Timestamp::now());
    let other_key = Links::new(&[1; 32]).token("i-1", &officer(), Timestamp::now());
    let expired = token("i-1", Timestamp::now() - SignedDuration::from_hours(25));
    for (token, words) in [
        (other_key.as_str(), "không hợp lệ"),
        (&good[..good.len() - 2], "không hợp lệ"),
        ("x", "không hợp lệ"),
        (&expired, "hết hạn"),
    ] {
        for method in ["GET", "POST"] {
            let (status, _, page) = ask(&server, method, &format!("/ack/{token}"), "", "");
            assert_eq!(status, 403, "{method}");
            assert!(page.contains(words) && !page.contains("<form"), "{page}");
        }
    }
    assert_eq!(acknowledged(&server), []);
}

#[test]
fn a_link_for_what_is_over_says_so() {
    let server = Server::start(fleet::snapshot(10));
    *server.daemon.not_acknowledged.lock().unwrap() = Some(NotAcknowledged::Unknown("i-1".to_owned()));
    let (status, page) = post(&server, &format!("/ack/{}", token("i-1", Timestamp::now())), "");
    assert_eq!(status, 410);
    assert!(page.contains("không còn mở"), "{page}");
}

#[test]
fn a_link_needs_no_password_and_everything_else_does() {
    let mut snapshot = fleet::snapshot(10);
    let users = vec![("prometheus".to_owned(), Secret::new(&bcrypt::hash("right", 4).unwrap()))];
    Arc::make_mut(&mut snapshot.config).web.basic_auth_users = users;
    let server = Server::start(snapshot);
    assert_eq!(get(&server, &format!("/ack/{}", token("i-1", Timestamp::now()))).0, 200);
    assert_eq!(post(&server, "/api/v1/incidents/i-1/ack", r#"{"who":"An"}"#).0, 401);
    assert_eq!(post(&server, "/api/v1/officers/truc-ban-1/pairing", "").0, 401);
    assert_eq!(get(&server, "/ack").0, 401);
    assert_eq!(acknowledged(&server), []);
}

#[test]
fn who_guesses_tokens_is_slowed_down_and_keeps_no_officer_out() {
    let server = Server::start(fleet::snapshot(10));
    let statuses: Vec<u16> = (0..80).map(|n| get(&server, &format!("/ack/guess{n}")).0).collect();
    assert!(statuses.contains(&403) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(get(&server, &format!("/ack/{}", token("i-1", Timestamp::now()))).0, 200);
}

#[test]
fn an_incident_is_acknowledged_over_the_api_by_id_or_number_for_an_officer_or_a_name() {
    let server = Server::start(fleet::snapshot(10));
    let (status, body) = post(&server, "/api/v1/incidents/i-1/ack", r#"{"who":"Trưởng thôn"}"#);
    assert_eq!(status, 200);
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((body["incident"].as_str(), body["who"].as_str()), (Some("i-1"), Some("Trưởng thôn")));
    assert_eq!(post(&server, "/api/v1/incidents/17/ack", r#"{"who":"An","how":"command"}"#).0, 200);
    assert_eq!(
        acknowledged(&server),
        [
            (Which::Incident("i-1".to_owned()), Who::Named("Trưởng thôn".to_owned()), How::Page),
            (Which::Number(17), Who::Named("An".to_owned()), How::Command),
        ]
    );
}

#[test]
fn what_cannot_be_acknowledged_is_said_as_json() {
    let server = Server::start(fleet::snapshot(10));
    let long = format!("{{\"who\":\"{}\"}}", "x".repeat(81));
    for body in ["", "{}", "[]", "{\"who\":\"\"}", "{\"who\":\"a\\nb\"}", "{\"who\":\"a\",\"how\":\"link\"}", &long] {
        let (status, answer) = post(&server, "/api/v1/incidents/i-1/ack", body);
        assert_eq!(status, 400, "{body}: {answer}");
        assert!(serde_json::from_str::<serde_json::Value>(&answer).unwrap()["error"].is_string(), "{answer}");
    }
    assert_eq!(post(&server, "/api/v1/incidents/i-1/ack", &"x".repeat(5000)).0, 413);
    assert_eq!(acknowledged(&server), []);
    let cross = "Sec-Fetch-Site: cross-site\r\n";
    assert_eq!(ask(&server, "POST", "/api/v1/incidents/i-1/ack", cross, r#"{"who":"An"}"#).0, 403);
    assert_eq!(ask(&server, "POST", "/api/v1/officers/truc-ban-1/pairing", cross, "").0, 403);
    *server.daemon.not_acknowledged.lock().unwrap() = Some(NotAcknowledged::Unknown("i-9".to_owned()));
    let (status, answer) = post(&server, "/api/v1/incidents/i-9/ack", r#"{"who":"An"}"#);
    assert_eq!(status, 404);
    assert!(answer.contains("no open incident i-9"), "{answer}");
}

#[test]
fn a_code_to_enrol_with_is_given_for_officers_of_the_inventory() {
    let server = Server::start(fleet::snapshot(10));
    let (status, body) = post(&server, "/api/v1/officers/truc-ban-1/pairing?channel=zalo", "");
    assert_eq!(status, 200);
    assert!(body.contains("\"code\":\"482133\"") && body.contains("\"channel\":\"zalo\""), "{body}");
    assert_eq!(post(&server, "/api/v1/officers/nobody/pairing", "").0, 404);
    assert_eq!(post(&server, "/api/v1/officers/%20/pairing", "").0, 404);
    assert_eq!(post(&server, "/api/v1/officers/truc-ban-1/pairing?channel=%20", "").0, 404);
}
