//! What the process writes to: standard output, notes on standard error, and the exit code.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;

use hotlist_fetch::Named;
use hotlist_render::{Context, clean};
use hotlist_session::Note;
use jiff::tz::TimeZone;

use crate::args::ArgsError;
use crate::environment::variable;

/// Standard output and standard error, and whether people look at them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    /// Standard output is a terminal.
    pub(crate) out_is_terminal: bool,
    /// Standard error is a terminal.
    pub(crate) err_is_terminal: bool,
    /// Whether colours are welcome on standard error.
    pub(crate) err_colour: bool,
    colour: bool,
}

/// The exit code of a command line that makes no sense; all other failures give 1, but where a command has codes of
/// its own.
const USAGE: u8 = 2;

/// How a command ends that answers by its exit code, as diff(1) and time(1) do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ending {
    /// The answer was written, and it is that something is amiss: 1.
    #[error("something is amiss")]
    Amiss,
    /// There is no answer: 2.
    #[error("{0}")]
    NoAnswer(anyhow::Error),
    /// A program that was started has ended with this code.
    #[error("the program has ended with {0}")]
    Program(u8),
    /// A program could not be started: the code that a shell gives for that.
    #[error("{1}")]
    NotStarted(u8, anyhow::Error),
}

impl Console {
    pub(crate) fn of_process() -> Console {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let out_is_terminal = io::stdout().is_terminal();
        let dumb = variable("TERM").is_some_and(|term| term == "dumb");
        let welcome = !set("NO_COLOR") && !dumb;
        let err_is_terminal = io::stderr().is_terminal();
        Console {
            out_is_terminal,
            err_is_terminal,
            err_colour: err_is_terminal && welcome,
            colour: out_is_terminal && welcome,
        }
    }

    /// How to draw for standard output.
    pub(crate) fn context(&self) -> Context {
        Context { time_zone: local_time_zone(), colour: self.colour }
    }

    /// Standard output, buffered.
    pub(crate) fn stdout(&self) -> impl Write {
        Named::new(BufWriter::with_capacity(64 << 10, io::stdout().lock()), "standard output")
    }

    /// Tells people what they should know. What merely went well is told only to a terminal.
    pub(crate) fn note(&self, note: &Note) {
        match note {
            Note::Warning(text) => self.say(text),
            Note::Info(text) if self.err_is_terminal => self.say(text),
            Note::Info(_) => {}
        }
    }

    /// Writes a line to standard error. A failure of that could be told nowhere.
    pub(crate) fn say(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", clean(text));
    }

    /// Says what is wrong, in red where there are colours.
    pub(crate) fn complain(&self, text: &str) {
        if self.err_colour {
            let _ = writeln!(io::stderr(), "\x1b[31m{}\x1b[0m", clean(text));
        } else {
            self.say(text);
        }
    }

    /// Reports how the program ended. A reader that has gone away is no failure.
    pub(crate) fn exit_code(&self, outcome: anyhow::Result<()>) -> ExitCode {
        let Err(error) = outcome else { return ExitCode::SUCCESS };
        let (error, code) = match error.downcast() {
            Ok(Ending::Amiss) => return ExitCode::FAILURE,
            Ok(Ending::Program(code)) => return ExitCode::from(code),
            Ok(Ending::NoAnswer(error)) => (error, Some(USAGE)),
            Ok(Ending::NotStarted(code, error)) => (error, Some(code)),
            Err(error) => (error, None),
        };
        let is_broken_pipe = error.chain().any(|cause| {
            cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
                || matches!(
                    cause.downcast_ref::<hotlist_session::Error>(),
                    Some(hotlist_session::Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe
                )
        });
        if is_broken_pipe && code.is_none() {
            return ExitCode::SUCCESS;
        }
        self.say(&format!("hotlist: {error}"));
        if let Some(hint) = hint(&error) {
            self.say(hint);
        }
        let usage =
            error.is::<ArgsError>() || matches!(error.downcast_ref(), Some(hotlist_session::Error::Usage(_)));
        match code {
            Some(code) => ExitCode::from(code),
            None if usage => ExitCode::from(USAGE),
            None => ExitCode::FAILURE,
        }
    }
}

/// What to do about an error.
fn hint(error: &anyhow::Error) -> Option<&'static str> {
    if let Some(ArgsError::NoSource) = error.downcast_ref() {
        return Some("usage: hotlist -top [options] [binary] profile...   (hotlist -help lists all options)");
    }
    match error.downcast_ref() {
        Some(hotlist_session::Error::Fetch(error)) => error.hint(),
        _ => None,
    }
}

/// The time zone of this machine.
///
/// Unless TZ asks for another one it is read from where systems keep it, and no database is searched for
/// its name, which takes longer than a small report.
fn local_time_zone() -> TimeZone {
    if variable("TZ").is_none()
        && let Ok(data) = std::fs::read("/etc/localtime")
        && let Ok(zone) = TimeZone::tzif("Local", &data)
    {
        return zone;
    }
    TimeZone::system()
}
