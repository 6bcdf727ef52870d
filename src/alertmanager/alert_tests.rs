use super::*;
use crate::config::Config;

const TEXT: &str = r#"
[alert]
owner = "push"
alertmanagers = ["http://127.0.0.1:9093"]
[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"
[[site]]
id = "yen-lenh"
commune = "moc-nam"
name = "Cầu Yên Lệnh"
[[fund]]
id = "commune-2023"
kind = "commune"
name = "Ngân sách xã"
[[fund]]
id = "ho-dan"
kind = "household"
name = "Bà Hai"
[[camera]]
id = "yl-01"
site = "yen-lenh"
name = "Đầu cầu"
url = "rtsp://127.0.0.1/1"
fund = "commune-2023"
[[camera]]
id = "yl-02"
site = "yen-lenh"
name = "Nhà bà Hai"
url = "rtsp://127.0.0.1/2"
fund = "ho-dan"
"#;

pub(crate) fn config() -> Config {
    Config::parse(std::path::Path::new("camwatch.toml"), TEXT).unwrap()
}

pub(crate) fn incident(scope: IncidentScope, subject: &str, cause: Cause, cameras: &[&str]) -> Incident {
    Incident {
        id: format!("20261122-{subject}"),
        scope,
        subject: subject.to_owned(),
        cause,
        cameras: cameras.iter().map(|id| CameraId::new(id).unwrap()).collect(),
        since: at("2026-11-22T02:14:00Z"),
        opened_at: at("2026-11-22T02:15:20Z"),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn json(alert: &Alert, now: &str) -> serde_json::Value {
    serde_json::to_value(alert.posted(at(now))).unwrap()
}

#[test]
fn a_site_is_posted_as_alertmanager_wants_it_and_dated_by_when_it_was_told() {
    let incident = incident(IncidentScope::Site, "yen-lenh", Cause::ConnectTimeout, &["yl-01", "yl-02"]);
    let posted = json(&Alert::of(&incident, None, &config()), "2026-11-22T02:20:00Z");
    assert_eq!(
        posted["labels"],
        serde_json::json!({"alertname": "SiteDark", "severity": "critical", "role": "officer", "commune": "moc-nam",
            "site": "yen-lenh", "funded": "true"})
    );
    assert_eq!(posted["startsAt"], "2026-11-22T02:15:20Z", "an earlier begin would make it skip group_wait");
    assert_eq!(posted["endsAt"], "2026-11-22T02:24:00Z");
    assert_eq!(posted["annotations"]["outage_started_at"], "2026-11-22T02:14:00Z");
    assert_eq!(posted["annotations"]["summary"], "Cầu Yên Lệnh (yen-lenh): the site is dark (2 cameras)");
}

#[test]
fn what_is_over_carries_the_same_labels_whatever_its_cause_and_cameras_have_become() {
    let config = config();
    let open = incident(IncidentScope::Camera, "yl-01", Cause::ConnectTimeout, &["yl-01"]);
    let over = Incident { cause: Cause::NoMedia, ..open.clone() };
    let ended = at("2026-11-22T02:31:00Z");
    let (open, over) = (Alert::of(&open, None, &config), Alert::of(&over, Some(ended), &config));
    assert_eq!(open.labels, over.labels);
    assert_eq!(json(&over, "2026-11-22T02:31:05Z")["endsAt"], "2026-11-22T02:31:00Z");
    let values: Vec<_> = open.labels.values().collect();
    assert!(!values.iter().any(|value| value.contains("timeout")), "{values:?}");
}

#[test]
fn a_clock_that_was_set_back_ends_no_alert_before_it_begins() {
    let ended = at("2026-11-22T01:00:00Z");
    let incident = incident(IncidentScope::Camera, "yl-01", Cause::Reset, &["yl-01"]);
    let over = Alert::of(&incident, Some(ended), &config());
    assert_eq!(json(&over, "2026-11-22T01:00:01Z")["endsAt"], "2026-11-22T02:15:20Z");
    let open = Alert::of(&incident, None, &config());
    assert_eq!(json(&open, "2026-11-22T01:00:01Z")["endsAt"], "2026-11-22T02:19:20Z");
}

#[test]
fn the_camera_of_a_household_tells_nobody_and_is_not_named() {
    let incident = incident(IncidentScope::Camera, "yl-02", Cause::Refused, &["yl-02"]);
    let alert = Alert::of(&incident, None, &config());
    assert_eq!((alert.labels["funded"].as_str(), alert.labels["severity"].as_str()), ("false", "none"));
    assert!(!alert.annotations["summary"].contains("Hai") && !alert.annotations["summary_vi"].contains("Hai"));
}

#[test]
fn every_scope_and_cause_is_an_alert_that_has_a_runbook_and_says_where_it_is() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = config();
    for scope in IncidentScope::ALL {
        let subject = match scope {
            IncidentScope::Camera => "yl-01",
            IncidentScope::Site => "yen-lenh",
            IncidentScope::Area => "moc-nam",
            IncidentScope::Recorder => "nvr",
            IncidentScope::Monitor => "monitor",
        };
        for cause in Cause::ALL {
            let alert = Alert::of(&incident(scope, subject, *cause, &["yl-01"]), None, &config);
            assert!(root.join(&alert.annotations["runbook_url"]).is_file(), "{}", alert.annotations["runbook_url"]);
            assert!(alert.labels.values().all(|value| !value.is_empty()), "an empty label is none");
            assert_eq!(alert.labels.contains_key("commune"), !matches!(subject, "nvr" | "monitor"));
        }
    }
    let officer = |scope, cause| {
        Alert::of(&incident(scope, "yl-01", cause, &["yl-01"]), None, &config).labels["role"] == "officer"
    };
    assert!(officer(IncidentScope::Camera, Cause::Black) && !officer(IncidentScope::Camera, Cause::Unauthorized));
    assert!(!officer(IncidentScope::Monitor, Cause::MonitorOffline));
}

#[test]
fn what_mutes_others_is_sent_before_them() {
    let config = config();
    let of = |scope, subject: &str| Alert::of(&incident(scope, subject, Cause::Reset, &["yl-01"]), None, &config);
    let mut all = [
        Alert { ended_at: Some(at("2026-11-22T02:31:00Z")), ..of(IncidentScope::Area, "moc-nam") },
        of(IncidentScope::Camera, "yl-01"),
        of(IncidentScope::Site, "yen-lenh"),
        of(IncidentScope::Area, "moc-nam"),
    ];
    all.sort_by_key(Alert::order);
    let scopes: Vec<_> = all.iter().map(|alert| alert.scope).collect();
    assert_eq!(scopes, [IncidentScope::Area, IncidentScope::Site, IncidentScope::Camera, IncidentScope::Area]);
}
