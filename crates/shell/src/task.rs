//! A report that is to be answered and written, from the words of a command.

use std::ffi::OsStr;
use std::path::PathBuf;

use hotlist_render::Drawing;
use hotlist_report::{Report, Sort};
use hotlist_session::{OptionSpec, Options, ViewOptions};

use crate::command::{Action, Command, Viewer};

/// A report that is to be answered and written.
#[derive(Debug, Clone)]
pub struct ReportTask {
    /// The report.
    pub report: &'static Report,
    /// The pattern of the report, where it takes one.
    pub argument: Option<String>,
    /// How it is written down.
    pub drawing: &'static Drawing,
    /// Another program that is to show it.
    pub viewer: Option<Viewer>,
    /// How the profile is looked at.
    pub view: ViewOptions,
    /// The file to write to.
    pub output: Option<PathBuf>,
}

/// How many places `top` lists at the prompt unless told otherwise.
const TOP_COUNT: i64 = 10;

impl ReportTask {
    /// Reads the words behind a command: a number of places, `-cum`, `>file`, `-ignore` patterns and
    /// focus patterns. They hold for this command alone.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn read(command: &Command, words: &[&str], options: &Options) -> Result<ReportTask, String> {
        let Action::Report { report, drawing, viewer } = command.action else {
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
        let mut options = options.clone();
        let (mut focus, mut ignore) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            if let Ok(count) = word.parse::<i32>() {
                options.view.nodecount = count.into();
            } else if let Some(file) = word.strip_prefix('>') {
                let file = match file {
                    "" => words.next().ok_or("unexpected end of line after >")?,
                    file => file,
                };
                options.output.output = Some(file.into());
            } else if word == "-cum" || word == "--cum" {
                options.view.sort = Sort::Cum;
            } else if let Some(pattern) = word.strip_prefix('-') {
                ignore.push(pattern);
            } else {
                focus.push(word);
            }
        }
        let (focus_on, ignore_in) = match command.name {
            "tags" => ("tagfocus", "tagignore"),
            _ => ("focus", "ignore"),
        };
        any_of(&focus, focus_on, &mut options)?;
        any_of(&ignore, ignore_in, &mut options)?;
        let Options { mut view, output, .. } = options;
        if view.nodecount == -1 && matches!(command.name, "top" | "text") {
            view.nodecount = TOP_COUNT;
        }
        let output = output.output;
        let viewer = viewer.filter(|_| output.is_none());
        Ok(ReportTask { report, argument, drawing, viewer, view, output })
    }
}

/// Sets an option to a pattern for any of `patterns`; it stays as it is when there is none.
fn any_of(patterns: &[&str], option: &str, options: &mut Options) -> Result<(), String> {
    let patterns: Vec<&str> = patterns.iter().copied().filter(|pattern| !pattern.is_empty()).collect();
    match hotlist_session::find(option) {
        Some(spec) if !patterns.is_empty() => set(spec, options, patterns.join("|")),
        _ => Ok(()),
    }
}

/// Sets an option; an error names it.
pub(crate) fn set(
    option: &OptionSpec,
    options: &mut Options,
    value: impl AsRef<OsStr>,
) -> Result<(), String> {
    option.set(options, value).map_err(|reason| format!("{}: {reason}", option.name))
}
