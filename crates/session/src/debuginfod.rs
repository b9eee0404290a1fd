//! A client of debuginfod, the servers from which distributions give out binaries and debug information by
//! build id (<https://sourceware.org/elfutils/Debuginfod.html>).
//!
//! No server is asked unless `DEBUGINFOD_URLS` names some. The cache is that of the client of elfutils, which
//! debuggers use: `<cache>/<build id>/debuginfo` and `executable`, and an empty file for what no server has.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use hotlist_fetch::{Download, Environment, Error, Fetcher, TlsOptions, Url};
use hotlist_symbolize::{Bytes, Downloaded, Inquiry, ObjectFile, OpenError, Part};
use tempfile::NamedTempFile;

use crate::object_files::map;

/// How long servers are waited for, all requests together, unless `DEBUGINFOD_TIMEOUT` says otherwise.
const PATIENCE: Duration = Duration::from_secs(90);

/// Larger files are not taken, unless `DEBUGINFOD_MAXSIZE` says otherwise.
const LARGEST: u64 = 4 << 30;

/// How long servers are not asked again for a file that none of them has.
const MISS_LASTS: Duration = Duration::from_secs(600);

/// Source files with longer paths are not asked for; names of files have limits too.
const LONGEST_PATH: usize = 200;

/// Servers of debug information, and what came from them before.
#[derive(Debug)]
pub(crate) struct Debuginfod {
    servers: Vec<String>,
    cache: Option<PathBuf>,
    largest: u64,
    environment: Environment,
    fetcher: OnceLock<Result<Fetcher, String>>,
    /// The time that is left for all requests. Who asks holds it, so there is one request at a time.
    left: Mutex<Duration>,
}

/// Why a server did not give a file.
enum Refusal {
    /// It does not have it.
    Missing,
    Other(String),
}

impl Debuginfod {
    /// What the environment says; `None` when it names no servers.
    pub(crate) fn new(environment: &Environment) -> Option<Debuginfod> {
        let words = environment.debuginfod_urls.as_deref()?.split_whitespace();
        // Between the servers may be words about signatures.
        let servers: Vec<String> =
            words.filter(|word| !word.starts_with("ima:")).map(str::to_owned).collect();
        let number = |text: &Option<String>| text.as_deref()?.trim().parse::<u64>().ok();
        let home = || environment.home.as_ref().map(|home| home.join(".cache"));
        let cache = environment.debuginfod_cache.clone().or_else(|| {
            environment.cache_home.clone().or_else(home).map(|folder| folder.join("debuginfod_client"))
        });
        let patience = number(&environment.debuginfod_timeout).filter(|&seconds| seconds > 0);
        (!servers.is_empty()).then(|| Debuginfod {
            servers,
            cache,
            largest: number(&environment.debuginfod_maxsize).filter(|&size| size > 0).unwrap_or(LARGEST),
            environment: environment.clone(),
            fetcher: OnceLock::new(),
            left: Mutex::new(patience.map_or(PATIENCE, Duration::from_secs)),
        })
    }

    /// Looks into the cache, then asks the servers one after the other.
    pub(crate) fn ask(&self, build_id: &str, part: Part) -> Inquiry {
        let name = match part {
            Part::DebugInfo => "debuginfo",
            Part::Executable => "executable",
        };
        let is_of_build = |bytes: &Bytes| {
            let file = ObjectFile::parse(Arc::clone(bytes)).map_err(|error| error.to_string())?;
            if file.build_id.eq_ignore_ascii_case(build_id) {
                return Ok(());
            }
            let found = if file.build_id.is_empty() { "none" } else { &file.build_id };
            Err(format!("the build id of what it sent is {found}"))
        };
        self.inquire(build_id, name, name, &is_of_build)
    }

    /// The text of a source file by its path in the debug information, and where it is.
    pub(crate) fn source(&self, build_id: &str, path: &str) -> Option<(String, String)> {
        // Letters that mean something in paths of URLs and files are not worth the trouble.
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+@".contains(letter);
        if !path.starts_with('/') || !path.chars().all(is_plain) || path.len() > LONGEST_PATH {
            return None;
        }
        let place = format!("source{}", path.replace('/', "#"));
        let is_text = |bytes: &Bytes| {
            let is_text = !(**bytes).as_ref().contains(&0);
            if is_text { Ok(()) } else { Err("what it sent is no text".to_owned()) }
        };
        let file = self.inquire(build_id, &format!("source{path}"), &place, &is_text).file?;
        Some((String::from_utf8_lossy((*file.bytes).as_ref()).into_owned(), file.name))
    }

