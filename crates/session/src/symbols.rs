//! Symbols for profiles that have only addresses, as `-symbolize` asks.

use hotlist_fetch::{Error, Fetch, Url};
use hotlist_profile::{Mapping, MappingId, Profile};
use hotlist_report::Note;
use hotlist_symbolize::{
    Again, Detail, Finder, Local, MappingReport, Mode, OpenError, Outcome, Query, Refusal, State,
    SymbolizeOptions, demangle, symbolize,
};

/// How many files without symbols are named one by one.
const MOST_NAMED: usize = 5;

/// Servers take a few thousand bytes of a query.
const MOST_QUERY: usize = 3000;

/// How symbols are looked for.
#[derive(Clone, Copy)]
pub(crate) struct SymbolSearch<'a> {
    /// The value of `-symbolize`.
    pub(crate) mode: &'a str,
    /// The executable named on the command line.
    pub(crate) binary: Option<&'a str>,
    pub(crate) threads: usize,
}

/// A mapping of a profile that came from a server, as it was there.
#[derive(Debug, Clone)]
pub(crate) struct RemoteMapping {
    /// The build id of its file, or else the file.
    key: String,
    start: u64,
    /// The address of the profile.
    url: String,
}

/// Takes note of where mappings of a profile from `url` were. Those without a file get the URL as one, until
/// symbols are there, so that they can be told apart.
pub(crate) fn remote_mappings(profile: &mut Profile, url: &str) -> Vec<RemoteMapping> {
    let mut remote = Vec::new();
    for row in 0..profile.mappings.len() {
        let mapping = profile.mappings[row];
        if mapping.file.is_empty() && mapping.build_id.is_empty() {
            profile.mappings[row].file = profile.strings.intern(url.as_bytes());
        }
        let mapping = profile.mappings[row];
        let key = if mapping.build_id.is_empty() { mapping.file } else { mapping.build_id };
        remote.push(RemoteMapping {
            key: profile.lossy(key).into_owned(),
            start: mapping.start,
            url: url.to_owned(),
        });
    }
    remote
}

/// Gives `profile` symbols from files on this machine, and what is missing then from the servers that it came
/// from.
pub(crate) fn add_symbols(
    profile: &mut Profile,
    search: SymbolSearch<'_>,
    finder: &dyn Finder,
    servers: &[RemoteMapping],
    fetch: &dyn Fetch,
    notes: &mut Vec<Note>,
) -> Vec<MappingReport> {
    let (mode, understood) = Mode::parse(search.mode);
    if understood.is_err() {
        notes.push(Note::Warning(format!("ignoring unrecognized symbolization option: {}", search.mode)));
        notes.push(Note::Warning(
            "expecting -symbolize=[local|fastlocal|remote|none][:force][:demangle=[none|full|templates|default]"
                .to_owned(),
        ));
    }
    let Some(mode) = mode else { return Vec::new() };
    let mut reports = Vec::new();
    if let Some(local) = mode.local {
        let request = SymbolizeOptions {
            detail: if local == Local::Fast { Detail::Functions } else { Detail::Lines },
            force: mode.force,
            binary: search.binary,
            threads: search.threads,
        };
        reports = symbolize(profile, finder, &request);
        warn(profile, &reports, notes);
    }
    if mode.remote {
        ask_servers(profile, mode.force, servers, fetch, notes);
    }
    demangle(profile, mode.demangle, mode.force);
    reports
}

