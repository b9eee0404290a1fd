//! What a command asks for: a report, with the variables as the words behind it change them.

use hotlist_render::Drawing;
use hotlist_report::{Report, Sort};
use hotlist_session::{Options, ViewOptions};

use crate::command::{Command, Kind, Viewer};

/// A report that is to be answered.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The report.
    pub report: &'static Report,
    /// The pattern of the report, where it takes one.
    pub argument: Option<String>,
    /// How it is written down.
    pub drawing: &'static Drawing,
    /// Another program that is to show it.
    pub viewer: Option<Viewer>,
    /// The variables, with the words of the command in them.
    pub options: ViewOptions,
    /// The file to write to; empty for none.
    pub output: String,
}

/// How many places `top` lists at the prompt unless told otherwise.
const TOP_COUNT: i64 = 10;

impl Wish {
    /// Reads the words behind a command: a number of places, `-cum`, `>file`, `-ignore` patterns and
    /// focus patterns. They hold for this command alone.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn read(command: &Command, words: &[&str], options: &Options) -> Result<Wish, String> {
        let Kind::Report { report, drawing, viewer } = command.kind else {
            return Err(format!("{} is no report", command.name));
        };
        let mut words = words.iter().copied();
        let argument = if command.takes_pattern() {
            let Some(pattern) = words.next() else {
                return Err(format!("command {} requires an argument", command.name));
            };
            Some(pattern.to_owned())
        } else {
            None
        };
        let mut view = options.view.clone();
        let mut output = options.output.output.clone();
        let (mut focus, mut ignore) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            if let Ok(count) = word.parse::<i32>() {
                view.nodecount = count.into();
            } else if let Some(file) = word.strip_prefix('>') {
                output = match file {
                    "" => words.next().ok_or("unexpected end of line after >")?.to_owned(),
                    file => file.to_owned(),
                };
            } else if word == "-cum" || word == "--cum" {
                view.sort = Sort::Cum;
            } else if let Some(pattern) = word.strip_prefix('-') {
                ignore.push(pattern);
            } else {
                focus.push(word);
            }
        }
        let (focus_on, ignore_in) = match command.name {
            "tags" => (&mut view.tagfocus, &mut view.tagignore),
            _ => (&mut view.focus, &mut view.ignore),
        };
        either(&focus, focus_on);
        either(&ignore, ignore_in);
        if view.nodecount == -1 && matches!(command.name, "top" | "text") {
            view.nodecount = TOP_COUNT;
        }
        let viewer = viewer.filter(|_| output.is_empty());
        Ok(Wish { report, argument, drawing, viewer, options: view, output })
    }
}

/// Puts a pattern for any of `patterns` into `variable`, which stays as it is when there is none.
fn either(patterns: &[&str], variable: &mut String) {
    let patterns: Vec<&str> = patterns.iter().copied().filter(|pattern| !pattern.is_empty()).collect();
    if !patterns.is_empty() {
        *variable = patterns.join("|");
    }
}
