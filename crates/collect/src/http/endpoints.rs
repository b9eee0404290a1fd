//! What is answered. Texts and headers are those of Go's `net/http/pprof`, which scrapers and
//! `go tool pprof` rely on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::index::index;
use super::reply::Reply;
use super::request::ProfileRequest;
use crate::cpu_profile::cpu;
use crate::error::whole_text;
use crate::fork::{self, Hook, Rank};
use crate::source::ProfileKind;
use crate::symbols::Symbols;
use crate::text;
use crate::threads::ask::stacks;
use crate::unwind::{StackBounds, registers_here, with_trace};

/// Requests that wait for time to pass, at the same time.
const CAPTURES: usize = 8;

/// The answer to a request; `None` when the client left before it was ready.
pub(crate) fn answer(request: &ProfileRequest, has_left: &dyn Fn() -> bool) -> Option<Reply> {
    let Some(name) = request.path.strip_prefix("/debug/pprof/") else {
        if request.path == "/debug/pprof" {
            let mut answer = Reply::error(301, "see /debug/pprof/");
            answer.headers.push(("Location", "/debug/pprof/".to_owned()));
            return Some(answer);
        }
        return Some(Reply::error(404, "404 page not found"));
    };
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    let is_lookup = request.method == "POST" && name == "symbol";
    if !is_read && !is_lookup {
        return Some(Reply::error(405, "method not allowed"));
    }
    if let Some(kind) = ProfileKind::ALL.into_iter().find(|kind| kind.name() == name) {
        return profile(kind, request, has_left);
    }
    Some(match name {
        "" => Reply::of("text/html; charset=utf-8", index()),
        "cmdline" => Reply::text(command_line()),
        "symbol" => Reply::text(symbol(request)),
        "profile" => return cpu_profile(request, has_left),
        "trace" => Reply::error(501, "execution traces are not available in this program"),
        _ => Reply::error(404, "Unknown profile"),
    })
}

fn profile(kind: ProfileKind, request: &ProfileRequest, has_left: &dyn Fn() -> bool) -> Option<Reply> {
    let seconds = match request.seconds() {
        Ok(seconds) => seconds,
        Err(answer) => return Some(answer),
    };
    let debug = request.debug();
    // The request is answered on a thread of the profiler's own, which is not listed. Where it is one of
    // the program's, its stack begins here.
    let caller = with_trace(registers_here(), StackBounds::default(), 0, <[u64]>::to_vec);
    let caller = &caller[..];
    let answered = (|| {
        if kind == ProfileKind::Goroutine && debug >= 2 {
            return Ok(Some(Reply::text(text::thread_dump(&stacks(caller)?))));
        }
        let (taken, file) = match seconds {
            None => (kind.take(caller)?, kind.name().to_owned()),
            Some(seconds) => {
                let Some(_place) = CaptureSlot::take() else { return Ok(Some(busy())) };
                let base = kind.take(caller)?;
                if wait(seconds, has_left).is_none() {
                    return Ok(None);
                }
                (kind.take(caller)?.since(&base), format!("{}-delta", kind.name()))
            }
        };
        if debug != 0 {
            return Ok(Some(Reply::text(text::text(kind, &taken))));
        }
        let mut symbols = symbols(request);
        Ok(Some(Reply::file(&file, taken.encode(symbols.as_mut())?)))
    })();
    answered.unwrap_or_else(|error: crate::Error| Some(Reply::error(500, &whole_text(&error))))
}

fn cpu_profile(request: &ProfileRequest, has_left: &dyn Fn() -> bool) -> Option<Reply> {
    let failed = |error: crate::Error| {
        Some(Reply::error(500, &format!("Could not enable CPU profiling: {}", whole_text(&error))))
    };
    let Some(_place) = CaptureSlot::take() else { return Some(busy()) };
    let hertz = request.parameter("hz").and_then(|text| text.parse().ok()).unwrap_or(100);
    let capture = match cpu().hertz(hertz).thread_names(request.parameter("threads") != Some("0")).start() {
        Ok(capture) => capture,
        Err(error) => return failed(error),
    };
    wait(request.capture_time(), has_left)?;
    let mut symbols = symbols(request);
    match capture.captured().and_then(|captured| crate::encode::cpu(&captured, symbols.as_mut())) {
        Ok(bytes) => Some(Reply::file("profile", bytes)),
        Err(error) => failed(error),
    }
}

fn symbols(request: &ProfileRequest) -> Option<Symbols> {
    if request.wants_symbols() { Symbols::open() } else { None }
}

/// A place among the requests that wait.
struct CaptureSlot;

static WAITING: AtomicUsize = AtomicUsize::new(0);

/// For the child of a fork: nobody waits here.
fn start_over_in_child() {
    WAITING.store(0, Ordering::Relaxed);
}

impl CaptureSlot {
    fn take() -> Option<CaptureSlot> {
        static HOOK: Hook = Hook { in_child: start_over_in_child, ..Hook::NONE };
        fork::register(Rank::Requests, &HOOK);
        let more = |waiting: usize| (waiting < CAPTURES).then_some(waiting + 1);
        WAITING.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok().then(|| CaptureSlot)
    }
}

