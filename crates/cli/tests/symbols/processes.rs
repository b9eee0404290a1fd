//! Profiles of running programs: every layout of the linker, position independent or not, with libraries, and
//! with the parts that the kernel provides.

use std::collections::BTreeMap;

use hotlist_symbolize::{KernelSymbols, ObjectFile, build_id_of_notes};
use hotlist_testkit::{installed, skip};

use crate::support::{Map, World, line_of, names};

/// What a process said of its memory.
struct Process {
    maps: Vec<(Map, bool)>,
    functions: BTreeMap<u64, String>,
}

impl Process {
    fn run(world: &World, name: &str) -> Process {
        let text = world.tool(&world.path(name), &[]);
        let (mut maps, mut functions) = (Vec::new(), BTreeMap::new());
        let number = |text: &str| u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap();
        for line in text.lines() {
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match words.as_slice() {
                ["map", range, rights, offset, _, _, file] => {
                    let (start, limit) = range.split_once('-').unwrap();
                    let map = Map {
                        start: number(start),
                        limit: number(limit),
                        offset: number(offset),
                        file: (*file).to_owned(),
                        build_id: String::new(),
                    };
                    maps.push((map, rights.contains('x')));
                }
                ["at", address, name] => drop(functions.insert(number(address), (*name).to_owned())),
                _ => {}
            }
        }
        assert!(functions.len() > 1, "{text}");
        Process { maps, functions }
    }

    /// As perf and the kernel see it: maps that hold code.
    fn code(&self) -> Vec<Map> {
        self.maps.iter().filter(|(_, is_code)| *is_code).map(|(map, _)| map.clone()).collect()
    }

    /// As some collectors write it: one map for each file, from its first byte to its last.
    fn files(&self) -> Vec<Map> {
        let mut files: Vec<Map> = Vec::new();
        for (map, _) in &self.maps {
            match files.last_mut() {
                Some(last) if last.file == map.file => last.limit = map.limit,
                _ => files.push(map.clone()),
            }
        }
        files
    }
}

/// The addresses of `process`, looked up with both kinds of maps, are the functions that it named.
fn check(what: &str, world: &World, process: &Process, expected: &[&str]) {
    let functions: BTreeMap<u64, String> = process
        .functions
        .iter()
        .filter(|(_, name)| expected.contains(&name.as_str()))
        .map(|(address, name)| (*address, name.clone()))
        .collect();
    assert_eq!(functions.len(), expected.len());
    let addresses: Vec<u64> = functions.keys().copied().collect();
    for (kind, maps) in [("code", process.code()), ("files", process.files())] {
        world.profile("profile.pb", &maps, &addresses);
        let (found, stderr) = world.symbolize(&["{home}/profile.pb"], &[]);
        for (address, name) in &functions {
            let frames = &found[address];
            let got = frames.last().map(|frame| frame.0.as_str());
            assert_eq!(got, Some(name.as_str()), "{what} with maps of {kind}, {address:#x}: {stderr}");
            // The first instruction of `work` may be that of the inlined call.
            if name == "work" || name == "main" {
                let line = frames.last().unwrap().2;
                assert!((line_of(&format!("int {name}("))..=line_of("return work")).contains(&line));
            }
        }
    }
}

#[test]
fn layouts_of_the_linkers() {
    if !installed(&["gcc"]) {
        return;
    }
    let world = World::new();
    world.hotlist.write("shared.c", "int shared_work(int count) { return count ^ 7; }\n");
    world.tool("gcc", &["-O2", "-g", "-fPIC", "-shared", "shared.c", "-o", "libshared.so"]);
    let sysroot = std::process::Command::new("rustc").args(["--print", "sysroot"]).output();
    let lld = sysroot.ok().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let lld = lld.map(|root| format!("-B{root}/lib/rustlib/x86_64-unknown-linux-gnu/bin/gcc-ld"));
    let lld = lld.unwrap_or_default();
    let layouts: [(&str, &[&str]); 8] = [
        ("position independent", &[]),
        ("fixed", &["-no-pie"]),
        ("code apart", &["-Wl,-z,separate-code"]),
        ("code with data", &["-Wl,-z,noseparate-code"]),
        ("fixed code with data", &["-no-pie", "-Wl,-z,noseparate-code"]),
        ("packed relocations", &["-Wl,-z,pack-relative-relocs"]),
        ("gold", &["-fuse-ld=gold"]),
        ("lld", &["-fuse-ld=lld", &lld]),
    ];
    let mut tried = 0;
    for (what, options) in layouts {
        world.hotlist.write("program.c", crate::support::PROGRAM);
        let words =
            ["-O2", "-g", "-DSHARED", "program.c", "-o", "program", "-L.", "-lshared", "-Wl,-rpath,$ORIGIN"];
        let built = std::process::Command::new("gcc")
            .args([&words, options].concat())
            .current_dir(world.folder())
            .output()
            .unwrap();
        if !built.status.success() {
            skip(&format!("this gcc cannot make {what}"));
            continue;
        }
        tried += 1;
        check(what, &world, &Process::run(&world, "program"), &["work", "main", "shared_work"]);
    }
    assert!(tried >= 4, "{tried} layouts could be built");
}

