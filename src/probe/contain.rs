//! Panics that a camera provokes in the RTSP library: caught, and kept off standard error.
//!
//! Such a panic is an observation and is reported as one. The usual hook would print it with the camera's bytes in hex,
//! and where backtraces are on, take seconds and tens of megabytes to name each frame of the stack.

use std::cell::Cell;
use std::future::poll_fn;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Once;

use futures_util::FutureExt as _;

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs to its end or to its panic. Behind a panic the future is only to be dropped: nothing broken is seen by anybody.
pub(crate) fn contained<F: Future>(mut future: Pin<&mut F>) -> impl Future<Output = std::thread::Result<F::Output>> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if CONTAINED.get() {
                tracing::debug!(location = ?info.location(), "the RTSP library panicked");
            } else {
                usual(info);
            }
        }));
    });
    AssertUnwindSafe(poll_fn(move |context| {
        let _within = Within::begin();
        future.as_mut().poll(context)
    }))
    .catch_unwind()
}

/// This thread is inside of what is contained, until this is dropped.
struct Within(bool);

impl Within {
    fn begin() -> Self {
        Self(CONTAINED.replace(true))
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        CONTAINED.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_result_and_what_comes_after_is_as_before() {
        let panics = async {
            tokio::task::yield_now().await;
            std::panic::panic_any("over what a camera sent")
        };
        assert!(contained(pin!(panics)).await.is_err());
        assert!(!CONTAINED.get());
        assert_eq!(contained(pin!(async { 5 })).await.unwrap(), 5);
    }
}
