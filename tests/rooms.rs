//! The house's own rules, where a compiler does not hold them: who may know whom, and what decides is pure.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file of a room: `NAME.rs` and everything under `NAME/`.
fn files(room: &str) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: Vec<PathBuf> = [src.join(format!("{room}.rs"))].into_iter().filter(|file| file.is_file()).collect();
    let mut directories = vec![src.join(room)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let path = entry.expect("a directory entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "there is a room {room}");
    found
}

/// What a file says outside of comments and before its unit tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether a file holds unit tests alone.
fn is_tests(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"))
}

#[track_caller]
fn never_says(room: &str, words: &[&str]) {
    for file in files(room).iter().filter(|file| !is_tests(file)) {
        let code = code(file);
        for word in words {
            assert!(!code.contains(word), "{}: a part of {room} says `{word}`", file.display());
        }
    }
}

/// Clocks, tasks, files, sockets and chance.
const THE_WORLD: &[&str] = &[
    "Timestamp::now",
    "Zoned::now",
    "Instant::now",
    "SystemTime",
    "tokio::",
    "async fn",
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::env",
    "std::thread",
    "fastrand",
];

#[test]
fn what_decides_is_pure() {
    for room in ["judgement", "ledger", "inventory", "observation", "duty", "paging"] {
        never_says(room, THE_WORLD);
    }
}

#[test]
fn nothing_asks_upwards() {
    const DOWNSTREAM: &[&str] =
        &["crate::store", "crate::web", "crate::export", "crate::report", "crate::daemon", "crate::cli"];
    for room in ["inventory", "observation", "judgement", "probe", "schedule", "config"] {
        never_says(room, DOWNSTREAM);
    }
    never_says("inventory", &["crate::config", "crate::judgement", "crate::probe", "crate::observation"]);
    for room in ["dial", "gate", "device"] {
        never_says(room, DOWNSTREAM);
        never_says(room, &["crate::judgement", "crate::schedule", "crate::probe"]);
    }
    never_says("dial", &["crate::gate", "crate::device"]);
    never_says("gate", &["crate::dial", "crate::device"]);
    for file in ["gate/account", "gate/ports"] {
        never_says(file, THE_WORLD);
    }
    never_says("probe", &["crate::judgement", "crate::schedule", "crate::ledger"]);
    never_says("judgement", &["crate::probe", "crate::schedule"]);
    never_says("duty", DOWNSTREAM);
    never_says("duty", &["crate::judgement", "crate::paging", "crate::notify"]);
    never_says("paging", DOWNSTREAM);
    never_says("paging", &["crate::notify"]);
    for room in ["store", "export", "web", "report", "schedule", "snapshot"] {
        never_says(room, &["crate::daemon", "crate::cli"]);
    }
}

#[test]
fn simulated_cameras_know_nothing_of_who_watches_them() {
    never_says("simulate", &["crate::probe", "crate::judgement", "crate::store", "crate::daemon", "crate::config"]);
    never_says("simulate", &["crate::device", "crate::gate", "crate::inventory", "crate::observation"]);
}

#[test]
fn every_room_says_what_it_is_for() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in fs::read_dir(src).expect("the sources") {
        let path = room.expect("a directory entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for file in files(&name).iter().filter(|file| !is_tests(file)) {
            let text = fs::read_to_string(file).expect("a source file");
            assert!(text.starts_with("//!"), "{} does not open with what it is for", file.display());
        }
    }
}
