//! Prints the positions of addresses, one address a line on standard input, in the way of
//! `llvm-symbolizer --no-demangle`.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

use hotlist_symbolize::{Binary, Bytes, Detail, ObjectFile, ObjectStore, OpenError};

struct Folder;

impl ObjectStore for Folder {
    #[expect(clippy::disallowed_methods, reason = "an example brings the files")]
    fn open(&self, path: &Path) -> Result<Bytes, OpenError> {
        let bytes = std::fs::read(path).map_err(|error| OpenError::Failed(error.to_string()))?;
        Ok(Arc::new(bytes))
    }

    fn list(&self, _: &Path) -> Vec<std::path::PathBuf> {
        Vec::new()
    }
}

fn or_unknown(text: std::borrow::Cow<'_, str>) -> String {
    if text.is_empty() { "??".to_owned() } else { text.into_owned() }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which binary?")?;
    let threads = std::env::args().nth(2).and_then(|count| count.parse().ok()).unwrap_or(2);
    let file = ObjectFile::parse(Folder.open(Path::new(&path))?)?;
    let binary = Binary::new(path, Arc::new(file));
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let parse = |line: &str| u64::from_str_radix(line.trim().trim_start_matches("0x"), 16);
    let asked: Vec<u64> = text.lines().map(parse).collect::<Result<_, _>>()?;
    let mut sorted = asked.clone();
    sorted.sort_unstable();
    sorted.dedup();
    let positions = binary.positions(&sorted, Detail::Lines, &Folder, threads);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for address in asked {
        let row = sorted.binary_search(&address).unwrap_or(0);
        for frame in positions.frames(row) {
            let (function, file) = (positions.lossy(frame.function), positions.lossy(frame.file));
            writeln!(out, "{}", or_unknown(function))?;
            writeln!(out, "{}:{}:{}", or_unknown(file), frame.line, frame.column)?;
        }
        if positions.frames(row).is_empty() {
            writeln!(out, "??\n??:0:0")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
