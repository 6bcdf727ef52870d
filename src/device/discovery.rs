//! WS-Discovery (April 2005, as the ONVIF Core Specification has it): which devices are on the local network.
//!
//! Asks on every interface by multicast, and single addresses by unicast, without any credential. Whatever answers is a
//! stranger: answers are bounded in size and number, and nothing of them is acted upon. Knows no inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout_at};
use url::{Host, Url};

use super::xml::{Node, Tree};

/// Where devices listen: group and port of WS-Discovery.
const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);
const PORT: u16 = 3702;

/// The longest answer that is read. Longer ones are cut off by the system, and are no XML then.
const MAX_ANSWER: usize = 16 << 10;

/// Answers that are read, and devices that are kept.
const MAX_ANSWERS: usize = 20_000;
const MAX_DEVICES: usize = 4096;

/// How often each question is sent: UDP loses.
const ROUNDS: u32 = 2;
const BETWEEN_ROUNDS: Duration = Duration::from_millis(300);

/// Between two unicast questions, so that asking a province is no burst.
const BETWEEN_ADDRESSES: Duration = Duration::from_millis(2);

/// Characters of a device's word that are kept, and scopes that are looked at.
const MAX_WORD: usize = 96;
const MAX_SCOPES: usize = 128;
const MAX_ADDRESSES: usize = 16;

/// A device that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// The device's own name for itself, stable over its addresses: an `urn:uuid:` as a rule.
    pub endpoint: String,
    /// Where its ONVIF device service is: its own word where that is an address that we could reach, else that of who
    /// answered.
    pub service: Url,
    /// Who answered.
    pub sender: IpAddr,
    /// From its scopes, which are whatever somebody typed into the device.
    pub name: Option<String>,
    pub hardware: Option<String>,
    pub location: Option<String>,
    /// It says itself that it keeps recordings.
    pub says_recorder: bool,
}

/// Why nothing could be asked.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    #[error("cannot open a UDP socket to look for devices: {0}")]
    Socket(#[source] io::Error),
    #[error(
        "no question could be sent, neither by multicast on an interface nor to an address: {0}; is a network interface up?"
    )]
    NotSent(#[source] io::Error),
}

/// Asks the local network, and each of `addresses`, and waits for answers until `within` is over.
///
/// # Errors
/// Where not a single question could be sent. That nobody answers is no error.
pub async fn discover(addresses: &[IpAddr], within: Duration) -> Result<Vec<Discovered>, DiscoveryError> {
    let end = Instant::now() + within;
    let questions = Questions::new();
    let sockets = sockets()?;
    let (answers, mut arrived) = mpsc::channel(64);
    let mut tasks = tokio::task::JoinSet::new();
    for (socket, _) in &sockets {
        let (socket, answers) = (Arc::clone(socket), answers.clone());
        tasks.spawn(async move { receive(&socket, &answers).await });
    }
    drop(answers);
    let asking = ask(&sockets, &questions, addresses);
    let mut known = Known::default();
    let listening = async {
        while let Ok(Some((datagram, sender))) = timeout_at(end, arrived.recv()).await {
            if !known.take(&datagram, sender, &questions) {
                break;
            }
        }
    };
    // The last rounds may take longer than there is time: what was sent by then was sent.
    let asked = tokio::join!(tokio::time::timeout_at(end, asking), listening).0;
    match asked {
        Ok(Err(error)) => Err(DiscoveryError::NotSent(error)),
        Ok(Ok(())) | Err(_) => Ok(known.into_devices()),
    }
}

