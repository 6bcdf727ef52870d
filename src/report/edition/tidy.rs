//! Texts as every format can take them: Unicode NFC, one line each, without control characters.
//!
//! Names come from the operator's inventory, where some keyboards write letters and their marks apart; fonts that hold
//! every Vietnamese letter do not set those well.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::report::document::{Block, Document, Head, Text};

pub(super) fn tidy(mut document: Document) -> Document {
    one(&mut document.title);
    some(&mut document.author);
    one(&mut document.footer);
    match &mut document.head {
        Head::Plain { organisation, title, subtitle } => {
            some(organisation);
            one(title);
            one(subtitle);
        }
        Head::Administrative(head) => {
            some(&mut head.draft);
            some(&mut head.superior);
            some(&mut head.addressee);
            for text in [
                &mut head.issuer,
                &mut head.number,
                &mut head.nation,
                &mut head.motto,
                &mut head.place_and_date,
                &mut head.kind,
                &mut head.subject,
            ] {
                one(text);
            }
        }
    }
    for part in &mut document.blocks {
        block(part);
    }
    document
}

fn block(block: &mut Block) {
    match block {
        Block::Heading { text, .. } => one(text),
        Block::Paragraph(text) => runs(text),
        Block::KeyFigures(figures) => {
            for figure in figures {
                one(&mut figure.label);
                one(&mut figure.value);
                some(&mut figure.note);
            }
        }
        Block::List(items) => items.iter_mut().for_each(runs),
        Block::Table(table) => {
            some(&mut table.caption);
            table.columns.iter_mut().for_each(|column| one(&mut column.title));
            table.rows.iter_mut().flat_map(|row| &mut row.cells).for_each(|cell| one(&mut cell.text));
        }
        Block::Strips(strips) => {
            one(&mut strips.caption);
            for strip in &mut strips.rows {
                one(&mut strip.label);
                one(&mut strip.value);
            }
        }
        Block::Bars(bars) => {
            one(&mut bars.caption);
            for bar in &mut bars.rows {
                one(&mut bar.label);
                one(&mut bar.text);
            }
        }
        Block::Signature(signature) => {
            signature.authority.iter_mut().chain(&mut signature.recipients).for_each(one);
            one(&mut signature.name);
        }
        Block::PageBreak => {}
    }
}

fn runs(text: &mut Text) {
    text.0.iter_mut().for_each(|run| one(&mut run.text));
}

fn some(text: &mut Option<String>) {
    text.iter_mut().for_each(one);
}

fn one(text: &mut String) {
    if text.is_ascii() && !text.chars().any(char::is_control) {
        return;
    }
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    *text = ComposingNormalizerBorrowed::new_nfc().normalize(&line).into_owned();
}
