//! Programs that people look at files with.

use std::io::{self, BufWriter, Write};
use std::process::{Command, Stdio};

use hotlist_session::Error;
use hotlist_shell::Viewer;

/// Writes a file for the time being and lets `viewer` show it. The program runs on its own.
pub(crate) fn show(
    viewer: Viewer,
    extension: &str,
    write: impl FnOnce(&mut dyn Write) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut file = tempfile::Builder::new().prefix("hotlist").suffix(&format!(".{extension}")).tempfile()?;
    write(&mut BufWriter::new(file.as_file_mut()))?;
    // The program reads it when this one may be gone.
    let (_, path) = file.keep().map_err(|error| error.error)?;
    let path = path.to_string_lossy().into_owned();
    let is_shown = match viewer {
        Viewer::Browser => open_browser(&path),
        Viewer::Program(name) => start(name, &path),
    };
    if is_shown {
        return Ok(());
    }
    let what = match viewer {
        Viewer::Browser => "a browser",
        Viewer::Program(name) => name,
    };
    Err(io::Error::other(format!("cannot start {what}; the report is in {path}")).into())
}

/// Whether one of the programs that open pages was started. `BROWSER` comes first, as in pprof.
pub(crate) fn open_browser(url: &str) -> bool {
    let of_user = std::env::var("BROWSER").ok();
    let of_system: &[&str] = if cfg!(target_os = "macos") {
        &["/usr/bin/open"]
    } else if cfg!(windows) {
        &["explorer"]
    } else {
        &["xdg-open", "sensible-browser", "x-www-browser", "chromium", "google-chrome", "firefox"]
    };
    // Without a display these would start a browser inside the terminal, or wait for one for ever.
    let has_display = cfg!(any(target_os = "macos", windows))
        || ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    let of_system = if has_display { of_system } else { &[] };
    of_user.iter().map(String::as_str).chain(of_system.iter().copied()).any(|program| start(program, url))
}

/// Starts a program, which may bring words of its own, on its own.
fn start(program: &str, file: &str) -> bool {
    let mut words = program.split_whitespace();
    words.next().is_some_and(|program| {
        Command::new(program)
            .args(words)
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .is_ok()
    })
}
