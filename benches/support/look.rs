//! One look at a camera as benchmarks take it, and what CPU time the operating system accounts for.

use std::time::Duration;

use camwatch::inventory::{CameraId, Depth, TlsPolicy, Transport};
use camwatch::probe::Request;
use nix::sys::resource::{UsageWho, getrusage};

/// User and system time so far, of this process or of its children that have ended.
pub fn cpu(who: UsageWho) -> Duration {
    let usage = getrusage(who).expect("the kernel's account");
    let micros = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .iter()
        .sum::<i64>();
    Duration::from_micros(u64::try_from(micros).expect("time spent is not negative"))
}

/// A probe without a login, over TCP.
pub fn request(url: &str, depth: Depth, watch: Duration) -> Request {
    Request {
        camera: CameraId::new("camera").expect("a valid id"),
        url: url.parse().expect("a URL"),
        login: None,
        tls: TlsPolicy::System,
        transport: Transport::Tcp,
        depth,
        timeout: Duration::from_secs(10),
        watch,
    }
}
