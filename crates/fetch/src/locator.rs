//! What a source as typed means: standard input, a file, or a URL, and how a URL is to be asked.
//!
//! The rules are those of `go tool pprof` (cmd/pprof, `adjustURL`):
//!
//! - `-` is standard input (ours; a file of that name is `./-`);
//! - what exists is a file, whatever it looks like;
//! - `http://…`, `https://…` and `https+insecure://…` are URLs, and so is `host:port/path`, which gets
//!   `http://` in front;
//! - a URL without a path asks for `/debug/pprof/profile`;
//! - everything else is a file, one that will turn out to be missing.
//!
//! `-seconds` becomes the `seconds` parameter. An answer may take `-timeout`; without it one and a half
//! times the seconds asked for, and 60 seconds when there are none.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, one_line};
use crate::fetcher::Timing;
use crate::url::{Url, UrlError};

/// The path of Go's CPU profile, which a server is asked for when the source names nothing else.
const CPU_PROFILE_PATH: &str = "/debug/pprof/profile";

/// How long an answer may take when nothing says otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// A source, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Locator {
    /// Standard input.
    Stdin,
    /// A path, of something that exists or of nothing at all.
    File(PathBuf),
    /// A server, with the path that is asked.
    Url(Url),
}

/// A URL with a request's numbers applied to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) url: Url,
    /// How long the server may take; the client allows a little more.
    pub(crate) timeout: Duration,
}

impl Locator {
    /// Understands a source; `exists` says whether a path is there, as in [`Path::exists`].
    ///
    /// # Errors
    /// [`Error::Url`] for text that starts like a URL (`scheme://`) and is none.
    pub fn parse(source: &OsStr, exists: &dyn Fn(&Path) -> bool) -> Result<Locator, Error> {
        let file = || Ok(Locator::File(PathBuf::from(source)));
        if source == "-" {
            return Ok(Locator::Stdin);
        }
        // No URL has bytes that are not UTF-8.
        let Some(text) = source.to_str().filter(|_| !exists(Path::new(source))) else { return file() };
        match parse_url(text) {
            Ok(Some(mut url)) => {
                if url.is_bare() {
                    url.set_path(CPU_PROFILE_PATH);
                }
                Ok(Locator::Url(url))
            }
            Ok(None) => file(),
            Err(cause) => Err(Error::Url { address: one_line(text), cause }),
        }
    }
}

impl Query {
    /// Applies `-seconds` and `-timeout` to a URL.
    pub(crate) fn new(url: &Url, timing: &Timing) -> Query {
        let mut url = url.clone();
        let mut pairs = url.query_pairs();
        let mut duration = timing.seconds.filter(|duration| !duration.is_zero());
        if let Some(duration) = duration {
            pairs.retain(|(key, _)| key != b"seconds");
            pairs.push((b"seconds".to_vec(), duration.as_secs().to_string().into_bytes()));
        } else if let Some((_, value)) = pairs.iter().find(|(key, _)| key == b"seconds") {
            let seconds = std::str::from_utf8(value).ok().and_then(|value| value.parse::<i32>().ok());
            duration = seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs);
        }
        url.set_query(pairs);
        let timeout = match (timing.timeout, duration) {
            (Some(timeout), _) if !timeout.is_zero() => timeout,
            (_, Some(duration)) if !duration.is_zero() => duration.saturating_add(duration / 2),
            _ => DEFAULT_TIMEOUT,
        };
        Query { url, timeout }
    }
}

/// The URL that a text means, `None` for a text that is rather a path.
fn parse_url(source: &str) -> Result<Option<Url>, UrlError> {
    let parsed = match Url::parse(source) {
        Ok(url) if url.scheme().is_empty() || url.scheme() == "file" || !url.host().is_empty() => Some(url),
        // A scheme with slashes leaves no doubt about what was meant, so the reason is worth telling.
        Ok(_) if source.contains("://") => return Err(UrlError::NoHost),
        Err(reason) if has_scheme_and_slashes(source) => return Err(reason),
        // `host:80/x` reads as the scheme `host`, and `127.0.0.1:80` as a path with a colon.
        _ => Url::parse(&format!("http://{source}")).ok(),
    };
    Ok(parsed.filter(|url| !url.host().is_empty()))
}

fn has_scheme_and_slashes(source: &str) -> bool {
    source.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(source: &str) -> Result<Locator, Error> {
        Locator::parse(OsStr::new(source), &|path| path == Path::new("there:80"))
    }

    #[test]
    fn urls_are_completed_as_pprof_does() {
        let check = |source: &str, expected: &str| match locate(source) {
            Ok(Locator::Url(url)) => {
                let query = Query::new(&url, &Timing::default());
                assert_eq!(query.url.to_string(), expected, "{source}");
            }
            other => panic!("{source}: {other:?}"),
        };
        check("localhost:1", "http://localhost:1/debug/pprof/profile");
        check("http://localhost:1/", "http://localhost:1/debug/pprof/profile");
        check("[::1]:1", "http://[::1]:1/debug/pprof/profile");
        check("localhost:1?seconds=5", "http://localhost:1/debug/pprof/profile?seconds=5");
        check("127.0.0.1:1/heap", "http://127.0.0.1:1/heap");
        check("http://localhost:1/a b?x=1&a=%20+b#frag", "http://localhost:1/a%20b?a=++b&x=1#frag");
        check("http://h/x?b=2&a=1&a=0&c", "http://h/x?a=1&a=0&b=2&c=");
        check("https+insecure://h/x", "https+insecure://h/x");
        check("//localhost:1/x", "//localhost:1/x");
    }

    #[test]
    fn the_rest_are_files() {
        let check = |source: &str| {
            assert_eq!(locate(source).ok(), Some(Locator::File(source.into())), "{source}");
        };
        check("there:80");
        check("cpu.pb.gz");
        check("localhost/debug/pprof/heap");
        check("mem_2023-11-02_03:55:24");
        check("file:///nope");
        check(":foo");
        check("");
        assert_eq!(locate("-").ok(), Some(Locator::Stdin));
    }

    #[test]
    fn a_broken_url_is_named() {
        let check = |source: &str, expected: &str| {
            assert_eq!(locate(source).unwrap_err().to_string(), expected);
        };
        check("http://h/%zz", "http://h/%zz: invalid URL: invalid URL escape \"%zz\"");
        check("http://a b/", "http://a b/: invalid URL: invalid character ' ' in host name");
        check("unix:///x", "unix:///x: invalid URL: no host after the scheme");
    }

    #[test]
    fn seconds_and_timeout() {
        let check = |source: &str, seconds, timeout, expected_query: &str, expected_timeout: f64| {
            let timing = Timing {
                seconds: Some(Duration::from_secs(seconds)),
                timeout: Some(Duration::from_secs(timeout)),
            };
            let Ok(Locator::Url(url)) = locate(source) else { panic!("{source}") };
            let query = Query::new(&url, &timing);
            assert_eq!(query.url.to_string(), format!("http://h:1/x{expected_query}"));
            assert_eq!(query.timeout.as_secs_f64(), expected_timeout);
        };
        check("h:1/x", 0, 0, "", 60.0);
        check("h:1/x", 5, 0, "?seconds=5", 7.5);
        check("h:1/x?seconds=9", 5, 0, "?seconds=5", 7.5);
        check("h:1/x?seconds=10", 0, 0, "?seconds=10", 15.0);
        check("h:1/x?seconds=-10", 0, 0, "?seconds=-10", 60.0);
        check("h:1/x?seconds=many", 0, 0, "?seconds=many", 60.0);
        check("h:1/x", 5, 3, "?seconds=5", 3.0);
    }
}
