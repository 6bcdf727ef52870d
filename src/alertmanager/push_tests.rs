use std::sync::Mutex;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode as Status;
use serde_json::Value;

use super::*;
use crate::alertmanager::alert::tests::{config, incident};
use crate::judgement::event::IncidentScope;
use crate::observation::Cause;

fn at(minute: i64) -> Timestamp {
    "2026-11-22T02:20:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn camera(number: u32) -> Alert {
    let subject = format!("cam-{number:04}");
    Alert::of(&incident(IncidentScope::Camera, &subject, Cause::Refused, &["yl-01"]), None, &config())
}

fn standing(told: &Told) -> Vec<(String, bool)> {
    told.standing().iter().map(|alert| (alert.labels["camera"].clone(), alert.ended_at.is_none())).collect()
}

#[test]
fn what_ends_is_sent_for_a_quarter_of_an_hour_and_what_comes_back_fires_again() {
    let mut told = Told::default();
    assert!(told.update(vec![camera(1), camera(2)], at(0)));
    assert!(!told.update(vec![camera(1), camera(2)], at(1)), "the same again is no change");
    assert!(told.update(vec![camera(2)], at(2)));
    assert_eq!(standing(&told), [("cam-0002".to_owned(), true), ("cam-0001".to_owned(), false)]);
    assert!(!told.update(vec![camera(2)], at(16)));
    assert_eq!(standing(&told).len(), 2);
    told.update(vec![camera(2)], at(17));
    assert_eq!(standing(&told), [("cam-0002".to_owned(), true)]);
    told.update(Vec::new(), at(20));
    assert!(told.update(vec![camera(2)], at(21)));
    assert_eq!(standing(&told), [("cam-0002".to_owned(), true)]);
}

#[test]
fn two_incidents_with_the_same_labels_are_one_alert_until_both_are_over() {
    let mut told = Told::default();
    told.update(vec![camera(1), camera(1)], at(0));
    assert_eq!(standing(&told), [("cam-0001".to_owned(), true)]);
    assert!(!told.update(vec![camera(1)], at(1)));
}

#[test]
fn more_alerts_than_anybody_reads_are_cut_after_the_widest() {
    let mut told = Told::default();
    let config = config();
    let mut all: Vec<Alert> = (0..10_050).map(camera).collect();
    all.push(Alert::of(&incident(IncidentScope::Site, "yen-lenh", Cause::Reset, &["yl-01"]), None, &config));
    told.update(all, at(0));
    let standing = told.standing();
    assert_eq!((standing.len(), standing[0].labels["alertname"].as_str()), (MOST, "SiteDark"));
}

/// An Alertmanager that refuses alerts of cameras that it is told to, keeps the rest, and may be out of order.
#[derive(Default)]
struct Paper {
    posts: Mutex<Vec<Vec<String>>>,
    refuses: Mutex<Vec<String>>,
    broken: Mutex<bool>,
}

async fn take(State(paper): State<Arc<Paper>>, Json(alerts): Json<Vec<Value>>) -> (Status, String) {
    if *paper.broken.lock().unwrap() {
        return (Status::INTERNAL_SERVER_ERROR, String::new());
    }
    let cameras: Vec<String> = alerts.iter().map(|a| a["labels"]["camera"].as_str().unwrap().to_owned()).collect();
    let bad = cameras.iter().any(|camera| paper.refuses.lock().unwrap().contains(camera));
    paper.posts.lock().unwrap().push(cameras);
    if bad { (Status::BAD_REQUEST, "bad label".to_owned()) } else { (Status::OK, String::new()) }
}

async fn paper() -> (Arc<Paper>, Url) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let paper = Arc::new(Paper::default());
    let app = axum::Router::new().route("/prefix/api/v2/alerts", axum::routing::post(take)).with_state(paper.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/prefix/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (paper, url)
}

#[tokio::test]
async fn batches_are_of_256_in_order_and_the_one_that_is_bad_is_found_and_left_out() {
    let (paper, url) = paper().await;
    *paper.refuses.lock().unwrap() = vec!["cam-0300".to_owned()];
    let all: Vec<Alert> = (0..600).map(camera).collect();
    let wanted: Vec<&Alert> = all.iter().collect();
    let mut bad = Vec::new();
    let client = reqwest::Client::builder().build().unwrap();
    assert_eq!(send(&client, &endpoint(&url), &wanted, &mut bad).await, Ok(()));
    let bad: Vec<_> = bad.iter().map(|(alert, why)| (alert.labels["camera"].as_str(), why.as_str())).collect();
    assert_eq!(bad, [("cam-0300", "bad label")]);
    let posts = paper.posts.lock().unwrap();
    assert_eq!((posts[0].len(), posts[1].len(), posts.last().unwrap().len()), (256, 256, 88));
    assert_eq!(posts[0][0], "cam-0000");
    assert!(posts.len() <= 3 + 2 * 8, "{} requests", posts.len());
}

#[tokio::test]
async fn an_alertmanager_that_is_down_is_asked_again_and_gets_the_newest_state() {
    let (paper, url) = paper().await;
    *paper.broken.lock().unwrap() = true;
    let (sender, receiver) = watch::channel(Arc::new(vec![camera(1)]));
    let telemetry = Arc::new(Telemetry::new());
    let servant = tokio::spawn(serve(url, receiver, telemetry));
    tokio::time::sleep(Duration::from_millis(300)).await;
    sender.send_replace(Arc::new(vec![camera(2)]));
    *paper.broken.lock().unwrap() = false;
    for _ in 0..1200 {
        if !paper.posts.lock().unwrap().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(*paper.posts.lock().unwrap(), [vec!["cam-0002".to_owned()]], "not the old one, and once");
    servant.abort();
}
