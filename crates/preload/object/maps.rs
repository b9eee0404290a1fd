//! Objects as the kernel knows them, where the loader does not tell without a lock (glibc before 2.35, musl).
//!
//! What was read once may be wrong later, when a library was unloaded. So only the place of an object is kept, and all
//! else is read from what is mapped there whenever it is asked for.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::sys::{self, File};

const MOST: usize = 512;
const LONGEST_NAME: usize = 256;

/// A file that is mapped with code in it.
struct Row {
    start: AtomicU64,
    end: AtomicU64,
    name: UnsafeCell<[u8; LONGEST_NAME]>,
}

/// Rows that are complete are never written again.
struct Rows([Row; MOST]);

// SAFETY: a row is written by the one thread that reads the list, before its number is below `COUNT`.
unsafe impl Sync for Rows {}

static ROWS: Rows = Rows(
    [const { Row { start: AtomicU64::new(0), end: AtomicU64::new(0), name: UnsafeCell::new([0; LONGEST_NAME]) } };
        MOST],
);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static IS_READING: AtomicBool = AtomicBool::new(false);
/// When the list was read last.
static READ: AtomicU64 = AtomicU64::new(0);

/// A mapped file: first address, one past the last, and its path.
pub(crate) struct Mapped {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) name: &'static [u8],
}

/// The file that `address` is mapped from. Takes no lock.
pub(crate) fn find(address: u64) -> Option<Mapped> {
    known(address).or_else(|| {
        /// Nanoseconds. Code of just-in-time compilers is in no file, and is not looked for each time.
        const OFTEN: u64 = 100_000_000;
        let now = sys::now();
        if now.wrapping_sub(READ.load(Ordering::Relaxed)) < OFTEN || IS_READING.swap(true, Ordering::Acquire)
        {
            return None;
        }
        READ.store(now, Ordering::Relaxed);
        read();
        IS_READING.store(false, Ordering::Release);
        known(address)
    })
}

fn known(address: u64) -> Option<Mapped> {
    let rows = &ROWS.0[..COUNT.load(Ordering::Acquire).min(MOST)];
    rows.iter().rev().find_map(|row| {
        let (start, end) = (row.start.load(Ordering::Relaxed), row.end.load(Ordering::Relaxed));
        if !(start..end).contains(&address) || !sys::is_readable(start) {
            return None;
        }
        // SAFETY: complete rows are never written again.
        let name = unsafe { &*row.name.get() };
        let length = name.iter().position(|&byte| byte == 0).unwrap_or(LONGEST_NAME);
        Some(Mapped { start, end, name: &name[..length] })
    })
}

/// A buffer for the list that only its reader has.
struct Buffer(UnsafeCell<[u8; 4096]>);

// SAFETY: used by the holder of `IS_READING` alone.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; 4096]));

/// Reads `/proc/self/maps` (proc_pid_maps(5)) and adds what is new.
fn read() {
    let Some(file) = File::open_to_read(b"/proc/self/maps\0") else { return };
    // SAFETY: as `Buffer` says.
    let buffer = unsafe { &mut *BUFFER.0.get() };
    let mut filled = 0;
    // The first address of the file whose lines are being read.
    let mut first: Option<(u64, [u8; LONGEST_NAME])> = None;
    loop {
        let count = file.read(&mut buffer[filled..]);
        if count == 0 {
            return;
        }
        filled += count;
        let mut at = 0;
        while let Some(length) = buffer[at..filled].iter().position(|&byte| byte == b'\n') {
            take(&buffer[at..at + length], &mut first);
            at += length + 1;
        }
        if at == 0 && filled == buffer.len() {
            // No line is as long.
            return;
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
    }
}

fn take(line: &[u8], first: &mut Option<(u64, [u8; LONGEST_NAME])>) {
    let mut fields = line.splitn(6, |&byte| byte == b' ');
    let (Some(range), Some(permissions), Some(offset)) = (fields.next(), fields.next(), fields.next()) else {
        return;
    };
    let path = fields.nth(2).unwrap_or_default().trim_ascii();
    let mut ends = range.split(|&byte| byte == b'-');
    let (Some(start), Some(end)) = (ends.next().and_then(hexadecimal), ends.next().and_then(hexadecimal))
    else {
        return;
    };
    if path.first() != Some(&b'/') || path.len() > LONGEST_NAME {
        return;
    }
    let mut name = [0; LONGEST_NAME];
    name[..path.len()].copy_from_slice(path);
    if hexadecimal(offset) == Some(0) {
        *first = Some((start, name));
    }
    let Some((object, _)) = first.filter(|(_, known)| *known == name) else { return };
    if permissions.get(2) == Some(&b'x') {
        add(object, end, &name);
    }
}

fn add(start: u64, end: u64, name: &[u8; LONGEST_NAME]) {
    let count = COUNT.load(Ordering::Relaxed);
    let is_same = |row: &Row| {
        // SAFETY: complete rows are never written again.
        let known = unsafe { &*row.name.get() };
        row.start.load(Ordering::Relaxed) == start && row.end.load(Ordering::Relaxed) == end && known == name
    };
    // Of those that overlap the last one is true.
    let last = ROWS.0[..count.min(MOST)]
        .iter()
        .rev()
        .find(|row| row.start.load(Ordering::Relaxed) < end && start < row.end.load(Ordering::Relaxed));
    if count >= MOST || last.is_some_and(is_same) {
        return;
    }
    let row = &ROWS.0[count];
    row.start.store(start, Ordering::Relaxed);
    row.end.store(end, Ordering::Relaxed);
    // SAFETY: nobody reads this row yet.
    unsafe { *row.name.get() = *name };
    COUNT.store(count + 1, Ordering::Release);
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    u64::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}
