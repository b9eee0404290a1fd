//! Compares our text with that of GNU objdump, instruction by instruction.
//!
//! ```sh
//! cargo run --release -p hotlist-disassemble --example compare_objdump -- [-intel] [-show N] FILE…
//! ```

#[path = "../tests/oracle/mod.rs"]
mod oracle;

#[expect(clippy::print_stdout, reason = "an example")]
fn main() {
    let mut syntax = hotlist_disassemble::Syntax::Att;
    let mut show = 0;
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-intel" => syntax = hotlist_disassemble::Syntax::Intel,
            "-show" => show = words.next().and_then(|text| text.parse().ok()).unwrap_or(20),
            path => {
                let comparison = oracle::compare(path.as_ref(), syntax);
                println!("{path}: {comparison}");
                for (kind, count, example) in comparison.kinds().into_iter().take(show) {
                    println!("  {count:>7}  {kind}\n           {}\n           {}", example.0, example.1);
                }
            }
        }
    }
}
