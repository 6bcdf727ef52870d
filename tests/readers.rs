//! Many who read at once, and many who only pretend to: none of them delays a look at a camera or keeps others out.

mod fleet;
#[path = "fleet/server.rs"]
mod server;
mod support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use server::Server;
use support::{Village, withheld};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Ends a broken test; no claim about speed.
const LIMIT: Duration = Duration::from_secs(60);
/// How long the lag of looks is watched.
const WATCHED: Duration = Duration::from_secs(4);

/// Looks that began until now, and those of them that began within 100 ms of their moment.
fn looks(village: &Village) -> (f64, f64) {
    let page = village.daemon.get("/metrics");
    let value = |series: &str| -> f64 {
        let line =
            page.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_else(|| panic!("{series}: {page}"));
        line.trim().parse().expect("a number")
    };
    (value("camwatch_schedule_lag_seconds_count"), value("camwatch_schedule_lag_seconds_bucket{le=\"0.1\"}"))
}

/// What one reader got.
async fn read(at: SocketAddr, path: &str) -> std::io::Result<(u16, usize)> {
    let mut stream = tokio::net::TcpStream::connect(at).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {at}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let status = String::from_utf8_lossy(answer.get(9..12).unwrap_or_default()).parse().unwrap_or_default();
    Ok((status, answer.len()))
}

#[test]
fn a_thousand_readers_at_once_are_all_answered_and_no_look_begins_later_for_them() {
    const READERS: usize = 1000;
    let village = Village::start("");
    let at = village.address();
    // As the machine is, and how late looks begin while nobody reads.
    let (before, stalls) = (looks(&village), withheld());
    std::thread::sleep(WATCHED);
    let (quiet, stalls_quiet) = (looks(&village), withheld().saturating_sub(stalls));

    let stalls = withheld();
    let answered = Arc::new(AtomicUsize::new(0));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let begun = Instant::now();
    runtime.block_on(async {
        let readers: Vec<_> = (0..READERS)
            .map(|n| {
                let answered = Arc::clone(&answered);
                tokio::spawn(async move {
                    let path = ["/", "/cameras/sim-0001", "/sites/site-002", "/?state=up", "/metrics"][n % 5];
                    loop {
                        let (status, bytes) =
                            read(at, path).await.unwrap_or_else(|e| panic!("reader {n} of {path}: {e}"));
                        assert_eq!(status, 200, "reader {n} of {path}: {bytes} bytes");
                        answered.fetch_add(1, Ordering::Relaxed);
                        if begun.elapsed() > WATCHED {
                            return;
                        }
                    }
                })
            })
            .collect();
        for reader in readers {
            tokio::time::timeout(LIMIT, reader).await.expect("an answer in time").expect("a reader that is answered");
        }
    });
    let (busy, stalls_busy) = (looks(&village), withheld().saturating_sub(stalls));

    let answered = answered.load(Ordering::Relaxed);
    assert!(answered >= READERS);
    let late = |from: (f64, f64), to: (f64, f64)| (to.0 - from.0) - (to.1 - from.1);
    let (of_quiet, of_busy) = (late(before, quiet), late(quiet, busy));
    // What falls due while the processors are withheld begins late, whoever reads.
    let excused = (busy.0 - quiet.0) * (stalls_busy.as_secs_f64() / begun.elapsed().as_secs_f64()).min(1.0);
    assert!(
        of_busy <= of_quiet + excused,
        "{answered} answers in {:?}; looks begun late: {of_quiet} of {} in quiet ({stalls_quiet:?} withheld), {of_busy} of {} \
         with readers ({stalls_busy:?} withheld)",
        begun.elapsed(),
        quiet.0 - before.0,
        busy.0 - quiet.0
    );
    assert!(busy.0 - quiet.0 > 32.0, "looks went on");
    village.wait_for(|camera| camera["state"] == "up");
}

/// Both ends of every connection are this process's.
fn many_descriptors() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("as many descriptors as are allowed");
}

fn connect(server: &Server, say: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("a limit");
    // The server may have closed already: then it is not this one that holds a place.
    let _ = stream.write_all(say.as_bytes());
    stream
}

