//! From sources to one profile: fetch, decode, merge, compare, prune.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotlist_fetch::{Environment, Fetch, Fetched, Notice, Origin, SavedName, Timing, save_profile};
use hotlist_formats::Limits;
use hotlist_pattern::Pattern;
use hotlist_profile::{Merger, Profile};
use hotlist_report::Note;
use hotlist_symbolize::MappingReport;

use crate::binaries::{forget_urls, name_main_binary};
use crate::error::Error;
use crate::object_files::ObjectFiles;
use crate::option_value::Size;
use crate::options::{Base, SourceOptions};
use crate::progress::{Counting, Progress};
use crate::resolve::UsageError;
use crate::stack_files::StackFiles;
use crate::symbols::{RemoteMapping, SymbolSearch, add_symbols, remote_mappings};

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
    pub objects: Arc<ObjectFiles>,
}

/// How far loading reaches beyond what it is asked to load.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Folders below which the files lie that a profile may name as its binaries, links followed; `None` where it may
    /// name any file of this machine.
    pub binaries_below: Option<Vec<PathBuf>>,
    /// Leaves no copies behind of what servers sent.
    pub keeps_nothing: bool,
}

/// How profiles are loaded: a value that any face fills in once, and that loads as often as it is asked.
///
/// [`load`](Self::load) merges everything into one profile and compares it with its base;
/// [`load_each`](Self::load_each) keeps the sources apart.
#[derive(Clone, Copy)]
pub struct Loader<'a> {
    /// Opens the sources.
    pub fetch: &'a dyn Fetch,
    /// Where binaries are looked for, and where copies of what servers sent are kept.
    pub environment: &'a Environment,
    /// Which of these may be read and written.
    pub reach: &'a Reach,
    /// What the user said about sources.
    pub options: &'a SourceOptions,
    /// The executable that the profiles are of, where the user named it.
    pub binary: Option<&'a Path>,
    /// How many threads read, merge and look for symbols.
    pub threads: NonZeroUsize,
    /// Moved on while sources are read.
    pub progress: &'a Progress,
    /// Called with what people should see meanwhile.
    pub notify: &'a (dyn Fn(Notice) + Sync),
}

/// What one source gave, or several that were merged.
struct Grabbed {
    profile: Profile,
    /// For what came from a server, where its mappings were.
    remote: Vec<RemoteMapping>,
    is_remote: bool,
    /// What is missing in it.
    warnings: Vec<String>,
}

/// Takes what a source gave, with the name of the source; an error of it ends the loading.
pub type Take<'t, T> = dyn FnMut(&OsStr, Result<T, Error>) -> Result<(), Error> + 't;

