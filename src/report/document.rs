//! A document for people as data: what stands in it and in which order, not how it is drawn.
//!
//! An edition makes one from a month's dossier; PDF and HTML each draw all of it. Every text in it is final: in its
//! language, with numbers and dates in that language's manner, in Unicode NFC.

use crate::inventory::Language;

use super::dossier::Day;

#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub language: Language,
    /// Of the file: for bookmarks and the window.
    pub title: String,
    pub author: Option<String>,
    /// When it was made, RFC 3339: the formats' own dates come from here, so that equal documents make equal bytes.
    pub made_at: jiff::Timestamp,
    pub head: Head,
    pub size: Size,
    pub blocks: Vec<Block>,
    /// One line at the foot of every page, such as the month and the hash of the figures.
    pub footer: String,
}

/// How large the body is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// For a hand: 13 points in an administrative document, 11 elsewhere.
    Body,
    /// For a notice board: 16 points, A4.
    Poster,
}

/// What stands above the first block.
#[derive(Debug, Clone, PartialEq)]
pub enum Head {
    /// A heading for whoever is no Vietnamese authority.
    Plain { organisation: Option<String>, title: String, subtitle: String },
    /// The form of Nghị định 30/2020/NĐ-CP, Phụ lục I.
    Administrative(Letterhead),
}

/// The upper part of an administrative document. Texts are as they are printed, capitals included.
#[derive(Debug, Clone, PartialEq)]
pub struct Letterhead {
    /// "DỰ THẢO" as long as nobody has signed.
    pub draft: Option<String>,
    pub superior: Option<String>,
    pub issuer: String,
    /// "Số:      /BC-UBND", with room for the number.
    pub number: String,
    /// "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    pub nation: String,
    /// "Độc lập - Tự do - Hạnh phúc"
    pub motto: String,
    /// "Mộc Nam, ngày      tháng 11 năm 2026"
    pub place_and_date: String,
    /// "BÁO CÁO"
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// "Kính gửi: ...", where there is a superior.
    pub addressee: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// 1 is the largest.
    Heading {
        level: u8,
        text: String,
    },
    Paragraph(Text),
    /// Figures that are read at a glance, side by side as far as they fit.
    KeyFigures(Vec<KeyFigure>),
    List(Vec<Text>),
    Table(Table),
    Strips(Strips),
    Bars(Bars),
    /// The lower part of an administrative document: who signs, and who receives it.
    Signature(Signature),
    /// What follows begins on a new page (an annex).
    PageBreak,
}

/// A text of several manners.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text(pub Vec<Run>);

#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub text: String,
    pub style: Style,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    #[default]
    Regular,
    Bold,
    Italic,
}

/// What a figure or a mark says, beside its words: never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Neutral,
    Good,
    Warning,
    Bad,
    /// Not known: too little was observed.
    Faint,
}

#[derive(Debug, Clone, PartialEq)]
pub struct KeyFigure {
    pub label: String,
    /// Such as "99,52 %" or "12 / 14".
    pub value: String,
    /// In small letters below, such as how much was observed.
    pub note: Option<String>,
    pub tone: Tone,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub caption: Option<String>,
    /// At least one. Their head is repeated on every page.
    pub columns: Vec<Column>,
    /// Each has as many cells as there are columns. A row is never broken over two pages unless it is higher than one.
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub title: String,
    /// The column's part of the table's width, relative to the others'.
    pub share: f32,
    pub align: Align,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    #[default]
    Left,
    Right,
    Centre,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// A sum, or the head of a group of rows: in bold.
    pub strong: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

/// The days of a month, one line a camera: each day a column whose parts are the day's seconds in each state.
#[derive(Debug, Clone, PartialEq)]
pub struct Strips {
    pub caption: String,
    pub rows: Vec<Strip>,
    pub legend: Legend,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Strip {
    pub label: String,
    /// As many in each row as the month has.
    pub days: Vec<Day>,
    /// At the end of the line, such as the uptime.
    pub value: String,
}

/// What the five states and the empty day are called.
#[derive(Debug, Clone, PartialEq)]
pub struct Legend {
    pub up: String,
    pub degraded: String,
    pub dark: String,
    pub unknown: String,
    pub maintenance: String,
    pub out_of_service: String,
}

/// Horizontal bars from 0 to `scale`, each with what it is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    pub caption: String,
    /// The value at the right end.
    pub scale: f64,
    /// What the mark across a bar means, such as "target".
    pub target_label: Option<String>,
    pub rows: Vec<Bar>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub label: String,
    /// How far it reaches; `None` where nothing is known.
    pub value: Option<f64>,
    /// How far it may reach at most, where too little was observed: drawn fainter from `value` on.
    pub at_most: Option<f64>,
    pub target: Option<f64>,
    /// Beside the bar, such as "99,52 %".
    pub text: String,
    pub tone: Tone,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Signature {
    /// "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH": one a line, in bold capitals.
    pub authority: Vec<String>,
    /// Where a hand signs and a seal is set, such as "(Chữ ký, dấu)"; never drawn as if there were one.
    pub room: String,
    pub name: String,
    /// "Nơi nhận:"
    pub recipients_heading: String,
    /// "- Như trên;", as they are printed.
    pub recipients: Vec<String>,
}

impl Text {
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Run { text: text.into(), style: Style::Regular }])
    }
}
