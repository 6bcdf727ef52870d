//! One connection to a simulated camera: RTSP 1.0 (RFC 2326) as cameras speak it, and every way to speak it wrongly.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::UdpSocket;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::behaviour::Behaviour;
use super::camera::{Camera, Counted, count};
use super::clip::clip;
use super::media::{After, Player, for_each_packet, show};
use super::wire::{Inbox, Incoming, Reply, Request, Wire};

/// A peer that takes nothing for so long is given up.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The path element that names the one stream of a camera.
const CONTROL: &str = "trackID=1";

/// Finds the camera that a request's URI names.
pub(crate) type Find = Arc<dyn Fn(&str) -> Option<Arc<Camera>> + Send + Sync>;

/// Path and query of a URI without what SETUP and `Content-Base` append.
pub(crate) fn path_of(uri: &str) -> &str {
    let path = match uri.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => uri,
    };
    let path = path.strip_suffix(CONTROL).unwrap_or(path);
    if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path }
}

/// How a connection ends.
enum End {
    Close,
    Reset,
    /// Held until the camera behaves otherwise, without another byte.
    Hang,
}

/// Serves until either side has enough. `camera`: where the address belongs to one alone.
pub(crate) async fn serve(wire: Wire, peer: SocketAddr, camera: Option<Arc<Camera>>, find: Find) {
    let mut connection = Connection { wire, peer, inbox: Inbox::default(), find, camera: None, session: None };
    if let Some(camera) = camera {
        connection.belongs_to(camera);
    }
    loop {
        let end = connection.run().await;
        match end {
            Ok(End::Hang) => {
                let Some((camera, ..)) = &connection.camera else { return };
                let mut behaviour = camera.behaviour.subscribe();
                // Taken and thrown away, so that a peer that gives up is noticed.
                let deaf =
                    async { while !matches!(connection.inbox.next(&mut connection.wire).await, Incoming::End) {} };
                tokio::select! {
                    () = deaf => return,
                    changed = behaviour.changed() => if changed.is_err() { return },
                }
                // Whatever it does now, this connection is broken: only a refusal is seen by the peer.
                if *behaviour.borrow_and_update() == Behaviour::Refused {
                    connection.wire.reset();
                    return;
                }
                if matches!(*behaviour.borrow(), Behaviour::Dropped | Behaviour::HalfOpen | Behaviour::Silent) {
                    continue;
                }
                return;
            }
            Ok(End::Reset) => {
                connection.give_up();
                connection.wire.reset();
                return;
            }
            // An error is the peer's: gone, or deaf.
            Ok(End::Close) | Err(_) => return,
        }
    }
}

struct Connection {
    /// Known from the start, or from the first request on. Dropped before the wire: who is hung up on is no longer counted.
    camera: Option<(Arc<Camera>, watch::Receiver<Behaviour>, Counted)>,
    wire: Wire,
    peer: SocketAddr,
    inbox: Inbox,
    find: Find,
    session: Option<Session>,
}

struct Session {
    camera: Arc<Camera>,
    id: String,
    /// A TEARDOWN came on another connection.
    torn_down: Arc<Notify>,
    player: Player,
    udp: Option<Udp>,
    playing: bool,
    /// Nothing more is sent as long as the behaviour stays.
    resting: bool,
    over: bool,
}

struct Udp {
    rtp: UdpSocket,
    rtcp: UdpSocket,
}

impl Session {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            self.camera.sessions().remove(&self.id);
            self.camera.counters.sessions.leave();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.over {
            count(&self.camera.counters.abandoned);
        }
        self.end();
    }
}

impl Connection {
    fn belongs_to(&mut self, camera: Arc<Camera>) {
        if self.camera.as_ref().is_none_or(|(known, ..)| !Arc::ptr_eq(known, &camera)) {
            let counted = camera.connected();
            let behaviour = camera.behaviour.subscribe();
            self.camera = Some((camera, behaviour, counted));
        }
    }

    fn behaviour(&self) -> Behaviour {
        self.camera.as_ref().map_or(Behaviour::Ok, |(_, behaviour, _)| *behaviour.borrow())
    }

    fn give_up(&mut self) {
        self.session = None;
    }

    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        timeout(WRITE_TIMEOUT, self.wire.write_all(bytes)).await??;
        timeout(WRITE_TIMEOUT, self.wire.flush()).await??;
        if let Some((camera, ..)) = &self.camera {
            camera.counters.bytes_sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }

