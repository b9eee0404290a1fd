//! What the environment asks for when the program starts and when it exits.
#![allow(unsafe_code)]

use std::io::Write;
use std::sync::atomic::{AtomicI32, Ordering};

use crate::countdown::Unsampled;
use crate::cpu_profile::{self, CpuProfile};
use crate::error::whole_text;
use crate::http::server::serve;
use crate::source;
use crate::sys::Lock;
use crate::{Error, environment};

/// Called by the loader before `main`, after the C library is ready.
#[used]
// SAFETY: the section holds pointers to functions of this kind, which is what the static is.
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = at_start;

/// The CPU profile of the whole run.
static CPU: Lock<Option<CpuProfile>> = Lock::new(None);

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
    if http.is_none() && heap.is_none() && cpu.is_none() {
        return;
    }
    let _quiet = Unsampled::enter();
    if let Some(address) = http {
        match serve(address) {
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
    if heap.is_some() || cpu.is_some() {
        PROCESS.store(std::process::id() as i32, Ordering::Relaxed);
        // SAFETY: the function stays for ever. A failure means no files.
        unsafe { libc::atexit(at_exit) };
    }
}

extern "C" fn at_exit() {
    if PROCESS.load(Ordering::Relaxed) != std::process::id() as i32 {
        return;
    }
    let _quiet = Unsampled::enter();
    let capture = CPU.hold().take();
    if let (Some(path), Some(capture)) = (environment::cpu_file(), capture) {
        write("HOTLIST_CPU_FILE", path, |file| capture.finish(file));
    }
    if let Some(path) = environment::heap_file() {
        write("HOTLIST_HEAP_FILE", path, |file| source::heap().write_to(file));
    }
}

fn write(variable: &str, path: &str, content: impl FnOnce(&mut dyn Write) -> Result<(), Error>) {
    let path = path.replace("%p", &std::process::id().to_string());
    let written = std::fs::File::create(path).map_err(Error::Write).and_then(|mut file| content(&mut file));
    if let Err(error) = written {
        complain(variable, &error);
    }
}

/// There is nobody to return an error to, but somebody asked for this in the environment.
fn complain(variable: &str, error: &Error) {
    drop(writeln!(std::io::stderr(), "hotlist-collect: {variable}: {}", whole_text(error)));
}
