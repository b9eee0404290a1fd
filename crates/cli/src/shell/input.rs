//! Where the lines come from: a line editor, or a script line by line.

use std::io::{self, BufRead, Read};

use hotlist_session::Session;

use super::Author;
use super::editor::LineEditor;
use crate::console::Console;

/// A source of lines.
pub(super) enum Input<'s> {
    /// People at a terminal.
    Editor(Box<LineEditor<'s>>),
    /// A script on standard input.
    Script,
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line.
    Text(String),
    /// A line that was left out since no command is this long.
    TooLong,
    /// There are no more lines.
    End,
}

/// Longer lines are no commands.
const LONGEST: u64 = 1 << 20;

impl<'s> Input<'s> {
    pub(super) fn new(author: Author, console: &Console, session: &'s Session) -> Input<'s> {
        match author {
            Author::People => Input::Editor(Box::new(LineEditor::new(console, session))),
            Author::Script => Input::Script,
        }
    }

    /// The next line. What is typed by hand goes into the history.
    pub(super) fn read(&mut self) -> io::Result<Line> {
        match self {
            Input::Editor(editor) => editor.read(),
            Input::Script => read_line(&mut io::stdin().lock()),
        }
    }
}

/// Reads a line, which the end of the input may cut short.
fn read_line(input: &mut impl BufRead) -> io::Result<Line> {
    let mut line = Vec::new();
    let count = input.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
    if count == 0 {
        return Ok(Line::End);
    }
    if count as u64 == LONGEST && !line.ends_with(b"\n") {
        while input.by_ref().take(LONGEST).read_until(b'\n', &mut line)? > 0 && !line.ends_with(b"\n") {
            line.clear();
        }
        return Ok(Line::TooLong);
    }
    Ok(Line::Text(String::from_utf8_lossy(&line).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_the_input_does() {
        let long = vec![b'x'; 3 << 20];
        let mut input = [b"top\n\xff\n", &long[..], b"\ntree"].concat();
        let mut input = io::Cursor::new(std::mem::take(&mut input));
        let mut next = || read_line(&mut input).expect("memory can be read");
        assert_eq!(next(), Line::Text("top\n".to_owned()));
        assert_eq!(next(), Line::Text("\u{fffd}\n".to_owned()));
        assert_eq!(next(), Line::TooLong);
        assert_eq!(next(), Line::Text("tree".to_owned()));
        assert_eq!(next(), Line::End);
    }
}
