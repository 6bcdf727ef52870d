//! ONVIF: what devices of every vendor answer alike (Profiles S, T and G), asked by a SOAP client of our own.
//!
//! ONVIF tells identity, clock, inputs and, where the device has Profile G, the extent of its recordings and when they
//! were interrupted. It cannot tell the health or the size of a disk. Knows no sockets; what goes over them is
//! `exchange`'s.

mod answers;
mod client;
mod holdings;
mod soap;
#[cfg(test)]
mod tests;

pub use client::Memory;

use client::{Ask, Asked, Client};

use super::exchange::{Exchange, Manner, Trouble};
use super::finding::{Clock, Finding, Found, Why, Wish};
use crate::observation::{Channel, Device};

/// A device says whole seconds: on average its clock shows half a second less than it is.
const HALF_A_SECOND: f64 = 0.5;

/// What the HTTP layer must know of ONVIF. There is no canary to send without a poll: a token carries the device's own
/// time, so that the first request of a poll that logs in (`GetDeviceInformation`) is the canary.
#[must_use]
pub fn manner() -> Manner {
    Manner { canary: None, sign: client::sign }
}

/// Asks one device for what is wished. What it cannot tell is in the finding too, with the reason.
///
/// Recordings are matched with channels, and channels are video sources, numbered from 1 in the order in which media
/// profiles name them.
pub async fn poll(exchange: &mut impl Exchange, memory: &mut Memory, wish: &Wish) -> Finding {
    let mut finding = Finding { disks: Found::No(Why::NotSupported), ..Finding::default() };
    let mut client = Client::new(exchange, memory);
    if let Err(trouble) = look(&mut client, wish, &mut finding).await {
        finding.ended_by = Some(trouble);
    }
    finding
}

async fn look<E: Exchange>(client: &mut Client<'_, E>, wish: &Wish, finding: &mut Finding) -> Result<(), Trouble> {
    // The time is what nobody needs a login for, and what a login needs.
    let told_openly = found(clock_openly(client).await, &mut finding.clock)?;
    found(identity(client).await.map(Some), &mut finding.device)?;
    if !told_openly {
        found(clock(client).await.map(Some), &mut finding.clock)?;
    }
    if client.wants_services() {
        match services(client).await {
            Ok(()) | Err(Ask::No(_)) => {}
            Err(Ask::End(trouble)) => return Err(trouble),
        }
    }
    let mut sources = Found::NotAsked;
    found(self::sources(client).await.map(Some), &mut sources)?;
    let sources = match sources {
        Found::Yes(sources) => {
            finding.channels = Found::Yes(channels(&sources));
            sources
        }
        Found::No(why) => {
            finding.channels = Found::No(why);
            Vec::new()
        }
        Found::NotAsked => Vec::new(),
    };
    for (channel, source) in (1..).zip(&sources) {
        finding.bits_per_second.extend(source.bits_per_second.map(|bits| (channel, bits)));
    }
    holdings::look(client, &sources, wish, finding).await
}

/// Where a channel's picture is, and whether to log in for it: only where a login was accepted just now. A device that
/// never wanted one would count the refusal of our first against the account.
///
/// # Errors
/// Where the device does not say.
pub(super) async fn still_path(
    exchange: &mut impl Exchange,
    memory: &mut Memory,
    channel: u32,
) -> Result<(String, bool), Why> {
    let mut client = Client::new(exchange, memory);
    ask_still_path(&mut client, channel).await.map_err(|ask| match ask {
        Ask::No(why) => why,
        Ask::End(trouble) => trouble.into(),
    })
}

async fn ask_still_path<E: Exchange>(client: &mut Client<'_, E>, channel: u32) -> Asked<(String, bool)> {
    // A token carries the device's time, and this is what tells a login that works from rights that are lacking.
    clock_openly(client).await?;
    identity(client).await?;
    if client.wants_services() {
        services(client).await?;
    }
    let sources = sources(client).await?;
    let index = usize::try_from(channel).ok().and_then(|channel| channel.checked_sub(1));
    let source = index.and_then(|index| sources.get(index)).ok_or(Why::NotSupported)?;
    let profile = source.profiles.first().ok_or(Why::NotTold)?;
    let inner = format!("<ProfileToken>{}</ProfileToken>", soap::escape(profile));
    let operation = [soap::GET_SNAPSHOT_URI, soap::GET_SNAPSHOT_URI_2]
        .into_iter()
        .find(|operation| client.path(operation.service).is_some() && client.can(*operation));
    let envelope = client.ask(operation.ok_or(Why::NotSupported)?, &inner).await?;
    Ok((answers::snapshot_path(&envelope).ok_or(Why::NotTold)?, client.logs_in()))
}

