use super::*;
use crate::inventory::Role;
use crate::judgement::event::{IncidentScope, PageReason};
use crate::observation::Cause;
use crate::paging::{Facts, Severity};
use proptest::prelude::*;

fn start() -> Timestamp {
    "2026-11-22T02:14:00Z".parse().unwrap()
}

/// So many seconds after the start, by a clock that is right.
fn now(seconds: u64) -> Now {
    Now { moment: Duration::from_secs(seconds), at: start() + Duration::from_secs(seconds) }
}

fn channel(id: &str) -> ChannelId {
    ChannelId::new(id).unwrap()
}

fn officer(id: &str) -> Recipient {
    Recipient::Officer(OfficerId::new(id).unwrap())
}

fn id(text: &str) -> MessageId {
    MessageId(text.to_owned())
}

/// A message about one incident, decided so many seconds after the start.
fn message(name: &str, to: &str, incident: &str, decided: u64) -> Message {
    let decided_at = start() + Duration::from_secs(decided);
    let facts = Facts {
        incident: incident.to_owned(),
        number: 17,
        scope: IncidentScope::Site,
        subject: "yen-lenh".to_owned(),
        name: "Yên Lệnh".to_owned(),
        site: None,
        village: None,
        commune: None,
        cause: Cause::ConnectTimeout,
        since: decided_at,
        until: None,
        cameras: 6,
        cameras_there: 6,
        first_cameras: Vec::new(),
        flapping: false,
        acknowledged_by: None,
    };
    Message {
        id: id(name),
        to: officer(to),
        reason: PageReason::Open,
        severity: Severity::Critical,
        decided_at,
        not_before: decided_at,
        about: vec![About::Incident(facts)],
        supersedes: Vec::new(),
    }
}

/// `a` has Zalo and then SMS, `b` Zalo alone, `c` nothing.
fn directory() -> Directory {
    let route = |id: &str, address: &str| Route { channel: channel(id), address: address.to_owned() };
    let routes = BTreeMap::from([
        (officer("a"), vec![route("zalo", "chat-a"), route("sms", "84900000001")]),
        (officer("b"), vec![route("zalo", "chat-b")]),
        (officer("c"), Vec::new()),
    ]);
    Directory::new(routes, BTreeMap::from([(channel("zalo"), 1), (channel("sms"), 2)]))
}

fn outbox() -> Outbox {
    Outbox::load(Vec::new(), directory(), 1, now(0)).0
}

fn later(after: Option<u64>) -> Answer {
    Answer::Later { after: after.map(Duration::from_secs), why: "503".to_owned() }
}

fn accepted() -> Answer {
    Answer::Accepted { id: Some("p-1".to_owned()) }
}

fn refused(what: &str) -> Answer {
    let why = "no".to_owned();
    match what {
        "channel" => Answer::ChannelRefuses { why },
        "recipient" => Answer::RecipientRefuses { why },
        _ => Answer::Never { why },
    }
}

/// The only attempt that is to be made now.
#[track_caller]
fn one(outbox: &mut Outbox, seconds: u64) -> Attempt {
    let mut attempts = outbox.next(now(seconds));
    assert_eq!(attempts.len(), 1, "{attempts:?}");
    attempts.remove(0)
}

#[track_caller]
fn none(outbox: &mut Outbox, seconds: u64) {
    assert_eq!(outbox.next(now(seconds)), [], "at {seconds} s");
}

/// Lets an attempt end, and settles.
fn finish(outbox: &mut Outbox, name: &str, answer: Answer, seconds: u64) -> Outcome {
    let mut outcome = outbox.finish(&id(name), answer, now(seconds));
    let settled = outbox.settle(now(seconds));
    outcome.rows.extend(settled.rows);
    outcome.deliveries.extend(settled.deliveries);
    outcome
}

/// In whole seconds, rounded up.
fn whole(moment: Moment) -> u64 {
    u64::try_from(moment.as_millis().div_ceil(1000)).unwrap()
}

/// The second at which the next thing is due.
fn due(outbox: &Outbox, seconds: u64) -> u64 {
    whole(outbox.next_due(now(seconds)).expect("something is due"))
}

