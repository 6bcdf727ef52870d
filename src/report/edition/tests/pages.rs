//! How much paper it takes, and that every letter can be set.

use std::collections::BTreeSet;
use std::io;

use super::{LANGUAGES, every};
use crate::report::edition::Edition;
use crate::report::{pdf, sample};

#[test]
fn a_fund_of_twelve_cameras_reads_one_page() {
    let fund = "commune-2023".parse().unwrap();
    let mut dossier = sample::dossier(22);
    // A correction has to be told, on a second page if need be.
    dossier.amendments.clear();
    assert_eq!(dossier.report.cameras.iter().filter(|camera| camera.funds.contains(&fund)).count(), 12);
    for language in LANGUAGES {
        let document = Edition::Funder(fund.clone()).document(&dossier, language);
        assert_eq!(pdf::write(&document, &mut io::sink()).unwrap().pages, 1, "{language:?}");
    }
}

#[test]
fn a_notice_hangs_on_one_nail() {
    for language in LANGUAGES {
        for dossier in [sample::dossier(1), sample::dossier(250), sample::running(250)] {
            let document = Edition::Notice("xa-000".parse().unwrap()).document(&dossier, language);
            assert_eq!(pdf::write(&document, &mut io::sink()).unwrap().pages, 1, "{language:?}");
        }
    }
}

#[test]
fn no_letter_of_any_report_is_missing() {
    for (edition, language, document) in every(&sample::dossier(10)) {
        let written = pdf::write(&document, &mut io::sink()).unwrap();
        assert_eq!(written.missing, BTreeSet::new(), "{edition:?} {language:?}");
    }
}
