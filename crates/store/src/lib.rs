//! A store of profiles over time.
