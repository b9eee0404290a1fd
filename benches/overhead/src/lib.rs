//! What profilers cost on real programs.
//!
//! [`work`] has the programs, and `src/bin/` one small binary for each allocator that they run with. The binary
//! `overhead` runs them in turns and prints a table; see `docs/collect.md`.

pub mod statistics;
pub mod work;

use std::io::Write;
use std::time::Instant;

/// What a child tells: wall and CPU time of the work in nanoseconds, and its largest resident memory in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    /// Wall time.
    pub wall: f64,
    /// User and system time of all threads.
    pub cpu: f64,
    /// Resident memory.
    pub memory: f64,
}

impl Figures {
    /// Reads what [`measure`] printed.
    pub fn parse(text: &str) -> Option<Figures> {
        let mut numbers = text.split_whitespace().map(|word| word.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Figures { wall: next()?, cpu: next()?, memory: next()? })
    }
}

/// The body of every child: does the work named by the first argument, as often as the second one says, and
/// prints what it took. Making ready is not part of it.
pub fn measure() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("the name of the work");
    let size: usize = arguments.next().and_then(|text| text.parse().ok()).expect("the size of the work");
    let work = work::ALL.iter().find(|work| work.name == name).expect("known work");
    // Programs have more than one thread, or a server for their profiles. While there is only one, glibc's
    // allocator leaves its atomic operations out, and whatever starts a thread would seem to be slow.
    std::thread::spawn(|| {
        loop {
            std::thread::park();
        }
    });
    let mut run = (work.prepare)();
    // Once before the clock runs, so that pages and caches are warm.
    run(1);
    let (begin, cpu) = (Instant::now(), usage().0);
    run(size);
    let wall = begin.elapsed().as_nanos();
    let (after, memory) = usage();
    writeln!(std::io::stdout(), "{wall} {} {memory}", after - cpu).expect("standard output is open");
}

/// CPU time in nanoseconds and the largest resident memory in bytes, as `getrusage` counts them.
fn usage() -> (u128, u128) {
    // SAFETY: the call fills in the structure.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let nanos = |time: libc::timeval| time.tv_sec as u128 * 1_000_000_000 + time.tv_usec as u128 * 1000;
    (nanos(usage.ru_utime) + nanos(usage.ru_stime), usage.ru_maxrss as u128 * 1024)
}
