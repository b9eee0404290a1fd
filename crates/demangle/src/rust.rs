//! Rust names, of the `v0` scheme and of the older one: what `rustc-demangle` reads, in pprof's modes.
//!
//! The library writes names in full. Three things are left to do here: to tell names of the older scheme from those
//! of C++, which begin alike; to leave out the suffixes of compilers and linkers; and to empty the lists of generic
//! arguments in the default mode.

use std::fmt::{self, Write};

use rustc_demangle::try_demangle;

use crate::Mode;
use crate::limit::{LONGEST, Parsed, Refused};

/// What the library writes in place of a part that it cannot read or that is too deep.
const UNREADABLE: [&str; 3] = ["{invalid syntax}", "{recursion limit reached}", "{size limit reached}"];

/// The readable form of a name of the `v0` scheme.
pub(crate) fn v0(name: &str, mode: Mode) -> Parsed<String> {
    // Names have no dots; what LLVM appends begins with one.
    let text = write(name.split('.').next().unwrap_or(name))?;
    Ok(if mode == Mode::Default { without_arguments(&text) } else { text })
}

/// The readable form of a name of the older scheme, without its hash. Refuses names of C++; whether a name is
/// one or the other is told by the hash. Type arguments are part of identifiers there, so the mode changes nothing.
pub(crate) fn legacy(name: &str) -> Parsed<String> {
    let name = without_suffix(name);
    let inner = name.strip_prefix("_ZN").and_then(|name| name.strip_suffix('E')).ok_or(Refused)?;
    let hash = inner.len().checked_sub(HASH).and_then(|at| inner.get(at..)).ok_or(Refused)?;
    if hash.len() == inner.len() || !is_hash(hash) {
        return Err(Refused);
    }
    write(name)
}

fn write(name: &str) -> Parsed<String> {
    let demangled = try_demangle(name).map_err(|_| Refused)?;
    let mut out = Bounded(String::with_capacity(name.len()));
    write!(out, "{demangled:#}").map_err(|_| Refused)?;
    let Bounded(text) = out;
    let is_unreadable = text.contains('{') && UNREADABLE.iter().any(|mark| text.contains(mark));
    if is_unreadable { Err(Refused) } else { Ok(text) }
}

/// Text up to a limit.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// A name up to the last `E` that a dot follows, or as it is where there is none.
fn without_suffix(name: &str) -> &str {
    name.rfind("E.").map_or(name, |end| &name[..=end])
}

/// `17h` and 16 hexadecimal digits.
const HASH: usize = 19;

/// Whether this is the hash of a Rust name. A C++ identifier that only looks like one has few different digits.
fn is_hash(text: &str) -> bool {
    let Some(digits) = text.strip_prefix("17h") else { return false };
    let mut seen = 0_u16;
    for digit in digits.bytes() {
        match digit {
            b'0'..=b'9' => seen |= 1 << (digit - b'0'),
            b'a'..=b'f' => seen |= 1 << (digit - b'a' + 10),
            _ => return false,
        }
    }
    seen.count_ones() >= 5
}

/// A pair of brackets that is open.
struct Bracket {
    holds_arguments: bool,
    /// Whether what stands around it is written.
    is_visible: bool,
}

/// `a::b::<>` of `a::b::<T, 3>`: a name whose lists of generic arguments are empty. As in pprof, types that are
/// associated stay: `Fn<, Output = i32>`.
fn without_arguments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Vec<Bracket> = Vec::new();
    let mut is_visible = true;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut length = character.len_utf8();
        let mut is_written = is_visible;
        match character {
            '<' | '(' | '[' | '{' => {
                let holds_arguments = character == '<' && begins_arguments(&text[..at]);
                open.push(Bracket { holds_arguments, is_visible });
                is_visible &= !holds_arguments || is_associated(&rest[1..]);
            }
            // An arrow.
            '>' if text[..at].ends_with('-') => {}
            '>' | ')' | ']' | '}' => {
                is_visible = open.pop().is_none_or(|bracket| bracket.is_visible);
                is_written = is_visible;
            }
            ',' => {
                if let Some(list) = open.last().filter(|list| list.holds_arguments) {
                    is_visible = list.is_visible && is_associated(rest[1..].trim_start());
                    is_written = is_visible;
                }
            }
            '"' | '\'' => length = literal(rest).unwrap_or(length),
            _ => {}
        }
        if is_written {
            out.push_str(&rest[..length]);
        }
        at += length;
    }
    out
}