    async fn run(&mut self) -> std::io::Result<End> {
        // What is done without waiting for a request.
        match self.behaviour() {
            Behaviour::Close => return Ok(End::Close),
            Behaviour::Refused => return Ok(End::Reset),
            Behaviour::Silent | Behaviour::Dropped | Behaviour::HalfOpen => return Ok(End::Hang),
            Behaviour::Ssh => self.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n").await?,
            _ => {}
        }
        loop {
            let playing = self.session.as_ref().filter(|session| session.playing && !session.resting);
            let due = playing.map(|session| session.player.due());
            let torn_down = self.session.as_ref().map(|session| Arc::clone(&session.torn_down));
            let known = self.camera.is_some();
            let behaviour = self.camera.as_mut().map(|(_, behaviour, _)| behaviour);
            tokio::select! {
                incoming = self.inbox.next(&mut self.wire) => match incoming {
                    Incoming::End => return Ok(End::Close),
                    Incoming::Other => {}
                    Incoming::Request(request) => {
                        if let Some(end) = self.request(&request).await? {
                            return Ok(end);
                        }
                    }
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    match self.media().await {
                        Ok(None) => {}
                        Ok(Some(end)) => return Ok(end),
                        Err(error) => {
                            // Bounded: a peer that takes nothing may also stay and say nothing.
                            let _ = timeout(Duration::from_secs(1), self.last_words()).await;
                            return Err(error);
                        }
                    }
                }
                () = async { torn_down.as_ref().expect("guarded").notified().await }, if torn_down.is_some() => {
                    if let Some(mut session) = self.session.take() {
                        session.end();
                    }
                }
                _ = async { behaviour.expect("guarded").changed().await }, if known => {
                    if let Some(session) = &mut self.session {
                        session.resting = false;
                    }
                    match self.behaviour() {
                        Behaviour::Refused | Behaviour::Close => return Ok(End::Reset),
                        Behaviour::Silent | Behaviour::Dropped | Behaviour::HalfOpen => return Ok(End::Hang),
                        _ => {}
                    }
                }
            }
        }
    }

    /// A client that closes right behind its TEARDOWN makes our next packet fail before that request is read: it was
    /// sent all the same, and counts.
    async fn last_words(&mut self) {
        loop {
            match self.inbox.next(&mut self.wire).await {
                Incoming::End => return,
                Incoming::Request(request) if request.method == "TEARDOWN" => {
                    if let Some(mut session) = self.session.take() {
                        count(&session.camera.counters.teardowns);
                        session.end();
                    }
                }
                Incoming::Request(_) | Incoming::Other => {}
            }
        }
    }

    async fn media(&mut self) -> std::io::Result<Option<End>> {
        let behaviour = self.behaviour();
        let Some(session) = &mut self.session else { return Ok(None) };
        let mut out = Vec::with_capacity(4096);
        let after = session.player.step(behaviour, Instant::now(), &mut out);
        session.resting = after == After::Rest;
        if let Some(udp) = &session.udp {
            let mut packets = Vec::new();
            for_each_packet(&mut out, |packet| packets.push(packet.to_vec()));
            for packet in packets {
                // Lost on the way, or nobody there any more: as UDP has it.
                let _ = if packet[1] == 200 { udp.rtcp.send(&packet).await } else { udp.rtp.send(&packet).await };
                session.camera.counters.bytes_sent.fetch_add(packet.len() as u64, Ordering::Relaxed);
            }
        } else {
            self.write(&out).await?;
        }
        Ok(match after {
            After::GoOn | After::Rest => None,
            After::Close => Some(End::Close),
            After::Reset => Some(End::Reset),
        })
    }

