//! What is asked of the system: everything that needs `unsafe` is here.
#![allow(
    unsafe_code,
    reason = "perf_event_open, rings that the kernel writes and signals have no safe interface"
)]

use std::ffi::CString;
use std::io::{self, PipeWriter, Read, Write};
use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// `struct perf_event_attr` of `linux/perf_event.h` in its fifth version.
#[derive(Clone, Debug, Default)]
#[repr(C)]
pub(crate) struct Attributes {
    pub(crate) kind: u32,
    pub(crate) size: u32,
    pub(crate) config: u64,
    pub(crate) frequency: u64,
    pub(crate) sample_type: u64,
    pub(crate) read_format: u64,
    pub(crate) flags: u64,
    pub(crate) wakeup: u32,
    pub(crate) breakpoint: u32,
    pub(crate) config_1: u64,
    pub(crate) config_2: u64,
    pub(crate) branches: u64,
    pub(crate) user_registers: u64,
    pub(crate) user_stack: u32,
    pub(crate) clock: i32,
    pub(crate) registers: u64,
    pub(crate) aux_wakeup: u32,
    pub(crate) most_frames: u16,
    pub(crate) reserved: u16,
}

impl Attributes {
    /// As the kernel reads them.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let low_and_high = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
        let words = [
            low_and_high(self.kind, size_of::<Attributes>() as u32),
            self.config,
            self.frequency,
            self.sample_type,
            self.read_format,
            self.flags,
            low_and_high(self.wakeup, self.breakpoint),
            self.config_1,
            self.config_2,
            self.branches,
            self.user_registers,
            low_and_high(self.user_stack, self.clock as u32),
            self.registers,
            low_and_high(self.aux_wakeup, u32::from(self.most_frames)),
        ];
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

/// Bits of [`Attributes::flags`].
pub(crate) mod flag {
    pub(in crate::live) const DISABLED: u64 = 1 << 0;
    pub(in crate::live) const INHERIT: u64 = 1 << 1;
    pub(in crate::live) const EXCLUDE_KERNEL: u64 = 1 << 5;
    pub(in crate::live) const EXCLUDE_HYPERVISOR: u64 = 1 << 6;
    pub(in crate::live) const EXCLUDE_IDLE: u64 = 1 << 7;
    pub(in crate::live) const MMAP: u64 = 1 << 8;
    pub(in crate::live) const COMM: u64 = 1 << 9;
    pub(in crate::live) const FREQUENCY: u64 = 1 << 10;
    pub(in crate::live) const ENABLE_ON_EXEC: u64 = 1 << 12;
    pub(in crate::live) const TASK: u64 = 1 << 13;
    pub(in crate::live) const WATERMARK: u64 = 1 << 14;
    pub(in crate::live) const MMAP_DATA: u64 = 1 << 17;
    pub(in crate::live) const TRAILERS: u64 = 1 << 18;
    pub(in crate::live) const EXCLUDE_USER_CHAIN: u64 = 1 << 22;
    pub(in crate::live) const MMAP2: u64 = 1 << 23;
    pub(in crate::live) const COMM_EXEC: u64 = 1 << 24;
    pub(in crate::live) const CLOCK: u64 = 1 << 25;
    pub(in crate::live) const CONTEXT_SWITCH: u64 = 1 << 26;
    pub(in crate::live) const BUILD_ID: u64 = 1 << 34;
}

/// `PERF_FORMAT_LOST`: reading an event tells how many records there was no room for.
pub(crate) const FORMAT_LOST: u64 = 1 << 4;

/// An open event of the kernel.
#[derive(Debug)]
pub(crate) struct EventFile(OwnedFd);

impl EventFile {
    /// Opens an event for a thread and a processor; -1 stands for all.
    pub(crate) fn open(attributes: &Attributes, thread: i32, processor: i32) -> io::Result<EventFile> {
        const NO_GROUP: RawFd = -1;
        const CLOSE_ON_EXEC: u64 = 8;
        let attributes = Attributes { size: size_of::<Attributes>() as u32, ..attributes.clone() };
        // SAFETY: the kernel reads `size` bytes of the attributes, which live until it returns.
        let number = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attributes,
                thread,
                processor,
                NO_GROUP,
                CLOSE_ON_EXEC,
            )
        };
        let number = RawFd::try_from(number).map_err(io::Error::other)?;
        if number < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just opened it, for nobody else.
        Ok(EventFile(unsafe { OwnedFd::from_raw_fd(number) }))
    }

    fn control(&self, request: u64, argument: libc::c_ulong) -> io::Result<()> {
        // SAFETY: none of the requests below reads or writes memory.
        let outcome = unsafe { libc::ioctl(self.0.as_raw_fd(), request as _, argument) };
        if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Counts nothing from here on.
    pub(crate) fn disable(&self) -> io::Result<()> {
        const DISABLE: u64 = 0x2401;
        self.control(DISABLE, 0)
    }

    /// Writes its records into the ring of `other`, which is of the same processor.
    pub(crate) fn write_to(&self, other: &EventFile) -> io::Result<()> {
        const SET_OUTPUT: u64 = 0x2405;
        self.control(SET_OUTPUT, other.0.as_raw_fd() as libc::c_ulong)
    }

    /// The number that its samples have.
    pub(crate) fn id(&self) -> io::Result<u64> {
        const ID: u64 = 0x8008_2407;
        let mut id = 0_u64;
        // SAFETY: the kernel writes the number where it has room.
        let outcome = unsafe { libc::ioctl(self.0.as_raw_fd(), ID as _, &raw mut id) };
        if outcome < 0 { Err(io::Error::last_os_error()) } else { Ok(id) }
    }

    /// How many of its records had no room, where [`FORMAT_LOST`] is among the attributes.
    pub(crate) fn lost(&self) -> u64 {
        let mut words = [0_u64; 2];
        // SAFETY: the kernel writes no more than the size of the array.
        let count = unsafe { libc::read(self.0.as_raw_fd(), words.as_mut_ptr().cast(), size_of_val(&words)) };
        if count == size_of_val(&words) as isize { words[1] } else { 0 }
    }
}

