//! From a host's name to a connection: resolve, connect, and where it is asked for TLS, each timed, each error kept with its type.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::resolve::Resolver;
use super::tls::{Trust, Wire};
use crate::inventory::{HostPort, TlsPolicy};
use crate::observation::{Outcome, Phase};

/// Why there is no connection: an outcome, and a word or two for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    pub(crate) detail: Option<String>,
}

/// What is needed to reach a device.
pub(crate) struct Dialler<'a> {
    pub(crate) resolver: &'a Resolver,
    pub(crate) trust: &'a Trust,
    pub(crate) target: &'a HostPort,
    /// `None`: plain TCP.
    pub(crate) tls: Option<&'a TlsPolicy>,
}

/// When each step must have ended.
pub(crate) struct Limits {
    pub(crate) connect: Duration,
    pub(crate) tls: Duration,
    pub(crate) whole: Instant,
}

impl Dialler<'_> {
    /// Connects; `done` is told each phase and how long it took, `begun` each that begins.
    pub(crate) async fn dial(
        &self,
        limits: &Limits,
        begun: impl Fn(Phase),
        mut done: impl FnMut(Phase, Duration),
    ) -> Result<Wire, Failure> {
        begun(Phase::Dns);
        let start = Instant::now();
        // Name and address together have the time of one connection attempt.
        let deadline = limits.whole.min(start + limits.connect);
        let addresses = match timeout_at(deadline, self.resolver.resolve(&self.target.host, self.target.port)).await {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(_)) => {
                return Err(failure(Outcome::Dns, Some("no such name, or no resolver that knows it".to_owned())));
            }
            Err(_) => return Err(failure(Outcome::Dns, Some("timeout".to_owned()))),
        };
        done(Phase::Dns, start.elapsed());

        begun(Phase::Connect);
        let start = Instant::now();
        let deadline = limits.whole.min(start + limits.connect);
        let mut last = None;
        for (i, address) in addresses.iter().enumerate() {
            let left = u32::try_from(addresses.len() - i).unwrap_or(u32::MAX);
            let share = Instant::now() + deadline.saturating_duration_since(Instant::now()) / left;
            match timeout_at(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    done(Phase::Connect, start.elapsed());
                    // Small requests must not wait for acknowledgements of earlier ones. Where the option is not to
                    // be had, the connection is none the worse for it.
                    let _ = stream.set_nodelay(true);
                    return self.secure(limits, stream, begun, done).await;
                }
                Ok(Err(error)) => last = Some(connect_failure(&error)),
                Err(_) => last = last.or(Some(failure(Outcome::ConnectTimeout, None))),
            }
        }
        self.resolver.forget(&self.target.host);
        Err(last.unwrap_or_else(|| failure(Outcome::ConnectTimeout, None)))
    }

    async fn secure(
        &self,
        limits: &Limits,
        stream: TcpStream,
        begun: impl Fn(Phase),
        mut done: impl FnMut(Phase, Duration),
    ) -> Result<Wire, Failure> {
        let Some(policy) = self.tls else { return Ok(Wire::Plain(stream)) };
        begun(Phase::Tls);
        let start = Instant::now();
        let deadline = limits.whole.min(start + limits.tls);
        match timeout_at(deadline, self.trust.handshake(policy, &self.target.host, stream)).await {
            Ok(Ok(stream)) => {
                done(Phase::Tls, start.elapsed());
                Ok(Wire::Tls(Box::new(stream)))
            }
            Ok(Err(error)) => Err(failure(Outcome::Tls, Some(error.to_string()))),
            Err(_) => Err(failure(Outcome::Tls, Some("timeout".to_owned()))),
        }
    }
}

fn failure(outcome: Outcome, detail: Option<String>) -> Failure {
    Failure { outcome, detail }
}

fn connect_failure(error: &io::Error) -> Failure {
    let outcome = match error.kind() {
        io::ErrorKind::ConnectionRefused => Outcome::Refused,
        io::ErrorKind::TimedOut => Outcome::ConnectTimeout,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Outcome::Reset,
        _ if is_our_own(error) => {
            return failure(Outcome::Busy, Some(format!("monitor: {error}")));
        }
        // No route, a firewall of ours, an address that cannot be a camera's.
        _ => Outcome::Unreachable,
    };
    failure(outcome, None)
}

/// Whether an error is the monitor's own exhaustion (descriptors, ports, memory), which says nothing about the camera.
pub(crate) fn is_our_own(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let Some(code) = error.raw_os_error() else { return false };
    [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::ADDRNOTAVAIL, Errno::ADDRINUSE, Errno::AGAIN]
        .iter()
        .any(|errno| errno.raw_os_error() == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_exhaustion_darkens_no_camera() {
        for (error, outcome) in [
            (io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error()), Outcome::Busy),
            (io::Error::from_raw_os_error(rustix::io::Errno::ADDRNOTAVAIL.raw_os_error()), Outcome::Busy),
            (io::Error::from_raw_os_error(rustix::io::Errno::HOSTUNREACH.raw_os_error()), Outcome::Unreachable),
            (io::Error::from_raw_os_error(rustix::io::Errno::NETUNREACH.raw_os_error()), Outcome::Unreachable),
            (io::Error::from_raw_os_error(rustix::io::Errno::CONNREFUSED.raw_os_error()), Outcome::Refused),
            (io::Error::from_raw_os_error(rustix::io::Errno::CONNRESET.raw_os_error()), Outcome::Reset),
            (io::Error::from_raw_os_error(rustix::io::Errno::TIMEDOUT.raw_os_error()), Outcome::ConnectTimeout),
            (io::Error::from_raw_os_error(rustix::io::Errno::ACCESS.raw_os_error()), Outcome::Unreachable),
        ] {
            assert_eq!(connect_failure(&error).outcome, outcome, "{error}");
        }
    }
}
