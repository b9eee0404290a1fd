//! `hotlist -top profile`: loads profiles and writes a report.

use std::path::Path;

use hotlist_render::Drawing;
use hotlist_report::{Report, ReportError, ShapeKind};
use hotlist_session::{Error, Note, Question};
use hotlist_shell::{Action, ReportTask};

use crate::args::{ArgsError, Arguments};
use crate::console::Console;
use crate::delivery::{Face, deliver};
use crate::opening::{open, source_files};

pub(crate) fn run(arguments: Arguments, console: &Console) -> anyhow::Result<()> {
    let task = task(&arguments).ok_or(ArgsError::NoSource)?;
    // What makes no sense is refused before anything is read.
    let question = Question::new(task.report, task.argument.as_deref(), &task.view).map_err(Error::Usage)?;
    let subject = arguments.subject()?;
    let session = open(&subject, console)?;
    if let Some(other) = session.another_sample_type(&question) {
        console.note(&Note::Warning(format!(
            "All values are 0; -sample_index={other} shows others that the profile has."
        )));
    }
    let source = source_files(&task.view);
    let mut notes = Vec::new();
    let outcome = deliver(&task, Face::CommandLine, console, &mut |out, context| {
        notes.clear();
        session.draw(&question, task.drawing, &source, out, context, &mut notes)
    });
    notes.iter().for_each(|note| console.note(note));
    // The process is about to end and the system takes its memory back faster than we could.
    std::mem::forget(session);
    outcome.map_err(|error| match error {
        // What is wrong with the profile itself is told with its name.
        Error::Report(ReportError::View(cause)) => {
            let name = match subject.sources.as_slice() {
                [only] => only.to_string_lossy(),
                _ => "the merged profile".into(),
            };
            anyhow::anyhow!("{name}: {cause}")
        }
        error => error.into(),
    })
}

/// The report that a command line asks for.
fn task(arguments: &Arguments) -> Option<ReportTask> {
    let (report, argument) = arguments.report.clone()?;
    let output = arguments.options.output.output.clone();
    let (drawing, viewer) = match arguments.form.map(|form| form.action) {
        Some(Action::Report { drawing, viewer, .. }) => (drawing, viewer),
        _ => {
            let named = output.as_deref().and_then(|file| by_file_name(report, file));
            (named.unwrap_or_else(|| hotlist_render::of_report(report)), None)
        }
    };
    Some(ReportTask { report, argument, drawing, viewer, view: arguments.options.view.clone(), output })
}

/// What the name of a file says about the form of a flame graph, for which there is no usual one.
/// For other reports a name is just a name, as in pprof.
fn by_file_name(report: &Report, file: &Path) -> Option<&'static Drawing> {
    let extension = file.extension()?.to_str()?;
    let fits = |drawing: &&Drawing| drawing.extension == extension && drawing.accepts(report.shape);
    (report.shape == ShapeKind::Flame).then(|| hotlist_render::ALL.iter().find(fits)).flatten()
}
