//! Programs that people look at files with: browsers and viewers of pictures.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufWriter, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hotlist_session::Error;
use hotlist_shell::Viewer;

use crate::environment::{text, variable};

/// Writes a temporary file and lets `viewer` show it. The program runs on its own, and may read
/// the file at any time.
pub(crate) fn show(
    viewer: Viewer,
    extension: &str,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut file = tempfile::Builder::new().prefix("hotlist-").suffix(&format!(".{extension}")).tempfile()?;
    let mut out = BufWriter::new(&mut file);
    write(&mut out)?;
    out.flush()?;
    drop(out);
    let path = file.into_temp_path();
    let started = match viewer {
        Viewer::Browser => open_in_browser(path.as_os_str()),
        Viewer::Program(name) => start(&command_of(name), path.as_os_str()).map_err(|reason| {
            io::Error::new(io::ErrorKind::NotFound, format!("cannot start {name}: {reason}"))
        }),
    };
    // A file that is not shown is not left behind.
    started?;
    path.keep().map_err(|error| error.error)?;
    Ok(())
}

/// The words of the command that runs a viewer.
fn command_of(name: &str) -> Vec<OsString> {
    match name {
        // Without it, gv blurs thin lines.
        "gv" => vec!["gv".into(), "--noantialias".into()],
        other => vec![other.into()],
    }
}

/// Opens a file or an address in the browser that users have chosen, or in one that is there.
///
/// # Errors
/// When no browser can be started.
pub(crate) fn open_in_browser(target: &OsStr) -> io::Result<()> {
    let chosen = text("BROWSER").unwrap_or_default();
    let mut tried = Vec::new();
    for words in browsers(&chosen, has_display()) {
        match start(&words, target) {
            Ok(()) => return Ok(()),
            Err(reason) => tried.push(format!("{}: {reason}", words[0].to_string_lossy())),
        }
    }
    let tried = match tried.as_slice() {
        [] => "there is no display".to_owned(),
        tried => tried.join("; "),
    };
    Err(io::Error::new(
        io::ErrorKind::NotFound,
        format!("no browser could be started ({tried}); name one in BROWSER"),
    ))
}

/// Whether there is a screen that a browser can open a window on. Without one it would open in the terminal, or
/// wait for ever.
fn has_display() -> bool {
    cfg!(any(target_os = "macos", windows))
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| variable(name).is_some())
}

/// Commands that open a browser, the preferred one first. `chosen` is a list as in the variable BROWSER:
/// commands with colons between them, where `%s` stands for the page.
fn browsers(chosen: &str, has_display: bool) -> Vec<Vec<OsString>> {
    // Windows has colons in paths.
    let separator = if cfg!(windows) { ';' } else { ':' };
    let mut browsers: Vec<Vec<OsString>> = chosen
        .split(separator)
        .map(|command| command.split_whitespace().map(OsString::from).collect())
        .filter(|words: &Vec<OsString>| !words.is_empty())
        .collect();
    let usual: &[&[&str]] = match std::env::consts::OS {
        "macos" => &[&["/usr/bin/open"]],
        "windows" => &[&["rundll32", "url.dll,FileProtocolHandler"]],
        _ => &[
            &["xdg-open"],
            &["sensible-browser"],
            &["firefox"],
            &["chromium"],
            &["google-chrome"],
            &["chromium-browser"],
        ],
    };
    if has_display {
        browsers.extend(usual.iter().map(|words| words.iter().map(OsString::from).collect()));
    }
    browsers
}

/// How long a program that gives up takes to do so.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Starts a command on `target` and lets it run; the reason if it cannot be started or fails at once.
fn start(words: &[OsString], target: &OsStr) -> Result<(), String> {
    let [program, arguments @ ..] = words else { return Err("no command".to_owned()) };
    let mut command = Command::new(program);
    let mut named = false;
    for argument in arguments {
        named |= argument == "%s";
        command.arg(if argument == "%s" { target } else { argument });
    }
    if !named {
        command.arg(target);
    }
    // What browsers say is not for our users.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.spawn() {
        Ok(child) => wait_a_little(child),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err("not found".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn wait_a_little(mut child: Child) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_of_the_user_comes_first() {
        if cfg!(windows) {
            return;
        }
        assert_eq!(super::browsers("lynx", false), [["lynx"]]);
        let browsers = browsers("lynx -x:  :links %s", true);
        assert_eq!(browsers[0], ["lynx", "-x"]);
        assert_eq!(browsers[1], ["links", "%s"]);
        assert!(browsers.len() > 2);
    }

    #[test]
    fn programs_that_are_not_there_are_told() {
        let missing = start(&["hotlist-no-such-program".into()], OsStr::new("x"));
        assert_eq!(missing, Err("not found".to_owned()));
    }
}
