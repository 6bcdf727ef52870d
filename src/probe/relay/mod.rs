//! The guarded relay: stands between the RTSP library and a camera.
//!
//! The library connects to a listener of ours on loopback and believes that the camera is there. The relay speaks with the
//! camera: it writes requests anew with the camera's own URL and the login, reads answers leniently and hands them on
//! strictly, turns whatever host they name into itself, passes media through, and puts a bound on everything. So no
//! camera can make the library connect elsewhere, see the password, wait for ever or hold more than it should; and what
//! the relay saw on the wire says what happened, whatever the library makes of it.
//!
//! Must not know depths and outcomes.

mod dialogue;
mod facts;
mod sieve;

use std::io;
use std::net::IpAddr;
use std::ops::Range;
use std::pin::pin;
use std::sync::atomic::AtomicU8;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_auth::PasswordClient;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};

use super::message::{self, Head, Repair, Start};
use super::meter::{Codec, Meter};
use super::udp::UdpMedia;
use super::view::phase_of;
use super::{Login, Step};
use crate::dial::Wire;
use crate::gate::{Door, Gate, Permit};
use crate::inventory::Transport;
use crate::observation::Phase;

pub(crate) use facts::{End, Facts, Seen};
use sieve::Sieve;

/// The longest message of a camera, head and body.
const MAX_MESSAGE: usize = 64 * 1024;

/// The most that a camera may send before PLAY was answered.
const MAX_BEFORE_PLAY: u64 = 256 * 1024;

/// The most that a camera may send in one probe, where it does not declare that it sends more: 25 Mbit/s for ten
/// seconds. It bounds work, not memory: nothing here grows with it.
const MAX_RECEIVED: u64 = 32 << 20;

/// Bytes between messages that are passed over in search of the next.
const MAX_GARBAGE: usize = 64 * 1024;

/// One interleaved frame of the greatest length, and as much again as a read may bring beside it.
const MAX_BUFFER: usize = 4 + 65_535 + 8192;

/// What cameras send between two reads, mostly: the buffer begins so small, and doubles for one that sends more.
const BUFFER: usize = 16 * 1024;

/// The least room for a read.
const ROOM: usize = 8192;

/// How long the library may take to connect.
const ADMISSION: Duration = Duration::from_secs(1);

/// While nobody wants the next frame at once, the camera's packets are fetched so often: each arrival would wake us
/// otherwise, and that, not the bytes, is what watching a stream costs.
const UNHURRIED: Duration = Duration::from_millis(100);

/// And so often while they are only counted, where nothing depends on when they came.
const LEISURE: Duration = Duration::from_millis(250);

/// Probes that rest so wake together, at moments this far apart: those behind the first find the processor awake and its
/// caches warm, which is most of what a short turn costs.
const TOGETHER: Duration = Duration::from_millis(50);

/// And as much oftener as a stream needs that no more than this waits to be fetched: the window that a camera may fill
/// begins with twice as much, and one that finds it full drops frames.
const UNFETCHED: f64 = 32.0 * 1024.0;

/// A camera sends a picture as a burst of packets: once a stream runs, each burst is waited out and read at once.
const BURST: Duration = Duration::from_millis(4);

/// Reads of one such turn, so that others have theirs: with a full buffer far more than a camera sends.
const READS_A_TURN: u32 = 4;

/// How long a camera may take to close its side of a connection that we have closed.
const CLOSING: Duration = Duration::from_millis(250);

/// The lines of a log, so that no camera makes one endless.
const MAX_LOG: usize = 64;

/// What the relay is to do.
pub(crate) struct Plan {
    /// `rtsp://host:port` of the camera, as requests name it.
    pub(crate) authority: String,
    pub(crate) login: Option<Login>,
    pub(crate) gate: Gate,
    /// Of the login.
    pub(crate) door: Option<Door>,
    pub(crate) transport: Transport,
    pub(crate) timeout: Duration,
    /// The stream that was chosen, once it is.
    pub(crate) choice: Arc<OnceLock<(Codec, u32)>>,
    /// How far the library is.
    pub(crate) phase: Arc<AtomicU8>,
}

