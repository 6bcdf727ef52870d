//! Simulated cameras, as real RTSP clients see them.

use std::process::Command;
use std::time::Duration;

use camwatch::simulate::{Auth, Behaviour, CameraOptions, Codec, Fleet, FleetOptions, Scheme, SimCamera};
use futures_util::StreamExt as _;
use retina::client::{Credentials, PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions, Transport};
use retina::codec::{CodecItem, FrameFormat};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

const CODECS: [Codec; 4] = [Codec::H264, Codec::H265, Codec::H265OpenGop, Codec::Mjpeg];

/// Whether a program is there; `CAMWATCH_REQUIRE_ALL=1` makes its lack a failure.
fn has(program: &str, test: &str) -> bool {
    if Command::new(program)
        .arg("-version")
        .output()
        .or_else(|_| Command::new(program).arg("--version").output())
        .is_ok()
    {
        return true;
    }
    assert!(std::env::var_os("CAMWATCH_REQUIRE_ALL").is_none_or(|v| v != "1"), "{test} needs {program}");
    eprintln!("skipped: {test}: needs {program}");
    false
}

/// Runs a program to its end while the runtime goes on.
async fn output(mut command: Command) -> std::process::Output {
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

async fn fleet() -> Fleet {
    Fleet::start(FleetOptions::default()).await.unwrap()
}

async fn camera(fleet: &Fleet, options: CameraOptions) -> SimCamera {
    fleet.add(options).await.unwrap()
}

/// What retina made of a stream.
#[derive(Debug, Default)]
struct Seen {
    frames: u32,
    key_frames: u32,
    lost: u32,
    size: Option<(u32, u32)>,
}

/// Reads so many frames with retina and tears the session down.
async fn read(camera: &SimCamera, transport: Transport, frames: u32) -> Result<Seen, retina::Error> {
    read_with(camera, transport, frames, None).await
}

async fn read_with(
    camera: &SimCamera,
    transport: Transport,
    frames: u32,
    password: Option<&str>,
) -> Result<Seen, retina::Error> {
    let group = std::sync::Arc::new(SessionGroup::default());
    let mut options = SessionOptions::default().session_group(std::sync::Arc::clone(&group));
    if let Some(password) = password {
        options = options.creds(Some(Credentials { username: "monitor".into(), password: password.into() }));
    }
    let mut session = Session::describe(camera.url(), options).await?;
    session.setup(0, SetupOptions::default().transport(transport).frame_format(FrameFormat::SIMPLE)).await?;
    let mut demuxed = session.play(PlayOptions::default()).await?.demuxed()?;
    let mut seen = Seen::default();
    while seen.frames < frames {
        let Some(item) = demuxed.next().await else { break };
        if let CodecItem::VideoFrame(frame) = item? {
            seen.frames += 1;
            seen.key_frames += u32::from(frame.is_random_access_point());
            seen.lost += u32::from(frame.loss());
        }
    }
    if let Some(retina::codec::ParametersRef::Video(video)) = demuxed.streams()[0].parameters() {
        seen.size = Some(video.pixel_dimensions());
    }
    drop(demuxed);
    let _ = timeout(Duration::from_secs(5), group.await_teardown()).await;
    Ok(seen)
}

fn tcp() -> Transport {
    Transport::Tcp(retina::client::TcpTransportOptions::default())
}

fn udp() -> Transport {
    Transport::Udp(retina::client::UdpTransportOptions::default())
}

#[tokio::test]
async fn retina_reads_every_codec_over_tcp_and_udp_and_leaves_no_session() {
    let fleet = fleet().await;
    for codec in CODECS {
        let camera = camera(&fleet, CameraOptions::named(&format!("{codec:?}")).codec(codec)).await;
        for transport in [tcp(), udp()] {
            let seen = timeout(Duration::from_secs(10), read(&camera, transport, 12)).await.unwrap().unwrap();
            assert_eq!(seen.frames, 12, "{codec:?}");
            assert_eq!(seen.lost, 0, "{codec:?}");
            let height = if codec == Codec::Mjpeg { 176 } else { 180 };
            assert_eq!(seen.size, Some((320, height)), "{codec:?}");
            match codec {
                Codec::H264 | Codec::H265 => assert_eq!(seen.key_frames, 2, "{codec:?}"),
                // Stock retina does not count CRA pictures: the very reason for this clip.
                Codec::H265OpenGop => assert_eq!(seen.key_frames, 0),
                Codec::Mjpeg => assert_eq!(seen.key_frames, 12),
            }
        }
        let stats = camera.stats();
        assert_eq!((stats.sessions_total, stats.teardowns, stats.abandoned, stats.sessions_now), (2, 2, 0, 0));
        assert_eq!((stats.plays, stats.connections_max), (2, 1));
        assert!(stats.bytes_sent > 10_000);
    }
}

#[tokio::test]
async fn ffmpeg_decodes_every_codec_without_a_complaint() {
    if !has("ffmpeg", "ffmpeg_decodes_every_codec_without_a_complaint") {
        return;
    }
    let fleet = fleet().await;
    for (codec, behaviour) in CODECS.into_iter().map(|codec| (codec, Behaviour::Ok)).chain([
        (Codec::H264, Behaviour::IntraRefresh),
        (Codec::H265, Behaviour::Frozen),
        (Codec::H264, Behaviour::Black),
    ]) {
        for transport in ["tcp", "udp"] {
            let name = format!("{codec:?}-{behaviour}-{transport}");
            let camera = camera(&fleet, CameraOptions::named(&name).codec(codec).behaviour(behaviour)).await;
            let mut command = Command::new("ffmpeg");
            command
                .args(["-nostdin", "-v", "error", "-xerror", "-rtsp_transport", transport, "-i", camera.url().as_str()])
                .args(["-frames:v", "15", "-f", "null", "-"]);
            let output = output(command).await;
            let complaints = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && complaints.is_empty(), "{name}: {complaints}");
            // ffmpeg is gone as soon as it has sent its TEARDOWN; the server may still have to read it.
            while camera.stats().sessions_now > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!((camera.stats().teardowns, camera.stats().abandoned), (1, 0), "{name}");
        }
    }
}

