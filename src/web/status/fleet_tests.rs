use super::*;
use crate::inventory::{CameraId, CommuneId};
use jiff::Timestamp;

fn camera(id: &str, state: State, funded: bool, since: i64) -> CameraStatus {
    let site = SiteId::new("s").unwrap();
    CameraStatus {
        state,
        funded,
        since: (since > 0).then(|| Timestamp::from_second(since).unwrap()),
        ..CameraStatus::unseen(&CameraId::new(id).unwrap(), &site, &CommuneId::new("c").unwrap())
    }
}

#[test]
fn what_was_paid_for_and_is_dark_comes_first_and_in_each_kind_what_lasts_longest() {
    let mut cameras = [
        camera("up", State::Up, true, 1),
        camera("maintenance", State::Maintenance, true, 1),
        camera("unknown-from-the-start", State::Unknown, true, 0),
        camera("unknown", State::Unknown, false, 9),
        camera("degraded", State::Degraded, true, 1),
        camera("dark", State::Dark, false, 1),
        camera("dark-funded-late", State::Dark, true, 9),
        camera("dark-funded", State::Dark, true, 5),
        camera("dark-funded-too", State::Dark, true, 5),
    ];
    cameras.sort_by(worst_first);
    assert_eq!(
        cameras.each_ref().map(|camera| camera.camera.as_str()),
        [
            "dark-funded",
            "dark-funded-too",
            "dark-funded-late",
            "dark",
            "degraded",
            "unknown",
            "unknown-from-the-start",
            "maintenance",
            "up",
        ]
    );
}

#[test]
fn how_cameras_stand_together_is_said_by_the_worst_that_is_known() {
    use State::{Dark, Degraded, Maintenance, Unknown, Up};
    let standing = |states: &[State]| {
        let mut counts = Counts::default();
        for state in states {
            counts.add(*state, 1);
        }
        counts.standing()
    };
    assert_eq!(standing(&[]), (Standing::Nothing, 0));
    assert_eq!(standing(&[Up, Dark, Unknown, Degraded]), (Standing::Dark, 1));
    assert_eq!(standing(&[Up, Unknown, Degraded]), (Standing::SomeUnknown, 1));
    assert_eq!(standing(&[Unknown, Maintenance]), (Standing::AllUnknown, 2));
    assert_eq!(standing(&[Maintenance, Maintenance]), (Standing::AllMaintenance, 2));
    assert_eq!(standing(&[Up, Degraded, Degraded]), (Standing::Degraded, 2));
    assert_eq!(standing(&[Up, Up, Maintenance]), (Standing::Good, 2));
}

#[test]
fn a_list_is_cut_into_pages_of_fifty_and_a_page_beyond_the_last_is_the_last() {
    let cut = |all, wanted| {
        let paging = Paging::new(all, wanted);
        (paging.page, paging.pages, paging.from, paging.to)
    };
    assert_eq!(cut(0, 1), (1, 1, 0, 0));
    assert_eq!(cut(50, 1), (1, 1, 0, 50));
    assert_eq!(cut(51, 2), (2, 2, 50, 51));
    assert_eq!(cut(10_000, usize::MAX), (200, 200, 9950, 10_000));
    assert_eq!(
        Paging::new(10_000, 100).linked(),
        [Some(1), None, Some(98), Some(99), Some(100), Some(101), Some(102), None, Some(200)]
    );
    assert_eq!(Paging::new(60, 1).linked(), [Some(1), Some(2)]);
}

#[test]
fn names_are_found_without_accents_and_in_whatever_form_they_are_written() {
    assert_eq!(folded("Đê Sông Hồng"), "de song hong");
    assert_eq!(folded("Ho\u{302}\u{300}ng"), folded("hồng"));
    assert_eq!(folded("방범"), folded("방범"));
}
