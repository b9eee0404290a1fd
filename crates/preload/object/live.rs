//! What belongs to this process alone: where its records are, and which blocks are samples. Without locks.

use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use crate::{file, sys};

/// Records that are found again.
const RECORDS: usize = 1 << 17;

/// Blocks that are in use and samples.
const BLOCKS: usize = 1 << 19;

/// Objects with code that was sampled.
pub(crate) const OBJECTS: usize = 4096;

/// So many places are looked at for one key.
const WINDOW: usize = 16;

/// All of it, in memory that the kernel hands out page by page as it is touched.
#[repr(C, align(4096))]
pub(crate) struct Private {
    /// [`READY`] in the process that has set it, 0 in the child of a fork.
    mark: Mark,
    rest: Rest,
}

#[repr(C, align(4096))]
struct Mark(AtomicU64);

/// What the child of a fork begins anew.
#[repr(C, align(4096))]
struct Rest {
    pub(crate) objects: [ObjectRow; OBJECTS],
    object_count: AtomicU64,
    /// The upper half of a hash, and the place of the record in the file.
    records: [AtomicU64; RECORDS],
    addresses: [AtomicU64; BLOCKS],
    blocks: [BlockRow; BLOCKS],
}

/// An object with code that was sampled.
#[repr(C)]
pub(crate) struct ObjectRow {
    /// What tells it from others; the last one is zero until the row is complete.
    pub(crate) key: [AtomicU64; 4],
}

/// What a block in use stands for.
#[repr(C)]
struct BlockRow {
    record: AtomicU64,
    objects: AtomicU64,
    bytes: AtomicU64,
}

/// A block that was taken out of the table.
#[derive(Clone, Copy)]
pub(crate) struct Block {
    pub(crate) record: usize,
    pub(crate) objects: u64,
    pub(crate) bytes: u64,
}

static PRIVATE: AtomicPtr<Private> = AtomicPtr::new(core::ptr::null_mut());
/// The process, where the kernel does not clear the mark; otherwise 0.
static PROCESS: AtomicU64 = AtomicU64::new(0);

const CHANGING: u64 = 1;
const READY: u64 = 2;

/// Gets the memory; says whether there is any.
pub(crate) fn begin() -> bool {
    let Some(memory) = sys::memory(size_of::<Private>()) else { return false };
    if !sys::wipe_on_fork(memory, size_of::<Mark>()) {
        PROCESS.store(sys::process(), Ordering::Relaxed);
    }
    let private = memory.cast::<Private>();
    // SAFETY: mapped just now, in whole pages; zeros are a value of all its parts.
    unsafe { &*private }.mark.0.store(READY, Ordering::Relaxed);
    PRIVATE.store(private, Ordering::Release);
    true
}

/// The tables of this process. In the child of a fork they are emptied first, and `in_child` is called; whoever comes
/// meanwhile gets none.
pub(crate) fn tables(in_child: impl FnOnce()) -> Option<Tables> {
    let private = PRIVATE.load(Ordering::Acquire);
    // SAFETY: null, or mapped for ever.
    let Private { mark, rest } = unsafe { private.as_ref() }?;
    let process = PROCESS.load(Ordering::Relaxed);
    if process != 0 && process != sys::process() {
        mark.0.store(0, Ordering::Relaxed);
        PROCESS.store(sys::process(), Ordering::Relaxed);
    }
    match mark.0.compare_exchange(0, CHANGING, Ordering::Acquire, Ordering::Acquire) {
        Ok(_) => {
            // SAFETY: the memory is from `sys::memory`; all others of this process wait for the mark.
            unsafe { sys::clear(core::ptr::from_ref(rest).cast_mut().cast(), size_of::<Rest>()) };
            in_child();
            mark.0.store(READY, Ordering::Release);
            Some(Tables { rest })
        }
        Err(READY) => Some(Tables { rest }),
        Err(_) => None,
    }
}

/// The tables of a process.
#[derive(Clone, Copy)]
pub(crate) struct Tables {
    rest: &'static Rest,
}

