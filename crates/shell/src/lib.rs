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
//!     [Step::Report(task)] => {
//!         assert_eq!((task.report.name, task.output.as_deref()), ("top", Some("out.txt".as_ref())));
//!         assert_eq!(task.view.focus.as_ref().map(|pattern| pattern.as_str()), Some("json"));
//!         assert_eq!((task.view.nodecount, task.view.unit.as_str()), (5, "ms"));
//!     }
//!     other => panic!("{other:?}"),
//! }
//! ```

mod command;
mod complete;
mod help;
mod shell;
mod task;
mod variable;

pub use command::{Action, Command, Viewer, commands, find};
pub use complete::{Completion, complete};
pub use help::{DOCUMENTED_WORDS, overview};
pub use shell::{Shell, Step};
pub use task::ReportTask;
pub use variable::{Variable, find as find_variable, variables};
