//! `hotlist record -heap` counts what programs allocate, and leaves them as they are.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use hotlist_formats::Limits;
use hotlist_profile::{LabelValue, Profile, SampleId};
use hotlist_testkit::{Outcome, Program, installed, skip};

/// Sites that allocate known numbers of blocks of known sizes; every second one frees half of them.
const SITES: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <signal.h>
#include <unistd.h>
#include <malloc.h>
static void *kept[400000];
static int count;
static void give(void *block, int frees) { if (frees) free(block); else kept[count++] = block; }
#define SITE(number, blocks, call) \
    __attribute__((noinline)) void site_##number(void) { \
        for (int i = 0; i < blocks; i++) { void *block = call; memset(block, 1, 1); give(block, number % 2 && i % 2); } \
        __asm__ volatile(""); \
    }
static void *other(size_t alignment, size_t size) { void *block = NULL; return posix_memalign(&block, alignment, size) ? NULL : block; }
SITE(0, 100000, malloc(16))
SITE(1, 100000, malloc(48))
SITE(2, 20000, malloc(1000))
SITE(3, 4000, calloc(5, 1000))
SITE(4, 300, malloc(70000))
SITE(5, 40, calloc(1, 1000000))
SITE(6, 2000, realloc(malloc(8), 9000))
SITE(7, 2000, memalign(64, 3000))
SITE(8, 500, other(256, 20000))
SITE(9, 1000, aligned_alloc(4096, 8192))
int main(int words, char **word) {
    site_0(); site_1(); site_2(); site_3(); site_4(); site_5(); site_6(); site_7(); site_8(); site_9();
    if (words > 1) { kill(getpid(), atoi(word[1])); pause(); }
    return 5;
}
"#;

/// Blocks, bytes of each, and blocks in use at the end.
const KNOWN: [(f64, f64, f64); 10] = [
    (100_000.0, 16.0, 100_000.0),
    (100_000.0, 48.0, 50_000.0),
    (20_000.0, 1000.0, 20_000.0),
    (4000.0, 5000.0, 2000.0),
    (300.0, 70_000.0, 300.0),
    (40.0, 1_000_000.0, 20.0),
    (2000.0, 9000.0, 2000.0),
    (2000.0, 3000.0, 1000.0),
    (500.0, 20_000.0, 500.0),
    (1000.0, 8192.0, 500.0),
];

fn hotlist() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), std::env::temp_dir())
}

/// A program of C, built with `flags`; `None` where there is no compiler.
fn build(hotlist: &Program, name: &str, source: &str, flags: &[&str]) -> Option<String> {
    if !installed(&["gcc"]) {
        return None;
    }
    let source = hotlist.write(&format!("{name}.c"), source);
    let program = hotlist.folder().join(name);
    let mut gcc = Command::new("gcc");
    gcc.args(["-O1", "-g", "-w", "-fno-builtin", "-fno-optimize-sibling-calls", "-o"]).arg(&program);
    gcc.arg(source).args(flags).args(["-lpthread", "-ldl"]);
    assert!(gcc.status().expect("gcc can be started").success());
    Some(program.display().to_string())
}

/// Records; the answer of the program and the profile.
fn record(hotlist: &Program, words: &[&str]) -> (Outcome, Profile) {
    let all = [&["record", "-heap", "-o", "{home}/heap.pb.gz"][..], words].concat();
    let outcome = hotlist.run(&all);
    let path = hotlist.folder().join("heap.pb.gz");
    assert!(path.exists(), "{}", outcome.stderr);
    let profile = read(&path);
    std::fs::remove_file(path).expect("it is there");
    (outcome, profile)
}

fn read(path: &Path) -> Profile {
    let bytes = std::fs::read(path).expect("the profile was written");
    hotlist_formats::read(&bytes[..], Limits::default()).expect("it can be read")
}

