//! Long output for people at a terminal: in the pager of their choice, or page by page.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::pages::Pages;

/// A writer for output that may be longer than the screen.
///
/// The variable `PAGER` names the program that shows it, with its flags. Without it, or where there is no
/// such program, output stops after each screenful. An empty `PAGER`, and `cat`, show everything at once.
pub struct Pager<W>(Way<W>);

enum Way<W> {
    Pages(Pages<W>),
    Program(Program),
    Everything(W),
}

/// The error of writing more after people have seen enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl Stopped {
    /// Whether this is what `error` means.
    pub fn is(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inner| inner.is::<Stopped>())
    }
}

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

impl<W: Write> Pager<W> {
    /// Shows what is written on the terminal of the process, of which `out` is the output. `variable` looks up
    /// environment variables.
    pub fn new(out: W, variable: impl Fn(&str) -> Option<OsString>) -> Pager<W> {
        let path = variable("PATH");
        Pager(match chosen(variable("PAGER"), |program| exists(program, path.as_deref())) {
            Chosen::Pages => Way::Pages(Pages::new(out)),
            Chosen::Everything => Way::Everything(out),
            Chosen::Program(command) => match Program::start(&command, variable) {
                Ok(program) => Way::Program(program),
                Err(_) => Way::Pages(Pages::new(out)),
            },
        })
    }
}

impl<W: Write> Write for Pager<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Way::Pages(pages) => pages.write(bytes),
            Way::Program(program) => program.write(bytes),
            Way::Everything(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Way::Pages(pages) => pages.flush(),
            Way::Program(program) => program.flush(),
            Way::Everything(out) => out.flush(),
        }
    }
}

/// What `PAGER` asks for.
#[derive(Debug, PartialEq, Eq)]
enum Chosen {
    Pages,
    Everything,
    /// A command for the shell.
    Program(String),
}

fn chosen(variable: Option<OsString>, exists: impl Fn(&str) -> bool) -> Chosen {
    // A command that is not text is none that we could start.
    let Some(command) = variable.and_then(|command| command.into_string().ok()) else { return Chosen::Pages };
    match command.split_whitespace().next() {
        None | Some("cat") => Chosen::Everything,
        Some(program) if exists(program) => Chosen::Program(command),
        Some(_) => Chosen::Pages,
    }
}

/// Whether there is a program of this name or path.
fn exists(program: &str, path: Option<&OsStr>) -> bool {
    if program.contains(std::path::is_separator) {
        return Path::new(program).exists();
    }
    let names = [program.to_owned(), format!("{program}.exe")];
    path.is_some_and(|path| {
        std::env::split_paths(path).any(|folder| names.iter().any(|name| folder.join(name).is_file()))
    })
}

/// Another program that shows what is written to it. It is waited for when this goes out of scope.
struct Program {
    child: Child,
    /// There until the end.
    input: Option<ChildStdin>,
}

impl Program {
    fn start(command: &str, variable: impl Fn(&str) -> Option<OsString>) -> io::Result<Program> {
        let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        let mut process = Command::new(shell);
        process.args([flag, command]).stdin(Stdio::piped());
        // As git does: colours are shown, and what fits on the screen stays there without a question.
        for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if variable(name).is_none() {
                process.env(name, value);
            }
        }
        let mut child = process.spawn()?;
        let input = child.stdin.take();
        Ok(Program { child, input })
    }

    fn input(&mut self) -> io::Result<&mut ChildStdin> {
        self.input.as_mut().ok_or_else(|| io::Error::other(Stopped))
    }
}

impl Write for Program {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.input()?.write(bytes).map_err(stopped)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input()?.flush().map_err(stopped)
    }
}

/// A pager that has ended has shown enough.
fn stopped(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => io::Error::other(Stopped),
        _ => error,
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        // How it ended is between it and its user.
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_chooses() {
        let of = |text: Option<&str>| chosen(text.map(OsString::from), |program| program == "less");
        assert_eq!(of(None), Chosen::Pages);
        assert_eq!(of(Some("")), Chosen::Everything);
        assert_eq!(of(Some("cat -v")), Chosen::Everything);
        assert_eq!(of(Some("less -S")), Chosen::Program("less -S".to_owned()));
        assert_eq!(of(Some("nosuchprogram")), Chosen::Pages);
    }
}