#[test]
fn a_message_goes_to_the_first_channel_and_its_taking_is_written_and_told() {
    let mut outbox = outbox();
    assert_eq!(outbox.put(message("m1", "a", "i", 0), now(0)), Outcome::default());
    let attempt = one(&mut outbox, 0);
    assert_eq!((attempt.channel.as_str(), attempt.address.as_str(), attempt.attempt), ("zalo", "chat-a", 1));
    assert_eq!((attempt.row.standing, attempt.row.channel), (Standing::Queued, Some(channel("zalo"))));
    none(&mut outbox, 30);
    let outcome = finish(&mut outbox, "m1", accepted(), 31);
    assert_eq!(
        outcome.deliveries,
        [Delivery { message: id("m1"), at: now(31).at, fate: Fate::Taken(channel("zalo")) }]
    );
    let [row] = &outcome.rows[..] else { panic!("{outcome:?}") };
    assert_eq!(
        (row.standing, row.ended_at, row.provider_id.as_deref()),
        (Standing::Accepted, Some(now(31).at), Some("p-1"))
    );
    assert!(outbox.is_empty());
    outbox.put(message("m1", "a", "i", 0), now(40));
    assert!(outbox.is_empty(), "what was sent is not put again");
}

#[test]
fn what_the_provider_had_already_counts_as_taken() {
    let mut outbox = outbox();
    outbox.put(message("m1", "a", "i", 0), now(0));
    one(&mut outbox, 0);
    let outcome = finish(&mut outbox, "m1", Answer::Duplicate, 1);
    assert_eq!((outcome.rows[0].standing, outcome.deliveries.len()), (Standing::Accepted, 1));
}

#[test]
fn a_key_is_short_the_same_each_time_and_another_on_each_channel() {
    let longest = id(&"x".repeat(40));
    let long_channel = channel(&"c".repeat(64));
    assert_eq!(key(&longest, &long_channel).len(), 49);
    assert_eq!(key(&id("m1"), &channel("zalo")), key(&id("m1"), &channel("zalo")));
    assert_ne!(key(&id("m1"), &channel("zalo")), key(&id("m1"), &channel("sms")));
}

#[test]
fn what_is_put_off_is_tried_again_ever_later_and_never_given_up() {
    let mut outbox = outbox();
    outbox.put(message("m1", "b", "i", 0), now(0));
    let mut at = 0;
    let mut waits = Vec::new();
    for attempt in 1..=40 {
        assert_eq!(one(&mut outbox, at).attempt, attempt);
        let outcome = finish(&mut outbox, "m1", later(None), at);
        assert_eq!(outcome.deliveries, [], "it is not given up");
        let next = due(&outbox, at);
        none(&mut outbox, next - 1);
        waits.push(next - at);
        at = next;
    }
    for (wait, expected) in waits.iter().zip([5, 10, 20, 40, 80, 160]) {
        assert!((expected * 3 / 4..=expected * 5 / 4 + 1).contains(wait), "{waits:?}");
    }
    assert!(waits[6..].iter().all(|wait| (225..=300).contains(wait)), "{waits:?}");
    assert!(waits[6..].iter().any(|wait| *wait != waits[6]), "with jitter: {waits:?}");
}

#[test]
fn a_provider_is_not_asked_before_it_wants_to_be_and_an_unreasonable_one_is_asked_all_the_same() {
    let mut outbox = outbox();
    outbox.put(message("m1", "b", "i", 0), now(0));
    one(&mut outbox, 0);
    finish(&mut outbox, "m1", later(Some(34)), 0);
    outbox.put(message("m2", "b", "other", 1), now(1));
    none(&mut outbox, 33);
    assert_eq!(one(&mut outbox, 34).message.id, id("m1"), "nobody's message went to it meanwhile");
    finish(&mut outbox, "m1", later(Some(1_000_000)), 34);
    one(&mut outbox, 34 + 3600);
}

#[test]
fn three_tries_in_vain_open_the_next_channel_and_the_first_that_takes_it_wins() {
    let mut outbox = outbox();
    outbox.put(message("m1", "a", "i", 0), now(0));
    let mut at = 0;
    for _ in 0..3 {
        assert_eq!(one(&mut outbox, at).channel, channel("zalo"));
        finish(&mut outbox, "m1", later(None), at);
        at = outbox.next_due(now(at)).map_or(at, whole);
    }
    assert!(at <= 60);
    assert_eq!(one(&mut outbox, at).channel, channel("sms"), "within a minute");
    finish(&mut outbox, "m1", later(None), at);
    let mut channels = Vec::new();
    for _ in 0..6 {
        at = due(&outbox, at);
        channels.push(one(&mut outbox, at).channel);
        finish(&mut outbox, "m1", later(None), at);
    }
    assert!(channels.contains(&channel("zalo")) && channels.contains(&channel("sms")), "both are tried: {channels:?}");
    at = due(&outbox, at);
    let last = one(&mut outbox, at).channel;
    let outcome = finish(&mut outbox, "m1", accepted(), at);
    assert_eq!(outcome.deliveries[0].fate, Fate::Taken(last));
    assert!(outbox.is_empty());
}