#[test]
#[cfg(target_os = "linux")]
fn the_library_of_the_kernel() {
    if !installed(&["gcc"]) {
        return;
    }
    let world = World::new();
    world.gcc("program", &[]);
    let process = Process::run(&world, "program");
    let name = "__vdso_clock_gettime";
    let Some((&address, _)) = process.functions.iter().find(|(_, function)| *function == name) else {
        return skip("this kernel provides none");
    };
    // Its build id is in the memory of every process.
    let mut maps = process.code();
    let map = maps.iter_mut().find(|map| map.file == "[vdso]").unwrap();
    map.build_id = own_vdso().build_id;
    world.profile("profile.pb", &maps, &[address]);
    let (found, stderr) = world.symbolize(&["{home}/profile.pb"], &[]);
    // Aliases have the same address.
    assert!(
        found[&address].last().is_some_and(|frame| frame.0.ends_with("clock_gettime")),
        "{found:?} {stderr}"
    );
    // Of another build, and where the build is not known, it stays without names, and without a warning.
    for build_id in ["00112233445566778899", ""] {
        maps.iter_mut().find(|map| map.file == "[vdso]").unwrap().build_id = build_id.to_owned();
        world.profile("profile.pb", &maps, &[address]);
        let (found, stderr) = world.symbolize(&["{home}/profile.pb"], &[]);
        assert_eq!((found[&address].len(), stderr.as_str()), (0, ""));
    }
}

#[cfg(target_os = "linux")]
fn own_vdso() -> ObjectFile {
    use std::os::unix::fs::FileExt;
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let line = maps.lines().find(|line| line.ends_with("[vdso]")).unwrap();
    let (start, limit) = line.split(' ').next().unwrap().split_once('-').unwrap();
    let number = |text| u64::from_str_radix(text, 16).unwrap();
    let mut bytes = vec![0; (number(limit) - number(start)) as usize];
    std::fs::File::open("/proc/self/mem").unwrap().read_exact_at(&mut bytes, number(start)).unwrap();
    ObjectFile::parse(std::sync::Arc::new(bytes)).unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn the_running_kernel() {
    let (Ok(notes), Ok(list)) = (std::fs::read("/sys/kernel/notes"), std::fs::read("/proc/kallsyms")) else {
        return skip("this kernel does not show its symbols");
    };
    let symbols = KernelSymbols::parse(&list);
    let name = "schedule";
    let (Some(build_id), Some(text), Some(function)) =
        (build_id_of_notes(&notes), symbols.address_of(b"_stext"), symbols.address_of(name.as_bytes()))
    else {
        return skip("this kernel does not show addresses");
    };
    let world = World::new();
    // Once where it is now, once where it may have been before the machine was started again.
    for moved in [0, 0x40_0000] {
        let map = Map {
            start: text + moved,
            limit: text + moved + 0x200_0000,
            offset: text + moved,
            file: "[kernel.kallsyms]_stext".to_owned(),
            build_id: build_id.clone(),
        };
        world.profile("profile.pb", &[map], &[function + moved + 4]);
        let (found, stderr) = world.symbolize(&["{home}/profile.pb"], &[]);
        assert_eq!(names(&found[&(function + moved + 4)]), [name], "{stderr}");
    }
    // Another kernel is not this one.
    let map = Map {
        start: text,
        limit: text + 0x200_0000,
        offset: text,
        file: "[kernel.kallsyms]_stext".to_owned(),
        build_id: "0011223344".to_owned(),
    };
    world.profile("profile.pb", &[map], &[function + 4]);
    let (found, _) = world.symbolize(&["{home}/profile.pb"], &[]);
    assert!(found[&(function + 4)].is_empty());
    let table = world.symbols(&["{home}/profile.pb"], &[]);
    assert!(table.contains("the running kernel: its build id is"), "{table}");
}
