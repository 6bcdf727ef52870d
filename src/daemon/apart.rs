//! Threads of its own for the web: those who read take nothing from those who look at cameras.
//!
//! In one runtime with the looks a thousand requests stand in the queue before a look whose moment has come. Apart, it is
//! the system that shares out the processors, and there the web's threads step back. Must not know what runs.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// How far the web's threads step back (`nice(2)`): where a look wants the processor, it has nine tenths of it.
const STEPS_BACK: i32 = 10;
/// Threads for what takes long (pages are made there); more wait.
const LONG: usize = 16;

/// Runs what it is given on threads of its own until that ends.
pub(super) struct Apart(Option<Runtime>);

impl Apart {
    /// # Errors
    /// Where threads cannot be had.
    pub(super) fn new(name: &'static str) -> io::Result<Self> {
        let niceness = niceness();
        let workers = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        let runtime = Builder::new_multi_thread()
            .worker_threads(workers)
            .max_blocking_threads(LONG)
            .thread_name(name)
            .on_thread_start(move || step_back(niceness))
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Ends when the task ends. Its panic is the caller's, as if the task were its own.
    pub(super) async fn run(self, task: impl Future<Output = ()> + Send + 'static) {
        let Some(runtime) = &self.0 else { return };
        if let Err(error) = runtime.spawn(task).await
            && let Ok(panic) = error.try_into_panic()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // A runtime that waits for its threads may not be dropped inside another.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Of threads that have stepped back from the one that calls.
fn niceness() -> i32 {
    (rustix::process::getpriority_process(None).unwrap_or_default() + STEPS_BACK).min(19)
}

/// On Linux a thread has its own niceness, and begins with that of the thread that made it: one that has stepped back already
/// may have. Where it cannot be set, the threads are as all others.
fn step_back(niceness: i32) {
    if let Err(error) = rustix::process::setpriority_process(None, niceness) {
        tracing::debug!(%error, "a thread of the web cannot step back");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_runs_on_threads_of_its_own_that_have_stepped_back() {
        let ours = rustix::process::getpriority_process(None).unwrap();
        let (tell, told) = tokio::sync::oneshot::channel();
        let task = async move {
            let long = tokio::task::spawn_blocking(|| rustix::process::getpriority_process(None).unwrap());
            let name = std::thread::current().name().map(str::to_owned);
            let _ = tell.send((name, rustix::process::getpriority_process(None).unwrap(), long.await.unwrap()));
        };
        Apart::new("the-web").unwrap().run(task).await;
        let theirs = (ours + STEPS_BACK).min(19);
        assert_eq!(told.await.unwrap(), (Some("the-web".to_owned()), theirs, theirs));
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), ours, "nobody else stepped back");
    }

    #[tokio::test]
    async fn a_panic_is_noticed_by_who_waits() {
        let ended = tokio::spawn(Apart::new("the-web").unwrap().run(async { panic!("as if by a fault") })).await;
        assert!(ended.unwrap_err().is_panic());
    }

    #[tokio::test]
    async fn who_no_longer_waits_ends_it() {
        struct Dropped(Option<tokio::sync::oneshot::Sender<()>>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                let _ = self.0.take().map(|tell| tell.send(()));
            }
        }
        let (tell, told) = tokio::sync::oneshot::channel();
        let held = Dropped(Some(tell));
        let task = tokio::spawn(Apart::new("the-web").unwrap().run(async move {
            let _held = held;
            std::future::pending::<()>().await;
        }));
        tokio::task::yield_now().await;
        task.abort();
        assert!(told.await.is_ok());
    }
}
