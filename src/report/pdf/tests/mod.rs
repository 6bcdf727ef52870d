//! What a reader would see: nothing overlaps, nothing is cut off, every word is there.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::inventory;
use crate::inventory::Language;
use crate::report::{document, dossier};

mod sample;

use self::document::{Block, Document, Head, Size, Text};
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

/// Names that nobody gave a thought to how they would be printed.
fn with_long_names(mut document: Document) -> Document {
    let name = "Camera quan sát ngã tư đường liên thôn Yên Lệnh – Mộc Nam, hướng về phía trạm bơm và nhà văn hóa thôn";
    let word = "Wllanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogochllanfairpwllgwyngyllgo";
    assert!(name.chars().count() > 60 && word.len() > 80);
    let both = format!("{name} {word}");
    for block in &mut document.blocks {
        match block {
            Block::Heading { text, .. } => text.clone_from(&both),
            Block::Paragraph(text) => text.0[0].text.clone_from(&both),
            Block::KeyFigures(figures) => {
                for figure in figures {
                    figure.label.clone_from(&both);
                    figure.value = format!("{} {}", figure.value, figure.value);
                    figure.note = Some(both.clone());
                }
            }
            Block::List(items) => items[0] = Text::plain(&both),
            Block::Table(table) => {
                table.caption = Some(both.clone());
                table.columns[1].title.clone_from(&both);
                for (index, row) in table.rows.iter_mut().enumerate() {
                    row.cells[0].text = if index % 2 == 0 { name.to_owned() } else { word.to_owned() };
                    row.cells[2].text = "123.456.789.012,34 %".to_owned();
                }
            }
            Block::Strips(strips) => {
                strips.caption.clone_from(&both);
                strips.legend.unknown.clone_from(&both);
                strips.rows.iter_mut().for_each(|row| row.label.clone_from(&both));
                strips.rows[0].value.clone_from(&both);
            }
            Block::Bars(bars) => {
                bars.target_label = Some(both.clone());
                bars.rows.iter_mut().for_each(|row| row.label.clone_from(&both));
                bars.rows[0].text.clone_from(&both);
            }
            Block::Signature(signature) => {
                signature.recipients.push(both.clone());
                signature.name.clone_from(&both);
            }
            Block::PageBreak => {}
        }
    }
    match &mut document.head {
        Head::Plain { title, organisation, .. } => {
            title.clone_from(&both);
            *organisation = Some(both.clone());
        }
        Head::Administrative(head) => {
            for text in [&mut head.issuer, &mut head.number, &mut head.nation, &mut head.place_and_date] {
                text.clone_from(&both);
            }
            head.draft = Some(both.clone());
            head.subject.clone_from(&both);
        }
    }
    document.footer = both;
    document
}

#[test]
fn nothing_overlaps_with_the_longest_names() {
    for head in [plain_head(&words(Language::English)), letterhead()] {
        for size in [Size::Body, Size::Poster] {
            nothing_overlaps(&with_long_names(sample(Language::English, head.clone(), size, 12)));
        }
    }
}

#[test]
fn whatever_can_be_empty_may_be_empty() {
    let words = words(Language::English);
    let mut document = sample(Language::English, plain_head(&words), Size::Body, 0);
    for block in &mut document.blocks {
        match block {
            Block::Table(table) => table.rows.clear(),
            Block::Paragraph(text) => text.0.clear(),
            Block::KeyFigures(figures) => figures.truncate(1),
            _ => {}
        }
    }
    nothing_overlaps(&document);
    document.blocks.clear();
    document.footer.clear();
    nothing_overlaps(&document);
    assert_eq!(written(&document).1.pages, 1);
}

#[test]
fn a_row_that_is_higher_than_a_page_goes_on_over_the_next() {
    let words = words(Language::Vietnamese);
    let mut document = long(Language::Vietnamese, 3);
    let Block::Table(table) = &mut document.blocks[0] else { panic!("a table") };
    let text: Vec<String> = (0..2_000).map(|number| format!("{} {number}", words.place)).collect();
    table.rows[1].cells[1].text = text.join(" ") + " .";
    nothing_overlaps(&document);
    let (_, sheets, _) = sheets(&document);
    assert!(sheets.len() > 3, "{} pages", sheets.len());
    let all: Vec<String> = sheets.iter().flat_map(boxes).map(|(text, ..)| text).collect();
    let all = all.concat();
    for number in 0..2_000 {
        assert!(all.contains(&format!(" {number} ")), "{number} is on no page");
    }
}

