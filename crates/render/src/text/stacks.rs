//! Call stacks: `traces`.

use std::io::{self, Write};

use hotlist_report::Stacks;

use super::write_legend;
use crate::Context;
use crate::clean::clean;
use crate::legend::profile_lines;

const SEPARATOR: &str = "-----------+-------------------------------------------------------\n";

pub(super) fn draw(stacks: &Stacks<'_>, out: &mut dyn Write, context: &Context) -> io::Result<()> {
    write_legend(&profile_lines(&stacks.header, context), out)?;
    // A place occurs in many stacks: its two possible lines, without the value column, are made once.
    let lines: Vec<[String; 2]> = stacks
        .places
        .iter()
        .map(|place| {
            let name = clean(&place.label);
            [format!("   {name}\n"), format!("   {name} (inline)\n")]
        })
        .collect();
    let mut text: Vec<u8> = Vec::new();
    for row in stacks.rows() {
        text.clear();
        text.extend_from_slice(SEPARATOR.as_bytes());
        for tags in row.tags() {
            let mut tag_lines: Vec<String> = tags
                .iter()
                .map(|tag| format!("{:>10}:  {}\n", clean(&tag.key), clean(&tag.values.join(" "))))
                .collect();
            tag_lines.sort();
            tag_lines.iter().for_each(|line| text.extend_from_slice(line.as_bytes()));
        }
        let mut first = true;
        row.for_each_frame(|place, inline| {
            if std::mem::take(&mut first) {
                text.extend_from_slice(format!("{:>10}", stacks.header.format.label(row.value)).as_bytes());
            } else {
                text.extend_from_slice(b"          ");
            }
            text.extend_from_slice(lines[place][usize::from(inline)].as_bytes());
        });
        out.write_all(&text)?;
    }
    out.write_all(SEPARATOR.as_bytes())
}
