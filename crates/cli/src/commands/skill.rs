//! `hotlist skill`: a page about this command line, for assistants that speak no protocol.

use std::io::Write;

use crate::args::Arguments;
use crate::commands::{Command, Takes, Words};
use crate::console::Console;

pub(crate) const COMMAND: Command = Command {
    name: "skill",
    help: "Print a page on how to find out where time goes with this program, for coding assistants",
    takes: Takes::only(Words::None),
    run,
};

const PAGE: &str = include_str!("skill.md");

fn run(_: Arguments, console: &Console) -> anyhow::Result<()> {
    let mut out = console.stdout();
    out.write_all(PAGE.as_bytes())?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{args, commands};

    /// Words of the lines that a reader would type.
    fn lines() -> impl Iterator<Item = Vec<&'static str>> {
        let typed = PAGE.lines().filter_map(|line| line.strip_prefix("hotlist "));
        typed.map(|line| line.split("  #").next().unwrap_or_default().split_whitespace().collect())
    }

    #[test]
    fn every_line_is_understood() {
        assert!(lines().count() >= 12);
        for words in lines() {
            let unquoted = words.iter().map(|word| word.trim_matches('\'').into());
            let parsed = args::parse(unquoted);
            assert!(parsed.is_ok(), "{words:?}: {:?}", parsed.err());
        }
    }

    #[test]
    fn the_page_names_what_exists() {
        for report in ["-top", "-tree", "-peek", "-list", "-disasm", "-tags", "-traces"] {
            assert!(PAGE.contains(report), "{report}");
        }
        assert!(commands::ALL.iter().any(|command| command.name == "symbols"));
        // It stands in the context of a model: no longer than it has to be.
        assert!(PAGE.len() < 6000, "{} bytes", PAGE.len());
    }
}
