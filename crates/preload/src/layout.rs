//! Words of 64 bits in the processor's byte order, at fixed places of a head of one page, then records one behind the
//! other. Writers only add, with atomic operations, so a file is as good as its last complete word whenever the process
//! ends. Readers must trust no number in it.

/// The variable of the environment that tells the object what to do: `rate:seed:folder`.
pub const VARIABLE: &str = "HOTLIST_RECORD_HEAP";

/// The first word.
pub const MAGIC: u64 = u64::from_le_bytes(*b"hotheap1");

/// Bytes in front of the records.
pub const HEAD: usize = 4096;

/// Bytes of the whole file at most. It is as long from the start, but only what was written takes room.
pub const SIZE: usize = 64 << 20;

/// The ending of the names of files.
pub const ENDING: &str = ".heap";

/// Places of words in the head, counted in words.
pub mod head {
    /// [`MAGIC`](super::MAGIC), written last.
    pub const MAGIC: usize = 0;
    /// The number of the process.
    pub const PROCESS: usize = 1;
    /// The mean number of allocated bytes between two samples.
    pub const RATE: usize = 2;
    /// When the file was made, in nanoseconds since 1970.
    pub const TIME: usize = 3;
    /// How many words of records were given away, whether they were written or not.
    pub const USED: usize = 4;
    /// Samples for which there was no room.
    pub const LOST: usize = 5;
    /// Samples.
    pub const SAMPLES: usize = 6;
    /// [`flag`](super::flag)s.
    pub const FLAGS: usize = 7;
    /// Bytes of the path of the program.
    pub const PATH_LENGTH: usize = 8;
    /// The path itself.
    pub const PATH: usize = 9;
}

/// Longer paths are cut.
pub const LONGEST_PATH: usize = 2048;

/// What is to be known about a process.
pub mod flag {
    /// The program has a `malloc` of its own, or one of a library without aligned blocks, so nothing was seen.
    pub const OWN_ALLOCATOR: u64 = 1;
    /// It is the child of a fork that has not run another program.
    pub const FORKED: u64 = 2;
}

/// What a record begins with; the lower sixteen bits are its length in words, this word included.
pub mod record {
    /// Sums for one stack and one group of sizes.
    pub const SUMS: u64 = 0x5a3c_96e1_77d0_0000;
    /// A mapped object.
    pub const OBJECT: u64 = 0x5a3c_96e1_8be5_0000;
}

/// Words of a record of sums behind the first. Frames follow, the leaf first.
pub mod sums {
    /// How many samples.
    pub const SAMPLES: usize = 1;
    /// The sum of the sizes that were asked for in them.
    pub const SAMPLED_BYTES: usize = 2;
    /// Allocated objects that they stand for, with [`FRACTION_BITS`](super::FRACTION_BITS).
    pub const OBJECTS: usize = 3;
    /// Allocated bytes that they stand for.
    pub const BYTES: usize = 4;
    /// Objects of these that were freed, with [`FRACTION_BITS`](super::FRACTION_BITS).
    pub const FREED_OBJECTS: usize = 5;
    /// Bytes of these that were freed.
    pub const FREED_BYTES: usize = 6;
    /// The group of sizes.
    pub const GROUP: usize = 7;
    /// The first frame.
    pub const FRAMES: usize = 8;
}

/// Words of a record of an object behind the first. The path follows, padded with zeros.
pub mod object {
    /// Its number in frames.
    pub const NUMBER: usize = 1;
    /// The first address.
    pub const START: usize = 2;
    /// One past the last.
    pub const END: usize = 3;
    /// Segments of code, up to [`SEGMENTS`](super::SEGMENTS): first address, one past the last, offset in the file.
    pub const CODE: usize = 4;
    /// Bytes of the build id.
    pub const BUILD_ID_LENGTH: usize = CODE + 3 * super::SEGMENTS;
    /// The build id, up to 32 bytes.
    pub const BUILD_ID: usize = BUILD_ID_LENGTH + 1;
    /// Bytes of the path.
    pub const PATH_LENGTH: usize = BUILD_ID + 4;
    /// The path; empty for the program itself.
    pub const PATH: usize = PATH_LENGTH + 1;
}

/// More segments of code of one object are left out.
pub const SEGMENTS: usize = 4;

/// Binary digits behind the point of numbers of objects.
pub const FRACTION_BITS: u32 = 16;

/// Bits of an address in a frame; above them is the number of its object, 0 where there is none.
pub const ADDRESS_BITS: u32 = 48;

/// Stands behind the last frame of a stack whose root is missing.
pub const TRUNCATED: u64 = u64::MAX;
