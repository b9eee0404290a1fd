//! Profiles that a program writes by itself, each in a process of its own that ends as programs do.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use hotlist_collect::{Heap, set_heap_rate};
use hotlist_profile::Profile;

mod support;
use support::unpack;

#[global_allocator]
static ALLOC: Heap = Heap::system();

const ROLE: &str = "HOTLIST_DUMPS_ROLE";

/// What a child is to do.
const ROLES: [(&str, fn()); 6] = [
    ("waits", wait),
    ("handles SIGTERM", || {
        extern "C" fn leave(_: i32) {
            // As a program does that closes its files first.
            std::process::exit(7);
        }
        // SAFETY: the handler ends the process while the main thread sleeps.
        unsafe { libc::signal(libc::SIGTERM, leave as *const () as usize) };
        wait();
    }),
    ("grows", || {
        set_heap_rate(10_000);
        let mut kept = Vec::new();
        loop {
            kept.push(std::hint::black_box(vec![1_u8; 100_000]));
            if kept.len() == 210 {
                wait_for_files(1);
            }
            // As at the end of memory: nothing is done any more.
            if kept.len() == 400 {
                wait_for_files(2);
                // SAFETY: ends the process at once.
                unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
            }
        }
    }),
    ("asks in its code", || {
        let path = format!("{}/code-%n.pb.gz", std::env::var("FOLDER").unwrap());
        hotlist_collect::dumps(&path).on_signal(libc::SIGUSR1).start().unwrap();
        let second = hotlist_collect::dumps(&path).start().unwrap_err();
        assert_eq!(second.to_string(), "cannot start dumps");
        wait();
    }),
    ("asks for a signal that is handled", || {
        extern "C" fn ignore(_: i32) {}
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(libc::SIGUSR1, ignore as *const () as usize) };
        for signal in [libc::SIGUSR1, libc::SIGURG, libc::SIGKILL] {
            assert!(hotlist_collect::dumps("never").on_signal(signal).start().is_err(), "{signal}");
        }
    }),
    ("forks", || {
        // SAFETY: the child of the fork only waits for a signal.
        let child = unsafe { libc::fork() };
        if child == 0 {
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        std::thread::sleep(Duration::from_millis(100));
        let mut status = 0;
        // SAFETY: a signal for the child that was just made, and waiting for it.
        unsafe {
            libc::kill(child, libc::SIGTERM);
            assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
        }
        assert_eq!(ExitStatus::from_raw(status).signal(), Some(libc::SIGTERM));
    }),
];

fn wait() {
    let kept = std::hint::black_box(vec![1_u8; 10_000_000]);
    // SAFETY: a file of this process.
    std::fs::write(format!("{}/ready", std::env::var("FOLDER").unwrap()), "").unwrap();
    std::thread::sleep(Duration::from_secs(60));
    drop(kept);
}

