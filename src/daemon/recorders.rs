//! The recorders: how each is asked, when, and what each last said.
//!
//! Asks nobody itself: the watch runs what it hands out, and has judged what came of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::watch::in_service;

use crate::config::Config;
use crate::device::finding::WishDepth;
use crate::device::http::Cost;
use crate::device::poller::{Memory, Poller};
use crate::device::reading::{self, Reading, Subject};
use crate::gate::Gate;
use crate::inventory::{Camera, CameraId, Inventory, Recorder, RecorderId, RecorderKind};
use crate::judgement::Judge;
use crate::ledger::retention::{Presence, is_too_little};
use crate::observation::{Channel, Class, Device, Disk, Outcome, RecorderSeen};
use crate::schedule::{self, Answered, Moment};
use crate::snapshot::RecorderStatus;
use crate::store::{Reader, RecorderRow};

/// Unknown words of one recorder that are told.
const MAX_WORDS: usize = 32;

pub(super) struct Recorders {
    record: PathBuf,
    gate: Gate,
    plan: schedule::Recorders,
    watched: BTreeMap<RecorderId, Watched>,
    /// As the record knew them when the daemon began.
    known: BTreeMap<RecorderId, RecorderRow>,
    live: BTreeMap<RecorderId, Live>,
}

/// A recorder of the configuration.
struct Watched {
    poller: Arc<Poller>,
    /// With the cameras that are in service today: another may have had the channel before.
    subject: Subject,
}

/// What a recorder last said.
#[derive(Debug, Default)]
struct Live {
    last_poll: Option<Timestamp>,
    last_ok: Option<Timestamp>,
    detail: Option<String>,
    device: Option<Device>,
    replaced_serial: Option<String>,
    clock_offset_seconds: Option<f64>,
    disks: Vec<Disk>,
    forecast_days: Option<f64>,
    channels: Vec<Channel>,
    /// Said once each.
    unknown_words: BTreeSet<String>,
}

/// What a poll came to.
pub(super) struct Polled {
    pub(super) recorder: RecorderId,
    pub(super) asking: WishDepth,
    pub(super) reading: Reading,
    pub(super) cost: Cost,
    pub(super) took: Duration,
    /// To be kept.
    pub(super) memory: Option<String>,
    /// What no table knows, for the log.
    pub(super) unknown_words: Vec<String>,
}

impl Recorders {
    pub(super) fn new(record: PathBuf, gate: Gate, known: BTreeMap<RecorderId, RecorderRow>) -> Self {
        let live = known.iter().map(|(id, row)| (id.clone(), Live::of_row(row))).collect();
        Self { record, gate, plan: schedule::Recorders::new(), watched: BTreeMap::new(), known, live }
    }

    /// From now on these are asked; a poller whose recorder is configured as before stays.
    pub(super) fn configure(&mut self, config: &Config, today: Date, moment: Moment) {
        let inventory = &config.inventory;
        let mut before = std::mem::take(&mut self.watched);
        for recorder in inventory.recorders.values() {
            let credential = inventory.credential(recorder.credential.as_ref());
            let poller = match before.remove(&recorder.id).map(|watched| watched.poller) {
                Some(poller) if poller.is_of(recorder, credential) => poller,
                Some(poller) => Arc::new(Poller::new(recorder, credential, &self.gate, poller.remembered())),
                None => {
                    let kept = self.known.get(&recorder.id).and_then(|row| row.memory.as_deref());
                    Arc::new(Poller::new(recorder, credential, &self.gate, Memory::parse(kept)))
                }
            };
            let cameras = inventory.cameras.values().filter(|camera| in_service(camera, today));
            let subject = Subject::new(recorder, cameras);
            self.watched.insert(recorder.id.clone(), Watched { poller, subject });
        }
        self.live.retain(|id, _| inventory.recorders.contains_key(id));
        let probe = &config.probe;
        self.plan.set_recorders(
            probe.metadata_interval,
            probe.confirm,
            probe.retention_scan,
            &config.daemon.timezone,
            self.watched.iter().map(|(id, watched)| (id.clone(), watched.poller.last_scan())),
            moment,
        );
    }

    pub(super) fn start(&mut self, moment: Moment, now: Timestamp) -> Vec<(RecorderId, WishDepth)> {
        self.plan.start(moment, now)
    }

    pub(super) fn next_wake(&self) -> Option<Moment> {
        self.plan.next_wake()
    }

    /// Who can be asked for pictures of a camera, and the camera's channel there.
    pub(super) fn poller_of(&self, camera: &CameraId) -> Option<(Arc<Poller>, u32)> {
        self.watched.values().find_map(|watched| {
            let (channel, _) = watched.subject.cameras.iter().find(|(_, behind)| behind.camera == *camera)?;
            Some((Arc::clone(&watched.poller), *channel))
        })
    }

