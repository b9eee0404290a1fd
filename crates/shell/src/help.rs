//! `help`: what there is, and what each of it does.

use std::fmt::Write;

use hotlist_session::Options;

use crate::command::{self, Action, Command, commands};
use crate::variable::{self, Variable, variables};

/// The words that may stand behind a report, and what they mean.
pub const DOCUMENTED_WORDS: [(&str, &str); 6] = [
    ("n", "The most places to show; may also stand at the end of the command, as in top10"),
    ("regexp", "Keep samples that pass through a match; of several, any one is enough"),
    ("-regexp", "Drop samples that pass through a match"),
    ("-cum", "Sort by weight with callees"),
    ("> file", "Write to a file"),
    (":", "Alone on a line: clears focus, ignore, hide, tagfocus and tagignore"),
];

/// Everything there is, a line for each.
pub fn overview() -> String {
    let mut text = String::from("  Commands:\n");
    let mut commands = commands();
    commands.sort_by_key(|command| command.name);
    for (names, command) in grouped(&commands) {
        entry(&mut text, &names, command.summary);
    }
    text.push_str("\n  Behind a report may stand, for that command alone:\n");
    for (word, meaning) in DOCUMENTED_WORDS {
        entry(&mut text, word, meaning);
    }
    text.push_str("\n  Variables, set with name=value; switches and choices with their name alone:\n");
    let mut variables = variables();
    variables.sort_by_key(Variable::name);
    for variable in &variables {
        if !matches!(variable, Variable::Choice(..)) {
            entry(&mut text, variable.name(), variable.help());
        }
        if let Variable::Option(option) = variable {
            for choice in variables.iter().filter(|other| is_choice_of(other, option.name)) {
                entry(&mut text, &format!("  {}", choice.name()), choice.help());
            }
        }
    }
    text.push_str(
        "\n  The name of a sample type chooses it; with total_ or mean_ before it, mean is\n  turned off or on.\n",
    );
    text.push_str("  type \"help <cmd|option>\" for more information\n");
    text
}

/// What there is to say about one command or variable.
pub(crate) fn about(topic: &str) -> Option<String> {
    let mut text = String::new();
    if topic == ":" {
        return Some(":\n    Clears focus, ignore, hide, tagfocus and tagignore.\n".to_owned());
    }
    if let Some(command) = command::find(topic) {
        let _ = writeln!(text, "{}\n    {}.", command.usage(), command.summary);
        if let Action::Report { .. } = command.action {
            for (word, meaning) in DOCUMENTED_WORDS.iter().filter(|(word, _)| *word != ":") {
                entry(&mut text, word, meaning);
            }
        }
        return Some(text);
    }
    let variable = variable::find(topic)?;
    let _ = writeln!(text, "{}\n    {}.", variable.name(), variable.help());
    if !variable.details().is_empty() {
        let _ = writeln!(text, "    {}", variable.details());
    }
    match variable {
        Variable::Option(option) => {
            if !variable.values().is_empty() {
                let _ = writeln!(text, "    Values: {}", variable.values().join(", "));
            }
            let default = option.get(&Options::default());
            if !default.is_empty() {
                let _ = writeln!(text, "    Default: {default}");
            }
        }
        Variable::Choice(option, _) => {
            let _ = writeln!(text, "    One of the values of {}.", option.name);
        }
        Variable::Pager => text.push_str("    Default: true\n"),
    }
    Some(text)
}

fn is_choice_of(variable: &Variable, name: &str) -> bool {
    matches!(variable, Variable::Choice(option, _) if option.name == name)
}

/// Commands that do the same stand in one line.
fn grouped(commands: &[Command]) -> Vec<(String, &Command)> {
    let mut groups: Vec<(String, &Command)> = Vec::new();
    for command in commands {
        match groups.iter_mut().find(|(_, other)| other.summary == command.summary) {
            Some((names, _)) => {
                names.push_str(", ");
                names.push_str(command.name);
            }
            None => groups.push((command.name.to_owned(), command)),
        }
    }
    groups
}

/// Lines are no longer than on the smallest usual terminal.
const WIDTH: usize = 79;
/// Where meanings begin.
const INDENT: usize = 27;

/// A name and what it means, in as many lines as that takes.
fn entry(text: &mut String, name: &str, meaning: &str) {
    let _ = write!(text, "    {name:<22}");
    let mut column = INDENT - 1;
    for word in meaning.split(' ') {
        if column + 1 + word.len() > WIDTH && column >= INDENT {
            let _ = write!(text, "\n{:1$}", "", INDENT - 1);
            column = INDENT - 1;
        }
        let _ = write!(text, " {word}");
        column += 1 + word.len();
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_explained() {
        let names = commands().into_iter().map(|command| command.name);
        for name in names.chain(variables().iter().map(Variable::name)) {
            assert!(about(name).is_some_and(|text| text.lines().count() >= 2), "{name}");
            assert!(overview().contains(name), "{name}");
        }
        assert!(overview().lines().all(|line| line.len() < 80), "{}", overview());
        assert_eq!(about("nonsense"), None);
    }
}
