//! `camwatch incident`: what is open, and who has it. Asks the running daemon: it alone knows who was told.

use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{NoAnswer, ask, ask_with};
use super::{exit, local, print};
use crate::paging::Acknowledgement;

/// List open incidents, show one, or say that you have it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    List(List),
    Show(Show),
    Ack(Ack),
}

/// List open incidents, oldest first, one a line
///
/// The number in its messages, id, scope, subject, cause, how many cameras, since when, who has it; separated by tabs.
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    config: super::ConfigArg,
}

/// Show all that is known of an open incident, as JSON
#[derive(Debug, clap::Args)]
struct Show {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The incident's id, or the number in its messages.
    id: String,
}

/// Say that you have an incident: escalation and reminders stop until that expires
#[derive(Debug, clap::Args)]
struct Ack {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The incident's id, or the number in its messages.
    id: String,
    /// Who has it: an officer's id or a name. Without it, the user who runs this.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Its problems are on standard error already.
    #[error("the configuration is bad")]
    Config(u8),
    #[error("no open incident {0}; `camwatch incident list` shows what is open")]
    Unknown(String),
    #[error("who has it? Say --who NAME: the user who runs this has no name")]
    Nameless,
    #[error("{0}; incidents are acknowledged and listed by the daemon, so it must run")]
    NoAnswer(#[from] NoAnswer),
}

pub(crate) fn run(args: &Args) -> u8 {
    let outcome = match &args.action {
        Action::List(args) => list(args),
        Action::Show(args) => show(args),
        Action::Ack(args) => ack(args),
    };
    match outcome {
        Ok(()) => exit::OK,
        Err(Failure::Config(code)) => code,
        Err(error) => {
            eprintln!("camwatch: {error}");
            match error {
                Failure::Unknown(_) | Failure::Nameless => exit::BAD_INPUT,
                Failure::Config(_) | Failure::NoAnswer(_) => exit::FAILED,
            }
        }
    }
}

#[derive(Deserialize)]
struct Incidents {
    incidents: Vec<Value>,
}

fn list(args: &List) -> Result<(), Failure> {
    let config = args.config.load().map_err(Failure::Config)?;
    let open = ask::<Incidents>(&config, Method::GET, "/api/v1/incidents")?.incidents;
    if open.is_empty() {
        eprintln!("no incident is open");
    }
    print(&open.iter().map(|incident| line(incident, &config.daemon.timezone)).collect::<String>());
    Ok(())
}

fn line(incident: &Value, zone: &TimeZone) -> String {
    let text = |key: &str| incident[key].as_str().unwrap_or("-").to_owned();
    let since = incident["since"].as_str().and_then(|at| at.parse::<Timestamp>().ok());
    let since = since.map_or_else(|| "-".to_owned(), |at| local(at, zone));
    let who = incident["acknowledged"]["who"].as_str().unwrap_or("-");
    let cameras = incident["cameras"].as_array().map_or(0, Vec::len);
    let number = incident["number"].as_u64().map_or_else(|| "-".to_owned(), |number| number.to_string());
    let (id, scope, subject, cause) = (text("id"), text("scope"), text("subject"), text("cause"));
    format!("{number}\t{id}\t{scope}\t{subject}\t{cause}\t{cameras}\t{since}\t{who}\n")
}

fn show(args: &Show) -> Result<(), Failure> {
    let config = args.config.load().map_err(Failure::Config)?;
    let open = ask::<Incidents>(&config, Method::GET, "/api/v1/incidents")?.incidents;
    let is_it = |incident: &&Value| {
        incident["id"] == args.id.as_str() || incident["number"].as_u64().is_some_and(|n| n.to_string() == args.id)
    };
    let found = open.iter().find(is_it).ok_or_else(|| Failure::Unknown(args.id.clone()))?;
    print(&format!("{found:#}\n"));
    Ok(())
}

fn ack(args: &Ack) -> Result<(), Failure> {
    let config = args.config.load().map_err(Failure::Config)?;
    let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
    let who = args.who.clone().or_else(user).ok_or(Failure::Nameless)?;
    let path = format!("/api/v1/incidents/{}/ack", in_a_path(&args.id));
    let body = json!({ "who": who, "how": "command" });
    let noted = match ask_with::<Acknowledgement>(&config, Method::POST, &path, Some(&body)) {
        Err(NoAnswer::Refused { status: 404, .. }) => return Err(Failure::Unknown(args.id.clone())),
        noted => noted?,
    };
    let until = local(noted.expires_at, &config.daemon.timezone);
    print(&format!("{} has {} until {until}\n", noted.who, noted.incident));
    Ok(())
}

/// Whatever is written, it stays one part of the path.
pub(super) fn in_a_path(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_who_has_it_and_an_id_stays_one_part_of_the_path() {
        let incident = json!({
            "id": "i-1", "scope": "site", "subject": "yen-lenh", "cause": "reset", "cameras": ["a", "b"],
            "since": "2026-11-22T02:14:00Z", "number": 17, "acknowledged": { "who": "An" },
        });
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        assert_eq!(line(&incident, &zone), "17\ti-1\tsite\tyen-lenh\treset\t2\t2026-11-22T09:14:00+07:00\tAn\n");
        assert_eq!(line(&json!({ "id": "i-1" }), &zone), "-\ti-1\t-\t-\t-\t0\t-\t-\n");
        assert_eq!(in_a_path("../a b?c"), "..%2Fa%20b%3Fc");
    }
}
