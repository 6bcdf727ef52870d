use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use super::*;

fn door(port: u16) -> Door {
    Door::new(&HostPort { host: "10.0.0.1".to_owned(), port }, "admin")
}

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn id(text: &str) -> CredentialId {
    CredentialId::new(text).unwrap()
}

/// A gate with a clock that stands still until it is set.
fn with_clock(kept: Vec<Kept>) -> (Gate, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(0));
    let clock = {
        let seconds = Arc::clone(&seconds);
        Arc::new(move || Timestamp::from_second(1_790_000_000 + seconds.load(Ordering::Relaxed)).unwrap())
    };
    (Gate::with_clock(kept, [7; 16], clock), seconds)
}

#[tokio::test]
async fn sixteen_channels_with_a_wrong_password_cost_one_refused_login() {
    let gate = Gate::default();
    let sent = Arc::new(AtomicU32::new(0));
    let mut channels = Vec::new();
    for channel in 0..16 {
        let (gate, sent) = (gate.clone(), Arc::clone(&sent));
        channels.push(tokio::spawn(async move {
            let door = door(if channel % 2 == 0 { 554 } else { 80 });
            if let Ok(permit) = gate.permit(&door, None, &secret("wrong")).await {
                sent.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
                assert!(!permit.refused().is_doubt());
            }
        }));
    }
    for channel in channels {
        channel.await.unwrap();
    }
    assert_eq!(sent.load(Ordering::Relaxed), 1);
    assert!(gate.permit(&door(554), None, &secret("right")).await.is_ok(), "another secret may be tried");
}

#[tokio::test]
async fn one_login_at_a_time_also_once_one_was_accepted() {
    let (gate, _) = with_clock(Vec::new());
    gate.permit(&door(554), None, &secret("right")).await.unwrap().accepted();
    let first = gate.permit(&door(554), None, &secret("right")).await.unwrap();
    let waiting = tokio::spawn({
        let gate = gate.clone();
        async move { gate.permit(&door(80), None, &secret("right")).await.is_err() }
    });
    tokio::task::yield_now().await;
    assert!(first.refused().is_doubt());
    assert!(waiting.await.unwrap(), "who waits is told and sends nothing");
    assert!(gate.refused_credentials().is_empty(), "a doubt is no refusal yet");
}

#[tokio::test]
async fn what_was_refused_and_what_worked_is_kept_over_a_restart() {
    let nvr = id("nvr");
    let (gate, clock) = with_clock(Vec::new());
    gate.permit(&door(80), Some(&nvr), &secret("s")).await.unwrap().accepted();
    gate.permit(&door(554), Some(&nvr), &secret("s")).await.unwrap().accepted();
    assert_eq!(gate.drain_changes(), [GateChange::Keep(gate.kept()[0].clone())], "the latest, once");
    gate.permit(&door(554), Some(&nvr), &secret("s")).await.unwrap().accepted();
    assert_eq!(gate.drain_changes(), [], "a login that goes on working is no news");
    let _ = gate.permit(&door(554), Some(&nvr), &secret("s")).await.unwrap().refused();

    let (gate, restarted) = with_clock(gate.kept());
    restarted.store(clock.load(Ordering::Relaxed) + 600, Ordering::Relaxed);
    let closed = gate.permit(&door(80), Some(&nvr), &secret("s")).await.err().expect("doubted still");
    assert!(closed.is_doubt());
    assert_eq!(
        closed.to_string(),
        "10.0.0.1 refused credential \"nvr\", which worked before; one more try at 2026-09-21T15:13Z"
    );
    restarted.fetch_add(3000, Ordering::Relaxed);
    let closed = gate.permit(&door(80), Some(&nvr), &secret("s")).await.unwrap().refused();
    assert!(!closed.is_doubt());
    assert_eq!(gate.refused_credentials(), std::slice::from_ref(&nvr));

    let (gate, _) = with_clock(gate.kept());
    assert_eq!(gate.refused_credentials(), std::slice::from_ref(&nvr));
    let permit = gate.permit(&door(80), Some(&nvr), &secret("new")).await.expect("another text for the secret");
    let forgotten = gate.drain_changes();
    assert!(forgotten.iter().any(|change| matches!(change, GateChange::Forget { .. })), "{forgotten:?}");
    permit.accepted();
    assert!(gate.refused_credentials().is_empty());
}

#[tokio::test]
async fn a_reload_forgets_what_is_no_longer_configured_and_keeps_the_rest() {
    let (a, b, c) = (id("a"), id("b"), id("c"));
    let gate = Gate::default();
    for (host, credential, text) in [("h1", &a, "x"), ("h2", &b, "y"), ("h3", &c, "z")] {
        let door = Door::new(&HostPort { host: host.to_owned(), port: 1 }, "u");
        let _ = gate.permit(&door, Some(credential), &secret(text)).await.unwrap().refused();
    }
    // The first has another secret, the third another host.
    gate.configured([(&a, &secret("x2"), "h1"), (&b, &secret("y"), "H2"), (&c, &secret("z"), "h4")]);
    assert_eq!(gate.refused_credentials(), [b]);
}

#[tokio::test]
async fn an_operator_opens_the_gate_for_one_login() {
    let nvr = id("nvr");
    let (gate, _) = with_clock(Vec::new());
    let _ = gate.permit(&door(80), Some(&nvr), &secret("s")).await.unwrap().refused();
    assert_eq!(gate.retry(&id("other")), [""; 0]);
    assert_eq!(gate.retry(&nvr), ["10.0.0.1"]);
    assert!(gate.refused_credentials().is_empty());
    let _ = gate.permit(&door(80), Some(&nvr), &secret("s")).await.unwrap().refused();
    assert!(gate.permit(&door(80), Some(&nvr), &secret("s")).await.is_err());
    assert_eq!(gate.retry(&nvr), ["10.0.0.1"]);
    assert_eq!(gate.retry(&nvr), [""; 0], "nothing is shut any more");
}

#[tokio::test]
async fn a_locked_device_is_left_alone_with_every_account() {
    let (gate, clock) = with_clock(Vec::new());
    let _ = gate.permit(&door(80), None, &secret("s")).await.unwrap().locked(Some(Duration::from_secs(7200)));
    let other = |port| Door::new(&HostPort { host: "10.0.0.1".to_owned(), port }, "viewer");
    assert!(gate.permit(&other(80), None, &secret("t")).await.is_err(), "it may have locked our address");
    assert!(gate.permit(&other(8080), None, &secret("t")).await.is_ok(), "which may be another device");
    clock.store(7501, Ordering::Relaxed);
    assert!(gate.permit(&other(80), None, &secret("t")).await.is_ok());
}

#[tokio::test]
async fn a_login_whose_probe_dies_frees_its_turn() {
    let gate = Gate::default();
    drop(gate.permit(&door(554), None, &secret("s")).await.unwrap());
    assert!(gate.permit(&door(554), None, &secret("s")).await.is_ok());
}

#[test]
fn equal_secrets_of_one_record_have_equal_fingerprints_and_no_others() {
    let (one, other) = (Gate::new(Vec::new(), [1; 16]), Gate::new(Vec::new(), [2; 16]));
    let account = door(554).account;
    assert_eq!(one.fingerprint(&account, &secret("a")), one.fingerprint(&account, &secret("a")));
    assert_ne!(one.fingerprint(&account, &secret("a")), one.fingerprint(&account, &secret("b")));
    assert_ne!(one.fingerprint(&account, &secret("a")), other.fingerprint(&account, &secret("a")));
}
