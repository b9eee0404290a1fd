//! Rust names that look like those of C++: `_ZN`, identifiers with their lengths, a hash, `E`.
//!
//! Characters that C++ identifiers do not have are written as `$LT$`, `$u20$`, `..` and the like; the compiler's
//! `rustc_symbol_mangling/src/legacy.rs` lists them.

use crate::limit::{Parsed, Refused};

/// The readable form of a Rust name of the old scheme, without its hash.
///
/// Refuses names of C++; whether a name is one or the other is told by the hash.
pub(crate) fn demangle(name: &str) -> Parsed<String> {
    let inner = name.strip_prefix("_ZN").ok_or(Refused)?;
    let inner = without_suffix(inner).ok_or(Refused)?;
    let (mut path, hash) =
        inner.len().checked_sub(HASH).and_then(|at| inner.split_at_checked(at)).ok_or(Refused)?;
    if path.is_empty() || !is_hash(hash) {
        return Err(Refused);
    }

    let mut out = String::with_capacity(path.len());
    while !path.is_empty() {
        let digits = path.len() - path.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        let length: usize = path[..digits].parse().map_err(|_| Refused)?;
        let (identifier, rest) = path[digits..].split_at_checked(length).ok_or(Refused)?;
        path = rest;
        if !out.is_empty() {
            out.push_str("::");
        }
        unescape(identifier, &mut out);
    }
    Ok(out)
}

/// What stands before the `E` that ends the name, or before the last one that a dot follows: what LLVM appends is
/// left out.
fn without_suffix(name: &str) -> Option<&str> {
    let mut rest = name;
    while let Some(dot) = rest.rfind('.') {
        rest = &rest[..dot];
        if let Some(inner) = rest.strip_suffix('E') {
            return Some(inner);
        }
    }
    name.strip_suffix('E')
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

/// Writes an identifier with its escapes replaced. From one that makes no sense on, the text stays as it is.
fn unescape(identifier: &str, out: &mut String) {
    // An identifier must not begin with an escape, so the compiler puts an underscore before it.
    let mut rest = if identifier.starts_with("_$") { &identifier[1..] } else { identifier };
    while let Some(at) = rest.find(['$', '.']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("..") {
            out.push_str("::");
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            out.push('.');
            rest = after;
        } else {
            let Some((escape, after)) = rest[1..].split_once('$') else { break };
            let Some(character) = escaped(escape) else { break };
            out.push(character);
            rest = after;
        }
    }
    out.push_str(rest);
}

fn escaped(escape: &str) -> Option<char> {
    Some(match escape {
        "SP" => '@',
        "BP" => '*',
        "RF" => '&',
        "LT" => '<',
        "GT" => '>',
        "LP" => '(',
        "RP" => ')',
        "C" => ',',
        _ => {
            let digits = escape.strip_prefix('u')?;
            let is_number = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
            let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number)?;
            return char::from_u32(number).filter(|character| !character.is_control());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::demangle;

    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(demangle(name).ok().as_deref(), expected, "{name}");
    }

    #[test]
    fn paths_lose_their_hash() {
        check("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", Some("core::fmt::Write::write_fmt"));
        check("_ZN3std2io5stdio6_print17h0123456789abcdefE", Some("std::io::stdio::_print"));
        check("_ZN1a1b17h0123456789abcdefE.llvm.42", Some("a::b"));
    }

    #[test]
    fn escapes_become_characters() {
        check(
            "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
            Some("<Test + 'static as foo::Bar<Test>>::bar"),
        );
        check("_ZN10a$C$b.c$$d17h0123456789abcdefE", Some("a,b.c$$d"));
        check("_ZN6$u3b1$17h0123456789abcdefE", Some("α"));
        check("_ZN4$u7$17h0123456789abcdefE", Some("$u7$"));
    }

    #[test]
    fn names_of_cpp_are_refused() {
        check("_ZN4core3fmtE", None);
        check("_ZN1a17h0000000000000000E", None);
        check("_ZN17h0123456789abcdefE", None);
        check("_ZN9a17h0123456789abcdefE", None);
    }
}
