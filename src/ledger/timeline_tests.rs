use proptest::prelude::*;

use super::*;
use crate::inventory::CameraId;

fn change(since: i64, state: State, cause: Option<Cause>) -> Change {
    Change { camera: CameraId::new("a").unwrap(), state, cause, since: Timestamp::from_second(since).unwrap() }
}

fn tally(period: (i64, i64), alive: &[(i64, i64)], changes: &[Change], maintenance: &[(i64, i64)]) -> Tally {
    let spans = |list: &[(i64, i64)]| list.iter().map(|&(from, to)| Span::new(from, to)).collect::<Vec<_>>();
    let (alive, maintenance) = (spans(alive), spans(maintenance));
    let period = Span::new(period.0, period.1);
    Timeline::new(period, History { alive: &alive, changes, maintenance: &maintenance }).tally(period)
}

#[test]
fn what_lies_before_the_record_and_after_its_end_is_unknown_even_under_maintenance() {
    let changes = [change(100, State::Up, None)];
    let found = tally((0, 1_000), &[(100, 900)], &changes, &[(0, 150), (850, 2_000)]);
    assert_eq!(found, Tally { up: 700, unknown: 200, maintenance: 100, ..Tally::default() });
    assert_eq!(tally((0, 50), &[(100, 900)], &changes, &[(0, 1_000)]).unknown, 50);
    assert_eq!(tally((0, 50), &[], &[], &[(0, 1_000)]).unknown, 50, "no record at all");
}

#[test]
fn a_gap_between_two_runs_is_unknown_until_the_first_change_of_the_second() {
    // A daemon that was killed left the camera up; the restart was noted as unknown, dated from the last moment.
    let changes = [
        change(100, State::Up, None),
        change(200, State::Unknown, Some(Cause::MonitorDown)),
        change(310, State::Up, None),
    ];
    let noted = tally((100, 400), &[(100, 200), (300, 400)], &changes, &[]);
    assert_eq!(noted, Tally { up: 190, unknown: 110, ..Tally::default() });
    // Even where the note itself was lost, nothing is carried over the gap.
    let unnoted = [changes[0].clone(), changes[2].clone()];
    assert_eq!(tally((100, 400), &[(100, 200), (300, 400)], &unnoted, &[]), noted);
    let planned = tally((100, 400), &[(100, 200), (300, 400)], &changes, &[(190, 305)]);
    assert_eq!(planned, Tally { up: 180, unknown: 5, maintenance: 115, ..Tally::default() });
}

#[test]
fn a_change_is_dated_by_its_whole_second_and_a_pair_within_one_leaves_nothing() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let mut changes = [
        change(0, State::Up, None),
        change(0, State::Dark, Some(Cause::Refused)),
        change(0, State::Up, None),
        change(0, State::Dark, Some(Cause::Refused)),
    ];
    changes[1].since = at("1970-01-01T00:00:10.999Z");
    changes[2].since = at("1970-01-01T00:00:20.2Z");
    changes[3].since = at("1970-01-01T00:00:20.9Z");
    let alive = [Span::new(0, 100)];
    let period = Span::new(0, 100);
    let line = Timeline::new(period, History { alive: &alive, changes: &changes, maintenance: &[] });
    assert_eq!(line.tally(period), Tally { up: 10, dark: 90, ..Tally::default() });
    let outages: Vec<_> = line.outages().collect();
    assert_eq!(outages, [Outage { span: Span::new(10, 100), cause: Some(Cause::Refused) }]);
}

#[test]
fn maintenance_cuts_an_outage_in_two() {
    let changes = [change(0, State::Dark, Some(Cause::Dns))];
    let alive = [Span::new(0, 100)];
    let windows = [Span::new(30, 40), Span::new(35, 50), Span::new(32, 34)];
    let line = Timeline::new(Span::new(10, 90), History { alive: &alive, changes: &changes, maintenance: &windows });
    let outages: Vec<_> = line.outages().map(|outage| (outage.span.from, outage.span.to)).collect();
    assert_eq!(outages, [(10, 30), (50, 90)]);
}

