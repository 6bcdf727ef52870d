//! The web over real TCP: every path, who may ask, and what the slow and the hostile get.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use camwatch::config::{Owner, Problem, Problems, TlsServer};
use camwatch::observation::Outcome;
use camwatch::secret::Secret;
use camwatch::snapshot::{CameraStatus, Snapshot};
use camwatch::web::{NotProbed, NotTaken};
use server::Server;

mod fleet;
#[path = "fleet/server.rs"]
mod server;

/// An answer, taken apart.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn read(mut stream: impl std::io::Read) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head that ends");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self { status, head, body: bytes[end + 4..].to_vec() }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

fn ask(server: &Server, method: &str, path: &str, headers: &[&str]) -> Answer {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request(server, method, path, headers).as_bytes()).unwrap();
    Answer::read(stream)
}

fn request(server: &Server, method: &str, path: &str, headers: &[&str]) -> String {
    let headers: Vec<String> = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let host = server.address;
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{}\r\n", headers.concat())
}

fn post(server: &Server, path: &str, headers: &[&str], body: &str) -> Answer {
    let length = format!("Content-Length: {}", body.len());
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = request(server, "POST", path, &[headers, &[length.as_str()]].concat());
    stream.write_all((head + body).as_bytes()).unwrap();
    Answer::read(stream)
}

fn get(server: &Server, path: &str) -> Answer {
    ask(server, "GET", path, &[])
}

fn small() -> Server {
    Server::start(fleet::snapshot(10))
}

fn with_web(change: impl FnOnce(&mut camwatch::config::Web)) -> Snapshot {
    let mut snapshot = fleet::snapshot(10);
    change(&mut Arc::make_mut(&mut snapshot.config).web);
    snapshot
}

#[test]
fn metrics_come_as_text_or_gzip_and_carry_the_daemons_own_series_fresh() {
    let server = small();
    let plain = get(&server, "/metrics");
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(plain.header("content-encoding"), None);
    assert!(plain.text().contains("\ncamwatch_camera_state{camera=\"c0000\""));
    assert!(plain.text().contains("camwatch_probes_total 0\n"));

    server.telemetry.probe_started(Duration::ZERO);
    server.telemetry.probe_ended("c0000", Outcome::Refused, None, Duration::from_millis(3), 0);
    let packed = ask(&server, "GET", "/metrics", &["Accept-Encoding: gzip"]);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("Accept-Encoding"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed.body.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text.contains("camwatch_probes_total 1\n"), "the daemon's own series are not kept");
    assert!(text.contains("camwatch_probe_failures_total{cause=\"refused\"} 1\n"));
    assert!(text.contains("camwatch_http_requests_total{code=\"200\"} 1\n"));
    let cameras = |page: &str| page.lines().filter(|line| line.contains("{camera=")).count();
    assert_eq!(cameras(&text), cameras(plain.text()));
}

#[test]
fn a_new_snapshot_is_on_the_next_page() {
    let server = small();
    assert!(get(&server, "/metrics").text().contains("camera=\"c0009\""));
    server.show(fleet::snapshot(9));
    assert!(!get(&server, "/metrics").text().contains("camera=\"c0009\""));
}

