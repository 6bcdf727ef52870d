//! `camwatch discover`: the ONVIF devices of the local network, as entries for the inventory.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use super::exit;
use crate::config::{Config, duration};
use crate::device::discovery::{Discovered, discover};
use crate::inventory::Inventory;

/// Find ONVIF devices on the local network, as inventory entries
///
/// Asks by WS-Discovery on every network interface, and without any password. Prints a draft of a [[camera]] or
/// [[recorder]] for each device that answers: what is empty in it is yours to fill in. With --config prints drafts only
/// of what the inventory lacks, and says what of the inventory did not answer. Exits with 0, or 3 where nobody could be
/// asked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  camwatch discover > inventory/new.toml
  camwatch discover --config /etc/camwatch/camwatch.toml --timeout 5s
  camwatch discover 10.20.1.11 10.20.1.12      # devices beyond a router, which multicast does not pass")]
pub(crate) struct Args {
    /// Addresses to ask one by one as well.
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<IpAddr>,
    /// The configuration file (TOML), to compare with its inventory; its addresses are asked one by one as well.
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How long to wait for answers.
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration)]
    timeout: Duration,
}

pub(crate) fn run(args: &Args) -> u8 {
    let config = match args.config.as_deref().map(Config::load).transpose() {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return exit::FAILED;
        }
    };
    let known = config.as_ref().map(|config| Entries::of(&config.inventory));
    let mut addresses: BTreeSet<IpAddr> = args.addresses.iter().copied().collect();
    addresses.extend(known.iter().flat_map(Entries::addresses));
    let addresses: Vec<_> = addresses.into_iter().collect();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return exit::FAILED;
        }
    };
    let found = match runtime.block_on(discover(&addresses, args.timeout)) {
        Ok(found) => found,
        Err(problem) => {
            eprintln!("{problem}");
            return exit::FAILED;
        }
    };
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = std::io::stdout().write_all(page(&found, known.as_ref()).as_bytes());
    if found.is_empty() {
        eprintln!(
            "no ONVIF device answered within {} s; it may be switched off on the devices, or they lie beyond a router: \
             name their addresses, or wait longer with --timeout",
            args.timeout.as_secs()
        );
    }
    exit::OK
}

/// What the inventory has at each host, in its own words.
struct Entries {
    by_host: BTreeMap<String, Vec<String>>,
    /// Addresses of hosts that are names.
    resolved: BTreeMap<String, Vec<IpAddr>>,
}

impl Entries {
    fn of(inventory: &Inventory) -> Self {
        let mut by_host: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |url: &Url, what: String| {
            if let Some(host) = host_of(url) {
                by_host.entry(host).or_default().push(what);
            }
        };
        for recorder in inventory.recorders.values() {
            add(&recorder.url, format!("recorder {}", recorder.id));
        }
        let today = jiff::Zoned::now().date();
        for camera in inventory.cameras.values().filter(|camera| camera.retired.is_none_or(|day| day > today)) {
            add(&camera.url, format!("camera {}", camera.id));
        }
        let resolved = by_host.keys().map(|host| (host.clone(), addresses_of(host))).collect();
        Self { by_host, resolved }
    }

    fn addresses(&self) -> impl Iterator<Item = IpAddr> + use<> {
        self.resolved.values().flatten().copied().collect::<Vec<_>>().into_iter()
    }

    /// The host of the inventory that this device is.
    fn host(&self, device: &Discovered) -> Option<&String> {
        let told = host_of(&device.service);
        let ip = told.as_ref().and_then(|host| host.parse::<IpAddr>().ok());
        self.resolved.iter().find_map(|(host, addresses)| {
            let same = Some(host) == told.as_ref()
                || addresses.iter().any(|address| Some(*address) == ip || *address == device.sender);
            same.then_some(host)
        })
    }
}

/// Without brackets, in lower case.
fn host_of(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ip.to_string()),
        Host::Ipv6(ip) => Some(ip.to_string()),
        // Schemes that the URL standard does not know leave addresses as they are written.
        Host::Domain(name) => Some(name.trim_matches(['[', ']']).to_ascii_lowercase()),
    }
}

