//! The landing page: what this is, how things stand, where to go. No script, nothing from elsewhere.

use std::fmt::Write as _;

use axum::extract::State;
use axum::response::Html;

use super::Shared;
use crate::ledger::Month;
use crate::observation::State as CameraState;
use crate::snapshot::Snapshot;

/// Cameras that are listed; more than these nobody reads.
const MOST_LISTED: usize = 200;

pub async fn page(State(shared): State<Shared>) -> Html<String> {
    Html(render(&shared.snapshot()))
}

fn render(snapshot: &Snapshot) -> String {
    let mut page = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>camwatch</title>\n<style>\n\
         body { font-family: sans-serif; line-height: 1.5; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }\n\
         table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; }\n\
         </style>\n</head>\n<body>\n<h1>camwatch</h1>\n",
    );
    // Writing to a String does not fail.
    let _ = writeln!(page, "<p>Health of {} cameras at {}.", snapshot.cameras.len(), snapshot.at.strftime("%F %TZ"));
    if !snapshot.monitor_online {
        page.push_str("<strong>The monitor is cut off: no reference answers.</strong>\n");
    }
    page.push_str("</p>\n<table>\n<tr><th>state</th><th>cameras</th></tr>\n");
    for state in CameraState::ALL {
        let count = snapshot.cameras.iter().filter(|camera| camera.state == *state).count();
        let _ =
            writeln!(page, "<tr><td><a href=\"/api/v1/cameras?state={state}\">{state}</a></td><td>{count}</td></tr>");
    }
    let _ = writeln!(page, "</table>\n<p>Open incidents: {}.</p>", snapshot.incidents.len());
    list(&mut page, snapshot);
    let month = Month::of(snapshot.at, &snapshot.config.daemon.timezone);
    let _ = writeln!(
        page,
        "<p>Reports: <a href=\"/reports/{last}\">{last}</a>, <a href=\"/reports/{month}\">{month}</a>.</p>",
        last = month.previous()
    );
    page.push_str("<h2>For programs</h2>\n<ul>\n");
    for (path, what) in [
        ("/metrics", "Prometheus metrics"),
        ("/api/v1/cameras", "cameras, JSON"),
        ("/api/v1/incidents", "open incidents, JSON"),
        ("/api/v1/openapi.json", "description of the API"),
        ("/-/healthy", "liveness"),
        ("/-/ready", "readiness"),
    ] {
        let _ = writeln!(page, "<li><a href=\"{path}\">{path}</a>: {what}</li>");
    }
    let _ = write!(page, "</ul>\n<p>Version {}.</p>\n</body>\n</html>\n", env!("CARGO_PKG_VERSION"));
    page
}

/// The cameras that are not up, each with the way to a probe that explains itself.
fn list(page: &mut String, snapshot: &Snapshot) {
    let is_fine = |state| matches!(state, CameraState::Up | CameraState::Maintenance);
    let mut rows = snapshot.cameras.iter().filter(|camera| !is_fine(camera.state)).peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str(
        "<h2>Not up</h2>\n<table>\n<tr><th>camera</th><th>name</th><th>state</th><th>cause</th><th>since</th><th></th></tr>\n",
    );
    for camera in rows.by_ref().take(MOST_LISTED) {
        let cause = camera.cause.map_or("", |cause| cause.as_str());
        let since = camera.since.map(|since| since.strftime("%F %TZ").to_string()).unwrap_or_default();
        // An id holds no character that means anything in HTML or a URL.
        let id = camera.camera.as_str();
        let _ = writeln!(
            page,
            "<tr><td>{id}</td><td>{}</td><td>{}</td><td>{cause}</td><td>{since}</td>\
             <td><a href=\"/probe?camera={id}&amp;debug=true\">probe now</a></td></tr>",
            escaped(&camera.name),
            camera.state,
        );
    }
    page.push_str("</table>\n");
    let more = rows.count();
    if more > 0 {
        let _ = writeln!(page, "<p>And {more} more.</p>");
    }
}

pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
