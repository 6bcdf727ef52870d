//! The desk, rule by rule, and as properties over random stories.

mod properties;
mod stories;
mod storms;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::config::Config;
use crate::inventory::{CameraId, ChannelId, OfficerId};
use crate::judgement::event::{IncidentEvent, IncidentScope, Phase};
use crate::observation::{Cause, State};

/// Two communes. Of the first: `first` and `second` on duty by day, `night` (quiet from 22:00 to 06:00) by night, then
/// `chief` after 10 minutes and `boss` after 30. Of the second: nobody from Saturday to Monday, then `chief`. `it` always.
const CONFIG: &str = r#"
[daemon]
data_dir = "data"
timezone = "Asia/Ho_Chi_Minh"
inventory = []

[[commune]]
id = "moc-nam"
name = "Xã Mộc Nam"

[[commune]]
id = "tien-noi"
name = "Xã Tiên Nội"

[[site]]
id = "bridge"
commune = "moc-nam"
name = "Cầu Yên Lệnh"

[[site]]
id = "market"
commune = "moc-nam"
name = "Chợ Mộc Nam"

[[site]]
id = "dike"
commune = "tien-noi"
name = "Đê Tiên Nội"

[[fund]]
id = "budget"
kind = "commune"
name = "Ngân sách"

[[fund]]
id = "household"
kind = "household"
name = "Hộ ông B"
email = ["b@example.vn"]

[[channel]]
id = "zalo"
kind = "webhook"
url = "http://127.0.0.1:9/"

[[channel]]
id = "sms"
kind = "webhook"
url = "http://127.0.0.1:9/"

[[duty]]
role = "officer"
scope = "commune"
id = "moc-nam"
week = [
  { days = "mon-sun", from = "07:00", to = "19:00", officers = ["first", "second"] },
  { days = "mon-sun", from = "19:00", to = "07:00", officers = ["night"] },
]
escalate = [{ after = "10m", officers = ["chief"] }, { after = "30m", officers = ["boss", "chief"] }]

[[duty]]
role = "officer"
scope = "commune"
id = "tien-noi"
week = [{ days = "mon-fri", from = "00:00", to = "24:00", officers = ["second"] }]
escalate = [{ after = "10m", officers = ["chief"] }]

[[duty]]
role = "it"
scope = "commune"
id = "moc-nam"
week = [{ days = "mon-sun", from = "00:00", to = "24:00", officers = ["it"] }]
"#;

/// Cameras and the fund of each, by site.
const CAMERAS: &[(&str, &str, &str)] = &[
    ("b1", "bridge", "budget"),
    ("b2", "bridge", "budget"),
    ("b3", "bridge", "household"),
    ("m1", "market", "budget"),
    ("d1", "dike", "budget"),
];

const OFFICERS: &[&str] = &["first", "second", "night", "chief", "boss", "it"];

fn config() -> Config {
    let mut text = CONFIG.to_owned();
    for (id, site, fund) in CAMERAS {
        write!(text, "[[camera]]\nid = \"{id}\"\nsite = \"{site}\"\nname = \"{id}\"\nurl = \"rtsp://192.0.2.1/\"\nfund = \"{fund}\"\n").unwrap();
    }
    for id in OFFICERS {
        let quiet = if *id == "night" { "quiet = \"22:00-06:00\"\n" } else { "" };
        write!(
            text,
            "[[officer]]\nid = \"{id}\"\nname = \"{id}\"\nchannels = [\"zalo\", \"sms\"]\n{quiet}\
             addresses = {{ zalo = \"1\", sms = \"84900000000\" }}\n"
        )
        .unwrap();
    }
    parsed(&text)
}

fn parsed(text: &str) -> Config {
    Config::parse(Path::new("camwatch.toml"), text).unwrap_or_else(|problems| panic!("{problems}"))
}

fn taken() -> Fate {
    Fate::Taken(ChannelId::new("zalo").unwrap())
}

/// A time of Monday, 2 November 2026, in Vietnam, or of a later day, as in `tue 08:00` or `08:00:30`.
fn t(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').unwrap_or(("mon", text));
    let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].iter().position(|one| *one == day).unwrap() + 2;
    let time = if time.len() == 5 { format!("{time}:00") } else { time.to_owned() };
    format!("2026-11-{day:02}T{time}+07:00").parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn id(text: &str) -> OfficerId {
    OfficerId::new(text).unwrap()
}

