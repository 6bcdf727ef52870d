//! `camwatch simulate`: a fleet of simulated cameras.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit;
use crate::simulate::{Auth, CameraOptions, Fleet, FleetOptions, control, weather};

/// Run a fleet of simulated cameras that send real video, for load tests and training
///
/// Prints an inventory that fits on standard output, or writes a whole configuration with --config-out:
///
///   camwatch simulate --cameras 100 --config-out /tmp/fleet &
///   camwatch run --config /tmp/fleet/camwatch.toml
///
/// While it runs, the control port switches faults on and off:
///
///   curl CONTROL/faults
///   curl -d refused CONTROL/cameras/sim-0001/behaviour
///   curl -X POST CONTROL/sites/site-001/cut
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// How many cameras.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20_000))]
    cameras: u32,
    /// How many of them stand at one site, behind one line.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    per_site: u32,
    /// Where the cameras listen. With port 0 each site has a loopback address of its own and each camera any free
    /// port; otherwise gateways and cameras take this port and those after it.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the control port listens; its address is printed. It has no password: keep it on loopback.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Ask for a login (Digest), as real cameras do. --config-out writes the password where the inventory finds it.
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
    let listener = control::bind(args.control).await?;
    let control = listener.local_addr()?;
    let inventory = inventory(&fleet, args.login);
    if let Some(directory) = &args.config_out {
        write_configuration(directory, &inventory, args.login)
            .map_err(|error| format!("cannot write the configuration into {}: {error}", directory.display()))?;
        eprintln!("{} cameras; camwatch run --config {}", args.cameras, directory.join("camwatch.toml").display());
    } else {
        let mut out = std::io::stdout().lock();
        out.write_all(inventory.as_bytes())?;
        out.flush()?;
        eprintln!("{} cameras", args.cameras);
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

/// Communes, sites and cameras as TOML.
fn inventory(fleet: &Fleet, login: bool) -> String {
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
    for (site, _) in fleet.sites() {
        let gateway = fleet.gateway(&site).map(|address| format!("gateway = \"{address}\"\n")).unwrap_or_default();
        let _ = write!(text, "\n[[site]]\nid = \"{site}\"\ncommune = \"simulated\"\nname = \"{site}\"\n{gateway}");
    }
    for camera in fleet.cameras() {
        let _ = write!(
            text,
            "\n[[camera]]\nid = \"{id}\"\nsite = \"{site}\"\nname = \"{id}\"\nurl = \"{url}\"\nfund = \"simulated\"\n{login}",
            id = camera.name(),
            site = camera.site().unwrap_or_default(),
            url = camera.url(),
            login = if login { "credential = \"simulated\"\n" } else { "" },
        );
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
