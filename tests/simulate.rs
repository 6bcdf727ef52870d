//! Simulated cameras, as real RTSP clients see them.

use std::process::Command;
use std::time::Duration;

use camwatch::simulate::{Auth, Behaviour, CameraOptions, Codec, Fleet, FleetOptions, Scheme, SimCamera};
use futures_util::StreamExt as _;
use retina::client::{PlayOptions, Session, SessionGroup, SessionOptions, SetupOptions, Transport};
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
    let group = std::sync::Arc::new(SessionGroup::default());
    let mut options = SessionOptions::default().session_group(std::sync::Arc::clone(&group));
    if let Some((username, password)) = camera.name().strip_prefix("login-").and_then(|login| login.split_once('-')) {
        options =
            options.creds(Some(retina::client::Credentials { username: username.into(), password: password.into() }));
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
