//! `hotlist man`: the manual page, in roff.

use std::io::{self, Write};

use crate::args::Arguments;
use crate::commands::{self, Command, Takes, Words};
use crate::console::Console;
use crate::environment::{self, Variables};
use crate::flags::{self, Flag};

pub(crate) const COMMAND: Command =
    Command { name: "man", help: "Write the manual page", takes: Takes::only(Words::None), run };

fn run(_: Arguments, console: &Console) -> anyhow::Result<()> {
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
    writeln!(out, ".SH COMMANDS")?;
    for command in commands::ALL {
        entry(out, &command.usage(), command.help)?;
        for own in command.takes.flags {
            entry(out, &format!("{} -{}{}", command.name, own.name, own.value_text()), own.help)?;
        }
    }
    section(out, "REPORTS", |flag| matches!(flag, Flag::Report(_) | Flag::Drawing(_)))?;
    section(out, "OPTIONS", |flag| !matches!(flag, Flag::Report(_) | Flag::Drawing(_)))?;
    writeln!(out, ".SH ENVIRONMENT")?;
    for Variables { names, help } in environment::ALL.iter().chain(environment::IGNORED) {
        entry(out, &names.join(", "), help)?;
    }
    writeln!(
        out,
        ".SH EXIT STATUS\n0 after success, 1 after an error, 2 for a wrong command line. \
         hotlist diff has 1 for a rule that fired and 2 for every error."
    )?;
    writeln!(out, ".SH EXAMPLES\n.nf\nhotlist \\-top cpu.pb.gz")?;
    writeln!(out, "hotlist \\-list main heap.pb.gz")?;
    writeln!(out, "hotlist \\-top \\-diff_base old.pb.gz new.pb.gz\n.fi")
}

fn entry(out: &mut dyn Write, name: &str, meaning: &str) -> io::Result<()> {
    writeln!(out, ".TP\n.B {}\n{}.", quoted(name), quoted(meaning))
}

fn section(out: &mut dyn Write, title: &str, belongs: impl Fn(&Flag) -> bool) -> io::Result<()> {
    writeln!(out, ".SH {title}")?;
    for (name, flag) in flags::of(&commands::PPROF).into_iter().filter(|(_, flag)| belongs(flag)) {
        entry(out, &format!("-{name}{}", flag.value_text()), flag.help())?;
        if !flag.details().is_empty() {
            writeln!(out, "{}", quoted(flag.details()))?;
        }
    }
    Ok(())
}

/// Text in which nothing is a command of roff.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}
