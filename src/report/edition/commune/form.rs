//! The form of an administrative document: letterhead and signature (Nghị định 30/2020/NĐ-CP, Phụ lục I).
//!
//! In Vietnamese alone. What the clerk writes by hand (number, day, seal) is left empty.

use crate::report::document::{Block, Head, Letterhead, Signature};
use crate::report::edition::manner::{administrative, parts};
use crate::report::edition::parts::{is_vietnamese, without_level};
use crate::report::edition::view::View;

const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";
/// How a People's Committee is abbreviated in a document's number.
const COMMITTEE: (&str, &str) = ("ỦY BAN NHÂN DÂN", "UBND");

/// The month as an administrative text writes it: `10/2026`, `01/2026`.
pub(super) fn month(view: &View<'_>) -> String {
    match parts(&view.dossier.report.month) {
        Some((year, month)) if is_vietnamese(view) => format!("{}/{year}", administrative(month)),
        _ => view.month(),
    }
}

pub(super) fn letterhead(view: &View<'_>, commune: &str) -> Head {
    let words = &view.manner.words.commune;
    let form = &view.dossier.form;
    let issuer = form.issuer.clone().unwrap_or_else(|| (words.issuer)(commune)).to_uppercase();
    let is_committee = issuer.starts_with(COMMITTEE.0) || issuer.starts_with(COMMITTEE.1);
    let made = view.manner.day_of(view.dossier.report.generated_at);
    let place = form.place.clone().unwrap_or_else(|| without_level(commune).to_owned());
    Head::Administrative(Letterhead {
        draft: Some(words.draft.to_owned()),
        superior: form.superior.as_ref().map(|superior| superior.to_uppercase()),
        // Another body's abbreviation is for the clerk to write.
        number: (words.number)(if is_committee { COMMITTEE.1 } else { "          " }),
        issuer,
        nation: NATION.to_owned(),
        motto: MOTTO.to_owned(),
        place_and_date: (words.place_and_date)(&place, &administrative(made.month()), &made.year().to_string()),
        kind: words.kind.to_owned(),
        subject: (words.subject)(&month(view)),
        addressee: form.superior.as_ref().map(|superior| (words.addressee)(superior)),
    })
}

pub(super) fn signature(view: &View<'_>) -> Block {
    let words = &view.manner.words.commune;
    let form = &view.dossier.form;
    let mut authority: Vec<String> =
        [&form.sign_mode, &form.signer_title].into_iter().flatten().map(|line| line.to_uppercase()).collect();
    if authority.is_empty() {
        authority.push(words.authority.to_owned());
    }
    Block::Signature(Signature {
        authority,
        room: words.room.to_owned(),
        name: form.signer.clone().unwrap_or_else(|| words.signer.to_owned()),
        recipients_heading: words.recipients.to_owned(),
        recipients: recipients(view),
    })
}

/// "- Như trên;" first where there is an addressee, the archive last: each ends with ";", the last with ".".
fn recipients(view: &View<'_>) -> Vec<String> {
    let words = &view.manner.words.commune;
    let form = &view.dossier.form;
    let bare =
        |line: &str| line.trim().trim_start_matches(['-', '–']).trim_end_matches([';', '.', ',']).trim().to_owned();
    let said: Vec<String> = form.recipients.iter().map(|line| bare(line)).filter(|line| !line.is_empty()).collect();
    let mut lines = Vec::new();
    if form.superior.is_some() && !said.iter().any(|line| line == words.as_above) {
        lines.push(words.as_above.to_owned());
    }
    let (archive, others): (Vec<_>, Vec<_>) = said.into_iter().partition(|line| line.starts_with(ARCHIVE));
    lines.extend(others);
    lines.push(archive.into_iter().next().unwrap_or_else(|| words.archive.to_owned()));
    let last = lines.len() - 1;
    lines.iter().enumerate().map(|(at, line)| format!("- {line}{}", if at == last { '.' } else { ';' })).collect()
}

/// How the line of the archive begins.
const ARCHIVE: &str = "Lưu";