/// The functions of a sample, the leaf first.
fn names(profile: &Profile, id: SampleId) -> Vec<String> {
    let stack = profile.stacks.get(profile.samples.stack(id)).iter();
    let lines = stack.flat_map(|&location| profile.locations.lines(location).iter());
    lines.map(|line| profile.lossy(profile.function(line.function).name).into_owned()).collect()
}

/// Sums of all four values by the first function whose name begins so.
fn by_function(profile: &Profile, start: &str) -> BTreeMap<String, [i64; 4]> {
    let mut sums: BTreeMap<String, [i64; 4]> = BTreeMap::new();
    for id in profile.samples.ids() {
        let Some(name) = names(profile, id).into_iter().find(|name| name.starts_with(start)) else {
            continue;
        };
        let sum = sums.entry(name).or_default();
        for (sum, value) in sum.iter_mut().zip(profile.samples.values(id)) {
            *sum += value;
        }
    }
    sums
}

/// The values of a label, with the sums of the allocated bytes.
fn by_label(profile: &Profile, key: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for id in profile.samples.ids() {
        for label in profile.labels.get(profile.samples.labels(id)) {
            if &*profile.lossy(label.key) == key {
                let text = match label.value {
                    LabelValue::Text(text) => profile.lossy(text).into_owned(),
                    LabelValue::Number { value, .. } => value.to_string(),
                };
                *sums.entry(text).or_default() += profile.samples.values(id)[1];
            }
        }
    }
    sums
}

/// Checks the sites of [`SITES`] at a rate: each figure is within six standard deviations, as the closed form has them
/// (objects `n (1 - p) / p`, bytes times the square of the size), or exact where all are sampled.
fn check_sites(profile: &Profile, rate: f64, context: &str) {
    let sums = by_function(profile, "site_");
    for (number, (blocks, size, in_use)) in KNOWN.into_iter().enumerate() {
        let values = sums.get(&format!("site_{number}")).copied().unwrap_or_default();
        // The blocks that site 6 lets grow are objects of their own.
        let extra: (f64, f64) = if number == 6 { (2000.0, 8.0) } else { (0.0, 0.0) };
        let chance = |size: f64| if rate <= 1.0 { 1.0 } else { -(-size / rate).exp_m1() };
        let variance = |blocks: f64, size: f64| blocks * (1.0 - chance(size)) / chance(size);
        let objects = (variance(blocks, size) + variance(extra.0, extra.1.max(1.0))).sqrt();
        let bytes =
            variance(blocks, size) * size * size + variance(extra.0, extra.1.max(1.0)) * extra.1 * extra.1;
        let used = variance(in_use, size).sqrt();
        let expected = [
            (blocks + extra.0, objects),
            (blocks * size + extra.0 * extra.1, bytes.sqrt()),
            (in_use, used),
            (in_use * size, used * size),
        ];
        for (place, (value, deviation)) in expected.into_iter().enumerate() {
            let off = (values[place] as f64 - value).abs();
            // Rounding of each row to whole objects.
            let allowed = if rate <= 1.0 { 0.0 } else { 6.0 * deviation + value * 0.001 + 2.0 };
            assert!(
                off <= allowed,
                "{context}: site {number}, value {place}: {values:?}, not {value} ± {deviation}"
            );
        }
    }
}

#[test]
fn sites_have_what_they_allocate() {
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "sites", SITES, &[]) else { return };
    for (name, rate) in [("1", 1.0), ("64k", 65_536.0), ("512k", 524_288.0)] {
        let (outcome, profile) = record(&hotlist, &["-rate", name, &program]);
        assert_eq!(outcome.code, Some(5), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(" of 1 process in ") && outcome.stderr.contains(" 0 lost"));
        check_sites(&profile, rate, name);
    }
    let outcome = hotlist.run(&["record", "-heap", "-o", "{home}/h.pb.gz", "-top", &program]);
    assert_eq!(outcome.code, Some(5));
    assert!(
        outcome.text().contains("site_5") && outcome.text().contains("alloc_space"),
        "{}",
        outcome.text()
    );
}

