//! What is answered, independent of how it is carried. Texts and headers are those of Go's
//! `net/http/pprof`, which scrapers and `go tool pprof` rely on.

use std::time::{Duration, Instant};

use crate::encode;
use crate::heap::{HeapKind, Snapshot};

/// The longest `seconds` that is waited.
const LONGEST: u64 = 300;

/// Samples per second of CPU time, as in Go.
const HERTZ: u32 = 100;

/// A parsed request.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) authorization: Option<String>,
}

/// A complete answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    fn text(body: impl Into<Vec<u8>>) -> Answer {
        Answer::of("text/plain; charset=utf-8", body)
    }

    fn of(kind: &str, body: impl Into<Vec<u8>>) -> Answer {
        let headers =
            vec![("Content-Type", kind.to_owned()), ("X-Content-Type-Options", "nosniff".to_owned())];
        Answer { status: 200, headers, body: body.into() }
    }

    fn file(name: &str, body: Vec<u8>) -> Answer {
        let mut answer = Answer::of("application/octet-stream", body);
        answer.headers.insert(1, ("Content-Disposition", format!("attachment; filename=\"{name}\"")));
        answer
    }

    /// `X-Go-Pprof` makes pprof show the text to its user.
    pub(super) fn error(status: u16, text: &str) -> Answer {
        let mut answer = Answer::text(format!("{text}\n"));
        answer.status = status;
        answer.headers.push(("X-Go-Pprof", "1".to_owned()));
        answer
    }
}

/// The profiles of the index with Go's descriptions of them.
const INDEX: [(&str, &str); 9] = [
    ("allocs", "A sampling of all past memory allocations"),
    ("block", "Not measured by this program; always empty"),
    ("cmdline", "The command line invocation of the current program"),
    ("goroutine", "The names of all current threads"),
    (
        "heap",
        "A sampling of memory allocations of live objects. The gc GET parameter is accepted and has no effect.",
    ),
    ("mutex", "Not measured by this program; always empty"),
    ("profile", "CPU profile. You can specify the duration in the seconds GET parameter."),
    ("symbol", "Says that this program sends addresses; they are resolved by the reader from the binary"),
    ("threadcreate", "The names of all current threads"),
];

/// The answer to a request; `None` when the client left before it was ready.
pub(super) fn answer(request: &Request, has_left: &dyn Fn() -> bool) -> Option<Answer> {
    let Some(name) = request.path.strip_prefix("/debug/pprof/") else {
        if request.path == "/debug/pprof" {
            let mut answer = Answer::error(301, "see /debug/pprof/");
            answer.headers.push(("Location", "/debug/pprof/".to_owned()));
            return Some(answer);
        }
        return Some(Answer::error(404, "404 page not found"));
    };
    let is_read = matches!(request.method.as_str(), "GET" | "HEAD");
    let is_lookup = request.method == "POST" && name == "symbol";
    if !is_read && !is_lookup {
        return Some(Answer::error(405, "method not allowed"));
    }
    let result = match name {
        "" => Ok(Answer::of("text/html; charset=utf-8", index())),
        "cmdline" => Ok(Answer::text(command_line())),
        // Zero says that the addresses cannot be resolved here.
        "symbol" => Ok(Answer::text("num_symbols: 0\n")),
        "heap" => return heap(request, HeapKind::InUse, has_left),
        "allocs" => return heap(request, HeapKind::Allocated, has_left),
        "profile" => return cpu(request, has_left),
        "trace" => return Some(Answer::error(501, "this profile is not available in this program")),
        "goroutine" | "threadcreate" | "mutex" | "block" => return other(request, name),
        _ => return Some(Answer::error(404, "Unknown profile")),
    };
    Some(result.unwrap_or_else(|error: crate::Error| Answer::error(500, &error.to_string())))
}

/// The value of a key of the query. Go's rule: the first one counts.
fn parameter<'a>(request: &'a Request, key: &str) -> Option<&'a str> {
    let pairs = request.query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// Whether the legacy text form is wanted. What is not a number counts as 0, as in Go.
