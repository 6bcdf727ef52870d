//! Pictures of simulated recorders and cameras: fetched with their own logins, and no account is put at risk for one.

use std::time::Duration;

use camwatch::device::finding::Why;
use camwatch::device::poller::{Memory, Poller};
use camwatch::device::still::NoStill;
use camwatch::gate::Gate;
use camwatch::inventory::{Credential, Recorder, RecorderKind, TlsPolicy};
use camwatch::secret::Secret;
use camwatch::simulate::recorder::{DahuaManner, HikvisionManner, Login, Manner, OnvifManner, RecorderBehaviour};
use camwatch::simulate::{self, Fleet, FleetOptions, RecorderOptions, SimRecorder};

async fn pair(manner: Manner, password: &str) -> (Fleet, SimRecorder, Poller) {
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let recorder = fleet.recorder(RecorderOptions::named("nvr").manner(manner)).await.unwrap();
    let kind = match recorder.kind() {
        simulate::RecorderKind::Hikvision => RecorderKind::Hikvision,
        simulate::RecorderKind::Dahua => RecorderKind::Dahua,
        simulate::RecorderKind::Onvif => RecorderKind::Onvif,
    };
    let credential =
        Credential { id: "nvr".parse().unwrap(), username: "monitor".into(), password: Secret::new(password) };
    let entry = Recorder {
        id: "nvr".parse().unwrap(),
        site: "school".parse().unwrap(),
        kind,
        url: recorder.url(),
        credential: Some(credential.id.clone()),
        tls: TlsPolicy::System,
        allow_basic: false,
        requests_per_minute: 6000,
    };
    let poller = Poller::new(&entry, Some(&credential), &Gate::new(Vec::new(), [7; 16]), Memory::default());
    (fleet, recorder, poller)
}

fn manners() -> Vec<(&'static str, Manner)> {
    vec![
        ("hikvision", HikvisionManner::default().into()),
        ("hikvision, 401 for what it has not", HikvisionManner { unknown_path_401: true, ..Default::default() }.into()),
        ("dahua", DahuaManner::default().into()),
        ("dahua, kept alive", DahuaManner { keeps_alive: true, ..Default::default() }.into()),
        ("onvif", OnvifManner::default().into()),
        ("onvif, HTTP digest", OnvifManner { http_digest: true, ..Default::default() }.into()),
        ("onvif, addresses that lead nowhere", OnvifManner::camera().into()),
    ]
}

#[tokio::test]
async fn every_kind_of_device_gives_the_picture_of_a_channel() {
    for (name, manner) in manners() {
        let (_fleet, recorder, poller) = pair(manner, "simulated").await;
        for channel in [1, 2] {
            let still = poller.still(channel).await.unwrap_or_else(|none| panic!("{name}: {none}"));
            assert_eq!(still.content_type, "image/jpeg", "{name}");
            assert!(still.bytes.ends_with(&[0xff, 0xd9]), "{name}: whole");
        }
        assert_eq!((recorder.stats().logins_refused, recorder.stats().snapshots > 0), (0, true), "{name}");
    }
}

#[tokio::test]
async fn a_channel_that_is_not_there_has_none_and_that_is_said() {
    for (name, manner) in manners() {
        let (_fleet, recorder, poller) = pair(manner, "simulated").await;
        for _ in 0..6 {
            assert!(poller.still(99).await.is_err(), "{name}");
        }
        assert_eq!(recorder.locked_for(), None, "{name}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_shown_once_however_often_somebody_looks() {
    for (name, manner) in manners() {
        let (_fleet, recorder, poller) = pair(manner, "wrong").await;
        for _ in 0..20 {
            assert!(poller.still(1).await.is_err(), "{name}");
        }
        let refused = recorder.stats().logins_refused;
        assert!((1..=2).contains(&refused), "{name}: {refused} refused logins");
        assert_eq!(recorder.locked_for(), None, "{name}");
    }
}

#[tokio::test]
async fn an_account_without_the_right_to_pictures_is_not_locked_for_them() {
    for (name, manner) in manners() {
        let (_fleet, recorder, poller) = pair(manner, "simulated").await;
        recorder.set(RecorderBehaviour::Forbidden).await.unwrap();
        for _ in 0..10 {
            let none = poller.still(1).await;
            assert!(none.is_err(), "{name}: {none:?}");
        }
        assert_eq!(recorder.locked_for(), None, "{name}");
        assert_eq!(recorder.stats().logins_refused, 0, "{name}");
    }
}

#[tokio::test]
async fn a_device_without_a_login_gives_its_picture_to_whoever_asks() {
    let (_fleet, _recorder, poller) = pair(OnvifManner::default().into(), "simulated").await;
    assert!(poller.still(0).await.is_err_and(|none| none == NoStill::Why(Why::NotSupported)), "channels count from 1");
    let fleet = Fleet::start(FleetOptions::default()).await.unwrap();
    let mut options = RecorderOptions::named("open").manner(OnvifManner::default());
    options.login = None::<Login>;
    let recorder = fleet.recorder(options).await.unwrap();
    let entry = Recorder {
        id: "open".parse().unwrap(),
        site: "school".parse().unwrap(),
        kind: RecorderKind::Onvif,
        url: recorder.url(),
        credential: None,
        tls: TlsPolicy::System,
        allow_basic: false,
        requests_per_minute: 6000,
    };
    let poller = Poller::new(&entry, None, &Gate::default(), Memory::default());
    assert_eq!(poller.still(1).await.unwrap().content_type, "image/jpeg");
}

#[tokio::test]
async fn a_device_that_says_nothing_is_waited_for_no_longer_than_a_reader_would() {
    let (_fleet, recorder, poller) = pair(HikvisionManner::default().into(), "simulated").await;
    recorder.set(RecorderBehaviour::Silent).await.unwrap();
    let none = tokio::time::timeout(Duration::from_secs(30), poller.still(1)).await.expect("an end");
    assert!(none.is_err());
}
