//! What every face of hotlist shares: the options table, loading profiles, and answering reports.
//!
//! ```text
//! locator -fetch-> bytes -formats-> Profile -analyze-> View -report-> Shape -render-> bytes
//! ```
//!
//! [`Loader`] walks the first half of that line, [`Session::answer`] the second. A [`Session`] is a value:
//! nothing in here is global, so tests and servers hold as many as they like. Nothing is printed;
//! what people should know comes back as [`Note`]s.

mod binaries;
mod debuginfod;
mod error;
mod load;
mod object_code;
mod object_files;
mod option_spec;
mod option_value;
mod options;
mod presets;
mod profiles;
mod progress;
mod resolve;
mod running_system;
mod search;
mod session;
mod sets;
mod source_files;
mod stack_files;
mod symbol_report;
mod symbols;
mod time_point;
mod verdicts;

pub use hotlist_compare as compare;
pub use hotlist_report::Note;

pub use binaries::is_object_file;
pub use error::Error;
pub use load::{Loaded, Loader, Reach, Take};
pub use object_code::CodeFiles;
pub use object_files::ObjectFiles;
pub use option_spec::{Group, OptionSpec, Scope, ValueSource};
pub use option_value::{Choice, Divisor, Folders, Keys, Separated, Size, SourceFormat, ValueType};
pub use options::{ALL, Base, Options, OutputOptions, SHORTCUTS, Shortcut, SourceOptions, ViewOptions, find};
pub use presets::{PRESETS, Preset};
pub use profiles::{BaseFacts, OpenProfile, Part, Profiles, Selection};
pub use progress::{Counting, Progress};
pub use resolve::{Question, UsageError};
pub use search::{FoundPlace, FoundPlaces, PlaceSearch, find_places, folded_pattern};
pub use session::Session;
pub use sets::{LoadedRun, SetOptions, compare_sets, sensitivity_of};
pub use source_files::SourceFiles;
pub use stack_files::StackFiles;
pub use symbol_report::{SymbolReport, SymbolState, TriedPath, symbol_reports};
pub use time_point::TimePoint;
pub use verdicts::Verdicts;
