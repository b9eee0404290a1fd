//! The terminal of the process: fit for a screen or not, taken over and given back.

use std::io::{self, IsTerminal, Stdout, Write};
use std::panic;
use std::thread;

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::{Frame, Terminal};

use crate::theme::Colours;

/// Why there can be no screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Input or output is a file or a pipe.
    NoTerminal,
    /// The terminal cannot place text, or does not say what it can.
    Dumb,
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unfit::NoTerminal => "the full screen needs a terminal for input and output",
            Unfit::Dumb => "the full screen needs a terminal that can place text (TERM is dumb or not set)",
        })
    }
}

impl std::error::Error for Unfit {}

/// Whether the process has a terminal that is fit for a screen, and with how many colours.
///
/// # Errors
/// Why not.
pub fn fit_for(variable: impl Fn(&str) -> Option<String>) -> Result<Colours, Unfit> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Unfit::NoTerminal);
    }
    match variable("TERM").as_deref() {
        // Consoles of Windows place text, and TERM is not usual there.
        None | Some("") if cfg!(windows) => Ok(Colours::from_environment(variable)),
        None | Some("" | "dumb") => Err(Unfit::Dumb),
        Some(_) => Ok(Colours::from_environment(variable)),
    }
}

/// The terminal while a screen is on it. It is given back when this goes out of scope, and when the
/// thread that took it over panics.
pub(crate) struct Screen {
    /// There until the end.
    terminal: Option<Terminal<CrosstermBackend<Stdout>>>,
}

impl Screen {
    pub(crate) fn take() -> io::Result<Screen> {
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        enter()?;
        let owner = thread::current().id();
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            // A panic of another thread is told in its view and must not be written over the screen.
            if thread::current().id() == owner {
                leave();
                before(panic);
            }
        }));
        Ok(Screen { terminal: Some(terminal) })
    }

    /// Draws what has changed.
    pub(crate) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.as_mut().map_or(Ok(()), |terminal| terminal.draw(draw).map(|_| ()))
    }

    /// Gives the terminal back, calls `stop`, and takes it over once more.
    pub(crate) fn suspend(&mut self, stop: impl FnOnce()) -> io::Result<()> {
        leave();
        stop();
        enter()?;
        self.clear()
    }

    /// Lets everything be drawn anew. (The method of this name of the library first asks the terminal
    /// where its cursor is, and not all answer.)
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        let Some(terminal) = &mut self.terminal else { return Ok(()) };
        let size = terminal.size()?;
        terminal.resize(size.into())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
        if is_gone() {
            // The library would complain on a standard error that has gone, too, and panic.
            std::mem::forget(self.terminal.take());
        }
        if !thread::panicking() {
            // Back to the hook that every process begins with.
            let _ = panic::take_hook();
        }
    }
}

/// Whether the terminal was closed.
pub(crate) fn is_gone() -> bool {
    #[cfg(unix)]
    let is_gone = rustix::termios::tcgetattr(io::stdin()).is_err();
    // The system ends processes whose window is closed.
    #[cfg(not(unix))]
    let is_gone = false;
    is_gone
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, Hide)
}

/// As much as can be done; the terminal may have gone away.
fn leave() {
    let mut out = io::stdout();
    let _ = execute!(out, DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

#[cfg(test)]
mod tests {
    use hotlist_testkit::{Program, Terminal, testdata};

    use super::*;

    /// Run by the next test in a separate terminal.
    #[test]
    #[ignore = "needs a terminal, and panics"]
    fn a_panic_with_a_screen() {
        let mut screen = Screen::take().expect("there is a terminal");
        screen.draw(|frame| frame.render_widget("drawn", frame.area())).expect("the screen is drawn");
        // The terminal is looked at before it is given back.
        let mut line = String::new();
        io::stdin().read_line(&mut line).expect("a key is pressed");
        panic!("the screen fails");
    }

    #[test]
    fn a_panic_gives_the_terminal_back() {
        let own = std::env::current_exe().expect("a test is a program");
        let program = Program::new(own, testdata("profiles"));
        let words = ["--ignored", "--exact", "terminal::tests::a_panic_with_a_screen", "--nocapture"];
        let mut terminal = Terminal::open(&program, &words, (80, 24), &[("TERM", "xterm")]);
        terminal.wait_for_text("drawn");
        assert!(!terminal.is_restored());
        terminal.send("\r\n");
        assert_ne!(terminal.wait(), (0, None));
        assert!(terminal.is_restored());
        assert!(terminal.text().contains("the screen fails"), "{}", terminal.text());
    }
}
