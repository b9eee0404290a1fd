//! A line of source code with the instructions below it.

use std::io::{self, Write};

use hotlist_report::base_name;
use hotlist_report::{InlinedCall, LineInstruction, ListedLine, ValueFormat};

use super::escaped;
use crate::code_text::code_text;

/// Writes a line; `hottest` is what the heaviest line of the function weighs.
pub(super) fn draw(
    line: &ListedLine,
    format: &ValueFormat,
    hottest: u64,
    out: &mut dyn Write,
) -> io::Result<()> {
    let text = code_text(line);
    let row = format!(
        "<span>{}</span><span>{}</span><span>{}</span><code>{}</code>",
        line.number,
        value(line.flat, format),
        value(line.cum, format),
        escaped(text)
    );
    let heat = heat(line.cum, hottest);
    if line.instructions.is_empty() {
        return writeln!(out, "<div class=\"row {heat}\">{row}</div>");
    }
    writeln!(
        out,
        "<details class=\"line\"><summary class=\"row {heat}\">{row}</summary>\n<div class=\"asm\">"
    )?;
    let indent = indentation(&line.text) + 4;
    let mut shown: &[InlinedCall] = &[];
    for instruction in &line.instructions {
        self::instruction(instruction, format, indent, shown, out)?;
        shown = &instruction.calls;
    }
    writeln!(out, "</div></details>")
}

fn instruction(
    instruction: &LineInstruction,
    format: &ValueFormat,
    indent: usize,
    shown: &[InlinedCall],
    out: &mut dyn Write,
) -> io::Result<()> {
    if instruction.begins_block {
        writeln!(out, "<div class=\"gap\">⋮</div>")?;
    }
    let calls = &instruction.calls;
    let same = calls.iter().zip(shown).take_while(|(call, shown)| call == shown).count();
    for (depth, call) in calls.iter().enumerate().skip(same) {
        writeln!(
            out,
            "<div class=\"call\"><code>{:width$}{}</code><span class=\"soft\">{} {}:{}</span></div>",
            "",
            escaped(call.text.trim()),
            escaped(&call.function),
            escaped(base_name(&call.file)),
            call.line,
            width = indent + 4 * depth,
        )?;
    }
    if instruction.text.is_empty() {
        return Ok(());
    }
    let (mnemonic, operands) = split(&instruction.text);
    writeln!(
        out,
        "<div class=\"row in\"><span>{:x}</span><span>{}</span><span>{}</span><code>{:width$}<b>{}</b>{}</code></div>",
        instruction.address,
        value(instruction.flat, format),
        value(instruction.cum, format),
        "",
        escaped(mnemonic),
        with_soft_names(operands),
        width = indent + 4 * calls.len(),
    )
}

/// The mnemonic, and the rest with the blanks before it.
fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find([' ', '\t']).unwrap_or(text.len()))
}

/// Operands with comments and names of addresses less prominent.
fn with_soft_names(operands: &str) -> String {
    let at = [" <", " # ", "\t//", "  //"].iter().filter_map(|mark| operands.find(mark)).min();
    match at {
        None => escaped(operands),
        Some(at) => {
            format!("{}<em>{}</em>", escaped(&operands[..at]), escaped(&operands[at..]))
        }
    }
}

fn value(value: i64, format: &ValueFormat) -> String {
    if value == 0 { String::new() } else { escaped(&format.label(value)) }
}

/// The class that colours a line: nothing for weightless lines, then `h1` to `h9` by the square root of the share,
/// so that light lines stay visible beside a very heavy one.
fn heat(cum: i64, hottest: u64) -> String {
    if cum == 0 || hottest == 0 {
        return "h0".to_owned();
    }
    let share = (cum.unsigned_abs() as f64 / hottest as f64).sqrt();
    format!("h{}", ((share * 9.0).ceil() as u32).clamp(1, 9))
}

/// The column of the first letter, with tab stops every four columns, as the page has them.
fn indentation(line: &str) -> usize {
    let mut column = 0;
    for character in line.chars() {
        match character {
            ' ' => column += 1,
            '\t' => column = column / 4 * 4 + 4,
            _ => break,
        }
        if column > 80 {
            break;
        }
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_instructions() {
        assert_eq!(split("mov    %rsp,%rbp"), ("mov", "    %rsp,%rbp"));
        assert_eq!(split("ret"), ("ret", ""));
        assert_eq!(with_soft_names("   10 <a<b>>"), "   10<em> &lt;a&lt;b&gt;&gt;</em>");
        assert_eq!(indentation("\t  x"), 6);
        assert_eq!((heat(0, 5), heat(1, 100), heat(100, 100)), ("h0".into(), "h1".into(), "h9".into()));
    }
}
