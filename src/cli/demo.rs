//! `camwatch demo`: a simulated commune, watched.
//!
//! Everything is in this process: the cameras, the daemon that watches them, and who tells what happens.

mod commune;
mod narrate;
mod phone;
mod script;
mod texts;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::exit;
use super::simulate::{interrupted, write_secret};
use crate::config::Config;
use crate::daemon::Daemon;
use crate::inventory::Language;
use crate::simulate::{Fleet, FleetOptions, control};
use narrate::Narrator;
use phone::Phone;
use texts::Text;

/// Watch a simulated commune on this machine: nothing else to install or start
///
/// 172 simulated cameras send real RTSP video on loopback, and six recorders of three kinds keep what 32 of them show;
/// the daemon watches them while faults come and go within the first minute. What is broken, what camwatch makes of it and
/// what it sends to the phones of those on duty is told as it happens, in the language of LANG (vi, en, ko). The addresses
/// and commands to try are printed.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The port for metrics and status on 127.0.0.1 (default: 9765, or a free one where that is taken).
    #[arg(long)]
    port: Option<u16>,
    /// Keep configuration and record in this directory (default: a temporary one that goes with the demo).
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// End after so many seconds (default: when interrupted).
    #[arg(long, value_name = "N")]
    seconds: Option<u64>,
    /// Tell nothing but the addresses.
    #[arg(long, short)]
    quiet: bool,
}

const DEFAULT_PORT: u16 = 9765;
/// The first line of what the demo writes, by which it knows its own again.
const HEADER: &str = "# Written by camwatch demo, and again each time it starts.";

