//! The probe and the daemon against RTSP servers that others wrote: gst-rtsp-server and VLC.
//!
//! What was left behind is counted on the server.

mod support;

use std::time::Duration;

use serde_json::Value;
use support::{Camera, ConfigFile, Daemon, GstServer, PASSWORD, Probed, USER, Viewer, Vlc, probe};

/// A URL with the login in it, percent-encoded as a person would have to.
fn with_login(url: &str, user: &str, password: &str) -> String {
    url.replacen("://", &format!("://{user}:{}@", password.replace(' ', "%20")), 1)
}

/// Expected of one mount at depth `frame`.
struct Expected {
    mount: &'static str,
    codec: &'static str,
    width: u64,
    height: u64,
    frames_per_second: f64,
}

const fn expected(mount: &'static str, codec: &'static str, width: u64, height: u64, fps: f64) -> Expected {
    Expected { mount, codec, width, height, frames_per_second: fps }
}

const MOUNTS: [Expected; 7] = [
    expected("h264", "h264", 640, 360, 15.0),
    expected("h264-1080p", "h264", 1920, 1080, 25.0),
    expected("h264-audio", "h264", 640, 360, 15.0),
    expected("audio-video", "h264", 640, 360, 15.0),
    expected("h265", "h265", 320, 240, 10.0),
    expected("mjpeg", "jpeg", 640, 360, 10.0),
    expected("tcp-only", "h264", 640, 360, 15.0),
];

#[track_caller]
fn assert_sees(probed: &Probed, expected: &Expected) {
    let Expected { mount, codec, width, height, frames_per_second } = *expected;
    assert_eq!((probed.outcome(), probed.exit), ("ok", 0), "{mount}: {probed:?}");
    let stream = &probed.observation["stream"];
    assert_eq!(stream["codec"], codec, "{mount}: {probed:?}");
    assert_eq!(
        (stream["width"].as_u64(), stream["height"].as_u64()),
        (Some(width), Some(height)),
        "{mount}: {probed:?}"
    );
    assert_eq!(stream["lost_packets"].as_u64(), Some(0), "{mount}: {probed:?}");
    // Encoders on a loaded machine fall behind the clock; time stamps of RTP do not.
    let measured = stream["frames_per_second"].as_f64().unwrap_or_else(|| panic!("{mount}: no frame rate: {probed:?}"));
    assert!((measured / frames_per_second - 1.0).abs() < 0.2, "{mount}: {measured} frames a second: {probed:?}");
    assert!(stream["bytes_per_second"].as_f64().is_some_and(|rate| rate > 0.0), "{mount}: {probed:?}");
    for phase in ["connect", "describe", "setup", "play", "first_frame"] {
        let ms = probed.observation["phases_ms"][phase].as_f64();
        assert!(ms.is_some_and(|ms| ms >= 0.0), "{mount}: no phase {phase}: {probed:?}");
    }
}

#[test]
fn every_codec_is_read_over_tcp_and_udp_and_no_session_is_left() {
    let Some(mut server) = GstServer::start() else { return };
    let mut probes = 0;
    for expected in &MOUNTS {
        assert_sees(&probe(&server.url(expected.mount), &["--depth", "frame"]), expected);
        probes += 1;
        if expected.mount != "tcp-only" {
            assert_sees(&probe(&server.url(expected.mount), &["--depth", "frame", "--transport", "udp"]), expected);
            probes += 1;
        }
    }
    server.wait_until_left_alone();
    let counts = server.counts();
    assert_eq!(counts.connections, probes, "one connection a probe");
    assert_eq!(counts.teardowns, probes, "a TEARDOWN a probe");
}

#[test]
fn lesser_depths_go_no_further_than_they_say() {
    let Some(mut server) = GstServer::start() else { return };
    for (depth, phases) in [("connect", &["connect"][..]), ("describe", &["connect", "describe"])] {
        let probed = probe(&server.url("h264"), &["--depth", depth]);
        assert_eq!((probed.outcome(), probed.exit), ("ok", 0), "{probed:?}");
        assert_eq!(probed.observation["depth"], depth);
        let seen = probed.observation["phases_ms"].as_object().expect("phases");
        assert!(phases.iter().all(|phase| seen.contains_key(*phase)), "{depth}: {probed:?}");
        assert!(["setup", "play", "first_frame"].iter().all(|phase| !seen.contains_key(*phase)), "{depth}: {probed:?}");
    }
    server.wait_until_left_alone();
    assert_eq!(server.counts().teardowns, 0, "nothing was set up, so nothing is torn down");
}