#[test]
fn what_was_sampled_outlives_every_end() {
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "killed", SITES, &[]) else { return };
    for signal in [libc_signal::KILL, libc_signal::TERM, libc_signal::SEGV] {
        let (outcome, profile) = record(&hotlist, &["-rate", "1", &program, &signal.to_string()]);
        assert_eq!(outcome.code, Some(128 + signal), "{}", outcome.stderr);
        check_sites(&profile, 1.0, &format!("signal {signal}"));
    }
}

/// Numbers of signals that are the same on all architectures.
mod libc_signal {
    pub(super) const KILL: i32 = 9;
    pub(super) const SEGV: i32 = 11;
    pub(super) const TERM: i32 = 15;
}

#[test]
fn children_are_followed_through_fork_and_exec() {
    const SOURCE: &str = r#"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
static void *volatile sink;
__attribute__((noinline)) static void *parent(void) { return malloc(1000000); }
__attribute__((noinline)) static void *child(void) { return malloc(2000000); }
__attribute__((noinline)) static void *replaced(void) { return malloc(3000000); }
int main(int count, char **words) {
    if (count > 1) { sink = replaced(); return 0; }
    void *before = parent();
    sink = before;
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            free(before);
            sink = child();
            if (i == 2) execl(words[0], words[0], "again", NULL);
            _exit(0);
        }
    }
    if (vfork() == 0) { execl(words[0], words[0], "again", NULL); _exit(1); }
    for (int i = 0; i < 4; i++) wait(NULL);
    return 0;
}
"#;
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "family", SOURCE, &[]) else { return };
    let (outcome, profile) = record(&hotlist, &["-rate", "1", &program]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let of = |name: &str| by_function(&profile, name).get(name).copied().unwrap_or_default();
    // What a child frees of its parent's blocks is still in use there.
    assert_eq!(of("parent"), [1, 1_000_000, 1, 1_000_000]);
    assert_eq!(of("child"), [3, 6_000_000, 3, 6_000_000]);
    assert_eq!(of("replaced"), [2, 6_000_000, 2, 6_000_000]);
    // Three forks and a vfork; the third fork runs another program under the same number.
    assert_eq!(by_label(&profile, "pid").len(), 5, "{:?}", by_label(&profile, "pid"));
    assert_eq!(by_label(&profile, "comm").into_keys().collect::<Vec<_>>(), ["family"]);
    assert!(outcome.stderr.contains(" of 6 processes"), "{}", outcome.stderr);
}

