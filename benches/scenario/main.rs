//! How good the judgement is: ten sites of eight cameras for ten days, with faults, nuisances and missing data, looked at
//! in virtual time by the daemon's own plans and judged by its own judgement.
//!
//! `cargo bench --bench scenario [-- SEEDS]`

mod prober;
mod score;
mod truth;

use std::time::Duration;

use prober::Prober;
use score::Score;
use truth::Truth;

const FIRST_SEED: u64 = 20_261_122;

/// Which sites have a gateway, and seconds of `group_wait`.
type Arrangement = (&'static str, fn(usize) -> bool, u64);

fn main() {
    let seeds: u64 = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(5);
    let arrangements: [Arrangement; 6] = [
        ("every site has one", |_| true, 20),
        ("every second site", |site| site % 2 == 0, 20),
        ("none", |_| false, 20),
        ("every site has one; group_wait 90 s", |_| true, 90),
        ("every second site; group_wait 90 s", |site| site % 2 == 0, 90),
        ("none; group_wait 90 s", |_| false, 90),
    ];
    println!(
        "| gateways | faults | precision | recall | F1 | root cause | false alarms / 100 camera-days | delay p50 / p95 | incidents a fault | incidents an upstream fault |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let mut details = Vec::new();
    for (name, has_gateway, wait) in arrangements {
        let mut all = Score::default();
        let mut f1 = Vec::new();
        std::thread::scope(|scope| {
            let run = |seed: u64| {
                let truth = Truth::new(seed);
                let (events, observations) = Prober::new(&truth, seed, has_gateway, Duration::from_secs(wait)).run();
                (truth, events, observations)
            };
            let runs: Vec<_> = (FIRST_SEED..FIRST_SEED + seeds).map(|seed| scope.spawn(move || run(seed))).collect();
            for one in runs {
                let (truth, events, observations) = one.join().expect("a run ends");
                let mut score = Score::default();
                score.add(&truth, &events, observations);
                f1.push(score.f1());
                all.add(&truth, &events, observations);
            }
        });
        all.print(name);
        details.push((name, f1, all));
    }
    for (name, f1, all) in details {
        all.print_details(name);
        println!("  F1 by seed: {}", f1.iter().map(|f1| format!("{f1:.3}")).collect::<Vec<_>>().join(", "));
    }
}