/// What the outbox answers.
#[derive(Clone, Copy, PartialEq)]
enum Providers {
    Accept,
    Refuse,
    /// Their channels take nothing; messages stay queued.
    Away,
    Silent,
}

/// A desk in virtual time, with its outbox and its record.
struct Story {
    desk: Desk,
    rules: Rules,
    config: Config,
    now: Timestamp,
    states: BTreeMap<CameraId, State>,
    kept: BTreeMap<String, String>,
    providers: Providers,
    sent: Vec<Message>,
    shown: usize,
    untold: Vec<String>,
    withdrawn: Vec<MessageId>,
    named: Vec<String>,
    names: usize,
    /// Open incidents by scope and subject.
    open: BTreeMap<String, IncidentEvent>,
}

impl Story {
    fn new(begin: &str) -> Self {
        Self::of(config(), t(begin))
    }

    fn of(config: Config, begin: Timestamp) -> Self {
        let rules = Rules::new(&config);
        let states = config.inventory.cameras.keys().map(|id| (id.clone(), State::Up)).collect();
        let mut story = Self {
            desk: Desk::new(rules.clone(), Vec::new()),
            rules,
            config,
            now: begin,
            states,
            kept: BTreeMap::new(),
            providers: Providers::Accept,
            sent: Vec::new(),
            shown: 0,
            untold: Vec::new(),
            withdrawn: Vec::new(),
            named: Vec::new(),
            names: 0,
            open: BTreeMap::new(),
        };
        story.until_moment(begin);
        story
    }

