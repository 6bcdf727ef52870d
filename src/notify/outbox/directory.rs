//! Where each recipient is reached, in the order in which it is tried.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::inventory::{Channel, ChannelId, ChannelKind, OfficerId};
use crate::paging::Recipient;

/// One way to a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub channel: ChannelId,
    /// As the channel's provider has it.
    pub address: String,
}

/// Every way to everybody.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Directory {
    routes: BTreeMap<Recipient, Vec<Route>>,
    at_once: BTreeMap<ChannelId, usize>,
}

impl Directory {
    /// Of these ways and no others; each channel takes so many messages at once.
    #[must_use]
    pub fn new(routes: BTreeMap<Recipient, Vec<Route>>, at_once: BTreeMap<ChannelId, usize>) -> Self {
        Self { routes, at_once }
    }

    /// As the configuration has it; the addresses at which officers enrolled themselves stand above the inventory's.
    #[must_use]
    pub fn of(config: &Config, enrolled: &BTreeMap<(OfficerId, ChannelId), String>) -> Self {
        let inventory = &config.inventory;
        let at_once =
            inventory.channels.values().map(|channel| (channel.id.clone(), at_once(channel.kind()))).collect();
        let mut routes = BTreeMap::new();
        for officer in inventory.officers.values() {
            let ways = officer.channels.iter().filter_map(|id| {
                let channel = inventory.channels.get(id)?;
                let address = enrolled.get(&(officer.id.clone(), id.clone())).or_else(|| officer.addresses.get(id));
                Some(Route { channel: id.clone(), address: reached(channel, address)? })
            });
            routes.insert(Recipient::Officer(officer.id.clone()), ways.collect());
        }
        let mail = |channel: &&Channel| channel.kind() == ChannelKind::Email;
        for fund in inventory.funds.values().filter(|fund| !fund.email.is_empty()) {
            let address = fund.email.join(", ");
            let ways = inventory.channels.values().filter(mail);
            let ways = ways.map(|channel| Route { channel: channel.id.clone(), address: address.clone() }).collect();
            routes.insert(Recipient::Fund(fund.id.clone()), ways);
        }
        Self { routes, at_once }
    }

    /// The ways to a recipient, in order; none for one who is not known.
    #[must_use]
    pub fn routes(&self, to: &Recipient) -> &[Route] {
        self.routes.get(to).map_or(&[], Vec::as_slice)
    }

    /// How many messages a channel takes at once.
    #[must_use]
    pub fn at_once(&self, channel: &ChannelId) -> usize {
        self.at_once.get(channel).copied().unwrap_or(1)
    }

    pub fn channels(&self) -> impl Iterator<Item = &ChannelId> {
        self.at_once.keys()
    }

    /// Who is reached at this address of a channel.
    #[must_use]
    pub fn officer_at(&self, channel: &ChannelId, address: &str) -> Option<&OfficerId> {
        self.routes.iter().find_map(|(to, ways)| match to {
            Recipient::Officer(officer) => {
                ways.iter().any(|way| way.channel == *channel && way.address == address).then_some(officer)
            }
            Recipient::Fund(_) => None,
        })
    }

    /// The address of a recipient on a channel has changed.
    pub(super) fn moved(&mut self, to: &Recipient, channel: &ChannelId, address: &str) {
        let ways = self.routes.get_mut(to).into_iter().flatten();
        for way in ways.filter(|way| way.channel == *channel) {
            address.clone_into(&mut way.address);
        }
    }
}

/// A webhook needs no address: its receiver knows people by their ids.
fn reached(channel: &Channel, address: Option<&String>) -> Option<String> {
    match address {
        Some(address) => Some(address.clone()),
        None => (!channel.needs_address()).then(String::new),
    }
}

/// Chats are told in order, one by one; gateways take several.
fn at_once(kind: ChannelKind) -> usize {
    match kind {
        ChannelKind::Sms | ChannelKind::Webhook => 4,
        ChannelKind::ZaloBot | ChannelKind::ZaloOa | ChannelKind::Telegram | ChannelKind::Email => 1,
    }
}
