//! The rules of judgement, one by one, and as properties over random traces.

mod areas;
mod incidents;
mod properties;
mod restart;
mod rules;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::event::Event;
use super::{Judge, Output, Policy};
use crate::inventory::{
    Camera, CameraId, CommuneId, Depth, HostPort, Maintenance, Recorder, RecorderId, RecorderKind, Scope, Site, SiteId,
    TlsPolicy, Transport,
};
use crate::observation::{Cause, Observation, State};

/// Seconds after midnight of 1 November 2026, UTC.
fn t(seconds: i64) -> Timestamp {
    "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap() + Duration::from_secs(seconds.unsigned_abs())
}

fn camera_id(id: &str) -> CameraId {
    CameraId::new(id).unwrap()
}

fn camera(id: &str, site: &str) -> Camera {
    Camera {
        id: camera_id(id),
        site: SiteId::new(site).unwrap(),
        name: id.to_owned(),
        url: "rtsp://192.0.2.1/".parse().unwrap(),
        substream_url: None,
        credential: None,
        tls: TlsPolicy::System,
        funds: Vec::new(),
        recorder: Some(RecorderId::new("nvr").unwrap()),
        channel: None,
        installed: None,
        retired: None,
        retention: Some(Duration::from_secs(30 * 86_400)),
        interval: Duration::from_secs(30),
        timeout: Duration::from_secs(10),
        depth: Depth::Frame,
        transport: Transport::Tcp,
        picture: true,
    }
}

fn site(id: &str, gateway: bool) -> Site {
    Site {
        id: SiteId::new(id).unwrap(),
        commune: CommuneId::new("commune").unwrap(),
        village: None,
        name: id.to_owned(),
        latitude: None,
        longitude: None,
        gateway: gateway.then(|| HostPort { host: "192.0.2.254".to_owned(), port: 80 }),
    }
}

/// `sites`: id, whether it has a gateway, and its cameras. Confirm 3, recover 2, pictures 2, interval 30 s, timeout 10 s,
/// group wait 20 s; time zone UTC.
fn policy(sites: &[(&str, bool, &[&str])]) -> Policy {
    let cameras: BTreeMap<CameraId, Camera> = sites
        .iter()
        .flat_map(|(site, _, cameras)| cameras.iter().map(|id| (camera_id(id), camera(id, site))))
        .collect();
    let nvr = RecorderId::new("nvr").unwrap();
    Policy {
        confirm: 3,
        recover: 2,
        picture_confirm: 2,
        group_wait: Duration::from_secs(20),
        unknown_after: Duration::from_secs(1800),
        clock_tolerance: Duration::from_secs(300),
        metadata_interval: Duration::from_secs(900),
        timezone: TimeZone::UTC,
        sites: sites.iter().map(|(id, gateway, _)| (SiteId::new(id).unwrap(), site(id, *gateway))).collect(),
        cameras,
        recorders: BTreeMap::from([(
            nvr.clone(),
            Recorder {
                id: nvr,
                site: SiteId::new(sites[0].0).unwrap(),
                kind: RecorderKind::Hikvision,
                url: "http://192.0.2.2".parse().unwrap(),
                credential: None,
                tls: TlsPolicy::System,
                allow_basic: false,
                requests_per_minute: 10,
            },
        )]),
        funded: std::collections::BTreeSet::new(),
        communes: [CommuneId::new("commune").unwrap()].into(),
        maintenance: Vec::new(),
    }
}

fn one() -> Policy {
    policy(&[("s", false, &["a"])])
}

fn window(camera: &str, from: i64, to: i64) -> Maintenance {
    Maintenance { scope: Scope::Camera(camera_id(camera)), from: t(from), to: t(to), reason: String::new() }
}

/// A line as a recorded one; `rest` follows `at`.
fn line(at: Timestamp, rest: &str) -> Observation {
    serde_json::from_str(&format!(r#"{{"at":"{at}",{rest}}}"#)).expect(rest)
}

fn seen(at: i64, camera: &str, outcome: &str) -> Observation {
    line(t(at), &format!(r#""camera":"{camera}","outcome":"{outcome}","depth":"frame""#))
}

fn picture(at: i64, camera: &str, verdict: &str) -> Observation {
    line(t(at), &format!(r#""camera":"{camera}","outcome":"ok","depth":"picture","picture":{{"verdict":"{verdict}"}}"#))
}

fn gateway(at: i64, site: &str, answer: &str) -> Observation {
    line(t(at), &format!(r#""site":"{site}","gateway":"{answer}""#))
}

fn reference(at: i64, answer: &str) -> Observation {
    line(t(at), &format!(r#""reference":"{answer}""#))
}

fn poll(at: i64, rest: &str) -> Observation {
    line(t(at), &format!(r#""recorder":"nvr","outcome":"ok",{rest}"#))
}

/// Seconds after the beginning.
fn seconds(at: Timestamp) -> String {
    let span = at.duration_since(t(0));
    let millis = span.subsec_millis();
    if millis == 0 { span.as_secs().to_string() } else { format!("{}.{millis:03}", span.as_secs()) }
}

/// `at camera from>to since cause`, or `at phase scope:subject cause [cameras] since`.
fn show(event: &Event) -> String {
    match event {
        Event::State(e) => format!(
            "{} {} {}>{} {} {}",
            seconds(e.at),
            e.camera,
            e.from,
            e.to,
            seconds(e.since),
            e.cause.map_or("-", crate::observation::Cause::as_str)
        ),
        Event::Incident(e) => format!(
            "{} {:?} {}:{} {} {:?} {}",
            seconds(e.at),
            e.phase,
            e.scope.as_str(),
            e.subject,
            e.cause,
            e.cameras,
            seconds(e.since)
        ),
        Event::Page(_) => unreachable!("the judgement pages nobody"),
    }
}

fn run(judge: &mut Judge, lines: &[Observation]) -> Output {
    let mut all = Output::default();
    for line in lines {
        let output = judge.observe(line);
        all.events.extend(output.events);
        all.record.extend(output.record);
    }
    all
}

/// The state events of a trace.
fn states(policy: Policy, lines: &[Observation]) -> Vec<String> {
    let output = run(&mut Judge::new(policy), lines);
    output.events.iter().filter(|event| matches!(event, Event::State(_))).map(show).collect()
}

/// The incident events of a trace.
fn incidents(policy: Policy, lines: &[Observation]) -> Vec<String> {
    let output = run(&mut Judge::new(policy), lines);
    output.events.iter().filter(|event| matches!(event, Event::Incident(_))).map(show).collect()
}
