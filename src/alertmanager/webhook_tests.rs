use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::inventory::{Commune, Site};

fn inventory() -> Inventory {
    let mut inventory = Inventory::default();
    let commune = CommuneId::new("moc-nam").unwrap();
    inventory
        .communes
        .insert(commune.clone(), Commune { id: commune.clone(), name: "Xã Mộc Nam".to_owned(), province: None });
    let site = SiteId::new("yen-lenh").unwrap();
    let name = "Cụm camera cầu Yên Lệnh".to_owned();
    inventory.sites.insert(
        site.clone(),
        Site { id: site, commune, village: None, name, latitude: None, longitude: None, gateway: None },
    );
    inventory
}

fn now() -> Timestamp {
    "2026-11-22T02:05:00Z".parse().unwrap()
}

fn read_value(payload: &Value) -> Result<Received, Malformed> {
    read(payload.to_string().as_bytes(), &inventory(), Language::Vietnamese, now())
}

/// As Alertmanager 0.34 sends it.
fn payload() -> Value {
    json!({
        "version": "4", "groupKey": "{}:{commune=\"moc-nam\", site=\"yen-lenh\"}", "truncatedAlerts": 0,
        "status": "firing", "receiver": "camwatch", "groupLabels": {"commune": "moc-nam", "site": "yen-lenh"},
        "commonLabels": {}, "commonAnnotations": {}, "routeLabels": {}, "externalURL": "http://alertmanager:9093",
        "notification_reason": "first notification",
        "alerts": [{
            "status": "firing",
            "labels": {"alertname": "SiteDark", "severity": "critical", "role": "officer", "commune": "moc-nam", "site": "yen-lenh"},
            "annotations": {
                "summary": "Site yen-lenh is dark", "description": "Look at the power first.",
                "summary_vi": "Điểm yen-lenh mất kết nối", "description_vi": "Kiểm tra nguồn điện trước.",
                "runbook_url": "docs/runbooks/SiteDark.md"
            },
            "startsAt": "2026-11-22T02:00:15.123456789Z", "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=1", "fingerprint": "C1B7443D88A5E7A4"
        }]
    })
}

fn first(payload: &Value) -> RaisedAlert {
    read_value(payload).unwrap().alerts.remove(0)
}

#[test]
fn an_alert_says_whom_it_is_for_where_and_what_in_the_language_of_the_daemon() {
    let alert = first(&payload());
    assert_eq!((alert.role, alert.severity, alert.until), (Role::Officer, Severity::Critical, None));
    let place = alert.place.unwrap();
    assert_eq!((place.commune.as_str(), place.site.unwrap().as_str()), ("moc-nam", "yen-lenh"));
    assert_eq!(alert.title, "Điểm yen-lenh mất kết nối");
    assert_eq!(alert.text, "Kiểm tra nguồn điện trước.");
    assert_eq!(alert.runbook.as_deref(), Some("docs/runbooks/SiteDark.md"));
    assert_eq!(alert.since, "2026-11-22T02:00:15.123456789Z".parse().unwrap());

    let english = read(payload().to_string().as_bytes(), &inventory(), Language::English, now()).unwrap();
    assert_eq!(english.alerts[0].title, "Site yen-lenh is dark");
    let korean = read(payload().to_string().as_bytes(), &inventory(), Language::Korean, now()).unwrap();
    assert_eq!(korean.alerts[0].title, "Site yen-lenh is dark", "what is not translated is told in English");
}

