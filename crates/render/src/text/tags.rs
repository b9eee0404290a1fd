//! Tag values with weights: `tags`.

use std::io::{self, Write};

use hotlist_profile::unit::percentage;
use hotlist_report::Tags;

use crate::Context;
use crate::clean::clean;

pub(super) fn draw(tags: &Tags, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let (format, total) = (&tags.header.format, tags.header.total);
    for key in &tags.keys {
        // Two columns to the right of everything: the key, and the weights of its values.
        let share =
            |weight| if total > 0 { format!(" ({})", percentage(weight, total)) } else { String::new() };
        let name = format!("{}:", clean(&key.key));
        let weights: Vec<String> = key
            .values
            .iter()
            .map(|value| format!("{}{}:", format.label(value.weight), share(value.weight)))
            .collect();
        let width = |text: &str| text.chars().count();
        let key_width = width(&name).max(1) + 1;
        let weight_width = weights.iter().map(|text| width(text)).max().unwrap_or(0) + 1;
        writeln!(
            out,
            "{name:>key_width$} Total {} of {}{}",
            format.label(key.total),
            format.label(total),
            share(key.total)
        )?;
        for (value, weight) in key.values.iter().zip(&weights) {
            writeln!(out, "{:>key_width$}{weight:>weight_width$} {}", "", clean(&value.value))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
