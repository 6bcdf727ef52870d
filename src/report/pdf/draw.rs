//! Sheets as pages of a PDF file, with tags and bookmarks.

use std::num::NonZeroU16;

use jiff::tz::TimeZone;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, Configuration, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::error::KrillaResult;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, SpanTag, TableHeaderScope, Tag, TagGroup,
    TagTree,
};

use super::fonts::FONTS;
use super::ink::{Area, Colour, Ink, Mark, Paint, Shape, Sheet};
use super::structure::{Bookmark, Role, Structure};
use super::theme::PAGE;
use crate::inventory::Language;
use crate::report::document::Document;

/// What a file promises to whoever opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    /// PDF/A-2a and PDF/UA-1: looks the same in thirty years, and can be read aloud.
    Archive,
    /// PDF/A-2u: the tags of ten thousand rows would be five times as large as all the rest.
    Untagged,
    /// PDF 1.7.
    Plain,
}

pub(super) struct Painter {
    tagged: bool,
    file: krilla::Document,
    /// What was drawn of each part, in the order of drawing.
    drawn: Vec<(usize, Identifier)>,
}

impl Painter {
    pub(super) fn new(standard: Standard) -> Self {
        let file = krilla::Document::new_with(settings(standard));
        Self { tagged: standard != Standard::Untagged, file, drawn: Vec::new() }
    }

    pub(super) fn sheet(&mut self, sheet: &Sheet) {
        let settings = PageSettings::from_wh(PAGE.right, PAGE.bottom).unwrap_or_default();
        let mut page = self.file.start_page_with(settings);
        let mut surface = page.surface();
        for marks in sheet.marks.chunk_by(|one, other| one.part == other.part) {
            // Where nothing is tagged, both do nothing.
            if let Some(part) = marks[0].part {
                let identifier = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
                if self.tagged {
                    self.drawn.push((part, identifier));
                }
            } else {
                surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            }
            for mark in marks {
                draw(&mut surface, mark);
            }
            surface.end_tagged();
        }
        surface.finish();
        page.finish();
    }

    pub(super) fn finish(
        mut self,
        document: &Document,
        structure: &Structure,
        bookmarks: &[Bookmark],
    ) -> KrillaResult<Vec<u8>> {
        if self.tagged {
            self.file.set_tag_tree(tags(structure, self.drawn));
        }
        self.file.set_outline(outline(bookmarks, &document.title));
        self.file.set_metadata(metadata(document));
        self.file.finish()
    }
}

fn settings(standard: Standard) -> SerializeSettings {
    let configuration = match standard {
        Standard::Archive => ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_A)
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .unwrap_or_default(),
        Standard::Untagged => {
            ConfigurationBuilder::new().with_archival_validator(Archival::A2_U).finish().unwrap_or_default()
        }
        Standard::Plain => Configuration::default(),
    };
    let enable_tagging = standard != Standard::Untagged;
    SerializeSettings { configuration, enable_tagging, ..SerializeSettings::default() }
}

fn draw(surface: &mut Surface, mark: &Mark) {
    match &mark.ink {
        Ink::Text { x, baseline, size, colour, run, .. } => {
            surface.set_fill(Some(fill(*colour)));
            surface.set_stroke(None);
            let start = Point::from_xy(rounded(*x), rounded(*baseline));
            surface.draw_glyphs(start, &run.glyphs, FONTS.font(run.font).clone(), &run.text, *size, false);
        }
        Ink::Shapes(shapes, paint) => {
            let Some(path) = path(shapes) else { return };
            match paint {
                Paint::Fill(colour) => {
                    surface.set_fill(Some(fill(*colour)));
                    surface.set_stroke(None);
                }
                Paint::Stroke(colour, width) => {
                    surface.set_fill(None);
                    let paint = rgb(*colour).into();
                    surface.set_stroke(Some(Stroke { paint, width: *width, ..Stroke::default() }));
                }
            }
            surface.draw_path(&path);
        }
    }
}

/// To a hundredth of a point: nobody sees more, and the file is smaller.
fn rounded(points: f32) -> f32 {
    (points * 100.0).round() / 100.0
}

fn rgb(Colour(red, green, blue): Colour) -> rgb::Color {
    rgb::Color::new(red, green, blue)
}

fn fill(colour: Colour) -> Fill {
    Fill { paint: rgb(colour).into(), opacity: NormalizedF32::ONE, ..Fill::default() }
}

