//! The pages that people look at, in a real Chromium: whole on a phone and on a desk, light and dark, in each language, for
//! those who do not see them and those who have no mouse and no script.
//!
//! The pictures that it takes lie in `target/screenshots`.

#[path = "browser/driver.rs"]
mod driver;
mod fleet;
#[path = "fleet/server.rs"]
mod server;
mod support;

use camwatch::inventory::OfficerId;
use camwatch::notify::ack::Links;
use driver::Chromium;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use server::{ACK_KEY, Server};

/// Each way of looking at a page: in both schemes at one size, and in each language at one of them.
fn looks(pages: &[(&str, &str)]) -> Value {
    let ways =
        [("phone", "light", "vi"), ("phone", "dark", "ko"), ("desktop", "dark", "vi"), ("desktop", "light", "en")];
    let of = |(at, name): &(&str, &str)| {
        ways.map(|(size, scheme, language)| {
            json!({"at": at, "name": name, "size": size, "scheme": scheme, "language": language})
        })
    };
    json!({"looks": pages.iter().flat_map(of).collect::<Vec<_>>()})
}

/// A path that acknowledges an incident.
fn link(told_at: Timestamp) -> String {
    format!("/ack/{}", Links::new(&ACK_KEY).token("i-1", &OfficerId::new("truc-ban-1").unwrap(), told_at))
}

#[test]
fn the_page_behind_the_link_in_a_message_is_for_everybody() {
    let Some(chromium) = Chromium::find() else { return };
    let mut snapshot = fleet::snapshot(10);
    let camera = fleet::camera_id(1);
    let incident = json!({
        "id": "i-1", "scope": "camera", "subject": camera, "cause": "reset", "cameras": [camera],
        "since": "2026-11-22T02:14:00Z", "opened_at": "2026-11-22T02:14:20Z",
    });
    snapshot.incidents = vec![serde_json::from_value(incident).unwrap()];
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
