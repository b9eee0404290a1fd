//! The file of this process, mapped into memory: its head, and records that are only ever added.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use crate::layout::{HEAD, LONGEST_PATH, MAGIC, SIZE, head};
use crate::sys::{self, File};

/// The file takes room in pieces of this size: a page that has none would end the program when it is touched.
const PIECE: usize = 64 * 1024;

/// The next piece is asked for when less than this is left.
const AHEAD: usize = 16 * 1024;

const HEAD_WORDS: usize = HEAD / 8;

/// Longer names of files are not made.
const LONGEST_NAME: usize = 1024;

static START: AtomicPtr<u8> = AtomicPtr::new(core::ptr::null_mut());
/// So many bytes of the file have room.
static ROOM: AtomicUsize = AtomicUsize::new(0);
static IS_GROWING: AtomicBool = AtomicBool::new(false);
static ZEROS: [u8; PIECE] = [0; PIECE];

/// The name of the file, which ends with a zero. Written while there is no file, by one thread.
struct Name(UnsafeCell<[u8; LONGEST_NAME]>);

// SAFETY: written by `begin` alone, which is called by one thread while no other one reads: `START` is null then.
unsafe impl Sync for Name {}

static NAME: Name = Name(UnsafeCell::new([0; LONGEST_NAME]));

/// Makes the file of this process in `folder`. To be called by one thread at a time.
pub(crate) fn begin(folder: &[u8], rate: u64, flags: u64) -> bool {
    IS_GROWING.store(false, Ordering::Relaxed);
    let (process, time) = (sys::process(), sys::now());
    // SAFETY: as `Name` says.
    let name = unsafe { &mut *NAME.0.get() };
    let mut writer = Writer { bytes: name, at: 0 };
    writer.put(folder);
    writer.put(b"/");
    writer.number(process);
    writer.put(b".");
    writer.number(time);
    writer.put(crate::layout::ENDING.as_bytes());
    writer.put(b"\0");
    let end = writer.at;
    let made = name.get(..end).and_then(|name| File::open(name, true));
    let mapped = made.filter(|file| file.write_at(&ZEROS[..HEAD], 0)).and_then(|file| file.map(SIZE));
    if mapped.is_none() {
        // In the child of a fork the parent's file is still there to tell.
        add(head::LOST, 1);
    }
    ROOM.store(HEAD, Ordering::Relaxed);
    let old = START.swap(mapped.unwrap_or_default(), Ordering::AcqRel);
    if !old.is_null() {
        // SAFETY: the file of the parent, which this process has inherited and nobody uses here any more.
        unsafe { sys::unmap(old, SIZE) };
    }
    if mapped.is_none() {
        return false;
    }
    let set = |place: usize, value: u64| {
        if let Some(word) = word(place) {
            word.store(value, Ordering::Relaxed);
        }
    };
    set(head::PROCESS, process);
    set(head::RATE, rate);
    set(head::TIME, time);
    set(head::FLAGS, flags);
    let mut path = [0; LONGEST_PATH];
    let length = sys::program(&mut path);
    put_bytes(head::PATH, &path[..length]);
    set(head::PATH_LENGTH, length as u64);
    if let Some(word) = word(head::MAGIC) {
        word.store(MAGIC, Ordering::Release);
    }
    true
}

/// A word of the file, counted from its start; `None` where it has no room or there is no file.
pub(crate) fn word(place: usize) -> Option<&'static AtomicU64> {
    let start = START.load(Ordering::Acquire);
    if start.is_null() || (place + 1) * 8 > ROOM.load(Ordering::Acquire) {
        return None;
    }
    // SAFETY: within the mapping, and the file has room there. It is unmapped in the child of a fork alone.
    Some(unsafe { &*start.cast::<AtomicU64>().add(place) })
}

/// Adds to a word.
pub(crate) fn add(place: usize, value: u64) {
    if let Some(word) = word(place) {
        word.fetch_add(value, Ordering::Relaxed);
    }
}

/// Writes bytes into words, the last one filled up with zeros.
pub(crate) fn put_bytes(place: usize, bytes: &[u8]) {
    for (count, chunk) in bytes.chunks(8).enumerate() {
        let mut filled = [0; 8];
        filled[..chunk.len()].copy_from_slice(chunk);
        if let Some(word) = word(place + count) {
            word.store(u64::from_ne_bytes(filled), Ordering::Relaxed);
        }
    }
}

/// The place of a new record of `words` words, all zero; `None` when the file is full.
pub(crate) fn reserve(words: usize) -> Option<usize> {
    let used = word(head::USED)?;
    if used.load(Ordering::Relaxed) as usize + HEAD_WORDS + words > SIZE / 8 {
        return None;
    }
    let place = used.fetch_add(words as u64, Ordering::Relaxed) as usize + HEAD_WORDS;
    let end = (place + words) * 8;
    let room = ROOM.load(Ordering::Acquire);
    if end + AHEAD > room {
        grow(end + AHEAD);
    }
    (end <= ROOM.load(Ordering::Acquire).min(SIZE)).then_some(place)
}

/// Asks for room up to `wanted` bytes. While another thread does, this one goes on: there is some ahead.
fn grow(wanted: usize) {
    if IS_GROWING.swap(true, Ordering::Acquire) {
        return;
    }
    // Programs close files that they do not know, so it is opened anew.
    // SAFETY: as `Name` says.
    let name = unsafe { &*NAME.0.get() };
    let end = name.iter().position(|&byte| byte == 0).map_or(0, |end| end + 1);
    if let Some(file) =
        name.get(..end).filter(|name| !name.is_empty()).and_then(|name| File::open(name, false))
    {
        let mut room = ROOM.load(Ordering::Relaxed);
        while room < wanted.min(SIZE) {
            let piece = PIECE.min(SIZE - room);
            if !file.write_at(&ZEROS[..piece], room) {
                break;
            }
            room += piece;
            ROOM.store(room, Ordering::Release);
        }
    }
    IS_GROWING.store(false, Ordering::Release);
}

/// Writes text into bytes, as far as there is room.
struct Writer<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, text: &[u8]) {
        for &byte in text {
            if let Some(place) = self.bytes.get_mut(self.at) {
                *place = byte;
            }
            self.at += 1;
        }
    }

    fn number(&mut self, mut number: u64) {
        let mut digits = [0; 20];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.put(&digits[at..]);
    }
}
