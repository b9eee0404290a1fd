//! The command line of pprof: flags with one dash or two, then `[binary] source…`; or a command that is a word.
//!
//! The rules are those of Go's `flag` package: `-flag value` or `-flag=value`, switches take a value
//! only after `=`, the last of several wins. One thing is added: flags may also stand after sources.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use hotlist_report::Report;
use hotlist_session::{Base, Choice, OptionSpec, Options, Shortcut, is_object_file};
use hotlist_shell::{Action, Command as Form};
use thiserror::Error;

use crate::commands::{self, Command, Words};
use crate::flags::{self, Flag};

/// A command and what stands behind it.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) command: &'static Command,
    pub(crate) arguments: Arguments,
}

/// What stands behind a command.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) options: Options,
    /// The report, and its pattern where it takes one.
    pub(crate) report: Option<(&'static Report, Option<String>)>,
    /// What was asked for in place of the report's own drawing.
    pub(crate) form: Option<Form>,
    /// Flags of the command itself, with their values; switches have none.
    own: Vec<(&'static str, OsString)>,
    /// Everything that is no flag.
    pub(crate) words: Vec<OsString>,
    /// How many of the words stand before `--`, for commands of two sets.
    pub(crate) divided_at: Option<usize>,
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
                let more = if others.is_empty() { String::new() } else { format!(" + {}", others.len()) };
                called(first) + &more
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

/// What people call a source: the name of a file without its folders, an address without its query.
pub(crate) fn called(source: &OsStr) -> String {
    let text = source.to_string_lossy();
    match &*text {
        "-" => "standard input".to_owned(),
        url if url.contains("://") => url.split('?').next().unwrap_or(url).to_owned(),
        path => path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path).to_owned(),
    }
}

/// What is wrong with a command line. Flags are called as they were typed.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum ArgsError {
    #[error("flag provided but not defined: -{name}{}", suggestion(*.nearest))]
    Unknown { name: String, nearest: Option<&'static str> },
    #[error("flag provided but not defined: -{name} is a flag of perl's pprof; {advice}")]
    OfPerl { name: String, advice: &'static str },
    #[error("flag needs an argument: -{0}")]
    NoValue(String),
    #[error("invalid value for flag -{name}: {reason}")]
    Value { name: String, reason: String },
    #[error("must set at most one output format, not -{0} and -{1}")]
    SeveralReports(String, String),
    #[error("conflicting options set: [{0} {1}]")]
    Conflict(String, String),
    #[error("no profile source specified")]
    NoSource,
    #[error("-base and -diff_base flags cannot both be specified")]
    TwoBases,
    #[error("must have base profile to normalize by")]
    NoBase,
    #[error("-http is not compatible with an output format on the command line: -{0}")]
    HttpWithReport(String),
    #[error("-no_browser only makes sense with -http")]
    NoBrowser,
    #[error("-{flag} is not for hotlist {command}")]
    NotForCommand { flag: String, command: &'static str },
    #[error("-{flag} needs -{needed}")]
    Needs { flag: &'static str, needed: &'static str },
    #[error("-{0} is needed")]
    #[cfg(feature = "serve")]
    NeedsFlag(&'static str),
    #[error("-{flag} is not for -{other}")]
    Together { flag: &'static str, other: &'static str },
    #[error("usage: hotlist {0}")]
    Words(String),
    #[error("-{0} was left out when this program was built")]
    NotBuilt(&'static str),
    #[error("standard input can be read only once")]
    TwiceStdin,
    #[cfg(feature = "mcp")]
    #[error("standard input is for the protocol: write the profile to a file")]
    StdinTaken,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(" (did you mean -{name}?)")).unwrap_or_default()
}

/// Reads a command line, without the name of the program.
pub(crate) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Invocation, ArgsError> {
    let mut words = words.into_iter().peekable();
    // A file is no command, whatever it is called.
    let command = words.peek().filter(|word| !Path::new(word).exists()).and_then(|word| commands::find(word));
    if command.is_some() {
        words.next();
    }
    let command = command.unwrap_or(&commands::PPROF);
    let mut line = Line { command, ..Line::new() };
    (command.takes.prepare)(&mut line.arguments.options);
    while let Some(word) = words.next() {
        if word == "--" {
            let arguments = &mut line.arguments;
            // Between two sets, flags may stand behind it too.
            if matches!(command.takes.words, Words::Sets) && arguments.divided_at.is_none() {
                arguments.divided_at = Some(arguments.words.len());
                continue;
            }
            arguments.words.extend(words.by_ref());
            continue;
        }
        let Some((name, value)) = as_flag(&word) else {
            line.arguments.words.push(word);
            if matches!(command.takes.words, Words::Program) {
                // What stands behind a program is for it.
                line.arguments.words.extend(words.by_ref());
            }
            continue;
        };
        match flags::find(&name, command) {
            Some(Flag::Help) if switch(&name, value.as_deref())? => return Ok(commands::help::on(command)),
            Some(Flag::Version) if switch(&name, value.as_deref())? => {
                return Ok(Invocation {
                    command: &commands::version::COMMAND,
                    arguments: Arguments::default(),
                });
            }
            Some(flag) => line.flag(flag, name, value, &mut words)?,
            None => return Err(unknown(name, command)),
        }
    }
    line.finish()
}

fn unknown(name: String, command: &'static Command) -> ArgsError {
    if let Some(name) = flags::OPTIONAL.iter().find(|&&other| other == name) {
        return ArgsError::NotBuilt(name);
    }
    if let Some((_, advice)) = flags::OF_PERL.iter().find(|(other, _)| *other == name) {
        return ArgsError::OfPerl { name, advice };
    }
    if flags::find(&name, &commands::PPROF).is_some() {
        return ArgsError::NotForCommand { flag: name, command: command.name };
    }
    let nearest = flags::nearest(&name, command);
    ArgsError::Unknown { name, nearest }
}

/// Takes a flag apart: its name, and its value where there is a `=`.
fn as_flag(word: &OsStr) -> Option<(String, Option<OsString>)> {
    let bytes = word.as_encoded_bytes();
    let dashes = if bytes.starts_with(b"--") { 2 } else { usize::from(bytes.starts_with(b"-")) };
    if dashes == 0 || bytes.len() == dashes {
        return None;
    }
    let end = bytes.iter().position(|&byte| byte == b'=').unwrap_or(bytes.len());
    let name = String::from_utf8_lossy(bytes.get(dashes..end).unwrap_or_default()).into_owned();
    Some((name, (end < bytes.len()).then(|| after(word, end + 1))))
}

/// What stands behind the first `at` bytes of a word, the last of which is `=`.
#[cfg(unix)]
fn after(word: &OsStr, at: usize) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(&word.as_bytes()[at..]).to_owned()
}

/// What stands behind the first `at` bytes of a word, the last of which is `=`.
#[cfg(not(unix))]
fn after(word: &OsStr, at: usize) -> OsString {
    // Names of files are Unicode there, but for broken surrogates.
    word.to_string_lossy().get(at..).unwrap_or_default().into()
}

/// Whether a switch is on; its value is in one of the spellings of Go.
fn switch(name: &str, value: Option<&OsStr>) -> Result<bool, ArgsError> {
    let Some(value) = value else { return Ok(true) };
    match value.to_str() {
        Some("1" | "t" | "T" | "TRUE" | "true" | "True") => Ok(true),
        Some("0" | "f" | "F" | "FALSE" | "false" | "False") => Ok(false),
        _ => Err(ArgsError::Value {
            name: name.to_owned(),
            reason: format!("{:?} is neither true nor false", value.to_string_lossy()),
        }),
    }
}

/// A command line that is being read.
struct Line {
    command: &'static Command,
    arguments: Arguments,
    /// Reports that were asked for, as they were typed.
    reports: Vec<(String, &'static Report, Option<String>)>,
    /// Forms that were asked for, as they were typed.
    forms: Vec<(String, Form)>,
    /// Shortcuts that were given.
    shortcuts: Vec<&'static Shortcut>,
    /// Choices that were made.
    choices: Vec<(&'static OptionSpec, &'static Choice)>,
}

impl Line {
    fn new() -> Line {
        Line {
            command: &commands::PPROF,
            arguments: Arguments::default(),
            reports: Vec::new(),
            forms: Vec::new(),
            shortcuts: Vec::new(),
            choices: Vec::new(),
        }
    }

    fn flag(
        &mut self,
        flag: Flag,
        name: String,
        value: Option<OsString>,
        words: &mut impl Iterator<Item = OsString>,
    ) -> Result<(), ArgsError> {
        if flag.takes_value() {
            let Some(value) = value.or_else(|| words.next()) else { return Err(ArgsError::NoValue(name)) };
            return match flag {
                Flag::Report(report) if !value.is_empty() => {
                    let Ok(pattern) = value.into_string() else {
                        return Err(ArgsError::Value { name, reason: "it is not UTF-8".to_owned() });
                    };
                    self.reports.push((name, report, Some(pattern)));
                    Ok(())
                }
                Flag::Option(option) => self.set(option, name, &value),
                Flag::Own(own) => {
                    self.arguments.own.push((own.name, value));
                    Ok(())
                }
                _ => Ok(()),
            };
        }
        let on = switch(&name, value.as_deref())?;
        match flag {
            Flag::Option(option) => {
                return self.set(option, name, OsStr::new(if on { "true" } else { "false" }));
            }
            // Which of several holds is decided when all are known.
            Flag::Shortcut(shortcut) => {
                self.shortcuts.retain(|other| other.name != shortcut.name);
                self.shortcuts.extend(on.then_some(shortcut));
            }
            _ if !on => {}
            Flag::Choice(option, choice) => self.choose(option, choice, name)?,
            Flag::Report(report) => self.reports.push((name, report, None)),
            Flag::Drawing(form) => self.forms.push((name, form)),
            Flag::Own(own) => self.arguments.own.push((own.name, OsString::new())),
            Flag::Help | Flag::Version => {}
        }
        Ok(())
    }

    fn set(&mut self, option: &'static OptionSpec, name: String, value: &OsStr) -> Result<(), ArgsError> {
        option.set(&mut self.arguments.options, value).map_err(|reason| ArgsError::Value { name, reason })
    }

    fn choose(
        &mut self,
        option: &'static OptionSpec,
        choice: &'static Choice,
        name: String,
    ) -> Result<(), ArgsError> {
        let other = self.choices.iter().find(|(other, made)| other.name == option.name && *made != choice);
        if let Some((_, other)) = other {
            return Err(ArgsError::Conflict(other.name.to_owned(), name));
        }
        self.choices.push((option, choice));
        self.set(option, name, OsStr::new(choice.name))
    }

    fn finish(self) -> Result<Invocation, ArgsError> {
        let Line { command, mut arguments, mut reports, forms, shortcuts, .. } = self;
        let options = &mut arguments.options;
        let given = |shortcut: &&Shortcut| shortcuts.iter().any(|given| given.name == shortcut.name);
        hotlist_session::SHORTCUTS.iter().filter(given).for_each(|shortcut| shortcut.apply(options));
        if !command.takes.words.allow(&arguments.words) {
            return Err(ArgsError::Words(command.usage()));
        }
        reports.dedup_by(|(_, report, argument), (_, other, of_other)| {
            report.name == other.name && argument == of_other
        });
        let names: Vec<&String> = reports.iter().map(|(name, ..)| name).collect();
        let forms_typed: Vec<&String> = forms.iter().map(|(name, _)| name).collect();
        for names in [&names, &forms_typed] {
            if let [first, second, ..] = names[..] {
                return Err(ArgsError::SeveralReports(first.clone(), second.clone()));
            }
        }
        let (source, output) = (&options.source, &options.output);
        if output.no_browser && output.http.is_empty() {
            return Err(ArgsError::NoBrowser);
        }
        if let (Some(&name), false) = (names.first().or(forms_typed.first()), output.http.is_empty()) {
            return Err(ArgsError::HttpWithReport(name.clone()));
        }
        if !source.base.is_empty() && !source.diff_base.is_empty() {
            return Err(ArgsError::TwoBases);
        }
        if source.normalize && source.comparison() == Base::Nothing {
            return Err(ArgsError::NoBase);
        }
        let form = forms.into_iter().next().map(|(_, form)| form);
        let report = reports.into_iter().next().map(|(_, report, argument)| (report, argument));
        let of_form = form.and_then(|form| match form.action {
            Action::Report { report, .. } => Some((report, None)),
            _ => None,
        });
        arguments.report = report.or(of_form);
        arguments.form = form;
        Ok(Invocation { command, arguments })
    }
}

impl Arguments {
    /// Arguments that are words alone.
    pub(crate) fn of_words(words: impl IntoIterator<Item = OsString>) -> Arguments {
        Arguments { words: words.into_iter().collect(), ..Arguments::default() }
    }

    /// The words as text, for commands whose words are no files.
    pub(crate) fn texts(&self) -> Vec<String> {
        self.words.iter().map(|word| word.to_string_lossy().into_owned()).collect()
    }

    /// Whether a switch of the command itself was given.
    pub(crate) fn has(&self, flag: &str) -> bool {
        self.own.iter().any(|(name, _)| *name == flag)
    }

    /// The values of a flag of the command itself, in their order.
    pub(crate) fn values(&self, flag: &str) -> impl Iterator<Item = &OsStr> {
        self.own.iter().filter(move |(name, _)| *name == flag).map(|(_, value)| value.as_os_str())
    }

    /// The value of a flag of the command itself, read by `read`; the last of several holds.
    pub(crate) fn value<T>(
        &self,
        flag: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ArgsError> {
        Ok(self.all_values(flag, read)?.pop())
    }

    /// The same with all values.
    pub(crate) fn all_values<T>(
        &self,
        flag: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, ArgsError> {
        let wrong = |reason| ArgsError::Value { name: flag.to_owned(), reason };
        let read = |value: &OsStr| {
            let text = value.to_str().ok_or_else(|| wrong("it is not UTF-8".to_owned()))?;
            read(text).map_err(wrong)
        };
        self.values(flag).map(read).collect()
    }

    /// The profiles that the words name. The first of several words may be the executable.
    pub(crate) fn subject(self) -> Result<Subject, ArgsError> {
        let Arguments { options, words: mut sources, .. } = self;
        if sources.is_empty() {
            return Err(ArgsError::NoSource);
        }
        let bases = options.source.base.iter().chain(&options.source.diff_base);
        if sources.iter().chain(bases).filter(|source| *source == "-").count() > 1 {
            return Err(ArgsError::TwiceStdin);
        }
        let binary = (sources.len() > 1 && is_object_file(Path::new(&sources[0])))
            .then(|| PathBuf::from(sources.remove(0)));
        Ok(Subject { options, binary, sources })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Arguments {
        match parse(words.iter().map(OsString::from)) {
            Ok(Invocation { command: Command { name: "", .. }, arguments }) => arguments,
            other => panic!("{words:?}: {other:?}"),
        }
    }

    fn report(words: &[&str]) -> (&'static str, Option<String>) {
        let (report, argument) = arguments(words).report.expect("a report");
        (report.name, argument)
    }

    fn error(words: &[&str]) -> String {
        let invocation = parse(words.iter().map(OsString::from));
        let subject = invocation.and_then(|invocation| invocation.arguments.subject());
        match subject {
            Err(error) => error.to_string(),
            Ok(other) => panic!("{words:?}: {other:?}"),
        }
    }

    #[test]
    fn flags_in_all_spellings() {
        let words = ["--top", "-focus=a=b", "-ignore", "-x.*y", "-nodefraction=.1", "--seconds=-5", "p"];
        let Arguments { options, report, .. } = arguments(&words);
        assert_eq!(report.map(|(report, _)| report.name), Some("top"));
        let get = |name: &str| hotlist_session::find(name).expect(name).get(&options);
        assert_eq!((get("focus").as_str(), get("ignore").as_str()), ("a=b", "-x.*y"));
        assert_eq!(options.view.nodefraction, 0.1);
        assert_eq!(options.source.seconds, Some(-5));
    }

    #[test]
    fn switches_take_values_only_after_an_equals_sign() {
        let options = arguments(&["-top", "-mean=f", "-trim=0", "-call_tree", "p"]).options;
        assert!(!options.view.mean && !options.view.trim && options.view.call_tree);
    }

    #[test]
    fn the_table_decides_between_shortcuts() {
        let index = |words: &[&str]| arguments(words).options.view.sample_index;
        assert_eq!(index(&["-top", "-inuse_space", "-total_delay", "p"]), "delay");
        assert_eq!(index(&["-top", "-alloc_space", "-inuse_objects", "p"]), "inuse_objects");
        assert_eq!(index(&["-top", "-inuse_space", "-sample_index=1", "p"]), "1");
        assert_eq!(index(&["-top", "-inuse_space", "-inuse_space=false", "p"]), "");
    }

    #[test]
    fn patterns_belong_to_their_report() {
        let words = ["-list", "main.*", "-", "more"];
        assert_eq!(report(&words), ("list", Some("main.*".to_owned())));
        assert_eq!(arguments(&words).words, ["-", "more"]);
    }

    #[test]
    fn drawings_choose_a_report() {
        assert_eq!(report(&["-folded", "p"]).0, "traces");
        assert_eq!(report(&["-json", "p"]).0, "top");
        assert_eq!(report(&["-tags", "-json", "p"]).0, "tags");
    }

    #[test]
    fn commands_are_words_with_flags_of_their_own() {
        let parsed = |words: &[&str]| parse(words.iter().map(OsString::from)).expect("a good line");
        let Invocation { command, arguments } = parsed(&["symbols", "-json", "-symbolize=local", "p"]);
        assert_eq!((command.name, arguments.has("json"), arguments.report), ("symbols", true, None));
        assert_eq!(parsed(&["tui", "p", "-lines"]).command.name, "tui");
        assert_eq!(parsed(&["tui", "-help"]).command.name, "help");
        assert_eq!(parsed(&["-version=false", "p"]).command.name, "");
    }

    #[test]
    fn words_behind_two_dashes_are_no_flags() {
        assert_eq!(arguments(&["-top", "--", "-x", "--"]).words, ["-x", "--"]);
    }

    #[cfg(unix)]
    #[test]
    fn files_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt;
        let strange = |text: &[u8]| OsStr::from_bytes(text).to_owned();
        let words = [strange(b"-top"), strange(b"-o=a\xff"), strange(b"-base=b\xff"), strange(b"c\xff")];
        let subject =
            parse(words).and_then(|invocation| invocation.arguments.subject()).expect("a good line");
        assert_eq!(subject.options.output.output, Some(strange(b"a\xff").into()));
        assert_eq!(subject.options.source.base, [strange(b"b\xff")]);
        assert_eq!(subject.sources, [strange(b"c\xff")]);
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
            (
                &["-top", "-focus=(", "p"],
                "invalid value for flag -focus: error parsing regexp: missing closing ): `(`",
            ),
            (
                &["-top", "-o", "", "-divide_by=0", "p"],
                "invalid value for flag -divide_by: zero divisor specified",
            ),
            (&["-text", "-tree", "p"], "must set at most one output format, not -text and -tree"),
            (&["-svg", "-png", "p"], "must set at most one output format, not -svg and -png"),
            (
                &["-text", "-http=:", "p"],
                "-http is not compatible with an output format on the command line: -text",
            ),
            (&["-top", "-lines", "-files", "p"], "conflicting options set: [lines files]"),
            (&["-top"], "no profile source specified"),
            (&["-top", "-", "-"], "standard input can be read only once"),
            (&["-top", "-", "-base=-"], "standard input can be read only once"),
            (
                &["-top", "-base=a", "-diff_base=b", "p"],
                "-base and -diff_base flags cannot both be specified",
            ),
            (&["-top", "-normalize", "p"], "must have base profile to normalize by"),
            (
                &["-top", "-mean=maybe", "p"],
                "invalid value for flag -mean: \"maybe\" is neither true nor false",
            ),
            (&["tui", "-top", "p"], "-top is not for hotlist tui"),
            (&["symbols", "-nodecount=5", "p"], "-nodecount is not for hotlist symbols"),
            (&["completions", "tcsh"], "usage: hotlist completions bash|zsh|fish"),
            (&["man", "x"], "usage: hotlist man"),
            (
                &["--show_bytes", "p"],
                "flag provided but not defined: -show_bytes is a flag of perl's pprof; here it is -unit=B",
            ),
        ] {
            assert_eq!(error(words), expected);
        }
    }
}