    fn absorb(&mut self, step: Step) {
        for Kept { key, value } in step.kept {
            match value {
                Some(value) => self.kept.insert(key, value),
                None => self.kept.remove(&key),
            };
        }
        self.untold.extend(step.untold);
        self.withdrawn.extend(step.withdrawn);
        for message in step.messages {
            assert!(message.id.0.len() <= 40, "{}", message.id);
            assert!(message.id.0.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert!(!message.about.is_empty());
            self.sent.push(message.clone());
            let fate = match self.providers {
                Providers::Accept => taken(),
                Providers::Refuse => Fate::Failed,
                Providers::Away => Fate::Unreachable,
                Providers::Silent => continue,
            };
            self.deliver(&message.id, fate);
        }
    }

    fn deliver(&mut self, message: &MessageId, fate: Fate) {
        let step = self.desk.delivered(&Delivery { message: message.clone(), at: self.now, fate });
        self.absorb(step);
    }

    /// Lets time pass, as the daemon does.
    fn until(&mut self, time: &str) -> &mut Self {
        self.until_moment(t(time));
        self
    }

    fn until_moment(&mut self, to: Timestamp) {
        for _ in 0..100_000 {
            let Some(due) = self.desk.next_due().filter(|due| *due <= to) else {
                self.now = self.now.max(to);
                return;
            };
            self.now = self.now.max(due);
            let states = self.states.clone();
            let step = self.desk.advance(self.now, &Scene { state: &|id| states.get(id).copied() });
            self.absorb(step);
        }
        panic!("the desk does not come to rest");
    }

    fn take(&mut self, event: &IncidentEvent) {
        let states = self.states.clone();
        let step = self.desk.take(event, &Scene { state: &|id| states.get(id).copied() });
        self.absorb(step);
    }

    fn incident(&mut self, time: &str, phase: Phase, scope: &str, subject: &str, cause: &str, cameras: &[&str]) {
        self.until(time).happen(phase, scope, subject, cause, cameras);
    }

    fn happen(&mut self, phase: Phase, scope: &str, subject: &str, cause: &str, cameras: &[&str]) {
        let scope = IncidentScope::ALL.into_iter().find(|one| one.as_str() == scope).unwrap();
        let key = format!("{scope:?}:{subject}");
        let cause = Cause::parse(cause).unwrap();
        let cameras: Vec<CameraId> = cameras.iter().map(|id| CameraId::new(id).unwrap()).collect();
        let at = self.now;
        let before = self.open.remove(&key);
        let known = before.as_ref().map(|event| (event.id.clone(), event.since));
        let (id, since) = known.unwrap_or_else(|| (self.name(subject), at));
        let event = IncidentEvent { at, id, phase, scope, subject: subject.to_owned(), cause, cameras, since };
        let dark = crate::observation::Outcome::parse(cause.as_str()).is_some_and(|one| one.class().is_dark());
        for camera in &event.cameras {
            let to = match phase {
                Phase::Close => State::Up,
                _ if dark => State::Dark,
                _ => State::Degraded,
            };
            self.states.insert(camera.clone(), to);
        }
        if phase != Phase::Close {
            self.open.insert(key, event.clone());
        }
        self.take(&event);
    }

    /// As `081000-b1`: unique as those of the judgement are, since a subject opens once at a moment.
    fn name(&mut self, subject: &str) -> String {
        let name = format!("{}-{subject}", local(self.now).strftime("%H%M%S"));
        self.names += usize::from(self.named.contains(&name));
        let name = if self.named.contains(&name) { format!("{name}-{}", self.names) } else { name };
        self.named.push(name.clone());
        name
    }

    fn dark(&mut self, time: &str, camera: &str) -> &mut Self {
        self.incident(time, Phase::Open, "camera", camera, "connect_timeout", &[camera]);
        self
    }

    fn black(&mut self, time: &str, camera: &str) -> &mut Self {
        self.incident(time, Phase::Open, "camera", camera, "black", &[camera]);
        self
    }

    fn back(&mut self, time: &str, camera: &str) -> &mut Self {
        self.incident(time, Phase::Close, "camera", camera, "connect_timeout", &[camera]);
        self
    }

    fn ok(&mut self, time: &str, who: &str, which: &Which) -> Result<Acknowledgement, NotAcknowledged> {
        self.until(time);
        let officer = id(who);
        let (acknowledgement, step) = self.desk.acknowledge(which, who, Some(&officer), How::Reply, self.now)?;
        self.absorb(step);
        Ok(acknowledgement)
    }

    fn restart(&mut self) -> &mut Self {
        let kept = self.kept.iter().map(|(key, value)| Kept { key: key.clone(), value: Some(value.clone()) });
        self.desk = Desk::new(self.rules.clone(), kept.collect());
        self
    }

    fn set(&mut self, camera: &str, state: State) {
        self.states.insert(CameraId::new(camera).unwrap(), state);
    }

    /// Messages since the last time that this was asked: time, recipient, reason, and of what.
    fn told(&mut self) -> Vec<String> {
        let told = self.sent[self.shown..].iter().map(show).collect();
        self.shown = self.sent.len();
        told
    }
}

fn local(at: Timestamp) -> jiff::Zoned {
    at.to_zoned(TimeZone::get("Asia/Ho_Chi_Minh").unwrap())
}

fn show(message: &Message) -> String {
    let at = local(message.decided_at).strftime("%a %H:%M:%S").to_string().to_lowercase();
    let at = at.strip_prefix("mon ").unwrap_or(&at);
    let to = match &message.to {
        Recipient::Officer(id) => id.to_string(),
        Recipient::Fund(id) => format!("fund {id}"),
    };
    let about: Vec<String> = message.about.iter().map(say).collect();
    let severity = if message.severity == Severity::Critical { "!" } else { "" };
    format!("{at} {to} {}{severity}: {}", message.reason.as_str(), about.join(", "))
}

fn say(about: &About) -> String {
    match about {
        About::Incident(facts) => {
            let state = if facts.until.is_some() { "over" } else { facts.cause.as_str() };
            let flapping = if facts.flapping { "~" } else { "" };
            let by = facts.acknowledged_by.as_ref().map_or_else(String::new, |by| format!(" ({by} has it)"));
            format!("{}{flapping} {state}{by}", facts.subject)
        }
        About::Alert(facts) => format!("{} {}", facts.title, if facts.until.is_some() { "over" } else { "fires" }),
        About::DutyGap { role, place, from, to } => {
            let time = |at: &Timestamp| local(*at).strftime("%a %H:%M").to_string().to_lowercase();
            format!("no {} of {place} {}-{}", role.as_str(), time(from), time(to))
        }
        About::ChannelFailing { channel, why } => format!("{channel} takes nothing: {why}"),
        About::Unfunded { fund_name, cameras, .. } => {
            let cameras: Vec<&str> = cameras.iter().map(|camera| camera.camera.as_str()).collect();
            format!("{fund_name}: {}", cameras.join(" "))
        }
        About::Test => "test".to_owned(),
    }
}