impl Drop for CaptureSlot {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

fn busy() -> Reply {
    Reply::error(429, "too many captures at once")
}

/// Waits; `None` when the client has left.
fn wait(time: Duration, has_left: &dyn Fn() -> bool) -> Option<()> {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::sleep(left.min(Duration::from_millis(50)));
        if has_left() {
            return None;
        }
    }
    Some(())
}

/// The arguments, joined by NUL.
fn command_line() -> Vec<u8> {
    let arguments: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    arguments.join("\0").into_bytes()
}

/// Names of addresses, given in the query or the body with `+` between them. The number in the first line
/// says that names can be asked for at all.
fn symbol(request: &ProfileRequest) -> String {
    let Some(mut symbols) = Symbols::open() else { return "num_symbols: 0\n".to_owned() };
    let mut text = "num_symbols: 1\n".to_owned();
    let asked = if request.method == "POST" {
        String::from_utf8_lossy(&request.body).into_owned()
    } else {
        request.query.clone()
    };
    for word in asked.split('+').take(100_000) {
        let Some(address) =
            word.trim().strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok())
        else {
            continue;
        };
        // The outermost function, whose code this is.
        if let Some(line) = symbols.lines(address).last() {
            text.push_str(&format!("{address:#x} {}\n", line.name));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(method: &str, target: &str) -> Reply {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = ProfileRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ..ProfileRequest::default()
        };
        answer(&request, &|| false).unwrap()
    }

    fn check(method: &str, target: &str, status: u16, body: &str, headers: &str) {
        let answer = ask(method, target);
        assert_eq!(answer.status, status, "{target}");
        let shown: Vec<String> =
            answer.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(shown.join("\n"), headers, "{target}");
        assert!(String::from_utf8_lossy(&answer.body).starts_with(body), "{target}");
    }

    const TEXT: &str = "Content-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff";
    const ERROR: &str =
        "Content-Type: text/plain; charset=utf-8\nX-Content-Type-Options: nosniff\nX-Go-Pprof: 1";

    #[test]
    fn answers_as_go_does() {
        let file = |name: &str| {
            format!(
                "Content-Type: application/octet-stream\nContent-Disposition: attachment; \
                 filename=\"{name}\"\nX-Content-Type-Options: nosniff"
            )
        };
        let texts = [
            ("heap", "heap profile: "),
            ("allocs", "heap profile: "),
            ("goroutine", "goroutine profile: total "),
            ("threadcreate", "threadcreate profile: total "),
            ("mutex", "--- mutex:\ncycles/second=1000000000\nsampling period=0\n"),
            ("block", "--- contention:\ncycles/second=1000000000\n"),
        ];
        for (name, text) in texts {
            check("GET", &format!("/debug/pprof/{name}"), 200, "", &file(name));
            check("GET", &format!("/debug/pprof/{name}?debug=1"), 200, text, TEXT);
            let invalid = "invalid value for \"seconds\" - must be a positive integer\n";
            for seconds in ["0", "-1", "x", "1.5", "000"] {
                check("GET", &format!("/debug/pprof/{name}?seconds={seconds}"), 400, invalid, ERROR);
            }
            let both = "seconds and debug params are incompatible\n";
            check("GET", &format!("/debug/pprof/{name}?seconds=1&debug=1"), 400, both, ERROR);
        }
        check("GET", "/debug/pprof/goroutine?debug=2", 200, "goroutine ", TEXT);
        check("GET", "/debug/pprof/heap?gc=1", 200, "", &file("heap"));
        check("GET", "/debug/pprof/heap?seconds=1", 200, "", &file("heap-delta"));
        check("GET", "/debug/pprof/profile?seconds=1", 200, "", &file("profile"));
        check("GET", "/debug/pprof/cmdline", 200, "", TEXT);
        check("POST", "/debug/pprof/symbol", 200, "num_symbols: ", TEXT);
        check("GET", "/debug/pprof/nope", 404, "Unknown profile\n", ERROR);
        check("DELETE", "/debug/pprof/heap", 405, "", ERROR);
        check("GET", "/", 404, "", ERROR);
        assert_eq!(ask("GET", "/debug/pprof").status, 301);
    }

    #[test]
    fn a_client_may_leave() {
        for target in ["heap", "mutex", "profile"] {
            let path = format!("/debug/pprof/{target}");
            let request = ProfileRequest {
                method: "GET".to_owned(),
                path,
                query: "seconds=300".to_owned(),
                ..ProfileRequest::default()
            };
            assert_eq!(answer(&request, &|| true), None);
        }
    }

    #[cfg(feature = "symbolize")]
    #[test]
    fn symbols_are_told() {
        let here = symbols_are_told as *const () as u64;
        let answer = ask("GET", &format!("/debug/pprof/symbol?{here:#x}+0x1"));
        let text = String::from_utf8(answer.body).unwrap();
        let (first, second) = text.split_once('\n').unwrap();
        assert_eq!(first, "num_symbols: 1");
        assert!(
            second.starts_with(&format!("{here:#x} ")) && second.ends_with("::symbols_are_told\n"),
            "{text}"
        );
    }
}
