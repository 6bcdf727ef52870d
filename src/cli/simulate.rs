//! `camwatch simulate`: a fleet of simulated cameras and recorders.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit;
use crate::simulate::recorder::Login;
use crate::simulate::{
    Auth, CameraOptions, Fleet, FleetOptions, RecorderKind, RecorderOptions, SimCamera, control, weather,
};

/// Run a fleet of simulated cameras and recorders, for load tests and training
///
/// Prints an inventory that fits on standard output, or writes a whole configuration with --config-out:
///
///   camwatch simulate --cameras 100 --config-out /tmp/fleet &
///   camwatch run --config /tmp/fleet/camwatch.toml
///
/// While it runs, the control port switches faults on and off:
///
///   curl CONTROL/faults CONTROL/faults/recorders
///   curl -d refused CONTROL/cameras/sim-0001/behaviour
///   curl -X POST CONTROL/sites/site-001/cut
///   curl -d 'disk 1 error' CONTROL/recorders/rec-001/behaviour
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How many cameras.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    cameras: u32,
    /// How many of them stand at one site, behind one line.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    per_site: u32,
    /// How many recorders there are, spread over the sites; the cameras of a site are channels of its recorders.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=2_000))]
    recorders: u32,
    /// What the recorders are.
    #[arg(long, value_name = "KIND", value_enum, default_value_t = Kind::Mixed)]
    recorder_kind: Kind,
    /// How many days of recordings the recorders hold.
    #[arg(long, value_name = "DAYS", default_value_t = 31.0, value_parser = days)]
    held_days: f64,
    /// Where the cameras listen. With port 0 each site has a loopback address of its own and each camera any free
    /// port; otherwise gateways and cameras take this port and those after it.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the control port listens; its address is printed. It has no password: keep it on loopback.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Ask for a login (Digest), as real devices do; recorders lock the account after five that are wrong. --config-out writes the password where the inventory finds it.
    #[arg(long, requires = "config_out")]
    login: bool,
    /// What random faults follow from; the same seed gives the same faults.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many random faults a minute come, on average; each goes after 20 to 90 seconds.
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = rate)]
    faults_per_minute: f64,
    /// Write camwatch.toml and inventory/simulated.toml into this directory (made where missing).
    #[arg(long, value_name = "DIR")]
    config_out: Option<PathBuf>,
}

const USERNAME: &str = "monitor";
const PASSWORD: &str = "simulated";

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.0..=60_000.0).contains(&rate) => Ok(rate),
        _ => Err("a number from 0 to 60000 is expected".to_owned()),
    }
}

fn days(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(days) if (0.0..=3650.0).contains(&days) => Ok(days),
        _ => Err("a number of days from 0 to 3650 is expected".to_owned()),
    }
}

/// What `--recorder-kind` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Hikvision,
    Dahua,
    Onvif,
    /// One after the other.
    Mixed,
}

impl Kind {
    fn of(self, number: usize) -> RecorderKind {
        match self {
            Self::Hikvision => RecorderKind::Hikvision,
            Self::Dahua => RecorderKind::Dahua,
            Self::Onvif => RecorderKind::Onvif,
            Self::Mixed => RecorderKind::ALL[number % RecorderKind::ALL.len()],
        }
    }
}

pub(crate) fn run(args: &Args) -> u8 {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("camwatch simulate: cannot start: {error}");
            return exit::FAILED;
        }
    };
    match runtime.block_on(simulate(args)) {
        Ok(()) => exit::OK,
        Err(error) => {
            eprintln!("camwatch simulate: {error}");
            exit::FAILED
        }
    }
}

async fn simulate(args: &Args) -> Result<(), Box<dyn std::error::Error>> {
    // Before the first camera: whoever interrupts while thousands are being made means it too.
    let mut ended = std::pin::pin!(interrupted()?);
    let fleet = Arc::new(Fleet::start(FleetOptions { listen: args.listen, tls: None }).await?);
    for number in 0..args.cameras {
        let mut options = CameraOptions::named(&format!("sim-{:04}", number + 1))
            .site(&format!("site-{:03}", number / args.per_site + 1));
        if args.login {
            options = options.auth(Auth::new(USERNAME, PASSWORD));
        }
        fleet.add(options).await?;
    }
    let channels = add_recorders(&fleet, args).await?;
    let listener = control::bind(args.control).await?;
    let control = listener.local_addr()?;
    let inventory = inventory(&fleet, &channels, args.login);
    if let Some(directory) = &args.config_out {
        write_configuration(directory, &inventory, args.login)
            .map_err(|error| format!("cannot write the configuration into {}: {error}", directory.display()))?;
        let config = directory.join("camwatch.toml");
        eprintln!("{} cameras, {} recorders; camwatch run --config {}", args.cameras, args.recorders, config.display());
    } else {
        let mut out = std::io::stdout().lock();
        out.write_all(inventory.as_bytes())?;
        out.flush()?;
        eprintln!("{} cameras, {} recorders", args.cameras, args.recorders);
    }
    eprintln!("control: curl http://{control}/faults");

    let serving = axum::serve(listener, control::router(Arc::clone(&fleet)));
    let weather = async {
        if args.faults_per_minute > 0.0 {
            weather(&fleet, args.seed, args.faults_per_minute, |change| tracing::info!("{change}")).await
        } else {
            std::future::pending().await
        }
    };
    tokio::select! {
        () = &mut ended => Ok(()),
        served = async { serving.await } => Ok(served?),
        stopped = weather => Ok(stopped?),
    }
}

