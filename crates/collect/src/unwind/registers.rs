//! The registers a walk of this process starts from.
#![allow(unsafe_code)]

use hotlist_unwind::Registers;

/// The registers of the function this is called in.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn registers_here() -> Registers {
    let (instruction, stack_pointer, frame_pointer): (u64, u64, u64);
    // SAFETY: only reads registers.
    unsafe {
        std::arch::asm!(
            "lea {ip}, [rip]",
            "mov {sp}, rsp",
            "mov {fp}, rbp",
            ip = out(reg) instruction,
            sp = out(reg) stack_pointer,
            fp = out(reg) frame_pointer,
            options(nomem, nostack, preserves_flags)
        );
    }
    Registers { instruction, stack_pointer, frame_pointer, link: 0 }
}

/// The registers of the function this is called in.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(crate) fn registers_here() -> Registers {
    let (instruction, stack_pointer, frame_pointer, link): (u64, u64, u64, u64);
    // SAFETY: only reads registers.
    unsafe {
        std::arch::asm!(
            "adr {ip}, .",
            "mov {sp}, sp",
            "mov {fp}, x29",
            "mov {lr}, x30",
            ip = out(reg) instruction,
            sp = out(reg) stack_pointer,
            fp = out(reg) frame_pointer,
            lr = out(reg) link,
            options(nomem, nostack, preserves_flags)
        );
    }
    Registers { instruction, stack_pointer, frame_pointer, link }
}

/// No registers: walks are empty on this architecture.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[inline(always)]
pub(crate) fn registers_here() -> Registers {
    Registers::default()
}

/// The registers that a signal interrupted.
///
/// # Safety
/// `context` is the third argument of a signal handler installed with `SA_SIGINFO`.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(crate) unsafe fn registers_interrupted(context: *const libc::c_void) -> Registers {
    // SAFETY: the kernel passes a `ucontext_t`, as the caller promises.
    let registers = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    Registers {
        instruction: registers[libc::REG_RIP as usize] as u64,
        stack_pointer: registers[libc::REG_RSP as usize] as u64,
        frame_pointer: registers[libc::REG_RBP as usize] as u64,
        link: 0,
    }
}

/// The registers that a signal interrupted.
///
/// # Safety
/// `context` is the third argument of a signal handler installed with `SA_SIGINFO`.
#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
pub(crate) unsafe fn registers_interrupted(context: *const libc::c_void) -> Registers {
    // SAFETY: the kernel passes a `ucontext_t`, as the caller promises.
    let machine = unsafe { &(*context.cast::<libc::ucontext_t>()).uc_mcontext };
    Registers {
        instruction: machine.pc,
        stack_pointer: machine.sp,
        frame_pointer: machine.regs[29],
        link: machine.regs[30],
    }
}
