//! The command line of pprof: flags with one dash or two, then `[binary] source…`.
//!
//! The rules are those of Go's `flag` package: `-flag value` or `-flag=value`, switches take a value
//! only after `=`, the last of several wins. One thing is added: flags may also stand after sources.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use hotlist_render::Drawing;
use hotlist_report::{Argument, Report};
use hotlist_session::{Field, Options, is_object_file};
use hotlist_shell::{Command, Kind, Viewer};
use thiserror::Error;

use crate::flags::{self, Flag};

/// What is asked of the program.
#[derive(Debug)]
pub(crate) enum Request {
    /// Help, perhaps on one flag.
    Help(Option<String>),
    Version,
    /// A script that completes flags in this shell.
    Completions(Shell),
    /// The manual page.
    Man,
    Report(Box<ReportRequest>),
    /// For each mapping where its symbols come from.
    Symbols(Box<SymbolsRequest>),
    /// The interactive shell.
    Shell(Box<Subject>),
    /// The web page.
    Http(Box<Subject>),
    /// The full-screen view.
    FullScreen(Box<Subject>),
}

/// Shells for which there are completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Profiles to look at, and how.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) options: Options,
    /// The executable that the profiles are of.
    pub(crate) binary: Option<PathBuf>,
    pub(crate) sources: Vec<OsString>,
}

impl Subject {
    /// What the profiles are called for people: the names of files without their folders, and what they
    /// are compared with.
    pub(crate) fn name(&self) -> String {
        let of = |sources: &[OsString]| match sources {
            [] => String::new(),
            [first, others @ ..] => {
                let first = first.to_string_lossy();
                let base = first.trim_end_matches('/').rsplit('/').next().unwrap_or(&first);
                let more = if others.is_empty() { String::new() } else { format!(" + {}", others.len()) };
                format!("{base}{more}")
            }
        };
        let source = &self.options.source;
        match (source.diff_base.as_slice(), source.base.as_slice()) {
            ([], []) => of(&self.sources),
            ([], base) => format!("{} minus {}", of(&self.sources), of(base)),
            (base, _) => format!("{} against {}", of(&self.sources), of(base)),
        }
    }
}

/// A report on profiles.
#[derive(Debug)]
pub(crate) struct ReportRequest {
    pub(crate) report: &'static Report,
    /// The pattern of the report, where it takes one.
    pub(crate) argument: Option<String>,
    /// The drawing that takes the place of the report's own.
    pub(crate) drawing: Option<&'static Drawing>,
    /// The program that shows it, unless it goes to a file.
    pub(crate) viewer: Option<Viewer>,
    /// The profiles, and how to look at them.
    pub(crate) subject: Subject,
}

/// The search for symbols, laid open.
#[derive(Debug)]
pub(crate) struct SymbolsRequest {
    pub(crate) json: bool,
    /// The profiles.
    pub(crate) subject: Subject,
}

