//! Asking the daemon that runs on this machine, over its own HTTP API.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;

use crate::config::Config;

/// Why the daemon did not say.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error("the daemon's API wants a login or a certificate; ask it with curl -u USER -X {method} {url}")]
    WantsLogin { method: Method, url: String },
    #[error("no daemon answers at {url} ({error})")]
    NoDaemon { url: String, error: reqwest::Error },
    #[error("the daemon's answer at {url} cannot be used ({error}); its log says more")]
    NotUsable { url: String, error: reqwest::Error },
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(io::Error),
}

/// What the daemon answers, where `[daemon] listen` has it; `path` begins with a slash.
pub(super) fn ask<T: DeserializeOwned>(config: &Config, method: Method, path: &str) -> Result<T, NoAnswer> {
    let mut address = config.daemon.listen;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    let secured = config.web.tls_server_config.is_some();
    let url = format!("{}://{address}{path}", if secured { "https" } else { "http" });
    if secured || !config.web.basic_auth_users.is_empty() {
        return Err(NoAnswer::WantsLogin { method, url });
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(NoAnswer::Runtime)?;
    // Fails only where one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        client.request(method, &url).send().await?.error_for_status()?.json().await
    });
    asked.map_err(reqwest::Error::without_url).map_err(|error| {
        if error.is_connect() { NoAnswer::NoDaemon { url, error } } else { NoAnswer::NotUsable { url, error } }
    })
}
