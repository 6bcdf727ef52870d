//! A document as one self-contained HTML file: no script, nothing that is fetched, readable on a phone, on a wide screen
//! and on paper.
//!
//! Written as it goes: a table of ten thousand rows is never in memory as text. Knows nothing of cameras.

mod charts;
mod escape;

#[cfg(test)]
mod tests;

use std::io::{self, BufWriter, Write};

pub(crate) use self::charts::{PATTERNS, picture};
use self::escape::{CssString, Html};
use super::document::{
    Align, Block, Cell, Document, Head, KeyFigure, Letterhead, Signature, Size, Style, Table, Text, Tone,
};
use crate::inventory::Language;

const STYLE: &str = include_str!("style.css");

/// # Errors
/// Those of `out`.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    head(&mut out, document)?;
    let mut headings = Headings { deepest: 1 };
    for block in &document.blocks {
        write_block(&mut out, block, &mut headings)?;
    }
    writeln!(out, "<footer>{}</footer>\n</main>\n</body>\n</html>", Html(&document.footer))?;
    out.flush()
}

/// Headings without a leap: below a level stands at most the next one, whatever is asked for.
struct Headings {
    deepest: u8,
}

impl Headings {
    /// The title of the document is the only `h1`.
    fn level(&mut self, asked: u8) -> u8 {
        self.deepest = asked.saturating_add(1).clamp(2, 6).min(self.deepest + 1);
        self.deepest
    }
}

fn head(out: &mut dyn Write, document: &Document) -> io::Result<()> {
    let language = match document.language {
        Language::Vietnamese => "vi",
        Language::English => "en",
        Language::Korean => "ko",
    };
    // Whatever text got in: nothing is run and nothing is fetched.
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">"
    )?;
    if let Some(author) = &document.author {
        writeln!(out, "<meta name=\"author\" content=\"{}\">", Html(author))?;
    }
    writeln!(out, "<meta name=\"dcterms.created\" content=\"{}\">", document.made_at)?;
    writeln!(out, "<title>{}</title>\n<style>\n{STYLE}{}</style>", Html(&document.title), Paper(document))?;
    let form = match document.head {
        Head::Plain { .. } => "plain",
        Head::Administrative(_) => "administrative",
    };
    let size = match document.size {
        Size::Body => "body",
        Size::Poster => "poster",
    };
    writeln!(out, "</head>\n<body class=\"{form} {size}\">")?;
    if document.blocks.iter().any(|block| matches!(block, Block::Strips(_))) {
        out.write_all(charts::PATTERNS.as_bytes())?;
    }
    writeln!(out, "<main>")?;
    match &document.head {
        Head::Plain { organisation, title, subtitle } => {
            writeln!(out, "<header>")?;
            optional(out, "p", "organisation", organisation.as_deref())?;
            writeln!(out, "<h1>{}</h1>", Html(title))?;
            optional(out, "p", "subtitle", Some(subtitle.as_str()).filter(|text| !text.is_empty()))?;
            writeln!(out, "</header>")
        }
        Head::Administrative(letterhead) => write_letterhead(out, letterhead),
    }
}

/// What is printed outside of the text: the footer, and the page number where the form wants it.
struct Paper<'a>(&'a Document);

impl std::fmt::Display for Paper<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let footer = CssString(&self.0.footer);
        match self.0.head {
            Head::Administrative(_) => writeln!(
                f,
                "@page {{ margin: 20mm 15mm 20mm 30mm; @top-center {{ content: counter(page); font: 13pt \"Times New Roman\", Tinos, serif }} \
                 @bottom-left {{ content: {footer} }} }}\n@page :first {{ @top-center {{ content: none }} }}"
            ),
            Head::Plain { .. } => writeln!(
                f,
                "@page {{ margin: 15mm 15mm 18mm; @bottom-left {{ content: {footer} }} \
                 @bottom-right {{ content: counter(page) \" / \" counter(pages) }} }}"
            ),
        }
    }
}

fn optional(out: &mut dyn Write, element: &str, class: &str, text: Option<&str>) -> io::Result<()> {
    match text {
        Some(text) => writeln!(out, "<{element} class=\"{class}\">{}</{element}>", Html(text)),
        None => Ok(()),
    }
}

fn write_letterhead(out: &mut dyn Write, letterhead: &Letterhead) -> io::Result<()> {
    writeln!(out, "<header>")?;
    optional(out, "p", "draft", letterhead.draft.as_deref())?;
    writeln!(out, "<div class=\"letterhead\">\n<div>")?;
    optional(out, "p", "superior", letterhead.superior.as_deref())?;
    optional(out, "p", "issuer", Some(&letterhead.issuer))?;
    writeln!(out, "</div>\n<div>")?;
    optional(out, "p", "nation", Some(&letterhead.nation))?;
    optional(out, "p", "motto", Some(&letterhead.motto))?;
    writeln!(out, "</div>")?;
    optional(out, "p", "number", Some(&letterhead.number))?;
    optional(out, "p", "place", Some(&letterhead.place_and_date))?;
    writeln!(out, "</div>")?;
    writeln!(out, "<h1><span>{}</span> {}</h1>", Html(&letterhead.kind), Html(&letterhead.subject))?;
    optional(out, "p", "addressee", letterhead.addressee.as_deref())?;
    writeln!(out, "</header>")
}

