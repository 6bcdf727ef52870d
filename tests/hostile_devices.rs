//! Devices that answer what no device should: an outcome each, within its time and its bounds.

mod support;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use camwatch::device::exchange::{Exchange as _, Login, Manner, Request, Sign, Trouble};
use camwatch::device::http::{Cost, Device};
use camwatch::gate::Gate;
use camwatch::inventory::{Recorder, RecorderId, RecorderKind, SiteId, TlsPolicy};
use camwatch::observation::Outcome;
use sha2::{Digest as _, Sha256};
use support::withheld;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// For a whole poll.
const WITHIN: Duration = Duration::from_secs(3);

/// What a poll may take beyond it.
const GRACE: Duration = Duration::from_millis(500);

fn device(url: &str, tls: TlsPolicy) -> Device {
    let recorder = Recorder {
        id: RecorderId::new("r").unwrap(),
        site: SiteId::new("s").unwrap(),
        kind: RecorderKind::Hikvision,
        url: Url::parse(url).unwrap(),
        credential: None,
        tls,
        allow_basic: false,
        requests_per_minute: 600,
    };
    Device::new(&recorder, None, &Gate::default(), Manner { canary: None, sign: |_| Sign::Nothing })
}

async fn ask(device: &Device, path: &str) -> (Result<(u16, usize), Trouble>, Cost) {
    let mut exchange = device.exchange(WITHIN);
    let (began, before) = (Instant::now(), withheld());
    let answer = exchange.ask(Request::get(path.to_owned()).login(Login::None)).await;
    let (took, stalled) = (began.elapsed(), withheld().saturating_sub(before));
    assert!(took <= WITHIN + GRACE + stalled, "{took:?}, of which {stalled:?} withheld");
    (answer.map(|answer| (answer.status, answer.body.len())), exchange.cost())
}

/// Serves each connection with `answer`, once its request was read.
async fn server<F, A>(answer: F) -> SocketAddr
where
    F: Fn(TcpStream) -> A + Send + 'static,
    A: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            // A client that hangs up is no failure of the server's.
            let answer = answer(stream);
            tokio::spawn(async move { drop(answer.await) });
        }
    });
    address
}

/// A server that writes `head`, then `piece` again and again with pauses, for ever.
async fn endless(head: &'static str, piece: &'static [u8], pause: Duration) -> SocketAddr {
    server(move |mut stream| async move {
        stream.write_all(head.as_bytes()).await?;
        loop {
            stream.write_all(piece).await?;
            tokio::time::sleep(pause).await;
        }
    })
    .await
}

async fn saying(answer: &'static [u8]) -> SocketAddr {
    server(move |mut stream| async move {
        stream.write_all(answer).await?;
        stream.shutdown().await
    })
    .await
}

async fn ask_plain(address: SocketAddr) -> (Result<(u16, usize), Trouble>, Cost) {
    ask(&device(&format!("http://{address}"), TlsPolicy::System), "/ISAPI/System/deviceInfo").await
}

static PIECE: [u8; 64 * 1024] = [b' '; 64 * 1024];

#[tokio::test]
async fn a_body_without_end_is_cut_off_at_its_bound() {
    const CHUNK: &[u8] = b"1000\r\n";
    let chunked = server(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
        loop {
            stream.write_all(CHUNK).await?;
            stream.write_all(&PIECE[..4096]).await?;
            stream.write_all(b"\r\n").await?;
        }
    })
    .await;
    let until_closed = endless("HTTP/1.1 200 OK\r\n\r\n", &PIECE, Duration::ZERO).await;
    for address in [chunked, until_closed] {
        let (result, cost) = ask_plain(address).await;
        assert_eq!(result, Err(Trouble::TooLarge(4 << 20)));
        assert!(cost.received_bytes < 6 << 20, "{cost:?}");
    }
    let (result, cost) = ask_plain(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc").await).await;
    assert_eq!(result, Err(Trouble::TooLarge(4 << 20)), "already what is announced");
    assert!(cost.received_bytes < 1000);
}

#[tokio::test]
async fn a_head_without_end_is_no_http() {
    let long_field = endless("HTTP/1.1 200 OK\r\nX: ", &PIECE, Duration::ZERO).await;
    let fields: &'static [u8] = b"X-Field: value\r\n".repeat(1000).leak();
    let endless_fields = endless("HTTP/1.1 200 OK\r\n", fields, Duration::ZERO).await;
    let many: &'static [u8] = [b"HTTP/1.1 200 OK\r\n", &fields[..16 * 200], b"\r\n"].concat().leak();
    let many_fields = saying(many).await;
    for address in [long_field, endless_fields, many_fields] {
        let (result, cost) = ask_plain(address).await;
        assert!(matches!(result, Err(Trouble::NotHttp(_))), "{result:?} {cost:?}");
        assert!(cost.received_bytes < 1 << 20, "{cost:?}");
    }
}