impl AsRawFd for EventFile {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// The memory into which the kernel writes records. Behind a page of numbers it is a ring.
#[derive(Debug)]
pub(crate) struct RingMemory {
    start: *mut u8,
    page: usize,
    /// Bytes of the ring, a power of two.
    size: usize,
}

/// The part of `struct perf_event_mmap_page` that tells where records are.
#[repr(C)]
struct ControlPage {
    others: [u8; 1024],
    head: AtomicU64,
    tail: AtomicU64,
}

const _: () = assert!(offset_of!(ControlPage, head) == 1024);

impl RingMemory {
    /// Maps a ring of `size` bytes, a power of two of pages.
    pub(crate) fn map(event: &EventFile, size: usize) -> io::Result<RingMemory> {
        let page = page_size();
        // SAFETY: a new mapping, at a place that the kernel chooses.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                page + size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                event.as_raw_fd(),
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(RingMemory { start: start.cast(), page, size })
    }

    fn control(&self) -> &ControlPage {
        // SAFETY: the first page of the mapping is one, and the kernel writes `head` as a whole.
        unsafe { &*self.start.cast() }
    }

    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Up to where the kernel has written. It counts bytes since the beginning of time.
    pub(crate) fn head(&self) -> u64 {
        self.control().head.load(Ordering::Acquire)
    }

    /// From where records were not yet read.
    pub(crate) fn tail(&self) -> u64 {
        self.control().tail.load(Ordering::Relaxed)
    }

    /// Gives the kernel what is before `tail`.
    pub(crate) fn set_tail(&mut self, tail: u64) {
        self.control().tail.store(tail, Ordering::Release);
    }