/// The whole answer to somebody who reads it as one should.
fn answer(server: &Server, path: &str) -> String {
    let asked = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    let mut stream = connect(server, &asked);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap_or_else(|e| panic!("GET {path}: {e}"));
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(server: &Server, path: &str) -> String {
    answer(server, path).get(9..12).unwrap_or_default().to_owned()
}

#[test]
fn those_who_hold_more_connections_than_there_are_places_keep_nobody_out() {
    many_descriptors();
    let server = Server::start(fleet::snapshot(1000));
    let slow = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    let kept = "GET /-/healthy HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    // They ask and never read, ask and stay, say half of what they want, say nothing.
    let held: Vec<TcpStream> =
        (0..1200).map(|n| connect(&server, [slow, kept, "GET / HTTP/1.1\r\nHo", ""][n % 4])).collect();
    for path in ["/", "/-/healthy", "/metrics"] {
        assert_eq!(status(&server, path), "200", "{path}");
    }
    drop(held);
}

#[test]
fn who_was_only_just_taken_in_is_not_sent_away_for_those_who_wait() {
    many_descriptors();
    let server = Server::start(fleet::snapshot(32));
    let mut taken_in: Vec<TcpStream> = (0..1100).map(|_| connect(&server, "")).collect();
    // Some wait for a place by now.
    std::thread::sleep(Duration::from_secs(1));
    for stream in &mut taken_in {
        stream
            .write_all(b"GET /-/healthy HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            .expect("a connection that is still there");
    }
    for (n, stream) in taken_in.iter_mut().enumerate() {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap_or_else(|e| panic!("reader {n}: {e}"));
        assert!(answer.starts_with("HTTP/1.1 200"), "reader {n}: {answer:?}");
    }
}

#[test]
fn thousands_who_listen_are_heard_as_far_as_there_is_room_and_the_rest_are_told_when_to_come_back() {
    many_descriptors();
    let mut server = Server::start(fleet::snapshot(32));
    let (mut listening, mut refused) = (Vec::new(), 0);
    for _ in 0..2000 {
        let mut stream =
            connect(&server, "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n");
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).expect("an answer") == 1 {
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).expect("a head").to_lowercase();
        if head.starts_with("http/1.1 200") {
            assert!(head.contains("text/event-stream"), "{head}");
            listening.push(stream);
        } else {
            assert!(head.starts_with("http/1.1 503") && head.contains("retry-after: "), "{head}");
            refused += 1;
        }
    }
    assert!(listening.len() >= 32 && refused > 0, "{} listen, {refused} are refused", listening.len());
    assert_eq!(status(&server, "/"), "200", "who reads is answered meanwhile");
    server.show(fleet::snapshot(31));
    for stream in &mut listening {
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains("\"generation\":2") {
            let mut some = [0; 256];
            let read = stream.read(&mut some).expect("events");
            assert!(read > 0, "it ended after {:?}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&some[..read]);
        }
    }
    // Those who listen do not hold up the end.
    server.begin_stop();
    assert!(server.served().is_ok());
}

#[test]
fn addresses_that_mean_nothing_are_answered_shortly_and_give_nothing_away() {
    let server = Server::start(fleet::snapshot(32));
    let long = "x".repeat(5000);
    for path in [
        "/nowhere",
        "/cameras/nowhere",
        "/sites/nowhere",
        "/cameras/",
        "/cameras/..%2f..%2fetc%2fpasswd",
        "/cameras/../../etc/passwd",
        "/sites/%2e%2e/%2e%2e/etc/passwd",
        "/cameras/%00",
        "/cameras/%ff%fe",
        "/sites/%c0%af",
        &format!("/cameras/{long}"),
    ] {
        let page = answer(&server, path);
        assert!(matches!(&page[9..12], "404" | "400"), "{path}: {page}");
        assert!(page.contains("href=\"/\""), "{path}: a way back: {page}");
        assert!(!page.contains("root:") && !page.contains(&long), "{path}: {page}");
    }
    for path in
        ["/assets/../Cargo.toml", "/assets/..%2f..%2fetc%2fpasswd", "/assets/nothing.css", "/assets/%00", "/assets/"]
    {
        let page = answer(&server, path);
        assert!(matches!(&page[9..12], "404" | "400"), "{path}: {page}");
        assert!(!page.contains("[package]") && !page.contains("root:"), "{path}: {page}");
    }
    let usual = answer(&server, "/").len();
    let much = |text: &str| text.repeat(10_000 / text.len());
    for query in [
        format!("q={}", much("x")),
        format!("q={}", much("%f0%9f%93%b7")),
        format!("q={}", much("%ff")),
        much("state=dark&"),
        much("&"),
        much("=%00"),
        "q=%00%ff&state=nothing&commune=..%2f&page=99999999999999999999&lang=xx&said=nothing".to_owned(),
        "page=-1".to_owned(),
    ] {
        let page = answer(&server, &format!("/?{query}"));
        assert_eq!(&page[9..12], "200", "{query}: {page}");
        assert!(page.len() < usual * 2, "{query}: {} bytes", page.len());
    }
    let page = answer(&server, &format!("/?q={}", "x".repeat(100_000)));
    assert!(page.is_empty() || matches!(&page[9..12], "414" | "431"), "{page}");
}
