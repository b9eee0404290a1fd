//! `hotlist -top profile`: loads profiles and writes a report.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use hotlist_fetch::{Environment, Fetcher, TlsOptions, write_beside};
use hotlist_render::{Context, Drawing};
use hotlist_report::ReportError;
use hotlist_session::{Error, Note, Options, Progress, Question, Session, SourceFiles, load};

use crate::args::ReportRequest;
use crate::console::Console;
use crate::progress::with_bar;

pub(crate) fn run(request: &ReportRequest, console: &Console) -> anyhow::Result<()> {
    let options = &request.options;
    // Wishes that make no sense are refused before anything is read.
    let question =
        Question::new(request.report, request.argument.as_deref(), &options.view).map_err(Error::Usage)?;
    let drawing = match request.drawing.and_then(hotlist_render::find) {
        Some(drawing) => drawing,
        None => request.report.drawing.into(),
    };

    let session = open(request, console)?;
    let current = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let source = SourceFiles::new(&options.view.source_path, &options.view.trim_path, &current, |name| {
        std::env::var(name).ok()
    });
    let mut notes = Vec::new();
    let mut draw = |out: &mut dyn Write, context: &Context| {
        session.draw(&question, drawing, &source, out, context, &mut notes)
    };
    let outcome = match destination(options, drawing, console)? {
        Destination::Stdout => draw(&mut console.stdout(), &console.context()),
        Destination::File(path) => {
            console.note(&Note::Info(format!("Generating report in {}", path.display())));
            let context = Context { colour: false, ..console.context() };
            write_beside(&path, |out| draw(out, &context))
        }
        Destination::Fresh(path, file) => {
            console.note(&Note::Info(format!("Generating report in {}", path.display())));
            draw(&mut BufWriter::new(file), &Context { colour: false, ..console.context() })
        }
    };
    notes.iter().for_each(|note| console.note(note));
    // The process is about to end and the system takes its memory back faster than we could.
    std::mem::forget(session);
    outcome.map_err(|error| match error {
        // What is wrong with the profile itself is told with its name.
        Error::Report(ReportError::View(cause)) => {
            let name = match request.sources.as_slice() {
                [only] => only.as_str(),
                _ => "the merged profile",
            };
            anyhow::anyhow!("{name}: {cause}")
        }
        error => error.into(),
    })
}

/// Loads what the command line names.
fn open(request: &ReportRequest, console: &Console) -> anyhow::Result<Session> {
    let source = &request.options.source;
    let environment = Environment::from_lookup(|name| std::env::var_os(name));
    let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
    let tls =
        TlsOptions { cert: path(&source.tls_cert), key: path(&source.tls_key), ca: path(&source.tls_ca) };
    let fetcher = Fetcher::new(tls, environment.clone()).map_err(Error::Fetch)?;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let progress = Progress::default();
    let loaded = with_bar(console, &progress, || {
        load(
            &request.sources,
            request.binary.as_deref(),
            source,
            request.options.view.normalize,
            &fetcher,
            &environment,
            threads,
            &progress,
            &|notice| console.note(&Note::Info(notice.to_string())),
        )
    })?;
    loaded.notes.iter().for_each(|note| console.note(note));
    Ok(Session::new(loaded.profile, threads))
}

/// Where a report goes.
enum Destination {
    Stdout,
    /// A file that users named; replaced when the report is complete.
    File(PathBuf),
    /// A new file, since what is written would spoil the terminal.
    Fresh(PathBuf, std::fs::File),
}

fn destination(options: &Options, drawing: &Drawing, console: &Console) -> anyhow::Result<Destination> {
    let output = &options.output.output;
    if !output.is_empty() {
        return Ok(Destination::File(PathBuf::from(output)));
    }
    if drawing.binary && console.out_is_terminal {
        let (path, file) = fresh_file(drawing.extension)?;
        return Ok(Destination::Fresh(path, file));
    }
    Ok(Destination::Stdout)
}

/// The first of `profile001.…`, `profile002.…` that does not exist.
fn fresh_file(extension: &str) -> anyhow::Result<(PathBuf, std::fs::File)> {
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
