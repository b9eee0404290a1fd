//! `hotlist -help`: everything the command line understands, in groups.

use std::io::{self, Write};

use hotlist_session::{ALL, Field, Group};

use crate::commands::WORDS;
use crate::console::Console;
use crate::flags::{self, Flag};

const USAGE: &str = "\
hotlist reads profiles of Go, C++, Rust and Java programs and shows where time and memory go.

  hotlist -top cpu.pb.gz                          the heaviest functions
  hotlist -list 'main\\.' heap.pb.gz               source code with what each line weighs
  hotlist -top http://localhost:6060/debug/pprof/heap
  hotlist -top -diff_base old.pb.gz new.pb.gz     what has changed
  hotlist tui cpu.pb.gz                           everything, on the full screen
  hotlist -http=: cpu.pb.gz                       everything, in a browser

Usage: hotlist [report] [options] [binary] <source>...
Without a report a shell begins, in which reports and options are commands and variables.
A source is a file, - for standard input, or the URL of a server. Several are merged.
";

/// Variables of the environment that are heeded.
pub(crate) const ENVIRONMENT: &[(&str, &str)] = &[
    ("PPROF_TMPDIR", "Folder for copies of profiles from servers (default $HOME/pprof)"),
    ("PPROF_BINARY_PATH", "Folders with binaries, for symbols (default $HOME/pprof/binaries)"),
    ("PPROF_TOOLS", "Has no effect: no other tools are run"),
    ("BROWSER", "The browser that -web and -http open"),
    ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "Proxies for profiles from servers"),
    ("GOROOT, GOPATH, GOMODCACHE", "Where sources of Go programs are looked for"),
    ("CARGO_HOME, RUSTUP_HOME", "Where sources of Rust programs are looked for"),
    ("XDG_STATE_HOME", "Where the shell keeps its history (default $HOME/.local/state)"),
    ("NO_COLOR", "Set to write no colours"),
    ("TZ", "Time zone of the times shown"),
];

pub(crate) fn run(topic: Option<&str>, console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    match topic {
        None => overview(&mut out)?,
        Some(topic) => about(topic.trim_start_matches('-'), &mut out)?,
    }
    Ok(out.flush()?)
}

fn overview(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{USAGE}")?;
    writeln!(out, "Commands, in place of a report:")?;
    for (usage, help) in WORDS {
        writeln!(out, "  {usage:<24} {help}")?;
    }
    writeln!(out)?;
    writeln!(out, "Reports (one of):")?;
    for report in hotlist_report::ALL {
        let names: Vec<&str> = [report.name].into_iter().chain(report.aliases.iter().copied()).collect();
        entry(out, &names, Flag::Report(report))?;
    }
    writeln!(out, "\nForms (in place of the report's own):")?;
    for command in flags::drawings() {
        entry(out, &[command.name], Flag::Drawing(command))?;
    }
    let mut groups: Vec<Group> = ALL.iter().map(|option| option.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        writeln!(out, "\n{}:", group.title())?;
        for option in ALL.iter().filter(|option| option.group == group) {
            match option.field {
                Field::Choice(choices) => {
                    for choice in choices {
                        entry(out, &[choice.name], Flag::Choice(choice))?;
                    }
                }
                _ => entry(out, &[option.name], Flag::Option(option))?,
            }
        }
    }
    entry(out, &["help"], Flag::Help)?;
    entry(out, &["version"], Flag::Version)?;
    writeln!(out, "\nEnvironment:")?;
    for (name, help) in ENVIRONMENT {
        writeln!(out, "  {name}\n      {help}")?;
    }
    writeln!(
        out,
        "\nFlags take one dash or two. The exit status is 0, 1 after an error, 2 for a wrong command line."
    )
}

fn entry(out: &mut dyn Write, names: &[&str], flag: Flag) -> io::Result<()> {
    let value = if flag.takes_value() { value_name(flag) } else { "" };
    let names: Vec<String> = names.iter().map(|name| format!("-{name}{value}")).collect();
    writeln!(out, "  {:<24} {}", names.join(", "), flag.help())
}

/// What stands for the value of a flag.
pub(crate) fn value_name(flag: Flag) -> &'static str {
    match flag {
        Flag::Report(_) => " <regexp>",
        Flag::Option(option) => match option.field {
            Field::Int(_) | Field::OptionalInt(_) | Field::Float(_) => " <n>",
            Field::List(_) => " <source>",
            _ if matches!(option.group, Group::Filter) => " <regexp>",
            _ => " <text>",
        },
        _ => "",
    }
}

fn about(name: &str, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(flag) = flags::find(name) else {
        let near = flags::nearest(name).map(|near| format!(" (did you mean -{near}?)")).unwrap_or_default();
        anyhow::bail!("no help on {name}{near}");
    };
    writeln!(out, "-{name}{}", if flag.takes_value() { value_name(flag) } else { "" })?;
    writeln!(out, "  {}.", flag.help())?;
    if let Flag::Option(option) = flag {
        if !option.details.is_empty() {
            writeln!(out, "  {}", option.details)?;
        }
        let default = option.get(&hotlist_session::Options::default());
        if !default.is_empty() {
            writeln!(out, "  Default: {default}")?;
        }
    }
    Ok(())
}
