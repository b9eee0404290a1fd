//! A session at the prompt.

use hotlist_analyze::choose_sample_type;
use hotlist_profile::Profile;
use hotlist_session::{OptionSpec, Options, Scope, ValueSource, ValueType};

use crate::command::{self, Action, commands};
use crate::help;
use crate::task::{ReportTask, set};
use crate::variable::{self, Variable, variables};

/// The variables of a session at the prompt.
#[derive(Debug)]
pub struct Shell<'p> {
    /// The options, as set on the command line and at the prompt since.
    pub options: Options,
    /// Whether long output is shown page by page.
    pub pager: bool,
    /// The profile looked at.
    pub profile: &'p Profile,
}

/// What a line asks to be done.
#[derive(Debug, Clone)]
pub enum Step {
    /// Answer a report.
    Report(Box<ReportTask>),
    /// Show a text to people.
    Show(String),
    /// Say that something makes no sense.
    Complain(String),
    /// Go to the full screen.
    FullScreen,
    /// End the session.
    Quit,
}

/// What begins a comment behind a value.
const COMMENT: &str = "//:";
/// A line longer than this is cut in messages.
const LONGEST_QUOTE: usize = 200;

impl<'p> Shell<'p> {
    /// A session with these options. Reports leave the description of the profile out, since it was
    /// shown when the session began.
    pub fn new(mut options: Options, profile: &'p Profile) -> Shell<'p> {
        options.view.compact_labels = true;
        Shell { options, pager: true, profile }
    }

    /// Reads a line. Variables are set at once; everything else comes back.
    pub fn read(&mut self, line: &str) -> Vec<Step> {
        let line = line.trim();
        let mut steps = Vec::new();
        match self.shortcut(line) {
            Some(lines) => lines.iter().for_each(|line| steps.extend(self.read_one(line))),
            None => steps.extend(self.read_one(line)),
        }
        steps
    }

    /// The lines that `line` stands for: `:` clears the filters, the name of a sample type chooses it.
    fn shortcut(&self, line: &str) -> Option<Vec<String>> {
        if line == ":" {
            return Some(
                ["focus=", "ignore=", "hide=", "tagfocus=", "tagignore="].map(str::to_owned).to_vec(),
            );
        }
        if command::find(line).is_some() || variable::find(line).is_some() {
            return None;
        }
        sample_types(self.profile).into_iter().find_map(|kind| {
            let choose = format!("sample_index={kind}");
            if line == kind {
                Some(vec![choose])
            } else if line.strip_prefix("total_") == Some(&kind) {
                Some(vec!["mean=0".to_owned(), choose])
            } else if line.strip_prefix("mean_") == Some(&kind) {
                Some(vec!["mean=1".to_owned(), choose])
            } else {
                None
            }
        })
    }

    fn read_one(&mut self, line: &str) -> Option<Step> {
        let (name, value) = match line.split_once('=') {
            Some((name, value)) => {
                (name.trim(), Some(value.rfind(COMMENT).map_or(value, |at| &value[..at]).trim()))
            }
            None => (line, None),
        };
        if let Some(variable) = variable::find(name) {
            return self.set(variable, value).err().map(Step::Complain);
        }
        if let (Some(_), Some(option)) = (value, hotlist_session::find(name))
            && option.scope() == Scope::Invocation
        {
            let reason = format!("{} can be set on the command line only", option.name);
            return Some(Step::Complain(reason));
        }

        let words: Vec<&str> = line.split_whitespace().collect();
        let (&first, rest) = words.split_first()?;
        let mut rest = rest.to_vec();
        let mut found = command::find(first);
        // Digits at the end are a number of places: top10.
        let letters = first.trim_end_matches(|digit: char| digit.is_ascii_digit());
        if found.is_none() && !letters.is_empty() && letters.len() < first.len() {
            found = command::find(letters).filter(|command| matches!(command.action, Action::Report { .. }));
            if found.is_some() {
                rest.insert(0, &first[letters.len()..]);
            }
        }
        let Some(command) = found else { return Some(Step::Complain(self.unknown(first, &rest))) };
        Some(match command.action {
            Action::Report { .. } => match ReportTask::read(&command, &rest, &self.options) {
                Ok(task) => Step::Report(Box::new(task)),
                Err(reason) => Step::Complain(reason),
            },
            Action::FullScreen => Step::FullScreen,
            Action::Options => Step::Show(self.list()),
            Action::Help => match rest.join(" ").as_str() {
                "" => Step::Show(help::overview()),
                topic => match help::about(topic) {
                    Some(text) => Step::Show(text),
                    None => Step::Complain(format!("Unknown command: {}", quoted(topic))),
                },
            },
            Action::Quit => Step::Quit,
        })
    }

    /// What to say about a word that is no command.
    fn unknown(&self, name: &str, rest: &[&str]) -> String {
        if variable::find(name).is_some() {
            return format!("did you mean: {name}={}", rest.first().copied().map_or("<val>", quoted));
        }
        if name.starts_with('!') {
            return "no other programs are run from here".to_owned();
        }
        let names = commands().iter().map(|command| command.name).collect::<Vec<_>>();
        let names = names.into_iter().chain(variables().into_iter().map(|variable| variable.name()));
        let nearest = names
            .map(|other| (strsim::damerau_levenshtein(quoted(name), other), other))
            .filter(|&(distance, other)| distance <= (other.len() / 4).max(1) && distance < name.len())
            .min_by_key(|&(distance, _)| distance);
        let hint = nearest.map(|(_, other)| format!(" (did you mean {other}?)")).unwrap_or_default();
        format!("unrecognized command: {:?}{hint}", quoted(name))
    }

    /// Sets a variable. A value that makes no sense is refused, and the old one stays.
    fn set(&mut self, variable: Variable, value: Option<&str>) -> Result<(), String> {
        let name = variable.name();
        let value = match value {
            Some(value) => value,
            None if variable.is_switch() => "true",
            None => return Err(format!("please specify a value, e.g. {name}=<val>")),
        };
        match variable {
            Variable::Option(option) if option.completion == ValueSource::SampleTypes => {
                self.options.view.sample_index = self.sample_index(value)?;
                Ok(())
            }
            Variable::Option(option) if option.name == "normalize" => {
                Err("the profile is loaded already: -normalize is for the command line".to_owned())
            }
            Variable::Option(option) => set(option, &mut self.options, value),
            Variable::Choice(option, choice) => match value {
                "1" | "t" | "T" | "true" | "TRUE" | "True" | "yes" | "y" | "" => {
                    set(option, &mut self.options, choice.name)
                }
                _ => {
                    Err(format!("{name} is one of the values of {0}; choose another one of {0}", option.name))
                }
            },
            Variable::Pager => match value.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "1" | "on" | "" => {
                    self.pager = true;
                    Ok(())
                }
                "false" | "f" | "no" | "n" | "0" | "off" => {
                    self.pager = false;
                    Ok(())
                }
                _ => Err(format!("pager: {value:?} is neither true nor false")),
            },
        }
    }