#[test]
fn a_channel_that_puts_everybody_off_is_asked_by_one_message_and_freed_for_all_by_one_answer() {
    let mut outbox = outbox();
    for n in 0..20 {
        outbox.put(message(&format!("m{n}"), "b", &format!("i{n}"), n), now(n));
    }
    let mut at = 20;
    let mut asked = 0;
    while at < 1820 {
        for attempt in outbox.next(now(at)) {
            asked += 1;
            finish(&mut outbox, &attempt.message.id.0.clone(), later(None), at);
        }
        at = due(&outbox, at).max(at + 1);
    }
    assert!(asked < 25, "{asked} requests in 30 minutes, for 20 messages");
    for _ in 0..20 {
        let attempt = one(&mut outbox, at);
        finish(&mut outbox, &attempt.message.id.0.clone(), accepted(), at);
    }
    assert!(outbox.is_empty(), "all at once when it is well");
}

#[test]
fn who_waits_for_a_struggling_channel_goes_by_the_next_one_without_three_tries_of_their_own() {
    let mut outbox = outbox();
    outbox.put(message("m1", "b", "i", 0), now(0));
    let mut at = 0;
    for _ in 0..3 {
        at = outbox.next_due(now(at)).map_or(at, |due| due.as_secs() + 1);
        one(&mut outbox, at);
        finish(&mut outbox, "m1", later(None), at);
    }
    outbox.put(message("m2", "a", "j", at + 1), now(at + 1));
    assert_eq!(one(&mut outbox, at + 1).channel, channel("sms"));
}

#[test]
fn a_recipient_or_message_that_is_refused_goes_by_the_next_channel_at_once_and_fails_when_none_is_left() {
    for what in ["recipient", "message"] {
        let mut outbox = outbox();
        outbox.put(message("m1", "a", "i", 0), now(0));
        one(&mut outbox, 0);
        assert_eq!(finish(&mut outbox, "m1", refused(what), 1).deliveries, []);
        assert_eq!(one(&mut outbox, 1).channel, channel("sms"));
        let outcome = finish(&mut outbox, "m1", refused(what), 2);
        assert_eq!(outcome.deliveries, [Delivery { message: id("m1"), at: now(2).at, fate: Fate::Failed }]);
        assert_eq!(outcome.rows.last().unwrap().standing, Standing::Failed);
        assert!(outbox.is_empty());
    }
}

#[test]
fn who_has_no_channel_is_told_of_at_once() {
    for nobody in ["c", "unknown"] {
        let mut outbox = outbox();
        outbox.put(message("m1", nobody, "i", 0), now(0));
        let outcome = outbox.settle(now(0));
        assert_eq!((outcome.deliveries[0].fate.clone(), outcome.rows[0].standing), (Fate::Failed, Standing::Failed));
    }
}

#[test]
fn a_channel_that_refuses_everything_is_news_once_and_its_messages_go_by_the_next() {
    let mut outbox = outbox();
    outbox.put(message("m1", "a", "i", 0), now(0));
    outbox.put(message("m2", "a", "j", 1), now(1));
    one(&mut outbox, 1);
    let outcome = finish(&mut outbox, "m1", refused("channel"), 2);
    assert_eq!(outcome.news, [News::Failing { channel: channel("zalo"), why: "no".to_owned() }]);
    assert_eq!(outcome.deliveries, []);
    let both = outbox.next(now(2));
    assert_eq!(both.iter().map(|a| a.channel.as_str()).collect::<Vec<_>>(), ["sms", "sms"]);
    for name in ["m1", "m2"] {
        finish(&mut outbox, name, accepted(), 3);
    }
    assert!(outbox.figures(now(3))[&channel("zalo")].failing);
    // A few minutes later one message tries it, and so on until it takes one.
    outbox.put(message("m3", "a", "k", 300), now(300));
    assert_eq!(one(&mut outbox, 300).channel, channel("zalo"));
    assert_eq!(finish(&mut outbox, "m3", refused("channel"), 301).news, [], "told once");
    one(&mut outbox, 301);
    finish(&mut outbox, "m3", accepted(), 302);
    outbox.put(message("m4", "a", "l", 600), now(600));
    assert_eq!(one(&mut outbox, 600).channel, channel("zalo"));
    assert_eq!(finish(&mut outbox, "m4", accepted(), 601).news, [News::Well { channel: channel("zalo") }]);
    assert!(!outbox.figures(now(601))[&channel("zalo")].failing);
}

