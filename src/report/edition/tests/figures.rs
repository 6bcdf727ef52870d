//! Numbers: the dossier's, printed as they may be printed.

use super::super::uptime::{Uptime, Why};
use super::super::view::{Sum, View};
use super::{ADDED, LANGUAGES, SIZES, bars, every, tables, whole};
use crate::inventory::Language;
use crate::ledger::Tally;
use crate::report::document::{Block, Tone};
use crate::report::edition::Edition;
use crate::report::edition::manner::Manner;
use crate::report::edition::uptime::{coverage, with_coverage};
use crate::report::{GroupKind, sample};

fn manner(language: Language) -> Manner {
    Manner::new(language, sample::ZONE)
}

#[test]
fn the_sample_agrees_with_itself() {
    for dossier in [sample::dossier(1000), sample::running(1000)] {
        for camera in &dossier.report.cameras {
            let (figures, notes) = (&camera.figures, &dossier.cameras[&camera.camera]);
            let by = notes.dark_by;
            assert_eq!(by.camera + by.line + by.recorder + by.unknown, figures.dark_seconds, "{}", camera.camera);
            let outages: u64 = camera.outages.iter().map(|outage| outage.seconds).sum();
            assert_eq!(outages, figures.dark_seconds, "{}", camera.camera);
        }
    }
}

#[test]
fn sums_are_the_ledgers_groups() {
    for size in SIZES {
        let dossier = sample::dossier(size);
        let view = View::new(&dossier, Language::English, None, |_| true);
        let sum = view.sum();
        let all = dossier.report.groups.iter().find(|group| group.kind == GroupKind::All).unwrap();
        assert_eq!(sum.tally, Tally::from(all.figures));
        let communes = view.sums(|camera| [&camera.figures.commune]);
        let mut added = Tally::default();
        for sum in communes.values() {
            added += sum.tally;
        }
        assert_eq!(added, sum.tally, "communes add up");
        let by = sum.dark_by;
        assert_eq!(by.camera + by.line + by.recorder + by.unknown, sum.tally.dark, "causes add up");
    }
}

#[test]
fn every_camera_stands_with_its_own_figures() {
    for size in SIZES {
        let dossier = sample::dossier(size);
        for language in LANGUAGES {
            let manner = manner(language);
            let document = Edition::Province.document(&dossier, language);
            let annex = tables(&document).last().unwrap();
            let rows: Vec<_> = annex.rows.iter().filter(|row| !row.strong).collect();
            assert_eq!(rows.len(), size);
            let mut cameras: Vec<_> = dossier.report.cameras.iter().collect();
            cameras.sort_by_key(|camera| &camera.commune);
            for (row, camera) in rows.iter().zip(cameras) {
                let tally = Tally::from(camera.figures);
                assert_eq!(row.cells[1].text, Uptime::of(&tally).text(&manner));
                assert_eq!(row.cells[2].text, coverage(&manner, &tally));
                assert_eq!(row.cells[3].text, manner.length(tally.dark));
            }
        }
    }
}

#[test]
fn totals_of_every_edition_are_those_of_its_cameras() {
    let dossier = sample::dossier(1000);
    for language in LANGUAGES {
        let manner = manner(language);
        for edition in super::editions() {
            let view = View::new(&dossier, language, None, |camera| match &edition {
                Edition::Funder(id) => camera.funds.contains(id),
                Edition::Commune(id) | Edition::Notice(id) => camera.commune == *id,
                Edition::Province => true,
                Edition::Site(id) => camera.site == *id,
            });
            let sum: Sum = view.sum();
            let document = edition.document(&dossier, language);
            let figures = document.blocks.iter().find_map(|block| match block {
                Block::KeyFigures(figures) => Some(figures),
                _ => None,
            });
            let values: Vec<&str> = figures.unwrap().iter().map(|figure| figure.value.as_str()).collect();
            assert!(values.contains(&Uptime::of(&sum.tally).text(&manner).as_str()), "{edition:?}: {values:?}");
            let ends = &sum.at_end;
            let ends = format!("{} / {}", manner.count(ends.working), manner.count(ends.all()));
            assert!(values.contains(&ends.as_str()), "{edition:?}: {values:?}");
        }
    }
}

