//! `hotlist -http=[host]:[port]`: the web page.

use std::path::PathBuf;

use anyhow::Context;
use hotlist_session::{Error, Options, Part, Profiles};
use hotlist_web::{Address, OpenFile, Server, Settings, Site};

use crate::args::Subject;
use crate::console::Console;
use crate::environment;
use crate::opening::{open_bytes, open_profiles, source_files};
use crate::viewer::open_in_browser;

pub(crate) fn run(subject: &Subject, console: &Console) -> anyhow::Result<()> {
    let address = address(&subject.options)?;
    serve(&address, open_profiles(subject, console)?, &subject.options, console)
}

/// Where `-http` says that the page is to be. It is asked for before any work.
pub(crate) fn address(options: &Options) -> Result<Address, Error> {
    let wrong =
        |error: hotlist_web::AddressError| hotlist_session::UsageError::Other(format!("-http: {error}"));
    options.output.http.parse().map_err(wrong).map_err(Error::Usage)
}

/// Shows profiles that are loaded until the process is ended.
pub(crate) fn serve(
    address: &Address,
    profiles: Profiles,
    options: &Options,
    console: &Console,
) -> anyhow::Result<()> {
    let source = options.source.clone();
    let open_file = OpenFile::new(move |name, data| {
        let loaded = open_bytes(&source, name, data)?;
        Ok((Part { name: name.to_owned(), profile: loaded.profile }, loaded.notes))
    });
    let site = Site {
        options: options.view.clone(),
        source: source_files(&options.view).only_below_roots(),
        settings: Settings::of_user(environment::text),
        open_file: Some(open_file),
        // From which files of the page are read at each request, for work on the page.
        page_folder: environment::variable("HOTLIST_PAGE_FOLDER").map(PathBuf::from),
    };
    let server = Server::bind(address, profiles, site)
        .with_context(|| format!("cannot listen at {}", options.output.http))?;
    let url = server.url();
    console.say(&format!("Serving web UI on {url}"));
    if server.bound().ip().is_unspecified() {
        console.say("All who can reach this machine can look at the profile.");
    }
    std::thread::scope(|scope| {
        if !options.output.no_browser {
            // It is watched for a moment, while the page is answered already.
            scope.spawn(|| {
                if let Err(error) = open_in_browser(url.as_ref()) {
                    console.say(&format!("Open {url} yourself: {error}"));
                }
            });
        }
        Ok(server.run()?)
    })
}
