//! Names of places over several lines, so that boxes stay narrow and what matters stands out.
//!
//! The name of the function itself gets separate lines; the way to it, of packages, modules and classes, stands
//! above it in smaller letters. Names of any length become a few lines.

use crate::clean::clean;
use crate::short_name::short_name;

/// A name, cut into the way to a function and its own name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// Package, module and class with the joints between them, such as `http.(*conn)`; pieces that may stand on
    /// separate lines.
    pub(crate) way: Vec<String>,
    /// The function itself, in pieces that may stand on separate lines.
    pub(crate) own: Vec<String>,
}

/// Names longer than this many characters lose their middle before anything else is done.
const LONGEST: usize = 400;

/// Type arguments of more bytes than this are left out.
const LONGEST_ARGUMENTS: usize = 18;

impl Name {
    /// The name of a function.
    pub(crate) fn of_function(function: &str) -> Name {
        let short = short_name(function);
        let name = without_long_arguments(&shortened(&clean(&short), LONGEST));
        let segments = segments(&name);
        let (way, own) = segments.split_at(first_own(&segments));
        let mut way: Vec<String> = way.iter().map(|&part| part.to_owned()).collect();
        // The break of the line is joint enough.
        if let Some(last) = way.last_mut() {
            last.truncate(last.trim_end_matches(['.', ':']).len());
        }
        Name { way, own: pieces(&own.concat()) }
    }
}

/// Ever shorter names of a function in one line: without the folders of its package, with the class it belongs to,
/// and only its own.
pub(crate) fn shorter_names(function: &str) -> Vec<String> {
    let short = clean(&short_name(function)).into_owned();
    let segments = segments(&short);
    let own = first_own(&segments);
    let mut names = vec![short.clone()];
    if own > 1 {
        names.push(segments[own - 1..].concat());
    }
    names.push(segments[own..].concat());
    names
}

/// The last segment but for what compilers add to names.
fn first_own(segments: &[&str]) -> usize {
    let mut first = segments.len().saturating_sub(1);
    while first > 0 && is_suffix(segments[first]) {
        first -= 1;
    }
    first
}

/// The parts of a name, each with the joint (`::` or `.`) behind it. Joints inside of brackets are none,
/// unless the brackets do not match.
fn segments(name: &str) -> Vec<&str> {
    split(name, true).or_else(|| split(name, false)).unwrap_or_default()
}