#[test]
fn with_no_other_channel_the_desk_is_told_once_and_the_message_goes_out_late() {
    let mut outbox = outbox();
    outbox.put(message("m1", "b", "i", 0), now(0));
    one(&mut outbox, 0);
    let outcome = finish(&mut outbox, "m1", refused("channel"), 1);
    assert_eq!(outcome.deliveries, [Delivery { message: id("m1"), at: now(1).at, fate: Fate::Unreachable }]);
    let row = outcome.rows.last().unwrap().clone();
    assert_eq!(row.standing, Standing::Queued);
    outbox.put(message("m2", "b", "j", 5), now(5));
    assert_eq!(outbox.settle(now(5)).deliveries.len(), 1, "so is one that comes meanwhile");
    let mut at = due(&outbox, 5);
    assert!((120..=240).contains(&at), "{at}");
    one(&mut outbox, at);
    assert_eq!(finish(&mut outbox, "m1", refused("channel"), at).deliveries, []);
    at = due(&outbox, at);
    one(&mut outbox, at);
    assert_eq!(finish(&mut outbox, "m1", accepted(), at).deliveries[0].fate, Fate::Taken(channel("zalo")));
    assert_eq!(one(&mut outbox, at).message.id, id("m2"), "and the next at once");
    // After a restart the desk is told once more, which may have been killed before it knew, and then not again.
    let (mut again, outcome) = Outbox::load(vec![row], directory(), 1, now(10));
    assert_eq!(outcome.deliveries, [Delivery { message: id("m1"), at: now(10).at, fate: Fate::Unreachable }]);
    assert_eq!(again.settle(now(10)), Outcome::default());
    one(&mut again, 10);
    assert_eq!(finish(&mut again, "m1", refused("channel"), 11).deliveries, []);
}

#[test]
fn a_new_address_is_kept_and_tried_at_once() {
    let mut outbox = outbox();
    outbox.put(message("m1", "a", "i", 0), now(0));
    let key = one(&mut outbox, 0).key;
    let outcome = finish(&mut outbox, "m1", Answer::Moved { to: "-100123".to_owned() }, 1);
    assert_eq!(outcome.moved, [(OfficerId::new("a").unwrap(), channel("zalo"), "-100123".to_owned())]);
    let again = one(&mut outbox, 1);
    assert_eq!((again.address.as_str(), again.key), ("-100123", key));
    for n in 2..4 {
        finish(&mut outbox, "m1", Answer::Moved { to: format!("-{n}") }, n);
        if n == 2 {
            assert_eq!(one(&mut outbox, n).channel, channel("zalo"));
        }
    }
    assert_eq!(one(&mut outbox, 4).channel, channel("sms"), "one that moves with every try is passed over");
}

#[test]
fn what_is_superseded_is_withdrawn_and_only_the_later_message_is_sent() {
    let mut outbox = outbox();
    outbox.put(message("open", "b", "i", 0), now(0));
    one(&mut outbox, 0);
    finish(&mut outbox, "open", later(None), 1);
    let close = Message { supersedes: vec![id("open")], ..message("close", "b", "i", 3) };
    let outcome = outbox.put(close, now(3));
    assert_eq!((outcome.rows[0].standing, outcome.rows[0].ended_at), (Standing::Withdrawn, Some(now(3).at)));
    assert_eq!(outcome.deliveries, []);
    assert_eq!(one(&mut outbox, 3).message.id, id("close"));
    finish(&mut outbox, "close", accepted(), 4);
    assert!(outbox.is_empty());
}

#[test]
fn what_is_in_flight_ends_before_the_message_that_supersedes_it_goes() {
    for (answer, standing) in [(accepted(), Standing::Accepted), (later(None), Standing::Withdrawn)] {
        let mut outbox = outbox();
        outbox.put(message("open", "a", "i", 0), now(0));
        one(&mut outbox, 0);
        let close = Message { supersedes: vec![id("open")], ..message("close", "a", "i", 1) };
        let outcome = outbox.put(close, now(1));
        assert_eq!(outcome.rows[0].standing, Standing::Withdrawn, "after a kill it is not sent again");
        assert_eq!(outcome.deliveries, []);
        none(&mut outbox, 2);
        let outcome = finish(&mut outbox, "open", answer, 3);
        assert_eq!(outcome.rows.last().unwrap().standing, standing);
        assert_eq!(one(&mut outbox, 3).message.id, id("close"));
    }
}