    pub(super) fn scan_now(&mut self, recorder: &RecorderId, moment: Moment) -> bool {
        self.plan.scan_now(recorder, moment)
    }

    pub(super) fn lost(&mut self, recorder: &RecorderId, asking: WishDepth) {
        self.plan.lost(recorder, asking);
    }

    /// The poll itself. `None` for a recorder that is no longer configured.
    pub(super) fn poll(
        &self,
        config: &Arc<Config>,
        id: &RecorderId,
        asking: WishDepth,
    ) -> Option<impl Future<Output = Polled> + Send + 'static> {
        let Watched { poller, subject } = self.watched.get(id)?;
        let (poller, mut subject) = (Arc::clone(poller), subject.clone());
        let (record, config) = (self.record.clone(), Arc::clone(config));
        Some(async move {
            let zone = &config.daemon.timezone;
            if asking == WishDepth::Scan {
                let cameras = subject.cameras.values().map(|behind| behind.camera.clone()).collect();
                let mut presence = presence(record, cameras).await;
                for behind in subject.cameras.values_mut() {
                    behind.presence = presence.remove(&behind.camera).unwrap_or_default();
                }
            }
            let poll = poller.poll(&subject.wish(asking, Timestamp::now(), zone)).await;
            let reading = reading::read(&subject, &poll.finding, poll.known_offset, Timestamp::now(), zone);
            Polled {
                recorder: subject.recorder,
                asking,
                reading,
                cost: poll.cost,
                took: poll.took,
                memory: poll.memory,
                unknown_words: poll.finding.unknown_words.into_iter().collect(),
            }
        })
    }

    /// Takes what a poll saw at `at`.
    pub(super) fn take(&mut self, polled: &Polled, at: Timestamp, moment: Moment) {
        let seen = &polled.reading.seen;
        let answered = match seen.outcome.class() {
            Class::Good | Class::Stream => Answered::Yes,
            Class::Blind => Answered::Blind,
            Class::Path | Class::Session | Class::Media => Answered::No,
        };
        self.plan.finish(&polled.recorder, polled.asking, answered, moment, at);
        let live = self.live.entry(polled.recorder.clone()).or_default();
        for word in &polled.unknown_words {
            if live.unknown_words.len() < MAX_WORDS && live.unknown_words.insert(word.clone()) {
                tracing::warn!(recorder = %polled.recorder, %word,
                    "the recorder says a word that camwatch does not know; it is taken for unknown. Please report it");
            }
        }
        if let Some(replaced) = live.take(seen, at) {
            let now = seen.device.as_ref().and_then(|device| device.serial.as_deref()).unwrap_or_default();
            tracing::warn!(recorder = %polled.recorder, was = %replaced, %now,
                "the device was replaced: another serial number answers at its address");
        }
    }

    /// Every recorder of the configuration as it stands.
    pub(super) fn status(&self, config: &Config, judge: &Judge) -> Vec<RecorderStatus> {
        let inventory = &config.inventory;
        let nothing = Live::default();
        let status = |(recorder, watched): (&Recorder, &Watched)| {
            let live = self.live.get(&recorder.id).unwrap_or(&nothing);
            let standing = judge.recorder(&recorder.id);
            let behind = &watched.subject.cameras;
            let shown = |channel: &u32| live.channels.iter().any(|shown| shown.channel == *channel);
            Some(RecorderStatus {
                recorder: recorder.id.clone(),
                site: recorder.site.clone(),
                commune: inventory.sites.get(&recorder.site)?.commune.clone(),
                up: standing.as_ref().and_then(|standing| standing.up),
                cause: standing.as_ref().and_then(|standing| standing.cause),
                since: standing.as_ref().and_then(|standing| standing.since),
                last_poll: live.last_poll,
                last_ok: live.last_ok,
                detail: live.detail.clone(),
                device: live.device.clone(),
                replaced_serial: live.replaced_serial.clone(),
                clock_offset_seconds: live.clock_offset_seconds,
                disks: live.disks.clone(),
                forecast_days: live.forecast_days,
                forecast_short: live.forecast_days.is_some_and(|days| {
                    behind.values().any(|one| one.requirement.is_some_and(|need| is_too_little(days, need.required)))
                }),
                channels: live.channels.clone(),
                channels_without_camera: live
                    .channels
                    .iter()
                    .filter(|shown| shown.online != Some(false) && !behind.contains_key(&shown.channel))
                    .map(|shown| shown.channel)
                    .collect(),
                cameras_without_channel: if live.channels.is_empty() {
                    Vec::new()
                } else {
                    behind.iter().filter(|(at, _)| !shown(at)).map(|(_, behind)| behind.camera.clone()).collect()
                },
            })
        };
        let watched = self.watched.iter();
        watched.filter_map(|(id, watched)| Some((inventory.recorders.get(id)?, watched))).filter_map(status).collect()
    }

    /// The clock of a recorder as it was last read.
    pub(super) fn clock_offset(&self, recorder: &RecorderId) -> Option<f64> {
        self.live.get(recorder)?.clock_offset_seconds
    }

    /// What a camera says it is: known where the recorder is the camera itself, with a card in it.
    pub(super) fn device_of(&self, inventory: &Inventory, camera: &Camera) -> Option<&Device> {
        let recorder = inventory.recorders.get(camera.recorder.as_ref()?)?;
        let is_itself = recorder.kind == RecorderKind::Onvif
            && recorder.url.host() == camera.url.host()
            && camera.channel.is_none_or(|channel| channel == 1);
        let live = self.live.get(&recorder.id).filter(|_| is_itself)?;
        live.device.as_ref().filter(|_| live.channels.len() == 1)
    }
}

