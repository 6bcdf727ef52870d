//! A sheet of rows beneath a head: cells by what they mean, each with the number format of that.
//!
//! Text is only ever text: nothing that is written here becomes a formula.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::words::Words;

/// Rows that a sheet can have, its head among them.
pub(super) const MOST_ROWS: u32 = 1_048_576;
/// Characters (as UTF-16 counts them) that a cell can have.
const LONGEST_TEXT: usize = 32_767;

/// How wide a column of numbers is, in characters; the heads of columns up to this width stand over them at the right.
pub(super) const NUMBER: f64 = 13.0;
/// Columns that are still legible on one page's width.
const ONE_PAGE: usize = 12;

/// What stands in a cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Empty,
    Text(&'a str),
    /// Over several lines where it is long.
    Long(&'a str),
    Count(u64),
    /// Shown in hours, of seconds.
    Hours(u64),
    /// Hundredths of a percent.
    Percent(Option<u64>),
    /// Days and parts of them.
    Days(Option<f64>),
    Date(Option<Date>),
    /// The month that begins on it.
    Month(Date),
    Moment(Timestamp),
    Title(&'a str),
    Head(&'a str),
    HeadNumber(&'a str),
    /// A day as the head of a column.
    HeadDay(Date),
}

/// How cells look, and how moments of the file's time zone are told.
pub(super) struct Manner {
    timezone: TimeZone,
    text: Format,
    head_number: Format,
    /// For a text that a spreadsheet would take for a formula, were it typed: it stays a text when somebody edits it.
    quoted: Format,
    long: Format,
    count: Format,
    hours: Format,
    percent: Format,
    days: Format,
    date: Format,
    month: Format,
    moment: Format,
    title: Format,
    head: Format,
    head_day: Format,
}

impl Manner {
    pub fn new(words: &Words, timezone: TimeZone) -> Self {
        let number = |format: &str| Format::new().set_num_format(format);
        let head = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::Top)
            .set_background_color(Color::RGB(0x00E7_ECF1))
            .set_border_bottom(FormatBorder::Thin);
        Self {
            timezone,
            // Off what stands at the right of the column before.
            text: Format::new().set_indent(1),
            quoted: Format::new().set_indent(1).set_quote_prefix(),
            long: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            count: number("#,##0"),
            hours: number("#,##0.00"),
            percent: number("0.00%"),
            days: number("0.0"),
            date: number(words.date),
            month: number(words.month).set_align(FormatAlign::Right),
            moment: number(words.moment).set_align(FormatAlign::Left).set_indent(1),
            title: Format::new().set_bold().set_font_size(14),
            head_day: head.clone().set_num_format("dd").set_align(FormatAlign::Right),
            head_number: head.clone().set_align(FormatAlign::Right),
            head: head.set_align(FormatAlign::Left).set_indent(1),
        }
    }

    /// What of a cell is written, and how it looks; `None` where nothing is.
    fn look<'text>(&self, cell: &Cell<'text>) -> Option<(Value<'text>, &Format)> {
        Some(match *cell {
            Cell::Empty | Cell::Percent(None) | Cell::Days(None) | Cell::Date(None) => return None,
            Cell::Text(text) => (Value::Text(text), if is_formula_like(text) { &self.quoted } else { &self.text }),
            Cell::Long(text) => (Value::Text(text), &self.long),
            Cell::Count(count) => (Value::Number(float(count)), &self.count),
            Cell::Hours(seconds) => (Value::Number(float(seconds) / 3600.0), &self.hours),
            Cell::Percent(Some(hundredths)) => (Value::Number(float(hundredths) / 10_000.0), &self.percent),
            Cell::Days(Some(days)) => (Value::Number(days), &self.days),
            Cell::Date(Some(date)) => (Value::Number(day_number(date)), &self.date),
            Cell::Month(first) => (Value::Number(day_number(first)), &self.month),
            Cell::Moment(at) => {
                let local = self.timezone.to_datetime(at);
                let seconds = local.time().duration_since(jiff::civil::Time::midnight()).as_secs_f64();
                (Value::Number(day_number(local.date()) + seconds / 86_400.0), &self.moment)
            }
            Cell::Title(text) => (Value::Text(text), &self.title),
            Cell::Head(text) => (Value::Text(text), &self.head),
            Cell::HeadNumber(text) => (Value::Text(text), &self.head_number),
            Cell::HeadDay(day) => (Value::Number(day_number(day)), &self.head_day),
        })
    }
}

/// What is written into a cell.
enum Value<'a> {
    Text(&'a str),
    Number(f64),
}

/// A sheet that is filled from its top to its foot; what is above the last row is on disk already.
pub(super) struct Sheet<'a> {
    inner: &'a mut Worksheet,
    manner: &'a Manner,
    /// Of the columns, in characters.
    widths: Vec<f64>,
    /// How the cells of a column look unless they say otherwise: to say it of each costs the library a third of its time.
    usual: Vec<Option<&'a Format>>,
    columns: u16,
    next: u32,
}

impl<'a> Sheet<'a> {
    /// `columns` are their heads and widths in characters. The head and the first `held` columns stay in sight.
    pub fn with_head(
        workbook: &'a mut Workbook,
        manner: &'a Manner,
        name: &str,
        columns: &[(Cell<'_>, f64)],
        held: u16,
    ) -> Result<Self, XlsxError> {
        let mut this = Self::bare(workbook, manner, name)?;
        this.inner.set_freeze_panes(1, held)?.set_repeat_rows(0, 0)?.set_landscape();
        for (column, (_, width)) in (0..).zip(columns) {
            this.width(column, *width)?;
        }
        if columns.len() > ONE_PAGE {
            this.inner.set_print_scale(70).set_repeat_columns(0, held - 1)?;
        }
        let heads: Vec<Cell<'_>> = columns
            .iter()
            .map(|(head, width)| match *head {
                Cell::Head(text) if *width <= NUMBER => Cell::HeadNumber(text),
                other => other,
            })
            .collect();
        this.columns = u16::try_from(columns.len()).unwrap_or(u16::MAX);
        this.row(&heads)?;
        this.usual = vec![None; heads.len()];
        Ok(this)
    }

    /// Without a head.
    pub fn bare(workbook: &'a mut Workbook, manner: &'a Manner, name: &str) -> Result<Self, XlsxError> {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        // A4, as wide as it takes: one page wide is legible for all but the widest.
        sheet.set_name(name)?.set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer("&L&A&R&P / &N");
        Ok(Self { inner: sheet, manner, widths: Vec::new(), usual: Vec::new(), columns: 0, next: 0 })
    }

    /// Of the columns in their order.
    pub fn width(&mut self, column: u16, width: f64) -> Result<(), XlsxError> {
        self.widths.push(width);
        self.inner.set_column_width(column, width).map(|_| ())
    }

    pub fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), XlsxError> {
        // Not every program makes room for what goes over several lines.
        let lines = self.widths.iter().zip(cells).map(|(width, cell)| lines(cell, *width)).max().unwrap_or(1);
        if lines > 1 {
            self.inner.set_row_height(self.next, 15 * lines)?;
        }
        let manner = self.manner;
        for (column, cell) in (0..).zip(cells) {
            if let Some((value, format)) = manner.look(cell) {
                self.put(column, &value, format)?;
            }
        }
        self.next += 1;
        Ok(())
    }

    fn put(&mut self, column: u16, value: &Value<'_>, format: &'a Format) -> Result<(), XlsxError> {
        let row = self.next;
        let is_usual = match self.usual.get_mut(usize::from(column)) {
            Some(Some(usual)) => std::ptr::eq(*usual, format),
            Some(none) => {
                self.inner.set_column_format(column, format)?;
                *none = Some(format);
                true
            }
            None => false,
        };
        match (value, is_usual) {
            (Value::Text(text), true) => self.inner.write_string(row, column, tidy(text)),
            (Value::Text(text), false) => self.inner.write_string_with_format(row, column, tidy(text), format),
            (Value::Number(number), true) => self.inner.write_number(row, column, *number),
            (Value::Number(number), false) => self.inner.write_number_with_format(row, column, *number, format),
        }
        .map(|_| ())
    }

    pub fn is_full(&self) -> bool {
        self.next >= MOST_ROWS
    }

    pub fn worksheet(&mut self) -> &mut Worksheet {
        self.inner
    }

    /// The last row that was written.
    pub fn last_row(&self) -> u32 {
        self.next.saturating_sub(1)
    }

    /// Lets the rows be picked by what stands in them.
    pub fn finish(self) -> Result<(), XlsxError> {
        if self.columns > 0 {
            self.inner.autofilter(0, 0, self.last_row(), self.columns - 1)?;
        }
        Ok(())
    }
}

/// How many lines a cell takes in a column of this width: rather one too many than one too few.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width of some characters")]
fn lines(cell: &Cell<'_>, width: f64) -> u32 {
    let (Cell::Head(text) | Cell::HeadNumber(text) | Cell::Long(text)) = cell else { return 1 };
    // Hangul is twice as wide, and a line ends before the word that does not fit.
    let room = ((width * 0.85) as u32).max(1);
    let mut lines = 1;
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().map(|letter| if is_wide(letter) { 2 } else { 1 }).sum::<u32>();
        if used > 0 && used + 1 + length > room {
            lines += 1;
            used = 0;
        }
        used += length + u32::from(used > 0);
        // A word that is longer than a line is broken.
        while used > room {
            lines += 1;
            used -= room;
        }
    }
    lines
}

/// Hangul and what else is as wide as high; Vietnamese letters are not, though some have high numbers.
fn is_wide(letter: char) -> bool {
    matches!(letter, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}')
}

/// Whether a spreadsheet would take it for a formula if it were typed.
fn is_formula_like(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// What a cell can hold: no control characters but ends of lines, and not more than there is room for.
fn tidy(text: &str) -> String {
    // Most texts need nothing, and there may be millions.
    if text.len() <= LONGEST_TEXT && !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let mut room = LONGEST_TEXT;
    text.chars()
        .map(|letter| if letter.is_control() && letter != '\n' { ' ' } else { letter })
        .take_while(|letter| {
            let fits = room >= letter.len_utf16();
            room = room.saturating_sub(letter.len_utf16());
            fits
        })
        .collect()
}

/// Days since the day before which spreadsheets know no dates.
fn day_number(date: Date) -> f64 {
    let epoch = jiff::civil::date(1899, 12, 30);
    epoch.until((Unit::Day, date)).map_or(0.0, |span| f64::from(span.get_days()))
}

#[expect(clippy::cast_precision_loss, reason = "seconds and amounts stay far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_numbered_as_spreadsheets_do() {
        assert_eq!(day_number(jiff::civil::date(2026, 10, 1)).to_bits(), 46_296_f64.to_bits());
        assert_eq!(day_number(jiff::civil::date(1900, 3, 1)).to_bits(), 61_f64.to_bits());
    }

    #[test]
    fn a_row_is_as_high_as_its_longest_head() {
        assert_eq!(lines(&Cell::Text("not wrapped, however long it may be"), 10.0), 1);
        assert_eq!(lines(&Cell::Head("Số camera"), 13.0), 1);
        assert_eq!(lines(&Cell::Head("Tỷ lệ hoạt động, nhiều nhất"), 13.0), 3);
        assert_eq!(lines(&Cell::Head("데이터 수집률"), 13.0), 2);
        assert_eq!([lines(&Cell::Head(&"a".repeat(25)), 12.0), lines(&Cell::Head(""), 0.0)], [3, 1]);
    }

    #[test]
    fn a_text_is_cut_to_what_a_cell_can_hold() {
        assert_eq!(tidy("a\u{0}b\tc\nd\u{1b}"), "a b c\nd ");
        assert_eq!(tidy(&"Ặ".repeat(40_000)).chars().count(), LONGEST_TEXT);
        // Two units each: half of the last one does not fit.
        assert_eq!(tidy(&"🎥".repeat(40_000)).chars().count(), LONGEST_TEXT / 2);
    }
}
