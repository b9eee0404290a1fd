//! What the program can do, a file for each command.
//!
//! A command is a file here with a constant `COMMAND`, and a line in [`ALL`]. Help, completion, the manual and the
//! reading of its arguments follow.

use std::ffi::{OsStr, OsString};

use hotlist_session::{Group, Options};

use crate::args::Arguments;
use crate::console::Console;

pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod diff;
pub(crate) mod formats;
pub(crate) mod help;
pub(crate) mod http;
pub(crate) mod man;
#[cfg(feature = "mcp")]
pub(crate) mod mcp;
pub(crate) mod pprof;
pub(crate) mod record;
pub(crate) mod report;
#[cfg(feature = "serve")]
pub(crate) mod serve;
pub(crate) mod skill;
pub(crate) mod sql;
#[cfg(feature = "serve")]
pub(crate) mod store;
pub(crate) mod symbols;
pub(crate) mod tui;
pub(crate) mod version;

pub(crate) use pprof::COMMAND as PPROF;

/// Every command that is a word, in the order of the help.
pub(crate) const ALL: &[Command] = &[
    record::COMMAND,
    tui::COMMAND,
    diff::COMMAND,
    sql::COMMAND,
    #[cfg(feature = "serve")]
    serve::COMMAND,
    #[cfg(feature = "serve")]
    store::COMMAND,
    symbols::COMMAND,
    convert::COMMAND,
    formats::COMMAND,
    #[cfg(feature = "mcp")]
    mcp::COMMAND,
    skill::COMMAND,
    help::COMMAND,
    man::COMMAND,
    completions::COMMAND,
    version::COMMAND,
];

/// A command: `hotlist NAME …`.
#[derive(Debug)]
pub(crate) struct Command {
    /// Its name; empty for the command line of pprof, which has none.
    pub(crate) name: &'static str,
    /// What it does, in a line.
    pub(crate) help: &'static str,
    /// What may stand behind its name.
    pub(crate) takes: Takes,
    /// Does it.
    pub(crate) run: fn(Arguments, &Console) -> anyhow::Result<()>,
}

/// What may stand behind the name of a command.
#[derive(Debug)]
pub(crate) struct Takes {
    /// Words that are no flags.
    pub(crate) words: Words,
    /// Headings of the options that it takes.
    pub(crate) options: &'static [Group],
    /// Whether it takes reports and forms.
    pub(crate) reports: bool,
    /// Options of these groups that it does not take.
    pub(crate) without: &'static [&'static str],
    /// Flags that it alone has. They come before options of the same name.
    pub(crate) flags: &'static [OwnFlag],
    /// What its help says beside its flags, a line each.
    pub(crate) remarks: &'static [&'static str],
    /// Sets defaults of its own.
    pub(crate) prepare: fn(&mut Options),
}

impl Takes {
    /// Words alone.
    pub(crate) const fn only(words: Words) -> Takes {
        Takes { words, options: &[], reports: false, without: &[], flags: &[], remarks: &[], prepare: |_| {} }
    }

    /// Profiles, with options of these groups.
    pub(crate) const fn profiles(options: &'static [Group]) -> Takes {
        Takes { options, ..Takes::only(Words::Sources) }
    }
}

/// Words that may stand behind a command.
#[derive(Debug)]
pub(crate) enum Words {
    /// None.
    None,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// One or none, which help calls so.
    Optional(&'static str),
    /// One for each of these, as which help calls them.
    #[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "only those commands take them"))]
    These(&'static [&'static str]),
    /// Any number, which help calls so; none will do.
    #[cfg_attr(not(feature = "mcp"), expect(dead_code, reason = "only that command takes them"))]
    Perhaps(&'static str),
    /// Profiles, the executable perhaps before them.
    Sources,
    /// Profiles of two sets, with `--` between them.
    Sets,
    /// A statement of SQL, and profiles.
    Statement,
    /// A program with its arguments, whatever these look like.
    Program,
}

impl Words {
    /// Whether the words behind a command may be these. That there are sources is asked for when they are read.
    pub(crate) fn allow(&self, words: &[OsString]) -> bool {
        match self {
            Words::None => words.is_empty(),
            Words::OneOf(names) => matches!(words, [word] if names.iter().any(|name| word == name)),
            Words::Optional(_) => words.len() <= 1,
            Words::These(names) => words.len() == names.len(),
            Words::Perhaps(_) | Words::Sources | Words::Sets | Words::Statement | Words::Program => true,
        }
    }
}

/// A flag of one command.
#[derive(Debug)]
pub(crate) struct OwnFlag {
    /// Its name.
    pub(crate) name: &'static str,
    /// What stands for its value in help; empty for a switch.
    pub(crate) value_name: &'static str,
    /// What it does, in a line.
    pub(crate) help: &'static str,
}

impl OwnFlag {
    /// Its value as help shows it, with a space before it.
    pub(crate) fn value_text(&self) -> String {
        if self.value_name.is_empty() { String::new() } else { format!(" <{}>", self.value_name) }
    }
}

impl Command {
    /// Its name with what stands behind it, for help.
    pub(crate) fn usage(&self) -> String {
        let Command { name, takes, .. } = self;
        match takes.words {
            Words::None => (*name).to_owned(),
            Words::OneOf(names) => format!("{name} {}", names.join("|")),
            Words::Optional(word) => format!("{name} [{word}]"),
            Words::These(words) => format!("{name} {}", words.join(" ")),
            Words::Perhaps(word) => format!("{name} [{word}]..."),
            Words::Sources => format!("{name} <source>..."),
            Words::Sets => format!("{name} <base>... -- <new>..."),
            Words::Statement => format!("{name} <statement> <source>..."),
            Words::Program => format!("{name} [--] <program> [argument]..."),
        }
    }
}

/// The command with this name.
pub(crate) fn find(name: &OsStr) -> Option<&'static Command> {
    ALL.iter().find(|command| name == command.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_explained() {
        let mut names: Vec<&str> = ALL.iter().map(|command| command.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for command in ALL {
            assert!(!command.help.is_empty() && !command.help.ends_with('.'), "{}", command.name);
            for flag in command.takes.flags {
                assert!(
                    !flag.help.is_empty() && !flag.help.ends_with('.'),
                    "{} -{}",
                    command.name,
                    flag.name
                );
            }
        }
    }
}
