//! Servers for tests: a profile, or files, each behind its own port.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hotlist_fetch::{Environment, Fetcher, TlsOptions};
use hotlist_profile::{Builder, Profile};
use hotlist_session::{
    Error, Loader, Note, Options, Part, Profiles, Progress, Reach, Session, SourceFiles, SourceOptions,
};
use hotlist_web::{OpenFile, Server, Settings, Site};
use ureq::http::Response;

/// A server that runs until the process ends.
pub struct Served {
    pub url: String,
    pub settings: tempfile::TempDir,
}

/// Serves `profile`; `options` are those of a command line.
pub fn serve(profile: Profile, name: &str, options: &Options, source: SourceFiles) -> Served {
    serve_session(Session::new(profile, NonZeroUsize::new(2).unwrap()), name, options, source)
}

/// The same for a session that is made already.
pub fn serve_session(session: Session, name: &str, options: &Options, source: SourceFiles) -> Served {
    let profiles = Profiles::one(Arc::new(session), name)
        .open_to_others(|profile| Session::new(profile, NonZeroUsize::MIN));
    serve_profiles(profiles, options, source)
}

/// The same for any profiles.
pub fn serve_profiles(profiles: Profiles, options: &Options, source: SourceFiles) -> Served {
    let settings = tempfile::tempdir().unwrap();
    let site = Site {
        options: options.view.clone(),
        source,
        settings: Some(Settings::at(settings.path().join("settings.json"))),
        open_file: Some(OpenFile::new(open_file)),
        page_folder: std::env::var_os("HOTLIST_PAGE_FOLDER").map(Into::into),
    };
    let server = Server::bind(&"localhost:".parse().unwrap(), profiles, site).unwrap();
    let url = server.url();
    std::thread::spawn(move || server.run());
    Served { url, settings }
}

/// Reads a file that is dropped on the page, without a look at files of this machine.
fn open_file(name: &str, data: Vec<u8>) -> Result<(Part, Vec<Note>), Error> {
    let environment = Environment::from_lookup(|_| None);
    let fetcher = Fetcher::new(TlsOptions::default(), environment.clone())?;
    let loader = Loader {
        fetch: &fetcher,
        environment: &environment,
        reach: &Reach { keeps_nothing: true, ..Reach::default() },
        options: &SourceOptions::default(),
        binary: None,
        threads: NonZeroUsize::MIN,
        progress: &Progress::default(),
        notify: &|_| {},
    };
    let loaded = loader.load_bytes(name, data)?;
    Ok((Part { name: name.to_owned(), profile: loaded.profile }, loaded.notes))
}

/// Serves a profile as it would be served in a folder without source files.
pub fn serve_profile(profile: Profile, name: &str) -> Served {
    let empty = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support");
    let source = SourceFiles::new(&[], &[], &empty, |_| None).only_below_roots();
    serve(profile, name, &Options::default(), source)
}

/// Loads files, as the command line does.
pub fn load_files(sources: &[&Path], options: &Options) -> Profile {
    let environment = Environment::from_lookup(|_| None);
    let fetcher = Fetcher::new(TlsOptions::default(), environment.clone()).unwrap();
    let sources: Vec<OsString> = sources.iter().map(|path| path.into()).collect();
    let loader = Loader {
        fetch: &fetcher,
        environment: &environment,
        reach: &Reach::default(),
        options: &options.source,
        binary: None,
        threads: NonZeroUsize::MIN,
        progress: &Progress::default(),
        notify: &|_| {},
    };
    loader.load(&sources).unwrap().profile
}

/// A client that takes every status as an answer.
pub fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}

/// Status and body of a GET.
pub fn get(url: &str) -> (u16, String) {
    let mut response = response(url);
    (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
}

pub fn response(url: &str) -> Response<ureq::Body> {
    client().get(url).call().unwrap()
}

/// A profile whose functions are in a source file of this repository.
pub fn source_profile() -> Profile {
    let mut builder = Builder::new(&[("samples", "count"), ("cpu", "nanoseconds")]);
    let file = "crates/report/src/peek.rs";
    let text = std::fs::read_to_string(repository().join(file)).unwrap();
    let build = builder.string("hotlist_report::peek::build");
    let path = builder.string(file);
    let start = text.lines().position(|line| line.starts_with("fn build")).unwrap() as i64 + 1;
    let build = builder.function(hotlist_profile::Function {
        name: build,
        system_name: build,
        filename: path,
        start_line: start,
        ..hotlist_profile::Function::default()
    });
    let graph =
        builder.named_function("hotlist_report::report::Request::graph", "crates/report/src/report.rs");
    let graph = builder.source_location(graph, 170);
    for (row, line) in (start..).zip(text.lines().skip(start as usize - 1)) {
        let weight = match line.trim() {
            line if line.contains("is_match") => 31,
            line if line.contains("request.graph") => 84,
            line if line.contains("entry(") => 12,
            line if line.contains("Names::new") => 9,
            line if line.contains("places()") => 5,
            _ => continue,
        };
        let at = builder.source_location(build, row);
        let stack = if weight == 84 { vec![graph, at] } else { vec![at] };
        builder.sample(&stack, &[], &[weight, weight * 10_000_000]).unwrap();
    }
    builder.finish()
}

/// A profile as it could have been before a change: some stacks weighed more, others less.
pub fn earlier(profile: &Profile) -> Profile {
    let mut before = profile.clone();
    for sample in before.samples.ids() {
        let percent = [100, 130, 60, 100, 85, 240, 100, 70][before.samples.stack(sample).index() % 8];
        for value in before.samples.values_mut(sample) {
            *value = *value * percent / 100;
        }
    }
    before
}

/// The root of the repository.
pub fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
