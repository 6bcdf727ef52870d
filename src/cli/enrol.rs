//! `camwatch enrol`: a code that an officer sends on a channel, so that the daemon learns where to reach them.

use std::io::{self, Write as _};

use reqwest::Method;

use super::ask::{NoAnswer, ask};
use super::exit;
use super::incident::in_a_path;
use crate::config::nearest;
use crate::inventory::{ChannelId, OfficerId};
use crate::notify::pairing::Pairing;

/// Get a code with which an officer enrols on a channel
///
/// The officer sends the text that is printed to the bot, within 15 minutes, once. From then on messages go there. Asks
/// the running daemon: it hears the officer's message.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: super::ConfigArg,
    /// The officer's id, as the inventory has it.
    officer: String,
    /// One of the officer's channels; without it the first on which people can write to us.
    #[arg(long, value_name = "ID")]
    channel: Option<String>,
}

pub(crate) fn run(args: &Args) -> u8 {
    let config = match args.config.load() {
        Ok(config) => config,
        Err(code) => return code,
    };
    let inventory = &config.inventory;
    if !inventory.officers.keys().any(|id| id.as_str() == args.officer) {
        let hint = nearest(&args.officer, inventory.officers.keys().map(OfficerId::as_str));
        eprintln!("camwatch: no officer {:?} in the inventory; {hint}", args.officer);
        return exit::BAD_INPUT;
    }
    if let Some(channel) = &args.channel
        && !inventory.channels.keys().any(|id| id.as_str() == channel)
    {
        let hint = nearest(channel, inventory.channels.keys().map(ChannelId::as_str));
        eprintln!("camwatch: no channel {channel:?} in the inventory; {hint}");
        return exit::BAD_INPUT;
    }
    let on = args.channel.as_ref().map_or_else(String::new, |channel| format!("?channel={}", in_a_path(channel)));
    let path = format!("/api/v1/officers/{}/pairing{on}", in_a_path(&args.officer));
    match ask::<Pairing>(&config, Method::POST, &path) {
        Ok(pairing) => {
            let until = pairing.expires_at.to_zoned(config.daemon.timezone.clone()).strftime("%H:%M");
            let channel = &pairing.channel;
            eprintln!("{} sends this on channel {channel} before {until}, once:", pairing.officer);
            // A reader that has seen enough is no failure.
            let _ = writeln!(io::stdout(), "DK {}", pairing.code);
            exit::OK
        }
        Err(error @ NoAnswer::Refused { .. }) => {
            eprintln!("camwatch: {error}");
            exit::FAILED
        }
        Err(error) => {
            eprintln!("camwatch: {error}; the daemon hears the officer's message, so it must run");
            exit::FAILED
        }
    }
}
