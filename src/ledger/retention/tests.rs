use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::inventory::CameraId;
use crate::observation::{Disk, DiskStatus};

const DAY: i64 = 86_400;

/// Noon of 1 November 2026, UTC.
fn now() -> Timestamp {
    "2026-11-01T12:00:00Z".parse().unwrap()
}

fn days_ago(days: i64) -> Timestamp {
    now() - SignedDuration::from_secs(days * DAY)
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The local day so many before today.
fn back(days: i64) -> Date {
    TimeZone::UTC.to_datetime(days_ago(days)).date()
}

fn requirement(installed: &str) -> Requirement {
    Requirement {
        required: Duration::from_secs(30 * 86_400),
        installed: Some(day(installed)),
        first_seen: None,
        first_recording: None,
    }
}

/// Reaches back so many days, is being recorded, and lacks these.
fn recording(oldest: i64, gap_days: &[Date]) -> Recording {
    Recording {
        oldest: Some(days_ago(oldest)),
        newest: Some(now()),
        gap_days: Some(gap_days.to_vec()),
        ..Recording::bare(CameraId::new("a").unwrap())
    }
}

fn judge(requirement: Requirement, recording: &Recording, planned: &[Span]) -> Retention {
    let mut freshness = Freshness::default();
    freshness.hear(recording, now());
    let holdings = Holdings { recording, freshness, clock_offset_seconds: Some(0.3), planned };
    requirement.assess(&holdings, now(), &TimeZone::UTC)
}

fn assess(requirement: Requirement, oldest: i64, gap_days: &[Date]) -> Retention {
    judge(requirement, &recording(oldest, gap_days), &[])
}

#[test]
fn a_camera_that_reaches_back_far_enough_without_a_gap_is_compliant() {
    let whole = assess(requirement("2026-01-01"), 31, &[]);
    assert_eq!((whole.state, whole.expected_days, whole.held_days), (RetentionState::Compliant, 30, Some(30)));
    assert_eq!(whole.compliance, Some(1.0));
}

#[test]
fn one_that_reaches_back_too_little_is_short_and_days_that_aged_out_are_no_gaps() {
    let short = assess(requirement("2026-01-01"), 15, &[day("2026-10-05")]);
    assert_eq!((short.state, short.gap_days.len(), short.held_days), (RetentionState::Short, 0, Some(15)));
    assert_eq!(short.compliance, Some(0.5));
}

#[test]
fn a_missing_day_inside_the_window_is_a_gap_today_and_older_ones_are_not() {
    let gap = assess(requirement("2026-01-01"), 40, &[day("2026-09-30"), day("2026-10-20"), day("2026-11-01")]);
    assert_eq!((gap.state, gap.gap_days, gap.held_days), (RetentionState::Gaps, vec![day("2026-10-20")], Some(29)));
    assert_eq!(gap.compliance, Some(29.0 / 30.0));
}

#[test]
fn a_young_camera_is_filling_until_something_is_lost() {
    let mut young = requirement("2026-10-20");
    assert_eq!(assess(young, 12, &[]).state, RetentionState::Filling);
    young.first_recording = Some(days_ago(12));
    assert_eq!(assess(young, 12, &[]).state, RetentionState::Filling);
    let lost = assess(young, 5, &[]);
    assert_eq!((lost.state, lost.expected_days), (RetentionState::Short, 11));
    assert_eq!(lost.required, SignedDuration::from_secs(12 * DAY + DAY / 2));
}

#[test]
fn what_stopped_recording_is_called_that_before_anything_else() {
    let mut stopped = recording(5, &[day("2026-10-30")]);
    stopped.newest = Some(now() - SignedDuration::from_secs(1801));
    assert_eq!(judge(requirement("2026-01-01"), &stopped, &[]).state, RetentionState::NotRecording);
    let nothing = judge(requirement("2026-01-01"), &Recording::bare(stopped.camera), &[]);
    assert_eq!((nothing.state, nothing.compliance), (RetentionState::Unknown, None));
}

#[test]
fn a_channel_that_is_set_to_record_nothing_is_off_whatever_it_still_holds() {
    let off = Recording { mode: Some(RecordMode::Off), ..recording(31, &[day("2026-10-20")]) };
    assert_eq!(judge(requirement("2026-01-01"), &off, &[]).state, RetentionState::Off);
}

#[test]
fn where_recordings_are_made_on_events_a_day_without_is_no_gap_but_three_days_without_any_are() {
    let event = Recording { mode: Some(RecordMode::Event), ..recording(31, &[back(3), back(4), back(9)]) };
    let quiet = judge(requirement("2026-01-01"), &event, &[]);
    assert_eq!((quiet.state, quiet.expected_days, quiet.held_days), (RetentionState::Compliant, 27, Some(27)));
    assert_eq!(quiet.compliance, Some(1.0));
    let hours = |hours| Recording { newest: Some(now() - SignedDuration::from_hours(hours)), ..event.clone() };
    assert_eq!(judge(requirement("2026-01-01"), &hours(72), &[]).state, RetentionState::Compliant);
    assert_eq!(judge(requirement("2026-01-01"), &hours(73), &[]).state, RetentionState::NotRecording);
    let short = Recording { mode: Some(RecordMode::Event), ..recording(12, &[]) };
    assert_eq!(
        judge(requirement("2026-01-01"), &short, &[]).state,
        RetentionState::Short,
        "the span is still required"
    );
}

#[test]
fn a_clock_that_is_half_a_day_off_or_recordings_of_the_future_or_of_2009_give_no_figure() {
    let requirement = requirement("2026-01-01");
    let sound = recording(31, &[back(3)]);
    let under = |offset: f64| {
        let holdings = Holdings {
            recording: &sound,
            freshness: Freshness::default(),
            clock_offset_seconds: Some(offset),
            planned: &[],
        };
        requirement.assess(&holdings, now(), &TimeZone::UTC)
    };
    assert_eq!(under(-43_199.0).state, RetentionState::Gaps);
    for retention in [
        under(43_200.0),
        under(-43_200.0),
        judge(requirement, &Recording { newest: Some(now() + SignedDuration::from_secs(3601)), ..sound.clone() }, &[]),
        judge(requirement, &Recording { oldest: Some("2009-12-31T23:59:59Z".parse().unwrap()), ..sound.clone() }, &[]),
    ] {
        assert_eq!(retention.state, RetentionState::Unknown);
        assert_eq!((retention.span, retention.held_days, retention.compliance), (None, None, None));
        assert_eq!(retention.gap_days, []);
    }
    let ahead = Recording { newest: Some(now() + SignedDuration::from_secs(3600)), ..sound.clone() };
    assert_eq!(judge(requirement, &ahead, &[]).state, RetentionState::Gaps, "an hour ahead is within what clocks do");
}

#[test]
fn a_day_that_could_not_be_looked_at_is_neither_held_nor_expected() {
    let some = Recording { unknown_days: Some(vec![back(2), back(3)]), ..recording(31, &[back(5)]) };
    let judged = judge(requirement("2026-01-01"), &some, &[]);
    assert_eq!((judged.expected_days, judged.held_days), (28, Some(27)));
    let all: Vec<Date> = (1..=30).map(back).collect();
    let none = judge(requirement("2026-01-01"), &Recording { unknown_days: Some(all), ..recording(31, &[]) }, &[]);
    assert_eq!((none.state, none.span, none.compliance), (RetentionState::Unknown, None, None));
}

#[test]
fn a_day_of_planned_work_is_not_expected_whether_it_was_recorded_or_not() {
    let work = |day: Date| {
        let noon = day.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
        Span::new(noon, noon + 600)
    };
    let missing = judge(requirement("2026-01-01"), &recording(31, &[back(4)]), &[work(back(4))]);
    assert_eq!((missing.state, missing.expected_days), (RetentionState::Compliant, 29));
    let held = judge(requirement("2026-01-01"), &recording(31, &[back(4)]), &[work(back(7))]);
    assert_eq!((held.expected_days, held.held_days), (29, Some(28)), "a recorded day of work hides no gap");
}

#[test]
fn a_device_that_denies_recording_is_believed_once_its_index_may_have_caught_up() {
    let said = |newest: Option<i64>, flag: bool| Freshness {
        newest: newest.map(|minutes| (days_ago(1), now() - SignedDuration::from_mins(minutes))),
        flag: Some((now(), flag)),
    };
    let continuous = RecordMode::Continuous;
    assert_eq!(said(Some(8), false).is_recording(continuous), Some(true));
    assert_eq!(said(Some(31), false).is_recording(continuous), Some(false));
    assert_eq!(said(None, false).is_recording(continuous), Some(false), "where nothing else tells, it tells");
    assert_eq!(said(Some(10 * 60), true).is_recording(continuous), Some(true), "the newest was told last night");
    assert_eq!(said(None, false).is_recording(RecordMode::Event), None, "nothing may be happening");
    let both = Freshness { newest: Some((now(), now() - SignedDuration::from_mins(31))), flag: Some((now(), true)) };
    assert_eq!(both.is_recording(continuous), Some(false), "told together, the recording itself decides");
}

#[test]
fn a_poll_of_an_hour_ago_still_tells_and_an_older_one_leaves_its_recording_to_age() {
    let judged = |minutes: i64, flag: Option<bool>| {
        let said = now() - SignedDuration::from_mins(minutes);
        let mut freshness = Freshness::default();
        let seen =
            Recording { newest: Some(said - SignedDuration::from_mins(5)), recording: flag, ..recording(31, &[]) };
        freshness.hear(&seen, said);
        let holdings = Holdings { recording: &seen, freshness, clock_offset_seconds: None, planned: &[] };
        requirement("2026-01-01").assess(&holdings, now(), &TimeZone::UTC).state
    };
    assert_eq!(judged(60, None), RetentionState::Compliant);
    assert_eq!(judged(61, None), RetentionState::NotRecording);
    assert_eq!(judged(61, Some(true)), RetentionState::NotRecording);
}

fn span(days: std::ops::RangeInclusive<i64>) -> BTreeSet<Date> {
    days.map(back).collect()
}

fn seen(held: std::ops::RangeInclusive<i64>, looked_at: std::ops::RangeInclusive<i64>) -> Presence {
    let mut presence = Presence::default();
    presence.look(&span(held), &span(looked_at));
    presence
}

#[test]
fn what_was_looked_at_and_not_found_is_missing_and_what_was_not_looked_at_is_unknown() {
    let mut presence = seen(1..=20, 1..=22);
    presence.look(&span(4..=4), &span(4..=4));
    let all = missing(&presence, &requirement("2026-01-01"), Some(days_ago(40)), now(), &TimeZone::UTC).unwrap();
    assert_eq!(all.gap_days, [back(22), back(21)]);
    assert_eq!(all.unknown_days, (23..=30).rev().map(back).collect::<Vec<_>>());
    assert_eq!(all.held_from, None);
    let none = missing(&Presence::default(), &requirement("2026-01-01"), None, now(), &TimeZone::UTC);
    assert_eq!(none, None, "a device that tells no days is judged by its span alone");
}

#[test]
fn days_that_were_overwritten_in_their_turn_age_out_and_are_no_gaps() {
    let mut presence = seen(1..=30, 1..=30);
    presence.look(&span(1..=20), &span(1..=30));
    let aged = missing(&presence, &requirement("2026-01-01"), Some(days_ago(20)), now(), &TimeZone::UTC).unwrap();
    assert_eq!(aged, Missing::default());
}

#[test]
fn a_day_that_is_gone_while_older_ones_remain_is_missing() {
    let mut presence = seen(1..=30, 1..=30);
    presence.look(&BTreeSet::new(), &span(10..=11));
    let gone = missing(&presence, &requirement("2026-01-01"), Some(days_ago(30)), now(), &TimeZone::UTC).unwrap();
    assert_eq!((gone.gap_days, gone.held_from), (vec![back(11), back(10)], None));
}

#[test]
fn a_lone_clip_kept_as_evidence_does_not_make_recordings_reach_back_to_it() {
    // Watched for long: what lay between was seen, and was overwritten.
    let mut watched = seen(1..=60, 1..=60);
    watched.look(&span(1..=20), &span(1..=30));
    // Newly watched, with calendars of two months.
    let fresh = seen(1..=20, 1..=60);
    for presence in [watched, fresh] {
        for locked in [45, 200] {
            let judged =
                missing(&presence, &requirement("2026-01-01"), Some(days_ago(locked)), now(), &TimeZone::UTC).unwrap();
            assert_eq!(judged, Missing { held_from: Some(back(20)), ..Missing::default() }, "locked {locked} days ago");
            let seen = Recording { held_from: judged.held_from, ..recording(locked, &judged.gap_days) };
            let judged = judge(requirement("2026-01-01"), &seen, &[]);
            assert_eq!((judged.state, judged.held_days), (RetentionState::Short, Some(20)));
            assert_eq!(judged.compliance, Some(20.0 / 30.0));
            assert_eq!(judged.span, Some(SignedDuration::from_secs(locked * DAY)), "it still plays");
        }
    }
}

#[test]
fn the_forecast_is_that_of_the_largest_rates_on_sound_disks() {
    let disk = |status, mebibytes: u64| Disk {
        id: "1".to_owned(),
        status,
        capacity_bytes: Some(mebibytes << 20),
        free_bytes: Some(0),
    };
    let rates: BTreeMap<u32, u64> = (1..=8).map(|channel| (channel, 4_096_000)).collect();
    let days = forecast(&[disk(DiskStatus::Ok, 7_630_885)], &rates, false).unwrap();
    assert_eq!(format!("{days:.1}"), "22.6");
    let failed = [disk(DiskStatus::Ok, 7_630_885), disk(DiskStatus::Failed, 7_630_885)];
    assert_eq!(forecast(&failed, &rates, false), Some(days), "a failed disk holds nothing");
    assert_eq!(forecast(&failed, &rates, true), None, "with quotas the sum says nothing of a channel");
    assert_eq!(forecast(&failed, &BTreeMap::new(), false), None);
    assert_eq!(forecast(&[], &rates, false), None);
    let month = Duration::from_secs(30 * 86_400);
    assert!(is_too_little(days, month) && !is_too_little(30.0, month));
}

#[test]
fn a_span_that_falls_by_a_tenth_within_a_week_warns() {
    let history = |spans: &[i64]| -> Vec<(Timestamp, SignedDuration)> {
        let ago = |i: usize| days_ago(i64::try_from(spans.len() - 1 - i).unwrap());
        spans.iter().enumerate().map(|(i, span)| (ago(i), SignedDuration::from_secs(span * DAY))).collect()
    };
    assert!(is_falling(&history(&[40, 40, 39, 38, 37, 36])));
    assert!(!is_falling(&history(&[40, 40, 39, 38, 37])));
    assert!(!is_falling(&history(&[40, 36, 36, 36, 36, 36, 36, 36, 36])), "it has come to rest");
    assert!(!is_falling(&history(&[10, 11, 12])));
    assert!(!is_falling(&[]));
}

prop_compose! {
    fn any_look()(held in prop::collection::btree_set(1_i64..80, 0..40), more in prop::collection::btree_set(1_i64..80, 0..40))
        -> (BTreeSet<Date>, BTreeSet<Date>) {
        (held.iter().map(|d| back(*d)).collect(), held.union(&more).map(|d| back(*d)).collect())
    }
}

proptest! {
    #[test]
    fn a_day_once_present_stays_so_and_each_is_known_for_what_it_was_last_seen_to_be(
        looks in prop::collection::vec(any_look(), 1..6),
    ) {
        let mut presence = Presence::default();
        for (held, looked_at) in &looks {
            let before = presence.clone();
            presence.look(held, looked_at);
            prop_assert!(before.present.is_subset(&presence.present) && before.looked_at.is_subset(&presence.looked_at));
            prop_assert!(presence.lost.is_subset(&presence.present) && presence.present.is_subset(&presence.looked_at));
            prop_assert!(presence.lost.is_disjoint(held));
            let seen_again = presence.clone();
            presence.look(held, looked_at);
            prop_assert_eq!(&presence, &seen_again, "looking twice changes nothing");
        }
    }

    #[test]
    fn no_ratio_exceeds_one_nor_held_what_is_expected_and_compliant_means_all_of_it(
        looks in prop::collection::vec(any_look(), 1..4),
        oldest in prop::option::of(0_i64..120), age in 0_i64..120, required in 1_u64..60,
        mode in prop::sample::select(vec![None, Some(RecordMode::Continuous), Some(RecordMode::Event), Some(RecordMode::Off)]),
        work in prop::collection::vec((0_i64..80 * DAY, 0_i64..3 * DAY), 0..3),
        first_recording in prop::option::of(0_i64..120), quiet in 0_i64..8000,
    ) {
        let mut presence = Presence::default();
        for (held, looked_at) in &looks {
            presence.look(held, looked_at);
        }
        let requirement = Requirement {
            required: Duration::from_secs(required * 86_400),
            installed: Some(back(age)),
            first_seen: None,
            first_recording: first_recording.map(days_ago),
        };
        let oldest = oldest.map(days_ago);
        let said = missing(&presence, &requirement, oldest, now(), &TimeZone::UTC);
        let held_from = said.as_ref().and_then(|said| said.held_from);
        let mut recording = Recording { oldest, held_from, mode, ..Recording::bare(CameraId::new("a").unwrap()) };
        recording.newest = Some(now() - SignedDuration::from_secs(quiet));
        if let Some(said) = said {
            prop_assert!(said.gap_days.iter().all(|day| !said.unknown_days.contains(day)));
            recording.gap_days = Some(said.gap_days);
            recording.unknown_days = Some(said.unknown_days);
        }
        let planned: Vec<Span> =
            work.iter().map(|(ago, long)| Span::new(now().as_second() - ago, now().as_second() - ago + long)).collect();
        let judged = judge(requirement, &recording, &planned);
        prop_assert!(judged.compliance.is_none_or(|ratio| (0.0..=1.0).contains(&ratio)));
        prop_assert!(judged.held_days.is_none_or(|held| held <= judged.expected_days));
        let gaps = u32::try_from(judged.gap_days.len()).unwrap();
        prop_assert!(judged.held_days.is_none_or(|held| held + gaps <= judged.expected_days));
        prop_assert!(judged.required <= SignedDuration::try_from(requirement.required).unwrap());
        if judged.state == RetentionState::Compliant {
            prop_assert_eq!(judged.compliance, Some(1.0));
        }
        prop_assert_eq!(judged.state == RetentionState::Off, mode == Some(RecordMode::Off));
        if mode == Some(RecordMode::Event) {
            prop_assert_eq!(gaps, 0);
        }
    }
}
