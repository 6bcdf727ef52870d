//! The roster, rule by rule.
