//! What the tests of hotlist share. Never part of the program.
//!
//! * [`profiles`] draws random valid profiles for property tests, [`with_times`] adds times to their samples,
//! * [`odd_profiles`] are those that are hard to show,
//! * [`describe`] and [`sums`] write down what a profile holds, for comparing two of them,
//! * [`golden`] compares with a file and rewrites it on demand, [`difference`] shows what differs,
//! * [`skip`] says that a test cannot run here, [`installed`] whether programs that it needs are there,
//! * [`with_memory`] does work in a process with little memory,
//! * [`Program`] runs the built binary in an empty environment,
//! * `Terminal`, with the feature `terminal`, runs it in a terminal and shows what is on the screen.

mod content;
mod difference;
mod golden;
mod memory;
mod odd;
mod program;
mod random;
mod skip;
#[cfg(feature = "terminal")]
mod terminal;

use std::path::PathBuf;

pub use content::{describe, sums};
pub use difference::difference;
pub use golden::golden;
pub use memory::with_memory;
pub use odd::{HOSTILE, hostile_profile, odd_profiles};
pub use program::{Outcome, Program};
pub use random::{Drawn, Values, profiles, profiles_of, tall_profile, with_times};
pub use skip::{SKIPPED, go, has, installed, skip};
#[cfg(feature = "terminal")]
pub use terminal::{Colour, Style, Terminal};

/// A path in the folder `testdata` of the repository.
pub fn testdata(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata")).join(path)
}