#[test]
fn a_part_that_is_none_is_refused_with_what_is_expected() {
    let server = small();
    for (query, expected) in [
        ("shard=0/2", "from 1 to N"),
        ("shard=x", "shard=1/4"),
        ("commune=nowhere", "[[commune]]"),
        ("shard=1/2&commune=comm-00", "one of them"),
    ] {
        let answer = get(&server, &format!("/metrics?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains(expected), "{query}: {}", answer.text());
    }
    let own = |answer: &Answer| answer.text().contains("camwatch_build_info");
    assert!(own(&get(&server, "/metrics?shard=1/2")));
    assert!(!own(&get(&server, "/metrics?shard=2/2")));
    assert!(!own(&get(&server, "/metrics?commune=comm-00")));
}

#[test]
fn a_probe_on_request_gives_the_metrics_of_that_probe_alone() {
    let server = small();
    let answer = ask(&server, "GET", "/probe?camera=c0001", &["X-Prometheus-Scrape-Timeout-Seconds: 4"]);
    assert_eq!(answer.status, 200);
    let page = answer.text();
    for line in [
        "probe_success 1",
        "probe_duration_seconds 0.05",
        "probe_timeout_seconds 3.5",
        "probe_rtsp_duration_seconds{phase=\"connect\"} 0.0015",
        "probe_outcome_info{outcome=\"ok\"} 1",
        "probe_received_bytes 12345",
    ] {
        assert!(page.lines().any(|one| one == line), "{line} in {page}");
    }
    assert!(!page.contains("camwatch_camera_"), "a fresh registry");
    assert_eq!(server.daemon.probes.lock().unwrap()[0], (fleet::camera_id(1), Duration::from_millis(3500)));

    *server.daemon.outcome.lock().unwrap() = Some(Outcome::ConnectTimeout);
    let failed = ask(&server, "GET", "/probe?camera=c0001", &["X-Prometheus-Scrape-Timeout-Seconds: 60"]);
    assert_eq!(failed.status, 200, "a camera's failure is an answer");
    assert!(failed.text().contains("probe_success 0\n"));
    assert!(failed.text().contains("probe_timeout_seconds 10\n"), "the camera's own timeout is the cap");
}

#[test]
fn a_probe_explains_itself_without_secrets() {
    let mut snapshot = fleet::snapshot(10);
    let inventory = &mut Arc::make_mut(&mut snapshot.config).inventory;
    inventory.cameras.get_mut(&fleet::camera_id(0)).unwrap().url =
        "rtsp://10.0.0.1/user=admin&password=hunter2&channel=1".parse().unwrap();
    let server = Server::start(snapshot);
    let answer = get(&server, "/probe?camera=c0000&debug=true");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    for part in ["connected in 1.5 ms", "outcome: ok", "probe_success 1", "rtsp://10.0.0.1/***", "user \"monitor\""] {
        assert!(answer.text().contains(part), "{part} in {}", answer.text());
    }
    assert!(!answer.text().contains("hunter2"));
}

#[test]
fn only_cameras_of_the_inventory_are_probed() {
    let server = small();
    for camera in ["c9999", "rtsp://10.0.0.1/", "rtsp%3A%2F%2F10.0.0.1%2F", "", "%00"] {
        assert_eq!(get(&server, &format!("/probe?camera={camera}")).status, 404, "{camera}");
    }
    assert_eq!(get(&server, "/probe").status, 400);
    assert_eq!(ask(&server, "GET", "/probe?camera=c0000", &["X-Prometheus-Scrape-Timeout-Seconds: soon"]).status, 400);
    assert!(server.daemon.probes.lock().unwrap().is_empty());
    *server.daemon.not_probed.lock().unwrap() = Some(NotProbed::Busy);
    assert_eq!(get(&server, "/probe?camera=c0000").status, 503);
}

#[test]
fn a_probe_that_never_answers_ends_within_what_the_scraper_allows() {
    let server = small();
    server.daemon.hangs.store(true, Ordering::SeqCst);
    let answer = ask(&server, "GET", "/probe?camera=c0000", &["X-Prometheus-Scrape-Timeout-Seconds: 1"]);
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("c0000"), "{}", answer.text());
}

#[test]
fn liveness_readiness_and_reload_are_as_prometheus_has_them() {
    let server = small();
    server.ready.send_replace(false);
    assert_eq!(get(&server, "/-/healthy").status, 200);
    assert_eq!(get(&server, "/-/ready").status, 503);
    server.ready.send_replace(true);
    assert_eq!(get(&server, "/-/ready").status, 200);

    let wrong = get(&server, "/-/reload");
    assert_eq!(wrong.status, 405);
    assert!(wrong.header("allow").is_some_and(|allow| allow.contains("POST")), "{wrong:?}");
    assert_eq!(server.daemon.reloads.load(Ordering::SeqCst), 0);
    assert_eq!(ask(&server, "POST", "/-/reload", &["Content-Length: 0"]).status, 200);
    assert_eq!(server.daemon.reloads.load(Ordering::SeqCst), 1);

    let problem = Problem {
        file: "camwatch.toml".into(),
        line: 3,
        column: 9,
        text: "unknown key, did you mean listen".to_owned(),
    };
    *server.daemon.problems.lock().unwrap() = Some(Problems(vec![problem]));
    let refused = ask(&server, "POST", "/-/reload", &["Content-Length: 0"]);
    assert_eq!(refused.status, 500);
    assert!(refused.text().contains("camwatch.toml:3:9: unknown key"), "{}", refused.text());
}

#[test]
fn a_page_of_another_site_cannot_make_the_daemon_reload() {
    let server = small();
    for header in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        let answer = ask(&server, "POST", "/-/reload", &["Content-Length: 0", header]);
        assert_eq!(answer.status, 403, "{header}");
    }
    assert_eq!(server.daemon.reloads.load(Ordering::SeqCst), 0);
    let own = format!("Origin: http://{}", server.address);
    assert_eq!(ask(&server, "POST", "/-/reload", &["Content-Length: 0", &own]).status, 200);
}