/// What is wrong with a command line.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ArgsError {
    #[error("flag provided but not defined: -{name}{}", suggestion(*.nearest))]
    Unknown { name: String, nearest: Option<&'static str> },
    #[error("flag needs an argument: -{0}")]
    NoValue(String),
    #[error("invalid value for flag -{name}: {reason}")]
    Value { name: String, reason: String },
    #[error("must set at most one output format")]
    SeveralReports,
    #[error("conflicting options set: [{0} {1}]")]
    Conflict(&'static str, &'static str),
    #[error("no profile source specified")]
    NoSource,
    #[error("-base and -diff_base flags cannot both be specified")]
    TwoBases,
    #[error("must have base profile to normalize by")]
    NoBase,
    #[error("-http is not compatible with an output format on the command line")]
    HttpWithReport,
    #[error("-no_browser only makes sense with -http")]
    NoBrowser,
    #[error("the full screen takes no report and no -http")]
    ReportOnScreen,
    #[error("there are completions for bash, zsh and fish, not for {0}")]
    UnknownShell(String),
    #[error("-{0} was left out when this program was built")]
    NotBuilt(&'static str),
    #[error("standard input can be read only once")]
    TwiceStdin,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (did you mean -{name}?)")).unwrap_or_default()
}

/// Reads a command line, without the name of the program.
pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Request, ArgsError> {
    let words: Vec<String> = words.into_iter().collect();
    if let Some(request) = verb(&words)? {
        return Ok(request);
    }
    let word = ["tui", "symbols"].into_iter().find(|name| is_verb(name, &words));
    let mut collected = Collected::default();
    let mut words = words.into_iter().skip(usize::from(word.is_some()));
    while let Some(word) = words.next() {
        let flag = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
        match flag {
            Some("") if word == "--" => collected.sources.extend(words.by_ref().map(OsString::from)),
            None | Some("") => collected.sources.push(word.into()),
            Some(flag) => match collected.flag(flag, &mut words)? {
                Some(request) => return Ok(request),
                None => continue,
            },
        }
    }
    match collected.finish()? {
        Request::Shell(subject) if word == Some("tui") => Ok(Request::FullScreen(subject)),
        Request::Report(_) | Request::Http(_) if word == Some("tui") => Err(ArgsError::ReportOnScreen),
        Request::Shell(subject) if word == Some("symbols") => {
            Ok(Request::Symbols(Box::new(SymbolsRequest { json: false, subject: *subject })))
        }
        Request::Report(request)
            if word == Some("symbols") && request.drawing == Some(&hotlist_render::JSON) =>
        {
            Ok(Request::Symbols(Box::new(SymbolsRequest { json: true, subject: request.subject })))
        }
        Request::Report(_) | Request::Http(_) if word == Some("symbols") => Err(ArgsError::SeveralReports),
        request => Ok(request),
    }
}

/// Whether a command line begins with the command `name`, and no file is called so.
fn is_verb(name: &str, words: &[String]) -> bool {
    words.first().is_some_and(|first| first == name) && !Path::new(name).exists()
}

/// The few commands that are words, unless files are called so.
fn verb(words: &[String]) -> Result<Option<Request>, ArgsError> {
    let Some((first, rest)) = words.split_first() else { return Ok(None) };
    if Path::new(first).exists() {
        return Ok(None);
    }
    Ok(match (first.as_str(), rest) {
        ("help", [] | [_]) => Some(Request::Help(rest.first().cloned())),
        ("man", []) => Some(Request::Man),
        ("completions", [shell]) => {
            let shell = match shell.as_str() {
                "bash" => Shell::Bash,
                "zsh" => Shell::Zsh,
                "fish" => Shell::Fish,
                other => return Err(ArgsError::UnknownShell(other.to_owned())),
            };
            Some(Request::Completions(shell))
        }
        _ => None,
    })
}

#[derive(Default)]
struct Collected {
    options: Options,
    reports: Vec<(&'static Report, Option<String>)>,
    drawings: Vec<Command>,
    /// Shortcuts that were given.
    shortcuts: Vec<&'static str>,
    /// Choices that were made, by option.
    choices: Vec<(&'static str, &'static str)>,
    sources: Vec<OsString>,
}

impl Collected {
    fn flag(
        &mut self,
        text: &str,
        words: &mut impl Iterator<Item = String>,
    ) -> Result<Option<Request>, ArgsError> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let name_owned = || name.to_owned();
        let Some(flag) = flags::find(name) else {
            if let Some(name) = flags::OPTIONAL.iter().find(|&&other| other == name) {
                return Err(ArgsError::NotBuilt(name));
            }
            return Err(ArgsError::Unknown { name: name_owned(), nearest: flags::nearest(name) });
        };
        if flag.takes_value() {
            let value = value.or_else(|| words.next()).ok_or_else(|| ArgsError::NoValue(name_owned()))?;
            match flag {
                Flag::Option(option) => option
                    .set(&mut self.options, &value)
                    .map_err(|reason| ArgsError::Value { name: name_owned(), reason })?,
                Flag::Report(report) if !value.is_empty() => self.reports.push((report, Some(value))),
                _ => {}
            }
            return Ok(None);
        }
        let on = match value.as_deref() {
            None => true,
            Some(text) => go_bool(text).ok_or_else(|| ArgsError::Value {
                name: name_owned(),
                reason: format!("{text:?} is neither true nor false"),
            })?,
        };
        match flag {
            // Which of several holds is decided when all are known.
            Flag::Option(option) if matches!(option.field, Field::Shortcut(_)) => {
                self.shortcuts.retain(|other| other != &option.name);
                self.shortcuts.extend(on.then_some(option.name));
            }
            Flag::Option(option) => option
                .set(&mut self.options, if on { "true" } else { "false" })
                .map_err(|reason| ArgsError::Value { name: name_owned(), reason })?,
            _ if !on => {}
            Flag::Help => return Ok(Some(Request::Help(None))),
            Flag::Version => return Ok(Some(Request::Version)),
            Flag::Choice(choice) => self.choose(choice)?,
            Flag::Report(report) => self.reports.push((report, None)),
            Flag::Drawing(command) => self.drawings.push(command),
        }
        Ok(None)
    }

    fn choose(&mut self, choice: &'static hotlist_session::Choice) -> Result<(), ArgsError> {
        let option = hotlist_session::ALL.iter().find(|option| match option.field {
            Field::Choice(choices) => choices.iter().any(|c| c.name == choice.name),
            _ => false,
        });
        if let Some(option) = option {
            if let Some(&(_, other)) =
                self.choices.iter().find(|&&(o, c)| o == option.name && c != choice.name)
            {
                return Err(ArgsError::Conflict(other, choice.name));
            }
            self.choices.push((option.name, choice.name));
        }
        (choice.choose)(&mut self.options);
        Ok(())
    }

    fn finish(self) -> Result<Request, ArgsError> {
        let Collected { mut options, mut reports, mut drawings, sources, shortcuts, .. } = self;
        for option in hotlist_session::ALL.iter().filter(|option| shortcuts.contains(&option.name)) {
            if let Field::Shortcut(apply) = option.field {
                apply(&mut options);
            }
        }
        if sources.is_empty() {
            return Err(ArgsError::NoSource);
        }
        if sources.iter().filter(|source| *source == "-").count() > 1 {
            return Err(ArgsError::TwiceStdin);
        }
        reports.dedup_by_key(|(report, argument)| (report.name, argument.clone()));
        if reports.len() > 1 || drawings.len() > 1 {
            return Err(ArgsError::SeveralReports);
        }
        let output = &options.output;
        if output.no_browser && output.http.is_empty() {
            return Err(ArgsError::NoBrowser);
        }
        let form = match drawings.pop().map(|command| command.kind) {
            Some(Kind::Report { report, drawing, viewer }) => Some((report, drawing, viewer)),
            _ => None,
        };
        let report = match (reports.pop(), form) {
            (Some(_), _) if !output.http.is_empty() => return Err(ArgsError::HttpWithReport),
            (Some((report, argument)), _) => Some((report, argument)),
            (None, Some(_)) if !output.http.is_empty() => return Err(ArgsError::HttpWithReport),
            (None, form) => form.map(|(report, _, _)| (report, None)),
        };
        if !options.source.base.is_empty() && !options.source.diff_base.is_empty() {
            return Err(ArgsError::TwoBases);
        }
        if options.source.normalize && options.source.comparison() == hotlist_session::Base::Nothing {
            return Err(ArgsError::NoBase);
        }
        let (binary, sources) = split_binary(sources);
        let subject = Subject { options, binary, sources };
        Ok(match report {
            Some((report, argument)) => {
                debug_assert!(report.argument == Argument::Pattern || argument.is_none());
                let (drawing, viewer) =
                    form.map_or((None, None), |(_, drawing, viewer)| (Some(drawing), viewer));
                Request::Report(Box::new(ReportRequest { report, argument, drawing, viewer, subject }))
            }
            None if !subject.options.output.http.is_empty() => Request::Http(Box::new(subject)),
            None => Request::Shell(Box::new(subject)),
        })
    }
}

/// The first of several sources may be the executable.
fn split_binary(mut sources: Vec<OsString>) -> (Option<PathBuf>, Vec<OsString>) {
    if sources.len() > 1 && is_object_file(Path::new(&sources[0])) {
        let binary = sources.remove(0);
        return (Some(binary.into()), sources);
    }
    (None, sources)
}

/// A truth value in one of the spellings of Go.
fn go_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(words: &[&str]) -> ReportRequest {
        match parse(words.iter().map(|&word| word.to_owned())) {
            Ok(Request::Report(request)) => *request,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    fn error(words: &[&str]) -> String {
        match parse(words.iter().map(|&word| word.to_owned())) {
            Err(error) => error.to_string(),
            Ok(other) => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn flags_in_all_spellings() {
        let request =
            report(&["--top", "-focus=a=b", "-ignore", "-x.*y", "-nodefraction=.1", "--seconds=-5", "p"]);
        assert_eq!(request.report.name, "top");
        assert_eq!(request.subject.options.view.focus, "a=b");
        assert_eq!(request.subject.options.view.ignore, "-x.*y");
        assert_eq!(request.subject.options.view.nodefraction, 0.1);
        assert_eq!(request.subject.options.source.seconds, Some(-5));
        assert_eq!(request.subject.sources, ["p"]);
    }

    #[test]
    fn the_last_flag_wins_and_switches_can_be_off() {
        let request =
            report(&["-top", "-unit=ms", "-unit=s", "-trim=false", "-mean", "-mean=F", "p", "-cum"]);
        assert_eq!(request.subject.options.view.unit, "s");
        assert!(!request.subject.options.view.trim && !request.subject.options.view.mean);
        assert_eq!(request.subject.options.view.sort, hotlist_report::Sort::Cum);
    }

    #[test]
    fn of_several_shortcuts_the_order_of_the_table_decides() {
        let index = |words: &[&str]| report(words).subject.options.view.sample_index;
        assert_eq!(index(&["-top", "-inuse_space", "-total_delay", "p"]), "delay");
        assert_eq!(index(&["-top", "-alloc_space", "-inuse_objects", "p"]), "inuse_objects");
        assert_eq!(index(&["-top", "-inuse_space", "-sample_index=1", "p"]), "1");
    }

    #[test]
    fn patterns_belong_to_their_report() {
        let request = report(&["-list", "main.*", "-", "more"]);
        assert_eq!((request.report.name, request.argument.as_deref()), ("list", Some("main.*")));
        assert_eq!(request.subject.sources, ["-", "more"]);
    }

    #[test]
    fn drawings_choose_a_report() {
        assert_eq!(report(&["-folded", "p"]).report.name, "traces");
        assert_eq!(report(&["-json", "p"]).report.name, "top");
        assert_eq!(report(&["-tags", "-json", "p"]).report.name, "tags");
    }

    #[test]
    fn wrong_lines_are_explained() {
        for (words, expected) in [
            (&["-tpo", "p"][..], "flag provided but not defined: -tpo (did you mean -top?)"),
            (&["-top", "-focus"], "flag needs an argument: -focus"),
            (
                &["-top", "-nodecount=x", "p"],
                "invalid value for flag -nodecount: \"x\" is not a whole number",
            ),
            (&["-top", "-tree", "p"], "must set at most one output format"),
            (&["-top", "-lines", "-files", "p"], "conflicting options set: [lines files]"),
            (&["-top"], "no profile source specified"),
            (
                &["-top", "-base=a", "-diff_base=b", "p"],
                "-base and -diff_base flags cannot both be specified",
            ),
            (&["-top", "-normalize", "p"], "must have base profile to normalize by"),
            (
                &["-top", "-mean=maybe", "p"],
                "invalid value for flag -mean: \"maybe\" is neither true nor false",
            ),
        ] {
            assert_eq!(error(words), expected);
        }
    }
}