pub(crate) struct Relay {
    plan: Plan,
    wire: Wire,
    camera: IpAddr,
    local: IpAddr,
    listener: Option<TcpListener>,
    /// `rtsp://127.0.0.1:port`, as the library names us.
    own_authority: String,
    /// Tells the library from whoever else may knock.
    token: String,
    library: Option<TcpStream>,
    buffer: Vec<u8>,
    filled: Range<usize>,
    /// Offset into `filled` from which the end of a head is still to be sought.
    searched: usize,
    requests: Vec<u8>,
    outgoing: Vec<u8>,
    next_cseq: u32,
    pending: Option<Pending>,
    answer: Option<PasswordClient>,
    permit: Option<Permit>,
    session: Option<Session>,
    channel: Option<u8>,
    playing: bool,
    /// Media that came before the answer to PLAY: the library would drop it.
    early: Vec<u8>,
    udp: Option<UdpMedia>,
    meter: Option<Meter>,
    sieve: Sieve,
    /// When packets were last fetched that nobody watches for.
    fetched: Option<Instant>,
    garbage: usize,
    pub(crate) facts: Facts,
}

struct Pending {
    method: String,
    /// As the camera is to see it.
    uri: String,
    headers: Vec<(String, String)>,
    cseq_of_library: String,
    cseq: u32,
    authorized: bool,
    renewed: bool,
    sent: Instant,
}

struct Session {
    id: String,
    uri: String,
}

/// The next thing in the camera's bytes.
enum Next {
    /// More bytes are needed.
    Nothing,
    /// Interleaved frames of the stream, together.
    Media(Range<usize>),
    Message(Head, Vec<u8>),
}

impl Relay {
    /// Opens the listener. The library is to come to [`Self::url_base`] with [`Self::token`] as its user agent.
    ///
    /// # Errors
    /// Where loopback gives no listener.
    pub(crate) async fn new(plan: Plan, wire: Wire) -> io::Result<Self> {
        let (camera, local) = wire.addresses()?;
        let (camera, local) = (camera.ip(), local.ip());
        let listener = TcpListener::bind((IpAddr::from([127, 0, 0, 1]), 0)).await?;
        let own_authority = format!("rtsp://{}", listener.local_addr()?);
        Ok(Self {
            plan,
            wire,
            camera,
            local,
            listener: Some(listener),
            own_authority,
            token: format!("{:032x}", fastrand::u128(..)),
            library: None,
            buffer: vec![0; BUFFER],
            filled: 0..0,
            searched: 0,
            requests: Vec::new(),
            outgoing: Vec::new(),
            next_cseq: 1,
            pending: None,
            answer: None,
            permit: None,
            session: None,
            channel: None,
            playing: false,
            early: Vec::new(),
            udp: None,
            meter: None,
            sieve: Sieve::default(),
            fetched: None,
            garbage: 0,
            facts: Facts { sound: true, ..Facts::default() },
        })
    }