#[test]
fn the_picture_is_a_whole_key_frame() {
    let Some(mut server) = GstServer::start() else { return };
    let dir = tempfile::TempDir::new().expect("a temporary directory");
    for (mount, first_bytes) in [("h264", &[0, 0, 0, 1][..]), ("h265", &[0, 0, 0, 1]), ("mjpeg", &[0xff, 0xd8, 0xff])] {
        let file = dir.path().join(mount);
        let file = file.to_str().expect("UTF-8");
        let probed = probe(&server.url(mount), &["--depth", "picture", "--snapshot", file]);
        assert_eq!((probed.outcome(), probed.exit), ("ok", 0), "{mount}: {probed:?}");
        let picture = std::fs::read(file).unwrap_or_else(|e| panic!("{mount}: no snapshot ({e}): {probed:?}"));
        assert!(picture.starts_with(first_bytes), "{mount}: it begins with {:?}", &picture[..8.min(picture.len())]);
        let Some(ffprobe) = support::require("ffprobe") else { continue };
        let decoded = std::process::Command::new(ffprobe)
            .args(["-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", file])
            .output()
            .expect("running ffprobe");
        assert_eq!(String::from_utf8_lossy(&decoded.stdout).trim(), "1", "{mount}: one picture that decodes");
    }
    server.wait_until_left_alone();
}

#[test]
fn what_carries_no_picture_that_can_be_read_says_so() {
    let Some(mut server) = GstServer::start() else { return };
    for (mount, outcome) in [("audio", "no_media"), ("vp8", "unsupported_codec"), ("nowhere", "not_found")] {
        for depth in ["describe", "frame", "picture"] {
            let probed = probe(&server.url(mount), &["--depth", depth]);
            assert_eq!((probed.outcome(), probed.exit), (outcome, 2), "{mount} at depth {depth}: {probed:?}");
        }
    }
    server.wait_until_left_alone();
}

#[test]
fn a_camera_that_offers_udp_alone_is_read_without_being_told() {
    let Some(mut server) = GstServer::start() else { return };
    assert_sees(&probe(&server.url("udp-only"), &[]), &expected("udp-only", "h264", 640, 360, 15.0));
    server.wait_until_left_alone();
}

#[test]
fn who_comes_late_to_a_long_group_of_pictures_waits_for_its_key_frame() {
    let Some(mut server) = GstServer::start() else { return };
    let url = server.url("long-gop");
    // The encoder runs for all viewers: the first has had the key frame, the next one comes eight seconds later.
    let viewer = Viewer::of(&url);
    let probed = probe(&url, &["--timeout", "2s"]);
    assert_eq!((probed.outcome(), probed.exit), ("no_keyframe", 2), "media flows, its key frame is far: {probed:?}");
    assert_sees(&probe(&url, &["--timeout", "20s"]), &expected("long-gop", "h264", 640, 360, 15.0));
    drop(viewer);
    server.wait_until_left_alone();
}

#[test]
fn a_right_password_is_accepted_and_a_wrong_one_costs_one_refused_login() {
    let Some(mut server) = GstServer::start() else { return };
    let expected = expected("h264", "h264", 640, 360, 15.0);
    for url in [server.digest_url("h264"), server.basic_url("h264")] {
        let before = server.counts();
        assert_sees(&probe(&with_login(&url, USER, PASSWORD), &[]), &expected);
        assert_eq!(server.counts().refused_logins, before.refused_logins);

        let probed = probe(&with_login(&url, USER, "sesame"), &[]);
        assert_eq!((probed.outcome(), probed.exit), ("unauthorized", 3), "{probed:?}");
        assert_eq!(server.counts().refused_logins, before.refused_logins + 1);
        assert!(!format!("{probed:?}").contains("sesame"), "the password is never printed: {probed:?}");

        let probed = probe(&url, &[]);
        assert_eq!((probed.outcome(), probed.exit), ("unauthorized", 3), "{probed:?}");
        assert_eq!(
            server.counts().refused_logins,
            before.refused_logins + 1,
            "without a login there is none to refuse"
        );
    }
    server.wait_until_left_alone();
}

