//! Times reading and writing of the named files: `throughput [rounds] file…`.
#![allow(clippy::disallowed_methods, reason = "an example may open files and look at the clock")]

use std::fs::File;
use std::io::{self, Write};
use std::time::Instant;

use hotlist_formats::{Limits, read, write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut rounds = 3;
    for argument in std::env::args_os().skip(1) {
        if let Some(count) = argument.to_str().and_then(|text| text.parse().ok()) {
            rounds = count;
            continue;
        }
        for _ in 0..rounds {
            let start = Instant::now();
            let profile = read(File::open(&argument)?, Limits::default())?;
            let read_seconds = start.elapsed().as_secs_f64();
            let start = Instant::now();
            let mut size = Counter(0);
            write(&profile, &mut size)?;
            let write_seconds = start.elapsed().as_secs_f64();
            let line = format!("read {read_seconds:.3} s, write {write_seconds:.3} s, {} bytes\n", size.0);
            io::stdout().write_all(line.as_bytes())?;
        }
    }
    Ok(())
}

struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0 += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
