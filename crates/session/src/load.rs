//! From sources to one profile: fetch, decode, merge, compare, prune.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use hotlist_fetch::{Environment, Fetch, Fetched, Notice, Origin, Request, SavedName, save_profile};
use hotlist_formats::Limits;
use hotlist_pattern::Pattern;
use hotlist_profile::{Merger, Profile};
use hotlist_symbolize::MappingReport;

use crate::binaries::{forget_urls, name_main_binary};
use crate::error::Error;
use crate::object_files::ObjectFiles;
use crate::options::{Base, SourceOptions};
use crate::progress::{Counting, Progress};
use crate::resolve::UsageError;
use crate::session::Note;
use crate::symbols::{RemoteMapping, Wish, add_symbols, remote_mappings};

/// How many servers are asked at the same time.
const MOST_CONNECTIONS: usize = 128;

/// A profile that is ready for reports.
#[derive(Debug)]
pub struct Loaded {
    /// The profile.
    pub profile: Profile,
    /// What people should know about the loading.
    pub notes: Vec<Note>,
    /// What came of the search for symbols, for each mapping; empty when there was none.
    pub symbols: Vec<MappingReport>,
    /// The object files of this machine, those that were found included.
    pub objects: ObjectFiles,
}

/// What [`load`] works with.
struct Loader<'a> {
    fetch: &'a dyn Fetch,
    request: Request,
    limits: Limits,
    /// The executable named on the command line.
    binary: Option<&'a str>,
    options: &'a SourceOptions,
    progress: &'a Progress,
    threads: usize,
}

/// What one source gave.
struct Grabbed {
    profile: Profile,
    /// For what came from a server, where its mappings were.
    remote: Vec<RemoteMapping>,
    is_remote: bool,
}

/// Loads `sources` and what they are compared with, and merges them.
///
/// Sources that fail are noted and left out as long as one can be read. Notices of the fetcher go to
/// `notify` while it works.
///
/// # Errors
/// When no source can be read or they do not fit together.
#[expect(clippy::too_many_arguments, reason = "the parts of a session come together here once")]
pub fn load(
    sources: &[String],
    binary: Option<&str>,
    options: &SourceOptions,
    normalize: bool,
    fetch: &dyn Fetch,
    environment: &Environment,
    threads: NonZeroUsize,
    progress: &Progress,
    notify: &(dyn Fn(Notice) + Sync),
) -> Result<Loaded, Error> {
    let loader = Loader {
        fetch,
        request: Request {
            seconds: options.seconds.and_then(seconds),
            timeout: options.timeout.and_then(seconds),
        },
        limits: limits(options)?,
        binary,
        options,
        progress,
        threads: threads.get(),
    };
    let mut notes = Vec::new();
    let Grabbed { mut profile, remote: mut servers, is_remote: mut remote } =
        loader.grab(sources, "source", &mut notes, notify)?;
    let comparison = options.comparison();
    if normalize && comparison == Base::Nothing {
        return Err(UsageError::Other("must have base profile to normalize by".to_owned()).into());
    }
    if let Base::Subtract(names) | Base::Compare(names) = comparison {
        let grabbed = loader.grab(names, "base", &mut notes, notify)?;
        let mut base = grabbed.profile;
        servers.extend(grabbed.remote);
        remote |= grabbed.is_remote;
        if matches!(comparison, Base::Compare(_)) {
            base.mark_as_base();
        }
        if normalize {
            profile.normalize(&base)?;
        }
        base.scale(-1.0);
        let mut merger = Merger::new();
        merger.add(profile)?;
        merger.add(base)?;
        profile = merger.finish()?.unwrap_or_default();
    }
    if !options.tools.is_empty() {
        notes.push(Note::Warning("-tools is not needed: no other program is ever started".to_owned()));
    }
    let objects = ObjectFiles::new(environment);
    let wish = Wish { mode: &options.symbolize, binary, threads: threads.get() };
    let symbols = add_symbols(&mut profile, wish, &objects, &servers, fetch, &mut notes);
    if !options.all_frames {
        drop_frames(&mut profile)?;
    }
    forget_urls(&mut profile);
    if !options.add_comment.is_empty() {
        let comment = profile.strings.intern(options.add_comment.as_bytes());
        profile.comments.push(comment);
    }
    if remote {
        notes.push(save(&profile, environment, notify));
    }
    Ok(Loaded { profile, notes, symbols, objects })
}