/// The texts of a page in the order in which they were set, without those in the margins.
fn body_of(sheet: &Sheet, theme: &Theme) -> Vec<String> {
    let inside = |area: &Area| area.top > theme.text.top - 1.0 && area.bottom < theme.text.bottom + 1.0;
    boxes(sheet).into_iter().filter(|(_, area, _)| inside(area)).map(|(text, ..)| text).collect()
}

#[test]
fn a_heading_is_never_alone_at_the_foot_of_a_page() {
    let words = words(Language::Vietnamese);
    // Whatever stands above, so that the heading comes to every height of the page.
    for lines in 0..70 {
        let mut document = sample(Language::Vietnamese, letterhead(), Size::Body, 1);
        document.blocks = (0..lines).map(|_| Block::Paragraph(Text::plain("Dòng."))).collect();
        document.blocks.push(Block::Heading { level: 1, text: "I. TIÊU ĐỀ".to_owned() });
        document.blocks.push(Block::Heading { level: 2, text: "1. Mục".to_owned() });
        document.blocks.push(if lines % 2 == 0 {
            sample::table(&words, 2)
        } else {
            Block::Paragraph(Text::plain(words.lead))
        });
        let (_, sheets, theme) = sheets(&document);
        for sheet in &sheets {
            let last = body_of(sheet, &theme).pop().unwrap_or_default();
            assert!(
                !last.contains("TIÊU ĐỀ") && !last.contains("Mục"),
                "after {lines} lines a page ends with {last:?}"
            );
        }
    }
}

#[test]
fn whoever_signs_stands_on_a_page_with_the_last_words_above() {
    for lines in 0..70 {
        let mut document = sample(Language::Vietnamese, letterhead(), Size::Body, 1);
        document.blocks = (0..lines).map(|_| Block::Paragraph(Text::plain("Dòng."))).collect();
        document.blocks.push(Block::Paragraph(Text::plain(words(Language::Vietnamese).lead)));
        document.blocks.push(sample::signature());
        let (_, sheets, theme) = sheets(&document);
        let last = body_of(sheets.last().unwrap(), &theme).concat();
        assert!(last.contains("Nguyễn Thị Hằng") && last.contains("ngừng hoạt động."), "after {lines} lines: {last}");
    }
}

#[test]
fn the_head_of_a_table_stands_on_every_page_and_no_figure_is_broken() {
    let document = long(Language::Vietnamese, 150);
    let (laid, sheets, theme) = sheets(&document);
    assert!(laid.pages > 3);
    let mut figures = 0;
    for sheet in &sheets {
        let body = body_of(sheet, &theme);
        assert!(body.iter().any(|text| text.starts_with("Kinh phí")), "{body:?}");
        figures += body.iter().filter(|text| *text == "5.000.000").count();
    }
    assert_eq!(figures, 150);
    let last = body_of(sheets.last().unwrap(), &theme);
    assert!(last.iter().any(|text| text == "1.600.000.000"), "{last:?}");
}

#[test]
fn a_sum_is_never_alone_on_a_page() {
    for rows in 25..60 {
        let document = long(Language::Vietnamese, rows);
        let (_, sheets, theme) = sheets(&document);
        let last = body_of(sheets.last().unwrap(), &theme);
        let place = last.iter().position(|text| text == "Cộng").expect("the sum");
        assert!(last[place - 1].contains("5.000.000"), "of {rows} rows: {last:?}");
    }
}

/// What stands in the upper margin.
fn number_above(sheet: &Sheet, theme: &Theme) -> Option<String> {
    boxes(sheet).into_iter().find(|(_, area, _)| area.bottom <= theme.text.top).map(|(text, ..)| text)
}

#[test]
fn an_administrative_document_has_page_numbers_from_the_second_page_on_and_an_annex_its_own() {
    let document = sample(Language::Vietnamese, letterhead(), Size::Body, 32);
    let (laid, sheets, theme) = sheets(&document);
    let numbers: Vec<Option<String>> = sheets.iter().map(|sheet| number_above(sheet, &theme)).collect();
    let mut expected: Vec<Option<String>> = (1..laid.pages).map(|page| (page > 1).then(|| page.to_string())).collect();
    // The annex is one page long.
    expected.push(None);
    assert_eq!(numbers, expected);
}

