//! The world of one trace: who stands where, and the thresholds. Read directly by the oracle; rendered as TOML for
//! camwatch, or as the policy of its judgement.

use std::fmt::Write as _;
use std::time::Duration;

use camwatch::inventory::{self, Depth, RecorderKind, Scope, TlsPolicy, Transport};
use camwatch::judgement::Policy;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Nanoseconds since the epoch.
pub type Nanos = i64;
/// Nanoseconds in a second.
pub const SECOND: Nanos = 1_000_000_000;

#[derive(Debug, Clone)]
pub struct World {
    pub timezone: &'static str,
    pub confirm: usize,
    pub recover: usize,
    pub picture_confirm: usize,
    /// All durations are in seconds.
    pub timeout: i64,
    pub group_wait: i64,
    pub unknown_after: i64,
    pub clock_tolerance: i64,
    pub communes: Vec<String>,
    pub sites: Vec<Site>,
    pub cameras: Vec<Camera>,
    pub recorders: Vec<Recorder>,
    /// Id, and whether its cameras page an officer.
    pub funds: Vec<(String, bool)>,
    pub windows: Vec<Window>,
}

#[derive(Debug, Clone)]
pub struct Site {
    pub id: String,
    pub commune: String,
    pub village: Option<String>,
    pub gateway: bool,
}

#[derive(Debug, Clone)]
pub struct Camera {
    pub id: String,
    pub site: String,
    pub interval: i64,
    pub fund: Option<String>,
    pub recorder: Option<String>,
    pub installed: Option<Date>,
    pub retired: Option<Date>,
    /// Required days of recordings.
    pub retention_days: i64,
}

#[derive(Debug, Clone)]
pub struct Recorder {
    pub id: String,
    pub site: String,
}

/// Planned work on a `camera`, `site` or `commune`: `from` included, `to` excluded.
#[derive(Debug, Clone)]
pub struct Window {
    pub scope: &'static str,
    pub id: String,
    pub from: Nanos,
    pub to: Nanos,
}

/// The moment of an RFC 3339 text.
pub fn nanos(text: &str) -> Nanos {
    let moment: Timestamp = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    i64::try_from(moment.as_nanosecond()).expect("within the years of a trace")
}

/// The moment as RFC 3339.
pub fn text(at: Nanos) -> String {
    Timestamp::from_nanosecond(i128::from(at)).expect("within the years of a trace").to_string()
}

impl World {
    pub fn site(&self, id: &str) -> &Site {
        self.sites.iter().find(|s| s.id == id).expect("a site of this world")
    }

    pub fn zone(&self) -> TimeZone {
        TimeZone::get(self.timezone).expect("a zone of the database")
    }

    pub fn midnight(&self, day: Date) -> Nanos {
        let moment = day.to_zoned(self.zone()).expect("a day of the calendar").timestamp();
        i64::try_from(moment.as_nanosecond()).expect("within the years of a trace")
    }

    /// From when and until when a camera is in service.
    pub fn service(&self, camera: &Camera) -> (Nanos, Nanos) {
        let from = camera.installed.map_or(Nanos::MIN, |day| self.midnight(day));
        let to = camera.retired.map_or(Nanos::MAX, |day| self.midnight(day));
        (from, to)
    }

    /// Whether an officer is paged for it.
    pub fn is_funded(&self, camera: &Camera) -> bool {
        camera.fund.as_ref().is_some_and(|fund| self.funds.iter().any(|(id, pages)| id == fund && *pages))
    }

    /// The windows that cover a camera.
    pub fn windows_of(&self, camera: &Camera) -> Vec<(Nanos, Nanos)> {
        let site = self.site(&camera.site);
        let covers = |w: &&Window| match w.scope {
            "camera" => w.id == camera.id,
            "site" => w.id == site.id,
            "commune" => w.id == site.commune,
            other => panic!("no scope of planned work: {other}"),
        };
        self.windows.iter().filter(covers).map(|w| (w.from, w.to)).collect()
    }