#[test]
fn the_api_lists_cameras_and_incidents_in_the_shape_of_the_snapshot() {
    let server = small();
    let answer = get(&server, "/api/v1/cameras");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let body = answer.json();
    assert_eq!(body["at"], "2026-11-01T00:00:00Z");
    let cameras: Vec<CameraStatus> = serde_json::from_value(body["cameras"].clone()).unwrap();
    assert_eq!(cameras.len(), 10, "the shape reads back");
    let expected = serde_json::to_string(&server.snapshot.borrow().cameras).unwrap();
    let recorders = serde_json::to_string(&server.snapshot.borrow().recorders).unwrap();
    let whole = format!(r#"{{"at":"2026-11-01T00:00:00Z","cameras":{expected},"recorders":{recorders}}}"#);
    assert_eq!(answer.text(), whole);
    let dark = get(&server, "/api/v1/cameras?state=dark").json();
    assert_eq!(dark["cameras"].as_array().unwrap().len(), 1);
    assert_eq!(dark["cameras"][0]["cause"], "connect_timeout");
    let nowhere = get(&server, "/api/v1/cameras?site=nowhere").json();
    assert_eq!(nowhere["cameras"].as_array().unwrap().len(), 0);
    let bad = get(&server, "/api/v1/cameras?state=broken");
    assert_eq!(bad.status, 400);
    assert!(bad.json()["error"].as_str().unwrap().contains("maintenance"));
    assert_eq!(get(&server, "/api/v1/incidents").json()["incidents"], serde_json::json!([]));
}

/// A daemon on paper with a real, empty record.
fn with_record() -> (tempfile::TempDir, Server) {
    let directory = tempfile::tempdir().unwrap();
    let mut snapshot = fleet::snapshot(10);
    let config = Arc::make_mut(&mut snapshot.config);
    config.store.path = directory.path().join("ledger.db");
    config.alert.owner = Owner::Prometheus;
    let telemetry = Arc::new(camwatch::telemetry::Telemetry::new());
    let keep = config.store.keep_observations;
    drop(camwatch::store::Writer::open(&config.store.path, keep, telemetry).unwrap());
    (directory, Server::start(snapshot))
}

#[test]
fn the_report_of_a_month_is_what_the_command_makes_and_can_be_of_a_fund_commune_or_site() {
    let (_directory, server) = with_record();
    let report = get(&server, "/api/v1/reports/2026-10");
    assert_eq!((report.status, report.header("content-type")), (200, Some("application/json")));
    let report = report.json();
    assert_eq!(report["cameras"].as_array().unwrap().len(), 10);
    let first = &report["cameras"][0];
    assert_eq!(first["unknown_seconds"], 31 * 86_400, "what nobody saw is unknown");
    assert_eq!(first["signal_uptime_ratio"], serde_json::Value::Null);
    let household = get(&server, "/api/v1/reports/2026-10?fund=ho-dan").json();
    assert_eq!(household["cameras"].as_array().unwrap().len(), 2);
    // Who that household is, is for who signs in or sits at this machine: not for what a proxy passes on.
    let page = "/reports/2026-10?fund=ho-dan&format=html";
    assert_eq!(get(&server, page).status, 200);
    let passed_on = ["X-Forwarded-For: 203.0.113.7"];
    assert_eq!(ask(&server, "GET", page, &passed_on).status, 403);
    let answer = ask(&server, "GET", "/reports/2026-10?lang=en", &passed_on);
    let index = answer.text();
    assert!(!index.contains("ho-dan") && index.contains("for those who sign in"), "{index}");
    for (path, status) in [
        ("2026-13", 400),
        ("october", 400),
        ("2026-10?fund=ho-dan&site=site-000", 400),
        ("2026-10?site=a%20b", 400),
        ("2026-10?site=nowhere", 404),
    ] {
        let answer = get(&server, &format!("/api/v1/reports/{path}"));
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.json()["error"].is_string());
    }
    let none = small();
    let answer = get(&none, "/api/v1/reports/2026-10");
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains("/nonexistent"), "paths are for the log");
}