    /// The bytes from `from` to `to`, which lie between tail and head; in two parts where the ring ends between them.
    pub(crate) fn bytes(&self, from: u64, to: u64) -> (&[u8], &[u8]) {
        let (tail, head) = (self.tail(), self.head());
        assert!(tail <= from && from <= to && to <= head, "only what was written and not given back is read");
        let length = ((to - from) as usize).min(self.size);
        let first = from as usize & (self.size - 1);
        let in_first = length.min(self.size - first);
        // SAFETY: both parts lie within the mapping. The kernel writes nothing between tail and head, and the tail
        // moves by `set_tail` alone, for which these borrows must have ended.
        unsafe {
            let ring = self.start.add(self.page);
            (
                std::slice::from_raw_parts(ring.add(first), in_first),
                std::slice::from_raw_parts(ring, length - in_first),
            )
        }
    }
}

impl Drop for RingMemory {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nothing borrows from it any more.
        unsafe { libc::munmap(self.start.cast(), self.page + self.size) };
    }
}

pub(crate) fn page_size() -> usize {
    // SAFETY: it only returns a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Nanoseconds of `CLOCK_MONOTONIC`, by which records are stamped.
pub(crate) fn now() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the time is written where it has room; zeros are a time too.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr());
        time.assume_init()
    };
    (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

/// What is waited for.
#[derive(Debug, Default)]
pub(crate) struct Waiting(Vec<libc::pollfd>);

impl Waiting {
    pub(crate) fn add(&mut self, file: &impl AsRawFd) -> usize {
        self.0.push(libc::pollfd { fd: file.as_raw_fd(), events: libc::POLLIN, revents: 0 });
        self.0.len() - 1
    }

    /// Waits until something has come, or for `most`.
    pub(crate) fn wait(&mut self, most: Duration) {
        let milliseconds = i32::try_from(most.as_millis()).unwrap_or(i32::MAX);
        self.0.iter_mut().for_each(|file| file.revents = 0);
        // SAFETY: the kernel writes what has come into the array, whose length it is told.
        unsafe { libc::poll(self.0.as_mut_ptr(), self.0.len() as libc::nfds_t, milliseconds) };
        for file in &mut self.0 {
            // Events of threads that have ended would end all waiting from here on. So their files are left out, by a
            // negative number.
            if file.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0
                && file.revents & libc::POLLIN == 0
            {
                file.fd = !file.fd.max(0);
            }
        }
    }

    /// Whether something came for the one that was added as the `row`th.
    pub(crate) fn has_come(&self, row: usize) -> bool {
        self.0[row].revents & libc::POLLIN != 0
    }
}

/// A process, to be told when it has ended.
#[derive(Debug)]
pub(crate) struct ProcessFile(OwnedFd);

impl ProcessFile {
    pub(crate) fn open(process: u32) -> io::Result<ProcessFile> {
        // SAFETY: it only takes numbers.
        let number = unsafe { libc::syscall(libc::SYS_pidfd_open, process, 0) };
        match RawFd::try_from(number) {
            // SAFETY: the kernel has just opened it, for nobody else.
            Ok(number) if number >= 0 => Ok(ProcessFile(unsafe { OwnedFd::from_raw_fd(number) })),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl AsRawFd for ProcessFile {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// Whether there is a process with this number, of whomever, that has not ended.
pub(crate) fn is_alive(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    // The state stands behind the name, which may have any letter.
    stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X'])))
}

/// As long as it lives, this thread gets a processor soon after it has something to do, however many others work: until
/// then rings fill up.
#[derive(Debug)]
pub(crate) struct Hurry(Option<Scheduling>);

/// `struct sched_attr` of `linux/sched/types.h` in its first version.
#[derive(Clone, Debug, Default)]
#[repr(C)]
struct Scheduling {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime: u64,
    deadline: u64,
    period: u64,
}

impl Hurry {
    pub(crate) fn begin() -> Hurry {
        /// The shortest slice of time there is. Who asks for little gets it soon, since Linux 6.12, without any rights.
        const SLICE: u64 = 100_000;
        /// Root may have more.
        const NICE: i32 = -15;
        let mut before = Scheduling::default();
        // SAFETY: the kernel writes no more than the size.
        let outcome = unsafe {
            libc::syscall(libc::SYS_sched_getattr, 0, &raw mut before, size_of::<Scheduling>() as u32, 0)
        };
        if outcome != 0 || before.policy != libc::SCHED_OTHER as u32 {
            return Hurry(None);
        }
        let hurried = Scheduling { runtime: SLICE, ..before.clone() };
        let is_set = Scheduling { nice: NICE, ..hurried.clone() }.set() || hurried.set();
        Hurry(is_set.then_some(before))
    }
}

impl Scheduling {
    fn set(&self) -> bool {
        let size = size_of::<Scheduling>() as u32;
        let new = Scheduling { size, deadline: 0, period: 0, ..self.clone() };
        // SAFETY: the kernel reads what has the size that it is told.
        unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const new, 0) == 0 }
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            before.set();
        }
    }
}

/// Asks a process to end, as the terminal does.
pub(crate) fn send(process: u32, signal: i32) {
    if let Ok(process) = i32::try_from(process) {
        // SAFETY: it only takes numbers. The process was not waited for, so its number is still its own.
        unsafe { libc::kill(process, signal) };
    }
}

/// Who runs this program.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: it only returns a number.
    unsafe { libc::geteuid() }
}

/// Whose group this program is run with.
pub(crate) fn effective_group() -> u32 {
    // SAFETY: it only returns a number.
    unsafe { libc::getegid() }
}

/// Whether a program gets capabilities from its file when it starts (capabilities(7)).
pub(crate) fn has_capabilities(path: &Path) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_encoded_bytes()) else { return false };
    // SAFETY: both texts end with a zero, and nothing is written where there is no room.
    let size =
        unsafe { libc::getxattr(path.as_ptr(), c"security.capability".as_ptr(), std::ptr::null_mut(), 0) };
    size > 0
}

