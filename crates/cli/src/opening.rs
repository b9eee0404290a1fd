//! Opening the profiles that a command line names.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_session::{CodeFiles, Error, Loaded, Loader, Note, Progress, Session, SourceFiles, ViewOptions};

use crate::args::Subject;
use crate::console::Console;
use crate::progress::with_bar;

/// Loads what the command line names.
pub(crate) fn open(subject: &Subject, console: &Console) -> anyhow::Result<Session> {
    let loaded = load_subject(subject, console)?;
    if !subject.options.source.tools.is_empty() {
        console.note(&Note::Warning("-tools is not needed: no other program is ever started".to_owned()));
    }
    loaded.notes.iter().for_each(|note| console.note(note));
    let binary = subject.binary.as_deref().map(Path::to_string_lossy);
    let code = CodeFiles::new(loaded.objects, binary.as_deref());
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
        let loader = Loader {
            fetch: &fetcher,
            environment: &environment,
            options: source,
            binary: subject.binary.as_deref(),
            threads: threads(),
            progress: &progress,
            notify: &|notice| console.note(&Note::Info(notice.to_string())),
        };
        loader.load(&subject.sources)
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
