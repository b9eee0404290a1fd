//! Writing: a profile as a gzip file, compressed on all processors.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use hotlist_profile::{Profile, encode};

use crate::deflate::{Ending, deflate};

/// How much data is compressed at a time. The chunks do not depend on the number of threads, so
/// neither does the file.
const CHUNK: usize = 1 << 20;
/// How hard zlib tries on a profile of less than a chunk, which takes a few milliseconds either way; it is
/// pprof's level too.
const SMALL_LEVEL: u32 = 6;

/// Writes `profile` as a gzip file of one member, as pprof does.
///
/// A large profile is cut into chunks that are compressed side by side. Each ends on a byte boundary
/// with an empty stored block, so that one follows the other in a single deflate stream.
///
/// # Errors
/// Those of `output`.
pub fn write(profile: &Profile, output: impl Write) -> io::Result<()> {
    write_with_threads(profile, output, thread::available_parallelism().map_or(1, NonZero::get))
}

fn write_with_threads(profile: &Profile, mut output: impl Write, threads: usize) -> io::Result<()> {
    // RFC 1952 section 2.3: deflate, no flags, no time, nothing on the level, unknown system.
    output.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])?;
    let (jobs, queue) = channel::<Job>();
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        let start_worker = || {
            scope.spawn(|| run_jobs(&queue));
        };
        let mut stream = Stream { output, crc: Crc::new(), under_way: VecDeque::new(), jobs, started: 0 };
        let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 2);
        encode(profile, |piece| {
            chunk.extend_from_slice(piece);
            if chunk.len() < CHUNK {
                return Ok(());
            }
            if stream.started < threads {
                stream.started += 1;
                start_worker();
            }
            while stream.under_way.len() > threads {
                stream.write_oldest()?;
            }
            let full = std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK + CHUNK / 2));
            stream.submit(full)
        })?;
        let last = if stream.started == 0 { compress_well(&chunk)? } else { compress(&chunk, Ending::Final) };
        while !stream.under_way.is_empty() {
            stream.write_oldest()?;
        }
        stream.append(&last)?;
        let mut output = stream.output;
        output.write_all(&stream.crc.sum().to_le_bytes())?;
        output.write_all(&stream.crc.amount().to_le_bytes())?;
        output.flush()
    })
}

/// A chunk to compress and where to send the result.
struct Job {
    chunk: Vec<u8>,
    reply: Sender<Part>,
}

/// A compressed chunk.
struct Part {
    deflated: Vec<u8>,
    /// Checksum of the data before compression.
    crc: Crc,
}

struct Stream<W> {
    output: W,
    crc: Crc,
    /// The chunks that were handed out, oldest first.
    under_way: VecDeque<Receiver<Part>>,
    jobs: Sender<Job>,
    /// How many threads compress.
    started: usize,
}

impl<W: Write> Stream<W> {
    fn submit(&mut self, chunk: Vec<u8>) -> io::Result<()> {
        let (reply, result) = channel();
        self.under_way.push_back(result);
        self.jobs.send(Job { chunk, reply }).map_err(|_| stopped())
    }

    fn write_oldest(&mut self) -> io::Result<()> {
        match self.under_way.pop_front() {
            Some(result) => {
                let part = result.recv().map_err(|_| stopped())?;
                self.append(&part)
            }
            None => Ok(()),
        }
    }

    fn append(&mut self, part: &Part) -> io::Result<()> {
        self.crc.combine(&part.crc);
        self.output.write_all(&part.deflated)
    }
}

fn stopped() -> io::Error {
    io::Error::other("a compression thread has stopped")
}

fn run_jobs(queue: &Mutex<Receiver<Job>>) {
    loop {
        // Held only while waiting; a poisoned lock means that another worker has panicked.
        let Ok(job) = queue.lock().map(|jobs| jobs.recv()) else { return };
        let Ok(job) = job else { return };
        // The writer no longer waits for the result when its output has failed.
        let _ = job.reply.send(compress(&job.chunk, Ending::Open));
    }
}

/// Compresses `data` fast.
fn compress(data: &[u8], ending: Ending) -> Part {
    let mut crc = Crc::new();
    crc.update(data);
    Part { deflated: deflate(data, ending), crc }
}

/// Compresses `data` as a whole stream, as small as pprof does.
fn compress_well(data: &[u8]) -> io::Result<Part> {
    let mut crc = Crc::new();
    crc.update(data);
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(data.len() / 2), Compression::new(SMALL_LEVEL));
    encoder.write_all(data)?;
    Ok(Part { deflated: encoder.finish()?, crc })
}

#[test]
fn the_number_of_threads_does_not_change_the_file() {
    let mut builder = hotlist_profile::Builder::new(&[("samples", "count")]);
    for n in 0..400_000u64 {
        builder.sample(&[], &[], &[(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 8) as i64]).unwrap();
    }
    let profile = builder.finish();
    let written = |threads| {
        let mut file = Vec::new();
        write_with_threads(&profile, &mut file, threads).unwrap();
        file
    };
    let one = written(1);
    assert!(one.len() > 3 * CHUNK);
    assert!([2, 5].into_iter().all(|threads| written(threads) == one));
}
