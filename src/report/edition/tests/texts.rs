//! Words: all of them there, each in its language, in the form that is due.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::{LANGUAGES, SIZES, every, tables, texts, whole};
use crate::inventory::Language;
use crate::observation::Cause;
use crate::report::document::{Block, Head, Size};
use crate::report::dossier::Dossier;
use crate::report::edition::Edition;
use crate::report::sample;
use crate::report::words::cause_name;

fn commune() -> Edition {
    Edition::Commune("xa-000".parse().unwrap())
}

fn months() -> impl Iterator<Item = Dossier> {
    SIZES.into_iter().map(sample::dossier).chain([sample::running(32)])
}

#[test]
fn every_text_says_something_and_is_composed() {
    let nfc = ComposingNormalizerBorrowed::new_nfc();
    for dossier in months() {
        for (edition, language, document) in every(&dossier) {
            for text in texts(&document) {
                assert!(!text.trim().is_empty(), "{edition:?} {language:?}");
                assert!(nfc.is_normalized(text), "{text:?}");
                assert!(!text.contains(['{', '}', '\n', '\t']), "{text:?}");
                assert!(!text.contains("  (") && !text.contains("()") && !text.contains(" ."), "{text:?}");
            }
        }
    }
}

#[test]
fn names_that_were_typed_in_pieces_are_composed() {
    let mut dossier = sample::dossier(1);
    let camera = dossier.report.cameras[0].camera.clone();
    dossier.cameras.get_mut(&camera).unwrap().name = "Ca\u{302}\u{300}u\tYe\u{302}n".to_owned();
    let text = whole(&Edition::Province.document(&dossier, Language::Vietnamese));
    assert!(text.contains("Cầu Yên"), "{text}");
}

#[test]
fn every_table_has_as_many_cells_as_columns() {
    for dossier in months() {
        for (edition, _, document) in every(&dossier) {
            for table in tables(&document) {
                assert!(table.rows.iter().all(|row| row.cells.len() == table.columns.len()), "{edition:?}");
                assert!(!table.rows.is_empty(), "{edition:?}: {:?}", table.columns);
            }
        }
    }
}

/// Names in letters that no language owns.
fn with_plain_names(mut dossier: Dossier) -> Dossier {
    for (number, notes) in dossier.cameras.values_mut().enumerate() {
        notes.name = format!("Name {number}");
    }
    for notes in dossier.sites.values_mut() {
        (notes.name, notes.village) = ("Place".to_owned(), Some("Village".to_owned()));
    }
    for notes in dossier.communes.values_mut() {
        (notes.name, notes.province) = ("Commune".to_owned(), None);
    }
    for notes in dossier.funds.values_mut() {
        notes.name = "Fund".to_owned();
    }
    dossier.form = crate::report::dossier::Form { service_life_months: 60, ..Default::default() };
    dossier
}

#[test]
fn no_language_speaks_in_another() {
    let is_hangul = |c: char| matches!(c, '가'..='힣');
    for dossier in [sample::dossier(32), sample::dossier(1000), sample::running(32)].map(with_plain_names) {
        for (edition, language, document) in every(&dossier) {
            for text in texts(&document) {
                let foreign = text.chars().find(|c| match language {
                    Language::English => c.is_alphabetic() && !c.is_ascii(),
                    Language::Vietnamese => is_hangul(*c),
                    // The Vietnamese word for a commune helps whoever knows it.
                    Language::Korean => c.is_alphabetic() && !c.is_ascii() && !is_hangul(*c) && *c != 'ã',
                });
                assert_eq!(foreign, None, "{edition:?} {language:?}: {text}");
            }
        }
    }
}

#[test]
fn cameras_do_not_die_in_official_texts() {
    for (edition, _, document) in every(&sample::dossier(1000)) {
        assert!(!whole(&document).to_lowercase().contains("chết"), "{edition:?}");
    }
    for cause in Cause::ALL {
        for language in LANGUAGES {
            assert!(!cause_name(*cause, language).is_empty());
            assert!(!cause_name(*cause, language).contains("chết"));
        }
    }
}

#[test]
fn the_state_is_named_in_vietnamese_alone() {
    let dossier = sample::dossier(32);
    for (edition, language, document) in every(&dossier) {
        let is_official = matches!(document.head, Head::Administrative(_));
        assert_eq!(is_official, edition == commune() && language == Language::Vietnamese, "{edition:?} {language:?}");
        assert_eq!(whole(&document).contains("CỘNG HÒA"), is_official, "{edition:?} {language:?}");
        assert_eq!(document.size == Size::Poster, matches!(edition, Edition::Notice(_)));
    }
}

