//! Real RTSP servers: gst-rtsp-server and VLC.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use sha2::Digest as _;
use tempfile::TempDir;

use super::{Process, free_port, require, skip, wait_until};

/// How long a server may take to come up on a busy machine.
const START: Duration = Duration::from_secs(60);

/// The account of the mounts that ask for one; see `tests/peers/gst_server.py`.
pub const USER: &str = "monitor";
pub const PASSWORD: &str = "dem lanh 7";

/// gst-rtsp-server, with the mounts that `tests/peers/gst_server.py` lists.
pub struct GstServer {
    process: Process,
    ports: GstPorts,
    /// Holds the certificate.
    dir: TempDir,
    fingerprint: String,
}

#[derive(Debug, Clone, Deserialize)]
struct GstPorts {
    plain: u16,
    digest: u16,
    basic: u16,
    tls: u16,
}

/// What the server itself counts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GstCounts {
    /// RTSP sessions that were set up and neither torn down nor timed out.
    pub sessions: u32,
    /// Open connections.
    pub clients: u32,
    /// Connections since the start.
    pub connections: u32,
    pub teardowns: u32,
    /// Requests with credentials.
    pub logins: u32,
    pub refused_logins: u32,
}

impl GstServer {
    /// Starts it, or says what this test is skipped for.
    pub fn start() -> Option<Self> {
        let python = require("/usr/bin/python3")?;
        let probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
        let usable = Command::new(python).args(["-c", probe]).output().is_ok_and(|o| o.status.success());
        if !usable {
            skip("gst-rtsp-server through python3-gi (gir1.2-gst-rtsp-server-1.0)");
            return None;
        }
        let dir = TempDir::new().expect("a temporary directory");
        let made = rcgen::generate_simple_self_signed(vec!["camera.example".to_owned()]).expect("a certificate");
        let pem = made.cert.pem() + &made.signing_key.serialize_pem();
        fs::write(dir.path().join("camera.pem"), pem).expect("writing the certificate");
        let mut fingerprint = String::new();
        for byte in sha2::Sha256::digest(made.cert.der()) {
            write!(fingerprint, "{byte:02x}").expect("writing to a string");
        }
        let (process, ports) = launch(dir.path(), None);
        Some(Self { process, ports, dir, fingerprint })
    }

    /// The URL of a mount, without login.
    pub fn url(&self, mount: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{mount}", self.ports.plain)
    }

    pub fn tls_url(&self, mount: &str) -> String {
        format!("rtsps://127.0.0.1:{}/{mount}", self.ports.tls)
    }

    /// The SHA-256 of its certificate, in hexadecimal.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The URL of a mount behind Digest authentication, without the login.
    pub fn digest_url(&self, mount: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{mount}", self.ports.digest)
    }

    /// The URL of a mount behind Basic authentication, without the login.
    pub fn basic_url(&self, mount: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{mount}", self.ports.basic)
    }

    pub fn counts(&mut self) -> GstCounts {
        self.process.say("count");
        let line = self.process.line(START);
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("the server counts in JSON ({e}): {line}"))
    }

    /// Waits until nobody holds a session or a connection: a TEARDOWN is answered before the server has cleaned up.
    pub fn wait_until_left_alone(&mut self) {
        wait_until("every session and connection to be gone from the server", Duration::from_secs(10), || {
            let counts = self.counts();
            counts.sessions == 0 && counts.clients == 0
        });
    }

    pub fn pause(&self) {
        self.process.pause();
    }

    pub fn resume(&self) {
        self.process.resume();
    }

    /// Ends the server as a power cut would; its ports refuse from now on.
    pub fn power_off(&mut self) {
        self.process.signal(rustix::process::Signal::KILL);
        self.process.wait(START);
    }

    /// Comes back on the ports that it had.
    pub fn power_on(&mut self) {
        (self.process, self.ports) = launch(self.dir.path(), Some(&self.ports));
    }
}

fn launch(dir: &Path, ports: Option<&GstPorts>) -> (Process, GstPorts) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/gst_server.py");
    // By its full path: the system's packages belong to the system's Python, whatever PATH says.
    let mut command = Command::new("/usr/bin/python3");
    command.arg(script).arg("--certificate").arg(dir.join("camera.pem"));
    if let Some(ports) = ports {
        for (name, port) in
            [("--plain", ports.plain), ("--digest", ports.digest), ("--basic", ports.basic), ("--tls", ports.tls)]
        {
            command.arg(name).arg(port.to_string());
        }
    }
    let process = Process::start(&mut command);
    let line = process.line(START);
    let ports = serde_json::from_str(&line).unwrap_or_else(|e| panic!("the server names its ports ({e}): {line}"));
    (process, ports)
}

/// VLC's RTSP output of a looping clip (H.264, 320x180, 10 frames a second, a key frame each second). It serves UDP
/// only and answers 461 to whoever asks for TCP.
pub struct Vlc {
    process: Process,
    port: u16,
    clip: PathBuf,
    _dir: TempDir,
}

impl Vlc {
    /// Starts it, or says what this test is skipped for.
    pub fn start() -> Option<Self> {
        let ffmpeg = require("ffmpeg")?;
        require("cvlc")?;
        let dir = TempDir::new().expect("a temporary directory");
        let clip = dir.path().join("clip.mp4");
        let made = Command::new(ffmpeg)
            .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=10", "-t", "20"])
            .args(["-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-pix_fmt", "yuv420p"])
            .arg(&clip)
            .output()
            .expect("running ffmpeg");
        assert!(made.status.success(), "making the clip: {}", String::from_utf8_lossy(&made.stderr));
        // VLC may run as another user, see below.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("opening the clip's directory");
        let port = free_port();
        Some(Self { process: stream(&clip, port), port, clip, _dir: dir })
    }

    pub fn url(&self) -> String {
        format!("rtsp://127.0.0.1:{}/clip", self.port)
    }

    pub fn pause(&self) {
        self.process.pause();
    }

    pub fn resume(&self) {
        self.process.resume();
    }

    pub fn power_off(&mut self) {
        self.process.signal(rustix::process::Signal::KILL);
        self.process.wait(START);
    }

    pub fn power_on(&mut self) {
        self.process = stream(&self.clip, self.port);
    }
}

fn stream(clip: &Path, port: u16) -> Process {
    let mut command = if rustix::process::geteuid().is_root() {
        // VLC refuses to run as root.
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", "cvlc"]);
        command
    } else {
        Command::new("cvlc")
    };
    let output = format!("#rtp{{sdp=rtsp://127.0.0.1:{port}/clip}}");
    command
        .args(["--no-audio", "--loop", "--sout-keep"])
        .arg(clip)
        .args(["--sout", &output])
        .env("HOME", "/nonexistent");
    let mut process = Process::start(&mut command);
    wait_until("VLC to describe its stream", START, || {
        assert!(process.is_running(), "VLC ended: {}", process.stderr());
        describes(port)
    });
    process
}

/// Whether VLC has opened its clip: it listens before that, and answers 500.
fn describes(port: u16) -> bool {
    let answer = std::net::TcpStream::connect(("127.0.0.1", port)).and_then(|mut caller| {
        caller.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(caller, "DESCRIBE rtsp://127.0.0.1:{port}/clip RTSP/1.0\r\nCSeq: 1\r\n\r\n")?;
        let mut status = [0; 12];
        caller.read_exact(&mut status)?;
        Ok(status)
    });
    answer.is_ok_and(|status| status == *b"RTSP/1.0 200")
}
