//! From addresses to functions, lines and inlined calls, and to the code at them.
//!
//! An [`ObjectFile`] is a parsed ELF, Mach-O or PE file: sections, symbols, code by virtual address. A
//! [`Binary`] adds what belongs to it, such as separate debug information, and explains addresses
//! ([`Binary::positions`]). A [`Translation`] leads from the addresses of a running program to those of
//! its file.
//!
//! Files come from an [`ObjectStore`]; this room opens none itself and starts no program. Everything in
//! an object file is taken with suspicion: sizes are limited, references are followed for a while only.

mod binary;
mod code_map;
mod companions;
mod dwarf;
mod function_bounds;
mod go;
mod jitdump;
mod kernel;
mod labels;
mod local;
mod mini_debug_info;
mod mode;
mod object_file;
mod object_labels;
mod pdb;
mod perf_map;
mod positions;
mod readable;
mod relocatable;
mod search;
mod store;
mod supplementary;
mod symbol_table;
mod symbolz;
mod translate;

pub use binary::{Binary, Detail, FunctionSymbol};
pub use code_map::CodeMap;
pub use jitdump::{JitDump, JitDumpError, JitEvent, JitEventKind, JitFunction, JitFunctions, JitLine};
pub use kernel::{KernelSymbols, build_id_of_notes};
pub use labels::{Label, LabelKind, Labels, NamedAddress, Slot};
pub use local::{Finder, MappingReport, State, SymbolizeOptions, is_of_no_file, symbolize};
pub use mode::{Demangle, Local, Mode, Unrecognized};
pub use object_file::{Architecture, Format, Linkage, ObjectError, ObjectFile, Section, Segment};
pub use perf_map::PerfMap;
pub use positions::{Frame, Positions};
pub use readable::demangle;
pub use search::{Attempt, Found, Outcome, Places, Refusal, Role, Wanted, find};
pub use store::{Bytes, Downloaded, Inquiry, ObjectStore, OpenError, Part, Running};
pub use symbol_table::{Symbol, SymbolTable};
pub use symbolz::{Again, Overflow, Query};
pub use translate::{MappedRange, TranslateError, Translation};
