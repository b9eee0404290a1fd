//! `-disasm` and `-weblist` beside pprof, live: programs are built here, and pprof asks GNU objdump, nm and
//! addr2line about them. hotlist has no path at all.
//!
//! What may differ is in `docs/differences.md`: positions behind instructions, the last instruction of a
//! function, where pprof cuts it, and names, which pprof shows mangled.

mod programs;
mod read;

use std::process::Command;

use hotlist_testkit::Program;

use programs::{World, profile_of, world};
use read::{Listed, Routine, listings, ours_listed, routines};

/// What pprof prints with a report, or the file that it writes.
fn pprof(world: &World, words: &[&str]) -> String {
    let file = world.folder.path().join("answer");
    let output = Command::new(&world.pprof)
        .current_dir(world.folder.path())
        .env("PATH", &world.tools)
        .env("HOME", world.folder.path())
        .args(["-output", file.to_str().unwrap()])
        .args(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}

fn ours(world: &World, words: &[&str]) -> String {
    let program = Program::new(env!("CARGO_BIN_EXE_hotlist"), world.folder.path());
    let outcome = program.run(words);
    assert_eq!(outcome.code, Some(0), "{words:?}: {}", outcome.stderr);
    outcome.text().to_owned()
}

/// Compares all functions that both print and returns how many instructions were compared.
fn same_assembly(world: &World, words: &[&str]) -> usize {
    let (theirs, ours) = (pprof(world, words), ours(world, words));
    assert_eq!(theirs.lines().next(), ours.lines().next(), "{words:?}");
    let (theirs, ours) = (routines(&theirs), routines(&ours));
    let starts = |routines: &[Routine]| {
        let mut starts: Vec<u64> = routines.iter().map(|routine| routine.rows[0].address).collect();
        starts.sort_unstable();
        starts
    };
    assert_eq!(starts(&theirs), starts(&ours), "{words:?}: the functions");
    let mut compared = 0;
    for theirs in &theirs {
        let ours = ours.iter().find(|ours| ours.rows[0].address == theirs.rows[0].address).unwrap();
        assert_eq!(theirs.weights, ours.weights, "{words:?}: {}", ours.name);
        // Behind the last instruction pprof shows the beginning of the bytes that it has cut.
        let last = ours.rows.last().unwrap().address;
        let whole = |routine: &Routine| -> Vec<read::Row> {
            routine.rows.iter().filter(|row| row.address < last).cloned().collect()
        };
        let (theirs, ours) = (whole(theirs), whole(ours));
        compared += ours.len();
        assert_eq!(theirs, ours, "{words:?}");
    }
    compared
}

#[test]
fn assembly_and_annotated_source_are_those_of_pprof() {
    let Some(world) = world() else { return };
    assembly(&world);
    annotated_source(&world);
}

fn assembly(world: &World) {
    for name in ["fixed", "pie", "rust"] {
        let profile = profile_of(world, name);
        for syntax in ["-intel_syntax=false", "-intel_syntax=true"] {
            let count = same_assembly(world, &["-disasm=heavy|light", syntax, &profile]);
            assert!(count > 60, "{name}: {count} instructions");
            same_assembly(world, &["-disasm=heavy", "-unit=ms", "-focus=light", syntax, &profile]);
        }
    }
    // Addresses in the process and in the file are the same only here.
    let address =
        format!("-disasm={:#x}", programs::symbol(&world.folder.path().join("fixed"), "heavy").0 + 4);
    assert!(same_assembly(world, &[&address, &profile_of(world, "fixed")]) > 20);
    let count = same_assembly(world, &["-disasm=main\\.", "go", "go.prof"]);
    assert!(count > 60, "{count} instructions of Go");
}

fn annotated_source(world: &World) {
    for name in ["fixed", "pie"] {
        let profile = profile_of(world, name);
        let words = ["-weblist=heavy|light", "-unit=ns", &profile];
        let theirs = listings(&pprof(world, &words));
        let ours = ours_listed(&ours(world, &[&words[..], &["-json"]].concat()));
        assert_eq!(theirs.len(), 2);
        let (mut with_calls, mut instructions) = (0, 0);
        for Listed { name, cum, lines } in &theirs {
            let ours = ours.iter().find(|ours| ours.name == *name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(*cum, ours.cum, "{name}");
            for (number, theirs) in lines.iter().filter(|(_, line)| line.cum != 0) {
                let ours = &ours.lines[number];
                assert_eq!(theirs.cum, ours.cum, "{name}:{number}");
                // Padding stands behind the last line in theirs, too; cut instructions only there.
                for row in theirs.rows.iter().filter(|row| !row.text.contains("nop")) {
                    let same = ours.rows.iter().find(|ours| ours.address == row.address);
                    assert_eq!(Some(row), same, "{name}:{number}");
                    instructions += 1;
                }
                with_calls += ours.calls;
            }
        }
        assert!(
            instructions > 60 && with_calls > 10,
            "{instructions} instructions, {with_calls} inlined calls"
        );
    }
}
