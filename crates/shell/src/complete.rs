//! What a line at the prompt could go on with.

use hotlist_profile::Profile;
use hotlist_session::ValueSource;

use crate::command::{self, Action, commands};
use crate::shell::sample_types;
use crate::variable::{self, Variable, variables};

/// What could stand from a position of the line on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completion {
    /// One of these words.
    Words {
        /// Where the word begins, in bytes.
        start: usize,
        /// As shown, and as put into the line.
        words: Vec<(String, String)>,
    },
    /// The name of a file, which begins at this position.
    File(usize),
}

/// How many functions are offered; to see others, more of the name is typed.
const MOST_FUNCTIONS: usize = 200;

/// Completes `line` up to the byte `position`, with what there is in `profile`.
pub fn complete(profile: &Profile, line: &str, position: usize) -> Completion {
    let line = line.get(..position).unwrap_or(line);
    let start = line.rfind(char::is_whitespace).map_or(0, |at| at + char_len(line, at));
    let before: Vec<&str> = line[..start].split_whitespace().collect();
    let word = &line[start..];

    if let Some((name, value)) = line.split_once('=')
        && let Some(variable) = variable::find(name.trim())
    {
        let start = line.len() - value.trim_start().len();
        return words(start, values(profile, variable, &line[start..]));
    }
    match before.as_slice() {
        [] => {
            let names = names(profile).into_iter().filter(|(name, _)| name.starts_with(word)).collect();
            words(start, names)
        }
        ["help" | "?"] => {
            let topics = names(profile).into_iter().filter(|(name, _)| name.starts_with(word));
            words(start, topics.map(|(name, _)| (name.clone(), name)).collect())
        }
        [first, rest @ ..] => {
            let Some(command) = command::find(first.trim_end_matches(|c: char| c.is_ascii_digit())) else {
                return words(start, Vec::new());
            };
            if !matches!(command.action, Action::Report { .. }) {
                return words(start, Vec::new());
            }
            if let Some(file) = word.strip_prefix('>') {
                return Completion::File(line.len() - file.len());
            }
            match rest.last() {
                Some(&">") => Completion::File(start),
                _ if command.name == "tags" => words(start, Vec::new()),
                _ => {
                    let dash = usize::from(word.starts_with('-'));
                    words(start + dash, functions(profile, &word[dash..]))
                }
            }
        }
    }
}

fn char_len(line: &str, at: usize) -> usize {
    line[at..].chars().next().map_or(1, char::len_utf8)
}

fn words(start: usize, words: Vec<(String, String)>) -> Completion {
    Completion::Words { start, words }
}

/// Everything that a line can begin with.
fn names(profile: &Profile) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    for command in commands() {
        names.push((command.name.to_owned(), format!("{} ", command.name)));
    }
    for variable in variables() {
        let name = variable.name();
        let text = if variable.is_switch() { name.to_owned() } else { format!("{name}=") };
        names.push((name.to_owned(), text));
    }
    for kind in sample_types(profile) {
        names.extend(
            ["", "total_", "mean_"].map(|before| (format!("{before}{kind}"), format!("{before}{kind}"))),
        );
    }
    names.sort();
    names.dedup();
    names
}

fn values(profile: &Profile, variable: Variable, begun: &str) -> Vec<(String, String)> {
    const UNITS: [&str; 13] =
        ["minimum", "auto", "ns", "us", "ms", "s", "minutes", "hours", "B", "kB", "MB", "GB", "GCU"];
    let values: Vec<String> = match variable.completion() {
        ValueSource::Functions => return functions(profile, begun),
        ValueSource::SampleTypes => sample_types(profile),
        ValueSource::Units => UNITS.map(str::to_owned).to_vec(),
        ValueSource::Type => variable.values().into_iter().map(str::to_owned).collect(),
    };
    values.into_iter().filter(|value| value.starts_with(begun)).map(|value| (value.clone(), value)).collect()
}

/// Functions whose names hold `begun`, those that begin with it first, as patterns that match them.
fn functions(profile: &Profile, begun: &str) -> Vec<(String, String)> {
    if begun.is_empty() {
        return Vec::new();
    }
    let begun = begun.replace('\\', "");
    let mut found = Vec::new();
    for function in &profile.functions {
        let name = profile.lossy(function.name);
        if name.contains(&begun) {
            found.push(name.into_owned());
            if found.len() == 20 * MOST_FUNCTIONS {
                break;
            }
        }
    }
    found.sort_by(|a, b| b.starts_with(&begun).cmp(&a.starts_with(&begun)).then_with(|| a.cmp(b)));
    found.dedup();
    found.truncate(MOST_FUNCTIONS);
    found.into_iter().map(|name| (name.clone(), pattern_of(&name))).collect()
}

/// A pattern without spaces that matches `name`.
fn pattern_of(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len() + 8);
    for character in name.chars() {
        match character {
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                pattern.push('\\');
                pattern.push(character);
            }
            space if space.is_whitespace() || space.is_control() => pattern.push('.'),
            other => pattern.push(other),
        }
    }
    pattern
}