impl Loader<'_> {
    /// Loads `sources` and what the options compare them with, and merges all of it.
    ///
    /// Sources that fail are noted and left out as long as one can be read.
    ///
    /// # Errors
    /// When no source can be read or they do not fit together.
    pub fn load(&self, sources: &[OsString]) -> Result<Loaded, Error> {
        let objects = Arc::new(self.objects());
        let reader = self.reader(&objects);
        let comparison = self.options.comparison();
        if self.options.normalize && comparison == Base::Nothing {
            return Err(UsageError::Other("must have base profile to normalize by".to_owned()).into());
        }
        let mut notes = Vec::new();
        let mut grabbed = reader.merged(sources, "source", &mut notes)?;
        if let Base::Subtract(names) | Base::Compare(names) = comparison {
            let base = reader.merged(names, "base", &mut notes)?;
            let keep_percentages = matches!(comparison, Base::Compare(_));
            grabbed = subtract(grabbed, base, keep_percentages, self.options.normalize)?;
        }
        self.finish(grabbed, Arc::clone(&objects), notes)
    }

    /// Loads each of `sources` for itself and hands them to `take` in their order, as soon as they are there. What
    /// the options compare with has no say. A source that fails does not keep others from being read.
    ///
    /// # Errors
    /// The first one that `take` returns; then nothing more is read.
    pub fn load_each(&self, sources: &[OsString], take: &mut Take<'_, Loaded>) -> Result<(), Error> {
        let objects = Arc::new(self.objects());
        self.reader(&objects).each(sources, &mut |name, grabbed| {
            take(name, grabbed.and_then(|grabbed| self.finish(grabbed, Arc::clone(&objects), Vec::new())))
        })
    }

    /// Loads a file that is in memory already, which `name` stands for in messages.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load_bytes(&self, name: &str, data: Vec<u8>) -> Result<Loaded, Error> {
        let objects = Arc::new(self.objects());
        let grabbed = self.reader(&objects).read(OsStr::new(name), io::Cursor::new(data))?;
        self.finish(grabbed, Arc::clone(&objects), Vec::new())
    }

    /// Completes a profile that was just taken: symbols, and what else is done to one that is read. `objects` has the
    /// files that were kept while it was taken.
    ///
    /// # Errors
    /// When the profile says something about its frames that makes no sense.
    pub fn complete(&self, profile: Profile, objects: Arc<ObjectFiles>) -> Result<Loaded, Error> {
        let grabbed = Grabbed { profile, remote: Vec::new(), is_remote: false, warnings: Vec::new() };
        self.finish(grabbed, objects, Vec::new())
    }

    fn objects(&self) -> ObjectFiles {
        let objects = ObjectFiles::new(self.environment);
        match &self.reach.binaries_below {
            Some(folders) => objects.only_below(folders),
            None => objects,
        }
    }

    fn reader<'s>(&'s self, objects: &'s ObjectFiles) -> Reader<'s> {
        let Loader { options, .. } = *self;
        let timing =
            Timing { seconds: options.seconds.and_then(seconds), timeout: options.timeout.and_then(seconds) };
        let Size(unpacked_bytes) = options.max_size;
        Reader { loader: self, objects, timing, limits: Limits { unpacked_bytes } }
    }

    /// What is done to a profile when all of it is there.
    fn finish(
        &self,
        grabbed: Grabbed,
        objects: Arc<ObjectFiles>,
        mut notes: Vec<Note>,
    ) -> Result<Loaded, Error> {
        let Grabbed { mut profile, remote, is_remote, warnings } = grabbed;
        notes.extend(warnings.into_iter().map(Note::Warning));
        let binary = self.binary.map(Path::to_string_lossy);
        let search = SymbolSearch {
            mode: &self.options.symbolize,
            binary: binary.as_deref(),
            threads: self.threads.get(),
        };
        let symbols = add_symbols(&mut profile, search, &*objects, &remote, self.fetch, &mut notes);
        if !self.options.all_frames {
            drop_frames(&mut profile)?;
            drop_leaf_files(&mut profile)?;
        }
        forget_urls(&mut profile);
        if !self.options.add_comment.is_empty() {
            let comment = profile.strings.intern(self.options.add_comment.as_bytes());
            profile.comments.push(comment);
        }
        if is_remote && !self.reach.keeps_nothing {
            notes.push(save(&profile, self.environment, self.notify));
        }
        Ok(Loaded { profile, notes, symbols, objects })
    }
}

/// Takes `base` from `profile`. With `keep_percentages` percentages refer to the base.
fn subtract(
    grabbed: Grabbed,
    base: Grabbed,
    keep_percentages: bool,
    normalize: bool,
) -> Result<Grabbed, Error> {
    let Grabbed { mut profile, mut remote, is_remote, mut warnings } = grabbed;
    warnings.extend(base.warnings);
    let mut base_profile = base.profile;
    if keep_percentages {
        base_profile.mark_as_base();
    }
    if normalize {
        profile.normalize(&base_profile)?;
    }
    base_profile.scale(-1.0);
    let mut merger = Merger::new();
    merger.add(profile)?;
    merger.add(base_profile)?;
    remote.extend(base.remote);
    let profile = merger.finish()?.unwrap_or_default();
    Ok(Grabbed { profile, remote, is_remote: is_remote || base.is_remote, warnings })
}

/// Reads sources for a [`Loader`], with what its options say resolved.
struct Reader<'a> {
    loader: &'a Loader<'a>,
    /// The files that recorded stacks lead through.
    objects: &'a ObjectFiles,
    timing: Timing,
    limits: Limits,
}

