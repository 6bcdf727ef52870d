//! The index of a month: its reports by whom they are for. No script, nothing from elsewhere.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::super::escape::escaped;
use crate::config::Config;
use crate::inventory::Language;
use crate::ledger::Month;
use crate::report::closing::{self, Archive, Ended, Verdict, Why};
use crate::report::{Format, ReportError, Shown};

/// # Errors
/// Where there is no such month, or it cannot be told.
pub(super) fn render(config: &Config, month: Month, now: Timestamp) -> Result<String, ReportError> {
    Shown::exists(config, month, now)?;
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Reports of {month}</title>\n<style>\n\
         :root {{ color-scheme: light dark; }}\n\
         html {{ background: Canvas; color: CanvasText; }}\n\
         body {{ font-family: sans-serif; line-height: 1.5; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}\n\
         table {{ border-collapse: collapse; }} th, td {{ text-align: left; padding: .2rem 1rem .2rem 0; \
         vertical-align: top; }} code {{ overflow-wrap: anywhere; }}\n\
         </style>\n</head>\n<body>\n<h1>Reports of {month}</h1>\n"
    );
    // Writing to a String does not fail.
    let _ = writeln!(
        page,
        "<p><a href=\"/reports/{}\">{}</a> · <a href=\"/reports/{}\">{}</a> · <a href=\"/\">camwatch</a></p>",
        month.previous(),
        month.previous(),
        month.next(),
        month.next()
    );
    standing(&mut page, config, month, now)?;
    let inventory = &config.inventory;
    section(&mut page, "All cameras", month, [(String::new(), "by commune", config.daemon.language)].into_iter());
    let funds = inventory
        .funds
        .values()
        .map(|fund| (format!("fund={}", fund.id), fund.name.as_str(), fund.language.unwrap_or(config.daemon.language)));
    section(&mut page, "Who paid", month, funds);
    let communes = || inventory.communes.values();
    let language = config.daemon.language;
    section(
        &mut page,
        "Communes: the report to be signed",
        month,
        communes().map(|commune| (format!("commune={}", commune.id), commune.name.as_str(), language)),
    );
    section(
        &mut page,
        "Communes: the notice for the village hall",
        month,
        communes().map(|commune| (format!("commune={}&amp;notice", commune.id), commune.name.as_str(), language)),
    );
    let sites = inventory.sites.values().map(|site| (format!("site={}", site.id), site.name.as_str(), language));
    section(&mut page, "Sites", month, sites);
    page.push_str("</body>\n</html>\n");
    Ok(page)
}

/// Whether the month is closed, under which hash, and who has its reports.
fn standing(page: &mut String, config: &Config, month: Month, now: Timestamp) -> Result<(), ReportError> {
    let archive = Archive::of(config);
    if !archive.holds(month) {
        let when = match closing::closes_at(month, &config.report, &config.daemon.timezone) {
            None => "Not closed: [report] has no day. The figures are those of the record as it stands.".to_owned(),
            Some(at) if at <= now => "Not closed yet: it is due.".to_owned(),
            Some(at) => {
                let at = at.to_zoned(config.daemon.timezone.clone()).strftime("%F %R").to_string();
                format!(
                    "Not closed: that is done on {at}. Until then the figures are those of the record as it stands."
                )
            }
        };
        let _ = writeln!(page, "<p>{when}</p>");
        return Ok(());
    }
    let _ = writeln!(page, "<p>Closed. SHA-256 of its figures: <code>{}</code></p>", archive.hash(month)?);
    let amendments = archive.amendments(month)?.len();
    if amendments > 0 {
        let _ = writeln!(page, "<p>Corrections since, one for each camera: {amendments}.</p>");
    }
    let deliveries = archive.deliveries(month)?;
    let count = |verdict| deliveries.answers.iter().filter(|one| one.verdict == verdict).count();
    let said = match &deliveries.ended {
        Some(Ended { why: Why::Nobody, .. }) => "Sent to nobody: there is no address or no mail channel.".to_owned(),
        Some(Ended { why: Why::Before, .. }) => "Sent to nobody: closed later than the month after it.".to_owned(),
        ended => {
            let open = if ended.is_some() { "" } else { " It is not over." };
            let (sent, refused, later) = (count(Verdict::Sent), count(Verdict::Refused), count(Verdict::Later));
            format!("Sent: {sent}, refused: {refused}, to be tried again: {later}.{open}")
        }
    };
    let _ = writeln!(page, "<p>{said}</p>");
    Ok(())
}

/// One line for each: its name, and the ways to read it. Ids hold no character that means anything in a URL.
fn section<'a>(
    page: &mut String,
    heading: &str,
    month: Month,
    lines: impl Iterator<Item = (String, &'a str, Language)>,
) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    let _ = writeln!(page, "<h2>{heading}</h2>\n<table>");
    for (about, name, theirs) in lines {
        let and = if about.is_empty() { "" } else { "&amp;" };
        let _ = write!(page, "<tr><td>{}</td><td>", escaped(name));
        for (language, word, code) in [
            (Language::Vietnamese, "tiếng Việt", "vi"),
            (Language::English, "English", "en"),
            (Language::Korean, "한국어", "ko"),
        ] {
            let (open, close) = if language == theirs { ("<strong>", "</strong>") } else { ("", "") };
            let _ = write!(page, "{open}<span lang=\"{code}\">{word}</span>{close}:");
            for format in [Format::Html, Format::Pdf, Format::Xlsx] {
                let format = format.as_str();
                let _ = write!(
                    page,
                    " <a href=\"/reports/{month}?{about}{and}lang={code}&amp;format={format}\">{format}</a>"
                );
            }
            page.push_str(" &nbsp; ");
        }
        for format in [Format::Csv, Format::Json] {
            let format = format.as_str();
            let _ = write!(page, " <a href=\"/reports/{month}?{about}{and}format={format}\">{format}</a>");
        }
        page.push_str("</td></tr>\n");
    }
    page.push_str("</table>\n");
}
