//! Random stories: incidents, answers, deliveries, channels that fail, planned work, restarts.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Happening {
    /// A subject opens, or closes where it is open.
    Turn(usize),
    /// It changes its cause.
    Worsen(usize),
    Acknowledge {
        officer: usize,
        number: Option<u16>,
    },
    Providers(u8),
    /// What the outbox held is delivered, still waits, or is refused.
    Deliver(u8),
    Channel(bool),
    Restart,
}

/// Scope, subject, cause, what it may become, cameras.
const SUBJECTS: &[(&str, &str, &str, &str, &[&str])] = &[
    ("camera", "b1", "connect_timeout", "no_media", &["b1"]),
    ("camera", "b2", "black", "reset", &["b2"]),
    ("camera", "b3", "connect_timeout", "black", &["b3"]),
    ("camera", "m1", "unauthorized", "refused", &["m1"]),
    ("camera", "d1", "unreachable", "dns", &["d1"]),
    ("site", "bridge", "unreachable", "unreachable", &["b1", "b2", "b3"]),
    ("area", "moc-nam", "unreachable", "unreachable", &["b1", "b2", "m1"]),
    ("monitor", "monitor", "monitor_offline", "monitor_offline", &["b1", "d1"]),
];

fn happenings() -> impl Strategy<Value = Vec<(u64, Happening)>> {
    let subject = || 0..SUBJECTS.len();
    let what = prop_oneof![
        8 => subject().prop_map(Happening::Turn),
        2 => subject().prop_map(Happening::Worsen),
        2 => (0..OFFICERS.len(), prop::option::of(1..6u16))
            .prop_map(|(officer, number)| Happening::Acknowledge { officer, number }),
        1 => (0..4u8).prop_map(Happening::Providers),
        2 => (0..3u8).prop_map(Happening::Deliver),
        1 => any::<bool>().prop_map(Happening::Channel),
        3 => Just(Happening::Restart),
    ];
    let wait = prop_oneof![3 => 0..20u64, 3 => 20..900u64, 1 => 900..40_000u64];
    prop::collection::vec((wait, what), 1..60)
}

/// What happened, as far as the properties ask for it.
#[derive(Default)]
struct Log {
    /// Critical incidents of funded cameras: id, subject.
    critical: Vec<(String, String)>,
    /// Incident, when it was acknowledged, until when.
    acknowledged: Vec<(String, Timestamp, Timestamp)>,
    /// Incident, when it got worse or another's matter.
    worse: Vec<(String, Timestamp)>,
}

fn play(happenings: &[(u64, Happening)], restarts: bool) -> (Story, Log) {
    let mut story = Story::new("wed 06:00");
    let mut log = Log::default();
    for (wait, happening) in happenings {
        let now = story.now + Duration::from_secs(*wait);
        story.until_moment(now);
        match *happening {
            Happening::Turn(i) => {
                let (scope, subject, cause, _, cameras) = SUBJECTS[i];
                let key = key(i);
                let phase = if story.open.contains_key(&key) { Phase::Close } else { Phase::Open };
                happen(&mut story, phase, i, cause);
                let is_dark = !matches!(cause, "black" | "unauthorized" | "monitor_offline") && cameras != ["b3"];
                if phase == Phase::Open && is_dark {
                    log.critical.push((story.open[&key].id.clone(), format!("{scope}:{subject}")));
                }
            }
            Happening::Worsen(i) => {
                if let Some(open) = story.open.get(&key(i)) {
                    log.worse.push((open.id.clone(), story.now));
                    happen(&mut story, Phase::Update, i, SUBJECTS[i].3);
                }
            }
            Happening::Acknowledge { officer, number } => {
                let which = number.map_or(Which::LastTold, Which::Number);
                let officer = id(OFFICERS[officer]);
                let answer = story.desk.acknowledge(&which, officer.as_str(), Some(&officer), How::Reply, story.now);
                if let Ok((one, step)) = answer {
                    story.absorb(step);
                    log.acknowledged.push((one.incident, one.at, one.expires_at));
                }
            }
            Happening::Providers(which) => {
                let all = [Providers::Accept, Providers::Refuse, Providers::Away, Providers::Silent];
                story.providers = all[usize::from(which)];
            }
            Happening::Deliver(which) => {
                let fate = [taken(), Fate::Unreachable, Fate::Failed][usize::from(which)].clone();
                if let Some(message) = story.sent.last().map(|message| message.id.clone()) {
                    story.deliver(&message, fate);
                }
            }
            Happening::Channel(fails) => {
                let channel = ChannelId::new("sms").unwrap();
                let step = story.desk.channel_failing(&channel, fails.then_some("balance"), story.now);
                story.absorb(step);
            }
            Happening::Restart if restarts => {
                story.restart();
            }
            Happening::Restart => {}
        }
    }
    let end = story.now + Duration::from_secs(3600);
    story.until_moment(end);
    (story, log)
}

