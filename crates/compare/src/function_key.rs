//! By which name a function is the same in two builds.

use std::borrow::Cow;

/// `name` without what compilers add anew in each build: `.llvm.1234`, `.cold`, `.part.0`, `.constprop.1`, `.isra.2`,
/// `.lto_priv.3`, Rust's `::h` with 16 hexadecimal digits, and the shapes of Go's generics.
pub fn function_key(name: &str) -> Cow<'_, str> {
    let trimmed = without_suffixes(name);
    match trimmed.contains("[go.shape.") {
        true => Cow::Owned(without_go_shapes(trimmed)),
        false => Cow::Borrowed(trimmed),
    }
}

fn without_suffixes(mut name: &str) -> &str {
    loop {
        let shorter = without_hash(without_clone(name));
        if shorter.len() == name.len() || shorter.is_empty() {
            return name;
        }
        name = shorter;
    }
}

fn without_clone(name: &str) -> &str {
    const NUMBERED: [&str; 5] = ["llvm", "part", "constprop", "isra", "lto_priv"];
    if let Some(shorter) = name.strip_suffix(".cold") {
        return shorter;
    }
    let Some((rest, number)) = name.rsplit_once('.') else { return name };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    match rest.rsplit_once('.') {
        Some((shorter, word)) if is_number && (NUMBERED.contains(&word) || word == "cold") => shorter,
        _ => name,
    }
}

fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((shorter, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            shorter
        }
        _ => name,
    }
}

/// `[…]` in place of each list of type arguments that begins with a shape.
fn without_go_shapes(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(start) = rest.find("[go.shape.") {
        out.push_str(&rest[..start]);
        let mut depth = 0_usize;
        let end = rest[start..].char_indices().find_map(|(at, character)| {
            match character {
                '[' => depth += 1,
                ']' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(start + at + 1)
        });
        out.push_str("[...]");
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: &str) {
        assert_eq!(function_key(name), expected);
    }

    #[test]
    fn what_a_build_adds_is_cut() {
        check("parse", "parse");
        check("parse.llvm.123456", "parse");
        check("parse.cold", "parse");
        check("parse.part.0.cold", "parse");
        check("parse.constprop.12.isra.0", "parse");
        check("app::run::h0123456789abcdef", "app::run");
        check("app::run::h0123456789abcdeg", "app::run::h0123456789abcdeg");
        check("main.f[go.shape.[]uint8,go.shape.int].func1", "main.f[...].func1");
        check("main.f[go.shape.int", "main.f[...]");
        check("runtime.main.func1", "runtime.main.func1");
        check(".cold", ".cold");
        check("", "");
    }
}