    pub(crate) fn own_authority(&self) -> &str {
        &self.own_authority
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// What the packets of the stream said, once there were any.
    pub(crate) fn meter(&self) -> Option<&Meter> {
        self.meter.as_ref().filter(|meter| meter.received() > 0)
    }

    /// Whether bytes lie here that begin like no RTSP message.
    pub(crate) fn holds_something_else(&self) -> bool {
        let held = &self.buffer[self.filled.clone()];
        !self.facts.any_rtsp
            && !held.is_empty()
            && !held.starts_with(b"$")
            && !b"RTSP/".starts_with(held)
            && !held.starts_with(b"RTSP/")
    }

    /// Serves the library until it hangs up or there is nothing more to serve. What it has sent the library by then
    /// can still be read.
    pub(crate) async fn run(&mut self) {
        let end = self.serve().await;
        if let Some(library) = &mut self.library {
            // Where this fails the library is gone already.
            let _ = library.shutdown().await;
        }
        self.facts.end = Some(end);
    }

    async fn serve(&mut self) -> End {
        if let Err(end) = self.admit().await {
            return end;
        }
        loop {
            if let Err(end) = self.process().await {
                return end;
            }
            if let Err(end) = self.fetch().await {
                return end;
            }
        }
    }

    /// Takes the one connection that knows the token; whoever else knocks is sent away and costs the camera nothing.
    async fn admit(&mut self) -> Result<(), End> {
        const CALLERS: usize = 8;
        let Some(listener) = self.listener.take() else { return Err(End::Library) };
        let deadline = Instant::now() + ADMISSION;
        let mut callers = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if callers.len() < CALLERS => match accepted {
                    Ok((stream, from)) if from.ip().is_loopback() => callers.push(first_head(stream)),
                    Ok(_) => {}
                    Err(error) => return Err(End::Monitor(error)),
                },
                Some(caller) = callers.next(), if !callers.is_empty() => {
                    if let Some((stream, head)) = caller
                        && message::parse_head(&head).is_ok_and(|h| h.get("User-Agent") == Some(&self.token))
                    {
                        // Answers must not wait for acknowledgements of earlier ones.
                        stream.set_nodelay(true).map_err(End::Monitor)?;
                        self.library = Some(stream);
                        self.requests = head;
                        return self.forward_requests().await;
                    }
                }
                () = tokio::time::sleep_until(deadline) => return Err(End::Library),
            }
        }
    }

    /// Waits for bytes from either side.
    async fn fetch(&mut self) -> Result<(), End> {
        // Nothing that comes is for the library, until a picture is that it can begin with.
        if self.sieve.holds_back() && self.udp.is_none() {
            self.wire.unwatch().map_err(End::Monitor)?;
            if matches!(self.wire, Wire::Unwatched(_)) {
                let next = self.fetch_what_came(UNHURRIED).await?;
                return if self.sieve.holds_back() { self.rest(next).await } else { Ok(()) };
            }
        }
        self.wire.watch().map_err(End::Monitor)?;
        self.make_room();
        let runs = self.playing && self.meter().is_some();
        let Self { wire, library, udp, buffer, filled, requests, channel, .. } = self;
        let Some(library) = library else { return Err(End::Library) };
        let mut frames = Vec::new();
        tokio::select! {
            biased;
            read = library.read_buf(requests) => match read {
                Ok(0) | Err(_) => return Err(End::Library),
                Ok(_) => return self.forward_requests().await,
            },
            read = gather(wire, runs, &mut buffer[filled.end..]) => return self.took(read),
            read = receive(udp.as_mut(), *channel, &mut frames) => match read {
                Ok(received) => self.facts.received += received,
                Err(error) => return Err(End::Failed(error)),
            },
        }
        self.datagrams(&frames).await
    }

    fn took(&mut self, read: io::Result<usize>) -> Result<(), End> {
        match read {
            Ok(0) => Err(End::Closed),
            // A TLS peer that closes without saying so.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(End::Closed),
            Err(error) => Err(End::Failed(error)),
            Ok(length) => {
                self.filled.end += length;
                self.facts.received += length as u64;
                if !self.playing && self.facts.received > MAX_BEFORE_PLAY {
                    return Err(End::Oversized);
                }
                if self.facts.received > self.most() { Err(End::Cap) } else { Ok(()) }
            }
        }
    }

    fn most(&self) -> u64 {
        let declared = self.facts.glance.as_ref().and_then(|g| g.declared_bits_per_second).unwrap_or(0);
        // A camera may declare what it likes: a hundredfold is not believed.
        let expected = (declared / 8).min(MAX_RECEIVED).saturating_mul(2 * self.plan.timeout.as_secs());
        MAX_RECEIVED.max(expected)
    }

    async fn datagrams(&mut self, frames: &[u8]) -> Result<(), End> {
        if !self.playing {
            if self.early.len() + frames.len() <= MAX_MESSAGE {
                self.early.extend_from_slice(frames);
            }
            return Ok(());
        }
        if self.facts.received > self.most() {
            return Err(End::Cap);
        }
        let (mut at, mut run) = (0, 0..0);
        while let &[_, _, high, low, ..] = &frames[at..] {
            let end = at + 4 + usize::from(u16::from_be_bytes([high, low]));
            if count(&mut self.meter, &mut self.sieve, &self.plan.phase, &frames[at + 4..end])? {
                run.end = end;
            } else {
                self.pass_on(&frames[run]).await?;
                run = end..end;
            }
            at = end;
        }
        self.pass_on(&frames[run]).await
    }

    async fn pass_on(&mut self, bytes: &[u8]) -> Result<(), End> {
        match &mut self.library {
            Some(library) => library.write_all(bytes).await.map_err(|_| End::Library),
            None => Ok(()),
        }
    }

    /// Works off what the camera sent.
    async fn process(&mut self) -> Result<(), End> {
        loop {
            match self.next()? {
                Next::Nothing => return Ok(()),
                Next::Media(range) => {
                    if let Some(library) = &mut self.library {
                        library.write_all(&self.buffer[range]).await.map_err(|_| End::Library)?;
                    }
                }
                Next::Message(head, body) => match head.start {
                    Start::Response(status) => self.response(status, &head, &body).await?,
                    Start::Request { ref method, .. } => self.decline(method, &head).await?,
                },
            }
        }
    }

    fn next(&mut self) -> Result<Next, End> {
        loop {
            let held = &self.buffer[self.filled.clone()];
            match held.first() {
                None => return Ok(Next::Nothing),
                Some(b'\r' | b'\n') => self.filled.start += 1,
                Some(b'$') => {
                    if let Some(next) = self.frames()? {
                        return Ok(next);
                    }
                }
                Some(_) => {
                    if let Some(next) = self.message()? {
                        return Ok(next);
                    }
                }
            }
        }
    }

    /// Interleaved frames (RFC 2326 section 10.12): those of the stream in one piece, others dropped.
    fn frames(&mut self) -> Result<Option<Next>, End> {
        let begin = self.filled.start;
        let mut run = begin..begin;
        loop {
            let held = &self.buffer[self.filled.clone()];
            let &[b'$', channel, high, low, ..] = held else { break };
            let length = 4 + usize::from(u16::from_be_bytes([high, low]));
            if held.len() < length {
                break;
            }
            let ours = self.channel == Some(channel);
            let awaits_play = self.pending.as_ref().is_some_and(|p| p.method == "PLAY");
            let wanted = if ours && self.playing {
                count(&mut self.meter, &mut self.sieve, &self.plan.phase, &held[4..length])?
            } else {
                // Reports, other streams, and what an earlier session left behind on this connection.
                if ours && awaits_play {
                    self.early.extend_from_slice(&held[..length]);
                }
                false
            };
            self.filled.start += length;
            if wanted {
                run.end = self.filled.start;
            } else if run.is_empty() {
                run = self.filled.start..self.filled.start;
            } else {
                break;
            }
        }
        if !run.is_empty() {
            return Ok(Some(Next::Media(run)));
        }
        Ok((self.filled.start == begin).then_some(Next::Nothing))
    }

    fn message(&mut self) -> Result<Option<Next>, End> {
        let bytes = &self.buffer[self.filled.clone()];
        if !message::may_be_rtsp(bytes) {
            return match (self.facts.any_rtsp, self.playing) {
                (false, _) => Err(End::NotRtsp),
                (true, false) => Err(End::Malformed),
                (true, true) => self.skip_garbage().map(|()| None),
            };
        }
        let Some(end) = message::head_end(bytes, self.searched) else {
            self.searched = bytes.len();
            return if bytes.len() >= MAX_MESSAGE { Err(End::Oversized) } else { Ok(Some(Next::Nothing)) };
        };
        let head = match message::parse_head(&bytes[..end]) {
            Ok(head) => head,
            Err(_) if !self.facts.any_rtsp => return Err(End::NotRtsp),
            Err(_) => return Err(End::Malformed),
        };
        self.facts.any_rtsp = true;
        let length = head.content_length().map_err(|_| End::Malformed)?;
        let length = usize::try_from(length).ok().and_then(|l| l.checked_add(end)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE {
            return Err(End::Oversized);
        }
        if bytes.len() < length {
            self.searched = end.saturating_sub(2);
            return Ok(Some(Next::Nothing));
        }
        let body = bytes[end..length].to_vec();
        self.searched = 0;
        self.filled.start += length;
        self.facts.repairs.merge(&head.repairs);
        Ok(Some(Next::Message(head, body)))
    }

    /// In mid stream: on to the next interleaved frame of a channel that is ours.
    fn skip_garbage(&mut self) -> Result<(), End> {
        let held = &self.buffer[self.filled.clone()];
        let known = |at: &usize| {
            let channel = held.get(at + 1).copied();
            held[*at] == b'$' && (channel.is_none() || channel.map(|c| c & !1) == self.channel.map(|c| c & !1))
        };
        let skip = (1..held.len()).find(known).unwrap_or(held.len());
        self.garbage += skip;
        self.filled.start += skip;
        self.searched = 0;
        self.facts.repairs.note(Repair::Garbage);
        if self.garbage > MAX_GARBAGE { Err(End::Malformed) } else { Ok(()) }
    }

    fn make_room(&mut self) {
        if self.filled.is_empty() {
            // The last read filled it: there is more to come than it is made for.
            if self.filled.end == self.buffer.len() {
                self.grow();
            }
            self.filled = 0..0;
        } else if self.buffer.len() - self.filled.end < ROOM {
            self.buffer.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
            if self.buffer.len() - self.filled.end < ROOM {
                self.grow();
            }
        }
    }

    fn grow(&mut self) {
        self.buffer.resize((2 * self.buffer.len()).min(MAX_BUFFER), 0);
    }

    /// Goes on counting without the library, until `enough` or `deadline`, or nothing more comes.
    pub(crate) async fn measure(&mut self, deadline: Instant, enough: impl Fn(&Meter) -> bool) {
        self.library = None;
        // Datagrams have no window that holds the camera back and a small buffer: they are taken as they come.
        if self.udp.is_none()
            && let Err(error) = self.wire.unwatch()
        {
            self.facts.end = Some(End::Monitor(error));
        }
        while self.facts.end.as_ref().is_none_or(|end| matches!(end, End::Library)) {
            if let Err(end) = self.process().await {
                self.facts.end = Some(end);
                return;
            }
            if self.meter().is_none_or(&enough) {
                return;
            }
            self.make_room();
            let fetched = match &self.wire {
                Wire::Unwatched(_) => self.fetch_in_turns(deadline).await,
                _ => self.fetch_media(deadline).await,
            };
            match fetched {
                Ok(true) => {}
                Ok(false) => return,
                Err(end) => {
                    self.facts.end = Some(end);
                    return;
                }
            }
        }
    }

    /// Takes what has arrived on a connection that nobody watches, and rests. `false` at the deadline.
    async fn fetch_in_turns(&mut self, deadline: Instant) -> Result<bool, End> {
        let next = self.fetch_what_came(LEISURE).await?;
        if Instant::now() >= deadline {
            return Ok(false);
        }
        self.rest(deadline.min(next)).await?;
        Ok(true)
    }

    /// Takes what has arrived on a connection that nobody watches; when to look again, `longest` from now at the latest.
    async fn fetch_what_came(&mut self, longest: Duration) -> Result<Instant, End> {
        let now = Instant::now();
        let since = self.fetched.replace(now).map_or(longest, |last| now - last);
        let before = self.facts.received;
        for _ in 0..READS_A_TURN {
            self.make_room();
            let Wire::Unwatched(stream) = &mut self.wire else { break };
            let read = io::Read::read(stream, &mut self.buffer[self.filled.end..]);
            if matches!(&read, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
                return Ok(now + rest_after(self.facts.received - before, since).min(longest));
            }
            self.took(read)?;
            self.process().await?;
        }
        // There may be more.
        Ok(now + BURST)
    }

    /// Rests, but for the library.
    async fn rest(&mut self, until: Instant) -> Result<(), End> {
        let until = together(Instant::now(), until);
        let Some(library) = &mut self.library else {
            tokio::time::sleep_until(until).await;
            return Ok(());
        };
        match timeout_at(until, library.read_buf(&mut self.requests)).await {
            Err(_) => Ok(()),
            Ok(Ok(1..)) => self.forward_requests().await,
            Ok(_) => Err(End::Library),
        }
    }

    /// Waits for what arrives over UDP or TLS. `false` at the deadline.
    async fn fetch_media(&mut self, deadline: Instant) -> Result<bool, End> {
        let mut frames = Vec::new();
        let Self { wire, udp, buffer, filled, channel, .. } = self;
        let took = timeout_at(deadline, async {
            tokio::select! {
                biased;
                read = wire.read(&mut buffer[filled.end..]) => Ok(read),
                read = receive(udp.as_mut(), *channel, &mut frames) => Err(read),
            }
        })
        .await;
        match took {
            Err(_) => return Ok(false),
            Ok(Ok(read)) => self.took(read)?,
            Ok(Err(Ok(received))) => {
                self.facts.received += received;
                self.datagrams(&frames).await?;
            }
            Ok(Err(Err(error))) => return Err(End::Failed(error)),
        }
        if self.udp.is_none() {
            tokio::time::sleep_until(deadline.min(Instant::now() + UNHURRIED)).await;
        }
        Ok(true)
    }

    /// Ends the session at the camera, where there is one, then the connection, and waits for both; at most `patience`.
    pub(crate) async fn tear_down(&mut self, patience: Duration) {
        // Reset rather than left in TIME_WAIT: each probe would leave one of the system's ports behind.
        if let Some(library) = self.library.take() {
            let _ = library.set_zero_linger();
        }
        if self.wire.watch().is_err() {
            // Closed with that.
            return;
        }
        self.listener = None;
        self.udp = None;
        self.early = Vec::new();
        if matches!(self.facts.end, Some(End::Closed | End::Failed(_))) {
            return;
        }
        let farewell = pin!(async {
            // Hanging up without it says the same once more.
            let _ = self.end_session().await;
            self.hang_up().await;
        });
        // Nobody is told: the camera was asked.
        let _ = timeout(patience, farewell).await;
    }

    async fn end_session(&mut self) -> Result<(), End> {
        if let Some(session) = self.session.take() {
            self.playing = true;
            self.channel = None;
            self.pending = Some(Pending {
                method: "TEARDOWN".to_owned(),
                uri: session.uri,
                headers: vec![("Session".to_owned(), session.id)],
                cseq_of_library: String::new(),
                cseq: 0,
                authorized: false,
                renewed: false,
                sent: Instant::now(),
            });
            self.send().await?;
            while self.pending.is_some() {
                self.process().await?;
                if self.pending.is_some() {
                    self.make_room();
                    let read = self.wire.read(&mut self.buffer[self.filled.end..]).await;
                    match read {
                        Ok(0) | Err(_) => return Err(End::Closed),
                        Ok(length) => self.filled.end += length,
                    }
                }
            }
        }
        Ok(())
    }

    /// Closes our side and waits, a little, until the camera has closed its own: some take one connection at a time, and
    /// count one until then.
    async fn hang_up(&mut self) {
        if self.wire.shutdown().await.is_err() {
            return;
        }
        let closed = async { while matches!(self.wire.read(&mut self.buffer).await, Ok(1..)) {} };
        // One that keeps its side open has been told.
        let _ = timeout(CLOSING, closed).await;
    }

    fn log(&mut self, step: Step) {
        if self.facts.log.len() < MAX_LOG {
            self.facts.log.push(step);
        }
    }
}

