//! What officers write back, carried out: acknowledgements go to the watch, codes enrol, everybody known is answered.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::oneshot;

use super::super::outbox::Directory;
use super::super::pairing::{NotPaired, Pairing, VALID};
use super::super::replies::{self, Said};
use super::letter::language_of;
use super::{Back, Heard, Work};
use crate::inventory::{ChannelId, OfficerId};
use crate::paging::{NotAcknowledged, Which};

/// How long the watch may take to say what came of an acknowledgement.
const NOTED_WITHIN: Duration = Duration::from_secs(10);
/// How long an answer may take on its way.
const REPLY_WITHIN: Duration = Duration::from_secs(40);
/// Answers on their way at once; who writes more is not answered.
const MOST_REPLIES: usize = 32;
/// Acknowledgements that wait for the watch; a person who writes more is writing by machine.
const MOST_WAITING: usize = 256;
/// A bare `OK` means what the officer was told last when they wrote it, which after so long may be something else.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

impl Work {
    pub(super) fn hear(&mut self, heard: Heard) {
        let said = replies::parse(&heard.incoming.text);
        if let Said::Enrol(code) = &said {
            return self.enrol(code, heard);
        }
        let directory = self.outbox.directory();
        let Some(officer) = directory.officer_at(&heard.channel, &heard.incoming.from).cloned() else {
            tracing::debug!(channel = %heard.channel, "somebody who is not enrolled wrote");
            return;
        };
        match said {
            Said::Have(number) if self.backs.len() < MOST_WAITING => self.have(number, officer, heard),
            Said::Have(_) => {}
            Said::Other | Said::Enrol(_) => {
                let help = replies::help(language_of(&officer, &self.config)).to_owned();
                self.reply(heard, async { Some(help) });
            }
        }
    }

    /// An officer has it.
    fn have(&mut self, number: Option<u16>, officer: OfficerId, heard: Heard) {
        let language = language_of(&officer, &self.config);
        let stale = heard.incoming.at.is_some_and(|at| Timestamp::now().duration_since(at) > FRESH);
        if number.is_none() && stale {
            let help = replies::help(language).to_owned();
            return self.reply(heard, async { Some(help) });
        }
        let name = self.name(&officer);
        let zone = self.config.daemon.timezone.clone();
        let (answer, noted) = oneshot::channel();
        let which = number.map_or(Which::LastTold, Which::Number);
        self.backs.push_back(Back::Acknowledge { which, officer, answer });
        self.reply(heard, async move {
            let result: Result<_, NotAcknowledged> = tokio::time::timeout(NOTED_WITHIN, noted).await.ok()?.ok()?;
            Some(replies::acknowledged(&result, &name, number, language, &zone))
        });
    }

    fn enrol(&mut self, code: &str, heard: Heard) {
        let now = self.now();
        let from = heard.incoming.from.clone();
        let redeemed = self.pairings.redeem(code, &heard.channel, &from, now.moment);
        let language = match &redeemed {
            Ok(officer) => language_of(officer, &self.config),
            Err(_) => self.config.daemon.language,
        };
        if let Ok(officer) = &redeemed {
            tracing::info!(%officer, channel = %heard.channel, "an officer has enrolled");
            self.bind(officer.clone(), heard.channel.clone(), from);
            self.outbox.configure(Directory::of(&self.config, &self.addresses));
        }
        let text = replies::enrolled(&redeemed.map(|officer| self.name(&officer)), language);
        self.reply(heard, async { text });
    }

    /// Answers who wrote, once it is known what. Not kept: who does not hear from us asks again.
    fn reply(&mut self, heard: Heard, text: impl Future<Output = Option<String>> + Send + 'static) {
        if self.replying.len() >= MOST_REPLIES {
            return;
        }
        self.replying.spawn(async move {
            let Some(text) = text.await else { return };
            let sent = tokio::time::timeout(REPLY_WITHIN, heard.back.reply(&heard.incoming, &text)).await;
            tracing::debug!(channel = %heard.channel, answer = ?sent.ok(), "answered");
        });
    }

    pub(super) fn pair(&mut self, officer: OfficerId, channel: Option<ChannelId>) -> Result<Pairing, NotPaired> {
        let inventory = &self.config.inventory;
        let Some(known) = inventory.officers.get(&officer) else { return Err(NotPaired::Officer(officer.to_string())) };
        let channel = match channel {
            Some(id) if !inventory.channels.contains_key(&id) => return Err(NotPaired::Channel(id.to_string())),
            Some(id) if !known.channels.contains(&id) => return Err(NotPaired::NotTheirs(id.to_string())),
            Some(id) if !self.lines.hears(&id) => return Err(NotPaired::Deaf(id.to_string())),
            Some(id) => id,
            None => match known.channels.iter().find(|id| self.lines.hears(id)) {
                Some(id) => id.clone(),
                None => {
                    return Err(NotPaired::Deaf(known.channels.first().map(ToString::to_string).unwrap_or_default()));
                }
            },
        };
        let now = self.now();
        let code = self.pairings.give(officer.clone(), channel.clone(), now.moment, secret_number)?;
        let expires_at = now.at.checked_add(VALID).unwrap_or(Timestamp::MAX);
        Ok(Pairing { officer, channel, code, expires_at })
    }

    fn name(&self, officer: &OfficerId) -> String {
        let known = self.config.inventory.officers.get(officer);
        known.map_or_else(|| officer.to_string(), |officer| officer.name.clone())
    }
}

/// Nobody can guess it. A machine without randomness gives codes that can be guessed; such a machine has no TLS either.
fn secret_number() -> u32 {
    let mut bytes = [0; 4];
    match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => u32::from_le_bytes(bytes),
        Err(_) => fastrand::u32(..),
    }
}
