//! What every page is drawn with: the snapshot, the reader, their language, and the moment.

use jiff::Timestamp;
use maud::{Markup, html};

use super::language::code;
use super::names::Names;
use super::words::{Words, words};
use crate::inventory::Language;
use crate::judgement::event::IncidentScope;
use crate::notify::words as messages;
use crate::observation::{Cause, State};
use crate::report::Manner;
use crate::snapshot::Snapshot;
use crate::web::form::Said;
use crate::web::visitor::Visitor;

/// So long after the schedule last went on, what is shown is old.
const STANDS_STILL_SECONDS: i64 = 30;

/// Who reads what, when.
pub(super) struct View<'a> {
    pub snapshot: &'a Snapshot,
    pub visitor: &'a Visitor,
    /// What forms carry.
    pub csrf: &'a str,
    pub language: Language,
    pub words: &'static Words,
    pub manner: Manner,
    pub names: Names<'a>,
    pub now: Timestamp,
    /// The page's own address, without what was said and the language.
    pub address: &'a str,
    pub said: Option<Said>,
    /// When the schedule last went on, in seconds since 1970.
    pub progress: Option<i64>,
}

/// What a [`View`] is made of that comes from the request.
pub(super) struct Reader<'a> {
    pub visitor: &'a Visitor,
    pub csrf: &'a str,
    pub language: Language,
    pub address: &'a str,
    pub said: Option<Said>,
}

impl<'a> View<'a> {
    pub fn new(snapshot: &'a Snapshot, reader: &Reader<'a>, now: Timestamp, progress: Option<i64>) -> Self {
        let timezone = snapshot.config.daemon.timezone.iana_name().unwrap_or("UTC");
        Self {
            snapshot,
            visitor: reader.visitor,
            csrf: reader.csrf,
            language: reader.language,
            words: words(reader.language),
            manner: Manner::new(reader.language, timezone),
            names: Names::new(&snapshot.config.inventory, reader.visitor),
            now,
            address: reader.address,
            said: reader.said,
            progress,
        }
    }

    pub fn lang(&self) -> &'static str {
        code(self.language)
    }

    /// The time, with the day where that is not today.
    pub fn moment(&self, at: Timestamp) -> String {
        messages::moment(at, self.now, self.language, &self.snapshot.config.daemon.timezone)
    }

    pub fn time(&self, at: Timestamp) -> Markup {
        html! { time datetime=(at.strftime("%FT%TZ")) { (self.moment(at)) } }
    }

    /// As [`Self::time`], or a dash.
    pub fn time_or_dash(&self, at: Option<Timestamp>) -> Markup {
        html! { @if let Some(at) = at { (self.time(at)) } @else { "—" } }
    }

    /// How long ago.
    pub fn ago(&self, at: Timestamp) -> String {
        messages::length(at, self.now, self.language)
    }

    /// "since 02:14 (3 hours)".
    pub fn since(&self, at: Timestamp) -> Markup {
        let text = (self.words.list.since)(&self.moment(at), &self.ago(at));
        html! { time datetime=(at.strftime("%FT%TZ")) { (text) } }
    }

    pub fn cause(&self, cause: Cause) -> &'static str {
        messages::cause_name(cause, self.language)
    }

    pub fn advice(&self, scope: IncidentScope, cause: Cause) -> messages::Advice {
        messages::advice(scope, cause, self.language)
    }

    pub fn trouble(&self, scope: IncidentScope, cause: Cause) -> &'static str {
        messages::trouble(scope, cause, self.language)
    }

    pub fn state(&self, state: State) -> &'static str {
        (self.words.glance.state)(state)
    }

    /// A state as sign, colour and word.
    pub fn badge(&self, state: State) -> Markup {
        html! { span class={ "badge " (state) } { (sign(state)) (self.state(state)) } }
    }

    pub fn count(&self, n: usize) -> String {
        self.manner.count(n as u64)
    }

    /// When the monitor last did anything, where that is too long ago.
    pub fn stands_still_since(&self) -> Option<Timestamp> {
        let progress = self.progress?;
        (self.now.as_second() - progress > STANDS_STILL_SECONDS)
            .then(|| Timestamp::from_second(progress).ok())
            .flatten()
    }

    /// Whether no camera was ever looked at by this run of the monitor.
    pub fn has_not_begun(&self) -> bool {
        let cameras = &self.snapshot.cameras;
        !cameras.is_empty() && cameras.iter().all(|camera| camera.last_probe.is_none())
    }
}

/// The sign of a state; [`super::frame`] draws what it refers to. The word beside it says the same.
pub(super) fn sign(state: State) -> Markup {
    html! { svg class={ "sign " (state) } width="16" height="16" aria-hidden="true" { use href={ "#s-" (state) }; } }
}