/// Whether there is such a folder and programs and libraries in it may be run.
pub(crate) fn may_run_programs(folder: &Path) -> bool {
    let Ok(folder) = CString::new(folder.as_os_str().as_encoded_bytes()) else { return false };
    let mut about = MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the text ends with a zero; what the kernel has written is used only if it did.
    unsafe {
        libc::statvfs(folder.as_ptr(), about.as_mut_ptr()) == 0
            && about.assume_init().f_flag & libc::ST_NOEXEC == 0
    }
}

/// Allows as many open files as the system lets us.
pub(crate) fn raise_open_files() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is read and written where it is.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// Signals that end a recording are kept from ending this process; they are read here instead.
#[derive(Debug)]
pub(crate) struct Signals {
    file: OwnedFd,
    before: libc::sigset_t,
}

/// A signal that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Signal {
    pub(crate) number: i32,
    /// Whether the kernel sent it, as for a key, to all processes at the terminal.
    pub(crate) is_from_kernel: bool,
}

impl Signals {
    /// From here on they are read, until this is dropped.
    pub(crate) fn take() -> io::Result<Signals> {
        let mut set = MaybeUninit::zeroed();
        let mut before = MaybeUninit::zeroed();
        // SAFETY: sets are written before they are read, and zeros are an empty set. The mask is that of this thread,
        // which threads that are started later have too.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                libc::sigaddset(set.as_mut_ptr(), signal);
            }
            let file = libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC | libc::SFD_NONBLOCK);
            if file < 0 {
                return Err(io::Error::last_os_error());
            }
            let file = OwnedFd::from_raw_fd(file);
            libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), before.as_mut_ptr());
            Ok(Signals { file, before: before.assume_init() })
        }
    }

    /// The next one that came.
    pub(crate) fn next(&self) -> Option<Signal> {
        const KERNEL: i32 = 0x80;
        let mut information = MaybeUninit::<libc::signalfd_siginfo>::zeroed();
        let size = size_of::<libc::signalfd_siginfo>();
        // SAFETY: the kernel writes no more than the size; what it wrote is used only if it wrote all.
        let information = unsafe {
            let count = libc::read(self.file.as_raw_fd(), information.as_mut_ptr().cast(), size);
            if count != size as isize {
                return None;
            }
            information.assume_init()
        };
        let number = i32::try_from(information.ssi_signo).ok()?;
        Some(Signal { number, is_from_kernel: information.ssi_code == KERNEL })
    }
}

