//! What the environment asks for when the program starts and when it exits.
#![allow(unsafe_code)]

use std::io::Write;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::countdown::Unsampled;
use crate::cpu_profile::{self, CpuProfile};
use crate::dumps::files::{self, complain};
use crate::http::server::{ServerOptions, serve_with};
use crate::push::{self, Pushing};
use crate::sys::Lock;
use crate::{Error, dumps, environment, signal_choice, source};

/// Called by the loader before `main`, after the C library is ready.
#[used]
// SAFETY: the section holds pointers to functions of this kind, which is what the static is.
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = at_start;

/// The CPU profile of the whole run.
static CPU: Lock<Option<CpuProfile>> = Lock::new(None);

/// The profiles that are being sent.
static PUSHING: Lock<Option<Pushing>> = Lock::new(None);

/// The process whose files are written.
static PROCESS: AtomicI32 = AtomicI32::new(0);

/// Makes the linker keep [`AT_START`] in programs that use what calls this.
pub(crate) fn keep() {
    // SAFETY: an initialised static is read.
    std::hint::black_box(unsafe { (&raw const AT_START).read_volatile() });
}

extern "C" fn at_start() {
    if environment::is_off() {
        return;
    }
    let (http, heap, cpu) = (environment::http(), environment::heap_file(), environment::cpu_file());
    let (signal, in_use) = (environment::dump_signal(), environment::dump_in_use());
    let push = environment::push();
    let asks = [http, heap, cpu, environment::signal(), signal, in_use, push].iter().any(Option::is_some);
    if !asks {
        return;
    }
    let _quiet = Unsampled::enter();
    if environment::signal().is_some_and(|name| signal_choice::parse(name).is_none()) {
        warn("HOTLIST_SIGNAL", "there is no such signal; SIGURG is used");
    }
    if let Some(address) = http {
        match serve_with(address, ServerOptions::default()) {
            // It serves as long as the program runs.
            Ok(server) => std::mem::forget(server),
            Err(error) => complain("HOTLIST_HTTP", &error),
        }
    }
    if cpu.is_some() {
        let capture = cpu_profile::cpu().hertz(environment::cpu_rate().unwrap_or(100)).start();
        match capture {
            Ok(capture) => *CPU.hold() = Some(capture),
            Err(error) => complain("HOTLIST_CPU_FILE", &error),
        }
    }
    if heap.is_some() || cpu.is_some() || push.is_some() {
        PROCESS.store(std::process::id() as i32, Ordering::Relaxed);
        // SAFETY: the function stays for ever. A failure means no files.
        unsafe { libc::atexit(at_exit) };
        if let Err(error) = dumps::write_files_before_the_end() {
            complain("files at the end", &Error::Dumps(error));
        }
    }
    if signal.is_some() || in_use.is_some() {
        dump_as_asked(heap, signal, in_use);
    }
    if let Some(url) = push {
        push_as_asked(url);
    }
}

/// What `HOTLIST_PUSH` and `HOTLIST_SERVICE` ask for.
fn push_as_asked(url: &str) {
    let program = std::env::current_exe().ok();
    let name = program.as_ref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
    let service = environment::service().or(name.as_deref()).unwrap_or("program");
    let push = match url.strip_prefix("pyroscope+") {
        Some(url) => push::push_to_pyroscope(url, service),
        None => push::push_to_hotlist(url, service),
    };
    match push.start() {
        Ok(pushing) => *PUSHING.hold() = Some(pushing),
        Err(error) => complain("HOTLIST_PUSH", &error),
    }
}

/// What `HOTLIST_DUMP_SIGNAL` and `HOTLIST_DUMP_IN_USE` ask for.
fn dump_as_asked(path: Option<&str>, signal: Option<&str>, in_use: Option<&str>) {
    let mut dumps = dumps::dumps(path.unwrap_or("heap-%p-%n.pb.gz"));
    if let Some(name) = signal {
        match dump_signal(name) {
            Some(number) => dumps = dumps.on_signal(number),
            None => warn("HOTLIST_DUMP_SIGNAL", "not SIGUSR1, SIGUSR2 or a real-time signal"),
        }
    }
    if let Some(size) = in_use {
        match bytes(size) {
            Some(bytes) => dumps = dumps.when_in_use(bytes),
            None => warn("HOTLIST_DUMP_IN_USE", "not a number of bytes such as 500MiB"),
        }
    }
    if let Err(error) = dumps.start() {
        complain("dumps", &error);
    }
}

fn dump_signal(name: &str) -> Option<i32> {
    match name.trim().strip_prefix("SIG").unwrap_or(name.trim()) {
        "USR1" => Some(libc::SIGUSR1),
        "USR2" => Some(libc::SIGUSR2),
        other if other.starts_with("RTMIN") => signal_choice::parse(other),
        _ => None,
    }
}

/// A number of bytes: `500000000`, `500MB`, `0.5GiB`.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1_u64,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return None,
    };
    let number: f64 = digits.trim().parse().ok()?;
    let bytes = number * unit as f64;
    (bytes >= 1.0 && bytes < u64::MAX as f64).then_some(bytes as u64)
}

extern "C" fn at_exit() {
    if PROCESS.load(Ordering::Relaxed) == std::process::id() as i32 {
        write_files();
    }
}

/// Writes the files that the environment asks for, once; whoever comes second waits until they are there.
pub(crate) fn write_files() {
    static IS_DONE: Lock<bool> = Lock::new(false);
    let _quiet = Unsampled::enter();
    let mut is_done = IS_DONE.hold();
    if std::mem::replace(&mut *is_done, true) {
        return;
    }
    let (capture, pushing) = (CPU.hold().take(), PUSHING.hold().take());
    if let (Some(path), Some(capture)) = (environment::cpu_file(), capture) {
        write("HOTLIST_CPU_FILE", path, |file| capture.finish(file));
    }
    if let Some(path) = environment::heap_file() {
        write("HOTLIST_HEAP_FILE", path, |file| source::heap().write_to(file));
    }
    // Sends the last ones.
    drop(pushing);
}

fn write(variable: &str, path: &str, content: impl FnOnce(&mut dyn Write) -> Result<(), Error>) {
    if let Err(error) = files::replace(&files::path(&path.replace("%n", "end"), None), content) {
        complain(variable, &error);
    }
}

/// There is no caller to tell, but the environment asked for this.
fn warn(variable: &str, reason: &str) {
    drop(writeln!(std::io::stderr(), "hotlist-collect: {variable}: {reason}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let texts = ["500", "1.5k", "2KiB", "3 MB", "0.5GiB", "7b"];
        let expected = [500, 1536, 2048, 3_000_000, 1 << 29, 7];
        assert_eq!(texts.map(|text| bytes(text).unwrap()), expected);
        for wrong in ["", "0", "-1", "x", "5 apples", "MB", "1e300GiB", "nan"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dumps_are_asked_for_by_some_signals() {
        let names = ["SIGUSR1", "USR2", "SIGRTMIN+3", "SIGKILL", "SIGPROF", ""];
        let expected =
            [Some(libc::SIGUSR1), Some(libc::SIGUSR2), Some(libc::SIGRTMIN() + 3), None, None, None];
        assert_eq!(names.map(dump_signal), expected);
    }
}