#[test]
fn a_moment_before_1970_lies_in_the_second_that_began_before_it() {
    assert_eq!(second("1969-12-31T23:59:59.5Z".parse().unwrap()), -1);
    assert_eq!(second("1970-01-01T00:00:00.5Z".parse().unwrap()), 0);
}

/// One state a second, by walking each second alone: slow, and short enough to be right at sight.
fn by_seconds(period: Span, history: History<'_>) -> Tally {
    let mut tally = Tally::default();
    let record_from = history.alive.iter().map(|run| run.from).min();
    let record_to = history.alive.iter().map(|run| run.to).max();
    for now in period.from..period.to {
        let in_record = record_from.is_some_and(|from| now >= from) && record_to.is_some_and(|to| now < to);
        let run = history.alive.iter().find(|run| run.from <= now && now < run.to);
        let below = run.and_then(|run| {
            history.changes.iter().rfind(|c| second(c.since) <= now && second(c.since) >= run.from).map(|c| c.state)
        });
        let planned = history.maintenance.iter().any(|window| window.from <= now && now < window.to);
        *match below.unwrap_or(State::Unknown) {
            _ if in_record && planned => &mut tally.maintenance,
            State::Up => &mut tally.up,
            State::Degraded => &mut tally.degraded,
            State::Dark => &mut tally.dark,
            State::Unknown | State::Maintenance => &mut tally.unknown,
        } += 1;
    }
    tally
}

#[derive(Debug, Clone)]
struct Case {
    alive: Vec<Span>,
    changes: Vec<Change>,
    maintenance: Vec<Span>,
}

impl Case {
    fn history(&self) -> History<'_> {
        History { alive: &self.alive, changes: &self.changes, maintenance: &self.maintenance }
    }
}

fn case() -> impl Strategy<Value = Case> {
    let state = prop_oneof![Just(State::Up), Just(State::Degraded), Just(State::Dark), Just(State::Unknown)];
    (
        proptest::collection::vec(0..400i64, 0..8),
        proptest::collection::vec((0..400i64, state), 0..20),
        proptest::collection::vec((0..400i64, 0..60i64), 0..5),
    )
        .prop_map(|(mut ends, mut changes, windows)| {
            ends.sort_unstable();
            changes.sort_by_key(|(since, _)| *since);
            Case {
                alive: ends.chunks_exact(2).map(|pair| Span::new(pair[0], pair[1])).collect(),
                changes: changes.into_iter().map(|(since, state)| change(since, state, None)).collect(),
                maintenance: windows.into_iter().map(|(from, length)| Span::new(from, from + length)).collect(),
            }
        })
}

proptest! {
    #[test]
    fn every_second_lies_in_exactly_one_state(case in case(), from in 0..400i64, length in 0..400i64) {
        let period = Span::new(from, from + length);
        let line = Timeline::new(period, case.history());
        prop_assert_eq!(line.tally(period).in_service(), period.seconds());
        let mut at = period.from;
        for interval in line.intervals() {
            prop_assert_eq!(interval.span.from, at);
            prop_assert!(!interval.span.is_empty());
            at = interval.span.to;
        }
        prop_assert_eq!(at, period.to);
        prop_assert_eq!(line.tally(period), by_seconds(period, case.history()));
        let dark: u64 = line.outages().map(|outage| outage.span.seconds()).sum();
        prop_assert_eq!(dark, line.tally(period).dark);
    }

    #[test]
    fn the_parts_of_a_period_add_up_to_it(case in case(), cut in 0..400i64) {
        let whole = Span::new(0, 400);
        let line = Timeline::new(whole, case.history());
        let mut sum = Tally::default();
        for part in [Span::new(0, cut), Span::new(cut, 400)] {
            prop_assert_eq!(line.tally(part), Timeline::new(part, case.history()).tally(part));
            sum += line.tally(part);
        }
        prop_assert_eq!(sum, line.tally(whole));
    }

    #[test]
    fn neither_the_order_of_windows_nor_saying_one_twice_changes_anything(case in case()) {
        let period = Span::new(0, 400);
        let line = Timeline::new(period, case.history());
        let mut other = case.clone();
        other.maintenance.reverse();
        other.maintenance.extend(case.maintenance.clone());
        prop_assert_eq!(line, Timeline::new(period, other.history()));
    }
}
