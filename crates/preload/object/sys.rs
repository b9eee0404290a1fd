//! What is asked of the kernel, without the C library: that one sets `errno`, which belongs to the program.

use core::ffi::c_char;

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const READ: usize = 0;
    pub(super) const CLOSE: usize = 3;
    pub(super) const MMAP: usize = 9;
    pub(super) const MUNMAP: usize = 11;
    pub(super) const RT_SIGPROCMASK: usize = 14;
    pub(super) const PWRITE: usize = 18;
    pub(super) const MADVISE: usize = 28;
    pub(super) const GETPID: usize = 39;
    pub(super) const KILL: usize = 62;
    pub(super) const CLOCK_GETTIME: usize = 228;
    pub(super) const OPENAT: usize = 257;
    pub(super) const READLINKAT: usize = 267;
    pub(super) const PRLIMIT: usize = 302;
}

#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const READ: usize = 63;
    pub(super) const CLOSE: usize = 57;
    pub(super) const MMAP: usize = 222;
    pub(super) const MUNMAP: usize = 215;
    pub(super) const RT_SIGPROCMASK: usize = 135;
    pub(super) const PWRITE: usize = 68;
    pub(super) const MADVISE: usize = 233;
    pub(super) const GETPID: usize = 172;
    pub(super) const KILL: usize = 129;
    pub(super) const CLOCK_GETTIME: usize = 113;
    pub(super) const OPENAT: usize = 56;
    pub(super) const READLINKAT: usize = 78;
    pub(super) const PRLIMIT: usize = 261;
}

/// A call of the kernel: its answer, or the number of the error below zero.
///
/// # Safety
/// As the call has it.
#[cfg(target_arch = "x86_64")]
unsafe fn call(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let answer: isize;
    // SAFETY: the caller's.
    unsafe {
        core::arch::asm!(
            "syscall",
            inlateout("rax") number as isize => answer,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d, in("r8") e, in("r9") f,
            lateout("rcx") _, lateout("r11") _,
            options(nostack, preserves_flags)
        );
    }
    answer
}

/// A call of the kernel: its answer, or the number of the error below zero.
///
/// # Safety
/// As the call has it.
#[cfg(target_arch = "aarch64")]
unsafe fn call(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> isize {
    let answer: isize;
    // SAFETY: the caller's.
    unsafe {
        core::arch::asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") a as isize => answer,
            in("x1") b, in("x2") c, in("x3") d, in("x4") e, in("x5") f,
            options(nostack, preserves_flags)
        );
    }
    answer
}

const CURRENT_FOLDER: usize = -100_isize as usize;

/// An open file.
pub(crate) struct File(usize);

impl File {
    const READ_WRITE: usize = 2;
    #[cfg(target_arch = "x86_64")]
    const NO_FOLLOW: usize = 0o400_000;
    #[cfg(target_arch = "aarch64")]
    const NO_FOLLOW: usize = 0o100_000;
    const CLOSE_ON_EXEC: usize = 0o2_000_000;

    /// Opens a file to read and write. `path` ends with a zero. With `is_new` there must be none yet.
    pub(crate) fn open(path: &[u8], is_new: bool) -> Option<File> {
        const CREATE_NEW: usize = 0o100 | 0o200;
        let new = if is_new { CREATE_NEW } else { 0 };
        File::open_with(path, File::READ_WRITE | File::NO_FOLLOW | new)
    }

    /// Opens a file to read. `path` ends with a zero.
    pub(crate) fn open_to_read(path: &[u8]) -> Option<File> {
        File::open_with(path, 0)
    }

    fn open_with(path: &[u8], flags: usize) -> Option<File> {
        debug_assert!(path.last() == Some(&0));
        let flags = flags | File::CLOSE_ON_EXEC;
        // SAFETY: the path ends with a zero and lives until the call returns.
        let answer =
            unsafe { call(number::OPENAT, [CURRENT_FOLDER, path.as_ptr().addr(), flags, 0o600, 0, 0]) };
        usize::try_from(answer).ok().map(File)
    }

    /// Reads on; says how many bytes came.
    pub(crate) fn read(&self, into: &mut [u8]) -> usize {
        // SAFETY: the kernel writes no more bytes than there are.
        let answer = unsafe { call(number::READ, [self.0, into.as_mut_ptr().addr(), into.len(), 0, 0, 0]) };
        usize::try_from(answer).unwrap_or(0)
    }

    /// Writes all of it; says whether there was room.
    pub(crate) fn write_at(&self, bytes: &[u8], at: usize) -> bool {
        // Beyond the limit of the process the kernel would end it.
        if (at + bytes.len()) as u64 > longest_file() {
            return false;
        }
        // SAFETY: the kernel reads as many bytes as there are.
        let answer = unsafe { call(number::PWRITE, [self.0, bytes.as_ptr().addr(), bytes.len(), at, 0, 0]) };
        answer == bytes.len() as isize
    }

