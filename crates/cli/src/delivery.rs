//! Where a report goes and how it gets there: one set of rules for the command line and the shell.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use hotlist_fetch::{Named, write_beside};
use hotlist_render::{Context, OnTerminal};
use hotlist_session::{Error, Note};
use hotlist_shell::{ReportTask, Viewer};
use hotlist_tui::Pager;

use crate::console::Console;
use crate::environment::variable;
use crate::viewer;

/// Who asks for a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// The command line, whose output other programs may read.
    CommandLine,
    /// The shell, whose output people read.
    Shell {
        /// Whether long output is shown page by page.
        pager: bool,
    },
}

/// Where a report goes.
#[derive(Debug, PartialEq, Eq)]
enum Destination<'a> {
    /// Standard output, perhaps page by page.
    Stdout { pager: bool },
    /// A file that the user named; replaced when the report is complete.
    Named(&'a Path),
    /// A new file, since the report would spoil the terminal.
    Fresh,
    /// A temporary file that another program shows.
    Viewer(Viewer),
    /// A temporary file that a browser shows, or a new file where there is no browser.
    Browser,
}

/// A file or a program that was named comes first. What is not for terminals is kept away from them, and from the
/// shell, as in pprof.
fn destination<'a>(task: &'a ReportTask, face: Face, out_is_terminal: bool) -> Destination<'a> {
    if let Some(path) = &task.output {
        return Destination::Named(path);
    }
    if let Some(viewer) = task.viewer {
        return Destination::Viewer(viewer);
    }
    let is_read_by_people = out_is_terminal || face != Face::CommandLine;
    match task.drawing.on_terminal {
        OnTerminal::File if is_read_by_people => Destination::Fresh,
        OnTerminal::Browser if is_read_by_people => Destination::Browser,
        OnTerminal::Shown | OnTerminal::File | OnTerminal::Browser => {
            Destination::Stdout { pager: out_is_terminal && face == Face::Shell { pager: true } }
        }
    }
}

/// A function that writes a report, and can do so again.
pub(crate) type WriteReport<'a> = &'a mut dyn FnMut(&mut dyn Write, &Context) -> Result<(), Error>;

/// Brings what `write` writes to where `task` says.
///
/// # Errors
/// Those of `write`, and those of files and programs. An error of writing keeps its kind, whatever a drawing makes of
/// it.
pub(crate) fn deliver(
    task: &ReportTask,
    face: Face,
    console: &Console,
    write: WriteReport<'_>,
) -> Result<(), Error> {
    let plain = Context { colour: false, ..console.context() };
    let extension = task.drawing.extension;
    match destination(task, face, console.out_is_terminal) {
        Destination::Stdout { pager: false } => guarded(&mut console.stdout(), &console.context(), write),
        Destination::Stdout { pager: true } => {
            guarded(&mut Pager::new(console.stdout(), variable), &console.context(), write)
        }
        Destination::Named(path) => {
            announce(path, console);
            write_beside(path, |out| guarded(out, &plain, write))
        }
        Destination::Fresh => into_fresh_file(extension, console, &plain, write),
        Destination::Viewer(viewer) => viewer::show(viewer, extension, |out| guarded(out, &plain, write)),
        Destination::Browser => {
            match viewer::show(Viewer::Browser, extension, |out| guarded(out, &plain, write)) {
                // Without a browser there is still the page.
                Err(Error::Write(error)) if error.kind() == io::ErrorKind::NotFound => {
                    into_fresh_file(extension, console, &plain, write)
                }
                outcome => outcome,
            }
        }
    }
}

fn announce(path: &Path, console: &Console) {
    console.note(&Note::Info(format!("Generating report in {}", path.display())));
}

/// Writes the first of `profile001.…`, `profile002.…` that does not exist; nothing is left of it after a failure.
fn into_fresh_file(
    extension: &str,
    console: &Console,
    context: &Context,
    write: WriteReport<'_>,
) -> Result<(), Error> {
    let (path, file) = fresh_file(Path::new("."), extension)?;
    announce(&path, console);
    let outcome = guarded(&mut Named::new(BufWriter::new(file), path.display()), context, write);
    if outcome.is_err() {
        // The failure to report is the first one.
        let _ = std::fs::remove_file(&path);
    }
    outcome
}

