//! `camwatch probe`: one look at one camera.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use jiff::Timestamp;
use url::Url;

use crate::config::Config;
use crate::gate::Gate;
use crate::inventory::{CameraId, Depth, TlsPolicy, Transport};
use crate::observation::{Class, Observation, Seen};
use crate::probe::{KeyFrame, Login, Prober, Report, Request, WATCH};
use crate::secret::Secret;
use crate::store::{Reader, gate as gate_record};

/// Look at one camera once
///
/// Says in one line what it saw. Exits with 0 where the camera is up, 1 degraded, 2 dark, 3 unknown or not probed: the
/// convention of Nagios plugins.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  camwatch probe rtsp://10.20.1.11/Streaming/Channels/101
  camwatch probe rtsp://monitor:secret@10.20.1.11/live --depth picture --snapshot now.h264
  camwatch probe yl-01 --config /etc/camwatch/camwatch.toml --json")]
pub(crate) struct Args {
    /// A camera's id (with --config), or an rtsp:// or rtsps:// URL, which may carry user:password@.
    target: String,
    /// The configuration file (TOML).
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How deep to look: a connection, a description of video, a key frame, the key frame itself. Default: as
    /// configured, else frame.
    #[arg(long, value_parser = PossibleValuesParser::new(["connect", "describe", "frame", "picture"]).map(|d| depth(&d)))]
    depth: Option<Depth>,
    /// For the whole probe, as in 10s. Default: as configured, else 10s.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
    /// What media come over. Default: as configured, else tcp, and udp where the camera refuses that.
    #[arg(long, value_parser = PossibleValuesParser::new(["tcp", "udp"]).map(|t| if t == "udp" { Transport::Udp } else { Transport::Tcp }))]
    transport: Option<Transport>,
    /// Whom to trust at an rtsps:// URL: system, any, or sha256:HEX of the certificate. Default: as configured, else
    /// system.
    #[arg(long, value_name = "POLICY", value_parser = tls)]
    tls: Option<TlsPolicy>,
    /// Print one JSON observation instead of a line for people.
    #[arg(long)]
    json: bool,
    /// Write the key frame here: a JPEG file, or H.264 or H.265 in Annex B form. Implies --depth picture.
    #[arg(long, value_name = "FILE")]
    snapshot: Option<PathBuf>,
    /// Say on standard error what happened, step by step.
    #[arg(long, short)]
    verbose: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    let Prepared { request, gate, record } = match prepare(args) {
        Ok(prepared) => prepared,
        Err(problem) => {
            eprintln!("{problem}");
            return super::exit::FAILED;
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("cannot start: {error}");
            return super::exit::FAILED;
        }
    };
    let report = runtime.block_on(async {
        let prober = Prober::new(gate.clone());
        let report = prober.probe(&request).await;
        // The session is torn down behind the answer.
        prober.idle().await;
        report
    });
    // A lookup that is still under way cannot be cancelled; nobody waits for it.
    runtime.shutdown_background();
    if let Some(record) = &record
        && let Err(error) = gate_record::keep(record, &gate.drain_changes())
    {
        eprintln!("camwatch: {error}");
    }
    if args.verbose {
        for line in &report.log {
            eprintln!("{line}");
        }
    }
    if args.json {
        let at = Timestamp::now();
        let at = Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
        let observation = Observation { at, seen: Seen::Camera(report.seen.clone()) };
        println!("{}", serde_json::to_string(&observation).expect("an observation has string keys and finite numbers"));
    } else {
        println!("{}", line(&report));
    }
    if let Some(file) = &args.snapshot
        && let Err(problem) = save(file, report.key_frame.as_ref())
    {
        eprintln!("{problem}");
        if report.key_frame.is_some() {
            return super::exit::FAILED;
        }
    }
    exit_code(&report)
}

fn exit_code(report: &Report) -> u8 {
    match report.seen.outcome.class() {
        Class::Good => 0,
        Class::Stream => 1,
        Class::Path | Class::Session | Class::Media => 2,
        Class::Blind => 3,
    }
}

/// What to probe, what is known of refused logins, and where that is kept.
struct Prepared {
    request: Request,
    gate: Gate,
    record: Option<PathBuf>,
}

