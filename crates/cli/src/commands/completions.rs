//! `hotlist completions bash`: a script that completes flags, commands and files.

use std::io::{self, Write};

use crate::args::Arguments;
use crate::commands::{self, Command, Takes, Words};
use crate::console::Console;
use crate::flags;

pub(crate) const COMMAND: Command = Command {
    name: "completions",
    help: "Write a script that completes flags, for a shell",
    takes: Takes::only(Words::OneOf(&["bash", "zsh", "fish"])),
    run,
};

#[expect(clippy::needless_pass_by_value, reason = "every command is given its arguments")]
fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    match arguments.texts().first().map(String::as_str) {
        Some("zsh") => zsh(&mut out)?,
        Some("fish") => fish(&mut out)?,
        _ => bash(&mut out)?,
    }
    Ok(out.flush()?)
}

fn bash(out: &mut dyn Write) -> io::Result<()> {
    let words: Vec<String> = flags::of(&commands::PPROF).iter().map(|(name, _)| format!("-{name}")).collect();
    let words = words.join(" ");
    writeln!(out, "# Completion of hotlist for bash; load with: source <(hotlist completions bash)")?;
    writeln!(out, "_hotlist() {{")?;
    writeln!(out, "  local word=${{COMP_WORDS[COMP_CWORD]}}")?;
    writeln!(out, "  case $word in")?;
    writeln!(out, "    --*) COMPREPLY=($(compgen -P - -W \"{words}\" -- \"${{word#-}}\")) ;;")?;
    writeln!(out, "    -*) COMPREPLY=($(compgen -W \"{words}\" -- \"$word\")) ;;")?;
    writeln!(out, "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;")?;
    writeln!(out, "  esac")?;
    let names: Vec<&str> = commands::ALL.iter().map(|command| command.name).collect();
    writeln!(out, "  if [[ $COMP_CWORD == 1 && $word != -* ]]; then")?;
    writeln!(out, "    COMPREPLY+=($(compgen -W \"{}\" -- \"$word\"))", names.join(" "))?;
    for (name, choices) in words_of_commands() {
        writeln!(out, "  elif [[ $COMP_CWORD == 2 && ${{COMP_WORDS[1]}} == {name} ]]; then")?;
        writeln!(out, "    COMPREPLY=($(compgen -W \"{}\" -- \"$word\"))", choices.join(" "))?;
    }
    writeln!(out, "  fi")?;
    writeln!(out, "}}")?;
    writeln!(out, "complete -o filenames -F _hotlist hotlist")
}

/// Commands of which only a few words can stand behind.
fn words_of_commands() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    commands::ALL.iter().filter_map(|command| match command.takes.words {
        Words::OneOf(names) => Some((command.name, names)),
        Words::None
        | Words::Optional(_)
        | Words::These(_)
        | Words::Perhaps(_)
        | Words::Sources
        | Words::Sets
        | Words::Statement
        | Words::Program => None,
    })
}

fn zsh(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "#compdef hotlist")?;
    writeln!(out, "# Completion of hotlist for zsh; put it into a folder of $fpath as _hotlist")?;
    let names: Vec<&str> = commands::ALL.iter().map(|command| command.name).collect();
    writeln!(out, "_hotlist_first() {{ compadd {}; _files }}", names.join(" "))?;
    writeln!(out, "_arguments -S \\")?;
    for (name, flag) in flags::of(&commands::PPROF) {
        let help = flag.help().replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]");
        let help = help.replace(':', "\\:");
        match flag.value_name() {
            "" => writeln!(out, "  '-{name}[{help}]' \\")?,
            "file" => writeln!(out, "  '-{name}=[{help}]:file:_files' \\")?,
            value => writeln!(out, "  '-{name}=[{help}]:{value}:' \\")?,
        }
    }
    writeln!(out, "  '1:command or profile:_hotlist_first' \\")?;
    writeln!(out, "  '*:profile:_files'")
}

fn fish(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Completion of hotlist for fish; put it into ~/.config/fish/completions/hotlist.fish")?;
    for command in commands::ALL {
        let (name, help) = (command.name, command.help);
        writeln!(out, "complete -c hotlist -n __fish_is_first_token -a {name} -d '{help}'")?;
    }
    for (name, choices) in words_of_commands() {
        let choices = choices.join(" ");
        writeln!(out, "complete -c hotlist -n '__fish_seen_subcommand_from {name}' -f -a '{choices}'")?;
    }
    for (name, flag) in flags::of(&commands::PPROF) {
        let help = flag.help().replace('\\', "\\\\").replace('\'', "\\'");
        let requires = if flag.takes_value() { " -r" } else { "" };
        writeln!(out, "complete -c hotlist -o {name}{requires} -d '{help}'")?;
    }
    Ok(())
}
