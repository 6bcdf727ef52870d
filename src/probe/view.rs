//! The RTSP library's side of a probe: describe, set up, play, until the first key frame.
//!
//! Talks to the relay on loopback and to nobody else. Every wait has a deadline; what was reached is noted as it is
//! reached, so that it is known even if the library panics in mid call.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::StreamExt as _;
use retina::client::{
    Described, InitialTimestampPolicy, PlayOptions, Session, SessionOptions, SetupOptions, TcpTransportOptions,
    TeardownPolicy, Transport,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::KeyFrame;
use super::keyframe::{self, Entry};
use super::meter::Codec;
use crate::inventory::Depth;
use crate::observation::Phase;

/// The library is asked again at least so often: a request of the camera in mid stream leaves it without a wake-up.
const TICK: Duration = Duration::from_millis(250);

/// Whoever joins in the middle of a key frame gets an error for each of its fragments: some hundreds are honest.
const MAX_ERRORS: u32 = 5_000;

/// When each step must have ended, counted from its start; and the whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) describe: Duration,
    pub(crate) setup: Duration,
    pub(crate) play: Duration,
    pub(crate) whole: Instant,
}

/// What was reached, noted as it happens.
#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) phases: Vec<(Phase, Duration)>,
    /// Shared with whoever answers for the probe when this task does not.
    pub(crate) phase: Arc<AtomicU8>,
    pub(crate) codec: Option<String>,
    pub(crate) size: Option<(u32, u32)>,
    /// Declared frames a second.
    pub(crate) declared_rate: Option<f64>,
    pub(crate) errors: u32,
}

impl Notes {
    pub(crate) fn begin(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Phase {
        phase_of(&self.phase)
    }
}

/// The phase that was begun last.
pub(crate) fn phase_of(phase: &AtomicU8) -> Phase {
    let at = usize::from(phase.load(Ordering::Relaxed));
    Phase::ALL.get(at).copied().unwrap_or(Phase::Dns)
}

/// How far it went.
#[derive(Debug)]
pub(crate) enum Reached {
    /// A description with a video stream that we can read.
    Description,
    /// A frame that a decoder can begin with; taken along where it was wanted and is whole by itself.
    KeyFrame { entry: Entry, frame: Option<KeyFrame> },
}

/// Why it went no further.
#[derive(Debug)]
pub(crate) enum Stop {
    TimedOut,
    /// The description names no video.
    NoVideo,
    /// Video, but of no format that we can follow.
    Unsupported,
    /// The library gave up; the status of the answer that it gave up at, if it was one.
    Library(Option<u16>),
    /// The library has no reader for the format.
    Unreadable,
    /// The stream ended.
    Ended,
}

pub(crate) struct Viewer<'a> {
    /// On the relay.
    pub(crate) url: Url,
    pub(crate) token: &'a str,
    pub(crate) depth: Depth,
    pub(crate) limits: Limits,
    pub(crate) choice: &'a OnceLock<(Codec, u32)>,
    pub(crate) notes: &'a mut Notes,
}