fn debug(request: &Request) -> u64 {
    parameter(request, "debug").and_then(|value| value.parse().ok()).unwrap_or(0)
}

/// The checked `seconds`; `None` when there is none.
fn seconds(request: &Request) -> Result<Option<u64>, Answer> {
    let Some(text) = parameter(request, "seconds").filter(|text| !text.is_empty()) else { return Ok(None) };
    // Any number of digits is a number, so that a huge one is clamped and not refused.
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && text.bytes().any(|byte| byte != b'0');
    if !is_number {
        return Err(Answer::error(400, "invalid value for \"seconds\" - must be a positive integer"));
    }
    if debug(request) != 0 {
        return Err(Answer::error(400, "seconds and debug params are incompatible"));
    }
    Ok(Some(text.parse().unwrap_or(LONGEST).min(LONGEST)))
}

fn heap(request: &Request, kind: HeapKind, has_left: &dyn Fn() -> bool) -> Option<Answer> {
    let name = if kind == HeapKind::InUse { "heap" } else { "allocs" };
    let seconds = match seconds(request) {
        Ok(seconds) => seconds,
        Err(answer) => return Some(answer),
    };
    let (file, snapshot) = match seconds {
        None => (name.to_owned(), Snapshot::take()),
        Some(seconds) => {
            let base = Snapshot::take();
            wait(Duration::from_secs(seconds), has_left)?;
            (format!("{name}-delta"), Snapshot::take().since(&base))
        }
    };
    if debug(request) != 0 {
        return Some(Answer::text(heap_text(&snapshot)));
    }
    Some(match encode::heap(&snapshot, kind) {
        Ok(bytes) => Answer::file(&file, bytes),
        Err(error) => Answer::error(500, &error.to_string()),
    })
}

/// Captures for `seconds`, 30 when that is missing or no positive number, as in Go.
fn cpu(request: &Request, has_left: &dyn Fn() -> bool) -> Option<Answer> {
    let seconds = parameter(request, "seconds").and_then(|text| text.parse::<u64>().ok());
    let seconds = seconds.filter(|&seconds| seconds > 0).unwrap_or(30).min(LONGEST);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut is_gone = false;
    let captured = crate::cpu::capture(HERTZ, || {
        is_gone = has_left();
        is_gone || Instant::now() >= end
    });
    if is_gone {
        return None;
    }
    Some(match captured.and_then(|captured| encode::cpu(&captured)) {
        Ok(bytes) => Answer::file("profile", bytes),
        Err(error) => Answer::error(500, &format!("Could not enable CPU profiling: {error}")),
    })
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

/// The text form. Go's rows are raw samples that the reader scales by the rate; these figures are scaled
/// already, sample by sample, so the rate is written as 1, which readers leave alone.
fn heap_text(snapshot: &Snapshot) -> String {
    let mut rows: Vec<_> = snapshot.rows.iter().filter(|row| row.values != [0; 4]).collect();
    rows.sort_by_key(|row| row.values[3]);
    let mut total = [0_i64; 4];
    for row in &rows {
        for (sum, value) in total.iter_mut().zip(row.values) {
            *sum = sum.saturating_add(value);
        }
    }
    let figures = |[allocated, allocated_bytes, used, used_bytes]: [i64; 4]| {
        format!("{used}: {used_bytes} [{allocated}: {allocated_bytes}]")
    };
    let mut text = format!("heap profile: {} @ heap/2\n", figures(total));
    for row in rows {
        text.push_str(&figures(row.values));
        text.push_str(" @");
        for frame in &row.frames {
            // The form holds return addresses, from which readers subtract one.
            text.push_str(&format!(" {:#x}", frame.wrapping_add(1)));
        }
        text.push('\n');
    }
    text.push_str("\nMAPPED_LIBRARIES:\n");
    text.push_str(&std::fs::read_to_string("/proc/self/maps").unwrap_or_default());
    text
}

fn other(request: &Request, name: &str) -> Option<Answer> {
    if parameter(request, "seconds").is_some() {
        return Some(match seconds(request) {
            Err(answer) => answer,
            Ok(_) => Answer::error(400, "\"seconds\" parameter is not supported for this profile type"),
        });
    }
    let names = thread_names();
    if debug(request) != 0 {
        return Some(Answer::text(match name {
            "goroutine" | "threadcreate" => format!("{name} profile: total {}\n", names.len()),
            "mutex" => "--- mutex:\ncycles/second=1000000000\nsampling period=0\n".to_owned(),
            _ => "--- contention:\ncycles/second=1000000000\n".to_owned(),
        }));
    }
    let bytes = match name {
        "goroutine" | "threadcreate" => encode::threads(name, &names),
        _ => encode::nothing(
            &[("contentions", "count"), ("delay", "nanoseconds")],
            ("contentions", "count", 1),
        ),
    };
    Some(match bytes {
        Ok(bytes) => Answer::file(name, bytes),
        Err(error) => Answer::error(500, &error.to_string()),
    })
}

/// The names of all threads of this process.
fn thread_names() -> Vec<String> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return vec!["main".to_owned()] };
    let names = tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
    names.map(|name| name.trim_end().to_owned()).collect()
}

