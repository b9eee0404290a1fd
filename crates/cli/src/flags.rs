//! The flags of the command line, from the lists of options, reports and drawings.

use hotlist_report::{Argument, Report};
use hotlist_session::{Choice, Group, OptionSpec, Shortcut, ValueType};
use hotlist_shell::{Action, Command as Form};

use crate::commands::{Command, OwnFlag};

/// What a flag is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Flag {
    /// An option of the options table.
    Option(&'static OptionSpec),
    /// One of the values of an option that has a few.
    Choice(&'static OptionSpec, &'static Choice),
    /// Short for options.
    Shortcut(&'static Shortcut),
    /// A report.
    Report(&'static Report),
    /// A drawing that takes the place of the report's own, perhaps shown in another program.
    Drawing(Form),
    /// A flag of one command alone.
    Own(&'static OwnFlag),
    /// The help.
    Help,
    /// The version.
    Version,
}

/// Drawings that a small build may do without.
pub(crate) const OPTIONAL: [&str; 5] = ["png", "jpg", "gif", "pdf", "evince"];

/// Flags of the pprof of gperftools, which is written in Perl, and what there is in place of them.
pub(crate) const OF_PERL: [(&str, &str); 25] = [
    ("add_lib", "here PPROF_BINARY_PATH names folders with libraries"),
    ("collapsed", "here it is -folded"),
    ("debug-syms-by-id", "here files are always found by their build id too"),
    ("exclude", "here it is -ignore for samples, or -hide for single functions"),
    ("heapcheck", "here -sample_index=inuse_objects counts objects"),
    ("interactive", "here the shell begins where no report is asked for"),
    ("lib", "here PPROF_BINARY_PATH names folders with libraries"),
    ("lib_prefix", "here PPROF_BINARY_PATH names folders with libraries"),
    ("maxdegree", "here -edgefraction leaves out edges, and -nodecount nodes"),
    ("no-auto-signal-frm", "here -all_frames keeps all frames, and -ignore drops samples"),
    ("no_auto_signal_frames", "here -all_frames keeps all frames, and -ignore drops samples"),
    ("no_strip_temp", "here it is -symbolize=demangle=templates"),
    ("retain", "here it is -show for single functions, or -focus for samples"),
    ("scale", "here -svg gives a picture of any size"),
    ("show_addresses", "here it is -addresses"),
    ("show_bytes", "here it is -unit=B"),
    ("show_objects", "here it is -inuse_objects"),
    ("skip", "here it is -ignore"),
    ("stacks", "here it is -traces"),
    ("symbols", "here hotlist symbols tells where symbols come from"),
    ("test", "here cargo test runs the tests"),
    ("test_stride", "here cargo test runs the tests"),
    ("thread", "here it is -tagfocus=thread=N, where the profile tells threads apart"),
    ("typed", "here the types of values are chosen with -sample_index"),
    ("ui", "here it is -http=:"),
];

impl Flag {
    /// Whether a value must follow.
    pub(crate) fn takes_value(&self) -> bool {
        !self.value_name().is_empty()
    }

    /// What stands for its value, such as `regexp`; empty for a flag that stands alone.
    pub(crate) fn value_name(&self) -> &'static str {
        match self {
            Flag::Option(option) => option.value_name,
            Flag::Report(report) if report.argument == Argument::Pattern => "regexp",
            Flag::Own(own) => own.value_name,
            Flag::Report(_)
            | Flag::Choice(..)
            | Flag::Shortcut(_)
            | Flag::Drawing(_)
            | Flag::Help
            | Flag::Version => "",
        }
    }

    /// Its value as help shows it, with a space before it.
    pub(crate) fn value_text(&self) -> String {
        if self.takes_value() { format!(" <{}>", self.value_name()) } else { String::new() }
    }

    /// What it does, in a line.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Flag::Option(option) => option.help,
            Flag::Choice(_, choice) => choice.help,
            Flag::Shortcut(shortcut) => shortcut.help,
            Flag::Report(report) => report.summary,
            Flag::Drawing(form) => form.summary,
            Flag::Own(own) => own.help,
            Flag::Help => "Show this help",
            Flag::Version => "Show version, commit and target",
        }
    }

    /// More about it; may be empty.
    pub(crate) fn details(&self) -> &'static str {
        if let Flag::Option(option) = self { option.details } else { "" }
    }
}

