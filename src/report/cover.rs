//! The mail that a report comes with: what it is, its most important figures, and how to know that nobody changed it.
//!
//! Pure. The figures are those of the document, in its words.

use std::fmt::Write as _;

use super::document::{Block, Document, KeyFigure};
use crate::inventory::Language;

/// A mail in words, twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    pub subject: String,
    pub text: String,
    /// The same, marked up.
    pub html: String,
}

/// What is the same in every mail of a language.
struct Words {
    language: &'static str,
    attached: &'static str,
    amended: &'static str,
    hash: &'static str,
    automatic: &'static str,
}

const VIETNAMESE: Words = Words {
    language: "vi",
    attached: "Báo cáo được gửi kèm theo thư này (tệp PDF).",
    amended: "Báo cáo có nêu các điều chỉnh số liệu của những tháng trước.",
    hash: "Số liệu của tháng đã được chốt; mã kiểm tra SHA-256:",
    automatic: "Thư này do hệ thống camwatch gửi tự động.",
};

const ENGLISH: Words = Words {
    language: "en",
    attached: "The report is attached to this mail (a PDF file).",
    amended: "It also tells what was corrected in the figures of earlier months.",
    hash: "The figures of this month are final; their SHA-256 is",
    automatic: "This mail was sent automatically by camwatch.",
};

const KOREAN: Words = Words {
    language: "ko",
    attached: "보고서를 이 메일에 첨부했습니다(PDF 파일).",
    amended: "지난달까지의 수치를 정정한 내용도 들어 있습니다.",
    hash: "이달의 수치는 확정되었으며 SHA-256 값은 다음과 같습니다:",
    automatic: "이 메일은 camwatch가 자동으로 보냈습니다.",
};

impl Cover {
    /// `hash` is that of the closed figures; `amended` where the report tells corrections.
    #[must_use]
    pub fn of(document: &Document, hash: &str, amended: bool) -> Self {
        let words = match document.language {
            Language::Vietnamese => &VIETNAMESE,
            Language::English => &ENGLISH,
            Language::Korean => &KOREAN,
        };
        let figures: Vec<String> = document.blocks.iter().flat_map(key_figures).map(line).collect();
        let mut attached = words.attached.to_owned();
        if amended {
            let _ = write!(attached, " {}", words.amended);
        }
        // Writing to a String does not fail.
        let mut text = format!("{}\n\n{attached}\n\n", document.title);
        for line in &figures {
            let _ = writeln!(text, "- {line}");
        }
        let gap = if figures.is_empty() { "" } else { "\n" };
        let _ = write!(text, "{gap}{}\n{hash}\n\n{}\n", words.hash, words.automatic);
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"></head>\n<body>\n<p><strong>{}</strong></p>\n\
             <p>{attached}</p>\n",
            words.language,
            escaped(&document.title),
        );
        if !figures.is_empty() {
            html.push_str("<ul>\n");
            for line in &figures {
                let _ = writeln!(html, "<li>{}</li>", escaped(line));
            }
            html.push_str("</ul>\n");
        }
        let _ = write!(
            html,
            "<p>{}<br><code>{hash}</code></p>\n<p><small>{}</small></p>\n</body>\n</html>\n",
            words.hash, words.automatic
        );
        Self { subject: document.title.clone(), text, html }
    }
}

fn key_figures(block: &Block) -> &[KeyFigure] {
    match block {
        Block::KeyFigures(figures) => figures,
        _ => &[],
    }
}

fn line(figure: &KeyFigure) -> String {
    let note = figure.note.as_ref().map_or_else(String::new, |note| format!(" ({note})"));
    format!("{}: {}{note}", figure.label, figure.value)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::document::{Head, Size, Tone};

    #[test]
    fn the_mail_tells_the_key_figures_in_both_its_forms() {
        let figure = |label: &str, note: Option<&str>| KeyFigure {
            label: label.to_owned(),
            value: "99,52 %".to_owned(),
            note: note.map(str::to_owned),
            tone: Tone::Good,
        };
        let document = Document {
            language: Language::Vietnamese,
            title: "Camera tháng 10/2026 – Hộ <A & B>".to_owned(),
            author: None,
            made_at: jiff::Timestamp::UNIX_EPOCH,
            head: Head::Plain { organisation: None, title: String::new(), subtitle: String::new() },
            size: Size::Body,
            blocks: vec![Block::KeyFigures(vec![figure("Thời gian hoạt động", Some("đã quan sát 98 %"))])],
            footer: String::new(),
        };
        let cover = Cover::of(&document, "00ff", true);
        assert_eq!(cover.subject, document.title);
        assert!(cover.text.contains("\n- Thời gian hoạt động: 99,52 % (đã quan sát 98 %)\n\n"), "{}", cover.text);
        assert!(cover.text.contains("điều chỉnh") && cover.text.contains("\n00ff\n"), "{}", cover.text);
        assert!(cover.html.contains("<li>Thời gian hoạt động: 99,52 % (đã quan sát 98 %)</li>"), "{}", cover.html);
        assert!(cover.html.contains("Hộ &lt;A &amp; B&gt;") && cover.html.contains("lang=\"vi\""), "{}", cover.html);
    }
}