fn write_block(out: &mut dyn Write, block: &Block, headings: &mut Headings) -> io::Result<()> {
    match block {
        Block::Heading { level, text } => {
            let level = headings.level(*level);
            writeln!(out, "<h{level}>{}</h{level}>", Html(text))
        }
        Block::Paragraph(text) => {
            write!(out, "<p>")?;
            write_text(out, text)?;
            writeln!(out, "</p>")
        }
        Block::KeyFigures(figures) => write_key_figures(out, figures),
        Block::List(items) if items.is_empty() => Ok(()),
        Block::List(items) => {
            writeln!(out, "<ul class=\"list\">")?;
            for item in items {
                write!(out, "<li>")?;
                write_text(out, item)?;
                writeln!(out, "</li>")?;
            }
            writeln!(out, "</ul>")
        }
        Block::Table(table) => write_table(out, table),
        Block::Strips(strips) => charts::strips(out, strips),
        Block::Bars(bars) => charts::bars(out, bars),
        Block::Signature(signature) => write_signature(out, signature),
        Block::PageBreak => writeln!(out, "<hr class=\"page\">"),
    }
}

fn write_text(out: &mut dyn Write, text: &Text) -> io::Result<()> {
    for run in &text.0 {
        match run.style {
            Style::Regular => write!(out, "{}", Html(&run.text))?,
            Style::Bold => write!(out, "<strong>{}</strong>", Html(&run.text))?,
            Style::Italic => write!(out, "<em>{}</em>", Html(&run.text))?,
        }
    }
    Ok(())
}

fn write_key_figures(out: &mut dyn Write, figures: &[KeyFigure]) -> io::Result<()> {
    if figures.is_empty() {
        return Ok(());
    }
    writeln!(out, "<dl class=\"figures\">")?;
    for figure in figures {
        write!(
            out,
            "<div class=\"{}\"><dt>{}</dt><dd class=\"value\">{}</dd>",
            tone(figure.tone),
            Html(&figure.label),
            Html(&figure.value)
        )?;
        if let Some(note) = &figure.note {
            write!(out, "<dd class=\"note\">{}</dd>", Html(note))?;
        }
        writeln!(out, "</div>")?;
    }
    writeln!(out, "</dl>")
}

/// The class of a tone in the style sheet, which has a mark of its own for each beside the colour.
fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Neutral => "neutral",
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
        Tone::Faint => "faint",
    }
}

fn write_table(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    // What does not fit on a phone is moved sideways, by finger or by keyboard.
    let width = match table.columns.len() {
        0..=3 => "narrow",
        4..=6 => "middling",
        _ => "wide",
    };
    writeln!(out, "<div class=\"sideways\" tabindex=\"0\"><table class=\"{width}\">")?;
    if let Some(caption) = &table.caption {
        writeln!(out, "<caption>{}</caption>", Html(caption))?;
    }
    let shares: f32 = table.columns.iter().map(|column| column.share).sum::<f32>().max(f32::MIN_POSITIVE);
    write!(out, "<colgroup>")?;
    for column in &table.columns {
        write!(out, "<col style=\"width:{:.1}%\">", column.share / shares * 100.0)?;
    }
    write!(out, "</colgroup>\n<thead><tr>")?;
    for column in &table.columns {
        write!(out, "<th scope=\"col\"{}>{}</th>", aligned(column.align), Html(&column.title))?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")?;
    // What a row is about stands in its first column of words, behind the running number if there is one.
    let about = table.columns.iter().position(|column| column.align == Align::Left);
    for row in &table.rows {
        write!(out, "{}", if row.strong { "<tr class=\"strong\">" } else { "<tr>" })?;
        for (index, (cell, column)) in row.cells.iter().zip(&table.columns).enumerate() {
            write_cell(out, cell, column.align, about == Some(index))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}

fn write_cell(out: &mut dyn Write, cell: &Cell, align: Align, about: bool) -> io::Result<()> {
    let text = Html(&cell.text);
    let aligned = aligned(align);
    match (about, cell.tone) {
        (true, Tone::Neutral) => write!(out, "<th scope=\"row\">{text}</th>"),
        (true, toned) => write!(out, "<th scope=\"row\"><span class=\"{}\">{text}</span></th>", tone(toned)),
        (false, Tone::Neutral) => write!(out, "<td{aligned}>{text}</td>"),
        (false, toned) => write!(out, "<td{aligned}><span class=\"{}\">{text}</span></td>", tone(toned)),
    }
}

fn aligned(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Right => " class=\"r\"",
        Align::Centre => " class=\"c\"",
    }
}

fn write_signature(out: &mut dyn Write, signature: &Signature) -> io::Result<()> {
    writeln!(out, "<div class=\"signature\">\n<div class=\"signer\">")?;
    for line in &signature.authority {
        writeln!(out, "<p class=\"authority\">{}</p>", Html(line))?;
    }
    optional(out, "p", "room", Some(&signature.room))?;
    optional(out, "p", "name", Some(&signature.name))?;
    writeln!(out, "</div>\n<div class=\"recipients\">")?;
    optional(out, "p", "heading", Some(&signature.recipients_heading))?;
    writeln!(out, "<ul>")?;
    for line in &signature.recipients {
        writeln!(out, "<li>{}</li>", Html(line))?;
    }
    writeln!(out, "</ul>\n</div>\n</div>")
}
