//! The name that a function of a profile is shown with.

use crate::{Mode, demangle};

/// The name to show for a function that a symbol table or debug information calls `system_name`. `None` when
/// that is the name to show.
///
/// As in pprof, this also takes the additional underscore of symbols on macOS, and shortens names of C++ that
/// some other tool has demangled in full: without their parameters, and in the default mode without their
/// template arguments. A mode of [`Full`](Mode::Full) leaves those alone.
///
/// ```
/// use hotlist_demangle::{Mode, function_name};
///
/// assert_eq!(function_name("__ZN3foo3barEv", Mode::Default).as_deref(), Some("foo::bar"));
/// assert_eq!(function_name("foo::bar<int>(char)", Mode::Default).as_deref(), Some("foo::bar"));
/// assert_eq!(function_name("foo::bar<int>(char)", Mode::Templates).as_deref(), Some("foo::bar<int>"));
/// assert_eq!(function_name("main.(*server).run", Mode::Default), None);
/// ```
pub fn function_name(system_name: &str, mode: Mode) -> Option<String> {
    let demangled = demangle(system_name, mode);
    if demangled.is_some() {
        return demangled;
    }
    if let Some(inner) = system_name.strip_prefix('_') {
        let demangled = demangle(inner, mode);
        if demangled.is_some() {
            return demangled;
        }
    }
    if mode == Mode::Full || !looks_like_cpp(system_name) {
        return None;
    }
    let mut name = without_pairs(system_name, '(', ')');
    if mode == Mode::Default {
        name = without_pairs(&name, '<', '>');
    }
    // A name that is nothing but such pairs is shown whole, so that it is not taken for another one.
    (name != system_name && !name.trim().is_empty()).then_some(name)
}

/// Whether a name seems to be one of C++ that was demangled. `class.<init>` is Java's, `pkg.(*T[...]).Method` is
/// Go's.
fn looks_like_cpp(name: &str) -> bool {
    !name.contains(".<")
        && !name.contains("]).")
        && (name.contains(['<', '>', '[', ']']) || name.contains("::"))
}

/// A name without what stands between outermost pairs of `open` and `close`. From a `close` without an `open`
/// on, or an `open` that stays open, it is left as it is.
fn without_pairs(name: &str, open: char, close: char) -> String {
    let mut out = String::with_capacity(name.len());
    let mut depth = 0_usize;
    let mut kept = 0;
    for (at, character) in name.char_indices() {
        if character == open {
            if depth == 0 {
                out.push_str(&name[kept..at]);
                kept = at;
            }
            depth += 1;
        } else if character == close {
            match depth {
                0 => break,
                1 => kept = at + close.len_utf8(),
                _ => {}
            }
            depth -= 1;
        }
    }
    out.push_str(&name[kept..]);
    out
}

#[cfg(test)]
mod tests {
    use super::{function_name, without_pairs};
    use crate::Mode;

    #[test]
    fn pairs_are_removed() {
        let check = |name, expected| assert_eq!(without_pairs(name, '(', ')'), expected, "{name}");
        check("a(b)c", "ac");
        check("a(b(c)d)e(f)", "ae");
        check("a(b)c)d(e)", "ac)d(e)");
        check("a(b(c)d", "a(b(c)d");
        check("(anonymous namespace)::f", "::f");
        check("a(b)c(d", "ac(d");
        check("ä(ö)ü", "äü");
    }

    #[test]
    fn other_languages_stay() {
        for name in [
            "main.(*Set[...]).Add",
            "(::MyStruct)(n::Int64)",
            "(<a>)<b>",
            "java.util.List.<init>",
            "memcpy",
            "operator new(unsigned long)",
        ] {
            assert_eq!(function_name(name, Mode::Default), None, "{name}");
        }
        assert_eq!(function_name("a::b<c>(d)", Mode::Full), None);
    }
}