    /// Maps its first `length` bytes, to be seen by whoever reads the file.
    pub(crate) fn map(&self, length: usize) -> Option<*mut u8> {
        const SHARED: usize = 1;
        map(length, SHARED, self.0)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: a file that was opened here.
        unsafe { call(number::CLOSE, [self.0, 0, 0, 0, 0, 0]) };
    }
}

/// How many bytes the files of this process may have.
fn longest_file() -> u64 {
    const FILE_SIZE: usize = 1;
    let mut limits = [0_u64; 2];
    // SAFETY: the kernel writes two words, the limit and what it may be raised to.
    let answer = unsafe { call(number::PRLIMIT, [0, FILE_SIZE, 0, limits.as_mut_ptr().addr(), 0, 0]) };
    if answer == 0 { limits[0] } else { u64::MAX }
}

fn map(length: usize, flags: usize, file: usize) -> Option<*mut u8> {
    const READ_AND_WRITE: usize = 3;
    // SAFETY: a new mapping, at a place that the kernel chooses.
    let answer = unsafe { call(number::MMAP, [0, length, READ_AND_WRITE, flags, file, 0]) };
    (answer > 0).then_some(answer as usize as *mut u8)
}

/// New memory full of zeros, of this process alone.
pub(crate) fn memory(length: usize) -> Option<*mut u8> {
    const PRIVATE_ANONYMOUS_WITHOUT_RESERVE: usize = 0x02 | 0x20 | 0x4000;
    map(length, PRIVATE_ANONYMOUS_WITHOUT_RESERVE, usize::MAX)
}

/// Gives memory back.
///
/// # Safety
/// It was mapped here, and nobody uses it any more.
pub(crate) unsafe fn unmap(start: *mut u8, length: usize) {
    // SAFETY: the caller's.
    unsafe { call(number::MUNMAP, [start.addr(), length, 0, 0, 0, 0]) };
}

/// Makes a page of [`memory`] full of zeros in the child of a fork, but not where memory is shared as after vfork; says
/// whether the kernel can (Linux 4.14).
pub(crate) fn wipe_on_fork(page: *mut u8, length: usize) -> bool {
    const WIPE_ON_FORK: usize = 18;
    // SAFETY: it changes nothing in this process.
    unsafe { call(number::MADVISE, [page.addr(), length, WIPE_ON_FORK, 0, 0, 0]) == 0 }
}

/// Makes memory full of zeros.
///
/// # Safety
/// It is from [`memory`], and no other thread writes to it.
pub(crate) unsafe fn clear(start: *mut u8, length: usize) {
    const DO_NOT_NEED: usize = 4;
    // SAFETY: the caller's.
    unsafe { call(number::MADVISE, [start.addr(), length, DO_NOT_NEED, 0, 0, 0]) };
}

/// Whether the eight bytes at `address`, a multiple of eight, can be read. The kernel reads a set of signals from there
/// before it finds out that there is no such operation.
pub(crate) fn is_readable(address: u64) -> bool {
    const NO_SUCH_OPERATION: usize = usize::MAX;
    const INVALID: isize = -22;
    // SAFETY: the kernel checks the address and writes nothing.
    unsafe { call(number::RT_SIGPROCMASK, [NO_SUCH_OPERATION, address as usize, 0, 8, 0, 0]) == INVALID }
}

pub(crate) fn process() -> u64 {
    // SAFETY: it only answers a number.
    unsafe { call(number::GETPID, [0; 6]) as u64 }
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> u64 {
    let mut time = [0_u64; 2];
    // SAFETY: the kernel writes two words.
    unsafe { call(number::CLOCK_GETTIME, [0, time.as_mut_ptr().addr(), 0, 0, 0, 0]) };
    time[0].wrapping_mul(1_000_000_000).wrapping_add(time[1])
}

/// The path of the program that this process runs; the number of its bytes.
pub(crate) fn program(path: &mut [u8]) -> usize {
    let name = c"/proc/self/exe";
    let into = (path.as_mut_ptr().addr(), path.len());
    // SAFETY: the name ends with a zero, and the kernel writes no more bytes than there are.
    let answer =
        unsafe { call(number::READLINKAT, [CURRENT_FOLDER, name.as_ptr().addr(), into.0, into.1, 0, 0]) };
    usize::try_from(answer).unwrap_or(0).min(path.len())
}

/// Ends the process at once, as nothing can be done any more.
pub(crate) fn end() -> ! {
    const ABORT: usize = 6;
    const KILL: usize = 9;
    for signal in [ABORT, KILL] {
        // SAFETY: numbers only.
        unsafe { call(number::KILL, [process() as usize, signal, 0, 0, 0, 0]) };
    }
    loop {
        core::hint::spin_loop();
    }
}

/// The bytes of a text of C.
///
/// # Safety
/// It ends with a zero and lives for as long as it is used.
pub(crate) unsafe fn text<'a>(start: *const c_char) -> &'a [u8] {
    if start.is_null() {
        return &[];
    }
    // SAFETY: the caller's.
    unsafe { core::ffi::CStr::from_ptr(start) }.to_bytes()
}
