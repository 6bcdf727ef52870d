//! `camwatch notify-test`: one real message by one channel, and what its provider answered.
//!
//! Goes past the outbox, the roster and the record's writer: it works beside a running daemon and without one.

use std::io::{self, Write as _};

use jiff::Timestamp;

use super::exit;
use crate::config::{Config, nearest};
use crate::inventory::{ChannelId, Language, Officer, OfficerId};
use crate::judgement::event::PageReason;
use crate::notify::channel::{self, OpenError, masked};
use crate::notify::words::words;
use crate::notify::{Answer, Letter};
use crate::paging::{About, Message, MessageId, Recipient, Severity};
use crate::store::{Reader, StoreError};

/// Send one real test message and say what the provider answered
///
/// Exits with 0 where the provider took it, which is not yet a phone that rang, else with 3. The address is that under
/// which the officer enrolled, else that of the inventory; without --officer and --to, the only officer who has the
/// channel is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The channel's id, as the inventory has it.
    #[arg(long, value_name = "ID")]
    channel: String,
    /// Who is told, in their language.
    #[arg(long, value_name = "ID")]
    officer: Option<String>,
    /// An address instead of an officer's: a chat id, a phone number, a mail address.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "officer")]
    to: Option<String>,
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Its problems are on standard error already.
    #[error("the configuration is bad")]
    Config(u8),
    #[error("there is no channel {id:?} in the inventory, {hint}")]
    NoChannel { id: String, hint: String },
    #[error("there is no officer {id:?} in the inventory, {hint}")]
    NoOfficer { id: String, hint: String },
    #[error("it is not said who is told, expected --officer ID ({known}) or --to ADDRESS")]
    NobodyNamed { known: String },
    #[error(
        "officer {officer} has no address on {channel}, expected {channel} = \"...\" in addresses, enrolment with camwatch \
         enrol, or --to ADDRESS"
    )]
    NoAddress { officer: OfficerId, channel: ChannelId },
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) fn run(args: &Args) -> u8 {
    match send(args) {
        Ok((to, answer)) => tell(args, &to, &answer),
        Err(Failure::Config(code)) => code,
        Err(error) => {
            eprintln!("camwatch: {error}");
            exit::FAILED
        }
    }
}

/// The address and what the provider answered.
fn send(args: &Args) -> Result<(String, Answer), Failure> {
    let config = args.config.load().map_err(Failure::Config)?;
    let channels = &config.inventory.channels;
    let Some((_, channel)) = channels.iter().find(|(id, _)| id.as_str() == args.channel) else {
        let hint = nearest(&args.channel, channels.keys().map(ChannelId::as_str));
        return Err(Failure::NoChannel { id: args.channel.clone(), hint });
    };
    let (to, language) = recipient(args, &config, &channel.id, channel.needs_address())?;
    let line = channel::open(channel, &config.daemon.data_dir)?;
    let letter = letter(to.clone(), language, &config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    let answer = runtime.block_on(line.out.send(&letter));
    Ok((to, answer))
}

fn recipient(args: &Args, config: &Config, channel: &ChannelId, needed: bool) -> Result<(String, Language), Failure> {
    let default = config.daemon.language;
    if let Some(to) = &args.to {
        return Ok((to.clone(), default));
    }
    let officers = &config.inventory.officers;
    let officer = match &args.officer {
        Some(id) => officers.values().find(|officer| officer.id.as_str() == id).ok_or_else(|| Failure::NoOfficer {
            id: id.clone(),
            hint: nearest(id, officers.keys().map(OfficerId::as_str)),
        })?,
        None if !needed => return Ok((String::new(), default)),
        None => {
            let theirs: Vec<&Officer> = officers.values().filter(|one| one.channels.contains(channel)).collect();
            match theirs.as_slice() {
                [only] => *only,
                several => {
                    let known: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
                    let known = if known.is_empty() { "none has this channel".to_owned() } else { known.join(", ") };
                    return Err(Failure::NobodyNamed { known });
                }
            }
        }
    };
    let enrolled = match Reader::open(&config.store.path) {
        Ok(reader) => reader.addresses()?.remove(&(officer.id.clone(), channel.clone())),
        // Where no daemon ran yet nobody has enrolled.
        Err(StoreError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let language = officer.language.unwrap_or(default);
    match enrolled.or_else(|| officer.addresses.get(channel).cloned()) {
        Some(address) => Ok((address, language)),
        None if needed => Err(Failure::NoAddress { officer: officer.id.clone(), channel: channel.clone() }),
        None => Ok((String::new(), language)),
    }
}

fn letter(to: String, language: Language, config: &Config) -> Letter {
    let now = Timestamp::now();
    // Another each time, or the provider would take the second for a double.
    let key = format!("test-{:x}", now.as_microsecond());
    let message = Message {
        id: MessageId(key.clone()),
        to: Recipient::Officer(OfficerId::new("notify-test").expect("a good id")),
        reason: PageReason::Open,
        severity: Severity::Warning,
        decided_at: now,
        not_before: now,
        about: vec![About::Test],
        supersedes: Vec::new(),
    };
    let words = words(&message, language, &config.daemon.timezone);
    Letter { key: key.clone(), to, words, thread: key, ack_url: None, message }
}

/// Prints the verdict; the exit code.
fn tell(args: &Args, to: &str, answer: &Answer) -> u8 {
    let to = if to.is_empty() { String::new() } else { format!(" to {}", masked(to)) };
    let (taken, words) = match answer {
        Answer::Accepted { id: Some(id) } => (true, format!("taken by the provider as {id}; look whether it arrived")),
        Answer::Accepted { id: None } => (true, "taken by the provider; look whether it arrived".to_owned()),
        Answer::Duplicate => (true, "the provider had it already".to_owned()),
        Answer::Later { after, why } => {
            let after = after.map_or_else(String::new, |after| format!(" in {} s", after.as_secs()));
            (false, format!("not now: {why}; the daemon would try again{after}"))
        }
        Answer::ChannelRefuses { why } => (false, format!("the whole channel refuses: {why}")),
        Answer::RecipientRefuses { why } => (false, format!("this recipient cannot be reached: {why}")),
        Answer::Moved { to } => (false, format!("the address has changed to {to}; put that into the inventory")),
        Answer::Never { why } => (false, format!("refused for good: {why}")),
    };
    // A closed pipe changes nothing of the verdict.
    let _ = writeln!(io::stdout(), "{}{to}: {words}", args.channel);
    if taken { exit::OK } else { exit::FAILED }
}
