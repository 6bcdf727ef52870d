//! A fleet on paper: configurations and snapshots of any size, for tests and benchmarks of the pages.
// Every user compiles this module and uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use camwatch::config::{self, Config};
use camwatch::inventory::{
    Camera, CameraId, Commune, CommuneId, Credential, CredentialId, Depth, Fund, FundId, FundKind, FundShare,
    Inventory, Language, MinuteOfDay, RecorderId, Site, SiteId, TlsPolicy, Transport,
};
use camwatch::ledger::Tally;
use camwatch::ledger::retention::RetentionState;
use camwatch::observation::{Cause, Device, Disk, DiskStatus, Phase, Picture, State, Stream, Verdict};
use camwatch::secret::Secret;
use camwatch::snapshot::{CameraStatus, RecorderStatus, RecordingStatus, SiteStatus, Snapshot, Window, Windows};
use jiff::Timestamp;

/// 2026-11-01T00:00:00Z.
pub const NOW: i64 = 1_793_491_200;

pub const CAMERAS_A_SITE: usize = 16;

pub fn at(unix_seconds: i64) -> Timestamp {
    Timestamp::from_second(unix_seconds).unwrap()
}

/// Everything that a configuration may leave out, left out.
pub fn config(inventory: Inventory) -> Config {
    let seconds = Duration::from_secs;
    Config {
        file: PathBuf::from("camwatch.toml"),
        daemon: config::Daemon {
            listen: "127.0.0.1:9765".parse().unwrap(),
            data_dir: PathBuf::from("/nonexistent"),
            timezone: jiff::tz::TimeZone::UTC,
            language: Language::Vietnamese,
            references: Vec::new(),
        },
        store: config::Store {
            path: PathBuf::from("/nonexistent/ledger.db"),
            keep_observations: seconds(7 * 86_400),
            forward: None,
        },
        probe: config::Probe {
            interval: seconds(30),
            timeout: seconds(10),
            confirm: 3,
            recheck: seconds(5),
            recover: 2,
            picture_confirm: 2,
            depth: Depth::Frame,
            picture_interval: seconds(900),
            metadata_interval: seconds(900),
            retention_scan: MinuteOfDay(120),
            clock_tolerance: seconds(300),
            transport: Transport::Tcp,
            max_concurrent: 256,
            max_concurrent_per_site: 16,
        },
        alert: config::Alert {
            owner: config::Owner::Embedded,
            group_wait: seconds(20),
            repeat: seconds(4 * 3600),
            unknown_after: seconds(1800),
            heartbeat_url: None,
            alertmanagers: Vec::new(),
            webhook_token: None,
            public_url: None,
            ack_expires: Duration::from_secs(8 * 3600),
            digest: camwatch::inventory::MinuteOfDay(7 * 60),
        },
        metrics: config::Metrics { detail: false },
        web: config::Web::default(),
        report: config::Report::default(),
        inventory,
        warnings: Vec::new(),
    }
}

pub fn camera_id(n: usize) -> CameraId {
    CameraId::new(&format!("c{n:04}")).unwrap()
}

pub fn site_id(n: usize) -> SiteId {
    SiteId::new(&format!("site-{n:03}")).unwrap()
}

pub fn commune_id(n: usize) -> CommuneId {
    CommuneId::new(&format!("comm-{n:02}")).unwrap()
}

