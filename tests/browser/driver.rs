//! Scripts in a real Chromium, for tests.
// Every user compiles this module and uses a part of it.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Process, npm_modules, require};

/// Ends a broken script; no claim about speed.
const LIMIT: Duration = Duration::from_secs(120);

/// Programs and packages that scripts run on.
pub struct Chromium {
    node: PathBuf,
    modules: PathBuf,
}

/// What a script says.
#[derive(Debug)]
pub enum Said {
    /// Something is to be changed; it waits until it is told that this was done.
    Asks(String),
    /// It has ended, and all was as it should be.
    Result(Value),
}

impl Chromium {
    /// `None` after saying what is missing.
    pub fn find() -> Option<Self> {
        let node = require("node")?;
        require("chromium")?;
        Some(Self { node, modules: npm_modules()? })
    }

    /// Runs a script of `tests/browser` that asks for nothing.
    ///
    /// # Panics
    /// With what it found wrong.
    #[track_caller]
    pub fn run(&self, script: &str, server: SocketAddr, given: Value) -> Value {
        match self.start(script, server, given).said() {
            Said::Result(result) => result,
            Said::Asks(what) => panic!("{script} asks for {what}"),
        }
    }

    /// Starts one, to be asked what it says.
    pub fn start(&self, script: &str, server: SocketAddr, mut given: Value) -> Script {
        given["base"] = json!(format!("http://{server}"));
        given["pictures"] = json!(target().join("screenshots"));
        let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/run.mjs");
        let mut command = Command::new(&self.node);
        command.arg(run).arg(script).arg(given.to_string()).env("BROWSER_MODULES", &self.modules);
        Script { process: Process::start(&mut command), name: script.to_owned() }
    }
}

/// A script that runs.
pub struct Script {
    process: Process,
    name: String,
}

impl Script {
    /// Waits for what it says next.
    ///
    /// # Panics
    /// With what it found wrong.
    #[track_caller]
    pub fn said(&mut self) -> Said {
        let Some(line) = self.process.next_line(LIMIT) else {
            self.process.wait(LIMIT);
            panic!("{}: {}", self.name, self.process.stderr());
        };
        let mut said: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{}: {e}: {line}", self.name));
        match said["ask"].as_str() {
            Some(what) => Said::Asks(what.to_owned()),
            None => Said::Result(said["result"].take()),
        }
    }

    /// Answers what it asked for.
    pub fn answer(&mut self, line: &str) {
        self.process.say(line);
    }
}

/// Cargo's target directory.
pub fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("tmp lies in the target directory").to_owned()
}
