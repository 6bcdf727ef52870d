//! The `process_*` series that every Prometheus client library has, from `/proc/self`.
//!
//! Not the `prometheus` crate's: that one counts whole CPU seconds, and where systemd hides `/proc/stat`
//! (`ProcSubset=pid`, as our unit has it) says that the process began in 1970. It also brings a second `rustix`.

use std::sync::OnceLock;

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::text::{Kind, Writer, rounded};

/// The fields of `/proc/self/stat` that are exported (proc(5)).
#[derive(Debug, PartialEq)]
struct Stat {
    cpu_ticks: u64,
    threads: u64,
    /// After the machine's start.
    start_ticks: u64,
    virtual_bytes: u64,
    resident_pages: u64,
}

/// Writes what can be read; where `/proc` is not there, nothing.
#[allow(clippy::cast_precision_loss)] // Bytes and ticks of one process stay far below 2^52.
pub fn write(out: &mut Writer) {
    let mut one = |name, kind, help, value: f64| out.family(name, kind, help).sample("", value);
    if let Some(stat) = std::fs::read_to_string("/proc/self/stat").ok().and_then(|text| Stat::parse(&text)) {
        let seconds = stat.cpu_ticks as f64 / clock_ticks_per_second() as f64;
        one("process_cpu_seconds_total", Kind::Counter, "Total user and system CPU time spent in seconds.", seconds);
        one(
            "process_resident_memory_bytes",
            Kind::Gauge,
            "Resident memory size in bytes.",
            stat.resident_pages as f64 * page_size() as f64,
        );
        one("process_virtual_memory_bytes", Kind::Gauge, "Virtual memory size in bytes.", stat.virtual_bytes as f64);
        one("process_threads", Kind::Gauge, "Number of OS threads in the process.", stat.threads as f64);
        one(
            "process_start_time_seconds",
            Kind::Gauge,
            "Start time of the process since unix epoch in seconds.",
            start_time(stat.start_ticks),
        );
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        // The one that reads the directory is gone when somebody reads this.
        let open = open.count().saturating_sub(1);
        one("process_open_fds", Kind::Gauge, "Number of open file descriptors.", open as f64);
    }
    if let Some(most) = getrlimit(Resource::Nofile).current {
        one("process_max_fds", Kind::Gauge, "Maximum number of open file descriptors.", most as f64);
    }
}

/// Counted once: the two clocks drift apart, and a start time that moves looks like a restart.
#[allow(clippy::cast_precision_loss)] // Seconds.
fn start_time(start_ticks: u64) -> f64 {
    static START: OnceLock<f64> = OnceLock::new();
    *START.get_or_init(|| {
        let seconds = |clock| {
            let time = clock_gettime(clock);
            time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
        };
        let machine = seconds(ClockId::Realtime) - seconds(ClockId::Boottime);
        rounded(machine + start_ticks as f64 / clock_ticks_per_second() as f64, 2)
    })
}

impl Stat {
    fn parse(text: &str) -> Option<Self> {
        // The second field is the program's name in parentheses and may hold anything, parentheses too.
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // proc(5) counts from 1, and `rest` begins with the third.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            start_ticks: field(22)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_any_program_name() {
        let text = "1 (a) b (c) R 2 3 4 5 -1 6 7 8 9 10 100 20 13 14 15 16 17 18 4000 409600 25 18446744073709551615 1";
        let expected =
            Stat { cpu_ticks: 120, threads: 17, start_ticks: 4000, virtual_bytes: 409_600, resident_pages: 25 };
        assert_eq!(Stat::parse(text), Some(expected));
        for bad in ["", "1 (x)", "1 (x) R 1 2 3", "no parenthesis"] {
            assert_eq!(Stat::parse(bad), None, "{bad}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_began_in_the_past_and_has_memory() {
        let mut out = Writer::with_capacity(0);
        write(&mut out);
        let page = out.into_text();
        let value = |name: &str| -> f64 {
            let line =
                page.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_else(|| panic!("{name}"));
            line.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let now = super::super::text::unix_seconds(jiff::Timestamp::now());
        let began = value("process_start_time_seconds");
        assert!(began <= now && began > now - 86_400.0, "{began} is shortly before {now}");
        assert!(value("process_resident_memory_bytes") > 1_000_000.0);
        assert!(value("process_open_fds") >= 3.0 && value("process_open_fds") <= value("process_max_fds"));
        assert!(value("process_threads") >= 1.0);
        assert!(value("process_cpu_seconds_total") >= 0.0);
    }
}