#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("cannot write {path}: {source}; choose another place with --data-dir")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{0} is not the demo's own and is left as it is; choose another place with --data-dir")]
    NotOurs(PathBuf),
    #[error("cannot find a free port on 127.0.0.1: {0}")]
    NoPort(std::io::Error),
    #[error("the phone of the demo's officers failed: {0}")]
    Phone(std::io::Error),
    #[error("the control port of the simulated cameras failed: {0}")]
    Control(std::io::Error),
    #[error("cannot take signals: {0}")]
    Signals(std::io::Error),
    #[error(transparent)]
    Simulate(#[from] crate::simulate::SimulateError),
    #[error(transparent)]
    Daemon(#[from] crate::daemon::DaemonError),
    #[error("the demo's own configuration is wrong, which is a fault of camwatch:\n{0}")]
    Config(#[from] crate::config::Problems),
}

pub(crate) fn run(args: &Args) -> u8 {
    let done = crate::daemon::runtime().map_err(DemoError::from).and_then(|runtime| runtime.block_on(demo(args)));
    match done {
        Ok(()) => exit::OK,
        Err(error) => {
            eprintln!("camwatch demo: {error}");
            exit::FAILED
        }
    }
}

async fn demo(args: &Args) -> Result<(), DemoError> {
    let mut interrupted = std::pin::pin!(interrupted().map_err(DemoError::Signals)?);
    let language = texts::language(|name| std::env::var(name).ok());
    let place = Place::make(args.data_dir.as_deref())?;
    let (port, taken) = free_port(args.port)?;
    let fleet = Arc::new(Fleet::start(FleetOptions::default()).await?);
    let (phone, phone_address, mut received) = Phone::start().await.map_err(DemoError::Phone)?;
    let inventory = commune::build(&fleet).await? + &commune::roster(phone_address);
    let file = place.write(port, language, &inventory)?;

    let listener = control::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let control_address = listener.local_addr().map_err(DemoError::NoPort)?;
    let control = axum::serve(listener, control::router(Arc::clone(&fleet)));
    let daemon = Daemon::start(Config::load(&file)?).await?;
    let narrator = Narrator::new(language, args.quiet);
    if let Some(taken) = taken {
        narrate::line(&Text::Busy.with(language, &[&taken.to_string(), &port.to_string()]));
    }
    narrator.greet(daemon.address(), control_address, &file);

    let end = async {
        match args.seconds {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        () = &mut interrupted => Ok(()),
        () = end => Ok(()),
        dead = daemon.task_died() => Err(dead.into()),
        served = async { control.await } => served.map_err(DemoError::Control),
        served = phone.serve() => served.map_err(DemoError::Phone),
        () = narrator.show_phone(&mut received) => Ok(()),
        broken = play(&fleet, &daemon, &narrator, &place) => broken,
        () = narrator.follow(daemon.events(), daemon.snapshot()) => Ok(()),
    };
    daemon.stop().await?;
    narrate::line(Text::Ended.in_language(language));
    ended
}

/// Plays the script round by round; ends only with an error.
async fn play(fleet: &Fleet, daemon: &Daemon, narrator: &Narrator, place: &Place) -> Result<(), DemoError> {
    let mut begin = Instant::now();
    for round in 1.. {
        for (at, act, text) in script::ROUND {
            sleep_until(begin + Duration::from_secs(*at)).await;
            narrator.fault(*text, act.subject());
            act.perform(fleet, round).await?;
            if matches!(act, script::Act::WritePassword) {
                place.write_secret(commune::CHANGING_CREDENTIAL, &script::changed_password(round))?;
                daemon.reload().await?;
            }
        }
        begin += script::ROUND_LASTS;
    }
    Ok(())
}

/// Where the demo keeps its files; a temporary place goes with it.
struct Place {
    directory: PathBuf,
    temporary: bool,
}

impl Place {
    fn make(chosen: Option<&Path>) -> Result<Self, DemoError> {
        use std::os::unix::fs::DirBuilderExt as _;
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700);
        let (directory, temporary) = match chosen {
            Some(directory) => (std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned()), false),
            None => (std::env::temp_dir().join(format!("camwatch-demo-{:08x}", fastrand::u32(..))), true),
        };
        // A temporary place must be new: what somebody else laid there is not ours to write to.
        builder
            .recursive(!temporary)
            .create(&directory)
            .map_err(|source| DemoError::Write { path: directory.clone(), source })?;
        Ok(Self { directory, temporary })
    }

    /// Writes configuration, inventory and secrets; gives back the configuration's path.
    fn write(&self, port: u16, language: Language, inventory: &str) -> Result<PathBuf, DemoError> {
        let file = self.directory.join("camwatch.toml");
        match std::fs::read_to_string(&file) {
            Ok(text) if !text.starts_with(HEADER) => return Err(DemoError::NotOurs(file)),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(DemoError::Write { path: file, source: error });
            }
            _ => {}
        }
        for (id, password) in commune::PASSWORDS {
            self.write_secret(id, password)?;
        }
        let language = match language {
            Language::Vietnamese => "vi",
            Language::English => "en",
            Language::Korean => "ko",
        };
        let text = format!("{HEADER}\n{}\n{inventory}", settings(port, language));
        std::fs::write(&file, text).map_err(|source| DemoError::Write { path: file.clone(), source })?;
        Ok(file)
    }

    fn write_secret(&self, id: &str, password: &str) -> Result<(), DemoError> {
        let path = self.directory.join("secrets").join(id);
        write_secret(&path, password).map_err(|source| DemoError::Write { path, source })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // At the end of the demo: what cannot be removed is left to the system's own cleaning.
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// Much shorter than anybody would set them for real cameras, so that a minute shows everything.
fn settings(port: u16, language: &str) -> String {
    format!(
        "[daemon]\nlisten = \"127.0.0.1:{port}\"\ndata_dir = \"data\"\ntimezone = \"Asia/Ho_Chi_Minh\"\n\
         language = \"{language}\"\n\n\
         [probe]\ninterval = \"5s\"\ntimeout = \"3s\"\nrecheck = \"1s\"\nconfirm = 3\nrecover = 2\n\
         metadata_interval = \"5s\"\n\n\
         [alert]\ngroup_wait = \"3s\"\n\n\
         [metrics]\ndetail = true\n"
    )
}

/// The port to listen on, and the one that was taken, if so. A port that was asked for is not replaced.
fn free_port(asked: Option<u16>) -> Result<(u16, Option<u16>), DemoError> {
    let try_port = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    match asked {
        Some(port) if port != 0 => Ok((port, None)),
        _ if asked.is_none() && try_port(DEFAULT_PORT).is_ok() => Ok((DEFAULT_PORT, None)),
        _ => {
            let listener = try_port(0).map_err(DemoError::NoPort)?;
            let port = listener.local_addr().map_err(DemoError::NoPort)?.port();
            Ok((port, asked.is_none().then_some(DEFAULT_PORT)))
        }
    }
}
