//! The listener's TLS, from `[web] tls_server_config`.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::WebError;
use crate::config::{Config, TlsServer};

/// The acceptor for the configuration of the moment. Files are read again when the configuration is: a renewed
/// certificate takes a reload, not a restart.
pub struct Tls {
    config: Arc<Config>,
    acceptor: Option<TlsAcceptor>,
}

impl Tls {
    /// # Errors
    /// Where a file that the configuration names cannot be read or does not fit the others.
    pub fn new(config: Arc<Config>) -> Result<Self, WebError> {
        let acceptor = acceptor(config.web.tls_server_config.as_ref())?;
        Ok(Self { config, acceptor })
    }

    /// Follows a reloaded configuration; where its files are bad, what was good before stays in force.
    pub fn follow(&mut self, config: &Arc<Config>) {
        if Arc::ptr_eq(&self.config, config) {
            return;
        }
        self.config = Arc::clone(config);
        match acceptor(config.web.tls_server_config.as_ref()) {
            Ok(acceptor) => self.acceptor = acceptor,
            Err(error) => tracing::error!(%error, "TLS of the web stays as it was"),
        }
    }

    /// `None` where the configuration asks for none.
    pub fn acceptor(&self) -> Option<&TlsAcceptor> {
        self.acceptor.as_ref()
    }
}

fn acceptor(tls: Option<&TlsServer>) -> Result<Option<TlsAcceptor>, WebError> {
    let Some(tls) = tls else { return Ok(None) };
    let bad = |what: &'static str, path: &std::path::Path, reason: &dyn std::fmt::Display| WebError::Tls {
        what,
        path: path.display().to_string(),
        reason: reason.to_string(),
    };
    let certificates = |what: &'static str, path: &std::path::Path| {
        let read: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
        match read {
            Ok(read) if read.is_empty() => Err(bad(what, path, &"there is no PEM certificate in it")),
            Ok(read) => Ok(read),
            Err(error) => Err(bad(what, path, &error)),
        }
    };
    let chain = certificates("cert_file", &tls.cert_file)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key_file).map_err(|error| bad("key_file", &tls.key_file, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring has cipher suites for TLS 1.2 and 1.3");
    let builder = match &tls.client_ca_file {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for certificate in certificates("client_ca_file", file)? {
                roots.add(certificate).map_err(|error| bad("client_ca_file", file, &error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| bad("client_ca_file", file, &error))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut server = builder.with_single_cert(chain, key).map_err(|error| bad("key_file", &tls.key_file, &error))?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(server))))
}