#[test]
fn messages_of_one_matter_keep_their_order_until_the_first_was_put_off_three_times() {
    let mut outbox = outbox();
    outbox.put(message("first", "b", "i", 0), now(0));
    one(&mut outbox, 0);
    outbox.put(message("second", "b", "i", 1), now(1));
    outbox.put(message("of another", "b", "j", 2), now(2));
    none(&mut outbox, 2);
    finish(&mut outbox, "first", later(None), 2);
    assert_eq!(one(&mut outbox, 3).message.id, id("of another"), "another matter does not wait");
    finish(&mut outbox, "of another", accepted(), 3);
    let mut at = 3;
    for _ in 0..2 {
        at = due(&outbox, at);
        assert_eq!(one(&mut outbox, at).message.id, id("first"));
        finish(&mut outbox, "first", later(None), at);
    }
    assert_eq!(one(&mut outbox, at).message.id, id("second"));
}

#[test]
fn a_message_is_held_until_its_time_whichever_way_the_clock_is_set() {
    let held = || Message { not_before: start() + Duration::from_secs(600), ..message("m1", "a", "i", 0) };
    let hour = SignedDuration::from_hours(1);
    let mut outbox = outbox();
    outbox.put(held(), now(0));
    none(&mut outbox, 599);
    assert!(outbox.holds_any());
    assert_eq!(due(&outbox, 0), 600);
    one(&mut outbox, 600);

    let mut outbox = self::outbox();
    outbox.put(held(), now(0));
    let set_back = |seconds: u64| Now { at: now(seconds).at - hour, ..now(seconds) };
    assert_eq!(outbox.next(set_back(599)), []);
    assert_eq!(outbox.next(set_back(600)).len(), 1, "an hour less on the clock does not hold it for an hour more");

    let mut outbox = self::outbox();
    outbox.put(held(), now(0));
    let set_forward = Now { at: now(10).at + hour, ..now(10) };
    assert_eq!(outbox.next(set_forward).len(), 1, "it is past that time of day");

    // Decided before the clock was set back; it was not to be held at all.
    let mut outbox = self::outbox();
    outbox.put(message("m2", "a", "i", 0), set_back(1));
    assert_eq!(outbox.next(set_back(1)).len(), 1);
}

#[test]
fn what_is_held_is_not_failed_or_queued_yet() {
    let mut outbox = outbox();
    let not_before = start() + Duration::from_secs(600);
    outbox.put(Message { not_before, ..message("m1", "c", "i", 0) }, now(0));
    outbox.put(Message { not_before, ..message("m2", "a", "i", 0) }, now(0));
    assert_eq!(outbox.settle(now(1)), Outcome::default());
    assert_eq!(outbox.figures(now(1))[&channel("zalo")], Figures::default());
    assert_eq!(outbox.settle(now(600)).deliveries.len(), 1);
    let figures = outbox.figures(now(700))[&channel("zalo")].clone();
    assert_eq!(figures, Figures { queued: 1, oldest: Some(not_before), failing: false });
}

#[test]
fn after_a_restart_the_channel_that_may_have_it_is_asked_first_under_the_same_key() {
    let mut outbox = outbox();
    outbox.put(message("m1", "a", "i", 0), now(0));
    one(&mut outbox, 0);
    finish(&mut outbox, "m1", refused("channel"), 0);
    let in_doubt = one(&mut outbox, 0);
    assert_eq!(in_doubt.channel, channel("sms"));
    // It is killed here. Zalo is well again meanwhile, but the SMS may be on its way.
    let (mut again, _) = Outbox::load(vec![in_doubt.row], directory(), 2, now(60));
    let first = one(&mut again, 60);
    assert_eq!((first.channel, first.key), (in_doubt.channel, in_doubt.key));
    finish(&mut again, "m1", refused("recipient"), 61);
    assert_eq!(one(&mut again, 61).channel, channel("zalo"), "then all the others");
}

