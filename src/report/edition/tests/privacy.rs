//! What no reader may learn.

use super::{LANGUAGES, every, whole};
use crate::inventory::Language;
use crate::report::edition::Edition;
use crate::report::sample::{self, AIM_OF_A_PRIVATE_CAMERA, HOUSEHOLD_WITHOUT_CONSENT};

#[test]
fn a_household_is_named_to_itself_alone() {
    for size in super::SIZES {
        for (edition, language, document) in every(&sample::dossier(size)) {
            let is_theirs = edition == Edition::Funder("hidden".parse().unwrap());
            let text = whole(&document);
            assert_eq!(text.contains(HOUSEHOLD_WITHOUT_CONSENT), is_theirs, "{edition:?} {language:?}");
            assert!(!text.contains("Lê Thị Lặng"), "{edition:?} {language:?}");
        }
    }
}

#[test]
fn a_household_that_agreed_is_named() {
    let commune = Edition::Commune("xa-000".parse().unwrap());
    for language in LANGUAGES {
        let text = whole(&commune.document(&sample::dossier(32), language));
        assert!(text.contains("Nguyễn Văn Vui"), "{language:?}");
    }
    let text = whole(&commune.document(&sample::dossier(32), Language::Vietnamese));
    assert!(text.contains("Hộ gia đình (2 nguồn)"), "those that did not stand together: {text}");
}

#[test]
fn where_a_private_camera_looks_nobody_reads() {
    for (edition, language, document) in every(&sample::dossier(32)) {
        assert!(!whole(&document).contains(AIM_OF_A_PRIVATE_CAMERA), "{edition:?} {language:?}");
    }
    let own = Edition::Funder("hidden".parse().unwrap()).document(&sample::dossier(32), Language::Vietnamese);
    assert!(whole(&own).contains("cam-00003"), "it stands there by its id");
}

#[test]
fn a_camera_of_a_household_that_did_not_agree_stands_by_its_id() {
    let site = Edition::Site("site-0000".parse().unwrap()).document(&sample::dossier(32), Language::English);
    let text = whole(&site);
    assert!(text.contains("cam-00005") && !text.contains("Nguyễn Hữu Tiến"), "{text}");
    let own = Edition::Funder("hidden-too".parse().unwrap()).document(&sample::dossier(32), Language::English);
    assert!(whole(&own).contains("Nguyễn Hữu Tiến"), "to itself it has its name");
}

#[test]
fn a_fund_reads_of_its_own_cameras_alone() {
    let dossier = sample::dossier(1000);
    for (edition, language, document) in every(&dossier) {
        let Edition::Funder(fund) = &edition else { continue };
        let text = whole(&document);
        for camera in dossier.report.cameras.iter().filter(|camera| !camera.funds.contains(fund)) {
            let name = &dossier.cameras[&camera.camera].name;
            let is_told = text.lines().any(|line| line == name || line == camera.camera.as_str());
            assert!(!is_told, "{edition:?} {language:?} tells of {name}");
        }
    }
}

#[test]
fn no_report_holds_an_address() {
    for (edition, language, document) in every(&sample::dossier(1000)) {
        let text = whole(&document);
        for mark in ["://", "@", "rtsp", "RTSP", "IP ", "192.168", "10.20."] {
            assert!(!text.contains(mark), "{edition:?} {language:?} says {mark}");
        }
    }
}
