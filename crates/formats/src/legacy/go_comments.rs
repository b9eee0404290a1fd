//! The lines that Go's runtime adds to text profiles for people, `debug=1`: all names are in them.
//!
//! ```text
//! 2 @ 0x48c60a 0x419f8e 0x6bbddc 0x6ab14c 0x493541
//! # labels: {"kind":"blocked", "worker":"0"}
//! #   0x6bbddb   main.blockedOnChan+0x1b   fixtures/main.go:40
//! #   0x6ab14b   runtime/pprof.Do+0x8b     runtime/pprof/runtime.go:57
//!
//! # runtime.MemStats
//! # Alloc = 9367480
//! ```
//! The addresses are those of calls, one less than in the list. Functions of the runtime on the side of the leaf, and
//! `runtime.goexit`, have no line (Go's `runtime/pprof`, `printStackRecord`).

use super::address_names::NamedFrame;
use super::address_samples::AddressSamples;
use super::lines::trim;
use super::scan::{Scan, decimal, hexadecimal};

/// What functions of the runtime that the text leaves out are called.
const HIDDEN: &str = "runtime.[hidden]";
const ROOT: &str = "runtime.goexit";

/// Reads the comments behind each sample.
#[derive(Debug, Default)]
pub(crate) struct GoComments<'a> {
    /// The frames of the sample at hand, as far as they have come.
    frames: Vec<(u64, NamedFrame<'a>)>,
    /// Whether what follows are figures about the process.
    is_about_process: bool,
}

impl<'a> GoComments<'a> {
    /// Takes a line that begins with `#`, which is about the sample that was added last.
    pub(crate) fn line(&mut self, line: &'a [u8], samples: &mut AddressSamples<'a>) {
        let text = trim(line.trim_ascii_start().strip_prefix(b"#").unwrap_or(line));
        if text == b"runtime.MemStats" || self.is_about_process {
            self.is_about_process = true;
            // With the sign in front, comments are not part of the heading of every report.
            samples.comment([b"# ", text].concat());
        } else if let Some(labels) = text.strip_prefix(b"labels: ") {
            match serde_json::from_slice::<std::collections::BTreeMap<String, String>>(labels) {
                Ok(labels) => {
                    labels.into_iter().for_each(|(key, value)| samples.label(&key, value.as_bytes()));
                }
                Err(_) => samples.label("labels", labels),
            }
        } else if let Some(frame) = frame(text) {
            self.frames.push(frame);
        }
    }

    /// No more lines come about the sample that was added last.
    pub(crate) fn end_sample(&mut self, samples: &mut AddressSamples<'a>) {
        let frames = std::mem::take(&mut self.frames);
        let (stack, names) = samples.last_stack_and_names();
        let Some(first) = frames.first().map(|(address, _)| *address) else { return };
        for equal in frames.chunk_by(|one, other| one.0 == other.0) {
            let address = equal[0].0;
            // A function that calls itself has a line for each call, and one that was inlined into another one has
            // the address of that.
            let calls = stack.chunk_by(|one, other| one == other).filter(|calls| calls[0] == address);
            let count = calls.map(<[u64]>::len).max().unwrap_or(1);
            let inlined = (equal.len() / count).max(1);
            names.add(address, || equal[..inlined].iter().map(|(_, frame)| frame.clone()).collect());
        }
        for &address in stack.iter().take_while(|&&address| address != first) {
            names.add_fallback(address, HIDDEN);
        }
        let described = |address: &u64| frames.iter().any(|(known, _)| known == address);
        let unknown =
            stack.iter().skip_while(|&&address| address != first).skip_while(|address| described(address));
        if let ([root], true) = (&unknown.copied().collect::<Vec<u64>>()[..], stack.len() > 1) {
            names.add_fallback(*root, ROOT);
        }
    }
}

/// Splits `0xADDRESS name+0xOFFSET file:line`.
fn frame(text: &[u8]) -> Option<(u64, NamedFrame<'_>)> {
    let mut scan = Scan::new(text);
    scan.literal(b"0x")?;
    let address = hexadecimal(scan.hex_digits()?)?;
    let rest = trim(scan.rest());
    if rest.is_empty() {
        return None;
    }
    let is_blank: fn(&u8) -> bool =
        if rest.contains(&b'\t') { |byte| *byte == b'\t' } else { |byte| byte.is_ascii_whitespace() };
    let last = rest.iter().rposition(is_blank)?;
    let (name, place) = (trim(&rest[..last]), &rest[last + 1..]);
    let plus = memchr::memmem::rfind(name, b"+0x").unwrap_or(name.len());
    let colon = memchr::memrchr(b':', place);
    let (file, line) = match colon.and_then(|colon| Some((colon, decimal(&place[colon + 1..])?))) {
        Some((colon, line)) => (&place[..colon], line),
        None => (place, 0),
    };
    Some((address, NamedFrame { function: name[..plus].into(), file: file.into(), line }))
}

#[test]
fn frames_have_names_and_lines() {
    let check = |text: &str, expected: Option<(u64, &str, &str, i64)>| {
        let found = frame(text.as_bytes());
        let expected = expected.map(|(address, function, file, line)| {
            let (function, file) = (function.as_bytes().into(), file.as_bytes().into());
            (address, NamedFrame { function, file, line })
        });
        assert_eq!(found, expected, "{text}");
    };
    check("0x6bb\tmain.f+0x1b\t\tdir/main.go:40", Some((0x6bb, "main.f", "dir/main.go", 40)));
    check("0x6bb   main.f+0x1b   C:/a b/main.go:40", Some((0x6bb, "main.f", "b/main.go", 40)));
    check(
        "0x6bb\tmain.f[go.shape.struct { a int }]+0x1b\tC:/a b/m.go:4",
        Some((0x6bb, "main.f[go.shape.struct { a int }]", "C:/a b/m.go", 4)),
    );
    check("0x0", None);
    check("main.f", None);
}