/// Every flag of a command with its name, in the order of the help.
pub(crate) fn of(command: &Command) -> Vec<(&'static str, Flag)> {
    let takes = &command.takes;
    let mut flags: Vec<(&'static str, Flag)> =
        takes.flags.iter().map(|own| (own.name, Flag::Own(own))).collect();
    if takes.reports {
        for report in hotlist_report::ALL {
            flags.push((report.name, Flag::Report(report)));
            flags.extend(report.aliases.iter().map(|&alias| (alias, Flag::Report(report))));
        }
        flags.extend(drawings().into_iter().map(|form| (form.name, Flag::Drawing(form))));
    }
    let is_own = |name: &str| takes.flags.iter().any(|own| own.name == name);
    for &group in takes.options {
        let is_taken = |(name, _): &(&str, Flag)| !takes.without.contains(name) && !is_own(name);
        flags.extend(of_group(group).into_iter().filter(is_taken));
    }
    if takes.options.contains(&Group::Other)
        && !is_own("o")
        && let Some(output) = hotlist_session::find("output")
    {
        flags.push(("o", Flag::Option(output)));
    }
    flags.extend([("help", Flag::Help), ("h", Flag::Help)]);
    if command.name.is_empty() {
        flags.push(("version", Flag::Version));
    }
    flags
}

/// The flags under a heading of the options table.
pub(crate) fn of_group(group: Group) -> Vec<(&'static str, Flag)> {
    let mut flags: Vec<(&'static str, Flag)> = Vec::new();
    for option in hotlist_session::ALL.iter().filter(|option| option.group == group) {
        match option.value {
            ValueType::Choice(choices) => {
                flags.extend(choices.iter().map(|choice| (choice.name, Flag::Choice(option, choice))));
            }
            _ => flags.push((option.name, Flag::Option(option))),
        }
    }
    if group == Group::Value {
        let shortcuts = hotlist_session::SHORTCUTS.iter();
        flags.extend(shortcuts.map(|shortcut| (shortcut.name, Flag::Shortcut(shortcut))));
    }
    flags
}

/// Drawings that can be asked for beside any report, and programs that show them. The other drawings
/// belong to a report of their name.
pub(crate) fn drawings() -> Vec<Form> {
    let mut forms = hotlist_shell::commands();
    forms.retain(|form| {
        matches!(form.action, Action::Report { .. }) && hotlist_report::find(form.name).is_none()
    });
    forms
}

/// The flag of a command with this name.
pub(crate) fn find(name: &str, command: &Command) -> Option<Flag> {
    of(command).into_iter().find(|(other, _)| *other == name).map(|(_, flag)| flag)
}

/// The name nearest to `name`, when it is near enough to be what was meant.
pub(crate) fn nearest(name: &str, command: &Command) -> Option<&'static str> {
    of(command)
        .into_iter()
        .map(|(other, _)| (strsim::damerau_levenshtein(name, other), other))
        .filter(|&(distance, other)| distance <= (other.len() / 4).max(1))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands;

    #[test]
    fn names_are_unique() {
        for command in commands::ALL.iter().chain([&commands::PPROF]) {
            let mut names: Vec<&str> = of(command).into_iter().map(|(name, _)| name).collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", command.name);
        }
    }

    #[test]
    fn flags_of_perl_are_none_of_ours() {
        for (name, advice) in OF_PERL {
            assert!(find(name, &commands::PPROF).is_none(), "{name}");
            // What is advised exists.
            for word in advice.split([' ', ',', '=']).filter_map(|word| word.strip_prefix('-')) {
                assert!(find(word, &commands::PPROF).is_some(), "{name}: -{word}");
            }
        }
    }

    #[test]
    fn slips_are_understood() {
        let nearest = |name| nearest(name, &commands::PPROF);
        assert_eq!(nearest("tpo"), Some("top"));
        assert_eq!(nearest("focsu"), Some("focus"));
        assert_eq!(nearest("smaple_indx"), Some("sample_index"));
        assert_eq!(nearest("bogus"), None);
    }
}
