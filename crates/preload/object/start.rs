//! What is to be done, as the environment says, and the beginning in a process and in the child of a fork.

use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int};
use core::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::layout::{VARIABLE, flag};
use crate::{file, live, next, objects, sys, thread};

const LONGEST_FOLDER: usize = 512;

/// Where files are made. Written before [`STATE`] says that it is there.
struct Folder(UnsafeCell<[u8; LONGEST_FOLDER]>);

// SAFETY: written once, before other threads may read it.
unsafe impl Sync for Folder {}

static FOLDER: Folder = Folder(UnsafeCell::new([0; LONGEST_FOLDER]));
static FOLDER_LENGTH: AtomicUsize = AtomicUsize::new(0);
static RATE: AtomicU64 = AtomicU64::new(0);
static SEED: AtomicU64 = AtomicU64::new(0);
static FLAGS: AtomicU64 = AtomicU64::new(0);
static STATE: AtomicU32 = AtomicU32::new(UNKNOWN);

const UNKNOWN: u32 = 0;
const ON: u32 = 1;
const OFF: u32 = 2;

/// How often samples are taken.
pub(crate) enum Rate {
    /// The program has not come so far that this can be known.
    Unknown,
    Off,
    /// The mean number of allocated bytes between two samples.
    Every(u64),
}

pub(crate) fn rate() -> Rate {
    match STATE.load(Ordering::Acquire) {
        UNKNOWN => Rate::Unknown,
        ON => Rate::Every(RATE.load(Ordering::Relaxed)),
        _ => Rate::Off,
    }
}

/// The first state of the random numbers of a thread, which is not zero.
pub(crate) fn seed(thread: u64) -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(1);
    let number = THREADS.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    let first = match SEED.load(Ordering::Relaxed) {
        0 => thread ^ sys::now() ^ sys::process() << 40,
        seed => seed,
    };
    let mut mixed = number ^ first.rotate_left(32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 27)) | 1
}

#[used]
#[unsafe(link_section = ".init_array")]
static START: extern "C" fn(c_int, *const *const c_char, *const *const c_char) = start;

/// Called by the loader before the program's own code. Only glibc passes the environment.
extern "C" fn start(_count: c_int, _words: *const *const c_char, _variables: *const *const c_char) {
    objects::note_program();
    let is_on = configure().is_some() && live::begin() && begin_file(0) && FLAGS.load(Ordering::Relaxed) == 0;
    STATE.store(if is_on { ON } else { OFF }, Ordering::Release);
    thread::this().left.set(0);
}

unsafe extern "C" {
    fn getenv(name: *const c_char) -> *const c_char;
}

fn configure() -> Option<()> {
    let mut name = [0; 32];
    name[..VARIABLE.len()].copy_from_slice(VARIABLE.as_bytes());
    // SAFETY: no other thread runs yet, and the name ends with a zero.
    let text = unsafe { sys::text(getenv(name.as_ptr().cast())) };
    let mut parts = text.splitn(3, |&byte| byte == b':');
    let mut number = || core::str::from_utf8(parts.next()?).ok()?.parse::<u64>().ok();
    let (rate, seed) = (number()?, number()?);
    let folder =
        parts.next().filter(|folder| folder.first() == Some(&b'/') && folder.len() <= LONGEST_FOLDER)?;
    if rate == 0 {
        return None;
    }
    RATE.store(rate, Ordering::Relaxed);
    SEED.store(seed, Ordering::Relaxed);
    // SAFETY: as `Folder` says.
    unsafe { (&mut *FOLDER.0.get())[..folder.len()].copy_from_slice(folder) };
    FOLDER_LENGTH.store(folder.len(), Ordering::Relaxed);
    let own = if next::is_of_use() { 0 } else { flag::OWN_ALLOCATOR };
    FLAGS.store(own, Ordering::Relaxed);
    Some(())
}

fn begin_file(flags: u64) -> bool {
    // SAFETY: written before, by the same thread or before the process was forked.
    let folder = unsafe { &(&*FOLDER.0.get())[..FOLDER_LENGTH.load(Ordering::Relaxed)] };
    file::begin(folder, RATE.load(Ordering::Relaxed), FLAGS.load(Ordering::Relaxed) | flags)
}

/// What the child of a fork does before its first sample.
pub(crate) fn in_child() {
    begin_file(flag::FORKED);
}