fn key(subject: usize) -> String {
    let (scope, subject, ..) = SUBJECTS[subject];
    let scope = IncidentScope::ALL.into_iter().find(|one| one.as_str() == scope).unwrap();
    format!("{scope:?}:{subject}")
}

fn happen(story: &mut Story, phase: Phase, subject: usize, cause: &str) {
    let (scope, subject, .., cameras) = SUBJECTS[subject];
    story.happen(phase, scope, subject, cause, cameras);
}

fn incidents(message: &Message) -> impl Iterator<Item = &Facts> {
    message.about.iter().filter_map(|about| match about {
        About::Incident(facts) => Some(facts),
        _ => None,
    })
}

/// Incidents of one subject that stand in each other's place while they flap are one matter.
fn matter(facts: &Facts) -> String {
    format!("{}:{}", facts.scope.as_str(), facts.subject)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_restart_at_any_moment_changes_nothing_of_what_is_told(happenings in happenings()) {
        let (through, _) = play(&happenings, false);
        let (restarted, _) = play(&happenings, true);
        let shown = |story: &Story| story.sent.iter().map(show).collect::<Vec<_>>();
        prop_assert_eq!(shown(&through), shown(&restarted));
        prop_assert_eq!(through.sent, restarted.sent);
        prop_assert_eq!(through.untold, restarted.untold);
        prop_assert_eq!(through.kept, restarted.kept, "and what is remembered is the same");
    }

    #[test]
    fn no_two_messages_have_one_id(happenings in happenings()) {
        let (story, _) = play(&happenings, true);
        let ids: HashSet<&MessageId> = story.sent.iter().map(|message| &message.id).collect();
        prop_assert_eq!(ids.len(), story.sent.len());
    }

    #[test]
    fn every_dark_funded_matter_is_told_to_somebody(happenings in happenings()) {
        let (story, log) = play(&happenings, true);
        let told: BTreeSet<&str> = story.sent.iter().flat_map(incidents).map(|facts| facts.incident.as_str()).collect();
        let flapped: BTreeSet<String> =
            story.sent.iter().flat_map(incidents).filter(|facts| facts.flapping).map(matter).collect();
        for (incident, subject) in &log.critical {
            let somebody_had_it = log.acknowledged.iter().any(|(acknowledged, ..)| acknowledged == incident);
            prop_assert!(
                told.contains(incident.as_str())
                    || somebody_had_it
                    || story.untold.contains(incident)
                    || flapped.contains(subject),
                "{} was told to nobody", incident
            );
        }
    }

    /// Where the opening was still to be gathered, one message tells both.
    #[test]
    fn the_end_is_told_to_those_who_were_told_the_beginning(happenings in happenings()) {
        let (story, _) = play(&happenings, true);
        for (i, message) in story.sent.iter().enumerate() {
            let before = || story.sent[..i].iter().filter(|before| before.to == message.to);
            for facts in incidents(message).filter(|facts| facts.until.is_some()) {
                let knew = before().flat_map(incidents).any(|known| matter(known) == matter(facts));
                let gathered = before().any(|sent| facts.since < sent.decided_at + Duration::from_secs(900));
                prop_assert!(knew || gathered, "{}", show(message));
            }
        }
    }

    #[test]
    fn who_has_it_is_told_no_more_of_it_but_that_it_is_worse_or_over(happenings in happenings()) {
        let (story, log) = play(&happenings, true);
        for message in story.sent.iter().filter(|message| message.about.len() == 1) {
            for facts in incidents(message).filter(|facts| facts.until.is_none()) {
                for (incident, at, until) in &log.acknowledged {
                    let holds = incident == &facts.incident && *at < message.decided_at && message.decided_at < *until;
                    let worse = log.worse.iter().any(|(worse, when)| worse == incident && when >= at);
                    prop_assert!(!holds || worse, "{}", show(message));
                }
            }
        }
    }

    #[test]
    fn nobody_gets_more_than_a_few_messages_in_a_quarter_of_an_hour(happenings in happenings()) {
        let (story, _) = play(&happenings, true);
        for (i, message) in story.sent.iter().enumerate() {
            let within = |later: &&Message| {
                later.to == message.to && later.decided_at < message.decided_at + Duration::from_secs(900)
            };
            // Three, and where something critical begins one more each five minutes.
            prop_assert!(story.sent[i..].iter().filter(within).count() <= 5);
        }
    }
}
