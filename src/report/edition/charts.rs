//! Charts from figures: a strip of days a camera, uptime against target, recordings against requirement.

use super::uptime::{Uptime, with_coverage};
use super::view::{Camera, View};
use crate::ledger::Tally;
use crate::ledger::retention::RetentionState;
use crate::report::document::{Bar, Bars, Block, Cell, Legend, Strip, Strips, Tone};
use crate::report::words::Words;

pub(super) fn strips<'a>(view: &View<'_>, cameras: impl IntoIterator<Item = &'a Camera<'a>>) -> Option<Block> {
    let words = &view.manner.words;
    let rows: Vec<Strip> = cameras
        .into_iter()
        .filter(|camera| camera.is_in_service())
        .filter_map(|camera| {
            Some(Strip {
                label: view.name(camera).to_owned(),
                days: camera.notes?.days.clone(),
                value: with_coverage(&view.manner, &camera.tally),
            })
        })
        .collect();
    (!rows.is_empty())
        .then(|| Block::Strips(Strips { caption: words.note.strips.to_owned(), rows, legend: Legend::of(words) }))
}

impl Legend {
    pub(in crate::report) fn of(words: &Words) -> Self {
        let legend = &words.legend;
        Self {
            up: legend.up.to_owned(),
            degraded: legend.degraded.to_owned(),
            dark: legend.dark.to_owned(),
            unknown: legend.unknown.to_owned(),
            maintenance: legend.maintenance.to_owned(),
            out_of_service: legend.out_of_service.to_owned(),
        }
    }
}

/// A bar from 0 to 100 % with the target across it.
pub(super) fn uptime_bar(view: &View<'_>, label: String, tally: &Tally, target: Option<f64>) -> Bar {
    let uptime = Uptime::of(tally);
    let bounds = uptime.bounds();
    Bar {
        label,
        value: bounds.map(|(low, _)| low),
        at_most: bounds.map(|(_, high)| high).filter(|_| matches!(uptime, Uptime::Range(..))),
        target: target.map(|target| target * 100.0),
        text: with_coverage(&view.manner, tally),
        tone: uptime.tone(tally, target),
    }
}

pub(super) fn uptime_bars(view: &View<'_>, rows: Vec<Bar>) -> Option<Block> {
    let note = &view.manner.words.note;
    let target_label = rows.iter().any(|bar| bar.target.is_some()).then(|| note.target_mark.to_owned());
    (!rows.is_empty())
        .then(|| Block::Bars(Bars { caption: note.uptime_bars.to_owned(), scale: 100.0, target_label, rows }))
}

/// Days that can be looked back, against those that are required.
pub(super) fn recordings_bars<'a, 'b: 'a>(
    view: &View<'_>,
    cameras: impl IntoIterator<Item = &'a Camera<'b>>,
    caption: Option<String>,
) -> Option<Block> {
    let note = &view.manner.words.note;
    let mut scale: f64 = 1.0;
    let rows: Vec<Bar> = cameras
        .into_iter()
        .filter(|camera| camera.is_in_service())
        .filter_map(|camera| {
            let retention = &camera.figures.retention;
            #[expect(clippy::cast_precision_loss, reason = "days")]
            let required = retention.required_days? as f64;
            scale = scale.max(required);
            let cell = recordings_cell(view, camera);
            let is_known = retention.state != RetentionState::Unknown;
            Some(Bar {
                label: view.name(camera).to_owned(),
                // Beyond the requirement a bar says nothing more; its text does.
                value: retention.span_days.filter(|_| is_known).map(|span| span.min(required)),
                at_most: None,
                target: Some(required),
                text: cell.text,
                tone: cell.tone,
            })
        })
        .collect();
    (!rows.is_empty()).then(|| {
        Block::Bars(Bars {
            caption: caption.unwrap_or_else(|| note.recordings_bars.to_owned()),
            scale,
            target_label: Some(note.required_mark.to_owned()),
            rows,
        })
    })
}

/// How a camera's recordings stand: `27 / 30 ngày`, with what is amiss.
pub(super) fn recordings_cell(view: &View<'_>, camera: &Camera<'_>) -> Cell {
    let (words, manner) = (view.manner.words, &view.manner);
    let retention = &camera.figures.retention;
    let Some(required) = retention.required_days else {
        return Cell { text: words.name.not_required.to_owned(), tone: Tone::Neutral };
    };
    let tone = match retention.state {
        RetentionState::Off | RetentionState::NotRecording | RetentionState::Short => Tone::Bad,
        RetentionState::Unknown => Tone::Faint,
        RetentionState::Gaps => Tone::Warning,
        RetentionState::Filling | RetentionState::Compliant => Tone::Good,
    };
    let state = (words.name.retention)(retention.state);
    let Some(span) = retention.span_days.filter(|_| retention.state != RetentionState::Unknown) else {
        return Cell { text: state.to_owned(), tone };
    };
    let days = (words.unit.days_of)(&manner.tenths(span), &manner.count(required));
    let text = match retention.state {
        RetentionState::Gaps => {
            let missing = retention.gap_days.len() as u64;
            format!("{days}, {}", (words.unit.missing_days)(missing, &manner.count(missing)))
        }
        RetentionState::Compliant | RetentionState::Short | RetentionState::Unknown => days,
        RetentionState::Off | RetentionState::NotRecording | RetentionState::Filling => format!("{days}, {state}"),
    };
    Cell { text, tone }
}
