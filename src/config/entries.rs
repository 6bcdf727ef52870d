//! What the inventory's tables mean: references resolved, overrides applied, rules between keys.
//!
//! An entry with a fault has been told and is left out; its id stays known, so that one fault is told once and not again
//! by all that points to it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::Display;

use super::Probe;
use super::channels::channel;
use super::problem::{At, Log, Mark};
use super::raw::{self, Document, List};
use super::read::nearest;
use super::secrets::{Named, Secrets};
use super::settings::timeout_fits;
use super::value::ScopeWord;
use crate::inventory::{
    Camera, CameraId, ChannelId, Commune, CommuneId, Credential, CredentialId, DayTimes, Depth, Duty, Escalation, Fund,
    FundId, FundKind, FundShare, Inventory, Maintenance, Officer, OfficerId, Override, Recorder, RecorderId, Scope,
    Shift, Site, SiteId, TlsPolicy,
};

/// Every entry of every file, as it was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    communes: List<raw::Commune>,
    pub sites: List<raw::Site>,
    credentials: List<raw::Credential>,
    pub(super) recorders: List<raw::Recorder>,
    funds: List<raw::Fund>,
    pub cameras: List<raw::Camera>,
    maintenance: List<raw::Maintenance>,
    pub officers: List<raw::Officer>,
    duties: List<raw::Duty>,
    pub channels: List<raw::Channel>,
}

impl Written {
    /// Takes the entries out of a document.
    pub fn take(&mut self, document: &mut Document) {
        fn append<T>(to: &mut List<T>, from: &mut Option<At<List<T>>>) {
            to.extend(from.take().into_iter().flat_map(|at| at.value));
        }
        append(&mut self.communes, &mut document.commune);
        append(&mut self.sites, &mut document.site);
        append(&mut self.credentials, &mut document.credential);
        append(&mut self.recorders, &mut document.recorder);
        append(&mut self.funds, &mut document.fund);
        append(&mut self.cameras, &mut document.camera);
        append(&mut self.maintenance, &mut document.maintenance);
        append(&mut self.officers, &mut document.officer);
        append(&mut self.duties, &mut document.duty);
        append(&mut self.channels, &mut document.channel);
    }

    pub fn is_empty(&self) -> bool {
        self.communes.is_empty() && self.sites.is_empty() && self.cameras.is_empty()
    }
}

/// The ids of one kind of entry, whether or not the entry is right.
struct Known<Id> {
    kind: &'static str,
    ids: BTreeMap<Id, Mark>,
}

impl<Id: Ord + Clone + Display + std::borrow::Borrow<str>> Known<Id> {
    /// Tells ids that stand twice.
    fn of<'a>(kind: &'static str, written: impl Iterator<Item = Option<&'a At<Id>>>, log: &mut Log) -> Self
    where
        Id: 'a,
    {
        let mut ids = BTreeMap::new();
        for id in written.flatten() {
            match ids.entry(id.value.clone()) {
                Entry::Vacant(entry) => {
                    entry.insert(id.mark);
                }
                Entry::Occupied(first) => {
                    let first = log.place(*first.get());
                    log.problem(
                        id.mark,
                        format!(
                            "{kind} {:?} is defined already ({first}), expected every id once",
                            id.value.to_string()
                        ),
                    );
                }
            }
        }
        Self { kind, ids }
    }

    /// The id, if there is such an entry.
    fn resolve(&self, id: &At<Id>, log: &mut Log) -> Option<Id> {
        self.lookup(id.value.borrow(), id.mark, log)
    }

    fn lookup(&self, id: &str, mark: Mark, log: &mut Log) -> Option<Id> {
        if let Some((known, _)) = self.ids.get_key_value(id) {
            return Some(known.clone());
        }
        if !log.any_torn() {
            let kind = self.kind;
            let remedy = if self.ids.is_empty() {
                format!("expected a [[{kind}]] with this id")
            } else {
                nearest(id, self.ids.keys().map(std::borrow::Borrow::borrow))
            };
            log.problem(mark, format!("there is no {kind} {id:?}, {remedy}"));
        }
        None
    }

    /// Every id of a list that exists.
    fn resolve_all(&self, ids: Option<&At<List<Id>>>, log: &mut Log) -> Vec<Id> {
        let mut resolved: Vec<Id> = Vec::new();
        for id in ids.into_iter().flat_map(|at| &at.value) {
            if let Some(known) = self.resolve(id, log) {
                if resolved.contains(&known) {
                    let kind = self.kind;
                    log.problem(
                        id.mark,
                        format!("{kind} {:?} stands twice in this list, expected it once", known.to_string()),
                    );
                } else {
                    resolved.push(known);
                }
            }
        }
        resolved
    }
}