#[tokio::test]
async fn gstreamer_reads_every_codec() {
    let mut bindings = Command::new("/usr/bin/python3");
    bindings.args(["-c", "import gi; gi.require_version('Gst', '1.0')"]);
    if !output(bindings).await.status.success() {
        let _ = has("GStreamer through /usr/bin/python3 and python3-gi", "gstreamer_reads_every_codec");
        return;
    }
    let fleet = fleet().await;
    for codec in CODECS {
        let camera = camera(&fleet, CameraOptions::named(&format!("{codec:?}")).codec(codec)).await;
        let mut client = Command::new("/usr/bin/python3");
        client.arg("tests/peers/gst_client.py").arg(camera.url().as_str()).arg("10");
        let output = output(client).await;
        assert!(output.status.success(), "{codec:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!((camera.stats().plays, camera.stats().teardowns), (1, 1), "{codec:?}");
    }
}

#[tokio::test]
async fn a_login_is_accepted_refused_and_counted_for_every_scheme() {
    let fleet = fleet().await;
    for scheme in [Scheme::Basic, Scheme::DigestMd5, Scheme::DigestSha256, Scheme::BasicAndDigestSha256] {
        let auth = Auth { scheme, ..Auth::new("monitor", "pa ss") };
        let mut options = CameraOptions::named(&format!("{scheme:?}")).auth(auth);
        options.keep_requests = true;
        let camera = camera(&fleet, options).await;
        read_with(&camera, tcp(), 1, Some("pa ss")).await.unwrap();
        assert_eq!(camera.stats().logins_refused, 0, "{scheme:?}");
        assert_eq!(camera.stats().logins_accepted, 3, "DESCRIBE, SETUP and PLAY: {scheme:?}");
        let basic = camera.requests().iter().any(|head| head.contains("Authorization: Basic"));
        assert_eq!(basic, scheme == Scheme::Basic, "the worse of two schemes was taken: {scheme:?}");

        let refused = read_with(&camera, tcp(), 1, Some("wrong")).await.unwrap_err();
        assert_eq!(refused.status_code(), Some(401));
        assert_eq!(camera.stats().logins_refused, 1, "{scheme:?}");
        assert_eq!(read(&camera, tcp(), 1).await.unwrap_err().status_code(), Some(401));
        assert_eq!(camera.stats().logins_refused, 1, "no login is no refused login: {scheme:?}");
    }
}

#[tokio::test]
async fn an_account_is_locked_after_so_many_refused_logins_until_it_is_unlocked() {
    let fleet = fleet().await;
    let auth = Auth { lock_after: Some(2), ..Auth::new("monitor", "right") };
    let camera = camera(&fleet, CameraOptions::named("a").auth(auth)).await;
    for _ in 0..2 {
        assert_eq!(read_with(&camera, tcp(), 1, Some("wrong")).await.unwrap_err().status_code(), Some(401));
    }
    assert_eq!(read_with(&camera, tcp(), 1, Some("right")).await.unwrap_err().status_code(), Some(403));
    camera.unlock();
    assert!(read_with(&camera, tcp(), 1, Some("right")).await.is_ok());
}

/// Sends one DESCRIBE and gives back what arrives until the camera closes, or for 400 ms.
async fn describe(camera: &SimCamera) -> std::io::Result<Vec<u8>> {
    let mut socket = TcpStream::connect(camera.address()).await?;
    socket.write_all(format!("DESCRIBE {} RTSP/1.0\r\nCSeq: 7\r\n\r\n", camera.url()).as_bytes()).await?;
    let mut answer = Vec::new();
    let mut chunk = vec![0; 64 << 10];
    let read = async {
        while answer.len() < 1 << 20 {
            match socket.read(&mut chunk).await? {
                0 => break,
                n => answer.extend_from_slice(&chunk[..n]),
            }
        }
        Ok::<(), std::io::Error>(())
    };
    timeout(Duration::from_millis(400), read).await.unwrap_or(Ok(()))?;
    Ok(answer)
}

#[tokio::test]
async fn each_way_to_answer_a_description_is_as_it_is_described() {
    let fleet = fleet().await;
    let camera = camera(&fleet, CameraOptions::named("a")).await;
    for (behaviour, begin, part) in [
        (Behaviour::Ok, "RTSP/1.0 200 OK\r\nCSeq: 7\r\n", "m=video 0 RTP/AVP 96"),
        (Behaviour::Unauthorized, "RTSP/1.0 401 Unauthorized\r\n", "WWW-Authenticate: Digest"),
        (Behaviour::StaleNonce, "RTSP/1.0 401", "nonce="),
        (Behaviour::Forbidden, "RTSP/1.0 403", ""),
        (Behaviour::NotFound, "RTSP/1.0 404", ""),
        (Behaviour::Busy, "RTSP/1.0 453", ""),
        (Behaviour::Unavailable, "RTSP/1.0 503", ""),
        (Behaviour::ServerError, "RTSP/1.0 500", ""),
        (Behaviour::Redirect, "RTSP/1.0 302", "Location: rtsp://"),
        (Behaviour::ContentTypeCharset, "RTSP/1.0 200", "application/sdp; charset"),
        (Behaviour::BareLf, "RTSP/1.0 200 OK\nCSeq: 7\n", "\n\nv=0"),
        (Behaviour::EmptyHeader, "RTSP/1.0 200", "\r\nCache-Control:\r\n"),
        (Behaviour::NoReason, "RTSP/1.0 200\r\n", "m=video"),
        (Behaviour::NoCseq, "RTSP/1.0 200 OK\r\nContent-Base", "m=video"),
        (Behaviour::BadSdp, "RTSP/1.0 200", "this is no session description"),
        (Behaviour::EmptyFormat, "RTSP/1.0 200", "m=video 0 RTP/AVP   \r\n"),
        (Behaviour::EmptyFormat2, "RTSP/1.0 200", "m=video 0 RTP/AVP\r\n"),
        (Behaviour::AudioOnly, "RTSP/1.0 200", "m=audio"),
        (Behaviour::Vp8, "RTSP/1.0 200", "VP8"),
        (Behaviour::OtherHostBase, "RTSP/1.0 200", "Content-Base: rtsp://127.0.0.1:9/cam/a/"),
        (Behaviour::OtherHostTool, "RTSP/1.0 200", "a=tool:LIVE555 Streaming Media v2013"),
        (Behaviour::Http, "HTTP/1.1 400", ""),
        (Behaviour::Ssh, "SSH-2.0-", ""),
        (Behaviour::HalfHead, "RTSP/1.0 200", ""),
    ] {
        camera.set(behaviour).await.unwrap();
        let answer = String::from_utf8(describe(&camera).await.unwrap()).unwrap();
        assert!(answer.starts_with(begin), "{behaviour}: {answer}");
        assert!(answer.contains(part), "{behaviour}: {answer}");
    }
    camera.set(Behaviour::NoMediaSection).await.unwrap();
    assert!(!String::from_utf8(describe(&camera).await.unwrap()).unwrap().contains("\r\nm="));
    camera.set(Behaviour::Silent).await.unwrap();
    assert!(describe(&camera).await.unwrap().is_empty());
    camera.set(Behaviour::Drip).await.unwrap();
    assert_eq!(describe(&camera).await.unwrap(), b"R");
    for endless in [Behaviour::EndlessAnswer, Behaviour::HugeHead, Behaviour::LongLine] {
        camera.set(endless).await.unwrap();
        assert!(describe(&camera).await.unwrap().len() >= 1 << 20, "{endless}");
    }
    for (behaviour, kind) in [
        (Behaviour::Refused, std::io::ErrorKind::ConnectionRefused),
        (Behaviour::Reset, std::io::ErrorKind::ConnectionReset),
    ] {
        camera.set(behaviour).await.unwrap();
        assert_eq!(describe(&camera).await.unwrap_err().kind(), kind, "{behaviour}");
    }
    camera.set(Behaviour::Ok).await.unwrap();
    assert!(!describe(&camera).await.unwrap().is_empty());
}

#[tokio::test]
async fn each_way_to_send_media_wrongly_is_as_it_is_described() {
    let fleet = fleet().await;
    let camera = camera(&fleet, CameraOptions::named("a")).await;
    let short = Duration::from_millis(600);
    for behaviour in [Behaviour::NoMedia, Behaviour::Stall, Behaviour::EndMedia] {
        camera.set(behaviour).await.unwrap();
        let seen = timeout(short, read(&camera, tcp(), 1)).await;
        assert!(seen.is_err() || matches!(&seen, Ok(Ok(seen)) if seen.frames == 0), "{behaviour}: {seen:?}");
    }
    camera.set(Behaviour::NoKeyframe).await.unwrap();
    let seen = timeout(Duration::from_secs(5), read(&camera, tcp(), 12)).await.unwrap().unwrap();
    assert_eq!(seen.key_frames, 0);
    camera.set(Behaviour::Lossy).await.unwrap();
    let seen = timeout(Duration::from_secs(5), read(&camera, tcp(), 10)).await.unwrap().unwrap();
    assert!(seen.lost >= 2 && seen.key_frames >= 1, "{seen:?}");
    camera.set(Behaviour::IntraRefresh).await.unwrap();
    let seen = timeout(Duration::from_secs(5), read(&camera, tcp(), 3)).await.unwrap().unwrap();
    assert_eq!(seen.key_frames, 0);
    camera.set(Behaviour::Slow).await.unwrap();
    assert!(timeout(short, read(&camera, tcp(), 2)).await.is_err(), "two frames of a slow camera are a second apart");
    camera.set(Behaviour::UdpOnly).await.unwrap();
    assert_eq!(read(&camera, tcp(), 1).await.unwrap_err().status_code(), Some(461));
    assert_eq!(read(&camera, udp(), 3).await.unwrap().frames, 3);
    camera.set(Behaviour::ResetPlaying).await.unwrap();
    assert!(read(&camera, tcp(), 1).await.is_err());
    for understood in [
        Behaviour::Timeout65,
        Behaviour::OneSecond,
        Behaviour::HugeTimeout,
        Behaviour::OutOfOrder,
        Behaviour::WrongPayloadType,
        Behaviour::BadTimestamps,
        Behaviour::Frozen,
        Behaviour::Black,
        Behaviour::StallLater,
        Behaviour::OtherHostBase,
    ] {
        camera.set(understood).await.unwrap();
        let seen = timeout(Duration::from_secs(5), read(&camera, tcp(), 1)).await.unwrap().unwrap();
        assert_eq!(seen.key_frames, 1, "{understood}");
    }
}

#[tokio::test]
async fn a_switch_takes_hold_of_sessions_that_run() {
    let fleet = fleet().await;
    let camera = camera(&fleet, CameraOptions::named("a")).await;
    for (behaviour, silent) in [(Behaviour::Refused, false), (Behaviour::Dropped, true), (Behaviour::Silent, true)] {
        camera.set(Behaviour::Ok).await.unwrap();
        let reader = {
            let camera = camera.clone();
            tokio::spawn(async move { read(&camera, tcp(), u32::MAX).await })
        };
        while camera.stats().sessions_now == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        camera.set(behaviour).await.unwrap();
        let ended = timeout(Duration::from_millis(500), reader).await;
        assert_eq!(ended.is_err(), silent, "{behaviour}");
        camera.set(Behaviour::Ok).await.unwrap();
        while camera.stats().sessions_now > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn a_cut_line_darkens_its_site_and_gateway_and_nothing_else() {
    let fleet = fleet().await;
    let near = camera(&fleet, CameraOptions::named("near").site("bridge")).await;
    let refused = camera(&fleet, CameraOptions::named("refused").site("bridge").behaviour(Behaviour::Refused)).await;
    let far = camera(&fleet, CameraOptions::named("far").site("school")).await;
    let gateway = fleet.gateway("bridge").unwrap();
    let knock = |address| timeout(Duration::from_millis(300), TcpStream::connect(address));
    fleet.cut_site("bridge").await.unwrap();
    for address in [gateway, near.address(), refused.address()] {
        assert!(knock(address).await.is_err(), "a cut line answered");
    }
    assert!(knock(far.address()).await.unwrap().is_ok());
    // What is switched behind a cut line shows when it is mended.
    near.set(Behaviour::NotFound).await.unwrap();
    assert!(knock(near.address()).await.is_err());
    fleet.restore_site("bridge").await.unwrap();
    assert!(knock(gateway).await.unwrap().is_ok());
    assert_eq!(knock(refused.address()).await.unwrap().unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);
    assert!(describe(&near).await.unwrap().starts_with(b"RTSP/1.0 404"));
    assert!(fleet.cut_site("nowhere").await.is_err());
}

#[tokio::test]
async fn cameras_that_share_an_address_are_told_apart_by_path() {
    let fleet = fleet().await;
    let mut cameras = Vec::new();
    for channel in 1..=3 {
        let mut options = CameraOptions::named(&format!("c{channel}")).site("nvr");
        options.shared_address = true;
        options.path = Some(format!("/cam/realmonitor?channel={channel}&subtype=0"));
        cameras.push(camera(&fleet, options).await);
    }
    assert_eq!(cameras[0].address(), cameras[2].address());
    cameras[1].set(Behaviour::Refused).await.unwrap();
    assert_eq!(read(&cameras[0], tcp(), 2).await.unwrap().frames, 2);
    assert!(describe(&cameras[1]).await.is_err());
    assert_eq!(read(&cameras[2], udp(), 2).await.unwrap().frames, 2);
    assert_eq!(cameras[0].stats().plays, 1);
    assert_eq!(cameras[1].stats().plays, 0);
}

#[tokio::test]
async fn more_sessions_than_a_camera_has_are_answered_453() {
    let fleet = fleet().await;
    let mut options = CameraOptions::named("a");
    options.max_sessions = Some(1);
    let camera = camera(&fleet, options).await;
    let running = {
        let camera = camera.clone();
        tokio::spawn(async move { read(&camera, tcp(), u32::MAX).await })
    };
    while camera.stats().plays == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(read(&camera, tcp(), 1).await.unwrap_err().status_code(), Some(453));
    running.abort();
}

#[tokio::test]
async fn a_connection_that_ends_without_teardown_is_an_abandoned_session() {
    let fleet = fleet().await;
    let camera = camera(&fleet, CameraOptions::named("a")).await;
    let mut socket = TcpStream::connect(camera.address()).await.unwrap();
    let setup = format!(
        "SETUP {}/trackID=1 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n",
        camera.url()
    );
    socket.write_all(setup.as_bytes()).await.unwrap();
    let mut answer = [0; 512];
    let length = socket.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"RTSP/1.0 200 OK"));
    assert_eq!(camera.stats().sessions_now, 1);
    drop(socket);
    while camera.stats().sessions_now > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((camera.stats().abandoned, camera.stats().teardowns), (1, 0));
}

#[tokio::test]
async fn rtsps_is_served_with_the_certificate_that_is_given() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let options = FleetOptions { tls: Some(std::sync::Arc::new(config)), ..FleetOptions::default() };
    let fleet = Fleet::start(options).await.unwrap();
    let camera = camera(&fleet, CameraOptions::named("a")).await;
    assert_eq!(camera.url().scheme(), "rtsps");

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(camera.address()).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config)).connect(name, socket).await.unwrap();
    stream.write_all(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n").await.unwrap();
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"RTSP/1.0 200 OK"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_cameras_play_at_once() {
    let fleet = fleet().await;
    let mut readers = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let camera = camera(&fleet, CameraOptions::named(&format!("{number:04}"))).await;
        readers.spawn(async move { read(&camera, tcp(), 20).await });
    }
    let all = timeout(Duration::from_secs(60), readers.join_all()).await.unwrap();
    for seen in all {
        let seen = seen.unwrap();
        assert_eq!((seen.frames, seen.key_frames, seen.lost), (20, 2, 0));
    }
    let (sessions, teardowns) = fleet
        .cameras()
        .iter()
        .map(SimCamera::stats)
        .fold((0, 0), |sum, stats| (sum.0 + stats.sessions_total, sum.1 + stats.teardowns));
    assert_eq!((sessions, teardowns), (1000, 1000));
}