#[test]
fn percentages_are_floored_and_whole_only_where_nothing_was_dark() {
    let vi = manner(Language::Vietnamese);
    let en = manner(Language::English);
    let up = |up, dark| Tally { up, dark, ..Tally::default() };
    assert_eq!(Uptime::of(&up(99_999, 1)).text(&en), "99.99%");
    assert_eq!(Uptime::of(&up(2_678_399, 1)).text(&vi), "99,99\u{a0}%");
    assert_eq!(Uptime::of(&up(u64::MAX / 20_000, 1)).text(&en), "99.99%");
    assert_eq!(Uptime::of(&up(2_678_400, 0)).text(&vi), "100,00\u{a0}%");
    assert_eq!(Uptime::of(&up(0, 7)).text(&en), "0.00%");
    let nearly = Tally { up: 999_999, unknown: 1, ..Tally::default() };
    assert_eq!(coverage(&en, &nearly), "99.99%", "coverage is whole only where nothing is unknown");
}

#[test]
fn under_95_percent_observed_is_a_range() {
    let en = manner(Language::English);
    let just = Tally { up: 9000, degraded: 400, dark: 100, unknown: 500, maintenance: 777 };
    assert_eq!(Uptime::of(&just), Uptime::Figure(9894));
    let under = Tally { up: 8999, unknown: 501, ..just };
    assert_eq!(Uptime::of(&under), Uptime::Range(9399, 9900));
    assert_eq!(Uptime::of(&under).text(&en), "93.99–99.00%");
    assert_eq!(with_coverage(&en, &under), "93.99–99.00% (94.99%)");
    assert_eq!(Uptime::of(&under).text(&manner(Language::Vietnamese)), "93,99–99,00\u{a0}%");
}

#[test]
fn what_was_not_seen_has_no_figure() {
    let none = Tally::default();
    let planned = Tally { maintenance: 5, ..none };
    let blind = Tally { unknown: 5, maintenance: 2, ..none };
    assert_eq!(Uptime::of(&none), Uptime::None(Why::NotInService));
    assert_eq!(Uptime::of(&planned), Uptime::None(Why::OnlyMaintenance));
    assert_eq!(Uptime::of(&blind), Uptime::None(Why::NothingObserved));
    for language in LANGUAGES {
        for tally in [none, planned, blind] {
            assert_eq!(Uptime::of(&tally).text(&manner(language)), "—");
        }
        assert_eq!(Uptime::of(&blind).tone(&blind, Some(0.0)), Tone::Faint);
    }
}

#[test]
fn a_range_meets_a_promise_only_where_its_lower_end_does() {
    let tally = Tally { up: 90, unknown: 10, ..Tally::default() };
    let uptime = Uptime::of(&tally);
    assert_eq!(uptime, Uptime::Range(9000, 10_000));
    assert_eq!(uptime.tone(&tally, Some(0.9)), Tone::Good);
    assert_eq!(uptime.tone(&tally, Some(0.95)), Tone::Faint);
    let dark = Tally { dark: 50, ..tally };
    assert_eq!(Uptime::of(&dark).tone(&dark, Some(0.98)), Tone::Bad);
}

/// A percentage, also as a range.
fn is_uptime(text: &str) -> bool {
    text.contains('%')
}

#[test]
fn no_uptime_stands_without_its_coverage() {
    for dossier in [sample::dossier(32), sample::dossier(1000), sample::running(32)] {
        for (edition, language, document) in every(&dossier) {
            let column = &manner(language).words.column;
            for table in tables(&document) {
                let titles: Vec<&str> = table.columns.iter().map(|column| column.title.as_str()).collect();
                if titles.contains(&column.uptime) {
                    assert!(titles.contains(&column.coverage), "{edition:?} {language:?}: {titles:?}");
                }
                let both = titles.iter().position(|title| *title == column.uptime_and_coverage);
                for cell in table.rows.iter().filter_map(|row| row.cells.get(both?)) {
                    assert_eq!(cell.text.matches('%').count(), 2, "{edition:?} {language:?}: {}", cell.text);
                }
            }
            for block in &document.blocks {
                match block {
                    Block::Strips(strips) => {
                        for strip in strips.rows.iter().filter(|strip| is_uptime(&strip.value)) {
                            assert_eq!(strip.value.matches('%').count(), 2, "{edition:?}: {}", strip.value);
                        }
                    }
                    Block::KeyFigures(figures) => {
                        for figure in figures.iter().filter(|figure| is_uptime(&figure.value)) {
                            assert!(is_uptime(figure.note.as_deref().unwrap_or("")), "{edition:?}: {figure:?}");
                        }
                    }
                    _ => {}
                }
            }
            for bar in bars(&document).filter(|bar| is_uptime(&bar.text)) {
                assert_eq!(bar.text.matches('%').count(), 2, "{edition:?}: {}", bar.text);
            }
        }
    }
}

