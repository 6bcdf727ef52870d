//! The relay's conversation: requests written anew for the camera, its answers written anew for the library.

use http_auth::{PasswordClient, PasswordParams};
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use super::{End, MAX_MESSAGE, Pending, Relay, Seen, Session};
use crate::inventory::Transport;
use crate::probe::Step;
use crate::probe::message::{self, Head, Repair, Start};
use crate::probe::meter::Meter;
use crate::probe::sdp;
use crate::probe::udp::UdpMedia;

const USER_AGENT: &str = concat!("camwatch/", env!("CARGO_PKG_VERSION"));

impl Relay {
    pub(super) async fn forward_requests(&mut self) -> Result<(), End> {
        while let Some(end) = message::head_end(&self.requests, 0) {
            // The library writes whole and proper requests without bodies.
            let Ok(head) = message::parse_head(&self.requests[..end]) else { return Err(End::Library) };
            self.requests.drain(..end);
            let Start::Request { method, uri } = head.start else { return Err(End::Library) };
            let mut cseq_of_library = String::new();
            let mut headers = Vec::new();
            for (name, value) in head.headers {
                match name.as_str() {
                    "CSeq" => cseq_of_library = value,
                    "User-Agent" => {}
                    _ => headers.push((name, value)),
                }
            }
            let uri = message::rebase(&uri, &self.plan.authority);
            if method == "SETUP" && self.plan.transport == Transport::Udp {
                self.ask_for_udp(&mut headers).await?;
            }
            let (cseq, sent) = (0, Instant::now());
            self.pending =
                Some(Pending { method, uri, headers, cseq_of_library, cseq, authorized: false, renewed: false, sent });
            self.send().await?;
        }
        if self.requests.len() > MAX_MESSAGE { Err(End::Library) } else { Ok(()) }
    }

