//! Building programs, making profiles of addresses, and reading what came out.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use hotlist_profile::{Builder, Location, Mapping, Profile, encode_to_vec};
use hotlist_testkit::{Outcome, Program};

/// A program with an inlined call; `work` and `main` are on lines that [`line_of`] finds.
pub(crate) const PROGRAM: &str = include_str!("program.c");

/// A function, its file and a line in it.
pub(crate) type Frame = (String, String, i64);

/// Part of a program's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Map {
    pub(crate) start: u64,
    pub(crate) limit: u64,
    pub(crate) offset: u64,
    pub(crate) file: String,
    pub(crate) build_id: String,
}

/// A folder with programs and profiles, and `hotlist` with this folder as its home.
pub(crate) struct World {
    pub(crate) hotlist: Program,
}

impl World {
    pub(crate) fn new() -> World {
        World { hotlist: Program::new(env!("CARGO_BIN_EXE_hotlist"), env!("CARGO_MANIFEST_DIR")) }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.hotlist.folder()
    }

    /// The path of a file in the folder, as text.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder().join(name).display().to_string()
    }

    /// Runs a program that must succeed, in the folder; returns its standard output.
    pub(crate) fn tool(&self, program: &str, words: &[&str]) -> String {
        let output = Command::new(program).args(words).current_dir(self.folder()).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Builds [`PROGRAM`] as `name`.
    pub(crate) fn gcc(&self, name: &str, options: &[&str]) {
        self.hotlist.write("program.c", PROGRAM);
        self.tool("gcc", &[&["-O2", "-g", "program.c", "-o", name], options].concat());
    }

    /// Writes a profile of `addresses`, each in the map that holds it.
    pub(crate) fn profile(&self, name: &str, maps: &[Map], addresses: &[u64]) {
        let mut builder = Builder::new(&[("samples", "count")]);
        let mut ids = Vec::new();
        for map in maps {
            let (file, build_id) = (builder.string(&map.file), builder.string(&map.build_id));
            let mapping = Mapping {
                start: map.start,
                limit: map.limit,
                offset: map.offset,
                file,
                build_id,
                ..Mapping::default()
            };
            ids.push(builder.mapping(mapping));
        }
        for &address in addresses {
            let mapping = maps.iter().position(|map| (map.start..map.limit).contains(&address));
            let mapping = mapping.map(|row| ids[row]);
            let location = builder.location(Location { mapping, address, ..Location::default() }, &[]);
            builder.sample(&[location], &[], &[1]).unwrap();
        }
        self.hotlist.write(name, encode_to_vec(&builder.finish()));
    }

    /// Runs `hotlist` with variables.
    pub(crate) fn run(&self, words: &[&str], variables: &[(&str, &str)]) -> Outcome {
        let output = self.hotlist.command(words).envs(variables.iter().copied()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Outcome { code: output.status.code(), stdout: output.stdout, stderr }
    }

    /// Runs `hotlist -proto` and returns what it knows of each address, and what it said.
    pub(crate) fn symbolize(
        &self,
        words: &[&str],
        variables: &[(&str, &str)],
    ) -> (BTreeMap<u64, Vec<Frame>>, String) {
        let words = [&["-proto", "-output={home}/out.pb.gz"], words].concat();
        let outcome = self.run(&words, variables);
        assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
        (frames(&self.read("out.pb.gz")), outcome.stderr)
    }

    pub(crate) fn read(&self, name: &str) -> Profile {
        let file = std::fs::File::open(self.folder().join(name)).unwrap();
        hotlist_formats::read(file, hotlist_formats::Limits::default()).unwrap()
    }

    /// The table of `hotlist symbols`.
    pub(crate) fn symbols(&self, words: &[&str], variables: &[(&str, &str)]) -> String {
        let outcome = self.run(&[&["symbols"], words].concat(), variables);
        assert_eq!(outcome.code, Some(0), "{}", outcome.snapshot());
        outcome.text().to_owned()
    }
}

/// For each address its frames, the innermost first.
fn frames(profile: &Profile) -> BTreeMap<u64, Vec<Frame>> {
    let frame = |line: &hotlist_profile::Line| {
        let function = profile.function(line.function);
        let (name, file) = (profile.lossy(function.name), profile.lossy(function.filename));
        (name.into_owned(), file.into_owned(), line.line)
    };
    let location = |id| {
        let frames = profile.locations.lines(id).iter().map(frame).collect();
        (profile.locations.get(id).address, frames)
    };
    profile.locations.ids().map(location).collect()
}

/// The line of [`PROGRAM`] that holds `text`.
pub(crate) fn line_of(text: &str) -> i64 {
    PROGRAM.lines().position(|line| line.contains(text)).unwrap() as i64 + 1
}

/// The names of frames.
pub(crate) fn names(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(|frame| frame.0.as_str()).collect()
}

/// A map of a whole file that is linked at address 0, for profiles whose addresses are those of the file.
pub(crate) fn whole(file: &str) -> Map {
    Map { start: 0, limit: u64::MAX, offset: 0, file: file.to_owned(), build_id: String::new() }
}

/// The address of a function in a file, by `nm`.
pub(crate) fn address_in(world: &World, file: &str, function: &str) -> u64 {
    let table = world.tool("nm", &[file]);
    let row = table.lines().find(|line| line.ends_with(&format!(" {function}")));
    let row = row.unwrap_or_else(|| panic!("{function} is not in {file}: {table}"));
    u64::from_str_radix(row.split(' ').next().unwrap(), 16).unwrap()
}

/// The build id of a file, by `readelf`.
pub(crate) fn build_id(world: &World, file: &str) -> String {
    let notes = world.tool("readelf", &["-n", file]);
    let id = notes.lines().find_map(|line| line.trim().strip_prefix("Build ID: "));
    id.unwrap_or_else(|| panic!("no build id: {notes}")).to_owned()
}
