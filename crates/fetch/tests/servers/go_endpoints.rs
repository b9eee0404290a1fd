//! Fetching from a real Go program that serves net/http/pprof.
//!
//! Runs where the variable `HOTLIST_GO` names a `go` command, and says so where it does not.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use hotlist_fetch::{Environment, Fetch, Fetcher, Timing, TlsOptions};

use crate::support::{fetch_with, within};

/// Building Go's standard library for the first time takes its time.
const LIMIT: Duration = Duration::from_secs(300);

/// The running program, ended with the test.
struct Program {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Program {
    fn start(go: &str) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("pprofserver");
        let built = Command::new(go)
            .args(["build", "-o"])
            .args([binary.as_path(), Path::new(".")])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/pprofserver"))
            .envs([("GOFLAGS", "-mod=mod"), ("GOPROXY", "off"), ("GOTOOLCHAIN", "local"), ("GOWORK", "off")])
            .output()
            .unwrap_or_else(|error| panic!("HOTLIST_GO={go}: {error}"));
        assert!(built.status.success(), "go build: {}", String::from_utf8_lossy(&built.stderr));
        let mut process = Command::new(binary).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("no port but {line:?}"));
        Program { process, port, _folder: folder }
    }

    fn url(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}/debug/pprof/{rest}", self.port)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn profiles_of_a_go_program() {
    let Some(go) = hotlist_testkit::go() else { return };
    within(LIMIT, move || {
        let program = Program::start(&go);
        let fetcher = Fetcher::new(TlsOptions::default(), Environment::default()).unwrap();
        let get = |url: &str| fetch_with(&fetcher, url, Duration::from_secs(20));
        let check_profile = |url: &str| {
            let body = get(url).result.unwrap_or_else(|error| panic!("{error}"));
            assert!(body.starts_with(b"\x1f\x8b") && body.len() > 100, "{url}: {} bytes", body.len());
        };
        check_profile(&program.url("heap"));
        check_profile(&program.url("goroutine"));
        check_profile(&program.url("profile?seconds=1"));
        let text = get(&program.url("goroutine?debug=1")).result.unwrap();
        assert!(text.starts_with(b"goroutine profile: total "));

        let unknown = program.url("nonesuch");
        assert_eq!(
            get(&unknown).result,
            Err(format!("{unknown}: server response: 404 Not Found - Unknown profile"))
        );

        // The bare address means the CPU profile, of which a Go program makes one at a time.
        let source = format!("127.0.0.1:{}", program.port);
        let timing = Timing { seconds: Some(Duration::from_secs(2)), timeout: None };
        thread::scope(|scope| {
            let first = scope.spawn(|| {
                let fetched = fetcher.fetch(source.as_ref(), &timing, &mut |_| {});
                fetched.map(drop).map_err(|error| error.to_string())
            });
            thread::sleep(Duration::from_millis(500));
            let second = program.url("profile?seconds=1");
            let refusal =
                "500 Internal Server Error - Could not enable CPU profiling: cpu profiling already in use";
            assert_eq!(get(&second).result, Err(format!("{second}: server response: {refusal}")));
            assert_eq!(first.join().unwrap(), Ok(()));
        });
    });
}
