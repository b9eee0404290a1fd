//! Opening the profiles that a command line names.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_session::{CodeFiles, Error, Loaded, Note, Progress, Session, SourceFiles, ViewOptions, load};

use crate::args::Subject;
use crate::console::Console;
use crate::progress::with_bar;

/// Loads what the command line names.
pub(crate) fn open(subject: &Subject, console: &Console) -> anyhow::Result<Session> {
    let loaded = load_subject(subject, console)?;
    loaded.notes.iter().for_each(|note| console.note(note));
    let code = CodeFiles::new(loaded.objects, subject.binary.as_deref());
    Ok(Session::new(loaded.profile, threads()).with_code(code))
}

/// Loads what the command line names, and says nothing of how that went.
pub(crate) fn load_subject(subject: &Subject, console: &Console) -> anyhow::Result<Loaded> {
    let source = &subject.options.source;
    let environment = Environment::from_lookup(|name| std::env::var_os(name));
    let path = |text: &str| (!text.is_empty()).then(|| PathBuf::from(text));
    let tls =
        TlsOptions { cert: path(&source.tls_cert), key: path(&source.tls_key), ca: path(&source.tls_ca) };
    let fetcher = Fetcher::new(tls, environment.clone()).map_err(Error::Fetch)?;
    let progress = Progress::default();
    Ok(with_bar(console, &progress, || {
        load(
            &subject.sources,
            subject.binary.as_deref(),
            source,
            subject.options.view.normalize,
            &fetcher,
            &environment,
            threads(),
            &progress,
            &|notice| console.note(&Note::Info(notice.to_string())),
        )
    })?)
}

fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The source files of this machine, looked for as `options` say.
pub(crate) fn source_files(options: &ViewOptions) -> SourceFiles {
    let current = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    SourceFiles::new(&options.source_path, &options.trim_path, &current, |name| std::env::var(name).ok())
}
