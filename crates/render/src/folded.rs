//! `-folded`: one line for each distinct stack, root first, with its weight.
//!
//! The format of Brendan Gregg's `stackcollapse` scripts, which many tools read: frames joined by
//! semicolons, a space, a number.

use std::collections::BTreeMap;
use std::io::{self, Write};

use hotlist_report::Stacks;

use crate::clean::clean;
use crate::{Context, Drawing};

/// The drawing.
pub(crate) const DRAWING: Drawing = Drawing {
    has_one_type: true,
    stacks: Some(draw),
    profile: Some(|profile, out, _| crate::export::write("folded", profile, out)),
    ..Drawing::new("folded", "Folded stacks, one line for each, as flame graph tools read them")
};

fn draw(stacks: &Stacks<'_>, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    // A semicolon in a name would begin another frame.
    let names: Vec<String> =
        stacks.places.iter().map(|place| clean(&place.label).replace(';', ":")).collect();
    let mut sums: BTreeMap<Vec<u32>, i64> = BTreeMap::new();
    let mut stack = Vec::new();
    for row in stacks.rows() {
        stack.clear();
        row.for_each_frame(|place, _| stack.push(place as u32));
        stack.reverse();
        match sums.get_mut(&stack) {
            Some(sum) => *sum += row.value,
            None => {
                sums.insert(stack.clone(), row.value);
            }
        }
    }
    for (stack, sum) in sums.into_iter().filter(|&(_, sum)| sum != 0) {
        for (position, place) in stack.iter().enumerate() {
            let separator: &[u8] = if position == 0 { b"" } else { b";" };
            out.write_all(separator)?;
            out.write_all(names[*place as usize].as_bytes())?;
        }
        writeln!(out, " {sum}")?;
    }
    Ok(())
}
