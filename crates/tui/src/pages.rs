//! Long output, one screen at a time, where no other program shows it.
//!
//! What is shown stays in the scrollback of the terminal, so there is no need to scroll back here.

use std::io::{self, Write};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use unicode_width::UnicodeWidthChar;

use crate::pager::Stopped;

/// A writer that stops after each screenful and goes on when people want to see more.
pub(crate) struct Pages<W, T = Terminal> {
    out: W,
    terminal: T,
    /// Rows that may still be written before the next stop; `None` once everything is wanted.
    left: Option<usize>,
    column: usize,
    is_escape: bool,
}

/// What this asks of a terminal.
pub(crate) trait Screen {
    /// Columns and rows.
    fn size(&self) -> (usize, usize);
    /// Waits for a key that says how to go on.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    fn wait(&mut self) -> io::Result<Wanted>;
}

/// How to go on after a screenful.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Another line.
    Line,
    /// Another screen.
    Page,
    /// All that is left.
    Everything,
    /// Nothing more.
    Nothing,
}

/// The terminal of the process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terminal;

/// In ASCII, so that it can be cut anywhere.
const MORE: &str = " more: space  a line: Enter  all: a  stop: q ";
const ERASE: &str = "\r\x1b[K";
/// A tab stop is at every eighth column.
const TAB: usize = 8;

impl<W: Write> Pages<W> {
    /// Writes to `out`, which is the terminal of the process.
    pub(crate) fn new(out: W) -> Self {
        Pages::with_screen(out, Terminal)
    }
}

impl<W: Write, T: Screen> Pages<W, T> {
    fn with_screen(out: W, terminal: T) -> Self {
        let left = Some(page(&terminal));
        Pages { out, terminal, left, column: 0, is_escape: false }
    }

    /// Moves to the next row and stops when the screen is full.
    fn row(&mut self) -> io::Result<()> {
        self.column = 0;
        let Some(left) = &mut self.left else { return Ok(()) };
        *left = left.saturating_sub(1);
        if *left > 0 {
            return Ok(());
        }
        // In a narrow window there is room for its beginning.
        let room = self.terminal.size().0.saturating_sub(1).min(MORE.len());
        write!(self.out, "\x1b[7m{}\x1b[0m", &MORE[..room])?;
        self.out.flush()?;
        let wanted = self.terminal.wait();
        self.out.write_all(ERASE.as_bytes())?;
        self.left = match wanted? {
            Wanted::Line => Some(1),
            Wanted::Page => Some(page(&self.terminal)),
            Wanted::Everything => None,
            Wanted::Nothing => {
                self.out.flush()?;
                return Err(io::Error::other(Stopped));
            }
        };
        Ok(())
    }

    /// How many columns the character at the start of `text` takes, and how many bytes.
    fn step(&mut self, text: &str) -> (usize, usize) {
        let Some(character) = text.chars().next() else { return (0, 0) };
        let bytes = character.len_utf8();
        if self.is_escape {
            self.is_escape = !character.is_ascii_alphabetic();
            return (0, bytes);
        }
        match character {
            '\x1b' => {
                self.is_escape = true;
                (0, bytes)
            }
            '\t' => (TAB - self.column % TAB, bytes),
            other => (other.width().unwrap_or(0), bytes),
        }
    }
}

/// A screen with a row left for the question.
fn page<T: Screen>(terminal: &T) -> usize {
    terminal.size().1.saturating_sub(1).max(1)
}

impl<W: Write, T: Screen> Write for Pages<W, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left.is_none() {
            return self.out.write(bytes);
        }
        let width = self.terminal.size().0.max(1);
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) if error.valid_up_to() > 0 => {
                let valid = &bytes[..error.valid_up_to()];
                std::str::from_utf8(valid).unwrap_or_default()
            }
            Err(_) => return self.out.write(bytes),
        };
        let mut rest = text;
        while !rest.is_empty() {
            if rest.starts_with('\n') {
                self.out.write_all(b"\n")?;
                rest = &rest[1..];
                self.row()?;
                if self.left.is_none() {
                    break;
                }
                continue;
            }
            // As much as fits into the row is written in one go.
            let mut end = 0;
            let mut is_full = false;
            while end < rest.len() && !rest[end..].starts_with('\n') {
                let (columns, length) = self.step(&rest[end..]);
                if self.column + columns > width {
                    is_full = true;
                    break;
                }
                self.column += columns;
                end += length;
            }
            self.out.write_all(&rest.as_bytes()[..end])?;
            rest = &rest[end..];
            if is_full {
                self.row()?;
            }
        }
        Ok(text.len() - rest.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Screen for Terminal {
    fn size(&self) -> (usize, usize) {
        match size() {
            // Where the system does not know how large the terminal is, it is as large as most.
            Err(_) | Ok((0, _) | (_, 0)) => (80, 24),
            Ok((columns, rows)) => (columns.into(), rows.into()),
        }
    }

    fn wait(&mut self) -> io::Result<Wanted> {
        enable_raw_mode()?;
        let wanted = wanted();
        disable_raw_mode()?;
        wanted
    }
}

fn wanted() -> io::Result<Wanted> {
    loop {
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        return Ok(match key.code {
            KeyCode::Char('c' | 'd') if control => Wanted::Nothing,
            KeyCode::Char('q') | KeyCode::Esc => Wanted::Nothing,
            KeyCode::Char(' ' | 'f') | KeyCode::PageDown => Wanted::Page,
            KeyCode::Enter | KeyCode::Char('j') | KeyCode::Down => Wanted::Line,
            KeyCode::Char('a' | 'G') | KeyCode::End => Wanted::Everything,
            _ => continue,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A screen of 10 by 4 on which these keys are pressed.
    struct Pressed<'w>(std::slice::Iter<'w, Wanted>);

    impl Screen for Pressed<'_> {
        fn size(&self) -> (usize, usize) {
            (10, 4)
        }

        fn wait(&mut self) -> io::Result<Wanted> {
            Ok(self.0.next().copied().unwrap_or(Wanted::Nothing))
        }
    }

    /// What is written before each stop.
    fn pages(text: &str, wanted: &[Wanted]) -> Vec<String> {
        let mut out = Vec::new();
        let mut pages = Pages::with_screen(&mut out, Pressed(wanted.iter()));
        let _ = pages.write_all(text.as_bytes());
        let written = String::from_utf8(out).expect("text stays text").replace(ERASE, "");
        written.split("\x1b[7m more: sp\x1b[0m").map(str::to_owned).collect()
    }

    #[test]
    fn stops_after_each_screen() {
        let text = "1\n2\n3\n4\n5\n6\n7\n8\n";
        assert_eq!(pages(text, &[]), ["1\n2\n3\n", ""]);
        assert_eq!(pages(text, &[Wanted::Line, Wanted::Page]), ["1\n2\n3\n", "4\n", "5\n6\n7\n", ""]);
        assert_eq!(pages(text, &[Wanted::Everything]), ["1\n2\n3\n", "4\n5\n6\n7\n8\n"]);
        assert_eq!(pages("1\n2\n", &[]), ["1\n2\n"]);
    }

    #[test]
    fn long_lines_take_several_rows() {
        let long = "x".repeat(25);
        assert_eq!(
            pages(&format!("{long}\nend\n"), &[Wanted::Page]),
            [format!("{long}\n"), "end\n".to_owned()]
        );
        let wide = "\u{1b}[31m日本語日本\u{1b}[0m";
        assert_eq!(pages(&format!("{wide}\n\n\nend\n"), &[Wanted::Page])[1], "end\n");
    }
}