#[test]
fn a_restart_withdraws_what_is_superseded() {
    let open = Row::new(message("open", "a", "i", 0));
    let close = Row::new(Message { supersedes: vec![id("open")], ..message("close", "a", "i", 60) });
    let (mut outbox, outcome) = Outbox::load(vec![open, close], directory(), 1, now(100));
    assert_eq!(outcome.rows.iter().map(|row| row.standing).collect::<Vec<_>>(), [Standing::Withdrawn]);
    assert_eq!(one(&mut outbox, 100).message.id, id("close"));
}

#[test]
fn a_restart_keeps_short_waits_and_shortens_long_ones_whatever_the_clock_says() {
    let waits_until = |name: &str, seconds: u64| Row {
        channel: Some(channel("zalo")),
        attempts: 5,
        next_try: start() + Duration::from_secs(seconds),
        ..Row::new(message(name, "b", name, 0))
    };
    let rows = vec![waits_until("soon", 130), waits_until("in a day", 90_000)];
    let (mut outbox, _) = Outbox::load(rows, directory(), 1, now(100));
    none(&mut outbox, 129);
    assert_eq!(one(&mut outbox, 130).message.id, id("soon"));
    finish(&mut outbox, "soon", later(None), 131);
    none(&mut outbox, 159);
    assert_eq!(one(&mut outbox, 160).message.id, id("in a day"));
}

#[test]
fn what_was_put_off_follows_soon_when_another_message_is_taken() {
    let mut outbox = outbox();
    outbox.put(message("m1", "b", "i", 0), now(0));
    one(&mut outbox, 0);
    finish(&mut outbox, "m1", later(None), 0);
    let at = due(&outbox, 0);
    one(&mut outbox, at);
    finish(&mut outbox, "m1", later(None), at);
    assert!(due(&outbox, at) > at + 5);
    outbox.put(message("m2", "b", "j", at), now(at));
    assert_eq!(one(&mut outbox, at).message.id, id("m2"));
    finish(&mut outbox, "m2", accepted(), at);
    assert_eq!(one(&mut outbox, at + 5).message.id, id("m1"));
}

#[test]
fn a_new_configuration_tries_again_what_was_refused() {
    let mut outbox = outbox();
    outbox.put(message("m1", "b", "i", 0), now(0));
    one(&mut outbox, 0);
    finish(&mut outbox, "m1", refused("channel"), 1);
    none(&mut outbox, 2);
    outbox.configure(directory());
    one(&mut outbox, 2);
    assert_eq!(finish(&mut outbox, "m1", accepted(), 3).news, [News::Well { channel: channel("zalo") }]);
}

#[test]
fn nothing_grows_without_bounds_and_the_oldest_is_given_up_aloud() {
    let mut outbox = outbox();
    let mut given_up = Vec::new();
    let most = u64::try_from(MOST_QUEUED).unwrap();
    for n in 0..most + 5 {
        given_up.extend(outbox.put(message(&format!("m{n}"), "b", "i", n), now(n)).deliveries);
    }
    assert_eq!(outbox.len(), MOST_QUEUED);
    assert_eq!(given_up.iter().map(|d| d.message.0.as_str()).collect::<Vec<_>>(), ["m0", "m1", "m2", "m3", "m4"]);
    assert!(given_up.iter().all(|delivery| delivery.fate == Fate::Failed));
}

#[test]
fn what_could_not_be_sent_in_a_week_is_no_news() {
    let mut outbox = outbox();
    outbox.put(message("m1", "b", "i", 0), now(0));
    let mut at = 0;
    let end = 8 * 24 * 3600;
    while at < end && !outbox.is_empty() {
        for attempt in outbox.next(now(at)) {
            outbox.finish(&attempt.message.id, later(None), now(at));
        }
        let outcome = outbox.settle(now(at));
        if let Some(delivery) = outcome.deliveries.first() {
            assert_eq!((&delivery.fate, at > 7 * 24 * 3600), (&Fate::Failed, true));
        }
        at = outbox.next_due(now(at)).map_or(end, |due| due.as_secs() + 1);
    }
    assert!(outbox.is_empty());
}

#[test]
fn what_is_about_no_incident_waits_for_nobody() {
    let gap = |name: &str, at: u64| Message {
        about: vec![About::DutyGap { role: Role::It, place: "x".to_owned(), from: start(), to: start() }],
        ..message(name, "a", "", at)
    };
    let mut outbox = outbox();
    outbox.put(gap("m1", 0), now(0));
    outbox.put(gap("m2", 1), now(1));
    one(&mut outbox, 1);
    finish(&mut outbox, "m1", later(None), 2);
    assert_eq!(one(&mut outbox, 3).message.id, id("m2"));
}

mod any_order;
