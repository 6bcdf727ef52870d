//! The status page over real TCP: languages, files, what is not there, what a hostile address gets, and how large it grows.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use server::Server;

mod fleet;
#[path = "fleet/server.rs"]
mod server;

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

fn get(server: &Server, path: &str, headers: &[&str]) -> Answer {
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let headers: Vec<String> = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let headers = headers.concat();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n", server.address);
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head that ends");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

const HTML: &str = "Accept: text/html,application/xhtml+xml";

#[test]
fn a_page_speaks_the_language_that_was_asked_for_and_the_browser_remembers_it() {
    let server = Server::start(fleet::snapshot(10));
    let plain = get(&server, "/", &[]);
    assert!(plain.text().contains("<html lang=\"vi\">"), "the daemon's");
    assert_eq!(plain.header("set-cookie"), None);
    assert!(get(&server, "/", &["Accept-Language: ko-KR, en;q=0.5"]).text().contains("<html lang=\"ko\">"));
    let switched = get(&server, "/cameras/c0001?lang=en", &["Accept-Language: ko"]);
    assert!(switched.text().contains("<html lang=\"en\">"));
    let cookie = switched.header("set-cookie").unwrap();
    assert!(cookie.starts_with("lang=en; Path=/;") && cookie.contains("SameSite=Lax"), "{cookie}");
    let remembered = get(&server, "/sites/site-000", &["Cookie: a=b; lang=en", "Accept-Language: ko"]);
    assert!(remembered.text().contains("<html lang=\"en\">"));
    assert_eq!(get(&server, "/?lang=%0d%0aX:1", &[]).header("set-cookie"), None);
}

#[test]
fn files_are_kept_under_their_hash_and_asked_for_anew_under_their_name() {
    let server = Server::start(fleet::snapshot(10));
    let page = get(&server, "/", &[]).text().to_owned();
    let style = page.split("href=\"").find_map(|part| part.strip_prefix("/assets/style-")).unwrap();
    let style = format!("/assets/style-{}", style.split('"').next().unwrap());
    let kept = get(&server, &style, &[]);
    assert_eq!((kept.status, kept.header("content-type")), (200, Some("text/css; charset=utf-8")));
    assert!(kept.header("cache-control").unwrap().contains("immutable"));
    let etag = kept.header("etag").unwrap();
    assert_eq!(get(&server, &style, &[&format!("If-None-Match: {etag}")]).status, 304);
    assert_eq!(get(&server, "/assets/live.js", &[]).header("cache-control"), Some("no-cache"));
    for nothing in ["/assets/style-0000000000000000.css", "/assets/..%2Fmod.rs", "/assets/../../etc/passwd", "/assets/"]
    {
        let answer = get(&server, nothing, &[]);
        assert_eq!(answer.status, 404, "{nothing}");
        assert!(!answer.text().contains("root:"), "{nothing}");
    }
}

#[test]
fn what_is_not_there_is_said_in_the_readers_language_with_a_way_back() {
    let server = Server::start(fleet::snapshot(10));
    for path in
        ["/cameras/nobody", "/cameras/%3Cscript%3E", "/sites/nowhere", "/nothing/at/all", "/cameras/..%2F..%2Fetc"]
    {
        let answer = get(&server, path, &[HTML, "Accept-Language: en"]);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("There is no such page</h1>"), "{path}: {}", answer.text());
        assert!(answer.text().contains("<a href=\"/\">Back to the overview</a>"), "{path}");
        assert!(!answer.text().contains("<script>"), "{path}");
    }
    let curl = get(&server, "/nothing", &["Accept: */*"]);
    assert!(curl.text().starts_with("404: ") && curl.text().contains("/metrics"));
}

#[test]
fn an_address_of_ten_kilobytes_is_answered_like_any_other() {
    let server = Server::start(fleet::snapshot(10));
    for query in
        ["q=".to_owned() + &"%3Cb%3E".repeat(1400), "a=1&".repeat(2500), "page=".to_owned() + &"9".repeat(10_000)]
    {
        for path in ["/", "/cameras/c0001", "/sites/site-000"] {
            let answer = get(&server, &format!("{path}?{query}"), &[]);
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.body.len() < 60_000 && !answer.text().contains("<b><b>"), "{path}");
        }
    }
}

#[test]
fn a_page_that_did_not_change_is_not_sent_again() {
    let server = Server::start(fleet::snapshot(10));
    let etag = get(&server, "/", &[]).header("etag").unwrap().to_owned();
    let again = get(&server, "/", &[&format!("If-None-Match: {etag}")]);
    assert!(again.status == 304 && again.body.is_empty(), "unless a minute has just passed: {}", again.head);
    let mut changed = fleet::snapshot(10);
    changed.cameras[0].state = camwatch::observation::State::Dark;
    server.show(changed);
    assert_eq!(get(&server, "/", &[&format!("If-None-Match: {etag}")]).status, 200);
}

#[test]
fn the_overview_of_a_village_fits_its_line_and_that_of_a_province_is_no_larger_than_a_page() {
    let server = Server::start(fleet::snapshot(32));
    let village = get(&server, "/", &[]);
    assert!(village.body.len() < 60_000, "{} bytes", village.body.len());
    let province = Server::start(fleet::snapshot(10_000));
    for path in ["/", "/?page=200", "/?q=yen+lenh&state=dark", "/?site=site-100&commune=comm-06"] {
        let page = get(&province, path, &[]);
        assert_eq!(page.status, 200);
        assert!(page.body.len() < 120_000, "{path}: {} bytes", page.body.len());
        assert!(page.text().matches("<tr>").count() <= 52, "{path}: fifty cameras a page");
    }
    assert!(get(&province, "/", &[]).text().contains("href=\"/?page=200#list\""));
}
