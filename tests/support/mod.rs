//! What integration tests share: programs that may be missing, child processes that never outlive their test, waiting,
//! the real binary, the real servers.
//!
//! Knows the command line and HTTP only, as an operator does; nothing of the library's inside.
// Every test binary compiles this module and uses a part of it.
#![allow(dead_code, unused_imports)]

mod bare_client;
mod daemon;
mod peers;
mod process;
mod stalls;
mod village;

pub use bare_client::{BareClient, Viewer};
pub use daemon::{Camera, ConfigFile, Daemon, http_get, http_post, metric_in};
pub use peers::{GstCounts, GstServer, PASSWORD, USER, Vlc};
pub use process::Process;
pub use stalls::withheld;
pub use village::Village;

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The binary under test.
pub const CAMWATCH: &str = env!("CARGO_BIN_EXE_camwatch");

/// Where a program is, or `None` after saying that this test is skipped.
///
/// # Panics
/// When it is missing and `CAMWATCH_REQUIRE_ALL` is `1`: whoever runs everything wants to know.
pub fn require(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| is_executable(file));
    if found.is_none() {
        skip(program);
    }
    found
}

/// Where the packages of `tests/npm` are installed, or `None` after saying that this test is skipped.
///
/// # Panics
/// When `CAMWATCH_REQUIRE_ALL` is `1`.
pub fn npm_modules() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp lies in the target directory");
    let installed = target.join("npm/.installed").exists();
    if !installed {
        skip("what tests/npm/install installs");
    }
    installed.then(|| target.join("npm/node_modules"))
}

/// Says that the running test is skipped for want of something. A test that calls this returns.
///
/// # Panics
/// When `CAMWATCH_REQUIRE_ALL` is `1`.
pub fn skip(needs: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let all = std::env::var_os("CAMWATCH_REQUIRE_ALL").is_some_and(|v| v == "1");
    assert!(!all, "{test} needs {needs}, and CAMWATCH_REQUIRE_ALL=1 lets no test be skipped");
    // Past the test runner's capture, which hides what `eprintln!` says in a test that passes.
    let _ = writeln!(std::io::stderr(), "skipped: {test}: needs {needs}");
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// A TCP port on loopback that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binding a port on loopback");
    listener.local_addr().expect("the port just bound").port()
}

/// Asks until there is an answer.
///
/// # Panics
/// After `limit`, which is there to end a broken test and is no claim about speed.
pub fn wait_for<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// As [`wait_for`], for a condition.
pub fn wait_until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    wait_for(what, limit, || holds().then_some(()));
}

/// Runs `camwatch` to its end, without colour and without the caller's log settings.
pub fn camwatch<I, S>(args: I) -> Output
where
    I: IntoIterator<Item = S>,
    S: AsRef<std::ffi::OsStr>,
{
    Command::new(CAMWATCH).args(args).env("NO_COLOR", "1").env_remove("RUST_LOG").output().expect("running camwatch")
}

/// What `camwatch probe ... --json` printed, and how it ended.
#[derive(Debug)]
pub struct Probed {
    pub exit: i32,
    pub observation: serde_json::Value,
    pub stderr: String,
}

impl Probed {
    pub fn outcome(&self) -> &str {
        self.observation["outcome"].as_str().expect("an outcome")
    }
}

/// Probes a URL, or with `--config FILE` among `args` a camera, with the real binary.
pub fn probe(target: &str, args: &[&str]) -> Probed {
    let output = camwatch(["probe", target, "--json"].iter().chain(args));
    let stdout = String::from_utf8(output.stdout).expect("UTF-8 on standard output");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let observation = serde_json::from_str(&stdout)
        .unwrap_or_else(|e| panic!("`probe {target} {args:?}` printed no observation ({e}): {stdout:?}\n{stderr}"));
    Probed { exit: output.status.code().expect("an exit code"), observation, stderr }
}
