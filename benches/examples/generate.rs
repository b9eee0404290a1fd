//! Writes one of the profiles that the benchmarks use, of any size, to a file:
//!
//! ```sh
//! cargo run --release -p hotlist-benches --example generate -- 5000000 5m.pb.gz
//! ```
//!
//! With `labels` as a third word, samples have labels.

use std::fs::File;
use std::io::BufWriter;

use hotlist_benches::{Shape, generate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (samples, path, labels) = match &words[..] {
        [samples, path] => (samples, path, false),
        [samples, path, labels] if labels == "labels" => (samples, path, true),
        _ => return Err("usage: generate SAMPLES FILE [labels]".into()),
    };
    let profile = generate(Shape { samples: samples.parse()?, labels, seed: 1 });
    hotlist_formats::write(&profile, BufWriter::new(File::create(path)?))?;
    Ok(())
}
