//! RTP over UDP (RFC 2326 section 10.4): a pair of sockets of our own, datagrams back into order.
//!
//! Takes datagrams from the camera's address only, whatever source the camera names.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::UdpSocket;

use super::meter::Rtp;

/// Packets that wait for an earlier one before it counts as lost.
const WINDOW: usize = 32;

/// And so many bytes of them.
const WINDOW_BYTES: usize = 256 * 1024;

/// Asks for so many bytes of socket buffer: a key frame comes as one burst.
const SOCKET_BUFFER: usize = 1 << 20;

/// The sockets for one stream.
pub(crate) struct UdpMedia {
    media: UdpSocket,
    reports: UdpSocket,
    pub(crate) port: u16,
    camera: IpAddr,
    order: Order,
    datagram: Box<[u8]>,
}

impl UdpMedia {
    /// Binds a pair of ports, the first even, on the address that talks to the camera.
    ///
    /// # Errors
    /// Where no pair is to be had.
    pub(crate) async fn bind(local: IpAddr, camera: IpAddr) -> io::Result<Self> {
        const TRIES: usize = 16;
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..TRIES {
            let first = UdpSocket::bind(SocketAddr::new(local, 0)).await?;
            let port = first.local_addr()?.port();
            // The other one of the even and odd pair around the port that the system gave.
            let second = match UdpSocket::bind(SocketAddr::new(local, port ^ 1)).await {
                Ok(second) => second,
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            let (media, reports) = if port % 2 == 0 { (first, second) } else { (second, first) };
            // Where the system allows less, it gives what it allows.
            let _ = rustix::net::sockopt::set_socket_recv_buffer_size(&media, SOCKET_BUFFER);
            let datagram = vec![0; 65_536].into_boxed_slice();
            return Ok(Self { media, reports, port: port & !1, camera, order: Order::default(), datagram });
        }
        Err(last)
    }

    /// Sends an empty RTP and an empty RTCP packet, so that firewalls on the way let the answers in.
    pub(crate) async fn open_firewalls(&self, server_port: u16) {
        const RTP: [u8; 12] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        const RECEIVER_REPORT: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 0];
        // A courtesy: where it fails, the camera's packets may come all the same.
        let _ = self.media.send_to(&RTP, SocketAddr::new(self.camera, server_port)).await;
        let _ =
            self.reports.send_to(&RECEIVER_REPORT, SocketAddr::new(self.camera, server_port.saturating_add(1))).await;
    }

    /// Waits for datagrams and hands on, in order, as interleaved frames of `channel`, all that are there.
    ///
    /// Returns the bytes received. Safe to cancel.
    pub(crate) async fn receive(&mut self, channel: u8, frames: &mut Vec<u8>) -> io::Result<u64> {
        /// So much is gathered before it is handed on.
        const BATCH: usize = 64 * 1024;
        self.media.readable().await?;
        let mut received = 0;
        while frames.len() < BATCH {
            match self.media.try_recv_from(&mut self.datagram) {
                Ok((length, from)) => {
                    received += length as u64;
                    if from.ip().to_canonical() == self.camera.to_canonical() {
                        self.order.push(&self.datagram[..length], |packet| wrap(channel, packet, frames));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(received)
    }
}

fn wrap(channel: u8, packet: &[u8], frames: &mut Vec<u8>) {
    let Ok(length) = u16::try_from(packet.len()) else { return };
    frames.extend_from_slice(&[b'$', channel]);
    frames.extend_from_slice(&length.to_be_bytes());
    frames.extend_from_slice(packet);
}

/// Puts packets back into the order of their sequence numbers, within a small window.
#[derive(Debug, Default)]
struct Order {
    /// The next sequence number, counted on over its wrap.
    next: Option<u64>,
    waiting: BTreeMap<u64, Vec<u8>>,
    waiting_bytes: usize,
}

impl Order {
    fn push(&mut self, packet: &[u8], mut out: impl FnMut(&[u8])) {
        let Some(rtp) = Rtp::parse(packet) else { return };
        // Far from zero, so that a late first packet does not fall below it.
        let next = *self.next.get_or_insert(0x1_0000 + u64::from(rtp.sequence));
        #[expect(clippy::cast_possible_truncation, reason = "the low 16 bits are the sequence number")]
        let ahead = rtp.sequence.wrapping_sub(next as u16);
        if ahead > 0x8000 {
            // Late: its turn has passed.
            return;
        }
        let number = next + u64::from(ahead);
        if ahead == 0 {
            out(packet);
            self.next = Some(number + 1);
        } else {
            self.waiting_bytes += packet.len();
            if let Some(twice) = self.waiting.insert(number, packet.to_vec()) {
                self.waiting_bytes -= twice.len();
            }
            if self.waiting.len() > WINDOW || self.waiting_bytes > WINDOW_BYTES {
                // What was waited for is lost.
                self.next = self.waiting.keys().next().copied();
            }
        }
        while let (Some(next), Some(entry)) = (self.next, self.waiting.first_entry()) {
            if *entry.key() != next {
                break;
            }
            let packet = entry.remove();
            self.waiting_bytes -= packet.len();
            out(&packet);
            self.next = Some(next + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(sequences: impl IntoIterator<Item = u16>) -> Vec<u16> {
        let mut order = Order::default();
        let mut out = Vec::new();
        for sequence in sequences {
            let mut packet = vec![0x80, 96];
            packet.extend_from_slice(&sequence.to_be_bytes());
            packet.extend_from_slice(&[0; 8]);
            order.push(&packet, |p| out.push(u16::from_be_bytes([p[2], p[3]])));
        }
        out
    }

    #[test]
    fn packets_come_out_in_order_over_the_wrap() {
        assert_eq!(run([65_534, 0, 65_535, 1]), [65_534, 65_535, 0, 1]);
    }

    #[test]
    fn a_lost_packet_holds_the_others_up_for_a_window_only() {
        let out = run((0..50).filter(|n| *n != 3));
        assert_eq!(out, (0..50).filter(|n| *n != 3).collect::<Vec<_>>());
    }

    #[test]
    fn late_and_repeated_packets_are_dropped() {
        assert_eq!(run([5, 6, 5, 4, 7]), [5, 6, 7]);
    }

    #[tokio::test]
    async fn a_pair_of_ports_is_even_and_odd_and_strangers_are_not_heard() {
        let local = IpAddr::from([127, 0, 0, 1]);
        let mut media = UdpMedia::bind(local, IpAddr::from([127, 0, 0, 2])).await.unwrap();
        assert_eq!(media.port % 2, 0);
        let stranger = UdpSocket::bind("127.0.0.3:0").await.unwrap();
        let camera = UdpSocket::bind("127.0.0.2:0").await.unwrap();
        let packet = [0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        stranger.send_to(&packet, ("127.0.0.1", media.port)).await.unwrap();
        camera.send_to(&packet, ("127.0.0.1", media.port)).await.unwrap();
        let mut frames = Vec::new();
        while frames.is_empty() {
            media.receive(0, &mut frames).await.unwrap();
        }
        assert_eq!(frames.len(), 4 + packet.len());
    }
}
