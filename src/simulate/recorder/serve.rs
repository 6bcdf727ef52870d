//! One connection to a simulated recorder: requests one after the other, and the faults of line and server.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::watch;

use super::device::Recorder;
use super::fault::RecorderBehaviour;
use super::http::{Answer, Inbox, Request};
use super::options::{Manner, RecorderKind};
use crate::simulate::door::DoorKind;
use crate::simulate::wire::Wire;

/// How long `slow` thinks about each answer.
const SLOW: Duration = Duration::from_secs(5);
/// One piece of what never ends.
const PIECE: usize = 16 << 10;

/// A connection that is counted as long as this lives.
struct Connected<'a>(&'a Recorder);

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.0.counters.connections.leave();
    }
}

pub(in crate::simulate) async fn serve(mut wire: Wire, recorder: Arc<Recorder>) {
    recorder.counters.connections.enter();
    let connected = Connected(&recorder);
    let crowded =
        recorder.options.max_connections.is_some_and(|most| connected.0.counters.connections.now() > most as u64);
    let mut behaviour = recorder.behaviour.subscribe();
    let gone = tokio::select! {
        gone = talk(&mut wire, &recorder, crowded) => gone,
        () = line_fails(&mut behaviour) => Gone::Line,
    };
    match gone {
        Gone::Closed => {}
        Gone::Reset => wire.reset(),
        Gone::Line => {
            // A refused port resets at once; a cut line says nothing for as long as it is cut.
            let silent = |now: &RecorderBehaviour| matches!(now.door(), DoorKind::Dropped | DoorKind::HalfOpen);
            let _ = behaviour.wait_for(|now| !silent(now)).await;
            wire.reset();
        }
    }
}

/// How a connection ended.
enum Gone {
    Closed,
    Reset,
    Line,
}

/// Until the port is no longer open.
async fn line_fails(behaviour: &mut watch::Receiver<RecorderBehaviour>) {
    if behaviour.wait_for(|now| now.door() != DoorKind::Open).await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn talk(wire: &mut Wire, recorder: &Recorder, crowded: bool) -> Gone {
    if recorder.behaviour() == RecorderBehaviour::NotHttp {
        let _ = send(wire, recorder, b"SSH-2.0-dropbear_2020.81\r\n").await;
        let _ = wire.read(&mut [0; 1024]).await;
        return Gone::Closed;
    }
    let mut inbox = Inbox::default();
    while let Some(request) = inbox.next(wire).await {
        recorder.requested(&request);
        recorder.counters.requests.enter();
        let gone = one(wire, recorder, &request, crowded).await;
        recorder.counters.requests.leave();
        match gone {
            Ok(true) => {}
            Ok(false) | Err(Gone::Closed) => {
                let _ = wire.shutdown().await;
                return Gone::Closed;
            }
            Err(gone) => return gone,
        }
    }
    Gone::Closed
}

/// Answers one request; tells whether the connection goes on.
async fn one(wire: &mut Wire, recorder: &Recorder, request: &Request, crowded: bool) -> Result<bool, Gone> {
    match recorder.behaviour() {
        RecorderBehaviour::Silent => {
            // Until the client gives up.
            while wire.read(&mut [0; 1024]).await.is_ok_and(|n| n > 0) {}
            return Err(Gone::Closed);
        }
        RecorderBehaviour::Close => return Err(Gone::Closed),
        RecorderBehaviour::Reset => return Err(Gone::Reset),
        RecorderBehaviour::Slow => tokio::time::sleep(SLOW).await,
        _ => {}
    }
    let wait = match &recorder.manner {
        Manner::Dahua(manner) => manner.first_find_takes(recorder, request),
        _ => Duration::ZERO,
    };
    let answer = recorder.answer(request, crowded);
    if !wait.is_zero() && answer.status == 200 {
        tokio::time::sleep(wait).await;
    }
    let close = closes(recorder, request);
    write(wire, recorder, &answer, close).await.map_err(|_| Gone::Closed)?;
    Ok(!close)
}

/// Dahua takes one request a connection.
fn closes(recorder: &Recorder, request: &Request) -> bool {
    let asked = request.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    asked || matches!(&recorder.manner, Manner::Dahua(manner) if !manner.keeps_alive)
}

async fn write(wire: &mut Wire, recorder: &Recorder, answer: &Answer, close: bool) -> std::io::Result<()> {
    let behaviour = recorder.behaviour();
    let served = answer.status == 200;
    match behaviour {
        RecorderBehaviour::Drip => {
            for byte in answer.bytes(close) {
                send(wire, recorder, &[byte]).await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Ok(())
        }
        RecorderBehaviour::HugeHead => {
            send(wire, recorder, b"HTTP/1.1 200 OK\r\n").await?;
            let line = format!("X-Padding: {}\r\n", "a".repeat(PIECE));
            endless(wire, recorder, line.as_bytes()).await
        }
        RecorderBehaviour::Huge if served => {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: 107374182400\r\n\r\n",
                answer.content_type
            );
            send(wire, recorder, head.as_bytes()).await?;
            let piece = if recorder.kind() == RecorderKind::Dahua {
                "table.Padding[0].Value=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(PIECE / 60)
            } else {
                send(wire, recorder, b"<?xml version=\"1.0\"?><List>").await?;
                "<item><id>1</id><name>aaaaaaaaaaaaaaaaaaaaaaaa</name></item>".repeat(PIECE / 60)
            };
            endless(wire, recorder, piece.as_bytes()).await
        }
        RecorderBehaviour::Truncated if served => {
            let bytes = answer.bytes(close);
            send(wire, recorder, &bytes[..bytes.len() - answer.body.len().div_ceil(2)]).await?;
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
        _ => send(wire, recorder, &answer.bytes(close)).await,
    }
}

async fn endless(wire: &mut Wire, recorder: &Recorder, piece: &[u8]) -> std::io::Result<()> {
    loop {
        send(wire, recorder, piece).await?;
    }
}

async fn send(wire: &mut Wire, recorder: &Recorder, bytes: &[u8]) -> std::io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await?;
    recorder.counters.bytes_sent.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    Ok(())
}