fn prepare(args: &Args) -> Result<Prepared, String> {
    let config = args.config.as_deref().map(Config::load).transpose().map_err(|problems| problems.to_string())?;
    let gate = config.as_ref().map_or_else(Gate::default, known_refusals);
    let mut request =
        if args.target.contains("://") { of_url(&args.target)? } else { of_camera(args, config.as_ref())? };
    if let Some(depth) = args.depth {
        request.depth = depth;
    }
    if args.snapshot.is_some() {
        request.depth = Depth::Picture;
    }
    if let Some(timeout) = args.timeout {
        request.timeout = timeout;
    }
    if let Some(transport) = args.transport {
        request.transport = transport;
    }
    if let Some(tls) = &args.tls {
        request.tls = tls.clone();
    }
    Ok(Prepared { request, gate, record: config.map(|config| config.store.path) })
}

/// The record of a daemon beside us: what it knows as refused must not be tried again from here.
pub(super) fn known_refusals(config: &Config) -> Gate {
    let kept = Reader::open(&config.store.path).and_then(|reader| Ok((reader.gate()?, reader.salt()?)));
    match kept {
        Ok((kept, salt)) => Gate::new(kept, salt),
        Err(error) => {
            tracing::debug!(%error, "no record to learn refused logins from");
            Gate::default()
        }
    }
}

fn of_camera(args: &Args, config: Option<&Config>) -> Result<Request, String> {
    let target = &args.target;
    let Some(config) = config else {
        return Err(format!(
            "{target:?} is no rtsp:// or rtsps:// URL; to probe a configured camera by its id add --config FILE"
        ));
    };
    let known = CameraId::new(target).ok().and_then(|id| config.inventory.cameras.get(&id));
    let Some(camera) = known else {
        let hint = super::nearest_id(target, config.inventory.cameras.keys().map(CameraId::as_str));
        return Err(format!("no camera {target:?} in the inventory{hint}"));
    };
    let credential = config.inventory.credential(camera.credential.as_ref());
    Ok(Request {
        camera: camera.id.clone(),
        url: camera.url.clone(),
        login: credential.map(|credential| Login {
            credential: Some(credential.id.clone()),
            username: credential.username.clone(),
            password: credential.password.clone(),
        }),
        tls: camera.tls.clone(),
        transport: camera.transport,
        depth: camera.depth,
        timeout: camera.timeout,
        watch: WATCH,
    })
}

fn of_url(text: &str) -> Result<Request, String> {
    // The text may hold a password: no message repeats it.
    let mut url = Url::parse(text).map_err(|error| format!("the URL cannot be read: {error}"))?;
    if !matches!(url.scheme(), "rtsp" | "rtsps") {
        return Err(format!("cameras are probed by rtsp:// or rtsps://, not by {}://", url.scheme()));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("the URL names no host: write rtsp://HOST[:PORT]/PATH".to_owned());
    }
    let login = (!url.username().is_empty() || url.password().is_some()).then(|| Login {
        credential: None,
        username: decoded(url.username()),
        password: Secret::new(&decoded(url.password().unwrap_or_default())),
    });
    // Neither can fail: the URL has a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Ok(Request {
        camera: id_of(&url),
        url,
        login,
        tls: TlsPolicy::default(),
        transport: Transport::Tcp,
        depth: Depth::Frame,
        timeout: Duration::from_secs(10),
        watch: WATCH,
    })
}

/// An id for a camera that has none: its host, in the characters that ids may have.
fn id_of(url: &Url) -> CameraId {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let text: String = host
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' })
        .take(crate::inventory::MAX_ID_LENGTH)
        .collect();
    let text = text.trim_start_matches(['-', '.', '_']);
    CameraId::new(text).unwrap_or_else(|_| CameraId::new("camera").expect("a literal id"))
}

/// Percent-decoding (RFC 3986 section 2.1); what is no escape stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = text.get(at + 1..at + 3).filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let escaped = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| byte == b'%');
        out.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn depth(word: &str) -> Depth {
    match word {
        "connect" => Depth::Connect,
        "describe" => Depth::Describe,
        "picture" => Depth::Picture,
        _ => Depth::Frame,
    }
}

