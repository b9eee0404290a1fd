//! Binaries that are none, or damaged: a warning names the file, and the rest of the profile has its symbols.

use std::time::{Duration, Instant};

use hotlist_testkit::installed;

use crate::support::{Map, World, address_in, names};

/// No file may keep us busy for longer; most of it is for a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn what_is_no_binary_is_named() {
    if !installed(&["gcc", "nm", "mkfifo"]) {
        return;
    }
    let world = World::new();
    world.gcc("good", &["-no-pie"]);
    let work = address_in(&world, "good", "work");
    let good = std::fs::read(world.folder().join("good")).unwrap();
    world.tool("mkfifo", &["pipe"]);
    std::fs::create_dir(world.folder().join("folder")).unwrap();
    world.hotlist.write("empty", "");
    world.hotlist.write("text", "this is no program\n".repeat(99));
    world.hotlist.write("start", &good[..60]);
    // Sections are listed at the end, which is missing here.
    world.hotlist.write("half", &good[..good.len() / 2]);
    // The number of program headers is absurd, and they begin beyond the end.
    let mut headers = good.clone();
    headers[32..40].fill(0x7f);
    headers[56] = 0xff;
    world.hotlist.write("headers", headers);
    let device = "/dev/zero".to_owned();
    let files: Vec<String> = ["pipe", "folder", "empty", "text", "start", "half", "headers"]
        .iter()
        .map(|name| world.path(name))
        .chain([device])
        .collect();
    // One mapping for each, beside the good one; addresses of the file each, moved.
    for file in &files {
        let moved = 0x7f00_0000_0000;
        let bad = Map {
            start: moved,
            limit: moved + 0x10_0000,
            offset: 0,
            file: file.clone(),
            build_id: String::new(),
        };
        let fine = Map {
            start: 0x40_0000,
            limit: 0x50_0000,
            offset: 0,
            file: world.path("good"),
            build_id: String::new(),
        };
        world.profile("profile.pb", &[fine, bad], &[work, moved + 0x1010]);
        let start = Instant::now();
        let (found, stderr) = world.symbolize(&["{home}/profile.pb"], &[]);
        assert!(start.elapsed() < LIMIT, "{file}: {:?}", start.elapsed());
        assert_eq!(names(&found[&work]), ["twice", "work"], "{file}");
        assert!(found[&(moved + 0x1010)].is_empty(), "{file}");
        assert!(stderr.contains(file.as_str()) && stderr.lines().count() <= 4, "{file}: {stderr}");
        let table = world.symbols(&["{home}/profile.pb"], &[]);
        assert!(table.contains(&format!("- {file}: ")), "{table}");
    }
}

#[test]
fn damaged_debug_information_leaves_names() {
    if !installed(&["gcc", "nm", "objcopy"]) {
        return;
    }
    let world = World::new();
    world.gcc("good", &["-no-pie", "-gz=none"]);
    let work = address_in(&world, "good", "work");
    for section in [".debug_info", ".debug_abbrev", ".debug_line", ".debug_str"] {
        for byte in [0u8, 0xff, 0x81] {
            world.tool(
                "objcopy",
                &[
                    "-O",
                    "binary",
                    "--only-section",
                    section,
                    "--set-section-flags",
                    &format!("{section}=alloc"),
                    "good",
                    "content",
                ],
            );
            let size = std::fs::metadata(world.folder().join("content")).unwrap().len() as usize;
            world.hotlist.write("content", vec![byte; size]);
            world.tool("objcopy", &["--update-section", &format!("{section}=content"), "good", "bad"]);
            world.profile("profile.pb", &[crate::support::whole(&world.path("bad"))], &[work]);
            let start = Instant::now();
            let (found, _) = world.symbolize(&["{home}/profile.pb"], &[]);
            assert!(start.elapsed() < LIMIT, "{section} of {byte:#x}");
            let last = found[&work].last().map(|frame| frame.0.as_str());
            assert_eq!(last, Some("work"), "{section} of {byte:#x}");
        }
    }
}