impl AsRawFd for Signals {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // SAFETY: the mask is the one from before.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut()) };
    }
}

/// A process that waits for leave to run its program.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) process: u32,
    leave: PipeWriter,
    /// Starting a program lasts until it runs.
    starting: JoinHandle<io::Result<Child>>,
}

impl Held {
    /// Makes the process, to which signals come as they did to this one before they were taken.
    pub(crate) fn new(mut command: Command, signals: &Signals) -> io::Result<Held> {
        let before = signals.before;
        let (leave_reader, leave) = io::pipe()?;
        let (mut numbers, number_writer) = io::pipe()?;
        let number = number_writer.as_raw_fd();
        let (wait, keep_out) = (leave_reader.as_raw_fd(), leave.as_raw_fd());
        // SAFETY: between fork and exec only functions run that signal handlers may use, too.
        unsafe {
            command.pre_exec(move || {
                // As long as this process has the other end as well, it would wait for itself.
                libc::close(keep_out);
                libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
                let own = libc::getpid().to_ne_bytes();
                libc::write(number, own.as_ptr().cast(), own.len());
                let mut byte = 0_u8;
                let count = loop {
                    let count = libc::read(wait, (&raw mut byte).cast(), 1);
                    if count >= 0 || io::Error::last_os_error().raw_os_error() != Some(libc::EINTR) {
                        break count;
                    }
                };
                if count == 1 { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ECANCELED)) }
            });
        }
        let starting = std::thread::Builder::new().name("start".to_owned()).spawn(move || {
            let outcome = command.spawn();
            drop((number_writer, leave_reader));
            outcome
        })?;
        let mut own = [0; 4];
        match numbers.read_exact(&mut own) {
            Ok(()) => Ok(Held { process: u32::from_ne_bytes(own), leave, starting }),
            // Nobody can write it any more.
            Err(error) => match starting.join() {
                Ok(Err(error)) => Err(error),
                _ => Err(error),
            },
        }
    }

    /// Lets it run its program.
    pub(crate) fn release(mut self) -> io::Result<Starting> {
        self.leave.write_all(&[1])?;
        Ok(Starting(self.starting))
    }

    /// Ends it before it was anything.
    pub(crate) fn cancel(self) {
        drop(self.leave);
        let _ = Starting(self.starting).finish();
    }
}

/// A process that begins to run its program.
#[derive(Debug)]
pub(crate) struct Starting(JoinHandle<io::Result<Child>>);

impl Starting {
    /// Waits until the program runs; fails when there is none.
    pub(crate) fn finish(self) -> io::Result<Child> {
        self.0.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Copies memory of another process from `address` on; returns how many bytes there were.
pub(crate) fn read_memory(process: u32, address: u64, into: &mut [u8]) -> io::Result<usize> {
    let local = libc::iovec { iov_base: into.as_mut_ptr().cast(), iov_len: into.len() };
    let remote = libc::iovec { iov_base: address as *mut libc::c_void, iov_len: into.len() };
    let process = i32::try_from(process).map_err(io::Error::other)?;
    // SAFETY: the kernel writes into our own bytes, as many as there are, and checks the addresses of the other side.
    let count = unsafe { libc::process_vm_readv(process, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(count).map_err(|_| io::Error::last_os_error())
}