    /// Answers one request. `Some`: the connection ends so.
    async fn request(&mut self, request: &Request) -> std::io::Result<Option<End>> {
        if let Some(camera) = (self.find)(path_of(&request.uri)) {
            self.belongs_to(camera);
        }
        let cseq = request.header("CSeq").unwrap_or("0").to_owned();
        let Some((camera, ..)) = &self.camera else {
            // OPTIONS * before a camera is named is answered; any other path is nobody's.
            let reply = if request.method == "OPTIONS" { options() } else { Reply::new(404) };
            self.write(&reply.bytes(&cseq, Behaviour::Ok)).await?;
            return Ok(None);
        };
        let camera = Arc::clone(camera);
        camera.requested(&request.head);
        if request.method == "DESCRIBE" {
            count(&camera.counters.describes);
        }
        let behaviour = self.behaviour();
        if let Some(end) = self.misbehave(behaviour, &cseq).await? {
            return Ok(Some(end));
        }
        if request.method == "TEARDOWN" {
            return self.teardown(&camera, request, &cseq, behaviour).await;
        }
        let reply = match refusal(behaviour, request, &camera) {
            Some(reply) => reply,
            None => match request.method.as_str() {
                "OPTIONS" => options(),
                "DESCRIBE" => describe(&camera, &request.uri, behaviour),
                "SETUP" => self.setup(&camera, request, behaviour).await,
                "PLAY" => self.play(request, &camera, behaviour),
                "GET_PARAMETER" | "SET_PARAMETER" => match &self.session {
                    Some(session) => Reply::new(200).with("Session", session_header(&session.id, behaviour)),
                    None => Reply::new(200),
                },
                "PAUSE" => {
                    if let Some(session) = &mut self.session {
                        session.playing = false;
                    }
                    Reply::new(200)
                }
                _ => Reply::new(501),
            },
        };
        let bytes = reply.bytes(&cseq, behaviour);
        match behaviour {
            Behaviour::HalfHead if request.method != "OPTIONS" => {
                self.write(&bytes[..bytes.len() / 3]).await?;
                Ok(Some(End::Hang))
            }
            Behaviour::Drip => {
                for byte in bytes {
                    self.write(&[byte]).await?;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    if self.behaviour() != Behaviour::Drip {
                        return Ok(Some(End::Close));
                    }
                }
                Ok(None)
            }
            Behaviour::HangUp if reply.status == 401 => {
                self.write(&bytes).await?;
                Ok(Some(End::Close))
            }
            _ => {
                self.write(&bytes).await?;
                if let Some(session) = self.session.as_mut().filter(|_| request.method == "PLAY" && reply.status == 200)
                {
                    session.playing = true;
                }
                Ok(None)
            }
        }
    }

