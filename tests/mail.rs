//! Mail against aiosmtpd, which we did not write, and against refusals that it does not know.

mod support;

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use camwatch::config::Config;
use camwatch::inventory::{ChannelId, OfficerId};
use camwatch::judgement::event::PageReason;
use camwatch::notify::channel::{self, Line};
use camwatch::notify::{Answer, Letter, Words};
use camwatch::paging::{About, Message, MessageId, Recipient, Severity};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

fn open(dir: &Path, settings: &str) -> Line {
    let text = format!(
        "[[channel]]\nid = \"mail\"\nkind = \"email\"\nfrom = \"Camwatch <camwatch@xa.example.vn>\"\n{settings}\n"
    );
    let config = Config::parse(&dir.join("camwatch.toml"), &text).unwrap_or_else(|e| panic!("{e}"));
    channel::open(&config.inventory.channels[&ChannelId::new("mail").expect("an id")], dir).expect("a channel")
}

fn letter(key: &str) -> Letter {
    let at = "2026-11-22T02:14:00+07:00".parse().expect("a time");
    Letter {
        key: key.to_owned(),
        to: "ubnd@xa.example.vn".to_owned(),
        words: Words {
            subject: "[17] Mất tín hiệu: cầu Yên Lệnh".to_owned(),
            text: "Mất tín hiệu: cầu Yên Lệnh\nXác nhận: OK 17".to_owned(),
            short: String::new(),
        },
        thread: "incident-1".to_owned(),
        ack_url: Some("https://cam.example.vn/ack/T".to_owned()),
        message: Message {
            id: MessageId("m-1".to_owned()),
            to: Recipient::Officer(OfficerId::new("it").expect("an id")),
            reason: PageReason::Open,
            severity: Severity::Critical,
            decided_at: at,
            not_before: at,
            about: vec![About::Test],
            supersedes: Vec::new(),
        },
    }
}

#[tokio::test]
async fn mails_of_one_incident_are_one_thread_and_say_that_a_machine_wrote_them() {
    let Some(program) = support::require("aiosmtpd") else { return };
    let dir = TempDir::new().expect("a directory");
    let port = support::free_port();
    let out = fs::File::create(dir.path().join("out")).expect("a file");
    let mut server = Command::new(program);
    server.args(["-n", "-l", &format!("127.0.0.1:{port}"), "-c", "aiosmtpd.handlers.Debugging", "stdout"]);
    let mut server = server.env("PYTHONUNBUFFERED", "1").stdout(out).stderr(Stdio::null()).spawn().expect("a server");
    support::wait_until("the mail server", Duration::from_secs(60), || {
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    });
    let line = open(dir.path(), &format!("url = \"smtp://127.0.0.1:{port}\"\nstarttls = false"));
    for key in ["open-1", "close-1"] {
        let answer = line.out.send(&letter(key)).await;
        assert!(matches!(answer, Answer::Accepted { .. }), "{answer:?}");
    }
    let mut to_two = letter("digest-1");
    to_two.to = "ubnd@xa.example.vn, Kế toán <ke-toan@xa.example.vn>".to_owned();
    let answer = line.out.send(&to_two).await;
    assert!(matches!(answer, Answer::Accepted { .. }), "a fund has two addresses: {answer:?}");
    // It offers no STARTTLS: with the default nothing goes over an open line.
    let strict = open(dir.path(), &format!("url = \"smtp://127.0.0.1:{port}\""));
    let answer = strict.out.send(&letter("open-2")).await;
    assert!(matches!(answer, Answer::ChannelRefuses { .. }), "{answer:?}");
    server.kill().expect("ending it");
    server.wait().expect("its end");

    let got = fs::read_to_string(dir.path().join("out")).expect("what it got");
    let count = |line: &str| got.lines().filter(|got| *got == line).count();
    for (line, times) in [
        ("Message-ID: <open-1@xa.example.vn>", 1),
        ("Message-ID: <close-1@xa.example.vn>", 1),
        ("Message-ID: <open-2@xa.example.vn>", 0),
        ("Message-ID: <digest-1@xa.example.vn>", 1),
        ("In-Reply-To: <incident-1@xa.example.vn>", 3),
        ("References: <incident-1@xa.example.vn>", 3),
        ("Auto-Submitted: auto-generated", 3),
        ("To: ubnd@xa.example.vn", 2),
    ] {
        assert_eq!(count(line), times, "{line} in {got}");
    }
    assert!(got.contains("From: Camwatch <camwatch@xa.example.vn>") || got.contains("From: \"Camwatch\""), "{got}");
    assert!(got.contains("https://cam.example.vn/ack/T"), "{got}");
    assert!(got.contains("To: ubnd@xa.example.vn, ") && got.contains("<ke-toan@xa.example.vn>"), "{got}");
}

/// A server that refuses at the recipient with one line, and repeats the address as servers do.
async fn refusing(line: &'static str) -> u16 {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let _ = stream.write_all(b"220 ready\r\n").await;
            let mut asked = String::new();
            while stream.read_line(&mut asked).await.is_ok_and(|length| length > 0) {
                let answer = match asked.get(..4).unwrap_or_default() {
                    "RCPT" => line,
                    "QUIT" => "221 bye",
                    _ => "250 fine",
                };
                let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
                asked.clear();
            }
        }
    });
    port
}

#[tokio::test]
async fn refusals_of_a_mail_server_come_to_their_classes_without_the_address() {
    let dir = TempDir::new().expect("a directory");
    for (line, expected) in [
        ("550 5.1.1 <ubnd@xa.example.vn> no such user", "recipient"),
        ("553 no mailbox", "recipient"),
        ("530 5.7.0 log in first", "channel"),
        ("535 bad login", "channel"),
        ("554 5.7.1 refused", "never"),
        ("451 4.3.0 try again", "later"),
        ("421 too busy", "later"),
    ] {
        let port = refusing(line).await;
        let channel = open(dir.path(), &format!("url = \"smtp://127.0.0.1:{port}\"\nstarttls = false"));
        let answer = channel.out.send(&letter("k")).await;
        let (class, why) = match &answer {
            Answer::RecipientRefuses { why } => ("recipient", why),
            Answer::ChannelRefuses { why } => ("channel", why),
            Answer::Never { why } => ("never", why),
            Answer::Later { why, .. } => ("later", why),
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(class, expected, "{line}: {why}");
        assert!(!why.contains("ubnd@"), "{why}");
        let mut to_two = letter("k");
        to_two.to = "ke-toan@xa.example.vn, ubnd@xa.example.vn".to_owned();
        let answer = format!("{:?}", channel.out.send(&to_two).await);
        assert!(!answer.contains("ubnd@") && !answer.contains("ke-toan@"), "{answer}");
    }
    let nobody = open(dir.path(), &format!("url = \"smtp://127.0.0.1:{}\"\nstarttls = false", support::free_port()));
    assert!(matches!(nobody.out.send(&letter("k")).await, Answer::Later { .. }));
    let mut bad = letter("k");
    bad.to = "84900000001".to_owned();
    assert!(matches!(nobody.out.send(&bad).await, Answer::RecipientRefuses { .. }));
}