/// Passes on what arrives at one socket. Ends when nobody listens any more.
async fn receive(socket: &UdpSocket, answers: &mpsc::Sender<(Vec<u8>, IpAddr)>) {
    let mut buffer = vec![0; MAX_ANSWER];
    loop {
        match socket.recv_from(&mut buffer).await {
            Ok((length, sender)) => {
                if answers.send((buffer[..length].to_vec(), sender.ip())).await.is_err() {
                    return;
                }
            }
            // An ICMP error of an address that was asked shows here: the socket is as good as before.
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
}

/// Sends every question; an error only where none could be sent.
async fn ask(sockets: &[(Arc<UdpSocket>, bool)], questions: &Questions, addresses: &[IpAddr]) -> io::Result<()> {
    let mut sent = false;
    let mut problem = io::Error::from(io::ErrorKind::NetworkUnreachable);
    let mut note = |result: io::Result<usize>| match result {
        Ok(_) => sent = true,
        Err(error) => problem = error,
    };
    for round in 0..ROUNDS {
        if round > 0 {
            sleep(BETWEEN_ROUNDS).await;
        }
        for question in &questions.texts {
            for (socket, _) in sockets.iter().filter(|(_, multicast)| *multicast) {
                note(socket.send_to(question.as_bytes(), (GROUP, PORT)).await);
            }
        }
        for address in addresses {
            let wanted = |socket: &UdpSocket| socket.local_addr().is_ok_and(|own| own.is_ipv4() == address.is_ipv4());
            let Some((socket, _)) = sockets.iter().find(|(socket, multicast)| !multicast && wanted(socket)) else {
                continue;
            };
            for question in &questions.texts {
                note(socket.send_to(question.as_bytes(), SocketAddr::new(*address, PORT)).await);
            }
            sleep(BETWEEN_ADDRESSES).await;
        }
    }
    if sent { Ok(()) } else { Err(problem) }
}

/// One socket for each interface that can multicast, and one of each family for single addresses.
fn sockets() -> Result<Vec<(Arc<UdpSocket>, bool)>, DiscoveryError> {
    let mut sockets = Vec::new();
    let igmp = std::fs::read_to_string("/proc/net/igmp").unwrap_or_default();
    for index in interfaces(&igmp) {
        // An interface without an address, or that went away meanwhile, is not asked on.
        sockets.extend(multicast_socket(index).map(|socket| (Arc::new(socket), true)));
    }
    let any = bound(Ipv4Addr::UNSPECIFIED.into()).map_err(DiscoveryError::Socket)?;
    sockets.push((Arc::new(any), false));
    // A machine may have no IPv6.
    sockets.extend(bound(std::net::Ipv6Addr::UNSPECIFIED.into()).map(|socket| (Arc::new(socket), false)));
    Ok(sockets)
}

fn bound(address: IpAddr) -> io::Result<UdpSocket> {
    let socket = std::net::UdpSocket::bind((address, 0))?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

fn multicast_socket(interface: u32) -> io::Result<UdpSocket> {
    let socket = bound(Ipv4Addr::UNSPECIFIED.into())?;
    let none = Ipv4Addr::UNSPECIFIED;
    rustix::net::sockopt::set_ip_multicast_if_with_ifindex(&socket, &none, &none, interface)?;
    Ok(socket)
}

/// The indices of the interfaces that take part in IPv4 multicast, as `/proc/net/igmp` lists them: those that are up, in
/// the network namespace that we are in. An interface's line begins with its index, those of its groups with a tab.
fn interfaces(igmp: &str) -> BTreeSet<u32> {
    igmp.lines().filter_map(|line| line.split(['\t', ' ']).next()?.parse().ok()).collect()
}

/// What is asked: for the type that transmitters have, and for the one that recorders and newer devices have.
struct Questions {
    /// Without their scheme: devices answer `urn:uuid:` as `uuid:` and the other way round.
    ids: [String; 2],
    texts: [String; 2],
}

impl Questions {
    fn new() -> Self {
        let ids = [uuid(), uuid()];
        let texts = [
            probe(&ids[0], "http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter"),
            probe(&ids[1], "http://www.onvif.org/ver10/device/wsdl", "Device"),
        ];
        Self { ids, texts }
    }

    fn asked(&self, relates_to: &str) -> bool {
        let relates_to = relates_to.to_ascii_lowercase();
        self.ids.iter().any(|id| relates_to.ends_with(id.as_str()))
    }
}

/// A Probe of WS-Discovery, section 5.2.
fn probe(id: &str, namespace: &str, kind: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" xmlns:dn=\"{namespace}\"><s:Header>\
         <a:Action s:mustUnderstand=\"1\">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
         <a:MessageID>urn:uuid:{id}</a:MessageID>\
         <a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
         <a:To s:mustUnderstand=\"1\">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>\
         <s:Body><d:Probe><d:Types>dn:{kind}</d:Types></d:Probe></s:Body></s:Envelope>"
    )
}

/// A random UUID (RFC 9562 version 4), in lower case.
fn uuid() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The devices that answered so far.
#[derive(Default)]
struct Known {
    /// By endpoint and service: several boxes may claim one endpoint, since vendors ship images.
    devices: BTreeMap<(String, String), Discovered>,
    answers: usize,
}

impl Known {
    /// Takes one answer; `false` where enough were read.
    fn take(&mut self, datagram: &[u8], sender: IpAddr, questions: &Questions) -> bool {
        self.answers += 1;
        for device in matches(datagram, sender, questions) {
            if self.devices.len() < MAX_DEVICES {
                let key = (device.endpoint.clone(), device.service.to_string());
                self.devices.entry(key).or_insert(device);
            }
        }
        self.answers < MAX_ANSWERS && self.devices.len() < MAX_DEVICES
    }

    /// Sorted by address, numerically.
    fn into_devices(self) -> Vec<Discovered> {
        let mut devices: Vec<_> = self.devices.into_values().collect();
        devices.sort_by_cached_key(|device| {
            let ip = match device.service.host() {
                Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
                Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
                _ => None,
            };
            (ip, device.service.as_str().to_owned(), device.endpoint.clone())
        });
        devices
    }
}

/// The devices of one answer; none of what is no answer to us, or not from an ONVIF device.
fn matches(datagram: &[u8], sender: IpAddr, questions: &Questions) -> Vec<Discovered> {
    let Ok(tree) = Tree::parse(datagram) else { return Vec::new() };
    // One without it is believed: it cannot do more harm than one with it, which everybody on the network can write.
    if tree.text_at("Header/RelatesTo").is_some_and(|id| !questions.asked(id)) {
        return Vec::new();
    }
    let Some(matches) = tree.at("Body/ProbeMatches") else { return Vec::new() };
    matches.children("ProbeMatch").filter_map(|found| device(found, sender)).take(MAX_ADDRESSES).collect()
}

fn device(found: Node<'_>, sender: IpAddr) -> Option<Discovered> {
    let types = found.text_at("Types").unwrap_or_default();
    let mut scopes = found.text_at("Scopes").unwrap_or_default().split_whitespace().take(MAX_SCOPES).peekable();
    let is_onvif = types.split_whitespace().any(|kind| kind.rsplit(':').next() == Some("NetworkVideoTransmitter"));
    let mut words: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut has_scope = false;
    for scope in &mut scopes {
        let Some(rest) = scope.strip_prefix("onvif://www.onvif.org/") else { continue };
        has_scope = true;
        if let Some((kind, value)) = rest.split_once('/') {
            words.entry(kind).or_default().push(readable(value));
        }
    }
    if !is_onvif && !has_scope {
        return None;
    }
    let word = |kind: &str| words.get(kind)?.iter().find(|word| !word.is_empty()).cloned();
    let storage = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        ["networkvideostorage", "networkvideorecorder", "network_video_recorder", "nvr", "recorder", "storage"]
            .iter()
            .any(|word| kind.rsplit([':', '/']).next() == Some(word))
    };
    let said = words.get("type").into_iter().flatten().map(String::as_str).chain(types.split_whitespace());
    Some(Discovered {
        endpoint: readable(found.text_at("EndpointReference/Address").unwrap_or_default()),
        service: service(found.text_at("XAddrs").unwrap_or_default(), sender)?,
        sender,
        name: word("name"),
        hardware: word("hardware"),
        location: word("location"),
        says_recorder: said.into_iter().any(storage),
    })
}

/// The address of the device service: an IPv4 one first, then a name or IPv6; the sender's where none can be reached.
fn service(addresses: &str, sender: IpAddr) -> Option<Url> {
    let told: Vec<Url> = addresses
        .split_whitespace()
        .take(MAX_ADDRESSES)
        .filter_map(|address| Url::parse(address).ok())
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.as_str().len() <= 512)
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .collect();
    let reachable = |url: &&Url| match url.host() {
        Some(Host::Ipv4(ip)) => {
            !ip.is_unspecified() && !ip.is_multicast() && !ip.is_broadcast()
                // An address that means "myself" or "this wire" means so to the device only.
                && (!ip.is_loopback() || sender.is_loopback())
                && (!ip.is_link_local() || matches!(sender, IpAddr::V4(sender) if sender.is_link_local()))
        }
        Some(Host::Ipv6(ip)) => {
            !ip.is_unspecified() && !ip.is_multicast() && !ip.is_loopback() && !ip.is_unicast_link_local()
        }
        Some(Host::Domain(name)) => name != "localhost",
        None => false,
    };
    let rank = |url: &&Url| match url.host() {
        // The very address that answered is the surest.
        Some(Host::Ipv4(ip)) if IpAddr::V4(ip) == sender => 0,
        Some(Host::Ipv4(_)) => 1,
        Some(Host::Domain(_)) => 2,
        _ => 3,
    };
    if let Some(best) = told.iter().filter(reachable).min_by_key(rank) {
        return Some(best.clone());
    }
    let mut url = told.first().cloned().or_else(|| Url::parse("http://0.0.0.0/onvif/device_service").ok())?;
    url.set_ip_host(sender).ok()?;
    Some(url)
}

/// A device's word: percent-decoded (RFC 3986), without what could steer a terminal, and not longer than a line.
fn readable(text: &str) -> String {
    let decoded: Vec<u8> =
        url::form_urlencoded::parse(format!("x={}", text.replace('+', "%2B").replace('&', "%26")).as_bytes())
            .next()
            .map(|(_, value)| value.into_owned().into_bytes())
            .unwrap_or_default();
    let text = String::from_utf8_lossy(&decoded);
    let plain: String = text.chars().map(|c| if c.is_control() || is_format(c) { ' ' } else { c }).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_WORD).collect()
}

/// Characters that turn the direction of text round or are not seen.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests;
