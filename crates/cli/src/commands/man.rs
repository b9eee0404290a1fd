//! `hotlist man`: the manual page, in roff.

use std::io::{self, Write};

use crate::commands::WORDS;
use crate::commands::help::{ENVIRONMENT, value_name};
use crate::console::Console;
use crate::flags::{self, Flag};

pub(crate) fn run(console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    write(&mut out)?;
    Ok(out.flush()?)
}

fn write(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, ".TH HOTLIST 1 \"\" \"hotlist {}\"", env!("CARGO_PKG_VERSION"))?;
    writeln!(out, ".SH NAME\nhotlist \\- show where time and memory go")?;
    writeln!(out, ".SH SYNOPSIS\n.B hotlist\n[report] [options] [binary] source ...")?;
    writeln!(out, ".SH DESCRIPTION")?;
    writeln!(
        out,
        "Reads profiles in the format of pprof, of Go, C++, Rust and Java programs, and writes reports \
         about them. A source is a file, \\- for standard input, or the URL of a server. Several are merged."
    )?;
    writeln!(
        out,
        ".PP\nWithout a report a shell begins, in which reports and options are commands and variables."
    )?;
    entries(out, "COMMANDS", &WORDS)?;
    section(out, "REPORTS", |flag| matches!(flag, Flag::Report(_) | Flag::Drawing(_)))?;
    section(out, "OPTIONS", |flag| {
        matches!(flag, Flag::Option(_) | Flag::Choice(_) | Flag::Help | Flag::Version)
    })?;
    entries(out, "ENVIRONMENT", ENVIRONMENT)?;
    writeln!(out, ".SH EXIT STATUS\n0 after success, 1 after an error, 2 for a wrong command line.")?;
    writeln!(out, ".SH EXAMPLES\n.nf\nhotlist \\-top cpu.pb.gz")?;
    writeln!(out, "hotlist \\-list main heap.pb.gz")?;
    writeln!(out, "hotlist \\-top \\-diff_base old.pb.gz new.pb.gz\n.fi")
}

fn entries(out: &mut dyn Write, title: &str, entries: &[(&str, &str)]) -> io::Result<()> {
    writeln!(out, ".SH {title}")?;
    for (name, meaning) in entries {
        writeln!(out, ".TP\n.B {}\n{}.", quoted(name), quoted(meaning))?;
    }
    Ok(())
}

fn section(out: &mut dyn Write, title: &str, belongs: impl Fn(&Flag) -> bool) -> io::Result<()> {
    writeln!(out, ".SH {title}")?;
    for (name, flag) in flags::all().into_iter().filter(|(_, flag)| belongs(flag)) {
        let value = if flag.takes_value() { value_name(flag) } else { "" };
        writeln!(out, ".TP\n.B \\-{name}{value}\n{}.", quoted(flag.help()))?;
        if let Flag::Option(option) = flag
            && !option.details.is_empty()
        {
            writeln!(out, "{}", quoted(option.details))?;
        }
    }
    Ok(())
}

/// Text in which nothing is a command of roff.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