fn split(name: &str, brackets: bool) -> Option<Vec<&str>> {
    let bytes = name.as_bytes();
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' if brackets => depth += 1,
            // The arrow of a return type closes nothing.
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' if brackets => depth = depth.checked_sub(1)?,
            b':' if depth == 0 && at > start && bytes[at - 1] == b':' => {
                parts.push(&name[start..=at]);
                start = at + 1;
            }
            b'.' if depth == 0 && at > start && bytes.get(at + 1).is_some_and(|&next| next != b'.') => {
                parts.push(&name[start..=at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&name[start..]);
    (depth == 0).then_some(parts)
}

/// Whether a segment is only what compilers add to the one before it.
fn is_suffix(segment: &str) -> bool {
    let segment = segment.trim_end_matches(['.', ':']);
    let numbered = |prefix: &str| {
        segment.strip_prefix(prefix).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    segment.starts_with('{')
        || segment.starts_with('$')
        || ["", "func", "gowrap", "init.", "part", "isra", "constprop", "cold", "lto_priv", "llvm"]
            .into_iter()
            .any(numbered)
}

/// An own name in pieces that may be parted; long template arguments become an ellipsis.
fn pieces(own: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut characters = own.chars().peekable();
    while let Some(character) = characters.next() {
        piece.push(character);
        let Some(&next) = characters.peek() else { break };
        let joint = match character {
            '_' | ',' | '/' | '-' | '$' | '@' => true,
            ':' => next != ':',
            '.' => true,
            _ => {
                (character.is_lowercase() && next.is_uppercase())
                    || matches!(next, '<' | '(' | '[' | '{') && character.is_alphanumeric()
            }
        };
        if joint {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces.push(piece);
    pieces
}

/// `name` with the insides of long brackets replaced by an ellipsis.
fn without_long_arguments(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(open) = rest.find(['<', '(', '[']) {
        let (before, from) = rest.split_at(open);
        kept.push_str(before);
        rest = from;
        let Some(length) = matching(from) else { break };
        let (inside, after) = from.split_at(length);
        if inside.starts_with("(*") {
            // A type of Go, which is a name; it may have arguments too.
            kept.push('(');
            rest = &from[1..];
            continue;
        }
        if inside.len() > LONGEST_ARGUMENTS && !inside.contains('…') {
            kept.push_str(&inside[..1]);
            kept.push('…');
            kept.push_str(&inside[inside.len() - 1..]);
        } else {
            kept.push_str(inside);
        }
        rest = after;
    }
    kept + rest
}

/// The length of the bracket that `text` begins with and of all inside it.
fn matching(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            b'>' if at > 0 && bytes[at - 1] == b'-' => {}
            b'>' | b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// `text` of at most `limit` characters, with an ellipsis in its middle where it was cut.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return text.to_owned();
    }
    let half = limit.saturating_sub(1) / 2;
    let (head, tail) = (limit.saturating_sub(1) - half, half);
    let head: String = text.chars().take(head).collect();
    let tail: String = text.chars().skip(count - tail).collect();
    format!("{head}…{tail}")
}

/// Lines of `pieces`, none wider than `widest` by `measure`, at most `most` of them: what does not fit is cut.
///
/// `keep_end` tells which end of the whole matters more.
pub(crate) fn wrap(
    pieces: &[String],
    widest: f64,
    most: usize,
    keep_end: bool,
    measure: impl Fn(&str) -> f64,
) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        match lines.last_mut() {
            Some(line) if measure(line) + measure(piece) <= widest => line.push_str(piece),
            _ => lines.push(piece.clone()),
        }
    }
    for line in &mut lines {
        while measure(line) > widest {
            let count = line.chars().count();
            // Narrow enough soon: by the share that is too much, and by one character at least.
            let fitting = (count as f64 * widest / measure(line)) as usize;
            *line = shortened(line, fitting.clamp(1, count - 1));
            if count <= 2 {
                break;
            }
        }
    }
    if lines.len() > most && most > 0 {
        if keep_end {
            lines.drain(..lines.len() - most);
            lines[0] = format!("…{}", lines[0]);
        } else {
            let last = lines[lines.len() - 1].clone();
            lines.truncate(most);
            lines[most - 1] = format!("…{last}");
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_shorter_until_only_the_own_is_left() {
        let check = |name: &str, expected: &[&str]| assert_eq!(shorter_names(name), expected);
        check(
            "encoding/json.(*decodeState).value",
            &["json.(*decodeState).value", "(*decodeState).value", "value"],
        );
        check("encoding/json.Marshal.func1", &["json.Marshal.func1", "Marshal.func1"]);
        check("a::b::<T as c::D>::call", &["a::b::<T as c::D>::call", "<T as c::D>::call", "call"]);
        check("main", &["main", "main"]);
        check("", &["", ""]);
    }

    fn check(function: &str, way: &str, own: &str) {
        let name = Name::of_function(function);
        assert_eq!((name.way.concat().as_str(), name.own.concat().as_str()), (way, own), "{function}");
    }

    #[test]
    fn the_own_name_of_a_function_is_found() {
        check("main.main", "main", "main");
        check("net/http.(*conn).serve", "http.(*conn)", "serve");
        check("main.run.func1", "main", "run.func1");
        check("main.run.func1.2", "main", "run.func1.2");
        check("slices.pdqsort[go.shape.int]", "slices", "pdqsort[go.shape.int]");
        check("core::ops::function::FnOnce::call_once", "FnOnce", "call_once");
        check("alloc::vec::Vec<T,A>::push", "alloc::vec::Vec<T,A>", "push");
        check("app::run::{{closure}}", "app", "run::{{closure}}");
        check("tcp_sendmsg.isra.0", "", "tcp_sendmsg.isra.0");
        check("malloc", "", "malloc");
        check("[vdso].so", "[vdso]", "so");
        check("java.util.HashMap.putVal(int, Object)", "HashMap", "putVal");
        check("operator<", "", "operator<");
        check("a::b::operator()", "a::b", "operator()");
        check("", "", "");
        check("sort::quick<std::vector<int, std::allocator<int>>::iterator>", "sort", "quick<…>");
        check("...", "", "...");
        check("sync.(*HashTrieMap[go.shape.interface {}]).Load", "sync.(*HashTrieMap[…])", "Load");
        check("::x", "", "x");
    }

    #[test]
    fn long_names_become_few_narrow_lines() {
        let name = Name::of_function(&"verylong_segment::".repeat(1000));
        let measure = |text: &str| text.chars().count() as f64;
        for (pieces, keep_end) in [(&name.way, true), (&name.own, false)] {
            let lines = wrap(pieces, 30.0, 3, keep_end, measure);
            assert!(lines.len() <= 3 && lines.iter().all(|line| measure(line) <= 31.0), "{lines:?}");
        }
        let lines = wrap(&["x".repeat(500)], 20.0, 3, false, measure);
        assert_eq!(lines, [format!("{}…{}", "x".repeat(10), "x".repeat(9))]);
    }

    #[test]
    fn cutting_keeps_both_ends() {
        assert_eq!(shortened("abcdefghij", 5), "ab…ij");
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("äöüß", 3), "ä…ß");
    }
}