#[test]
fn the_api_is_described_path_by_path_and_field_by_field() {
    let (_directory, server) = with_record();
    let api = get(&server, "/api/v1/openapi.json").json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, methods) in api["paths"].as_object().unwrap() {
        // It never ends by itself; a test of its own listens.
        for method in methods.as_object().unwrap().keys().filter(|_| path != "/events") {
            let id = match path.split('/').rev().nth(1).unwrap_or_default() {
                "cameras" => "c0000",
                "sites" => "site-000",
                _ => "nvr",
            };
            let address = path.replace("{month}", "2026-10").replace("{id}", id);
            let address = if path == "/probe" { "/probe?camera=c0000" } else { &address };
            let status = match path.as_str() {
                "/api/v1/alertmanager" => post(&server, path, &[], r#"{"version":"4","alerts":[]}"#).status,
                "/api/v1/incidents/{id}/ack" => post(&server, address, &[], r#"{"who":"truc-ban-1"}"#).status,
                _ => ask(&server, &method.to_uppercase(), address, &["Content-Length: 0"]).status,
            };
            let described = &methods[method]["responses"][status.to_string()];
            assert!(described.is_object(), "{method} {path}: {status}");
            assert!((200..300).contains(&status) || !path.starts_with("/api/"), "{method} {path}: {status}");
        }
    }
    let schemas = &api["components"]["schemas"];
    let described = |schema: &str| -> Vec<String> {
        let mut fields: Vec<_> = schemas[schema]["properties"].as_object().unwrap().keys().cloned().collect();
        fields.sort();
        fields
    };
    let sent = |value: &serde_json::Value| -> Vec<String> {
        let mut fields: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        fields.sort();
        fields
    };
    let cameras = get(&server, "/api/v1/cameras").json();
    let camera = &cameras["cameras"][0];
    assert_eq!(sent(&cameras), described("Cameras"));
    assert_eq!(sent(camera), described("Camera"));
    assert_eq!(sent(&camera["stream"]), described("Stream"));
    assert_eq!(sent(&camera["picture"]), described("Picture"));
    assert_eq!(sent(&camera["device"]), described("Device"));
    assert_eq!(sent(&camera["recording"]), described("Recording"));
    assert_eq!(sent(&cameras["recorders"][0]), described("Recorder"));
    assert_eq!(sent(&cameras["recorders"][0]["disks"][0]), described("Disk"));
    let sites = get(&server, "/api/v1/sites").json();
    assert_eq!((sent(&sites), sent(&sites["sites"][0])), (described("Sites"), described("Site")));
    assert_eq!(sent(&sites["sites"][0]["uptime"]), described("Uptime"));
    assert_eq!(sent(&get(&server, "/api/v1/sites/site-000").json()), described("OneSite"));
    assert_eq!(sent(&get(&server, "/api/v1/cameras/c0000").json()), described("OneCamera"));
    assert_eq!(sent(&get(&server, "/api/v1/maintenance").json()), described("Maintenance"));
    let report = get(&server, "/api/v1/reports/2026-10").json();
    let retried = ask(&server, "POST", "/api/v1/credentials/nvr/retry", &["Content-Length: 0"]).json();
    assert_eq!(sent(&retried), described("Retried"));
    let paired = ask(&server, "POST", "/api/v1/officers/truc-ban-1/pairing", &["Content-Length: 0"]).json();
    assert_eq!(sent(&paired), described("Pairing"));
    assert_eq!(sent(&report), described("Report"));
    assert_eq!(sent(&report["cameras"][0]), described("ReportCamera"));
    assert_eq!(sent(&report["groups"][0]), described("ReportGroup"));
    let causes: Vec<&str> = schemas["Cause"]["enum"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let known: Vec<&str> = camwatch::observation::Cause::ALL.iter().map(|cause| cause.as_str()).collect();
    assert_eq!(causes, known);
    // Every reference points to something.
    let text = api.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(api.pointer(pointer).is_some(), "{pointer}");
    }
}

const SITE_DARK: &str = r#"{"version":"4","alerts":[{"status":"firing","labels":{"alertname":"SiteDark","severity":"critical",
"role":"officer","commune":"comm-00","site":"site-000"},"annotations":{"summary":"Site site-000 is dark"},
"startsAt":"2026-11-22T02:00:15Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"c1b7443d88a5e7a4"}]}"#;

