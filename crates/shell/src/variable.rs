//! Variables: the options that can be changed at the prompt, and the few that the shell has itself.

use hotlist_session::{ALL, Choice, OptionSpec, Scope, ValueSource, ValueType};

/// A variable of the shell.
#[derive(Debug, Clone, Copy)]
pub enum Variable {
    /// An option of the options table.
    Option(&'static OptionSpec),
    /// One of the values of an option, which can be set like a switch.
    Choice(&'static OptionSpec, &'static Choice),
    /// Whether long output is shown page by page.
    Pager,
}

/// Options that show up among the variables although they are set before the shell begins.
const BESIDES: [&str; 2] = ["output", "normalize"];

/// Every variable, each choice of an option behind it.
pub fn variables() -> Vec<Variable> {
    let mut variables = Vec::new();
    for option in ALL {
        if option.scope() != Scope::View && !BESIDES.contains(&option.name) {
            continue;
        }
        variables.push(Variable::Option(option));
        if let ValueType::Choice(choices) = option.value {
            variables.extend(choices.iter().map(|choice| Variable::Choice(option, choice)));
        }
    }
    variables.push(Variable::Pager);
    variables
}

/// The variable with this name.
pub fn find(name: &str) -> Option<Variable> {
    variables().into_iter().find(|variable| variable.name() == name)
}

impl Variable {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Variable::Option(option) => option.name,
            Variable::Choice(_, choice) => choice.name,
            Variable::Pager => "pager",
        }
    }

    /// What it does, in a line.
    pub fn help(&self) -> &'static str {
        match self {
            Variable::Option(option) => option.help,
            Variable::Choice(_, choice) => choice.help,
            Variable::Pager => "Stop after each screenful of output",
        }
    }

    /// More about it; may be empty.
    pub fn details(&self) -> &'static str {
        match self {
            Variable::Option(option) => option.details,
            Variable::Choice(..) => "",
            Variable::Pager => "Space shows the next page, Enter the next line, a the rest; q stops.",
        }
    }

    /// Whether it may stand without a value.
    pub fn is_switch(&self) -> bool {
        match self {
            Variable::Option(option) => option.is_switch(),
            Variable::Choice(..) | Variable::Pager => true,
        }
    }

    /// The values that it can have, where they are few.
    pub fn values(&self) -> Vec<&'static str> {
        match self {
            Variable::Option(option) => match option.value {
                ValueType::Choice(choices) => {
                    let mut names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
                    names.sort_unstable();
                    names
                }
                ValueType::Switch => vec!["true", "false"],
                _ => Vec::new(),
            },
            Variable::Choice(..) | Variable::Pager => vec!["true", "false"],
        }
    }

    /// What its value can be completed with.
    pub(crate) fn completion(&self) -> ValueSource {
        match self {
            Variable::Option(option) => option.completion,
            Variable::Choice(..) | Variable::Pager => ValueSource::Type,
        }
    }
}
