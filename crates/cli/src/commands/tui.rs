//! `hotlist tui profile`: the profile on the full screen.

use std::sync::Arc;

use hotlist_session::{Error, Question, Session, ViewOptions};
use hotlist_tui::{Signals, Source, fit_for};

use crate::args::Subject;
use crate::console::Console;
use crate::opening::{open, source_files};

pub(crate) fn run(subject: Subject, console: &Console) -> anyhow::Result<()> {
    // Wishes that make no sense are refused before anything is read.
    Question::new(&hotlist_report::ALL[0], None, &subject.options.view).map_err(Error::Usage)?;
    fit_for(|name| std::env::var(name).ok())?;
    let session = Arc::new(open(&subject, console)?);
    let source: Source = Arc::new(source_files(&subject.options.view));
    let name = subject.name();
    let outcome = show(&session, &name, subject.options.view, &source, &Signals::new()?);
    // The process is about to end and the system takes its memory back faster than we could.
    std::mem::forget(session);
    outcome
}

/// Shows a profile that is loaded, which people know as `name`, until they have seen enough.
pub(crate) fn show(
    session: &Arc<Session>,
    name: &str,
    options: ViewOptions,
    source: &Source,
    signals: &Signals,
) -> anyhow::Result<()> {
    let colours = fit_for(|name| std::env::var(name).ok())?;
    Ok(hotlist_tui::run(session, name, options, source, colours, signals)?)
}
