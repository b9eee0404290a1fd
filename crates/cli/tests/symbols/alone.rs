//! No other program is ever started: not by a name in `PATH`, and not by `-tools`.

use std::os::unix::fs::PermissionsExt;

use hotlist_testkit::{installed, skip};

use crate::support::{World, address_in, whole};

/// Programs that tools for profiles start.
const PROGRAMS: [&str; 9] = [
    "addr2line",
    "llvm-addr2line",
    "llvm-symbolizer",
    "nm",
    "llvm-nm",
    "objdump",
    "llvm-objdump",
    "dot",
    "c++filt",
];

/// Command lines that would need them elsewhere.
const COMMANDS: [&[&str]; 6] = [
    &["-top", "-lines", "{home}/profile.pb"],
    &["-disasm=work", "{home}/profile.pb"],
    &["-list=work", "{home}/profile.pb"],
    &["-weblist=work", "-output={home}/list.html", "{home}/profile.pb"],
    &["-svg", "-output={home}/graph.svg", "{home}/profile.pb"],
    &["symbols", "{home}/profile.pb"],
];

fn world() -> World {
    let world = World::new();
    world.gcc("program", &["-no-pie"]);
    let addresses = [address_in(&world, "program", "work"), address_in(&world, "program", "main")];
    world.profile("profile.pb", &[whole(&world.path("program"))], &addresses);
    world
}

#[test]
fn no_program_of_the_path_is_started() {
    if !installed(&["gcc", "nm"]) {
        return;
    }
    let world = world();
    let traps = world.folder().join("traps");
    std::fs::create_dir(&traps).unwrap();
    let mark = world.path("started");
    for name in PROGRAMS {
        let path = traps.join(name);
        std::fs::write(&path, format!("#!/bin/sh\necho {name} >> {mark}\nexec false\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    // A trap works.
    assert!(!std::process::Command::new(traps.join("nm")).status().unwrap().success());
    std::fs::remove_file(&mark).unwrap();
    let traps = traps.display().to_string();
    for words in COMMANDS {
        let plain = world.run(words, &[("PATH", "/usr/bin:/bin")]);
        assert_eq!(plain.code, Some(0), "{}", plain.snapshot());
        for variables in
            [&[("PATH", "/nonexistent")][..], &[("PATH", &traps), ("PPROF_TOOLS", &traps)], &[("PATH", "")]]
        {
            let other = world.run(words, variables);
            assert_eq!(other.snapshot(), plain.snapshot(), "{variables:?}");
        }
    }
    // The option is accepted, has no effect, and says so.
    let tools = world.run(&[&format!("-tools=nm:{traps},{traps}"), "-top", "{home}/profile.pb"], &[]);
    let plain = world.run(&["-top", "{home}/profile.pb"], &[]);
    assert_eq!((tools.code, tools.text()), (Some(0), plain.text()));
    assert!(tools.stderr.contains("-tools"), "{}", tools.stderr);
    assert!(!std::path::Path::new(&mark).exists(), "{}", std::fs::read_to_string(&mark).unwrap_or_default());
}

#[test]
fn the_kernel_is_asked_for_no_other_program() {
    if !installed(&["gcc", "nm", "strace"]) {
        return;
    }
    let world = world();
    for words in COMMANDS {
        let log = world.path("log");
        let command = world.hotlist.command(words);
        let output = std::process::Command::new("strace")
            .args(["-f", "-qq", "-e", "trace=execve,execveat", "-o", &log])
            .arg(command.get_program())
            .args(command.get_args())
            .env("HOME", world.folder())
            .output()
            .unwrap();
        let log = std::fs::read_to_string(&log).unwrap_or_default();
        if !log.contains("execve(") {
            return skip("strace may not watch programs here");
        }
        assert!(output.status.success());
        let started = log.lines().filter(|line| line.contains("exec")).count();
        assert_eq!(started, 1, "hotlist itself, and what else? {log}");
    }
}