#[test]
fn firing_and_resolved_carry_one_id_and_another_outage_has_another() {
    let fired = first(&payload());
    let mut over = payload();
    over["alerts"][0]["status"] = "resolved".into();
    over["alerts"][0]["endsAt"] = "2026-11-22T02:30:00Z".into();
    over["alerts"][0]["annotations"] = json!({"summary": "other words"});
    let over = first(&over);
    assert_eq!(over.id, fired.id);
    assert_eq!(over.until, Some("2026-11-22T02:30:00Z".parse().unwrap()));

    let mut again = payload();
    again["alerts"][0]["startsAt"] = "2026-11-23T02:00:15Z".into();
    assert_ne!(first(&again).id, fired.id);
    assert!(fired.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", fired.id);
    assert!(fired.id.len() <= 26, "{}", fired.id);
    assert!(fired.id.starts_with("ac1b7443d88a5e7a4-"), "{}", fired.id);
}

#[test]
fn without_a_fingerprint_the_labels_name_the_alert() {
    let mut bare = payload();
    bare["alerts"][0].as_object_mut().unwrap().remove("fingerprint");
    let one = first(&bare).id;
    bare["alerts"][0]["labels"]["site"] = "dong-van".into();
    assert_ne!(first(&bare).id, one);
}

#[test]
fn an_end_that_is_missing_or_lies_before_the_begin_is_no_reason_to_lose_the_close() {
    let mut over = payload();
    over["alerts"][0]["status"] = "resolved".into();
    assert_eq!(first(&over).until, Some(now()), "the zero time of Go");
    over["alerts"][0].as_object_mut().unwrap().remove("endsAt");
    assert_eq!(first(&over).until, Some(now()));
    over["alerts"][0]["endsAt"] = "2026-11-22T01:00:00Z".into();
    assert_eq!(first(&over).until, Some(first(&over).since));
}

#[test]
fn a_place_that_the_inventory_does_not_know_is_as_much_of_it_as_it_does() {
    let place = |commune: &str, site: &str| {
        let mut payload = payload();
        payload["alerts"][0]["labels"]["commune"] = commune.into();
        payload["alerts"][0]["labels"]["site"] = site.into();
        first(&payload).place.map(|place| (place.commune.to_string(), place.site.map(|site| site.to_string())))
    };
    let known = Some(("moc-nam".to_owned(), Some("yen-lenh".to_owned())));
    assert_eq!(place("", "yen-lenh"), known, "a site says its commune");
    assert_eq!(place("elsewhere", "yen-lenh"), known);
    assert_eq!(place("moc-nam", "not there any more"), Some(("moc-nam".to_owned(), None)));
    assert_eq!(place("Hà Nam/1", ""), None);
}

#[test]
fn an_alert_of_somebody_elses_rules_is_a_warning_to_it_staff_and_the_watchdog_tells_nobody() {
    let foreign = json!({"version": "4", "alerts": [
        {"status": "firing", "labels": {"alertname": "DiskFull", "instance": "monitor:9100"}, "startsAt": "2026-11-22T02:00:00Z"},
        {"status": "firing", "labels": {"alertname": "CamwatchWatchdog", "severity": "none"}, "startsAt": "2026-11-22T02:00:00Z"},
    ], "truncatedAlerts": 3});
    let received = read_value(&foreign).unwrap();
    assert_eq!((received.alerts.len(), received.for_machines, received.truncated), (1, 1, 3));
    let alert = &received.alerts[0];
    assert_eq!((alert.role, alert.severity, &alert.place), (Role::It, Severity::Warning, &None));
    assert_eq!((alert.title.as_str(), alert.text.as_str()), ("DiskFull monitor:9100", ""));
}

#[test]
fn texts_are_bounded_and_carry_nothing_that_steers_a_phone() {
    let mut long = payload();
    long["alerts"][0]["annotations"]["summary_vi"] = "Mất\u{1b}[2J kết\nnối ".repeat(100).into();
    long["alerts"][0]["annotations"]["description_vi"] = "Điểm\r\nấy ".repeat(1000).into();
    let alert = first(&long);
    assert!(alert.title.chars().count() <= LONGEST_TITLE + 1 && !alert.title.contains(['\u{1b}', '\n']));
    assert!(alert.text.chars().count() <= LONGEST_TEXT + 1 && !alert.text.contains('\r') && alert.text.ends_with('…'));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let said = |change: &dyn Fn(&mut Value)| {
        let mut payload = payload();
        change(&mut payload);
        read_value(&payload).unwrap_err().to_string()
    };
    assert_eq!(
        said(&|p| p["version"] = "3".into()),
        "version is \"3\", expected \"4\": the webhook of Alertmanager 0.22 or newer"
    );
    assert_eq!(said(&|p| p["alerts"] = "none".into()), "alerts: is no list, expected a list of alerts");
    assert_eq!(said(&|p| p["alerts"][0] = 7.into()), "alerts[0]: is no object, expected an alert");
    assert_eq!(
        said(&|p| p["alerts"][0]["startsAt"] = "yesterday".into()),
        "alerts[0].startsAt: is no time, expected one of RFC 3339"
    );
    assert_eq!(said(&|p| p["alerts"][0]["status"] = 1.into()), "alerts[0].status: is 1, expected firing or resolved");
    assert_eq!(said(&|p| p["alerts"][0]["labels"]["site"] = 1.into()), "alerts[0].labels.site: is no text");
    assert!(said(&|p| p["alerts"][0]["labels"] = json!({})).starts_with("alerts[0].labels: is empty"));
    let not_json = read(b"{\"version\":", &inventory(), Language::English, now()).unwrap_err().to_string();
    assert!(not_json.contains("line 1 column 11"), "{not_json}");
}

#[test]
fn ten_thousand_alerts_are_read_in_one_go() {
    let mut many = payload();
    let one = many["alerts"][0].clone();
    many["alerts"] = (0..10_000)
        .map(|n| {
            let mut one = one.clone();
            one["fingerprint"] = format!("{n:016x}").into();
            one
        })
        .collect();
    let received = read_value(&many).unwrap();
    let ids: std::collections::BTreeSet<_> = received.alerts.iter().map(|alert| &alert.id).collect();
    assert_eq!(ids.len(), 10_000);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(Value::from("0001-01-01T00:00:00Z")),
        Just(Value::from("9999-12-31T23:59:59Z")),
        Just(Value::from("-009999-01-02T00:00:00Z")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let names = prop_oneof![
            Just("alerts"),
            Just("labels"),
            Just("annotations"),
            Just("status"),
            Just("startsAt"),
            Just("endsAt"),
            Just("fingerprint"),
            Just("severity"),
            Just("site")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names, inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_comes_is_read_or_refused_with_a_reason(garbage in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Err(malformed) = read(&garbage, &inventory(), Language::Vietnamese, now()) {
            prop_assert!(!malformed.to_string().is_empty());
        }
    }

    #[test]
    fn a_payload_with_anything_in_any_field_is_read_or_refused(
        field in prop::sample::select(vec!["status", "labels", "annotations", "startsAt", "endsAt", "fingerprint"]),
        value in any_json(),
        whole in any_json(),
    ) {
        let mut payload = payload();
        payload["alerts"][0][field] = value;
        if let Ok(received) = read_value(&payload) {
            for alert in received.alerts {
                prop_assert!(alert.until.is_none_or(|until| until >= alert.since));
                prop_assert!(alert.id.len() <= 40, "{}", alert.id);
                prop_assert!(!alert.title.is_empty());
            }
        }
        payload["alerts"] = whole;
        let _ = read_value(&payload);
    }
}
