//! The interactive shell: what its lines mean.
//!
//! A [`Shell`] holds the variables of a session at the prompt. [`Shell::read`] takes a line and returns
//! [`Step`]s: what is to be answered, shown or complained about. It reads and prints nothing itself, so
//! everything the shell does can be tested without a terminal; the `cli` supplies the line editor, the
//! pager and the files.
//!
//! The language is that of pprof's interactive mode: `variable=value`, or a command with words that
//! narrow it down.
//!
//! ```
//! use hotlist_shell::{Shell, Step};
//!
//! let profile = hotlist_profile::Builder::new(&[("cpu", "nanoseconds")]).finish();
//! let mut shell = Shell::new(Default::default(), &profile);
//! assert!(shell.read("unit=ms").is_empty());
//! match &shell.read("top5 json -runtime > out.txt")[..] {
//!     [Step::Report(wish)] => {
//!         assert_eq!((wish.report.name, wish.output.as_str()), ("top", "out.txt"));
//!         assert_eq!((wish.options.focus.as_str(), wish.options.ignore.as_str()), ("json", "runtime"));
//!         assert_eq!((wish.options.nodecount, wish.options.unit.as_str()), (5, "ms"));
//!     }
//!     other => panic!("{other:?}"),
//! }
//! ```

mod command;
mod complete;
mod help;
mod shell;
mod variable;
mod wish;

pub use command::{Command, Kind, Viewer, commands, find};
pub use complete::{Completion, complete};
pub use help::{DOCUMENTED_WORDS, overview};
pub use shell::{Shell, Step};
pub use variable::{Variable, find as find_variable, variables};
pub use wish::Wish;
