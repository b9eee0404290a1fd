//! The variables of the environment that are read, in one table, and the one place where they are read.

use std::ffi::OsString;

/// Variables that belong together, and what they mean.
#[derive(Debug)]
pub(crate) struct Variables {
    /// Their names.
    pub(crate) names: &'static [&'static str],
    /// What they mean, in a line.
    pub(crate) help: &'static str,
}

const fn variables(names: &'static [&'static str], help: &'static str) -> Variables {
    Variables { names, help }
}

/// Every variable that is read.
pub(crate) const ALL: &[Variables] = &[
    variables(&["PPROF_BINARY_PATH"], "Folders with binaries, for symbols (default $HOME/pprof/binaries)"),
    variables(&["PPROF_TMPDIR"], "Folder for copies of profiles from servers (default $HOME/pprof)"),
    variables(
        &["DEBUGINFOD_URLS"],
        "Servers of debug information, separated by spaces; without it none is asked",
    ),
    variables(
        &["DEBUGINFOD_CACHE_PATH"],
        "Folder for what they send (default debuginfod_client in $XDG_CACHE_HOME)",
    ),
    variables(&["DEBUGINFOD_TIMEOUT"], "How many seconds to wait for them in all (default 90)"),
    variables(&["DEBUGINFOD_MAXSIZE"], "How many bytes a file of theirs may have (default 4 GB)"),
    variables(&["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"], "Proxies for servers, and hosts that need none"),
    variables(&["http_proxy", "https_proxy", "no_proxy"], "The same, where those are not set"),
    variables(&["REQUEST_METHOD"], "Where it is set, as in CGI programs, HTTP_PROXY is not trusted"),
    variables(
        &["SSL_CERT_FILE", "SSL_CERT_DIR"],
        "Certificate authorities to trust in place of the system's (PEM file, folder of PEM files)",
    ),
    variables(&["GOROOT", "GOPATH", "GOMODCACHE"], "Where sources of Go programs are looked for"),
    variables(&["CARGO_HOME", "RUSTUP_HOME"], "Where sources of Rust programs are looked for"),
    variables(
        &["BROWSER"],
        "The browser that -web and -http open: commands separated by colons, %s for the page",
    ),
    variables(
        &["DISPLAY", "WAYLAND_DISPLAY"],
        "Whether there is a screen that a browser can open a window on",
    ),
    variables(&["PAGER"], "The program that shows long output of the shell; cat shows all at once"),
    variables(&["LESS", "LV"], "Flags of these pagers; where they are not set, colours are shown"),
    variables(&["PATH"], "Folders with programs, for PAGER and browsers"),
    variables(&["NO_COLOR"], "Set to write no colours"),
    variables(&["TERM", "COLORTERM"], "What the terminal can show"),
    variables(&["TZ"], "Time zone of the times shown"),
    variables(&["HOME", "USERPROFILE"], "The home folder, on Windows the second"),
    variables(&["TMPDIR", "TEMP"], "Folder for temporary files, on Windows the second"),
    variables(&["XDG_CACHE_HOME"], "Folder for what can be fetched again (default $HOME/.cache)"),
    variables(
        &["XDG_CONFIG_HOME", "AppData"],
        "Folder for the settings of the web page (default $HOME/.config)",
    ),
    variables(&["XDG_STATE_HOME"], "Where the shell keeps its history (default $HOME/.local/state)"),
    variables(&["LD_PRELOAD"], "What programs that -heap records load besides"),
    variables(&["HOTLIST_PAGE_FOLDER"], "Folder with the files of the web page, for work on the page"),
];

/// Variables of pprof that have no effect here.
pub(crate) const IGNORED: &[Variables] =
    &[variables(&["PPROF_TOOLS"], "Has no effect: no other tools are run")];

/// The value of a variable. All of the program reads its environment through this function.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    debug_assert!(
        ALL.iter().any(|entry| entry.names.contains(&name)),
        "{name} is not in the table of variables"
    );
    std::env::var_os(name)
}

/// The value of a variable that is text.
pub(crate) fn text(name: &str) -> Option<String> {
    variable(name)?.into_string().ok()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Files of the program below `folder`.
    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder can be listed") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// The code of all rooms of the program, without tests.
    fn code() -> Vec<(PathBuf, String)> {
        let rooms = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("rooms lie side by side");
        let mut files = Vec::new();
        for room in fs::read_dir(rooms).expect("the folder can be listed") {
            let room = room.expect("the folder can be listed").path();
            // The collector is no part of the program, and the other is for tests only.
            if !["collect", "testkit"].iter().any(|other| room.ends_with(other)) && room.join("src").is_dir()
            {
                sources(&room.join("src"), &mut files);
            }
        }
        assert!(files.len() > 100, "only {} files were found", files.len());
        let code = |path: PathBuf| {
            let text = fs::read_to_string(&path).expect("the file can be read");
            let text = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            (path, text)
        };
        files.into_iter().map(code).collect()
    }

    #[test]
    fn variables_are_read_in_one_place() {
        for (path, text) in code() {
            let reads = text.matches("env::var").count();
            let expected = usize::from(path.ends_with("cli/src/environment.rs"));
            // Comments of other files may mention the function.
            let told =
                text.lines().filter(|line| line.trim_start().starts_with("//") && line.contains("env::var"));
            assert_eq!(reads - told.count(), expected, "{} reads the environment itself", path.display());
        }
    }

    /// Words in quotes that look like the name of a variable, as arguments of functions that look one up.
    fn asked_for(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for function in ["variable", "lookup", "folder", "path", "value", "text", "text_of", "set", "get"] {
            for bracket in ["(\"", "([\""] {
                let call = format!("{function}{bracket}");
                for (at, _) in text.match_indices(&call) {
                    let before = text[..at].chars().next_back();
                    if before.is_some_and(|before| before.is_alphanumeric() || before == '_') {
                        continue;
                    }
                    let rest = &text[at + call.len()..];
                    let list = rest.split(')').next().unwrap_or_default();
                    found.extend(list.split('"').step_by(2).map(str::to_owned));
                }
            }
        }
        let is_name = |name: &String| {
            name.len() > 2
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        found.retain(is_name);
        found
    }

    #[test]
    fn every_variable_that_is_read_is_in_the_table() {
        let known: Vec<&str> = ALL.iter().flat_map(|entry| entry.names).copied().collect();
        let code = code();
        let mut seen = 0;
        for (path, text) in &code {
            for name in asked_for(text) {
                assert!(
                    known.contains(&name.as_str()),
                    "{} reads {name}, which no help names",
                    path.display()
                );
                seen += 1;
            }
        }
        assert!(seen >= 20, "only {seen} names were found");
        for name in known {
            let is_read = code.iter().any(|(path, text)| {
                !path.ends_with("cli/src/environment.rs") && text.contains(&format!("\"{name}\""))
            });
            assert!(is_read, "{name} is in the table, and nothing reads it");
        }
    }
}