fn with_alert(change: impl FnOnce(&mut camwatch::config::Alert)) -> Snapshot {
    let mut snapshot = fleet::snapshot(10);
    let alert = &mut Arc::make_mut(&mut snapshot.config).alert;
    alert.owner = Owner::Prometheus;
    change(alert);
    snapshot
}

#[test]
fn alerts_of_alertmanager_are_handed_on_and_answered_as_alertmanager_understands_it() {
    let server = Server::start(with_alert(|_| ()));
    let path = "/api/v1/alertmanager";
    let taken = post(&server, path, &[], SITE_DARK);
    assert_eq!((taken.status, taken.json()["taken"].as_u64()), (200, Some(1)));
    {
        let alerts = server.daemon.alerts.lock().unwrap();
        assert_eq!((alerts.len(), alerts[0].title.as_str()), (1, "Site site-000 is dark"));
    }
    for (body, said) in [("", "EOF"), ("[]", "JSON"), (r#"{"version":"4"}"#, "alerts"), (r#"{"version":"3"}"#, "\"4\"")]
    {
        let refused = post(&server, path, &[], body);
        assert_eq!(refused.status, 400, "{body}");
        let error = refused.json()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(said), "{body}: {error}");
    }
    // What may go over is sent again; so it is 5xx and nothing else.
    for reason in [NotTaken::Record, NotTaken::Stopping] {
        *server.daemon.not_taken.lock().unwrap() = Some(reason);
        let later = post(&server, path, &[], SITE_DARK);
        assert_eq!((later.status, later.header("retry-after")), (503, Some("10")));
        assert_eq!(later.json()["error"], reason.to_string());
    }
    let other_site = post(&server, path, &["Sec-Fetch-Site: cross-site"], SITE_DARK);
    assert_eq!(other_site.status, 403);

    server.show(with_alert(|alert| alert.owner = Owner::Embedded));
    let refused = post(&server, path, &[], SITE_DARK);
    assert_eq!(refused.status, 409);
    assert!(refused.json()["error"].as_str().unwrap().contains("owner = \"prometheus\""));
    assert_eq!(server.daemon.alerts.lock().unwrap().len(), 1, "nothing but the first was handed on");
}

#[test]
fn alertmanager_shows_its_token_and_needs_no_password_then() {
    let mut snapshot = with_alert(|alert| alert.webhook_token = Some(Secret::new("a long token")));
    let hash = Secret::new(&bcrypt::hash("right", 4).unwrap());
    Arc::make_mut(&mut snapshot.config).web.basic_auth_users = vec![("admin".to_owned(), hash)];
    let server = Server::start(snapshot);
    let path = "/api/v1/alertmanager";
    for header in ["Authorization: Bearer a long token", "authorization: bearer a long token"] {
        assert_eq!(post(&server, path, &[header], SITE_DARK).status, 200, "{header}");
    }
    let right = "Authorization: Basic YWRtaW46cmlnaHQ=";
    for header in ["X-Nothing: 1", "Authorization: Bearer a long toke", "Authorization: Bearer", right] {
        let refused = post(&server, path, &[header], SITE_DARK);
        assert_eq!(refused.status, 401, "{header}");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"camwatch\""));
        assert!(!refused.text().contains("long token"));
    }
    let token = "Authorization: Bearer a long token";
    assert_eq!(ask(&server, "GET", "/metrics", &[token]).status, 401, "the token opens no other door");
    assert_eq!(ask(&server, "GET", "/metrics", &[right]).status, 200);
}

