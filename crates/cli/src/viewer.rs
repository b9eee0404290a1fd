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
    let file = tempfile::Builder::new().prefix("hotlist").suffix(&format!(".{extension}")).tempfile()?;
    let (file, path) = file.keep().map_err(|error| error.error)?;
    write(&mut BufWriter::new(file))?;
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no program to show it with");
    for program in programs(viewer) {
        let mut words = program.split_whitespace();
        let Some(name) = words.next() else { continue };
        let started = Command::new(name)
            .args(words)
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match started {
            Ok(_) => return Ok(()),
            Err(error) => last = io::Error::new(error.kind(), format!("cannot start {name}: {error}")),
        }
    }
    Err(last.into())
}

/// What to try, in this order.
fn programs(viewer: Viewer) -> Vec<String> {
    match viewer {
        Viewer::Program(name) => vec![name.to_owned()],
        Viewer::Browser => {
            let own = std::env::var("BROWSER").ok().filter(|name| !name.is_empty());
            let known: &[&str] = if cfg!(target_os = "macos") {
                &["open"]
            } else {
                &["xdg-open", "google-chrome", "chromium", "firefox", "sensible-browser"]
            };
            own.into_iter().chain(known.iter().map(|&name| name.to_owned())).collect()
        }
    }
}