    /// Asks for `name` of a build, which is kept as `kept`, if `check` finds nothing wrong with it.
    fn inquire(&self, build_id: &str, name: &str, kept: &str, check: Check<'_>) -> Inquiry {
        let mut inquiry = Inquiry::default();
        // Servers know the GNU build ids of ELF only, which become parts of paths.
        let is_id = build_id.len() >= 8 && build_id.len() <= 128 && build_id.len().is_multiple_of(2);
        if !is_id || !build_id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return inquiry;
        }
        let build_id = build_id.to_ascii_lowercase();
        let place = self.cache.as_ref().map(|cache| cache.join(&build_id).join(kept));
        match place.as_deref().and_then(cached) {
            Some(Cached::File(file)) => return Inquiry { file: Some(file), ..inquiry },
            Some(Cached::Miss) => {
                let place = place.map(|place| place.display().to_string()).unwrap_or_default();
                inquiry.refused.push((place, OpenError::Missing));
                return inquiry;
            }
            None => {}
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        for server in &self.servers {
            let address = format!("{}/buildid/{build_id}/{name}", server.trim_end_matches('/'));
            let start = Instant::now();
            let result = self.download(&address, place.as_deref(), *left, check);
            *left = left.saturating_sub(start.elapsed());
            match result {
                Ok(file) => {
                    inquiry.file = Some(file);
                    return inquiry;
                }
                Err(Refusal::Missing) => inquiry.refused.push((shown(&address), OpenError::Missing)),
                Err(Refusal::Other(reason)) => {
                    inquiry.refused.push((shown(&address), OpenError::Server(reason)));
                }
            }
        }
        if inquiry.refused.iter().all(|(_, error)| *error == OpenError::Missing)
            && let Some(place) = &place
        {
            // Only a note for the next run; without it the servers are asked again.
            let _ = fs::create_dir_all(place.parent().unwrap_or(place)).and_then(|()| File::create(place));
        }
        inquiry
    }

    fn download(
        &self,
        address: &str,
        place: Option<&Path>,
        left: Duration,
        check: Check<'_>,
    ) -> Result<Downloaded, Refusal> {
        if left.is_zero() {
            return Err(Refusal::Other("not asked, DEBUGINFOD_TIMEOUT is over".to_owned()));
        }
        let url = Url::parse(address).map_err(|error| Refusal::Other(error.to_string()))?;
        let fetcher = self.fetcher.get_or_init(|| {
            Fetcher::new(TlsOptions::default(), self.environment.clone()).map_err(|error| error.to_string())
        });
        let fetcher = fetcher.as_ref().map_err(|reason| Refusal::Other(reason.clone()))?;
        let download = fetcher.download(&url, left).map_err(|error| match error {
            Error::Status { status, .. } if status.starts_with("404") => Refusal::Missing,
            Error::Status { status, .. } => Refusal::Other(status),
            Error::Transport { reason, .. } => Refusal::Other(reason),
            Error::Timeout { .. } => Refusal::Other(format!("no answer within {:.1} s", left.as_secs_f64())),
            other => Refusal::Other(other.to_string()),
        })?;
        // Where nothing can be kept, the file is for this run only.
        let place = place.filter(|place| {
            place.parent().is_some_and(|folder| {
                fs::create_dir_all(folder).and_then(|()| NamedTempFile::new_in(folder)).is_ok()
            })
        });
        let file = self.receive(download, place.and_then(Path::parent))?;
        let bytes = map(file.path()).map_err(|error| Refusal::Other(error.to_string()))?;
        check(&bytes).map_err(Refusal::Other)?;
        // Others see the whole file or none. The map stays good when the name is gone.
        let name = match place {
            Some(place) => {
                file.persist(place).map_err(|error| Refusal::Other(error.error.to_string()))?;
                place.display().to_string()
            }
            None => shown(address),
        };
        Ok(Downloaded { name, bytes })
    }

    /// Everything that a server sends, in a temporary file of `folder`.
    fn receive(&self, mut download: Download, folder: Option<&Path>) -> Result<NamedTempFile, Refusal> {
        let broken = |error: io::Error| Refusal::Other(error.to_string());
        let too_large =
            || Refusal::Other(format!("larger than {} bytes, see DEBUGINFOD_MAXSIZE", self.largest));
        if download.length.is_some_and(|length| length > self.largest) {
            return Err(too_large());
        }
        let file = folder.map_or_else(NamedTempFile::new, NamedTempFile::new_in);
        let mut file = file.map_err(|error| Refusal::Other(format!("cannot keep the file: {error}")))?;
        // One byte more than allowed shows that there is more.
        let mut limited = (&mut download.reader).take(self.largest.saturating_add(1));
        let received = io::copy(&mut limited, &mut file).map_err(broken)?;
        file.flush().map_err(broken)?;
        if received > self.largest { Err(too_large()) } else { Ok(file) }
    }
}

/// What is wrong with a file, if anything.
type Check<'a> = &'a dyn Fn(&Bytes) -> Result<(), String>;

/// What the cache knows.
enum Cached {
    File(Downloaded),
    /// No server had it a short while ago.
    Miss,
}

fn cached(place: &Path) -> Option<Cached> {
    let metadata = fs::metadata(place).ok()?;
    if metadata.len() == 0 {
        let age = SystemTime::now().duration_since(metadata.modified().ok()?).unwrap_or_default();
        return (age < MISS_LASTS).then_some(Cached::Miss);
    }
    let bytes = map(place).ok()?;
    Some(Cached::File(Downloaded { name: place.display().to_string(), bytes }))
}

/// An address for people, any password hidden.
fn shown(address: &str) -> String {
    Url::parse(address).map_or_else(|_| address.to_owned(), |url| url.redacted())
}
