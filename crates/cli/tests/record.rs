//! `hotlist record` takes true profiles, and leaves programs, exit codes and files as they should be.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hotlist_formats::Limits;
use hotlist_profile::{LabelValue, Profile};
use hotlist_testkit::{Outcome, Program, installed, skip};

/// Two threads that work for the same processor time, and say how much the process has used.
const BUSY: &str = r#"
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
static volatile unsigned long sink;
static double seconds;
static double cpu(void) { struct timespec t; clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
__attribute__((noinline)) static void spin(int n) { for (int i = 0; i < n * 1000; i++) sink += i * 7; }
__attribute__((noinline)) static int deeper(int n) { if (n == 0) { spin(20); return 1; } int r = deeper(n - 1); sink++; return r + 1; }
static void *work(void *unused) { while (cpu() < seconds) deeper(9); return unused; }
int main(int count, char **words) {
    pthread_t threads[2];
    seconds = atof(words[1]);
    if (count > 3) unlink(words[3]);
    for (int i = 0; i < 2; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
        pthread_setname_np(threads[i], i ? "left one" : "right one");
    }
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    struct rusage r;
    getrusage(RUSAGE_SELF, &r);
    printf("%ld\n", (long)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 + r.ru_utime.tv_usec + r.ru_stime.tv_usec);
    return count > 2 ? atoi(words[2]) : 0;
}
"#;

fn hotlist() -> Program {
    Program::new(env!("CARGO_BIN_EXE_hotlist"), std::env::temp_dir())
}

/// Whether programs can be recorded here; otherwise the test is skipped, with what the program says.
fn may_record(hotlist: &Program) -> bool {
    let outcome = hotlist.run(&["record", "-o", "{home}/try.pb.gz", "/bin/true"]);
    let is_refused = ["perf_event_paranoid", "seccomp", "perf events"]
        .iter()
        .any(|gate| outcome.stderr.contains(gate) && outcome.code == Some(1));
    if is_refused {
        skip(outcome.stderr.trim());
    }
    !is_refused
}

/// The program above, built with `flags`.
fn busy(hotlist: &Program, name: &str, flags: &[&str]) -> String {
    let source = hotlist.write(&format!("{name}.c"), BUSY);
    let program = hotlist.folder().join(name);
    let mut gcc = Command::new("gcc");
    gcc.args(["-O2", "-g", "-o"]).arg(&program).args(flags).arg(source).arg("-lpthread");
    assert!(gcc.status().expect("gcc can be started").success());
    program.display().to_string()
}

fn read(path: &Path) -> Profile {
    let bytes = std::fs::read(path).expect("the profile was written");
    hotlist_formats::read(&bytes[..], Limits::default()).expect("it can be read")
}

/// The sum of a sample type, by the text of a label.
fn by_label(profile: &Profile, column: usize, key: &str) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for id in profile.samples.ids() {
        let labels = profile.labels.get(profile.samples.labels(id));
        let text = labels.iter().find_map(|label| match label.value {
            LabelValue::Text(text) if &*profile.lossy(label.key) == key => {
                Some(profile.lossy(text).into_owned())
            }
            _ => None,
        });
        *sums.entry(text.unwrap_or_default()).or_default() += profile.samples.values(id)[column];
    }
    sums
}

/// The names of the functions of each stack, the leaf first, with the second value.
fn stacks(profile: &Profile) -> Vec<(Vec<String>, i64)> {
    let name = |function| profile.lossy(profile.function(function).name).into_owned();
    profile
        .samples
        .ids()
        .map(|id| {
            let stack = profile.stacks.get(profile.samples.stack(id)).iter();
            let lines = stack.flat_map(|&location| profile.locations.lines(location).iter());
            let names = lines.map(|line| name(line.function)).collect();
            (names, profile.samples.values(id)[1])
        })
        .collect()
}

