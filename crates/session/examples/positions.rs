//! Prints the positions of addresses in a binary, one address a line on standard input, in the way of
//! `llvm-symbolizer --no-demangle --output-style=LLVM`; what they take is what symbolizing takes in hotlist itself.
//!
//! `positions BINARY [THREADS] < ADDRESSES`

use std::borrow::Cow;
use std::io::{Read, Write};

use hotlist_fetch::Environment;
use hotlist_session::ObjectFiles;
use hotlist_symbolize::{Detail, Finder, Wanted};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which binary?")?;
    let threads = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(2);
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let parse = |line: &str| u64::from_str_radix(line.trim().trim_start_matches("0x"), 16);
    let asked: Vec<u64> = text.lines().map(parse).collect::<Result<_, _>>()?;
    let mut sorted = asked.clone();
    sorted.sort_unstable();
    sorted.dedup();

    let files = ObjectFiles::new(&Environment::default());
    let found = files.find(Wanted { file: &path, build_id: "", is_named: true });
    let binary = found.binary.as_ref().ok_or("no such binary")?;
    let positions = binary.positions(&sorted, Detail::Lines, files.store(), threads);

    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let or_unknown =
        |text: Cow<'_, str>| if text.is_empty() { Cow::Borrowed("??") } else { text }.into_owned();
    for address in asked {
        let frames = sorted.binary_search(&address).map_or(&[][..], |row| positions.frames(row));
        for frame in frames {
            let (function, file) = (positions.lossy(frame.function), positions.lossy(frame.file));
            writeln!(out, "{}", or_unknown(function))?;
            writeln!(out, "{}:{}:{}", or_unknown(file), frame.line, frame.column)?;
        }
        if frames.is_empty() {
            writeln!(out, "??\n??:0:0")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