/// What has arrived; of a stream that runs, all that a burst brings. Nothing is lost where this is given up half way.
async fn gather(wire: &mut Wire, runs: bool, buffer: &mut [u8]) -> io::Result<usize> {
    if runs && let Wire::Plain(stream) = &*wire {
        stream.readable().await?;
        tokio::time::sleep(BURST).await;
    }
    wire.read(buffer).await
}

/// How long a stream may be left alone of which `came` bytes came in `since`.
fn rest_after(came: u64, since: Duration) -> Duration {
    #[expect(clippy::cast_precision_loss, reason = "bytes of one turn")]
    let part = UNFETCHED / came.max(1) as f64;
    since.mul_f64(part.min(1e3)).clamp(BURST, LEISURE)
}

/// The moment at which those wake who would rest from `now` `until` then, or a little before; a short rest stays as it is.
fn together(now: Instant, until: Instant) -> Instant {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    if until.saturating_duration_since(now) < 2 * TOGETHER {
        return until;
    }
    let over = until.saturating_duration_since(*FIRST).as_nanos() % TOGETHER.as_nanos();
    until - Duration::from_nanos(u64::try_from(over).unwrap_or(0))
}

/// Counts a packet of the stream, and says whether the library is to have it.
fn count(meter: &mut Option<Meter>, sieve: &mut Sieve, phase: &AtomicU8, packet: &[u8]) -> Result<bool, End> {
    let Some(meter) = meter else { return Ok(true) };
    let piece = meter.push(packet).map_err(|_| End::Cap)?;
    Ok(phase_of(phase) != Phase::KeyFrame || sieve.lets_through(meter, piece))
}