fn wait_for_files(count: usize) {
    let folder = std::env::var("FOLDER").unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while profiles(Path::new(&folder)).len() < count {
        assert!(Instant::now() < end, "there are {:?}", profiles(Path::new(&folder)));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Not a test: what the children of the others do.
#[test]
fn child() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let (_, body) = ROLES.into_iter().find(|(name, _)| *name == role).unwrap();
    body();
}

/// The complete files in a folder, by name.
fn profiles(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut all: Vec<PathBuf> =
        all.filter(|path| path.extension().is_some_and(|extension| extension == "gz")).collect();
    all.sort();
    all
}

struct Running {
    child: Child,
    folder: PathBuf,
}

impl Running {
    fn start(role: &str, variables: &[(&str, &str)]) -> Running {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("hotlist-dumps-{}-{number}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        // Whoever runs the tests in the background ignores some of them.
        let with_default_actions = || {
            for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
                // SAFETY: sets an action, and no handler.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            Ok(())
        };
        // SAFETY: the closure does what may be done between fork and exec.
        unsafe { command.pre_exec(with_default_actions) };
        let child = command
            .args(["child", "--exact", "--nocapture"])
            .env(ROLE, role)
            .env("FOLDER", &folder)
            .envs(
                variables
                    .iter()
                    .map(|(name, value)| (name, value.replace("FOLDER", folder.to_str().unwrap()))),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Running { child, folder }
    }

    fn wait_until(&self, is_so: impl Fn(&Path) -> bool) {
        let end = Instant::now() + Duration::from_secs(30);
        while !is_so(&self.folder) {
            assert!(Instant::now() < end, "{:?}", profiles(&self.folder));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn ready(&self) {
        self.wait_until(|folder| folder.join("ready").exists());
    }

    fn signal(&self, signal: i32) {
        // SAFETY: a signal for the child.
        assert_eq!(unsafe { libc::kill(self.child.id() as i32, signal) }, 0);
    }

    /// How it ended, and what it left.
    fn end(mut self) -> (ExitStatus, Vec<(String, Profile)>) {
        let status = self.child.wait().unwrap();
        let read = |path: &PathBuf| {
            let name =
                path.file_name().unwrap().to_str().unwrap().replace(&self.child.id().to_string(), "PID");
            (name, unpack(&std::fs::read(path).unwrap()))
        };
        let found = profiles(&self.folder).iter().map(read).collect();
        std::fs::remove_dir_all(&self.folder).unwrap();
        (status, found)
    }
}

fn names(files: &[(String, Profile)]) -> Vec<&str> {
    files.iter().map(|(name, _)| &**name).collect()
}

const FILES: [(&str, &str); 3] = [
    ("HOTLIST_HEAP_FILE", "FOLDER/heap-%p-%n.pb.gz"),
    ("HOTLIST_CPU_FILE", "FOLDER/cpu-%p.pb.gz"),
    ("HOTLIST_HEAP_RATE", "1000"),
];

#[test]
fn files_are_written_before_a_signal_ends_the_program() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        let running = Running::start("waits", &FILES);
        running.ready();
        running.signal(signal);
        let (status, files) = running.end();
        assert_eq!(status.signal(), Some(signal), "it ends as without the profiler");
        assert_eq!(names(&files), ["cpu-PID.pb.gz", "heap-PID-end.pb.gz"]);
        assert!(files[1].1.totals()[3] > 9_000_000, "{:?}", files[1].1.totals());
    }
}

#[test]
fn a_program_that_handles_the_signal_ends_as_it_wants() {
    let running = Running::start("handles SIGTERM", &FILES);
    running.ready();
    running.signal(libc::SIGTERM);
    let (status, files) = running.end();
    assert_eq!(status.code(), Some(7));
    assert_eq!(names(&files), ["cpu-PID.pb.gz", "heap-PID-end.pb.gz"], "by its exit");
}

#[test]
fn children_of_forks_end_at_once() {
    let (status, _) = Running::start("forks", &FILES).end();
    assert!(status.success());
}

#[test]
fn a_signal_asks_for_a_file() {
    let variables = [FILES[0], FILES[2], ("HOTLIST_DUMP_SIGNAL", "SIGUSR2")];
    let running = Running::start("waits", &variables);
    running.ready();
    for count in 1..=2 {
        running.signal(libc::SIGUSR2);
        running.wait_until(|folder| profiles(folder).len() == count);
    }
    running.signal(libc::SIGKILL);
    let (_, files) = running.end();
    assert_eq!(names(&files), ["heap-PID-1.pb.gz", "heap-PID-2.pb.gz"]);
    assert!(files.iter().all(|(_, profile)| profile.totals()[3] > 9_000_000));

    let running = Running::start("asks in its code", &[("HOTLIST_HEAP_RATE", "1000")]);
    running.ready();
    running.signal(libc::SIGUSR1);
    running.wait_until(|folder| profiles(folder).len() == 1);
    running.signal(libc::SIGKILL);
    assert_eq!(names(&running.end().1), ["code-1.pb.gz"]);

    assert!(Running::start("asks for a signal that is handled", &[]).end().0.success());
}

/// There are files when the kernel kills the program, and they say who had the memory.
#[test]
fn memory_in_use_asks_for_files_before_the_program_is_killed() {
    let variables = [FILES[0], ("HOTLIST_DUMP_IN_USE", "20MB")];
    let (status, files) = Running::start("grows", &variables).end();
    assert_eq!(status.signal(), Some(libc::SIGKILL));
    assert!(files.len() >= 2 && files.len() <= 6, "{:?}", names(&files));
    let in_use: Vec<i128> = files.iter().map(|(_, profile)| profile.totals()[3]).collect();
    assert!(in_use[0] >= 19_000_000 && in_use[1] as f64 > in_use[0] as f64 * 1.2, "{in_use:?}");
}
