//! `hotlist -top profile`: loads profiles and writes a report.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hotlist_fetch::{Named, write_beside};
use hotlist_render::{Context, Drawing, OnTerminal};
use hotlist_report::{Report, ReportError, ShapeKind};
use hotlist_session::{Error, Note, Question};
use hotlist_shell::Viewer;

use crate::args::ReportRequest;
use crate::console::Console;
use crate::opening::{open, source_files};
use crate::viewer;

pub(crate) fn run(request: &ReportRequest, console: &Console) -> anyhow::Result<()> {
    let options = &request.subject.options;
    // Wishes that make no sense are refused before anything is read.
    let question =
        Question::new(request.report, request.argument.as_deref(), &options.view).map_err(Error::Usage)?;
    let drawing = request.drawing.unwrap_or_else(|| {
        by_file_name(request.report, &options.output.output)
            .unwrap_or_else(|| hotlist_render::of_report(request.report))
    });

    let session = open(&request.subject, console)?;
    let source = source_files(&options.view);
    let mut notes = Vec::new();
    let mut draw = |out: &mut dyn Write, context: &Context| {
        session.draw(&question, drawing, &source, out, context, &mut notes)
    };
    let outcome = match destination(request, drawing, console)? {
        Destination::Stdout => draw(&mut console.stdout(), &console.context()),
        Destination::File(path) => {
            console.note(&Note::Info(format!("Generating report in {}", path.display())));
            let context = Context { colour: false, ..console.context() };
            write_beside(&path, |out| draw(out, &context))
        }
        Destination::Browser => match viewer::show(Viewer::Browser, drawing.extension, |out| {
            let context = Context { colour: false, ..console.context() };
            session.draw(&question, drawing, &source, out, &context, &mut notes)
        }) {
            // Without a browser there is still the page.
            Err(Error::Write(_)) => {
                let (path, file) = fresh_file(drawing.extension)?;
                console.note(&Note::Info(format!("Generating report in {}", path.display())));
                let context = Context { colour: false, ..console.context() };
                notes.clear();
                session.draw(&question, drawing, &source, &mut buffered(file, &path), &context, &mut notes)
            }
            outcome => outcome,
        },
        Destination::Fresh(path, file) => {
            console.note(&Note::Info(format!("Generating report in {}", path.display())));
            draw(&mut buffered(file, &path), &Context { colour: false, ..console.context() })
        }
        Destination::Viewer(viewer) => {
            let context = Context { colour: false, ..console.context() };
            viewer::show(viewer, drawing.extension, |out| draw(out, &context))
        }
    };
    notes.iter().for_each(|note| console.note(note));
    // The process is about to end and the system takes its memory back faster than we could.
    std::mem::forget(session);
    outcome.map_err(|error| match error {
        // What is wrong with the profile itself is told with its name.
        Error::Report(ReportError::View(cause)) => {
            let name = match request.subject.sources.as_slice() {
                [only] => only.to_string_lossy(),
                _ => "the merged profile".into(),
            };
            anyhow::anyhow!("{name}: {cause}")
        }
        error => error.into(),
    })
}

/// What the name of a file says about the form of a flame graph, of which there is none that everybody
/// expects. For other reports a name is just a name, as in pprof.
fn by_file_name(report: &Report, file: &str) -> Option<&'static Drawing> {
    let extension = Path::new(file).extension()?.to_str()?;
    let fits = |drawing: &&Drawing| drawing.extension == extension && drawing.accepts(report.shape);
    (report.shape == ShapeKind::Flame).then(|| hotlist_render::ALL.iter().find(fits)).flatten()
}

/// Where a report goes.
enum Destination {
    Stdout,
    /// A file that users named; replaced when the report is complete.
    File(PathBuf),
    /// A file for the time being, shown in a browser.
    Browser,
    /// A new file, since what is written would spoil the terminal.
    Fresh(PathBuf, std::fs::File),
    /// A temporary file that another program shows.
    Viewer(Viewer),
}

fn destination(request: &ReportRequest, drawing: &Drawing, console: &Console) -> anyhow::Result<Destination> {
    let output = &request.subject.options.output.output;
    if !output.is_empty() {
        return Ok(Destination::File(PathBuf::from(output)));
    }
    if let Some(viewer) = request.viewer {
        return Ok(Destination::Viewer(viewer));
    }
    if !console.out_is_terminal {
        return Ok(Destination::Stdout);
    }
    Ok(match drawing.on_terminal {
        OnTerminal::Shown => Destination::Stdout,
        OnTerminal::Browser => Destination::Browser,
        OnTerminal::File => {
            let (path, file) = fresh_file(drawing.extension)?;
            Destination::Fresh(path, file)
        }
    })
}

/// A writer to a file, whose errors name it.
pub(crate) fn buffered(file: std::fs::File, path: &Path) -> impl Write {
    Named::new(BufWriter::new(file), path.display())
}

/// The first of `profile001.…`, `profile002.…` that does not exist.
pub(crate) fn fresh_file(extension: &str) -> anyhow::Result<(PathBuf, std::fs::File)> {
    for number in 1..10_000 {
        let path = Path::new(".").join(format!("profile{number:03}.{extension}"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("cannot create {}", path.display())),
        }
    }
    anyhow::bail!("there are too many files called profileNNN.{extension} here")
}