fn addresses_of(host: &str) -> Vec<IpAddr> {
    if let Ok(ip) = host.parse() {
        return vec![ip];
    }
    // A name that nobody knows is asked by multicast only.
    (host, 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
}

/// Everything, as TOML.
fn page(found: &[Discovered], known: Option<&Entries>) -> String {
    let mut out = String::new();
    let mut answered: BTreeSet<&String> = BTreeSet::new();
    let mut ids = BTreeSet::new();
    let mut drafts = 0;
    for device in found {
        if let Some(host) = known.and_then(|known| known.host(device)) {
            answered.insert(host);
            continue;
        }
        drafts += 1;
        draft(&mut out, device, &mut ids);
    }
    let summary = match known {
        None => format!("# {} answered.", counted(found.len())),
        Some(_) => format!("# {} answered, {} of them not in the inventory.", counted(found.len()), drafts),
    };
    let what_next = if drafts > 0 { " Fill in what is empty, and let `camwatch check` read it." } else { "" };
    out.insert_str(0, &format!("{summary}{what_next}\n"));
    if let Some(known) = known {
        let (there, silent): (Vec<_>, Vec<_>) = known.by_host.iter().partition(|(host, _)| answered.contains(host));
        list(&mut out, "In the inventory, and answering:", &there);
        list(
            &mut out,
            "In the inventory, and silent (which says little: ONVIF may be off; `camwatch probe` tells what is dark):",
            &silent,
        );
    }
    out
}

fn counted(count: usize) -> String {
    if count == 1 { "1 ONVIF device".to_owned() } else { format!("{count} ONVIF devices") }
}

fn list(out: &mut String, title: &str, hosts: &[(&String, &Vec<String>)]) {
    if hosts.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n# {title}");
    for (host, entries) in hosts {
        let _ = writeln!(out, "#   {host}: {}", entries.join(", "));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vendor {
    Hikvision,
    Dahua,
    Other,
}

/// By what people and vendors write into names: a guess, and marked as one.
fn vendor(device: &Discovered) -> Vendor {
    let (name, hardware) = words(device);
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| hardware.starts_with(prefix));
    if name.contains("HIKVISION") || begins(&["DS-", "IDS-"]) {
        Vendor::Hikvision
    } else if name.contains("DAHUA") || name.contains("KBVISION") || begins(&["DH-", "DHI-", "KX-", "KR-"]) {
        Vendor::Dahua
    } else {
        Vendor::Other
    }
}

fn is_recorder(device: &Discovered) -> bool {
    let (name, hardware) = words(device);
    let series = ["DS-7", "DS-8", "DS-9", "IDS-7", "IDS-9"].iter().any(|series| hardware.starts_with(series));
    device.says_recorder || series || ["NVR", "DVR", "XVR"].iter().any(|w| name.contains(w) || hardware.contains(w))
}

fn words(device: &Discovered) -> (String, String) {
    let upper = |word: &Option<String>| word.as_deref().unwrap_or_default().to_ascii_uppercase();
    (upper(&device.name), upper(&device.hardware))
}

fn draft(out: &mut String, device: &Discovered, ids: &mut BTreeSet<String>) {
    let host = host_of(&device.service).unwrap_or_else(|| device.sender.to_string());
    let shown = if host.contains(':') { format!("[{host}]") } else { host.clone() };
    let port = device.service.port().map(|port| format!(":{port}")).unwrap_or_default();
    let vendor = vendor(device);
    let of_it = [&device.name, &device.hardware, &device.location];
    let mut about: Vec<&str> = of_it.into_iter().flatten().map(String::as_str).collect();
    about.dedup();
    let _ = writeln!(out, "\n# {}", [about.join(", "), device.endpoint.clone()].join("; ").trim_start_matches("; "));
    if host != device.sender.to_string() {
        let _ = writeln!(out, "# answered from {}", device.sender);
    }
    let guess = if vendor == Vendor::Other { "" } else { " # by its name; make sure before a password is sent" };
    if is_recorder(device) {
        let kind = match vendor {
            Vendor::Hikvision => "hikvision",
            Vendor::Dahua => "dahua",
            Vendor::Other => "onvif",
        };
        let id = unique(ids, "recorder", &host);
        let url = quoted(&format!("{}://{shown}{port}", device.service.scheme()));
        let _ = writeln!(out, "[[recorder]]\nid = {id}\nsite = \"\"\nkind = \"{kind}\"{guess}\nurl = {url}");
        let _ = writeln!(out, "# credential = \"\"");
        if device.service.scheme() == "https" {
            let _ =
                writeln!(out, "# tls = \"\" # \"system\", \"any\", or \"sha256:\" and the certificate's fingerprint");
        }
    } else {
        let (path, hint) = match vendor {
            Vendor::Hikvision => ("Streaming/Channels/101", guess),
            Vendor::Dahua => ("cam/realmonitor?channel=1&subtype=0", guess),
            Vendor::Other => ("", " # and the path that its vendor has; try it with `camwatch probe`"),
        };
        let id = unique(ids, "camera", &host);
        let name = quoted(device.name.as_deref().or(device.hardware.as_deref()).unwrap_or(&host));
        let url = quoted(&format!("rtsp://{shown}:554/{path}"));
        let _ = writeln!(out, "[[camera]]\nid = {id}\nsite = \"\"\nname = {name}\nurl = {url}{hint}");
        let _ = writeln!(out, "# credential = \"\"\n# fund = \"\"\n# recorder = \"\"\n# channel = 1");
    }
}

/// An id that the inventory takes, of the characters that ids may have, and only once on this page.
fn unique(ids: &mut BTreeSet<String>, what: &str, host: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' };
    let base: String = format!("{what}-{host}").chars().map(allowed).take(56).collect();
    let id = (1..=ids.len() + 1)
        .map(|n| if n == 1 { base.clone() } else { format!("{base}-{n}") })
        .find(|id| !ids.contains(id))
        .unwrap_or_default();
    ids.insert(id.clone());
    quoted(&id)
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Recorder, RecorderId, RecorderKind, SiteId, TlsPolicy};

    fn device(host: &str, name: &str, hardware: &str) -> Discovered {
        Discovered {
            endpoint: "urn:uuid:5a3c".to_owned(),
            service: Url::parse(&format!("http://{host}/onvif/device_service")).unwrap(),
            sender: "10.20.1.77".parse().unwrap(),
            name: Some(name.to_owned()),
            hardware: Some(hardware.to_owned()),
            location: None,
            says_recorder: false,
        }
    }

    #[test]
    fn drafts_are_toml_whatever_devices_call_themselves() {
        let found = [
            device("10.20.1.11", "C\"ng \\ ''' ]]", "DS-2CD2146G2"),
            device("10.20.1.11", "twice the same host", "x"),
            device("10.20.1.10:8080", "NVR", "DS-7616NI-K2"),
            device("[2001:db8::5]", "Dahua", "DHI-NVR4216"),
            device("10.20.1.12", "", ""),
        ];
        let page = page(&found, None);
        let table: toml::Table = page.parse().unwrap_or_else(|e| panic!("{e}\n{page}"));
        let cameras = table["camera"].as_array().unwrap();
        let text = |entry: &toml::Value, key: &str| entry[key].as_str().unwrap().to_owned();
        assert_eq!(text(&cameras[0], "name"), "C\"ng \\ ''' ]]");
        assert_eq!(text(&cameras[0], "url"), "rtsp://10.20.1.11:554/Streaming/Channels/101");
        assert_eq!(text(&cameras[1], "id"), "camera-10.20.1.11-2");
        assert_eq!(text(&cameras[2], "site"), "", "which nobody but the operator knows");
        let recorders = table["recorder"].as_array().unwrap();
        assert_eq!(
            (text(&recorders[0], "kind"), text(&recorders[0], "url")),
            ("hikvision".to_owned(), "http://10.20.1.10:8080".to_owned())
        );
        assert_eq!(
            (text(&recorders[1], "kind"), text(&recorders[1], "url")),
            ("dahua".to_owned(), "http://[2001:db8::5]".to_owned())
        );
        assert_eq!(text(&recorders[1], "id"), "recorder-2001-db8--5");
        assert!(page.starts_with("# 5 ONVIF devices answered. Fill in"), "{page}");
    }

    #[test]
    fn what_the_inventory_has_is_listed_and_not_drafted() {
        let mut inventory = Inventory::default();
        for (id, url) in [("nvr", "http://10.20.1.10"), ("away", "http://10.20.9.9")] {
            let id = RecorderId::new(id).unwrap();
            let recorder = Recorder {
                id: id.clone(),
                site: SiteId::new("s").unwrap(),
                kind: RecorderKind::Onvif,
                url: Url::parse(url).unwrap(),
                credential: None,
                tls: TlsPolicy::default(),
                allow_basic: false,
                requests_per_minute: 10,
            };
            inventory.recorders.insert(id, recorder);
        }
        let known = Entries::of(&inventory);
        let found = [device("10.20.1.10", "NVR", "x"), device("10.20.1.44", "new", "x")];
        let page = page(&found, Some(&known));
        let table: toml::Table = page.parse().unwrap();
        assert_eq!(table["camera"].as_array().unwrap().len(), 1);
        assert!(!table.contains_key("recorder"));
        assert!(page.starts_with("# 2 ONVIF devices answered, 1 of them not in the inventory."), "{page}");
        assert!(page.contains("and answering:\n#   10.20.1.10: recorder nvr\n"), "{page}");
        assert!(page.contains("#   10.20.9.9: recorder away\n"), "{page}");
        assert_eq!(known.addresses().count(), 2, "each is asked by unicast too");
    }
}
