//! Faults that come and go by themselves, at random but by a seed: weather for load tests and training.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::recorder::{DiskState, RecorderBehaviour, Turn};
use super::{Behaviour, Fleet, SimulateError};

/// What befalls cameras in the field; whole sites are cut off besides.
const FAULTS: &[Behaviour] = &[
    Behaviour::Refused,
    Behaviour::Dropped,
    Behaviour::Silent,
    Behaviour::HalfOpen,
    Behaviour::Reset,
    Behaviour::NotFound,
    Behaviour::Busy,
    Behaviour::NoMedia,
    Behaviour::NoKeyframe,
    Behaviour::EndlessAnswer,
    Behaviour::Slow,
    Behaviour::Lossy,
    Behaviour::Frozen,
    Behaviour::Black,
];
/// What befalls recorders.
const RECORDER_FAULTS: &[Turn] = &[
    Turn::Behave(RecorderBehaviour::Refused),
    Turn::Behave(RecorderBehaviour::Dropped),
    Turn::Behave(RecorderBehaviour::Silent),
    Turn::Behave(RecorderBehaviour::Busy503),
    Turn::Behave(RecorderBehaviour::OutOfConnections),
    Turn::Behave(RecorderBehaviour::ServerError),
    Turn::Disk(1, DiskState::Error),
    Turn::Disk(1, DiskState::SmartFailed),
    Turn::Clock(3600),
    Turn::Clock(-86_400),
    Turn::Stopped(1, 0),
    Turn::Online(1, false),
];
/// One fault in so many befalls a recorder, where there are any.
const RECORDER_ONE_IN: u32 = 4;
/// One fault in so many is a cut line.
const CUT_ONE_IN: u32 = 20;
/// How long a fault lasts, seconds.
const LASTS: std::ops::Range<u64> = 20..90;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    Camera(String, Behaviour),
    Recorder(String, Turn),
    Cut(String),
    Restored(String),
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Camera(camera, behaviour) => write!(f, "{camera} {behaviour}"),
            Self::Recorder(recorder, turn) => write!(f, "{recorder} {turn}"),
            Self::Cut(site) => write!(f, "{site} cut"),
            Self::Restored(site) => write!(f, "{site} restored"),
        }
    }
}

/// Breaks and mends for ever, on average so many faults a minute; tells each change after it was made. Only what is
/// whole is broken, so that a fault switched by hand stays. Which faults come, and how long they last, follows from
/// the seed; cameras and sites are taken in the order of their names.
///
/// # Errors
/// Where a listener cannot be opened again.
pub async fn weather(
    fleet: &Fleet,
    seed: u64,
    per_minute: f64,
    mut tell: impl FnMut(&Change),
) -> Result<(), SimulateError> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut mends: Vec<(Instant, Change)> = Vec::new();
    // A Poisson process: the time to the next fault is exponentially distributed.
    let gap = |random: &mut fastrand::Rng| {
        let minutes = -(1.0 - random.f64()).ln() / per_minute;
        Duration::from_secs_f64((minutes * 60.0).clamp(0.001, 86_400.0))
    };
    let mut next = Instant::now() + gap(&mut random);
    loop {
        let mend = mends.iter().enumerate().min_by_key(|(_, (at, _))| *at).map(|(i, (at, _))| (i, *at));
        let change = match mend {
            Some((i, at)) if at <= next => {
                sleep_until(at).await;
                mends.swap_remove(i).1
            }
            _ => {
                sleep_until(next).await;
                next += gap(&mut random);
                let lasts = Instant::now() + Duration::from_secs(random.u64(LASTS));
                let Some((change, mend)) = pick(fleet, &mut random) else { continue };
                mends.push((lasts, mend));
                change
            }
        };
        match &change {
            Change::Camera(name, behaviour) => {
                let Some(camera) = fleet.camera(name) else { continue };
                camera.set(*behaviour).await?;
            }
            Change::Recorder(name, turn) => {
                let Some(recorder) = fleet.recorder_named(name) else { continue };
                recorder.turn(turn.clone()).await?;
            }
            Change::Cut(site) => fleet.cut_site(site).await?,
            Change::Restored(site) => fleet.restore_site(site).await?,
        }
        tell(&change);
    }
}

/// A fault and what mends it.
fn pick(fleet: &Fleet, random: &mut fastrand::Rng) -> Option<(Change, Change)> {
    if random.u32(..CUT_ONE_IN) == 0 {
        let sites = fleet.sites();
        let (site, cut) = random.choice(sites)?;
        return (!cut).then(|| (Change::Cut(site.clone()), Change::Restored(site)));
    }
    let recorders = fleet.recorders();
    if !recorders.is_empty() && random.u32(..RECORDER_ONE_IN) == 0 {
        let recorder = random.choice(recorders)?;
        let fault = random.choice(RECORDER_FAULTS)?.clone();
        let mend = recorder.mends(&fault)?;
        let name = recorder.name().to_owned();
        return Some((Change::Recorder(name.clone(), fault), Change::Recorder(name, mend)));
    }
    let camera = random.choice(fleet.cameras())?;
    let fault = *random.choice(FAULTS)?;
    let name = camera.name().to_owned();
    let whole = camera.behaviour() == Behaviour::Ok;
    whole.then(|| (Change::Camera(name.clone(), fault), Change::Camera(name, Behaviour::Ok)))
}
