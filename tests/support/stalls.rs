//! What the machine itself withholds: a processor that the host takes away, or that others hold, stops a process for as
//! long as it likes, and no program keeps a deadline then.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

const NAP: Duration = Duration::from_millis(10);

/// Later than this is a stall, less is how sleeping goes.
const USUAL: Duration = Duration::from_millis(5);

static WITHHELD: AtomicU64 = AtomicU64::new(0);

/// How long the processors were withheld from this process by now, all of them together. Only differences mean something.
///
/// One thread on each processor sleeps again and again, and sees how late it is woken. What the process does to itself,
/// such as blocking a task's thread, does not wake them later.
pub fn withheld() -> Duration {
    static WATCHERS: OnceLock<()> = OnceLock::new();
    WATCHERS.get_or_init(|| {
        let ours = sched_getaffinity(Pid::from_raw(0)).expect("the processors of this process");
        for processor in (0..CpuSet::count()).filter(|&n| ours.is_set(n).unwrap_or(false)) {
            std::thread::spawn(move || watch(processor));
        }
    });
    Duration::from_micros(WITHHELD.load(Ordering::Relaxed))
}

fn watch(processor: usize) {
    let mut one = CpuSet::new();
    one.set(processor).expect("a processor of ours");
    sched_setaffinity(Pid::from_raw(0), &one).expect("staying on one processor");
    loop {
        let asleep = Instant::now();
        std::thread::sleep(NAP);
        let late = asleep.elapsed().saturating_sub(NAP);
        if late > USUAL {
            let late = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
            WITHHELD.fetch_add(late, Ordering::Relaxed);
        }
    }
}
