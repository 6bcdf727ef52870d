//! The time of day as the record needs it: never backwards, whatever is done to the machine's clock.
//!
//! A clock that is set forward, or a machine that slept, shows as time that nobody observed. One that is set back runs
//! at half speed until the machine's clock has caught up, so that no second is recorded twice.

use std::time::{Duration, Instant};

use jiff::Timestamp;

#[derive(Debug)]
pub struct Clock {
    begun: Instant,
    last: Timestamp,
    last_moment: Duration,
    behind: bool,
}

impl Clock {
    /// `floor` is the last moment that the record knows: time goes on after it even where the machine's clock lost it.
    #[must_use]
    pub fn new(floor: Option<Timestamp>) -> Self {
        let now = Timestamp::now();
        if let Some(floor) = floor
            && floor > now
        {
            tracing::error!(record = %floor, clock = %now, "this machine's clock is behind the record; set it right");
        }
        Self {
            begun: Instant::now(),
            last: floor.map_or(now, |floor| floor.max(now)),
            last_moment: Duration::ZERO,
            behind: false,
        }
    }

    /// The time by a clock that never steps, since the daemon began, and the time of day.
    pub fn now(&mut self) -> (Duration, Timestamp) {
        let moment = self.begun.elapsed();
        (moment, self.step(moment, Timestamp::now()))
    }

    fn step(&mut self, moment: Duration, wall: Timestamp) -> Timestamp {
        let passed = moment.saturating_sub(self.last_moment);
        self.last_moment = moment;
        if wall >= self.last {
            self.behind = false;
            self.last = wall;
        } else {
            if !self.behind {
                self.behind = true;
                tracing::warn!(clock = %wall, recorded = %self.last, "this machine's clock was set back; time runs slower until it has caught up");
            }
            self.last = self.last.checked_add(passed / 2).unwrap_or(self.last);
        }
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_runs_backwards_and_is_right_again_once_the_clock_has_caught_up() {
        let start = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |seconds: i64| start + jiff::SignedDuration::from_secs(seconds);
        let mut clock = Clock { begun: Instant::now(), last: start, last_moment: Duration::ZERO, behind: false };
        let mut last = start;
        // Set back by 60 s after 100 s.
        for second in 1..400i64 {
            let wall = if second < 100 { at(second) } else { at(second - 60) };
            let now = clock.step(Duration::from_secs(second.unsigned_abs()), wall);
            assert!(now >= last);
            assert!(now >= wall);
            last = now;
        }
        assert_eq!(last, at(339));
    }
}
