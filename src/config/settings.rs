//! What the tables of settings mean: every default, and the rules between their keys.
//!
//! The defaults stand here and nowhere else. Knows nothing of the inventory.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::files::fault;
use super::problem::{At, Log, Mark};
use super::read::Entries;
use super::secrets::{Named, Secrets};
use super::value::{BcryptHash, TilesUrl, written};
use super::{Alert, Daemon, Metrics, Owner, Probe, Report, Store, Tiles, TlsServer, Web, nearest, raw};
use crate::inventory::{ChannelId, ChannelKind, Depth, Language, MinuteOfDay, Transport};
use crate::secret::Secret;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// What is written, or the default.
fn or<T>(written: Option<At<T>>, default: T) -> T {
    written.map_or(default, |at| at.value)
}

/// The elements of a list that may be missing.
fn list<T>(written: Option<At<raw::List<T>>>) -> Vec<T> {
    written.into_iter().flat_map(|at| at.value).map(|at| at.value).collect()
}

pub(super) fn daemon(raw: Option<raw::Daemon>, log: &Log) -> Daemon {
    let raw = raw.unwrap_or_default();
    Daemon {
        listen: or(raw.listen, SocketAddr::from((Ipv4Addr::LOCALHOST, 9765))),
        data_dir: raw
            .data_dir
            .map_or_else(|| PathBuf::from("/var/lib/camwatch"), |path| log.resolve(path.mark, &path.value.0)),
        timezone: raw.timezone.map_or_else(
            || TimeZone::get("Asia/Ho_Chi_Minh").expect("the time zone database is built in"),
            |zone| zone.value,
        ),
        language: or(raw.language, Language::Vietnamese),
        references: list(raw.references),
    }
}

/// `data_dir` is where a relative path leads.
pub(super) fn store(raw: Option<raw::Store>, data_dir: &Path) -> Store {
    let raw = raw.unwrap_or_default();
    Store {
        path: data_dir.join(raw.url.map_or_else(|| "ledger.db".to_owned(), |url| url.value.0)),
        keep_observations: or(raw.keep_observations, minutes(7 * 24 * 60)),
        forward: raw.forward.map(|url| url.value.0),
    }
}

pub(super) fn probe(raw: Option<raw::Probe>, log: &mut Log) -> Probe {
    let raw = raw.unwrap_or_default();
    let place = raw.timeout.or(raw.interval).map(|at| at.mark);
    let recheck_place = raw.recheck.map(|at| at.mark);
    let probe = Probe {
        interval: or(raw.interval, seconds(30)),
        timeout: or(raw.timeout, seconds(10)),
        confirm: raw.confirm.map_or(3, |count| count.value.0),
        recheck: or(raw.recheck, seconds(5)),
        recover: raw.recover.map_or(2, |count| count.value.0),
        picture_confirm: raw.picture_confirm.map_or(2, |count| count.value.0),
        depth: or(raw.depth, Depth::Frame),
        picture_interval: or(raw.picture_interval, minutes(15)),
        metadata_interval: or(raw.metadata_interval, minutes(15)),
        retention_scan: or(raw.retention_scan, MinuteOfDay(2 * 60)),
        clock_tolerance: or(raw.clock_tolerance, minutes(5)),
        transport: or(raw.transport, Transport::Tcp),
        max_concurrent: raw.max_concurrent.map_or(256, |count| count.value.0),
        max_concurrent_per_site: raw.max_concurrent_per_site.map_or(16, |count| count.value.0),
    };
    if let Some(place) = place {
        timeout_fits(probe.timeout, probe.interval, place, log);
    }
    if let Some(place) = recheck_place
        && probe.recheck > probe.interval
    {
        let (recheck, interval) = (written(probe.recheck), written(probe.interval));
        log.warning(
            place,
            format!(
                "recheck {recheck} is longer than interval {interval}, expected less: a failing camera would be looked at \
                 less often than a good one"
            ),
        );
    }
    probe
}

/// Tells a timeout that is longer than its interval.
pub(super) fn timeout_fits(timeout: Duration, interval: Duration, place: Mark, log: &mut Log) {
    if timeout > interval {
        let (timeout, interval) = (written(timeout), written(interval));
        log.problem(
            place,
            format!(
                "timeout {timeout} is longer than interval {interval}, expected at most as long: set both together"
            ),
        );
    }
}

