//! Machine code with weights: `disasm`.

use std::io::{self, Write};

use hotlist_report::base_name;
use hotlist_report::{Assembly, WeighedInstruction};

use super::{paint, write_sums};
use crate::Context;
use crate::clean::clean;
use crate::code_text::instruction_text;

/// Source positions stand behind instructions shorter than this, and on a separate line before others.
const SHORT: usize = 40;

pub(super) fn draw(assembly: &Assembly, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    let (format, total) = (&assembly.header.format, assembly.header.total);
    writeln!(out, "Total: {}", format.label(total))?;
    for routine in &assembly.routines {
        writeln!(out, "ROUTINE ======================== {}", clean(&routine.name))?;
        for name in &routine.also {
            writeln!(out, "    AKA ======================== {}", clean(name))?;
        }
        for name in &routine.inlined {
            writeln!(out, "INLINED ======================== {}", clean(name))?;
        }
        write_sums(&assembly.header, routine.flat, routine.cum, context, out)?;
        let mut last = ("", "", 0);
        for instruction in &routine.instructions {
            let here = (instruction.function.as_str(), file_name(&instruction.file), instruction.line);
            let place = if here == last { String::new() } else { place(here) };
            last = here;
            let weight = |value: i64| {
                let text = if value == 0 { ".".to_owned() } else { format.label(value) };
                paint(format!("{text:>10}"), value, total, context)
            };
            let WeighedInstruction { flat, cum, address, text, .. } = instruction;
            let (flat, cum, text) = (weight(*flat), weight(*cum), clean(instruction_text(text)));
            if place.is_empty() {
                writeln!(out, "{flat} {cum} {address:>10x}: {text}")?;
            } else if text.len() < SHORT {
                writeln!(out, "{flat} {cum} {address:>10x}: {text:<SHORT$};{}", clean(&place))?;
            } else {
                writeln!(out, "{:74};{}", "", clean(&place))?;
                writeln!(out, "{flat} {cum} {address:>10x}: {text}")?;
            }
        }
    }
    Ok(())
}

/// `function file:line`, as far as known.
fn place((function, file, line): (&str, &str, i64)) -> String {
    let mut place = String::new();
    if !function.is_empty() {
        place.push_str(function);
        place.push(' ');
    }
    if !file.is_empty() {
        place.push_str(file);
        if line != 0 {
            place.push_str(&format!(":{line}"));
        }
    }
    place
}

/// The last part of a path; nothing of an empty one.
fn file_name(path: &str) -> &str {
    if path.is_empty() { path } else { base_name(path) }
}