/// The arguments, joined by NUL.
fn command_line() -> Vec<u8> {
    let arguments: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    arguments.join("\0").into_bytes()
}

fn index() -> String {
    let mut rows = String::new();
    let mut descriptions = String::new();
    for (name, description) in INDEX {
        rows.push_str(&format!("<tr><td><a href='{name}?debug=1'>{name}</a></td></tr>\n"));
        descriptions.push_str(&format!("<li><div class=profile-name>{name}: </div> {description}</li>\n"));
    }
    format!(
        "<html>\n<head>\n<title>/debug/pprof/</title>\n<style>\n.profile-name{{\n\tdisplay:inline-block;\n\t\
         width:6rem;\n}}\n</style>\n</head>\n<body>\n/debug/pprof/\n<br>\n<p>Set debug=1 as a query \
         parameter to export in legacy text format</p>\n<br>\nTypes of profiles available:\n<table>\n\
         <thead><td>Profile</td></thead>\n{rows}</table>\n<br>\n<p>\nProfile Descriptions:\n<ul>\n\
         {descriptions}</ul>\n</p>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, target: &str, status: u16, body: &str, headers: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ..Request::default()
        };
        let answer = answer(&request, &|| false).unwrap();
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
        for name in ["heap", "allocs", "goroutine", "mutex", "block", "threadcreate"] {
            check("GET", &format!("/debug/pprof/{name}"), 200, "", &file(name));
            check("GET", &format!("/debug/pprof/{name}?debug=1"), 200, "", TEXT);
        }
        check("GET", "/debug/pprof/heap?gc=1", 200, "", &file("heap"));
        check("GET", "/debug/pprof/heap?seconds=1", 200, "", &file("heap-delta"));
        check("GET", "/debug/pprof/cmdline", 200, "", TEXT);
        check("POST", "/debug/pprof/symbol", 200, "num_symbols: 0\n", TEXT);
        check("GET", "/debug/pprof/nope", 404, "Unknown profile\n", ERROR);
        let invalid = "invalid value for \"seconds\" - must be a positive integer\n";
        for seconds in ["0", "-1", "x", "1.5", "000"] {
            check("GET", &format!("/debug/pprof/heap?seconds={seconds}"), 400, invalid, ERROR);
        }
        let both = "seconds and debug params are incompatible\n";
        check("GET", "/debug/pprof/heap?seconds=1&debug=1", 400, both, ERROR);
        check("DELETE", "/debug/pprof/heap", 405, "", ERROR);
        check("GET", "/", 404, "", ERROR);
    }

    #[test]
    fn a_huge_number_of_seconds_is_clamped_and_a_client_may_leave() {
        let query = format!("seconds={}", "9".repeat(400));
        let request = Request { query, ..Request::default() };
        assert_eq!(seconds(&request), Ok(Some(LONGEST)));
        assert!(heap(&request, HeapKind::InUse, &|| true).is_none());
    }
}