#[test]
fn a_certificate_of_its_own_is_refused_unless_the_inventory_allows_it() {
    let Some(mut server) = GstServer::start() else { return };
    let url = server.tls_url("h264");
    let probed = probe(&url, &[]);
    assert_eq!((probed.outcome(), probed.exit), ("tls", 2), "{probed:?}");

    let any = Camera { id: "any", url: url.clone(), extra: "tls = \"any\"" };
    let pinned_value = format!("tls = \"sha256:{}\"", server.fingerprint());
    let pinned = Camera { id: "pinned", url: url.clone(), extra: &pinned_value };
    let other_value = format!("tls = \"sha256:{}\"", "00".repeat(32));
    let other = Camera { id: "other", url, extra: &other_value };
    let config = ConfigFile::new("", &[any, pinned, other], "");
    let config_path = config.path();
    let args = ["--config", config_path.to_str().expect("UTF-8")];
    let expected = expected("h264", "h264", 640, 360, 15.0);
    assert_sees(&probe("any", &args), &expected);
    assert_sees(&probe("pinned", &args), &expected);
    let probed = probe("other", &args);
    assert_eq!((probed.outcome(), probed.exit), ("tls", 2), "{probed:?}");
    server.wait_until_left_alone();

    // Who speaks plain RTSP on the port of TLS, and the other way round.
    let probed = probe(&server.tls_url("h264").replacen("rtsps", "rtsp", 1), &["--timeout", "3s"]);
    assert_eq!(probed.exit, 2, "{probed:?}");
    let probed = probe(&server.url("h264").replacen("rtsp", "rtsps", 1), &["--timeout", "3s"]);
    assert_eq!((probed.outcome(), probed.exit), ("tls", 2), "{probed:?}");
}

#[test]
fn a_server_that_is_paused_or_gone_is_told_apart() {
    let Some(mut server) = GstServer::start() else { return };
    let url = server.url("h264");
    server.pause();
    let probed = probe(&url, &["--timeout", "2s"]);
    assert_eq!((probed.outcome(), probed.exit), ("rtsp_timeout", 2), "{probed:?}");
    // The kernel accepts for it: as far as a connection goes, the camera is there.
    assert_eq!(probe(&url, &["--depth", "connect"]).outcome(), "ok");
    server.resume();
    server.wait_until_left_alone();

    server.power_off();
    for depth in ["connect", "describe", "frame", "picture"] {
        let probed = probe(&url, &["--depth", depth]);
        assert_eq!((probed.outcome(), probed.exit), ("refused", 2), "{probed:?}");
    }
    server.power_on();
    assert_eq!(probe(&url, &[]).outcome(), "ok");
    server.wait_until_left_alone();
}

#[test]
fn vlc_is_read_over_udp_though_it_refuses_tcp() {
    let Some(mut vlc) = Vlc::start() else { return };
    let expected = expected("vlc", "h264", 320, 180, 10.0);
    assert_sees(&probe(&vlc.url(), &[]), &expected);
    assert_sees(&probe(&vlc.url(), &["--transport", "udp"]), &expected);
    for depth in ["connect", "describe", "picture"] {
        let probed = probe(&vlc.url(), &["--depth", depth]);
        assert_eq!((probed.outcome(), probed.exit), ("ok", 0), "{probed:?}");
    }
    vlc.pause();
    assert_eq!(probe(&vlc.url(), &["--timeout", "2s"]).outcome(), "rtsp_timeout");
    vlc.resume();
    vlc.power_off();
    assert_eq!(probe(&vlc.url(), &[]).outcome(), "refused");
    vlc.power_on();
    assert_sees(&probe(&vlc.url(), &[]), &expected);
}

/// Short enough for a test, long enough for encoders that share two cores with it.
const QUICK: &str = "interval = \"4s\"\ntimeout = \"3s\"\nrecheck = \"1s\"\n";

/// Ends a broken test; no claim about speed.
const LIMIT: Duration = Duration::from_secs(60);

/// Whether an open incident explains a camera.
fn explains(daemon: &Daemon, id: &str) -> bool {
    let answer: Value = serde_json::from_str(&daemon.get("/api/v1/incidents")).expect("JSON");
    let incidents = answer["incidents"].as_array().expect("a list of incidents");
    incidents.iter().any(|i| i["cameras"].as_array().is_some_and(|cameras| cameras.iter().any(|c| c == id)))
}

fn cause(camera: &Value) -> &str {
    camera["cause"].as_str().unwrap_or("")
}