/// One HTTP request to the control port: status and body.
async fn control(address: std::net::SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn the_control_port_switches_cameras_cuts_lines_and_says_what_is_unknown() {
    let fleet = std::sync::Arc::new(fleet().await);
    let camera = camera(&fleet, CameraOptions::named("gate").site("school")).await;
    let listener = camwatch::simulate::control::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let at = listener.local_addr().unwrap();
    let router = camwatch::simulate::control::router(std::sync::Arc::clone(&fleet));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });

    assert_eq!(control(at, "POST", "/cameras/gate/behaviour", "404\n").await.0, 200);
    assert_eq!(camera.behaviour(), Behaviour::NotFound);
    let (status, body) = control(at, "POST", "/cameras/gate/behaviour", "sulking").await;
    assert!(status == 400 && body.contains("/faults"), "{body}");
    assert_eq!(control(at, "POST", "/cameras/nobody/behaviour", "ok").await.0, 404);
    assert_eq!(control(at, "POST", "/sites/school/cut", "").await.0, 200);
    assert!(camera.is_cut_off());
    assert_eq!(control(at, "POST", "/sites/school/restore", "").await.0, 200);
    assert!(!camera.is_cut_off());
    assert_eq!(control(at, "POST", "/sites/nowhere/cut", "").await.0, 404);
    let (_, cameras) = control(at, "GET", "/cameras", "").await;
    let cameras: serde_json::Value = serde_json::from_str(&cameras).unwrap();
    assert_eq!(cameras[0]["id"], "gate");
    assert_eq!(cameras[0]["behaviour"], "not-found");
    assert_eq!(cameras[0]["url"], camera.url().as_str());
    let (_, faults) = control(at, "GET", "/faults", "").await;
    assert_eq!(faults.lines().count(), Behaviour::ALL.len());
    serving.abort();
}

#[tokio::test]
async fn faults_at_random_come_and_go_by_their_seed() {
    let mut told = Vec::new();
    for _ in 0..2 {
        let fleet = fleet().await;
        for number in 0..5 {
            camera(&fleet, CameraOptions::named(&format!("c{number}")).site("s")).await;
        }
        let mut changes = Vec::new();
        // So many a minute that all come at once; none lasts less than 20 s, so that none is mended yet.
        let weather = camwatch::simulate::weather(&fleet, 7, 60_000.0, |change| changes.push(change.clone()));
        assert!(timeout(Duration::from_secs(2), weather).await.is_err());
        assert!(changes.len() >= 5, "{changes:?}");
        changes.truncate(5);
        told.push(changes);
    }
    assert_eq!(told[0], told[1]);
}
