//! `hotlist profile`: the interactive shell.
//!
//! What lines mean is decided in `hotlist-shell`; here are the terminal, the pager and the files.

mod editor;
mod input;
mod runner;

use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

use hotlist_session::{Error, Question, Session};
use hotlist_shell::{Shell, Step};
use hotlist_tui::{Pager, Signals, Stopped};

use crate::args::Subject;
use crate::console::Console;
use crate::environment::variable;
use crate::opening::open_profiles;
use input::{Input, Line};
use runner::Runner;

/// Who types the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    /// People at a terminal.
    People,
    /// A script.
    Script,
}

pub(crate) fn run(subject: Subject, console: &Console) -> anyhow::Result<()> {
    let question =
        Question::new(&hotlist_report::ALL[0], None, &subject.options.view).map_err(Error::Usage)?;
    let profiles = Arc::new(open_profiles(&subject, console)?);
    let session = &profiles.whole().session;
    greet(session, &question, console);
    let author = if io::stdin().is_terminal() { Author::People } else { Author::Script };
    let signals = match author {
        Author::People => Some(Signals::new()?),
        // In a script Ctrl-C ends the process, as everywhere.
        Author::Script => None,
    };
    let mut runner = Runner::new(Arc::clone(&profiles), console, signals);
    let mut shell = Shell::new(subject.options, session.profile());
    let mut input = Input::new(author, console, session);
    let outcome = converse(&mut shell, &mut input, &mut runner, console);
    // The process is about to end and the system takes its memory back faster than we could.
    std::mem::forget(profiles);
    outcome
}

fn converse(
    shell: &mut Shell<'_>,
    input: &mut Input<'_>,
    runner: &mut Runner<'_>,
    console: &Console,
) -> anyhow::Result<()> {
    loop {
        let text = match input.read()? {
            Line::Text(text) => text,
            Line::TooLong => {
                console.complain("a line this long is no command");
                continue;
            }
            Line::End => return Ok(()),
        };
        // What is pasted may be several lines.
        for line in text.lines() {
            for step in shell.read(line) {
                if take(step, shell, runner, console).is_break() {
                    return Ok(());
                }
            }
        }
    }
}

/// Does what a line asks for; breaks when the session is over.
fn take(step: Step, shell: &Shell<'_>, runner: &mut Runner<'_>, console: &Console) -> ControlFlow<()> {
    match step {
        Step::Report(task) => match runner.run(&task, shell.pager) {
            // The answers have no reader any more.
            Err(Error::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ControlFlow::Break(());
            }
            Err(Error::Write(error)) if Stopped::is(&error) => {}
            Err(error) => console.complain(&error.to_string()),
            Ok(()) => {}
        },
        Step::Show(text) => show(&text, shell.pager, console),
        Step::Complain(text) => console.complain(&text),
        Step::FullScreen => {
            if let Err(error) = runner.full_screen(&shell.options.view) {
                console.complain(&error.to_string());
            }
        }
        Step::Quit => return ControlFlow::Break(()),
    }
    ControlFlow::Continue(())
}

/// Says what was opened.
fn greet(session: &Session, question: &Question, console: &Console) {
    match session.header(question) {
        Ok(header) => {
            for line in hotlist_render::profile_lines(&header, &console.context()) {
                console.say(&line);
            }
            if session.another_sample_type(question).is_some() {
                console.say("No samples were found with the default sample value type.");
                console.say("Try \"sample_index\" command to analyze different sample values.");
            }
        }
        Err(error) => console.complain(&error.to_string()),
    }
    console.say("Entering interactive mode (type \"help\" for commands, \"o\" for options)");
}

/// Shows help to people. Like messages it is not part of what a script asked for.
fn show(text: &str, pager: bool, console: &Console) {
    let mut err = io::stderr().lock();
    let lines = text.lines().map(hotlist_render::clean).collect::<Vec<_>>().join("\n") + "\n";
    // A failure could be told nowhere.
    let _ = if pager && console.err_is_terminal && io::stdin().is_terminal() {
        Pager::new(err, variable).write_all(lines.as_bytes())
    } else {
        err.write_all(lines.as_bytes())
    };
}