    /// The name of the sample type that `value` chooses, or its number where another one has that name.
    fn sample_index(&self, value: &str) -> Result<String, String> {
        let index = choose_sample_type(self.profile, value).map_err(|error| error.to_string())?;
        let types = sample_types(self.profile);
        let kind = &types[index];
        let is_unique = choose_sample_type(self.profile, kind) == Ok(index);
        Ok(if is_unique { kind.clone() } else { index.to_string() })
    }

    /// The variables with their values, a line for each.
    pub fn list(&self) -> String {
        let mut lines: Vec<String> = variables()
            .into_iter()
            .filter_map(|variable| match variable {
                Variable::Option(option) => Some(self.list_option(option)),
                Variable::Pager => Some(line("pager", &self.pager.to_string(), "")),
                Variable::Choice(..) => None,
            })
            .collect();
        lines.sort();
        lines.join("\n") + "\n"
    }

    fn list_option(&self, option: &'static OptionSpec) -> String {
        let mut value = option.get(&self.options);
        let mut remark = String::new();
        if let ValueType::Choice(_) = option.value {
            remark = format!("[{}]", Variable::Option(option).values().join(" | "));
            if value.is_empty() {
                value = "(default)".to_owned();
            }
        } else if option.completion == ValueSource::SampleTypes {
            let types = sample_types(self.profile);
            if value.is_empty() {
                value =
                    choose_sample_type(self.profile, "").map_or(String::new(), |index| types[index].clone());
            }
            remark = format!("[{}]", types.join(" | "));
        } else if option.name == "nodecount" && value == "-1" {
            remark = "default".to_owned();
        } else if value.is_empty() {
            value = "\"\"".to_owned();
        }
        line(option.name, &value, &remark)
    }
}

/// The names of the sample types.
pub(crate) fn sample_types(profile: &Profile) -> Vec<String> {
    profile.sample_types.iter().map(|kind| profile.lossy(kind.kind).into_owned()).collect()
}

fn line(name: &str, value: &str, remark: &str) -> String {
    let remark = if remark.is_empty() { String::new() } else { format!("{COMMENT} {remark}") };
    format!("  {name:<25} = {value:<20} {remark}")
}

/// As much of a word as a message has room for.
fn quoted(word: &str) -> &str {
    &word[..word.floor_char_boundary(LONGEST_QUOTE)]
}
