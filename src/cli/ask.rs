//! Asking the daemon that runs on this machine, over its own HTTP API.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

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
    /// In the API's own words.
    #[error("{said}")]
    Refused { status: u16, said: String },
    #[error("cannot start the asynchronous runtime: {0}")]
    Runtime(io::Error),
}

/// What the daemon answers, where `[daemon] listen` has it; `path` begins with a slash.
pub(super) fn ask<T: DeserializeOwned>(config: &Config, method: Method, path: &str) -> Result<T, NoAnswer> {
    ask_with(config, method, path, None)
}

/// As [`ask`], with a body.
pub(super) fn ask_with<T: DeserializeOwned>(
    config: &Config,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<T, NoAnswer> {
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
        let mut request = client.request(method, &url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            let failed = response.error_for_status_ref().map(|_| ());
            if let Ok(Failure { error: said }) = response.json().await {
                return Ok(Err(NoAnswer::Refused { status: status.as_u16(), said }));
            }
            failed?;
            return Ok(Err(NoAnswer::Refused { status: status.as_u16(), said: format!("HTTP {status} from {url}") }));
        }
        response.json().await.map(Ok)
    });
    asked.map_err(reqwest::Error::without_url).map_err(|error| {
        if error.is_connect() { NoAnswer::NoDaemon { url, error } } else { NoAnswer::NotUsable { url, error } }
    })?
}

/// An error of the API.
#[derive(serde::Deserialize)]
struct Failure {
    error: String,
}