#[test]
fn other_papers_say_on_each_page_which_of_how_many_it_is() {
    let document = sample(Language::English, plain_head(&words(Language::English)), Size::Body, 32);
    let (laid, sheets, theme) = sheets(&document);
    for (index, sheet) in sheets.iter().enumerate() {
        assert_eq!(number_above(sheet, &theme), None);
        let expected = format!("{} / {}", index + 1, laid.pages);
        assert!(boxes(sheet).iter().any(|(text, ..)| *text == expected), "{expected}");
    }
}

#[test]
fn what_is_a_little_too_long_for_one_page_is_set_smaller() {
    let mut document = sample(Language::English, plain_head(&words(Language::English)), Size::Poster, 1);
    let line = |_| Block::Paragraph(Text::plain("A line of the notice."));
    let fitting = |count: usize, document: &mut Document| {
        document.blocks = (0..count).map(line).collect();
        let (theme, pages) = fit(document);
        (theme.body, pages.unwrap())
    };
    assert_eq!(fitting(10, &mut document), (16.0, 1));
    let (size, pages) = fitting(27, &mut document);
    assert!(size < 16.0 && size > 12.0 && pages == 1, "{size} {pages}");
    let (size, pages) = fitting(100, &mut document);
    assert!((size - 16.0).abs() < 0.01 && pages > 1, "{size} {pages}");
}

fn written(document: &Document) -> (Vec<u8>, Written) {
    let mut bytes = Vec::new();
    let written = write(document, &mut bytes).unwrap();
    (bytes, written)
}

#[test]
fn equal_documents_make_equal_bytes_for_archives_and_readers() {
    let document = sample(Language::Korean, plain_head(&words(Language::Korean)), Size::Body, 9);
    let (bytes, result) = written(&document);
    assert_eq!(bytes, written(&document.clone()).0);
    assert!(result.missing.is_empty() && result.pages > 1, "{result:?}");
    let says = |what: &str| bytes.windows(what.len()).any(|window| window == what.as_bytes());
    for mark in
        ["<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>A<", "<pdfuaid:part>1</pdfuaid:part>", "/Lang(ko)"]
    {
        assert!(says(mark), "{mark}");
    }
}

#[test]
fn what_no_archive_takes_is_written_all_the_same() {
    let mut document = sample(Language::English, plain_head(&words(Language::English)), Size::Body, 1);
    document.title.clear();
    let (bytes, _) = written(&document);
    assert!(bytes.starts_with(b"%PDF-1.7") && !bytes.windows(7).any(|window| window == b"pdfaid:"));
}

#[test]
fn characters_that_no_font_has_are_said() {
    let mut document = sample(Language::English, plain_head(&words(Language::English)), Size::Body, 1);
    document.blocks.push(Block::Paragraph(Text::plain("ไทย and \u{1f4f7}\u{e001}")));
    document.footer = "字".to_owned();
    let (_, result) = written(&document);
    let expected: BTreeSet<char> = "ไทย\u{1f4f7}\u{e001}".chars().collect();
    assert!(result.missing.is_superset(&expected), "{:?}", result.missing);
    assert!(result.missing.is_subset(&expected.into_iter().chain(['字']).collect()), "{:?}", result.missing);
}

#[test]
fn decomposed_letters_lose_no_marks() {
    let composed = long(Language::Vietnamese, 2);
    let mut decomposed = composed.clone();
    let Block::Table(table) = &mut decomposed.blocks[0] else { panic!("a table") };
    let normalizer = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
    for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
        cell.text = normalizer.normalize(&cell.text).into_owned();
    }
    assert_ne!(composed, decomposed);
    assert_eq!(written(&composed), written(&decomposed));
}

struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn where_it_cannot_be_written_that_is_said() {
    let document = long(Language::English, 1);
    let error = write(&document, &mut Full).unwrap_err();
    assert!(matches!(&error, PdfError::Write(error) if error.kind() == io::ErrorKind::StorageFull), "{error}");
}

/// Writes what to look at into `$CAMWATCH_LOOK`, where that is set.
#[test]
fn every_language_head_and_size_can_be_written() {
    let directory = std::env::var_os("CAMWATCH_LOOK").map(std::path::PathBuf::from);
    for language in LANGUAGES {
        for (name, head) in [("plain", plain_head(&words(language))), ("form", letterhead())] {
            for (kind, size) in [("body", Size::Body), ("poster", Size::Poster)] {
                let (bytes, result) = written(&sample(language, head.clone(), size, 9));
                assert_eq!(result.missing, BTreeSet::new());
                if let Some(directory) = &directory {
                    std::fs::write(directory.join(format!("{language:?}-{name}-{kind}.pdf")), &bytes).unwrap();
                }
            }
        }
    }
}
