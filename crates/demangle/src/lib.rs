//! Readable names for mangled C++ and Rust symbols, as detailed as one wants them.
//!
//! Linkers know functions by names such as `_ZN4llvm5Value7setNameERKNS_5TwineE`. This crate reads the schemes that
//! compilers of C++ (gcc, clang and others, after the Itanium ABI) and of Rust (`v0` and the one before it) make
//! them with, and writes what they say.
//!
//! ```
//! use hotlist_demangle::{Mode, demangle};
//!
//! let name = "_ZN5cache6lookupIiEEbRKSt6vectorIT_SaIS2_EE";
//! assert_eq!(demangle(name, Mode::Default).as_deref(), Some("cache::lookup"));
//! assert_eq!(demangle(name, Mode::Templates).as_deref(), Some("cache::lookup<int>"));
//! assert_eq!(
//!     demangle(name, Mode::Full).as_deref(),
//!     Some("bool cache::lookup<int>(std::vector<int, std::allocator<int> > const&)"),
//! );
//! assert_eq!(demangle("main", Mode::Default), None);
//! ```
//!
//! # Written like pprof
//!
//! pprof has the same modes and uses <https://github.com/ianlancetaylor/demangle>, which writes as GNU tools do.
//! So that names, and with them regular expressions, mean the same, this crate writes the same text, bytes alike;
//! where it does not, `docs/demangle.md` says why. It is not a port: names of C++ are read into a graph of small nodes,
//! and names of Rust are those of the crate `rustc-demangle`, with lists of generic arguments emptied where the mode says so.
//!
//! # Limits
//!
//! A short name can stand for a text of any length, and can nest deeply. Names that take too many steps, too much
//! depth or too much text are not demangled; real ones are far from the limits. Time and memory of a name are
//! bounded, and nothing panics.
//!
//! Not for Microsoft's or D's names, and not for looking at what a name is made of: the result is text.

mod cursor;
mod function_name;
mod itanium;
mod limit;
mod rust;

pub use function_name::function_name;

/// How much of a name is shown: the values of pprof's option `demangle`, but for `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Names alone: no parameters, no template or generic arguments, no return types.
    #[default]
    Default,
    /// With template and generic arguments, without parameters and return types.
    Templates,
    /// Everything, except the suffixes of clones.
    Full,
}

/// The readable form of a mangled name. `None` when it is not mangled, is damaged or costs more than the
/// [limits](crate#limits) allow; then the name itself is the best there is.
///
/// Suffixes that compilers and linkers append (`.cold`, `.part.0`, `.llvm.123`) are left out.
pub fn demangle(name: &str, mode: Mode) -> Option<String> {
    if name.starts_with("_R") {
        return rust::v0(name, mode).ok();
    }
    if name.starts_with("_ZN")
        && let Ok(text) = rust::legacy(name)
    {
        return Some(text);
    }
    itanium::demangle(name, mode).ok()
}
