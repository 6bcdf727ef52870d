//! A child process with its process group, which never outlives the value.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// Killed with its whole process group on drop. Its output is kept and can be looked at while it runs.
pub struct Process {
    child: Child,
    lines: std::sync::mpsc::Receiver<String>,
    stderr: Arc<Mutex<String>>,
}

impl Process {
    /// Starts `command` as the leader of a process group of its own, with pipes for its standard streams.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("starting {command:?}: {e}"));
        let (sender, lines) = std::sync::mpsc::sync_channel(4096);
        let stdout = child.stdout.take().expect("standard output is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = Arc::new(Mutex::new(String::new()));
        let pipe = child.stderr.take().expect("standard error is piped");
        let kept = Arc::clone(&stderr);
        std::thread::spawn(move || keep(pipe, &kept));
        Self { child, lines, stderr }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The next line of its standard output.
    pub fn line(&self, limit: Duration) -> String {
        self.lines.recv_timeout(limit).unwrap_or_else(|e| panic!("no line on standard output ({e}): {}", self.stderr()))
    }

    /// As [`Process::line`]; `None` where it ends, or says nothing for so long.
    pub fn next_line(&self, limit: Duration) -> Option<String> {
        self.lines.recv_timeout(limit).ok()
    }

    /// Writes one line to its standard input.
    pub fn say(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().expect("standard input is piped");
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).expect("writing to the child");
    }

    /// Everything that it wrote to standard error until now.
    pub fn stderr(&self) -> String {
        self.stderr.lock().expect("no thread panics with this lock").clone()
    }

    /// Sends a signal to the process alone.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("signalling a child that was not yet waited for");
    }

    /// Stops the whole group: it holds its ports and connections, and answers nothing.
    pub fn pause(&self) {
        kill_process_group(self.pid(), Signal::STOP).expect("stopping a group that was not yet waited for");
    }

    pub fn resume(&self) {
        kill_process_group(self.pid(), Signal::CONT).expect("continuing a group that was not yet waited for");
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        super::wait_for("the end of a child process", limit, || self.child.try_wait().expect("waiting for a child"))
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("waiting for a child").is_none()
    }
}

fn keep(mut pipe: impl Read, kept: &Mutex<String>) {
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = pipe.read(&mut buffer) {
        kept.lock().expect("no thread panics with this lock").push_str(&String::from_utf8_lossy(&buffer[..n]));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already is fine: that is what is wanted.
        let _ = kill_process_group(self.pid(), Signal::KILL);
        let _ = self.child.wait();
    }
}