async fn receive(udp: Option<&mut UdpMedia>, channel: Option<u8>, frames: &mut Vec<u8>) -> io::Result<u64> {
    match (udp, channel) {
        (Some(udp), Some(channel)) => udp.receive(channel, frames).await,
        _ => std::future::pending().await,
    }
}

/// The first head that a caller sends, and the connection. `None` for one that sends none.
async fn first_head(mut stream: TcpStream) -> Option<(TcpStream, Vec<u8>)> {
    const LONGEST: usize = 8192;
    let mut head = Vec::with_capacity(1024);
    while message::head_end(&head, 0).is_none() {
        if head.len() > LONGEST || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    Some((stream, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn relay() -> (Relay, TcpStream) {
        let camera = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = TcpStream::connect(camera.local_addr().unwrap()).await.unwrap();
        let (camera, _) = camera.accept().await.unwrap();
        let plan = Plan {
            authority: "rtsp://camera:554".into(),
            login: None,
            gate: Gate::default(),
            door: None,
            transport: Transport::Tcp,
            timeout: Duration::from_secs(1),
            choice: Arc::default(),
            phase: Arc::default(),
        };
        (Relay::new(plan, Wire::Plain(wire)).await.unwrap(), camera)
    }

    async fn call(address: &str, agent: &str) -> TcpStream {
        let mut caller = TcpStream::connect(address).await.unwrap();
        let request = format!("DESCRIBE rtsp://x/a?b RTSP/1.0\r\nCSeq: 7\r\nUser-Agent: {agent}\r\n\r\n");
        caller.write_all(request.as_bytes()).await.unwrap();
        caller
    }

    #[test]
    fn no_more_than_a_part_of_the_window_waits_to_be_fetched() {
        let turn = Duration::from_millis(100);
        assert_eq!(rest_after(0, turn), LEISURE);
        assert_eq!(rest_after(10_000, turn), LEISURE, "0.8 Mbit/s");
        assert_eq!(rest_after(65_536, turn), turn / 2, "5.2 Mbit/s");
        assert_eq!(rest_after(65_536 / 2, turn / 2), turn / 2, "and it stays so");
        assert_eq!(rest_after(10_000_000, turn), BURST);
    }

    #[test]
    fn those_who_rest_for_long_wake_together_and_none_later_than_it_would() {
        let now = Instant::now();
        let short = now + Duration::from_millis(99);
        assert_eq!(together(now, short), short);
        let until = |millis| together(now, now + Duration::from_millis(millis));
        let moments: std::collections::BTreeSet<_> = (200..250).map(until).collect();
        assert!(moments.len() <= 2, "{moments:?}");
        for millis in [100, 150, 250] {
            let early = now + Duration::from_millis(millis) - until(millis);
            assert!(early < TOGETHER, "{early:?}");
        }
    }

    #[tokio::test]
    async fn a_stranger_at_the_listener_is_turned_away_and_costs_the_camera_nothing() {
        let (mut relay, mut camera) = relay().await;
        let address = relay.own_authority().trim_start_matches("rtsp://").to_owned();
        let token = relay.token().to_owned();
        let serving = tokio::spawn(async move { relay.run().await });
        let silent = TcpStream::connect(&address).await.unwrap();
        let mut stranger = call(&address, "curl").await;
        assert!(!matches!(stranger.read(&mut [0; 8]).await, Ok(1..)), "hung up on, without an answer");
        let library = call(&address, &token).await;
        let mut request = [0; 256];
        let length = camera.read(&mut request).await.unwrap();
        let request = String::from_utf8_lossy(&request[..length]);
        assert!(
            request.starts_with("DESCRIBE rtsp://camera:554/a?b RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: camwatch/"),
            "{request}"
        );
        assert!(!request.contains(&token));
        drop((library, silent));
        serving.await.unwrap();
    }
}