impl Loader<'_> {
    /// Reads and merges `names`, some at the same time but one after the other into the result; returns
    /// the profile and whether any came from a server.
    fn grab(
        &self,
        names: &[String],
        what: &'static str,
        notes: &mut Vec<Note>,
        notify: &(dyn Fn(Notice) + Sync),
    ) -> Result<Grabbed, Error> {
        let is_local = |name: &String| name == "-" || std::path::Path::new(name).exists();
        // Reading keeps more than one processor busy and merging another one, so with two processors one file is
        // read while the one before it is merged, and the next one fills the gaps. Servers are waited for, mostly.
        let most = if names.iter().all(is_local) { self.threads / 2 + 1 } else { MOST_CONNECTIONS };
        let mut merger = if names.len() > 1 { Merger::of_several() } else { Merger::new() };
        let (mut merged, mut is_remote, mut remote) = (0, false, Vec::new());
        let mut failures: Vec<Error> = Vec::new();
        let mut take = |result: Result<Grabbed, Error>| -> Result<(), Error> {
            match result {
                Ok(grabbed) => {
                    merger.add(grabbed.profile)?;
                    merged += 1;
                    is_remote |= grabbed.is_remote;
                    remote.extend(grabbed.remote);
                }
                Err(error) => failures.push(error),
            }
            Ok(())
        };
        if let [only] = names {
            take(self.grab_one(only, notify))?;
        } else {
            std::thread::scope(|scope| -> Result<(), Error> {
                let mut left = names.iter();
                let mut start = || left.next().map(|name| scope.spawn(move || self.grab_one(name, notify)));
                let mut under_way: VecDeque<_> = (0..most).map_while(|_| start()).collect();
                while let Some(first) = under_way.pop_front() {
                    let result = first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                    under_way.extend(start());
                    take(result)?;
                }
                Ok(())
            })?;
        }
        match (merger.finish()?, names) {
            (Some(profile), _) => {
                notes.extend(failures.iter().map(|failure| Note::Warning(failure.to_string())));
                if merged < names.len() {
                    let count = names.len();
                    notes.push(Note::Warning(format!("Fetched {merged} {what} profiles out of {count}")));
                }
                Ok(Grabbed { profile, remote, is_remote })
            }
            // With one source its error says it all.
            (None, [_]) => Err(failures.pop().unwrap_or(Error::NothingFetched(what))),
            (None, _) => Err(Error::Several { what, failures }),
        }
    }

    fn grab_one(&self, name: &str, notify: &(dyn Fn(Notice) + Sync)) -> Result<Grabbed, Error> {
        let Fetched { reader, origin, length } =
            self.fetch.fetch(name, &self.request, &mut |notice| notify(notice))?;
        self.progress.expect(length.unwrap_or(0));
        let reader = Counting::new(reader, self.progress.clone());
        let mut profile = hotlist_formats::read(reader, self.limits)
            .map_err(|error| Error::Read { source_name: hotlist_render::clean(name).into_owned(), error })?;
        self.progress.finish_source();
        name_main_binary(&mut profile, self.binary, &self.options.buildid);
        let remote = match &origin {
            Origin::Remote { url } => remote_mappings(&mut profile, url),
            _ => Vec::new(),
        };
        Ok(Grabbed { profile, remote, is_remote: matches!(origin, Origin::Remote { .. }) })
    }
}

fn seconds(count: i64) -> Option<std::time::Duration> {
    u64::try_from(count).ok().filter(|&count| count > 0).map(std::time::Duration::from_secs)
}

fn limits(options: &SourceOptions) -> Result<Limits, UsageError> {
    let Some(text) = &options.max_size else { return Ok(Limits::default()) };
    let wrong = || UsageError::Other(format!("-max_size: {text:?} is not a size such as 500MB"));
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let unit = if unit.is_empty() { "bytes" } else { unit };
    if !hotlist_profile::unit::convertible(unit, "bytes") {
        return Err(wrong());
    }
    let (bytes, _) = hotlist_profile::unit::scale(number, unit, "bytes");
    Ok(Limits { unpacked_bytes: bytes as u64 })
}

/// Applies the patterns with which a profile says what is of no interest in it.
fn drop_frames(profile: &mut Profile) -> Result<(), Error> {
    let compile = |field: &'static str, text: &str| {
        Pattern::new(&format!("^({text})$")).map_err(|error| Error::ProfilePattern { field, error })
    };
    if profile.drop_frames.is_empty() {
        return Ok(());
    }
    let drop = compile("drop_frames", &profile.lossy(profile.drop_frames))?;
    let keep = match &*profile.lossy(profile.keep_frames) {
        "" => None,
        keep => Some(compile("keep_frames", keep)?),
    };
    profile.prune(|name| drop.is_match(name) && !keep.as_ref().is_some_and(|keep| keep.is_match(name)));
    Ok(())
}

/// Keeps a copy of what came from a server.
fn save(profile: &Profile, environment: &Environment, notify: &(dyn Fn(Notice) + Sync)) -> Note {
    let binary = profile.mappings.first().map(|main| profile.lossy(main.file)).unwrap_or_default();
    let types: Vec<_> =
        profile.sample_types.iter().map(|value_type| profile.lossy(value_type.kind)).collect();
    let types: Vec<&str> = types.iter().map(|kind| &**kind).collect();
    let name = SavedName { binary: &binary, types: &types };
    let saved = save_profile(environment, name, &mut |notice| notify(notice), |out| {
        hotlist_formats::write(profile, out)
    });
    match saved {
        Ok(path) => Note::Info(format!("Saved profile in {}", path.display())),
        Err(error) => Note::Warning(format!("Could not save profile: {error}")),
    }
}
