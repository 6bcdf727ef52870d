//! `camwatch credential`: logins that devices refuse, and one more try for them.

use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::Method;

use super::ask::{NoAnswer, ask};
use super::{exit, local, print};
use crate::config::nearest;
use crate::gate::{Closed, Gate, Shut};
use crate::inventory::CredentialId;
use crate::store::{Reader, StoreError, gate};

/// Show which logins devices refuse, and try one again
///
/// A device locks an account after a few refused logins. So a login that was refused is not repeated until its secret
/// changes, or until somebody who has looked into it asks for one more try.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    Retry(Retry),
}

/// List the logins that are refused, doubted or locked, one a line
///
/// Credential, device, how it stands, since when, when it is tried again, and why; separated by tabs.
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    config: super::ConfigArg,
}

/// Try one more login wherever this credential is refused or its account locked
///
/// Asks the running daemon; where none runs, the next one will try. Prints the devices, one a line.
#[derive(Debug, clap::Args)]
struct Retry {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The credential's id, as the inventory has it.
    id: String,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Its problems are on standard error already.
    #[error("the configuration is bad")]
    Config(u8),
    #[error("no credential {id:?} in the inventory; {hint}")]
    Unknown { id: String, hint: String },
    #[error(
        "a daemon writes the record, but none answers at {url}, where [daemon] listen has it ({error}); if it was \
         started with another configuration, name that one"
    )]
    Elsewhere { url: String, error: reqwest::Error },
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) fn run(args: &Args) -> u8 {
    let outcome = match &args.action {
        Action::List(args) => list(args),
        Action::Retry(args) => retry(args),
    };
    match outcome {
        Ok(()) => exit::OK,
        Err(Failure::Config(code)) => code,
        Err(error) => {
            eprintln!("camwatch: {error}");
            if matches!(error, Failure::Unknown { .. }) { exit::BAD_INPUT } else { exit::FAILED }
        }
    }
}

fn list(args: &List) -> Result<(), Failure> {
    let config = args.config.load().map_err(Failure::Config)?;
    let kept = match Reader::open(&config.store.path) {
        Ok(reader) => Gate::new(reader.gate()?, reader.salt()?),
        // Nothing was ever refused; that is no failure.
        Err(StoreError::Missing { .. }) => Gate::default(),
        Err(error) => return Err(error.into()),
    };
    let closed = kept.closed();
    if closed.is_empty() {
        eprintln!("no device refuses a login");
    }
    print(&closed.iter().map(|(port, closed)| line(*port, closed, &config.daemon.timezone)).collect::<String>());
    Ok(())
}

fn line(port: Option<u16>, closed: &Closed, timezone: &TimeZone) -> String {
    let local = |at: Timestamp| local(at, timezone);
    let (standing, since, until, why) = match closed.shut {
        Shut::Suspect { since, until } => ("doubted", since, local(until), "refused, but it worked before"),
        Shut::Rejected { since } => ("refused", since, "-".to_owned(), "refused: set right the secret, or retry"),
        Shut::Locked { since, until } => ("locked", since, local(until), "the device locked the account, or us"),
    };
    let credential = closed.credential.as_ref().map_or("-", CredentialId::as_str);
    let host = port.map_or_else(|| closed.host.clone(), |port| format!("{}:{port}", closed.host));
    format!("{credential}\t{host}\t{standing}\t{}\t{until}\t{why}\n", local(since))
}

fn retry(args: &Retry) -> Result<(), Failure> {
    let config = args.config.load().map_err(Failure::Config)?;
    let credentials = &config.inventory.credentials;
    let Some((id, _)) = credentials.iter().find(|(id, _)| id.as_str() == args.id) else {
        let hint = nearest(&args.id, credentials.keys().map(CredentialId::as_str));
        return Err(Failure::Unknown { id: args.id.clone(), hint });
    };
    let hosts = match ask::<Retried>(&config, Method::POST, &format!("/api/v1/credentials/{id}/retry")) {
        Ok(retried) => retried.hosts,
        Err(NoAnswer::NoDaemon { url, error }) => match gate::retry(&config.store.path, id) {
            Err(StoreError::Locked { .. }) => return Err(Failure::Elsewhere { url, error }),
            hosts => hosts?,
        },
        Err(error) => return Err(error.into()),
    };
    if hosts.is_empty() {
        eprintln!("no device refuses {id}");
    }
    print(&hosts.into_iter().map(|host| host + "\n").collect::<String>());
    Ok(())
}

/// The body of the daemon's answer, as far as it is needed here.
#[derive(serde::Deserialize)]
struct Retried {
    hosts: Vec<String>,
}