    /// Sends the pending request, with the login once the camera asked for one.
    pub(super) async fn send(&mut self) -> Result<(), End> {
        let Some(pending) = &mut self.pending else { return Ok(()) };
        pending.cseq = self.next_cseq;
        pending.sent = Instant::now();
        self.next_cseq += 1;
        let cseq = pending.cseq.to_string();
        let mut headers = vec![("CSeq", cseq.as_str()), ("User-Agent", USER_AGENT)];
        let authorization = match (&mut self.answer, &self.plan.login) {
            (Some(answer), Some(login)) => {
                let params = PasswordParams {
                    username: &login.username,
                    password: login.password.expose(),
                    uri: &pending.uri,
                    method: &pending.method,
                    body: Some(&[]),
                };
                answer.respond(&params).ok()
            }
            _ => None,
        };
        if let Some(authorization) = &authorization {
            pending.authorized = true;
            headers.push(("Authorization", authorization));
        }
        headers.extend(pending.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())));
        message::write_head(&mut self.outgoing, &format!("{} {} RTSP/1.0", pending.method, pending.uri), &headers);
        self.flush().await
    }

    async fn flush(&mut self) -> Result<(), End> {
        while !self.outgoing.is_empty() {
            // Kept until it is written, so that a request is never sent by halves and then again.
            match self.wire.write(&self.outgoing).await {
                Ok(0) => return Err(End::Closed),
                Ok(written) => drop(self.outgoing.drain(..written)),
                Err(error) => return Err(End::Failed(error)),
            }
        }
        self.wire.flush().await.map_err(End::Failed)
    }

    /// A camera may ask, and is told that it is not served.
    pub(super) async fn decline(&mut self, method: &str, head: &Head) -> Result<(), End> {
        self.log(Step::Said(format!("the camera asks {method}; declined")));
        let cseq = head.get("CSeq").unwrap_or("0").to_owned();
        message::write_head(&mut self.outgoing, "RTSP/1.0 501 Not Implemented", &[("CSeq", &cseq)]);
        self.flush().await
    }

    pub(super) async fn response(&mut self, status: u16, head: &Head, body: &[u8]) -> Result<(), End> {
        if status < 200 {
            return Ok(());
        }
        let Some(pending) = &self.pending else {
            self.log(Step::Said(format!("an answer {status} to nothing; dropped")));
            return Ok(());
        };
        if head.cseq() != Some(pending.cseq) {
            self.facts.repairs.note(Repair::CSeq);
        }
        self.log(Step::Answer {
            method: pending.method.clone(),
            uri: pending.uri.clone(),
            with_login: pending.authorized,
            status,
            took: pending.sent.elapsed(),
        });
        if status == 401 {
            if self.asked_for_login(head).await? {
                return self.send().await;
            }
        } else if let Some(permit) = self.permit.take() {
            match status {
                // Locked, or not permitted to see this stream: not plainly a wrong password.
                403 => {
                    self.facts.login = Seen::Suspect;
                    permit.unclear();
                }
                // Says nothing about the login.
                500.. | 453 => {
                    self.facts.login = Seen::None;
                    drop(permit);
                }
                _ => {
                    self.facts.login = Seen::Accepted;
                    permit.accepted();
                }
            }
        }
        let Some(mut pending) = self.pending.take() else { return Ok(()) };
        if status == 461 && pending.method == "SETUP" && self.udp.is_none() && self.plan.transport == Transport::Tcp {
            self.ask_for_udp(&mut pending.headers).await?;
            self.facts.turned_to_udp = true;
            self.pending = Some(pending);
            return self.send().await;
        }
        self.facts.status = Some(status);
        let mut answer = Vec::with_capacity(512);
        let good = (200..300).contains(&status);
        let first = format!("RTSP/1.0 {status} {}", if good { "OK" } else { "Refused" });
        let cseq = pending.cseq_of_library.clone();
        let mut headers = vec![("CSeq", cseq)];
        let mut description = Vec::new();
        match pending.method.as_str() {
            "DESCRIBE" if good => description = self.described(head, body, &mut headers),
            "SETUP" if good => self.set_up(head, pending.uri, &mut headers).await,
            "PLAY" if good => {
                self.playing = true;
                self.meter = self.plan.choice.get().map(|(codec, clock_rate)| Meter::new(*codec, *clock_rate));
                if let Some(session) = &mut self.session {
                    session.uri = pending.uri;
                }
            }
            // Cameras may say in OPTIONS which keepalive they understand.
            "OPTIONS" => headers.extend(head.all("Public").map(|methods| ("Public", methods))),
            _ => {}
        }
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        message::write_head(&mut answer, &first, &headers);
        answer.extend_from_slice(&description);
        self.pass_on(&answer).await?;
        if self.playing && !self.early.is_empty() {
            let early = std::mem::take(&mut self.early);
            return self.datagrams(&early).await;
        }
        Ok(())
    }

    /// Whether the pending request is to be sent again, with the login.
    async fn asked_for_login(&mut self, head: &Head) -> Result<bool, End> {
        let Some(pending) = &mut self.pending else { return Ok(false) };
        let challenge = head.all("WWW-Authenticate").unwrap_or_default();
        let client = PasswordClient::try_from(challenge.as_str()).ok();
        let stale = matches!(&client, Some(PasswordClient::Digest(digest)) if digest.stale());
        if pending.authorized {
            match self.permit.take() {
                Some(permit) if stale => {
                    self.facts.login = Seen::Suspect;
                    permit.unclear();
                }
                Some(permit) => {
                    self.facts.login = Seen::Refused;
                    self.facts.closed = Some(permit.refused());
                }
                // The login was good a moment ago and only its nonce is old: once more with the new one.
                None if stale && !pending.renewed => {
                    pending.renewed = true;
                    self.answer = client;
                    return Ok(true);
                }
                None => self.facts.login = Seen::Suspect,
            }
            return Ok(false);
        }
        let (Some(client), Some(login), Some(door)) = (client, &self.plan.login, &self.plan.door) else {
            self.facts.login = Seen::Missing;
            return Ok(false);
        };
        self.facts.at_the_gate = true;
        let permit = self.plan.gate.permit(door, login.credential.as_ref(), &login.password).await;
        self.facts.at_the_gate = false;
        match permit {
            Ok(permit) => {
                self.permit = Some(permit);
                self.answer = Some(client);
                self.facts.login = Seen::Unanswered;
                Ok(true)
            }
            Err(closed) => {
                self.facts.login = Seen::NotTried;
                self.log(Step::Said(format!("not logged in: {closed}")));
                self.facts.closed = Some(closed);
                Ok(false)
            }
        }
    }

    fn described(&mut self, head: &Head, body: &[u8], headers: &mut Vec<(&'static str, String)>) -> Vec<u8> {
        let (description, mut glance) = sdp::rewrite(body, &self.own_authority);
        let kind = head.get("Content-Type").unwrap_or("application/sdp");
        if kind != "application/sdp" && body.starts_with(b"v=") {
            self.facts.repairs.note(Repair::ContentType);
            headers.push(("Content-Type", "application/sdp".to_owned()));
        } else {
            glance.sound &= kind == "application/sdp";
            headers.push(("Content-Type", kind.to_owned()));
        }
        if let Some(base) = head.get("Content-Base").or_else(|| head.get("Content-Location")) {
            headers.push(("Content-Base", message::rebase(base, &self.own_authority)));
        }
        headers.push(("Content-Length", description.len().to_string()));
        self.facts.glance = Some(glance);
        description
    }

    async fn set_up(&mut self, head: &Head, uri: String, headers: &mut Vec<(&'static str, String)>) {
        match head.get("Session").and_then(message::parse_session) {
            Some((id, timeout, clean)) => {
                if !clean {
                    self.facts.repairs.note(Repair::Session);
                }
                headers.push(("Session", format!("{id};timeout={timeout}")));
                self.session = Some(Session { id, uri });
            }
            None => self.facts.sound = false,
        }
        let transport = head.get("Transport").unwrap_or_default().to_owned();
        let channel = if let Some(udp) = &self.udp {
            match message::parse_server_port(&transport) {
                Some(port) => udp.open_firewalls(port).await,
                None => self.facts.repairs.note(Repair::Transport),
            }
            0
        } else if let Some(channel) = message::parse_interleaved(&transport) {
            channel
        } else {
            // What was asked for.
            self.facts.repairs.note(Repair::Transport);
            0
        };
        self.channel = Some(channel);
        // Without `ssrc`: where it is wrong, and it often is, the library would believe it over the packets.
        headers.push(("Transport", format!("RTP/AVP/TCP;unicast;interleaved={channel}-{}", channel + 1)));
    }

    async fn ask_for_udp(&mut self, headers: &mut Vec<(String, String)>) -> Result<(), End> {
        let udp = UdpMedia::bind(self.local, self.camera).await.map_err(End::Monitor)?;
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Transport"));
        let ports = format!("RTP/AVP;unicast;client_port={}-{}", udp.port, udp.port + 1);
        headers.push(("Transport".to_owned(), ports));
        self.udp = Some(udp);
        Ok(())
    }
}