/// The recorder and the channel of cameras, by their names.
type Channels = BTreeMap<String, (String, usize)>;

/// Spreads recorders over the sites, and the cameras of a site over the channels of its recorders.
async fn add_recorders(fleet: &Fleet, args: &Args) -> Result<Channels, crate::simulate::SimulateError> {
    let mut of_sites: BTreeMap<String, Vec<SimCamera>> = BTreeMap::new();
    for camera in fleet.cameras() {
        of_sites.entry(camera.site().unwrap_or_default().to_owned()).or_default().push(camera);
    }
    let (recorders, sites) = (args.recorders as usize, of_sites.len());
    let mut channels = Channels::new();
    for (position, (site, cameras)) in of_sites.iter().enumerate() {
        let numbers: Vec<usize> = (position..recorders).step_by(sites).collect();
        for (turn, number) in numbers.iter().enumerate() {
            let name = format!("rec-{:03}", number + 1);
            let own: Vec<&SimCamera> = cameras.iter().skip(turn).step_by(numbers.len()).collect();
            let mut options = RecorderOptions::named(&name)
                .site(site)
                .manner(args.recorder_kind.of(*number))
                .channels(own.len().max(4))
                .held_days(args.held_days);
            options.login = args.login.then(|| Login::new(USERNAME, PASSWORD));
            let recorder = fleet.recorder(options).await?;
            for (channel, camera) in (1..).zip(own) {
                if args.login {
                    recorder.shares_account_with(camera);
                }
                channels.insert(camera.name().to_owned(), (name.clone(), channel));
            }
        }
    }
    Ok(channels)
}

/// Communes, sites, recorders and cameras as TOML.
fn inventory(fleet: &Fleet, channels: &Channels, login: bool) -> String {
    let credential = if login { "credential = \"simulated\"\n" } else { "" };
    let mut text = String::from(
        "# Written by camwatch simulate; good for as long as that runs.\n\n\
         [[commune]]\nid = \"simulated\"\nname = \"Simulated commune\"\n\n\
         [[fund]]\nid = \"simulated\"\nkind = \"commune\"\nname = \"Simulated fund\"\n",
    );
    if login {
        let _ = write!(
            text,
            "\n[[credential]]\nid = \"simulated\"\nusername = \"{USERNAME}\"\npassword_file = \"../secrets/simulated\"\n"
        );
    }
    let required = if fleet.recorders().is_empty() { "" } else { "retention = \"30d\"\n" };
    for (site, _) in fleet.sites() {
        let gateway = fleet.gateway(&site).map(|address| format!("gateway = \"{address}\"\n")).unwrap_or_default();
        let _ = write!(
            text,
            "\n[[site]]\nid = \"{site}\"\ncommune = \"simulated\"\nname = \"{site}\"\n{gateway}{required}"
        );
    }
    for recorder in fleet.recorders() {
        let _ = write!(
            text,
            "\n[[recorder]]\nid = \"{}\"\nsite = \"{}\"\nkind = \"{}\"\nurl = \"{}\"\n{credential}",
            recorder.name(),
            recorder.site().unwrap_or_default(),
            recorder.kind().as_str(),
            recorder.url(),
        );
    }
    for camera in fleet.cameras() {
        let _ = write!(
            text,
            "\n[[camera]]\nid = \"{id}\"\nsite = \"{site}\"\nname = \"{id}\"\nurl = \"{url}\"\nfund = \"simulated\"\n{credential}",
            id = camera.name(),
            site = camera.site().unwrap_or_default(),
            url = camera.url(),
        );
        if let Some((recorder, channel)) = channels.get(camera.name()) {
            let _ = write!(text, "recorder = \"{recorder}\"\nchannel = {channel}\n");
        }
    }
    text
}

const CONFIGURATION: &str = "\
# Written by camwatch simulate.
[daemon]
listen = \"127.0.0.1:9765\"
data_dir = \"data\"
inventory = [\"inventory/*.toml\"]

[probe]
interval = \"10s\"
timeout = \"5s\"
recheck = \"2s\"
";

fn write_configuration(directory: &Path, inventory: &str, login: bool) -> std::io::Result<()> {
    std::fs::create_dir_all(directory.join("inventory"))?;
    std::fs::write(directory.join("camwatch.toml"), CONFIGURATION)?;
    std::fs::write(directory.join("inventory").join("simulated.toml"), inventory)?;
    if login {
        write_secret(&directory.join("secrets").join("simulated"), PASSWORD)?;
    }
    Ok(())
}

/// Ends upon SIGINT or SIGTERM; from now on neither kills the process.
pub(super) fn interrupted() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut int, mut term) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
        }
    })
}

/// Writes a secret for its owner only, and the directory that it stands in.
pub(super) fn write_secret(path: &Path, secret: &str) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
    if let Some(directory) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{secret}")
}
