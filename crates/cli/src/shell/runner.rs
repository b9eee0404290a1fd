//! Answering a command, so that Ctrl-C stops it.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use hotlist_render::{Context, Drawing};
use hotlist_session::{Error, Folders, Note, Profiles, Question, Session, SourceFiles, ViewOptions};
use hotlist_shell::ReportTask;
use hotlist_tui::{Signals, Source, Stopped, Unfit};

use crate::commands::tui::show;
use crate::console::Console;
use crate::delivery::{Face, deliver};
use crate::opening::source_files;

/// Answers commands from one profile.
pub(super) struct Runner<'c> {
    /// As on the full screen, where any of several can be looked at; commands are about all together.
    profiles: Arc<Profiles>,
    console: &'c Console,
    /// Tell whether Ctrl-C was pressed; `None` where it ends the process.
    signals: Option<Signals>,
    /// Source files that were read, and the paths by which they were found.
    source: Option<((Folders, Folders), Arc<SourceFiles>)>,
}

/// How long to wait before looking again whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(20);
/// Pieces of output that may wait to be written.
const PIECES: usize = 16;

impl<'c> Runner<'c> {
    pub(super) fn new(profiles: Arc<Profiles>, console: &'c Console, signals: Option<Signals>) -> Runner<'c> {
        Runner { profiles, console, signals, source: None }
    }

    /// Answers `task`, a page at a time where `pager` asks for it and people look.
    pub(super) fn run(&mut self, task: &ReportTask, pager: bool) -> Result<(), Error> {
        let answering = Answering {
            session: Arc::clone(&self.profiles.whole().session),
            question: Question::new(task.report, task.argument.as_deref(), &task.view)?,
            drawing: task.drawing,
            source: self.source(&task.view),
        };
        let pager = pager && io::stdin().is_terminal();
        let mut notes = Vec::new();
        let outcome = deliver(task, Face::Shell { pager }, self.console, &mut |out, context| {
            notes.clear();
            self.answer(&answering, context, out, &mut notes)
        });
        notes.iter().for_each(|note| self.console.note(note));
        outcome
    }

    /// Shows the profiles on the full screen, with the variables as they are.
    pub(super) fn full_screen(&mut self, options: &ViewOptions) -> anyhow::Result<()> {
        let source: Source = self.source(options);
        match &self.signals {
            Some(signals) => show(&self.profiles, options.clone(), &source, signals),
            None => Err(Unfit::NoTerminal.into()),
        }
    }

    /// Files are read once while the places to look for them stay the same.
    fn source(&mut self, options: &ViewOptions) -> Arc<SourceFiles> {
        let paths = (options.source_path.clone(), options.trim_path.clone());
        match &self.source {
            Some((known, source)) if *known == paths => Arc::clone(source),
            _ => {
                let source = Arc::new(source_files(options));
                self.source = Some((paths, Arc::clone(&source)));
                source
            }
        }
    }

    /// Writes the answer to `out`. Where Ctrl-C is to stop it, another thread looks for the answer:
    /// it is left alone then, and ends at its next attempt to write.
    fn answer(
        &self,
        answering: &Answering,
        context: &Context,
        out: &mut dyn Write,
        notes: &mut Vec<Note>,
    ) -> Result<(), Error> {
        let Some(signals) = &self.signals else { return answering.write(context, out, notes) };
        let interrupted = signals.interrupted();
        interrupted.store(false, Ordering::Relaxed);
        let (sender, pieces) = sync_channel(PIECES);
        let (answering, context) = (answering.clone(), context.clone());
        let thread = std::thread::spawn(move || {
            let mut notes = Vec::new();
            let mut out = BufWriter::with_capacity(64 << 10, Pieces(sender));
            let outcome = answering.write(&context, &mut out, &mut notes);
            (outcome, notes)
        });
        // A panic of the thread has been reported by the time it ends.
        match forward(&pieces, out, interrupted) {
            Ok(()) => {
                let (outcome, found) = thread.join().map_err(|_| io::Error::other("the command failed"))?;
                notes.extend(found);
                outcome
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Everything that it takes to answer, for another thread.
#[derive(Clone)]
struct Answering {
    session: Arc<Session>,
    question: Question,
    drawing: &'static Drawing,
    source: Arc<SourceFiles>,
}

impl Answering {
    fn write(&self, context: &Context, out: &mut dyn Write, notes: &mut Vec<Note>) -> Result<(), Error> {
        self.session.draw(&self.question, self.drawing, &*self.source, out, context, notes)
    }
}

/// Output on its way to the thread that may write it.
struct Pieces(SyncSender<Vec<u8>>);

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.send(bytes.to_vec()) {
            Ok(()) => Ok(bytes.len()),
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes pieces as they come, until there are no more or Ctrl-C is pressed.
fn forward(pieces: &Receiver<Vec<u8>>, out: &mut dyn Write, interrupted: &AtomicBool) -> io::Result<()> {
    loop {
        if interrupted.swap(false, Ordering::Relaxed) {
            return Err(io::Error::other(Stopped));
        }
        match pieces.recv_timeout(PATIENCE) {
            Ok(piece) => out.write_all(&piece)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return out.flush(),
        }
    }
}
