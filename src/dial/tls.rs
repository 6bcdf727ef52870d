//! TLS towards devices (rtsps, https): whom to trust, and connections of either kind.
//!
//! Certificates of cameras are self-signed as a rule; pinning a fingerprint is better than checking nothing.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::inventory::TlsPolicy;

/// The settings of each policy, made once: reading the system's trust store is slow.
pub(crate) struct Trust {
    provider: Arc<CryptoProvider>,
    system: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
    any: OnceLock<Result<Arc<ClientConfig>, rustls::Error>>,
}

impl Trust {
    pub(crate) fn new() -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Self { provider, system: OnceLock::new(), any: OnceLock::new() }
    }

    /// Shakes hands on a connection.
    ///
    /// # Errors
    /// As rustls gives them, wrapped in an [`io::Error`], or the connection's own.
    pub(crate) async fn handshake(
        &self,
        policy: &TlsPolicy,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.split('%').next().unwrap_or(host).to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let config = self.config(policy).map_err(io::Error::other)?;
        TlsConnector::from(config).connect(name, stream).await
    }

    fn config(&self, policy: &TlsPolicy) -> Result<Arc<ClientConfig>, rustls::Error> {
        match policy {
            TlsPolicy::System => self
                .system
                .get_or_init(|| {
                    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(&self.provider))?;
                    self.with_verifier(Arc::new(verifier))
                })
                .clone(),
            TlsPolicy::Any => {
                self.any.get_or_init(|| self.with_verifier(Arc::new(Pinned::new(None, &self.provider)))).clone()
            }
            TlsPolicy::Fingerprint(pin) => self.with_verifier(Arc::new(Pinned::new(Some(*pin), &self.provider))),
        }
    }

    fn with_verifier(&self, verifier: Arc<dyn ServerCertVerifier>) -> Result<Arc<ClientConfig>, rustls::Error> {
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

/// Trusts one certificate, or whichever it is; that the peer holds its key is checked in either case.
#[derive(Debug)]
struct Pinned {
    pin: Option<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn new(pin: Option<[u8; 32]>, provider: &Arc<CryptoProvider>) -> Self {
        Self { pin, provider: Arc::clone(provider) }
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.pin {
            Some(pin) if Sha256::digest(end_entity)[..] != pin => {
                let has = hex::encode(Sha256::digest(end_entity));
                Err(rustls::Error::General(format!("the certificate is another than the pinned one: sha256:{has}")))
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A connection to a camera, with or without TLS.
pub(crate) enum Wire {
    Plain(TcpStream),
    /// Plain, and off the runtime's watch: what arrives wakes nobody, and is fetched when it is convenient.
    Unwatched(std::net::TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Lost between the two above, where the runtime could not have it.
    Lost,
}

impl Wire {
    /// The addresses of both ends: the camera's, and ours.
    pub(crate) fn addresses(&self) -> io::Result<(SocketAddr, SocketAddr)> {
        match self {
            Self::Plain(stream) => Ok((stream.peer_addr()?, stream.local_addr()?)),
            Self::Unwatched(stream) => Ok((stream.peer_addr()?, stream.local_addr()?)),
            Self::Tls(stream) => Ok((stream.get_ref().0.peer_addr()?, stream.get_ref().0.local_addr()?)),
            Self::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// From now on nobody waits for this connection; one with TLS stays as it is.
    ///
    /// # Errors
    /// Where the runtime does not let go of it; it is lost then.
    pub(crate) fn unwatch(&mut self) -> io::Result<()> {
        *self = match std::mem::replace(self, Self::Lost) {
            Self::Plain(stream) => Self::Unwatched(stream.into_std()?),
            other => other,
        };
        Ok(())
    }

    /// Somebody waits for it again.
    ///
    /// # Errors
    /// Where the runtime cannot have it; it is lost then.
    pub(crate) fn watch(&mut self) -> io::Result<()> {
        *self = match std::mem::replace(self, Self::Lost) {
            Self::Unwatched(stream) => Self::Plain(TcpStream::from_std(stream)?),
            other => other,
        };
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            // Nothing would wake who waits here.
            Self::Unwatched(_) | Self::Lost => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            // A full buffer is an error here, and never met: only a line or two is written meanwhile.
            Self::Unwatched(stream) => Poll::Ready(io::Write::write(stream, buf)),
            Self::Lost => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unwatched(_) | Self::Lost => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unwatched(_) | Self::Lost => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
