//! Editing lines: history, completion, colour.

use std::borrow::Cow;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use hotlist_profile::Profile;
use hotlist_render::clean;
use hotlist_session::Session;
use hotlist_shell::{Completion, complete, find, find_variable};
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::config::{Behavior, Configurer};
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::history::{FileHistory, History};
use rustyline::validate::Validator;
use rustyline::{CompletionType, Config, Context, Editor, Helper};

use super::input::Line;
use crate::console::Console;
use crate::environment::variable;

const PROMPT: &str = "(hotlist) ";
const HISTORY_LENGTH: usize = 1000;

/// Lines typed by people.
pub(super) struct LineEditor<'s> {
    editor: Option<Editor<Words<'s>, FileHistory>>,
    history: Option<PathBuf>,
}

impl<'s> LineEditor<'s> {
    pub(super) fn new(console: &Console, session: &'s Session) -> LineEditor<'s> {
        let behavior = if io::stdout().is_terminal() { Behavior::Stdio } else { Behavior::PreferTerm };
        let config = Config::builder()
            .behavior(behavior)
            .completion_type(CompletionType::List)
            .history_ignore_space(true)
            .build();
        let mut editor = Editor::with_config(config).ok();
        let history = history_file();
        if let Some(editor) = &mut editor {
            let _ = editor.set_max_history_size(HISTORY_LENGTH);
            editor.set_helper(Some(Words {
                profile: session.profile(),
                files: FilenameCompleter::new(),
                hints: HistoryHinter::new(),
                colour: console.err_colour,
            }));
            // There is none the first time, and the shell works as well without.
            if let Some(path) = &history {
                let _ = editor.load_history(path);
            }
        }
        LineEditor { editor, history }
    }

    /// The next line.
    pub(super) fn read(&mut self) -> io::Result<Line> {
        let Some(editor) = &mut self.editor else { return Ok(Line::End) };
        loop {
            match editor.readline(PROMPT) {
                Ok(text) => {
                    let mut is_new = false;
                    for line in text.lines() {
                        is_new |= editor.history_mut().add(line).unwrap_or(false);
                    }
                    if let (true, Some(path)) = (is_new, &self.history) {
                        let _ = editor.append_history(path);
                    }
                    return Ok(Line::Text(text));
                }
                // The line is given up, the shell goes on.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(Line::End),
                Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    return Ok(Line::Text(String::new()));
                }
                // The terminal has gone away.
                Err(ReadlineError::Io(_)) => return Ok(Line::End),
                #[cfg(unix)]
                Err(ReadlineError::Errno(_)) => return Ok(Line::End),
                Err(error) => return Err(io::Error::other(error.to_string())),
            }
        }
    }
}

/// Where lines are remembered: a file in the folder for the state of programs.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    let own = state.join("hotlist");
    fs::create_dir_all(&own).ok()?;
    Some(own.join("history"))
}

/// What the editor knows about words.
struct Words<'s> {
    profile: &'s Profile,
    files: FilenameCompleter,
    hints: HistoryHinter,
    colour: bool,
}

impl Helper for Words<'_> {}
impl Validator for Words<'_> {}

impl Completer for Words<'_> {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        match complete(self.profile, line, position) {
            Completion::Words { start, words } => {
                let pairs = words
                    .into_iter()
                    .map(|(shown, replacement)| Pair { display: clean(&shown).into_owned(), replacement });
                Ok((start, pairs.collect()))
            }
            Completion::File(start) => {
                let (from, pairs) = self.files.complete_path(&line[start..], position - start)?;
                Ok((start + from, pairs))
            }
        }
    }
}

impl Hinter for Words<'_> {
    type Hint = String;

    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<String> {
        if self.colour { self.hints.hint(line, position, context) } else { None }
    }
}

impl Highlighter for Words<'_> {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.colour { format!("\x1b[1m{prompt}\x1b[0m").into() } else { prompt.into() }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        format!("\x1b[2m{hint}\x1b[0m").into()
    }

    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
        let (first, rest) = line.split_at(end);
        if !self.colour || first.is_empty() {
            return line.into();
        }
        let letters = first.trim_end_matches(|c: char| c.is_ascii_digit());
        if find_variable(first).is_some() {
            format!("\x1b[36m{first}\x1b[0m{rest}").into()
        } else if find(first).or_else(|| find(letters)).is_some() {
            format!("\x1b[32m{first}\x1b[0m{rest}").into()
        } else {
            line.into()
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.colour
    }
}
