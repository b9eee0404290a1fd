//! The one signal handler of the profiler, and what its signals say.
//!
//! The handler runs on whatever thread is asked, in the middle of anything: it takes no lock, allocates
//! nothing, initialises nothing, and makes system calls directly. It is installed by the first capture and
//! stays for ever, because a signal that came late could otherwise end the program.
//!
//! A handler that was there before goes on to get the signals that are not ours, under the conditions it was
//! installed with: ours takes over its stack, its mask and its flags, so the kernel provides them.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicUsize, Ordering};

use crate::fork::{self, Hook, Rank};
use crate::signal_choice::number;
use crate::sys::{Lock, SI_QUEUE, SI_TIMER};
use crate::unwind::{Registers, registers_interrupted};

/// Marks the signals of this profiler.
const COOKIE: usize = 0x4854;

/// What the thread that gets the signal is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// To put the CPU time that has passed, with the stack, into the slot of this number.
    Sample,
    /// To put the stack into the place of this number.
    Stack,
    /// To take a sample for the process, if the thread has no timer of its own.
    Process,
}

impl Purpose {
    /// All of them, in the order of their numbers.
    const ALL: [Purpose; 3] = [Purpose::Sample, Purpose::Stack, Purpose::Process];
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

/// A handler that was found, with the flags it was installed with. Rows are written before they are published
/// and never change, so a signal handler sees a whole one.
struct Found {
    handler: AtomicUsize,
    flags: AtomicI32,
}

/// More different handlers than this are not remembered; the last one keeps its signals.
const FOUND: usize = 32;

static FOUND_BEFORE: [Found; FOUND] =
    [const { Found { handler: AtomicUsize::new(libc::SIG_DFL), flags: AtomicI32::new(0) } }; FOUND];

/// The row of the handler that gets signals of others; null when there is none.
static PREVIOUS: AtomicPtr<Found> = AtomicPtr::new(std::ptr::null_mut());

/// A signal of the profiler, or one for the handler that was there before.
extern "C" fn on_signal(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes valid pointers to a handler with SA_SIGINFO. Signals of timers and queued
    // ones have their value at the same place, which is all that is read of them.
    let (code, value) = unsafe { ((*info).si_code, (*info).si_value().sival_ptr.addr()) };
    let message = if matches!(code, SI_TIMER | SI_QUEUE) { Message::unpack(value) } else { None };
    let Some(Message { purpose, number, generation }) = message else { return chain(signal, info, context) };
    // SAFETY: the context is that of the handler.
    let registers = unsafe { registers_interrupted(context) };
    // SAFETY: after number, errno, code and padding come the timer and how many expiries were left out.
    let overrun = if code == SI_TIMER { unsafe { info.cast::<i32>().add(5).read() } } else { 0 };
    let expiries = u64::from(overrun.max(0).unsigned_abs()) + 1;
    let handler = HANDLERS[purpose as usize].load(Ordering::Acquire);
    if !handler.is_null() {
        // SAFETY: only `answer` stores here, and what it stores is a function of this type.
        let handler: Handler = unsafe { std::mem::transmute(handler) };
        // SAFETY: the context is that of the handler.
        let was_asleep = unsafe { was_asleep(context) };
        handler(Delivery { number, generation, expiries, registers, was_asleep });
    }
}

/// A message, where it found its thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery {
    /// The number and the generation of the message.
    pub(crate) number: u32,
    pub(crate) generation: u32,
    /// How many expiries of its timer it stands for.
    pub(crate) expiries: u64,
    /// Where the thread was.
    pub(crate) registers: Registers,
    /// Whether the signal woke it: it was not the thread that ran when the timer expired.
    pub(crate) was_asleep: bool,
}

/// Whether the signal interrupted a system call that slept: such a call is made again, so the thread is in front of
/// it, or it has failed with `EINTR`.
///
/// # Safety
/// `context` is the third argument of a signal handler.
#[cfg(target_arch = "x86_64")]
unsafe fn was_asleep(context: *const libc::c_void) -> bool {
    const SYSCALL: [u8; 2] = [0x0f, 0x05];
    // SAFETY: the kernel passes a `ucontext_t`, as the caller promises.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let next = registers[libc::REG_RIP as usize] as u64;
    let is_at = |address: u64| {
        // SAFETY: code that was or will be run, within one page with the next instruction.
        address / 4096 == (address + 1) / 4096
            && address / 4096 == next / 4096
            && unsafe { (address as *const [u8; 2]).read() } == SYSCALL
    };
    is_at(next) || registers[libc::REG_RAX as usize] == -i64::from(libc::EINTR) && is_at(next.wrapping_sub(2))
}

/// Whether the signal interrupted a system call that slept: such a call is made again, so the thread is in front of
/// it, or it has failed with `EINTR`.
///
/// # Safety
/// `context` is the third argument of a signal handler.
#[cfg(target_arch = "aarch64")]
unsafe fn was_asleep(context: *const libc::c_void) -> bool {
    const SVC: u32 = 0xd400_0001;
    // SAFETY: the kernel passes a `ucontext_t`, as the caller promises.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let is_at = |address: u64| {
        // SAFETY: code that was or will be run, in the page of the next instruction.
        address.is_multiple_of(4)
            && address / 4096 == machine.pc / 4096
            && unsafe { (address as *const u32).read() } == SVC
    };
    is_at(machine.pc)
        || machine.regs[0] as i64 == -i64::from(libc::EINTR) && is_at(machine.pc.wrapping_sub(4))
}