/// `cameras` cameras, 16 on each site, 16 sites in each commune; every fourth is a household's.
pub fn inventory(cameras: usize) -> Inventory {
    let mut inventory = Inventory::default();
    for (id, kind) in [("commune-2023", FundKind::Commune), ("ho-dan", FundKind::Household)] {
        let id = FundId::new(id).unwrap();
        let fund = Fund {
            id: id.clone(),
            kind,
            name: "Ngân sách xã".to_owned(),
            amount_vnd: Some(200_000_000),
            language: None,
            email: Vec::new(),
            target_uptime: Some(0.98),
            pages: kind == FundKind::Commune,
            publish_name: kind != FundKind::Household,
        };
        inventory.funds.insert(id, fund);
    }
    let credential = CredentialId::new("nvr-yen-lenh").unwrap();
    inventory.credentials.insert(
        credential.clone(),
        Credential { id: credential.clone(), username: "monitor".to_owned(), password: Secret::new("hunter2") },
    );
    for n in 0..cameras {
        let site_number = n / CAMERAS_A_SITE;
        let commune_number = site_number / 16;
        let (site, commune) = (site_id(site_number), commune_id(commune_number));
        inventory.communes.entry(commune.clone()).or_insert_with(|| Commune {
            id: commune.clone(),
            name: format!("Xã {commune_number}"),
            province: Some("Hà Nam".to_owned()),
        });
        inventory.sites.entry(site.clone()).or_insert_with(|| Site {
            id: site.clone(),
            commune,
            village: Some("Yên Lệnh".to_owned()),
            name: format!("Cụm camera {site_number}"),
            latitude: Some(20.6613),
            longitude: Some(106.033),
            gateway: None,
        });
        let fund = if n % 4 == 3 { "ho-dan" } else { "commune-2023" };
        let camera = Camera {
            id: camera_id(n),
            site,
            name: "Cầu Yên Lệnh, chiều đi Hưng Yên".to_owned(),
            url: "rtsp://10.20.1.11:554/Streaming/Channels/101".parse().unwrap(),
            substream_url: None,
            credential: Some(credential.clone()),
            tls: TlsPolicy::System,
            funds: vec![FundShare { fund: FundId::new(fund).unwrap(), amount_vnd: None }],
            recorder: None,
            channel: None,
            installed: None,
            retired: None,
            retention: Some(Duration::from_secs(30 * 86_400)),
            interval: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
            depth: Depth::Frame,
            transport: Transport::Tcp,
            picture: true,
        };
        inventory.cameras.insert(camera.id.clone(), camera);
    }
    inventory
}

/// A snapshot of `cameras` cameras in which everything that may be known is known. In every ten, one is dark, one
/// degraded, one unknown, one in maintenance.
pub fn snapshot(cameras: usize) -> Snapshot {
    snapshot_of(config(inventory(cameras)))
}

pub fn snapshot_of(config: Config) -> Snapshot {
    let inventory = &config.inventory;
    let mut statuses: Vec<CameraStatus> =
        inventory.cameras.values().enumerate().map(|(n, c)| status(inventory, n, c)).collect();
    statuses.sort_by(|a, b| (&a.site, &a.camera).cmp(&(&b.site, &b.camera)));
    let sites = inventory
        .sites
        .values()
        .map(|site| {
            let count = |state| statuses.iter().filter(|s| s.site == site.id && s.state == state).count();
            SiteStatus {
                site: site.id.clone(),
                commune: site.commune.clone(),
                cameras: State::ALL.iter().map(|s| (*s, u32::try_from(count(*s)).unwrap())).collect(),
                up: Some(true),
            }
        })
        .collect();
    let tally = Tally { up: 80_000, degraded: 1000, dark: 400, unknown: 4000, maintenance: 1000 };
    let mut windows = Windows::default();
    for window in Window::ALL {
        windows.cameras.extend(inventory.cameras.keys().map(|id| ((id.clone(), window), tally)));
        windows.sites.extend(inventory.sites.keys().map(|id| ((id.clone(), window), tally)));
        windows.funds.extend(inventory.funds.keys().map(|id| ((id.clone(), window), tally)));
    }
    let recorders = inventory.sites.values().map(recorder).collect();
    Snapshot {
        at: at(NOW),
        generation: 1,
        config: Arc::new(config),
        cameras: statuses,
        sites,
        recorders,
        incidents: Vec::new(),
        paging: BTreeMap::new(),
        monitor_online: true,
        refused: Vec::new(),
        windows: Arc::new(windows),
    }
}