/// What entries point to.
struct Names {
    communes: Known<CommuneId>,
    sites: Known<SiteId>,
    credentials: Known<CredentialId>,
    recorders: Known<RecorderId>,
    funds: Known<FundId>,
    cameras: Known<CameraId>,
    officers: Known<OfficerId>,
    channels: Known<ChannelId>,
}

/// The inventory that the entries make up.
pub(super) fn inventory(written: &Written, probe: &Probe, secrets: &Secrets, log: &mut Log) -> Inventory {
    macro_rules! known {
        ($kind:literal, $entries:ident) => {
            Known::of($kind, written.$entries.iter().map(|entry| entry.value.id.as_ref()), log)
        };
    }
    let names = Names {
        communes: known!("commune", communes),
        sites: known!("site", sites),
        credentials: known!("credential", credentials),
        recorders: known!("recorder", recorders),
        funds: known!("fund", funds),
        cameras: known!("camera", cameras),
        officers: known!("officer", officers),
        channels: known!("channel", channels),
    };
    let raw_sites: BTreeMap<&SiteId, &raw::Site> =
        written.sites.iter().filter_map(|site| Some((&site.value.id.as_ref()?.value, &site.value))).collect();
    for site in &written.sites {
        site_timing(&site.value, probe, log);
    }

    let communes = by_id(&written.communes, commune, |commune| commune.id.clone());
    let sites = by_id(&written.sites, |entry| site(entry, &names, log), |site| site.id.clone());
    let credentials =
        by_id(&written.credentials, |entry| credential(entry, secrets, log), |credential| credential.id.clone());
    let recorders = by_id(&written.recorders, |entry| recorder(entry, &names, log), |recorder| recorder.id.clone());
    let funds = by_id(&written.funds, fund, |fund| fund.id.clone());
    let cameras = by_id(
        &written.cameras,
        |entry| {
            let of_site = entry.value.site.as_ref().and_then(|site| raw_sites.get(&site.value)).copied();
            camera(entry, of_site, probe, &names, log)
        },
        |camera| camera.id.clone(),
    );
    channels_once(written, &cameras, log);
    let officers = by_id(&written.officers, |entry| officer(entry, &names, log), |officer| officer.id.clone());
    let channels = by_id(&written.channels, |entry| channel(entry, secrets, log), |channel| channel.id.clone());
    Inventory {
        communes,
        sites,
        credentials,
        recorders,
        funds,
        cameras,
        maintenance: written.maintenance.iter().filter_map(|entry| maintenance(entry, &names, log)).collect(),
        officers,
        duties: written.duties.iter().filter_map(|entry| duty(entry, &names, log)).collect(),
        channels,
    }
}

fn by_id<Raw, T, Id: Ord>(
    written: &[At<Raw>],
    mut entry: impl FnMut(&At<Raw>) -> Option<T>,
    id: impl Fn(&T) -> Id,
) -> BTreeMap<Id, T> {
    written.iter().filter_map(|raw| entry(raw).map(|entry| (id(&entry), entry))).collect()
}

/// The value that was written, without its place.
fn value<T: Clone>(at: Option<&At<T>>) -> Option<T> {
    at.map(|at| at.value.clone())
}

fn commune(entry: &At<raw::Commune>) -> Option<Commune> {
    let raw = &entry.value;
    Some(Commune {
        id: value(raw.id.as_ref())?,
        name: value(raw.name.as_ref())?,
        province: value(raw.province.as_ref()),
    })
}

fn site(entry: &At<raw::Site>, names: &Names, log: &mut Log) -> Option<Site> {
    let raw = &entry.value;
    let commune = raw.commune.as_ref().and_then(|id| names.communes.resolve(id, log));
    if let (Some(only), None, axis) | (None, Some(only), axis) = (
        raw.latitude.map(|at| at.mark),
        raw.longitude.map(|at| at.mark),
        if raw.latitude.is_some() { "longitude" } else { "latitude" },
    ) {
        log.problem(only, format!("the position is half a position, expected {axis} beside it"));
    }
    Some(Site {
        id: value(raw.id.as_ref())?,
        commune: commune?,
        village: value(raw.village.as_ref()),
        name: value(raw.name.as_ref())?,
        latitude: raw.latitude.map(|at| at.value.0),
        longitude: raw.longitude.map(|at| at.value.0),
        gateway: value(raw.gateway.as_ref()),
    })
}

