//! What clients may open: files below the roots, and servers that were named when the program was started.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use hotlist_fetch::{Locator, Url};
use thiserror::Error;

use crate::refusal::Refusal;

/// What clients may open.
#[derive(Debug, Clone)]
pub struct Access {
    /// Folders, without links.
    roots: Vec<PathBuf>,
    /// Beginnings of addresses.
    urls: Vec<Url>,
    /// Larger files are refused before they are read.
    largest: u64,
}

/// Why access cannot be given so.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum AccessError {
    /// A root that is no folder.
    #[error("-root: {0} is no folder")]
    NoFolder(String),
    /// An address that is none.
    #[error("-url: {0}: {1}")]
    NoUrl(String, String),
}

impl Access {
    /// Files below `roots` of at most `largest` bytes, and servers at addresses that begin as one of `urls` does.
    ///
    /// # Errors
    /// When a root is no folder, or an address is none.
    pub fn new(roots: &[PathBuf], urls: &[String], largest: u64) -> Result<Access, AccessError> {
        let folder = |root: &PathBuf| match root.canonicalize() {
            Ok(real) if real.is_dir() => Ok(real),
            _ => Err(AccessError::NoFolder(root.display().to_string())),
        };
        let url = |text: &String| {
            let whole = if text.contains("://") { text.clone() } else { format!("http://{text}") };
            let wrong = |why: &dyn std::fmt::Display| AccessError::NoUrl(text.clone(), why.to_string());
            let url = Url::parse(&whole).map_err(|error| wrong(&error))?;
            if url.host().is_empty() { Err(wrong(&"no host")) } else { Ok(url) }
        };
        Ok(Access {
            roots: roots.iter().map(folder).collect::<Result<_, _>>()?,
            urls: urls.iter().map(url).collect::<Result<_, _>>()?,
            largest,
        })
    }

    /// The folders, without links.
    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// The address of a store that may be asked: the one that is named, or the only one that was given.
    pub(crate) fn store(&self, named: Option<&str>) -> Result<Url, Refusal> {
        let Some(named) = named else {
            return match self.urls.as_slice() {
                [url] => Ok(url.clone()),
                [] => Err(Refusal::new(
                    "no store may be asked: the server has to be started with -url and the address of one, such as http://127.0.0.1:4040",
                )),
                several => {
                    let all: Vec<String> = several.iter().map(Url::redacted).collect();
                    Err(Refusal::new(format!("store: name one of {}", all.join(", "))))
                }
            };
        };
        let url = Url::parse(named).map_err(|error| Refusal::new(format!("store: {named}: {error}")))?;
        if self.allows(&url) {
            return Ok(url);
        }
        let all: Vec<String> = self.urls.iter().map(Url::redacted).collect();
        let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        Err(Refusal::new(format!("store: {} may not be asked; given with -url are {all}", url.redacted())))
    }

    /// What `source` means, when it may be opened.
    pub(crate) fn admit(&self, source: &str) -> Result<OsString, Refusal> {
        if source.is_empty() || source == "-" {
            return Err(Refusal::new("source: name a file below the roots, or an address"));
        }
        if let Some(file) = self.file(source) {
            return self.check_size(source, &file).map(|()| file.into());
        }
        // What is there and may not be seen is treated as what is not there.
        match Locator::parse(OsStr::new(source), &|_| false) {
            Ok(Locator::Url(url)) if self.allows(&url) => Ok(source.into()),
            Ok(Locator::Url(url)) if source.contains("://") => Err(Refusal::new(format!(
                "{} may not be asked: the server has to be started with -url {}://{}",
                url.redacted(),
                url.scheme(),
                url.host()
            ))),
            _ => Err(Refusal::new(format!(
                "{source}: no such file below {}: name one that is, or start the server with -root for its folder",
                self.told_roots()
            ))),
        }
    }

    /// The regular file that `source` names, without links, if it is below a root.
    fn file(&self, source: &str) -> Option<PathBuf> {
        let path = Path::new(source);
        // An absolute path takes the place of the root.
        self.roots.iter().map(|root| root.join(path)).find_map(|path| {
            let real = path.canonicalize().ok()?;
            let is_below = self.roots.iter().any(|root| real.starts_with(root));
            (is_below && real.is_file()).then_some(real)
        })
    }