#[test]
fn the_status_page_says_how_things_stand_and_escapes_what_it_shows() {
    let mut snapshot = fleet::snapshot(10);
    let inventory = &mut Arc::make_mut(&mut snapshot.config).inventory;
    inventory.cameras.get_mut(&fleet::camera_id(1)).unwrap().name = "<script>alert('x')</script>".to_owned();
    let server = Server::start(snapshot);
    let page = ask(&server, "GET", "/", &["Accept-Language: en"]);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert!(page.text().contains("&lt;script&gt;") && !page.text().contains("<script>"));
    assert!(page.text().contains("1 of 8 funded cameras is dark</h1>"), "{}", page.text());
    assert!(page.text().contains("<b>1</b> dark</a>"), "{}", page.text());
    assert!(!page.text().contains("http://") && !page.text().contains("https://"), "nothing from elsewhere");
}

#[test]
fn a_path_that_is_nothing_says_what_there_is() {
    let server = small();
    let page = get(&server, "/metric");
    assert_eq!(page.status, 404);
    assert!(page.text().contains("/metrics"));
    let api = get(&server, "/api/v2/cameras");
    assert_eq!(api.status, 404);
    assert!(api.json()["error"].as_str().unwrap().contains("openapi.json"));
    assert_eq!(ask(&server, "HEAD", "/metrics", &[]).status, 200);
    assert_eq!(ask(&server, "POST", "/metrics", &["Content-Length: 0"]).status, 405);
}

#[test]
fn with_basic_auth_every_path_asks_for_the_password_and_a_reload_changes_it() {
    use base64::Engine as _;
    let user = |password: &str| vec![("prometheus".to_owned(), Secret::new(&bcrypt::hash(password, 4).unwrap()))];
    let server = Server::start(with_web(|web| web.basic_auth_users = user("right")));
    let login = |text: &str| format!("Authorization: Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
    for path in ["/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/cameras", "/nothing"] {
        let answer = get(&server, path);
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"camwatch\", charset=\"UTF-8\""));
        assert!(!answer.text().contains("camera"), "{path} gives nothing away");
    }
    for _ in 0..2 {
        assert_eq!(ask(&server, "GET", "/metrics", &[&login("prometheus:right")]).status, 200);
        assert_eq!(ask(&server, "GET", "/metrics", &[&login("prometheus:wrong")]).status, 401);
        assert_eq!(ask(&server, "GET", "/metrics", &[&login("other:right")]).status, 401);
    }
    server.show(with_web(|web| web.basic_auth_users = user("new")));
    assert_eq!(ask(&server, "GET", "/metrics", &[&login("prometheus:right")]).status, 401);
    assert_eq!(ask(&server, "GET", "/metrics", &[&login("prometheus:new")]).status, 200);
    server.show(with_web(|_| ()));
    assert_eq!(get(&server, "/metrics").status, 200);
}

/// A certificate for 127.0.0.1, signed by itself, and its key.
fn certificate(directory: &std::path::Path) -> (TlsServer, rustls::pki_types::CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (cert_file, key_file) = (directory.join("cert.pem"), directory.join("key.pem"));
    std::fs::write(&cert_file, made.cert.pem()).unwrap();
    std::fs::write(&key_file, made.signing_key.serialize_pem()).unwrap();
    (TlsServer { cert_file, key_file, client_ca_file: None }, made.cert.der().clone())
}

fn tls_client(trusted: rustls::pki_types::CertificateDer<'static>) -> rustls::ClientConnection {
    tls_client_as(trusted, None)
}

type Identity = (rustls::pki_types::CertificateDer<'static>, rustls::pki_types::PrivateKeyDer<'static>);

fn tls_client_as(
    trusted: rustls::pki_types::CertificateDer<'static>,
    identity: Option<Identity>,
) -> rustls::ClientConnection {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match identity {
        Some((certificate, key)) => config.with_client_auth_cert(vec![certificate], key).unwrap(),
        None => config.with_no_client_auth(),
    };
    rustls::ClientConnection::new(Arc::new(config), "127.0.0.1".try_into().unwrap()).unwrap()
}

