//! Which incoming messages were given out already; bounded.

use std::collections::{HashSet, VecDeque};

/// Providers repeat the newest if any.
const REMEMBERED: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Seen {
    order: VecDeque<String>,
    ids: HashSet<String>,
}

impl Seen {
    /// Whether this one is new; it is not, from now on.
    pub fn first_time(&mut self, id: &str) -> bool {
        if !self.ids.insert(id.to_owned()) {
            return false;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_new_once_and_the_memory_is_bounded() {
        let mut seen = Seen::default();
        assert!(seen.first_time("a"));
        assert!(!seen.first_time("a"));
        for i in 0..10 * REMEMBERED {
            assert!(seen.first_time(&i.to_string()));
        }
        assert_eq!((seen.order.len(), seen.ids.len()), (REMEMBERED, REMEMBERED));
    }
}