/// A site's own interval or timeout, which its cameras take over.
fn site_timing(raw: &raw::Site, probe: &Probe, log: &mut Log) {
    if let Some(place) = raw.timeout.or(raw.interval) {
        let timeout = raw.timeout.map_or(probe.timeout, |at| at.value);
        let interval = raw.interval.map_or(probe.interval, |at| at.value);
        timeout_fits(timeout, interval, place.mark, log);
    }
}

fn credential(entry: &At<raw::Credential>, secrets: &Secrets, log: &mut Log) -> Option<Credential> {
    let raw = &entry.value;
    let named = Named {
        noun: "password",
        id: raw.id.as_ref().map(|id| id.value.as_str()),
        file: raw.password_file.as_ref(),
        variable: raw.password_env.as_ref(),
        in_the_open: raw.password.is_some(),
        entry: entry.mark,
        strict: false,
    };
    let password = secrets.find(&named, true, log);
    Some(Credential { id: value(raw.id.as_ref())?, username: value(raw.username.as_ref())?, password: password? })
}

fn recorder(entry: &At<raw::Recorder>, names: &Names, log: &mut Log) -> Option<Recorder> {
    let raw = &entry.value;
    let site = raw.site.as_ref().and_then(|id| names.sites.resolve(id, log));
    let credential = raw.credential.as_ref().and_then(|id| names.credentials.resolve(id, log));
    if let (Some(tls), Some(url)) = (&raw.tls, &raw.url) {
        tls_applies(tls, url.value.0.scheme(), "https", log);
    }
    if let (None, Some(url)) = (&raw.tls, &raw.url)
        && url.value.0.scheme() == "https"
    {
        log.problem(
            url.mark,
            "certificates of recorders are self-signed as a rule, expected beside the https:// URL how far this one is \
             trusted: tls = \"sha256:...\" (its fingerprint), \"any\" (whatever it has) or \"system\" (signed by an \
             authority that this machine trusts)",
        );
    }
    Some(Recorder {
        id: value(raw.id.as_ref())?,
        site: site?,
        kind: value(raw.kind.as_ref())?,
        url: raw.url.as_ref()?.value.0.clone(),
        credential,
        tls: value(raw.tls.as_ref()).unwrap_or_default(),
        allow_basic: raw.allow_basic.is_some_and(|at| at.value),
        requests_per_minute: raw.requests_per_minute.map_or(10, |at| at.value.0),
    })
}

/// Two cameras cannot be one channel at the same time; a camera may be followed by another.
fn channels_once(written: &Written, cameras: &BTreeMap<CameraId, Camera>, log: &mut Log) {
    let mut taken: BTreeMap<(&RecorderId, u32), Vec<&Camera>> = BTreeMap::new();
    for raw in &written.cameras {
        let Some(camera) = raw.value.id.as_ref().and_then(|id| cameras.get(&id.value)) else { continue };
        let (Some(recorder), Some(named)) = (&camera.recorder, &raw.value.recorder) else { continue };
        // A camera that names none is the first.
        let channel = camera.channel.unwrap_or(1);
        let others = taken.entry((recorder, channel)).or_default();
        let both = |other: &&&Camera| {
            other.id != camera.id
                && other.retired.is_none_or(|end| camera.installed.is_none_or(|begin| begin < end))
                && camera.retired.is_none_or(|end| other.installed.is_none_or(|begin| begin < end))
        };
        if let Some(other) = others.iter().find(both) {
            log.problem(
                raw.value.channel.map_or(named.mark, |at| at.mark),
                format!(
                    "channel {channel} of recorder {:?} is camera {:?} already, expected another channel, or a day on \
                     which one is retired and the other installed",
                    recorder.as_str(),
                    other.id.as_str(),
                ),
            );
        }
        others.push(camera);
    }
}

/// Warns of a trust in certificates where there are none.
fn tls_applies(tls: &At<TlsPolicy>, scheme: &str, with_tls: &str, log: &mut Log) {
    if scheme != with_tls {
        log.warning(tls.mark, format!("tls has no effect on {scheme}://, expected an {with_tls}:// URL beside it"));
    }
}

fn fund(entry: &At<raw::Fund>) -> Option<Fund> {
    let raw = &entry.value;
    let kind = value(raw.kind.as_ref())?;
    Some(Fund {
        id: value(raw.id.as_ref())?,
        kind,
        name: value(raw.name.as_ref())?,
        amount_vnd: value(raw.amount_vnd.as_ref()),
        language: value(raw.language.as_ref()),
        email: raw.email.iter().flat_map(|at| &at.value).map(|at| at.value.0.clone()).collect(),
        target_uptime: raw.target_uptime.map(|at| at.value.0),
        pages: value(raw.page.as_ref()).unwrap_or(kind == FundKind::Commune),
        publish_name: value(raw.publish_name.as_ref()).unwrap_or(kind != FundKind::Household),
    })
}