fn fresh_file(folder: &Path, extension: &str) -> io::Result<(PathBuf, File)> {
    for number in 1..10_000 {
        let path = folder.join(format!("profile{number:03}.{extension}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let reason = format!("cannot create {}: {error}", path.display());
                return Err(io::Error::new(error.kind(), reason));
            }
        }
    }
    Err(io::Error::other(format!("there are too many files called profileNNN.{extension} here")))
}

/// Writes to `out`, and returns its own first error in place of what a drawing makes of it: encoders of pictures wrap
/// errors in theirs, and whether a reader has gone away must not get lost.
fn guarded(out: &mut dyn Write, context: &Context, write: WriteReport<'_>) -> Result<(), Error> {
    let mut out = FirstError { out, first: None };
    let outcome = write(&mut out, context).and_then(|()| Ok(out.flush()?));
    match out.first {
        Some(error) if outcome.is_err() => Err(Error::Write(error)),
        _ => outcome,
    }
}

/// A writer that keeps its first error and hands out a copy.
struct FirstError<'a> {
    out: &'a mut dyn Write,
    first: Option<io::Error>,
}

impl FirstError<'_> {
    fn keep<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| {
            // A writer tries again after an interruption.
            if self.first.is_some() || error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            let copy = io::Error::new(error.kind(), error.to_string());
            self.first = Some(error);
            copy
        })
    }
}

impl Write for FirstError<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.keep(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.keep(result)
    }
}

#[cfg(test)]
mod tests {
    use hotlist_session::ViewOptions;

    use super::*;

    fn task(report: &str, drawing: &str) -> ReportTask {
        ReportTask {
            report: hotlist_report::find(report).expect(report),
            argument: None,
            drawing: hotlist_render::find(drawing).expect(drawing),
            viewer: None,
            view: ViewOptions::default(),
            output: None,
        }
    }

    #[test]
    fn the_shell_and_a_terminal_are_spared_what_is_for_programs() {
        const SHELL: Face = Face::Shell { pager: true };
        let line = Face::CommandLine;
        for (report, drawing, face, out_is_terminal, expected) in [
            ("top", "text", line, false, Destination::Stdout { pager: false }),
            ("top", "text", line, true, Destination::Stdout { pager: false }),
            ("top", "text", SHELL, false, Destination::Stdout { pager: false }),
            ("top", "text", SHELL, true, Destination::Stdout { pager: true }),
            ("top", "json", SHELL, true, Destination::Stdout { pager: true }),
            ("dot", "svg", line, false, Destination::Stdout { pager: false }),
            ("dot", "svg", line, true, Destination::Fresh),
            ("dot", "svg", SHELL, false, Destination::Fresh),
            ("proto", "proto", line, true, Destination::Fresh),
            ("callgrind", "callgrind", SHELL, false, Destination::Fresh),
            ("weblist", "codepage", line, false, Destination::Stdout { pager: false }),
            ("weblist", "codepage", line, true, Destination::Browser),
            ("weblist", "codepage", SHELL, false, Destination::Browser),
        ] {
            let task = task(report, drawing);
            assert_eq!(destination(&task, face, out_is_terminal), expected, "{report} {drawing} {face:?}");
        }
    }

    #[test]
    fn what_was_named_comes_first() {
        let eog = Viewer::Program("eog");
        let mut task = ReportTask { viewer: Some(eog), ..task("dot", "svg") };
        assert_eq!(destination(&task, Face::CommandLine, true), Destination::Viewer(eog));
        task.output = Some("out.svg".into());
        assert_eq!(destination(&task, Face::CommandLine, true), Destination::Named(Path::new("out.svg")));
    }

    /// A reader that goes away at once.
    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn errors_of_writing_keep_their_kind() {
        let outcome = guarded(&mut Gone, &Context::plain(), &mut |out, _| {
            // As encoders do.
            out.write_all(b"x").map_err(|error| Error::Write(io::Error::other(error.to_string())))
        });
        match outcome {
            Err(Error::Write(error)) => assert_eq!(error.kind(), io::ErrorKind::BrokenPipe),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn new_files_take_the_first_free_number() {
        let folder = tempfile::tempdir().unwrap();
        for expected in ["profile001.svg", "profile002.svg"] {
            assert_eq!(fresh_file(folder.path(), "svg").unwrap().0, folder.path().join(expected));
        }
        let missing = fresh_file(&folder.path().join("none"), "svg").unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
