//! Who asks, and what they may do.
//!
//! Where users are configured, whoever signs in has a name, and `[web] operators` says who of them may act. Where none are,
//! nobody has a name: this machine's own people act and all others read. Knows no route.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;

use super::lifecycle::is_cross_site;
use super::{Shared, api, text};
use crate::config::{Config, Web};

/// What a visitor may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also acknowledges, declares maintenance, has cameras looked at and the configuration read again.
    Operator,
}

/// Whoever sent a request; every request that was let in has one among its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// As they signed in; `None` where nobody has to.
    pub name: Option<String>,
    pub role: Role,
}

impl Visitor {
    /// Whoever signed in with this name and the right password.
    #[must_use]
    pub fn signed_in(name: String, web: &Web) -> Self {
        let operates = web.operators.as_ref().is_none_or(|operators| operators.contains(&name));
        Self { name: Some(name), role: if operates { Role::Operator } else { Role::Viewer } }
    }

    /// Where nobody has to sign in: who is at this machine acts, and who shows a certificate that the operator's own
    /// authority signed; all others read.
    #[must_use]
    pub fn unknown(config: &Config, peer: Option<Peer>, method: &Method, headers: &HeaderMap) -> Self {
        let is_called_by_name = host_is_own(headers, config) || is_no_browser(method, headers);
        let is_here = peer.is_some_and(Peer::is_this_machine) && is_called_by_name && !came_by_proxy(headers);
        let has_certificate = config.web.tls_server_config.as_ref().is_some_and(|tls| tls.client_ca_file.is_some());
        Self { name: None, role: if is_here || has_certificate { Role::Operator } else { Role::Viewer } }
    }

    #[must_use]
    pub fn operates(&self) -> bool {
        self.role >= Role::Operator
    }

    /// Whether the names of households' cameras, which may say whose they are or where they look, are for these eyes.
    #[must_use]
    pub fn sees_private_names(&self) -> bool {
        self.name.is_some() || self.operates()
    }
}

/// Both ends of a connection; among the extensions of each request that came over it.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub remote: IpAddr,
    pub local: IpAddr,
}

impl Peer {
    /// Whether the connection never left this machine.
    fn is_this_machine(self) -> bool {
        let remote = self.remote.to_canonical();
        remote.is_loopback() || remote == self.local.to_canonical()
    }
}

/// Whether the address that the reader typed is one of ours. A page of another site can have its own name lead to this
/// machine (DNS rebinding), and is then of the same origin as we are; what it cannot do is to have another name stand in
/// `Host`. Numbers are never such a name.
fn host_is_own(headers: &HeaderMap, config: &Config) -> bool {
    // No browser leaves it out.
    let Some(host) = headers.get(header::HOST) else { return true };
    let Some(name) = host.to_str().ok().and_then(host_name) else { return false };
    let is_number = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
    let is_configured = config.alert.public_url.as_ref().and_then(url::Url::host_str);
    is_number || name == "localhost" || is_configured.is_some_and(|own| name.eq_ignore_ascii_case(own))
}

/// Whether what sent this is no browser, which no name misleads: a browser that changes something always says where the
/// page is from (Fetch, "append a request `Origin` header").
fn is_no_browser(method: &Method, headers: &HeaderMap) -> bool {
    !method.is_safe() && !headers.contains_key(header::ORIGIN) && !headers.contains_key("sec-fetch-site")
}

/// Whether a proxy passed it on (RFC 7239 and what came before it): then the other end is the proxy, and who stands behind it
/// may be anybody.
fn came_by_proxy(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name))
}

