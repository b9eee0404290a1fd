//! Source code from the file system, by the rules of pprof and, where those find nothing, by knowing
//! where the tools of Go and Rust keep their sources.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use hotlist_analyze::PathTrim;
use hotlist_report::{SourceError, SourceFile, SourceText};

/// Larger files are no source code.
const LARGEST_FILE: u64 = 64 << 20;

/// How many ends of a path are tried.
const MOST_SUFFIXES: usize = 32;

/// Folders in which tools keep sources, from the environment of the process.
#[derive(Debug, Clone, Default)]
struct ToolFolders {
    /// Roots of Go installations.
    go: Vec<PathBuf>,
    /// Module caches of Go.
    go_modules: Vec<PathBuf>,
    /// Folders of Rust's library sources, which hold `library/`.
    rust: Vec<PathBuf>,
    /// Registries of cargo, which hold a folder for each crate.
    crates: Vec<PathBuf>,
}

/// Folders, without links, below which files may be shown.
#[derive(Debug, Clone)]
struct Roots {
    /// Folders of the user.
    own: Vec<PathBuf>,
    /// Folders of tools.
    tools: Vec<PathBuf>,
}

impl Roots {
    fn hold(&self, path: &Path) -> bool {
        let Ok(real) = path.canonicalize() else { return false };
        let is_hidden =
            |path: &Path| path.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
        self.tools.iter().any(|root| real.starts_with(root))
            || self.own.iter().any(|root| real.strip_prefix(root).is_ok_and(|rest| !is_hidden(rest)))
    }
}

/// Reads source files, each once.
#[derive(Debug)]
pub struct SourceFiles {
    search: Vec<PathBuf>,
    trim: PathTrim,
    tools: ToolFolders,
    /// Below which folders a file must be, where that is a condition.
    roots: Option<Roots>,
    cache: Mutex<HashMap<String, Result<Arc<SourceFile>, SourceError>>>,
}