/// As in the configuration: a number and a unit, at least a second. Milliseconds are for trying things out.
fn duration(text: &str) -> Result<Duration, String> {
    let expected = || "a duration is a number and ms, s or m, as in 10s, and at most 5m".to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| expected())?;
    let duration = match &text[digits..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    };
    duration.filter(|d| !d.is_zero() && *d <= Duration::from_secs(300)).ok_or_else(expected)
}

fn tls(text: &str) -> Result<TlsPolicy, String> {
    match text {
        "system" => Ok(TlsPolicy::System),
        "any" => Ok(TlsPolicy::Any),
        _ => text.strip_prefix("sha256:").and_then(fingerprint).map(TlsPolicy::Fingerprint).ok_or_else(|| {
            "write system, any, or sha256: and the 64 hexadecimal digits of the certificate's SHA-256".to_owned()
        }),
    }
}

fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let mut out = [0; 32];
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(out)
}

/// State, camera, outcome, what was seen, how long it took.
fn line(report: &Report) -> String {
    let seen = &report.seen;
    let state = match seen.outcome.class() {
        Class::Good => "up",
        Class::Stream => "degraded",
        Class::Path | Class::Session | Class::Media => "dark",
        Class::Blind => "unknown",
    };
    let detail = seen.detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let mut parts = vec![format!("{state}: {} {}{detail}", seen.camera, seen.outcome)];
    if let Some(stream) = &seen.stream {
        let mut words = Vec::new();
        words.extend(stream.codec.clone());
        words.extend(stream.width.zip(stream.height).map(|(width, height)| format!("{width}x{height}")));
        words.extend(stream.frames_per_second.map(|rate| format!("{rate:.1} fps")));
        #[expect(clippy::cast_precision_loss, reason = "for the eye")]
        words.extend(stream.bytes_per_second.map(|rate| format!("{:.2} Mbit/s", rate as f64 * 8.0 / 1e6)));
        words.extend(stream.keyframe_interval_seconds.map(|s| format!("key frame each {s:.1} s")));
        words.extend(stream.lost_packets.filter(|n| *n > 0).map(|n| format!("{n} packets lost")));
        parts.push(words.join(" "));
    }
    let phases: Vec<_> = seen.phases_ms.iter().map(|(phase, ms)| format!("{} {ms:.1}", phase.as_str())).collect();
    if !phases.is_empty() {
        parts.push(format!("{} ms", phases.join(", ")));
    }
    parts.join("; ")
}

fn save(file: &Path, frame: Option<&KeyFrame>) -> Result<(), String> {
    let Some(frame) = frame else { return Err(format!("no key frame came, {} is not written", file.display())) };
    std::fs::write(file, &frame.data).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    let how = if frame.codec == "jpeg" { "JPEG" } else { "Annex B; look at it with ffplay" };
    eprintln!("{}: one {} frame of {}x{} ({how})", file.display(), frame.codec, frame.width, frame.height);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urls_login_is_decoded_and_taken_out_of_it() {
        let request = of_url("rtsp://a%40b:p%20a%2Fs%25@10.0.0.1:8554/x?y=1").unwrap();
        assert_eq!(request.url.as_str(), "rtsp://10.0.0.1:8554/x?y=1");
        let login = request.login.unwrap();
        assert_eq!((login.username.as_str(), login.password.expose()), ("a@b", "p a/s%"));
        assert_eq!(request.camera.as_str(), "10.0.0.1");
        assert_eq!(decoded("50%"), "50%");
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }

    #[test]
    fn every_url_gives_a_valid_id() {
        for (url, id) in [
            ("rtsp://[2001:db8::1]/x", "2001-db8--1"),
            ("rtsp://[::1]/x", "1"),
            ("rtsp://cam.example/x", "cam.example"),
        ] {
            assert_eq!(of_url(url).unwrap().camera.as_str(), id, "{url}");
        }
    }

    #[test]
    fn what_is_no_camera_is_refused_without_repeating_a_password() {
        for bad in ["http://u:secret@h/", "rtsp://", "rtsp://u:secret@[::x]/"] {
            let problem = of_url(bad).unwrap_err();
            assert!(!problem.contains("secret"), "{problem}");
        }
    }

    #[test]
    fn durations_have_a_unit_and_an_end() {
        assert_eq!(duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["10", "0s", "1h", "s", "6m", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