/// Threads with small stacks, forks of a program with threads, a signal handler that allocates, blocks that other
/// threads free, frees at the very end: the program checks its own memory.
const STORM: &str = r#"
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <unistd.h>
#include <malloc.h>
#include <sys/time.h>
#include <sys/wait.h>
static void *shared[64];
static void *early;
__attribute__((constructor)) static void before_main(void) { early = malloc(5000); }
static void handler(int signal) { void *block = malloc(3000); memset(block, 1, 3000); free(block); }
static void work(unsigned seed, int rounds) {
    void *mine[100] = {0};
    size_t sizes[100] = {0};
    for (int i = 0; i < rounds; i++) {
        int k = rand_r(&seed) % 100;
        for (size_t j = 0; j < sizes[k]; j += 509) if (((unsigned char *)mine[k])[j] != (k ^ 0x5a)) abort();
        size_t size = rand_r(&seed) % 20000;
        void *block = mine[k];
        switch (rand_r(&seed) % 7) {
        case 0: free(block); block = malloc(size); break;
        case 1: free(block); block = calloc(size / 8 + 1, 8);
            for (size_t j = 0; j < size; j += 97) if (((char *)block)[j]) abort();
            break;
        case 2: free(block); block = memalign(64, size); if ((long)block % 64) abort(); break;
        case 3: free(block); if (posix_memalign(&block, 128, size)) abort(); if ((long)block % 128) abort(); break;
        case 4: free(block); block = aligned_alloc(8192, (size + 8191) & ~8191ul); if ((long)block % 8192) abort(); break;
        case 5: block = realloc(block, size + 1);
            for (size_t j = 0; j < sizes[k] && j <= size; j += 509) if (((unsigned char *)block)[j] != (k ^ 0x5a)) abort();
            break;
        case 6: free(block); block = reallocarray(NULL, size + 1, 1); break;
        }
        if (malloc_usable_size(block) < size) abort();
        memset(block, k ^ 0x5a, size);
        mine[k] = block; sizes[k] = size;
        free(__atomic_exchange_n(&shared[i % 64], malloc(size % 300), __ATOMIC_ACQ_REL));
    }
    for (int k = 0; k < 100; k++) free(mine[k]);
}
static void *worker(void *seed) { work((unsigned)(long)seed, 3000); return NULL; }
static void *forker(void *unused) {
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) { work(i, 300); _exit(0); }
        int status;
        waitpid(child, &status, 0);
        if (status) abort();
    }
    return NULL;
}
static void last(void) { for (int i = 0; i < 64; i++) free(shared[i]); free(early); if (malloc(~0ul / 2)) abort(); if (reallocarray(NULL, ~0ul, 3)) abort(); }
int main(void) {
    pthread_t threads[9];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 32768);
    atexit(last);
    signal(SIGALRM, handler);
    signal(SIGSEGV, SIG_DFL);
    for (long i = 0; i < 8; i++) pthread_create(&threads[i], i % 2 ? &small : NULL, worker, (void *)i);
    pthread_create(&threads[8], NULL, forker, NULL);
    for (int i = 0; i < 20; i++) { raise(SIGALRM); usleep(200); }
    for (int i = 0; i < 9; i++) pthread_join(threads[i], NULL);
    puts("whole");
    return 0;
}
"#;

#[test]
fn a_storm_of_threads_forks_and_signals_goes_through() {
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "storm", STORM, &[]) else { return };
    for rate in ["1", "3k", "512k"] {
        let (outcome, profile) = record(&hotlist, &["-rate", rate, &program]);
        assert_eq!(outcome.code, Some(0), "{rate}: {}", outcome.stderr);
        assert_eq!(outcome.text(), "whole\n");
        if rate == "1" {
            assert!(outcome.stderr.contains(" 0 lost"), "{}", outcome.stderr);
            let worked = by_function(&profile, "work");
            assert!(worked["work"][0] >= 8 * 6000, "{worked:?}");
            // The parent has freed all but what lay in `shared` when children were made, which is theirs.
            assert_eq!(by_function(&profile, "before_main")["before_main"], [1, 5000, 0, 0]);
        }
    }
}

#[test]
fn limits_of_a_process_do_not_end_it() {
    const SOURCE: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/resource.h>
static void *volatile sink;
__attribute__((noinline)) static void deeper(int n, int size) { if (n) deeper(n - 1, size); else sink = malloc(size); __asm__ volatile(""); }
int main(int count, char **words) {
    if (count == 2) {
        struct rlimit limit = {atoi(words[1]), atoi(words[1])};
        setrlimit(limit.rlim_cur < 1000000 ? RLIMIT_FSIZE : RLIMIT_AS, &limit);
        execl(words[0], words[0], "limited", "again", NULL);
    }
    for (int i = 3; i < 1000; i++) close(i);
    for (int i = 0; i < 10000; i++) deeper(i % 100, i % 20000 + 1);
    puts("to the end");
    return 0;
}
"#;
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "limited", SOURCE, &[]) else { return };
    for (limit, is_lost) in [("0", false), ("8192", true), ("200000", true), ("60000000", false)] {
        let (outcome, _) = record(&hotlist, &["-rate", "1", &program, limit]);
        assert_eq!((outcome.code, outcome.text()), (Some(0), "to the end\n"), "{limit}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.contains(" were lost"), is_lost, "{limit}: {}", outcome.stderr);
    }
}

