//! Addresses belong to the library that they were sampled in, also when it is unloaded and another one is loaded where
//! it was.
#![cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(unsafe_code)]

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hotlist_collect::{Heap, cpu, heap, set_heap_rate, sync, threads, with_labels};
use hotlist_profile::{LabelValue, Profile};

mod support;
use support::{IS_CHILD, alone, profile_of, unpack};

#[global_allocator]
static ALLOC: Heap = Heap::system();

/// Two libraries of one shape: `work` calls the function it is given, then adds up for a while.
const SOURCE: &str = "
static volatile unsigned long sum;
__attribute__((noinline)) void WORK(void (*call)(void), unsigned long rounds) {
  if (call) call();
  for (unsigned long i = 0; i < rounds; i++) sum = sum * 31 + i;
}
void enter(void (*call)(void), unsigned long rounds) { WORK(call, rounds); sum++; }
";

const FIRST: &str = "libfirst.so";
const SECOND: &str = "libother.so";

/// Builds both, and says where; `None` without a compiler.
fn libraries(name: &str) -> Option<PathBuf> {
    if !hotlist_testkit::installed(&["gcc"]) {
        return None;
    }
    let folder = std::env::temp_dir().join(format!("hotlist-collect-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("work.c"), SOURCE).unwrap();
    for (file, function) in [(FIRST, "first_work"), (SECOND, "other_work")] {
        let built = Command::new("gcc")
            .args(["-O1", "-g", "-fPIC", "-shared", "-Wl,--build-id=sha1", "-o", file, "work.c"])
            .arg(format!("-DWORK={function}"))
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    }
    Some(folder)
}

/// A loaded library.
struct Loaded {
    handle: *mut libc::c_void,
    enter: extern "C" fn(Option<extern "C" fn()>, u64),
}

impl Loaded {
    fn open(path: &Path) -> Loaded {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: the library has no code that runs when it is loaded, and the function has this type.
        unsafe {
            let handle = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
            assert!(!handle.is_null(), "{path:?} can be loaded");
            let enter = libc::dlsym(handle, c"enter".as_ptr());
            assert!(!enter.is_null());
            Loaded { handle, enter: std::mem::transmute::<*mut libc::c_void, extern "C" fn(_, _)>(enter) }
        }
    }

    fn address(&self) -> usize {
        self.enter as *const () as usize
    }

    fn close(self) {
        // SAFETY: nothing of the library is used after this.
        assert_eq!(unsafe { libc::dlclose(self.handle) }, 0);
    }
}

/// The sums of the samples whose stacks go through a file.
fn through_file(profile: &Profile, name: &str) -> Vec<i64> {
    through_file_with(profile, name, None)
}

/// The same, of the samples that have a label with this value.
fn through_file_with(profile: &Profile, name: &str, label: Option<&str>) -> Vec<i64> {
    let mut sums = vec![0; profile.sample_types.len()];
    for sample in profile.samples.ids() {
        if let Some(wanted) = label {
            let labels = profile.labels.get(profile.samples.labels(sample));
            let is_wanted = |value| matches!(value, LabelValue::Text(text) if profile.lossy(text) == wanted);
            if !labels.iter().any(|label| is_wanted(label.value)) {
                continue;
            }
        }
        let mut stack = profile.stacks.get(profile.samples.stack(sample)).iter();
        let is_in = |location: hotlist_profile::LocationId| {
            let location = profile.locations.get(location);
            let mapping = location.mapping.map(|mapping| &profile.mappings[mapping.index()]);
            mapping.is_some_and(|mapping| {
                let is_named = Path::new(&*profile.lossy(mapping.file)).ends_with(name);
                assert!(!is_named || (mapping.start..mapping.limit).contains(&location.address));
                assert!(!is_named || profile.lossy(mapping.build_id).len() == 40, "it has its build id");
                is_named
            })
        };
        if stack.any(|&location| is_in(location)) {
            for (sum, value) in sums.iter_mut().zip(profile.samples.values(sample)) {
                *sum += value;
            }
        }
    }
    sums
}

/// Runs `body` alone with the folder of the libraries.
fn with_libraries(name: &str, body: impl FnOnce(&Path)) {
    const FOLDER: &str = "HOTLIST_LIBRARIES";
    if std::env::var_os(IS_CHILD).is_some() {
        return body(Path::new(&std::env::var_os(FOLDER).unwrap()));
    }
    let Some(folder) = libraries(name) else { return };
    alone(name, &[(FOLDER, folder.to_str().unwrap())], || ());
    std::fs::remove_dir_all(folder).unwrap();
}

const ROUNDS: u64 = 300_000_000;

/// Loads the second library where the first one was.
fn second_in_place_of(first: usize, folder: &Path) -> Loaded {
    let second = Loaded::open(&folder.join(SECOND));
    assert_eq!(second.address(), first, "the loader puts a library where one of the same size was");
    second
}

#[test]
fn time_stays_in_the_library_that_spent_it() {
    with_libraries("time_stays_in_the_library_that_spent_it", |folder| {
        let profile = profile_of(200, || {
            let first = Loaded::open(&folder.join(FIRST));
            let address = first.address();
            (first.enter)(None, ROUNDS);
            first.close();
            // It does nothing.
            second_in_place_of(address, folder);
        });
        let total = profile.totals()[1] as i64;
        let (first, second) = (through_file(&profile, FIRST)[1], through_file(&profile, SECOND)[1]);
        assert!(first * 10 > total * 8 && second == 0, "{first} and {second} of {total}");
        // Both in turns, so shortly that a look at the list of libraries would meet either. The kernel takes samples
        // at its ticks, so the turns must not keep step with them; a label says which library it was.
        let profile = profile_of(1000, || {
            for round in 0..80 {
                let file = [FIRST, SECOND][round % 2];
                let library = Loaded::open(&folder.join(file));
                with_labels(&[("library", file)], || {
                    (library.enter)(None, ROUNDS / (60 + 17 * (round as u64 % 7)));
                });
                library.close();
            }
        });
        for (it, other) in [(FIRST, SECOND), (SECOND, FIRST)] {
            let right = through_file_with(&profile, it, Some(it))[1];
            let wrong = through_file_with(&profile, other, Some(it))[1];
            assert!(
                right > profile.totals()[1] as i64 / 10 && wrong == 0,
                "{right} in {it}, {wrong} in {other}"
            );
        }
    });
}

extern "C" fn keep() {
    std::mem::forget(std::hint::black_box(vec![1_u8; 1_000_000]));
}

#[test]
fn memory_stays_in_the_library_that_asked_for_it() {
    with_libraries("memory_stays_in_the_library_that_asked_for_it", |folder| {
        set_heap_rate(1);
        let first = Loaded::open(&folder.join(FIRST));
        let address = first.address();
        (first.enter)(Some(keep), 0);
        first.close();
        let second = second_in_place_of(address, folder);
        let check = |of_second: i64| {
            let mut bytes = Vec::new();
            heap().write_to(&mut bytes).unwrap();
            let profile = unpack(&bytes);
            assert_eq!(through_file(&profile, FIRST), [1, 1_000_000, 1, 1_000_000]);
            let of_second = [of_second, of_second * 1_000_000];
            assert_eq!(through_file(&profile, SECOND), [of_second, of_second].concat());
        };
        check(0);
        (second.enter)(Some(keep), 0);
        check(1);
        // And where both are gone.
        second.close();
        check(1);
    });
}

extern "C" fn wait_for_lock() {
    static LOCK: sync::Mutex<u64> = sync::Mutex::new(0);
    std::thread::scope(|scope| {
        let held = LOCK.lock().unwrap();
        let waiting = scope.spawn(|| *LOCK.lock().unwrap() += 1);
        std::thread::sleep(Duration::from_millis(20));
        drop(held);
        waiting.join().unwrap();
    });
}

/// The other profiles are written long after their samples as well.
#[test]
fn locks_and_stacks_of_threads_stay_in_their_library() {
    with_libraries("locks_and_stacks_of_threads_stay_in_their_library", |folder| {
        sync::set_mutex_fraction(1);
        let first = Loaded::open(&folder.join(FIRST));
        let address = first.address();
        (first.enter)(Some(wait_for_lock), 0);
        extern "C" fn dump() {
            let mut bytes = Vec::new();
            threads().write_to(&mut bytes).unwrap();
            assert_eq!(through_file(&unpack(&bytes), FIRST), [1], "it is loaded");
        }
        (first.enter)(Some(dump), 0);
        first.close();
        second_in_place_of(address, folder);
        let mut bytes = Vec::new();
        hotlist_collect::mutex().write_to(&mut bytes).unwrap();
        let profile = unpack(&bytes);
        assert_eq!((through_file(&profile, FIRST)[0], through_file(&profile, SECOND)[0]), (1, 0));
    });
}

/// Readers find the names in the right files: our own, and pprof's text form, in which mappings may not overlap.
#[test]
fn readers_find_the_names_of_unloaded_libraries() {
    let built = std::env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned();
    let hotlist = built.join("hotlist");
    if !hotlist.exists() {
        return hotlist_testkit::skip("hotlist is not built");
    }
    with_libraries("readers_find_the_names_of_unloaded_libraries", |folder| {
        set_heap_rate(1);
        let capture = cpu().hertz(200).start().unwrap();
        let first = Loaded::open(&folder.join(FIRST));
        let address = first.address();
        (first.enter)(Some(keep), ROUNDS);
        first.close();
        let _second = second_in_place_of(address, folder);
        let file = |name: &str| std::fs::File::create(folder.join(name)).unwrap();
        capture.finish(&mut file("cpu.pb.gz")).unwrap();
        heap().write_to(&mut file("heap.pb.gz")).unwrap();
        let server = hotlist_collect::serve("127.0.0.1:0").unwrap();
        let text = get(server.address(), "/debug/pprof/heap?debug=1");
        std::fs::write(folder.join("heap.txt"), text).unwrap();
        for profile in ["cpu.pb.gz", "heap.pb.gz", "heap.txt"] {
            let output =
                Command::new(&hotlist).args(["-traces", profile]).current_dir(folder).output().unwrap();
            let shown = String::from_utf8_lossy(&output.stdout);
            assert!(shown.contains("first_work") && !shown.contains("other_work"), "{profile}: {shown}");
        }
    });
}

fn get(server: std::net::SocketAddr, target: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(server).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