fn mix(number: u64) -> u64 {
    let mixed = (number ^ number >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ mixed >> 32
}

/// The rows where a block may stand: those around one place, or when they are full, those around a second one. So
/// nothing need ever be moved.
fn rows_of(address: u64) -> impl Iterator<Item = usize> {
    let first = mix(address) as usize;
    let second = first >> 20 ^ first.rotate_left(7);
    let around = |place: usize| (0..WINDOW).map(move |step| ((place & !(WINDOW - 1)) + step) % BLOCKS);
    around(first).chain(around(second))
}

impl Tables {
    /// The record for which `is_it` holds, by the hash of its key; `make` writes one where there is none.
    pub(crate) fn record(
        self,
        hash: u64,
        is_it: impl Fn(usize) -> bool,
        make: impl FnOnce() -> Option<usize>,
    ) -> Option<usize> {
        const PLACE: u64 = 0xffff_ffff;
        let tag = hash & !PLACE;
        let mut made = None;
        let mut make = Some(make);
        for step in 0..WINDOW {
            let row = &self.rest.records[(hash as usize + step) % RECORDS];
            let mut known = row.load(Ordering::Acquire);
            if known == 0 {
                let place = match (made, make.take()) {
                    (Some(made), _) => made,
                    (None, make) => make?()?,
                };
                made = Some(place);
                match row.compare_exchange(0, tag | place as u64, Ordering::AcqRel, Ordering::Acquire) {
                    Ok(_) => return Some(place),
                    // Another thread was faster, perhaps with the same key. The record that was made then stays empty.
                    Err(other) => known = other,
                }
            }
            if known & !PLACE == tag && is_it((known & PLACE) as usize) {
                return Some((known & PLACE) as usize);
            }
        }
        // The record is as good when it cannot be found again: sums are added up by those who read.
        made.or_else(|| make.take()?())
    }

    /// Remembers a block in use; says whether there was room.
    pub(crate) fn insert(self, address: u64, block: Block) -> bool {
        const TAKEN: u64 = 1;
        // One that was freed behind our back.
        if let Some(old) = self.remove(address) {
            crate::samples::freed(old);
        }
        for row in rows_of(address) {
            let place = &self.rest.addresses[row];
            if place.load(Ordering::Relaxed) == 0
                && place.compare_exchange(0, TAKEN, Ordering::Acquire, Ordering::Relaxed).is_ok()
            {
                let values = &self.rest.blocks[row];
                values.record.store(block.record as u64, Ordering::Relaxed);
                values.objects.store(block.objects, Ordering::Relaxed);
                values.bytes.store(block.bytes, Ordering::Relaxed);
                place.store(address, Ordering::Release);
                return true;
            }
        }
        false
    }

    /// Forgets a block, if it is a sample.
    pub(crate) fn remove(self, address: u64) -> Option<Block> {
        for row in rows_of(address) {
            let place = &self.rest.addresses[row];
            if place.load(Ordering::Acquire) == address {
                let values = &self.rest.blocks[row];
                let block = Block {
                    record: values.record.load(Ordering::Relaxed) as usize,
                    objects: values.objects.load(Ordering::Relaxed),
                    bytes: values.bytes.load(Ordering::Relaxed),
                };
                // A program that frees a block twice from two threads gets here twice; one of them wins.
                let won = place.compare_exchange(address, 0, Ordering::Release, Ordering::Relaxed);
                return won.ok().map(|_| block);
            }
        }
        None
    }

    /// The number of the object with this key, from 1 on; `add` writes it down when it is new. 0 when there are too many.
    pub(crate) fn object(self, key: [u64; 4], add: impl FnOnce(u64)) -> u64 {
        let count = (self.rest.object_count.load(Ordering::Acquire) as usize).min(OBJECTS);
        for (number, row) in self.rest.objects[..count].iter().enumerate().rev() {
            let known = || (0..4).all(|part| row.key[part].load(Ordering::Relaxed) == key[part]);
            if row.key[3].load(Ordering::Acquire) != 0 && known() {
                return number as u64 + 1;
            }
        }
        if count == OBJECTS {
            return 0;
        }
        let number = self.rest.object_count.fetch_add(1, Ordering::Relaxed) as usize;
        let Some(row) = self.rest.objects.get(number) else { return 0 };
        add(number as u64 + 1);
        for (place, part) in row.key.iter().zip(key).take(3) {
            place.store(part, Ordering::Relaxed);
        }
        row.key[3].store(key[3], Ordering::Release);
        number as u64 + 1
    }

    /// Whether no object was seen yet.
    pub(crate) fn has_no_objects(self) -> bool {
        self.rest.object_count.load(Ordering::Relaxed) == 0
    }

    /// Whether an object that was seen lies where this one is.
    pub(crate) fn overlaps(self, start: u64, end: u64) -> bool {
        let count = (self.rest.object_count.load(Ordering::Acquire) as usize).min(OBJECTS);
        self.rest.objects[..count].iter().any(|row| {
            let (from, to) = (row.key[0].load(Ordering::Relaxed), row.key[1].load(Ordering::Relaxed));
            row.key[3].load(Ordering::Acquire) != 0 && from < end && start < to
        })
    }
}

/// Counts a sample that could not be kept.
pub(crate) fn lost() {
    file::add(crate::layout::head::LOST, 1);
}