impl Live {
    fn of_row(row: &RecorderRow) -> Self {
        let known = row.device != Device::default();
        Self { last_ok: row.last_ok, device: known.then(|| row.device.clone()), ..Self::default() }
    }

    /// The serial number that stood here before, where another one has come.
    fn take(&mut self, seen: &RecorderSeen, at: Timestamp) -> Option<String> {
        self.last_poll = Some(at);
        self.detail.clone_from(&seen.detail);
        if seen.outcome == Outcome::Ok {
            self.last_ok = Some(at);
        }
        let mut replaced = None;
        if let Some(device) = &seen.device {
            let serial = |device: &Device| device.serial.clone();
            let before = self.device.as_ref().and_then(serial);
            if before.is_some() && device.serial.is_some() && before != device.serial {
                self.replaced_serial.clone_from(&before);
                replaced = before;
            }
            self.device = Some(device.clone());
        }
        if seen.clock_offset_seconds.is_some() {
            self.clock_offset_seconds = seen.clock_offset_seconds;
        }
        if let Some(disks) = &seen.disks {
            self.disks.clone_from(disks);
            self.forecast_days = seen.forecast_days.or(self.forecast_days);
        }
        if let Some(channels) = &seen.channels {
            self.channels.clone_from(channels);
        }
        replaced
    }
}

/// What the record knows of the days of these cameras; off the watch's thread, since the disk may be slow.
async fn presence(record: PathBuf, cameras: Vec<CameraId>) -> BTreeMap<CameraId, Presence> {
    let read = tokio::task::spawn_blocking(move || {
        let reader = Reader::open(&record)?;
        let presence = |camera: CameraId| reader.presence(&camera).map(|presence| (camera, presence));
        cameras.into_iter().map(presence).collect::<Result<_, _>>()
    });
    match read.await {
        Ok(Ok(presence)) => presence,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the days that were seen before could not be read; all are asked for again");
            BTreeMap::new()
        }
        Err(error) => {
            tracing::error!(%error, "reading the record failed by a fault of camwatch");
            BTreeMap::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_the_camera_that_is_in_service_today_whatever_its_predecessor_is_called() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("camwatch.toml");
        let camera = |id: &str, service: &str| {
            format!(
                "[[camera]]\nid = \"{id}\"\nsite = \"s\"\nname = \"x\"\nurl = \"rtsp://192.0.2.1/{id}\"\nrecorder = \"nvr\"\n\
                 channel = 1\n{service}\n"
            )
        };
        let text = format!(
            "[daemon]\ndata_dir = \"data\"\ninventory = []\n[[commune]]\nid = \"c\"\nname = \"x\"\n[[site]]\nid = \"s\"\n\
             commune = \"c\"\nname = \"x\"\n[[recorder]]\nid = \"nvr\"\nsite = \"s\"\nkind = \"hikvision\"\n\
             url = \"http://192.0.2.1\"\n{}{}",
            camera("a-new", "installed = 2026-06-01"),
            camera("z-old", "retired = 2026-06-01"),
        );
        std::fs::write(&file, text).unwrap();
        let config = Config::load(&file).unwrap();
        let mut recorders = Recorders::new(directory.path().join("none"), Gate::default(), BTreeMap::new());
        let mut behind = |day: &str| {
            recorders.configure(&config, day.parse().unwrap(), Moment::ZERO);
            let watched = recorders.watched.values().next().unwrap();
            watched.subject.cameras[&1].camera.to_string()
        };
        assert_eq!(behind("2026-05-31"), "z-old");
        assert_eq!(behind("2026-06-01"), "a-new");
    }
}
