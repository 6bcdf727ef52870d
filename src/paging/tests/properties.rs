//! Random stories.