pub(super) fn alert(raw: Option<raw::Alert>, secrets: &Secrets, log: &mut Log) -> Alert {
    let raw = raw.unwrap_or_default();
    let webhook_token = webhook_token(&raw, secrets, log);
    let owner_place = raw.owner.map(|at| at.mark);
    let alertmanagers_place = raw.alertmanagers.as_ref().map(|at| at.mark);
    let alert = Alert {
        owner: or(raw.owner, Owner::Embedded),
        group_wait: or(raw.group_wait, seconds(20)),
        repeat: or(raw.repeat, minutes(4 * 60)),
        unknown_after: or(raw.unknown_after, minutes(30)),
        heartbeat_url: raw.heartbeat_url.map(|url| url.value.0),
        alertmanagers: list(raw.alertmanagers).into_iter().map(|url| url.0).collect(),
        webhook_token,
        public_url: raw.public_url.map(|url| url.value.0),
        ack_expires: or(raw.ack_expires, minutes(8 * 60)),
        digest: or(raw.digest, MinuteOfDay(7 * 60)),
    };
    match (alert.owner, owner_place, alertmanagers_place) {
        (Owner::Push, Some(place), None) => {
            log.problem(
                place,
                "owner \"push\" needs to know where to, expected alertmanagers = [\"http://...\"] beside it",
            );
        }
        (Owner::Push, _, Some(place)) if alert.alertmanagers.is_empty() => {
            log.problem(place, "alertmanagers is empty, expected at least one URL with owner \"push\"");
        }
        (Owner::Embedded | Owner::Prometheus, _, Some(place)) => {
            log.warning(
                place,
                "alertmanagers has no effect, expected owner = \"push\" beside it: exactly one system pages",
            );
        }
        _ => {}
    }
    alert
}

/// The token that `webhook_token_file` names; an empty one would open the door to everybody.
fn webhook_token(raw: &raw::Alert, secrets: &Secrets, log: &mut Log) -> Option<Secret> {
    let file = raw.webhook_token_file.as_ref()?;
    let named = Named {
        noun: "webhook_token",
        id: None,
        file: Some(file),
        variable: None,
        in_the_open: false,
        entry: file.mark,
        strict: true,
    };
    let token = secrets.find(&named, true, log)?;
    if token.expose().is_empty() {
        log.problem(file.mark, "webhook_token_file is empty, expected the token that Alertmanager shows");
    }
    Some(token)
}

pub(super) fn metrics(raw: Option<raw::Metrics>) -> Metrics {
    Metrics { detail: raw.is_some_and(|raw| or(raw.detail, false)) }
}

pub(super) fn web(raw: Option<raw::Web>, daemon: Option<&raw::Daemon>, log: &mut Log) -> Web {
    let raw = raw.unwrap_or_default();
    let insecure_beside_listen = daemon.and_then(|daemon| daemon.insecure).is_some_and(|at| at.value);
    let tls_written = raw.tls_server_config.is_some();
    let snapshots_place = raw.snapshots.map(|at| at.mark);
    let operators = raw.operators.as_ref().map(|written| operators(written, raw.basic_auth_users.as_ref(), log));
    let web = Web {
        tls_server_config: raw.tls_server_config.and_then(|tls| tls_server(tls.value, log)),
        basic_auth_users: raw
            .basic_auth_users
            .into_iter()
            .flat_map(|at| at.value.0)
            .map(|(user, hash)| (user.value, hash.value.0))
            .collect(),
        insecure: or(raw.insecure, false) || insecure_beside_listen,
        operators,
        snapshots: or(raw.snapshots, false),
        tiles: tiles(raw.tiles, raw.tiles_attribution, log),
    };
    if let Some(place) = snapshots_place
        && web.snapshots
        && web.basic_auth_users.is_empty()
    {
        log.warning(
            place,
            "snapshots has no effect, expected basic_auth_users beside it: pictures are shown only to those who signed in",
        );
    }
    let protected = tls_written || !web.basic_auth_users.is_empty() || web.insecure;
    if let Some(listen) = daemon.and_then(|daemon| daemon.listen)
        && !listen.value.ip().is_loopback()
        && !protected
        && !log.any_torn()
    {
        log.problem(
            listen.mark,
            "listen is reachable from other machines, expected tls_server_config or basic_auth_users in [web], or \
             insecure = true there where the network itself is trusted",
        );
    }
    web
}