/// Puts what came of a question into its place; says whether there was anything to put. Only what ends the poll is an
/// error here.
fn found<T>(asked: Asked<Option<T>>, place: &mut Found<T>) -> Result<bool, Trouble> {
    match asked {
        Ok(Some(value)) => *place = Found::Yes(value),
        Ok(None) => return Ok(false),
        Err(Ask::No(why)) => *place = Found::No(why),
        Err(Ask::End(trouble)) => {
            *place = Found::No(Why::Trouble(trouble.clone()));
            return Err(trouble);
        }
    }
    Ok(true)
}

/// The clock, asked without a login; `None` where the device wants one even for that.
async fn clock_openly<E: Exchange>(client: &mut Client<'_, E>) -> Asked<Option<Clock>> {
    let Some((envelope, answer)) = client.ask_open(soap::GET_SYSTEM_DATE_AND_TIME, "").await? else { return Ok(None) };
    Ok(Some(compared(client, &envelope, &answer)?))
}

async fn clock<E: Exchange>(client: &mut Client<'_, E>) -> Asked<Clock> {
    let (envelope, answer) = client.ask_answer(soap::GET_SYSTEM_DATE_AND_TIME, "").await?;
    compared(client, &envelope, &answer)
}

fn compared<E: Exchange>(
    client: &mut Client<'_, E>,
    envelope: &super::xml::Tree,
    answer: &super::exchange::Answer,
) -> Asked<Clock> {
    let time = client.set_clock(envelope, answer).ok_or(Why::NotTold)?;
    let offset = time.duration_since(answer.midpoint()).as_secs_f64() + HALF_A_SECOND;
    Ok(Clock { offset_seconds: offset, uncertainty_seconds: answer.took.as_secs_f64() / 2.0 + HALF_A_SECOND })
}

async fn identity<E: Exchange>(client: &mut Client<'_, E>) -> Asked<Device> {
    let envelope = client.ask(soap::GET_DEVICE_INFORMATION, "").await?;
    Ok(answers::device(&envelope).ok_or_else(|| Why::Unreadable("no device information in it".to_owned()))?)
}

/// Learns where the services are. Both operations are open to everybody by the specification, and not on every device.
async fn services<E: Exchange>(client: &mut Client<'_, E>) -> Asked<()> {
    const WITHOUT_CAPABILITIES: &str = "<IncludeCapability>false</IncludeCapability>";
    let told = match client.ask_open(soap::GET_SERVICES, WITHOUT_CAPABILITIES).await {
        Ok(Some((envelope, _))) => answers::services(&envelope),
        Ok(None) => match client.ask(soap::GET_SERVICES, WITHOUT_CAPABILITIES).await {
            Ok(envelope) => answers::services(&envelope),
            Err(Ask::No(_)) => None,
            Err(end) => return Err(end),
        },
        Err(Ask::No(_)) => None,
        Err(end) => return Err(end),
    };
    if let Some(services) = told.filter(|services| !services.is_empty()) {
        client.remember_services(services);
        return Ok(());
    }
    let envelope = match client.ask_open(soap::GET_CAPABILITIES, "<Category>All</Category>").await? {
        Some((envelope, _)) => envelope,
        None => client.ask(soap::GET_CAPABILITIES, "<Category>All</Category>").await?,
    };
    if let Some(services) = answers::capabilities(&envelope) {
        client.remember_services(services);
    }
    Ok(())
}

/// The video sources. The older media service is asked first: recorders have it, and its answer is the smaller one.
async fn sources<E: Exchange>(client: &mut Client<'_, E>) -> Asked<Vec<answers::Source>> {
    let mut why = Why::NotSupported;
    for (operation, inner) in
        [(soap::GET_PROFILES, ""), (soap::GET_PROFILES_2, "<Type>VideoSource</Type><Type>VideoEncoder</Type>")]
    {
        if client.path(operation.service).is_none() || !client.can(operation) {
            continue;
        }
        match client.ask(operation, inner).await {
            Ok(envelope) => match answers::sources(&envelope) {
                Some(sources) if !sources.is_empty() => return Ok(sources),
                Some(_) => why = Why::NotTold,
                None => why = Why::Unreadable("no media profiles in it".to_owned()),
            },
            Err(Ask::No(Why::NotSupported)) => {}
            Err(other) => return Err(other),
        }
    }
    Err(why.into())
}

fn channels(sources: &[answers::Source]) -> Vec<Channel> {
    let channel = |(channel, source): (u32, &answers::Source)| Channel {
        channel,
        bits_per_second: source.bits_per_second,
        ..Channel::default()
    };
    (1..).zip(sources).map(channel).collect()
}
