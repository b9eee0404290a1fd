//! Writing: a profile as a gzip file, compressed on all processors.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use hotlist_profile::{Profile, encode};

/// How much data is compressed at a time. The chunks do not depend on the number of threads, so
/// neither does the file.
const CHUNK: usize = 1 << 20;
/// How hard zlib tries on the chunks of a large profile. Files are at most a twentieth larger than with pprof's level;
/// one level less takes half the time, but makes them up to 1.23 times as large.
const LEVEL: u32 = 2;
/// The same for a profile of less than a chunk, which takes a few milliseconds either way; it is pprof's level too.
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
        let level = if stream.started == 0 { SMALL_LEVEL } else { LEVEL };
        let last = Deflater::new(level).compress(&chunk, FlushCompress::Finish)?;
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
    reply: Sender<io::Result<Part>>,
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
    under_way: VecDeque<Receiver<io::Result<Part>>>,
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
                let part = result.recv().map_err(|_| stopped())??;
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
    let mut deflater = Deflater::new(LEVEL);
    loop {
        // Held only while waiting; a poisoned lock means that another worker has panicked.
        let Ok(job) = queue.lock().map(|jobs| jobs.recv()) else { return };
        let Ok(job) = job else { return };
        // The writer no longer waits for the result when its output has failed.
        let _ = job.reply.send(deflater.compress(&job.chunk, FlushCompress::Sync));
    }
}

/// Compresses chunks, each as the beginning of a stream of its own.
struct Deflater {
    stream: Compress,
}

impl Deflater {
    fn new(level: u32) -> Self {
        Deflater { stream: Compress::new(Compression::new(level), false) }
    }

    /// Compresses `data` up to a byte boundary with [`Sync`](FlushCompress::Sync), or up to the end of the whole
    /// stream with [`Finish`](FlushCompress::Finish).
    fn compress(&mut self, data: &[u8], flush: FlushCompress) -> io::Result<Part> {
        let mut crc = Crc::new();
        crc.update(data);
        self.stream.reset();
        let mut deflated = Vec::with_capacity(data.len() / 2 + 1024);
        loop {
            let taken = usize::try_from(self.stream.total_in()).unwrap_or(usize::MAX);
            let status = self.stream.compress_vec(&data[taken..], &mut deflated, flush)?;
            let is_all_in = self.stream.total_in() == data.len() as u64;
            // With room left there is nothing more to come out.
            let is_all_out = match flush {
                FlushCompress::Finish => status == Status::StreamEnd,
                _ => deflated.len() < deflated.capacity(),
            };
            if is_all_in && is_all_out {
                return Ok(Part { deflated, crc });
            }
            deflated.reserve(data.len() / 4 + 1024);
        }
    }
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