#[test]
fn an_unloaded_library_keeps_its_names() {
    let library = |name: &str| {
        format!(
            "#include <stdlib.h>\n__attribute__((noinline)) void *{name}(void) {{ void *p = malloc(4096); \
             __asm__ volatile(\"\"); return p; }}\nvoid *enter(void) {{ void *p = {name}(); __asm__ volatile(\"\"); return p; }}"
        )
    };
    const SOURCE: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
static void *volatile sink;
int main(int count, char **words) {
    void *places[2];
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 2; i++) {
            void *library = dlopen(words[1 + i], RTLD_NOW);
            void *(*enter)(void) = (void *(*)(void))dlsym(library, "enter");
            sink = enter();
            places[i] = (void *)enter;
            dlclose(library);
        }
    puts(places[0] == places[1] ? "same place" : "other places");
    return 0;
}
"#;
    let hotlist = hotlist();
    let shared = ["-shared", "-fPIC"];
    let Some(one) = build(&hotlist, "one.so", &library("first_library"), &shared) else { return };
    let two = build(&hotlist, "two.so", &library("second_library"), &shared).expect("gcc is there");
    let program = build(&hotlist, "loads", SOURCE, &[]).expect("gcc is there");
    let (outcome, profile) = record(&hotlist, &["-rate", "1", &program, &one, &two]);
    assert_eq!((outcome.code, outcome.text().trim()), (Some(0), "same place"), "{}", outcome.stderr);
    for name in ["first_library", "second_library"] {
        let sums = by_function(&profile, name);
        assert_eq!(sums.get(name), Some(&[3, 3 * 4096, 3, 3 * 4096]), "{sums:?}");
    }
}

#[test]
fn a_program_of_rust_is_recorded() {
    const SOURCE: &str = r#"
use std::hint::black_box;
#[inline(never)]
fn keeps() -> Vec<Box<[u8; 1000]>> { (0..5000).map(|_| Box::new([1; 1000])).collect() }
#[inline(never)]
fn drops() -> usize { (0..5000).map(|i| black_box(vec![i as u8; 3000]).len()).sum() }
fn main() {
    let kept = keeps();
    let sum = std::thread::spawn(drops).join().unwrap();
    println!("{} {sum}", kept.len());
    std::process::exit(0);
}
"#;
    if !installed(&["rustc"]) {
        return;
    }
    let hotlist = hotlist();
    let source = hotlist.write("heap.rs", SOURCE);
    let program = hotlist.folder().join("rust-heap");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2021", "-O", "-g", "-o"]).arg(&program).arg(source);
    assert!(rustc.status().expect("rustc can be started").success());
    let (outcome, profile) = record(&hotlist, &["-rate", "1", &program.display().to_string()]);
    assert_eq!((outcome.code, outcome.text().trim()), (Some(0), "5000 15000000"), "{}", outcome.stderr);
    let sums = by_function(&profile, "heap::");
    let of = |name: &str| {
        let found = sums.iter().filter(|(full, _)| full.contains(name));
        found.fold([0; 4], |sum, (_, values)| std::array::from_fn(|place| sum[place] + values[place]))
    };
    assert_eq!(of("keeps")[1..], [5_000_000 + 40_000, 5001, 5_040_000], "{sums:?}");
    assert_eq!(of("drops"), [5000, 15_000_000, 0, 0], "{sums:?}");
}