/// An override: the camera's, else its site's, else that of `[probe]`.
fn effective<T: Copy>(camera: Option<At<T>>, site: Option<At<T>>, probe: T) -> T {
    camera.or(site).map_or(probe, |at| at.value)
}

fn camera(
    entry: &At<raw::Camera>,
    of_site: Option<&raw::Site>,
    probe: &Probe,
    names: &Names,
    log: &mut Log,
) -> Option<Camera> {
    let raw = &entry.value;
    let site = raw.site.as_ref().and_then(|id| names.sites.resolve(id, log));
    let credential = raw.credential.as_ref().and_then(|id| names.credentials.resolve(id, log));
    let recorder = raw.recorder.as_ref().and_then(|id| names.recorders.resolve(id, log));
    let funds = shares(raw, names, log);

    let nothing = raw::Site::default();
    let of_site = of_site.unwrap_or(&nothing);
    let interval = effective(raw.interval, of_site.interval, probe.interval);
    let timeout = effective(raw.timeout, of_site.timeout, probe.timeout);
    if let Some(place) = raw.timeout.or(raw.interval) {
        timeout_fits(timeout, interval, place.mark, log);
    }
    let picture = effective(raw.picture, of_site.picture, true);
    let mut depth = effective(raw.depth, of_site.depth, probe.depth);
    if !picture && depth == Depth::Picture {
        if let (Some(depth), Some(_)) = (raw.depth, raw.picture) {
            log.problem(depth.mark, "depth \"picture\" contradicts picture = false, expected depth \"frame\" or less");
        }
        depth = Depth::Frame;
    }
    if let (Some(installed), Some(retired)) = (raw.installed, raw.retired)
        && retired.value <= installed.value
    {
        log.problem(
            retired.mark,
            format!("retired {} is not after installed {}, expected a later day", retired.value, installed.value),
        );
    }
    if let (Some(tls), Some(url)) = (&raw.tls, &raw.url) {
        tls_applies(tls, url.value.0.scheme(), "rtsps", log);
    }
    if let (Some(channel), None) = (raw.channel, &raw.recorder) {
        log.warning(channel.mark, "channel has no effect without a recorder, expected recorder = \"...\" beside it");
    }
    Some(Camera {
        id: value(raw.id.as_ref())?,
        site: site?,
        name: value(raw.name.as_ref())?,
        url: raw.url.as_ref()?.value.0.clone(),
        substream_url: raw.substream_url.as_ref().map(|at| at.value.0.clone()),
        credential,
        tls: value(raw.tls.as_ref()).unwrap_or_default(),
        funds,
        recorder,
        channel: raw.channel.map(|at| at.value.0),
        installed: value(raw.installed.as_ref()),
        retired: value(raw.retired.as_ref()),
        retention: raw.retention.or(of_site.retention).map(|at| at.value),
        interval,
        timeout,
        depth,
        transport: effective(raw.transport, of_site.transport, probe.transport),
        picture,
    })
}

fn shares(raw: &raw::Camera, names: &Names, log: &mut Log) -> Vec<FundShare> {
    if let (Some(_), Some(funds)) = (&raw.fund, &raw.funds) {
        log.problem(funds.mark, "funds stands beside fund, expected only one of them");
        return Vec::new();
    }
    if let Some(fund) = &raw.fund {
        return names.funds.resolve(fund, log).map(|fund| FundShare { fund, amount_vnd: None }).into_iter().collect();
    }
    let mut shares: Vec<FundShare> = Vec::new();
    for share in raw.funds.iter().flat_map(|at| &at.value) {
        let Some(id) = &share.value.id else { continue };
        let Some(fund) = names.funds.resolve(id, log) else { continue };
        if shares.iter().any(|known| known.fund == fund) {
            log.problem(id.mark, format!("fund {:?} has two shares of this camera, expected one", fund.as_str()));
            continue;
        }
        shares.push(FundShare { fund, amount_vnd: share.value.amount_vnd.map(|at| at.value) });
    }
    let said = shares.iter().filter(|share| share.amount_vnd.is_some()).count();
    if let Some(funds) = &raw.funds
        && said > 0
        && said < shares.len()
    {
        log.problem(funds.mark, "some of the funds have no amount_vnd, expected it for all of them or for none");
    }
    shares
}