/// What comes back for a request over TLS, or why nothing does.
fn ask_tls(server: &Server, mut tls: rustls::ClientConnection) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut stream = rustls::Stream::new(&mut tls, &mut stream);
    stream.write_all(request(server, "GET", "/-/healthy", &[]).as_bytes())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn with_tls_the_page_comes_encrypted_and_a_reload_brings_the_renewed_certificate() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, trusted) = certificate(directory.path());
    let server = Server::start(with_web(|web| web.tls_server_config = Some(tls.clone())));
    assert!(ask_tls(&server, tls_client(trusted.clone())).unwrap().starts_with("HTTP/1.1 200"));

    // Plain HTTP is not answered, and a bad handshake is only that connection's.
    let mut plain = TcpStream::connect(server.address).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    let _ = plain.read_to_end(&mut bytes);
    assert!(!bytes.starts_with(b"HTTP/"));

    let (renewed, new_trusted) = certificate(directory.path());
    server.show(with_web(|web| web.tls_server_config = Some(renewed.clone())));
    assert!(ask_tls(&server, tls_client(new_trusted.clone())).unwrap().starts_with("HTTP/1.1 200"));
    assert!(ask_tls(&server, tls_client(trusted)).is_err(), "the old certificate is gone");

    std::fs::write(directory.path().join("cert.pem"), "no certificate").unwrap();
    server.show(with_web(|web| web.tls_server_config = Some(renewed)));
    assert!(
        ask_tls(&server, tls_client(new_trusted)).unwrap().starts_with("HTTP/1.1 200"),
        "what was good stays in force"
    );
}

#[test]
fn with_a_client_ca_only_clients_that_it_signed_are_answered() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let directory = tempfile::tempdir().unwrap();
    let (mut tls, trusted) = certificate(directory.path());
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, authority.self_signed(&authority_key).unwrap().pem()).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let client_key = KeyPair::generate().unwrap();
    let client = CertificateParams::new(["scraper".to_owned()]).unwrap().signed_by(&client_key, &issuer).unwrap();
    tls.client_ca_file = Some(ca_file);
    let server = Server::start(with_web(|web| web.tls_server_config = Some(tls)));

    let key = rustls::pki_types::PrivateKeyDer::try_from(client_key.serialize_der()).unwrap();
    let known = tls_client_as(trusted.clone(), Some((client.der().clone(), key)));
    assert!(ask_tls(&server, known).unwrap().starts_with("HTTP/1.1 200"));
    assert!(ask_tls(&server, tls_client(trusted)).is_err(), "nobody without a certificate");
}

#[test]
fn a_certificate_that_cannot_be_read_is_said_at_the_start_with_its_file() {
    let missing = TlsServer {
        cert_file: "/nonexistent/cert.pem".into(),
        key_file: "/nonexistent/key.pem".into(),
        client_ca_file: None,
    };
    let mut server = Server::start(with_web(|web| web.tls_server_config = Some(missing)));
    let error = server.served().unwrap_err().to_string();
    assert!(error.contains("cert_file") && error.contains("/nonexistent/cert.pem"), "{error}");
}

#[test]
fn a_head_that_is_too_long_is_refused_and_the_next_request_is_answered() {
    let server = small();
    let long = format!("X: {}", "x".repeat(100_000));
    let mut stream = TcpStream::connect(server.address).unwrap();
    // The server may close before all of it is sent.
    let _ = stream.write_all(request(&server, "GET", "/", &[&long]).as_bytes());
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    assert!(!bytes.starts_with(b"HTTP/1.1 200"));
    assert_eq!(get(&server, "/-/healthy").status, 200);
}

#[test]
fn those_who_say_nothing_do_not_keep_others_out() {
    let server = small();
    let idle: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let mut half = TcpStream::connect(server.address).unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost").unwrap();
    assert_eq!(get(&server, "/metrics").status, 200);
    drop((idle, half));
}

#[test]
fn at_shutdown_a_running_answer_is_finished_and_idle_connections_are_closed() {
    let mut server = small();
    let _idle = TcpStream::connect(server.address).unwrap();
    server.daemon.hangs.store(true, Ordering::SeqCst);
    let mut running = TcpStream::connect(server.address).unwrap();
    let asked = request(&server, "GET", "/probe?camera=c0000", &["X-Prometheus-Scrape-Timeout-Seconds: 2"]);
    running.write_all(asked.as_bytes()).unwrap();
    let begun = Instant::now();
    while server.daemon.probes.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the probe was never asked for");
        std::thread::sleep(Duration::from_millis(10));
    }
    server.begin_stop();
    assert!(server.served().is_ok());
    assert_eq!(Answer::read(running).status, 503);
    assert!(TcpStream::connect(server.address).is_err(), "nobody listens any more");
}
