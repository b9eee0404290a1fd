//! `hotlist -help`: everything the command line understands, in groups.

use std::io::{self, Write};

use hotlist_session::{Group, Options};

use crate::args::{Arguments, Invocation};
use crate::commands::{self, Command, Takes, Words};
use crate::console::Console;
use crate::environment::{self, Variables};
use crate::flags::{self, Flag};

pub(crate) const COMMAND: Command = Command {
    name: "help",
    help: "Explain everything, or one option or command",
    takes: Takes::only(Words::Optional("topic")),
    run,
};

const USAGE: &str = "\
hotlist reads profiles of Go, C++, Rust and Java programs and shows where time and memory go.

  hotlist -top cpu.pb.gz                          the heaviest functions
  hotlist -list 'main\\.' heap.pb.gz               source code with what each line weighs
  hotlist -top http://localhost:6060/debug/pprof/heap
  hotlist -top -diff_base old.pb.gz new.pb.gz     what has changed
  hotlist diff old/*.pb.gz -- new/*.pb.gz         which functions really changed, over several runs
  hotlist tui cpu.pb.gz                           everything, on the full screen
  hotlist -http=: cpu.pb.gz                       everything, in a browser

Usage: hotlist [report] [options] [binary] <source>...
Without a report a shell begins, in which reports and options are commands and variables.
A source is a file, - for standard input, or the URL of a server. Several are merged.
";

/// The invocation that explains `command`.
pub(crate) fn on(command: &'static Command) -> Invocation {
    let topic = (!command.name.is_empty()).then(|| command.name.into());
    Invocation { command: &COMMAND, arguments: Arguments::of_words(topic) }
}

#[expect(clippy::needless_pass_by_value, reason = "every command is given its arguments")]
fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    match arguments.texts().first() {
        None => overview(&mut out)?,
        Some(topic) => match commands::find(topic.as_ref()) {
            Some(command) => about_command(command, &mut out)?,
            None => about_flag(topic.trim_start_matches('-'), &mut out)?,
        },
    }
    Ok(out.flush()?)
}

fn overview(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{USAGE}")?;
    writeln!(out, "Commands, in place of a report:")?;
    for command in commands::ALL {
        writeln!(out, "  {:<24} {}", command.usage(), command.help)?;
    }
    writeln!(out)?;
    writeln!(out, "Reports (one of):")?;
    for report in hotlist_report::ALL {
        let names: Vec<&str> = [report.name].into_iter().chain(report.aliases.iter().copied()).collect();
        entry(out, &names, Flag::Report(report))?;
    }
    writeln!(out, "\nForms (in place of the report's own):")?;
    for form in flags::drawings() {
        entry(out, &[form.name], Flag::Drawing(form))?;
    }
    for group in Group::ALL {
        writeln!(out, "\n{}:", group.title())?;
        for (name, flag) in flags::of_group(group) {
            entry(out, &[name], flag)?;
        }
    }
    entry(out, &["help"], Flag::Help)?;
    entry(out, &["version"], Flag::Version)?;
    writeln!(out, "\nEnvironment:")?;
    for Variables { names, help } in environment::ALL.iter().chain(environment::IGNORED) {
        writeln!(out, "  {}\n      {help}", names.join(", "))?;
    }
    writeln!(
        out,
        "\nFlags take one dash or two. The exit status is 0, 1 after an error, 2 for a wrong command line;\n\
         hotlist diff has 1 for a rule that fired and 2 for every error."
    )
}

fn entry(out: &mut dyn Write, names: &[&str], flag: Flag) -> io::Result<()> {
    let value = flag.value_text();
    let names: Vec<String> = names.iter().map(|name| format!("-{name}{value}")).collect();
    writeln!(out, "  {:<24} {}", names.join(", "), flag.help())
}

fn about_command(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "hotlist {}\n  {}.", command.usage(), command.help)?;
    for own in command.takes.flags {
        entry(out, &[own.name], Flag::Own(own))?;
    }
    let groups: Vec<&str> = command.takes.options.iter().map(|group| group.title()).collect();
    if !groups.is_empty() {
        let without: Vec<String> = command.takes.without.iter().map(|name| format!("-{name}")).collect();
        let without =
            if without.is_empty() { String::new() } else { format!(" (but {})", without.join(", ")) };
        writeln!(out, "  Options of hotlist -help under: {}{without}.", groups.join(", "))?;
    }
    for remark in command.takes.remarks {
        writeln!(out, "{remark}")?;
    }
    Ok(())
}

fn about_flag(name: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(flag) = flags::find(name, &commands::PPROF) else {
        if let Some((_, advice)) = flags::OF_PERL.iter().find(|(other, _)| *other == name) {
            anyhow::bail!("-{name} is a flag of perl's pprof; {advice}");
        }
        let near = flags::nearest(name, &commands::PPROF);
        let near = near.map(|near| format!(" (did you mean -{near}?)")).unwrap_or_default();
        anyhow::bail!("no help on {name}{near}");
    };
    writeln!(out, "-{name}{}\n  {}.", flag.value_text(), flag.help())?;
    if !flag.details().is_empty() {
        writeln!(out, "  {}", flag.details())?;
    }
    if let Flag::Option(option) = flag {
        let default = option.get(&Options::default());
        if !default.is_empty() {
            writeln!(out, "  Default: {default}")?;
        }
    }
    Ok(())
}
