//! What stands in a report, for every edition in every language.

mod figures;
mod privacy;
mod texts;

use std::cell::Cell;

use super::Edition;
use crate::inventory::Language;
use crate::report::document::{Bar, Block, Document, Head, Table};
use crate::report::dossier::Dossier;

thread_local! {
    /// How many times a camera was added to a sum.
    pub(super) static ADDED: Cell<u64> = const { Cell::new(0) };
}

const LANGUAGES: [Language; 3] = [Language::Vietnamese, Language::English, Language::Korean];
const SIZES: [usize; 3] = [1, 32, 1000];

fn editions() -> Vec<Edition> {
    vec![
        Edition::Funder("commune-2023".parse().unwrap()),
        Edition::Funder("hidden".parse().unwrap()),
        Edition::Funder("company".parse().unwrap()),
        Edition::Commune("xa-000".parse().unwrap()),
        Edition::Notice("xa-000".parse().unwrap()),
        Edition::Province,
        Edition::Site("site-0000".parse().unwrap()),
    ]
}

/// Every edition of a dossier in every language.
fn every(dossier: &Dossier) -> impl Iterator<Item = (Edition, Language, Document)> {
    editions().into_iter().flat_map(move |edition| {
        LANGUAGES.map(|language| {
            let document = edition.document(dossier, language);
            (edition.clone(), language, document)
        })
    })
}

fn tables(document: &Document) -> impl Iterator<Item = &Table> {
    document.blocks.iter().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })
}

fn bars(document: &Document) -> impl Iterator<Item = &Bar> {
    document.blocks.iter().flat_map(|block| match block {
        Block::Bars(bars) => bars.rows.as_slice(),
        _ => &[],
    })
}

/// Every text that a reader sees.
fn texts(document: &Document) -> Vec<&str> {
    let mut texts = vec![document.title.as_str(), &document.footer];
    texts.extend(document.author.as_deref());
    match &document.head {
        Head::Plain { organisation, title, subtitle } => {
            texts.extend([title.as_str(), subtitle]);
            texts.extend(organisation.as_deref());
        }
        Head::Administrative(head) => {
            texts.extend([head.issuer.as_str(), &head.number, &head.nation, &head.motto, &head.place_and_date]);
            texts.extend([head.kind.as_str(), &head.subject]);
            texts.extend([&head.draft, &head.superior, &head.addressee].into_iter().flatten().map(String::as_str));
        }
    }
    for block in &document.blocks {
        match block {
            Block::Heading { text, .. } => texts.push(text),
            Block::Paragraph(text) => texts.extend(text.0.iter().map(|run| run.text.as_str())),
            Block::List(items) => texts.extend(items.iter().flat_map(|text| &text.0).map(|run| run.text.as_str())),
            Block::KeyFigures(figures) => {
                for figure in figures {
                    texts.extend([figure.label.as_str(), &figure.value]);
                    texts.extend(figure.note.as_deref());
                }
            }
            Block::Table(table) => {
                texts.extend(table.caption.as_deref());
                texts.extend(table.columns.iter().map(|column| column.title.as_str()));
                texts.extend(table.rows.iter().flat_map(|row| &row.cells).map(|cell| cell.text.as_str()));
            }
            Block::Strips(strips) => {
                texts.push(&strips.caption);
                texts.extend(strips.rows.iter().flat_map(|strip| [strip.label.as_str(), &strip.value]));
                let legend = &strips.legend;
                texts.extend([legend.up.as_str(), &legend.degraded, &legend.dark, &legend.unknown]);
                texts.extend([legend.maintenance.as_str(), &legend.out_of_service]);
            }
            Block::Bars(bars) => {
                texts.push(&bars.caption);
                texts.extend(bars.target_label.as_deref());
                texts.extend(bars.rows.iter().flat_map(|bar| [bar.label.as_str(), &bar.text]));
            }
            Block::Signature(signature) => {
                texts.extend(signature.authority.iter().chain(&signature.recipients).map(String::as_str));
                texts.extend([signature.room.as_str(), &signature.name, &signature.recipients_heading]);
            }
            Block::PageBreak => {}
        }
    }
    texts
}

/// All of them, one a line.
fn whole(document: &Document) -> String {
    texts(document).join("\n")
}