/// What a signal makes its thread do. The rules of signal handlers hold for it.
pub(crate) type Handler = fn(Delivery);

/// The handler of each purpose; null while there is none.
static HANDLERS: [AtomicPtr<()>; Purpose::ALL.len()] =
    [const { AtomicPtr::new(std::ptr::null_mut()) }; Purpose::ALL.len()];

/// Makes `handler` answer signals of this purpose.
pub(crate) fn answer(purpose: Purpose, handler: Handler) {
    HANDLERS[purpose as usize].store(handler as *mut (), Ordering::Release);
}

thread_local! {
    /// Whether this thread is in the handler of another one: two that hand signals to each other must not do
    /// so without end.
    static IS_CHAINED: Cell<bool> = const { Cell::new(false) };
}

fn chain(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: null, or a row of a table that lives for ever.
    let Some(previous) = (unsafe { PREVIOUS.load(Ordering::Acquire).as_ref() }) else { return };
    let (handler, flags) = (previous.handler.load(Ordering::Relaxed), previous.flags.load(Ordering::Relaxed));
    if IS_CHAINED.replace(true) {
        return;
    }
    if flags & libc::SA_RESETHAND != 0 {
        // Such a handler is called once.
        PREVIOUS.store(std::ptr::null_mut(), Ordering::Release);
    }
    // SAFETY: the address and the kind of the handler are those that `sigaction` reported, and the kernel
    // has provided the stack and the mask that it asked for, since `install` asked for the same.
    unsafe {
        if flags & libc::SA_SIGINFO != 0 {
            let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) =
                std::mem::transmute(handler);
            handler(signal, info, context);
        } else {
            let handler: extern "C" fn(i32) = std::mem::transmute(handler);
            handler(signal);
        }
    }
    IS_CHAINED.set(false);
}

/// Held while the handler is installed.
static INSTALLING: Lock<()> = Lock::new(());

/// For the child of a fork: the thread that was installing is gone. At worst the old handler was noted and
/// ours is not there yet, which the next capture makes up for.
fn start_over_in_child() {
    // SAFETY: the child has one thread.
    unsafe { INSTALLING.start_over(()) };
    IS_CHAINED.set(false);
}

/// What was found in the place of our handler.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seen {
    /// Our handler.
    Ours,
    /// The default action, or none.
    Nothing,
    /// Another handler.
    Other,
}

/// Whether the handler runs on the alternate stack of a thread. Rust's standard library gives each thread one of 8 KiB, of
/// which the kernel takes a part for registers. That is enough for the handler as long as it is optimized; otherwise it
/// runs on the stack of the thread itself.
const ON_STACK: i32 = if cfg!(unoptimized) { 0 } else { libc::SA_ONSTACK };

/// The signals that wait until the handler has returned: all but those of faults. Another handler on top of this one would
/// be on the alternate stack too, where those that have not asked for it do not fit; and the timer of another profiler
/// expires at the same ticks.
fn asynchronous() -> libc::sigset_t {
    // SAFETY: both functions only write to the set.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut set);
        for fault in [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGABRT] {
            libc::sigdelset(&raw mut set, fault);
        }
        set
    }
}

/// Installs the handler, if it is not the one there is, and says what was there.
///
/// Called again while captures are under way: a program that installs its own handler later takes the signal
/// away, and gets its signals through this one from then on.
pub(crate) fn install() -> std::io::Result<Seen> {
    static HOOK: Hook = Hook { in_child: start_over_in_child, ..Hook::NONE };
    fork::register(Rank::Signal, &HOOK);
    let _alone = INSTALLING.hold();
    let own = on_signal as *const () as usize;
    // SAFETY: the structures live through the calls. The previous handler is published before ours is in
    // place, so that no signal of others is lost in between.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(number(), std::ptr::null(), &raw mut old) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        if old.sa_sigaction == own {
            return Ok(Seen::Ours);
        }
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = own;
        let seen = if matches!(old.sa_sigaction, libc::SIG_DFL | libc::SIG_IGN) {
            PREVIOUS.store(std::ptr::null_mut(), Ordering::Release);
            action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | ON_STACK;
            action.sa_mask = asynchronous();
            Seen::Nothing
        } else {
            remember(old.sa_sigaction, old.sa_flags);
            let taken_over = libc::SA_RESTART | libc::SA_ONSTACK | libc::SA_NODEFER;
            action.sa_flags = libc::SA_SIGINFO | old.sa_flags & taken_over;
            action.sa_mask = old.sa_mask;
            Seen::Other
        };
        if libc::sigaction(number(), &raw const action, std::ptr::null_mut()) != 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(seen)
    }
}

/// Publishes a handler that was found. Only for the holder of [`INSTALLING`].
fn remember(handler: usize, flags: i32) {
    let row = FOUND_BEFORE.iter().find(|row| {
        let known = row.handler.load(Ordering::Relaxed);
        known == libc::SIG_DFL || known == handler && row.flags.load(Ordering::Relaxed) == flags
    });
    if let Some(row) = row {
        row.flags.store(flags, Ordering::Relaxed);
        row.handler.store(handler, Ordering::Relaxed);
        PREVIOUS.store(std::ptr::from_ref(row).cast_mut(), Ordering::Release);
    }
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
