//! Tells on the terminal what is broken and what the daemon makes of it, side by side.

use std::collections::HashSet;
use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, timeout};

use super::phone::Received;
use super::texts::Text;
use crate::inventory::{CameraId, Language};
use crate::judgement::Event;
use crate::judgement::event::{IncidentEvent, Phase, StateEvent};
use crate::observation::State;
use crate::snapshot::Snapshot;

/// Events that come within this time of each other and say the same are one line.
const TOGETHER: Duration = Duration::from_millis(500);
/// How long a line is kept back for what belongs to it.
const AT_MOST: Duration = Duration::from_millis(1500);
/// So many cameras are named in one line.
const NAMED: usize = 8;

pub(super) struct Narrator {
    language: Language,
    quiet: bool,
    colour: bool,
}

#[derive(Clone, Copy)]
enum Colour {
    Red,
    Green,
    Yellow,
    Cyan,
    Dim,
}

impl Narrator {
    pub(super) fn new(language: Language, quiet: bool) -> Self {
        let colour =
            std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { language, quiet, colour }
    }

    pub(super) fn greet(&self, address: SocketAddr, control: SocketAddr, file: &Path) {
        let program = std::env::args().next().unwrap_or_else(|| "camwatch".into());
        let (program, file) = (shell(&program), shell(&file.display().to_string()));
        let month = Zoned::now().with_time_zone(TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or(TimeZone::UTC));
        let month = month.strftime("%Y-%m");
        line(Text::Title.in_language(self.language));
        line(&Text::Ready.with(self.language, &[&format!("http://{address}/")]));
        line("");
        line(Text::Try.in_language(self.language));
        for command in [
            format!("{program} status --config {file}"),
            format!("{program} probe yl-01 --config {file}"),
            format!("curl http://{address}/metrics"),
            format!("{program} report --config {file} --month {month} --format json"),
            format!("curl -d refused http://{control}/cameras/cm-01/behaviour"),
            format!("curl -d 'disk 1 error' http://{control}/recorders/yl-nvr/behaviour"),
            format!("curl http://{control}/faults http://{control}/faults/recorders"),
        ] {
            line(&format!("  {command}"));
        }
        line("");
        line(Text::Stop.in_language(self.language));
        if !self.quiet {
            line("");
            line(Text::Legend.in_language(self.language));
        }
    }

    /// Something was broken or mended.
    pub(super) fn fault(&self, text: Text, subject: Option<&str>) {
        let said = text.with(self.language, subject.as_slice());
        self.tell('»', Colour::Yellow, &said);
    }

    /// Shows what arrives on the phones of those on duty, until there are none.
    pub(super) async fn show_phone(&self, received: &mut mpsc::Receiver<Received>) {
        while let Some(message) = received.recv().await {
            let mut lines = message.text.lines().filter(|line| !line.trim().is_empty());
            self.tell('✉', Colour::Cyan, &format!("{}: {}", message.officer(), lines.next().unwrap_or_default()));
            for line in lines {
                self.tell(' ', Colour::Cyan, line);
            }
        }
    }

    /// Tells what the daemon decides, until it ends.
    pub(super) async fn follow(
        &self,
        mut events: broadcast::Receiver<Event>,
        mut snapshot: watch::Receiver<Arc<Snapshot>>,
    ) {
        let mut all_up_told = false;
        let mut seen = HashSet::new();
        loop {
            let mut batch = Vec::new();
            match events.recv().await {
                Ok(event) => batch.push(event),
                // A terminal that blocks must not hold up the daemon: what was missed stands in the record.
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => return,
            }
            let until = Instant::now() + AT_MOST;
            while Instant::now() < until
                && let Ok(Ok(event)) = timeout(TOGETHER, events.recv()).await
            {
                batch.push(event);
            }
            self.states(&batch, &mut seen);
            self.incidents(&batch);
            if !all_up_told {
                all_up_told = self.all_up(&snapshot.borrow_and_update());
            }
        }
    }