#[test]
fn ten_thousand_cameras_are_added_up_as_often_each_as_a_thousand() {
    let added = |size: usize| {
        let dossier = sample::dossier(size);
        ADDED.set(0);
        let document = Edition::Province.document(&dossier, Language::English);
        let rows = tables(&document).last().unwrap().rows.iter().filter(|row| !row.strong).count();
        assert_eq!(rows, size);
        ADDED.get()
    };
    let (thousand, ten_thousand) = (added(1_000), added(10_000));
    assert!(ten_thousand <= 10 * thousand, "{thousand}, {ten_thousand}");
}

#[test]
fn numbers_and_days_are_written_in_each_languages_manner() {
    let [vi, en, ko] = LANGUAGES.map(manner);
    let at = "2026-11-21T19:14:00Z".parse().unwrap();
    assert_eq!(vi.moment(at), "22/11/2026 02:14");
    assert_eq!(en.moment(at), "22 Nov 2026 02:14");
    assert_eq!(ko.moment(at), "2026년 11월 22일 02:14");
    assert_eq!([vi.count(1_234_567), en.count(1_234), ko.count(234)], ["1.234.567", "1,234", "234"]);
    assert_eq!([vi.percent(9952), en.percent(9952), ko.percent(9952)], ["99,52\u{a0}%", "99.52%", "99.52%"]);
    assert_eq!([vi.aim(0.98), en.aim(0.995), ko.aim(1.0)], ["98\u{a0}%", "99.50%", "100%"]);
    assert_eq!(vi.money(200_000_000), "200.000.000 đồng");
    assert_eq!([vi.millions(36_600_000), en.millions(2_000_000)], ["36,6", "2"]);
    assert_eq!([vi.length(0), vi.length(59), vi.length(3_660)], ["0 phút", "chưa đến 1 phút", "1 giờ 1 phút"]);
    assert_eq!([vi.tenths(29.99), en.tenths(30.0)], ["29,9", "30"]);
    assert_eq!(vi.month("2026-10"), "tháng 10/2026");
    assert_eq!(en.month("2026-02"), "February 2026");
    assert_eq!(ko.month("2026-02"), "2026년 2월");
}

#[test]
fn what_an_hour_cost_is_what_was_paid_over_the_hours_worked() {
    // 6,000,000 over 60 months is 100,000 a month; 400 of the month's 744 hours make 250 an hour.
    let mut dossier = sample::dossier(1);
    let camera = &mut dossier.report.cameras[0];
    camera.figures = Tally { up: 400 * 3600, dark: 344 * 3600, ..Tally::default() }.into();
    let id = camera.camera.clone();
    dossier.cameras.get_mut(&id).unwrap().shares[0].amount_vnd = Some(6_000_000);
    let funder = Edition::Funder("commune-2023".parse().unwrap());
    assert!(whole(&funder.document(&dossier, Language::English)).contains("cost 250 VND"));
    // Whoever pays half of a camera pays half of its hours: an hour costs the same.
    let shares = &mut dossier.cameras.get_mut(&id).unwrap().shares;
    let mut other = shares[0].clone();
    (shares[0].amount_vnd, other.amount_vnd) = (Some(3_000_000), Some(3_000_000));
    other.fund = "hidden".parse().unwrap();
    shares.push(other);
    assert!(whole(&funder.document(&dossier, Language::English)).contains("cost 250 VND"));
    // Of 344 hours nobody knows: it cost something between 100,000 / 744 and 100,000 / 400.
    dossier.report.cameras[0].figures = Tally { up: 400 * 3600, unknown: 344 * 3600, ..Tally::default() }.into();
    assert!(whole(&funder.document(&dossier, Language::English)).contains("cost 134 to 250 VND"));
}