impl Reader<'_> {
    /// Reads and merges `names`.
    fn merged(
        &self,
        names: &[OsString],
        what: &'static str,
        notes: &mut Vec<Note>,
    ) -> Result<Grabbed, Error> {
        let mut merger = if names.len() > 1 { Merger::of_several() } else { Merger::new() };
        let (mut merged, mut is_remote, mut remote, mut warnings) = (0, false, Vec::new(), Vec::new());
        let mut failures: Vec<Error> = Vec::new();
        self.each(names, &mut |_, result| {
            match result {
                Ok(grabbed) => {
                    merger.add(grabbed.profile)?;
                    merged += 1;
                    is_remote |= grabbed.is_remote;
                    remote.extend(grabbed.remote);
                    warnings.extend(grabbed.warnings);
                }
                Err(error) => failures.push(error),
            }
            Ok(())
        })?;
        match (merger.finish()?, names) {
            (Some(profile), _) => {
                notes.extend(failures.iter().map(|failure| Note::Warning(failure.to_string())));
                if merged < names.len() {
                    let count = names.len();
                    notes.push(Note::Warning(format!("Fetched {merged} {what} profiles out of {count}")));
                }
                Ok(Grabbed { profile, remote, is_remote, warnings })
            }
            // With one source its error says it all.
            (None, [_]) => Err(failures.pop().unwrap_or(Error::NothingFetched(what))),
            (None, _) => Err(Error::Several { what, failures }),
        }
    }

    /// Reads `names`, some at the same time, and hands them to `take` one after the other in their order.
    fn each(&self, names: &[OsString], take: &mut Take<'_, Grabbed>) -> Result<(), Error> {
        if let [only] = names {
            return take(only, self.one(only));
        }
        let is_local = |name: &OsString| name == "-" || Path::new(name).exists();
        // Reading keeps more than one processor busy and merging another one, so with two processors one file is
        // read while the one before it is merged, and the next one fills the gaps. Servers are waited for, mostly.
        let threads = self.loader.threads.get();
        let most = if names.iter().all(is_local) { threads / 2 + 1 } else { MOST_CONNECTIONS };
        std::thread::scope(|scope| -> Result<(), Error> {
            let mut left = names.iter();
            let mut start = || left.next().map(|name| (name, scope.spawn(move || self.one(name))));
            let mut under_way: VecDeque<_> = (0..most).map_while(|_| start()).collect();
            while let Some((name, first)) = under_way.pop_front() {
                let result = first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                under_way.extend(start());
                take(name, result)?;
            }
            Ok(())
        })
    }

    fn one(&self, name: &OsStr) -> Result<Grabbed, Error> {
        let Loader { fetch, progress, notify, .. } = *self.loader;
        let Fetched { reader, origin, length } =
            fetch.fetch(name, &self.timing, &mut |notice| notify(notice))?;
        progress.expect(length.unwrap_or(0));
        let mut grabbed = self.read(name, Counting::new(reader, progress.clone()))?;
        progress.finish_source();
        if let Origin::Remote { url } = &origin {
            grabbed.remote = remote_mappings(&mut grabbed.profile, url);
            grabbed.is_remote = true;
        }
        Ok(grabbed)
    }

    /// Reads a profile; `name` is what messages call it.
    fn read(&self, name: &OsStr, input: impl Read + Send) -> Result<Grabbed, Error> {
        let Loader { binary, options, .. } = *self.loader;
        let mut stacks = StackFiles::new(self.objects);
        let mut profile = hotlist_formats::read_with(options.format.0, input, self.limits, &mut stacks)
            .map_err(|error| Error::Read {
                source_name: hotlist_render::clean(&name.to_string_lossy()).into_owned(),
                error,
            })?;
        let warnings = stacks.summary.map(|summary| summary.warnings()).unwrap_or_default();
        name_main_binary(&mut profile, binary, &options.buildid);
        Ok(Grabbed { profile, remote: Vec::new(), is_remote: false, warnings })
    }
}

fn seconds(count: i64) -> Option<std::time::Duration> {
    u64::try_from(count).ok().filter(|&count| count > 0).map(std::time::Duration::from_secs)
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

/// Drops the leaf frames of the files that a comment of the profile names. `hotlist-collect` does so for functions
/// that only pass a request for memory on: their names depend on how much debug information there is, and their
/// files do not. Where no path of a file is known the pattern is matched with the name: all that a symbol table may
/// have is the name of a compilation unit.
fn drop_leaf_files(profile: &mut Profile) -> Result<(), Error> {
    const FIELD: &str = "drop leaf frames by file";
    let patterns = profile.comments.iter().filter_map(|&text| {
        let text = profile.lossy(text);
        Some(text.strip_prefix(FIELD)?.strip_prefix(": ")?.to_owned())
    });
    let patterns: BTreeSet<String> = patterns.collect();
    // Once it is done it would only be noise in the head of every report.
    let strings = &profile.strings;
    profile.comments.retain(|&text| !strings.get(text).starts_with(FIELD.as_bytes()));
    for pattern in patterns {
        let pattern = Pattern::new(&format!("^({pattern})$"))
            .map_err(|error| Error::ProfilePattern { field: FIELD, error })?;
        profile.prune_leaves(|name, file| pattern.is_match(if file.contains(&b'/') { file } else { name }));
    }
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
