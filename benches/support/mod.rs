//! What benchmarks of running daemons share: processes of ours, their HTTP, arguments, quantiles.
#![allow(dead_code)] // Each benchmark uses a part of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// A `camwatch` of its own, killed on drop.
pub struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).env("RUST_LOG", "info,retina=off");
        let mut child = command.spawn().expect("starting camwatch");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (sender, lines) = sync_channel(100_000);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // What nobody waits for is not kept.
                let _ = sender.try_send(line);
            }
        });
        Self { child, lines }
    }

    /// The first line of its log of which `wanted` makes something, within two minutes.
    pub fn wait_for_line<T>(&mut self, mut wanted: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let limit = Instant::now() + Duration::from_secs(120);
        loop {
            let line = self.lines.recv_timeout(limit.saturating_duration_since(Instant::now())).ok()?;
            if let Some(found) = wanted(&line) {
                return Some(found);
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The value behind a name among this program's arguments.
pub fn argument<T: std::str::FromStr>(name: &str) -> Option<T> {
    let arguments: Vec<String> = std::env::args().collect();
    let place = arguments.iter().position(|argument| argument == name)?;
    arguments.get(place + 1)?.parse().ok()
}

/// Of figures in their order, the least that the part `q` of them do not exceed.
pub fn quantile(figures: &[f64], q: f64) -> f64 {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // a handful
    let rank = ((figures.len() as f64 * q).ceil() as usize).clamp(1, figures.len());
    figures[rank - 1]
}

/// Asks, and gives the whole answer.
pub fn http(address: &str, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{body}")
        .expect("sending a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 2") || answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
    answer
}
