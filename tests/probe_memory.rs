//! What one probe may hold, whatever the camera sends: measured as the growth of this process, which does nothing else.

use std::time::Duration;

use camwatch::gate::Gate;
use camwatch::inventory::{CameraId, Depth, TlsPolicy, Transport};
use camwatch::observation::Outcome;
use camwatch::probe::{Prober, Request, WATCH};
use camwatch::simulate::{Behaviour, CameraOptions, Fleet, FleetOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// The most that a probe may hold, in KiB.
const MOST: u64 = 8 * 1024;

fn kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// A server that answers rightly, sends one interleaved frame and then another for ever, as fast as they are taken.
async fn flood(first: Vec<u8>, rest: Vec<u8>) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let sdp =
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n";
        let mut request = Vec::new();
        for answer in [
            format!("CSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}", sdp.len()),
            "CSeq: 2\r\nSession: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n".to_owned(),
            "CSeq: 3\r\nSession: 1\r\n\r\n".to_owned(),
        ] {
            request.clear();
            while !request.ends_with(b"\r\n\r\n") {
                assert_ne!(socket.read_buf(&mut request).await.unwrap(), 0);
            }
            socket.write_all(format!("RTSP/1.0 200 OK\r\n{answer}").as_bytes()).await.unwrap();
        }
        let framed = |packet: Vec<u8>| {
            let length = u16::try_from(packet.len()).unwrap().to_be_bytes();
            [vec![b'$', 0], length.to_vec(), packet].concat()
        };
        socket.write_all(&framed(first)).await.unwrap();
        let mut frame = framed(rest);
        for sequence in 1..=u16::MAX {
            frame[6..8].copy_from_slice(&sequence.to_be_bytes());
            if socket.write_all(&frame).await.is_err() {
                break;
            }
        }
    });
    address
}

/// An RTP packet of one timestamp for ever, with this payload.
fn rtp(payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, 96, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    packet.extend_from_slice(payload);
    packet
}

#[test]
fn no_camera_makes_a_probe_hold_more_than_eight_mebibytes() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fleet = runtime.block_on(Fleet::start(FleetOptions::default())).unwrap();
    let prober = Prober::new(Gate::default());
    let probe = |url: url::Url| {
        runtime.block_on(async {
            let request = Request {
                camera: CameraId::new("c").unwrap(),
                url,
                login: None,
                tls: TlsPolicy::System,
                transport: Transport::Tcp,
                depth: Depth::Picture,
                timeout: Duration::from_secs(2),
                watch: WATCH,
            };
            let report = prober.probe(&request).await;
            prober.idle().await;
            report
        })
    };
    let camera = |behaviour: Behaviour, name: &str| {
        runtime.block_on(fleet.add(CameraOptions::named(name).behaviour(behaviour))).unwrap().url()
    };
    let flooded = |first: &[u8], rest: &[u8]| {
        format!("rtsp://{}/x", runtime.block_on(flood(rtp(first), rtp(rest)))).parse().unwrap()
    };
    // Threads, the clip and the allocator's first arenas are nobody's probe.
    assert_eq!(probe(camera(Behaviour::Ok, "warm")).seen.outcome, Outcome::Ok);
    let mut hostile: Vec<(String, url::Url)> = [
        Behaviour::EndlessAnswer,
        Behaviour::HugeHead,
        Behaviour::LongLine,
        Behaviour::EndlessFrame,
        Behaviour::Garbage,
        Behaviour::PanicPush,
        Behaviour::NoKeyframe,
    ]
    .into_iter()
    .map(|behaviour| (behaviour.as_str().to_owned(), camera(behaviour, behaviour.as_str())))
    .collect();
    let (begin, mut fragment) = ([0x7c, 0x85, 0xaa], vec![0x7c, 0x05]);
    fragment.resize(65_000, 0xaa);
    hostile.push(("one endless frame in large fragments".to_owned(), flooded(&begin, &fragment)));
    fragment.truncate(1400);
    hostile.push(("one endless frame in fragments of usual size".to_owned(), flooded(&begin, &fragment)));
    let mut tiny = vec![0x78];
    tiny.extend([0, 1, 0x41].repeat(450));
    hostile.push(("one endless frame of tiny units".to_owned(), flooded(&tiny, &tiny)));
    for (name, url) in hostile {
        // From here on the peak is this probe's, and what the simulated camera itself needs to send.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = kib("VmHWM:");
        let report = probe(url);
        let grown = kib("VmHWM:").saturating_sub(before);
        assert_ne!(report.seen.outcome, Outcome::Ok, "{name}: {report:?}");
        println!("{name}: {} by {grown} KiB", report.seen.outcome);
        assert!(grown <= MOST, "{name} made a probe hold {grown} KiB");
    }
}