    /// As camwatch reads it from a file.
    pub fn to_toml(&self) -> String {
        let mut out = String::new();
        let w = &mut out;
        writeln!(w, "[daemon]\ntimezone = \"{}\"\ndata_dir = \"data\"\n", self.timezone).unwrap();
        writeln!(w, "[probe]\ntimeout = \"{}s\"\nconfirm = {}", self.timeout, self.confirm).unwrap();
        writeln!(w, "recover = {}\npicture_confirm = {}", self.recover, self.picture_confirm).unwrap();
        writeln!(w, "clock_tolerance = \"{}s\"\n", self.clock_tolerance).unwrap();
        writeln!(w, "[alert]\ngroup_wait = \"{}s\"", self.group_wait).unwrap();
        writeln!(w, "unknown_after = \"{}s\"\n", self.unknown_after).unwrap();
        for commune in &self.communes {
            writeln!(w, "[[commune]]\nid = \"{commune}\"\nname = \"{commune}\"\nprovince = \"Hà Nam\"\n").unwrap();
        }
        for (i, site) in self.sites.iter().enumerate() {
            writeln!(w, "[[site]]\nid = \"{0}\"\nname = \"{0}\"\ncommune = \"{1}\"", site.id, site.commune).unwrap();
            if let Some(village) = &site.village {
                writeln!(w, "village = \"{village}\"").unwrap();
            }
            if site.gateway {
                writeln!(w, "gateway = \"10.20.{i}.1:80\"").unwrap();
            }
            w.push('\n');
        }
        for (id, pages) in &self.funds {
            writeln!(w, "[[fund]]\nid = \"{id}\"\nname = \"{id}\"\nkind = \"company\"\npage = {pages}\n").unwrap();
        }
        for (i, recorder) in self.recorders.iter().enumerate() {
            writeln!(w, "[[recorder]]\nid = \"{}\"\nsite = \"{}\"", recorder.id, recorder.site).unwrap();
            writeln!(w, "kind = \"hikvision\"\nurl = \"http://10.30.0.{}\"\n", i + 1).unwrap();
        }
        for (i, camera) in self.cameras.iter().enumerate() {
            writeln!(w, "[[camera]]\nid = \"{0}\"\nname = \"{0}\"\nsite = \"{1}\"", camera.id, camera.site).unwrap();
            writeln!(w, "url = \"rtsp://10.40.0.{}/1\"\ninterval = \"{}s\"", i + 1, camera.interval).unwrap();
            writeln!(w, "retention = \"{}d\"", camera.retention_days).unwrap();
            for (key, value) in [("fund", &camera.fund), ("recorder", &camera.recorder)] {
                if let Some(value) = value {
                    writeln!(w, "{key} = \"{value}\"").unwrap();
                }
            }
            if camera.recorder.is_some() {
                writeln!(w, "channel = {}", i + 1).unwrap();
            }
            for (key, value) in [("installed", camera.installed), ("retired", camera.retired)] {
                if let Some(value) = value {
                    writeln!(w, "{key} = {value}").unwrap();
                }
            }
            w.push('\n');
        }
        for window in &self.windows {
            writeln!(w, "[[maintenance]]\nscope = \"{}\"\nid = \"{}\"", window.scope, window.id).unwrap();
            writeln!(w, "from = {}\nto = {}\nreason = \"work\"\n", text(window.from), text(window.to)).unwrap();
        }
        out
    }

    /// What the judgement is made with.
    pub fn to_policy(&self) -> Policy {
        let seconds = |s: i64| Duration::from_secs(u64::try_from(s).expect("a duration"));
        let sites = self.sites.iter().map(|s| inventory::Site {
            id: s.id.parse().unwrap(),
            commune: s.commune.parse().unwrap(),
            village: s.village.clone(),
            name: s.id.clone(),
            latitude: None,
            longitude: None,
            gateway: s.gateway.then(|| inventory::HostPort { host: "10.20.0.1".into(), port: 80 }),
        });
        let cameras = self.cameras.iter().map(|c| inventory::Camera {
            id: c.id.parse().unwrap(),
            site: c.site.parse().unwrap(),
            name: c.id.clone(),
            url: "rtsp://10.40.0.1/1".parse().unwrap(),
            substream_url: None,
            credential: None,
            tls: TlsPolicy::default(),
            funds: c.fund.iter().map(|f| inventory::FundShare { fund: f.parse().unwrap(), amount_vnd: None }).collect(),
            recorder: c.recorder.as_ref().map(|r| r.parse().unwrap()),
            channel: None,
            installed: c.installed,
            retired: c.retired,
            retention: Some(seconds(c.retention_days * 86_400)),
            interval: seconds(c.interval),
            timeout: seconds(self.timeout),
            depth: Depth::Frame,
            transport: Transport::Tcp,
            picture: true,
        });
        let recorders = self.recorders.iter().map(|r| inventory::Recorder {
            id: r.id.parse().unwrap(),
            site: r.site.parse().unwrap(),
            kind: RecorderKind::Hikvision,
            url: "http://10.30.0.1".parse().unwrap(),
            credential: None,
            tls: TlsPolicy::default(),
            allow_basic: false,
            requests_per_minute: 10,
        });
        let windows = self.windows.iter().map(|w| inventory::Maintenance {
            scope: match w.scope {
                "camera" => Scope::Camera(w.id.parse().unwrap()),
                "site" => Scope::Site(w.id.parse().unwrap()),
                _ => Scope::Commune(w.id.parse().unwrap()),
            },
            from: text(w.from).parse().unwrap(),
            to: text(w.to).parse().unwrap(),
            reason: "work".into(),
        });
        let count = |n: usize| u32::try_from(n).expect("a small count");
        Policy {
            confirm: count(self.confirm),
            recover: count(self.recover),
            picture_confirm: count(self.picture_confirm),
            group_wait: seconds(self.group_wait),
            unknown_after: seconds(self.unknown_after),
            clock_tolerance: seconds(self.clock_tolerance),
            metadata_interval: Duration::from_secs(900),
            timezone: self.zone(),
            sites: sites.map(|s| (s.id.clone(), s)).collect(),
            cameras: cameras.map(|c| (c.id.clone(), c)).collect(),
            recorders: recorders.map(|r| (r.id.clone(), r)).collect(),
            funded: self.cameras.iter().filter(|c| self.is_funded(c)).map(|c| c.id.parse().unwrap()).collect(),
            communes: self.communes.iter().map(|c| c.parse().unwrap()).collect(),
            maintenance: windows.collect(),
        }
    }
}
