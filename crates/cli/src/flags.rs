//! The flags of the command line, from the lists of options, reports and drawings.

use hotlist_report::{Argument, Report};
use hotlist_session::{Choice, Field, OptionSpec};
use hotlist_shell::{Command, Kind};

/// What a flag is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Flag {
    /// An option of the options table.
    Option(&'static OptionSpec),
    /// One of the values of a choice.
    Choice(&'static Choice),
    /// A report.
    Report(&'static Report),
    /// A drawing that takes the place of the report's own, perhaps shown in another program.
    Drawing(Command),
    /// The help.
    Help,
    /// The version.
    Version,
}

/// Drawings that a small build may do without.
pub(crate) const OPTIONAL: [&str; 5] = ["png", "jpg", "gif", "pdf", "evince"];

impl Flag {
    /// Whether a value must follow.
    pub(crate) fn takes_value(&self) -> bool {
        match self {
            Flag::Option(option) => !option.field.is_switch(),
            Flag::Report(report) => report.argument == Argument::Pattern,
            Flag::Choice(_) | Flag::Drawing(_) | Flag::Help | Flag::Version => false,
        }
    }

    /// What it does, in a line.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Flag::Option(option) => option.help,
            Flag::Choice(choice) => choice.help,
            Flag::Report(report) => report.summary,
            Flag::Drawing(command) => command.summary,
            Flag::Help => "Show this help",
            Flag::Version => "Show version, commit and target",
        }
    }
}

/// Every flag with its name, in the order of the help.
pub(crate) fn all() -> Vec<(&'static str, Flag)> {
    let mut flags: Vec<(&'static str, Flag)> = Vec::new();
    for report in hotlist_report::ALL {
        flags.push((report.name, Flag::Report(report)));
        flags.extend(report.aliases.iter().map(|&alias| (alias, Flag::Report(report))));
    }
    flags.extend(drawings().into_iter().map(|command| (command.name, Flag::Drawing(command))));
    for option in hotlist_session::ALL {
        match option.field {
            Field::Choice(choices) => {
                flags.extend(choices.iter().map(|choice| (choice.name, Flag::Choice(choice))));
            }
            _ => flags.push((option.name, Flag::Option(option))),
        }
    }
    if let Some(output) = hotlist_session::find("output") {
        flags.push(("o", Flag::Option(output)));
    }
    flags.extend([("help", Flag::Help), ("h", Flag::Help), ("version", Flag::Version)]);
    flags
}

/// Drawings that can be asked for beside any report, and programs that show them. The other drawings
/// belong to a report of their name.
pub(crate) fn drawings() -> Vec<Command> {
    let mut commands = hotlist_shell::commands();
    commands.retain(|command| {
        matches!(command.kind, Kind::Report { .. }) && hotlist_report::find(command.name).is_none()
    });
    commands
}

/// The flag with this name.
pub(crate) fn find(name: &str) -> Option<Flag> {
    all().into_iter().find(|(other, _)| *other == name).map(|(_, flag)| flag)
}

/// The name nearest to `name`, when it is near enough to be what was meant.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    all()
        .into_iter()
        .map(|(other, _)| (strsim::damerau_levenshtein(name, other), other))
        .filter(|&(distance, other)| distance <= (other.len() / 4).max(1))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = all().into_iter().map(|(name, _)| name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn slips_are_understood() {
        assert_eq!(nearest("tpo"), Some("top"));
        assert_eq!(nearest("focsu"), Some("focus"));
        assert_eq!(nearest("smaple_indx"), Some("sample_index"));
        assert_eq!(nearest("bogus"), None);
    }
}