impl Viewer<'_> {
    pub(crate) async fn look(mut self) -> Result<Reached, Stop> {
        let options = SessionOptions::default().user_agent(self.token.to_owned()).teardown(TeardownPolicy::Never);
        let url = self.url.clone();
        let described = self.step(Phase::Describe, self.limits.describe, pin!(Session::describe(url, options))).await?;
        let (index, codec) = self.choose(&described)?;
        if self.depth <= Depth::Describe {
            return Ok(Reached::Description);
        }
        let mut session = described;
        let options = SetupOptions::default()
            .transport(Transport::Tcp(TcpTransportOptions::default()))
            .frame_format(FrameFormat::SIMPLE);
        self.step(Phase::Setup, self.limits.setup, pin!(session.setup(index, options))).await?;
        let options = PlayOptions::default().initial_timestamp(InitialTimestampPolicy::Ignore);
        let playing = self.step(Phase::Play, self.limits.play, pin!(session.play(options))).await?;
        self.notes.begin(Phase::FirstFrame);
        let mut since = Instant::now();
        let mut frames = playing.demuxed().map_err(|_| Stop::Unreadable)?;
        loop {
            // The library may hand out errors without ever waiting: look at the clock and let others run.
            if Instant::now() >= self.limits.whole {
                return Err(Stop::TimedOut);
            }
            let tick = self.limits.whole.min(Instant::now() + TICK);
            let frame = match timeout_at(tick, frames.next()).await {
                Ok(None) => return Err(Stop::Ended),
                Ok(Some(Ok(CodecItem::VideoFrame(frame)))) => frame,
                Err(_) | Ok(Some(Ok(_))) => continue,
                Ok(Some(Err(_))) => {
                    self.notes.errors += 1;
                    if self.notes.errors > MAX_ERRORS {
                        return Err(Stop::Library(None));
                    }
                    tokio::task::yield_now().await;
                    continue;
                }
            };
            if self.notes.now() == Phase::FirstFrame {
                self.done(Phase::FirstFrame, since.elapsed());
                self.notes.begin(Phase::KeyFrame);
                since = Instant::now();
            }
            if let Some(entry) = keyframe::entry(codec, frame.data()) {
                self.done(Phase::KeyFrame, since.elapsed());
                let stream = &frames.streams()[index];
                self.note_parameters(stream);
                let whole = matches!(entry, Entry::KeyFrame | Entry::RecoveryPoint(0));
                let frame = (whole && self.depth == Depth::Picture).then(|| self.take(codec, frame, stream));
                return Ok(Reached::KeyFrame { entry, frame });
            }
        }
    }

    async fn step<T>(
        &mut self,
        phase: Phase,
        limit: Duration,
        // Pinned where it stands: taken by value it would lie in here twice.
        call: Pin<&mut impl Future<Output = Result<T, retina::Error>>>,
    ) -> Result<T, Stop> {
        self.notes.begin(phase);
        let start = Instant::now();
        match timeout_at(self.limits.whole.min(start + limit), call).await {
            Ok(Ok(done)) => {
                self.done(phase, start.elapsed());
                Ok(done)
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, phase = phase.as_str(), "the RTSP library gave up");
                Err(Stop::Library(error.status_code()))
            }
            Err(_) => Err(Stop::TimedOut),
        }
    }

    fn done(&mut self, phase: Phase, took: Duration) {
        self.notes.phases.push((phase, took));
    }

    /// The first video stream that we can follow.
    fn choose(&mut self, session: &Session<Described>) -> Result<(usize, Codec), Stop> {
        let mut videos = session.streams().iter().enumerate().filter(|(_, s)| s.media() == "video").peekable();
        let Some((_, first)) = videos.peek() else { return Err(Stop::NoVideo) };
        self.notes.codec = Some(first.encoding_name().to_owned());
        let (index, stream, codec) = videos
            .find_map(|(i, stream)| Some((i, stream, Codec::of(stream.encoding_name())?)))
            .ok_or(Stop::Unsupported)?;
        self.notes.codec = Some(codec.as_str().to_owned());
        self.notes.declared_rate = stream.framerate().map(f64::from).filter(|rate| *rate > 0.0);
        self.note_parameters(stream);
        // Set once a probe, before the relay reads it.
        let _ = self.choice.set((codec, stream.clock_rate_hz()));
        Ok((index, codec))
    }

    fn note_parameters(&mut self, stream: &retina::client::Stream) {
        if let Some(ParametersRef::Video(video)) = stream.parameters() {
            self.notes.size = Some(video.pixel_dimensions()).filter(|(w, h)| *w > 0 && *h > 0);
            if let Some((seconds, of)) = video.frame_rate()
                && seconds > 0
                && self.notes.declared_rate.is_none()
            {
                self.notes.declared_rate = Some(f64::from(of) / f64::from(seconds));
            }
        }
    }

    fn take(&self, codec: Codec, frame: VideoFrame, stream: &retina::client::Stream) -> KeyFrame {
        let prepended = codec == Codec::H265 && !frame.is_random_access_point();
        let mut data = frame.into_data();
        if prepended && let Some(ParametersRef::Video(video)) = stream.parameters() {
            // What the library does not call a key frame gets no parameter sets from it.
            let mut whole = video.extra_data().to_vec();
            whole.append(&mut data);
            data = whole;
        }
        let (width, height) = self.notes.size.unwrap_or_default();
        KeyFrame { codec: codec.as_str(), data, width, height }
    }
}