/// What `scope` and `id` point to together.
fn scope(word: Option<At<ScopeWord>>, id: Option<&At<String>>, names: &Names, log: &mut Log) -> Option<Scope> {
    let (word, id) = (word?, id?);
    match word.value {
        ScopeWord::Camera => names.cameras.lookup(&id.value, id.mark, log).map(Scope::Camera),
        ScopeWord::Site => names.sites.lookup(&id.value, id.mark, log).map(Scope::Site),
        ScopeWord::Commune => names.communes.lookup(&id.value, id.mark, log).map(Scope::Commune),
    }
}

/// Tells a span of time that does not go forward.
fn forward(from: Option<At<jiff::Timestamp>>, to: Option<At<jiff::Timestamp>>, log: &mut Log) {
    if let (Some(from), Some(to)) = (from, to)
        && to.value <= from.value
    {
        log.problem(to.mark, "to is not after from, expected a later time");
    }
}

fn maintenance(entry: &At<raw::Maintenance>, names: &Names, log: &mut Log) -> Option<Maintenance> {
    let raw = &entry.value;
    let scope = scope(raw.scope, raw.id.as_ref(), names, log);
    forward(raw.from, raw.to, log);
    Some(Maintenance {
        scope: scope?,
        from: raw.from?.value,
        to: raw.to?.value,
        reason: value(raw.reason.as_ref()).unwrap_or_default(),
    })
}

fn officer(entry: &At<raw::Officer>, names: &Names, log: &mut Log) -> Option<Officer> {
    let raw = &entry.value;
    let channels = names.channels.resolve_all(raw.channels.as_ref(), log);
    let mut addresses = BTreeMap::new();
    for (channel, address) in raw.addresses.iter().flat_map(|at| &at.value.0) {
        if let Some(channel) = names.channels.lookup(&channel.value, channel.mark, log) {
            addresses.insert(channel, address.value.clone());
        }
    }
    Some(Officer {
        id: value(raw.id.as_ref())?,
        name: value(raw.name.as_ref())?,
        language: value(raw.language.as_ref()),
        channels,
        quiet: value(raw.quiet.as_ref()),
        addresses,
    })
}

fn duty(entry: &At<raw::Duty>, names: &Names, log: &mut Log) -> Option<Duty> {
    let raw = &entry.value;
    let scope = match raw.scope {
        Some(At { value: ScopeWord::Camera, mark }) => {
            log.problem(mark, "scope \"camera\" is too narrow for a duty, expected \"commune\" or \"site\"");
            None
        }
        word => scope(word, raw.id.as_ref(), names, log),
    };
    let on_duty = |officers: Option<&At<List<OfficerId>>>, log: &mut Log| {
        if let Some(At { value, mark }) = officers
            && value.is_empty()
            && !log.is_torn(mark.file)
        {
            log.problem(*mark, "officers is empty, expected the id of at least one [[officer]]");
        }
        names.officers.resolve_all(officers, log)
    };
    let mut week = Vec::new();
    for shift in raw.week.iter().flat_map(|at| &at.value).map(|at| &at.value) {
        let officers = on_duty(shift.officers.as_ref(), log);
        if let (Some(from), Some(to)) = (shift.from, shift.to) {
            if from.value.0 == 24 * 60 {
                log.problem(from.mark, "from is \"24:00\", expected it only as an end: a day begins at \"00:00\"");
            } else if from.value == to.value {
                log.problem(
                    to.mark,
                    "to is the same time as from, expected another; a whole day is \"00:00\" to \"24:00\"",
                );
            }
            if let Some(days) = &shift.days {
                let times = DayTimes { from: from.value, to: to.value };
                week.push(Shift { days: days.value.0.clone(), times, officers });
            }
        }
    }
    let mut escalate: Vec<Escalation> = Vec::new();
    for step in raw.escalate.iter().flat_map(|at| &at.value).map(|at| &at.value) {
        let officers = on_duty(step.officers.as_ref(), log);
        let Some(after) = step.after else { continue };
        if escalate.last().is_some_and(|before| after.value <= before.after) {
            log.problem(after.mark, "after is not longer than that of the step before, expected steps in their order");
        }
        escalate.push(Escalation { after: after.value, officers });
    }
    let mut overrides = Vec::new();
    for span in raw.r#override.iter().flat_map(|at| &at.value).map(|at| &at.value) {
        let officers = on_duty(span.officers.as_ref(), log);
        forward(span.from, span.to, log);
        if let (Some(from), Some(to)) = (span.from, span.to) {
            overrides.push(Override { from: from.value, to: to.value, officers });
        }
    }
    Some(Duty {
        role: raw.role?.value,
        scope: scope?,
        timezone: raw.timezone.as_ref().and_then(|zone| zone.value.iana_name().map(str::to_owned)),
        week,
        escalate,
        overrides,
    })
}