#[tokio::test]
async fn what_drips_or_says_nothing_ends_in_time() {
    let drips = endless("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"<", Duration::from_millis(50)).await;
    let drips_its_head = endless("HTTP/1.1 200 OK\r\nX: ", b"x", Duration::from_millis(50)).await;
    let silent = endless("", b"", Duration::from_millis(50)).await;
    for address in [drips, drips_its_head, silent] {
        assert_eq!(ask_plain(address).await.0, Err(Trouble::Silent));
    }
}

#[tokio::test]
async fn what_is_no_http_is_told_apart_from_a_line_that_breaks() {
    let garbage: [&'static [u8]; 4] = [
        b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n",
        b"220 ftp.example ready\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on, for a while, without an end of a line",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a length\r\n",
    ];
    for answer in garbage {
        let (result, _) = ask_plain(saying(answer).await).await;
        let trouble = result.unwrap_err();
        assert!(matches!(trouble, Trouble::NotHttp(_)), "{:?}: {trouble:?}", String::from_utf8_lossy(answer));
        assert_eq!(trouble.outcome(), Outcome::Incompatible);
    }
    let broken: [&'static [u8]; 3] =
        [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", b"HTTP/1.1 200 OK\r\nContent-"];
    for answer in broken {
        let (result, _) = ask_plain(saying(answer).await).await;
        assert!(matches!(result, Err(Trouble::Path(Outcome::Reset, _))), "{answer:?}: {result:?}");
    }
}

#[tokio::test]
async fn who_speaks_before_being_asked_speaks_no_http() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"220 ftp.example ready\r\n").await;
            let _ = stream.read(&mut [0; 64]).await;
        }
    });
    let (result, _) = ask_plain(address).await;
    assert!(matches!(result, Err(Trouble::NotHttp(_))), "{result:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_else_is_asked() {
    let visits = Arc::new(AtomicU32::new(0));
    let elsewhere = {
        let visits = Arc::clone(&visits);
        server(move |_| {
            visits.fetch_add(1, Ordering::Relaxed);
            async { Ok(()) }
        })
        .await
    };
    let location: &'static str = format!("HTTP/1.1 302 Found\r\nLocation: http://{elsewhere}/\r\n\r\n").leak();
    assert_eq!(ask_plain(saying(location.as_bytes()).await).await.0, Ok((302, 0)));
    assert_eq!(visits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_device_that_is_not_there_is_refused_or_has_no_name() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(matches!(ask_plain(gone).await.0, Err(Trouble::Path(Outcome::Refused, _))));
    let nobody = device("http://no-such-device.invalid", TlsPolicy::System);
    assert!(matches!(ask(&nobody, "/").await.0, Err(Trouble::Path(Outcome::Dns, _))));
}

#[tokio::test]
async fn a_path_that_is_none_never_reaches_the_line() {
    let device = device(&format!("http://{}", saying(b"").await), TlsPolicy::System);
    for path in ["/a b", "/a\r\nHost: evil", "/\u{0}"] {
        let (result, cost) = ask(&device, path).await;
        assert!(matches!(result, Err(Trouble::NotHttp(_))), "{path:?}: {result:?}");
        assert_eq!(cost, Cost::default());
    }
}

#[tokio::test]
async fn a_connection_that_the_device_closed_meanwhile_is_opened_anew() {
    // Answers twice over one connection at most, and closes without saying so.
    let connections = Arc::new(AtomicU32::new(0));
    let address = {
        let connections = Arc::clone(&connections);
        server(move |mut stream| {
            connections.fetch_add(1, Ordering::Relaxed);
            async move { stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await }
        })
        .await
    };
    let device = device(&format!("http://{address}"), TlsPolicy::System);
    let mut exchange = device.exchange(WITHIN);
    for _ in 0..4 {
        assert!(exchange.ask(Request::get("/").login(Login::None)).await.unwrap().is_success());
    }
    assert_eq!(connections.load(Ordering::Relaxed), 4);
}

/// HTTPS with a certificate signed by itself, as devices have it.
async fn secure() -> (SocketAddr, [u8; 32]) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let fingerprint: [u8; 32] = Sha256::digest(made.cert.der()).into();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 2048];
            if stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
                let _ = stream.shutdown().await;
            }
        }
    });
    (address, fingerprint)
}

#[tokio::test]
async fn https_is_trusted_by_system_by_fingerprint_or_as_it_is() {
    let (address, fingerprint) = secure().await;
    let url = format!("https://{address}");
    let mut wrong = fingerprint;
    wrong[0] ^= 1;
    for (policy, good) in [
        (TlsPolicy::Any, true),
        (TlsPolicy::Fingerprint(fingerprint), true),
        (TlsPolicy::Fingerprint(wrong), false),
        (TlsPolicy::System, false),
    ] {
        let (result, cost) = ask(&device(&url, policy.clone()), "/").await;
        if good {
            assert_eq!(result, Ok((200, 2)), "{policy:?}");
        } else {
            assert!(matches!(result, Err(Trouble::Path(Outcome::Tls, _))), "{policy:?}: {result:?}");
            assert_eq!(cost.requests, 0, "nothing is asked of whom we do not trust");
        }
    }
    // Plain HTTP where TLS is spoken, and the other way round.
    let plain = device(&format!("http://{address}"), TlsPolicy::Any);
    let (result, _) = ask(&plain, "/").await;
    assert!(matches!(result, Err(Trouble::NotHttp(_) | Trouble::Path(Outcome::Reset, _))), "{result:?}");
    let speaks_none = saying(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let (result, _) = ask(&device(&format!("https://{speaks_none}"), TlsPolicy::Any), "/").await;
    assert!(matches!(result, Err(Trouble::Path(Outcome::Tls, _))), "{result:?}");
}