/// Those of the users who may act. A name that is nobody's is a slip: whoever was meant could only read.
fn operators(written: &At<raw::List<String>>, users: Option<&At<Entries<BcryptHash>>>, log: &mut Log) -> Vec<String> {
    let users: Vec<&str> = users.into_iter().flat_map(|at| &at.value.0).map(|(user, _)| user.value.as_str()).collect();
    for name in &written.value {
        if !users.contains(&name.value.as_str()) {
            let remedy = if users.is_empty() {
                "expected basic_auth_users beside operators, and a name of these".to_owned()
            } else {
                nearest(&name.value, users.iter().copied())
            };
            log.problem(name.mark, format!("{:?} is no user of basic_auth_users, {remedy}", name.value));
        }
    }
    written.value.iter().map(|name| name.value.clone()).collect()
}

fn tiles(url: Option<At<TilesUrl>>, attribution: Option<At<String>>, log: &mut Log) -> Option<Tiles> {
    let Some(url) = url else {
        if let Some(at) = attribution {
            log.warning(
                at.mark,
                "tiles_attribution has no effect, expected tiles = \"https://.../{z}/{x}/{y}.png\" beside it",
            );
        }
        return None;
    };
    if attribution.is_none() {
        log.warning(
            url.mark,
            "tiles has no tiles_attribution, expected one beside it: makers of maps want to be named, as in \"© OpenStreetMap \
             contributors\"",
        );
    }
    let attribution = attribution.map(|at| at.value);
    Some(Tiles { template: url.value.template, origin: url.value.origin, attribution })
}

fn tls_server(raw: raw::TlsServer, log: &mut Log) -> Option<TlsServer> {
    let mut path = |name: &str, written: Option<At<super::value::FilePath>>| {
        let written = written?;
        let path = log.resolve(written.mark, &written.value.0);
        if let Err(error) = std::fs::File::open(&path) {
            let path = path.display();
            log.problem(written.mark, format!("{name} {path} {}, expected a PEM file", fault(&error)));
        }
        Some(path)
    };
    let cert_file = path("cert_file", raw.cert_file);
    let key_file = path("key_file", raw.key_file);
    let client_ca_file = path("client_ca_file", raw.client_ca_file);
    Some(TlsServer { cert_file: cert_file?, key_file: key_file?, client_ca_file })
}

/// `channels` are those that are written, whether or not they are right.
pub(super) fn report(raw: Option<raw::Report>, channels: &[At<raw::Channel>], log: &mut Log) -> Report {
    let raw = raw.unwrap_or_default();
    let text = |written: Option<At<String>>| written.map(|at| at.value);
    Report {
        channel: mail_channel(&raw, channels, log),
        issuer: text(raw.issuer),
        superior: text(raw.superior),
        place: text(raw.place),
        signer: text(raw.signer),
        signer_title: text(raw.signer_title),
        sign_mode: text(raw.sign_mode),
        recipients: list(raw.recipients),
        basis: list(raw.basis),
        service_life_months: raw.service_life_months.map_or(60, |count| count.value.0),
        day: raw.day.and_then(|day| u8::try_from(day.value.0).ok()),
        at: or(raw.at, MinuteOfDay(6 * 60)),
        email: list(raw.email).into_iter().map(|address| address.0).collect(),
    }
}

/// The channel that reports go by: the one that is named, or the only one that carries mail.
fn mail_channel(raw: &raw::Report, channels: &[At<raw::Channel>], log: &mut Log) -> Option<ChannelId> {
    let mail: Vec<&ChannelId> = channels
        .iter()
        .filter(|channel| channel.value.kind.is_some_and(|kind| kind.value == ChannelKind::Email))
        .filter_map(|channel| Some(&channel.value.id.as_ref()?.value))
        .collect();
    match (&raw.channel, &mail[..]) {
        (Some(named), _) => {
            let is_there = mail.contains(&&named.value);
            if !is_there && !log.any_torn() {
                let remedy = if mail.is_empty() {
                    "expected a [[channel]] with this id and kind = \"email\"".to_owned()
                } else {
                    nearest(named.value.as_str(), mail.iter().map(|id| id.as_str()))
                };
                log.problem(
                    named.mark,
                    format!("there is no channel {:?} of kind email, {remedy}", named.value.as_str()),
                );
            }
            is_there.then(|| named.value.clone())
        }
        (None, [only]) => Some((*only).clone()),
        (None, [_, _, ..]) => {
            if let Some(day) = raw.day {
                let ids: Vec<_> = mail.iter().map(|id| format!("{:?}", id.as_str())).collect();
                log.problem(
                    day.mark,
                    format!("reports could go by {}, expected channel = \"...\" beside day", ids.join(" or ")),
                );
            }
            None
        }
        (None, []) => None,
    }
}