/// Whether a `<` behind this text begins a list of arguments, rather than a type or the lifetimes of `for<'a>`.
fn begins_arguments(before: &str) -> bool {
    let word = before.rsplit(|letter: char| !letter.is_alphanumeric() && letter != '_').next();
    before.ends_with("::") || before.ends_with('}') || word.is_some_and(|word| !matches!(word, "" | "for"))
}

/// Whether this is `Output = …`.
fn is_associated(argument: &str) -> bool {
    let after = argument.trim_start_matches(|letter: char| letter.is_alphanumeric() || letter == '_');
    after.len() < argument.len() && after.starts_with(" = ")
}

/// The length of the literal that begins here; `None` for a lifetime.
fn literal(text: &str) -> Option<usize> {
    let quote = text.chars().next()?;
    let mut letters = text.char_indices().skip(1);
    if quote == '\'' {
        let (_, first) = letters.next()?;
        if first == '\\' {
            letters.next();
        } else {
            return letters.next().filter(|&(_, end)| end == quote).map(|(at, _)| at + 1);
        }
    }
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            _ if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_older_scheme_lose_their_hash() {
        for (name, expected) in [
            ("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", Some("core::fmt::Write::write_fmt")),
            ("_ZN3std2io5stdio6_print17h0123456789abcdefE", Some("std::io::stdio::_print")),
            ("_ZN1a1b17h0123456789abcdefE.llvm.42", Some("a::b")),
            ("_ZN1a1b17h0123456789abcdefE.cold.1", Some("a::b")),
            (
                "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
                Some("<Test + 'static as foo::Bar<Test>>::bar"),
            ),
            ("_ZN10a$C$b.c$$d17h0123456789abcdefE", Some("a,b.c$$d")),
            ("_ZN6$u3b1$17h0123456789abcdefE", Some("α")),
            ("_ZN4$u7$17h0123456789abcdefE", Some("$u7$")),
            // Of C++.
            ("_ZN4core3fmtE", None),
            ("_ZN1a17h0000000000000000E", None),
            ("_ZN17h0123456789abcdefE", None),
            ("_ZN9a17h0123456789abcdefE", None),
        ] {
            assert_eq!(legacy(name).ok().as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn lists_of_arguments_are_emptied() {
        for (name, expected) in [
            ("a::b::<u8, c::D<e>>", "a::b::<>"),
            ("<a::B<c> as d::E<f>>::g::<h>", "<a::B<> as d::E<>>::g::<>"),
            (
                "<&dyn a::Fn<(i32,), Output = b::C<d>> as e::F>::g",
                "<&dyn a::Fn<, Output = b::C<>> as e::F>::g",
            ),
            ("<dyn for<'a> a::Iter<Item = &'a u8>>::f", "<dyn for<'a> a::Iter<Item = &'a u8>>::f"),
            ("<fn(u8) -> [a::B<c>; 3]>::f", "<fn(u8) -> [a::B<>; 3]>::f"),
            ("a::{closure#0}::b::<fn(u8) -> u8, 3>", "a::{closure#0}::b::<>"),
            ("<a::{closure#1}<u8>>::b", "<a::{closure#1}<>>::b"),
            (r#"a::b::<'<', '\'', "\">", '>'>::c"#, "a::b::<>::c"),
            ("<'a>::ö::b::<u8>", "<'a>::ö::b::<>"),
        ] {
            assert_eq!(without_arguments(name), expected);
        }
    }
}
