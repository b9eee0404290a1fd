//! Source paths as text: shortening, cleaning, and the prefixes that profiles carry.

use std::borrow::Cow;

/// Which prefixes are taken off the source paths of a profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathTrim {
    /// `-trim_path`: prefixes to remove.
    pub prefixes: Vec<String>,
    /// `-source_path`: where sources are searched. Without `prefixes`, everything in a profile's
    /// path up to the last component of one of these folders goes.
    pub search: Vec<String>,
}

impl PathTrim {
    /// `path` without the first prefix that fits.
    pub fn apply<'a>(&self, path: &'a str) -> &'a str {
        if self.prefixes.is_empty() {
            for folder in &self.search {
                let base = base_name(folder);
                let wanted = if base == "/" { "///".to_owned() } else { format!("/{base}/") };
                if let Some(at) = path.find(&wanted) {
                    return &path[at + wanted.len()..];
                }
            }
        }
        let configured = self.prefixes.iter().map(String::as_str);
        for prefix in configured.chain(["/proc/self/cwd/./", "/proc/self/cwd/"]) {
            let Some(rest) = path.strip_prefix(prefix) else { continue };
            if prefix.ends_with('/') {
                return rest;
            }
            if let Some(rest) = rest.strip_prefix('/') {
                return rest;
            }
        }
        path
    }
}

/// The last component of a path, as Go's `filepath.Base` defines it: `.` for an empty path, `/` for
/// one of nothing but slashes.
pub fn base_name(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed.rsplit('/').next().unwrap_or(trimmed),
    }
}

/// The shortest equal path: no doubled slashes, no `.`, no `x/..`, as Go's `filepath.Clean` has it.
pub fn clean_path(path: &str) -> Cow<'_, str> {
    let is_clean = !path.is_empty()
        && (path == "/" || !path.ends_with('/'))
        && path.strip_prefix('/').unwrap_or(path).split('/').all(|part| !matches!(part, "" | "." | ".."));
    if is_clean || path == "/" {
        return Cow::Borrowed(path);
    }
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|&last| last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Cow::Owned(match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaning() {
        for (path, expected) in [
            ("", "."),
            ("/", "/"),
            ("//", "/"),
            ("./rel/path/x.c", "rel/path/x.c"),
            ("a//b/../c/.", "a/c"),
            ("/../a", "/a"),
            ("../../a", "../../a"),
            ("a/..", "."),
            ("src/lib.rs", "src/lib.rs"),
        ] {
            assert_eq!(clean_path(path), expected, "{path:?}");
        }
    }

    #[test]
    fn trimming() {
        let check = |prefixes: &[&str], search: &[&str], path: &str, expected: &str| {
            let owned = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect();
            let trim = PathTrim { prefixes: owned(prefixes), search: owned(search) };
            assert_eq!(trim.apply(path), expected);
        };
        check(&[], &[], "/proc/self/cwd/./a.cc", "a.cc");
        check(&[], &[], "/home/a.cc", "/home/a.cc");
        check(&["/home"], &[], "/home/a.cc", "a.cc");
        check(&["/home"], &[], "/homeland/a.cc", "/homeland/a.cc");
        check(&[], &["/my/local/project"], "/remote/project/foo/bar.c", "foo/bar.c");
        check(&["/x"], &["/my/local/project"], "/remote/project/foo/bar.c", "/remote/project/foo/bar.c");
    }

    #[test]
    fn bases() {
        for (path, expected) in [("", "."), ("/", "/"), ("/a/b", "b"), ("b/", "b"), ("x", "x")] {
            assert_eq!(base_name(path), expected);
        }
    }
}