/// The recorder of a site, with one disk that records and one that failed.
fn recorder(site: &Site) -> RecorderStatus {
    let disk = |id: &str, status| Disk {
        id: id.to_owned(),
        status,
        capacity_bytes: Some(6_001_176_969_216),
        free_bytes: Some(0),
    };
    RecorderStatus {
        recorder: RecorderId::new(&format!("{}-nvr", site.id)).unwrap(),
        site: site.id.clone(),
        commune: site.commune.clone(),
        up: Some(true),
        cause: Some(Cause::DiskFailed),
        since: Some(at(NOW - 3600)),
        last_poll: Some(at(NOW - 300)),
        last_ok: Some(at(NOW - 300)),
        detail: None,
        device: None,
        replaced_serial: None,
        clock_offset_seconds: Some(-1.4),
        disks: vec![disk("1", DiskStatus::Ok), disk("2", DiskStatus::Failed)],
        forecast_days: Some(22.6),
        forecast_short: true,
        channels: Vec::new(),
        channels_without_camera: Vec::new(),
        cameras_without_channel: Vec::new(),
    }
}

fn status(inventory: &Inventory, n: usize, camera: &Camera) -> CameraStatus {
    let (state, cause) = match n % 10 {
        1 => (State::Dark, Some(Cause::ConnectTimeout)),
        2 => (State::Degraded, Some(Cause::Black)),
        3 => (State::Unknown, Some(Cause::Unauthorized)),
        4 => (State::Maintenance, None),
        _ => (State::Up, None),
    };
    // Figures with as many digits as real ones have.
    let noise = f64::from(u32::try_from(n % 997).unwrap()) / 997.0;
    let millis = i64::try_from(n % 1000).unwrap();
    CameraStatus {
        camera: camera.id.clone(),
        site: camera.site.clone(),
        commune: inventory.sites[&camera.site].commune.clone(),
        name: camera.name.clone(),
        funded: inventory.is_funded(camera),
        state,
        cause,
        since: Some(at(NOW - 86_400)),
        last_probe: Some(Timestamp::from_millisecond((NOW - 12) * 1000 + millis).unwrap()),
        last_frame: Some(Timestamp::from_millisecond((NOW - 12) * 1000 + millis).unwrap()),
        probe_seconds: Some(0.04 + noise / 10.0),
        phases_ms: BTreeMap::from([
            (Phase::Dns, 0.1),
            (Phase::Connect, 1.2 + noise),
            (Phase::Describe, 3.0 + noise),
            (Phase::Setup, 2.1),
            (Phase::Play, 1.9),
            (Phase::FirstFrame, 40.5 + noise),
        ]),
        stream: Some(Stream {
            codec: Some("h264".to_owned()),
            width: Some(1920),
            height: Some(1080),
            frames_per_second: Some(15.0 - noise / 100.0),
            bytes_per_second: Some(250_000 + n as u64),
            keyframe_interval_seconds: Some(2.0),
            lost_packets: Some(0),
        }),
        lost_packets_total: 3,
        detail: None,
        picture: Some(Picture { verdict: Verdict::Ok, luma_mean: Some(0.4), sharpness: Some(0.2), change: Some(0.1) }),
        device: Some(Device {
            vendor: Some("HIKVISION".to_owned()),
            model: Some("DS-2CD2T47G2-L".to_owned()),
            firmware: Some("V5.7.13 build 230524".to_owned()),
            serial: Some("DS2CD2T47G2L20230524AAWRK12345678".to_owned()),
        }),
        recording: Some(RecordingStatus {
            oldest: Some(at(NOW - 29 * 86_400 - 1234)),
            newest: Some(at(NOW - 31)),
            gap_days: Some(1),
            state: RetentionState::Gaps,
            span_seconds: Some(29 * 86_400 + 1234),
            required_seconds: Some(30 * 86_400),
            held_days: Some(28),
            compliance_ratio: Some(28.0 / 30.0),
            falling: false,
        }),
        clock_offset_seconds: Some(0.4 + noise / 10.0),
    }
}