fn path(shapes: &[Shape]) -> Option<Path> {
    /// Of a circle drawn as four curves.
    const CURVE: f32 = 0.552_285;
    let mut path = PathBuilder::new();
    for shape in shapes {
        match shape {
            Shape::Area(Area { left, top, right, bottom }) => {
                if let Some(area) = Rect::from_ltrb(rounded(*left), rounded(*top), rounded(*right), rounded(*bottom)) {
                    path.push_rect(area);
                }
            }
            Shape::Polygon(corners) => {
                for (index, (x, y)) in corners.iter().enumerate() {
                    if index == 0 {
                        path.move_to(rounded(*x), rounded(*y));
                    } else {
                        path.line_to(rounded(*x), rounded(*y));
                    }
                }
                path.close();
            }
            &Shape::Circle { x, y, radius: r } => {
                let c = r * CURVE;
                path.move_to(x + r, y);
                path.cubic_to(x + r, y + c, x + c, y + r, x, y + r);
                path.cubic_to(x - c, y + r, x - r, y + c, x - r, y);
                path.cubic_to(x - r, y - c, x - c, y - r, x, y - r);
                path.cubic_to(x + c, y - r, x + r, y - c, x + r, y);
                path.close();
            }
            Shape::Line(from, to) => {
                path.move_to(rounded(from.0), rounded(from.1));
                path.line_to(rounded(to.0), rounded(to.1));
            }
        }
    }
    path.finish()
}

fn tags(structure: &Structure, drawn: Vec<(usize, Identifier)>) -> TagTree {
    let mut ink: Vec<Vec<Identifier>> = Vec::new();
    ink.resize_with(structure.parts.len(), Vec::new);
    for (part, identifier) in drawn {
        ink[part].push(identifier);
    }
    let mut tree = TagTree::new();
    for root in &structure.roots {
        if let Some(group) = group(structure, &mut ink, *root) {
            tree.push(group);
        }
    }
    tree
}

/// A part with all that is in it; nothing where nothing of it was drawn.
fn group(structure: &Structure, ink: &mut [Vec<Identifier>], index: usize) -> Option<TagGroup> {
    let part = &structure.parts[index];
    let mut children: Vec<Node> =
        part.children.iter().filter_map(|child| group(structure, ink, *child)).map(Node::from).collect();
    children.extend(std::mem::take(&mut ink[index]).into_iter().map(Node::from));
    // An empty cell keeps its place in the row.
    if children.is_empty() && !matches!(part.role, Role::Cell | Role::HeadCell) {
        return None;
    }
    let mut group = match &part.role {
        Role::Heading { level, text } => {
            let level = NonZeroU16::new((*level).into()).unwrap_or(NonZeroU16::MIN);
            TagGroup::new(Tag::Hn(level, Some(text.clone())))
        }
        Role::Paragraph => TagGroup::new(Tag::P),
        Role::Caption => TagGroup::new(Tag::Caption),
        Role::List => TagGroup::new(Tag::L(ListNumbering::None)),
        Role::Item => TagGroup::new(Tag::LI),
        Role::Label => TagGroup::new(Tag::Lbl),
        Role::ItemBody => TagGroup::new(Tag::LBody),
        Role::Table => TagGroup::new(Tag::Table),
        Role::TableHead => TagGroup::new(Tag::THead),
        Role::TableBody => TagGroup::new(Tag::TBody),
        Role::Row => TagGroup::new(Tag::TR),
        Role::HeadCell => TagGroup::new(Tag::TH(TableHeaderScope::Column)),
        Role::Cell => TagGroup::new(Tag::TD),
    };
    for child in children {
        group.push(child);
    }
    Some(group)
}

/// Headings under the headings that they belong to.
fn outline(bookmarks: &[Bookmark], title: &str) -> Outline {
    let mut outline = Outline::new();
    if bookmarks.is_empty() {
        outline.push_child(OutlineNode::new(title.to_owned(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    }
    let mut open: Vec<(u8, OutlineNode)> = Vec::new();
    let mut close = |open: &mut Vec<(u8, OutlineNode)>, down_to: u8| {
        while open.last().is_some_and(|(level, _)| *level >= down_to) {
            let Some((_, node)) = open.pop() else { return };
            match open.last_mut() {
                Some((_, above)) => above.push_child(node),
                None => outline.push_child(node),
            }
        }
    };
    for bookmark in bookmarks {
        close(&mut open, bookmark.level);
        let place = XyzDestination::new(bookmark.page, Point::from_xy(0.0, bookmark.y));
        open.push((bookmark.level, OutlineNode::new(bookmark.text.clone(), place)));
    }
    close(&mut open, 0);
    outline
}

fn metadata(document: &Document) -> Metadata {
    let made = document.made_at.to_zoned(TimeZone::UTC);
    let small = |number: i8| number.unsigned_abs();
    let date = DateTime::new(made.year().unsigned_abs())
        .month(small(made.month()))
        .day(small(made.day()))
        .hour(small(made.hour()))
        .minute(small(made.minute()))
        .second(small(made.second()))
        .utc_offset_hour(0);
    let language = match document.language {
        Language::Vietnamese => "vi",
        Language::English => "en",
        Language::Korean => "ko",
    };
    Metadata::new()
        .title(document.title.clone())
        .authors(document.author.iter().cloned().collect())
        .language(language.to_owned())
        .creator("camwatch".to_owned())
        .producer("camwatch".to_owned())
        .creation_date(date)
}