/// The name in `Host`, without its port, in lower case.
fn host_name(host: &str) -> Option<String> {
    let name = match host.strip_prefix('[') {
        Some(rest) => &host[..rest.find(']')? + 2],
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    Some(name.trim_end_matches('.').to_ascii_lowercase())
}

/// A visitor who may act, and whose own doing the request is: what every route that changes something asks for.
pub struct Operator(pub Visitor);

impl FromRequestParts<Shared> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let say = |why: &str| {
            if parts.uri.path().starts_with("/api/") {
                api::error(StatusCode::FORBIDDEN, why)
            } else {
                text(StatusCode::FORBIDDEN, format!("{why}\n"))
            }
        };
        if is_cross_site(&parts.headers) {
            return Err(say(
                "a page of another site asked for this; do it on a page of camwatch, or ask with curl -X POST",
            ));
        }
        let config = shared.snapshot().config.clone();
        match parts.extensions.get::<Visitor>() {
            Some(visitor) if visitor.operates() => Ok(Self(visitor.clone())),
            Some(Visitor { name: Some(name), .. }) => {
                Err(say(&format!("{name:?} may read here and not act; those who may act stand in [web] operators")))
            }
            _ if !host_is_own(&parts.headers, &config) => Err(say(
                "this address is not known as camwatch's own, so nobody may act here without signing in: open \
                 http://127.0.0.1 with its port instead, write the address into [alert] public_url, or set [web] basic_auth_users",
            )),
            _ => Err(say(
                "nobody signs in here, so only who is at the machine itself may act: ask there, or set [web] basic_auth_users",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: Option<&str>) -> HeaderMap {
        host.map(|host| (header::HOST, host.parse().unwrap())).into_iter().collect()
    }

    fn config(more: &str) -> Config {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("camwatch.toml");
        std::fs::write(&file, format!("[daemon]\ninventory = []\n{more}")).unwrap();
        Config::load(&file).unwrap()
    }

    fn peer(remote: &str, local: &str) -> Peer {
        Peer { remote: remote.parse().unwrap(), local: local.parse().unwrap() }
    }

    #[test]
    fn where_nobody_signs_in_only_this_machines_own_people_act() {
        let open = config("listen = \"0.0.0.0:9765\"\ninsecure = true\n");
        let role =
            |remote, local| Visitor::unknown(&open, Some(peer(remote, local)), &Method::GET, &headers(None)).role;
        assert_eq!(role("127.0.0.1", "127.0.0.1"), Role::Operator);
        assert_eq!(role("::1", "::1"), Role::Operator);
        assert_eq!(role("::ffff:127.0.0.1", "::ffff:127.0.0.1"), Role::Operator);
        assert_eq!(role("10.0.0.5", "10.0.0.5"), Role::Operator, "over its own address");
        assert_eq!(role("10.0.0.6", "10.0.0.5"), Role::Viewer);
        assert_eq!(Visitor::unknown(&open, None, &Method::POST, &headers(None)).role, Role::Viewer);
    }

    #[test]
    fn what_a_proxy_on_this_machine_passes_on_is_not_of_this_machine() {
        let plain = config("");
        for header in ["forwarded", "x-forwarded-for", "x-real-ip", "via"] {
            let headers = [(header.parse().unwrap(), "203.0.113.7".parse().unwrap())].into_iter().collect();
            let visitor = Visitor::unknown(&plain, Some(peer("127.0.0.1", "127.0.0.1")), &Method::POST, &headers);
            assert_eq!(visitor.role, Role::Viewer, "{header}");
        }
    }

    #[test]
    fn a_name_that_leads_here_is_not_yet_ours() {
        let plain = config("");
        let public = config("[alert]\npublic_url = \"https://Camera.xa.example.vn/\"\n");
        let acts = |config: &Config, host: &str| {
            Visitor::unknown(config, Some(peer("127.0.0.1", "127.0.0.1")), &Method::GET, &headers(Some(host)))
                .operates()
        };
        for own in ["127.0.0.1:9765", "localhost:9765", "LOCALHOST", "localhost.", "[::1]:9765", "[::1]", "10.0.0.5"] {
            assert!(acts(&plain, own), "{own}");
        }
        for other in [
            "evil.example:9765",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "[::1",
            "",
            "camera.xa.example.vn",
        ] {
            assert!(!acts(&plain, other), "{other}");
        }
        assert!(acts(&public, "camera.xa.example.vn") && acts(&public, "camera.xa.example.vn:443"));
        assert!(!acts(&public, "evil.example"));

        // curl and scripts are led nowhere by names; a browser says that it is one.
        let mut posted = headers(Some("monitor.lan:9765"));
        let acts = |posted: &HeaderMap| {
            Visitor::unknown(&plain, Some(peer("127.0.0.1", "127.0.0.1")), &Method::POST, posted).operates()
        };
        assert!(acts(&posted));
        posted.insert(header::ORIGIN, "http://monitor.lan:9765".parse().unwrap());
        assert!(!acts(&posted));
    }

    #[test]
    fn of_those_who_sign_in_the_operators_act_and_all_do_where_none_are_named() {
        let role = |operators: Option<&[&str]>, name: &str| {
            let operators = operators.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            Visitor::signed_in(name.to_owned(), &Web { operators, ..Web::default() }).role
        };
        assert_eq!(role(None, "lan"), Role::Operator);
        assert_eq!(role(Some(&["lan"]), "lan"), Role::Operator);
        assert_eq!(role(Some(&["lan"]), "prometheus"), Role::Viewer);
        assert_eq!(role(Some(&[]), "lan"), Role::Viewer);
        assert!(Visitor::signed_in("prometheus".to_owned(), &Web::default()).sees_private_names());
    }
}
