//! `-csv`: rows for spreadsheets, with raw numbers (RFC 4180).

use std::borrow::Cow;
use std::io::{self, Write};

use hotlist_report::{Assembly, InlineMark, Listing, Neighbours, Table, Tags};

use crate::clean::clean;
use crate::{Context, Drawing};

/// The drawing.
pub const DRAWING: Drawing = Drawing {
    media_type: "text/csv; charset=utf-8",
    table: Some(table),
    neighbours: Some(neighbours),
    listing: Some(listing),
    assembly: Some(assembly),
    tags: Some(tags),
    ..Drawing::new("csv", "The report as comma-separated values")
};

fn table(table: &Table, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let unit = &table.header.format.sample_unit;
    // In comparisons both sides are told besides.
    const SIDES: [&str; 4] = ["before_flat", "before_cum", "after_flat", "after_cum"];
    let has_sides = table.rows.iter().any(|entry| entry.compared.is_some());
    let mut names = ["flat", "cum"].map(|name| format!("{name}_{unit}")).to_vec();
    names.extend(["name", "file", "line", "inline"].map(str::to_owned));
    if has_sides {
        names.extend(SIDES.map(|name| format!("{name}_{unit}")));
    }
    row(out, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    for entry in &table.rows {
        let inline = match entry.inline {
            InlineMark::Never => "",
            InlineMark::Partial => "partial",
            InlineMark::Always => "always",
        };
        let (flat, cum, line) = (entry.flat.to_string(), entry.cum.to_string(), number(entry.place.line));
        let mut fields = vec![&*flat, &*cum, &*entry.place.label, &*entry.place.file, &*line, inline];
        let sides = entry.compared.as_ref().map(|sides| {
            [sides.before_flat, sides.before_cum, sides.after_flat, sides.after_cum]
                .map(|side| side.to_string())
        });
        let sides = sides.or_else(|| has_sides.then(<[String; 4]>::default));
        fields.extend(sides.iter().flatten().map(String::as_str));
        row(out, &fields)?;
    }
    Ok(())
}

fn neighbours(neighbours: &Neighbours, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let unit = &neighbours.header.format.sample_unit;
    row(out, &["caller", "callee", &format!("weight_{unit}"), "inline"])?;
    for entry in &neighbours.entries {
        let me = &entry.place.label;
        for other in &entry.callers {
            row(out, &[&other.place.label, me, &other.weight.to_string(), mark(other.inline)])?;
        }
        for other in &entry.callees {
            row(out, &[me, &other.place.label, &other.weight.to_string(), mark(other.inline)])?;
        }
    }
    Ok(())
}

fn listing(listing: &Listing, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let unit = &listing.header.format.sample_unit;
    row(out, &["function", "file", "line", &format!("flat_{unit}"), &format!("cum_{unit}"), "code"])?;
    for routine in &listing.routines {
        let file = routine.file.as_deref().unwrap_or("");
        for line in &routine.lines {
            let (number, flat, cum) = (line.number.to_string(), line.flat.to_string(), line.cum.to_string());
            row(out, &[&routine.name, file, &number, &flat, &cum, &line.text])?;
        }
    }
    Ok(())
}

fn assembly(assembly: &Assembly, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let unit = &assembly.header.format.sample_unit;
    let (flat, cum) = (format!("flat_{unit}"), format!("cum_{unit}"));
    row(out, &["routine", "address", &flat, &cum, "instruction", "function", "file", "line"])?;
    for routine in &assembly.routines {
        for code in &routine.instructions {
            let address = format!("{:#x}", code.address);
            let (flat, cum) = (code.flat.to_string(), code.cum.to_string());
            let (function, file, line) = (&code.function, &code.file, number(code.line));
            row(out, &[&routine.name, &address, &flat, &cum, &code.text, function, file, &line])?;
        }
    }
    Ok(())
}

fn tags(tags: &Tags, out: &mut dyn Write, _: &Context) -> io::Result<()> {
    let unit = &tags.header.format.sample_unit;
    row(out, &["key", "value", &format!("weight_{unit}")])?;
    for key in &tags.keys {
        for value in &key.values {
            row(out, &[&key.key, &value.value, &value.weight.to_string()])?;
        }
    }
    Ok(())
}

fn number(number: i64) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

fn mark(inline: bool) -> &'static str {
    if inline { "inline" } else { "" }
}

fn row(out: &mut dyn Write, fields: &[&str]) -> io::Result<()> {
    let line: Vec<Cow<'_, str>> = fields.iter().map(|field| quoted(field)).collect();
    writeln!(out, "{}", line.join(","))
}

/// A field, in quotes where it needs them. Spreadsheets take text that begins with `=`, `+`, `-` or
/// `@` for a formula unless an apostrophe stands before it; numbers stay numbers.
fn quoted(field: &str) -> Cow<'_, str> {
    match clean(field) {
        Cow::Borrowed(field) => quoted_clean(field),
        Cow::Owned(field) => Cow::Owned(quoted_clean(&field).into_owned()),
    }
}

fn quoted_clean(field: &str) -> Cow<'_, str> {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err();
    if !formula && !field.contains([',', '"', '\n', '\r']) {
        return Cow::Borrowed(field);
    }
    let guard = if formula { "'" } else { "" };
    Cow::Owned(format!("\"{guard}{}\"", field.replace('"', "\"\"")))
}

#[test]
fn quoting() {
    for (field, expected) in [
        ("plain", "plain"),
        ("-12", "-12"),
        ("a,b", "\"a,b\""),
        ("say \"x\"", "\"say \"\"x\"\"\""),
        ("=cmd()", "\"'=cmd()\""),
        ("two\nlines", "two\\nlines"),
    ] {
        assert_eq!(quoted(field), expected);
    }
}
