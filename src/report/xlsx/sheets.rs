//! What stands on which sheet.

use jiff::ToSpan as _;
use jiff::civil::Date;
use rust_xlsxwriter::{
    Color, ConditionalFormatBlank, ConditionalFormatCell, ConditionalFormatCellRule, Format, Workbook, XlsxError,
};

use super::Book;
use super::figures::{of_ratio, seconds, shares, uptime};
use super::sheet::{Cell, NUMBER, Sheet};
use crate::inventory::FundId;
use crate::ledger::Tally;
use crate::ledger::retention::RetentionState;
use crate::observation::State;
use crate::report::dossier::{DarkBy, Day, Share};
use crate::report::share::{expected, hundredths};
use crate::report::words::cause_name;
use crate::report::{CameraRetention, Group, GroupKind};

// Widths of columns in characters.
const ID: f64 = 16.0;
const NAME: f64 = 34.0;
const PLACE: f64 = 24.0;
const MOMENT: f64 = 20.0;

/// From the whole to its parts.
const ORDER: [GroupKind; 5] =
    [GroupKind::All, GroupKind::Commune, GroupKind::Village, GroupKind::Fund, GroupKind::Site];

type Columns = Vec<(Cell<'static>, f64)>;

fn heads(columns: &[(&'static str, f64)]) -> Columns {
    columns.iter().map(|(head, width)| (Cell::Head(head), *width)).collect()
}

/// The heads of [`shares`].
fn share_heads(book: &Book<'_>) -> Columns {
    let (said, words) = (&book.said.column, book.words);
    heads(&[
        (said.uptime, NUMBER),
        (words.at_least, NUMBER),
        (words.at_most, NUMBER),
        (words.service_uptime, NUMBER),
        (said.coverage, NUMBER),
    ])
}

/// Of [`seconds`].
fn state_names(book: &Book<'_>) -> [&'static str; 6] {
    let state = book.said.name.state;
    [
        book.words.in_service,
        state(State::Up),
        state(State::Degraded),
        state(State::Dark),
        state(State::Unknown),
        state(State::Maintenance),
    ]
}

/// `Head (unit)` for each: the heads of seconds, and of the same in hours.
fn with_unit(names: &[&str], unit: &str) -> Vec<String> {
    names.iter().map(|name| format!("{} ({unit})", capitalised(name))).collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn causes(book: &Book<'_>) -> [String; 4] {
    let name = &book.said.name;
    [name.by_camera, name.by_line, name.by_recorder, name.by_unknown]
        .map(|cause| format!("{} ({cause})", book.words.dark_by))
}

fn by_cause(dark: DarkBy) -> [u64; 4] {
    [dark.camera, dark.line, dark.recorder, dark.unknown]
}

fn owned(heads: &[String]) -> Vec<(Cell<'_>, f64)> {
    heads.iter().map(|head| (Cell::Head(head.as_str()), NUMBER)).collect()
}

pub(super) fn summary(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    let (dossier, words, said) = (book.dossier, book.words, book.said);
    let report = &dossier.report;
    let total = report.groups.iter().find(|group| group.kind == GroupKind::All);
    let sum = report.cameras.iter().fold(Tally::default(), |mut sum, camera| {
        sum += Tally::from(camera.figures);
        sum
    });
    let count = |n: usize| Cell::Count(n as u64);
    let mut sheet = Sheet::bare(workbook, &book.manner, words.summary)?;
    sheet.width(0, 40.0)?;
    sheet.width(1, 26.0)?;
    sheet.width(2, 16.0)?;
    sheet.row(&[Cell::Title(words.title)])?;
    sheet.row(&[])?;
    if let Some(issuer) = &dossier.form.issuer {
        sheet.row(&[Cell::Text(words.issuer), Cell::Text(issuer)])?;
    }
    let month = first_day(&report.month).map_or(Cell::Text(&report.month), Cell::Month);
    sheet.row(&[Cell::Text(said.column.month), month])?;
    let standing = if dossier.running { words.running } else { words.over };
    sheet.row(&[Cell::Text(words.standing), Cell::Text(standing)])?;
    sheet.row(&[Cell::Text(words.recorded_to), dossier.recorded_to.map_or(Cell::Empty, Cell::Moment)])?;
    sheet.row(&[Cell::Text(words.made_at), Cell::Moment(report.generated_at)])?;
    sheet.row(&[Cell::Text(words.timezone), Cell::Text(&report.timezone)])?;
    sheet.row(&[])?;
    let heads = [said.column.uptime, words.at_least, words.at_most, words.service_uptime, said.column.coverage];
    for (head, share) in heads.into_iter().zip(shares(&sum)) {
        sheet.row(&[Cell::Text(head), share])?;
    }
    sheet.row(&[])?;
    let in_service = report.cameras.iter().filter(|camera| camera.figures.in_service_seconds > 0).count();
    let outages = report.cameras.iter().map(|camera| camera.outages.len()).sum();
    sheet.row(&[Cell::Text(words.cameras_listed), count(report.cameras.len())])?;
    sheet.row(&[Cell::Text(words.cameras_in_service), count(in_service)])?;
    sheet.row(&[Cell::Text(words.outages_counted), count(outages)])?;
    if let Some(total) = total {
        sheet.row(&[Cell::Text(words.cameras_judged), Cell::Count(total.retention.judged_cameras)])?;
        sheet.row(&[Cell::Text(words.cameras_compliant), Cell::Count(total.retention.compliant_cameras)])?;
    }
    let paid: Vec<Option<u64>> = dossier.cameras.values().map(|camera| price(&camera.shares)).collect();
    sheet.row(&[Cell::Text(words.paid), Cell::Count(paid.iter().flatten().sum())])?;
    sheet.row(&[Cell::Text(words.paid_unknown), count(paid.iter().filter(|price| price.is_none()).count())])?;
    sheet.row(&[])?;
    sheet.row(&[Cell::Head(words.state), Cell::HeadNumber(words.seconds), Cell::HeadNumber(words.hours)])?;
    for (name, seconds) in state_names(book).into_iter().zip(seconds(&sum)) {
        sheet.row(&[Cell::Text(&capitalised(name)), Cell::Count(seconds), Cell::Hours(seconds)])?;
    }
    let mut dark = [0; 4];
    for camera in dossier.cameras.values() {
        for (sum, seconds) in dark.iter_mut().zip(by_cause(camera.dark_by)) {
            *sum += seconds;
        }
    }
    for (name, seconds) in causes(book).iter().zip(dark) {
        sheet.row(&[Cell::Text(name), Cell::Count(seconds), Cell::Hours(seconds)])?;
    }
    sheet.finish()
}

pub(super) fn groups(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    let (words, said) = (book.words, &book.said.column);
    let states = [with_unit(&state_names(book), words.seconds), with_unit(&state_names(book), words.hours)].concat();
    let mut columns = heads(&[
        (words.kind, PLACE),
        (words.id, ID),
        (words.name, NAME),
        (said.cameras, NUMBER),
        (said.amount, NUMBER),
        (words.target, NUMBER),
    ]);
    columns.extend(share_heads(book));
    let mut columns: Vec<(Cell<'_>, f64)> = columns;
    columns.extend(owned(&states));
    columns.extend(heads(&[
        (words.cameras_judged, NUMBER),
        (words.cameras_compliant, NUMBER),
        (words.worst_camera, ID),
        (words.worst_span_days, NUMBER),
    ]));
    let mut sheet = Sheet::with_head(workbook, &book.manner, words.groups, &columns, 3)?;
    for kind in ORDER {
        for group in book.dossier.report.groups.iter().filter(|group| group.kind == kind) {
            sheet.row(&group_cells(book, group))?;
        }
    }
    sheet.finish()
}

fn group_cells<'a>(book: &Book<'a>, group: &'a Group) -> Vec<Cell<'a>> {
    let (dossier, words) = (book.dossier, book.words);
    let fund = FundId::new(&group.id).ok().filter(|_| group.kind == GroupKind::Fund);
    let notes = fund.as_ref().and_then(|fund| dossier.funds.get(fund));
    let (kind, id, name) = match group.kind {
        GroupKind::All => (words.all, "", book.said.name.total),
        GroupKind::Commune => {
            let name = dossier.communes.iter().find(|(id, _)| id.as_str() == group.id).map(|(_, notes)| &*notes.name);
            (words.a_commune, &*group.id, name.unwrap_or_default())
        }
        GroupKind::Village => {
            let name = group.id.split_once('/').map_or("", |(_, village)| village);
            (words.a_village, &*group.id, name)
        }
        GroupKind::Fund => {
            let name = fund.as_ref().map_or("", |fund| book.names.fund(fund));
            (words.a_fund, book.names.fund_id(&group.id), name)
        }
        GroupKind::Site => {
            let name = dossier.sites.iter().find(|(id, _)| id.as_str() == group.id).map(|(_, notes)| &*notes.name);
            (words.a_site, &*group.id, name.unwrap_or_default())
        }
    };
    let sum = Tally::from(group.figures);
    let mut cells = vec![
        Cell::Text(kind),
        Cell::Text(id),
        Cell::Text(name),
        Cell::Count(group.cameras),
        notes.and_then(|fund| fund.amount_vnd).map_or(Cell::Empty, Cell::Count),
        Cell::Percent(notes.and_then(|fund| fund.target_uptime).map(of_ratio)),
    ];
    cells.extend(shares(&sum));
    cells.extend(seconds(&sum).map(Cell::Count));
    cells.extend(seconds(&sum).map(Cell::Hours));
    let retention = &group.retention;
    cells.extend([
        Cell::Count(retention.judged_cameras),
        Cell::Count(retention.compliant_cameras),
        retention.worst_camera.as_ref().map_or(Cell::Empty, |camera| Cell::Text(camera.as_str())),
        Cell::Days(retention.worst_span_days),
    ]);
    cells
}

pub(super) fn cameras(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    let (dossier, words, said) = (book.dossier, book.words, &book.said.column);
    let names = state_names(book);
    let (in_seconds, in_hours) = (with_unit(&names, words.seconds), with_unit(&names, words.hours));
    let dark = with_unit(&causes(book).each_ref().map(String::as_str), words.seconds);
    let mut columns: Vec<(Cell<'_>, f64)> = heads(&[
        (words.id, ID),
        (words.name, NAME),
        (words.site, PLACE),
        (said.village, PLACE),
        (said.commune, PLACE),
        (said.fund, NAME),
        (said.amount, NUMBER),
        (words.installed, NUMBER),
        (words.retired, NUMBER),
        (said.at_end, ID),
    ]);
    columns.extend(share_heads(book));
    columns.extend(owned(&in_seconds));
    columns.extend(owned(&in_hours));
    columns.extend(owned(&dark));
    columns.push((Cell::Head(words.outage_count), NUMBER));
    columns.extend(retention_heads(book));
    let mut sheet = Sheet::with_head(workbook, &book.manner, words.cameras, &columns, 2)?;
    for camera in &dossier.report.cameras {
        let notes = dossier.cameras.get(&camera.camera);
        let site = dossier.sites.get(&camera.site);
        let commune = dossier.communes.get(&camera.commune);
        let funds = book.names.funds(&camera.funds);
        let sum = Tally::from(camera.figures);
        let at_end = match notes.and_then(|notes| notes.at_end) {
            Some(state) => (book.said.name.state)(state),
            None => book.said.name.out_of_service,
        };
        let mut cells = vec![
            Cell::Text(camera.camera.as_str()),
            Cell::Text(book.names.camera(&camera.camera)),
            Cell::Text(site.map_or(camera.site.as_str(), |site| &site.name)),
            Cell::Text(site.and_then(|site| site.village.as_deref()).unwrap_or_default()),
            Cell::Text(commune.map_or(camera.commune.as_str(), |commune| &commune.name)),
            Cell::Text(&funds),
            notes.and_then(|notes| price(&notes.shares)).map_or(Cell::Empty, Cell::Count),
            Cell::Date(notes.and_then(|notes| notes.installed)),
            Cell::Date(notes.and_then(|notes| notes.retired)),
            Cell::Text(at_end),
        ];
        cells.extend(shares(&sum));
        cells.extend(seconds(&sum).map(Cell::Count));
        cells.extend(seconds(&sum).map(Cell::Hours));
        cells.extend(notes.map_or([Cell::Empty; 4], |notes| by_cause(notes.dark_by).map(Cell::Count)));
        cells.push(Cell::Count(camera.outages.len() as u64));
        cells.extend(retention_cells(book, &camera.retention, notes.and_then(|notes| notes.compliance)));
        sheet.row(&cells)?;
    }
    sheet.finish()
}

/// What a camera cost, where everybody's part is known.
fn price(shares: &[Share]) -> Option<u64> {
    if shares.is_empty() {
        return None;
    }
    shares.iter().try_fold(0u64, |sum, share| Some(sum.saturating_add(share.amount_vnd?)))
}

fn retention_heads(book: &Book<'_>) -> Columns {
    let words = book.words;
    heads(&[
        (book.said.column.recordings, ID),
        (words.required_days, NUMBER),
        (words.span_days, NUMBER),
        (words.held_days, NUMBER),
        (words.compliance, NUMBER),
        (words.missing_count, NUMBER),
    ])
}

fn retention_cells(book: &Book<'_>, retention: &CameraRetention, compliance: Option<f64>) -> [Cell<'static>; 6] {
    let names = &book.said.name;
    let state = match (retention.required_days, retention.state) {
        (None, RetentionState::Unknown) => names.not_required,
        (_, state) => (names.retention)(state),
    };
    let is_known = retention.state != RetentionState::Unknown;
    [
        Cell::Text(state),
        retention.required_days.map_or(Cell::Empty, Cell::Count),
        Cell::Days(retention.span_days),
        retention.held_days.map_or(Cell::Empty, |days| Cell::Count(days.into())),
        Cell::Percent(compliance.map(of_ratio)),
        if is_known { Cell::Count(retention.gap_days.len() as u64) } else { Cell::Empty },
    ]
}

/// As many sheets as it takes.
pub(super) fn outages(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    let (dossier, words, said) = (book.dossier, book.words, &book.said.column);
    let length = with_unit(&[said.length], words.hours);
    let mut columns: Vec<(Cell<'_>, f64)> = heads(&[
        (words.id, ID),
        (words.name, NAME),
        (words.site, PLACE),
        (said.from, MOMENT),
        (said.to, MOMENT),
        (words.seconds, NUMBER),
    ]);
    columns.extend(owned(&length));
    columns.push((Cell::Head(said.cause), PLACE));
    let all =
        dossier.report.cameras.iter().flat_map(|camera| camera.outages.iter().map(move |outage| (camera, outage)));
    let mut all = all.peekable();
    for number in 1.. {
        let name = if number == 1 { words.outages.to_owned() } else { format!("{} {number}", words.outages) };
        let mut sheet = Sheet::with_head(workbook, &book.manner, &name, &columns, 2)?;
        while !sheet.is_full()
            && let Some((camera, outage)) = all.next()
        {
            sheet.row(&[
                Cell::Text(camera.camera.as_str()),
                Cell::Text(book.names.camera(&camera.camera)),
                Cell::Text(dossier.sites.get(&camera.site).map_or(camera.site.as_str(), |site| &site.name)),
                Cell::Moment(outage.from),
                Cell::Moment(outage.to),
                Cell::Count(outage.seconds),
                Cell::Hours(outage.seconds),
                outage.cause.map_or(Cell::Empty, |cause| Cell::Text(cause_name(cause, book.language))),
            ])?;
        }
        sheet.finish()?;
        if all.peek().is_none() {
            break;
        }
    }
    Ok(())
}

pub(super) fn retention(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    let (dossier, words) = (book.dossier, book.words);
    let mut columns = heads(&[(words.id, ID), (words.name, NAME), (words.site, PLACE)]);
    columns.extend(retention_heads(book));
    columns.push((Cell::Head(words.missing_days), NAME));
    let mut sheet = Sheet::with_head(workbook, &book.manner, words.retention, &columns, 2)?;
    for camera in &dossier.report.cameras {
        let compliance = dossier.cameras.get(&camera.camera).and_then(|notes| notes.compliance);
        let missing = camera.retention.gap_days.iter().map(Date::to_string).collect::<Vec<_>>().join(", ");
        let mut cells = vec![
            Cell::Text(camera.camera.as_str()),
            Cell::Text(book.names.camera(&camera.camera)),
            Cell::Text(dossier.sites.get(&camera.site).map_or(camera.site.as_str(), |site| &site.name)),
        ];
        cells.extend(retention_cells(book, &camera.retention, compliance));
        cells.push(Cell::Text(&missing));
        sheet.row(&cells)?;
    }
    sheet.finish()
}

/// A camera a row, a day a column.
pub(super) fn days(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    const HELD: u16 = 2;
    let (dossier, words) = (book.dossier, book.words);
    let most = dossier.cameras.values().map(|notes| notes.days.len()).max().unwrap_or_default();
    let first = first_day(&dossier.report.month);
    let mut columns = heads(&[(words.id, ID), (words.name, NAME)]);
    for index in 0..most {
        let day = first.and_then(|first| first.checked_add(i64::try_from(index).ok()?.days()).ok());
        columns.push((day.map_or(Cell::Empty, Cell::HeadDay), 8.5));
    }
    let mut sheet = Sheet::with_head(workbook, &book.manner, words.days, &columns, HELD)?;
    for camera in &dossier.report.cameras {
        let Some(notes) = dossier.cameras.get(&camera.camera) else { continue };
        let mut cells = vec![Cell::Text(camera.camera.as_str()), Cell::Text(book.names.camera(&camera.camera))];
        cells.extend(notes.days.iter().map(|day| Cell::Percent(uptime(&of_day(*day)))));
        sheet.row(&cells)?;
    }
    // Days on which something was wrong are found at a glance; the figures say how wrong.
    let (last_row, last_column) = (sheet.last_row(), HELD + u16::try_from(most).unwrap_or_default());
    if last_row > 0 && last_column > HELD {
        // What is empty is no figure, and would be taken for 0.
        let empty = ConditionalFormatBlank::new().set_stop_if_true(true);
        sheet.worksheet().add_conditional_format(1, HELD, last_row, last_column - 1, &empty)?;
        for (limit, ground) in [(0.9, 0x00F4_B8B3), (0.98, 0x00FB_DFA9), (1.0, 0x00FD_F3D8)] {
            let rule = ConditionalFormatCell::new()
                .set_rule(ConditionalFormatCellRule::Between(0.0, limit - 0.000_01))
                .set_format(Format::new().set_background_color(Color::RGB(ground)))
                .set_stop_if_true(true);
            sheet.worksheet().add_conditional_format(1, HELD, last_row, last_column - 1, &rule)?;
        }
    }
    sheet.finish()
}

fn of_day(day: Day) -> Tally {
    Tally {
        up: day.up.into(),
        degraded: day.degraded.into(),
        dark: day.dark.into(),
        unknown: day.unknown.into(),
        maintenance: day.maintenance.into(),
    }
}

pub(super) fn amendments(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    let (dossier, words, said) = (book.dossier, book.words, &book.said.column);
    let names = state_names(book);
    let sides = [said.before, said.after].map(|side| {
        let mut heads: Vec<String> = [said.uptime, said.coverage].map(|head| format!("{side}: {head}")).into();
        heads.extend(with_unit(
            &names.map(|name| format!("{side}: {name}")).each_ref().map(String::as_str),
            words.seconds,
        ));
        heads
    });
    let mut columns: Vec<(Cell<'_>, f64)> =
        heads(&[(said.month, NUMBER), (said.made, MOMENT), (words.id, ID), (words.name, NAME)]);
    for side in &sides {
        columns.extend(owned(side));
    }
    let mut sheet = Sheet::with_head(workbook, &book.manner, words.amendments, &columns, 4)?;
    for amendment in &dossier.amendments {
        let mut cells = vec![
            first_day(&amendment.month).map_or(Cell::Text(&amendment.month), Cell::Month),
            Cell::Moment(amendment.made_at),
            Cell::Text(amendment.camera.as_str()),
            Cell::Text(book.names.camera(&amendment.camera)),
        ];
        for side in [&amendment.before, &amendment.after] {
            let coverage = hundredths(side.observed(), expected(side));
            cells.extend([Cell::Percent(uptime(side)), Cell::Percent(coverage)]);
            cells.extend(seconds(side).map(Cell::Count));
        }
        sheet.row(&cells)?;
    }
    sheet.finish()
}

pub(super) fn method(workbook: &mut Workbook, book: &Book<'_>) -> Result<(), XlsxError> {
    let mut sheet = Sheet::bare(workbook, &book.manner, book.words.method)?;
    sheet.width(0, 110.0)?;
    sheet.row(&[Cell::Title(book.words.method)])?;
    for line in book.said.note.how_counted_long.iter().chain(book.words.reading) {
        sheet.row(&[Cell::Long(line)])?;
    }
    sheet.finish()
}

/// The first day of `YYYY-MM`.
fn first_day(month: &str) -> Option<Date> {
    format!("{month}-01").parse().ok()
}