    fn check_size(&self, source: &str, file: &Path) -> Result<(), Refusal> {
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        if size <= self.largest {
            return Ok(());
        }
        let text = |bytes: u64| hotlist_profile::unit::label(bytes.min(1 << 62) as i64, "bytes", "auto");
        Err(Refusal::new(format!(
            "{source} has {} and the server reads at most {}: record for a shorter time, or start it with a larger -max_size",
            text(size),
            text(self.largest)
        )))
    }

    /// Whether `url` begins as an address does that was named, up to the end of a part.
    fn allows(&self, url: &Url) -> bool {
        let address = url.to_string();
        let climbs = address.contains("..") || address.to_ascii_lowercase().contains("%2e");
        let begins = |allowed: &Url| {
            let allowed = allowed.to_string();
            let Some(rest) = address.strip_prefix(&allowed) else { return false };
            rest.is_empty() || allowed.ends_with(['/', '=', '&']) || rest.starts_with(['/', '?', '&'])
        };
        !climbs && self.urls.iter().any(begins)
    }

    fn told_roots(&self) -> String {
        let names: Vec<String> = self.roots.iter().map(|root| root.display().to_string()).collect();
        if names.is_empty() { "any root".to_owned() } else { names.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_are_opened_below_the_roots_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["root/sub", "other"] {
            fs::create_dir_all(path(name)).unwrap();
        }
        for name in ["root/a.pb", "root/sub/b.pb", "secret", "other/c.pb"] {
            fs::write(path(name), "x").unwrap();
        }
        fs::write(path("root/large"), "12345").unwrap();
        let access = Access::new(&[path("root")], &[], 4).unwrap();
        let whole = |name: &str| path(name).display().to_string();
        for (source, file) in [
            ("a.pb", "root/a.pb"),
            ("sub/b.pb", "root/sub/b.pb"),
            ("sub/../a.pb", "root/a.pb"),
            (&*whole("root/a.pb"), "root/a.pb"),
        ] {
            let expected = path(file).canonicalize().unwrap();
            assert_eq!(access.admit(source), Ok(expected.into()), "{source}");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(path("secret"), path("root/link")).unwrap();
        for source in
            ["../secret", "link", "sub", &whole("secret"), &whole("other/c.pb"), "none", "/etc/passwd"]
        {
            let refusal = access.admit(source).expect_err(source).to_string();
            assert!(refusal.contains("no such file below"), "{source}: {refusal}");
        }
        let refusal = access.admit("large").expect_err("it is too large").to_string();
        assert!(refusal.contains("5B") && refusal.contains("-max_size"), "{refusal}");
        assert_eq!(
            Access::new(&[path("none")], &[], 4).map(|_| ()),
            Err(AccessError::NoFolder(whole("none")))
        );
    }

    #[test]
    fn servers_are_asked_where_they_were_named() {
        let urls = ["http://localhost:6060".to_owned(), "h:80/debug/pprof/heap".to_owned()];
        let access = Access::new(&[], &urls, 1).unwrap();
        for allowed in [
            "http://localhost:6060/debug/pprof/heap",
            "localhost:6060",
            "http://localhost:6060/debug/pprof/profile?seconds=5",
            "http://h:80/debug/pprof/heap?gc=1",
        ] {
            assert_eq!(access.admit(allowed), Ok(allowed.into()), "{allowed}");
        }
        for refused in [
            "https://localhost:6060/",
            "http://localhost:60601/",
            "http://localhost:6060.example/",
            "http://localhost:6060@example/",
            "http://example/?http://localhost:6060/",
            "http://h:80/debug/pprof/heap/../../admin",
            "http://h:80/debug/pprof/heap%2e%2e/x",
            "http://h:80/debug/pprof/heapdump",
        ] {
            assert!(access.admit(refused).is_err(), "{refused}");
        }
    }
}