/// Asks servers for the functions of mappings that have none.
fn ask_servers(
    profile: &mut Profile,
    force: bool,
    servers: &[RemoteMapping],
    fetch: &dyn Fetch,
    notes: &mut Vec<Note>,
) {
    if servers.is_empty() {
        return;
    }
    for row in 0..profile.mappings.len() {
        let mapping = profile.mappings[row];
        if mapping.has.functions && !force {
            continue;
        }
        let keys = [profile.lossy(mapping.file), profile.lossy(mapping.build_id)];
        let is_key = |server: &&RemoteMapping| keys.iter().any(|key| !key.is_empty() && *key == server.key);
        let Some(server) = servers.iter().find(is_key) else { continue };
        let Ok(url) = Url::parse(&server.url) else { continue };
        let again = if force { Again::NamesAlone } else { Again::No };
        let asked = Query::new(profile, MappingId::new(row), server.start, again)
            .map_err(|error| error.to_string())
            .and_then(|query| match query {
                Some(query) => {
                    let answer =
                        ask(&url.symbolz(), &query.body, fetch).map_err(|error| error.to_string())?;
                    Ok(query.take(profile, &answer))
                }
                None => Ok(0),
            });
        match asked {
            Ok(_) => profile.mappings[row].has.functions = true,
            Err(error) => notes.push(Note::Warning(format!("remote symbolization: {error}"))),
        }
    }
}

/// Sends addresses to a server. Programs of Go since 1.22 take them only in the query of a GET request, which
/// has room for some at a time.
fn ask(url: &Url, addresses: &str, fetch: &dyn Fetch) -> Result<Vec<u8>, Error> {
    match fetch.post(url, addresses) {
        Err(Error::Status { status, .. }) if status.starts_with("405") => {}
        answer => return answer,
    }
    let mut answer = Vec::new();
    let mut rest = addresses;
    while !rest.is_empty() {
        let end = match rest.len() {
            0..=MOST_QUERY => rest.len(),
            _ => rest[..MOST_QUERY].rfind('+').unwrap_or(rest.len()),
        };
        answer.extend(fetch.get(&url.with_query(&rest[..end]))?);
        answer.push(b'\n');
        rest = rest[end..].trim_start_matches('+');
    }
    Ok(answer)
}

/// Says for which files there are no symbols, and why.
fn warn(profile: &Profile, reports: &[MappingReport], notes: &mut Vec<Note>) {
    let mut failures: Vec<String> = Vec::new();
    let mut missing = false;
    for report in reports {
        let mapping = profile.mapping(report.mapping);
        let name = || describe(profile, mapping);
        match &report.state {
            State::Unnamed if report.mapping.index() == 0 => {
                failures.push("Main binary filename not available.".to_owned());
            }
            State::Unnamed => missing = true,
            State::Missing => {
                missing = true;
                failures.push(format!("Local symbolization failed for {}: no such file", name()));
            }
            State::Failed(reason) => {
                failures.push(format!("Local symbolization failed for {}: {reason}", name()));
            }
            State::Done(path) if report.functions == 0 => {
                failures.push(format!("{path} has no symbols for {}", name()));
            }
            State::Unused | State::HasSymbols | State::NoFile | State::Done(_) => {}
        }
        for attempt in &report.tried {
            if let Outcome::Refused(Refusal::Open(OpenError::Server(reason))) = &attempt.outcome {
                failures.push(format!("{}: {reason}", attempt.path));
            }
        }
        if let (State::Done(path), Some(damage)) = (&report.state, &report.damage) {
            failures.push(format!("{path}: debug information is damaged: {damage}"));
        }
    }
    failures.dedup();
    let more = failures.len().saturating_sub(MOST_NAMED);
    let has_failed = !failures.is_empty();
    notes.extend(failures.into_iter().take(MOST_NAMED).map(Note::Warning));
    if more > 0 {
        notes.push(Note::Warning(format!("... and {more} more files without symbols")));
    }
    if missing {
        notes.push(Note::Warning(
            "Some binary filenames not available. Symbolization may be incomplete.".to_owned(),
        ));
        notes.push(Note::Warning(
            "Try setting PPROF_BINARY_PATH to the search path for local binaries.".to_owned(),
        ));
    }
    if has_failed {
        notes.push(Note::Info("hotlist symbols lists what was tried for each file.".to_owned()));
    }
}

/// A mapping for people: the name of its file and its build.
fn describe(profile: &Profile, mapping: &Mapping) -> String {
    let file = profile.lossy(mapping.file);
    let base = file.rsplit('/').next().unwrap_or(&file);
    match &*profile.lossy(mapping.build_id) {
        "" => base.to_owned(),
        id => format!("{base} (build ID {id})"),
    }
}