#[test]
fn the_form_of_an_administrative_report_is_kept() {
    let dossier = sample::dossier(32);
    let document = commune().document(&dossier, Language::Vietnamese);
    let Head::Administrative(head) = &document.head else { panic!("{:?}", document.head) };
    assert_eq!(head.draft.as_deref(), Some("DỰ THẢO"));
    assert_eq!(head.issuer, "ỦY BAN NHÂN DÂN XÃ MỘC NAM");
    assert_eq!(head.superior.as_deref(), Some("ỦY BAN NHÂN DÂN TỈNH NINH BÌNH"));
    assert_eq!(head.number, "Số:      /BC-UBND");
    assert_eq!(head.place_and_date, "Mộc Nam, ngày      tháng 11 năm 2026");
    assert_eq!(head.subject, "Kết quả hoạt động hệ thống camera an ninh tháng 10/2026");
    assert_eq!(head.addressee.as_deref(), Some("Kính gửi: Ủy ban nhân dân tỉnh Ninh Bình"));
    let at = |what: &dyn Fn(&Block) -> bool| document.blocks.iter().position(what).unwrap();
    let signed = at(&|block| matches!(block, Block::Signature(_)));
    let annex = at(&|block| matches!(block, Block::PageBreak));
    assert!(signed < annex, "the annex comes after the signature");
    let Block::Paragraph(last) = &document.blocks[signed - 1] else { panic!("a paragraph") };
    assert!(last.0[0].text.ends_with("./."), "{last:?}");
    let Block::Signature(signature) = &document.blocks[signed] else { panic!("a signature") };
    assert_eq!(signature.authority, ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]);
    assert_eq!(signature.recipients, ["- Như trên;", "- Thường trực Đảng ủy xã;", "- Công an xã;", "- Lưu: VT."]);
    let headings: Vec<&str> = document
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading { level: 1, text } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let expected =
        ["I. TÌNH HÌNH CHUNG", "II. KẾT QUẢ HOẠT ĐỘNG", "III. TỒN TẠI, NGUYÊN NHÂN", "IV. PHƯƠNG HƯỚNG, KIẾN NGHỊ"];
    assert_eq!(headings[..4], expected);
}

#[test]
fn months_one_and_two_are_padded_and_no_others() {
    let mut dossier = sample::dossier(1);
    for (month, made, subject, day) in [
        ("2026-01", "2026-02-02T02:00:00Z", "tháng 01/2026", "tháng 02 năm 2026"),
        ("2026-03", "2026-04-02T02:00:00Z", "tháng 3/2026", "tháng 4 năm 2026"),
    ] {
        dossier.report.month = month.to_owned();
        dossier.report.generated_at = made.parse().unwrap();
        let document = commune().document(&dossier, Language::Vietnamese);
        let Head::Administrative(head) = &document.head else { panic!("{:?}", document.head) };
        assert!(head.subject.ends_with(subject), "{}", head.subject);
        assert!(head.place_and_date.ends_with(day), "{}", head.place_and_date);
    }
}

#[test]
fn another_bodys_number_is_left_to_the_clerk() {
    let mut dossier = sample::dossier(1);
    dossier.form.issuer = Some("Công an xã Mộc Nam".to_owned());
    let document = commune().document(&dossier, Language::Vietnamese);
    let Head::Administrative(head) = &document.head else { panic!("{:?}", document.head) };
    assert_eq!(head.issuer, "CÔNG AN XÃ MỘC NAM");
    assert!(!head.number.contains("UBND"), "{}", head.number);
}

#[test]
fn a_month_that_runs_says_so_everywhere() {
    let said = ["Tháng đang chạy", "The month is not over", "이번 달이 아직 끝나지 않았습니다"];
    let until = ["12/10/2026 09:30", "12 Oct 2026 09:30", "2026년 10월 12일 09:30"];
    for (edition, language, document) in every(&sample::running(32)) {
        let text = whole(&document);
        let at = LANGUAGES.iter().position(|other| *other == language).unwrap();
        assert!(text.contains(said[at]) && text.contains(until[at]), "{edition:?} {language:?}: {text}");
    }
    for (edition, language, document) in every(&sample::dossier(32)) {
        let text = whole(&document);
        assert!(!said.iter().any(|said| text.contains(said)), "{edition:?} {language:?}");
    }
}

#[test]
fn corrections_stand_beside_what_was_reported() {
    let dossier = sample::dossier(32);
    let text = whole(&commune().document(&dossier, Language::Vietnamese));
    assert!(text.contains("Điều chỉnh") && text.contains("tháng 9/2026"), "{text}");
    // 2,500,000 of 2,592,000 were reported, 2,500,000 of 2,512,000 hold now.
    assert!(text.contains("96,45") && text.contains("99,52"), "{text}");
}

#[test]
fn a_fund_without_cameras_gets_a_page_that_says_so() {
    let dossier = sample::dossier(1);
    for language in LANGUAGES {
        let document = Edition::Funder("hidden".parse().unwrap()).document(&dossier, language);
        assert_eq!(document.blocks.len(), 1, "{:?}", document.blocks);
    }
}

#[test]
fn who_took_it_on_and_when_it_was_over_is_told() {
    let dossier = sample::dossier(32);
    let document = Edition::Funder("commune-2023".parse().unwrap()).document(&dossier, Language::Vietnamese);
    let troubles = tables(&document).next().unwrap();
    // The cut of the second site, noticed after 17 minutes, with the cameras of this fund behind it.
    let row = troubles.rows.iter().find(|row| row.cells[0].text.starts_with("Cụm camera số 2")).unwrap();
    let cells: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
    let expected =
        ["do điện, đường truyền", "10/10/2026 08:00", "13 giờ 4 phút", "10/10/2026 08:17", "10/10/2026 21:04"];
    assert_eq!(cells[1..], expected, "{cells:?}");
}
