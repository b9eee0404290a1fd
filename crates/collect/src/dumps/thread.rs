//! The thread that writes the files, and what wakes it.
//!
//! A signal handler, or an allocation that passed the limit, leaves a bit and wakes the thread. Nothing is written
//! where the signal came: that may be in the middle of anything.
#![allow(unsafe_code)]

use std::io::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};

use super::{Dumps, files};
use crate::fork::{self, Hook, Rank};
use crate::own_threads::OwnThread;
use crate::source;
use crate::sys::{Lock, futex_wait, futex_wake};

/// What is asked for, as bits.
static ASKED: AtomicU32 = AtomicU32::new(0);
/// A file, because a signal came or a limit was passed.
const DUMP: u32 = 1;
/// The files of the environment, and then the end of the program.
const END: u32 = 2;

/// Bytes in use at which the next file is due.
static LIMIT: AtomicU64 = AtomicU64::new(u64::MAX);

/// The process whose thread this is; 0 while there is none.
static PROCESS: AtomicI32 = AtomicI32::new(0);

/// The signal that ends the program when the files are written.
static ENDING: AtomicI32 = AtomicI32::new(0);

/// What was started, and the number of the last file.
static STARTED: Lock<Option<(Dumps, u32)>> = Lock::new(None);

/// For the child of a fork: the thread is not there, and nothing was started.
fn start_over_in_child() {
    // SAFETY: the child has one thread.
    unsafe { STARTED.start_over(None) };
    LIMIT.store(u64::MAX, Ordering::Relaxed);
    ASKED.store(0, Ordering::Relaxed);
    ENDING.store(0, Ordering::Relaxed);
}

/// How many bytes may be in use before a file is due; `u64::MAX` while none is.
pub(crate) fn limit_in_use() -> u64 {
    LIMIT.load(Ordering::Relaxed)
}

/// More bytes than that are in use. May be called from inside of an allocator.
#[cold]
pub(crate) fn over_the_limit() {
    // The thread sets the next one.
    LIMIT.store(u64::MAX, Ordering::Relaxed);
    ask(DUMP);
}

fn ask(what: u32) {
    ASKED.fetch_or(what, Ordering::Release);
    futex_wake(&ASKED);
}

pub(super) fn begin(dumps: Dumps) -> Result<()> {
    let _quiet = crate::countdown::Unsampled::enter();
    let mut started = STARTED.hold();
    if started.is_some() {
        return Err(Error::new(ErrorKind::AlreadyExists, "dumps were started already"));
    }
    start_thread()?;
    if let Some(signal) = dumps.signal {
        if signal == crate::signal_choice::number() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the profiler interrupts threads with that signal",
            ));
        }
        if !handle(signal, on_dump)? {
            return Err(Error::new(ErrorKind::AlreadyExists, "the program handles that signal itself"));
        }
    }
    if let Some(limit) = dumps.in_use {
        LIMIT.store(limit, Ordering::Relaxed);
    }
    *started = Some((dumps, 0));
    Ok(())
}

/// Makes the files of the environment be written before a signal that asks the program to end does so. Signals that
/// the program handles itself, or ignores, are left alone.
pub(crate) fn write_files_before_the_end() -> Result<()> {
    start_thread()?;
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        handle(signal, on_end)?;
    }
    Ok(())
}

/// Puts a handler where there is none; says whether it did.
fn handle(signal: i32, handler: extern "C" fn(i32)) -> Result<bool> {
    // SAFETY: the structures live through the calls, and the handlers of this file do only what handlers may do.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut old) != 0 {
            return Err(Error::last_os_error());
        }
        if old.sa_sigaction == handler as *const () as usize {
            return Ok(true);
        }
        if old.sa_sigaction != libc::SIG_DFL {
            return Ok(false);
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler as *const () as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        if libc::sigaction(signal, &raw const action, std::ptr::null_mut()) != 0 {
            return Err(Error::last_os_error());
        }
    }
    Ok(true)
}

extern "C" fn on_dump(_signal: i32) {
    ask(DUMP);
}

/// Leaves the end to the thread. In the child of a fork there is none, and where a second signal comes somebody is in
/// a hurry.
extern "C" fn on_end(signal: i32) {
    // SAFETY: the call has no arguments and always succeeds.
    let is_here = PROCESS.load(Ordering::Relaxed) == unsafe { libc::getpid() };
    if is_here && ENDING.swap(signal, Ordering::Relaxed) == 0 {
        ask(END);
    } else {
        end_by(signal);
    }
}

/// Does what the signal would have done without a handler. In a handler it is done when that returns.
fn end_by(signal: i32) {
    // SAFETY: both calls may be made in a handler.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::kill(libc::getpid(), signal);
    }
}

fn start_thread() -> Result<()> {
    static HOOK: Hook = Hook { in_child: start_over_in_child, ..Hook::NONE };
    fork::register(Rank::Dumps, &HOOK);
    let process = std::process::id() as i32;
    if PROCESS.swap(process, Ordering::Relaxed) == process {
        return Ok(());
    }
    let thread = std::thread::Builder::new().name("hotlist-dumps".to_owned()).spawn(run);
    if thread.is_err() {
        PROCESS.store(0, Ordering::Relaxed);
    }
    thread.map(drop)
}

fn run() {
    let _own = OwnThread::enter();
    loop {
        futex_wait(&ASKED, 0);
        let asked = ASKED.swap(0, Ordering::Acquire);
        if asked & DUMP != 0 {
            dump();
        }
        if asked & END != 0 {
            crate::exit::write_files();
            end_by(ENDING.load(Ordering::Relaxed));
        }
    }
}

/// Writes the next file.
fn dump() {
    let Some((pattern, number, in_use)) = ({
        let mut started = STARTED.hold();
        started.as_mut().map(|(dumps, number)| {
            *number += 1;
            (dumps.path.clone(), *number, dumps.in_use)
        })
    }) else {
        return;
    };
    let path = files::path(&pattern, Some(number));
    let written = files::replace(&path, |file| source::heap().write_to(file));
    if let Err(error) = written {
        files::complain(&format!("no dump in {}", path.display()), &error);
    }
    if let Some(first) = in_use {
        let now = crate::heap::samples::table().bytes_in_use();
        LIMIT.store(now.saturating_add(now / 4).max(first), Ordering::Relaxed);
    }
}
