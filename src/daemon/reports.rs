//! The monthly job: closes the months that are due, and sends their reports until everybody has theirs.
//!
//! At least once: what was answered is kept beside the month before the next mail goes, so that an end at any moment
//! sends one mail a second time and forgets none. Drawing gives way to everything else on the machine.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{oneshot, watch};

use crate::config::Config;
use crate::ledger::Month;
use crate::notify::Answer;
use crate::notify::channel::{self, File, Mail, Mailer, OpenError};
use crate::report::closing::{self, Archive, Closed, Closing, Deliveries, Verdict, Why};
use crate::report::{Cover, Edition, Format, ReportError, Shown};
use crate::store::{Reader, Writer};
use crate::telemetry::Telemetry;

/// However far off the next month is: the machine's clock may be set.
const LOOK_EVERY: Duration = Duration::from_mins(10);
/// Between attempts while something fails: from this on, twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_hours(1);
/// For the record to take what is queued before a month is made of it.
const WRITTEN_WITHIN: Duration = Duration::from_mins(1);
/// After so many mails in a row that were not taken, the server is left alone for a while.
const MOST_IN_VAIN: usize = 3;

/// Why a pass did not end its work. It is done again.
#[derive(Debug, thiserror::Error)]
enum Undone {
    #[error(transparent)]
    Report(#[from] ReportError),
    #[error(transparent)]
    Channel(#[from] OpenError),
    #[error("a fault of camwatch; the log says where")]
    Fault,
}

pub(super) async fn run(
    mut config: watch::Receiver<Arc<Config>>,
    writer: Writer,
    telemetry: Arc<Telemetry>,
    mut stopping: watch::Receiver<bool>,
) {
    let mut pause = FIRST_PAUSE;
    loop {
        let now = config.borrow_and_update().clone();
        let job = Job { config: now, telemetry: Arc::clone(&telemetry) };
        let wait = tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => return,
            is_done = job.pass(&writer) => if is_done {
                pause = FIRST_PAUSE;
                job.until_next()
            } else {
                let wait = pause;
                pause = (pause * 2).min(LONGEST_PAUSE);
                wait
            },
        };
        tokio::select! {
            biased;
            _ = stopping.wait_for(|stop| *stop) => return,
            // Whoever has set something right wants to see it work.
            changed = config.changed() => match changed {
                Ok(()) => pause = FIRST_PAUSE,
                Err(_) => return,
            },
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// One pass under one configuration.
struct Job {
    config: Arc<Config>,
    telemetry: Arc<Telemetry>,
}

/// One report to one address.
struct Parcel {
    edition: Edition,
    to: String,
}

impl Job {
    /// Whether nothing is left to be done for now.
    async fn pass(&self, writer: &Writer) -> bool {
        if self.config.report.day.is_none() {
            self.telemetry.reports_pending(0);
            return true;
        }
        if !matches!(tokio::time::timeout(WRITTEN_WITHIN, writer.flush()).await, Ok(true)) {
            return false;
        }
        let closed = match self.close().await {
            Ok(closing) => {
                self.telemetry.months_closed(&closing);
                true
            }
            Err(error) => {
                self.telemetry.report_failed(&error);
                false
            }
        };
        let sent = self.send_all().await.unwrap_or_else(|error| {
            self.telemetry.report_failed(&error);
            false
        });
        closed && sent
    }

    async fn close(&self) -> Result<Closing, Undone> {
        let config = Arc::clone(&self.config);
        aside(move || {
            let reader = Reader::open(&config.store.path).map_err(ReportError::from)?;
            Ok(closing::close_due(&config, &reader, Timestamp::now())?)
        })
        .await
    }

    /// Until the next month is due, as far as that can be known now.
    fn until_next(&self) -> Duration {
        let (config, now) = (&self.config, Timestamp::now());
        let this = Month::of(now, &config.daemon.timezone);
        let next = [this.previous(), this]
            .into_iter()
            .filter_map(|month| closing::closes_at(month, &config.report, &config.daemon.timezone))
            .find(|at| *at > now);
        let wait = next.and_then(|at| Duration::try_from(at.duration_since(now)).ok()).unwrap_or(LOOK_EVERY);
        wait.clamp(Duration::from_secs(1), LOOK_EVERY)
    }

    /// Sends what is owed of every closed month, oldest first; whether everybody has theirs.
    async fn send_all(&self) -> Result<bool, Undone> {
        let archive = Archive::of(&self.config);
        let mut pending = 0;
        for month in archive.months()? {
            let deliveries = archive.deliveries(month)?;
            if deliveries.ended.is_none() {
                pending += self.send(&archive, month, deliveries).await?;
            }
        }
        self.telemetry.reports_pending(pending);
        Ok(pending == 0)
    }

    /// How many are still owed their report of this month.
    async fn send(&self, archive: &Archive, month: Month, mut deliveries: Deliveries) -> Result<usize, Undone> {
        let closed = aside({
            let archive = archive.clone();
            move || Ok(Arc::new(archive.open(month)?))
        })
        .await?;
        let parcels = self.parcels(&closed);
        let channel = self.config.report.channel.as_ref().and_then(|id| self.config.inventory.channels.get(id));
        let Some(channel) = channel.filter(|_| !parcels.is_empty()) else {
            self.telemetry.report_to_nobody(month, parcels.len());
            deliveries.end(Timestamp::now(), Why::Nobody);
            archive.keep_deliveries(month, &deliveries)?;
            return Ok(0);
        };
        let mailer = channel::mailer(channel)?;
        let mut in_vain = 0;
        for parcel in &parcels {
            let name = parcel.edition.name();
            if !deliveries.owes(&name, &parcel.to) || in_vain == MOST_IN_VAIN {
                continue;
            }
            let answer = self.deliver(archive, month, &closed, parcel, &mailer).await?;
            let (verdict, why) = match answer {
                Answer::Accepted { id } => (Verdict::Sent, id.unwrap_or_default()),
                Answer::Duplicate | Answer::Moved { .. } => (Verdict::Sent, String::new()),
                Answer::RecipientRefuses { why } | Answer::Never { why } => (Verdict::Refused, why),
                Answer::Later { why, .. } | Answer::ChannelRefuses { why } => (Verdict::Later, why),
            };
            in_vain = if verdict == Verdict::Later { in_vain + 1 } else { 0 };
            self.telemetry.report_answered(month, &name, &channel::masked(&parcel.to), verdict, &why);
            deliveries.note(&name, &parcel.to, verdict, why, Timestamp::now());
            archive.keep_deliveries(month, &deliveries)?;
        }
        let owed = parcels.iter().filter(|parcel| deliveries.owes(&parcel.edition.name(), &parcel.to)).count();
        if owed == 0 {
            deliveries.end(Timestamp::now(), Why::Delivered);
            archive.keep_deliveries(month, &deliveries)?;
        }
        Ok(owed)
    }

    /// To each fund of the month with an address its page, to the addresses of `[report]` each commune's report. A mail an
    /// address: one that is refused keeps nobody else from theirs.
    fn parcels(&self, closed: &Closed) -> Vec<Parcel> {
        let dossier = &closed.dossier;
        let funds = dossier.funds.keys().filter_map(|id| self.config.inventory.funds.get(id)).flat_map(|fund| {
            fund.email.iter().map(|to| Parcel { edition: Edition::Funder(fund.id.clone()), to: to.clone() })
        });
        let communes = dossier.communes.keys().flat_map(|id| {
            let to = self.config.report.email.iter();
            to.map(|to| Parcel { edition: Edition::Commune(id.clone()), to: to.clone() })
        });
        funds.chain(communes).collect()
    }

    async fn deliver(
        &self,
        archive: &Archive,
        month: Month,
        closed: &Arc<Closed>,
        parcel: &Parcel,
        mailer: &Mailer,
    ) -> Result<Answer, Undone> {
        let (archive, closed, edition) = (archive.clone(), Arc::clone(closed), parcel.edition.clone());
        let (cover, bytes) = aside(move || {
            let shown = Shown::part(&closed, &edition.selection())?;
            let language = edition.language(&shown.dossier);
            let name = edition.file_name(&shown.dossier, language, Format::Pdf);
            let cover = Cover::of(&edition.document(&shown.dossier, language), &closed.hash, shown.is_amended());
            let bytes = archive.drawn(month, &name, |out| shown.draw(&edition, language, Format::Pdf, out))?;
            Ok((cover, bytes))
        })
        .await?;
        let mail = Mail {
            // A mail program shows one that came twice once.
            key: format!("report-{month}-{}-{}", parcel.edition.name(), &closing::address_hash(&parcel.to)[..16]),
            to: parcel.to.clone(),
            subject: cover.subject,
            text: cover.text,
            html: cover.html,
            // So short that the header needs no continuation (RFC 2231), which not every mail program reads.
            file: File { name: format!("camwatch-{month}.pdf"), content_type: Format::Pdf.content_type(), bytes },
        };
        Ok(mailer.send(mail).await)
    }
}

/// Does something long on a thread of its own, which gives way to everything else.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Undone> + Send + 'static) -> Result<T, Undone> {
    let (done, answer) = oneshot::channel();
    let thread = std::thread::Builder::new().name("reports".to_owned()).spawn(move || {
        // On Linux this is of the thread alone. Where it is not allowed the work is done all the same.
        let _ = rustix::process::nice(10);
        // Whoever waited may be stopping.
        let _ = done.send(work());
    });
    if let Err(error) = thread {
        tracing::error!(%error, "a thread for reports cannot be had");
        return Err(Undone::Fault);
    }
    answer.await.unwrap_or(Err(Undone::Fault))
}