#[test]
fn refusals_are_one_line_and_start_nothing() {
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "static", "int main(void) { return 0; }", &["-static"]) else {
        return;
    };
    let refused = |words: &[&str], code: i32, reason: &str| {
        let all = [&["record", "-heap", "-o", "{home}/none.pb.gz"][..], words].concat();
        let outcome = hotlist.run(&all);
        assert_eq!(outcome.code, Some(code), "{words:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(reason), "{words:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{words:?}: {}", outcome.stderr);
        assert!(!hotlist.folder().join("none.pb.gz").exists());
    };
    refused(&[&program], 1, "is statically linked");
    refused(&["{home}/there-is-none"], 127, "No such file");
    for words in
        [&["-p", "1"][..], &["-a"], &["-F", "99", "true"], &["-wall", "true"], &[], &["-rate", "0", "true"]]
    {
        let all = [&["record", "-heap", "-o", "{home}/none.pb.gz"][..], words].concat();
        assert_eq!(hotlist.run(&all).code, Some(2), "{words:?}");
    }
    // Of another user, so that the loader takes no advice. Only root can make one.
    let other = build(&hotlist, "setuid", "int main(void) { return 0; }", &[]).expect("gcc is there");
    let changed =
        Command::new("sh").arg("-c").arg(format!("chown 65534 {other} && chmod u+s {other}")).output();
    if changed.is_ok_and(|output| output.status.success()) {
        refused(&[&other], 1, "gets other rights when it starts");
    } else {
        skip("a setuid program of another user needs root");
    }
}

#[test]
fn a_program_with_its_own_allocator_is_named() {
    const SOURCE: &str = r#"
#include <string.h>
static char pool[1 << 24];
static unsigned long at;
void *malloc(unsigned long size) { void *block = pool + at; at += (size + 31) & ~15ul; return block; }
void free(void *block) { (void)block; }
void *calloc(unsigned long count, unsigned long size) { return malloc(count * size); }
void *realloc(void *block, unsigned long size) { void *new = malloc(size); if (block) memcpy(new, block, size); return new; }
static void *volatile sink;
void *reallocarray(void *, unsigned long, unsigned long);
int main(void) { sink = malloc(100000); sink = reallocarray(sink, 5, 30000); return sink < (void *)pool || sink > (void *)(pool + sizeof pool); }
"#;
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "own", SOURCE, &[]) else { return };
    let (outcome, _) = record(&hotlist, &["-rate", "1", &program]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("own has an allocator of its own"), "{}", outcome.stderr);
}

#[test]
fn an_allocator_under_another_name_is_named() {
    const SOURCE: &str = "#include <stdlib.h>\nvoid *_rjem_malloc(unsigned long size) { return malloc(size); }\n\
                          int main(void) { return _rjem_malloc(1) == 0; }";
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "carries", SOURCE, &[]) else { return };
    let (outcome, _) = record(&hotlist, &["-rate", "1", &program]);
    assert!(outcome.stderr.contains("carries jemalloc, an allocator"), "{}", outcome.stderr);
}

#[test]
fn a_time_ends_the_recording_and_not_the_program() {
    let source = r#"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static void *volatile sink;
__attribute__((noinline)) static void *first(void) { return malloc(1000000); }
int main(void) { sink = first(); usleep(1500000); sink = malloc(5000000); puts("still here"); return 4; }
"#;
    let hotlist = hotlist();
    let Some(program) = build(&hotlist, "goes-on", source, &[]) else { return };
    let (outcome, profile) = record(&hotlist, &["-rate", "1", "-d", "0.5", &program]);
    assert_eq!((outcome.code, outcome.text()), (Some(4), "still here\n"), "{}", outcome.stderr);
    assert_eq!(by_function(&profile, "first")["first"], [1, 1_000_000, 1, 1_000_000]);
    let shown = profile.lossy(profile.default_sample_type).into_owned();
    assert_eq!(shown, "inuse_space", "what a program that runs has in use is what people look for");
}

#[test]
fn other_c_libraries_are_served_by_the_same_object() {
    if !installed(&["musl-gcc"]) {
        return;
    }
    let hotlist = hotlist();
    let source = hotlist.write("musl.c", SITES);
    let program = hotlist.folder().join("musl");
    let mut gcc = Command::new("musl-gcc");
    gcc.args(["-O1", "-g", "-w", "-fno-builtin", "-fno-optimize-sibling-calls", "-o"])
        .arg(&program)
        .arg(source);
    assert!(gcc.status().expect("it can be started").success());
    let (outcome, profile) = record(&hotlist, &["-rate", "1", &program.display().to_string()]);
    assert_eq!(outcome.code, Some(5), "{}", outcome.stderr);
    check_sites(&profile, 1.0, "musl");
}