#[test]
fn the_daemon_sees_servers_go_and_come_back() {
    let (Some(mut gst), Some(mut vlc)) = (GstServer::start(), Vlc::start()) else { return };
    let cameras = [Camera::new("gst", gst.url("h264")), Camera::new("vlc", vlc.url())];
    let config = ConfigFile::new(QUICK, &cameras, "");
    let daemon = Daemon::start(&config);
    for id in ["gst", "vlc"] {
        daemon.wait_for_state(id, "up");
    }
    let series = |id: &str| format!("camwatch_camera_up{{camera=\"{id}\",site=\"site-{id}\",commune=\"moc-nam\"}}");
    assert_eq!(daemon.metric(&series("gst")), Some(1.0));

    // Switched off.
    gst.power_off();
    vlc.power_off();
    for id in ["gst", "vlc"] {
        assert_eq!(cause(&daemon.wait_for_state(id, "dark")), "refused", "{id}");
    }
    assert_eq!(daemon.metric(&series("gst")), Some(0.0));
    support::wait_until("an incident for each", LIMIT, || ["gst", "vlc"].iter().all(|id| explains(&daemon, id)));

    // Restarted.
    gst.power_on();
    vlc.power_on();
    for id in ["gst", "vlc"] {
        daemon.wait_for_state(id, "up");
    }

    support::wait_until("the incidents to close", LIMIT, || !["gst", "vlc"].iter().any(|id| explains(&daemon, id)));

    // Paused: it holds its port and answers nothing.
    gst.pause();
    vlc.pause();
    for id in ["gst", "vlc"] {
        assert_eq!(cause(&daemon.wait_for_state(id, "dark")), "rtsp_timeout", "{id}");
    }
    gst.resume();
    vlc.resume();
    for id in ["gst", "vlc"] {
        let camera = daemon.wait_for_state(id, "up");
        assert_eq!(camera["stream"]["codec"], "h264", "{camera}");
    }

    drop(daemon);
    gst.wait_until_left_alone();
}

#[test]
fn the_daemon_tries_a_wrong_password_once_until_the_secret_changes() {
    let Some(mut server) = GstServer::start() else { return };
    // Four channels of one device with one account, as behind a recorder.
    let cameras: Vec<Camera> = [("c1", "h264"), ("c2", "h264-audio"), ("c3", "tcp-only"), ("c4", "udp-only")]
        .into_iter()
        .map(|(id, mount)| Camera { id, url: server.digest_url(mount), extra: "credential = \"account\"" })
        .collect();
    let credential = format!("[[credential]]\nid = \"account\"\nusername = \"{USER}\"\npassword_file = \"password\"\n");
    let config = ConfigFile::new(QUICK, &cameras, &credential);
    let secret = config.dir().join("password");
    std::fs::write(&secret, "sesame\n").expect("writing the secret");

    let mut daemon = Daemon::start(&config);
    let probes = |daemon: &Daemon| daemon.metric("camwatch_probes_total").expect("a counter");
    let wait_for_probes = |daemon: &Daemon, more: f64| {
        let goal = probes(daemon) + more;
        support::wait_until("more probes", LIMIT, || probes(daemon) >= goal);
    };
    wait_for_probes(&daemon, 12.0);
    assert_eq!(server.counts().refused_logins, 1, "one for the device, whatever its number of cameras");
    let series = "camwatch_credential_refused{credential=\"account\"}";
    assert_eq!(daemon.metric(series), Some(1.0));
    for id in ["c1", "c2", "c3", "c4"] {
        support::wait_until("the refusal to show", LIMIT, || cause(&daemon.camera(id)) == "unauthorized");
        assert_eq!(daemon.camera(id)["state"], "unknown");
    }

    // A restart does not try again either.
    daemon.process.signal(rustix::process::Signal::TERM);
    daemon.process.wait(LIMIT);
    let mut daemon = Daemon::start(&config);
    wait_for_probes(&daemon, 8.0);
    assert_eq!(server.counts().refused_logins, 1, "the record remembers");

    // While it waits, a dead path is still seen as such.
    server.power_off();
    let camera = daemon.wait_for_state("c1", "dark");
    assert_eq!(cause(&camera), "refused", "{camera}");
    server.power_on();

    std::fs::write(&secret, format!("{PASSWORD}\n")).expect("writing the secret");
    daemon.process.signal(rustix::process::Signal::HUP);
    for id in ["c1", "c2", "c3", "c4"] {
        daemon.wait_for_state(id, "up");
    }
    assert_eq!(server.counts().refused_logins, 0, "counted since it came back");
    assert_ne!(daemon.metric(series), Some(1.0));
    // Told to stop, it tears down its sessions; killed, a session over UDP would stay for the server's own timeout.
    daemon.process.signal(rustix::process::Signal::TERM);
    daemon.process.wait(LIMIT);
    server.wait_until_left_alone();
}
