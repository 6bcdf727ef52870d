//! Names into addresses: cached, one lookup a name at a time.
//!
//! getaddrinfo cannot be cancelled, and a lookup that nobody waits for any more keeps its thread. So each name is looked
//! up once however many probes ask, and only a few names at a time: a dead resolver costs a few threads and not all.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

/// How long addresses are believed. The operating system does not tell the record's own time to live.
const BELIEVED: Duration = Duration::from_secs(60);

/// Lookups of different names that may run at once.
const LOOKUPS: usize = 16;

type Answer = Result<Arc<[IpAddr]>, io::ErrorKind>;

#[derive(Clone)]
pub(crate) struct Resolver {
    inner: Arc<Inner>,
}

struct Inner {
    names: Mutex<HashMap<String, Entry>>,
    lookups: Arc<Semaphore>,
}

enum Entry {
    Known(Arc<[IpAddr]>, Instant),
    Running(watch::Receiver<Option<Answer>>),
}

impl Resolver {
    pub(crate) fn new() -> Self {
        let inner = Inner { names: Mutex::new(HashMap::new()), lookups: Arc::new(Semaphore::new(LOOKUPS)) };
        Self { inner: Arc::new(inner) }
    }

    /// The addresses of a host, at least one. Literal addresses need no lookup.
    ///
    /// # Errors
    /// Where the resolver knows none.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        if host.contains('%')
            && let Ok(scoped) = format!("[{host}]:{port}").to_socket_addrs()
        {
            // A literal IPv6 address with a zone; no server is asked.
            return Ok(scoped.collect());
        }
        let mut running = match self.look_up(host) {
            Ok(known) => return Ok(with_port(&known, port)),
            Err(running) => running,
        };
        let answer = running.wait_for(Option::is_some).await.map_err(|_| io::ErrorKind::Interrupted)?.clone();
        match answer {
            Some(Ok(known)) => Ok(with_port(&known, port)),
            Some(Err(kind)) => Err(kind.into()),
            None => Err(io::ErrorKind::Interrupted.into()),
        }
    }

    /// No address of this host answered: it may have moved.
    pub(crate) fn forget(&self, host: &str) {
        let mut names = self.inner.names.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(names.get(host), Some(Entry::Known(..))) {
            names.remove(host);
        }
    }

    fn look_up(&self, host: &str) -> Result<Arc<[IpAddr]>, watch::Receiver<Option<Answer>>> {
        let mut names = self.inner.names.lock().unwrap_or_else(PoisonError::into_inner);
        match names.get(host) {
            Some(Entry::Known(known, since)) if since.elapsed() < BELIEVED => return Ok(Arc::clone(known)),
            Some(Entry::Running(running)) => return Err(running.clone()),
            _ => {}
        }
        let (tell, running) = watch::channel(None);
        names.insert(host.to_owned(), Entry::Running(running.clone()));
        drop(names);
        let (inner, host) = (Arc::clone(&self.inner), host.to_owned());
        tokio::spawn(async move {
            let _turn = inner.lookups.acquire().await;
            let name = host.clone();
            let found = tokio::task::spawn_blocking(move || (name.as_str(), 0).to_socket_addrs()).await;
            let answer: Answer = match found {
                Ok(Ok(found)) => {
                    let mut addresses: Vec<_> = found.map(|a| a.ip()).collect();
                    addresses.dedup();
                    if addresses.is_empty() { Err(io::ErrorKind::NotFound) } else { Ok(addresses.into()) }
                }
                Ok(Err(error)) => Err(error.kind()),
                Err(_) => Err(io::ErrorKind::Interrupted),
            };
            let mut names = inner.names.lock().unwrap_or_else(PoisonError::into_inner);
            match &answer {
                Ok(known) => names.insert(host, Entry::Known(Arc::clone(known), Instant::now())),
                Err(_) => names.remove(&host),
            };
            drop(names);
            tell.send_replace(Some(answer));
        });
        Err(running)
    }
}

fn with_port(addresses: &[IpAddr], port: u16) -> Vec<SocketAddr> {
    addresses.iter().map(|ip| SocketAddr::new(*ip, port)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn literal_addresses_are_not_looked_up() {
        let resolver = Resolver::new();
        assert_eq!(resolver.resolve("127.0.0.1", 5).await.unwrap(), ["127.0.0.1:5".parse().unwrap()]);
        assert_eq!(resolver.resolve("::1", 5).await.unwrap(), ["[::1]:5".parse().unwrap()]);
        assert!(resolver.inner.names.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_and_a_wrong_one_is_an_error_each_time() {
        let resolver = Resolver::new();
        let (a, b) = tokio::join!(resolver.resolve("localhost", 1), resolver.resolve("localhost", 2));
        assert_eq!((a.unwrap()[0].port(), b.unwrap()[0].port()), (1, 2));
        assert!(resolver.look_up("localhost").is_ok(), "kept");
        resolver.forget("localhost");
        assert!(resolver.look_up("localhost").is_err(), "forgotten");
        assert!(resolver.resolve("no-such-name.invalid", 1).await.is_err());
    }
}