    /// The first look at everything is one line instead of 172.
    fn all_up(&self, snapshot: &Snapshot) -> bool {
        let known = snapshot.cameras.iter().filter(|camera| camera.state != State::Unknown).count();
        let total = snapshot.config.inventory.cameras.len();
        if known < total {
            return false;
        }
        // As `camwatch_camera_up` counts: one whose recordings are too few sends its picture all the same.
        let up = |state| matches!(state, State::Up | State::Degraded);
        let up = snapshot.cameras.iter().filter(|camera| up(camera.state)).count();
        self.tell('=', Colour::Green, &Text::AllUp.with(self.language, &[&up.to_string(), &total.to_string()]));
        true
    }

    fn states(&self, batch: &[Event], seen: &mut HashSet<CameraId>) {
        let mut groups: Vec<(&StateEvent, Vec<&str>)> = Vec::new();
        for event in batch {
            let Event::State(state) = event else { continue };
            // That a camera is seen for the first time is told in sum.
            if seen.insert(state.camera.clone()) && state.from == State::Unknown && state.to == State::Up {
                continue;
            }
            match groups
                .iter_mut()
                .find(|(one, _)| (one.from, one.to, one.cause) == (state.from, state.to, state.cause))
            {
                Some((_, cameras)) => cameras.push(state.camera.as_str()),
                None => groups.push((state, vec![state.camera.as_str()])),
            }
        }
        for (state, cameras) in groups {
            let mut named = cameras[..cameras.len().min(NAMED)].join(" ");
            if cameras.len() > NAMED {
                named = format!("{named} +{}", cameras.len() - NAMED);
            }
            let cause = state.cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
            let colour = match state.to {
                State::Up => Colour::Green,
                State::Dark => Colour::Red,
                State::Degraded | State::Unknown => Colour::Yellow,
                State::Maintenance => Colour::Dim,
            };
            self.tell('=', colour, &format!("{named}: {} → {}{cause}", state.from, state.to));
        }
    }

    /// What an incident came to within a batch: opened and grown at once is opened.
    fn incidents(&self, batch: &[Event]) {
        let mut latest: Vec<(Phase, &IncidentEvent)> = Vec::new();
        for event in batch {
            let Event::Incident(incident) = event else { continue };
            match latest.iter_mut().find(|(_, one)| one.id == incident.id) {
                Some((phase, one)) => {
                    if incident.phase == Phase::Close {
                        *phase = Phase::Close;
                    }
                    *one = incident;
                }
                None => latest.push((incident.phase, incident)),
            }
        }
        for (phase, incident) in latest {
            self.incident(phase, incident);
        }
    }

    fn incident(&self, phase: Phase, incident: &IncidentEvent) {
        let count = incident.cameras.len().to_string();
        let (scope, subject) = (incident.scope.as_str(), incident.subject.as_str());
        let cause = incident.cause.to_string();
        let (colour, said) = match phase {
            Phase::Open => (Colour::Red, Text::Incident.with(self.language, &[scope, subject, &cause, &count])),
            Phase::Update => {
                (Colour::Yellow, Text::IncidentChanged.with(self.language, &[scope, subject, &cause, &count]))
            }
            Phase::Close => (Colour::Green, Text::IncidentOver.with(self.language, &[scope, subject])),
        };
        self.tell('=', colour, &said);
    }

    fn tell(&self, mark: char, colour: Colour, text: &str) {
        if self.quiet {
            return;
        }
        let time = Timestamp::now().to_zoned(TimeZone::system()).strftime("%H:%M:%S");
        if !self.colour {
            line(&format!("{time} {mark} {text}"));
            return;
        }
        let code = match colour {
            Colour::Red => 31,
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Cyan => 36,
            Colour::Dim => 2,
        };
        line(&format!("\u{1b}[2m{time}\u{1b}[0m {mark} \u{1b}[{code}m{text}\u{1b}[0m"));
    }
}

/// One line of its own. A reader that went away is no reason to stop.
pub(super) fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A word as a shell takes it.
fn shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}
