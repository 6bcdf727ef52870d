//! A document as PDF: its own layout, its own fonts, no program beside it.
//!
//! `theme` says how large, `flow` where on which page, `text` what fits on a line; each kind of block is set by its
//! module, and `draw` writes what came of it. Knows documents, not reports: every text in them is final.

mod blocks;
mod charts;
mod draw;
mod flow;
mod fonts;
mod ink;
mod letterhead;
mod marks;
mod structure;
mod table;
mod text;
mod theme;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io::{self, Write};

use krilla::error::KrillaError;

use self::draw::{Painter, Standard};
use self::flow::{Flow, Type};
use self::fonts::Face;
use self::ink::Sheet;
use self::structure::{Bookmark, Structure};
use self::theme::Theme;
use super::document::{Align, Block, Document, Head, Size};

#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error("writing the PDF: {0}")]
    Write(#[from] io::Error),
    #[error("making a PDF of {title:?}: {problem}")]
    Make { title: String, problem: KrillaError },
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub pages: usize,
    /// Characters that no font of the program has: a question mark stands for each. Whoever gets the report should know.
    pub missing: BTreeSet<char>,
}

/// Equal documents make equal bytes. All of the file is made before the first byte is written.
///
/// # Errors
/// Those of `out`, and where the document cannot be set.
pub fn write(document: &Document, out: &mut dyn Write) -> Result<Written, PdfError> {
    let (theme, total) = fit(document);
    let draw = |standard: Standard| {
        let mut painter = Painter::new(standard);
        let laid = lay_out(document, &theme, total, Some(&mut |sheet| painter.sheet(&sheet)));
        let bytes = painter.finish(document, &laid.structure, &laid.bookmarks)?;
        Ok((bytes, laid))
    };
    let standard = if cells(document) > MOST_TAGGED_CELLS { Standard::Untagged } else { Standard::Archive };
    let made = match draw(standard) {
        // What no archive takes, such as a document without a title, can be printed all the same.
        Err(KrillaError::Validation(_)) => draw(Standard::Plain),
        made => made,
    };
    let (bytes, laid) = made.map_err(|problem| PdfError::Make { title: document.title.clone(), problem })?;
    out.write_all(&bytes)?;
    Ok(Written { pages: laid.pages, missing: laid.missing })
}

/// Of tables, as far as a file with tags is still small enough for a letter: some 2 MB.
const MOST_TAGGED_CELLS: usize = 15_000;

fn cells(document: &Document) -> usize {
    let of = |block: &Block| match block {
        Block::Table(table) => table.rows.len() * table.columns.len(),
        Block::Strips(strips) => strips.rows.len() * 3,
        _ => 0,
    };
    document.blocks.iter().map(of).sum()
}

struct Laid {
    pages: usize,
    structure: Structure,
    bookmarks: Vec<Bookmark>,
    missing: BTreeSet<char>,
}

/// The sizes to set a document in, and how many pages that makes where they are printed.
///
/// What is a little too long for one page is set a little smaller; a notice, which hangs on one nail, much smaller if it
/// must be. An administrative document has the sizes that the law says.
fn fit(document: &Document) -> (Theme, Option<usize>) {
    let theme = Theme::of(document, 1.0);
    if theme.administrative {
        return (theme, None);
    }
    let pages = lay_out(document, &theme, None, None).pages;
    let (most, scales): (usize, &[f32]) = match document.size {
        Size::Body => (2, &[0.96, 0.92, 0.88]),
        Size::Poster => (3, &[0.94, 0.88, 0.82, 0.76]),
    };
    if pages > 1 && pages <= most && !document.blocks.contains(&Block::PageBreak) {
        for scale in scales {
            let smaller = Theme::of(document, *scale);
            if lay_out(document, &smaller, None, None).pages == 1 {
                return (smaller, Some(1));
            }
        }
    }
    (theme, Some(pages))
}

fn lay_out<'a>(
    document: &'a Document,
    theme: &'a Theme,
    total: Option<usize>,
    sink: Option<&'a mut dyn FnMut(Sheet)>,
) -> Laid {
    let mut flow = Flow::new(theme, &document.footer, total, sink);
    match &document.head {
        Head::Plain { organisation, title, subtitle } => {
            letterhead::plain(&mut flow, organisation.as_deref(), title, subtitle);
        }
        Head::Administrative(head) => letterhead::administrative(&mut flow, head),
    }
    let mut annex = false;
    for (index, block) in document.blocks.iter().enumerate() {
        // What is signed stands with the last words above it.
        let tail = match document.blocks.get(index + 1) {
            Some(Block::Signature(signature)) => blocks::signature_height(&flow, signature) + theme.body,
            _ => 0.0,
        };
        match block {
            Block::Heading { level, text } => heading(&mut flow, *level, text, annex),
            Block::Paragraph(text) => blocks::paragraph(&mut flow, text, tail),
            Block::KeyFigures(figures) => blocks::key_figures(&mut flow, figures),
            Block::List(items) => blocks::list(&mut flow, items, tail),
            Block::Table(table) => table::table(&mut flow, table),
            Block::Strips(strips) => charts::strips(&mut flow, strips),
            Block::Bars(bars) => charts::bars(&mut flow, bars),
            Block::Signature(signature) => blocks::signature(&mut flow, signature),
            Block::PageBreak => flow.annex(),
        }
        annex = *block == Block::PageBreak;
    }
    let (pages, structure, bookmarks, missing) = flow.end();
    Laid { pages, structure, bookmarks, missing }
}

/// `annex`: the first of a new page, which is centred in an administrative document ("Phụ lục").
fn heading<'a>(flow: &mut Flow<'a>, level: u8, text: &'a str, annex: bool) {
    let theme = flow.theme;
    let level = level.clamp(1, 3);
    let size = theme.headings[usize::from(level) - 1];
    let (size, align) =
        if annex && theme.administrative { (size * 14.0 / 13.0, Align::Centre) } else { (size, Align::Left) };
    let face = if level == 3 { Face::BoldItalic } else { Face::Bold };
    flow.space(theme.paragraph_gap);
    flow.heading(level, text, Type::new(size, 1.25), face, align, size * 0.45);
}