#[test]
fn time_threads_and_stacks_are_those_of_the_program() {
    let hotlist = hotlist();
    if !installed(&["gcc"]) || !may_record(&hotlist) {
        return;
    }
    for (name, flags, how, frequency) in [
        ("tables", &["-fomit-frame-pointer"][..], "auto", "997"),
        ("pointers", &["-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables"], "auto", "997"),
        ("deep", &["-fomit-frame-pointer"], "dwarf", "197"),
        ("chain", &["-fno-omit-frame-pointer"], "fp", "997"),
    ] {
        let program = busy(&hotlist, name, flags);
        let words = ["record", "-F", frequency, "-g", how, "-o", "{home}/p.pb.gz", &program, "0.4"];
        let outcome = hotlist.run(&words);
        assert_eq!(outcome.code, Some(0), "{name}: {}", outcome.stderr);
        let used: i64 = outcome.text().trim().parse().expect("it tells what it used");
        let profile = read(&hotlist.folder().join("p.pb.gz"));
        let nanoseconds: i64 = by_label(&profile, 1, "thread").values().sum();
        // Where the kernel's part is left out, there is little of it.
        let share = nanoseconds as f64 / (used as f64 * 1000.0);
        assert!((0.9..1.05).contains(&share), "{name}: {nanoseconds} ns of {used} µs");
        let threads = by_label(&profile, 1, "thread");
        for thread in ["left one", "right one"] {
            let share = threads.get(thread).map_or(0.0, |&sum| sum as f64 / nanoseconds as f64);
            assert!((share - 0.5).abs() < 0.05, "{name}: {threads:?}");
        }
        let (mut whole, mut all) = (0, 0);
        for (names, value) in stacks(&profile) {
            if names.iter().any(|name| name == "spin") {
                all += value;
                let calls = names.iter().filter(|name| *name == "deeper").count();
                whole += if calls >= 8 && names.iter().any(|name| name == "work") { value } else { 0 };
            }
        }
        // A compiler may make one call a part of its caller; and by frame pointers the caller of a function without a
        // frame of its own is missed.
        assert!(all > nanoseconds / 2 && whole as f64 > all as f64 * 0.97, "{name}: {whole} of {all}");
        assert!(outcome.stderr.contains(" 0 lost"), "{name}: {}", outcome.stderr);
    }
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let hotlist = hotlist();
    if !may_record(&hotlist) {
        return;
    }
    let file = hotlist.folder().join("p.pb.gz");
    for (script, code) in [("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143), ("exit 0", 0)] {
        let outcome = hotlist.run(&["record", "-o", "{home}/p.pb.gz", "/bin/sh", "-c", script]);
        assert_eq!(outcome.code, Some(code), "{script}: {}", outcome.stderr);
        assert!(file.exists(), "{script}");
        std::fs::remove_file(&file).expect("it can be removed");
    }
    let check = |program: &str, code| {
        let Outcome { code: found, stderr, .. } =
            hotlist.run(&["record", "-o", "{home}/p.pb.gz", "--", program]);
        assert_eq!((found, stderr.lines().count()), (Some(code), 1), "{program}: {stderr}");
        assert!(!file.exists(), "{program}");
    };
    check("/no/such/program", 127);
    check("/etc/passwd", 126);
}

#[test]
fn reports_show_the_recording_at_once() {
    let hotlist = hotlist();
    if !installed(&["gcc"]) || !may_record(&hotlist) {
        return;
    }
    let program = busy(&hotlist, "busy", &[]);
    let outcome = hotlist.run(&["record", "-top", "-F=997", "-o={home}/p.pb.gz", "--", &program, "0.1", "3"]);
    assert_eq!(outcome.code, Some(3), "{}", outcome.stderr);
    assert!(outcome.text().contains("Type: cpu") && outcome.text().contains(" spin"), "{}", outcome.text());
}

/// A program that was started for a test; it does not outlive it.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for something for which there is time enough.
fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_there() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn interrupt(process: &Child) {
    let sent = Command::new("kill").args(["-INT", &process.id().to_string()]).status();
    assert!(sent.expect("kill can be started").success());
}

#[test]
fn an_interrupt_goes_to_the_program_and_the_profile_is_written() {
    let hotlist = hotlist();
    if !may_record(&hotlist) {
        return;
    }
    let script = "trap 'exit 9' INT; echo ready; while :; do :; done";
    let mut command = hotlist.command(&["record", "-o", "{home}/p.pb.gz", "/bin/sh", "-c", script]);
    let mut child = Started(command.spawn().expect("hotlist can be started"));
    let mut lines = BufReader::new(child.0.stdout.take().expect("it is piped")).lines();
    assert_eq!(lines.next().expect("a line").expect("text"), "ready");
    interrupt(&child.0);
    assert_eq!(child.0.wait().expect("it ends").code(), Some(9));
    assert!(!read(&hotlist.folder().join("p.pb.gz")).sample_types.is_empty());
}

#[test]
fn a_process_that_runs_is_recorded_and_runs_on() {
    let hotlist = hotlist();
    if !installed(&["gcc"]) || !may_record(&hotlist) {
        return;
    }
    let program = busy(&hotlist, "busy", &[]);
    // Nothing is left of its file when it is looked at.
    let mut target = Command::new(&program);
    target.args(["60", "0", &program]).stdout(Stdio::null());
    let mut target = Started(target.spawn().expect("it can be started"));
    wait_for("its thread", || !Path::new(&program).exists());
    let process = target.0.id().to_string();
    let outcome = hotlist.run(&["record", "-p", &process, "-F", "499", "-d", "1", "-o", "{home}/p.pb.gz"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let profile = read(&hotlist.folder().join("p.pb.gz"));
    let names = stacks(&profile);
    let all: i64 = names.iter().map(|(_, value)| value).sum();
    let named: i64 =
        names.iter().filter(|(names, _)| names.iter().any(|name| name == "work")).map(|it| it.1).sum();
    assert!(all > 0 && named as f64 > all as f64 * 0.9, "{named} of {all}");
    assert!(target.0.try_wait().expect("it can be asked").is_none(), "it runs on");

    // The first interrupt ends a recording of what runs anyway.
    let mut command = hotlist.command(&["record", "-p", &process, "-o", "{home}/q.pb.gz"]);
    let mut recorder = Started(command.spawn().expect("hotlist can be started"));
    std::thread::sleep(Duration::from_millis(500));
    interrupt(&recorder.0);
    assert_eq!(recorder.0.wait().expect("it ends").code(), Some(0));
    assert!(hotlist.folder().join("q.pb.gz").exists());
    assert!(target.0.try_wait().expect("it can be asked").is_none(), "it runs on");
}

#[test]
fn children_have_their_names() {
    let hotlist = hotlist();
    if !installed(&["gcc"]) || !may_record(&hotlist) {
        return;
    }
    let program = busy(&hotlist, "worker", &[]);
    // Short ones, one that works, and a fork that runs no other program.
    let script = format!(
        "i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done; {program} 0.1; (i=0; while [ $i -lt 100000 ]; do \
         i=$((i+1)); done)"
    );
    let outcome = hotlist.run(&["record", "-F", "997", "-o", "{home}/p.pb.gz", "/bin/sh", "-c", &script]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
    let commands = by_label(&read(&hotlist.folder().join("p.pb.gz")), 0, "comm");
    assert!(commands.contains_key("worker") && commands.contains_key("sh"), "{commands:?}");
    assert!(commands.keys().all(|name| ["sh", "true", "worker"].contains(&&**name)), "{commands:?}");
}

/// Runs a program that may not call `perf_event_open`, as in a container.
const FILTER: &str = r"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **words) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (count < 2 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 77;
    execv(words[1], words + 1);
    return 78;
}
";

#[test]
fn a_filter_of_system_calls_is_named() {
    if !installed(&["gcc"]) {
        return;
    }
    let hotlist = hotlist();
    let source = hotlist.write("filter.c", FILTER);
    let filter = hotlist.folder().join("filter");
    let built = Command::new("gcc").arg("-o").arg(&filter).arg(source).status();
    assert!(built.expect("gcc can be started").success());
    let file = hotlist.folder().join("p.pb.gz");
    let output = Command::new(&filter)
        .args([env!("CARGO_BIN_EXE_hotlist"), "record", "-o"])
        .arg(&file)
        .arg("/bin/true")
        .output()
        .expect("it can be started");
    if output.status.code() == Some(77) {
        return skip("system calls may not be filtered here");
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("(seccomp) forbids perf_event_open") && stderr.lines().count() == 1, "{stderr}");
    assert!(!file.exists());
}

/// Sleeps forty milliseconds, twenty times.
const SLEEPS: &str = r"
#include <time.h>
__attribute__((noinline)) int nap(int ms) { struct timespec t = {0, ms * 1000000L}; return nanosleep(&t, 0) + 1; }
__attribute__((noinline)) int outer(int ms) { return nap(ms) + 1; }
int main(void) { int sum = 0; for (int i = 0; i < 20; i++) sum += outer(40); return sum == 99; }
";

#[test]
fn time_of_waiting_has_the_stacks_of_those_who_wait() {
    let hotlist = hotlist();
    if !installed(&["gcc"]) || !may_record(&hotlist) {
        return;
    }
    let source = hotlist.write("sleeps.c", SLEEPS);
    for (name, flag) in [("tables", "-fomit-frame-pointer"), ("pointers", "-fno-omit-frame-pointer")] {
        let program = hotlist.folder().join(name);
        let built = Command::new("gcc").args(["-O2", flag, "-o"]).arg(&program).arg(&source).status();
        assert!(built.expect("gcc can be started").success());
        let program = program.display().to_string();
        let outcome = hotlist.run(&["record", "-wall", "-o", "{home}/p.pb.gz", &program]);
        assert_eq!(outcome.code, Some(0), "{}", outcome.stderr);
        let profile = read(&hotlist.folder().join("p.pb.gz"));
        assert_eq!(&*profile.lossy(profile.sample_types[2].kind), "off_cpu");
        let (mut all, mut named) = (0, 0);
        for (id, (names, _)) in profile.samples.ids().zip(stacks(&profile)) {
            let waited = profile.samples.values(id)[2];
            all += waited;
            let has = |wanted: &str| names.iter().any(|name| name == wanted);
            named += if has("nap") && has("outer") && has("main") { waited } else { 0 };
        }
        // It sleeps for 800 ms, but when it is kept from falling asleep by others; and some stacks are gone before they
        // are looked at on a busy machine.
        assert!(all > 600_000_000, "{name}: {all}");
        assert!(named as f64 > all as f64 * 0.5, "{name}: {named} of {all}");
    }
}

#[test]
fn a_time_ends_the_recording_and_not_the_program() {
    let hotlist = hotlist();
    if !installed(&["gcc"]) || !may_record(&hotlist) {
        return;
    }
    let program = busy(&hotlist, "goes-on", &[]);
    let words = ["record", "-F", "997", "-d", "0.6", "-o", "{home}/part.pb.gz", &program, "2.4", "7"];
    let outcome = hotlist.run(&words);
    assert_eq!(outcome.code, Some(7), "{}", outcome.stderr);
    let used: i64 = outcome.text().trim().parse().expect("it has come to its end");
    let profile = read(&hotlist.folder().join("part.pb.gz"));
    let nanoseconds: i64 = by_label(&profile, 1, "thread").values().sum();
    assert!(nanoseconds > 0 && nanoseconds < used * 1000 * 3 / 4, "{nanoseconds} ns of {used} µs");
}

#[test]
fn a_full_disk_is_one_line() {
    let hotlist = hotlist();
    if !may_record(&hotlist) || !Path::new("/dev/full").exists() {
        return;
    }
    for words in [
        &["record", "-o", "/dev/full", "/bin/true"][..],
        &["record", "-heap", "-o", "/dev/full", "/bin/true"],
    ] {
        let outcome = hotlist.run(words);
        assert_eq!(outcome.code, Some(1), "{}", outcome.stderr);
        assert_eq!(outcome.stderr, "hotlist: cannot write /dev/full: no space left on device\n", "{words:?}");
    }
}

#[test]
fn refusals_name_the_gate() {
    let hotlist = hotlist();
    let check = |words: &[&str], expected: &str| {
        let Outcome { code, stderr, .. } = hotlist.run(words);
        assert!(
            code == Some(1) && stderr.lines().count() == 1 && stderr.contains(expected),
            "{words:?}: {stderr}"
        );
    };
    check(&["record", "-p", "4194303"], "there is no process 4194303");
    check(&["record", "-o", "{home}/none/p.pb.gz", "/bin/true"], "there is no folder {home}/none");
    let Outcome { code, stderr, .. } = hotlist.run(&["record", "-p", "1", "/bin/true"]);
    assert!(code == Some(2) && stderr.contains("one of a program, -p and -a"), "{stderr}");
    if !may_record(&hotlist) {
        return;
    }
    check(&["record", "-F", "1000000000", "/bin/true"], "kernel.perf_event_max_sample_rate");

    // What only root may do, others are told.
    const NOBODY: u32 = 65534;
    let as_nobody = |words: &[&str]| {
        let output = hotlist.command(words).uid(NOBODY).gid(NOBODY).current_dir("/").output();
        output.ok().map(|output| (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    let Some((code, stderr)) = as_nobody(&["record", "-a", "-d", "1", "-o", "/dev/null"]) else {
        return skip("only root can run programs as another user");
    };
    let level = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid").unwrap_or_default();
    if level.trim().parse().is_ok_and(|level: i32| level > 0) {
        assert!(code == Some(1) && stderr.contains("kernel.perf_event_paranoid is"), "{stderr}");
    }
    let own = std::process::id().to_string();
    let (code, stderr) =
        as_nobody(&["record", "-p", &own, "-o", "/dev/null"]).expect("it was started before");
    assert!(code == Some(1) && stderr.lines().count() == 1, "{stderr}");
    assert!(stderr.contains("belongs to user") || stderr.contains("perf_event_paranoid"), "{stderr}");
}
