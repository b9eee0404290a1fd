//! `hotlist completions bash`: a script that completes flags, commands and files.

use std::io::{self, Write};

use crate::args::Shell;
use crate::commands::WORDS;
use crate::console::Console;
use crate::flags;

pub(crate) fn run(shell: Shell, console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    write(shell, &mut out)?;
    Ok(out.flush()?)
}

fn write(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    let flags = flags::all();
    let commands = WORDS.map(|(usage, help)| (usage.split(' ').next().unwrap_or_default(), help));
    match shell {
        Shell::Bash => {
            let words: Vec<String> = flags.iter().map(|(name, _)| format!("-{name}")).collect();
            writeln!(out, "# Completion of hotlist for bash; load with: source <(hotlist completions bash)")?;
            writeln!(out, "_hotlist() {{")?;
            writeln!(out, "  local word=${{COMP_WORDS[COMP_CWORD]}}")?;
            writeln!(out, "  case $word in")?;
            writeln!(
                out,
                "    --*) COMPREPLY=($(compgen -P - -W \"{}\" -- \"${{word#-}}\")) ;;",
                words.join(" ")
            )?;
            writeln!(out, "    -*) COMPREPLY=($(compgen -W \"{}\" -- \"$word\")) ;;", words.join(" "))?;
            writeln!(out, "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;")?;
            writeln!(out, "  esac")?;
            let names = commands.map(|(name, _)| name).join(" ");
            writeln!(out, "  if [[ $COMP_CWORD == 1 && $word != -* ]]; then")?;
            writeln!(out, "    COMPREPLY+=($(compgen -W \"{names}\" -- \"$word\"))")?;
            writeln!(out, "  elif [[ $COMP_CWORD == 2 && ${{COMP_WORDS[1]}} == completions ]]; then")?;
            writeln!(out, "    COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$word\"))")?;
            writeln!(out, "  fi")?;
            writeln!(out, "}}")?;
            writeln!(out, "complete -o filenames -F _hotlist hotlist")
        }
        Shell::Zsh => {
            writeln!(out, "#compdef hotlist")?;
            writeln!(out, "# Completion of hotlist for zsh; put it into a folder of $fpath as _hotlist")?;
            let names = commands.map(|(name, _)| name).join(" ");
            writeln!(out, "_hotlist_first() {{ compadd {names}; _files }}")?;
            writeln!(out, "_arguments -S \\")?;
            for (name, flag) in flags {
                let help = flag.help().replace('\'', "'\\''").replace('[', "\\[").replace(']', "\\]");
                let help = help.replace(':', "\\:");
                let value = if flag.takes_value() { "=:value:" } else { "" };
                let name = if value.is_empty() { name.to_owned() } else { format!("{name}{}", &value[..1]) };
                writeln!(out, "  '-{name}[{help}]{}' \\", value.trim_start_matches('='))?;
            }
            writeln!(out, "  '1:command or profile:_hotlist_first' \\")?;
            writeln!(out, "  '*:profile:_files'")
        }
        Shell::Fish => {
            writeln!(
                out,
                "# Completion of hotlist for fish; put it into ~/.config/fish/completions/hotlist.fish"
            )?;
            for (name, help) in commands {
                writeln!(out, "complete -c hotlist -n __fish_is_first_token -a {name} -d '{help}'")?;
            }
            for (name, flag) in flags {
                let help = flag.help().replace('\\', "\\\\").replace('\'', "\\'");
                let requires = if flag.takes_value() { " -r" } else { "" };
                writeln!(out, "complete -c hotlist -o {name}{requires} -d '{help}'")?;
            }
            Ok(())
        }
    }
}
