//! The channels as they are open now: their ways out, and the tasks that hear what is written back.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::super::channel::{Line, OpenError};
use super::super::{Answer, Channel, Deaf, Inbound, Incoming};
use crate::inventory::{self, ChannelId};
use crate::telemetry::Telemetry;

/// A channel ends its own waits sooner; this is for one that does not.
const HEAR_WITHIN: Duration = Duration::from_secs(120);
const SHORTEST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);

/// Makes a channel ready.
pub(super) type Open = Box<dyn Fn(&inventory::Channel, &std::path::Path) -> Result<Line, OpenError> + Send>;

/// What was heard, where.
pub(super) struct Heard {
    pub channel: ChannelId,
    pub incoming: Incoming,
    pub back: Arc<dyn Inbound>,
}

struct Opened {
    /// As it was configured when it was opened.
    of: inventory::Channel,
    line: Result<Line, String>,
    ear: Option<AbortHandle>,
}

impl Drop for Opened {
    fn drop(&mut self) {
        if let Some(ear) = &self.ear {
            ear.abort();
        }
    }
}

/// Every configured channel.
pub(super) struct Lines {
    open: Open,
    data_dir: PathBuf,
    opened: BTreeMap<ChannelId, Opened>,
    heard: mpsc::Sender<Heard>,
    telemetry: Arc<Telemetry>,
}

impl Lines {
    pub fn new(open: Open, data_dir: PathBuf, heard: mpsc::Sender<Heard>, telemetry: Arc<Telemetry>) -> Self {
        Self { open, data_dir, opened: BTreeMap::new(), heard, telemetry }
    }

    /// Opens what is new or was changed, and closes what is gone. What was not touched goes on as it is.
    pub fn configure(&mut self, channels: &BTreeMap<ChannelId, inventory::Channel>) {
        self.opened.retain(|id, opened| channels.get(id) == Some(&opened.of));
        for (id, channel) in channels {
            if self.opened.contains_key(id) {
                continue;
            }
            let line = (self.open)(channel, &self.data_dir).map_err(|error| error.to_string());
            let back = line.as_ref().ok().and_then(|line| line.back.clone());
            let ear = back.map(|back| {
                let ear = listen(id.clone(), back, self.heard.clone(), Arc::clone(&self.telemetry));
                tokio::spawn(ear).abort_handle()
            });
            self.opened.insert(id.clone(), Opened { of: channel.clone(), line, ear });
        }
    }

    /// The way out, or why there is none.
    pub fn out(&self, channel: &ChannelId) -> Result<Arc<dyn Channel>, Answer> {
        match self.opened.get(channel).map(|opened| &opened.line) {
            Some(Ok(line)) => Ok(Arc::clone(&line.out)),
            Some(Err(why)) => Err(Answer::ChannelRefuses { why: why.clone() }),
            None => Err(Answer::Never { why: "the channel is not configured any more".to_owned() }),
        }
    }

    /// Whether people can write to us there.
    pub fn hears(&self, channel: &ChannelId) -> bool {
        self.opened.get(channel).is_some_and(|opened| opened.ear.is_some())
    }
}

/// Hears what is written on a channel, for as long as the channel is open.
async fn listen(channel: ChannelId, back: Arc<dyn Inbound>, heard: mpsc::Sender<Heard>, telemetry: Arc<Telemetry>) {
    let mut pause = SHORTEST_PAUSE;
    let mut told = false;
    loop {
        let deaf = match tokio::time::timeout(HEAR_WITHIN, back.hear()).await {
            Ok(Ok(incoming)) => {
                if told {
                    telemetry.channel_hears(&channel);
                }
                (pause, told) = (SHORTEST_PAUSE, false);
                for incoming in incoming {
                    let heard_this = Heard { channel: channel.clone(), incoming, back: Arc::clone(&back) };
                    if heard.send(heard_this).await.is_err() {
                        return;
                    }
                }
                // A provider that answers at once with nothing must not be asked as fast as it answers.
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            Ok(Err(deaf)) => deaf,
            Err(_) => Deaf::Later { after: None, why: "no answer".to_owned() },
        };
        // A cut line is no news; what needs somebody is told once.
        let (wait, is_news) = match &deaf {
            Deaf::Later { after, .. } => (pause.max(after.unwrap_or_default()), pause >= LONGEST_PAUSE),
            Deaf::Refused { .. } => (LONGEST_PAUSE, true),
        };
        if is_news && !told {
            told = true;
            telemetry.channel_deaf(&channel, &deaf);
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
        tokio::time::sleep(wait.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
    }
}