impl SourceFiles {
    /// `source_path` and `trim_path` are the options of these names. Without a source path files are
    /// searched in `current` and the folders above it. `variable` looks up environment variables.
    pub fn new(
        source_path: &[String],
        trim_path: &[String],
        current: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> SourceFiles {
        let search = if source_path.is_empty() {
            vec![current.to_string_lossy().into_owned()]
        } else {
            source_path.to_vec()
        };
        SourceFiles {
            trim: PathTrim { prefixes: trim_path.to_vec(), search: search.clone() },
            search: search.into_iter().map(PathBuf::from).collect(),
            tools: ToolFolders::find(variable),
            roots: None,
            cache: Mutex::new(HashMap::new()),
        }
    }

    /// Shows only files below the source path, the current folder and the folders in which tools keep
    /// sources, whatever a profile names: a profile from a stranger must not be able to show files of the
    /// user to others. Links are followed before that is decided, and hidden files of the source path are
    /// none.
    #[must_use]
    pub fn only_below_roots(mut self) -> SourceFiles {
        let real = |paths: &[PathBuf]| -> Vec<PathBuf> {
            paths.iter().filter_map(|path| path.canonicalize().ok()).collect()
        };
        let ToolFolders { go, go_modules, rust, crates } = &self.tools;
        let go: Vec<PathBuf> = go.iter().map(|path| path.join("src")).collect();
        let tools = [go.as_slice(), go_modules, rust, crates].into_iter().flat_map(real).collect();
        self.roots = Some(Roots { own: real(&self.search), tools });
        self
    }

    /// A file that may be shown.
    fn file(&self, path: &Path) -> Result<SourceFile, String> {
        match &self.roots {
            Some(roots) if !roots.hold(path) => {
                // Whether there is such a file is not told either.
                Err("not found below the folders from which source code is shown (see -source_path)"
                    .to_owned())
            }
            _ => read_file(path),
        }
    }

    fn read(&self, path: &str) -> Result<SourceFile, SourceError> {
        let trimmed = self.trim.apply(path);
        let asked = Path::new(trimmed);
        let first = if asked.is_absolute() {
            self.file(asked).map_err(|error| format!("open {trimmed}: {error}"))
        } else {
            self.search
                .iter()
                .flat_map(|folder| folder.ancestors())
                .find_map(|folder| self.file(&folder.join(asked)).ok())
                .ok_or_else(|| format!("could not find file {trimmed} on path {}", self.search_path()))
        };
        let error = match first {
            Ok(file) => return Ok(file),
            Err(error) => error,
        };
        for candidate in self.candidates(path).into_iter().chain(self.candidates(trimmed)) {
            if let Ok(file) = self.file(&candidate) {
                return Ok(SourceFile { found_at: Some(candidate.display().to_string()), ..file });
            }
        }
        Err(SourceError(error))
    }

    /// The files that are looked at for a path of a profile, in order, whether they are there or not.
    pub fn tried(&self, path: &str) -> Vec<PathBuf> {
        let trimmed = self.trim.apply(path);
        let asked = Path::new(trimmed);
        let mut tried: Vec<PathBuf> = if asked.is_absolute() {
            vec![asked.to_owned()]
        } else {
            self.search
                .iter()
                .flat_map(|folder| folder.ancestors())
                .map(|folder| folder.join(asked))
                .collect()
        };
        tried.extend(self.candidates(path).into_iter().chain(self.candidates(trimmed)));
        let mut seen = HashSet::new();
        tried.retain(|path| seen.insert(path.clone()));
        tried
    }

    fn search_path(&self) -> String {
        self.search.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(":")
    }

    /// Where else a file of a profile may be.
    fn candidates(&self, path: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let relative = path.trim_start_matches('/');
        // Rust's own libraries: /rustc/<commit>/library/core/src/…
        if let Some(rest) = path.strip_prefix("/rustc/")
            && let Some((_, rest)) = rest.split_once('/')
        {
            found.extend(self.tools.rust.iter().map(|root| root.join(rest)));
        }
        // Crates: …/registry/src/<registry>/<crate>-<version>/src/…
        if let Some((_, rest)) = path.split_once("/registry/src/")
            && let Some((_, rest)) = rest.split_once('/')
        {
            found.extend(self.tools.crates.iter().map(|registry| registry.join(rest)));
        }
        // Go modules: the path after pkg/mod, or that of a -trimpath build, with a version in it.
        let module = path.split_once("/pkg/mod/").map_or(relative, |(_, rest)| rest);
        if module.contains('@') {
            let escaped = escape_module_path(module);
            let roots = self.tools.go_modules.iter().chain(&self.search);
            for root in roots {
                found.push(root.join(&escaped));
                found.push(root.join(module));
                found.push(root.join("pkg/mod").join(&escaped));
            }
            if let Some(unversioned) = without_version(module) {
                let vendors = self.search.iter().flat_map(|folder| folder.ancestors());
                found.extend(vendors.map(|folder| folder.join("vendor").join(&unversioned)));
            }
        }
        // Go's standard library: …/src/runtime/malloc.go, or runtime/malloc.go in a -trimpath build.
        let standard = path.split_once("/src/").map_or(relative, |(_, rest)| rest);
        found.extend(self.tools.go.iter().map(|root| root.join("src").join(standard)));
        // The main module of a -trimpath build: example.com/module/file.go.
        for folder in self.search.iter().flat_map(|folder| folder.ancestors()) {
            if let Some(module) = module_name(folder)
                && let Some(rest) = relative.strip_prefix(&module)
            {
                found.push(folder.join(rest.trim_start_matches('/')));
                found.push(folder.join("vendor").join(relative));
            }
        }
        // A checkout elsewhere: the end of the path below one of the folders. Two parts would be too few: many
        // folders have a src/lib.rs.
        let parts: Vec<&str> = relative.split('/').collect();
        for dropped in 1..parts.len().saturating_sub(2).min(MOST_SUFFIXES) {
            let end = parts[dropped..].join("/");
            found.extend(self.search.iter().map(|folder| folder.join(&end)));
        }
        // A candidate must not lead out of its root.
        found.retain(|candidate| !candidate.components().any(|part| part.as_os_str() == ".."));
        found
    }
}

impl SourceText for SourceFiles {
    fn open(&self, path: &str) -> Result<Arc<SourceFile>, SourceError> {
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.entry(path.to_owned()).or_insert_with(|| self.read(path).map(Arc::new)).clone()
    }
}

impl ToolFolders {
    fn find(variable: impl Fn(&str) -> Option<String>) -> ToolFolders {
        let folder = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = folder("HOME");
        let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let cargo = folder("CARGO_HOME").or_else(|| below_home(".cargo"));
        let rustup = folder("RUSTUP_HOME").or_else(|| below_home(".rustup"));
        let gopath = folder("GOPATH").or_else(|| below_home("go"));
        let fixed = ["/usr/local/go", "/usr/lib/go", "/opt/homebrew/opt/go/libexec"].map(PathBuf::from);
        ToolFolders {
            go: folder("GOROOT").into_iter().chain(fixed).collect(),
            go_modules: folder("GOMODCACHE")
                .into_iter()
                .chain(gopath.map(|path| path.join("pkg/mod")))
                .collect(),
            rust: rustup
                .map(|path| subfolders(&path.join("toolchains")))
                .unwrap_or_default()
                .into_iter()
                .map(|toolchain| toolchain.join("lib/rustlib/src/rust"))
                .collect(),
            crates: cargo.map(|path| subfolders(&path.join("registry/src"))).unwrap_or_default(),
        }
    }
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    found.sort();
    found
}

/// Upper-case letters become `!` and the lower-case letter, as Go's module cache names folders.
fn escape_module_path(path: &str) -> String {
    path.chars().fold(String::with_capacity(path.len()), |mut escaped, letter| {
        if letter.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(letter.to_ascii_lowercase());
        escaped
    })
}

/// `example.com/m@v1.2.3/x.go` as `example.com/m/x.go`.
fn without_version(path: &str) -> Option<String> {
    let (module, rest) = path.split_once('@')?;
    let (_, rest) = rest.split_once('/')?;
    Some(format!("{module}/{rest}"))
}

/// The module that the `go.mod` of `folder` declares.
fn module_name(folder: &Path) -> Option<String> {
    let lines = read_lines(&folder.join("go.mod")).ok()?;
    lines.iter().find_map(|line| line.strip_prefix("module ").map(|name| name.trim().to_owned()))
}

fn read_lines(path: &Path) -> Result<Vec<String>, String> {
    read_file(path).map(|file| file.lines)
}

/// A regular file of reasonable size. Profiles name files at will, so devices and pipes are refused.
fn read_file(path: &Path) -> Result<SourceFile, String> {
    let plain = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::NotADirectory => "not a directory".to_owned(),
        _ => error.to_string(),
    };
    let metadata = fs::metadata(path).map_err(plain)?;
    if !metadata.is_file() {
        return Err("not a regular file".to_owned());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(format!("larger than {} MB", LARGEST_FILE >> 20));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut bytes)).map_err(plain)?;
    let text = String::from_utf8_lossy(&bytes);
    let since_epoch = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(SourceFile {
        lines: text.lines().map(str::to_owned).collect(),
        found_at: None,
        modified: since_epoch.and_then(|time| i64::try_from(time.as_secs()).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[&str], variables: &[(&str, &str)], asked: &str, expected: Result<Option<&str>, ()>) {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, if file.ends_with("go.mod") { "module example.com/App\n" } else { "code\n" })
                .unwrap();
        }
        let variable = |name: &str| {
            let value = variables.iter().find(|(key, _)| *key == name)?.1;
            Some(root.path().join(value).display().to_string())
        };
        let project = root.path().join("project");
        let sources = SourceFiles::new(&[], &[], &project, variable);
        match (sources.open(asked), expected) {
            (Ok(file), Ok(found)) => {
                let found = found.map(|path| root.path().join(path).display().to_string());
                assert_eq!(file.found_at, found, "{asked}");
                assert_eq!(file.lines, ["code"]);
            }
            (Err(_), Err(())) => {}
            (got, _) => panic!("{asked}: {got:?}"),
        }
    }

    #[test]
    fn sources_are_found_where_tools_keep_them() {
        check(&["project/main.go"], &[], "main.go", Ok(None));
        check(&["main.go"], &[], "main.go", Ok(None));
        check(&[], &[], "main.go", Err(()));
        check(&[], &[], "/dev/null", Err(()));
        let go =
            [("GOROOT", "go"), ("GOMODCACHE", "mod"), ("CARGO_HOME", "cargo"), ("RUSTUP_HOME", "rustup")];
        let runtime = "go/src/runtime/mallocx.go";
        check(&[runtime], &go, "runtime/mallocx.go", Ok(Some(runtime)));
        check(&[runtime], &go, "/opt/elsewhere/src/runtime/mallocx.go", Ok(Some(runtime)));
        let module = "mod/github.com/!burnt!sushi/toml@v1.2.3/a.go";
        check(&[module], &go, "github.com/BurntSushi/toml@v1.2.3/a.go", Ok(Some(module)));
        check(&[module], &go, "/home/u/go/pkg/mod/github.com/BurntSushi/toml@v1.2.3/a.go", Ok(Some(module)));
        let vendored = "project/vendor/github.com/x/y/a.go";
        check(&[vendored], &go, "github.com/x/y@v1.2.3/a.go", Ok(Some(vendored)));
        check(
            &["project/go.mod", "project/b/c.go"],
            &go,
            "example.com/App/b/c.go",
            Ok(Some("project/b/c.go")),
        );
        let library = "rustup/toolchains/stable/lib/rustlib/src/rust/library/core/src/mem.rs";
        check(&[library], &go, "/rustc/0123abc/library/core/src/mem.rs", Ok(Some(library)));
        let krate = "cargo/registry/src/index-1/memchr-2.0.0/src/lib.rs";
        check(&[krate], &go, "/home/ci/.cargo/registry/src/index-9/memchr-2.0.0/src/lib.rs", Ok(Some(krate)));
        let elsewhere = "project/crates/app/src/main.rs";
        check(&[elsewhere], &go, "/builds/9f/crates/app/src/main.rs", Ok(Some(elsewhere)));
        check(&["project/src/main.rs"], &go, "/builds/other/src/main.rs", Err(()));
        check(&["secret"], &go, "example.com/App/../../secret", Err(()));
    }

    #[test]
    fn files_outside_of_the_roots_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for file in ["project/main.go", "project/.ssh/id", "secret", "go/src/fmt/print.go", "mod/m@v1/a.go"] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "code\n").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.join("secret"), root.join("project/link.go")).unwrap();
        let variable = |name: &str| {
            let folder = [("GOROOT", "go"), ("GOMODCACHE", "mod")].iter().find(|(key, _)| *key == name)?.1;
            Some(root.join(folder).display().to_string())
        };
        let sources = SourceFiles::new(&[], &[], &root.join("project"), variable).only_below_roots();
        let path = |file: &str| root.join(file).display().to_string();
        for shown in
            [&*path("project/main.go"), "main.go", "fmt/print.go", &path("go/src/fmt/print.go"), "m@v1/a.go"]
        {
            assert!(sources.open(shown).is_ok(), "{shown}: {:?}", sources.open(shown));
        }
        for refused in [
            &*path("secret"),
            "secret",
            &path("project/../secret"),
            "../secret",
            "link.go",
            &path("project/link.go"),
            ".ssh/id",
            "/etc/hostname",
            "etc/hostname",
        ] {
            assert!(sources.open(refused).is_err(), "{refused}");
        }
    }
}
