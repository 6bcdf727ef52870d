//! What the service manager is told: systemd's notify protocol, see `sd_notify(3)`. Without one, nothing.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio::sync::watch;

/// Started, or done with a reload.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// A reload begins. systemd wants to know when, by the monotonic clock.
pub(super) fn reloading() {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let microseconds = now.tv_sec * 1_000_000 + now.tv_nsec / 1_000;
    tell(&[NotifyState::Reloading, NotifyState::MonotonicUsec(i128::from(microseconds))]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Feeds the watchdog for as long as the watch goes round: a timer alone would feed it for ever.
pub(super) async fn feed_watchdog(progress: watch::Receiver<Instant>, mut stopping: watch::Receiver<bool>) {
    let Some(limit) = sd_notify::watchdog_enabled() else { return };
    let mut every = tokio::time::interval((limit / 3).max(Duration::from_millis(100)));
    loop {
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => return,
            _ = every.tick() => {}
        }
        if progress.borrow().elapsed() < limit / 2 {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!("the watch stands still; the watchdog is not fed");
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
