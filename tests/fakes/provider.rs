//! A receiver of webhooks that counts, and fails in every way that providers do.
//!
//! HTTP written by hand, since it has to answer rubbish too. Shares nothing with the client.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What it does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Well,
    /// 500.
    Fault,
    /// 429, to be asked again in a second.
    Busy,
    /// Something that is no HTTP.
    Garbage,
    /// No answer, and the message is not taken.
    Silent,
    /// The message is taken, and the answer never comes.
    TakesAndDrops,
}

impl Mood {
    pub const ALL: [Self; 6] = [Self::Well, Self::Fault, Self::Busy, Self::Garbage, Self::Silent, Self::TakesAndDrops];
}

/// What became of one key.
#[derive(Debug, Clone)]
pub struct Taken {
    pub body: Value,
    pub taken_at: Instant,
    /// When it was first said that it was taken.
    pub told_at: Option<Instant>,
    /// When the same was asked again after that.
    pub again_at: Vec<Instant>,
}

struct State {
    mood: Mood,
    requests: usize,
    taken: BTreeMap<String, Taken>,
}

#[derive(Clone)]
pub struct Provider {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Provider {
    /// Answers until the test's process ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("an address");
        let state = Arc::new(Mutex::new(State { mood: Mood::Well, requests: 0, taken: BTreeMap::new() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &state));
            }
        });
        Self { address, state }
    }

    pub fn set(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }

    /// Everything that was taken, by key.
    pub fn taken(&self) -> BTreeMap<String, Taken> {
        self.state.lock().unwrap().taken.clone()
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let Some((key, body)) = read(&mut stream) else { return };
    let mut now = state.lock().unwrap();
    now.requests += 1;
    let mood = now.mood;
    let is_known = now.taken.contains_key(&key);
    if matches!(mood, Mood::Well | Mood::TakesAndDrops) {
        let one = Taken { body, taken_at: Instant::now(), told_at: None, again_at: Vec::new() };
        now.taken.entry(key.clone()).or_insert(one);
    }
    if let Some(taken) = now.taken.get_mut(&key)
        && taken.told_at.is_some()
    {
        taken.again_at.push(Instant::now());
    }
    drop(now);
    let head = match mood {
        Mood::Well if is_known => "HTTP/1.1 409 Conflict\r\n",
        Mood::Well => "HTTP/1.1 200 OK\r\n",
        Mood::Fault => "HTTP/1.1 500 Internal Server Error\r\n",
        Mood::Busy => "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n",
        Mood::Garbage => {
            let _ = stream.write_all(b"\x00\x15\x03garbage\r\n\r\n");
            return;
        }
        Mood::Silent => return wait_for_the_end(stream, state),
        Mood::TakesAndDrops => return,
    };
    let sent = stream.write_all(format!("{head}Content-Length: 0\r\nConnection: close\r\n\r\n").as_bytes());
    if mood == Mood::Well && sent.is_ok() {
        let mut now = state.lock().unwrap();
        if let Some(taken) = now.taken.get_mut(&key) {
            taken.told_at.get_or_insert_with(Instant::now);
        }
    }
}

/// Silence lasts as long as the mood does.
fn wait_for_the_end(stream: TcpStream, state: &Mutex<State>) {
    for _ in 0..600 {
        std::thread::sleep(Duration::from_millis(100));
        if state.lock().unwrap().mood != Mood::Silent {
            break;
        }
    }
    drop(stream);
}

/// The key and the body of a request; `None` where it was not a whole one.
fn read(stream: &mut TcpStream) -> Option<(String, Value)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let header = |name: &str| {
                head.lines().find_map(|line| {
                    let (key, value) = line.split_once(':')?;
                    key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
                })
            };
            let length: usize = header("content-length")?.parse().ok()?;
            if bytes.len() >= end + 4 + length {
                let body = serde_json::from_slice(&bytes[end + 4..end + 4 + length]).ok()?;
                return Some((header("idempotency-key")?, body));
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