    /// What is no RTSP at all, or never ends.
    async fn misbehave(&mut self, behaviour: Behaviour, cseq: &str) -> std::io::Result<Option<End>> {
        let (head, filler): (String, &[u8]) = match behaviour {
            // Reached only where the address is shared: the request has named the camera.
            Behaviour::Refused | Behaviour::Reset => return Ok(Some(End::Reset)),
            Behaviour::Close => return Ok(Some(End::Close)),
            Behaviour::Silent | Behaviour::Dropped | Behaviour::HalfOpen | Behaviour::Ssh => {
                return Ok(Some(End::Hang));
            }
            Behaviour::Http => {
                self.write(
                    b"HTTP/1.1 400 Bad Request\r\nServer: lighttpd\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                )
                .await?;
                return Ok(Some(End::Close));
            }
            Behaviour::EndlessAnswer => (
                format!(
                    "RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nContent-Type: application/sdp\r\nContent-Length: 100000000000\r\n\r\nv=0\r\n"
                ),
                b"a=filler:endless\r\n",
            ),
            Behaviour::HugeHead => (format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n"), b"X-Filler: endless\r\n"),
            Behaviour::LongLine => (format!("RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\nX-Filler: "), b"endless "),
            _ => return Ok(None),
        };
        self.write(head.as_bytes()).await?;
        let chunk = filler.repeat((64 << 10) / filler.len());
        while self.behaviour() == behaviour {
            self.write(&chunk).await?;
            tokio::task::yield_now().await;
        }
        Ok(Some(End::Close))
    }

    async fn setup(&mut self, camera: &Arc<Camera>, request: &Request, behaviour: Behaviour) -> Reply {
        let Some(offered) = request.header("Transport") else { return Reply::new(400) };
        let full = camera.max_sessions.is_some_and(|max| camera.sessions().len() >= max);
        if full && self.session.is_none() {
            return Reply::new(453);
        }
        let parameter =
            |name: &str| offered.split(';').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
        let (channel, udp, transport) = if offered.contains("RTP/AVP/TCP") {
            if behaviour == Behaviour::UdpOnly {
                return Reply::new(461);
            }
            let first = parameter("interleaved").and_then(|range| range.split('-').next()?.parse::<u8>().ok());
            let first = first.unwrap_or(0).min(254);
            (first, None, format!("RTP/AVP/TCP;unicast;interleaved={first}-{}", first + 1))
        } else {
            let ports = parameter("client_port").and_then(|range| {
                let (media, control) = range.split_once('-').unwrap_or((range, ""));
                let media: u16 = media.parse().ok()?;
                Some((media, control.parse().unwrap_or(media.wrapping_add(1))))
            });
            let Some((media, control)) = ports else { return Reply::new(461) };
            let Ok(local) = self.wire.socket().local_addr() else { return Reply::new(500) };
            let (Ok(udp), Some(ports)) = udp_pair(local, self.peer, media, control).await else {
                return Reply::new(500);
            };
            let transport =
                format!("RTP/AVP;unicast;client_port={media}-{control};server_port={}-{}", ports.0, ports.1);
            (0, Some(udp), transport)
        };
        let player = Player::new(camera.codec, channel, udp.is_none(), Instant::now());
        let ssrc = player.ssrc();
        let id = format!("{:016X}", fastrand::u64(..));
        let torn_down = Arc::new(Notify::new());
        camera.sessions().insert(id.clone(), Arc::clone(&torn_down));
        camera.counters.sessions.enter();
        let reply = Reply::new(200)
            .with("Session", session_header(&id, behaviour))
            .with("Transport", format!("{transport};ssrc={ssrc:08X}"));
        self.session = Some(Session {
            camera: Arc::clone(camera),
            id,
            torn_down,
            player,
            udp,
            playing: false,
            resting: false,
            over: false,
        });
        reply
    }

    fn play(&mut self, request: &Request, camera: &Camera, behaviour: Behaviour) -> Reply {
        let Some(session) = &mut self.session else { return Reply::new(454) };
        count(&camera.counters.plays);
        let (sequence, timestamp) = session.player.rtp_info();
        session.player.start(Instant::now());
        let uri = request.uri.trim_end_matches('/');
        Reply::new(200)
            .with("Session", session_header(&session.id, behaviour))
            .with("Range", "npt=0.000-")
            .with("RTP-Info", format!("url={uri}/{CONTROL};seq={sequence};rtptime={timestamp}"))
    }

    async fn teardown(
        &mut self,
        camera: &Camera,
        request: &Request,
        cseq: &str,
        behaviour: Behaviour,
    ) -> std::io::Result<Option<End>> {
        match behaviour {
            Behaviour::TeardownHang => return Ok(None),
            Behaviour::OtherHostTool => return Ok(Some(End::Close)),
            _ => {}
        }
        let id = request.header("Session").map(|value| value.split(';').next().unwrap_or("").trim().to_owned());
        let own = self.session.as_ref().is_some_and(|session| id.as_deref().is_none_or(|id| id == session.id));
        let status = if own {
            if let Some(mut session) = self.session.take() {
                session.end();
            }
            200
        } else {
            let other = id.and_then(|id| camera.sessions().get(&id).cloned());
            other.map_or(454, |session| {
                session.notify_one();
                200
            })
        };
        if status == 200 {
            count(&camera.counters.teardowns);
        }
        self.write(&Reply::new(status).bytes(cseq, behaviour)).await?;
        Ok(None)
    }
}

/// Two sockets, RTP on an even port and RTCP on the next, connected to the client's.
async fn udp_pair(
    local: SocketAddr,
    peer: SocketAddr,
    media: u16,
    control: u16,
) -> (std::io::Result<Udp>, Option<(u16, u16)>) {
    let mut last = std::io::Error::other("no pair of ports is free");
    for _ in 0..20 {
        let port = 20_000 + 2 * fastrand::u16(..20_000);
        let at = |port| SocketAddr::new(local.ip(), port);
        let pair = async {
            let pair = Udp { rtp: UdpSocket::bind(at(port)).await?, rtcp: UdpSocket::bind(at(port + 1)).await? };
            pair.rtp.connect(SocketAddr::new(peer.ip(), media)).await?;
            pair.rtcp.connect(SocketAddr::new(peer.ip(), control)).await?;
            Ok(pair)
        };
        match pair.await {
            Ok(pair) => return (Ok(pair), Some((port, port + 1))),
            Err(error) => last = error,
        }
    }
    (Err(last), None)
}

fn options() -> Reply {
    Reply::new(200).with("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER")
}

fn session_header(id: &str, behaviour: Behaviour) -> String {
    match behaviour {
        Behaviour::SpacedTimeout => format!("{id}; timeout = 60"),
        Behaviour::SessionExtra => format!("{id};foo=1;timeout=60;bar=2"),
        Behaviour::HugeTimeout => format!("{id};timeout=4294967295"),
        Behaviour::Timeout65 => format!("{id};timeout=65"),
        Behaviour::OneSecond => format!("{id};timeout=1"),
        _ => format!("{id};timeout=60"),
    }
}

/// Why a request is not served: the behaviour's answer, or a login that is missing or wrong.
fn refusal(behaviour: Behaviour, request: &Request, camera: &Camera) -> Option<Reply> {
    if request.method == "OPTIONS" {
        return None;
    }
    let status = match behaviour {
        Behaviour::Forbidden => Some(403),
        Behaviour::NotFound => Some(404),
        Behaviour::Busy => Some(453),
        Behaviour::Unavailable => Some(503),
        Behaviour::ServerError => Some(500),
        Behaviour::Redirect => Some(302),
        _ => None,
    };
    if let Some(status) = status {
        let reply = Reply::new(status);
        let elsewhere = || format!("rtsp://{}/elsewhere", camera.other_host);
        return Some(if status == 302 { reply.with("Location", elsewhere()) } else { reply });
    }
    let auth = match (camera.auth(), behaviour) {
        (Some(auth), _) => auth,
        // A camera without a login of its own that is told to refuse all: nobody knows this password.
        (None, Behaviour::Unauthorized | Behaviour::StaleNonce | Behaviour::HangUp) => {
            super::Auth::new("nobody", &camera.nonce)
        }
        (None, _) => return None,
    };
    let authorization = request.header("Authorization");
    if camera.is_locked(&auth) {
        if authorization.is_some() {
            camera.tried_while_locked();
        }
        return Some(Reply::new(403));
    }
    let challenge = |nonce: &str, stale| {
        auth.challenges(nonce, stale)
            .into_iter()
            .fold(Reply::new(401), |reply, challenge| reply.with("WWW-Authenticate", challenge))
    };
    let Some(authorization) = authorization else { return Some(challenge(&camera.nonce, false)) };
    if behaviour == Behaviour::StaleNonce {
        return Some(challenge(&format!("{:032x}", fastrand::u128(..)), true));
    }
    let right = auth.accepts(authorization, &request.method, &request.uri, &camera.nonce);
    if right && behaviour != Behaviour::Unauthorized {
        camera.login_accepted();
        return None;
    }
    camera.login_refused();
    Some(challenge(&camera.nonce, false))
}

fn describe(camera: &Camera, uri: &str, behaviour: Behaviour) -> Reply {
    let media = clip(camera.codec, show(behaviour)).sdp_media.clone();
    let control = format!("a=control:{CONTROL}\r\n");
    let media = match behaviour {
        Behaviour::BadSdp => "this is no session description\r\n\u{1}=?\r\n".to_owned(),
        Behaviour::EmptyFormat => format!("m=video 0 RTP/AVP   \r\na=rtpmap:96 H264/90000\r\n{control}"),
        Behaviour::EmptyFormat2 => format!("m=video 0 RTP/AVP\r\na=rtpmap:96 H264/90000\r\n{control}"),
        Behaviour::NoMediaSection => String::new(),
        Behaviour::AudioOnly => format!("m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n{control}"),
        Behaviour::Vp8 => format!("m=video 0 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n{control}"),
        _ => media + &control,
    };
    let tool = match behaviour {
        Behaviour::OtherHostTool => "LIVE555 Streaming Media v2013.04.08".to_owned(),
        _ => format!("camwatch simulate {}", env!("CARGO_PKG_VERSION")),
    };
    let sdp = if behaviour == Behaviour::BadSdp {
        media
    } else {
        format!(
            "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=Simulated camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=tool:{tool}\r\n\
             a=control:*\r\na=range:npt=now-\r\n{media}"
        )
    };
    let base = match behaviour {
        Behaviour::OtherHostBase | Behaviour::OtherHostTool => format!("rtsp://{}{}/", camera.other_host, camera.path),
        _ => format!("{}/", uri.trim_end_matches('/')),
    };
    let kind = match behaviour {
        Behaviour::ContentTypeCharset => "application/sdp; charset=utf-8",
        _ => "application/sdp",
    };
    let mut reply = Reply::new(200).with("Content-Base", base).with("Content-Type", kind);
    reply.body = sdp;
    reply
}

#[cfg(test)]
mod tests {
    use super::path_of;

    #[test]
    fn a_request_names_the_camera_with_or_without_host_slash_and_track() {
        for uri in ["rtsp://h:1/cam/7", "rtsp://h/cam/7/", "rtsp://[::1]:1/cam/7/trackID=1", "/cam/7"] {
            assert_eq!(path_of(uri), "/cam/7", "{uri}");
        }
        assert_eq!(path_of("rtsp://h/realmonitor?channel=1&subtype=0/trackID=1"), "/realmonitor?channel=1&subtype=0");
        assert_eq!(path_of("rtsp://h"), "/");
        assert_eq!(path_of("*"), "*");
    }
}
