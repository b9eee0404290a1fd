//! The one signal handler of the profiler, and what its signals say.
//!
//! The handler runs on whatever thread is asked, in the middle of anything: it takes no lock, allocates
//! nothing, initialises nothing, and makes system calls directly. It is installed by the first capture and
//! stays for ever, because a timer signal after its removal would end the program.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use crate::fork::{self, Hook, Rank};
use crate::sys::Lock;
use crate::unwind::Registers;

/// The signal that is used.
pub(crate) const SIGNAL: i32 = libc::SIGPROF;

/// Marks the signals of this profiler.
const COOKIE: usize = 0x4854;

/// What the thread that gets the signal is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// To put the CPU time that has passed, with the stack, into the slot of this number.
    Sample,
    /// To put the stack into the place of this number.
    Stack,
}

impl Purpose {
    /// All of them, in the order of their numbers.
    const ALL: [Purpose; 2] = [Purpose::Sample, Purpose::Stack];
}

/// What a signal carries: a purpose, a number, and the generation of what the number stands for, so that a
/// signal that comes late is not taken for a new one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    pub(crate) purpose: Purpose,
    pub(crate) number: u32,
    pub(crate) generation: u32,
}

/// Bits of a number and of a generation.
const NUMBER_BITS: u32 = 20;
const GENERATION_BITS: u32 = 24;

impl Message {
    /// Generations are counted modulo this.
    pub(crate) const GENERATIONS: u32 = 1 << GENERATION_BITS;
    /// Numbers are below this.
    pub(crate) const NUMBERS: u32 = 1 << NUMBER_BITS;

    /// The message as the value of a signal: from the top 16 bits of cookie, 4 of the purpose, 24 of the
    /// generation and 20 of the number.
    pub(crate) fn pack(self) -> usize {
        (((COOKIE << 4 | self.purpose as usize) << GENERATION_BITS
            | (self.generation % Self::GENERATIONS) as usize)
            << NUMBER_BITS)
            | (self.number % Self::NUMBERS) as usize
    }

    fn unpack(value: usize) -> Option<Message> {
        if value >> 48 != COOKIE {
            return None;
        }
        Some(Message {
            purpose: *Purpose::ALL.get(value >> 44 & 15)?,
            number: value as u32 & (Self::NUMBERS - 1),
            generation: (value >> NUMBER_BITS) as u32 & (Self::GENERATIONS - 1),
        })
    }
}

/// The handler that was there before, as `sa_sigaction` and `sa_flags`.
static PREVIOUS: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);
static PREVIOUS_FLAGS: AtomicUsize = AtomicUsize::new(0);

/// A signal of the profiler, or one for the handler that was there before.
extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes valid pointers to a handler with SA_SIGINFO. Signals of timers and queued
    // ones have their value at the same place, which is all that is read of them.
    let (code, value) = unsafe { ((*info).si_code, (*info).si_value().sival_ptr.addr()) };
    let message = if matches!(code, libc::SI_TIMER | libc::SI_QUEUE) { Message::unpack(value) } else { None };
    let Some(Message { purpose, number, generation }) = message else { return chain(signal, info, context) };
    // SAFETY: the context is that of the handler.
    let registers = unsafe { Registers::interrupted(context) };
    let handler = HANDLERS[purpose as usize].load(Ordering::Acquire);
    if !handler.is_null() {
        // SAFETY: only `answer` stores here, and what it stores is a function of this type.
        let handler: Handler = unsafe { std::mem::transmute(handler) };
        handler(number, generation, registers);
    }
}

/// What a signal makes its thread do, given the number and the generation of the message. The rules of
/// signal handlers hold for it.
pub(crate) type Handler = fn(u32, u32, Registers);

/// The handler of each purpose; null while there is none.
static HANDLERS: [AtomicPtr<()>; Purpose::ALL.len()] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; Purpose::ALL.len()];

/// Makes `handler` answer signals of this purpose.
pub(crate) fn answer(purpose: Purpose, handler: Handler) {
    HANDLERS[purpose as usize].store(handler as *mut (), Ordering::Release);
}

fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let previous = PREVIOUS.load(Ordering::Acquire);
    // The default would end the program: a signal that came late must not.
    if previous == libc::SIG_DFL || previous == libc::SIG_IGN {
        return;
    }
    // SAFETY: the address and the kind of the handler are those that `sigaction` reported.
    unsafe {
        if PREVIOUS_FLAGS.load(Ordering::Acquire) & libc::SA_SIGINFO as usize != 0 {
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                std::mem::transmute(previous);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(i32) = std::mem::transmute(previous);
            handler(signal);
        }
    }
}

/// Held while the handler is installed.
static INSTALLING: Lock<()> = Lock::new(());

/// For the child of a fork: whoever was installing is gone. At worst the old handler was noted and ours is
/// not there yet, which the next capture makes up for.
fn start_over_in_child() {
    // SAFETY: the child has one thread.
    unsafe { INSTALLING.start_over(()) };
}

/// Installs the handler, if it is not the one there is.
///
/// Called again for every capture: a program that installs its own handler later takes the signal away,
/// and gets its signals through this one from the next capture on.
pub(crate) fn install() -> std::io::Result<()> {
    static HOOK: Hook = Hook { in_child: start_over_in_child, ..Hook::NONE };
    fork::register(Rank::Signal, &HOOK);
    let _alone = INSTALLING.hold();
    let own = on_signal as *const () as usize;
    // SAFETY: the structures live through the calls. The previous handler is stored before ours is in
    // place, so that no signal of others is lost in between.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(SIGNAL, std::ptr::null(), &raw mut old) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        if old.sa_sigaction == own {
            return Ok(());
        }
        PREVIOUS_FLAGS.store(old.sa_flags as usize, Ordering::Release);
        PREVIOUS.store(old.sa_sigaction, Ordering::Release);
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = own;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut action.sa_mask);
        if libc::sigaction(SIGNAL, &raw const action, std::ptr::null_mut()) != 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_keep_every_part() {
        for purpose in Purpose::ALL {
            for number in [0, 1, 4095, Message::NUMBERS - 1] {
                for generation in [0, 1, Message::GENERATIONS - 1] {
                    let message = Message { purpose, number, generation };
                    assert_eq!(Message::unpack(message.pack()), Some(message));
                }
            }
        }
        assert_eq!(Message::unpack(0), None);
        assert_eq!(Message::unpack(usize::MAX), None);
    }
}
