//! The flags of the command line, from the lists of options, reports and drawings.

use hotlist_report::{Argument, Report};
use hotlist_session::{Choice, Field, OptionSpec};

/// What a flag is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Flag {
    /// An option of the options table.
    Option(&'static OptionSpec),
    /// One of the values of a choice.
    Choice(&'static Choice),
    /// A report.
    Report(&'static Report),
    /// A drawing that takes the place of the report's own.
    Drawing(&'static str),
    /// The help.
    Help,
    /// The version.
    Version,
    /// A report of pprof that is not here yet.
    NotYet(&'static str),
}

/// Drawings that can be asked for beside any report. The others belong to a report of their name.
pub(crate) const DRAWINGS: [&str; 3] = ["json", "csv", "folded"];

/// Flags of pprof that are understood and answered with "not available yet".
pub(crate) const NOT_YET: [(&str, &str); 12] = [
    ("disasm", "Assembly with what each instruction weighs"),
    ("weblist", "Source code and assembly in a browser"),
    ("svg", "The call graph as a picture"),
    ("png", "The call graph as a picture"),
    ("gif", "The call graph as a picture"),
    ("pdf", "The call graph as a picture"),
    ("ps", "The call graph as a picture"),
    ("web", "The call graph in a browser"),
    ("eog", "The call graph in eog"),
    ("evince", "The call graph in evince"),
    ("gv", "The call graph in gv"),
    ("kcachegrind", "The call graph in KCachegrind"),
];

impl Flag {
    /// Whether a value must follow.
    pub(crate) fn takes_value(&self) -> bool {
        match self {
            Flag::Option(option) => !option.field.is_switch(),
            Flag::Report(report) => report.argument == Argument::Pattern,
            Flag::NotYet(name) => matches!(*name, "disasm" | "weblist"),
            Flag::Choice(_) | Flag::Drawing(_) | Flag::Help | Flag::Version => false,
        }
    }

    /// What it does, in a line.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Flag::Option(option) => option.help,
            Flag::Choice(choice) => choice.help,
            Flag::Report(report) => report.summary,
            Flag::Drawing(name) => hotlist_render::find(name).map_or("", |drawing| drawing.summary),
            Flag::Help => "Show this help",
            Flag::Version => "Show version, commit and target",
            Flag::NotYet(name) => {
                NOT_YET.iter().find(|(other, _)| other == name).map_or("", |(_, help)| help)
            }
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
    flags.extend(DRAWINGS.map(|name| (name, Flag::Drawing(name))));
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
    flags.extend(NOT_YET.map(|(name, _)| (name, Flag::NotYet(name))));
    flags
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
