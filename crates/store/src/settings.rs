//! Limits and habits of a store.

use std::time::Duration;

/// Limits and habits of a store. Sizes are in bytes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// How much memory the store may use; 1 GiB by default.
    pub memory_limit: u64,
    /// How long profiles are kept; 30 days by default, `None` for ever.
    pub retention: Option<Duration>,
    /// How large one profile may be when unpacked; 64 MiB by default.
    pub max_unpacked_bytes: u64,
    /// How many series a tenant may have; 100,000 by default.
    pub max_series: u64,
    /// How many labels a series may have; 64 by default.
    pub max_labels: u64,
    /// After which time rows in memory are written to files, whatever their number; 5 minutes by default. They are
    /// safe in the inbox before.
    pub flush_interval: Duration,
    /// How often compaction and retention look for work; a minute by default.
    pub maintenance_interval: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            memory_limit: 1 << 30,
            retention: Some(Duration::from_secs(30 * 24 * 3600)),
            max_unpacked_bytes: 64 << 20,
            max_series: 100_000,
            max_labels: 64,
            flush_interval: Duration::from_secs(300),
            maintenance_interval: Duration::from_secs(60),
        }
    }
}
