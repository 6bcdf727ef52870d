//! What a reader would see: nothing overlaps, nothing is cut off, every word is there.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::inventory;
use crate::inventory::Language;
use crate::report::{document, dossier};

mod sample;

use self::document::{Align, Block, Cell, Column, Document, Head, KeyFigure, Row, Size, Table, Text, Tone};
use self::sample::{letterhead, long, plain_head, sample, words};
use super::fonts::{ASCENT, DESCENT};
use super::ink::{Area, Ink, Sheet};
use super::theme::{PAGE, Theme};
use super::{Laid, PdfError, Written, fit, lay_out, write};

const LANGUAGES: [Language; 3] = [Language::Vietnamese, Language::English, Language::Korean];

fn sheets(document: &Document) -> (Laid, Vec<Sheet>, Theme) {
    let (theme, total) = fit(document);
    let mut sheets = Vec::new();
    let laid = lay_out(document, &theme, total, Some(&mut |sheet| sheets.push(sheet)));
    assert_eq!(laid.pages, sheets.len());
    if let Some(total) = total {
        assert_eq!(laid.pages, total, "pages are counted as they are drawn");
    }
    (laid, sheets, theme)
}

/// The texts of a sheet, the box around each, and the box that each was given.
fn boxes(sheet: &Sheet) -> Vec<(String, Area, Area)> {
    sheet
        .marks
        .iter()
        .filter_map(|mark| match &mark.ink {
            Ink::Text { x, baseline, size, run, within, .. } => {
                let top = baseline - ASCENT * size;
                let area = Area { left: *x, right: x + run.width, top, bottom: baseline + DESCENT * size };
                Some((run.text.clone(), area, *within))
            }
            Ink::Shapes(..) => None,
        })
        .collect()
}

#[track_caller]
fn nothing_overlaps(document: &Document) {
    const NEAR: f32 = 0.1;
    let (_, sheets, theme) = sheets(document);
    for (number, sheet) in sheets.iter().enumerate() {
        let boxes = boxes(sheet);
        for (text, area, within) in &boxes {
            let at = format!("page {} {text:?} {area:?} in {within:?}", number + 1);
            assert!(area.left >= within.left - NEAR && area.right <= within.right + NEAR, "too wide: {at}");
            assert!(area.top >= within.top - NEAR, "too high: {at}");
            assert!(area.bottom <= within.bottom + NEAR, "too low: {at}");
            let page = &theme.text;
            assert!(within.left >= page.left - NEAR && within.right <= page.right + NEAR, "beside the text: {at}");
            assert!(area.top >= 0.0 && area.bottom <= PAGE.bottom, "off the page: {at}");
            let margin = within.bottom <= page.top + NEAR || within.top >= page.bottom - NEAR;
            assert!(
                margin || (area.top >= page.top - NEAR && area.bottom <= page.bottom + NEAR),
                "above or below the text: {at}"
            );
        }
        // Sorted by their upper edges, so that only neighbours are compared.
        let mut sorted: Vec<_> = boxes.iter().filter(|(text, ..)| !text.trim().is_empty()).collect();
        sorted.sort_by(|one, other| one.1.top.total_cmp(&other.1.top));
        for (index, (text, area, _)) in sorted.iter().enumerate() {
            for (other, beside, _) in sorted[index + 1..].iter().take_while(|other| other.1.top < area.bottom - NEAR) {
                let apart = area.right <= beside.left + NEAR || beside.right <= area.left + NEAR;
                assert!(apart, "page {}: {text:?} {area:?} and {other:?} {beside:?}", number + 1);
            }
        }
    }
}

#[test]
fn nothing_overlaps_in_any_language_head_or_size() {
    for language in LANGUAGES {
        for head in [plain_head(&words(language)), letterhead()] {
            for size in [Size::Body, Size::Poster] {
                for cameras in [1, 32] {
                    nothing_overlaps(&sample(language, head.clone(), size, cameras));
                }
            }
        }
    }
}

#[test]
fn nothing_overlaps_in_a_report_of_a_thousand_cameras() {
    nothing_overlaps(&sample(Language::Vietnamese, letterhead(), Size::Body, 1_000));
}

/// Writes what to look at into `$CAMWATCH_LOOK`.
#[test]
fn samples_are_written() {
    let directory = std::env::var_os("CAMWATCH_LOOK").map(std::path::PathBuf::from);
    for language in LANGUAGES {
        for (name, head) in [("plain", plain_head(&words(language))), ("form", letterhead())] {
            for (kind, size) in [("body", Size::Body), ("poster", Size::Poster)] {
                let mut bytes = Vec::new();
                let written = write(&sample(language, head.clone(), size, 9), &mut bytes).unwrap();
                assert!(written.missing.is_empty(), "{:?}", written.missing);
                if let Some(directory) = &directory {
                    std::fs::write(directory.join(format!("{language:?}-{name}-{kind}.pdf")), &bytes).unwrap();
                }
            }
        }
    }
}
