//! Opening the profiles that a command line names.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_profile::Profile;
use hotlist_session::{
    Base, CodeFiles, Error, Loaded, Loader, Note, ObjectFiles, Options, Part, Profiles, Progress, Reach,
    Session, SourceFiles, SourceFormat, SourceOptions, ViewOptions,
};

use crate::args::{Subject, called};
use crate::console::Console;
use crate::environment::{text, variable};
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

/// Loads what the command line names for the page and the full screen: several profiles are kept apart, so that people
/// can look at each and compare any two.
pub(crate) fn open_profiles(subject: &Subject, console: &Console) -> anyhow::Result<Profiles> {
    let source = &subject.options.source;
    let compares = matches!(source.comparison(), Base::Compare(_));
    // What is subtracted or normalized has one meaning only, that of all together.
    let is_one = source.normalize || (!compares && source.comparison() != Base::Nothing);
    if is_one || (subject.sources.len() < 2 && !compares) {
        let session = Arc::new(open(subject, console)?);
        let objects = Arc::new(ObjectFiles::new(&Environment::from_lookup(variable)));
        return Ok(Profiles::one(session, &subject.name()).open_to_others(move |profile| {
            Session::new(profile, threads()).with_code(CodeFiles::new(Arc::clone(&objects), None))
        }));
    }
    let mut objects = None;
    let mut each = |sources: &[OsString], what| -> anyhow::Result<Vec<Part>> {
        let (mut parts, mut failures) = (Vec::new(), Vec::new());
        let mut names = names(sources).into_iter();
        loading(subject, console, |loader| {
            loader.load_each(sources, &mut |_, loaded| {
                let name = names.next().unwrap_or_default();
                match loaded {
                    Ok(loaded) => {
                        loaded.notes.iter().for_each(|note| console.note(note));
                        objects = Some(loaded.objects);
                        parts.push(Part { name, profile: loaded.profile });
                    }
                    Err(failure) => failures.push(failure),
                }
                Ok(())
            })
        })?;
        if parts.is_empty() {
            return Err(match (failures.pop(), failures.is_empty()) {
                (Some(only), true) => only,
                (last, _) => {
                    failures.extend(last);
                    Error::Several { what, failures }
                }
            }
            .into());
        }
        for failure in failures {
            console.note(&Note::Warning(failure.to_string()));
        }
        Ok(parts)
    };
    let parts = each(&subject.sources, "source")?;
    let bases = match source.comparison() {
        Base::Compare(bases) => each(bases, "base")?,
        _ => Vec::new(),
    };
    let binary = subject.binary.as_deref().map(|path| path.to_string_lossy().into_owned());
    let profiles = Profiles::several(parts, bases, move |profile| {
        let session = Session::new(profile, threads());
        match &objects {
            Some(objects) => session.with_code(CodeFiles::new(Arc::clone(objects), binary.as_deref())),
            None => session,
        }
    });
    Ok(profiles?)
}

/// What people call sources: the names of files without folders, where these tell them apart.
fn names(sources: &[OsString]) -> Vec<String> {
    let names: Vec<String> = sources.iter().map(|source| called(source)).collect();
    let is_twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    let whole = |source: &OsString| source.to_string_lossy().into_owned();
    names
        .iter()
        .zip(sources)
        .map(|(name, source)| if is_twice(name) { whole(source) } else { name.clone() })
        .collect()
}

/// Reads the bytes of a file, which may be of another program than that of the command line.
pub(crate) fn open_bytes(source: &SourceOptions, name: &str, data: Vec<u8>) -> Result<Loaded, Error> {
    let options = SourceOptions {
        format: SourceFormat(None),
        buildid: String::new(),
        add_comment: String::new(),
        ..source.clone()
    };
    let environment = Environment::from_lookup(variable);
    let fetcher = Fetcher::new(TlsOptions::default(), environment.clone())?;
    let loader = Loader {
        fetch: &fetcher,
        environment: &environment,
        reach: &Reach { keeps_nothing: true, ..Reach::default() },
        options: &options,
        binary: None,
        threads: threads(),
        progress: &Progress::default(),
        notify: &|_| {},
    };
    loader.load_bytes(name, data)
}

/// Loads each of `files` for itself.
///
/// # Errors
/// The first one; it names the file.
pub(crate) fn load_files(
    files: &[OsString],
    options: &Options,
    console: &Console,
) -> anyhow::Result<Vec<Loaded>> {
    let subject = Subject { options: options.clone(), binary: None, sources: Vec::new() };
    let mut all = Vec::with_capacity(files.len());
    loading(&subject, console, |loader| {
        loader.load_each(files, &mut |_, loaded| {
            all.push(loaded?);
            Ok(())
        })
    })?;
    Ok(all)
}

/// Loads what the command line names, and says nothing of how that went.
pub(crate) fn load_subject(subject: &Subject, console: &Console) -> anyhow::Result<Loaded> {
    loading(subject, console, |loader| loader.load(&subject.sources))
}

/// Gives a profile that was just taken what one has that is read, names above all.
pub(crate) fn complete(
    options: &Options,
    profile: Profile,
    objects: Arc<ObjectFiles>,
    console: &Console,
) -> anyhow::Result<Loaded> {
    let subject = Subject { options: options.clone(), binary: None, sources: Vec::new() };
    loading(&subject, console, |loader| loader.complete(profile, objects))
}

/// Makes the loader that the command line asks for, and shows how far it is.
fn loading<R>(
    subject: &Subject,
    console: &Console,
    load: impl FnOnce(&Loader<'_>) -> Result<R, Error>,
) -> anyhow::Result<R> {
    let source = &subject.options.source;
    let environment = Environment::from_lookup(variable);
    let tls =
        TlsOptions { cert: source.tls_cert.clone(), key: source.tls_key.clone(), ca: source.tls_ca.clone() };
    let fetcher = Fetcher::new(tls, environment.clone()).map_err(Error::Fetch)?;
    let progress = Progress::default();
    Ok(with_bar(console, &progress, || {
        let loader = Loader {
            fetch: &fetcher,
            environment: &environment,
            reach: &Reach::default(),
            options: source,
            binary: subject.binary.as_deref(),
            threads: threads(),
            progress: &progress,
            notify: &|notice| console.note(&Note::Info(notice.to_string())),
        };
        load(&loader)
    })?)
}

pub(crate) fn threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The source files of this machine, looked for as `options` say.
pub(crate) fn source_files(options: &ViewOptions) -> SourceFiles {
    let current = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    SourceFiles::new(&options.source_path.0, &options.trim_path.0, &current, text)
}
