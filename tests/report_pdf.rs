//! PDFs of reports as another program reads them: poppler's, which is in most people's viewers.

mod support;

use std::fs;
use std::process::Command;

use camwatch::inventory::{self, Language};
use camwatch::report::document::{Align, Block, Cell, Column, Document, Row, Size, Table, Text, Tone};
use camwatch::report::{document, dossier, pdf};

#[expect(dead_code, reason = "shared with the unit tests")]
#[path = "../src/report/pdf/tests/sample.rs"]
mod sample;

/// What a program of poppler says about a document; `None` where it is not there.
fn poppler(program: &str, before: &[&str], document: &Document, after: &[&str]) -> Option<String> {
    let program = support::require(program)?;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("report.pdf");
    let mut bytes = Vec::new();
    let written = pdf::write(document, &mut bytes).unwrap();
    assert!(written.missing.is_empty(), "{:?}", written.missing);
    fs::write(&path, bytes).unwrap();
    let output = Command::new(program).args(before).arg(path).args(after).output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    // Poppler 22 complains of any value that the standard's "Suspects" may have.
    let complaints: Vec<&str> = complaints.lines().filter(|line| !line.contains("Suspects")).collect();
    assert!(output.status.success() && complaints.is_empty(), "{complaints:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn only(blocks: Vec<Block>) -> Document {
    let words = sample::words(Language::English);
    let mut document = sample::sample(Language::English, sample::plain_head(&words), Size::Body, 1);
    document.blocks = blocks;
    document
}

#[test]
fn every_word_of_a_report_can_be_copied_from_it() {
    for language in [Language::Vietnamese, Language::English, Language::Korean] {
        let words_of = sample::words(language);
        for head in [sample::plain_head(&words_of), sample::letterhead()] {
            let document = sample::sample(language, head, Size::Body, 9);
            let Some(text) = poppler("pdftotext", &["-raw"], &document, &["-"]) else { return };
            let found = words(&text);
            let mut expected = vec![words_of.lead, words_of.heading, words_of.note, words_of.place, words_of.days];
            expected.extend(words_of.items.iter().chain(&words_of.labels).chain(&words_of.states));
            for word in expected.iter().flat_map(|text| words(text)) {
                let said = found.iter().any(|other| {
                    other.trim_matches(['(', ')', '.', ',', ';']) == word.trim_matches(['(', ')', '.', ',', ';'])
                });
                assert!(said, "{word} of {language:?} in {text}");
            }
        }
    }
}

#[test]
fn rare_letters_and_syllables_come_back() {
    let lower = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ";
    let upper = lower.to_uppercase();
    let rare = "Ặ Ễ Ợ Ữ Ỵ ₫ 뷁 쀍 힣 가 쌨 – — … ≥";
    let paragraph = |text: &str| Block::Paragraph(Text::plain(text));
    let document = only(vec![paragraph(lower), paragraph(&upper), paragraph(rare)]);
    let Some(text) = poppler("pdftotext", &["-raw"], &document, &["-"]) else { return };
    // A row of letters without a space is longer than a line.
    let solid: String = words(&text).concat();
    assert!(solid.contains(lower) && solid.contains(&upper), "{text}");
    for word in words(rare) {
        assert!(text.contains(word), "{word} in {text}");
    }
}

#[test]
fn lines_of_a_paragraph_and_cells_of_a_row_are_apart_for_whoever_hears_them() {
    let column = |title: &str| Column { title: title.to_owned(), share: 1.0, align: Align::Left };
    let cell = |text: &str| Cell { text: text.to_owned(), tone: Tone::Good };
    let table = Table {
        caption: Some("Caption".to_owned()),
        columns: vec![column("One"), column("Two")],
        rows: vec![Row { cells: vec![cell("first"), cell("second")], strong: false }],
    };
    let long = "word ".repeat(100);
    let document = only(vec![Block::Paragraph(Text::plain(long.trim())), Block::Table(table)]);
    let Some(text) = poppler("pdfinfo", &["-struct-text"], &document, &[]) else { return };
    assert!(text.contains(long.trim()), "{text}");
    let tags: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    for tag in ["H1", "Table", "Caption", "THead", "TBody", "TR", "TH", "TD"] {
        assert!(tags.iter().any(|line| line.starts_with(tag)), "{tag} in {text}");
    }
    for said in ["\"first\"", "\"second\"", "\"One\"", "\"Caption\""] {
        assert!(tags.contains(&said), "{said} in {text}");
    }
}

#[test]
fn fonts_are_embedded_and_only_what_is_used_of_them() {
    let words = sample::words(Language::Korean);
    let document = sample::sample(Language::Korean, sample::plain_head(&words), Size::Body, 9);
    let Some(text) = poppler("pdffonts", &[], &document, &[]) else { return };
    let fonts: Vec<&str> = text.lines().skip(2).collect();
    assert!(fonts.len() >= 4, "{text}");
    for font in fonts {
        assert!(font.contains('+') && font.contains(" yes yes yes "), "embedded, subset, with Unicode: {font}");
    }
    let mut bytes = Vec::new();
    pdf::write(&document, &mut bytes).unwrap();
    assert!(bytes.len() < 400_000, "{} bytes, and the fonts are 10 MB", bytes.len());
}

#[test]
fn page_numbers_of_an_administrative_document_begin_on_the_second_page() {
    let document = sample::sample(Language::Vietnamese, sample::letterhead(), Size::Body, 32);
    for (page, number) in [("1", None), ("2", Some("2"))] {
        let Some(text) = poppler("pdftotext", &["-f", page, "-l", page, "-layout"], &document, &["-"]) else { return };
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        match number {
            Some(number) => assert_eq!(first, number),
            None => assert!(first.parse::<u32>().is_err(), "{first}"),
        }
    }
}
