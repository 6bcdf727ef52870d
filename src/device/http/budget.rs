//! The requests that a device is asked a minute.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket: full at first, it holds a minute's requests.
pub(super) struct Budget {
    a_minute: f64,
    left: f64,
    as_of: Instant,
}

impl Budget {
    pub(super) fn new(requests_per_minute: u32, now: Instant) -> Self {
        let a_minute = f64::from(requests_per_minute.max(1));
        Self { a_minute, left: a_minute, as_of: now }
    }

    /// Takes one request.
    ///
    /// # Errors
    /// How long to wait where none is left.
    pub(super) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        let a_second = self.a_minute / 60.0;
        let gained = now.saturating_duration_since(self.as_of).as_secs_f64() * a_second;
        self.left = (self.left + gained).min(self.a_minute);
        self.as_of = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        // A millisecond more, so that rounding does not ask for a second wait.
        Err(Duration::from_secs_f64((1.0 - self.left) / a_second) + Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_sees_no_more_requests_than_the_budget_once_the_first_are_spent() {
        let begin = Instant::now();
        let mut budget = Budget::new(10, begin);
        for _ in 0..10 {
            assert_eq!(budget.take(begin), Ok(()));
        }
        let wait = budget.take(begin).unwrap_err();
        assert!((5.9..6.1).contains(&wait.as_secs_f64()), "{wait:?}");
        assert_eq!(budget.take(begin + wait), Ok(()));
        let mut taken = 0;
        for second in 60..600 {
            taken += u32::from(budget.take(begin + Duration::from_secs(second)).is_ok());
        }
        assert!((90..=100).contains(&taken), "{taken} in nine minutes");
    }
}
